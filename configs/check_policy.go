package configs

import (
	"fmt"
	"strings"
	"time"

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
)

func (k *checker) step(s *paging.Step, at string) {
	if _, written := k.marks[at+".wait"]; !written {
		s.Wait = paging.DefaultWait
	}
	if s.Wait < paging.MinWait && !k.spoilt[at+".wait"] {
		k.problem(at+".wait", fmt.Sprintf("write %s or more", paging.MinWait), "nobody can answer within %s", s.Wait)
	}
	if s.Wait > maxWait {
		k.problem(at+".wait", "write 7d or less", "the step waits for %s, longer than a week", s.Wait)
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
