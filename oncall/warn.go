package oncall

import (
	"fmt"
	"slices"
)

// Warnings lists what is legal in a schedule and yet may not be meant: no layers,
// rotations without people, overrides that overlap or act on nobody, shadows of
// nobody. An invalid schedule has problems, not warnings.
func Warnings(s Schedule) []Problem {
	c := &compiler{zones: NewZones(nil)}
	p := c.schedule(&s)
	out := []Problem{}
	if p == nil {
		return out
	}
	warn := func(path, suggestion, format string, args ...any) {
		out = append(out, Problem{Path: path, Message: fmt.Sprintf(format, args...), Suggestion: suggestion})
	}
	if len(s.Layers) == 0 && !s.Uncovered {
		warn("layers", "", "the schedule has no layers, so nobody is on call")
	}
	names := map[string]bool{}
	for i := range p.eras[0].layers {
		if name := s.Layers[i].Name; name != "" && names[name] {
			warn(fmt.Sprintf("layers[%d].name", i), "give each layer its own name", "there are two layers called %q", name)
		}
		names[s.Layers[i].Name] = true
		l, r := &p.eras[0].layers[i], &s.Layers[i].Rotation
		path := fmt.Sprintf("layers[%d].rotation", i)
		switch {
		case l.deal.vacant:
			warn(path+".offset", "add a person", "with %d in the rotation and an offset of %d the same person would stand twice, so nobody does", len(r.People), r.Offset)
		case len(r.People) == 0 && len(r.Pools) == 0:
			warn(path+".people", "", "the rotation is empty, so the layer never puts anybody on call")
		}
		l.warnAboutSameDays(path, r, warn)
	}
	standing := p.people(always, never)
	for i, sh := range s.Shadows {
		if !slices.Contains(standing, sh.With) {
			warn(fmt.Sprintf("shadows[%d].with", i), "", "%s stands in no rotation, so there is nothing to shadow", sh.With)
		}
	}
	p.warnAboutOverrides(warn)
	return out
}

// warnAboutSameDays finds turns that pass while the layer is closed in step with the
// week, so that the same person always or never gets a certain weekday.
func (l *layer) warnAboutSameDays(path string, r *Rotation, warn func(path, suggestion, format string, args ...any)) {
	n := int64(len(r.People))
	if l.turns.step == 0 || l.turns.step%day != 0 || n < 2 || len(l.windows) == 0 || l.turns.step >= 7*day {
		return
	}
	if (l.turns.step*n)%(7*day) == 0 {
		warn(path+".length", "use a number of people or a length that does not fit into whole weeks", "the round of %d turns takes whole weeks, so everybody always gets the same weekdays", n)
	}
}

const maxOverrideWarnings = 50

func (p *Plan) warnAboutOverrides(warn func(path, suggestion, format string, args ...any)) {
	for i := range min(len(p.overrides), maxOverrideWarnings) {
		o := &p.overrides[i]
		for j := i - 1; j >= 0 && j > i-200; j-- {
			b := &p.overrides[j]
			if o.replaces != "" && o.replaces == b.replaces && max(o.from, b.from) < min(o.to, b.to) {
				warn(fmt.Sprintf("overrides[%d]", i), "", "it overlaps overrides[%d], which also replaces %s; the earlier one in the list acts first", j, o.replaces)
				break
			}
		}
	}
}

// CheckOverride says in sentences what about a new override may not be meant: the
// replaced person has no shift in it, the new one is on call already or away, or
// somebody would have to stand without enough rest. Others are the plans of further
// schedules, for double bookings. The override itself is not in the plan yet.
func (p *Plan) CheckOverride(o Override, others ...*Plan) []string {
	out := []string{}
	c := &compiler{}
	from, to := c.between("", o.From, o.To, p.zone)
	if len(c.problems) > 0 || to-from > instant(2*366*day) {
		return out
	}
	times := collect([]*Plan{p}, from, to)
	when := p.spell(from, to)
	if o.Replaces != "" && len(times.get(o.Replaces).covering) == 0 {
		out = append(out, fmt.Sprintf("%s is not on call for %s, %s: the override would do nothing", o.Replaces, p.name, when))
	}
	for i := range p.overrides {
		if b := &p.overrides[i]; o.Replaces != "" && b.replaces == o.Replaces && max(from, b.from) < min(to, b.to) {
			out = append(out, fmt.Sprintf("another override already replaces %s, %s", o.Replaces, p.spell(max(from, b.from), min(to, b.to))))
			break
		}
	}
	if o.Person == "" {
		return append(out, "nobody comes instead: this may leave a gap")
	}
	if busy := times.get(o.Person).covering; len(busy) > 0 {
		out = append(out, fmt.Sprintf("%s is on call for %s already, %s", o.Person, p.name, p.spell(busy[0].from, busy[0].to)))
	}
	for _, q := range others {
		if busy := collect([]*Plan{q}, from, to).get(o.Person).covering; q.name != p.name && len(busy) > 0 {
			out = append(out, fmt.Sprintf("%s is on call for %s too, %s", o.Person, q.name, p.spell(busy[0].from, busy[0].to)))
		}
	}
	if isOff(append([]*Plan{p}, others...), o.Person, from, to) {
		out = append(out, fmt.Sprintf("%s is away for some of %s", o.Person, when))
	}
	return append(out, p.restAround(o.Person, from, to)...)
}

// restAround warns when a person who took [from, to) would rest too little before or
// after it.
func (p *Plan) restAround(person string, from, to instant) []string {
	need := instant(p.rest.Microseconds())
	if need == 0 {
		return nil
	}
	for _, s := range collect([]*Plan{p}, from-need, to+need).get(person).covering {
		if s.to <= from && from-s.to < need || s.from >= to && s.from-to < need {
			return []string{fmt.Sprintf("%s would rest less than %s beside the shift %s", person, shortDuration(p.rest), p.spell(s.from, s.to))}
		}
	}
	return nil
}
