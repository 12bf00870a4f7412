package oncall

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Compile prepares a schedule for questions. The error is an [*Error] that names every
// problem. Nil zones are the best data at hand, here and wherever zones are asked for.
func Compile(s Schedule, zones *Zones) (*Plan, error) {
	c := &compiler{zones: zones.orBest()}
	p := c.schedule(&s)
	return p, c.err(s.Name)
}

// Validate lists what is wrong with a schedule; an empty list means that it compiles.
// With known given, every person must be among them; nil takes names as they are.
func Validate(s Schedule, known []string, zones *Zones) []Problem {
	c := &compiler{zones: zones.orBest(), known: known}
	c.schedule(&s)
	return c.problems
}

// compiler turns what people write into what can be asked, and collects what is
// wrong on the way, so that checking and compiling cannot disagree.
type compiler struct {
	zones    *Zones
	known    []string // nil: names are taken as they are
	names    map[string]bool
	hints    map[string]string // suggestions for zones that were asked for already
	problems []Problem
}

// Limits on what one schedule may hold; more is a mistake or an attack.
const (
	maxLayers    = 500
	maxPeople    = 5000
	maxOverrides = 10000
	maxLength    = 10000
	maxName      = 200
	maxSeats     = 20
)

func (c *compiler) problem(path, suggestion, format string, args ...any) {
	c.problems = append(c.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...), Suggestion: suggestion})
}

func (c *compiler) err(name string) error {
	if len(c.problems) == 0 {
		return nil
	}
	lines := make([]string, 0, len(c.problems))
	for i, p := range c.problems {
		if i == 20 {
			lines = append(lines, fmt.Sprintf("and %d more", len(c.problems)-i))
			break
		}
		lines = append(lines, p.String())
	}
	return errorf(CodeInvalid, "Schedule %q cannot be used: %s.", truncate(name, maxName), strings.Join(lines, "; "))
}

func (c *compiler) schedule(s *Schedule) *Plan {
	p := &Plan{name: s.Name, uncovered: s.Uncovered, pools: s.Pools, holidays: s.Holidays}
	if s.Name == "" {
		c.problem("name", "", "the schedule has no name")
	}
	c.name("name", s.Name)
	p.zone = c.zone("time_zone", s.TimeZone)
	if len(s.Layers) > maxLayers || len(s.Overrides) > maxOverrides {
		c.problem("", "split it", "the schedule has more than %d layers or %d overrides", maxLayers, maxOverrides)
		return nil
	}
	if s.Calendars != nil {
		c.problem("calendars", "apply the file itself, or write out what they hold with `watchbill oncall import`", "calendars are read only beside the file that names them")
	}
	c.pools(s.Pools)
	p.eras = []era{{from: always, layers: c.layers(s)}}
	for i := range s.Overrides {
		p.overrides = append(p.overrides, c.override(fmt.Sprintf("overrides[%d]", i), &s.Overrides[i], p.zone))
	}
	for i := range s.Shadows {
		p.shadows = append(p.shadows, c.shadow(fmt.Sprintf("shadows[%d]", i), &s.Shadows[i], p.zone))
	}
	for i := range s.TimeOff {
		p.timeOff = append(p.timeOff, c.absence(fmt.Sprintf("time_off[%d]", i), &s.TimeOff[i], p.zone))
	}
	p.rest = c.duration("min_rest", s.MinRest, 0)
	if len(c.problems) > 0 {
		return nil
	}
	p.findEdges()
	return p
}

// name checks what something is called: it stands in messages, lists and addresses.
func (c *compiler) name(path, name string) (ok bool) {
	switch {
	case len(name) > maxName:
		c.problem(path, "", "the name is longer than %d characters", maxName)
	case strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		c.problem(path, "", "the name holds characters that cannot be seen")
	default:
		return true
	}
	return false
}

func (c *compiler) zone(path, name string) *zone {
	if name == "" {
		c.problem(path, `say "UTC" if you mean it`, "the time zone is missing")
		return nil
	}
	z, err := c.zones.zone(name)
	if err != nil {
		c.problem(path, c.zoneHint(name), "unknown time zone %q", truncate(name, 80))
		return nil
	}
	return z
}

func (c *compiler) zoneHint(name string) string {
	hint, ok := c.hints[name]
	if !ok {
		hint = "use an IANA name such as Europe/Berlin"
		if n := nearestZone(name); n != "" {
			hint = fmt.Sprintf("did you mean %s?", n)
		}
		if c.hints == nil {
			c.hints = map[string]string{}
		}
		c.hints[name] = hint
	}
	return hint
}

