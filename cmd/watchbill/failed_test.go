package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/slacksim"
)

// TestGivenUpAndRetried pages somebody whose account is gone, shows the delivery
// that was given up, and tries it again once they are back.
func TestGivenUpAndRetried(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Minute, slacksim.Config{})
	w.sim.Deactivate("U0SRE1")
	w.start()
	w.wait("the bot", func() bool { return w.sim.Sockets() == 2 })
	if r, err := w.sim.As("U0DEV1").Slash(w.ctx, "general", "/inc", "declare checkout is down --sev 2 --service checkout"); err != nil || r.Error != "" {
		t.Fatal(err, r.Error)
	}
	w.wait("the next step", func() bool { return len(w.sim.DMs("U0SRE2")) > 0 })
	w.settle() // the page gains the link to its channel: that is a delivery of its own
	out, err := w.command("incident", "failed")
	if err != nil || !strings.Contains(out, "page/PAGE-1/1 for PAGE-1") || !strings.Contains(out, "deactivated") {
		t.Fatalf("incident failed printed %q, %v", out, err)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	number, _, _ := strings.Cut(lines[len(lines)-1], " ")
	w.sim.Reactivate("U0SRE1")
	w.kill(syscall.SIGTERM) // the next life reads the directory of people anew
	w.start()
	w.wait("the bot", func() bool { return w.sim.Sockets() == 2 })
	if out, err := w.command("incident", "retry", number, "--json"); err != nil || out != `{"retried":`+number+"}\n" {
		t.Fatalf("incident retry %s printed %q, %v", number, out, err)
	}
	w.wait("the page", func() bool { return len(w.sim.DMs("U0SRE1")) > 0 })
	for _, args := range [][]string{{"incident", "retry", "999999"}, {"incident", "retry", "x"}, {"incident", "retry"}, {"incident", "frobnicate"}} {
		if out, err := w.command(args...); err == nil {
			t.Errorf("watchbill %s printed %q without an error", strings.Join(args, " "), out)
		}
	}
}

// TestADataDirectoryWithALongPath is refused at the start: there could be no socket in it, by
// which the command line works when Slack does not.
func TestADataDirectoryWithALongPath(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Minute, slacksim.Config{})
	long := filepath.Join(w.dir, strings.Repeat("x", 100))
	out, err := w.command("serve", "--data", long)
	if err == nil || !strings.Contains(out, "Use a data directory with a shorter path") {
		t.Errorf("serve there: %v\n%s", err, out)
	}
}

// TestTheConfigurationIsWrongByNow: somebody edits it while the bot runs. Whoever answers a
// page in a shell meanwhile must be able to.
func TestTheConfigurationIsWrongByNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Minute, slacksim.Config{})
	w.start()
	w.wait("the bot", func() bool { return w.sim.Sockets() == 2 })
	if out, err := w.command("incident", "declare", "it is broken", "--service", "checkout", "--as", "dev1"); err != nil {
		t.Fatalf("declare: %v\n%s", err, out)
	}
	if err := os.WriteFile(filepath.Join(w.dir, "watchbill.yaml"), []byte("people: [{nam: dev1}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := w.command("incident", "list")
	if err != nil || !strings.Contains(out, "it is broken") || !strings.Contains(out, "The configuration is wrong") {
		t.Errorf("list: %v\n%s", err, out)
	}
	w.kill(syscall.SIGTERM)
	if out, err := w.command("incident", "list"); err == nil || !strings.Contains(out, `did you mean "name"`) {
		t.Errorf("list without a bot: %v\n%s", err, out)
	}
}
