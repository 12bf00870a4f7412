package oncall

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// instant is a point in time in microseconds since 1970-01-01T00:00:00Z.
type instant int64

// reading is what a wall clock shows, as the microseconds from 1970-01-01T00:00:00
// to it on a clock that is never changed.
type reading int64

const (
	second = 1_000_000
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour

	// The ends of time lie far outside what can be written, and far enough inside
	// int64 that adding any span to them cannot overflow.
	never   instant = math.MaxInt64 / 4
	forever reading = math.MaxInt64 / 4
	always  instant = -never

	// Readings and instants that come from outside stay within these years.
	firstYear, lastYear = 1, 9999
)

func instantOf(t time.Time) instant {
	const limit = int64(never) / second
	switch s := t.Unix(); {
	case s >= limit:
		return never
	case s <= -limit:
		return always
	}
	return instant(t.UnixMicro())
}

func (i instant) time() time.Time { return time.UnixMicro(int64(i)).UTC() }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }

// dayOf is the number of the day a reading is on; day 0 is 1970-01-01.
func (r reading) dayOf() int64 { return floorDiv(int64(r), day) }

// weekdayOf is the weekday of a day number, 0 being Sunday.
func weekdayOf(d int64) int { return int(floorMod(d+4, 7)) }

// civil turns a day number into a date of the Gregorian calendar.
func civil(d int64) (year int64, month, dayOfMonth int) {
	z := d + 719468
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	dayOfMonth = int(doy - (153*mp+2)/5 + 1)
	month = int(mp + 3)
	year = yoe + era*400
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, dayOfMonth
}

// dayNumber is the inverse of civil.
func dayNumber(year int64, month, dayOfMonth int) int64 {
	if month <= 2 {
		year--
	}
	era := floorDiv(year, 400)
	yoe := year - era*400
	mp := int64(month+9) % 12
	doy := (153*mp+2)/5 + int64(dayOfMonth) - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468
}

func daysIn(year int64, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// addMonths moves a reading by whole months; a day that the month lacks becomes
// its last day.
func (r reading) addMonths(n int64) reading {
	d := r.dayOf()
	y, m, dom := civil(d)
	total := y*12 + int64(m-1) + n
	y, m = floorDiv(total, 12), int(floorMod(total, 12))+1
	dom = min(dom, daysIn(y, m))
	return reading(dayNumber(y, m, dom)*day) + r - reading(d*day)
}

// String writes the reading as the file does.
func (r reading) String() string {
	return time.UnixMicro(int64(r)).UTC().Format("2006-01-02T15:04:05.999999")
}

var (
	errMoment = errors.New(`is neither RFC 3339 nor a local wall time`)
	errClock  = errors.New(`is not a time of day`)
)

// moment is a time as written: an instant, or a reading still to be resolved.
type moment struct {
	local   bool
	reading reading
	instant instant
}

// parseMoment reads RFC 3339 with any offset, or a local wall time with or without
// seconds. Parts finer than a microsecond are dropped.
func parseMoment(s string) (moment, error) {
	if len(s) > 64 {
		return moment{}, errMoment
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		if y := t.UTC().Year(); y < firstYear || y > lastYear {
			return moment{}, errMoment
		}
		return moment{instant: instantOf(t)}, nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= firstYear {
			return moment{local: true, reading: reading(t.UnixMicro())}, nil
		}
	}
	return moment{}, errMoment
}

// parseDate reads "2026-12-25" as a day number.
func parseDate(s string) (int64, error) {
	t, err := time.Parse("2006-01-02", s)
	if err != nil || t.Year() < firstYear {
		return 0, errors.New("is not a date such as 2026-12-25")
	}
	return floorDiv(t.Unix(), 86400), nil
}

// parseClock reads "09:00", "09:00:30" or "24:00" as the time since midnight.
func parseClock(s string) (reading, error) {
	parts := strings.Split(s, ":")
	if len(parts) != 2 && len(parts) != 3 {
		return 0, errClock
	}
	var n [3]int64
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 10, 8)
		if err != nil || len(p) > 2 || i > 0 && len(p) != 2 {
			return 0, errClock
		}
		n[i] = int64(v)
	}
	r := reading(n[0]*hour + n[1]*minute + n[2]*second)
	if n[1] > 59 || n[2] > 59 || r > day {
		return 0, errClock
	}
	return r, nil
}

// ParseDuration reads a duration as Go writes it, with days before the rest: "10m",
// "36h", "3d", "1d12h". It may not be negative, nor longer than ten years.
func ParseDuration(s string) (time.Duration, error) {
	const limit = 3660 * 24 * time.Hour
	bad := fmt.Errorf("%q is not a duration such as 10m, 36h or 3d", truncate(s, 40))
	rest, days := s, time.Duration(0)
	if i := strings.IndexByte(s, 'd'); i >= 0 {
		n, err := strconv.ParseUint(s[:i], 10, 16)
		if err != nil || n > 3660 {
			return 0, bad
		}
		days, rest = time.Duration(n)*24*time.Hour, s[i+1:]
		if rest == "" {
			return days, nil
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || rest[0] == '+' || rest[0] == '-' || d > limit || days+d > limit {
		return 0, bad
	}
	return days + d, nil
}

// FormatDuration writes a duration without empty parts, as [ParseDuration] reads it:
// "10m", "1h30m", "3d".
func FormatDuration(d time.Duration) string { return shortDuration(d) }

// FormatTime writes a time for people, in the zone that it carries: "14:05 UTC", with its
// day where it is not within half a day of one that they know, "2026-03-29 14:05 UTC".
func FormatTime(known, t time.Time) string {
	if t.Sub(known).Abs() < 12*time.Hour {
		return t.Format("15:04 MST")
	}
	return t.Format("2006-01-02 15:04 MST")
}

func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
