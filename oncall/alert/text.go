package alert

import (
	"strconv"
	"strings"
	"time"
)

// quoted is text of any length and content as people may see it, in quotes.
func quoted(text string) string {
	text = cut(text, 80)
	if strings.Contains(text, `"`) && !strings.Contains(text, "'") && !strings.ContainsFunc(text, control) {
		return "'" + text + "'"
	}
	return strconv.Quote(text)
}

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
