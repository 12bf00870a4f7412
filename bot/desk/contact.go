package desk

import (
	"context"
	"time"

	"github.com/watchbill/watchbill/oncall/paging"
)

const (
	// lastResort is when the other ways to somebody come who has not said how they are
	// reached: one that fails brings the next at once.
	lastResort = 24 * time.Hour
	// longestQuiet bounds how long quiet hours keep a page of low urgency.
	longestQuiet = 12 * time.Hour
)

// contacts are the ways to a person at an instant, in the order in which they are
// tried. Whoever has not said how is told in Slack, and in every other way that is
// set up when Slack fails or does not work.
func (r *reach) contacts(person string, urgency paging.Urgency, at time.Time) []paging.Contact {
	p, _ := r.settings.Person(person)
	list := p.Contact
	if len(list) == 0 {
		list = []paging.Contact{{Method: paging.Slack}}
		for _, m := range r.settings.Reachable(person) {
			list = append(list, paging.Contact{Method: m, After: lastResort})
		}
	}
	wait := r.quiet(person, urgency, at)
	out := make([]paging.Contact, len(list))
	for n, c := range list {
		c.After += wait
		out[n] = c
	}
	return out
}

// contacts are the ways to a person now.
func (u *unit) contacts(person string, urgency paging.Urgency) []paging.Contact {
	return u.d.contacts(person, urgency, u.at)
}

// quiet is how long the person's quiet hours keep a page of this urgency.
func (r *reach) quiet(person string, urgency paging.Urgency, at time.Time) time.Duration {
	p, _ := r.settings.Person(person)
	if urgency != paging.Low || len(p.QuietHours) == 0 {
		return 0
	}
	hours, problems := r.zones.Hours(r.people.Zone(person).String(), p.QuietHours)
	if len(problems) > 0 {
		return 0
	}
	open, until := hours.Open(at)
	switch {
	case !open:
		return 0
	case until.IsZero():
		return longestQuiet
	}
	return min(until.Sub(at), longestQuiet)
}

// Reported records what a provider says, after the delivery, of a notice.
func (d *Desk) Reported(ctx context.Context, cause, page string, r paging.Report) error {
	_, err := d.onPage(ctx, In{Cause: cause}, page, func(u *unit) paging.Command {
		r.World = u.world()
		return r
	})
	return err
}
