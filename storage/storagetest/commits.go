package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/watchbill/watchbill/storage"
)

func commitCases() []testCase {
	return []testCase{
		{"a record comes back as it was stored", func(s *suite) {
			index := []storage.Entry{{Index: "open", Key: "a/1"}, {Index: "name", Key: "x", Unique: true}}
			c := Next(fresh("T-1"), start(), Step{Text: "one"}, Step{Text: "two", Due: start().Add(time.Hour), Index: index})
			s.commit(c)
			got := s.get("T-1")
			s.equal("record", line(s.T, got), line(s.T, c.Record))
			events, err := s.store.Events(s.Context(), ref("T-1"), 0, 0)
			s.equal("error", err, nil)
			s.equal("events", line(s.T, events), line(s.T, c.Events))
		}},
		{"the base must be the stored sequence", func(s *suite) {
			r := s.make("T-1", Step{Text: "one"})
			s.refuse(storage.ErrConflict, Next(fresh("T-1"), start(), Step{Text: "again"}))
			s.commit(Next(r, start(), Step{Text: "two"}))
			s.refuse(storage.ErrConflict, Next(r, start(), Step{Text: "late"}))
			ahead := s.get("T-1")
			ahead.Seq = 7
			s.refuse(storage.ErrConflict, Next(ahead, start(), Step{Text: "early"}))
			unknown := fresh("T-2")
			unknown.Seq = 1
			s.refuse(storage.ErrConflict, Next(unknown, start(), Step{Text: "nobody"}))
		}},
		{"several changes are all or nothing", func(s *suite) {
			r := s.make("T-1", Step{Text: "one"})
			good := Next(fresh("T-2"), start(), Step{Text: "new", Due: start(), Index: []storage.Entry{{Index: "open", Key: "k"}}})
			good.Put = []storage.Effect{edge("post/1", "room/1")}
			good.Causes = []storage.Cause{{Key: "c-1", At: start()}}
			bad := Next(fresh("T-1"), start(), Step{Text: "clash"})
			s.refuse(storage.ErrConflict, good, bad)
			s.refuse(storage.ErrConflict, bad, good)
			s.missing("T-2")
			if _, found, _ := s.store.Cause(s.Context(), "c-1"); found {
				s.Fatal("a refused commit left its cause")
			}
			s.commit(good, Next(r, start(), Step{Text: "two"}))
			s.equal("sequence", s.get("T-1").Seq, 2)
			s.equal("sequence", s.get("T-2").Seq, 1)
		}},
		{"two changes of one record follow each other", func(s *suite) {
			first := Next(fresh("T-1"), start(), Step{Text: "one", Index: []storage.Entry{{Index: "name", Key: "a", Unique: true}}})
			second := Next(*first.Record, start(), Step{Text: "two", Due: start()})
			s.commit(first, second)
			s.equal("sequence", s.get("T-1").Seq, 2)
			commits, err := s.store.Changed(s.Context(), 0, 0)
			s.equal("error", err, nil)
			s.equal("moved", line(s.T, commits), line(s.T, []storage.Commit{{Position: 1, At: start(), Changed: []storage.Moved{{Ref: ref("T-1"), From: 0, To: 2}}}}))
			again := Next(s.get("T-1"), start(), Step{Text: "three"})
			s.refuse(storage.ErrConflict, again, again)
		}},
		{"what no store accepts is refused", func(s *suite) {
			for name, spoil := range spoilers() {
				c := Next(fresh("T-1"), start(), Step{Text: "one"})
				c.Put = []storage.Effect{edge("post/1", "room/1")}
				c.Causes = []storage.Cause{{Key: "c", At: start()}}
				spoil(&c)
				if err := s.store.Commit(s.Context(), c); !errors.Is(err, storage.ErrInvalid) {
					s.Errorf("%s: got the error %v, want ErrInvalid", name, err)
				}
			}
			s.missing("T-1")
		}},
		{"times are in UTC and whole microseconds", func(s *suite) {
			zone := time.FixedZone("east", 5*3600)
			odd := time.Date(2026, 1, 2, 3, 4, 5, 678901234, zone)
			want := time.Date(2026, 1, 1, 22, 4, 5, 678901000, time.UTC)
			c := Next(fresh("T-1"), odd, Step{Text: "one"})
			c.Record.Due = odd
			c.Events[0].At, c.Events[0].Recorded = odd, odd
			e := edge("post/1", "room/1")
			e.Created, e.NotBefore = odd, odd
			c.Put = []storage.Effect{e}
			s.commit(c)
			due, err := s.store.Due(s.Context(), want, 0)
			s.equal("error", err, nil)
			events, err := s.store.Events(s.Context(), ref("T-1"), 0, 0)
			s.equal("error", err, nil)
			got := s.effect("post/1")
			for _, at := range []time.Time{s.get("T-1").Due, due[0].At, events[0].At, events[0].Recorded, got.Created, got.NotBefore} {
				if at != want {
					s.Errorf("got the time %v, want %v", at, want)
				}
			}
			s.store.Close()
			s.done = true // the record is due when its timeline does not say so
		}},
		{"nobody can reach into the store", func(s *suite) {
			c := Next(fresh("T-1"), start(), Step{Text: "one", Index: []storage.Entry{{Index: "i", Key: "k"}}})
			c.Put = []storage.Effect{edge("post/1", "room/1")}
			c.Causes = []storage.Cause{{Key: "c", Answer: []byte("answer"), At: start()}}
			s.commit(c)
			before := dump(s.T, s.store)
			scramble(c.Record.Body, c.Record.Head, c.Events[0].Body, c.Events[0].Hash, c.Events[0].Salt, c.Put[0].Body, c.Causes[0].Answer)
			c.Record.Index[0].Key = "gone"
			got := s.get("T-1")
			scramble(got.Body, got.Head)
			got.Index[0].Key = "gone"
			events, _ := s.store.Events(s.Context(), ref("T-1"), 0, 0)
			scramble(events[0].Body, events[0].Hash, events[0].Salt)
			scramble(s.effect("post/1").Body)
			answer, _, _ := s.store.Cause(s.Context(), "c")
			scramble(answer)
			rows, _ := s.store.List(s.Context(), "i", "", "", 0)
			scramble(rows[0].Body)
			commits, _ := s.store.Changed(s.Context(), 0, 0)
			commits[0].Changed[0].To = 99
			same(s.T, "after writing into what went in and came out", dump(s.T, s.store), before)
		}},
		{"big values are whole", func(s *suite) {
			c := Next(fresh("T-1"), start(), Step{Text: strings.Repeat("é<!channel>\x01", 40_000)})
			s.commit(c)
			if got := s.get("T-1"); !bytes.Equal(got.Body, c.Record.Body) {
				s.Fatalf("got a body of %d bytes, want %d", len(got.Body), len(c.Record.Body))
			}
		}},
		{"a context that has ended withdraws the change", func(s *suite) {
			ctx, cancel := context.WithCancel(s.Context())
			cancel()
			if err := s.store.Commit(ctx, Next(fresh("T-1"), start(), Step{Text: "one"})); !errors.Is(err, context.Canceled) {
				s.Fatalf("got the error %v, want context.Canceled", err)
			}
			s.missing("T-1")
		}},
	}
}

