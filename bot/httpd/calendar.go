package httpd

import (
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// What a calendar covers: the last two weeks, and half a year ahead.
const (
	calendarBack  = 15 * 24 * time.Hour
	calendarAhead = 180 * 24 * time.Hour
)

// calendarKind is the media type of iCalendar (RFC 5545, 8.1).
const calendarKind = "text/calendar; charset=utf-8"

// calendar exports the shifts of a schedule, of a person, or all.
func (s Schedules) calendar(r *call) (kind string, body []byte, err error) {
	q := r.URL.Query()
	plans, err := s.plans(r)
	if err != nil {
		return "", nil, err
	}
	var shifts []oncall.CalendarShift
	for _, p := range plans {
		from, to := s.Now().Add(-calendarBack), s.Now().Add(calendarAhead)
		if q.Get("from") != "" || q.Get("to") != "" {
			if from, to, err = s.between(r, p, calendarAhead); err != nil {
				return "", nil, err
			}
		}
		shifts = append(shifts, calendarShifts(p, q.Get("person"), from, to)...)
	}
	text, _ := oncall.WriteCalendar(calendarName(q.Get("schedule"), q.Get("person")), shifts, nil, s.Now())
	return calendarKind, []byte(text), nil
}

// calendarShifts are the shifts of a schedule as they are published; with a person,
// only theirs.
func calendarShifts(p *oncall.Plan, person string, from, to time.Time) []oncall.CalendarShift {
	var out []oncall.CalendarShift
	for _, sh := range p.WholeShifts(from, to) {
		if person == "" || strings.EqualFold(sh.Person, person) {
			out = append(out, oncall.CalendarShift{Schedule: p.Name(), Shift: sh})
		}
	}
	return out
}

func calendarName(schedule, person string) string {
	switch {
	case person != "" && schedule != "":
		return person + " on call for " + schedule
	case person != "":
		return person + " on call"
	case schedule != "":
		return "On call: " + schedule
	}
	return "On call"
}
