package desk

import (
	"context"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// Outcome is what a delivery found out that the domain must know. At most one
// field is set.
type Outcome struct {
	Incident incident.Command // put to the incident that owes the effect
	Notice   *paging.Report   // put to the page that owes it
}

// Settle stores the outcome of a delivery together with what the domain must
// know of it. ErrStale: the lease has passed on, and nothing was stored.
func (d *Desk) Settle(ctx context.Context, e storage.Effect, settle []storage.Settlement, o Outcome) error {
	name := e.Record.ID
	if e.Record.Kind == PageKind {
		p, err := d.PageOf(ctx, e.Record.ID)
		if err != nil {
			return err
		}
		name = p.Subject
	}
	_, err := d.do(ctx, name, &job{settle: settle, run: func(u *unit) (Answer, error) {
		switch {
		case o.Incident != nil:
			return Answer{}, u.decideIncident(name, o.Incident)
		case o.Notice != nil:
			r := *o.Notice
			r.Resolve = d.resolve(u.at)
			_, err := u.changePage(e.Record.ID, func(*unit) paging.Command { return r })
			return Answer{}, err
		}
		return Answer{}, nil
	}})
	return err
}
