package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	bbolt "go.etcd.io/bbolt"

	"github.com/watchbill/watchbill/storage"
)

// Get implements storage.Store.
func (s *Store) Get(ctx context.Context, ref storage.Ref) (r storage.Record, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		r, err = get(tx.Bucket(bucketRecords), ref)
		return err
	})
	return r, err
}

func get(records *bbolt.Bucket, ref storage.Ref) (storage.Record, error) {
	key := refKey(ref)
	v := records.Get(key)
	if v == nil {
		return storage.Record{}, storage.ErrNotFound
	}
	r, err := decodeRecord(ref, key, v)
	if err != nil {
		return storage.Record{}, fmt.Errorf("read %s: %w", ref, err)
	}
	return r, nil
}

// List implements storage.Store.
func (s *Store) List(ctx context.Context, index, prefix, after string, limit int) (rows []storage.Row, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		records := tx.Bucket(bucketRecords)
		from := indexPrefix(index, prefix)
		seek := from
		if after >= prefix {
			seek = append(indexPrefix(index, after), 1) // past after and its NUL
		}
		c := scanOf(tx.Bucket(bucketIndex))
		for k, v := c.from(seek); bytes.HasPrefix(k, from) && (limit <= 0 || len(rows) < limit); k, v = c.next() {
			key, ref, err := decodeIndexKey(k[len(index)+1:])
			if err == nil {
				_, err = openFlag(k, v)
			}
			if err != nil {
				return fmt.Errorf("read index %s: %w", index, err)
			}
			r, err := get(records, ref)
			if err != nil {
				return fmt.Errorf("read index %s: %w", index, err)
			}
			rows = append(rows, storage.Row{Key: key, Record: r})
		}
		return c.err
	})
	return rows, err
}

// decodeIndexKey reads what follows the name of the index.
func decodeIndexKey(k []byte) (key string, ref storage.Ref, err error) {
	key, rest, err := cut(k)
	if err != nil {
		return "", ref, err
	}
	ref, err = decodeRef(rest)
	return key, ref, err
}

func decodeRef(b []byte) (storage.Ref, error) {
	kind, id, err := cut(b)
	return storage.Ref{Kind: kind, ID: string(id)}, err
}

// Events implements storage.Store.
func (s *Store) Events(ctx context.Context, ref storage.Ref, after uint64, limit int) (events []storage.Event, err error) {
	if after == math.MaxUint64 {
		return nil, nil
	}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		err := eachEvents(tx.Bucket(bucketEvents), refKey(ref), after, func(chunk []storage.Event) bool {
			events = append(events, chunk...)
			return limit <= 0 || len(events) < limit
		})
		if err != nil {
			return fmt.Errorf("read the events of %s: %w", ref, err)
		}
		return nil
	})
	if limit > 0 && len(events) > limit {
		events = slices.Clip(events[:limit])
	}
	return events, err
}

// eachEvents calls f with the stored pieces of a record's events after a
// sequence number until it returns false.
func eachEvents(b *bbolt.Bucket, record []byte, after uint64, f func([]storage.Event) bool) error {
	c := scanOf(b)
	seek := eventsKey(record, after+1)
	k, v := c.Seek(seek)
	if !bytes.Equal(k, seek) && after > 0 {
		// The piece that begins before may reach beyond.
		if k == nil {
			k, v = c.Last()
		} else {
			k, v = c.Prev()
		}
		if !isOf(k, record) {
			k, v = c.Seek(seek)
		}
	}
	for ; isOf(k, record); k, v = c.next() {
		chunk, err := decodeEvents(k, v)
		if err != nil {
			return err
		}
		for len(chunk) > 0 && chunk[0].Seq <= after {
			chunk = chunk[1:]
		}
		if len(chunk) > 0 && !f(chunk) {
			return nil
		}
	}
	return c.err
}

// isOf reports whether a key of the bucket events belongs to a record.
func isOf(k, record []byte) bool {
	return len(k) == len(record)+8 && bytes.HasPrefix(k, record)
}

