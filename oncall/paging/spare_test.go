package paging

import (
	"slices"
	"strings"
	"testing"
)

func TestWhoeverHasEnoughPagesIsSparedAndThePageGoesOn(t *testing.T) {
	on := roster{"person:dev1": person("dev1"), "team:sre": person("sre1", "sre2"), "floor": person("lead1"), "spare:dev1": person("x"), "spare:sre1": person("x")}
	x := start(t, on, policy(1, "person:dev1", "team:sre"))
	if got, want := x.p.Spared, []Spared{{Recipient: Recipient{Person: "dev1"}, On: "PAGE-9", Turn: 1}}; !slices.Equal(got, want) {
		t.Errorf("spared are %v, want %v", got, want)
	}
	if b := Expect(x.events).Breaches(x.now); len(b) > 0 {
		t.Errorf("a page that another stands for is a breach: %v", b)
	}
	if got, want := x.due(), "step 1/0 [sre2]"; got != want {
		t.Errorf("after its wait: %s, want %s", got, want)
	}
	if last := x.p.Spared[len(x.p.Spared)-1]; last.String() != "sre1" || !last.Again {
		t.Errorf("PAGE-9 counts it once, and sre1 is spared as %+v", last)
	}
	told := x.p.Tell(x.events, upper)
	if got, want := told[1], "step 1: DEV1 is not told, with enough unanswered pages: PAGE-9 counts it"; got != want {
		t.Errorf("it tells %q, want %q", got, want)
	}
	if got, want := told[2], "step 2: SRE2 by slack; SRE1 is not told, with enough unanswered pages: PAGE-9 counts it"; got != want {
		t.Errorf("it tells %q, want %q", got, want)
	}
	delete(on, "spare:dev1") // dev1 has answered some
	if got, want := x.due(), "step 0/1 [dev1]"; got != want {
		t.Errorf("the policy again: %s, want %s", got, want)
	}
	if slices.ContainsFunc(x.p.Spared, func(s Spared) bool { return s.Person == "dev1" }) {
		t.Errorf("dev1 was told, and is spared still: %v", x.p.Spared)
	}
	why := x.refused(HandOver{By: "dev1", To: "sre1", World: on.world()}, Conflict)
	if !strings.Contains(why, "sre1 has 5 unanswered pages") || !strings.Contains(why, "PAGE-9") {
		t.Errorf("the refusal says %q", why)
	}
}

func TestAPageIsHeldSinceItBeganByWhomItReached(t *testing.T) {
	x := start(t, roster{"person:dev1": person("dev1"), "team:sre": person("sre1", "sre2")}, policy(0, "person:dev1", "team:sre"))
	dev1, sre1, sre2 := Recipient{Person: "dev1"}, Recipient{Person: "sre1"}, Recipient{Person: "sre2"}
	x.due()
	x.do(Report{Notice: 2, Fate: Failed, World: x.roster.world()})
	x.do(Decline{By: "sre2", World: x.roster.world()})
	for _, c := range []struct {
		to           Recipient
		any, reached bool
	}{{dev1, true, true}, {sre1, true, false}, {sre2, false, false}} {
		if x.p.Holds(c.to, true) != c.any || x.p.Holds(c.to, false) != c.reached {
			t.Errorf("%v holds it: %v, and counting failures %v", c.to, x.p.Holds(c.to, false), x.p.Holds(c.to, true))
		}
	}
	x.do(HandOver{By: "lead1", To: "sre2", World: x.roster.world()})
	if x.p.Holds(dev1, true) || !x.p.Holds(sre2, true) {
		t.Errorf("it was handed over to sre2, and dev1 holds it: %v", x.p.Holds(dev1, true))
	}
	x.do(Acknowledge{By: "sre2"})
	if x.p.Holds(sre2, true) {
		t.Error("it is answered, and held")
	}
}
