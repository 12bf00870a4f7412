package storage_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
	"github.com/watchbill/watchbill/storage/storagetest"
)

// altered shows a store otherwise than it is.
type altered struct {
	storage.Store
	row  func(*storage.Portable) (drop bool)
	list func([]storage.Row) []storage.Row
	due  func([]storage.DueRow) []storage.DueRow
}

func (a *altered) Dump(ctx context.Context, f func(storage.Portable) error) error {
	return a.Store.Dump(ctx, func(p storage.Portable) error {
		if a.row != nil && a.row(&p) {
			return nil
		}
		return f(p)
	})
}

func (a *altered) List(ctx context.Context, index, prefix, after string, limit int) ([]storage.Row, error) {
	rows, err := a.Store.List(ctx, index, prefix, after, limit)
	if a.list != nil {
		rows = a.list(rows)
	}
	return rows, err
}

func (a *altered) Due(ctx context.Context, until time.Time, limit int) ([]storage.DueRow, error) {
	rows, err := a.Store.Due(ctx, until, limit)
	if a.due != nil {
		rows = a.due(rows)
	}
	return rows, err
}

func now() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) }

// sound is a store with two records of two events and an effect each.
func sound(t *testing.T) *memory.Store {
	t.Helper()
	s := memory.New()
	for i := range 2 {
		if _, err := s.Number(t.Context(), "INC"); err != nil {
			t.Fatal(err)
		}
		base := storage.Record{Ref: storage.Ref{Kind: storagetest.Kind, ID: fmt.Sprint("INC-", i+1)}}
		for step := range 2 {
			c := storagetest.Next(base, now(), storagetest.Step{
				Text: fmt.Sprint(step), Due: now().Add(time.Hour), Index: []storage.Entry{{Index: "open", Key: base.ID}},
			})
			c.Put = []storage.Effect{{Target: "card/" + base.ID, Level: true, Kind: "card", Dest: base.ID, Class: storage.Card, Record: base.Ref, Created: time.Now()}}
			if err := s.Commit(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			base = *c.Record
		}
	}
	return s
}

func TestVerifyFindsNothingInASoundStore(t *testing.T) {
	report, err := storage.Verify(t.Context(), sound(t), storagetest.Folds())
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Problems) > 0 || len(report.Notes) > 0 {
		t.Errorf("got %v and %v, want nothing", report.Problems, report.Notes)
	}
	got := []int{report.Records, report.Events, report.Effects, report.Pending, report.Commits}
	if want := "[2 4 2 2 4]"; fmt.Sprint(got) != want {
		t.Errorf("got the counts %v, want %s", got, want)
	}
}