func (c *compiler) person(path, name string) {
	switch {
	case strings.TrimSpace(name) == "":
		c.problem(path, "", "a name is empty")
	case !c.name(path, name):
	case c.known != nil:
		if c.names == nil {
			c.names = make(map[string]bool, len(c.known))
			for _, n := range c.known {
				c.names[n] = true
			}
		}
		if c.names[name] {
			return
		}
		suggestion := "add them to people"
		if n := nearest(name, c.known); n != "" {
			suggestion = fmt.Sprintf("did you mean %s?", n)
		}
		c.problem(path, suggestion, "%q is not among the people", name)
	}
}

func (c *compiler) duration(path, text string, otherwise time.Duration) time.Duration {
	if text == "" {
		return otherwise
	}
	d, err := ParseDuration(text)
	if err != nil {
		c.problem(path, "", "%v", err)
	}
	return d
}

// moment is an instant as written, read in z when it is a wall time.
func (c *compiler) moment(path, text string, z *zone) instant {
	m, err := parseMoment(text)
	if err != nil {
		c.problem(path, `write 2026-01-05T09:00:00+01:00, or 2026-01-05T09:00:00 for the local time`, "%q %v", truncate(text, 80), err)
		return 0
	}
	if m.local && z != nil {
		return z.resolve(m.reading)
	}
	return m.instant
}

// between is a half-open range as written. Two wall times in order that a skipped
// hour makes one instant are legal, and empty.
func (c *compiler) between(path, from, to string, z *zone) (instant, instant) {
	before := len(c.problems)
	a, b := c.moment(path+".from", from, z), c.moment(path+".to", to, z)
	if len(c.problems) > before {
		return a, b
	}
	m, _ := parseMoment(from)
	n, _ := parseMoment(to)
	local, inOrder := m.local && n.local, m.reading < n.reading
	reversed := a > b || a == b && !(local && inOrder)
	if z == nil { // its own problem was named; readings and instants are in order without one
		reversed = local && !inOrder || !m.local && !n.local && a >= b
	}
	if reversed {
		c.problem(path+".to", "swap from and to", "the end %s is not after the start %s", to, from)
	}
	return a, b
}

func (c *compiler) pools(pools []Pool) {
	seen := map[string]bool{}
	for i, pool := range pools {
		path := fmt.Sprintf("pools[%d]", i)
		if pool.Name == "" || pool.Name == anyPool || strings.ContainsAny(pool.Name, "+ ") {
			c.problem(path+".name", "", "%q cannot be the name of a pool", truncate(pool.Name, 80))
		}
		if seen[pool.Name] {
			c.problem(path+".name", "", "there are two pools called %q", pool.Name)
		}
		seen[pool.Name] = true
		if len(pool.People) > maxPeople {
			c.problem(path+".people", "", "the pool has more than %d people", maxPeople)
			continue
		}
		for j, person := range pool.People {
			c.person(fmt.Sprintf("%s.people[%d]", path, j), person)
		}
	}
}

func (c *compiler) override(path string, o *Override, z *zone) override {
	from, to := c.between(path, o.From, o.To, z)
	if o.Person == "" && o.Replaces == "" {
		c.problem(path+".person", "", "the override names nobody")
	}
	if o.Person != "" {
		c.person(path+".person", o.Person)
	}
	if o.Replaces != "" {
		c.person(path+".replaces", o.Replaces)
	}
	if o.Swap != "" && (o.Person == "" || o.Replaces == "") {
		c.problem(path+".swap", "", "a swap needs both person and replaces")
	}
	var loc *time.Location
	if z != nil {
		loc = z.loc
	}
	return override{from: from, to: to, person: o.Person, replaces: o.Replaces, swap: o.Swap, why: whyOverride(o, "", loc)}
}

// whyOverride says what an override does, with instants as clocks in loc show them; nil:
// as they were written. Wall times stay as they were written.
func whyOverride(o *Override, by string, loc *time.Location) string {
	var what string
	switch {
	case o.Replaces == "":
		what = o.Person + " added"
	case o.Person == "":
		what = o.Replaces + " taken off"
	default:
		what = o.Person + " for " + o.Replaces
	}
	word := "override"
	if o.Swap != "" {
		word = "swap"
	}
	what = fmt.Sprintf("%s: %s, %s", word, what, spanText(o.From, o.To, loc))
	if by != "" {
		what += ", by " + by
	}
	if o.Note != "" {
		what += " (" + truncate(o.Note, 200) + ")"
	}
	return what
}

