package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/watchbill/watchbill/configs"
)

// routing is a command line about where alerts go.
type routing struct {
	config, file, integration string
	at                        moment
	json                      bool
}

// routeAlerts explains, from the configuration alone, what becomes of the alerts in a file.
func routeAlerts(_ context.Context, e env, args []string) error {
	var q routing
	rest, err := flags("route", args, func(fs *flag.FlagSet) {
		fs.StringVar(&q.config, "config", "", "")
		fs.StringVar(&q.file, "file", "", "")
		fs.StringVar(&q.integration, "integration", "", "")
		fs.Var(&q.at, "at", "")
		fs.BoolVar(&q.json, "json", false, "")
	})
	switch {
	case err != nil:
		return err
	case len(rest) > 0:
		return misuse("%q is not expected: give the payload with --file", rest[0])
	case q.file == "":
		return misuse("give the payload that the source sends with --file FILE, or --file - to read it from standard input")
	}
	_, c, err := setup(e, q.config)
	if err != nil {
		return err
	}
	if q.integration != "" {
		in, known := c.Integration(q.integration)
		if !known {
			return c.UnknownIntegration(q.integration)
		}
		q.integration = in.Name
	}
	body, err := payload(e, q.file)
	if err != nil {
		return err
	}
	at := q.at.instant(time.Now())
	source, routed, err := c.RouteAlerts(q.integration, body, at)
	if err != nil {
		return fmt.Errorf("read the payload: %w", err)
	}
	w := &bytes.Buffer{}
	if !q.json {
		q.head(w, c, source, len(routed), at)
	}
	for i, r := range routed {
		if q.json {
			raw, err := json.Marshal(r)
			if err != nil {
				return fmt.Errorf("write the answer: %w", err)
			}
			if err := line(w, raw); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(w, "\n%d of %d: %s\n", i+1, len(routed), r.Alert.Title)
		explain(w, r)
	}
	text := w.String()
	if !q.json {
		text = printable(text)
	}
	_, err = io.WriteString(e.stdout, text)
	return err
}

// instant is the time that was given, by the clock of this machine where it has no
// offset, else now.
func (m moment) instant(now time.Time) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, string(m), time.Local); err == nil {
			return t
		}
	}
	return now
}

// maxPayload is a little more than any source may send, so that the decoder can say so.
const maxPayload = 1<<20 + 1

func payload(e env, file string) ([]byte, error) {
	in := e.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("open the payload: %w", err)
		}
		defer f.Close()
		in = f
	}
	body, err := io.ReadAll(io.LimitReader(in, maxPayload))
	if err != nil {
		return nil, fmt.Errorf("read the payload: %w", err)
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, errors.New("the payload is empty")
	}
	return body, nil
}

// head says how the payload was read.
func (q *routing) head(w io.Writer, c *configs.Config, source string, n int, at time.Time) {
	if q.integration == "" {
		fmt.Fprintf(w, "Read as %s, which it looks like, and as if it came by no integration.\n", source)
		if names := c.IntegrationNames(); len(names) > 0 {
			fmt.Fprintf(w, "Its service, its mapping and its routes count with --integration: there are %s.\n", strings.Join(names, ", "))
		}
	} else {
		fmt.Fprintf(w, "Read as %s, as the integration %s would.\n", source, q.integration)
	}
	fmt.Fprintf(w, "On call and maintenance at %s, by the configuration alone.\n", at.Format("Mon 2 Jan 2006 15:04 MST"))
	if n == 0 {
		fmt.Fprintln(w, "\nThere are no alerts in it.")
	}
}

// explain writes one alert and what becomes of it.
func explain(w io.Writer, r configs.Routed) {
	a, d := r.Alert, r.Decision
	about := string(a.Status)
	if a.Severity != "" {
		about += ", " + string(a.Severity)
	}
	if !a.Starts.IsZero() {
		about += ", since " + a.Starts.Format("2006-01-02 15:04:05 MST")
	}
	if a.Count > 1 {
		about += fmt.Sprintf(", stands for %d", a.Count)
	}
	fmt.Fprintf(w, "  %s\n  fingerprint %s\n  group       %s\n", about, a.Key, d.Group)
	for _, note := range a.Notes {
		fmt.Fprintf(w, "  note: %s\n", note)
	}
	for _, why := range d.Why {
		fmt.Fprintf(w, "  - %s\n", why)
	}
	switch {
	case a.Status != "firing":
		fmt.Fprintf(w, "  - It is %s: it opens no page and no incident.\n", a.Status)
	case r.Policy != "":
		steps(w, r)
	}
}

// steps writes whom a policy tells, and when.
func steps(w io.Writer, r configs.Routed) {
	fmt.Fprintf(w, "  %s would page, until somebody answers:\n", r.Policy)
	for i, s := range r.Steps {
		text := fmt.Sprintf("%d. %s: %s", i+1, after(s), whom(s.Targets))
		if s.When != "" {
			text += " (" + s.When + ")"
		}
		switch {
		case s.Skipped != "":
			text += "; skipped: " + s.Skipped
		case i == len(r.Steps)-1 && r.Repeat > 0:
			text += fmt.Sprintf("; waits %s, then all steps again, %d more times", s.Wait, r.Repeat)
		default:
			text += "; waits " + s.Wait
		}
		fmt.Fprintf(w, "    %s\n", text)
	}
	if r.Floor != nil {
		fmt.Fprintf(w, "    Then, %s and every %s: %s\n", after(*r.Floor), r.Floor.Wait, whom(r.Floor.Targets))
	}
	if r.AckTimeout != "" {
		fmt.Fprintf(w, "    An acknowledgement stands for %s, and then it pages again.\n", r.AckTimeout)
	}
}

// after is when a step comes.
func after(s configs.RoutedStep) string {
	if s.After == "" {
		return "at once"
	}
	return "after " + s.After
}

// whom are the targets of a step, with whom they stand for where their names do not say.
func whom(targets []configs.RoutedTarget) string {
	var out []string
	for _, t := range targets {
		switch {
		case t.Others || len(t.People) == 1 && t.Target == "person:"+t.People[0]:
			out = append(out, t.Target)
		case len(t.People) == 0:
			out = append(out, t.Target+" (nobody)")
		default:
			out = append(out, fmt.Sprintf("%s (%s)", t.Target, strings.Join(t.People, ", ")))
		}
	}
	return strings.Join(out, ", ")
}
