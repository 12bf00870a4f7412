package desk_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
)

func guest() desk.In { return desk.In{By: incident.Actor{Person: "guest1", Via: "slack", Guest: true}} }

func refusedAs(t *testing.T, err error, code incident.Code) {
	t.Helper()
	if text, got, ok := desk.Refusal(err); !ok || got != code {
		t.Errorf("got %q (%s, a refusal: %v, error %v), want it refused as %s", text, got, ok, err, code)
	}
}

func TestAnAlertIsAcknowledged(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id := h.one(firing("a"))
		_, err := h.desk.AcknowledgeAlert(t.Context(), guest(), id)
		refusedAs(t, err, incident.Forbidden)
		_, err = h.desk.AcknowledgeAlert(t.Context(), in("sre1", ""), "ALERT-9")
		refusedAs(t, err, incident.NotFound)
		a, err := h.desk.AcknowledgeAlert(t.Context(), in("sre1", "cause"), id)
		if err != nil || a.Alert != id || a.Page != "PAGE-1" || !a.Changed {
			t.Errorf("got %+v, %v", a, err)
		}
		want(t, "the page", h.page("PAGE-1").AnsweredBy, "sre1")
		want(t, "the alert", h.alert(id).Acknowledged.By, "sre1")
		if again, err := h.desk.AcknowledgeAlert(t.Context(), in("sre1", "cause"), id); err != nil || !again.Changed {
			t.Errorf("the same again got %+v, %v", again, err)
		}
		want(t, "what happened", h.happened(id), "opened paged acknowledged")
		h.hear(firing("a"))
		wantList(t, "pages for a repeat of what was answered", h.openPages())
		// From the page it is the same.
		id = h.one(firing("b"))
		if _, err := h.desk.Acknowledge(t.Context(), in("dev2", ""), "PAGE-2"); err != nil {
			t.Fatal(err)
		}
		want(t, "the alert", h.alert(id).Acknowledged.By, "dev2")
		// One that pages nobody can be acknowledged too.
		id = h.one(firing("c", as(alert.SeverityInfo)))
		if _, err := h.desk.AcknowledgeAlert(t.Context(), in("dev1", ""), id); err != nil || h.alert(id).Acknowledged == nil {
			t.Errorf("an alert without a page: %v", err)
		}
	})
}

func TestTheSourceAcknowledges(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id := h.one(firing("a"))
		ack := firing("a")
		ack.Status = alert.Acknowledged
		wantList(t, "the alert", h.hear(ack), id)
		wantList(t, "pages", h.openPages())
		want(t, "what happened", h.happened(id), "opened paged acknowledged page_ended")
	})
}

// TestAnAlertThatIsOverIsSilencedForTheNext: it is a change, and the answer says so.
func TestAnAlertThatIsOverIsSilencedForTheNext(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id := h.one(firing("a"))
		h.hear(cleared("a"))
		a, err := h.desk.SilenceAlert(t.Context(), in("sre1", ""), id, time.Now().Add(time.Hour), "known")
		if err != nil || a.Silence != "SIL-1" || !a.Changed || len(a.Text) != 1 || !strings.Contains(a.Text[0], "is over; what its group fires next is silenced until 2000-01-01 01:00 UTC (SIL-1)") {
			t.Fatalf("got %+v, %v", a, err)
		}
	})
}

func TestASilencedAlertPagesWhenTheSilenceEnds(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id := h.one(firing("a"))
		a, err := h.desk.SilenceAlert(t.Context(), in("sre1", ""), id, time.Now().Add(time.Hour), "known")
		if err != nil || a.Silence != "SIL-1" {
			t.Fatalf("got %+v, %v", a, err)
		}
		wantList(t, "pages", h.openPages())
		want(t, "the alert's page", h.alert(id).Page, "")
		h.hear(firing("a"), firing("a"))
		h.pass(30 * time.Minute)
		want(t, "signals that came while it was silenced", h.alert(id).Suppressed, 2)
		h.hear(cleared("a"))
		// The silence is one of the group, not of the alert.
		next := h.one(firing("a"))
		wantList(t, "pages for the next of the group", h.openPages())
		want(t, "the next one's silence", h.alert(next).Hush.Silence, "SIL-1")
		h.one(firing("b"))
		wantList(t, "pages for another", h.openPages(), "PAGE-2 ALERT-3 [sre1]")
		h.restart()
		h.pass(40 * time.Minute)
		want(t, "pages when the silence is over", len(h.openPages()), 2)
		if got := h.happened(next); !strings.HasPrefix(got, "opened unsilenced paged") {
			t.Errorf("what happened: %s", got)
		}
	})
}

