package alert

import (
	"strings"

	"github.com/watchbill/watchbill/oncall"
)

func (t *trace) route(x *subject, r *route, foreign bool, failing *condition) {
	switch {
	case foreign:
		t.say("%s does not match: it is only for alerts that come by %s.", upper(r.title), strings.Join(r.Integrations, " or "))
	case failing != nil:
		t.say("%s does not match: %s.", upper(r.title), failing.why(x))
	default:
		t.say("%s matches: %s.", upper(r.title), r.matcher)
	}
}

func (t *trace) noRoute(routes int) {
	if routes == 0 {
		t.say("There are no routes.")
		return
	}
	t.say("No route matches.")
}

func (t *trace) service(x *subject, r *route, d *Decision, from origin) {
	named := x.signal.Service
	switch {
	case from == fromRoute:
		t.say("The service is %s, set by %s.", d.Service, r.title)
	case from == fromAlert:
		t.say("The service is %s, which the alert names.", d.Service)
	case from == fromIntegration && named == "":
		t.say("The service is %s, that of the integration %s: the alert names none.", d.Service, x.integration)
	case from == fromIntegration:
		t.say("The service is %s, that of the integration %s: the alert names %s, which is not configured.", d.Service, x.integration, quoted(named))
	case named != "":
		t.say("There is no service: the alert names %s, which is not configured.", quoted(named))
	default:
		t.say("There is no service: neither a route nor the alert names one.")
	}
}

func (t *trace) severity(x *subject, r *route, d *Decision) {
	word := x.signal.Labels[nameSeverity]
	switch {
	case r.Severity != "":
		t.say("The severity is %s, set by %s.", d.Severity, r.title)
	case d.Severity == "" && word != "":
		t.say("The severity %s is not known; it counts as error.", quoted(word))
	case d.Severity == "":
		t.say("The alert says no severity; it counts as error.")
	case word != "" && !strings.EqualFold(word, string(d.Severity)):
		t.say("The severity is %s: the alert says %s.", d.Severity, quoted(word))
	default:
		t.say("The severity is %s, as the alert says.", d.Severity)
	}
}

func (t *trace) page(r *route, d *Decision, from origin) {
	if d.Declare > 0 {
		t.say("It opens an incident of SEV%d, as %s says.", d.Declare, r.title)
	}
	switch {
	case d.Declare > 0 && d.Declare < 4:
		t.say("The incident pages by itself; the alert does not page besides.")
	case d.Declare > 0 && !d.Page:
		t.say("It pages nobody: incidents of SEV4 do not.")
	case !d.Page && r.Page != nil:
		t.say("It pages nobody, as %s says.", r.title)
	case !d.Page:
		t.say("It pages nobody: the severity %s does not, unless a route says page: true.", d.Severity)
	case d.Escalation == "":
		t.say("It pages the admins and the channel of incidents: neither a route nor the service has an escalation, and there is no default_escalation.")
	case from == fromRoute:
		t.say("It pages the escalation %s, set by %s.", d.Escalation, r.title)
	case from == fromService:
		t.say("It pages the escalation %s, that of the service %s.", d.Escalation, d.Service)
	default:
		t.say("It pages the escalation %s, the default.", d.Escalation)
	}
}

func (t *trace) channel(r *route, d *Decision, from origin) {
	switch {
	case d.Channel == "":
		t.say("It has no card: there is no channel for it.")
	case from == fromRoute:
		t.say("Its card is in %s, set by %s.", channel(d.Channel), r.title)
	case from == fromService:
		t.say("Its card is in %s, the channel of the service %s.", channel(d.Channel), d.Service)
	default:
		t.say("Its card is in %s, the channel of incidents.", channel(d.Channel))
	}
}

// channel is how people write it: a name, or an id as it is.
func channel(name string) string {
	if name == strings.ToLower(name) {
		return "#" + name
	}
	return name
}

func (t *trace) group(x *subject, r *route, d *Decision) {
	switch {
	case len(r.GroupBy) == 1 && r.GroupBy[0] == GroupEach:
		t.say("It is an alert of its own, as %s says.", r.title)
	case len(r.GroupBy) > 0:
		parts := make([]string, len(r.GroupBy))
		for i, name := range r.GroupBy {
			parts[i] = name + " " + quoted(x.grouped(name, d))
		}
		t.say("It is one alert with all others of %s, as %s says.", joinAnd(parts), r.title)
	case x.signal.Group != "":
		t.say("It is one alert with all others of the group %s of the source that go to the same people and channel.", quoted(x.signal.Group))
	default:
		t.say("It is an alert of its own: the source does not group it.")
	}
	if r.GroupWindow > 0 {
		t.say("For %s after the first, others join it even when all are resolved, as %s says.", oncall.FormatDuration(r.GroupWindow), r.title)
	}
}
