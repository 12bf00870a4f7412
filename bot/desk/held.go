package desk

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/watchbill/watchbill/storage"
)

// shape is how the records of one kind are kept.
type shape[T any] struct {
	ref   func(id string) storage.Ref
	due   func(T) time.Time       // nil: they never fall due
	index func(T) []storage.Entry // nil: they are found by their ids alone
	busy  bool                    // they are read again and again, and kept decoded
}

func (s shape[T]) dueOf(r T) time.Time {
	if s.due == nil {
		return time.Time{}
	}
	return s.due(r)
}

func (s shape[T]) indexOf(r T) []storage.Entry {
	if s.index == nil {
		return nil
	}
	return s.index(r)
}

// held is a record as it was read, and what has been decided on it since.
type held[T any] struct {
	base   uint64
	head   []byte
	seq    uint64
	record T
	events []storage.Event
}

// records are those of one kind that a unit has read, by id. One must be read before it is
// changed. What is held are values, and events are only appended to copies: a clone of the
// map is enough to go back to.
type records[T any] map[string]held[T]

// read returns a record as it stands in the unit. One that does not exist is the zero value.
func (r *records[T]) read(w *work, of shape[T], id string) (T, error) {
	if h, ok := (*r)[id]; ok {
		return h.record, nil
	}
	h, err := load[T](w, of.ref(id), of.busy)
	if err != nil {
		return h.record, err
	}
	if *r == nil {
		*r = records[T]{}
	}
	(*r)[id] = h
	return h.record, nil
}

// put replaces a record by what an event has made of it.
func (r records[T]) put(id string, next T, e storage.Event) {
	h := r[id]
	h.seq++
	h.record, h.events = next, append(slices.Clip(h.events), e)
	r[id] = h
}

// replace puts a record of a kind whose events hold the record after them.
func (r records[T]) replace(w *work, kind, id string, next T) error {
	e, err := storedEvent(kind, w.at, w.at, next)
	if err == nil {
		r.put(id, next, e)
	}
	return err
}

// decided counts the events that were decided.
func (r records[T]) decided() int {
	n := 0
	for _, h := range r {
		n += len(h.events)
	}
	return n
}

// load reads a record; keep it if it is likely to be asked for again.
func load[T any](w *work, ref storage.Ref, keep bool) (held[T], error) {
	var h held[T]
	rec, err := w.store.Get(w.ctx, ref)
	if errors.Is(err, storage.ErrNotFound) {
		return h, nil
	}
	if err != nil {
		return h, fmt.Errorf("read %s: %w", ref, err)
	}
	record, err := decode[T](w.versions, rec, keep)
	if err != nil {
		return h, err
	}
	return held[T]{base: rec.Seq, seq: rec.Seq, head: rec.Head, record: record}, nil
}

func storedEvent[T any](kind string, at, recorded time.Time, payload T) (storage.Event, error) {
	body, err := json.Marshal(payload)
	if err != nil {
		return storage.Event{}, fmt.Errorf("encode event %s: %w", kind, err)
	}
	return storage.Event{Kind: kind, At: at, Recorded: recorded, Body: body}, nil
}

// changes are what a unit changes of records, until something cannot be encoded.
type changes struct {
	list []storage.Change
	err  error
}

// collect encodes the records of one kind that changed, in the order of their ids.
func collect[T any](c *changes, all records[T], of shape[T]) {
	for _, id := range sorted(all) {
		h := all[id]
		if len(h.events) == 0 || c.err != nil {
			continue
		}
		ref := of.ref(id)
		body, err := json.Marshal(h.record)
		if err != nil {
			c.err = fmt.Errorf("encode %s: %w", ref, err)
			return
		}
		r := storage.Record{Ref: ref, Seq: h.seq, Head: storage.Seal(h.base, h.head, h.events), Due: of.dueOf(h.record), Index: of.indexOf(h.record), Body: body}
		c.list = append(c.list, storage.Change{Record: &r, Base: h.base, Events: h.events})
	}
}
