// Package recordtest tests what every record of the core must keep: the shapes in which it is
// stored, and that applying an event changes nothing that was given.
package recordtest

import (
	"encoding/json"
	"os"
	"testing"
)

// Record is one kind of record: R is its state, E its events.
type Record[R, E any] struct {
	// Every makes one event of each kind, in an order in which they can happen, with every
	// field set that the kind uses.
	Every func() []E
	Apply func(R, E) R
	// Bare is an event without its payload: what the store keeps beside that.
	Bare func(E) E
	Kind func(E) string
}

// stored is what the golden file holds of one event: its payload, and the record after it.
type stored struct {
	Kind   string          `json:"kind"`
	Event  json.RawMessage `json:"event"`
	Record json.RawMessage `json:"record"`
}

// Shapes compares what is stored of each kind, and the record after it, with the golden file
// at path, which holds what releases before this one have written. With update it is written.
func (r Record[R, E]) Shapes(t *testing.T, path string, update bool) {
	t.Helper()
	events := r.Every()
	if update {
		r.write(t, path, events)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want []stored
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	if len(events) != len(want) {
		t.Fatalf("%d kinds, want %d", len(events), len(want))
	}
	var old R
	for n, w := range want {
		read := r.Bare(events[n])
		if err := json.Unmarshal(w.Event, &read); err != nil {
			t.Fatal(err)
		}
		for _, now := range []string{dump(t, read), dump(t, events[n])} {
			if kind := r.Kind(events[n]); kind != w.Kind || now != dump(t, w.Event) {
				t.Errorf("%s is stored as %s, want %s as %s", kind, now, w.Kind, dump(t, w.Event))
			}
		}
		old = r.Apply(old, read)
		if now := dump(t, old); now != dump(t, w.Record) {
			t.Errorf("after %s the record is %s, want %s", w.Kind, now, dump(t, w.Record))
		}
	}
}

func (r Record[R, E]) write(t *testing.T, path string, events []E) {
	t.Helper()
	var all []stored
	var record R
	for _, e := range events {
		record = r.Apply(record, e)
		all = append(all, stored{r.Kind(e), json.RawMessage(dump(t, e)), json.RawMessage(dump(t, record))})
	}
	out, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(out, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Pure applies events to one record in two ways, and sees that neither changes the other, the
// record or the events.
func (r Record[R, E]) Pure(t *testing.T) {
	t.Helper()
	var record R
	for _, e := range r.Every() {
		for _, other := range r.Every() {
			before, event := dump(t, record), dump(t, other)
			one := r.Apply(record, e)
			first := dump(t, one)
			r.Apply(record, other)
			r.Apply(one, other)
			if got := dump(t, record); got != before {
				t.Fatalf("%s changed the record it was given:\n%s\n%s", r.Kind(other), before, got)
			}
			if got := dump(t, one); got != first {
				t.Fatalf("%s changed the record after %s:\n%s\n%s", r.Kind(other), r.Kind(e), first, got)
			}
			if got := dump(t, other); got != event {
				t.Fatalf("%s changed itself", r.Kind(other))
			}
		}
		record = r.Apply(record, e)
	}
}

func dump(t *testing.T, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
