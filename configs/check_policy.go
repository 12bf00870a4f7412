package configs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// policies checks the escalation policies.
func (k *checker) policies() {
	for i := range k.config.Escalations {
		p, at := &k.config.Escalations[i], fmt.Sprintf("escalations[%d]", i)
		if len(p.Steps) == 0 {
			k.problem(at+".steps", `such as steps: [{notify: ["schedule:checkout"], wait: 5m}]`, "the escalation %q has no steps, so it would page nobody", clip(p.Name, 60))
		}
		if len(p.Steps) > maxSteps {
			k.problem(at+".steps", "", "the escalation has more than %d steps", maxSteps)
		}
		if p.Repeat < 0 || p.Repeat > maxRepeat {
			k.problem(at+".repeat", "", "repeat must be 0 to %d, not %d", maxRepeat, p.Repeat)
		}
		k.ending(p, at)
		for j := range p.Steps {
			k.step(&p.Steps[j], fmt.Sprintf("%s.steps[%d]", at, j))
			for n, t := range p.Steps[j].Notify {
				if kind, name := t.Split(); kind == paging.ToSchedule {
					k.use(name, fmt.Sprintf("%s.steps[%d].notify[%d]", at, j, n), fmt.Sprintf("step %d of escalation %s", j+1, p.Name))
				}
			}
		}
	}
}

// Limits on a policy.
const (
	maxSteps  = 50
	maxRepeat = 100
	maxWait   = 7 * 24 * time.Hour

	minAckTimeout = time.Minute
)

// ending checks what happens when the steps are over, or answered.
func (k *checker) ending(p *paging.Policy, at string) {
	if _, written := k.marks[at+".ack_timeout"]; written && !k.spoilt[at+".ack_timeout"] && (p.AckTimeout < minAckTimeout || p.AckTimeout > maxWait) {
		k.problem(at+".ack_timeout", "write 1m to 7d, or leave it out", "an acknowledgement cannot stand for %s", oncall.FormatDuration(p.AckTimeout))
	}
	if _, written := k.marks[at+".floor"]; written && len(p.Floor) == 0 {
		k.problem(at+".floor", "leave it out for the people who lead, the admins and the incidents channel", "the floor is empty, so that in the end nobody would be told")
	}
	for i, t := range p.Floor {
		p.Floor[i] = k.target(fmt.Sprintf("%s.floor[%d]", at, i), t)
		if kind, name := p.Floor[i].Split(); kind == paging.ToSchedule {
			k.use(name, fmt.Sprintf("%s.floor[%d]", at, i), "the floor of escalation "+p.Name)
		}
	}
	if len(p.Steps) > 0 && len(p.Floor) == 0 && !slices.ContainsFunc(p.Steps, func(s paging.Step) bool { return s.When.IsZero() }) {
		k.warn(at, "add a step without when:, or say with floor: who is told then", "where none of its conditions holds, the escalation %q tells those at once who are told when nobody is left", clip(p.Name, 60))
	}
}

// when checks the condition of a step.
func (k *checker) when(w *paging.When, at string) {
	if len(w.Severity)+len(w.Service)+len(w.Hours) == 0 && !k.incomplete(at) {
		k.problem(at, "add severity:, service: or hours:, or leave when: out", "the condition says nothing")
	}
	for i, s := range w.Severity {
		w.Severity[i] = k.severity(fmt.Sprintf("%s.severity[%d]", at, i), s)
	}
	k.referAll(&k.services, at+".service", w.Service)
	if w.TimeZone != "" && len(w.Hours) == 0 {
		k.problem(at+".time_zone", "add hours: or leave it out", "a time zone without hours says nothing")
	}
	if len(w.Hours) == 0 {
		return
	}
	_, problems := k.zones.Hours(w.TimeZone, w.Hours)
	for _, p := range problems {
		if path := at + "." + p.Path; !k.incomplete(path) {
			k.problem(path, p.Suggestion, "%s", p.Message)
		}
	}
}

// severity is a severity as incidents or alerts write it.
func (k *checker) severity(path, written string) string {
	if s, err := incident.ParseSeverity(written); err == nil {
		return s.String()
	}
	all := []string{"SEV1", "SEV2", "SEV3", "SEV4"}
	for _, s := range []alert.Severity{alert.SeverityCritical, alert.SeverityError, alert.SeverityWarning, alert.SeverityInfo} {
		if strings.EqualFold(written, string(s)) {
			return string(s)
		}
		all = append(all, string(s))
	}
	k.oneOf(path, "severity", written, all...)
	return written
}

func (k *checker) step(s *paging.Step, at string) {
	if _, written := k.marks[at+".wait"]; !written {
		s.Wait = paging.DefaultWait
	}
	if s.Wait < paging.MinWait && !k.spoilt[at+".wait"] {
		k.problem(at+".wait", fmt.Sprintf("write %s or more", oncall.FormatDuration(paging.MinWait)), "nobody can answer within %s", oncall.FormatDuration(s.Wait))
	}
	if s.Wait > maxWait {
		k.problem(at+".wait", "write 7d or less", "the step waits for %s, longer than a week", oncall.FormatDuration(s.Wait))
	}
	if _, written := k.marks[at+".when"]; written {
		k.when(&s.When, at+".when")
	}
	if len(s.Notify) == 0 {
		k.problem(at+".notify", `such as notify: ["schedule:checkout"]`, "the step tells nobody")
	}
	for i, t := range s.Notify {
		s.Notify[i] = k.target(fmt.Sprintf("%s.notify[%d]", at, i), t)
	}
}

func (k *checker) target(path string, written paging.Target) paging.Target {
	t, err := paging.ParseTarget(string(written))
	if err != nil {
		suggestion := "write schedule:, person:, team:, group: or channel: before the name"
		for _, n := range []*names{&k.schedules, &k.people, &k.teams} {
			if name, ok := n.index[strings.ToLower(string(written))]; ok {
				suggestion = fmt.Sprintf("did you mean %q?", n.kind+":"+name)
				break
			}
		}
		k.problem(path, suggestion, "%q does not say whom to tell", clip(string(written), 60))
		return written
	}
	kind, name := t.Split()
	switch kind {
	case paging.ToSchedule:
		name = k.refer(&k.schedules, path, name)
	case paging.ToPerson:
		name = k.refer(&k.people, path, name)
	case paging.ToTeam:
		name = k.refer(&k.teams, path, name)
	case paging.ToChannel:
		name = strings.TrimPrefix(name, "#")
		k.channel(path, name)
	}
	return paging.Target(kind + ":" + name)
}
