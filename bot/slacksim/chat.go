package slacksim

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"unicode/utf8"
)

var idShape = regexp.MustCompile(`^[CDGUW][A-Z0-9]{2,}$`)

// chatAPI are the chat methods.
type chatAPI struct {
	*sight
	conversations *conversations
	chat          *chat
	clients       *clients
	rates         *rates
	mint          *mint
}

// target resolves the channel argument of a posting method, which may be an id,
// a public channel's name, or a user id that opens the direct message.
func (a *chatAPI) target(c *call) (*conversation, error) {
	name := c.str("channel")
	if u := a.users.get(name); u != nil {
		if u.ID == a.app.user || u.Deleted {
			return nil, fail("channel_not_found") // undocumented for deactivated people; conversations.open says user_disabled
		}
		if u.IsBot || u.ID == slackbotID {
			return nil, fail("cannot_dm_bot")
		}
		ch, _ := a.conversations.direct(a.app.user, a.app.user, u.ID)
		return ch, nil
	}
	ch := a.channels.get(name)
	if ch == nil && !idShape.MatchString(name) {
		if ch = a.channels.find(name); ch != nil && ch.kind != publicChannel {
			ch = nil
		}
	}
	if ch == nil || !a.visible(ch) {
		return nil, fail("channel_not_found")
	}
	return ch, nil
}

// mayPost holds the rules of posting for the bot. public: chat:write.public counts.
func (a *chatAPI) mayPost(ch *conversation, public bool) error {
	if ch.archived {
		return fail("is_archived")
	}
	if ch.kind == directMessage {
		if u := a.users.get(ch.other(a.app.user)); u != nil && u.Deleted {
			return fail("is_archived") // undocumented; a deactivated person's conversation is closed
		}
		if !a.app.messages() {
			return fail("messages_tab_disabled")
		}
	}
	if !ch.isMember[a.app.user] && (!public || !a.app.scopes["chat:write.public"]) {
		return fail("not_in_channel")
	}
	return nil
}

func (a *chatAPI) read(c *call) (*conversation, draft, error) {
	ch, err := a.target(c)
	if err != nil {
		return nil, draft{}, err
	}
	d, err := readDraft(c, a.mint)
	if err != nil {
		return nil, d, err
	}
	if err := a.mayPost(ch, true); err != nil {
		return nil, d, err
	}
	if d.empty() {
		return nil, d, fail("no_text")
	}
	if d.username+d.iconEmoji+d.iconURL != "" {
		if err := a.app.need("chat:write.customize"); err != nil {
			return nil, d, err
		}
	}
	if short, was := cut(d.text, maxText); was {
		d.text = short
		c.warn("message_truncated")
	}
	return ch, d, nil
}

func (a *chatAPI) postMessage(c *call) (object, error) {
	ch, d, err := a.read(c)
	if err != nil {
		return nil, err
	}
	if err := a.rates.channel(ch.id); err != nil {
		return nil, err
	}
	m, err := a.chat.post(ch, a.app.user, d)
	if err != nil {
		return nil, err
	}
	return object{"channel": ch.id, "ts": m.TS, "message": m.clone()}, nil
}

func (a *chatAPI) meMessage(c *call) (object, error) {
	ch, d, err := a.read(c)
	if err != nil {
		return nil, err
	}
	d.subtype = "me_message"
	m, err := a.chat.post(ch, a.app.user, d)
	if err != nil {
		return nil, err
	}
	return object{"channel": ch.id, "ts": m.TS}, nil
}

// chatPostEphemeral needs the bot in the channel, whatever chat:write.public allows
// (slackapi/node-slack-sdk#977).
func (a *chatAPI) postEphemeral(c *call) (object, error) {
	ch, err := a.target(c)
	if err != nil {
		return nil, err
	}
	d, err := readDraft(c, a.mint)
	if err != nil {
		return nil, err
	}
	if err := a.mayPost(ch, false); err != nil {
		return nil, err
	}
	user := a.users.get(c.str("user"))
	if user == nil || !ch.isMember[user.ID] {
		return nil, fail("user_not_in_channel")
	}
	if d.empty() {
		return nil, fail("no_text")
	}
	if utf8.RuneCountInString(d.text) > maxText {
		return nil, fail("msg_too_long")
	}
	m := a.clients.whisper(user.ID, ch.id, a.app.user, d)
	return object{"message_ts": m.TS}, nil
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

func (a *chatAPI) update(c *call, at item) (object, error) {
	if err := mayUpdate(at.ch, at.m); err != nil {
		return nil, err
	}
	r, err := readRevision(c, a.mint)
	if err != nil {
		return nil, err
	}
	a.chat.change(at.ch, at.m, a.app.user, r.apply)
	return object{"channel": at.ch.id, "ts": at.m.TS, "text": at.m.Text, "message": at.m.clone()}, nil
}

func (a *chatAPI) delete(c *call, at item) (object, error) {
	if at.m.BotID != botID {
		return nil, fail("cant_delete_message")
	}
	a.chat.erase(at.ch, at.m)
	return object{"channel": at.ch.id, "ts": c.str("ts")}, nil
}

func (a *chatAPI) getPermalink(c *call, at item) (object, error) {
	return object{"channel": at.ch.id, "permalink": a.chat.permalink(at.ch, at.m)}, nil
}

// servePermalink leads a browser to the page.
func servePermalink(w http.ResponseWriter, r *http.Request) {
	target := "/#//" + url.PathEscape(r.PathValue("channel"))
	if thread := r.URL.Query().Get("thread_ts"); tsShape.MatchString(thread) {
		target += "/" + thread
	}
	http.Redirect(w, r, target, http.StatusFound)
}
