package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"

	bbolt "go.etcd.io/bbolt"

	"github.com/watchbill/watchbill/storage"
)

// loadBytes is how much one transaction of Load writes.
const loadBytes = 8 << 20

// Load implements storage.Store. It writes in several transactions and marks the
// file until the last: one that was cut short is refused by Open. After an error
// the store is empty again. Commits wait meanwhile.
func (s *Store) Load(ctx context.Context, next func() (storage.Portable, error)) error {
	if s.opt.ReadOnly {
		return errReadOnly
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.err != nil {
		return s.err
	}
	if s.position > 0 || s.lastEffect > 0 || len(s.lastNumbers()) > 0 {
		return fmt.Errorf("load into %s: the store is not empty", s.path)
	}
	err := s.loadAll(ctx, storage.Whole(next))
	if err != nil {
		if wiped := s.db.Update(wipe); wiped != nil {
			return errors.Join(err, wiped)
		}
	}
	return errors.Join(err, s.rebuild())
}

func (s *Store) loadAll(ctx context.Context, next func() (storage.Portable, error)) error {
	err := s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(bucketMeta).Put(metaLoading, []byte{1}) })
	if err != nil {
		return err
	}
	l := loader{swept: sweptState{cutoff: never}}
	for done := false; !done; {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := s.db.Update(func(tx *bbolt.Tx) error {
			l.tx, l.bytes = tx, 0
			for l.bytes < loadBytes {
				p, err := next()
				if errors.Is(err, io.EOF) {
					done = true
					return l.finish()
				}
				l.rows++
				if err == nil {
					err = l.row(&p)
				}
				if err != nil {
					return fmt.Errorf("load row %d: %w", l.rows, err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// wipe empties every bucket but meta.
func wipe(tx *bbolt.Tx) error {
	for _, name := range buckets() {
		if string(name) == string(bucketMeta) {
			continue
		}
		if err := tx.DeleteBucket(name); err != nil {
			return err
		}
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	return tx.Bucket(bucketMeta).Delete(metaLoading)
}

// loader writes rows of a dump.
type loader struct {
	tx    *bbolt.Tx
	bytes int
	rows  int
	swept sweptState
	first uint64 // the first position with a cause
	last  storage.Last
}

func (l *loader) put(bucket, key, value []byte) error {
	l.bytes += len(key) + len(value)
	b := l.tx.Bucket(bucket)
	b.FillPercent = fillPercent
	return b.Put(key, value)
}

func (l *loader) row(p *storage.Portable) error {
	switch {
	case p.Record != nil:
		return l.record(p.Record)
	case p.Events != nil:
		if len(p.Events.Events) == 0 {
			return nil
		}
		key := eventsKey(refKey(p.Events.Ref), p.Events.Events[0].Seq)
		return l.put(bucketEvents, key, encodeEvents(key, p.Events.Events))
	case p.Effect != nil:
		return l.effect(p.Effect)
	case p.Receipt != nil:
		key := []byte(p.Receipt.Target)
		return l.put(bucketReceipts, key, sum(key, append([]byte{}, p.Receipt.Body...)))
	case p.Number != nil:
		key := []byte(p.Number.Kind)
		return l.put(bucketNumbers, key, sum(key, number(p.Number.Last)))
	case p.Commit != nil:
		if l.first == 0 && len(p.Commit.Causes) > 0 {
			l.first = p.Commit.Position
		}
		key := number(p.Commit.Position)
		row := encodeCommit(&commitRow{at: micros(p.Commit.At), causes: p.Commit.Causes, moved: p.Commit.Changed})
		return l.put(bucketCommits, key, sum(key, row))
	case p.Last != nil:
		l.last = *p.Last
	}
	return nil
}

func (l *loader) record(r *storage.Record) error {
	key := refKey(r.Ref)
	if err := l.put(bucketRecords, key, encodeRecord(key, r, encodeIndex(r.Index))); err != nil {
		return err
	}
	for _, e := range r.Index {
		k := indexKey(e.Index, e.Key, r.Ref)
		if err := l.put(bucketIndex, k, sum(k, []byte{bit(e.Unique)})); err != nil {
			return err
		}
	}
	if r.Due.IsZero() {
		return nil
	}
	due := dueKey(micros(r.Due), r.Ref)
	return l.put(bucketDue, due, sum(due, nil))
}

func (l *loader) effect(e *storage.Effect) error {
	key := number(e.ID)
	value := sum(key, encodeEffect(e))
	if e.State == storage.Pending {
		return l.put(bucketUnsettled, key, value)
	}
	if err := l.put(bucketSettled, key, value); err != nil {
		return err
	}
	at := settledKey(micros(e.Settled), e.ID)
	return l.put(bucketSettledAt, at, sum(at, nil))
}

// finish writes what was swept and takes the mark away.
func (l *loader) finish() error {
	l.swept.swept, l.swept.lastEffect = l.last.Swept, l.last.Effect
	l.swept.causesFrom = l.first
	if err := l.put(bucketMeta, metaSwept, l.swept.encode()); err != nil {
		return err
	}
	return l.tx.Bucket(bucketMeta).Delete(metaLoading)
}
