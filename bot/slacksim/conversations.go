package slacksim

import (
	"cmp"
	"strings"
	"time"
)

// conversations makes, changes and archives channels and brings people into them, and
// tells of it by lines in the channel and by events. Rules that depend on who asks are the
// caller's. It belongs to the server's mutex.
type conversations struct {
	*directory
	app     *installation
	chat    *chat
	events  *events
	mint    *mint
	journal *journal
	now     func() time.Time
}

func (c *conversations) add(kind channelKind, name, creator string, members ...string) *conversation {
	prefix := "C"
	if kind == directMessage {
		prefix = "D"
	}
	now := c.now()
	ch := &conversation{
		id: c.mint.id(prefix), name: name, kind: kind, creator: creator, created: now, updated: now,
		isMember: map[string]bool{}, byTS: map[string]*Message{}, replies: map[string][]*Message{},
	}
	for _, m := range members {
		ch.admit(m)
	}
	c.channels.add(ch)
	c.journal.note(Change{Kind: "channel", Channel: ch.id})
	return ch
}

// direct returns the direct conversation of exactly these users, making it if needed.
func (c *conversations) direct(creator string, users ...string) (ch *conversation, opened bool) {
	if ch = c.channels.between(users); ch != nil {
		return ch, false
	}
	kind, name := directMessage, ""
	if len(users) > 2 {
		kind = groupMessage
		handles := make([]string, len(users))
		for i, id := range users {
			handles[i] = c.users.get(id).Name
		}
		name = "mpdm-" + strings.Join(handles, "--") + "-1"
	}
	ch = c.add(kind, "", creator, users...)
	ch.name = name
	c.channels.dms[dmKey(users)] = ch.id
	return ch, true
}

// object is a channel as the Web API shows it to the bot.
func (c *conversations) object(ch *conversation, countMembers bool) object {
	bot := c.app.user
	if ch.kind == directMessage {
		other := ch.other(bot)
		u := c.users.get(other)
		return object{
			"id": ch.id, "created": ch.created.Unix(), "is_archived": false, "is_im": true, "is_org_shared": false, "context_team_id": teamID,
			"updated": ch.updated.UnixMilli(), "user": other, "is_user_deleted": u != nil && u.Deleted, "is_open": true, "priority": 0,
		}
	}
	full := object{
		"id": ch.id, "name": ch.name, "name_normalized": ch.name, "is_channel": ch.kind == publicChannel || ch.kind == privateChannel,
		"is_group": false, "is_im": false, "is_mpim": ch.kind == groupMessage, "is_private": ch.kind != publicChannel,
		"is_archived": ch.archived, "is_general": ch.general, "is_member": ch.isMember[bot] && !ch.archived, "created": ch.created.Unix(),
		"creator": ch.creator, "updated": ch.updated.UnixMilli(), "unlinked": 0, "is_shared": false, "is_ext_shared": false,
		"is_org_shared": false, "is_pending_ext_shared": false, "pending_shared": []string{}, "parent_conversation": nil,
		"context_team_id": teamID, "shared_team_ids": []string{teamID}, "topic": ch.topic, "purpose": ch.purpose,
		"previous_names": append([]string{}, ch.previous...), "properties": object{"tabs": []object{}},
	}
	if countMembers {
		full["num_members"] = len(ch.members)
	}
	return full
}

// create makes a channel with its creator as the only member.
func (c *conversations) create(actor, name string, private bool) (*conversation, error) {
	if err := c.checkName(name, ""); err != nil {
		return nil, err
	}
	kind := publicChannel
	if private {
		kind = privateChannel
	}
	ch := c.add(kind, name, actor)
	if !private {
		c.events.emit(event{name: "channel_created", body: object{"type": "channel_created", "channel": object{
			"id": ch.id, "name": name, "name_normalized": name, "created": ch.created.Unix(), "creator": actor, "is_channel": true,
			"is_private": false, "is_im": false, "is_mpim": false, "is_archived": false, "context_team_id": teamID,
		}}})
	}
	c.join(ch, actor, "")
	return ch, nil
}

// join makes somebody a member and tells everybody. inviter is "" for one's own step.
func (c *conversations) join(ch *conversation, user, inviter string) {
	ch.admit(user)
	text := "<@" + user + "> has joined the channel"
	c.chat.system(ch, "channel_join", user, text, func(m *Message) { m.Inviter = inviter })
	letter := "C"
	if ch.kind == privateChannel {
		letter = "G"
	}
	body := object{"type": "member_joined_channel", "user": user, "channel": ch.id, "channel_type": letter, "team": teamID}
	if inviter != "" {
		body["inviter"] = inviter
	}
	c.events.emit(event{name: "member_joined_channel", channel: ch, body: body})
	c.journal.note(Change{Kind: "channel", Channel: ch.id, User: user})
}

