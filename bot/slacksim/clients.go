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

// clients are those of everybody. They belong to the server's mutex.
type clients struct {
	byUser  map[string]*client
	keep    int // ephemeral messages of each, at least
	views   *views
	app     *installation
	chat    *chat
	mint    *mint
	journal *journal
}

// of is the client of a user, who need not exist.
func (all *clients) of(user string) *client {
	c := all.byUser[user]
	if c == nil {
		c = &client{
			ephemerals: recent[*Message]{keep: all.keep}, reads: map[string]string{}, choices: map[string]map[string]object{},
			suggested: map[string][]object{},
		}
		all.byUser[user] = c
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

// whisper shows a message to one person only. It needs no existing channel.
func (all *clients) whisper(user, channel, author string, d draft) *Message {
	m := &Message{
		Type: "message", User: author, Text: d.text, TS: all.mint.ts(), Team: teamID, Blocks: d.blocks, Attachments: d.attachments,
		ThreadTS: d.threadTS, IsEphemeral: true, Channel: channel,
	}
	if author == all.app.user {
		all.chat.sign(m, d)
	}
	all.of(user).ephemerals.add(m)
	all.journal.whisper(user, m)
	return m
}

// dropWhisper takes a message away that only this person sees, and reports whether
// there was one.
func (all *clients) dropWhisper(user, channel, ts string) bool {
	m := all.of(user).dismiss(channel, ts)
	if m != nil {
		all.journal.note(Change{Kind: "message_deleted", Channel: channel, TS: ts, User: user})
	}
	return m != nil
}

func (all *clients) markRead(user, channel, ts string) {
	all.of(user).reads[channel] = ts
	all.journal.note(Change{Kind: "read", Channel: channel, User: user})
}

func (all *clients) note(v *view) { all.journal.note(Change{Kind: "view", User: v.user}) }

func (all *clients) noteSurface(user string, on *surface) {
	switch {
	case on.home:
		all.journal.note(Change{Kind: "home", User: user})
	case on.view != nil:
		all.note(on.view)
	}
}

func (all *clients) push(v *view, user string) error {
	stack := all.of(user).stack
	if len(stack) == 0 {
		return fail("not_found")
	}
	if len(stack) >= maxStack {
		return fail("push_limit_reached")
	}
	if err := all.views.place(v, user); err != nil {
		return err
	}
	top := stack[len(stack)-1]
	v.root, v.previous, v.origin = stack[0].id, top.id, top.origin
	v.defaultConversations()
	all.of(user).stack = append(stack, v)
	all.note(v)
	return nil
}

// replace gives a view new content, and the person sees it.
func (all *clients) replace(old, v *view) error {
	err := all.views.replace(old, v)
	if err == nil {
		all.note(old)
	}
	return err
}

func (all *clients) close(v *view) {
	all.of(v.user).stack = slices.DeleteFunc(all.of(v.user).stack, func(x *view) bool { return x == v })
	all.views.forget(v)
	all.note(v)
}

func (all *clients) clear(user string) {
	for _, v := range all.of(user).stack {
		all.views.forget(v)
	}
	all.of(user).stack = nil
	all.journal.note(Change{Kind: "view", User: user})
}
