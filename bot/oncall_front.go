package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
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

// oncallFront is the front of schedules.
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

// do does what somebody asks of the schedules.
func (f *oncallFront) do(ctx context.Context, r request) (*slackui.Message, error) {
	r.input.Roster.Schedule = slackui.Unhandle(r.input.Roster.Schedule, f.desk.ScheduleNames())
	switch r.input.Roster.Do {
	case slackui.DoHelp:
		return new(slackui.RosterHelp(f.views.plain())), nil
	case slackui.DoSchedule:
		return f.drawSchedule(ctx, r)
	case slackui.DoShifts:
		return f.shifts(r)
	case slackui.DoCover:
		return f.cover(ctx, r)
	case slackui.DoSwap:
		return f.swap(ctx, r)
	case slackui.DoOverride:
		return f.override(ctx, r)
	case slackui.DoOff:
		return f.off(ctx, r)
	case slackui.DoShadow:
		return f.shadow(ctx, r)
	case slackui.DoGraduate:
		return f.graduate(ctx, r)
	case slackui.DoGaps:
		return f.gaps(r)
	case slackui.DoFeed:
		return f.feed(r)
	case slackui.DoRemind:
		return f.remind(ctx, r)
	case slackui.DoTest:
		return f.test(ctx, r)
	case slackui.DoReady:
		return f.ready(ctx, r)
	case slackui.DoUndo:
		return f.undo(ctx, r)
	case slackui.DoBack:
		return f.back(ctx, r)
	case slackui.DoChanges:
		return f.changes(ctx, r)
	case slackui.DoRemove:
		return f.remove(ctx, r)
	}
	return f.onRequest(ctx, r)
}

// shifts says when somebody is on call.
func (f *oncallFront) shifts(r request) (*slackui.Message, error) {
	who, err := f.whose(r)
	if err != nil {
		return nil, err
	}
	whose := ""
	if who != r.by.Person {
		whose = who
	}
	s := f.views.plain()
	s.Now = f.now()
	return new(slackui.ShiftsOf(whose, f.shiftsOf(who, s.Now), s)), nil
}

