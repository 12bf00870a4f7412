package desk

import (
	"fmt"
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// pageByPolicy opens the page that the incident's policy asks for, and says why
// if there is none to open.
func (u *unit) pageByPolicy(id string) (pageID string, err error) {
	i, err := u.incident(id)
	if err != nil {
		return "", err
	}
	return u.pageUnless(i, i.Reporter.Person, "the person on call declared it and is here.", "")
}

// pageUnless is pageByPolicy unless that would reach only somebody who is here already,
// which is then why. The policy's first step tells led too, if there is such a person.
func (u *unit) pageUnless(i incident.Incident, here, why, led string) (pageID string, err error) {
	id := i.ID
	if !i.Severity.Pages() {
		return "", u.decideIncident(id, incident.RecordUnpaged{Why: i.Severity.String() + " pages on request only."})
	}
	if len(i.Pages) >= incident.MaxPages {
		return "", u.decideIncident(id, incident.RecordUnpaged{Why: fmt.Sprintf("it has %d pages already, and no more are sent. Call somebody.", len(i.Pages))})
	}
	policy, _, ok := u.d.Settings.PolicyFor(i.Service)
	switch also := paging.Target(paging.ToPerson + ":" + led); {
	case !ok && led == "":
		return "", u.decideIncident(id, incident.RecordUnpaged{Why: noPolicy(i.Service)})
	case !ok:
		policy = paging.Direct(also)
	case led != "":
		policy = policy.Telling(also, factsOf(i), u.at, u.world())
	case onlyReaches(policy, factsOf(i), u.at, u.world(), here):
		return "", u.decideIncident(id, incident.RecordUnpaged{Why: why, Here: true})
	}
	return u.openPage(paging.Begin{Subject: id, Policy: policy, Facts: factsOf(i)})
}

func noPolicy(service string) string {
	if service == "" {
		return "it names no service, and the configuration has no default_escalation."
	}
	return "the configuration has no escalation policy for " + service + "."
}

// factsOf are what a policy may ask of an incident.
func factsOf(i incident.Incident) paging.Facts {
	return paging.Facts{Severity: i.Severity.String(), Service: i.Service}
}

// openPage numbers a page and opens it in the world of the unit.
func (u *unit) openPage(b paging.Begin) (string, error) {
	n, err := u.d.Store.Number(u.ctx, "PAGE")
	if err != nil {
		return "", fmt.Errorf("number a page: %w", err)
	}
	b.ID, b.World = fmt.Sprintf("PAGE-%d", n), u.world()
	return b.ID, u.decidePage(b.ID, b)
}

// onlyReaches says whether the first step of a policy that stands for anybody
// stands for this person alone; empty: a machine, which is nobody.
func onlyReaches(p paging.Policy, f paging.Facts, at time.Time, w paging.World, person string) bool {
	for _, r := range p.First(f, at, w) {
		if r.Person == "" || r.Person != person {
			return false
		}
	}
	return len(p.First(f, at, w)) > 0
}
