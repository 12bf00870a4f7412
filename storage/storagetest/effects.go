package storagetest

import (
	"fmt"
	"time"

	"github.com/watchbill/watchbill/storage"
)

func effectCases() []testCase {
	return []testCase{
		{"an effect comes back as it was put", func(s *suite) {
			e := level("card/1", "room/1", 3)
			e.After, e.Record, e.Class, e.NotBefore = "channel/1", ref("T-1"), storage.Page, start().Add(time.Minute)
			c := Next(fresh("T-1"), start(), Step{Text: "one"})
			spoiled := e
			spoiled.ID, spoiled.Attempts, spoiled.State, spoiled.Note = 77, 5, storage.Dead, "note"
			spoiled.LeaseUntil, spoiled.Settled = start(), start()
			c.Put = []storage.Effect{spoiled}
			s.commit(c)
			e.ID, e.State = 1, storage.Pending
			s.equal("effect", line(s.T, s.effects()), line(s.T, []storage.Effect{e}))
		}},
		{"IDs rise and are never given again", func(s *suite) {
			s.owe(edge("a", "x"), edge("b", "y"))
			s.commit(storage.Change{Withdraw: []string{"b"}})
			s.sweepAll(start().Add(storage.SettledLife + time.Hour))
			s.reopen()
			pending := s.owe(edge("c", "x"))
			s.equal("ids", words(pending[0].ID, pending[1].ID), "1 3")
		}},
		{"effects in pages and by state", func(s *suite) {
			s.owe(edge("a", "1"), edge("b", "2"), edge("c", "3"), edge("d", "4"))
			l := s.lease(start(), 2)
			s.commit(storage.Change{Settle: []storage.Settlement{settle(l.Leased[0], storage.Done, start()), settle(l.Leased[1], storage.Dead, start())}})
			for _, c := range []struct {
				after  uint64
				limit  int
				states []storage.State
				want   string
			}{
				{0, 0, nil, "a b c d "},
				{0, 3, nil, "a b c "},
				{1, 2, nil, "b c "},
				{0, 0, []storage.State{storage.Pending}, "c d "},
				{0, 1, []storage.State{storage.Pending, storage.Dead}, "b "},
				{2, 0, []storage.State{storage.Pending, storage.Dead}, "c d "},
				{0, 0, []storage.State{storage.Folded}, ""},
				{4, 0, nil, ""},
			} {
				all, err := s.store.Effects(s.Context(), c.after, c.limit, c.states...)
				s.equal("error", err, nil)
				got := ""
				for _, e := range all {
					got += e.Target + " "
				}
				s.equal(fmt.Sprintf("effects after %d limit %d %v", c.after, c.limit, c.states), got, c.want)
			}
		}},
		{"a level effect takes the place of the one still owed", func(s *suite) {
			late := level("card/1", "room/1", 2)
			late.NotBefore = start().Add(time.Minute)
			s.owe(late, edge("post/1", "room/1"))
			next := level("card/1", "room/2", 5)
			next.Body, next.Kind, next.Class, next.After = []byte(`{"new":true}`), "test.new", storage.Page, "channel/1"
			next.Created = start().Add(time.Hour)
			pending := s.owe(next)
			s.equal("number of effects", len(pending), 2)
			want := next
			want.ID, want.Dest, want.State = 1, "room/1", storage.Pending
			want.Created, want.NotBefore = late.Created, late.NotBefore
			s.equal("effect", line(s.T, pending[0]), line(s.T, want))
			s.equal("sequence", s.owe(level("card/1", "room/1", 4))[0].Seq, 5)
		}},
		{"an edge effect does not take a place", func(s *suite) {
			s.equal("number of effects", len(s.owe(edge("a", "x"), edge("a", "x"), level("a", "x", 1), edge("a", "x"), level("a", "x", 2))), 4)
		}},
		{"a level effect that was settled is owed anew", func(s *suite) {
			s.owe(level("card/1", "room/1", 1))
			l := s.out(start(), "card/1")
			s.commit(storage.Change{Settle: []storage.Settlement{settle(l.Leased[0], storage.Done, start())}})
			s.equal("id", s.owe(level("card/1", "room/1", 2))[0].ID, 2)
		}},
		{"replacing a leased effect keeps its lease", func(s *suite) {
			s.owe(level("card/1", "room/1", 1))
			l := s.out(start(), "card/1")
			now := s.owe(level("card/1", "room/1", 2))[0]
			s.equal("lease", words(now.Attempts, now.LeaseUntil), words(1, l.Leased[0].LeaseUntil))
			s.out(start())
			s.commit(storage.Change{Settle: []storage.Settlement{settle(l.Leased[0], storage.Dead, start())}})
		}},
		{"what is withdrawn is settled, unless it is out on a lease", func(s *suite) {
			s.owe(edge("page/1", "dm/1"), edge("page/1", "dm/2"), level("page/1", "dm/3", 1), edge("page/2", "dm/4"))
			l := s.lease(start(), 1)
			s.equal("leased", targets(l), "[page/1]")
			c := Next(fresh("T-1"), start().Add(time.Second), Step{Text: "acknowledged"})
			c.Withdraw = []string{"page/1", "unknown"}
			s.commit(c)
			got := ""
			for _, e := range s.effects() {
				got += fmt.Sprint(e.ID, " ", e.State, " ", e.Settled.Sub(start()) == time.Second, "; ")
			}
			s.equal("effects", got, "1 pending false; 2 withdrawn true; 3 withdrawn true; 4 pending false; ")
			s.out(start(), "page/2")
		}},
		{"what is withdrawn after a clock was set back is settled no earlier than it was made", func(s *suite) {
			ahead := edge("page/1", "dm/1")
			ahead.Created = start().Add(time.Hour)
			s.owe(ahead)
			s.commit(storage.Change{Withdraw: []string{"page/1"}, Causes: []storage.Cause{{Key: "c", At: start()}}})
			s.equal("settled", s.effects()[0].Settled.Equal(ahead.Created), true)
		}},
		{"an effect whose lease ran out is not withdrawn either", func(s *suite) {
			s.owe(edge("page/1", "dm/1"))
			s.out(start(), "page/1")
			s.commit(storage.Change{Withdraw: []string{"page/1"}})
			s.out(start().Add(time.Hour), "page/1")
		}},
		{"one change settles, then withdraws, then puts", func(s *suite) {
			s.owe(level("card/1", "room/1", 1), edge("post/1", "room/2"))
			l := s.lease(start(), 1)
			s.commit(storage.Change{
				Put: []storage.Effect{level("card/1", "room/1", 2), edge("post/1", "room/2")}, Withdraw: []string{"post/1", "card/1"},
				Settle: []storage.Settlement{settle(l.Leased[0], storage.Done, start())},
			})
			got := ""
			for _, e := range s.effects() {
				got += fmt.Sprint(e.ID, " ", e.State, "; ")
			}
			s.equal("effects", got, "1 done; 2 withdrawn; 3 pending; 4 pending; ")
		}},
		{"receipts are kept by target", func(s *suite) {
			s.owe(edge("a", "x"))
			put := func(receipt []byte, want string) {
				s.Helper()
				l := s.lease(start(), 0)
				o := settle(l.Leased[0], storage.Pending, start())
				o.Receipt = receipt
				s.commit(storage.Change{Settle: []storage.Settlement{o}})
				got, err := s.store.Receipt(s.Context(), "a")
				s.equal("receipt", words(string(got), got == nil, err), words(want, want == "", "<nil>"))
			}
			put([]byte("one"), "one")
			put(nil, "one")
			put([]byte("two"), "two")
			s.equal("receipt on the lease", string(s.lease(start(), 0).Leased[0].Receipt), "two")
			l := s.effect("a")
			s.commit(storage.Change{Settle: []storage.Settlement{{ID: l.ID, Attempt: l.Attempts, State: storage.Pending}}})
			put([]byte{}, "")
		}},
	}
}

