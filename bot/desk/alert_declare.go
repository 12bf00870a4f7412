package desk

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// viaAlert is how whatever alerts do by themselves reached Watchbill.
const viaAlert = "alert"

// DeclareFromAlert opens an incident for an alert: it takes the place of its page.
func (d *Desk) DeclareFromAlert(ctx context.Context, in In, id string, c Declaration) (Answer, error) {
	service, err := d.service(c.Service)
	if err != nil {
		return Answer{}, err
	}
	return d.onAlert(ctx, in, id, "declare an incident", func(u *unit, h *heldAlert, a *Answer) error {
		if h.record.InIncident() {
			return refuse(incident.Conflict, "%s was declared for %s already.", h.record.Incident, id)
		}
		c := c
		if c.Service = service; c.Service == "" {
			c.Service = h.record.Service
		}
		if c.Title == "" {
			c.Title = h.record.Title
		}
		declared, err := u.declare(in.By, c)
		if err != nil {
			return err
		}
		*a = declared
		a.Alert = id
		return u.link(h, in.By, declared.Incident)
	})
}

// link says that an alert belongs to an incident that the unit has opened. Its own
// page is needed no more.
func (u *unit) link(h *heldAlert, by incident.Actor, id string) error {
	a := &h.record
	if err := u.decideIncident(id, incident.HearAlert{By: by, Alert: a.ID, Title: a.Title}); err != nil {
		return err
	}
	if err := u.decideAlert(a.ID, alert.Declare{By: by.Person, Via: by.Via, Incident: id}); err != nil {
		return err
	}
	return u.leaveForIncident(h, id+" was declared")
}

// leaveForIncident ends the page of an alert that is worked on in an incident, or takes it
// off the one about another.
func (u *unit) leaveForIncident(h *heldAlert, why string) error {
	if h.record.Folded {
		return u.leavePage(h, "", why)
	}
	return u.release(&h.record, why)
}

// joinIncident has an alert belong to an incident that is open.
func (u *unit) joinIncident(alertID, id string) error {
	h, err := u.heldAlert(alertID)
	if err != nil {
		return err
	}
	if err := u.decideAlert(alertID, alert.Declare{Via: viaAlert, Incident: id}); err != nil {
		return err
	}
	if err := u.leaveForIncident(h, id+" was declared"); err != nil {
		return err
	}
	return u.tellIncident(h)
}

// declareFor opens the incident that a route asks for; while one that the same route
// opened for the same service is open, the alert belongs to that.
func (u *unit) declareFor(h *heldAlert) error {
	a := &h.record
	id, err := u.incidentFor(a)
	if err != nil {
		return err
	}
	if id != "" {
		set(&u.alerts.incidents.opened, incidentKey{a.Route, a.Service}, id)
		return u.joinIncident(a.ID, id)
	}
	by := incident.Actor{Via: viaAlert}
	declared, err := u.declare(by, Declaration{Title: a.Title, Severity: incident.Severity(a.Declare), Service: a.Service})
	if err != nil {
		return err
	}
	if declared.Page == "" && (declared.Now.Severity.Pages() || a.Pages) {
		call := paging.Begin{Subject: declared.Incident, Policy: u.callFor(a).Policy, Facts: factsOf(declared.Now)}
		if _, err := u.openPage(call); err != nil {
			return err
		}
	}
	set(&u.alerts.incidents.opened, incidentKey{a.Route, a.Service}, declared.Incident)
	return u.link(h, by, declared.Incident)
}

// incidentFor is the open incident that an alert's route opened for its service.
func (u *unit) incidentFor(a *alert.Alert) (string, error) {
	k := incidentKey{a.Route, a.Service}
	id := u.alerts.incidents.of(k)
	if id == "" {
		return "", nil
	}
	i, err := u.incident(id)
	if err != nil || !i.Active() {
		return "", err
	}
	return id, nil
}

// IncidentAlertKind is the kind of the effect that puts an alert on the timeline of
// its incident: that changes in another lane. Its body is an IncidentAlert.
const IncidentAlertKind = "desk.alert"

// IncidentAlert is what the timeline of an incident is told of an alert.
type IncidentAlert struct {
	Alert string `json:"alert"`
	Title string `json:"title"`
	Over  bool   `json:"over,omitempty"`
}

// Command is what is put to the incident.
func (a IncidentAlert) Command() incident.Command {
	return incident.HearAlert{Alert: a.Alert, Title: a.Title, Over: a.Over}
}

// tellIncident owes the timeline of an alert's incident what became of the alert.
func (u *unit) tellIncident(h *heldAlert) error {
	a := &h.record
	if a.Incident == "" || !u.alerts.incidents.tell(a.Incident) {
		return nil
	}
	body, err := json.Marshal(IncidentAlert{Alert: a.ID, Title: a.Title, Over: a.State != alert.StateOpen})
	if err != nil {
		return fmt.Errorf("encode effect: %w", err)
	}
	u.put = append(u.put, storage.Effect{Target: fmt.Sprintf("alert/%s/%s/%d", a.Incident, a.ID, h.seq), Kind: IncidentAlertKind, Dest: "desk/" + a.Incident,
		Class: storage.Chatter, Record: incidentRef(a.Incident), Body: body, Created: u.at})
	return nil
}
