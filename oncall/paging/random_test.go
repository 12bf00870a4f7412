package paging

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestAnythingMayHappenToAPage runs random commands against random policies
// while people come on duty and leave it, beside a model that says by other means
// who must be contacted, how, and when something happens next. run.holds checks the
// page after each command besides.
func TestAnythingMayHappenToAPage(t *testing.T) {
	rounds := uint64(1500)
	if testing.Short() {
		rounds = 300
	}
	names := []string{"dev0", "dev1", "ring", "twice", "later"}
	for seed := range rounds {
		r := rand.New(rand.NewPCG(seed, 7))
		var targets []Target
		for n := range 1 + r.IntN(4) {
			targets = append(targets, Target(fmt.Sprintf("team:%d", n)))
		}
		on := roster{}
		change := func() {
			var list []Recipient
			for _, name := range names {
				if r.IntN(4) == 0 {
					list = append(list, Recipient{Person: name})
				}
			}
			if r.IntN(5) == 0 {
				list = append(list, Recipient{Channel: "ops"})
			}
			on[append(targets, "floor")[r.IntN(len(targets)+1)]] = list
			for _, name := range append(names, "channel:ops") {
				if r.IntN(12) == 0 {
					on[Target("spare:"+name)] = person(name)[:r.IntN(2)]
				}
			}
		}
		for range r.IntN(6) {
			change()
		}
		p := policy(r.IntN(3), targets...)
		if r.IntN(2) == 0 {
			p.AckTimeout = time.Duration(1+r.IntN(30)) * time.Minute
		}
		x := &run{t: t, now: noon, roster: on, quiet: map[string]time.Time{}}
		for _, name := range names {
			if r.IntN(2) == 0 {
				x.quiet[name] = noon.Add(time.Duration(r.IntN(60)) * time.Minute * time.Duration(seed%2))
			}
		}
		x.do(Begin{ID: "PAGE-1", Subject: "INC-1", Policy: p, Urgency: Low, World: x.world()})
		m := newModel(on, p, noon, x.quiet)
		x.same(m, seed, "begin", 0)
		for range r.IntN(40) {
			if r.IntN(3) == 0 {
				change()
			}
			x.now = x.now.Add(time.Duration(r.IntN(120)) * time.Second)
			if x.p.Status == Ended {
				break
			}
			before := len(x.events)
			x.same(m, seed, x.random(r, m, names), before)
		}
	}
}

