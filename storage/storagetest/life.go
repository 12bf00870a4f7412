package storagetest

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/watchbill/watchbill/storage"
)

func (s *suite) sweepAll(now time.Time) (calls int) {
	s.Helper()
	for more := true; more; calls++ {
		var err error
		if more, err = s.store.Sweep(s.Context(), now); err != nil {
			s.Fatalf("sweep: %v", err)
		}
		if calls > 1000 {
			s.Fatal("sweep: there is always more")
		}
	}
	return calls
}

func sweepCases() []testCase {
	return []testCase{
		{"causes live as long as promised", func(s *suite) {
			cause := func(key string, at time.Time) {
				s.commit(storage.Change{Causes: []storage.Cause{{Key: key, At: at, Answer: []byte("answer to " + key)}}})
			}
			found := func(want string) {
				s.Helper()
				got := ""
				for _, key := range []string{"old", "edge", "new"} {
					if _, ok, err := s.store.Cause(s.Context(), key); ok && err == nil {
						got += key + " "
					}
				}
				s.equal("causes", got, want)
				_, dumped := s.dumped()
				s.equal("causes in a dump", dumped, len(strings.Fields(want)))
			}
			cause("new", start().Add(time.Hour)) // out of order
			cause("old", start().Add(-time.Microsecond))
			cause("edge", start())
			s.sweepAll(start().Add(storage.CauseLife))
			found("edge new ")
			if s.reopen() {
				found("edge new ")
			}
			cause("old", start().Add(time.Minute))
			found("old edge new ")
			s.refuseDuplicate("old", storage.Change{Causes: []storage.Cause{{Key: "old", At: start()}}})
			s.sweepAll(start().Add(storage.CauseLife + time.Minute))
			found("old new ")
			s.sweepAll(start().Add(storage.CauseLife + 2*time.Hour))
			found("")
		}},
		{"causes live as long as promised when a clock was ahead", func(s *suite) {
			cause := storage.Cause{Key: "c", At: start(), Answer: []byte("answer to c")}
			kept := func() {
				s.Helper()
				if answer, ok, err := s.store.Cause(s.Context(), "c"); !ok || err != nil || string(answer) != "answer to c" {
					s.Fatalf("cause: %q %t %v", answer, ok, err)
				}
				s.refuseDuplicate("c", storage.Change{Causes: []storage.Cause{cause}})
			}
			s.commit(storage.Change{Causes: []storage.Cause{{Key: "ahead", At: start().Add(240 * time.Hour)}}})
			s.sweepAll(start().Add(241 * time.Hour))
			s.commit(storage.Change{Causes: []storage.Cause{cause}}) // the clock was set right
			kept()
			if s.reopen() {
				kept()
			}
			s.sweepAll(start().Add(storage.CauseLife))
			kept()
		}},
		{"commits are swept after their life, and Changed says so", func(s *suite) {
			s.make("T-1", Step{Text: "1"})
			s.commit(Next(s.get("T-1"), start().Add(time.Hour), Step{Text: "2"}))
			s.commit(Next(s.get("T-1"), time.Time{}, Step{Text: "names no time: that of the one before counts"}))
			s.sweepAll(start().Add(storage.SettledLife))
			s.changed(0, "1 2 3 ")
			s.sweepAll(start().Add(storage.SettledLife + time.Microsecond))
			check := func() {
				s.Helper()
				if _, err := s.store.Changed(s.Context(), 0, 0); !errors.Is(err, storage.ErrSwept) || *err.(*storage.SweptError) != (storage.SweptError{Last: 1}) {
					s.Fatalf("got the error %#v, want ErrSwept of position 1", err)
				}
				s.changed(1, "2 3 ")
				commits, _ := s.dumped()
				s.equal("commits in a dump", commits, 2)
			}
			check()
			if s.reopen() {
				check()
			}
			s.sweepAll(start().Add(storage.SettledLife + 2*time.Hour))
			s.reopen()
			s.changed(3, "")
			s.commit(Next(s.get("T-1"), start(), Step{Text: "3"}))
			s.changed(3, "4 ")
		}},
		{"settled effects are swept after their life, pending ones never", func(s *suite) {
			s.owe(edge("a", "1"), edge("b", "2"), edge("c", "3"))
			l := s.lease(start(), 2)
			s.commit(storage.Change{Settle: []storage.Settlement{settle(l.Leased[0], storage.Done, start().Add(time.Hour)), settle(l.Leased[1], storage.Dead, start())}})
			s.sweepAll(start().Add(storage.SettledLife))
			s.equal("effects", len(s.effects()), 3)
			s.sweepAll(start().Add(storage.SettledLife + time.Minute))
			s.equal("effects", len(s.effects()), 2)
			s.sweepAll(start().Add(10 * storage.SettledLife))
			s.equal("effects", s.effects()[0].Target, "c")
		}},
		{"one call does a bounded amount of work", func(s *suite) {
			const n = 2500
			var puts []storage.Effect
			var targets []string
			for i := range n {
				puts = append(puts, edge(fmt.Sprint("t", i), fmt.Sprint("d", i)))
				targets = append(targets, puts[i].Target)
			}
			s.commit(storage.Change{Put: puts})
			s.commit(storage.Change{Withdraw: targets, Causes: []storage.Cause{{Key: "c", At: start()}}})
			more, err := s.store.Sweep(s.Context(), start().Add(10*storage.SettledLife))
			s.equal("first call", words(more, err), "true <nil>")
			left := len(s.effects())
			if left == 0 || left == n {
				s.Fatalf("the first call left %d of %d", left, n)
			}
			s.sweepAll(start().Add(10 * storage.SettledLife))
			s.equal("effects", len(s.effects()), 0)
		}},
		{"one call forgets a bounded number of commits", func(s *suite) {
			const n = 2500
			rows := []storage.Portable{{Format: storage.Format}}
			for i := range uint64(n) {
				row := storage.CommitWith{Position: i + 1, At: start(), Causes: []storage.Cause{{Key: fmt.Sprint("c", i), At: start()}}}
				rows = append(rows, storage.Portable{Commit: &row})
			}
			rows = append(rows, storage.Portable{Last: &storage.Last{Position: n}})
			s.equal("load", s.store.Load(s.Context(), feed(rows, io.EOF)), nil)
			now := start().Add(2 * storage.SettledLife)
			more, err := s.store.Sweep(s.Context(), now)
			left, _ := s.dumped()
			s.equal("first call", words(more, err, left > 0, left < n), "true <nil> true true")
			s.sweepAll(now)
			left, _ = s.dumped()
			s.equal("commits", left, 0)
			s.changed(n, "")
			if _, err := s.store.Changed(s.Context(), n-1, 0); !errors.Is(err, storage.ErrSwept) {
				s.Fatalf("got the error %v, want ErrSwept", err)
			}
		}},
	}
}