func TestPeopleSilenceByConditions(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		h.hear(firing("a", labelled("env", "stage")), firing("b", labelled("env", "prod")))
		for _, bad := range []alert.Silence{{}, {Match: map[string]string{"env": "~("}, Until: time.Now().Add(time.Hour)}, {Match: map[string]string{"env": "x"}, Until: time.Now()},
			{Match: map[string]string{"env": "x"}, Until: time.Now().Add(2 * 366 * 24 * time.Hour)}} {
			_, _, err := h.desk.Silence(t.Context(), in("sre1", ""), bad)
			refusedAs(t, err, incident.Invalid)
		}
		_, _, err := h.desk.Silence(t.Context(), guest(), alert.Silence{Match: map[string]string{"env": "x"}, Until: time.Now().Add(time.Hour)})
		refusedAs(t, err, incident.Forbidden)
		s, n, err := h.desk.Silence(t.Context(), in("sre1", ""), alert.Silence{Match: map[string]string{"env": "~stage|test"}, Until: time.Now().Add(time.Hour), Why: "load test"})
		if err != nil || n != 1 || s.ID != "SIL-1" || s.By != "sre1" {
			t.Fatalf("made %+v, which silenced %d, %v", s, n, err)
		}
		wantList(t, "pages", h.openPages(), "PAGE-2 ALERT-2 [sre1]")
		h.hear(firing("c", labelled("env", "test")))
		want(t, "pages for what comes", len(h.openPages()), 1)
		h.restart()
		h.hear(firing("d", labelled("env", "test")))
		want(t, "pages after a restart", len(h.openPages()), 1)
		if list, err := h.desk.Silences(t.Context(), false); err != nil || len(list) != 1 {
			t.Errorf("%d silences are listed, %v", len(list), err)
		}
		if _, n, err := h.desk.Unsilence(t.Context(), in("dev1", ""), "SIL-1"); err != nil || n != 3 {
			t.Errorf("ended it for %d alerts, %v", n, err)
		}
		want(t, "pages when it was ended", len(h.openPages()), 4)
		_, _, err = h.desk.Unsilence(t.Context(), in("dev1", ""), "SIL-1")
		refusedAs(t, err, incident.Conflict)
		_, _, err = h.desk.Unsilence(t.Context(), in("dev1", ""), "SIL-7")
		refusedAs(t, err, incident.NotFound)
		if list, err := h.desk.Silences(t.Context(), false); err != nil || len(list) != 0 {
			t.Errorf("%d silences are listed, %v", len(list), err)
		}
		h.hear(firing("e", labelled("env", "test")))
		want(t, "pages for what comes after it", len(h.openPages()), 5)
	})
}

func TestAMemberThatIsNotSilencedWakes(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		if _, _, err := h.desk.Silence(t.Context(), in("sre1", ""), alert.Silence{Match: map[string]string{"host": "a"}, Until: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		id := h.one(firing("a", ofGroup("g"), labelled("host", "a")))
		want(t, "pages", len(h.openPages()), 0)
		h.hear(firing("a", ofGroup("g"), labelled("host", "a")))
		want(t, "pages for a repeat", len(h.openPages()), 0)
		h.hear(firing("b", ofGroup("g"), labelled("host", "b")))
		wantList(t, "pages", h.openPages(), "PAGE-1 "+id+" [sre1]")
	})
}

func TestMaintenanceIsSilent(t *testing.T) {
	inHouse(t, `
maintenance:
  - {name: nightly, match: {service: checkout}, cron: "0 0 * * *", duration: 30m, time_zone: UTC}
`, func(t *testing.T, h *house) {
		id := h.one(firing("a"))
		wantList(t, "pages", h.openPages())
		if a := h.alert(id); a.Hush == nil || a.Hush.Window != "nightly" || a.Suppressed != 1 {
			t.Errorf("the alert is %+v", a)
		}
		want(t, "silenced", h.desk.AlertCounts().Silenced, 1)
		h.pass(29 * time.Minute)
		wantList(t, "pages before it is over", h.openPages())
		h.pass(2 * time.Minute)
		wantList(t, "pages when it is over", h.openPages(), "PAGE-1 ALERT-1 [sre1]")
		// One that ends within it never pages.
		h.pass(23*time.Hour + 30*time.Minute)
		h.hear(firing("b"))
		h.hear(cleared("b"))
		h.pass(time.Hour)
		want(t, "what happened", h.happened("ALERT-2"), "opened resolved")
	})
}

