package oncall

import (
	"fmt"
	"testing"
	"time"
)

var benchZones = []string{berlin, losAngeles, "Europe/London", "Asia/Kolkata", "Australia/Sydney"}

// benchSchedule has daily and weekly layers by turns; every other has hours.
func benchSchedule(layers, overrides int, start string, first time.Time) Schedule {
	s := Schedule{Name: "bench", TimeZone: berlin}
	people := []string{"dev1", "dev2", "dev3", "sre1", "sre2", "sre3"}
	for i := range layers {
		l := Layer{Name: fmt.Sprint("layer", i), Rotation: Rotation{Type: []string{Daily, Weekly}[i%2], Start: start, People: people, TimeZone: benchZones[i%len(benchZones)]}}
		if i%2 == 1 {
			l.Hours = []Window{{[]string{"mon", "tue", "wed", "thu", "fri"}, "09:00", "17:00"}}
		}
		s.Layers = append(s.Layers, l)
	}
	for i := range overrides {
		from := first.Add(time.Duration(i) * 17 * time.Hour)
		s.Overrides = append(s.Overrides, Override{From: from.Format(time.RFC3339), To: from.Add(26 * time.Hour).Format(time.RFC3339), Person: people[i%6], Replaces: people[(i+1)%6]})
	}
	return s
}

// closedSchedule is the worst case: no layer stands at the instant asked for, so
// every one of them is looked at.
func closedSchedule() Schedule {
	s := benchSchedule(10, 200, "2006-01-02T09:00:00", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	for i := range s.Layers {
		s.Layers[i].Hours = []Window{{[]string{"mon"}, "09:00", "10:00"}, {[]string{"tue"}, "09:00", "10:00"}}
	}
	return s
}

func BenchmarkOnCall(b *testing.B) {
	now := time.Date(2026, 3, 7, 12, 0, 0, 0, time.UTC)
	for _, bench := range []struct {
		name string
		s    Schedule
	}{
		{"10layers200overrides20years", benchSchedule(10, 200, "2006-01-02T09:00:00", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))},
		{"worst", closedSchedule()},
		{"3layers50overrides", benchSchedule(3, 50, "2025-01-06T09:00:00", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))},
	} {
		p := mustCompile(b, bench.s)
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.OnCall(now)
			}
		})
	}
}

func BenchmarkShiftsOfAYear(b *testing.B) {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, bench := range []struct{ layers, overrides int }{{20, 500}, {3, 50}} {
		p := mustCompile(b, benchSchedule(bench.layers, bench.overrides, "2020-01-06T09:00:00", from))
		b.Run(fmt.Sprintf("%dlayers%doverrides", bench.layers, bench.overrides), func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n = len(p.Shifts(from, from.AddDate(1, 0, 0)))
			}
			b.ReportMetric(float64(n), "shifts")
		})
	}
	closed := benchSchedule(20, 500, "2020-01-06T09:00:00", from)
	for i := range closed.Layers {
		closed.Layers[i].Hours = []Window{{[]string{"mon", "tue", "wed", "thu", "fri"}, "09:00", "17:00"}}
	}
	p := mustCompile(b, closed)
	b.Run("20layers500overridesAllWithHours", func(b *testing.B) {
		for b.Loop() {
			p.Shifts(from, from.AddDate(1, 0, 0))
		}
	})
}

// BenchmarkFinalScheduleOfThreeRotations is the shape in which another scheduler was
// measured: a weekly rotation of 8, a daily one of 5 on weekdays from 8 to 20, and one
// of 12 hours of 6 from 20 to 8, with 50 overrides, for a year.
func BenchmarkFinalScheduleOfThreeRotations(b *testing.B) {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := Schedule{Name: "bench", TimeZone: "America/New_York", Layers: []Layer{
		{Name: "weekly", Rotation: Rotation{Type: Weekly, Start: "2020-01-06T09:00:00", People: []string{"a", "b", "c", "d", "e", "f", "g", "h"}}},
		{Name: "day", Rotation: Rotation{Type: Daily, Start: "2020-01-06T09:00:00", People: []string{"a", "b", "c", "d", "e"}},
			Hours: []Window{{[]string{"mon", "tue", "wed", "thu", "fri"}, "08:00", "20:00"}}},
		{Name: "night", Rotation: Rotation{Type: Hourly, Length: 12, Start: "2020-01-06T09:00:00", People: []string{"a", "b", "c", "d", "e", "f"}},
			Hours: []Window{{nil, "20:00", "08:00"}}},
	}}
	s.Overrides = benchSchedule(1, 50, "2020-01-06T09:00:00", from).Overrides
	p := mustCompile(b, s)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n = len(p.Shifts(from, from.AddDate(1, 0, 0)))
	}
	b.ReportMetric(float64(n), "shifts")
}

func BenchmarkGapsOf200Schedules(b *testing.B) {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var plans []*Plan
	for range 200 {
		plans = append(plans, mustCompile(b, benchSchedule(4, 20, "2020-01-06T09:00:00", from)))
	}
	for b.Loop() {
		for _, p := range plans {
			p.Gaps(from, from.AddDate(0, 0, 60))
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	s := benchSchedule(10, 200, "2006-01-02T09:00:00", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	for b.Loop() {
		mustCompile(b, s)
	}
}