func settleCases() []testCase {
	return []testCase{
		{"what a caller gave stays as it was", func(s *suite) {
			s.owe(edge("a", "x"))
			room := []byte("one and what stands behind it")
			o := settle(s.out(start(), "a").Leased[0], storage.Done, start())
			o.Receipt = room[:3]
			s.commit(storage.Change{Settle: []storage.Settlement{o}})
			s.equal("the caller's memory", string(room), "one and what stands behind it")
			room[0] = 'X'
			kept, err := s.store.Receipt(s.Context(), "a")
			s.equal("receipt", words(string(kept), err), "one <nil>")
		}},
		{"an outcome names the attempt that is out", func(s *suite) {
			s.owe(edge("a", "x"))
			never := storage.Settlement{ID: 1, State: storage.Done}
			s.refuse(storage.ErrStale, storage.Change{Settle: []storage.Settlement{never}})
			first := s.out(start(), "a").Leased[0]
			second := s.out(start().Add(time.Hour), "a").Leased[0]
			s.equal("attempts", words(first.Attempts, second.Attempts), "1 2")
			s.refuse(storage.ErrStale, storage.Change{Settle: []storage.Settlement{settle(first, storage.Done, start())}})
			s.refuse(storage.ErrStale, storage.Change{Settle: []storage.Settlement{settle(second, storage.Done, start()), settle(second, storage.Dead, start())}})
			s.refuse(storage.ErrStale, storage.Change{Settle: []storage.Settlement{{ID: 9, Attempt: 1, State: storage.Done}}})
			s.commit(storage.Change{Settle: []storage.Settlement{settle(second, storage.Done, start())}})
			s.refuse(storage.ErrStale, storage.Change{Settle: []storage.Settlement{settle(second, storage.Done, start())}})
		}},
		{"a stale outcome stores nothing of its commit", func(s *suite) {
			s.owe(edge("a", "x"))
			l := s.out(start(), "a").Leased[0]
			l.Attempts = 7
			c := Next(fresh("T-1"), start(), Step{Text: "one"})
			c.Settle = []storage.Settlement{settle(l, storage.Done, start())}
			s.refuse(storage.ErrStale, c)
			s.refuse(storage.ErrStale, Next(fresh("T-1"), start(), Step{Text: "one"}), storage.Change{Settle: c.Settle})
			s.missing("T-1")
		}},
		{"an outcome after the lease ran out still counts", func(s *suite) {
			s.owe(edge("a", "x"))
			l := s.out(start(), "a").Leased[0]
			s.commit(storage.Change{Settle: []storage.Settlement{settle(l, storage.Done, start().Add(time.Hour))}})
			s.out(start().Add(2 * time.Hour))
		}},
		{"settled rows say when, how and why", func(s *suite) {
			states := []storage.State{storage.Done, storage.Dead, storage.Withdrawn, storage.Folded}
			for i := range states {
				s.owe(edge(fmt.Sprint("a", i), fmt.Sprint("x", i)))
			}
			for i, l := range s.lease(start(), 0).Leased {
				o := settle(l, states[i], start().Add(time.Second))
				o.Note = "because"
				s.commit(storage.Change{Settle: []storage.Settlement{o}})
				e := s.effect(l.Target)
				s.equal("settled", words(e.State, e.Note, e.Settled.Equal(start().Add(time.Second)), e.LeaseUntil.IsZero(), e.Attempts), words(states[i], "because", true, true, 1))
			}
		}},
		{"a retry waits, and keeps its attempts", func(s *suite) {
			s.owe(edge("a", "x"))
			l := s.out(start(), "a").Leased[0]
			o := settle(l, storage.Pending, start())
			o.NotBefore, o.Note = start().Add(time.Minute), "ratelimited"
			s.commit(storage.Change{Settle: []storage.Settlement{o}})
			e := s.effect("a")
			s.equal("retry", words(e.State, e.Note, e.Attempts, e.LeaseUntil.IsZero()), "pending ratelimited 1 true")
			s.refuse(storage.ErrStale, storage.Change{Settle: []storage.Settlement{o}})
			s.equal("wakes", s.out(start().Add(59*time.Second)).Next, o.NotBefore)
			s.equal("attempts", s.out(o.NotBefore, "a").Leased[0].Attempts, 2)
		}},
		{"a retry that waits longer than any can was put off by another clock", func(s *suite) {
			s.owe(edge("tried", "x"), edge("later", "y"))
			for n, l := range s.out(start(), "tried", "later").Leased {
				o := settle(l, storage.Pending, start())
				o.NotBefore, o.Note = start().Add(time.Hour), []string{"timeout", ""}[n]
				s.commit(storage.Change{Settle: []storage.Settlement{o}})
			}
			lease := func(furthest time.Time) storage.Leases {
				l, err := s.store.Lease(s.Context(), storage.LeaseRequest{Now: start(), Until: start().Add(time.Minute), Furthest: furthest})
				if err != nil {
					s.Fatalf("lease: %v", err)
				}
				return l
			}
			s.equal("without a bound", targets(lease(time.Time{})), "[]")
			s.equal("at the bound", targets(lease(start().Add(time.Hour))), "[]")
			s.equal("beyond it", targets(lease(start().Add(time.Hour-time.Microsecond))), "[tried]")
		}},
		{"a row that is called early does not wait, and is not out twice", func(s *suite) {
			s.owe(edge("a", "x"), edge("b", "y"), edge("behind", "y"))
			for _, l := range s.out(start(), "a", "b").Leased {
				o := settle(l, storage.Pending, start())
				o.NotBefore = start().Add(time.Minute)
				s.commit(storage.Change{Settle: []storage.Settlement{o}})
			}
			lease := func(early ...uint64) string {
				l, err := s.store.Lease(s.Context(), storage.LeaseRequest{Now: start(), Until: start().Add(time.Minute), Early: early})
				if err != nil {
					s.Fatalf("lease: %v", err)
				}
				return targets(l)
			}
			b, behind := s.effect("b").ID, s.effect("behind").ID
			s.equal("behind another", lease(behind, 1<<40), "[]")
			s.equal("called", lease(b, behind), "[b]")
			s.equal("out already", lease(b), "[]")
			s.out(start().Add(time.Minute), "a", "b")
		}},
		{"folded also settles what is not out, and nothing else does", func(s *suite) {
			s.owe(edge("1", "room"), edge("2", "room"), edge("3", "room"))
			l := s.out(start(), "1").Leased[0]
			behind := func(id uint64, attempt int, state storage.State) storage.Settlement {
				return storage.Settlement{ID: id, Attempt: attempt, State: state, At: start(), Note: "in one message"}
			}
			s.refuse(storage.ErrStale, storage.Change{Settle: []storage.Settlement{behind(2, 0, storage.Done)}})
			s.refuse(storage.ErrStale, storage.Change{Settle: []storage.Settlement{behind(2, 1, storage.Folded)}})
			s.commit(storage.Change{Settle: []storage.Settlement{settle(l, storage.Done, start()), behind(2, 0, storage.Folded)}})
			s.equal("state", s.effect("2").State, storage.Folded)
			s.refuse(storage.ErrStale, storage.Change{Settle: []storage.Settlement{behind(2, 0, storage.Folded)}})
			s.out(start(), "3")
		}},
		{"a level effect that was folded stays owed when it has moved since", func(s *suite) {
			s.owe(edge("1", "room"), level("2", "room", 4), level("3", "room", 4))
			l := s.out(start(), "1").Leased[0]
			folded := func(id uint64) storage.Settlement {
				return storage.Settlement{ID: id, State: storage.Folded, Seq: 4, At: start()}
			}
			s.owe(level("3", "room", 5))
			s.commit(storage.Change{Settle: []storage.Settlement{settle(l, storage.Done, start()), folded(2), folded(3)}})
			s.equal("states", words(s.effect("2").State, s.effect("3").State), "folded pending")
			s.out(start(), "3")
		}},
		{"an attempt can be taken back", func(s *suite) {
			s.owe(edge("a", "x"))
			o := settle(s.out(start(), "a").Leased[0], storage.Pending, start())
			o.Free = true
			s.commit(storage.Change{Settle: []storage.Settlement{o}})
			s.equal("attempts", s.effect("a").Attempts, 0)
			s.equal("attempts", s.out(start(), "a").Leased[0].Attempts, 1)
		}},
		{"a level effect that has risen stays pending", func(s *suite) {
			s.owe(level("card/1", "room/1", 1))
			l := s.out(start(), "card/1").Leased[0]
			next := level("card/1", "room/1", 2)
			next.Created = start().Add(time.Minute)
			s.owe(next)
			o := settle(l, storage.Done, start().Add(2*time.Minute))
			o.Receipt = []byte("ts")
			s.commit(storage.Change{Settle: []storage.Settlement{o}})
			e := s.effect("card/1")
			s.equal("effect", words(e.State, e.Seq, e.LeaseUntil.IsZero(), e.Created.Equal(o.At)), "pending 2 true true")
			again := s.out(start().Add(3*time.Minute), "card/1").Leased[0]
			s.equal("lease", words(again.ID, again.Attempts, string(again.Receipt)), "1 2 ts")
			s.commit(storage.Change{Settle: []storage.Settlement{settle(again, storage.Done, start())}})
			s.equal("state", s.effect("card/1").State, storage.Done)
		}},
		{"an edge effect waits for nothing that has risen", func(s *suite) {
			e := edge("post/1", "room/1")
			e.Seq = 2
			s.owe(e)
			o := settle(s.out(start(), "post/1").Leased[0], storage.Done, start())
			o.Seq = 1
			s.commit(storage.Change{Settle: []storage.Settlement{o}})
			s.equal("state", s.effect("post/1").State, storage.Done)
		}},
		{"only done waits for what has risen", func(s *suite) {
			s.owe(level("card/1", "room/1", 1))
			l := s.out(start(), "card/1").Leased[0]
			s.owe(level("card/1", "room/1", 2))
			s.commit(storage.Change{Settle: []storage.Settlement{settle(l, storage.Dead, start())}})
			s.equal("state", s.effect("card/1").State, storage.Dead)
		}},
		{"an outcome and what it changes are one commit", func(s *suite) {
			s.owe(edge("channel/1", "x"))
			c := Next(fresh("T-1"), start(), Step{Text: "has a channel"})
			o := settle(s.out(start(), "channel/1").Leased[0], storage.Done, start())
			o.Receipt = []byte("C1")
			c.Settle = []storage.Settlement{o}
			s.commit(c)
			s.equal("sequence", s.get("T-1").Seq, 1)
			s.equal("state", s.effect("channel/1").State, storage.Done)
		}},
		{"leases and outcomes outlive the process", func(s *suite) {
			s.owe(edge("a", "x"), edge("b", "x"), level("c", "y", 2))
			l := s.out(start(), "a", "c")
			if !s.reopen() {
				return
			}
			s.out(start())
			s.owe(level("c", "y", 3))
			for _, one := range l.Leased {
				s.commit(storage.Change{Settle: []storage.Settlement{settle(one, storage.Done, start())}})
			}
			s.reopen()
			s.out(start(), "b", "c")
		}},
	}
}
