package oncall

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// rule is an RRULE (RFC 5545, 3.3.10) as far as shifts, time off and holidays use
// them: from daily to yearly, by weekday, day of the month, month and position.
// Instances at a reading that does not exist follow this package's rule, as clients
// do, rather than vanish.
type rule struct {
	freq      string
	interval  int64
	count     int
	until     *calendarTime
	weekdays  []ordinalDay
	monthDays []int
	months    []int
	positions []int
	weekStart int
}

// ordinalDay is a weekday, with n the n-th of the month or year, from the end when
// negative, every one when 0.
type ordinalDay struct{ n, weekday int }

func (c *calendarZones) rule(p *property, start calendarTime) (*rule, error) {
	r := &rule{interval: 1, weekStart: 1}
	for _, part := range strings.Split(strings.TrimSpace(p.value), ";") {
		name, value, _ := strings.Cut(part, "=")
		if err := c.rulePart(r, strings.ToUpper(name), strings.ToUpper(value), start); err != nil {
			return nil, err
		}
	}
	if !slices.Contains([]string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}, r.freq) {
		return nil, fmt.Errorf("a rule with FREQ=%s is not read", truncate(r.freq, 20))
	}
	if r.freq == "YEARLY" && len(r.monthDays) > 0 && len(r.months) == 0 {
		for m := 1; m <= 12; m++ {
			r.months = append(r.months, m)
		}
	}
	for _, d := range r.weekdays {
		if d.n != 0 && (r.freq == "DAILY" || r.freq == "WEEKLY") {
			return nil, fmt.Errorf("a numbered weekday has no meaning with FREQ=%s", r.freq)
		}
	}
	return r, nil
}

func (c *calendarZones) rulePart(r *rule, name, value string, start calendarTime) (err error) {
	switch name {
	case "":
	case "FREQ":
		r.freq = value
	case "INTERVAL":
		r.interval, err = strconv.ParseInt(value, 10, 16)
		if err != nil || r.interval < 1 {
			return errors.New("the INTERVAL of a rule is no number above 0")
		}
	case "COUNT":
		r.count, err = strconv.Atoi(value)
		if err != nil || r.count < 1 {
			return errors.New("the COUNT of a rule is no number above 0")
		}
	case "UNTIL":
		until, err := c.parse(value, start.zone)
		if err != nil {
			return fmt.Errorf("the UNTIL of a rule: %w", err)
		}
		r.until = &until
	case "WKST":
		r.weekStart = weekdayCode(value)
	case "BYDAY":
		r.weekdays, err = parseOrdinalDays(value)
	case "BYMONTHDAY":
		r.monthDays, err = parseInts(value, 31)
	case "BYMONTH":
		r.months, err = parseInts(value, 12)
	case "BYSETPOS":
		r.positions, err = parseInts(value, 366)
	default:
		return fmt.Errorf("a rule with %s is not read", truncate(name, 20))
	}
	if r.weekStart < 0 {
		return errors.New("the WKST of a rule is no weekday")
	}
	return err
}

func weekdayCode(s string) int {
	i := strings.Index("SUMOTUWETHFRSA", s)
	if len(s) != 2 || i < 0 || i%2 != 0 {
		return -1
	}
	return i / 2
}

