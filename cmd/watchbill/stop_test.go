package main

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/slacksim"
)

// stopWithin is how long a process may take to stop when it is told to.
const stopWithin = 10 * time.Second

// TestItStopsWhileSlackHangs: SIGTERM ends the process in time and in order although
// every call to Slack waits for an answer, those that answer people too.
func TestItStopsWhileSlackHangs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2*time.Minute, slacksim.Config{Seed: 1})
	w.start()
	w.wait("the bot", func() bool { return w.sim.Sockets() >= 2 })
	dm, err := w.sim.As("U0DEV1").OpenDM(w.sim.BotUserID())
	if err != nil {
		t.Fatal(err)
	}
	w.sim.Inject(slacksim.Fault{Method: "*", Kind: slacksim.Hang, Delay: time.Minute})
	if _, err := w.sim.As("U0DEV1").Type(dm.ID, "list"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.sim.As("U0DEV1").Slash(w.ctx, "general", "/inc", "declare checkout returns 503 --service checkout"); err != nil {
		t.Fatal(err)
	}
	w.wait("calls that hang", func() bool { return len(w.sim.Calls("chat.postMessage")) >= 2 })
	started := time.Now()
	if status := w.kill(syscall.SIGTERM); status != 0 {
		t.Errorf("exit status %d, want 0", status)
	}
	if took := time.Since(started); took > stopWithin {
		t.Errorf("it took %s to stop, want at most %s", took.Round(time.Millisecond), stopWithin)
	}
}

// TestAClosedTerminalEndsItInOrder: a hangup is no crash, and none at all below nohup.
func TestAClosedTerminalEndsItInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2*time.Minute, slacksim.Config{Seed: 1})
	w.start()
	w.wait("the bot", func() bool { return w.sim.Sockets() >= 2 })
	if status := w.kill(syscall.SIGHUP); status != 0 {
		t.Errorf("exit status %d, want 0", status)
	}
	if said := w.logs.String(); !strings.Contains(said, "hangup signal received") {
		t.Errorf("nothing is logged of why it stopped:\n%s", said)
	}

	w.under = []string{"nohup"}
	w.start()
	w.wait("the bot below nohup", func() bool { return w.sim.Sockets() >= 2 })
	w.proc.Process.Signal(syscall.SIGHUP)
	w.sim.As("U0DEV1").Slash(w.ctx, "general", "/inc", "declare still here")
	w.wait("an incident after the hangup", func() bool { return len(w.sim.Calls("conversations.create")) > 0 })
	if status := w.kill(syscall.SIGTERM); status != 0 {
		t.Errorf("below nohup: exit status %d, want 0", status)
	}
}
