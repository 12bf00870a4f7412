package bot

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
)

// off notes time off on every schedule that the person stands on.
func (f *oncallFront) off(ctx context.Context, r request) (*slackui.Message, error) {
	ask := r.input.Roster
	if ask.From.IsZero() && ask.FromDay == "" {
		return f.reply.openForm(ctx, r, slackui.OffModal(f.now().In(f.people.Zone(r.by.Person)).Format(time.DateOnly), r.meta("")))
	}
	who, err := f.whose(r)
	if err != nil {
		return nil, err
	}
	off := oncall.TimeOff{Person: who, From: ask.FromDay, To: ask.ToDay, Note: ask.Note}
	if off.From == "" {
		if ask.To.IsZero() {
			return nil, refusal(incident.Invalid, "Say until when you are away: for example `/oncall off 2026-12-24 to 2026-12-27`.")
		}
		off.From, off.To = rfc(ask.From), rfc(ask.To)
	}
	answers, err := f.desk.NoteTimeOff(ctx, r.in(), ask.Schedule, off)
	if err != nil {
		return nil, err
	}
	away := slackui.Away{From: off.From, To: off.To}
	if who != r.by.Person {
		away.Person = who
	}
	for n, a := range answers {
		away.Schedules = append(away.Schedules, a.Schedule)
		for _, e := range a.Events {
			if e.TimeOff != nil && n == 0 {
				away.ID = e.TimeOff.ID
			}
		}
		away.Meets = append(away.Meets, f.meets(a.Schedule, who, off)...)
	}
	if away.ID == "" { // the same was noted before
		return new(slackui.Noted("That is noted already.", f.views.plain())), nil
	}
	slices.SortStableFunc(away.Meets, func(a, b slackui.Shift) int { return a.From.Compare(b.From) })
	return new(slackui.AwayDone(away, f.views.plain())), nil
}

// meets are the shifts of a person that time off meets on a schedule.
func (f *oncallFront) meets(schedule, person string, off oncall.TimeOff) []slackui.Shift {
	plan := f.desk.SchedulePlan(schedule)
	if plan == nil {
		return nil
	}
	var out []slackui.Shift
	now := f.now()
	for _, c := range oncall.Conflicts([]*oncall.Plan{plan}, now, now.AddDate(0, 0, 400)) {
		if c.Kind == oncall.DuringTimeOff && slices.Contains(c.People, person) && plan.IsOff(off, c.Start) {
			out = append(out, slackui.Shift{Schedule: schedule, Person: person, From: c.Start, To: c.End})
		}
	}
	return out
}

// back takes time off back: the one that is named or the only one there is; of several
// the person chooses.
func (f *oncallFront) back(ctx context.Context, r request) (*slackui.Message, error) {
	if r.input.Roster.ID != "" {
		return f.undo(ctx, r)
	}
	who, err := f.whose(r)
	if err != nil {
		return nil, err
	}
	list, err := f.standing(ctx, func(schedule string, c oncall.Standing) bool {
		said := r.input.Roster.Schedule
		return c.Kind == oncall.TimeOffChange && c.Person == who && (said == "" || strings.EqualFold(schedule, said))
	})
	if err != nil {
		return nil, err
	}
	if len(list) == 1 {
		return f.takeBackOff(ctx, r, list[0].Schedule, list[0].ID)
	}
	return new(slackui.ChangesAnswer(list, "No time off of yours is noted.", f.views.plain())), nil
}

func (f *oncallFront) takeBackOff(ctx context.Context, r request, schedule, id string) (*slackui.Message, error) {
	answers, err := f.desk.TakeBackTimeOff(ctx, r.in(), schedule, id)
	if err != nil {
		return nil, err
	}
	away := slackui.Away{Ended: true}
	for _, a := range answers {
		away.Schedules = append(away.Schedules, a.Schedule)
		for _, o := range a.Record.TimeOff {
			if strings.EqualFold(o.ID, id) && a.Schedule == schedule {
				away.From, away.To = o.From, o.To
				if o.Person != r.by.Person {
					away.Person = o.Person
				}
			}
		}
	}
	return new(slackui.AwayDone(away, f.views.plain())), nil
}

// standing is what stands beside the rotations and fits, each time off once however
// many schedules it is noted on.
func (f *oncallFront) standing(ctx context.Context, fits func(schedule string, c oncall.Standing) bool) ([]slackui.Stood, error) {
	all, err := f.desk.Schedules(ctx)
	if err != nil {
		return nil, err
	}
	var out []slackui.Stood
	seen := map[string]bool{}
	for _, rec := range all {
		for _, c := range rec.Standing(f.now()) {
			if !fits(rec.Name, c) {
				continue
			}
			key := c.Kind + "/" + c.Text
			if c.Kind == oncall.TimeOffChange && seen[key] {
				continue
			}
			seen[key] = true
			out = append(out, slackui.Stood{Schedule: rec.Name, Standing: c})
		}
	}
	return out, nil
}

// changes lists what people and files put beside the rotations and is not over.
func (f *oncallFront) changes(ctx context.Context, r request) (*slackui.Message, error) {
	said, err := f.scheduleNamed(r.input.Roster.Schedule)
	if err != nil {
		return nil, err
	}
	list, err := f.standing(ctx, func(schedule string, _ oncall.Standing) bool { return said == "" || schedule == said })
	if err != nil {
		return nil, err
	}
	return new(slackui.ChangesAnswer(list, "There is no override, no request and no time off.", f.views.plain())), nil
}

// remove ends a schedule, after the person was asked whether they are sure.
func (f *oncallFront) remove(ctx context.Context, r request) (*slackui.Message, error) {
	if r.input.Roster.Schedule == "" {
		return nil, refusal(incident.Invalid, "Say which schedule: for example `/oncall remove checkout`.")
	}
	name, err := f.scheduleNamed(r.input.Roster.Schedule)
	if err != nil {
		return nil, err
	}
	if r.input.Roster.Sure {
		return f.change(ctx, r, name, oncall.RemoveSchedule{})
	}
	if err := f.desk.MayRemove(ctx, desk.In{By: r.by}, name); err != nil {
		return nil, err
	}
	var on []string
	if plan := f.desk.SchedulePlan(name); plan != nil {
		on = oncall.People(plan.OnCall(f.now()))
	}
	return new(slackui.SureToRemove(name, on, f.views.plain())), nil
}
