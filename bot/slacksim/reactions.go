package slacksim

import (
	"regexp"
	"slices"
)

const (
	maxEmojiPerMessage = 50 // distinct ones; undocumented, commonly cited
	maxEmojiPerPerson  = 23 // on one message; undocumented, commonly cited
)

var emojiName = regexp.MustCompile(`^[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?$`)

func (a *itemsAPI) reactionsAdd(c *call, at item) (object, error) {
	return nil, a.chat.react(at.ch, at.m, a.app.user, c.str("name"))
}

func (a *itemsAPI) reactionsRemove(c *call, at item) (object, error) {
	return nil, a.chat.unreact(at.ch, at.m, a.app.user, c.str("name"))
}

func (c *chat) react(ch *conversation, m *Message, actor, name string) error {
	switch {
	case !emojiName.MatchString(name):
		return fail("invalid_name")
	case ch.archived:
		return fail("is_archived")
	case m.Subtype == "tombstone":
		return fail("not_reactable")
	}
	own := 0
	for _, r := range m.Reactions {
		if slices.Contains(r.Users, actor) {
			if r.Name == name {
				return fail("already_reacted")
			}
			own++
		}
	}
	i := slices.IndexFunc(m.Reactions, func(r Reaction) bool { return r.Name == name })
	switch {
	case i < 0 && len(m.Reactions) >= maxEmojiPerMessage:
		return fail("too_many_emoji")
	case own >= maxEmojiPerPerson:
		return fail("too_many_reactions")
	case i < 0:
		m.Reactions = append(m.Reactions, Reaction{Name: name})
		i = len(m.Reactions) - 1
	}
	r := &m.Reactions[i]
	r.Users = append(r.Users, actor)
	r.Count = len(r.Users)
	c.journal.message(m)
	c.tellReaction("reaction_added", ch, m, actor, name)
	return nil
}

func (c *chat) unreact(ch *conversation, m *Message, actor, name string) error {
	if ch.archived {
		return fail("is_archived")
	}
	i := slices.IndexFunc(m.Reactions, func(r Reaction) bool { return r.Name == name && slices.Contains(r.Users, actor) })
	if i < 0 {
		return fail("no_reaction")
	}
	r := &m.Reactions[i]
	r.Users = slices.DeleteFunc(slices.Clone(r.Users), func(u string) bool { return u == actor })
	if r.Count = len(r.Users); r.Count == 0 {
		m.Reactions = slices.Delete(m.Reactions, i, i+1)
	}
	c.journal.message(m)
	c.tellReaction("reaction_removed", ch, m, actor, name)
	return nil
}

func (c *chat) tellReaction(name string, ch *conversation, m *Message, actor, emoji string) {
	body := object{
		"type": name, "user": actor, "reaction": emoji, "item": object{"type": "message", "channel": ch.id, "ts": m.TS},
	}
	if m.User != "" {
		body["item_user"] = m.User
	}
	c.events.emit(event{name: name, channel: ch, body: body})
}

func (a *itemsAPI) reactionsGet(c *call, at item) (object, error) {
	message := toObject(at.m.clone())
	message["permalink"] = a.chat.permalink(at.ch, at.m)
	return object{"type": "message", "channel": at.ch.id, "message": message}, nil
}
