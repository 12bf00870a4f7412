package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/storage"
)

// ScheduleKind is the kind of the records of schedules; their bodies are
// oncall.Record and their ids the names.
const ScheduleKind = "schedule"

// indexSchedules lists all schedules by name, removed ones too.
const indexSchedules = "schedule.all"

// scheduleLane is the one lane of all schedules: changes of them are rare, and a
// Monday morning on which many hand over is stored in one commit.
const scheduleLane = "schedules"

// GapsAhead is how far ahead gaps are reported.
const GapsAhead = oncall.GapHorizon

// scheduleIndex are the index entries of a schedule.
func scheduleIndex(r oncall.Record) []storage.Entry {
	return []storage.Entry{{Index: indexSchedules, Key: strings.ToLower(r.Name), Unique: true}}
}

func scheduleRef(name string) storage.Ref { return storage.Ref{Kind: ScheduleKind, ID: name} }

// schedules take the commands on schedules.
type schedules struct {
	settings *configs.Config
	lanes    *lanes
	plans    *plans
	rights   *rights
	now      func() time.Time
}

// Applied is what became of one schedule of a file.
type Applied struct {
	Schedule string
	Changed  bool
	// Afterwards says who is on call now and who comes next.
	Afterwards string
	// Gaps are the times within GapsAhead in which nobody is on call, unless the
	// schedule says that they are meant.
	Gaps []oncall.Gap
	// Conflicts say in sentences what the file says against what people changed in
	// chat; the changes made in chat hold.
	Conflicts []string
	// Err is why this schedule was not applied.
	Err   error
	spans []Span // what happened to it
}

// ApplySchedules makes the schedules of a file those in force, all in one commit.
// One that is refused keeps what it was and says why in its Err: with strict, as
// from a person, nothing of the file is applied then. Schedules that the file does
// not name stay as they are.
func (x *schedules) ApplySchedules(ctx context.Context, in In, schedules []oncall.Schedule, allowGaps bool) ([]Applied, error) {
	return x.apply(ctx, in, schedules, allowGaps, true)
}

// StartSchedules applies the configuration's own schedules: what can be applied
// is, new gaps are allowed, and the calendar of every stored schedule is computed
// anew.
func (x *schedules) StartSchedules(ctx context.Context) ([]Applied, error) {
	return x.apply(ctx, In{}, x.settings.Schedules, true, false)
}

// errNotApplied ends a file that is refused: an error, so that its cause is not kept and
// the same file may come again.
var errNotApplied = refuse(incident.Conflict, "Nothing was applied.")

func (x *schedules) apply(ctx context.Context, in In, schedules []oncall.Schedule, allowGaps, strict bool) ([]Applied, error) {
	if err := x.plans.load(ctx); err != nil {
		return nil, err
	}
	var applied []Applied
	a, err := x.lanes.do(ctx, scheduleLane, &job{cause: in.Cause, asked: in.Asked, run: func(u *unit) (Answer, error) {
		u.schedules.first = !strict && len(x.plans.all()) == 0
		m, decided := u.mark(), u.decided()
		var spans []Span
		applied = make([]Applied, len(schedules))
		bad := false
		for n, s := range schedules {
			before := u.mark()
			if err := u.schedules.apply(in, s, allowGaps, &applied[n]); refusal(err) {
				u.rewind(before)
				applied[n].Err, bad = err, true
			} else if err != nil {
				return Answer{}, err
			}
			spans = append(spans, applied[n].spans...)
		}
		if bad && strict {
			u.rewind(m)
			for n := range applied {
				applied[n].Changed = false
			}
			return Answer{}, errNotApplied
		}
		if !strict {
			if err := u.schedules.windAll(); err != nil {
				return Answer{}, err
			}
		}
		return Answer{Changed: u.decided() > decided, Spans: spans}, nil
	}})
	if err != nil && !errors.Is(err, errNotApplied) {
		return nil, err
	}
	if applied == nil { // the same cause came before
		return x.plans.applied(ctx, schedules, a.Spans)
	}
	return applied, nil
}

