package bot

import (
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/slackio"
)

// TestGhostsAreNobody: Slack counts the sockets of a life that was killed for a while.
func TestGhostsAreNobody(t *testing.T) {
	var c company
	now := time.Date(2026, 3, 4, 3, 0, 0, 0, time.UTC)
	look := func(others int) bool {
		now = now.Add(time.Second)
		return c.judge(now, slackio.SocketState{Others: others})
	}
	counted := 0
	for n := range 600 {
		others := 2
		if counted > 0 {
			others = 0
		}
		if look(others) {
			counted++
			if n != 90 {
				t.Errorf("counted after %d s, want 90", n)
			}
		}
		if c.present() > 0 {
			t.Fatalf("ghosts are believed after %d s", n)
		}
	}
	if counted != 1 {
		t.Errorf("counted %d times, want once", counted)
	}
}
