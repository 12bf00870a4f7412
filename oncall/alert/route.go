package alert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Route decides where a signal that came by an integration goes, and whether it is
// silenced at now. The same question always has the same answer. It does not fill in
// why; see [Router.Explain].
func (r *Router) Route(s Signal, integration string, now time.Time) Decision {
	return r.decide(&s, integration, now, nil)
}

// Explain is [Router.Route] with each step of the decision as a sentence.
func (r *Router) Explain(s Signal, integration string, now time.Time) Decision {
	why := &trace{}
	d := r.decide(&s, integration, now, why)
	d.Why = why.lines
	return d
}

// trace collects sentences; a nil one collects nothing.
type trace struct{ lines []string }

func (t *trace) say(format string, args ...any) {
	t.lines = append(t.lines, fmt.Sprintf(format, args...))
}

// origin is where a part of a decision comes from.
type origin int

const (
	fromNowhere origin = iota
	fromRoute
	fromAlert
	fromIntegration
	fromService
	fromDefault
)

// decide is the decision, step by step; it says why to the trace, if there is one.
func (r *Router) decide(s *Signal, integration string, now time.Time, why *trace) Decision {
	x := &subject{signal: s, integration: integration, service: r.named(s.Service)}
	serviceFrom := fromAlert
	if x.service == "" {
		x.service, serviceFrom = r.rules.Defaults[integration], fromIntegration
	}
	t := r.match(x, why)
	d := Decision{Route: t.Name, Service: x.service, Severity: s.Severity, Declare: t.Declare, Window: t.GroupWindow}
	if d.Route == "" {
		d.Route = t.title
	}
	switch {
	case t.Service != "":
		d.Service, serviceFrom = t.Service, fromRoute
	case x.service == "":
		serviceFrom = fromNowhere
	}
	if serviceFrom == fromIntegration || serviceFrom == fromNowhere {
		d.Unknown = s.Service
	}
	if t.Severity != "" {
		d.Severity = t.Severity
	}
	escalationFrom := r.escalate(&d, t)
	switch {
	case t.Page != nil:
		d.Page = *t.Page
	case d.Declare == 0: // an incident pages by itself
		d.Page = d.Severity.Pages()
	}
	channelFrom := r.post(&d, t)
	d.Group = group(x, t, &d)
	if why != nil {
		why.service(x, t, &d, serviceFrom)
		why.severity(x, t, &d)
		why.page(t, &d, escalationFrom)
		why.channel(t, &d, channelFrom)
		why.group(x, t, &d)
	}
	x.service = d.Service
	if w, until := r.silencing(x, now, why); w != nil {
		d.Silenced, d.SilencedUntil = w.Name, until
		if why != nil {
			why.say("Maintenance %s silences it until %s: it is recorded and counted, and pages nobody.", w.Name, clock(until.In(w.table.Location())))
		}
	}
	return d
}

// named is the configured service of a name, in any case; empty when there is none.
func (r *Router) named(name string) string {
	if i, ok := r.services[strings.ToLower(name)]; ok {
		return r.rules.Services[i].Name
	}
	return ""
}

// unrouted stands for the route of alerts that no route takes.
var unrouted = route{Route: &Route{}}

// match is the first route whose conditions hold.
func (r *Router) match(x *subject, why *trace) *route {
	for i := range r.routes {
		t := &r.routes[i]
		foreign := len(t.Integrations) > 0 && !slices.Contains(t.Integrations, x.integration)
		var failing *condition
		if !foreign {
			failing = t.matcher.failing(x)
		}
		if why != nil {
			why.route(x, t, foreign, failing)
		}
		if !foreign && failing == nil {
			return t
		}
	}
	if why != nil {
		why.noRoute(len(r.routes))
	}
	return &unrouted
}

// escalate finds the policy.
func (r *Router) escalate(d *Decision, t *route) origin {
	if d.Escalation = t.Escalation; d.Escalation != "" {
		return fromRoute
	}
	if i, ok := r.services[strings.ToLower(d.Service)]; ok && r.rules.Services[i].Escalation != "" {
		d.Escalation = r.rules.Services[i].Escalation
		return fromService
	}
	d.Escalation = r.rules.DefaultEscalation
	return fromDefault
}

// post finds the channel of the card.
func (r *Router) post(d *Decision, t *route) origin {
	if d.Channel = t.Channel; d.Channel != "" {
		return fromRoute
	}
	if i, ok := r.services[strings.ToLower(d.Service)]; ok && r.rules.Services[i].Channel != "" {
		d.Channel = r.rules.Services[i].Channel
		return fromService
	}
	d.Channel = r.rules.DefaultChannel
	return fromDefault
}

// ownGroup begins the group of a signal that is in none with others.
const ownGroup = "key/"

// group is the name of the group that the signal belongs to. Signals that go to
// different people or channels are never in one: a source that groups by cluster, say,
// mixes services.
func group(x *subject, t *route, d *Decision) string {
	s := x.signal
	each := len(t.GroupBy) == 1 && t.GroupBy[0] == GroupEach
	if each || len(t.GroupBy) == 0 && s.Group == "" {
		return ownGroup + x.integration + "/" + s.Key
	}
	to := d.Service + "/" + d.Escalation + "/" + d.Channel
	if len(t.GroupBy) == 0 {
		return shortKey("group/" + x.integration + "/" + to + "/" + s.Group)
	}
	var b strings.Builder
	b.WriteString("by/" + to)
	for _, name := range t.GroupBy {
		b.WriteString("/" + strconv.Quote(name) + "=" + strconv.Quote(x.grouped(name, d)))
	}
	return shortKey(b.String())
}

// grouped is the value that a group goes by.
func (x *subject) grouped(name string, d *Decision) string {
	switch {
	case name == nameService:
		return d.Service
	case name == nameSeverity && d.Severity == "":
		return string(SeverityError)
	case name == nameSeverity:
		return string(d.Severity)
	}
	_, value := x.values(name)
	return value
}
