package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/watchbill/watchbill/bot"
)

// talk is a command line about incidents or pages.
type talk struct {
	common
	args               []string // what follows the verb
	as, at             string
	status, since      string
	sev, service, lead string
	incident, person   string
	all, again         bool
}

func (q *talk) define(fs *flag.FlagSet) {
	q.common.define(fs)
	fs.StringVar(&q.as, "as", "", "")
	fs.StringVar(&q.at, "at", "", "")
	fs.StringVar(&q.status, "status", "", "")
	fs.StringVar(&q.since, "since", "", "")
	fs.StringVar(&q.sev, "sev", "", "")
	fs.StringVar(&q.service, "service", "", "")
	fs.StringVar(&q.lead, "lead", "", "")
	fs.StringVar(&q.incident, "incident", "", "")
	fs.StringVar(&q.person, "person", "", "")
	fs.BoolVar(&q.all, "all", false, "")
	fs.BoolVar(&q.again, "again", false, "")
}

func incidentVerbs() []verb[*talk] {
	return []verb[*talk]{
		{"list", "[--all] [--status STATUS] [--service NAME] [--sev N] [--since TIME]", "all status service sev since", 0, 0, listIncidents},
		{"show", "INC-1", "", 1, 1, showIncident},
		{"timeline", "INC-1", "", 1, 1, showTimeline},
		{"declare", "TITLE [--sev N] [--service NAME] [--lead PERSON] [--again] [--as PERSON]", "sev service lead again as", 1, -1, declareIncident},
		{"update", "INC-1 TEXT [--again] [--as PERSON]", "again as", 2, -1, tell("update")},
		{"note", "INC-1 [--at TIME] TEXT [--again] [--as PERSON]", "at again as", 2, -1, noteIncident},
		{"lead", "INC-1 [PERSON [WHY]] [--as PERSON]", "as", 1, -1, leadIncident},
		{"sev", "INC-1 N [WHY] [--as PERSON]", "as", 2, -1, rateIncident},
		{"page", "INC-1 TARGET... [--as PERSON]", "as", 2, -1, pageForIncident},
		{"resolve", "INC-1 [TEXT] [--as PERSON]", "as", 1, -1, tell("resolve")},
		{"reopen", "INC-1 WHY [--as PERSON]", "as", 2, -1, tell("reopen")},
		{"close", "INC-1 [--as PERSON]", "as", 1, 1, tell("close")},
		{"failed", "", "", 0, 0, listFailed},
		{"retry", "N [--as PERSON]", "as", 1, 1, retryFailed},
	}
}

func incidents(ctx context.Context, e env, args []string) error {
	return speak(ctx, e, "incident", incidentVerbs(), args)
}

// speak runs the verb of a command line about incidents or pages.
func speak(ctx context.Context, e env, command string, verbs []verb[*talk], args []string) error {
	q := &talk{}
	var set *flag.FlagSet
	rest, err := flags(command, args, func(fs *flag.FlagSet) { q.define(fs); set = fs })
	if err != nil {
		return err
	}
	v, rest, err := choose(verbs, rest, set)
	if err != nil {
		return err
	}
	q.args = rest
	if strings.HasPrefix(v.usage, "INC-1") && !incidentForm.MatchString(rest[0]) {
		return v.misused("%q is no incident: name one as INC-1; `watchbill incident list` shows those that are open", clip(rest[0]))
	}
	severity := q.sev
	if v.name == "sev" {
		severity = rest[1]
	}
	if (severity != "" || v.name == "sev") && v.name != "list" { // makes no sense either where no bot runs that could say so
		if problem := bot.CheckSeverity(severity); problem != "" {
			return v.misused("%s", problem)
		}
	}
	err = v.run(ctx, e, q)
	if refused, ok := errors.AsType[*refusal](err); ok && refused.invalid {
		return v.misused("%s", refused.message)
	}
	return err
}

// incidentForm is the form of an id; of one of another kind the bot says what it is.
var incidentForm = regexp.MustCompile(`^(?i:#|[A-Z]+-)?[0-9]{1,12}$`)

// outcome is what a command did.
type outcome struct {
	Incident, Page, Alert string
	Changed               bool
	Exists                bool
	Text                  []string
}

// ask posts to the running bot and reads its answer into v, unless it is wanted as JSON:
// then it is printed, and all is done.
func (q *talk) ask(ctx context.Context, e env, path string, body, v any) (done bool, err error) {
	a, err := q.reach(e, runs)
	if err != nil {
		return false, err
	}
	defer a.close()
	answer, err := a.speakAs(q.as).post(ctx, path, body)
	if err != nil {
		return false, err
	}
	if q.json {
		return true, line(e.stdout, bytes.TrimSpace(answer))
	}
	if err := json.Unmarshal(answer, v); err != nil {
		return false, fmt.Errorf("read the answer: %w", err)
	}
	return false, nil
}

