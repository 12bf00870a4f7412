package slackui

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
)

// StormTopic counts the alerts of one service that have one title.
type StormTopic struct {
	Service, Title string
	Total, Firing  int
}

// Storm are alerts of one channel that have no card of their own.
type Storm struct {
	Began, Last   time.Time
	Total, Firing int
	Topics        []StormTopic // the most frequent first
	Others        int          // alerts that Topics does not count
}

// Bounds of what is counted in one message.
const (
	maxServices = 12 // services
	maxTopics   = 4  // titles of each
)

// StormCard is the one message of a channel about all the alerts that have no card of
// their own.
func StormCard(c Storm, s Scene) Message {
	what := count(c.Total, "more alert", "more alerts")
	if c.Firing <= 0 {
		text := "✅ *" + what + "*, " + when(c.Began) + " to " + around(c.Began, c.Last) + ": none of them fires any more."
		return Message{Text: what + " without a card of their own: none fires any more.", Blocks: []slack.Block{section(text, byService(c, StormTopic.total))}}
	}
	head := "*" + what + "* since " + when(c.Began)
	if c.Firing < c.Total {
		head += fmt.Sprintf("; %d fire now", c.Firing)
	}
	blocks := []slack.Block{section("🟠 "+head, byService(c, StormTopic.firing)),
		small("So many came at once that these have no card of their own. Their pages are counted on those that were sent. " + s.run("alerts") + " lists them.")}
	return Message{Text: what + " without a card of their own: " + shortly(c) + ".", Blocks: blocks}
}

func (t StormTopic) total() int  { return t.Total }
func (t StormTopic) firing() int { return t.Firing }

// byService lists what is counted, a line for each service.
func byService(c Storm, of func(StormTopic) int) string {
	type service struct {
		name   string
		n      int
		titles []string
	}
	var order []*service
	by := map[string]*service{}
	for _, t := range c.Topics {
		n := of(t)
		if n <= 0 {
			continue
		}
		v := by[t.Service]
		if v == nil {
			v = &service{name: t.Service}
			by[t.Service] = v
			order = append(order, v)
		}
		v.n += n
		if len(v.titles) < maxTopics {
			title := line(t.Title, 120)
			if n > 1 {
				title += fmt.Sprintf(" (%d)", n)
			}
			v.titles = append(v.titles, title)
		} else if len(v.titles) == maxTopics {
			v.titles = append(v.titles, "…")
		}
	}
	var lines []string
	left := c.Others
	for n, v := range order {
		if n >= maxServices {
			left += v.n
			continue
		}
		number := ""
		if len(v.titles) > 1 && c.Others == 0 { // others may be of this service too
			number = fmt.Sprintf(" (%d)", v.n)
		}
		lines = append(lines, fmt.Sprintf("• *%s*%s: %s", serviceName(v.name), number, strings.Join(v.titles, ", ")))
	}
	if left > 0 {
		lines = append(lines, fmt.Sprintf("• and %d more with other titles", left))
	}
	return strings.Join(lines, "\n")
}

func serviceName(name string) string { return line(orElse(name, "no service"), maxService) }

// shortly is the count of each service: "checkout 20, search 12, others 5".
func shortly(c Storm) string {
	const most = 4
	var order []string
	n := map[string]int{}
	for _, t := range c.Topics {
		if n[t.Service] == 0 {
			order = append(order, t.Service)
		}
		n[t.Service] += t.Total
	}
	var out []string
	for _, name := range order[:min(len(order), most)] {
		out = append(out, fmt.Sprintf("%s %d", serviceName(name), n[name]))
	}
	if len(order) > most {
		out = append(out, "…")
	}
	if c.Others > 0 {
		out = append(out, fmt.Sprintf("others %d", c.Others))
	}
	return orElse(strings.Join(out, ", "), "nothing that is known")
}

// Kept is what a silence or a maintenance window kept from paging.
type Kept struct {
	// Silence is the id of the silence, Window the name of the maintenance.
	Silence, Window string
	// What it silenced, as people write it; By, Why and EndedBy as they said.
	What, By, Why, EndedBy string
	From, Until            time.Time
	// Told is when it was noticed that it is over.
	Told time.Time
	// Storm counts it: Firing are those that still fire, and page now.
	Storm
	// Signals is how often their sources reported them.
	Signals int
}

