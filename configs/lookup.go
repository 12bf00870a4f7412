package configs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
)

// find is the entry called name: exactly, else whatever its case.
func find[T any](list []T, name string, of func(*T) string) (T, bool) {
	i := slices.IndexFunc(list, func(e T) bool { return of(&e) == name })
	if i < 0 {
		i = slices.IndexFunc(list, func(e T) bool { return strings.EqualFold(of(&e), name) })
	}
	if i < 0 || name == "" {
		var none T
		return none, false
	}
	return list[i], true
}

func namesOf[T any](list []T, of func(*T) string) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = of(&list[i])
	}
	return out
}

func personName(p *Person) string            { return p.Name }
func teamName(t *Team) string                { return t.Name }
func serviceOf(s *Service) string            { return s.Name }
func scheduleName(s *oncall.Schedule) string { return s.Name }
func policyName(p *paging.Policy) string     { return p.Name }

// Person finds somebody by name. A file that lists no people takes names as they
// are: then everybody exists, and a Slack id stands for itself.
func (c *Config) Person(name string) (Person, bool) {
	if len(c.People) == 0 && name != "" {
		p := Person{Name: name}
		if memberID.MatchString(name) {
			p.Slack = name
		}
		return p, true
	}
	return find(c.People, name, personName)
}

// PersonBySlack finds somebody by their Slack member id.
func (c *Config) PersonBySlack(id string) (Person, bool) {
	return find(c.People, id, func(p *Person) string { return p.Slack })
}

// Service finds a service by name, in any case.
func (c *Config) Service(name string) (Service, bool) { return find(c.Services, name, serviceOf) }

// Team finds a team by name, in any case.
func (c *Config) Team(name string) (Team, bool) { return find(c.Teams, name, teamName) }

// Schedule finds a schedule by name, in any case.
func (c *Config) Schedule(name string) (oncall.Schedule, bool) {
	return find(c.Schedules, name, scheduleName)
}

// Plan is the schedule ready to be asked; nil when there is none of that name.
func (c *Config) Plan(name string) *oncall.Plan {
	s, _ := c.Schedule(name)
	return c.plans[s.Name]
}

// ScheduleUses are the services and policies that refer to a schedule, in the order
// in which they stand in the file.
func (c *Config) ScheduleUses(name string) []Use {
	var out []Use
	for _, u := range c.uses {
		if strings.EqualFold(u.schedule, name) {
			out = append(out, u.Use)
		}
	}
	return out
}

// SchedulePlace is where the file has a schedule, as "watchbill.yaml:12"; empty when
// it has none of that name.
func (c *Config) SchedulePlace(name string) string { return c.PlaceIn(name, "") }

// PlaceIn is where the file has a value of a schedule, such as
// "layers[0].rotation.people[1]", or else what is around it; empty when it has no
// schedule of that name.
func (c *Config) PlaceIn(schedule, path string) string {
	at, ok := c.paths[strings.ToLower(schedule)]
	if !ok {
		return ""
	}
	return c.where(join(at, path))
}

// Policy finds an escalation policy by name, in any case.
func (c *Config) Policy(name string) (paging.Policy, bool) {
	return find(c.Escalations, name, policyName)
}

// PolicyFor is the policy that is paged for an incident of a service: its own, else
// the default. Why says which, for the timeline. Without either, ok is false.
func (c *Config) PolicyFor(service string) (policy paging.Policy, why string, ok bool) {
	if s, found := c.Service(service); found && s.Escalation != "" {
		if p, found := c.Policy(s.Escalation); found {
			return p, fmt.Sprintf("escalation %s of service %s", p.Name, s.Name), true
		}
	}
	if p, found := c.Policy(c.DefaultEscalation); found {
		return p, fmt.Sprintf("default escalation %s", p.Name), true
	}
	return paging.Policy{}, "", false
}

// FloorPolicy is what is paged for an alert without a policy: the admins and the
// incidents channel.
func (c *Config) FloorPolicy() paging.Policy {
	var to []paging.Target
	for _, admin := range c.Admins {
		to = append(to, paging.Target(paging.ToPerson+":"+admin))
	}
	p := paging.Direct(append(to, paging.Target(paging.ToChannel+":"+c.Slack.IncidentsChannel))...)
	p.Name = "none"
	return p
}

// Leads are those who lead the teams of a service, and the teams that a policy names.
func (c *Config) Leads(service string, p paging.Policy) []string {
	var teams, out []string
	if s, ok := c.Service(service); ok {
		teams = append(teams, s.Owner, s.SRE)
	}
	for _, s := range p.Steps {
		for _, t := range s.Notify {
			if kind, name := t.Split(); kind == paging.ToTeam {
				teams = append(teams, name)
			}
		}
	}
	for _, name := range teams {
		if t, ok := c.Team(name); ok {
			out = append(out, t.Leads...)
		}
	}
	return out
}

// IsAdmin says whether somebody, given by name or Slack member id, is among the
// admins.
func (c *Config) IsAdmin(who string) bool {
	if who == "" {
		return false
	}
	p, known := find(c.People, who, personName)
	if !known {
		p, _ = c.PersonBySlack(who)
	}
	return slices.ContainsFunc(c.Admins, func(a string) bool {
		return strings.EqualFold(a, who) || p.Name != "" && (strings.EqualFold(a, p.Name) || a == p.Slack)
	})
}

// TeamsOf are the teams somebody belongs to or leads, by name.
func (c *Config) TeamsOf(person string) []Team {
	var out []Team
	for _, t := range c.Teams {
		if slices.ContainsFunc(slices.Concat(t.People, t.Leads), func(n string) bool { return strings.EqualFold(n, person) }) {
			out = append(out, t)
		}
	}
	return out
}

// ServicesOf are the services that a schedule leads, by name.
func (c *Config) ServicesOf(schedule string) []Service {
	var out []Service
	for _, s := range c.Services {
		if s.Schedule != "" && strings.EqualFold(s.Schedule, schedule) {
			out = append(out, s)
		}
	}
	return out
}

// APIToken finds a token for the HTTP API by its name.
func (c *Config) APIToken(name string) (APIToken, bool) {
	return find(c.API.Tokens, name, func(t *APIToken) string { return t.Name })
}

// PersonNames are the names of all people, sorted.
func (c *Config) PersonNames() []string { return namesOf(c.People, personName) }

// ServiceNames are the names of all services, sorted.
func (c *Config) ServiceNames() []string { return namesOf(c.Services, serviceOf) }

// ScheduleNames are the names of all schedules, sorted.
func (c *Config) ScheduleNames() []string { return namesOf(c.Schedules, scheduleName) }

// UnknownPerson is the answer to somebody who typed a person that is none; it names the
// nearest one, or all of them.
func (c *Config) UnknownPerson(name string) error { return unknown("person", name, c.PersonNames()) }

func unknown(kind, name string, known []string) error {
	message := fmt.Sprintf("There is no %s called %q.", kind, clip(name, 60))
	switch n := nearest(name, known); {
	case n != "":
		message += fmt.Sprintf(" Did you mean %s?", n)
	case len(known) > 0:
		message += fmt.Sprintf(" There are: %s.", some(known))
	default:
		message += fmt.Sprintf(" None is configured: add it to %s in the configuration file.", sections[kind])
	}
	return &oncall.Error{Code: oncall.CodeNotFound, Message: message}
}

var sections = map[string]string{"integration": "integrations", "person": "people"}
