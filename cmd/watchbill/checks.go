package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"regexp"
	"strings"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/configs"
)

func config(ctx context.Context, e env, args []string) error {
	var asJSON bool
	rest, err := flags("config", args, func(fs *flag.FlagSet) { fs.BoolVar(&asJSON, "json", false, "") })
	if err != nil {
		return err
	}
	switch {
	case len(rest) == 1 && rest[0] == "example":
		return printYAML(e, configs.Example(), asJSON)
	case len(rest) == 0 || rest[0] != "check" || len(rest) > 2:
		return misuse("say check, and perhaps a file, or example")
	}
	file := e.getenv("WATCHBILL_CONFIG")
	if len(rest) == 2 {
		file = rest[1]
	}
	if file == "" {
		if asJSON {
			return nil
		}
		fmt.Fprintln(e.stdout, "No configuration file is named: the defaults are in force. Name one with WATCHBILL_CONFIG or as an argument.")
		return nil
	}
	c, err := configs.Load(file, e.getenv)
	var problems configs.Problems
	if err != nil && !errors.As(err, &problems) {
		return err
	}
	source, readErr := configs.ReadFile(file)
	if readErr != nil {
		source = nil
	}
	if c != nil {
		problems = c.Warnings
		if tried := bot.TrySenders(c); tried != nil {
			for mistake := range strings.SplitSeq(tried.Error(), "\n") {
				problems = append(problems, wayMistaken(file, source, mistake))
			}
			err = tried
		}
	}
	if asJSON {
		return listProblems(e, problems, err)
	}
	if text := configs.Explain(problems, file, source); text != "" {
		fmt.Fprint(e.stdout, printable(text))
	}
	if err != nil {
		return errSilent
	}
	fmt.Fprintf(e.stdout, "%s is in order: %s, %s, %s, %s, %s, %s, %s.\n", file, some(len(c.People), "person", "people"), some(len(c.Teams), "team", "teams"),
		some(len(c.Services), "service", "services"), some(len(c.Schedules), "schedule", "schedules"), some(len(c.Escalations), "escalation policy", "escalation policies"),
		some(len(c.Integrations), "integration", "integrations"), some(len(c.Routes), "route", "routes"))
	return nil
}

// ofWay is what a mistake in the ways to people is about: its section, and perhaps its key.
var ofWay = regexp.MustCompile(`\bread (twilio|sms_gateway|ntfy|webhook)(?: ([a-z_]+))?`)

// wayMistaken is a mistake in the ways to people, with its place in the file.
func wayMistaken(file string, source []byte, mistake string) configs.Problem {
	p := configs.Problem{File: file, Path: "notify", Message: strings.TrimPrefix(mistake, "set up notify: ")}
	if about := ofWay.FindStringSubmatch(mistake); about != nil {
		p.Path = strings.TrimSuffix("notify."+about[1]+"."+about[2], ".")
	}
	p.Line, p.Column = configs.Place(source, p.Path)
	return p
}

// some counts things.
func some(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// listProblems prints one object for each problem.
func listProblems(e env, problems configs.Problems, failed error) error {
	for _, p := range problems {
		raw, err := json.Marshal(struct {
			File       string `json:"file"`
			Line       int    `json:"line"`
			Column     int    `json:"column"`
			Path       string `json:"path,omitempty"`
			Message    string `json:"message"`
			Suggestion string `json:"suggestion,omitempty"`
			Warning    bool   `json:"warning"`
		}{p.File, p.Line, p.Column, p.Path, p.Message, p.Suggestion, p.Warning})
		if err != nil {
			return fmt.Errorf("write the answer: %w", err)
		}
		if err := line(e.stdout, raw); err != nil {
			return err
		}
	}
	if failed != nil {
		return errSilent
	}
	return nil
}

func manifest(ctx context.Context, e env, args []string) error {
	var c common
	rest, err := flags("manifest", args, c.defineHere)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return misuse("%q is not expected here", rest[0])
	}
	_, cfg, err := setup(e, c.config)
	if err != nil {
		return err
	}
	return printYAML(e, configs.Manifest(cfg), c.json)
}

// printYAML prints a file to paste, or the same as one JSON object, without what its comments say.
func printYAML(e env, text []byte, asJSON bool) (err error) {
	if asJSON {
		if text, err = configs.JSON(text); err != nil {
			return err
		}
	}
	_, err = e.stdout.Write(text)
	return err
}

// verifyReport is what a check of everything stored has found.
type verifyReport struct {
	Records, Events, Effects, Pending, Dead int
	Problems                                []struct {
		Ref  struct{ Kind, ID string }
		Text string
	}
	Notes []string
}

// askVerify has everything checked. The body is the report as it came.
func askVerify(ctx context.Context, a *asker) (r verifyReport, body []byte, err error) {
	if body, err = a.get(ctx, "/v1/verify"); err != nil {
		return r, nil, err
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return r, nil, fmt.Errorf("read the answer: %w", err)
	}
	return r, body, nil
}

func verify(ctx context.Context, e env, args []string) error {
	var c common
	rest, err := flags("verify", args, c.define)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return misuse("%q is not expected here", rest[0])
	}
	a, err := c.open(e)
	if err != nil {
		return err
	}
	defer a.close()
	report, body, err := askVerify(ctx, a)
	if err != nil {
		return err
	}
	if c.json {
		if err := line(e.stdout, json.RawMessage(strings.TrimSpace(string(body)))); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(e.stdout, "%d records with %d events; %d deliveries, of which %d wait and %d were given up.\n", report.Records, report.Events, report.Effects, report.Pending, report.Dead)
		for _, n := range report.Notes {
			fmt.Fprintln(e.stdout, "note: "+printable(n))
		}
		for _, p := range report.Problems {
			fmt.Fprintln(e.stdout, "problem: "+printable(strings.TrimSpace(p.Ref.ID+" "+p.Text)))
		}
	}
	if len(report.Problems) > 0 {
		return fmt.Errorf("%s: keep a copy of the data directory, and do not edit it", some(len(report.Problems), "problem", "problems"))
	}
	if !c.json {
		fmt.Fprintln(e.stdout, "Everything is as it must be.")
	}
	return nil
}
