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
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// common are the flags of every command that asks.
type common struct {
	config, data, url string
	json              bool
}

func (c *common) define(fs *flag.FlagSet) {
	c.defineHere(fs)
	fs.StringVar(&c.url, "url", "", "")
}

// defineHere is define for what only concerns this machine.
func (c *common) defineHere(fs *flag.FlagSet) {
	fs.BoolVar(&c.json, "json", false, "")
	fs.StringVar(&c.config, "config", "", "")
	fs.StringVar(&c.data, "data", "", "")
}

// commonFlags are their names.
var commonFlags = []string{"config", "data", "url", "json"}

// open finds the bot that the flags and the environment name.
func (c *common) open(e env) (*asker, error) { return c.reach(e, reads) }

// reach is open for what a command needs of the bot.
func (c *common) reach(e env, need need) (*asker, error) {
	here := c.config != "" || c.data != ""
	switch address := cmp.Or(c.url, e.getenv("WATCHBILL_URL")); {
	case c.url != "" && here:
		return nil, misuse("--url asks a bot on another machine: leave --config and --data away")
	case address != "" && !here:
		return askRemote(e, address)
	}
	settings, cfg, err := setup(e, c.config)
	if c.data != "" {
		settings.Directory = c.data
	}
	if wrong, ok := errors.AsType[wrongConfig](err); ok {
		return askDespite(e, settings.DataDirectory(cfg), wrong)
	}
	if err != nil {
		return nil, err
	}
	return ask(settings, cfg, need)
}

// line prints one JSON object on a line of its own.
func line(w io.Writer, raw json.RawMessage) error {
	_, err := fmt.Fprintf(w, "%s\n", raw)
	return err
}

// listFailed shows the deliveries that were given up.
func listFailed(ctx context.Context, e env, q *talk) error {
	type failed struct {
		ID                  uint64
		Record, Target, Why string
		Attempts            int
		GivenUp             time.Time `json:"given_up"`
	}
	return listing[failed]{"/v1/effects", "", "Nothing was given up in the last 30 days.", func(d failed) string {
		return fmt.Sprintf("%d  %s  %s for %s, after %d attempts: %s", d.ID, stamp(d.GivenUp), printable(d.Target), d.Record, d.Attempts, printable(d.Why))
	}}.print(ctx, e, q.open, q.json)
}

// retryFailed owes a delivery again that was given up.
func retryFailed(ctx context.Context, e env, q *talk) error {
	number := q.args[0]
	if _, err := strconv.ParseUint(number, 10, 64); err != nil {
		return misuse("%q is not the number of a delivery; `incident failed` shows them", number)
	}
	a, err := q.reach(e, writes)
	if err != nil {
		return err
	}
	defer a.close()
	answer, err := a.speakAs(q.as).post(ctx, "/v1/effects/"+number+"/retry", struct{}{})
	if err != nil {
		return err
	}
	if q.json {
		return line(e.stdout, bytes.TrimSpace(answer))
	}
	fmt.Fprintf(e.stdout, "Delivery %s is tried again.\n", number)
	return nil
}

// id is an incident's id as people write it.
func id(text string) string { return numbered("INC-", text) }

// numbered is an id as people write it; a number alone is one of the kind.
func numbered(kind, text string) string {
	text = strings.ToUpper(strings.TrimPrefix(text, "#"))
	switch {
	case text == "", text == ".", text == "..", text[0] >= '0' && text[0] <= '9': // dots would lead elsewhere
		text = kind + text
	}
	return url.PathEscape(text)
}

type summary struct {
	ID, Title, Severity, Status, Service, Lead, Channel string
	Answered                                            bool
	Declared, Resolved, Closed                          time.Time
}

