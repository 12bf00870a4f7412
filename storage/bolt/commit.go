package bolt

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/watchbill/watchbill/storage"
)

// Commit implements storage.Store. Everything is encoded here, by the caller, so
// that the writer only compares and puts.
func (s *Store) Commit(ctx context.Context, changes ...storage.Change) error {
	if err := storage.CheckChanges(changes); err != nil {
		return err
	}
	return s.submit(ctx, prepare(changes))
}

// commitWork is a commit that is ready to be written.
type commitWork struct {
	urgent  bool
	records []*recordWork
	broken  bool // two changes of one record do not follow each other
	effects []effectWork
	causes  []causeKey
	row     []byte // of the bucket commits; nil: none is needed
	at      int64
	timed   bool // whether the commit names its time
}

type causeKey struct {
	key  string
	hash hash
	at   int64
}

// recordWork is one record as the commit leaves it.
type recordWork struct {
	ref     storage.Ref
	base    uint64
	seq     uint64
	due     int64
	key     []byte
	value   []byte
	index   []byte
	entries []storage.Entry
	events  []pair

	// What check found for apply.
	had        bool
	oldDue     int64
	oldEntries []storage.Entry
	reindex    bool
}

type pair struct{ key, value []byte }

// effectWork is what one change does to effects.
type effectWork struct {
	settle   []settleWork
	withdraw []string
	put      []putWork
}

func prepare(changes []storage.Change) *commitWork {
	w := &commitWork{at: micros(storage.Moment(changes))}
	w.timed = w.at != never
	row := commitRow{at: w.at}
	for i := range changes {
		c := &changes[i]
		w.urgent = w.urgent || c.Vital
		if c.Record != nil {
			w.addRecord(c, &row)
		}
		for _, cause := range c.Causes {
			row.causes = append(row.causes, cause)
			w.causes = append(w.causes, causeKey{cause.Key, hashOf(cause.Key), micros(cause.At)})
		}
		w.addEffects(c)
	}
	if len(row.moved) > 0 || len(row.causes) > 0 {
		w.row = encodeCommit(&row)
	}
	return w
}

func (w *commitWork) addRecord(c *storage.Change, row *commitRow) {
	key := refKey(c.Record.Ref)
	var r *recordWork
	for i, had := range w.records {
		if had.ref == c.Record.Ref {
			r = had
			w.broken = w.broken || c.Base != had.seq
			row.moved[i].To = c.Record.Seq
		}
	}
	if r == nil {
		r = &recordWork{ref: c.Record.Ref, key: key, base: c.Base}
		w.records = append(w.records, r)
		row.moved = append(row.moved, storage.Moved{Ref: r.ref, From: c.Base, To: c.Record.Seq})
	}
	r.seq = c.Record.Seq
	r.due = micros(c.Record.Due)
	r.entries = slices.Clone(c.Record.Index)
	r.index = encodeIndex(r.entries)
	r.value = encodeRecord(key, c.Record, r.index)
	events := eventsKey(key, c.Base+1)
	r.events = append(r.events, pair{events, encodeEvents(events, c.Events)})
}

func (w *commitWork) vital() bool { return w.urgent }

func (w *commitWork) check(g *group) error {
	for _, c := range w.causes {
		if err := g.checkCause(c); err != nil {
			return err
		}
	}
	if err := w.checkSettlements(g); err != nil {
		return err
	}
	if w.broken {
		return storage.ErrConflict
	}
	for _, r := range w.records {
		if err := r.check(g); err != nil {
			return err
		}
	}
	for _, r := range w.records {
		if err := w.checkUnique(g, r); err != nil {
			return err
		}
	}
	return nil
}

// checkCause also sees the causes of the group, which are not published yet.
func (g *group) checkCause(c causeKey) error {
	position, ok := g.causes[c.hash]
	if !ok {
		g.causesMu.RLock()
		position, ok = g.live[c.hash]
		g.causesMu.RUnlock()
	}
	if !ok {
		return nil
	}
	cause, found, err := g.causeAt(g.commits, position, c.key)
	if err != nil || !found {
		return err
	}
	return &storage.DuplicateError{Key: c.key, Answer: cause.Answer}
}

func (r *recordWork) check(g *group) error {
	r.had, r.oldDue, r.oldEntries, r.reindex = false, never, nil, len(r.index) > 0
	old := g.stored(r.key)
	if old == nil {
		if r.base != 0 {
			return storage.ErrConflict
		}
		return nil
	}
	e, err := openRecord(r.key, old)
	if err != nil {
		return fmt.Errorf("read %s: %w", r.ref, err)
	}
	if e.seq != r.base {
		return storage.ErrConflict
	}
	r.had, r.oldDue = true, e.due
	r.reindex = !bytes.Equal(e.index, r.index)
	if r.reindex {
		if r.oldEntries, err = decodeIndex(e.index); err != nil {
			return fmt.Errorf("read %s: %w", r.ref, err)
		}
	}
	return nil
}

