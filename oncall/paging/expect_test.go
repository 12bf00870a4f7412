package paging

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTheAuditorFindsWhatAPageOwes looks at pages to which nothing happens any more,
// and at pages whose events were tampered with.
func TestTheAuditorFindsWhatAPageOwes(t *testing.T) {
	r := roster{"a": person("ring"), "b": person("sre1"), "c": person("sre2"), "floor": person("lead1")}
	empty := roster{}
	for _, c := range []struct {
		name   string
		r      roster
		do     func(x *run)
		tamper func(events []Event) []Event
		after  time.Duration // the last event
		want   []string
	}{
		{"nothing yet", r, nil, nil, 9 * time.Second, nil},
		{"a notice that nobody sends", r, nil, nil, 2*time.Minute + time.Second, []string{NoticeUnsent}},
		{"what was sent", r, func(x *run) { x.do(Report{Notice: 1, Fate: Sent, World: r.world()}) }, nil, 2 * time.Minute, nil},
		{"a contact that does not come", r, func(x *run) { x.do(Report{Notice: 1, Fate: Sent, World: r.world()}) }, nil, 2*time.Minute + 11*time.Second, []string{ContactMissed}},
		{"a step that does not come", r, func(x *run) {
			x.do(Report{Notice: 1, Fate: Sent, World: r.world()})
			x.due()
			x.do(Report{Notice: 2, Fate: Delivered, World: r.world()})
		}, nil, 5*time.Minute + 11*time.Second, []string{StepMissed, ContactMissed}},
		{"answered", r, func(x *run) { x.do(Acknowledge{By: "ring"}) }, nil, time.Hour, nil},
		{"an answer that is over", r, func(x *run) {
			x.p.Policy.AckTimeout = 10 * time.Minute
			x.events[0].Policy.AckTimeout = 10 * time.Minute
			x.do(Acknowledge{By: "ring"})
		}, nil, 10*time.Minute + 11*time.Second, []string{StepMissed}},
		{"a snooze that is over", r, func(x *run) { x.do(Snooze{By: "ring", Until: noon.Add(time.Hour)}) }, nil, time.Hour + 11*time.Second, []string{StepMissed}},
		{"a clock that was set back", r, func(x *run) {
			x.do(Report{Notice: 1, Fate: Sent, World: r.world()})
			x.now = noon.Add(-time.Hour)
			x.do(SetBack{By: time.Hour})
		}, nil, -time.Hour + 2*time.Minute, nil},
		{"a contact that does not come since", r, func(x *run) {
			x.do(Report{Notice: 1, Fate: Sent, World: r.world()})
			x.now = noon.Add(-time.Hour)
			x.do(SetBack{By: time.Hour})
		}, nil, -time.Hour + 2*time.Minute + 11*time.Second, []string{ContactMissed}},
		{"a step and a notice that do not come since", r, func(x *run) {
			x.now = noon.Add(-time.Hour)
			x.do(SetBack{By: time.Hour})
		}, nil, -time.Hour + 5*time.Minute + 11*time.Second, []string{StepMissed, ContactMissed, NoticeUnsent}},
		{"hastened more than its clock was ahead", r, func(x *run) {
			x.now = noon.Add(-time.Hour)
			x.do(SetBack{By: time.Hour})
		}, func(l []Event) []Event { l[2].Back += time.Second; return l }, -time.Hour, []string{PolicyBroken}},
		{"hastened twice", r, func(x *run) {
			x.now = noon.Add(-time.Hour)
			x.do(SetBack{By: time.Hour})
		}, func(l []Event) []Event { return append(l, l[2]) }, -time.Hour, []string{PolicyBroken, StepMissed, ContactMissed, NoticeUnsent}},
		{"ended", r, func(x *run) { x.do(End{}) }, nil, time.Hour, nil},
		{"nobody is left", empty, nil, nil, 0, []string{ReachesNobody}},
		{"a medium that is down keeps a notice", roster{"a": person("ring"), "down:slack": person("it")}, func(x *run) {
			x.do(Unreachable{Method: Slack, World: x.roster.world()})
			x.do(Report{Notice: 2, Fate: Sent, World: x.roster.world()})
		}, nil, 2*time.Minute + time.Second, nil},

		{"a medium that is deaf is no reason to go on", roster{"a": person("dev1"), "b": person("dev2"), "floor": person("lead1")}, func(x *run) {
			x.roster["down:slack"] = person("it")
			x.do(Unreachable{Method: Slack, World: x.roster.world()})
		}, func(l []Event) []Event { l[2].Kind = MediumDeaf; l[3].Calls[0].Stuck = false; return l }, 0, []string{PolicyBroken}},
		{"a medium that is deaf keeps no notice", roster{"a": person("ring"), "deaf:slack": person("it")}, func(x *run) {
			x.do(Report{Notice: 2, Fate: Sent, World: x.roster.world()})
		}, nil, 2*time.Minute + time.Second, []string{NoticeUnsent}},

		{"a wait that the policy does not have", r, nil, func(l []Event) []Event { l[1].Due = l[1].Due.Add(-time.Minute); return l }, 0, []string{PolicyBroken}},
		{"a step left out", r, nil, func(l []Event) []Event { l[1].Step = 1; return l }, 0, []string{PolicyBroken}},
		{"the floor too early", r, nil, func(l []Event) []Event { l[1].Step = 3; return l }, 0, []string{PolicyBroken}},
		{"a step before the first", r, nil, func(l []Event) []Event { l[1].Step = -1; return l }, 0, []string{PolicyBroken}},
		{"a contact dropped", r, func(x *run) { x.due() }, func(l []Event) []Event { l[2].Calls = nil; return l }, 0, []string{ContactMissed}},
		{"a contact put off", r, func(x *run) { x.due() }, instead(func(q *Pending) { q.At = q.At.Add(time.Second) }), 0, []string{ContactMissed}},
		{"a contact of another", r, func(x *run) { x.due() }, instead(func(q *Pending) { q.To.Person = "dev2" }), 0, []string{ContactMissed}},
		{"a contact by another way", r, func(x *run) { x.due() }, instead(func(q *Pending) { q.Method = Email }), 0, []string{ContactMissed}},
		{"a contact planned again", r, func(x *run) { x.due() }, instead(func(*Pending) {}), 0, nil},
		{"an answer for longer than the policy says", r, func(x *run) { x.do(Acknowledge{By: "ring"}) }, func(l []Event) []Event { l[2].Due = noon.Add(time.Hour); return l }, 0, []string{PolicyBroken}},
	} {
		x := start(t, c.r, steps(5*time.Minute, 0, "a", "b", "c"))
		if c.do != nil {
			c.do(x)
		}
		events := slices.Clone(x.events)
		if c.tamper != nil {
			events = c.tamper(events)
		}
		var got []string
		for _, b := range Expect(events).Breaches(noon.Add(c.after)) {
			if !slices.Contains(got, b.Rule) {
				got = append(got, b.Rule)
			}
			if !strings.HasPrefix(b.Text, "PAGE-1 ") || !strings.HasSuffix(b.Text, ".") {
				t.Errorf("%s: %q is no sentence about the page", c.name, b.Text)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: found %q, want %q", c.name, got, c.want)
		}
	}
}

// instead has an event plan its contact, changed, in the place of making it.
func instead(change func(*Pending)) func([]Event) []Event {
	return func(l []Event) []Event {
		q := Pending{To: l[2].Calls[0].Recipient, Method: l[2].Calls[0].Method, At: l[2].At, Turn: l[2].Turn}
		change(&q)
		l[2].Calls, l[2].Pending = nil, append(slices.Clone(l[2].Pending), q)
		return l
	}
}

func TestUnsentNoticesAreNamed(t *testing.T) {
	r := roster{"a": person("dev1", "dev2", "sre1")}
	x := start(t, r, steps(5*time.Minute, 0, "a"))
	x.do(Report{Notice: 2, Fate: Failed, Why: "x", World: r.world()})
	if got := Expect(x.events).Unsent(noon.Add(time.Second)); !slices.Equal(got, []int{1, 3}) {
		t.Errorf("got %v, want 1 and 3", got)
	}
	if got := Expect(x.events).Unsent(noon); got != nil {
		t.Errorf("got %v before any was intended", got)
	}
	x.do(Acknowledge{By: "dev1"})
	if got := Expect(x.events).Unsent(noon.Add(time.Hour)); got != nil {
		t.Errorf("got %v of a page that was answered", got)
	}
}

// TestTheAuditorSurvivesAnyEvents, in whatever order and with whatever numbers.
func TestTheAuditorSurvivesAnyEvents(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	on := roster{"schedule:a": person("ring"), "team:b": person("dev1"), "floor": person("lead1")}
	x := start(t, on, policy(1, "schedule:a", "team:b"))
	for range 4 {
		x.due()
	}
	x.do(Relieve{World: on.world()})
	x.do(HandOver{By: "ring", To: "dev2", World: on.world()})
	x.do(Acknowledge{By: "dev2"})
	found := 0
	for range 3000 {
		events := slices.Clone(x.events)
		r.Shuffle(r.IntN(len(events)), func(i, j int) { events[i], events[j] = events[j], events[i] })
		for range 1 + r.IntN(4) {
			e := &events[r.IntN(len(events))]
			number := r.IntN(9) - 4
			switch r.IntN(6) {
			case 0:
				e.Step = number
			case 1:
				e.Cycle, e.Turn = number, r.IntN(5)
			case 2:
				*e = Event{Kind: e.Kind, At: e.At} // erased
			case 3:
				e.Kind = []Kind{Stepped, Skipped, PolicySpent, Contacted, EndedK, Opened}[r.IntN(6)]
			case 4:
				e.Off, e.First = []string{"ring", ""}, number
			case 5:
				e.At = e.At.Add(time.Duration(number) * time.Hour)
			}
		}
		x := Expect(events)
		found += len(x.Breaches(noon.Add(time.Hour)))
		for _, c := range x.Claims() {
			c.Against(on.witness())
		}
		if c, ok := x.Standing(noon.Add(2 * time.Hour)); ok {
			c.Against(on.witness())
		}
	}
	if found == 0 {
		t.Error("nothing was found in garbage")
	}
}
