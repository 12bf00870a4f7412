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
	r.input.Roster.Schedule = slackui.Unhandle(r.input.Roster.Schedule, b.desk.ScheduleNames())
	switch r.input.Roster.Do {
	case slackui.DoHelp:
		m := slackui.RosterHelp(b.views.plain())
		return &m, nil
	case slackui.DoSchedule:
		return b.drawSchedule(ctx, r)
	case slackui.DoShifts:
		return b.shifts(r)
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
	case slackui.DoBack:
		return b.back(ctx, r)
	case slackui.DoChanges:
		return b.changes(ctx, r)
	case slackui.DoRemove:
		return b.remove(ctx, r)
	}
	return b.onRequest(ctx, r)
}

// shifts says when somebody is on call.
func (b *Bot) shifts(r request) (*slackui.Message, error) {
	who, err := b.whose(r)
	if err != nil {
		return nil, err
	}
	whose := ""
	if who != r.by.Person {
		whose = who
	}
	s := b.views.plain()
	s.Now = b.now()
	m := slackui.ShiftsOf(whose, b.shiftsOf(who, s.Now), s)
	return &m, nil
}

// refusal is an answer of the front itself.
func refusal(code incident.Code, format string, args ...any) error {
	return &desk.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// which schedule is meant: the one that is named, else the only one, else the only
// one that fits; else the person is asked.
func (b *Bot) schedule(r request, fits func(oncall.Record) bool) (name string, ask *slackui.Message, err error) {
	if said := r.input.Roster.Schedule; said != "" {
		name, err := b.scheduleNamed(said)
		return name, nil, err
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
		return "", nil, refusal(incident.NotFound, "There is no schedule yet. Add one to the configuration under `schedules`.")
	case 1:
		return names[0], nil, nil
	}
	typed := slackui.Retyped(r.input.Wire, b.people.Person)
	m := slackui.WhichSchedule(names, typed, b.views.plain())
	return "", &m, nil
}

// scheduleNamed is the schedule of that name, or that of a service; without a name
// there is none.
func (b *Bot) scheduleNamed(said string) (string, error) {
	if said == "" {
		return "", nil
	}
	if plan := b.desk.SchedulePlan(said); plan != nil {
		return plan.Name(), nil
	}
	if v, ok := b.settings.Service(said); ok && v.Schedule != "" {
		return v.Schedule, nil
	}
	_, err := b.desk.OnCall(said, b.now())
	return "", err
}

func stands(person string) func(oncall.Record) bool {
	return func(r oncall.Record) bool { return slices.Contains(desk.PeopleOf(r), person) }
}

// change puts a command to a schedule and answers with what it did.
func (b *Bot) change(ctx context.Context, r request, schedule string, c oncall.Command) (*slackui.Message, error) {
	return b.changeLooking(ctx, r, schedule, c, nil)
}

// changeLooking is change where somebody is looked for: the answer says who would take
// it fairest.
func (b *Bot) changeLooking(ctx context.Context, r request, schedule string, c oncall.Command, l *looking, warnings ...string) (*slackui.Message, error) {
	in := r.in()
	in.Advice.Warnings = warnings
	a, err := b.desk.ChangeSchedule(ctx, in, schedule, c)
	if err != nil {
		return nil, err
	}
	d := slackui.Rostered{Schedule: a.Schedule, Events: a.Events, Warnings: a.Advice.Warnings}
	if l != nil && a.Changed {
		d.Fairest = b.fairest(ctx, a.Schedule, *l)
	}
	plan := b.desk.SchedulePlan(a.Schedule)
	if plan != nil && slices.ContainsFunc(a.Events, func(e oncall.Event) bool { return e.Kind == oncall.VersionApplied }) {
		after := plan.Following(b.now())
		d.After = &after
	}
	m := slackui.RosterDone(d, b.views.plain())
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

// whose is the person that a request names, else who asks.
func (b *Bot) whose(r request) (string, error) {
	if r.input.Roster.Person == "" {
		return r.by.Person, nil
	}
	return b.person(r, r.input.Roster.Person)
}

func (b *Bot) cover(ctx context.Context, r request) (*slackui.Message, error) {
	if r.by.Guest {
		return nil, refusal(incident.Forbidden, "Guests cannot change who is on call. Ask a member of the workspace to do it.")
	}
	who, err := b.whose(r)
	if err != nil {
		return nil, err
	}
	ask := r.input.Roster
	if ask.Schedule, err = b.scheduleNamed(ask.Schedule); err != nil {
		return nil, err
	}
	turns := b.turns(ask.Schedule, true, who)
	if len(turns) == 0 {
		whose := "You have"
		if who != r.by.Person {
			whose = incident.Clip(who, 60) + " has"
		}
		return nil, refusal(incident.NotFound, "%s no shift within 60 days, so there is nothing to cover. `/oncall` shows who is on call.", whose)
	}
	if ask.From.IsZero() {
		return b.openForm(ctx, r, slackui.CoverModal(b.withFairest(ctx, turns), b.people.Zone(r.by.Person), r.meta("")))
	}
	for _, t := range turns { // the shift that the time meets
		if ask.To.IsZero() && ask.From.Before(t.To) {
			ask.To = t.To
		}
		if t.From.Before(ask.To) && ask.From.Before(t.To) && ask.Schedule == "" {
			ask.Schedule = t.Schedule
		}
	}
	r.input.Roster = ask
	name, which, err := b.schedule(r, stands(who))
	if err != nil || which != nil {
		return which, err
	}
	var alone []string
	if rec, err := b.desk.Schedule(ctx, name); err == nil && len(desk.PeopleOf(rec)) < 2 {
		alone = append(alone, "nobody else stands on "+name+", so nobody is asked: talk to your team lead")
	}
	c := oncall.RequestCover{By: b.desk.OncallActor(r.by, name, who), Person: who, From: ask.From, To: ask.To, Note: ask.Note}
	return b.changeLooking(ctx, r, name, c, &looking{ask.From, ask.To, who}, alone...)
}

// looking is time for which somebody is looked for, and whose it is.
type looking struct {
	from, to time.Time
	whose    string
}

// mostWeighed is for how many shifts of a form the fairest taker is worked out.
const mostWeighed = 20

// withFairest says of the next shifts who would take each of them over fairest.
func (b *Bot) withFairest(ctx context.Context, turns []slackui.Turn) []slackui.Turn {
	known := map[string]oncall.Takers{}
	for n := range turns[:min(len(turns), mostWeighed)] {
		t := &turns[n]
		takers, ok := known[t.Schedule]
		if !ok {
			takers, _ = b.takers(ctx, t.Schedule)
			known[t.Schedule] = takers
		}
		if taker, ok := takers.Fairest(t.From, t.To, t.Person); ok {
			t.Fairest = b.people.Display(taker.Person)
		}
	}
	return turns
}

// fairest is who would take time on a schedule over fairest; nil: nobody, or not known.
func (b *Bot) fairest(ctx context.Context, schedule string, l looking, except ...string) *oncall.Taker {
	takers, ok := b.takers(ctx, schedule)
	if !ok {
		return nil
	}
	if t, ok := takers.Fairest(l.from, l.to, append(except, l.whose)...); ok {
		return &t
	}
	return nil
}

// fairTime is how long the fairest taker is looked for: a form must open within three
// seconds.
const fairTime = 800 * time.Millisecond

// takers weigh who takes over. It is a suggestion: what keeps it from being made keeps
// nothing else from going on.
func (b *Bot) takers(ctx context.Context, schedule string) (oncall.Takers, bool) {
	ctx, cancel := context.WithTimeout(ctx, fairTime)
	defer cancel()
	takers, err := b.desk.Takers(ctx, schedule)
	if err != nil {
		b.log.Warn().Err(err).Str("schedule", schedule).Msg("look for the fairest taker")
	}
	return takers, err == nil
}

func (b *Bot) swap(ctx context.Context, r request) (*slackui.Message, error) {
	ask, me := r.input.Roster, r.by.Person
	if !ask.OtherFrom.IsZero() {
		return b.proposeSwap(ctx, r)
	}
	var err error
	if ask.Schedule, err = b.scheduleNamed(ask.Schedule); err != nil {
		return nil, err
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
	return b.openForm(ctx, r, slackui.SwapModal(mine, theirs, ask.From, b.people.Zone(me), r.meta(""), b.views.plain()))
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
	doubts := b.desk.Doubts(name, o)
	var look *looking
	if len(doubts) > 0 {
		look = &looking{ask.From, ask.To, orElse(replaced, person)}
	}
	return b.changeLooking(ctx, r, name, oncall.AddOverride{By: b.desk.OncallActor(r.by, name, replaced), Override: o}, look, doubts...)
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
	} else if name, which, err := b.schedule(r, stands(orElse(orElse(replaced, person), r.by.Person))); err == nil && which == nil {
		chosen = name
	}
	o := slackui.Overriding{Schedules: names, Chosen: chosen, From: ask.From, To: ask.To}
	if o.From.IsZero() {
		o.From = b.now().Truncate(time.Hour).Add(time.Hour)
	}
	if plan := b.desk.SchedulePlan(chosen); plan != nil {
		if on := oncall.People(plan.OnCall(o.From)); replaced == "" && len(on) == 1 && on[0] != person {
			replaced = on[0]
		}
		if o.FairTo = ask.To; o.FairTo.IsZero() {
			o.FairTo, _ = plan.Until(o.From, 14*24*time.Hour)
		}
		if o.To.IsZero() { // to the end of the shift
			o.To = o.FairTo
		}
		if o.From.Before(o.FairTo) {
			o.Fairest = b.fairest(ctx, chosen, looking{o.From, o.FairTo, replaced})
		}
	}
	id := func(person string) string {
		found, _ := b.people.Slack(person)
		return found
	}
	o.Person, o.Replaces = id(person), id(replaced)
	return b.openForm(ctx, r, slackui.OverrideModal(o, r.meta(""), b.views.plain()))
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
	m := slackui.GapsAnswer(list)
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
	address, err := b.doors.feeds.URL(kind, name, false)
	if err != nil {
		return nil, &desk.Error{Code: incident.Conflict, Message: err.Error()}
	}
	m := slackui.Noted(what+" as a calendar to subscribe to: "+address+" . Whoever has the address can read them; `watchbill oncall feed "+flag+name+" --revoke` ends it.", b.views.plain())
	return &m, nil
}

func (b *Bot) remind(ctx context.Context, r request) (*slackui.Message, error) {
	if err := b.desk.Remind(ctx, r.in(), r.input.Roster.Choice); err != nil {
		return nil, err
	}
	text := map[string]string{desk.RemindOff: "You are not reminded of your shifts any more.", desk.RemindDay: "You are reminded a day before each shift.",
		desk.RemindHour: "You are reminded an hour before each shift.", desk.RemindBoth: "You are reminded a day and an hour before each shift."}[r.input.Roster.Choice]
	m := slackui.Noted(text, b.views.plain())
	return &m, nil
}

func rfc(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// watches turns the desk's answer into what is shown.
func (b *Bot) watches(list []desk.Watch) []slackui.Watch {
	var out []slackui.Watch
	for _, w := range list {
		v := slackui.Watch{Schedule: w.Schedule, Next: w.Until, NextBy: b.takingOver(w)}
		for _, d := range w.Duties {
			v.On = append(v.On, slackui.OnDuty{Person: d.Person, Why: d.Why, Shadow: !d.Covers()})
		}
		out = append(out, v)
	}
	return out
}

// takingOver are those who are on call when a watch ends.
func (b *Bot) takingOver(w desk.Watch) []string {
	if w.Until.IsZero() {
		return nil
	}
	next, err := b.desk.OnCall(w.Schedule, w.Until)
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
