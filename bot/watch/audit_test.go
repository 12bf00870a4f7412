package watch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/watch"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
)

func deskIn(person string) desk.In {
	return desk.In{By: incident.Actor{Person: person, Via: "slack"}, Again: true}
}

// declare opens an incident that pages sre1, and returns its id.
func (w *tower) declare(title string) string {
	w.t.Helper()
	a, err := w.desk.Declare(w.t.Context(), deskIn("dev1"), desk.Declaration{Title: title, Severity: 2, Service: "checkout"})
	if err != nil {
		w.t.Fatal(err)
	}
	return a.Incident
}

func (w *tower) change(id string, c incident.Command) {
	w.t.Helper()
	if _, err := w.desk.Change(w.t.Context(), deskIn("dev1"), id, c); err != nil {
		w.t.Fatal(err)
	}
}

func (w *tower) auditor(found func([]watch.Finding)) *watch.Auditor {
	return watch.NewAuditor(watch.AuditConfig{Store: w.store, Desk: w.desk, Now: w.now, Found: found})
}

// rules are those that the last audit found broken, in alphabetical order.
func rules(a *watch.Auditor) []string {
	found, _ := a.Latest()
	var out []string
	for _, f := range found {
		out = append(out, f.Rule)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// rewrite commits another version of a record, with one more event that is a
// note, as change says: the way to plant a lie.
func (w *tower) rewrite(ref storage.Ref, kind string, change func(c *storage.Change)) {
	w.t.Helper()
	rec, err := w.store.Get(w.t.Context(), ref)
	if err != nil {
		w.t.Fatal(err)
	}
	c := storage.Change{Base: rec.Seq, Record: &rec, Events: []storage.Event{{Kind: kind, At: w.now(), Recorded: w.now(), Body: []byte("{}")}}}
	rec.Seq++
	rec.Head = storage.Seal(c.Base, rec.Head, c.Events)
	change(&c)
	w.commit(c)
}

func TestTheAuditorIsQuietOnAHealthyStore(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		for n := range 3 {
			w.declare(fmt.Sprintf("checkout is down %d", n))
		}
		w.change("INC-1", incident.Note{By: deskIn("dev1").By, Text: "looking"})
		w.change("INC-2", incident.Resolve{By: deskIn("dev1").By})
		w.change("INC-2", incident.Close{By: deskIn("dev1").By})
		a := w.auditor(nil)
		for range 4 {
			a.Audit(t.Context())
			if found, last := a.Latest(); len(found) > 0 || !last.Equal(w.now()) {
				t.Fatalf("found %v at %v", found, last)
			}
		}
		w.check()
	})
}

