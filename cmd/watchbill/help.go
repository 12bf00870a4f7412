package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

func help(w io.Writer) {
	fmt.Fprint(w, "Watchbill runs incident response from Slack: it opens the incident channel, pages who is\non call until somebody answers, keeps the timeline and drafts the postmortem.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  watchbill %-11s %s\n", c.name, c.about)
	}
	fmt.Fprint(w, "\nTry it without Slack: watchbill demo\n`watchbill COMMAND --help` says more about one of them.\n")
}

// usageNext stands between the lines of a usage.
const usageNext = "\n       watchbill "

// uses are the ways in which a command is used, or those of the verb that its arguments
// begin with.
func (c command) uses(args []string) []string {
	all := strings.Split(c.name+" "+c.usage, usageNext)
	if len(args) == 0 {
		return all
	}
	one := slices.DeleteFunc(slices.Clone(all), func(use string) bool {
		return !strings.HasPrefix(use+" ", c.name+" "+args[0]+" ")
	})
	if len(one) == 0 {
		return all
	}
	return one
}

// mostUses is how many ways to use a command stand under what is wrong with a command line:
// more would move that out of sight.
const mostUses = 3

// next is what stands under what is wrong with a command line: how the command is used, or
// where that is said.
func (c command) next(wrong *usageError, args []string) string {
	uses := c.uses(args)
	switch {
	case wrong.usage != "":
		uses = []string{c.name + " " + wrong.usage}
	case len(uses) > mostUses:
		return "`watchbill " + c.name + " --help` says how each is used."
	}
	return "usage: watchbill " + strings.TrimSpace(strings.Join(uses, usageNext))
}

// help says how a command is used, or one verb of it, and what the flags are for.
func (c command) help(w io.Writer, args []string) {
	uses, all := c.uses(args), c.uses(nil)
	for _, use := range uses {
		fmt.Fprintf(w, "watchbill %s\n", strings.TrimSpace(use))
	}
	if len(uses) == len(all) {
		fmt.Fprintf(w, "\n%s%s.\n", strings.ToUpper(c.about[:1]), c.about[1:])
	}
	for n, f := range flagsIn(uses) {
		if n == 0 {
			fmt.Fprintln(w)
		}
		about := f.about
		if _, verb, ok := strings.Cut(f.of, " "); ok && len(uses) > 1 {
			about = verb + ": " + about
		}
		fmt.Fprintf(w, "  %-22s %s\n", f.form, about)
	}
	if len(uses) > 1 {
		fmt.Fprintf(w, "\n`watchbill %s --help` is about that one alone.\n", strings.Join(strings.Fields(uses[0])[:2], " "))
	}
	if slices.Contains([]string{"incident", "page", "alert", "oncall", "postmortem", "verify"}, c.name) {
		fmt.Fprint(w, "\nIt asks the bot of --data DIR, else of WATCHBILL_DATA; with --url URL, else WATCHBILL_URL, one on\nanother machine, with the token in WATCHBILL_TOKEN.\n")
	}
}

// flagHelp says what a flag is for.
type flagHelp struct {
	form  string // with its value
	about string
	of    string // the command, or command and verb, for which it says so; empty: for all others
}

