package incident

import (
	"encoding/json"
	"flag"
	"os"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files; stored shapes must never change")

// everyKind is one event of each kind, with every field set that the kind uses.
func everyKind() []Event {
	by, bot := who("dev1"), Actor{}
	list := []Event{
		{Kind: Declared, By: by, ID: "INC-42", Title: "checkout returns 503", Severity: 2, Service: "checkout", Name: "inc-42-checkout"},
		{Kind: LeadSet, By: bot, Person: "sre1", Answered: true, Was: "dev1"},
		{Kind: SeveritySet, By: by, Severity: 1, Was: "SEV2", Text: "all regions"},
		{Kind: Updated, By: by, Text: "payments are back"},
		{Kind: Noted, By: Actor{Person: "guest1", Via: "cli", Guest: true}, Text: "deploy 4711", At: noon.Add(-15 * time.Minute)},
		{Kind: RoomOpened, Channel: "C1", Name: "inc-42-checkout"},
		{Kind: RoomLost, Channel: "C1", Name: "inc-42-checkout", Text: "archived"},
		{Kind: Invited, Person: "sre1"},
		{Kind: Unpaged, Text: "no policy"},
		{Kind: Paged, By: by, Page: "PAGE-7", Whom: []string{"sre1", "channel:ops"}, Step: 1, Floor: true},
		{Kind: PagePaused, Page: "PAGE-7", Person: "sre1"},
		{Kind: PageFailed, Page: "PAGE-7", Person: "sre1", Method: "sms", Text: "deactivated"},
		{Kind: PageDeclined, By: who("sre1"), Page: "PAGE-7", Person: "sre1"},
		{Kind: PageEscalated, By: by, Page: "PAGE-7"},
		{Kind: PageSkipped, Page: "PAGE-7", Text: "nobody is on call"},
		{Kind: PageSpent, Page: "PAGE-7"},
		{Kind: PageAcknowledged, By: who("sre2"), Page: "PAGE-7", Person: "sre2", Answered: true},
		{Kind: PageAnsweredAgain, By: who("sre1"), Page: "PAGE-7", Person: "sre1"},
		{Kind: PinMarked, By: by, Channel: "C1", TS: message, Mark: "dev1:pushpin", On: true, EventTS: "1772625601.000100"},
		{Kind: PinEntered, By: by, Channel: "C1", TS: message, Thread: "1772624000.000100", At: noon.Add(-time.Minute)},
		{Kind: PinText, Channel: "C1", TS: message, Entry: 20, Author: "dev2", Text: "look", Link: "https://example.com/", Was: "gone"},
		{Kind: PinEdited, By: who("dev2"), Channel: "C1", TS: message, Entry: 20, Text: "look here"},
		{Kind: PinDeleted, By: who("dev2"), Channel: "C1", TS: message, Entry: 20},
		{Kind: PinWithdrawn, By: by, Channel: "C1", TS: message, Entry: 20},
		{Kind: PageHandedOver, By: by, Page: "PAGE-7", Person: "sre1"},
		{Kind: PageSnoozed, By: by, Page: "PAGE-7", Until: noon.Add(time.Hour)},
		{Kind: PageResumed, By: by, Page: "PAGE-7", Snoozed: true},
		{Kind: PageNobody, Page: "PAGE-7"},
		{Kind: PageEnded, By: by, Page: "PAGE-7"},
		{Kind: WasResolved, By: by, Text: "rolled back"},
		{Kind: WasReopened, By: by, Text: "it is back", Was: "resolved"},
		{Kind: WasClosed, By: by},
		{Kind: DraftPosted, Link: "https://example.com/draft"},
		{Kind: DeliveryFailed, Text: "the card of INC-42"},
		{Kind: AlertFired, By: by, Alert: "ALERT-7", Title: "disk full"},
		{Kind: AlertOver, Alert: "ALERT-7", Title: "disk full"},
		{Kind: WasDown, At: noon.Add(-7 * time.Minute), Until: noon},
		{Kind: WasCutOff, At: noon.Add(-7 * time.Minute), Until: noon},
		{Kind: RoomBack, Channel: "C1", Name: "inc-42-checkout"},
	}
	for n := range list {
		list[n].Seq, list[n].Recorded = uint64(n+1), noon
		if list[n].At.IsZero() {
			list[n].At = noon
		}
	}
	return list
}

// TestStoredShapes compares what is stored of each kind, and the record after
// it, with what releases before this one have written.
func TestStoredShapes(t *testing.T) {
	const path = "testdata/stored.json"
	type entry struct {
		Kind   Kind            `json:"kind"`
		At     time.Time       `json:"at"`
		Event  json.RawMessage `json:"event"`
		Record json.RawMessage `json:"record"`
	}
	var got []entry
	var i Incident
	for _, e := range everyKind() {
		i = Apply(i, e)
		got = append(got, entry{e.Kind, e.At, json.RawMessage(dump(t, e)), json.RawMessage(dump(t, i))})
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
	var old Incident
	for n, w := range want {
		e := Event{Seq: uint64(n + 1), Kind: w.Kind, At: w.At, Recorded: noon}
		if err := json.Unmarshal(w.Event, &e); err != nil {
			t.Fatal(err)
		}
		for _, now := range []string{dump(t, e), dump(t, got[n].Event)} {
			if now != dump(t, w.Event) || got[n].Kind != w.Kind {
				t.Errorf("%s is stored as %s, want %s", w.Kind, now, dump(t, w.Event))
			}
		}
		old = Apply(old, e)
		if now := dump(t, old); now != dump(t, w.Record) {
			t.Errorf("after %s the record is %s, want %s", w.Kind, now, dump(t, w.Record))
		}
	}
}

func TestApplyChangesNothingItWasGiven(t *testing.T) {
	var i Incident
	for _, e := range everyKind() {
		for _, other := range everyKind() { // from the same record two ways
			before, event := dump(t, i), dump(t, other)
			one := Apply(i, e)
			first := dump(t, one)
			Apply(i, other)
			Apply(one, other)
			if got := dump(t, i); got != before {
				t.Fatalf("%s changed the record it was given:\n%s\n%s", other.Kind, before, got)
			}
			if got := dump(t, one); got != first {
				t.Fatalf("%s changed the record after %s:\n%s\n%s", other.Kind, e.Kind, first, got)
			}
			if got := dump(t, other); got != event {
				t.Fatalf("%s changed itself", other.Kind)
			}
		}
		i = Apply(i, e)
	}
}

func TestDecideChangesNothingItWasGiven(t *testing.T) {
	x := declared(t)
	x.do(RecordPaged{Page: "PAGE-1", Whom: []string{"sre1"}})
	x.do(pin("dev1", "pin", "11.000001"))
	before := dump(t, x.i)
	for _, c := range []Command{pin("dev2", "pin", "12.000001"), unpin("dev1", "pin", "12.000001"), Invite{People: []string{"dev1"}}, Acknowledge{By: who("sre1"), Page: "PAGE-1"},
		Resolve{By: who("dev1")}, RecordPage{Kind: PagePaused, Page: "PAGE-1", Person: "sre1"}, FillPin{Channel: "C1", TS: message, Text: "x"}} {
		if _, err := Decide(x.i, c, noon); err != nil {
			t.Fatal(err)
		}
		if got := dump(t, x.i); got != before {
			t.Fatalf("%T changed the record it was given:\n%s\n%s", c, before, got)
		}
	}
}

func TestEventsThatSayNothingFailNoLoad(t *testing.T) {
	i := declared(t).i
	if got, want := dump(t, Apply(i, Event{Kind: "renamed_later", Person: "x", Severity: 1, Title: "y", Page: "PAGE-1"})), dump(t, i); got != want {
		t.Errorf("an unknown kind changed the record:\n%s\n%s", want, got)
	}
	var events []Event
	for n, e := range everyKind() { // erased texts leave empty payloads
		events = append(events, Event{Seq: uint64(n + 1), Kind: e.Kind, At: noon, Recorded: noon})
		i = Apply(i, events[n])
		Apply(Incident{}, events[n])
	}
	for _, l := range Timeline(events, PlainNames) {
		if l.Text == "" {
			t.Errorf("an empty %s has no line", l.Kind)
		}
	}
}
