package oncall

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

const anyPool = "any"

func (c *compiler) layers(s *Schedule) []layer {
	holidays := c.holidays(s.Holidays)
	out := make([]layer, len(s.Layers))
	seen := map[string]int{}
	for i := range s.Layers {
		w := &s.Layers[i]
		path := fmt.Sprintf("layers[%d]", i)
		name := w.Name
		if name == "" {
			name = fmt.Sprintf("layer %d", i+1)
		}
		if seen[name]++; seen[name] > 1 {
			name = fmt.Sprintf("%s (%d)", name, seen[name])
		}
		c.name(path+".name", w.Name)
		out[i] = c.layer(path, name, w, s)
		out[i].holidays, out[i].unnamed = holidays, w.Name == ""
	}
	return out
}

func (c *compiler) layer(path, name string, w *Layer, s *Schedule) layer {
	l := layer{name: name, start: always, end: never, mode: w.Holidays, why: fmt.Sprintf("layer %q: %s", name, describe(&w.Rotation))}
	zoneName, zonePath := w.Rotation.TimeZone, path+".rotation.time_zone"
	if zoneName != "" {
		l.zone = c.zone(zonePath, zoneName)
	} else if s.TimeZone != "" {
		l.zone, _ = c.zones.zone(s.TimeZone) // a schedule's bad zone has been named already
	}
	l.turns = c.turns(path+".rotation", &w.Rotation, l.zone)
	l.deal = c.deal(path+".rotation", &w.Rotation, s.Pools)
	l.windows = c.windows(path, w.Hours)
	switch w.Holidays {
	case "":
	case holidaysOnly, holidaysExcept:
		if len(w.Hours) == 0 {
			l.windows = []window{{days: everyDay, to: reading(day)}}
		}
	default:
		c.problem(path+".holidays", "use only or except", "unknown rule for holidays %q", truncate(w.Holidays, 80))
	}
	if w.Start != "" {
		l.start = c.moment(path+".start", w.Start, l.zone)
	}
	if w.End != "" {
		l.end = c.moment(path+".end", w.End, l.zone)
	}
	if l.zone == nil {
		return l
	}
	if l.start >= l.end {
		c.problem(path+".end", "swap start and end", "the layer's end is not after its start")
	}
	l.start = max(l.start, l.zone.resolve(l.turns.start))
	return l
}

func (c *compiler) turns(path string, r *Rotation, z *zone) turns {
	t := turns{length: int64(r.Length)}
	if r.Length == 0 {
		t.length = 1
	}
	if r.Length < 0 || r.Length > maxLength {
		c.problem(path+".length", "", "the length must be 1 to %d, not %d", maxLength, r.Length)
		t.length = 1
	}
	t.start = c.start(path+".start", r.Start, z)
	kind := strings.ToLower(r.Type)
	if kind != Cron && r.Cron != "" {
		c.problem(path+".cron", "set type to cron, or leave cron out", "a %s rotation has no cron expression", kind)
	}
	switch kind {
	case Hourly:
		t.step = t.length * hour
	case Daily:
		t.step = t.length * day
	case Weekly:
		t.step = t.length * 7 * day
	case Monthly:
		t.months = t.length
	case Cron:
		expression, err := parseCron(r.Cron)
		if err != nil {
			suggestion := `five fields, such as "0 9 * * mon"`
			switch {
			case errors.Is(err, errEvery):
				suggestion = "use type hourly or daily with a length"
			case errors.Is(err, errNever):
				suggestion = "name a day that its month has"
			}
			c.problem(path+".cron", suggestion, "%v", err)
			return t
		}
		t.cron, t.base = expression, expression.ordinal(t.start)
	default:
		suggestion := "use hourly, daily, weekly, monthly or cron"
		if n := nearest(kind, []string{Hourly, Daily, Weekly, Monthly, Cron}); n != "" {
			suggestion = fmt.Sprintf("did you mean %s?", n)
		}
		c.problem(path+".type", suggestion, "unknown type of rotation %q", truncate(r.Type, 80))
		t.step = day
	}
	return t
}