var flagMeanings = []flagHelp{
	{"--file FILE", "what the source sends; - reads standard input", "route"},
	{"--config FILE", "the configuration file; else the one that WATCHBILL_CONFIG names", ""},
	{"--data DIR", "keep the data there; else it goes when the demo stops", "demo"},
	{"--data DIR", "where the data is kept; else WATCHBILL_DATA, else watchbill-data", ""},
	{"--http HOST:PORT", "where health, metrics and calendar feeds are served; else WATCHBILL_HTTP, else 127.0.0.1:8080", ""},
	{"--outage", "play a scripted outage", ""},
	{"--headless", "play it fast, print what people saw and the postmortem, and stop", ""},
	{"--port N", "where the workspace is served; else a free port", ""},
	{"--integration NAME", "as if it came by this one; else its source is guessed", ""},
	{"--format FORMAT", "how it is printed: markdown, json or html; else markdown", ""},
	{"--status STATUS", "only those that are open, resolved or closed", ""},
	{"--sev N", "only those of this severity", "incident list"},
	{"--sev N", "how bad it is: 1, the worst, to 4; else 3", "incident declare"},
	{"--sev N", "how bad it is: 1, the worst, to 4; else by the severity of the alert", "alert declare"},
	{"--service NAME", "only those of this service", "incident list"},
	{"--service NAME", "only those of this service", "alert list"},
	{"--service NAME", "what is broken", ""},
	{"--lead PERSON", "who commands it; else who is on call", ""},
	{"--since TIME", "only those that were declared since", ""},
	{"--at TIME", "when: 2026-11-21T14:05 on the clock of the schedule, or RFC 3339; else now", "oncall who"},
	{"--at TIME", "when: 2026-11-21T14:05 on the clock of this machine, or RFC 3339; else now", "route"},
	{"--at TIME", "when it happened: -15m, 14:05, yesterday 14:05, 2026-11-21 14:05 or RFC 3339; else now", ""},
	{"--at-stdin", "read times from standard input, one a line", ""},
	{"--incident INC-1", "only those about this incident, and not only open ones", ""},
	{"--person PERSON", "only those that were sent to this person", ""},
	{"--person P", "whom it is about, by their name in the configuration", ""},
	{"--replaces P", "in whose place; else besides those on call", ""},
	{"--with P", "the other one: of a swap, or beside whom somebody learns", ""},
	{"--from TIME", "from when: 2026-11-21, 2026-11-21T14:05 on the clock of the schedule, or RFC 3339", ""},
	{"--to TIME", "until when, in the same ways", ""},
	{"--their-from TIME", "the time that is offered in return begins", ""},
	{"--their-to TIME", "and ends", ""},
	{"--schedule NAME", "of this schedule; else of all, or of the only one there is", ""},
	{"--file FILE", "answer from this configuration file alone, as if it were applied for the first time", ""},
	{"--ical", "as an iCalendar file, which calendars read", ""},
	{"--kind KIND", "what its events are: time_off, overrides or holidays", ""},
	{"--zone ZONE", "the time zone of what names none, such as Europe/Berlin", ""},
	{"--plan", "only say what would change for people", ""},
	{"--allow-gaps", "even if nobody is on call at times", ""},
	{"--note TEXT", "what others should know about it", ""},
	{"--join-after DURATION", "how long the learner has a page alone before the other one is told; else 10m", ""},
	{"--revoke", "make a new address; the one before ends", ""},
	{"--as PERSON", "who you are; else the user of the system", ""},
	{"--again", "also if you did or said the same a moment ago", ""},
	{"--all", "also those that are closed or over", ""},
	{"--json", "one JSON object per line", ""},
}

var flagNames = regexp.MustCompile(`--[a-z-]+`)

// flagsIn says what each flag of some usages is for. Where they mean different things
// by one, each is said.
func flagsIn(uses []string) []flagHelp {
	said := map[flagHelp]bool{}
	for _, use := range uses {
		words := strings.Fields(use)
		of := strings.Join(words[:min(2, len(words))], " ")
		for _, name := range flagNames.FindAllString(use, -1) {
			n := slices.IndexFunc(flagMeanings, func(f flagHelp) bool {
				return strings.Fields(f.form)[0] == name && (f.of == "" && inForm(use, f) || f.of == of || f.of == words[0])
			})
			if n >= 0 {
				said[flagMeanings[n]] = true
			}
		}
	}
	var out []flagHelp
	for _, f := range flagMeanings {
		if said[f] {
			out = append(out, f)
		}
	}
	return out
}

// inForm says whether a usage writes a flag in this form, where one has several.
func inForm(use string, f flagHelp) bool {
	return !strings.HasPrefix(f.form, "--person ") || regexp.MustCompile(regexp.QuoteMeta(f.form)+`\b`).MatchString(use)
}
