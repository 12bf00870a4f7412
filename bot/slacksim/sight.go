package slacksim

import "cmp"

// item is a message and where it stands.
type item struct {
	ch *conversation
	m  *Message
}

// sight is what the bot can see of the workspace, and how a call names it.
type sight struct {
	*directory
	app *installation
}

// visible reports whether the bot can know that a channel exists.
func (s *sight) visible(ch *conversation) bool {
	return ch.kind == publicChannel || ch.isMember[s.app.user]
}

// known resolves an id that must be a channel the bot can see.
func (s *sight) known(id string) (*conversation, error) {
	ch := s.channels.get(id)
	if ch == nil || !s.visible(ch) {
		return nil, fail("channel_not_found")
	}
	return ch, nil
}

// message finds the message a method is about, by its channel and a time stamp.
func (s *sight) message(tsArg string) func(*call) (item, error) {
	return func(c *call) (item, error) {
		ch, err := s.known(c.str("channel"))
		if err != nil {
			return item{}, err
		}
		m := ch.byTS[c.str(tsArg)]
		if m == nil {
			err = fail("message_not_found")
		}
		return item{ch, m}, err
	}
}

// item finds the message a pin or reaction method is about.
func (s *sight) item(c *call) (item, error) {
	at, err := s.message("timestamp")(c)
	switch ts := c.str("timestamp"); {
	case err == nil, at.ch == nil:
	case ts == "":
		err = fail("no_item_specified")
	case !tsShape.MatchString(ts):
		err = fail("bad_timestamp")
	}
	return at, err
}

// channel resolves the channel a conversations method is about and checks
// the scope that covers its kind.
func (s *sight) channel(scope func(*conversation) []string) func(*call) (*conversation, error) {
	return func(c *call) (*conversation, error) {
		ch, err := s.known(c.str("channel"))
		if err != nil {
			return nil, err
		}
		return ch, s.app.need(scope(ch)...)
	}
}

// managed is channel for methods that change a channel the bot is in.
func (s *sight) managed(scope func(*conversation) []string) func(*call) (*conversation, error) {
	return func(c *call) (*conversation, error) {
		ch, err := s.channel(scope)(c)
		switch {
		case err != nil:
			return nil, err
		case ch.direct():
			return nil, fail("method_not_supported_for_channel_type")
		case ch.archived:
			return nil, fail("is_archived")
		case !ch.isMember[s.app.user]:
			return nil, fail("not_in_channel")
		}
		return ch, nil
	}
}

// user finds the user a method is about; without the argument it is the
// fallback, if there is one.
func (s *sight) user(fallback string) func(*call) (*User, error) {
	return func(c *call) (*User, error) {
		if u := s.users.get(cmp.Or(c.str("user"), fallback)); u != nil {
			return u, nil
		}
		return nil, fail("user_not_found")
	}
}

// ownItem is item in a channel that the bot is in.
func (s *sight) ownItem(c *call) (item, error) {
	at, err := s.item(c)
	if err == nil && !at.ch.isMember[s.app.user] {
		err = fail("not_in_channel")
	}
	return at, err
}
