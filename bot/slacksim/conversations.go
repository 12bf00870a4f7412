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
	ch, err := s.createChannel(s.app.user, c.str("name"), private)
	if err != nil {
		return nil, err
	}
	return object{"channel": s.channelObject(ch, false)}, nil
}

// createChannel makes a channel with its creator as the only member.
func (s *Server) createChannel(actor, name string, private bool) (*conversation, error) {
	if err := s.checkName(name, ""); err != nil {
		return nil, err
	}
	kind := publicChannel
	if private {
		kind = privateChannel
	}
	ch := s.newConversation(kind, name, actor)
	if !private {
		s.emit(event{name: "channel_created", body: object{"type": "channel_created", "channel": object{
			"id": ch.id, "name": name, "name_normalized": name, "created": ch.created.Unix(), "creator": actor, "is_channel": true,
			"is_private": false, "is_im": false, "is_mpim": false, "is_archived": false, "context_team_id": teamID,
		}}})
	}
	s.join(ch, actor, "")
	return ch, nil
}

// join makes somebody a member and tells everybody. inviter is "" for one's own step.
func (s *Server) join(ch *conversation, user, inviter string) {
	ch.admit(user)
	text := "<@" + user + "> has joined the channel"
	s.system(ch, "channel_join", user, text, func(m *Message) { m.Inviter = inviter })
	letter := "C"
	if ch.kind == privateChannel {
		letter = "G"
	}
	body := object{"type": "member_joined_channel", "user": user, "channel": ch.id, "channel_type": letter, "team": teamID}
	if inviter != "" {
		body["inviter"] = inviter
	}
	s.emit(event{name: "member_joined_channel", channel: ch, body: body})
	s.journal.note(Change{Kind: "channel", Channel: ch.id, User: user})
}

// part ends a membership, with a line in the channel when the person left.
func (s *Server) part(ch *conversation, user, remover string) {
	text := "<@" + user + "> has left the channel"
	if remover != "" {
		text = "<@" + user + "> was removed from the channel by <@" + remover + ">"
	}
	s.system(ch, "channel_leave", user, text, nil)
	letter, family := "C", "channel"
	if ch.kind == privateChannel {
		letter, family = "G", "group"
	}
	s.emit(event{name: "member_left_channel", channel: ch, body: object{
		"type": "member_left_channel", "user": user, "channel": ch.id, "channel_type": letter, "team": teamID,
	}})
	if user == s.app.user {
		s.emit(event{name: family + "_left", channel: ch, body: object{"type": family + "_left", "channel": ch.id, "actor_id": actorOr(remover, user)}})
	}
	ch.dismiss(user)
	s.journal.note(Change{Kind: "channel", Channel: ch.id, User: user})
}

func actorOr(actor, other string) string {
	if actor != "" {
		return actor
	}
	return other
}

// inviteProblem says why somebody cannot be invited, or "".
func (s *Server) inviteProblem(ch *conversation, actor, user string) string {
	u := s.users.get(user)
	switch {
	case user == actor:
		return "cant_invite_self"
	case u == nil, u.ID == slackbotID:
		return "user_not_found"
	case u.Deleted:
		return "cant_invite" // undocumented for deactivated people
	case ch.isMember[user]:
		return "already_in_channel"
	case u.SingleGuest && s.memberships(user) > 0:
		return "ura_max_channels"
	}
	return ""
}

func (s *Server) memberships(user string) int {
	n := 0
	for ch := range s.channels.all() {
		if !ch.direct() && ch.isMember[user] {
			n++
		}
	}
	return n
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
		if problem := s.inviteProblem(ch, s.app.user, id); problem != "" {
			refused = append(refused, object{"ok": false, "error": problem, "user": id})
		} else if !slices.Contains(good, id) {
			good = append(good, id)
		}
	}
	if len(refused) > 0 && (!c.flag("force") || len(good) == 0) {
		return nil, &apiError{code: refused[0]["error"].(string), extra: object{"errors": refused}}
	}
	for _, id := range good {
		s.join(ch, id, s.app.user)
	}
	reply := object{"channel": s.channelObject(ch, false)}
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
	s.part(ch, user, s.app.user)
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
		s.join(ch, s.app.user, "")
	}
	return object{"channel": s.channelObject(ch, false)}, nil
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
	s.part(ch, s.app.user, "")
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
	s.archive(ch, s.app.user)
	return nil, nil
}

