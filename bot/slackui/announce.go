package slackui

import (
	"slices"
	"strings"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/bot/blockkit"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Announcement is the incident's message in the incidents channel; it is edited
// in place and tells where the incident is worked on.
func Announcement(i incident.Incident, s Scene) Message {
	lines := []string{
		marker(i) + " *" + i.Severity.String() + "* · " + facts(i),
		line(i.Title, 2*incident.MaxTitle),
		"*Lead:* " + s.leadLine(i),
	}
	where := s.place(i, "its channel is being opened; this message will name it.")
	if i.Room.State == incident.RoomThread {
		where = "*Where:* in this thread, not in a channel: " + line(i.Room.Why, maxReason)
	}
	lines = append(lines, s.pagedFact(i), lifeline(i), where)
	if i.Draft != "" {
		lines = append(lines, "*Postmortem:* "+link(i.Draft, "the draft"))
	}
	blocks := []slack.Block{section(lines...)}
	if i.Update != nil {
		blocks = append(blocks, section("*Last update* by "+s.plain(i.Update.By)+", "+when(i.Update.At)+"\n"+quote(i.Update.Text, maxReason)))
	}
	return Message{Text: s.inShort(i), Blocks: blocks}
}

// place says where the incident is worked on, to those who are elsewhere; pending is
// what to say before its channel is open.
func (s Scene) place(i incident.Incident, pending string) string {
	switch i.Room.State {
	case incident.RoomOpen:
		return "*Where:* " + orElse(room(i.Room.Channel), "#"+line(i.Room.Name, maxName))
	case incident.RoomThread:
		return s.placeLine(paging.Place{State: paging.PlaceThread}) + ": " + line(i.Room.Why, maxReason)
	}
	return "*Where:* " + pending
}

// maxTopic is Slack's limit for topics and purposes.
const maxTopic = 250

// Topic is the topic of the incident's channel: plain text of at most 250
// characters. Slack posts a message for each change of a topic, so it leaves to the
// card what changes often. Slack shows topics unparsed in some places and parsed in others, so
// what could begin a mention is replaced, not escaped.
func Topic(i incident.Incident) string {
	head := i.Severity.String() + " " + statusWord(i) + " · "
	tail := " · " + inert(i.ID, 20)
	title := inert(i.Title, maxTopic-len([]rune(head+tail)))
	return head + title + tail
}

var unparsed = strings.NewReplacer("<", "‹", ">", "›", "&lt;", "‹", "&gt;", "›")

func inert(s string, limit int) string {
	return incident.Clip(unparsed.Replace(oneLine(s, limit)), limit)
}

// Bookmark is one link at the top of a channel.
type Bookmark struct{ Title, URL string }

// Links are the bookmarks of the incident's channel, in order.
func Links(i incident.Incident, s Scene) []Bookmark {
	var out []Bookmark
	if webAddress(s.NewsLink) {
		out = append(out, Bookmark{"Announcement of " + i.ID, s.NewsLink})
	}
	for _, l := range s.Help[:min(len(s.Help), maxLinks)] {
		if webAddress(l.URL) {
			out = append(out, Bookmark{l.Text, l.URL})
		}
	}
	if webAddress(i.Draft) {
		out = append(out, Bookmark{"Postmortem draft", i.Draft})
	}
	return out
}

// Tell tells the incidents channel that Watchbill itself could not do something.
func Tell(e incident.Event, i incident.Incident, s Scene) Message {
	what := s.sentence(e, s.plain) + " If it is still needed, somebody must do it by hand."
	where, _ := s.workedOn(i)
	return Message{Text: blockkit.Truncate(line(i.ID, 20)+" "+i.Severity.String()+": "+what, maxSection), Blocks: []slack.Block{section(incidentLine(i), what, where)}}
}

// Nobody tells the incidents channel that a page reaches nobody, and asks for somebody
// until there is an answer, to that page or to one after it.
func Nobody(i incident.Incident, page string, s Scene) Message {
	what := s.sentence(incident.Event{Kind: incident.PageNobody, Page: page}, s.plain)
	states, answered := s.since(i, page)
	if !i.Active() {
		states = append(states, line(i.ID, 20)+" is "+statusWord(i))
	}
	text := "Nobody is reached: " + i.Severity.String() + " " + line(i.Title, incident.MaxTitle) + " (" + line(i.ID, 20) + "). Can you take it, or page somebody who can?"
	if len(states) > 0 {
		what = line(page, 20) + " reached nobody. Since then: " + strings.Join(states, "; ") + "."
		text = line(i.ID, 20) + ": " + what
	}
	where, open := s.workedOn(i)
	m := Message{Text: blockkit.Truncate(text, maxSection), Blocks: []slack.Block{section(incidentLine(i), what, "*Lead:* "+s.leadLine(i), where)}}
	if i.Active() && !answered {
		m.Unheard = s.Unheard
		m.Blocks = append(m.Blocks, section("*Whoever reads this:* page somebody who can help, or go there and take command."))
		m.Blocks = append(m.Blocks, s.deadButtons("incident page "+line(i.ID, 20)+" &lt;who&gt;")...)
		m.Blocks = append(m.Blocks, row(button(AskPage, i.ID, "Page somebody…"), open)...)
	}
	return m
}

// since is how a page that reached nobody and those after it stand that reached somebody,
// and whether one was answered.
func (s Scene) since(i incident.Incident, page string) (states []string, answered bool) {
	first := max(0, slices.IndexFunc(i.Pages, func(p incident.PageState) bool { return p.ID == page }))
	for _, p := range i.Pages[min(first, len(i.Pages)):] {
		if len(p.Whom) > 0 || p.By != "" {
			states, answered = append(states, s.pageState(p)), answered || p.By != ""
		}
	}
	const most = 5
	if more := len(states) - most; more > 0 {
		states = append(states[:most], count(more, "more page", "more pages"))
	}
	return states, answered
}

// incidentLine names an incident to those outside its room.
func incidentLine(i incident.Incident) string {
	return "*" + line(i.ID, 20) + "* · " + i.Severity.String() + " · " + line(i.Title, 2*incident.MaxTitle)
}

// workedOn says where an open room is, and gives a button that leads there.
func (s Scene) workedOn(i incident.Incident) (where string, open *slack.ButtonBlockElement) {
	at := room(i.Room.Channel)
	if at == "" || i.Room.State != incident.RoomOpen {
		return "", nil
	}
	if url := s.channelURL(i.Room.Channel); webAddress(url) {
		open = button(OpenLink, i.ID, "Open the channel").WithURL(url)
	}
	return "*Where:* " + at, open
}
