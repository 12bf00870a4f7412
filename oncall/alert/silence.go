package alert

import (
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// MaxSilence is the longest that people may silence alerts at once.
const MaxSilence = 366 * 24 * time.Hour

// Silence is what people say must page nobody until some time. What it says must all
// hold; at least one thing is said.
type Silence struct {
	ID string `json:"id"`
	// Match are conditions; see [NewMatcher].
	Match map[string]string `json:"match,omitempty"`
	// Group is the group of one alert.
	Group string `json:"group,omitempty"`
	// Title is that of the alert on which it was made, for those who read it.
	Title string    `json:"title,omitempty"`
	By    string    `json:"by,omitempty"`
	Via   string    `json:"via,omitempty"`
	Why   string    `json:"why,omitempty"`
	Made  time.Time `json:"made"`
	Until time.Time `json:"until"`
	// EndedBy is who ended it before its time, at Until.
	EndedBy string `json:"ended_by,omitempty"`
	// Told says that it is over and people know what it has kept.
	Told bool `json:"told,omitempty"`
}

// Active says whether the silence holds at an instant.
func (s Silence) Active(at time.Time) bool { return at.Before(s.Until) }

// Check says what is wrong with a silence that somebody wants to make at now.
func (s Silence) Check(now time.Time) error {
	m, problems := NewMatcher(s.Match)
	switch {
	case len(problems) > 0:
		return refuse(Invalid, "The silence cannot be made: %s: %s. Write for example %s.", problems[0].Path, problems[0].Message, problems[0].Suggestion)
	case len(s.Match) == 0 && s.Group == "":
		return refuse(Invalid, "A silence says what it silences: for example service=checkout. All alerts are title=~.*")
	case s.Group == "" && m.vague():
		return refuse(Invalid, "%s would silence every alert that has no such label. Say what it silences, for example service=checkout; if you mean all of them, say so too: title=~.*", cut(m.Text(), 100))
	case len(s.Match) > MaxLabels:
		return refuse(Invalid, "A silence has at most %d conditions.", MaxLabels)
	case !s.Until.After(now):
		return refuse(Invalid, "A silence ends in the future: for example in 2h.")
	case s.Until.Sub(now) > MaxSilence:
		return refuse(Invalid, "A silence lasts a year at most. If it shall never page, say so in a route of the configuration.")
	}
	for name, value := range s.Match {
		if name == "" {
			return refuse(Invalid, "The condition %q names no label: write for example service=checkout.", cut(oneLine(value), 40))
		}
		if len(name) > MaxLabelName || len(value) > MaxLabelValue {
			return refuse(Invalid, "The condition on %q is too long.", cut(oneLine(name), 40))
		}
	}
	return short(s.Why)
}

// Text is what it silences, as people write it.
func (s Silence) Text() string {
	if s.Group != "" {
		return s.Title
	}
	m, _ := NewMatcher(s.Match)
	return m.Text()
}

// Silencer is a silence that can be asked. It is immutable.
type Silencer struct {
	Silence
	matcher *Matcher
}

// Compile makes a silence ready to be asked. One that another release wrote and this
// one cannot read covers nothing: then the problems say why.
func (s Silence) Compile() (*Silencer, []oncall.Problem) {
	m, problems := NewMatcher(s.Match)
	return &Silencer{Silence: s, matcher: m}, problems
}

// Covers says whether a signal is silenced, given what was decided about it.
func (s *Silencer) Covers(signal *Signal, integration string, d Decision) bool {
	return (s.Group == "" || s.Group == d.Group) && s.matcher.Matches(signal, integration, d.Service)
}

// Signal is the alert as a signal, and what was decided about it, for those who ask
// whether a silence covers it.
func (a Alert) Signal() (Signal, Decision) {
	return Signal{Status: Firing, Title: a.Title, Severity: a.Severity, Service: a.Labels["service"], Labels: a.Labels},
		Decision{Service: a.Service, Severity: a.Severity, Group: a.Group}
}
