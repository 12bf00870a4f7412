package httpd

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
	"github.com/watchbill/watchbill/storage/storagetest"
)

const shopConfig = `
people: [{name: dev1, slack: U0DEV1}, {name: dev2, slack: U0DEV2}, {name: sre1, slack: U0SRE1}, {name: lead1, slack: U0LEAD1}]
admins: [lead1]
teams: [{name: core, people: [sre1, dev2]}]
services: [{name: checkout, schedule: duty, escalation: checkout}]
schedules:
  - name: duty
    time_zone: UTC
    layers: [{rotation: {type: daily, start: "2026-01-05T09:00:00", people: [sre1]}}]
escalations:
  - name: checkout
    steps:
      - {notify: ["schedule:duty"], wait: 5m}
      - {notify: ["person:dev2"], wait: 5m}
api:
  tokens:
    - {name: wallboard, token_env: T1}
    - {name: deploys, token_env: T2, rights: write}
    - {name: laptop, token_env: T3, rights: write, as: dev1}
    - {name: glass, token_env: T4, rights: write, as: "*"}
    - {name: root, token_env: T5, rights: admin}
    - {name: boss, token_env: T6, rights: admin, as: lead1}
`

// shop is the API on the network, and on the socket, of a desk on an empty store.
type shop struct {
	t     *testing.T
	store *memory.Store
	desk  *desk.Desk
	api   API
	net   http.Handler
	sock  http.Handler
	logs  strings.Builder
	now   time.Time
}

func digests(secrets ...string) [][sha256.Size]byte {
	var out [][sha256.Size]byte
	for _, s := range secrets {
		out = append(out, sha256.Sum256([]byte(s)))
	}
	return out
}

// secret is a token's: long, and known from its name.
func secret(name string) string { return "0123456789abcdef-" + name }

func newShop(t *testing.T) *shop {
	t.Helper()
	settings, err := configs.Parse([]byte(shopConfig), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, store: memory.New(), now: monday}
	s.desk = desk.New(desk.Config{Store: s.store, Settings: settings, Now: func() time.Time { return s.now }})
	if _, err := s.desk.StartSchedules(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.api = API{Desk: s.desk, Version: "test", Log: zerolog.New(&s.logs)}
	rights := map[string]Rights{"read": Reads, "write": Writes, "admin": Owns}
	var tokens []Token
	for _, c := range settings.API.Tokens {
		tokens = append(tokens, Token{Name: c.Name, Rights: rights[c.Rights], As: c.As, Digests: digests(secret(c.Name), "before-"+c.Name)})
	}
	s.sock = conformant(t, s.api.Handler())
	s.net = conforming(t, described(t, s.sock), s.api.Network(tokens))
	t.Cleanup(func() {
		s.store.Faults(nil)
		storagetest.Check(t, s.store, desk.Folds())
	})
	return s
}

// answer is what a request got.
type answer struct {
	status int
	body   string
	header http.Header
}

// ask asks on the network, with the token of that name; "" is none. More are headers,
// each "Name: value".
func (s *shop) ask(token, method, path, body string, more ...string) answer {
	s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+secret(token))
	}
	return s.send(s.net, r, more...)
}

// say asks on the socket, as a person.
func (s *shop) say(person, method, path, body string, more ...string) answer {
	s.t.Helper()
	return s.send(s.sock, httptest.NewRequest(method, path, strings.NewReader(body)), append(more, AsHeader+": "+person)...)
}