// change asks the running bot for a change, and says what happened.
func (q *talk) change(ctx context.Context, e env, path string, body any) error {
	var o outcome
	if done, err := q.ask(ctx, e, path, body, &o); done || err != nil {
		return err
	}
	about := cmp.Or(o.Incident, o.Page, o.Alert)
	if strings.HasPrefix(path, "/v1/alerts/") && !strings.HasSuffix(path, "/declare") {
		about = o.Alert
	}
	if strings.HasPrefix(path, "/v1/pages/") && !o.Changed {
		about = o.Page
	}
	switch {
	case o.Exists:
		if err := say(e, "%s: you did that a moment ago, so it was not done twice; --again does it once more", about); err != nil {
			return err
		}
	case len(o.Text) == 0:
		return say(e, "%s: it stands so already, and nothing had to change", about)
	}
	for _, t := range o.Text {
		if !strings.HasPrefix(t, about+" ") {
			t = about + ": " + t
		}
		if err := say(e, "%s", t); err != nil {
			return err
		}
	}
	return nil
}

// maxTold is more than the bot takes of a text, in bytes.
const maxTold = 64 << 10

// words are the rest of a command line as a text; "-" alone is standard input.
func (q *talk) words(e env, from int) (string, error) {
	if len(q.args) != from+1 || q.args[from] != "-" {
		return strings.Join(q.args[from:], " "), nil
	}
	text, err := io.ReadAll(io.LimitReader(e.stdin, maxTold+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read standard input: %w", err)
	case len(text) > maxTold:
		return "", fmt.Errorf("standard input is larger than %d bytes, and nothing was recorded: shorten it, or send it in parts", maxTold)
	case !utf8.Valid(text):
		return "", misuse("standard input is not UTF-8 text")
	}
	return string(text), nil
}

func declareIncident(ctx context.Context, e env, q *talk) error {
	title, err := q.words(e, 0)
	if err != nil {
		return err
	}
	body := map[string]any{"title": title, "service": q.service, "lead": q.lead, "again": q.again}
	if q.sev != "" {
		body["severity"] = q.sev
	}
	return q.change(ctx, e, "/v1/incidents", body)
}

// tell is a verb that puts a text to an incident, or none.
func tell(verb string) func(context.Context, env, *talk) error {
	return func(ctx context.Context, e env, q *talk) error {
		text, err := q.words(e, 1)
		if err != nil {
			return err
		}
		body := map[string]any{}
		if verb != "close" {
			body["text"] = text
		}
		if q.again {
			body["again"] = true
		}
		return q.change(ctx, e, q.onIncident(verb), body)
	}
}

// onIncident is the address of a verb of the incident that is named first.
func (q *talk) onIncident(verb string) string { return "/v1/incidents/" + id(q.args[0]) + "/" + verb }

func noteIncident(ctx context.Context, e env, q *talk) error {
	text, err := q.words(e, 1)
	if err != nil {
		return err
	}
	body := map[string]any{"text": text, "again": q.again}
	if q.at != "" {
		if body["at"], err = past("--at", q.at); err != nil {
			return err
		}
	}
	return q.change(ctx, e, q.onIncident("note"), body)
}

// past reads a time that has passed, of a flag.
func past(flag, text string) (time.Time, error) {
	at, ok, problem := bot.ReadTime(text, time.Now(), time.Local)
	switch {
	case problem != "":
		return at, misuse("%s: %s", flag, problem)
	case !ok:
		return at, misuse("%q is not a time: write %[2]s -15m, %[2]s 14:05, %[2]s \"yesterday 14:05\", %[2]s \"2026-11-21 14:05\" or RFC 3339", clip(text), flag)
	}
	return at, nil
}

func leadIncident(ctx context.Context, e env, q *talk) error {
	body := map[string]string{}
	if len(q.args) > 1 {
		why, err := q.words(e, 2)
		if err != nil {
			return err
		}
		body["person"], body["text"] = strings.TrimPrefix(q.args[1], "@"), why
	}
	return q.change(ctx, e, q.onIncident("lead"), body)
}

func rateIncident(ctx context.Context, e env, q *talk) error {
	why, err := q.words(e, 2)
	if err != nil {
		return err
	}
	return q.change(ctx, e, q.onIncident("severity"), map[string]string{"severity": q.args[1], "text": why})
}

func pageForIncident(ctx context.Context, e env, q *talk) error {
	targets := make([]string, len(q.args)-1)
	for n, t := range q.args[1:] {
		targets[n] = strings.TrimPrefix(t, "@")
	}
	return q.change(ctx, e, q.onIncident("page"), map[string]any{"targets": targets})
}
