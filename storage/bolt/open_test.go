package bolt

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"

	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/storagetest"
)

// refusal opens a path and returns what is said when that is refused.
func refusal(t *testing.T, path string, opt Options) string {
	t.Helper()
	s, err := Open(path, opt)
	if err == nil {
		s.Close()
		t.Fatal("open: no error")
	}
	return err.Error()
}

func contains(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("got %q, which does not say %q", got, w)
		}
	}
}

// written returns the path of a closed database with some records.
func written(t *testing.T, n int) string {
	t.Helper()
	s := openTest(t, Options{})
	for i := range n {
		persist(t, s, i)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return s.path
}

func TestOneProcessAtATime(t *testing.T) {
	s := openTest(t, Options{})
	short := Options{Timeout: 50 * time.Millisecond}
	contains(t, refusal(t, s.path, short), "another process holds", s.path, "stop it")
	short.ReadOnly = true
	contains(t, refusal(t, s.path, short), "another process holds")
}

func TestFormats(t *testing.T) {
	edit := func(t *testing.T, path string, f func(meta *bbolt.Bucket) error) {
		t.Helper()
		db, err := bbolt.Open(path, 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = db.Update(func(tx *bbolt.Tx) error { return f(tx.Bucket(bucketMeta)) })
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	newer := written(t, 20)
	edit(t, newer, func(meta *bbolt.Bucket) error {
		return errors.Join(meta.Put(metaFormat, []byte("2")), meta.Put(metaSince, []byte("0.9.0")))
	})
	contains(t, refusal(t, newer, Options{}), "format 2", "up to 1", "watchbill 0.9.0 or newer")
	odd := written(t, 20)
	edit(t, odd, func(meta *bbolt.Bucket) error { return meta.Put(metaFormat, []byte("x")) })
	contains(t, refusal(t, odd, Options{}), "damaged", "backup")
	loading := written(t, 20)
	edit(t, loading, func(meta *bbolt.Bucket) error { return meta.Put(metaLoading, []byte{1}) })
	contains(t, refusal(t, loading, Options{}), "restore", "did not finish")
}

func TestForeignFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	contains(t, refusal(t, path, Options{ReadOnly: true}), "no database yet")
	if err := os.WriteFile(path, bytes.Repeat([]byte("not a database\n"), 10_000), 0o600); err != nil {
		t.Fatal(err)
	}
	contains(t, refusal(t, path, Options{}), "not a Watchbill database")
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	contains(t, refusal(t, path, Options{}), path, "5 bytes", "cut off", "restore a backup")
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(t.TempDir(), "pipe.db")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []bool{false, true} {
		contains(t, refusal(t, path, Options{ReadOnly: readOnly}), "empty", "backup", "delete it")
		contains(t, refusal(t, pipe, Options{ReadOnly: readOnly}), "no file")
		contains(t, refusal(t, t.TempDir(), Options{ReadOnly: readOnly}), "no file")
	}

	other := filepath.Join(t.TempDir(), "other.db")
	db, err := bbolt.Open(other, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("theirs")); return err })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	contains(t, refusal(t, other, Options{}), "not written by Watchbill")

	cut := written(t, 20)
	info, err := os.Stat(cut)
	if err != nil {
		t.Fatal(err)
	}
	for size := min(info.Size(), 400<<10) - 4096; size > 0; size -= 16 * 4096 {
		if err := os.Truncate(cut, size); err != nil {
			t.Fatal(err)
		}
		if s, err := Open(cut, Options{}); err == nil {
			// What is missing was free or never used.
			storagetest.Check(t, s, storagetest.Folds())
			s.Close()
		}
	}
}

func TestFileIsPrivate(t *testing.T) {
	s := openTest(t, Options{Ballast: 1 << 20})
	for _, path := range []string{s.path, s.ballastPath()} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s has the mode %o, want 600", path, got)
		}
	}
}

func TestReadOnly(t *testing.T) {
	path := written(t, 20)
	a, err := Open(path, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := Open(path, Options{ReadOnly: true})
	if err != nil {
		t.Fatalf("a second reader: %v", err)
	}
	defer b.Close()
	storagetest.Check(t, a, storagetest.Folds())
	if _, found, err := b.Cause(t.Context(), "T-1/3"); err != nil || !found {
		t.Errorf("cause: got %v, %v", found, err)
	}
	_, numbered := a.Number(t.Context(), "INC")
	_, leased := a.Lease(t.Context(), storage.LeaseRequest{})
	for what, err := range map[string]error{
		"commit": a.Commit(t.Context(), change(thing("T-2"), 99)), "number": numbered, "lease": leased,
		"load": a.Load(t.Context(), nil),
	} {
		if !errors.Is(err, errReadOnly) {
			t.Errorf("%s: got the error %v", what, err)
		}
	}
}

func TestBackup(t *testing.T) {
	s := openTest(t, Options{})
	for i := range 20 {
		persist(t, s, i)
	}
	var b bytes.Buffer
	if err := s.Backup(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	want := summary(t, s)
	persist(t, s, 20)
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	restored, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer restored.Close()
	storagetest.Check(t, restored, storagetest.Folds())
	if got := summary(t, restored); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(s.path), ".snapshot*"))
	if err != nil || len(left) > 0 {
		t.Errorf("the backup left %v, %v", left, err)
	}
}

// TestTheFileIsReplacedInUse: who restores a backup without stopping first is told at once, and
// what was restored stays as it is.
func TestTheFileIsReplacedInUse(t *testing.T) {
	for what, replace := range map[string]func(path string, backup []byte) error{
		"moved":   func(path string, _ []byte) error { return os.Rename(path, path+".old") },
		"removed": func(path string, _ []byte) error { return os.Remove(path) },
		"replaced": func(path string, backup []byte) error {
			return errors.Join(os.Remove(path), os.WriteFile(path, backup, 0o600))
		},
		"overwritten": func(path string, backup []byte) error { return os.WriteFile(path, backup, 0o600) },
		"cut off":     func(path string, _ []byte) error { return os.Truncate(path, 0) },
	} {
		s := openTest(t, Options{})
		persist(t, s, 0)
		var backup bytes.Buffer
		if err := s.Backup(t.Context(), &backup); err != nil {
			t.Fatal(err)
		}
		persist(t, s, 1)
		if err := replace(s.path, backup.Bytes()); err != nil {
			t.Fatal(err)
		}
		hangs, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		err := s.Commit(hangs, change(thing("T-2"), 2))
		if says := map[bool]string{true: "the file is damaged", false: "while it was in use"}[what == "cut off"]; err == nil || errors.Is(err, storage.ErrUnknown) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got the error %v", what, err)
		}
		select {
		case <-s.Broken():
		default:
			t.Errorf("%s: the store goes on", what)
		}
		got, err := os.ReadFile(s.path)
		if gone := what == "moved" || what == "removed"; gone != errors.Is(err, os.ErrNotExist) || !gone && what != "cut off" && !bytes.Equal(got, backup.Bytes()) {
			t.Errorf("%s: the restored file has %d bytes, %v, want the %d of the backup", what, len(got), err, backup.Len())
		}
	}
}
