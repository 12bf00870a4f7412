package alert

import (
	"testing"
	"time"
)

// TestWhatKeepsAnAlertFromPeople: each of these alone does, or alone does not.
func TestWhatKeepsAnAlertFromPeople(t *testing.T) {
	for name, tc := range map[string]struct {
		keep           func(a *Alert)
		page, incident bool
	}{
		"nothing":               {func(*Alert) {}, true, true},
		"it is over":            {func(a *Alert) { a.State = StateResolved }, false, false},
		"it pages nobody":       {func(a *Alert) { a.Pages = false }, false, true},
		"it declares nothing":   {func(a *Alert) { a.Declare = 0 }, true, false},
		"a page":                {func(a *Alert) { a.Page = "PAGE-1" }, false, true},
		"an answer":             {func(a *Alert) { a.Acknowledged = &Said{By: "dev1"} }, false, true},
		"its incident":          {func(a *Alert) { a.Incident = "INC-1" }, false, false},
		"an incident of before": {func(a *Alert) { a.Incident, a.Left = "INC-1", noon.Add(-time.Hour) }, true, true},
		"it asks for nobody":    {func(a *Alert) { a.Noise = &Said{By: "dev1"} }, false, false},
		"a silence":             {func(a *Alert) { a.Hush = &Hush{Until: noon.Add(1)} }, false, false},
		"a silence until now":   {func(a *Alert) { a.Hush = &Hush{Until: noon} }, true, true},
		"a wait":                {func(a *Alert) { a.Waits = noon.Add(1) }, false, false},
		"a wait until now":      {func(a *Alert) { a.Waits = noon }, true, true},
	} {
		a := Alert{ID: "ALERT-1", State: StateOpen, Pages: true, Declare: 2}
		tc.keep(&a)
		if page, incident := a.WantsPage(noon), a.WantsIncident(noon); page != tc.page || incident != tc.incident {
			t.Errorf("%s: wants a page %v, an incident %v; want %v, %v", name, page, incident, tc.page, tc.incident)
		}
	}
}

// TestWhatFiresBesideWhatIsKnown: what is worse goes where its own route says, and nothing
// that was said of less holds for it; what is not worse moves nobody.
func TestWhatFiresBesideWhatIsKnown(t *testing.T) {
	by := func(escalation string, declare int) func(*Hear) {
		return func(h *Hear) { h.Decision.Escalation, h.Decision.Declare = escalation, declare }
	}
	quiet := func(h *Hear) { h.Decision.Page = false }
	noise, wait := NotActionable{By: "dev1"}, Wait{Until: noon.Add(time.Hour)}
	for name, tc := range map[string]struct {
		first  Hear
		then   Command // nil: nothing
		second Hear
		want   string
		goes   string // its escalation
		pages  bool   // whether somebody is to be told at once
	}{
		"less, by another way":            {fires("a", severity(SeverityCritical), by("first", 0)), nil, fires("b", severity(SeverityWarning), by("second", 0)), "member_joined", "first", true},
		"as bad, by another way":          {fires("a", severity(SeverityError), by("first", 0)), nil, fires("b", severity(SeverityError), by("second", 0)), "member_joined", "first", true},
		"worse, by another way":           {fires("a", severity(SeverityWarning), by("first", 0)), nil, fires("b", severity(SeverityError), by("second", 0)), "member_joined, rerouted", "second", true},
		"pages, and by another way worse": {fires("a", severity(SeverityError), by("first", 0)), nil, fires("b", severity(SeverityCritical), by("second", 0)), "member_joined, rerouted", "second", true},
		"worse, by a way without one":     {fires("a", severity(SeverityError), by("first", 0)), nil, fires("b", severity(SeverityCritical), by("first", 0), quiet), "member_joined", "first", true},
		"less, into an incident":          {fires("a", severity(SeverityCritical), by("first", 0)), nil, fires("b", severity(SeverityWarning), by("second", 3)), "member_joined, rerouted", "second", true},
		"less, into another incident":     {fires("a", severity(SeverityCritical), by("first", 2)), nil, fires("b", severity(SeverityWarning), by("second", 3)), "member_joined", "first", true},
		"worse than what was noise":       {fires("a", severity(SeverityError), by("first", 0)), noise, fires("b", severity(SeverityCritical), by("first", 0)), "member_joined, heeded", "first", true},
		"pages, and noise did not":        {fires("a", severity(SeverityError), quiet), noise, fires("b", severity(SeverityError)), "member_joined, heeded", "", true},
		"as bad as what was noise":        {fires("a", severity(SeverityError), by("first", 0)), noise, fires("b", severity(SeverityError), by("first", 0)), "member_joined", "first", false},
		"worse, and neither pages":        {fires("a", severity(SeverityInfo), by("first", 0)), noise, fires("b", severity(SeverityWarning), by("first", 0)), "member_joined", "first", false},
		"worse than what waits":           {fires("a", severity(SeverityError), by("first", 0)), wait, fires("b", severity(SeverityCritical), by("first", 0)), "member_joined, wait_ended", "first", true},
		"as bad as what waits":            {fires("a", severity(SeverityError), by("first", 0)), wait, fires("b", severity(SeverityError), by("first", 0)), "member_joined", "first", false},
	} {
		x := tell(t)
		x.do(tc.first)
		if tc.then != nil {
			x.do(tc.then)
		}
		worst := tc.first.Decision.Severity
		if tc.second.Decision.Severity.Worse(worst) {
			worst = tc.second.Decision.Severity
		}
		if got := x.do(tc.second); x.a.Severity != worst || got != tc.want || x.a.Escalation != tc.goes || x.a.WantsPage(noon) != tc.pages {
			t.Errorf("%s: got %q by %q, %s, wants a page %v; want %q by %q, %s, %v", name, got, x.a.Escalation, x.a.Severity, x.a.WantsPage(noon), tc.want, tc.goes, worst, tc.pages)
		}
	}
}

// TestLessFiresAgain: what was more, and is over, neither pages nor leads anybody astray.
func TestLessFiresAgain(t *testing.T) {
	x := tell(t)
	x.do(fires("a", severity(SeverityCritical), func(h *Hear) { h.Decision.Escalation = "first" }))
	x.do(over("a"))
	x.want(fires("a", severity(SeverityWarning), func(h *Hear) { h.Decision.Escalation = "second" }), "reopened, lessened, rerouted")
	if x.a.Severity != SeverityWarning || x.a.Escalation != "second" || x.a.WantsPage(noon) {
		t.Errorf("a warning that fires again: %+v", x.a)
	}
}

// TestWhatHasNoEffectOnAnAlert changes nothing.
func TestWhatHasNoEffectOnAnAlert(t *testing.T) {
	x := tell(t)
	x.want(Wait{Until: noon.Add(time.Hour)}, "")
	x.do(fires("a"))
	x.want(Wait{Until: noon}, "")
	x.want(LeaveIncident{Until: noon.Add(time.Hour)}, "")
	x.want(RejoinIncident{}, "")
	x.do(Declare{By: "dev1", Incident: "INC-1"})
	x.want(RejoinIncident{}, "")
	x.want(LeaveIncident{Until: noon.Add(time.Hour)}, "incident_over")
	x.want(LeaveIncident{Until: noon.Add(time.Hour)}, "")
	x.do(over("a"))
	x.want(RejoinIncident{}, "")
	x.want(Wait{Until: noon.Add(time.Hour)}, "")
}
