package slacksim

import (
	"errors"
	"fmt"
	"slices"
)

// CreateChannel makes a channel, with the person as its only member.
func (p *Person) CreateChannel(name string, private bool) (Channel, error) {
	var made Channel
	err := p.do("create a channel", func() error {
		u, err := p.user()
		if err != nil {
			return err
		}
		if u.guest() {
			return errors.New("guests cannot create channels")
		}
		ch, err := p.server.conversations.create(p.id, name, private)
		if err == nil {
			made = ch.export()
		}
		return err
	})
	return made, err
}

// Join joins a public channel.
func (p *Person) Join(channel string) error {
	return p.do("join a channel", func() error {
		u, ch, err := p.in(channel)
		switch {
		case err != nil:
			return err
		case ch.archived:
			return fmt.Errorf("%s is archived", ch.name)
		case ch.isMember[p.id]:
			return nil
		case u.guest() || ch.kind != publicChannel:
			return fmt.Errorf("%s cannot join %s without an invitation", u.Name, ch.name)
		}
		p.server.conversations.join(ch, p.id, "")
		return nil
	})
}

// Leave leaves a channel.
func (p *Person) Leave(channel string) error {
	return p.inRoom("leave a channel", channel, func(ch *conversation) error {
		if ch.general {
			return errors.New("nobody leaves #general")
		}
		p.server.conversations.part(ch, p.id, "")
		return nil
	})
}

// inRoom is do for what concerns one real channel.
func (p *Person) inRoom(what, channel string, action func(*conversation) error) error {
	return p.do(what, func() error {
		ch, err := p.member(channel)
		if err == nil && ch.direct() {
			err = errors.New("direct messages have no membership")
		}
		if err != nil {
			return err
		}
		return action(ch)
	})
}

// Invite brings people or the bot into a channel, as /invite does.
func (p *Person) Invite(channel string, users ...string) error {
	return p.inRoom("invite", channel, func(ch *conversation) error {
		for _, id := range users {
			if problem := p.server.conversations.inviteProblem(ch, p.id, id); problem != "" {
				return fmt.Errorf("invite %s: %s", id, problem)
			}
		}
		for _, id := range users {
			p.server.conversations.join(ch, id, p.id)
		}
		return nil
	})
}

// Kick removes somebody, such as the bot, from a channel.
func (p *Person) Kick(channel, user string) error {
	return p.inRoom("remove a member", channel, func(ch *conversation) error {
		switch {
		case ch.general:
			return errors.New("nobody is removed from #general")
		case !ch.isMember[user]:
			return fmt.Errorf("%s is not a member of %s", user, ch.name)
		}
		p.server.conversations.part(ch, user, p.id)
		return nil
	})
}

// Archive archives a channel.
func (p *Person) Archive(channel string) error {
	return p.inRoom("archive", channel, func(ch *conversation) error {
		if ch.general {
			return errors.New("#general cannot be archived")
		}
		p.server.conversations.archive(ch, p.id)
		return nil
	})
}

// Unarchive brings an archived channel back. The bot is not a member then.
func (p *Person) Unarchive(channel string) error {
	return p.do("unarchive", func() error {
		_, ch, err := p.in(channel)
		if err != nil {
			return err
		}
		if !ch.archived {
			return fmt.Errorf("%s is not archived", ch.name)
		}
		p.server.conversations.unarchive(ch, p.id)
		return nil
	})
}

// Rename renames a channel.
func (p *Person) Rename(channel, name string) error {
	return p.inRoom("rename", channel, func(ch *conversation) error {
		return p.server.conversations.rename(ch, p.id, name)
	})
}

// SetTopic sets a channel's topic.
func (p *Person) SetTopic(channel, topic string) error {
	return p.inRoom("set the topic", channel, func(ch *conversation) error {
		p.server.conversations.setTopic(ch, p.id, topic)
		return nil
	})
}

// SetPurpose sets a channel's description.
func (p *Person) SetPurpose(channel, purpose string) error {
	return p.inRoom("set the description", channel, func(ch *conversation) error {
		p.server.conversations.setPurpose(ch, p.id, purpose)
		return nil
	})
}

// DeleteChannel deletes a channel for ever, which only administrators can.
func (p *Person) DeleteChannel(channel string) error {
	return p.do("delete a channel", func() error {
		s := p.server
		u, ch, err := p.in(channel)
		switch {
		case err != nil:
			return err
		case !u.IsAdmin || ch.direct() || ch.general:
			return errors.New("only administrators delete channels, and never #general")
		}
		s.conversations.tell(ch, "deleted", object{"channel": ch.id, "actor_id": p.id})
		s.channels.drop(ch)
		return nil
	})
}

// OpenDM opens a direct message with one or more people or the bot.
func (p *Person) OpenDM(users ...string) (Channel, error) {
	var opened Channel
	err := p.do("open a direct message", func() error {
		if _, err := p.user(); err != nil {
			return err
		}
		members := []string{p.id}
		for _, id := range users {
			u := p.server.users.find(id)
			if u == nil {
				return fmt.Errorf("there is no user %q", id)
			}
			if !slices.Contains(members, u.ID) {
				members = append(members, u.ID)
			}
		}
		ch, _ := p.server.conversations.direct(p.id, members...)
		opened = ch.export()
		return nil
	})
	return opened, err
}

// MakePrivate turns a public channel into a private one.
func (p *Person) MakePrivate(channel string) error {
	return p.inRoom("make a channel private", channel, func(ch *conversation) error {
		if ch.kind != publicChannel || ch.general {
			return errors.New("only a public channel other than #general can become private")
		}
		ch.kind, ch.updated = privateChannel, p.server.now()
		// Slack keeps the channel_ prefix for this one line.
		m := &Message{
			Type: "message", Subtype: "channel_convert_to_private", User: p.id, TS: p.server.mint.ts(), Channel: ch.id,
			Text: "<@" + p.id + "> made this channel private.",
		}
		ch.add(m)
		p.server.journal.message(m)
		p.server.events.message(ch, m)
		p.server.journal.note(Change{Kind: "channel", Channel: ch.id})
		return nil
	})
}
