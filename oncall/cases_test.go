package oncall

import (
	"strings"
	"testing"
	"time"
)

// at parses an instant of a test.
func at(t testing.TB, s string) time.Time {
	t.Helper()
	got, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// mustCompile compiles a schedule of a test.
func mustCompile(t testing.TB, s Schedule) *Plan {
	t.Helper()
	p, err := Compile(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// rota is a schedule of one layer that always stands. People are given as "a b c".
func rota(zone, kind string, length int, start, people string) Schedule {
	return Schedule{Name: "test", TimeZone: zone, Layers: []Layer{{
		Name:     "main",
		Rotation: Rotation{Type: kind, Length: length, Start: start, People: strings.Fields(people)},
	}}}
}

// hours narrows the only layer to windows.
func hours(s Schedule, windows ...Window) Schedule {
	s.Layers[0].Hours = windows
	return s
}

func days(s string) []string { return strings.Fields(s) }

const (
	losAngeles = "America/Los_Angeles"
	berlin     = "Europe/Berlin"
)

// who is who covers the watch, as "a b".
func who(t testing.TB, p *Plan, instant string) string {
	t.Helper()
	return strings.Join(People(p.OnCall(at(t, instant))), " ")
}

// TestInstantsAroundHandoffs checks instants around handoffs: "instant person", nobody being "-".
// Where a boundary is named, the microsecond before it is checked as well.
func TestInstantsAroundHandoffs(t *testing.T) {
	tests := []struct {
		name     string
		schedule Schedule
		want     []string
	}{
		{"1 gap west", rota(losAngeles, Daily, 1, "2025-03-07T02:30:00", "a b c"),
			[]string{"03-08T10:29:59Z a", "03-08T10:30:00Z b", "03-09T09:59:59.999999Z b", "03-09T10:00:00Z c", "03-10T09:29:59Z c", "03-10T09:30:00Z a"}},
		{"2 fold east", rota(berlin, Daily, 1, "2025-10-24T02:30:00", "a b c"),
			[]string{"10-26T00:29:59Z b", "10-26T00:30:00Z c", "10-26T01:00:00Z c", "10-26T01:29:59Z c", "10-26T01:30:00Z c", "10-27T01:29:59Z c", "10-27T01:30:00Z a"}},
		{"3 gap east", rota(berlin, Daily, 1, "2025-03-28T02:30:00", "a b c"),
			[]string{"03-30T00:59:59Z b", "03-30T01:00:00Z c", "03-31T00:29:59Z c", "03-31T00:30:00Z a"}},
		{"4 midnight missing", rota("Atlantic/Azores", Weekly, 1, "2025-03-16T00:00:00", "a b c"),
			[]string{"03-30T00:59:59Z b", "03-30T01:00:00Z c", "04-05T23:59:59Z c", "04-06T00:00:00Z a"}},
		{"5 midnight twice", rota("Atlantic/Azores", Daily, 1, "2025-10-24T00:00:00", "a b c"),
			[]string{"10-25T23:59:59Z b", "10-26T00:00:00Z c", "10-26T01:00:00Z c", "10-27T00:59:59Z c", "10-27T01:00:00Z a"}},
		{"6 half hour zone", rota("Australia/Adelaide", Daily, 1, "2025-10-03T02:15:00", "a b c"),
			[]string{"10-04T16:29:59Z b", "10-04T16:30:00Z c", "10-05T15:44:59Z c", "10-05T15:45:00Z a"}},
		{"7 hourly gap uses up the turn", rota(losAngeles, Hourly, 1, "2025-03-09T00:00:00", "a b c d"),
			[]string{"03-09T08:00:00Z a", "03-09T09:00:00Z b", "03-09T09:59:59Z b", "03-09T10:00:00Z d", "03-09T11:00:00Z a"}},
		{"8 hourly fold", rota(losAngeles, Hourly, 1, "2025-11-02T00:00:00", "a b c"),
			[]string{"11-02T07:00:00Z a", "11-02T08:00:00Z b", "11-02T09:59:59Z b", "11-02T10:00:00Z c"}},
		{"9 twelve hours", rota(losAngeles, Hourly, 12, "2025-03-08T08:00:00", "a b"),
			[]string{"03-09T03:59:59Z a", "03-09T04:00:00Z b", "03-09T14:59:59Z b", "03-09T15:00:00Z a", "03-10T03:00:00Z b"}},
		{"10 start as an instant", rota(losAngeles, Weekly, 1, "2025-01-06T17:00:00Z", "a b c"),
			[]string{"03-10T15:59:59Z c", "03-10T16:00:00Z a"}},
		{"11 monthly clamp", rota(berlin, Monthly, 1, "2025-01-31T10:00:00", "a b c"),
			[]string{"02-28T08:59:59Z a", "02-28T09:00:00Z b", "03-31T07:59:59Z b", "03-31T08:00:00Z c", "04-30T07:59:59Z c", "04-30T08:00:00Z a"}},
		{"12 monthly leap", rota(berlin, Monthly, 1, "2023-12-31T10:00:00", "a b c"),
			[]string{"2024-02-29T08:59:59Z b", "2024-02-29T09:00:00Z c", "2024-03-31T07:59:59Z c", "2024-03-31T08:00:00Z a"}},
		{"13 yearly on leap day", rota(berlin, Monthly, 12, "2024-02-29T10:00:00", "a b c"),
			[]string{"2025-02-28T08:59:59Z a", "2025-02-28T09:00:00Z b", "2026-02-28T09:00:00Z c", "2027-02-28T09:00:00Z a",
				"2028-02-28T09:00:00Z a", "2028-02-29T08:59:59Z a", "2028-02-29T09:00:00Z b"}},
		{"14 monthly gap", rota("Pacific/Auckland", Monthly, 1, "2025-06-28T02:30:00", "a b c"),
			[]string{"08-27T14:29:59Z b", "08-27T14:30:00Z c", "09-27T13:59:59Z c", "09-27T14:00:00Z a"}},
		{"15 skipped day", rota("Pacific/Fakaofo", Daily, 1, "2011-12-27T09:00:00", "a b c d"),
			[]string{"2011-12-30T10:59:59Z c", "2011-12-30T11:00:00Z d", "2011-12-30T19:59:59Z d", "2011-12-30T20:00:00Z a"}},
		{"16 before start", rota(losAngeles, Daily, 1, "2025-03-07T02:30:00", "a b c"),
			[]string{"03-07T10:29:59Z -", "03-07T10:30:00Z a", "1999-01-01T00:00:00Z -"}},
		{"17 half-open", rota(losAngeles, Weekly, 1, "2025-01-06T17:00:00Z", "a b c"),
			[]string{"03-10T16:00:00Z a", "03-10T15:59:59.999Z c", "03-10T15:59:59.999999999Z c"}},
		{"18 handoff while closed", hours(rota(losAngeles, Weekly, 1, "2025-01-06T09:00:00", "a b"), Window{days("mon tue wed thu fri"), "09:00", "17:00"}),
			[]string{"01-06T17:00:00Z a", "03-08T00:59:59Z a", "03-08T01:00:00Z -", "03-10T15:59:59Z -", "03-10T16:00:00Z b"}},
		{"19 window over midnight and spring", hours(rota(losAngeles, Daily, 1, "2025-01-01T00:00:00", "a"), Window{days("sat"), "22:00", "06:00"}),
			[]string{"03-09T05:59:59Z -", "03-09T06:00:00Z a", "03-09T12:59:59Z a", "03-09T13:00:00Z -"}},
		{"20 window in the gap", hours(rota(losAngeles, Daily, 1, "2025-01-01T00:00:00", "a"), Window{days("sun"), "02:00", "03:00"}),
			[]string{"03-02T10:00:00Z a", "03-09T09:59:59Z -", "03-09T10:00:00Z -", "03-09T10:30:00Z -", "03-16T09:00:00Z a"}},
		{"22 start equals end", hours(rota(losAngeles, Daily, 1, "2025-01-01T00:00:00", "a"), Window{days("sat sun"), "00:00", "00:00"}),
			[]string{"11-01T06:59:59Z -", "11-01T07:00:00Z a", "11-02T09:30:00Z a", "11-03T07:59:59Z a", "11-03T08:00:00Z -"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := mustCompile(t, test.schedule)
			for _, line := range test.want {
				instant, want, _ := strings.Cut(line, " ")
				if len(instant) < len("2025-01-01T00:00:00Z") || instant[2] == '-' {
					instant = "2025-" + instant
				}
				want = strings.TrimPrefix(want, "-")
				if got := who(t, p, instant); got != want {
					t.Errorf("at %s: got %q, want %q", instant, got, want)
				}
				agree(t, p, at(t, instant))
			}
		})
	}
}

// agree checks that Shifts around an instant say the same as OnCall at it.
func agree(t testing.TB, p *Plan, instant time.Time) {
	t.Helper()
	var want []string
	for _, s := range p.Shifts(instant.Add(-30*time.Hour), instant.Add(30*time.Hour)) {
		if !s.Start.After(instant) && s.End.After(instant) {
			want = append(want, s.Person+" "+s.Kind)
		}
	}
	var got []string
	for _, d := range p.OnCall(instant) {
		got = append(got, d.Person+" "+d.Kind)
	}
	if a, b := strings.Join(sorted(got), ","), strings.Join(sorted(want), ","); a != b {
		t.Errorf("at %s: OnCall says %q, Shifts say %q", instant.Format(time.RFC3339Nano), a, b)
	}
}

// gapsOf is a plan's gaps as "start end" in UTC.
func gapsOf(t testing.TB, p *Plan, from, to string) []string {
	t.Helper()
	out := []string{}
	for _, g := range p.Gaps(at(t, from), at(t, to)) {
		out = append(out, g.Start.Format(time.RFC3339)+" "+g.End.Format(time.RFC3339))
	}
	return out
}
