package slacksim

import (
	"context"
	"fmt"
)

// Seq is the number of the latest change.
func (s *Server) Seq() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.seq
}

// ChangesAfter returns the changes after number seq, a channel that is closed
// at the next change, and whether older ones than those returned were lost,
// in which case the reader should read the whole state again.
func (s *Server) ChangesAfter(seq uint64) (changes []Change, next <-chan struct{}, lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	changes, lost = s.journal.after(seq)
	return changes, s.journal.next(), lost
}

// Wait returns when done reports true; done is asked again after every change
// of the workspace. It may call any exported method. The error is ctx's.
func (s *Server) Wait(ctx context.Context, done func() bool) error {
	for {
		s.mu.Lock()
		next := s.journal.next()
		s.mu.Unlock()
		if done() {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return fmt.Errorf("wait for the workspace: %w", ctx.Err())
		}
	}
}

// OnChange calls f for every change from now on, in order, on one goroutine of
// its own, until cancel is called or the server is closed. A reader that falls
// far behind misses changes and sees a gap in Seq.
func (s *Server) OnChange(f func(Change)) (cancel func()) {
	ctx, stop := context.WithCancel(context.Background())
	seq := s.Seq()
	go func() {
		for {
			changes, next, _ := s.ChangesAfter(seq)
			for _, c := range changes {
				if ctx.Err() != nil {
					return
				}
				f(c)
				seq = c.Seq
			}
			select {
			case <-next:
			case <-ctx.Done():
				return
			case <-s.closing:
				return
			}
		}
	}()
	return stop
}
