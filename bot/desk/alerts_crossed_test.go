package desk_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// What becomes worse goes where a route sends what is as bad: into an incident, or to
// others than those who have its page.
func TestWhatGetsWorseGoesWhereItsRouteSaysNow(t *testing.T) {
	for name, first := range map[string]alert.Signal{
		"after a warning": firing("a", as(alert.SeverityWarning)),
		"after an error":  firing("a", as(alert.SeverityError)),
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, "routes: [{match: {severity: critical}, declare: 1}]\n", func(t *testing.T, h *house) {
				id := h.one(first)
				h.hear(firing("a", as(alert.SeverityCritical)))
				want(t, "its incident", h.alert(id).Incident, "INC-1")
				pages := h.openPages()
				if len(pages) != 1 || !strings.HasSuffix(pages[0], "INC-1 [sre1]") {
					t.Errorf("the pages are %v", pages)
				}
			})
			inHouse(t, "routes: [{match: {severity: critical}, escalation: search}]\n", func(t *testing.T, h *house) {
				id := h.one(first)
				h.hear(firing("a", as(alert.SeverityCritical)))
				want(t, "its escalation", h.alert(id).Escalation, "search")
				wantList(t, "pages", h.openPages(), h.alert(id).Page+" "+id+" [dev1]")
				h.hear(firing("a", as(alert.SeverityError)))
				want(t, "its escalation when it is less again", h.alert(id).Escalation, "search")
			})
		})
	}
}

// Whoever acknowledged what a route declares an incident for, while it was silenced, has not
// said that there shall be none.
func TestWhatWasAcknowledgedInItsSilenceIsDeclaredAfterIt(t *testing.T) {
	inHouse(t, "routes: [{match: {severity: critical}, declare: 1}]\n", func(t *testing.T, h *house) {
		if _, _, err := h.desk.Silence(t.Context(), in("dev2", ""), alert.Silence{Match: map[string]string{"service": "checkout"}, Until: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		id := h.one(firing("a", as(alert.SeverityCritical)))
		h.acknowledge("dev1", id)
		wantList(t, "pages while it is silenced", h.openPages())
		h.pass(time.Hour)
		want(t, "its incident when that is over", h.alert(id).Incident, "INC-1")
		wantList(t, "pages", h.openPages(), "PAGE-1 INC-1 [sre1]")
	})
}

// A group in which something fires that a route declares an incident for has one.
func TestAMemberThatIsDeclaredHasItsGroupDeclared(t *testing.T) {
	inHouse(t, "routes: [{match: {job: db}, declare: 2}]\n", func(t *testing.T, h *house) {
		id := h.one(firing("a", as(alert.SeverityWarning), ofGroup("g")))
		wantList(t, "the same alert", h.hear(firing("b", as(alert.SeverityWarning), ofGroup("g"), labelled("job", "db"))), id)
		want(t, "its incident", h.alert(id).Incident, "INC-1")
	})
}

// Who said of a warning that there is nothing to do about it has not said so of what it
// becomes.
func TestWhatWasNotActionableAndGetsWorsePages(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id := h.one(firing("a", as(alert.SeverityWarning)))
		if _, err := h.desk.NotActionable(t.Context(), in("dev1", ""), id, "always at noon"); err != nil {
			t.Fatal(err)
		}
		h.hear(firing("a", as(alert.SeverityCritical)))
		wantList(t, "pages", h.openPages(), "PAGE-1 "+id+" [sre1]")
		want(t, "what happened", h.happened(id), "opened not_actionable worsened heeded paged")
		if _, err := h.desk.NotActionable(t.Context(), in("dev1", ""), id, "always at noon"); err != nil {
			t.Fatal(err)
		}
		h.hear(firing("a", as(alert.SeverityCritical)))
		wantList(t, "pages when it only repeats", h.openPages())
	})
}

const hours = `
routes:
  - {match: {service: checkout}, group_by: [title], group_window: 6h}
`

// An alert that was over with its incident, and fires again, is not what the incident has
// left behind: it pages at once.
func TestWhatFiresAgainAfterItsIncidentPages(t *testing.T) {
	inHouse(t, hours, func(t *testing.T, h *house) {
		id := h.one(firing("a"))
		if _, err := h.desk.DeclareFromAlert(t.Context(), in("sre1", ""), id, desk.Declaration{Severity: 2}); err != nil {
			t.Fatal(err)
		}
		h.pass(time.Minute)
		h.hear(cleared("a"))
		if _, err := h.desk.Change(t.Context(), in("sre1", ""), "INC-1", incident.Resolve{By: by("sre1"), Text: "rolled back"}); err != nil {
			t.Fatal(err)
		}
		h.pass(time.Minute)
		wantList(t, "the same alert", h.hear(firing("a")), id)
		h.pass(11 * time.Second)
		wantList(t, "pages", h.openPages(), h.alert(id).Page+" "+id+" [sre1]")
	})
}

