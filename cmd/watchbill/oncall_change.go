package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// changed is what a change of a schedule did.
type changed struct {
	Schedule            string
	Changed             bool
	IDs, Text, Warnings []string
	Fairest             *struct{ Person, Why string }
}

// changes is a verb that asks for one change and says what it did.
func changes(do string) func(context.Context, env, *roster) error {
	return func(ctx context.Context, e env, q *roster) error {
		if err := q.complete(do); err != nil {
			return err
		}
		a, err := q.openToChange(e)
		if err != nil {
			return err
		}
		defer a.close()
		schedule, id := q.schedule, strings.Join(q.args, "")
		if do == "remove" {
			schedule, id = id, ""
		}
		body, err := a.post(ctx, "/v1/oncall/changes", map[string]string{"do": do, "schedule": schedule, "person": q.person, "replaces": q.replaces,
			"with": q.with, "from": string(q.from), "to": string(q.to), "their_from": string(q.theirFrom), "their_to": string(q.theirTo),
			"join_after": q.joinAfter, "note": q.note, "id": id})
		if err != nil {
			return err
		}
		return eachOf(body, func(c changed, raw json.RawMessage) error {
			if q.json {
				return line(e.stdout, raw)
			}
			return sayChanged(e, c)
		})
	}
}

// complete refuses a change that does not say what it needs.
func (q *roster) complete(do string) error {
	switch {
	case do == "override" && q.person == "" && q.replaces == "":
		return misuse("say who comes on call with --person, and with --replaces in whose place")
	case (do == "swap" || do == "shadow") && q.with == "":
		return misuse("%s", map[string]string{"swap": "say whose shift is wanted in return with --with", "shadow": "say beside whom with --with"}[do])
	case slices.Contains([]string{"override", "cover", "off", "swap"}, do) && (q.from == "" || q.to == ""):
		return misuse("%s needs --from and --to", do)
	case do == "swap" && (q.theirFrom == "" || q.theirTo == ""):
		return misuse("swap needs --their-from and --their-to: the time that is wanted in return")
	}
	return nil
}

func sayChanged(e env, c changed) error {
	if !c.Changed {
		return say(e, "%s: nothing changes", c.Schedule)
	}
	for n, t := range c.Text {
		if n < len(c.IDs) && !strings.HasPrefix(t, c.IDs[n]+":") {
			t += " (" + c.IDs[n] + ")"
		}
		if err := say(e, "%s: %s", c.Schedule, t); err != nil {
			return err
		}
	}
	if err := sayAll(e, "mind", c.Warnings); err != nil || c.Fairest == nil {
		return err
	}
	return say(e, "  fairest to take it: %s, %s", c.Fairest.Person, c.Fairest.Why)
}

// listChanges prints what people and files put beside the rotations and is not over.
func listChanges(ctx context.Context, e env, q *roster) error {
	type change struct{ Schedule, ID, Text, By string }
	return table(ctx, e, q, listing[change]{"/changes", "SCHEDULE\tID\tWHAT\tBY", "Nothing stands beside the rotations.", func(c change) string {
		return strings.Join([]string{printable(c.Schedule), printable(c.ID), printable(c.Text), printable(c.By)}, "\t")
	}})
}

// fairest prints who would take a time over.
func fairest(ctx context.Context, e env, q *roster) error {
	if q.from == "" || q.to == "" {
		return misuse("fairest needs --from and --to: the time that somebody is looked for")
	}
	type taker struct{ Schedule, Person, Why string }
	return table(ctx, e, q, listing[taker]{"/fairest", "", "There are no schedules.", func(t taker) string {
		return printable(fmt.Sprintf("%s: %s, %s", t.Schedule, cmp.Or(t.Person, "nobody"), t.Why))
	}})
}
