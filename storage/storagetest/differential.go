package storagetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/watchbill/watchbill/storage"
)

// Differential does steps random things to two empty stores and fails at the
// first answer that differs. The records, targets, keys and causes are few, so
// that they collide. A store with a method Reopen (see Run) is opened again in
// between. The seed repeats a run.
func Differential(t *testing.T, a, b storage.Store, seed uint64, steps int) {
	t.Helper()
	d := &pairOf{T: t, a: a, b: b, r: rand.New(rand.NewPCG(seed, 1)), now: start()}
	for d.step = range steps {
		d.now = d.now.Add(time.Duration(d.r.IntN(20)) * time.Second)
		if d.chance(2) { // a clock is set back
			d.now = d.now.Add(-time.Duration(d.r.IntN(600)) * time.Second)
		}
		d.act()
		if d.Failed() {
			t.Fatalf("seed %d, step %d", seed, d.step)
		}
	}
	d.compareDumps()
	Check(t, d.a, Folds())
	Check(t, d.b, Folds())
}

type pairOf struct {
	*testing.T
	a, b   storage.Store
	r      *rand.Rand
	now    time.Time
	step   int
	leased []storage.Leased // those that were ever out, the last ones
}

func (d *pairOf) act() {
	switch n := d.r.IntN(100); {
	case n < 46:
		d.commit(d.changes()...)
	case n < 50:
		changes := d.changes()
		d.spoil(&changes[d.r.IntN(len(changes))])
		d.commit(changes...)
	case n < 65:
		d.lease()
	case n < 68:
		kind := d.pick("INC", "PAGE", "INC", "PAGE", "odd\xff", "", "a\x00")
		d.both("number", func(s storage.Store) (any, error) { return s.Number(d.Context(), kind) })
	case n < 90:
		d.read()
	case n < 92:
		d.sweep()
	case n < 96:
		d.reopen()
	default:
		d.compareDumps()
	}
}

func (d *pairOf) pick(from ...string) string { return from[d.r.IntN(len(from))] }

func (d *pairOf) chance(percent int) bool { return d.r.IntN(100) < percent }

func (d *pairOf) record() storage.Ref { return ref(d.pick("T-1", "T-9", "T-10", "T-11")) }

func (d *pairOf) target() string { return d.pick("card/1", "card/2", "post/1", "post/2", "channel") }

// both does one thing to both stores and compares the answers.
func (d *pairOf) both(what string, f func(storage.Store) (any, error)) any {
	d.Helper()
	x, errX := f(d.a)
	y, errY := f(d.b)
	if classOf(errX) != classOf(errY) {
		d.Errorf("%s: the errors are %v and %v", what, errX, errY)
	}
	if got, want := line(d.T, x), line(d.T, y); got != want {
		d.Errorf("%s: the answers are\n\t%s\n\t%s", what, got, want)
	}
	return x
}

// classOf is what a caller can tell apart.
func classOf(err error) string {
	if err == nil {
		return "none"
	}
	if duplicate, ok := errors.AsType[*storage.DuplicateError](err); ok {
		return "duplicate " + duplicate.Key + " " + string(duplicate.Answer)
	}
	for _, known := range []error{
		storage.ErrInvalid, storage.ErrConflict, storage.ErrStale, storage.ErrTaken, storage.ErrNotFound, storage.ErrSwept,
	} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "another"
}

func (d *pairOf) commit(changes ...storage.Change) {
	d.Helper()
	d.both("commit", func(s storage.Store) (any, error) { return nil, s.Commit(d.Context(), changes...) })
}

func (d *pairOf) changes() []storage.Change {
	changes := []storage.Change{d.change()}
	for d.chance(25) {
		changes = append(changes, d.change())
	}
	return changes
}

func (d *pairOf) change() (c storage.Change) {
	if d.chance(70) {
		c = d.move()
	}
	for d.chance(40) {
		c.Put = append(c.Put, d.effect())
	}
	for d.chance(15) {
		c.Withdraw = append(c.Withdraw, d.target())
	}
	for len(d.leased) > 0 && d.chance(35) {
		c.Settle = append(c.Settle, d.settlement())
	}
	for d.chance(15) {
		c.Causes = append(c.Causes, storage.Cause{Key: fmt.Sprint("c", d.r.IntN(12)), Answer: fmt.Append(nil, d.step), At: d.now})
	}
	return c
}

