package paging

import (
	"flag"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/recordtest"
)

var update = flag.Bool("update", false, "write the golden file; stored shapes must never change")

// everyKind is one event of each kind, with every field set that the kind uses.
func everyKind() []Event {
	p := Policy{Name: "checkout", Steps: []Step{
		{Notify: []Target{"schedule:checkout"}, Wait: 5 * time.Minute, When: When{Severity: []string{"SEV1", "critical"}, Service: []string{"checkout"},
			Hours: []oncall.Window{{Days: []string{"mon"}, From: "09:00", To: "17:00"}}, TimeZone: "Europe/Berlin"}},
		{Notify: []Target{"person:sre2"}, Wait: time.Minute}}, Repeat: 2, AckTimeout: 30 * time.Minute, Floor: []Target{"channel:ops"}}
	at := func(minutes time.Duration) time.Time { return noon.Add(minutes * time.Minute) }
	sre2 := Recipient{Person: "sre2"}
	list := []Event{
		{Kind: Opened, ID: "PAGE-7", Subject: "INC-42", Policy: &p, By: "dev1", Urgency: Low, Facts: Facts{Severity: "SEV2", Service: "checkout"}, Due: noon, Ends: at(600)},
		{Kind: Skipped, Step: 1, Cycle: 1, Text: "nobody is on call"},
		{Kind: Stepped, Step: 1, Cycle: 1, Turn: 3, Due: at(1), Calls: []Call{{Recipient: sre2, Method: SMS, Step: 1, Turn: 3}, {Recipient: Recipient{Channel: "ops"}, Step: 1, Turn: 3}},
			First: 1, Late: 1500, Pending: []Pending{{To: sre2, Method: Voice, Step: 1, Turn: 3, At: at(5), Every: time.Minute}, {To: sre2, Step: 1, Turn: 3, At: at(6)}}},
		{Kind: NoticeSent, Notice: 1, Provider: "SM42"},
		{Kind: NoticeDelivered, Notice: 1, Provider: "SM42"},
		{Kind: NoticeFailed, Notice: 2, Provider: "SM43", Text: "deactivated"},
		{Kind: NoticeDropped, Notice: 2, Text: "a later message has taken its place before it was sent", Unsent: true},
		{Kind: NoticePaused, Notice: 1},
		{Kind: Contacted, Turn: 3, First: 3, Calls: []Call{{Recipient: sre2, Step: 1, Turn: 3}}, Late: 2000, Off: []string{"dev1"},
			Spared:  []Spared{{Recipient: Recipient{Person: "dev2"}, On: "PAGE-6", Turn: 3}, {Recipient: Recipient{Channel: "dev"}, On: "PAGE-6", Turn: 3, Again: true}},
			Pending: []Pending{{To: sre2, Method: Voice, Step: 1, Turn: 3, At: at(5), Every: time.Minute}}},
		{Kind: MediumDown, Method: Slack},
		{Kind: MediumDeaf, Method: Slack},
		{Kind: MediumHeard, Method: Slack},
		{Kind: Declined, By: "sre2", Via: "slack"},
		{Kind: PolicySpent, Step: 1, Cycle: 2},
		{Kind: Escalated, By: "lead1", Via: "cli"},
		{Kind: Restated, Urgency: High, Facts: Facts{Severity: "SEV1", Service: "checkout"}},
		{Kind: AcknowledgedK, By: "dev1", Via: "slack", Proof: "a1b2c3", Due: at(30)},
		{Kind: AnsweredAgain, By: "sre2", Via: "slack", Due: at(31)},
		{Kind: Renewed, By: "sre2", Via: "slack", Due: at(32)},
		{Kind: HandedOver, By: "dev1", Via: "slack", Person: "sre2"},
		{Kind: Stepped, Step: -1, Turn: 4, Reason: ByHandOver, Due: at(5), First: 4, Calls: []Call{{Recipient: sre2, Step: -1, Turn: 4, Unheard: true}}},
		{Kind: SnoozedK, By: "sre2", Via: "slack", Due: at(60)},
		{Kind: Resumed, By: "sre2", Reason: BySnooze},
		{Kind: Resumed, By: "sre2", Reason: ByTimeout},
		{Kind: FoldedK, Count: 12, Text: "ALERT-9"},
		{Kind: Stepped, Turn: 5, Due: at(10)},
		{Kind: ClockSetBack, Back: time.Hour},
		{Kind: EndedK, By: "dev1", Via: "slack", Text: "the incident is over"},
		{Kind: Resumed, By: "sre2", Reason: ByWorse},
		{Kind: Hastened, Due: at(5)},
		{Kind: Returned, Step: -1, Cycle: 1},
		{Kind: Skipped, Step: 1, Text: "only guests are in it, who may not answer pages", Barred: []string{"guest1"}},
		{Kind: Stepped, Step: 1, Turn: 6, Due: at(10), Barred: []string{"guest1"}},
		{Kind: Stepped, Step: 1, Turn: 7, Due: at(485), Held: at(480), First: 5, Pending: []Pending{{To: sre2, Step: 1, Turn: 7, At: at(480)}}},
		{Kind: Contacted, Turn: 7, Due: at(605), Held: at(600), First: 5, Pending: []Pending{{To: sre2, Step: 1, Turn: 7, At: at(600)}}},
		{Kind: Contacted, Turn: 7, Due: at(605), First: 5, Calls: []Call{{Recipient: sre2, Step: 1, Turn: 7}}},
	}
	for n := range list {
		list[n].Seq, list[n].At, list[n].Recorded = uint64(n+1), noon, noon
	}
	return list
}

func record() recordtest.Record[Page, Event] {
	return recordtest.Record[Page, Event]{Every: everyKind, Apply: Apply,
		Bare: func(e Event) Event { return Event{Seq: e.Seq, Kind: e.Kind, At: e.At, Recorded: e.Recorded} },
		Kind: func(e Event) string { return string(e.Kind) },
	}
}

func TestStoredShapes(t *testing.T) { record().Shapes(t, "testdata/stored.json", *update) }

func TestApplyChangesNothingItWasGiven(t *testing.T) { record().Pure(t) }

func TestEventsThatSayNothingFailNoLoad(t *testing.T) {
	x := start(t, duty, policy(0, "schedule:checkout"))
	for _, k := range []Kind{"renamed_later", Stepped, NoticeSent, Declined, Skipped} {
		Apply(x.p, Event{Kind: k}) // erased texts leave empty payloads
	}
	if got, want := dump(t, Apply(x.p, Event{Kind: "renamed_later", By: "dev1", Turn: 9, Notice: 1})), dump(t, x.p); got != want {
		t.Errorf("an unknown kind changed the record:\n%s\n%s", want, got)
	}
	if p := Apply(Page{}, Event{Kind: Opened, ID: "PAGE-1"}); p.ID != "PAGE-1" || p.Status != Open {
		t.Errorf("got %+v", p)
	}
}
