package bolt

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/storagetest"
)

// torn is how many files TestTornFiles damages.
var (
	torn     = flag.Int("torn", 100, "how many files TestTornFiles damages")
	tornSeed = flag.Int("torn-seed", 11, "which files TestTornFiles damages")
)

// TestTornFiles takes a file that a power cut or a bad copy left behind: pages of zeros, pages
// that swapped their places, pages that are still as they were some commits ago, a file cut
// off anywhere. It is refused when it is opened or verified, or its records and their events
// are what one of the last commits left: an older page of what is owed looks like any other,
// for bbolt has no checksums of pages. What opens it for writing neither panics nor hangs,
// unless pages lead back to themselves, in which bbolt loses its way for good.
func TestTornFiles(t *testing.T) {
	states := lastStates(t)
	last := states[len(states)-1]
	old, young := mustRead(t, states[0]), mustRead(t, last)
	var want [][]byte
	for _, path := range states {
		want = append(want, recorded(t, path))
	}
	_, used := usedPart(t, last)
	pages := int(used / 4096)
	r := rand.New(rand.NewPCG(11, uint64(*tornSeed)))
	found, whole := map[string]int{}, map[string]int{}
	for range *torn {
		data := bytes.Clone(young)
		page := func() []byte { at := r.IntN(pages) * 4096; return data[at : at+4096] }
		kind := []string{"zeros", "swapped", "stale", "cut off"}[r.IntN(4)]
		switch kind {
		case "zeros":
			for range 1 + r.IntN(3) {
				clear(page())
			}
		case "swapped":
			a, b := page(), page()
			was := bytes.Clone(a)
			copy(a, b)
			copy(b, was)
		case "stale":
			n := stalePages(r, old, data, pages)
			if n == 0 {
				continue
			}
		case "cut off":
			data = data[:r.Int64N(used)]
		}
		path := filepath.Join(t.TempDir(), "torn.db")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		switch {
		case detected(t, path):
			found[kind]++
			if kind != "stale" || inOrder(t, path) {
				useTorn(t, path)
			}
		case slices.ContainsFunc(want, func(w []byte) bool { return bytes.Equal(w, recorded(t, path)) }):
			whole[kind]++
		default:
			t.Errorf("%s: something else is read, and nothing was found", kind)
		}
	}
	t.Logf("found %v, whole %v", found, whole)
}

// recorded is what can be read but for effects and receipts, and what was given out last.
func recorded(t *testing.T, path string) []byte {
	t.Helper()
	var kept []byte
	for line := range bytes.Lines(contents(t, path)) {
		if bytes.HasPrefix(line, []byte(`{"record"`)) || bytes.HasPrefix(line, []byte(`{"events"`)) {
			kept = append(kept, line...)
		}
	}
	return kept
}

// inOrder says whether no page is out of place: one that is older than the others may lead
// back to itself.
func inOrder(t *testing.T, path string) bool {
	t.Helper()
	problems, err := CheckFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return len(problems) == 0
}

// stalePages puts back some of the pages that differ, but for the two first ones.
func stalePages(r *rand.Rand, old, data []byte, pages int) int {
	n := 0
	for _, p := range r.Perm(pages) {
		at := p * 4096
		if n < 2 && p > 1 && at+4096 <= len(old) && !bytes.Equal(old[at:at+4096], data[at:at+4096]) {
			copy(data[at:], old[at:at+4096])
			n++
		}
	}
	return n
}

// lastStates are copies of one file after each of its last commits.
func lastStates(t *testing.T) (paths []string) {
	t.Helper()
	s := openTest(t, Options{})
	for i := range 65 {
		persist(t, s, i)
		if i >= 60 {
			path := filepath.Join(t.TempDir(), "copy.db")
			if err := os.WriteFile(path, mustRead(t, s.path), 0o600); err != nil {
				t.Fatal(err)
			}
			paths = append(paths, path)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return paths
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// useTorn works with a damaged file as a bot would that was not told.
func useTorn(t *testing.T, path string) {
	t.Helper()
	s, err := Open(path, Options{})
	if err != nil {
		if !strings.Contains(err.Error(), path) {
			t.Errorf("the refusal does not name the file: %v", err)
		}
		return
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for range 6 { // errors are expected, panics are not
		c := storagetest.Next(storage.Record{Ref: storage.Ref{Kind: storagetest.Kind, ID: "new"}}, start, storagetest.Step{Text: "goes on"})
		_ = s.Commit(t.Context(), c)
		_, _ = s.Lease(t.Context(), storage.LeaseRequest{Now: start, Until: start})
		_, _ = s.Changed(t.Context(), 0, 0)
		_, _ = s.Sweep(t.Context(), start.AddDate(0, 2, 0))
	}
	_ = s.Close()
}
