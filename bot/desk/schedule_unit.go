package desk

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/storage"
)

// scheduleUnit is what a unit holds of schedules, their clocks, and what people wish.
type scheduleUnit struct {
	*work    // of the unit
	settings *configs.Config
	people   *Directory
	plans    *plans // as they are stored
	reach    *reach
	rights   *rights

	records  map[string]held[oncall.Record]
	clocks   map[string]held[Clock]
	wishes   map[string]held[Wish]
	compiled map[string]knownPlan // of records that changed
}

// clone copies the unit's part, so that it can be gone back to.
func (u *scheduleUnit) clone() scheduleUnit {
	c := *u
	c.records, c.clocks, c.wishes, c.compiled = maps.Clone(u.records), maps.Clone(u.clocks), maps.Clone(u.wishes), nil
	return c
}

// decided counts the events that were decided.
func (u *scheduleUnit) decided() int {
	return eventsIn(u.records) + eventsIn(u.clocks) + eventsIn(u.wishes)
}

// record returns the schedule as it stands in the unit. One that does not exist
// is the zero value.
func (u *scheduleUnit) record(name string) (oncall.Record, error) {
	if h, ok := u.records[name]; ok {
		return h.record, nil
	}
	h, err := load[oncall.Record](u.work, scheduleRef(name), false)
	if err != nil {
		return oncall.Record{}, err
	}
	set(&u.records, name, h)
	return h.record, nil
}

// decide puts a command to a schedule, applies what it decides, and lets
// its clock and those whom it concerns follow.
func (u *scheduleUnit) decide(name string, c oncall.Command) ([]oncall.Event, error) {
	before, err := u.record(name)
	if err != nil {
		return nil, err
	}
	events, err := oncall.Decide(before, c, u.at, u.plans.zones)
	if err != nil {
		return nil, err
	}
	for n, e := range events {
		h := u.records[name]
		h.seq++
		e.At = storage.Time(e.At)
		events[n] = e
		h.record = oncall.Apply(h.record, e)
		stored, err := storedEvent(e.Kind, e.At, u.at, e)
		if err != nil {
			return nil, err
		}
		h.events = append(slices.Clip(h.events), stored)
		set(&u.records, name, h)
	}
	if len(events) == 0 {
		return nil, nil
	}
	if err := u.tellChange(before, name, events); err != nil {
		return nil, err
	}
	return events, u.wind(name, true)
}

// change puts a command of somebody to a schedule, if they may.
func (u *scheduleUnit) change(by incident.Actor, name string, c oncall.Command) ([]oncall.Event, error) {
	r, err := u.record(name)
	if err != nil {
		return nil, err
	}
	if err := u.rights.mayChange(by, r, c, u.at); err != nil {
		return nil, err
	}
	return u.decide(name, c)
}

// plan is a schedule of the unit ready to be asked.
func (u *scheduleUnit) plan(name string) (*oncall.Plan, error) {
	h := u.records[name]
	if len(h.events) == 0 {
		return u.plans.SchedulePlan(name), nil
	}
	if k, ok := u.compiled[name]; ok && k.record.Seq == h.record.Seq {
		return k.plan, nil
	}
	plan, err := oncall.CompileRecord(h.record, u.plans.zones)
	if err != nil {
		return nil, fmt.Errorf("compile schedule %s: %w", name, err)
	}
	set(&u.compiled, name, knownPlan{record: h.record, plan: plan})
	return plan, nil
}

// collect encodes the schedules that changed, their clocks and people.
func (u *scheduleUnit) collect(c *changes) {
	for _, id := range sorted(u.records) {
		if len(u.records[id].events) > 0 && c.err == nil {
			_, c.err = u.plan(id)
		}
	}
	collect(c, u.records, scheduleRef, nil, scheduleIndex)
	collect(c, u.clocks, clockRef, func(k Clock) time.Time { return k.Due }, nil)
	collect(c, u.wishes, wishRef, nil, nil)
}
