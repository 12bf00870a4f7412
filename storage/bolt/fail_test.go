package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"

	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/storagetest"
)

func openTest(t *testing.T, opt Options) *Store {
	t.Helper()
	opt.Log = func(sentence string) { t.Log(sentence) }
	s, err := Open(filepath.Join(t.TempDir(), "watchbill.db"), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// failing makes commits go as next says, in turn, and then succeed.
type failing struct {
	mu   sync.Mutex
	next []func(*bbolt.Tx) error
	n    int
}

func (f *failing) commit(tx *bbolt.Tx) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	if len(f.next) == 0 {
		return tx.Commit()
	}
	do := f.next[0]
	f.next = f.next[1:]
	return do(tx)
}

// gate holds a commit whose group is complete until it is opened.
type gate struct{ reached, open chan struct{} }

func newGate() gate { return gate{make(chan struct{}), make(chan struct{})} }

func (g gate) commit(tx *bbolt.Tx) error {
	close(g.reached)
	<-g.open
	return tx.Commit()
}

func fine(tx *bbolt.Tx) error { return tx.Commit() }

// lost is a failed write of a data page, landed a failed sync of the meta page.
func lost(tx *bbolt.Tx) error {
	return errors.Join(syscall.EIO, tx.Rollback())
}

func landed(tx *bbolt.Tx) error {
	return errors.Join(tx.Commit(), syscall.EIO)
}

func noSpace(tx *bbolt.Tx) error {
	return errors.Join(fmt.Errorf("file resize error: %s", syscall.ENOSPC), tx.Rollback())
}

func thing(id string) storage.Record {
	return storage.Record{Ref: storage.Ref{Kind: storagetest.Kind, ID: id}}
}

func at() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) }

// full is a change with something of everything; n names its parts.
func change(base storage.Record, n int) storage.Change {
	c := storagetest.Next(base, at(), storagetest.Step{
		Text: fmt.Sprint(n), Due: at().Add(time.Duration(n) * time.Minute),
		Index: []storage.Entry{{Index: "name", Key: fmt.Sprint(n, base.ID), Unique: true}},
	})
	c.Put = []storage.Effect{
		{Target: "card/" + base.ID, Level: true, Seq: c.Record.Seq, Kind: "card", Dest: "room/" + base.ID, Class: storage.Card, Created: at()},
		{Target: fmt.Sprint("post/", base.ID, "/", n), Kind: "post", Dest: "room/" + base.ID, Class: storage.Chatter, Created: at()},
	}
	c.Causes = []storage.Cause{{Key: fmt.Sprint(base.ID, "/", n), At: at(), Answer: fmt.Append(nil, n)}}
	return c
}

