package httpd

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
	"github.com/watchbill/watchbill/storage/storagetest"
)

// counter is the API of a desk with one incident, and its store.
type counter struct {
	t     *testing.T
	store *memory.Store
	desk  *desk.Desk
	api   http.Handler
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	settings, err := configs.Parse(nil, "empty.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{t: t, store: memory.New()}
	c.desk = desk.New(desk.Config{Store: c.store, Settings: settings})
	c.api = conformant(t, API{Desk: c.desk, Version: "test"}.Handler())
	if _, err := c.desk.Declare(t.Context(), desk.In{By: incident.Actor{Person: "dev1"}}, desk.Declaration{Title: "checkout is <down>"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.store.Faults(nil)
		storagetest.Check(t, c.store, desk.Folds())
	})
	return c
}

// ask returns the status and the body of an answer.
func ask(h http.Handler, method, target string) (int, string, http.Header) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, nil))
	return w.Code, w.Body.String(), w.Header()
}

// wantProblem wants a refusal: a code, and a sentence that holds a text.
func (c *counter) wantProblem(method, target string, status int, code incident.Code, text string) {
	c.t.Helper()
	got, body, header := ask(c.api, method, target)
	var p Problem
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		c.t.Errorf("%s %s: %q is no problem: %v", method, target, body, err)
		return
	}
	if got != status || p.Error.Code != code || !strings.Contains(p.Error.Message, text) {
		c.t.Errorf("%s %s: got %d %s %q, want %d %s with %q", method, target, got, p.Error.Code, p.Error.Message, status, code, text)
	}
	if header.Get("Content-Type") != "application/json" || header.Get("X-Content-Type-Options") != "nosniff" {
		c.t.Errorf("%s %s: headers %v", method, target, header)
	}
}

func TestProblems(t *testing.T) {
	c := newCounter(t)
	for _, w := range []struct {
		method, target string
		status         int
		code           incident.Code
		text           string
	}{
		{"GET", "/v1/incidents/INC-9", 404, incident.NotFound, "There is no INC-9"},
		{"GET", "/v1/incidents/INC-9/timeline", 404, incident.NotFound, "There is no INC-9"},
		{"GET", "/v1/incidents/INC-9/postmortem", 404, incident.NotFound, "There is no INC-9"},
		{"GET", "/v1/incidents/" + strings.Repeat("x", 3000), 404, incident.NotFound, "There is no xxx"},
		{"GET", "/v1/incidents/INC-1/postmortem?format=pdf", 400, incident.Invalid, "markdown, json and html"},
		{"GET", "/v1/incidents?limit=0", 400, incident.Invalid, "limit is a number from 1 to 10000"},
		{"GET", "/v1/incidents?limit=10001", 400, incident.Invalid, "limit is a number"},
		{"GET", "/v1/incidents?sevrity=SEV1", 400, incident.Invalid, `There is no "sevrity" to ask by; there are: all, status, service, severity,`},
		{"GET", "/v1/incidents?status=closed;service=checkout", 400, incident.Invalid, "its query is not encoded as it must be"},
		{"GET", "/v1/incidents?service=%zz", 400, incident.Invalid, "its query is not encoded as it must be"},
		{"GET", "/v1/incidents?severity=SEV1&severity=SEV2", 400, incident.Invalid, "Say severity once"},
		{"GET", "/v1/incidents?all=yes", 400, incident.Invalid, "all is true or false"},
		{"GET", "/v1/verify?fix=true", 400, incident.Invalid, `This takes no query, and there is "fix"`},
		{"GET", "/v1/incidents?limit=ten", 400, incident.Invalid, "limit is a number"},
		{"POST", "/v1/effects/seven/retry", 400, incident.Invalid, "named by its number"},
		{"POST", "/v1/effects/-1/retry", 400, incident.Invalid, "named by its number"},
		{"POST", "/v1/effects/99999999999999999999/retry", 400, incident.Invalid, "named by its number"},
		{"POST", "/v1/effects/0/retry", 404, incident.NotFound, "There is no delivery 0"},
		{"POST", "/v1/effects/1/retry", 404, incident.NotFound, "There is no delivery 1"},
		{"GET", "/v2/incidents", 404, incident.NotFound, "There is nothing at /v2/incidents"},
		{"DELETE", "/v1/incidents", 405, "method_not_allowed", "only be asked by GET or POST"},
		{"POST", "/v1/oncall", 405, "method_not_allowed", "only be asked by GET"},
	} {
		c.wantProblem(w.method, w.target, w.status, w.code, w.text)
	}
}

// TestAStoreThatFails: whoever asks is told so, by every question.
func TestAStoreThatFails(t *testing.T) {
	c := newCounter(t)
	c.store.Faults(func(string, []storage.Change) memory.Fault { return memory.Fails(errors.New("input/output error")) })
	for _, target := range []string{"/v1/incidents", "/v1/incidents?all=true", "/v1/incidents/INC-1", "/v1/incidents/INC-1/timeline",
		"/v1/incidents/INC-1/postmortem", "/v1/effects", "/v1/verify"} {
		c.wantProblem("GET", target, 500, "internal", "input/output error")
	}
	c.wantProblem("POST", "/v1/effects/1/retry", 500, "internal", "input/output error")
}

