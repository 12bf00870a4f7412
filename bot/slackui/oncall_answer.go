package slackui

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/oncall"
)

// Rostered is what a command changed on a schedule.
type Rostered struct {
	Schedule string
	Events   []oncall.Event
	Warnings []string // plain sentences
	// Fairest is who would take the time over fairest, where somebody is looked for.
	Fairest *oncall.Taker
	// After is who is on call when the people of a rotation have changed; nil: they have
	// not.
	After *oncall.Following
}

// RosterDone confirms what a command changed on a schedule. Without events it says
// that nothing had to change.
func RosterDone(d Rostered, s Scene) Message {
	var lines []string
	var buttons []*slack.ButtonBlockElement
	schedule := d.Schedule
	undo := func(ids ...string) {
		if len(ids) == 1 {
			buttons = append(buttons, button(RosterUndo, aim(ids[0], schedule), "Take it back"))
		}
	}
	for _, e := range d.Events {
		switch e.Kind {
		case oncall.CoverRequested:
			lines = append(lines, "I ask the others to cover you, "+period(e.Request.From, e.Request.To)+". You stay on call until somebody takes it.")
			buttons = append(buttons, button(RosterWithdraw, aim(e.Request.ID, schedule), "Withdraw"))
		case oncall.SwapProposed:
			lines = append(lines, "I ask "+s.plain(e.Request.Other)+" to swap. Nothing changes until they accept.")
			buttons = append(buttons, button(RosterWithdraw, aim(e.Request.ID, schedule), "Withdraw"))
		case oncall.RequestClosed:
			lines = append(lines, s.requestEnd(*e.Request, e.By))
		case oncall.OverridesAdded:
			var ids []string
			for _, o := range e.Overrides {
				lines = append(lines, s.overrideLine(o))
				ids = append(ids, o.ID)
			}
			undo(ids...)
		case oncall.ShadowSet:
			lines = append(lines, s.shadowLine(e.Shadow.Shadow))
			undo(e.Shadow.ID)
		default:
			if said := s.rosterLine(e); said != "" {
				lines = append(lines, said)
			}
		}
	}
	if len(lines) == 0 {
		lines = []string{"That is so already; nothing had to change."}
	}
	if d.After != nil {
		lines = append(lines, s.afterLine(*d.After))
	}
	for _, w := range d.Warnings {
		lines = append(lines, ":warning: "+line(w, 300))
	}
	if d.Fairest != nil {
		lines = append(lines, s.fairestLine(*d.Fairest))
	}
	head := "*" + line(schedule, 60) + "* · " + lines[0]
	blocks := []slack.Block{section(append([]string{head}, lines[1:min(len(lines), 12)]...)...)}
	return Message{Text: head, Blocks: append(blocks, row(buttons...)...)}
}

// rosterLine says what one of the rarer events did. That a version was applied is said by
// what led to it.
func (s Scene) rosterLine(e oncall.Event) string {
	ended := listed(e.Ended, func(id string) string { return line(id, 20) })
	switch e.Kind {
	case oncall.VersionApplied:
		return ""
	case oncall.OverridesEnded:
		return "Taken back: override " + ended + "."
	case oncall.ShadowEnded:
		return "Shadow " + ended + " has ended."
	case oncall.TimeOffEnded:
		return "Taken back: time off " + ended + "."
	case oncall.Joined:
		return s.plain(e.Join.Person) + " joins layer " + line(e.Join.Layer, 60) + " after " + s.plain(e.Join.After) + "."
	}
	if said := e.Sentence(cmp.Or(s.Zone, time.UTC)); said != "" {
		return line(said, 300) + "."
	}
	return ""
}

func (s Scene) shadowLine(h oncall.Shadow) string {
	if h.Kind == oncall.ReverseShadowKind {
		return s.plain(h.Person) + " leads in the place of " + s.plain(h.With) + ", who stands behind."
	}
	return s.plain(h.Person) + " shadows " + s.plain(h.With) + "."
}