// spanText is a time as people read it: "2026-01-20 09:00 to 2026-01-20 17:00 CET".
func spanText(from, to string, loc *time.Location) string {
	a, b := momentText(from, loc), momentText(to, loc)
	if start, zone := cutZone(a); zone != "" && strings.HasSuffix(b, zone) {
		a = start
	}
	return a + " to " + b
}

// momentText is an instant as a clock in loc shows it, and a wall time as it was written.
func momentText(s string, loc *time.Location) string {
	m, err := parseMoment(s)
	if err != nil || m.local || loc == nil {
		return s
	}
	layout := "2006-01-02 15:04 MST"
	if m.instant%minute != 0 {
		layout = "2006-01-02 15:04:05 MST"
	}
	return m.instant.time().In(loc).Format(layout)
}

// cutZone parts a time from the zone behind it.
func cutZone(text string) (at, zone string) {
	if strings.Count(text, " ") < 2 {
		return text, ""
	}
	n := strings.LastIndexByte(text, ' ')
	return text[:n], text[n:]
}

const defaultJoinAfter = 10 * time.Minute

func (c *compiler) shadow(path string, s *Shadow, z *zone) shadow {
	c.person(path+".person", s.Person)
	c.person(path+".with", s.With)
	if s.Person == s.With {
		c.problem(path+".with", "", "%s cannot shadow themselves", s.Person)
	}
	q := shadow{from: always, to: never, person: s.Person, with: s.With, joinAfter: c.duration(path+".join_after", s.JoinAfter, defaultJoinAfter)}
	if s.From != "" {
		q.from = c.moment(path+".from", s.From, z)
	}
	if s.To != "" {
		q.to = c.moment(path+".to", s.To, z)
	}
	if z != nil && q.from >= q.to {
		c.problem(path+".to", "swap from and to", "the end is not after the start")
	}
	switch s.Kind {
	case "", ShadowKind:
		q.why = fmt.Sprintf("%s shadows %s", s.Person, s.With)
	case ReverseShadowKind:
		q.reverse = true
		q.why = fmt.Sprintf("reverse shadow: %s leads, %s joins after %s", s.Person, s.With, shortDuration(q.joinAfter))
	default:
		c.problem(path+".kind", "use shadow or reverse_shadow", "unknown kind of shadow %q", truncate(s.Kind, 80))
	}
	return q
}

func (c *compiler) absence(path string, o *TimeOff, z *zone) absence {
	c.person(path+".person", o.Person)
	from, to := o.From, o.To
	if d, err := parseDate(from); err == nil {
		from = reading(d * day).String()
	}
	if d, err := parseDate(to); err == nil {
		to = reading((d + 1) * day).String()
	}
	a := absence{person: o.Person}
	a.from, a.to = c.between(path, from, to, z)
	return a
}

func (c *compiler) holidays(list []Holiday) []int64 {
	var days []int64
	for i, h := range list {
		path := fmt.Sprintf("holidays[%d]", i)
		d, err := parseDate(h.Date)
		if err != nil {
			c.problem(path+".date", "", "%q %v", truncate(h.Date, 80), err)
			continue
		}
		if h.Days < 0 || h.Days > 366 {
			c.problem(path+".days", "", "a holiday lasts 1 to 366 days, not %d", h.Days)
			continue
		}
		for n := 0; n < max(h.Days, 1); n++ {
			days = append(days, d+int64(n))
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// findEdges collects where the answer may change for reasons outside the layers.
func (p *Plan) findEdges() {
	p.byFrom = make([]int, len(p.overrides))
	for i := range p.overrides {
		p.byFrom[i] = i
		p.edges = append(p.edges, p.overrides[i].from, p.overrides[i].to)
	}
	for i := range p.shadows {
		p.edges = append(p.edges, p.shadows[i].from, p.shadows[i].to)
	}
	for _, e := range p.eras[1:] {
		p.edges = append(p.edges, e.from)
	}
	slices.Sort(p.edges)
	p.edges = slices.Compact(p.edges)
	slices.SortStableFunc(p.byFrom, func(i, j int) int { return cmp.Compare(p.overrides[i].from, p.overrides[j].from) })
}
