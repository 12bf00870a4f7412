package oncall

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxCalendar is the size in bytes from which a calendar is refused.
const MaxCalendar = 10_000_000

// Limits on what one calendar may hold in the time asked for.
const (
	maxEvents   = 20_000
	maxEntries  = 50_000
	maxSteps    = 2_000_000
	maxWarnings = 50
)

// ReadCalendarInput says what to read out of a calendar, and how.
type ReadCalendarInput struct {
	From, To time.Time         // entries that meet this time are read
	TimeZone string            // for times that name no zone, unless the calendar says its own; empty: UTC
	People   map[string]string // who is meant by a name, an e-mail address or a summary, in lower case; nil: names as they are
	Zones    *Zones            // nil: the best data at hand
}

// ReadCalendar reads an iCalendar file: times in UTC, in IANA or Windows zones, or
// floating, all-day events, durations, rules, added, excepted and moved instances,
// cancellations. What cannot be read is left out with a warning that names the line;
// an error, a [*CalendarProblem], means that nothing was read.
func ReadCalendar(data []byte, in ReadCalendarInput) (*CalendarData, error) {
	if len(data) >= MaxCalendar {
		return nil, refuse(0, "it has %d MB or more, and that much is not read; export a shorter time", MaxCalendar/1_000_000)
	}
	if !in.From.Before(in.To) || in.To.Sub(in.From) > 10*366*24*time.Hour {
		return nil, refuse(0, "the time to read must end after it starts, and within ten years")
	}
	r := &calendarReader{in: in, from: instantOf(in.From), to: instantOf(in.To), steps: maxSteps, out: &CalendarData{Entries: []Entry{}}}
	cal, err := parseComponents(data, r.warn)
	if err != nil {
		return nil, err
	}
	if err := r.calendar(cal); err != nil {
		return nil, err
	}
	slices.SortStableFunc(r.out.Entries, func(a, b Entry) int { return a.Start.Compare(b.Start) })
	return r.out, nil
}

type calendarReader struct {
	in       ReadCalendarInput
	from, to instant
	zones    calendarZones
	steps    int
	out      *CalendarData
}

func (r *calendarReader) warn(line int, format string, args ...any) {
	if len(r.out.Warnings) == maxWarnings {
		r.out.Warnings = append(r.out.Warnings, CalendarProblem{Message: "and more"})
	}
	if len(r.out.Warnings) < maxWarnings {
		r.out.Warnings = append(r.out.Warnings, CalendarProblem{line, fmt.Sprintf(format, args...)})
	}
}

// calendarEvent is a VEVENT whose times are known.
type calendarEvent struct {
	part     *component
	uid      string
	start    calendarTime
	length   length
	instance *calendarTime // RECURRENCE-ID
	sequence int
	shown    *Entry // what its entries have in common, from the first one on
}

func (r *calendarReader) calendar(cal *component) error {
	if err := r.findZones(cal); err != nil {
		return err
	}
	r.out.Name = cal.text("X-WR-CALNAME")
	series := map[string][]*calendarEvent{}
	var order []string
	n := 0
	for _, part := range cal.parts {
		if part.name != "VEVENT" {
			continue
		}
		if n++; n > maxEvents {
			return refuse(part.line, "it has more than %d events", maxEvents)
		}
		e, err := r.event(part)
		if err != nil {
			r.warn(part.line, "event %q is left out: %v", truncate(part.text("SUMMARY"), 60), err)
			continue
		}
		if series[e.uid] == nil {
			order = append(order, e.uid)
		}
		series[e.uid] = append(series[e.uid], e)
	}
	for _, uid := range order {
		if err := r.series(series[uid]); err != nil {
			return err
		}
	}
	return nil
}

func (r *calendarReader) findZones(cal *component) error {
	zones := r.in.Zones.orBest()
	utc, err := zones.zone("UTC")
	if err != nil {
		return refuse(0, "%v", err)
	}
	r.zones = calendarZones{zones: zones, utc: utc, floating: utc, defined: map[string]*component{}, found: map[string]foundZone{}}
	for _, part := range cal.parts {
		if part.name == "VTIMEZONE" {
			r.zones.defined[part.text("TZID")] = part
		}
	}
	if r.in.TimeZone != "" {
		if r.zones.floating, err = zones.zone(r.in.TimeZone); err != nil {
			return refuse(0, "%v", err)
		}
	}
	if p := cal.get("X-WR-TIMEZONE"); p != nil {
		if z, err := r.zones.find(p.value); err == nil {
			r.zones.floating = z
		} else {
			r.warn(p.line, "%v", err)
		}
	}
	return nil
}