func TestNothingToDoAndClosed(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id := h.one(firing("a"))
		if _, err := h.desk.NotActionable(t.Context(), in("sre1", ""), id, "always at noon"); err != nil {
			t.Fatal(err)
		}
		h.hear(firing("a"))
		wantList(t, "pages", h.openPages())
		want(t, "who said so", h.alert(id).Noise.By, "sre1")
		other := h.one(firing("b"))
		if _, err := h.desk.CloseAlert(t.Context(), in("dev1", ""), other, "moved"); err != nil {
			t.Fatal(err)
		}
		wantList(t, "pages", h.openPages())
		_, err := h.desk.CloseAlert(t.Context(), in("dev1", ""), other, "moved")
		refusedAs(t, err, incident.Conflict)
		if next := h.one(firing("b")); next == other {
			t.Error("what fires after it was closed is the same alert")
		}
		// A page that a person ends closes its alert.
		if _, err := h.desk.EndPage(t.Context(), in("sre1", ""), "PAGE-3", ""); err != nil {
			t.Fatal(err)
		}
		h.pass(3 * time.Second)
		wantList(t, "pages", h.openPages())
		want(t, "the state", h.alert("ALERT-3").State, alert.StateClosed)
	})
}

func TestAlertsWhosePageEndedAreTakenUp(t *testing.T) {
	for name, restarts := range map[string]int{"by the life in which it ended": 0, "by the next": 1} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, "", func(t *testing.T, h *house) {
				for n := range 8 {
					h.hear(firing(fmt.Sprint(n)))
				}
				want(t, "pages", len(h.openPages()), 5)
				if _, err := h.desk.EndPage(t.Context(), in("sre1", ""), "PAGE-5", ""); err != nil {
					t.Fatal(err)
				}
				for range restarts {
					h.restart()
				}
				h.pass(3 * time.Second)
				want(t, "pages", len(h.openPages()), 5)
				for _, id := range []string{"ALERT-6", "ALERT-7", "ALERT-8"} {
					a := h.alert(id)
					if p := h.page(a.Page); p.Status != paging.Open {
						t.Errorf("%s is told by %s, which is %s", id, a.Page, p.Status)
					}
				}
				if ids, _, err := h.desk.Unheard(t.Context(), "", 100, time.Now()); err != nil || len(ids) > 0 {
					t.Errorf("the auditor finds %v, %v", ids, err)
				}
			})
		})
	}
}

// What silences alerts is counted although they are not read.
func TestWhatSilencesIsCounted(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		for n := range 30 {
			h.hear(firing(fmt.Sprint(n), labelled("node", fmt.Sprint(n%3))))
		}
		for _, s := range []struct{ node, why string }{{"1", "deploy"}, {"~[12]", "more of it"}} {
			if _, _, err := h.desk.Silence(t.Context(), in("dev1", ""), alert.Silence{Match: map[string]string{"node": s.node}, Until: time.Now().Add(time.Hour), Why: s.why}); err != nil {
				t.Fatal(err)
			}
		}
		f, err := h.desk.FiringOf(t.Context(), "", 5)
		if err != nil || len(f.List) != 5 || f.Open != 30 || f.Silenced != 20 || len(f.Hushed) != 2 {
			t.Fatalf("got %+v, %v", f, err)
		}
		total := map[string]int{}
		for _, s := range f.Hushed {
			total[s.Silence] = s.Total
			if s.Newest.Hush == nil || s.Newest.Hush.Silence != s.Silence || s.Until.IsZero() {
				t.Errorf("the newest of %s is %+v", s.Silence, s.Newest)
			}
		}
		want(t, "silenced by each", fmt.Sprint(total), "map[SIL-1:10 SIL-2:10]")
		want(t, "the newest of the first", f.Hushed[0].Newest.ID, "ALERT-30")
	})
}