// part ends a membership, with a line in the channel when the person left.
func (c *conversations) part(ch *conversation, user, remover string) {
	text := "<@" + user + "> has left the channel"
	if remover != "" {
		text = "<@" + user + "> was removed from the channel by <@" + remover + ">"
	}
	c.chat.system(ch, "channel_leave", user, text, nil)
	letter, family := "C", "channel"
	if ch.kind == privateChannel {
		letter, family = "G", "group"
	}
	c.events.emit(event{name: "member_left_channel", channel: ch, body: object{
		"type": "member_left_channel", "user": user, "channel": ch.id, "channel_type": letter, "team": teamID,
	}})
	if user == c.app.user {
		c.events.emit(event{name: family + "_left", channel: ch, body: object{"type": family + "_left", "channel": ch.id, "actor_id": cmp.Or(remover, user)}})
	}
	ch.dismiss(user)
	c.journal.note(Change{Kind: "channel", Channel: ch.id, User: user})
}

// inviteProblem says why somebody cannot be invited, or "".
func (c *conversations) inviteProblem(ch *conversation, actor, user string) string {
	u := c.users.get(user)
	switch {
	case user == actor:
		return "cant_invite_self"
	case u == nil, u.ID == slackbotID:
		return "user_not_found"
	case u.Deleted:
		return "cant_invite" // undocumented for deactivated people
	case ch.isMember[user]:
		return "already_in_channel"
	case u.SingleGuest && c.memberships(user) > 0:
		return "ura_max_channels"
	}
	return ""
}

func (c *conversations) archive(ch *conversation, actor string) {
	c.chat.system(ch, "channel_archive", actor, "<@"+actor+"> archived the channel", nil)
	ch.archived, ch.updated = true, c.now()
	c.tell(ch, "archive", object{"channel": ch.id, "user": actor, "is_moved": 0})
}

// tell sends channel_… or group_… as the channel's kind wants.
func (c *conversations) tell(ch *conversation, what string, body object) {
	e := event{name: "channel_" + what, body: body}
	if ch.kind == privateChannel {
		e.name, e.channel = "group_"+what, ch
	}
	body["type"] = e.name
	c.events.emit(e)
	c.journal.note(Change{Kind: "channel", Channel: ch.id})
}

// unarchive brings a channel back, without the bot.
func (c *conversations) unarchive(ch *conversation, actor string) {
	ch.archived, ch.updated = false, c.now()
	c.tell(ch, "unarchive", object{"channel": ch.id, "user": actor})
	ch.dismiss(c.app.user)
	c.chat.system(ch, "channel_unarchive", actor, "<@"+actor+"> un-archived the channel", nil)
}

func (c *conversations) rename(ch *conversation, actor, name string) error {
	if err := c.checkName(name, ch.id); err != nil {
		return err
	}
	old := ch.name
	c.channels.rename(ch, name)
	ch.updated = c.now()
	ch.previous = append(ch.previous, old)
	c.chat.system(ch, "channel_name", actor, "<@"+actor+"> has renamed the channel from \""+old+"\" to \""+name+"\"", func(m *Message) {
		m.OldName, m.Name = old, name
	})
	c.tell(ch, "rename", object{"channel": object{
		"id": ch.id, "name": name, "name_normalized": name, "created": ch.created.Unix(), "is_channel": true, "is_mpim": false,
	}})
	return nil
}

// setTopic posts Slack's line even when the topic is the same as before.
func (c *conversations) setTopic(ch *conversation, actor, value string) {
	ch.topic, ch.updated = note{value, actor, c.now().Unix()}, c.now()
	c.chat.system(ch, "channel_topic", actor, "<@"+actor+"> set the channel topic: "+value, func(m *Message) { m.Topic = value })
	c.journal.note(Change{Kind: "channel", Channel: ch.id})
}

func (c *conversations) setPurpose(ch *conversation, actor, value string) {
	ch.purpose, ch.updated = note{value, actor, c.now().Unix()}, c.now()
	c.chat.system(ch, "channel_purpose", actor, "<@"+actor+"> set the channel description: "+value, func(m *Message) { m.Purpose = value })
	c.journal.note(Change{Kind: "channel", Channel: ch.id})
}
