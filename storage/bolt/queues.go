package bolt

import (
	"encoding/binary"
	"iter"
	"slices"
	"strings"

	"github.com/watchbill/watchbill/storage"
)

// row is what memory keeps of an unsettled effect; the rest is in the file.
type row struct {
	id       uint64
	seq      uint64
	target   string
	dest     string
	after    string
	before   int64 // not before
	lease    int64 // until, or never
	attempts int
	class    storage.Class
	level    bool
	noted    bool // has a note
}

// queues are the unsettled effects by destination, by target and by ID.
type queues struct {
	byID     map[uint64]*row
	byTarget map[string][]*row
	byDest   map[string][]*row
}

func newQueues() *queues {
	return &queues{byID: map[uint64]*row{}, byTarget: map[string][]*row{}, byDest: map[string][]*row{}}
}

// rowOf reads a value without its checksum.
func rowOf(id uint64, b []byte) (*row, error) {
	e, err := decodeEffect(id, b)
	if err != nil {
		return nil, err
	}
	r := newRow(&e)
	r.id = id
	return r, nil
}

func newRow(e *storage.Effect) *row {
	return &row{
		id: e.ID, seq: e.Seq, target: e.Target, dest: e.Dest, after: e.After, before: micros(e.NotBefore),
		lease: micros(e.LeaseUntil), attempts: e.Attempts, class: e.Class, level: e.Level, noted: e.Note != "",
	}
}

// add appends a row; its ID is greater than those there are.
func (q *queues) add(r *row) {
	q.byID[r.id] = r
	q.byTarget[r.target] = append(q.byTarget[r.target], r)
	q.byDest[r.dest] = append(q.byDest[r.dest], r)
}

func (q *queues) remove(r *row) {
	delete(q.byID, r.id)
	take(q.byTarget, r.target, r)
	take(q.byDest, r.dest, r)
}

func take(m map[string][]*row, k string, r *row) {
	rows := m[k]
	if len(rows) == 1 {
		delete(m, k)
		return
	}
	if rows[0] == r {
		rows[0] = nil
		m[k] = rows[1:]
		return
	}
	i, _ := slices.BinarySearchFunc(rows, r.id, func(r *row, id uint64) int {
		if r.id < id {
			return -1
		}
		return int(min(r.id-id, 1))
	})
	m[k] = slices.Delete(rows, i, i+1)
}

// level returns the unsettled level effect of a target, or nil.
func (q *queues) level(target string) *row {
	for _, r := range q.byTarget[target] {
		if r.level {
			return r
		}
	}
	return nil
}

// heads goes through the first row of each destination.
func (q *queues) heads(except []string) iter.Seq2[string, *row] {
	return func(yield func(string, *row) bool) {
		for dest, rows := range q.byDest {
			left := slices.ContainsFunc(except, func(p string) bool { return strings.HasPrefix(dest, p) })
			if !left && !yield(dest, rows[0]) {
				return
			}
		}
	}
}

// patch writes what changes of a row into its value.
func (r *row) patch(b []byte) {
	binary.BigEndian.PutUint32(b[atAttempts:], uint32(r.attempts))
	binary.BigEndian.PutUint64(b[atSeq:], r.seq)
	setInt(b, atBefore, r.before)
	setInt(b, atLease, r.lease)
}
