package storagetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/storage"
)

// Run runs the conformance suite. open returns an empty store; the suite closes
// it. If the store can be opened again with what it held, open's result also
// has a method Reopen(t *testing.T) storage.Store that closes and opens it.
func Run(t *testing.T, open func(t *testing.T) storage.Store) {
	groups := []struct {
		name  string
		cases []testCase
	}{
		{"Commit", commitCases()},
		{"Causes", causeCases()},
		{"Indexes", indexCases()},
		{"Reads", readCases()},
		{"Effects", effectCases()},
		{"Settle", settleCases()},
		{"Lease", leaseCases()},
		{"Sweep", sweepCases()},
		{"Portable", portableCases(open)},
		{"Life", lifeCases()},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for _, c := range g.cases {
				t.Run(c.name, func(t *testing.T) {
					s := &suite{T: t, store: open(t)}
					defer s.end()
					c.run(s)
				})
			}
		})
	}
}

type testCase struct {
	name string
	run  func(s *suite)
}

// reopener is a store that can be closed and opened again.
type reopener interface {
	Reopen(t *testing.T) storage.Store
}

// suite is one case at work; its helpers fail the test.
type suite struct {
	*testing.T
	store storage.Store
	done  bool
}

// start is when the suite's tests take place.
func start() time.Time { return time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC) }

func ref(id string) storage.Ref { return storage.Ref{Kind: Kind, ID: id} }

func fresh(id string) storage.Record { return storage.Record{Ref: ref(id)} }

func (s *suite) end() {
	if s.done {
		return
	}
	Check(s.T, s.store, Folds())
	if err := s.store.Close(); err != nil {
		s.Errorf("close: %v", err)
	}
}

// reopen closes and opens a store that can do that.
func (s *suite) reopen() bool {
	s.Helper()
	r, ok := s.store.(reopener)
	if ok {
		s.store = r.Reopen(s.T)
	}
	return ok
}

func (s *suite) commit(changes ...storage.Change) {
	s.Helper()
	if err := s.store.Commit(s.Context(), changes...); err != nil {
		s.Fatalf("commit: %v", err)
	}
}

// refuse commits what must be refused with an error and leave no trace.
func (s *suite) refuse(want error, changes ...storage.Change) {
	s.Helper()
	before := dump(s.T, s.store)
	err := s.store.Commit(s.Context(), changes...)
	if !errors.Is(err, want) {
		s.Fatalf("got the error %v, want %v", err, want)
	}
	same(s.T, "after a refused commit", dump(s.T, s.store), before)
}

func (s *suite) get(id string) storage.Record {
	s.Helper()
	r, err := s.store.Get(s.Context(), ref(id))
	if err != nil {
		s.Fatalf("get %s: %v", id, err)
	}
	return r
}

func (s *suite) missing(id string) {
	s.Helper()
	if _, err := s.store.Get(s.Context(), ref(id)); !errors.Is(err, storage.ErrNotFound) {
		s.Fatalf("get %s: got the error %v, want ErrNotFound", id, err)
	}
}

// make commits a new record with one step.
func (s *suite) make(id string, step Step) storage.Record {
	s.Helper()
	s.commit(Next(fresh(id), start(), step))
	return s.get(id)
}

// owe commits effects and returns those that are pending.
func (s *suite) owe(effects ...storage.Effect) []storage.Effect {
	s.Helper()
	s.commit(storage.Change{Put: effects})
	return s.effects(storage.Pending)
}

func (s *suite) effects(states ...storage.State) []storage.Effect {
	s.Helper()
	all, err := s.store.Effects(s.Context(), 0, 0, states...)
	if err != nil {
		s.Fatalf("effects: %v", err)
	}
	return all
}

// effect is the effect of a target in any state.
func (s *suite) effect(target string) storage.Effect {
	s.Helper()
	for _, e := range s.effects() {
		if e.Target == target {
			return e
		}
	}
	s.Fatalf("there is no effect of %s", target)
	return storage.Effect{}
}

func (s *suite) lease(now time.Time, limit int, except ...string) storage.Leases {
	s.Helper()
	l, err := s.store.Lease(s.Context(), storage.LeaseRequest{Now: now, Until: now.Add(time.Minute), Limit: limit, Except: except})
	if err != nil {
		s.Fatalf("lease: %v", err)
	}
	return l
}

// out leases and compares the targets that were handed out.
func (s *suite) out(now time.Time, want ...string) storage.Leases {
	s.Helper()
	l := s.lease(now, 0)
	s.equal("leased", targets(l), words(want))
	return l
}

func targets(l storage.Leases) string {
	names := []string{}
	for _, e := range l.Leased {
		names = append(names, e.Target)
	}
	return fmt.Sprint(names)
}

func (s *suite) equal(what string, got, want any) {
	s.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		s.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// words joins values with blanks.
func words(v ...any) string { return strings.TrimSuffix(fmt.Sprintln(v...), "\n") }

// edge and level are effects to a destination.
func edge(target, dest string) storage.Effect {
	return storage.Effect{Target: target, Kind: "test.post", Dest: dest, Class: storage.Card, Created: start(), Body: []byte(`{"text":"x"}`)}
}

func level(target, dest string, seq uint64) storage.Effect {
	e := edge(target, dest)
	e.Level, e.Seq, e.Kind = true, seq, "test.card"
	return e
}

func settle(l storage.Leased, state storage.State, now time.Time) storage.Settlement {
	return storage.Settlement{ID: l.ID, Attempt: l.Attempts, State: state, Seq: l.Seq, At: now}
}
