package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall/paging"
)

// TestAPageWaitsNoLongerBecauseTheClockWasSetBack: its next step comes within its wait, and
// who looks at it reads when, and why.
func TestAPageWaitsNoLongerBecauseTheClockWasSetBack(t *testing.T) {
	t.Parallel()
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
	told := 0
	for _, l := range paging.History(events, func(person, _ string) string { return person }) {
		if strings.HasPrefix(l.Text, "the clock was set back by 2h") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("it is said %d times that the clock was set back", told)
	}
}
