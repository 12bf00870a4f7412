package httpd

import (
	"slices"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Page is one call for a human.
type Page struct {
	ID         string     `json:"id"`
	Subject    string     `json:"subject"` // what it is about
	Status     string     `json:"status"`  // open, acknowledged or ended
	Policy     string     `json:"policy"`
	By         string     `json:"by,omitempty"`      // who asked for it; absent: the policy
	Urgency    string     `json:"urgency,omitempty"` // high or low
	Step       int        `json:"step"`              // from 1; 0 while it is handed over; one more than the policy has for its floor
	Reason     string     `json:"reason,omitempty"`  // why the step was taken: floor, handover, timeout, snooze; absent: the escalation
	Turn       int        `json:"turn"`              // counts the steps taken
	Spent      bool       `json:"spent"`             // the whole policy was tried
	Opened     time.Time  `json:"opened"`
	Due        time.Time  `json:"due,omitzero"`          // when something happens next
	HeldUntil  time.Time  `json:"held_until,omitzero"`   // nobody of the step is told before: quiet hours hold all of it back
	AnsweredBy string     `json:"answered_by,omitempty"` // who acknowledged first
	Answered   time.Time  `json:"answered,omitzero"`
	Owner      string     `json:"owner,omitempty"`   // who has acknowledged it, or was given it
	Snoozed    bool       `json:"snoozed,omitempty"` // it comes again when it is due
	Folded     int        `json:"folded,omitempty"`  // how many more it stands for
	FoldedLast string     `json:"folded_last,omitempty"`
	Notices    []Notice   `json:"notices"`
	Planned    []Contact  `json:"planned,omitempty"`
	Spared     []Spared   `json:"spared,omitempty"`  // who was not told, with as many unanswered pages as anybody is sent
	History    []Happened `json:"history,omitempty"` // of one page: all that happened to it
}

// Happened is one thing that happened to a page.
type Happened struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"` // whom a step was to tell, what became of a message and why, who answered
}

// Spared is somebody whom a page did not tell.
type Spared struct {
	Who string `json:"who"`
	On  string `json:"on"` // the page of theirs that counts this one
}

// Notice is one message of a page.
type Notice struct {
	To       string    `json:"to"`
	Method   string    `json:"method"` // slack, email, sms, voice, push, webhook
	At       time.Time `json:"at"`
	Fate     string    `json:"fate"`               // intended, sent, delivered or failed
	Why      string    `json:"why,omitempty"`      // why it failed
	Waits    bool      `json:"waits,omitempty"`    // it is sent when its medium works again
	Paused   bool      `json:"paused,omitempty"`   // their notifications are paused
	Declined bool      `json:"declined,omitempty"` // they cannot take it
}

// Contact is a message that comes unless somebody answers before.
type Contact struct {
	To     string    `json:"to"`
	Method string    `json:"method"`
	At     time.Time `json:"at"`
}

func viewPage(p paging.Page) Page {
	v := Page{ID: p.ID, Subject: p.Subject, Status: string(p.Status), Policy: p.Policy.Name, By: p.By, Step: p.Step + 1, Turn: p.Turn, Spent: p.Spent,
		Urgency: string(p.Urgency), Reason: string(p.Reason), Opened: p.Opened, Due: p.Due, HeldUntil: p.Held, AnsweredBy: p.AnsweredBy, Answered: p.Answered, Owner: p.Owner, Snoozed: p.Snoozed && p.Status == paging.Acknowledged,
		Folded: p.Folded, FoldedLast: p.FoldedLast, Notices: []Notice{}}
	for _, n := range p.Notices {
		v.Notices = append(v.Notices, Notice{To: n.To.String(), Method: string(n.Way()), At: n.At, Fate: string(n.Fate), Why: n.Why, Waits: n.Stuck && n.Fate == paging.Intended && p.Status == paging.Open, Paused: n.Paused, Declined: n.Decline})
	}
	for _, q := range p.Pending {
		v.Planned = append(v.Planned, Contact{To: q.To.String(), Method: string(q.Way()), At: q.At})
	}
	for _, s := range p.Spared {
		v.Spared = append(v.Spared, Spared{Who: s.String(), On: s.On})
	}
	return v
}

