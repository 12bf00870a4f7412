package oncall

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// The kinds of conflict.
const (
	DoubleBooking = "double_booking" // one person covers two schedules at once
	DuringTimeOff = "time_off"       // a person covers while away
	ShortRest     = "rest"           // two shifts of a person are too near each other
	OnHoliday     = "holiday"        // a person covers on a public holiday by an everyday layer
	Overlap       = "overlap"        // several people cover one schedule at once
)

// Conflict is something about a person, or a schedule, that will hurt. Start is
// included, End is not; for "rest" they bound the rest that is too short.
type Conflict struct {
	Kind      string    `json:"kind"`
	Schedules []string  `json:"schedules"`
	People    []string  `json:"people"`
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	Text      string    `json:"text"`
}

// Conflicts finds double bookings across schedules, shifts during time off or on
// holidays, and rests that are too short, in [from, to), by start. A holiday that an
// override or a layer for holidays covers is meant, and no conflict.
func Conflicts(plans []*Plan, from, to time.Time) []Conflict {
	out := []Conflict{}
	a, b := instantOf(from), instantOf(to)
	times := make([]*peopleTimes, len(plans))
	for i, p := range plans {
		times[i] = collect([]*Plan{p}, a, b)
	}
	for i, p := range plans {
		out = append(out, p.holidayConflicts(a, b)...)
		for person, t := range times[i].of {
			covering := merged(t.covering)
			for j := i + 1; j < len(plans); j++ {
				out = append(out, doubles(person, p, plans[j], covering, merged(times[j].get(person).covering))...)
			}
		}
	}
	all := collect(plans, a, b)
	for _, person := range all.names() {
		covering := merged(all.of[person].covering)
		out = append(out, duringTimeOff(plans, person, covering)...)
		out = append(out, shortRests(plans, times, person, covering)...)
	}
	slices.SortStableFunc(out, func(a, b Conflict) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Text, b.Text)) })
	return out
}

func doubles(person string, p, q *Plan, mine, others []span) []Conflict {
	var out []Conflict
	for i, j := 0, 0; i < len(mine) && j < len(others); {
		from, to := max(mine[i].from, others[j].from), min(mine[i].to, others[j].to)
		if from < to {
			out = append(out, Conflict{Kind: DoubleBooking, Schedules: []string{p.name, q.name}, People: []string{person}, Start: from.time(), End: to.time(),
				Text: fmt.Sprintf("%s is on call for %s and %s, %s", person, p.name, q.name, p.spell(from, to))})
		}
		if mine[i].to < others[j].to {
			i++
		} else {
			j++
		}
	}
	return out
}

func duringTimeOff(plans []*Plan, person string, covering []span) []Conflict {
	var out []Conflict
	for _, p := range plans {
		for _, off := range p.timeOff {
			if off.person != person {
				continue
			}
			for _, s := range covering {
				if from, to := max(s.from, off.from), min(s.to, off.to); from < to {
					out = append(out, Conflict{Kind: DuringTimeOff, Schedules: covered(plans, person, from, to), People: []string{person}, Start: from.time(), End: to.time(),
						Text: fmt.Sprintf("%s is on call while away, %s", person, p.spell(from, to))})
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Conflict) int { return a.Start.Compare(b.Start) }) // of several plans
	return slices.CompactFunc(out, func(a, b Conflict) bool { return a.Start.Equal(b.Start) && a.End.Equal(b.End) })
}

// covered names the schedules a person covers in a time.
func covered(plans []*Plan, person string, from, to instant) []string {
	var out []string
	for _, p := range plans {
		if len(collect([]*Plan{p}, from, to).get(person).covering) > 0 {
			out = append(out, p.name)
		}
	}
	return out
}

func (p *Plan) holidayConflicts(from, to instant) []Conflict {
	var out []Conflict
	for _, h := range p.holidays {
		d, err := parseDate(h.Date)
		if err != nil {
			continue // a plan is compiled only from dates
		}
		begin, end := p.zone.resolve(reading(d*day)), p.zone.resolve(reading((d+int64(max(h.Days, 1)))*day))
		who := map[string][]span{}
		p.pieces(max(from, begin), min(to, end), func(from, to instant, e *era, posts []post) bool {
			for i := range posts {
				if q := &posts[i]; q.kind == Primary && q.layer >= 0 && e.layers[q.layer].mode != holidaysOnly {
					who[q.person] = append(who[q.person], span{from, to})
				}
			}
			return true
		})
		name := h.Name
		if name == "" {
			name = "a public holiday"
		}
		for person, spans := range who {
			for _, s := range merged(spans) {
				out = append(out, Conflict{Kind: OnHoliday, Schedules: []string{p.name}, People: []string{person}, Start: s.from.time(), End: s.to.time(),
					Text: fmt.Sprintf("%s is on call for %s on %s, %s", person, p.name, name, p.spell(s.from, s.to))})
			}
		}
	}
	return out
}

func shortRests(plans []*Plan, times []*peopleTimes, person string, covering []span) []Conflict {
	var out []Conflict
	for i := 1; i < len(covering); i++ {
		from, to := covering[i-1].to, covering[i].from
		for k, p := range plans {
			touches := slices.ContainsFunc(times[k].get(person).covering, func(s span) bool { return s.to == from || s.from == to })
			if need := instant(p.rest.Microseconds()); touches && to-from < need {
				out = append(out, Conflict{Kind: ShortRest, Schedules: []string{p.name}, People: []string{person}, Start: from.time(), End: to.time(),
					Text: fmt.Sprintf("%s rests only %s between two shifts, %s; %s asks for %s", person,
						shortDuration(to.time().Sub(from.time())), p.spell(from, to), p.name, shortDuration(p.rest))})
				break
			}
		}
	}
	return out
}

// Overlaps lists the maximal times in [from, to) in which the same several people
// cover the watch at once. That may well be meant.
func (p *Plan) Overlaps(from, to time.Time) []Conflict {
	out := []Conflict{}
	p.pieces(instantOf(from), instantOf(to), func(from, to instant, _ *era, posts []post) bool {
		people := covering(posts)
		if len(people) < 2 {
			return true
		}
		if n := len(out); n > 0 && out[n-1].End.Equal(from.time()) && slices.Equal(out[n-1].People, people) {
			out[n-1].End = to.time()
			return true
		}
		out = append(out, Conflict{Kind: Overlap, Schedules: []string{p.name}, People: people, Start: from.time(), End: to.time()})
		return true
	})
	for i := range out {
		c := &out[i]
		c.Text = fmt.Sprintf("%s are on call at once, %s", joinAnd(c.People), p.spell(instantOf(c.Start), instantOf(c.End)))
	}
	return out
}
