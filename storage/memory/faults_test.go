package memory_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
	"github.com/watchbill/watchbill/storage/storagetest"
)

func step() storage.Change {
	r := storage.Record{Ref: storage.Ref{Kind: storagetest.Kind, ID: "T-1"}}
	return storagetest.Next(r, time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), storagetest.Step{Text: "one"})
}

func TestFaults(t *testing.T) {
	lost := errors.New("the disk caught fire")
	for name, c := range map[string]struct {
		fault   memory.Fault
		want    error
		applied bool
	}{
		"none":              {memory.None(), nil, true},
		"fails":             {memory.Fails(lost), lost, false},
		"fails but applied": {memory.FailsButApplied(), storage.ErrUnknown, true},
		"conflict":          {memory.Conflict(), storage.ErrConflict, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := memory.New()
			s.Faults(func(op string, changes []storage.Change) memory.Fault {
				if op == "commit" && changes[0].Record.ID == "T-1" {
					return c.fault
				}
				return memory.None()
			})
			if err := s.Commit(t.Context(), step()); !errors.Is(err, c.want) {
				t.Errorf("got the error %v, want %v", err, c.want)
			}
			_, err := s.Get(t.Context(), step().Record.Ref)
			if applied := err == nil; applied != c.applied {
				t.Errorf("got applied %v, want %v", applied, c.applied)
			}
		})
	}
}

func TestFaultsOfReads(t *testing.T) {
	s := memory.New()
	asked := map[string]bool{}
	s.Faults(func(op string, _ []storage.Change) memory.Fault {
		asked[op] = true
		return memory.Fails(storage.ErrFull)
	})
	_, err := s.Lease(t.Context(), storage.LeaseRequest{})
	_, err2 := s.Number(t.Context(), "INC")
	if !errors.Is(err, storage.ErrFull) || !errors.Is(err2, storage.ErrFull) || !asked["lease"] || !asked["number"] {
		t.Errorf("got %v and %v after being asked about %v", err, err2, asked)
	}
}

func TestSlow(t *testing.T) {
	s := memory.New()
	release, entered := make(chan struct{}), make(chan struct{}, 2)
	s.Faults(func(string, []storage.Change) memory.Fault {
		entered <- struct{}{}
		return memory.Slow(release)
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Commit(ctx, step()) }()
	<-entered
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got the error %v, want context.Canceled", err)
	}
	go func() { done <- s.Commit(t.Context(), step()) }()
	<-entered
	close(release)
	if err := <-done; err != nil {
		t.Errorf("commit after the release: %v", err)
	}
}
