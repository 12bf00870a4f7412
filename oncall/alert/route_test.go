package alert

import (
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// monday is 2 March 2026, 13:00 in Berlin.
var monday = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

var evening = monday.Add(6 * time.Hour)

func yes() *bool { b := true; return &b }
func no() *bool  { b := false; return &b }

func router(t testing.TB, rules Rules) *Router {
	t.Helper()
	r, problems := NewRouter(rules, oncall.NewZones(nil))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return r
}

// house are rules as a company might have them.
func house() Rules {
	return Rules{
		Services: []Service{{"checkout", "checkout", "svc-checkout"}, {"search", "", ""}, {"Billing", "billing", ""}},
		Defaults: map[string]string{"prometheus": "checkout"}, DefaultEscalation: "main", DefaultChannel: "incidents",
		Routes: []Route{
			{Name: "drills", Match: map[string]string{"env": "~stage|test", "severity": "!critical"}, Page: no(), Channel: "drills"},
			{Match: map[string]string{"service": "checkout", "severity": "critical"}, Integrations: []string{"prometheus", "grafana"}, Declare: 2, GroupBy: []string{"alertname", "cluster"}, GroupWindow: 5 * time.Minute},
			{Match: map[string]string{"job": "backup"}, Service: "search", Severity: SeverityWarning, Page: yes(), Escalation: "backup", GroupBy: []string{GroupEach}},
		},
		Maintenance: []Maintenance{
			{Name: "nightly", Match: map[string]string{"job": "backup"}, Cron: "0 2 * * *", Duration: time.Hour, TimeZone: "Europe/Berlin"},
			{Name: "db-upgrade", Match: map[string]string{"service": "search"}, From: "2026-03-02T12:00:00", To: "2026-03-02T14:30:00", TimeZone: "Europe/Berlin"},
		},
	}
}

// TestGroups lists which alerts are one.
func TestGroups(t *testing.T) {
	tests := []struct {
		by   []string
		s    Signal
		want string
	}{
		{nil, Signal{Key: "k"}, "key/x/k"},
		{nil, Signal{Key: "k", Group: "g"}, "group/x/main-service/main/ops/g"},
		{[]string{GroupEach}, Signal{Key: "k", Group: "g"}, "key/x/k"},
		{[]string{"service", "severity"}, Signal{Key: "k", Group: "g"}, `by/main-service/main/ops/"service"="main-service"/"severity"="error"`},
		{[]string{"severity"}, Signal{Severity: SeverityInfo, Labels: map[string]string{"severity": "low"}}, `by/main-service/main/ops/"severity"="info"`},
		{[]string{"title", "integration", "none"}, Signal{Title: `a"/"b`}, `by/main-service/main/ops/"title"="a\"/\"b"/"integration"="x"/"none"=""`},
	}
	for _, tt := range tests {
		r := router(t, Rules{Routes: []Route{{Service: "main-service", Escalation: "main", Channel: "ops", GroupBy: tt.by}}})
		if got := r.Route(tt.s, "x", monday).Group; got != tt.want {
			t.Errorf("by %q: got %s, want %s", tt.by, got, tt.want)
		}
	}
	r := router(t, Rules{Routes: []Route{{GroupBy: []string{"a"}}}})
	long := func(end string) string {
		return r.Route(Signal{Labels: map[string]string{"a": strings.Repeat("a", 500) + end}}, "x", monday).Group
	}
	if long("1") == long("2") || len(long("1")) > MaxKey {
		t.Errorf("long groups are %s and %s", long("1"), long("2"))
	}
}

// TestExplanations reads decisions aloud.
func TestExplanations(t *testing.T) {
	r := router(t, house())
	tests := []struct {
		name, via string
		signal    Signal
		at        time.Time
		want      Decision
		why       string
	}{
		{"a drill", "prometheus", Signal{Key: "k", Labels: map[string]string{"env": "stage", "severity": "warn"}, Severity: SeverityWarning}, evening,
			Decision{Route: "drills", Service: "checkout", Escalation: "checkout", Channel: "drills", Severity: SeverityWarning, Group: "key/prometheus/k"}, `
Route 1 (drills) matches: env matches "stage|test" and severity is not "critical".
The service is checkout, that of the integration prometheus: the alert names none.
The severity is warning: the alert says "warn".
It pages nobody, as route 1 (drills) says.
Its card is in #drills, set by route 1 (drills).
It is an alert of its own: the source does not group it.`},
		{"an incident", "prometheus", Signal{Key: "k", Group: "g", Service: "Checkout", Labels: map[string]string{"alertname": "Errors", "cluster": "eu", "severity": "page"}, Severity: SeverityCritical}, evening,
			Decision{Route: "route 2", Service: "checkout", Escalation: "checkout", Channel: "svc-checkout", Severity: SeverityCritical, Declare: 2, Window: 5 * time.Minute,
				Group: `by/checkout/checkout/svc-checkout/"alertname"="Errors"/"cluster"="eu"`}, `
Route 1 (drills) does not match: env is not set, and must match "stage|test".
Route 2 matches: service is "checkout" and severity is "critical".
The service is checkout, which the alert names.
The severity is critical: the alert says "page".
It opens an incident of SEV2, as route 2 says.
The incident pages by itself; the alert does not page besides.
Its card is in #svc-checkout, the channel of the service checkout.
It is one alert with all others of alertname "Errors" and cluster "eu", as route 2 says.
For 5m after the first, others join it even when all are resolved, as route 2 says.`},
		{"by another integration", "pager", Signal{Key: "k", Service: "checkout", Severity: SeverityCritical}, evening,
			Decision{Service: "checkout", Escalation: "checkout", Channel: "svc-checkout", Severity: SeverityCritical, Page: true, Group: "key/pager/k"}, `
Route 1 (drills) does not match: env is not set, and must match "stage|test".
Route 2 does not match: it is only for alerts that come by prometheus or grafana.
Route 3 does not match: job is not set, and must be "backup".
No route matches.
The service is checkout, which the alert names.
The severity is critical, as the alert says.
It pages the escalation checkout, that of the service checkout.
Its card is in #svc-checkout, the channel of the service checkout.
It is an alert of its own: the source does not group it.`},
		{"a backup at night", "cron", Signal{Key: "k", Group: "g", Labels: map[string]string{"job": "backup"}}, time.Date(2026, 3, 3, 1, 30, 0, 0, time.UTC),
			Decision{Route: "route 3", Service: "search", Escalation: "backup", Channel: "incidents", Severity: SeverityWarning, Page: true, Group: "key/cron/k",
				Silenced: "nightly", SilencedUntil: time.Date(2026, 3, 3, 2, 0, 0, 0, time.UTC)}, `
Route 1 (drills) does not match: env is not set, and must match "stage|test".
Route 2 does not match: it is only for alerts that come by prometheus or grafana.
Route 3 matches: job is "backup".
The service is search, set by route 3.
The severity is warning, set by route 3.
It pages the escalation backup, set by route 3.
Its card is in #incidents, the channel of incidents.
It is an alert of its own, as route 3 says.
Maintenance nightly silences it until Tue 3 Mar 2026 03:00 CET: it is recorded and counted, and pages nobody.`},
		{"silenced by the service", "cron", Signal{Key: "k", Group: "g", Service: "search", Labels: map[string]string{"job": "index", "severity": "loud"}}, monday,
			Decision{Service: "search", Escalation: "main", Channel: "incidents", Page: true, Group: "group/cron/search/main/incidents/g",
				Silenced: "db-upgrade", SilencedUntil: time.Date(2026, 3, 2, 13, 30, 0, 0, time.UTC)}, `
Route 1 (drills) does not match: env is not set, and must match "stage|test".
Route 2 does not match: it is only for alerts that come by prometheus or grafana.
Route 3 does not match: job is "index", and must be "backup".
No route matches.
The service is search, which the alert names.
The severity "loud" is not known; it counts as error.
It pages the escalation main, the default.
Its card is in #incidents, the channel of incidents.
It is one alert with all others of the group "g" of the source that go to the same people and channel.
Maintenance db-upgrade silences it until Mon 2 Mar 2026 14:30 CET: it is recorded and counted, and pages nobody.`},
		{"a service of nobody", "hand", Signal{Key: "k", Service: "checkuot", Severity: SeverityInfo, Labels: map[string]string{"job": "backups"}}, evening,
			Decision{Unknown: "checkuot", Escalation: "main", Channel: "incidents", Severity: SeverityInfo, Group: "key/hand/k"}, `
Route 1 (drills) does not match: env is not set, and must match "stage|test".
Route 2 does not match: it is only for alerts that come by prometheus or grafana.
Route 3 does not match: job is "backups", and must be "backup".
No route matches.
There is no service: the alert names "checkuot", which is not configured.
The severity is info, as the alert says.
It pages nobody: the severity info does not, unless a route says page: true.
Its card is in #incidents, the channel of incidents.
It is an alert of its own: the source does not group it.`},
	}
	r4 := router(t, Rules{Routes: []Route{{Declare: 4, Channel: "C012345"}, {Declare: 4}}})
	for want, d := range map[string]Decision{"It pages nobody: incidents of SEV4 do not.": r4.Explain(Signal{Key: "k"}, "x", monday), "Its card is in C012345, set by route 1.": r4.Explain(Signal{Key: "k"}, "x", monday)} {
		if !slices.Contains(d.Why, want) || d.Page || d.Declare != 4 {
			t.Errorf("got %q %+v, want %q", d.Why, d, want)
		}
	}
	for _, tt := range tests {
		got := r.Explain(tt.signal, tt.via, tt.at)
		if why := "\n" + strings.Join(got.Why, "\n"); why != tt.why {
			t.Errorf("%s: got%s\nwant%s", tt.name, why, tt.why)
		}
		if got.Why = nil; !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got\n%+v\nwant\n%+v", tt.name, got, tt.want)
		}
	}
}

