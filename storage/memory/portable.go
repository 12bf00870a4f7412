package memory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/watchbill/watchbill/storage"
)

// Dump implements storage.Store: f is called without a lock held.
func (s *Store) Dump(ctx context.Context, f func(storage.Portable) error) error {
	var rows []storage.Portable
	err := s.do(ctx, "dump", nil, func() error {
		rows = s.portable()
		return nil
	})
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(row); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) portable() []storage.Portable {
	rows := []storage.Portable{{Format: storage.Format}}
	for _, kind := range slices.Sorted(maps.Keys(s.numbers)) {
		rows = append(rows, storage.Portable{Number: &storage.NumberOf{Kind: kind, Last: s.numbers[kind]}})
	}
	for _, ref := range slices.SortedFunc(maps.Keys(s.records), compareRefs) {
		r := cloneRecord(s.records[ref])
		rows = append(rows, storage.Portable{Record: &r})
		rows = append(rows, storage.Portable{Events: &storage.EventsOf{Ref: ref, Events: cloneEvents(s.events[ref])}})
	}
	for _, id := range slices.Sorted(maps.Keys(s.effects)) {
		e := cloneEffect(s.effects[id])
		rows = append(rows, storage.Portable{Effect: &e})
	}
	for _, target := range slices.Sorted(maps.Keys(s.receipts)) {
		rows = append(rows, storage.Portable{Receipt: &storage.ReceiptOf{Target: target, Body: slices.Clone(s.receipts[target])}})
	}
	for _, c := range s.commits {
		rows = append(rows, storage.Portable{Commit: &storage.CommitWith{
			Position: c.Position, At: c.at, Changed: slices.Clone(c.Changed), Causes: s.live(c.causes),
		}})
	}
	return append(rows, storage.Portable{Last: &storage.Last{Effect: s.lastEffect, Position: s.position, Swept: s.swept}})
}

// live returns the causes that have not been swept.
func (s *Store) live(causes []storage.Cause) []storage.Cause {
	var live []storage.Cause
	for _, c := range causes {
		if s.causes[c.Key].At.Equal(c.At) {
			c.Answer = slices.Clone(c.Answer)
			live = append(live, c)
		}
	}
	return live
}

// Load implements storage.Store. What came before an error stays out.
func (s *Store) Load(ctx context.Context, next func() (storage.Portable, error)) error {
	empty := func() error {
		if s.position > 0 || len(s.numbers) > 0 {
			return errors.New("load: the store is not empty")
		}
		return nil
	}
	if err := s.do(ctx, "load", nil, empty); err != nil {
		return err
	}
	fresh := New()
	next = storage.Whole(next)
	for n := 1; ; n++ {
		row, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("load row %d: %w", n, err)
		}
		fresh.load(row)
	}
	return s.do(ctx, "load", nil, func() error {
		if err := empty(); err != nil {
			return err
		}
		s.records, s.events, s.index = fresh.records, fresh.events, fresh.index
		s.effects, s.receipts, s.numbers = fresh.effects, fresh.receipts, fresh.numbers
		s.commits, s.causes = fresh.commits, fresh.causes
		s.lastEffect, s.position, s.swept, s.moment = fresh.lastEffect, fresh.position, fresh.swept, fresh.moment
		return nil
	})
}

func (s *Store) load(row storage.Portable) {
	switch {
	case row.Record != nil:
		r := cloneRecord(*row.Record)
		s.records[r.Ref] = r
		for _, e := range r.Index {
			at := place{e.Index, e.Key}
			if s.index[at] == nil {
				s.index[at] = map[storage.Ref]bool{}
			}
			s.index[at][r.Ref] = e.Unique
		}
	case row.Events != nil:
		s.events[row.Events.Ref] = append(s.events[row.Events.Ref], cloneEvents(row.Events.Events)...)
	case row.Effect != nil:
		s.effects[row.Effect.ID] = cloneEffect(*row.Effect)
	case row.Receipt != nil:
		s.receipts[row.Receipt.Target] = slices.Clone(row.Receipt.Body)
	case row.Number != nil:
		s.numbers[row.Number.Kind] = row.Number.Last
	case row.Commit != nil:
		s.loadCommit(row.Commit)
	case row.Last != nil:
		s.lastEffect, s.position, s.swept = row.Last.Effect, row.Last.Position, row.Last.Swept
	}
}

func (s *Store) loadCommit(c *storage.CommitWith) {
	kept := commit{Commit: storage.Commit{Position: c.Position, Changed: slices.Clone(c.Changed)}, at: c.At}
	for _, cause := range c.Causes {
		cause.Answer = slices.Clone(cause.Answer)
		s.causes[cause.Key] = cause
		kept.causes = append(kept.causes, cause)
	}
	s.commits = append(s.commits, kept)
	s.moment = c.At
}

type found struct {
	key string
	ref storage.Ref
}

// found returns the entries of an index by key, then by record.
func (s *Store) found(index, prefix, after string) []found {
	var all []found
	for at, holders := range s.index {
		if at.index != index || !strings.HasPrefix(at.key, prefix) || at.key <= after {
			continue
		}
		for ref := range holders {
			all = append(all, found{at.key, ref})
		}
	}
	slices.SortFunc(all, func(a, b found) int {
		return cmp.Or(strings.Compare(a.key, b.key), compareRefs(a.ref, b.ref))
	})
	return all
}

func compareRefs(a, b storage.Ref) int {
	return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID))
}

func cloneRecord(r storage.Record) storage.Record {
	r.Head, r.Body, r.Index = slices.Clone(r.Head), slices.Clone(r.Body), slices.Clone(r.Index)
	return r
}

func cloneEvents(events []storage.Event) []storage.Event {
	all := slices.Clone(events)
	for i := range all {
		e := &all[i]
		e.At, e.Recorded = storage.Time(e.At), storage.Time(e.Recorded)
		e.Salt, e.Body = slices.Clone(e.Salt), slices.Clone(e.Body)
		e.Digest, e.Hash = slices.Clone(e.Digest), slices.Clone(e.Hash)
	}
	return all
}

func cloneEffect(e storage.Effect) storage.Effect {
	e.Body = slices.Clone(e.Body)
	return e
}
