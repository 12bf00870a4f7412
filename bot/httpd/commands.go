package httpd

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
)

// Outcome is what a command did. The same Idempotency-Key gets the same one again.
type Outcome struct {
	Incident string   `json:"incident,omitempty"`
	Page     string   `json:"page,omitempty"`
	Alert    string   `json:"alert,omitempty"`
	Silence  string   `json:"silence,omitempty"`
	Changed  bool     `json:"changed"`           // false: it stood so already
	Exists   bool     `json:"exists,omitempty"`  // the same was said a moment ago, and is not done twice
	Unpaged  string   `json:"unpaged,omitempty"` // why nobody was paged
	Text     []string `json:"text"`              // what happened, in sentences
}

func outcome(a desk.Answer) Outcome {
	o := Outcome{Incident: a.Incident, Page: a.Page, Alert: a.Alert, Silence: a.Silence, Changed: a.Changed, Exists: a.Exists, Unpaged: a.Unpaged, Text: []string{}}
	for _, l := range incident.Timeline(a.Events, incident.PlainNames) {
		o.Text = append(o.Text, l.Text)
	}
	for _, t := range a.Text {
		o.Text = append(o.Text, Outside(t))
	}
	if len(o.Text) == 0 && a.Paged.ID != "" { // of what has no timeline, or changed nothing
		o.Text = append(o.Text, a.Paged.Stands(plainName, time.UTC))
	}
	if warning := a.Paged.Warning(); warning != "" {
		o.Text = append(o.Text, warning)
	}
	return o
}

// Nothing is the body of a command that needs none.
type Nothing struct{}

// Severity is how bad an incident is: "SEV2", "2" or 2.
type Severity incident.Severity

// UnmarshalJSON reads a severity; null says none.
func (s *Severity) UnmarshalJSON(b []byte) error {
	text := string(b)
	if text == "null" {
		return nil
	}
	if json.Unmarshal(b, &text) != nil {
		text = string(b)
	}
	read, err := incident.ParseSeverity(text)
	if err != nil {
		return &desk.Error{Code: incident.Invalid, Message: fmt.Sprintf("The severity %s is none. Severities are \"SEV1\", the worst, to \"SEV4\".", incident.Clip(string(b), 40))}
	}
	*s = Severity(read)
	return nil
}

// Declaration opens an incident.
type Declaration struct {
	Title    string   `json:"title" about:"what is broken, in one line"`
	Severity Severity `json:"severity,omitempty" about:"default: SEV3"`
	Service  string   `json:"service,omitempty" about:"by its name in the configuration"`
	Lead     string   `json:"lead,omitempty" about:"the person who commands it, or me; default: who is on call"`
	Again    bool     `json:"again,omitempty" about:"also if the same was declared a moment ago"`
}

func (a API) declare(c *call, in desk.In, d Declaration) (desk.Answer, error) {
	lead, err := a.person(in, d.Lead)
	if err != nil {
		return desk.Answer{}, err
	}
	in.Again = d.Again
	return a.Desk.Declare(c.Context(), in, desk.Declaration{Title: d.Title, Severity: incident.Severity(d.Severity), Service: d.Service, Lead: lead})
}

// me is who asks, where somebody is named.
const me = "me"

// person is whom a request names; nobody named stays so.
func (a API) person(in desk.In, said string) (string, error) {
	switch said {
	case "":
		return "", nil
	case me:
		return in.By.Person, nil
	}
	return a.Desk.Named(said)
}

// Words are what somebody says of an incident.
type Words struct {
	Text  string `json:"text" about:"how it stands"`
	Again bool   `json:"again,omitempty" about:"also if the same was said a moment ago"`
}

func (a API) update(c *call, in desk.In, w Words) (desk.Answer, error) {
	in.Again = w.Again
	return a.Desk.Change(c.Context(), in, c.PathValue("id"), incident.Update{By: in.By, Text: w.Text})
}

// Note is a line for a timeline.
type Note struct {
	Text  string     `json:"text" about:"what happened"`
	At    *time.Time `json:"at,omitempty" about:"when it happened; default: now"`
	Again bool       `json:"again,omitempty" about:"also if the same was said a moment ago"`
}

func (a API) note(c *call, in desk.In, n Note) (desk.Answer, error) {
	in.Again = n.Again
	var at time.Time
	if n.At != nil {
		if at = *n.At; at.IsZero() { // the core takes it for now
			return desk.Answer{}, invalid("The year 1 is no time for a note. Leave the time out for now.")
		}
	}
	return a.Desk.Change(c.Context(), in, c.PathValue("id"), incident.Note{By: in.By, Text: n.Text, At: at})
}

// Lead names a commander.
type Lead struct {
	Person string `json:"person,omitempty" about:"default: who asks"`
	Text   string `json:"text,omitempty" about:"why"`
}

func (a API) lead(c *call, in desk.In, l Lead) (desk.Answer, error) {
	if l.Person == "" {
		l.Person = me
	}
	person, err := a.person(in, l.Person)
	if err != nil {
		return desk.Answer{}, err
	}
	return a.Desk.Change(c.Context(), in, c.PathValue("id"), incident.SetLead{By: in.By, Person: person, Text: l.Text})
}

// Rating is a new severity.
type Rating struct {
	Severity Severity `json:"severity" about:"the new one"`
	Text     string   `json:"text,omitempty" about:"why"`
}

func (a API) severity(c *call, in desk.In, r Rating) (desk.Answer, error) {
	return a.Desk.Change(c.Context(), in, c.PathValue("id"), incident.SetSeverity{By: in.By, Severity: incident.Severity(r.Severity), Text: r.Text})
}

// Reason says what was done.
type Reason struct {
	Text string `json:"text,omitempty" about:"what was done"`
}

func (a API) resolve(c *call, in desk.In, r Reason) (desk.Answer, error) {
	return a.Desk.Change(c.Context(), in, c.PathValue("id"), incident.Resolve{By: in.By, Text: r.Text})
}

// Reopening says why an incident is taken up again.
type Reopening struct {
	Text string `json:"text" about:"why"`
}

func (a API) reopen(c *call, in desk.In, r Reopening) (desk.Answer, error) {
	return a.Desk.Change(c.Context(), in, c.PathValue("id"), incident.Reopen{By: in.By, Text: r.Text})
}

func (a API) close(c *call, in desk.In, _ Nothing) (desk.Answer, error) {
	return a.Desk.Change(c.Context(), in, c.PathValue("id"), incident.Close{By: in.By})
}

// Whom are those to page.
type Whom struct {
	Targets []string `json:"targets" about:"people, schedules, teams or services by name, or person:, schedule:, team:, group: or channel: and a name; 50 at most"`
}

// manyTargets is how many targets one page may name.
const manyTargets = 50

func (a API) page(c *call, in desk.In, w Whom) (desk.Answer, error) {
	if len(w.Targets) > manyTargets {
		return desk.Answer{}, invalid("That are %d targets, and %d is the most. Name teams or schedules instead of people.", len(w.Targets), manyTargets)
	}
	for n, t := range w.Targets {
		if t == me {
			w.Targets[n] = "person:" + in.By.Person
		}
	}
	targets, err := a.Desk.Targets(w.Targets...)
	if err != nil {
		return desk.Answer{}, err
	}
	return a.Desk.Page(c.Context(), in, c.PathValue("id"), targets)
}
