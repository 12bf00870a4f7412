package courier_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
	"github.com/watchbill/watchbill/storage/storagetest"
)

// owner is the record that owes the effects of these tests.
var owner = storage.Ref{Kind: storagetest.Kind, ID: "T-1"}

// yard is a courier on a store in memory, and what its deliverers were asked.
type yard struct {
	t       *testing.T
	store   *memory.Store
	courier *courier.Courier
	config  courier.Config
	ended   chan error
	stop    context.CancelFunc

	mu   sync.Mutex
	jobs []courier.Job
	log  bytes.Buffer
}

// inYard runs a test on a fresh yard in a bubble of its own time. Its deliverer
// of kind "post" answers everything as done. At the end the store is verified.
func inYard(t *testing.T, test func(t *testing.T, y *yard)) {
	synctest.Test(t, func(t *testing.T) {
		y := &yard{t: t, store: memory.New()}
		settings, err := configs.Parse(nil, "empty.yaml")
		if err != nil {
			t.Fatal(err)
		}
		y.config = courier.Config{Store: y.store, Desk: desk.New(desk.Config{Store: y.store, Settings: settings}),
			Deliver: map[string]courier.Deliver{}, Foldable: map[string]bool{}, Log: zerolog.New(zerolog.SyncWriter(&y.log))}
		y.deliver("post", func(_ context.Context, j courier.Job) courier.Result {
			return courier.Result{State: storage.Done, Told: j.Fold}
		})
		first := storagetest.Next(storage.Record{Ref: owner}, time.Now(), storagetest.Step{Text: "owes"})
		if err := y.store.Commit(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		test(t, y)
		if y.stop != nil {
			y.end()
		}
		y.store.Faults(nil)
		storagetest.Check(t, y.store, storagetest.Folds())
	})
}

// deliver sets the deliverer of a kind; what it is asked is remembered.
func (y *yard) deliver(kind string, f courier.Deliver) {
	y.config.Deliver[kind] = func(ctx context.Context, j courier.Job) courier.Result {
		y.mu.Lock()
		y.jobs = append(y.jobs, j)
		y.mu.Unlock()
		return f(ctx, j)
	}
}

// post is an edge effect of kind "post".
func post(dest, target string) storage.Effect {
	return storage.Effect{Target: target, Kind: "post", Dest: dest, Class: storage.Chatter, Record: owner, Created: time.Now()}
}

func (y *yard) owe(effects ...storage.Effect) {
	y.t.Helper()
	if err := y.store.Commit(y.t.Context(), storage.Change{Put: effects}); err != nil {
		y.t.Fatal(err)
	}
	if y.courier != nil {
		y.courier.Wake()
	}
}

// run starts the courier.
func (y *yard) run() {
	y.courier = courier.New(y.config)
	ctx, cancel := context.WithCancel(context.Background())
	y.stop, y.ended = cancel, make(chan error, 1)
	go func() { y.ended <- y.courier.Run(ctx) }()
	synctest.Wait()
}

// end stops the courier and says how long that took.
func (y *yard) end() time.Duration {
	y.t.Helper()
	began := time.Now()
	y.stop()
	if err := <-y.ended; err != nil {
		y.t.Errorf("Run: %v", err)
	}
	y.stop = nil
	return time.Since(began)
}

// pass lets time pass.
func (y *yard) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// asked are the targets that deliverers were asked for, in order.
func (y *yard) asked() []string {
	y.mu.Lock()
	defer y.mu.Unlock()
	var out []string
	for _, j := range y.jobs {
		out = append(out, j.Target)
	}
	return out
}

func (y *yard) wantAsked(want ...string) {
	y.t.Helper()
	if got := y.asked(); !slices.Equal(got, want) {
		y.t.Errorf("asked to deliver %q, want %q", got, want)
	}
}

func (y *yard) job(n int) courier.Job {
	y.t.Helper()
	y.mu.Lock()
	defer y.mu.Unlock()
	if n >= len(y.jobs) {
		y.t.Fatalf("there were %d attempts, want at least %d", len(y.jobs), n+1)
	}
	return y.jobs[n]
}

// effects are all effects with their states, as "target state note".
func (y *yard) effects(states ...storage.State) []storage.Effect {
	y.t.Helper()
	all, err := y.store.Effects(y.t.Context(), 0, 0, states...)
	if err != nil {
		y.t.Fatal(err)
	}
	return all
}

// wantStates says where each effect stands, by rising ID: "a done".
func (y *yard) wantStates(want ...string) {
	y.t.Helper()
	var got []string
	for _, e := range y.effects() {
		got = append(got, fmt.Sprintf("%s %s", e.Target, e.State))
	}
	if !slices.Equal(got, want) {
		y.t.Errorf("effects are %q, want %q", got, want)
	}
}

// wantLog says what operators read, repetitions once.
func (y *yard) wantLog(want ...string) {
	y.t.Helper()
	var got []string
	for lines := json.NewDecoder(bytes.NewReader(y.log.Bytes())); lines.More(); {
		var line struct{ Message string }
		if err := lines.Decode(&line); err != nil {
			y.t.Fatal(err)
		}
		got = append(got, line.Message)
	}
	if got = slices.Compact(got); !slices.Equal(got, want) {
		y.t.Errorf("logged %q, want %q", got, want)
	}
}
