package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/oncall/alert"
)

// freeAddress is one on which nobody listens.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// listenAt makes all lives of the bot listen at one address.
func (w *world) listenAt(address string) {
	w.env = append(w.env, "WATCHBILL_HTTP="+address) // the last one counts
}

const alertmanagerConfig = processConfig + `
integrations:
  - {name: prometheus, source: alertmanager, token_env: HOOK_PROMETHEUS}
`

// senderConfig is a configuration of Alertmanager: the address and the token of the
// webhook are filled in.
const senderConfig = `
route:
  receiver: watchbill
  group_by: [alertname]
  group_wait: 100ms
  group_interval: 1s
  repeat_interval: 1s
receivers:
  - name: watchbill
    webhook_configs:
      - url: %s
        http_config:
          authorization: {type: Bearer, credentials: %s}
`

// sender is a real Alertmanager.
type sender struct {
	w       *world
	address string
}

// TestAlertmanager has a real Alertmanager deliver to a running Watchbill: what fires,
// repeats and resolves, while Watchbill refuses, and while it is down.
func TestAlertmanager(t *testing.T) {
	t.Parallel()
	exe, err := exec.LookPath("prometheus-alertmanager")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("install Debian's package prometheus-alertmanager: %v", err)
		}
		t.Skip("Debian's package prometheus-alertmanager is not installed")
	}
	w := newWorldWith(t, 3*time.Minute, slacksim.Config{}, alertmanagerConfig)
	const token = "a token of Alertmanager's own"
	address := freeAddress(t)
	w.env = append(w.env, "HOOK_PROMETHEUS="+token)
	w.listenAt(address)
	w.start()
	w.wait("the bot", func() bool { return w.sim.Sockets() == 2 })
	gate := newGate(t, "http://"+address)
	a := startAlertmanager(t, w, exe, fmt.Sprintf(senderConfig, gate.URL+"/hooks/prometheus", token))

	a.fire("DiskFull", "db-1", time.Time{})
	w.wait("a page to whoever is on call", func() bool { return len(w.pagesTo("U0SRE1")) == 1 })
	if got := w.pagesTo("U0SRE1")[0]; !strings.Contains(got, "DiskFull") {
		t.Errorf("the page says %q", got)
	}
	w.until("repeats are counted", func() bool { return w.metric(`watchbill_signals_total{integration="prometheus",what="repeat"}`) >= 2 })
	a.fire("DiskFull", "db-2", time.Time{}) // joins the group

	gate.refuse.Store(3) // the next ones are answered with 503
	a.fire("SearchSlow", "web-1", time.Time{})
	w.until("what was refused comes again", func() bool { return w.metric(`watchbill_alerts{as="open"}`) == 2 })
	if gate.refused.Load() != 3 {
		t.Errorf("%d requests were refused, want 3", gate.refused.Load())
	}

	w.kill(syscall.SIGKILL)
	a.fire("QueueStuck", "mq-1", time.Time{})
	w.until("Alertmanager finds nobody", func() bool { return gate.down.Load() > 2 })
	w.start()
	w.until("what fired while it was down comes", func() bool { return w.metric(`watchbill_alerts{as="open"}`) == 3 })

	for _, what := range [][2]string{{"DiskFull", "db-1"}, {"DiskFull", "db-2"}, {"SearchSlow", "web-1"}, {"QueueStuck", "mq-1"}} {
		a.fire(what[0], what[1], time.Now())
	}
	w.until("all is resolved", func() bool { return w.metric(`watchbill_alerts{as="open"}`) == 0 })
	w.settle()

	d := w.audit()
	list, err := d.AlertsSince(w.ctx, time.Time{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]alert.Alert{}
	for _, one := range list {
		got[one.Labels["alertname"]] = one
	}
	if len(list) != 3 || len(got) != 3 {
		t.Fatalf("%d alerts of %d names, want three of three", len(list), len(got))
	}
	for name, members := range map[string]int{"DiskFull": 2, "SearchSlow": 1, "QueueStuck": 1} {
		one := got[name]
		if len(one.Members) != members || one.State != alert.StateResolved || one.Service != "checkout" || !strings.Contains(one.Title, "is ill") || one.Members[0].Starts.IsZero() {
			t.Errorf("%s became %+v", name, one)
		}
		pages, err := d.PagesOf(w.ctx, one.ID)
		if err != nil || len(pages) != 1 {
			t.Errorf("%s has %d pages, %v; want one", name, len(pages), err)
		}
	}
	if one := got["DiskFull"]; one.Count < 4 {
		t.Errorf("the repeats are %d", one.Count)
	}
}