func (a API) pages(c *call) ([]Page, error) {
	limit, err := c.number("limit", 100, 10_000)
	if err != nil {
		return nil, err
	}
	q := c.URL.Query()
	id, person, status := q.Get("incident"), q.Get("person"), paging.Status(q.Get("status"))
	if status != "" && !slices.Contains([]paging.Status{paging.Open, paging.Acknowledged, paging.Ended}, status) {
		return nil, invalid("The status is one of open, acknowledged and ended.")
	}
	if person != "" {
		if person, err = a.Desk.Named(person); err != nil {
			return nil, err
		}
	}
	var list []paging.Page
	switch {
	case id != "":
		if _, err = a.Desk.Incident(c.Context(), id); err == nil {
			list, err = a.Desk.PagesOf(c.Context(), id)
		}
	case status == "" || status == paging.Open:
		list, err = a.Desk.OpenPages(c.Context(), 10_000)
	default:
		return nil, invalid("Only open pages are listed for all incidents. Say which incident you mean: incident=INC-1.")
	}
	out := []Page{}
	for _, p := range list {
		if len(out) < limit && (status == "" || p.Status == status) && (person == "" || p.Told(person)) {
			out = append(out, viewPage(p))
		}
	}
	return out, err
}

func (a API) showPage(c *call) (Page, error) {
	p, err := a.Desk.PageOf(c.Context(), c.PathValue("id"))
	if err != nil {
		return Page{}, err
	}
	v := viewPage(p)
	events, err := a.Desk.PageEvents(c.Context(), p.ID)
	for _, l := range paging.History(events, desk.Who) {
		v.History = append(v.History, Happened{l.At, l.Text})
	}
	return v, err
}

// Escalation takes a page's next step.
type Escalation struct {
	Turn *int `json:"turn,omitempty" about:"the turn that was seen: if the page has moved on since, nothing happens"`
}

func (a API) acknowledge(c *call, in desk.In, _ Nothing) (desk.Answer, error) {
	return a.Desk.Acknowledge(c.Context(), in, c.PathValue("id"))
}

func (a API) escalate(c *call, in desk.In, e Escalation) (desk.Answer, error) {
	turn := -1
	if e.Turn != nil {
		if turn = *e.Turn; turn < 0 {
			return desk.Answer{}, invalid("A turn is a number from 0.")
		}
	}
	return a.Desk.Escalate(c.Context(), in, c.PathValue("id"), turn)
}

func (a API) decline(c *call, in desk.In, _ Nothing) (desk.Answer, error) {
	return a.Desk.Decline(c.Context(), in, c.PathValue("id"))
}

// Handover says to whom a page goes.
type Handover struct {
	To string `json:"to" about:"a person, or me"`
}

func (a API) handOver(c *call, in desk.In, h Handover) (desk.Answer, error) {
	to, err := a.person(in, h.To)
	if err != nil {
		return desk.Answer{}, err
	}
	return a.Desk.HandOver(c.Context(), in, c.PathValue("id"), to)
}

// Snoozing says for how long a page is put off.
type Snoozing struct {
	For string `json:"for" about:"such as 30m, 2h or 1d"`
}

func (a API) snooze(c *call, in desk.In, s Snoozing) (desk.Answer, error) {
	wait, err := oncall.ParseDuration(s.For)
	if err != nil {
		return desk.Answer{}, invalid("Say for how long, as in \"30m\", \"2h\" or \"1d\".")
	}
	return a.Desk.Snooze(c.Context(), in, c.PathValue("id"), wait)
}

// Ending ends a page.
type Ending struct {
	Text string `json:"text,omitempty" about:"what ended it"`
}

func (a API) endPage(c *call, in desk.In, e Ending) (desk.Answer, error) {
	return a.Desk.EndPage(c.Context(), in, c.PathValue("id"), e.Text)
}
