package bolt

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/watchbill/watchbill/storage"
)

type settleWork struct {
	storage.Settlement
	before, at int64
}

// putWork is an effect to add; value is encoded as if it were new.
type putWork struct {
	target string
	level  bool
	value  []byte
	row    *row
}

func (w *commitWork) addEffects(c *storage.Change) {
	if len(c.Settle) == 0 && len(c.Withdraw) == 0 && len(c.Put) == 0 {
		return
	}
	e := effectWork{withdraw: slices.Clone(c.Withdraw)}
	for _, o := range c.Settle {
		if o.Receipt != nil {
			o.Receipt = append([]byte{}, o.Receipt...)
		}
		e.settle = append(e.settle, settleWork{Settlement: o, before: micros(o.NotBefore), at: micros(o.At)})
	}
	for _, p := range c.Put {
		p.ID, p.State, p.Attempts, p.Note = 0, storage.Pending, 0, ""
		p.LeaseUntil, p.Settled = time.Time{}, time.Time{}
		e.put = append(e.put, putWork{target: p.Target, level: p.Level, value: encodeEffect(&p), row: newRow(&p)})
	}
	w.effects = append(w.effects, e)
}

// checkSettlements reports ErrStale for an outcome of an attempt that is not out.
func (w *commitWork) checkSettlements(g *group) error {
	var seen []uint64
	for i := range w.effects {
		for _, o := range w.effects[i].settle {
			r := g.effects.byID[o.ID]
			if r == nil || r.lease == never && o.State != storage.Folded || r.attempts != o.Attempt || slices.Contains(seen, o.ID) {
				return storage.ErrStale
			}
			seen = append(seen, o.ID)
		}
	}
	return nil
}

func (w *commitWork) applyEffects(g *group, e *effectWork) error {
	for i := range e.settle {
		if err := g.settle(&e.settle[i]); err != nil {
			return err
		}
	}
	for _, target := range e.withdraw {
		for _, r := range slices.Clone(g.effects.byTarget[target]) {
			if r.lease == never {
				if err := g.withdraw(r, w.at); err != nil {
					return err
				}
			}
		}
	}
	for i := range e.put {
		if err := g.owe(&e.put[i]); err != nil {
			return err
		}
	}
	return nil
}

// load reads the value of an unsettled effect, to be changed.
func (g *group) load(r *row) (key, value []byte, err error) {
	key = number(r.id)
	b, err := unsum(key, g.unsettled.Get(key))
	if err != nil {
		return nil, nil, fmt.Errorf("read effect %d: %w", r.id, err)
	}
	return key, append(make([]byte, 0, len(b)+4), b...), nil
}

func (g *group) settle(o *settleWork) error {
	r := g.effects.byID[o.ID]
	key, value, err := g.load(r)
	if err != nil {
		return err
	}
	if r.noted || o.Note != "" {
		if value, err = annotate(r.id, value, o.Note); err != nil {
			return err
		}
		r.noted = o.Note != ""
	}
	r.lease = never
	keep := o.State == storage.Pending
	if keep && o.Free {
		r.attempts--
	}
	if o.State.Shows() && r.level && r.seq > o.Seq {
		keep = true
		setInt(value, atCreated, max(getInt(value, atCreated), o.at))
	}
	if keep {
		r.before = o.before
		r.patch(value)
		err = g.put(g.unsettled, key, sum(key, value))
	} else {
		r.patch(value)
		err = g.close(r, key, value, o.State, o.at)
	}
	if err != nil {
		return err
	}
	switch target := []byte(r.target); {
	case len(o.Receipt) > 0:
		return g.put(g.receipts, target, sum(target, slices.Clip(o.Receipt)))
	case o.Receipt != nil:
		return g.drop(g.receipts, target)
	}
	return nil
}

// annotate changes the note, which sits in the middle of the value.
func annotate(id uint64, value []byte, note string) ([]byte, error) {
	e, err := decodeEffect(id, value)
	if err != nil {
		return nil, fmt.Errorf("read effect %d: %w", id, err)
	}
	e.Note = note
	return encodeEffect(&e), nil
}

// close moves a row to those that are settled.
func (g *group) close(r *row, key, value []byte, state storage.State, at int64) error {
	value[atState] = stateCode(state)
	setInt(value, atSettled, at)
	g.effects.remove(r)
	if err := g.drop(g.unsettled, key); err != nil {
		return err
	}
	if err := g.put(g.settled, key, sum(key, value)); err != nil {
		return err
	}
	when := settledKey(at, r.id)
	return g.put(g.settledAt, when, sum(when, nil))
}

func settledKey(at int64, id uint64) []byte {
	return binary.BigEndian.AppendUint64(number(sortable(at)), id)
}

