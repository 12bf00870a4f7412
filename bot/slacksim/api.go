package slacksim

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// Call is one Web API request as the workspace saw it.
type Call struct {
	Method string            `json:"method"`
	Args   map[string]string `json:"args,omitempty"` // nested values as JSON text; never the token
	Error  string            `json:"error"`          // "" for ok, else Slack's code or the fault's name
	Fault  FaultKind         `json:"fault,omitempty"`
	At     time.Time         `json:"at"`
}

// call is a request on its way through a method.
type call struct {
	method   string
	args     map[string]string
	warnings []string
}

func (c *call) has(name string) bool   { _, ok := c.args[name]; return ok }
func (c *call) str(name string) string { return c.args[name] }
func (c *call) warn(code string)       { c.warnings = append(c.warnings, code) }

func (c *call) flag(name string) bool {
	on, _ := strconv.ParseBool(c.args[name])
	return on
}

func (c *call) raw(name string) json.RawMessage {
	text := strings.TrimSpace(c.args[name])
	if text == "" || text == "null" {
		return nil
	}
	return json.RawMessage(text)
}

// list reads a comma-separated or JSON list.
func (c *call) list(name string) []string {
	text := strings.TrimSpace(c.args[name])
	var found []string
	if strings.HasPrefix(text, "[") && json.Unmarshal([]byte(text), &found) == nil {
		return found
	}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			found = append(found, part)
		}
	}
	return found
}

// apiError is an answer with ok:false.
type apiError struct {
	code  string
	extra object
}

func (e *apiError) Error() string { return e.code }

func fail(code string) error { return &apiError{code: code} }

func failArguments(messages ...string) error {
	for i, m := range messages {
		messages[i] = "[ERROR] " + m
	}
	return &apiError{code: "invalid_arguments", extra: object{"response_metadata": object{"messages": messages}}}
}

// maxBody is far above what any method but a file upload needs.
const maxBody = 4 << 20

// webAPI is what the app reaches of Slack over HTTP. What serves takes the mutex itself.
type webAPI struct {
	methods   map[string]method
	app       *installation
	files     *fileStore
	responses *responses
	rates     *rates
	faults    *faults
	calls     recent[Call]
	journal   *journal
	mint      *mint
	now       func() time.Time
	log       zerolog.Logger
	closing   <-chan struct{}
	mu        *mutex
}

// through carries a request through the faults that were injected for it. work does what
// is asked, with the mutex held, and returns the code for the log. It reports whether the
// answer is still to be given.
func (a *webAPI) through(w http.ResponseWriter, r *http.Request, c *call, work func() (code string)) bool {
	var fault *activeFault
	a.mu.hold(func() { fault = a.faults.take(c) })
	if fault != nil && a.failBefore(w, r, c, fault) {
		return false
	}
	a.mu.hold(func() { a.logCall(c, work(), fault) })
	return fault == nil || !failAfter(w, fault)
}

func (a *webAPI) serveAPI(w http.ResponseWriter, r *http.Request) {
	c := &call{method: r.PathValue("method")}
	token, problem := c.read(w, r, a.methods[c.method].form)
	var body []byte
	var wait int
	var scopes, requestID string
	if !a.through(w, r, c, func() (code string) {
		body, code, wait = a.answer(c, token, r.Header.Get("Authorization") != "", problem)
		scopes, requestID = a.app.granted(token), a.mint.id("R")
		return code
	}) {
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	if scopes != "" {
		header.Set("X-OAuth-Scopes", scopes)
	}
	header.Set("X-Slack-Req-Id", requestID)
	if m, known := a.methods[c.method]; known && len(m.scopes) > 0 {
		header.Set("X-Accepted-OAuth-Scopes", strings.Join(m.scopes, ","))
	}
	if wait > 0 {
		header.Set("Retry-After", strconv.Itoa(wait))
		w.WriteHeader(http.StatusTooManyRequests)
	}
	//nolint:errcheck // a client that has gone away is its own problem
	w.Write(body)
}

// read collects the arguments of a request from the query and the body, and finds the
// token wherever Slack accepts it: in the header, the query or a form, but not in JSON.
// Methods that take forms only go on as if a JSON body were not there. It needs no mutex.
func (c *call) read(w http.ResponseWriter, r *http.Request, formOnly bool) (token string, problem error) {
	c.args = map[string]string{}
	for name, values := range r.URL.Query() {
		c.args[name] = values[0]
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return "", fail("invalid_form_data")
	}
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case len(body) == 0:
	case kind == "application/json":
		if params["charset"] == "" {
			c.warn("missing_charset")
		}
		if inQuery := c.args["token"]; !formOnly {
			problem = c.readJSON(body)
			c.args["token"] = inQuery
		}
	case kind == "application/x-www-form-urlencoded", kind == "multipart/form-data":
		if params["charset"] != "" {
			c.warn("superfluous_charset")
		}
		problem = c.readForm(r, body)
	case kind == "":
		problem = fail("missing_post_type")
	default:
		problem = fail("invalid_post_type")
	}
	token = c.args["token"]
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		token = strings.TrimSpace(bearer)
	}
	delete(c.args, "token")
	return token, problem
}

