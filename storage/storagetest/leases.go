package storagetest

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/watchbill/watchbill/storage"
)

func leaseCases() []testCase {
	classed := func(target, dest string, class storage.Class) storage.Effect {
		e := edge(target, dest)
		e.Class = class
		return e
	}
	waiting := func(target, dest, after string) storage.Effect {
		e := edge(target, dest)
		e.After = after
		return e
	}
	deliver := func(s *suite, l storage.Leased, receipt string) {
		o := settle(l, storage.Done, start())
		o.Receipt = []byte(receipt)
		s.commit(storage.Change{Settle: []storage.Settlement{o}})
	}
	return []testCase{
		{"by class, then by ID", func(s *suite) {
			s.owe(classed("chat", "a", storage.Chatter), classed("card", "b", storage.Card), classed("page 1", "c", storage.Page), classed("page 2", "d", storage.Page))
			l := s.lease(start(), 3)
			s.equal("leased", targets(l), "[page 1 page 2 card]")
			s.equal("there are more", l.Next, start())
			e := l.Leased[0]
			s.equal("lease", words(e.Attempts, e.LeaseUntil.Sub(start()), e.State), "1 1m0s pending")
			s.out(start(), "chat")
		}},
		{"one of a destination at a time, in order", func(s *suite) {
			s.owe(edge("1", "room"), edge("2", "room"), classed("3", "room", storage.Page), edge("4", "other"))
			l := s.out(start(), "1", "4")
			s.out(start())
			deliver(s, l.Leased[0], "")
			l = s.out(start(), "2")
			deliver(s, l.Leased[0], "")
			s.out(start(), "3")
		}},
		{"the first of a destination holds up the others", func(s *suite) {
			first := edge("1", "room")
			first.NotBefore = start().Add(time.Minute)
			s.owe(first, classed("2", "room", storage.Page))
			s.equal("wakes", s.out(start()).Next, first.NotBefore)
			s.out(first.NotBefore, "1")
		}},
		{"what is settled does not hold up", func(s *suite) {
			s.owe(edge("1", "room"), edge("2", "room"), edge("3", "room"), edge("4", "room"))
			s.commit(storage.Change{Settle: []storage.Settlement{settle(s.out(start(), "1").Leased[0], storage.Dead, start())}})
			s.commit(storage.Change{Withdraw: []string{"2"}})
			s.commit(storage.Change{Settle: []storage.Settlement{settle(s.out(start(), "3").Leased[0], storage.Folded, start())}})
			s.out(start(), "4")
		}},
		{"a lease runs out", func(s *suite) {
			s.owe(edge("1", "room"), edge("2", "room"))
			until := s.out(start(), "1").Leased[0].LeaseUntil
			s.equal("wakes", s.out(until.Add(-time.Microsecond)).Next, until)
			s.equal("attempts", s.out(until, "1").Leased[0].Attempts, 2)
		}},
		{"a row waits for a receipt", func(s *suite) {
			s.owe(edge("channel", "a"), waiting("post", "b", "channel"), edge("behind", "b"), waiting("never", "c", "nothing"))
			l := s.out(start(), "channel")
			s.equal("wakes", l.Next, start().Add(time.Minute))
			deliver(s, l.Leased[0], "C1")
			l = s.out(start(), "post")
			s.equal("receipt waited for", string(l.Leased[0].AfterReceipt), "C1")
			s.equal("no receipt", l.Leased[0].Receipt == nil, true)
			s.equal("wakes", l.Next, start().Add(time.Minute))
			deliver(s, l.Leased[0], "")
			s.out(start(), "behind")
		}},
		{"a receipt that is removed is waited for again", func(s *suite) {
			s.owe(edge("channel", "a"))
			deliver(s, s.out(start(), "channel").Leased[0], "C1")
			s.owe(edge("channel", "a"))
			o := settle(s.out(start(), "channel").Leased[0], storage.Done, start())
			o.Receipt = []byte{}
			s.commit(storage.Change{Settle: []storage.Settlement{o}})
			s.owe(waiting("post", "b", "channel"))
			s.equal("nothing wakes it", s.out(start()).Next.IsZero(), true)
		}},
		{"destinations can be left alone", func(s *suite) {
			s.owe(edge("1", "slack/room/1"), edge("2", "slack/dm/1"), edge("3", "mail/1"))
			s.equal("leased", targets(s.lease(start(), 0, "slack/room", "ftp")), "[2 3]")
			l := s.lease(start(), 0, "")
			s.equal("leased", words(targets(l), l.Next.IsZero()), "[] true")
			s.out(start(), "1")
		}},
		{"when to ask again", func(s *suite) {
			s.equal("nothing", s.out(start()).Next.IsZero(), true)
			a, b := edge("1", "a"), edge("2", "b")
			a.NotBefore, b.NotBefore = start().Add(3*time.Minute), start().Add(2*time.Minute)
			s.owe(a, b)
			s.equal("the earliest", s.out(start()).Next, b.NotBefore)
			late := edge("0", "later")
			late.NotBefore = start().Add(time.Hour)
			s.owe(late)
			s.equal("the earliest, with a later one behind it", s.out(start()).Next, b.NotBefore)
			s.equal("a lease that runs out before", s.out(b.NotBefore, "2").Next, a.NotBefore)
			held := edge("3", "c")
			s.owe(held)
			s.equal("a lease that runs out first", s.out(start(), "3").Next, start().Add(time.Minute))
		}},
		{"of many at once, none gets what another has", func(s *suite) {
			var all []storage.Effect
			for i := range 40 {
				all = append(all, edge(fmt.Sprint(i), fmt.Sprint(i%20)))
			}
			s.owe(all...)
			var mu sync.Mutex
			var got []uint64
			var wait sync.WaitGroup
			for range 8 {
				wait.Go(func() {
					l, err := s.store.Lease(s.Context(), storage.LeaseRequest{Now: start(), Until: start().Add(time.Minute), Limit: 4})
					if err != nil {
						s.Errorf("lease: %v", err)
					}
					mu.Lock()
					defer mu.Unlock()
					for _, e := range l.Leased {
						got = append(got, e.ID)
					}
				})
			}
			wait.Wait()
			slices.Sort(got)
			s.equal("leased", words(len(got), len(slices.Compact(got)), got[len(got)-1]), "20 20 20")
		}},
	}
}
