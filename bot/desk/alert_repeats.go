package desk

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// repeats are signals that said nothing new of an alert.
type repeats struct {
	counts     map[int]int
	suppressed int
	since      time.Time // of the first
}

// repeating are the repeats that are not stored yet. They are counted while others read
// the index, and have a lock of their own.
type repeating struct {
	mu sync.Mutex
	by map[*standing]*repeats
}

func (x *repeating) clear() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.by = map[*standing]*repeats{}
}

// count counts a signal that says nothing new. It is called with the index's mu held to
// read, or from the lane.
func (x *repeating) count(s *standing, place, n int, now time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	r := x.by[s]
	if r == nil {
		r = &repeats{counts: map[int]int{}, since: now}
		x.by[s] = r
	}
	r.counts[place] += n
	if now.UnixMicro() < s.hushed {
		r.suppressed += n
	}
}

// carry keeps the repeats that are not stored yet when what is known of an alert is
// replaced; with the alert over, they are counted no more.
func (x *repeating) carry(was, s *standing) {
	if was == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	s.counted = was.counted
	r := x.by[was]
	delete(x.by, was)
	if r != nil && s.open {
		x.by[s] = r
	}
}

// take copies the repeats of an alert that are not stored yet; nil: none.
func (x *repeating) take(s *standing) *repeats {
	x.mu.Lock()
	defer x.mu.Unlock()
	r := x.by[s]
	if r == nil || len(r.counts) == 0 {
		return nil
	}
	return &repeats{counts: maps.Clone(r.counts), suppressed: r.suppressed}
}

// stored takes off the repeats that a commit has stored. It is called with the index's mu
// held.
func (x *repeating) stored(s *standing, taken *repeats, now time.Time) {
	if taken == nil || s == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	s.counted = now.UnixMicro()
	r := x.by[s]
	if r == nil {
		return
	}
	r.suppressed -= taken.suppressed
	r.since = now
	for place, n := range taken.counts {
		if r.counts[place] -= n; r.counts[place] <= 0 {
			delete(r.counts, place)
		}
	}
	if len(r.counts) == 0 {
		delete(x.by, s)
	}
}

// mostPatience is how long an alert that repeats all the time waits between two times
// that it is stored.
const mostPatience = 10 * time.Second

// unstored are the alerts whose repeats are to be stored at now, those that have waited
// longest first: a second after the first of them, and with alerts that repeat all the
// time for hours less often, so that what is stored of them stays readable; with all,
// those that wait at all.
func (x *repeating) unstored(now time.Time, all bool) []string {
	type waiting struct {
		id    string
		since time.Time
	}
	var list []waiting
	x.mu.Lock()
	for s, r := range x.by {
		patience := min(max(flushEvery, now.Sub(time.UnixMicro(s.opened))/600), mostPatience)
		if len(r.counts) > 0 && (all || now.Sub(r.since) >= flushEvery && now.Sub(time.UnixMicro(s.counted)) >= patience) {
			list = append(list, waiting{s.id, r.since})
		}
	}
	x.mu.Unlock()
	slices.SortFunc(list, func(a, b waiting) int { return a.since.Compare(b.since) })
	ids := make([]string, len(list))
	for n, w := range list {
		ids[n] = w.id
	}
	return ids
}
