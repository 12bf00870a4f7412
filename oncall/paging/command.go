package paging

import (
	"fmt"
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

// Begin opens a page and takes its first step.
type Begin struct {
	ID, Subject string
	Policy      Policy
	By          string // who asked; empty: a policy
	Urgency     Urgency
	Facts       Facts
	World       World
}

func (c Begin) decide(p Page, now time.Time) ([]Event, error) {
	if p.ID != "" {
		return nil, refuse(Conflict, "%s exists already.", p.ID)
	}
	if len(c.Policy.Steps) == 0 {
		return nil, refuse(Invalid, "The escalation policy %q has no steps. Add one to the configuration.", c.Policy.Name)
	}
	open := Event{Kind: Opened, ID: c.ID, Subject: c.Subject, Policy: &c.Policy, By: c.By, Urgency: c.Urgency, Facts: c.Facts, Due: now, At: now}
	return append([]Event{open}, advance(Apply(p, open), c.World, now)...), nil
}

// Tick takes the next step if the page is due and still at Turn.
type Tick struct {
	Turn  int
	World World
}

func (c Tick) decide(p Page, now time.Time) ([]Event, error) {
	if p.Status != Open || p.Turn != c.Turn || p.Due.After(now) {
		return nil, nil
	}
	events := advance(p, c.World, now)
	if late := now.Sub(p.Due); late > time.Second {
		events[len(events)-1].Late = late.Milliseconds() // the step; what came before it was skipped
	}
	return events, nil
}

// Acknowledge says that a person answers. The first answer stops the paging; a
// later one is kept and changes nothing.
type Acknowledge struct {
	By, Via string
}

func (c Acknowledge) decide(p Page, now time.Time) ([]Event, error) {
	switch {
	case p.ID == "":
		return nil, refuse(NotFound, "There is no such page.")
	case p.Status == Ended:
		return nil, refuse(Conflict, "%s has ended: nobody needs to answer it any more.", p.ID)
	case p.Status == Acknowledged && (p.AnsweredBy == c.By || slices.Contains(p.Also, c.By)):
		return nil, nil
	case p.Status == Acknowledged:
		return []Event{{Kind: AnsweredAgain, By: c.By, Via: c.Via}}, nil
	}
	return []Event{{Kind: AcknowledgedK, By: c.By, Via: c.Via}}, nil
}

// Escalate takes the next step at once. Turn is what the person saw, so that two
// presses of the button do not take two steps; negative: whatever it is now.
type Escalate struct {
	By, Via string
	Turn    int
	World   World
}

func (c Escalate) decide(p Page, now time.Time) ([]Event, error) {
	if err := open(p); err != nil {
		return nil, err
	}
	if c.Turn >= 0 && c.Turn != p.Turn {
		return nil, nil
	}
	return append([]Event{{Kind: Escalated, By: c.By, Via: c.Via}}, advance(p, c.World, now)...), nil
}

// Decline says that a person cannot take it. When nobody of the present step is
// left who might, the next step comes at once.
type Decline struct {
	By, Via string
	World   World
}

func (c Decline) decide(p Page, now time.Time) ([]Event, error) {
	if err := open(p); err != nil {
		return nil, err
	}
	if !p.Told(c.By) {
		return nil, refuse(Forbidden, "%s was not sent to you, so there is nothing to pass on.", p.ID)
	}
	if !slices.ContainsFunc(p.Notices, func(n Notice) bool { return n.To.Person == c.By && !n.Decline }) {
		return nil, nil
	}
	no := Event{Kind: Declined, By: c.By, Via: c.Via}
	return onward(p, no, c.World, now), nil
}

// Report says what became of a notice.
type Report struct {
	Notice int
	Fate   Fate
	Why    string // of Failed
	Paused bool   // the person's notifications are paused
	World  World
}

func (c Report) decide(p Page, now time.Time) ([]Event, error) {
	n, ok := p.Notice(c.Notice)
	if !ok {
		return nil, nil
	}
	var events []Event
	if c.Fate == Sent && n.Fate != Sent {
		events = append(events, Event{Kind: NoticeSent, Notice: c.Notice})
	}
	switch {
	case c.Paused && !n.Paused:
		events = append(events, onward(p, Event{Kind: NoticePaused, Notice: c.Notice}, c.World, now)...)
	case c.Fate == Failed && n.Fate != Failed:
		events = append(events, onward(p, Event{Kind: NoticeFailed, Notice: c.Notice, Text: c.Why}, c.World, now)...)
	}
	return events, nil
}

// End stops a page because what it is about is over.
type End struct {
	By, Why string
}

func (c End) decide(p Page, now time.Time) ([]Event, error) {
	if p.ID == "" || p.Status == Ended {
		return nil, nil
	}
	return []Event{{Kind: EndedK, By: c.By, Text: c.Why}}, nil
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

func open(p Page) error {
	switch p.Status {
	case Open:
		return nil
	case Acknowledged:
		return &Error{Conflict, fmt.Sprintf("%s was acknowledged by {person} at %s; page somebody else with `/inc page` if more help is needed.", p.ID, clock(p.Answered)), p.AnsweredBy}
	case Ended:
		return refuse(Conflict, "%s has ended: nobody needs to answer it any more.", p.ID)
	}
	return refuse(NotFound, "There is no such page.")
}

// onward adds the next step to the event when it concerns the present step and
// nobody of that step can still be expected to answer. When there is no next step
// the page is spent at once, and its last step is told again only after its wait:
// whoever has just said no is not asked again in the same breath.
func onward(p Page, e Event, w World, now time.Time) []Event {
	events := []Event{e}
	after := Apply(p, e)
	if p.Status != Open || after.Spent || slices.Equal(p.Current(), after.Current()) {
		return events
	}
	for _, n := range after.Current() {
		if !n.Paused && !n.Decline && n.Fate != Failed && n.To.Channel == "" {
			return events
		}
	}
	if step, cycle, spent := next(after); spent {
		return append(events, Event{Kind: PolicySpent, Step: step, Cycle: cycle})
	}
	return append(events, advance(after, w, now)...)
}

// advance takes the next step that stands for somebody. Steps that stand for
// nobody are skipped at once. When the whole policy was tried the page is spent,
// and its last step, or the last that stands for somebody, is told again after
// every wait.
func advance(p Page, w World, now time.Time) []Event {
	var events []Event
	for range len(p.Policy.Steps) + 1 {
		step, cycle, spent := next(p)
		if spent && !p.Spent {
			events = append(events, Event{Kind: PolicySpent, Step: step, Cycle: cycle})
		}
		to := recipients(p.Policy.Steps[step], w)
		for back := step - 1; spent && len(to) == 0 && back >= 0; back-- {
			if to = recipients(p.Policy.Steps[back], w); len(to) > 0 {
				step = back
			}
		}
		e := Event{Kind: Stepped, Step: step, Cycle: cycle, Turn: p.Turn + 1, Due: now.Add(p.Policy.Steps[step].wait()), To: to, First: p.Sent + 1, At: now}
		if len(to) == 0 && !spent {
			e.Kind, e.Text = Skipped, "nobody is on call"
			p.Step, p.Cycle = step, cycle
			events = append(events, e)
			continue
		}
		return append(events, e)
	}
	// Every step of a whole round stands for nobody.
	last := len(p.Policy.Steps) - 1
	return append(events, Event{Kind: PolicySpent, Step: last, Cycle: p.Cycle},
		Event{Kind: Stepped, Step: last, Cycle: p.Cycle, Turn: p.Turn + 1, Due: now.Add(p.Policy.Steps[last].wait()), First: p.Sent + 1})
}

// next says which step follows, and whether the policy is spent by then.
func next(p Page) (step, cycle int, spent bool) {
	last := len(p.Policy.Steps) - 1
	switch {
	case p.Spent:
		return last, p.Cycle + 1, true
	case p.Step < last:
		return p.Step + 1, p.Cycle, false
	case p.Cycle < p.Policy.Repeat:
		return 0, p.Cycle + 1, false
	}
	return last, p.Cycle + 1, true
}

func recipients(s Step, w World) []Recipient {
	var out []Recipient
	for _, t := range s.Notify {
		for _, r := range w.Resolve(t) {
			if !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}