// start is the reading at which shift 0 begins; an instant is read in the zone.
func (c *compiler) start(path, text string, z *zone) reading {
	if text == "" {
		c.problem(path, `such as "2026-01-05T09:00:00"`, "the rotation has no start")
		return 0
	}
	m, err := parseMoment(text)
	if err != nil {
		c.problem(path, "write 2026-01-05T09:00:00", "%q %v", truncate(text, 80), err)
		return 0
	}
	if !m.local && z != nil {
		return z.clock(m.instant)
	}
	return m.reading
}

// deal works out the seats: from people, from a pattern over pools, or from quotas,
// which are a pattern in other words.
func (c *compiler) deal(path string, r *Rotation, pools []Pool) deal {
	d := deal{offset: int64(r.Offset)}
	if r.Offset < -maxLength || r.Offset > maxLength {
		c.problem(path+".offset", "", "the offset must be within %d turns, not %d", maxLength, r.Offset)
		return d
	}
	if len(r.People) > maxPeople {
		c.problem(path+".people", "", "the rotation has more than %d people", maxPeople)
		return d
	}
	for i, person := range r.People {
		c.person(fmt.Sprintf("%s.people[%d]", path, i), person)
	}
	if len(r.Pools) == 0 {
		return c.dealPeople(path, r, d)
	}
	if len(r.People) > 0 {
		c.problem(path+".people", "put them into a pool", "a rotation draws either from people or from pools")
		return d
	}
	pattern := c.pattern(path, r)
	d.rosters = c.rosters(path, r, pools)
	draws := make([]int64, len(d.rosters))
	for i, turn := range pattern {
		var seats []draw
		for _, name := range turn {
			k := rosterNamed(d.rosters, name)
			if k < 0 {
				c.problem(fmt.Sprintf("%s.pattern[%d]", path, i), "add it to the rotation's pools", "the rotation does not draw from a pool %q", truncate(name, 80))
				continue
			}
			seats = append(seats, draw{roster: k, earlier: draws[k]})
			draws[k]++
		}
		d.pattern = append(d.pattern, seats)
	}
	for k := range d.rosters {
		d.rosters[k].cycle = draws[k]
	}
	return d
}

func (c *compiler) dealPeople(path string, r *Rotation, d deal) deal {
	if len(r.Pattern) > 0 || len(r.Quota) > 0 || r.Seats > 1 {
		c.problem(path+".pools", "name the pools", "pattern, seats and quota need pools")
		return d
	}
	n := int64(len(r.People))
	if n == 0 {
		return d
	}
	d.rosters = []roster{{people: r.People, cycle: 1}}
	d.pattern = [][]draw{{{}}}
	d.vacant = d.offset != 0 && floorMod(d.offset, n) == 0
	return d
}

// pattern is the seats of each turn by the names of their pools.
func (c *compiler) pattern(path string, r *Rotation) [][]string {
	var out [][]string
	if len(r.Pattern) > 0 {
		if len(r.Quota) > 0 || r.Seats != 0 {
			c.problem(path+".pattern", "write the seats into the pattern", "a rotation has either a pattern, or seats with a quota")
		}
		if len(r.Pattern) > maxLength {
			c.problem(path+".pattern", "", "the pattern is longer than %d turns", maxLength)
			return nil
		}
		for i, turn := range r.Pattern {
			names := strings.Split(strings.ReplaceAll(turn, " ", ""), "+")
			if len(names) > maxSeats {
				c.problem(fmt.Sprintf("%s.pattern[%d]", path, i), "", "a turn has more than %d seats", maxSeats)
				continue
			}
			out = append(out, names)
		}
		return out
	}
	seats := max(r.Seats, 1)
	var turn []string
	for i, q := range r.Quota {
		if q.AtLeast < 1 || len(turn)+q.AtLeast > min(seats, maxSeats) {
			c.problem(fmt.Sprintf("%s.quota[%d].at_least", path, i), "raise seats", "%d people of %q do not fit into %d seats", q.AtLeast, truncate(q.Pool, 80), seats)
			return nil
		}
		for range q.AtLeast {
			turn = append(turn, q.Pool)
		}
	}
	if r.Seats < 0 || seats > maxSeats {
		c.problem(path+".seats", "", "a turn has 1 to %d seats, not %d", maxSeats, r.Seats)
		return nil
	}
	for len(turn) < seats {
		turn = append(turn, anyPool)
	}
	return [][]string{turn}
}

