package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// common are the flags of every command that asks.
type common struct {
	config, data string
	json         bool
}

func (c *common) define(fs *flag.FlagSet) {
	fs.StringVar(&c.config, "config", "", "")
	fs.StringVar(&c.data, "data", "", "")
	fs.BoolVar(&c.json, "json", false, "")
}

// open finds the bot that the flags and the environment name.
func (c *common) open(e env) (*asker, error) { return c.reach(e, false) }

// reach is open; change says that the data file of a stopped bot is to be written.
func (c *common) reach(e env, change bool) (*asker, error) {
	settings, cfg, err := setup(e, c.config)
	if err != nil {
		return nil, err
	}
	if c.data != "" {
		settings.Directory = c.data
	}
	return ask(settings, cfg, change)
}

// line prints one JSON object on a line of its own.
func line(w io.Writer, raw json.RawMessage) error {
	_, err := fmt.Fprintf(w, "%s\n", raw)
	return err
}

func incidents(ctx context.Context, e env, args []string) error {
	var c common
	var all bool
	rest, err := flags("incident", args, func(fs *flag.FlagSet) { c.define(fs); fs.BoolVar(&all, "all", false, "") })
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return misuse("say what to do: list, show, timeline, failed or retry")
	}
	verb, rest := rest[0], rest[1:]
	takes, known := map[string]string{"list": "", "failed": "", "show": "one incident, for example INC-1", "timeline": "one incident, for example INC-1",
		"retry": "the number of a delivery, which `incident failed` shows"}[verb]
	switch {
	case !known:
		return misuse("there is no %q: say list, show, timeline, failed or retry", verb)
	case takes == "" && len(rest) > 0:
		return misuse("%s takes no more arguments", verb)
	case takes != "" && len(rest) != 1:
		return misuse("%s takes %s", verb, takes)
	}
	a, err := c.reach(e, verb == "retry")
	if err != nil {
		return err
	}
	defer a.close()
	switch verb {
	case "list":
		return listIncidents(ctx, e, a, c, all)
	case "show":
		return showIncident(ctx, e, a, c, id(rest[0]))
	case "timeline":
		return showTimeline(ctx, e, a, c, id(rest[0]))
	case "failed":
		return listFailed(ctx, e, a, c)
	}
	return retryFailed(ctx, e, a, rest[0])
}

// listFailed shows the deliveries that were given up.
func listFailed(ctx context.Context, e env, a *asker, c common) error {
	n := 0
	err := list(ctx, a, "/v1/effects", func(d struct {
		ID                  uint64
		Record, Target, Why string
		Attempts            int
		GivenUp             time.Time `json:"given_up"`
	}, raw json.RawMessage) error {
		if n++; c.json {
			return line(e.stdout, raw)
		}
		_, err := fmt.Fprintf(e.stdout, "%d  %s  %s for %s, after %d attempts: %s\n", d.ID, stamp(d.GivenUp), printable(d.Target), d.Record, d.Attempts, printable(d.Why))
		return err
	})
	if err == nil && n == 0 && !c.json {
		fmt.Fprintln(e.stdout, "Nothing was given up in the last 30 days.")
	}
	return err
}

// retryFailed owes a delivery again that was given up.
func retryFailed(ctx context.Context, e env, a *asker, number string) error {
	if _, err := strconv.ParseUint(number, 10, 64); err != nil {
		return misuse("%q is not the number of a delivery; `incident failed` shows them", number)
	}
	if _, err := a.request(ctx, http.MethodPost, "/v1/effects/"+number+"/retry", nil); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "Delivery %s is tried again.\n", number)
	return nil
}

// id is an incident's id as people write it.
func id(text string) string {
	text = strings.ToUpper(strings.TrimPrefix(text, "#"))
	if text != "" && text[0] >= '0' && text[0] <= '9' {
		text = "INC-" + text
	}
	return url.PathEscape(text)
}

type summary struct {
	ID, Title, Severity, Status, Service, Lead, Channel string
	Answered                                            bool
	Declared, Resolved, Closed                          time.Time
}