// TestTheAuditorFindsEachLie plants what must not be.
func TestTheAuditorFindsEachLie(t *testing.T) {
	inc, pg := storage.Ref{Kind: desk.IncidentKind, ID: "INC-1"}, storage.Ref{Kind: desk.PageKind, ID: "PAGE-1"}
	effect := func(class storage.Class, age time.Duration) func(w *tower) {
		return func(w *tower) {
			w.commit(storage.Change{Put: []storage.Effect{{Target: "post/1", Kind: "slack.post", Dest: "slack/x", Class: class, Record: inc, Created: w.now().Add(-age)}}})
		}
	}
	for name, c := range map[string]struct {
		plant func(w *tower)
		want  string
	}{
		"an open page that is never due": {func(w *tower) {
			w.commit(pageChange(t, "PAGE-7", []paging.Event{{Kind: paging.Opened, ID: "PAGE-7", Subject: "INC-1", At: w.now()}}))
		}, "page_without_due"},
		"an open page that the store never finds due": {func(w *tower) {
			w.rewrite(pg, "noted", func(c *storage.Change) { c.Record.Due = time.Time{} })
		}, "record_differs"},
		"an incident that differs from its events": {func(w *tower) {
			w.rewrite(inc, "noted", func(c *storage.Change) {
				c.Record.Body = []byte(strings.Replace(string(c.Record.Body), "checkout is down", "all is well", 1))
			})
		}, "record_differs"},
		"a page that differs from its events": {func(w *tower) {
			w.rewrite(pg, "noted", func(c *storage.Change) {
				c.Record.Body = []byte(strings.Replace(string(c.Record.Body), `"sre1"`, `"dev1"`, 1))
			})
		}, "record_differs"},
		"an index that differs from the record": {func(w *tower) {
			w.rewrite(inc, "noted", func(c *storage.Change) { c.Record.Index[0].Key = "0" })
		}, "record_differs"},
		"a broken chain": {func(w *tower) {
			w.rewrite(inc, "noted", func(c *storage.Change) { c.Record.Head = storage.Seal(c.Base, []byte("another past"), c.Events) })
		}, "chain_broken"},
		"a record that cannot be read": {func(w *tower) { w.unreadable(inc) }, "unreadable"},
		"an overdue row":               {func(w *tower) { w.pass(5*time.Minute + 11*time.Second) }, "escalation_late page_step_missed"},
		"a page that reaches nobody":   {func(w *tower) { w.commit(pageOf(t, 9, nil, w.now())) }, "page_reaches_nobody"},
		"a notice that nothing owes": {func(w *tower) {
			w.commit(pageOf(t, 9, []paging.Recipient{{Person: "sre1"}}, w.now().Add(-11*time.Second)))
		}, "page_notice_lost"},
		"a notice that nobody sends": {func(w *tower) {
			w.commit(pageOf(t, 9, []paging.Recipient{{Person: "sre1"}}, w.now().Add(-2*time.Minute-time.Second)), storage.Change{Put: []storage.Effect{{
				Target: "page/PAGE-9/1", Kind: desk.NoticeKind, Dest: "slack/to/sre1", Class: storage.Page, Record: storage.Ref{Kind: desk.PageKind, ID: "PAGE-9"}, Created: w.now()}}})
		}, "page_notice_unsent"},
		"a step that the policy does not have": {func(w *tower) {
			c := pageOf(t, 9, nil, w.now())
			c.Events[1].Body = []byte(`{"step":7}`)
			c.Record.Head = storage.Seal(0, nil, c.Events)
			w.commit(c)
		}, "page_policy_broken page_reaches_nobody"},
		"an incident of which nobody is told": {func(w *tower) {
			w.commit(incidentChange(t, incident.Declare{By: deskIn("dev1").By, ID: "INC-9", Title: "x", Severity: 2}))
		}, "incident_unpaged"},
		"one that was opened again, of which nobody is told": {func(w *tower) {
			by := deskIn("dev1").By
			w.commit(incidentChange(t, incident.Declare{By: by, ID: "INC-9", Title: "x", Severity: 4}, incident.RecordUnpaged{Why: "SEV4 pages on request only."},
				incident.Resolve{By: by}, incident.Reopen{By: by, Text: "it is back"}))
		}, "incident_unpaged"},
		"one that pages on request only": {func(w *tower) {
			w.commit(incidentChange(t, incident.Declare{By: deskIn("dev1").By, ID: "INC-9", Title: "x", Severity: 4}, incident.RecordUnpaged{Why: "SEV4 pages on request only."}))
		}, ""},
		"one that has become worse": {func(w *tower) {
			w.commit(incidentChange(t, incident.Declare{By: deskIn("dev1").By, ID: "INC-9", Title: "x", Severity: 4}, incident.RecordUnpaged{Why: "SEV4 pages on request only."}, incident.SetSeverity{By: deskIn("dev1").By, Severity: 1}))
		}, "incident_unpaged"},
		"one without a policy": {func(w *tower) {
			w.commit(incidentChange(t, incident.Declare{By: deskIn("dev1").By, ID: "INC-9", Title: "x", Severity: 1}, incident.RecordUnpaged{Why: "it names no service."}))
		}, ""},
		"an old page":    {effect(storage.Page, 2*time.Minute+time.Second), "effect_old"},
		"an old card":    {effect(storage.Card, 15*time.Minute+time.Second), "effect_old"},
		"an old post":    {effect(storage.Chatter, 15*time.Minute+time.Second), "effect_old"},
		"a young page":   {effect(storage.Page, 2*time.Minute), ""},
		"a young card":   {effect(storage.Card, 15*time.Minute), ""},
		"a row just due": {func(w *tower) { w.commit(page(t, 9, w.now().Add(-9*time.Second))) }, ""},
		"the disk is ill": {func(w *tower) {
			w.count(func(string) memory.Fault { return memory.Fails(errors.New("input/output error")) })
		}, "unreadable"},
	} {
		t.Run(name, func(t *testing.T) {
			inTower(t, func(t *testing.T, w *tower) {
				w.declare("checkout is down")
				w.settleAll()
				var told []watch.Finding
				a := w.auditor(func(f []watch.Finding) { told = f })
				c.plant(w)
				a.Audit(t.Context())
				want := strings.Fields(c.want)
				if got := rules(a); len(got)+len(want) > 0 && !slices.Equal(got, want) {
					t.Errorf("found %q, want %q", got, want)
				}
				for _, f := range told {
					if f.Outside() != slices.Contains([]string{"effect_old", "page_notice_unsent", "page_reaches_nobody"}, f.Rule) {
						t.Errorf("%s is blamed on the outside world: %v", f.Rule, f.Outside())
					}
				}
				if found, _ := a.Latest(); len(told) != len(found) {
					t.Errorf("told of %d findings, has %d", len(told), len(found))
				}
			})
		})
	}
}

