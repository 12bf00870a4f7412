package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/watchbill/watchbill/configs"
)

// openToChange is the running bot, or the data file of a stopped one for writing.
func (q *roster) openToChange(e env) (*asker, error) {
	a, err := q.reach(e, writes)
	if err != nil {
		return nil, err
	}
	return a.speakAs(q.as), nil
}

// problem is something about a value of a schedule.
type problem struct{ Path, Message, Suggestion string }

// planned is what applying one schedule would change.
type planned struct {
	Schedule string
	New      bool
	Change   struct {
		Sentences []string
		From, To  string
	}
	Conflicts []string
	Warnings  []problem
	Refused   string
}

func applyFile(ctx context.Context, e env, q *roster) error {
	c, err := configs.Load(q.args[0], e.getenv)
	if err != nil {
		return err
	}
	if len(c.Schedules) == 0 {
		return fmt.Errorf("%s has no schedules: write them under `schedules:`", q.args[0])
	}
	open := q.openToChange
	if q.plan {
		open = q.common.open
	}
	a, err := open(e)
	if err != nil {
		return err
	}
	defer a.close()
	file := map[string]any{"schedules": c.Schedules, "allow_gaps": q.allowGaps}
	if q.plan {
		return q.showPlan(ctx, e, a, file)
	}
	body, err := a.post(ctx, "/v1/oncall/apply", file)
	if err != nil {
		return err
	}
	return eachOf(body, func(s struct {
		Schedule  string
		Changed   bool
		Gaps      []period
		Conflicts []string
	}, raw json.RawMessage) error {
		if q.json {
			return line(e.stdout, raw)
		}
		what := "stands as it stood"
		if s.Changed {
			what = "is applied"
		}
		if n := len(s.Gaps); n > 0 {
			what += fmt.Sprintf("; %d gaps ahead, see `watchbill oncall gaps`", n)
		}
		if err := say(e, "%s %s", s.Schedule, what); err != nil {
			return err
		}
		return sayAll(e, "kept from chat", s.Conflicts)
	})
}

// showPlan prints what would change for people. A plan that would be refused fails.
func (q *roster) showPlan(ctx context.Context, e env, a *asker, file any) error {
	body, err := a.post(ctx, "/v1/oncall/plan", file)
	if err != nil {
		return err
	}
	var refused error
	err = eachOf(body, func(p planned, raw json.RawMessage) error {
		if p.Refused != "" {
			refused = errors.Join(refused, fmt.Errorf("%s would be refused: %s", p.Schedule, p.Refused))
		}
		if q.json {
			return line(e.stdout, raw)
		}
		title := p.Schedule
		if p.New {
			title += " (new)"
		}
		if err := say(e, "%s", title); err != nil {
			return err
		}
		var warnings []string
		for _, w := range p.Warnings {
			warnings = append(warnings, cmp.Or(w.Path, "schedule")+": "+w.Message)
		}
		return errors.Join(sayAll(e, "", p.Change.Sentences), sayAll(e, "kept from chat", p.Conflicts), sayAll(e, "warning", warnings))
	})
	if err == nil && refused != nil && !q.allowGaps {
		refused = fmt.Errorf("%w\nwith --allow-gaps, gaps are no reason to refuse", refused)
	}
	return errors.Join(err, refused)
}

// sayAll prints lines under a title, each with what it is.
func sayAll(e env, what string, lines []string) error {
	for _, l := range lines {
		if what != "" {
			l = what + ": " + l
		}
		if err := say(e, "  %s", l); err != nil {
			return err
		}
	}
	return nil
}

// changed is what a change of a schedule did.
type changed struct {
	Schedule            string
	Changed             bool
	IDs, Text, Warnings []string
}

// change asks for one change and says what it did.
func (q *roster) change(ctx context.Context, e env, do, id string) error {
	a, err := q.openToChange(e)
	if err != nil {
		return err
	}
	defer a.close()
	body, err := a.post(ctx, "/v1/oncall/changes", map[string]string{"do": do, "schedule": q.schedule, "person": q.person, "replaces": q.replaces,
		"from": string(q.from), "to": string(q.to), "note": q.note, "id": id})
	if err != nil {
		return err
	}
	if q.json {
		return line(e.stdout, bytes.TrimSpace(body))
	}
	var c changed
	if err := json.Unmarshal(body, &c); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if !c.Changed {
		return say(e, "%s: nothing changes", c.Schedule)
	}
	for n, t := range c.Text {
		if n < len(c.IDs) {
			t += " (" + c.IDs[n] + ")"
		}
		if err := say(e, "%s: %s", c.Schedule, t); err != nil {
			return err
		}
	}
	return sayAll(e, "mind", c.Warnings)
}

// needsTime refuses a change that does not say from when to when.
func (q *roster) needsTime(what string) error {
	if q.from == "" || q.to == "" {
		return misuse("%s needs --from and --to", what)
	}
	return nil
}

func overrides(ctx context.Context, e env, q *roster) error {
	switch {
	case q.args[0] == "add" && len(q.args) == 1:
		if q.person == "" && q.replaces == "" {
			return misuse("say who comes on call with --person, and with --replaces in whose place")
		}
		if err := q.needsTime("override add"); err != nil {
			return err
		}
		return q.change(ctx, e, "override", "")
	case q.args[0] == "remove" && len(q.args) == 2:
		return q.change(ctx, e, "undo", q.args[1])
	case q.args[0] == "remove":
		return misuse("say which override, for example: override remove O3")
	}
	return misuse("say override add, or override remove and its id")
}

func cover(ctx context.Context, e env, q *roster) error {
	if err := q.needsTime("cover"); err != nil {
		return err
	}
	return q.change(ctx, e, "cover", "")
}

func off(ctx context.Context, e env, q *roster) error {
	if err := q.needsTime("off"); err != nil {
		return err
	}
	return q.change(ctx, e, "off", "")
}
