package alert

import (
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall/recordtest"
)

// everyKind is one event of each kind, with every field set that the kind uses.
func everyKind() []Event {
	opened := Hear{ID: "ALERT-7", Integration: "prometheus", Hush: &Hush{Window: "nightly", Until: noon.Add(time.Hour)}, Fold: "PAGE-3", Continues: "ALERT-6", Storm: "ops/2",
		Signal: Signal{Key: "f1", Group: "{}:{}", Status: Firing, Title: "disk full", Description: "on /", Severity: SeverityWarning, Labels: map[string]string{"b": "2", "a": "1"},
			Links: []Link{{LinkGraph, "Graph", "https://prometheus/graph"}}, Starts: noon.Add(-time.Minute), Count: 2, Notes: []string{"The title was cut."}},
		Decision: Decision{Route: "disks", Service: "checkout", Escalation: "checkout", Channel: "svc-checkout", Severity: SeverityWarning, Page: true, Declare: 2, Group: "disks/1", Window: 5 * time.Minute},
	}.open(noon)
	member := Member{Key: "f2", Integration: "grafana", Title: "disk fuller", Status: Firing, Starts: noon, Since: noon, Count: 1}
	gone := member
	gone.Status = Resolved
	list := []Event{
		{Kind: WasOpened, Alert: opened},
		{Kind: MemberJoined, Place: 1, Member: &member, Severity: SeverityCritical, Pages: true, Counts: map[int]int{1: 1}, Suppressed: 1},
		{Kind: MemberFired, Place: 1, Member: &member, Counts: map[int]int{1: 1}},
		{Kind: WasRepeated, Counts: map[int]int{0: 12, 1: 3}, Suppressed: 4},
		{Kind: WasWorsened, Severity: SeverityCritical, Pages: true},
		{Kind: WasUnsilenced, By: "dev1", Via: "slack", Text: "over"},
		{Kind: WasSilenced, By: "dev1", Via: "cli", Hush: &Hush{Silence: "SIL-1", Until: noon.Add(time.Hour)}, Text: "known"},
		{Kind: WasUnpaged, Text: "there is no policy"},
		{Kind: WasPaged, Page: "PAGE-4"},
		{Kind: PageEscalated, Page: "PAGE-4", Step: 2},
		{Kind: PageResumed, By: "sre1", Page: "PAGE-4", Text: "it was handed over to dev1"},
		{Kind: WasAcknowledged, By: "dev1", Via: "slack", Page: "PAGE-4"},
		{Kind: WasAckedAgain, By: "dev2", Via: "slack", Page: "PAGE-4"},
		{Kind: PageHandedOver, By: "dev1", Via: "slack", Page: "PAGE-4", Person: "dev3"},
		{Kind: PageSnoozed, By: "dev3", Via: "slack", Page: "PAGE-4", Until: noon.Add(time.Hour)},
		{Kind: PageEnded, By: "dev1", Page: "PAGE-4", Text: "answered"},
		{Kind: WasFolded, Page: "PAGE-5"},
		{Kind: WasNoise, By: "dev2", Via: "slack", Text: "always at noon"},
		{Kind: WasDeclared, By: "dev1", Via: "slack", Incident: "INC-3"},
		{Kind: WasContinued, Other: "ALERT-8"},
		{Kind: WasShown},
		{Kind: MemberResolved, Place: 1, Member: &gone},
		{Kind: WasResolved, Place: 1, Member: &gone},
		{Kind: WasReopened, Place: 1, Member: &member, Counts: map[int]int{1: 1}},
		{Kind: WaitBegan, Until: noon.Add(time.Minute), Text: "dev1 is at it"},
		{Kind: WaitEnded},
		{Kind: WasClosed, By: "dev1", Via: "cli", Text: "moved away"},
		{Kind: WasUnfolded, Page: "PAGE-5", Text: "it has become worse"},
		{Kind: WasWorsened, Severity: SeverityCritical, Anew: true},
		{Kind: WasRerouted, Route: "critical", Escalation: "sre", Declare: 2},
		{Kind: WasHeeded},
		{Kind: WasLessened, Severity: SeverityWarning, Pages: true},
	}
	for n := range list {
		list[n].Seq, list[n].At, list[n].Recorded = uint64(n+1), noon, noon
	}
	return list
}

func record() recordtest.Record[Alert, Event] {
	return recordtest.Record[Alert, Event]{Every: everyKind, Apply: Apply,
		Bare: func(e Event) Event { return Event{Seq: e.Seq, Kind: e.Kind, At: e.At, Recorded: e.Recorded} },
		Kind: func(e Event) string { return string(e.Kind) },
	}
}

func TestStoredShapes(t *testing.T) { record().Shapes(t, "testdata/record/stored.json", *update) }

func TestApplyChangesNothingItWasGiven(t *testing.T) { record().Pure(t) }

func TestEventsThatSayNothingFailNoLoad(t *testing.T) {
	x := tell(t)
	x.do(fires("a"))
	for _, e := range everyKind() {
		if e.Kind == WasOpened {
			continue
		}
		Apply(x.a, Event{Kind: e.Kind}) // erased texts leave empty payloads
		Apply(x.a, Event{Kind: e.Kind, Place: -7, Member: &Member{}, Counts: map[int]int{-1: 1, 9: 2}})
	}
	Apply(Alert{}, Event{Kind: WasOpened})
	if got, want := dump(t, Apply(x.a, Event{Kind: "renamed_later", By: "dev1"})), dump(t, x.a); got != want {
		t.Errorf("an unknown kind changed the record:\n%s\n%s", want, got)
	}
}
