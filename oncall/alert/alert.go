package alert

import (
	"slices"
	"strings"
	"time"
)

// State is where an alert stands.
type State string

// The states of an alert.
const (
	StateOpen     State = "open"     // at least one member fires
	StateResolved State = "resolved" // every member is resolved
	StateClosed   State = "closed"   // a person closed it while it fired
)

// MaxMembers is how many members one alert keeps. A resolved one makes room for the
// next; when all fire, the group goes on in another alert, its continuation.
const MaxMembers = 500

// Alert is what one page and one card are about: a group of signals that fire
// together. Where neither its route nor its source names a group, it has one member.
type Alert struct {
	ID          string `json:"id"`
	State       State  `json:"state"`
	Integration string `json:"integration"`
	// Group is what its signals have in common; two alerts of one group are open at
	// the same time only if one continues the other.
	Group string `json:"group"`
	// Route is the route that decided what follows; empty: none matched.
	Route      string   `json:"route,omitempty"`
	Service    string   `json:"service,omitempty"`
	Escalation string   `json:"escalation,omitempty"`
	Channel    string   `json:"channel,omitempty"`
	Severity   Severity `json:"severity,omitempty"`
	// Pages says that somebody must answer it, unless it is silenced.
	Pages bool `json:"pages,omitempty"`
	// Declare is the severity, 1 to 4, of the incident that is opened for it instead of
	// a page; 0: none.
	Declare int `json:"declare,omitempty"`
	// Window is how long after it was opened its group stays this alert, even if all
	// was resolved meanwhile.
	Window time.Duration `json:"window,omitempty"`

	Title       string            `json:"title"`
	Description string            `json:"description,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Links       []Link            `json:"links,omitempty"`
	// Notes say what of its first signal was cut, mended or left out, as sentences.
	Notes   []string `json:"notes,omitempty"`
	Members []Member `json:"members"`
	// Count is how many signals said that it fires, repeats included; Suppressed how
	// many of them while it was silenced.
	Count      int `json:"count"`
	Suppressed int `json:"suppressed,omitempty"`

	// Opened and Last are when the first and the last of them were heard; Ended is
	// when it was resolved or closed.
	Opened   time.Time `json:"opened"`
	Last     time.Time `json:"last"`
	Ended    time.Time `json:"ended,omitzero"`
	Reopened int       `json:"reopened,omitempty"`
	// Due is when its silence or its wait ends, and it may have to page.
	Due  time.Time `json:"due,omitzero"`
	Hush *Hush     `json:"hush,omitempty"`
	// Hushed is what kept it from paging before, if anything did.
	Hushed *Hush `json:"hushed,omitempty"`
	// Waits is until when it does not page: it was opened again while whoever had
	// answered the page before may still be at it.
	Waits time.Time `json:"waits,omitzero"`

	// Page is the page that tells people of it; Folded says that the page is about
	// another alert and counts this one.
	Page   string `json:"page,omitempty"`
	Folded bool   `json:"folded,omitempty"`
	// Unpaged says why nobody was paged although somebody should have been.
	Unpaged string `json:"unpaged,omitempty"`
	// Steps is the furthest step that its page has taken, from 1.
	Steps        int   `json:"steps,omitempty"`
	Acknowledged *Said `json:"acknowledged,omitempty"`
	// Also are those who acknowledged it after the first person, at most maxAlso.
	Also []string `json:"also,omitempty"`
	// Answered is when a person last acknowledged it, also before it fired again.
	Answered time.Time `json:"answered,omitzero"`
	// Noise is who said that there is nothing to do about it.
	Noise *Said `json:"noise,omitempty"`
	// Closed is who closed it by hand.
	Closed *Said `json:"closed,omitempty"`
	// Incident is the incident that was declared for it. Left is when it was heard that
	// the incident is over while the alert fires: it is on its own since, and pages again
	// when its wait is over.
	Incident string    `json:"incident,omitempty"`
	Left     time.Time `json:"left,omitzero"`
	// Continues is the alert of the same group that was full when this one opened;
	// Continued is the one that opened after this.
	Continues string `json:"continues,omitempty"`
	Continued string `json:"continued,omitempty"`
	// Storm is the card on which it is counted, instead of a card of its own.
	Storm string `json:"storm,omitempty"`
}

// maxAlso is how many of those who acknowledged after the first an alert names.
const maxAlso = 20

// Said is what a person or a source said about an alert.
type Said struct {
	By  string    `json:"by,omitempty"` // empty: the source
	Via string    `json:"via,omitempty"`
	At  time.Time `json:"at"`
	Why string    `json:"why,omitempty"`
}

// Hush is what keeps an alert from paging: a silence that people made, or a
// maintenance window of the configuration.
type Hush struct {
	Silence string    `json:"silence,omitempty"` // SIL-n
	Window  string    `json:"window,omitempty"`  // its name
	Until   time.Time `json:"until"`
}

// Member is one signal of an alert, as long as the source says the same of it.
type Member struct {
	Key string `json:"key"`
	// Integration and Title are empty where they are the alert's.
	Integration string `json:"integration,omitempty"`
	Title       string `json:"title,omitempty"`
	Status      Status `json:"status"` // Firing or Resolved
	// Starts is what the source says, by its clock; Since is when it was first heard
	// to be as Status says.
	Starts time.Time `json:"starts,omitzero"`
	Since  time.Time `json:"since"`
	Count  int       `json:"count"`
	// Answered says that somebody has answered at the source, since it fires.
	Answered bool `json:"answered,omitempty"`
}

// Member returns the member that an integration knows by a key.
func (a Alert) Member(integration, key string) (Member, bool) {
	n := a.find(integration, key)
	if n < 0 {
		return Member{}, false
	}
	return a.Members[n], true
}

func (a Alert) find(integration, key string) int {
	if integration == a.Integration {
		integration = ""
	}
	return slices.IndexFunc(a.Members, func(m Member) bool { return m.Key == key && m.Integration == integration })
}

// From is the integration that a member came from.
func (a Alert) From(m Member) string {
	if m.Integration == "" {
		return a.Integration
	}
	return m.Integration
}

// Firing counts the members that fire.
func (a Alert) Firing() int {
	n := 0
	for _, m := range a.Members {
		if m.Status == Firing {
			n++
		}
	}
	return n
}

// unanswered says whether a member fires, beside the one at a place, that nobody has answered
// at its source.
func (a Alert) unanswered(beside int) bool {
	for n, m := range a.Members {
		if n != beside && m.Status == Firing && !m.Answered {
			return true
		}
	}
	return false
}

// Full says whether a further member finds no room.
func (a Alert) Full() bool { return len(a.Members) >= MaxMembers && a.Firing() == len(a.Members) }

// Alone says whether no other signal can join the alert or open it again.
func (a Alert) Alone() bool { return a.Window == 0 && strings.HasPrefix(a.Group, ownGroup) }

// Silenced says whether the alert is kept from paging at an instant.
func (a Alert) Silenced(at time.Time) bool { return a.Hush != nil && at.Before(a.Hush.Until) }

// WantsPage says whether somebody must be told of the alert at an instant, and no
// page tells them.
func (a Alert) WantsPage(at time.Time) bool {
	return a.State == StateOpen && a.Pages && a.Page == "" && !a.InIncident() && a.Acknowledged == nil && a.Noise == nil &&
		!a.Silenced(at) && !at.Before(a.Waits)
}

// WantsIncident says whether an incident is to be opened for the alert at an instant.
func (a Alert) WantsIncident(at time.Time) bool {
	return a.State == StateOpen && a.Declare > 0 && !a.InIncident() && a.Noise == nil && !a.Silenced(at) && !at.Before(a.Waits)
}

// InIncident says whether the alert is worked on in an incident that was declared for
// it.
func (a Alert) InIncident() bool { return a.Incident != "" && a.Left.IsZero() }

// Reopens says whether a signal of the group opens the alert again, instead of
// another.
func (a Alert) Reopens(at time.Time) bool {
	return a.State == StateResolved && at.Before(a.Opened.Add(a.Window))
}

// OwnCard says whether the alert has a card of its own in its channel.
func (a Alert) OwnCard() bool { return a.Storm == "" && a.Continues == "" }

// Rank orders severities as those of incidents: 1 is the worst, 4 the least. The empty
// one ranks as an error does.
func (s Severity) Rank() int {
	switch s {
	case SeverityCritical:
		return 1
	case SeverityWarning:
		return 3
	case SeverityInfo:
		return 4
	}
	return 2
}

// Worse says whether s is worse than t.
func (s Severity) Worse(t Severity) bool { return s.Rank() < t.Rank() }
