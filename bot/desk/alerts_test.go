package desk_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/watch/watchtest"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage/memory"
	"github.com/watchbill/watchbill/storage/storagetest"
)

const alertConfig = `
people:
  - {name: dev1, slack: U0DEV1}
  - {name: dev2, slack: U0DEV2}
  - {name: sre1, slack: U0SRE1}
  - {name: lead1, slack: U0LEAD1}
  - {name: owl, slack: U0OWL, time_zone: UTC, quiet_hours: [{from: "22:00", to: "07:00"}]}
admins: [lead1]
teams:
  - {name: empty}
services:
  - {name: night, escalation: night}
  - {name: checkout, escalation: checkout, channel: svc-checkout}
  - {name: search, escalation: search, channel: svc-search}
  - {name: orphan, channel: svc-orphan}
escalations:
  - name: checkout
    steps:
      - {notify: ["person:sre1"], wait: 5m}
      - {notify: ["person:dev2"], wait: 5m}
  - name: search
    steps:
      - {notify: ["person:dev1"], wait: 5m}
  - name: night
    steps:
      - {notify: ["person:owl"], wait: 30m}
  - name: pool
    ack_timeout: 4m
    steps:
      - {notify: ["person:dev1", "person:dev2"], wait: 1m}
      - {notify: ["person:sre1"], wait: 2m}
`

// house is a desk on a store in memory that hears alerts, in a bubble of its own time.
type house struct {
	*shop
	stop  context.CancelFunc
	ahead atomic.Int64 // by how much the desk's clock is, a time.Duration
}

// inHouse runs a test in a house, with what is added to its configuration, and
// verifies the store after it.
func inHouse(t *testing.T, added string, test func(t *testing.T, h *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		settings, err := configs.Parse([]byte(alertConfig+added), "test.yaml")
		if err != nil {
			t.Fatal(err)
		}
		h := &house{shop: &shop{t: t, store: memory.New(), settings: settings}}
		h.store.Faults(h.faulty)
		h.begin()
		test(t, h)
		h.end()
		h.store.Faults(nil)
		watchtest.Check(t, h.desk)
		storagetest.Check(t, h.store, desk.Folds())
	})
}

// begin starts a life of the desk, end ends it.
func (h *house) begin() {
	h.t.Helper()
	h.desk = desk.New(desk.Config{Store: h.store, Settings: h.settings, Cards: true, Now: func() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) },
		Broken: func(err error) { h.mu.Lock(); defer h.mu.Unlock(); h.broken = append(h.broken, err) }})
	ctx, stop := context.WithCancel(context.Background())
	h.stop = stop
	go h.desk.RunAlerts(ctx)
	synctest.Wait()
}

func (h *house) end() {
	h.stop()
	synctest.Wait()
}

// downFor ends a life without a word, and begins another after a while.
func (h *house) downFor(d time.Duration) {
	h.end()
	time.Sleep(d)
	h.begin()
}

func (h *house) restart() { h.downFor(0) }

func firing(key string, edit ...func(*alert.Signal)) alert.Signal {
	s := alert.Signal{Key: key, Status: alert.Firing, Title: "disk full on " + key, Service: "checkout", Count: 1}
	for _, f := range edit {
		f(&s)
	}
	return s
}

func cleared(key string, edit ...func(*alert.Signal)) alert.Signal {
	return firing(key, append(edit, func(s *alert.Signal) { s.Status = alert.Resolved })...)
}

func ofService(name string) func(*alert.Signal) { return func(s *alert.Signal) { s.Service = name } }
func ofGroup(name string) func(*alert.Signal)   { return func(s *alert.Signal) { s.Group = name } }
func as(severity alert.Severity) func(*alert.Signal) {
	return func(s *alert.Signal) { s.Severity = severity }
}
func titled(title string) func(*alert.Signal) { return func(s *alert.Signal) { s.Title = title } }
func labelled(name, value string) func(*alert.Signal) {
	return func(s *alert.Signal) { s.Labels = map[string]string{name: value} }
}

// hear sends signals of one integration and returns the alerts they belong to.
func (h *house) hearFrom(integration string, signals ...alert.Signal) []string {
	h.t.Helper()
	out, err := h.desk.Hear(h.t.Context(), integration, signals)
	if err != nil {
		h.t.Fatal(err)
	}
	return out.Alerts
}

