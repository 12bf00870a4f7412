package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
)

// longAhead is further than anybody plans their time.
const longAhead = 10 * 366 * 24 * time.Hour

// NoteTimeOff notes that a person is away: on one schedule, or with an empty name on
// every one they stand on; on all of them or on none.
func (x *schedules) NoteTimeOff(ctx context.Context, in In, schedule string, off oncall.TimeOff) ([]ScheduleAnswer, error) {
	if err := x.plans.load(ctx); err != nil {
		return nil, err
	}
	var names []string
	for _, name := range x.plans.ScheduleNames() {
		plan := x.plans.SchedulePlan(name)
		if plan != nil && (strings.EqualFold(name, schedule) || schedule == "" && slices.Contains(plan.Roster(x.now(), x.now().Add(longAhead)), off.Person)) {
			names = append(names, name)
		}
	}
	switch {
	case schedule != "" && len(names) == 0:
		return nil, x.plans.noSchedule(schedule)
	case len(names) == 0:
		return nil, refuse(incident.NotFound, "%s stands on no schedule, so there is nothing to be off from. `/oncall` shows them all.", incident.Clip(off.Person, 60))
	}
	return x.changeAll(ctx, in, names, func(_ oncall.Record, name string) ([]oncall.Command, error) {
		return []oncall.Command{oncall.AddTimeOff{By: x.rights.OncallActor(in.By, name, off.Person), TimeOff: off}}, nil
	})
}

// TakeBackTimeOff ends time off that was noted, by its id on one schedule, and the
// same time off on the others.
func (x *schedules) TakeBackTimeOff(ctx context.Context, in In, schedule, id string) ([]ScheduleAnswer, error) {
	r, err := x.plans.Schedule(ctx, schedule)
	if err != nil {
		return nil, err
	}
	var same func(oncall.StoredTimeOff) bool
	if at := slices.IndexFunc(r.TimeOff, func(o oncall.StoredTimeOff) bool { return strings.EqualFold(o.ID, id) && o.Ended == nil }); at >= 0 {
		off := r.TimeOff[at]
		same = func(o oncall.StoredTimeOff) bool {
			return o.Ended == nil && o.TimeOff == off.TimeOff && o.Source == off.Source && (o.ID == off.ID || o.At.Equal(off.At))
		}
	}
	all, err := x.plans.Schedules(ctx)
	if err != nil {
		return nil, err
	}
	names := []string{r.Name}
	for _, other := range all {
		if other.Name != r.Name && same != nil && slices.ContainsFunc(other.TimeOff, same) {
			names = append(names, other.Name)
		}
	}
	return x.changeAll(ctx, in, names, func(r oncall.Record, name string) ([]oncall.Command, error) {
		if same == nil {
			return nil, refuse(incident.NotFound, "There is no time off %s on %s. `/oncall changes` lists what there is.", incident.Clip(id, 20), incident.Clip(name, 60))
		}
		var out []oncall.Command
		for _, o := range r.TimeOff {
			if same(o) {
				out = append(out, oncall.RemoveTimeOff{By: x.rights.OncallActor(in.By, name, o.Person), ID: o.ID})
			}
		}
		return out, nil
	})
}

// changeAll puts commands to several schedules, in one commit or not at all.
func (x *schedules) changeAll(ctx context.Context, in In, names []string, commands func(oncall.Record, string) ([]oncall.Command, error)) ([]ScheduleAnswer, error) {
	var out []ScheduleAnswer
	files := map[string]*oncall.Schedule{}
	for _, name := range names {
		_, file, err := x.plans.located(name)
		if err != nil {
			return nil, err
		}
		files[name] = file
	}
	a, err := x.lanes.do(ctx, scheduleLane, &job{cause: in.Cause, asked: in.Asked, run: func(u *unit) (Answer, error) {
		out = nil
		var spans []Span
		for _, name := range names {
			if err := u.schedules.begin(files[name]); err != nil {
				return Answer{}, err
			}
			r, err := u.schedules.record(name)
			if err != nil {
				return Answer{}, err
			}
			a := ScheduleAnswer{Schedule: name}
			list, err := commands(r, name)
			if err != nil {
				return Answer{}, err
			}
			for _, c := range list {
				events, err := u.schedules.change(in.By, name, c)
				if err != nil {
					return Answer{}, err
				}
				a.Events = append(a.Events, events...)
			}
			a.Record, a.Changed = u.schedules.records[name].record, len(a.Events) > 0
			out, spans = append(out, a), append(spans, u.schedules.span(name, len(a.Events))...)
		}
		return Answer{Schedule: names[0], Changed: len(spans) > 0, Spans: spans}, nil
	}})
	if err != nil { // it may still be decided, and out be written
		return nil, err
	}
	if out != nil {
		return out, nil
	}
	return x.plans.answers(ctx, a) // the same cause came before
}
