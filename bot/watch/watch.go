package watch

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/storage"
)

// Config is what a watch needs.
type Config struct {
	Store storage.Store
	Desk  *desk.Desk
	Now   func() time.Time // nil: time.Now
	// Late is told how late each due command was put; nil: nobody.
	Late func(time.Duration)
	Log  zerolog.Logger
}

// Watch puts their commands to the records that are due.
type Watch struct {
	Config
	wake chan struct{}

	seen  time.Time // what the clock showed last
	doubt bool      // it may have been set back, and the pages do not know

	mu      sync.Mutex
	waiting map[storage.Ref]asked // those that were asked a moment ago
}

// asked is a record that was put its command: the due time it was asked for, and
// when it may be asked for the same again.
type asked struct {
	due, again time.Time
}

const (
	// tick is how often the store is asked without a reason: timers of a machine
	// that was suspended, or whose clock was set, are late.
	tick = time.Second
	// atOnce is how many due records are worked on at the same time.
	atOnce  = 16
	retryIn = time.Second
	// atLeast is how many rows are read at once besides those that wait.
	atLeast = 256
)

// New returns a watch.
func New(c Config) *Watch {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Late == nil {
		c.Late = func(time.Duration) {}
	}
	return &Watch{Config: c, wake: make(chan struct{}, 1), doubt: true, waiting: map[storage.Ref]asked{}}
}

// Wake tells the watch that a due time may have moved. It never blocks.
func (w *Watch) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run works until the context ends.
func (w *Watch) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.wake:
		case <-timer.C:
		}
		timer.Reset(w.round(ctx))
	}
}

// round fires what is due and says when to look again.
func (w *Watch) round(ctx context.Context) time.Duration {
	for ctx.Err() == nil {
		now := w.Now()
		w.setBack(ctx, now)
		rows, err := w.Store.Due(ctx, now.Add(tick), atLeast+w.forget(now))
		if err != nil {
			w.Log.Error().Err(err).Msg("look for what is due")
			return tick
		}
		due, next := w.pick(rows, now)
		if len(due) == 0 {
			return next
		}
		w.fire(ctx, due)
	}
	return tick
}

// setBack has pages follow a clock that was set back, in this life or between it and the
// one before.
func (w *Watch) setBack(ctx context.Context, now time.Time) {
	now = now.Round(0) // what the clock shows, not how long it ran
	w.doubt, w.seen = w.doubt || now.Before(w.seen), now
	if !w.doubt {
		return
	}
	if err := w.Desk.ClockSetBack(ctx); err != nil {
		w.Log.Error().Err(err).Msg("have pages follow a clock that was set back")
		return
	}
	w.doubt = false
}

// forget drops what may be asked again, and returns how many records wait: they
// may be the first of those that are due. One that waits longer than it can was
// asked before the clock was set back.
func (w *Watch) forget(now time.Time) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ref, a := range w.waiting {
		if !a.again.After(now) || a.again.Sub(now) > retryIn {
			delete(w.waiting, ref)
		}
	}
	return len(w.waiting)
}

// pick separates the rows that are due from those that come within a tick, and
// leaves out those that were asked for the same a moment ago.
func (w *Watch) pick(rows []storage.DueRow, now time.Time) (due []storage.DueRow, next time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	next = tick
	for _, r := range rows {
		at := r.At
		if a, ok := w.waiting[r.Ref]; ok && a.due.Equal(at) {
			at = a.again
		}
		if at.After(now) {
			next = min(next, at.Sub(now))
			continue
		}
		due = append(due, r)
	}
	return due, max(next, time.Millisecond)
}

func (w *Watch) fire(ctx context.Context, rows []storage.DueRow) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for _, r := range rows {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			err := w.Desk.Fire(ctx, r.Ref)
			w.mu.Lock()
			defer w.mu.Unlock()
			// A record whose command moved nothing must not be asked in a circle.
			w.waiting[r.Ref] = asked{due: r.At, again: w.Now().Add(retryIn)}
			if err != nil {
				w.Log.Error().Err(err).Msg("put a due command")
				return
			}
			w.Late(w.Now().Sub(r.At))
		})
	}
	wg.Wait()
}
