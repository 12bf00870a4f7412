package watch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/watch"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
	"github.com/watchbill/watchbill/storage/storagetest"
)

const settings = `
people:
  - {name: dev1, slack: U0DEV1}
  - {name: sre1, slack: U0SRE1}
services:
  - {name: checkout, escalation: checkout}
escalations:
  - name: checkout
    steps:
      - {notify: ["person:sre1"], wait: 5m}
`

// tower is a store with a desk and a watch, in a bubble of its own time.
type tower struct {
	t     *testing.T
	store *memory.Store
	desk  *desk.Desk
	watch *watch.Watch

	mu     sync.Mutex
	offset time.Duration // of the clock against the time of the bubble
	late   []time.Duration
	ops    map[string]int
	logged int
}

func inTower(t *testing.T, test func(t *testing.T, w *tower)) {
	inTowerOf(t, settings, test)
}

// inTowerOf is inTower with another configuration.
func inTowerOf(t *testing.T, settings string, test func(t *testing.T, w *tower)) {
	synctest.Test(t, func(t *testing.T) {
		c, err := configs.Parse([]byte(settings), "test.yaml")
		if err != nil {
			t.Fatal(err)
		}
		w := &tower{t: t, store: memory.New(), ops: map[string]int{}}
		w.desk = desk.New(desk.Config{Store: w.store, Settings: c, Now: w.now})
		w.count(nil)
		w.watch = watch.New(watch.Config{Store: w.store, Desk: w.desk, Now: w.now, Log: zerolog.New(w), Late: func(d time.Duration) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.late = append(w.late, d)
		}})
		test(t, w)
	})
}

// count counts the calls of the store and lets fault say what becomes of them.
func (w *tower) count(fault func(op string) memory.Fault) {
	w.store.Faults(func(op string, _ []storage.Change) memory.Fault {
		w.mu.Lock()
		w.ops[op]++
		w.mu.Unlock()
		if fault != nil {
			return fault(op)
		}
		return memory.None()
	})
}

func (w *tower) op(name string) int { w.mu.Lock(); defer w.mu.Unlock(); return w.ops[name] }

var _ io.Writer = (*tower)(nil)

// Write counts what is logged.
func (w *tower) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.logged++
	return len(p), nil
}

func (w *tower) logs() int { w.mu.Lock(); defer w.mu.Unlock(); return w.logged }

func (w *tower) now() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return time.Now().Add(w.offset) }

// step sets the clock, as an operator or a time server does.
func (w *tower) step(d time.Duration) { w.mu.Lock(); defer w.mu.Unlock(); w.offset += d }

// run starts the watch and returns what stops it.
func (w *tower) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- w.watch.Run(ctx) }()
	synctest.Wait()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("Run: %v", err)
		}
	}
}

func (w *tower) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (w *tower) commit(changes ...storage.Change) {
	w.t.Helper()
	if err := w.store.Commit(w.t.Context(), changes...); err != nil {
		w.t.Fatal(err)
	}
}

// page is the change that opens a test page: it has no record beside it, so that each
// turn moves the page alone.
func page(t *testing.T, n int, due time.Time) storage.Change {
	t.Helper()
	return pageEvery(t, 5*time.Minute, n, due)
}

// pageEvery is a page with another wait.
func pageEvery(t *testing.T, wait time.Duration, n int, due time.Time) storage.Change {
	t.Helper()
	id := fmt.Sprintf("PAGE-%d", n)
	policy := paging.Policy{Name: "silent", Steps: []paging.Step{{Notify: []paging.Target{"person:sre1"}, Wait: wait}}}
	sre1 := func(paging.Target) []paging.Recipient { return []paging.Recipient{{Person: "sre1"}} }
	events, err := paging.Decide(paging.Page{}, paging.Begin{ID: id, Subject: fmt.Sprintf("TEST-%d", n), Policy: policy, World: paging.World{Resolve: sre1}}, due.Add(-wait))
	if err != nil {
		t.Fatal(err)
	}
	return pageChange(t, id, append(events, sent(t, events)...))
}

// pageOf is a test page as it was opened for some.
func pageOf(t *testing.T, n int, to []paging.Recipient, at time.Time) storage.Change {
	t.Helper()
	id := fmt.Sprintf("PAGE-%d", n)
	policy := paging.Policy{Name: "silent", Steps: []paging.Step{{Notify: []paging.Target{"team:night"}, Wait: 5 * time.Minute}}}
	world := paging.World{Resolve: func(paging.Target) []paging.Recipient { return to }}
	events, err := paging.Decide(paging.Page{}, paging.Begin{ID: id, Subject: fmt.Sprintf("TEST-%d", n), Policy: policy, World: world}, at)
	if err != nil {
		t.Fatal(err)
	}
	return pageChange(t, id, events)
}

// sent is what follows when the first notice of a page is sent.
func sent(t *testing.T, events []paging.Event) []paging.Event {
	t.Helper()
	var p paging.Page
	for _, e := range events {
		p = paging.Apply(p, e)
	}
	more, err := paging.Decide(p, paging.Report{Notice: 1, Fate: paging.Sent}, events[0].At)
	if err != nil {
		t.Fatal(err)
	}
	return more
}

func pageChange(t *testing.T, id string, events []paging.Event) storage.Change {
	t.Helper()
	var p paging.Page
	c := storage.Change{Record: &storage.Record{Ref: storage.Ref{Kind: desk.PageKind, ID: id}}}
	for _, e := range events {
		e.At = storage.Time(e.At)
		e.Due = storage.Time(e.Due)
		p = paging.Apply(p, e)
		c.Events = append(c.Events, storage.Event{Kind: string(e.Kind), At: e.At, Recorded: e.At, Body: encode(t, e)})
	}
	c.Record.Seq = uint64(len(events))
	c.Record.Head = storage.Seal(0, nil, c.Events)
	c.Record.Due, c.Record.Index, c.Record.Body = p.Due, desk.PageIndex(p), encode(t, p)
	return c
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// stuck is the change that makes a record due whose command always fails.
func stuck(n int, due time.Time) storage.Change {
	r := storage.Record{Ref: storage.Ref{Kind: storagetest.Kind, ID: fmt.Sprintf("T-%d", n)}}
	return storagetest.Next(r, due, storagetest.Step{Text: "stuck", Due: due})
}

// turn is how many steps the page has taken; it opens with one.
func (w *tower) turn(n int) int {
	w.t.Helper()
	p, err := w.desk.PageOf(w.t.Context(), fmt.Sprintf("PAGE-%d", n))
	if err != nil {
		w.t.Fatal(err)
	}
	return p.Turn
}

// judged says what the pages did that they should not have.
func (w *tower) judged() {
	w.t.Helper()
	pages, err := w.desk.RunningPages(w.t.Context(), 10)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range pages {
		events, err := w.desk.PageEvents(w.t.Context(), p.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, b := range paging.Expect(events).Breaches(w.now()) {
			if b.Rule != paging.NoticeUnsent { // nobody delivers here
				w.t.Errorf("%s: %s", b.Rule, b.Text)
			}
		}
	}
}

func (w *tower) check() {
	w.t.Helper()
	folds := desk.Folds()
	for kind, fold := range storagetest.Folds() {
		folds[kind] = fold
	}
	storagetest.Check(w.t, w.store, folds)
}
