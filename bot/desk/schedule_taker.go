package desk

import (
	"context"
	"fmt"

	"github.com/watchbill/watchbill/oncall"
)

// Takers knows who takes time on a schedule over fairest, by what everybody carries in
// [oncall.FairRange]. Who cannot be paged is never suggested.
func (d *Desk) Takers(ctx context.Context, schedule string) (oncall.Takers, error) {
	plan := d.SchedulePlan(schedule)
	if plan == nil {
		return oncall.Takers{}, d.plans.noSchedule(schedule)
	}
	now := d.Now()
	in := oncall.BurdenInput{Zones: d.OwnZones()}
	in.From, in.To = oncall.FairRange(now)
	var err error
	if in.Pages, err = d.Paged(ctx, in.From, in.To); err != nil {
		return oncall.Takers{}, err
	}
	var deaf []string
	for _, person := range plan.Roster(now, in.To) {
		if d.Unreachable(person) != "" {
			deaf = append(deaf, person)
		}
	}
	takers, err := oncall.NewTakers(append([]*oncall.Plan{plan}, d.plans.others(plan.Name())...), in, deaf...)
	if err != nil {
		return takers, fmt.Errorf("weigh who takes over on schedule %s: %w", schedule, err)
	}
	return takers, nil
}

// Doubts say in sentences what about a new override may not be meant: see
// [oncall.Plan.CheckOverride].
func (d *Desk) Doubts(schedule string, o oncall.Override) []string {
	plan := d.SchedulePlan(schedule)
	if plan == nil {
		return nil
	}
	out := plan.CheckOverride(o, d.plans.others(plan.Name())...)
	if o.Person != "" {
		if why := d.Unreachable(o.Person); why != "" {
			out = append(out, o.Person+" "+why)
		}
	}
	return out
}

// OwnZones are the time zones of people, as far as the configuration says them.
func (d *Desk) OwnZones() map[string]string {
	zones := map[string]string{}
	for _, p := range d.Settings.People {
		if p.TimeZone != "" {
			zones[p.Name] = p.TimeZone
		}
	}
	return zones
}
