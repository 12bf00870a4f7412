package slackui

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
)

// The forms of pages, by their callback ids, and the block of how long.
const (
	SnoozeForm   = "v1.page.snooze"
	HandOverForm = "v1.page.handover"
	EndPageForm  = "v1.page.resolve"

	waitField = "wait"
)

// snoozes are the times that the form of a snooze offers.
var snoozes = []struct{ value, label string }{
	{"15m", "15 minutes"}, {"30m", "30 minutes"}, {"1h", "1 hour"}, {"2h", "2 hours"}, {"4h", "4 hours"}, {"8h", "8 hours"}, {"24h", "1 day"}, {"72h", "3 days"},
}

// SnoozeModal asks for how long a page is snoozed.
func SnoozeModal(page string, about paging.About, m Meta, s Scene) slack.ModalViewRequest {
	m.Page = page
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plainText("A time"), waitField)
	for _, o := range snoozes {
		menu.Options = append(menu.Options, slack.NewOptionBlockObject(o.value, plainText(o.label), nil))
	}
	menu.InitialOption = menu.Options[1]
	return form(SnoozeForm, page+": snooze", "Snooze", m, subject(about),
		slack.NewInputBlock(waitField, plainText("For how long?"), plainText("It counts as acknowledged by you until then. Then whoever is on call is paged."), menu),
		small("Any other time: "+s.run("snooze "+oneLine(page, 20)+" until 14:00")+"."))
}

// HandOverModal asks to whom a page is handed over.
func HandOverModal(page string, about paging.About, m Meta, _ Scene) slack.ModalViewRequest {
	m.Page = page
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, plainText("A person"), personField)
	return form(HandOverForm, page+": hand over", "Hand over", m, subject(about),
		slack.NewInputBlock(personField, plainText("To whom?"), plainText("They are paged, and it is theirs. Without an answer whoever is on call is paged."), menu))
}

// subject says in a form what its page is about.
func subject(a paging.About) slack.Block {
	head := "*" + line(a.ID, 20) + "*"
	if a.Level != "" {
		head += " · " + line(a.Level, 20)
	}
	return section(head, line(a.Title, incident.MaxTitle))
}

// EndPageModal asks what ended a page that is not an incident's.
func EndPageModal(page string, about paging.About, m Meta, _ Scene) slack.ModalViewRequest {
	m.Page = page
	hint := "Nobody is paged for it any more."
	if strings.HasPrefix(about.ID, "ALERT-") {
		hint = oneLine(about.ID, 20) + " is closed, and nobody is paged for it any more. If it fires again, it opens again."
	}
	return form(EndPageForm, page+": resolve", "Resolve", m, subject(about),
		field(textField, "What ended it?", hint, "", true).WithOptional(true))
}

// page reads a submitted form of a page; false: it is none.
func (v submitted) page(out *Submission) bool {
	switch v.CallbackID {
	case SnoozeForm:
		out.Verb = Snooze
		wait, err := oncall.ParseDuration(v.text(waitField))
		if err != nil || wait <= 0 {
			out.fault(waitField, "Choose a time.")
		}
		out.Wait = wait
	case HandOverForm:
		out.Verb = HandOver
		v.people(out)
		out.require(personField, strings.Join(out.People, ""), "Choose who shall have it.")
	case EndPageForm:
		out.Verb = Resolve
	default:
		return false
	}
	out.Page = out.Meta.Page
	return out.Page != ""
}

// insteadOfPage is what to type instead of the form of a page.
func insteadOfPage(v slack.ModalViewRequest) string {
	var m Meta
	if json.Unmarshal([]byte(v.PrivateMetadata), &m) != nil || m.Page == "" {
		return ""
	}
	switch v.CallbackID {
	case SnoozeForm:
		return "snooze " + m.Page + " 30m"
	case HandOverForm:
		return "handover " + m.Page + " @name"
	case EndPageForm:
		return "resolve " + m.Page + " <what ended it>"
	}
	return ""
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
			p.in.Page = pageID(m[1])
			p.toks = slices.Delete(p.toks, n, n+1)
			return
		}
		if t.bare() == "page" && n+1 < len(p.toks) && digits.MatchString(p.toks[n+1].bare()) {
			p.in.Page = pageID(p.toks[n+1].bare())
			p.toks = slices.Delete(p.toks, n, n+2)
			return
		}
	}
}

func pageID(number string) string { return "PAGE-" + orElse(strings.TrimLeft(number, "0"), "0") }

// PageMoved answers who pressed a button of a page for which somebody was quicker: who has
// it now, or that it has gone on.
func PageMoved(p paging.Page, s Scene) Message {
	id := "*" + line(p.ID, 20) + "*"
	if p.Status == paging.Acknowledged {
		return short("*" + s.plain(p.Owner) + "* was quicker and has " + id + ". It is noted that you are there too.")
	}
	return short("Somebody was quicker: " + id + " has gone on to the next in line already.")
}

// PageOver answers who would do something to a page that is over. Where the incident that
// it was about goes on, another page may wait.
func PageOver(page string, i incident.Incident, s Scene) Message {
	if open := i.OpenPages(); len(open) > 0 {
		next := line(open[len(open)-1], 20)
		return short("*" + line(page, 20) + "* is over, but *" + line(i.ID, 20) + "* is open again and nobody has answered *" + next + "*. Can you take it? " + s.run("ack "+next) + ".")
	}
	return short("*" + line(page, 20) + "* is over: nobody needs to answer it any more. Thank you all the same.")
}
