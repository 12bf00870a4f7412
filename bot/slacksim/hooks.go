package slacksim

import (
	"io"
	"net/http"
	"strings"
)

func (s *Server) newHook(h hook) (*hook, string) {
	kept := s.grants.hook(h)
	return kept, s.team.base + kept.path()
}

// serveHook takes the mutex itself.
func (s *Server) serveHook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		hookError(w, http.StatusBadRequest, "invalid_payload")
		return
	}
	c := &call{method: "response_url", args: map[string]string{}}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		body = formPayload(body, r)
	}
	badJSON := c.readJSON(body) != nil
	var fault *activeFault
	s.locked(func() { fault = s.faults.take(c) })
	if fault != nil && s.failBefore(w, r, c, fault) {
		return
	}
	var status int
	var problem string
	s.locked(func() {
		status, problem = s.useHook(r.PathValue("id"), r.PathValue("secret"), c, badJSON)
		s.logCall(c, problem, fault)
	})
	if fault != nil && s.failAfter(w, fault) {
		return
	}
	if problem != "" {
		hookError(w, status, problem)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	//nolint:errcheck // a client that has gone away is its own problem
	io.WriteString(w, "ok")
}

func formPayload(body []byte, r *http.Request) []byte {
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	if r.ParseForm() != nil {
		return nil
	}
	return []byte(r.PostForm.Get("payload"))
}

func hookError(w http.ResponseWriter, status int, code string) {
	respond(w, status, code)
}

func (s *Server) useHook(id, secret string, c *call, badJSON bool) (status int, problem string) {
	h := s.grants.hooks[id]
	switch {
	case h == nil || h.secret != secret:
		return http.StatusNotFound, "expired_url"
	case s.now().After(h.expires):
		return http.StatusNotFound, "expired_url"
	case h.uses >= hookUses:
		return http.StatusNotFound, "used_url"
	case badJSON:
		return http.StatusBadRequest, "invalid_payload"
	}
	if err := s.respondTo(h, c); err != nil {
		return http.StatusOK, code(err)
	}
	h.uses++
	return http.StatusOK, ""
}

// respondTo carries out one use of a response_url.
func (s *Server) respondTo(h *hook, c *call) error {
	if ch := s.channels.get(h.channel); ch != nil && ch.archived {
		return fail("channel_is_archived")
	}
	if c.flag("delete_original") {
		s.dropOriginal(h)
		return nil
	}
	d, err := readHookDraft(c, s.mint)
	if err != nil {
		return err
	}
	if c.flag("replace_original") && h.original != "" {
		return s.replaceOriginal(h, d)
	}
	m, err := s.answerWith(h, c.str("response_type"), d)
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
func (s *Server) answerWith(h *hook, responseType string, d draft) (*Message, error) {
	if responseType != "in_channel" {
		return s.clients.whisper(h.user, h.channel, s.app.user, d), nil
	}
	ch := s.channels.get(h.channel)
	if ch == nil {
		return nil, fail("channel_not_found")
	}
	return s.chat.post(ch, s.app.user, d)
}

// findOriginal looks among the channel's messages and the person's ephemerals.
func (s *Server) findOriginal(h *hook) (ch *conversation, m *Message, ephemeral bool) {
	if ch = s.channels.get(h.channel); ch != nil {
		if m = ch.byTS[h.original]; m != nil {
			return ch, m, false
		}
	}
	m = s.clients.of(h.user).ephemeral(h.channel, h.original)
	return ch, m, m != nil
}

func (s *Server) replaceOriginal(h *hook, d draft) error {
	ch, m, ephemeral := s.findOriginal(h)
	if m == nil {
		return fail("message_not_found")
	}
	set := func(m *Message) { m.Text, m.Blocks, m.Attachments = d.text, d.blocks, d.attachments }
	if ephemeral {
		set(m)
		s.journal.whisper(h.user, m)
		h.replies = append(h.replies, m.clone())
		return nil
	}
	s.chat.change(ch, m, s.app.user, set)
	h.replies = append(h.replies, m.clone())
	return nil
}

func (s *Server) dropOriginal(h *hook) {
	ch, m, ephemeral := s.findOriginal(h)
	switch {
	case m == nil:
	case ephemeral:
		s.clients.dropWhisper(h.user, h.channel, m.TS)
	default:
		s.chat.erase(ch, m)
	}
}
