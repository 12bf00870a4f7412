package desk

import (
	"context"
	"time"

	"github.com/watchbill/watchbill/oncall/paging"
)

// lastResort is when the other ways to somebody come who has not said how they are
// reached: one that fails brings the next at once.
const lastResort = 24 * time.Hour

// contacts are the ways to a person, in the order in which they are tried. Whoever has
// not said how is told in Slack, and in every other way that is set up when Slack fails
// or does not work.
func (r *reach) contacts(person string) []paging.Contact {
	p, _ := r.settings.Person(person)
	list := p.Contact
	if len(list) == 0 {
		list = []paging.Contact{{Method: paging.Slack}}
		for _, m := range r.settings.Reachable(person) {
			list = append(list, paging.Contact{Method: m, After: lastResort})
		}
	}
	return list
}

// quiet is how long the person's quiet hours hold back a page of this urgency now.
func (u *unit) quiet(person string, urgency paging.Urgency) time.Duration {
	p, _ := u.d.Settings.Person(person)
	if urgency != paging.Low || len(p.QuietHours) == 0 {
		return 0
	}
	hours, problems := u.d.zones.Hours(u.d.People.Zone(person).String(), p.QuietHours)
	if len(problems) > 0 {
		return 0
	}
	open, until := hours.Open(u.at)
	switch {
	case !open:
		return 0
	case until.IsZero():
		return paging.MaxHold
	}
	return until.Sub(u.at)
}

// Reported records what a provider says, after the delivery, of a notice.
func (d *Desk) Reported(ctx context.Context, cause, page string, r paging.Report) error {
	_, err := d.onPage(ctx, In{Cause: cause}, page, func(u *unit) paging.Command {
		r.World = u.world()
		return r
	})
	return err
}
