package desk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// inEvening is a house in which six alerts that only warn have fired in the evening, and
// nobody has answered.
func inEvening(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	inHouse(t, `
routes:
  - {match: {service: night}, page: true}
`, func(t *testing.T, h *house) {
		h.pass(20 * time.Hour)
		for n := range 6 {
			h.hear(firing(fmt.Sprint(n), as(alert.SeverityWarning), ofService("night")))
		}
		test(t, h)
	})
}

// Pages that may wait for the morning are no reason to let somebody sleep through what may
// not: five that warn, unanswered since the evening, take in no critical alert of the night.
func TestPagesThatMayWaitStandForNoneThatWakes(t *testing.T) {
	inEvening(t, func(t *testing.T, h *house) {
		want(t, "pages in the evening", len(h.openPages()), 5)
		h.pass(3 * time.Hour)
		id := h.one(firing("down", as(alert.SeverityCritical), ofService("night")))
		p := h.page(h.alert(id).Page)
		want(t, "the page is about", p.Subject, id)
		claim := paging.Claim{Act: paging.Left, Moment: paging.Moment{Policy: p.Policy, Urgency: p.Urgency, At: time.Now()}}
		claim.Excused = []paging.Recipient{{Person: "owl"}}
		claim.Spared = []paging.Spared{{Recipient: paging.Recipient{Person: "owl"}, On: "PAGE-5"}}
		if v, err := h.desk.NewWitness().Judge(t.Context(), claim); err != nil || !strings.Contains(v.Wrong, "cannot stand for it") {
			t.Errorf("the auditor says %+v, %v", v, err)
		}
		claim.Urgency = paging.Low
		if v, err := h.desk.NewWitness().Judge(t.Context(), claim); err != nil || v.Wrong != "" {
			t.Errorf("of one that may wait too, the auditor says %+v, %v", v, err)
		}
		want(t, "whom it tells at night", fmt.Sprint(len(p.Current())), "1")
		for n := range 5 {
			h.hear(firing(fmt.Sprint("more", n), as(alert.SeverityCritical), ofService("night")))
		}
		want(t, "pages with one that wakes", len(h.openPages()), 6)
		want(t, "the page that counts the others", h.alert("ALERT-12").Page, p.ID)
	})
}

// What somebody is to be told of in the morning is not told them yet: it is no reason to count
// on another page what wakes them now.
func TestPagesToComeStandForNoneThatWakes(t *testing.T) {
	inHouse(t, "routes: [{match: {service: night}, page: true}]\n", func(t *testing.T, h *house) {
		h.pass(23 * time.Hour)
		for n := range 5 {
			h.hear(firing(fmt.Sprint(n), as(alert.SeverityWarning), ofService("night")))
		}
		for n := range 5 {
			h.hear(firing(fmt.Sprint("down", n), as(alert.SeverityCritical), ofService("night")))
		}
		wantList(t, "pages that wake", h.openPages()[5:], "PAGE-6 ALERT-6 [owl]", "PAGE-7 ALERT-7 [owl]", "PAGE-8 ALERT-8 [owl]", "PAGE-9 ALERT-9 [owl]", "PAGE-10 ALERT-10 [owl]")
	})
}

// Five pages about alerts are no reason to keep one about an incident, or one that somebody
// asks for, from anybody.
func TestAlertsKeepNobodyFromAnIncident(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		for n := range 7 {
			h.hear(firing(fmt.Sprint(n), as(alert.SeverityCritical)))
		}
		want(t, "pages about alerts", len(h.openPages()), 5)
		if _, err := h.desk.Declare(t.Context(), in("dev1", ""), desk.Declaration{Title: "checkout is down", Severity: 2, Service: "checkout"}); err != nil {
			t.Fatal(err)
		}
		wantList(t, "pages beside them", h.openPages()[5:], "PAGE-6 INC-1 [sre1]")
	})
}

// What is counted on a page that nobody has answered, and that wakes, stays there when it
// becomes worse: those whom it would tell are being told.
func TestWhatIsCountedOnAPageThatWakesStaysThere(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		for n := range 6 {
			h.hear(firing(fmt.Sprint(n), as(alert.SeverityError)))
		}
		h.hear(firing("5", as(alert.SeverityCritical)))
		want(t, "its page", h.alert("ALERT-6").Page, "PAGE-5")
		want(t, "that it left it", strings.Contains(h.happened("ALERT-6"), string(alert.WasUnfolded)), false)
		want(t, "pages", len(h.openPages()), 5)
	})
}

// Whoever answered what may wait is not asked anew when it is worse, and may wait still.
func TestAnAnsweredAlertThatGetsWorseAndMayWaitPagesNobody(t *testing.T) {
	inHouse(t, "routes: [{match: {service: night}, page: true}]\n", func(t *testing.T, h *house) {
		h.pass(12 * time.Hour)
		h.hear(firing("a", as(alert.SeverityInfo), ofService("night")))
		if _, err := h.desk.Acknowledge(t.Context(), in("owl", ""), "PAGE-1"); err != nil {
			t.Fatal(err)
		}
		h.hear(firing("a", as(alert.SeverityWarning), ofService("night")))
		wantList(t, "pages", h.openPages())
		want(t, "what it is about", h.page("PAGE-1").Facts.Severity, "warning")
	})
}

