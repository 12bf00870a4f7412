package paging

import (
	"testing"
	"time"
)

func TestClaims(t *testing.T) {
	onCall := func(schedule string, _ time.Time) ([]string, bool) {
		return map[string][]string{"night": {"dev1", "sre1"}, "empty": {}}[schedule], schedule != "new"
	}
	for _, c := range []struct {
		name  string
		claim Claim
		want  string
	}{
		{"right", Claim{Targets: []Target{"schedule:night", "channel:ops"}, Told: append(person("sre1", "dev1"), Recipient{Channel: "ops"})}, ""},
		{"somebody else", Claim{Targets: []Target{"schedule:night"}, Told: person("dev1", "sre1", "lead1")}, "told lead1 at step 1, which stood for dev1, sre1 at 2026-01-01T12:00:00Z."},
		{"one too few", Claim{Targets: []Target{"schedule:night"}, Told: person("dev1")}, "did not tell sre1 at step 1, which stood for dev1, sre1 at 2026-01-01T12:00:00Z."},
		{"one had passed", Claim{Targets: []Target{"schedule:night"}, Told: person("dev1"), Excused: person("sre1")}, ""},
		{"skipped although somebody was on call", Claim{Targets: []Target{"schedule:night"}}, "did not tell dev1 at step 1, which stood for dev1, sre1 at 2026-01-01T12:00:00Z."},
		{"rightly skipped", Claim{Targets: []Target{"schedule:empty"}}, ""},
		{"a channel that nobody named", Claim{Targets: []Target{"schedule:empty"}, Told: []Recipient{{Channel: "ops"}}}, "told channel:ops at step 1, which stood for nobody at 2026-01-01T12:00:00Z."},
		{"whoever had acknowledged comes besides", Claim{Targets: []Target{"schedule:night"}, Told: person("dev1", "sre1", "lead1"), Besides: "lead1"}, ""},
		{"it is not known who was on call", Claim{Targets: []Target{"schedule:new"}, Told: person("lead1")}, ""},
		{"a team may stand for anybody", Claim{Targets: []Target{"person:dev1", "team:sre"}, Told: person("dev1", "lead1")}, ""},
		{"a team beside a person who was not told", Claim{Targets: []Target{"person:dev1", "team:sre"}, Told: person("lead1")}, "did not tell dev1 at step 1, which stood for dev1 at 2026-01-01T12:00:00Z."},
	} {
		c.claim.At = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
		if got := c.claim.Against(onCall); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