func TestVerifyFinds(t *testing.T) {
	first := func(p *storage.Portable) bool { return p.Record != nil && p.Record.ID == "INC-1" }
	events := func(p *storage.Portable) bool { return p.Events != nil && p.Events.Ref.ID == "INC-1" }
	record := func(f func(r *storage.Record)) func(*storage.Portable) bool {
		return func(p *storage.Portable) bool {
			if first(p) {
				f(p.Record)
			}
			return false
		}
	}
	event := func(f func(e *storage.EventsOf)) func(*storage.Portable) bool {
		return func(p *storage.Portable) bool {
			if events(p) {
				f(p.Events)
			}
			return false
		}
	}
	for name, c := range map[string]struct {
		altered
		want string
	}{
		"another body":           {altered{row: record(func(r *storage.Record) { r.Body = []byte(`{"steps":3}`) })}, "INC-1: the record is not what its timeline says."},
		"another due time":       {altered{row: record(func(r *storage.Record) { r.Due = now() })}, "INC-1: it is due at 2026-05-01T12:00:00Z and its timeline says 2026-05-01T13:00:00Z."},
		"another index entry":    {altered{row: record(func(r *storage.Record) { r.Index[0].Key = "x" })}, "INC-1: its index entries are not those of its timeline."},
		"another head":           {altered{row: record(func(r *storage.Record) { r.Head[0] ^= 1 })}, "INC-1: the record does not carry the hash of its last event"},
		"ahead of its events":    {altered{row: record(func(r *storage.Record) { r.Seq = 3 })}, "INC-1: the record is at 3 and its timeline ends at 2."},
		"an altered payload":     {altered{row: event(func(e *storage.EventsOf) { e.Events[0].Body[2] ^= 1 })}, "INC-1: the timeline is damaged: event 1 does not match its hash"},
		"an altered time":        {altered{row: event(func(e *storage.EventsOf) { e.Events[1].At = now().Add(1000) })}, "INC-1: the timeline is damaged: event 2 does not match"},
		"an event that is gone":  {altered{row: event(func(e *storage.EventsOf) { e.Events = e.Events[1:] })}, "INC-1: the timeline is damaged: event 2 stands where 1 belongs."},
		"the last event is gone": {altered{row: event(func(e *storage.EventsOf) { e.Events = e.Events[:1] })}, "INC-1: the record is at 2 and its timeline ends at 1."},
		"no events":              {altered{row: events}, "INC-1: the record is at 2 and its timeline ends at 0."},
		"no record":              {altered{row: first}, "INC-1: there are events without the record."},
		"an orphaned effect":     {altered{row: func(p *storage.Portable) bool { return first(p) || events(p) }}, "INC-1: the effect 1 belongs to this record, and there is none."},
		"two level effects": {altered{row: func(p *storage.Portable) bool {
			if p.Effect != nil {
				p.Effect.Target = "card"
			}
			return false
		}}, "card is owed twice, by the effects 1 and 2."},
		"a number that is behind": {altered{row: func(p *storage.Portable) bool {
			if p.Number != nil {
				p.Number.Last = 1
			}
			return false
		}}, "The next number of INC would be 2, and INC-2 is in use."},
		"a commit that is gone":   {altered{row: func(p *storage.Portable) bool { return p.Commit != nil && p.Commit.Position == 2 }}, "INC-1: the commits left it at 1 and the record is at 2."},
		"not in the index":        {altered{list: func(r []storage.Row) []storage.Row { return r[1:] }}, `INC-1: it cannot be found by the key "INC-1" of the index "open".`},
		"under a key of the past": {altered{list: func(r []storage.Row) []storage.Row { r[0].Key = "x"; return r }}, `INC-1: the index "open" lists it under "x", which it does not hold.`},
		"listed twice":            {altered{list: func(r []storage.Row) []storage.Row { return append(r[:1:1], r...) }}, `INC-1: the index "open" lists it twice`},
		"never woken":             {altered{due: func(r []storage.DueRow) []storage.DueRow { return r[1:] }}, "INC-1: it is due at 2026-05-01T13:00:00Z and would never be woken."},
		"woken at another time":   {altered{due: func(r []storage.DueRow) []storage.DueRow { r[0].At = now(); return r }}, "INC-1: it is listed as due at 2026-05-01T12:00:00Z and says 2026-05-01T13:00:00Z."},
		"nobody is woken": {altered{due: func(r []storage.DueRow) []storage.DueRow {
			return append(r, storage.DueRow{Ref: storage.Ref{Kind: "thing", ID: "X"}, At: now()})
		}}, "thing X: it is listed as due at 2026-05-01T12:00:00Z, and there is no such record."},
	} {
		t.Run(name, func(t *testing.T) {
			c.Store = sound(t)
			report, err := storage.Verify(t.Context(), &c.altered, storagetest.Folds())
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(report.Problems); !strings.Contains(got, c.want) {
				t.Errorf("got the problems %s, want %q among them", got, c.want)
			}
		})
	}
}

func TestVerifyForgivesTheOrderOfMembers(t *testing.T) {
	s := &altered{Store: sound(t), row: func(p *storage.Portable) bool {
		if p.Record != nil {
			p.Record.Body = []byte(` {"text": "1", "steps": 2} `)
		}
		return false
	}}
	report, err := storage.Verify(t.Context(), s, storagetest.Folds())
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("got %v, %v", report.Problems, err)
	}
}

func TestVerifyNotesOldEffects(t *testing.T) {
	s := sound(t)
	old := storage.Effect{Target: "post", Kind: "post", Dest: "x", Class: storage.Page, Created: time.Now().Add(-time.Hour)}
	if err := s.Commit(t.Context(), storage.Change{Put: []storage.Effect{old}}); err != nil {
		t.Fatal(err)
	}
	report, err := storage.Verify(t.Context(), s, nil)
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("got %v, %v", report.Problems, err)
	}
	if want := "[3 effects are pending, the oldest for 1h0m"; !strings.HasPrefix(fmt.Sprint(report.Notes), want) {
		t.Errorf("got the notes %q, want %q", report.Notes, want)
	}
}

