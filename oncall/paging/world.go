package paging

import "time"

// World is what a page asks of the moment in which it takes a step: every command
// that may take one carries it. Its functions are asked at that moment and must
// not fail.
type World struct {
	// Resolve says whom a target stands for. A target that stands for nobody gives
	// nothing.
	Resolve func(Target) []Recipient
	// Reach are the ways to a person in the order in which they are tried. Without
	// the function, or without any, it is Slack at once.
	Reach func(person string, u Urgency) []Contact
	// Floor is who is told when the policy has nobody left.
	Floor func(Page) []Recipient
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
// and with Every it is tried again and again until somebody answers.
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
