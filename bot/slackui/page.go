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

func either(ways []string) string {
	last := len(ways) - 1
	if last < 1 {
		return strings.Join(ways, "")
	}
	return strings.Join(ways[:last], ", ") + " or " + ways[last]
}

// markerOf is the one sign that leads a page: how bad it is, at a glance.
func markerOf(a paging.About) string {
	if a.Over {
		return "✅"
	}
	return markers[a.Rank]
}

// markers are the signs by rank; what has none comes last.
var markers = map[int]string{1: "🔴", 2: "🟠", 3: "🟡", 4: "⚪", 0: "⚪"}

func levelled(level, title string) string {
	if level == "" {
		return title
	}
	return level + " · " + title
}

// aboutFacts is the line that identifies what a page is about.
func aboutFacts(a paging.About) string {
	parts := []string{"*" + line(a.ID, 20) + "*"}
	if a.State != "" {
		parts = append(parts, line(a.State, 60))
	}
	if a.Service != "" {
		parts = append(parts, "service "+line(a.Service, maxService))
	}
	return strings.Join(parts, " · ")
}

// going leaves out what is true of all that is paged for: that it is open. A page
// that was answered is not shown again, and must stay true.
func going(a paging.About) paging.About {
	if a.State == string(incident.Open) {
		a.State = ""
	}
	return a
}

// Bounds of what a page says besides what it is for.
const (
	maxDetails = 8
	maxLinks   = 6
)

func details(a paging.About) string {
	var out []string
	for _, d := range a.Details[:min(len(a.Details), maxDetails)] {
		out = append(out, "*"+line(d.Name, maxName)+":* "+line(d.Text, maxReason))
	}
	return strings.Join(out, "\n")
}

// lookAt is what there is to look at.
func lookAt(links []paging.Link) string {
	var out []string
	for _, l := range links[:min(len(links), maxLinks)] {
		if webAddress(l.URL) {
			out = append(out, link(l.URL, l.Text))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "*Look at:* " + strings.Join(out, " · ")
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

// nowYours says to the one who acknowledged what comes next.
func (s Scene) nowYours(a paging.About, person string) string {
	if !a.Over && a.Lead == person {
		return s.placeLine(a.Place) + "\n*You took command.* Next: say there how it stands, with " + s.run("update <text>") + "."
	}
	return s.placeLine(a.Place)
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
