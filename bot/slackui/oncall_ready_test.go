package slackui

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall/paging"
)

// TestReadiness reads how people are reached, as their team lead would.
func TestReadiness(t *testing.T) {
	s := scene()
	m := Readiness([]Reach{
		{Person: "sre1", Ways: []Way{{Contact: paging.Contact{Method: paging.Slack}, Proven: s.Now.Add(-time.Hour)}, {Contact: paging.Contact{Method: paging.Voice, After: 3 * time.Minute, Every: 2 * time.Minute}}}},
		{Person: "dev1", Ways: []Way{{Contact: paging.Contact{Method: paging.SMS}, Proven: s.Now.Add(-100 * 24 * time.Hour), Old: true}}},
		{Person: "dev2", Why: "has a deactivated account in Slack and cannot be paged: take them off the schedule"},
	}, s)
	judge(t, "readiness", m)
	raw, err := json.Marshal(m.Blocks)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for _, want := range []string{":white_check_mark: *", "call after 3m, again every 2m (not proven)", ":warning: *", "has no proven way", "SMS (proven long ago", ":red_circle: *", "deactivated account"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
	var many []Reach
	for range 500 {
		many = append(many, Reach{Person: "sre1", Ways: []Way{{Contact: paging.Contact{Method: paging.Slack}}}})
	}
	judge(t, "500 people", Readiness(many, s))
	judge(t, "a handoff to somebody unproven", Unproven(m, s))
}
