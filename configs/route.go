package configs

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Routed is what becomes of one alert by the configuration alone.
type Routed struct {
	Alert    alert.Signal `json:"alert"`
	Decision Explained    `json:"decision"`
	// Policy is whom it pages, by itself or as an incident; empty: nobody.
	Policy string       `json:"policy,omitempty"`
	Steps  []RoutedStep `json:"steps,omitempty"`
	Repeat int          `json:"repeat,omitempty"` // how often the steps run again
	// Floor is who is told when the policy has nobody left.
	Floor *RoutedStep `json:"floor,omitempty"`
	// AckTimeout is how long an acknowledgement stands, such as "30m"; empty: for good.
	AckTimeout string `json:"ack_timeout,omitempty"`
}

// Explained is a decision as people read it.
type Explained struct {
	alert.Decision
	Window string `json:"window,omitempty"` // such as "5m"
}

// RoutedStep is one step of a policy, and whom it would tell.
type RoutedStep struct {
	// After is when it comes without an answer, such as "5m" after the page; empty: at once.
	After string `json:"after,omitempty"`
	// When is the condition of the step, Skipped why it is skipped at that time.
	When    string         `json:"when,omitempty"`
	Skipped string         `json:"skipped,omitempty"`
	Targets []RoutedTarget `json:"targets"`
	Wait    string         `json:"wait"` // until the next step, such as "5m"
}

// RoutedTarget is a target of a step and the people it stands for when the step comes;
// groups and channels stand for themselves.
type RoutedTarget struct {
	Target string   `json:"target"`
	People []string `json:"people,omitempty"`
	Others bool     `json:"others,omitempty"` // a Slack user group, a channel, or who cannot be known
}

// RouteAlerts decodes a payload as the integration of that name would, and says what
// becomes of each alert in it at an instant. Without an integration the source is
// guessed from the payload. The source is returned too.
func (c *Config) RouteAlerts(integration string, body []byte, at time.Time) (source string, routed []Routed, err error) {
	source = alert.Detect(body)
	if integration != "" {
		in, ok := c.Integration(integration)
		if !ok {
			return "", nil, c.UnknownIntegration(integration)
		}
		integration, source = in.Name, in.Source
	}
	if source == alert.SourceDeploys {
		return source, nil, &oncall.Error{Code: oncall.CodeInvalid, Message: "The integration " + integration + " takes deploys: they raise no alerts."}
	}
	signals, err := alert.Decode(source, c.DecodeOptions(integration), body)
	if err != nil {
		return source, nil, err
	}
	for _, s := range signals {
		r := Routed{Alert: s, Decision: Explained{Decision: c.router.Explain(s, integration, at)}}
		if w := r.Decision.Decision.Window; w > 0 {
			r.Decision.Window = oncall.FormatDuration(w)
		}
		c.pages(&r, at)
		routed = append(routed, r)
	}
	return source, routed, nil
}

// pages adds whom an alert that fires pages.
func (c *Config) pages(r *Routed, at time.Time) {
	d := r.Decision
	facts := paging.Facts{Severity: string(cmp.Or(d.Severity, alert.SeverityError)), Service: d.Service}
	var policy paging.Policy
	var ok bool
	switch {
	case r.Alert.Status != alert.Firing || d.Silenced != "":
		return
	case d.Page:
		policy, ok = c.Policy(d.Escalation)
	case d.Declare > 0 && d.Declare < 4:
		policy, _, ok = c.PolicyFor(d.Service)
		facts.Severity = fmt.Sprintf("SEV%d", d.Declare)
	default:
		return
	}
	if !ok {
		policy = c.FloorPolicy()
	}
	r.Policy, r.Repeat = policy.Name, policy.Repeat
	if policy.AckTimeout > 0 {
		r.AckTimeout = oncall.FormatDuration(policy.AckTimeout)
	}
	events, err := paging.Rehearse(paging.Begin{ID: "PAGE-0", Subject: "ALERT-0", Policy: policy, Facts: facts}, at, c.world)
	if err != nil {
		return
	}
	r.Steps = make([]RoutedStep, len(policy.Steps))
	for _, e := range events {
		switch {
		case e.Kind != paging.Stepped && e.Kind != paging.Skipped:
		case e.Step >= len(policy.Steps):
			r.Floor = c.floor(policy, d.Service, e, at)
		case e.Cycle == 0:
			r.Steps[e.Step] = c.routedStep(policy.Steps[e.Step], e, at)
		}
	}
}

// world is what a page would find at a time, by the configuration alone.
func (c *Config) world(at time.Time) paging.World {
	return paging.World{Zones: oncall.NewZones(nil), Resolve: func(t paging.Target) (out []paging.Recipient) {
		to := c.stands(t, at)
		if to.Others {
			return []paging.Recipient{{Channel: to.Target}}
		}
		for _, p := range to.People {
			out = append(out, paging.Recipient{Person: p})
		}
		return out
	}}
}

// routedStep is a step as it would come.
func (c *Config) routedStep(s paging.Step, e paging.Event, at time.Time) RoutedStep {
	out := RoutedStep{When: s.When.String(), Wait: oncall.FormatDuration(s.Wait)}
	if e.Kind == paging.Skipped {
		out.Skipped = e.Text
	}
	if after := e.At.Sub(at); after > 0 {
		out.After = oncall.FormatDuration(after)
	}
	for _, t := range s.Notify {
		out.Targets = append(out.Targets, c.stands(t, e.At))
	}
	return out
}

// floor is who would be told when a policy has nobody left: the last step again, and
// those whom the policy names, or else whom Watchbill knows.
func (c *Config) floor(policy paging.Policy, service string, e paging.Event, at time.Time) *RoutedStep {
	out := &RoutedStep{Wait: oncall.FormatDuration(e.Due.Sub(e.At))}
	if after := e.At.Sub(at); after > 0 {
		out.After = oncall.FormatDuration(after)
	}
	for _, call := range e.Calls { // of the last step that stands for somebody
		if call.Channel != "" {
			out.Targets = append(out.Targets, RoutedTarget{Target: call.Channel, Others: true})
		} else {
			out.Targets = append(out.Targets, RoutedTarget{Target: paging.ToPerson + ":" + call.Person, People: []string{call.Person}})
		}
	}
	if len(policy.Floor) > 0 {
		return out // the page has told them among the calls
	}
	out.Targets = append(out.Targets, RoutedTarget{Target: "whoever answered the last page of " + policy.Name, Others: true})
	add := func(t RoutedTarget) {
		if !slices.ContainsFunc(out.Targets, func(o RoutedTarget) bool { return o.Target == t.Target }) {
			out.Targets = append(out.Targets, t)
		}
	}
	for _, person := range slices.Concat(c.Leads(service, policy), c.Admins) {
		add(RoutedTarget{Target: paging.ToPerson + ":" + person, People: []string{person}})
	}
	if c.Slack.IncidentsChannel != "" {
		add(RoutedTarget{Target: paging.ToChannel + ":" + c.Slack.IncidentsChannel, Others: true})
	}
	return out
}

// stands says whom a target stands for.
func (c *Config) stands(t paging.Target, at time.Time) RoutedTarget {
	out := RoutedTarget{Target: string(t)}
	switch kind, name := t.Split(); kind {
	case paging.ToSchedule:
		if plan := c.Plan(name); plan != nil {
			out.People = oncall.People(plan.OnCall(at))
		}
	case paging.ToPerson:
		out.People = []string{name}
	case paging.ToTeam:
		team, _ := c.Team(name)
		out.People = team.People
	default:
		out.Others = true
	}
	return out
}
