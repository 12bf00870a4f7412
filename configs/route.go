package configs

import (
	"time"

	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Routed is what becomes of one alert by the configuration alone.
type Routed struct {
	Alert    alert.Signal   `json:"alert"`
	Decision alert.Decision `json:"decision"`
	// Policy is whom it pages, by itself or as an incident; empty: nobody.
	Policy string       `json:"policy,omitempty"`
	Steps  []RoutedStep `json:"steps,omitempty"`
	Repeat int          `json:"repeat,omitempty"` // how often the steps run again
}

// RoutedStep is one step of a policy, and whom it would tell.
type RoutedStep struct {
	Targets []RoutedTarget `json:"targets"`
	Wait    string         `json:"wait"` // until the next step, such as "5m"
}

// RoutedTarget is a target of a step and the people it stands for at the time that was
// asked about; groups and channels stand for themselves.
type RoutedTarget struct {
	Target string   `json:"target"`
	People []string `json:"people,omitempty"`
	Others bool     `json:"others,omitempty"` // a Slack user group or a channel
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
		r := Routed{Alert: s, Decision: c.router.Explain(s, integration, at)}
		c.pages(&r, at)
		routed = append(routed, r)
	}
	return source, routed, nil
}

// pages adds whom an alert that fires pages.
func (c *Config) pages(r *Routed, at time.Time) {
	d := r.Decision
	var policy paging.Policy
	switch {
	case r.Alert.Status != alert.Firing || d.Silenced != "":
		return
	case d.Page:
		policy, _ = c.Policy(d.Escalation)
	case d.Declare > 0 && d.Declare < 4:
		policy, _, _ = c.PolicyFor(d.Service)
	}
	r.Policy, r.Repeat = policy.Name, policy.Repeat
	for _, s := range policy.Steps {
		step := RoutedStep{Wait: oncall.FormatDuration(s.Wait)}
		for _, t := range s.Notify {
			step.Targets = append(step.Targets, c.stands(t, at))
		}
		r.Steps = append(r.Steps, step)
	}
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
