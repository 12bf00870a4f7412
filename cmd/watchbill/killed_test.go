package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
)

var (
	lives    = flag.Int("lives", 50, "how often the bot is killed")
	lifeSeed = flag.Uint64("life-seed", 1, "seed of the moments at which it is killed")
)

// promise is a command that was acknowledged as done.
type promise struct {
	incident string
	text     string // what must be on its timeline, exactly once
	posted   bool   // and in its room
}

// crowd are people who go on working while the bot is killed again and again.
type crowd struct {
	w  *world
	mu sync.Mutex
	// promises were acknowledged; incidents are those known to exist.
	promises  []promise
	incidents []string
	count     int
}

// TestKilled kills the real binary at random moments while people use it: what
// was acknowledged as done is there exactly once, and nothing is there twice.
func TestKilled(t *testing.T) {
	t.Parallel()
	killAgainAndAgain(t, *lives, func(*slacksim.Server, *rand.Rand) {})
}

// TestKilledInBadWeather does the same while Slack fails in every way it can.
func TestKilledInBadWeather(t *testing.T) {
	t.Parallel()
	killAgainAndAgain(t, max(*lives/2, 1), func(sim *slacksim.Server, rng *rand.Rand) {
		quiet := func(c slacksim.Call) bool { return c.Method != "apps.connections.open" }
		sim.ClearFaults()
		for _, f := range []slacksim.Fault{
			{Kind: slacksim.DropAfter, Probability: .03}, {Kind: slacksim.DropBefore, Probability: .02},
			{Kind: slacksim.HTTP500, Probability: .02}, {Kind: slacksim.HTTP500, After: true, Probability: .02},
			{Kind: slacksim.InternalError, After: true, Probability: .01}, {Kind: slacksim.RateLimit, RetryAfter: 1, Probability: .02},
		} {
			f.Method, f.Match = "*", quiet
			sim.Inject(f)
		}
		for _, f := range []slacksim.EnvelopeFault{{Kind: slacksim.Duplicate, Probability: .05}, {Kind: slacksim.Reorder, Probability: .1},
			{Kind: slacksim.Late, Type: "events_api", Probability: .05, Delay: 2 * time.Second}} {
			sim.InjectEnvelopes(f)
		}
		if rng.IntN(4) == 0 {
			sim.CutSockets(slacksim.CutNow)
		}
	})
}

// killAgainAndAgain runs n lives of the bot, and up to three times as many more on a slow machine, until
// people had rooms to pin in; weather comes before each.
func killAgainAndAgain(t *testing.T, n int, weather func(*slacksim.Server, *rand.Rand)) {
	if testing.Short() {
		n = min(n, 5)
	}
	w := newWorldWith(t, 4*time.Minute+time.Duration(n)*4*time.Second, slacksim.Config{Seed: *lifeSeed, Ack: time.Second,
		RetryDelays: []time.Duration{0, 500 * time.Millisecond, 2 * time.Second}}, alertsConfig)
	w.env = append(w.env, "BENCH_TOKEN="+alertToken)
	w.listenAt(freeAddress(t))
	rng := rand.New(rand.NewPCG(*lifeSeed, 7))
	c := &crowd{w: w}
	ctx, stop := context.WithCancel(w.ctx)
	defer stop()
	var people sync.WaitGroup
	for p := range 4 {
		people.Go(func() { c.work(ctx, p, rand.New(rand.NewPCG(*lifeSeed, uint64(p)))) })
	}
	monitors := watchers(w)
	for _, m := range monitors {
		people.Go(func() { m.work(ctx) })
	}
	marks := &pinners{c: c}
	people.Go(func() { marks.work(ctx, rand.New(rand.NewPCG(*lifeSeed, 11))) })
	life := 0
	for ; life < n || life < 4*n && marks.written.Load() < int64(n/3); life++ {
		weather(w.sim, rng)
		w.start()
		// Most die while they work, however long their start took, some while they start.
		moment := time.Duration(20+rng.IntN(400)) * time.Millisecond
		if life%5 == 0 {
			moment = time.Duration(rng.IntN(60)) * time.Millisecond
		} else {
			w.wait("a life to begin", func() bool { return w.sim.Sockets() > 0 })
		}
		select {
		case <-time.After(moment):
		case <-w.ctx.Done():
			t.Fatal("out of time")
		}
		w.kill(syscall.SIGKILL)
	}
	stop()
	people.Wait()
	w.sim.ClearFaults()
	w.start()
	w.wait("the last life", func() bool { return w.sim.Sockets() >= 2 })
	for _, m := range monitors {
		m.clear()
	}
	w.settle()
	d := w.audit()
	w.onceEach()
	c.check(t, d)
	marks.check(t, d, n)
	checkAlerts(t, d, monitors)
	t.Logf("%d lives, %d commands, %d of them acknowledged, %d incidents", life, c.count, len(c.promises), len(c.incidents))
	if len(c.promises) < n/5 {
		t.Errorf("only %d commands were acknowledged in %d lives: the test shows nothing", len(c.promises), life)
	}
}