// gate stands before Watchbill and refuses as often as it is told.
type gate struct {
	*httptest.Server
	refuse, refused atomic.Int32
	down            atomic.Int32 // requests while nobody listened behind it
}

func newGate(t *testing.T, to string) *gate {
	t.Helper()
	g := &gate{}
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) {
		g.down.Add(1)
		w.WriteHeader(http.StatusBadGateway)
	}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if bytes.Contains(body, []byte("SearchSlow")) && g.refuse.Add(-1) >= 0 {
			g.refused.Add(1)
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(g.Close)
	return g
}

func startAlertmanager(t *testing.T, w *world, exe, config string) *sender {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	a := &sender{w, freeAddress(t)}
	var out lockedBuffer
	cmd := exec.Command(exe, "--config.file="+file, "--storage.path="+dir, "--web.listen-address="+a.address, "--cluster.listen-address=", "--log.level=warn")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("Alertmanager wrote:\n%s", out.String())
		}
	})
	w.until("Alertmanager is ready", func() bool {
		res, err := http.Get("http://" + a.address + "/-/ready")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	return a
}

// fire tells Alertmanager that an alert fires, or ended.
func (a *sender) fire(name, instance string, ended time.Time) {
	a.w.t.Helper()
	one := map[string]any{
		"labels":       map[string]string{"alertname": name, "instance": instance, "service": "checkout", "severity": "critical"},
		"annotations":  map[string]string{"summary": instance + " is ill <!channel>", "runbook_url": "https://runbooks.example.com/" + name},
		"generatorURL": "http://prometheus.example.com/graph?g0.expr=up",
	}
	if !ended.IsZero() {
		one["endsAt"] = ended.UTC().Format(time.RFC3339Nano)
	}
	body, err := json.Marshal([]any{one})
	if err != nil {
		a.w.t.Fatal(err)
	}
	res, err := http.Post("http://"+a.address+"/api/v2/alerts", "application/json", bytes.NewReader(body))
	if err != nil {
		a.w.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(res.Body)
		a.w.t.Fatalf("Alertmanager answered %d %s", res.StatusCode, text)
	}
}

// lockedBuffer is a buffer that a process writes to.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// until waits for something outside the workspace.
func (w *world) until(what string, done func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, time.Minute)
	defer cancel()
	for !done() {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			w.t.Fatalf("waited until %s", what)
		}
	}
}

// listens is the address at which all lives listen.
func (w *world) listens() string {
	address := ""
	for _, e := range w.env {
		if a, ok := strings.CutPrefix(e, "WATCHBILL_HTTP="); ok {
			address = a
		}
	}
	return address
}

// metric reads a metric of the running bot; -1 when it cannot be read.
func (w *world) metric(name string) float64 {
	res, err := http.Get("http://" + w.listens() + "/metrics")
	if err != nil {
		return -1
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return -1
	}
	for line := range strings.Lines(string(text)) {
		var v float64
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			if _, err := fmt.Sscan(rest, &v); err == nil {
				return v
			}
		}
	}
	return -1
}

// pagesTo are the texts of the pages that a person was sent.
func (w *world) pagesTo(user string) []string {
	var out []string
	for _, m := range w.sim.DMs(user) {
		if strings.HasPrefix(operation(m), "page/") {
			out = append(out, m.Text)
		}
	}
	return out
}