func TestExplanationsWithoutRules(t *testing.T) {
	r := router(t, Rules{Maintenance: []Maintenance{
		{Name: "later", Match: map[string]string{"title": "~.*"}, From: "2026-03-03T09:00:00+01:00", To: "2026-03-03T10:00:00+01:00", TimeZone: "Europe/Berlin"},
		{Name: "over", Match: map[string]string{"title": "~.*"}, From: "2026-03-01T09:00:00+01:00", To: "2026-03-01T10:00:00+01:00", TimeZone: "Europe/Berlin"},
		{Name: "other", Match: map[string]string{"integration": "board"}, From: "2026-03-01T09:00:00Z", To: "2026-03-10T10:00:00Z"},
		{Name: "most", Match: map[string]string{"integration": "!~hand|board"}, From: "2026-03-01T09:00:00Z", To: "2026-03-10T10:00:00Z"},
	}})
	got := r.Explain(Signal{Key: "k", Title: "x"}, "hand", monday).Why
	want := []string{
		"There are no routes.",
		"There is no service: neither a route nor the alert names one.",
		"The alert says no severity; it counts as error.",
		"It pages the admins and the channel of incidents: neither a route nor the service has an escalation, and there is no default_escalation.",
		"It has no card: there is no channel for it.",
		"It is an alert of its own: the source does not group it.",
		"Maintenance later would silence it, and is not on before Tue 3 Mar 2026 09:00 CET.",
		`Maintenance other is on, and does not silence it: integration is "hand", and must be "board".`,
		`Maintenance most is on, and does not silence it: integration is "hand", and must not match "hand|board".`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	from, until := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), time.Date(2026, 3, 10, 10, 0, 0, 0, time.UTC)
	if got, want := r.On(monday), []Covering{{"other", "integration=board", from, until}, {"most", "integration=!~hand|board", from, until}}; !reflect.DeepEqual(got, want) {
		t.Errorf("on are %+v, want %+v", got, want)
	}
}

