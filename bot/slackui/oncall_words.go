package slackui

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
)

// The messages below tell people what concerns them on the schedules. To is who
// reads it; empty means the schedule's channel.

// ReminderMessage reminds a person of a shift that begins.
func ReminderMessage(schedule string, at time.Time, late bool, s Scene) Message {
	text := "You come on call for *" + line(schedule, 60) + "* " + when(at) + "."
	if late {
		text += " _This reminder comes late: Watchbill was not running._"
	}
	return Message{Text: text, Blocks: []slack.Block{section(text), small("Cannot make it? " + s.runOncall("cover me") + " asks the others. " + s.runOncall("remind off") + " stops these messages.")}}
}

// OverrideMessage tells a person what overrides change for them; ended says that
// they were taken back.
func OverrideMessage(schedule, to, by string, list []oncall.StoredOverride, ended bool, s Scene) Message {
	who := "A change of the configuration"
	if by != "" {
		who = s.plain(by)
	}
	var lines []string
	for _, o := range list {
		times := overrideTimes(o)
		var l string
		switch {
		case ended:
			l = "took back an override of *" + line(schedule, 60) + "*, " + times + ": the rotation holds again"
		case to == o.Person && o.Replaces != "" && o.Replaces == by:
			l = "put you on call for *" + line(schedule, 60) + "* in their place, " + times
		case to == o.Person && o.Replaces != "":
			l = "put you on call for *" + line(schedule, 60) + "* in the place of " + s.plain(o.Replaces) + ", " + times
		case to == o.Person:
			l = "put you on call for *" + line(schedule, 60) + "* as well, " + times
		case o.Person == "":
			l = "took you off call for *" + line(schedule, 60) + "*, " + times + ": nobody comes instead"
		default:
			l = "put " + s.plain(o.Person) + " on call for *" + line(schedule, 60) + "* in your place, " + times
		}
		if len(lines) < 10 {
			lines = append(lines, who+" "+l+".")
		}
	}
	m := Message{Text: lines[0], Blocks: []slack.Block{section(lines...)}}
	if !ended && len(list) == 1 {
		m.Blocks = append(m.Blocks, small("Not agreed? `"+s.oncallCommand()+" undo "+line(list[0].ID, 20)+" "+line(schedule, 60)+"` takes it back."))
	}
	return m
}

// overrideTimes are the times of an override in the reader's zone.
func overrideTimes(o oncall.StoredOverride) string {
	if times, ok := instants(o.From, o.To); ok {
		return times
	}
	return line(o.From, 40) + " to " + line(o.To, 40) + " (" + line(o.Zone, 40) + ")"
}

// instants are two times that were written in RFC 3339, in the reader's zone.
func instants(from, to string) (string, bool) {
	a, err := time.Parse(time.RFC3339Nano, from)
	b, bad := time.Parse(time.RFC3339Nano, to)
	if err != nil || bad != nil {
		return "", false
	}
	return period(a, b), true
}

// RequestMessage shows a request to somebody who can answer it, as it stands.
func RequestMessage(schedule, to string, q oncall.Request, s Scene) Message {
	value := aim(q.ID, schedule)
	head := s.requestLine(schedule, q)
	blocks := []slack.Block{section(head)}
	if q.Note != "" {
		blocks = append(blocks, section(quote(q.Note, 500)))
	}
	switch {
	case q.Status != oncall.RequestOpen:
		blocks = append(blocks, section(s.requestEnd(q, to)))
	case q.Kind == oncall.SwapRequest:
		blocks = append(blocks, row(primary(button(RosterAccept, value, "Accept")), button(RosterRefuse, value, "Decline"))...)
	default:
		blocks = append(blocks, row(primary(button(RosterTake, value, "Take it")))...)
		blocks = append(blocks, small("The first who takes it has it."))
	}
	text := head
	if q.Status != oncall.RequestOpen {
		text = s.requestEnd(q, to)
	}
	return Message{Text: text, Blocks: blocks}
}

func (s Scene) requestLine(schedule string, q oncall.Request) string {
	name := "*" + line(schedule, 60) + "*"
	if q.Kind == oncall.SwapRequest && q.OtherFrom != nil && q.OtherTo != nil {
		return s.plain(q.Person) + " offers to swap on " + name + ": they take yours of " + period(*q.OtherFrom, *q.OtherTo) +
			", you take theirs of " + period(q.From, q.To) + "."
	}
	return s.plain(q.Person) + " asks for cover on " + name + ", " + period(q.From, q.To) + "."
}

func (s Scene) requestEnd(q oncall.Request, to string) string {
	swap := q.Kind == oncall.SwapRequest
	switch {
	case swap && q.Status == oncall.RequestTaken && q.TakenBy == to:
		return ":white_check_mark: You agreed."
	case swap && q.Status == oncall.RequestTaken:
		return ":white_check_mark: " + s.plain(q.TakenBy) + " agreed."
	case swap && q.Status == oncall.RequestExpired:
		return s.plain(q.Other) + " did not answer in time."
	}
	switch q.Status {
	case oncall.RequestTaken:
		if q.TakenBy == to {
			return ":white_check_mark: You took it."
		}
		return ":white_check_mark: " + s.plain(q.TakenBy) + " took it."
	case oncall.RequestWithdrawn:
		return s.plain(q.Person) + " withdrew it."
	case oncall.RequestDeclined:
		return s.plain(q.Other) + " declined it."
	}
	return "Nobody took it in time."
}