func (s Scene) afterLine(f oncall.Following) string {
	text := "On call now: " + s.plains(f.On) + "."
	if !f.From.IsZero() {
		text += " From " + when(f.From) + ": " + s.plains(f.Next) + "."
	}
	return text
}

func (s Scene) fairestLine(t oncall.Taker) string {
	return "Fairest to take it: *" + s.plain(t.Person) + "*, " + line(t.Why, 300) + "."
}

// Away is time off that was noted, or taken back.
type Away struct {
	Person    string // who is away, if not the reader
	Schedules []string
	From, To  string // as they were given
	ID        string // on the first of the schedules
	// Meets are their shifts that it meets.
	Meets []Shift
	Ended bool
}

// AwayDone confirms time off. It takes nobody off call, so it shows what it meets.
func AwayDone(a Away, s Scene) Message {
	who, are := "You", "are"
	if a.Person != "" {
		who, are = s.plain(a.Person), "is"
	}
	names := listed(a.Schedules, func(n string) string { return "*" + line(n, 60) + "*" })
	if a.Ended {
		return short(who + " " + are + " no longer noted as away, " + s.awayTimes(a.From, a.To) + ", on " + names + ".")
	}
	lines := []string{who + " " + are + " noted as away, " + s.awayTimes(a.From, a.To) + ", on " + names + "."}
	if len(a.Meets) > 0 {
		lines = append(lines, "Nobody is taken off call by that. It meets:")
	}
	const most = 8
	for _, t := range a.Meets[:min(len(a.Meets), most)] {
		lines = append(lines, "• *"+line(t.Schedule, 60)+"* "+period(t.From, t.To))
	}
	if more := len(a.Meets) - most; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	if len(a.Meets) > 0 {
		lines = append(lines, "`"+s.oncallCommand()+" cover me` asks the others to take them.")
	}
	m := Message{Text: lines[0], Blocks: []slack.Block{section(lines...)}}
	m.Blocks = append(m.Blocks, row(button(RosterUndo, aim(a.ID, a.Schedules[0]), "Take it back"))...)
	return m
}

// awayTimes are two dates or instants as they were given.
func (s Scene) awayTimes(from, to string) string {
	if times, ok := instants(from, to); ok {
		return times
	}
	one := func(text string) string {
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return when(t)
		}
		if t, err := time.Parse(time.DateOnly, text); err == nil {
			return t.Format("Mon 2 Jan 2006")
		}
		return line(text, 40)
	}
	if from == to {
		return one(from)
	}
	return one(from) + " to " + one(to)
}

// Stood is one thing that stands beside the rotations of a schedule.
type Stood struct {
	Schedule string
	oncall.Standing
}

// most entries of a list that have buttons of their own.
const mostStood = 15

// ChangesAnswer lists what stands beside the rotations, each with a button to take it
// back.
func ChangesAnswer(list []Stood, none string, s Scene) Message {
	if len(list) == 0 {
		return short(line(none, 200))
	}
	head := "*Overrides, requests and time off*"
	blocks := []slack.Block{section(head)}
	for _, c := range list[:min(len(list), mostStood)] {
		blocks = append(blocks, s.stood(c))
	}
	if more := len(list) - mostStood; more > 0 {
		blocks = append(blocks, small(fmt.Sprintf("And %d more: name a schedule to see fewer, or ask `watchbill oncall changes`.", more)))
	}
	return Message{Text: head, Blocks: blocks}
}

func (s Scene) stood(c Stood) slack.Block {
	text := "*" + line(c.Schedule, 60) + "* " + line(c.ID, 20) + ": " + s.stoodLine(c.Standing)
	if c.By != "" {
		text += " – by " + s.plain(c.By)
	}
	label := map[string]string{oncall.CoverRequest: "Withdraw", oncall.SwapRequest: "Withdraw", oncall.ShadowChange: "End"}[c.Kind]
	return beside(button(RosterUndo, aim(c.ID, c.Schedule), orElse(label, "Take back")), text)
}

