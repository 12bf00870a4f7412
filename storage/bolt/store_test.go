package bolt_test

import (
	"flag"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/bolt"
	"github.com/watchbill/watchbill/storage/memory"
	"github.com/watchbill/watchbill/storage/storagetest"
)

func TestContract(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) storage.Store { return create(t) })
}

// file is a store that the suite can open again.
type file struct {
	*bolt.Store
	path string
}

func create(t *testing.T) *file {
	t.Helper()
	f := &file{path: filepath.Join(t.TempDir(), "watchbill.db")}
	f.Store = open(t, f.path)
	return f
}

func open(t *testing.T, path string) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(path, bolt.Options{Log: func(sentence string) { t.Log(sentence) }})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func (f *file) Reopen(t *testing.T) storage.Store {
	t.Helper()
	if err := f.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	f.Store = open(t, f.path)
	return f
}

// go test ./storage/bolt -run Differential -seeds 1000
var seedsFlag = flag.Int("seeds", 8, "how many random runs TestDifferential makes")

func TestDifferential(t *testing.T) {
	seeds, steps := *seedsFlag, 400
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			storagetest.Differential(t, memory.New(), create(t), uint64(seed), steps)
		})
	}
}
