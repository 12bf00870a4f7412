package oncall

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Change is what a new plan changes for people in a time.
type Change struct {
	Schedule   string         `json:"schedule"`
	From       time.Time      `json:"from"`
	To         time.Time      `json:"to"`
	People     []PersonChange `json:"people"`   // those for whom anything changes, by name
	NewGaps    []Gap          `json:"new_gaps"` // those that begin in the time; they may end up to 35 days later
	ClosedGaps []Gap          `json:"closed_gaps"`
	Sentences  []string       `json:"sentences"` // the same in words; "nothing changes" is said too

	plan  *Plan
	limit time.Time // how far gaps were followed
}

// lookBeyond is how long a gap that begins within the time of a change is followed: cut
// off there, one that comes every night would look like another one.
const lookBeyond = 35 * 24 * time.Hour

// PersonChange is what a person gains and loses. Nights are those of the schedule's
// zone, from 22:00 to 06:00.
type PersonChange struct {
	Person       string   `json:"person"`
	Gained       []Period `json:"gained"`
	Lost         []Period `json:"lost"`
	HoursGained  float64  `json:"hours_gained"` // less what is lost
	NightsGained int      `json:"nights_gained"`
	NightsLost   int      `json:"nights_lost"`
}

// Period is a half-open time, in UTC.
type Period struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Diff compares who covers the watch under two plans in [from, to). A nil old plan is
// one under which nobody was on call, and of which nothing is called a gap.
func Diff(old, next *Plan, from, to time.Time) Change {
	c := Change{Schedule: next.name, From: from.UTC(), To: to.UTC(), People: []PersonChange{}, NewGaps: []Gap{}, ClosedGaps: []Gap{}, plan: next}
	a, b := instantOf(from), instantOf(to)
	c.limit = to.Add(lookBeyond)
	is, gaps := collect([]*Plan{next}, a, b), spansOf(next.Gaps(from, c.limit))
	was, before := collect(nil, a, b), []span(nil)
	if old != nil {
		was, before = collect([]*Plan{old}, a, b), spansOf(old.Gaps(from, c.limit))
	}
	later := func(g Gap) bool { return !g.Start.Before(to) }
	if !next.uncovered {
		c.NewGaps = slices.DeleteFunc(periodsAs[Gap](subtract(gaps, before)), later)
	}
	c.ClosedGaps = slices.DeleteFunc(periodsAs[Gap](subtract(before, gaps)), later)
	for name := range was.of {
		is.get(name)
	}
	for _, person := range is.names() {
		if p := personChange(person, was.get(person), is.get(person), next.zone); len(p.Gained)+len(p.Lost) > 0 {
			c.People = append(c.People, p)
		}
	}
	c.Sentences = c.sentences()
	return c
}

func personChange(person string, was, is *personTime, z *zone) PersonChange {
	before, after := merged(was.covering), merged(is.covering)
	gained, lost := subtract(after, before), subtract(before, after)
	p := PersonChange{Person: person, Gained: periodsAs[Period](gained), Lost: periodsAs[Period](lost)}
	p.HoursGained = hoursOf(gained) - hoursOf(lost)
	nightsBefore, nightsAfter := nightsOf(was, z), nightsOf(is, z)
	both := 0
	for d := range nightsAfter {
		if nightsBefore[d] {
			both++
		}
	}
	p.NightsGained, p.NightsLost = len(nightsAfter)-both, len(nightsBefore)-both
	return p
}

// subtract is the time in a that is not in b; both are merged.
func subtract(a, b []span) []span {
	var out []span
	j := 0
	for _, s := range a {
		for s.from < s.to {
			for j < len(b) && b[j].to <= s.from {
				j++
			}
			if j == len(b) || b[j].from >= s.to {
				out = append(out, s)
				break
			}
			if b[j].from > s.from {
				out = append(out, span{s.from, b[j].from})
			}
			s.from = b[j].to
		}
	}
	return out
}

func spansOf(gaps []Gap) []span {
	out := make([]span, len(gaps))
	for i, g := range gaps {
		out[i] = span{instantOf(g.Start), instantOf(g.End)}
	}
	return out
}

func periodsAs[T Gap | Period](spans []span) []T {
	out := make([]T, len(spans))
	for i, s := range spans {
		out[i] = T{Start: s.from.time(), End: s.to.time()}
	}
	return out
}

// sentences are at most a page: what is left out is counted.
func (c *Change) sentences() []string {
	const most = 40
	var out []string
	for _, p := range c.People {
		out = append(out, p.sentence())
	}
	if len(out) > 0 {
		out = append([]string{c.plan.Afterwards(c.From)}, out...)
	}
	out = append(out, c.gapSentences()...)
	for _, l := range c.plan.spellAll(c.ClosedGaps, c.limit) {
		out = append(out, "no gap any more "+l)
	}
	if len(out) == 0 {
		return []string{"nothing changes for anybody"}
	}
	if len(out) > most {
		out = append(out[:most], fmt.Sprintf("and %d more changes", len(out)-most))
	}
	return out
}

func (c *Change) gapSentences() []string {
	var out []string
	for _, l := range c.plan.spellAll(c.NewGaps, c.limit) {
		out = append(out, "gap "+l)
	}
	return out
}

// manyAlike is from when on gaps at the same hours are one line.
const manyAlike = 4

// spellAll writes gaps in the schedule's zone; those that come again and again at the
// same hours are one line, where the first of them stands. One that lasts until the limit
// is told without an end.
func (p *Plan) spellAll(gaps []Gap, limit time.Time) []string {
	shape := func(g Gap) string { return g.Shape(p.zone.loc) }
	alike := map[string][]Gap{}
	for _, g := range gaps {
		alike[shape(g)] = append(alike[shape(g)], g)
	}
	var out []string
	for _, g := range gaps {
		list, text := alike[shape(g)], p.spell(instantOf(g.Start), instantOf(g.End))
		switch {
		case !g.End.Before(limit):
			out = append(out, "from "+p.clockText(instantOf(g.Start))+" on")
		case len(list) < manyAlike:
			out = append(out, text)
		case g == list[0]:
			last := list[len(list)-1].Start.In(p.zone.loc).Format("2 January 2006")
			out = append(out, fmt.Sprintf("%s, and %d more times like that until %s", text, len(list)-1, last))
		}
	}
	return out
}

func (p *PersonChange) sentence() string {
	var parts []string
	part := func(verb string, nights int, periods []Period) {
		hours := 0.0
		for _, q := range periods {
			hours += q.End.Sub(q.Start).Hours()
		}
		stretches := fmt.Sprintf("%s, %.4g h", count(len(periods), "stretch", "stretches"), hours)
		switch {
		case len(periods) == 0:
		case nights > 0:
			parts = append(parts, fmt.Sprintf("%s %s (%s)", verb, count(nights, "night", "nights"), stretches))
		default:
			parts = append(parts, verb+" "+stretches)
		}
	}
	part("gains", p.NightsGained, p.Gained)
	part("loses", p.NightsLost, p.Lost)
	return p.Person + " " + strings.Join(parts, " and ")
}