// TestErasedPayloadsStillVerify: a payload can be taken out of a file, by leaving its
// salted digest in its place. Nothing does so yet.
func TestErasedPayloadsStillVerify(t *testing.T) {
	s := &altered{Store: sound(t), row: func(p *storage.Portable) bool {
		if p.Events != nil {
			e := &p.Events.Events[0]
			digest := sha256.Sum256(slices.Concat(e.Salt, e.Body))
			e.Salt, e.Body, e.Digest = nil, nil, digest[:]
		}
		return false
	}}
	report, err := storage.Verify(t.Context(), s, storagetest.Folds())
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("got %v, %v", report.Problems, err)
	}
}

// TestNoPayloadBesideItsDigest: what stands in place of an erased payload vouches for no
// other one.
func TestNoPayloadBesideItsDigest(t *testing.T) {
	s := &altered{Store: sound(t), row: func(p *storage.Portable) bool {
		if p.Events != nil {
			e := &p.Events.Events[0]
			digest := sha256.Sum256(slices.Concat(e.Salt, e.Body))
			e.Body, e.Digest = []byte(`{"n": 666}`), digest[:]
		}
		return false
	}}
	report, err := storage.Verify(t.Context(), s, storagetest.Folds())
	if err != nil || !strings.Contains(fmt.Sprint(report.Problems), "says that it was erased") {
		t.Errorf("got %v, %v", report.Problems, err)
	}
}

// TestVerifyForgivesAStoreThatMovesOn: what changes between two looks is no damage, also of a
// record that is newer than the first look.
func TestVerifyForgivesAStoreThatMovesOn(t *testing.T) {
	s := sound(t)
	young := storage.Record{Ref: storage.Ref{Kind: storagetest.Kind, ID: "INC-9"}}
	move := func(r *storage.Record) {
		t.Helper()
		c := storagetest.Next(*r, now(), storagetest.Step{Text: "x", Due: now().Add(time.Duration(r.Seq+5) * time.Hour), Index: []storage.Entry{{Index: "open", Key: fmt.Sprint(r.ID, r.Seq)}}})
		if err := s.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		*r = *c.Record
	}
	old, err := s.Get(t.Context(), storage.Ref{Kind: storagetest.Kind, ID: "INC-1"})
	if err != nil {
		t.Fatal(err)
	}
	report, err := storage.Verify(t.Context(), &altered{
		Store: s,
		list: func(rows []storage.Row) []storage.Row {
			if young.Seq == 0 {
				move(&young)
			}
			return rows
		},
		due: func(rows []storage.DueRow) []storage.DueRow {
			move(&young)
			move(&old)
			return rows
		},
	}, storagetest.Folds())
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("%v, %v", report.Problems, err)
	}
}

// TestVerifyListsWhatFillsAPage: many records may share a key.
func TestVerifyListsWhatFillsAPage(t *testing.T) {
	s := memory.New()
	for i := range 2100 {
		r := storage.Record{Ref: storage.Ref{Kind: storagetest.Kind, ID: fmt.Sprint("T-", i)}}
		step := storagetest.Step{Text: "x", Index: []storage.Entry{{Index: "open", Key: "all"}, {Index: "other", Key: fmt.Sprint(i)}}}
		if err := s.Commit(t.Context(), storagetest.Next(r, now(), step)); err != nil {
			t.Fatal(err)
		}
	}
	report, err := storage.Verify(t.Context(), s, storagetest.Folds())
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("%d problems, %v", len(report.Problems), err)
	}
}

func TestVerifyFindsAUniqueKeyThatTwoHold(t *testing.T) {
	report, err := storage.Verify(t.Context(), &altered{Store: sound(t), row: func(p *storage.Portable) bool {
		if p.Record != nil {
			p.Record.Index[0].Key, p.Record.Index[0].Unique = "one", true
		}
		return false
	}}, nil)
	want := "it and " + storagetest.Kind + " INC-1 hold the same unique key \"one\" of the index \"open\"."
	if err != nil || !slices.ContainsFunc(report.Problems, func(p storage.Problem) bool { return p.Text == want }) {
		t.Errorf("%v, %v, want %q", report.Problems, err, want)
	}
}