// incidentChange is the change that stores an incident of which the desk knows nothing.
func incidentChange(t *testing.T, commands ...incident.Command) storage.Change {
	t.Helper()
	at := storage.Time(time.Now())
	var i incident.Incident
	var c storage.Change
	for _, command := range commands {
		events, err := incident.Decide(i, command, at)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			i = incident.Apply(i, e)
			c.Events = append(c.Events, storage.Event{Kind: string(e.Kind), At: at, Recorded: at, Body: encode(t, e)})
		}
	}
	c.Record = &storage.Record{Ref: incidentRef(i.ID), Seq: uint64(len(c.Events)), Head: storage.Seal(0, nil, c.Events), Index: desk.IncidentIndex(i), Body: encode(t, i)}
	return c
}

// settleAll delivers everything that is owed.
func (w *tower) settleAll() {
	w.t.Helper()
	for range 2000 {
		l, err := w.store.Lease(w.t.Context(), storage.LeaseRequest{Now: w.now(), Until: w.now().Add(time.Minute)})
		if err != nil {
			w.t.Fatal(err)
		}
		if len(l.Leased) == 0 {
			return
		}
		for _, e := range l.Leased {
			var o desk.Outcome
			var n desk.Notice
			if e.Kind == desk.NoticeKind && json.Unmarshal(e.Body, &n) == nil {
				o.Notice = &paging.Report{Notice: n.Notice, Fate: paging.Sent}
			}
			s := storage.Settlement{ID: e.ID, Attempt: e.Attempts, State: storage.Done, Seq: e.Seq, At: w.now(), Receipt: []byte("{}")}
			if err := w.desk.Settle(w.t.Context(), e.Effect, []storage.Settlement{s}, o); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	w.t.Fatal("there is always more to deliver")
}

// unreadable plants an event that no fold can read.
func (w *tower) unreadable(ref storage.Ref) {
	w.t.Helper()
	rec, err := w.store.Get(w.t.Context(), ref)
	if err != nil {
		w.t.Fatal(err)
	}
	w.rewrite(ref, "noted", func(c *storage.Change) {
		c.Events[0].Body = []byte(`{"title": 7}`)
		c.Record.Head = storage.Seal(c.Base, rec.Head, c.Events)
	})
}

// differs plants a record that is not what its events say.
func (w *tower) differs(ref storage.Ref) {
	w.t.Helper()
	w.rewrite(ref, "noted", func(c *storage.Change) {
		c.Record.Body = append(c.Record.Body[:len(c.Record.Body)-1], []byte(`,"x":1}`)...)
	})
}

// about counts the findings of the last audit by rule and record.
func about(a *watch.Auditor) map[string]int {
	found, _ := a.Latest()
	out := map[string]int{}
	for _, f := range found {
		for _, word := range strings.Fields(f.Text) {
			if word = strings.TrimRight(word, ".:"); strings.HasPrefix(word, "INC-") || strings.HasPrefix(word, "PAGE-") {
				out[f.Rule+" "+word]++
				break
			}
		}
	}
	return out
}

// TestOneUnreadableRecordHidesNoOther: the audit goes on behind it, and says each
// thing once.
func TestOneUnreadableRecordHidesNoOther(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		for n := range 3 {
			w.declare(fmt.Sprintf("checkout is down %d", n))
		}
		w.unreadable(incidentRef("INC-1"))
		w.differs(incidentRef("INC-2"))
		w.unreadable(incidentRef("INC-3"))
		a := w.auditor(nil)
		a.Audit(t.Context())
		want := map[string]int{"unreadable INC-1": 1, "record_differs INC-2": 1, "unreadable INC-3": 1}
		if got := about(a); !maps.Equal(got, want) {
			t.Errorf("found %v, want %v", got, want)
		}
	})
}