// spoil makes a change into one that is odd, and mostly into one that no store takes.
func (d *pairOf) spoil(c *storage.Change) {
	switch d.r.IntN(12) {
	case 0:
		c.Causes = append(c.Causes, storage.Cause{Key: d.pick("", "a\x00b", "c1"), At: d.now})
	case 1:
		c.Causes = append(c.Causes, storage.Cause{Key: "c1"})
	case 2: // of a clock that is ahead
		c.Causes = append(c.Causes, storage.Cause{Key: "young", At: d.now.Add(storage.CauseLife)})
	case 3:
		c.Settle = append(c.Settle, storage.Settlement{ID: uint64(d.r.IntN(60)), Attempt: d.r.IntN(3), State: storage.Folded, At: d.now})
	case 4:
		c.Settle = append(c.Settle, storage.Settlement{ID: 1, State: storage.State(d.pick("", "lost")), At: d.now})
	case 5:
		c.Withdraw = append(c.Withdraw, "", "a\x00")
	case 6:
		e := d.effect()
		e.Class = storage.Class(d.r.IntN(6))
		c.Put = append(c.Put, e)
	case 7:
		e := d.effect()
		e.Target, e.Dest = d.pick("", "card/1", "\xff\xfe"), d.pick("", "mail", "a\x00")
		c.Put = append(c.Put, e)
	case 8: // what only the store gives, and times that are none
		e := d.effect()
		e.ID, e.State, e.Attempts, e.Note, e.LeaseUntil = 7, storage.Dead, 3, "mine", d.now
		e.Created, e.NotBefore, e.Seq = time.Time{}, time.Unix(-1, 999), 1<<64-1
		c.Put = append(c.Put, e)
	case 9:
		c.Base++
	case 10:
		c.Record = nil
	case 11:
		c.Events = nil
	}
}

// move takes a record on, mostly from where it is.
func (d *pairOf) move() storage.Change {
	r, err := d.a.Get(d.Context(), d.record())
	if err != nil {
		r = storage.Record{Ref: d.record()}
	}
	if d.chance(8) && r.Seq > 0 {
		r.Seq--
	}
	var steps []Step
	for len(steps) == 0 || d.chance(30) {
		s := Step{Text: fmt.Sprint(d.step)}
		if d.chance(60) {
			s.Due = d.now.Add(time.Duration(d.r.IntN(5)) * time.Minute)
		}
		if d.chance(3) {
			s.Due = time.Date([]int{1, 1969, 9999}[d.r.IntN(3)], 12, 31, 23, 0, 0, 1000, time.UTC)
		}
		if d.chance(3) {
			s.Index = append(s.Index, storage.Entry{Index: "open", Key: d.pick("a", "a\x01", "b\x7f", "")})
		}
		for _, key := range []string{"a", "a/1", "b"} {
			if d.chance(25) {
				s.Index = append(s.Index, storage.Entry{Index: d.pick("open", "name"), Key: key, Unique: d.chance(50)})
			}
		}
		steps = append(steps, s)
	}
	return Next(r, d.now, steps...)
}

func (d *pairOf) effect() storage.Effect {
	e := edge(d.target(), d.pick("slack/room/1", "slack/room/2", "slack/dm", "mail"))
	e.Class = storage.Class(1 + d.r.IntN(3))
	e.Created = d.now
	e.Level = d.chance(50)
	e.Seq = uint64(d.r.IntN(6))
	if d.chance(20) {
		e.After = d.target()
	}
	if d.chance(20) {
		e.NotBefore = d.now.Add(time.Minute)
	}
	return e
}

// settlement is about something that was out, perhaps long ago.
func (d *pairOf) settlement() storage.Settlement {
	i := d.r.IntN(len(d.leased))
	l := d.leased[i]
	states := []storage.State{storage.Pending, storage.Done, storage.Done, storage.Done, storage.Dead, storage.Folded, storage.Withdrawn}
	o := settle(l, states[d.r.IntN(len(states))], d.now)
	switch {
	case o.State == storage.Pending && d.chance(30):
		o.Free = true
	case o.State == storage.Pending:
		o.NotBefore, o.Note = d.now.Add(30*time.Second), d.pick("", "timeout")
	}
	switch {
	case d.chance(30):
		o.Receipt = fmt.Append(nil, d.step)
	case d.chance(10):
		o.Receipt = []byte{}
	}
	if !d.chance(10) {
		d.leased = slices.Delete(d.leased, i, i+1)
	}
	return o
}