// Whoever does something about an alert is at work, and their page that stands for others
// too does not come again while they are.
func TestWorkOnAlertsKeepsAnAcknowledgement(t *testing.T) {
	const pool = `
routes: [{name: pool, match: {service: orphan}, escalation: pool}]
`
	for name, work := range map[string]func(*house, desk.In, string) error{
		"silencing it": func(h *house, by desk.In, id string) error {
			_, err := h.desk.SilenceAlert(h.t.Context(), by, id, time.Now().Add(time.Hour), "known")
			return err
		},
		"silencing what matches": func(h *house, by desk.In, id string) error {
			_, n, err := h.desk.Silence(h.t.Context(), by, alert.Silence{Match: map[string]string{"node": h.alert(id).Labels["node"]}, Until: time.Now().Add(time.Hour), Why: "known"})
			want(h.t, "alerts silenced", n, 1)
			return err
		},
		"calling it not actionable": func(h *house, by desk.In, id string) error {
			_, err := h.desk.NotActionable(h.t.Context(), by, id, "always at noon")
			return err
		},
		"closing it": func(h *house, by desk.In, id string) error {
			_, err := h.desk.CloseAlert(h.t.Context(), by, id, "moved")
			return err
		},
		"declaring it": func(h *house, by desk.In, id string) error {
			_, err := h.desk.DeclareFromAlert(h.t.Context(), by, id, desk.Declaration{Severity: 4})
			return err
		},
		"acknowledging it": func(h *house, by desk.In, id string) error {
			_, err := h.desk.AcknowledgeAlert(h.t.Context(), by, id)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, pool, func(t *testing.T, h *house) {
				for n := range 8 {
					h.hear(firing(fmt.Sprint(n), labelled("node", fmt.Sprint(n)), func(s *alert.Signal) { s.Service = "orphan" }))
				}
				h.pass(2 * time.Second) // until the page counts the others
				id, page := "ALERT-7", "PAGE-5"
				want(t, "the page of the seventh", h.alert(id).Page, page)
				if _, err := h.desk.Acknowledge(t.Context(), in("dev1", ""), page); err != nil {
					t.Fatal(err)
				}
				first := h.page(page).Until
				h.pass(3 * time.Minute)
				if err := work(h, in("sre1", ""), "ALERT-8"); err != nil { // it is not theirs
					t.Fatal(err)
				}
				want(t, "the end after the work of another", h.page(page).Until, first)
				began := time.Now()
				if err := work(h, in("dev1", ""), id); err != nil {
					t.Fatal(err)
				}
				if p := h.page(page); p.Status != paging.Acknowledged || p.Owner != "dev1" || p.Until.Before(began.Add(4*time.Minute)) {
					t.Errorf("it is %s by %s and comes again at %s, want it 4 minutes after %s", p.Status, p.Owner, p.Until, began)
				}
			})
		})
	}
}

func TestAnIncidentIsDeclaredFromAnAlert(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id := h.one(firing("a", ofGroup("g")))
		_, err := h.desk.DeclareFromAlert(t.Context(), guest(), id, desk.Declaration{})
		refusedAs(t, err, incident.Forbidden)
		a, err := h.desk.DeclareFromAlert(t.Context(), in("sre1", ""), id, desk.Declaration{Severity: 2})
		if err != nil || a.Incident != "INC-1" || a.Alert != id {
			t.Fatalf("got %+v, %v", a, err)
		}
		i := h.incident("INC-1")
		want(t, "the title", i.Title, "disk full on a")
		want(t, "the service", i.Service, "checkout")
		want(t, "the page about the alert", h.page("PAGE-1").Status, paging.Ended)
		want(t, "the incident of the alert", h.alert(id).Incident, "INC-1")
		_, err = h.desk.DeclareFromAlert(t.Context(), in("dev1", ""), id, desk.Declaration{})
		refusedAs(t, err, incident.Conflict)
		h.hear(firing("b", ofGroup("g")))
		h.hear(cleared("a", ofGroup("g")), cleared("b", ofGroup("g")))
		h.deliver()
		if got := h.alertEntries("INC-1"); !slices.Equal(got, []string{"alert_fired ALERT-1", "alert_over ALERT-1"}) {
			t.Errorf("the timeline tells of %v", got)
		}
	})
}

// deliver puts what alerts owe the timelines of incidents, as the courier does.
func (h *house) deliver() {
	h.t.Helper()
	for {
		now := storageNow()
		all, err := h.store.Lease(h.t.Context(), storage.LeaseRequest{Now: now, Until: now.Add(leaseFor), Limit: 1000})
		if err != nil {
			h.t.Fatal(err)
		}
		n := 0
		for _, l := range all.Leased {
			if l.Kind != desk.IncidentAlertKind {
				continue
			}
			n++
			told, err := desk.ReadIncidentAlert(l.Body)
			if err != nil {
				h.t.Fatal(err)
			}
			s := storage.Settlement{ID: l.ID, Attempt: l.Attempts, State: storage.Done, At: now}
			if err := h.desk.Settle(h.t.Context(), l.Effect, []storage.Settlement{s}, desk.Outcome{Incident: told.Command()}); err != nil {
				h.t.Fatal(err)
			}
		}
		if n == 0 {
			return
		}
	}
}

func (h *house) alertEntries(id string) []string {
	h.t.Helper()
	var out []string
	for _, e := range h.events(id) {
		if e.Alert != "" {
			out = append(out, string(e.Kind)+" "+e.Alert)
		}
	}
	return out
}

