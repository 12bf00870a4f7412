package slacksim

import (
	"iter"
	"slices"
)

// table keeps things by id, in the order they came. A thing that is put again keeps
// its place. Its zero value is empty; it belongs to the server's mutex.
type table[T any] struct {
	rows  map[string]T
	order []string
}

// get is the thing of an id, or the zero T.
func (t *table[T]) get(id string) T { return t.rows[id] }

func (t *table[T]) put(id string, row T) {
	if t.rows == nil {
		t.rows = map[string]T{}
	}
	if _, known := t.rows[id]; !known {
		t.order = append(t.order, id)
	}
	t.rows[id] = row
}

func (t *table[T]) remove(id string) {
	if _, known := t.rows[id]; known {
		delete(t.rows, id)
		t.order = slices.DeleteFunc(t.order, func(other string) bool { return other == id })
	}
}

// all are the things in their order.
func (t *table[T]) all() iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, id := range t.order {
			if !yield(t.rows[id]) {
				return
			}
		}
	}
}
