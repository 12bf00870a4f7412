package bot

import (
	"context"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/httpd"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
)

type oncallFront struct {
	settings   *configs.Config
	desk       *desk.Desk
	people     *desk.Directory
	client     *slackio.Client
	feeds      *httpd.Feeds // nil: there is no data directory
	views      *views
	reply      *replies
	afterwards *afterwards
	log        zerolog.Logger
	now        func() time.Time
}

// deeds are what can be asked of the schedules, besides an answer to a request.
var deeds = map[string]func(*oncallFront, context.Context, request) (*slackui.Message, error){
	slackui.DoHelp:     (*oncallFront).help,
	slackui.DoSchedule: (*oncallFront).drawSchedule,
	slackui.DoShifts:   (*oncallFront).shifts,
	slackui.DoCover:    (*oncallFront).cover,
	slackui.DoSwap:     (*oncallFront).swap,
	slackui.DoOverride: (*oncallFront).override,
	slackui.DoOff:      (*oncallFront).off,
	slackui.DoBack:     (*oncallFront).back,
	slackui.DoShadow:   (*oncallFront).shadow,
	slackui.DoGraduate: (*oncallFront).graduate,
	slackui.DoGaps:     (*oncallFront).gaps,
	slackui.DoFeed:     (*oncallFront).feed,
	slackui.DoRemind:   (*oncallFront).remind,
	slackui.DoTest:     (*oncallFront).test,
	slackui.DoReady:    (*oncallFront).ready,
	slackui.DoUndo:     (*oncallFront).undo,
	slackui.DoChanges:  (*oncallFront).changes,
	slackui.DoRemove:   (*oncallFront).remove,
}

// do does what somebody asks of the schedules.
func (f *oncallFront) do(ctx context.Context, r request) (*slackui.Message, error) {
	r.input.Roster.Schedule = slackui.Unhandle(r.input.Roster.Schedule, f.desk.ScheduleNames())
	if deed, ok := deeds[r.input.Roster.Do]; ok {
		return deed(f, ctx, r)
	}
	return f.onRequest(ctx, r)
}

func (f *oncallFront) help(context.Context, request) (*slackui.Message, error) {
	return new(slackui.RosterHelp(f.views.plain())), nil
}

// noSchedule refuses what needs a schedule where there is none.
var noSchedule = refusal(incident.NotFound, "There is no schedule yet. Add one to the configuration under `schedules`.")

// schedule is the one that is meant: the one that is named, else the only one, else the only
// one that fits; else the person is asked.
func (f *oncallFront) schedule(ctx context.Context, r request, fits func(oncall.Record) bool) (name string, ask *slackui.Message, err error) {
	if said := r.input.Roster.Schedule; said != "" {
		name, err := f.scheduleNamed(said)
		return name, nil, err
	}
	all, err := f.desk.Schedules(ctx)
	if err != nil {
		return "", nil, err
	}
	var names []string
	for _, rec := range all {
		if fits(rec) {
			names = append(names, rec.Name)
		}
	}
	if id := r.input.Roster.ID; len(names) == 0 && id != "" && len(all) > 1 {
		return "", nil, refusal(incident.NotFound, "There is no %s that you could answer or take back. `/oncall changes` lists what there is.", incident.Clip(id, 20))
	}
	if len(names) == 0 {
		for _, rec := range all {
			names = append(names, rec.Name)
		}
	}
	switch len(names) {
	case 0:
		return "", nil, noSchedule
	case 1:
		return names[0], nil, nil
	}
	typed := slackui.Retyped(r.input.Wire, f.people.Person)
	m := slackui.WhichSchedule(names, typed, f.views.plain())
	return "", &m, nil
}

// scheduleNamed is the schedule of that name, or that of a service; without a name
// there is none.
func (f *oncallFront) scheduleNamed(said string) (string, error) {
	if said == "" {
		return "", nil
	}
	if plan := f.desk.SchedulePlan(said); plan != nil {
		return plan.Name(), nil
	}
	if v, ok := f.settings.Service(said); ok && v.Schedule != "" {
		return v.Schedule, nil
	}
	_, err := f.desk.OnCall(said, f.now())
	return "", err
}

func stands(person string) func(oncall.Record) bool {
	return func(r oncall.Record) bool { return slices.Contains(desk.PeopleOf(r), person) }
}

// change puts a command to a schedule and answers with what it did.
func (f *oncallFront) change(ctx context.Context, r request, schedule string, c oncall.Command) (*slackui.Message, error) {
	return f.changeLooking(ctx, r, schedule, c, nil)
}

// changeLooking is change where somebody is looked for: the answer says who would take
// it fairest.
func (f *oncallFront) changeLooking(ctx context.Context, r request, schedule string, c oncall.Command, l *looking, warnings ...string) (*slackui.Message, error) {
	in := r.in()
	in.Advice.Warnings = warnings
	a, err := f.desk.ChangeSchedule(ctx, in, schedule, c)
	if err != nil {
		return nil, err
	}
	d := slackui.Rostered{Schedule: a.Schedule, Events: a.Events, Warnings: a.Advice.Warnings}
	if l != nil && a.Changed {
		d.Fairest = f.fairest(ctx, a.Schedule, *l)
	}
	plan := f.desk.SchedulePlan(a.Schedule)
	if plan != nil && slices.ContainsFunc(a.Events, func(e oncall.Event) bool { return e.Kind == oncall.VersionApplied }) {
		after := plan.Following(f.now())
		d.After = &after
	}
	return new(slackui.RosterDone(d, f.views.plain())), nil
}

// whose is the person that a request names, else who asks.
func (f *oncallFront) whose(r request) (string, error) {
	if r.input.Roster.Person == "" {
		return r.by.Person, nil
	}
	return r.person(f.desk, r.input.Roster.Person)
}

// feed gives the private address of the person's shifts as a calendar, or of a
// schedule that they name.
func (f *oncallFront) feed(_ context.Context, r request) (*slackui.Message, error) {
	if r.by.Guest {
		return nil, refusal(incident.Forbidden, "Guests cannot subscribe to schedules here. Ask a member of the workspace.")
	}
	kind, name, what, flag := httpd.PersonFeed, r.by.Person, "Your shifts", "--person "
	if said := r.input.Roster.Schedule; said != "" {
		schedule, err := f.scheduleNamed(said)
		if err != nil {
			return nil, err
		}
		kind, name, what, flag = httpd.ScheduleFeed, schedule, "The shifts of "+schedule, "--schedule "
	}
	address, err := f.feeds.URL(kind, name, false)
	if err != nil {
		return nil, refusal(incident.Conflict, "%s", err)
	}
	return new(slackui.Noted(what+" as a calendar to subscribe to: "+address+" . Whoever has the address can read them; `watchbill oncall feed "+flag+name+" --revoke` ends it.", f.views.plain())), nil
}

func (f *oncallFront) remind(ctx context.Context, r request) (*slackui.Message, error) {
	if err := f.desk.Remind(ctx, r.in(), r.input.Roster.Choice); err != nil {
		return nil, err
	}
	text := map[string]string{desk.RemindOff: "You are not reminded of your shifts any more.", desk.RemindDay: "You are reminded a day before each shift.",
		desk.RemindHour: "You are reminded an hour before each shift.", desk.RemindBoth: "You are reminded a day and an hour before each shift."}[r.input.Roster.Choice]
	return new(slackui.Noted(text, f.views.plain())), nil
}
