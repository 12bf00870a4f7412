package storage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

func (v *verifier) effect(e *Effect) {
	v.report.Effects++
	if e.Record != (Ref{}) {
		v.owed[e.Record] = e.ID
	}
	switch e.State {
	case Dead:
		v.report.Dead++
	case Pending:
		v.report.Pending++
		if v.oldest.IsZero() || e.Created.Before(v.oldest) {
			v.oldest = e.Created
		}
		if !e.Level {
			return
		}
		if other, ok := v.targets[e.Target]; ok {
			v.problem(e.Record, "%s is owed twice, by the effects %d and %d.", e.Target, other, e.ID)
		}
		v.targets[e.Target] = e.ID
	}
}

func (v *verifier) commit(c *CommitWith) {
	v.report.Commits++
	if c.Position <= v.position {
		v.problem(Ref{}, "The commit %d stands after the commit %d.", c.Position, v.position)
	}
	v.position = c.Position
	for _, m := range c.Changed {
		if last, ok := v.moved[m.Ref]; ok && last != m.From {
			v.problem(m.Ref, "the commit %d continues at %d where the one before ended at %d.", c.Position, m.From, last)
		}
		v.moved[m.Ref] = m.To
	}
}

// finish checks what can be seen only when everything was.
func (v *verifier) finish() {
	v.endRecord()
	for _, ref := range sortedRefs(v.moved) {
		if seq, ok := v.seqs[ref]; !ok || seq != v.moved[ref] {
			v.problem(ref, "the commits left it at %d and the record is at %d.", v.moved[ref], seq)
		}
	}
	for _, ref := range sortedRefs(v.owed) {
		if _, ok := v.seqs[ref]; !ok {
			v.problem(ref, "the effect %d belongs to this record, and there is none.", v.owed[ref])
		}
	}
	for _, prefix := range slices.Sorted(maps.Keys(v.used)) {
		if last, ok := v.numbers[prefix]; ok && last < v.used[prefix] {
			v.problem(Ref{}, "The next number of %s would be %d, and %s-%d is in use.", prefix, last+1, prefix, v.used[prefix])
		}
	}
	if v.report.Dead > 0 {
		v.note("%d effects were given up.", v.report.Dead)
	}
	if age := time.Since(v.oldest).Round(time.Second); v.report.Pending > 0 && age > EffectBound {
		v.note("%d effects are pending, the oldest for %s.", v.report.Pending, age)
	}
}

func (v *verifier) note(format string, args ...any) {
	v.report.Notes = append(v.report.Notes, fmt.Sprintf(format, args...))
}

func sortedRefs[V any](m map[Ref]V) []Ref {
	return slices.SortedFunc(maps.Keys(m), func(a, b Ref) int { return strings.Compare(a.String(), b.String()) })
}

// verifyPage is how many rows are listed at a time.
const verifyPage = 1000

func (v *verifier) checkIndexes(ctx context.Context, s Store) error {
	for _, index := range slices.Sorted(maps.Keys(v.indexes)) {
		if err := v.checkIndex(ctx, s, index); err != nil {
			return err
		}
	}
	left := slices.SortedFunc(maps.Keys(v.held), func(a, b holding) int {
		return strings.Compare(a.String()+a.index+a.key, b.String()+b.index+b.key)
	})
	for _, h := range left {
		same, err := v.unmoved(ctx, s, h.Ref)
		if err != nil {
			return err
		}
		if same {
			v.problem(h.Ref, "it cannot be found by the key %q of the index %q.", h.key, h.index)
		}
	}
	return nil
}

// checkIndex lists one index in pages and takes off what is found.
func (v *verifier) checkIndex(ctx context.Context, s Store, index string) error {
	after, limit := "", verifyPage
	for {
		rows, err := s.List(ctx, index, "", after, limit)
		if err != nil {
			return err
		}
		whole := wholeKeys(rows, limit)
		if whole == 0 && len(rows) > 0 {
			limit *= 2 // one key fills the page
			continue
		}
		for i := range rows[:whole] {
			if err := v.listed(ctx, s, index, &rows[i]); err != nil {
				return err
			}
		}
		if len(rows) < limit {
			return nil
		}
		after, limit = rows[whole-1].Key, verifyPage
	}
}

// wholeKeys leaves out the last key of a full page: more records may hold it.
func wholeKeys(rows []Row, limit int) int {
	n := len(rows)
	if n < limit {
		return n
	}
	last := rows[n-1].Key
	for n > 0 && rows[n-1].Key == last {
		n--
	}
	return n
}

func (v *verifier) listed(ctx context.Context, s Store, index string, row *Row) error {
	if !slices.ContainsFunc(row.Index, func(e Entry) bool { return e.Index == index && e.Key == row.Key }) {
		v.problem(row.Ref, "the index %q lists it under %q, which it does not hold.", index, row.Key)
		return nil
	}
	h := holding{row.Ref, index, row.Key}
	if v.held[h] {
		delete(v.held, h)
		return nil
	}
	same, err := v.unmoved(ctx, s, row.Ref)
	if same {
		v.problem(row.Ref, "the index %q lists it twice under %q.", index, row.Key)
	}
	return err
}

// unmoved reports whether a record is still where the dump saw it; a store in
// use moves on.
func (v *verifier) unmoved(ctx context.Context, s Store, ref Ref) (bool, error) {
	seq, seen := v.seqs[ref]
	if !seen {
		return false, nil
	}
	r, err := s.Get(ctx, ref)
	if errors.Is(err, ErrNotFound) {
		return true, nil
	}
	return r.Seq == seq, err
}

func (v *verifier) checkDue(ctx context.Context, s Store) error {
	rows, err := s.Due(ctx, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), 0)
	if err != nil {
		return err
	}
	for _, row := range rows {
		due, ok := v.due[row.Ref]
		if ok && due.Equal(row.At) {
			delete(v.due, row.Ref)
			continue
		}
		if err := v.wrongDue(ctx, s, row); err != nil {
			return err
		}
	}
	for _, ref := range sortedRefs(v.due) {
		same, err := v.unmoved(ctx, s, ref)
		if err != nil {
			return err
		}
		if same {
			v.problem(ref, "it is due at %s and would never be woken.", at(v.due[ref]))
		}
	}
	return nil
}

// wrongDue looks again at a row that the dump does not explain: in a store in use the record
// may have moved since, or be newer than the dump.
func (v *verifier) wrongDue(ctx context.Context, s Store, row DueRow) error {
	r, err := s.Get(ctx, row.Ref)
	switch seq, seen := v.seqs[row.Ref]; {
	case errors.Is(err, ErrNotFound):
		v.problem(row.Ref, "it is listed as due at %s, and there is no such record.", at(row.At))
	case err != nil:
		return err
	case seen && r.Seq == seq && !r.Due.Equal(row.At):
		v.problem(row.Ref, "it is listed as due at %s and says %s.", at(row.At), at(r.Due))
	}
	return nil
}