func (h *house) hear(signals ...alert.Signal) []string {
	h.t.Helper()
	return h.hearFrom("prometheus", signals...)
}

// one sends a signal that belongs to one alert.
func (h *house) one(s alert.Signal) string {
	h.t.Helper()
	ids := h.hear(s)
	if len(ids) != 1 {
		h.t.Fatalf("the signal belongs to %v, want one alert", ids)
	}
	return ids[0]
}

func (h *house) alert(id string) alert.Alert {
	h.t.Helper()
	a, err := h.desk.Alert(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

func (h *house) page(id string) paging.Page {
	h.t.Helper()
	p, err := h.desk.PageOf(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// happened are the kinds of an alert's events.
func (h *house) happened(id string) string {
	h.t.Helper()
	events, err := h.desk.AlertEvents(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	kinds := make([]string, len(events))
	for n, e := range events {
		kinds[n] = string(e.Kind)
	}
	return strings.Join(kinds, " ")
}

func (h *house) open() []string {
	h.t.Helper()
	list, err := h.desk.OpenAlerts(h.t.Context(), "", 0)
	if err != nil {
		h.t.Fatal(err)
	}
	ids := make([]string, len(list))
	for n, a := range list {
		ids[n] = a.ID
	}
	return ids
}

// openPages are the unanswered pages, each with whom it was sent to.
func (h *house) openPages() []string {
	h.t.Helper()
	pages, err := h.desk.OpenPages(h.t.Context(), 0)
	if err != nil {
		h.t.Fatal(err)
	}
	out := []string{}
	for _, p := range pages {
		var told []string
		for _, n := range p.Notices {
			told = append(told, n.To.String())
		}
		out = append(out, fmt.Sprintf("%s %s %v", p.ID, p.Subject, told))
	}
	return out
}

// pass lets time pass, and fires what falls due meanwhile.
func (h *house) pass(d time.Duration) {
	h.t.Helper()
	for until := time.Now().Add(d); ; {
		rows, err := h.store.Due(h.t.Context(), until, 100)
		if err != nil {
			h.t.Fatal(err)
		}
		if len(rows) == 0 {
			time.Sleep(time.Until(until))
			synctest.Wait()
			return
		}
		time.Sleep(time.Until(rows[0].At))
		synctest.Wait()
		if err := h.desk.Fire(h.t.Context(), rows[0].Ref); err != nil {
			h.t.Fatal(err)
		}
	}
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func wantList[T comparable](t *testing.T, what string, got []T, want ...T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestAnAlertPagesUntilItIsResolved(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id := h.one(firing("a"))
		want(t, "what happened", h.happened(id), "opened paged")
		wantList(t, "pages", h.openPages(), "PAGE-1 ALERT-1 [sre1]")
		card, err := h.desk.AlertCard(t.Context(), id)
		if err != nil || card.Page.ID != "PAGE-1" || card.Seq == 0 {
			t.Errorf("the card shows %+v, %v", card, err)
		}
		if e := h.effect("alert/" + id); e.Kind != desk.AlertCardKind || e.Dest != "slack/alerts/svc-checkout" || e.Seq != card.Seq || !e.Level {
			t.Errorf("the card is owed as %+v", e)
		}
		h.pass(6 * time.Minute)
		wantList(t, "pages after a step", h.openPages(), "PAGE-1 ALERT-1 [sre1 dev2]")
		want(t, "steps", h.alert(id).Steps, 2)
		wantList(t, "the alert of the resolve", h.hear(cleared("a")), id)
		wantList(t, "pages when all is over", h.openPages())
		want(t, "the page", h.page("PAGE-1").Status, paging.Ended)
		want(t, "what happened", h.happened(id), "opened paged page_escalated resolved page_ended")
		wantList(t, "open alerts", h.open())
		// The next signal opens another.
		if next := h.one(firing("a")); next == id {
			t.Errorf("%s was opened again", id)
		}
	})
}

func TestRepeatsOnlyCount(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id := h.one(firing("a"))
		h.fails(nil)
		for range 10 {
			wantList(t, "a repeat", h.hear(firing("a")), id)
		}
		want(t, "commits for repeats", h.count(), 0)
		want(t, "the count at once", h.alert(id).Count, 1)
		h.pass(3 * time.Second)
		want(t, "the count a moment later", h.alert(id).Count, 11)
		want(t, "commits for the count", h.count(), 1)
		h.hear(firing("a"), firing("a"), firing("a", func(s *alert.Signal) { s.Count = 3 }))
		h.hear(cleared("a"))
		want(t, "the count when it is over", h.alert(id).Count, 16)
		want(t, "what happened", h.happened(id), "opened paged repeated repeated resolved page_ended")
	})
}

func TestRepeatsAreStoredSoonHoweverOldTheAlert(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id := h.one(firing("a", as(alert.SeverityInfo)))
		h.hear(firing("a", as(alert.SeverityInfo)))
		for n := range 5 {
			h.pass(5 * time.Hour)
			h.hear(firing("a", as(alert.SeverityInfo)))
			h.pass(2 * time.Second)
			want(t, "the count", h.alert(id).Count, n+3)
		}
		h.fails(nil)
		for range 100 {
			h.hear(firing("a", as(alert.SeverityInfo)))
			h.pass(time.Second)
		}
		if n := h.count(); n < 9 || n > 12 {
			t.Errorf("what repeats each second for 100 s is stored %d times", n)
		}
		h.restart()
		want(t, "the count after a restart", h.alert(id).Count, 107)
	})
}

func TestManyThatRepeatAreAllStored(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		var signals []alert.Signal
		for n := range 3000 {
			signals = append(signals, firing(fmt.Sprint(n), as(alert.SeverityInfo)))
		}
		h.hear(signals...)
		h.hear(signals...)
		h.fails(nil)
		h.pass(3 * time.Second)
		open, err := h.desk.OpenAlerts(t.Context(), "", 0)
		if err != nil || len(open) != len(signals) {
			t.Fatalf("%d alerts are open, %v", len(open), err)
		}
		for _, a := range open {
			if a.Count != 2 {
				t.Fatalf("%s was heard %d times", a.ID, a.Count)
			}
		}
	})
}

