package bot

import (
	"context"
	"slices"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackui"
)

// onCall says who is on call, at a time that may be named.
func (f *oncallFront) onCall(r request) (*slackui.Message, error) {
	at := r.input.At
	if at.IsZero() {
		at = f.now()
	}
	watches, err := f.desk.OnCall(r.input.Text, at)
	if err != nil {
		return nil, err
	}
	return new(slackui.OncallNow(f.watches(watches), r.input.At, f.views.plain())), nil
}

// watches turns the desk's answer into what is shown.
func (f *oncallFront) watches(list []desk.Watch) []slackui.Watch {
	var out []slackui.Watch
	for _, w := range list {
		v := slackui.Watch{Schedule: w.Schedule, Next: w.Until, NextBy: f.takingOver(w)}
		for _, d := range w.Duties {
			v.On = append(v.On, slackui.OnDuty{Person: d.Person, Why: d.Why, Shadow: !d.Covers()})
		}
		out = append(out, v)
	}
	return out
}

// takingOver are those who are on call when a watch ends.
func (f *oncallFront) takingOver(w desk.Watch) []string {
	if w.Until.IsZero() {
		return nil
	}
	next, err := f.desk.OnCall(w.Schedule, w.Until)
	if err != nil || len(next) != 1 {
		return nil
	}
	var out []string
	for _, d := range next[0].Duties {
		if d.Covers() {
			out = append(out, d.Person)
		}
	}
	return out
}

// shiftsOf are a person's shifts, now and coming, on all schedules, in order.
func (f *oncallFront) shiftsOf(person string, now time.Time) []slackui.Shift {
	var out []slackui.Shift
	for _, name := range f.desk.ScheduleNames() {
		plan := f.desk.SchedulePlan(name)
		if plan == nil {
			continue
		}
		for _, shift := range plan.Next(person, now, 3) {
			out = append(out, slackui.Shift{Schedule: name, From: shift.Start, To: shift.End})
		}
	}
	slices.SortStableFunc(out, func(a, b slackui.Shift) int { return a.From.Compare(b.From) })
	return out
}

func (f *oncallFront) shifts(_ context.Context, r request) (*slackui.Message, error) {
	who, err := f.whose(r)
	if err != nil {
		return nil, err
	}
	whose := ""
	if who != r.by.Person {
		whose = who
	}
	s := f.views.plain()
	return new(slackui.ShiftsOf(whose, f.shiftsOf(who, s.Now), s)), nil
}

func (f *oncallFront) gaps(_ context.Context, r request) (*slackui.Message, error) {
	watches, err := f.desk.OnCall(r.input.Roster.Schedule, f.now())
	if err != nil {
		return nil, err
	}
	var list []slackui.ScheduleGaps
	for _, w := range watches {
		if plan := f.desk.SchedulePlan(w.Schedule); plan != nil {
			list = append(list, slackui.ScheduleGaps{Schedule: w.Schedule, Gaps: plan.Gaps(w.At, w.At.Add(desk.GapsAhead)), Meant: plan.GapsAreMeant()})
		}
	}
	return new(slackui.GapsAnswer(list)), nil
}