// checkUnique judges the entries that a record takes by how the commit leaves
// all records: one that lets go of an entry in the same commit does not hold it.
func (w *commitWork) checkUnique(g *group, r *recordWork) error {
	if !r.reindex {
		return nil
	}
	for _, e := range r.entries {
		if slices.Contains(r.oldEntries, e) {
			continue
		}
		prefix := append(indexPrefix(e.Index, e.Key), 0)
		c := g.inIndex
		for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
			unique, err := openFlag(k, v)
			if err != nil {
				return fmt.Errorf("read index %s: %w", e.Index, err)
			}
			if (unique || e.Unique) && !w.moves(k, prefix) {
				return storage.ErrTaken
			}
		}
		for _, other := range w.records {
			if other != r && other.takes(e) {
				return storage.ErrTaken
			}
		}
	}
	return nil
}

// moves reports whether the holder of an index row is a record of this commit:
// what it holds afterwards is looked at instead.
func (w *commitWork) moves(row, prefix []byte) bool {
	return slices.ContainsFunc(w.records, func(r *recordWork) bool {
		return bytes.Equal(row[len(prefix):], appendRef(nil, r.ref))
	})
}

// takes reports whether the record holds an entry beside e after the commit.
func (r *recordWork) takes(e storage.Entry) bool {
	return slices.ContainsFunc(r.entries, func(f storage.Entry) bool {
		return f.Index == e.Index && f.Key == e.Key && (f.Unique || e.Unique)
	})
}

func (w *commitWork) apply(g *group) error {
	for _, r := range w.records {
		if err := r.apply(g); err != nil {
			return err
		}
	}
	for i := range w.effects {
		if err := w.applyEffects(g, &w.effects[i]); err != nil {
			return err
		}
	}
	return w.remember(g)
}

func (r *recordWork) apply(g *group) error {
	if err := g.put(g.records, r.key, r.value); err != nil {
		return err
	}
	for _, e := range r.events {
		if err := g.put(g.events, e.key, e.value); err != nil {
			return err
		}
	}
	if r.oldDue != r.due {
		if r.oldDue != never {
			if err := g.drop(g.due, dueKey(r.oldDue, r.ref)); err != nil {
				return err
			}
		}
		if r.due != never {
			key := dueKey(r.due, r.ref)
			if err := g.put(g.due, key, sum(key, nil)); err != nil {
				return err
			}
		}
	}
	if !r.reindex {
		return nil
	}
	for _, e := range r.oldEntries {
		if !slices.Contains(r.entries, e) {
			if err := g.drop(g.index, indexKey(e.Index, e.Key, r.ref)); err != nil {
				return err
			}
		}
	}
	for _, e := range r.entries {
		if !slices.Contains(r.oldEntries, e) {
			key := indexKey(e.Index, e.Key, r.ref)
			if err := g.put(g.index, key, sum(key, []byte{bit(e.Unique)})); err != nil {
				return err
			}
		}
	}
	return nil
}

func openFlag(key, value []byte) (bool, error) {
	b, err := unsum(key, value)
	if err != nil || len(b) != 1 {
		return false, errDamaged
	}
	return b[0] == 1, nil
}

// remember writes the row that says what the commit moved and answered.
func (w *commitWork) remember(g *group) error {
	if w.row == nil {
		return nil
	}
	if !w.timed {
		setInt(w.row, 0, g.moment)
	}
	g.moment = getInt(w.row, 0)
	g.position++
	oldest := g.cutoff.Load()
	for _, c := range w.causes {
		g.causes[c.hash] = g.position
		oldest = min(oldest, c.at)
	}
	if oldest < g.cutoff.Load() {
		if err := g.remindOf(oldest); err != nil {
			return err
		}
	}
	key := number(g.position)
	return g.put(g.commits, key, sum(key, w.row))
}

// remindOf has causes from a time on count again, which a sweep has forgotten: its clock
// was ahead.
func (g *group) remindOf(cutoff int64) error {
	g.cutoff.Store(cutoff)
	return g.putSwept(&sweptState{cutoff: cutoff, causesFrom: g.causesFrom, swept: g.swept.Load(), lastEffect: g.lastEffect})
}

func (g *group) putSwept(w *sweptState) error {
	return g.put(g.tx.Bucket(bucketMeta), metaSwept, w.encode())
}