func TestAResolveWithoutAFireWakesNobody(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		out, err := h.desk.Hear(t.Context(), "prometheus", []alert.Signal{cleared("a"), cleared("b")})
		if err != nil || len(out.Alerts) != 0 || out.Unknown != 2 {
			t.Errorf("heard %+v, %v", out, err)
		}
		want(t, "commits", h.count(), 0)
		wantList(t, "open alerts", h.open())
		// The fire comes late, and nobody knows that it is over.
		h.one(firing("a"))
		want(t, "pages", len(h.openPages()), 1)
	})
}

func TestGroupsAreOneAlertAndOnePage(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id := h.one(firing("a", ofGroup("g")))
		wantList(t, "the same group", h.hear(firing("b", ofGroup("g")), firing("c", ofGroup("g"))), id)
		wantList(t, "the same key of another integration", h.hearFrom("grafana", firing("a", ofGroup("g"))), "ALERT-2")
		want(t, "pages", len(h.openPages()), 2)
		h.hear(cleared("a", ofGroup("g")))
		want(t, "members that fire", h.alert(id).Firing(), 2)
		want(t, "pages while two fire", len(h.openPages()), 2)
		// A source that changes how it groups still means the same alerts.
		wantList(t, "another group of the same key", h.hear(cleared("b", ofGroup("changed"))), id)
		h.hear(cleared("c"))
		want(t, "the state", h.alert(id).State, alert.StateResolved)
		wantList(t, "pages", h.openPages(), "PAGE-2 ALERT-2 [sre1]")
	})
}

