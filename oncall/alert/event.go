package alert

import (
	"slices"
	"time"
)

// Kind names what happened to an alert. Kinds are stored.
type Kind string

// The kinds of events.
const (
	WasOpened       Kind = "opened"
	MemberJoined    Kind = "member_joined"
	MemberFired     Kind = "member_fired"    // again
	MemberResolved  Kind = "member_resolved" // while others fire
	MemberAnswered  Kind = "member_answered" // at its source, while others fire that are not
	WasResolved     Kind = "resolved"        // the last member that fired
	WasReopened     Kind = "reopened"        // within its window
	WasRepeated     Kind = "repeated"        // signals that said nothing new
	WasWorsened     Kind = "worsened"
	WasLessened     Kind = "lessened" // it fires again, and what was worse does not
	WasRerouted     Kind = "rerouted" // what is worse goes another way
	WasHeeded       Kind = "heeded"   // it is more than what there was nothing to do about
	WasSilenced     Kind = "silenced"
	WasUnsilenced   Kind = "unsilenced"
	WaitBegan       Kind = "wait_began"
	WaitEnded       Kind = "wait_ended"
	WasPaged        Kind = "paged"
	WasFolded       Kind = "folded"   // into a page about another alert
	WasUnfolded     Kind = "unfolded" // that stands for it no more
	WasUnpaged      Kind = "unpaged"
	PageEscalated   Kind = "page_escalated"
	PageHandedOver  Kind = "page_handed_over" // whoever had it has asked another person
	PageSnoozed     Kind = "page_snoozed"
	PageResumed     Kind = "page_resumed"  // nobody has it any more
	PageAnswered    Kind = "page_answered" // by somebody, and the alert is only counted on it
	PageEnded       Kind = "page_ended"
	WasAcknowledged Kind = "acknowledged"
	WasAckedAgain   Kind = "acknowledged_again" // by another person
	WasNoise        Kind = "not_actionable"
	WasDeclared     Kind = "declared"
	IncidentOver    Kind = "incident_over"  // while the alert fires
	IncidentAgain   Kind = "incident_again" // it was opened again
	WasClosed       Kind = "closed"
	WasContinued    Kind = "continued"
	WasShown        Kind = "shown" // its card was posted in Slack
)

// Event is one thing that happened to an alert. Which of the fields are set depends
// on Kind; everything needed to render the event is in it.
type Event struct {
	// Seq, Kind, At (when it was heard) and Recorded are kept beside the payload by
	// the store.
	Seq      uint64    `json:"-"`
	Kind     Kind      `json:"-"`
	At       time.Time `json:"-"`
	Recorded time.Time `json:"-"`

	By  string `json:"by,omitempty"` // a person
	Via string `json:"via,omitempty"`

	Alert *Alert `json:"alert,omitempty"` // opened: the alert

	// Member is a member as it now stands: member_*, resolved, reopened, and acknowledged
	// if that was at the source. Place is its
	// place among the members; it takes that of a resolved one if there is one.
	Member *Member `json:"member,omitempty"`
	Place  int     `json:"place,omitempty"`
	// Severity and Pages are set when the member, or what it says, makes the alert
	// worse, or less when it fires again.
	Severity Severity `json:"severity,omitempty"`
	Pages    bool     `json:"pages,omitempty"`
	// Anew says that it asks anew: who acknowledged it before has not answered for that.
	Anew bool `json:"anew,omitempty"`

	// Counts are how many signals each place has repeated, Suppressed how many of
	// them while the alert was silenced.
	Counts     map[int]int `json:"counts,omitempty"`
	Suppressed int         `json:"suppressed,omitempty"`

	Hush     *Hush     `json:"hush,omitempty"`
	Until    time.Time `json:"until,omitzero"`   // wait_began, page_snoozed, incident_over
	Person   string    `json:"person,omitempty"` // page_handed_over: to whom
	Page     string    `json:"page,omitempty"`
	Step     int       `json:"step,omitempty"` // page_escalated: from 1
	Incident string    `json:"incident,omitempty"`
	// Route, Escalation and Declare are where the alert goes from now on: rerouted.
	Route      string `json:"route,omitempty"`
	Escalation string `json:"escalation,omitempty"`
	Declare    int    `json:"declare,omitempty"`
	Other      string `json:"other,omitempty"` // continued: the next alert
	Text       string `json:"text,omitempty"`  // why
}

