package slacksim

import (
	"slices"
	"strconv"
)

const maxPins = 100 // undocumented; the number commonly met

// itemsAPI are the methods for pins and reactions.
type itemsAPI struct {
	*sight
	chat *chat
}

func (a *itemsAPI) pinsAdd(c *call, at item) (object, error) {
	return nil, a.chat.pin(at.ch, at.m, a.app.user)
}

func (a *itemsAPI) pinsRemove(c *call, at item) (object, error) {
	return nil, a.chat.unpin(at.ch, at.m, a.app.user)
}

func (c *chat) pin(ch *conversation, m *Message, actor string) error {
	switch {
	case ch.archived:
		return fail("is_archived")
	case len(m.PinnedTo) > 0:
		return fail("already_pinned")
	case len(ch.pins) >= maxPins:
		return fail("too_many_pins")
	case m.Subtype == "tombstone":
		return fail("not_pinnable")
	}
	p := pinned{ts: m.TS, user: actor, created: c.now().Unix()}
	ch.pins = append(ch.pins, p)
	m.PinnedTo = []string{ch.id}
	m.PinnedInfo = &PinnedInfo{Channel: ch.id, PinnedBy: actor, PinnedTS: p.created}
	c.journal.message(m)
	c.journal.note(Change{Kind: "channel", Channel: ch.id})
	c.tellPin("pin_added", ch, m, actor, p)
	return nil
}

func (c *chat) unpin(ch *conversation, m *Message, actor string) error {
	i := slices.IndexFunc(ch.pins, func(p pinned) bool { return p.ts == m.TS })
	if i < 0 {
		return fail("no_pin")
	}
	p := ch.pins[i]
	ch.pins = slices.Delete(ch.pins, i, i+1)
	m.PinnedTo, m.PinnedInfo = nil, nil
	c.journal.message(m)
	c.journal.note(Change{Kind: "channel", Channel: ch.id})
	c.tellPin("pin_removed", ch, m, actor, p)
	return nil
}

func (c *chat) tellPin(name string, ch *conversation, m *Message, actor string, p pinned) {
	body := object{
		"type": name, "user": actor, "channel_id": ch.id, "item": c.pinItem(ch, m, p), "item_user": m.User,
		"pin_count": strconv.Itoa(len(ch.pins)), "pinned_info": object{"channel": ch.id, "pinned_by": p.user, "pinned_ts": p.created},
	}
	if name == "pin_removed" {
		body["has_pins"] = len(ch.pins) > 0
	}
	c.events.emit(event{name: name, channel: ch, body: body})
}

func (c *chat) pinItem(ch *conversation, m *Message, p pinned) object {
	message := toObject(m.clone())
	message["permalink"] = c.permalink(ch, m)
	return object{"type": "message", "channel": ch.id, "created": p.created, "created_by": p.user, "message": message}
}

func (a *itemsAPI) pinsList(c *call) (object, error) {
	ch, err := a.known(c.str("channel"))
	if err != nil {
		return nil, err
	}
	if !ch.isMember[a.app.user] {
		return nil, fail("not_in_channel")
	}
	items := []object{}
	for _, p := range slices.Backward(ch.pins) {
		if m := ch.byTS[p.ts]; m != nil {
			items = append(items, a.chat.pinItem(ch, m, p))
		}
	}
	return object{"items": items}, nil
}