func (r *calendarReader) event(part *component) (*calendarEvent, error) {
	e := &calendarEvent{part: part, uid: part.text("UID")}
	if e.uid == "" {
		e.uid = fmt.Sprintf("line %d", part.line)
	}
	if n, err := strconv.Atoi(strings.TrimSpace(part.text("SEQUENCE"))); err == nil {
		e.sequence = n
	}
	p := part.get("DTSTART")
	if p == nil {
		return nil, errors.New("it has no DTSTART")
	}
	var err error
	if e.start, err = r.zones.time(p); err != nil {
		return nil, err
	}
	if e.length, err = r.lengthOf(part, e.start); err != nil {
		return nil, err
	}
	if p := part.get("RECURRENCE-ID"); p != nil {
		if p.params["RANGE"] != "" {
			return nil, errors.New("a change to this and all following instances is not read")
		}
		t, err := r.zones.time(p)
		if err != nil {
			return nil, err
		}
		e.instance = &t
	}
	return e, nil
}

func (r *calendarReader) lengthOf(part *component, start calendarTime) (length, error) {
	if p := part.get("DTEND"); p != nil {
		end, err := r.zones.time(p)
		if err != nil {
			return length{}, err
		}
		if end.instant() < start.instant() {
			return length{}, errors.New("it ends before it starts")
		}
		if end.zone == start.zone {
			// What the clock shows counts, so that a shift of a series keeps its end when
			// clocks change. Within one event the start may be pushed past the end by a gap.
			return length{nominal: end.reading - start.reading}, nil
		}
		return length{exact: end.instant() - start.instant()}, nil
	}
	if p := part.get("DURATION"); p != nil {
		return parsePeriod(p.value)
	}
	if start.date {
		return length{nominal: reading(day)}, nil
	}
	return length{}, nil
}

