package notify

import (
	"context"
	"sync"
	"time"
)

// How a breaker behaves. Pages are few and precious, so it opens late, and asks again soon.
const (
	breakAfter   = 3                // failures in a row that open it
	firstPause   = 15 * time.Second // it stays open, and twice as long after each probe that failed,
	longestPause = 2 * time.Minute  // up to this
	probeTime    = 3 * Timeout      // after which a probe that nobody reported is given up
)

// State is whether a provider is asked.
type State string

// The states of a breaker.
const (
	Closed   State = "closed"    // all messages go out
	Open     State = "open"      // none does
	HalfOpen State = "half_open" // one is tried; if it gets through, all do
)

// Breaker stops asking a provider that does not answer, so that pages take the next way at once instead of waiting for
// a timeout each. It has no goroutine and no clock. The zero value is closed and ready. It may be used by several
// goroutines at once.
type Breaker struct {
	mu     sync.Mutex
	fails  int           // in a row
	pause  time.Duration // of the present opening; 0 when closed
	until  time.Time     // when it is open: asked again from then on
	probed time.Time     // when the probe under way began; zero without one
	since  time.Time     // when the state became not closed
	last   Result        // the failure last seen
}

// Allow reports whether a message may go out at now, and if not, after how long one may. If it may, the caller owes a
// Report.
func (b *Breaker) Allow(now time.Time) (after time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.pause == 0:
		return 0, true
	case now.Before(b.until):
		return b.until.Sub(now), false
	case !b.probed.IsZero() && now.Before(b.probed.Add(probeTime)):
		return b.probed.Add(probeTime).Sub(now), false
	}
	b.probed = now
	return 0, true
}

// Report tells what became of a message that was allowed. A provider that answers is well, whatever it answers; an
// attempt that the caller gave up says nothing.
func (b *Breaker) Report(now time.Time, r Result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case r.Code == codeCanceled:
		b.probed = time.Time{}
		return
	case r.Class != Unavailable && r.Class != Unknown:
		b.fails, b.pause, b.until, b.probed, b.since = 0, 0, time.Time{}, time.Time{}, time.Time{}
		return
	}
	b.last = r
	b.fails++
	switch {
	case b.pause == 0 && b.fails < breakAfter:
		return
	case b.pause == 0:
		b.pause, b.since = firstPause, now
	case b.probed.IsZero():
		return // it began before the breaker opened
	default:
		b.pause = min(2*b.pause, longestPause)
	}
	b.probed = time.Time{}
	b.until = now.Add(max(b.pause, min(r.After, longestPause)))
}

// State is what the breaker does at now, since when (zero if closed), and the failure last seen.
func (b *Breaker) State(now time.Time) (state State, since time.Time, last Result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.pause == 0:
		return Closed, time.Time{}, b.last
	case now.Before(b.until):
		return Open, b.since, b.last
	}
	return HalfOpen, b.since, b.last
}

// guarded is a sender behind a breaker.
type guarded struct {
	Sender
	breaker *Breaker
	now     func() time.Time
}

// WithBreaker is s behind b, which other senders of the same provider may share. While b is open, messages come back
// Unavailable at once. now is the clock.
func WithBreaker(s Sender, b *Breaker, now func() time.Time) Sender {
	return guarded{Sender: s, breaker: b, now: now}
}

// Send implements Sender.
func (g guarded) Send(ctx context.Context, to To, m Message) Result {
	after, ok := g.breaker.Allow(g.now())
	if !ok {
		_, since, last := g.breaker.State(g.now())
		reason := "The provider " + g.Provider() + " has not answered since " + since.UTC().Format("15:04:05 UTC") +
			" and is not asked at the moment. Last: " + last.Reason
		return unavailable(after, codeOpen, reason).of(g.Provider(), last.Detail)
	}
	r := g.Sender.Send(ctx, to, m)
	g.breaker.Report(g.now(), r)
	return r
}

// either is a sender with a second provider behind it.
type either struct {
	Sender
	second Sender
}

// WithFallback is first, and second for what first certainly did not send because it is down or wrongly set up. Both have
// one method.
func WithFallback(first, second Sender) Sender { return either{Sender: first, second: second} }

// Send implements Sender.
func (e either) Send(ctx context.Context, to To, m Message) Result {
	r := e.Sender.Send(ctx, to, m)
	if r.Class == Unavailable || r.Class == Dead && r.Fault == Setup {
		if again := e.second.Send(ctx, to, m); again.Class == Sent || again.Class == Unknown || again.Fault == Address {
			return again
		}
	}
	return r
}
