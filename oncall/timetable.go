package oncall

import (
	"strings"
	"time"
)

// Timetable is a stretch of time by a wall clock that is set once, or stretches that
// come again and again, such as two hours from 02:00 on Sundays. Boundaries follow the
// rule of schedules: a reading that a clock change skips happens at the end of the gap,
// one that is shown twice at its first occurrence. Stretches are half-open and as long
// as they say by a stopwatch. It is immutable.
type Timetable struct {
	zone     *zone
	from, to instant    // once
	cron     *cronClock // again and again, from each firing
	length   instant
}

// TimetableSpec is a timetable as people write it: From and To, or Cron and Duration.
type TimetableSpec struct {
	From, To string // RFC 3339, or a local wall time of TimeZone
	Cron     string // five fields, read in TimeZone
	Duration time.Duration
	TimeZone string // IANA name; may be empty when From and To have an offset
}

// maxStretch is the longest that a recurring stretch lasts.
const maxStretch = 31 * 24 * time.Hour

// NewTimetable compiles a timetable. Without problems it can be asked; the path of a
// problem is from, to, cron, duration, time_zone or empty.
func NewTimetable(s TimetableSpec, zones *Zones) (*Timetable, []Problem) {
	c := &compiler{zones: zones}
	t := &Timetable{}
	once, again := s.From != "" || s.To != "", s.Cron != "" || s.Duration != 0
	switch {
	case once && again:
		c.problem("", "keep from and to, or cron and duration", "it is set once and recurs at the same time")
	case once:
		c.once(t, s)
	case again:
		c.recurring(t, s)
	default:
		c.problem("", `from and to, or such as cron: "0 2 * * sun" and duration: 2h`, "it does not say when")
	}
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	return t, nil
}

func (c *compiler) once(t *Timetable, s TimetableSpec) {
	if s.From == "" || s.To == "" {
		missing := "from"
		if s.To == "" {
			missing = "to"
		}
		c.problem("", "add "+missing, "%s is missing", missing)
		return
	}
	name := s.TimeZone
	if name == "" && !isLocal(s.From) && !isLocal(s.To) {
		name = "UTC"
	}
	t.zone = c.zone("time_zone", name)
	before := len(c.problems)
	t.from, t.to = c.between("", s.From, s.To, t.zone)
	for i := before; i < len(c.problems); i++ {
		c.problems[i].Path = strings.TrimPrefix(c.problems[i].Path, ".")
	}
}

func isLocal(text string) bool {
	m, err := parseMoment(text)
	return err == nil && m.local
}

func (c *compiler) recurring(t *Timetable, s TimetableSpec) {
	t.zone = c.zone("time_zone", s.TimeZone)
	switch {
	case s.Cron == "":
		c.problem("cron", `five fields, such as "0 2 * * sun"`, "cron is missing")
	case s.Duration <= 0:
		c.problem("duration", "such as 2h", "duration is missing")
	case s.Duration > maxStretch:
		c.problem("duration", "write 31d or less", "it lasts longer than a month each time")
	}
	if s.Cron == "" {
		return
	}
	var err error
	if t.cron, err = parseCron(s.Cron); err != nil {
		c.problem("cron", `five fields, such as "0 2 * * sun"`, "%v", err)
	}
	t.length = instant(s.Duration.Microseconds())
}

// Covering returns the stretch that an instant lies in: the last one that has begun,
// when they overlap. Ok is false outside of all.
func (t *Timetable) Covering(at time.Time) (from, to time.Time, ok bool) {
	i, a, b := instantOf(at), t.from, t.to
	if t.cron != nil {
		a = t.zone.resolve(t.cron.firing(t.cron.ordinal(t.zone.highWater(i))))
		b = a + t.length
	}
	if i < a || i >= b {
		return time.Time{}, time.Time{}, false
	}
	return a.time(), b.time(), true
}

// Next returns the first stretch that begins after an instant; ok is false when there
// is none.
func (t *Timetable) Next(at time.Time) (from, to time.Time, ok bool) {
	i := instantOf(at)
	if t.cron == nil {
		return t.from.time(), t.to.time(), t.from > i && t.from < t.to
	}
	a := t.zone.resolve(t.cron.firing(t.cron.ordinal(t.zone.highWater(i)) + 1))
	return a.time(), (a + t.length).time(), true
}

// Location is the timetable's time zone.
func (t *Timetable) Location() *time.Location { return t.zone.loc }