func TestConditions(t *testing.T) {
	s := Signal{Title: "Disk is full", Service: "db", Severity: SeverityCritical, Labels: map[string]string{"env": "prod", "severity": "page", "odd": "!x", "tilde": "~x"}}
	tests := []struct {
		name, text string
		want       bool
	}{
		{"env", "prod", true}, {"env", "pro", false}, {"env", "!prod", false}, {"env", "!stage", true},
		{"env", "~prod|stage", true}, {"env", "~pro", false}, {"env", "!~prod|stage", false}, {"env", "~PROD", false}, {"env", "~(?i)PROD", true},
		{"missing", "", true}, {"missing", "!", false}, {"env", "!", true}, {"env", "", false}, {"missing", "~.*", true}, {"missing", "~.+", false}, {"missing", "!x", true},
		{"odd", "!x", true}, {"odd", "=!x", true}, {"odd", "!=!x", false}, {"tilde", "=~x", true}, {"tilde", "~~x", true},
		{"severity", "critical", true}, {"severity", "page", true}, {"severity", "error", false}, {"severity", "!critical", false}, {"severity", "!page", false},
		{"service", "db", true}, {"service", "database", true}, {"service", "!database", false}, {"service", "web", false},
		{"title", "~Disk.*", true}, {"integration", "prometheus", true}, {"integration", "!prometheus", false},
	}
	for _, tt := range tests {
		m, problems := NewMatcher(map[string]string{tt.name: tt.text})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if got := m.Matches(&s, "prometheus", "database"); got != tt.want {
			t.Errorf("%s: %q: got %v, want %v", tt.name, tt.text, got, tt.want)
		}
	}
	for text, want := range map[string]bool{"error": true, "": true, "critical": false, "!error": false} {
		m, _ := NewMatcher(map[string]string{"severity": text})
		if got := m.Matches(&Signal{}, "", ""); got != want {
			t.Errorf("no severity against %q: got %v, want %v", text, got, want)
		}
	}
}

