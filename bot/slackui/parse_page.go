package slackui

import (
	"slices"
	"strings"

	"github.com/watchbill/watchbill/oncall/paging"
)

// page reads whom to page. "escalate" without a target takes the next step of a
// page that is open; with one, it is a page.
func (p *parser) page() {
	p.anyReference()
	p.pageReference()
	kind := ""
	for n := 0; n < len(p.toks); n++ {
		t := p.toks[n]
		word := t.bare()
		switch {
		case filler(word) && !t.quoted:
		case kind != "":
			p.target(kind, personIn(t.text))
			kind = ""
		case p.person(t):
		case targetKind(word) != "" && n+1 < len(p.toks):
			kind = targetKind(word)
		default:
			p.named(t)
		}
	}
	switch {
	case len(p.in.Names) > 2 && len(p.in.Targets) == 0: // a sentence, not a list of names
		p.freeText()
	case p.in.Verb == Escalate && len(p.in.Targets)+len(p.in.Names) > 0:
		p.in.Verb = Page
	}
}

// person reads the mentions: of a user, a user group, a channel.
func (p *parser) person(t token) bool {
	if m := userForm.FindStringSubmatch(t.text); m != nil {
		p.target(paging.ToPerson, m[1])
		return true
	}
	if m := groupForm.FindStringSubmatch(t.text); m != nil {
		p.target(paging.ToGroup, m[1])
		return true
	}
	if m := channelForm.FindStringSubmatch(t.text); m != nil {
		p.target(paging.ToChannel, m[1])
		return true
	}
	if self(t.bare()) {
		p.target(paging.ToPerson, Self)
		return true
	}
	return false
}

func (p *parser) named(t token) {
	name := strings.TrimRight(trim(Decode(t.text, nil)), ",;")
	if target, err := paging.ParseTarget(name); err == nil {
		p.target(target.Split())
		return
	}
	if rest, ok := strings.CutPrefix(name, "@"); ok && rest != "" {
		name = rest
	}
	if name != "" && !slices.Contains(p.in.Names, name) {
		p.in.Names = append(p.in.Names, name)
	}
}

func (p *parser) target(kind, name string) {
	t := paging.Target(kind + ":" + name)
	if name != "" && !slices.Contains(p.in.Targets, t) {
		p.in.Targets = append(p.in.Targets, t)
	}
}

func targetKind(word string) string {
	switch word {
	case "schedule", "oncall", "on-call":
		return paging.ToSchedule
	case "team":
		return paging.ToTeam
	case "person", "user":
		return paging.ToPerson
	case "group":
		return paging.ToGroup
	}
	return ""
}

func filler(word string) bool {
	switch word {
	case "the", "and", "to", "for", "please", "also", "+", "&amp;", "":
		return true
	}
	return false
}

// handsOver says whether the words about who leads are about a page: they name one.
func (p *parser) handsOver() bool {
	switch p.in.Word {
	case "handover", "handoff", "hand-off", "hand-over", "hand over", "assign":
		p.namedPage()
	}
	if p.in.Page == "" {
		return false
	}
	p.in.Verb = HandOver
	return true
}

// snooze reads which page is snoozed, and for how long.
func (p *parser) snooze() {
	p.anyReference()
	p.namedPage()
	if len(p.toks) == 0 {
		return
	}
	until, n := lasting(p.toks, p.now, p.zone)
	if n == len(p.toks) {
		p.in.Wait = until.Sub(p.now)
		return
	}
	if p.in.Page == "" && len(p.toks) > 3 { // a sentence
		p.freeText()
		return
	}
	p.in.Text = p.rest()
	p.problem("I cannot tell for how long. Write it as in `/inc snooze PAGE-7 30m`, `/inc snooze PAGE-7 2h` or `/inc snooze PAGE-7 until 14:00`.")
}

// namedPage takes "PAGE-7" or "page 7" anywhere in what is left.
func (p *parser) namedPage() {
	for n, t := range p.toks {
		if m := pageForm.FindStringSubmatch(t.text); m != nil {
			p.in.Page = numbered("PAGE", m[1])
			p.toks = slices.Delete(p.toks, n, n+1)
			return
		}
		if t.bare() == "page" && n+1 < len(p.toks) && digits.MatchString(p.toks[n+1].bare()) {
			p.in.Page = numbered("PAGE", p.toks[n+1].bare())
			p.toks = slices.Delete(p.toks, n, n+2)
			return
		}
	}
}

// pageReference takes "PAGE-7", "page 7" or, where only a page can be meant, "7".
func (p *parser) pageReference() {
	p.namedPage()
	if p.in.Page == "" && p.in.Verb != Page && len(p.toks) == 1 && digits.MatchString(p.toks[0].text) {
		p.in.Page = numbered("PAGE", p.toks[0].text)
		p.toks = nil
	}
}

// lonePage takes a page when nothing else is left: in a text it is part of that.
func (p *parser) lonePage() {
	if len(p.toks) == 1 || len(p.toks) == 2 && p.toks[0].bare() == "page" {
		p.namedPage()
	}
}

// leadingPage takes a page that stands alone, and puts one that is named before its verb
// behind that.
func (p *parser) leadingPage() {
	if len(p.toks) == 0 || p.toks[0].quoted {
		return
	}
	m := pageForm.FindStringSubmatch(p.toks[0].text)
	switch {
	case m == nil:
		return
	case len(p.toks) == 1:
		p.in.Page, p.toks = numbered("PAGE", m[1]), nil
		return
	}
	n := 1
	verb, ok := single(p.toks[1].bare())
	if len(p.toks) > 2 {
		if v, both := double(p.toks[1].bare(), p.toks[2].bare()); both {
			verb, ok, n = v, true, 2
		}
	}
	switch verb {
	case Ack, Escalate, Decline, Lead, Snooze, Resolve, Show, Timeline:
		if ok {
			p.toks = slices.Concat(p.toks[1:1+n], p.toks[:1], p.toks[1+n:])
		}
	}
}

// oncall reads the schedules that are asked for.
func (p *parser) oncall() {
	for len(p.toks) > 0 && oncallFiller(p.toks[0].bare()) {
		p.toks = p.toks[1:]
	}
	if len(p.toks) > 1 && !plural(p.toks) {
		p.freeText()
		return
	}
	for _, t := range p.toks {
		name := strings.Trim(personIn(t.text), ",;?")
		if kind, rest, ok := strings.Cut(name, ":"); ok && targetKind(kind) != "" {
			name = rest
		}
		if name != "" && !slices.Contains(p.in.Names, name) {
			p.in.Names = append(p.in.Names, name)
		}
	}
	if len(p.in.Names) == 1 {
		p.in.Text = p.in.Names[0]
	}
}

func oncallFiller(word string) bool {
	switch word {
	case "who", "who's", "is", "on", "call", "oncall", "on-call", "now", "for", "list", "show", "the":
		return true
	}
	return false
}

// plural says whether the words are a list: each but the last ends in a comma.
func plural(toks []token) bool {
	for _, t := range toks[:len(toks)-1] {
		if !strings.HasSuffix(t.text, ",") {
			return false
		}
	}
	return true
}
