package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Declaration is what somebody says when they declare an incident.
type Declaration struct {
	Title    string
	Severity incident.Severity
	Service  string
	// Lead names the commander; empty: who is on call.
	Lead string
}

// RepeatWithin is how long the same person repeating a command is shown what
// exists: an answer can die with its socket, and people retype.
const RepeatWithin = 2 * time.Minute

// Declare opens an incident: its commander is the one on call for the service,
// and the policy's first step is paged in the same commit.
func (d *Desk) Declare(ctx context.Context, in In, c Declaration) (Answer, error) {
	service, err := d.service(c.Service)
	if err != nil {
		return Answer{}, err
	}
	c.Service = service
	if c.Lead != "" && c.Lead == in.By.Person {
		if err := d.answerable(in.By, "leads"); err != nil {
			return Answer{}, err
		}
	}
	a, err := d.do(ctx, "declare/"+in.By.Person, &job{cause: in.Cause, asked: in.Asked, run: func(u *unit) (Answer, error) {
		if !in.Again {
			if id, err := u.declaredBefore(in.By.Person, c.Title); err != nil {
				return Answer{}, err
			} else if id != "" {
				i, err := u.incident(id)
				return Answer{Incident: id, Exists: true, Now: i, Text: []string{exists(i, c)}}, err
			}
		}
		return u.declare(in.By, c)
	}})
	if err == nil && !a.Exists {
		d.compare(ctx, &a)
	}
	return a, err
}

// compare looks for open incidents that may be the same outage. It looks after the commit,
// so that of two that are declared at once one at least is told of the other.
func (d *Desk) compare(ctx context.Context, a *Answer) {
	const newest, most = 100, 3
	list, err := d.Latest(ctx, newest)
	if err != nil {
		d.Log.Warn().Err(err).Str("incident", a.Incident).Msg("look for incidents that are alike")
		return
	}
	for _, i := range list {
		if i.ID != a.Incident && i.Active() && incident.Alike(i, a.Now) && len(a.Alike) < most {
			a.Alike = append(a.Alike, i)
		}
	}
	for _, i := range a.Alike {
		a.Text = append(a.Text, fmt.Sprintf("%s is open already, and may be the same outage: “%s”. If it is, go on there and `/inc close %s`.", i.ID, i.Title, a.Incident))
	}
}

// exists is what was declared before; whoever declares it again may want another severity,
// which may page people.
func exists(i incident.Incident, again Declaration) string {
	text := fmt.Sprintf("%s is %s as %s: “%s”.", i.ID, i.Status, i.Severity, i.Title)
	if again.Severity != 0 && again.Severity != i.Severity && i.Active() {
		text += fmt.Sprintf(" To make it %s: `/inc sev %s %d`.", again.Severity, i.ID, int(again.Severity))
	}
	return text
}

func (u *unit) declare(by incident.Actor, c Declaration) (Answer, error) {
	if _, err := incident.Decide(incident.Incident{}, incident.Declare{By: by, Title: c.Title, Severity: c.Severity}, u.at); err != nil {
		return Answer{}, err // before it has a number
	}
	n, err := u.d.Store.Number(u.ctx, "INC")
	if err != nil {
		return Answer{}, fmt.Errorf("number an incident: %w", err)
	}
	id := fmt.Sprintf("INC-%d", n)
	told := len(u.told)
	declare := incident.Declare{By: by, ID: id, Title: c.Title, Severity: c.Severity, Service: c.Service,
		Channel: incident.ChannelName(u.d.Settings.Slack.ChannelPrefix, id, c.Title)}
	if err := u.decideIncident(id, declare); err != nil {
		return Answer{}, err
	}
	lead := incident.SetLead{By: by, Person: c.Lead}
	if c.Lead == "" {
		person := u.commander(c.Service, u.incidents[id].record.Severity, by)
		lead = incident.SetLead{Person: person, Answered: person == by.Person}
	}
	if lead.Person != "" {
		if err := u.decideIncident(id, lead); err != nil {
			return Answer{}, err
		}
	}
	if !by.Machine() {
		if err := u.decideIncident(id, incident.Invite{People: []string{by.Person}}); err != nil {
			return Answer{}, err
		}
	}
	page, err := u.pageByPolicy(id)
	if err != nil {
		return Answer{}, err
	}
	i, err := u.incident(id)
	return Answer{Incident: id, Page: page, Paged: u.pages[page].record, Changed: true, Unpaged: i.Unpaged, Now: i, Events: u.told[told:]}, err
}