func (s *shop) send(h http.Handler, r *http.Request, more ...string) answer {
	s.t.Helper()
	for _, m := range more {
		name, value, _ := strings.Cut(m, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	a := answer{w.Code, strings.TrimSpace(w.Body.String()), w.Header()}
	if a.status >= 400 {
		var p Problem
		if err := json.Unmarshal([]byte(a.body), &p); err != nil || p.Error.Code == "" || p.Error.Message == "" || a.header.Get("Content-Type") != "application/json" {
			s.t.Errorf("%s %s: %d %q is no problem (%v)", r.Method, r.URL, a.status, a.body, err)
		}
	}
	return a
}

func (s *shop) want(what string, a answer, status int, text string) {
	s.t.Helper()
	if a.status != status || !strings.Contains(a.body, text) {
		s.t.Errorf("%s: got %d %s, want %d with %s", what, a.status, a.body, status, text)
	}
}

// declared opens INC-1 with PAGE-1 to sre1.
func (s *shop) declared() *shop {
	s.t.Helper()
	s.want("declare", s.say("dev1", "POST", "/v1/incidents", `{"title": "checkout is down", "severity": "SEV2", "service": "checkout"}`), 201, `"page":"PAGE-1"`)
	return s
}

// lines are the sentences of a timeline.
func (s *shop) lines(id string) []string {
	s.t.Helper()
	events, err := s.desk.Events(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	var out []string
	for _, l := range incident.Timeline(events, incident.PlainNames) {
		text := l.Text
		if l.Quote != "" {
			text += ": " + l.Quote
		}
		out = append(out, text)
	}
	return out
}

// TestWhoIsLetIn: without a token, or with one that is not taken, nobody learns
// anything: not what there is, and not which of the two it was.
func TestWhoIsLetIn(t *testing.T) {
	s := newShop(t).declared()
	var refusals []string
	for name, header := range map[string]string{
		"none":             "",
		"another":          "Bearer " + secret("nobody"),
		"empty":            "Bearer ",
		"no scheme":        secret("wallboard"),
		"another scheme":   "Basic " + secret("wallboard"),
		"two of them":      "Bearer " + secret("wallboard") + "," + secret("deploys"),
		"a beginning":      "Bearer " + secret("wallboard")[:20],
		"a longer one":     "Bearer " + secret("wallboard") + "x",
		"a huge one":       "Bearer " + strings.Repeat("x", 30_000),
		"the digest of it": fmt.Sprintf("Bearer %x", sha256.Sum256([]byte(secret("wallboard")))),
	} {
		for _, path := range []string{"/v1/incidents", "/v1/incidents/INC-1", "/v1/incidents/INC-9", "/v1/nothing", "/v1/openapi.json", "/v1/verify"} {
			for _, method := range []string{"GET", "POST", "DELETE"} {
				r := httptest.NewRequest(method, path, strings.NewReader("{"))
				if header != "" {
					r.Header.Set("Authorization", header)
				}
				a := s.send(s.net, r)
				s.want(name+" "+method+" "+path, a, 401, "unauthorized")
				refusals = append(refusals, fmt.Sprint(a.body, a.header))
			}
		}
	}
	slices.Sort(refusals)
	if different := slices.Compact(refusals); len(different) != 1 || !strings.Contains(different[0], `Bearer realm="watchbill"`) {
		t.Errorf("they are told apart: %q", different)
	}
	for _, header := range []string{"Bearer " + secret("wallboard"), "bearer " + secret("wallboard"), "Bearer before-wallboard"} {
		r := httptest.NewRequest("GET", "/v1/incidents", nil)
		r.Header.Set("Authorization", header)
		s.want(header, s.send(s.net, r), 200, "INC-1")
	}
}

// TestRightsOfEveryRoute: a token may do what its rights say, of each route.
func TestRightsOfEveryRoute(t *testing.T) {
	for name, rights := range map[string]Rights{"wallboard": Reads, "deploys": Writes, "root": Owns} {
		s := newShop(t).declared()
		before := len(s.lines("INC-1"))
		for _, r := range s.api.routes() {
			path := strings.ReplaceAll(r.path, "{id}", "INC-9")
			a := s.ask(name, r.method, path, "")
			if r.rights > rights {
				s.want(name+" "+r.method+" "+path, a, 403, "This token has the rights `"+rights.String()+"`, and this needs `"+r.rights.String()+"`")
			} else if strings.Contains(a.body, "This token has") || a.status == 401 || a.status >= 500 {
				t.Errorf("%s %s %s: got %d %s", name, r.method, path, a.status, a.body)
			}
		}
		if rights == Reads && len(s.lines("INC-1")) != before {
			t.Errorf("a token that reads has written")
		}
		s.want("nothing", s.ask(name, "GET", "/v1/nothing", ""), 404, "There is nothing at /v1/nothing")
		s.want("a method", s.ask(name, "DELETE", "/v1/incidents", ""), 405, "GET or POST")
	}
}

// TestWithoutTokensThereIsNoAPI: it answers as to any path that leads nowhere.
func TestWithoutTokensThereIsNoAPI(t *testing.T) {
	public := Public(prometheus.NewRegistry(), func() Health { return Health{} }, Served{})
	status, body, _ := ask(public, "GET", "/nothing")
	for _, method := range []string{"GET", "POST"} {
		for _, path := range []string{"/v1", "/v1/", "/v1/incidents", "/v1/openapi.json"} {
			if s, b, _ := ask(public, method, path); s != status || b != body || s != 404 {
				t.Errorf("%s %s answers %d %q, and any path %d %q", method, path, s, b, status, body)
			}
		}
	}
}

// TestWhoATokenSpeaksFor: the person of the configuration, whom the request names if it
// may, or itself.
func TestWhoATokenSpeaksFor(t *testing.T) {
	s := newShop(t).declared()
	note := func(n int) string { return fmt.Sprintf(`{"text": "note %d"}`, n) }
	for n, c := range []struct {
		token, as string
		status    int
		want      string // on the timeline, or in the refusal
	}{
		{"deploys", "", 200, "API token deploys noted"},
		{"laptop", "", 200, "dev1 (by API token laptop) noted"},
		{"laptop", "dev1", 200, "dev1 (by API token laptop) noted"},
		{"laptop", "U0DEV1", 200, "dev1 (by API token laptop) noted"},
		{"glass", "sre1", 200, "sre1 (by API token glass) noted"},
		{"glass", "SRE1", 200, "sre1 (by API token glass) noted"},
		{"glass", "", 200, "API token glass noted"},
		{"laptop", "sre1", 403, "The API token laptop speaks for dev1 and for nobody else."},
		{"deploys", "sre1", 403, "The API token deploys speaks for nobody."},
		{"root", "sre1", 403, "The API token root speaks for nobody."},
		{"glass", "nobody", 404, "I know nobody called nobody"},
		{"glass", "token:deploys", 404, "I know nobody called token:deploys"},
	} {
		var more []string
		if c.as != "" {
			more = append(more, AsHeader+": "+c.as)
		}
		a := s.ask(c.token, "POST", "/v1/incidents/INC-1/note", note(n), more...)
		lines := s.lines("INC-1")
		if c.status == 200 {
			if want := fmt.Sprintf("%s: note %d", c.want, n); a.status != 200 || lines[len(lines)-1] != want {
				t.Errorf("%s as %q: got %d %s and %q, want %q", c.token, c.as, a.status, a.body, lines[len(lines)-1], want)
			}
			continue
		}
		s.want(c.token+" as "+c.as, a, c.status, c.want)
	}
	a := s.ask("wallboard", "GET", "/v1/incidents/INC-1/timeline", "")
	s.want("the timeline", a, 200, `"by":"token:deploys","via":"api","token":"deploys","text":"API token deploys noted"`)
	s.want("the timeline", a, 200, `"by":"dev1","via":"api","token":"laptop"`)
	s.want("the timeline", a, 200, `"by":"dev1","via":"cli","text":"dev1 (by CLI) declared`)
}

// TestATokenThatSpeaksForNobodyCannotAnswer: an acknowledgement means that a human is
// on it.
func TestATokenThatSpeaksForNobodyCannotAnswer(t *testing.T) {
	s := newShop(t).declared()
	for path, body := range map[string]string{"/v1/pages/PAGE-1/acknowledge": "", "/v1/pages/PAGE-1/decline": "", "/v1/incidents/INC-1/acknowledge": "",
		"/v1/incidents/INC-1/lead": "", "/v1/incidents": `{"title": "x", "lead": "me"}`} {
		s.want(path, s.ask("deploys", "POST", path, body), 403, "the API token deploys speaks for nobody. Give it `as:`")
	}
	s.want("it may name somebody", s.ask("deploys", "POST", "/v1/incidents/INC-1/lead", `{"person": "dev2"}`), 200, "API token deploys named dev2 incident commander")
	s.want("it may escalate", s.ask("deploys", "POST", "/v1/pages/PAGE-1/escalate", ""), 200, "API token deploys escalated PAGE-1")
	s.want("it may page", s.ask("deploys", "POST", "/v1/incidents/INC-1/page", `{"targets": ["core"]}`), 200, "asked for by API token deploys")
	s.want("the page", s.ask("deploys", "GET", "/v1/pages/PAGE-2", ""), 200, `"by":"token:deploys"`)
}

// TestTimeOnCallOverHTTP: a token changes the time of its person; that of others is for
// admins.
func TestTimeOnCallOverHTTP(t *testing.T) {
	s := newShop(t)
	override := `{"do": "override", "person": "dev1", "replaces": "sre1", "from": "2026-03-24T09:00", "to": "2026-03-24T10:00"}`
	off := func(person string) string {
		return `{"do": "off", "schedule": "duty", "person": "` + person + `", "from": "2026-04-01", "to": "2026-04-02"}`
	}
	s.want("of somebody else", s.ask("laptop", "POST", "/v1/oncall/changes", override), 403, "These are shifts of sre1")
	s.want("of nobody", s.ask("deploys", "POST", "/v1/oncall/changes", override), 403, "These are shifts of sre1")
	s.want("time off of somebody else", s.ask("laptop", "POST", "/v1/oncall/changes", off("sre1")), 403, "")
	s.want("my own time off", s.ask("laptop", "POST", "/v1/oncall/changes", off("dev1")), 200, `"changed":true`)
	s.want("an admin", s.ask("boss", "POST", "/v1/oncall/changes", override), 200, `"changed":true`)
	s.want("cover of my own time is asked for", s.ask("boss", "POST", "/v1/oncall/changes", `{"do": "cover", "person": "sre1", "from": "2026-03-25T09:00", "to": "2026-03-25T10:00"}`), 200, `"ids":["R`)
	s.want("taking it for somebody else", s.ask("laptop", "POST", "/v1/oncall/changes", `{"do": "take", "id": "R3", "person": "dev2"}`), 403, "These are shifts of dev2")
	s.want("taking it for nobody", s.ask("deploys", "POST", "/v1/oncall/changes", `{"do": "take", "id": "R3"}`), 400, "Say whom it is about")
	s.want("taking back what another asked", s.ask("laptop", "POST", "/v1/oncall/changes", `{"do": "undo", "id": "R3"}`), 403, "Only sre1 or an admin")
	s.want("taking it", s.ask("laptop", "POST", "/v1/oncall/changes", `{"do": "take", "id": "R3"}`), 200, `R3 is taken by dev1`)
	s.want("removing", s.ask("laptop", "POST", "/v1/oncall/changes", `{"do": "remove", "schedule": "duty"}`), 403, "Only admins can remove a schedule")
	s.want("a token for admins", s.ask("root", "POST", "/v1/oncall/changes", off("sre1")), 200, `"changed":true`)
	s.want("on the machine", s.say("dev2", "POST", "/v1/oncall/changes", off("dev2")), 200, `"changed":true`)
}

// TestTooFast: one token alone is slowed down.
func TestTooFast(t *testing.T) {
	s := newShop(t)
	for n := range tokenBurst {
		if a := s.ask("wallboard", "GET", "/v1/health", ""); a.status != 200 {
			t.Fatalf("request %d: %d %s", n+1, a.status, a.body)
		}
	}
	a := s.ask("wallboard", "GET", "/v1/health", "")
	s.want("one more", a, 429, "more than 100 requests a second")
	if a.header.Get("Retry-After") != "1" {
		t.Errorf("headers %v", a.header)
	}
	s.want("another token", s.ask("laptop", "GET", "/v1/health", ""), 200, "")
	s.now = s.now.Add(time.Second / 2)
	for n := range tokenRate / 2 {
		if a := s.ask("wallboard", "GET", "/v1/health", ""); a.status != 200 {
			t.Fatalf("half a second later, request %d: %d %s", n+1, a.status, a.body)
		}
	}
	s.want("one more then", s.ask("wallboard", "GET", "/v1/health", ""), 429, "too_fast")
}

// TestTooMuchAtOnce: beyond what is served at the same time, the answer is to come
// again, and not a queue.
func TestTooMuchAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t).declared()
		held := make(chan struct{})
		s.store.Faults(func(op string, _ []storage.Change) memory.Fault { return memory.Slow(held) })
		var all sync.WaitGroup
		for n := range manyAtOnce {
			all.Go(func() {
				s.want("one of many", s.ask([]string{"glass", "laptop"}[n%2], "GET", "/v1/incidents/INC-1", ""), 200, "INC-1")
			})
		}
		synctest.Wait()
		a := s.ask("wallboard", "GET", "/v1/health", "")
		s.want("one too many", a, 503, "Too many requests are being served")
		if a.header.Get("Retry-After") != "1" {
			t.Errorf("headers %v", a.header)
		}
		s.want("without a token", s.ask("", "GET", "/v1/health", ""), 401, "")
		close(held)
		all.Wait()
		s.want("after them", s.ask("wallboard", "GET", "/v1/health", ""), 200, "")
	})
}

