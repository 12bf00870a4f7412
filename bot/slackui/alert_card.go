package slackui

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Alert is an alert with what is shown beside it.
type Alert struct {
	alert.Alert
	// Later are the alerts in which its group goes on.
	Later []alert.Alert
	// Paging is the page that tells people of it; without an id none does.
	Paging paging.Page
	// Silence is what people keep it from paging with; without an id they do not.
	Silence alert.Silence
	// Declared is the incident that was declared for it; without an id none was, or
	// what became of it is not known.
	Declared incident.Incident
	// Deploys are the last changes of its service, newest first.
	Deploys []alert.Deploy
	// Owner and SRE are the teams that build and run its service.
	Owner, SRE string
	// Link is the address of its card.
	Link string
}

// What the menu of a card offers.
const (
	MenuHistory = "history"
	MenuClose   = "close"
)

// Bounds of what a card shows.
const (
	maxDescription = 600
	maxMembers     = 5
	maxDeploys     = 3
	maxLabels      = 8
	maxLabel       = 80
)

// AlertCard is the one message about an alert in its channel, which developers and
// SREs share: what, how bad, since when, how often, who was told, and what there is
// to look at. Once the alert is over it is one short paragraph without buttons.
func AlertCard(a Alert, s Scene) Message {
	if a.State != alert.StateOpen {
		return s.alertOver(a)
	}
	blocks := []slack.Block{header(markerOf(a.about()) + " " + levelled(string(a.Severity), a.Title))}
	blocks = append(blocks, section(append([]string{alertFacts(a), cutTitle(a.Title)}, append(s.answers(a), alertSince(a), firing(a))...)...))
	if strings.TrimSpace(clean(a.Description)) != "" {
		blocks = append(blocks, section(quote(a.Description, maxDescription)))
	}
	if more := joined([]string{owners(a), lookAt(s.Help), s.deploys(a.Deploys)}); more != "" {
		blocks = append(blocks, section(more))
	}
	if below := joined(append([]string{labels(a.Labels)}, notes(a.Notes)...)); below != "" {
		blocks = append(blocks, small(below))
	}
	instead := "alert ack "
	if a.Acknowledged != nil {
		instead = "alert declare "
	}
	blocks = append(blocks, s.deadButtons(instead+line(a.ID, 20))...)
	blocks = append(blocks, alertButtons(a, s.Now)...)
	return Message{Text: s.alertInShort(a), Blocks: blocks, Unheard: s.Unheard}
}

// about is the alert as its marker shows it.
func (a Alert) about() paging.About {
	return paging.About{Rank: a.Severity.Rank(), Over: a.State != alert.StateOpen}
}

// alertFacts is the line that identifies an alert.
func alertFacts(a Alert) string {
	parts := []string{"*" + line(a.ID, 20) + "*"}
	switch {
	case a.State != alert.StateOpen:
		parts = append(parts, line(string(a.State), 20))
	case a.Reopened > 0:
		parts = append(parts, "fires again")
	}
	if a.Service != "" {
		parts = append(parts, "service "+line(a.Service, maxService))
	}
	return strings.Join(parts, " · ")
}

func alertSince(a Alert) string {
	out := "*Since:* " + when(a.Opened)
	if a.Reopened > 0 {
		out += fmt.Sprintf(", came back %s", times(a.Reopened))
	}
	heard, last := a.Count, a.Last
	for _, l := range a.Later {
		heard += l.Count
		if l.Last.After(last) {
			last = l.Last
		}
	}
	if heard > 1 {
		out += fmt.Sprintf("\n*Heard:* %s, last %s", times(heard), around(a.Opened, last))
	}
	return out
}

// firing says how many members there are and which of them fire, where there is more
// than one: the first few by what they call themselves.
func firing(a Alert) string {
	members := slices.Clone(a.Members)
	for _, l := range a.Later {
		members = append(members, l.Members...)
	}
	if len(members) < 2 {
		return ""
	}
	n := 0
	var titles []string
	seen := map[string]bool{}
	for _, m := range members {
		if m.Status != alert.Firing {
			continue
		}
		n++
		if t := cmp.Or(m.Title, a.Title); !seen[t] {
			seen[t] = true
			titles = append(titles, t)
		}
	}
	out := fmt.Sprintf("*Fires:* %d of %d", n, len(members))
	if len(titles) == 1 && titles[0] == a.Title {
		return out
	}
	for _, t := range titles[:min(len(titles), maxMembers)] {
		out += "\n• " + line(t, 150)
	}
	if more := len(titles) - maxMembers; more > 0 {
		out += fmt.Sprintf("\nand %d more", more)
	}
	return out
}

