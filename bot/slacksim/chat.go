package slacksim

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

var idShape = regexp.MustCompile(`^[CDGUW][A-Z0-9]{2,}$`)

// target resolves the channel argument of a posting method, which may be an id,
// a public channel's name, or a user id that opens the direct message.
func (s *Server) target(c *call) (*conversation, error) {
	name := c.str("channel")
	if u := s.users[name]; u != nil {
		if u.ID == s.config.BotUserID || u.Deleted {
			return nil, fail("channel_not_found") // undocumented for deactivated people; conversations.open says user_disabled
		}
		if u.IsBot {
			return nil, fail("cannot_dm_bot")
		}
		ch, _ := s.dm(s.config.BotUserID, s.config.BotUserID, u.ID)
		return ch, nil
	}
	ch := s.channels[name]
	if ch == nil && !idShape.MatchString(name) {
		if ch = s.findChannel(name); ch != nil && ch.kind != publicChannel {
			ch = nil
		}
	}
	if ch == nil || !s.visible(ch) {
		return nil, fail("channel_not_found")
	}
	return ch, nil
}

// visible reports whether the bot can know that a channel exists.
func (s *Server) visible(ch *conversation) bool {
	return ch.kind == publicChannel || ch.isMember[s.config.BotUserID]
}

// mayPost holds the rules of posting for the bot.
func (s *Server) mayPost(ch *conversation, customPublic bool) error {
	if ch.archived {
		return fail("is_archived")
	}
	if ch.kind == directMessage {
		if u := s.users[ch.other(s.config.BotUserID)]; u != nil && u.Deleted {
			return fail("is_archived") // undocumented; a deactivated person's conversation is closed
		}
		if tab := s.manifest.Features.AppHome.MessagesTab; tab != nil && !*tab {
			return fail("messages_tab_disabled")
		}
	}
	if !ch.isMember[s.config.BotUserID] && (!customPublic || !s.scopes["chat:write.public"]) {
		return fail("not_in_channel")
	}
	return nil
}

func (s *Server) readPost(c *call) (*conversation, draft, error) {
	ch, err := s.target(c)
	if err != nil {
		return nil, draft{}, err
	}
	d, err := s.readDraft(c)
	if err != nil {
		return nil, d, err
	}
	if err := s.mayPost(ch, true); err != nil {
		return nil, d, err
	}
	if d.empty() {
		return nil, d, fail("no_text")
	}
	if d.username+d.iconEmoji+d.iconURL != "" {
		if err := s.needScope("chat:write.customize"); err != nil {
			return nil, d, err
		}
	}
	if short, was := cut(d.text, maxText); was {
		d.text = short
		c.warn("message_truncated")
	}
	return ch, d, nil
}

func chatPostMessage(s *Server, c *call) (object, error) {
	ch, d, err := s.readPost(c)
	if err != nil {
		return nil, err
	}
	if err := s.limitChannel(ch); err != nil {
		return nil, err
	}
	m, err := s.post(ch, s.config.BotUserID, d)
	if err != nil {
		return nil, err
	}
	return object{"channel": ch.id, "ts": m.TS, "message": m.clone()}, nil
}

func chatMeMessage(s *Server, c *call) (object, error) {
	ch, d, err := s.readPost(c)
	if err != nil {
		return nil, err
	}
	d.subtype = "me_message"
	m, err := s.post(ch, s.config.BotUserID, d)
	if err != nil {
		return nil, err
	}
	return object{"channel": ch.id, "ts": m.TS}, nil
}

func chatPostEphemeral(s *Server, c *call) (object, error) {
	ch, err := s.target(c)
	if err != nil {
		return nil, err
	}
	d, err := s.readDraft(c)
	if err != nil {
		return nil, err
	}
	if err := s.mayPost(ch, true); err != nil {
		return nil, err
	}
	user := s.users[c.str("user")]
	if user == nil || !ch.isMember[user.ID] {
		return nil, fail("user_not_in_channel")
	}
	if d.empty() {
		return nil, fail("no_text")
	}
	if utf8.RuneCountInString(d.text) > maxText {
		return nil, fail("msg_too_long")
	}
	m := s.whisper(user.ID, ch.id, s.config.BotUserID, d)
	return object{"message_ts": m.TS}, nil
}

