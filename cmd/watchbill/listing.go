package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
)

// listing is a list that the bot gives, as a shell shows it.
type listing[T any] struct {
	path    string         // of the question
	heading string         // of the columns, parted by tabs; empty: none
	nothing string         // said instead of an empty list
	row     func(T) string // its columns, parted by tabs
}

// print asks whom open finds, and prints what there is as rows, or a JSON object on each
// line.
func (l listing[T]) print(ctx context.Context, e env, open func(env) (*asker, error), asJSON bool) error {
	a, err := open(e)
	if err != nil {
		return err
	}
	defer a.close()
	w := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	n := 0
	err = list(ctx, a, l.path, func(v T, raw json.RawMessage) error {
		if asJSON {
			return line(e.stdout, raw)
		}
		if n++; n == 1 && l.heading != "" {
			fmt.Fprintln(w, l.heading)
		}
		_, err := fmt.Fprintln(w, l.row(v))
		return err
	})
	if err == nil && n == 0 && !asJSON {
		_, err = fmt.Fprintln(e.stdout, l.nothing)
	}
	return errors.Join(err, w.Flush())
}