// applied says how schedules stand that were applied before, and which of them were
// changed then.
func (p *plans) applied(ctx context.Context, schedules []oncall.Schedule, changed []Span) ([]Applied, error) {
	out := make([]Applied, len(schedules))
	for n, s := range schedules {
		r, err := p.Schedule(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		plan := p.SchedulePlan(r.Name)
		out[n] = Applied{Schedule: r.Name, Changed: slices.ContainsFunc(changed, func(c Span) bool { return c.Schedule == r.Name }), Afterwards: plan.Afterwards(p.now()), Gaps: gapsOf(plan, p.now()), Conflicts: oncall.FileConflicts(r, s, p.zones)}
	}
	return out, nil
}

// apply makes a schedule of a file the one in force, and says what became of it.
func (u *scheduleUnit) apply(in In, s oncall.Schedule, allowGaps bool, a *Applied) error {
	a.Schedule = s.Name
	name := u.plans.storedName(s.Name)
	if name != s.Name {
		return refuse(incident.Conflict, "There is a schedule %q already, and %q differs from it by case only. Use one spelling.", name, incident.Clip(s.Name, 60))
	}
	if k, stored := u.plans.known(s.Name); s.Calendars != nil && stored && k.record.Removed == nil {
		return refuse(incident.Conflict, "Calendars of schedule %q cannot be read (%s), so it stays as it was.", incident.Clip(s.Name, 60), incident.Clip(strings.Join(slices.Concat(s.Calendars.Holidays, s.Calendars.TimeOff), ", "), 200))
	}
	s.Calendars = nil // where nothing is stored yet, the schedule without them is better than none
	events, err := u.decide(s.Name, oncall.ApplyFile{By: oncall.Actor{Name: nameOf(in.By), Admin: true}, Schedule: s, AllowGaps: allowGaps})
	if err != nil {
		return err
	}
	a.Changed, a.spans = len(events) > 0, u.span(s.Name, len(events))
	r := u.records[s.Name].record
	a.Conflicts = oncall.FileConflicts(r, s, u.plans.zones)
	plan, err := u.plan(s.Name)
	if err != nil {
		return err
	}
	a.Gaps, a.Afterwards = gapsOf(plan, u.at), plan.Afterwards(u.at)
	return nil
}

func gapsOf(p *oncall.Plan, now time.Time) []oncall.Gap {
	if p == nil || p.GapsAreMeant() {
		return nil
	}
	return p.Gaps(now, now.Add(GapsAhead))
}

// Preview is what applying one schedule of a file would change.
type Preview struct {
	Schedule string
	// New says that there is no schedule of this name yet.
	New bool
	oncall.Preview
	// Err is why it would be refused, gaps aside.
	Err error
}

// PlanSchedules says what applying the schedules would change for people within
// GapsAhead. It changes nothing.
func (p *plans) PlanSchedules(ctx context.Context, schedules []oncall.Schedule) ([]Preview, error) {
	if err := p.load(ctx); err != nil {
		return nil, err
	}
	return previews(schedules, p.now(), func(name string) (oncall.Record, bool) {
		known, ok := p.known(name)
		return known.record, ok
	})
}

// PlanFirst is [Desk.PlanSchedules] where nothing is stored yet.
func PlanFirst(schedules []oncall.Schedule, now time.Time) ([]Preview, error) {
	return previews(schedules, now, func(string) (oncall.Record, bool) { return oncall.Record{}, false })
}

func previews(schedules []oncall.Schedule, now time.Time, stored func(string) (oncall.Record, bool)) ([]Preview, error) {
	out := make([]Preview, len(schedules))
	for n, s := range schedules {
		r, ok := stored(s.Name)
		p, err := oncall.PreviewFile(r, oncall.ApplyFile{Schedule: s}, storage.Time(now), GapsAhead)
		if err != nil && !refusal(err) {
			return nil, fmt.Errorf("preview schedule %q: %w", s.Name, err)
		}
		out[n] = Preview{Schedule: s.Name, New: !ok, Preview: p, Err: err}
	}
	return out, nil
}

// ScheduleAnswer says what a command did to a schedule.
type ScheduleAnswer struct {
	Schedule string
	Record   oncall.Record
	Events   []oncall.Event // what the command made happen
	Changed  bool
	Advice   Advice // of the In, also when the answer is repeated
}

// ChangeSchedule puts a command to a schedule. People who come through Slack may
// change their own shifts; those of others are for admins and team leads.
func (x *schedules) ChangeSchedule(ctx context.Context, in In, name string, c oncall.Command) (ScheduleAnswer, error) {
	a, err := x.change(ctx, in, name, c)
	if err != nil {
		return ScheduleAnswer{}, err
	}
	if a.Roster != nil {
		return *a.Roster, nil
	}
	again, err := x.plans.answers(ctx, a)
	if err != nil {
		return ScheduleAnswer{}, err
	}
	return again[0], nil
}

// span is what the last so many events of a schedule are; none is no span.
func (u *scheduleUnit) span(name string, events int) []Span {
	if events == 0 {
		return nil
	}
	seq := u.records[name].seq
	return []Span{{name, seq - uint64(events) + 1, seq}}
}

func (x *schedules) change(ctx context.Context, in In, name string, c oncall.Command) (Answer, error) {
	if err := x.plans.load(ctx); err != nil {
		return Answer{}, err
	}
	name, file, err := x.plans.located(name)
	if err != nil {
		return Answer{}, err
	}
	if _, ok := c.(oncall.RemoveSchedule); ok {
		c = x.plans.removal(in, name)
	}
	return x.lanes.do(ctx, scheduleLane, &job{cause: in.Cause, asked: in.Asked, run: func(u *unit) (Answer, error) {
		if err := u.schedules.begin(file); err != nil {
			return Answer{}, err
		}
		events, err := u.schedules.change(in.By, name, c)
		if err != nil {
			return Answer{}, err
		}
		return Answer{Schedule: name, Changed: len(events) > 0, Spans: u.schedules.span(name, len(events)), Advice: in.Advice,
			Roster: &ScheduleAnswer{Schedule: name, Record: u.schedules.records[name].record, Events: events, Changed: len(events) > 0, Advice: in.Advice}}, nil
	}})
}

// removal is the command that ends a schedule, with what speaks against it.
func (p *plans) removal(in In, name string) oncall.RemoveSchedule {
	return oncall.RemoveSchedule{By: oncall.Actor{Name: nameOf(in.By), Admin: true}, UsedBy: p.usersOf(name), Written: p.settings.SchedulePlace(name)}
}

// MayRemove refuses to remove a schedule as [Desk.ChangeSchedule] would, and changes
// nothing.
func (x *schedules) MayRemove(ctx context.Context, in In, name string) error {
	r, err := x.plans.Schedule(ctx, name)
	if err != nil {
		return err
	}
	if !x.rights.mayRemove(in.By) {
		return errRemoval
	}
	_, err = oncall.Decide(r, x.plans.removal(in, r.Name), storage.Time(x.now()), x.plans.zones)
	return err
}

// begin stores a schedule of the configuration; nil: it is stored.
func (u *scheduleUnit) begin(file *oncall.Schedule) error {
	if file == nil {
		return nil
	}
	return u.apply(In{}, *file, true, &Applied{})
}

// usersOf says what refers to a schedule in the configuration, and where.
func (p *plans) usersOf(name string) []string {
	var out []string
	for _, u := range p.settings.ScheduleUses(name) {
		out = append(out, u.By+" uses it ("+u.Place+")")
	}
	return out
}

func decodeScheduleEvent(s storage.Event) (oncall.Event, error) {
	e, err := decodeBody[oncall.Event](s)
	e.Kind, e.At = s.Kind, s.At
	return e, err
}