func parseOrdinalDays(value string) ([]ordinalDay, error) {
	var out []ordinalDay
	for s := range strings.SplitSeq(value, ",") {
		if len(s) < 2 || weekdayCode(s[len(s)-2:]) < 0 {
			return nil, fmt.Errorf("%q is no weekday", truncate(s, 20))
		}
		d := ordinalDay{weekday: weekdayCode(s[len(s)-2:])}
		if n := s[:len(s)-2]; n != "" {
			v, err := strconv.Atoi(n)
			if err != nil || v == 0 || v < -53 || v > 53 {
				return nil, fmt.Errorf("%q is no weekday", truncate(s, 20))
			}
			d.n = v
		}
		if !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out, nil
}

// parseInts reads numbers up to a limit, from the end when negative, each once.
func parseInts(value string, limit int) ([]int, error) {
	var out []int
	for s := range strings.SplitSeq(value, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n == 0 || n < -limit || n > limit {
			return nil, fmt.Errorf("%q in a rule is not within %d", truncate(s, 20), limit)
		}
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out, nil
}

var errTooMany = errors.New("this repeats, with what stands before it, more than can be read")

// instances passes on the starts that the rule generates, in order, from about `from`
// until `to`. Every step draws on the budget.
func (r *rule) instances(start calendarTime, from, to instant, budget *int, each func(reading)) error {
	first := start.reading.dayOf()
	clock := start.reading - reading(first*day)
	left := r.count
	period := int64(0)
	if r.count == 0 && from > start.instant() {
		period = r.periodBefore(first, floorDiv(int64(from), day)-2)
	}
	for ; ; period++ {
		days, begins := r.days(first, period)
		*budget -= 1 + len(days)
		if *budget < 0 {
			return errTooMany
		}
		if instant(begins*day)-maxOffset > to || begins > 3_700_000 {
			return nil
		}
		for _, d := range days {
			at := reading(d*day) + clock
			if at < start.reading {
				continue
			}
			if r.after(calendarTime{at, start.zone, start.date}) {
				return nil
			}
			each(at)
			if left--; left == 0 {
				return nil
			}
		}
	}
}

// after reports whether an instance lies past UNTIL.
func (r *rule) after(t calendarTime) bool {
	switch {
	case r.until == nil:
		return false
	case r.until.date:
		return t.reading >= r.until.reading+reading(day)
	}
	return t.instant() > r.until.instant()
}

// periodBefore is a period at or before the one a day is in.
func (r *rule) periodBefore(first, d int64) int64 {
	unit := map[string]int64{"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}[r.freq]
	return max(0, (d-first)/(unit*r.interval)-1)
}

// days lists the days of a period that the rule takes, ascending, and the day on which
// the period begins. Period 0 is the one the first instance is in.
func (r *rule) days(first, period int64) (days []int64, begins int64) {
	year, month, dom := civil(first)
	switch r.freq {
	case "DAILY":
		begins = first + period*r.interval
		days = r.filter([]int64{begins})
	case "WEEKLY":
		begins = first - int64((weekdayOf(first)-r.weekStart+7)%7) + 7*period*r.interval
		for d := begins; d < begins+7; d++ {
			if len(r.weekdays) == 0 && weekdayOf(d) == weekdayOf(first) || len(r.weekdays) > 0 && r.onWeekday(d) {
				days = append(days, d)
			}
		}
		days = r.inMonths(days)
	case "MONTHLY":
		total := year*12 + int64(month-1) + period*r.interval
		year, month = floorDiv(total, 12), int(floorMod(total, 12))+1
		begins = dayNumber(year, month, 1)
		days = r.inMonths(r.ofMonth(year, month, dom))
	default:
		year += period * r.interval
		begins = dayNumber(year, 1, 1)
		days = r.ofYear(year, month, dom)
	}
	return r.positioned(days), begins
}

func (r *rule) filter(days []int64) []int64 {
	return slices.DeleteFunc(r.inMonths(days), func(d int64) bool {
		y, m, dom := civil(d)
		return len(r.weekdays) > 0 && !r.onWeekday(d) || len(r.monthDays) > 0 && !onMonthDay(r.monthDays, dom, daysIn(y, m))
	})
}

func (r *rule) inMonths(days []int64) []int64 {
	if len(r.months) == 0 {
		return days
	}
	return slices.DeleteFunc(days, func(d int64) bool {
		_, m, _ := civil(d)
		return !slices.Contains(r.months, m)
	})
}

func (r *rule) onWeekday(d int64) bool {
	return slices.ContainsFunc(r.weekdays, func(o ordinalDay) bool { return o.weekday == weekdayOf(d) })
}

func onMonthDay(wanted []int, dom, n int) bool {
	return slices.ContainsFunc(wanted, func(w int) bool { return w == dom || w < 0 && n+1+w == dom })
}

// ofMonth lists the days of one month; without BYDAY and BYMONTHDAY that is the day of
// the first instance, in months that have it.
func (r *rule) ofMonth(year int64, month, dom int) []int64 {
	n := daysIn(year, month)
	first := dayNumber(year, month, 1)
	var out []int64
	for d := 1; d <= n; d++ {
		at := first + int64(d-1)
		switch {
		case len(r.weekdays) == 0 && len(r.monthDays) == 0:
			if d != dom {
				continue
			}
		case len(r.monthDays) > 0 && !onMonthDay(r.monthDays, d, n):
			continue
		case len(r.weekdays) > 0 && !r.numbered(at, d-1, n-d):
			continue
		}
		out = append(out, at)
	}
	return out
}

// numbered reports whether a day with so many days before and after it in the period
// is one of the weekdays asked for.
func (r *rule) numbered(d int64, before, after int) bool {
	return slices.ContainsFunc(r.weekdays, func(o ordinalDay) bool {
		return o.weekday == weekdayOf(d) && (o.n == 0 || o.n == before/7+1 || o.n == -(after/7+1))
	})
}

func (r *rule) ofYear(year int64, month, dom int) []int64 {
	var out []int64
	if len(r.weekdays) > 0 && len(r.months) == 0 && len(r.monthDays) == 0 {
		first, end := dayNumber(year, 1, 1), dayNumber(year+1, 1, 1)
		for d := first; d < end; d++ {
			if r.numbered(d, int(d-first), int(end-1-d)) {
				out = append(out, d)
			}
		}
		return out
	}
	for m := 1; m <= 12; m++ {
		if slices.Contains(r.months, m) || len(r.months) == 0 && m == month {
			out = append(out, r.ofMonth(year, m, dom)...)
		}
	}
	return out
}

func (r *rule) positioned(days []int64) []int64 {
	if len(r.positions) == 0 {
		return days
	}
	var out []int64
	for i, d := range days {
		if slices.Contains(r.positions, i+1) || slices.Contains(r.positions, i-len(days)) {
			out = append(out, d)
		}
	}
	return out
}
