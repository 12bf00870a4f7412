package storagetest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/storage"
)

func portableCases(open func(t *testing.T) storage.Store) []testCase {
	rows := func(s *suite) (all []storage.Portable) {
		err := s.store.Dump(s.Context(), func(p storage.Portable) error {
			b, err := json.Marshal(p)
			if err != nil {
				return err
			}
			var again storage.Portable
			if err := json.Unmarshal(b, &again); err != nil {
				return err
			}
			all = append(all, again)
			return nil
		})
		s.equal("dump", err, nil)
		return all
	}
	return []testCase{
		{"what is dumped as JSON and loaded is the same", func(s *suite) {
			s.fill()
			s.sweepAll(start().Add(time.Hour))
			other := &suite{T: s.T, store: open(s.T)}
			defer other.end()
			s.equal("load", other.store.Load(s.Context(), feed(rows(s), io.EOF)), nil)
			same(s.T, "after dump and load", dump(s.T, other.store), dump(s.T, s.store))
			other.refuseDup("c3")
			other.number("INC", 3)
			other.equal("next effect", other.owe(edge("new", "new"))[len(other.effects(storage.Pending))-1].ID, 25)
			other.keys("name", "n0 T-0", "n1 T-1", "n10 T-10", "n11 T-11", "n2 T-2", "n3 T-3", "n4 T-4", "n5 T-5", "n6 T-6", "n7 T-7", "n8 T-8", "n9 T-9")
			other.due(start().Add(time.Hour), 0, "T-0 T-1")
			kept, err := other.store.Receipt(s.Context(), "post/0")
			other.equal("receipt", words(string(kept), err), "ts <nil>")
			other.equal("leases", targets(other.lease(start(), 0)), "[post/1 post/2 post/3 post/4 new]")
		}},
		{"what was swept stays swept", func(s *suite) {
			s.fill()
			s.sweepAll(start().Add(2 * storage.SettledLife))
			other := &suite{T: s.T, store: open(s.T)}
			defer other.end()
			s.equal("load", other.store.Load(s.Context(), feed(rows(s), io.EOF)), nil)
			if _, err := other.store.Changed(s.Context(), 0, 0); !errors.Is(err, storage.ErrSwept) {
				s.Fatalf("got the error %v, want ErrSwept", err)
			}
			other.reopen()
			c := Next(fresh("T-99"), start(), Step{Text: "x"})
			other.commit(c)
			other.changed(12, "13 ")
			s.equal("the next effect", slices.MaxFunc(other.owe(edge("new", "new")), func(a, b storage.Effect) int { return cmp.Compare(a.ID, b.ID) }).ID, 25)
		}},
		{"a load that fails leaves an empty store", func(s *suite) {
			s.fill()
			other := &suite{T: s.T, store: open(s.T)}
			defer other.end()
			all := rows(s)
			lost := errors.New("the line was cut")
			if err := other.store.Load(s.Context(), feed(all[:len(all)/2], lost)); !errors.Is(err, lost) {
				s.Fatalf("got the error %v, want %v", err, lost)
			}
			other.equal("effects", len(other.effects()), 0)
			other.missing("T-1")
			s.equal("load", other.store.Load(s.Context(), feed(all, io.EOF)), nil)
		}},
		{"what is not a whole dump is not loaded", func(s *suite) {
			s.fill()
			other := &suite{T: s.T, store: open(s.T)}
			defer other.end()
			all := rows(s)
			refused := func(what string, rows []storage.Portable) {
				s.Helper()
				if err := other.store.Load(s.Context(), feed(rows, io.EOF)); err == nil {
					s.Fatalf("%s was loaded", what)
				}
				other.equal(what+": effects", len(other.effects()), 0)
			}
			for i := range all {
				refused(fmt.Sprintf("a dump that is cut off before row %d", i+1), all[:i])
				refused(fmt.Sprintf("a dump with row %d twice", i+1), slices.Insert(slices.Clone(all), i, all[i]))
			}
			for what, harm := range damages() {
				hurt, done := rows(s), false
				for i := range hurt {
					done = harm(&hurt[i]) || done
				}
				s.equal(what+" is possible", done, true)
				refused(what, hurt)
			}
			other.missing("T-1")
			s.equal("load", other.store.Load(s.Context(), feed(all, io.EOF)), nil)
		}},
		{"a store that is not empty is not loaded into", func(s *suite) {
			s.fill()
			before := dump(s.T, s.store)
			if err := s.store.Load(s.Context(), feed(rows(s), io.EOF)); err == nil {
				s.Fatal("load into a full store: no error")
			}
			same(s.T, "after a refused load", dump(s.T, s.store), before)
		}},
		{"a dump stops when it is told to", func(s *suite) {
			s.fill()
			enough := errors.New("enough")
			if err := s.store.Dump(s.Context(), func(storage.Portable) error { return enough }); !errors.Is(err, enough) {
				s.Fatalf("got the error %v, want %v", err, enough)
			}
			ctx, cancel := context.WithCancel(s.Context())
			cancel()
			if err := s.store.Dump(ctx, func(storage.Portable) error { return nil }); !errors.Is(err, context.Canceled) {
				s.Fatalf("got the error %v, want context.Canceled", err)
			}
		}},
	}
}

// feed gives rows to a load, and then an error.
func feed(rows []storage.Portable, end error) func() (storage.Portable, error) {
	i := 0
	return func() (storage.Portable, error) {
		if i == len(rows) {
			return storage.Portable{}, end
		}
		i++
		return rows[i-1], nil
	}
}

