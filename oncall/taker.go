package oncall

import (
	"fmt"
	"slices"
	"time"
)

// Taker is a suggestion of who could take a time over.
type Taker struct {
	Person string `json:"person"`
	Why    string `json:"why"`
}

// Takers suggests who takes time on one schedule over.
type Takers struct {
	plans  []*Plan
	burden Burden
	except []string
}

// FairRange is the time in which what people carry decides who takes over: from eight
// weeks before an instant to four after it.
func FairRange(now time.Time) (from, to time.Time) {
	const week = 7 * 24 * time.Hour
	return now.Add(-8 * week), now.Add(4 * week)
}

// NewTakers weighs what everybody carries who stands in the first plan, on all the
// plans; those in except are never suggested.
func NewTakers(plans []*Plan, in BurdenInput, except ...string) (Takers, error) {
	if len(plans) == 0 {
		return Takers{}, nil
	}
	from, to := instantOf(in.From), instantOf(in.To)
	mine := plans[0].people(from, to)
	shared := slices.DeleteFunc(slices.Clone(plans), func(p *Plan) bool {
		return p != plans[0] && !p.involves(mine, from, to)
	})
	b, err := FindBurden(shared, in)
	if err != nil {
		return Takers{}, err
	}
	return Takers{plans, b, except}, nil
}

// involves says whether any of the people may be on call in [from, to), by a rotation
// or an override.
func (p *Plan) involves(people []string, from, to instant) bool {
	one := func(n string) bool { return slices.Contains(people, n) }
	return slices.ContainsFunc(p.people(from, to), one) ||
		slices.ContainsFunc(p.overrides, func(o override) bool { return o.from < to && from < o.to && one(o.person) })
}

// Fairest suggests one person to take [from, to) over: of those who stand in the
// first plan and are free, neither on call anywhere nor off, the one who carries least.
// Those of the rotations whose time it is come before the others, and among each those
// who would rest enough beside their other shifts. It is false when nobody is free, and
// for more than ten years, which nobody takes over.
func (t Takers) Fairest(from, to time.Time, except ...string) (Taker, bool) {
	a, z := instantOf(from), instantOf(to)
	if len(t.plans) == 0 || z-a > farOverride {
		return Taker{}, false
	}
	rest := time.Duration(0)
	for _, p := range t.plans {
		rest = max(rest, p.rest)
	}
	around := instant(rest.Microseconds())
	times, peers := collect(t.plans, a-around, z+around), t.plans[0].peers(a, z)
	var best *candidate
	for _, person := range t.plans[0].people(a, z) {
		near := times.get(person).covering
		busy := slices.ContainsFunc(near, func(s span) bool { return s.cut(a, z) > 0 })
		if busy || slices.Contains(t.except, person) || slices.Contains(except, person) || isOff(t.plans, person, a, z) {
			continue
		}
		c := &candidate{Load: t.burden.of(person), tight: len(near) > 0, foreign: len(peers) > 0 && !slices.Contains(peers, person)}
		if best == nil || c.before(best) {
			best = c
		}
	}
	if best == nil {
		return Taker{}, false
	}
	return Taker{best.Person, best.why(rest)}, true
}

// of is what a person carries.
func (b *Burden) of(person string) Load {
	if i := slices.IndexFunc(b.People, func(l Load) bool { return l.Person == person }); i >= 0 {
		return b.People[i]
	}
	return Load{Person: person}
}

// candidate is somebody who could take a time over.
type candidate struct {
	Load
	foreign bool // of another rotation of the schedule
	tight   bool // would rest too little
}

func (c *candidate) before(o *candidate) bool {
	switch {
	case c.foreign != o.foreign:
		return !c.foreign
	case c.tight != o.tight:
		return !c.tight
	}
	return c.weight() < o.weight()
}

func (c *candidate) why(rest time.Duration) string {
	why := "free then"
	switch {
	case c.tight:
		why += fmt.Sprintf(", though with less than %s of rest beside another shift", shortDuration(rest))
	case rest > 0:
		why += ", rested"
	}
	if c.foreign {
		why += ", though of another rotation of this schedule"
	}
	return why + ", and carries least of those who are"
}

// peers are the people of the rotations that have somebody on call in [from, to).
func (p *Plan) peers(from, to instant) []string {
	var out []string
	seen := map[*layer]bool{}
	p.pieces(from, to, func(_, _ instant, e *era, posts []post) bool {
		for i := range posts {
			if posts[i].layer < 0 || seen[&e.layers[posts[i].layer]] {
				continue
			}
			l := &e.layers[posts[i].layer]
			seen[l] = true
			for _, r := range l.deal.rosters {
				out = append(out, r.people...)
			}
		}
		return true
	})
	return out
}

func isOff(plans []*Plan, person string, from, to instant) bool {
	for _, p := range plans {
		for _, off := range p.timeOff {
			if off.person == person && max(off.from, from) < min(off.to, to) {
				return true
			}
		}
	}
	return false
}
