package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// monitor reports alerts while the bot is killed again and again: one after another
// fires, repeats and, every second one, resolves. Each request is sent until it is
// answered with 202, as monitoring does.
type monitor struct {
	w     *world
	name  int
	fired []string
	over  map[string]bool
	asked int // requests, with those that were not taken
}

func watchers(w *world) []*monitor {
	var list []*monitor
	for n := range 3 {
		list = append(list, &monitor{w: w, name: n, over: map[string]bool{}})
	}
	return list
}

func (m *monitor) work(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		key := fmt.Sprintf("monitor%d.%d", m.name, n)
		if !m.send(ctx, key, alert.Firing) {
			return
		}
		m.fired = append(m.fired, key)
		if !m.send(ctx, key, alert.Firing) {
			return
		}
		if n%2 == 0 {
			if !m.send(ctx, key, alert.Resolved) {
				return
			}
			m.over[key] = true
		}
	}
}

// send reports until it is taken; false: the time was over before.
func (m *monitor) send(ctx context.Context, key string, status alert.Status) bool {
	severity := alert.SeverityInfo
	if strings.HasSuffix(key, "7") {
		severity = alert.SeverityCritical
	}
	body := fmt.Sprintf(`{"title": "alert %s", "fingerprint": %q, "status": %q, "service": "checkout", "severity": %q}`, key, key, status, severity)
	for ctx.Err() == nil {
		m.asked++
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+m.w.listens()+"/hooks/bench", strings.NewReader(body))
		if err != nil {
			m.w.t.Error(err)
			return false
		}
		r.Header.Set("Authorization", "Bearer "+alertToken)
		if res, err := http.DefaultClient.Do(r); err == nil {
			res.Body.Close()
			switch res.StatusCode {
			case http.StatusAccepted:
				return true
			case http.StatusServiceUnavailable:
			default:
				m.w.t.Errorf("an alert was answered with %d", res.StatusCode)
			}
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return false
}

// clear resolves what pages and still fires, so that the pages end. What was under way
// when the time was over may have been taken or not.
func (m *monitor) clear() {
	ctx, cancel := context.WithTimeout(m.w.ctx, time.Minute)
	defer cancel()
	last := fmt.Sprintf("monitor%d.%d", m.name, len(m.fired))
	for _, key := range append(m.fired, last) {
		if strings.HasSuffix(key, "7") && !m.over[key] && m.send(ctx, key, alert.Resolved) {
			m.over[key] = true
		}
	}
}

// checkAlerts compares what was taken with what is there: each alert once, and as it
// was said to be last.
func checkAlerts(t *testing.T, d *desk.Desk, monitors []*monitor) {
	t.Helper()
	open, err := d.OpenAlerts(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	over, err := d.AlertsSince(t.Context(), time.Time{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	times, state := map[string]int{}, map[string]alert.State{}
	for _, a := range append(open, over...) {
		key := a.Members[0].Key
		times[key]++
		state[key] = a.State
		if a.WantsPage(a.Last) {
			t.Errorf("%s should page, and does not", a.ID)
		}
	}
	fired, asked := 0, 0
	for _, m := range monitors {
		fired, asked = fired+len(m.fired), asked+m.asked
		for n, key := range m.fired {
			switch {
			case times[key] != 1:
				t.Errorf("%s was answered with 202 and is there %d times", key, times[key])
			case m.over[key] && state[key] != alert.StateResolved:
				t.Errorf("%s was resolved, and is %s", key, state[key])
			case !m.over[key] && n < len(m.fired)-1 && state[key] != alert.StateOpen:
				t.Errorf("%s fires, and is %s", key, state[key])
			}
		}
	}
	t.Logf("%d alerts were taken in %d requests", fired, asked)
	if fired < 5 {
		t.Errorf("only %d alerts were taken: the test shows nothing", fired)
	}
}

// TestKilledInAStorm kills the bot again and again while many alerts that page come at
// once: each that was taken is there once, nobody has more pages than they may, and a
// message of a page that came twice says so.
func TestKilledInAStorm(t *testing.T) {
	const senders = 8
	kills := 4
	if testing.Short() {
		kills = 2
	}
	w := newWorldWith(t, 2*time.Minute, slacksim.Config{}, alertsConfig)
	w.env = append(w.env, "BENCH_TOKEN="+alertToken)
	w.listenAt(freeAddress(t))
	ctx, stop := context.WithCancel(w.ctx)
	defer stop()
	taken := make([]int, senders) // by each, of monitor<n>.<i>7: they are critical
	var wg sync.WaitGroup
	for n := range senders {
		m := &monitor{w: w, name: n}
		wg.Go(func() {
			for m.send(ctx, fmt.Sprintf("storm%d.%d7", n, taken[n]), alert.Firing) {
				taken[n]++
			}
		})
	}
	for n := range kills + 1 {
		w.start()
		w.wait("pages", func() bool { return len(w.pagesTo("U0SRE1")) >= 5 })
		select {
		case <-time.After(time.Duration(100+n*70) * time.Millisecond):
		case <-w.ctx.Done():
		}
		w.kill(syscall.SIGKILL)
	}
	stop()
	wg.Wait()
	d := w.afterwards()
	open, err := d.OpenAlerts(w.ctx, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	for _, a := range open {
		times[a.Members[0].Key]++
	}
	all := 0
	for n := range senders {
		all += taken[n]
		for i := range taken[n] {
			if key := fmt.Sprintf("storm%d.%d7", n, i); times[key] != 1 {
				t.Errorf("%s was answered with 202 and is there %d times", key, times[key])
			}
		}
	}
	pages, err := d.OpenPages(w.ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	held := map[paging.Recipient]int{}
	for _, p := range pages {
		for _, who := range []string{"sre1", "sre2"} {
			if to := (paging.Recipient{Person: who}); p.Holds(to, true) {
				held[to]++
			}
		}
	}
	for who, n := range held {
		if n > paging.MostPages {
			t.Errorf("%s has %d unanswered pages", who, n)
		}
	}
	first := map[string]int{}
	for _, user := range []string{"U0SRE1", "U0SRE2"} {
		for _, m := range w.sim.DMs(user) {
			if op := operation(m); strings.HasPrefix(op, "page/") && !strings.Contains(m.Text, "REPEAT") {
				first[op]++
			}
		}
	}
	for op, n := range first {
		if n > 1 {
			t.Errorf("%s was sent %d times and says that it is the first", op, n)
		}
	}
	t.Logf("%d alerts in %d lives, %d pages", all, kills+1, len(pages))
	if all < 50 {
		t.Errorf("only %d alerts were taken: the test shows nothing", all)
	}
}