// TestFailedCommits lets each commit of a run fail in each way. Whoever repeats
// what is unknown must end where a run without failures ends.
func TestFailedCommits(t *testing.T) {
	const n = 6
	run := func(t *testing.T, at int, how func(*bbolt.Tx) error) string {
		t.Helper()
		s := openTest(t, Options{})
		f := &failing{}
		for range at {
			f.next = append(f.next, fine)
		}
		f.next = append(f.next, how)
		s.commit = f.commit
		for i := range n {
			persist(t, s, i)
			if num, err := s.Number(t.Context(), "INC"); err != nil || num != uint64(i+1) {
				t.Fatalf("number: got %d, %v, want %d", num, err, i+1)
			}
		}
		l, err := s.Lease(t.Context(), storage.LeaseRequest{})
		if err != nil {
			t.Fatal(err)
		}
		storagetest.Check(t, s, storagetest.Folds())
		return summary(t, s) + fmt.Sprint(len(l.Leased))
	}
	want := run(t, 0, fine)
	for name, how := range map[string]func(*bbolt.Tx) error{"lost": lost, "landed": landed} {
		for at := range n {
			t.Run(fmt.Sprint(name, at), func(t *testing.T) {
				if got := run(t, at, how); got != want {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
			})
		}
	}
}

// persist commits change i as the desk does: what is unknown is read back.
func persist(t *testing.T, s *Store, i int) {
	t.Helper()
	for range 3 {
		base, err := s.Get(t.Context(), thing("T-1").Ref)
		if errors.Is(err, storage.ErrNotFound) {
			base, err = thing("T-1"), nil
		}
		if err != nil {
			t.Fatal(err)
		}
		err = s.Commit(t.Context(), change(base, i))
		duplicate, repeated := errors.AsType[*storage.DuplicateError](err)
		switch {
		case err == nil:
			return
		case repeated && string(duplicate.Answer) == fmt.Sprint(i):
			return
		case !errors.Is(err, storage.ErrUnknown):
			t.Fatalf("commit %d: %v", i, err)
		}
	}
	t.Fatalf("commit %d never succeeded", i)
}

// summary is what a store holds, without salts and hashes.
func summary(t *testing.T, s *Store) string {
	t.Helper()
	var b strings.Builder
	err := s.Dump(t.Context(), func(p storage.Portable) error {
		switch {
		case p.Record != nil:
			fmt.Fprintln(&b, p.Record.Ref, p.Record.Seq, p.Record.Due, p.Record.Index, string(p.Record.Body))
		case p.Effect != nil:
			fmt.Fprintln(&b, p.Effect.ID, p.Effect.Target, p.Effect.Seq, p.Effect.State)
		case p.Commit != nil:
			fmt.Fprintln(&b, p.Commit.Position, p.Commit.Changed, p.Commit.Causes)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFailedCommitIsUnknownForTheWholeGroup(t *testing.T) {
	s := openTest(t, Options{})
	f := &failing{next: []func(*bbolt.Tx) error{nil, landed}}
	gate := newGate()
	f.next[0] = gate.commit
	s.commit = f.commit
	errs := make(chan error, 4)
	go func() { errs <- s.Commit(context.Background(), change(thing("T-0"), 0)) }()
	<-gate.reached
	for i := range 3 {
		// The second and third say the same: in their group they conflict.
		go func() { errs <- s.Commit(context.Background(), change(thing(fmt.Sprint("T-", 1+i/2)), i/2+1)) }()
	}
	waitFor(t, func() bool { return len(s.queue) == 3 })
	close(gate.open)
	unknown := 0
	for range 4 {
		if err := <-errs; errors.Is(err, storage.ErrUnknown) {
			unknown++
		} else if err != nil {
			t.Errorf("got the error %v", err)
		}
	}
	if unknown != 3 || f.n != 2 {
		t.Errorf("got %d unknown outcomes of %d commits, want 3 of 2", unknown, f.n)
	}
	storagetest.Check(t, s, storagetest.Folds())
}

// waitFor polls for something that another goroutine is about to do.
func waitFor(t *testing.T, ready func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ready(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}

func TestGroupCommit(t *testing.T) {
	s := openTest(t, Options{})
	gate := newGate()
	f := &failing{next: []func(*bbolt.Tx) error{gate.commit}}
	s.commit = f.commit
	first := make(chan error, 1)
	go func() { first <- s.Commit(context.Background(), change(thing("T-0"), 0)) }()
	<-gate.reached
	const n = 12
	errs := make([]error, n)
	var wait sync.WaitGroup
	for i := range n {
		c := change(thing(fmt.Sprint("T-", i)), i) // T-0 conflicts
		if i == 5 {
			c.Causes = []storage.Cause{{Key: "T-0/0", At: at()}}
		}
		if i == 6 {
			c.Settle = []storage.Settlement{{ID: 1, Attempt: 3, State: storage.Done}}
		}
		wait.Go(func() { errs[i] = s.Commit(context.Background(), c) })
	}
	waitFor(t, func() bool { return len(s.queue) == n })
	close(gate.open)
	wait.Wait()
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	for i, err := range errs {
		_, duplicate := errors.AsType[*storage.DuplicateError](err)
		ok := err == nil
		switch i {
		case 0, 5:
			ok = duplicate
		case 6:
			ok = errors.Is(err, storage.ErrStale)
		}
		if !ok {
			t.Errorf("commit %d: got the error %v", i, err)
		}
	}
	if f.n != 2 {
		t.Errorf("%d changes made %d commits, want 2", n+1, f.n)
	}
	storagetest.Check(t, s, storagetest.Folds())
}

func TestContextEnds(t *testing.T) {
	s := openTest(t, Options{Patience: time.Hour})
	gate := newGate()
	s.commit = (&failing{next: []func(*bbolt.Tx) error{gate.commit}}).commit
	busy, stop := context.WithCancel(t.Context())
	outcome := make(chan error, 1)
	go func() { outcome <- s.Commit(busy, change(thing("T-1"), 1)) }()
	<-gate.reached

	waiting, withdraw := context.WithCancel(t.Context())
	withdrawn := make(chan error, 1)
	go func() { withdrawn <- s.Commit(waiting, change(thing("T-2"), 2)) }()
	waitFor(t, func() bool { return len(s.queue) == 1 })
	withdraw()
	if err := <-withdrawn; !errors.Is(err, context.Canceled) || errors.Is(err, storage.ErrUnknown) {
		t.Errorf("queued: got the error %v, want context.Canceled", err)
	}
	stop()
	close(gate.open)
	if err := <-outcome; err != nil {
		t.Errorf("being written: got the error %v, want the outcome", err)
	}
	if _, err := s.Get(t.Context(), thing("T-1").Ref); err != nil {
		t.Errorf("get what was written: %v", err)
	}
	if err := s.Commit(t.Context(), change(thing("T-3"), 3)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), thing("T-2").Ref); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("get what was withdrawn: got %v, want ErrNotFound", err)
	}
}

func TestPatience(t *testing.T) {
	s := openTest(t, Options{Patience: time.Millisecond})
	gate := newGate()
	s.commit = (&failing{next: []func(*bbolt.Tx) error{gate.commit}}).commit
	ctx, stop := context.WithCancel(t.Context())
	outcome := make(chan error, 1)
	go func() { outcome <- s.Commit(ctx, change(thing("T-1"), 1)) }()
	<-gate.reached
	stop()
	if err := <-outcome; !errors.Is(err, storage.ErrUnknown) {
		t.Errorf("got the error %v, want ErrUnknown", err)
	}
	close(gate.open)
}

func TestBroken(t *testing.T) {
	for name, spoil := range map[string]func(s *Store) func(*bbolt.Tx) error{
		"the file is gone": func(s *Store) func(*bbolt.Tx) error {
			return func(tx *bbolt.Tx) error {
				return errors.Join(syscall.EIO, tx.Rollback(), os.Remove(s.path), os.Mkdir(s.path, 0o700))
			}
		},
		"the file is damaged": func(s *Store) func(*bbolt.Tx) error {
			return func(tx *bbolt.Tx) error {
				return errors.Join(syscall.EIO, tx.Rollback(), os.WriteFile(s.path, make([]byte, 1<<16), 0o600))
			}
		},
		"a page makes bbolt panic": func(*Store) func(*bbolt.Tx) error {
			return func(*bbolt.Tx) error { panic("page 7 already freed") }
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openTest(t, Options{})
			if err := s.Commit(t.Context(), change(thing("T-1"), 1)); err != nil {
				t.Fatal(err)
			}
			s.commit = (&failing{next: []func(*bbolt.Tx) error{spoil(s)}}).commit
			if err := s.Commit(t.Context(), change(thing("T-2"), 2)); !errors.Is(err, storage.ErrUnknown) {
				t.Errorf("got the error %v, want ErrUnknown", err)
			}
			<-s.Broken()
			if err := s.Commit(t.Context(), change(thing("T-3"), 3)); err == nil {
				t.Error("commit to a broken store: no error")
			}
			if _, err := s.Get(t.Context(), thing("T-1").Ref); err == nil || errors.Is(err, storage.ErrNotFound) {
				t.Errorf("get from a broken store: got the error %v", err)
			}
			if _, err := s.Number(t.Context(), "INC"); err == nil {
				t.Error("number from a broken store: no error")
			}
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
}

func TestFullDisk(t *testing.T) {
	s := openTest(t, Options{Ballast: 1 << 20})
	if err := s.Commit(t.Context(), change(thing("T-1"), 1)); err != nil {
		t.Fatal(err)
	}
	gate := newGate()
	f := &failing{next: []func(*bbolt.Tx) error{gate.commit, noSpace}}
	s.commit = f.commit
	go s.Commit(context.Background(), change(thing("T-0"), 0))
	<-gate.reached

	r, err := s.Get(t.Context(), thing("T-1").Ref)
	if err != nil {
		t.Fatal(err)
	}
	acknowledged, declared := make(chan error, 1), make(chan error, 1)
	go func() { declared <- s.Commit(context.Background(), change(thing("T-2"), 2)) }()
	ack := change(r, 3)
	ack.Vital = true
	go func() { acknowledged <- s.Commit(context.Background(), ack) }()
	waitFor(t, func() bool { return len(s.queue) == 2 })
	close(gate.open)
	if err := <-declared; !errors.Is(err, storage.ErrFull) {
		t.Errorf("new work: got the error %v, want ErrFull", err)
	}
	if err := <-acknowledged; err != nil {
		t.Errorf("vital work: %v", err)
	}
	if _, err := os.Stat(s.ballastPath()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the ballast: got %v, want it gone", err)
	}
	if err := s.Commit(t.Context(), change(thing("T-2"), 2)); !errors.Is(err, storage.ErrFull) {
		t.Errorf("new work while the disk is full: got the error %v, want ErrFull", err)
	}
	if _, err := s.Lease(t.Context(), storage.LeaseRequest{Now: at(), Until: at()}); err != nil {
		t.Errorf("lease while the disk is full: %v", err)
	}
	if !s.Full() {
		t.Error("the disk is full, and the store does not say so")
	}
	s.writing.Lock()
	s.retryAt = 0
	s.writing.Unlock()
	if _, err := s.Lease(t.Context(), storage.LeaseRequest{Now: at(), Until: at()}); err != nil || s.Full() {
		t.Errorf("there is space again, and without new work the store says that it is full: %v (%v)", s.Full(), err)
	}
	if err := s.Commit(t.Context(), change(thing("T-2"), 2)); err != nil {
		t.Errorf("new work when there is space again: %v", err)
	}
	if info, err := os.Stat(s.ballastPath()); err != nil || info.Size() != 1<<20 {
		t.Errorf("the ballast was not reserved again: %v", err)
	}
	storagetest.Check(t, s, storagetest.Folds())
}

func TestFullDiskWithoutReserve(t *testing.T) {
	s := openTest(t, Options{})
	s.commit = (&failing{next: []func(*bbolt.Tx) error{noSpace, noSpace}}).commit
	c := change(thing("T-1"), 1)
	c.Vital = true
	if err := s.Commit(t.Context(), c); !errors.Is(err, storage.ErrFull) {
		t.Errorf("got the error %v, want ErrFull", err)
	}
	if err := s.Commit(t.Context(), c); err != nil {
		t.Errorf("vital work later: %v", err)
	}
}
