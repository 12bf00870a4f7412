package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	bbolt "go.etcd.io/bbolt"

	"github.com/watchbill/watchbill/storage"
)

// ErrOlder is returned by Open for reading when an older release wrote the file: its
// records and indexes are not what this one looks for.
var ErrOlder = errors.New("an older release wrote the file: start `watchbill serve` once, which brings it up to date")

// checkShape compares the file with what the program makes of events. A file that nobody
// has asked for a shape has the shape 0.
func (s *Store) checkShape(tx *bbolt.Tx) (older bool, err error) {
	want := s.opt.Shape
	row := tx.Bucket(bucketMeta).Get(metaShape)
	if want.Number == 0 {
		return false, nil
	}
	if row == nil {
		return true, nil
	}
	b, err := unsum(metaShape, row)
	if err != nil {
		return false, fmt.Errorf("read the shape of the records: %w", err)
	}
	var n int
	var since, unfinished string
	if k, _ := fmt.Sscan(string(b), &n, &since, &unfinished); k < 2 {
		return false, fmt.Errorf("read the shape of the records: %w", errDamaged)
	}
	if n > want.Number {
		return false, fmt.Errorf("the records have the shape %d and this program knows up to %d: use watchbill %s or newer", n, want.Number, since)
	}
	return n < want.Number || unfinished != "", nil
}

// How much one step of refold takes into memory, and writes in one commit.
const (
	refoldRecords = 512
	refoldBytes   = 8 << 20
)

// refold brings the records of an older release up to date: each becomes what this one makes
// of its events. It goes on at the next start if it is cut short.
func (s *Store) refold(ctx context.Context) error {
	var older bool
	err := s.view(ctx, func(tx *bbolt.Tx) (err error) {
		older, err = s.checkShape(tx)
		return err
	})
	if err != nil || !older {
		return err
	}
	if s.opt.ReadOnly {
		return ErrOlder
	}
	began := time.Now()
	var done refolded
	for from, more := []byte(nil), true; more; {
		var step []folded
		if step, from, err = s.refoldStep(ctx, from); err != nil {
			return err
		}
		more = len(step) > 0
		if more && done.read == 0 {
			s.opt.Log(fmt.Sprintf("An older release wrote %s: its records are brought up to date.", s.path))
		}
		if err := s.storeFolded(step, &done, !more); err != nil {
			return fmt.Errorf("bring records up to date: %w", err)
		}
	}
	if done.read > 0 {
		s.opt.Log(fmt.Sprintf("%s is up to date after %s: %d of %d records were written anew.", s.path, time.Since(began).Round(time.Millisecond), done.written, done.read))
	}
	if done.left > 0 {
		s.opt.Log(fmt.Sprintf("%d records of %s stay as they were, the first because %v: `watchbill verify` names them.", done.left, s.path, done.why))
	}
	return nil
}

// refolded counts what refold did.
type refolded struct {
	read, written, left int
	why                 error // why the first of those left was
}

func (d *refolded) leave(why error) {
	if d.left++; d.left == 1 {
		d.why = why
	}
}

// folded is a record as it is stored, and as it should be, or why that is not known.
type folded struct {
	work *recordWork
	old  []byte
	err  error
}

// refoldStep reads the records from a key on, some at once, and folds them anew. The next
// step begins at next; without a record, it was the end.
func (s *Store) refoldStep(ctx context.Context, from []byte) (step []folded, next []byte, err error) {
	var all []unfolded
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		size := 0
		c := tx.Bucket(bucketRecords).Cursor()
		for k, v := c.Seek(from); k != nil; k, v = c.Next() {
			if size > refoldBytes || len(all) == refoldRecords {
				next = bytes.Clone(k)
				return nil
			}
			one := readUnfolded(tx, k, v)
			size += len(v)
			for i := range one.events {
				size += len(one.events[i].Body)
			}
			all, next = append(all, one), append(bytes.Clone(k), 0)
		}
		return nil
	})
	for i := range all {
		r := &all[i].record
		f := folded{old: all[i].value, err: all[i].err}
		if f.err == nil {
			f.err = s.opt.Shape.Refold(r, all[i].events)
		}
		if f.err != nil {
			f.err = fmt.Errorf("%s: %w", r.Ref, f.err)
		} else {
			f.work = foldedWork(r)
		}
		step = append(step, f)
	}
	return step, next, err
}

// unfolded is a record as it is stored, with its events, or why that cannot be read.
type unfolded struct {
	record storage.Record
	value  []byte
	events []storage.Event
	err    error
}

func readUnfolded(tx *bbolt.Tx, k, v []byte) (u unfolded) {
	u.value = bytes.Clone(v)
	var ref storage.Ref
	if ref, u.err = decodeRefKey(k); u.err != nil {
		u.record.ID = fmt.Sprintf("%q", shown(k))
		return u
	}
	u.record, u.err = decodeRecord(ref, k, v)
	u.record.Ref = ref
	if u.err != nil {
		return u
	}
	u.err = eachEvents(tx.Bucket(bucketEvents), k, 0, func(chunk []storage.Event) bool {
		u.events = append(u.events, chunk...)
		return true
	})
	return u
}

// foldedWork writes a record anew at the event at which it stands.
func foldedWork(r *storage.Record) *recordWork {
	key, index := refKey(r.Ref), encodeIndex(r.Index)
	return &recordWork{ref: r.Ref, base: r.Seq, seq: r.Seq, due: micros(r.Due), key: key, value: encodeRecord(key, r, index), index: index, entries: r.Index}
}

// storeFolded writes those that are not what they were, and how far it is.
func (s *Store) storeFolded(step []folded, done *refolded, last bool) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	g := &group{Store: s}
	if err := g.begin(); err != nil {
		return err
	}
	return g.end(g.storeFolded(step, done, last))
}

func (g *group) storeFolded(step []folded, done *refolded, last bool) error {
	for _, f := range step {
		done.read++
		if f.err != nil {
			done.leave(f.err)
			continue
		}
		if bytes.Equal(f.old, f.work.value) {
			continue
		}
		w := &commitWork{records: []*recordWork{f.work}}
		if err := w.check(g); errors.Is(err, storage.ErrTaken) {
			done.leave(fmt.Errorf("%s: %w", f.work.ref, err))
			continue
		} else if err != nil {
			return fmt.Errorf("%s: %w", f.work.ref, err)
		}
		if err := w.apply(g); err != nil {
			return err
		}
		done.written++
	}
	shape := fmt.Appendf(nil, "%d %s", g.opt.Shape.Number, g.opt.Shape.Since)
	if !last { // no older program may use what is half done
		shape = append(shape, " unfinished"...)
	}
	return g.put(g.tx.Bucket(bucketMeta), metaShape, sum(metaShape, shape))
}
