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

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
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

// answers are who was told of the alert and who answered, and what keeps it from
// telling anybody.
func (s Scene) answers(a Alert) []string {
	return []string{s.hushed(a), s.answered(a), s.noise(a), s.declared(a)}
}

func (s Scene) hushed(a Alert) string {
	if !a.Silenced(s.Now) {
		return ""
	}
	out := "*Silenced* until " + when(a.Hush.Until)
	switch {
	case a.Hush.Window != "":
		out += " by the maintenance " + line(a.Hush.Window, maxName)
	case a.Silence.By != "":
		out += " by " + s.plain(a.Silence.By) + " (" + line(a.Hush.Silence, 20) + ")"
	default:
		out += " (" + line(a.Hush.Silence, 20) + ")"
	}
	if a.Silence.Why != "" {
		out += ": " + line(a.Silence.Why, maxGlimpse)
	}
	if a.Suppressed > 0 {
		out += fmt.Sprintf("\nHeard %s since", times(a.Suppressed))
	}
	return out
}

// answered says who has it, or how the paging stands.
func (s Scene) answered(a Alert) string {
	p := a.Paging
	if p.ID != "" && !a.Folded {
		if told := s.passedOn(p); told != "" {
			return told
		}
	}
	switch {
	case a.Acknowledged != nil:
		return s.acknowledged(a)
	case a.Silenced(s.Now), a.Noise != nil, a.InIncident():
		return ""
	case p.ID != "" && a.Folded:
		return "*Paged:* nobody again; it is counted on " + line(p.ID, 20) + " for " + line(p.Subject, 20) + s.waiting(p)
	case p.ID != "":
		return s.paged(p)
	case a.Unpaged != "":
		return "*Nobody was paged:* " + line(a.Unpaged, maxReason)
	case a.Waits.After(s.Now) && !a.Left.IsZero():
		return "*Pages* at " + clockTime(a.Waits) + " if it still fires, or as soon as more of it does: " + line(a.Incident, 20) + " is over"
	case a.Waits.After(s.Now):
		return "*Pages* at " + clockTime(a.Waits) + " if it still fires: somebody has answered it a moment ago"
	case a.Declare > 0:
		return "*An incident* is being opened for it"
	case !a.Pages:
		return "*Pages nobody*, as " + whyQuiet(a.Severity)
	}
	return "*Paging* begins"
}

// whyQuiet says why an alert of a severity pages nobody. Those that page do so unless
// their route says otherwise.
func whyQuiet(s alert.Severity) string {
	switch s {
	case alert.SeverityWarning:
		return "it is a warning"
	case alert.SeverityInfo:
		return "it is for information"
	}
	return "its route says"
}

// passedOn says who has a page, where that is not whoever acknowledged it first.
func (s Scene) passedOn(p paging.Page) string {
	id := line(p.ID, 20)
	switch {
	case p.Status == paging.Acknowledged && p.Snoozed:
		return "*Snoozed* by " + s.plain(p.Owner) + " until " + around(s.Now, p.Until) + " (" + id + ")"
	case p.Status == paging.Acknowledged && p.HandedBy != "":
		return "*Acknowledged* by " + s.plain(p.Owner) + ", handed over by " + s.plain(p.HandedBy) + " (" + id + ")"
	case p.Status != paging.Open:
		return ""
	case p.Reason == paging.ByHandOver:
		return "*Handed over* to " + s.plain(p.Owner) + " by " + s.plain(p.HandedBy) + s.waiting(p) + " (" + id + ")"
	case p.Reason == paging.ByTimeout:
		return "*Paged again:* " + id + " to " + s.plains(toldNow(p)) + s.waiting(p) + "; nothing followed after " + s.plain(p.Owner) + " acknowledged it"
	case p.Reason == paging.ByWorse:
		return "*Paged again:* " + id + " to " + s.plains(toldNow(p)) + s.waiting(p) + "; it has become worse since " + s.plain(p.Owner) + " answered"
	case p.Reason == paging.BySnooze:
		return "*Paged again:* " + id + " to " + s.plains(toldNow(p)) + s.waiting(p) + "; the snooze of " + s.plain(p.Owner) + " is over"
	}
	return ""
}

// paged says whom a page asks, or whom it is going to: quiet hours hold back what only
// warns.
func (s Scene) paged(p paging.Page) string {
	id, told := line(p.ID, 20), toldNow(p)
	if len(told) > 0 || p.Status != paging.Open {
		return "*Paged:* " + id + " to " + s.plains(told) + s.waiting(p)
	}
	var at time.Time
	for _, q := range p.Pending {
		switch {
		case q.Turn != p.Turn || !at.IsZero() && q.At.After(at):
			continue
		case q.At.Before(at):
			told = nil
		}
		at = q.At
		if who := q.To.String(); !slices.Contains(told, who) {
			told = append(told, who)
		}
	}
	if len(told) == 0 {
		return "*Paged:* " + id + ", which reaches *nobody*"
	}
	return "*Pages* " + s.plains(told) + " at " + around(s.Now, at) + " (" + id + ")"
}

// toldNow are those whom a page asks at present.
func toldNow(p paging.Page) []string {
	var out []string
	for _, n := range p.Current() {
		if who := n.To.String(); !slices.Contains(out, who) {
			out = append(out, who)
		}
	}
	return out
}

// waiting says how a page stands.
func (s Scene) waiting(p paging.Page) string {
	switch {
	case p.Status == paging.Acknowledged:
		return ", acknowledged by " + s.plain(p.AnsweredBy)
	case p.Status == paging.Ended:
		return ", ended"
	case p.Spent:
		return ", *no answer from anybody so far*"
	case p.Reason == paging.ByFloor:
		return ", *nobody of the policy answered*"
	case p.Turn > 1 && p.Reason == "":
		return fmt.Sprintf(", step %d of %d, no answer yet", p.Step+1, len(p.Policy.Steps))
	}
	return ", no answer yet"
}

func (s Scene) acknowledged(a Alert) string {
	said := a.Acknowledged
	if said.By == "" {
		return "*Acknowledged* in " + line(said.Via, maxName) + ", " + around(a.Opened, said.At)
	}
	out := "*Acknowledged* by " + s.plain(said.By) + ", " + around(a.Opened, said.At)
	if len(a.Also) > 0 {
		out += ", then by " + s.plains(a.Also)
	}
	return out
}

func (s Scene) noise(a Alert) string {
	if a.Noise == nil {
		return ""
	}
	out := "*Not actionable*, says " + s.plain(a.Noise.By) + ", " + around(a.Opened, a.Noise.At)
	if a.Noise.Why != "" {
		out += ": " + line(a.Noise.Why, maxGlimpse)
	}
	return out
}

// declared is the incident that the alert belongs to, and where it is worked on.
func (s Scene) declared(a Alert) string {
	if a.Incident == "" {
		return ""
	}
	out := "*Incident:* " + line(a.Incident, 20)
	i := a.Declared
	if i.ID == "" {
		return out
	}
	if a.State == alert.StateOpen { // else what is said would grow old
		out += ", " + i.Severity.String() + ", " + statusWord(i)
	}
	switch at := room(i.Room.Channel); {
	case i.Room.State == incident.RoomOpen && at != "":
		out += ", in " + at
	case i.Room.State == incident.RoomPending:
		out += "; its channel is being opened"
	}
	if i.Lead != "" && i.Active() && a.State == alert.StateOpen {
		out += ", led by " + s.plainLead(i)
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
