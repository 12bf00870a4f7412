package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
)

// watch is one answer to who is on call.
type watch struct {
	At       time.Time `json:"at"`
	Schedule string    `json:"schedule"`
	OnCall   []string  `json:"on_call"`
	Until    time.Time `json:"until"`
}

func whoIsOn(ctx context.Context, e env, q *roster) error {
	if q.atStdin && len(q.at) > 0 {
		return misuse("give times with --at or with --at-stdin, not both")
	}
	a, err := q.open(e)
	if err != nil {
		return err
	}
	defer a.close()
	if q.atStdin {
		return q.whoAtEach(ctx, e, a)
	}
	if len(q.at) == 0 {
		q.at = moments{""}
	}
	w := bufio.NewWriter(e.stdout)
	for _, at := range q.at {
		if err := q.who(ctx, a, at, w); err != nil {
			return errors.Join(err, w.Flush())
		}
	}
	return w.Flush()
}

// who prints who is on call at an instant; an empty one is now.
func (q *roster) who(ctx context.Context, a *asker, at string, w io.Writer) error {
	v := url.Values{}
	if at != "" {
		v.Set("at", at)
	}
	if q.schedule != "" {
		v.Set("schedule", q.schedule)
	}
	if !q.json && !q.atStdin {
		v.Set("until", "true")
	}
	n := 0
	err := list(ctx, a, "/v1/oncall?"+v.Encode(), func(r watch, raw json.RawMessage) error {
		n++
		if q.json {
			return line(w, raw)
		}
		people := strings.Join(r.OnCall, ", ")
		if people == "" {
			people = "nobody"
		}
		text := fmt.Sprintf("%s: %s", r.Schedule, people)
		if at != "" {
			text = r.At.Format(time.RFC3339) + "  " + text
		}
		if !r.Until.IsZero() {
			text += " until " + r.Until.Format("2006-01-02 15:04 MST")
		}
		_, err := fmt.Fprintln(w, printable(text))
		return err
	})
	if err == nil && n == 0 && !q.json {
		_, err = fmt.Fprintln(w, "There are no schedules. Write one under `schedules:` in the configuration.")
	}
	return err
}

// whoAtEach answers one instant after another, each as soon as its line is read. A
// line that is no time is named on standard error, and the rest goes on.
func (q *roster) whoAtEach(ctx context.Context, e env, a *asker) error {
	if err := q.who(ctx, a, "", io.Discard); err != nil { // no line could be answered
		return err
	}
	w := bufio.NewWriter(e.stdout)
	bad := false
	n := 0
	for text := range lines(ctx, e.stdin) {
		n++
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		err := new(moment).Set(text)
		if err == nil {
			err = q.who(ctx, a, text, w)
			if refused := new(refusal); err != nil && !(errors.As(err, &refused) && refused.invalid) {
				return errors.Join(err, w.Flush())
			}
			if err := w.Flush(); err != nil {
				return fmt.Errorf("write the answer: %w", err)
			}
		}
		if err != nil {
			bad = true
			fmt.Fprintf(e.stderr, "watchbill oncall: line %d: %q is not a time: %v\n", n, clip(text), err)
		}
	}
	if ctx.Err() != nil {
		return errors.New("stopped before the end of the input")
	}
	if bad {
		return errSilent
	}
	return nil
}

// longLine is longer than any time that is written on a line.
const longLine = 4 << 10

// lines reads lines until the end or until the context ends; of a line that is too
// long only the beginning.
func lines(ctx context.Context, r io.Reader) <-chan string {
	out := make(chan string)
	go func() {
		defer close(out)
		in := bufio.NewReaderSize(r, longLine)
		for {
			text, err := in.ReadSlice('\n')
			text = bytes.Clone(text)
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = in.ReadSlice('\n')
			}
			if err != nil && len(text) == 0 {
				return
			}
			select {
			case out <- string(text):
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// clip keeps what is repeated of somebody's input short.
func clip(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
