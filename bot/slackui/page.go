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
		"*"+line(p.ID, 20)+"* for "+aboutFacts(going(a)),
		cutTitle(a.Title),
		"*Since:* "+when(a.Since),
		askedBy(p, s),
		s.others(p, n),
		details(a),
		s.placeLine(a.Place),
		links(a),
	)}
	if a.Update != nil {
		blocks = append(blocks, section("*Last update*, "+when(a.Update.At)+"\n"+quote(a.Update.Text, maxReason)))
	}
	blocks = append(blocks, pageButtons(p, n)...)
	blocks = append(blocks, small(s.escalation(p, n)))
	if resent && !p.Repeats(n) {
		blocks = append(blocks, small("This may be a second copy: Slack did not confirm the first."))
	}
	text := again(p, n, resent) + line(p.ID, 20) + ": " + line(strings.TrimSpace(a.Level+" "+a.Title), incident.MaxTitle+20) + " (" + line(a.ID, 20) + "). Can you take it?"
	return Message{Text: text, Blocks: blocks}
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

func links(a paging.About) string {
	var out []string
	for _, l := range a.Links[:min(len(a.Links), maxLinks)] {
		if webAddress(l.URL) {
			out = append(out, link(l.URL, l.Text))
		}
	}
	return strings.Join(out, " · ")
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

// others names who else was told with this notice, and who before it, each with
// what is known of why no answer came.
func (s Scene) others(p paging.Page, n paging.Notice) string {
	var with, before []string
	seen := map[string]bool{n.To.String(): true}
	for _, o := range slices.Backward(p.Notices) {
		who := o.To.String()
		if seen[who] {
			continue
		}
		seen[who] = true
		if o.Step == n.Step && o.Cycle == n.Cycle {
			with = append(with, s.plain(who)+silence(o))
		} else if o.N < n.N {
			before = append(before, s.plain(who)+silence(o))
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
		lines = append(lines, "*Told before, no answer:* "+listed(before, asIs))
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
	case steps == 1 && p.Cycle >= p.Policy.Repeat:
		return fmt.Sprintf("If nobody answers by %s, this comes again.", clockTime(p.Due))
	case p.Step >= steps-1 && p.Cycle >= p.Policy.Repeat:
		return fmt.Sprintf("Step %d of %d, the last. If nobody answers by %s, this comes again.", p.Step+1, steps, clockTime(p.Due))
	case p.Step >= steps-1:
		return fmt.Sprintf("Step %d of %d. If nobody answers by %s, it begins again with the first.", p.Step+1, steps, clockTime(p.Due))
	}
	return fmt.Sprintf("Step %d of %d. If nobody answers by %s, the next step is paged.", p.Step+1, steps, clockTime(p.Due))
}

// nowYours says to the one who acknowledged what comes next.
func (s Scene) nowYours(a paging.About, person string) string {
	if !a.Over && a.Lead == person {
		return s.placeLine(a.Place) + "\n*You took command.* Next: say there how it stands."
	}
	return s.placeLine(a.Place)
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
func answeredPage(p paging.Page, n paging.Notice, a paging.About, s Scene) Message {
	id := line(p.ID, 20)
	var what, at, next string
	switch {
	case p.Status == paging.Acknowledged && p.AnsweredBy == n.To.Person && n.To.Person != "":
		what, at, next = "You acknowledged "+id, clockTime(p.Answered), s.nowYours(a, n.To.Person)
	case p.AnsweredBy != "":
		what, at, next = s.plain(p.AnsweredBy)+" acknowledged "+id, clockTime(p.Answered), "Nothing for you to do."
	case a.Over && a.State != "":
		what = id + " is over: " + line(a.ID, 20) + " is " + line(a.State, 60)
	default:
		what = id + " is over: nobody needs to answer it any more"
	}
	if at != "" {
		at = ", " + at
	}
	return Message{
		Text: what + ". " + line(a.Title, incident.MaxTitle),
		Blocks: []slack.Block{section("*"+what+"*"+at,
			levelled(line(a.Level, 20), aboutFacts(going(a))), line(a.Title, 2*incident.MaxTitle), next)},
	}
}

// PageDone answers who did something to a page that belongs to no incident: how it
// stands now. A repeated answer has no page.
func PageDone(id string, p paging.Page, changed bool, s Scene) Message {
	text := "*" + line(id, 20) + "*: done."
	switch {
	case !changed:
		text = "*" + line(id, 20) + "*: that is so already; nothing had to change."
	case p.Status == paging.Acknowledged:
		text = "*" + line(id, 20) + "* is acknowledged by " + s.plain(p.AnsweredBy) + "."
	case p.Status == paging.Ended:
		text = "*" + line(id, 20) + "* is over."
	}
	return short(text)
}
