package slackui

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/watchbill/watchbill/incident"
)

// Parse reads what follows `/inc`, or the bot's mention, in Slack's wire form.
// now and zone are the reader's, for times such as "14:05"; a nil zone is UTC.
// It never fails: what is no command is FreeText, and nothing typed is lost.
func Parse(text string, now time.Time, zone *time.Location) Input {
	p := newParser(text, now, zone)
	p.commandName()
	p.reference()
	p.verb()
	if p.in.Verb == FreeText || p.in.Verb == Later {
		return p.in
	}
	p.arguments()
	return p.in
}

// parser walks over the tokens of one command.
type parser struct {
	wire string
	toks []token // those not yet understood
	in   Input
	now  time.Time
	zone *time.Location
}

func newParser(text string, now time.Time, zone *time.Location) *parser {
	if zone == nil {
		zone = time.UTC
	}
	raw := trim(Decode(text, nil))
	return &parser{wire: text, toks: tokens(text), now: now, zone: zone, in: Input{Raw: raw, Wire: trim(text), Turn: -1}}
}

// commandName forgives a command typed twice: "/inc /inc list".
func (p *parser) commandName() {
	if len(p.toks) == 0 {
		return
	}
	switch p.toks[0].bare() {
	case "/inc", "/incident", "/oncall":
		p.toks = p.toks[1:]
		p.in.Raw, p.in.Wire = p.rest(), ""
		if len(p.toks) > 0 {
			p.in.Wire = trim(p.wire[p.toks[0].start:])
		}
	}
}

// reference takes an incident or an alert named before the verb.
func (p *parser) reference() {
	if id, n := incidentAt(p.toks, true); id != "" {
		p.in.Incident = id
		p.toks = p.toks[n:]
		return
	}
	p.leadingAlert()
	p.leadingPage()
}

func (p *parser) verb() {
	if len(p.toks) == 0 {
		p.in.Verb = Empty
		if p.in.Incident != "" || p.in.Alert != "" || p.in.Page != "" {
			p.in.Verb = Show
		}
		return
	}
	first := p.toks[0]
	p.in.Verb, p.in.Text = FreeText, p.in.Raw
	if first.quoted {
		return
	}
	word := first.bare()
	if len(p.toks) > 1 {
		if v, ok := double(word, p.toks[1].bare()); ok {
			p.found(v, word+" "+p.toks[1].bare(), 2)
			return
		}
	}
	if v, ok := single(word); ok {
		p.found(v, word, 1)
		return
	}
	// "sev2" alone is "sev 2"; with more behind it, it is a title.
	if sev, ok := severityWord(word); ok && len(p.toks) == 1 {
		p.found(Sev, word, 1)
		p.in.Severity = sev
	}
}

func (p *parser) found(v Verb, word string, n int) {
	p.in.Verb, p.in.Word = v, word
	if v == Later {
		return
	}
	p.toks = p.toks[n:]
	p.in.Text = ""
}

func (p *parser) arguments() {
	if p.onAlert() {
		return
	}
	switch p.in.Verb {
	case Declare:
		p.leadingAlert()
		p.declare()
	case Alerts:
		p.alerts()
	case Silence:
		p.silence()
	case Unsilence:
		p.unsilence()
	case Noise:
		p.noise()
	case Update, Resolve, Reopen:
		p.said()
	case Note:
		p.leadingReference()
		p.note()
	case Timeline:
		p.timeline()
	case Lead:
		p.lead()
	case Sev:
		p.severity()
	case Page, Escalate:
		p.page()
	case Snooze:
		p.snooze()
	case Ack, Decline:
		p.anyReference()
		p.pageReference()
		p.in.Text = p.rest()
	case Oncall:
		p.oncall()
	case Show:
		p.lonePage()
		p.anyReference()
		p.nothingMore()
	default:
		p.anyReference()
		p.nothingMore()
	}
}

// noise is said of an alert, and of none here.
func (p *parser) noise() {
	if len(p.toks) > 0 {
		p.freeText()
		return
	}
	p.problem("Say which alert: `/inc noise ALERT-7 <why>`. `/inc alerts` lists those that are open.")
}

