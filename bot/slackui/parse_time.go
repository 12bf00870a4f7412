package slackui

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// note reads the time a note may begin with, and its text.
func (p *parser) note() {
	if len(p.toks) > 0 && !p.toks[0].quoted {
		asked := p.atFlag()
		at, n, problem := timeAt(p.toks, p.now, p.zone)
		if problem != "" {
			p.problem("%s", problem)
		} else if asked && n == 0 {
			p.problem("%q does not begin with a time. Write -15m, 14:05, yesterday 14:05 or 2026-11-21 14:05, and then what happened.", unquote(p.rest()))
		}
		p.in.At = at
		p.toks = p.toks[n:]
	}
	p.in.Text = unquote(p.rest())
}

// atFlag takes the flag that the command line has for the time of a note, which it
// does not need here.
func (p *parser) atFlag() bool {
	t := p.toks[0]
	flag, value, whole := strings.Cut(strings.ToLower(dashes.Replace(t.text)), "=")
	switch {
	case flag != "--at":
		return false
	case whole:
		p.toks[0].text = value
	default:
		p.toks = p.toks[1:]
	}
	return true
}

// ReadTime reads when something happened: "-15m", "15m ago", "14:05", "2:05pm",
// "yesterday 14:05", "2026-11-21 14:05" or RFC 3339. A wall time is the latest
// such reading in zone that has passed at now; a minute ahead counts as now. The
// result is in UTC. ok is false when the text is no time; problem is a sentence
// when it is one that did not happen.
func ReadTime(text string, now time.Time, zone *time.Location) (at time.Time, ok bool, problem string) {
	if zone == nil {
		zone = time.UTC
	}
	toks := tokens(text)
	if len(toks) == 0 {
		return time.Time{}, false, ""
	}
	at, n, problem := timeAt(toks, now, zone)
	return at, n == len(toks) && problem == "", problem
}

// writeTime is a time, to the minute, as ReadTime reads it back.
func writeTime(at, now time.Time, zone *time.Location) string {
	if zone == nil {
		zone = time.UTC
	}
	at = at.In(zone).Truncate(time.Minute)
	wall := at.Format("2006-01-02 15:04")
	if got, ok, _ := ReadTime(wall, now, zone); !ok || !got.Equal(at) { // an hour that comes twice
		return at.Format(time.RFC3339)
	}
	return wall
}

// timeAt reads a time at the first tokens and says how many they are.
func timeAt(toks []token, now time.Time, zone *time.Location) (at time.Time, n int, problem string) {
	word := func(n int) string {
		if n >= len(toks) {
			return ""
		}
		return strings.ToLower(strings.TrimRight(minus.Replace(toks[n].text), ",;:"))
	}
	first, second := word(0), word(1)
	if d, used := ago(first, second, word(2)); used > 0 {
		return now.Add(-d).UTC(), used, ""
	}
	if ahead, plus := strings.CutPrefix(first, "+"); plus {
		if _, used := ago("-"+ahead, second, ""); used > 0 {
			return time.Time{}, used, strings.Join([]string{first, second}[:used], " ") + " lies ahead, and a note says what has happened. Write -5m or 14:05; what is no time stands in quotes."
		}
	}
	if !numeric(first) {
		return wallTime(first, second, now, zone)
	}
	if t, err := time.Parse(time.RFC3339, strings.ToUpper(first)); err == nil {
		return t.UTC(), 1, ""
	}
	if day, err := time.Parse(time.DateOnly, first); err == nil {
		if c, ok := readClock(second); ok {
			t, problem := onDay(day, c, zone, second)
			return t, 2, problem
		}
		return time.Time{}, 0, ""
	}
	return wallTime(first, second, now, zone)
}

// wallTime reads "14:05", "today 14:05" and "yesterday 14:05", with or without
// an "at" between.
func wallTime(first, second string, now time.Time, zone *time.Location) (at time.Time, n int, problem string) {
	today := now.In(zone)
	switch first {
	case "yesterday", "today", "at":
		c, ok := readClock(second)
		if !ok {
			return time.Time{}, 0, ""
		}
		if first == "yesterday" {
			today = today.AddDate(0, 0, -1)
		}
		if first != "at" {
			at, problem = onDay(today, c, zone, second)
			return at, 2, problem
		}
		at, problem = lately(today, c, zone, now, second)
		return at, 2, problem
	}
	c, ok := readClock(first)
	if !ok {
		return time.Time{}, 0, ""
	}
	at, problem = lately(today, c, zone, now, first)
	return at, 1, problem
}

