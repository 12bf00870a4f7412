package slackui

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// HelpText answers what can be typed.
func HelpText(s Scene) Message {
	lines := []string{
		"*When something is broken*",
		s.run("declare checkout returns 503 --sev 2 --service checkout") + " opens an incident and pages who is on call",
		s.run("") + " alone opens a form",
		"*While it lasts*, in the incident's channel",
		s.run("update <text>") + " says how it stands",
		s.run("lead @name") + " names the incident commander; " + s.run("lead me") + " is you",
		s.run("sev 1") + " changes how bad it is, from 1 (worst) to 4",
		s.run("page @name") + " pages more people; a schedule or a team will do",
		s.run("ack") + " answers a page, " + s.run("escalate") + " asks the next in line; " + s.run("handover PAGE-7 @name") + " and " + s.run("snooze PAGE-7 30m") + " are there too",
		s.run("note -15m <text>") + " writes on the timeline, here 15 minutes ago; :pushpin: on a message does it too",
		s.run("timeline") + " tells what happened, " + s.run("show") + " how it stands",
		"*When monitoring reports*",
		s.run("alerts") + " shows what fires; " + s.run("ack ALERT-7") + " and " + s.run("declare ALERT-7") + " do what the buttons of its card do",
		s.run("silence service=checkout 2h <why>") + " keeps what is known from paging; " + s.run("silences") + " lists it, " + s.run("unsilence SIL-2") + " ends it",
		"*When it is over*",
		s.run("resolve <what ended it>") + ", then " + s.run("close") + ": the postmortem draft follows",
		s.run("reopen <why>") + " if it is back",
		"*From anywhere*",
		s.run("list") + " shows open incidents; " + s.run("INC-3 update <text>") + " says which one is meant",
		s.runOncall("") + " shows who is on call; " + s.runOncall("help") + " lists how to arrange cover, swaps and time off",
		"In threads, mention the bot instead of typing " + s.run("") + ".",
	}
	return Message{Text: "What you can type after " + s.run("") + ".", Blocks: []slack.Block{section(lines...)}}
}

// Watch is who stands watch on one schedule.
type Watch struct {
	Schedule string
	On       []OnDuty
	// Next is when somebody else takes over, by whom; zero: not known.
	Next   time.Time
	NextBy []string
	// Problem says why the schedule cannot tell, plain; empty: it can.
	Problem string
}

// OnDuty is one person on watch and why, in plain words ("week of the primary
// layer", "override by lead1"); Shadow marks people who do not answer for it.
type OnDuty struct {
	Person string
	Why    string
	Shadow bool
}

// maxWatches is how many schedules one answer shows.
const maxWatches = 20

// OncallNow answers who is on call, now or at another time; zero: now.
func OncallNow(watches []Watch, at time.Time, s Scene) Message {
	if len(watches) == 0 {
		return short("There is no schedule yet. Add one to the configuration under `schedules`.")
	}
	var lines []string
	for _, w := range watches {
		lines = append(lines, s.watch(w))
	}
	shown, _ := fitting(lines[:min(len(lines), maxWatches)])
	head := "On call now"
	if !at.IsZero() {
		head = "On call " + when(at)
	}
	blocks := append([]slack.Block{section("*" + head + "*")}, paged(shown)...)
	if n := len(shown); n < len(watches) {
		blocks = append(blocks, small(fmt.Sprintf("And %d more: name one, for example `%s %s`.", len(watches)-n, s.oncallCommand(), line(watches[n].Schedule, 60))))
	}
	var first []string
	for _, w := range watches[:min(len(watches), 5)] {
		first = append(first, line(w.Schedule, 60)+": "+s.onWatch(w))
	}
	return Message{Text: head + ". " + strings.Join(first, "; "), Blocks: blocks}
}

func (s Scene) onWatch(w Watch) string {
	if w.Problem != "" {
		return "not known"
	}
	var who []string
	for _, d := range w.On {
		if !d.Shadow {
			who = append(who, d.Person)
		}
	}
	return s.plains(who)
}

func (s Scene) watch(w Watch) string {
	out := "*" + line(w.Schedule, 60) + "*: "
	if w.Problem != "" {
		return out + line(w.Problem, 200)
	}
	if s.onWatch(w) == "nobody" {
		out += "*nobody is on call*"
	}
	const most = 4
	var people, why []string
	for _, d := range w.On[:min(len(w.On), most)] {
		p := "*" + s.plain(d.Person) + "*"
		if d.Shadow {
			p = s.plain(d.Person) + " (shadow)"
		}
		people = append(people, p)
		if reason := line(since.ReplaceAllString(d.Why, " turns"), 100); reason != "" {
			if len(w.On) > 1 {
				reason = s.plain(d.Person) + ": " + reason
			}
			why = append(why, reason)
		}
	}
	out += strings.Join(people, ", ")
	if !w.Next.IsZero() {
		out += "\nuntil " + when(w.Next) + ", then " + s.plains(w.NextBy[:min(len(w.NextBy), 3)])
	}
	if len(why) > 0 {
		out += "\n_Why:_ " + strings.Join(why, "; ")
	}
	return out
}

// since is when a rotation began, in the reason why somebody stands in it: nobody who
// asks for help needs it.
var since = regexp.MustCompile(` turns since [0-9T:-]+`)
