package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/bot/watch/watchtest"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/bolt"
	"github.com/watchbill/watchbill/storage/storagetest"
)

const processConfig = `
people:
  - {name: dev1, slack: U0DEV1}
  - {name: dev2, slack: U0DEV2}
  - {name: sre1, slack: U0SRE1}
  - {name: sre2, slack: U0SRE2}
teams:
  - {name: sre-core, kind: sre, people: [sre1, sre2]}
services:
  - {name: checkout, schedule: checkout, escalation: checkout}
schedules:
  - name: checkout
    time_zone: Europe/Berlin
    layers:
      - name: all
        rotation: {type: weekly, length: 1, start: "2020-01-06T09:00:00", people: [sre1]}
escalations:
  - name: checkout
    steps:
      - {notify: ["schedule:checkout"], wait: 10s}
      - {notify: ["person:sre2"], wait: 10s}
    repeat: 3
`

// world is a simulated workspace and a real process of the bot that can be
// killed.
type world struct {
	t      testing.TB
	ctx    context.Context
	sim    *slacksim.Server
	dir    string
	env    []string
	config string
	proc   *exec.Cmd
	logs   *logs
	stderr *os.File // where the next lives log; nil: to logs
	under  []string // the command that runs the next lives; empty: none
	// lives counts the processes that were started.
	lives int
}

// logs keeps what the processes wrote, for when a test fails.
type logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.buf.Len() > 1<<20 {
		l.buf.Reset()
	}
	return l.buf.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func newWorld(t testing.TB, limit time.Duration, sim slacksim.Config) *world {
	t.Helper()
	return newWorldWith(t, limit, sim, processConfig)
}

// newWorldWith is newWorld with another configuration.
func newWorldWith(t testing.TB, limit time.Duration, sim slacksim.Config, config string) *world {
	t.Helper()
	c, err := configs.Parse([]byte(config), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	sim.Manifest = configs.Manifest(c)
	w := &world{t: t, dir: t.TempDir(), logs: &logs{}, config: config}
	var cancel context.CancelFunc
	w.ctx, cancel = context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	if w.sim, err = slacksim.New(sim); err != nil {
		t.Fatal(err)
	}
	base, err := w.sim.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.sim.Close() })
	var ids []string
	for _, name := range []string{"dev1", "dev2", "sre1", "sre2"} {
		ids = append(ids, w.sim.AddUser(slacksim.User{ID: "U0" + strings.ToUpper(name), Name: name}).ID)
	}
	w.sim.AddChannel("incidents", false, ids...)
	w.sim.AddChannel("general", false, ids...)
	file := filepath.Join(w.dir, "watchbill.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	w.env = []string{asBinary + "=1", "SLACK_BOT_TOKEN=" + w.sim.BotToken(), "SLACK_APP_TOKEN=" + w.sim.AppToken(), "SLACK_API_URL=" + base + "/api/",
		"WATCHBILL_CONFIG=" + file, "WATCHBILL_DATA=" + filepath.Join(w.dir, "data"), "WATCHBILL_HTTP=127.0.0.1:0", "HOME=" + w.dir, "PATH=" + os.Getenv("PATH")}
	t.Cleanup(func() {
		w.kill(syscall.SIGKILL)
		if t.Failed() {
			t.Logf("what the processes logged last:\n%s", w.logs.String())
		}
	})
	return w
}

// start begins a new life of the bot.
func (w *world) start() {
	w.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	line := append(slices.Clone(w.under), exe, "serve")
	w.proc = exec.Command(line[0], line[1:]...)
	w.proc.Env, w.proc.Stderr = w.env, w.logs
	if w.stderr != nil {
		w.proc.Stderr = w.stderr
	}
	w.lives++
	if err := w.proc.Start(); err != nil {
		w.t.Fatal(err)
	}
}

// kill ends the present life and returns the process's exit status.
func (w *world) kill(sig syscall.Signal) int {
	if w.proc == nil {
		return 0
	}
	w.proc.Process.Signal(sig)
	w.proc.Wait()
	status := w.proc.ProcessState.ExitCode()
	w.proc = nil
	// Its sockets must not be taken for those of the next life.
	w.wait("the sockets of a process that ended to be gone", func() bool { return w.sim.Sockets() == 0 })
	return status
}

// command runs the binary once and returns what it printed.
func (w *world) command(args ...string) (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(w.ctx, exe, args...)
	cmd.Env = w.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// wait blocks until the workspace is as described.
func (w *world) wait(what string, done func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, time.Minute)
	defer cancel()
	if err := w.sim.Wait(ctx, done); err != nil {
		w.t.Fatalf("waited for %s: %v", what, err)
	}
}

// store opens the data file of a bot that does not run.
func (w *world) store() storage.Store {
	w.t.Helper()
	s, err := bolt.Open(filepath.Join(w.dir, "data", dataFile), bolt.Options{ReadOnly: true})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { s.Close() })
	return s
}

// audit stops the bot, and checks that its store is whole and nothing waits.
func (w *world) audit() *desk.Desk {
	w.t.Helper()
	if status := w.kill(syscall.SIGTERM); status != 0 {
		w.t.Errorf("SIGTERM: exit status %d, want 0", status)
	}
	d := w.afterwards()
	s := d.Store
	pending, err := s.Effects(w.ctx, 0, 10_000, storage.Pending)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range pending {
		w.t.Errorf("still owed: %s (%d attempts): %s", e.Target, e.Attempts, e.Note)
	}
	dead, err := s.Effects(w.ctx, 0, 10_000, storage.Dead)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range dead {
		w.t.Errorf("given up: %s: %s", e.Target, e.Note)
	}
	return d
}

// afterwards opens what a bot that is stopped has left, and checks that it is whole.
func (w *world) afterwards() *desk.Desk {
	w.t.Helper()
	s := w.store()
	storagetest.Check(w.t, s, desk.Folds())
	c, err := configs.Parse([]byte(w.config), "test.yaml")
	if err != nil {
		w.t.Fatal(err)
	}
	d := desk.New(desk.Config{Store: s, Settings: c})
	watchtest.Check(w.t, d)
	return d
}

// onceEach checks that no message of the bot is there twice, by the operation it
// was posted for; pages may be repeated.
func (w *world) onceEach() {
	w.t.Helper()
	seen := map[string]int{}
	for _, ch := range w.sim.Channels() {
		for _, m := range w.sim.Messages(ch.ID) {
			if op := operation(m); op != "" && !strings.HasPrefix(op, "page/") {
				seen[op]++
			}
		}
	}
	for op, n := range seen {
		if n > 1 {
			w.t.Errorf("%s was posted %d times", op, n)
		}
	}
}

func operation(m slacksim.Message) string {
	_, rest, ok := strings.Cut(string(m.Metadata), `"op":"`)
	if !ok {
		return ""
	}
	op, _, _ := strings.Cut(rest, `"`)
	return op
}