func TestRuleProblems(t *testing.T) {
	tests := []struct {
		route Route
		want  string
	}{
		{Route{Match: map[string]string{"env": "~prod("}}, "routes[0].match.env: \"prod(\" is not a regular expression: missing closing ): `^(?:prod()$`; \"prod\", \"~prod|stage\" or \"!prod\""},
		{Route{Match: map[string]string{"env": "!~" + strings.Repeat("x", 1001)}}, `routes[0].match.env: the regular expression has more than 1000 characters; "prod", "~prod|stage" or "!prod"`},
		{Route{Severity: "crit"}, `routes[0].severity: unknown severity "crit"; write critical`},
		{Route{Severity: "loud"}, `routes[0].severity: unknown severity "loud"; use critical, error, warning or info`},
		{Route{Declare: 5}, "routes[0].declare: there is no severity 5 of incidents; write 1 to 4, for SEV1 to SEV4"},
		{Route{Declare: 2, Page: yes()}, "routes[0].page: an incident of SEV2 pages by itself, once; leave page out"},
		{Route{Declare: 2, Page: no()}, "routes[0].page: an incident of SEV2 pages whatever page says; leave page out, or declare: 4"},
		{Route{Declare: 1, Escalation: "main"}, "routes[0].escalation: an incident of SEV1 pages the escalation of its service; leave it out, or set the service"},
		{Route{Declare: 4, Page: yes(), Escalation: "main"}, ""},
		{Route{Declare: 4, Page: no()}, ""},
		{Route{GroupWindow: 8 * 24 * time.Hour}, "routes[0].group_window: a group stays together for a week at most; write 7d or less"},
		{Route{GroupBy: []string{"a", "", "a"}}, "routes[0].group_by[1]: a label has no name; such as alertname\nroutes[0].group_by[2]: \"a\" stands here twice; remove one"},
		{Route{GroupBy: []string{"a", "..."}}, `routes[0].group_by[1]: "..." makes each alert its own group; keep only "..." or the labels`},
	}
	for _, tt := range tests {
		_, problems := NewRouter(Rules{Routes: []Route{tt.route}}, oncall.NewZones(nil))
		if got := lines(problems); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
	_, problems := NewRouter(Rules{Maintenance: []Maintenance{{Name: "all"}, {Match: map[string]string{"a": "~("}, Cron: "x", Duration: time.Hour, TimeZone: "Berlin"}}}, oncall.NewZones(nil))
	want := "maintenance[0]: it would silence every alert: it says nothing about which; add match:, such as match: {service: checkout}; all are match: {title: \"~.*\"}\n" +
		"maintenance[0]: it does not say when; from and to, or such as cron: \"0 2 * * sun\" and duration: 2h\n" +
		"maintenance[1].match.a: \"(\" is not a regular expression: missing closing ): `^(?:()$`; \"prod\", \"~prod|stage\" or \"!prod\"\n" +
		"maintenance[1].time_zone: unknown time zone \"Berlin\"; did you mean Europe/Berlin?\n" +
		"maintenance[1].cron: the expression \"x\" cannot be read: expected exactly 5 fields, found 1: [x]; five fields, such as \"0 2 * * sun\""
	if got := lines(problems); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func lines(problems []oncall.Problem) string {
	var out []string
	for _, p := range problems {
		out = append(out, p.String())
	}
	return strings.Join(out, "\n")
}

func TestUnreachable(t *testing.T) {
	m := func(pairs ...string) map[string]string {
		out := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i]] = pairs[i+1]
		}
		return out
	}
	tests := []struct {
		name   string
		routes []Route
		want   bool // the last is unreachable
	}{
		{"after everything", []Route{{}, {Match: m("a", "b")}}, true},
		{"twice the same", []Route{{Match: m("a", "b")}, {Match: m("a", "b")}}, true},
		{"narrower after wider", []Route{{Match: m("a", "b")}, {Match: m("a", "b", "c", "d")}}, true},
		{"wider after narrower", []Route{{Match: m("a", "b", "c", "d")}, {Match: m("a", "b")}}, false},
		{"value after pattern", []Route{{Match: m("a", "~b|c")}, {Match: m("a", "c")}}, true},
		{"other value after pattern", []Route{{Match: m("a", "~b|c")}, {Match: m("a", "d")}}, false},
		{"after any value", []Route{{Match: m("a", "~.*")}, {Match: m("b", "c")}}, true},
		{"twice the same pattern", []Route{{Match: m("a", "~b.*")}, {Match: m("a", "~b.*")}}, true},
		{"twice the same negation", []Route{{Match: m("a", "!b")}, {Match: m("a", "!b")}}, true},
		{"after a value that looks like any", []Route{{Match: m("a", ".*")}, {Match: m("b", "c")}}, false},
		{"after some value", []Route{{Match: m("a", "~.+")}, {Match: m("b", "c")}}, false},
		{"value after another negated", []Route{{Match: m("a", "!b")}, {Match: m("a", "c")}}, true},
		{"severity has two words", []Route{{Match: m("severity", "!critical")}, {Match: m("severity", "page")}}, false},
		{"an integration after all", []Route{{Match: m("a", "b")}, {Match: m("a", "b"), Integrations: []string{"x"}}}, true},
		{"all after an integration", []Route{{Match: m("a", "b"), Integrations: []string{"x"}}, {Match: m("a", "b")}}, false},
		{"an integration after others", []Route{{Integrations: []string{"x", "y"}}, {Integrations: []string{"y", "z"}}}, false},
		{"an integration after itself", []Route{{Integrations: []string{"x", "y"}}, {Integrations: []string{"y"}}}, true},
	}
	for _, tt := range tests {
		found := router(t, Rules{Routes: tt.routes}).Unreachable()
		if got := len(found) == 1 && found[0].Path == "routes[1]"; got != tt.want || len(found) > 1 {
			t.Errorf("%s: got %v, want %v", tt.name, found, tt.want)
		}
	}
	got := lines(router(t, Rules{Routes: []Route{{Name: "all"}, {Match: m("a", "b")}}}).Unreachable())
	if want := "routes[1]: route 2 never matches: route 1 (all) comes first and takes everything that would; move it up, or remove it"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// randomRules are rules and signals over few names and values, so that much matches.
