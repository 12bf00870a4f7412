package slacksim

import "slices"

// client is what one person's own Slack holds: what only they see, have typed and have
// read. It belongs to the server's mutex.
type client struct {
	ephemerals recent[*Message]
	stack      []*view                      // open modals, the topmost last
	home       *view                        // the Home tab; nil: none was published
	reads      map[string]string            // channel -> ts
	choices    map[string]map[string]object // channel|ts -> block/action -> state, of elements in messages
	suggested  map[string][]object          // block/action -> options that an external select has loaded
}

// client is that of a user, who need not exist.
func (s *Server) client(user string) *client {
	c := s.clients[user]
	if c == nil {
		c = &client{
			ephemerals: recent[*Message]{keep: s.config.KeepCalls}, reads: map[string]string{}, choices: map[string]map[string]object{},
			suggested: map[string][]object{},
		}
		s.clients[user] = c
	}
	return c
}

// top is the open modal that the person sees; nil: none is open.
func (c *client) top() *view {
	if len(c.stack) == 0 {
		return nil
	}
	return c.stack[len(c.stack)-1]
}

// ephemeral finds a message that only the person sees, or nil.
func (c *client) ephemeral(channel, ts string) *Message {
	for _, m := range c.ephemerals.all {
		if m.TS == ts && m.Channel == channel {
			return m
		}
	}
	return nil
}

// dismiss takes a message away that only the person sees, and returns it; nil: there is
// no such message.
func (c *client) dismiss(channel, ts string) *Message {
	m := c.ephemeral(channel, ts)
	if m != nil {
		c.ephemerals.all = slices.DeleteFunc(c.ephemerals.all, func(other *Message) bool { return other == m })
	}
	return m
}

// entered is what the person has chosen in the elements of a message.
func (c *client) entered(channel, ts string) map[string]object {
	key := channel + "|" + ts
	if c.choices[key] == nil {
		c.choices[key] = map[string]object{}
	}
	return c.choices[key]
}