// ClosedMessage tells one of those whom a request concerns how it ended.
func ClosedMessage(schedule, to, by string, q oncall.Request, s Scene) Message {
	name, times := line(schedule, 60), period(q.From, q.To)
	swap := q.Kind == oncall.SwapRequest
	var text string
	switch {
	case q.Status == oncall.RequestTaken && swap && to == q.Person:
		text = s.plain(q.Other) + " agreed to the swap on *" + name + "*: they take " + times + ", you take " + other(q) + "."
	case q.Status == oncall.RequestTaken && swap:
		text = "The swap on *" + name + "* holds: you take " + times + ", " + s.plain(q.Person) + " takes " + other(q) + "."
	case q.Status == oncall.RequestTaken && to == q.Person:
		text = s.plain(q.TakenBy) + " covers your time on call for *" + name + "*, " + times + "."
	case q.Status == oncall.RequestTaken:
		text = "You cover " + s.plain(q.Person) + " on *" + name + "*, " + times + ". Thank you."
	case q.Status == oncall.RequestDeclined && to == q.Person:
		text = s.plain(orElse(by, q.Other)) + " declined the swap on *" + name + "*: your shift of " + times + " stays yours."
	case q.Status == oncall.RequestDeclined:
		text = s.plain(orElse(by, q.Other)) + " declined the swap that " + s.plain(q.Person) + " offered you on *" + name + "*: everything stays as it is."
	case q.Status == oncall.RequestWithdrawn && q.TakenBy == "":
		what := "request for cover"
		if swap {
			what = "offer to swap"
		}
		text = s.plain(orElse(by, q.Person)) + " withdrew the " + what + " on *" + name + "*, " + times + ": everything stays as it is."
	case q.Status == oncall.RequestWithdrawn:
		text = s.plain(orElse(by, q.Person)) + " withdrew " + line(q.ID, 20) + " on *" + name + "*, " + times + ": the rotation holds again."
	case swap && to == q.Person:
		text = s.plain(q.Other) + " did not answer about the swap on *" + name + "*: your shift of " + times + " stays yours. Talk to them, or to your team lead, if you cannot make it."
	case to == q.Person:
		text = "Nobody took your time on call for *" + name + "*, " + times + ": it stays yours. Talk to your team lead if you cannot make it."
	default:
		text = s.plain(q.Person) + "'s request on *" + name + "*, " + times + ", ran out."
	}
	return short(text)
}

// RemovedMessage tells that a schedule is no more.
func RemovedMessage(schedule, by string, s Scene) Message {
	who := "Somebody"
	if by != "" {
		who = s.plain(by)
	}
	return short(who + " removed the schedule *" + line(schedule, 60) + "*: nobody is on call for it any more.")
}

func other(q oncall.Request) string {
	if q.OtherFrom == nil || q.OtherTo == nil {
		return ""
	}
	return period(*q.OtherFrom, *q.OtherTo)
}

// WatchMessage tells what the watchman saw ahead on a schedule; without one, on several.
func WatchMessage(schedule string, lines []string, s Scene) Message {
	head := "*The schedule " + line(schedule, 60) + " needs care*"
	most := 15
	if schedule == "" {
		head, most = "*Schedules need care*", 30
	}
	var shown []string
	for _, l := range lines[:min(len(lines), most)] {
		shown = append(shown, "• "+line(l, 300))
	}
	if more := len(lines) - most; more > 0 {
		shown = append(shown, fmt.Sprintf("and %d more: `%s`", more, strings.TrimSpace(s.oncallCommand()+" gaps "+line(schedule, 60))))
	}
	blocks := append([]slack.Block{section(head)}, paged(shown)...)
	return Message{Text: head + ": " + line(lines[0], 300), Blocks: blocks}
}

// HintMessage tells an admin what keeps Watchbill from its work.
func HintMessage(text string, s Scene) Message { return short(s.escapedMessage(text)) }

// ShadowCopy shows somebody who learns what the one they follow was paged for.
func ShadowCopy(p paging.Page, a paging.About, with string, s Scene) Message {
	head := ":eyes: " + s.plain(with) + ", whom you shadow, was paged: " + named(a)
	return Message{Text: head, Blocks: []slack.Block{section(head, s.placeLine(a.Place)), small("This is your copy of " + line(p.ID, 20) + ". Nobody waits for your answer.")}}
}

// MentorCall asks a mentor to join the one who leads in their place and has not
// answered.
func MentorCall(p paging.Page, a paging.About, learner string, s Scene) Message {
	head := markerOf(a) + " " + named(a) + ": " + s.plain(learner) + ", behind whom you stand, has not answered " + line(p.ID, 20) + ". Please join."
	blocks := []slack.Block{section(head, s.placeLine(a.Place))}
	blocks = append(blocks, row(primary(button(PageAck, pageValue(p), "Acknowledge")))...)
	return Message{Text: head, Blocks: blocks}
}

// named names what a page is about in one line.
func named(a paging.About) string {
	return "*" + line(a.ID, 20) + "* " + levelled(line(a.Level, 20), line(a.Title, incident.MaxTitle))
}
