package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	bbolt "go.etcd.io/bbolt"

	"github.com/watchbill/watchbill/storage"
)

// Backup writes a copy of the file, as it is at one moment, to w. The copy is
// made in a temporary file first, so that a slow w does not hold up commits.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	f, err := s.snapshot(ctx)
	if err != nil {
		return fmt.Errorf("back up %s: %w", s.path, err)
	}
	defer f.Close()
	return copyAll(ctx, w, f)
}

// snapshot copies the file to a temporary one beside it, which has no name any
// more when it is returned and vanishes when it is closed.
func (s *Store) snapshot(ctx context.Context) (f *os.File, err error) {
	f, err = os.CreateTemp(filepath.Dir(s.path), ".snapshot-*")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
			f = nil
		}
	}()
	if err := os.Remove(f.Name()); err != nil {
		return f, err
	}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		_, err := tx.WriteTo(f)
		return err
	})
	if err != nil {
		return f, err
	}
	_, err = f.Seek(0, 0)
	return f, err
}

func copyAll(ctx context.Context, w io.Writer, r io.Reader) error {
	_, err := io.Copy(w, readerFunc(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return r.Read(p)
	}))
	return err
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Dump implements storage.Store. It reads from a copy of the file, made in one
// go, so that a slow f cannot hold up commits: a long read transaction keeps
// pages from being reused and makes a growing file wait. The price is disk space
// for the copy while the dump lasts. A store opened for reading holds up nobody,
// and if the disk is too full for a copy, the dump goes on without one.
func (s *Store) Dump(ctx context.Context, f func(storage.Portable) error) error {
	if s.opt.ReadOnly {
		return s.dumpInPlace(ctx, f)
	}
	copied, err := s.snapshot(ctx)
	switch {
	case err != nil && isFull(err):
		return s.dumpInPlace(ctx, f)
	case err != nil:
		return fmt.Errorf("dump %s: %w", s.path, err)
	}
	o := *bbolt.DefaultOptions
	o.ReadOnly = true
	o.NoStatistics = true
	o.OpenFile = func(string, int, os.FileMode) (*os.File, error) { return copied, nil }
	db, err := bbolt.Open(copied.Name(), 0o600, &o)
	if err != nil {
		return errors.Join(fmt.Errorf("dump %s: %w", s.path, err), copied.Close())
	}
	last := s.lastNumbers() // after the copy: never behind what is in it
	err = viewOf(db, func(tx *bbolt.Tx) error { return s.dump(ctx, tx, last, f) })
	return errors.Join(err, db.Close())
}

func viewOf(db *bbolt.DB, f func(*bbolt.Tx) error) error {
	return guarded(func() error { return db.View(f) })
}

func (s *Store) dumpInPlace(ctx context.Context, f func(storage.Portable) error) error {
	return s.view(ctx, func(tx *bbolt.Tx) error { return s.dump(ctx, tx, s.lastNumbers(), f) })
}

func (s *Store) lastNumbers() map[string]uint64 {
	s.numbersMu.Lock()
	defer s.numbersMu.Unlock()
	last := map[string]uint64{}
	for kind, c := range s.numbers {
		last[kind] = c.last
	}
	return last
}

func (s *Store) dump(ctx context.Context, tx *bbolt.Tx, numbers map[string]uint64, f func(storage.Portable) error) error {
	swept, err := sweptIn(tx)
	if err != nil {
		return err
	}
	emit := func(p storage.Portable) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return f(p)
	}
	if err := emit(storage.Portable{Format: storage.Format}); err != nil {
		return err
	}
	if err := dumpNumbers(numbers, emit); err != nil {
		return err
	}
	if err := dumpRecords(tx, emit); err != nil {
		return err
	}
	if err := dumpEffects(tx, emit); err != nil {
		return err
	}
	if err := dumpReceipts(tx, emit); err != nil {
		return err
	}
	if err := dumpCommits(tx, swept.cutoff, emit); err != nil {
		return err
	}
	return emit(storage.Portable{Last: lastGiven(tx, &swept)})
}

func lastGiven(tx *bbolt.Tx, swept *sweptState) *storage.Last {
	l := storage.Last{Swept: swept.swept, Position: swept.swept, Effect: swept.lastEffect}
	if k, _ := tx.Bucket(bucketCommits).Cursor().Last(); k != nil {
		l.Position = binary.BigEndian.Uint64(k)
	}
	for _, b := range [][]byte{bucketUnsettled, bucketSettled} {
		if k, _ := tx.Bucket(b).Cursor().Last(); k != nil {
			l.Effect = max(l.Effect, binary.BigEndian.Uint64(k))
		}
	}
	return &l
}

func dumpNumbers(last map[string]uint64, emit func(storage.Portable) error) error {
	for _, kind := range slices.Sorted(maps.Keys(last)) {
		if err := emit(storage.Portable{Number: &storage.NumberOf{Kind: kind, Last: last[kind]}}); err != nil {
			return err
		}
	}
	return nil
}

func dumpRecords(tx *bbolt.Tx, emit func(storage.Portable) error) error {
	events := tx.Bucket(bucketEvents)
	return each(tx.Bucket(bucketRecords), func(k, v []byte) error {
		ref, err := decodeRefKey(k)
		if err != nil {
			return fmt.Errorf("read record %q: %w", shown(k), err)
		}
		r, err := decodeRecord(ref, k, v)
		if err != nil {
			return fmt.Errorf("read record %q: %w", shown(k), err)
		}
		if err := emit(storage.Portable{Record: &r}); err != nil {
			return err
		}
		var failed error
		err = eachEvents(events, k, 0, func(chunk []storage.Event) bool {
			failed = emit(storage.Portable{Events: &storage.EventsOf{Ref: r.Ref, Events: chunk}})
			return failed == nil
		})
		if err != nil {
			return fmt.Errorf("read the events of %s: %w", r.Ref, err)
		}
		return failed
	})
}

func dumpEffects(tx *bbolt.Tx, emit func(storage.Portable) error) error {
	return eachEffect(tx, 0, func(id uint64, k, v []byte) (bool, error) {
		e, err := openEffect(k, v)
		if err != nil {
			return false, fmt.Errorf("read effect %d: %w", id, err)
		}
		return true, emit(storage.Portable{Effect: &e})
	})
}

func dumpReceipts(tx *bbolt.Tx, emit func(storage.Portable) error) error {
	return each(tx.Bucket(bucketReceipts), func(k, v []byte) error {
		b, err := unsum(k, v)
		if err != nil {
			return fmt.Errorf("read the receipt of %q: %w", shown(k), err)
		}
		return emit(storage.Portable{Receipt: &storage.ReceiptOf{Target: string(k), Body: slices.Clone(b)}})
	})
}

func dumpCommits(tx *bbolt.Tx, cutoff int64, emit func(storage.Portable) error) error {
	return each(tx.Bucket(bucketCommits), func(k, v []byte) error {
		row, err := openCommit(k, v)
		if err != nil {
			return fmt.Errorf("read commit %x: %w", shown(k), err)
		}
		c := storage.CommitWith{Position: binary.BigEndian.Uint64(k), At: fromMicros(row.at), Changed: row.moved}
		for _, cause := range row.causes {
			if micros(cause.At) >= cutoff {
				c.Causes = append(c.Causes, cause)
			}
		}
		return emit(storage.Portable{Commit: &c})
	})
}
