package slacksim

import (
	"context"
	"errors"
	"fmt"
)

// Person acts as one user, the way the user would in Slack's client. Methods
// return an error when the client would not let the person do it.
type Person struct {
	server *Server
	id     string
}

// As returns the hands of a user, given by id or handle. Whether the user
// exists shows with the first action.
func (s *Server) As(user string) *Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users.find(user); u != nil {
		user = u.ID
	}
	return &Person{server: s, id: user}
}

// ID is the user id.
func (p *Person) ID() string { return p.id }

func (p *Person) user() (*User, error) {
	u := p.server.users.get(p.id)
	switch {
	case u == nil:
		return nil, fmt.Errorf("there is no user %q", p.id)
	case u.Deleted:
		return nil, fmt.Errorf("%s is deactivated", u.Name)
	case u.IsBot:
		return nil, fmt.Errorf("%s is a bot", u.Name)
	}
	return u, nil
}

// in finds a channel the person can see: by id, by name, or by a user's id or
// @handle for a direct message.
func (p *Person) in(channel string) (*User, *conversation, error) {
	s := p.server
	u, err := p.user()
	if err != nil {
		return nil, nil, err
	}
	ch := s.channels.find(channel)
	if ch == nil {
		if partner := s.users.find(channel); partner != nil {
			ch, _ = s.conversations.direct(p.id, p.id, partner.ID)
		}
	}
	if ch == nil || ch.kind != publicChannel && !ch.isMember[p.id] || u.guest() && !ch.isMember[p.id] {
		return nil, nil, fmt.Errorf("%s sees no channel %q", u.Name, channel)
	}
	return u, ch, nil
}

// member is in for what only members of an open channel may do.
func (p *Person) member(channel string) (*conversation, error) {
	u, ch, err := p.in(channel)
	switch {
	case err != nil:
		return nil, err
	case ch.archived:
		return nil, fmt.Errorf("%s is archived", ch.name)
	case !ch.isMember[p.id]:
		return nil, fmt.Errorf("%s is not a member of %s", u.Name, ch.name)
	}
	return ch, nil
}

// message is member for what concerns one message.
func (p *Person) message(channel, ts string) (*conversation, *Message, error) {
	ch, err := p.member(channel)
	if err != nil {
		return nil, nil, err
	}
	m := ch.byTS[ts]
	if m == nil {
		return nil, nil, fmt.Errorf("there is no message %s in %s", ts, ch.id)
	}
	return ch, m, nil
}

// do runs an action with the mutex held and names it in the error.
func (p *Person) do(what string, action func() error) error {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	if err := action(); err != nil {
		return fmt.Errorf("%s as %s: %w", what, p.id, err)
	}
	return nil
}