func TestAGroupThatIsFullGoesOn(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		var signals []alert.Signal
		for n := range alert.MaxMembers + 20 {
			signals = append(signals, firing(fmt.Sprint(n), ofGroup("g")))
		}
		wantList(t, "alerts", h.hear(signals...), "ALERT-1", "ALERT-2")
		wantList(t, "more of it", h.hear(firing("more", ofGroup("g"))), "ALERT-2")
		wantList(t, "pages", h.openPages(), "PAGE-1 ALERT-1 [sre1]")
		first, second := h.alert("ALERT-1"), h.alert("ALERT-2")
		want(t, "the second continues", second.Continues, "ALERT-1")
		want(t, "the first is continued", first.Continued, "ALERT-2")
		want(t, "the second's page", second.Page, "PAGE-1")
		card, err := h.desk.AlertCard(t.Context(), "ALERT-1")
		if err != nil || len(card.Later) != 1 {
			t.Fatalf("the card shows %d later alerts, %v", len(card.Later), err)
		}
		want(t, "the sequence of the card", h.effect("alert/ALERT-1").Seq, card.Seq)
		h.restart()
		for n := range signals {
			signals[n].Status = alert.Resolved
		}
		h.hear(signals...)
		want(t, "pages while one fires", len(h.openPages()), 1)
		h.hear(cleared("more", ofGroup("g")))
		want(t, "pages when all is over", len(h.openPages()), 0)
		want(t, "cards of the second", h.owed("alert/ALERT-2"), 0)
	})
}

// A group that is not actionable goes on as that in its further alerts, until it gets worse.
func TestAGroupThatIsNotActionableGoesOnAsThat(t *testing.T) {
	fill := func(h *house, from, to int, more ...func(*alert.Signal)) {
		var signals []alert.Signal
		for n := from; n < to; n++ {
			signals = append(signals, firing(fmt.Sprint(n), append(more, ofGroup("g"))...))
		}
		h.hear(signals...)
	}
	noise := func(t *testing.T, h *house, id string) {
		if _, err := h.desk.NotActionable(t.Context(), in("sre1", ""), id, "a batch job"); err != nil {
			t.Fatal(err)
		}
	}
	for name, already := range map[string]int{"said before it was full": 0, "said after": 20} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, "", func(t *testing.T, h *house) {
				fill(h, 0, alert.MaxMembers+already)
				noise(t, h, "ALERT-1")
				fill(h, alert.MaxMembers+already, alert.MaxMembers+30)
				second := h.alert("ALERT-2")
				want(t, "the second continues", second.Continues, "ALERT-1")
				want(t, "pages", len(h.openPages()), 0)
				if second.Noise == nil || second.Noise.By != "sre1" || second.Noise.Why != "a batch job" {
					t.Errorf("the second is not actionable: %+v", second.Noise)
				}
				time.Sleep(7 * 24 * time.Hour)
				if told := h.tallies(); len(told) != 1 || told[0].Total != 1 {
					t.Errorf("the week says %+v", told)
				}
				fill(h, 900, 901, as(alert.SeverityCritical))
				wantList(t, "pages when it is worse", h.openPages(), "PAGE-2 ALERT-2 [sre1]")
			})
		})
	}
	inHouse(t, "", func(t *testing.T, h *house) {
		fill(h, 0, alert.MaxMembers)
		noise(t, h, "ALERT-1")
		fill(h, 900, 901, as(alert.SeverityCritical))
		wantList(t, "pages when what goes on is worse", h.openPages(), "PAGE-2 ALERT-2 [sre1]")
	})
	inHouse(t, "", func(t *testing.T, h *house) {
		fill(h, 0, alert.MaxMembers+30)
		noise(t, h, "ALERT-2")
		want(t, "the first pages", len(h.openPages()), 1)
		time.Sleep(7 * 24 * time.Hour)
		if told := h.tallies(); len(told) != 1 || told[0].Total != 1 {
			t.Errorf("of the further alert alone the week says %+v", told)
		}
	})
}

// owed counts the effects of a target.
func (h *house) owed(target string) int {
	h.t.Helper()
	all, err := h.store.Effects(h.t.Context(), 0, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	n := 0
	for _, e := range all {
		if e.Target == target {
			n++
		}
	}
	return n
}

func TestAnAlertThatGetsWorsePages(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id := h.one(firing("a", as(alert.SeverityWarning), ofGroup("g")))
		want(t, "pages for a warning", len(h.openPages()), 0)
		h.hear(firing("a", as(alert.SeverityWarning), ofGroup("g")))
		h.hear(firing("b", as(alert.SeverityInfo), ofGroup("g")))
		want(t, "pages for more of it", len(h.openPages()), 0)
		h.hear(firing("a", as(alert.SeverityCritical), ofGroup("g")))
		want(t, "pages", len(h.openPages()), 1)
		want(t, "severity", h.alert(id).Severity, alert.SeverityCritical)
		want(t, "what happened", h.happened(id), "opened repeated member_joined worsened paged")
	})
}

