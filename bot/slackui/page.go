package slackui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// PageMessage is the message to somebody who is woken, or to a channel: what is
// broken, how bad it is, and the buttons that answer. It is edited when the page
// is answered or ends. resent says that an earlier sending may have arrived.
func PageMessage(p paging.Page, n paging.Notice, a paging.About, resent bool, s Scene) Message {
	if p.Status != paging.Open {
		return answeredPage(p, n, a, s)
	}
	head := markerOf(a) + " " + again(p, n, resent) + levelled(a.Level, a.Title)
	blocks := []slack.Block{header(head), section(
		s.reason(p, n),
		"*"+line(p.ID, 20)+"* for "+aboutFacts(going(a)),
		cutTitle(a.Title),
		"*Since:* "+when(a.Since),
		askedBy(p, s),
		s.ledBy(n, a),
		s.others(p, n),
		folded(p),
		details(a),
		s.placeLine(a.Place),
		lookAt(a.Links),
	)}
	if a.Update != nil {
		blocks = append(blocks, section("*Last update*, "+when(a.Update.At)+"\n"+quote(a.Update.Text, maxReason)))
	}
	if n.Unheard {
		blocks = append(blocks, section(s.elsewhere(p)))
	}
	blocks = append(blocks, pageButtons(p, n, a)...)
	blocks = append(blocks, small(s.escalation(p, n)))
	if resent && !p.Repeats(n) {
		blocks = append(blocks, small("This may be a second copy: Slack did not confirm the first."))
	}
	text := again(p, n, resent) + line(strings.TrimSpace(a.Level+" "+a.Title), incident.MaxTitle+20) + ". Can you take it?"
	if n.Unheard {
		text += " Slack's buttons do not work at the moment: the message says how to answer."
	}
	text += " (" + line(a.ID, 20) + ", " + line(p.ID, 20) + ")"
	return Message{Text: text, Blocks: blocks}
}

// elsewhere says how a page is answered while what is pressed or typed in Slack is not
// heard.
func (s Scene) elsewhere(p paging.Page) string {
	id := line(p.ID, 20)
	var ways []string
	if webAddress(s.Elsewhere.Link) {
		ways = append(ways, "by "+link(s.Elsewhere.Link, "your link"))
	}
	ways = append(ways, "in a shell with `watchbill page ack "+id+"`")
	if s.Elsewhere.API {
		ways = append(ways, "by the API with `POST /v1/pages/"+id+"/acknowledge`")
	}
	return unheard + "Answer " + either(ways) + "."
}

const unheard = "⚠️ *Buttons and commands in Slack do not work at the moment:* Slack takes messages and brings nothing. "

// deadButtons says on a card what to type in a shell instead of its first button.
func (s Scene) deadButtons(instead string) []slack.Block {
	if !s.Unheard {
		return nil
	}
	command, _, _ := strings.Cut(instead, " ")
	return []slack.Block{section(unheard + "Meanwhile in a shell: `watchbill " + instead + "`; `watchbill " + command + " -h` lists more.")}
}