// TestErrorsAndTheirStatus: what nobody has heard of is answered all the same.
func TestErrorsAndTheirStatus(t *testing.T) {
	for _, w := range []struct {
		err    error
		status int
		code   incident.Code
	}{
		{&incident.Error{Code: incident.Forbidden, Message: "No."}, 403, incident.Forbidden},
		{&incident.Error{Code: incident.Conflict, Message: "No."}, 409, incident.Conflict},
		{&incident.Error{Code: "new", Message: "No."}, 400, "new"},
		{desk.ErrNotRecorded, 503, "not_recorded"},
		{&desk.PendingError{}, 503, "pending"},
		{fmt.Errorf("commit INC-1: %w", storage.ErrFull), 503, "not_recorded"},
		{&desk.Error{Code: desk.KeyReused, Message: "No."}, 422, desk.KeyReused},
		{errNoToken, 401, "unauthorized"},
		{errors.New("odd"), 500, "internal"},
	} {
		rec := httptest.NewRecorder()
		refuse(rec, w.err, true)
		var p Problem
		if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		if rec.Code != w.status || p.Error.Code != w.code || p.Error.Message == "" {
			t.Errorf("%v: got %d %s %q, want %d %s", w.err, rec.Code, p.Error.Code, p.Error.Message, w.status, w.code)
		}
	}
}

func TestAnswers(t *testing.T) {
	c := newCounter(t)
	for target, want := range map[string]string{
		"/v1/incidents":                              `"id":"INC-1","title":"checkout is \u003cdown\u003e"`,
		"/v1/incidents?all=true":                     `"id":"INC-1"`,
		"/v1/incidents/INC-1":                        `"pages":[]`,
		"/v1/incidents/INC-1/timeline":               `"kind":"declared"`,
		"/v1/incidents/INC-1/postmortem":             "INC-1",
		"/v1/incidents/INC-1/postmortem?format=html": "checkout is &lt;down&gt;",
		"/v1/effects":                                "[]",
		"/v1/effects?incident=INC-1":                 "[]",
		"/v1/verify":                                 `"records":1`,
		"/v1/health":                                 "no bot is running",
	} {
		if status, body, _ := ask(c.api, "GET", target); status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: got %d %s, want %q in it", target, status, body, want)
		}
	}
}

// TestADeliveryThatWasGivenUp is listed, shown with its incident, and owed again.
func TestADeliveryThatWasGivenUp(t *testing.T) {
	c := newCounter(t)
	now := time.Now()
	l, err := c.store.Lease(t.Context(), storage.LeaseRequest{Now: now, Until: now.Add(time.Minute)})
	if err != nil || len(l.Leased) == 0 {
		t.Fatal(err)
	}
	e := l.Leased[0]
	dead := []storage.Settlement{{ID: e.ID, Attempt: e.Attempts, State: storage.Dead, At: now, Note: "missing_scope"}}
	if err := c.desk.Settle(t.Context(), e.Effect, dead, desk.Outcome{}); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/v1/effects", "/v1/effects?incident=INC-1", "/v1/incidents/INC-1"} {
		if _, body, _ := ask(c.api, "GET", target); !strings.Contains(body, "missing_scope") || !strings.Contains(body, e.Target) {
			t.Errorf("%s: %s", target, body)
		}
	}
	retry := fmt.Sprintf("/v1/effects/%d/retry", e.ID)
	if status, body, _ := ask(c.api, "POST", retry); status != 200 || !strings.Contains(body, fmt.Sprintf(`"retried":%d`, e.ID)) {
		t.Errorf("got %d %s", status, body)
	}
	c.wantProblem("POST", retry, 409, incident.Conflict, "owed again")
}

func TestHealth(t *testing.T) {
	var h Health
	public := Public(prometheus.NewRegistry(), func() Health { return h }, Served{Hooks: NewHooks(HooksConfig{Desk: &ear{}}),
		Callbacks: map[string]http.HandlerFunc{"/callbacks/twilio": func(http.ResponseWriter, *http.Request) {}}})
	for name, c := range map[string]struct {
		health Health
		status int
	}{
		"ready":            {Health{Ready: true, Version: "1"}, 200},
		"Slack is away":    {Health{Ready: true, Notes: []string{"slack cannot be reached"}}, 200},
		"the store is ill": {Health{Problems: []string{"the store does not answer"}}, 503},
	} {
		h = c.health
		status, body, header := ask(public, "GET", "/readyz")
		var got Health
		if err := json.Unmarshal([]byte(body), &got); err != nil || status != c.status || got.Ready != h.Ready || len(got.Problems) != len(h.Problems) || len(got.Notes) != len(h.Notes) {
			t.Errorf("%s: got %d %s (%v)", name, status, body, err)
		}
		if header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", name, header)
		}
		if status, body, _ := ask(public, "GET", "/healthz"); status != 200 || body != "ok\n" {
			t.Errorf("%s: it is alive, and /healthz says %d %q", name, status, body)
		}
	}
	if status, _, _ := ask(public, "GET", "/metrics"); status != 200 {
		t.Errorf("/metrics says %d", status)
	}
	for _, target := range []string{"/v1/incidents", "/v1/verify", "/"} {
		if status, _, _ := ask(public, "GET", target); status != 404 {
			t.Errorf("%s is public: %d", target, status)
		}
	}
	for _, c := range []struct {
		method, target, want string
		status               int
	}{
		{"POST", "/readyz", "only be asked by GET", 405},
		{"GET", "/hooks/prometheus", "only be asked by POST", 405},
		{"PUT", "/v2/enqueue", "only be asked by POST", 405},
		{"GET", "/callbacks/twilio", "only be asked by POST", 405},
		{"POST", "/hooks/", "nothing here", 404},
		{"POST", "/hooks/a/b", "nothing here", 404},
	} {
		status, body, header := ask(public, c.method, c.target)
		var got Problem
		if err := json.Unmarshal([]byte(body), &got); err != nil || status != c.status || !strings.Contains(got.Error.Message, c.want) || (status == 405) != (header.Get("Allow") != "") {
			t.Errorf("%s %s says %d %q, Allow: %q", c.method, c.target, status, body, header.Get("Allow"))
		}
	}
}
