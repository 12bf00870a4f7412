package slackui

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/watchbill/watchbill/bot/blockkit"
	"github.com/watchbill/watchbill/incident"
)

// Lengths, in characters, of what comes from people. They keep each message well
// under blockkit.SafeLength.
const (
	maxName    = 80
	maxService = 80
	maxHeader  = 150 // Slack's own
	maxSection = 3000
	maxReason  = 500
	maxQuote   = 2600
	maxGlimpse = 280 // of a text that stands among others
	// maxCardQuote keeps the buttons of a card on the first screen of a phone: the whole
	// text is in a message of its own.
	maxCardQuote = 600
)

// clean makes text safe to read: nothing invisible or reversing, no towers of
// combining marks.
func clean(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && (r < ' ' || r > '~') }) {
		return s
	}
	s = blockkit.Plain(s)
	var b strings.Builder
	b.Grow(len(s))
	marks := 0
	for _, r := range s {
		if r >= firstMark && unicode.In(r, unicode.Mn, unicode.Me) {
			if marks++; marks > 4 { // no script needs more on one letter
				continue
			}
		} else {
			marks = 0
		}
		b.WriteRune(r)
	}
	return b.String()
}

// firstMark is the first combining mark of Unicode.
const firstMark = '\u0300'

// oneLine is clean text without line breaks, not escaped: for plain_text objects.
func oneLine(s string, limit int) string {
	return incident.Clip(strings.Join(strings.Fields(clean(s)), " "), limit)
}

// line is text from outside on one line of mrkdwn.
func line(s string, limit int) string {
	return blockkit.Truncate(blockkit.Escape(fence.Replace(oneLine(s, limit))), limit)
}

// fence keeps a text from opening a code block around what follows it.
var fence = strings.NewReplacer("```", "'''")

// paragraph is text from outside with its line breaks, as mrkdwn; addresses in
// it are links.
func paragraph(s string, limit int) string {
	return blockkit.Truncate(linkify(blockkit.Escape(strings.TrimSpace(clean(s)))), limit)
}

var address = regexp.MustCompile(`https?://[^\s<>|"'` + "`" + `]+`)

// linkify makes addresses links. The text objects are verbatim, so that Slack
// itself turns nothing that people wrote into mentions or links.
func linkify(escaped string) string {
	return address.ReplaceAllStringFunc(escaped, func(url string) string {
		tail := ""
		for _, after := range []string{"&gt;", "&lt;"} { // "(see https://x>)": the address ends there
			if n := strings.Index(url, after); n >= 0 {
				url, tail = url[:n], url[n:]
			}
		}
		body := strings.TrimRight(url, ".,;:!?)]}*_~”’»")
		tail = url[len(body):] + tail
		return "<" + body + ">" + tail
	})
}

// quote is a text as a quotation; it must stand last in its text object.
func quote(s string, limit int) string {
	text := blankLines.ReplaceAllString(paragraph(s, limit), "\n\n")
	cut := blockkit.Truncate("> "+strings.ReplaceAll(text, "\n", "\n> "), limit)
	return strings.TrimSuffix(strings.TrimSuffix(cut, "\n> …"), "\n>…")
}

var blankLines = regexp.MustCompile(`\n[ \t\n]*\n`)

var onCommand = regexp.MustCompile("`/oncall\\b")

// escapedMessage is a sentence of our own that may hold text from outside.
func (s Scene) escapedMessage(text string) string {
	text = blockkit.Escape(orElse(strings.TrimSpace(clean(text)), "Something went wrong, and nothing was changed."))
	if s.Command != "" && s.Command != "/inc" {
		text = strings.ReplaceAll(text, "`/inc ", "`"+s.Command+" ")
	}
	if s.OncallCommand != "" && s.OncallCommand != "/oncall" {
		text = onCommand.ReplaceAllLiteralString(text, "`"+s.OncallCommand)
	}
	return blockkit.Truncate(s.inZone(text), maxSection)
}