// Who acknowledged a warning on its card, which paged nobody, has not answered for what it
// becomes at night.
func TestAWarningThatWasAcknowledgedPagesWhenItGetsWorse(t *testing.T) {
	for name, worse := range map[string]alert.Signal{
		"the same": firing("a", as(alert.SeverityCritical), ofGroup("g")),
		"another":  firing("b", as(alert.SeverityCritical), ofGroup("g")),
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, "", func(t *testing.T, h *house) {
				id := h.one(firing("a", as(alert.SeverityWarning), ofGroup("g")))
				if _, err := h.desk.AcknowledgeAlert(t.Context(), in("dev1", ""), id); err != nil {
					t.Fatal(err)
				}
				h.hear(worse)
				wantList(t, "pages", h.openPages(), "PAGE-1 "+id+" [sre1]")
				if a := h.alert(id).Acknowledged; a != nil {
					t.Errorf("acknowledged: %+v", a)
				}
			})
		})
	}
}

// Who answers at the source answers for one signal. The others of its alert page until
// somebody has answered them too, and so does what fires later.
func TestAnAnswerAtTheSourceIsForOneSignal(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		said := func(key string) alert.Signal {
			return firing(key, ofGroup("g"), func(s *alert.Signal) { s.Status = alert.Acknowledged })
		}
		id := h.one(firing("a", ofGroup("g")))
		h.hear(firing("b", ofGroup("g")))
		h.hear(said("a"), said("a"))
		wantList(t, "pages when one of two is answered", h.openPages(), "PAGE-1 "+id+" [sre1]")
		h.hear(said("b"))
		wantList(t, "pages when both are", h.openPages())
		want(t, "it is acknowledged by", h.alert(id).Acknowledged.Via, "prometheus")
		h.hear(firing("c", ofGroup("g")))
		wantList(t, "pages for one that fires later", h.openPages(), "PAGE-2 "+id+" [sre1]")
		h.restart()
		h.hear(cleared("c", ofGroup("g")))
		wantList(t, "pages when what is left is answered", h.openPages())
		want(t, "what happened", h.happened(id), "opened paged member_joined member_answered acknowledged page_ended member_joined paged member_resolved acknowledged page_ended")
	})
}

func TestWhoHasFivePagesGetsNoSixth(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		for n := range 40 {
			h.hear(firing(fmt.Sprint(n)))
		}
		want(t, "pages", len(h.openPages()), 5)
		h.hear(firing("other", ofService("search")))
		want(t, "pages with another policy", len(h.openPages()), 6)
		h.pass(2 * time.Second)
		p := h.page("PAGE-5")
		want(t, "alerts that the newest page counts", p.Folded, 35)
		want(t, "the last of them", p.FoldedLast, "disk full on 39")
		want(t, "what happened to the last", h.happened("ALERT-40"), "opened")
		a := h.alert("ALERT-40")
		want(t, "the page of the last", a.Page, "PAGE-5")
		counts := h.desk.AlertCounts()
		want(t, "alerts that are counted by others", counts.Folded, 35)
		if list, err := h.desk.Suppressed(t.Context()); err != nil || len(list) != 35 {
			t.Errorf("%d suppressed alerts are listed, %v", len(list), err)
		}
		// The page's own alert is over, and others need it.
		h.hear(cleared("4"))
		want(t, "the page", h.page("PAGE-5").Status, paging.Open)
		// Whoever answers one may be sent another.
		if _, err := h.desk.Acknowledge(t.Context(), in("sre1", ""), "PAGE-5"); err != nil {
			t.Fatal(err)
		}
		h.hear(firing("new"))
		want(t, "pages after an answer", len(h.openPages()), 6)
		h.hear(firing("newer"))
		want(t, "pages after one more", len(h.openPages()), 6)
		for n := range 40 {
			h.hear(cleared(fmt.Sprint(n)))
		}
		h.hear(cleared("new"), cleared("newer"))
		wantList(t, "pages when all is over", h.openPages(), "PAGE-6 ALERT-41 [dev1]")
		want(t, "the page that was answered", h.page("PAGE-5").Status, paging.Ended)
	})
}

