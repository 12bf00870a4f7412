package httpd

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/storage"
)

var requestSeeds = flag.Int("request-seeds", 2, "seeds of TestGeneratedRequests, each of some hundreds of requests")

// TestGeneratedRequests sends to every operation of the OpenAPI document what it says and what it
// does not: each answer is one that the document has, nothing is an error of ours, what is
// refused changes nothing, and what is asked again with its key happens once.
func TestGeneratedRequests(t *testing.T) {
	for seed := range *requestSeeds {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			g := newGenerator(t, uint64(seed))
			for range 15 {
				for _, o := range g.operations {
					g.one(o)
				}
				g.s.now = g.s.now.Add(time.Duration(g.rng.IntN(90)) * time.Minute)
			}
			for _, status := range []int{200, 201, 400, 401, 403, 404, 409, 413} {
				if !g.seen[status] {
					t.Errorf("nothing was answered %d", status)
				}
			}
		})
	}
}

// operation is one of the document.
type operation struct {
	method, path string
	*openapi3.Operation
}

func (o operation) keyed() bool {
	return o.Parameters.GetByInAndName("header", KeyHeader) != nil
}

// generator makes requests of what the document says.
type generator struct {
	t          *testing.T
	s          *shop
	rng        *rand.Rand
	operations []operation
	seen       map[int]bool
	keys       int
	before     string // the dump after the last request
}

func newGenerator(t *testing.T, seed uint64) *generator {
	t.Helper()
	s := newShop(t)
	s.api.Feeds = &Feeds{Directory: t.TempDir(), PublicURL: "https://watchbill.example.com", Rota: s.desk, Now: s.desk.Now}
	s.sock = conformant(t, s.api.Handler())
	g := &generator{t: t, s: s.declared(), rng: rand.New(rand.NewPCG(seed, 1)), seen: map[int]bool{}}
	for _, key := range []string{"web-1", "web-2", "web-3"} {
		s.heard(key, alert.Firing)
	}
	g.before = g.dump()
	doc := described(t, s.sock)
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		for method, o := range doc.Paths.Value(path).Operations() {
			g.operations = append(g.operations, operation{method, path, o})
		}
	}
	slices.SortFunc(g.operations, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return g
}

// one sends one request, and again what can be asked again.
func (g *generator) one(o operation) {
	g.t.Helper()
	g.s.now = g.s.now.Add(time.Second) // no token is too fast
	path, body, who := g.address(o), g.body(o), g.pick("dev1", "dev2", "sre1", "lead1", "SRE1", "nobody", "")
	g.keys++
	ask := func() answer { return g.s.say(who, o.method, path, body, KeyHeader+": "+strconv.Itoa(g.keys)) }
	if token := g.pick("", "", "wallboard", "deploys", "laptop", "glass", "root", "boss", "none"); token != "" {
		more := []string{KeyHeader + ": " + strconv.Itoa(g.keys)}
		if token == "glass" || g.oneIn(5) {
			more = append(more, AsHeader+": "+who)
		}
		who += " with the token " + token
		ask = func() answer { return g.s.ask(token, o.method, path, body, more...) }
	}
	got := g.together(ask, o.keyed() && g.oneIn(8))
	g.seen[got.status] = true
	what := fmt.Sprintf("%s %s %.300s as %s: %d %.300s", o.method, path, body, who, got.status, got.body)
	before, after := g.before, g.dump()
	g.before = after
	switch {
	case got.status >= 500:
		g.t.Errorf("%s: an error of ours", what)
	case (got.status >= 400 || o.method == http.MethodGet || strings.HasSuffix(o.path, "/plan")) && after != before:
		g.t.Errorf("%s: it changed something\n%s", what, differ(before, after))
	}
	if got.status >= 300 || !o.keyed() {
		return
	}
	again := ask()
	if again.status != got.status || again.body != got.body && !strings.Contains(o.path, "/oncall/changes") {
		g.t.Errorf("%s\nand again with the same key: %d %.300s", what, again.status, again.body)
	}
	if again := g.dump(); again != after {
		g.t.Errorf("%s\nand again with the same key it changed something\n%s", what, differ(after, again))
	}
}

// together asks once, or several times at once: then it is one answer, whoever hears it.
func (g *generator) together(ask func() answer, several bool) answer {
	g.t.Helper()
	if !several {
		return ask()
	}
	answers := make([]answer, 4)
	var all sync.WaitGroup
	for n := range answers {
		all.Go(func() { answers[n] = ask() })
	}
	all.Wait()
	for _, a := range answers[1:] {
		if a.status != answers[0].status || a.status < 300 && a.body != answers[0].body {
			g.t.Errorf("at once it is answered %d %.300s, and %d %.300s", answers[0].status, answers[0].body, a.status, a.body)
		}
	}
	return answers[0]
}

