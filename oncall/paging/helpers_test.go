package paging

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// roster says whom targets stand for; a target that is not in it stands for
// nobody.
type roster map[Target][]Recipient

func (r roster) world() World { return World{Resolve: func(t Target) []Recipient { return r[t] }} }

func person(names ...string) []Recipient {
	var out []Recipient
	for _, n := range names {
		out = append(out, Recipient{Person: n})
	}
	return out
}

// duty is a policy of three steps and who stands for them.
var duty = roster{
	"schedule:checkout": person("dev1"),
	"team:sre":          person("sre1", "sre2"),
	"channel:ops":       {{Channel: "ops"}},
}

func policy(repeat int, targets ...Target) Policy {
	p := Policy{Name: "checkout", Repeat: repeat}
	for n, t := range targets {
		p.Steps = append(p.Steps, Step{Notify: []Target{t}, Wait: time.Duration(n+1) * time.Minute})
	}
	return p
}

// run is a page, all its events, and its clock.
type run struct {
	t      *testing.T
	p      Page
	events []Event
	now    time.Time
	roster roster
}

func start(t *testing.T, r roster, pol Policy) *run {
	t.Helper()
	x := &run{t: t, now: noon, roster: r}
	x.do(Begin{ID: "PAGE-1", Subject: "INC-1", Policy: pol, World: r.world()})
	return x
}

// do decides a command and applies what it makes happen; it returns the kinds.
func (x *run) do(c Command) string {
	x.t.Helper()
	events, err := Decide(x.p, c, x.now)
	if err != nil {
		x.t.Fatalf("%T: %v", c, err)
	}
	return x.apply(events)
}

func (x *run) apply(events []Event) string {
	var kinds []string
	for _, e := range events {
		e.Seq = uint64(len(x.events) + 1)
		x.events = append(x.events, e)
		x.p = Apply(x.p, e)
		k := string(e.Kind)
		if e.Kind == Stepped {
			k = fmt.Sprintf("step %d/%d %v", e.Step, e.Cycle, e.To)
		}
		kinds = append(kinds, k)
	}
	x.holds()
	if n := len(events); n > 0 && events[n-1].Kind == Stepped && !x.p.Due.After(x.now) {
		x.t.Fatalf("after a step at %v the page is due %v", x.now, x.p.Due)
	}
	return strings.Join(kinds, ", ")
}

// due moves the clock to the due time and ticks.
func (x *run) due() string {
	x.t.Helper()
	x.now = x.p.Due
	return x.do(Tick{Turn: x.p.Turn, World: x.roster.world()})
}

func (x *run) refused(c Command, want Code) string {
	x.t.Helper()
	before := dump(x.t, x.p)
	events, err := Decide(x.p, c, x.now)
	var e *Error
	if !errors.As(err, &e) || e.Code != want || len(events) != 0 {
		x.t.Fatalf("%T: got %v and error %v, want it refused as %s", c, events, err, want)
	}
	if after := dump(x.t, x.p); after != before {
		x.t.Fatalf("%T was refused and changed the page", c)
	}
	return e.Error()
}

// holds checks what is true of every page at every moment.
func (x *run) holds() {
	x.t.Helper()
	p := x.p
	if (p.Status == Open) != !p.Due.IsZero() {
		x.t.Fatalf("the page is %s and due %v", p.Status, p.Due)
	}
	for n := 1; n < len(p.Notices); n++ {
		if p.Notices[n].N <= p.Notices[n-1].N {
			x.t.Fatalf("notices are out of order: %+v", p.Notices)
		}
	}
	if last := len(p.Notices); last > 0 && p.Notices[last-1].N != p.Sent {
		x.t.Fatalf("%d were sent, the last notice is %d", p.Sent, p.Notices[last-1].N)
	}
	var again Page
	for _, e := range x.events {
		again = Apply(again, stored(x.t, e))
	}
	if got, want := dump(x.t, again), dump(x.t, p); got != want {
		x.t.Fatalf("the fold of the stored events differs from the record:\n%s\n%s", got, want)
	}
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
