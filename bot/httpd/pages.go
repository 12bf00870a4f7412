package httpd

import (
	"slices"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Page is one call for a human.
type Page struct {
	ID         string    `json:"id"`
	Subject    string    `json:"subject"` // what it is about
	Status     string    `json:"status"`  // open, acknowledged or ended
	Policy     string    `json:"policy"`
	By         string    `json:"by,omitempty"` // who asked for it; absent: the policy
	Step       int       `json:"step"`         // from 1
	Turn       int       `json:"turn"`         // counts the steps taken
	Spent      bool      `json:"spent"`        // the whole policy was tried
	Opened     time.Time `json:"opened"`
	Due        time.Time `json:"due,omitzero"` // when the next step comes
	AnsweredBy string    `json:"answered_by,omitempty"`
	Answered   time.Time `json:"answered,omitzero"`
	Notices    []Notice  `json:"notices"`
}

// Notice is one message of a page.
type Notice struct {
	To     string    `json:"to"`
	At     time.Time `json:"at"`
	Fate   string    `json:"fate"`             // intended, sent or failed
	Paused bool      `json:"paused,omitempty"` // their notifications are paused
}

func viewPage(p paging.Page) Page {
	v := Page{ID: p.ID, Subject: p.Subject, Status: string(p.Status), Policy: p.Policy.Name, By: p.By, Step: p.Step + 1, Turn: p.Turn, Spent: p.Spent,
		Opened: p.Opened, Due: p.Due, AnsweredBy: p.AnsweredBy, Answered: p.Answered, Notices: []Notice{}}
	for _, n := range p.Notices {
		v.Notices = append(v.Notices, Notice{To: n.To.String(), At: n.At, Fate: string(n.Fate), Paused: n.Paused})
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
	return viewPage(p), err
}

// Escalation takes a page's next step.
type Escalation struct {
	// Turn is the turn that was seen: if the page has moved on since, nothing happens.
	Turn *int `json:"turn,omitempty"`
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
