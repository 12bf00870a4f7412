package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// ClockKind is the kind of the records that keep time for schedules, one for each.
// They are apart from the schedules' own records so that a handoff, which changes
// nothing, does not.
const ClockKind = "schedule.clock"

// Clock is how far time has been told on one schedule, and what is told next.
type Clock struct {
	Schedule string `json:"schedule"`
	// Cursor is the instant up to which handoffs and reminders were told: what fell
	// due while nothing ran is told once, when it runs again.
	Cursor time.Time `json:"cursor"`
	// Changed is when the schedule last changed: who came to a shift by that was told
	// so, and is not reminded of what was near already.
	Changed time.Time `json:"changed,omitzero"`
	// Check is when the watchman looks at the schedule next.
	Check time.Time `json:"check"`
	// Due is when the clock is asked next.
	Due time.Time `json:"due"`
	// Relieve says that somebody has come on duty by a change of the schedule, and is to be
	// told of the pages that wait.
	Relieve bool `json:"relieve,omitempty"`
	// Told is what the watchman has reported and still holds, with how many days
	// ahead it was when it was reported.
	Told map[string]int `json:"told,omitempty"`
	// First says that the first start made the schedule, and the watchman has not looked yet.
	First bool `json:"first,omitempty"`
}

// clockMoved is the one kind of event of a clock: it holds the clock after it.
const clockMoved = "clock_moved"

func clockRef(name string) storage.Ref { return storage.Ref{Kind: ClockKind, ID: name} }

// How far ahead people are reminded, and how late is late.
const (
	dayAhead  = 24 * time.Hour
	hourAhead = time.Hour
	lateAfter = 2 * time.Minute
	// checkEvery is how often the watchman looks, checkSoon how soon after a change.
	checkEvery = 24 * time.Hour
	checkSoon  = time.Minute
	// clockAhead is how far ahead the clock looks for handoffs: further than a day
	// and the longest reminder, since it is wound at least daily.
	clockAhead = checkEvery + dayAhead + time.Hour
)

func (u *scheduleUnit) clock(name string) (Clock, error) {
	return u.clocks.read(u.work, clockShape, name)
}

// setClock records a clock that has moved.
func (u *scheduleUnit) setClock(c Clock) error {
	return u.clocks.replace(u.work, clockMoved, c.Schedule, c)
}

// wind sets when a schedule's clock is asked next. After a change the watchman
// looks soon, and the user group follows.
func (u *scheduleUnit) wind(name string, changed bool) error {
	c, err := u.clock(name)
	if err != nil {
		return err
	}
	was := c
	if c.Schedule == "" {
		c = Clock{Schedule: name, Cursor: u.at, First: u.first}
	}
	if changed || c.Check.IsZero() {
		c.Check = u.at.Add(checkSoon)
	}
	if changed {
		c.Changed = u.at
		if c.Relieve, err = u.relieves(c); err != nil {
			return err
		}
	}
	if err := u.nextDue(&c); err != nil {
		return err
	}
	if was.Schedule != "" && !changed && was.Due.Equal(c.Due) && was.Check.Equal(c.Check) {
		return nil
	}
	if err := u.setClock(c); err != nil {
		return err
	}
	return u.followGroup(name)
}

// relieves says whether somebody is on duty at this moment only because the schedule has
// changed in the unit, or did before and nobody was told yet.
func (u *scheduleUnit) relieves(c Clock) (bool, error) {
	plan, err := u.plan(c.Schedule)
	if err != nil || plan == nil || c.Relieve {
		return c.Relieve, err
	}
	before := u.plans.onCall(c.Schedule, u.at)
	return slices.ContainsFunc(oncall.People(plan.OnCall(u.at)), func(p string) bool { return !slices.Contains(before, p) }), nil
}

// windAll winds the clocks of all schedules: zone data may have changed since they
// were wound.
func (u *scheduleUnit) windAll() error {
	for _, k := range u.plans.all() {
		if _, err := u.record(k.record.Name); err != nil {
			return err
		}
		if err := u.wind(k.record.Name, false); err != nil {
			return err
		}
	}
	return nil
}

