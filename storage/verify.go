package storage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fold rebuilds a record of one kind from all of its events: the body, when it
// is due (zero: never) and its index entries in any order.
type Fold func(events []Event) (body []byte, due time.Time, index []Entry, err error)

// Shape is what a program makes of events: when a fold makes something else of events that
// are stored already, Number rises, so that engines whose files outlive the program fold
// what they have anew.
type Shape struct {
	Number int
	// Since is the first release with this shape, for whoever comes with an older one.
	Since string
	Folds map[string]Fold
}

// Refold makes the record what its events make of it. One of a kind without a fold stays as
// it is, and so does one of which an event was erased.
func (s Shape) Refold(r *Record, events []Event) error {
	fold := s.Folds[r.Kind]
	if fold == nil || slices.ContainsFunc(events, func(e Event) bool { return e.Digest != nil }) {
		return nil
	}
	body, due, index, err := fold(events)
	if err != nil {
		return err
	}
	r.Body, r.Due, r.Index = body, Time(due), index
	return nil
}

// Problem is something that a store must not hold, in a sentence for the
// operator. Ref is the zero Ref if it is not about one record.
type Problem struct {
	Ref  Ref    `json:"ref,omitzero"`
	Text string `json:"text"`
}

func (p Problem) String() string {
	if p.Ref == (Ref{}) {
		return p.Text
	}
	return p.Ref.String() + ": " + p.Text
}

// Report is what Verify has looked at and found. Notes are worth knowing and no
// damage.
type Report struct {
	Records  int       `json:"records"`
	Events   int       `json:"events"`
	Effects  int       `json:"effects"`
	Pending  int       `json:"pending"`
	Dead     int       `json:"dead"`
	Commits  int       `json:"commits"`
	Problems []Problem `json:"problems,omitempty"`
	Notes    []string  `json:"notes,omitempty"`
}

// EffectBound is how long an effect may be pending before Verify notes it.
const EffectBound = 15 * time.Minute

// Verify looks at everything in a store: sequences are dense and end where the
// record says, the chains of hashes hold, records are what their events make of
// them (for kinds with a fold), indexes and due times show the records and
// nothing else, effects and commits belong to records, numbers are not behind. An engine
// that can check its file below the contract does so first.
// The store may be in use meanwhile. An error means that it could not be read to
// the end; the report then says what was found before.
func Verify(ctx context.Context, s Store, folds map[string]Fold) (Report, error) {
	v := newVerifier(folds)
	if c, ok := s.(fileChecker); ok {
		problems, err := c.CheckFile(ctx)
		if err != nil {
			return v.report, fmt.Errorf("verify: %w", err)
		}
		for _, text := range problems {
			v.problem(Ref{}, "%s", text)
		}
		if len(problems) > 0 {
			return v.report, nil // what stands on damaged pages is not to be read
		}
	}
	if err := s.Dump(ctx, v.row); err != nil {
		return v.report, fmt.Errorf("verify: %w", err)
	}
	v.finish()
	if err := v.checkIndexes(ctx, s); err != nil {
		return v.report, fmt.Errorf("verify: %w", err)
	}
	if err := v.checkDue(ctx, s); err != nil {
		return v.report, fmt.Errorf("verify: %w", err)
	}
	return v.report, nil
}

// fileChecker is an engine that can look at its own file, below the contract.
type fileChecker interface {
	CheckFile(ctx context.Context) (problems []string, err error)
}

type holding struct {
	Ref
	index, key string
}

type verifier struct {
	folds  map[string]Fold
	report Report

	// The record whose events are coming in.
	record *Record
	events []Event
	head   []byte
	bad    bool

	seqs    map[Ref]uint64
	due     map[Ref]time.Time
	held    map[holding]bool
	unique  map[Entry]Ref
	indexes map[string]bool
	targets map[string]uint64 // unsettled level effects
	owed    map[Ref]uint64    // an effect of each record that owes any
	numbers map[string]uint64 // the last given out, by kind
	used    map[string]uint64 // the greatest in a record's id, by prefix
	moved   map[Ref]uint64    // where the commits left each record

	position uint64
	oldest   time.Time
}

func newVerifier(folds map[string]Fold) *verifier {
	return &verifier{
		folds: folds, seqs: map[Ref]uint64{}, due: map[Ref]time.Time{}, held: map[holding]bool{}, unique: map[Entry]Ref{},
		indexes: map[string]bool{}, targets: map[string]uint64{}, numbers: map[string]uint64{},
		used: map[string]uint64{}, moved: map[Ref]uint64{}, owed: map[Ref]uint64{},
	}
}