func owners(a Alert) string {
	switch owner, sre := line(a.Owner, maxName), line(a.SRE, maxName); {
	case a.Owner != "" && a.SRE != "" && a.SRE != a.Owner:
		return "*Owner:* " + owner + ", with " + sre
	case a.Owner != "":
		return "*Owner:* " + owner
	case a.SRE != "":
		return "*Owner:* " + sre
	}
	return ""
}

// deploys are the last changes of the service: what most often broke it.
func (s Scene) deploys(list []alert.Deploy) string {
	if len(list) == 0 {
		return ""
	}
	out := "*Deploys:*"
	for _, d := range list[:min(len(list), maxDeploys)] {
		out += "\n• " + link(d.URL, d.Title) + ", " + when(d.At)
		if d.By != "" {
			out += ", by " + s.plain(d.By)
		}
	}
	return out
}

// labels are those that the rest of the card does not say already.
func labels(all map[string]string) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		switch name {
		case "alertname", "severity", "service":
			continue
		}
		if len(out) == maxLabels {
			out = append(out, "…")
			break
		}
		out = append(out, line(name, maxLabel)+"="+line(all[name], maxLabel))
	}
	return strings.Join(out, " · ")
}

// notes say what was cut or mended of what the source sent.
func notes(list []string) []string {
	const most = 3
	var out []string
	for _, n := range list[:min(len(list), most)] {
		out = append(out, "_"+line(n, maxGlimpse)+"_")
	}
	return out
}

func alertButtons(a Alert, now time.Time) []slack.Block {
	var elements []slack.BlockElement
	if a.Acknowledged == nil {
		elements = append(elements, primary(button(AlertAck, a.ID, "Acknowledge")))
	}
	if !a.InIncident() {
		elements = append(elements, button(AskAlertDeclare, a.ID, "Declare incident…"))
	}
	if a.Silenced(now) && a.Hush.Silence != "" {
		elements = append(elements, asking(button(EndSilence, a.Hush.Silence, "End silence"), "End "+oneLine(a.Hush.Silence, 20)+"?", "Whatever it silences and still fires pages at once.", "End it"))
	} else {
		elements = append(elements, button(AskSilence, a.ID, "Silence…"))
	}
	if a.Noise == nil {
		elements = append(elements, button(AskNoise, a.ID, "Not actionable…"))
	}
	option := func(what, label string) *slack.OptionBlockObject {
		return slack.NewOptionBlockObject(a.ID+"|"+what, plainText(label), nil)
	}
	return []slack.Block{slack.NewActionBlock("", append(elements, slack.NewOverflowBlockElement(actionPrefix+AlertMenu,
		option(MenuHistory, "What happened"), option(MenuClose, "Close by hand…")))...)}
}

// alertOver is what becomes of a card when nothing is to be done any more.
func (s Scene) alertOver(a Alert) Message {
	what := "is resolved"
	if a.State == alert.StateClosed && a.Closed != nil {
		what = "was closed by " + s.plain(a.Closed.By)
		if a.Closed.Why != "" {
			what += ": " + line(a.Closed.Why, maxGlimpse)
		}
	}
	head := markerOf(a.about()) + " *" + line(a.ID, 20) + "* " + what
	life := "since " + when(a.Opened)
	if !a.Ended.IsZero() {
		life = when(a.Opened) + " to " + around(a.Opened, a.Ended) + ", " + oncall.FormatDuration(a.Ended.Sub(a.Opened).Round(time.Second))
	}
	if a.Count > 1 {
		life += ", heard " + times(a.Count)
	}
	if a.Service != "" {
		life = "service " + line(a.Service, maxService) + " · " + life
	}
	said := []string{head, line(levelled(string(a.Severity), a.Title), 2*incident.MaxTitle), life}
	if a.Acknowledged != nil {
		said = append(said, s.acknowledged(a))
	}
	said = append(said, s.noise(a), s.declared(a))
	text := line(a.ID, 20) + " " + what + ": " + line(a.Title, incident.MaxTitle)
	return Message{Text: text, Blocks: []slack.Block{section(said...)}}
}

// alertInShort is the alert in a sentence or two, for notifications.
func (s Scene) alertInShort(a Alert) string {
	out := line(a.ID, 20) + ": " + line(levelled(string(a.Severity), a.Title), incident.MaxTitle+20) + "."
	if a.Service != "" {
		out = line(a.ID, 20) + " of " + line(a.Service, maxService) + ": " + line(levelled(string(a.Severity), a.Title), incident.MaxTitle+20) + "."
	}
	switch {
	case a.Acknowledged != nil && a.Acknowledged.By != "":
		return out + " " + s.plain(a.Acknowledged.By) + " has it."
	case a.Silenced(s.Now):
		return out + " It is silenced."
	case a.Paging.Status == paging.Open && len(toldNow(a.Paging)) > 0:
		return out + " No answer yet."
	}
	return out
}