// commander is who is on call for the service: on its schedule, else first on its
// policy. Without either, whoever declares is in command, if that is a person.
func (u *unit) commander(service string, severity incident.Severity, by incident.Actor) string {
	if s, ok := u.d.Settings.Service(service); ok && s.Schedule != "" {
		if people := u.d.plans.onCall(s.Schedule, u.at); len(people) > 0 {
			return people[0]
		}
	}
	if policy, _, ok := u.d.Settings.PolicyFor(service); ok {
		for _, r := range policy.First(paging.Facts{Severity: severity.String(), Service: service}, u.at, u.world()) {
			if r.Person != "" {
				return r.Person
			}
		}
	}
	if u.d.answerable(by, "") != nil {
		return ""
	}
	return by.Person
}

// declaredBefore looks for the same declaration: in what is being decided, and in
// the store.
func (u *unit) declaredBefore(person, title string) (string, error) {
	key := retypeKey(person, title)
	for _, id := range slices.Sorted(maps.Keys(u.incidents)) {
		if h := u.incidents[id]; h.base == 0 && len(h.events) > 0 && retypeKey(h.record.Reporter.Person, h.record.Title) == key {
			return id, nil
		}
	}
	rows, err := u.d.Store.List(u.ctx, indexRetype, key+"/", "", 20)
	if err != nil {
		return "", fmt.Errorf("look for the same declaration: %w", err)
	}
	for _, r := range rows {
		if i, err := u.incident(r.ID); err != nil {
			return "", err
		} else if u.at.Sub(i.Declared).Abs() < RepeatWithin {
			return i.ID, nil
		}
	}
	return "", nil
}

func retypeKey(person, title string) string {
	said := incident.Clip(strings.Join(strings.Fields(title), " "), incident.MaxTitle)
	sum := sha256.Sum256([]byte(strings.ToLower(said)))
	return person + "/" + hex.EncodeToString(sum[:8])
}

// service gives a service's name as the configuration writes it.
func (d *Desk) service(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	if s, ok := d.Settings.Service(name); ok {
		return s.Name, nil
	}
	known := make([]string, 0, len(d.Settings.Services))
	for _, s := range d.Settings.Services {
		known = append(known, s.Name)
	}
	if len(known) == 0 {
		return "", refuse(incident.NotFound, "There is no service %q: the configuration names none. Declare it without `--service`.", incident.Clip(name, 60))
	}
	return "", refuse(incident.NotFound, "There is no service %q. Known services: %s. Repeat the command with one of them, or without `--service`.",
		incident.Clip(name, 60), incident.Clip(strings.Join(known, ", "), 500))
}

// Change puts a command to an incident. The same person saying the same again
// within RepeatWithin is shown what exists, unless they want it Again.
func (d *Desk) Change(ctx context.Context, in In, id string, c incident.Command) (Answer, error) {
	if lead, ok := c.(incident.SetLead); ok && lead.Person == in.By.Person {
		if err := d.answerable(in.By, "leads"); err != nil {
			return Answer{}, err
		}
	}
	return d.do(ctx, id, &job{cause: in.Cause, asked: in.Asked, run: func(u *unit) (Answer, error) {
		before, err := u.incident(id)
		if err != nil {
			return Answer{}, err
		}
		if before.ID == "" {
			return Answer{}, noSuch("INC", id)
		}
		if !in.Again {
			if said, err := u.repeated(id, in.By.Person, c); err != nil {
				return Answer{}, err
			} else if said {
				return Answer{Incident: id, Exists: true, Now: before}, nil
			}
		}
		decided, told := u.decided(), len(u.told)
		if err := u.decideIncident(id, c); err != nil {
			return Answer{}, err
		}
		a := Answer{Incident: id, Changed: u.decided() > decided, Now: u.incidents[id].record, Events: u.told[told:]}
		switch {
		case a.Changed && before.Status != a.Now.Status:
			a.Text = d.outlived(a.Now, u.at)
		case a.Changed && already(c, before) != "":
			a.Text = []string{fmt.Sprintf("%s was %s already.", id, before.Status)}
		case a.Changed:
			a.Text = d.untold(in.By, c)
		}
		return a, nil
	}})
}

// untold is what somebody must do who has named a commander whom nothing reaches.
func (d *Desk) untold(by incident.Actor, c incident.Command) []string {
	lead, ok := c.(incident.SetLead)
	if !ok || lead.Person == by.Person {
		return nil
	}
	why := d.Unreachable(lead.Person)
	if why == "" {
		return nil
	}
	name := incident.Clip(d.People.Display(lead.Person), 60)
	return []string{fmt.Sprintf("Tell %s yourself that they lead: %s %s.", name, name, why)}
}