func (u *scheduleUnit) nextDue(c *Clock) error {
	plan, err := u.plan(c.Schedule)
	if err != nil {
		return err
	}
	c.Due = c.Check
	sooner := func(t time.Time) {
		if t.After(c.Cursor) && t.Before(c.Due) {
			c.Due = t
		}
	}
	r := u.records[c.Schedule].record
	if plan == nil || r.Removed != nil {
		c.Due = time.Time{}
		return nil
	}
	if at, ok := oncall.NextDue(r); ok && at.Before(c.Due) {
		c.Due = at
	}
	for _, h := range plan.Handoffs(c.Cursor.Add(time.Microsecond), c.Cursor.Add(clockAhead)) {
		sooner(h.At)
		for _, ahead := range []time.Duration{dayAhead, hourAhead} {
			if due := h.At.Add(-ahead); len(h.In) > 0 && due.After(c.Changed) {
				sooner(due)
			}
		}
	}
	if c.Relieve && u.at.Before(c.Due) {
		c.Due = u.at
	}
	c.Due = storage.Time(c.Due)
	return nil
}

// fireClock tells what has fallen due on a schedule, and whoever came on duty of the pages
// that wait.
func (d *Desk) fireClock(ctx context.Context, name string) error {
	handed, err := d.schedules.fire(ctx, name)
	if handed {
		d.relieve(ctx, name)
	}
	return err
}

// fire tells what has fallen due on a schedule; handed says that somebody came on duty.
func (x *schedules) fire(ctx context.Context, name string) (handed bool, err error) {
	if err := x.plans.load(ctx); err != nil {
		return false, err
	}
	came := false // of its own: it may still be decided when the time is over
	_, err = x.lanes.do(ctx, scheduleLane, &job{run: func(u *unit) (_ Answer, err error) {
		came, err = u.schedules.tick(name)
		return Answer{Schedule: name}, err
	}})
	if err != nil {
		return false, err
	}
	return came, nil
}

// relieve tells whoever has come on duty on a schedule of the pages that wait for an
// answer of it. What cannot be told now the next step tells.
func (d *Desk) relieve(ctx context.Context, schedule string) {
	d.relieveOf(ctx, func(p paging.Page) bool {
		return slices.Contains(p.Asks(), paging.Target(paging.ToSchedule+":"+schedule))
	})
}

// RelieveAll tells whoever has come on duty since the present step of the pages that wait
// for an answer, as after a start: the last life may have ended just before it did.
func (d *Desk) RelieveAll(ctx context.Context) error {
	d.relieveOf(ctx, func(p paging.Page) bool {
		return slices.ContainsFunc(p.Asks(), func(t paging.Target) bool {
			kind, _ := t.Split()
			return kind == paging.ToSchedule
		})
	})
	return nil
}

// relieveOf relieves those who were told of some open pages.
func (d *Desk) relieveOf(ctx context.Context, concerned func(paging.Page) bool) {
	pages, err := d.OpenPages(ctx, mostOpenPages)
	if err == nil {
		pages = slices.DeleteFunc(pages, func(p paging.Page) bool { return !concerned(p) })
		err = d.onPages(ctx, pages, func(u *unit, _ paging.Page) paging.Command { return paging.Relieve{World: u.world()} })
	}
	if err != nil && ctx.Err() == nil {
		d.Log.Error().Err(err).Msg("tell who came on duty of open pages")
	}
}

// tick tells what has fallen due; handed says that somebody handed over.
func (u *scheduleUnit) tick(name string) (handed bool, err error) {
	r, err := u.record(name)
	if err != nil {
		return false, err
	}
	if at, ok := oncall.NextDue(r); ok && !at.After(u.at) {
		if _, err := u.decide(name, oncall.Tick{}); err != nil {
			return false, err
		}
	}
	c, err := u.clock(name)
	if err != nil {
		return false, err
	}
	if c.Schedule == "" || c.Due.IsZero() || c.Due.After(u.at) {
		return false, nil
	}
	plan, err := u.plan(name)
	if err != nil || plan == nil {
		return false, err
	}
	seq := u.clocks[name].seq + 1
	words, err := u.dueWords(plan, c)
	if err != nil {
		return false, err
	}
	handed = slices.ContainsFunc(words, func(w Word) bool { return w.Kind == SayHandoff }) || c.Relieve
	c.Cursor, c.Relieve = u.at, false
	if !c.Check.After(u.at) {
		w, err := u.look(plan, &c)
		if err != nil {
			return false, err
		}
		words = append(words, w...)
	}
	if err := u.nextDue(&c); err != nil {
		return false, err
	}
	if err := u.setClock(c); err != nil {
		return false, err
	}
	if err := u.say(clockRef(name), seq, words); err != nil {
		return false, err
	}
	if handed {
		return true, u.followGroup(name)
	}
	return false, nil
}

