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

// Hear is a signal of the alert's group, and what was decided about it.
type Hear struct {
	Integration string
	Signal      Signal
	Decision    Decision
	// ID is that of the alert if the signal opens it, with what else holds from the
	// beginning: what keeps it from paging, who said that there is nothing to do about
	// it, the page it is folded into, the alert it continues, the card it is counted on.
	ID        string
	Hush      *Hush
	Noise     *Said
	Fold      string
	Continues string
	Storm     string
}

func (c Hear) decide(a Alert, now time.Time) ([]Event, error) {
	s := c.Signal
	if a.ID == "" {
		if s.Status != Firing {
			return nil, nil
		}
		return []Event{{Kind: WasOpened, Alert: c.open(now)}}, nil
	}
	if a.State == StateClosed {
		return nil, refuse(Conflict, "%s is closed: what fires again opens another alert.", a.ID)
	}
	place := a.find(c.Integration, s.Key)
	if s.Status == Acknowledged {
		return c.answer(a, place), nil
	}
	if s.Status != Firing {
		return c.resolve(a, place, now), nil
	}
	events, err := c.fire(a, place, now)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	return append(events, c.heed(a, now)...), nil
}

// heed is what else follows when more fires, or it is worse: it goes where the worse goes,
// and whatever kept what was less from paging does not keep this.
func (c Hear) heed(a Alert, now time.Time) []Event {
	var events []Event
	worse, d := c.worsen(a), c.Decision
	less := a.State == StateResolved && (a.Severity.Worse(d.Severity) || a.Pages && !d.Page && len(worse) == 0) // all that was more is over
	if less {
		events = append(events, Event{Kind: WasLessened, Severity: d.Severity, Pages: d.Page})
	}
	if (less || len(worse) > 0) && (d.Escalation != a.Escalation || d.Declare != a.Declare) || d.Declare > 0 && a.Declare == 0 {
		events = append(events, Event{Kind: WasRerouted, Route: d.Route, Escalation: d.Escalation, Declare: d.Declare})
	}
	asks := d.More(a)
	if asks && a.Noise != nil && a.State == StateOpen {
		events = append(events, Event{Kind: WasHeeded})
	}
	if now.Before(a.Waits) && (asks || !a.Left.IsZero()) { // more than what was answered, or what the incident has left behind
		events = append(events, Event{Kind: WaitEnded})
	}
	return events
}

func (c Hear) open(now time.Time) *Alert {
	s, d := c.Signal, c.Decision
	a := &Alert{ID: c.ID, State: StateOpen, Integration: c.Integration, Group: d.Group, Route: d.Route, Service: d.Service, Escalation: d.Escalation,
		Channel: d.Channel, Severity: d.Severity, Pages: d.Page, Declare: d.Declare, Window: d.Window, Title: s.Title, Description: s.Description, Labels: s.Labels, Links: s.Links, Notes: s.Notes,
		Count: s.count(), Opened: now, Last: now, Hush: c.Hush, Noise: c.Noise, Page: c.Fold, Folded: c.Fold != "", Continues: c.Continues, Storm: c.Storm}
	a.Members = []Member{{Key: s.Key, Status: Firing, Starts: s.Starts, Since: now, Count: a.Count}}
	if a.Silenced(now) {
		a.Suppressed = a.Count
	}
	a.Due = due(*a)
	return a
}

func (s Signal) count() int { return max(s.Count, 1) }

