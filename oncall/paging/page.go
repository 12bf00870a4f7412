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
	// Step is the index of the step that was last told: -1 before the first, and
	// while it is handed over; the number of steps for the floor. Cycle is how often
	// the policy, or at its end the floor, has begun again.
	Step  int `json:"step"`
	Cycle int `json:"cycle"`
	// Spent says that the whole policy was tried without an answer.
	Spent bool `json:"spent,omitempty"`
	// Reason is why the step was taken, where it is not that of an escalation.
	Reason Reason `json:"reason,omitempty"`
	// Turn counts the steps taken: a command that names an earlier turn is late.
	Turn int `json:"turn"`
	// Due is when something must happen: the earliest of what is below. Zero: never,
	// which is only so when it is acknowledged for good, or over.
	Due time.Time `json:"due,omitzero"`
	// Next is when the next step comes, while the page is open; Until when an
	// acknowledgement or a snooze is over; Ends when the page ends by itself.
	Next  time.Time `json:"next,omitzero"`
	Until time.Time `json:"until,omitzero"`
	Ends  time.Time `json:"ends,omitzero"`
	// Held is when the first message of the present step goes out, where quiet hours hold
	// back all of them: its wait begins then. Zero: none was held back, or somebody was told.
	Held time.Time `json:"held,omitzero"`
	// Pending are the contacts that come later, in the order in which they were
	// planned. A step takes over what earlier ones have planned for the same way.
	Pending []Pending `json:"pending,omitempty"`
	// Spared are those who were not told since the page began, because they have enough
	// unanswered pages: one of those says so.
	Spared []Spared `json:"spared,omitempty"`
	// From is the turn after which the page began again; 0: it never did.
	From   int       `json:"from,omitempty"`
	Opened time.Time `json:"opened"`
	// Sent counts all notices; Notices are the last of them.
	Sent    int      `json:"sent"`
	Notices []Notice `json:"notices,omitempty"`
	// Answered is who acknowledged first and when; it stays.
	AnsweredBy string    `json:"answered_by,omitempty"`
	Answered   time.Time `json:"answered,omitzero"`
	// AnsweredVia is how they answered, Proof tells the address that is proven by it.
	AnsweredVia string `json:"answered_via,omitempty"`
	Proof       string `json:"proof,omitempty"`
	// Also are those who acknowledged after the first, at most MaxNotices.
	Also []string `json:"also,omitempty"`
	// Owner is whose it is: who acknowledged it, or to whom it was handed over, even
	// if they have not answered yet.
	Owner string `json:"owner,omitempty"`
	// HandedBy is who handed it over to Owner; empty: nobody did.
	HandedBy string `json:"handed_by,omitempty"`
	// Snoozed says that the acknowledgement ends at Until on purpose, Repaged how
	// often one has ended because nothing followed.
	Snoozed bool `json:"snoozed,omitempty"`
	Repaged int  `json:"repaged,omitempty"`
}

// Reason is why a step was taken. Reasons are stored.
type Reason string

// The reasons; empty: the escalation.
const (
	ByFloor    Reason = "floor"    // the steps have nobody left
	ByHandOver Reason = "handover" // it was handed over to Owner
	ByTimeout  Reason = "timeout"  // nothing followed the acknowledgement of Owner
	BySnooze   Reason = "snooze"   // the snooze of Owner is over
	ByWorse    Reason = "worse"    // it has become worse than what Owner answered
)

// Fate is what became of a notice.
type Fate string

// The fates of a notice.
const (
	Intended  Fate = "intended"  // not sent yet
	Sent      Fate = "sent"      // whoever carries it has taken it
	Delivered Fate = "delivered" // and says that it has arrived
	Failed    Fate = "failed"
)

