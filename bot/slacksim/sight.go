package slacksim

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

func (s *sight) message(c *call, channelArg, tsArg, missing string) (*conversation, *Message, error) {
	ch, err := s.known(c.str(channelArg))
	if err != nil {
		return nil, nil, err
	}
	m := ch.byTS[c.str(tsArg)]
	if m == nil {
		return ch, nil, fail(missing)
	}
	return ch, m, nil
}

// itemArg finds the message a pin or reaction method is about.
func (s *sight) item(c *call) (*conversation, *Message, error) {
	ch, err := s.known(c.str("channel"))
	if err != nil {
		return nil, nil, err
	}
	ts := c.str("timestamp")
	switch {
	case ts == "":
		return ch, nil, fail("no_item_specified")
	case !tsShape.MatchString(ts):
		return ch, nil, fail("bad_timestamp")
	}
	m := ch.byTS[ts]
	if m == nil {
		return ch, nil, fail("message_not_found")
	}
	return ch, m, nil
}

// channelArg resolves the channel a conversations method is about and checks
// the scope that covers its kind.
func (s *sight) channel(c *call, scope func(*conversation) []string) (*conversation, error) {
	ch, err := s.known(c.str("channel"))
	if err != nil {
		return nil, err
	}
	return ch, s.app.need(scope(ch)...)
}

// managed is channelArg for methods that change a channel the bot is in.
func (s *sight) managed(c *call, scope func(*conversation) []string) (*conversation, error) {
	ch, err := s.channel(c, scope)
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

// userArg finds the user a method is about; without the argument it is the
// fallback, if there is one.
func (s *sight) user(c *call, fallback string) (*User, error) {
	if u := s.users.get(actorOr(c.str("user"), fallback)); u != nil {
		return u, nil
	}
	return nil, fail("user_not_found")
}
