package courier

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/storage"
)

// Job is an effect on a lease, to be delivered.
type Job struct {
	storage.Leased
	// Fold are later posts of the same destination that have waited too long:
	// whoever delivers this one tells them with it.
	Fold []storage.Effect
}

// Again says that an earlier attempt may have happened: look before repeating.
func (j Job) Again() bool { return j.Attempts > 1 }

// Result is what became of an attempt.
type Result struct {
	// State Pending asks for another attempt, at At if that is set.
	State storage.State
	At    time.Time
	// Seq is the sequence of the record that was shown, for level effects.
	Seq uint64
	// Told are those of the job's Fold that were told with it; a level effect with the
	// sequence that was shown.
	Told []storage.Effect
	// Untried takes the attempt back: certainly nothing was sent.
	Untried bool
	Note    string
	// Receipt replaces what is kept about the target; nil leaves it.
	Receipt []byte
	// Tell is what the domain must know.
	Tell desk.Outcome
	// Unasked says that nothing was asked of the medium: whether it can be reached is as
	// unknown as before.
	Unasked bool
	// Hold keeps everything of the medium (a prefix of destinations, "slack/")
	// waiting: it cannot be reached, or refuses us altogether.
	Hold string
	// HoldFor is how long; zero: a little longer after each failure.
	HoldFor time.Duration
}

// Deliver makes one attempt. It must return within the context's time.
type Deliver func(ctx context.Context, j Job) Result

// Config is what a courier needs.
type Config struct {
	Store storage.Store
	Desk  *desk.Desk
	// Deliver are the deliverers, by kind of effect.
	Deliver map[string]Deliver
	// Foldable are the kinds of posts that fold when they have waited: those of one
	// record that follow each other.
	Foldable map[string]bool
	// Gathered are the kinds of level effects of which those of one destination fold,
	// whatever lies between.
	Gathered map[string]bool
	Workers  int              // zero: 32
	Now      func() time.Time // nil: time.Now
	// GivenUp says what the domain must know of a delivery that is given up, where its
	// deliverer had nothing to tell; nil: nothing.
	GivenUp func(j Job, why string) desk.Outcome
	// Ask asks a medium that waits whether it can be reached, when nothing is owed to it
	// that could tell; nil: it waits for what is.
	Ask func(ctx context.Context, medium string) Result
	// Observe is told of every settled attempt; nil: nobody.
	Observe func(kind string, r Result, took, age time.Duration)
	Log     zerolog.Logger
}

const (
	// attemptTime bounds one attempt; the lease lasts longer, so that nobody
	// takes a row over while it may still be sent.
	attemptTime = 20 * time.Second
	leaseTime   = 35 * time.Second
	// FoldAfter is how long a post waits before it folds into a catch-up message.
	FoldAfter = 2 * time.Minute
	// grace is how long attempts that are out may take when Run ends.
	grace = 5 * time.Second
	// idle is how often the store is asked without a reason.
	idle = time.Second
	// longestWait is how long a row waits at most that was tried: one that seems to wait
	// longer was put off before the clock was set back.
	longestWait = 10 * time.Minute
)

// Courier delivers effects until its Run ends.
type Courier struct {
	Config
	wake chan struct{}

	mu    sync.Mutex
	holds map[string]*hold
	out   int
	outTo map[string]int // the same, by medium
	early []uint64       // rows that need not wait any longer: their medium is back
}

// New returns a courier.
func New(c Config) *Courier {
	if c.Workers == 0 {
		c.Workers = 32
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.GivenUp == nil {
		c.GivenUp = func(Job, string) desk.Outcome { return desk.Outcome{} }
	}
	if c.Observe == nil {
		c.Observe = func(string, Result, time.Duration, time.Duration) {}
	}
	return &Courier{Config: c, wake: make(chan struct{}, 1), holds: map[string]*hold{}, outTo: map[string]int{}}
}

// Wake tells the courier that there may be something to deliver. It never blocks.
func (c *Courier) Wake() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Run delivers until the context ends, and then gives the attempts that are out a
// moment to settle.
func (c *Courier) Run(ctx context.Context) error {
	var workers sync.WaitGroup
	attempts, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer workers.Wait()
	defer stop()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			c.finish(&workers)
			return nil
		case <-c.wake:
		case <-timer.C:
		}
		next := c.round(attempts, &workers)
		timer.Reset(next)
	}
}

