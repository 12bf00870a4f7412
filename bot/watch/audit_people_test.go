package watch_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/watch"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage/memory"
)

const peopleSettings = `
slack: {incidents_channel: incidents}
admins: [lead1]
people:
  - {name: dev1, slack: U0DEV1}
  - {name: sre1, slack: U0SRE1}
  - {name: sre2, slack: U0SRE2}
  - {name: lead1, slack: U0LEAD1}
  - {name: lead2, slack: U0LEAD2}
teams:
  - {name: sre, kind: sre, people: [sre1, sre2], leads: [lead2]}
services:
  - {name: checkout, escalation: teams, sre: sre}
  - {name: cart, escalation: groups, sre: sre}
  - {name: search, escalation: nobody}
escalations:
  - name: teams
    steps:
      - {notify: ["team:sre"], wait: 5m, when: {severity: [SEV1, SEV2]}}
      - {notify: ["person:dev1"], wait: 5m}
  - name: groups
    steps: [{notify: ["group:S0NIGHT"], wait: 5m}]
  - name: nobody
    steps: [{notify: ["group:S0EMPTY"], wait: 5m}]
`

func parse(t *testing.T, text string) *configs.Config {
	t.Helper()
	c, err := configs.Parse([]byte(text), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var workspace = []desk.User{{ID: "U0DEV1", Name: "dev1"}, {ID: "U0SRE1", Name: "sre1"}, {ID: "U0SRE2", Name: "sre2"}, {ID: "U0LEAD1", Name: "lead1"}, {ID: "U0LEAD2", Name: "lead2"}, {ID: "U0GUEST", Name: "guest"}, {ID: "U0VISITOR", Name: "visitor", Guest: true}}

// inPeopled is a tower whose workspace is known, with the user group S0NIGHT.
func inPeopled(t *testing.T, test func(t *testing.T, w *tower)) {
	inTowerOf(t, peopleSettings, func(t *testing.T, w *tower) {
		w.desk.People.Learn(workspace, map[string][]string{"S0NIGHT": {"U0SRE2", "U0GUEST", "U0VISITOR"}})
		w.pass(2 * time.Minute)
		test(t, w)
	})
}

// other is a desk on the same store that was configured otherwise.
func (w *tower) other(settings string, groups map[string][]string) *desk.Desk {
	c := parse(w.t, settings)
	return desk.New(desk.Config{Store: w.store, Settings: c, Now: w.now, People: desk.NewDirectory(c, workspace, groups)})
}

func declareAt(t *testing.T, d *desk.Desk, service string, severity incident.Severity) {
	t.Helper()
	if _, err := d.Declare(t.Context(), deskIn("dev1"), desk.Declaration{Title: service + " is down", Severity: severity, Service: service}); err != nil {
		t.Fatal(err)
	}
}

// TestADeskThatErrsAboutPeopleIsNoticed has a page decided by a desk that takes others for
// the team, the user group or the floor than is so.
func TestADeskThatErrsAboutPeopleIsNoticed(t *testing.T) {
	for name, c := range map[string]struct {
		service  string
		severity incident.Severity
		settings string // what the deciding desk has in place of the first of the two
		instead  string
		groups   map[string][]string
		want     string
	}{
		"nothing":                {service: "checkout", severity: 2},
		"the wrong team member":  {service: "checkout", severity: 2, settings: "people: [sre1, sre2]", instead: "people: [sre1, lead1]", want: "PAGE-1 did not tell sre2 at step 1, which stood for sre1, sre2 at 2000-01-01T00:02:00Z: it told sre1, lead1."},
		"one too many of a team": {service: "checkout", severity: 2, settings: "people: [sre1, sre2]", instead: "people: [sre1, sre2, lead1]", want: "PAGE-1 told lead1 at step 1, which stood for sre1, sre2 at 2000-01-01T00:02:00Z."},
		"the user group":         {service: "cart", severity: 2, groups: map[string][]string{"S0NIGHT": {"U0SRE1"}}, want: "PAGE-1 did not tell sre2 at step 1, which stood for sre2, U0GUEST at 2000-01-01T00:02:00Z: it told sre1."},
		"a guest of the group":   {service: "cart", severity: 2, settings: "people:\n", instead: "people:\n  - {name: visitor, slack: U0VISITOR}\n", want: "PAGE-1 told visitor at step 1, which stood for sre2, U0GUEST at 2000-01-01T00:02:00Z."},
		"an empty user group":    {service: "cart", severity: 2, groups: map[string][]string{}, want: "PAGE-1 did not tell sre2 at step 1, which stood for sre2, U0GUEST at 2000-01-01T00:02:00Z: it told nobody."},
		"the floor":              {service: "search", severity: 2, settings: "admins: [lead1]", instead: "admins: [lead2]", want: "PAGE-1 did not tell lead1 at its floor, which stood for channel:incidents, lead1 at 2000-01-01T00:02:00Z: it told lead2, channel:incidents."},
		"no incidents channel":   {service: "search", severity: 2, settings: "incidents_channel: incidents", instead: "incidents_channel: war-room", want: "PAGE-1 did not tell channel:incidents at its floor"},
		"a condition that holds": {service: "checkout", severity: 3},
	} {
		t.Run(name, func(t *testing.T) {
			inPeopled(t, func(t *testing.T, w *tower) {
				if c.groups == nil {
					c.groups = map[string][]string{"S0NIGHT": {"U0SRE2", "U0GUEST", "U0VISITOR"}}
				}
				declareAt(t, w.other(strings.Replace(peopleSettings, c.settings, c.instead, 1), c.groups), c.service, c.severity)
				a := w.auditor(nil)
				a.Audit(t.Context())
				got := strings.Join(wrong(a), "\n")
				if c.want == "" && got != "" || !strings.Contains(got, c.want) {
					t.Errorf("found %q, want %q", got, c.want)
				}
				if n := a.Unjudged(); n > 0 {
					t.Errorf("%d were not judged", n)
				}
			})
		})
	}
}

// TestAPageIsJudgedThoughItIsOver: who answers within the half minute hides nothing, nor
// who answers later, and the finding stays for a while.
func TestAPageIsJudgedThoughItIsOver(t *testing.T) {
	for _, before := range []int{0, 6} {
		t.Run(fmt.Sprintf("after %d audits", before), func(t *testing.T) {
			inPeopled(t, func(t *testing.T, w *tower) {
				a := w.auditor(nil)
				a.Audit(t.Context())
				other := w.other(strings.Replace(peopleSettings, "people: [sre1, sre2]", "people: [sre1]", 1), nil)
				w.pass(10 * time.Second)
				declareAt(t, other, "checkout", 2)
				for n := range before + 20 {
					if n == before {
						if _, err := other.Acknowledge(t.Context(), deskIn("sre1"), "PAGE-1"); err != nil {
							t.Fatal(err)
						}
					}
					w.pass(30 * time.Second)
					a.Audit(t.Context())
					if got := strings.Join(wrong(a), "\n"); !strings.HasPrefix(got, "PAGE-1 did not tell sre2 at step 1") || strings.Contains(got, "\n") {
						t.Fatalf("audit %d found %q", n, got)
					}
				}
				w.pass(6 * time.Minute)
				a.Audit(t.Context())
				if got := wrong(a); len(got) > 0 {
					t.Errorf("after a quarter of an hour it still finds %q", got)
				}
			})
		})
	}
}

// TestWhatIsNotKnownIsNotGuessed: legitimate changes around a page raise no alarm, and what
// cannot be judged is counted.
func TestWhatIsNotKnownIsNotGuessed(t *testing.T) {
	for name, c := range map[string]struct {
		do       func(t *testing.T, w *tower) (auditors *desk.Desk)
		unjudged int
	}{
		"the process was configured anew between the step and the audit": {func(t *testing.T, w *tower) *desk.Desk {
			declareAt(t, w.desk, "checkout", 2)
			w.pass(10 * time.Second)
			return w.other(strings.Replace(peopleSettings, "people: [sre1, sre2]", "people: [dev1]", 1), map[string][]string{})
		}, 1},
		"a group changed between the step and the audit": {func(t *testing.T, w *tower) *desk.Desk {
			declareAt(t, w.desk, "cart", 2)
			w.pass(10 * time.Second)
			w.desk.People.LearnGroup("S0NIGHT", []string{"U0SRE1"})
			return w.desk
		}, 1},
		"a group changed just before the step": {func(t *testing.T, w *tower) *desk.Desk {
			w.desk.People.LearnGroup("S0NIGHT", []string{"U0SRE1"})
			w.pass(10 * time.Second)
			declareAt(t, w.desk, "cart", 2)
			return w.desk
		}, 1},
		"somebody of a group had been a guest just before the step": {func(t *testing.T, w *tower) *desk.Desk {
			w.desk.People.LearnOne(desk.User{ID: "U0VISITOR", Name: "visitor"})
			w.pass(10 * time.Second)
			declareAt(t, w.desk, "cart", 2)
			return w.desk
		}, 1},
		"somebody became a guest who is in no group": {func(t *testing.T, w *tower) *desk.Desk {
			w.desk.People.LearnOne(desk.User{ID: "U0OTHER", Guest: true})
			declareAt(t, w.desk, "cart", 2)
			return w.desk
		}, 0},
		"Slack was down at the start, so that nobody knows who is in a group": {func(t *testing.T, w *tower) *desk.Desk {
			c := parse(t, peopleSettings)
			d := desk.New(desk.Config{Store: w.store, Settings: c, Now: w.now})
			w.pass(5 * time.Minute)
			declareAt(t, d, "cart", 2) // goes to the floor
			w.pass(10 * time.Second)
			d.People.Learn(workspace, map[string][]string{"S0NIGHT": {"U0SRE2"}})
			w.pass(time.Minute)
			return d
		}, 2},
		"the user groups could not be read again": {func(t *testing.T, w *tower) *desk.Desk {
			w.desk.People.Learn(workspace, nil)
			declareAt(t, w.desk, "cart", 2)
			return w.desk
		}, 0},
		"somebody of the team was deactivated during the page": {func(t *testing.T, w *tower) *desk.Desk {
			w.desk.People.LearnOne(desk.User{ID: "U0SRE2", Name: "sre2", Deleted: true})
			declareAt(t, w.desk, "checkout", 2)
			return w.desk
		}, 0},
		"somebody of a group was deactivated just before": {func(t *testing.T, w *tower) *desk.Desk {
			w.desk.People.LearnOne(desk.User{ID: "U0GUEST", Name: "guest", Deleted: true})
			w.desk.People.LearnGroup("S0NIGHT", []string{"U0SRE2"})
			w.pass(2 * time.Minute)
			declareAt(t, w.desk, "cart", 2)
			return w.desk
		}, 0},
		"whoever answered last is told by the floor": {func(t *testing.T, w *tower) *desk.Desk {
			declareAt(t, w.desk, "search", 2)
			if _, err := w.desk.Acknowledge(t.Context(), deskIn("sre1"), "PAGE-1"); err != nil {
				t.Fatal(err)
			}
			w.pass(2 * time.Minute)
			declareAt(t, w.desk, "search", 2)
			return w.desk
		}, 0},
		"two answered while the floor was told": {func(t *testing.T, w *tower) *desk.Desk {
			declareAt(t, w.desk, "search", 2)
			w.pass(2 * time.Minute)
			declareAt(t, w.desk, "search", 2)
			for n, who := range []string{"sre1", "sre2"} {
				if _, err := w.desk.Acknowledge(t.Context(), deskIn(who), []string{"PAGE-1", "PAGE-2"}[n]); err != nil {
					t.Fatal(err)
				}
			}
			declareAt(t, w.desk, "search", 2)
			return w.desk
		}, 0},
		"a page that a person asked for has only the channel below it": {func(t *testing.T, w *tower) *desk.Desk {
			declareAt(t, w.desk, "checkout", 4)
			if _, err := w.desk.Page(t.Context(), deskIn("dev1"), "INC-1", []paging.Target{"person:sre1"}); err != nil {
				t.Fatal(err)
			}
			w.settleAll()
			w.pass(6 * time.Minute)
			return w.desk
		}, 0},
		"the severity rose during the page": {func(t *testing.T, w *tower) *desk.Desk {
			declareAt(t, w.desk, "checkout", 3)
			w.change("INC-1", incident.SetSeverity{By: deskIn("dev1").By, Severity: 1})
			w.settleAll()
			w.pass(6 * time.Minute)
			return w.desk
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inPeopled(t, func(t *testing.T, w *tower) {
				stop := w.run()
				defer stop()
				a := watch.NewAuditor(watch.AuditConfig{Store: w.store, Desk: c.do(t, w), Now: w.now})
				a.Audit(t.Context())
				if got, _ := a.Latest(); len(got) > 0 {
					t.Errorf("it cried: %v", got)
				}
				if n := a.Unjudged(); n != c.unjudged {
					t.Errorf("%d were not judged, want %d", n, c.unjudged)
				}
				if _, err := w.desk.PageOf(t.Context(), "PAGE-1"); err != nil {
					t.Errorf("nobody was paged: %v", err)
				}
			})
		})
	}
}

// TestAnOverrideDuringAPage: whoever is put on call is told at once in the place of whoever
// was, and they alone at the next step and in the next round; the auditor is content.
func TestAnOverrideDuringAPage(t *testing.T) {
	inTowerOf(t, onCallSettings+"    repeat: 1\n", func(t *testing.T, w *tower) {
		if _, err := w.desk.StartSchedules(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.pass(2 * time.Minute)
		a := w.auditor(nil)
		stop := w.run()
		defer stop()
		audit := func() {
			t.Helper()
			w.settleAll()
			w.pass(30 * time.Second)
			a.Audit(t.Context())
			if got, _ := a.Latest(); len(got) > 0 {
				t.Fatalf("it cried: %v", got)
			}
		}
		was := w.onDuty()
		w.declare("checkout is down")
		audit()
		to := map[string]string{"sre1": "sre2", "sre2": "sre1"}[was]
		w.override(w.desk, to)
		audit()
		audit()
		w.pass(5 * time.Minute) // step 2 stands for the schedule and dev1
		audit()
		w.override(w.desk, was)
		audit()
		w.pass(5 * time.Minute) // the second round
		audit()
		p, err := w.desk.PageOf(t.Context(), "PAGE-1")
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, n := range p.Notices {
			told = append(told, n.To.String())
		}
		if got, want := strings.Join(told, " "), strings.Join([]string{was, to, to, "dev1", was, was}, " "); got != want {
			t.Errorf("told were %q, want %q: first who was on call, then who came in their place, at step 2 and in round 2 only those", got, want)
		}
		if p.Step != 0 || p.Cycle != 1 || p.Status != paging.Open {
			t.Errorf("the page is %s at step %d", p.Status, p.Step)
		}
	})
}

// TestAnAuditOfWhatHasNotChangedReadsNoEvents, neither of pages nor of schedules, however
// many pages run.
func TestAnAuditOfWhatHasNotChangedReadsNoEvents(t *testing.T) {
	inPeopled(t, func(t *testing.T, w *tower) {
		for n := range 50 {
			if _, err := w.desk.Declare(t.Context(), deskIn("dev1"), desk.Declaration{Title: fmt.Sprintf("cart %d is down", n), Severity: 2, Service: "cart"}); err != nil {
				t.Fatal(err)
			}
		}
		declareAt(t, w.desk, "checkout", 2)
		if _, err := w.desk.Acknowledge(t.Context(), deskIn("sre1"), "PAGE-51"); err != nil {
			t.Fatal(err)
		}
		w.settleAll()
		a := w.auditor(nil)
		a.Audit(t.Context())
		before := w.op("events")
		const audits = 3
		for range audits {
			w.pass(30 * time.Second)
			a.Audit(t.Context())
		}
		const slow = 2 * 51 // the slow cursor reads each page and each incident
		if got := w.op("events") - before; got > audits*slow {
			t.Errorf("%d audits read the events of %d records, want %d at most", audits, got, audits*slow)
		}
		if got := rules(a); len(got) > 0 {
			t.Errorf("found %q", got)
		}
	})
}

// TestAReliefThatDoesNotComeIsNoticed: whoever came on duty during a step, and was not told
// because the process that should have ended, is told by the next life at once; while
// nobody does that, the auditor says so.
func TestAReliefThatDoesNotComeIsNoticed(t *testing.T) {
	inTowerOf(t, onCallSettings, func(t *testing.T, w *tower) {
		if _, err := w.desk.StartSchedules(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.pass(2 * time.Minute)
		was := w.onDuty()
		w.declare("checkout is down")
		w.settleAll()
		to := map[string]string{"sre1": "sre2", "sre2": "sre1"}[was]
		w.pass(30 * time.Second)
		w.override(w.desk, to) // the watch does not run: nobody is relieved
		a := w.auditor(nil)
		for range 4 {
			w.pass(28 * time.Second)
			a.Audit(t.Context())
			if got := wrong(a); len(got) > 0 {
				t.Fatalf("it cried too early: %q", got)
			}
		}
		w.pass(20 * time.Second)
		a.Audit(t.Context())
		if got := strings.Join(wrong(a), "\n"); !strings.HasPrefix(got, "PAGE-1 has not told "+to+", who came on duty for step 1 before ") {
			t.Errorf("found %q", got)
		}
		if err := w.desk.RelieveAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.settleAll()
		a.Audit(t.Context())
		if got := wrong(a); len(got) > 0 {
			t.Errorf("found %q after the relief", got)
		}
		p, err := w.desk.PageOf(t.Context(), "PAGE-1")
		if err != nil || !p.Told(to) || p.Turn != 1 {
			t.Errorf("%s is told: %v, at turn %d (%v)", to, p.Told(to), p.Turn, err)
		}
		events, err := w.desk.PageEvents(t.Context(), "PAGE-1")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.desk.RelieveAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if again, err := w.desk.PageEvents(t.Context(), "PAGE-1"); err != nil || len(again) != len(events) {
			t.Errorf("relieved again: %d events instead of %d (%v)", len(again), len(events), err)
		}
	})
}

// TestWhatATimeToComeSaysIsNotJudged: a life before this one wrote it, whose clock was ahead,
// and which may have been configured otherwise.
func TestWhatATimeToComeSaysIsNotJudged(t *testing.T) {
	inPeopled(t, func(t *testing.T, w *tower) {
		w.commit(pageOf(t, 1, []paging.Recipient{{Person: "dev1"}}, w.now().Add(2*time.Hour)))
		a := w.auditor(nil)
		a.Audit(t.Context())
		if got := wrong(a); len(got) > 0 || a.Unjudged() != 1 {
			t.Errorf("found %q, and %d were not judged, want 1", got, a.Unjudged())
		}
	})
}

// TestAnIncidentThatCannotBeReadIsNoGoodNews: whether it paged anybody is not known.
func TestAnIncidentThatCannotBeReadIsNoGoodNews(t *testing.T) {
	inPeopled(t, func(t *testing.T, w *tower) {
		w.count(func(op string) memory.Fault {
			if op == "get" {
				return memory.Fails(errors.New("input/output error"))
			}
			return memory.None()
		})
		if unpaged, err := w.desk.NewWitness().Unpaged(t.Context(), "INC-1"); err == nil {
			t.Errorf("unpaged %v, without an error", unpaged)
		}
	})
}

// TestWhatCouldNotBeReadWhenAPageWasOverIsReadLater: it is judged then, and not forgotten.
func TestWhatCouldNotBeReadWhenAPageWasOverIsReadLater(t *testing.T) {
	inPeopled(t, func(t *testing.T, w *tower) {
		a := w.auditor(nil)
		a.Audit(t.Context())
		declareAt(t, w.other(strings.Replace(peopleSettings, "people: [sre1, sre2]", "people: [sre1, lead1]", 1), nil), "checkout", 2)
		if _, err := w.desk.Change(t.Context(), deskIn("dev1"), "INC-1", incident.Resolve{By: incident.Actor{Person: "dev1", Via: "slack"}}); err != nil {
			t.Fatal(err)
		}
		w.count(func(op string) memory.Fault {
			if op == "events" {
				return memory.Fails(errors.New("input/output error"))
			}
			return memory.None()
		})
		for n := range 6 {
			w.pass(30 * time.Second)
			a.Audit(t.Context())
			if n == 4 {
				w.count(nil)
			}
		}
		if got := strings.Join(wrong(a), "\n"); !strings.Contains(got, "PAGE-1 did not tell sre2 at step 1") {
			t.Errorf("found %q", got)
		}
	})
}