// said reads a command that is followed by a text.
func (p *parser) said() {
	p.leadingReference()
	if p.in.Verb == Resolve && len(p.toks) > 0 && pageForm.MatchString(p.toks[0].text) {
		p.namedPage()
	}
	p.in.Text = unquote(p.rest())
}

func (p *parser) timeline() {
	p.lonePage()
	p.anyReference()
	if len(p.toks) > 0 { // elsewhere "timeline <text>" writes on it
		p.in.Verb = Note
		p.note()
	}
}

// nothingMore turns a command that takes no text back into free text: "close to
// running out of disk" must not close an incident, "close it please" must.
func (p *parser) nothingMore() {
	for _, t := range p.toks {
		if t.quoted || !courtesy(t.bare()) {
			p.freeText()
			return
		}
	}
}

// courtesy are the words that add nothing to a command.
func courtesy(word string) bool {
	switch word {
	case "please", "pls", "now", "thanks", "thx", "it", "this", "the", "me", "all", "open", "current", "incident", "incidents":
		return true
	}
	return false
}

func (p *parser) freeText() {
	p.in = Input{Verb: FreeText, Word: p.in.Word, Text: p.in.Raw, Raw: p.in.Raw, Wire: p.in.Wire, Turn: -1, Incident: p.in.Incident, Alert: p.in.Alert} // a page is part of the text
}

// leadingReference takes an incident named first in a text. "#3" may as well be
// part of the text and stays in it.
func (p *parser) leadingReference() {
	if p.in.Incident != "" || len(p.toks) == 0 {
		return
	}
	if m := hashForm.FindStringSubmatch(p.toks[0].text); m != nil {
		p.in.Maybe = numbered("INC", m[1])
		return
	}
	if id, n := incidentAt(p.toks, false); id != "" {
		p.in.Incident = id
		p.toks = p.toks[n:]
	}
}

// anyReference takes an incident named anywhere in what is left, a bare number
// included where only an incident can be meant.
func (p *parser) anyReference() {
	if p.in.Incident != "" {
		return
	}
	for at := range p.toks {
		if id, n := incidentAt(p.toks[at:], true); id != "" {
			p.in.Incident = id
			p.toks = slices.Delete(p.toks, at, at+n)
			return
		}
	}
	switch p.in.Verb {
	case Show, Timeline, Close, Postmortem:
		if len(p.toks) == 1 && digits.MatchString(p.toks[0].text) {
			p.in.Incident = numbered("INC", p.toks[0].text)
			p.toks = nil
		}
	}
}

// incidentAt reads an incident at the first tokens and says how many they are.
func incidentAt(toks []token, hash bool) (id string, n int) {
	if len(toks) == 0 || toks[0].quoted {
		return "", 0
	}
	t := toks[0].text
	if m := incForm.FindStringSubmatch(t); m != nil {
		return numbered("INC", m[1]), 1
	}
	if m := hashForm.FindStringSubmatch(t); m != nil && hash {
		return numbered("INC", m[1]), 1
	}
	if m := channelForm.FindStringSubmatch(t); m != nil {
		if m[4] != "" { // of Roomed
			return m[4], 1
		}
		if m = roomName.FindStringSubmatch(m[3]); m != nil {
			return numbered("INC", m[1]), 1
		}
	}
	if strings.EqualFold(t, "inc") && len(toks) > 1 && digits.MatchString(strings.TrimRight(strings.TrimPrefix(toks[1].text, "#"), ":,.")) {
		return numbered("INC", strings.TrimRight(strings.TrimPrefix(toks[1].text, "#"), ":,.")), 2
	}
	return "", 0
}

// rest is the text from the first token left to the end, as it was written.
func (p *parser) rest() string {
	if len(p.toks) == 0 {
		return ""
	}
	return trim(Decode(p.wire[p.toks[0].start:], nil))
}

