package slackui

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/watchbill/watchbill/oncall"
)

// Whatever a text is and wherever it is cut, it keeps to its limit, holds no
// construct but links, and leaves its line only where it may.
func FuzzTexts(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text, 40)
		f.Add(text, 3000)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = 1 + abs(limit)%maxSection
		for name, got := range map[string]string{
			"line": line(text, limit), "paragraph": paragraph(text, limit), "quote": quote(text, limit), "one line": oneLine(text, limit),
			"topic": inert(text, limit), "link": link("https://a.io/?b&c", text), "odd link": link(text, "label"),
		} {
			if n := utf8.RuneCountInString(got); n > limit && !strings.Contains(name, "link") {
				t.Errorf("%s of %q: %d characters, limit %d", name, text, n, limit)
			}
			if !utf8.ValidString(got) {
				t.Errorf("%s of %q is not UTF-8", name, text)
			}
			if strings.Contains(got, "\n") && name != "paragraph" && name != "quote" {
				t.Errorf("%s of %q has a line break", name, text)
			}
			if name != "one line" { // plain_text is not parsed
				inertText(t, name, got)
			}
		}
		for _, l := range strings.Split(quote(text, limit), "\n") {
			if limit > 3 && !strings.HasPrefix(l, ">") {
				t.Errorf("a line of the quotation of %q stands outside of it: %q", text, l)
			}
		}
	})
}

// Whatever follows /oncall, it is understood, or refused with a sentence; a time that
// is read has an end after its beginning.
func FuzzParseOncall(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text)
	}
	for _, text := range []string{"cover me tomorrow 22:00 to 6:00 for 3h", "override <@U1> for @x 2026-03-29 02:30 until now", "off 9999-99-99", "swap <@U1|", "remind \x00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		in := ParseOncall(text, noon, time.UTC)
		if in.Verb == Duty && !MayMeanDuty(text) {
			t.Errorf("%q may not mean schedules, and is read as %q of them", text, in.Word)
		}
		r := in.Roster
		if in.Verb == Duty && in.Problem == "" && !r.To.IsZero() && !r.From.Before(r.To) {
			t.Errorf("ParseOncall(%q) reads from %s to %s", text, r.From, r.To)
		}
		judge(t, text, WhichSchedule([]string{r.Schedule, text}, text, Scene{}))
		judge(t, text, RosterDone(Rostered{Schedule: text, Warnings: []string{text, in.Problem}, Fairest: &oncall.Taker{Person: text, Why: text}}, Scene{}))
	})
}

func abs(n int) int {
	if n < 0 {
		return -(n + 1)
	}
	return n
}
