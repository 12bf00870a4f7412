package bolt_test

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/bolt"
	"github.com/watchbill/watchbill/storage/storagetest"
)

// lives is how often TestKill kills: go test ./storage/bolt -run Kill -lives 500
var lives = flag.Int("lives", 15, "how many processes TestKill kills")

const crashWriters = 4

// TestKill kills a process that commits, again and again on one file. What it
// was told is stored must be there, and nothing may be there by halves.
func TestKill(t *testing.T) {
	if path := os.Getenv("BOLT_TEST_KILL"); path != "" {
		commitForEver(t, path)
		return
	}
	n := *lives
	if testing.Short() {
		n = 3
	}
	path := filepath.Join(t.TempDir(), "watchbill.db")
	acked := map[string]uint64{}
	total := 0
	for range n {
		total += oneLife(t, path, acked)
		s := open(t, path)
		storagetest.Check(t, s, storagetest.Folds())
		posts := postsOf(t, s)
		for id, seq := range acked {
			acked[id] = whole(t, s, posts, id, seq)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d lives, %d acknowledged commits, none lost", n, total)
}

// oneLife starts a writer, kills it and notes what it was told is stored.
func oneLife(t *testing.T, path string, acked map[string]uint64) (commits int) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run", "^TestKill$")
	c.Env = append(os.Environ(), "BOLT_TEST_KILL="+path)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	stop := 1 + rand.IntN(150)
	for lines.Scan() {
		var id string
		var seq uint64
		if n, _ := fmt.Sscanf(lines.Text(), "acked %s %d", &id, &seq); n != 2 {
			continue
		}
		acked[id] = seq
		if commits++; commits == stop {
			time.AfterFunc(time.Duration(rand.IntN(2000))*time.Microsecond, func() { c.Process.Signal(syscall.SIGKILL) })
		}
	}
	err = c.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the writer ended by itself: %v", err)
	}
	return commits
}

// whole checks that every commit of a record up to seq is there with all parts,
// and returns where the record is.
func whole(t *testing.T, s *bolt.Store, posts map[string]uint64, id string, seq uint64) uint64 {
	t.Helper()
	r, err := s.Get(t.Context(), storage.Ref{Kind: storagetest.Kind, ID: id})
	if err != nil || r.Seq < seq {
		t.Errorf("%s: acknowledged at %d and found at %d (%v)", id, seq, r.Seq, err)
		return seq
	}
	if r.Seq > seq+1 {
		t.Errorf("%s: acknowledged at %d and found at %d: more than one was under way", id, seq, r.Seq)
	}
	for n := max(seq, 100) - 99; n <= r.Seq+1; n++ { // the older ones were looked at before
		_, found, err := s.Cause(t.Context(), fmt.Sprintf("%s/%d", id, n))
		if err != nil || found != (n <= r.Seq) {
			t.Errorf("%s: the cause of %d: got %v, %v", id, n, found, err)
		}
	}
	if posts[id] != r.Seq {
		t.Errorf("%s: %d commits and %d effects", id, r.Seq, posts[id])
	}
	return r.Seq
}

// postsOf counts the edge effects of each record.
func postsOf(t *testing.T, s *bolt.Store) map[string]uint64 {
	t.Helper()
	effects, err := s.Effects(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	posts := map[string]uint64{}
	for _, e := range effects {
		if strings.HasPrefix(e.Target, "post/") {
			posts[e.Record.ID]++
		}
	}
	return posts
}

func commitForEver(t *testing.T, path string) {
	s := open(t, path)
	var mu sync.Mutex
	var wait sync.WaitGroup
	for w := range crashWriters {
		wait.Go(func() {
			id := fmt.Sprintf("T-%d", w)
			r, err := s.Get(t.Context(), storage.Ref{Kind: storagetest.Kind, ID: id})
			if errors.Is(err, storage.ErrNotFound) {
				r, err = storage.Record{Ref: storage.Ref{Kind: storagetest.Kind, ID: id}}, nil
			}
			for err == nil {
				c := crashChange(r, time.Now())
				if err = s.Commit(t.Context(), c); err == nil {
					r = *c.Record
					mu.Lock()
					fmt.Printf("acked %s %d\n", id, r.Seq)
					mu.Unlock()
				}
			}
			t.Error(err)
		})
	}
	wait.Wait()
}

func crashChange(r storage.Record, now time.Time) storage.Change {
	next := r.Seq + 1
	c := storagetest.Next(r, now, storagetest.Step{
		Text: fmt.Sprint(next), Due: now, Index: []storage.Entry{{Index: "name", Key: fmt.Sprint(r.ID, "/", next), Unique: true}},
	})
	c.Put = []storage.Effect{
		{Target: "card/" + r.ID, Level: true, Seq: next, Kind: "card", Dest: "room/" + r.ID, Class: storage.Card, Created: now, Record: r.Ref},
		{Target: fmt.Sprintf("post/%s/%d", r.ID, next), Kind: "post", Dest: "room/" + r.ID, Class: storage.Chatter, Created: now, Record: r.Ref},
	}
	c.Causes = []storage.Cause{{Key: fmt.Sprintf("%s/%d", r.ID, next), At: now}}
	return c
}
