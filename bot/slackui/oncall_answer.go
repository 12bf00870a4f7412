package slackui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/oncall"
)

// RosterDone confirms what a command changed on a schedule. Without events it says
// that nothing had to change. Warnings are plain sentences.
func RosterDone(schedule string, events []oncall.Event, warnings []string, s Scene) Message {
	var lines []string
	var buttons []*slack.ButtonBlockElement
	for _, e := range events {
		switch e.Kind {
		case oncall.CoverRequested:
			lines = append(lines, "I ask the others to cover you, "+when(e.Request.From)+" to "+when(e.Request.To)+". You stay on call until somebody takes it.")
			buttons = append(buttons, button(RosterWithdraw, e.Request.ID+"|"+schedule, "Withdraw"))
		case oncall.SwapProposed:
			lines = append(lines, "I ask "+s.plain(e.Request.Other)+" to swap. Nothing changes until they accept.")
			buttons = append(buttons, button(RosterWithdraw, e.Request.ID+"|"+schedule, "Withdraw"))
		case oncall.RequestClosed:
			lines = append(lines, s.requestEnd(*e.Request, e.By))
		case oncall.OverridesAdded:
			for _, o := range e.Overrides {
				lines = append(lines, s.overrideLine(o))
			}
		default:
			if said := e.Sentence(); said != "" {
				lines = append(lines, strings.ToUpper(said[:1])+line(said[1:], 300)+".")
			}
		}
	}
	if len(lines) == 0 {
		lines = []string{"That is so already; nothing had to change."}
	}
	for _, w := range warnings {
		lines = append(lines, ":warning: "+line(w, 300))
	}
	head := "*" + line(schedule, 60) + "* · " + lines[0]
	blocks := []slack.Block{section(append([]string{head}, lines[1:min(len(lines), 12)]...)...)}
	return Message{Text: head, Blocks: append(blocks, row(buttons...)...)}
}

func (s Scene) overrideLine(o oncall.StoredOverride) string {
	switch {
	case o.Person == "":
		return s.plain(o.Replaces) + " is off call " + overrideTimes(o) + "; nobody comes instead."
	case o.Replaces == "":
		return s.plain(o.Person) + " is on call as well, " + overrideTimes(o) + "."
	}
	return s.plain(o.Person) + " is on call for " + s.plain(o.Replaces) + ", " + overrideTimes(o) + "."
}

// ScheduleGaps are the times in which nobody is on call on one schedule.
type ScheduleGaps struct {
	Schedule string
	Gaps     []oncall.Gap
	// Meant says that the schedule wants it so.
	Meant bool
}

// GapsAnswer answers when nobody is on call within 60 days.
func GapsAnswer(list []ScheduleGaps, s Scene) Message {
	var lines []string
	const most = 10
	for _, g := range list {
		switch {
		case g.Meant:
			lines = append(lines, "*"+line(g.Schedule, 60)+"*: times with nobody are meant there.")
		case len(g.Gaps) == 0:
			lines = append(lines, "*"+line(g.Schedule, 60)+"*: none.")
		default:
			l := "*" + line(g.Schedule, 60) + "*: nobody is on call"
			for _, gap := range g.Gaps[:min(len(g.Gaps), most)] {
				l += "\n• " + when(gap.Start) + " to " + when(gap.End)
			}
			if more := len(g.Gaps) - most; more > 0 {
				l += fmt.Sprintf("\nand %d more times", more)
			}
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 {
		return short("There is no schedule yet. Add one to the configuration under `schedules`.")
	}
	head := "*Gaps in the next 60 days*"
	shown, more := fitting(lines[:min(len(lines), maxWatches)])
	blocks := append([]slack.Block{section(head)}, paged(shown)...)
	if more += max(0, len(lines)-maxWatches); more > 0 {
		blocks = append(blocks, small(fmt.Sprintf("And %d more schedules: name one.", more)))
	}
	return Message{Text: head, Blocks: blocks}
}

// WhichSchedule asks which schedule is meant; text runs the command when the name
// is put behind it.
func WhichSchedule(names []string, typed string, s Scene) Message {
	var lines []string
	for _, n := range names[:min(len(names), 20)] {
		lines = append(lines, "`"+s.oncallCommand()+" "+line(strings.TrimSpace(typed+" "+n), 200)+"`")
	}
	return short("Which schedule? Type one of these:\n" + strings.Join(lines, "\n"))
}

// Noted is a plain confirmation of our own.
func Noted(text string, s Scene) Message { return short(s.escapedMessage(text)) }

// RosterHelp lists what can be typed about schedules.
func RosterHelp(s Scene) Message {
	run := func(args string) string { return "`" + strings.TrimSpace(s.oncallCommand()+" "+args) + "`" }
	return short(strings.Join([]string{
		run("") + " shows who is on call now and next; " + run("checkout") + " for one schedule",
		run("schedule checkout") + " draws two weeks of it",
		run("cover me tomorrow 18:00 to 22:00") + " asks the others to take your time; alone it opens a form",
		run("swap @name") + " offers one of your shifts for one of theirs",
		run("override @name for @other fri 9:00 to fri 17:00") + " puts somebody on call",
		run("undo O5") + " takes an override back, " + run("withdraw R3") + " a request",
		run("off 2026-12-24 to 2026-12-27") + " notes that you are away: conflicts are reported early",
		run("shadow @name") + " lets you learn beside somebody, " + run("graduate @name") + " is the next step",
		run("gaps") + " shows when nobody is on call",
		run("feed") + " gives your shifts as a calendar to subscribe to, " + run("feed checkout") + " a schedule's",
		run("test me") + " pages you about nothing, to prove how you are reached; " + run("ready") + " shows who is reached how",
		run("remind 1h") + " changes when you are reminded: 1d, 1h, both or off",
	}, "\n"))
}

// Fortnight is two weeks of a schedule, to be shown.
type Fortnight struct {
	Schedule string
	Zone     string
	From, To time.Time
	Shifts   []oncall.Shift
	Gaps     []oncall.Gap
}

// FortnightText is the schedule in words, with times in the reader's zone.
func FortnightText(f Fortnight, s Scene) Message {
	type entry struct {
		at   time.Time
		text string
	}
	var list []entry
	for _, t := range f.Shifts {
		who := s.plain(t.Person)
		switch {
		case !t.Covers():
			who += " (" + strings.ReplaceAll(line(t.Kind, 30), "_", " ") + ")"
		case t.Kind == oncall.Overriding:
			who += " (override)"
		}
		list = append(list, entry{t.Start, who + ": " + when(t.Start) + " to " + when(t.End)})
	}
	for _, g := range f.Gaps {
		list = append(list, entry{g.Start, "*Nobody*: " + when(g.Start) + " to " + when(g.End)})
	}
	slices.SortStableFunc(list, func(a, b entry) int { return a.at.Compare(b.at) })
	const most = 30
	var lines []string
	for _, e := range list[:min(len(list), most)] {
		lines = append(lines, e.text)
	}
	if more := len(list) - most; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more until %s", more, when(f.To)))
	}
	head := "*" + line(f.Schedule, 60) + "*, two weeks from " + when(f.From)
	shown, _ := fitting(lines)
	blocks := append([]slack.Block{section(head)}, paged(shown)...)
	return Message{Text: "Two weeks of " + line(f.Schedule, 60), Blocks: blocks}
}