// rosters are the pools the rotation names, and last the one of everybody, in which
// the pools take turns.
func (c *compiler) rosters(path string, r *Rotation, pools []Pool) []roster {
	var out []roster
	longest := 0
	for i, name := range r.Pools {
		k := 0
		for k < len(pools) && pools[k].Name != name {
			k++
		}
		if k == len(pools) {
			c.problem(fmt.Sprintf("%s.pools[%d]", path, i), "add it to the schedule's pools", "there is no pool %q", truncate(name, 80))
			continue
		}
		out = append(out, roster{name: name, people: pools[k].People})
		longest = max(longest, len(pools[k].People))
	}
	all := roster{name: anyPool}
	for i := 0; i < longest; i++ {
		for _, pool := range out {
			if i < len(pool.people) {
				all.people = append(all.people, pool.people[i])
			}
		}
	}
	return append(out, all)
}

func rosterNamed(rosters []roster, name string) int {
	for i := range rosters {
		if rosters[i].name == name {
			return i
		}
	}
	return -1
}

func (c *compiler) windows(path string, hours []Window) []window {
	var out []window
	for i, w := range hours {
		p := fmt.Sprintf("%s.hours[%d]", path, i)
		from, err := parseClock(w.From)
		if err != nil || from >= reading(day) {
			c.problem(p+".from", `such as "09:00"`, "%q is not a time of day", truncate(w.From, 80))
		}
		to, err := parseClock(w.To)
		if err != nil {
			c.problem(p+".to", `such as "17:00"`, "%q %v", truncate(w.To, 80), err)
		}
		if to <= from {
			to += reading(day)
		}
		out = append(out, window{days: c.weekdays(p, w.Days), from: from, to: to})
	}
	return out
}

func (c *compiler) weekdays(path string, names []string) uint8 {
	if len(names) == 0 {
		return everyDay
	}
	var set uint8
	for i, name := range names {
		d := weekdayNamed(name)
		if d < 0 {
			suggestion := "use mon, tue, wed, thu, fri, sat or sun"
			if n := nearest(name, weekdayNames); n != "" {
				suggestion = fmt.Sprintf("did you mean %s?", n)
			}
			c.problem(fmt.Sprintf("%s.days[%d]", path, i), suggestion, "unknown weekday %q", truncate(name, 80))
			continue
		}
		set |= 1 << d
	}
	return set
}

// weekdayNames are the names of weekdays, Sunday first: short, then long.
var weekdayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat", "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

func weekdayNamed(name string) int {
	if i := slices.Index(weekdayNames, strings.ToLower(name)); i >= 0 {
		return i % 7
	}
	return -1
}

func describe(r *Rotation) string {
	if strings.EqualFold(r.Type, Cron) {
		return fmt.Sprintf("turns at %q since %s", truncate(r.Cron, 80), r.Start)
	}
	unit := map[string]string{Hourly: "hour", Daily: "day", Weekly: "week", Monthly: "month"}[strings.ToLower(r.Type)]
	if r.Length > 1 {
		return fmt.Sprintf("turns of %d %ss since %s", r.Length, unit, r.Start)
	}
	return fmt.Sprintf("%s turns since %s", strings.ToLower(r.Type), r.Start)
}
