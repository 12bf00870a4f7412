package slackui

import (
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// HelpText answers what can be typed.
func HelpText(s Scene) Message {
	c := s.command()
	lines := []string{
		"*When something is broken*",
		"`" + c + " declare checkout returns 503 --sev 2 --service checkout` opens an incident and pages who is on call",
		"`" + c + "` alone opens a form",
		"*While it lasts*, in the incident's channel",
		"`" + c + " update <text>` says how it stands",
		"`" + c + " lead @name` names the incident commander; `" + c + " lead me` is you",
		"`" + c + " sev 1` changes how bad it is, 1 (worst) to 4",
		"`" + c + " page @name` or a schedule or a team pages more people",
		"`" + c + " ack` answers a page; `" + c + " escalate` asks the next in line",
		"`" + c + " note -15m <text>` or `note 14:05 <text>` writes on the timeline; so does a :pushpin: on a message",
		"`" + c + " timeline`, `" + c + " show` tell what happened and how it stands",
		"*When it is over*",
		"`" + c + " resolve`, then `" + c + " close`: the postmortem draft follows; `" + c + " reopen <why>` if it is back",
		"*From anywhere*",
		"`" + c + " list` shows open incidents; add `INC-3` to any command to say which one is meant",
		"`" + s.oncallCommand() + "` shows who is on call",
		"In threads, mention the bot instead of typing `" + c + "`.",
	}
	return Message{Text: "What you can type after " + c, Blocks: []slack.Block{section(lines...)}}
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

// OncallNow answers who is on call.
func OncallNow(watches []Watch, s Scene) Message {
	if len(watches) == 0 {
		return short("There is no schedule yet. Add one to the configuration under `schedules`.")
	}
	var lines []string
	for _, w := range watches[:min(len(watches), maxWatches)] {
		lines = append(lines, s.watch(w))
	}
	blocks := append([]slack.Block{section("*On call now*")}, paged(lines)...)
	if len(watches) > maxWatches {
		blocks = append(blocks, small("And more: name one, for example `"+s.oncallCommand()+" "+line(watches[maxWatches].Schedule, 60)+"`."))
	}
	var first []string
	for _, w := range watches[:min(len(watches), 5)] {
		first = append(first, line(w.Schedule, 60)+": "+s.onWatch(w))
	}
	return Message{Text: "On call now. " + strings.Join(first, "; "), Blocks: blocks}
}

func (s Scene) onWatch(w Watch) string {
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
	var people []string
	for _, d := range w.On[:min(len(w.On), most)] {
		p := s.plain(d.Person)
		if d.Shadow {
			p += " (shadow)"
		}
		if d.Why != "" {
			p += " – " + line(d.Why, 100)
		}
		people = append(people, p)
	}
	out += strings.Join(people, "; ")
	if !w.Next.IsZero() {
		out += "\nnext: " + s.plains(w.NextBy[:min(len(w.NextBy), 3)]) + ", " + when(w.Next)
	}
	return out
}
