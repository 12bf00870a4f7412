package paging

import (
	"slices"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// World is what a page asks of the moment in which it takes a step: every command
// that may take one carries it. Its functions are asked at that moment and must
// not fail.
type World struct {
	// Resolve says whom a target stands for. A target that stands for nobody gives
	// nothing.
	Resolve func(Target) []Recipient
	// Barred are the guests in what a target names: they may not answer, so it does not
	// stand for them. Nil: nobody is barred.
	Barred func(Target) []string
	// Unknown says that nobody knows at the moment whom a target stands for: nobody is
	// left in peace because of it. Nil: all are known.
	Unknown func(Target) bool
	// Reach are the ways to a person in the order in which they are tried. Without
	// the function, or without any, it is Slack at once.
	Reach func(person string) []Contact
	// Quiet is how long the quiet hours of a person hold back a page, at most MaxHold; 0:
	// they do not. Nil: nobody has any.
	Quiet func(person string, u Urgency) time.Duration
	// Floor is who is told when the policy has nobody left and names no floor of its
	// own; nil: nobody.
	Floor func(Page) []Recipient
	// Spare names the newest page of somebody who has as many unanswered pages beside
	// this one as anybody is sent, which stands for this one then; empty: they have not.
	// Nil: nobody has.
	Spare func(Page, Recipient) string
	// Down says that a medium does not work at the moment; nil: all do.
	Down func(Method) bool
	// Deaf says that a medium brings no answers at the moment, whether or not it takes
	// messages; nil: all do.
	Deaf func(Method) bool
	// Zones know the clocks that the hours of steps are read on.
	Zones *oncall.Zones
}

// Method is a way to reach somebody. Methods are stored; empty is Slack.
type Method string

// The methods.
const (
	Slack   Method = "slack"
	Email   Method = "email"
	SMS     Method = "sms"
	Voice   Method = "voice"
	Push    Method = "push"
	Webhook Method = "webhook"
)

// Contact is one way to a person: After is how long after the step it is tried,
// and with Every it is tried again and again until somebody answers the page.
type Contact struct {
	Method Method        `json:"method"`
	After  time.Duration `json:"after,omitempty"`
	Every  time.Duration `json:"every,omitempty"`
}

// Urgency says how loud a page may be.
type Urgency string

// The urgencies; empty is High: a page that does not say wakes.
const (
	High Urgency = "high"
	Low  Urgency = "low"
)

// Facts are what a policy may ask of that which the page is about.
type Facts struct {
	Severity string `json:"severity,omitempty"` // "SEV2", "critical"
	Service  string `json:"service,omitempty"`
}

// reach are the ways to a recipient; there is always one.
func (w World) reach(to Recipient) []Contact {
	if to.Person != "" && w.Reach != nil {
		if list := w.Reach(to.Person); len(list) > 0 {
			return list
		}
	}
	return []Contact{{Method: Slack}}
}

// quiet is how long quiet hours hold back what is for a recipient: nothing that is for a
// channel.
func (w World) quiet(to Recipient, u Urgency) time.Duration {
	if to.Person == "" || w.Quiet == nil {
		return 0
	}
	return min(w.Quiet(to.Person, u), MaxHold)
}

func (w World) spare(p Page, to Recipient) string {
	if w.Spare == nil {
		return ""
	}
	return w.Spare(p, to)
}

func (w World) down(m Method) bool { return w.Down != nil && w.Down(m) }

func (w World) deaf(m Method) bool { return w.Deaf != nil && w.Deaf(m) }

// answers says that a medium takes messages and brings answers.
func (w World) answers(m Method) bool { return !w.down(m) && !w.deaf(m) }

// recipients are those whom targets stand for, each once.
func (w World) recipients(targets []Target) []Recipient {
	var out []Recipient
	for _, t := range targets {
		out = union(out, w.Resolve(t))
	}
	return out
}

// barred are the guests in what targets name, each once, but those who are told.
func (w World) barred(targets []Target, told []Recipient) []string {
	var out []string
	for _, t := range targets {
		if w.Barred == nil {
			break
		}
		for _, p := range w.Barred(t) {
			if !slices.Contains(out, p) && !slices.Contains(told, Recipient{Person: p}) {
				out = append(out, p)
			}
		}
	}
	return out
}

// unknown says whether nobody knows at the moment whom some of the targets stand for.
func (w World) unknown(targets []Target) bool {
	return w.Unknown != nil && slices.ContainsFunc(targets, w.Unknown)
}

// floor is who is told when the policy has nobody left: its last step that applies
// and stands for somebody, for whoever came on duty since, and its floor.
func (w World) floor(p Page, now time.Time) []Recipient {
	var out []Recipient
	for n := len(p.Policy.Steps) - 1; n >= 0 && len(out) == 0; n-- {
		if s := p.Policy.Steps[n]; s.When.unless(p.Facts, now, w.Zones) == "" {
			out = w.recipients(s.Notify)
		}
	}
	switch {
	case len(p.Policy.Floor) > 0:
		return union(out, w.recipients(p.Policy.Floor))
	case w.Floor != nil:
		return union(out, w.Floor(p))
	}
	return out
}
