package desk

import (
	"context"
	"fmt"
	"slices"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
)

// mostDead is how many of the deliveries that were given up are told.
const mostDead = 10_000

// Dead returns the newest deliveries that were given up, oldest first, at most mostDead:
// those of one incident and its pages, or with an empty id all of them.
func (q *queries) Dead(ctx context.Context, id string) ([]storage.Effect, error) {
	owed := map[storage.Ref]bool{incidentRef(id): true}
	if id != "" {
		pages, err := q.PagesOf(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, p := range pages {
			owed[pageRef(p.ID)] = true
		}
	}
	const atOnce = 1000
	var out []storage.Effect
	for after := uint64(0); ; {
		list, err := q.store.Effects(ctx, after, atOnce, storage.Dead)
		if err != nil {
			return nil, fmt.Errorf("list what was given up: %w", err)
		}
		for _, e := range list {
			if after = e.ID; id == "" || owed[e.Record] {
				out = append(out, e)
			}
		}
		if len(out) > mostDead {
			out = slices.Delete(out, 0, len(out)-mostDead)
		}
		if len(list) < atOnce {
			return out, nil
		}
	}
}

// Verify checks everything in the store against what it must be.
func (d *Desk) Verify(ctx context.Context) (storage.Report, error) {
	return storage.Verify(ctx, d.Store, Folds())
}

// Retry owes a delivery again that was given up; once, however often it is asked.
func (d *Desk) Retry(ctx context.Context, id uint64) error {
	list, err := d.Store.Effects(ctx, id-1, 1, storage.Dead)
	if err != nil {
		return fmt.Errorf("look for delivery %d: %w", id, err)
	}
	if id == 0 || len(list) == 0 || list[0].ID != id {
		return refuse(incident.NotFound, "There is no delivery %d that was given up.", id)
	}
	e := list[0]
	e.ID, e.State, e.Attempts, e.Note = 0, "", 0, ""
	e.Created = storage.Time(d.Now())
	name, err := d.laneOf(ctx, e.Record)
	if err != nil {
		return err
	}
	_, err = d.do(ctx, name, &job{run: func(u *unit) (Answer, error) {
		if since, err := u.owedSince(e.Target, id); err != nil {
			return Answer{}, err
		} else if since {
			return Answer{}, refuse(incident.Conflict, "Delivery %d is owed again already, or a later one has taken its place.", id)
		}
		u.put = append(u.put, e)
		return Answer{Incident: name, Changed: true}, nil
	}})
	return err
}

// owedSince says whether a target was owed something after the effect.
func (u *unit) owedSince(target string, after uint64) (bool, error) {
	same := func(e storage.Effect) bool { return e.Target == target }
	if slices.ContainsFunc(u.put, same) {
		return true, nil
	}
	const atOnce = 1000
	for {
		list, err := u.d.Store.Effects(u.ctx, after, atOnce)
		if err != nil {
			return false, fmt.Errorf("look for later deliveries to %s: %w", target, err)
		}
		if slices.ContainsFunc(list, same) {
			return true, nil
		}
		if len(list) < atOnce {
			return false, nil
		}
		after = list[len(list)-1].ID
	}
}
