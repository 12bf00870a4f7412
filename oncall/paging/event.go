package paging

import (
	"slices"
	"time"
)

// Kind names what happened to a page. Kinds are stored.
type Kind string

// The kinds of events.
const (
	Opened          Kind = "opened"
	Stepped         Kind = "stepped"
	Skipped         Kind = "skipped"
	PolicySpent     Kind = "spent"
	Contacted       Kind = "contacted" // by the contacts of a step that come later
	NoticeSent      Kind = "sent"
	NoticeDelivered Kind = "delivered"
	NoticeFailed    Kind = "failed"
	NoticePaused    Kind = "paused"
	NoticeDropped   Kind = "dropped" // nobody needed it any more before it was sent
	MediumDown      Kind = "medium_down"
	MediumDeaf      Kind = "medium_deaf"  // it brings no answers
	MediumHeard     Kind = "medium_heard" // it brings answers again
	Declined        Kind = "declined"
	Escalated       Kind = "escalated"
	AcknowledgedK   Kind = "acknowledged"
	AnsweredAgain   Kind = "answered_again"
	Renewed         Kind = "renewed" // by an answer, or the work, of somebody who has answered: only the time has moved at which it comes again
	HandedOver      Kind = "handed_over"
	SnoozedK        Kind = "snoozed"
	Resumed         Kind = "resumed" // an acknowledgement or a snooze is over
	Restated        Kind = "restated"
	Returned        Kind = "returned" // to just after a step: the next one was left out, and applies by now
	FoldedK         Kind = "folded"
	EndedK          Kind = "ended"
	Hastened        Kind = "hastened"       // nobody of the floor was reached: it comes again sooner
	ClockSetBack    Kind = "clock_set_back" // what is to come comes that much sooner
)

// Event is one thing that happened to a page; which fields are set depends on
// Kind.
type Event struct {
	Seq      uint64    `json:"-"`
	Kind     Kind      `json:"-"`
	At       time.Time `json:"-"`
	Recorded time.Time `json:"-"`

	ID      string    `json:"id,omitempty"`
	Subject string    `json:"subject,omitempty"`
	Policy  *Policy   `json:"policy,omitempty"`
	By      string    `json:"by,omitempty"`
	Via     string    `json:"via,omitempty"`
	Urgency Urgency   `json:"urgency,omitempty"`
	Facts   Facts     `json:"facts,omitzero"`
	Ends    time.Time `json:"ends,omitzero"` // opened: when it ends by itself

	Step   int    `json:"step,omitempty"`
	Cycle  int    `json:"cycle,omitempty"`
	Turn   int    `json:"turn,omitempty"`
	Reason Reason `json:"reason,omitempty"` // stepped, resumed
	// Due is, of stepped and hastened, when the next step comes, and of contacted, when that
	// has changed by it; of what acknowledges, when the page comes again.
	Due time.Time `json:"due,omitzero"`
	// Held is, of stepped and of contacted with Due, when the first message of the step goes
	// out, where quiet hours hold back all of them.
	Held time.Time `json:"held,omitzero"`
	// Calls are the notices that go out with the event, numbered from First. Pending
	// is all that is pending after it.
	Calls   []Call    `json:"calls,omitempty"`
	First   int       `json:"first,omitempty"`
	Pending []Pending `json:"pending,omitempty"`
	Spared  []Spared  `json:"spared,omitempty"`
	Off     []string  `json:"off,omitempty"`    // contacted: who is on duty no more and is left in peace
	Barred  []string  `json:"barred,omitempty"` // stepped, skipped: guests in its user groups, who may not answer and are not told

	Notice int    `json:"notice,omitempty"`
	Text   string `json:"text,omitempty"`
	// Provider is what the provider calls the message: sent, delivered, failed.
	Provider string `json:"provider,omitempty"`
	Unsent   bool   `json:"unsent,omitempty"` // failed, dropped: it certainly never left
	Method   Method `json:"method,omitempty"` // medium_down, medium_deaf, medium_heard
	Person   string `json:"person,omitempty"` // handed_over: to whom
	Proof    string `json:"proof,omitempty"`  // acknowledged: tells the address that is proven by it
	Count    int    `json:"count,omitempty"`  // folded: how many more it stands for
	// Back is, of clock_set_back, by how much.
	Back time.Duration `json:"back,omitempty"`
	Late int64         `json:"late_ms,omitempty"` // stepped, contacted: how late it came, in milliseconds
}

