package oncall

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// span is a half-open range of time.
type span struct{ from, to instant }

// cut is how much of the span lies in [from, to).
func (s span) cut(from, to instant) instant {
	return max(0, min(s.to, to)-max(s.from, from))
}

// personTime is when one person covers, and when one shadows.
type personTime struct {
	covering  []span
	shadowing []span
	shifts    int
}

// peopleTimes is everybody's time in some schedules.
type peopleTimes struct{ of map[string]*personTime }

func (p *peopleTimes) get(person string) *personTime {
	t := p.of[person]
	if t == nil {
		t = &personTime{}
		p.of[person] = t
	}
	return t
}

func (p *peopleTimes) names() []string {
	return slices.Sorted(maps.Keys(p.of))
}

// collect gathers the time of everybody who stands in one of the plans, cut to
// [from, to); people with none are in it too.
func collect(plans []*Plan, from, to instant) *peopleTimes {
	times := &peopleTimes{of: map[string]*personTime{}}
	for _, p := range plans {
		for _, person := range p.people(from, to) {
			times.get(person)
		}
		m := merger{plan: p}
		p.pieces(from, to, m.add)
		for i := range m.all {
			s := &m.all[i]
			t := times.get(s.post.person)
			if s.post.covers() {
				t.shifts++
				t.covering = append(t.covering, span{s.from, s.to})
			} else {
				t.shadowing = append(t.shadowing, span{s.from, s.to})
			}
		}
	}
	return times
}

// merged joins spans that touch or overlap.
func merged(spans []span) []span {
	sorted := slices.Clone(spans)
	slices.SortFunc(sorted, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var out []span
	for _, s := range sorted {
		if n := len(out); n > 0 && s.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

// Roster names those who stand in a rotation at any time in [from, to), sorted.
func (p *Plan) Roster(from, to time.Time) []string { return p.people(instantOf(from), instantOf(to)) }

// IsOff reports whether time off, read in the schedule's zone, covers an instant.
func (p *Plan) IsOff(off TimeOff, at time.Time) bool {
	c := &compiler{}
	a := c.absence("", &off, p.zone)
	return a.from <= instantOf(at) && instantOf(at) < a.to
}

// people names those who stand in a rotation at any time in [from, to), sorted.
func (p *Plan) people(from, to instant) []string {
	var out []string
	for i := range p.eras {
		if p.eras[i].from >= to || i+1 < len(p.eras) && p.eras[i+1].from <= from {
			continue
		}
		for k := range p.eras[i].layers {
			for _, r := range p.eras[i].layers[k].deal.rosters {
				out = append(out, r.people...)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