// words is what is left when tokens inside the text were taken out: each run of
// neighbours stays as it was written.
func (p *parser) words() string {
	var parts []string
	for n := 0; n < len(p.toks); {
		m := n + 1
		for m < len(p.toks) && strings.TrimFunc(p.wire[p.toks[m-1].end:p.toks[m].start], space) == "" {
			m++
		}
		parts = append(parts, trim(Decode(p.wire[p.toks[n].start:p.toks[m-1].end], nil)))
		n = m
	}
	return strings.Join(parts, " ")
}

// reason is what is left when it says why.
func (p *parser) reason() string {
	return strings.TrimSpace(strings.TrimPrefix(p.words(), "because "))
}

func (p *parser) problem(format string, args ...any) {
	if p.in.Problem == "" {
		p.in.Problem = fmt.Sprintf(format, args...)
	}
}

func (p *parser) severity() {
	p.anyReference()
	if p.in.Severity == 0 && len(p.toks) > 0 {
		sev, n, ok := severityAt(p.toks)
		if !ok {
			p.in.Text = p.words()
			p.problem("%q is not a severity. Severities are 1 (worst) to 4: for example `/inc sev 2`.", incident.Clip(p.in.Text, 40))
			return
		}
		p.in.Severity = sev
		p.toks = p.toks[n:]
	}
	p.in.Text = p.reason()
	if p.in.Severity == 0 {
		p.problem("Say how bad it is: 1 (worst) to 4, for example `/inc sev 2`.")
	} else if p.in.Text != "" && p.in.Word != "sev" && p.in.Word != "severity" {
		p.freeText()
	}
}

// lead reads whom somebody names. Without a person it is a question of the
// caller's; "take command" and "lead me" name oneself.
func (p *parser) lead() {
	p.anyReference()
	p.handsOver()
	mine := p.in.Word == "take command" || p.in.Word == "take"
	for n, t := range p.toks {
		m := userForm.FindStringSubmatch(t.text)
		if m == nil {
			continue
		}
		p.in.People = []string{m[1]}
		p.toks = slices.Delete(p.toks, n, n+1)
		if slices.ContainsFunc(p.toks, func(t token) bool { return userForm.MatchString(t.text) }) { // "from @a to @b"
			p.problem("Name the one who shall lead or take it over, and nobody else: for example `/inc lead @name`.")
		}
		if len(p.toks) > 0 && (p.toks[0].bare() == "to" || p.toks[0].bare() == "is") && n > 0 {
			p.toks = p.toks[1:]
		}
		p.in.Text = p.reason()
		return
	}
	if len(p.toks) > 2 && p.toks[0].bare() == "to" && handle(p.toks[1]) {
		p.toks = p.toks[1:]
	}
	switch {
	case len(p.toks) > 1 && !mine && handle(p.toks[0]): // with a reason
		p.in.People = []string{personIn(strings.TrimRight(p.toks[0].text, ",:;"))}
		p.toks = p.toks[1:]
		p.in.Text = p.reason()
	case mine && len(p.toks) == 0, len(p.toks) == 1 && self(p.toks[0].bare()):
		p.in.People = []string{Self}
	case len(p.toks) == 1 && !mine:
		p.in.People = []string{strings.TrimPrefix(Decode(p.toks[0].text, nil), "@")}
	case len(p.toks) == 2 && p.toks[0].bare() == "to":
		p.in.People = []string{strings.TrimPrefix(Decode(p.toks[1].text, nil), "@")}
	case len(p.toks) > 0:
		p.freeText()
	}
}

// handle says whether a token is a name as people type it where Slack makes no mention of
// it.
func handle(t token) bool { return !t.quoted && len(t.text) > 1 && t.text[0] == '@' }

func self(word string) bool {
	switch strings.TrimPrefix(word, "@") {
	case "me", "i", "myself":
		return true
	}
	return false
}

// unquote takes one pair of quotes off a text that stands in them as a whole.
func unquote(s string) string {
	if first, _ := utf8.DecodeRuneInString(s); opening[first] == 0 {
		return s
	}
	toks := tokens(s)
	if len(toks) == 1 && toks[0].quoted {
		return trim(toks[0].text)
	}
	return s
}

func trim(s string) string { return strings.TrimFunc(s, space) }
