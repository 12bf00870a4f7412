package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/watchbill/watchbill/bot/slacksim"
)

var alertsOpen = flag.Int("alerts-open", 100_000, "open alerts in the store of BenchmarkAlertsOpen")

const alertToken = "a token of the benchmarks of alerts"

// alertsConfig has what alerts need: one service that pages, and one integration.
const alertsConfig = processConfig + `
integrations:
  - {name: bench, source: generic, token_env: BENCH_TOKEN}
`

// BenchmarkAlerts measures durable unique alerts over HTTP, at 1, 8 and 64 clients:
// they page until five pages are open, and then fold, as in a storm. Beside it stands
// a bare server that decodes the same body and commits four puts on bbolt for it,
// with the same clients: what the machine allows.
func BenchmarkAlerts(b *testing.B) {
	for _, clients := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			w := startAlerts(b)
			b.Run("watchbill", func(b *testing.B) { w.load(b, clients, uniqueAlert) })
			w.kill(syscall.SIGKILL)
			bare := startBare(b)
			b.Run("bare", func(b *testing.B) { bare.load(b, clients, uniqueAlert) })
			bare.stop()
		})
	}
}

// BenchmarkAlertsRepeated measures repeats of ten alerts.
func BenchmarkAlertsRepeated(b *testing.B) {
	w := startAlerts(b)
	for _, clients := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			w.load(b, clients, func(n int) []byte { return alertBody(fmt.Sprint("same", n%10)) })
		})
	}
}

// BenchmarkAlertsOpen measures unique alerts while many are open, beside an empty
// store.
func BenchmarkAlertsOpen(b *testing.B) {
	for _, open := range []int{0, *alertsOpen} {
		b.Run(fmt.Sprintf("open=%d", open), func(b *testing.B) {
			w := startAlerts(b)
			w.fill(open)
			w.load(b, 64, uniqueAlert)
		})
	}
}

// unique numbers the alerts of a run.
var unique atomic.Int64

func uniqueAlert(int) []byte { return alertBody(fmt.Sprint("alert ", unique.Add(1))) }

var alertRest = []byte(`","description":"` + strings.Repeat("x", 700) + `","service":"checkout","labels":{"instance":"host-17.eu-1.example.com:9100","job":"node","env":"prod","cluster":"eu-1"}}`)

// alertBody is an alert of about 900 bytes; its title needs no escapes.
func alertBody(title string) []byte {
	return slices.Concat([]byte(`{"title":"`), []byte(title), alertRest)
}

// target is a process that takes alerts by HTTP.
type target struct {
	tb      testing.TB
	address string
	pid     int
	header  string
}

type alertsWorld struct {
	*world
	target
}

// startAlerts starts a bot with webhooks.
func startAlerts(b testing.TB) *alertsWorld {
	b.Helper()
	return newWorldWith(b, time.Hour, slacksim.Config{}, alertsConfig).takesAlerts()
}

// takesAlerts starts the bot and says where it takes alerts.
func (w *world) takesAlerts() *alertsWorld {
	w.t.Helper()
	w.env = append(w.env, "BENCH_TOKEN="+alertToken)
	w.start()
	w.wait("the bot", func() bool { return w.sim.Sockets() == 2 })
	return &alertsWorld{w, target{w.t, strings.TrimPrefix(w.address(), "http://"), w.proc.Process.Pid,
		"POST /hooks/bench HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " + alertToken + "\r\n"}}
}

// fill opens alerts, in large requests.
func (t *target) fill(n int) {
	t.tb.Helper()
	c := t.dial()
	defer c.Close()
	const atOnce = 500
	for from := 0; from < n; from += atOnce {
		var list [][]byte
		for range min(atOnce, n-from) {
			list = append(list, uniqueAlert(0))
		}
		if status := c.post(slices.Concat([]byte("["), bytes.Join(list, []byte(",")), []byte("]"))); status != http.StatusAccepted {
			t.tb.Fatalf("filling: %d", status)
		}
	}
}

// client is one keep-alive connection. It is bare: what it costs is taken from what is
// measured.
type client struct {
	net.Conn
	in     *bufio.Reader
	out    []byte
	header string
}

func (t *target) dial() *client {
	c, err := net.Dial("tcp", t.address)
	if err != nil {
		t.tb.Fatal(err)
	}
	return &client{Conn: c, in: bufio.NewReader(c), header: t.header}
}

