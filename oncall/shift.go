package oncall

import (
	"fmt"
	"slices"
	"time"
)

// Shift is one person's unbroken time on call for one reason: one turn of one
// layer, or what an override made of it. Two turns of the same person in a row are
// two shifts. Start is included, End is not; both are UTC.
type Shift struct {
	Start     time.Time     `json:"start"`
	End       time.Time     `json:"end"`
	Person    string        `json:"person"`
	Layer     string        `json:"layer,omitempty"`
	Kind      string        `json:"kind"`
	Why       string        `json:"why"`
	Turn      int64         `json:"turn"`                 // the number of the layer's shift; 0 without a layer
	Seat      int           `json:"seat,omitempty"`       // among several people of one turn
	With      string        `json:"with,omitempty"`       // as in Duty
	JoinAfter time.Duration `json:"join_after,omitempty"` // as in Duty
}

// Covers is [Duty.Covers] for a shift.
func (s Shift) Covers() bool { return s.Kind == Primary || s.Kind == Overriding }

// Gap is a maximal time, Start included and End not, in which nobody covers the
// watch. Both are UTC.
type Gap struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Shape is the same for gaps that come again at the same hours: when they begin and end
// on the clock of a zone, and how many nights later.
func (g Gap) Shape(loc *time.Location) string {
	const clock = "15:04:05"
	from, to := g.Start.In(loc), g.End.In(loc)
	days := dayNumber(int64(to.Year()), int(to.Month()), to.Day()) - dayNumber(int64(from.Year()), int(from.Month()), from.Day())
	return fmt.Sprintf("%s-%s+%d", from.Format(clock), to.Format(clock), days)
}

// Shifts lists the final shifts that meet [from, to), cut to it, by start and then
// in the order of [Plan.OnCall]. It is never nil.
func (p *Plan) Shifts(from, to time.Time) []Shift {
	m := merger{plan: p}
	p.pieces(instantOf(from), instantOf(to), m.add)
	return m.shifts()
}

// WholeShifts lists the same shifts as [Plan.Shifts] without cutting them: the first
// may begin before from and the last end after to. A shift that runs on and on is
// cut ten years outside the range.
func (p *Plan) WholeShifts(from, to time.Time) []Shift {
	a, b := instantOf(from), instantOf(to)
	if a >= b {
		return []Shift{}
	}
	const horizon = 3653 * day
	m := merger{plan: p}
	p.pieces(p.earliestStart(a, a-horizon), b+horizon, func(from, to instant, e *era, posts []post) bool {
		if from >= b {
			posts = m.known(posts, e, from)
		}
		m.add(from, to, e, posts)
		return from < b || len(m.open) > 0
	})
	return slices.DeleteFunc(m.shifts(), func(s Shift) bool { return !s.End.After(from) || !s.Start.Before(to) })
}

// earliestStart is an instant, not before limit, at or before which every shift
// running at t began. A turn that began under an earlier version may have begun
// earlier still under that one.
func (p *Plan) earliestStart(t, limit instant) instant {
	start := t
	for point := t; ; {
		e := p.era(point)
		for i := range e.layers {
			l := &e.layers[i]
			if point >= l.start && point < l.end && !l.deal.vacant {
				start = min(start, max(l.start, l.zone.resolve(l.turns.begins(l.turnAt(point)))))
			}
		}
		if start >= e.from || e.from == always {
			break
		}
		point = e.from - 1
	}
	for _, i := range p.active(nil, t) {
		start = min(start, p.overrides[i].from)
	}
	return max(start, limit)
}

// Next lists the next n shifts of a person that end after from, uncut, looking at
// most two years ahead. Shadow shifts are among them.
func (p *Plan) Next(person string, from time.Time, n int) []Shift {
	out := []Shift{}
	for ahead := 60; n > 0; ahead *= 3 {
		out = out[:0]
		for _, s := range p.WholeShifts(from, from.AddDate(0, 0, min(ahead, 731))) {
			if s.Person == person && len(out) < n {
				out = append(out, s)
			}
		}
		if len(out) == n || ahead >= 731 {
			break
		}
	}
	return out
}

// Gaps lists the maximal times in [from, to) in which nobody covers the watch, cut
// to the range. A schedule without layers is one gap. It is never nil.
func (p *Plan) Gaps(from, to time.Time) []Gap {
	out := []Gap{}
	end := instant(always)
	p.pieces(instantOf(from), instantOf(to), func(from, to instant, _ *era, posts []post) bool {
		if slices.ContainsFunc(posts, func(q post) bool { return q.covers() }) {
			return true
		}
		if from == end {
			out[len(out)-1].End = to.time()
		} else {
			out = append(out, Gap{from.time(), to.time()})
		}
		end = to
		return true
	})
	return out
}

// merger joins pieces into shifts.
type merger struct {
	plan *Plan
	all  []stint
	open []int // indexes into all: those that end where the last piece ended
	next []int
}

// stint is a shift in the making.
type stint struct {
	from, to instant
	era      *era
	post     post
}

func (m *merger) add(from, to instant, e *era, posts []post) bool {
	m.next = m.next[:0]
	for i := range posts {
		k := m.find(&posts[i], e, from)
		if k < 0 {
			k = len(m.all)
			m.all = append(m.all, stint{from, to, e, posts[i]})
		}
		m.all[k].to = to
		m.next = append(m.next, k)
	}
	m.open, m.next = m.next, m.open
	return true
}

// find is the open stint that a post continues, or -1.
func (m *merger) find(q *post, e *era, from instant) int {
	for _, k := range m.open {
		s := &m.all[k]
		if s.to != from || s.post.person != q.person || s.post.kind != q.kind || s.post.turn != q.turn ||
			s.post.seat != q.seat || s.post.override != q.override || s.post.shadow != q.shadow {
			continue
		}
		if s.era == e && s.post.layer == q.layer {
			return k
		}
		if s.era != e && (s.post.layer < 0) == (q.layer < 0) && (q.layer < 0 || s.era.layers[s.post.layer].name == e.layers[q.layer].name) {
			return k
		}
	}
	return -1
}

// known keeps only the posts that continue an open stint.
func (m *merger) known(posts []post, e *era, from instant) []post {
	return slices.DeleteFunc(posts, func(q post) bool { return m.find(&q, e, from) < 0 })
}

func (m *merger) shifts() []Shift {
	out := make([]Shift, len(m.all))
	for i := range m.all {
		s := &m.all[i]
		d := m.plan.duty(&s.post, s.from)
		out[i] = Shift{Start: s.from.time(), End: s.to.time(), Person: d.Person, Layer: d.Layer, Kind: d.Kind, Why: d.Why,
			Turn: s.post.turn, Seat: s.post.seat, With: d.With, JoinAfter: d.JoinAfter}
	}
	return out
}
