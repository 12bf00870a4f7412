package slackui

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	alertForm     = regexp.MustCompile(`^(?i:alert)-?([0-9]{1,9})[,.:;]?$`)
	silenceForm   = regexp.MustCompile(`^(?i:sil)-?([0-9]{1,9})[,.:;]?$`)
	conditionForm = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_.:/-]*)=(.*)$`)
)

// numbered is an id with its prefix: "ALERT-7".
func numbered(prefix, number string) string {
	return prefix + "-" + orElse(strings.TrimLeft(number, "0"), "0")
}

// alertAt reads "ALERT-7", "alert7" or "alert 7" at the first tokens and says how
// many they are.
func alertAt(toks []token) (id string, n int) {
	if len(toks) == 0 || toks[0].quoted {
		return "", 0
	}
	if m := alertForm.FindStringSubmatch(toks[0].text); m != nil {
		return numbered("ALERT", m[1]), 1
	}
	if toks[0].bare() == "alert" && len(toks) > 1 && digits.MatchString(toks[1].bare()) {
		return numbered("ALERT", toks[1].bare()), 2
	}
	return "", 0
}

// leadingAlert takes an alert that is named first.
func (p *parser) leadingAlert() bool {
	id, n := alertAt(p.toks)
	if id == "" {
		return p.in.Alert != ""
	}
	p.in.Alert = id
	p.toks = p.toks[n:]
	return true
}

// anyAlert takes an alert that is named anywhere in what is left.
func (p *parser) anyAlert() bool {
	for at := range p.toks {
		if id, n := alertAt(p.toks[at:]); id != "" {
			p.in.Alert = id
			p.toks = slices.Delete(p.toks, at, at+n)
			return true
		}
	}
	return p.in.Alert != ""
}

// onAlert reads a command that is about an alert, where it names one; what is left is
// its text.
func (p *parser) onAlert() bool {
	switch p.in.Verb {
	case Escalate, Decline, HandOver, Snooze: // of its page
		p.anyAlert()
		return false
	case Ack, Show, Timeline:
		if !p.anyAlert() {
			return false
		}
	case Close, Resolve, Noise:
		if !p.leadingAlert() {
			return false
		}
	default:
		return false
	}
	p.in.Text = strings.TrimPrefix(unquote(p.rest()), "because ")
	return true
}

// alerts reads the service whose alerts are asked for.
func (p *parser) alerts() {
	p.toks = slices.DeleteFunc(p.toks, func(t token) bool {
		switch t.bare() {
		case "for", "of", "service", "on", "open", "all", "the", "firing", "now", "please":
			return !t.quoted
		}
		return false
	})
	if len(p.toks) > 1 {
		p.freeText()
		return
	}
	if len(p.toks) == 1 {
		p.in.Service = trim(Decode(p.toks[0].text, nil))
	}
}

// silence reads what shall be silent, for how long, and why: "ALERT-7 2h known",
// "service checkout until 18:00 deploy", "env=~stage.* job=backup 1d".
func (p *parser) silence() {
	bare := true // so far all may as well be a title: "mute button is broken"
	for len(p.toks) > 0 && p.in.Until.IsZero() {
		n := p.silenceWord()
		bare = bare && !conditionForm.MatchString(p.toks[0].text) && n < 2 && p.in.Alert == ""
		if n == 0 && bare {
			p.freeText()
			return
		}
		if n == 0 {
			p.problem("I cannot read %q. Say what shall be silent, for how long, and why: `/inc silence ALERT-7 2h we know` or `/inc silence service=checkout until 18:00 deploy`.", p.rest())
			return
		}
		p.toks = p.toks[n:]
	}
	p.in.Text = strings.TrimPrefix(unquote(p.rest()), "because ")
}

// silenceWord reads one part of a silence and says how many tokens it took.
func (p *parser) silenceWord() int {
	if id, n := alertAt(p.toks); id != "" {
		p.in.Alert = id
		return n
	}
	first := p.toks[0]
	if at, n := lasting(p.toks, p.now, p.zone); n > 0 {
		p.in.Until = at
		return n
	}
	if m := conditionForm.FindStringSubmatch(Decode(first.text, nil)); m != nil && !first.quoted {
		p.condition(m[1], strings.Trim(m[2], `"“”„`))
		return 1
	}
	word := trim(Decode(first.text, nil))
	switch {
	case first.bare() == "service" && len(p.toks) > 1:
		p.condition("service", trim(Decode(p.toks[1].text, nil)))
		return 2
	case filler(first.bare()) && !first.quoted:
		return 1
	case p.in.Alert == "" && len(p.in.Match) == 0 && word != "": // a name alone is that of a service
		p.condition("service", word)
		return 1
	}
	return 0
}

func (p *parser) condition(name, value string) {
	if p.in.Match == nil {
		p.in.Match = map[string]string{}
	}
	p.in.Match[name] = value
}

// lasting reads when something ends, at the first tokens: "2h", "for 30 min", "until
// 14:05", "until tomorrow 9:00".
func lasting(toks []token, now time.Time, zone *time.Location) (until time.Time, n int) {
	word := func(n int) string {
		if n >= len(toks) {
			return ""
		}
		return toks[n].bare()
	}
	from := 0
	switch word(0) {
	case "until", "till", "til":
		if at, n, _ := comingTime(toks[1:], now, now, zone); n > 0 {
			return at, n + 1
		}
		return time.Time{}, 0
	case "for":
		from = 1
	}
	if unit := unitOf(word(from + 1)); countForm.MatchString(word(from)) && unit != "" {
		if d, used := span(word(from)+unit, from+2); used > 0 && d > 0 {
			return now.UTC().Add(d), used
		}
	}
	if d, used := span(word(from), from+1); used > 0 && d > 0 {
		return now.UTC().Add(d), used
	}
	return time.Time{}, 0
}

// unsilence reads which silence is ended: by its own name, or by that of an alert that
// it silences.
func (p *parser) unsilence() {
	if p.anyAlert() {
		p.toks = nil
		return
	}
	for _, t := range p.toks {
		if m := silenceForm.FindStringSubmatch(t.text); m != nil {
			p.in.Silence = numbered("SIL", m[1])
			return
		}
		if digits.MatchString(t.bare()) {
			p.in.Silence = numbered("SIL", t.bare())
			return
		}
	}
	p.problem("Say which silence: `/inc unsilence SIL-2`. `/inc silences` lists them.")
}
