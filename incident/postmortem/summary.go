package postmortem

import (
	"fmt"
	"strings"

	"github.com/watchbill/watchbill/incident"
)

// maxSummary is how many characters of the proposed summary a message shows.
const maxSummary = 600

// Summary is the draft in short lines for a chat message: the proposed summary,
// the intervals, and what needs a human. The lines are plain text: whoever shows
// them escapes them.
func (d Draft) Summary() []string {
	out := []string{incident.Clip(oneLine(strings.Join(d.TLDR, " ")), maxSummary)}
	if len(d.TLDR) == 0 {
		out[0] = "There is no declaration in the record."
	}
	for _, i := range d.Intervals {
		switch {
		case i.Seconds != nil:
			out = append(out, i.Title()+": "+i.Length())
		case i.Name == pagedToAcknowledged || i.Name == declaredToResolved:
			out = append(out, i.Title()+": unknown ("+i.Why+")")
		}
	}
	out = append(out, fmt.Sprintf("%s, %s, %s", times(d.People.Responders, "person", "people"),
		times(d.Pages.Opened, "page", "pages"), times(d.Pages.Notices, "notice", "notices")))
	for _, what := range d.Checklist() {
		out = append(out, "☐ "+what)
	}
	return out
}

// Checklist is what only people can write, the most important parts first.
func (d Draft) Checklist() []string {
	return []string{
		"Summary: confirm or rewrite it",
		"Impact: from when until when, and how many were affected?",
		"Contributing factors: at least two",
		"What was difficult, and where did we get lucky?",
		"Follow-ups: each with an owner and a date",
	}
}
