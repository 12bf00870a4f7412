package desk

import (
	"fmt"
	"slices"
	"time"

	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/storage"
)

// schedule returns the schedule as it stands in the unit. One that does not exist
// is the zero value.
func (u *unit) schedule(name string) (oncall.Record, error) {
	if h, ok := u.schedules[name]; ok {
		return h.record, nil
	}
	h, err := load[oncall.Record](u, scheduleRef(name), false)
	if err != nil {
		return oncall.Record{}, err
	}
	set(&u.schedules, name, h)
	return h.record, nil
}

// decideSchedule puts a command to a schedule, applies what it decides, and lets
// its clock and those whom it concerns follow.
func (u *unit) decideSchedule(name string, c oncall.Command) ([]oncall.Event, error) {
	before, err := u.schedule(name)
	if err != nil {
		return nil, err
	}
	events, err := oncall.Decide(before, c, u.at, u.d.zones)
	if err != nil {
		return nil, err
	}
	for n, e := range events {
		h := u.schedules[name]
		h.seq++
		e.At = storage.Time(e.At)
		events[n] = e
		h.record = oncall.Apply(h.record, e)
		stored, err := storedEvent(e.Kind, e.At, u.at, e)
		if err != nil {
			return nil, err
		}
		h.events = append(slices.Clip(h.events), stored)
		set(&u.schedules, name, h)
	}
	if len(events) == 0 {
		return nil, nil
	}
	if err := u.tellChange(before, name, events); err != nil {
		return nil, err
	}
	return events, u.wind(name, true)
}

// plan is a schedule of the unit ready to be asked.
func (u *unit) plan(name string) (*oncall.Plan, error) {
	h := u.schedules[name]
	if len(h.events) == 0 {
		return u.d.SchedulePlan(name), nil
	}
	if k, ok := u.compiled[name]; ok && k.record.Seq == h.record.Seq {
		return k.plan, nil
	}
	plan, err := oncall.CompileRecord(h.record, u.d.zones)
	if err != nil {
		return nil, fmt.Errorf("compile schedule %s: %w", name, err)
	}
	set(&u.compiled, name, knownPlan{record: h.record, plan: plan})
	return plan, nil
}

// scheduleChanges are the changes of schedules, their clocks and people.
func (u *unit) scheduleChanges() ([]storage.Change, error) {
	var out []storage.Change
	for _, id := range sorted(u.schedules) {
		h := u.schedules[id]
		if len(h.events) > 0 {
			if _, err := u.plan(id); err != nil {
				return nil, err
			}
		}
		c, err := change(scheduleRef(id), h, time.Time{}, scheduleIndex(h.record))
		if err != nil {
			return nil, err
		}
		out = append(out, c...)
	}
	for _, id := range sorted(u.clocks) {
		h := u.clocks[id]
		c, err := change(clockRef(id), h, h.record.Due, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, c...)
	}
	for _, id := range sorted(u.wishes) {
		c, err := change(wishRef(id), u.wishes[id], time.Time{}, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, c...)
	}
	return out, nil
}