func (s *Server) archive(ch *conversation, actor string) {
	s.system(ch, "channel_archive", actor, "<@"+actor+"> archived the channel", nil)
	ch.archived, ch.updated = true, s.now()
	s.emitChannel(ch, "archive", object{"channel": ch.id, "user": actor, "is_moved": 0})
}

// emitChannel sends channel_… or group_… as the channel's kind wants.
func (s *Server) emitChannel(ch *conversation, what string, body object) {
	e := event{name: "channel_" + what, body: body}
	if ch.kind == privateChannel {
		e.name, e.channel = "group_"+what, ch
	}
	body["type"] = e.name
	s.emit(e)
	s.journal.note(Change{Kind: "channel", Channel: ch.id})
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

// unarchive brings a channel back, without the bot.
func (s *Server) unarchive(ch *conversation, actor string) {
	ch.archived, ch.updated = false, s.now()
	s.emitChannel(ch, "unarchive", object{"channel": ch.id, "user": actor})
	ch.dismiss(s.app.user)
	s.system(ch, "channel_unarchive", actor, "<@"+actor+"> un-archived the channel", nil)
}

func conversationsRename(s *Server, c *call) (object, error) {
	ch, err := s.managed(c, manageScope)
	if err != nil {
		return nil, err
	}
	if err := s.rename(ch, s.app.user, c.str("name")); err != nil {
		return nil, err
	}
	return object{"channel": s.channelObject(ch, false)}, nil
}

func (s *Server) rename(ch *conversation, actor, name string) error {
	if err := s.checkName(name, ch.id); err != nil {
		return err
	}
	old := ch.name
	s.channels.rename(ch, name)
	ch.updated = s.now()
	ch.previous = append(ch.previous, old)
	s.system(ch, "channel_name", actor, "<@"+actor+"> has renamed the channel from \""+old+"\" to \""+name+"\"", func(m *Message) {
		m.OldName, m.Name = old, name
	})
	s.emitChannel(ch, "rename", object{"channel": object{
		"id": ch.id, "name": name, "name_normalized": name, "created": ch.created.Unix(), "is_channel": true, "is_mpim": false,
	}})
	return nil
}

func conversationsSetTopic(s *Server, c *call) (object, error) {
	ch, err := s.noted(c, c.str("topic"))
	if err != nil {
		return nil, err
	}
	s.setTopic(ch, s.app.user, c.str("topic"))
	return object{"channel": s.channelObject(ch, false), "topic": ch.topic.Value}, nil
}

func conversationsSetPurpose(s *Server, c *call) (object, error) {
	ch, err := s.noted(c, c.str("purpose"))
	if err != nil {
		return nil, err
	}
	s.setPurpose(ch, s.app.user, c.str("purpose"))
	return object{"channel": s.channelObject(ch, false), "purpose": ch.purpose.Value}, nil
}

func (s *Server) noted(c *call, value string) (*conversation, error) {
	ch, err := s.managed(c, topicScope)
	if err == nil && utf8.RuneCountInString(value) > 250 {
		err = fail("too_long")
	}
	return ch, err
}

// setTopic posts Slack's line even when the topic is the same as before.
func (s *Server) setTopic(ch *conversation, actor, value string) {
	ch.topic, ch.updated = note{value, actor, s.now().Unix()}, s.now()
	s.system(ch, "channel_topic", actor, "<@"+actor+"> set the channel topic: "+value, func(m *Message) { m.Topic = value })
	s.journal.note(Change{Kind: "channel", Channel: ch.id})
}

func (s *Server) setPurpose(ch *conversation, actor, value string) {
	ch.purpose, ch.updated = note{value, actor, s.now().Unix()}, s.now()
	s.system(ch, "channel_purpose", actor, "<@"+actor+"> set the channel description: "+value, func(m *Message) { m.Purpose = value })
	s.journal.note(Change{Kind: "channel", Channel: ch.id})
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
	ch, fresh := s.dm(bot, members...)
	return s.opened(c, ch, fresh), nil
}

func (s *Server) opened(c *call, ch *conversation, fresh bool) object {
	reply := object{"channel": object{"id": ch.id}}
	if c.flag("return_im") {
		reply["channel"] = s.channelObject(ch, false)
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