func randomRules(r *rand.Rand) (Rules, func() (Signal, string)) {
	pick := func(list ...string) string { return list[r.Intn(len(list))] }
	name := func() string { return pick("a", "b", "service", "severity", "title", "integration") }
	value := func() string { return pick("x", "y", "checkout", "critical", "page", "") }
	match := func() map[string]string {
		out := map[string]string{}
		for range r.Intn(3) {
			out[name()] = pick("", "!", "~", "!~", "=") + value()
		}
		return out
	}
	rules := house()
	rules.Routes = nil
	for range r.Intn(6) {
		route := Route{Match: match(), Service: pick("", "search"), Escalation: pick("", "e"), Channel: pick("", "c"), GroupBy: [][]string{nil, {"a"}, {"service", "b"}, {GroupEach}}[r.Intn(4)]}
		if r.Intn(3) == 0 {
			route.Integrations = []string{pick("prometheus", "hand")}
		}
		rules.Routes = append(rules.Routes, route)
	}
	return rules, func() (Signal, string) {
		s := Signal{Key: value() + "k", Group: value(), Title: value(), Service: pick("", "checkout", "search", "x"), Severity: Severity(pick("", "critical", "warning")), Labels: map[string]string{}}
		for range r.Intn(4) {
			s.Labels[pick("a", "b", "severity", "title")] = value()
		}
		return s, pick("prometheus", "hand", "grafana")
	}
}