// going leaves out what is true of all that is paged for: that it is open. A page
// that was answered is not shown again, and must stay true.
func going(a paging.About) paging.About {
	if a.State == string(incident.Open) {
		a.State = ""
	}
	return a
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

// ledBy tells who joins who is in command.
func (s Scene) ledBy(n paging.Notice, a paging.About) string {
	if a.Lead == "" || a.Lead == n.To.Person {
		return ""
	}
	return "*Lead:* " + s.plain(a.Lead)
}

// others names who else was told with this notice, and who before it, each with
// what is known of their answer.
func (s Scene) others(p paging.Page, n paging.Notice) string {
	var with, before []string
	known := false
	seen := map[string]bool{n.To.String(): true}
	for _, o := range slices.Backward(p.Notices) {
		who := o.To.String()
		if seen[who] {
			continue
		}
		seen[who] = true
		if o.Turn == n.Turn {
			with = append(with, s.plain(who)+silence(o))
		} else if o.N < n.N && (o.To.Person == "" || o.To.Person != p.HandedBy && o.To.Person != p.AnsweredBy) { // what those did stands above
			why := silence(o)
			known = known || why != ""
			before = append(before, s.plain(who)+orElse(why, " (no answer)"))
		}
	}
	slices.Reverse(with)
	slices.Reverse(before)
	asIs := func(name string) string { return name }
	var lines []string
	if len(with) > 0 {
		lines = append(lines, "*Also told:* "+listed(with, asIs))
	}
	if len(before) > 0 {
		if known {
			lines = append(lines, "*Told before:* "+listed(before, asIs))
		} else {
			lines = append(lines, "*Told before, no answer:* "+listed(before, func(told string) string { return strings.TrimSuffix(told, " (no answer)") }))
		}
	}
	var spared []string
	for _, o := range p.Spared {
		spared = append(spared, s.plain(o.String())+" (counted on "+line(o.On, 20)+")")
	}
	if len(spared) > 0 {
		lines = append(lines, "*Not told, with enough unanswered pages:* "+listed(spared, asIs))
	}
	return strings.Join(lines, "\n")
}

// silence says why no answer is to be expected to a notice, if that is known.
func silence(n paging.Notice) string {
	switch {
	case n.Decline:
		return " (cannot)"
	case n.Fate == paging.Failed:
		return " (could not be reached)"
	case n.Paused:
		return " (notifications paused)"
	case n.Stuck && n.Fate == paging.Intended:
		return " (not sent yet)"
	}
	return ""
}

// placeLine says where it is worked on.
func (s Scene) placeLine(p paging.Place) string {
	switch p.State {
	case paging.PlaceChannel:
		where := orElse(room(p.Channel), "#"+line(p.Name, maxName))
		if p.Link != "" {
			where = link(p.Link, "its message") + " in " + where
		}
		return "*Where:* " + where
	case paging.PlaceThread:
		if at := room(s.NewsChannel); at != "" {
			return "*Where:* in the " + link(s.NewsLink, "announcement's thread") + " in " + at
		}
		return "*Where:* in the announcement's thread"
	case paging.PlacePending:
		return "*Where:* its channel is being opened; the link appears here."
	}
	return ""
}

// reason says why the reader is told, where it is not that the policy names them.
func (s Scene) reason(p paging.Page, n paging.Notice) string {
	mine := n.To.Person != "" && n.To.Person == p.Owner
	switch {
	case n.Turn != p.Turn:
		return ""
	case p.Reason == paging.ByFloor:
		return "*Nobody else is left to ask:* the whole escalation policy " + line(p.Policy.Name, maxName) + " brought no answer."
	case p.Reason == paging.ByHandOver && mine:
		return "*" + s.plain(p.HandedBy) + " hands it over to you.*"
	case p.Reason == paging.BySnooze:
		return "*It was snoozed until now* by " + s.plain(p.Owner) + "."
	case p.Reason == paging.ByWorse && mine:
		return "*It has become worse since you answered.* Are you on it still? Then acknowledge again."
	case p.Reason == paging.ByWorse:
		return "*It has become worse* since " + s.plain(p.Owner) + " answered."
	case p.Reason == paging.ByTimeout && mine && p.LastRepage():
		return "*You acknowledged it, and it has not ended.* Are you on it still? You are asked for the last time."
	case p.Reason == paging.ByTimeout && mine:
		return "*You acknowledged it, and it has not ended.* Are you on it still? Then acknowledge again."
	case p.Reason == paging.ByTimeout:
		return "*" + s.plain(p.Owner) + " acknowledged it, and it has not ended.* Is somebody on it?"
	}
	return ""
}

// folded says what else the page stands for.
func folded(p paging.Page) string {
	if p.Folded == 0 {
		return ""
	}
	more := "*It also stands for " + count(p.Folded, "more alert", "more alerts") + "*"
	if p.FoldedLast == "" {
		return more + "."
	}
	return more + ", the last of them " + line(p.FoldedLast, maxName) + "."
}

// escalation says what happens without an answer.
func (s Scene) escalation(p paging.Page, n paging.Notice) string {
	steps := len(p.Policy.Steps)
	switch {
	case n.Decline:
		return "You said that you cannot take it. If you can after all, acknowledge."
	case n.Turn != p.Turn && p.Reason == paging.ByHandOver:
		return "It was handed over to " + s.plain(p.Owner) + ", who has not answered yet; you still can."
	case n.Turn != p.Turn:
		return "Others have been asked since. Nobody has answered yet; you still can."
	case p.AtFloor():
		return "If nobody answers by " + around(s.Now, p.Next) + ", this comes again, until somebody does."
	case p.Step < 0:
		return "If you do not answer by " + around(s.Now, p.Next) + ", whoever is on call is paged."
	case p.Next.IsZero():
		return fmt.Sprintf("Step %d of %d.", p.Step+1, steps)
	case steps == 1 && p.Cycle >= p.Policy.Repeat:
		return "If nobody answers by " + around(s.Now, p.Next) + ", the last resort is paged."
	case p.Step >= steps-1 && p.Cycle >= p.Policy.Repeat:
		return fmt.Sprintf("Step %d of %d, the last. If nobody answers by %s, the last resort is paged.", p.Step+1, steps, around(s.Now, p.Next))
	case p.Step >= steps-1:
		return fmt.Sprintf("Step %d of %d. If nobody answers by %s, it begins again with the first.", p.Step+1, steps, around(s.Now, p.Next))
	}
	return fmt.Sprintf("Step %d of %d. If nobody answers by %s, the next in line are paged.", p.Step+1, steps, around(s.Now, p.Next))
}

// pageButtons are few, for a phone: what is rarer is in the menu behind them.
func pageButtons(p paging.Page, n paging.Notice, a paging.About) []slack.Block {
	value := pageValue(p)
	buttons := []slack.BlockElement{primary(button(PageAck, value, "Acknowledge")), button(PageEscalate, value, "Escalate")}
	switch {
	case n.To.Channel != "" && p.AtFloor() && strings.HasPrefix(a.ID, "INC-"):
		buttons = append(buttons, button(AskPage, a.ID, "Page somebody…"))
	case n.To.Channel == "" && !n.Decline:
		buttons = append(buttons, button(PageDecline, value, "I can't"))
	}
	return []slack.Block{slack.NewActionBlock("", append(buttons, pageMenu(p))...)}
}

func pageValue(p paging.Page) string { return p.ID + "|" + strconv.Itoa(p.Turn) }

// pageMenu is what else can be done with a page.
func pageMenu(p paging.Page) slack.BlockElement {
	option := func(what, label string) *slack.OptionBlockObject {
		return slack.NewOptionBlockObject(p.ID+"|"+what, plainText(label), nil)
	}
	return slack.NewOverflowBlockElement(actionPrefix+PageMenu,
		option("snooze 30m", "Snooze for 30 minutes"), option("snooze 2h", "Snooze for 2 hours"),
		option("snooze", "Snooze…"), option("handover", "Hand over…"), option("resolve", "Resolve…"))
}
