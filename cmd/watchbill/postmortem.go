package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"

	"github.com/watchbill/watchbill/bot"
)

func postmortems(ctx context.Context, e env, args []string) error {
	var c common
	format := "markdown"
	rest, err := flags("postmortem", args, func(fs *flag.FlagSet) { c.define(fs); fs.StringVar(&format, "format", format, "") })
	if err != nil {
		return err
	}
	switch {
	case len(rest) == 2 && rest[0] == "lint":
		return lint(e, rest[1], c.json)
	case len(rest) != 2 || rest[0] != "show":
		return misuse("say show and an incident, or lint and a file, for example: show INC-1")
	}
	if c.json {
		format = "json"
	}
	a, err := c.open(e)
	if err != nil {
		return err
	}
	defer a.close()
	body, err := a.get(ctx, "/v1/incidents/"+id(rest[1])+"/postmortem?format="+url.QueryEscape(format))
	if err != nil {
		return err
	}
	if !c.json {
		_, err = e.stdout.Write(body)
		return err
	}
	var one bytes.Buffer
	if err := json.Compact(&one, body); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return line(e.stdout, one.Bytes())
}

// maxDraft is the largest text that is looked through for blame, in bytes.
const maxDraft = 4 << 20

// lint finds words that blame in a postmortem that people have completed. Those that are
// to be rewritten are an error, so that a script can insist.
func lint(e env, name string, asJSON bool) error {
	in := e.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	doc, err := io.ReadAll(io.LimitReader(in, maxDraft+1))
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if len(doc) > maxDraft {
		return fmt.Errorf("%s has more than %d MiB: is it a postmortem?", name, maxDraft>>20)
	}
	blamed := 0
	for _, f := range bot.Lint(string(doc)) {
		if f.Blames() {
			blamed++
		}
		if asJSON {
			raw, err := json.Marshal(f)
			if err != nil {
				return fmt.Errorf("write the answer: %w", err)
			}
			if err := line(e.stdout, raw); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(e.stdout, "%s:%d:%d: %s: %q. %s (%s)\n", printable(name), f.Line, f.Column, f.Level, printable(f.Phrase), f.Rewording, f.Rule)
	}
	if blamed > 0 {
		return fmt.Errorf("phrases that may be read as blame: %d; rewrite them, or keep them with a reason", blamed)
	}
	return nil
}