// lateAfter is how long after its time something is told late.
const lateAfter = 5 * time.Minute

// KeptPost tells a channel what was silenced there, once what silenced it is over.
func KeptPost(k Kept, s Scene) Message {
	name := "The maintenance " + line(k.Window, maxName)
	if k.Silence != "" {
		name = line(k.Silence, 20)
	}
	over := name + " is over"
	if k.EndedBy != "" {
		over = name + " was ended by " + s.plain(k.EndedBy)
	}
	head := "*" + over + "*"
	if k.By != "" && k.By != k.EndedBy {
		head += " · made by " + s.plain(k.By)
	}
	var about []string
	if k.What != "" {
		about = append(about, typed(k.What))
	}
	if k.Why != "" {
		about = append(about, line(k.Why, maxReason))
	}
	if !k.From.IsZero() {
		about = append(about, when(k.From)+" to "+around(k.From, k.Until))
	}
	if k.Told.Sub(k.Until) > lateAfter {
		about = append(about, "told late: Watchbill was not running when it ended")
	}
	kept := "It silenced " + count(k.Total, "alert", "alerts")
	if k.Signals > k.Total {
		kept += fmt.Sprintf(", reported %s", times(k.Signals))
	}
	text := over + ". " + k.stillFires() + " It silenced " + count(k.Total, "alert", "alerts") + ": " + shortly(k.Storm) + "."
	return Message{Text: text, Blocks: []slack.Block{section(head, strings.Join(about, " · "), kept+".", "*"+k.fires()+"*", byService(k.Storm, StormTopic.total))}}
}

// stillFires is fires where it comes first.
func (k Kept) stillFires() string {
	switch {
	case k.Firing <= 0:
		return "Nothing of it fires any more."
	case k.Firing == 1:
		return "1 alert of it still fires, and is taken up now."
	}
	return fmt.Sprintf("%d alerts of it still fire, and are taken up now.", k.Firing)
}

// fires says how much of it must be taken up now.
func (k Kept) fires() string {
	switch {
	case k.Firing <= 0 && k.Total == 1:
		return "It fires no more."
	case k.Firing <= 0:
		return "None of them fires any more."
	case k.Total == 1:
		return "It still fires, and is taken up now."
	case k.Firing == k.Total:
		return "All of them still fire, and are taken up now."
	case k.Firing == 1:
		return "1 of them still fires, and is taken up now."
	}
	return fmt.Sprintf("%d of them still fire, and are taken up now.", k.Firing)
}

// Tally counts the alerts of one channel that people called not actionable in a week.
type Tally struct {
	From, Until time.Time
	Told        time.Time // when it was noticed that the week is over
	Storm                 // Total and Topics count them
}

// TallyPost tells a channel, once a week, which of its alerts were not actionable.
func TallyPost(t Tally) Message {
	what := count(t.Total, "alert was", "alerts were") + " called not actionable"
	over := "From " + period(t.From, t.Until)
	if t.Told.Sub(t.Until) > lateAfter {
		over += " · told late: Watchbill was not running when the week ended"
	}
	return Message{Text: what + " last week: " + shortly(t.Storm) + ".",
		Blocks: []slack.Block{section("*"+what+"*", byService(t.Storm, StormTopic.total)), small(over + "\nMend their rules or take them away, so that they wake nobody again.")}}
}

// PassedPost is one message instead of the cards of alerts that came and went while
// Slack could not be reached, oldest first.
func PassedPost(list []alert.Alert, s Scene) Message {
	head := count(len(list), "alert", "alerts") + " came and went while Slack could not be reached"
	var lines []string
	for _, a := range list {
		l := "• *" + line(a.ID, 20) + "* " + line(levelled(string(a.Severity), a.Title), 150) + ", " + when(a.Opened) + " to " + around(a.Opened, a.Ended)
		if a.Acknowledged != nil && a.Acknowledged.By != "" {
			l += ", acknowledged by " + s.plain(a.Acknowledged.By)
		}
		if a.Incident != "" {
			l += ", " + line(a.Incident, 20)
		}
		lines = append(lines, l)
	}
	blocks := append([]slack.Block{section("✅ *" + head + "*")}, listing(lines, len(lines))...)
	text := head
	if len(list) > 0 {
		text += ": " + line(list[0].Title, incident.MaxTitle)
	}
	return Message{Text: text + ".", Blocks: blocks}
}
