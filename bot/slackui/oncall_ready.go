package slackui

import (
	"fmt"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Reach is how one person can be reached.
type Reach struct {
	Person string
	Ways   []Way
	Why    string // why they cannot be reached at all; empty: they can
}

// Way is one way to a person; Proven is when they last answered by it, zero for
// never, and Old says that it was too long ago.
type Way struct {
	paging.Contact
	Proven time.Time
	Old    bool
}

// methodNames are the methods as people say them.
var methodNames = map[paging.Method]string{paging.Slack: "Slack", paging.Email: "e-mail", paging.SMS: "SMS", paging.Voice: "call", paging.Push: "push", paging.Webhook: "webhook"}

func methodName(m paging.Method) string {
	if name, ok := methodNames[m]; ok {
		return name
	}
	return line(string(m), 30)
}

// TestSent answers somebody who tests how they are reached.
func TestSent(ways []Way, s Scene) Message {
	names := make([]string, len(ways))
	for n, w := range ways {
		names[n] = methodName(w.Method)
	}
	return short("I page you now, about nothing, by " + strings.Join(names, ", ") + ". Acknowledge each where it arrives, within 10 minutes: what you acknowledge is proven. " +
		s.runOncall("ready") + " shows what you have proven.")
}

// Readiness shows how people can be reached, and what of it is proven.
func Readiness(list []Reach, s Scene) Message {
	if len(list) == 0 {
		return short("Nobody comes on call within two weeks.")
	}
	var lines []string
	for _, r := range list {
		lines = append(lines, s.reachLines(r)...)
	}
	lines, left := fitting(lines)
	if left > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more lines: `watchbill oncall ready` shows all.", left))
	}
	blocks := paged(lines)
	return Message{Text: "How those on call within two weeks can be reached", Blocks: append(blocks, small("A way counts as proven for 90 days after somebody answered a page by it. "+s.runOncall("test me")+" proves yours."))}
}

func (s Scene) reachLines(r Reach) []string {
	if r.Why != "" {
		return []string{":red_circle: *" + s.plain(r.Person) + "* " + line(r.Why, 200) + "."}
	}
	mark, rest := ":warning:", " has no proven way"
	var ways []string
	for _, w := range r.Ways {
		text := methodName(w.Method)
		if w.After > 0 {
			text += " after " + oncall.FormatDuration(w.After)
		}
		if w.Every > 0 {
			text += ", again every " + oncall.FormatDuration(w.Every)
		}
		switch {
		case w.Proven.IsZero():
			text += " (not proven)"
		case w.Old:
			text += " (proven long ago, " + when(w.Proven) + ")"
		default:
			mark, rest = ":white_check_mark:", ""
			text += " (proven " + when(w.Proven) + ")"
		}
		ways = append(ways, "    • "+text)
	}
	return append([]string{mark + " *" + s.plain(r.Person) + "*" + rest}, ways...)
}

// Unproven adds to a message for somebody who comes on call that nobody knows whether
// a page would wake them.
func Unproven(m Message, s Scene) Message {
	m.Blocks = append(m.Blocks, section(":warning: Nobody knows whether a page would wake you: you have answered none within 90 days. "+s.runOncall("test me")+" proves it in a minute."))
	return m
}

// runOncall is a command about schedules, to be typed.
func (s Scene) runOncall(args string) string {
	return "`" + strings.TrimSpace(s.oncallCommand()+" "+args) + "`"
}
