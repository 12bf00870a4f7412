package paging

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Two features that are each right must not keep somebody from being told together.

// warn begins a page that may wait, with owl asleep for some time.
func warn(t *testing.T, r roster, pol Policy, night time.Duration) *run {
	t.Helper()
	x := &run{t: t, now: noon, roster: r, quiet: map[string]time.Time{"owl": noon.Add(night)}}
	x.do(Begin{ID: "PAGE-1", Subject: "ALERT-1", Urgency: Low, Policy: pol, World: x.world()})
	return x
}

// What becomes urgent is never put off by that: whoever is told after a while is not told
// after another.
func TestWhatBecomesUrgentIsNotPutOff(t *testing.T) {
	x := warn(t, roster{"a": person("later"), "b": person("sre1")}, steps(15*time.Minute, 0, "a", "b"), 0)
	x.now = noon.Add(9 * time.Minute)
	if got, want := x.do(Restate{Urgency: High, World: x.world()}), "restated"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	x.at(10*time.Minute, "contact [later/email]")
}

// Nor does it leave those asleep whom an earlier step was to tell in the morning.
func TestWhatBecomesUrgentWakesThoseOfEarlierSteps(t *testing.T) {
	r := roster{"a": person("owl"), "b": person("sre1")}
	x := warn(t, r, steps(15*time.Minute, 0, "a", "b"), 8*time.Hour)
	x.do(Escalate{By: "lead2", Turn: -1, World: x.world()})
	x.now = noon.Add(15 * time.Minute)
	if got, want := x.do(Restate{Urgency: High, World: x.world()}), "restated, contact [owl]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := x.p.Notices[1]; n.Turn != 1 || n.Step != 0 {
		t.Errorf("owl is told for %+v, want for the step before", n)
	}

	r["a"] = person("owl")
	x = warn(t, r, steps(15*time.Minute, 0, "a", "b"), 8*time.Hour)
	x.do(Escalate{By: "lead2", Turn: -1, World: x.world()})
	x.now = noon.Add(15 * time.Minute)
	r["a"] = person("dev1") // somebody else is on duty by now
	if got, want := x.do(Restate{Urgency: High, World: x.world()}), "restated"; got != want {
		t.Errorf("off duty: got %q, want %q", got, want)
	}
}

// Whoever has enough pages is not woken by what becomes urgent, and the record says so; they
// are told when they were to be.
func TestWhatBecomesUrgentSaysWhoHasEnoughPages(t *testing.T) {
	x := warn(t, roster{"team:a": person("owl")}, steps(9*time.Hour, 0, "team:a"), 8*time.Hour)
	x.roster["spare:owl"] = person("x")
	planned := slices.Clone(x.p.Pending)
	if got, want := x.do(Restate{Urgency: High, World: x.world()}), "restated, contact []"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if want := []Spared{{Recipient: Recipient{Person: "owl"}, On: "PAGE-9", Turn: 1}}; !slices.Equal(x.p.Spared, want) {
		t.Errorf("spared are %v, want %v", x.p.Spared, want)
	}
	told := x.p.Tell(x.events, upper)
	if got, want := told[len(told)-1], "OWL is not told, with enough unanswered pages: PAGE-9 counts it"; got != want {
		t.Errorf("it tells %q, want %q", got, want)
	}
	if !slices.Equal(x.p.Pending, planned) {
		t.Errorf("%v was planned, and now %v is", planned, x.p.Pending)
	}
	if b := Expect(x.events).Breaches(x.now); len(b) > 0 {
		t.Errorf("that is a breach: %v", b)
	}
	if wrong, _ := x.judged(x.roster.witness()); len(wrong) > 0 {
		t.Errorf("that is wrong: %v", wrong)
	}
	x.at(8*time.Hour, "contact [owl]")
	if len(x.p.Spared) > 0 {
		t.Errorf("told, and spared still: %v", x.p.Spared)
	}
}

// The end of quiet hours finds a medium that does not work, or brings no answers, as the
// page itself would. How it is before says nothing.
func TestAWayThatFallsDueWhileItsMediumIsBad(t *testing.T) {
	pol := steps(9*time.Hour, 0, "a", "b")
	for bad, want := range map[Target]string{"down:slack": "contact [owl], contact [owl/email]", "deaf:slack": "contact [owl], contact [owl/email]", "down:sms": "contact [owl]"} {
		x := warn(t, roster{"a": person("owl"), "b": person("sre1"), bad: person("it")}, pol, 8*time.Hour)
		x.at(8*time.Hour, want)
	}
	// Without another way the next step comes at once.
	x := warn(t, roster{"a": person("owl2"), "b": person("mailed"), "down:slack": person("it")}, pol, 0)
	if got, want := x.p.Step, 1; got != want { // nobody of the first is reached in a way that works
		t.Errorf("awake: it is at step %d, want %d", got, want)
	}
	x = &run{t: t, now: noon, roster: x.roster, quiet: map[string]time.Time{"owl2": noon.Add(8 * time.Hour)}}
	x.do(Begin{ID: "PAGE-1", Subject: "ALERT-1", Urgency: Low, Policy: pol, World: x.world()})
	x.at(8*time.Hour, "contact [owl2], step 1/0 [mailed/email]")
}

// Who was told in another way that works is not told in all of them at once.
func TestARepeatedCallThatIsBadHurriesNobody(t *testing.T) {
	r := roster{"a": person("ring"), "b": person("sre1"), "down:sms": person("it")}
	x := start(t, r, steps(10*time.Minute, 0, "a", "b"))
	x.at(2*time.Minute, "contact [ring/sms]")
	x.at(5*time.Minute, "contact [ring/voice]")
}

