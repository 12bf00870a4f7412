package desk

import (
	"fmt"
	"maps"

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

	first bool // it begins the first life of the bot

	records  records[oncall.Record]
	clocks   records[Clock]
	wishes   records[Wish]
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
	return u.records.decided() + u.clocks.decided() + u.wishes.decided()
}

// record returns the schedule as it stands in the unit. One that does not exist
// is the zero value.
func (u *scheduleUnit) record(name string) (oncall.Record, error) {
	return u.records.read(u.work, scheduleShape, name)
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
		e.At = storage.Time(e.At)
		events[n] = e
		stored, err := storedEvent(e.Kind, e.At, u.at, e)
		if err != nil {
			return nil, err
		}
		u.records.put(name, oncall.Apply(u.records[name].record, e), stored)
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
	collect(c, u.records, scheduleShape)
	collect(c, u.clocks, clockShape)
	collect(c, u.wishes, wishShape)
}
