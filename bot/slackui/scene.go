package slackui

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/bot/blockkit"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Message is what goes to Slack. Text is what a notification and a screen reader
// say; it is never empty and escaped like mrkdwn.
type Message struct {
	Text   string
	Blocks []slack.Block
	// Unheard says that it tells of buttons that do not work at the moment.
	Unheard bool
}

// Scene is what a view must know besides the record. The zero Scene works: people
// are then shown by the names they have in the record.
type Scene struct {
	Now time.Time
	// Mention gives "<@U1>" for a person Slack knows; anything else it gives is
	// shown as a plain name.
	Mention func(person string) string
	// PlainName gives the name of a person as people read it, unescaped.
	PlainName func(person string) string
	// Command and OncallCommand are the commands' names; empty: "/inc", "/oncall".
	Command, OncallCommand string
	// TeamURL is the workspace's address, "https://acme.slack.com/"; empty: links
	// to channels are left out where a mention cannot stand.
	TeamURL string
	// NewsChannel is the id of the incidents channel, NewsLink the permalink of
	// this incident's announcement; both may be empty.
	NewsChannel, NewsLink string
	// Help is what there is to look at when the incident's service is broken.
	Help []paging.Link
	// Alerts are the open alerts of the incident, with the addresses of their cards.
	Alerts []paging.Link
	// Also is what else an answer says.
	Also []string
	// Here says that the reader is in the incident's own channel, where what
	// changed is told to everybody.
	Here bool
	// Unheard says that Slack brings nothing of what is pressed and typed.
	Unheard bool
	// Elsewhere is where the page of the view is answered without Slack.
	Elsewhere Elsewhere
	// Zone is where the reader is, if there is one alone; nil: UTC. Slack shows times in
	// each reader's zone by itself, but does not say when a day begins.
	Zone *time.Location
	// Services are the names a person may choose from.
	Services []string
}

// Elsewhere is where a page is answered without Slack, besides a shell.
type Elsewhere struct {
	Link string // the reader's own; empty: there is none
	API  bool   // there are tokens for it
}

func (s Scene) command() string { return orElse(s.Command, "/inc") }

func (s Scene) oncallCommand() string { return orElse(s.OncallCommand, "/oncall") }

// run is a command as people type it, in backticks; args are plain.
func (s Scene) run(args string) string {
	return "`" + blockkit.Escape(strings.TrimSpace(s.command()+" "+args)) + "`"
}

// Names gives plain names, unescaped: the naming function for the lines that
// TimelineOf takes. "" is Watchbill, "channel:ops" is "#ops".
func (s Scene) Names(person string) string {
	if person == "" {
		return "Watchbill"
	}
	if channel, ok := strings.CutPrefix(person, "channel:"); ok {
		return "#" + channel
	}
	if token, ok := strings.CutPrefix(person, incident.TokenPrefix); ok {
		return incident.TokenName(token)
	}
	if s.PlainName != nil {
		return orElse(s.PlainName(person), person)
	}
	return person
}

// plain is a person or a channel for mrkdwn, in a form that notifies nobody.
func (s Scene) plain(person string) string {
	if channel, ok := strings.CutPrefix(person, "channel:"); ok && idForm.MatchString(channel) {
		return "<#" + channel + ">"
	}
	return line(s.Names(person), maxName)
}

var (
	mentionForm = regexp.MustCompile(`^<@[A-Z0-9]{2,30}>$`)
	idForm      = regexp.MustCompile(`^[CG][A-Z0-9]{1,30}$`)
)

// mention is a person for mrkdwn, as somebody who is to notice it.
func (s Scene) mention(person string) string {
	if s.Mention != nil && person != "" && !strings.HasPrefix(person, "channel:") {
		if m := s.Mention(person); mentionForm.MatchString(m) {
			return m
		}
	}
	return s.plain(person)
}

func (s Scene) plains(people []string) string { return listed(people, s.plain) }

// room mentions a channel by its id; empty when there is none.
func room(channel string) string {
	if !idForm.MatchString(channel) {
		return ""
	}
	return "<#" + channel + ">"
}

// channelURL is the address of a channel; empty when the workspace's is not known.
func (s Scene) channelURL(channel string) string {
	if s.TeamURL == "" || !idForm.MatchString(channel) {
		return ""
	}
	return strings.TrimRight(s.TeamURL, "/") + "/archives/" + channel
}