// What flaps waits for whoever answered it, unless it is worse than what they answered.
func TestWhatFiresAgainAndIsWorseWaitsForNobody(t *testing.T) {
	for name, again := range map[string][]alert.Signal{
		"worse at once": {firing("a", as(alert.SeverityCritical))},
		"worse later":   {firing("a", as(alert.SeverityError)), firing("a", as(alert.SeverityCritical))},
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, hours, func(t *testing.T, h *house) {
				id := h.one(firing("a", as(alert.SeverityError)))
				h.acknowledge("sre1", id)
				h.hear(cleared("a"))
				for _, s := range again {
					wantList(t, "pages before it is worse", h.openPages())
					h.hear(s)
				}
				wantList(t, "pages when it is", h.openPages(), "PAGE-2 "+id+" [sre1]")
			})
		})
	}
}

// crowd has six alerts fire of which the fifth page counts the last.
func (h *house) crowd() {
	h.t.Helper()
	for n := range 6 {
		h.hear(firing(fmt.Sprint(n)))
	}
	h.pass(2 * time.Second)
	want(h.t, "the page of the sixth", h.alert("ALERT-6").Page, "PAGE-5")
}

// answerAll has somebody acknowledge the five pages of a crowd.
func (h *house) answerAll(person string) {
	h.t.Helper()
	for n := range 5 {
		if _, err := h.desk.Acknowledge(h.t.Context(), in(person, ""), fmt.Sprint("PAGE-", n+1)); err != nil {
			h.t.Fatal(err)
		}
	}
}

// Whoever answers a page answers for what it counts then: not for what is silenced, and not
// for what is worked on in an incident.
func TestWhatWasCountedAndSetAsideIsNotAnswered(t *testing.T) {
	for name, aside := range map[string]func(h *house) error{
		"silenced": func(h *house) error {
			_, err := h.desk.SilenceAlert(h.t.Context(), in("dev2", ""), "ALERT-6", time.Now().Add(29*time.Minute), "deploy")
			return err
		},
		"declared": func(h *house) error {
			_, err := h.desk.DeclareFromAlert(h.t.Context(), in("dev2", ""), "ALERT-6", desk.Declaration{Severity: 4})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, hours, func(t *testing.T, h *house) {
				h.crowd()
				if err := aside(h); err != nil {
					t.Fatal(err)
				}
				h.answerAll("dev1")
				if name == "declared" {
					if _, err := h.desk.Change(t.Context(), in("dev2", ""), "INC-1", incident.Close{By: by("dev2")}); err != nil {
						t.Fatal(err)
					}
				}
				h.pass(11 * time.Second)
				wantList(t, "pages meanwhile", h.openPages())
				h.pass(31 * time.Minute)
				a := h.alert("ALERT-6")
				if pages := h.openPages(); len(pages) != 1 || !strings.HasPrefix(pages[0], a.Page+" ALERT-6 ") {
					t.Errorf("the pages are %v, and its own is %q", pages, a.Page)
				}
			})
		})
	}
}

// An alert that was over and fires again is told of, although its page goes on for others
// that somebody has answered: what it counted, and what it was about.
func TestWhatFiresAgainIsNotAnsweredByItsPageOfBefore(t *testing.T) {
	for _, which := range []string{"5", "4"} {
		t.Run(which, func(t *testing.T) {
			inHouse(t, hours, func(t *testing.T, h *house) {
				h.crowd()
				if which == "4" { // its page goes on for more than those with a card
					for n := range 14 {
						h.hear(firing(fmt.Sprint("more", n)))
					}
					h.pass(2 * time.Second)
				}
				h.answerAll("dev1")
				h.pass(time.Hour)
				h.hear(cleared(which))
				h.pass(time.Minute)
				id := h.one(firing(which))
				a := h.alert(id)
				wantList(t, "pages", h.openPages(), a.Page+" "+id+" [sre1]")
				want(t, "the page of the others", h.page("PAGE-5").Status, paging.Acknowledged)
				if _, err := h.desk.Acknowledge(t.Context(), in("dev2", ""), "PAGE-5"); err != nil {
					t.Fatal(err)
				}
				if said := h.alert(id).Acknowledged; said != nil {
					t.Errorf("who answers for the others has acknowledged it: %+v", said)
				}
				if _, err := h.desk.EndPage(t.Context(), in("dev2", ""), "PAGE-5", ""); err != nil {
					t.Fatal(err)
				}
				want(t, "its state when that page is ended", h.alert(id).State, alert.StateOpen)
				want(t, "its page", h.page(a.Page).Status, paging.Open)
			})
		})
	}
}

