package watch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/watch"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
)

const onCallSettings = `
people:
  - {name: dev1, slack: U0DEV1}
  - {name: sre1, slack: U0SRE1}
  - {name: sre2, slack: U0SRE2}
services:
  - {name: checkout, escalation: checkout}
schedules:
  - name: checkout
    time_zone: UTC
    layers: [{name: all, rotation: {type: daily, start: "2000-01-01T00:00:00", people: [sre1, sre2]}}]
escalations:
  - name: checkout
    steps:
      - {notify: ["schedule:checkout"], wait: 5m}
      - {notify: ["schedule:checkout", "person:dev1"], wait: 5m}
`

// onDuty is who is on call by the schedule as the desk knows it.
func (w *tower) onDuty() string {
	return strings.Join(oncall.People(w.desk.SchedulePlan("checkout").OnCall(w.now())), ", ")
}

// override puts a person in the place of whoever is on call, as another process does
// that the desk may not hear of.
func (w *tower) override(d *desk.Desk, person string) {
	w.t.Helper()
	now := w.now().UTC()
	o := oncall.Override{From: now.Format(time.RFC3339), To: now.Add(6 * time.Hour).Format(time.RFC3339), Person: person, Replaces: w.onDuty()}
	if _, err := d.ChangeSchedule(w.t.Context(), desk.In{By: incident.Actor{Person: "dev1", Via: "cli"}}, "checkout", oncall.AddOverride{By: oncall.Actor{Name: "dev1", Admin: true}, Override: o}); err != nil {
		w.t.Fatal(err)
	}
}

// wrong are the sentences about people who were told wrongly.
func wrong(a *watch.Auditor) []string {
	found, _ := a.Latest()
	var out []string
	for _, f := range found {
		if f.Rule == paging.WrongPeople {
			out = append(out, f.Text)
		}
	}
	return out
}

// A desk that does not know of a change pages the wrong person, and is found out by the
// schedule as it is stored.
func TestADeskThatPagesTheWrongPersonIsNoticed(t *testing.T) {
	inTowerOf(t, onCallSettings, func(t *testing.T, w *tower) {
		if _, err := w.desk.StartSchedules(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.pass(2 * time.Minute)
		a := w.auditor(nil)
		was := w.onDuty()
		c, err := configs.Parse([]byte(onCallSettings), "test.yaml")
		if err != nil {
			t.Fatal(err)
		}
		other := desk.New(desk.Config{Store: w.store, Settings: c, Now: w.now})
		w.override(other, "dev1")
		w.pass(2 * time.Minute)
		w.declare("checkout is down") // the desk still takes the other for who is on call
		a.Audit(t.Context())
		if got := strings.Join(wrong(a), "\n"); !strings.Contains(got, "PAGE-1 did not tell dev1 at step 1, which stood for dev1") || !strings.Contains(got, "it told "+was+".") {
			t.Errorf("found %q", got)
		}
	})
}

// Schedules are changed before, between and after the steps of pages: all was right when
// it was done, and nobody cries.
func TestNobodyCriesWhenSchedulesChange(t *testing.T) {
	inTowerOf(t, onCallSettings, func(t *testing.T, w *tower) {
		if _, err := w.desk.StartSchedules(t.Context()); err != nil {
			t.Fatal(err)
		}
		a := w.auditor(nil)
		stop := w.run()
		defer stop()
		told := map[string]bool{}
		for n := range 12 {
			w.declare(fmt.Sprintf("checkout is down %d", n))
			for range 4 {
				w.pass(90 * time.Second)
				a.Audit(t.Context())
				if got := wrong(a); len(got) > 0 {
					t.Fatalf("it cried: %q", got)
				}
			}
			switch n % 3 {
			case 0:
				w.override(w.desk, []string{"dev1", "sre1", "sre2"}[n/3%3])
			case 1:
				people := []string{"sre2", "dev1", "sre1"}
				s := w.desk.Settings.Schedules[0]
				s.Layers = slices.Clone(s.Layers)
				s.Layers[0].Rotation.People = people[:1+n/3%3]
				if _, err := w.desk.ApplySchedules(t.Context(), desk.In{}, []oncall.Schedule{s}, true); err != nil {
					t.Fatal(err)
				}
			}
			told[w.onDuty()] = true
			w.pass(time.Duration(n) * 17 * time.Second)
		}
		if len(told) < 3 {
			t.Errorf("only %v were on call: the changes change nothing", told)
		}
		fresh := w.auditor(nil) // which knows nothing yet, long after
		fresh.Audit(t.Context())
		if got := wrong(fresh); len(got) > 0 {
			t.Errorf("it cried afterwards: %q", got)
		}
	})
}