// settle ends all incidents' pages and waits until the bot owes nothing more.
func (w *world) settle() {
	w.t.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for time.Now().Before(deadline) {
		out, err := w.command("verify", "--json")
		if err == nil && strings.Contains(out, `"pending":0`) {
			return
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-w.ctx.Done():
		}
	}
	out, _ := w.command("verify")
	w.t.Errorf("the queues did not drain: %s", out)
}

// work does what a person does in an outage, as fast as they are answered.
func (c *crowd) work(ctx context.Context, p int, rng *rand.Rand) {
	user := []string{"U0DEV1", "U0DEV2", "U0SRE1", "U0SRE2"}[p]
	for ctx.Err() == nil {
		c.mu.Lock()
		c.count++
		n := c.count
		known := slices.Clone(c.incidents)
		c.mu.Unlock()
		mark := fmt.Sprintf("mark%d.%d", p, n)
		text, promised := "", mark
		id := ""
		if len(known) > 0 {
			id = known[rng.IntN(len(known))]
		}
		switch k := rng.IntN(10); {
		case id == "" || len(known) < 4 && k == 0:
			text, id = "declare it broke "+mark+" --sev 2 --service checkout", ""
		case k < 6:
			text = id + " note " + mark
		case k == 6:
			text = id + " update " + mark
		case k == 7:
			text, promised = id+" ack", ""
		case k == 8:
			text, promised = fmt.Sprintf("%s sev %d", id, 1+rng.IntN(3)), ""
		default:
			text, promised = id+" lead <@"+user+">", ""
		}
		c.command(ctx, user, id, text, promised)
		select { // people read before they type again
		case <-time.After(time.Duration(rng.IntN(40)) * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

func (c *crowd) command(ctx context.Context, user, id, text, promised string) {
	r, err := c.w.sim.As(user).Slash(ctx, "general", "/inc", text)
	if err != nil || r.Error != "" || r.Message == nil {
		return // nobody said that it was done
	}
	said := r.Text()
	if strings.Contains(said, "Not recorded") || strings.Contains(said, "Not confirmed") || promised == "" {
		return
	}
	if id == "" {
		at := strings.Index(said, "INC-")
		if at < 0 {
			c.w.t.Errorf("a declaration was answered with %q", said)
			return
		}
		id = said[at : at+4+strings.IndexFunc(said[at+4:], func(r rune) bool { return r < '0' || r > '9' })]
	} else if !strings.Contains(said, promised) {
		return // a refusal
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.promises = append(c.promises, promise{id, promised, strings.Contains(text, " update ")})
	if !slices.Contains(c.incidents, id) {
		c.incidents = append(c.incidents, id)
	}
}

// check compares what was promised with what is there.
func (c *crowd) check(t *testing.T, d *desk.Desk) {
	t.Helper()
	all, err := d.Latest(c.w.ctx, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	unneeded := c.unneeded(t, d)
	texts, said := map[string]string{}, map[string]string{}
	for _, i := range all {
		events, err := d.Events(c.w.ctx, i.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			texts[i.ID] += e.Title + "\n" + e.Text + "\n"
		}
		for _, m := range c.w.sim.Messages(i.Room.Channel) {
			if strings.HasPrefix(operation(m), "post/") {
				said[i.ID] += m.Text + "\n"
			}
		}
		c.oneOfEach(t, i, unneeded)
	}
	for _, p := range c.promises {
		if n := count(texts[p.incident], p.text); n != 1 {
			t.Errorf("%s: %q was acknowledged and is on the timeline %d times", p.incident, p.text, n)
		}
		if p.posted {
			if n := count(said[p.incident], p.text); n != 1 {
				t.Errorf("%s: %q was acknowledged and is in the room %d times", p.incident, p.text, n)
			}
		}
	}
}

// count counts a word in a text.
func count(text, word string) int {
	n := 0
	for _, f := range strings.Fields(text) {
		if f == word {
			n++
		}
	}
	return n
}

// oneOfEach checks that an incident has one channel, one card, one announcement
// and a page.
func (c *crowd) oneOfEach(t *testing.T, i incident.Incident, unneeded map[string]bool) {
	t.Helper()
	rooms := 0
	for _, ch := range c.w.sim.Channels() {
		if ch.Name == i.Room.Name || strings.HasPrefix(ch.Name, i.Room.Name+"-2") {
			rooms++
			cards, posts := 0, map[string]int{}
			for _, m := range c.w.sim.Messages(ch.ID) {
				if strings.HasPrefix(operation(m), "card/"+i.ID+"@") {
					cards++
				}
				posts[operation(m)]++
			}
			if cards != 1 {
				t.Errorf("%s has %d cards", i.ID, cards)
			}
			own := slices.DeleteFunc(c.w.sim.Pins(ch.ID), func(p slacksim.Pin) bool { return p.User != c.w.sim.BotUserID() })
			if len(own) != 1 {
				t.Errorf("%s has %d pins of the bot, want its card", i.ID, len(own))
			}
		}
	}
	if rooms != 1 {
		t.Errorf("%s has %d channels", i.ID, rooms)
	}
	news := 0
	for _, m := range c.w.sim.Messages("incidents") {
		if strings.HasPrefix(operation(m), "announce/"+i.ID+"@") {
			news++
		}
	}
	if news != 1 {
		t.Errorf("%s has %d announcements", i.ID, news)
	}
	// Whoever is on call and declares it needs no page.
	if len(i.Pages) == 0 && i.Reporter.Person != "sre1" {
		t.Errorf("%s paged nobody", i.ID)
	}
	for _, p := range i.Pages {
		if op := "page/" + p.ID + "/1"; c.pages(op) == 0 && !unneeded[op] {
			t.Errorf("the first notice of %s was never sent", p.ID)
		}
	}
}

// pages counts the direct messages that were sent for a notice of a page.
func (c *crowd) pages(op string) int {
	n := 0
	for _, user := range []string{"U0SRE1", "U0SRE2"} {
		for _, m := range c.w.sim.DMs(user) {
			if operation(m) == op {
				n++
			}
		}
	}
	return n
}

// unneeded are the notices that were settled without being sent: somebody had answered
// before, or a later one had taken their place.
func (c *crowd) unneeded(t *testing.T, d *desk.Desk) map[string]bool {
	t.Helper()
	done, err := d.Store.Effects(c.w.ctx, 0, 100_000, storage.Done)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, e := range done {
		if e.Kind == desk.NoticeKind && strings.HasSuffix(e.Note, "before it was sent") {
			out[e.Target] = true
		}
	}
	return out
}
