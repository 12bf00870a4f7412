package slacksim

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// chat is what is written in conversations: messages with their threads, pins and
// reactions. It tells of every change by events. It belongs to the server's mutex.
type chat struct {
	app     *installation
	users   *users
	team    *team
	events  *events
	mint    *mint
	journal *journal
	now     func() time.Time
	profile *BotProfile // of the app, as it was last
}

// post puts a message by actor into a channel and tells everybody. Rules that
// depend on who asks are the caller's.
func (c *chat) post(ch *conversation, actor string, d draft) (*Message, error) {
	var parent *Message
	if d.threadTS != "" {
		parent = ch.byTS[d.threadTS]
		switch {
		case parent == nil && actor == c.app.user && tsShape.MatchString(d.threadTS):
			// A parent that is gone does not stop an app: Slack posts into the channel, and
			// only the answer shows it, by having no thread_ts (slack-go/slack#1571).
		case parent == nil:
			return nil, fail("thread_not_found")
		case parent.IsReply():
			return nil, fail("cannot_reply_to_message")
		}
	}
	m := &Message{
		Type: "message", Subtype: d.subtype, User: actor, Text: d.text, TS: c.mint.ts(), Team: teamID, Blocks: d.blocks,
		Attachments: d.attachments, Metadata: d.metadata, Files: d.files, Upload: len(d.files) > 0, ClientMsgID: d.clientMsgID, Channel: ch.id,
	}
	if actor == c.app.user && d.subtype != "channel_join" {
		c.sign(m, d)
	}
	if parent != nil {
		m.ThreadTS, m.ParentUserID = parent.TS, parent.User
		if d.broadcast {
			m.Subtype = "thread_broadcast"
		}
	}
	ch.add(m)
	c.journal.message(m)
	c.events.message(ch, m)
	c.events.metadata("posted", ch, m, nil)
	if parent != nil {
		c.countReply(ch, parent)
	}
	return m, nil
}

// sign adds what Slack adds to an app's message.
func (c *chat) sign(m *Message, d draft) {
	bot := c.users.get(c.app.user)
	m.BotID, m.AppID = botID, appID
	if m.Subtype != "" && m.Subtype != "file_share" {
		return
	}
	if d.username != "" || d.iconEmoji != "" || d.iconURL != "" {
		m.Subtype, m.User, m.Username = "bot_message", "", d.username
		icons, err := json.Marshal(object{"emoji": d.iconEmoji, "image_48": d.iconURL})
		if err == nil {
			m.Icons = icons
		}
		return
	}
	if p := c.profile; p == nil || p.Name != bot.RealName || p.Updated != bot.UpdatedAt.Unix() {
		c.profile = &BotProfile{
			ID: botID, AppID: appID, Name: bot.RealName, Updated: bot.UpdatedAt.Unix(), TeamID: teamID,
			Icons: map[string]string{"image_36": "", "image_48": "", "image_72": ""},
		}
	}
	m.BotProfile = c.profile
}

// countReply keeps the parent's counters, which Slack tells as a change of it.
func (c *chat) countReply(ch *conversation, parent *Message) {
	before := parent.clone()
	parent.ThreadTS = parent.TS
	c.recount(ch, parent)
	c.journal.message(parent)
	c.events.changed(ch, before, parent.clone())
}

func (c *chat) recount(ch *conversation, parent *Message) {
	replies := ch.replies[parent.TS]
	parent.ReplyCount, parent.ReplyUsers, parent.LatestReply = len(replies), nil, ""
	for _, r := range replies {
		author := r.User
		if author == "" {
			author = r.BotID
		}
		if !slices.Contains(parent.ReplyUsers, author) {
			parent.ReplyUsers = append(parent.ReplyUsers, author)
		}
		parent.LatestReply = r.TS
	}
	parent.ReplyUsersCount = len(parent.ReplyUsers)
}

// system posts one of Slack's own lines, such as "dev1 joined".
func (c *chat) system(ch *conversation, subtype, actor, text string, set func(*Message)) {
	if ch.direct() {
		return
	}
	if ch.kind == privateChannel {
		subtype = strings.Replace(subtype, "channel_", "group_", 1)
	}
	m := &Message{Type: "message", Subtype: subtype, User: actor, Text: text, TS: c.mint.ts(), Channel: ch.id}
	if set != nil {
		set(m)
	}
	ch.add(m)
	c.journal.message(m)
	c.events.message(ch, m)
}

// change replaces a message's content and tells everybody.
func (c *chat) change(ch *conversation, m *Message, actor string, set func(*Message)) {
	before := m.clone()
	m.shown, m.changed = m.layout(), c.mint.now()
	set(m)
	m.Edited = &Edited{User: actor, TS: c.mint.ts()}
	c.journal.message(m)
	c.events.changed(ch, before, m.clone())
	switch {
	case string(before.Metadata) == string(m.Metadata):
	case before.Metadata == nil:
		c.events.metadata("posted", ch, m, nil)
	case m.Metadata == nil:
		c.events.metadata("deleted", ch, m, before.Metadata)
	default:
		c.events.metadata("updated", ch, m, before.Metadata)
	}
}

// erase deletes a message. A parent with replies leaves a tombstone.
func (c *chat) erase(ch *conversation, m *Message) {
	before := m.clone()
	ch.pins = slices.DeleteFunc(ch.pins, func(p pinned) bool { return p.ts == m.TS })
	if len(ch.replies[m.TS]) > 0 {
		*m = Message{
			Type: "message", Subtype: "tombstone", Text: "This message was deleted.", Hidden: true, User: slackbotID, TS: m.TS, Channel: ch.id,
			ThreadTS: m.TS, ReplyCount: m.ReplyCount, ReplyUsers: m.ReplyUsers, ReplyUsersCount: m.ReplyUsersCount, LatestReply: m.LatestReply,
		}
		c.journal.message(m)
		c.events.changed(ch, before, m.clone())
		return
	}
	ch.remove(m)
	c.journal.note(Change{Kind: "message_deleted", Channel: ch.id, TS: m.TS, User: m.User})
	c.events.deleted(ch, before)
	c.events.metadata("deleted", ch, &before, before.Metadata)
	if parent := ch.byTS[m.ThreadTS]; m.IsReply() && parent != nil {
		was := parent.clone()
		c.recount(ch, parent)
		c.journal.message(parent)
		c.events.changed(ch, was, parent.clone())
	}
}

// cut shortens text to what Slack keeps of it.
func cut(text string, limit int) (short string, was bool) {
	if utf8.RuneCountInString(text) <= limit {
		return text, false
	}
	return string([]rune(text)[:limit]), true
}

func containsMention(text, user string) bool {
	return strings.Contains(text, "<@"+user+">") || strings.Contains(text, "<@"+user+"|")
}

// code is the API's code of an error, for answers to people.
func code(err error) string {
	var refused *apiError
	if errors.As(err, &refused) {
		return refused.code
	}
	return "internal_error"
}

func (c *chat) permalink(ch *conversation, m *Message) string {
	link := c.team.base + "/archives/" + ch.id + "/p" + strings.ReplaceAll(m.TS, ".", "")
	if m.IsReply() {
		link += "?thread_ts=" + m.ThreadTS + "&cid=" + ch.id
	}
	return link
}
