package slackui

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// PageMessage is the message to somebody who is woken, or to a channel: what is
// broken, how bad it is, and the buttons that answer. It is edited when the page
// is answered or ends. resent says that an earlier sending may have arrived.
func PageMessage(p paging.Page, n paging.Notice, i incident.Incident, resent bool, s Scene) Message {
	if p.Status != paging.Open {
		return answeredPage(p, n, i, s)
	}
	head := marker(i) + " " + again(p, n, resent) + i.Severity.String() + " · " + i.Title
	blocks := []slack.Block{header(head), section(
		"*"+line(p.ID, 20)+"* for "+pageFacts(i),
		cutTitle(i),
		"*Since:* "+when(i.Declared),
		askedBy(p, s),
		s.others(p, n),
		s.roomLine(i),
	)}
	if i.Update != nil {
		blocks = append(blocks, section("*Last update*, "+when(i.Update.At)+"\n"+quote(i.Update.Text, maxReason)))
	}
	blocks = append(blocks, pageButtons(p, n)...)
	blocks = append(blocks, small(s.escalation(p, n)))
	if resent && !p.Repeats(n) {
		blocks = append(blocks, small("This may be a second copy: Slack did not confirm the first."))
	}
	text := again(p, n, resent) + line(p.ID, 20) + ": " + i.Severity.String() + " " + line(i.Title, incident.MaxTitle) + " (" + line(i.ID, 20) + "). Can you take it?"
	return Message{Text: text, Blocks: blocks}
}

// pageFacts is facts without what every page has: an open incident.
func pageFacts(i incident.Incident) string {
	return strings.Replace(facts(i), " · "+string(incident.Open), "", 1)
}

// again marks a page that its reader has seen, or may have.
func again(p paging.Page, n paging.Notice, resent bool) string {
	if p.Repeats(n) || resent {
		return "REPEAT · "
	}
	return ""
}

func askedBy(p paging.Page, s Scene) string {
	if p.By == "" {
		return ""
	}
	return "*Asked for by:* " + s.plain(p.By)
}

// others names who else was told with this notice, and who before it.
func (s Scene) others(p paging.Page, n paging.Notice) string {
	var with, before []string
	seen := map[string]bool{n.To.String(): true}
	for at := len(p.Notices) - 1; at >= 0; at-- {
		o := p.Notices[at]
		who := o.To.String()
		if seen[who] {
			continue
		}
		seen[who] = true
		if o.Step == n.Step && o.Cycle == n.Cycle {
			with = append([]string{who}, with...)
		} else if o.N < n.N {
			before = append([]string{who}, before...)
		}
	}
	var lines []string
	if len(with) > 0 {
		lines = append(lines, "*Also told:* "+s.plains(with))
	}
	if len(before) > 0 {
		lines = append(lines, "*Told before, no answer:* "+s.plains(before))
	}
	return strings.Join(lines, "\n")
}

func (s Scene) roomLine(i incident.Incident) string {
	switch i.Room.State {
	case incident.RoomOpen:
		return "*Where:* " + orElse(room(i.Room.Channel), "#"+line(i.Room.Name, maxName))
	case incident.RoomThread:
		if at := room(s.NewsChannel); at != "" {
			return "*Where:* in the " + link(s.NewsLink, "announcement's thread") + " in " + at
		}
		return "*Where:* in the announcement's thread"
	}
	return "*Where:* its channel is being opened; the link appears here."
}

// escalation says what happens without an answer.
func (s Scene) escalation(p paging.Page, n paging.Notice) string {
	steps := len(p.Policy.Steps)
	switch {
	case p.Spent:
		return "Nobody has answered so far, and there is nobody further to ask. This page comes again until somebody does."
	case n.Decline:
		return "You said that you cannot take it. If you can after all, acknowledge."
	case n.Step != p.Step || n.Cycle != p.Cycle:
		return "Others have been asked since. Nobody has answered yet; you still can."
	case p.Due.IsZero():
		return fmt.Sprintf("Step %d of %d.", n.Step+1, steps)
	case p.Step >= steps-1 && p.Cycle >= p.Policy.Repeat:
		return fmt.Sprintf("Step %d of %d, the last. If nobody answers by %s, this comes again.", p.Step+1, steps, clockTime(p.Due))
	case p.Step >= steps-1:
		return fmt.Sprintf("Step %d of %d. If nobody answers by %s, it begins again with the first.", p.Step+1, steps, clockTime(p.Due))
	}
	return fmt.Sprintf("Step %d of %d. If nobody answers by %s, the next step is paged.", p.Step+1, steps, clockTime(p.Due))
}

// nowYours says to the one who acknowledged what comes next.
func (s Scene) nowYours(i incident.Incident, person string) string {
	if i.Status != incident.Open {
		return s.roomLine(i)
	}
	if i.Lead == person {
		return s.roomLine(i) + "\n*You are in command.* Next: say there how it stands."
	}
	return s.roomLine(i)
}

func pageButtons(p paging.Page, n paging.Notice) []slack.Block {
	value := p.ID + "|" + strconv.Itoa(p.Turn)
	ack := primary(button(PageAck, value, "Acknowledge"))
	escalate := button(PageEscalate, value, "Escalate")
	if n.To.Channel != "" || n.Decline {
		return row(ack, escalate)
	}
	return row(ack, escalate, button(PageDecline, value, "I can't"))
}

// answeredPage is what becomes of every copy once nobody needs to answer: who
// did, and no buttons.
func answeredPage(p paging.Page, n paging.Notice, i incident.Incident, s Scene) Message {
	id := line(p.ID, 20)
	var what, at, next string
	switch {
	case p.Status == paging.Acknowledged && p.AnsweredBy == n.To.Person && n.To.Person != "":
		what, at, next = "You acknowledged "+id, clockTime(p.Answered), s.nowYours(i, n.To.Person)
	case p.AnsweredBy != "":
		what, at, next = s.plain(p.AnsweredBy)+" acknowledged "+id, clockTime(p.Answered), "Nothing for you to do."
	case i.Status != incident.Open:
		what = id + " is over: " + line(i.ID, 20) + " is " + statusWord(i)
	default:
		what = id + " is over: nobody needs to answer it any more"
	}
	if at != "" {
		at = ", " + at
	}
	return Message{
		Text: what + ". " + line(i.Title, incident.MaxTitle),
		Blocks: []slack.Block{section("*"+what+"*"+at,
			i.Severity.String()+" · "+facts(i), line(i.Title, 2*incident.MaxTitle), next)},
	}
}