// TestCardsShowWhoAnsweredThePageThatCountsThem, and that it asks again.
func TestCardsShowWhoAnsweredThePageThatCountsThem(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		for n := range 40 {
			h.hear(firing(fmt.Sprint(n)))
		}
		h.pass(2 * time.Second)
		if _, err := h.desk.Acknowledge(t.Context(), in("sre1", "a"), "PAGE-5"); err != nil {
			t.Fatal(err)
		}
		want(t, "what happened to one with a card", h.happened("ALERT-7"), "opened page_answered")
		want(t, "what happened to one in the storm", h.happened("ALERT-40"), "opened")
		if c, err := h.desk.AlertCard(t.Context(), "ALERT-7"); err != nil || c.Page.AnsweredBy != "sre1" || c.Alert.Acknowledged != nil {
			t.Errorf("its card shows %+v, %v", c, err)
		}
		if _, err := h.desk.HandOver(t.Context(), in("sre1", "b"), "PAGE-5", "dev1"); err != nil {
			t.Fatal(err)
		}
		want(t, "what happened to it since", h.happened("ALERT-7"), "opened page_answered page_handed_over")
	})
}

func TestNoStepHandOverOrReturnGivesSomebodyASixthPage(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		for n := range 5 {
			h.hear(firing(fmt.Sprint(n)))
		}
		if _, err := h.desk.HandOver(t.Context(), in("sre1", ""), "PAGE-1", "lead1"); err != nil {
			t.Fatal(err)
		}
		h.hear(firing("5")) // sre1 had a page less
		wantList(t, "pages", h.openPages()[5:], "PAGE-6 ALERT-6 [sre1]")
		_, err := h.desk.HandOver(t.Context(), in("lead1", ""), "PAGE-1", "sre1")
		if why, _, refused := desk.Refusal(err); !refused || !strings.Contains(why, "5 unanswered pages") || !strings.Contains(why, "PAGE-6") {
			t.Errorf("handing sre1 a sixth page: %v", err)
		}
		h.pass(time.Minute)
		want(t, "alerts that PAGE-6 counts", h.page("PAGE-6").Folded, 0)
		h.pass(4 * time.Minute) // PAGE-1 begins with sre1, and the others go to dev2
		p := h.page("PAGE-1")
		if len(p.Spared) != 1 || p.Spared[0].String() != "sre1" || p.Spared[0].On != "PAGE-6" {
			t.Errorf("PAGE-1 has spared %+v", p.Spared)
		}
		newest := h.page("PAGE-6")
		want(t, "alerts that PAGE-6 counts", newest.Folded, 1)
		want(t, "the last of them", newest.FoldedLast, "PAGE-1: disk full on 0")
		h.restart()
		h.pass(5 * time.Minute) // the next step of PAGE-1 stands for dev2, who has five by then
		p = h.page("PAGE-1")
		want(t, "the step of PAGE-1", p.Step, 1)
		want(t, "those whom PAGE-1 has spared", len(p.Spared), 2)
		h.pass(20 * time.Minute) // the floor: who has not enough is told
		if p = h.page("PAGE-1"); !p.AtFloor() || !slices.ContainsFunc(p.Notices, func(n paging.Notice) bool { return n.To.Person == "lead1" && n.Turn == p.Turn }) {
			t.Errorf("PAGE-1 has come to step %d and told %v", p.Step, p.Notices)
		}
		unheard, _, err := h.desk.Unheard(t.Context(), "", 100, time.Now())
		if err != nil || len(unheard) > 0 {
			t.Errorf("nobody is told of %v, %v", unheard, err)
		}
	})
}

func TestTheCapHoldsWithinOneCommitAndAfterARestart(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		var signals []alert.Signal
		for n := range 100 {
			signals = append(signals, firing(fmt.Sprint(n)))
		}
		h.hear(signals...)
		want(t, "pages", len(h.openPages()), 5)
		h.restart()
		for n := range signals {
			signals[n].Key = fmt.Sprint("again", n)
		}
		h.hear(signals...)
		want(t, "pages after a restart", len(h.openPages()), 5)
		for n := range signals {
			h.hear(cleared(fmt.Sprint(n)), cleared(fmt.Sprint("again", n)))
		}
		want(t, "pages when all is over", len(h.openPages()), 0)
	})
}

