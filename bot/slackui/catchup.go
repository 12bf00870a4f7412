package slackui

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/bot/blockkit"
	"github.com/watchbill/watchbill/incident"
)

// maxList is how long the list in a message may get, in characters.
const maxList = 7500

// fitting is as many of the first lines as a message takes, and how many are left.
func fitting(lines []string) (first []string, left int) {
	size := 0
	for n, l := range lines {
		if size += utf8.RuneCountInString(l) + 1; size > maxList && n > 0 {
			return lines[:n], len(lines) - n
		}
	}
	return lines, 0
}

// listing shows as many of the first lines as a message takes, and how many are left.
func listing(lines []string, most int) []slack.Block {
	shown, _ := fitting(lines[:min(len(lines), most)])
	blocks := paged(shown)
	if left := len(lines) - len(shown); left > 0 {
		blocks = append(blocks, small(fmt.Sprintf("And %d more.", left)))
	}
	return blocks
}

// CatchUp is one message instead of the burst that would follow an outage of
// Slack: what happened from the first of the events until now.
func CatchUp(i incident.Incident, events []incident.Event, s Scene) Message {
	if len(events) == 0 {
		return short("Slack can be reached again. Nothing happened on " + line(i.ID, 20) + " meanwhile.")
	}
	from, until := events[0].Recorded, events[len(events)-1].Recorded
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b incident.Event) int { return a.At.Compare(b.At) })
	if s.Now.After(until) {
		until = s.Now
	}
	head := fmt.Sprintf("While Slack could not be reached, %s to %s:", around(s.Now, from), around(s.Now, until))
	var all []string
	for _, e := range events {
		l := "• " + around(s.Now, e.At) + " " + strings.TrimSuffix(s.caughtUp(i, e), ".")
		if words := said(e); words != "" {
			l += ": " + line(words, maxGlimpse)
		}
		all = append(all, l)
	}
	lines, left := fitting(all)
	blocks := []slack.Block{section("*" + line(i.ID, 20) + "* · " + head)}
	blocks = append(blocks, paged(lines)...)
	if left > 0 {
		blocks = append(blocks, small(fmt.Sprintf("And %d more: %s shows all of it.", left, s.run("timeline "+line(i.ID, 20)))))
	}
	text := s.inShort(i) + " " + count(len(events), "event", "events") + " while Slack could not be reached."
	return Message{Text: blockkit.Truncate(text, maxSection), Blocks: blocks}
}

// caughtUp is what happened, told late: whoever was named to lead is mentioned only where
// the incident waits for them still.
func (s Scene) caughtUp(i incident.Incident, e incident.Event) string {
	if e.Kind == incident.LeadSet && (e.Person != i.Lead || i.Answered || !i.Active()) {
		return s.sentence(e, s.plain)
	}
	return s.happened(e)
}

// paged spreads lines over as many sections as Slack's limit asks for.
func paged(lines []string) []slack.Block {
	var blocks []slack.Block
	var now []string
	size := 0
	for _, l := range lines {
		n := utf8.RuneCountInString(l) + 1
		if size+n > maxSection-50 && len(now) > 0 {
			blocks = append(blocks, section(now...))
			now, size = nil, 0
		}
		now = append(now, l)
		size += n
	}
	if len(now) > 0 {
		blocks = append(blocks, section(now...))
	}
	return blocks
}