// TestWhatIsOpenIsCheckedEachTime, however much is closed beside it, which the slow cursor
// has no time to read.
func TestWhatIsOpenIsCheckedEachTime(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		for n := range 210 {
			w.change(w.declare(fmt.Sprintf("it was nothing %d", n)), incident.Close{By: deskIn("dev1").By})
		}
		w.declare("checkout is down")
		w.differs(incidentRef("INC-211"))
		w.differs(storage.Ref{Kind: desk.PageKind, ID: "PAGE-211"})
		w.count(func(op string) memory.Fault {
			if op == "list" {
				w.step(10 * time.Millisecond)
			}
			return memory.None()
		})
		a := w.auditor(nil)
		want := map[string]int{"record_differs INC-211": 1, "record_differs PAGE-211": 1}
		for n := range 4 {
			a.Audit(t.Context())
			if got := about(a); !maps.Equal(got, want) {
				t.Errorf("audit %d found %v, want %v", n, got, want)
			}
		}
	})
}

func incidentRef(id string) storage.Ref { return storage.Ref{Kind: desk.IncidentKind, ID: id} }

// TestTheSlowCursorReachesEverything: what is closed is checked too, in time, over
// and over, also when the store has forgotten the commits.
func TestTheSlowCursorReachesEverything(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		const many = 250
		for n := range many {
			id := w.declare(fmt.Sprintf("checkout is down %d", n))
			w.change(id, incident.Close{By: deskIn("dev1").By})
		}
		w.settleAll()
		w.pass(40 * 24 * time.Hour)
		for more := true; more; {
			var err error
			if more, err = w.store.Sweep(t.Context(), w.now()); err != nil {
				t.Fatal(err)
			}
		}
		a := w.auditor(nil)
		for range 8 {
			a.Audit(t.Context())
			if got := rules(a); len(got) > 0 {
				t.Fatalf("found %q in a healthy store", got)
			}
		}
		w.differs(incidentRef("INC-1"))
		w.differs(storage.Ref{Kind: desk.PageKind, ID: "PAGE-100"})
		seen := map[string]int{}
		for range 16 {
			a.Audit(t.Context())
			for what, n := range about(a) {
				seen[what] += n
			}
		}
		if len(seen) != 2 || seen["record_differs INC-1"] < 2 || seen["record_differs PAGE-100"] < 2 {
			t.Errorf("in several rounds it found %v, want each of both lies more than once", seen)
		}
	})
}

// TestTheAuditorRuns soon after the start and every half minute, and sweeps.
func TestTheAuditorRuns(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		w.declare("checkout is down")
		at := make(chan time.Duration, 100)
		began := time.Now()
		a := w.auditor(func([]watch.Finding) { at <- time.Since(began) })
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- a.Run(ctx) }()
		w.pass(95 * time.Second)
		want := []time.Duration{3 * time.Second, 30 * time.Second, time.Minute, 90 * time.Second}
		for n, after := range want {
			if got := <-at; got != after {
				t.Errorf("audit %d came after %v, want %v", n, got, after)
			}
		}
		if len(at) > 0 {
			t.Errorf("%d more audits in 95 s", len(at))
		}
		w.pass(20 * time.Minute)
		if n := w.op("sweep"); n != 3 {
			t.Errorf("the store was swept %d times in 21 minutes, want 3", n)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		synctest.Wait()
	})
}

