package notify

import (
	"encoding/json"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of what is taken from a message, in characters; a sender may take less.
const (
	maxSubject = 200
	maxShort   = 400
	maxLong    = 20_000
	maxLink    = 1_024 // in bytes
	maxDetail  = 300
)

// line makes one line of text from outside, of at most limit characters: no control characters, nothing that changes the
// direction of writing or is invisible, single spaces. What was cut is marked by an ellipsis. The work is bounded by limit,
// not by the text.
func line(s string, limit int) string {
	var b strings.Builder
	space := false
	for _, r := range clip(s, limit) {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			space = true
			continue
		case isHostile(r):
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	return cut(b.String(), limit)
}

// lines is line for text of several lines; it keeps line breaks, at most one empty line in a row.
func lines(s string, limit int) string {
	var kept []string
	empty := true
	for l := range strings.Lines(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(clip(s, limit))) {
		l = line(l, limit)
		if l == "" && empty {
			continue
		}
		empty = l == ""
		kept = append(kept, l)
	}
	return cut(strings.TrimRight(strings.Join(kept, "\n"), "\n"), limit)
}

// clip is a beginning of s that holds more than limit characters if s does, valid UTF-8.
func clip(s string, limit int) string {
	if most := 16 * (limit + 1); len(s) > most {
		s = s[:most]
		for len(s) > 0 && !utf8.RuneStart(s[len(s)-1]) {
			s = s[:len(s)-1]
		}
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// cut is s with at most limit characters, the last of which is an ellipsis if something is missing.
func cut(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	runes := []rune(s)
	return strings.TrimRight(string(runes[:limit-1]), " \n") + "…"
}

// hide is text without what it may repeat of a request, in each of the forms in which a request holds it.
func hide(text, what, instead string) string {
	if what == "" {
		return text
	}
	quoted, _ := json.Marshal(what) // a string cannot fail
	for _, form := range []string{what, url.QueryEscape(what), url.PathEscape(what), string(quoted[1 : len(quoted)-1]), escaped(what)} {
		text = strings.ReplaceAll(text, form, instead)
	}
	return text
}

// hideNumber is text without a phone number, with or without its plus.
func hideNumber(text, number string) string {
	return hide(hide(text, number, "(address)"), strings.TrimPrefix(number, "+"), "(address)")
}

// isHostile reports whether r is invisible, steers the direction of writing or is no character at all.
func isHostile(r rune) bool {
	if r == utf8.RuneError {
		return false // shown as what it is: something unreadable
	}
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp) ||
		r >= 0xFE00 && r <= 0xFE0F || r == 0x034F || r == 0x115F || r == 0x1160 || r == 0x3164 || r == 0xFFA0 ||
		r&0xFFFE == 0xFFFE || r >= 0xFDD0 && r <= 0xFDEF
}
