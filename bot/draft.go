package bot

import (
	"slices"
	"strings"

	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident/postmortem"
)

// draftFor is what the message in Slack shows of a draft.
func draftFor(d postmortem.Draft) slackui.Draft {
	out := slackui.Draft{Incident: d.ID, Title: d.Title, Summary: strings.Join(d.TLDR, "\n")}
	for n, m := range d.Intervals {
		if slices.ContainsFunc(d.Intervals[:n], func(o postmortem.Interval) bool {
			return m.Seconds != nil && o.Seconds != nil && *o.Seconds == *m.Seconds && o.From == m.From && o.To == m.To
		}) {
			continue // it was never reopened: the same length is shown already
		}
		out.Figures = append(out.Figures, slackui.Figure{Name: m.Title(), Value: m.Length()})
	}
	for _, text := range d.Checklist() {
		out.Asks = append(out.Asks, slackui.Ask{Text: text})
	}
	return out
}

// Lint finds words that blame in a postmortem that people have completed.
func Lint(doc string) []postmortem.Finding { return postmortem.Lint(doc) }