func (v *verifier) problem(ref Ref, format string, args ...any) {
	v.report.Problems = append(v.report.Problems, Problem{Ref: ref, Text: fmt.Sprintf(format, args...)})
}

func (v *verifier) row(p Portable) error {
	if p.Events == nil {
		v.endRecord()
	}
	switch {
	case p.Format != 0:
		return CheckFormat(p.Format)
	case p.Number != nil:
		v.numbers[p.Number.Kind] = p.Number.Last
	case p.Record != nil:
		v.beginRecord(p.Record)
	case p.Events != nil:
		v.addEvents(p.Events)
	case p.Effect != nil:
		v.effect(p.Effect)
	case p.Commit != nil:
		v.commit(p.Commit)
	}
	return nil
}

func (v *verifier) beginRecord(r *Record) {
	v.report.Records++
	if _, twice := v.seqs[r.Ref]; twice {
		v.problem(r.Ref, "the record is stored twice.")
	}
	v.record, v.events, v.head, v.bad = r, nil, nil, false
	v.seqs[r.Ref] = r.Seq
	if !r.Due.IsZero() {
		v.due[r.Ref] = r.Due
	}
	for _, e := range r.Index {
		v.indexes[e.Index] = true
		v.held[holding{r.Ref, e.Index, e.Key}] = true
		if !e.Unique {
			continue
		}
		if other, taken := v.unique[e]; taken && other != r.Ref {
			v.problem(r.Ref, "it and %s hold the same unique key %q of the index %q.", other, e.Key, e.Index)
		}
		v.unique[e] = r.Ref
	}
	if prefix, n, ok := numbered(r.ID); ok {
		v.used[prefix] = max(v.used[prefix], n)
	}
}

// numbered takes an id like INC-42 apart.
func numbered(id string) (prefix string, n uint64, ok bool) {
	prefix, digits, ok := strings.Cut(id, "-")
	if !ok {
		return "", 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	return prefix, n, err == nil
}

func (v *verifier) addEvents(e *EventsOf) {
	v.report.Events += len(e.Events)
	if v.record == nil || v.record.Ref != e.Ref {
		v.problem(e.Ref, "there are events without the record.")
		return
	}
	if !v.bad {
		head, err := CheckChain(uint64(len(v.events)), v.head, e.Events)
		if err != nil {
			v.bad = true
			v.problem(e.Ref, "the timeline is damaged: %v.", err)
		}
		v.head = head
	}
	v.events = append(v.events, e.Events...)
}

func (v *verifier) endRecord() {
	r := v.record
	v.record = nil
	if r == nil || v.bad {
		return
	}
	if n := uint64(len(v.events)); n != r.Seq {
		v.problem(r.Ref, "the record is at %d and its timeline ends at %d.", r.Seq, n)
		return
	}
	if !bytes.Equal(v.head, r.Head) {
		v.problem(r.Ref, "the record does not carry the hash of its last event: one of them was altered.")
		return
	}
	v.checkFold(r)
}

func (v *verifier) checkFold(r *Record) {
	now := *r
	if err := (Shape{Folds: v.folds}).Refold(&now, v.events); err != nil {
		v.problem(r.Ref, "its timeline cannot be followed: %v.", err)
		return
	}
	if !sameJSON(now.Body, r.Body) {
		v.problem(r.Ref, "the record is not what its timeline says.")
	}
	if !now.Due.Equal(r.Due) {
		v.problem(r.Ref, "it is due at %s and its timeline says %s.", at(r.Due), at(now.Due))
	}
	if !sameEntries(now.Index, r.Index) {
		v.problem(r.Ref, "its index entries are not those of its timeline.")
	}
}

func at(t time.Time) string {
	if t.IsZero() {
		return "no time"
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// sameJSON forgives the order of members, which may differ between releases.
func sameJSON(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, err := canonical(a)
	if err != nil {
		return false
	}
	y, err := canonical(b)
	return err == nil && bytes.Equal(x, y)
}

func canonical(b []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

func sameEntries(a, b []Entry) bool {
	if len(a) != len(b) {
		return false
	}
	in := map[Entry]bool{}
	for _, e := range a {
		in[e] = true
	}
	for _, e := range b {
		if !in[e] {
			return false
		}
	}
	return true
}