// TestWhatTheNetworkIsNotTold: what goes wrong inside is for the log; whoever owns the
// process is told.
func TestWhatTheNetworkIsNotTold(t *testing.T) {
	s := newShop(t).declared()
	s.store.Faults(func(string, []storage.Change) memory.Fault {
		return memory.Fails(errors.New("sector 4711 of sda is bad"))
	})
	s.want("the network", s.ask("root", "GET", "/v1/incidents", ""), 500, "Something went wrong inside Watchbill.")
	if !strings.Contains(s.logs.String(), "sector 4711") || !strings.Contains(s.logs.String(), "listIncidents") {
		t.Errorf("the log says %q", s.logs.String())
	}
	s.want("the socket", s.say("dev1", "GET", "/v1/incidents", ""), 500, "sector 4711")
	s.store.Faults(func(string, []storage.Change) memory.Fault { return memory.Fails(storage.ErrFull) })
	a := s.ask("laptop", "POST", "/v1/incidents/INC-1/note", `{"text": "x"}`)
	s.want("a full disk", a, 503, "the disk of Watchbill is full")
	if a.header.Get("Retry-After") != "60" {
		t.Errorf("headers %v", a.header)
	}
}

func parsed(t testing.TB, config string) *configs.Config {
	t.Helper()
	settings, err := configs.Parse([]byte(config), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return settings
}
