package slackui

import (
	"sort"
	"strings"
	"time"
)

// comingTime reads a time that is to come at the first tokens and says how many
// they are: "now", "in 2h", "14:05", "tomorrow 9:00", "fri 17:00", "2026-12-01
// 09:00", RFC 3339. A bare time of day is the next one after the given instant. A
// day without a time is its beginning, and day says so.
func comingTime(toks []token, now, after time.Time, zone *time.Location) (at time.Time, n int, day bool) {
	word := func(n int) string {
		if n >= len(toks) {
			return ""
		}
		return strings.ToLower(strings.TrimRight(toks[n].text, ",;"))
	}
	first := word(0)
	switch {
	case first == "now":
		return now.UTC().Truncate(time.Minute), 1, false
	case first == "in":
		if d, used := span(word(1), 2); used > 0 && d > 0 {
			return now.UTC().Add(d).Truncate(time.Minute), used, false
		}
		return time.Time{}, 0, false
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, strings.ToUpper(first)); err == nil {
			return t.UTC(), 1, false
		}
	}
	if t, err := time.Parse("2006-01-02t15:04", first); err == nil {
		return reading(t, zone), 1, false
	}
	if c, ok := readClock(first); ok {
		date := after.In(zone)
		at := reading(wall(date, c), zone)
		if !at.After(after) {
			at = reading(wall(date.AddDate(0, 0, 1), c), zone)
		}
		return at, 1, false
	}
	date, ok := namedDay(first, now.In(zone))
	if !ok {
		return time.Time{}, 0, false
	}
	n = 1
	if word(n) == "at" {
		n++
	}
	if c, ok := readClock(word(n)); ok {
		return reading(wall(date, c), zone), n + 1, false
	}
	return reading(wall(date, clock{}), zone), 1, true
}

// namedDay is a date, today, tomorrow, or the next of a day of the week.
func namedDay(word string, today time.Time) (time.Time, bool) {
	if d, err := time.Parse(time.DateOnly, word); err == nil {
		return d, true
	}
	switch word {
	case "today":
		return today, true
	case "tomorrow":
		return today.AddDate(0, 0, 1), true
	}
	for n := range 7 {
		d := today.AddDate(0, 0, n+1)
		name := strings.ToLower(d.Weekday().String())
		if word == name || word == name[:3] || len(word) == 4 && word == name[:4] {
			return d, true
		}
	}
	return time.Time{}, false
}

// wall is a reading of the clock, written as if it were UTC.
func wall(date time.Time, c clock) time.Time {
	y, m, d := date.Date()
	return time.Date(y, m, d, c.hour, c.minute, c.second, 0, time.UTC)
}

// reading is the first instant at which the zone's clock shows a wall time or a
// later one: a time that does not exist is the end of the gap, and one that occurs
// twice its first occurrence.
func reading(wall time.Time, zone *time.Location) time.Time {
	shown := func(t time.Time) time.Time {
		_, offset := t.In(zone).Zone()
		return t.Add(time.Duration(offset) * time.Second).UTC()
	}
	var first time.Time
	for _, near := range []time.Duration{-26 * time.Hour, 0, 26 * time.Hour} {
		_, offset := wall.Add(near).In(zone).Zone()
		t := wall.Add(-time.Duration(offset) * time.Second)
		if shown(t).Equal(wall) && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	if !first.IsZero() {
		return first
	}
	from := wall.Add(-27 * time.Hour)
	n := sort.Search(54*3600, func(n int) bool { return !shown(from.Add(time.Duration(n) * time.Second)).Before(wall) })
	return from.Add(time.Duration(n) * time.Second)
}

// nextDay is the beginning of the day after the one that begins at an instant.
func nextDay(at time.Time, zone *time.Location) time.Time {
	return reading(wall(at.In(zone).AddDate(0, 0, 1), clock{}), zone)
}
