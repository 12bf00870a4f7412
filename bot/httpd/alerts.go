package httpd

import (
	"cmp"
	"slices"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
)

// Alert is what monitoring reports: a group of signals that fire together.
type Alert struct {
	ID          string            `json:"id"`
	State       string            `json:"state"` // open, resolved or closed
	Title       string            `json:"title"`
	Description string            `json:"description,omitempty"`
	Severity    string            `json:"severity"` // critical, error, warning or info; error where the source said none
	Service     string            `json:"service,omitempty"`
	Integration string            `json:"integration"`     // by which it came
	Route       string            `json:"route,omitempty"` // that decided where it goes
	Escalation  string            `json:"escalation,omitempty"`
	Channel     string            `json:"channel,omitempty"` // of its card
	Labels      map[string]string `json:"labels,omitempty"`
	Links       []alert.Link      `json:"links,omitempty"`
	Notes       []string          `json:"notes,omitempty"` // what was cut or mended of what the source sent
	Firing      int               `json:"firing"`          // members that fire
	Members     int               `json:"members"`         // all of them
	Count       int               `json:"count"`           // how often it was reported
	Suppressed  int               `json:"suppressed"`      // how often while it was silenced
	Opened      time.Time         `json:"opened"`
	Last        time.Time         `json:"last"`             // when it was reported last
	Ended       time.Time         `json:"ended,omitzero"`   // when it was resolved or closed
	Reopened    int               `json:"reopened"`         // how often it fired again within its window
	Page        string            `json:"page,omitempty"`   // that tells people of it
	Folded      bool              `json:"folded,omitempty"` // that page is about another alert and counts this one
	Unpaged     string            `json:"unpaged,omitempty"`
	Incident    string            `json:"incident,omitempty"` // that was declared for it
	Left        time.Time         `json:"left,omitzero"`      // since when that is over although the alert fires
	// SilencedUntil is when what silences it ends: Silence of people, or Maintenance of
	// the configuration.
	SilencedUntil time.Time   `json:"silenced_until,omitzero"`
	Silence       string      `json:"silence,omitempty"`
	Maintenance   string      `json:"maintenance,omitempty"`
	Acknowledged  *alert.Said `json:"acknowledged,omitempty"` // who has it
	Also          []string    `json:"also,omitempty"`         // who acknowledged it after that
	NotActionable *alert.Said `json:"not_actionable,omitempty"`
	Closed        *alert.Said `json:"closed,omitempty"`
}

func viewAlert(a alert.Alert, now time.Time) Alert {
	v := Alert{ID: a.ID, State: string(a.State), Title: a.Title, Description: a.Description, Severity: string(cmp.Or(a.Severity, alert.SeverityError)), Service: a.Service, Integration: a.Integration, Route: a.Route,
		Escalation: a.Escalation, Channel: a.Channel, Labels: a.Labels, Links: a.Links, Notes: a.Notes, Firing: a.Firing(), Members: len(a.Members), Count: a.Count, Suppressed: a.Suppressed,
		Opened: a.Opened, Last: a.Last, Ended: a.Ended, Reopened: a.Reopened, Page: a.Page, Folded: a.Folded, Unpaged: a.Unpaged, Incident: a.Incident, Left: a.Left,
		Acknowledged: a.Acknowledged, Also: a.Also, NotActionable: a.Noise, Closed: a.Closed}
	if a.Silenced(now) {
		v.SilencedUntil, v.Silence, v.Maintenance = a.Hush.Until, a.Hush.Silence, a.Hush.Window
	}
	return v
}

// lately is since when alerts that are over are listed, where nobody says so.
const lately = 24 * time.Hour

func (a API) alerts(c *call) ([]Alert, error) {
	limit, err := c.number("limit", 100, 10_000)
	if err != nil {
		return nil, err
	}
	q := c.URL.Query()
	firing, err := a.Desk.FiringOf(c.Context(), q.Get("service"), limit)
	if err != nil {
		return nil, err
	}
	list := firing.List
	if q.Get("all") == "true" {
		over, err := a.Desk.AlertsSince(c.Context(), a.Desk.Now().Add(-lately), 10_000)
		if err != nil {
			return nil, err
		}
		slices.Reverse(over)
		for _, o := range over {
			if service := q.Get("service"); service == "" || service == o.Service {
				list = append(list, o)
			}
		}
	}
	out := []Alert{}
	for _, l := range list[:min(len(list), limit)] {
		out = append(out, viewAlert(l, a.Desk.Now()))
	}
	return out, nil
}

// AlertDetail is one alert with its members.
type AlertDetail struct {
	Alert
	List      []alert.Member `json:"list"`                // the members
	Continued string         `json:"continued,omitempty"` // the alert in which its group goes on, because this one is full
	Continues string         `json:"continues,omitempty"` // the alert whose group goes on here
	Deploys   []alert.Deploy `json:"deploys,omitempty"`   // of its service, newest first
}

func (a API) alert(c *call) (AlertDetail, error) {
	card, err := a.Desk.AlertCard(c.Context(), c.PathValue("id"))
	if err != nil {
		return AlertDetail{}, err
	}
	r := card.Alert
	return AlertDetail{Alert: viewAlert(r, a.Desk.Now()), List: r.Members, Continued: r.Continued, Continues: r.Continues, Deploys: card.Deploys}, nil
}

// AlertLine is one line of what happened to an alert.
type AlertLine struct {
	Seq  uint64    `json:"seq"`
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
	By   string    `json:"by,omitempty"`  // a person, or "token:" and the name of an API token
	Via  string    `json:"via,omitempty"` // slack, cli, api, or the integration
	Text string    `json:"text"`
}

