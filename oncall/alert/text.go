package alert

import (
	"strconv"
	"strings"
	"time"
)

// quoted is text as people may see it, of any length and content, in quotes.
func quoted(text string) string { return strconv.Quote(cut(text, 80)) }

func joinAnd(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// upper begins a sentence.
func upper(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// clock writes an instant for people: "Mon 2 Mar 2026 02:00 CET".
func clock(t time.Time) string { return t.Format("Mon 2 Jan 2006 15:04 MST") }

// span writes a duration without empty parts: "10m", "1h30m", "3d".
func span(d time.Duration) string {
	if d >= 48*time.Hour && d%(24*time.Hour) == 0 {
		return strconv.Itoa(int(d/(24*time.Hour))) + "d"
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
