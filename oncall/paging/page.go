package paging

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Status is where a page stands.
type Status string

// The statuses of a page.
const (
	Open         Status = "open"
	Acknowledged Status = "acknowledged"
	Ended        Status = "ended"
)

// MaxNotices is how many notices a page's record keeps. The oldest are dropped
// that a later one to the same person or place has replaced, so that nobody who
// was told is forgotten; all of them stay in the events.
const MaxNotices = 60

// Page is one call for a human, until one answers.
type Page struct {
	ID string `json:"id"`
	// Subject is what it is about: "INC-42", "ALERT-7", "TEST-3".
	Subject string `json:"subject"`
	Status  Status `json:"status"`
	Policy  Policy `json:"policy"`
	// By is who asked for it; empty: a policy.
	By      string  `json:"by,omitempty"`
	Urgency Urgency `json:"urgency,omitempty"`
	Facts   Facts   `json:"facts,omitzero"`
	// Folded counts what else it stands for by now, FoldedLast names the last of it.
	Folded     int    `json:"folded,omitempty"`
	FoldedLast string `json:"folded_last,omitempty"`
	// Step is the index of the step that was last told, Cycle how often the
	// policy has begun again.
	Step  int `json:"step"`
	Cycle int `json:"cycle"`
	// Spent says that the whole policy was tried without an answer.
	Spent bool `json:"spent,omitempty"`
	// Turn counts the steps taken: a command that names an earlier turn is late.
	Turn int `json:"turn"`
	// Due is when the next step comes, while the page is open.
	Due    time.Time `json:"due,omitzero"`
	Opened time.Time `json:"opened"`
	// Sent counts all notices; Notices are the last of them.
	Sent    int      `json:"sent"`
	Notices []Notice `json:"notices,omitempty"`
	// Answered is who acknowledged first and when.
	AnsweredBy string    `json:"answered_by,omitempty"`
	Answered   time.Time `json:"answered,omitzero"`
	// Also are those who acknowledged after the first, at most MaxNotices.
	Also []string `json:"also,omitempty"`
}

// Fate is what became of a notice.
type Fate string

// The fates of a notice.
const (
	Intended Fate = "intended"
	Sent     Fate = "sent"
	Failed   Fate = "failed"
)

// Notice is one message to one person or place.
type Notice struct {
	N       int       `json:"n"`
	To      Recipient `json:"to"`
	Method  Method    `json:"method,omitempty"` // empty: Slack
	Step    int       `json:"step"`
	Cycle   int       `json:"cycle,omitempty"`
	At      time.Time `json:"at"`
	Fate    Fate      `json:"fate"`
	Paused  bool      `json:"paused,omitempty"`
	Decline bool      `json:"decline,omitempty"`
	// Repeat says that the same person or place was sent an earlier notice.
	Repeat bool `json:"repeat,omitempty"`
}

// Recipient is a person, by name, or a channel.
type Recipient struct {
	Person  string `json:"person,omitempty"`
	Channel string `json:"channel,omitempty"`
}

func (r Recipient) String() string {
	if r.Channel != "" {
		return "channel:" + r.Channel
	}
	return r.Person
}

// Repeats says whether this person or place was sent an earlier notice.
func (p Page) Repeats(n Notice) bool {
	return n.Repeat || slices.ContainsFunc(p.Notices, func(o Notice) bool { return o.N < n.N && o.To == n.To })
}

// Notice returns the notice with number n.
func (p Page) Notice(n int) (Notice, bool) {
	for _, o := range p.Notices {
		if o.N == n {
			return o, true
		}
	}
	return Notice{}, false
}

// Current are the notices of the step that was last told.
func (p Page) Current() []Notice {
	var out []Notice
	for _, n := range p.Notices {
		if n.Step == p.Step && n.Cycle == p.Cycle {
			out = append(out, n)
		}
	}
	return out
}

// Told says whether the person was sent a notice of this page.
func (p Page) Told(person string) bool {
	return slices.ContainsFunc(p.Notices, func(n Notice) bool { return n.To.Person == person })
}

// Kind names what happened to a page. Kinds are stored.
type Kind string

// The kinds of events.
const (
	Opened        Kind = "opened"
	Stepped       Kind = "stepped"
	Skipped       Kind = "skipped"
	PolicySpent   Kind = "spent"
	NoticeSent    Kind = "sent"
	NoticeFailed  Kind = "failed"
	NoticePaused  Kind = "paused"
	Declined      Kind = "declined"
	Escalated     Kind = "escalated"
	AcknowledgedK Kind = "acknowledged"
	AnsweredAgain Kind = "answered_again"
	EndedK        Kind = "ended"
	FoldedK       Kind = "folded"
)

