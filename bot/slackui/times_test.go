package slackui

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// TestWhatIsNotWithinHalfADayHasItsDay: "until 14:00" must not mean in three days.
func TestWhatIsNotWithinHalfADayHasItsDay(t *testing.T) {
	s := scene()
	far, early := noon.Add(3*24*time.Hour), noon.Add(-5*24*time.Hour)
	snoozed := paging.Page{ID: "PAGE-7", Subject: "ALERT-7", Status: paging.Acknowledged, Snoozed: true, Owner: "sre1", Until: far, Opened: noon, Answered: noon}
	held := snoozed
	held.Snoozed = false
	silenced := alert.Alert{ID: "ALERT-7", State: alert.StateOpen, Opened: early, Last: noon, Count: 2, Hush: &alert.Hush{Silence: "SIL-1", Until: far}}
	answered := silenced
	answered.Hush, answered.Acknowledged, answered.Noise = nil, &alert.Said{By: "sre1", At: noon}, &alert.Said{By: "sre1", At: noon}
	over := alert.Alert{ID: "ALERT-7", State: alert.StateResolved, Opened: early, Ended: noon}
	about := paging.About{ID: "ALERT-7"}
	for name, c := range map[string]struct {
		m    Message
		want time.Time
	}{
		"a snoozed page":               {PageMessage(snoozed, paging.Notice{To: paging.Recipient{Person: "dev1"}}, about, false, s), far},
		"a page that comes again":      {PageMessage(held, paging.Notice{To: paging.Recipient{Person: "dev1"}}, about, false, s), far},
		"a page of an alert":           {PageDone("PAGE-7", snoozed, true, s), far},
		"the card of an incident":      {Card(incident.Incident{ID: "INC-3", Status: incident.Open, Severity: 2, Pages: []incident.PageState{{ID: "PAGE-7", By: "sre1", Until: far}, {ID: "PAGE-8", Open: true, Whom: []string{"dev1", "dev2"}}}}, s), far},
		"the card of a silenced alert": {AlertCard(Alert{Alert: silenced}, s), far},
		"the card of a snoozed alert":  {AlertCard(Alert{Alert: silenced, Paging: snoozed}, s), far},
		"the list of alerts":           {AlertsOf(AlertList{List: alone(Alert{Alert: silenced}), Open: 1}, s), far},
		"when it was heard last":       {AlertCard(Alert{Alert: silenced}, s), noon},
		"when it was acknowledged":     {AlertCard(Alert{Alert: answered}, s), noon},
		"the card of what is over":     {AlertCard(Alert{Alert: over}, s), noon},
		"what passed":                  {PassedPost([]alert.Alert{over}, s), noon},
		"what a silence kept":          {KeptPost(Kept{Silence: "SIL-1", From: early, Until: noon, Told: noon}, s), noon},
		"a note for another day":       {EventPost(incident.Event{Kind: incident.Noted, At: early, Recorded: noon, Text: "it began"}, s), early},
		"an outage of days":            {CatchUp(incident.Incident{ID: "INC-3"}, []incident.Event{{Kind: incident.Noted, At: early, Recorded: early}}, s), early},
	} {
		raw, err := json.Marshal(c.m.Blocks)
		if err != nil {
			t.Fatal(err)
		}
		if dated := fmt.Sprintf("!date^%d^{date_short_pretty}", c.want.Unix()); !strings.Contains(string(raw), dated) {
			t.Errorf("%s does not say on which day %s is: %s", name, c.want.Format(time.DateTime), raw)
		}
		if bare := fmt.Sprintf("!date^%d^{time}", c.want.Unix()); strings.Contains(string(raw), bare) {
			t.Errorf("%s names %s without its day: %s", name, c.want.Format(time.DateTime), raw)
		}
	}
}

// TestTimesBeforeSlacksBegin: Slack shows no date before 1970 for the reader, and a time that
// somebody asks for is known all the same.
func TestTimesBeforeSlacksBegin(t *testing.T) {
	for want, at := range map[string]time.Time{
		"1969-12-31 23:00 UTC": time.Unix(-3600, 0),
		"1970-01-01 00:00 UTC": time.Unix(0, 0),
		"an unknown time":      {},
	} {
		if got := when(at); got != want {
			t.Errorf("when(%s) = %q, want %q", at, got, want)
		}
	}
}
