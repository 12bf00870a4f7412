package blockkit

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Replacers are built once: each build costs more than most texts.
var (
	escaper    = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	unescaper  = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">")
	lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n")
)

// Escape makes text from outside inert inside mrkdwn: `&`, `<` and `>` become
// entities, so that no mention, link or date can arise. It must be applied
// exactly once, and not to plain_text objects, which Slack does not parse.
func Escape(s string) string {
	return escaper.Replace(s)
}

// Unescape undoes Escape, once: text that Slack sends arrives escaped.
func Unescape(s string) string {
	if !strings.Contains(s, "&") { // a Replacer of whole words copies even then
		return s
	}
	return unescaper.Replace(s)
}

// Truncate cuts s, which is already escaped, to at most limit characters
// (Unicode code points, the ellipsis included). It cuts neither inside an entity
// such as `&amp;` nor inside a `<…>` construct; those are left out whole.
func Truncate(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	if limit <= 0 {
		return ""
	}
	cut := runeOffset(s, limit-1)
	if start := strings.LastIndexByte(s[:cut], '<'); start >= 0 && closes(s[start+1:], cut-start-1) {
		cut = start
	}
	for _, entity := range []string{"&amp;", "&lt;", "&gt;"} {
		for start := max(0, cut-len(entity)+1); start < cut; start++ {
			if strings.HasPrefix(s[start:], entity) {
				return s[:start] + "…"
			}
		}
	}
	return s[:cut] + "…"
}

// runeOffset returns the byte offset of the n-th rune.
func runeOffset(s string, n int) int {
	for offset := range s {
		if n == 0 {
			return offset
		}
		n--
	}
	return len(s)
}

// closes reports whether the construct whose inside begins s ends at or after
// the cut: only then would the cut be inside of it.
func closes(s string, cut int) bool {
	end := strings.IndexAny(s, "<>")
	return end >= cut && s[end] == '>'
}

// Plain removes what can make a text read as something else: control
// characters, bidirectional overrides and isolates, and invisible characters.
// Line breaks (all kinds become "\n") and tabs stay, and so do the joiners that
// scripts and emoji need between two non-ASCII characters. Invalid UTF-8 becomes U+FFFD.
func Plain(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = lineBreaks.Replace(s)
	var b strings.Builder
	b.Grow(len(s))
	var before rune
	for i, r := range s {
		after, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
		if !visible(r) && (!joiner(r) || !joinable(before) || !joinable(after)) {
			continue
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

func visible(r rune) bool {
	switch {
	case ' ' <= r && r <= '~':
		return true
	case r == '\n', r == '\t', unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return true
	case r == '\u034F', r == '\u115F', r == '\u1160', r == '\u3164', r == '\uFFA0': // joiner and fillers that show nothing
		return false
	}
	return !unicode.In(r, unicode.Cc, unicode.Cf)
}

func joiner(r rune) bool { return r == '\u200C' || r == '\u200D' }

func joinable(r rune) bool { return r > unicode.MaxASCII && r != utf8.RuneError && visible(r) }
