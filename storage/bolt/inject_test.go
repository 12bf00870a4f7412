package bolt_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/bolt"
	"github.com/watchbill/watchbill/storage/storagetest"
)

// TestInjectedFaults lets real system calls of a process that commits fail, with
// strace: once or for good. What was acknowledged must be there, what was refused
// must not, and what is unknown may be either, but whole.
func TestInjectedFaults(t *testing.T) {
	if path := os.Getenv("BOLT_TEST_INJECT"); path != "" {
		commitSome(t, path)
		return
	}
	if testing.Short() {
		t.Skip("slow")
	}
	strace := straceFor(t)
	hits := 0
	for _, call := range []string{"pwrite64", "fdatasync"} {
		for _, fault := range []string{"EIO", "ENOSPC"} {
			for _, when := range []string{"3", "4", "5", "6", "7", "9", "12", "5+", "8+"} {
				inject := fmt.Sprintf("%s:error=%s:when=%s", call, fault, when)
				t.Run(inject, func(t *testing.T) { hits += injected(t, strace, inject) })
			}
		}
	}
	t.Logf("%d commits were told something else than done", hits)
	if hits == 0 {
		t.Error("no fault reached a commit")
	}
}

func injected(t *testing.T, strace, inject string) (hits int) {
	path := filepath.Join(t.TempDir(), "watchbill.db")
	open(t, path).Close()
	c := exec.Command(strace, "-f", "-qq", "-o", os.DevNull, "-e", "inject="+inject, os.Args[0], "-test.run", "^TestInjectedFaults$")
	c.Env = append(os.Environ(), "BOLT_TEST_INJECT="+path, "GOMAXPROCS=1")
	out, err := c.CombinedOutput()
	if !bytes.Contains(out, []byte("finished")) {
		t.Logf("the process ended early (%v)", err)
	}
	s := open(t, path)
	storagetest.Check(t, s, storagetest.Folds())
	for line := range strings.Lines(string(out)) {
		var id, outcome string
		if n, _ := fmt.Sscanf(line, "%s %s", &outcome, &id); n != 2 || !strings.HasPrefix(id, "T-") {
			continue
		}
		_, err := s.Get(t.Context(), storage.Ref{Kind: storagetest.Kind, ID: id})
		there := err == nil
		switch outcome {
		case "done":
			if !there {
				t.Errorf("%s was acknowledged and is not there", id)
			}
		case "refused":
			hits++
			if there {
				t.Errorf("%s was refused and is there", id)
			}
		case "unknown":
			hits++
		}
	}
	return hits
}

// commitSome commits eight new records and prints what it is told.
func commitSome(t *testing.T, path string) {
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		id := fmt.Sprintf("T-%d", i)
		err := s.Commit(t.Context(), crashChange(storage.Record{Ref: storage.Ref{Kind: storagetest.Kind, ID: id}}, time.Now()))
		switch {
		case err == nil:
			fmt.Println("done", id)
		case errors.Is(err, storage.ErrUnknown):
			fmt.Println("unknown", id)
		default:
			fmt.Println("refused", id)
		}
	}
	fmt.Println("finished")
}
