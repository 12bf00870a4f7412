package desk

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/storage"
)

var writeShape = flag.Bool("write-shape", false, "write testdata/shape.json anew; shapeNumber must have risen if a record has become another")

// shapes is testdata/shape.json: what a release has made of events.
type shapes struct {
	Number  int
	Records []shaped
}

// shaped is what the first event of a record, the first two and so on have come to.
type shaped struct {
	Kind   string
	Events []shapedEvent
	After  []string
}

type shapedEvent struct {
	Kind string
	Body json.RawMessage
}

func (s *shaped) fold(t *testing.T) (after []string) {
	t.Helper()
	at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	var events []storage.Event
	for n, e := range s.Events {
		events = append(events, storage.Event{Seq: uint64(n + 1), Kind: e.Kind, At: at, Recorded: at, Body: e.Body})
		body, due, index, err := Folds()[s.Kind](events)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(index, func(a, b storage.Entry) int { return bytes.Compare([]byte(a.Index+a.Key), []byte(b.Index+b.Key)) })
		after = append(after, fmt.Sprintf("%s: %x due %s in %v", e.Kind, sha256.Sum256(body), due.Format(time.RFC3339), index))
	}
	return after
}

// TestAChangeOfWhatIsStoredRaisesTheShape folds events of a release before: whoever changes
// what they come to, a record, when it is due or where it is found, must raise shapeNumber,
// or the files of people who upgrade hold what this release does not look for.
func TestAChangeOfWhatIsStoredRaisesTheShape(t *testing.T) {
	const path = "testdata/shape.json"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var kept shapes
	if err := json.Unmarshal(raw, &kept); err != nil {
		t.Fatal(err)
	}
	for _, r := range kept.Records {
		if got := r.fold(t); kept.Number == shapeNumber && !reflect.DeepEqual(got, r.After) {
			n := slices.IndexFunc(got, func(s string) bool { return !slices.Contains(r.After, s) })
			t.Fatalf("the events of %s come to something else than before: raise shapeNumber, and write %s anew with -write-shape. The first:\n%s", r.Kind, path, got[max(0, n)])
		}
	}
	if *writeShape {
		write(t, path, shapes{shapeNumber, everyShape(t)})
	} else if kept.Number != shapeNumber {
		t.Fatalf("%s is of shape %d: write it anew with -write-shape", path, kept.Number)
	}
	for kind := range Folds() {
		if !slices.ContainsFunc(kept.Records, func(r shaped) bool { return r.Kind == kind }) {
			t.Errorf("%s holds nothing of %s", path, kind)
		}
	}
}

func write(t *testing.T, path string, v any) {
	t.Helper()
	out, err := json.MarshalIndent(v, "", " ")
	if err == nil {
		err = os.WriteFile(path, append(out, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// everyShape has the events of each kind of record.
func everyShape(t *testing.T) []shaped {
	t.Helper()
	var all []shaped
	for kind, path := range map[string]string{IncidentKind: "incident/testdata/stored.json", PageKind: "oncall/paging/testdata/stored.json", AlertKind: "oncall/alert/testdata/record/stored.json"} {
		raw, err := os.ReadFile(filepath.Join("../..", path))
		if err != nil {
			t.Fatal(err)
		}
		var stored []struct {
			Kind  string
			Event json.RawMessage
		}
		if err := json.Unmarshal(raw, &stored); err != nil {
			t.Fatal(err)
		}
		r := shaped{Kind: kind}
		for _, e := range stored {
			r.Events = append(r.Events, shapedEvent{e.Kind, e.Event})
		}
		all = append(all, r)
	}
	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	version := &oncall.Version{}
	for _, r := range []struct {
		kind   string
		events []any
	}{
		{ScheduleKind, []any{oncall.Event{Kind: oncall.VersionApplied, At: noon, Name: "Checkout", Version: version}, oncall.Event{Kind: oncall.ScheduleRemoved, At: noon, Version: version}}},
		{ClockKind, []any{Clock{Schedule: "Checkout", Due: noon.Add(time.Hour)}, Clock{Schedule: "Checkout"}}},
		{WishKind, []any{Wish{Person: "dev1", Remind: "off"}}},
		{SilenceKind, []any{alert.Silence{ID: "SILENCE-7", Group: "disk", Until: noon}, alert.Silence{ID: "SILENCE-7", Group: "disk", Until: noon, Told: true}}},
		{HeartbeatKind, []any{Heartbeat{Integration: "nightly", First: noon, Last: noon}, Heartbeat{Integration: "nightly", First: noon, Last: noon, Silent: true}}},
		{DeploysKind, []any{alert.Deploy{Service: "Checkout", At: noon}, alert.Deploy{Service: "Checkout", At: noon.Add(-time.Hour)}}},
	} {
		s := shaped{Kind: r.kind}
		for _, e := range r.events {
			body, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			s.Events = append(s.Events, shapedEvent{r.kind, body})
		}
		all = append(all, s)
	}
	for n := range all {
		all[n].After = all[n].fold(t)
	}
	slices.SortFunc(all, func(a, b shaped) int { return bytes.Compare([]byte(a.Kind), []byte(b.Kind)) })
	return all
}
