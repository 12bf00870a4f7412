package oncall

import (
	"fmt"
	"slices"
	"time"
)

// The calendar reader and writer are our own: shifts are written as plain UTC times
// without rules, and what is read must follow this package's rule for readings, which
// no library does.

// Entry is one event read from a calendar, recurrences spelled out.
type Entry struct {
	UID      string    `json:"uid"`
	Person   string    `json:"person"` // empty when the event names nobody known
	Kind     string    `json:"kind"`   // as in Duty; "primary" unless the event says otherwise
	Schedule string    `json:"schedule,omitempty"`
	Summary  string    `json:"summary"`
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	Date     string    `json:"date,omitempty"` // the first day of an all-day event
	Days     int       `json:"days,omitempty"` // and how many it has
}

// CalendarProblem is what is wrong with a calendar or a line of it.
type CalendarProblem struct {
	Line    int // from 1; 0: the calendar as a whole
	Message string
}

// String is the problem with its line.
func (p CalendarProblem) String() string {
	if p.Line == 0 {
		return p.Message
	}
	return fmt.Sprintf("line %d: %s", p.Line, p.Message)
}

// Error says that the calendar was not read, and why.
func (p *CalendarProblem) Error() string { return "the calendar cannot be read: " + p.String() }

func refuse(line int, format string, args ...any) error {
	return &CalendarProblem{line, fmt.Sprintf(format, args...)}
}

// CalendarData is what a calendar says in a time, by start.
type CalendarData struct {
	Name     string
	Entries  []Entry
	Warnings []CalendarProblem // what was left out
}

// Schedule puts the people of the entries on call, in a schedule without layers.
// Entries of the same person that touch or overlap are not joined.
func (c *CalendarData) Schedule(name, zone string) Schedule {
	s := Schedule{Name: name, TimeZone: zone}
	for _, e := range c.Entries {
		if e.Person != "" && (e.Kind == Primary || e.Kind == Overriding) && e.Start.Before(e.End) {
			s.Overrides = append(s.Overrides, Override{From: rfc(e.Start), To: rfc(e.End), Person: e.Person, Note: truncate(e.Summary, 100)})
		}
	}
	return s
}

// TimeOff reads the entries as time in which people are away; a person given stands
// in for entries that name nobody. Whole days stay dates, which mean the days of the
// schedule's zone also when the rules of that change.
func (c *CalendarData) TimeOff(person string) []TimeOff {
	out := []TimeOff{}
	for _, e := range c.Entries {
		who := e.Person
		if who == "" {
			who = person
		}
		if who == "" || !e.Start.Before(e.End) {
			continue
		}
		off := TimeOff{Person: who, From: rfc(e.Start), To: rfc(e.End), Note: truncate(e.Summary, 100)}
		if d, err := parseDate(e.Date); err == nil {
			off.From, off.To = e.Date, reading((d + int64(e.Days) - 1) * day).String()[:10]
		}
		out = append(out, off)
	}
	return out
}

// Holidays reads the all-day entries as public holidays.
func (c *CalendarData) Holidays() []Holiday {
	out := []Holiday{}
	for _, e := range c.Entries {
		if e.Date == "" {
			continue
		}
		h := Holiday{Date: e.Date, Name: truncate(e.Summary, 100)}
		if e.Days > 1 {
			h.Days = e.Days
		}
		if !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return out
}
