package courier

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/watchbill/watchbill/storage"
)

// hold is a medium that waits.
type hold struct {
	until time.Time
	fails int
	why   string
	since time.Time
	probe uint64 // the effect that is out to probe it; 0: none
	// failed are the newest rows that could not be delivered because of it. Each waits for
	// a time of its own.
	failed []uint64
}

const (
	// longHold is from which hold on those that failed are not left to wait for their own
	// times when it is over: people look at what they show. After a shorter one it may
	// be one of them that breaks what all others reach, and must not break it at once again.
	longHold = 5 * time.Second
	// mostFailed is how many they are.
	mostFailed = 32
)

// newest adds an id to the newest ones.
func newest(ids []uint64, id uint64) []uint64 {
	ids = append(slices.DeleteFunc(ids, func(o uint64) bool { return o == id }), id)
	return ids[max(0, len(ids)-mostFailed):]
}

// Held says which media wait, and why.
func (c *Courier) Held() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]string{}
	for medium, h := range c.holds {
		out[medium] = fmt.Sprintf("since %s: %s", h.since.UTC().Format(time.RFC3339), h.why)
	}
	return out
}

// HeldSince says since when a medium waits; zero: it does not.
func (c *Courier) HeldSince(medium string) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.holds[medium]; h != nil {
		return h.since
	}
	return time.Time{}
}

// hold keeps a medium waiting, or sets it free when it has answered. Rows that were out
// when it broke fail together: only the first of them, and then its probes, make
// the wait grow.
func (c *Courier) hold(e storage.Effect, r Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Now()
	if r.Hold == "" {
		for medium, h := range c.holds {
			switch {
			case !strings.HasPrefix(e.Dest, medium):
			case !r.Unasked:
				c.Log.Info().Str("medium", medium).Dur("away", now.Sub(h.since)).Msg("medium is back")
				delete(c.holds, medium)
				if now.Sub(h.since) >= longHold {
					for _, id := range h.failed {
						c.early = newest(c.early, id)
					}
				}
			case h.probe == e.ID: // another may probe
				h.probe = 0
			}
		}
		return
	}
	h, waits := c.holds[r.Hold]
	if !waits {
		h = &hold{since: now}
		c.holds[r.Hold] = h
		c.Log.Warn().Str("medium", r.Hold).Str("why", r.Note).Msg("medium cannot be reached")
	}
	if e.ID != asking {
		h.failed = newest(h.failed, e.ID)
	}
	if waits && h.probe != e.ID {
		return
	}
	h.probe, h.why = 0, r.Note
	wait := r.HoldFor
	if wait == 0 {
		wait = min(10*time.Second, 500*time.Millisecond<<min(h.fails, 10))
	}
	h.fails++
	h.until = now.Add(wait)
}

// asking stands for the effect where there is none.
const asking = math.MaxUint64

// ask has the media asked whose wait is over and that no row probes.
func (c *Courier) ask(ctx context.Context, workers *sync.WaitGroup, now time.Time) {
	if c.Ask == nil {
		return
	}
	c.mu.Lock()
	var due []string
	for medium, h := range c.holds {
		if h.probe == 0 && !now.Before(h.until) {
			due = append(due, medium)
		}
	}
	c.mu.Unlock()
	for _, medium := range due {
		e := storage.Effect{ID: asking, Dest: medium}
		c.leaves(e)
		workers.Go(func() {
			defer c.returns(e)
			ctx, cancel := context.WithTimeout(ctx, attemptTime)
			defer cancel()
			c.hold(e, c.Ask(ctx, medium))
		})
	}
}