// TestRoutingIsDeterministic asks random rules twice, by two routers, with and without
// the explanation, and checks what holds of every decision.
func TestRoutingIsDeterministic(t *testing.T) {
	seed := time.Now().UnixNano()
	rng := rand.New(rand.NewSource(seed))
	for range 300 {
		rules, signal := randomRules(rng)
		first, second := router(t, rules), router(t, rules)
		unreachable := map[string]bool{}
		for _, p := range first.Unreachable() {
			var i int
			if _, err := fmt.Sscanf(p.Path, "routes[%d]", &i); err != nil {
				t.Fatal(err)
			}
			unreachable[fmt.Sprintf("route %d", i+1)] = true
		}
		groups := map[string]Decision{}
		for range 50 {
			s, via := signal()
			at := monday.Add(time.Duration(rng.Intn(48*60)) * time.Minute)
			d := first.Route(s, via, at)
			e := second.Explain(s, via, at)
			if len(e.Why) < 6 {
				t.Fatalf("seed %d: got only %q", seed, e.Why)
			}
			if e.Why = nil; !reflect.DeepEqual(d, e) {
				t.Fatalf("seed %d: %+v by %s: got %+v and %+v", seed, s, via, d, e)
			}
			if unreachable[d.Route] {
				t.Fatalf("seed %d: %s is said to be unreachable, and took %+v by %s", seed, d.Route, s, via)
			}
			if (d.Silenced == "") != d.SilencedUntil.IsZero() || !d.SilencedUntil.IsZero() && !d.SilencedUntil.After(at) {
				t.Fatalf("seed %d: %+v at %s", seed, d, at)
			}
			// One group goes to one place, unless its alerts are each their own.
			if other, ok := groups[d.Group]; ok && !strings.HasPrefix(d.Group, "key/") &&
				(other.Service != d.Service || other.Escalation != d.Escalation || other.Channel != d.Channel) {
				t.Fatalf("seed %d: group %s goes to two places: %+v and %+v", seed, d.Group, other, d)
			}
			groups[d.Group] = d
		}
	}
}

// TestWindowsSilenceOnlyThemselves asks in many zones, around the changes of their
// clocks: whatever is silenced lies in the window as the clock there shows it, and the
// end that is told is when it is over.
func TestWindowsSilenceOnlyThemselves(t *testing.T) {
	seed := time.Now().UnixNano()
	rng := rand.New(rand.NewSource(seed))
	names := oncall.ZoneNames()
	for range 60 {
		zone := names[rng.Intn(len(names))]
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		hour, length := rng.Intn(24), time.Duration(1+rng.Intn(20))*30*time.Minute
		r := router(t, Rules{Maintenance: []Maintenance{{Name: "w", Match: map[string]string{"job": "backup"}, Cron: fmt.Sprintf("0 %d * * *", hour), Duration: length, TimeZone: zone}}})
		start := time.Date(2000+rng.Intn(40), time.Month(1+rng.Intn(12)), 1, 0, 0, 0, 0, time.UTC)
		if _, change := start.In(loc).ZoneBounds(); !change.IsZero() && change.After(start) {
			start = change.Add(-30 * time.Hour)
		}
		for at := start; at.Before(start.Add(60 * time.Hour)); at = at.Add(10 * time.Minute) {
			d := r.Route(Signal{Key: "k", Labels: map[string]string{"job": "backup"}}, "x", at)
			if other := r.Route(Signal{Key: "k", Labels: map[string]string{"job": "web"}}, "x", at); other.Silenced != "" {
				t.Fatalf("seed %d: a window for another job silences", seed)
			}
			if d.Silenced == "" {
				continue
			}
			began := d.SilencedUntil.Add(-length)
			if at.Before(began) || !at.Before(d.SilencedUntil) {
				t.Fatalf("seed %d: %s: silenced at %s by a window from %s to %s", seed, zone, at, began, d.SilencedUntil)
			}
			// It began when the clock showed the hour, or jumped over it just then.
			just := began.Add(-time.Nanosecond)
			shown, before := began.In(loc), just.In(loc)
			_, now := shown.Zone()
			_, then := before.Zone()
			if jump := now > then; !jump && (shown.Hour() != hour || shown.Minute() != 0) {
				t.Fatalf("seed %d: %s: a window from %d:00 began at %s", seed, zone, hour, shown)
			}
		}
	}
}

func BenchmarkRoute(b *testing.B) {
	rules := house()
	for i := range 50 {
		rules.Routes = append(rules.Routes, Route{Match: map[string]string{"team": fmt.Sprint("t", i), "env": "~prod|stage"}})
	}
	r := router(b, rules)
	s := Signal{Key: "ea8f291518fd76f1", Group: `{}:{alertname="HighErrorRate"}`, Service: "search", Severity: SeverityCritical, Labels: map[string]string{"alertname": "HighErrorRate", "env": "prod", "severity": "critical", "service": "search"}}
	b.ReportAllocs()
	for b.Loop() {
		r.Route(s, "prometheus", monday)
	}
}