// An alert whose policy the configuration has no more goes to whom its service has now.
func TestAnAlertWhosePolicyIsGonePagesThatOfItsService(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id := h.one(firing("a"))
		if _, err := h.desk.SilenceAlert(t.Context(), in("dev2", ""), id, time.Now().Add(time.Hour), "deploy"); err != nil {
			t.Fatal(err)
		}
		h.end()
		renamed := strings.NewReplacer("name: checkout, escalation: checkout", "name: checkout, escalation: shop", "  - name: checkout\n", "  - name: shop\n").Replace(alertConfig)
		settings, err := configs.Parse([]byte(renamed), "test.yaml")
		if err != nil {
			t.Fatal(err)
		}
		h.settings = settings
		h.begin()
		h.pass(time.Hour + time.Second)
		wantList(t, "pages", h.openPages(), "PAGE-2 "+id+" [sre1]")
	})
}

// Whoever acknowledges what has no room in its group acknowledges the page of the group:
// else two of it would ask again.
func TestAGroupThatGoesOnIsAcknowledgedByAnyOfItsNames(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		h.fill()
		a := h.acknowledge("dev1", "ALERT-2")
		wantList(t, "the answer", a.Text, "dev1 answered PAGE-1, on which it is counted")
		want(t, "its page", h.alert("ALERT-2").Page, "PAGE-1")
		want(t, "the page of the group", h.page("PAGE-1").Status, paging.Acknowledged)
		want(t, "who has the group", h.alert("ALERT-1").Acknowledged.By, "dev1")
		want(t, "again", h.acknowledge("dev1", "ALERT-2").Changed, false)
		wantList(t, "pages", h.openPages())
	})
}

// fill has a group fire that goes on in a second alert.
func (h *house) fill() {
	h.t.Helper()
	var signals []alert.Signal
	for n := range alert.MaxMembers + 1 {
		signals = append(signals, firing(fmt.Sprint(n), ofGroup("g")))
	}
	wantList(h.t, "alerts", h.hear(signals...), "ALERT-1", "ALERT-2")
}

// What has no room in its group is in the incident of the group, and when a silence of both
// is over one page tells of both.
func TestAGroupThatGoesOnIsToldOfOnce(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		h.hear(firing("0", ofGroup("g")))
		if _, err := h.desk.DeclareFromAlert(t.Context(), in("sre1", ""), "ALERT-1", desk.Declaration{Severity: 4}); err != nil {
			t.Fatal(err)
		}
		h.fill()
		want(t, "the incident of the second", h.alert("ALERT-2").Incident, "INC-1")
		wantList(t, "pages", h.openPages())
	})
	inHouse(t, "", func(t *testing.T, h *house) {
		h.fill()
		silence := alert.Silence{Match: map[string]string{"service": "checkout"}, Until: time.Now().Add(time.Hour)}
		if _, n, err := h.desk.Silence(t.Context(), in("dev2", ""), silence); n != 2 || err != nil {
			t.Fatal(n, err)
		}
		wantList(t, "pages when it is silenced", h.openPages())
		h.pass(time.Hour + time.Second)
		wantList(t, "pages when that is over", h.openPages(), "PAGE-2 ALERT-1 [sre1]")
	})
}