// dumped counts the commits of a dump, and the causes.
func (s *suite) dumped() (commits, causes int) {
	s.Helper()
	err := s.store.Dump(s.Context(), func(p storage.Portable) error {
		if p.Commit != nil {
			commits++
			causes += len(p.Commit.Causes)
		}
		return nil
	})
	if err != nil {
		s.Fatalf("dump: %v", err)
	}
	return commits, causes
}

func (s *suite) changed(after uint64, want string) {
	s.Helper()
	commits, err := s.store.Changed(s.Context(), after, 0)
	if err != nil {
		s.Fatalf("changed: %v", err)
	}
	got := ""
	for _, c := range commits {
		got += fmt.Sprint(c.Position, " ")
	}
	s.equal("changed", got, want)
}

// fill gives a store something of everything.
func (s *suite) fill() {
	s.Helper()
	for _, kind := range []string{"INC", "INC", "PAGE"} {
		if _, err := s.store.Number(s.Context(), kind); err != nil {
			s.Fatalf("number: %v", err)
		}
	}
	for i := range 12 {
		c := Next(fresh(fmt.Sprint("T-", i)), start(), Step{Text: "x"}, Step{Text: "y", Due: start().Add(time.Duration(i) * time.Hour),
			Index: []storage.Entry{{Index: "open", Key: fmt.Sprint(i)}, {Index: "name", Key: fmt.Sprint("n", i), Unique: true}}})
		c.Put = []storage.Effect{edge(fmt.Sprint("post/", i), fmt.Sprint("room/", i%4)), level(fmt.Sprint("card/", i), "cards", 2)}
		c.Causes = []storage.Cause{{Key: fmt.Sprint("c", i), At: start(), Answer: []byte("answer to c")}}
		s.commit(c)
	}
	o := settle(s.lease(start(), 2).Leased[0], storage.Done, start())
	o.Receipt, o.Note = []byte("ts"), "note"
	s.commit(storage.Change{Settle: []storage.Settlement{o}, Withdraw: []string{"post/5"}})
}

func (s *suite) refuseDup(key string) {
	s.Helper()
	_, ok := errors.AsType[*storage.DuplicateError](s.store.Commit(s.Context(), storage.Change{Causes: []storage.Cause{{Key: key, At: start()}}}))
	s.equal("duplicate of "+key, ok, true)
}