// Notice is one message to one person or place.
type Notice struct {
	N      int       `json:"n"`
	To     Recipient `json:"to"`
	Method Method    `json:"method,omitempty"` // empty: Slack
	Step   int       `json:"step"`
	Turn   int       `json:"turn"`
	At     time.Time `json:"at"`
	Fate   Fate      `json:"fate"`
	// Why is why it failed, at most MaxWhy characters; the events have it whole.
	Why     string `json:"why,omitempty"`
	Paused  bool   `json:"paused,omitempty"`
	Decline bool   `json:"decline,omitempty"`
	// Stuck says that its medium does not work: it is sent when it does.
	Stuck bool `json:"stuck,omitempty"`
	// Unheard says that its medium brings no answers, whether or not it takes messages.
	Unheard bool `json:"unheard,omitempty"`
	// Unsent says of one that failed that it certainly never left.
	Unsent bool `json:"unsent,omitempty"`
	// Repeat says that an earlier notice to the same person or place in the same way, which
	// the record keeps no more, may have left.
	Repeat bool `json:"repeat,omitempty"`
}

// MaxWhy is how much of a failure's reason a record keeps, in characters.
const MaxWhy = 200

// Pending is a contact that comes later: at At, and with Every again and again.
type Pending struct {
	To     Recipient     `json:"to"`
	Method Method        `json:"method,omitempty"`
	Step   int           `json:"step"`
	Turn   int           `json:"turn"`
	At     time.Time     `json:"at"`
	Every  time.Duration `json:"every,omitempty"`
}

// Spared is somebody who was not told at a turn, because the page On and others are
// unanswered by them.
type Spared struct {
	Recipient
	On   string `json:"on"`
	Turn int    `json:"turn"`
	// Again says that the page On stood for this one before.
	Again bool `json:"again,omitempty"`
}

// Way is how the contact goes; never empty.
func (q Pending) Way() Method { return way(q.Method) }

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

func union(list, more []Recipient) []Recipient {
	for _, r := range more {
		if !slices.Contains(list, r) {
			list = append(list, r)
		}
	}
	return list
}

// way is the method by its name.
func way(m Method) Method {
	if m == "" {
		return Slack
	}
	return m
}

// Way is how the notice goes; never empty.
func (n Notice) Way() Method { return way(n.Method) }

func sameWay(a, b Notice) bool { return a.To == b.To && a.Way() == b.Way() }

// Repeats says whether an earlier notice to this person or place in the same way may have
// left.
func (p Page) Repeats(n Notice) bool {
	return n.Repeat || slices.ContainsFunc(p.Notices, func(o Notice) bool { return o.N < n.N && sameWay(o, n) && o.mayHaveLeft() })
}

// mayHaveLeft says whether a notice, or one before it that is kept no more, may have left.
func (n Notice) mayHaveLeft() bool { return !n.Unsent || n.Repeat }

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
		if n.Turn == p.Turn {
			out = append(out, n)
		}
	}
	return out
}

// Waits says whether the page is open and has notices that wait for a medium which is not
// known to be down.
func (p Page) Waits(m Method) bool {
	return p.Status == Open && slices.ContainsFunc(p.Notices, func(n Notice) bool { return n.waitsFor(m) })
}

// Heard says whether the page is open and has notices of which an answer is expected by a
// medium.
func (p Page) Heard(m Method) bool {
	return p.Status == Open && slices.ContainsFunc(p.Notices, func(n Notice) bool { return n.hearable(m) })
}

// hearable says whether a notice goes by a medium, and is not known to bring no answer.
func (n Notice) hearable(m Method) bool { return n.Way() == way(m) && n.Fate != Failed && !n.Unheard }

// waitsFor says whether a notice waits for a medium that is not known to be down.
func (n Notice) waitsFor(m Method) bool { return n.Fate == Intended && !n.Stuck && n.Way() == way(m) }

// unheard says whether a medium has taken a notice since the page began and an instant.
func (p Page) unheard(n Notice, m Method, since time.Time) bool {
	return !n.At.Before(since) && n.Turn > p.From && (n.Fate == Sent || n.Fate == Delivered) && n.Way() == way(m)
}

// Told says whether the person was sent a notice of this page.
func (p Page) Told(person string) bool {
	return slices.ContainsFunc(p.Notices, func(n Notice) bool { return n.To.Person == person })
}

// Holds says whether the page counts among the unanswered ones of a person or place:
// they were sent it since it began, and neither said that they cannot nor, unless failed
// ones count, did all fail.
func (p Page) Holds(to Recipient, failed bool) bool {
	return p.Status == Open && slices.ContainsFunc(p.Notices, func(n Notice) bool {
		return n.To == to && n.Turn > p.From && !n.Decline && (failed || n.Fate != Failed)
	})
}

