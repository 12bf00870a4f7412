package desk

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// The distances, in days, at which the watchman speaks of the same thing again.
var stages = []int{1, 7, 60}

const (
	// manyAlike is from when on gaps of one shape are a habit: they are told as one,
	// not one by one.
	manyAlike = 4
	// lookBeyond is how much further than GapsAhead the watchman looks for the end of what
	// it sees: cut off at a time that moves, the same thing would be another one each day.
	lookBeyond = 35 * dayAhead
	// mostTold bounds what the watchman says at once and remembers.
	mostTold = 200
)

// sight is one thing that the watchman sees.
type sight struct {
	key  string
	at   time.Time // when it will hurt
	line string
	// advice says that nothing is wrong yet: it comes last, and once.
	advice bool
	// unproven is somebody of whom nobody knows whether a page would wake them. All of
	// whom that is said at once are named in one line.
	unproven string
}

// before orders sights: what will hurt, by when it will, and then advice.
func (s sight) before(t sight) int {
	if s.advice != t.advice {
		if s.advice {
			return 1
		}
		return -1
	}
	return s.at.Compare(t.at)
}

// stage is how near the sight is; advice is always equally far.
func (s sight) stage(now time.Time) int {
	if s.advice {
		return stages[len(stages)-1]
	}
	return stageOf(s.at.Sub(now))
}

// look has the watchman look at a schedule; after the first start at all of them, so that
// newcomers get one message, in the incidents channel.
func (u *scheduleUnit) look(plan *oncall.Plan, c *Clock) ([]Word, error) {
	first := c.First
	var words []Word
	see := func(plan *oncall.Plan, c *Clock) {
		c.Told, c.First, c.Check = maps.Clone(c.Told), false, u.at.Add(checkEvery)
		if w, ok := u.inspect(plan, c); ok {
			words = append(words, w)
		}
	}
	see(plan, c)
	if !first {
		return words, nil
	}
	for _, k := range u.plans.all() {
		other, err := u.clock(k.record.Name)
		if err != nil {
			return nil, err
		}
		if !other.First || other.Schedule == c.Schedule {
			continue
		}
		if _, err := u.record(other.Schedule); err != nil {
			return nil, err
		}
		plan, err := u.plan(other.Schedule)
		if err != nil {
			return nil, err
		}
		if plan == nil {
			continue
		}
		see(plan, &other)
		if err := u.nextDue(&other); err != nil {
			return nil, err
		}
		if err := u.setClock(other); err != nil {
			return nil, err
		}
	}
	if len(words) < 2 {
		return words, nil
	}
	all := Word{Kind: SayWatch, At: u.at}
	for _, w := range words {
		for _, l := range w.Lines {
			all.Lines = append(all.Lines, w.Schedule+": "+l)
		}
	}
	return []Word{all}, nil
}

// inspect looks for what will hurt within GapsAhead, and says what was not said
// before, or not from so near. What is over is forgotten.
func (u *scheduleUnit) inspect(plan *oncall.Plan, c *Clock) (Word, bool) {
	r := u.records[c.Schedule].record
	if r.Removed != nil {
		return Word{}, false
	}
	seen := slices.Concat(gapSights(plan, u.at), u.conflictSights(plan), u.contactSights(plan), u.fileSights(r))
	slices.SortStableFunc(seen, sight.before)
	told := map[string]int{}
	w := Word{Kind: SayWatch, Schedule: c.Schedule, At: u.at}
	var unproven []sight
	for _, s := range seen[:min(len(seen), mostTold)] {
		stage := s.stage(u.at)
		before, known := c.Told[s.key]
		if known && before <= stage {
			told[s.key] = before
			continue
		}
		told[s.key] = stage
		if s.unproven != "" {
			unproven = append(unproven, s)
			continue
		}
		w.Lines = append(w.Lines, s.line)
	}
	if len(unproven) > 0 {
		w.Lines = append(w.Lines, unprovenLine(unproven))
	}
	if !u.people.Learned() { // who cannot be reached is not known yet, nor forgotten
		for key, stage := range c.Told {
			if strings.HasPrefix(key, "contact:") || strings.HasPrefix(key, "unproven:") {
				told[key] = stage
			}
		}
	}
	c.Told = told
	if len(told) == 0 {
		c.Told = nil
	}
	return w, len(w.Lines) > 0
}

func stageOf(ahead time.Duration) int {
	for _, days := range stages {
		if ahead <= time.Duration(days)*dayAhead {
			return days
		}
	}
	return stages[len(stages)-1]
}