func scramble(all ...[]byte) {
	for _, b := range all {
		for i := range b {
			b[i] = '!'
		}
	}
}

// spoilers make a change invalid, each in one way.
func spoilers() map[string]func(c *storage.Change) {
	long := strings.Repeat("x", storage.MaxName+1)
	return map[string]func(c *storage.Change){
		"no kind":               func(c *storage.Change) { c.Record.Kind = "" },
		"a NUL in the id":       func(c *storage.Change) { c.Record.ID = "T\x001" },
		"a long id":             func(c *storage.Change) { c.Record.ID = long },
		"no events":             func(c *storage.Change) { c.Events = nil },
		"too few events":        func(c *storage.Change) { c.Record.Seq = 2 },
		"a gap in the events":   func(c *storage.Change) { c.Events[0].Seq = 2 },
		"events not sealed":     func(c *storage.Change) { c.Events[0].Hash = nil },
		"another head":          func(c *storage.Change) { c.Record.Head = []byte("x") },
		"events and no record":  func(c *storage.Change) { c.Record = nil },
		"a NUL in an index key": func(c *storage.Change) { c.Record.Index = []storage.Entry{{Index: "i", Key: "a\x00b"}} },
		"no index key":          func(c *storage.Change) { c.Record.Index = []storage.Entry{{Index: "i"}} },
		"an entry twice": func(c *storage.Change) {
			c.Record.Index = []storage.Entry{{Index: "i", Key: "a"}, {Index: "i", Key: "a", Unique: true}}
		},
		"due in a year of five digits": func(c *storage.Change) { c.Record.Due = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"no target":                    func(c *storage.Change) { c.Put[0].Target = "" },
		"no destination":               func(c *storage.Change) { c.Put[0].Dest = "" },
		"no class":                     func(c *storage.Change) { c.Put[0].Class = 0 },
		"a cause without a key":        func(c *storage.Change) { c.Causes[0].Key = "" },
		"a cause without a time":       func(c *storage.Change) { c.Causes[0].At = time.Time{} },
		"a cause twice":                func(c *storage.Change) { c.Causes = append(c.Causes, c.Causes[0]) },
		"an outcome that is none":      func(c *storage.Change) { c.Settle = []storage.Settlement{{ID: 1, State: "lost"}} },
		"an outcome taken back":        func(c *storage.Change) { c.Settle = []storage.Settlement{{ID: 1, State: storage.Done, Free: true}} },
	}
}

func causeCases() []testCase {
	cause := func(key string) []storage.Cause {
		return []storage.Cause{{Key: key, Answer: []byte("answer to " + key), At: start()}}
	}
	return []testCase{
		{"a repeat gets the answer and changes nothing", func(s *suite) {
			first := Next(fresh("T-1"), start(), Step{Text: "one"})
			first.Causes = cause("envelope-1")
			s.commit(first)
			s.refuseDuplicate("envelope-1", first)
			other := Next(fresh("T-2"), start(), Step{Text: "other"})
			other.Causes = append(cause("envelope-2"), cause("envelope-1")...)
			s.refuseDuplicate("envelope-1", other)
			s.missing("T-2")
			answer, found, err := s.store.Cause(s.Context(), "envelope-1")
			s.equal("cause", words(string(answer), found, err), "answer to envelope-1 true <nil>")
			_, found, err = s.store.Cause(s.Context(), "envelope-2")
			s.equal("unknown cause", words(found, err), "false <nil>")
		}},
		{"a cause needs no record", func(s *suite) {
			s.commit(storage.Change{Causes: cause("c")})
			s.refuseDuplicate("c", storage.Change{Causes: cause("c")})
			commits, err := s.store.Changed(s.Context(), 0, 0)
			s.equal("changed", words(len(commits), err), "0 <nil>")
		}},
		{"a repeat is told before everything else", func(s *suite) {
			c := Next(fresh("T-1"), start(), Step{Text: "one", Index: []storage.Entry{{Index: "i", Key: "k", Unique: true}}})
			c.Causes = cause("c")
			s.commit(c)
			again := Next(fresh("T-1"), start(), Step{Text: "two"})
			again.Causes = cause("c")
			again.Settle = []storage.Settlement{{ID: 99, Attempt: 1, State: storage.Done}}
			s.refuseDuplicate("c", again)
			again.Causes = nil
			s.refuse(storage.ErrStale, again)
			again.Settle = nil
			again.Record.Index = c.Record.Index
			s.refuse(storage.ErrConflict, again)
		}},
		{"causes outlive the process", func(s *suite) {
			s.commit(storage.Change{Causes: cause("c")})
			if s.reopen() {
				s.refuseDuplicate("c", storage.Change{Causes: cause("c")})
			}
		}},
		{"of many at once with one cause, one wins", func(s *suite) {
			wins := s.race(16, func(i int) storage.Change {
				c := Next(fresh(fmt.Sprintf("T-%d", i)), start(), Step{Text: "one"})
				c.Causes = []storage.Cause{{Key: "the one", Answer: fmt.Append(nil, i), At: start()}}
				return c
			}, func(err error) bool {
				_, duplicate := errors.AsType[*storage.DuplicateError](err)
				return duplicate
			})
			answer, _, err := s.store.Cause(s.Context(), "the one")
			s.equal("answer", words(string(answer), err), words(wins[0], "<nil>"))
			s.get(fmt.Sprintf("T-%d", wins[0]))
		}},
	}
}

func (s *suite) refuseDuplicate(key string, changes ...storage.Change) {
	s.Helper()
	before := dump(s.T, s.store)
	err := s.store.Commit(s.Context(), changes...)
	duplicate, ok := errors.AsType[*storage.DuplicateError](err)
	if !ok {
		s.Fatalf("got the error %v, want a DuplicateError", err)
	}
	s.equal("duplicate", duplicate.Key+": "+string(duplicate.Answer), key+": answer to "+key)
	same(s.T, "after a repeat", dump(s.T, s.store), before)
}

// race commits from n goroutines at once; all but one must lose in the way that
// lost recognises. It returns who won.
func (s *suite) race(n int, change func(i int) storage.Change, lost func(error) bool) []int {
	s.Helper()
	errs := make(chan error, n)
	won := make(chan int, n)
	begin := make(chan struct{})
	for i := range n {
		c := change(i)
		go func() {
			<-begin
			err := s.store.Commit(s.Context(), c)
			if err == nil {
				won <- i
			}
			errs <- err
		}()
	}
	close(begin)
	for range n {
		if err := <-errs; err != nil && !lost(err) {
			s.Errorf("got the error %v", err)
		}
	}
	close(won)
	var winners []int
	for i := range won {
		winners = append(winners, i)
	}
	if len(winners) != 1 {
		s.Fatalf("the winners are %v, want one", winners)
	}
	return winners
}
