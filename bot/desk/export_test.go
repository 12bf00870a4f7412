package desk

import (
	"context"

	"github.com/watchbill/watchbill/oncall/paging"
)

// EndPage ends a page about an alert by hand, as its button does.
func (d *Desk) EndPage(ctx context.Context, page string) error {
	_, err := d.onAlerts(ctx, In{}, func(u *unit) (Answer, error) {
		return Answer{}, u.decidePage(page, paging.End{By: "sre1", Why: "done"})
	})
	return err
}