func listIncidents(ctx context.Context, e env, a *asker, c common, all bool) error {
	path := "/v1/incidents?limit=1000"
	if all {
		path += "&all=true"
	}
	w := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	n := 0
	err := list(ctx, a, path, func(s summary, raw json.RawMessage) error {
		if c.json {
			return line(e.stdout, raw)
		}
		if n++; n == 1 {
			fmt.Fprintln(w, "ID\tSEVERITY\tSTATUS\tDECLARED\tLEAD\tTITLE")
		}
		_, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", s.ID, s.Severity, s.Status, s.Declared.UTC().Format("2006-01-02 15:04"), printable(s.Lead), printable(s.Title))
		return err
	})
	if err == nil && n == 0 && !c.json {
		fmt.Fprintln(e.stdout, "No incident is open. `watchbill incident list --all` shows the others.")
	}
	return errors.Join(err, w.Flush())
}

// printable keeps what people wrote from speaking to the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '�'
		}
		return r
	}, s)
}

type detail struct {
	summary
	Reporter string
	Unpaged  string
	Update   *struct {
		Text, By string
		At       time.Time
	}
	Room  struct{ State, Name, Why string }
	Draft string
	Pages []struct {
		ID, Status, Policy string
		Step               int
		Spent              bool
		Due                time.Time
		AnsweredBy         string `json:"answered_by"`
		Notices            []struct {
			To, Fate string
			At       time.Time
			Paused   bool
		}
	}
	Failed map[string]string
}

func showIncident(ctx context.Context, e env, a *asker, c common, id string) error {
	body, err := a.get(ctx, "/v1/incidents/"+id)
	if err != nil {
		return err
	}
	if c.json {
		return line(e.stdout, json.RawMessage(strings.TrimSpace(string(body))))
	}
	var d detail
	if err := json.Unmarshal(body, &d); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	w := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, printable(value))
		}
	}
	fmt.Fprintf(w, "%s\t%s · %s · %s\n", d.ID, d.Severity, d.Status, printable(d.Title))
	row("service", d.Service)
	row("declared", stamp(d.Declared)+" by "+d.Reporter)
	lead := d.Lead
	if !d.Answered && lead != "" {
		lead += " (no answer yet)"
	}
	row("lead", lead)
	if d.Update != nil {
		row("last update", stamp(d.Update.At)+" "+d.Update.By+": "+d.Update.Text)
	}
	row("resolved", stamp(d.Resolved))
	row("closed", stamp(d.Closed))
	place := "#" + d.Room.Name
	if d.Room.State == "thread" {
		place = "the announcement's thread: " + d.Room.Why
	}
	row("room", place)
	row("postmortem", d.Draft)
	row("nobody was paged", d.Unpaged)
	for _, p := range d.Pages {
		state := p.Status
		if p.AnsweredBy != "" {
			state += " by " + p.AnsweredBy
		}
		if !p.Due.IsZero() {
			state += ", next step " + stamp(p.Due)
		}
		row(p.ID, fmt.Sprintf("%s · policy %s, step %d", state, p.Policy, p.Step))
		for _, n := range p.Notices {
			paused := ""
			if n.Paused {
				paused = ", notifications paused"
			}
			row("", fmt.Sprintf("%s %s to %s%s", stamp(n.At), n.Fate, n.To, paused))
		}
	}
	for target, why := range d.Failed {
		row("given up", target+": "+why)
	}
	return w.Flush()
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 MST")
}

func showTimeline(ctx context.Context, e env, a *asker, c common, id string) error {
	return list(ctx, a, "/v1/incidents/"+id+"/timeline", func(l struct {
		At, Recorded time.Time
		Text, Quote  string
		Withdrawn    bool
	}, raw json.RawMessage) error {
		if c.json {
			return line(e.stdout, raw)
		}
		text := l.Text
		if l.Quote != "" {
			text += ": " + strings.ReplaceAll(l.Quote, "\n", "\n                         ")
		}
		if l.Recorded.Sub(l.At) > time.Minute {
			text += " (written down " + l.Recorded.UTC().Format("15:04") + ")"
		}
		if l.Withdrawn {
			text += " (withdrawn)"
		}
		_, err := fmt.Fprintf(e.stdout, "%s  %s\n", stamp(l.At), printable(text))
		return err
	})
}

func postmortems(ctx context.Context, e env, args []string) error {
	var c common
	format := "markdown"
	rest, err := flags("postmortem", args, func(fs *flag.FlagSet) { c.define(fs); fs.StringVar(&format, "format", format, "") })
	if err != nil {
		return err
	}
	if len(rest) != 2 || rest[0] != "show" {
		return misuse("say show and an incident, for example: show INC-1")
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
	_, err = e.stdout.Write(body)
	return err
}
