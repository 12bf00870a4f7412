package alert

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func dump(t *testing.T, v any) string {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// story is an alert, all its events, and its clock.
type story struct {
	t      *testing.T
	a      Alert
	events []Event
	now    time.Time
}

func tell(t *testing.T) *story { return &story{t: t, now: noon} }

func fires(key string, edit ...func(*Hear)) Hear {
	h := Hear{ID: "ALERT-1", Integration: "prometheus", Signal: Signal{Key: key, Status: Firing, Title: "disk full", Count: 1},
		Decision: Decision{Service: "checkout", Channel: "svc-checkout", Page: true, Group: "g"}}
	for _, f := range edit {
		f(&h)
	}
	return h
}

func over(key string, edit ...func(*Hear)) Hear {
	return fires(key, append(edit, func(h *Hear) { h.Signal.Status = Resolved })...)
}

func since(t time.Time) func(*Hear) { return func(h *Hear) { h.Signal.Starts = t } }
func severity(s Severity) func(*Hear) {
	return func(h *Hear) { h.Decision.Severity = s; h.Decision.Page = s.Pages() }
}
func from(integration string) func(*Hear) { return func(h *Hear) { h.Integration = integration } }

// do decides a command and applies what it makes happen; it returns the kinds.
func (x *story) do(c Command) string {
	x.t.Helper()
	events, err := Decide(x.a, c, x.now)
	if err != nil {
		x.t.Fatalf("%T: %v", c, err)
	}
	var kinds []string
	for _, e := range events {
		e.Seq = uint64(len(x.events) + 1)
		x.events = append(x.events, e)
		x.a = Apply(x.a, e)
		kinds = append(kinds, string(e.Kind))
	}
	x.holds()
	return strings.Join(kinds, ", ")
}

func (x *story) want(c Command, want string) {
	x.t.Helper()
	if got := x.do(c); got != want {
		x.t.Errorf("%T: got %q, want %q", c, got, want)
	}
}

func (x *story) refused(c Command, want Code) string {
	x.t.Helper()
	before := dump(x.t, x.a)
	events, err := Decide(x.a, c, x.now)
	var e *Error
	if !errors.As(err, &e) || e.Code != want || len(events) != 0 {
		x.t.Fatalf("%T: got %v and error %v, want it refused as %s", c, events, err, want)
	}
	if after := dump(x.t, x.a); after != before {
		x.t.Fatalf("%T was refused and changed the alert", c)
	}
	return e.Message
}

// holds checks what is true of every alert at every moment.
func (x *story) holds() {
	x.t.Helper()
	a := x.a
	if a.ID == "" {
		return
	}
	if (a.State == StateOpen) != a.Ended.IsZero() {
		x.t.Fatalf("the alert is %s and ended %v", a.State, a.Ended)
	}
	if a.State == StateOpen && a.Firing() == 0 || a.State == StateResolved && a.Firing() > 0 {
		x.t.Fatalf("the alert is %s and %d members fire", a.State, a.Firing())
	}
	if len(a.Members) > MaxMembers {
		x.t.Fatalf("%d members", len(a.Members))
	}
	if a.State != StateOpen && !a.Due.IsZero() || a.Hush != nil && a.State == StateOpen && !a.Due.Equal(a.Hush.Until) {
		x.t.Fatalf("the alert is %s, hushed by %+v and due %v", a.State, a.Hush, a.Due)
	}
	if len(x.events) > 50 && len(x.events)%17 > 0 {
		return // the fold of long stories is only looked at now and then
	}
	var again Alert
	for _, e := range x.events {
		var back Event
		if err := json.Unmarshal([]byte(dump(x.t, e)), &back); err != nil {
			x.t.Fatal(err)
		}
		back.Seq, back.Kind, back.At, back.Recorded = e.Seq, e.Kind, e.At, e.Recorded
		again = Apply(again, back)
	}
	if got, want := dump(x.t, again), dump(x.t, a); got != want {
		x.t.Fatalf("the fold of the stored events differs from the record:\n%s\n%s", got, want)
	}
}

func TestAnAlertFiresAndResolves(t *testing.T) {
	x := tell(t)
	x.want(over("a"), "") // nobody has heard of it
	if x.a.ID != "" {
		t.Fatalf("a resolve opened %s", x.a.ID)
	}
	x.want(fires("a"), "opened")
	if a := x.a; a.ID != "ALERT-1" || a.State != StateOpen || !a.Opened.Equal(noon) || a.Count != 1 || a.Service != "checkout" || !a.WantsPage(noon) {
		t.Errorf("opened: %+v", a)
	}
	x.want(fires("a"), "") // only counts, and the desk counts
	x.want(Repeat{Counts: map[int]int{0: 3}}, "repeated")
	if x.a.Count != 4 || x.a.Members[0].Count != 4 {
		t.Errorf("after three repeats the counts are %d and %d", x.a.Count, x.a.Members[0].Count)
	}
	x.now = noon.Add(time.Minute)
	x.want(over("a"), "resolved")
	x.want(over("a"), "")
	if x.a.State != StateResolved || !x.a.Ended.Equal(x.now) || x.a.WantsPage(x.now) {
		t.Errorf("resolved: %+v", x.a)
	}
}

func TestAGroupIsOverWhenAllMembersAre(t *testing.T) {
	x := tell(t)
	x.do(fires("a"))
	x.want(fires("b", func(h *Hear) { h.Signal.Title = "disk fuller" }), "member_joined")
	x.want(fires("a", from("grafana")), "member_joined") // the same key of another integration is another
	if got := x.a.Members; got[0].Title != "" || got[1].Title != "disk fuller" || got[2].Integration != "grafana" || x.a.From(got[0]) != "prometheus" {
		t.Errorf("members %+v", got)
	}
	x.want(over("a"), "member_resolved")
	x.want(over("c"), "")
	x.want(fires("a"), "member_fired")
	x.want(over("a"), "member_resolved")
	x.want(over("b"), "member_resolved")
	x.want(over("a", from("grafana")), "resolved")
	if x.a.Count != 4 || x.a.Members[0].Count != 2 {
		t.Errorf("the counts are %d and %d, want 4 and 2", x.a.Count, x.a.Members[0].Count)
	}
	x.want(fires("b"), "reopened")
	if x.a.Reopened != 1 || x.a.State != StateOpen || x.a.Firing() != 1 {
		t.Errorf("reopened: %+v", x.a)
	}
}

// The clock of a source may be an hour off; only its own times are compared.
func TestStartsDecidesWhatIsNew(t *testing.T) {
	for _, off := range []time.Duration{0, time.Hour, -time.Hour} {
		x := tell(t)
		first := noon.Add(off)
		x.do(fires("a", since(first)))
		x.want(fires("a", since(first)), "")
		x.want(fires("a", since(first.Add(-time.Minute))), "") // an old delivery
		x.want(fires("a", since(first.Add(time.Minute))), "member_fired")
		if got := x.a.Members[0]; !got.Starts.Equal(first.Add(time.Minute)) || !got.Since.Equal(noon) {
			t.Errorf("off by %s: %+v", off, got)
		}
		x.want(over("a", since(first)), "") // of the time before
		x.want(over("a", since(first.Add(time.Minute))), "resolved")
		x.want(fires("a", since(first.Add(time.Minute))), "reopened") // the source was away and takes it up again
		x.want(over("a"), "resolved")                                 // it says no times now
	}
}

func TestAnAlertGetsWorse(t *testing.T) {
	x := tell(t)
	x.do(fires("a", severity(SeverityWarning)))
	if x.a.WantsPage(noon) {
		t.Error("a warning wants a page")
	}
	x.want(fires("a", severity(SeverityInfo)), "")
	x.want(fires("a", severity(SeverityCritical)), "worsened")
	if x.a.Severity != SeverityCritical || !x.a.WantsPage(noon) {
		t.Errorf("worsened: %+v", x.a)
	}
	x.want(fires("a", severity(SeverityWarning)), "")
	x.do(fires("b", severity(SeverityWarning)))
	if x.a.Severity != SeverityCritical || !x.a.Pages {
		t.Errorf("a member that is less bad made it %s", x.a.Severity)
	}
	y := tell(t)
	y.do(fires("a", severity(SeverityWarning)))
	y.want(fires("b", severity(SeverityError)), "member_joined")
	if y.a.Severity != SeverityError || !y.a.WantsPage(noon) {
		t.Errorf("a worse member left it %s", y.a.Severity)
	}
}

func TestMembersAreBounded(t *testing.T) {
	x := tell(t)
	for n := range MaxMembers {
		x.do(fires(fmt.Sprint(n)))
	}
	if !x.a.Full() {
		t.Fatal("it has room for more")
	}
	x.refused(fires("more"), Conflict)
	x.want(fires("7"), "")
	x.now = noon.Add(time.Minute)
	x.want(over("8"), "member_resolved")
	x.now = noon.Add(2 * time.Minute)
	x.want(over("7"), "member_resolved")
	x.want(fires("more"), "member_joined")
	if got := x.a.Members[8].Key; got != "more" {
		t.Errorf("the place of the member that was resolved first has %q", got)
	}
	if _, ok := x.a.Member("prometheus", "7"); !ok || len(x.a.Members) != MaxMembers {
		t.Errorf("%d members, 7 among them: %v", len(x.a.Members), ok)
	}
	x.want(Continue{Other: "ALERT-2"}, "continued")
	x.want(Continue{Other: "ALERT-2"}, "")
	x.want(Show{}, "shown")
}

func TestSilence(t *testing.T) {
	x := tell(t)
	until := noon.Add(time.Hour)
	x.do(fires("a", func(h *Hear) { h.Hush = &Hush{Window: "nightly", Until: until} }))
	if x.a.WantsPage(noon) || !x.a.Due.Equal(until) || x.a.Suppressed != 1 {
		t.Errorf("opened in a window: %+v", x.a)
	}
	x.want(Tick{}, "")
	x.want(fires("b"), "member_joined")
	x.want(Repeat{Counts: map[int]int{0: 2}, Suppressed: 2}, "repeated")
	if x.a.Suppressed != 4 || x.a.Count != 4 {
		t.Errorf("%d of %d suppressed, want 4 of 4", x.a.Suppressed, x.a.Count)
	}
	if !x.a.WantsPage(until) {
		t.Error("nobody would be paged when the silence is over by the clock, before it was said to be")
	}
	x.now = until
	x.want(Tick{}, "unsilenced")
	if !x.a.WantsPage(x.now) || !x.a.Due.IsZero() {
		t.Errorf("after the window: %+v", x.a)
	}
	later := Mute{By: "dev1", Hush: Hush{Silence: "SIL-1", Until: x.now.Add(time.Hour)}, Why: "known"}
	x.want(later, "silenced")
	x.want(later, "")
	x.refused(Mute{By: "dev1", Hush: Hush{Silence: "SIL-2", Until: x.now}}, Invalid)
	x.want(Unmute{By: "dev1"}, "unsilenced")
	if x.a.Hushed == nil || x.a.Hushed.Silence != "SIL-1" {
		t.Errorf("what it was silenced by is not known: %+v", x.a.Hushed)
	}
	x.want(Unmute{By: "dev1"}, "")
	x.want(later, "silenced")
	x.want(over("a"), "member_resolved")
	x.want(over("b"), "resolved")
	if !x.a.Due.IsZero() {
		t.Errorf("resolved and due %v", x.a.Due)
	}
	x.refused(later, Conflict)
}

func TestPagesOfAnAlert(t *testing.T) {
	x := tell(t)
	x.do(fires("a"))
	x.want(RecordPage{Kind: WasUnpaged, Why: "there is no policy"}, "unpaged")
	x.want(RecordPage{Kind: WasUnpaged, Why: "there is no policy"}, "")
	x.want(RecordPage{Kind: WasPaged, Page: "PAGE-1"}, "paged")
	x.want(RecordPage{Kind: WasPaged, Page: "PAGE-1"}, "")
	if x.a.WantsPage(noon) || x.a.Unpaged != "" || x.a.Page != "PAGE-1" || x.a.Folded {
		t.Errorf("paged: %+v", x.a)
	}
	x.want(RecordPage{Kind: PageEscalated, Page: "PAGE-1", Step: 2}, "page_escalated")
	x.want(RecordPage{Kind: PageResumed, Page: "PAGE-9"}, "")
	x.want(RecordPage{Kind: PageEnded, Page: "PAGE-9"}, "")
	x.want(Acknowledge{By: "dev1", Via: "slack", Page: "PAGE-1"}, "acknowledged")
	x.want(Acknowledge{By: "dev1", Via: "slack", Page: "PAGE-1"}, "")
	x.want(Acknowledge{Via: "pagerduty"}, "")
	x.want(Acknowledge{By: "dev2"}, "acknowledged_again")
	x.want(Acknowledge{By: "dev2"}, "")
	if a := x.a; a.Acknowledged.By != "dev1" || !slices.Equal(a.Also, []string{"dev2"}) {
		t.Errorf("acknowledged twice: %+v, then %v", a.Acknowledged, a.Also)
	}
	x.want(RecordPage{Kind: PageHandedOver, By: "dev1", Page: "PAGE-1", Person: "dev3"}, "page_handed_over")
	if x.a.Acknowledged != nil || x.a.Also != nil || x.a.WantsPage(noon) {
		t.Errorf("handed over: %+v", x.a)
	}
	x.want(RecordPage{Kind: PageSnoozed, By: "dev3", Page: "PAGE-1", Until: noon.Add(time.Hour)}, "page_snoozed")
	if a := x.a.Acknowledged; a == nil || a.By != "dev3" {
		t.Errorf("snoozed: %+v", x.a)
	}
	x.want(RecordPage{Kind: PageResumed, Page: "PAGE-1"}, "page_resumed")
	x.want(Acknowledge{By: "dev2", Page: "PAGE-1"}, "acknowledged")
	x.want(over("a"), "resolved")
	x.want(RecordPage{Kind: PageEnded, Page: "PAGE-1"}, "page_ended")
	x.refused(Acknowledge{By: "dev1"}, Conflict)
	x.want(fires("a"), "reopened")
	if x.a.Acknowledged != nil || !x.a.WantsPage(noon) {
		t.Errorf("opened again: %+v", x.a)
	}
	x.want(Wait{Until: noon.Add(time.Minute), Why: "dev1 is at it"}, "wait_began")
	if x.a.WantsPage(noon) || !x.a.Due.Equal(noon.Add(time.Minute)) {
		t.Errorf("it waits: %+v", x.a)
	}
	x.now = noon.Add(time.Minute)
	x.want(Tick{}, "wait_ended")
	x.want(RecordPage{Kind: WasFolded, Page: "PAGE-2"}, "folded")
	if !x.a.Folded || x.a.WantsPage(x.now) {
		t.Errorf("folded: %+v", x.a)
	}
	if _, err := Decide(x.a, RecordPage{Kind: WasClosed}, x.now); err == nil {
		t.Error("a page was recorded that is none")
	}
}

func TestPeopleDecideAboutAnAlert(t *testing.T) {
	x := tell(t)
	for _, c := range []Command{Acknowledge{By: "dev1"}, NotActionable{By: "dev1"}, Declare{Incident: "INC-1"}, Close{By: "dev1"}, Mute{}} {
		x.refused(c, NotFound)
	}
	x.do(fires("a"))
	x.refused(NotActionable{By: "dev1", Why: strings.Repeat("x", MaxText+1)}, Invalid)
	x.want(NotActionable{By: "dev1", Why: "always at noon"}, "not_actionable")
	x.want(NotActionable{By: "dev1", Why: "always at noon"}, "")
	if x.a.WantsPage(noon) {
		t.Error("it wants a page, and there is nothing to do")
	}
	x.want(Declare{By: "dev1", Incident: "INC-1"}, "declared")
	if got := x.refused(Declare{By: "dev2", Incident: "INC-2"}, Conflict); !strings.Contains(got, "INC-1") {
		t.Errorf("the refusal %q does not say which incident there is", got)
	}
	x.want(Close{By: "dev1", Why: "moved away"}, "closed")
	if got := x.refused(Close{By: "dev2"}, Conflict); !strings.Contains(got, "dev1") {
		t.Errorf("the refusal %q does not say who closed it", got)
	}
	x.refused(fires("a"), Conflict)
}

func TestAnAcknowledgementOfTheSource(t *testing.T) {
	x := tell(t)
	x.do(fires("a"))
	ack := fires("a", func(h *Hear) { h.Signal.Status = Acknowledged })
	x.want(ack, "acknowledged")
	x.want(ack, "")
	if x.a.Acknowledged.Via != "prometheus" || x.a.Acknowledged.By != "" {
		t.Errorf("acknowledged by %+v", x.a.Acknowledged)
	}
	x.want(fires("b"), "member_joined") // which the source has not acknowledged
	if x.a.Acknowledged != nil {
		t.Errorf("a member more, and it is acknowledged by %+v", x.a.Acknowledged)
	}
	x.do(fires("b", func(h *Hear) { h.Signal.Status = Acknowledged }))
	x.want(Acknowledge{By: "dev1"}, "acknowledged")
	x.want(Acknowledge{By: "dev2"}, "acknowledged_again")
	x.do(ack)
	if x.want(fires("c"), "member_joined"); x.a.Acknowledged == nil || x.a.Acknowledged.By != "dev1" {
		t.Errorf("dev1 answered, and it is acknowledged by %+v", x.a.Acknowledged)
	}
	y := tell(t)
	y.want(ack, "")
}

func TestSeveritiesRankAsThoseOfIncidents(t *testing.T) {
	for s, want := range map[Severity]int{SeverityCritical: 1, SeverityError: 2, "": 2, SeverityWarning: 3, SeverityInfo: 4} {
		if got := s.Rank(); got != want {
			t.Errorf("%q ranks %d, want %d", s, got, want)
		}
	}
}

// TestAServiceThatIsNotConfigured is noted once when the alert opens, unless a label shows it.
func TestAServiceThatIsNotConfigured(t *testing.T) {
	names := func(labels map[string]string) func(*Hear) {
		return func(h *Hear) {
			h.Decision.Unknown, h.Signal.Labels, h.Signal.Notes = "chekout", labels, []string{"The title was cut."}
		}
	}
	for name, c := range map[string]struct {
		labels map[string]string
		want   []string
	}{
		"a field":         {map[string]string{"service": "web"}, []string{"The title was cut.", `The service that it names, "chekout", is not configured.`}},
		"a label":         {map[string]string{"service": "chekout"}, []string{"The title was cut."}},
		"a label's value": {map[string]string{"app": "chekout"}, []string{"The title was cut."}},
	} {
		x := tell(t)
		x.do(fires("a", names(c.labels)))
		x.do(fires("b", names(c.labels)))
		if !slices.Equal(x.a.Notes, c.want) {
			t.Errorf("%s: noted %q, want %q", name, x.a.Notes, c.want)
		}
	}
}
