package oncall

import (
	"slices"
	"sort"
)

// visit is told about one piece of time in which the same people are on call. The
// posts are only valid during the call. It returns false to stop.
type visit func(from, to instant, e *era, posts []post) bool

// pieces visits [from, to) from the left to the right without holes. Neighbouring
// pieces may have the same people.
func (p *Plan) pieces(from, to instant, see visit) {
	w := walker{plan: p, see: see}
	w.overridesAt(from)
	w.edge = sort.Search(len(p.edges), func(i int) bool { return p.edges[i] > from })
	for t := from; t < to; {
		e := p.era(t)
		end := to
		if i := sort.Search(len(p.eras), func(i int) bool { return p.eras[i].from > t }); i < len(p.eras) {
			end = min(end, p.eras[i].from)
		}
		if !w.fill(e, len(e.layers)-1, t, end) {
			return
		}
		t = end
	}
}

// walker goes through time once; it keeps which overrides are in force.
type walker struct {
	plan   *Plan
	see    visit
	active []int // ascending
	next   int   // in byFrom
	edge   int   // the first of the plan's edges still ahead
	posts  []post
}

// fill visits [from, to) for the layers up to top: where the top one has nobody,
// those before it show through.
func (w *walker) fill(e *era, top int, from, to instant) bool {
	if top < 0 {
		return w.cut(e, from, to, nil)
	}
	var buffer [4]post
	for t := from; t < to; {
		posts, until := e.layers[top].at(buffer[:0], top, t)
		until = min(until, to)
		if len(posts) > 0 {
			if !w.cut(e, t, until, posts) {
				return false
			}
		} else if !w.fill(e, top-1, t, until) {
			return false
		}
		t = until
	}
	return true
}

// cut divides a piece where overrides or shadows begin or end, and applies them.
func (w *walker) cut(e *era, from, to instant, base []post) bool {
	p := w.plan
	for t := from; t < to; {
		for w.edge < len(p.edges) && p.edges[w.edge] <= t {
			w.edge++
			w.overridesAt(t)
		}
		until := to
		if w.edge < len(p.edges) {
			until = min(until, p.edges[w.edge])
		}
		w.posts = append(w.posts[:0], base...)
		w.posts = p.shadow(p.override(w.posts, w.active), t)
		if !w.see(t, until, e, w.posts) {
			return false
		}
		t = until
	}
	return true
}

// overridesAt brings the set of overrides in force forward to t.
func (w *walker) overridesAt(t instant) {
	all := w.plan.overrides
	w.active = slices.DeleteFunc(w.active, func(i int) bool { return all[i].to <= t })
	grown := false
	for ; w.next < len(all) && all[w.plan.byFrom[w.next]].from <= t; w.next++ {
		if i := w.plan.byFrom[w.next]; all[i].to > t {
			w.active, grown = append(w.active, i), true
		}
	}
	if grown {
		slices.Sort(w.active)
	}
}
