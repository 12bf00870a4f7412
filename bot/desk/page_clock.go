package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// clockStep is by how much a clock may be set back without anybody noticing.
const clockStep = 2 * time.Second

// ClockSetBack hastens the pages that run and were planned by a clock that was ahead of the
// present one: their events say so, since they lie in the future. What they do next would
// come as much too late. A page comes late by no more than the time since its last event
// before the clock was set back.
func (d *Desk) ClockSetBack(ctx context.Context) error {
	for range 3 { // one may have moved meanwhile
		ahead, err := d.planned(ctx, storage.Time(d.Now()))
		if err != nil || len(ahead) == 0 {
			return err
		}
		var pages []paging.Page
		seen := map[string]early{}
		for _, e := range ahead {
			pages, seen[e.ID] = append(pages, e.Page), e
		}
		err = d.onPages(ctx, pages, func(u *unit, p paging.Page) paging.Command {
			if u.pages[p.ID].seq != seen[p.ID].Seq {
				return paging.SetBack{}
			}
			return paging.SetBack{By: seen[p.ID].until.Sub(u.at)}
		})
		if err != nil {
			return err
		}
	}
	return errors.New("hasten pages: they move all the time")
}

// followClock does the same for alerts that wait with their page, in this life or between it
// and the one before. Silences and maintenance end when the clock says so.
func (d *Desk) followClock(ctx context.Context) error {
	now := storage.Time(d.Now())
	if !d.clockSeen.IsZero() && !now.Before(d.clockSeen) {
		d.clockSeen = now
		return nil
	}
	_, err := d.eachKnown(ctx, func(s *standing) bool { return s.waits > micros(now) }, func(u *unit, h *heldAlert) (bool, error) {
		events, err := u.d.Store.Events(u.ctx, alertRef(h.record.ID), 0, int(h.seq))
		if err != nil {
			return false, fmt.Errorf("read events of %s: %w", h.record.ID, err)
		}
		ahead := latestOf(events, string(alert.WaitBegan), string(alert.IncidentOver)).Sub(u.at)
		if ahead <= clockStep {
			return false, nil
		}
		until := h.record.Waits.Add(-ahead)
		if !until.After(u.at) {
			until = u.at.Add(time.Second)
		}
		return true, u.decideAlert(h.record.ID, alert.Wait{Until: until, Why: "the clock was set back"})
	})
	if err == nil {
		d.clockSeen = now
	}
	return err
}

// early is a page that was planned by a clock that was ahead: when its latest event was.
type early struct {
	Running
	until time.Time
}

// planned are the running pages that were planned by a clock that is ahead of now.
func (d *Desk) planned(ctx context.Context, now time.Time) ([]early, error) {
	running, err := d.RunningPages(ctx, mostOpenPages)
	if err != nil {
		return nil, err
	}
	var out []early
	for _, r := range running {
		events, err := d.Store.Events(ctx, pageRef(r.ID), 0, int(r.Seq))
		if err != nil {
			return nil, fmt.Errorf("read events of %s: %w", r.ID, err)
		}
		if at := latestOf(events, string(paging.ClockSetBack)); at.Sub(now) > clockStep {
			out = append(out, early{r, at})
		}
	}
	return out, nil
}

// latestOf is when the latest of some events was recorded, the last of the kinds since and
// those after it.
func latestOf(events []storage.Event, since ...string) (at time.Time) {
	for _, e := range slices.Backward(events) {
		if e.Recorded.After(at) {
			at = e.Recorded
		}
		if slices.Contains(since, e.Kind) {
			break
		}
	}
	return at
}
