package slacksim

// Channel is a channel as everybody could see it together.
type Channel struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"` // "" for a direct message between two
	Kind      string     `json:"kind"` // public, private, im or mpim
	Topic     string     `json:"topic"`
	Purpose   string     `json:"purpose"`
	Archived  bool       `json:"archived"`
	Creator   string     `json:"creator"`
	Created   int64      `json:"created"` // Unix seconds
	Members   []string   `json:"members"`
	Pins      []Pin      `json:"pins"`
	Bookmarks []Bookmark `json:"bookmarks"`
}

// Pin is one pinned message.
type Pin struct {
	TS      string `json:"ts"`
	User    string `json:"user"`
	Created int64  `json:"created"` // Unix seconds
}

// AddChannel makes a channel without anybody noticing: no lines, no events.
// Members are user ids. A channel that exists only gains the members.
func (s *Server) AddChannel(name string, private bool, members ...string) Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channels.named(name)
	if ch == nil {
		kind, creator := publicChannel, slackbotID
		if private {
			kind = privateChannel
		}
		if len(members) > 0 {
			creator = members[0]
		}
		ch = s.conversations.add(kind, name, creator)
	}
	for _, id := range members {
		ch.admit(id)
	}
	s.journal.note(Change{Kind: "channel", Channel: ch.id})
	return ch.export()
}

// Channels returns every channel, direct messages included, in the order they
// were made.
func (s *Server) Channels() []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Channel
	for ch := range s.channels.all() {
		all = append(all, ch.export())
	}
	return all
}

// Channel finds a channel by id or name, with or without #.
func (s *Server) Channel(idOrName string) (Channel, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channels.find(idOrName)
	if ch == nil {
		return Channel{}, false
	}
	return ch.export(), true
}

// Messages returns everything in a channel, thread replies and Slack's own
// lines included, oldest first.
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cloneAll(s.channels.find(channel))
}

func cloneAll(ch *conversation) []Message {
	if ch == nil {
		return nil
	}
	all := make([]Message, 0, len(ch.messages))
	for _, m := range ch.messages {
		all = append(all, m.clone())
	}
	return all
}

// Message returns one message of a channel.
func (s *Server) Message(channel, ts string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channels.find(channel)
	if ch == nil || ch.byTS[ts] == nil {
		return Message{}, false
	}
	return ch.byTS[ts].clone(), true
}

// Thread returns a parent message and its replies, oldest first.
func (s *Server) Thread(channel, ts string) []Message {
	var found []Message
	for _, m := range s.Messages(channel) {
		if m.TS == ts || m.ThreadTS == ts {
			found = append(found, m)
		}
	}
	return found
}

// DMs returns the messages between a user and the bot, oldest first.
func (s *Server) DMs(user string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cloneAll(s.channels.between([]string{user, s.app.user}))
}

// Ephemerals returns the messages that only this user sees, oldest first.
func (s *Server) Ephemerals(user string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Message
	for _, m := range s.clients.of(user).ephemerals.all {
		found = append(found, m.clone())
	}
	return found
}

// Pins returns the pins of a channel, oldest first.
func (s *Server) Pins(channel string) []Pin {
	ch, _ := s.Channel(channel)
	return ch.Pins
}

// Bookmarks returns the bookmarks of a channel.
func (s *Server) Bookmarks(channel string) []Bookmark {
	ch, _ := s.Channel(channel)
	return ch.Bookmarks
}

// Topic returns the topic of a channel.
func (s *Server) Topic(channel string) string {
	ch, _ := s.Channel(channel)
	return ch.Topic
}
