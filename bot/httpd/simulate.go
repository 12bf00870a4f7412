package httpd

import (
	"fmt"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// The kinds of happening.
const (
	HandoffKind = "handoff"
	GapKind     = "gap"
	OverlapKind = "overlap"
	ClockKind   = "clock_change"
	BurdenKind  = "burden"
)

// Happening is one thing that a simulation comes upon, in words and in figures.
// Conflicts have the kinds of the engine.
type Happening struct {
	Kind     string       `json:"kind"`
	Schedule string       `json:"schedule,omitempty"`
	At       time.Time    `json:"at,omitzero"`
	End      time.Time    `json:"end,omitzero"`
	Local    string       `json:"local,omitempty"` // At on the schedule's clock
	Out      []string     `json:"out,omitempty"`   // handoff: who goes off
	In       []string     `json:"in,omitempty"`    // handoff: who comes on
	OnCall   []string     `json:"on_call,omitempty"`
	Text     string       `json:"text"`
	Burden   *oncall.Load `json:"burden,omitempty"`
}

// simulation lists every handoff, gap, overlap, conflict and change of clocks by
// time, and then what everybody carries.
func (s Schedules) simulation(r *call) ([]Happening, error) {
	out := []Happening{}
	var plans []*oncall.Plan
	var whole extent
	err := s.each(r, ahead, func(p *oncall.Plan, from, to time.Time) {
		plans = append(plans, p)
		whole.add(from, to)
		out = append(out, happenings(p, from, to)...)
	})
	if err != nil {
		return nil, err
	}
	for _, c := range oncall.Conflicts(plans, whole.from, whole.to) {
		out = append(out, happening(plans[0], c.Kind, strings.Join(c.Schedules, ", "), c.Start, c.End, c.Text))
	}
	byTime(out)
	if len(plans) > 0 {
		b, err := s.findBurden(r, plans, whole.from, whole.to)
		if err != nil {
			return nil, err
		}
		for _, l := range b.People {
			out = append(out, Happening{Kind: BurdenKind, Text: carries(l), Burden: &l})
		}
	}
	return out, nil
}

func happening(p *oncall.Plan, kind, schedule string, at, end time.Time, text string) Happening {
	return Happening{Kind: kind, Schedule: schedule, At: at, End: end, Local: at.In(p.Location()).Format("2006-01-02 15:04 MST"), Text: text}
}

// happenings are those of one schedule, not sorted.
func happenings(p *oncall.Plan, from, to time.Time) []Happening {
	out := clockChanges(p, from, to)
	for _, h := range p.Handoffs(from, to) {
		v := happening(p, HandoffKind, p.Name(), h.At, time.Time{}, handoff(h))
		v.Out, v.In, v.OnCall = h.Out, h.In, h.On
		out = append(out, v)
	}
	for _, g := range p.Gaps(from, to) {
		text := fmt.Sprintf("nobody is on call for %s", hours(g.End.Sub(g.Start)))
		if p.GapsAreMeant() {
			text += ", as is meant"
		}
		out = append(out, happening(p, GapKind, p.Name(), g.Start, g.End, text))
	}
	for _, c := range p.Overlaps(from, to) {
		v := happening(p, OverlapKind, p.Name(), c.Start, c.End, c.Text)
		v.OnCall = c.People
		out = append(out, v)
	}
	return out
}

func handoff(h oncall.Handoff) string {
	switch {
	case len(h.On) == 0:
		return strings.Join(h.Out, " and ") + " goes off, nobody comes on"
	case len(h.Out) == 0:
		return strings.Join(h.In, " and ") + " comes on"
	case len(h.In) == 0:
		return strings.Join(h.Out, " and ") + " goes off, " + strings.Join(h.On, " and ") + " stays"
	}
	return strings.Join(h.Out, " and ") + " hands over to " + strings.Join(h.In, " and ")
}

// clockChanges are the instants in [from, to) at which the clock of the schedule's
// zone jumps.
func clockChanges(p *oncall.Plan, from, to time.Time) []Happening {
	var out []Happening
	for t := from.In(p.Location()); ; {
		_, end := t.ZoneBounds()
		if end.IsZero() || !end.Before(to) {
			return out
		}
		if !end.After(t) { // in far years the time package may name a bound that has passed
			t = t.Add(24 * time.Hour)
			continue
		}
		before := end.Add(-time.Second)
		_, was := before.Zone()
		_, is := end.Zone()
		if jump := time.Duration(is-was) * time.Second; jump != 0 {
			shown := end.UTC().Add(time.Duration(was) * time.Second) // what the clock would have shown
			out = append(out, happening(p, ClockKind, p.Name(), end.UTC(), time.Time{},
				fmt.Sprintf("clocks of %s go from %s %s to %s", p.Location(), shown.Format("15:04"), before.Format("MST"), end.Format("15:04 MST"))))
		}
		t = end
	}
}

func hours(d time.Duration) string { return fmt.Sprintf("%.4g h", d.Hours()) }

func carries(l oncall.Load) string {
	text := fmt.Sprintf("%s carries %.6g h in %d shifts, %.6g h at night (%d nights), %.6g h at weekends, %.6g h on holidays",
		l.Person, l.Hours, l.Shifts, l.NightHours, l.Nights, l.WeekendHours, l.HolidayHours)
	if l.ShadowHours > 0 {
		text += fmt.Sprintf(", %.6g h as a shadow", l.ShadowHours)
	}
	if l.PagesByDay+l.PagesByNight > 0 {
		text += fmt.Sprintf("; %d pages by day, %d by night", l.PagesByDay, l.PagesByNight)
	}
	return text
}