// What waits for whoever answered before, or for what was done in an incident to show, waits
// no longer because the clock was set back, in the same life or before the next.
func TestAlertsWaitNoLongerWhenTheClockWasSetBack(t *testing.T) {
	for _, died := range []bool{false, true} {
		for name, waits := range map[string]func(h *house) (id string, longest time.Duration){
			"fires again": func(h *house) (string, time.Duration) {
				id := h.one(firing("a"))
				h.acknowledge("sre1", id)
				h.hear(cleared("a"), firing("a"))
				return id, 5 * time.Minute
			},
			"outlives its incident": func(h *house) (string, time.Duration) {
				id := h.one(firing("a"))
				if _, err := h.desk.DeclareFromAlert(h.t.Context(), in("sre1", ""), id, desk.Declaration{Severity: 4}); err != nil {
					h.t.Fatal(err)
				}
				if _, err := h.desk.Change(h.t.Context(), in("sre1", ""), "INC-1", incident.Resolve{By: by("sre1")}); err != nil {
					h.t.Fatal(err)
				}
				h.stay(11 * time.Second)
				return id, 30 * time.Minute
			},
		} {
			t.Run(fmt.Sprintf("%s, died %t", name, died), func(t *testing.T) {
				inHouse(t, hours, func(t *testing.T, h *house) {
					h.ahead.Store(int64(time.Hour))
					h.stay(time.Second)
					id, longest := waits(h)
					if died {
						h.end()
						h.ahead.Store(0)
						h.begin()
					}
					h.ahead.Store(0)
					h.stay(2 * time.Second)
					h.pass(time.Minute)
					wantList(t, "pages before it is over", h.openPages())
					h.pass(longest)
					if pages := h.openPages(); len(pages) != 1 || !strings.Contains(pages[0], id) {
						t.Errorf("after %s the pages are %v; it waits until %s", longest, pages, h.alert(id).Waits)
					}
				})
			})
		}
	}
}

// What was answered by a clock that was ahead is waited for from now on.
func TestAnAnswerOfAClockThatWasAheadIsWaitedForAsLong(t *testing.T) {
	inHouse(t, hours, func(t *testing.T, h *house) {
		h.ahead.Store(int64(time.Hour))
		id := h.one(firing("a"))
		h.acknowledge("sre1", id)
		h.hear(cleared("a"))
		h.ahead.Store(0)
		h.stay(2 * time.Second)
		h.hear(firing("a"))
		h.pass(5*time.Minute + time.Second)
		wantList(t, "pages", h.openPages(), "PAGE-2 "+id+" [sre1]")
	})
}