func (c *call) readJSON(body []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil && json.Valid(body) {
		return fail("json_not_object")
	} else if err != nil {
		return fail("invalid_json")
	}
	for name, value := range fields {
		switch value[0] {
		case 'n': // null
		case '"':
			var text string
			if json.Unmarshal(value, &text) == nil {
				c.args[name] = text
			}
		default:
			c.args[name] = string(value)
		}
	}
	return nil
}

func (c *call) readForm(r *http.Request, body []byte) error {
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	if err := r.ParseMultipartForm(maxBody); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return fail("invalid_form_data")
	}
	for name, values := range r.PostForm {
		c.args[name] = values[0]
	}
	return nil
}

// answer runs a method and returns the body to send, the error code for the
// log, and the seconds to wait if the call was over its rate.
func (a *webAPI) answer(c *call, token string, bearer bool, problem error) (body []byte, code string, wait int) {
	reply, err := a.run(c, token, bearer, problem)
	var limited *rateError
	if errors.As(err, &limited) {
		wait = limited.seconds
		err = fail("ratelimited")
	}
	var refused *apiError
	switch {
	case errors.As(err, &refused):
		reply = object{"ok": false, "error": refused.code}
		maps.Copy(reply, refused.extra)
		code = refused.code
	case err != nil:
		code = "internal_error"
		reply = object{"ok": false, "error": code}
		a.log.Error().Err(err).Str("method", c.method).Msg("slacksim method")
	default:
		if reply == nil {
			reply = object{}
		}
		reply["ok"] = true
	}
	if len(c.warnings) > 0 {
		reply["warning"] = strings.Join(c.warnings, ",")
		metadata, _ := reply["response_metadata"].(object)
		if metadata == nil {
			metadata = object{}
		}
		metadata["warnings"] = c.warnings
		reply["response_metadata"] = metadata
	}
	body, err = json.Marshal(reply)
	if err != nil {
		return []byte(`{"ok":false,"error":"internal_error"}`), "internal_error", 0
	}
	return body, code, wait
}

func (a *webAPI) run(c *call, token string, bearer bool, problem error) (object, error) {
	m, known := a.methods[c.method]
	if !known {
		return nil, &apiError{code: "unknown_method", extra: object{"req_method": c.method}}
	}
	if err := a.app.authorize(m, token, bearer); err != nil {
		return nil, err
	}
	if problem != nil {
		return nil, problem
	}
	if err := a.rates.method(c.method, m.tier); err != nil {
		return nil, err
	}
	if err := a.app.need(m.scopes...); err != nil {
		return nil, err
	}
	if missing := m.missing(c); len(missing) > 0 {
		return nil, failArguments(missing...)
	}
	return m.run(c)
}

// missing words what a call lacks.
func (m method) missing(c *call) []string {
	var found []string
	for _, name := range m.present {
		if !c.has(name) {
			found = append(found, "missing required field: "+name)
		}
	}
	for _, name := range m.required {
		if c.str(name) == "" {
			found = append(found, "missing required field: "+name)
		}
	}
	return found
}

func (a *webAPI) logCall(c *call, code string, fault *activeFault) {
	entry := Call{Method: c.method, Args: c.args, Error: code, At: a.now()}
	if fault != nil {
		entry.Fault = fault.Kind
	}
	a.calls.add(entry)
	a.journal.note(Change{Kind: "call"})
	a.log.Debug().Str("method", c.method).Str("error", code).Msg("slacksim call")
}

// Calls returns the API calls of one method, or of all for "", oldest first.
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Call
	for _, c := range s.web.calls.all {
		if method == "" || c.Method == method {
			found = append(found, c)
		}
	}
	return found
}

// isSlack tells Slack's own addresses from those of the control API and page.
func isSlack(path string) bool {
	for _, prefix := range []string{"/api/", "/link/", "/upload/", "/files/", "/hooks/"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

// limit is how many items a page may hold: most at most, fallback if the call does not
// say.
func (c *call) limit(fallback, most int) (int, error) {
	text := c.str("limit")
	if text == "" || text == "0" {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fail("invalid_limit")
	}
	return min(n, most), nil
}

// page cuts one page out of n items: the cursor is where the page before ended.
func (c *call) page(n, fallback, most int) (from, to int, next string, err error) {
	limit, err := c.limit(fallback, most)
	if err != nil {
		return 0, 0, "", err
	}
	if cursor := c.str("cursor"); cursor != "" {
		at, err := parseCursor(cursor)
		if err != nil {
			return 0, 0, "", err
		}
		if from, err = strconv.Atoi(at); err != nil || from < 0 || from > n {
			return 0, 0, "", fail("invalid_cursor")
		}
	}
	to = min(from+limit, n)
	if to < n {
		next = formatCursor(strconv.Itoa(to))
	}
	return from, to, next, nil
}

// formatCursor makes a cursor of where a page ended. As at Slack, it ends with =, which
// a client that puts it into an address must escape.
func formatCursor(at string) string {
	text := "next:" + at
	if len(text)%3 == 0 {
		text += " "
	}
	return base64.StdEncoding.EncodeToString([]byte(text))
}

func parseCursor(cursor string) (at string, err error) {
	text, err := base64.StdEncoding.DecodeString(cursor)
	at, ok := strings.CutPrefix(strings.TrimSpace(string(text)), "next:")
	if err != nil || !ok {
		return "", fail("invalid_cursor")
	}
	return at, nil
}

func nextCursor(next string) object { return object{"next_cursor": next} }