func lifeCases() []testCase {
	return []testCase{
		{"everything outlives the process", func(s *suite) {
			s.fill()
			before := dump(s.T, s.store)
			if s.reopen() {
				same(s.T, "after opening again", dump(s.T, s.store), before)
				s.equal("leases", targets(s.lease(start(), 0)), "[post/1 post/2 post/3 post/4]")
			}
		}},
		{"64 at once, each on its record", func(s *suite) {
			var wait sync.WaitGroup
			for g := range 64 {
				wait.Go(func() {
					r := fresh(fmt.Sprint("T-", g))
					for i := range 8 {
						c := Next(r, start(), Step{Text: fmt.Sprint(i), Due: start().Add(time.Duration(g*i) * time.Minute), Index: []storage.Entry{{Index: "open", Key: fmt.Sprint(i, "/", g)}}})
						c.Put = []storage.Effect{level(fmt.Sprint("card/", g), fmt.Sprint("room/", g), c.Record.Seq), edge(fmt.Sprint("post/", g, "/", i), "feed")}
						c.Causes = []storage.Cause{{Key: fmt.Sprint(g, "/", i), At: start()}}
						if err := s.store.Commit(s.Context(), c); err != nil {
							s.Errorf("commit: %v", err)
							return
						}
						r = *c.Record
					}
				})
			}
			wait.Wait()
			s.equal("pending", len(s.effects(storage.Pending)), 64*9)
			commits, err := s.store.Changed(s.Context(), 0, 0)
			s.equal("commits", words(len(commits), err), "512 <nil>")
		}},
		{"64 at once on one record, one after another", func(s *suite) {
			var wait sync.WaitGroup
			for range 64 {
				wait.Go(func() {
					for {
						r, err := s.store.Get(s.Context(), ref("T-1"))
						if err != nil && !errors.Is(err, storage.ErrNotFound) {
							s.Errorf("get: %v", err)
							return
						}
						r.Ref = ref("T-1")
						switch err := s.store.Commit(s.Context(), Next(r, start(), Step{Text: "mine"})); {
						case err == nil:
							return
						case !errors.Is(err, storage.ErrConflict):
							s.Errorf("commit: %v", err)
							return
						}
					}
				})
			}
			wait.Wait()
			s.equal("sequence", s.get("T-1").Seq, 64)
		}},
		{"a store with the latest due time verifies", func(s *suite) {
			s.make("T-1", Step{Text: "x", Due: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)})
		}},
		{"a store in use verifies", func(s *suite) {
			stop := make(chan struct{})
			var wait sync.WaitGroup
			for g := range 4 {
				wait.Go(func() {
					r := fresh(fmt.Sprint("T-", g))
					for i := 0; ; i++ {
						select {
						case <-stop:
							return
						default:
						}
						n, err := s.store.Number(s.Context(), "N")
						if err != nil {
							s.Errorf("number: %v", err)
							return
						}
						numbered := Next(fresh(fmt.Sprint("N-", n)), start(), Step{Text: "x", Index: []storage.Entry{{Index: "open", Key: fmt.Sprint(n)}}})
						c := Next(r, start(), Step{Text: "x", Due: start().Add(time.Duration(i) * time.Second), Index: []storage.Entry{{Index: "open", Key: fmt.Sprint(g, "/", i)}}})
						c.Put = []storage.Effect{level(fmt.Sprint("card/", g), "x", 1)}
						if err := s.store.Commit(s.Context(), c, numbered); err != nil {
							s.Errorf("commit: %v", err)
							return
						}
						r = *c.Record
					}
				})
			}
			for range 5 {
				Check(s.T, s.store, Folds())
			}
			close(stop)
			wait.Wait()
		}},
		{"numbers taken by many are all different", func(s *suite) {
			var mu sync.Mutex
			seen := map[uint64]bool{}
			var wait sync.WaitGroup
			for range 32 {
				wait.Go(func() {
					n, err := s.store.Number(s.Context(), "INC")
					if err != nil {
						s.Errorf("number: %v", err)
					}
					mu.Lock()
					defer mu.Unlock()
					seen[n] = true
				})
			}
			wait.Wait()
			s.equal("numbers", len(seen), 32)
		}},
		{"nothing works after Close", func(s *suite) {
			s.make("T-1", Step{Text: "x"})
			s.equal("close", s.store.Close(), nil)
			s.equal("close again", s.store.Close(), nil)
			s.done = true
			for name, f := range calls(s) {
				if err := f(); !errors.Is(err, storage.ErrClosed) {
					s.Errorf("%s: got the error %v, want ErrClosed", name, err)
				}
			}
		}},
	}
}

// calls are all the methods of a store.
func calls(s *suite) map[string]func() error {
	ctx, st := s.Context(), s.store
	return map[string]func() error{
		"commit":  func() error { return st.Commit(ctx, Next(fresh("T-2"), start(), Step{Text: "x"})) },
		"number":  func() error { _, err := st.Number(ctx, "INC"); return err },
		"get":     func() error { _, err := st.Get(ctx, ref("T-1")); return err },
		"list":    func() error { _, err := st.List(ctx, "open", "", "", 0); return err },
		"events":  func() error { _, err := st.Events(ctx, ref("T-1"), 0, 0); return err },
		"changed": func() error { _, err := st.Changed(ctx, 0, 0); return err },
		"due":     func() error { _, err := st.Due(ctx, start(), 0); return err },
		"cause":   func() error { _, _, err := st.Cause(ctx, "c"); return err },
		"lease":   func() error { _, err := st.Lease(ctx, storage.LeaseRequest{Now: start()}); return err },
		"effects": func() error { _, err := st.Effects(ctx, 0, 0); return err },
		"receipt": func() error { _, err := st.Receipt(ctx, "a"); return err },
		"sweep":   func() error { _, err := st.Sweep(ctx, start()); return err },
		"dump":    func() error { return st.Dump(ctx, func(storage.Portable) error { return nil }) },
		"load": func() error {
			return st.Load(ctx, func() (storage.Portable, error) { return storage.Portable{}, io.EOF })
		},
	}
}