func (d *pairOf) lease() {
	req := storage.LeaseRequest{Now: d.now, Until: d.now.Add(time.Duration(1+d.r.IntN(3)) * time.Minute), Limit: d.r.IntN(4)}
	if d.chance(25) {
		req.Except = []string{d.pick("slack/room", "slack", "mail", "x")}
	}
	if d.chance(25) {
		req.Furthest = d.now.Add(10 * time.Second)
	}
	if d.chance(25) {
		req.Early = []uint64{uint64(1 + d.r.IntN(40)), uint64(1 + d.r.IntN(40))}
	}
	got := d.both("lease", func(s storage.Store) (any, error) { return s.Lease(d.Context(), req) })
	d.leased = append(d.leased, got.(storage.Leases).Leased...)
	d.leased = d.leased[max(0, len(d.leased)-30):]
}

func (d *pairOf) read() {
	ctx, limit, after := d.Context(), d.r.IntN(5)-1, uint64(d.r.IntN(8))
	if d.chance(3) {
		after = 1<<64 - 1
	}
	switch d.r.IntN(8) {
	case 0:
		r := d.record()
		d.both("get", func(s storage.Store) (any, error) { return s.Get(ctx, r) })
	case 1:
		index, prefix, from := d.pick("open", "name", "open", "none"), d.pick("", "a", "a/", "b", "\xff"), d.pick("", "a", "a/1", "a\x01", "\xff")
		d.both("list", func(s storage.Store) (any, error) { return s.List(ctx, index, prefix, from, limit) })
	case 2:
		r := d.record()
		d.both("events", func(s storage.Store) (any, error) { return s.Events(ctx, r, after, limit) })
	case 3:
		if after < 8 {
			after *= uint64(d.step) / 8
		}
		d.both("changed", func(s storage.Store) (any, error) { return s.Changed(ctx, after, limit) })
	case 4:
		until := d.now.Add(time.Duration(d.r.IntN(5)-1) * time.Minute)
		d.both("due", func(s storage.Store) (any, error) { return s.Due(ctx, until, limit) })
	case 5:
		key := fmt.Sprint("c", d.r.IntN(12))
		d.both("cause", func(s storage.Store) (any, error) {
			answer, found, err := s.Cause(ctx, key)
			return fmt.Sprint(string(answer), found), err
		})
	case 6:
		states := []storage.State{storage.Pending, storage.Done, storage.Dead, storage.Folded, storage.Withdrawn}
		states = states[d.r.IntN(5):][:d.r.IntN(2)]
		if after < 8 {
			after *= 3
		}
		d.both("effects", func(s storage.Store) (any, error) { return s.Effects(ctx, after, limit, states...) })
	case 7:
		target := d.target()
		d.both("receipt", func(s storage.Store) (any, error) { return s.Receipt(ctx, target) })
	}
}

// sweep is at a time when something may have outlived its use.
func (d *pairOf) sweep() {
	if d.chance(30) {
		d.now = d.now.Add(storage.CauseLife / 2)
	}
	if d.chance(5) {
		d.now = d.now.Add(storage.SettledLife)
	}
	d.both("sweep", func(s storage.Store) (any, error) {
		for {
			if more, err := s.Sweep(d.Context(), d.now); err != nil || !more {
				return nil, err
			}
		}
	})
}

// reopen is after a commit, which stores the numbers that were given out.
func (d *pairOf) reopen() {
	d.commit(storage.Change{Put: []storage.Effect{d.effect()}})
	for _, s := range []*storage.Store{&d.a, &d.b} {
		if r, ok := (*s).(reopener); ok {
			*s = r.Reopen(d.T)
		}
	}
}

func (d *pairOf) compareDumps() {
	d.Helper()
	x, y := dump(d.T, d.a), dump(d.T, d.b)
	slices.Sort(x)
	slices.Sort(y)
	same(d.T, fmt.Sprintf("at step %d", d.step), x, y)
}