func TestARouteDeclaresAnIncident(t *testing.T) {
	inHouse(t, `
routes:
  - {name: worst, match: {severity: critical}, declare: 2}
`, func(t *testing.T, h *house) {
		id := h.one(firing("a", as(alert.SeverityCritical)))
		want(t, "the incident of the alert", h.alert(id).Incident, "INC-1")
		i := h.incident("INC-1")
		want(t, "its severity", i.Severity, incident.Severity(2))
		want(t, "its reporter", i.Reporter.Via, "alert")
		want(t, "its commander", i.Lead, "sre1")
		wantList(t, "pages", h.openPages(), "PAGE-1 INC-1 [sre1]")
		// While it is open, further alerts of the route belong to it.
		for n := range 30 {
			h.hear(firing(fmt.Sprint("more", n), as(alert.SeverityCritical)))
		}
		h.restart()
		h.hear(firing("another", as(alert.SeverityCritical)))
		h.deliver()
		want(t, "the alerts of the incident", len(h.desk.AlertIDsOf("INC-1")), 32)
		want(t, "incidents", len(h.live()), 1)
		want(t, "entries on its timeline", len(h.alertEntries("INC-1")), 21)
		if _, err := h.desk.Change(t.Context(), in("sre1", ""), "INC-1", incident.Resolve{By: by("sre1")}); err != nil {
			t.Fatal(err)
		}
		next := h.one(firing("next", as(alert.SeverityCritical)))
		want(t, "the incident of what fires later", h.alert(next).Incident, "INC-2")
		// Nobody is on call where there is no policy, and it is declared all the same.
		orphan := h.one(firing("x", as(alert.SeverityCritical), ofService("orphan")))
		want(t, "the incident of a service without a policy", h.alert(orphan).Incident, "INC-3")
		if got := h.openPages(); got[len(got)-1] != "PAGE-3 INC-3 [lead1 channel:incidents]" {
			t.Errorf("pages: %v", got)
		}
		// In silence nothing is declared before it ends.
		if _, _, err := h.desk.Silence(t.Context(), in("sre1", ""), alert.Silence{Match: map[string]string{"service": "search"}, Until: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		quiet := h.one(firing("q", as(alert.SeverityCritical), ofService("search")))
		want(t, "the incident of what is silenced", h.alert(quiet).Incident, "")
		h.pass(61 * time.Minute)
		want(t, "the incident when the silence is over", h.alert(quiet).Incident, "INC-4")
	})
}

// Who acknowledges and then silences is asked again when the silence is over: its page has
// ended, and nothing else would bring it back. Who acknowledges what is silenced has it.
func TestASilenceOutlastsTheAnswerBeforeIt(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		ids := h.hear(firing("a"), firing("b"))
		for n, do := range [][]string{{"acknowledge", "silence"}, {"silence", "acknowledge"}} {
			for _, what := range do {
				var err error
				if what == "silence" {
					_, err = h.desk.SilenceAlert(t.Context(), in("sre1", ""), ids[n], time.Now().Add(time.Hour), "")
				} else {
					_, err = h.desk.AcknowledgeAlert(t.Context(), in("sre1", ""), ids[n])
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		wantList(t, "pages in silence", h.openPages())
		h.pass(61 * time.Minute)
		wantList(t, "pages when it is over", h.openPages(), "PAGE-3 "+ids[0]+" [sre1]")
	})
}

// A policy may begin in a channel. What no person declared reaches nobody who knows of it.
func TestARouteDeclaresWhatAChannelIsToldOfFirst(t *testing.T) {
	inHouse(t, `
  - name: room
    steps:
      - {notify: ["channel:svc-search"], wait: 5m}
      - {notify: ["person:dev1"], wait: 5m}
routes:
  - {match: {severity: critical}, declare: 2}
default_escalation: room
`, func(t *testing.T, h *house) {
		h.one(firing("a", as(alert.SeverityCritical), ofService("orphan")))
		wantList(t, "pages", h.openPages(), "PAGE-1 INC-1 [channel:svc-search]")
		h.pass(6 * time.Minute)
		wantList(t, "pages after the wait", h.openPages(), "PAGE-1 INC-1 [channel:svc-search dev1]")
	})
}

func (h *house) live() []incident.Incident {
	h.t.Helper()
	list, err := h.desk.Live(h.t.Context(), 0)
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

const withWindow = `
routes:
  - {group_window: 30m}
`

func TestWithinItsWindowAGroupStaysOneAlert(t *testing.T) {
	inHouse(t, withWindow, func(t *testing.T, h *house) {
		id := h.one(firing("a"))
		h.hear(cleared("a"))
		h.pass(time.Minute)
		want(t, "the alert of what fires again", h.one(firing("a")), id)
		wantList(t, "pages: nobody has answered the first", h.openPages(), "PAGE-2 ALERT-1 [sre1]")
		if _, err := h.desk.Acknowledge(t.Context(), in("sre1", ""), "PAGE-2"); err != nil {
			t.Fatal(err)
		}
		for range 5 { // it flaps, and sre1 is at it
			h.hear(cleared("a"))
			h.pass(10 * time.Second)
			h.restart()
			want(t, "the alert of what fires again", h.one(firing("a")), id)
		}
		wantList(t, "pages while sre1 is at it", h.openPages())
		h.pass(5 * time.Minute)
		wantList(t, "pages when it still fires", h.openPages(), "PAGE-3 ALERT-1 [sre1]")
		h.hear(cleared("a"))
		h.pass(time.Hour)
		if next := h.one(firing("a")); next == id {
			t.Error("the window is over, and it is the same alert")
		}
	})
}

func TestRoutesGroupAcrossIntegrations(t *testing.T) {
	inHouse(t, `
routes:
  - {group_by: [cluster]}
`, func(t *testing.T, h *house) {
		id := h.one(firing("a", labelled("cluster", "eu")))
		wantList(t, "the same cluster", h.hearFrom("grafana", firing("a", labelled("cluster", "eu"))), id)
		wantList(t, "another cluster", h.hear(firing("b", labelled("cluster", "us"))), "ALERT-2")
		h.hear(cleared("a", labelled("cluster", "eu")))
		want(t, "members that fire", h.alert(id).Firing(), 1)
		h.hearFrom("grafana", cleared("a"))
		want(t, "the state", h.alert(id).State, alert.StateResolved)
	})
}

// What a commit came to is unknown, or it failed: nothing is there twice, and nothing
// is missing.
func TestSignalsSurviveFailedCommits(t *testing.T) {
	failure := errors.New("input/output error")
	for name, fault := range map[string]memory.Fault{
		"unknown, and it happened":     memory.FailsButApplied(),
		"unknown, and it did not":      memory.Fails(storage.ErrUnknown),
		"conflict":                     memory.Fails(storage.ErrConflict),
		"the disk is full":             memory.Fails(storage.ErrFull),
		"a failure that says not what": memory.Fails(failure),
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, "", func(t *testing.T, h *house) {
				h.one(firing("before", ofGroup("g")))
				for _, s := range []alert.Signal{firing("a"), firing("b", ofGroup("g")), cleared("a"), firing("c", ofGroup("g")), cleared("b", ofGroup("g"))} {
					h.fails(func(n int, _ []storage.Change) memory.Fault {
						if n == 1 {
							return fault
						}
						return memory.None()
					})
					for range 3 { // as a sender does, until it is taken
						if _, err := h.desk.Hear(t.Context(), "prometheus", []alert.Signal{s}); err == nil {
							break
						}
					}
				}
				h.fails(nil)
				wantList(t, "open alerts", h.open(), "ALERT-1")
				a := h.alert("ALERT-1")
				want(t, "members", len(a.Members), 3)
				want(t, "members that fire", a.Firing(), 2)
				want(t, "pages", len(h.openPages()), 1)
			})
		})
	}
}

// On a full disk nothing new is opened, and what is open goes on: also when both wait
// for the same commit.
func TestAResolveIsTakenOnAFullDisk(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id := h.one(firing("a"))
		release := make(chan struct{})
		h.fails(func(n int, changes []storage.Change) memory.Fault {
			if n == 1 {
				return memory.Slow(release)
			}
			if slices.ContainsFunc(changes, func(c storage.Change) bool { return !c.Vital }) {
				return memory.Fails(storage.ErrFull)
			}
			return memory.None()
		})
		results := map[string]chan error{}
		hear := func(name string, s alert.Signal) {
			results[name] = make(chan error, 1)
			go func() {
				_, err := h.desk.Hear(t.Context(), "prometheus", []alert.Signal{s})
				results[name] <- err
			}()
			synctest.Wait()
		}
		hear("first", firing("first", as(alert.SeverityInfo)))
		hear("fires", firing("b"))
		hear("resolves", cleared("a"))
		close(release)
		if err := <-results["fires"]; !errors.Is(err, storage.ErrFull) {
			t.Errorf("what fires got %v", err)
		}
		if err := <-results["resolves"]; err != nil {
			t.Errorf("what resolves got %v", err)
		}
		want(t, "the state", h.alert(id).State, alert.StateResolved)
		h.fails(nil)
		h.one(firing("b"))
	})
}

