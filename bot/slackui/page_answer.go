package slackui

import (
	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// answeredPage is what becomes of every copy once nobody needs to answer: who did.
// Whose it is finds there how to pass it on, and everybody how to take what is snoozed.
func answeredPage(p paging.Page, n paging.Notice, a paging.About, s Scene) Message {
	id := line(p.ID, 20)
	mine := p.Owner == n.To.Person && n.To.Person != ""
	who := s.plain(p.Owner)
	if mine {
		who = "You"
	}
	var what, at, next string
	var menu slack.BlockElement
	var buttons []slack.Block
	switch {
	case p.Status == paging.Acknowledged && p.Snoozed:
		what = who + " snoozed " + id + " until " + around(s.Now, p.Until)
		next = "Then whoever is on call is paged."
		elements := []slack.BlockElement{button(PageAck, pageValue(p), "Acknowledge")}
		if mine { // who has it may pass it on or end it as well
			next, elements = joined([]string{next, s.placeLine(a.Place)}), append(elements, pageMenu(p))
		}
		buttons = []slack.Block{slack.NewActionBlock("", elements...)}
	case p.Status == paging.Acknowledged && mine:
		what, at, next = "You acknowledged "+id, s.answeredAt(p), s.nowYours(a, n.To.Person)
		menu = pageMenu(p)
	case p.Status == paging.Acknowledged:
		what, at, next = who+" acknowledged "+id, s.answeredAt(p), "Nothing for you to do."
	case p.AnsweredBy != "" && n.To.Person == p.AnsweredBy:
		what, at, next = "You acknowledged "+id, around(p.Opened, p.Answered), "It is over."
	case p.AnsweredBy != "":
		what, at, next = s.plain(p.AnsweredBy)+" acknowledged "+id, around(p.Opened, p.Answered), "Nothing for you to do."
	case a.Over && a.State != "":
		what = id + " is over: " + line(a.ID, 20) + " is " + line(a.State, 60)
	default:
		what = id + " is over: nobody needs to answer it any more"
	}
	if at != "" {
		at = ", " + at
	}
	told := []string{"*" + what + "*" + at, levelled(line(a.Level, 20), aboutFacts(going(a))), line(a.Title, 2*incident.MaxTitle), folded(p), next}
	blocks := []slack.Block{section(told...)}
	if menu != nil {
		blocks = []slack.Block{beside(menu, told...)}
	}
	blocks = append(blocks, buttons...)
	if p.Status == paging.Acknowledged && !p.Snoozed && !p.Until.IsZero() {
		blocks = append(blocks, small("If it is not over by "+around(s.Now, p.Until)+", it comes again."))
	}
	return Message{Text: what + ". " + line(a.Title, incident.MaxTitle), Blocks: blocks}
}

// answeredAt is when the page was answered first, if the one who did so has it still.
func (s Scene) answeredAt(p paging.Page) string {
	if p.Owner != p.AnsweredBy {
		return ""
	}
	return around(p.Opened, p.Answered)
}

// nowYours says to the one who acknowledged what comes next.
func (s Scene) nowYours(a paging.About, person string) string {
	if !a.Over && a.Lead == person {
		return s.placeLine(a.Place) + "\n*You took command.* Next: say there how it stands, with " + s.run("update <text>") + "."
	}
	return s.placeLine(a.Place)
}

// PageDone answers who did something to a page that belongs to no incident: how it
// stands now. A repeated answer has no page.
func PageDone(id string, p paging.Page, changed bool, s Scene) Message {
	id = "*" + line(id, 20) + "*"
	switch {
	case p.Status == paging.Ended:
		return short(id + " is over: nobody needs to answer it any more.")
	case !changed:
		return short(id + ": that is so already; nothing had to change.")
	case p.Status == paging.Acknowledged && p.Snoozed:
		return short(id + " is snoozed by " + s.plain(p.Owner) + " until " + around(s.Now, p.Until) + ".")
	case p.Status == paging.Acknowledged:
		return short(id + " is acknowledged by " + s.plain(p.Owner) + ".")
	case p.Reason == paging.ByHandOver:
		return short(id + " was handed over to " + s.plain(p.Owner) + ".")
	}
	return short(id + ": done.")
}

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
