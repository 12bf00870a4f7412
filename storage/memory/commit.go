package memory

import (
	"context"
	"slices"
	"time"

	"github.com/watchbill/watchbill/storage"
)

// Commit implements storage.Store.
func (s *Store) Commit(ctx context.Context, changes ...storage.Change) error {
	if err := storage.CheckChanges(changes); err != nil {
		return err
	}
	return s.do(ctx, "commit", changes, func() error {
		t := &change{Store: s, at: storage.Moment(changes)}
		if err := t.apply(changes); err != nil {
			t.rollback()
			return err
		}
		return nil
	})
}

// change is one commit while it is applied: what it does can be undone.
type change struct {
	*Store
	at   time.Time
	undo []func()
}

func (t *change) rollback() {
	for _, f := range slices.Backward(t.undo) {
		f()
	}
}

// put sets a key of a map and remembers how to take it back.
func put[K comparable, V any](t *change, m map[K]V, k K, v V) {
	forget(t, m, k)
	m[k] = v
}

func forget[K comparable, V any](t *change, m map[K]V, k K) {
	old, had := m[k]
	t.undo = append(t.undo, func() {
		if had {
			m[k] = old
		} else {
			delete(m, k)
		}
	})
	delete(m, k)
}

// apply checks and does everything: causes first, because a repeat must be told
// apart from a conflict, and what is unique last, because only the end counts.
func (t *change) apply(changes []storage.Change) error {
	for i := range changes {
		for _, c := range changes[i].Causes {
			if had, ok := t.causes[c.Key]; ok {
				return &storage.DuplicateError{Key: c.Key, Answer: slices.Clone(had.Answer)}
			}
		}
	}
	if err := t.checkSettlements(changes); err != nil {
		return err
	}
	for i := range changes {
		if err := t.applyRecord(&changes[i]); err != nil {
			return err
		}
	}
	for i := range changes {
		if err := t.checkUnique(changes[i].Record); err != nil {
			return err
		}
	}
	for i := range changes {
		t.applyEffects(&changes[i])
	}
	t.remember(changes)
	return nil
}

func (t *change) applyRecord(c *storage.Change) error {
	if c.Record == nil {
		return nil
	}
	old, ok := t.records[c.Record.Ref]
	if old.Seq != c.Base || ok != (c.Base > 0) {
		return storage.ErrConflict
	}
	r := cloneRecord(*c.Record)
	r.Due = storage.Time(r.Due)
	t.unindex(old)
	put(t, t.records, r.Ref, r)
	put(t, t.events, r.Ref, append(t.events[r.Ref], cloneEvents(c.Events)...))
	for _, e := range r.Index {
		at := place{e.Index, e.Key}
		if t.index[at] == nil {
			t.index[at] = map[storage.Ref]bool{}
		}
		put(t, t.index[at], r.Ref, e.Unique)
	}
	return nil
}

func (t *change) unindex(r storage.Record) {
	for _, e := range r.Index {
		forget(t, t.index[place{e.Index, e.Key}], r.Ref)
	}
}

// checkUnique looks at the record as the commit leaves it.
func (t *change) checkUnique(r *storage.Record) error {
	if r == nil {
		return nil
	}
	for _, e := range t.records[r.Ref].Index {
		holders := t.index[place{e.Index, e.Key}]
		for ref, unique := range holders {
			if ref != r.Ref && (unique || e.Unique) {
				return storage.ErrTaken
			}
		}
	}
	return nil
}

// remember keeps the causes and the place of the commit in the order of things.
func (t *change) remember(changes []storage.Change) {
	c := commit{at: t.at}
	for i := range changes {
		if r := changes[i].Record; r != nil {
			c.Changed = moved(c.Changed, storage.Moved{Ref: r.Ref, From: changes[i].Base, To: r.Seq})
		}
		for _, cause := range changes[i].Causes {
			cause.At, cause.Answer = storage.Time(cause.At), slices.Clone(cause.Answer)
			t.causes[cause.Key] = cause
			c.causes = append(c.causes, cause)
		}
	}
	if len(c.Changed) == 0 && len(c.causes) == 0 {
		return
	}
	if t.at.IsZero() {
		c.at = t.moment
	}
	t.moment = c.at
	t.position++
	c.Position = t.position
	t.commits = append(t.commits, c)
}

// moved adds m; two steps of one record in one commit are one.
func moved(all []storage.Moved, m storage.Moved) []storage.Moved {
	for i := range all {
		if all[i].Ref == m.Ref {
			all[i].To = m.To
			return all
		}
	}
	return append(all, m)
}
