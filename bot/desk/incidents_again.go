package desk

import (
	"fmt"

	"github.com/watchbill/watchbill/incident"
)

// callAgain pages for an incident that was opened again, as its declaration did: nobody
// waits for it any more. Whoever led it until it was resolved leads it still and is told
// beside those on call; once it was closed, or if they had never answered, it is led by
// whoever is on call now.
func (u *unit) callAgain(id string, e incident.Event) error {
	i, by := u.incidents[id].record, e.By
	if !i.Severity.Pages() {
		_, err := u.pageUnless(i, "", "", "")
		return err
	}
	led := ""
	if incident.Status(e.Was) == incident.Resolved && i.Answered && u.d.Unreachable(i.Lead) == "" {
		led = i.Lead
	}
	if led != "" && led == by.Person {
		return u.decideIncident(id, incident.RecordUnpaged{Why: "the commander opened it again and is here."})
	}
	lead := led
	if led == "" {
		lead = u.commander(i.Service, i.Severity, by)
	}
	if err := u.decideIncident(id, incident.Recall{Person: lead, Answered: lead != "" && lead == by.Person}); err != nil {
		return err
	}
	if len(i.Pages) >= incident.MaxPages {
		return u.decideIncident(id, incident.RecordUnpaged{Why: fmt.Sprintf("it has %d pages already, and no more are sent. Call somebody.", len(i.Pages))})
	}
	_, err := u.pageUnless(u.incidents[id].record, by.Person, "the person on call opened it again and is here.", led)
	return err
}
