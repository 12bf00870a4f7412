package paging

import (
	"slices"
	"time"
)

// Command is something asked of a page.
type Command interface {
	decide(p Page, now time.Time) ([]Event, error)
}

// Decide returns what the command makes happen at now, or why it may not. An
// empty result without an error means that nothing changes. Refusals are *Error.
func Decide(p Page, c Command, now time.Time) ([]Event, error) {
	events, err := c.decide(p, now)
	if err != nil {
		return nil, err
	}
	for n := range events {
		events[n].At, events[n].Recorded = now, now
	}
	return events, nil
}

// Begin opens a page and takes its first step. One that somebody has answered already tells
// nobody, until their acknowledgement is over.
type Begin struct {
	ID, Subject string
	Policy      Policy
	By          string // who asked; empty: a policy
	AnsweredBy  string // who has it already, and how they said so; empty: nobody
	AnsweredVia string
	Urgency     Urgency
	Facts       Facts
	Ends        time.Time // when it ends by itself; zero: never
	World       World
}

func (c Begin) decide(p Page, now time.Time) ([]Event, error) {
	if p.ID != "" {
		return nil, refuse(Conflict, "%s exists already.", p.ID)
	}
	if len(c.Policy.Steps) == 0 {
		return nil, refuse(Invalid, "The escalation policy %q has no steps. Add one to the configuration.", c.Policy.Name)
	}
	d := decision{p: p, w: c.World, now: now}
	d.add(Event{Kind: Opened, ID: c.ID, Subject: c.Subject, Policy: &c.Policy, By: c.By, Urgency: c.Urgency, Facts: c.Facts, Due: now, Ends: c.Ends})
	if c.AnsweredBy != "" {
		d.add(Event{Kind: AcknowledgedK, By: c.AnsweredBy, Via: c.AnsweredVia, Due: d.p.stands(now)})
		return d.events, nil
	}
	d.escalate("")
	return d.events, nil
}

// Tick does what is due, if the page is still at Turn: contacts are made, the next
// step is taken, or an acknowledgement that nothing followed is over. However late
// it comes, it takes one step.
type Tick struct {
	Turn  int
	World World
}

func (c Tick) decide(p Page, now time.Time) ([]Event, error) {
	if p.Turn != c.Turn || p.Due.IsZero() || p.Due.After(now) {
		return nil, nil
	}
	d := decision{p: p, w: c.World, now: now, late: now.Sub(p.Due)}
	past := func(t time.Time) bool { return !t.IsZero() && !t.After(now) }
	switch {
	case past(p.Ends):
		d.add(Event{Kind: EndedK, Text: "its time is over"})
	case p.Status == Acknowledged && p.Snoozed:
		d.add(Event{Kind: Resumed, By: p.Owner, Reason: BySnooze})
		d.escalate(BySnooze)
	case p.Status == Acknowledged:
		d.add(Event{Kind: Resumed, By: p.Owner, Reason: ByTimeout})
		d.escalate(ByTimeout, owner(p)...)
	default:
		d.contacts()
		if past(d.p.Next) {
			d.escalate("")
		} else {
			d.pastStuck(p)
		}
	}
	return d.events, nil
}

// owner is whose the page is, as somebody to tell.
func owner(p Page) []Recipient {
	if p.Owner == "" {
		return nil
	}
	return []Recipient{{Person: p.Owner}}
}

// Report says what became of a notice.
type Report struct {
	Notice   int
	Fate     Fate   // Sent, Delivered or Failed
	Why      string // of Failed: what the provider said
	Needless bool   // of Failed: it was given up because nobody needs it, and nothing follows
	Unsent   bool   // of Failed: it certainly never left
	Provider string // what the provider calls the message
	Paused   bool   // the person's notifications are paused
	World    World
}

