package bot

import (
	"strings"

	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident/postmortem"
)

// draftFor is what the message in Slack shows of a draft.
func draftFor(d postmortem.Draft) slackui.Draft {
	out := slackui.Draft{Incident: d.ID, Title: d.Title, Summary: strings.Join(d.TLDR, "\n")}
	for _, m := range d.Intervals {
		out.Figures = append(out.Figures, slackui.Figure{Name: m.Title(), Value: m.Length()})
	}
	for _, text := range d.Checklist() {
		out.Asks = append(out.Asks, slackui.Ask{Text: text})
	}
	return out
}

// Lint finds words that blame in a postmortem that people have completed.
func Lint(doc string) []postmortem.Finding { return postmortem.Lint(doc) }