// random does one command, to the page and to its model.
func (x *run) random(r *rand.Rand, m *model, names []string) (did string) {
	who, w := names[r.IntN(len(names))], x.world()
	m.now, m.called = x.now, nil
	open := x.p.Status == Open
	switch r.IntN(15) {
	case 0:
		turn := r.IntN(x.p.Turn+2) - 1
		if open && (turn < 0 || turn == x.p.Turn) {
			m.step(nil, nil)
		}
		x.try(Escalate{By: who, Turn: turn, World: w})
		return "escalate"
	case 1, 2:
		if open && slices.ContainsFunc(x.p.Notices, func(n Notice) bool { return n.To.Person == who && !n.Decline }) || open && m.plansFor(who) {
			m.decline(who)
		}
		x.try(Decline{By: who, World: w})
		return "decline " + who
	case 3, 4, 5:
		c := Report{Notice: 1 + r.IntN(x.p.Sent+1), Fate: []Fate{Sent, Failed, Delivered}[r.IntN(3)], World: w}
		n, ok := x.p.Notice(c.Notice)
		if ok && c.Fate == Failed && n.Fate != Failed && n.Fate != Delivered && open && !n.Decline {
			m.bad(n.N, n.To.String(), string(n.Way()))
		} else if at := slices.IndexFunc(m.tries, func(t try) bool { return t.n == n.N }); ok && c.Fate != Failed && at >= 0 && !n.Decline {
			m.tries[at].dead = false // it arrived after all
		}
		x.try(c)
		return fmt.Sprintf("%s %d", c.Fate, c.Notice)
	case 6, 7:
		if !x.p.Until.IsZero() || x.p.Status == Open || x.p.Owner != who {
			m.acknowledge(who)
		}
		x.try(Acknowledge{By: who})
		return "acknowledge " + who
	case 8:
		until := x.now.Add(time.Duration(1+r.IntN(60)) * time.Minute)
		m.snooze(who, until)
		x.try(Snooze{By: who, Until: until})
		return "snooze"
	case 9:
		if !(open && x.p.Reason == ByHandOver && x.p.Owner == who) && !x.roster.spares(who) {
			m.handOver(who)
		}
		x.try(HandOver{By: "lead9", To: who, World: w})
		return "hand over to " + who
	case 11:
		m.relieve()
		x.try(Relieve{World: w})
		return "relieve"
	case 10:
		if r.IntN(6) > 0 {
			return "nothing"
		}
		m.status, m.until = Ended, time.Time{}
		x.try(End{By: who})
		return "end"
	}
	if x.p.Due.IsZero() {
		return "nothing is due"
	}
	x.now = later(x.now, x.p.Due)
	m.now = x.now
	m.tick()
	x.tick()
	return "tick"
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// same compares what the page has done since an event with what its model did.
func (x *run) same(m *model, seed uint64, did string, before int) {
	x.t.Helper()
	var got []string
	for _, e := range x.events[before:] {
		for _, c := range e.Calls {
			got = append(got, c.Recipient.String()+"/"+string(way(c.Method)))
		}
	}
	if want := m.called; !slices.Equal(got, want) {
		x.t.Fatalf("seed %d, after %q: it calls %v, want %v", seed, did, got, want)
	}
	for _, who := range m.spared {
		if !slices.ContainsFunc(x.p.Spared, func(s Spared) bool { return s.String() == who && s.Turn == x.p.Turn && s.On == "PAGE-9" }) {
			x.t.Fatalf("seed %d, after %q: the page does not say that %s is spared: %v", seed, did, who, x.p.Spared)
		}
	}
	x.honest(seed, did, before)
	if x.p.Status != m.status || !x.p.Due.Equal(m.due()) {
		x.t.Fatalf("seed %d, after %q: it is %s and due %v, want %s and %v", seed, did, x.p.Status, x.p.Due, m.status, m.due())
	}
}

// honest judges what the page took to be so since an event by the roster, which has not
// changed since, and then by one that has another person in each place.
func (x *run) honest(seed uint64, did string, before int) {
	x.t.Helper()
	for _, c := range Expect(x.events).Claims()[len(Expect(x.events[:before]).Claims()):] {
		if v := x.roster.spelled(c).Against(x.roster.witness()); v != (Verdict{}) {
			x.t.Fatalf("seed %d, after %q: the auditor would say: %v", seed, did, v)
		}
		elsewhere := c.Step < 0 || c.Step >= len(c.Policy.Steps)
		if c.Act == Handed || c.Act == Relieved && elsewhere || (c.Act == Left || c.Act == Missed) && c.Policy.Steps[c.Step].When.unless(c.Facts, c.At, zones) != "" {
			continue
		}
		other := roster{"floor": append(person("somebody else"), x.roster["floor"]...)}
		for _, s := range c.Policy.Steps {
			other[s.Notify[0]] = append(person("somebody else"), x.roster[s.Notify[0]]...)
		}
		if v := other.spelled(c).Against(other.witness()); v.Wrong == "" {
			x.t.Fatalf("seed %d, after %q: the auditor would not miss somebody at %+v", seed, did, c)
		}
		if c.Told = append(person("a stranger"), c.Told...); c.Act != Left && c.Act != Missed && x.roster.spelled(c).Against(x.roster.witness()).Wrong == "" {
			x.t.Fatalf("seed %d, after %q: the auditor would not see a stranger at %+v", seed, did, c)
		}
	}
}

// spelled is a claim whose steps name whom the roster has for them.
func (r roster) spelled(c Claim) Claim {
	c.Policy.Steps = slices.Clone(c.Policy.Steps)
	for n, s := range c.Policy.Steps {
		var to []Target
		for _, t := range s.Notify {
			for _, one := range r[t] {
				if one.Channel != "" {
					to = append(to, Target("channel:"+one.Channel))
				} else {
					to = append(to, Target("person:"+one.Person))
				}
			}
		}
		c.Policy.Steps[n].Notify = to
	}
	return c
}

// witness knows all that the roster says.
func (r roster) witness() Witness {
	people := func(kind string) func(string, time.Time) ([]string, bool) {
		return func(name string, _ time.Time) ([]string, bool) {
			var out []string
			for _, one := range r[Target(kind+":"+name)] {
				out = append(out, one.Person)
			}
			return out, len(r[Target("unknown:"+kind)]) == 0
		}
	}
	return Witness{Schedule: people(ToSchedule), Team: people(ToTeam), Group: people(ToGroup),
		Floor: func(Moment) ([]Recipient, []Recipient, bool) {
			return r["floor"], r["floor:may"], len(r["unknown:floor"]) == 0
		},
		StandsFor: func(page string, _ Moment, to Recipient) (bool, bool) {
			return page == "PAGE-9" && len(r["never:"+Target(to.String())]) == 0, true
		},
		Zone: func(name string) (*time.Location, bool) {
			zone, err := time.LoadLocation(name)
			return zone, err == nil
		}}
}

// try does a command that may be refused.
func (x *run) try(c Command) {
	x.t.Helper()
	events, err := Decide(x.p, c, x.now)
	var e *Error
	if err != nil && !errors.As(err, &e) {
		x.t.Fatalf("%T: %v is no refusal", c, err)
	}
	if steps := count(events, Stepped); steps > 1 {
		x.t.Fatalf("%T took %d steps", c, steps)
	}
	x.apply(events)
}

// tick ticks a page that is due twice with the same turn: it takes one step at most,
// and the second time nothing happens.
func (x *run) tick() {
	x.t.Helper()
	turn := x.p.Turn
	events, err := Decide(x.p, Tick{Turn: turn, World: x.world()}, x.now)
	if err != nil {
		x.t.Fatal(err)
	}
	if steps := count(events, Stepped); steps > 1 || len(events) == 0 {
		x.t.Fatalf("a tick took %d steps and decided %d events", steps, len(events))
	}
	x.apply(events)
	if got := x.do(Tick{Turn: turn, World: x.world()}); got != "" {
		x.t.Fatalf("the same tick again: %s", got)
	}
}

func count(events []Event, k Kind) int {
	n := 0
	for _, e := range events {
		if e.Kind == k {
			n++
		}
	}
	return n
}

// Whoever is on duty is told once the policy was tried, whatever stands for
// nobody beside them.
func TestAPageNobodyAnswersReachesEverybodyOnDuty(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 9))
		var targets []Target
		on := roster{}
		for n := range 1 + r.IntN(5) {
			target := Target(fmt.Sprintf("person:%d", n))
			targets = append(targets, target)
			if r.IntN(3) > 0 {
				on[target] = person(fmt.Sprintf("dev%d", n))
			}
		}
		x := start(t, on, policy(0, targets...))
		for range len(targets) + 1 {
			x.due()
		}
		for _, list := range on {
			if !x.p.Told(list[0].Person) {
				t.Errorf("seed %d: %s was never told", seed, list[0].Person)
			}
		}
		if !x.p.Spent {
			t.Errorf("seed %d: the policy was tried and is not spent", seed)
		}
	}
}
