package slacksim

import (
	"slices"
	"unicode/utf8"
)

func readScope(ch *conversation) []string    { return []string{ch.family() + ":read"} }
func historyScope(ch *conversation) []string { return []string{ch.family() + ":history"} }
func manageScope(ch *conversation) []string  { return []string{ch.writeScope()} }
func inviteScope(ch *conversation) []string {
	return []string{ch.writeScope(), ch.family() + ":write.invites"}
}
func topicScope(ch *conversation) []string {
	return []string{ch.writeScope(), ch.family() + ":write.topic"}
}

// conversationsAPI are the conversations methods that change something.
type conversationsAPI struct {
	*sight
	conversations *conversations
}

func (a *conversationsAPI) create(c *call) (object, error) {
	private := c.flag("is_private")
	scope := "channels:manage"
	if private {
		scope = "groups:write"
	}
	if err := a.app.need(scope); err != nil {
		return nil, err
	}
	ch, err := a.conversations.create(a.app.user, c.str("name"), private)
	if err != nil {
		return nil, err
	}
	return object{"channel": a.conversations.object(ch, false)}, nil
}

func (a *conversationsAPI) invite(c *call, ch *conversation) (object, error) {
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
		if problem := a.conversations.inviteProblem(ch, a.app.user, id); problem != "" {
			refused = append(refused, object{"ok": false, "error": problem, "user": id})
		} else if !slices.Contains(good, id) {
			good = append(good, id)
		}
	}
	if len(refused) > 0 && (!c.flag("force") || len(good) == 0) {
		return nil, &apiError{code: refused[0]["error"].(string), extra: object{"errors": refused}}
	}
	for _, id := range good {
		a.conversations.join(ch, id, a.app.user)
	}
	reply := object{"channel": a.conversations.object(ch, false)}
	if len(refused) > 0 {
		reply["errors"] = refused
	}
	return reply, nil
}

func (a *conversationsAPI) kick(c *call, ch *conversation) (object, error) {
	user := c.str("user")
	switch {
	case user == a.app.user:
		return nil, fail("cant_kick_self")
	case a.users.get(user) == nil:
		return nil, fail("user_not_found")
	case ch.general:
		return nil, fail("cant_kick_from_general")
	case !ch.isMember[user]:
		return nil, fail("not_in_channel")
	}
	a.conversations.part(ch, user, a.app.user)
	return object{"errors": object{}}, nil
}

func (a *conversationsAPI) join(c *call) (object, error) {
	ch, err := a.known(c.str("channel"))
	switch {
	case err != nil:
		return nil, err
	case ch.kind != publicChannel:
		return nil, fail("method_not_supported_for_channel_type")
	case ch.archived:
		return nil, fail("is_archived")
	}
	if ch.isMember[a.app.user] {
		c.warn("already_in_channel")
	} else {
		a.conversations.join(ch, a.app.user, "")
	}
	return object{"channel": a.conversations.object(ch, false)}, nil
}

func (a *conversationsAPI) leave(c *call, ch *conversation) (object, error) {
	switch {
	case ch.direct():
		return nil, fail("method_not_supported_for_channel_type")
	case ch.archived:
		return nil, fail("is_archived")
	case ch.general:
		return nil, fail("cant_leave_general")
	case !ch.isMember[a.app.user]:
		return object{"not_in_channel": true}, nil
	case ch.kind == privateChannel && len(ch.members) == 1:
		return nil, fail("last_member")
	}
	a.conversations.part(ch, a.app.user, "")
	return nil, nil
}

func (a *conversationsAPI) archive(c *call, ch *conversation) (object, error) {
	switch {
	case ch.direct():
		return nil, fail("method_not_supported_for_channel_type")
	case ch.archived:
		return nil, fail("already_archived")
	case ch.general:
		return nil, fail("cant_archive_general")
	case !ch.isMember[a.app.user]:
		return nil, fail("not_in_channel")
	}
	a.conversations.archive(ch, a.app.user)
	return nil, nil
}

// conversationsUnarchive refuses always or says that there is nothing to do:
// archiving ends the bot's membership, and Slack lets only members unarchive.
func (a *conversationsAPI) unarchive(c *call, ch *conversation) (object, error) {
	switch {
	case ch.direct():
		return nil, fail("method_not_supported_for_channel_type")
	case !ch.archived:
		return nil, fail("not_archived")
	}
	return nil, fail("not_in_channel")
}

func (a *conversationsAPI) rename(c *call, ch *conversation) (object, error) {
	if err := a.conversations.rename(ch, a.app.user, c.str("name")); err != nil {
		return nil, err
	}
	return object{"channel": a.conversations.object(ch, false)}, nil
}

func (a *conversationsAPI) setTopic(c *call, ch *conversation) (object, error) {
	a.conversations.setTopic(ch, a.app.user, c.str("topic"))
	return object{"channel": a.conversations.object(ch, false), "topic": ch.topic.Value}, nil
}

func (a *conversationsAPI) setPurpose(c *call, ch *conversation) (object, error) {
	a.conversations.setPurpose(ch, a.app.user, c.str("purpose"))
	return object{"channel": a.conversations.object(ch, false), "purpose": ch.purpose.Value}, nil
}

// noted is managed for a method that sets a text of the channel.
func (a *conversationsAPI) noted(arg string) func(*call) (*conversation, error) {
	return func(c *call) (*conversation, error) {
		ch, err := a.managed(topicScope)(c)
		if err == nil && utf8.RuneCountInString(c.str(arg)) > 250 {
			err = fail("too_long")
		}
		return ch, err
	}
}

func (a *conversationsAPI) open(c *call) (object, error) {
	if id := c.str("channel"); id != "" {
		ch, err := a.channel(manageScope)(c)
		if err != nil || !ch.direct() {
			return nil, fail("channel_not_found")
		}
		return a.opened(c, ch, false), nil
	}
	ids := c.list("users")
	if len(ids) == 0 {
		return nil, fail("users_list_not_supplied")
	}
	if len(ids) > 8 {
		return nil, fail("too_many_users")
	}
	bot := a.app.user
	members := []string{bot}
	for _, id := range ids {
		u := a.users.get(id)
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
	if err := a.app.need(scope); err != nil {
		return nil, err
	}
	if c.flag("prevent_creation") && a.channels.between(members) == nil {
		return nil, fail("channel_not_found")
	}
	ch, fresh := a.conversations.direct(bot, members...)
	return a.opened(c, ch, fresh), nil
}

func (a *conversationsAPI) opened(c *call, ch *conversation, fresh bool) object {
	reply := object{"channel": object{"id": ch.id}}
	if c.flag("return_im") {
		reply["channel"] = a.conversations.object(ch, false)
	}
	if !fresh {
		reply["no_op"], reply["already_open"] = true, true
	}
	return reply
}

func (a *conversationsAPI) close(c *call, ch *conversation) (object, error) {
	if !ch.direct() {
		return nil, fail("method_not_supported_for_channel_type")
	}
	return object{"no_op": true, "already_closed": true}, nil
}

func (a *conversationsAPI) mark(c *call, ch *conversation) (object, error) {
	if !ch.isMember[a.app.user] {
		return nil, fail("not_in_channel")
	}
	return nil, nil
}
