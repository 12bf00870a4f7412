package bot_test

import (
	"strings"
	"testing"
)

// TestFeedAddress gives everybody the private address of their own shifts, and says
// what is missing where there can be none.
func TestFeedAddress(t *testing.T) {
	t.Parallel()
	ask := func(h *house) string {
		t.Helper()
		r, err := h.sim.As("U0SRE1").Slash(h.ctx, "general", "/oncall", "feed")
		if err != nil || r.Error != "" {
			t.Fatal(err, r.Error)
		}
		return r.Text()
	}
	if got := ask(newHouse(t, testConfig)); !strings.Contains(got, "public_url") {
		t.Errorf("without an address answered %q, want what to set", got)
	}
	got := ask(newHouse(t, testConfig+"\nhttp: {public_url: \"https://watchbill.example.com\"}\n"))
	if !strings.Contains(got, "https://watchbill.example.com/calendar/") || !strings.Contains(got, ".ics") {
		t.Errorf("answered %q, want the address", got)
	}
}
