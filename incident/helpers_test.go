package incident

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func who(name string) Actor { return Actor{Person: name, Via: "slack"} }

var guest = Actor{Person: "guest1", Via: "slack", Guest: true}

// life is an incident, all its events, and its clock.
type life struct {
	t      *testing.T
	i      Incident
	events []Event
	now    time.Time
}

func declared(t *testing.T) *life {
	t.Helper()
	x := &life{t: t, now: noon}
	x.do(Declare{By: who("dev1"), ID: "INC-1", Title: "checkout returns 503", Severity: 2, Service: "checkout", Channel: "inc-1-checkout"})
	return x
}

// at moves the clock to so long after noon.
func (x *life) at(d time.Duration) *life {
	x.now = noon.Add(d)
	return x
}

// do decides a command and applies what it makes happen; it returns the kinds.
func (x *life) do(c Command) string {
	x.t.Helper()
	events, err := Decide(x.i, c, x.now)
	if err != nil {
		x.t.Fatalf("%T: %v", c, err)
	}
	return x.apply(events)
}

func (x *life) apply(events []Event) string {
	x.t.Helper()
	var kinds []string
	for _, e := range events {
		if e.At.IsZero() || !e.Recorded.Equal(x.now) {
			x.t.Fatalf("%s is at %v, recorded %v, want times", e.Kind, e.At, e.Recorded)
		}
		e.Seq = uint64(len(x.events) + 1)
		x.events = append(x.events, e)
		x.i = Apply(x.i, e)
		kinds = append(kinds, string(e.Kind))
	}
	return strings.Join(kinds, ", ")
}

// folds checks that the stored events give the record.
func (x *life) folds() {
	x.t.Helper()
	var again Incident
	for _, e := range x.events {
		again = Apply(again, stored(x.t, e))
	}
	if got, want := dump(x.t, again), dump(x.t, x.i); got != want {
		x.t.Fatalf("the fold of the stored events differs from the record:\n%s\n%s", got, want)
	}
}

func (x *life) refused(c Command, want Code) string {
	x.t.Helper()
	before := dump(x.t, x.i)
	events, err := Decide(x.i, c, x.now)
	var e *Error
	if !errors.As(err, &e) || e.Code != want || len(events) != 0 {
		x.t.Fatalf("%T: got %v and error %v, want it refused as %s", c, events, err, want)
	}
	if e.Message == "" || !strings.HasSuffix(strings.TrimRight(e.Message, "`"), ".") {
		x.t.Errorf("%T: %q is no sentence", c, e.Message)
	}
	if after := dump(x.t, x.i); after != before {
		x.t.Fatalf("%T was refused and changed the record", c)
	}
	return e.Message
}

// stored is the event as it comes back from the store.
func stored(t *testing.T, e Event) Event {
	t.Helper()
	body, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	back := Event{Seq: e.Seq, Kind: e.Kind, At: e.At, Recorded: e.Recorded}
	if err := json.Unmarshal(body, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

func dump(t *testing.T, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
