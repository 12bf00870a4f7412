package slackui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
)

// The answers below are for the person who asked, and only they see them.

// AlertList is what fires.
type AlertList struct {
	// Service is the one that was asked for, and Name a part of the names; empty: all.
	Service, Name string
	// List are alerts, the worst first, each with how many it stands for; Open is how
	// many there are in all.
	List []AlertGroup
	Open int
	// Hushed are what silences some of them, where these are not in the list.
	Hushed []HushedAlerts
	// Silenced, Folded and Stormed count those that told nobody by themselves:
	// silenced, counted on the page of another, on one card for many. Gone are resolved by
	// nothing any more.
	Silenced, Folded, Stormed, Gone int
}

// AlertGroup is an alert of a list, the newest of the worst of those that it stands for.
type AlertGroup struct {
	Alert
	Total  int       // with it; 0: it stands for itself
	Oldest time.Time // when the oldest of them opened
	Stands []Stand   // how they stand, the most frequent first
}

// Stand counts the alerts of a group that stand alike.
type Stand struct {
	How   string
	Total int
}

// HushedAlerts are what one silence or maintenance window keeps from paging.
type HushedAlerts struct {
	alert.Hush
	Total  int
	Newest Alert
}

const (
	// unfolded is how many alerts are listed one by one; where there are more, those that
	// are alike are one line.
	unfolded = 10
	// fewAlike are listed one by one all the same.
	fewAlike = 2
)

// FoldAlerts makes a list of open alerts, the worst first, one of groups. Of many, those
// of one service and name are one entry, and what is silenced is left to its silences;
// names that differ only in numbers are alike.
func FoldAlerts(list []alert.Alert, open int, now time.Time) []AlertGroup {
	var out []AlertGroup
	add := func(a alert.Alert) *AlertGroup {
		out = append(out, AlertGroup{Alert: Alert{Alert: a}, Oldest: a.Opened})
		return &out[len(out)-1]
	}
	if open <= unfolded {
		for _, a := range list {
			add(a)
		}
		return out
	}
	type key struct{ service, name string }
	of := func(a *alert.Alert) key { return key{a.Service, alert.Alike(alert.Name(a))} }
	alike := map[key]int{}
	for n := range list {
		if !list[n].Silenced(now) {
			alike[of(&list[n])]++
		}
	}
	at := map[key]int{}
	for n := range list {
		a := &list[n]
		k := of(a)
		switch {
		case a.Silenced(now):
			continue
		case alike[k] <= fewAlike:
			add(*a)
			continue
		}
		if _, known := at[k]; !known {
			at[k] = len(out)
			add(*a)
		}
		out[at[k]].take(a)
	}
	for n := range out {
		slices.SortStableFunc(out[n].Stands, func(a, b Stand) int { return cmp.Compare(b.Total, a.Total) })
	}
	return out
}

// take counts an alert in its group.
func (g *AlertGroup) take(a *alert.Alert) {
	g.Total++
	if a.Opened.Before(g.Oldest) {
		g.Oldest = a.Opened
	}
	how := shortStand(a)
	n := slices.IndexFunc(g.Stands, func(s Stand) bool { return s.How == how })
	if n < 0 {
		n = len(g.Stands)
		g.Stands = append(g.Stands, Stand{How: how})
	}
	g.Stands[n].Total++
}

// shortStand says how an alert that is not silenced stands, without names.
func shortStand(a *alert.Alert) string {
	switch {
	case a.InIncident():
		return "in an incident"
	case a.Acknowledged != nil:
		return "acknowledged"
	case a.Noise != nil:
		return "not actionable"
	case a.Page != "":
		return "not answered"
	}
	return "paging nobody"
}

// AlertsOf answers which alerts are open.
func AlertsOf(l AlertList, s Scene) Message {
	of := ""
	if l.Service != "" {
		of = " of " + line(l.Service, maxService)
	}
	if l.Name != "" {
		of += " called " + line(l.Name, maxName)
	}
	if l.Open == 0 {
		text := "No alert" + of + " is open."
		if of != "" {
			text += " " + s.run("alerts") + " shows all."
		}
		return short(text)
	}
	head := count(l.Open, "alert", "alerts") + of + " " + isAre(l.Open) + " open"
	var lines []string
	var folded *AlertGroup
	for n := range l.List {
		g := &l.List[n]
		if g.Total > 1 && folded == nil {
			folded = g
		}
		lines = append(lines, s.groupOrAlert(*g))
	}
	shown, _ := fitting(lines[:min(len(lines), maxListed)])
	told := 0
	for _, g := range l.List[:len(shown)] {
		told += max(g.Total, 1)
	}
	for _, h := range l.Hushed {
		shown = append(shown, s.hushedLine(h))
		told += h.Total
	}
	shown, left := fitting(shown)
	for _, h := range l.Hushed[len(l.Hushed)-min(left, len(l.Hushed)):] {
		told -= h.Total
	}
	blocks := append([]slack.Block{section("*" + head + "*")}, paged(shown)...)
	var rest []string
	if folded != nil {
		rest = append(rest, "Alerts that are alike are one line: "+s.run("alerts "+alikeName(&folded.Alert.Alert))+" lists them.")
	}
	if n := l.Open - told; n > 0 {
		rest = append(rest, fmt.Sprintf("And %d more. %s shows those of one service; `watchbill alert list` in a shell lists up to 10,000.", n, s.run("alerts checkout")))
	}
	if told := suppressed(l); told != "" {
		rest = append(rest, told)
	}
	if len(rest) > 0 {
		blocks = append(blocks, small(rest...))
	}
	return Message{Text: head + ".", Blocks: blocks}
}