func (c Report) decide(p Page, now time.Time) ([]Event, error) {
	n, ok := p.Notice(c.Notice)
	if !ok && (c.Notice < 1 || c.Notice > p.Sent) {
		return nil, nil
	}
	d := decision{p: p, w: c.World, now: now}
	bad := false
	switch {
	case c.Fate == Sent && (n.Fate == Intended || n.Fate == Failed || !ok):
		d.add(Event{Kind: NoticeSent, Notice: c.Notice, Provider: c.Provider})
	case c.Fate == Delivered && n.Fate != Delivered:
		d.add(Event{Kind: NoticeDelivered, Notice: c.Notice, Provider: c.Provider})
	case c.Fate == Failed && c.Needless && (n.Fate == Intended || !ok || n.Fate == Failed && c.Unsent && !n.Unsent):
		d.add(Event{Kind: NoticeDropped, Notice: c.Notice, Text: c.Why, Unsent: c.Unsent})
	case c.Fate == Failed && !c.Needless && n.Fate != Failed && n.Fate != Delivered:
		d.add(Event{Kind: NoticeFailed, Notice: c.Notice, Provider: c.Provider, Text: c.Why, Unsent: c.Unsent})
		bad = true
	}
	if c.Paused && ok && !n.Paused {
		d.add(Event{Kind: NoticePaused, Notice: c.Notice})
		bad = true
	}
	if !bad || p.Status != Open || n.Decline {
		return d.events, nil
	}
	if n.To.Person != "" {
		d.nextContact(n.To, n.Way())
	}
	d.onward(p)
	return d.events, nil
}

// Unreachable says that a medium does not work. Whoever was to be told by it alone is
// told in their next way at once; without another way the next step comes. What is
// owed by it stays owed.
type Unreachable struct {
	Method Method
	World  World
}

func (c Unreachable) decide(p Page, now time.Time) ([]Event, error) {
	if !p.Waits(c.Method) {
		return nil, nil
	}
	d := decision{p: p, w: c.World, now: now}
	to := d.alone(d.usable, c.Method, func(n Notice) bool { return n.waitsFor(c.Method) })
	d.add(Event{Kind: MediumDown, Method: c.Method})
	for _, r := range to {
		d.nextContact(r, way(c.Method))
	}
	d.onward(p)
	return d.events, nil
}

// alone are those of some notices who were told in no other way that works than by one
// medium, and can be by one that is planned and good.
func (d *decision) alone(good func(to Recipient, but Method) func(Pending) bool, m Method, of func(Notice) bool) []Recipient {
	var to []Recipient
	for _, n := range d.p.Notices {
		if of(n) && !n.Decline && n.To.Person != "" && !d.toldOtherwise(n.To, m) && slices.ContainsFunc(d.p.Pending, good(n.To, way(m))) {
			to = union(to, []Recipient{n.To})
		}
	}
	return to
}

// toldOtherwise says whether somebody was told in another way, which works.
func (d *decision) toldOtherwise(to Recipient, than Method) bool {
	return slices.ContainsFunc(d.p.Notices, func(n Notice) bool {
		return n.To == to && n.Way() != way(than) && n.Fate != Failed && !n.Stuck && !n.Paused
	})
}

// Unheard says that a medium brings no answers, whether or not it takes messages. Whoever
// is told by it alone, or was since then, is told in their next way too, at once; it goes
// on as it does for all others, who find in their message how to answer all the same.
type Unheard struct {
	Method Method
	Since  time.Time // from when on it brought none
	World  World
}

func (c Unheard) decide(p Page, now time.Time) ([]Event, error) {
	if !p.Heard(c.Method) {
		return nil, nil
	}
	d := decision{p: p, w: c.World, now: now}
	to := d.alone(d.answered, c.Method, func(n Notice) bool { return n.waitsFor(c.Method) || p.unheard(n, c.Method, c.Since) })
	d.add(Event{Kind: MediumDeaf, Method: c.Method})
	for _, r := range to {
		d.nextContact(r, way(c.Method))
	}
	return d.events, nil
}

