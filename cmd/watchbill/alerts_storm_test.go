package main

import (
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/slacksim"
)

var (
	stormRate = flag.Int("storm-rate", 200, "alerts a second in BenchmarkAlertsForAWhile")
	stormTime = flag.Duration("storm-time", 10*time.Second, "how long BenchmarkAlertsForAWhile lasts")
)

// TestStorm sends five thousand alerts at once: each is there afterwards, and whoever
// is on call has five pages.
func TestStorm(t *testing.T) {
	t.Parallel()
	const alerts = 5000
	w := startAlerts(t)
	var wg sync.WaitGroup
	var sent atomic.Int64
	for range 64 {
		wg.Go(func() {
			c := w.dial()
			defer c.Close()
			for {
				n := sent.Add(1)
				if n > alerts {
					return
				}
				w.insist(c, alertBody(fmt.Sprint("storm ", n)))
			}
		})
	}
	wg.Wait()
	w.wait("pages", func() bool { return len(w.pagesTo("U0SRE1")) >= 5 })
	w.kill(syscall.SIGKILL)
	d := w.afterwards()
	open, err := d.OpenAlerts(w.ctx, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	titles := map[string]int{}
	for _, a := range open {
		titles[a.Title]++
	}
	if len(open) != alerts || len(titles) != alerts {
		t.Errorf("%d alerts with %d titles are there, want %d", len(open), len(titles), alerts)
	}
	pages, err := d.OpenPages(w.ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) != 5 {
		t.Errorf("%d pages are open, want 5", len(pages))
	}
}

// insist sends until it is taken, as monitoring does when it is answered with 503.
func (w *alertsWorld) insist(c *client, body []byte) {
	for {
		switch status := c.post(body); status {
		case http.StatusAccepted:
			return
		case http.StatusServiceUnavailable:
			select {
			case <-time.After(10 * time.Millisecond):
			case <-w.ctx.Done():
				w.target.tb.Error("out of time")
				return
			}
		default:
			w.target.tb.Errorf("an alert was answered with %d", status)
			return
		}
	}
}

// BenchmarkAlertsForAWhile sends unique alerts at a rate, and looks whether each is
// there afterwards: 120,000 in ten minutes with -storm-time 10m.
func BenchmarkAlertsForAWhile(b *testing.B) {
	w := startAlerts(b)
	total := int64(float64(*stormRate) * stormTime.Seconds())
	began := time.Now()
	var next atomic.Int64
	var mu sync.Mutex
	var late []time.Duration // from the time at which it was due to its answer
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			c := w.dial()
			defer c.Close()
			for {
				n := next.Add(1)
				if n > total {
					return
				}
				due := began.Add(time.Duration(n) * time.Second / time.Duration(*stormRate))
				select {
				case <-time.After(time.Until(due)):
				case <-w.ctx.Done():
					return
				}
				w.insist(c, uniqueAlert(0))
				mu.Lock()
				late = append(late, time.Since(due))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	w.kill(syscall.SIGKILL)
	open, err := w.afterwards().OpenAlerts(w.ctx, "", 0)
	if err != nil {
		b.Fatal(err)
	}
	if int64(len(open)) != total {
		b.Errorf("%d of %d alerts are there", len(open), total)
	}
	slices.Sort(late)
	b.ReportMetric(float64(total)-float64(len(open)), "lost")
	b.ReportMetric(float64(late[len(late)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(late[len(late)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(0, "ns/op")
}

// crowdConfig has so many people, each with a service and a policy of their own.
func crowdConfig(n int) string {
	var people, services, policies strings.Builder
	for i := range n {
		fmt.Fprintf(&people, "  - {name: p%d, slack: U0P%d}\n", i, i)
		fmt.Fprintf(&services, "  - {name: s%d, escalation: e%d}\n", i, i)
		fmt.Fprintf(&policies, "  - {name: e%d, steps: [{notify: [\"person:p%d\"], wait: 1h}]}\n", i, i)
	}
	return "people:\n" + people.String() + "services:\n" + services.String() + "escalations:\n" + policies.String() +
		"integrations:\n  - {name: bench, source: generic, token_env: BENCH_TOKEN}\n"
}

// inCrowd is a bot for so many people.
func inCrowd(b *testing.B, n int) *alertsWorld {
	b.Helper()
	w := newWorldWith(b, time.Hour, slacksim.Config{}, crowdConfig(n))
	for i := range n {
		w.sim.AddUser(slacksim.User{ID: fmt.Sprintf("U0P%d", i), Name: fmt.Sprintf("p%d", i)})
	}
	return w.takesAlerts()
}

func alertFor(service int, title, status string) []byte {
	return fmt.Appendf(nil, `{"title":%q,"service":"s%d","status":%q,"fingerprint":%q}`, title, service, status, title)
}

// BenchmarkAlertToPage measures from sending an alert until its page stands in the
// direct messages of whoever is on call, one at a time. Each is for somebody else, and
// after fifty another life begins: Slack's limits are not what is measured.
func BenchmarkAlertToPage(b *testing.B) {
	const people = 50
	var took []time.Duration
	for left := b.N; left > 0; left -= people {
		w := inCrowd(b, people)
		c := w.dial()
		for n := range min(left, people) {
			user := fmt.Sprintf("U0P%d", n)
			began := time.Now()
			w.insist(c, alertFor(n, fmt.Sprint("alert ", n), "firing"))
			w.wait("the page", func() bool { return len(w.pagesTo(user)) == 1 })
			took = append(took, time.Since(began))
		}
		c.Close()
		w.kill(syscall.SIGKILL)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkAlertsForEverybody measures 64 alerts at once for 64 people, until the last
// page stands in its direct messages.
func BenchmarkAlertsForEverybody(b *testing.B) {
	const people = 64
	var last []time.Duration
	for range b.N {
		w := inCrowd(b, people)
		began := make(chan struct{})
		for i := range people {
			c := w.dial()
			defer c.Close()
			go func() {
				<-began
				w.insist(c, alertFor(i, fmt.Sprint("alert ", i), "firing"))
			}()
		}
		start := time.Now()
		close(began)
		w.wait("the last page", func() bool {
			for i := range people {
				if len(w.pagesTo(fmt.Sprintf("U0P%d", i))) == 0 {
					return false
				}
			}
			return true
		})
		last = append(last, time.Since(start))
		w.kill(syscall.SIGKILL)
	}
	slices.Sort(last)
	b.ReportMetric(float64(last[len(last)/2].Microseconds())/1000, "last-p50-ms")
	b.ReportMetric(float64(last[len(last)-1].Microseconds())/1000, "last-max-ms")
	b.ReportMetric(0, "ns/op")
}
