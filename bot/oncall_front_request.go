package bot

import (
	"context"
	"slices"
	"strings"

	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
)

// onRequest answers or withdraws a request. A button names its schedule; who types
// it may leave that out.
func (f *oncallFront) onRequest(ctx context.Context, r request) (*slackui.Message, error) {
	ask := r.input.Roster
	if ask.ID == "" {
		return nil, refusal(incident.Invalid, "Say which request: for example `/oncall %s R3`. Its message shows the number.", ask.Do)
	}
	name, which, err := f.schedule(ctx, r, func(rec oncall.Record) bool {
		return slices.ContainsFunc(rec.Requests, func(q oncall.Request) bool {
			return strings.EqualFold(q.ID, ask.ID) && (q.Status == oncall.RequestOpen || q.Person == r.by.Person)
		})
	})
	if err != nil || which != nil {
		return which, err
	}
	by := oncall.Actor{Name: r.by.Person}
	switch ask.Do {
	case slackui.DoTake:
		return f.change(ctx, r, name, oncall.AcceptCover{By: by, ID: ask.ID})
	case slackui.DoAccept:
		return f.change(ctx, r, name, oncall.AcceptSwap{By: by, ID: ask.ID})
	case slackui.DoDecline:
		return f.change(ctx, r, name, oncall.DeclineSwap{By: by, ID: ask.ID})
	}
	return f.withdraw(ctx, r, name)
}

func (f *oncallFront) withdraw(ctx context.Context, r request, name string) (*slackui.Message, error) {
	rec, err := f.desk.Schedule(ctx, name)
	if err != nil {
		return nil, err
	}
	whose := ""
	for _, q := range rec.Requests {
		if strings.EqualFold(q.ID, r.input.Roster.ID) {
			whose = q.Person
		}
	}
	return f.change(ctx, r, name, oncall.WithdrawRequest{By: f.desk.OncallActor(r.by, name, whose), ID: r.input.Roster.ID})
}

// undo takes back what an id names: its letter says what that is.
func (f *oncallFront) undo(ctx context.Context, r request) (*slackui.Message, error) {
	ask := r.input.Roster
	if ask.ID == "" {
		return nil, refusal(incident.Invalid, "Say what to take back by its id: for example `/oncall undo O5`. `/oncall changes` lists what there is.")
	}
	if ask.ID[0] == 'R' {
		return f.onRequest(ctx, r)
	}
	name, which, err := f.schedule(ctx, r, func(rec oncall.Record) bool {
		return slices.ContainsFunc(rec.Standing(f.now()), func(c oncall.Standing) bool { return strings.EqualFold(c.ID, ask.ID) })
	})
	if err != nil || which != nil {
		return which, err
	}
	by := oncall.Actor{Name: r.by.Person}
	switch ask.ID[0] {
	case 'T':
		return f.takeBackOff(ctx, r, name, ask.ID)
	case 'S':
		return f.change(ctx, r, name, oncall.EndShadow{By: by, ID: ask.ID})
	}
	return f.change(ctx, r, name, oncall.RemoveOverride{By: by, ID: ask.ID})
}

// shadow lets the person learn beside another, or ends it.
func (f *oncallFront) shadow(ctx context.Context, r request) (*slackui.Message, error) {
	ask, me := r.input.Roster, r.by.Person
	switch strings.ToLower(ask.Schedule) {
	case "end", "stop", "off":
		return f.endShadow(ctx, r)
	}
	if ask.Other == "" {
		names := f.desk.ScheduleNames()
		if len(names) == 0 {
			return nil, noSchedule
		}
		return f.reply.openForm(ctx, r, slackui.ShadowModal(names, ask.Schedule, r.meta("")))
	}
	mentor, err := r.person(f.desk, ask.Other)
	if err != nil {
		return nil, err
	}
	name, which, err := f.schedule(ctx, r, stands(mentor))
	if err != nil || which != nil {
		return which, err
	}
	s := oncall.Shadow{Person: me, With: mentor}
	if !ask.From.IsZero() {
		s.From = rfc(ask.From)
	}
	if !ask.To.IsZero() {
		s.To = rfc(ask.To)
	}
	return f.change(ctx, r, name, oncall.SetShadow{By: oncall.Actor{Name: me}, Shadow: s})
}

func (f *oncallFront) endShadow(ctx context.Context, r request) (*slackui.Message, error) {
	all, err := f.desk.Schedules(ctx)
	if err != nil {
		return nil, err
	}
	for _, rec := range all {
		for _, s := range rec.Standing(f.now()) {
			if shadows(s, r.by.Person) {
				return f.change(ctx, r, rec.Name, oncall.EndShadow{By: oncall.Actor{Name: r.by.Person}, ID: s.ID})
			}
		}
	}
	return nil, refusal(incident.NotFound, "You shadow nobody.")
}

// shadows says whether what stands is that a person shadows somebody.
func shadows(s oncall.Standing, person string) bool {
	return s.Kind == oncall.ShadowChange && s.Person == person
}

// graduate moves a learner one step on.
func (f *oncallFront) graduate(ctx context.Context, r request) (*slackui.Message, error) {
	said := r.input.Roster.Person
	if said == "" {
		return nil, refusal(incident.Invalid, "Say who: for example `/oncall graduate @name`.")
	}
	person, err := r.person(f.desk, said)
	if err != nil {
		return nil, err
	}
	name, which, err := f.schedule(ctx, r, func(rec oncall.Record) bool {
		return slices.ContainsFunc(rec.Standing(f.now()), func(s oncall.Standing) bool { return shadows(s, person) })
	})
	if err != nil || which != nil {
		return which, err
	}
	return f.change(ctx, r, name, oncall.Graduate{By: f.desk.OncallActor(r.by, name, person), Person: person})
}

// rosterButtons are what the buttons of requests do.
var rosterButtons = map[string]string{slackui.RosterTake: slackui.DoTake, slackui.RosterAccept: slackui.DoAccept, slackui.RosterRefuse: slackui.DoDecline,
	slackui.RosterWithdraw: slackui.DoWithdraw, slackui.RosterUndo: slackui.DoUndo, slackui.RosterRemove: slackui.DoRemove}