// refusal is an answer of the front itself.
func refusal(code incident.Code, format string, args ...any) error {
	return &desk.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// which schedule is meant: the one that is named, else the only one, else the only
// one that fits; else the person is asked.
func (f *oncallFront) schedule(r request, fits func(oncall.Record) bool) (name string, ask *slackui.Message, err error) {
	if said := r.input.Roster.Schedule; said != "" {
		name, err := f.scheduleNamed(said)
		return name, nil, err
	}
	all, err := f.desk.Schedules(context.Background())
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

// turns are the next shifts of people that a form offers.
func (f *oncallFront) turns(schedule string, mine bool, person string) []slackui.Turn {
	now := f.now()
	var out []slackui.Turn
	for _, name := range f.desk.ScheduleNames() {
		plan := f.desk.SchedulePlan(name)
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
func (f *oncallFront) whose(r request) (string, error) {
	if r.input.Roster.Person == "" {
		return r.by.Person, nil
	}
	return r.person(f.desk, r.input.Roster.Person)
}

func (f *oncallFront) cover(ctx context.Context, r request) (*slackui.Message, error) {
	if r.by.Guest {
		return nil, refusal(incident.Forbidden, "Guests cannot change who is on call. Ask a member of the workspace to do it.")
	}
	who, err := f.whose(r)
	if err != nil {
		return nil, err
	}
	ask := r.input.Roster
	if ask.Schedule, err = f.scheduleNamed(ask.Schedule); err != nil {
		return nil, err
	}
	turns := f.turns(ask.Schedule, true, who)
	if len(turns) == 0 {
		whose := "You have"
		if who != r.by.Person {
			whose = incident.Clip(who, 60) + " has"
		}
		return nil, refusal(incident.NotFound, "%s no shift within 60 days, so there is nothing to cover. `/oncall` shows who is on call.", whose)
	}
	if ask.From.IsZero() {
		return f.reply.openForm(ctx, r, slackui.CoverModal(f.withFairest(ctx, turns), f.people.Zone(r.by.Person), r.meta("")))
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
	name, which, err := f.schedule(r, stands(who))
	if err != nil || which != nil {
		return which, err
	}
	var alone []string
	if rec, err := f.desk.Schedule(ctx, name); err == nil && len(desk.PeopleOf(rec)) < 2 {
		alone = append(alone, "nobody else stands on "+name+", so nobody is asked: talk to your team lead")
	}
	c := oncall.RequestCover{By: f.desk.OncallActor(r.by, name, who), Person: who, From: ask.From, To: ask.To, Note: ask.Note}
	return f.changeLooking(ctx, r, name, c, &looking{ask.From, ask.To, who}, alone...)
}

// looking is time for which somebody is looked for, and whose it is.
type looking struct {
	from, to time.Time
	whose    string
}

// mostWeighed is for how many shifts of a form the fairest taker is worked out.
const mostWeighed = 20

// withFairest says of the next shifts who would take each of them over fairest.
func (f *oncallFront) withFairest(ctx context.Context, turns []slackui.Turn) []slackui.Turn {
	known := map[string]oncall.Takers{}
	for n := range turns[:min(len(turns), mostWeighed)] {
		t := &turns[n]
		takers, ok := known[t.Schedule]
		if !ok {
			takers, _ = f.takers(ctx, t.Schedule)
			known[t.Schedule] = takers
		}
		if taker, ok := takers.Fairest(t.From, t.To, t.Person); ok {
			t.Fairest = f.people.Display(taker.Person)
		}
	}
	return turns
}

// fairest is who would take time on a schedule over fairest; nil: nobody, or not known.
func (f *oncallFront) fairest(ctx context.Context, schedule string, l looking, except ...string) *oncall.Taker {
	takers, ok := f.takers(ctx, schedule)
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
func (f *oncallFront) takers(ctx context.Context, schedule string) (oncall.Takers, bool) {
	ctx, cancel := context.WithTimeout(ctx, fairTime)
	defer cancel()
	takers, err := f.desk.Takers(ctx, schedule)
	if err != nil {
		f.log.Warn().Err(err).Str("schedule", schedule).Msg("look for the fairest taker")
	}
	return takers, err == nil
}

func (f *oncallFront) swap(ctx context.Context, r request) (*slackui.Message, error) {
	ask, me := r.input.Roster, r.by.Person
	if !ask.OtherFrom.IsZero() {
		return f.proposeSwap(ctx, r)
	}
	var err error
	if ask.Schedule, err = f.scheduleNamed(ask.Schedule); err != nil {
		return nil, err
	}
	mine := f.turns(ask.Schedule, true, me)
	theirs := f.turns(ask.Schedule, false, me)
	if ask.Other != "" {
		other, err := r.person(f.desk, ask.Other)
		if err != nil {
			return nil, err
		}
		theirs = slices.DeleteFunc(theirs, func(t slackui.Turn) bool { return t.Person != other })
	}
	if len(mine) == 0 || len(theirs) == 0 {
		return nil, refusal(incident.NotFound, "A swap needs a shift of yours and one of theirs within 60 days, and there is none. `/oncall cover me` asks everybody instead.")
	}
	return f.reply.openForm(ctx, r, slackui.SwapModal(mine, theirs, ask.From, f.people.Zone(me), r.meta(""), f.views.plain()))
}

// proposeSwap offers the shift chosen in the form to whoever stands in the other.
func (f *oncallFront) proposeSwap(ctx context.Context, r request) (*slackui.Message, error) {
	ask := r.input.Roster
	plan := f.desk.SchedulePlan(ask.Schedule)
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
	return f.change(ctx, r, ask.Schedule, oncall.ProposeSwap{By: oncall.Actor{Name: r.by.Person}, From: ask.From, To: ask.To,
		Other: other, OtherFrom: ask.OtherFrom, OtherTo: ask.OtherTo, Note: ask.Note})
}

func (f *oncallFront) override(ctx context.Context, r request) (*slackui.Message, error) {
	ask := r.input.Roster
	var person, replaced string
	var err error
	if ask.Person != "" {
		if person, err = r.person(f.desk, ask.Person); err != nil {
			return nil, err
		}
	}
	if ask.Other != "" {
		if replaced, err = r.person(f.desk, ask.Other); err != nil {
			return nil, err
		}
	}
	if !r.formed && (person == "" || replaced == "" || ask.From.IsZero() || ask.To.IsZero()) {
		return f.askOverride(ctx, r, person, replaced)
	}
	name, which, err := f.schedule(r, stands(cmp.Or(replaced, person)))
	if err != nil || which != nil {
		return which, err
	}
	o := oncall.Override{From: rfc(ask.From), To: rfc(ask.To), Person: person, Replaces: replaced}
	doubts := f.desk.Doubts(name, o)
	var look *looking
	if len(doubts) > 0 {
		look = &looking{ask.From, ask.To, cmp.Or(replaced, person)}
	}
	return f.changeLooking(ctx, r, name, oncall.AddOverride{By: f.desk.OncallActor(r.by, name, replaced), Override: o}, look, doubts...)
}

// askOverride opens the form with what was typed; in whose place is guessed by who
// is on call when it begins.
func (f *oncallFront) askOverride(ctx context.Context, r request, person, replaced string) (*slackui.Message, error) {
	ask, names := r.input.Roster, f.desk.ScheduleNames()
	if len(names) == 0 {
		return nil, refusal(incident.NotFound, "There is no schedule yet. Add one to the configuration under `schedules`.")
	}
	chosen := ""
	if plan := f.desk.SchedulePlan(ask.Schedule); plan != nil {
		chosen = plan.Name()
	} else if name, which, err := f.schedule(r, stands(cmp.Or(replaced, person, r.by.Person))); err == nil && which == nil {
		chosen = name
	}
	o := slackui.Overriding{Schedules: names, Chosen: chosen, From: ask.From, To: ask.To}
	if o.From.IsZero() {
		o.From = f.now().Truncate(time.Hour).Add(time.Hour)
	}
	if plan := f.desk.SchedulePlan(chosen); plan != nil {
		if on := oncall.People(plan.OnCall(o.From)); replaced == "" && len(on) == 1 && on[0] != person {
			replaced = on[0]
		}
		o.FairTo = ask.To
		if until, ok := plan.Until(o.From, desk.GapsAhead); ok && ask.To.IsZero() {
			o.FairTo = until
		}
		if o.To.IsZero() { // to the end of the shift
			o.To = o.FairTo
		}
		if o.From.Before(o.FairTo) {
			o.Fairest = f.fairest(ctx, chosen, looking{o.From, o.FairTo, replaced})
		}
	}
	id := func(person string) string {
		found, _ := f.people.Slack(person)
		return found
	}
	o.Person, o.Replaces = id(person), id(replaced)
	return f.reply.openForm(ctx, r, slackui.OverrideModal(o, r.meta(""), f.views.plain()))
}

func (f *oncallFront) gaps(r request) (*slackui.Message, error) {
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

// feed gives the private address of the person's shifts as a calendar, or of a
// schedule that they name.
func (f *oncallFront) feed(r request) (*slackui.Message, error) {
	if r.by.Guest {
		return nil, refusal(incident.Forbidden, "Guests cannot subscribe to schedules here. Ask a member of the workspace.")
	}
	kind, name, what, flag := httpd.PersonFeed, r.by.Person, "Your shifts", "--person "
	if said := r.input.Roster.Schedule; said != "" {
		schedule, _, err := f.schedule(r, stands(r.by.Person))
		if err != nil {
			return nil, err
		}
		kind, name, what, flag = httpd.ScheduleFeed, schedule, "The shifts of "+schedule, "--schedule "
	}
	address, err := f.feeds.URL(kind, name, false)
	if err != nil {
		return nil, &desk.Error{Code: incident.Conflict, Message: err.Error()}
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

func rfc(t time.Time) string { return t.UTC().Format(time.RFC3339) }

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
			out = append(out, slackui.Shift{Schedule: name, From: shift.Start, Until: shift.End})
		}
	}
	slices.SortStableFunc(out, func(a, b slackui.Shift) int { return a.From.Compare(b.From) })
	return out
}
