package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"

	bbolt "go.etcd.io/bbolt"

	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/storagetest"
)

// halfway is a commit that the file gives up in the middle of.
type halfway struct {
	*commitWork
	err error
}

func (w *halfway) apply(g *group) error {
	return errors.Join(w.commitWork.apply(g), w.err)
}

func TestWorkThatFailsHalfwayLeavesNothing(t *testing.T) {
	s := openTest(t, Options{})
	base := change(thing("T-1"), 1)
	if err := s.Commit(t.Context(), base); err != nil {
		t.Fatal(err)
	}
	cannot := errors.New("key too large")
	next := []storage.Change{change(*base.Record, 2)}
	if err := s.submit(t.Context(), &halfway{prepare(next), cannot}); !errors.Is(err, cannot) || errors.Is(err, storage.ErrUnknown) {
		t.Errorf("got the error %v, want %v", err, cannot)
	}
	if r, err := s.Get(t.Context(), base.Record.Ref); err != nil || r.Seq != 1 {
		t.Errorf("got the record at %d, %v, want 1", r.Seq, err)
	}
	if err := s.Commit(t.Context(), next...); err != nil {
		t.Errorf("the same again, whole: %v", err)
	}
	if effects, err := s.Effects(t.Context(), 0, 0); err != nil || len(effects) != 3 || effects[2].ID != 3 {
		t.Errorf("got the effects %v, %v, want 3", effects, err)
	}
	storagetest.Check(t, s, storagetest.Folds())
}

// TestWorkOnADamagedRecordSaysWhatToDo, and the others go on.
func TestWorkOnADamagedRecordSaysWhatToDo(t *testing.T) {
	path := written(t, 3)
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b, key := tx.Bucket(bucketRecords), refKey(thing("T-1").Ref)
		row := bytes.Clone(b.Get(key))
		row[len(row)/2] ^= 1
		return b.Put(key, row)
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	base := thing("T-1")
	base.Seq = 3
	if err := s.Commit(t.Context(), change(base, 4)); !errors.Is(err, errDamaged) || !strings.Contains(err.Error(), "run watchbill verify, and restore a backup") {
		t.Errorf("got the error %v", err)
	}
	if err := s.Commit(t.Context(), change(thing("T-2"), 5)); err != nil {
		t.Errorf("another record: %v", err)
	}
}

// TestCloseFinishesWhatIsQueued closes while many commit: each is told the truth.
func TestCloseFinishesWhatIsQueued(t *testing.T) {
	s := openTest(t, Options{})
	const n = 200
	errs := make([]error, n)
	var wait sync.WaitGroup
	for i := range n {
		c := change(thing(string(rune('A'+i/26))+string(rune('a'+i%26))), i)
		wait.Go(func() { errs[i] = s.Commit(t.Context(), c) })
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wait.Wait()
	again, err := Open(s.path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for i, err := range errs {
		if err != nil && !errors.Is(err, storage.ErrClosed) {
			t.Errorf("commit %d: got the error %v", i, err)
		}
		_, missing := again.Get(t.Context(), thing(string(rune('A'+i/26))+string(rune('a'+i%26))).Ref)
		if (missing == nil) != (err == nil) {
			t.Errorf("commit %d: told %v, and found: %v", i, err, missing)
		}
	}
	storagetest.Check(t, again, storagetest.Folds())
}

// TestAFullDiskIsKnown, also by the text alone: bbolt does not wrap all of its errors.
func TestAFullDiskIsKnown(t *testing.T) {
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		if !isFull(fmt.Errorf("write: %w", full)) || !isFull(errors.New("write: "+full.Error())) {
			t.Errorf("%v is not known", full)
		}
	}
	if isFull(syscall.EIO) {
		t.Error("a broken disk is taken for a full one")
	}
}
