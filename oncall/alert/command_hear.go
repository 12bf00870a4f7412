package alert

import (
	"maps"
	"slices"
	"time"
)

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
	if d.Unknown != "" && !slices.Contains(slices.Collect(maps.Values(s.Labels)), d.Unknown) {
		s.Notes = slices.Clip(s.Notes) // the signal's own stay as they were
		s.note("The service that it names, %q, is not configured.", d.Unknown)
	}
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