// finish gives the attempts that are out a moment to settle: one that is cut off
// is unknown, and must be looked up by the next life.
func (c *Courier) finish(workers *sync.WaitGroup) {
	done := make(chan struct{})
	go func() { workers.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(grace):
	}
}

// round leases and starts what can go out now, and says when to look again.
func (c *Courier) round(ctx context.Context, workers *sync.WaitGroup) time.Duration {
	for {
		now := c.Now()
		req, next := c.request(now)
		if req.Limit <= 0 { // below: those that ask whether a medium is back are out too
			return idle
		}
		leases, err := c.Store.Lease(ctx, req)
		if err != nil {
			c.Log.Error().Err(err).Msg("lease effects")
			return idle
		}
		for _, l := range leases.Leased {
			c.leaves(l.Effect)
			workers.Go(func() { c.work(ctx, l) })
		}
		if len(leases.Leased) > 0 {
			continue
		}
		c.ask(ctx, workers, now)
		if !leases.Next.IsZero() {
			next = min(next, leases.Next.Sub(now))
		}
		return max(time.Millisecond, next)
	}
}

// mediumOf is the medium of a destination: "slack/" of "slack/post/INC-1".
func mediumOf(dest string) string {
	name, _, _ := strings.Cut(dest, "/")
	return name + "/"
}

// share is how many attempts may be out to one medium: when it takes calls and does not
// answer, the others are not kept from theirs.
func (c *Courier) share() int { return max(1, c.Workers*3/4) }

// request says what may be leased now, and when to ask again at the latest. Media
// that wait, and those that have their share, are left alone. As long as the wait of
// one is over and nothing has probed it, rows are taken one by one, so that a single
// one of them goes there.
func (c *Courier) request(now time.Time) (req storage.LeaseRequest, next time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	req, next = storage.LeaseRequest{Now: now, Until: now.Add(leaseTime), Furthest: now.Add(longestWait), Early: slices.Clone(c.early), Limit: c.Workers - c.out}, idle
	req.Limit = min(req.Limit, c.share())
	for medium, n := range c.outTo {
		if n >= c.share() {
			req.Except = append(req.Except, medium)
		} else {
			req.Limit = min(req.Limit, c.share()-n)
		}
	}
	for medium, h := range c.holds {
		switch {
		case h.probe != 0:
			req.Except = append(req.Except, medium)
		case now.Before(h.until):
			req.Except = append(req.Except, medium)
			next = min(next, h.until.Sub(now))
		default:
			req.Limit = min(req.Limit, 1)
		}
	}
	return req, next
}

// leaves counts a row that goes out; to a medium that waits it goes as the probe.
func (c *Courier) leaves(e storage.Effect) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out++
	c.outTo[mediumOf(e.Dest)]++
	c.early = slices.DeleteFunc(c.early, func(id uint64) bool { return id == e.ID })
	for medium, h := range c.holds {
		if strings.HasPrefix(e.Dest, medium) {
			h.probe = e.ID
		}
	}
}

// returns counts a row that is back.
func (c *Courier) returns(e storage.Effect) {
	c.mu.Lock()
	c.out--
	c.outTo[mediumOf(e.Dest)]--
	c.mu.Unlock()
	c.Wake()
}

