package desk

import (
	"slices"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// follow does what one event of an incident means for others: people who are
// given a part are invited, pages end with what they are about, a worse severity
// pages, and pages gain the link to the room.
func (u *unit) follow(id string, e incident.Event) error {
	if err := u.alive(id, e.By); err != nil {
		return err
	}
	if shownOnAlerts(e.Kind) {
		if err := u.showAlertsOf(id); err != nil {
			return err
		}
	}
	switch e.Kind {
	case incident.LeadSet:
		if err := u.decideIncident(id, incident.Invite{People: []string{e.Person}}); err != nil || e.Person != e.By.Person {
			return err
		}
		return u.answersBy(id, e)
	case incident.PageAcknowledged, incident.PageAnsweredAgain:
		return u.decideIncident(id, incident.Invite{People: []string{e.Person}})
	case incident.WasReopened:
		return u.callAgain(id, e)
	case incident.WasResolved, incident.WasClosed:
		for _, p := range u.incidents[id].record.Pages { // those that were answered would come again
			if !p.Open {
				if err := u.decidePage(p.ID, paging.End{By: e.By.Person, Via: e.By.Via, Why: "the incident is over"}); err != nil {
					return err
				}
			}
		}
	case incident.PageEnded:
		return u.decidePage(e.Page, paging.End{By: e.By.Person, Why: "the incident is over"})
	case incident.SeveritySet:
		if err := u.restateAll(id, e); err != nil {
			return err
		}
		return u.callWorse(id, e)
	case incident.RoomOpened, incident.RoomLost, incident.RoomBack:
		for _, of := range u.incidents[id].record.Pages { // who has answered already is led there too
			if err := u.showPage(of.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// alive has the acknowledgements of somebody who does something in an incident last from
// then on: whoever works does not have to say so.
func (u *unit) alive(id string, by incident.Actor) error {
	i := u.incidents[id].record
	if by.Person == "" || !i.Active() {
		return nil
	}
	for _, p := range i.Pages {
		if p.Open {
			continue
		}
		if err := u.decidePage(p.ID, paging.Alive{By: by.Person, Via: by.Via}); err != nil {
			return err
		}
	}
	return nil
}

// answersBy has whoever takes command answer what they were paged with: they are here.
func (u *unit) answersBy(id string, e incident.Event) error {
	for _, open := range u.incidents[id].record.OpenPages() {
		p, err := u.page(open)
		if err != nil {
			return err
		}
		if p.Status != paging.Open || !p.Told(e.Person) {
			continue
		}
		if err := u.decidePage(open, paging.Acknowledge{By: e.Person, Via: e.By.Via}); err != nil {
			return err
		}
	}
	return nil
}

// followPage owes the messages that an event of a page asks for, and carries it onto
// the record of what the page is about.
func (u *unit) followPage(before, p paging.Page, e paging.Event) error {
	sent := len(p.Notices) - len(e.Calls)
	show := p.Notices[:sent]
	switch e.Kind {
	case paging.Stepped:
		show = lastAsked(show, p.Turn)
	case paging.Declined:
		own := slices.DeleteFunc(slices.Clone(show), func(n paging.Notice) bool { return n.To.Person != e.By })
		show = lastAsked(own, p.Turn+1)
	case paging.EndedK:
		if before.Status == paging.Acknowledged && !before.Snoozed { // what the others were told stays true
			show = slices.DeleteFunc(slices.Clone(show), func(n paging.Notice) bool { return n.To.Person != p.Owner })
		}
	case paging.Renewed: // the owner's copy says when it comes again
		show = slices.DeleteFunc(slices.Clone(show), func(n paging.Notice) bool { return n.To.Person != p.Owner })
		show = lastAsked(show, p.Turn+1)
	case paging.MediumDeaf, paging.MediumHeard: // whether its buttons work
		show = slices.DeleteFunc(slices.Clone(show), func(n paging.Notice) bool {
			was, _ := before.Notice(n.N)
			return n.Unheard == was.Unheard || n.Fate == paging.Failed
		})
	case paging.Restated, paging.FoldedK, paging.ClockSetBack:
		show = newestCopies(show)
	case paging.AcknowledgedK, paging.SnoozedK, paging.HandedOver, paging.Resumed:
	default:
		show = nil
	}
	if err := u.showNotices(p, show); err != nil {
		return err
	}
	if err := u.sendNotices(p, p.Notices[sent:]); err != nil {
		return err
	}
	if e.Kind == paging.Stepped && len(e.Calls) > 0 {
		if err := u.showBeside(p, e); err != nil {
			return err
		}
	}
	return subjectOf(p.Subject).told(u, p, e)
}

// lastAsked are the notices of the latest turn before one that may have arrived: what
// they say comes next is true no more once the page has moved on.
func lastAsked(notices []paging.Notice, before int) []paging.Notice {
	last := -1
	for _, n := range notices {
		if n.Turn < before {
			last = max(last, n.Turn)
		}
	}
	return slices.DeleteFunc(slices.Clone(notices), func(n paging.Notice) bool { return n.Turn != last || n.Fate == paging.Failed })
}

// told carries an event of a page onto the timeline of its incident.
func (aboutIncident) told(u *unit, p paging.Page, e paging.Event) error {
	record := incident.RecordPage{By: actor(e), Page: p.ID, Person: e.By, Text: e.Text}
	switch e.Kind {
	case paging.Stepped:
		if whom := e.Whom(); len(whom) > 0 {
			return u.paged(p, e, whom)
		}
		record = incident.RecordPage{Kind: incident.PageNobody, Page: p.ID}
	case paging.Contacted:
		if whom := strangers(p, e); len(whom) > 0 { // they came on duty since the step
			return u.paged(p, e, whom)
		}
		return nil
	case paging.AcknowledgedK:
		return u.decideIncident(p.Subject, incident.Acknowledge{By: actor(e), Page: p.ID})
	case paging.AnsweredAgain:
		if e.By == p.Owner {
			return nil // only the time at which it comes again has moved
		}
		record.Kind = incident.PageAnsweredAgain
	case paging.HandedOver:
		record.Kind, record.Person = incident.PageHandedOver, e.Person
	case paging.SnoozedK:
		record.Kind, record.Until = incident.PageSnoozed, e.Due
	case paging.Resumed:
		record.Kind, record.Snoozed = incident.PageResumed, e.Reason == paging.BySnooze
		if e.Reason == paging.ByWorse {
			record.Text = "it was snoozed, and the incident has become worse since"
		}
	case paging.EndedK:
		i, err := u.incident(p.Subject)
		if err != nil || !slices.Contains(i.OpenPages(), p.ID) {
			return err
		}
		record = incident.RecordPage{Kind: incident.PageEnded, By: actor(e), Page: p.ID}
	default:
		kind, ok := pageKinds[e.Kind]
		if !ok {
			return nil
		}
		record.Kind = kind
		if n, found := p.Notice(e.Notice); found {
			record.Person, record.Method = n.To.String(), string(n.Method)
		}
	}
	return u.decideIncident(p.Subject, record)
}

// pageKinds are the events of a page that the incident's timeline tells as they
// are.
var pageKinds = map[paging.Kind]incident.Kind{
	paging.Skipped:      incident.PageSkipped,
	paging.PolicySpent:  incident.PageSpent,
	paging.NoticePaused: incident.PagePaused,
	paging.NoticeFailed: incident.PageFailed,
	paging.Declined:     incident.PageDeclined,
	paging.Escalated:    incident.PageEscalated,
}

// strangers are those whom an event contacts first.
func strangers(p paging.Page, e paging.Event) []paging.Recipient {
	before := p.Notices[:len(p.Notices)-len(e.Calls)]
	return slices.DeleteFunc(e.Whom(), func(r paging.Recipient) bool {
		return slices.ContainsFunc(before, func(n paging.Notice) bool { return n.To == r }) ||
			!slices.ContainsFunc(e.Calls, func(c paging.Call) bool { return c.Recipient == r && len(e.Off) > 0 })
	})
}

// paged tells the timeline of an incident whom a page went to.
func (u *unit) paged(p paging.Page, e paging.Event, to []paging.Recipient) error {
	whom := make([]string, len(to))
	var people []string
	for n, r := range to {
		whom[n] = r.String()
		if r.Person != "" {
			people = append(people, r.Person)
		}
	}
	var by incident.Actor
	if p.Turn == 1 {
		by.Person = p.By
	}
	if err := u.decideIncident(p.Subject, incident.RecordPaged{By: by, Page: p.ID, Whom: whom, Step: p.Step + 1, Floor: p.AtFloor()}); err != nil {
		return err
	}
	if p.AtFloor() || p.By == "" && p.Reason != paging.ByHandOver {
		return nil // those whom nobody named are invited when they answer
	}
	return u.decideIncident(p.Subject, incident.Invite{People: people})
}

func actor(e paging.Event) incident.Actor { return incident.Actor{Person: e.By, Via: e.Via} }
