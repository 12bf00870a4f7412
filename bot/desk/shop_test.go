package desk_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/watch/watchtest"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
	"github.com/watchbill/watchbill/storage/storagetest"
)

const shopConfig = `
people:
  - {name: dev1, slack: U0DEV1}
  - {name: dev2, slack: U0DEV2}
  - {name: sre1, slack: U0SRE1}
teams:
  - {name: empty}
services:
  - {name: checkout, escalation: checkout}
  - {name: search}
  - {name: both, escalation: both}
escalations:
  - name: checkout
    steps:
      - {notify: ["person:sre1"], wait: 5m}
      - {notify: ["person:dev2"], wait: 5m}
  - name: both
    steps:
      - {notify: ["team:empty"], wait: 5m}
      - {notify: ["person:sre1", "person:dev2"], wait: 5m}
`

// shop is a desk on a store in memory whose commits the test can fail, hold and
// count, in a bubble of its own time.
type shop struct {
	t        *testing.T
	store    *memory.Store
	settings *configs.Config
	desk     *desk.Desk

	mu      sync.Mutex
	commits int
	fault   func(n int, changes []storage.Change) memory.Fault
	broken  []error
	woken   int
}

// inShop opens INC-1 with its page to sre1, and verifies the store after the test.
func inShop(t *testing.T, test func(t *testing.T, s *shop)) { inShopOf(t, shopConfig, test) }

// inShopOf is the same with another configuration.
func inShopOf(t *testing.T, config string, test func(t *testing.T, s *shop)) {
	synctest.Test(t, func(t *testing.T) {
		settings, err := configs.Parse([]byte(config), "test.yaml")
		if err != nil {
			t.Fatal(err)
		}
		s := &shop{t: t, store: memory.New(), settings: settings}
		s.desk = s.another()
		s.declare("dev1", "checkout is down")
		s.store.Faults(s.faulty)
		test(t, s)
		synctest.Wait()
		s.store.Faults(nil)
		watchtest.Check(t, s.desk)
		storagetest.Check(t, s.store, desk.Folds())
	})
}

// another is one more desk on the same store: a replica, or the next life.
func (s *shop) another() *desk.Desk {
	return desk.New(desk.Config{Store: s.store, Settings: s.settings,
		Wake:   func() { s.mu.Lock(); defer s.mu.Unlock(); s.woken++ },
		Broken: func(err error) { s.mu.Lock(); defer s.mu.Unlock(); s.broken = append(s.broken, err) }})
}

// faulty is what becomes of one call of the store.
func (s *shop) faulty(op string, changes []storage.Change) memory.Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op != "commit" {
		return memory.None()
	}
	s.commits++
	if s.fault == nil {
		return memory.None()
	}
	return s.fault(s.commits, changes)
}

// fails sets what becomes of the commits from now on; n counts them from 1.
func (s *shop) fails(f func(n int, changes []storage.Change) memory.Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits, s.fault = 0, f
}

// hold holds the next commit until it is released, so that what comes meanwhile
// queues behind it.
func (s *shop) hold() (release func()) {
	held := make(chan struct{})
	s.fails(func(n int, _ []storage.Change) memory.Fault {
		if n == 1 {
			return memory.Slow(held)
		}
		return memory.None()
	})
	return func() { close(held) }
}

func (s *shop) count() int { s.mu.Lock(); defer s.mu.Unlock(); return s.commits }

func by(person string) incident.Actor { return incident.Actor{Person: person, Via: "slack"} }

func in(person, cause string) desk.In { return desk.In{By: by(person), Cause: cause} }

// again wants what the same person has said already.
func again(who desk.In) desk.In {
	who.Again = true
	return who
}

func (s *shop) declare(person, title string) desk.Answer {
	s.t.Helper()
	a, err := s.desk.Declare(s.t.Context(), in(person, ""), desk.Declaration{Title: title, Severity: 2, Service: "checkout"})
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// reply is what a command that runs beside the test came to.
type reply struct {
	answer desk.Answer
	err    error
}

// later starts a command and waits until it stands still: queued, or being
// written.
func (s *shop) later(f func() (desk.Answer, error)) <-chan reply {
	out := make(chan reply, 1)
	go func() {
		a, err := f()
		out <- reply{a, err}
	}()
	synctest.Wait()
	return out
}

// note writes on the timeline of INC-1.
func (s *shop) note(ctx context.Context, d *desk.Desk, text, cause string) (desk.Answer, error) {
	return d.Change(ctx, again(in("dev1", cause)), "INC-1", incident.Note{By: by("dev1"), Text: text})
}

// notes are the notes on the timeline of INC-1, in order.
func (s *shop) notes() []string {
	s.t.Helper()
	var out []string
	for _, e := range s.events("INC-1") {
		if e.Kind == incident.Noted {
			out = append(out, e.Text)
		}
	}
	return out
}

func (s *shop) wantNotes(want ...string) {
	s.t.Helper()
	if got := s.notes(); !slices.Equal(got, want) {
		s.t.Errorf("the timeline has the notes %q, want %q", got, want)
	}
}

func (s *shop) events(id string) []incident.Event {
	s.t.Helper()
	events, err := s.desk.Events(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return events
}

func (s *shop) incident(id string) incident.Incident {
	s.t.Helper()
	i, err := s.desk.Incident(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return i
}

// kinds are the kinds of an incident's events after the first ones, each with
// whom it is about.
func (s *shop) kinds(id string, after int) []string {
	s.t.Helper()
	var out []string
	for _, e := range s.events(id)[after:] {
		kind := string(e.Kind)
		if e.Person != "" {
			kind += " " + e.Person
		}
		out = append(out, kind)
	}
	return out
}

// lease takes what can be delivered, as a courier does, and returns the row of a
// target.
func (s *shop) lease(target string) storage.Leased {
	s.t.Helper()
	now := storageNow()
	all, err := s.store.Lease(s.t.Context(), storage.LeaseRequest{Now: now, Until: now.Add(leaseFor)})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, l := range all.Leased {
		if l.Target == target {
			return l
		}
	}
	s.t.Fatalf("nothing is owed to %s", target)
	return storage.Leased{}
}

// effect returns the last effect of a target.
func (s *shop) effect(target string) storage.Effect {
	s.t.Helper()
	all, err := s.store.Effects(s.t.Context(), 0, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range slices.Backward(all) {
		if e.Target == target {
			return e
		}
	}
	s.t.Fatalf("there is no effect %s", target)
	return storage.Effect{}
}
