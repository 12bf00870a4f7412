package desk

import (
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// callAgain pages for an incident that was opened again, as its declaration did: nobody
// waits for it any more. Whoever led it until it was resolved leads it still and is told
// beside those on call; once it was closed, or if they had never answered, it is led by
// whoever is on call now. Where nobody is, whoever led it is asked.
func (u *unit) callAgain(id string, e incident.Event) error {
	i, by := u.incidents[id].record, e.By
	led := ""
	if incident.Status(e.Was) == incident.Resolved && i.Answered && u.d.Unreachable(i.Lead) == "" {
		led = i.Lead
	}
	if led != "" && led == by.Person {
		return u.decideIncident(id, incident.RecordUnpaged{Why: "the commander opened it again and is here.", Here: true})
	}
	lead := led
	if led == "" {
		lead = u.commander(i.Service, i.Severity, by)
	}
	if lead == "" {
		if lead = i.Lead; u.d.Unreachable(lead) == "" {
			led = lead
		}
	}
	if err := u.decideIncident(id, incident.Recall{Person: lead, Answered: lead != "" && lead == by.Person}); err != nil {
		return err
	}
	_, err := u.pageUnless(u.incidents[id].record, by.Person, "the person on call opened it again and is here.", led)
	return err
}

// restateAll tells the pages of an incident its new severity. What somebody put off comes
// again once it is worse than what they put off, unless they say so themselves.
func (u *unit) restateAll(id string, e incident.Event) error {
	i := u.incidents[id].record
	was, err := incident.ParseSeverity(e.Was)
	worse := err == nil && i.Severity < was && i.Severity.Pages()
	for _, of := range i.Pages {
		p, err := u.page(of.ID)
		if err != nil {
			return err
		}
		again := worse && p.Snoozed && p.Owner != e.By.Person
		if err := u.decidePage(p.ID, paging.Restate{Facts: factsOf(i), Worse: again, World: u.world()}); err != nil {
			return err
		}
	}
	return nil
}

// callWorse pages for an incident that becomes worse, unless its policy has paged: whom
// somebody asked for before, whoever was told before it was resolved, and whoever was there
// when it was less, do not stand for those on call.
func (u *unit) callWorse(id string, e incident.Event) error {
	i := u.incidents[id].record
	was, err := incident.ParseSeverity(e.Was)
	if !i.Severity.Pages() || err == nil && i.Severity > was {
		return nil
	}
	for _, of := range i.Pages {
		if p, err := u.page(of.ID); err != nil || p.By == "" && p.Status != paging.Ended {
			return err
		}
	}
	led := ""
	if i.Reopened > 0 && !i.Answered && i.Lead != e.By.Person && u.d.Unreachable(i.Lead) == "" {
		led = i.Lead
	}
	_, err = u.pageUnless(i, e.By.Person, "the person on call made it worse and is here.", led)
	return err
}