// dump is everything that is stored, but for the numbers, which may have gaps.
func (g *generator) dump() string {
	g.t.Helper()
	var out strings.Builder
	err := g.s.store.Dump(g.t.Context(), func(row storage.Portable) error {
		if row.Number != nil {
			return nil
		}
		return json.NewEncoder(&out).Encode(row)
	})
	if err != nil {
		g.t.Fatal(err)
	}
	return out.String()
}

// differ is what one dump has and the other has not.
func differ(before, after string) string {
	was := strings.Split(before, "\n")
	return strings.Join(slices.DeleteFunc(strings.Split(after, "\n"), func(l string) bool { return slices.Contains(was, l) }), "\n")
}

// TestEveryProblemOfTheDocument is answered where the document has it, by what depends on no
// record: TestGeneratedRequests wants the others, and that there are no more.
func TestEveryProblemOfTheDocument(t *testing.T) {
	g := newGenerator(t, 0)
	for _, o := range g.operations {
		g.s.now = g.s.now.Add(time.Second)
		path := strings.ReplaceAll(o.path, "{id}", "INC-1")
		want := map[int]answer{
			400: g.s.ask("root", o.method, path+"?x=y", ""),
			401: g.s.ask("", o.method, path, ""),
			413: g.s.ask("root", o.method, path, strings.Repeat(" ", maxFile+1)),
		}
		if o.Responses.Status(403) != nil {
			want[403] = g.s.ask("wallboard", o.method, path, "")
		}
		for status, a := range want {
			if a.status != status {
				t.Errorf("%s %s: got %d %s, want %d", o.method, path, a.status, a.body, status)
			}
		}
	}
}

// oneIn is true once in n times.
func (g *generator) oneIn(n int) bool { return g.rng.IntN(n) == 0 }

func (g *generator) pick(from ...string) string { return from[g.rng.IntN(len(from))] }

