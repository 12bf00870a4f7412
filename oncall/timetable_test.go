package oncall

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
)

func TestTimetableProblems(t *testing.T) {
	tests := []struct {
		spec TimetableSpec
		want string
	}{
		{TimetableSpec{TimeZone: "UTC"}, `it does not say when; from and to, or such as cron: "0 2 * * sun" and duration: 2h`},
		{TimetableSpec{From: "2026-03-01T22:00:00", Cron: "0 2 * * *"}, "it is set once and recurs at the same time; keep from and to, or cron and duration"},
		{TimetableSpec{From: "2026-03-01T22:00:00", TimeZone: "UTC"}, "to is missing; add to"},
		{TimetableSpec{To: "2026-03-01T22:00:00", TimeZone: "UTC"}, "from is missing; add from"},
		{TimetableSpec{From: "2026-03-01T22:00:00", To: "2026-03-02T02:00:00"}, `time_zone: the time zone is missing; say "UTC" if you mean it`},
		{TimetableSpec{From: "2026-03-01T22:00:00", To: "2026-03-02T02:00:00", TimeZone: "Berlin"}, `time_zone: unknown time zone "Berlin"; did you mean Europe/Berlin?`},
		{TimetableSpec{From: "2026-03-02T22:00:00", To: "2026-03-02T02:00:00", TimeZone: "UTC"}, "to: the end 2026-03-02T02:00:00 is not after the start 2026-03-02T22:00:00; swap from and to"},
		{TimetableSpec{From: "tonight", To: "2026-03-02T02:00:00", TimeZone: "UTC"}, `from: "tonight" is neither RFC 3339 nor a local wall time; write 2026-01-05T09:00:00+01:00, or 2026-01-05T09:00:00 for the local time`},
		{TimetableSpec{Cron: "0 2 * * *", TimeZone: "UTC"}, "duration: duration is missing; such as 2h"},
		{TimetableSpec{Duration: time.Hour, TimeZone: "UTC"}, `cron: cron is missing; five fields, such as "0 2 * * sun"`},
		{TimetableSpec{Cron: "0 2 * * *", Duration: time.Hour}, `time_zone: the time zone is missing; say "UTC" if you mean it`},
		{TimetableSpec{Cron: "0 2 * *", Duration: time.Hour, TimeZone: "UTC"}, `cron: the expression "0 2 * *" cannot be read: expected exactly 5 fields, found 4: [0 2 * *]; five fields, such as "0 2 * * sun"`},
		{TimetableSpec{Cron: "0 2 30 2 *", Duration: time.Hour, TimeZone: "UTC"}, `cron: the expression "0 2 30 2 *" never fires; five fields, such as "0 2 * * sun"`},
		{TimetableSpec{Cron: "@every 1h", Duration: time.Hour, TimeZone: "UTC"}, `cron: @every has no place on the clock; five fields, such as "0 2 * * sun"`},
		{TimetableSpec{Cron: "0 2 1 * *", Duration: 800 * time.Hour, TimeZone: "UTC"}, "duration: it lasts longer than a month each time; write 31d or less"},
	}
	for _, tt := range tests {
		_, problems := NewTimetable(tt.spec, NewZones(nil))
		var lines []string
		for _, p := range problems {
			lines = append(lines, p.String())
		}
		if got := strings.Join(lines, "\n"); got != tt.want {
			t.Errorf("%+v\ngot:  %s\nwant: %s", tt.spec, got, tt.want)
		}
	}
}