// Asks are the targets that say whom the present step stands for; at the floor all that
// the policy names.
func (p Page) Asks() []Target { return p.Policy.asks(p.Step) }

// wait is how long the present step, or the floor, waits for an answer.
func (p Page) wait() time.Duration {
	switch {
	case p.Step < 0:
		return DefaultWait
	case p.AtFloor():
		return p.Policy.floorWait()
	}
	return p.Policy.Steps[p.Step].wait()
}

// AtFloor says whether the floor was told last.
func (p Page) AtFloor() bool { return p.Step >= len(p.Policy.Steps) }

// LastRepage says that the page has come again for the last time: the next
// acknowledgement stands for good.
func (p Page) LastRepage() bool { return p.Repaged >= MaxRepages }

// hopes says whether one of some persons of the present turn may still answer. A channel
// is nobody to wait for.
func (p Page) hopes(of func(Recipient) bool) bool {
	means := func(r Recipient) bool { return r.Person != "" && of(r) }
	for _, n := range p.Notices {
		if n.Turn == p.Turn && means(n.To) && n.Fate != Failed && !n.Paused && !n.Decline && !n.Stuck {
			return true
		}
	}
	for _, q := range p.Pending {
		if q.Turn == p.Turn && means(q.To) && !p.lost(q) {
			return true
		}
	}
	return false
}

// missed says that the floor was told last, and that it certainly reached nobody.
func (p Page) missed() bool {
	return p.Status == Open && p.AtFloor() &&
		!slices.ContainsFunc(p.Notices, func(n Notice) bool { return n.Turn == p.Turn && n.Fate != Failed }) &&
		!slices.ContainsFunc(p.Spared, func(s Spared) bool { return s.Turn == p.Turn }) &&
		!slices.ContainsFunc(p.Pending, func(q Pending) bool { return q.Turn == p.Turn && !p.lost(q) })
}

// cannot says whether a person has said so since the page began, and was not asked again.
func (p Page) cannot(to Recipient) bool {
	said := false
	for _, n := range p.Notices {
		if n.To == to && n.Turn > p.From {
			said = n.Decline
		}
	}
	return said
}

// passed are those of some people of whom nobody can expect an answer in the present turn.
func (p Page) passed(of []Recipient) []Recipient {
	return slices.DeleteFunc(of, func(to Recipient) bool {
		return to.Person == "" || p.hopes(func(r Recipient) bool { return r == to })
	})
}

// asked are those whom the present turn has told, or is to tell, each once.
func (p Page) asked() []Recipient {
	var out []Recipient
	for _, n := range p.Current() {
		out = union(out, []Recipient{n.To})
	}
	for _, q := range p.Pending {
		if q.Turn == p.Turn {
			out = union(out, []Recipient{q.To})
		}
	}
	return out
}

// plans says whether a person is to be told later.
func (p Page) plans(person string) bool {
	return slices.ContainsFunc(p.Pending, func(q Pending) bool { return q.To.Person == person })
}

// lost says that what is pending only repeats a way that has failed in its turn.
func (p Page) lost(q Pending) bool {
	return slices.ContainsFunc(p.Notices, func(n Notice) bool {
		return n.Turn == q.Turn && n.To == q.To && n.Way() == way(q.Method) && (n.Fate == Failed || n.Paused || n.Stuck)
	})
}

// due is the earliest of what must happen.
func (p Page) due() time.Time {
	var out time.Time
	earlier := func(t time.Time) {
		if !t.IsZero() && (out.IsZero() || t.Before(out)) {
			out = t
		}
	}
	switch p.Status {
	case Open:
		earlier(p.Next)
		for _, q := range p.Pending {
			earlier(q.At)
		}
		earlier(p.Ends)
	case Acknowledged:
		earlier(p.Until)
		earlier(p.Ends)
	}
	return out
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

func refuse(c Code, format string, args ...any) error {
	return &Error{Code: c, Message: fmt.Sprintf(format, args...)}
}
