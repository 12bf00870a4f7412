package slackui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Handover is what a handoff message tells.
type Handover struct {
	Schedule string
	To       string
	Handoff  oncall.Handoff
	// Since is when the shift began that ends, Next when the next handoff is (zero:
	// not known).
	Since, Next time.Time
	Missed      int
	Late        bool
	// Open are the incidents that go on, Pages the pages that wait for an answer or come
	// again, Over what was closed or resolved in the shift.
	Open  []incident.Incident
	Pages []paging.Page
	Over  []incident.Incident
	// Alerts are the first that fire, Firing is how many do; Silenced fire and page
	// nobody.
	Alerts   []alert.Alert
	Firing   int
	Silenced []alert.Alert
	// Ended are the alerts that ended in the shift, in this order; EndedMore says that
	// there may be more.
	Ended     []alert.Alert
	EndedMore bool
}

// MaxHanded is how many of each kind a handoff lists.
const MaxHanded = 8

// HandoffMessage tells who hands over to whom, and what is handed over.
func HandoffMessage(h Handover, s Scene) Message {
	name := line(h.Schedule, 60)
	head := s.handoffHead(h, name)
	if h.Late {
		head += "\n_This comes late: the handoff was " + when(h.Handoff.At) + ", while Watchbill was not running._"
	}
	if h.Missed > 0 {
		head += fmt.Sprintf("\n_%s before it went untold._", count(h.Missed, "handoff", "handoffs"))
	}
	if !h.Next.IsZero() {
		head += "\n*Next handoff:* " + when(h.Next)
	}
	blocks := []slack.Block{section(head)}
	part := func(title string, lines []string, none string) {
		if len(lines) == 0 && none != "" {
			lines = []string{none}
		}
		if len(lines) > 0 {
			blocks = append(blocks, paged(append([]string{"*" + title + "*"}, lines...))...)
		}
	}
	part("Open incidents", handed(h.Open, len(h.Open), handedIncident), "None.")
	part("Open pages", handed(h.Pages, len(h.Pages), s.handedPage), "")
	part("Open alerts", handed(h.Alerts, h.Firing, s.handedAlert), "")
	part("Silenced alerts", handed(h.Silenced, len(h.Silenced), handedSilence), "")
	part("Over since "+when(h.Since), append(handed(h.Over, len(h.Over), handedIncident), s.handedEnded(h)...), "Nothing: it was quiet.")
	return Message{Text: s.handoffText(h, name), Blocks: blocks}
}

// handed is a line for each of the first, and how many there are besides.
func handed[T any](list []T, all int, one func(T) string) []string {
	var lines []string
	for _, v := range list[:min(len(list), MaxHanded)] {
		lines = append(lines, one(v))
	}
	if more := all - len(lines); more > 0 && len(lines) > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return lines
}

func handedIncident(i incident.Incident) string {
	return marker(i) + " *" + line(i.ID, 20) + "* " + i.Severity.String() + " · " + statusWord(i) + " · " + line(i.Title, 120)
}

func (s Scene) handedPage(p paging.Page) string {
	l := "*" + line(p.ID, 20) + "* for " + line(p.Subject, 20)
	if p.Facts.Severity != "" {
		l += ", " + line(p.Facts.Severity, 20)
	}
	switch {
	case p.Status == paging.Open:
		l += ", unanswered since " + when(p.Opened)
	case p.Snoozed:
		l += ", snoozed by " + s.plain(p.Owner) + " until " + when(p.Until)
	default:
		l += ", " + s.plain(p.Owner) + " has it"
		if !p.Until.IsZero() {
			l += "; it comes again " + when(p.Until)
		}
	}
	if p.Folded > 0 {
		l += ", and " + count(p.Folded, "other", "others")
	}
	return l
}

func (s Scene) handedAlert(a alert.Alert) string {
	shown := Alert{Alert: a}
	return markerOf(shown.about()) + " *" + line(a.ID, 20) + "* " + line(levelled(string(a.Severity), a.Title), 120) + " · " + s.stands(shown)
}

// handedSilence is an alert that fires in silence, and when that ends.
func handedSilence(a alert.Alert) string {
	l := "*" + line(a.ID, 20) + "* " + line(a.Title, 120)
	if a.Hush != nil {
		l += ", silent until " + when(a.Hush.Until)
		if a.Hush.Window != "" {
			l += " by the maintenance window " + line(a.Hush.Window, 60)
		}
	}
	return l
}

// handedEnded are the alerts of the shift that paged, the newest first, and how many
// others ended.
func (s Scene) handedEnded(h Handover) []string {
	var told []alert.Alert
	for _, a := range slices.Backward(h.Ended) {
		if a.Page != "" && !a.Folded {
			told = append(told, a)
		}
	}
	lines := handed(told, len(told), s.handedAlertOver)
	if others := len(h.Ended) - len(told); others > 0 || h.EndedMore {
		text := count(others, "alert", "alerts") + " without a page of its own"
		if others != 1 {
			text = count(others, "alert", "alerts") + " without pages of their own"
		}
		if h.EndedMore {
			text += "; there were more than can be listed"
		}
		lines = append(lines, text)
	}
	return lines
}

func (s Scene) handedAlertOver(a alert.Alert) string {
	l := "✅ *" + line(a.ID, 20) + "* " + line(levelled(string(a.Severity), a.Title), 120)
	switch {
	case a.Incident != "":
		return l + " · " + line(a.Incident, 20)
	case a.Acknowledged != nil && a.Acknowledged.By != "":
		return l + " · " + s.plain(a.Acknowledged.By) + " had it"
	}
	return l + " · nobody answered its page"
}

func (s Scene) handoffHead(h Handover, name string) string {
	switch {
	case h.To != "" && slices.Contains(h.Handoff.In, h.To):
		from := ""
		if len(h.Handoff.Out) > 0 {
			from = " You take over from " + s.plains(h.Handoff.Out) + "."
		}
		return "*You are on call for " + name + " now.*" + from
	case h.To != "":
		to := "Nobody comes on call."
		if len(h.Handoff.In) > 0 {
			to = "You hand over to " + s.plains(h.Handoff.In) + "."
		}
		return "*You are off call for " + name + ".* " + to
	case len(h.Handoff.On) == 0:
		return "*Handoff of " + name + "*: nobody is on call now. " + s.plains(h.Handoff.Out) + " went off."
	case len(h.Handoff.Out) == 0:
		return "*Handoff of " + name + "*: " + s.plains(h.Handoff.On) + " " + isAre(len(h.Handoff.On)) + " on call now."
	}
	return "*Handoff of " + name + "*: " + s.plains(h.Handoff.On) + " " + isAre(len(h.Handoff.On)) + " on call now, after " + s.plains(h.Handoff.Out) + "."
}

func (s Scene) handoffText(h Handover, name string) string {
	text := "On call for " + name + " now: " + s.plains(h.Handoff.On)
	switch {
	case h.To != "" && slices.Contains(h.Handoff.In, h.To):
		text = "You are on call for " + name + " now"
	case h.To != "":
		text = "You are off call for " + name
	}
	if h.Late {
		text += " (told late)"
	}
	var open []string
	for _, k := range []struct {
		n         int
		one, many string
	}{{len(h.Open), "incident", "incidents"}, {len(h.Pages), "page", "pages"}, {h.Firing, "alert", "alerts"}} {
		if k.n > 0 {
			open = append(open, count(k.n, k.one, k.many))
		}
	}
	if len(open) > 0 {
		text += ". Open: " + strings.Join(open, ", ")
	}
	return text + "."
}