// fire is a signal that fires: of a new member, of one that fires again, of one that
// is known to fire and has become worse, or nothing new.
func (c Hear) fire(a Alert, place int, now time.Time) ([]Event, error) {
	s := c.Signal
	e := Event{Kind: MemberJoined, Place: place, Member: &Member{Key: s.Key, Status: Firing, Starts: s.Starts, Since: now, Count: s.count()}}
	if c.Integration != a.Integration {
		e.Member.Integration = c.Integration
	}
	if s.Title != a.Title {
		e.Member.Title = s.Title
	}
	switch {
	case place < 0 && a.Full():
		return nil, refuse(Conflict, "%s has %d members that fire, and no room for another.", a.ID, MaxMembers)
	case place < 0 && len(a.Members) >= MaxMembers:
		e.Place = longestResolved(a.Members)
	case place < 0:
		e.Place = len(a.Members)
	default:
		m := a.Members[place]
		if m.Status == Firing && !s.Starts.After(m.Starts) {
			return c.worsen(a), nil
		}
		e.Kind = MemberFired
		e.Member.Count += m.Count
		if m.Status == Firing {
			e.Member.Since, e.Member.Answered = m.Since, m.Answered
		}
	}
	if a.State == StateResolved {
		e.Kind = WasReopened
	}
	if w := c.worsen(a); len(w) > 0 {
		e.Severity, e.Pages, e.Anew = w[0].Severity, w[0].Pages, w[0].Anew
	}
	e.Counts = map[int]int{e.Place: s.count()}
	if a.Silenced(now) {
		e.Suppressed = s.count()
	}
	return []Event{e}, nil
}

// worsen is what a signal changes that is worse than what its alert is known to be.
func (c Hear) worsen(a Alert) []Event {
	d := c.Decision
	if !d.Severity.Worse(a.Severity) && (a.Pages || !d.Page) {
		return nil
	}
	e := Event{Kind: WasWorsened, Severity: a.Severity, Pages: a.Pages || d.Page}
	if d.Severity.Worse(a.Severity) {
		e.Severity, e.Anew = d.Severity, d.Severity.Pages()
	}
	return []Event{e}
}

// More says whether what was decided about a signal asks for people anew, beside what its
// alert asks for already: it is an error or critical and worse, or pages where that does not.
func (d Decision) More(a Alert) bool {
	return d.Severity.Worse(a.Severity) && d.Severity.Pages() || d.Page && !a.Pages
}

// longestResolved is the place of the member that has been resolved for longest.
func longestResolved(members []Member) int {
	at := -1
	for n, m := range members {
		if m.Status != Firing && (at < 0 || m.Since.Before(members[at].Since)) {
			at = n
		}
	}
	return at
}

// resolve is a signal that says that a member is over. One that ended before the
// member began to fire as it does is late, and changes nothing.
func (c Hear) resolve(a Alert, place int, now time.Time) []Event {
	if place < 0 || a.Members[place].Status != Firing {
		return nil
	}
	m := a.Members[place]
	if s := c.Signal; !s.Starts.IsZero() && s.Starts.Before(m.Starts) {
		return nil
	}
	m.Status, m.Since = Resolved, now
	e := Event{Kind: MemberResolved, Place: place, Member: &m}
	switch {
	case a.Firing() == 1:
		e.Kind = WasResolved
	case a.Acknowledged == nil && !a.unanswered(place):
		return []Event{e, {Kind: WasAcknowledged, Via: c.Integration}}
	}
	return []Event{e}
}

// answer is a signal that somebody has answered for a member at its source. That answers for
// the alert when all that fires in it is answered so: the others are nobody's.
func (c Hear) answer(a Alert, place int) []Event {
	if place < 0 || a.Members[place].Status != Firing || a.Members[place].Answered {
		return nil
	}
	m := a.Members[place]
	m.Answered = true
	e := Event{Kind: MemberAnswered, Via: c.Integration, Place: place, Member: &m}
	if a.Acknowledged == nil && !a.unanswered(place) {
		e.Kind = WasAcknowledged
	}
	return []Event{e}
}

// Repeat counts signals that said nothing new, by the places of their members.
type Repeat struct {
	Counts     map[int]int
	Suppressed int
}

func (c Repeat) decide(a Alert, now time.Time) ([]Event, error) {
	if a.ID == "" || len(c.Counts) == 0 {
		return nil, nil
	}
	return []Event{{Kind: WasRepeated, Counts: c.Counts, Suppressed: c.Suppressed}}, nil
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
