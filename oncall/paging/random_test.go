package paging

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// TestAnythingMayHappenToAPage runs random commands against random policies
// while people come on duty and leave it. run.holds checks the page after each.
func TestAnythingMayHappenToAPage(t *testing.T) {
	rounds := uint64(1500)
	if testing.Short() {
		rounds = 150
	}
	for seed := range rounds {
		r := rand.New(rand.NewPCG(seed, 7))
		var targets []Target
		for n := range 1 + r.IntN(4) {
			targets = append(targets, Target(fmt.Sprintf("team:%d", n)))
		}
		on := roster{}
		change := func() {
			var list []Recipient
			for n := range 5 {
				if r.IntN(4) == 0 {
					list = append(list, Recipient{Person: fmt.Sprintf("dev%d", n)})
				}
			}
			if r.IntN(5) == 0 {
				list = append(list, Recipient{Channel: "ops"})
			}
			on[targets[r.IntN(len(targets))]] = list
		}
		for range r.IntN(6) {
			change()
		}
		x := &run{t: t, now: noon, roster: on}
		x.do(Begin{ID: "PAGE-1", Subject: "INC-1", Policy: policy(r.IntN(3), targets...), World: on.world()})
		for range r.IntN(30) {
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
			if r.IntN(3) == 0 {
				change()
			}
			x.now = x.now.Add(time.Duration(r.IntN(120)) * time.Second)
			who := fmt.Sprintf("dev%d", r.IntN(5))
			switch r.IntN(12) {
			case 0:
				x.try(Escalate{By: who, Turn: r.IntN(x.p.Turn+2) - 1, World: on.world()})
			case 1, 2:
				x.try(Decline{By: who, World: on.world()})
			case 3, 4, 5:
				x.try(Report{Notice: 1 + r.IntN(x.p.Sent+1), Fate: []Fate{Sent, Failed}[r.IntN(2)], Paused: r.IntN(3) == 0, World: on.world()})
			case 6:
				if r.IntN(4) == 0 {
					x.try(Acknowledge{By: who})
				}
			case 7:
				if r.IntN(6) == 0 {
					x.try(End{By: who})
				}
			default:
				x.tick()
			}
		}
	}
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

// tick lets the page become due and ticks twice with the same turn.
func (x *run) tick() {
	x.t.Helper()
	if x.p.Status != Open {
		return
	}
	if x.now.Before(x.p.Due) {
		x.now = x.p.Due
	}
	turn := x.p.Turn
	events, err := Decide(x.p, Tick{Turn: turn, World: x.roster.world()}, x.now)
	if err != nil {
		x.t.Fatal(err)
	}
	if steps := count(events, Stepped); steps != 1 {
		x.t.Fatalf("a tick took %d steps, want 1", steps)
	}
	x.apply(events)
	if x.p.Turn != turn+1 {
		x.t.Fatalf("a tick after the due time left the turn at %d", x.p.Turn)
	}
	if got := x.do(Tick{Turn: turn, World: x.roster.world()}); got != "" {
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