func listIncidents(ctx context.Context, e env, q *talk) error {
	v := url.Values{"limit": {"1000"}}
	if q.all {
		v.Set("all", "true")
	}
	if q.since != "" {
		since, err := past("--since", q.since)
		if err != nil {
			return err
		}
		v.Set("since", since.Format(time.RFC3339))
	}
	for name, value := range map[string]string{"status": q.status, "service": q.service, "severity": q.sev} {
		if value != "" {
			v.Set(name, value)
		}
	}
	nothing := "No incident is open. `watchbill incident list --all` shows the others."
	if len(v) > 1 {
		nothing = "No incident is like that. Without flags, those are listed that are not closed."
	}
	return listing[summary]{"/v1/incidents?" + v.Encode(), "ID\tSEVERITY\tSTATUS\tDECLARED (UTC)\tLEAD\tTITLE", nothing, func(s summary) string {
		return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s", s.ID, s.Severity, s.Status, s.Declared.UTC().Format("2006-01-02 15:04"), printable(s.Lead), printable(s.Title))
	}}.print(ctx, e, q.open, q.json)
}

// printable keeps what people wrote from speaking to the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if r < ' ' && r != '\n' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '�'
		}
		return r
	}, s)
}

// fact writes one row of names and values; a text of several lines stays in its column.
func fact(w io.Writer, name, value string) {
	fmt.Fprintf(w, "%s\t%s\n", name, strings.ReplaceAll(printable(value), "\n", "\n\t"))
}

type detail struct {
	summary
	Reporter string
	Unpaged  string
	Update   *struct {
		Text, By string
		At       time.Time
	}
	Room   struct{ State, Name, Why string }
	Draft  string
	Pages  []pageView
	Failed map[string]string
}

func showIncident(ctx context.Context, e env, q *talk) error {
	a, err := q.open(e)
	if err != nil {
		return err
	}
	defer a.close()
	body, err := a.get(ctx, "/v1/incidents/"+id(q.args[0]))
	if err != nil {
		return err
	}
	if q.json {
		return line(e.stdout, json.RawMessage(strings.TrimSpace(string(body))))
	}
	var d detail
	if err := json.Unmarshal(body, &d); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	w := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fact(w, name, value)
		}
	}
	fmt.Fprintf(w, "%s\t%s · %s · %s\n", d.ID, d.Severity, d.Status, printable(d.Title))
	row("service", d.Service)
	row("declared", stamp(d.Declared)+" by "+named(d.Reporter))
	lead := d.Lead
	if !d.Answered && lead != "" {
		lead += " (no answer yet)"
	}
	row("lead", lead)
	if d.Update != nil {
		row("last update", stamp(d.Update.At)+" "+named(d.Update.By)+": "+d.Update.Text)
	}
	row("resolved", stamp(d.Resolved))
	row("closed", stamp(d.Closed))
	place := "#" + d.Room.Name
	switch d.Room.State {
	case "pending":
		place += " (not opened yet)"
	case "thread":
		place = "the announcement's thread: " + d.Room.Why
	}
	row("room", place)
	row("postmortem", d.Draft)
	row("nobody was paged", d.Unpaged)
	for _, p := range d.Pages {
		p.rows(row)
	}
	for _, target := range slices.Sorted(maps.Keys(d.Failed)) {
		row("given up", target+": "+d.Failed[target])
	}
	return w.Flush()
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 MST")
}

func showTimeline(ctx context.Context, e env, q *talk) error {
	a, err := q.open(e)
	if err != nil {
		return err
	}
	defer a.close()
	return list(ctx, a, "/v1/incidents/"+id(q.args[0])+"/timeline", func(l struct {
		At, Recorded time.Time
		Text, Quote  string
		Withdrawn    bool
	}, raw json.RawMessage) error {
		if q.json {
			return line(e.stdout, raw)
		}
		text := l.Text
		if l.Quote != "" {
			text += ": " + strings.ReplaceAll(l.Quote, "\n", "\n                         ")
		}
		if l.Recorded.Sub(l.At) > time.Minute {
			text += " (written down " + stamp(l.Recorded) + ")"
		}
		if l.Withdrawn {
			text += " (withdrawn)"
		}
		_, err := fmt.Fprintf(e.stdout, "%s  %s\n", stamp(l.At), printable(text))
		return err
	})
}
