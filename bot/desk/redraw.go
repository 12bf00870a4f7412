package desk

import (
	"context"
	"fmt"
	"slices"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
)

// Redraw owes that cards show what is not in their records: those of incidents that are
// not closed and of open alerts, the newest first, at most so many of each. Want says of
// which ones, by the target of the card.
func (d *Desk) Redraw(ctx context.Context, most int, want func(target string) bool) error {
	if err := d.redrawIncidents(ctx, most, want); err != nil {
		return err
	}
	return d.redrawAlerts(ctx, most, want)
}

func (d *Desk) redrawIncidents(ctx context.Context, most int, want func(string) bool) error {
	live, err := d.Live(ctx, mostOpenPages)
	if err != nil {
		return err
	}
	for _, i := range slices.Backward(live) {
		if most <= 0 {
			return nil
		}
		for _, f := range incident.Redraw(i) {
			if !want(f.Target) {
				continue
			}
			most--
			_, err := d.do(ctx, i.ID, &job{run: func(u *unit) (Answer, error) {
				now, err := u.incident(i.ID)
				if err != nil {
					return Answer{}, err
				}
				return Answer{}, u.owe(now, u.incidents[i.ID].seq, f)
			}})
			if err != nil {
				return fmt.Errorf("draw the card of %s anew: %w", i.ID, err)
			}
		}
	}
	return nil
}

func (d *Desk) redrawAlerts(ctx context.Context, most int, want func(string) bool) error {
	open, err := d.OpenAlerts(ctx, "", mostOpenPages)
	if err != nil {
		return err
	}
	open = slices.DeleteFunc(open, func(a alert.Alert) bool { return !a.OwnCard() || !want(cardTarget(a.ID)) })
	open = open[max(0, len(open)-most):]
	if len(open) == 0 {
		return nil
	}
	_, err = d.do(ctx, alertsLane, &job{run: func(u *unit) (Answer, error) {
		for _, a := range open {
			h, err := u.heldAlert(a.ID)
			if err != nil {
				return Answer{}, err
			}
			if err := u.oweCard(h); err != nil {
				return Answer{}, err
			}
		}
		return Answer{}, nil
	}})
	if err != nil {
		return fmt.Errorf("draw the cards of %d alerts anew: %w", len(open), err)
	}
	return nil
}
