package bolt

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	bbolt "go.etcd.io/bbolt"

	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/storagetest"
)

// flips is how many bits TestFlippedBits turns, one at a time.
var flips = flag.Int("flips", 300, "how many bits TestFlippedBits turns")

// TestFlippedBits turns single bits of a file: each is found when the file is
// opened or verified, or makes no difference to what is read.
func TestFlippedBits(t *testing.T) {
	path := compacted(t)
	whole, used := usedPart(t, path)
	want := contents(t, path)
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	if err := os.WriteFile(damaged, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(damaged, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := rand.New(rand.NewPCG(7, 7))
	found, harmless := 0, 0
	for range *flips {
		at, bit := r.Int64N(used), byte(1)<<r.IntN(8)
		flip(t, f, at, whole[at]^bit)
		if detected(t, damaged) {
			found++
		} else if got := contents(t, damaged); !bytes.Equal(got, want) {
			t.Fatalf("bit %08b of byte %d (page %d, offset %d) changes what is read, and is not found", bit, at, at/4096, at%4096)
		} else {
			harmless++
		}
		flip(t, f, at, whole[at])
	}
	if found == 0 {
		t.Error("nothing was found")
	}
	t.Logf("%d bits turned: %d found, %d in space that is not used", *flips, found, harmless)
}

// compacted is a file without free pages.
func compacted(t *testing.T) string {
	t.Helper()
	from, err := bbolt.Open(written(t, 150), 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "compact.db")
	to, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(bbolt.Compact(to, from, 0), from.Close(), to.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func flip(t *testing.T, f *os.File, at int64, b byte) {
	t.Helper()
	if _, err := f.WriteAt([]byte{b}, at); err != nil {
		t.Fatal(err)
	}
}

func usedPart(t *testing.T, path string) ([]byte, int64) {
	t.Helper()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var used int64
	err = s.view(t.Context(), func(tx *bbolt.Tx) error { used = tx.Size(); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return whole[:min(int64(len(whole)), used+1<<16)], used
}

// contents is everything that can be read.
func contents(t *testing.T, path string) []byte {
	t.Helper()
	s, err := Open(path, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var b bytes.Buffer
	if err := s.Dump(t.Context(), func(p storage.Portable) error { return json.NewEncoder(&b).Encode(p) }); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func detected(t *testing.T, path string) bool {
	t.Helper()
	if problems, err := CheckFile(t.Context(), path); err != nil || len(problems) > 0 {
		return true
	}
	s, err := Open(path, Options{ReadOnly: true})
	if err != nil {
		return true
	}
	defer s.Close()
	report, err := storage.Verify(t.Context(), s, storagetest.Folds())
	return err != nil || len(report.Problems) > 0
}
