package bolt

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"syscall"

	bbolt "go.etcd.io/bbolt"

	"github.com/watchbill/watchbill/storage"
)

// commitError is an error of the commit with this transaction id.
type commitError struct {
	err error
	id  int
}

func (e *commitError) Error() string { return e.err.Error() }
func (e *commitError) Unwrap() error { return e.err }

// brokenError is an error after which the file cannot be trusted or used.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return e.err.Error() }
func (e *brokenError) Unwrap() error { return e.err }

// afterFailure puts the store in order after a group has failed and returns what its
// callers are told; what each of them was told before no longer counts.
func (s *Store) afterFailure(g *group, err error) error {
	for _, o := range g.ops {
		if !errors.Is(o.err, storage.ErrFull) {
			o.err = nil
		}
	}
	if failed, ok := errors.AsType[*commitError](err); ok {
		return s.afterCommit(g, failed)
	}
	if _, ok := errors.AsType[*brokenError](err); ok {
		s.fail(err)
		if g.tx == nil { // nothing was begun
			return err
		}
		return fmt.Errorf("%w: %w", storage.ErrUnknown, err)
	}
	if again := s.reread(); again != nil {
		s.fail(again)
	}
	return fmt.Errorf("write %s: %w", s.path, err)
}

// afterCommit reopens the file and finds out what became of the commit.
func (s *Store) afterCommit(g *group, failed *commitError) error {
	landed, err := s.reopen(failed.id)
	if err != nil {
		s.fail(err)
		return fmt.Errorf("%w: %w", storage.ErrUnknown, failed.err)
	}
	if !landed && isFull(failed.err) {
		return s.afterFull(g)
	}
	s.opt.Log(fmt.Sprintf("A commit to %s failed (%v); the file was reopened.", s.path, failed.err))
	return fmt.Errorf("%w: %w", storage.ErrUnknown, failed.err)
}

// afterFull gives back the ballast and does once more what is vital. The others
// of the group, of which nothing was stored, are told that the disk is full.
func (s *Store) afterFull(g *group) error {
	s.spend()
	again := &group{Store: s}
	var vital []*op
	for _, o := range g.ops {
		if o.vital() {
			o.stage.Store(queued)
			vital = append(vital, o)
		} else {
			o.err = storage.ErrFull
		}
	}
	if len(vital) == 0 {
		return nil
	}
	err := again.runAll(vital)
	if err == nil {
		return nil
	}
	failed, ok := errors.AsType[*commitError](err)
	if !ok {
		s.fail(err)
		return fmt.Errorf("%w: %w", storage.ErrUnknown, err)
	}
	landed, reopened := s.reopen(failed.id)
	if reopened != nil {
		s.fail(reopened)
	}
	outcome := storage.ErrFull
	if landed || reopened != nil || !isFull(failed.err) {
		outcome = fmt.Errorf("%w: %w", storage.ErrUnknown, failed.err)
	}
	for _, o := range vital {
		o.err = outcome
	}
	return nil
}

// runAll is run for ops that were in a group before.
func (g *group) runAll(ops []*op) error {
	return guarded(func() error {
		err := g.begin()
		if err != nil {
			return err
		}
		for _, o := range ops {
			if err = g.do(o); err != nil {
				break
			}
		}
		return g.end(err)
	})
}

// isFull reports whether an error says that there is no space. bbolt does not
// wrap all of its errors.
func isFull(err error) bool {
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		if errors.Is(err, full) || strings.Contains(err.Error(), full.Error()) {
			return true
		}
	}
	return false
}

// reopen closes and opens the file and reports whether the commit with this
// transaction id is in it.
func (s *Store) reopen(id int) (landed bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return false, s.err
	}
	if err := s.db.Close(); err != nil {
		return false, err
	}
	db, err := s.openFile()
	if err != nil {
		return false, err
	}
	s.db = db
	err = viewOf(db, func(tx *bbolt.Tx) error {
		landed = tx.ID() >= id
		return nil
	})
	if err != nil {
		return false, err
	}
	return landed, s.rebuild()
}

// reread reads memory from the open file, after a rollback.
func (s *Store) reread() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.err != nil {
		return s.err
	}
	return s.rebuild()
}

// rebuild reads memory from the file.
func (s *Store) rebuild() error {
	return viewOf(s.db, func(tx *bbolt.Tx) error {
		s.txid = tx.ID()
		if err := s.rebuildMeta(tx); err != nil {
			return err
		}
		if err := s.rebuildQueues(tx); err != nil {
			return err
		}
		if err := s.rebuildNumbers(tx); err != nil {
			return err
		}
		return s.rebuildCauses(tx)
	})
}

// sweptState is what Sweep has done, in the bucket meta.
type sweptState struct {
	cutoff     int64
	causesFrom uint64
	swept      uint64
	lastEffect uint64
}