func (a API) alertTimeline(c *call) ([]AlertLine, error) {
	events, err := a.Desk.AlertEvents(c.Context(), c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	out := []AlertLine{}
	for _, e := range events {
		via, _ := incident.Actor{Person: e.By, Via: e.Via}.Door()
		out = append(out, AlertLine{Seq: e.Seq, At: e.At, Kind: string(e.Kind), By: e.By, Via: via, Text: desk.AlertSentence(e)})
	}
	return out, nil
}

func (a API) acknowledgeAlert(c *call, in desk.In, _ Nothing) (desk.Answer, error) {
	return a.Desk.AcknowledgeAlert(c.Context(), in, c.PathValue("id"))
}

// Why says why.
type Why struct {
	Why string `json:"why,omitempty" about:"why"`
}

func (a API) noise(c *call, in desk.In, w Why) (desk.Answer, error) {
	return a.Desk.NotActionable(c.Context(), in, c.PathValue("id"), w.Why)
}

func (a API) closeAlert(c *call, in desk.In, w Why) (desk.Answer, error) {
	return a.Desk.CloseAlert(c.Context(), in, c.PathValue("id"), w.Why)
}

// Closed says how many alerts were closed.
type Closed struct {
	Alerts int `json:"alerts"`
}

func (a API) closeGone(c *call, w Why) (Closed, error) {
	by, err := c.who(c.Request)
	if err != nil {
		return Closed{}, err
	}
	n, err := a.Desk.CloseGone(c.Context(), desk.In{By: by}, c.PathValue("id"), w.Why)
	return Closed{n}, err
}

// AlertDeclaration opens an incident for an alert.
type AlertDeclaration struct {
	Title    string   `json:"title,omitempty" about:"default: that of the alert"`
	Severity Severity `json:"severity,omitempty" about:"default: SEV3"`
	Service  string   `json:"service,omitempty" about:"default: that of the alert"`
	Lead     string   `json:"lead,omitempty" about:"the person who commands it, or me; default: who is on call"`
}

func (a API) declareFromAlert(c *call, in desk.In, d AlertDeclaration) (desk.Answer, error) {
	lead, err := a.person(in, d.Lead)
	if err != nil {
		return desk.Answer{}, err
	}
	return a.Desk.DeclareFromAlert(c.Context(), in, c.PathValue("id"), desk.Declaration{Title: d.Title, Severity: incident.Severity(d.Severity), Service: d.Service, Lead: lead})
}

// Quiet says until when something shall page nobody: until a time, or for a while.
type Quiet struct {
	Until time.Time `json:"until,omitzero" about:"this, or for, is needed"`
	For   string    `json:"for,omitempty" about:"such as 30m, 2h or 1d"`
	Why   string    `json:"why,omitempty" about:"why"`
}

func (q Quiet) until(now time.Time) (time.Time, error) {
	if q.For == "" {
		return q.Until, nil // the desk says what is wrong with none
	}
	d, err := oncall.ParseDuration(q.For)
	switch {
	case !q.Until.IsZero():
		return q.Until, invalid("Say until when, or for how long; not both.")
	case err != nil:
		return q.Until, invalid("Say for how long, as in \"30m\", \"2h\" or \"1d\".")
	}
	return now.Add(d), nil
}

func (a API) silenceAlert(c *call, in desk.In, q Quiet) (desk.Answer, error) {
	until, err := q.until(a.Desk.Now())
	if err != nil {
		return desk.Answer{}, err
	}
	return a.Desk.SilenceAlert(c.Context(), in, c.PathValue("id"), until, q.Why)
}

// Silence is what people say must page nobody until some time.
type Silence struct {
	ID      string            `json:"id"`
	Active  bool              `json:"active"`
	Text    string            `json:"text"`            // what it silences, for people
	Match   map[string]string `json:"match,omitempty"` // conditions, as routes have them; absent: the group of one alert
	By      string            `json:"by,omitempty"`
	Why     string            `json:"why,omitempty"`
	Made    time.Time         `json:"made"`
	Until   time.Time         `json:"until"`
	EndedBy string            `json:"ended_by,omitempty"` // before its time
}

func viewSilence(s alert.Silence, now time.Time) Silence {
	return Silence{ID: s.ID, Active: s.Active(now), Text: s.Text(), Match: s.Match, By: s.By, Why: s.Why, Made: s.Made, Until: s.Until, EndedBy: s.EndedBy}
}

func (a API) silences(c *call) ([]Silence, error) {
	list, err := a.Desk.Silences(c.Context(), c.URL.Query().Get("all") == "true")
	out := []Silence{}
	for _, s := range list {
		out = append(out, viewSilence(s, a.Desk.Now()))
	}
	return out, err
}

// Silencing silences what matches.
type Silencing struct {
	Match map[string]string `json:"match" about:"conditions, as routes have them, such as service: checkout and env: ~prod.*"`
	Quiet
}

// Silenced is a silence that was made or ended.
type Silenced struct {
	Silence
	Alerts int `json:"alerts"` // open ones that it covers, or that it covered
}

func (a API) silence(c *call, s Silencing) (Silenced, error) {
	until, err := s.until(a.Desk.Now())
	if err != nil {
		return Silenced{}, err
	}
	in, err := c.in()
	if err != nil {
		return Silenced{}, err
	}
	made, n, err := a.Desk.Silence(c.Context(), in, alert.Silence{Match: s.Match, Until: until, Why: s.Why})
	return Silenced{viewSilence(made, a.Desk.Now()), n}, err
}

func (a API) endSilence(c *call, _ Nothing) (Silenced, error) {
	in, err := c.in()
	if err != nil {
		return Silenced{}, err
	}
	ended, n, err := a.Desk.Unsilence(c.Context(), in, c.PathValue("id"))
	return Silenced{viewSilence(ended, a.Desk.Now()), n}, err
}
