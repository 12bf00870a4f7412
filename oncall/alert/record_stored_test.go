package alert

import (
	"encoding/json"
	"os"
	"testing"
	"time"
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
	}
	for n := range list {
		list[n].Seq, list[n].At, list[n].Recorded = uint64(n+1), noon, noon
	}
	return list
}

// TestStoredShapes compares what is stored of each kind, and the record after it,
// with what releases before this one have written.
func TestStoredShapes(t *testing.T) {
	const path = "testdata/record/stored.json"
	type entry struct {
		Kind   Kind            `json:"kind"`
		Event  json.RawMessage `json:"event"`
		Record json.RawMessage `json:"record"`
	}
	var got []entry
	var a Alert
	for _, e := range everyKind() {
		a = Apply(a, e)
		got = append(got, entry{e.Kind, json.RawMessage(dump(t, e)), json.RawMessage(dump(t, a))})
	}
	if *update {
		out, err := json.MarshalIndent(got, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(out, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want []entry
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d kinds, want %d", len(got), len(want))
	}
	var old Alert
	for n, w := range want {
		e := Event{Seq: uint64(n + 1), Kind: w.Kind, At: noon, Recorded: noon}
		if err := json.Unmarshal(w.Event, &e); err != nil {
			t.Fatal(err)
		}
		if again := dump(t, e); again != dump(t, w.Event) {
			t.Errorf("%s is stored as %s, want %s", w.Kind, again, dump(t, w.Event))
		}
		if now := dump(t, got[n].Event); got[n].Kind != w.Kind || now != dump(t, w.Event) {
			t.Errorf("%s is stored as %s, want %s", w.Kind, now, dump(t, w.Event))
		}
		old = Apply(old, e)
		if now := dump(t, old); now != dump(t, w.Record) {
			t.Errorf("after %s the record is %s, want %s", w.Kind, now, dump(t, w.Record))
		}
	}
}

func TestApplyChangesNothingItWasGiven(t *testing.T) {
	var a Alert
	for _, e := range everyKind() {
		for _, other := range everyKind() { // from the same record two ways
			before, event := dump(t, a), dump(t, other)
			one := Apply(a, e)
			first := dump(t, one)
			Apply(a, other)
			Apply(one, other)
			if got := dump(t, a); got != before {
				t.Fatalf("%s changed the record it was given:\n%s\n%s", other.Kind, before, got)
			}
			if got := dump(t, one); got != first {
				t.Fatalf("%s changed the record after %s:\n%s\n%s", other.Kind, e.Kind, first, got)
			}
			if got := dump(t, other); got != event {
				t.Fatalf("%s changed itself", other.Kind)
			}
		}
		a = Apply(a, e)
	}
}

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
