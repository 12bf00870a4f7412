package slacksim

import (
	"slices"
	"unicode/utf8"
)

// channelArg resolves the channel a conversations method is about and checks
// the scope that covers its kind.
func (s *Server) channelArg(c *call, scope func(*conversation) []string) (*conversation, error) {
	ch, err := s.known(c.str("channel"))
	if err != nil {
		return nil, err
	}
	return ch, s.app.need(scope(ch)...)
}

func readScope(ch *conversation) []string    { return []string{ch.scopePrefix() + ":read"} }
func historyScope(ch *conversation) []string { return []string{ch.scopePrefix() + ":history"} }
func manageScope(ch *conversation) []string  { return []string{ch.writeScope()} }
func inviteScope(ch *conversation) []string {
	return []string{ch.writeScope(), ch.scopePrefix() + ":write.invites"}
}
func topicScope(ch *conversation) []string {
	return []string{ch.writeScope(), ch.scopePrefix() + ":write.topic"}
}

// managed is channelArg for methods that change a channel the bot is in.
func (s *Server) managed(c *call, scope func(*conversation) []string) (*conversation, error) {
	ch, err := s.channelArg(c, scope)
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

func conversationsCreate(s *Server, c *call) (object, error) {
	private := c.flag("is_private")
	scope := "channels:manage"
	if private {
		scope = "groups:write"
	}
	if err := s.app.need(scope); err != nil {
		return nil, err
	}
	ch, err := s.conversations.create(s.app.user, c.str("name"), private)
	if err != nil {
		return nil, err
	}
	return object{"channel": s.conversations.object(ch, false)}, nil
}

func actorOr(actor, other string) string {
	if actor != "" {
		return actor
	}
	return other
}

func conversationsInvite(s *Server, c *call) (object, error) {
	ch, err := s.managed(c, inviteScope)
	if err != nil {
		return nil, err
	}
	ids := c.list("users")
	if len(ids) == 0 {
		return nil, fail("no_user")
	}
	if len(ids) > 100 {
		return nil, fail("too_many_users")
	}
	var good []string
	var refused []object
	for _, id := range ids {
		if problem := s.conversations.inviteProblem(ch, s.app.user, id); problem != "" {
			refused = append(refused, object{"ok": false, "error": problem, "user": id})
		} else if !slices.Contains(good, id) {
			good = append(good, id)
		}
	}
	if len(refused) > 0 && (!c.flag("force") || len(good) == 0) {
		return nil, &apiError{code: refused[0]["error"].(string), extra: object{"errors": refused}}
	}
	for _, id := range good {
		s.conversations.join(ch, id, s.app.user)
	}
	reply := object{"channel": s.conversations.object(ch, false)}
	if len(refused) > 0 {
		reply["errors"] = refused
	}
	return reply, nil
}

func conversationsKick(s *Server, c *call) (object, error) {
	ch, err := s.managed(c, manageScope)
	if err != nil {
		return nil, err
	}
	user := c.str("user")
	switch {
	case user == s.app.user:
		return nil, fail("cant_kick_self")
	case s.users.get(user) == nil:
		return nil, fail("user_not_found")
	case ch.general:
		return nil, fail("cant_kick_from_general")
	case !ch.isMember[user]:
		return nil, fail("not_in_channel")
	}
	s.conversations.part(ch, user, s.app.user)
	return object{"errors": object{}}, nil
}

func conversationsJoin(s *Server, c *call) (object, error) {
	ch, err := s.known(c.str("channel"))
	switch {
	case err != nil:
		return nil, err
	case ch.kind != publicChannel:
		return nil, fail("method_not_supported_for_channel_type")
	case ch.archived:
		return nil, fail("is_archived")
	}
	if ch.isMember[s.app.user] {
		c.warn("already_in_channel")
	} else {
		s.conversations.join(ch, s.app.user, "")
	}
	return object{"channel": s.conversations.object(ch, false)}, nil
}

func conversationsLeave(s *Server, c *call) (object, error) {
	ch, err := s.channelArg(c, manageScope)
	switch {
	case err != nil:
		return nil, err
	case ch.direct():
		return nil, fail("method_not_supported_for_channel_type")
	case ch.archived:
		return nil, fail("is_archived")
	case ch.general:
		return nil, fail("cant_leave_general")
	case !ch.isMember[s.app.user]:
		return object{"not_in_channel": true}, nil
	case ch.kind == privateChannel && len(ch.members) == 1:
		return nil, fail("last_member")
	}
	s.conversations.part(ch, s.app.user, "")
	return nil, nil
}

func conversationsArchive(s *Server, c *call) (object, error) {
	ch, err := s.channelArg(c, manageScope)
	switch {
	case err != nil:
		return nil, err
	case ch.direct():
		return nil, fail("method_not_supported_for_channel_type")
	case ch.archived:
		return nil, fail("already_archived")
	case ch.general:
		return nil, fail("cant_archive_general")
	case !ch.isMember[s.app.user]:
		return nil, fail("not_in_channel")
	}
	s.conversations.archive(ch, s.app.user)
	return nil, nil
}

// conversationsUnarchive refuses always or says that there is nothing to do:
// archiving ends the bot's membership, and Slack lets only members unarchive.
func conversationsUnarchive(s *Server, c *call) (object, error) {
	ch, err := s.channelArg(c, manageScope)
	switch {
	case err != nil:
		return nil, err
	case ch.direct():
		return nil, fail("method_not_supported_for_channel_type")
	case !ch.archived:
		return nil, fail("not_archived")
	}
	return nil, fail("not_in_channel")
}

func conversationsRename(s *Server, c *call) (object, error) {
	ch, err := s.managed(c, manageScope)
	if err != nil {
		return nil, err
	}
	if err := s.conversations.rename(ch, s.app.user, c.str("name")); err != nil {
		return nil, err
	}
	return object{"channel": s.conversations.object(ch, false)}, nil
}

func conversationsSetTopic(s *Server, c *call) (object, error) {
	ch, err := s.noted(c, c.str("topic"))
	if err != nil {
		return nil, err
	}
	s.conversations.setTopic(ch, s.app.user, c.str("topic"))
	return object{"channel": s.conversations.object(ch, false), "topic": ch.topic.Value}, nil
}

func conversationsSetPurpose(s *Server, c *call) (object, error) {
	ch, err := s.noted(c, c.str("purpose"))
	if err != nil {
		return nil, err
	}
	s.conversations.setPurpose(ch, s.app.user, c.str("purpose"))
	return object{"channel": s.conversations.object(ch, false), "purpose": ch.purpose.Value}, nil
}

func (s *Server) noted(c *call, value string) (*conversation, error) {
	ch, err := s.managed(c, topicScope)
	if err == nil && utf8.RuneCountInString(value) > 250 {
		err = fail("too_long")
	}
	return ch, err
}

func conversationsOpen(s *Server, c *call) (object, error) {
	if id := c.str("channel"); id != "" {
		ch, err := s.channelArg(c, manageScope)
		if err != nil || !ch.direct() {
			return nil, fail("channel_not_found")
		}
		return s.opened(c, ch, false), nil
	}
	ids := c.list("users")
	if len(ids) == 0 {
		return nil, fail("users_list_not_supplied")
	}
	if len(ids) > 8 {
		return nil, fail("too_many_users")
	}
	bot := s.app.user
	members := []string{bot}
	for _, id := range ids {
		u := s.users.get(id)
		switch {
		case u == nil:
			return nil, fail("user_not_found")
		case u.Deleted:
			return nil, fail("user_disabled")
		case u.IsBot || u.ID == slackbotID:
			return nil, fail("cannot_dm_bot")
		case !slices.Contains(members, id):
			members = append(members, id)
		}
	}
	scope := "im:write"
	if len(members) > 2 {
		scope = "mpim:write"
	}
	if err := s.app.need(scope); err != nil {
		return nil, err
	}
	if c.flag("prevent_creation") && s.channels.between(members) == nil {
		return nil, fail("channel_not_found")
	}
	ch, fresh := s.conversations.direct(bot, members...)
	return s.opened(c, ch, fresh), nil
}

func (s *Server) opened(c *call, ch *conversation, fresh bool) object {
	reply := object{"channel": object{"id": ch.id}}
	if c.flag("return_im") {
		reply["channel"] = s.conversations.object(ch, false)
	}
	if !fresh {
		reply["no_op"], reply["already_open"] = true, true
	}
	return reply
}

func conversationsClose(s *Server, c *call) (object, error) {
	ch, err := s.channelArg(c, manageScope)
	if err != nil {
		return nil, err
	}
	if !ch.direct() {
		return nil, fail("method_not_supported_for_channel_type")
	}
	return object{"no_op": true, "already_closed": true}, nil
}

func conversationsMark(s *Server, c *call) (object, error) {
	ch, err := s.channelArg(c, manageScope)
	if err != nil {
		return nil, err
	}
	if !ch.isMember[s.app.user] {
		return nil, fail("not_in_channel")
	}
	return nil, nil
}
