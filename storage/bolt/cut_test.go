package bolt_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/bolt"
	"github.com/watchbill/watchbill/storage/storagetest"
)

var (
	cuts    = flag.Int("cuts", 100, "how often TestPowerCut cuts the power")
	cutSeed = flag.Uint64("cut-seed", 1, "when, and what is lost")
)

// TestPowerCut cuts the power of a process that commits. It notes with strace what the
// process writes to its file and when that is synced, and makes the files that a disk may
// hold after a cut at any moment: all that was synced, and of what was not any sectors. What
// was acknowledged before must be there, and nothing by halves.
func TestPowerCut(t *testing.T) {
	if path := os.Getenv("BOLT_TEST_CUT"); path != "" {
		commitAtOnce(t, path)
		return
	}
	strace := straceFor(t)
	path := filepath.Join(t.TempDir(), "watchbill.db")
	open(t, path).Close()
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	noted := filepath.Join(t.TempDir(), "strace")
	c := exec.Command(strace, "-f", "-qq", "-xx", "-s", "99999999", "-e", "trace=openat,write,pwrite64,ftruncate,fdatasync,fsync", "-o", noted, os.Args[0], "-test.run", "^TestPowerCut$")
	c.Env = append(os.Environ(), "BOLT_TEST_CUT="+path)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	did := readNotes(t, noted, path)
	r := rand.New(rand.NewPCG(*cutSeed, 0))
	lost := 0
	n := *cuts
	if testing.Short() {
		n /= 10
	}
	for range n {
		at := r.IntN(len(did)) + 1
		d, acked := diskAt(did[:at], first)
		lost += d.cut(r)
		image := filepath.Join(t.TempDir(), "cut.db")
		d.store(t, image)
		s := open(t, image)
		storagetest.Check(t, s, storagetest.Folds())
		posts := postsOf(t, s)
		for id, seq := range acked {
			whole(t, s, posts, id, seq)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			t.Fatalf("after a cut behind step %d of %d", at, len(did))
		}
		os.Remove(image)
	}
	t.Logf("%d cuts in %d steps, %d sectors lost", n, len(did), lost)
	if lost == 0 {
		t.Error("nothing was lost: every write was synced before the next")
	}
}

// straceFor is the path of strace, without which a test is skipped where CI does not run.
func straceFor(t *testing.T) string {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal("strace is not installed, and CI must run this test")
	}
	if err == nil {
		err = exec.Command(strace, "-f", "-o", os.DevNull, "true").Run()
	}
	if err != nil {
		t.Skipf("strace cannot be used here: %v", err)
	}
	return strace
}

// commitAtOnce changes some records from as many goroutines, which say what they were told.
func commitAtOnce(t *testing.T, path string) {
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for w := range crashWriters {
		wait.Go(func() {
			r := storage.Record{Ref: storage.Ref{Kind: storagetest.Kind, ID: fmt.Sprintf("T-%d", w)}}
			for range 12 {
				c := crashChange(r, time.Now())
				if err := s.Commit(t.Context(), c); err != nil {
					t.Error(err)
					return
				}
				r = *c.Record
				os.Stdout.WriteString(fmt.Sprintf("acked %s %d\n", r.ID, r.Seq))
			}
		})
	}
	wait.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// step is something that the process did: it wrote to its file, gave it a size, waited until
// all before a step was on the disk, or said that a record was acknowledged.
type step struct {
	at     int64
	data   []byte
	size   int64  // of a step that gives one
	synced int    // of a sync: the number of steps that it covers
	id     string // of an acknowledgement
	seq    uint64
}

// readNotes reads what strace noted. Calls of several threads stand between each other: a
// write may reach the disk from when it begins, a sync holds once it has ended.
func readNotes(t *testing.T, notes, path string) (did []step) {
	t.Helper()
	f, err := os.Open(notes)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	type call struct {
		name, args string
		began      int
	}
	calls := map[string]call{} // that have begun, by thread
	ours := ""                 // the descriptor of the file
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		thread, text, _ := strings.Cut(lines.Text(), " ")
		if text = strings.TrimSpace(text); text[0] == '-' || text[0] == '+' { // a signal, or an end
			continue
		}
		_, result, ended := strings.Cut(text, " = ")
		c := calls[thread]
		if !strings.HasPrefix(text, "<... ") {
			c.name, c.args, _ = strings.Cut(text, "(")
			c.began = len(did)
			if s, ok := begun(t, c.name, strings.Split(c.args, ", "), ours); ok {
				did = append(did, s)
			}
			calls[thread] = c
		}
		switch result = strings.TrimSpace(result); {
		case !ended:
		case c.name == "openat" && strings.Contains(c.args, hexed(path)+`"`):
			ours = result
		case (c.name == "fdatasync" || c.name == "fsync") && strings.TrimRight(strings.Fields(c.args)[0], ")") == ours && result == "0":
			did = append(did, step{synced: c.began})
		}
	}
	if err := lines.Err(); err != nil || len(did) == 0 {
		t.Fatalf("nothing was noted: %v", err)
	}
	return did
}

