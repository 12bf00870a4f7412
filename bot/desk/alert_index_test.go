package desk

import (
	"fmt"
	"testing"
	"time"

	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage/memory"
)

// TestWhatManyAlertsHaveInCommonIsKeptOnce, and what nobody has any more is not kept for
// ever.
func TestWhatManyAlertsHaveInCommonIsKeptOnce(t *testing.T) {
	x, now := newAlertIndex(), time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	learn := func(n int, channel string) {
		id := fmt.Sprintf("ALERT-%d", n)
		x.learn(&alert.Alert{ID: id, State: alert.StateOpen, Integration: "bench", Channel: channel, Opened: now, Members: []alert.Member{{Key: id, Status: alert.Firing}}}, now)
	}
	learn(1, "ops")
	learn(2, "ops")
	if one, two := x.known["ALERT-1"], x.known["ALERT-2"]; one.traits != two.traits || one.channel != "ops" {
		t.Errorf("they are kept as %+v and %+v", one.traits, two.traits)
	}
	for n := range mostWords {
		learn(3, fmt.Sprint("channel", n))
	}
	if x.prune(now); len(x.texts.traits) > 1 {
		t.Errorf("the traits of %d kinds of alerts are kept", len(x.texts.traits))
	}
	if s := x.known["ALERT-1"]; s.channel != "ops" {
		t.Errorf("an alert that fires lost what is known of it: %+v", s.traits)
	}
	if learn(4, "ops"); x.known["ALERT-4"].channel != "ops" {
		t.Error("nothing is learned any more")
	}
}

// TestWhatTimelinesWereToldIsForgotten when no alert belongs to the incident any more.
func TestWhatTimelinesWereToldIsForgotten(t *testing.T) {
	x, now := newAlertIndex(), time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	a := alert.Alert{ID: "ALERT-1", State: alert.StateOpen, Opened: now, Incident: "INC-1", Members: []alert.Member{{Key: "a", Status: alert.Firing}}}
	x.learn(&a, now)
	x.incidents.opened[incidentKey{"route", "checkout"}] = "INC-2"
	x.incidents.told["INC-1"], x.incidents.told["INC-2"], x.incidents.told["INC-3"] = 1, 2, 3
	if x.prune(now); x.incidents.told["INC-1"] != 1 || x.incidents.told["INC-2"] != 2 || len(x.incidents.told) != 2 {
		t.Errorf("with an alert that is open, told is %v", x.incidents.told)
	}
	a.State = alert.StateResolved
	x.learn(&a, now)
	if x.prune(now); len(x.incidents.told) != 1 {
		t.Errorf("after its end, told is %v", x.incidents.told)
	}
}

// TestAnAlertThatCannotOpenAgainIsForgotten: also the first of a group that went on in another.
func TestAnAlertThatCannotOpenAgainIsForgotten(t *testing.T) {
	x, now := newAlertIndex(), time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	a := alert.Alert{ID: "ALERT-1", Group: "g", State: alert.StateOpen, Opened: now, Window: time.Hour, Members: []alert.Member{{Key: "a", Status: alert.Firing}}}
	x.learn(&a, now)
	a.State, a.Continued = alert.StateResolved, "ALERT-2"
	x.learn(&alert.Alert{ID: "ALERT-2", Group: "g", State: alert.StateResolved, Opened: now, Window: time.Hour, Continues: "ALERT-1", Members: []alert.Member{{Key: "b"}}}, now)
	x.learn(&a, now)
	if len(x.known) != 1 || x.known["ALERT-2"] == nil || x.seats.groups["g"].id != "ALERT-2" {
		t.Errorf("known are %d alerts, want the last of the group, which may open again", len(x.known))
	}
	x.prune(now.Add(time.Hour))
	if len(x.known)+len(x.seats.groups) != 0 {
		t.Errorf("known are %d alerts and %d groups after the window", len(x.known), len(x.seats.groups))
	}
}

// TestAPageThatEndedStaysKnownWhileAnAlertNeedsIt: also when the alert is stored anew before it
// is taken up, as one is that repeats every second.
func TestAPageThatEndedStaysKnownWhileAnAlertNeedsIt(t *testing.T) {
	x, now := newAlertIndex(), time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	a := alert.Alert{ID: "ALERT-1", State: alert.StateOpen, Opened: now, Page: "PAGE-1", Members: []alert.Member{{Key: "a", Status: alert.Firing}}}
	x.learn(&a, now)
	x.pages.learn(&paging.Page{ID: "PAGE-1", Status: paging.Ended})
	for range 2 {
		if x.learn(&a, now); !x.pages.ended()["PAGE-1"] {
			t.Fatal("nobody is told of an alert whose page has ended")
		}
	}
	a.State = alert.StateResolved
	if x.learn(&a, now); len(x.pages.by) != 0 {
		t.Errorf("a page that nothing needs is kept: %v", x.pages.by)
	}
}

// TestPagesThatMissedSomebodyCountOnlyWhenOneIsOpened: a step must try them again.
func TestPagesThatMissedSomebodyCountOnlyWhenOneIsOpened(t *testing.T) {
	to := paging.Recipient{Person: "sre1"}
	d := New(Config{Store: memory.New(), Settings: &configs.Config{}})
	d.alerts.pages.policies["pool"] = map[string]*alertPage{}
	for n := range paging.MostPages {
		id := fmt.Sprintf("PAGE-%d", n+1)
		d.alerts.pages.policies["pool"][id] = &alertPage{id: id, missed: []paging.Recipient{to}}
	}
	p := paging.Page{ID: "PAGE-9", Subject: "ALERT-9", Policy: paging.Policy{Name: "pool"}}
	if got := d.newUnit(t.Context()).spare(p, to); got != "PAGE-5" {
		t.Errorf("a page that is opened is counted on %q, want PAGE-5", got)
	}
	p.Turn = 1
	if got := d.newUnit(t.Context()).spare(p, to); got != "" {
		t.Errorf("a page that goes on spares somebody because of %q", got)
	}
}