func (g *group) withdraw(r *row, at int64) error {
	key, value, err := g.load(r)
	if err != nil {
		return err
	}
	return g.close(r, key, value, storage.Withdrawn, max(at, getInt(value, atCreated)))
}

// owe adds an effect, a level effect in the place of the one still owed.
func (g *group) owe(p *putWork) error {
	if p.level {
		if r := g.effects.level(p.target); r != nil {
			return g.replace(r, p)
		}
	}
	g.lastEffect++
	r := *p.row
	r.id = g.lastEffect
	g.effects.add(&r)
	key := number(r.id)
	return g.put(g.unsettled, key, sum(key, p.value))
}

// replace keeps of the old row its ID, its place and its history.
func (g *group) replace(r *row, p *putWork) error {
	key, old, err := g.load(r)
	if err != nil {
		return err
	}
	value := append(make([]byte, 0, len(p.value)+4), p.value...)
	if r.noted || r.dest != p.row.dest {
		if value, err = inherit(r, value, old); err != nil {
			return err
		}
	}
	r.seq = max(r.seq, p.row.seq)
	r.before = max(r.before, p.row.before)
	r.after, r.class = p.row.after, p.row.class
	r.patch(value)
	setInt(value, atCreated, getInt(old, atCreated))
	return g.put(g.unsettled, key, sum(key, value))
}

// inherit takes over the note and the destination of the old value.
func inherit(r *row, value, old []byte) ([]byte, error) {
	was, err := decodeEffect(r.id, old)
	if err != nil {
		return nil, fmt.Errorf("read effect %d: %w", r.id, err)
	}
	e, err := decodeEffect(r.id, value)
	if err != nil {
		return nil, fmt.Errorf("read effect %d: %w", r.id, err)
	}
	e.Dest, e.Note = was.Dest, was.Note
	return encodeEffect(&e), nil
}

// Lease implements storage.Store: what is handed out is durable first.
func (s *Store) Lease(ctx context.Context, req storage.LeaseRequest) (storage.Leases, error) {
	w := &leaseWork{
		now: micros(req.Now), until: micros(req.Until), furthest: micros(req.Furthest), limit: req.Limit, except: slices.Clone(req.Except), early: slices.Clone(req.Early),
	}
	if err := s.submit(ctx, w); err != nil {
		return storage.Leases{}, err
	}
	return w.out, nil
}

type leaseWork struct {
	now, until int64
	furthest   int64 // how long a row with a note can wait
	limit      int
	except     []string
	early      []uint64

	next int64
	free []leaseRow
	out  storage.Leases // belongs to the caller once the work is done
}

// leaseRow is a row to hand out, with its value.
type leaseRow struct {
	*row
	key, value []byte
}

func (w *leaseWork) vital() bool { return true }

func (w *leaseWork) check(g *group) (err error) {
	w.free, w.out, w.next = nil, storage.Leases{}, never
	for _, r := range g.effects.heads(w.except) {
		if r.after != "" && g.receipts.Get([]byte(r.after)) == nil {
			continue
		}
		before := r.before
		if r.noted && w.furthest != never && before > w.furthest {
			before = never // a clock was set back
		}
		if slices.Contains(w.early, r.id) {
			before = never
		}
		if at := max(before, r.lease); at > w.now {
			w.wake(at)
			continue
		}
		w.free = append(w.free, leaseRow{row: r})
	}
	slices.SortFunc(w.free, func(a, b leaseRow) int {
		return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.id, b.id))
	})
	if w.limit > 0 && len(w.free) > w.limit {
		w.free = w.free[:w.limit]
		w.wake(w.now)
	}
	for i := range w.free {
		l := &w.free[i]
		if l.key, l.value, err = g.load(l.row); err != nil {
			return err
		}
		w.wake(w.until)
	}
	w.out.Next = fromMicros(w.next)
	return nil
}

func (w *leaseWork) wake(at int64) {
	if w.next == never || at < w.next {
		w.next = at
	}
}

func (w *leaseWork) apply(g *group) error {
	for _, r := range w.free {
		r.attempts++
		r.lease = w.until
		r.patch(r.value)
		e, err := decodeEffect(r.id, r.value)
		if err != nil {
			return fmt.Errorf("read effect %d: %w", r.id, err)
		}
		if err := g.put(g.unsettled, r.key, sum(r.key, r.value)); err != nil {
			return err
		}
		l := storage.Leased{Effect: e}
		if l.Receipt, err = receiptIn(g.receipts, e.Target); err != nil {
			return err
		}
		if e.After != "" {
			if l.AfterReceipt, err = receiptIn(g.receipts, e.After); err != nil {
				return err
			}
		}
		w.out.Leased = append(w.out.Leased, l)
	}
	return nil
}
