package slacksim

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"unicode/utf8"
)

var idShape = regexp.MustCompile(`^[CDGUW][A-Z0-9]{2,}$`)

// target resolves the channel argument of a posting method, which may be an id,
// a public channel's name, or a user id that opens the direct message.
func (s *Server) target(c *call) (*conversation, error) {
	name := c.str("channel")
	if u := s.users.get(name); u != nil {
		if u.ID == s.app.user || u.Deleted {
			return nil, fail("channel_not_found") // undocumented for deactivated people; conversations.open says user_disabled
		}
		if u.IsBot || u.ID == slackbotID {
			return nil, fail("cannot_dm_bot")
		}
		ch, _ := s.conversations.direct(s.app.user, s.app.user, u.ID)
		return ch, nil
	}
	ch := s.channels.get(name)
	if ch == nil && !idShape.MatchString(name) {
		if ch = s.channels.find(name); ch != nil && ch.kind != publicChannel {
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
	return ch.kind == publicChannel || ch.isMember[s.app.user]
}

// mayPost holds the rules of posting for the bot. public: chat:write.public counts.
func (s *Server) mayPost(ch *conversation, public bool) error {
	if ch.archived {
		return fail("is_archived")
	}
	if ch.kind == directMessage {
		if u := s.users.get(ch.other(s.app.user)); u != nil && u.Deleted {
			return fail("is_archived") // undocumented; a deactivated person's conversation is closed
		}
		if !s.app.messages() {
			return fail("messages_tab_disabled")
		}
	}
	if !ch.isMember[s.app.user] && (!public || !s.app.scopes["chat:write.public"]) {
		return fail("not_in_channel")
	}
	return nil
}

func (s *Server) readPost(c *call) (*conversation, draft, error) {
	ch, err := s.target(c)
	if err != nil {
		return nil, draft{}, err
	}
	d, err := readDraft(c, s.mint)
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
		if err := s.app.need("chat:write.customize"); err != nil {
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
	if err := s.rates.channel(ch.id); err != nil {
		return nil, err
	}
	m, err := s.chat.post(ch, s.app.user, d)
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
	m, err := s.chat.post(ch, s.app.user, d)
	if err != nil {
		return nil, err
	}
	return object{"channel": ch.id, "ts": m.TS}, nil
}

// chatPostEphemeral needs the bot in the channel, whatever chat:write.public allows
// (slackapi/node-slack-sdk#977).
func chatPostEphemeral(s *Server, c *call) (object, error) {
	ch, err := s.target(c)
	if err != nil {
		return nil, err
	}
	d, err := readDraft(c, s.mint)
	if err != nil {
		return nil, err
	}
	if err := s.mayPost(ch, false); err != nil {
		return nil, err
	}
	user := s.users.get(c.str("user"))
	if user == nil || !ch.isMember[user.ID] {
		return nil, fail("user_not_in_channel")
	}
	if d.empty() {
		return nil, fail("no_text")
	}
	if utf8.RuneCountInString(d.text) > maxText {
		return nil, fail("msg_too_long")
	}
	m := s.clients.whisper(user.ID, ch.id, s.app.user, d)
	return object{"message_ts": m.TS}, nil
}

// known resolves an id that must be a channel the bot can see.
func (s *Server) known(id string) (*conversation, error) {
	ch := s.channels.get(id)
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

// revision is what chat.update changes of a message.
type revision struct {
	draft
	text, blocks, attachments, metadata bool // given
}

func readRevision(c *call, m *mint) (revision, error) {
	d, err := readDraft(c, m)
	r := revision{
		draft: d, text: c.has("text") || c.has("markdown_text"), blocks: c.has("blocks"), attachments: c.has("attachments"), metadata: c.has("metadata"),
	}
	switch {
	case err != nil:
		return r, err
	case utf8.RuneCountInString(d.text) > maxUpdate:
		return r, fail("msg_too_long")
	case !r.text && !r.blocks && !r.attachments, !r.blocks && !r.attachments && d.empty():
		return r, fail("no_text")
	}
	return r, nil
}

// apply changes what was given. A text alone takes blocks and attachments away.
func (r revision) apply(m *Message) {
	if r.text {
		m.Text = r.draft.text
	}
	if r.text || r.blocks {
		m.Blocks = r.draft.blocks
	}
	if r.text || r.attachments {
		m.Attachments = r.draft.attachments
	}
	if r.metadata {
		m.Metadata = r.draft.metadata
	}
}

// mayUpdate holds the rules of changing a message for the bot.
func mayUpdate(ch *conversation, m *Message) error {
	switch {
	case m.BotID != botID, !slices.Contains([]string{"", "bot_message", "file_share", "thread_broadcast"}, m.Subtype):
		return fail("cant_update_message")
	case ch.archived:
		return fail("is_inactive")
	}
	return nil
}

func chatUpdate(s *Server, c *call) (object, error) {
	ch, m, err := s.knownMessage(c, "channel", "ts", "message_not_found")
	if err != nil {
		return nil, err
	}
	if err := mayUpdate(ch, m); err != nil {
		return nil, err
	}
	r, err := readRevision(c, s.mint)
	if err != nil {
		return nil, err
	}
	s.chat.change(ch, m, s.app.user, r.apply)
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
	s.chat.erase(ch, m)
	return object{"channel": ch.id, "ts": c.str("ts")}, nil
}

func chatGetPermalink(s *Server, c *call) (object, error) {
	ch, m, err := s.knownMessage(c, "channel", "message_ts", "message_not_found")
	if err != nil {
		return nil, err
	}
	return object{"channel": ch.id, "permalink": s.chat.permalink(ch, m)}, nil
}

// servePermalink leads a browser to the page. It takes the mutex itself.
func (s *Server) servePermalink(w http.ResponseWriter, r *http.Request) {
	target := "/#//" + url.PathEscape(r.PathValue("channel"))
	if thread := r.URL.Query().Get("thread_ts"); tsShape.MatchString(thread) {
		target += "/" + thread
	}
	http.Redirect(w, r, target, http.StatusFound)
}