func TestMoreThanCanWaitIsRefused(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		release := h.hold()
		done := make(chan error, 60)
		for n := range 60 {
			go func() {
				signals := make([]alert.Signal, 500)
				for i := range signals {
					signals[i] = firing(fmt.Sprintf("%d.%d", n, i), as(alert.SeverityInfo))
				}
				_, err := h.desk.Hear(t.Context(), "prometheus", signals)
				done <- err
			}()
		}
		time.Sleep(time.Second)
		release()
		busy := 0
		for range 60 {
			if err := <-done; errors.Is(err, desk.ErrBusy) {
				busy++
			} else if err != nil {
				t.Error(err)
			}
		}
		want(t, "requests that were refused", busy, 20)
		want(t, "alerts", len(h.open()), 40*500)
	})
}

// What only warns waits for the end of quiet hours; when it becomes critical it wakes.
func TestAWarningThatBecomesCriticalWakes(t *testing.T) {
	inHouse(t, `
routes:
  - {match: {service: night}, page: true}
`, func(t *testing.T, h *house) {
		sleeps := func() bool { return len(h.page("PAGE-1").Notices) == 0 }
		h.one(firing("disk", as(alert.SeverityWarning), ofService("night"))) // at midnight
		h.pass(time.Hour)
		if p := h.page("PAGE-1"); !sleeps() || p.Urgency != paging.Low || !p.Held.Equal(time.Date(2000, 1, 1, 7, 0, 0, 0, time.UTC)) {
			t.Fatalf("a warning at midnight tells %v, its urgency is %q, and it is held back until %s", p.Notices, p.Urgency, p.Held)
		}
		h.one(firing("disk", as(alert.SeverityCritical), ofService("night")))
		if p := h.page("PAGE-1"); sleeps() || p.Facts.Severity != "critical" || p.Urgency != paging.High {
			t.Errorf("when it is critical it tells %v, its urgency is %q, its severity %q", p.Notices, p.Urgency, p.Facts.Severity)
		}
	})
}

