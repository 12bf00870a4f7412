package desk

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
)

// rights say who may change what of schedules.
type rights struct {
	settings *configs.Config
	people   *Directory
}

// mayActFor says whether somebody may change another person's time on call: admins
// may, and leads of a team of that person or of the schedule's services.
func (r *rights) mayActFor(by incident.Actor, schedule, person string) bool {
	if by.Guest {
		return false
	}
	switch via, token := by.Door(); {
	case person != "" && by.Person == person, r.settings.IsAdmin(by.Person):
		return true
	case via == "api":
		if t, ok := r.settings.APIToken(token); ok && t.Rights == configs.RightsAdmin {
			return true
		}
	case via != "slack": // whoever owns the process
		return true
	}
	leads := func(team string) bool {
		t, ok := r.settings.Team(team)
		return ok && slices.Contains(t.Leads, by.Person)
	}
	for _, t := range r.settings.TeamsOf(person) {
		if slices.Contains(t.Leads, by.Person) {
			return true
		}
	}
	for _, s := range r.settings.ServicesOf(schedule) {
		if leads(s.Owner) || leads(s.SRE) {
			return true
		}
	}
	return false
}

// OncallActor is somebody as the one who changes a person's time on call.
func (r *rights) OncallActor(by incident.Actor, schedule, person string) oncall.Actor {
	return oncall.Actor{Name: nameOf(by), Admin: r.mayActFor(by, schedule, person)}
}

// nameOf is somebody's name on schedules.
func nameOf(by incident.Actor) string {
	if by.Machine() {
		return incident.PlainNames(by.Person)
	}
	return by.Person
}

// mayChange refuses those who act for others without the right to. What concerns
// one's own shifts is judged by the schedule itself.
func (r *rights) mayChange(by incident.Actor, schedule oncall.Record, c oncall.Command, now time.Time) error {
	if by.Guest {
		return refuse(incident.Forbidden, "Guests cannot change who is on call. Ask a member of the workspace to do it.")
	}
	if _, removes := c.(oncall.RemoveSchedule); removes {
		if r.mayRemove(by) {
			return nil
		}
		return errRemoval
	}
	whose, ok := concerns(schedule, by.Person, c, now)
	if ok || r.mayActFor(by, schedule.Name, whose) {
		return nil
	}
	if whose == "" {
		return refuse(incident.Forbidden, "Only admins can do that. They are named under `admins:` in the configuration.")
	}
	whose = r.people.Display(whose)
	return refuse(incident.Forbidden, "These are shifts of %s: only they, their team lead or an admin can change them. Ask %s for a swap instead: `/oncall swap @name`.", whose, whose)
}

// mayRemove says whether somebody may remove schedules: admins may.
func (r *rights) mayRemove(by incident.Actor) bool { return r.mayActFor(by, "", "") }

var errRemoval = refuse(incident.Forbidden, "Only admins can remove a schedule. They are named under `admins:` in the configuration.")

// concerns names the person whose time on call a command changes at now, and who may give
// it therefore; ok says that the one who asks needs no right of theirs.
func concerns(r oncall.Record, by string, c oncall.Command, now time.Time) (whose string, ok bool) {
	switch c := c.(type) {
	case oncall.AddOverride:
		return cmp.Or(c.Override.Replaces, c.Override.Person), false
	case oncall.RemoveOverride:
		for _, o := range r.Overrides {
			if strings.EqualFold(o.ID, c.ID) {
				return cmp.Or(o.Replaces, o.Person), slices.Contains([]string{o.By, o.Person, o.Replaces}, by)
			}
		}
		return "", true // there is none: the schedule says so
	case oncall.SetShadow:
		return c.Shadow.Person, by == c.Shadow.With
	case oncall.EndShadow:
		for _, s := range r.Shadows {
			if strings.EqualFold(s.ID, c.ID) {
				return s.Person, by == s.With
			}
		}
		return "", true
	case oncall.Graduate:
		if s, ok := r.Shadowing(c.Person, now); ok && s.With == by {
			return c.Person, true
		}
		if by == c.Person {
			return "", false
		}
		return c.Person, false
	case oncall.AcceptCover:
		return c.Person, c.Person == ""
	case oncall.ApplyFile:
		return "", false
	}
	return "", true
}
