package slacksim

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// responses are what the app says by response URLs and acknowledgements. They belong to
// the server's mutex.
type responses struct {
	app      *installation
	team     *team
	channels *channels
	grants   *grants
	chat     *chat
	clients  *clients
	mint     *mint
	journal  *journal
	now      func() time.Time
}

func (r *responses) open(h hook) (*hook, string) {
	kept := r.grants.hook(h)
	return kept, r.team.base + kept.path()
}

func (a *webAPI) serveHook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		respond(w, http.StatusBadRequest, "invalid_payload")
		return
	}
	c := &call{method: "response_url", args: map[string]string{}}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, _ := url.ParseQuery(string(body)) // what cannot be read is no payload
		body = []byte(form.Get("payload"))
	}
	badJSON := c.readJSON(body) != nil
	var status int
	var problem string
	if !a.through(w, r, c, func() (code string) {
		status, problem = a.responses.use(r.PathValue("id"), r.PathValue("secret"), c, badJSON)
		return problem
	}) {
		return
	}
	if problem != "" {
		respond(w, status, problem)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	//nolint:errcheck // a client that has gone away is its own problem
	io.WriteString(w, "ok")
}

func (r *responses) use(id, secret string, c *call, badJSON bool) (status int, problem string) {
	h := r.grants.hooks[id]
	switch {
	case h == nil || h.secret != secret:
		return http.StatusNotFound, "expired_url"
	case r.now().After(h.expires):
		return http.StatusNotFound, "expired_url"
	case h.uses >= hookUses:
		return http.StatusNotFound, "used_url"
	case badJSON:
		return http.StatusBadRequest, "invalid_payload"
	}
	if err := r.respond(h, c); err != nil {
		return http.StatusOK, code(err)
	}
	h.uses++
	return http.StatusOK, ""
}

// respondTo carries out one use of a response_url.
func (r *responses) respond(h *hook, c *call) error {
	if ch := r.channels.get(h.channel); ch != nil && ch.archived {
		return fail("channel_is_archived")
	}
	if c.flag("delete_original") {
		r.drop(h)
		return nil
	}
	d, err := readHookDraft(c, r.mint)
	if err != nil {
		return err
	}
	if c.flag("replace_original") && h.original != "" {
		return r.replace(h, d)
	}
	m, err := r.answer(h, c.str("response_type"), d)
	if err != nil {
		return err
	}
	if h.original == "" {
		h.original = m.TS
	}
	h.replies = append(h.replies, m.clone())
	return nil
}

// readHookDraft reads a response like any message, but without the cap on all
// blocks together, which response URLs do not have.
func readHookDraft(c *call, m *mint) (draft, error) {
	d, err := readDraft(c, m)
	if err != nil && code(err) != "msg_blocks_too_long" {
		return d, err
	}
	if d.empty() {
		return d, fail("no_text")
	}
	return d, nil
}

// answerWith posts a response: to the channel, or (by default) to the person only.
func (r *responses) answer(h *hook, responseType string, d draft) (*Message, error) {
	if responseType != "in_channel" {
		return r.clients.whisper(h.user, h.channel, r.app.user, d), nil
	}
	ch := r.channels.get(h.channel)
	if ch == nil {
		return nil, fail("channel_not_found")
	}
	return r.chat.post(ch, r.app.user, d)
}

// findOriginal looks among the channel's messages and the person's ephemerals.
func (r *responses) original(h *hook) (ch *conversation, m *Message, ephemeral bool) {
	if ch = r.channels.get(h.channel); ch != nil {
		if m = ch.byTS[h.original]; m != nil {
			return ch, m, false
		}
	}
	m = r.clients.of(h.user).ephemeral(h.channel, h.original)
	return ch, m, m != nil
}

func (r *responses) replace(h *hook, d draft) error {
	ch, m, ephemeral := r.original(h)
	if m == nil {
		return fail("message_not_found")
	}
	set := func(m *Message) { m.Text, m.Blocks, m.Attachments = d.text, d.blocks, d.attachments }
	if ephemeral {
		set(m)
		r.journal.whisper(h.user, m)
		h.replies = append(h.replies, m.clone())
		return nil
	}
	r.chat.change(ch, m, r.app.user, set)
	h.replies = append(h.replies, m.clone())
	return nil
}

func (r *responses) drop(h *hook) {
	ch, m, ephemeral := r.original(h)
	switch {
	case m == nil:
	case ephemeral:
		r.clients.dropWhisper(h.user, h.channel, m.TS)
	default:
		r.chat.erase(ch, m)
	}
}