func TestNobodyIsLeftOut(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		h.one(firing("a", ofService("orphan")))
		h.one(firing("b", ofService("nobody knows it")))
		wantList(t, "pages without a policy", h.openPages(), "PAGE-1 ALERT-1 [lead1 channel:incidents]", "PAGE-2 ALERT-2 [lead1 channel:incidents]")
	})
}

// A storm counts what is of one kind together, by the name of the rule or by titles that
// differ only in numbers.
func TestAStormCountsWhatIsOfOneKind(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		for n := range 40 {
			s := firing(fmt.Sprint(n), titled(fmt.Sprintf("disk full on db-%d", n)), as(alert.SeverityInfo))
			if n%2 == 0 {
				s = firing(fmt.Sprint(n), titled(fmt.Sprintf("SlowQueries: %c is slow", 'a'+n)), as(alert.SeverityInfo))
				s.Labels = map[string]string{"alertname": "SlowQueries"}
			}
			h.hear(s)
		}
		h.pass(2 * time.Second)
		want(t, "its topics", fmt.Sprint(h.storm("svc-checkout").Topics), "[{checkout SlowQueries 15 15} {checkout disk full on db-… 15 15}]")
		h.restart()
		h.hear(firing("last", titled("disk full on db-99"), as(alert.SeverityInfo)))
		h.pass(2 * time.Second)
		want(t, "its topics after a restart", fmt.Sprint(h.storm("svc-checkout").Topics), "[{checkout disk full on db-… 16 16} {checkout SlowQueries 15 15}]")
	})
}

func TestAStormHasOneCard(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		for n := range 30 {
			h.hear(firing(fmt.Sprint(n), titled("disk full"), as(alert.SeverityInfo)))
		}
		h.hear(firing("slow", titled("slow"), as(alert.SeverityInfo)))
		h.pass(2 * time.Second)
		cards := 0
		for n := range 31 {
			cards += h.owed(fmt.Sprintf("alert/ALERT-%d", n+1))
		}
		want(t, "cards", cards, 10)
		storm := h.storm("svc-checkout")
		want(t, "alerts of the storm", storm.Total, 21)
		if len(storm.Topics) != 2 || storm.Topics[0].Title != "disk full" || storm.Topics[0].Firing != 20 || storm.Topics[1].Service != "checkout" {
			t.Errorf("the storm's card lists %+v", storm.Topics)
		}
		h.restart()
		for n := range 15 {
			h.hear(cleared(fmt.Sprint(10 + n)))
		}
		h.pass(2 * time.Second)
		want(t, "those that fire", h.storm("svc-checkout").Firing, 6)
		h.restart()
		h.hear(cleared("25"))
		h.pass(2 * time.Second)
		storm = h.storm("svc-checkout")
		want(t, "alerts of the storm after a restart", storm.Total, 21)
		want(t, "those that fire", storm.Firing, 5)
		if storm.Topics[0].Total != 20 || !storm.Began.Equal(h.alert("ALERT-11").Opened) {
			t.Errorf("after a restart the storm's card says %+v", storm)
		}
		h.hear(firing("late", as(alert.SeverityInfo)))
		if h.alert("ALERT-32").Storm == "" {
			t.Error("it has a card of its own, in the storm")
		}
		h.pass(stormOver)
		id := h.one(firing("later", as(alert.SeverityInfo)))
		want(t, "cards of what comes after the storm", h.owed("alert/"+id), 1)
		h.one(firing("elsewhere", ofService("search"), as(alert.SeverityInfo)))
		want(t, "the storm of another channel", h.alert("ALERT-34").Storm, "")
	})
}

const stormOver = 11 * time.Minute

// storm is what the card of the storm in a channel says.
func (h *house) storm(channel string) desk.Storm {
	h.t.Helper()
	all, err := h.store.Effects(h.t.Context(), 0, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range slices.Backward(all) {
		if e.Kind == desk.StormCardKind && e.Dest == "slack/alerts/"+channel {
			s, err := desk.ReadStorm(e.Body)
			if err != nil {
				h.t.Fatal(err)
			}
			return s
		}
	}
	h.t.Fatal("no card of a storm is owed")
	return desk.Storm{}
}
