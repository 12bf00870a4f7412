package paging

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// roster says whom targets stand for; a target that is not in it stands for
// nobody.
type roster map[Target][]Recipient

func (r roster) world() World {
	return World{
		Resolve: func(t Target) []Recipient { return r[t] },
		Floor:   func(Page) []Recipient { return r["floor"] },
		Reach:   func(name string) []Contact { return reach[name] },
		Down:    func(m Method) bool { return len(r[Target("down:"+m)]) > 0 },
		Deaf:    func(m Method) bool { return len(r[Target("deaf:"+m)]) > 0 },
		Spare: func(_ Page, to Recipient) string {
			if r.spares(to.String()) {
				return "PAGE-9"
			}
			return ""
		},
		Zones: zones,
	}
}

// spares says whether somebody has enough unanswered pages.
func (r roster) spares(who string) bool { return len(r[Target("spare:"+who)]) > 0 }

var zones = oncall.NewZones(nil)

// reach are the contacts of some people; all others have Slack alone.
var reach = map[string][]Contact{
	"ring":   {{Method: Slack}, {Method: SMS, After: 2 * time.Minute}, {Method: Voice, After: 5 * time.Minute, Every: 2 * time.Minute}},
	"ring2":  {{Method: Slack}, {Method: SMS, After: 2 * time.Minute}, {Method: Voice, After: 5 * time.Minute, Every: 2 * time.Minute}},
	"later":  {{Method: Email, After: 10 * time.Minute}},
	"owl":    {{Method: Slack}, {Method: Email, After: 24 * time.Hour}},
	"all":    {{Method: Slack}, {Method: Email, After: 24 * time.Hour}, {Method: SMS, After: 24 * time.Hour}},
	"mailed": {{Method: Email}, {Method: Slack, After: 2 * time.Minute}},
	"mixed":  {{Method: Slack, After: 2 * time.Minute}, {Method: Email}, {Method: SMS, After: 9 * time.Minute}},
	"twice":  {{Method: SMS}, {Method: SMS, After: 3 * time.Minute}, {Method: SMS, After: 9 * time.Minute}},
}

// said is a call as the tests write it: "dev1", "dev1/sms".
func said(calls []Call) []string {
	out := []string{}
	for _, c := range calls {
		s := c.Recipient.String()
		if c.Method != "" {
			s += "/" + string(c.Method)
		}
		out = append(out, s)
	}
	return out
}

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
	"floor":             person("lead1"),
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
	quiet  map[string]time.Time // when the quiet hours of somebody end
}

// world is that of its roster by now, with the quiet hours it has.
func (x *run) world() World {
	w := x.roster.world()
	w.Quiet = func(name string, u Urgency) time.Duration {
		if u != Low {
			return 0
		}
		return max(0, x.quiet[name].Sub(x.now))
	}
	return w
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
	x.t.Helper()
	var kinds []string
	for _, e := range events {
		e.Seq = uint64(len(x.events) + 1)
		x.events = append(x.events, e)
		x.p = Apply(x.p, e)
		k := string(e.Kind)
		switch {
		case e.Kind == Contacted:
			k = fmt.Sprintf("contact %v", said(e.Calls))
		case e.Kind == Stepped && e.Reason != "":
			k = fmt.Sprintf("%s %v", e.Reason, said(e.Calls))
		case e.Kind == Stepped:
			k = fmt.Sprintf("step %d/%d %v", e.Step, e.Cycle, said(e.Calls))
		}
		kinds = append(kinds, k)
	}
	x.holds()
	if n := len(events); n > 0 && events[n-1].Kind == Stepped && !x.p.Next.After(x.now) {
		x.t.Fatalf("after a step at %v the next comes at %v", x.now, x.p.Next)
	}
	return strings.Join(kinds, ", ")
}

// due moves the clock to the due time and ticks.
func (x *run) due() string {
	x.t.Helper()
	x.now = x.p.Due
	return x.do(Tick{Turn: x.p.Turn, World: x.world()})
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
	if p.Status == Open && (p.Due.IsZero() || p.Next.IsZero()) || p.Status == Ended && !p.Due.IsZero() || p.Status == Acknowledged && p.Ends.IsZero() && p.Due != p.Until {
		x.t.Fatalf("the page is %s, due %v, its next step %v, until %v", p.Status, p.Due, p.Next, p.Until)
	}
	if p.Status != Open && len(p.Pending) > 0 {
		x.t.Fatalf("the page is %s and would contact %+v", p.Status, p.Pending)
	}
	for _, q := range p.Pending {
		same := func(o Pending) bool { return o.To == q.To && o.Method == q.Method }
		if n := len(slices.DeleteFunc(slices.Clone(p.Pending), func(o Pending) bool { return !same(o) })); n > 3 {
			x.t.Fatalf("one way is pending %d times: %+v", n, p.Pending)
		}
	}
	for n := 1; n < len(p.Notices); n++ {
		if p.Notices[n].N <= p.Notices[n-1].N {
			x.t.Fatalf("notices are out of order: %+v", p.Notices)
		}
	}
	if last := len(p.Notices); last > 0 && p.Notices[last-1].N != p.Sent {
		x.t.Fatalf("%d were sent, the last notice is %d", p.Sent, p.Notices[last-1].N)
	}
	want := Expect(x.events)
	if len(want.breaches) > 0 {
		x.t.Fatalf("the auditor finds %v", want.breaches)
	}
	if got := want.due(); !got.Equal(p.Due) {
		x.t.Fatalf("the page is due %v, and its events promise %v", p.Due, got)
	}
	var again Page
	for _, e := range x.events {
		again = Apply(again, restored(x.t, e))
	}
	if got, want := dump(x.t, again), dump(x.t, p); got != want {
		x.t.Fatalf("the fold of the stored events differs from the record:\n%s\n%s", got, want)
	}
}

// due is when the events promise something.
func (x *Expectation) due() time.Time {
	var out time.Time
	all := []time.Time{x.ends}
	switch x.status {
	case Open:
		all = append(all, x.next)
		for _, q := range x.planned {
			all = append(all, q.At)
		}
	case Acknowledged:
		all = append(all, x.until)
	}
	for _, t := range all {
		if !t.IsZero() && (out.IsZero() || t.Before(out)) {
			out = t
		}
	}
	return out
}

// restored is the event as it comes back from the store.
func restored(t *testing.T, e Event) Event {
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
