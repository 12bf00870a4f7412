package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/watchbill/watchbill/bot"
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
	file := map[string]any{"schedules": c.Schedules, "allow_gaps": q.allowGaps}
	if q.plan {
		body, err := q.planOf(ctx, e, c, file)
		if err != nil {
			return err
		}
		return q.showPlan(e, body)
	}
	a, err := q.openToChange(e)
	if err != nil {
		return err
	}
	defer a.close()
	body, err := a.post(ctx, "/v1/oncall/apply", file)
	if err != nil {
		return located(c, err)
	}
	return eachOf(body, func(s struct {
		Schedule, Afterwards string
		Changed              bool
		Gaps                 []period
		Conflicts            []string
	}, raw json.RawMessage) error {
		if q.json {
			return line(e.stdout, raw)
		}
		what := "stands as it stood"
		if s.Changed {
			what = "is applied; " + s.Afterwards
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

// planOf asks what a file would change. Before the first start there is nobody to ask,
// and nothing is stored that could differ.
func (q *roster) planOf(ctx context.Context, e env, c *configs.Config, file any) ([]byte, error) {
	a, err := q.common.open(e)
	var first *noDataFile
	if errors.As(err, &first) {
		fmt.Fprintf(e.stderr, "watchbill oncall: nothing is in force yet, for there is no data file %s: this is the plan for the first start\n", first.path)
		return bot.FirstPlan(c, q.allowGaps, time.Now())
	}
	if err != nil {
		return nil, err
	}
	defer a.close()
	body, err := a.post(ctx, "/v1/oncall/plan", file)
	return body, located(c, err)
}

// aboutValue is how the bot begins what it says of a value of a schedule.
var aboutValue = regexp.MustCompile(`(?m)^schedule (.+?): ([a-z_]+(?:\[\d+\])?(?:\.[a-z_]+(?:\[\d+\])?)*): `)

// located says where in the file those values stand that the bot refuses.
func located(c *configs.Config, err error) error {
	var refused *refusal
	if !errors.As(err, &refused) {
		return err
	}
	said := *refused
	said.message = aboutValue.ReplaceAllStringFunc(said.message, func(text string) string {
		m := aboutValue.FindStringSubmatch(text)
		if at := c.PlaceIn(m[1], m[2]); at != "" {
			return at + ": " + text
		}
		return text
	})
	return &said
}

// showPlan prints what would change for people. A plan that would be refused fails.
func (q *roster) showPlan(e env, body []byte) error {
	var refused error
	err := eachOf(body, func(p planned, raw json.RawMessage) error {
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
