package slacksim

import (
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	hookUses = 5
	hookLife = 30 * time.Minute
)

// hook is one response_url.
type hook struct {
	id, secret, kind string // kind "commands" or "actions"
	user, channel    string
	original         string // ts of the message it belongs to, "" if none yet
	thread           string
	expires          time.Time
	uses             int
	replies          []Message
}

func (s *Server) newHook(kind, user, channel, original, thread string) (*hook, string) {
	h := &hook{
		id: s.newID("H"), secret: s.secret(), kind: kind, user: user, channel: channel, original: original, thread: thread,
		expires: s.now().Add(hookLife),
	}
	s.hooks[h.id] = h
	s.forgetLater()
	return h, s.base + "/hooks/" + kind + "/" + s.team.ID + "/" + h.id + "/" + h.secret
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
	s.locked(func() { fault = s.takeFault(c) })
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
	h := s.hooks[id]
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
	if ch := s.channels[h.channel]; ch != nil && ch.archived {
		return fail("channel_is_archived")
	}
	if c.flag("delete_original") {
		s.dropOriginal(h)
		return nil
	}
	d, err := s.readHookDraft(c)
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
func (s *Server) readHookDraft(c *call) (draft, error) {
	d, err := s.readDraft(c)
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
		return s.whisper(h.user, h.channel, s.config.BotUserID, d), nil
	}
	ch := s.channels[h.channel]
	if ch == nil {
		return nil, fail("channel_not_found")
	}
	return s.post(ch, s.config.BotUserID, d)
}

// findOriginal looks among the channel's messages and the person's ephemerals.
func (s *Server) findOriginal(h *hook) (ch *conversation, m *Message, ephemeral bool) {
	if ch = s.channels[h.channel]; ch != nil {
		if m = ch.byTS[h.original]; m != nil {
			return ch, m, false
		}
	}
	for _, e := range s.ephemerals[h.user] {
		if e.TS == h.original && e.Channel == h.channel {
			return ch, e, true
		}
	}
	return ch, nil, false
}

func (s *Server) replaceOriginal(h *hook, d draft) error {
	ch, m, ephemeral := s.findOriginal(h)
	if m == nil {
		return fail("message_not_found")
	}
	set := func(m *Message) { m.Text, m.Blocks, m.Attachments = d.text, d.blocks, d.attachments }
	if ephemeral {
		set(m)
		s.noteWhisper(h.user, m)
		h.replies = append(h.replies, m.clone())
		return nil
	}
	s.change(ch, m, s.config.BotUserID, set)
	h.replies = append(h.replies, m.clone())
	return nil
}

func (s *Server) dropOriginal(h *hook) {
	ch, m, ephemeral := s.findOriginal(h)
	switch {
	case m == nil:
	case ephemeral:
		s.dropWhisper(h.user, m.TS)
	default:
		s.erase(ch, m)
	}
}

func (s *Server) dropWhisper(user, ts string) {
	kept := s.ephemerals[user][:0:0]
	for _, e := range s.ephemerals[user] {
		if e.TS != ts {
			kept = append(kept, e)
			continue
		}
		s.note(Change{Kind: "message_deleted", Channel: e.Channel, TS: ts, User: user})
	}
	s.ephemerals[user] = kept
}
