package slackui

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// HomeTab is what concerns one person.
type HomeTab struct {
	Pages     []HomePage // open pages that were sent to them
	Held      []HomePage // pages that they have taken and that are not over
	Incidents []incident.Incident
	// Alerts are the open ones of the services of their teams.
	Alerts AlertList
	Shifts []Shift // now and coming, in order
	// Stands is what they asked for or noted on the schedules, and is not over.
	Stands []Stood
}

// HomePage is a page with the level and title of what it is about; both may be empty.
type HomePage struct {
	paging.Page
	Level, Title string
}

// MaxHome is how many entries each part of the Home tab shows.
const MaxHome = 10

// Home is a person's Home tab.
func Home(d HomeTab, s Scene) slack.HomeTabViewRequest {
	instead := "incident declare &lt;what is broken&gt;"
	if len(d.Pages) > 0 {
		instead = "page ack " + line(d.Pages[0].ID, 20)
	}
	blocks := append(s.deadButtons(instead), row(primary(button(AskDeclare, "", "Declare an incident")))...)
	blocks = append(blocks, homePages(d.Pages)...)
	blocks = append(blocks, s.heldPages(d.Held)...)
	blocks = append(blocks, header("Open incidents"))
	if len(d.Incidents) == 0 {
		blocks = append(blocks, section("None."))
	} else {
		blocks = append(blocks, ListOf(d.Incidents[:min(len(d.Incidents), MaxHome)], 0, s).Blocks[1:]...)
	}
	blocks = append(blocks, moreThan(len(d.Incidents), ": "+s.run("list")+" shows more")...)
	blocks = append(blocks, s.homeAlerts(d.Alerts)...)
	blocks = append(blocks, header("Your time on call"))
	blocks = append(blocks, paged(s.shiftLines(d.Shifts))...)
	blocks = append(blocks, moreThan(len(d.Shifts), "")...)
	for _, c := range d.Stands[:min(len(d.Stands), MaxHome)] {
		blocks = append(blocks, s.stood(c))
	}
	blocks = append(blocks, moreThan(len(d.Stands), ": "+s.runOncall("changes")+" shows them")...)
	blocks = append(blocks, small(s.runOncall("")+" shows who is on call; "+s.run("help")+" lists what you can type."))
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}}
}

func (s Scene) shiftLines(shifts []Shift) []string {
	var lines []string
	for _, f := range shifts[:min(len(shifts), MaxHome)] {
		state := ""
		if !s.Now.Before(f.From) && s.Now.Before(f.To) {
			state = " (now)"
		}
		lines = append(lines, fmt.Sprintf("*%s*%s: %s", line(f.Schedule, 60), state, period(f.From, f.To)))
	}
	if len(lines) == 0 {
		return []string{"None that is planned."}
	}
	return lines
}

// ShiftsOf answers when a person is on call; an empty name is the reader.
func ShiftsOf(person string, shifts []Shift, s Scene) Message {
	head := "Your time on call"
	if person != "" {
		head = "Time on call of " + s.plain(person)
	}
	return Message{Text: head, Blocks: append([]slack.Block{section("*" + head + "*")}, append(paged(s.shiftLines(shifts)), moreThan(len(shifts), "")...)...)}
}

// moreThan says how many of n are not shown, and where they are.
func moreThan(n int, where string) []slack.Block {
	if n <= MaxHome {
		return nil
	}
	return []slack.Block{small(fmt.Sprintf("And %d more%s.", n-MaxHome, where))}
}

// MaxHomeAlerts is how many alerts, or groups of such that are alike, the Home tab lists.
const MaxHomeAlerts = 5

// homeAlerts are the open alerts of a person's teams; without any there is nothing to
// show.
func (s Scene) homeAlerts(l AlertList) []slack.Block {
	if l.Open == 0 {
		return nil
	}
	var lines []string
	told := 0
	for _, g := range l.List[:min(len(l.List), MaxHomeAlerts)] {
		lines = append(lines, s.groupOrAlert(g))
		told += max(g.Total, 1)
	}
	below := ""
	if n := l.Open - told; n > 0 {
		below = fmt.Sprintf("And %d more; %s lists all. ", n, s.run("alerts"))
	}
	if l.Silenced > 0 {
		below += fmt.Sprintf("%d silenced. ", l.Silenced)
	}
	example := "ALERT-7"
	if len(l.List) > 0 {
		example = oneLine(l.List[0].ID, 20)
	}
	below += "To silence one: " + s.run("silence "+example+" 2h why") + "."
	return append(append([]slack.Block{header("Alerts of your teams")}, paged(lines)...), small(below))
}

// homePages are the pages that wait for the person's answer; without any there
// is nothing to show.
func homePages(pages []HomePage) []slack.Block {
	if len(pages) == 0 {
		return nil
	}
	blocks := []slack.Block{header("Waiting for your answer")}
	for _, p := range pages[:min(len(pages), MaxHome)] {
		value := pageValue(p.Page)
		blocks = append(blocks, section(p.about()+" · since "+when(p.Opened)))
		blocks = append(blocks, row(primary(button(PageAck, value, "Acknowledge")), button(PageEscalate, value, "Escalate"), button(PageDecline, value, "I can't"))...)
	}
	return append(blocks, moreThan(len(pages), ": each came as a message from Watchbill")...)
}

// about says how bad it is and what is broken, and below that which page it is.
func (p HomePage) about() string {
	what := line(p.Title, incident.MaxTitle)
	if level := line(orElse(p.Level, p.Facts.Severity), maxService); level != "" {
		what = strings.TrimSuffix(levelled(level, what), " · ")
	}
	return strings.TrimPrefix("*"+what+"*\n", "**\n") + "*" + line(p.ID, 20) + "* for " +
		aboutFacts(paging.About{ID: p.Subject, Service: p.Facts.Service})
}

// heldPages are the pages that the person has, with how to pass them on or take them
// back up.
func (s Scene) heldPages(pages []HomePage) []slack.Block {
	if len(pages) == 0 {
		return nil
	}
	blocks := []slack.Block{header("Pages you have")}
	for _, p := range pages[:min(len(pages), MaxHome)] {
		text := p.about()
		switch {
		case p.Snoozed:
			text += "\nSnoozed until " + when(p.Until) + ". Then whoever is on call is paged."
		case !p.Until.IsZero():
			text += "\nIf it is not over by " + when(p.Until) + ", it comes again."
		}
		blocks = append(blocks, beside(pageMenu(p.Page), text))
		if p.Snoozed {
			blocks = append(blocks, row(button(PageAck, pageValue(p.Page), "Acknowledge"))...)
		}
	}
	return append(blocks, moreThan(len(pages), "")...)
}