// when is a time in its reader's zone, with the day.
func when(t time.Time) string {
	text := t.UTC().Format("2006-01-02 15:04 MST")
	switch {
	case t.IsZero():
		return "an unknown time"
	case t.Unix() <= 0: // Slack's dates begin later
		return text
	}
	return fmt.Sprintf("<!date^%d^{date_short_pretty} at {time}|%s>", t.Unix(), text)
}

var ourTime = regexp.MustCompile(`(?:\d{4}-\d{2}-\d{2} )?\d{2}:\d{2}(?::\d{2})? UTC\b`)

// inZone shows the times that a sentence of ours gives in UTC in its reader's zone. What
// stands in quotation marks stays as somebody wrote it.
func (s Scene) inZone(sentence string) string {
	var b strings.Builder
	end := 0
	for _, at := range ourTime.FindAllStringIndex(sentence, -1) {
		text := sentence[at[0]:at[1]]
		shown := ""
		if t, err := time.Parse("2006-01-02 15:04 MST", text); err == nil {
			shown = when(t)
		} else if t, ok := s.nearest(text); ok {
			shown = clockTime(t)
		}
		if shown == "" || quoted(sentence[:at[0]]) {
			continue
		}
		b.WriteString(sentence[end:at[0]] + shown)
		end = at[1]
	}
	return b.String() + sentence[end:]
}

// lastInZone is inZone for a sentence whose last time alone is ours: what stands before it
// may be the name of somebody.
func (s Scene) lastInZone(sentence string) string {
	all := ourTime.FindAllStringIndex(sentence, -1)
	if len(all) == 0 {
		return sentence
	}
	begin := all[len(all)-1][0]
	return sentence[:begin] + s.inZone(sentence[begin:])
}

// oneInZone shows the one instant that a sentence of ours tells of in its reader's zone:
// other times in it are of names and reasons.
func oneInZone(sentence string, t time.Time) string {
	t = t.UTC()
	for _, at := range ourTime.FindAllStringIndex(sentence, -1) {
		switch sentence[at[0]:at[1]] {
		case t.Format("15:04 MST"):
			return sentence[:at[0]] + clockTime(t) + sentence[at[1]:]
		case t.Format("2006-01-02 15:04 MST"):
			return sentence[:at[0]] + when(t) + sentence[at[1]:]
		}
	}
	return sentence
}

// quoted says whether what follows stands in quotation marks or backticks.
func quoted(before string) bool {
	return (strings.Count(before, `"`)-strings.Count(before, `\"`))%2 == 1 || strings.Count(before, "`")%2 == 1 || strings.Count(before, "“") > strings.Count(before, "”")
}

// nearest is the time of day in UTC that is nearest to now.
func (s Scene) nearest(clock string) (time.Time, bool) {
	t, err := time.Parse("15:04 MST", clock)
	if err != nil {
		if t, err = time.Parse("15:04:05 MST", clock); err != nil {
			return t, false
		}
	}
	now := s.Now.UTC()
	t = time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	switch d := t.Sub(now); {
	case d > 12*time.Hour:
		t = t.AddDate(0, 0, -1)
	case d < -12*time.Hour:
		t = t.AddDate(0, 0, 1)
	}
	return t, true
}

// clockTime is a time in its reader's zone, without the day.
func clockTime(t time.Time) string {
	if t.Unix() <= 0 {
		return "an unknown time"
	}
	return fmt.Sprintf("<!date^%d^{time}|%s>", t.Unix(), t.UTC().Format("15:04 MST"))
}

// around is a time in its reader's zone, with the day where it is not within half a
// day of one that its reader knows.
func around(known, t time.Time) string {
	if t.Sub(known).Abs() < 12*time.Hour {
		return clockTime(t)
	}
	return when(t)
}

// period is a stretch of time in its reader's zone.
func period(from, to time.Time) string { return when(from) + " to " + around(from, to) }

// link is a labelled link; without a usable address it is the label.
func link(url, label string) string {
	label = line(strings.ReplaceAll(label, "|", "/"), 200)
	if !webAddress(url) {
		return label
	}
	return "<" + blockkit.Escape(url) + "|" + label + ">"
}

var addressForm = regexp.MustCompile(`^https?://[^\s<>|"]+$`)

func webAddress(url string) bool { return len(url) <= 2000 && addressForm.MatchString(url) }