// dueWords are the handoff and the reminders that fell due since the cursor. Of
// several handoffs only the last is told, and how many were missed before it; of
// several reminders of one shift the nearest.
func (u *scheduleUnit) dueWords(plan *oncall.Plan, c Clock) ([]Word, error) {
	var words []Word
	past := plan.Handoffs(c.Cursor.Add(time.Microsecond), u.at.Add(time.Microsecond))
	if len(past) > 0 {
		h := past[len(past)-1]
		w := Word{Kind: SayHandoff, Schedule: c.Schedule, At: h.At, Handoff: &h, Since: shiftSince(plan, h.At), Missed: len(past) - 1, Late: u.at.Sub(h.At) > lateAfter}
		for _, person := range slices.Concat(h.In, h.Out) {
			w.To = person
			words = append(words, w)
		}
		w.To = ""
		words = append(words, w)
	}
	for _, h := range plan.Handoffs(u.at.Add(time.Microsecond), u.at.Add(dayAhead+time.Microsecond)) {
		for _, person := range h.In {
			wish, err := u.wish(person)
			if err != nil {
				return nil, err
			}
			for _, ahead := range []time.Duration{hourAhead, dayAhead} {
				due := h.At.Add(-ahead)
				if !wish.wants(ahead) || due.After(u.at) {
					continue
				}
				if due.After(c.Cursor) && due.After(c.Changed) {
					words = append(words, Word{Kind: SayReminder, Schedule: c.Schedule, To: person, At: h.At, Handoff: &h, Late: u.at.Sub(due) > lateAfter})
				}
				break
			}
		}
	}
	return words, nil
}

// shiftSince is when the shift that ends at an instant began.
func shiftSince(plan *oncall.Plan, end time.Time) time.Time {
	for _, ahead := range []time.Duration{2 * dayAhead, 8 * dayAhead, 35 * dayAhead} {
		if before := plan.Handoffs(end.Add(-ahead), end); len(before) > 0 {
			return before[len(before)-1].At
		}
	}
	return end.Add(-7 * dayAhead)
}

// GroupKind is the kind of the effect that makes a user group follow a schedule.
const GroupKind = "slack.group"

// FollowGroups owes that user groups show who is on call: people may have changed one,
// or made it only now. Names are ids and handles of groups; without any, all follow.
func (x *schedules) FollowGroups(ctx context.Context, names ...string) error {
	if err := x.plans.load(ctx); err != nil {
		return err
	}
	_, err := x.lanes.do(ctx, scheduleLane, &job{run: func(u *unit) (Answer, error) {
		for _, k := range x.plans.all() {
			if k.record.Removed != nil || !follows(k.record, names) {
				continue
			}
			if _, err := u.schedules.clock(k.record.Name); err != nil {
				return Answer{}, err
			}
			if err := u.schedules.followGroup(k.record.Name); err != nil {
				return Answer{}, err
			}
		}
		return Answer{}, nil
	}})
	return err
}

// follows says whether one of the groups is the schedule's own.
func follows(r oncall.Record, names []string) bool {
	if len(r.Versions) == 0 {
		return false
	}
	own := strings.TrimPrefix(r.Versions[len(r.Versions)-1].Schedule.UserGroup, "@")
	return own != "" && (len(names) == 0 || slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, own) }))
}

// followGroup owes that the user group of a schedule shows who is on call.
func (u *scheduleUnit) followGroup(name string) error {
	r, err := u.record(name)
	if err != nil || len(r.Versions) == 0 || r.Versions[len(r.Versions)-1].Schedule.UserGroup == "" {
		return err
	}
	body, err := json.Marshal(Word{Schedule: name})
	if err != nil {
		return fmt.Errorf("encode effect: %w", err)
	}
	u.put = append(u.put, storage.Effect{Target: "group/" + name, Level: true, Kind: GroupKind, Dest: "slack/group/" + strings.ToLower(name),
		Class: storage.Card, Record: clockRef(name), Seq: u.clocks[name].seq, Body: body, Created: u.at})
	return nil
}