// stoodLine is what stands there, with times in the reader's zone.
func (s Scene) stoodLine(c oncall.Standing) string {
	what := line(c.Text, 300)
	if c.Start == nil || c.End == nil || c.Kind == oncall.ShadowChange {
		return what
	}
	if c.From != "" {
		return s.plain(c.Person) + " is away, " + s.awayTimes(c.From, c.To)
	}
	what = map[string]string{oncall.CoverRequest: s.plain(c.Person) + " asks for cover", oncall.SwapRequest: s.plain(c.Person) + " offers a swap",
		oncall.TimeOffChange: s.plain(c.Person) + " is away"}[c.Kind]
	if c.Kind == oncall.OverrideChange {
		what, _, _ = strings.Cut(line(c.Text, 300), ":")
		switch c.Comes {
		case "":
			what += ": " + s.plain(c.Person) + " is off call, nobody comes"
		case c.Person:
			what += ": " + s.plain(c.Person) + " as well"
		default:
			what += ": " + s.plain(c.Comes) + " for " + s.plain(c.Person)
		}
	}
	return what + ", " + period(*c.Start, *c.End)
}

// SureToRemove asks before a schedule is removed.
func SureToRemove(schedule string, on []string, s Scene) Message {
	name := line(schedule, 60)
	text := "Remove the schedule *" + name + "*? From then on nobody is on call for it, and what people changed on it ends. Its history stays."
	if len(on) > 0 {
		text += " On call now: " + s.plains(on) + "."
	}
	return Message{Text: text, Blocks: append([]slack.Block{section(text)}, row(button(RosterRemove, aim("remove", schedule), "Remove it").WithStyle(slack.StyleDanger), button(Cancel, "", "Not now"))...)}
}

// NeedsForm offers to open the form that a message cannot; instead is the command that
// says it in one line.
func NeedsForm(in Input, instead string, s Scene) Message {
	action := Again
	text := "That needs a form, which only a button can open. Or say it in one line, in the way you just did: for example `" + line(strings.TrimPrefix(instead, s.command()+" "), 200) + "`."
	if in.Verb == Duty {
		action, text = RosterAsk, "That needs a form, which only a button can open. `"+s.oncallCommand()+" help` lists how to say it in one line."
	}
	blocks := []slack.Block{section(text)}
	if value, whole := carried(in.Wire); whole {
		blocks = append(blocks, row(primary(button(action, value, "Open the form")))...)
	}
	return Message{Text: text, Blocks: blocks}
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
func GapsAnswer(list []ScheduleGaps) Message {
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
				l += "\n• " + period(gap.Start, gap.End)
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
		"*Who is on call*",
		run("") + " shows who is on call now and next; " + run("checkout") + " for one schedule, " + run("checkout fri 17:00") + " at another time",
		run("me") + " shows your own shifts, " + run("@name") + " somebody's",
		run("schedule checkout") + " draws two weeks of it; " + run("gaps") + " shows when nobody is on call",
		run("feed") + " gives your shifts as a calendar to subscribe to, " + run("feed checkout") + " a schedule's",
		"*When you cannot make it*",
		run("cover me tomorrow 18:00 to 22:00") + " asks the others to take your time; alone it opens a form",
		run("swap @name") + " offers one of your shifts for one of theirs",
		run("override @name for @other fri 9:00 to fri 17:00") + " puts somebody on call",
		run("off 2026-12-24 to 2026-12-27") + " notes that you are away: conflicts are reported early; " + run("back") + " takes that back",
		run("changes") + " lists overrides, requests and time off; " + run("undo O5") + " takes one back",
		"*How you are reached*",
		run("test me") + " pages you about nothing, to prove how you are reached; " + run("ready") + " shows who is reached how",
		run("remind 1h") + " changes when you are reminded: 1d, 1h, both or off",
		"*When you are new*",
		run("shadow @name") + " lets you learn beside somebody, " + run("graduate @name") + " is the next step",
	}, "\n"))
}