// Apply returns the record after the event. It only copies what the event says; an
// event of an unknown kind changes nothing.
func Apply(a Alert, e Event) Alert {
	switch e.Kind {
	case WasOpened:
		if e.Alert != nil {
			a = *e.Alert
		}
	case MemberJoined, MemberFired, MemberResolved, MemberAnswered, WasResolved, WasReopened:
		applyMember(&a, e)
	case WasRepeated:
		a.Members = slices.Clone(a.Members)
		for place, n := range e.Counts {
			if place >= 0 && place < len(a.Members) {
				a.Members[place].Count += n
			}
			a.Count += n
		}
		a.Suppressed += e.Suppressed
		a.Last = e.At
	case WasWorsened:
		a.Severity = e.Severity
		a.paging(e)
	case WasLessened:
		a.Severity, a.Pages = e.Severity, e.Pages
	case WasRerouted:
		a.Route, a.Escalation, a.Declare = e.Route, e.Escalation, e.Declare
	case WasHeeded:
		a.Noise = nil
	case WasSilenced:
		if a.Hush != nil {
			a.Hushed = a.Hush
		}
		a.Hush = e.Hush
		a.Acknowledged, a.Also = nil, nil // its page ends: what fires when the silence is over is nobody's
	case WasUnsilenced:
		a.Hush, a.Hushed = nil, a.Hush
	case WaitBegan:
		a.Waits = e.Until
	case WaitEnded:
		a.Waits = time.Time{}
	case WasPaged, WasFolded:
		a.Page, a.Folded, a.Unpaged = e.Page, e.Kind == WasFolded, ""
	case WasUnpaged:
		a.Unpaged = e.Text
	case PageEscalated:
		a.Steps = e.Step
	case PageHandedOver, PageResumed:
		a.Acknowledged, a.Also, a.Steps = nil, nil, 0
	case PageSnoozed:
		if a.Acknowledged == nil || a.Acknowledged.By == "" {
			a.Acknowledged = said(e)
		}
		a.Answered = e.At
	case PageEnded, WasUnfolded:
		a.Page, a.Folded, a.Steps = "", false, 0
	case WasAcknowledged:
		if e.Member != nil {
			a.setMember(e)
		}
		a.Acknowledged = said(e)
		if e.By != "" {
			a.Answered = e.At
		}
	case WasAckedAgain:
		if len(a.Also) < maxAlso {
			a.Also = append(slices.Clone(a.Also), e.By)
		}
		a.Answered = e.At
	case WasNoise:
		a.Noise = said(e)
	case WasDeclared:
		a.Incident, a.Unpaged = e.Incident, ""
		a.endWaitAfterIncident()
	case IncidentOver:
		a.Left, a.Waits = e.At, e.Until
		a.Acknowledged, a.Also = nil, nil
	case IncidentAgain:
		a.endWaitAfterIncident()
	case WasClosed:
		a.State, a.Ended, a.Closed = StateClosed, e.At, said(e)
	case WasContinued:
		a.Continued = e.Other
	}
	a.Due = due(a)
	return a
}

// paging has the alert page from now on, if now it does. Who acknowledged what paged nobody,
// or was less, has not answered for that.
func (a *Alert) paging(e Event) {
	if e.Anew || e.Pages && !a.Pages {
		a.Acknowledged, a.Also = nil, nil
	}
	a.Pages = a.Pages || e.Pages
}

func (a *Alert) endWaitAfterIncident() {
	if !a.Left.IsZero() {
		a.Left, a.Waits = time.Time{}, time.Time{}
	}
}

// due is when the alert wants a command: when what keeps it from paging ends.
func due(a Alert) time.Time {
	switch {
	case a.State != StateOpen:
		return time.Time{}
	case a.Hush != nil:
		return a.Hush.Until
	}
	return a.Waits
}

func said(e Event) *Said { return &Said{By: e.By, Via: e.Via, At: e.At, Why: e.Text} }

func applyMember(a *Alert, e Event) {
	if e.Member == nil {
		return
	}
	fired := a.setMember(e)
	if fired && a.Acknowledged != nil && a.Acknowledged.By == "" { // at the source, for others
		a.Acknowledged = nil
	}
	if e.Severity != "" {
		a.Severity = e.Severity
	}
	a.paging(e)
	switch e.Kind {
	case MemberResolved, MemberAnswered:
		return
	case WasResolved:
		a.State, a.Ended = StateResolved, e.At
		return
	case WasReopened:
		a.State, a.Ended = StateOpen, time.Time{}
		a.Reopened++
		a.Acknowledged, a.Also, a.Noise = nil, nil, nil
	}
	a.Last = e.At
	a.Count += e.Counts[e.Place]
	a.Suppressed += e.Suppressed
}

// setMember puts the event's member at its place, and says whether it fires now and did not
// before.
func (a *Alert) setMember(e Event) (fired bool) {
	a.Members = slices.Clone(a.Members)
	fired = e.Member.Status == Firing
	if e.Place >= 0 && e.Place < len(a.Members) {
		fired = fired && a.Members[e.Place].Status != Firing
		a.Members[e.Place] = *e.Member
	} else {
		a.Members = append(a.Members, *e.Member)
	}
	return fired
}
