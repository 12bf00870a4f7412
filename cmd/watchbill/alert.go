package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// alerts looks at alerts and their webhooks.
func alerts(ctx context.Context, e env, args []string) error {
	var c common
	rest, err := flags("alert", args, c.define)
	if err != nil {
		return err
	}
	switch {
	case len(rest) == 0:
		return misuse("say what to do: rejected")
	case rest[0] != "rejected":
		return misuse("there is no %q: say rejected", rest[0])
	case len(rest) > 1:
		return misuse("rejected takes no more arguments")
	}
	a, err := c.open(e)
	if err != nil {
		return err
	}
	defer a.close()
	return listRejected(ctx, e, a, c)
}

// listRejected shows what webhooks could not read.
func listRejected(ctx context.Context, e env, a *asker, c common) error {
	n := 0
	err := list(ctx, a, "/v1/alerts/rejected", func(r struct {
		At                           time.Time
		Integration, From, Why, Body string
		Status, Size                 int
	}, raw json.RawMessage) error {
		if n++; c.json {
			return line(e.stdout, raw)
		}
		fmt.Fprintf(e.stdout, "%s  %s  from %s, %d bytes, answered %d: %s\n", stamp(r.At), printable(r.Integration), printable(r.From), r.Size, r.Status, printable(r.Why))
		for text := range strings.SplitSeq(strings.TrimRight(r.Body, "\n"), "\n") {
			fmt.Fprintf(e.stdout, "    %s\n", printable(text))
		}
		return nil
	})
	if err == nil && n == 0 && !c.json {
		fmt.Fprintln(e.stdout, "No webhook has sent anything that could not be read.")
	}
	return err
}