// TestAnEndedSilenceWakesAllItKept although whoever ended it was cut off in between, also
// by the end of the process.
func TestAnEndedSilenceWakesAllItKept(t *testing.T) {
	for name, cut := range map[string]func(*house){"by a disk": func(*house) {}, "by a crash": func(h *house) { h.restart() }} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, "", func(t *testing.T, h *house) {
				id := h.one(firing("a"))
				if _, _, err := h.desk.Silence(t.Context(), in("sre1", ""), alert.Silence{Match: map[string]string{"service": "checkout"}, Until: time.Now().Add(72 * time.Hour), Why: "known"}); err != nil {
					t.Fatal(err)
				}
				h.pass(2 * time.Second)
				h.fails(func(n int, _ []storage.Change) memory.Fault {
					if n == 1 {
						return memory.None()
					}
					return memory.Fails(errors.New("input/output error"))
				})
				if _, _, err := h.desk.Unsilence(t.Context(), in("dev1", ""), "SIL-1"); err == nil {
					t.Fatal("nobody was told that it was cut off")
				}
				h.fails(nil)
				cut(h)
				h.pass(3 * time.Second)
				want(t, "the alert is silenced", h.alert(id).Silenced(time.Now()), false)
				want(t, "pages", len(h.openPages()), 1)
				want(t, "digests", len(h.digests()), 1)
			})
		})
	}
}

// Whom a page asks stands on the card of its alert: it is drawn anew when the first is
// asked, after their quiet hours.
func TestACardShowsWhomAPageAsksAfterQuietHours(t *testing.T) {
	inHouse(t, `
routes:
  - {match: {service: night}, page: true}
`, func(t *testing.T, h *house) {
		id := h.one(firing("disk", as(alert.SeverityWarning), ofService("night"))) // at midnight
		h.pass(time.Hour)
		h.deliverAll()
		before := h.owed("alert/" + id)
		h.pass(6*time.Hour + 10*time.Minute)
		c, err := h.desk.AlertCard(t.Context(), id)
		if err != nil || len(c.Page.Current()) == 0 {
			t.Fatalf("after quiet hours the page asks %v, %v", c.Page.Current(), err)
		}
		if n := h.owed("alert/" + id); n != before+1 {
			t.Errorf("%d cards were owed, want %d", n, before+1)
		}
	})
}

// TestACardThatIsShownIsNotOwedAgain because its alert has noted that it is there.
func TestACardThatIsShownIsNotOwedAgain(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id := h.one(firing("a"))
		for _, shown := range []alert.Command{alert.Show{}, nil} {
			l := h.lease("alert/" + id)
			s := storage.Settlement{ID: l.ID, Attempt: l.Attempts, State: storage.Done, Seq: l.Seq, At: storageNow(), Receipt: []byte("C1/1.1")}
			if err := h.desk.Settle(t.Context(), l.Effect, []storage.Settlement{s}, desk.Outcome{Alert: shown}); err != nil {
				t.Fatal(err)
			}
			if e := h.effect("alert/" + id); e.State != storage.Done {
				t.Errorf("the card is %s, and shows all that it says", e.State)
			}
			h.hear(cleared("a"))
			if e := h.effect("alert/" + id); shown != nil && e.State != storage.Pending {
				t.Errorf("the card is %s, and the alert is over", e.State)
			}
		}
	})
}