// stay lets time pass in which nothing falls due.
func (h *house) stay(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// A route that declares an incident which pages nobody by itself, and says that it pages, does.
func TestARouteThatDeclaresAndPagesDoesBoth(t *testing.T) {
	inHouse(t, "routes: [{match: {severity: critical}, declare: 4, page: true}]\n", func(t *testing.T, h *house) {
		id := h.one(firing("a", as(alert.SeverityCritical)))
		want(t, "its incident", h.alert(id).Incident, "INC-1")
		wantList(t, "pages", h.openPages(), "PAGE-1 INC-1 [sre1]")
	})
	inHouse(t, "routes: [{match: {severity: critical}, declare: 4}, {match: {service: search}, declare: 4, page: false}]\n", func(t *testing.T, h *house) {
		id := h.one(firing("a", as(alert.SeverityCritical)))
		want(t, "its incident", h.alert(id).Incident, "INC-1")
		id = h.one(firing("b", as(alert.SeverityWarning), ofService("search")))
		want(t, "the incident of a warning", h.alert(id).Incident, "INC-2")
		wantList(t, "pages of routes that do not say so", h.openPages())
	})
}

// What was critical and is over does not make a warning of the same group wake anybody, nor
// what its page still counts less urgent.
func TestWhatFiresAgainIsAsBadAsItIsThen(t *testing.T) {
	warning := firing("4", as(alert.SeverityWarning))
	inHouse(t, hours, func(t *testing.T, h *house) {
		id := h.one(firing("4", as(alert.SeverityCritical)))
		h.hear(cleared("4"))
		wantList(t, "the same alert", h.hear(warning), id)
		want(t, "its severity", h.alert(id).Severity, alert.SeverityWarning)
		wantList(t, "pages", h.openPages())
		h.hear(firing("4", as(alert.SeverityCritical)))
		wantList(t, "pages when it is worse again", h.openPages(), "PAGE-2 "+id+" [sre1]")
	})
	inHouse(t, hours, func(t *testing.T, h *house) {
		h.crowd()
		h.hear(cleared("4"), warning)
		want(t, "the page that counts the sixth", h.page("PAGE-5").Status, paging.Open)
		want(t, "its urgency", h.page("PAGE-5").Urgency, paging.High)
		want(t, "the page of the warning", h.alert("ALERT-5").Page, "")
	})
}

// The timeline of an incident says that what was over fires again.
func TestAnIncidentHearsThatItsAlertFiresAgain(t *testing.T) {
	inHouse(t, hours, func(t *testing.T, h *house) {
		id := h.one(firing("a"))
		if _, err := h.desk.DeclareFromAlert(t.Context(), in("sre1", ""), id, desk.Declaration{Severity: 4}); err != nil {
			t.Fatal(err)
		}
		h.hear(cleared("a"), firing("a"))
		all, err := h.store.Effects(t.Context(), 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, e := range all {
			if e.Kind == desk.IncidentAlertKind {
				told = append(told, string(e.Body))
			}
		}
		wantList(t, "told", told, `{"alert":"ALERT-1","title":"disk full on a","over":true}`, `{"alert":"ALERT-1","title":"disk full on a"}`)
	})
}

// What was answered at its source, on a page that somebody has answered for others since, is
// told of when more of it fires.
func TestMoreOfWhatWasAnsweredAtItsSourcePages(t *testing.T) {
	inHouse(t, "routes: [{match: {service: checkout}, group_by: [job]}]\n", func(t *testing.T, h *house) {
		for n := range 6 {
			h.hear(firing(fmt.Sprint(n), labelled("job", fmt.Sprint(n))))
		}
		h.hear(firing("5", labelled("job", "5"), func(s *alert.Signal) { s.Status = alert.Acknowledged }))
		h.answerAll("dev1")
		wantList(t, "the same alert", h.hear(firing("more", labelled("job", "5"))), "ALERT-6")
		wantList(t, "pages", h.openPages(), "PAGE-6 ALERT-6 [sre1]")
	})
}

// An alert that a page counts, and that was in an incident which is opened again, is not
// answered by that page.
func TestWhatIsCountedGoesBackIntoItsIncident(t *testing.T) {
	inHouse(t, hours, func(t *testing.T, h *house) {
		for n := range 5 {
			h.hear(firing(fmt.Sprint(n)))
		}
		id := h.one(firing("5", as(alert.SeverityWarning)))
		if _, err := h.desk.DeclareFromAlert(t.Context(), in("dev2", ""), id, desk.Declaration{Severity: 4}); err != nil {
			t.Fatal(err)
		}
		end := func(c incident.Command) {
			t.Helper()
			if _, err := h.desk.Change(t.Context(), in("dev2", ""), "INC-1", c); err != nil {
				t.Fatal(err)
			}
			h.stay(11 * time.Second)
		}
		end(incident.Resolve{By: by("dev2")})
		h.hear(firing("5", as(alert.SeverityCritical)))
		want(t, "its page", h.alert(id).Page, "PAGE-5")
		end(incident.Reopen{By: by("dev2"), Text: "it is back"})
		want(t, "its page in the incident", h.alert(id).Page, "")
		h.answerAll("dev1")
		end(incident.Close{By: by("dev2")})
		h.pass(31 * time.Minute)
		want(t, "its page after that", h.page(h.alert(id).Page).Subject, id)
	})
}

// Whoever sleeps until the morning is not told of ten warnings then: five pages count the
// rest, as they would by day. The auditor agrees, also when they were answered before.
func TestTheMorningBringsFivePages(t *testing.T) {
	inHouse(t, "routes: [{match: {service: night}, page: true}]\n", func(t *testing.T, h *house) {
		h.pass(23 * time.Hour)
		for n := range 10 {
			h.hear(firing(fmt.Sprint(n), as(alert.SeverityWarning), ofService("night")))
		}
		h.pass(2 * time.Second)
		want(t, "pages at night", len(h.openPages()), 5)
		want(t, "what the newest counts", h.page("PAGE-5").Folded, 5)
		h.restart()
		h.hear(firing("more", as(alert.SeverityWarning), ofService("night")))
		want(t, "pages after a restart", len(h.openPages()), 5)
		claim := paging.Claim{Act: paging.Left, Moment: paging.Moment{Policy: h.page("PAGE-5").Policy, Urgency: paging.Low, At: time.Now()}}
		claim.Excused = []paging.Recipient{{Person: "owl"}}
		claim.Spared = []paging.Spared{{Recipient: paging.Recipient{Person: "owl"}, On: "PAGE-5"}}
		h.answerAll("dev1")
		if v, err := h.desk.NewWitness().Judge(t.Context(), claim); err != nil || v.Wrong != "" {
			t.Errorf("the auditor says %+v, %v", v, err)
		}
		claim.Urgency = paging.High
		if v, err := h.desk.NewWitness().Judge(t.Context(), claim); err != nil || v.Wrong == "" {
			t.Errorf("of one that wakes, the auditor says %+v, %v", v, err)
		}
	})
}