// alikeName is what to type for the alerts that are like one: its name as far as theirs
// are the same.
func alikeName(a *alert.Alert) string {
	name := oneLine(alert.Name(a), maxName)
	if same, _, _ := strings.Cut(alert.Alike(name), "…"); strings.TrimSpace(same) != "" {
		name = strings.TrimSpace(same)
	}
	name = strings.NewReplacer("\"", "", "`", "'").Replace(name)
	if strings.Contains(name, " ") {
		return `"` + name + `"`
	}
	return name
}

// groupOrAlert is an entry of a list: an alert, or several that are alike.
func (s Scene) groupOrAlert(g AlertGroup) string {
	if g.Total > 1 {
		return s.groupLine(g)
	}
	return s.alertLine(g.Alert)
}

// groupLine is several alerts that are alike.
func (s Scene) groupLine(g AlertGroup) string {
	var stands []string
	for _, t := range g.Stands {
		stands = append(stands, fmt.Sprintf("%d %s", t.Total, t.How))
	}
	out := markerOf(g.about()) + " *" + fmt.Sprint(g.Total) + " ×* " + line(levelled(string(g.Severity), alert.Name(&g.Alert.Alert)), 150) + "\n"
	if g.Service != "" {
		out += line(g.Service, maxService) + " · "
	}
	return out + "the newest " + s.named(g.Alert) + ", " + when(g.Opened) + " · since " + when(g.Oldest) + " · " + strings.Join(stands, ", ")
}

// named is an alert's id, linked to its card.
func (s Scene) named(a Alert) string {
	if a.Link != "" {
		return "*" + link(a.Link, a.ID) + "*"
	}
	return "*" + line(a.ID, 20) + "*"
}