// lately is the latest reading of the clock that has passed.
func lately(today time.Time, c clock, zone *time.Location, now time.Time, typed string) (time.Time, string) {
	at, problem := onDay(today, c, zone, typed)
	if problem == "" && at.After(now.Add(time.Minute)) {
		// Where the hour is read twice, the first of the two may have passed.
		if early := at.Add(-time.Hour); sameReading(early, at, zone) && !early.After(now) {
			return early, ""
		}
		return onDay(today.AddDate(0, 0, -1), c, zone, typed)
	}
	return at, problem
}

// onDay is the clock's reading on the day of the given instant in zone; of two
// readings the later.
func onDay(day time.Time, c clock, zone *time.Location, typed string) (time.Time, string) {
	y, m, d := day.Date()
	at := time.Date(y, m, d, c.hour, c.minute, c.second, 0, zone)
	if at.Hour() != c.hour || at.Minute() != c.minute {
		return time.Time{}, "There was no " + typed + " on " + at.Format("2 January") + " in your time zone: the clocks went forward. Give another time."
	}
	if twice := at.Add(time.Hour); sameReading(twice, at, zone) {
		at = twice
	}
	return at.UTC(), ""
}

func sameReading(a, b time.Time, zone *time.Location) bool {
	return a.In(zone).Format(time.DateTime) == b.In(zone).Format(time.DateTime)
}

// numeric says whether a word begins with a digit.
func numeric(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

type clock struct{ hour, minute, second int }

var (
	minus     = strings.NewReplacer("—", "-", "–", "-", "−", "-", "\u2010", "-", "\u2011", "-")
	clockForm = regexp.MustCompile(`^([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(am|pm|h)?$`)
	hourForm  = regexp.MustCompile(`^([0-9]{1,2})(am|pm)$`)
	countForm = regexp.MustCompile(`^[0-9]{1,4}$`)
)

func readClock(s string) (clock, bool) {
	if !numeric(s) {
		return clock{}, false
	}
	m := clockForm.FindStringSubmatch(s)
	if m == nil {
		if h := hourForm.FindStringSubmatch(s); h != nil {
			m = []string{s, h[1], "0", "", h[2]}
		} else {
			return clock{}, false
		}
	}
	c := clock{number(m[1]), number(m[2]), number(m[3])}
	if m[4] == "am" || m[4] == "pm" {
		if c.hour < 1 || c.hour > 12 {
			return clock{}, false
		}
		c.hour %= 12
		if m[4] == "pm" {
			c.hour += 12
		}
	}
	return c, c.hour < 24 && c.minute < 60 && c.second < 60
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// ago reads "-15m", "-1h30m", "-15 min", "15m ago" and "15 min ago", and says how
// many words it took.
func ago(first, second, third string) (time.Duration, int) {
	ahead, signed := strings.CutPrefix(first, "-")
	if countForm.MatchString(ahead) {
		unit := unitOf(second)
		if unit == "" || !signed && third != "ago" {
			return 0, 0
		}
		used := 2
		if third == "ago" {
			used = 3
		}
		return span(ahead+unit, used)
	}
	switch {
	case signed && second == "ago":
		return span(ahead, 2)
	case signed:
		return span(ahead, 1)
	case second == "ago":
		return span(ahead, 2)
	}
	return 0, 0
}

func span(s string, used int) (time.Duration, int) {
	d, err := oncall.ParseDuration(strings.Replace(s, "min", "m", 1))
	if err != nil || s == "" {
		return 0, 0
	}
	return d, used
}

func unitOf(word string) string {
	switch word {
	case "m", "min", "mins", "minute", "minutes":
		return "m"
	case "h", "hr", "hrs", "hour", "hours":
		return "h"
	case "d", "day", "days":
		return "d"
	}
	return ""
}
