package httpd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
)

// Summary is an incident in a list.
type Summary struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	Severity string    `json:"severity"` // SEV1, the worst, to SEV4
	Status   string    `json:"status"`   // open, resolved or closed
	Service  string    `json:"service,omitempty"`
	Lead     string    `json:"lead,omitempty"`
	Answered bool      `json:"answered"` // the lead has said that they lead
	Declared time.Time `json:"declared"`
	Resolved time.Time `json:"resolved,omitzero"`
	Closed   time.Time `json:"closed,omitzero"`
	Channel  string    `json:"channel,omitempty"` // the name
}

func summary(i incident.Incident) Summary {
	return Summary{ID: i.ID, Title: i.Title, Severity: i.Severity.String(), Status: string(i.Status), Service: i.Service, Lead: i.Lead, Answered: i.Answered,
		Declared: i.Declared, Resolved: i.Resolved, Closed: i.Closed, Channel: i.Room.Name}
}

func (a API) incidents(c *call) ([]Summary, error) {
	limit, err := c.number("limit", 50, 10_000)
	if err != nil {
		return nil, err
	}
	asked, err := c.incidentsAsked()
	if err != nil {
		return nil, err
	}
	list, err := a.Desk.Incidents(c.Context(), asked, limit)
	out := make([]Summary, len(list))
	for n, i := range list {
		out[n] = summary(i)
	}
	return out, err
}

// incidentsAsked reads which incidents a request asks for.
func (c *call) incidentsAsked() (desk.IncidentsAsked, error) {
	q := c.URL.Query()
	status, service := incident.Status(q.Get("status")), q.Get("service")
	var out desk.IncidentsAsked
	if status != "" && !slices.Contains([]incident.Status{incident.Open, incident.Resolved, incident.Closed}, status) {
		return out, invalid("The status is one of open, resolved and closed.")
	}
	var severity incident.Severity
	if text := q.Get("severity"); text != "" {
		var err error
		if severity, err = incident.ParseSeverity(text); err != nil {
			return out, invalid("The severity is one of SEV1, the worst, to SEV4.")
		}
	}
	if text := q.Get("since"); text != "" {
		var err error
		if out.Since, err = time.Parse(time.RFC3339, text); err != nil {
			return out, invalid("Say since when as in 2026-11-21T03:40:00Z.")
		}
	}
	if out.After = q.Get("after"); out.After != "" && !isIncident(out.After) {
		return out, invalid("What comes after is asked by the id of an incident, such as INC-7.")
	}
	out.Closed = q.Get("all") == "true" || status == incident.Closed
	out.Want = func(i incident.Incident) bool {
		return (status == "" || i.Status == status) && (severity == 0 || i.Severity == severity) && (service == "" || i.Service == service)
	}
	return out, nil
}

func isIncident(id string) bool {
	digits, ok := strings.CutPrefix(id, "INC-")
	_, err := strconv.ParseUint(digits, 10, 32)
	return ok && err == nil
}

// Detail is one incident with its pages.
type Detail struct {
	Summary
	Reporter string            `json:"reporter"` // a person, or "token:" and the name of an API token
	Update   *incident.Said    `json:"update,omitempty"`
	Unpaged  string            `json:"unpaged,omitempty"` // why nobody was paged
	Room     incident.Room     `json:"room"`
	Pages    []Page            `json:"pages"`
	Draft    string            `json:"draft,omitempty"`  // where the postmortem draft was posted
	Failed   map[string]string `json:"failed,omitempty"` // deliveries that were given up, and why
}

