package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"

	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/storagetest"
)

// otherwise is a later release, in which the same events make another record: it is due an
// hour later, and is found by its number of events too.
func otherwise() storage.Shape {
	before := storagetest.Folds()[storagetest.Kind]
	return storage.Shape{Number: 2, Since: "0.3.0", Folds: map[string]storage.Fold{storagetest.Kind: func(events []storage.Event) ([]byte, time.Time, []storage.Entry, error) {
		body, due, index, err := before(events)
		return append(body, ' '), due.Add(time.Hour), append(index, storage.Entry{Index: "length", Key: fmt.Sprint(len(events))}), err
	}}}
}

func before() storage.Shape {
	return storage.Shape{Number: 1, Since: "0.1.0", Folds: storagetest.Folds()}
}

// older is the file of a release before, closed, with more records than one step takes.
func older(t *testing.T) string {
	t.Helper()
	s := openTest(t, Options{Shape: before()})
	var all []storage.Change
	for n := range refoldRecords + 100 {
		all = append(all, change(thing(fmt.Sprint("T-", n)), n))
	}
	if err := s.Commit(t.Context(), all...); err != nil {
		t.Fatal(err)
	}
	persist(t, s, 0) // a second event
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return s.path
}

func TestRecordsOfAnOlderReleaseAreBroughtUpToDate(t *testing.T) {
	path := older(t)
	contains(t, refusal(t, path, Options{ReadOnly: true, Shape: otherwise()}), path, "older release", "`watchbill serve`")
	var told []string
	open := func() *Store {
		t.Helper()
		s, err := Open(path, Options{Shape: otherwise(), Log: func(s string) { told = append(told, s) }})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	storagetest.Check(t, s, otherwise().Folds)
	for key, want := range map[string]int{"1": refoldRecords + 99, "2": 1} {
		if rows, err := s.List(t.Context(), "length", key, "", 0); err != nil || len(rows) != want {
			t.Errorf("%d records have %s events, want %d (%v)", len(rows), key, want, err)
		}
	}
	if due, err := s.Due(t.Context(), at().Add(2*time.Hour), 1); err != nil || len(due) != 1 || !due[0].At.Equal(at().Add(time.Hour)) {
		t.Errorf("due: %v, %v", due, err)
	}
	persist(t, s, 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	contains(t, strings.Join(told, " "), "brought up to date", fmt.Sprintf("%d of %[1]d records", refoldRecords+100))
	told = nil
	open().Close()
	if len(told) > 0 {
		t.Errorf("the second start says %q", told)
	}
	contains(t, refusal(t, path, Options{Shape: before()}), "shape 2", "up to 1", "watchbill 0.3.0 or newer")
	contains(t, refusal(t, path, Options{ReadOnly: true, Shape: before()}), "watchbill 0.3.0 or newer")
}

// TestABringingUpToDateThatIsCutShort fails each of its commits in turn.
func TestABringingUpToDateThatIsCutShort(t *testing.T) {
	path := older(t)
	for n := 0; ; n++ {
		f := &failing{next: []func(*bbolt.Tx) error{lost}}
		for range n {
			f.next = append([]func(*bbolt.Tx) error{fine}, f.next...)
		}
		s := newStore(path, Options{Timeout: time.Second, Shape: otherwise(), Log: func(string) {}})
		s.commit = f.commit
		err := s.open()
		if err == nil {
			s.db.Close()
			if n < 2 {
				t.Errorf("it took %d commits, want several", n)
			}
			break
		}
		contains(t, err.Error(), "bring records up to date")
		if n > 0 { // some was written
			contains(t, refusal(t, path, Options{Shape: before()}), "watchbill 0.3.0 or newer")
			contains(t, refusal(t, path, Options{ReadOnly: true, Shape: otherwise()}), "older release")
		}
	}
	s, err := Open(path, Options{ReadOnly: true, Shape: otherwise()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	storagetest.Check(t, s, otherwise().Folds)
}

// TestWhatCannotBeBroughtUpToDateStays: one record must not keep the others from their users.
func TestWhatCannotBeBroughtUpToDateStays(t *testing.T) {
	path := older(t)
	shape := otherwise()
	fold := shape.Folds[storagetest.Kind]
	shape.Folds = map[string]storage.Fold{storagetest.Kind: func(events []storage.Event) ([]byte, time.Time, []storage.Entry, error) {
		body, due, index, err := fold(events)
		switch index[0].Key {
		case "7T-7":
			err = errors.New("an event is odd")
		case "8T-8": // unique, and another's
			index = append(index, storage.Entry{Index: "name", Key: "9T-9", Unique: true})
		}
		return body, due, index, err
	}}
	var told []string
	s, err := Open(path, Options{Shape: shape, Log: func(s string) { told = append(told, s) }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	contains(t, told[len(told)-1], "2 records", "T-7: an event is odd", "`watchbill verify`")
	report, err := storage.Verify(context.Background(), s, shape.Folds)
	if err != nil || len(report.Problems) != 3 { // T-7 cannot be followed; the due time and the index of T-8
		t.Errorf("verify: %v, %v", report.Problems, err)
	}
	if got, err := s.Get(t.Context(), thing("T-7").Ref); err != nil || !got.Due.Equal(at().Add(7*time.Minute)) {
		t.Errorf("T-7 is due at %s, %v", got.Due, err)
	}
}

// TestADamagedRecordKeepsNoneFromBeingBroughtUpToDate: the release before started with it.
func TestADamagedRecordKeepsNoneFromBeingBroughtUpToDate(t *testing.T) {
	path := older(t)
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for bucket, key := range map[string][]byte{string(bucketRecords): refKey(thing("T-7").Ref), string(bucketEvents): eventsKey(refKey(thing("T-8").Ref), 1)} {
			b := tx.Bucket([]byte(bucket))
			v := bytes.Clone(b.Get(key))
			v[len(v)-1] ^= 1
			if err := b.Put(key, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	var told []string
	s, err := Open(path, Options{Shape: otherwise(), Log: func(s string) { told = append(told, s) }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	contains(t, told[len(told)-1], "2 records", "T-7", errDamaged.Error(), "`watchbill verify`")
	if got, err := s.Get(t.Context(), thing("T-9").Ref); err != nil || !got.Due.Equal(at().Add(9*time.Minute+time.Hour)) {
		t.Errorf("T-9 is due at %s, %v", got.Due, err)
	}
}

// TestAStepTakesNoMoreThanItMay into memory: by the records, and by what is in them.
func TestAStepTakesNoMoreThanItMay(t *testing.T) {
	s := openTest(t, Options{Shape: before()})
	for n := range 3 {
		c := change(thing(fmt.Sprint("T-", n)), n)
		c.Events[0].Body = slices.Concat(c.Events[0].Body, bytes.Repeat([]byte(" "), refoldBytes/2))
		if err := s.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	first, next, err := s.refoldStep(t.Context(), nil)
	if err != nil || len(first) != 2 {
		t.Fatalf("the first step took %d records, want 2 (%v)", len(first), err)
	}
	if rest, _, err := s.refoldStep(t.Context(), next); err != nil || len(rest) != 1 {
		t.Errorf("the second step took %d records, want 1 (%v)", len(rest), err)
	}
}

func TestAnEmptyFileHasTheShapeOfItsProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "watchbill.db")
	for _, readOnly := range []bool{false, true} {
		s, err := Open(path, Options{ReadOnly: readOnly, Shape: before(), Log: func(s string) { t.Errorf("it says %q", s) }})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
}
