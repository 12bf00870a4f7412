package slackui

import (
	"fmt"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
)

// The answers below are for the person who asked, and only they see them.

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
func AlertClosed(a Alert) Message {
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
	blocks := []slack.Block{section("*" + line(a.ID, 20) + "* " + line(a.Title, incident.MaxTitle))}
	if left > 0 {
		blocks = append(blocks, small(fmt.Sprintf("%d earlier entries are left out.", left)))
	}
	blocks = append(blocks, listing(lines[left:], most)...)
	return Message{Text: "What happened to " + line(a.ID, 20) + ".", Blocks: blocks}
}

func alertLines(events []alert.Event, s Scene) []string {
	var lines []string
	for _, e := range events {
		lines = append(lines, "• "+when(e.At)+" "+s.alertSentence(escapedAlert(e)))
	}
	return lines
}

// alertSentence is what happened to an alert, with its time in the reader's zone; e is
// escaped. Titles, names and reasons stay as somebody wrote them.
func (s Scene) alertSentence(e alert.Event) string {
	sentence := alert.Sentence(e, s.plain)
	switch {
	case e.Hush != nil:
		return oneInZone(sentence, e.Hush.Until)
	case !e.Until.IsZero():
		return oneInZone(sentence, e.Until)
	}
	return sentence
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