// Heard says that a medium brings answers again.
type Heard struct {
	Method Method
}

func (c Heard) decide(p Page, _ time.Time) ([]Event, error) {
	if p.Status != Open || !slices.ContainsFunc(p.Notices, func(n Notice) bool { return n.Unheard && n.Way() == way(c.Method) }) {
		return nil, nil
	}
	return []Event{{Kind: MediumHeard, Method: c.Method}}, nil
}

// Relieve says that who is on call has changed: whoever came on duty for the present
// step, or the floor, is told at once, and whoever went off duty is left in peace. When
// nobody who came can be reached, the next step comes.
type Relieve struct {
	World World
}

func (c Relieve) decide(p Page, now time.Time) ([]Event, error) {
	d := decision{p: p, w: c.World, now: now}
	if p.Status != Open || len(d.meant(p.Step)) == 0 {
		return nil, nil
	}
	e := Event{Kind: Contacted, Turn: p.Turn, First: p.Sent + 1}
	for _, n := range p.Current() {
		if d.off(n.To, p.Step) && !slices.Contains(e.Off, n.To.Person) {
			e.Off = append(e.Off, n.To.Person)
		}
	}
	for _, q := range p.Pending {
		switch {
		case q.Turn != p.Turn || !d.off(q.To, p.Step):
			e.Pending = append(e.Pending, q)
		case !slices.Contains(e.Off, q.To.Person):
			e.Off = append(e.Off, q.To.Person)
		}
	}
	if told := d.relief(&e); told || len(e.Pending) != len(p.Pending) {
		d.tell(e)
		d.pastStuck(p)
	}
	return d.events, nil
}

// Restate says that what the page is about has changed: the steps to come follow it, and a
// step that was left out, and applies by now, comes at once. When it has become urgent, whoever is only to be told later is told now. Worse says that
// it is more than what was answered before: a page that was comes again.
type Restate struct {
	Urgency Urgency
	Facts   Facts
	Worse   bool
	World   World
}

func (c Restate) decide(p Page, now time.Time) ([]Event, error) {
	if p.ID == "" || p.Status == Ended || p.Facts == c.Facts && p.Urgency == c.Urgency {
		return nil, nil
	}
	d := decision{p: p, w: c.World, now: now}
	d.add(Event{Kind: Restated, Facts: c.Facts, Urgency: c.Urgency})
	switch {
	case p.Status == Acknowledged && c.Worse:
		d.add(Event{Kind: Resumed, By: p.Owner, Reason: ByWorse})
		d.escalate(ByWorse, owner(p)...)
	case p.Status == Open:
		if p.Urgency == Low && c.Urgency != Low {
			d.rouse()
		}
		if n := d.leftOut(p.Facts); n >= 0 {
			d.add(Event{Kind: Returned, Step: n - 1, Cycle: min(p.Cycle, p.Policy.Repeat)})
			d.escalate("")
		}
	}
	return d.events, nil
}

// SetBack says that the clock by which the page was planned was ahead by so much: what it
// does next would come that much too late.
type SetBack struct {
	By time.Duration
}

func (c SetBack) decide(p Page, _ time.Time) ([]Event, error) {
	if p.Due.IsZero() || c.By <= 0 {
		return nil, nil
	}
	return []Event{{Kind: ClockSetBack, Back: c.By}}, nil
}

// Fold says that a page stands for more than it was opened for: it says how many,
// and is repeated no sooner for it.
type Fold struct {
	Count int    // how many more
	Last  string // the name of the last of them
}

func (c Fold) decide(p Page, now time.Time) ([]Event, error) {
	if err := open(p); err != nil {
		return nil, err
	}
	if c.Count <= 0 {
		return nil, nil
	}
	return []Event{{Kind: FoldedK, Count: c.Count, Text: c.Last}}, nil
}
