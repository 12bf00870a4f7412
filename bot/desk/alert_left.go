package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
)

const (
	// leftFor is how long an alert that outlives its incident fires before it pages: what
	// was done may need that long to show.
	leftFor = 30 * time.Minute
	// lookEvery is how often the incidents of open alerts are looked at.
	lookEvery = 10 * time.Second
)

// followIncidents lets alerts that fire on although their incident is over stand on their
// own, and takes them back when it is opened again.
func (d *Desk) followIncidents(ctx context.Context) error {
	if d.Now().Sub(d.looked).Abs() < lookEvery {
		return nil
	}
	for _, id := range look(d.alerts, d.alerts.incidents.withAlerts) {
		i, err := d.Incident(ctx, id)
		if err != nil {
			return err
		}
		if err := d.followIncident(ctx, i); err != nil {
			return err
		}
	}
	d.looked = d.Now()
	return nil
}

func (d *Desk) followIncident(ctx context.Context, i incident.Incident) error {
	active := i.Active()
	_, err := d.eachKnown(ctx, func(s *standing) bool { return s.incident == i.ID && s.left == active },
		func(u *unit, h *heldAlert) (bool, error) { return true, u.followIncident(h, i) })
	return err
}

func (u *unit) followIncident(h *heldAlert, i incident.Incident) error {
	id := h.record.ID
	if h.record.Incident != i.ID {
		return nil
	}
	if i.Active() {
		if err := u.decideAlert(id, alert.RejoinIncident{}); err != nil {
			return err
		}
		return u.leaveForIncident(h, i.ID+" was opened again")
	}
	over, until := overSince(i, u.at), time.Time{}
	if !slices.ContainsFunc(h.record.Members, func(m alert.Member) bool { return m.Status == alert.Firing && m.Since.After(over) }) {
		until = over.Add(leftFor)
	}
	if err := u.decideAlert(id, alert.LeaveIncident{Until: until}); err != nil {
		return err
	}
	return u.tell(id)
}

// overSince is since when an incident is over: until now at the latest, if the clock was
// set back.
func overSince(i incident.Incident, now time.Time) time.Time {
	over := i.Resolved
	if over.IsZero() {
		over = i.Closed
	}
	if over.After(now) {
		return now
	}
	return over
}

// outlived says which alerts of an incident fire although it is over.
func (d *Desk) outlived(i incident.Incident, now time.Time) []string {
	ids := d.AlertIDsOf(i.ID)
	if i.Active() || len(ids) == 0 {
		return nil
	}
	const most = 5
	what, it := ids[0]+" still fires", "it pages again"
	if len(ids) > 1 {
		what, it = strings.Join(ids[:min(len(ids), most)], ", "), "they page again"
		if more := len(ids) - most; more > 0 {
			what += fmt.Sprintf(" and %d more", more)
		}
		what += " still fire"
	}
	wait := overSince(i, now).Add(leftFor).Sub(now).Round(time.Minute)
	if wait <= 0 {
		return []string{what + ": " + it + " now."}
	}
	return []string{fmt.Sprintf("%s: %s in %d minutes, or as soon as more fires, unless that is over by then.", what, it, int(wait.Minutes()))}
}