// Call is one notice that goes out with an event.
type Call struct {
	Recipient
	Method Method `json:"method,omitempty"` // empty: Slack
	// Step and Turn are those of the step it belongs to.
	Step int `json:"step,omitempty"`
	Turn int `json:"turn,omitempty"`
	// Stuck says that the medium does not work at the moment.
	Stuck bool `json:"stuck,omitempty"`
	// Unheard says that the medium brings no answers at the moment.
	Unheard bool `json:"unheard,omitempty"`
}

// Whom are those whom a step tells, now or later, each once.
func (e Event) Whom() []Recipient {
	var out []Recipient
	for _, c := range e.Calls {
		out = union(out, []Recipient{c.Recipient})
	}
	for _, q := range e.Pending {
		if q.Turn == e.Turn {
			out = union(out, []Recipient{q.To})
		}
	}
	return out
}

// Apply returns the record after the event; it only copies what the event says.
func Apply(p Page, e Event) Page {
	p.Notices, p.Also = slices.Clone(p.Notices), slices.Clone(p.Also)
	switch e.Kind {
	case Opened:
		p = Page{ID: e.ID, Subject: e.Subject, Status: Open, By: e.By, Urgency: e.Urgency, Facts: e.Facts, Opened: e.At, Step: -1, Next: e.Due, Ends: e.Ends}
		if e.Policy != nil {
			p.Policy = *e.Policy
		}
	case Stepped:
		p.Step, p.Cycle, p.Turn, p.Reason, p.Next, p.Held = e.Step, e.Cycle, e.Turn, e.Reason, e.Due, e.Held
		applyCalls(&p, e)
	case Contacted:
		if !e.Due.IsZero() {
			p.Next, p.Held = e.Due, e.Held
		}
		applyCalls(&p, e)
	case Skipped:
		p.Step, p.Cycle = e.Step, e.Cycle
	case Returned:
		p.Step, p.Cycle, p.Spent = e.Step, e.Cycle, false
	case PolicySpent:
		p.Spent = true
	case NoticeSent, NoticeDelivered, NoticeFailed, NoticeDropped, NoticePaused, MediumDown, MediumDeaf, MediumHeard:
		applyNotice(&p, e)
	case Declined:
		applyDecline(&p, e)
	case AcknowledgedK, SnoozedK:
		p.Status, p.Owner, p.Until, p.Snoozed = Acknowledged, e.By, e.Due, e.Kind == SnoozedK
		if p.Answered.IsZero() {
			p.AnsweredBy, p.Answered, p.AnsweredVia, p.Proof = e.By, e.At, e.Via, e.Proof
		}
		p.Next, p.Held, p.Pending, p.Reason, p.HandedBy = time.Time{}, time.Time{}, nil, "", ""
	case AnsweredAgain:
		p.Until = e.Due
		if len(p.Also) < MaxNotices {
			p.Also = append(p.Also, e.By)
		}
	case Renewed:
		p.Until = e.Due
	case HandedOver:
		p.reopen()
		p.Owner, p.HandedBy = e.Person, e.By
	case Resumed:
		p.reopen()
		p.Reason = e.Reason
		if e.Reason == ByTimeout {
			p.Repaged++
		}
	case Restated:
		p.Facts, p.Urgency = e.Facts, e.Urgency
	case FoldedK:
		p.Folded, p.FoldedLast = p.Folded+e.Count, e.Text
	case Hastened:
		p.Next = e.Due
	case ClockSetBack:
		p.setBack(e.Back)
	case EndedK:
		p.Status, p.Next, p.Until, p.Held, p.Pending = Ended, time.Time{}, time.Time{}, time.Time{}, nil
	}
	p.Due = p.due()
	return p
}