// Event is one thing that happened to a page; which fields are set depends on
// Kind.
type Event struct {
	Seq      uint64    `json:"-"`
	Kind     Kind      `json:"-"`
	At       time.Time `json:"-"`
	Recorded time.Time `json:"-"`

	ID      string      `json:"id,omitempty"`
	Subject string      `json:"subject,omitempty"`
	Policy  *Policy     `json:"policy,omitempty"`
	By      string      `json:"by,omitempty"`
	Urgency Urgency     `json:"urgency,omitempty"`
	Facts   Facts       `json:"facts,omitzero"`
	Via     string      `json:"via,omitempty"`
	Step    int         `json:"step,omitempty"`
	Cycle   int         `json:"cycle,omitempty"`
	Turn    int         `json:"turn,omitempty"`
	Due     time.Time   `json:"due,omitzero"`
	To      []Recipient `json:"to,omitempty"` // stepped: whom this step tells
	First   int         `json:"first,omitempty"`
	Notice  int         `json:"notice,omitempty"`
	Text    string      `json:"text,omitempty"`
	Count   int         `json:"count,omitempty"`   // folded: how many more it stands for
	Late    int64       `json:"late_ms,omitempty"` // stepped: how late it came, in milliseconds
}

// Apply returns the record after the event; it only copies what the event says.
func Apply(p Page, e Event) Page {
	p.Notices, p.Also = slices.Clone(p.Notices), slices.Clone(p.Also)
	switch e.Kind {
	case Opened:
		p = Page{ID: e.ID, Subject: e.Subject, Status: Open, By: e.By, Urgency: e.Urgency, Facts: e.Facts, Opened: e.At, Step: -1, Due: e.Due}
		if e.Policy != nil {
			p.Policy = *e.Policy
		}
	case Stepped:
		p.Step, p.Cycle, p.Turn, p.Due = e.Step, e.Cycle, e.Turn, e.Due
		for n, to := range e.To {
			again := slices.ContainsFunc(p.Notices, func(o Notice) bool { return o.To == to })
			p.Notices = append(p.Notices, Notice{N: e.First + n, To: to, Step: e.Step, Cycle: e.Cycle, At: e.At, Fate: Intended, Repeat: again})
			p.Sent = e.First + n
		}
		p.Notices = bounded(p.Notices)
	case PolicySpent:
		p.Spent = true
	case NoticeSent, NoticeFailed, NoticePaused, Declined:
		applyNotice(&p, e)
	case AcknowledgedK:
		p.Status, p.AnsweredBy, p.Answered, p.Due = Acknowledged, e.By, e.At, time.Time{}
	case AnsweredAgain:
		if len(p.Also) < MaxNotices {
			p.Also = append(p.Also, e.By)
		}
	case EndedK:
		p.Status, p.Due = Ended, time.Time{}
	case FoldedK:
		p.Folded, p.FoldedLast = p.Folded+e.Count, e.Text
	}
	return p
}

// bounded drops the oldest notices that were replaced, until MaxNotices are left.
func bounded(list []Notice) []Notice {
	over := len(list) - MaxNotices
	if over <= 0 {
		return list
	}
	var out []Notice
	for n, o := range list {
		if over > 0 && slices.ContainsFunc(list[n+1:], func(later Notice) bool { return later.To == o.To }) {
			over--
			continue
		}
		out = append(out, o)
	}
	return out
}

func applyNotice(p *Page, e Event) {
	for n := range p.Notices {
		o := &p.Notices[n]
		switch {
		case e.Kind == Declined:
			o.Decline = o.Decline || o.To.Person == e.By
		case o.N != e.Notice:
		case e.Kind == NoticeSent:
			o.Fate = Sent
		case e.Kind == NoticeFailed:
			o.Fate = Failed
		case e.Kind == NoticePaused:
			o.Paused = true
		}
	}
}

// Code classes an error; the values are those of the incident package.
type Code string

// The codes of an Error.
const (
	Invalid   Code = "invalid"
	NotFound  Code = "not_found"
	Conflict  Code = "conflict"
	Forbidden Code = "forbidden"
)

// Error is a refusal; Message is for the person who asked. Where it says {person},
// Person is meant.
type Error struct {
	Code    Code
	Message string
	Person  string
}

func (e *Error) Error() string { return e.Named(func(person string) string { return person }) }

// Named is the message with the name that a person is known by to its reader.
func (e *Error) Named(name func(person string) string) string {
	if e.Person == "" {
		return e.Message
	}
	return strings.ReplaceAll(e.Message, "{person}", name(e.Person))
}

func clock(t time.Time) string { return t.UTC().Format("15:04 MST") }

func refuse(c Code, format string, args ...any) error {
	return &Error{Code: c, Message: fmt.Sprintf(format, args...)}
}