// whisper shows a message to one person only. It needs no existing channel.
func (s *Server) whisper(user, channel, author string, d draft) *Message {
	m := &Message{
		Type: "message", User: author, Text: d.text, TS: s.newTS(), Team: s.team.ID, Blocks: d.blocks, Attachments: d.attachments,
		ThreadTS: d.threadTS, IsEphemeral: true, Channel: channel,
	}
	if author == s.config.BotUserID {
		s.signAsApp(m, d)
	}
	s.ephemerals[user] = append(s.ephemerals[user], m)
	if all := s.ephemerals[user]; len(all) >= 2*s.config.KeepCalls {
		s.ephemerals[user] = slices.Clone(all[len(all)-s.config.KeepCalls:])
	}
	s.noteWhisper(user, m)
	return m
}

func (s *Server) noteWhisper(user string, m *Message) {
	shown := m.clone()
	s.note(Change{Kind: "ephemeral", Channel: m.Channel, TS: m.TS, User: user, Message: &shown})
}

// known resolves an id that must be a channel the bot can see.
func (s *Server) known(id string) (*conversation, error) {
	ch := s.channels[id]
	if ch == nil || !s.visible(ch) {
		return nil, fail("channel_not_found")
	}
	return ch, nil
}

func (s *Server) knownMessage(c *call, channelArg, tsArg, missing string) (*conversation, *Message, error) {
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

func chatUpdate(s *Server, c *call) (object, error) {
	ch, m, err := s.knownMessage(c, "channel", "ts", "message_not_found")
	if err != nil {
		return nil, err
	}
	if m.BotID != botID || m.Subtype != "" && m.Subtype != "bot_message" && m.Subtype != "file_share" && m.Subtype != "thread_broadcast" {
		return nil, fail("cant_update_message")
	}
	if ch.archived {
		return nil, fail("is_inactive")
	}
	d, err := s.readDraft(c)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(d.text) > maxUpdate {
		return nil, fail("msg_too_long")
	}
	hasText := c.has("text") || c.has("markdown_text")
	hasBlocks, hasAttachments := c.has("blocks"), c.has("attachments")
	if !hasText && !hasBlocks && !hasAttachments || hasText && d.empty() && !hasBlocks && !hasAttachments {
		return nil, fail("no_text")
	}
	s.change(ch, m, s.config.BotUserID, func(m *Message) {
		if hasText {
			m.Text = d.text
		}
		if hasBlocks || hasText {
			m.Blocks = d.blocks
		}
		if hasAttachments || hasText {
			m.Attachments = d.attachments
		}
		if c.has("metadata") {
			m.Metadata = d.metadata
		}
	})
	return object{"channel": ch.id, "ts": m.TS, "text": m.Text, "message": m.clone()}, nil
}

func chatDelete(s *Server, c *call) (object, error) {
	ch, m, err := s.knownMessage(c, "channel", "ts", "message_not_found")
	if err != nil {
		return nil, err
	}
	if m.BotID != botID {
		return nil, fail("cant_delete_message")
	}
	s.erase(ch, m)
	return object{"channel": ch.id, "ts": c.str("ts")}, nil
}

func chatGetPermalink(s *Server, c *call) (object, error) {
	ch, m, err := s.knownMessage(c, "channel", "message_ts", "message_not_found")
	if err != nil {
		return nil, err
	}
	return object{"channel": ch.id, "permalink": s.permalink(ch, m)}, nil
}

// servePermalink leads a browser to the page. It takes the mutex itself.
func (s *Server) servePermalink(w http.ResponseWriter, r *http.Request) {
	target := "/#//" + url.PathEscape(r.PathValue("channel"))
	if thread := r.URL.Query().Get("thread_ts"); tsShape.MatchString(thread) {
		target += "/" + thread
	}
	http.Redirect(w, r, target, http.StatusFound)
}

func (s *Server) permalink(ch *conversation, m *Message) string {
	link := s.base + "/archives/" + ch.id + "/p" + strings.ReplaceAll(m.TS, ".", "")
	if m.IsReply() {
		link += "?thread_ts=" + m.ThreadTS + "&cid=" + ch.id
	}
	return link
}
