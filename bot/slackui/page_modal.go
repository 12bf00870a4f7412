package slackui

import (
	"encoding/json"
	"strings"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
)

// The forms of pages, by their callback ids, and the block of how long.
const (
	snoozeForm   = "v1.page.snooze"
	handOverForm = "v1.page.handover"
	endPageForm  = "v1.page.resolve"

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
	return form(snoozeForm, page+": snooze", "Snooze", m, subject(about),
		slack.NewInputBlock(waitField, plainText("For how long?"), plainText("It counts as acknowledged by you until then. Then whoever is on call is paged."), menu),
		small("Any other time: "+s.run("snooze "+oneLine(page, 20)+" until 14:00")+"."))
}

// HandOverModal asks to whom a page is handed over.
func HandOverModal(page string, about paging.About, m Meta, _ Scene) slack.ModalViewRequest {
	m.Page = page
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, plainText("A person"), personField)
	return form(handOverForm, page+": hand over", "Hand over", m, subject(about),
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
	return form(endPageForm, page+": resolve", "Resolve", m, subject(about),
		field(textField, "What ended it?", hint, "", true).WithOptional(true))
}

// page reads a submitted form of a page; false: it is none.
func (v submitted) page(out *Submission) bool {
	switch v.CallbackID {
	case snoozeForm:
		out.Verb = Snooze
		wait, err := oncall.ParseDuration(v.text(waitField))
		if err != nil || wait <= 0 {
			out.fault(waitField, "Choose a time.")
		}
		out.Wait = wait
	case handOverForm:
		out.Verb = HandOver
		v.people(out)
		out.require(personField, strings.Join(out.People, ""), "Choose who shall have it.")
	case endPageForm:
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
	case snoozeForm:
		return "snooze " + m.Page + " 30m"
	case handOverForm:
		return "handover " + m.Page + " @name"
	case endPageForm:
		return "resolve " + m.Page + " <what ended it>"
	}
	return ""
}
