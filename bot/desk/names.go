package desk

import (
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// names know who is meant by what people, policies and the configuration say.
type names struct {
	settings *configs.Config
	people   *Directory
	plans    *plans
	now      func() time.Time
}

// Named is the person whom somebody means by a name: one of the configuration, a
// Slack user by id or name. Until Slack's people are known, a configuration that
// lists nobody takes names as they are.
func (n *names) Named(said string) (string, error) {
	person, err := n.whom(said)
	if person == "" && err == nil {
		err = refuse(incident.NotFound, "I know nobody called %s. Use their name in the configuration or in Slack, or pick them from the list that @ opens there.", incident.Clip(said, 60))
	}
	return person, err
}

// whom is the person that somebody named; empty when nobody is called so. One who
// cannot answer is an error.
func (n *names) whom(said string) (string, error) {
	p, listed := n.settings.Person(said)
	if listed = listed && len(n.settings.People) > 0; listed {
		said = p.Name
	}
	if id, ok := n.people.Slack(said); ok {
		u, _ := n.people.User(id)
		switch {
		case u.Bot:
			return "", refuse(incident.Invalid, "%s is an app, not a person. Name somebody who can answer.", incident.Clip(n.people.Display(said), 60))
		case u.Deleted:
			return "", refuse(incident.NotFound, "The account of %s is deactivated. Name somebody else.", incident.Clip(n.people.Display(said), 60))
		case n.people.Actor(id).Guest:
			return "", refuse(incident.Forbidden, "%s is a guest here, who may neither answer pages nor lead. Name somebody else, or give their `slack:` or `email:` under `people:` in the configuration.",
				incident.Clip(n.people.Display(said), 60))
		case !listed:
			return n.people.Person(id), nil
		}
	}
	if listed {
		return p.Name, nil
	}
	if id, ok := n.people.ByName(said); ok {
		return n.people.Person(id), nil
	}
	if len(n.settings.People) == 0 && !n.people.Learned() && nameable(said) {
		return said, nil
	}
	return "", nil
}

// nameable says whether a text may be somebody's name.
func nameable(said string) bool {
	return said != "" && len(said) <= 80 && !strings.HasPrefix(said, incident.TokenPrefix) && !strings.ContainsFunc(said, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// Listed says whether the configuration knows a person; one that lists nobody knows all.
func (n *names) Listed(person string) bool {
	_, ok := n.settings.Person(person)
	return ok
}

// Around are the people for whom the steps of a page's policy stand at this moment, and
// those whom it told, without one, each once.
func (n *names) Around(p paging.Page, but string) []string {
	var out []string
	add := func(r paging.Recipient) {
		if r.Person != "" && r.Person != but && !slices.Contains(out, r.Person) {
			out = append(out, r.Person)
		}
	}
	whom := n.resolve(n.now())
	for _, s := range p.Policy.Steps {
		for _, t := range s.Notify {
			for _, r := range whom(t) {
				add(r)
			}
		}
	}
	for _, told := range p.Notices {
		add(told.To)
	}
	return out
}

// Targets are those whom somebody means by names to page: each is a target such as
// "team:sre", or a bare name, which is looked up among schedules, teams, services (for
// their schedule) and people, in this order.
func (n *names) Targets(said ...string) ([]paging.Target, error) {
	var out []paging.Target
	for _, name := range said {
		t, err := n.target(name)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func (n *names) target(name string) (paging.Target, error) {
	if t, err := paging.ParseTarget(name); err == nil {
		kind, whom := t.Split()
		if kind != paging.ToPerson {
			return t, nil
		}
		person, err := n.Named(whom)
		return paging.Target(paging.ToPerson + ":" + person), err
	}
	if plan := n.plans.SchedulePlan(name); plan != nil {
		return paging.Target(paging.ToSchedule + ":" + plan.Name()), nil
	}
	if t, ok := n.settings.Team(name); ok {
		return paging.Target(paging.ToTeam + ":" + t.Name), nil
	}
	if v, ok := n.settings.Service(name); ok && v.Schedule != "" {
		return paging.Target(paging.ToSchedule + ":" + v.Schedule), nil
	}
	person, err := n.whom(name)
	if person == "" && err == nil {
		return "", refuse(incident.NotFound, "I know no person, schedule, team or service called %s. `/oncall` shows the schedules; people are in the list that @ opens in Slack.", incident.Clip(name, 60))
	}
	return paging.Target(paging.ToPerson + ":" + person), err
}

// answerable refuses those who are nobody that others could ask: an API token that
// speaks for nobody, and users of a machine whom nobody knows by name.
func (n *names) answerable(by incident.Actor, does string) error {
	if by.Machine() {
		_, token := by.Door()
		return refuse(incident.Forbidden, "Only a person %s, and the API token %s speaks for nobody. Give it `as:` and a person's name in the configuration; if it has `as: \"*\"`, name the person in the header Watchbill-As, or with --as in a shell.", does, token)
	}
	if via, _ := by.Door(); via != "cli" {
		return nil
	}
	if _, err := n.Named(by.Person); err != nil {
		return refuse(incident.Forbidden, "I know nobody called %s, and others must know who %s. Say who you are with `--as` and your name.", incident.Clip(by.Person, 60), does)
	}
	return nil
}

// resolve returns the function that says whom a target stands for at an instant.
func (n *names) resolve(at time.Time) func(paging.Target) []paging.Recipient {
	return func(t paging.Target) []paging.Recipient {
		kind, name := t.Split()
		var people []string
		switch kind {
		case paging.ToSchedule:
			people = n.plans.onCall(name, at)
		case paging.ToPerson:
			people = []string{name}
		case paging.ToTeam:
			if team, ok := n.settings.Team(name); ok {
				people = team.People
			}
		case paging.ToGroup:
			people, _ = n.people.group(name)
		case paging.ToChannel:
			return []paging.Recipient{{Channel: name}}
		}
		var out []paging.Recipient
		for _, p := range people {
			out = append(out, paging.Recipient{Person: p})
		}
		return out
	}
}

// barred are the guests in a user group that a target names: whoever may not answer a
// page is not woken by it.
func (n *names) barred(t paging.Target) []string {
	kind, name := t.Split()
	if kind != paging.ToGroup {
		return nil
	}
	_, guests := n.people.group(name)
	return guests
}

// unknown says that whom a target stands for is not known yet: Slack has not said who is
// in its user groups.
func (n *names) unknown(t paging.Target) bool {
	kind, _ := t.Split()
	return kind == paging.ToGroup && !n.people.KnowsGroups()
}

// knows refuses a target that names nothing.
func (n *names) knows(t paging.Target) error {
	kind, name := t.Split()
	ok := true
	switch kind {
	case paging.ToSchedule:
		ok = n.plans.SchedulePlan(name) != nil
	case paging.ToTeam:
		_, ok = n.settings.Team(name)
	case paging.ToPerson:
		if len(n.settings.People) > 0 {
			_, ok = n.settings.Person(name)
		}
		if _, inSlack := n.people.Slack(name); inSlack {
			ok = true
		}
	}
	if !ok {
		return refuse(incident.NotFound, "There is no %s %q. `/oncall` shows the schedules and who is on call.", kind, incident.Clip(name, 60))
	}
	return nil
}

// admins are the admins by the names by which they are known.
func (n *names) admins() []string {
	var out []string
	for _, a := range n.settings.Admins {
		if isSlackID(strings.TrimSpace(a)) {
			a = n.people.Person(a)
		}
		out = append(out, a)
	}
	return out
}
