package bolt

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	bbolt "go.etcd.io/bbolt"
)

// TestASlowDiskIsTold: a disk that takes seconds is told at most every minute, one that
// does not answer while it lasts, and the store says for how long.
func TestASlowDiskIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex // the log is told by timers too
		var log []string
		told := func() []string {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(log)
		}
		var wrote []time.Duration
		s, err := Open(filepath.Join(t.TempDir(), "watchbill.db"), Options{
			Log: func(sentence string) {
				mu.Lock()
				defer mu.Unlock()
				log = append(log, sentence)
			},
			Wrote: func(took time.Duration) { wrote = append(wrote, took) },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		var pace time.Duration
		s.commit = func(tx *bbolt.Tx) error {
			time.Sleep(pace)
			return tx.Commit()
		}
		put := func(id string) {
			if err := s.Commit(t.Context(), change(thing(id), 1)); err != nil {
				t.Error(err)
			}
		}

		pace = time.Second - time.Millisecond
		put("a")
		if len(told()) > 0 || !slices.Equal(wrote, []time.Duration{pace}) {
			t.Errorf("of a write just below a second: told %q, measured %v", told(), wrote)
		}
		pace = 3 * time.Second
		put("b")
		put("c")
		if len(told()) != 1 || !strings.Contains(told()[0], "took 3s") {
			t.Errorf("of two slow writes within a minute: told %q, want one sentence", told())
		}
		time.Sleep(time.Minute)
		put("d")
		if len(told()) != 2 {
			t.Errorf("of a slow write a minute later: told %q", told())
		}

		pace = time.Hour
		go put("e")
		time.Sleep(stuckAfter - time.Millisecond)
		if len(told()) > 2 {
			t.Errorf("told early: %q", told())
		}
		time.Sleep(5*time.Second + time.Millisecond)
		if len(told()) != 3 || !strings.Contains(told()[2], "has not ended for 10s") {
			t.Errorf("of a write that does not end: told %q", told())
		}
		if got, want := s.Writing(), stuckAfter+5*time.Second; got != want {
			t.Errorf("the write has lasted %s, want %s", got, want)
		}
		time.Sleep(time.Hour)
		if got := s.Writing(); got != 0 {
			t.Errorf("a write of %s is under way after its end", got)
		}
	})
}
