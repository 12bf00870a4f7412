package bot

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
)

// cover asks all others to take a shift.
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
	shifts := f.offered(ask.Schedule, true, who)
	if len(shifts) == 0 {
		whose := "You have"
		if who != r.by.Person {
			whose = incident.Clip(who, 60) + " has"
		}
		return nil, refusal(incident.NotFound, "%s no shift within 60 days, so there is nothing to cover. `/oncall` shows who is on call.", whose)
	}
	if ask.From.IsZero() {
		return f.reply.openForm(ctx, r, slackui.CoverModal(f.withFairest(ctx, shifts), f.people.Zone(r.by.Person), r.meta("")))
	}
	for _, t := range shifts { // the shift that the time meets
		if ask.To.IsZero() && ask.From.Before(t.To) {
			ask.To = t.To
		}
		if t.From.Before(ask.To) && ask.From.Before(t.To) && ask.Schedule == "" {
			ask.Schedule = t.Schedule
		}
	}
	r.input.Roster = ask
	name, which, err := f.schedule(ctx, r, stands(who))
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
func (f *oncallFront) withFairest(ctx context.Context, shifts []slackui.Shift) []slackui.Shift {
	known := map[string]oncall.Takers{}
	for n := range shifts[:min(len(shifts), mostWeighed)] {
		t := &shifts[n]
		takers, ok := known[t.Schedule]
		if !ok {
			takers, _ = f.takers(ctx, t.Schedule)
			known[t.Schedule] = takers
		}
		if taker, ok := takers.Fairest(t.From, t.To, t.Person); ok {
			t.Fairest = f.people.Display(taker.Person)
		}
	}
	return shifts
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
	mine := f.offered(ask.Schedule, true, me)
	theirs := f.offered(ask.Schedule, false, me)
	if ask.Other != "" {
		other, err := r.person(f.desk, ask.Other)
		if err != nil {
			return nil, err
		}
		theirs = slices.DeleteFunc(theirs, func(t slackui.Shift) bool { return t.Person != other })
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
	name, which, err := f.schedule(ctx, r, stands(cmp.Or(replaced, person)))
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
		return nil, noSchedule
	}
	chosen := ""
	if plan := f.desk.SchedulePlan(ask.Schedule); plan != nil {
		chosen = plan.Name()
	} else if name, which, err := f.schedule(ctx, r, stands(cmp.Or(replaced, person, r.by.Person))); err == nil && which == nil {
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

// offered are the next shifts of people that a form offers.
func (f *oncallFront) offered(schedule string, mine bool, person string) []slackui.Shift {
	now := f.now()
	var out []slackui.Shift
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
	slices.SortStableFunc(out, func(a, b slackui.Shift) int { return a.From.Compare(b.From) })
	return out[:min(len(out), 100)]
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b.UTC()
}

func rfc(t time.Time) string { return t.UTC().Format(time.RFC3339) }