// setBack lets all that is to come come sooner.
func (p *Page) setBack(by time.Duration) {
	for _, t := range []*time.Time{&p.Next, &p.Until, &p.Ends, &p.Held} {
		if !t.IsZero() {
			*t = t.Add(-by)
		}
	}
	p.Pending = slices.Clone(p.Pending)
	for n := range p.Pending {
		p.Pending[n].At = p.Pending[n].At.Add(-by)
	}
}

// reopen lets the page run from before its first step.
func (p *Page) reopen() {
	p.Status, p.Step, p.Cycle, p.Spent, p.Snoozed = Open, -1, 0, false, false
	p.Until, p.Held, p.Pending, p.Spared, p.From = time.Time{}, time.Time{}, nil, nil, p.Turn
	for n := range p.Notices { // nobody told an answered page that answers come again
		p.Notices[n].Unheard = false
	}
}

func applyCalls(p *Page, e Event) {
	applySpared(p, e)
	for n, c := range e.Calls {
		o := Notice{N: e.First + n, To: c.Recipient, Method: c.Method, Step: c.Step, Turn: c.Turn, At: e.At, Fate: Intended, Stuck: c.Stuck, Unheard: c.Unheard}
		p.Notices = append(p.Notices, o)
		p.Sent = o.N
	}
	p.Notices = bounded(p.Notices)
	p.Pending = slices.Clip(e.Pending)
}

// applySpared keeps of each person how they were spared last, while they are.
func applySpared(p *Page, e Event) {
	told := func(s Spared) bool {
		return slices.ContainsFunc(e.Calls, func(c Call) bool { return c.Recipient == s.Recipient && c.Turn >= s.Turn }) ||
			slices.ContainsFunc(e.Spared, func(o Spared) bool { return o.Recipient == s.Recipient })
	}
	p.Spared = append(slices.DeleteFunc(slices.Clone(p.Spared), told), e.Spared...)
	p.Spared = slices.Clip(p.Spared[max(0, len(p.Spared)-MaxNotices):])
	if len(p.Spared) == 0 {
		p.Spared = nil
	}
}

// bounded drops the oldest notices that were replaced, until MaxNotices are left.
func bounded(list []Notice) []Notice {
	over := len(list) - MaxNotices
	if over <= 0 {
		return list
	}
	var out []Notice
	for n, o := range list {
		if later := slices.IndexFunc(list[n+1:], func(later Notice) bool { return sameWay(later, o) }); over > 0 && later >= 0 {
			over--
			list[n+1+later].Repeat = list[n+1+later].Repeat || o.mayHaveLeft()
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
		case e.Kind == MediumDown:
			o.Stuck = o.Stuck || o.Fate == Intended && o.Way() == way(e.Method)
		case e.Kind == MediumDeaf:
			o.Unheard = o.Unheard || o.hearable(e.Method)
		case e.Kind == MediumHeard:
			o.Unheard = o.Unheard && o.Way() != way(e.Method)
		case o.N != e.Notice:
		case e.Kind == NoticeSent && o.Fate != Delivered:
			o.Fate, o.Stuck, o.Why, o.Unsent = Sent, false, "", false
		case e.Kind == NoticeDelivered:
			o.Fate, o.Stuck, o.Why, o.Unsent = Delivered, false, "", false
		case e.Kind == NoticeFailed, e.Kind == NoticeDropped:
			o.Fate, o.Why, o.Unsent = Failed, clip(e.Text, MaxWhy), e.Unsent
		case e.Kind == NoticePaused:
			o.Paused = true
		}
	}
}

func applyDecline(p *Page, e Event) {
	if e.By == "" { // erased
		return
	}
	for n := range p.Notices {
		p.Notices[n].Decline = p.Notices[n].Decline || p.Notices[n].To.Person == e.By
	}
	p.Pending = slices.DeleteFunc(slices.Clone(p.Pending), func(q Pending) bool { return q.To.Person == e.By })
	if len(p.Pending) == 0 {
		p.Pending = nil
	}
}

// clip cuts text to at most most characters.
func clip(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}