// A floor of nobody but those who have just passed comes again as soon as one that reached
// nobody.
func TestAFloorOfThoseWhoHaveJustPassedComesAgainSoon(t *testing.T) {
	x := start(t, roster{"a": person("dev1")}, steps(time.Hour, 0, "a"))
	if got, want := x.do(Report{Notice: 1, Fate: Failed, Why: "500", World: x.world()}), "failed, spent, floor [], hastened"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	x.at(DefaultWait, "floor [dev1]")
}

// A step that was left out comes at once when it applies: the policy would not come to it
// again, or only after all others.
func TestASevereStepIsNotMissedByWhatBecomesSevereLater(t *testing.T) {
	r := roster{"a": person("dev1"), "b": person("lead2"), "c": person("dev3"), "floor": person("lead1")}
	severe := func(repeat int) *run {
		pol := steps(5*time.Minute, repeat, "a", "b", "c")
		pol.Steps[1].When = When{Severity: []string{"SEV1"}}
		x := &run{t: t, now: noon, roster: r}
		x.do(Begin{ID: "PAGE-1", Subject: "INC-1", Policy: pol, Facts: Facts{Severity: "SEV2"}, World: r.world()})
		return x
	}
	sev := func(n string) Restate { return Restate{Facts: Facts{Severity: n}, World: r.world()} }

	x := severe(0)
	x.at(5*time.Minute, "skipped, step 2/0 [dev3]")
	if got, want := x.do(sev("SEV1")), "restated, returned, step 1/0 [lead2]"; got != want {
		t.Errorf("after the step: got %q, want %q", got, want)
	}
	for kind, spoilt := range map[string]func(*Event){
		"for no reason": func(e *Event) { e.At = e.At.Add(-time.Second) },
		"forward":       func(e *Event) { e.Step += 5 },
		"to a round":    func(e *Event) { e.Cycle++ },
	} {
		list := slices.Clone(x.events)
		for n := range list {
			if list[n].Kind == Returned && kind != "for no reason" || kind == "for no reason" && list[n].Kind == Restated {
				spoilt(&list[n])
			}
		}
		if !slices.ContainsFunc(Expect(list).breaches, func(b Breach) bool { return strings.Contains(b.Text, "went back") }) {
			t.Errorf("the auditor does not see that it goes back %s", kind)
		}
	}
	x.at(10*time.Minute, "step 2/0 [dev3]")
	x.at(15*time.Minute, "spent, floor [dev3 lead1]")
	if got, want := x.do(sev("SEV2"))+", "+x.do(sev("SEV1")), "restated, restated"; got != want { // they were told
		t.Errorf("once they were told: got %q, want %q", got, want)
	}

	x = severe(1)
	x.at(5*time.Minute, "skipped, step 2/0 [dev3]")
	x.at(10*time.Minute, "step 0/1 [dev1]")
	if got, want := x.do(sev("SEV1")), "restated"; got != want { // it is the next one
		t.Errorf("before the step in the next round: got %q, want %q", got, want)
	}
	x.at(15*time.Minute, "step 1/1 [lead2]")

	x = severe(1)
	for range 4 {
		x.due()
	}
	if !x.p.AtFloor() {
		t.Fatalf("it is at step %d, want the floor", x.p.Step)
	}
	if got, want := x.do(sev("SEV1")), "restated, returned, step 1/1 [lead2]"; got != want {
		t.Errorf("at the floor: got %q, want %q", got, want)
	}
	x.at(25*time.Minute, "step 2/1 [dev3]")
	x.at(30*time.Minute, "spent, floor [dev3 lead1]")

	r["b"] = nil
	x = severe(0)
	x.at(5*time.Minute, "skipped, step 2/0 [dev3]")
	if got, want := x.do(sev("SEV1")), "restated"; got != want {
		t.Errorf("with nobody to tell: got %q, want %q", got, want)
	}
}

// Who has said that they cannot is not asked again because somebody else goes off duty.
func TestAHandoffDoesNotAskThoseWhoCannot(t *testing.T) {
	r := roster{"a": person("dev1"), "b": person("dev1", "dev2")}
	x := start(t, r, steps(time.Hour, 1, "a", "b"))
	if got, want := x.do(Decline{By: "dev1", World: x.world()}), "declined, step 1/0 [dev2]"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	r["b"] = person("dev1", "dev3")
	if got, want := x.do(Relieve{World: x.world()}), "contact [dev3]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	x.due() // the next round asks everybody
	r["a"], r["b"] = person("dev3"), person("dev1", "dev2")
	x.due()
	if !slices.ContainsFunc(x.p.Current(), func(n Notice) bool { return n.To.Person == "dev1" }) {
		t.Errorf("the next round tells %+v, want dev1 too", x.p.Current())
	}
}

// Nor does the auditor miss them when they come on duty themselves.
func TestWhoCannotAndComesOnDutyIsNotMissed(t *testing.T) {
	r := roster{"a": person("dev1"), "schedule:x": person("dev2")}
	x := start(t, r, steps(time.Hour, 1, "a", "schedule:x"))
	x.do(Decline{By: "dev1", World: x.world()})
	x.now = x.now.Add(time.Minute)
	before, after := r.witness(), x.now
	before.Schedule = func(_ string, at time.Time) ([]string, bool) {
		if at.Before(after) {
			return []string{"dev2"}, true
		}
		return []string{"dev1"}, true
	}
	r["schedule:x"] = person("dev1")
	x.do(Relieve{World: x.world()})
	c, ok := Expect(x.events).Standing(x.now.Add(time.Second))
	if v := c.Against(before); !ok || v != (Verdict{}) {
		t.Errorf("the auditor says %+v of %+v", v, c)
	}
}