// An alert that a page of low urgency counts leaves it when it becomes critical.
func TestWhatIsCountedAndBecomesCriticalWakes(t *testing.T) {
	inEvening(t, func(t *testing.T, h *house) {
		want(t, "the sixth is counted", h.alert("ALERT-6").Folded, true)
		h.pass(3 * time.Hour)
		h.hear(firing("5", as(alert.SeverityCritical), ofService("night")))
		a := h.alert("ALERT-6")
		p := h.page(a.Page)
		want(t, "its page is about", p.Subject, "ALERT-6")
		want(t, "its urgency", p.Urgency, paging.High)
		want(t, "what happened", strings.Contains(h.happened("ALERT-6"), "worsened"), true)
	})
}

// Whoever answered an error has not answered for what it becomes: its page comes again, to
// whoever is on call and to them.
func TestAnAnsweredAlertThatGetsWorsePagesAgain(t *testing.T) {
	for name, answer := range map[string]func(h *house) error{
		"acknowledged": func(h *house) error {
			_, err := h.desk.Acknowledge(h.t.Context(), in("dev1", ""), "PAGE-1")
			return err
		},
		"snoozed": func(h *house) error {
			_, err := h.desk.Snooze(h.t.Context(), in("dev1", ""), "PAGE-1", 2*time.Hour)
			return err
		},
	} {
		for member, worse := range map[string]alert.Signal{
			"the same": firing("a", as(alert.SeverityCritical), ofGroup("g")),
			"another":  firing("b", as(alert.SeverityCritical), ofGroup("g")),
		} {
			t.Run(name+", "+member, func(t *testing.T) {
				inHouse(t, "", func(t *testing.T, h *house) {
					id := h.one(firing("a", as(alert.SeverityError), ofGroup("g")))
					if err := answer(h); err != nil {
						t.Fatal(err)
					}
					h.pass(time.Minute)
					h.hear(worse)
					wantList(t, "pages", h.openPages(), "PAGE-1 "+id+" [sre1 sre1 dev1]")
					want(t, "why it comes again", h.page("PAGE-1").Reason, paging.ByWorse)
					if a := h.alert(id).Acknowledged; a != nil {
						t.Errorf("acknowledged: %+v", a)
					}
					if _, err := h.desk.Acknowledge(t.Context(), in("dev1", ""), "PAGE-1"); err != nil {
						t.Fatal(err)
					}
					h.hear(worse, firing("c", as(alert.SeverityWarning), ofGroup("g")), firing("d", as(alert.SeverityCritical), ofGroup("g")))
					wantList(t, "pages for more that is no worse", h.openPages())
				})
			})
		}
	}
}

// What was answered at its source, or on the page that counts it, asks anew when it is worse.
func TestWhatWasAnsweredElsewhereAndGetsWorsePages(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id := h.one(firing("a", as(alert.SeverityError)))
		h.hear(firing("a", func(s *alert.Signal) { s.Status = alert.Acknowledged }))
		wantList(t, "pages when the source has answered", h.openPages())
		h.hear(firing("a", as(alert.SeverityCritical)))
		wantList(t, "pages when it is worse", h.openPages(), "PAGE-2 "+id+" [sre1]")
	})
	inHouse(t, "", func(t *testing.T, h *house) {
		for n := range 6 {
			h.hear(firing(fmt.Sprint(n), as(alert.SeverityError)))
		}
		h.pass(2 * time.Second)
		if _, err := h.desk.Acknowledge(t.Context(), in("sre1", ""), "PAGE-5"); err != nil {
			t.Fatal(err)
		}
		h.hear(firing("5", as(alert.SeverityCritical)))
		want(t, "its page", h.alert("ALERT-6").Page, "PAGE-6")
		want(t, "the page that was answered", h.page("PAGE-5").Status, paging.Acknowledged)
	})
}

// What gets worse than what a silence covers is not silenced any more.
func TestASilenceOfWarningsEndsWhenItIsCritical(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		if _, _, err := h.desk.Silence(t.Context(), in("dev1", ""), alert.Silence{Match: map[string]string{"severity": "!critical"}, Until: time.Now().Add(time.Hour), Why: "noise"}); err != nil {
			t.Fatal(err)
		}
		id := h.one(firing("a", as(alert.SeverityError)))
		wantList(t, "pages for what is silenced", h.openPages())
		h.hear(firing("a", as(alert.SeverityCritical)))
		wantList(t, "pages for what is not", h.openPages(), "PAGE-1 "+id+" [sre1]")
	})
}