func (c *Courier) work(ctx context.Context, l storage.Leased) {
	defer c.returns(l.Effect)
	started := c.Now()
	job := Job{Leased: l}
	job.Fold = c.folding(ctx, l.Effect, started)
	r := c.attempt(ctx, job)
	if r.State == storage.Dead && r.Tell == (desk.Outcome{}) {
		r.Tell = c.GivenUp(job, r.Note)
	}
	c.hold(l.Effect, r)
	settle := c.settlements(job, r)
	tell, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	if err := c.Desk.Settle(tell, l.Effect, settle, r.Tell); err != nil && !errors.Is(err, storage.ErrStale) {
		c.Log.Error().Err(err).Str("effect", l.Target).Msg("settle effect")
	}
	now := c.Now()
	c.Observe(l.Kind, r, now.Sub(started), now.Sub(l.Created))
}

// attempt calls the deliverer and turns a panic into a dead letter: the same
// input would panic again.
func (c *Courier) attempt(ctx context.Context, j Job) (r Result) {
	deliver, ok := c.Deliver[j.Kind]
	if !ok {
		return Result{State: storage.Dead, Note: "nobody delivers effects of kind " + j.Kind}
	}
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			c.Log.Error().Str("effect", j.Target).Interface("panic", p).Bytes("stack", debug.Stack()).Msg("deliverer panicked")
			r = Result{State: storage.Dead, Note: fmt.Sprintf("panic: %v", p)}
		}
	}()
	return deliver(ctx, j)
}

func (c *Courier) settlements(j Job, r Result) []storage.Settlement {
	now := storage.Time(c.Now())
	if r.State == storage.Done && j.Level && r.Seq < j.Seq { // it would go out again at once, for ever
		r.State, r.Note = storage.Pending, fmt.Sprintf("what was shown is as of %d, and %d is owed", r.Seq, j.Seq)
	}
	s := storage.Settlement{ID: j.ID, Attempt: j.Attempts, State: r.State, Seq: r.Seq, At: now, Note: r.Note, Receipt: r.Receipt,
		Free: r.Untried && r.State == storage.Pending}
	if r.State == storage.Pending {
		s.NotBefore = storage.Time(r.At)
		switch latest := now.Add(longestWait); {
		case r.At.IsZero():
			s.NotBefore = now.Add(Backoff(j.Class, j.Attempts))
		case s.NotBefore.After(latest):
			s.NotBefore = latest
		}
	}
	out := []storage.Settlement{s}
	if r.State == storage.Done {
		for _, f := range r.Told {
			out = append(out, storage.Settlement{ID: f.ID, Attempt: f.Attempts, State: storage.Folded, Seq: f.Seq, At: now, Note: "told with " + j.Target})
		}
	}
	return out
}

// folding returns the later posts of a destination that wait behind one that has
// waited too long.
func (c *Courier) folding(ctx context.Context, e storage.Effect, now time.Time) []storage.Effect {
	if !c.Foldable[e.Kind] && !c.Gathered[e.Kind] || now.Sub(e.Created) < FoldAfter {
		return nil
	}
	waiting, err := c.Store.Effects(ctx, e.ID, 10_000, storage.Pending)
	if err != nil {
		c.Log.Error().Err(err).Msg("look for posts to fold")
		return nil
	}
	var fold []storage.Effect
	for _, w := range waiting {
		if w.Dest != e.Dest {
			continue
		}
		if c.Gathered[e.Kind] {
			if w.Kind == e.Kind && w.Attempts == 0 {
				fold = append(fold, w)
			}
			continue
		}
		if w.After != e.After || !c.Foldable[w.Kind] || w.Record != e.Record || w.Attempts > 0 {
			break // what is told behind it must not overtake it
		}
		fold = append(fold, w)
	}
	return fold
}

// Backoff is how long a row waits after its n-th attempt: twice as long each
// time, a quarter of it by chance; pages never wait long.
func Backoff(class storage.Class, attempts int) time.Duration {
	most := time.Minute
	if class == storage.Page {
		most = 10 * time.Second
	}
	wait := min(most, 500*time.Millisecond<<min(max(attempts-1, 0), 10))
	return wait - time.Duration(rand.Int64N(int64(wait/4)+1))
}
