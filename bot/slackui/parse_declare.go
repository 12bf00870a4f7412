package slackui

import (
	"regexp"
	"slices"
	"strings"

	"github.com/watchbill/watchbill/incident"
)

// declare reads a title with its flags, which may stand anywhere. Flags that are
// not ours stay in the title: "build fails with --no-cache".
func (p *parser) declare() {
	for n := 0; n < len(p.toks); {
		used := p.declareFlag(n)
		if used == 0 {
			n++
			continue
		}
		p.toks = slices.Delete(p.toks, n, n+used)
	}
	p.severityInTitle()
	p.in.Text = unquote(p.words())
}

// declareFlag reads the flag at token n and says how many tokens it took.
func (p *parser) declareFlag(n int) int {
	name, value, ok := p.toks[n].flag()
	if !ok {
		return 0
	}
	if sev, ok := severityWord(name); ok && value == "" && !digits.MatchString(name) { // --sev2
		p.setSeverity(sev)
		return 1
	}
	switch name {
	case "sev", "severity", "s", "service", "svc", "lead", "ic":
	default:
		for _, known := range []string{"severity", "service"} { // the others are too short to tell a slip from a word
			if oneSlip([]rune(name), []rune(known)) {
				p.problem("There is no `--%s`. Did you mean `--%s`?", name, known)
			}
		}
		return 0
	}
	used := 1
	if value == "" {
		if n+1 >= len(p.toks) || isFlag(p.toks[n+1]) {
			p.problem("`--%s` needs its value: for example %s.", name, flagExample(name))
			return 1
		}
		value, used = p.toks[n+1].text, 2
	}
	switch name {
	case "sev", "severity", "s":
		sev, err := incident.ParseSeverity(Decode(value, nil))
		if err != nil {
			p.problem("%s", err.Error())
			return used
		}
		p.setSeverity(sev)
	case "service", "svc":
		p.in.Service = trim(Decode(value, nil))
	default:
		p.in.People = []string{personIn(value)}
	}
	return used
}

func isFlag(t token) bool {
	_, _, ok := t.flag()
	return ok
}

func flagExample(name string) string {
	switch name {
	case "service", "svc":
		return "`--service checkout`"
	case "lead", "ic":
		return "`--lead @name`"
	}
	return "`--sev 2`"
}

func (p *parser) setSeverity(sev incident.Severity) {
	if p.in.Severity != 0 && p.in.Severity != sev {
		p.problem("Two severities were given, %s and %s. Give one.", p.in.Severity, sev)
		return
	}
	p.in.Severity = sev
}

// severityInTitle takes "sev2" or "sev 2" from the end of a title, or from its
// beginning, unless a flag said it.
func (p *parser) severityInTitle() {
	if p.in.Severity != 0 || len(p.toks) == 0 {
		return
	}
	if sev, n, ok := severityAt(p.toks); ok && !digits.MatchString(p.toks[0].text) {
		p.in.Severity = sev
		p.toks = p.toks[n:]
		return
	}
	for n := 1; n <= 2 && n <= len(p.toks); n++ {
		tail := p.toks[len(p.toks)-n:]
		if sev, used, ok := severityAt(tail); ok && used == n && !digits.MatchString(tail[0].text) {
			p.in.Severity = sev
			p.toks = p.toks[:len(p.toks)-n]
			return
		}
	}
}

var sevForm = regexp.MustCompile(`^sev-?([1-4])$`)

// severityWord reads "sev2" and "sev-2".
func severityWord(word string) (incident.Severity, bool) {
	m := sevForm.FindStringSubmatch(word)
	if m == nil {
		return 0, false
	}
	return incident.Severity(m[1][0] - '0'), true
}

// severityAt reads a severity at the first tokens: "2", "sev2", "sev 2".
func severityAt(toks []token) (sev incident.Severity, n int, ok bool) {
	if toks[0].quoted {
		return 0, 0, false
	}
	word := strings.TrimLeft(toks[0].bare(), "(")
	word = strings.TrimRight(word, ")")
	if s, ok := severityWord(word); ok {
		return s, 1, true
	}
	if (word == "sev" || word == "severity") && len(toks) > 1 {
		if s, ok := severityWord("sev" + toks[1].bare()); ok {
			return s, 2, true
		}
	}
	if s, ok := severityWord("sev" + word); ok && digits.MatchString(word) {
		return s, 1, true
	}
	return 0, 0, false
}

// personIn reads a mention or a name.
func personIn(text string) string {
	if m := userForm.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	name := strings.TrimPrefix(trim(Decode(text, nil)), "@")
	if self(strings.ToLower(name)) {
		return Self
	}
	return name
}