// gapSights are the gaps that begin within GapsAhead. Gaps that come again and again at
// the same hours are one sight.
func gapSights(plan *oncall.Plan, now time.Time) []sight {
	if plan.GapsAreMeant() {
		return nil
	}
	limit := now.Add(GapsAhead + lookBeyond)
	gaps := slices.DeleteFunc(plan.Gaps(now, limit), func(g oncall.Gap) bool { return !g.Start.Before(now.Add(GapsAhead)) })
	shape := func(g oncall.Gap) string { return g.Shape(plan.Location()) }
	count := map[string]int{}
	for _, g := range gaps {
		count[shape(g)]++
	}
	done := map[string]bool{}
	var out []sight
	for _, g := range gaps {
		s := shape(g)
		key, line := "gap:"+endOf(g.End, limit), "Nobody is on call "+spell(plan, g.Start, g.End)+"."
		if !g.End.Before(limit) {
			line = "Nobody is on call from " + g.Start.In(plan.Location()).Format("Mon 2 Jan 15:04 MST") + " on."
		}
		if n := count[s]; n >= manyAlike {
			if done[s] {
				continue
			}
			done[s] = true
			key, line = "gaps:"+s, fmt.Sprintf("Nobody is on call %s, and %d more times like that within 60 days. If that is meant, set `uncovered: true` on the schedule.",
				spell(plan, g.Start, g.End), n-1)
		}
		out = append(out, sight{key: key, at: g.Start, line: line})
	}
	return out
}

// conflictSights are people who are on call while away, and on public holidays that
// nobody was asked for: that may be meant, so it is advice.
func (u *scheduleUnit) conflictSights(plan *oncall.Plan) []sight {
	var out []sight
	limit := u.at.Add(GapsAhead + lookBeyond)
	for _, c := range oncall.Conflicts([]*oncall.Plan{plan}, u.at, limit) {
		if !c.Start.Before(u.at.Add(GapsAhead)) {
			continue
		}
		var who []string
		for _, p := range c.People {
			who = append(who, u.people.Display(p))
		}
		switch c.Kind {
		case oncall.OnHoliday:
			out = append(out, sight{key: "holiday:" + strings.Join(c.People, ",") + ":" + endOf(c.End, limit), at: c.Start, advice: true, line: c.Text + "."})
		case oncall.DuringTimeOff:
			out = append(out, sight{key: "off:" + strings.Join(c.People, ",") + ":" + endOf(c.End, limit), at: c.Start,
				line: fmt.Sprintf("%s is away and on call %s.", strings.Join(who, ", "), spell(plan, c.Start, c.End))})
		}
	}
	return out
}

// endOf tells by its end what begins in sight; all that goes on beyond the limit is one.
func endOf(end, limit time.Time) string {
	if !end.Before(limit) {
		return "later"
	}
	return end.UTC().Format(time.RFC3339)
}

// fileSights are what the configuration says against what people changed in chat.
func (u *scheduleUnit) fileSights(r oncall.Record) []sight {
	file, ok := u.settings.Schedule(r.Name)
	if !ok {
		return nil
	}
	var out []sight
	for _, c := range oncall.FileConflicts(r, file, u.plans.zones) {
		out = append(out, sight{key: "file:" + c, at: u.at.Add(GapsAhead), line: "The configuration differs from what was changed in chat, and chat holds: " + c + "."})
	}
	return out
}

// contactSights are the people who come on call and cannot be reached.
func (u *scheduleUnit) contactSights(plan *oncall.Plan) []sight {
	if !u.people.Learned() {
		return nil
	}
	var out []sight
	done := map[string]bool{}
	for _, s := range plan.Shifts(u.at, u.at.Add(GapsAhead)) {
		if done[s.Person] {
			continue
		}
		done[s.Person] = true
		next := "Next shift: " + spell(plan, s.Start, s.End) + "."
		if why := u.reach.Unreachable(s.Person); why != "" {
			out = append(out, sight{key: "contact:" + s.Person, at: s.Start, line: u.people.Display(s.Person) + " " + why + ". " + next})
		} else if r, err := u.reach.Ready(u.ctx, s.Person); err == nil && !r.Proven(u.at) {
			out = append(out, sight{key: "unproven:" + s.Person, at: s.Start, advice: true, unproven: u.people.Display(s.Person), line: next})
		}
	}
	return out
}

// unprovenLine says that nobody knows whether a page would wake those who are to stand
// behind a schedule, the one who is on call first named first.
func unprovenLine(list []sight) string {
	const nobody = " answered a page within 90 days, so nobody knows whether one would wake them: "
	if len(list) == 1 {
		return list[0].unproven + " has not" + nobody + "they prove it with `/oncall test me`. " + list[0].line
	}
	var names []string
	for _, s := range list[:len(list)-1] {
		names = append(names, s.unproven)
	}
	last := list[len(list)-1].unproven
	return strings.Join(names, ", ") + " and " + last + " have not" + nobody + "each proves it with `/oncall test me`."
}

// spell writes a time in the schedule's zone as people read it.
func spell(plan *oncall.Plan, from, to time.Time) string {
	from, to = from.In(plan.Location()), to.In(plan.Location())
	const day, clock = "Mon 2 Jan", "15:04"
	if from.Format(time.DateOnly) == to.Format(time.DateOnly) {
		return from.Format(day+", "+clock) + " to " + to.Format(clock+" MST")
	}
	return from.Format(day+" "+clock) + " to " + to.Format(day+" "+clock+" MST")
}
