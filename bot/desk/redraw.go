package desk

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"github.com/watchbill/watchbill/incident"
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
	wanted, err := d.wantedCards(ctx, most, want)
	if err != nil || len(wanted) == 0 {
		return err
	}
	_, err = d.do(ctx, alertsLane, &job{run: func(u *unit) (Answer, error) {
		for _, id := range wanted {
			h, err := u.heldAlert(id)
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
		return fmt.Errorf("draw the cards of %d alerts anew: %w", len(wanted), err)
	}
	return nil
}

// wantedCards are the newest open alerts with cards of their own that are wanted. There may
// be a hundred thousand: they are read a few at a time, and others run in between.
func (d *Desk) wantedCards(ctx context.Context, most int, want func(target string) bool) (ids []string, err error) {
	const atOnce = 20
	for after := ""; ; runtime.Gosched() {
		open, err := d.OpenAlerts(ctx, after, atOnce)
		if err != nil {
			return nil, err
		}
		for _, a := range open {
			if after = a.ID; a.OwnCard() && want(cardTarget(a.ID)) {
				ids = append(ids, a.ID)
			}
		}
		if len(ids) > most {
			ids = ids[len(ids)-most:]
		}
		if len(open) < atOnce {
			return ids, nil
		}
	}
}
