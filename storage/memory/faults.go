package memory

import (
	"context"

	"github.com/watchbill/watchbill/storage"
)

// Fault is what happens to one call of a store. The zero value is no fault.
type Fault struct {
	err     error
	applied bool
	release <-chan struct{}
}

// None lets the call happen.
func None() Fault { return Fault{} }

// Fails makes the call return err without having done anything.
func Fails(err error) Fault { return Fault{err: err} }

// FailsButApplied does what was asked and returns storage.ErrUnknown. Reads
// just fail.
func FailsButApplied() Fault { return Fault{err: storage.ErrUnknown, applied: true} }

// Conflict makes the call return storage.ErrConflict: somebody else was faster.
func Conflict() Fault { return Fault{err: storage.ErrConflict} }

// Slow holds the call until release is closed. A context that ends before
// withdraws it.
func Slow(release <-chan struct{}) Fault { return Fault{release: release} }

// Faults sets the function that is asked before each call what is to happen to
// it; nil means no faults. op is the name of the method in lower case
// ("commit", "lease", "get"); changes are those of a commit, otherwise nil. The
// function is called without a lock held, and perhaps from many goroutines.
func (s *Store) Faults(f func(op string, changes []storage.Change) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// enter asks for the fault of a call and waits if it is slow. A nil error means
// that the call is to be done; then after is what it returns instead of success.
func (s *Store) enter(ctx context.Context, op string, changes []storage.Change) (after, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	ask := s.faults
	s.mu.Unlock()
	if ask == nil {
		return nil, nil
	}
	f := ask(op, changes)
	if f.release != nil {
		select {
		case <-f.release:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if f.applied {
		return f.err, nil
	}
	return nil, f.err
}