// harm damages a row of a dump, if it is the one that it can damage.
type harm func(p *storage.Portable) bool

// damages make of a dump what no store has dumped.
func damages() map[string]harm {
	row := func(is func(*storage.Portable) bool, new storage.Portable) harm {
		return func(p *storage.Portable) bool {
			if !is(p) {
				return false
			}
			*p = new
			return true
		}
	}
	record := func(change func(r *storage.Record)) harm {
		return func(p *storage.Portable) bool {
			if p.Record == nil || p.Record.ID != "T-3" {
				return false
			}
			change(p.Record)
			return true
		}
	}
	events := func(change func(e *storage.EventsOf)) harm {
		return func(p *storage.Portable) bool {
			if p.Events == nil || p.Events.Ref.ID != "T-3" {
				return false
			}
			change(p.Events)
			return true
		}
	}
	effect := func(change func(e *storage.Effect)) harm {
		return func(p *storage.Portable) bool {
			if p.Effect == nil || p.Effect.ID != 7 {
				return false
			}
			change(p.Effect)
			return true
		}
	}
	commit := func(change func(c *storage.CommitWith)) harm {
		return func(p *storage.Portable) bool {
			if p.Commit == nil || p.Commit.Position != 3 {
				return false
			}
			change(p.Commit)
			return true
		}
	}
	last := func(change func(l *storage.Last)) harm {
		return func(p *storage.Portable) bool {
			if p.Last == nil {
				return false
			}
			change(p.Last)
			return true
		}
	}
	format := func(p *storage.Portable) bool { return p.Format != 0 }
	number := func(p *storage.Portable) bool { return p.Number != nil && p.Number.Kind == "INC" }
	receipt := func(p *storage.Portable) bool { return p.Receipt != nil }
	return map[string]harm{
		"a newer format":                    row(format, storage.Portable{Format: storage.Format + 1}),
		"a negative format":                 row(format, storage.Portable{Format: -1}),
		"no format":                         row(format, storage.Portable{Number: &storage.NumberOf{Kind: "X", Last: 1}}),
		"a row that says nothing":           row(number, storage.Portable{}),
		"a row that says two things":        row(number, storage.Portable{Number: &storage.NumberOf{Kind: "INC", Last: 9}, Receipt: &storage.ReceiptOf{Target: "a"}}),
		"a number without a kind":           row(number, storage.Portable{Number: &storage.NumberOf{Last: 9}}),
		"a number that would overflow":      row(number, storage.Portable{Number: &storage.NumberOf{Kind: "INC", Last: 1<<64 - 1}}),
		"a receipt without a target":        row(receipt, storage.Portable{Receipt: &storage.ReceiptOf{Body: []byte("x")}}),
		"a record without a kind":           record(func(r *storage.Record) { r.Kind = "" }),
		"a record with a NUL in its id":     record(func(r *storage.Record) { r.ID = "T-3\x00T-4" }),
		"a record with the name of another": record(func(r *storage.Record) { r.ID = "T-2" }),
		"a record ahead of its events":      record(func(r *storage.Record) { r.Seq++ }),
		"a record with another head":        record(func(r *storage.Record) { r.Head = []byte("x") }),
		"a record that is due too late":     record(func(r *storage.Record) { r.Due = r.Due.AddDate(7990, 0, 0) }),
		"a unique key of another":           record(func(r *storage.Record) { r.Index[1].Key = "n2" }),
		"a key that is too long":            record(func(r *storage.Record) { r.Index[0].Key = strings.Repeat("k", storage.MaxName+1) }),
		"an event that is missing":          events(func(e *storage.EventsOf) { e.Events = e.Events[:1] }),
		"an event that was altered":         events(func(e *storage.EventsOf) { e.Events[1].Body = []byte(`{"text": "z"}`) }),
		"an event without a kind":           events(func(e *storage.EventsOf) { e.Events[0].Kind = "" }),
		"events of another record":          events(func(e *storage.EventsOf) { e.Ref.ID = "T-4" }),
		"an effect in an unknown state":     effect(func(e *storage.Effect) { e.State = "gone" }),
		"an effect of an unknown class":     effect(func(e *storage.Effect) { e.Class = 9 }),
		"an effect without a target":        effect(func(e *storage.Effect) { e.Target = "" }),
		"an effect of no record":            effect(func(e *storage.Effect) { e.Record = storage.Ref{Kind: "thing", ID: "T-99"} }),
		"an effect that would overflow":     effect(func(e *storage.Effect) { e.ID = 1<<64 - 1 }),
		"an effect out of order":            effect(func(e *storage.Effect) { e.ID = 1 }),
		"a commit out of order":             commit(func(c *storage.CommitWith) { c.Position = 1 }),
		"a commit that left another place":  commit(func(c *storage.CommitWith) { c.Changed[0].To = 9 }),
		"a cause without a key":             commit(func(c *storage.CommitWith) { c.Causes[0].Key = "" }),
		"a cause twice":                     commit(func(c *storage.CommitWith) { c.Causes = append(c.Causes, c.Causes[0]) }),
		"effects to be given out again":     last(func(l *storage.Last) { l.Effect = 1 }),
		"positions to be given out again":   last(func(l *storage.Last) { l.Position = 1 }),
		"more swept than there was":         last(func(l *storage.Last) { l.Swept = l.Position + 1 }),
		"positions that would overflow":     last(func(l *storage.Last) { l.Position = 1<<64 - 1 }),
	}
}
