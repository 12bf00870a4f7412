package watch_test

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/watch"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/storage/bolt"
)

var timers = flag.Int("timers", 10_000, "armed timers of BenchmarkArmedTimers; a multiple of 60")

// BenchmarkArmedTimers measures how late the steps of pages are taken while many pages
// are open on a data file, each with the timer of its next step: the timers of all run
// out within a minute, evenly.
func BenchmarkArmedTimers(b *testing.B) {
	var late []time.Duration
	for range b.N {
		late = append(late, armedTimers(b)...)
	}
	slices.Sort(late)
	b.ReportMetric(float64(late[len(late)/2].Microseconds())/1000, "late-p50-ms")
	b.ReportMetric(float64(late[len(late)*99/100].Microseconds())/1000, "late-p99-ms")
	b.ReportMetric(0, "ns/op")
}

// each policy has five pages, as many as a person gets before they answer one.
const each = 5

func armedTimers(b *testing.B) []time.Duration {
	settings, err := configs.Parse([]byte(timersConfig(*timers/each)), "bench.yaml")
	if err != nil {
		b.Fatal(err)
	}
	store, err := bolt.Open(filepath.Join(b.TempDir(), "bench.db"), bolt.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	var mu sync.Mutex
	var late []time.Duration
	var w *watch.Watch
	d := desk.New(desk.Config{Store: store, Settings: settings, Wake: func() { w.Wake() }})
	w = watch.New(watch.Config{Store: store, Desk: d, Late: func(by time.Duration) { mu.Lock(); defer mu.Unlock(); late = append(late, by) }})
	ctx, stop := context.WithTimeout(b.Context(), 3*time.Minute)
	defer stop()
	for n := range each {
		for list := range slices.Chunk(alertsForAll(*timers/each, n), 500) {
			if _, err := d.Hear(ctx, "bench", list); err != nil {
				b.Fatal(err)
			}
		}
	}
	pages, err := d.OpenPages(ctx, 0)
	if err != nil {
		b.Fatal(err)
	}
	if len(pages) != *timers {
		b.Fatalf("%d timers are armed, want %d", len(pages), *timers)
	}
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	for { // until each has run out once
		mu.Lock()
		n := len(late)
		mu.Unlock()
		if n >= *timers {
			break
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			b.Fatalf("%d of %d timers ran out", n, *timers)
		}
	}
	stop()
	<-ended
	return late
}

// timersConfig has so many people with a policy each; their steps wait from 30 seconds
// on to a minute longer.
func timersConfig(n int) string {
	var people, services, policies strings.Builder
	for i := range n {
		wait := 30*time.Second + time.Duration(i)*time.Minute/time.Duration(n)
		fmt.Fprintf(&people, "  - {name: p%d, slack: U0P%d}\n", i, i)
		fmt.Fprintf(&services, "  - {name: s%d, escalation: e%d}\n", i, i)
		fmt.Fprintf(&policies, "  - {name: e%d, steps: [{notify: [\"person:p%d\"], wait: %s}], repeat: 1}\n", i, i, wait.Round(time.Millisecond))
	}
	return "people:\n" + people.String() + "services:\n" + services.String() + "escalations:\n" + policies.String()
}

func alertsForAll(n, round int) []alert.Signal {
	var list []alert.Signal
	for i := range n {
		list = append(list, alert.Signal{Key: fmt.Sprintf("%d.%d", round, i), Status: alert.Firing, Title: "disk full", Service: fmt.Sprintf("s%d", i), Count: 1})
	}
	return list
}