// await begins something with the mutex held and waits for what comes of it: nothing, if
// there is no channel.
func await[T any](ctx context.Context, p *Person, what string, begin func() (chan T, error)) (result T, err error) {
	var done chan T
	p.server.mu.hold(func() { done, err = begin() })
	if err == nil && done != nil {
		select {
		case result = <-done:
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	if err != nil {
		err = fmt.Errorf("%s as %s: %w", what, p.id, err)
	}
	return result, err
}

// onMessage is do for what concerns one message.
func (p *Person) onMessage(what, channel, ts string, action func(*conversation, *Message) error) error {
	return p.do(what, func() error {
		ch, m, err := p.message(channel, ts)
		if err != nil {
			return err
		}
		return action(ch, m)
	})
}

// Type posts a message, in a thread if its parent's ts is given, and returns
// its ts. Text is what the person types: @dev1, #ops, @here and addresses are
// turned into Slack's tokens, other & < > are escaped.
func (p *Person) Type(channel, text string, thread ...string) (ts string, err error) {
	parent := ""
	if len(thread) > 0 {
		parent = thread[0]
	}
	return p.say(channel, text, parent, false)
}

// Broadcast replies in a thread and shows the reply in the channel too.
func (p *Person) Broadcast(channel, text, thread string) (ts string, err error) {
	return p.say(channel, text, thread, true)
}

func (p *Person) say(channel, text, thread string, broadcast bool) (ts string, err error) {
	err = p.do("type a message", func() error {
		ch, err := p.member(channel)
		if err != nil {
			return err
		}
		if text == "" {
			return errors.New("there is nothing to send")
		}
		home := p.server.app.manifest.Features.AppHome
		if ch.kind == directMessage && ch.isMember[p.server.app.user] && home.MessagesReadOnly {
			return errors.New("sending messages to this app has been turned off")
		}
		d := draft{text: p.server.typed(text), clientMsgID: p.server.mint.uuid()}
		d.blocks = richText(d.text, p.server.mint)
		if thread != "" {
			d.threadTS, d.broadcast = thread, broadcast
			if parent := ch.byTS[d.threadTS]; parent != nil && parent.IsReply() {
				d.threadTS = parent.ThreadTS
			}
		}
		m, err := p.server.chat.post(ch, p.id, d)
		if err == nil {
			ts = m.TS
			p.server.clients.markRead(p.id, ch.id, ts)
		}
		return err
	})
	return ts, err
}

// Edit replaces the text of the person's own message.
func (p *Person) Edit(channel, ts, text string) error {
	return p.onMessage("edit a message", channel, ts, func(ch *conversation, m *Message) error {
		if m.User != p.id || m.Subtype != "" && m.Subtype != "file_share" && m.Subtype != "thread_broadcast" {
			return errors.New("only one's own message can be edited")
		}
		encoded := p.server.typed(text)
		p.server.chat.change(ch, m, p.id, func(m *Message) { m.Text, m.Blocks = encoded, richText(encoded, p.server.mint) })
		return nil
	})
}

// Delete removes the person's own message, or anybody's for an administrator.
// An ephemeral message is dismissed.
func (p *Person) Delete(channel, ts string) error {
	return p.do("delete a message", func() error {
		u, ch, err := p.in(channel)
		if err != nil {
			return err
		}
		if p.server.clients.dropWhisper(p.id, ch.id, ts) {
			return nil
		}
		m := ch.byTS[ts]
		switch {
		case m == nil:
			return fmt.Errorf("there is no message %s in %s", ts, ch.id)
		case m.User != p.id && !u.IsAdmin:
			return errors.New("only one's own message can be deleted")
		}
		p.server.chat.erase(ch, m)
		return nil
	})
}

// React adds an emoji, by its name without colons.
func (p *Person) React(channel, ts, name string) error {
	return p.onMessage("react", channel, ts, func(ch *conversation, m *Message) error {
		return p.server.chat.react(ch, m, p.id, name)
	})
}

// Unreact takes the person's emoji away.
func (p *Person) Unreact(channel, ts, name string) error {
	return p.onMessage("take a reaction away", channel, ts, func(ch *conversation, m *Message) error {
		return p.server.chat.unreact(ch, m, p.id, name)
	})
}

// Pin uses Slack's own pin.
func (p *Person) Pin(channel, ts string) error {
	return p.onMessage("pin", channel, ts, func(ch *conversation, m *Message) error {
		return p.server.chat.pin(ch, m, p.id)
	})
}

// Unpin removes Slack's own pin, whoever set it.
func (p *Person) Unpin(channel, ts string) error {
	return p.onMessage("unpin", channel, ts, func(ch *conversation, m *Message) error {
		return p.server.chat.unpin(ch, m, p.id)
	})
}

// OpenHome opens the app's Home tab, or its "messages" tab if that is given.
func (p *Person) OpenHome(tab ...string) error {
	return p.do("open the app", func() error {
		s := p.server
		if _, err := p.user(); err != nil {
			return err
		}
		which := "home"
		if len(tab) > 0 && tab[0] != "" {
			which = tab[0]
		}
		if which == "home" && !s.app.manifest.Features.AppHome.HomeTab {
			return errors.New("the app has no Home tab")
		}
		ch, _ := s.conversations.direct(p.id, p.id, s.app.user)
		body := object{"type": "app_home_opened", "user": p.id, "channel": ch.id, "tab": which}
		if v := s.clients.of(p.id).home; v != nil && which == "home" {
			body["view"] = v.object()
		}
		s.events.emit(event{name: "app_home_opened", body: body})
		return nil
	})
}

// Read marks a channel as read up to a message, or wholly for ts "".
func (p *Person) Read(channel, ts string) error {
	return p.do("mark as read", func() error {
		_, ch, err := p.in(channel)
		if err != nil {
			return err
		}
		if ts == "" && len(ch.messages) > 0 {
			ts = ch.messages[len(ch.messages)-1].TS
		}
		p.server.clients.markRead(p.id, ch.id, ts)
		return nil
	})
}

// Share uploads a file with a comment, as dropping it into the composer does,
// and returns the ts of its message.
func (p *Person) Share(channel, name string, content []byte, comment string) (ts string, err error) {
	err = p.do("share a file", func() error {
		s := p.server
		ch, err := p.member(channel)
		if err != nil {
			return err
		}
		if name == "" || len(content) == 0 || len(content) > maxStored {
			return errors.New("a file needs a name and 1 byte to 64 MiB of content")
		}
		f := &file{
			id: s.mint.id("F"), name: name, title: name, user: p.id, length: int64(len(content)), created: s.now().Unix(), content: content,
			received: true, shared: true, shares: map[string][]string{},
		}
		s.files.put(f.id, f)
		ts = s.files.share(p.id, []*file{f}, []*conversation{ch}, draft{text: s.typed(comment)})
		return nil
	})
	return ts, err
}
