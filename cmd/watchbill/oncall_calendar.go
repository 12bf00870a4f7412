package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/configs"
)

func exportCalendar(ctx context.Context, e env, q *roster) error {
	if !q.ical {
		return misuse("say in which form: export --ical")
	}
	a, err := q.open(e)
	if err != nil {
		return err
	}
	defer a.close()
	body, err := a.get(ctx, q.path("/calendar"))
	if err != nil {
		return err
	}
	if q.json {
		body, err = json.Marshal(map[string]string{"ical": string(body)})
		if err != nil {
			return fmt.Errorf("write the answer: %w", err)
		}
		return line(e.stdout, body)
	}
	_, err = e.stdout.Write(body)
	return err
}

// feedAddress prints the private address of a calendar feed, and the next one if the
// address until now is revoked.
func feedAddress(ctx context.Context, e env, q *roster) error {
	if (q.person == "") == (q.schedule == "") {
		return misuse("say whose feed: --person P or --schedule NAME")
	}
	a, err := q.open(e)
	if err != nil {
		return err
	}
	defer a.close()
	body, err := a.speakAs(q.as).post(ctx, "/v1/oncall/feeds", map[string]any{"person": q.person, "schedule": q.schedule, "revoke": q.revoke})
	if err != nil {
		return err
	}
	if q.json {
		return line(e.stdout, bytes.TrimSpace(body))
	}
	var f struct{ URL string }
	if err := json.Unmarshal(body, &f); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return say(e, "%s", f.URL)
}

// The time that an import reads unless it is told.
const (
	importBack  = 31 * 24 * time.Hour
	importAhead = 400 * 24 * time.Hour
)

func importCalendar(ctx context.Context, e env, q *roster) error {
	if !q.ical {
		return misuse("say in which form: import --ical %s", q.args[0])
	}
	kinds := []string{"time_off", "overrides", "holidays"}
	if q.kind != "" && !slices.Contains(kinds, q.kind) {
		return misuse("there is no kind %q: it is one of %s", q.kind, strings.Join(kinds, ", "))
	}
	// Without a file there are no people, and names are taken as they are.
	c, err := configs.LoadToRun(cmp.Or(q.file, q.config, e.getenv("WATCHBILL_CONFIG")), e.getenv)
	if err != nil {
		return err
	}
	in := bot.CalendarInput{From: time.Now().Add(-importBack), TimeZone: q.zone, Person: q.person}
	if in.From, err = q.from.or(in.From); err != nil {
		return err
	}
	if in.To, err = q.to.or(in.From.Add(importBack + importAhead)); err != nil {
		return err
	}
	data, err := readCalendar(q.args[0], e.stdin)
	if err != nil {
		return err
	}
	got, err := bot.ImportCalendar(data, c, in)
	if err != nil {
		return fmt.Errorf("read %s: %w", q.args[0], err)
	}
	if q.kind != "" {
		got = got.Only(q.kind)
	}
	if q.json {
		body, err := json.Marshal(got)
		if err != nil {
			return fmt.Errorf("write the answer: %w", err)
		}
		return line(e.stdout, body)
	}
	for _, w := range got.Warnings {
		fmt.Fprintf(e.stderr, "watchbill oncall: %s: %s\n", q.args[0], printable(w))
	}
	if text := got.YAML(); text != "" {
		_, err = io.WriteString(e.stdout, text)
		return err
	}
	return say(e, "# %s has nothing from %s to %s", q.args[0], in.From.UTC().Format(time.DateOnly), in.To.UTC().Format(time.DateOnly))
}

// or is the instant that the flag gives. Nobody says in which zone a wall time would
// be read, so there must be an offset or a date.
func (m moment) or(otherwise time.Time) (time.Time, error) {
	if m == "" {
		return otherwise, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, string(m)); err == nil {
			return t, nil
		}
	}
	return time.Time{}, misuse("%q has no offset: write 2026-03-29T02:30:00+02:00, or a date", string(m))
}

// readCalendar reads a file, "-" being standard input, up to the size from which a
// calendar is refused.
func readCalendar(path string, stdin io.Reader) ([]byte, error) {
	in := stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("open calendar: %w", err)
		}
		defer file.Close()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, bot.MaxCalendar+1))
	if err != nil {
		return nil, fmt.Errorf("read calendar %s: %w", path, err)
	}
	if len(data) >= bot.MaxCalendar {
		return nil, fmt.Errorf("read calendar %s: it has %d MB or more, and that much is not read; export a shorter time", path, bot.MaxCalendar/1_000_000)
	}
	return data, nil
}
