package slacksim

import (
	"math"
	"time"
)

// rates holds the app to Slack's pace, by a token bucket for each method and each
// channel. It belongs to the server's mutex.
type rates struct {
	on      bool
	now     func() time.Time
	buckets map[string]*bucket
}

// bucket is a token bucket on Config.Now.
type bucket struct {
	tokens float64
	at     time.Time
}

// rateError says that a call came too early.
type rateError struct{ seconds int }

func (e *rateError) Error() string { return "ratelimited" }

// take spends one token of a bucket that holds size and gains perSecond.
func (r *rates) take(key string, size, perSecond float64) error {
	if !r.on {
		return nil
	}
	now := r.now()
	b := r.buckets[key]
	if b == nil {
		b = &bucket{tokens: size, at: now}
		r.buckets[key] = b
	}
	b.tokens = min(size, b.tokens+max(0, now.Sub(b.at).Seconds())*perSecond)
	b.at = now
	if b.tokens < 1 {
		return &rateError{seconds: max(1, int(math.Ceil((1-b.tokens)/perSecond)))}
	}
	b.tokens--
	return nil
}

// method holds calls to their method's tier. "Occasional bursts" above it are
// Slack's words; a tenth, at least five, is this simulator's reading.
func (r *rates) method(name string, tier int) error {
	perMinute := float64(tier)
	return r.take("method "+name, perMinute+max(5, perMinute/10), perMinute/60)
}

// channel holds posting to one message per second and channel, with a burst of
// three.
func (r *rates) channel(id string) error { return r.take("channel "+id, 3, 1) }
