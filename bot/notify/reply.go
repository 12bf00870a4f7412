package notify

import (
	"strings"
	"unicode"
)

// Verb is what somebody wants who answers a page by SMS or on the phone.
type Verb string

// The verbs. An empty one is an answer that was not understood.
const (
	Acknowledge Verb = "acknowledge" // "1", "ack", "yes", "ok" …
	Escalate    Verb = "escalate"    // "2", "escalate"
	Decline     Verb = "decline"     // "3", "no", "can't"
	OptOut      Verb = "opt_out"     // "stop": carriers and Twilio send this number nothing from now on
	OptIn       Verb = "opt_in"      // "start": they do again
	AskHelp     Verb = "help"        // "help", "?"
)

// verbs are the words that people send. Those of opting out and in are Twilio's defaults, of which it acts by itself.
var verbs = map[string]Verb{
	"1": Acknowledge, "ack": Acknowledge, "ack'd": Acknowledge, "acked": Acknowledge, "acknowledge": Acknowledge,
	"acknowledged": Acknowledge, "a": Acknowledge, "yes": Acknowledge, "y": Acknowledge, "ok": Acknowledge, "okay": Acknowledge,
	"k": Acknowledge, "on it": Acknowledge, "onit": Acknowledge, "👍": Acknowledge, "✅": Acknowledge, "ja": Acknowledge,

	"2": Escalate, "escalate": Escalate, "esc": Escalate, "e": Escalate, "next": Escalate,

	"3": Decline, "no": Decline, "n": Decline, "nope": Decline, "decline": Decline, "can't": Decline, "cant": Decline,
	"cannot": Decline, "i can't": Decline, "i cant": Decline, "i cannot": Decline, "busy": Decline, "pass": Decline, "nein": Decline,

	"stop": OptOut, "stopall": OptOut, "unsubscribe": OptOut, "cancel": OptOut, "end": OptOut, "quit": OptOut, "revoke": OptOut, "optout": OptOut,
	"start": OptIn, "unstop": OptIn,
	"help": AskHelp, "info": AskHelp, "?": AskHelp, "h": AskHelp,
}

// Reply is an answer of a person to a page.
type Reply struct {
	Verb Verb
	Page string // as in "PAGE-7", if they named one: else the page they were told of last is meant
}

// maxReply is the longest text that can be an answer; whatever is longer says something else.
const maxReply = 64

// DecodeReply reads an SMS: a verb, alone or with a page as in "1 PAGE-7", "ack 7" or "page-7 ack". Case, spaces and
// punctuation at the end do not matter. Anything else is not understood, however it begins.
func DecodeReply(text string) Reply {
	if len(text) > 4*maxReply {
		return Reply{}
	}
	text = strings.ToLower(line(strings.NewReplacer("’", "'", "‘", "'", "´", "'").Replace(text), maxReply))
	text = strings.TrimRight(text, ".!, ")
	if v, ok := verbs[text]; ok {
		return Reply{Verb: v}
	}
	first, rest, ok := strings.Cut(text, " ")
	if !ok {
		return Reply{}
	}
	if page, ok := pageNamed(rest); ok {
		return named(verbs[strings.TrimRight(first, ",:")], page)
	}
	// "page-7 ack", but not "7 1": which of the two numbers is the page?
	if page, ok := pageNamed(strings.TrimRight(first, ",:")); ok && strings.HasPrefix(first, "page") {
		return named(verbs[rest], page)
	}
	return Reply{}
}

func named(v Verb, page string) Reply {
	switch v {
	case Acknowledge, Escalate, Decline:
		return Reply{Verb: v, Page: page}
	}
	return Reply{}
}

// pageNamed reads "7", "page 7", "page-7", "#7".
func pageNamed(text string) (string, bool) {
	digits := strings.TrimPrefix(text, "page")
	digits = strings.TrimLeft(digits, "-# ")
	if digits == "" || len(digits) > 9 || digits[0] == '0' || strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return "", false
	}
	return "PAGE-" + digits, true
}

// DecodeDigits reads the keys pressed in a call: one of 1, 2, 3; a star or hash behind it does not matter.
func DecodeDigits(digits string) Reply {
	if len(digits) > 8 {
		return Reply{}
	}
	switch strings.TrimRightFunc(digits, func(r rune) bool { return r == '#' || r == '*' || unicode.IsSpace(r) }) {
	case "1":
		return Reply{Verb: Acknowledge}
	case "2":
		return Reply{Verb: Escalate}
	case "3":
		return Reply{Verb: Decline}
	}
	return Reply{}
}
