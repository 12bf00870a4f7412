package desk

import (
	"slices"
	"strings"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Named is the person whom somebody means by a name: one of the configuration, a
// Slack user by id or name. Until Slack's people are known, a configuration that
// lists nobody takes names as they are.
func (d *Desk) Named(said string) (string, error) {
	person, err := d.whom(said)
	if person == "" && err == nil {
		err = refuse(incident.NotFound, "I know nobody called %s. Use their name in the configuration or in Slack, or mention them there with an @.", incident.Clip(said, 60))
	}
	return person, err
}

// whom is the person that somebody named; empty when nobody is called so. One who
// cannot answer is an error.
func (d *Desk) whom(said string) (string, error) {
	p, listed := d.Settings.Person(said)
	if listed = listed && len(d.Settings.People) > 0; listed {
		said = p.Name
	}
	if id, ok := d.People.Slack(said); ok {
		u, _ := d.People.User(id)
		switch {
		case u.Bot:
			return "", refuse(incident.Invalid, "%s is an app, not a person. Name somebody who can answer.", incident.Clip(d.People.Display(said), 60))
		case u.Deleted:
			return "", refuse(incident.NotFound, "The account of %s is deactivated. Name somebody else.", incident.Clip(d.People.Display(said), 60))
		case d.People.Actor(id).Guest:
			return "", refuse(incident.Forbidden, "%s is a guest here, who may neither answer pages nor lead. Name somebody else, or give their `slack:` or `email:` under `people:` in the configuration.",
				incident.Clip(d.People.Display(said), 60))
		case !listed:
			return d.People.Person(id), nil
		}
	}
	if listed {
		return p.Name, nil
	}
	if id, ok := d.People.ByName(said); ok {
		return d.People.Person(id), nil
	}
	if len(d.Settings.People) == 0 && !d.People.Learned() && nameable(said) {
		return said, nil
	}
	return "", nil
}

// nameable says whether a text may be somebody's name.
func nameable(said string) bool {
	return said != "" && len(said) <= 80 && !strings.HasPrefix(said, incident.TokenPrefix) && !strings.ContainsFunc(said, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// Listed says whether the configuration knows a person; one that lists nobody knows all.
func (d *Desk) Listed(person string) bool {
	_, ok := d.Settings.Person(person)
	return ok
}

// Around are the people for whom the steps of a page's policy stand at this moment, and
// those whom it told, without one, each once.
func (d *Desk) Around(p paging.Page, but string) []string {
	var out []string
	add := func(r paging.Recipient) {
		if r.Person != "" && r.Person != but && !slices.Contains(out, r.Person) {
			out = append(out, r.Person)
		}
	}
	whom := d.resolve(d.Now())
	for _, s := range p.Policy.Steps {
		for _, t := range s.Notify {
			for _, r := range whom(t) {
				add(r)
			}
		}
	}
	for _, n := range p.Notices {
		add(n.To)
	}
	return out
}

// Targets are those whom somebody means by names to page: each is a target such as
// "team:sre", or a bare name, which is looked up among schedules, teams, services (for
// their schedule) and people, in this order.
func (d *Desk) Targets(said ...string) ([]paging.Target, error) {
	var out []paging.Target
	for _, name := range said {
		t, err := d.target(name)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func (d *Desk) target(name string) (paging.Target, error) {
	if t, err := paging.ParseTarget(name); err == nil {
		kind, whom := t.Split()
		if kind != paging.ToPerson {
			return t, nil
		}
		person, err := d.Named(whom)
		return paging.Target(paging.ToPerson + ":" + person), err
	}
	if plan := d.SchedulePlan(name); plan != nil {
		return paging.Target(paging.ToSchedule + ":" + plan.Name()), nil
	}
	if t, ok := d.Settings.Team(name); ok {
		return paging.Target(paging.ToTeam + ":" + t.Name), nil
	}
	if v, ok := d.Settings.Service(name); ok && v.Schedule != "" {
		return paging.Target(paging.ToSchedule + ":" + v.Schedule), nil
	}
	person, err := d.whom(name)
	if person == "" && err == nil {
		return "", refuse(incident.NotFound, "I know no person, schedule, team or service called %s. `/oncall` shows the schedules.", incident.Clip(name, 60))
	}
	return paging.Target(paging.ToPerson + ":" + person), err
}

// answerable refuses those who are nobody that others could ask: an API token that
// speaks for nobody, and users of a machine whom nobody knows by name.
func (d *Desk) answerable(by incident.Actor, does string) error {
	if by.Machine() {
		_, token := by.Door()
		return refuse(incident.Forbidden, "Only a person %s, and the API token %s speaks for nobody. Give it `as:` and a person's name in the configuration; if it has `as: \"*\"`, name the person in the header Watchbill-As, or with --as in a shell.", does, token)
	}
	if via, _ := by.Door(); via != "cli" {
		return nil
	}
	if _, err := d.Named(by.Person); err != nil {
		return refuse(incident.Forbidden, "I know nobody called %s, and others must know who %s. Say who you are with `--as` and your name.", incident.Clip(by.Person, 60), does)
	}
	return nil
}

// NewestOpenPage is the newest page of an incident that nobody has answered.
func NewestOpenPage(i incident.Incident) (string, error) {
	open := i.OpenPages()
	if len(open) == 0 {
		return "", refuse(incident.Conflict, "No page of %s is open: nobody is waited for.", i.ID)
	}
	return open[len(open)-1], nil
}
