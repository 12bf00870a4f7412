package slackio

import (
	"sync"
	"time"
)

// Limiter keeps calls within Slack's limits: one bucket of tokens per method by its tier, and one per channel for
// chat.postMessage. It never sleeps and reads no clock. Which call goes first is decided by whoever asks it. It is safe
// for concurrent use; the limits are Slack's per app and workspace, so one Limiter serves one bot token.
type Limiter struct {
	mu        sync.Mutex
	buckets   map[limitKey]*bucket
	penalties map[limitKey]penalty
	atOnce    float64 // the share of a minute's calls that may come at once
}

// limitKey names what is limited: a method, or a method in one channel.
type limitKey struct{ method, channel string }

// bucket is a token bucket as of one instant.
type bucket struct {
	tokens float64
	at     time.Time
}

// penalty is a stop that Slack asked for.
type penalty struct{ from, until time.Time }

// rate is how a bucket fills.
type rate struct {
	burst     float64
	perSecond float64
}

// keptKeys bounds the memory for channels that have been quiet long enough to be forgotten.
const keptKeys = 1024

// NewLimiter makes a limiter with full buckets: a quarter of a minute's calls may come at once.
func NewLimiter() *Limiter { return newLimiter(0.25) }

// NewPageLimiter makes the limiter of what wakes people. Half of a minute's calls may come at once: when much breaks at
// the same moment, everybody must know at that moment.
func NewPageLimiter() *Limiter { return newLimiter(0.5) }

func newLimiter(atOnce float64) *Limiter {
	return &Limiter{buckets: map[limitKey]*bucket{}, penalties: map[limitKey]penalty{}, atOnce: atOnce}
}

// Reserve takes the right to call method, in channel if it posts there ("" otherwise), at now. If ok is false nothing
// was taken, and asking before at is pointless.
func (l *Limiter) Reserve(method, channel string, now time.Time) (ok bool, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at = now
	for _, key := range []limitKey{{method, ""}, {method, channel}} {
		at = later(at, l.released(key, now))
	}
	pace := l.pace(method)
	all, one := l.bucket(limitKey{method, ""}, pace, now), (*bucket)(nil)
	at = later(at, all.next(pace, now))
	if method == "chat.postMessage" && channel != "" {
		one = l.bucket(limitKey{method, channel}, channelRate(), now)
		at = later(at, one.next(channelRate(), now))
	}
	if at.After(now) {
		return false, at
	}
	all.tokens--
	if one != nil {
		one.tokens--
	}
	l.forget(now)
	return true, now
}

// Penalise stops method until the given instant, as learned at now from a Retry-After: in one channel, or with the
// channel "" everywhere. A shorter penalty never replaces a longer one.
func (l *Limiter) Penalise(method, channel string, now, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := limitKey{method, channel}
	if until.After(l.released(key, now)) {
		l.penalties[key] = penalty{from: now, until: until}
	}
}

// released is when the penalty of key ends; now if there is none. A clock that was set back does not prolong it.
func (l *Limiter) released(key limitKey, now time.Time) time.Time {
	p, ok := l.penalties[key]
	if !ok {
		return now
	}
	if now.Before(p.from) {
		p = penalty{from: now, until: now.Add(p.until.Sub(p.from))}
		l.penalties[key] = p
	}
	if !p.until.After(now) {
		delete(l.penalties, key)
		return now
	}
	return p.until
}

// bucket is the bucket of key, filled up to now.
func (l *Limiter) bucket(key limitKey, r rate, now time.Time) *bucket {
	b, ok := l.buckets[key]
	if !ok {
		b = &bucket{tokens: r.burst, at: now}
		l.buckets[key] = b
		return b
	}
	if passed := now.Sub(b.at); passed > 0 {
		b.tokens = min(r.burst, b.tokens+passed.Seconds()*r.perSecond)
	}
	b.at = now
	return b
}

// next is when the bucket holds a whole token: now, if it does.
func (b *bucket) next(r rate, now time.Time) time.Time {
	const tolerance = 1e-9 // of a token, for what floating point loses
	if b.tokens >= 1-tolerance {
		return now
	}
	wait := time.Duration((1 - b.tokens) / r.perSecond * float64(time.Second))
	return now.Add(max(wait, time.Microsecond))
}

// forget drops channels whose buckets are full again.
func (l *Limiter) forget(now time.Time) {
	if len(l.buckets) <= keptKeys {
		return
	}
	for key, b := range l.buckets {
		if key.channel != "" && b.tokens+now.Sub(b.at).Seconds()*channelRate().perSecond >= channelRate().burst {
			delete(l.buckets, key)
		}
	}
	for key := range l.penalties {
		l.released(key, now)
	}
}

// later is the later of two instants.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// channelRate is Slack's pace of posts in one channel, one a second with short bursts tolerated, less a little for what
// the network adds and takes from the gaps between them.
func channelRate() rate { return rate{burst: 3, perSecond: 0.95} }

// pace shares out a method's calls per minute so that no minute holds more of them: some at once, the rest evenly.
func (l *Limiter) pace(method string) rate {
	perMinute := float64(perMinute(method))
	return rate{burst: max(1, perMinute*l.atOnce), perSecond: max(perMinute*(1-l.atOnce), 0.75) / 60}
}

// perMinute is how many calls of a method Slack allows a minute, by the tiers of its method reference. "Several
// hundred" is taken as 240. A method that is not listed counts as the second tier.
func perMinute(method string) int {
	switch method {
	case "chat.postMessage", "chat.getPermalink", "auth.test":
		return 240
	case "chat.postEphemeral", "conversations.members", "users.info", "views.open", "views.push", "views.update",
		"views.publish", "files.getUploadURLExternal", "files.completeUploadExternal", "files.info":
		return 100
	case "chat.update", "chat.delete", "conversations.invite", "conversations.join", "conversations.info",
		"conversations.history", "conversations.replies", "conversations.open", "users.lookupByEmail", "dnd.info",
		"bots.info", "team.info", "reactions.add", "reactions.get", "bookmarks.list", "apps.connections.open":
		return 50
	}
	return 20
}