// TestMoreOfAnAlertStaysOnThePageThatWasAnswered: whoever has it sees it fire, and when the
// page comes again it comes for all of it.
func TestMoreOfAnAlertStaysOnThePageThatWasAnswered(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id := h.one(firing("a", ofGroup("g")))
		if _, err := h.desk.Acknowledge(t.Context(), in("sre1", ""), "PAGE-1"); err != nil {
			t.Fatal(err)
		}
		h.hear(firing("b", ofGroup("g")))
		want(t, "its page", h.alert(id).Page, "PAGE-1")
		want(t, "the page", h.page("PAGE-1").Status, paging.Acknowledged)
		want(t, "what happened", h.happened(id), "opened paged acknowledged member_joined")
		wantList(t, "open pages", h.openPages())
	})
}

// TestAnAlertThatIsSilencedIsCountedOnNoPage although those whom it would page have enough.
func TestAnAlertThatIsSilencedIsCountedOnNoPage(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		for n := range 6 {
			h.hear(firing(fmt.Sprint(n)))
		}
		h.pass(2 * time.Second)
		want(t, "counted on the fifth page", h.page("PAGE-5").Folded, 1)
		if _, _, err := h.desk.Silence(t.Context(), in("dev1", ""), alert.Silence{Match: map[string]string{"node": "x"}, Until: time.Now().Add(time.Hour), Why: "deploy"}); err != nil {
			t.Fatal(err)
		}
		id := h.one(firing("quiet", labelled("node", "x")))
		h.pass(2 * time.Second)
		want(t, "counted on the fifth page", h.page("PAGE-5").Folded, 1)
		want(t, "the page of the silenced one", h.alert(id).Page, "")
		want(t, "it is counted", h.alert(id).Folded, false)
	})
}

// TestAnAlertPagesWhenItsRouteHasComeToPage: what fires on and is repeated, unchanged, after
// the configuration was.
func TestAnAlertPagesWhenItsRouteHasComeToPage(t *testing.T) {
	inHouse(t, "routes: [{name: quiet, match: {service: checkout}, page: false}]\n", func(t *testing.T, h *house) {
		id := h.one(firing("a"))
		wantList(t, "pages", h.openPages())
		h.end()
		settings, err := configs.Parse([]byte(alertConfig), "test.yaml")
		if err != nil {
			t.Fatal(err)
		}
		h.settings = settings
		h.begin()
		for range 2 {
			h.hear(firing("a"))
			wantList(t, "pages once it was heard of again", h.openPages(), "PAGE-1 "+id+" [sre1]")
		}
	})
}

// TestWhatIsSaidTwiceInOneRequestEndsAsItWasSaidLast: resolved and firing again is firing.
func TestWhatIsSaidTwiceInOneRequestEndsAsItWasSaidLast(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		h.hear(firing("a"))
		h.hear(firing("a")) // that it fires is nothing new
		h.hear(cleared("a"), firing("a"))
		want(t, "alerts that fire", len(h.open()), 1)
		want(t, "pages", len(h.openPages()), 1)
		h.hear(firing("a"), cleared("a"))
		want(t, "alerts that fire", len(h.open()), 0)
	})
}

// TestAMemberThatFiresElsewhereStaysThere when the alert in which it was resolved opens
// again: else its end would be heard of in the wrong one.
func TestAMemberThatFiresElsewhereStaysThere(t *testing.T) {
	inHouse(t, withWindow, func(t *testing.T, h *house) {
		first := h.hear(firing("a", ofGroup("g")), firing("b", ofGroup("g")))
		want(t, "alerts", len(first), 1)
		h.hear(cleared("a", ofGroup("g")), cleared("b", ofGroup("g")))
		moved := h.one(firing("a", ofGroup("h")))
		want(t, "the alert of what fires in another group", moved == first[0], false)
		wantList(t, "the alerts of what fires again, and of what is over", h.hear(firing("b", ofGroup("g")), cleared("a", ofGroup("h"))), first[0], moved)
		wantList(t, "open alerts", h.open(), first[0])
	})
}

// TestWhoEndsAPageLeavesWhatIsNotActionableAsItIs: the page went on for another alert only.
func TestWhoEndsAPageLeavesWhatIsNotActionableAsItIs(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		for n := range 6 {
			h.hear(firing(fmt.Sprint(n)))
		}
		h.pass(2 * time.Second)
		want(t, "the page that counts the sixth", h.alert("ALERT-6").Page, "PAGE-5")
		if _, err := h.desk.NotActionable(t.Context(), in("dev1", ""), "ALERT-5", "always at noon"); err != nil {
			t.Fatal(err)
		}
		want(t, "the page", h.page("PAGE-5").Status, paging.Open)
		if _, err := h.desk.EndPage(t.Context(), in("sre1", ""), "PAGE-5", ""); err != nil {
			t.Fatal(err)
		}
		want(t, "what is not actionable", h.alert("ALERT-5").State, alert.StateOpen)
		h.pass(3 * time.Second)
		want(t, "the sixth is told of anew", h.page(h.alert("ALERT-6").Page).Status, paging.Open)
	})
}
