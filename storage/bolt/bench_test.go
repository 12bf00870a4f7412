package bolt_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/bolt"
)

// BenchmarkCommit stores changes of incidents, one incident for each writer: a
// record of about 700 bytes, two events, a level effect that takes the place of
// the one before, an edge effect, a due time that moves, a cause. Compare with
// boltbench's ingest (five puts of an alert) at as many goroutines.
func BenchmarkCommit(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s, err := bolt.Open(filepath.Join(b.TempDir(), "bench.db"), bolt.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			var left atomic.Int64
			left.Store(int64(b.N))
			var mu sync.Mutex
			var took []time.Duration
			var wait sync.WaitGroup
			b.ResetTimer()
			for w := range writers {
				wait.Go(func() {
					mine := write(b, s, fmt.Sprintf("INC-%d", w+1), &left)
					mu.Lock()
					defer mu.Unlock()
					took = append(took, mine...)
				})
			}
			wait.Wait()
			b.StopTimer()
			slices.Sort(took)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}

func write(b *testing.B, s *bolt.Store, id string, left *atomic.Int64) []time.Duration {
	var took []time.Duration
	r := storage.Record{Ref: storage.Ref{Kind: "incident", ID: id}}
	for left.Add(-1) >= 0 {
		t := time.Now()
		c := incidentChange(r, t)
		if err := s.Commit(context.Background(), c); err != nil {
			b.Error(err)
			return took
		}
		took = append(took, time.Since(t))
		r = *c.Record
	}
	return took
}

// padding is what a title, a summary and some names would take.
var padding = strings.Repeat("x", 660)

// incidentChange is a change as the desk makes them.
func incidentChange(r storage.Record, now time.Time) storage.Change {
	next := storage.Record{
		Ref: r.Ref, Seq: r.Seq + 2, Due: now.Add(5 * time.Minute),
		Index: []storage.Entry{{Index: "open", Key: r.ID}, {Index: "channel", Key: "C" + r.ID, Unique: true}},
		Body:  []byte(`{"title":"checkout returns 503","text":"` + padding + `"}`),
	}
	events := []storage.Event{
		{Kind: "incident.updated", At: now, Recorded: now, Body: []byte(`{"by":"dev1","text":"` + padding[:100] + `"}`)},
		{Kind: "incident.seen", At: now, Recorded: now, Body: []byte(`{"by":"dev1"}`)},
	}
	next.Head = storage.Seal(r.Seq, r.Head, events)
	return storage.Change{
		Record: &next, Base: r.Seq, Events: events,
		Put: []storage.Effect{
			{Target: "card/" + r.ID, Level: true, Kind: "slack.card", Dest: "slack/room/" + r.ID, Class: storage.Card, Record: r.Ref, Seq: next.Seq, Created: now},
			{Target: "post/" + r.ID + "/" + strconv.FormatUint(next.Seq, 10), Kind: "slack.post", Dest: "slack/room/" + r.ID, Class: storage.Chatter, Record: r.Ref, Created: now, Body: []byte(`{"text":"` + padding[:120] + `"}`)},
		},
		Causes: []storage.Cause{{Key: "envelope/" + r.ID + "/" + strconv.FormatUint(next.Seq, 10), At: now, Answer: []byte(`{"text":"Recorded."}`)}},
	}
}
