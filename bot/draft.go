package bot

import (
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident/postmortem"
)

// draftFor is what the message in Slack shows of a draft.
func draftFor(d postmortem.Draft) slackui.Draft {
	out := slackui.Draft{Incident: d.ID, Title: d.Title, Summary: strings.Join(d.TLDR, "\n")}
	for _, m := range d.Intervals {
		value := ""
		if m.Seconds != nil {
			value = time.Duration(*m.Seconds * float64(time.Second)).Round(time.Second).String()
		}
		out.Figures = append(out.Figures, slackui.Figure{Name: m.Name, Value: value})
	}
	for _, s := range d.Sections {
		if len(s.Prompts) > 0 {
			out.Asks = append(out.Asks, slackui.Ask{Text: s.Title})
		}
	}
	return out
}