// series spells out the events of one UID: the newest of each, with the instances
// that were moved or cancelled in place of those of the rule.
func (r *calendarReader) series(events []*calendarEvent) error {
	var master *calendarEvent
	moved := map[instant]*calendarEvent{}
	for _, e := range events {
		if e.instance == nil {
			if master == nil || e.sequence >= master.sequence {
				master = e
			}
			continue
		}
		at := e.instance.instant()
		if was := moved[at]; was == nil || e.sequence >= was.sequence {
			moved[at] = e
		}
	}
	if master != nil {
		if master.cancelled() {
			return nil
		}
		starts, err := r.starts(master)
		if err != nil {
			return err
		}
		for _, s := range starts {
			if moved[s.at.instant()] != nil {
				continue
			}
			if err := r.entry(master, s.at, s.length); err != nil {
				return err
			}
		}
	}
	for _, e := range events {
		if e.instance != nil && moved[e.instance.instant()] == e && !e.cancelled() {
			if err := r.entry(e, e.start, e.length); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *calendarEvent) cancelled() bool {
	return strings.EqualFold(strings.TrimSpace(e.part.text("STATUS")), "CANCELLED")
}

// occurrence is one instance of a series.
type occurrence struct {
	at     calendarTime
	length length
}

// starts lists the instances of an event before moved ones are put in, in the time
// asked for.
func (r *calendarReader) starts(e *calendarEvent) ([]occurrence, error) {
	out := []occurrence{{e.start, e.length}}
	longest := int64(e.length.nominal) + int64(e.length.exact) + maxOffset
	for i := range e.part.props {
		p := &e.part.props[i]
		switch p.name {
		case "RRULE":
			rule, err := r.zones.rule(p, e.start)
			if err != nil {
				r.warn(p.line, "event %q is read once only: %v", truncate(e.part.text("SUMMARY"), 60), err)
				continue
			}
			err = rule.instances(e.start, r.from-instant(longest), r.to, &r.steps, func(at reading) {
				if at != e.start.reading {
					out = append(out, occurrence{calendarTime{at, e.start.zone, e.start.date}, e.length})
				}
			})
			if err != nil {
				return nil, refuse(p.line, "%v", err)
			}
		case "RDATE":
			out = append(out, r.added(p, e)...)
		}
	}
	gone := r.excepted(e)
	out = slices.DeleteFunc(out, func(o occurrence) bool {
		return gone.instants[o.at.instant()] || gone.days[o.at.reading.dayOf()]
	})
	slices.SortStableFunc(out, func(a, b occurrence) int { return cmp.Compare(a.at.instant(), b.at.instant()) })
	return slices.CompactFunc(out, func(a, b occurrence) bool { return a.at.instant() == b.at.instant() }), nil
}

func (r *calendarReader) added(p *property, e *calendarEvent) []occurrence {
	var out []occurrence
	for text := range strings.SplitSeq(p.value, ",") {
		begin, end, period := strings.Cut(text, "/")
		t, err := r.zones.value(p, begin)
		l := e.length
		if err == nil && period {
			if strings.HasPrefix(end, "P") {
				l, err = parsePeriod(end)
			} else if until, bad := r.zones.value(p, end); bad == nil {
				l = length{exact: until.instant() - t.instant()}
			} else {
				err = bad
			}
		}
		if err != nil {
			r.warn(p.line, "an added date is left out: %v", err)
			continue
		}
		out = append(out, occurrence{t, l})
	}
	return out
}

// exceptions are the instances of a series that do not happen.
type exceptions struct {
	instants map[instant]bool
	days     map[int64]bool
}

func (r *calendarReader) excepted(e *calendarEvent) exceptions {
	gone := exceptions{map[instant]bool{}, map[int64]bool{}}
	for i := range e.part.props {
		p := &e.part.props[i]
		if p.name != "EXDATE" {
			continue
		}
		for text := range strings.SplitSeq(p.value, ",") {
			t, err := r.zones.value(p, text)
			switch {
			case err != nil:
				r.warn(p.line, "an excepted date is left out: %v", err)
			case t.date:
				gone.days[t.reading.dayOf()] = true
			default:
				gone.instants[t.instant()] = true
			}
		}
	}
	return gone
}

func (r *calendarReader) entry(e *calendarEvent, at calendarTime, l length) error {
	from, to := at.instant(), l.end(at)
	if from >= r.to || to <= r.from || from >= to {
		return nil
	}
	if len(r.out.Entries) == maxEntries {
		return refuse(e.part.line, "it has more than %d entries in the time asked for", maxEntries)
	}
	if e.shown == nil {
		e.shown = &Entry{UID: e.uid, Person: r.person(e), Summary: e.part.text("SUMMARY"), Schedule: e.part.text(propSchedule),
			Kind: cmp.Or(e.part.text(propKind), Primary)}
	}
	entry := *e.shown
	entry.Start, entry.End = from.time(), to.time()
	if at.date {
		entry.Date = at.reading.String()[:10]
		entry.Days = int(max(1, floorDiv(int64(l.nominal), day)))
	}
	r.out.Entries = append(r.out.Entries, entry)
	return nil
}

// person is whom an event is about: by our own property, by who attends, or by what
// the summary says.
func (r *calendarReader) person(e *calendarEvent) string {
	names := []string{e.part.text(propPerson)}
	for _, p := range e.part.props {
		if p.name == "ATTENDEE" {
			names = append(names, strings.TrimPrefix(strings.ToLower(p.value), "mailto:"), p.params["CN"])
		}
	}
	summary := strings.TrimSpace(e.part.text("SUMMARY"))
	names = append(names, summary)
	if first, _, ok := strings.Cut(summary, " "); ok {
		names = append(names, strings.TrimSuffix(first, ":"))
	}
	for _, name := range names {
		if name == "" {
			continue
		}
		if r.in.People == nil {
			return name
		}
		if person, ok := r.in.People[strings.ToLower(name)]; ok {
			return person
		}
	}
	if r.in.People != nil {
		r.warn(e.part.line, "event %q names nobody known", truncate(summary, 60))
	}
	return ""
}