// address is the path with an id, and a query.
func (g *generator) address(o operation) string {
	path := strings.ReplaceAll(o.path, "{id}", g.id(o.path))
	query := url.Values{}
	for _, p := range o.Parameters {
		if p.Value.In == "query" && g.oneIn(2) {
			query.Add(p.Value.Name, g.text(p.Value.Name))
			if g.oneIn(10) {
				query.Add(p.Value.Name, g.text(p.Value.Name))
			}
		}
	}
	if g.oneIn(40) {
		query.Set(g.odd(), g.odd())
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

// id is one of what the path is about, most times.
func (g *generator) id(path string) string {
	number := strconv.Itoa(1 + g.rng.IntN(3))
	kind := map[string]string{"incidents": "INC-", "pages": "PAGE-", "alerts": "ALERT-", "silences": "SIL-", "effects": "", "integrations": ""}[strings.Split(path, "/")[2]]
	switch {
	case g.oneIn(12):
		return url.PathEscape(g.pick("INC-1/timeline", "..", "%", "inc-1", "INC-01", "INC-1 ", "é", "INC-99999999999999999999", "-1", "\x00", "a\nb", strings.Repeat("x", 5000), "PAGE-1", "json"))
	case strings.Contains(path, "/integrations/"):
		return g.pick("json", "gone")
	}
	return kind + number
}

// body is what the document says of one, and at times what it does not.
func (g *generator) body(o operation) string {
	if o.RequestBody == nil {
		if o.method == http.MethodGet && g.oneIn(60) {
			return g.pick("{}", strings.Repeat("x", maxQuestion+1))
		}
		return ""
	}
	s := o.RequestBody.Value.Content["application/json"].Schema.Value
	fields := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		if slices.Contains(s.Required, name) && !g.oneIn(20) || g.oneIn(3) {
			fields[name] = g.value(name, p.Value)
		}
	}
	if g.oneIn(25) {
		fields[g.odd()] = g.odd()
	}
	text, err := json.Marshal(fields)
	if err != nil {
		g.t.Fatal(err)
	}
	switch g.rng.IntN(60) {
	case 0:
		return ""
	case 1:
		return string(text[:g.rng.IntN(len(text))])
	case 2:
		return string(text) + g.pick("{}", "x", "\n", " ", "\x00")
	case 3:
		return strings.Replace(string(text), "{", `{"text": "twice", "text": "twice",`, 1)
	case 4:
		return strings.ToUpper(string(text))
	case 5:
		return g.pick("null", "[]", "7", `""`, "\ufeff"+string(text), "\xff", "[[[[")
	case 6:
		return strings.Repeat(" ", maxCommand) + string(text)
	}
	return string(text)
}

// value is one of a field, most times of the kind that it has.
func (g *generator) value(name string, s *openapi3.Schema) any {
	switch {
	case g.oneIn(30):
		return []any{nil, true, -1, 1e300, "", []any{nil}, map[string]any{"a": nil}, g.odd()}[g.rng.IntN(8)]
	case name == "schedules":
		return []any{g.schedule()}
	case s.Type.Includes("boolean"):
		return g.oneIn(2)
	case s.Type.Is("integer"):
		return g.rng.IntN(4)
	case s.Type.Includes("array"):
		list := make([]any, 1+g.rng.IntN(3))
		for n := range list {
			list[n] = g.text(name)
		}
		return list
	case s.Type.Includes("object"):
		return map[string]any{g.pick("service", "env", "Env", g.odd()): g.pick("checkout", "prod", "~prod.*", "~(", "!prod", "", g.odd())}
	}
	return g.text(name)
}

func (g *generator) schedule() any {
	s := map[string]any{"name": g.pick("duty", "Extra", "a/b", g.odd()), "time_zone": g.pick("UTC", "Europe/Berlin", "Mars/Base", ""),
		"layers": []any{map[string]any{"name": g.pick("all", ""), "rotation": map[string]any{"type": g.pick("daily", "weekly", "custom"), "start": g.time(), "people": []any{g.text("person"), g.text("person")}}}}}
	if g.oneIn(10) {
		s[g.odd()] = nil
	}
	if g.oneIn(10) {
		s["Name"] = "another"
	}
	return s
}

// text is one for what the name says.
func (g *generator) text(name string) string {
	if g.oneIn(25) {
		return g.odd()
	}
	switch name {
	case "person", "lead", "with", "replaces":
		return g.pick("dev1", "dev2", "sre1", "Lead1", "me", "nobody", "U0SRE1")
	case "to":
		return g.pick(g.time(), g.pick("dev1", "dev2", "me"))
	case "from", "until", "at", "since", "their_from", "their_to":
		return g.time()
	case "for", "join_after":
		return g.pick("30m", "2h", "1d", "90s", "8d", "0", "-1h", "1e9h", "999999999d", "forever")
	case "do":
		return g.pick(changes...)
	case "schedule":
		return g.pick("duty", "DUTY", "Extra", "none")
	case "id":
		return g.pick("O", "R", "T", "S") + strconv.Itoa(1+g.rng.IntN(8))
	case "targets":
		return g.pick("dev1", "duty", "core", "checkout", "me", "team:core", "person:dev2", "schedule:duty", "channel:x", "group:g", "person:", ":")
	case "service":
		return g.pick("checkout", "CHECKOUT", "search")
	case "severity":
		return g.pick("SEV1", "sev4", "2", "SEV0", "critical")
	case "status":
		return g.pick("open", "resolved", "closed", "acknowledged", "ended")
	case "all", "zone":
		return g.pick("true", "false", "1")
	case "limit":
		return g.pick("1", "10000", "0", "-1", "1e3", "99999999999999999999")
	case "format":
		return g.pick("markdown", "json", "html", "pdf")
	case "incident", "after":
		return g.pick("INC-1", "INC-2", "PAGE-1")
	}
	return g.pick("payments are down", "checkout <!channel> @here", "deploy 4711", "a\nb", strconv.Itoa(g.rng.Int()))
}

func (g *generator) time() string {
	near := g.s.now.Add(time.Duration(g.rng.IntN(200)-60) * time.Hour)
	zone := []*time.Location{time.UTC, time.FixedZone("", 14*3600), time.FixedZone("", -(11*3600 + 1800))}[g.rng.IntN(3)]
	return g.pick(near.Format(time.RFC3339), near.In(zone).Format(time.RFC3339Nano), near.Format("2006-01-02T15:04"), near.Format(time.DateOnly),
		g.pick("2026-03-29T02:30:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2026-02-30", "-15m", "soon", "24:00", "1e9", "2016-12-31T23:59:60Z"))
}

// odd is what nobody means.
func (g *generator) odd() string {
	return g.pick("", " ", "\u200b", "\x00", "\u202eabc", "é\u0301", "😀", "a,b", "`x`", "%zz", "null", "../..", "<b>", "*", "token:ci", strings.Repeat("x", 5000), strings.Repeat("é", 300), "\u2028", "-1")
}