func (w *sweptState) encode() []byte {
	b := appendInt(nil, w.cutoff)
	for _, n := range []uint64{w.causesFrom, w.swept, w.lastEffect} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return sum(metaSwept, b)
}

func sweptIn(tx *bbolt.Tx) (sweptState, error) {
	v := tx.Bucket(bucketMeta).Get(metaSwept)
	if v == nil {
		return sweptState{cutoff: never}, nil
	}
	b, err := unsum(metaSwept, v)
	if err != nil {
		return sweptState{}, fmt.Errorf("read what was swept: %w", err)
	}
	r := reader{b: b}
	w := sweptState{cutoff: r.int64(), causesFrom: r.uint64(), swept: r.uint64(), lastEffect: r.uint64()}
	if r.err != nil {
		return sweptState{}, fmt.Errorf("read what was swept: %w", r.err)
	}
	return w, nil
}

func (s *Store) rebuildMeta(tx *bbolt.Tx) error {
	w, err := sweptIn(tx)
	if err != nil {
		return err
	}
	s.cutoff.Store(w.cutoff)
	s.swept.Store(w.swept)
	s.causesFrom = w.causesFrom
	s.position = w.swept
	s.lastEffect = w.lastEffect
	s.moment = never
	return nil
}

func (s *Store) rebuildQueues(tx *bbolt.Tx) error {
	s.effects = newQueues()
	err := each(tx.Bucket(bucketUnsettled), func(k, v []byte) error {
		b, err := unsum(k, v)
		if err != nil {
			return fmt.Errorf("read effect %x: %w", shown(k), err)
		}
		r, err := rowOf(binary.BigEndian.Uint64(k), b)
		if err != nil {
			return fmt.Errorf("read effect %x: %w", shown(k), err)
		}
		s.effects.add(r)
		s.lastEffect = max(s.lastEffect, r.id)
		return nil
	})
	if err != nil {
		return err
	}
	if k, _ := tx.Bucket(bucketSettled).Cursor().Last(); k != nil {
		s.lastEffect = max(s.lastEffect, binary.BigEndian.Uint64(k))
	}
	return nil
}

// rebuildNumbers keeps the higher one: a number given out since the last commit
// is not given again while the process lives.
func (s *Store) rebuildNumbers(tx *bbolt.Tx) error {
	s.numbersMu.Lock()
	defer s.numbersMu.Unlock()
	for _, c := range s.numbers {
		c.stored = 0
	}
	return each(tx.Bucket(bucketNumbers), func(k, v []byte) error {
		b, err := unsum(k, v)
		if err != nil || len(b) != 8 {
			return fmt.Errorf("read number %q: %w", shown(k), errDamaged)
		}
		n := binary.BigEndian.Uint64(b)
		c := s.numbers[string(k)]
		if c == nil {
			c = &counter{}
			s.numbers[string(k)] = c
		}
		c.last, c.stored = max(c.last, n), n
		return nil
	})
}

// hash is a cause in memory: two keys with one hash will not be met.
type hash [16]byte

func hashOf(key string) hash {
	h := sha256.Sum256([]byte(key))
	return hash(h[:16])
}

func (s *Store) rebuildCauses(tx *bbolt.Tx) error {
	live := map[hash]uint64{}
	c := scanOf(tx.Bucket(bucketCommits))
	for k, v := c.from(number(s.causesFrom)); k != nil; k, v = c.next() {
		row, err := openCommit(k, v)
		if err != nil {
			return fmt.Errorf("read commit %x: %w", shown(k), err)
		}
		for _, cause := range row.causes {
			if micros(cause.At) >= s.cutoff.Load() {
				live[hashOf(cause.Key)] = binary.BigEndian.Uint64(k)
			}
		}
	}
	if c.err != nil {
		return c.err
	}
	if k, v := c.Last(); k != nil {
		row, err := openCommit(k, v)
		if err != nil {
			return fmt.Errorf("read commit %x: %w", shown(k), err)
		}
		s.position, s.moment = max(s.position, binary.BigEndian.Uint64(k)), row.at
	}
	s.causesMu.Lock()
	defer s.causesMu.Unlock()
	s.live = live
	return nil
}

// causeAt finds a live cause in the commit at a position.
func (s *Store) causeAt(commits *bbolt.Bucket, position uint64, key string) (storage.Cause, bool, error) {
	k := number(position)
	v := commits.Get(k)
	if v == nil || !bytes.Contains(v, []byte(key)) {
		return storage.Cause{}, false, nil
	}
	row, err := openCommit(k, v)
	if err != nil {
		return storage.Cause{}, false, fmt.Errorf("read commit %d: %w", position, err)
	}
	for _, c := range row.causes {
		if c.Key == key && micros(c.At) >= s.cutoff.Load() {
			return c, true, nil
		}
	}
	return storage.Cause{}, false, nil
}
