package desk

import (
	"context"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// Outcome is what a delivery found out that the domain must know.
type Outcome struct {
	Incident incident.Command // put to the incident that owes the effect
	Notice   *paging.Report   // put to the page that owes it
	Alert    alert.Command    // put to the alert that owes it
	Hint     *Hint            // for the admins, once
}

// Settle stores the outcome of a delivery together with what the domain must
// know of it. ErrStale: the lease has passed on, and nothing was stored.
func (d *Desk) Settle(ctx context.Context, e storage.Effect, settle []storage.Settlement, o Outcome) error {
	name, err := d.laneOf(ctx, e.Record)
	if err != nil {
		return err
	}
	_, err = d.do(ctx, name, &job{settle: settle, run: func(u *unit) (Answer, error) {
		return Answer{}, u.heed(e.Record, name, o)
	}})
	return err
}

// heed tells the domain what a delivery found out that a record owed.
func (u *unit) heed(owner storage.Ref, lane string, o Outcome) error {
	if o.Hint != nil {
		if err := u.hint(owner, *o.Hint); err != nil {
			return err
		}
	}
	switch {
	case o.Incident != nil:
		return u.decideIncident(lane, o.Incident)
	case o.Notice != nil:
		r := *o.Notice
		r.World = u.world()
		_, err := u.changePage(owner.ID, func(*unit) paging.Command { return r })
		return err
	case o.Alert != nil:
		return u.decideAlert(owner.ID, o.Alert)
	}
	return nil
}

// laneOf names the lane in which a record changes: a page's is that of what it is
// about.
func (d *Desk) laneOf(ctx context.Context, ref storage.Ref) (string, error) {
	switch ref.Kind {
	case PageKind:
		p, err := d.PageOf(ctx, ref.ID)
		return subjectOf(p.Subject).lane(p.Subject), err
	case ScheduleKind, ClockKind:
		return scheduleLane, nil
	case AlertKind:
		return alertsLane, nil
	}
	return ref.ID, nil
}
