package configs

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// TestScheduleLayout reads schedules as they are documented, with times in and
// without quotes.
func TestScheduleLayout(t *testing.T) {
	const quoted = `
schedules:
  - name: checkout
    time_zone: Europe/Berlin
    layers:
      - name: weekdays
        rotation: {type: weekly, length: 1, start: "2026-01-05T09:00:00", people: [dev1, sre1]}   # hourly | daily | weekly | monthly | cron
        hours: [{days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00"}]                  # optional; to <= from crosses midnight
    overrides:
      - {from: "2026-02-01T09:00:00+01:00", to: "2026-02-02T09:00:00+01:00", person: sre2, replaces: dev1}   # without replaces: sre2 is on call as well
      - {from: "2026-02-03T12:00:00", to: "2026-02-03T13:00:00", person: sre2}
    holidays: [{date: "2026-12-25"}]
`
	const bare = `
schedules:
- name: checkout
  time_zone: Europe/Berlin
  layers:
  - name: weekdays
    rotation:
      type: weekly
      length: 1
      start: 2026-01-05T09:00:00
      people:
      - dev1
      - sre1
    hours:
    - days: [mon, tue, wed, thu, fri]
      from: 09:00
      to: 17:00
  overrides:
  - from: 2026-02-01T09:00:00+01:00
    to: 2026-02-02T09:00:00+01:00
    person: sre2
    replaces: dev1
  - from: 2026-02-03T12:00:00
    to: 2026-02-03T13:00:00
    person: sre2
  holidays:
  - date: 2026-12-25
`
	a, b := load(t, quoted), load(t, bare)
	if got, want := toJSON(t, b.Schedules), toJSON(t, a.Schedules); got != want {
		t.Errorf("without quotes got %s, want %s", got, want)
	}
	tests := []struct {
		at   string
		want []string
	}{
		{"2026-01-05T08:00:00Z", []string{"dev1"}},
		{"2026-01-05T07:59:59Z", []string{}},
		{"2026-01-12T12:00:00Z", []string{"sre1"}},
		{"2026-01-17T12:00:00Z", []string{}},
		{"2026-02-03T11:30:00Z", []string{"dev1", "sre2"}},
	}
	for _, tt := range tests {
		at, err := time.Parse(time.RFC3339, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := oncall.People(a.Plan("checkout").OnCall(at)); !slices.Equal(got, tt.want) {
			t.Errorf("at %s: got %q, want %q", tt.at, got, tt.want)
		}
	}
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func BenchmarkLoad(b *testing.B) {
	source, err := os.ReadFile("watchbill.example.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Parse(source, "example"); err != nil {
			b.Fatal(err)
		}
	}
}
