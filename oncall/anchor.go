package oncall

import "slices"

// anchors chooses where the turns of new layers stand so that a change of people
// does not move anybody who is on duty at now:
//
//   - the same people: shift k stays the shift of the same person, also when the
//     clock of the rotation changes; but a start still to come begins with the first;
//   - other people, or another pattern: the person whose turn it is keeps it, and the
//     new order goes on from there; one who left is followed by the next who stayed.
func anchors(before, after []layer, now instant) []Anchor {
	var out []Anchor
	was := matchLayers(before, after)
	for i := range after {
		l := &after[i]
		if was[i] == nil {
			continue
		}
		for j := range l.deal.rosters {
			r := &l.deal.rosters[j]
			if old := rosterNamed(was[i].deal.rosters, r.name); old >= 0 && len(r.people) > 0 {
				if phase := keep(was[i], old, l, j, now); phase != 0 {
					out = append(out, Anchor{Layer: l.name, Pool: r.name, Phase: phase})
				}
			}
		}
	}
	return out
}

// matchLayers finds for each new layer the one it was: by its name, else one alike
// in people and clock, else the one in its place; nil for a new one.
func matchLayers(before, after []layer) []*layer {
	out, taken := make([]*layer, len(after)), make([]bool, len(before))
	match := func(same func(i, k int) bool) {
		for i := range after {
			for k := range before {
				if out[i] == nil && !taken[k] && same(i, k) {
					out[i], taken[k] = &before[k], true
				}
			}
		}
	}
	match(func(i, k int) bool { return !after[i].unnamed && !before[k].unnamed && after[i].name == before[k].name })
	match(func(i, k int) bool {
		a, b := &after[i], &before[k]
		return a.turns.same(&b.turns) && slices.EqualFunc(a.deal.rosters, b.deal.rosters, func(x, y roster) bool { return x.name == y.name && slices.Equal(x.people, y.people) })
	})
	match(func(i, k int) bool { return i == k })
	return out
}

// keep is the phase of roster j of the new layer that continues roster i of the old.
func keep(before *layer, i int, after *layer, j int, now instant) int64 {
	was, is := &before.deal.rosters[i], &after.deal.rosters[j]
	size := int64(len(is.people))
	samePattern := slices.EqualFunc(before.deal.pattern, after.deal.pattern, slices.Equal[[]draw])
	if slices.Equal(was.people, is.people) && samePattern {
		if now < after.start && !before.turns.same(&after.turns) {
			return 0
		}
		return was.phase
	}
	if now < before.start || now < after.start || len(was.people) == 0 {
		return 0
	}
	first := was.phase + before.deal.drawn(before.turnAt(now), i)
	order := make([]string, len(was.people))
	for n := range order {
		order[n] = was.people[floorMod(first+int64(n), int64(len(order)))]
	}
	at := position(order, is.people)
	return floorMod(int64(at)-after.deal.drawn(after.turnAt(now), j), size)
}

// position is where in the new order the people of the old one, who is on duty
// coming first, go on best: at the first of them who is still there and, where that
// name stands twice, where more of the following agree.
func position(order, people []string) int {
	order = slices.DeleteFunc(slices.Clone(order), func(p string) bool { return !slices.Contains(people, p) })
	if len(order) == 0 {
		return 0
	}
	best, agreeing := 0, -1
	for i, p := range people {
		if p != order[0] {
			continue
		}
		n := 0
		for n < len(order) && people[(i+n)%len(people)] == order[n] {
			n++
		}
		if n > agreeing {
			best, agreeing = i, n
		}
	}
	return best
}

func (l *layer) turnAt(t instant) int64 { return l.turns.index(l.zone.highWater(t)) }

// drawn counts the draws from a roster before turn k.
func (d *deal) drawn(k int64, roster int) int64 {
	turn, n := k+d.offset, int64(len(d.pattern))
	if n == 0 {
		return 0
	}
	round := floorDiv(turn, n)
	count := round * d.rosters[roster].cycle
	for _, seats := range d.pattern[:turn-round*n] {
		for _, seat := range seats {
			if seat.roster == roster {
				count++
			}
		}
	}
	return count
}

func (c *turns) same(o *turns) bool {
	if (c.cron == nil) != (o.cron == nil) || c.cron != nil && *c.cron.spec != *o.cron.spec {
		return false
	}
	return c.start == o.start && c.step == o.step && c.months == o.months && c.length == o.length
}
