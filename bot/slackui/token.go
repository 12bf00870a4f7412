package slackui

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is one word of what was typed: a run without spaces, a `<…>` construct,
// or a quoted run. Start and end are byte offsets into the wire text, so that what
// people wrote can be given back as they wrote it.
type token struct {
	start, end int
	text       string // without its quotes, in Slack's wire form
	quoted     bool
}

var (
	opening = map[rune]rune{'"': '"', '“': '”', '”': '”', '„': '”', '«': '»'}
	dashes  = strings.NewReplacer("—", "--", "–", "--", "−", "-")
)

// tokens cuts the wire text at every kind of space, no-break and zero-width ones
// included.
func tokens(text string) []token {
	out := make([]token, 0, min(16, 1+strings.Count(text, " ")))
	for at := 0; at < len(text); {
		rest := text[at:]
		r, size := utf8.DecodeRuneInString(rest)
		if space(r) {
			at += size
			continue
		}
		t := next(text, at, r)
		out = append(out, t)
		at = t.end
	}
	return out
}

// firstToken is the first of tokens(text), if there is one.
func firstToken(text string) (token, bool) {
	at := strings.IndexFunc(text, func(r rune) bool { return !space(r) })
	if at < 0 {
		return token{}, false
	}
	first, _ := utf8.DecodeRuneInString(text[at:])
	return next(text, at, first), true
}

func next(text string, at int, first rune) token {
	rest := text[at:]
	if first == '<' {
		if m := construct.FindStringIndex(rest); m != nil && m[0] == 0 {
			end := m[1]
			for end < len(rest) && strings.IndexByte(",.;:?!", rest[end]) >= 0 {
				end++
			}
			return token{start: at, end: at + end, text: rest[:end]}
		}
	}
	if closing, ok := opening[first]; ok {
		if t, ok := quotedRun(text, at, first, closing); ok {
			return t
		}
	}
	end := strings.IndexFunc(rest, space)
	if end < 0 {
		end = len(rest)
	}
	if eq := strings.IndexByte(rest[:end], '='); eq > 0 { // --service="pay ments"
		first, _ := utf8.DecodeRuneInString(rest[eq+1:])
		if closing, ok := opening[first]; ok {
			if t, ok := quotedRun(text, at+eq+1, first, closing); ok {
				end = t.end - at
			}
		}
	}
	return token{start: at, end: at + end, text: rest[:end]}
}

// maxQuoted bounds how far the end of a quotation is looked for, in bytes.
const maxQuoted = 5000

// quotedRun reads a quotation whose end stands before a space or at the end.
func quotedRun(text string, at int, first, closing rune) (token, bool) {
	begin := at + len(string(first))
	for n, r := range text[begin:min(len(text), begin+maxQuoted)] {
		if r != closing && r != '"' && r != '”' && r != '“' {
			continue
		}
		end := begin + n + len(string(r))
		if n > 0 && (end == len(text) || strings.IndexFunc(text[end:], space) == 0) {
			return token{start: at, end: end, text: text[begin : begin+n], quoted: true}, true
		}
	}
	return token{}, false
}

func space(r rune) bool {
	return unicode.IsSpace(r) || r == '\u200B' || r == '\uFEFF' || r == '\u2060'
}

// bare is the token's text in lower case without the punctuation people add to
// a word.
func (t token) bare() string {
	word := strings.ToLower(strings.ReplaceAll(t.text, "’", "'"))
	return orElse(strings.TrimRight(word, ":,.;!?"), word)
}

// flag returns the name and the value of "--name", "--name=value" or "-n"; all
// kinds of dashes count, since phones and word processors replace them.
func (t token) flag() (name, value string, ok bool) {
	if t.quoted {
		return "", "", false
	}
	s := dashes.Replace(t.text)
	name = strings.TrimLeft(s, "-")
	if n := len(s) - len(name); n < 1 || n > 4 || name == "" {
		return "", "", false
	}
	name, value, _ = strings.Cut(name, "=")
	return strings.ToLower(name), strings.Trim(value, `"“”„`), true
}

var (
	userForm    = regexp.MustCompile(`^<@([A-Za-z0-9]+)(\|[^>]*)?>[,.;:?!]*$`)
	groupForm   = regexp.MustCompile(`^<!subteam\^([A-Za-z0-9]+)(\|[^>]*)?>[,.;:?!]*$`)
	channelForm = regexp.MustCompile(`^<#([A-Za-z0-9]+)(\|([^>|]*)(?:\|(INC-[0-9]{1,9}))?)?>[,.;:?!]*$`)
	roomName    = regexp.MustCompile(`^inc-([0-9]{1,9})(-|$)`)
	incForm     = regexp.MustCompile(`^(?i:inc)-?([0-9]{1,9})[,.:;]?$`)
	hashForm    = regexp.MustCompile(`^#([0-9]{1,9})[,.:;]?$`)
	pageForm    = regexp.MustCompile(`^(?i:page)-?([0-9]{1,9})[,.:;]?$`)
	digits      = regexp.MustCompile(`^[0-9]{1,9}$`)
)
