package paging

import (
	"fmt"
	"slices"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// Acknowledge says that a person answers. The first answer stops the paging. A later
// one is kept, and moves only the time at which the page would come again. One to a
// page that is over changes nothing; one to a page that is snoozed takes it.
type Acknowledge struct {
	By, Via string
	// Proof tells the address by which they were reached, where the way they answered
	// proves that; empty: it does not.
	Proof string
}

func (c Acknowledge) decide(p Page, now time.Time) ([]Event, error) {
	until := p.stands(now)
	switch {
	case p.ID == "":
		return nil, refuse(NotFound, "There is no such page.")
	case p.Status == Ended:
		return nil, nil
	case p.Status == Open || p.Snoozed:
		if !p.reached(c.By, Method(c.Via)) {
			c.Proof = ""
		}
		return []Event{{Kind: AcknowledgedK, By: c.By, Via: c.Via, Proof: c.Proof, Due: until}}, nil
	case p.Owner != c.By && !slices.Contains(p.Also, c.By):
		return []Event{{Kind: AnsweredAgain, By: c.By, Via: c.Via, Due: until}}, nil
	case p.Until.IsZero():
		return nil, nil
	}
	return []Event{{Kind: Renewed, By: c.By, Via: c.Via, Due: until}}, nil
}

// reached says whether the page went to a person in some way: who answers what others
// were sent proves nothing.
func (p Page) reached(person string, m Method) bool {
	return slices.ContainsFunc(p.Notices, func(n Notice) bool { return n.To.Person == person && n.Way() == way(m) && n.Fate != Failed })
}

// Alive says that a person was seen at work on what the page is about: if they have
// answered it, their acknowledgement stands from then on. What would move its end by less
// than a tenth moves nothing.
type Alive struct {
	By, Via string
}

func (c Alive) decide(p Page, now time.Time) ([]Event, error) {
	until := p.stands(now)
	if p.Status != Acknowledged || p.Snoozed || p.Until.IsZero() || until.IsZero() || until.Sub(p.Until) < p.Policy.AckTimeout/10 ||
		c.By == "" || c.By != p.Owner && !slices.Contains(p.Also, c.By) {
		return nil, nil
	}
	return []Event{{Kind: Renewed, By: c.By, Via: c.Via, Due: until}}, nil
}

// stands is until when an acknowledgement at now stands; zero: for good.
func (p Page) stands(now time.Time) time.Time {
	if p.Policy.AckTimeout <= 0 || p.LastRepage() {
		return time.Time{}
	}
	return now.Add(p.Policy.AckTimeout)
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
	d := decision{p: p, w: c.World, now: now}
	d.add(Event{Kind: Escalated, By: c.By, Via: c.Via})
	d.escalate("")
	return d.events, nil
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
	planned := p.plans(c.By)
	if !planned && !p.Told(c.By) {
		return nil, refuse(Forbidden, "%s was not sent to you, so there is nothing to pass on.", p.ID)
	}
	if !planned && !slices.ContainsFunc(p.Notices, func(n Notice) bool { return n.To.Person == c.By && !n.Decline }) {
		return nil, nil
	}
	d := decision{p: p, w: c.World, now: now}
	d.add(Event{Kind: Declined, By: c.By, Via: c.Via})
	d.onward(p)
	if e := d.contacted(); d.begin(&e) { // whoever is left may be told later
		d.add(e)
	}
	return d.events, nil
}

// HandOver gives the page to a person, who is paged: it is theirs. Without an answer
// the policy begins with its first step after DefaultWait.
type HandOver struct {
	By, Via string
	To      string
	World   World
}

func (c HandOver) decide(p Page, now time.Time) ([]Event, error) {
	switch {
	case p.ID == "":
		return nil, refuse(NotFound, "There is no such page.")
	case p.Status == Ended:
		return nil, over(p)
	case c.To == "":
		return nil, refuse(Invalid, "Say to whom to hand %s over: for example `/inc handover %s @name`.", p.ID, p.ID)
	case c.To == c.By:
		return nil, refuse(Invalid, "To take %s yourself, acknowledge it: `/inc ack %s`.", p.ID, p.ID)
	case p.Status == Open && p.Reason == ByHandOver && p.Owner == c.To:
		return nil, nil
	}
	if on := c.World.spare(p, Recipient{Person: c.To}); on != "" {
		return nil, &Error{Conflict, fmt.Sprintf("{person} has %d unanswered pages of the policy %s already, the newest of them %s. Hand %s over to somebody else, or when those are answered.", MostPages, p.Policy.Name, on, p.ID), c.To}
	}
	d := decision{p: p, w: c.World, now: now}
	d.add(Event{Kind: HandedOver, By: c.By, Via: c.Via, Person: c.To})
	d.step(-1, 0, DefaultWait, ByHandOver, []Recipient{{Person: c.To}})
	if !d.reachable() {
		d.escalate("")
	}
	return d.events, nil
}

// Snooze acknowledges the page until a time. Then it begins with its first step, for
// whoever is on call then.
type Snooze struct {
	By, Via string
	Until   time.Time
}

func (c Snooze) decide(p Page, now time.Time) ([]Event, error) {
	switch wait := c.Until.Sub(now); {
	case p.ID == "":
		return nil, refuse(NotFound, "There is no such page.")
	case p.Status == Ended:
		return nil, over(p)
	case wait < MinSnooze || wait > MaxSnooze:
		return nil, refuse(Invalid, "A page can be snoozed for a minute to seven days: for example `/inc snooze %s 30m`.", p.ID)
	case p.Snoozed && p.Owner == c.By && p.Until.Equal(c.Until):
		return nil, nil
	}
	return []Event{{Kind: SnoozedK, By: c.By, Via: c.Via, Due: c.Until}}, nil
}

// End stops a page because what it is about is over, or somebody says so.
type End struct {
	By, Via, Why string
}

func (c End) decide(p Page, now time.Time) ([]Event, error) {
	if p.ID == "" || p.Status == Ended {
		return nil, nil
	}
	return []Event{{Kind: EndedK, By: c.By, Via: c.Via, Text: c.Why}}, nil
}

func open(p Page) error {
	switch {
	case p.Status == Open:
		return nil
	case p.Status == Acknowledged && p.Snoozed:
		return &Error{Conflict, fmt.Sprintf("%s is snoozed by {person} until %s; acknowledge it to take it.", p.ID, oncall.FormatTime(p.Answered, p.Until)), p.Owner}
	case p.Status == Acknowledged:
		return &Error{Conflict, fmt.Sprintf("%s is acknowledged by {person}; page somebody else with `/inc page` if more help is needed, or hand it over with `/inc handover %s @name`.", p.ID, p.ID), p.Owner}
	case p.Status == Ended:
		return over(p)
	}
	return refuse(NotFound, "There is no such page.")
}

func over(p Page) error {
	return refuse(Conflict, "%s has ended: nobody needs to answer it any more.", p.ID)
}
