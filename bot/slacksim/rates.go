package slacksim

import (
	"math"
	"time"
)

// bucket is a token bucket on Config.Now.
type bucket struct {
	tokens float64
	at     time.Time
}

// rateError says that a call came too early.
type rateError struct{ seconds int }

func (e *rateError) Error() string { return "ratelimited" }

// take spends one token of a bucket that holds size and gains perSecond.
func (s *Server) take(key string, size, perSecond float64) error {
	if !s.config.RateLimits {
		return nil
	}
	now := s.now()
	b := s.buckets[key]
	if b == nil {
		b = &bucket{tokens: size, at: now}
		s.buckets[key] = b
	}
	b.tokens = min(size, b.tokens+max(0, now.Sub(b.at).Seconds())*perSecond)
	b.at = now
	if b.tokens < 1 {
		return &rateError{seconds: max(1, int(math.Ceil((1-b.tokens)/perSecond)))}
	}
	b.tokens--
	return nil
}

// limit holds a call to its method's tier. "Occasional bursts" above it are
// Slack's words; a tenth, at least five, is this simulator's reading.
func (s *Server) limit(c *call, m method) error {
	perMinute := float64(m.tier)
	return s.take("method "+c.method, perMinute+max(5, perMinute/10), perMinute/60)
}

// limitChannel holds posting to one message per second and channel, with a
// burst of three.
func (s *Server) limitChannel(ch *conversation) error {
	return s.take("channel "+ch.id, 3, 1)
}
