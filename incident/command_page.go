package incident

import (
	"fmt"
	"slices"
	"time"
)

// These commands carry what happened to the incident's pages onto its timeline.
// They are decided in the same commit as the change of the page itself.

// RecordPaged says that a page was sent to somebody.
type RecordPaged struct {
	By   Actor // who asked for it; empty: the policy
	Page string
	Whom []string
	Step int
	// Floor: they are told because nobody else is left.
	Floor bool
}

func (c RecordPaged) decide(i Incident, now time.Time) ([]Event, error) {
	return []Event{{Kind: Paged, By: c.By, Page: c.Page, Whom: c.Whom, Step: c.Step, Floor: c.Floor}}, nil
}

// RecordUnpaged says that the declaration paged nobody, and why.
type RecordUnpaged struct {
	Why string
	// Here: whoever would have been paged is here.
	Here bool
}

func (c RecordUnpaged) decide(i Incident, now time.Time) ([]Event, error) {
	if i.Unpaged == c.Why {
		return nil, nil
	}
	return []Event{{Kind: Unpaged, Text: c.Why, Answered: c.Here}}, nil
}

// RecordPage says that something else happened to a page: Kind is one of
// the kinds that begin with Page, except PageAcknowledged.
type RecordPage struct {
	Kind   Kind
	By     Actor
	Page   string
	Person string
	Text   string
	// Method, Until and Snoozed are those of the event.
	Method  string
	Until   time.Time
	Snoozed bool
}

func (c RecordPage) decide(i Incident, now time.Time) ([]Event, error) {
	switch c.Kind {
	case PagePaused:
		for _, p := range i.Pages {
			if p.ID == c.Page && slices.Contains(p.Paused, c.Person) {
				return nil, nil
			}
		}
	case PageNobody:
		for _, p := range i.Pages {
			if p.ID == c.Page && p.Open && len(p.Whom) == 0 { // that is known already
				return nil, nil
			}
		}
	case PageFailed, PageDeclined, PageEscalated, PageSpent, PageSkipped, PageAnsweredAgain, PageHandedOver, PageSnoozed, PageResumed, PageEnded:
	default:
		return nil, fmt.Errorf("record page: %q is not a kind of a page's event", c.Kind)
	}
	return []Event{{Kind: c.Kind, By: c.By, Page: c.Page, Person: c.Person, Text: c.Text, Method: c.Method, Until: c.Until, Snoozed: c.Snoozed}}, nil
}

// Acknowledge says that somebody answered a page. The first to answer takes
// command unless somebody leads already; those who answer are invited.
type Acknowledge struct {
	By   Actor
	Page string
}

func (c Acknowledge) decide(i Incident, now time.Time) ([]Event, error) {
	leads := i.Active() && !i.Answered && c.By.Person != ""
	events := []Event{{Kind: PageAcknowledged, By: c.By, Page: c.Page, Person: c.By.Person, Answered: leads}}
	if leads {
		events = append(events, Event{Kind: LeadSet, By: c.By, Person: c.By.Person, Answered: true, Was: i.Lead, Page: c.Page})
	}
	return events, nil
}
