package notify

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Verb is what somebody wants who answers a page by SMS or on the phone.
type Verb string

// The verbs. An empty one is an answer that was not understood.
const (
	Acknowledge Verb = "acknowledge" // "1", "ack", "yes", "ok" …
	Escalate    Verb = "escalate"    // "2", "escalate"
	Decline     Verb = "decline"     // "3", "no", "can't"
	Snooze      Verb = "snooze"      // "snooze", "snooze 2h"
	HandOver    Verb = "handover"    // "handover dev2"
	Resolve     Verb = "resolve"     // "resolve PAGE-7"
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
	Page string        // as in "PAGE-7" or "INC-4", if they named one: else the page they were told of last is meant
	Wait time.Duration // of Snooze: for how long; zero: they did not say
	Rest string        // as they wrote it. Of HandOver: to whom; of Resolve: what ended it. It may be empty
}

// maxReply is the longest text that can be an answer, in characters; whatever is longer says something else. Only what
// somebody says with "resolve" may be longer, up to maxResolve.
const (
	maxReply   = 64
	maxResolve = 320
)

// DecodeReply reads an SMS: a verb, alone or with a page as in "1 PAGE-7", "ack 7" or "page-7 ack"; "snooze", "handover"
// and "resolve" as decodeLonger says. Case, spaces, punctuation at the end and the script of digits do not matter. Anything else
// is not understood, however it begins.
func DecodeReply(text string) Reply {
	if len(text) > 4*maxResolve {
		return Reply{}
	}
	if r, ok := decodeLonger(strings.Fields(line(text, maxResolve))); ok {
		return r
	}
	text = strings.ToLower(line(strings.Map(plainKey, text), maxReply))
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
	// "page-7 ack" and "inc-4 ack", but not "3 ok": which of the two is meant?
	if page, ok := pageNamed(strings.TrimRight(first, ",:")); ok && lettered(first) {
		return named(verbs[rest], page)
	}
	return Reply{}
}

// zeros are the noughts of digits that phones type instead of ours: full-width, Arabic, Persian, Devanagari, Bengali, Thai.
var zeros = []rune{'０', '٠', '۰', '०', '০', '๐'}

// plainKey is the ASCII of what phones type for digits and apostrophes.
func plainKey(r rune) rune {
	for _, zero := range zeros {
		if zero <= r && r <= zero+9 {
			return '0' + r - zero
		}
	}
	if strings.ContainsRune("’‘´", r) {
		return '\''
	}
	return r
}

func named(v Verb, page string) Reply {
	switch v {
	case Acknowledge, Escalate, Decline:
		return Reply{Verb: v, Page: page}
	}
	return Reply{}
}

// pageNamed reads "7", "page 7", "page-7", "#7", and "inc-4" for an incident.
func pageNamed(text string) (string, bool) {
	prefix := "PAGE-"
	digits, ok := strings.CutPrefix(text, "inc")
	if ok {
		prefix = "INC-"
	}
	digits = strings.TrimPrefix(digits, "page")
	digits = strings.TrimLeft(digits, "-# ")
	if digits == "" || len(digits) > 9 || digits[0] == '0' || strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return "", false
	}
	return prefix + digits, true
}

// lettered reports whether what names a page says so.
func lettered(page string) bool {
	return strings.HasPrefix(page, "page") || strings.HasPrefix(page, "inc")
}

// decodeLonger reads the answers of several words; false: it is none.
//
//	snooze [PAGE-7] [30m]           in either order; "2 h", "45 min" and "1 day" too
//	handover [PAGE-7] [to] dev2     the page may come last
//	resolve [PAGE-7 | INC-4] [what ended it]
//
// The page may also come first: "page-7 snooze 30m".
func decodeLonger(words []string) (Reply, bool) {
	page, words := cutPage(words, false)
	verb, words := cutVerb(words)
	named := func(bare bool) {
		if page == "" {
			page, words = cutPage(words, bare)
		}
	}
	switch verb {
	case Snooze:
		wait, rest := cutWait(words)
		words = rest
		named(wait > 0 || len(words) > 1) // "snooze 30": minutes, or a page?
		if wait == 0 {
			wait, words = cutWait(words)
		}
		if len(words) > 0 {
			return Reply{}, true
		}
		return Reply{Verb: Snooze, Page: page, Wait: wait}, true
	case HandOver:
		named(len(words) > 1)
		if n := len(words) - 1; page == "" && n > 0 {
			if page, _ = cutPage(words[n:], false); page != "" {
				words = words[:n]
			}
		}
		if len(words) > 0 && strings.EqualFold(words[0], "to") {
			words = words[1:]
		}
		to := strings.TrimPrefix(strings.TrimRight(strings.Join(words, " "), ".!,"), "@")
		return Reply{Verb: HandOver, Page: page, Rest: line(to, maxReply)}, true
	case Resolve:
		named(len(words) == 1)
		return Reply{Verb: Resolve, Page: page, Rest: strings.Join(words, " ")}, true
	}
	return Reply{}, false
}

// cutVerb takes the verb of an answer of several words.
func cutVerb(words []string) (Verb, []string) {
	word := func(n int) string {
		if n >= len(words) {
			return ""
		}
		return strings.TrimRight(strings.ToLower(words[n]), ".!,:")
	}
	switch word(0) {
	case "snooze":
		return Snooze, words[1:]
	case "handover", "hand-over":
		return HandOver, words[1:]
	case "hand":
		if word(1) == "over" {
			return HandOver, words[2:]
		}
	case "resolve", "resolved":
		return Resolve, words[1:]
	}
	return "", words
}

// cutPage takes the page or incident that stands first. Bare says that a number alone may be a page.
func cutPage(words []string, bare bool) (string, []string) {
	for n := 1; n <= min(2, len(words)); n++ {
		text := strings.TrimRight(strings.ToLower(strings.Join(words[:n], " ")), ".!,:")
		if page, ok := pageNamed(text); ok && (lettered(text) || bare && n == 1) {
			return page, words[n:]
		}
	}
	return "", words
}

var (
	waitForm  = regexp.MustCompile(`^([1-9]\d{0,4}) ?([a-z]+)$`)
	waitUnits = map[string]time.Duration{
		"m": time.Minute, "min": time.Minute, "mins": time.Minute, "minute": time.Minute, "minutes": time.Minute,
		"h": time.Hour, "hr": time.Hour, "hrs": time.Hour, "hour": time.Hour, "hours": time.Hour,
		"d": 24 * time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour,
	}
)

// cutWait takes how long, as in "30m", "2 hours" or "for 1d"; zero: that does not stand first.
func cutWait(words []string) (time.Duration, []string) {
	rest := words
	if len(rest) > 0 && strings.EqualFold(rest[0], "for") {
		rest = rest[1:]
	}
	for n := 1; n <= min(2, len(rest)); n++ {
		m := waitForm.FindStringSubmatch(strings.TrimRight(strings.ToLower(strings.Join(rest[:n], " ")), ".!,"))
		if m == nil || waitUnits[m[2]] == 0 {
			continue
		}
		count, err := strconv.Atoi(m[1])
		if err != nil {
			continue
		}
		return time.Duration(count) * waitUnits[m[2]], rest[n:]
	}
	return 0, words
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
