package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/slacksim"
)

// TestSchedulesOfARunningProcess applies files to a real process, kills it, and asks
// the data file: nothing that was answered as applied is lost, and the address of a
// feed outlives the process.
func TestSchedulesOfARunningProcess(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it starts processes")
	}
	w := newWorld(t, time.Minute, slacksim.Config{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(w.dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	config := write("public.yaml", processConfig+"http: {public_url: \"http://"+address+"\"}\n")
	w.env = append(w.env, "WATCHBILL_CONFIG="+config, "WATCHBILL_HTTP="+address)
	gives := func(want string, args ...string) string {
		t.Helper()
		out, err := w.command(append([]string{"oncall"}, args...)...)
		if err != nil || !regexp.MustCompile(want).MatchString(out) {
			t.Fatalf("%s: got %v and\n%s\nwant %s", strings.Join(args, " "), err, out, want)
		}
		return strings.TrimSpace(out)
	}
	w.start()
	w.wait("the bot", func() bool { return w.sim.Sockets() == 2 })

	gives(`^checkout: sre1`, "who")
	next := write("next.yaml", strings.Replace(schedule("sre1, sre2", always), "2026-01-05", "2020-01-06", 1))
	gives(`sre2 gains`, "apply", next, "--plan")
	gives(`^checkout is applied`, "apply", next)
	gives(`sre2`, "shifts", "--person", "sre2", "--json")
	url := gives(`^http://`+address+`/calendar/`, "feed", "--person", "sre2")
	read := func() string {
		t.Helper()
		res, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("got %s, %v", res.Status, err)
		}
		return string(body)
	}
	if text := read(); strings.Count(text, "SUMMARY:sre2 on call for checkout") < 80 {
		t.Errorf("the feed of half a year of every other day holds few shifts:\n%.2000s", text)
	}

	w.kill(syscall.SIGKILL)
	gives(`sre2`, "shifts", "--person", "sre2", "--json")
	if again := gives(`^http`, "feed", "--person", "sre2"); again != url {
		t.Errorf("the address moved from %s to %s", url, again)
	}
	w.start()
	w.wait("the bot", func() bool { return w.sim.Sockets() >= 2 })
	read()
}