// post sends a body and returns the status, 0 when the connection broke.
func (c *client) post(body []byte) int {
	c.out = append(append(append(c.out[:0], c.header...), "Content-Length: "...), strconv.Itoa(len(body))...)
	c.out = append(append(c.out, "\r\n\r\n"...), body...)
	if _, err := c.Write(c.out); err != nil {
		return 0
	}
	line, err := c.in.ReadSlice('\n')
	if err != nil || len(line) < 12 {
		return 0
	}
	status, _ := strconv.Atoi(string(line[9:12]))
	size := 0
	for {
		if line, err = c.in.ReadSlice('\n'); err != nil {
			return 0
		}
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
		if name, value, _ := bytes.Cut(line, []byte(":")); bytes.EqualFold(name, []byte("Content-Length")) {
			size, _ = strconv.Atoi(string(bytes.TrimSpace(value)))
		}
	}
	if _, err := c.in.Discard(size); err != nil {
		return 0
	}
	return status
}

// load sends b.N bodies by so many clients and reports what came of it.
func (t *target) load(b *testing.B, clients int, body func(n int) []byte) {
	var next, failed atomic.Int64
	took := make([][]time.Duration, clients)
	before := cpuTime(b, t.pid)
	b.ResetTimer()
	began := time.Now()
	var wg sync.WaitGroup
	for n := range clients {
		wg.Go(func() {
			c := t.dial()
			defer c.Close()
			for {
				i := next.Add(1)
				if i > int64(b.N) {
					return
				}
				sent := time.Now()
				if c.post(body(int(i))) != http.StatusAccepted {
					failed.Add(1)
					return
				}
				took[n] = append(took[n], time.Since(sent))
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	wall := time.Since(began)
	all := slices.Concat(took...)
	if failed.Load() > 0 || len(all) == 0 {
		b.Fatalf("%d clients were refused", failed.Load())
	}
	slices.Sort(all)
	b.ReportMetric(float64(len(all))/wall.Seconds(), "alerts/s")
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric((cpuTime(b, t.pid)-before)*1e6/float64(len(all)), "cpu-µs/alert")
	b.ReportMetric(0, "ns/op")
}

// asBare makes the test binary the bare server, with its file at the path.
const asBare = "WATCHBILL_TEST_AS_BARE"

type bareServer struct {
	target
	cmd *exec.Cmd
}

func startBare(b testing.TB) *bareServer {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = []string{asBare + "=" + filepath.Join(b.TempDir(), "bare.db")}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return &bareServer{target{b, strings.TrimSpace(address), cmd.Process.Pid, "POST /alert HTTP/1.1\r\nHost: bench\r\n"}, cmd}
}

func (s *bareServer) stop() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

// serveBare is what a durable webhook costs without any product: decode the alert,
// commit four ascending puts for it together with those that wait, answer.
func serveBare(path string) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType, InitialMmapSize: 1 << 30})
	if err != nil {
		return err
	}
	names := [][]byte{[]byte("alert"), []byte("timeline"), []byte("outbox"), []byte("timer")}
	if err := db.Update(func(tx *bbolt.Tx) error {
		for _, name := range names {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	type request struct {
		body []byte
		done chan error
	}
	queue := make(chan request, 4096)
	go func() {
		var n uint64
		for first := range queue {
			batch := []request{first}
			err := db.Update(func(tx *bbolt.Tx) error {
				put := func(r request) error {
					n++
					key := binary.BigEndian.AppendUint64(nil, n)
					for i, value := range [][]byte{r.body, r.body[:150], r.body[:200], key} {
						if err := tx.Bucket(names[i]).Put(key, value); err != nil {
							return err
						}
					}
					return nil
				}
				if err := put(first); err != nil {
					return err
				}
				for len(batch) < 1024 {
					select {
					case r := <-queue:
						batch = append(batch, r)
						if err := put(r); err != nil {
							return err
						}
					default:
						return nil
					}
				}
				return nil
			})
			for _, r := range batch {
				r.done <- err
			}
		}
	}()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var alert struct{ Title, Description string }
		if err == nil {
			err = json.Unmarshal(body, &alert)
		}
		if err == nil {
			body, err = json.Marshal(alert)
		}
		if err == nil {
			done := make(chan error, 1)
			queue <- request{body, done}
			err = <-done
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		io.WriteString(w, `{"ok":true}`)
	}))
}
