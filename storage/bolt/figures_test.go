package bolt_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/bolt"
)

// figures is how many records TestStart makes; 0 leaves it out. The goal is
// stated for 100000: go test ./storage/bolt -run TestStart -v -figures 100000
var figures = flag.Int("figures", 0, "records for TestStart")

// TestStart measures from Open to ready, and the memory then, in a process of
// its own: of all records 1 in 100 is open, due and owes two effects.
func TestStart(t *testing.T) {
	if path := os.Getenv("BOLT_TEST_START"); path != "" {
		measureStart(t, path)
		return
	}
	if *figures == 0 {
		t.Skip("needs -figures")
	}
	path := filepath.Join(t.TempDir(), "big.db")
	s := open(t, path)
	began := time.Now()
	if err := s.Load(t.Context(), history(*figures)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("loaded %d records in %s, %d MiB", *figures, time.Since(began).Round(time.Second), info.Size()>>20)
	for _, cache := range []string{"warm", "warm", "warm", "cold", "cold", "cold"} {
		if cache == "cold" {
			out, err := exec.Command("dd", "of="+path, "oflag=nocache", "conv=notrunc,fdatasync", "count=0").CombinedOutput()
			if err != nil {
				t.Skipf("drop the cache: %v: %s", err, out)
			}
		}
		c := exec.Command(os.Args[0], "-test.run", "^TestStart$", "-test.v")
		c.Env = append(os.Environ(), "BOLT_TEST_START="+path)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		_, figures, _ := strings.Cut(string(out), "figures: ")
		figures, _, _ = strings.Cut(figures, "\n")
		t.Logf("%s: %s", cache, figures)
	}
}

func measureStart(t *testing.T, path string) {
	began := time.Now()
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	opened := time.Since(began)
	due, err := s.Due(t.Context(), time.Now(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range due {
		if _, err := s.Get(t.Context(), due[i].Ref); err != nil {
			t.Fatal(err)
		}
	}
	ready := time.Since(began)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	var anon string
	for line := range bytes.Lines(status) {
		if bytes.HasPrefix(line, []byte("RssAnon:")) {
			anon = strings.TrimSpace(strings.TrimPrefix(string(line), "RssAnon:"))
		}
	}
	began = time.Now()
	l, err := s.Lease(t.Context(), storage.LeaseRequest{Now: time.Now(), Until: time.Now(), Limit: 8})
	if err != nil {
		t.Fatal(err)
	}
	lease := time.Since(began)
	big, empty := commitTimes(t, s, open(t, filepath.Join(t.TempDir(), "empty.db")))
	t.Logf("figures: open %s, %d due read after %s, RssAnon %s, first lease of %d after another %s; commit p50 %s, on an empty store %s",
		opened.Round(time.Microsecond), len(due), ready.Round(time.Microsecond), anon, len(l.Leased), lease.Round(time.Microsecond),
		big, empty)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// commitTimes are the medians over changes of one incident in each store, in turn.
func commitTimes(t *testing.T, stores ...*bolt.Store) (a, b time.Duration) {
	records := make([]storage.Record, 2)
	took := make([][]time.Duration, 2)
	for n := range 2000 {
		for i, s := range stores {
			if n == 0 {
				records[i].Ref = storage.Ref{Kind: "incident", ID: fmt.Sprintf("INC-1-%d", time.Now().UnixNano())}
			}
			c := incidentChange(records[i], time.Now())
			began := time.Now()
			if err := s.Commit(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			took[i] = append(took[i], time.Since(began))
			records[i] = *c.Record
		}
	}
	slices.Sort(took[0])
	slices.Sort(took[1])
	return took[0][len(took[0])/2], took[1][len(took[1])/2]
}

// history is a dump of n incidents of 40 events each.
func history(n int) func() (storage.Portable, error) {
	rows := []storage.Portable{{Format: storage.Format}}
	i, now := 0, time.Now().Add(-time.Hour)
	return func() (storage.Portable, error) {
		for len(rows) == 0 {
			if i == n {
				rows = append(tail(n, now), storage.Portable{})
				i++
				break
			}
			i++
			rows = incident(i, i%100 == 0, now)
		}
		row := rows[0]
		rows = rows[1:]
		if row == (storage.Portable{}) {
			return row, io.EOF
		}
		return row, nil
	}
}

func incident(i int, live bool, now time.Time) []storage.Portable {
	r := storage.Record{Ref: storage.Ref{Kind: "incident", ID: fmt.Sprintf("INC-%d", i)}}
	var rows []storage.Portable
	for range 20 {
		c := incidentChange(r, now)
		r = *c.Record
		rows = append(rows, storage.Portable{Events: &storage.EventsOf{Ref: r.Ref, Events: c.Events}})
	}
	r.Due = time.Time{}
	if live {
		r.Due = now
	} else {
		r.Index = []storage.Entry{{Index: "closed", Key: r.ID}}
	}
	return append([]storage.Portable{{Record: &r}}, rows...)
}

// tail are the effects of the live ones and the commits of two days.
func tail(n int, now time.Time) []storage.Portable {
	var rows []storage.Portable
	for i := 100; i <= n; i += 100 {
		c := incidentChange(storage.Record{Ref: storage.Ref{Kind: "incident", ID: fmt.Sprintf("INC-%d", i)}}, now)
		for j, e := range c.Put {
			e.ID, e.State = uint64(2*i+j), storage.Pending
			rows = append(rows, storage.Portable{Effect: &e})
		}
	}
	for i := range uint64(n / 10) {
		rows = append(rows, storage.Portable{Commit: &storage.CommitWith{
			Position: i + 1, At: now, Changed: []storage.Moved{{Ref: storage.Ref{Kind: "incident", ID: fmt.Sprintf("INC-%d", i+1)}, From: 38, To: 40}},
			Causes: []storage.Cause{{Key: fmt.Sprintf("envelope/%d", i), At: now, Answer: []byte(`{"text":"Recorded."}`)}},
		}})
	}
	return append(rows, storage.Portable{Last: &storage.Last{Effect: uint64(2*n + 1), Position: uint64(n / 10)}})
}