func (a API) incident(c *call) (Detail, error) {
	i, err := a.Desk.Incident(c.Context(), c.PathValue("id"))
	if err != nil {
		return Detail{}, err
	}
	pages, err := a.Desk.PagesOf(c.Context(), i.ID)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{Summary: summary(i), Reporter: i.Reporter.Person, Update: i.Update, Unpaged: i.Unpaged, Room: i.Room, Draft: i.Draft, Pages: []Page{}}
	for _, p := range pages {
		d.Pages = append(d.Pages, viewPage(p))
	}
	dead, err := a.Desk.Dead(c.Context(), i.ID)
	for _, e := range dead {
		if d.Failed == nil {
			d.Failed = map[string]string{}
		}
		d.Failed[fmt.Sprintf("%d %s", e.ID, e.Target)] = e.Note
	}
	return d, err
}

// Line is one line of a timeline.
type Line struct {
	Seq       uint64    `json:"seq"`
	At        time.Time `json:"at"`       // when it happened
	Recorded  time.Time `json:"recorded"` // when it was written down
	Kind      string    `json:"kind"`
	By        string    `json:"by,omitempty"`    // a person, or "token:" and the name of an API token
	Via       string    `json:"via,omitempty"`   // slack, cli, api or alert
	Token     string    `json:"token,omitempty"` // the name of the API token
	Text      string    `json:"text"`
	Quote     string    `json:"quote,omitempty"` // what somebody wrote
	Link      string    `json:"link,omitempty"`
	Withdrawn bool      `json:"withdrawn,omitempty"`
}

func (a API) timeline(c *call) ([]Line, error) {
	events, err := a.Desk.Events(c.Context(), c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	out := []Line{}
	for _, l := range incident.Timeline(events, incident.PlainNames) {
		via, token := l.By.Door()
		out = append(out, Line{Seq: l.Seq, At: l.At, Recorded: l.Recorded, Kind: string(l.Kind), By: l.By.Person, Via: via, Token: token, Text: l.Text, Quote: l.Quote,
			Link: l.Link, Withdrawn: l.Withdrawn})
	}
	return out, nil
}

func (a API) postmortem(c *call) (kind string, body []byte, err error) {
	draft, err := a.Desk.Draft(c.Context(), c.PathValue("id"), a.Version)
	if err != nil {
		return "", nil, err
	}
	switch c.URL.Query().Get("format") {
	case "", "markdown":
		return "text/markdown; charset=utf-8", draft.Markdown(), nil
	case "json":
		body, err = draft.JSON()
		return "application/json", body, err
	case "html":
		body, err = draft.HTML()
		return "text/html; charset=utf-8", body, err
	}
	return "", nil, invalid("The format is one of markdown, json and html.")
}

// Delivery is one that was given up.
type Delivery struct {
	ID       uint64    `json:"id"`
	Target   string    `json:"target"`
	Record   string    `json:"record"`
	Attempts int       `json:"attempts"`
	Created  time.Time `json:"created"`
	GivenUp  time.Time `json:"given_up"`
	Why      string    `json:"why"`
}

func (a API) effects(c *call) ([]Delivery, error) {
	list, err := a.Desk.Dead(c.Context(), c.URL.Query().Get("incident"))
	out := []Delivery{}
	for _, e := range list {
		out = append(out, Delivery{ID: e.ID, Target: e.Target, Record: e.Record.ID, Attempts: e.Attempts, Created: e.Created, GivenUp: e.Settled, Why: e.Note})
	}
	return out, err
}

// Retried names a delivery that is tried again.
type Retried struct {
	Retried uint64 `json:"retried"`
}

func (a API) retry(c *call, _ Nothing) (Retried, error) {
	id, err := strconv.ParseUint(c.PathValue("id"), 10, 64)
	if err != nil {
		return Retried{}, invalid("A delivery is named by its number.")
	}
	return Retried{id}, a.Desk.Retry(c.Context(), id)
}

func (a API) health(*call) (Health, error) {
	if a.Health == nil {
		return Health{Version: a.Version, Notes: []string{"no bot is running on this data directory"}}, nil
	}
	return a.Health(), nil
}

// number reads a number from 1 to most of the query.
func (c *call) number(name string, otherwise, most int) (int, error) {
	text := c.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, invalid("%s is a number from 1 to %d.", name, most)
	}
	return n, nil
}
