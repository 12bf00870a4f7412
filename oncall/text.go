package oncall

import (
	"fmt"
	"strings"
	"time"
)

// shortDuration writes a duration without empty parts: "10m", "1h30m", "3d".
func shortDuration(d time.Duration) string {
	if d >= 48*time.Hour && d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// spell writes a time in the schedule's zone: "02:00 to 03:00 on 29 March 2026 CEST",
// or with both days when it ends on another.
func (p *Plan) spell(from, to instant) string {
	a, b := from.time().In(p.zone.loc), to.time().In(p.zone.loc)
	clock := "15:04"
	if from%minute != 0 || to%minute != 0 {
		clock = "15:04:05"
	}
	end := b.Format(clock)
	last := (to - 1).time().In(p.zone.loc)
	if strings.Trim(end, "0:") == "" && a.Format(time.DateOnly) == last.Format(time.DateOnly) {
		end, b = "24:00", last
	}
	if a.Format(time.DateOnly) == b.Format(time.DateOnly) {
		return fmt.Sprintf("%s to %s on %s", a.Format(clock), end, a.Format("2 January 2006 MST"))
	}
	return fmt.Sprintf("%s to %s", a.Format("2 January 2006 "+clock), b.Format("2 January 2006 "+clock+" MST"))
}

// count writes "one night", "two nights", "13 nights".
func count(n int, one, many string) string {
	words := []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
	number := fmt.Sprint(n)
	if n < len(words) {
		number = words[n]
	}
	if n == 1 {
		many = one
	}
	return number + " " + many
}

func joinAnd(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}
