package bot_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage/bolt"
)

// benchHouse is a bot on a real data file, in a simulated workspace.
func benchHouse(b *testing.B) (*slacksim.Server, *bot.Bot) {
	b.Helper()
	before := debug.SetGCPercent(bot.GCPercent) // as serve does
	b.Cleanup(func() { debug.SetGCPercent(before) })
	settings, err := configs.Parse([]byte(testConfig), "bench.yaml")
	if err != nil {
		b.Fatal(err)
	}
	manifest := configs.Manifest(settings)
	sim, err := slacksim.New(slacksim.Config{Manifest: manifest, KeepCalls: 500}) // what it remembers would be garbage to collect
	if err != nil {
		b.Fatal(err)
	}
	base, err := sim.Start("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { sim.Close() })
	var ids []string
	for _, name := range []string{"dev1", "dev2", "sre1", "sre2"} {
		ids = append(ids, sim.AddUser(slacksim.User{ID: "U0" + strings.ToUpper(name), Name: name}).ID)
	}
	sim.AddChannel("incidents", false, ids...)
	sim.AddChannel("general", false, ids...)
	store, err := bolt.Open(filepath.Join(b.TempDir(), "bench.db"), bolt.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { store.Close() })
	w, err := bot.New(bot.Config{Settings: settings, Store: store, BotToken: configs.Secret(sim.BotToken()), AppToken: configs.Secret(sim.AppToken()),
		SlackAPI: base + "/api/", Version: "bench", Log: zerolog.Nop()})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	b.Cleanup(func() { stop(); <-ended })
	if err := sim.Wait(ctx, func() bool { return sim.Sockets() == 2 }); err != nil {
		b.Fatal(err)
	}
	return sim, w
}

// report gives the median and the 99th percentile in milliseconds.
func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	at := func(p float64) float64 {
		return float64(took[min(len(took)-1, int(p*float64(len(took))))].Microseconds()) / 1000
	}
	b.ReportMetric(at(.5), "p50-ms")
	b.ReportMetric(at(.99), "p99-ms")
}

// BenchmarkCommand measures a slash command from Slack to its acknowledgement,
// which comes when it is durable: one at a time, 50 in flight on 50 incidents,
// and 50 in flight on one.
func BenchmarkCommand(b *testing.B) {
	for _, c := range []struct{ flying, incidents int }{{1, 1}, {50, 50}, {50, 1}} {
		b.Run(fmt.Sprintf("flying=%d/incidents=%d", c.flying, c.incidents), func(b *testing.B) {
			sim, _ := benchHouse(b)
			ctx := context.Background()
			for n := range c.incidents {
				if r, err := sim.As("U0DEV1").Slash(ctx, "general", "/inc", fmt.Sprintf("declare incident %d --sev 4", n)); err != nil || r.Error != "" {
					b.Fatal(err, r.Error)
				}
			}
			var mu sync.Mutex
			var took []time.Duration
			work, dev1 := make(chan int), sim.As("U0DEV1")
			var people sync.WaitGroup
			for range c.flying {
				people.Go(func() {
					for n := range work {
						started := time.Now()
						r, err := dev1.Slash(ctx, "general", "/inc", fmt.Sprintf("INC-%d note this is note %d", n%c.incidents+1, n))
						d := time.Since(started)
						if err != nil || r.Error != "" || r.Message == nil || !strings.Contains(r.Message.Text, "Noted") {
							b.Errorf("note %d: %v %s %s", n, err, r.Error, r.Text())
						}
						mu.Lock()
						took = append(took, d)
						mu.Unlock()
					}
				})
			}
			b.ResetTimer()
			before := cpuTime(b)
			for n := range b.N {
				work <- n
			}
			close(work)
			people.Wait()
			b.StopTimer()
			b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "cpu-us/op")
			report(b, took)
		})
	}
}

// BenchmarkDeclareToPage measures from the command that declares to the page
// standing in the commander's direct messages.
func BenchmarkDeclareToPage(b *testing.B) {
	sim, _ := benchHouse(b)
	ctx := context.Background()
	var took []time.Duration
	for n := range b.N {
		have := len(sim.DMs("U0SRE1"))
		started := time.Now()
		go sim.As("U0DEV1").Slash(ctx, "general", "/inc", fmt.Sprintf("declare outage number %d --sev 2 --service checkout", n))
		if err := sim.Wait(ctx, func() bool { return len(sim.DMs("U0SRE1")) > have }); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(started))
		b.StopTimer()
		pause := time.NewTimer(1100 * time.Millisecond) // Slack takes one message a second per person
		<-pause.C
		b.StartTimer()
	}
	report(b, took)
}
