package alert

import (
	"fmt"
	"slices"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// Command is something asked of an alert. The commands are the types in this package
// that have a decide method.
type Command interface {
	decide(a Alert, now time.Time) ([]Event, error)
}

// Decide returns what the command makes happen at now, or why it may not. An empty
// result without an error means that nothing changes. Refusals are *Error.
func Decide(a Alert, c Command, now time.Time) ([]Event, error) {
	events, err := c.decide(a, now)
	if err != nil {
		return nil, err
	}
	for n := range events {
		events[n].At, events[n].Recorded = now, now
	}
	return events, nil
}

// Mute keeps the alert from paging. By is the person who silenced it; empty: what
// covers it already, or the configuration.
type Mute struct {
	By, Via string
	Hush    Hush
	Why     string
}

func (c Mute) decide(a Alert, now time.Time) ([]Event, error) {
	if err := open(a); err != nil {
		return nil, err
	}
	if !c.Hush.Until.After(now) {
		return nil, refuse(Invalid, "A silence ends in the future.")
	}
	if a.Hush != nil && *a.Hush == c.Hush {
		return nil, nil
	}
	hush := c.Hush
	return []Event{{Kind: WasSilenced, By: c.By, Via: c.Via, Hush: &hush, Text: c.Why}}, nil
}

// Unmute ends what keeps the alert from paging.
type Unmute struct {
	By, Via string
	Why     string
}

func (c Unmute) decide(a Alert, now time.Time) ([]Event, error) {
	if a.Hush == nil {
		return nil, nil
	}
	return []Event{{Kind: WasUnsilenced, By: c.By, Via: c.Via, Text: c.Why}}, nil
}

// Tick ends a silence and a wait whose time is over.
type Tick struct{}

func (Tick) decide(a Alert, now time.Time) ([]Event, error) {
	var events []Event
	if a.Hush != nil && !a.Silenced(now) {
		events = append(events, Event{Kind: WasUnsilenced, Text: "its time is over"})
	}
	if !a.Waits.IsZero() && !now.Before(a.Waits) {
		events = append(events, Event{Kind: WaitEnded})
	}
	return events, nil
}

// Wait keeps the alert from paging for a while.
type Wait struct {
	Until time.Time
	Why   string
}

func (c Wait) decide(a Alert, now time.Time) ([]Event, error) {
	if a.State != StateOpen || !c.Until.After(now) {
		return nil, nil
	}
	return []Event{{Kind: WaitBegan, Until: c.Until, Text: c.Why}}, nil
}

// Acknowledge says that a person answers for the alert; without By, its source does.
// Whoever does so first stays the one who has it.
type Acknowledge struct {
	By, Via string
	Page    string // through which page; empty: none
}

func (c Acknowledge) decide(a Alert, now time.Time) ([]Event, error) {
	if err := open(a); err != nil {
		return nil, err
	}
	switch first := a.Acknowledged; {
	case first == nil || first.By == "" && c.By != "":
	case c.By == "" || first.By == c.By || slices.Contains(a.Also, c.By):
		return nil, nil
	default:
		return []Event{{Kind: WasAckedAgain, By: c.By, Via: c.Via, Page: c.Page}}, nil
	}
	return []Event{{Kind: WasAcknowledged, By: c.By, Via: c.Via, Page: c.Page}}, nil
}

// NotActionable says that there is nothing to do about the alert: it pages nobody
// any more while it goes on.
type NotActionable struct {
	By, Via string
	Why     string
}

func (c NotActionable) decide(a Alert, now time.Time) ([]Event, error) {
	switch {
	case a.ID == "":
		return nil, refuse(NotFound, "There is no such alert.")
	case a.Noise != nil && a.Noise.By == c.By && a.Noise.Why == c.Why:
		return nil, nil
	}
	if err := short(c.Why); err != nil {
		return nil, err
	}
	return []Event{{Kind: WasNoise, By: c.By, Via: c.Via, Text: c.Why}}, nil
}

// Declare links the incident that was declared for the alert.
type Declare struct {
	By, Via  string
	Incident string
}

func (c Declare) decide(a Alert, now time.Time) ([]Event, error) {
	switch {
	case a.ID == "":
		return nil, refuse(NotFound, "There is no such alert.")
	case a.InIncident():
		return nil, refuse(Conflict, "%s was declared for %s already.", a.Incident, a.ID)
	}
	return []Event{{Kind: WasDeclared, By: c.By, Via: c.Via, Incident: c.Incident}}, nil
}

// LeaveIncident says that the alert's incident is over while it fires. It waits until
// Until for what was done to show, and pages then.
type LeaveIncident struct {
	Until time.Time
}

func (c LeaveIncident) decide(a Alert, _ time.Time) ([]Event, error) {
	if a.State != StateOpen || !a.InIncident() {
		return nil, nil
	}
	return []Event{{Kind: IncidentOver, Incident: a.Incident, Until: c.Until}}, nil
}

// RejoinIncident says that the alert's incident was opened again.
type RejoinIncident struct{}

func (RejoinIncident) decide(a Alert, _ time.Time) ([]Event, error) {
	if a.State != StateOpen || a.Left.IsZero() {
		return nil, nil
	}
	return []Event{{Kind: IncidentAgain, Incident: a.Incident}}, nil
}

// Close ends the alert by hand, while its source still says that it fires: what the
// source says next opens another.
type Close struct {
	By, Via string
	Why     string
}

func (c Close) decide(a Alert, now time.Time) ([]Event, error) {
	if err := open(a); err != nil {
		return nil, err
	}
	if err := short(c.Why); err != nil {
		return nil, err
	}
	return []Event{{Kind: WasClosed, By: c.By, Via: c.Via, Text: c.Why}}, nil
}

// RecordPage says what became of telling people: WasPaged, WasFolded, WasUnfolded, WasUnpaged,
// PageEscalated, PageHandedOver (to Person), PageSnoozed (until Until), PageResumed,
// PageAnswered or PageEnded.
type RecordPage struct {
	Kind    Kind
	By, Via string
	Page    string
	Step    int
	Person  string
	Until   time.Time
	Why     string
}

func (c RecordPage) decide(a Alert, now time.Time) ([]Event, error) {
	switch c.Kind {
	case WasPaged, WasFolded:
		if a.Page == c.Page {
			return nil, nil
		}
	case WasUnpaged:
		if a.Unpaged == c.Why {
			return nil, nil
		}
	case PageEscalated, PageHandedOver, PageSnoozed, PageResumed, PageAnswered, PageEnded, WasUnfolded:
		if a.Page != c.Page {
			return nil, nil
		}
	default:
		return nil, fmt.Errorf("record a page: %q is no kind of it", c.Kind)
	}
	return []Event{{Kind: c.Kind, By: c.By, Via: c.Via, Page: c.Page, Step: c.Step, Person: c.Person, Until: c.Until, Text: c.Why}}, nil
}

// Continue names the alert in which the group goes on.
type Continue struct {
	Other string
}

func (c Continue) decide(a Alert, now time.Time) ([]Event, error) {
	if a.Continued == c.Other {
		return nil, nil
	}
	return []Event{{Kind: WasContinued, Other: c.Other}}, nil
}

// Show says that the alert's card was posted. Pages that went out before link it from
// then on.
type Show struct{}

func (Show) decide(Alert, time.Time) ([]Event, error) { return []Event{{Kind: WasShown}}, nil }

func open(a Alert) error {
	switch a.State {
	case StateOpen:
		return nil
	case StateResolved:
		return refuse(Conflict, "%s was resolved at %s: there is nothing to do about it any more.", a.ID, onDay(a.Ended))
	case StateClosed:
		return refuse(Conflict, "%s was closed by %s at %s: there is nothing to do about it any more.", a.ID, a.Closed.By, onDay(a.Ended))
	}
	return refuse(NotFound, "There is no such alert.")
}

// MaxText is how many characters people may write on an alert at once.
const MaxText = 4000

func short(text string) error {
	if n := len([]rune(text)); n > MaxText {
		return refuse(Invalid, "That text has %d characters, and %d is the most. Nothing was recorded.", n, MaxText)
	}
	return nil
}

// onDay is a time of which nobody knows how long ago it was.
func onDay(t time.Time) string { return oncall.FormatTime(time.Time{}, t) }
