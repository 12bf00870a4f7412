package bot_test

import (
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall/paging"
)

// TestAPageWaitsNoLongerBecauseTheClockWasSetBack: its next step comes within its wait, and
// who looks at it reads when, and why.
func TestAPageWaitsNoLongerBecauseTheClockWasSetBack(t *testing.T) {
	t.Parallel()
	began := time.Now()
	h := newHouse(t, testConfig)
	h.slash("U0DEV1", "general", "declare checkout returns 503 --sev 2 --service checkout")
	h.wait("the page", func() bool { return len(h.sim.DMs("U0SRE1")) == 1 })
	h.pass(-2 * time.Hour)
	page := func() paging.Page {
		p, err := h.bot.Desk().PageOf(h.ctx, "PAGE-1")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	h.wait("the page to follow the clock", func() bool { return page().Next.Before(h.now().Add(31 * time.Second)) })
	h.pass(31 * time.Second)
	h.wait("the second step", func() bool { return len(h.sim.DMs("U0SRE2")) == 1 })
	if p := page(); p.Turn != 2 {
		t.Errorf("the page stands at turn %d, want 2", p.Turn)
	}
	events, err := h.bot.Desk().PageEvents(h.ctx, "PAGE-1")
	if err != nil {
		t.Fatal(err)
	}
	// What is known of the step back is the last that was recorded before it: as much less as
	// passed between the two, on a busy machine seconds.
	var back []time.Duration
	for _, e := range events {
		if e.Kind == paging.ClockSetBack {
			back = append(back, e.Back)
		}
	}
	if least := 2*time.Hour - time.Since(began); len(back) != 1 || back[0] < least || back[0] > 2*time.Hour {
		t.Errorf("the clock was set back by %v, want once, between %s and 2h", back, least)
	}
}
