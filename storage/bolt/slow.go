package bolt

import (
	"fmt"
	"time"
)

// A disk that takes slowFrom for a write is slow, which is told every slowEvery; one that
// takes stuckAfter may never answer, which is told while it lasts.
const (
	slowFrom   = time.Second
	slowEvery  = time.Minute
	stuckAfter = 10 * time.Second
)

// Writing says for how long the write under way has lasted; 0: there is none. What waits
// behind it is not stored meanwhile.
func (s *Store) Writing() time.Duration {
	began := s.began.Load()
	if began == nil {
		return 0
	}
	return max(time.Since(*began), 1)
}

// begins notes that a write begins. The function it returns notes its end, and tells how
// long it took.
func (s *Store) begins() func() {
	began := time.Now()
	s.began.Store(&began)
	stuck := time.AfterFunc(stuckAfter, func() {
		s.opt.Log(fmt.Sprintf("A write to %s has not ended for %s: nothing is recorded until it does, and nobody is paged. Look at the disk.", s.path, stuckAfter))
	})
	return func() {
		stuck.Stop()
		s.began.Store(nil)
		took := time.Since(began)
		s.opt.Wrote(took)
		if took >= slowFrom && began.Sub(s.slowTold) >= slowEvery {
			s.slowTold = began
			s.opt.Log(fmt.Sprintf("A write to %s took %s: the disk is slow, and everything waits for it.", s.path, took.Round(time.Millisecond)))
		}
	}
}
