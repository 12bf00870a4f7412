package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/httpd"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
)

// duty does what somebody asks of the schedules.
func (b *Bot) duty(ctx context.Context, r request) (*slackui.Message, error) {
	switch r.input.Roster.Do {
	case slackui.DoHelp:
		m := slackui.RosterHelp(b.plainScene())
		return &m, nil
	case slackui.DoSchedule:
		return b.drawSchedule(ctx, r)
	case slackui.DoCover:
		return b.cover(ctx, r)
	case slackui.DoSwap:
		return b.swap(ctx, r)
	case slackui.DoOverride:
		return b.override(ctx, r)
	case slackui.DoOff:
		return b.off(ctx, r)
	case slackui.DoShadow:
		return b.shadow(ctx, r)
	case slackui.DoGraduate:
		return b.graduate(ctx, r)
	case slackui.DoGaps:
		return b.gaps(r)
	case slackui.DoFeed:
		return b.feed(r)
	case slackui.DoRemind:
		return b.remind(ctx, r)
	case slackui.DoTest:
		return b.test(ctx, r)
	case slackui.DoReady:
		return b.ready(ctx, r)
	case slackui.DoUndo:
		return b.undo(ctx, r)
	}
	return b.onRequest(ctx, r)
}

// refusal is an answer of the front itself.
func refusal(code incident.Code, format string, args ...any) error {
	return &desk.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// which schedule is meant: the one that is named, else the only one, else the only
// one that fits; else the person is asked.
func (b *Bot) schedule(r request, fits func(oncall.Record) bool) (name string, ask *slackui.Message, err error) {
	if said := r.input.Roster.Schedule; said != "" {
		if plan := b.desk.SchedulePlan(said); plan != nil {
			return plan.Name(), nil, nil
		}
		if v, ok := b.settings.Service(said); ok && v.Schedule != "" {
			return v.Schedule, nil, nil
		}
		_, err := b.desk.OnCall(said, b.now())
		return "", nil, err
	}
	all, err := b.desk.Schedules(context.Background())
	if err != nil {
		return "", nil, err
	}
	var names []string
	for _, rec := range all {
		if fits(rec) {
			names = append(names, rec.Name)
		}
	}
	if len(names) == 0 {
		for _, rec := range all {
			names = append(names, rec.Name)
		}
	}
	switch len(names) {
	case 0:
		return "", nil, refusal(incident.NotFound, "There is no schedule yet. Add one to the configuration under `schedules`.")
	case 1:
		return names[0], nil, nil
	}
	m := slackui.WhichSchedule(names, strings.TrimPrefix(r.typed, b.settings.Slack.Commands.OnCall[0]+" "), b.plainScene())
	return "", &m, nil
}

func stands(person string) func(oncall.Record) bool {
	return func(r oncall.Record) bool { return slices.Contains(desk.PeopleOf(r), person) }
}

// change puts a command to a schedule and answers with what it did.
func (b *Bot) change(ctx context.Context, r request, schedule string, c oncall.Command, warnings ...string) (*slackui.Message, error) {
	a, err := b.desk.ChangeSchedule(ctx, r.in(), schedule, c)
	if err != nil {
		return nil, err
	}
	m := slackui.RosterDone(a.Schedule, a.Events, warnings, b.plainScene())
	return &m, nil
}

// turns are the next shifts of people that a form offers.
func (b *Bot) turns(schedule string, mine bool, person string) []slackui.Turn {
	now := b.now()
	var out []slackui.Turn
	for _, name := range b.desk.ScheduleNames() {
		plan := b.desk.SchedulePlan(name)
		if plan == nil || schedule != "" && !strings.EqualFold(name, schedule) {
			continue
		}
		for _, t := range slackui.Coming(name, plan.WholeShifts(now, now.AddDate(0, 0, 60))) {
			if (t.Person == person) == mine {
				t.From = latest(t.From, now.Truncate(time.Minute))
				out = append(out, t)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b slackui.Turn) int { return a.From.Compare(b.From) })
	return out[:min(len(out), 100)]
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b.UTC()
}

func (b *Bot) cover(ctx context.Context, r request) (*slackui.Message, error) {
	ask, me := r.input.Roster, r.by.Person
	mine := b.turns(ask.Schedule, true, me)
	if r.by.Guest || len(mine) == 0 {
		if r.by.Guest {
			return nil, refusal(incident.Forbidden, "Guests cannot change who is on call. Ask a member of the workspace to do it.")
		}
		return nil, refusal(incident.NotFound, "You have no shift within 60 days, so there is nothing to cover. `/oncall` shows who is on call.")
	}
	if ask.From.IsZero() {
		return b.openForm(ctx, r, slackui.CoverModal(mine, b.people.Zone(me), r.meta(""), b.plainScene()))
	}
	for _, t := range mine { // the shift that the time meets
		if ask.To.IsZero() && ask.From.Before(t.To) {
			ask.To = t.To
		}
		if t.From.Before(ask.To) && ask.From.Before(t.To) && ask.Schedule == "" {
			ask.Schedule = t.Schedule
		}
	}
	r.input.Roster = ask
	name, which, err := b.schedule(r, stands(me))
	if err != nil || which != nil {
		return which, err
	}
	var alone []string
	if rec, err := b.desk.Schedule(ctx, name); err == nil && len(desk.PeopleOf(rec)) < 2 {
		alone = append(alone, "nobody else stands on "+name+", so nobody is asked: talk to your team lead")
	}
	return b.change(ctx, r, name, oncall.RequestCover{By: oncall.Actor{Name: me}, From: ask.From, To: ask.To, Note: ask.Note}, alone...)
}

func (b *Bot) swap(ctx context.Context, r request) (*slackui.Message, error) {
	ask, me := r.input.Roster, r.by.Person
	if !ask.OtherFrom.IsZero() {
		return b.proposeSwap(ctx, r)
	}
	mine := b.turns(ask.Schedule, true, me)
	theirs := b.turns(ask.Schedule, false, me)
	if ask.Other != "" {
		other, err := b.person(r, ask.Other)
		if err != nil {
			return nil, err
		}
		theirs = slices.DeleteFunc(theirs, func(t slackui.Turn) bool { return t.Person != other })
	}
	if len(mine) == 0 || len(theirs) == 0 {
		return nil, refusal(incident.NotFound, "A swap needs a shift of yours and one of theirs within 60 days, and there is none. `/oncall cover me` asks everybody instead.")
	}
	return b.openForm(ctx, r, slackui.SwapModal(mine, theirs, b.people.Zone(me), r.meta(""), b.plainScene()))
}

// proposeSwap offers the shift chosen in the form to whoever stands in the other.
func (b *Bot) proposeSwap(ctx context.Context, r request) (*slackui.Message, error) {
	ask := r.input.Roster
	plan := b.desk.SchedulePlan(ask.Schedule)
	if plan == nil {
		return nil, refusal(incident.NotFound, "The schedule %s is gone.", incident.Clip(ask.Schedule, 60))
	}
	other := ""
	for _, t := range slackui.Coming(ask.Schedule, plan.Shifts(ask.OtherFrom, ask.OtherTo)) {
		if t.Person != r.by.Person {
			other = t.Person
			break
		}
	}
	return b.change(ctx, r, ask.Schedule, oncall.ProposeSwap{By: oncall.Actor{Name: r.by.Person}, From: ask.From, To: ask.To,
		Other: other, OtherFrom: ask.OtherFrom, OtherTo: ask.OtherTo, Note: ask.Note})
}

func (b *Bot) override(ctx context.Context, r request) (*slackui.Message, error) {
	ask := r.input.Roster
	var person, replaced string
	var err error
	if ask.Person != "" {
		if person, err = b.person(r, ask.Person); err != nil {
			return nil, err
		}
	}
	if ask.Other != "" {
		if replaced, err = b.person(r, ask.Other); err != nil {
			return nil, err
		}
	}
	if !r.formed && (person == "" || replaced == "" || ask.From.IsZero() || ask.To.IsZero()) {
		return b.askOverride(ctx, r, person, replaced)
	}
	name, which, err := b.schedule(r, stands(orElse(replaced, person)))
	if err != nil || which != nil {
		return which, err
	}
	o := oncall.Override{From: rfc(ask.From), To: rfc(ask.To), Person: person, Replaces: replaced}
	return b.change(ctx, r, name, oncall.AddOverride{By: b.desk.OncallActor(r.by, name, replaced), Override: o}, b.doubts(name, o)...)
}

// askOverride opens the form with what was typed; in whose place is guessed by who
// is on call when it begins.
func (b *Bot) askOverride(ctx context.Context, r request, person, replaced string) (*slackui.Message, error) {
	ask, names := r.input.Roster, b.desk.ScheduleNames()
	if len(names) == 0 {
		return nil, refusal(incident.NotFound, "There is no schedule yet. Add one to the configuration under `schedules`.")
	}
	chosen := ""
	if plan := b.desk.SchedulePlan(ask.Schedule); plan != nil {
		chosen = plan.Name()
	} else if len(names) == 1 {
		chosen = names[0]
	}
	from := ask.From
	if from.IsZero() {
		from = b.now().Truncate(time.Hour).Add(time.Hour)
	}
	if plan := b.desk.SchedulePlan(chosen); plan != nil && replaced == "" {
		if on := oncall.People(plan.OnCall(from)); len(on) == 1 && on[0] != person {
			replaced = on[0]
		}
	}
	id := func(person string) string {
		found, _ := b.people.Slack(person)
		return found
	}
	return b.openForm(ctx, r, slackui.OverrideModal(names, chosen, id(person), id(replaced), from, ask.To, r.meta(""), b.plainScene()))
}

// doubts are what about an override may not be meant.
func (b *Bot) doubts(schedule string, o oncall.Override) []string {
	plan := b.desk.SchedulePlan(schedule)
	if plan == nil {
		return nil
	}
	var others []*oncall.Plan
	for _, name := range b.desk.ScheduleNames() {
		if other := b.desk.SchedulePlan(name); other != nil && name != schedule {
			others = append(others, other)
		}
	}
	return plan.CheckOverride(o, others...)
}

func (b *Bot) off(ctx context.Context, r request) (*slackui.Message, error) {
	ask, me := r.input.Roster, r.by.Person
	if ask.From.IsZero() && ask.FromDay == "" {
		return b.openForm(ctx, r, slackui.OffModal(b.now().In(b.people.Zone(me)).Format(time.DateOnly), r.meta(""), b.plainScene()))
	}
	off := oncall.TimeOff{Person: me, From: ask.FromDay, To: ask.ToDay, Note: ask.Note}
	if off.From == "" {
		if ask.To.IsZero() {
			return nil, refusal(incident.Invalid, "Say until when you are away: for example `/oncall off 2026-12-24 to 2026-12-27`.")
		}
		off.From, off.To = rfc(ask.From), rfc(ask.To)
	}
	all, err := b.desk.Schedules(ctx)
	if err != nil {
		return nil, err
	}
	var noted []string
	for _, rec := range all {
		if !stands(me)(rec) || ask.Schedule != "" && !strings.EqualFold(ask.Schedule, rec.Name) {
			continue
		}
		in := r.in()
		in.Cause += "/" + rec.Name // one form may change several schedules
		if _, err := b.desk.ChangeSchedule(ctx, in, rec.Name, oncall.AddTimeOff{By: oncall.Actor{Name: me}, TimeOff: off}); err != nil {
			return nil, err
		}
		noted = append(noted, rec.Name)
	}
	if len(noted) == 0 {
		return nil, refusal(incident.NotFound, "You stand on no schedule, so there is nothing to be off from. `/oncall` shows them all.")
	}
	m := slackui.Noted("You are noted as away, for "+strings.Join(noted, ", ")+". Nobody is taken off call by that: ask for cover of the shifts it meets with `"+
		b.settings.Slack.Commands.OnCall[0]+" cover me`.", b.plainScene())
	return &m, nil
}

func (b *Bot) gaps(r request) (*slackui.Message, error) {
	watches, err := b.desk.OnCall(r.input.Roster.Schedule, b.now())
	if err != nil {
		return nil, err
	}
	var list []slackui.ScheduleGaps
	for _, w := range watches {
		if plan := b.desk.SchedulePlan(w.Schedule); plan != nil {
			list = append(list, slackui.ScheduleGaps{Schedule: w.Schedule, Gaps: plan.Gaps(w.At, w.At.Add(desk.GapsAhead)), Meant: plan.GapsAreMeant()})
		}
	}
	m := slackui.GapsAnswer(list, b.plainScene())
	return &m, nil
}

// feed gives the private address of the person's shifts as a calendar, or of a
// schedule that they name.
func (b *Bot) feed(r request) (*slackui.Message, error) {
	if r.by.Guest {
		return nil, refusal(incident.Forbidden, "Guests cannot subscribe to schedules here. Ask a member of the workspace.")
	}
	kind, name, what, flag := httpd.PersonFeed, r.by.Person, "Your shifts", "--person "
	if said := r.input.Roster.Schedule; said != "" {
		schedule, _, err := b.schedule(r, stands(r.by.Person))
		if err != nil {
			return nil, err
		}
		kind, name, what, flag = httpd.ScheduleFeed, schedule, "The shifts of "+schedule, "--schedule "
	}
	address, err := b.feeds.URL(kind, name, false)
	if err != nil {
		return nil, &desk.Error{Code: incident.Conflict, Message: err.Error()}
	}
	m := slackui.Noted(what+" as a calendar to subscribe to: "+address+" . Whoever has the address can read them; `watchbill oncall feed "+flag+name+" --revoke` ends it.", b.plainScene())
	return &m, nil
}

func (b *Bot) remind(ctx context.Context, r request) (*slackui.Message, error) {
	if err := b.desk.Remind(ctx, r.in(), r.input.Roster.Choice); err != nil {
		return nil, err
	}
	text := map[string]string{desk.RemindOff: "You are not reminded of your shifts any more.", desk.RemindDay: "You are reminded a day before each shift.",
		desk.RemindHour: "You are reminded an hour before each shift.", desk.RemindBoth: "You are reminded a day and an hour before each shift."}[r.input.Roster.Choice]
	m := slackui.Noted(text, b.plainScene())
	return &m, nil
}

func rfc(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
