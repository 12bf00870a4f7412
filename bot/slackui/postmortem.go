package slackui

import (
	"fmt"

	"github.com/slack-go/slack"
)

// Draft is what the postmortem message shows of a draft; all of it plain text.
type Draft struct {
	Incident string // "INC-3"
	Title    string
	// Summary is the draft's tl;dr.
	Summary string
	// Figures are intervals and counts, in order.
	Figures []Figure
	// Asks are the parts that only people can fill, in order.
	Asks []Ask
	// Link leads to the whole draft; empty: it follows as a file.
	Link string
	// Before leads to the draft that was posted before the incident was reopened; empty:
	// there is none.
	Before string
}

// Figure is one named value: "Declared to resolved", "38 min".
type Figure struct{ Name, Value string }

// Ask is one part of the draft that waits for people.
type Ask struct {
	Text string
	Done bool
}

// Bounds of the postmortem message.
const (
	maxSummary = 1500
	maxFigures = 10
	maxAsks    = 15
)

// PostmortemPost tells the incident's room that the draft is there: what it says
// in short, and what people must still write.
func PostmortemPost(d Draft) Message {
	blocks := []slack.Block{header("Postmortem draft · " + d.Incident), section(line(d.Title, 400))}
	if d.Summary != "" {
		blocks = append(blocks, section(paragraph(d.Summary, maxSummary)))
	}
	var fields []*slack.TextBlockObject
	for _, f := range d.Figures[:min(len(d.Figures), maxFigures)] {
		fields = append(fields, mrkdwn("*"+line(f.Name, 120)+"*\n"+orElse(line(f.Value, 100), "not known")))
	}
	if len(fields) > 0 {
		blocks = append(blocks, slack.NewSectionBlock(nil, fields, nil))
	}
	open := 0
	asks := []string{"*Only people can write this*"}
	for n, a := range d.Asks {
		box := "☐ "
		if a.Done {
			box = "☑ "
		} else {
			open++
		}
		if n < maxAsks {
			asks = append(asks, box+line(a.Text, 150))
		}
	}
	if len(d.Asks) > 0 {
		blocks = append(blocks, section(asks...))
	}
	where := "The whole draft follows as a file."
	if webAddress(d.Link) {
		where = link(d.Link, "The whole draft") + "."
	}
	where += " It says what happened, and blames nobody."
	if webAddress(d.Before) {
		where += " It takes the place of " + link(d.Before, "the one before") + ": take over what people have written there."
	}
	blocks = append(blocks, small(where))
	text := fmt.Sprintf("Postmortem draft of %s: %s.", line(d.Incident, 20), line(d.Title, 200))
	if open > 0 {
		text += fmt.Sprintf(" %d parts wait for people.", open)
	}
	return Message{Text: text, Blocks: blocks}
}
