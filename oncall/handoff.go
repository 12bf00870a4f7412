package oncall

import (
	"slices"
	"time"
)

// Handoff is an instant at which those who cover the watch change.
type Handoff struct {
	At  time.Time `json:"at"`
	Out []string  `json:"out"` // who goes off; empty when nobody stood
	In  []string  `json:"in"`  // who comes on; empty when a gap begins
	On  []string  `json:"on"`  // who stands from now on
}

// Handoffs lists the changes of people in [from, to), one at from being among them.
func (p *Plan) Handoffs(from, to time.Time) []Handoff {
	out := []Handoff{}
	a := instantOf(from)
	before := covering(p.posts(nil, a-1))
	p.pieces(a, instantOf(to), func(from, _ instant, e *era, posts []post) bool {
		now := covering(posts)
		h := Handoff{At: from.time(), Out: without(before, now), In: without(now, before), On: now}
		if len(h.Out)+len(h.In) > 0 {
			out = append(out, h)
		}
		before = now
		return true
	})
	return out
}

func without(list, gone []string) []string {
	out := []string{}
	for _, s := range list {
		if !slices.Contains(gone, s) {
			out = append(out, s)
		}
	}
	return out
}

// Following is who is on call at an instant, and who comes next.
type Following struct {
	On   []string  // nobody is empty
	Next []string  // from From on
	From time.Time // zero: nobody else within eight weeks
}

// Following says who is on call at an instant and who comes next.
func (p *Plan) Following(at time.Time) Following {
	f := Following{On: People(p.OnCall(at))}
	const within = 8 * 7 * 24 * time.Hour
	if next := p.Handoffs(at.Add(time.Microsecond), at.Add(within)); len(next) > 0 {
		f.Next, f.From = next[0].On, next[0].At
	}
	return f
}

// sentence is the same in words, with times in the schedule's zone.
func (f Following) sentence(p *Plan) string {
	someone := func(list []string) string {
		if len(list) == 0 {
			return "nobody"
		}
		return joinAnd(list)
	}
	text := "on call afterwards: " + someone(f.On)
	if !f.From.IsZero() {
		text += "; from " + p.clockText(instantOf(f.From)) + ": " + someone(f.Next)
	}
	return text
}

// Afterwards says in words who is on call at an instant and who comes next: for those
// who have just changed a schedule.
func (p *Plan) Afterwards(at time.Time) string { return p.Following(at).sentence(p) }

// Until is when who is on call next changes after an instant, in person or in kind,
// and false when it stays the same for as long as within.
func (p *Plan) Until(at time.Time, within time.Duration) (time.Time, bool) {
	from := instantOf(at)
	var first []post
	change := never
	p.pieces(from, instantOf(at.Add(within)), func(start, _ instant, _ *era, posts []post) bool {
		switch {
		case start == from:
			first = slices.Clone(posts)
		case !slices.EqualFunc(first, posts, func(a, b post) bool { return a.person == b.person && a.kind == b.kind }):
			change = start
		}
		return change == never
	})
	return change.time(), change < never
}