// hushedLine is all that one silence keeps from paging.
func (s Scene) hushedLine(h HushedAlerts) string {
	what := "*" + line(h.Silence, 20) + "*"
	if h.Window != "" {
		what = "*Maintenance " + line(h.Window, maxName) + "*"
	}
	return "🔕 " + what + " silences " + count(h.Total, "alert", "alerts") + " until " + when(h.Until) + "\nthe newest " + s.named(h.Newest) + " " + line(h.Newest.Title, 150)
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// suppressed says how many alerts told nobody by themselves, and why.
func suppressed(l AlertList) string {
	var parts []string
	for _, c := range []struct {
		n    int
		what string
	}{{l.Silenced, "silenced"}, {l.Folded, "counted on the page of another"}, {l.Stormed, "on one card with others"}, {l.Gone, "resolved by nothing, since what they came by is not in the configuration any more (`watchbill doctor` names it)"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Of all: " + strings.Join(parts, ", ") + "."
}

// alertLine is one alert of a list.
func (s Scene) alertLine(a Alert) string {
	out := markerOf(a.about()) + " " + s.named(a) + " " + line(levelled(string(a.Severity), a.Title), 150) + "\n"
	if a.Service != "" {
		out += line(a.Service, maxService) + " · "
	}
	out += "since " + when(a.Opened)
	if a.Count > 1 {
		out += " · " + times(a.Count)
	}
	return out + " · " + s.stands(a)
}

// stands says in a few words who has an alert.
func (s Scene) stands(a Alert) string {
	switch {
	case a.InIncident():
		return line(a.Incident, 20)
	case a.Acknowledged != nil && a.Acknowledged.By == "":
		return "acknowledged in " + line(a.Acknowledged.Via, maxName)
	case a.Acknowledged != nil:
		return s.plain(a.Acknowledged.By) + " has it"
	case a.Noise != nil:
		return "not actionable, says " + s.plain(a.Noise.By)
	case a.Silenced(s.Now):
		return "silenced until " + around(s.Now, a.Hush.Until)
	case a.Page != "" && a.Folded:
		return "counted on " + line(a.Page, 20)
	case a.Page != "":
		return line(a.Page, 20) + ", no answer yet"
	case a.Unpaged != "":
		return "nobody was paged"
	case a.Waits.After(s.Now) && a.Pages:
		return "pages at " + clockTime(a.Waits)
	}
	return "pages nobody"
}

// AlertAcked answers who acknowledged an alert. Somebody may have been faster: they are
// named first.
func AlertAcked(a Alert, by string, s Scene) Message {
	id := "*" + line(a.ID, 20) + "*"
	switch first := a.Acknowledged; {
	case first == nil || first.By == "":
		return short(id + ": done.")
	case first.By != by:
		return short(s.plain(first.By) + " acknowledged " + id + " first, " + around(s.Now, first.At) + ". You are noted too: agree who works on it.")
	}
	return short("You have " + id + ": " + line(a.Title, incident.MaxTitle) + ". Nobody is paged for it any more. If people notice it: " + s.run("declare "+line(a.ID, 20)) + ".")
}

// AlertSilenced answers who silenced an alert.
func AlertSilenced(a Alert, made alert.Silence, s Scene) Message {
	text := "*" + line(a.ID, 20) + "* and the rest of its group page nobody until " + when(made.Until) + " (" + line(made.ID, 20) + "). What fires then, pages."
	if h := a.Hush; h != nil && h.Silence != made.ID && h.Until.After(made.Until) {
		text = orElse(s.by(a.Silence.By), "Something else") + " keeps *" + line(a.ID, 20) + "* silent even longer, until " + when(h.Until) + " (" + line(orElse(h.Silence, h.Window), maxName) + "). Yours is " + line(made.ID, 20) + "."
	}
	return Message{Text: text, Blocks: append([]slack.Block{section(text)}, endSilence(made)...)}
}

func (s Scene) by(person string) string {
	if person == "" {
		return ""
	}
	return s.plain(person)
}

func endSilence(made alert.Silence) []slack.Block {
	return row(button(EndSilence, made.ID, "End it"))
}

// SilenceMade answers who silenced alerts by what they have in common; n of those that
// fire are covered.
func SilenceMade(made alert.Silence, n int) Message {
	text := "*" + line(made.ID, 20) + "* silences " + silences(made) + " until " + when(made.Until) + ". "
	switch n {
	case 0:
		text += "Nothing that fires now is covered by it."
	case 1:
		text += "One alert that fires is covered by it."
	default:
		text += fmt.Sprintf("%d alerts that fire are covered by it.", n)
	}
	return Message{Text: text, Blocks: append([]slack.Block{section(text)}, endSilence(made)...)}
}

// silences is what a silence covers.
func silences(v alert.Silence) string {
	if v.Group != "" {
		return "the group of " + line(v.Text(), 150)
	}
	return "`" + strings.ReplaceAll(line(v.Text(), maxReason), "`", "'") + "`"
}

// SilenceEnded answers who ended a silence; n of the alerts that it covered fire still.
func SilenceEnded(v alert.Silence, n int) Message {
	text := "*" + line(v.ID, 20) + "* is over: it silenced " + silences(v) + ". "
	switch n {
	case 0:
		return short(text + "Nothing of it fires.")
	case 1:
		return short(text + "One alert of it still fires, and is taken up now.")
	}
	return short(text + fmt.Sprintf("%d alerts of it still fire, and are taken up now.", n))
}

// Window is a maintenance window that is on.
type Window struct {
	Name, What string
	Until      time.Time
}

// SilencesOf answers what keeps alerts from paging now.
func SilencesOf(list []alert.Silence, windows []Window, s Scene) Message {
	if len(list)+len(windows) == 0 {
		return short("Nothing is silenced. To silence something: " + s.run("silence service=checkout 2h <why>") + ".")
	}
	head := count(len(list), "silence", "silences") + " " + isAre(len(list)) + " in force"
	var lines []string
	for _, v := range list {
		l := "*" + line(v.ID, 20) + "* " + silences(v) + "\nuntil " + when(v.Until)
		if v.By != "" {
			l += ", by " + s.plain(v.By)
		}
		if v.Why != "" {
			l += ": " + line(v.Why, maxGlimpse)
		}
		lines = append(lines, l)
	}
	for _, w := range windows {
		lines = append(lines, "*Maintenance "+line(w.Name, maxName)+"* `"+strings.ReplaceAll(line(w.What, maxReason), "`", "'")+"`\nuntil "+when(w.Until))
	}
	shown, left := fitting(lines[:min(len(lines), maxListed)])
	left += max(0, len(lines)-maxListed)
	blocks := append([]slack.Block{section("*" + head + "*")}, paged(shown)...)
	if left > 0 {
		blocks = append(blocks, small(fmt.Sprintf("And %d more.", left)))
	}
	if len(list) > 0 {
		blocks = append(blocks, small(s.run("unsilence "+line(list[0].ID, 20))+" ends one before its time."))
	}
	return Message{Text: head + ".", Blocks: blocks}
}

// NoiseNoted answers who said that an alert is not actionable; before is who had said
// so already.
func NoiseNoted(a Alert, before string, s Scene) Message {
	text := "Noted: *" + line(a.ID, 20) + "* is not actionable."
	if a.State == alert.StateOpen {
		text += " It pages nobody any more while it goes on."
	}
	if before != "" {
		text = s.plain(before) + " said so before. " + text
	}
	return short(text + " Whoever owns the rule should see this: " + ruleOf(a))
}

// ruleOf is where the alert's rule is to be changed.
func ruleOf(a Alert) string {
	for _, kind := range []alert.LinkKind{alert.LinkSource, alert.LinkGraph} {
		for _, l := range a.Links {
			if l.Kind == kind {
				return link(l.URL, orElse(l.Text, string(kind))) + "."
			}
		}
	}
	return "it came by " + line(a.Integration, maxName) + "."
}

// AlertClosed answers who closed an alert by hand.
func AlertClosed(a Alert) Message {
	return short("*" + line(a.ID, 20) + "* is closed. What its source reports from now on opens another alert.")
}

// AlertTaken answers who wants to declare an incident for an alert that has one.
func AlertTaken(a Alert, by string, s Scene) Message {
	who := "It was declared already"
	if by != "" {
		who = s.plain(by) + " declared it already"
	}
	return Message{Text: who + ": " + line(a.Incident, 20), Blocks: []slack.Block{section(who+", and nothing was declared twice.", s.declared(a), line(a.Declared.Title, 2*incident.MaxTitle))}}
}

// AlertStatus answers how one alert stands, with the buttons of its card.
func AlertStatus(a Alert, s Scene) Message {
	m := AlertCard(a, s)
	if a.Link != "" {
		m.Blocks = append(m.Blocks, small("Its card is "+link(a.Link, "here")+"."))
	}
	return m
}

// HistoryOf answers what happened to an alert, the newest last.
func HistoryOf(a Alert, events []alert.Event, s Scene) Message {
	lines := alertLines(events, s)
	const most = 40
	left := max(0, len(lines)-most)
	lines = lines[left:]
	shown, more := fitting(lines)
	blocks := []slack.Block{section("*" + line(a.ID, 20) + "* " + line(a.Title, incident.MaxTitle))}
	if left > 0 {
		blocks = append(blocks, small(fmt.Sprintf("%d earlier entries are left out.", left)))
	}
	blocks = append(blocks, paged(shown)...)
	if more > 0 {
		blocks = append(blocks, small(fmt.Sprintf("And %d more.", more)))
	}
	return Message{Text: "What happened to " + line(a.ID, 20) + ".", Blocks: blocks}
}

func alertLines(events []alert.Event, s Scene) []string {
	var lines []string
	for _, e := range events {
		lines = append(lines, "• "+when(e.At)+" "+s.alertSentence(escapedAlert(e)))
	}
	return lines
}

// alertSentence is what happened to an alert, with its time in the reader's zone; e is
// escaped. Titles, names and reasons stay as somebody wrote them.
func (s Scene) alertSentence(e alert.Event) string {
	sentence := alert.Sentence(e, s.plain)
	switch {
	case e.Hush != nil:
		return oneInZone(sentence, e.Hush.Until)
	case !e.Until.IsZero():
		return oneInZone(sentence, e.Until)
	}
	return sentence
}

// escapedAlert is the event with every text in it made safe for mrkdwn.
func escapedAlert(e alert.Event) alert.Event {
	e.Via, e.Text, e.Page, e.Incident, e.Other = line(e.Via, maxName), line(e.Text, maxGlimpse), line(e.Page, 20), line(e.Incident, 20), line(e.Other, 20)
	e.Kind, e.Severity = alert.Kind(line(string(e.Kind), 40)), alert.Severity(line(string(e.Severity), 20))
	if e.Member != nil {
		e.Member = &alert.Member{Title: line(e.Member.Title, 150)}
	}
	e.Hush = escapedHush(e.Hush)
	if a := e.Alert; a != nil {
		e.Alert = &alert.Alert{Page: line(a.Page, 20), Folded: a.Folded, Hush: escapedHush(a.Hush)}
	}
	return e
}

func escapedHush(h *alert.Hush) *alert.Hush {
	if h == nil {
		return nil
	}
	return &alert.Hush{Silence: line(h.Silence, 20), Window: line(h.Window, maxName), Until: h.Until}
}
