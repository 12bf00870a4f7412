package memory

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/storage"
)

// checkSettlements reports ErrStale for an outcome of an attempt that is not out.
func (t *change) checkSettlements(changes []storage.Change) error {
	seen := map[uint64]bool{}
	for i := range changes {
		for _, o := range changes[i].Settle {
			e := t.effects[o.ID]
			if seen[o.ID] || e.State != storage.Pending || e.LeaseUntil.IsZero() && o.State != storage.Folded || e.Attempts != o.Attempt {
				return storage.ErrStale
			}
			seen[o.ID] = true
		}
	}
	return nil
}

// applyEffects settles outcomes, then withdraws, then puts.
func (t *change) applyEffects(c *storage.Change) {
	for _, o := range c.Settle {
		t.settle(o)
	}
	for _, target := range c.Withdraw {
		for _, id := range t.unsettled(target) {
			if e := t.effects[id]; e.LeaseUntil.IsZero() {
				e.State, e.Settled = storage.Withdrawn, t.at
				if e.Settled.Before(e.Created) {
					e.Settled = e.Created
				}
				put(t, t.effects, id, e)
			}
		}
	}
	for _, e := range c.Put {
		t.owe(e)
	}
}

func (t *change) settle(o storage.Settlement) {
	e := t.effects[o.ID]
	at := storage.Time(o.At)
	e.LeaseUntil, e.Note = time.Time{}, o.Note
	switch {
	case o.State == storage.Pending:
		e.NotBefore = storage.Time(o.NotBefore)
		if o.Free {
			e.Attempts--
		}
	case o.State.Shows() && e.Level && e.Seq > o.Seq:
		e.NotBefore = storage.Time(o.NotBefore)
		e.Created = latest(e.Created, at)
	default:
		e.State, e.Settled = o.State, at
	}
	put(t, t.effects, o.ID, e)
	switch {
	case len(o.Receipt) > 0:
		put(t, t.receipts, e.Target, slices.Clone(o.Receipt))
	case o.Receipt != nil:
		forget(t, t.receipts, e.Target)
	}
}

// unsettled returns the ids of the unsettled effects of a target.
func (t *change) unsettled(target string) []uint64 {
	var ids []uint64
	for id, e := range t.effects {
		if e.Target == target && e.State == storage.Pending {
			ids = append(ids, id)
		}
	}
	return ids
}

// owe adds an effect, a level effect in the place of the one still owed.
func (t *change) owe(e storage.Effect) {
	e = cloneEffect(e)
	e.State, e.Attempts, e.Note = storage.Pending, 0, ""
	e.LeaseUntil, e.Settled = time.Time{}, time.Time{}
	e.Created, e.NotBefore = storage.Time(e.Created), storage.Time(e.NotBefore)
	if e.Level {
		for _, id := range t.unsettled(e.Target) {
			if old := t.effects[id]; old.Level {
				e.ID, e.Dest, e.Created = old.ID, old.Dest, old.Created
				e.Seq = max(e.Seq, old.Seq)
				e.NotBefore = latest(e.NotBefore, old.NotBefore)
				e.Attempts, e.LeaseUntil, e.Note = old.Attempts, old.LeaseUntil, old.Note
				put(t, t.effects, e.ID, e)
				return
			}
		}
	}
	t.lastEffect++
	e.ID = t.lastEffect
	put(t, t.effects, e.ID, e)
}

// Lease implements storage.Store.
func (s *Store) Lease(ctx context.Context, req storage.LeaseRequest) (leases storage.Leases, err error) {
	err = s.do(ctx, "lease", nil, func() error {
		leases = s.lease(req)
		return nil
	})
	if err != nil {
		return storage.Leases{}, err
	}
	return leases, nil
}

func (s *Store) lease(req storage.LeaseRequest) (l storage.Leases) {
	now, until, furthest := storage.Time(req.Now), storage.Time(req.Until), storage.Time(req.Furthest)
	wake := func(at time.Time) {
		if l.Next.IsZero() || at.Before(l.Next) {
			l.Next = at
		}
	}
	for _, e := range s.heads(req.Except) {
		if e.After != "" && len(s.receipts[e.After]) == 0 {
			continue
		}
		before := e.NotBefore
		if e.Note != "" && !furthest.IsZero() && before.After(furthest) {
			before = time.Time{} // a clock was set back
		}
		if slices.Contains(req.Early, e.ID) {
			before = time.Time{}
		}
		if at := latest(before, e.LeaseUntil); at.After(now) {
			wake(at)
			continue
		}
		if req.Limit > 0 && len(l.Leased) == req.Limit {
			wake(now)
			continue
		}
		e.Attempts++
		e.LeaseUntil = until
		s.effects[e.ID] = e
		wake(until)
		l.Leased = append(l.Leased, storage.Leased{
			Effect: cloneEffect(e), Receipt: slices.Clone(s.receipts[e.Target]), AfterReceipt: slices.Clone(s.receipts[e.After]),
		})
	}
	return l
}

// heads returns the first unsettled effect of each destination, by class and ID.
func (s *Store) heads(except []string) []storage.Effect {
	first := map[string]storage.Effect{}
	for _, e := range s.effects {
		if e.State != storage.Pending || slices.ContainsFunc(except, func(p string) bool { return strings.HasPrefix(e.Dest, p) }) {
			continue
		}
		if had, ok := first[e.Dest]; !ok || e.ID < had.ID {
			first[e.Dest] = e
		}
	}
	return slices.SortedFunc(maps.Values(first), func(a, b storage.Effect) int {
		if a.Class != b.Class {
			return int(a.Class) - int(b.Class)
		}
		return int(int64(a.ID) - int64(b.ID))
	})
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