// Changed implements storage.Store.
func (s *Store) Changed(ctx context.Context, after uint64, limit int) (commits []storage.Commit, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		if swept := s.swept.Load(); after < swept {
			return &storage.SweptError{Last: swept}
		}
		if after == math.MaxUint64 {
			return nil
		}
		c := scanOf(tx.Bucket(bucketCommits))
		for k, v := c.from(number(after + 1)); k != nil && (limit <= 0 || len(commits) < limit); k, v = c.next() {
			row, err := openCommit(k, v)
			if err != nil {
				return fmt.Errorf("read commit %x: %w", shown(k), err)
			}
			if len(row.moved) > 0 {
				commits = append(commits, storage.Commit{Position: binary.BigEndian.Uint64(k), At: fromMicros(row.at), Changed: row.moved})
			}
		}
		return c.err
	})
	return commits, err
}

// Due implements storage.Store.
func (s *Store) Due(ctx context.Context, until time.Time, limit int) (rows []storage.DueRow, err error) {
	end := micros(until)
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		c := scanOf(tx.Bucket(bucketDue))
		for k, v := c.first(); k != nil && (limit <= 0 || len(rows) < limit); k, v = c.next() {
			row, err := decodeDue(k, v)
			if err != nil {
				return fmt.Errorf("read due times: %w", err)
			}
			if micros(row.At) > end {
				break
			}
			rows = append(rows, row)
		}
		return c.err
	})
	return rows, err
}

func decodeDue(k, v []byte) (storage.DueRow, error) {
	if _, err := unsum(k, v); err != nil || len(k) < 8 {
		return storage.DueRow{}, errDamaged
	}
	ref, err := decodeRef(k[8:])
	return storage.DueRow{Ref: ref, At: fromMicros(unsortable(binary.BigEndian.Uint64(k)))}, err
}

// Cause implements storage.Store. A cause that memory does not know is in no row.
func (s *Store) Cause(ctx context.Context, key string) (answer []byte, found bool, err error) {
	s.causesMu.RLock()
	position, ok := s.live[hashOf(key)]
	s.causesMu.RUnlock()
	if !ok {
		return nil, false, s.usable(ctx)
	}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		c, live, err := s.causeAt(tx.Bucket(bucketCommits), position, key)
		answer, found = c.Answer, live
		return err
	})
	return answer, found, err
}

// Effects implements storage.Store.
func (s *Store) Effects(ctx context.Context, after uint64, limit int, states ...storage.State) (effects []storage.Effect, err error) {
	wanted := func(code byte) bool {
		return len(states) == 0 || slices.ContainsFunc(states, func(s storage.State) bool { return stateCode(s) == code })
	}
	if after == math.MaxUint64 {
		return nil, nil
	}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		return eachEffect(tx, after, func(id uint64, key, value []byte) (bool, error) {
			if len(value) < headSize {
				return false, fmt.Errorf("read effect %d: %w", id, errDamaged)
			}
			if !wanted(value[atState]) {
				return true, nil
			}
			e, err := openEffect(key, value)
			if err != nil {
				return false, fmt.Errorf("read effect %d: %w", id, err)
			}
			effects = append(effects, e)
			return limit <= 0 || len(effects) < limit, nil
		})
	})
	return effects, err
}

// eachEffect goes through the settled and unsettled effects by rising ID.
func eachEffect(tx *bbolt.Tx, after uint64, f func(id uint64, key, value []byte) (bool, error)) error {
	a, b := scanOf(tx.Bucket(bucketUnsettled)), scanOf(tx.Bucket(bucketSettled))
	from := number(after + 1)
	ka, va := a.from(from)
	kb, vb := b.from(from)
	for ka != nil || kb != nil {
		k, v := ka, va
		if ka == nil || kb != nil && bytes.Compare(kb, ka) < 0 {
			k, v = kb, vb
			kb, vb = b.next()
		} else {
			ka, va = a.next()
		}
		if len(k) != 8 {
			return errDamaged
		}
		if more, err := f(binary.BigEndian.Uint64(k), k, v); err != nil || !more {
			return err
		}
	}
	return errors.Join(a.err, b.err)
}

// Receipt implements storage.Store.
func (s *Store) Receipt(ctx context.Context, target string) (body []byte, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		body, err = receiptIn(tx.Bucket(bucketReceipts), target)
		return err
	})
	return body, err
}

func receiptIn(receipts *bbolt.Bucket, target string) ([]byte, error) {
	if target == "" {
		return nil, nil
	}
	key := []byte(target)
	v := receipts.Get(key)
	if v == nil {
		return nil, nil
	}
	b, err := unsum(key, v)
	if err != nil {
		return nil, fmt.Errorf("read the receipt of %s: %w", target, err)
	}
	return slices.Clone(b), nil
}