// TestTheAuditorSweepsAllThatIsOld, however many steps that takes.
func TestTheAuditorSweepsAllThatIsOld(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		var old storage.Change
		for n := range 1100 { // a step takes 1000
			target := fmt.Sprint("post/", n)
			old.Put = append(old.Put, storage.Effect{Target: target, Kind: "post", Dest: target, Class: storage.Chatter, Created: w.now()})
			old.Withdraw = append(old.Withdraw, target)
		}
		w.commit(storage.Change{Put: old.Put})
		w.commit(storage.Change{Withdraw: old.Withdraw})
		w.step(2 * storage.SettledLife)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.auditor(nil).Run(ctx) }()
		w.pass(4 * time.Second)
		cancel()
		<-ended
		if left, err := w.store.Effects(t.Context(), 0, 0); err != nil || len(left) > 0 {
			t.Errorf("%d effects are left (%v)", len(left), err)
		}
	})
}

// TestNoReadThatFailsIsTakenForHealth: whatever an audit cannot read, it says so, and the
// next one, which can, finds nothing.
func TestNoReadThatFailsIsTakenForHealth(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		w.declare("checkout is down")
		w.change(w.declare("it was nothing"), incident.Close{By: deskIn("dev1").By})
		w.settleAll()
		for fails, reads := 1, 1; fails <= reads; fails++ {
			reads = 0
			op := ""
			w.count(func(of string) memory.Fault {
				if reads++; reads == fails {
					op = of
					return memory.Fails(errors.New("input/output error"))
				}
				return memory.None()
			})
			a := w.auditor(nil)
			a.Audit(t.Context())
			if got := rules(a); !slices.Equal(got, []string{"unreadable"}) {
				t.Errorf("read %d, %s, failed, and the audit found %q", fails, op, got)
			}
			w.count(nil)
			a.Audit(t.Context())
			if got, _ := a.Latest(); len(got) > 0 {
				t.Errorf("after read %d, %s, had failed, the next audit found %q", fails, op, got)
			}
		}
	})
}

// TestARecordThatMovesWhileItIsRead is no lie.
func TestARecordThatMovesWhileItIsRead(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		id, noted := w.declare("checkout is down"), 0
		w.count(func(op string) memory.Fault {
			if op == "events" && noted < 10 {
				noted++
				w.change(id, incident.Note{By: deskIn("dev1").By, Text: fmt.Sprint("looking ", noted)})
			}
			return memory.None()
		})
		a := w.auditor(nil)
		a.Audit(t.Context())
		if found, _ := a.Latest(); len(found) > 0 || noted == 0 {
			t.Errorf("found %v after %d notes", found, noted)
		}
	})
}

// TestAnAuditorThatFailsEndsNothing: what it cannot bear is a finding, and the other checks
// go on.
func TestAnAuditorThatFailsEndsNothing(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		w.declare("checkout is down")
		w.settleAll()
		w.differs(incidentRef("INC-1"))
		w.count(func(op string) memory.Fault {
			if op == "effects" {
				panic("a bug")
			}
			return memory.None()
		})
		a := w.auditor(nil)
		a.Audit(t.Context())
		if got, want := rules(a), []string{"audit_failed", "record_differs"}; !slices.Equal(got, want) {
			t.Errorf("found %q, want %q", got, want)
		}
	})
}

// TestStory12LostEscalationsAreFound: when nothing takes the steps of pages any more, the
// auditor says so by what the pages promised, apart from the rows that are due.
func TestStory12LostEscalationsAreFound(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		w.declare("checkout is down")
		w.settleAll()
		a := w.auditor(nil)
		a.Audit(t.Context())
		if found := rules(a); len(found) > 0 {
			t.Fatalf("found %q", found)
		}
		w.rewrite(storage.Ref{Kind: desk.PageKind, ID: "PAGE-1"}, "noted", func(c *storage.Change) { c.Record.Due = w.now().Add(24 * time.Hour) })
		w.pass(5*time.Minute + 11*time.Second) // the watch does not run
		a.Audit(t.Context())
		if found := rules(a); !slices.Contains(found, paging.StepMissed) || slices.Contains(found, "escalation_late") {
			t.Errorf("found %q, want the step that was missed although nothing is due", found)
		}
	})
}