// already is what somebody writes who resolves what is resolved, or reopens what is open.
func already(c incident.Command, i incident.Incident) string {
	switch c := c.(type) {
	case incident.Resolve:
		if i.Status == incident.Resolved {
			return c.Text
		}
	case incident.Reopen:
		if i.Status == incident.Open {
			return c.Text
		}
	}
	return ""
}

// repeated says whether the person has just recorded the same text.
func (u *unit) repeated(id, person string, c incident.Command) (bool, error) {
	var now saying
	switch c := c.(type) {
	case incident.Note:
		of := c.At
		if of.IsZero() {
			of = u.at
		}
		now = sayingOf(incident.Noted, person, c.Text, of, u.at)
	case incident.Update:
		now = sayingOf(incident.Updated, person, c.Text, u.at, u.at)
	case incident.SetSeverity:
		if c.Text == "" || u.incidents[id].record.Severity != c.Severity {
			return false, nil
		}
		now = sayingOf(incident.Noted, person, c.Text, u.at, u.at)
	case incident.SetLead:
		if c.Text == "" || u.incidents[id].record.Lead != c.Person {
			return false, nil
		}
		now = sayingOf(incident.Noted, person, c.Text, u.at, u.at)
	case incident.Resolve, incident.Reopen:
		text := already(c, u.incidents[id].record)
		if text == "" {
			return false, nil
		}
		now = sayingOf(incident.Noted, person, text, u.at, u.at)
	default:
		return false, nil
	}
	before, err := u.saidBefore(id)
	return now.again(u.said[id]) || now.again(before), err
}

// pageable says why no more people are paged about an incident: each page repeats until
// somebody answers, and a record is read whole. Those of its policy are never too many. What
// comes by the API has half: a program that goes wild must leave people the other.
func pageable(i incident.Incident, by incident.Actor) error {
	calling, all, from := incident.MaxCalling, incident.MaxPages, "for it"
	if _, token := by.Door(); token != "" {
		calling, all, from = calling/2, all/2, "by the API"
	}
	open := i.OpenPages()
	switch {
	case len(open) >= calling:
		newest := open[len(open)-1]
		return refuse(incident.Conflict, "%s has %d pages that nobody has answered, the newest of them %s, and no more are sent. Acknowledge those that are not needed, or `/inc escalate %s`.", i.ID, len(open), newest, newest)
	case len(i.Pages) >= all:
		last := i.Pages[len(i.Pages)-1].ID
		return refuse(incident.Conflict, "%s has %d pages, and no more can be asked %s. Hand over one of them, such as %s with `/inc handover %s @name`, ask in its channel, or declare another incident.", i.ID, len(i.Pages), from, last, last)
	}
	return nil
}

// Page pages people about an incident because somebody asks for it.
func (d *Desk) Page(ctx context.Context, in In, id string, targets []paging.Target) (Answer, error) {
	return d.do(ctx, id, &job{cause: in.Cause, asked: in.Asked, run: func(u *unit) (Answer, error) {
		i, err := u.incident(id)
		if err != nil {
			return Answer{}, err
		}
		switch {
		case i.ID == "":
			return Answer{}, noSuch("INC", id)
		case in.By.Guest:
			return Answer{}, refuse(incident.Forbidden, "Guests cannot page people here. Ask a member of the workspace to do it for you.")
		case !i.Active():
			return Answer{}, refuse(incident.Conflict, "%s is %s: nobody is paged about it. `reopen` it with a reason first.", id, i.Status)
		case len(targets) == 0:
			return Answer{}, refuse(incident.Invalid, "Say whom to page: for example `/inc page @name`, `/inc page schedule:checkout` or `/inc page team:sre`.")
		}
		if err := pageable(i, in.By); err != nil {
			return Answer{}, err
		}
		told := len(u.told)
		resolve := u.d.resolve(u.at)
		for _, t := range targets {
			if err := d.reaches(t); err != nil {
				return Answer{}, err
			}
			if guests := u.d.barred(t); len(resolve(t)) == 0 && len(guests) > 0 {
				return Answer{}, refuse(incident.Conflict, "Nobody can be paged: only guests are in %s, who may not answer pages. Name a person instead: `/inc page @name`.", t)
			} else if len(resolve(t)) == 0 {
				return Answer{}, refuse(incident.Conflict, "Nobody can be paged: %s stands for nobody at the moment. Name a person instead: `/inc page @name`.", t)
			}
		}
		page, err := u.openPage(paging.Begin{Subject: id, Policy: paging.Direct(targets...), By: in.By.Person, Facts: factsOf(i)})
		if err != nil {
			return Answer{}, err
		}
		return Answer{Incident: id, Page: page, Paged: u.pages[page].record, Changed: true, Now: u.incidents[id].record, Events: u.told[told:]}, nil
	}})
}
