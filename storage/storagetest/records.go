package storagetest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/watchbill/watchbill/storage"
)

// Kind is the kind of the records that the suite writes; Folds folds it.
const Kind = "thing"

// Step is what one event of a test record says; its last one decides when the
// record is due and where it stands in indexes.
type Step struct {
	Text  string          `json:"text"`
	Due   time.Time       `json:"due,omitzero"`
	Index []storage.Entry `json:"index,omitempty"`
}

type body struct {
	Steps int    `json:"steps"`
	Text  string `json:"text"`
}

// Folds returns the folds for the records of the suite.
func Folds() map[string]storage.Fold { return map[string]storage.Fold{Kind: fold} }

func fold(events []storage.Event) (doc []byte, due time.Time, index []storage.Entry, err error) {
	b := body{Steps: len(events)}
	for i := range events {
		var s Step
		if err := json.Unmarshal(events[i].Body, &s); err != nil {
			return nil, time.Time{}, nil, fmt.Errorf("decode event %d: %w", events[i].Seq, err)
		}
		b.Text, due, index = s.Text, s.Due, s.Index
	}
	doc, err = json.Marshal(b)
	return doc, due, index, err
}

// Next returns the change that takes a record of the suite from base (the zero
// Record with a Ref: it is new) through the steps at now.
func Next(base storage.Record, now time.Time, steps ...Step) storage.Change {
	c := storage.Change{Base: base.Seq, Record: &storage.Record{Ref: base.Ref, Seq: base.Seq + uint64(len(steps))}}
	for _, s := range steps {
		s.Due = storage.Time(s.Due)
		payload, err := json.Marshal(s)
		if err != nil {
			panic(err)
		}
		c.Events = append(c.Events, storage.Event{Kind: "thing.step", At: now, Recorded: now, Body: payload})
	}
	last := steps[len(steps)-1]
	c.Record.Head = storage.Seal(base.Seq, base.Head, c.Events)
	c.Record.Due, c.Record.Index = last.Due, last.Index
	doc, err := json.Marshal(body{Steps: int(c.Record.Seq), Text: last.Text})
	if err != nil {
		panic(err)
	}
	c.Record.Body = doc
	return c
}

// Check verifies a store and fails the test for every problem.
func Check(t testing.TB, s storage.Store, folds map[string]storage.Fold) {
	t.Helper()
	report, err := storage.Verify(context.WithoutCancel(t.Context()), s, folds)
	if err != nil {
		t.Errorf("verify: %v", err)
	}
	for _, p := range report.Problems {
		t.Errorf("verify: %s", p)
	}
}