// hexed is a text as strace -xx prints it.
func hexed(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, `\x%02x`, c)
	}
	return b.String()
}

// begun is the step with which a call begins.
func begun(t *testing.T, name string, args []string, ours string) (step, bool) {
	t.Helper()
	number := func(text string) int64 {
		n, err := strconv.ParseInt(strings.TrimRight(strings.Fields(text)[0], ")"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	switch {
	case name == "write" && args[0] == "1":
		s := step{}
		n, _ := fmt.Sscanf(string(unhexed(t, args[1])), "acked %s %d", &s.id, &s.seq)
		return s, n == 2
	case name == "pwrite64" && args[0] == ours:
		return step{at: number(args[3]), data: unhexed(t, args[1])}, true
	case name == "ftruncate" && args[0] == ours:
		return step{size: number(args[1])}, true
	}
	return step{}, false
}

func unhexed(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Trim(text, `"`), `\x`, ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// disk is the file on a disk: what is on it for sure, and what is on its way.
type disk struct {
	data    []byte
	size    int64
	pending []step
}

// diskAt is the disk after some steps, and which sequence of each record was acknowledged.
func diskAt(did []step, first []byte) (*disk, map[string]uint64) {
	d := &disk{data: bytes.Clone(first), size: int64(len(first))}
	acked := map[string]uint64{}
	done := 0 // steps that a sync has covered
	for n, s := range did {
		switch {
		case s.id != "":
			acked[s.id] = s.seq
		case s.data == nil && s.size == 0:
			for ; done < s.synced; done++ {
				d.take(did[done])
			}
		}
		if n == len(did)-1 {
			d.pending = did[done:]
		}
	}
	return d, acked
}

func (d *disk) take(s step) {
	if s.size > 0 {
		d.size = s.size
	}
	if s.data != nil {
		d.write(s.at, s.data)
	}
}

func (d *disk) write(at int64, data []byte) {
	end := at + int64(len(data))
	if more := end - int64(len(d.data)); more > 0 {
		d.data = append(d.data, make([]byte, more)...)
	}
	copy(d.data[at:], data)
	d.size = max(d.size, end)
}

const sector = 512

// cut puts on the disk what a cut leaves of what was on its way, and counts what is lost.
func (d *disk) cut(r *rand.Rand) (lost int) {
	keep := []float64{0, .1, .5, .9, 1}[r.IntN(5)]
	halves := r.IntN(2) == 0 // whether writes may be torn
	for _, s := range d.pending {
		all := r.Float64() < keep
		if s.size > 0 && all {
			d.size = max(d.size, s.size)
		}
		for n := 0; n < len(s.data); n += sector {
			if halves && r.Float64() < keep || !halves && all {
				d.write(s.at+int64(n), s.data[n:min(n+sector, len(s.data))])
			} else {
				lost++
			}
		}
	}
	return lost
}

func (d *disk) store(t *testing.T, path string) {
	t.Helper()
	if err := errors.Join(os.WriteFile(path, d.data, 0o600), os.Truncate(path, d.size)); err != nil {
		t.Fatal(err)
	}
}
