package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/slacksim"
)

// TestAnAuditorThatStoppedIsNoticed: nobody is told that all is well because nobody
// looks; a dead man's switch is pinged only while the bot is ready.
func TestAnAuditorThatStoppedIsNoticed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	if got := h.bot.Health(); !got.Ready {
		t.Fatalf("at the start it is not ready: %q", got.Problems)
	}
	h.pass(121 * time.Second) // which the auditor, whose clock is real, sleeps through
	if got := h.bot.Health(); got.Ready || !strings.Contains(strings.Join(got.Problems, " "), "the auditor has not run since") {
		t.Errorf("two minutes without an audit, and it says %+v", got)
	}
}

// TestASocketThatDiesIsSeen: health says so, and stays ready: whoever restarts what is
// not ready would end the only pager.
func TestASocketThatDiesIsSeen(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.sim.RefuseSockets(slacksim.RefuseDial)
	h.sim.CutSockets(slacksim.CutNow)
	h.wait("health to say so", func() bool {
		got := h.bot.Health()
		return got.Ready && strings.Contains(strings.Join(got.Notes, " "), "0 of 2 sockets to Slack are open")
	})
	h.sim.RefuseSockets(slacksim.RefuseNothing)
	h.wait("the sockets", func() bool { return !strings.Contains(strings.Join(h.bot.Health().Notes, " "), "sockets") })
}

// TestAHeartbeatThatNeverCameIsSeen: nobody waits for it yet, so nothing else would tell that
// its sender was never set up.
func TestAHeartbeatThatNeverCameIsSeen(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig+"\nintegrations: [{name: backup, source: heartbeat, token_env: WATCHBILL_HOOK_BACKUP, every: 1h}]\n")
	says := func() bool {
		return strings.Contains(strings.Join(h.bot.Health().Notes, " "), "the heartbeat backup has never come")
	}
	h.wait("health to say so", func() bool { return says() && h.bot.Health().Ready })
	if _, err := h.bot.Desk().Beat(h.ctx, "backup", nil); err != nil {
		t.Fatal(err)
	}
	if says() {
		t.Error("it came, and health says that it never did")
	}
}