// TestTimetable asks at and just around the ends of stretches, on the nights on which
// clocks change among others.
func TestTimetable(t *testing.T) {
	nightly := TimetableSpec{Cron: "30 2 * * *", Duration: time.Hour, TimeZone: "Europe/Berlin"}
	tests := []struct {
		name     string
		spec     TimetableSpec
		at       string
		from, to string // empty: outside
	}{
		{"once", TimetableSpec{From: "2026-03-01T22:00:00", To: "2026-03-02T02:00:00", TimeZone: "Europe/Berlin"}, "2026-03-01T21:00:00Z", "2026-03-01T21:00:00Z", "2026-03-02T01:00:00Z"},
		{"once, before", TimetableSpec{From: "2026-03-01T22:00:00", To: "2026-03-02T02:00:00", TimeZone: "Europe/Berlin"}, "2026-03-01T20:59:59Z", "", ""},
		{"once, at its end", TimetableSpec{From: "2026-03-01T22:00:00", To: "2026-03-02T02:00:00", TimeZone: "Europe/Berlin"}, "2026-03-02T01:00:00Z", "", ""},
		{"once with offsets", TimetableSpec{From: "2026-03-01T22:00:00+01:00", To: "2026-03-02T02:00:00Z"}, "2026-03-02T01:59:59Z", "2026-03-01T21:00:00Z", "2026-03-02T02:00:00Z"},
		{"in a skipped hour", TimetableSpec{From: "2026-03-29T02:00:00", To: "2026-03-29T03:00:00", TimeZone: "Europe/Berlin"}, "2026-03-29T01:00:00Z", "", ""},
		{"nightly", nightly, "2026-03-01T01:30:00Z", "2026-03-01T01:30:00Z", "2026-03-01T02:30:00Z"},
		{"nightly, at its end", nightly, "2026-03-01T02:30:00Z", "", ""},
		{"the hour is skipped", nightly, "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"},
		{"just before that", nightly, "2026-03-29T00:59:59Z", "", ""},
		{"the hour comes twice: the first", nightly, "2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"},
		{"the hour comes twice: not again", nightly, "2026-10-25T01:30:00Z", "", ""},
		{"overlapping stretches", TimetableSpec{Cron: "0 * * * *", Duration: 90 * time.Minute, TimeZone: "UTC"}, "2026-03-01T12:10:00Z", "2026-03-01T12:00:00Z", "2026-03-01T13:30:00Z"},
	}
	for _, tt := range tests {
		table, problems := NewTimetable(tt.spec, NewZones(nil))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		at, err := time.Parse(time.RFC3339, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		from, to, ok := table.Covering(at)
		got, want := fmt.Sprint(ok), "false"
		if tt.from != "" {
			got, want = from.Format(time.RFC3339)+" "+to.Format(time.RFC3339), tt.from+" "+tt.to
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", tt.name, got, want)
		}
	}
}

// TestTimetableInEveryZone walks random weeks, and the days on which clocks change, in
// steps of some minutes: an instant lies in a stretch exactly when a firing as the cron
// library reads the zone's clock began less than the length before.
func TestTimetableInEveryZone(t *testing.T) {
	r := seeded(t)
	for _, name := range sampledZones(r, 60) {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		expression := []string{"30 2 * * *", "0 0 * * *", "15 */6 * * *", "0 2 * * sun", "30 1 1,15 * *"}[r.Intn(5)]
		spec, err := cron.ParseStandard(expression)
		if err != nil {
			t.Fatal(err)
		}
		length := time.Duration(10+r.Intn(1000)) * time.Minute
		table, problems := NewTimetable(TimetableSpec{Cron: expression, Duration: length, TimeZone: name}, NewZones(nil))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		start := time.Date(1990+r.Intn(60), time.Month(1+r.Intn(12)), 1, 0, 0, 0, 0, time.UTC)
		if _, end := start.In(loc).ZoneBounds(); !end.IsZero() && end.After(start) {
			start = end.Add(-36 * time.Hour).UTC()
		}
		starts := firings(spec, loc, start.Add(-5*24*time.Hour), start.Add(5*24*time.Hour))
		for at := start; at.Before(start.Add(4 * 24 * time.Hour)); at = at.Add(7 * time.Minute) {
			want := false
			for _, s := range starts {
				want = want || !at.Before(s) && at.Before(s.Add(length))
			}
			from, to, got := table.Covering(at)
			if got != want {
				t.Fatalf("%s for %s in %s at %s: got %v, want %v", expression, length, name, at, got, want)
			}
			if got && (at.Before(from) || !at.Before(to) || to.Sub(from) != length) {
				t.Fatalf("%s in %s at %s: got %s to %s", expression, name, at, from, to)
			}
			if next, _, _ := table.Next(at); !next.After(at) {
				t.Fatalf("%s in %s: the next after %s is %s", expression, name, at, next)
			} else if _, _, ok := table.Covering(next.Add(-time.Microsecond)); !got && ok {
				t.Fatalf("%s in %s: something begins between %s and %s", expression, name, at, next)
			}
		}
	}
}

// firings finds by brute force when the zone's clock first shows each firing's reading
// or a later one.
func firings(spec cron.Schedule, loc *time.Location, from, to time.Time) []time.Time {
	// The library is asked on a clock that never changes; its answers are readings.
	shown := func(t time.Time) time.Time {
		_, offset := t.In(loc).Zone()
		return t.Add(time.Duration(offset) * time.Second).UTC()
	}
	var out []time.Time
	high := shown(from)
	next := spec.Next(high)
	for at := from; at.Before(to); at = at.Add(time.Minute) {
		if now := shown(at); now.After(high) {
			high = now
		}
		for ; !next.After(high); next = spec.Next(next) {
			out = append(out, at)
		}
	}
	return out
}
