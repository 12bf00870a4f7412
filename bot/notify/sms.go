package notify

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Encoding is how the characters of an SMS travel.
type Encoding string

// The encodings.
const (
	GSM7 Encoding = "GSM-7" // 160 septets in one message, 153 in each of several
	UCS2 Encoding = "UCS-2" // 70 UTF-16 units in one, 67 in each of several
)

// The GSM 7-bit default alphabet and its extension table, whose characters count twice: 3GPP TS 23.038, 6.2.1.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtended = "^{}\\[~]|€\f"
)

var septets = func() map[rune]int {
	m := map[rune]int{}
	for _, r := range gsmBasic {
		m[r] = 1
	}
	for _, r := range gsmExtended {
		m[r] = 2
	}
	return m
}()

// plainer are typographic characters that are not worth more than half of a message.
var plainer = strings.NewReplacer("…", "...", "’", "'", "‘", "'", "‚", "'", "“", "\"", "”", "\"", "„", "\"", "«", "\"", "»", "\"",
	"–", "-", "—", "-", "‐", "-", "‑", "-", "−", "-", "•", "-", "·", "-", "\u00a0", " ", "\u202f", " ", "\t", " ", "`", "'", "´", "'",
	"→", "->", "←", "<-", "⇒", "=>", "≥", ">=", "≤", "<=", "≠", "!=", "×", "x", "°", " deg", "µ", "u", "μ", "u", "ç", "c")

// SMSSize is what a text costs as an SMS.
type SMSSize struct {
	Encoding Encoding
	Units    int // septets or UTF-16 units
	Segments int // messages that travel and are paid; 0 for an empty text
}

// MeasureSMS says how text travels. A character that takes two units is not split between two segments.
func MeasureSMS(text string) SMSSize {
	size, one, each := SMSSize{Encoding: GSM7}, 160, 153
	for _, r := range text {
		if septets[r] == 0 {
			size.Encoding, one, each = UCS2, 70, 67
			break
		}
	}
	filled, segments := 0, 1
	for _, r := range text {
		n := septets[r]
		if size.Encoding == UCS2 {
			n = len(utf16.AppendRune(nil, r))
		}
		size.Units += n
		if filled+n > each {
			segments, filled = segments+1, 0
		}
		filled += n
	}
	switch {
	case size.Units == 0:
	case size.Units <= one:
		size.Segments = 1
	default:
		size.Segments = segments
	}
	return size
}

// maxTail bounds what stands behind the text, so that something is left for it.
const maxTail = 110

// smsText is m as an SMS of at most segments (1 or 2) segments. Its id and how to answer are whole; of the text there is
// as much as fits. replies says that a reply reaches Watchbill.
func smsText(m Message, segments int, replies bool) string {
	return fitSMS(m.marked(""), plainer.Replace(m.short()), plainer.Replace(m.smsTail(segments, replies)), segments)
}

// smsTail says which page it is and how to answer. A link that leaves no room is left out.
func (m Message) smsTail(segments int, replies bool) string {
	link := ""
	if l := m.link(); l != "" && MeasureSMS(l).Encoding == GSM7 && len(l) <= maxTail*segments-40 {
		link = l
	}
	page := " " + m.page() + ": "
	switch answer := cut(m.answer(), maxTail); {
	case replies:
		return strings.TrimRight(page+"Reply 1 ack, 2 escalate, 3 can't. "+link, " ")
	case link != "":
		return page + "Ack: " + link
	case strings.Contains(answer, m.page()):
		return " " + answer
	default:
		return page + answer
	}
}

// fitSMS is head, as much of body as fits, and tail.
func fitSMS(head, body, tail string, segments int) string {
	fits := func(body string) bool { return MeasureSMS(head+body+tail).Segments <= segments }
	if fits(body) {
		return head + body + tail
	}
	// Pictures halve the room for a text that does not need them.
	if bare := strings.Join(strings.Fields(strings.Map(noPicture, body)), " "); MeasureSMS(bare).Encoding == GSM7 {
		body = bare
		if fits(body) {
			return head + body + tail
		}
	}
	runes := []rune(body)
	shorter := func(n int) string { return strings.TrimRight(string(runes[:n]), " ") + "..." }
	n := sort.Search(len(runes), func(n int) bool { return !fits(shorter(n)) })
	if n <= 1 {
		return head + strings.TrimLeft(tail, " ")
	}
	return head + shorter(n-1) + tail
}

func noPicture(r rune) rune {
	if unicode.In(r, unicode.So, unicode.Sk, unicode.Mn) && septets[r] == 0 {
		return -1
	}
	return r
}
