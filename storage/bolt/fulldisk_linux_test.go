package bolt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/storagetest"
)

// TestRealFullDisk fills a small file system: what is open goes on with the
// reserve, new work is refused until there is space again, nothing is lost.
func TestRealFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=6m"); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, 0) })
	other := filepath.Join(dir, "other")
	if err := os.WriteFile(other, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(filepath.Join(dir, "watchbill.db"), Options{Ballast: 1 << 20, Log: func(sentence string) { t.Log(sentence) }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	stored := 0
	for ; err == nil && stored < 100_000; stored++ {
		err = s.Commit(t.Context(), change(thing(fmt.Sprint("T-", stored)), 1))
	}
	if !errors.Is(err, storage.ErrFull) {
		t.Fatalf("after %d commits: got the error %v, want ErrFull", stored, err)
	}
	stored--
	r, err := s.Get(t.Context(), thing("T-0").Ref)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		c := change(r, i+2)
		c.Vital = true
		if err := s.Commit(t.Context(), c); err != nil {
			t.Fatalf("vital commit %d: %v", i, err)
		}
		r = *c.Record
	}
	if err := s.Commit(t.Context(), change(thing("T-new"), 1)); !errors.Is(err, storage.ErrFull) {
		t.Errorf("new work: got the error %v, want ErrFull", err)
	}
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	s.writing.Lock()
	s.retryAt = 0
	s.writing.Unlock()
	if err := s.Commit(t.Context(), change(thing("T-new"), 1)); err != nil {
		t.Errorf("new work when there is space again: %v", err)
	}
	for i := range stored {
		if _, err := s.Get(t.Context(), thing(fmt.Sprint("T-", i)).Ref); err != nil {
			t.Errorf("T-%d: %v", i, err)
		}
	}
	storagetest.Check(t, s, storagetest.Folds())
}
