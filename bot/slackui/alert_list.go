package slackui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/oncall/alert"
)

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
	stands []stand   // how they stand, the most frequent first
}

// stand counts the alerts of a group that stand alike.
type stand struct {
	how   string
	total int
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
	add := func(a alert.Alert) { out = append(out, AlertGroup{Alert: Alert{Alert: a}, Oldest: a.Opened}) }
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
		slices.SortStableFunc(out[n].stands, func(a, b stand) int { return cmp.Compare(b.total, a.total) })
	}
	return out
}

func (g *AlertGroup) take(a *alert.Alert) {
	g.Total++
	if a.Opened.Before(g.Oldest) {
		g.Oldest = a.Opened
	}
	how := shortStand(a)
	n := slices.IndexFunc(g.stands, func(s stand) bool { return s.how == how })
	if n < 0 {
		n = len(g.stands)
		g.stands = append(g.stands, stand{how: how})
	}
	g.stands[n].total++
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
	shown, told := s.entries(l)
	blocks := append([]slack.Block{section("*" + head + "*")}, paged(shown)...)
	if below := s.belowList(l, l.Open-told); len(below) > 0 {
		blocks = append(blocks, small(below...))
	}
	return Message{Text: head + ".", Blocks: blocks}
}

// entries are those of a list that one message takes, and how many alerts they stand for.
func (s Scene) entries(l AlertList) (shown []string, told int) {
	var lines []string
	for _, g := range l.List[:min(len(l.List), maxListed)] {
		lines = append(lines, s.groupOrAlert(g))
	}
	shown, _ = fitting(lines)
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
	return shown, told
}

// belowList says how to read a list, and what is not in it.
func (s Scene) belowList(l AlertList, more int) []string {
	var out []string
	if n := slices.IndexFunc(l.List, func(g AlertGroup) bool { return g.Total > 1 }); n >= 0 {
		out = append(out, "Alerts that are alike are one line: "+s.run("alerts "+alikeName(&l.List[n].Alert.Alert))+" lists them.")
	}
	if more > 0 {
		out = append(out, fmt.Sprintf("And %d more. %s shows those of one service; `watchbill alert list` in a shell lists up to 10,000.", more, s.run("alerts checkout")))
	}
	if told := suppressed(l); told != "" {
		out = append(out, told)
	}
	return out
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

func (s Scene) groupLine(g AlertGroup) string {
	var stands []string
	for _, t := range g.stands {
		stands = append(stands, fmt.Sprintf("%d %s", t.total, t.how))
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
