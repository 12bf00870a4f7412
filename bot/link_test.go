package bot_test

import (
	"strings"
	"testing"
)

// TestThePageGainsTheChannel: a page does not wait for the channel, and names it
// as soon as it is there.
func TestThePageGainsTheChannel(t *testing.T) {
	h := newHouse(t, testConfig)
	h.declare()
	room := h.room()
	h.wait("the page to name the channel", func() bool {
		dms := h.sim.DMs("U0SRE1")
		return len(dms) == 1 && strings.Contains(string(dms[0].Blocks), room.ID)
	})
}
