package main

import (
	"context"
	"encoding/json"
	"fmt"
)

func doctor(ctx context.Context, e env, args []string) error {
	var c common
	rest, err := flags("doctor", args, c.defineHere)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return misuse("%q is not expected here", rest[0])
	}
	checks := examine(ctx, e, c)
	wrong := 0
	for _, k := range checks {
		if c.json {
			raw, err := json.Marshal(k)
			if err != nil {
				return fmt.Errorf("write the answer: %w", err)
			}
			if !k.OK && !k.Optional {
				wrong++
			}
			if err := line(e.stdout, raw); err != nil {
				return err
			}
			continue
		}
		mark := "ok     "
		if !k.OK {
			mark = "WRONG  "
			if k.Optional {
				mark = "lacking"
			} else {
				wrong++
			}
		}
		fmt.Fprintf(e.stdout, "%s  %s: %s\n", mark, k.What, printable(k.Found))
		if k.Mend != "" {
			fmt.Fprintf(e.stdout, "         → %s\n", printable(k.Mend))
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d checks failed", wrong, len(checks))
	}
	return nil
}
