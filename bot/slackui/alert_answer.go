package slackui

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
)

// The answers below are for the person who asked, and only they see them.

// AlertList is what fires.
type AlertList struct {
	// Service is the one that was asked for; empty: all.
	Service string
	// List are the first alerts, the worst first; Open is how many there are.
	List []Alert
	Open int
	// Silenced, Folded and Stormed count those that told nobody by themselves:
	// silenced, counted on the page of another, on one card for many.
	Silenced, Folded, Stormed int
}

// AlertsOf answers which alerts are open.
func AlertsOf(l AlertList, s Scene) Message {
	of := ""
	if l.Service != "" {
		of = " of " + line(l.Service, maxService)
	}
	if l.Open == 0 {
		text := "No alert" + of + " is open."
		if l.Service != "" {
			text += " " + s.run("alerts") + " shows those of all services."
		}
		return short(text)
	}
	head := count(l.Open, "alert", "alerts") + of + " " + isAre(l.Open) + " open"
	var lines []string
	for _, a := range l.List {
		lines = append(lines, s.alertLine(a))
	}
	shown, _ := fitting(lines[:min(len(lines), maxListed)])
	blocks := append([]slack.Block{section("*" + head + "*")}, paged(shown)...)
	var rest []string
	if n := l.Open - len(shown); n > 0 {
		more := fmt.Sprintf("And %d more", n)
		if l.Service == "" {
			more += "; " + s.run("alerts checkout") + " shows those of one service"
		}
		rest = append(rest, more+".")
	}
	if told := suppressed(l); told != "" {
		rest = append(rest, told)
	}
	if len(rest) > 0 {
		blocks = append(blocks, small(rest...))
	}
	return Message{Text: head + ".", Blocks: blocks}
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// suppressed says how many alerts told nobody by themselves, and why.
func suppressed(l AlertList) string {
	var parts []string
	for _, c := range []struct {
		n    int
		what string
	}{{l.Silenced, "silenced"}, {l.Folded, "counted on the page of another"}, {l.Stormed, "on one card with others"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Of all: " + strings.Join(parts, ", ") + "."
}

// alertLine is one alert of a list.
func (s Scene) alertLine(a Alert) string {
	id := "*" + line(a.ID, 20) + "*"
	if a.Link != "" {
		id = "*" + link(a.Link, a.ID) + "*"
	}
	out := markerOf(a.about()) + " " + id + " " + line(levelled(string(a.Severity), a.Title), 150) + "\n"
	if a.Service != "" {
		out += line(a.Service, maxService) + " · "
	}
	out += "since " + when(a.Opened)
	if a.Count > 1 {
		out += " · " + times(a.Count)
	}
	return out + " · " + s.stands(a)
}

// stands says in a few words who has an alert.
func (s Scene) stands(a Alert) string {
	switch {
	case a.InIncident():
		return line(a.Incident, 20)
	case a.Acknowledged != nil && a.Acknowledged.By == "":
		return "acknowledged in " + line(a.Acknowledged.Via, maxName)
	case a.Acknowledged != nil:
		return s.plain(a.Acknowledged.By) + " has it"
	case a.Noise != nil:
		return "not actionable, says " + s.plain(a.Noise.By)
	case a.Silenced(s.Now):
		return "silenced until " + around(s.Now, a.Hush.Until)
	case a.Page != "" && a.Folded:
		return "counted on " + line(a.Page, 20)
	case a.Page != "":
		return line(a.Page, 20) + ", no answer yet"
	case a.Unpaged != "":
		return "nobody was paged"
	case a.Waits.After(s.Now) && a.Pages:
		return "pages at " + clockTime(a.Waits)
	}
	return "pages nobody"
}

// AlertAcked answers who acknowledged an alert. Somebody may have been faster: they are
// named first.
func AlertAcked(a Alert, by string, s Scene) Message {
	id := "*" + line(a.ID, 20) + "*"
	switch first := a.Acknowledged; {
	case first == nil || first.By == "":
		return short(id + ": done.")
	case first.By != by:
		return short(s.plain(first.By) + " acknowledged " + id + " first, " + around(s.Now, first.At) + ". You are noted too: agree who works on it.")
	}
	return short("You have " + id + ": " + line(a.Title, incident.MaxTitle) + ". Nobody is paged for it any more. If people notice it: " + s.run("declare "+line(a.ID, 20)) + ".")
}

// AlertSilenced answers who silenced an alert.
func AlertSilenced(a Alert, made alert.Silence, s Scene) Message {
	text := "*" + line(a.ID, 20) + "* and what follows of it page nobody until " + when(made.Until) + " (" + line(made.ID, 20) + "). If it fires then, it pages."
	if h := a.Hush; h != nil && h.Silence != made.ID && h.Until.After(made.Until) {
		text = orElse(s.by(a.Silence.By), "Something else") + " keeps *" + line(a.ID, 20) + "* silent even longer, until " + when(h.Until) + " (" + line(orElse(h.Silence, h.Window), maxName) + "). Yours is " + line(made.ID, 20) + "."
	}
	return Message{Text: text, Blocks: append([]slack.Block{section(text)}, endSilence(made)...)}
}

func (s Scene) by(person string) string {
	if person == "" {
		return ""
	}
	return s.plain(person)
}

func endSilence(made alert.Silence) []slack.Block {
	return row(button(EndSilence, made.ID, "End it"))
}

// SilenceMade answers who silenced alerts by what they have in common; n of those that
// fire are covered.
func SilenceMade(made alert.Silence, n int, s Scene) Message {
	text := "*" + line(made.ID, 20) + "* silences " + silences(made) + " until " + when(made.Until) + ". "
	switch n {
	case 0:
		text += "Nothing that fires now is covered by it."
	case 1:
		text += "One alert that fires is covered by it."
	default:
		text += fmt.Sprintf("%d alerts that fire are covered by it.", n)
	}
	return Message{Text: text, Blocks: append([]slack.Block{section(text)}, endSilence(made)...)}
}

// silences is what a silence covers.
func silences(v alert.Silence) string {
	if v.Group != "" {
		return "the group of " + line(v.Text(), 150)
	}
	return "`" + strings.ReplaceAll(line(v.Text(), maxReason), "`", "'") + "`"
}

// SilenceEnded answers who ended a silence; n of the alerts that it covered fire still.
func SilenceEnded(v alert.Silence, n int, s Scene) Message {
	text := "*" + line(v.ID, 20) + "* is over: it silenced " + silences(v) + ". "
	switch n {
	case 0:
		return short(text + "Nothing of it fires.")
	case 1:
		return short(text + "One alert of it still fires, and is taken up now.")
	}
	return short(text + fmt.Sprintf("%d alerts of it still fire, and are taken up now.", n))
}

// Window is a maintenance window that is on.
type Window struct {
	Name, What string
	Until      time.Time
}

// SilencesOf answers what keeps alerts from paging now.
func SilencesOf(list []alert.Silence, windows []Window, s Scene) Message {
	if len(list)+len(windows) == 0 {
		return short("Nothing is silenced. To silence something: " + s.run("silence service=checkout 2h <why>") + ".")
	}
	head := count(len(list), "silence", "silences") + " " + isAre(len(list)) + " in force"
	var lines []string
	for _, v := range list {
		l := "*" + line(v.ID, 20) + "* " + silences(v) + "\nuntil " + when(v.Until)
		if v.By != "" {
			l += ", by " + s.plain(v.By)
		}
		if v.Why != "" {
			l += ": " + line(v.Why, maxGlimpse)
		}
		lines = append(lines, l)
	}
	for _, w := range windows {
		lines = append(lines, "*Maintenance "+line(w.Name, maxName)+"* `"+strings.ReplaceAll(line(w.What, maxReason), "`", "'")+"`\nuntil "+when(w.Until))
	}
	shown, left := fitting(lines[:min(len(lines), maxListed)])
	left += max(0, len(lines)-maxListed)
	blocks := append([]slack.Block{section("*" + head + "*")}, paged(shown)...)
	if left > 0 {
		blocks = append(blocks, small(fmt.Sprintf("And %d more.", left)))
	}
	if len(list) > 0 {
		blocks = append(blocks, small(s.run("unsilence "+line(list[0].ID, 20))+" ends one before its time."))
	}
	return Message{Text: head + ".", Blocks: blocks}
}

// NoiseNoted answers who said that an alert is not actionable; before is who had said
// so already.
func NoiseNoted(a Alert, before string, s Scene) Message {
	text := "Noted: *" + line(a.ID, 20) + "* is not actionable."
	if a.State == alert.StateOpen {
		text += " It pages nobody any more while it goes on."
	}
	if before != "" {
		text = s.plain(before) + " said so before. " + text
	}
	return short(text + " Whoever owns the rule should see this: " + ruleOf(a))
}

// ruleOf is where the alert's rule is to be changed.
func ruleOf(a Alert) string {
	for _, kind := range []alert.LinkKind{alert.LinkSource, alert.LinkGraph} {
		for _, l := range a.Links {
			if l.Kind == kind {
				return link(l.URL, orElse(l.Text, string(kind))) + "."
			}
		}
	}
	return "it came by " + line(a.Integration, maxName) + "."
}

// AlertClosed answers who closed an alert by hand.
func AlertClosed(a Alert, s Scene) Message {
	return short("*" + line(a.ID, 20) + "* is closed. What its source reports from now on opens another alert.")
}

// AlertTaken answers who wants to declare an incident for an alert that has one.
func AlertTaken(a Alert, by string, s Scene) Message {
	who := "It was declared already"
	if by != "" {
		who = s.plain(by) + " declared it already"
	}
	return Message{Text: who + ": " + line(a.Incident, 20), Blocks: []slack.Block{section(who+", and nothing was declared twice.", s.declared(a), line(a.Declared.Title, 2*incident.MaxTitle))}}
}

// AlertStatus answers how one alert stands, with the buttons of its card.
func AlertStatus(a Alert, s Scene) Message {
	m := AlertCard(a, s)
	if a.Link != "" {
		m.Blocks = append(m.Blocks, small("Its card is "+link(a.Link, "here")+"."))
	}
	return m
}

// HistoryOf answers what happened to an alert, the newest last.
func HistoryOf(a Alert, events []alert.Event, s Scene) Message {
	lines := alertLines(events, s)
	const most = 40
	left := max(0, len(lines)-most)
	lines = lines[left:]
	shown, more := fitting(lines)
	blocks := []slack.Block{section("*" + line(a.ID, 20) + "* " + line(a.Title, incident.MaxTitle))}
	if left > 0 {
		blocks = append(blocks, small(fmt.Sprintf("%d earlier entries are left out.", left)))
	}
	blocks = append(blocks, paged(shown)...)
	if more > 0 {
		blocks = append(blocks, small(fmt.Sprintf("And %d more.", more)))
	}
	return Message{Text: "What happened to " + line(a.ID, 20) + ".", Blocks: blocks}
}

func alertLines(events []alert.Event, s Scene) []string {
	var lines []string
	for _, e := range events {
		lines = append(lines, "• "+when(e.At)+" "+alert.Sentence(escapedAlert(e), s.plain))
	}
	return lines
}

// escapedAlert is the event with every text in it made safe for mrkdwn.
func escapedAlert(e alert.Event) alert.Event {
	e.Via, e.Text, e.Page, e.Incident, e.Other = line(e.Via, maxName), line(e.Text, maxGlimpse), line(e.Page, 20), line(e.Incident, 20), line(e.Other, 20)
	e.Kind, e.Severity = alert.Kind(line(string(e.Kind), 40)), alert.Severity(line(string(e.Severity), 20))
	if e.Member != nil {
		e.Member = &alert.Member{Title: line(e.Member.Title, 150)}
	}
	e.Hush = escapedHush(e.Hush)
	if a := e.Alert; a != nil {
		e.Alert = &alert.Alert{Page: line(a.Page, 20), Folded: a.Folded, Hush: escapedHush(a.Hush)}
	}
	return e
}

func escapedHush(h *alert.Hush) *alert.Hush {
	if h == nil {
		return nil
	}
	return &alert.Hush{Silence: line(h.Silence, 20), Window: line(h.Window, maxName), Until: h.Until}
}
