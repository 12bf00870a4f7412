package incident

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall/recordtest"
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
		{Kind: RoomLeft, Channel: "C1"},
	}
	for n := range list {
		list[n].Seq, list[n].Recorded = uint64(n+1), noon
		if list[n].At.IsZero() {
			list[n].At = noon
		}
	}
	return list
}

func record() recordtest.Record[Incident, Event] {
	return recordtest.Record[Incident, Event]{Every: everyKind, Apply: Apply,
		Bare: func(e Event) Event { return Event{Seq: e.Seq, Kind: e.Kind, At: e.At, Recorded: e.Recorded} },
		Kind: func(e Event) string { return string(e.Kind) },
	}
}

func TestStoredShapes(t *testing.T) { record().Shapes(t, "testdata/stored.json", *update) }

func TestApplyChangesNothingItWasGiven(t *testing.T) {
	record().Pure(t)
	i := declared(t).i
	for n := range 9 { // some of the lists have room for one more
		i = Apply(i, Event{Kind: Invited, Person: fmt.Sprint(n)})
		one, two := Apply(i, Event{Kind: Invited, Person: "sre1"}), Apply(i, Event{Kind: Invited, Person: "sre2"})
		if !slices.Contains(one.Invited, "sre1") || !slices.Contains(two.Invited, "sre2") {
			t.Fatalf("after %d, %v and %v", n, one.Invited, two.Invited)
		}
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
