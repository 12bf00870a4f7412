package paging

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Quiet hours hold back what only warns. When they hold back all that a step tells, its wait
// begins when the first of it goes out: the next step and the floor wake nobody for it.

// dawn is when the quiet hours of owl end that begin at noon, noonAbroad when those of lark do.
var (
	dawn       = noon.Add(8 * time.Hour)
	noonAbroad = noon.Add(10 * time.Hour)
)

// asleep is a page that only warns, begun while some sleep.
func asleep(t *testing.T, r roster, pol Policy) *run {
	t.Helper()
	x := &run{t: t, now: noon, roster: r, quiet: map[string]time.Time{"owl": dawn, "lark": noonAbroad, "ever": noon.Add(1000 * time.Hour), "later": noon.Add(3 * time.Hour)}}
	x.do(Begin{ID: "PAGE-1", Subject: "ALERT-1", Urgency: Low, Policy: pol, World: x.world()})
	return x
}

// heldUntil holds until when quiet hours hold back a page, and when its next step comes.
func (x *run) heldUntil(held, next time.Time) {
	x.t.Helper()
	if p := x.p; !p.Held.Equal(held) || !p.Next.Equal(next) {
		x.t.Errorf("it is held back until %v and its next step comes at %v, want %v and %v", p.Held, p.Next, held, next)
	}
}

// A night in which nobody answers: nobody is told before the morning, and then all as ever.
func TestAStepThatSleepsWaitsForTheMorning(t *testing.T) {
	r := roster{"a": person("owl"), "b": person("sre1"), "floor": append(person("lead1"), Recipient{Channel: "incidents"})}
	x := asleep(t, r, steps(10*time.Second, 1, "a", "b"))
	x.heldUntil(dawn, dawn.Add(10*time.Second))
	for at := noon; at.Before(dawn); at = at.Add(time.Minute) {
		if b := Expect(x.events).Breaches(at); len(b) > 0 {
			t.Fatalf("at %v the auditor finds %v", at, b)
		}
	}
	morning := 8 * time.Hour
	x.at(morning, "contact [owl]")
	x.heldUntil(time.Time{}, dawn.Add(10*time.Second))
	x.at(morning+10*time.Second, "step 1/0 [sre1]")
	x.at(morning+20*time.Second, "step 0/1 [owl]")
	x.at(morning+30*time.Second, "step 1/1 [sre1]")
	x.at(morning+40*time.Second, "spent, floor [sre1 lead1 channel:incidents]")
}

func TestWhatEndsTheSleepOfAStep(t *testing.T) {
	wait := 5 * time.Minute
	later := noon.Add(2 * time.Hour) // when something happens
	policy := steps(wait, 0, "a", "b")
	people := func() roster {
		return roster{"a": person("owl"), "b": person("sre1"), "floor": append(person("lead1"), Recipient{Channel: "incidents"})}
	}
	for _, c := range []struct {
		name       string
		r          roster // who is on call at noon
		do         func(x *run) string
		want       string
		held, next time.Time
	}{
		{"nothing", people(), func(x *run) string { return "" }, "", dawn, dawn.Add(wait)},
		{"somebody is awake", roster{"a": person("owl", "dev1"), "b": person("sre1")}, func(x *run) string { return "" }, "", time.Time{}, noon.Add(wait)},
		{"a channel", roster{"a": append(person("owl"), Recipient{Channel: "ops"})}, func(x *run) string { return "" }, "", time.Time{}, noon.Add(wait)},
		{"another page stands for somebody who is awake", roster{"a": person("owl", "dev1"), "spare:dev1": person("x")}, func(x *run) string { return "" }, "", time.Time{}, noon.Add(wait)},
		{"another page stands for somebody who sleeps", roster{"a": person("owl", "lark"), "spare:lark": person("x")}, func(x *run) string { return "" }, "", dawn, dawn.Add(wait)},
		{"of two who sleep the first", roster{"a": person("lark", "owl")}, func(x *run) string { return "" }, "", dawn, dawn.Add(wait)},
		{"quiet hours without end", roster{"a": person("ever")}, func(x *run) string { return "" }, "", noon.Add(MaxHold), noon.Add(MaxHold + wait)},
		{"ways that come later", roster{"a": person("later")}, func(x *run) string { return "" }, "", noon.Add(3*time.Hour + 10*time.Minute), noon.Add(3*time.Hour + 10*time.Minute + wait)},
		{"a medium that does not work meanwhile", roster{"a": person("owl"), "down:slack": person("it"), "down:email": person("it")}, func(x *run) string { return "" }, "", dawn, dawn.Add(wait)},
		{"a medium that fails meanwhile", people(), func(x *run) string {
			x.roster["down:slack"] = person("it")
			return x.do(Unreachable{Method: Slack, World: x.world()})
		}, "", dawn, dawn.Add(wait)},
		{"nobody is on call", roster{"b": person("owl")}, func(x *run) string { return "" }, "", dawn, dawn.Add(wait)},
		{"nobody is, and the floor is awake", roster{"floor": person("lead1")}, func(x *run) string { return "" }, "", time.Time{}, noon.Add(wait)},
		{"nobody is, and the floor sleeps", roster{"floor": person("owl")}, func(x *run) string { return "" }, "", dawn, dawn.Add(wait)},

		{"it becomes urgent", people(), func(x *run) string {
			x.now = later
			return x.do(Restate{Urgency: High, Facts: Facts{Severity: "critical"}, World: x.world()})
		}, "restated, contact [owl]", time.Time{}, later.Add(wait)},
		{"it becomes urgent to somebody with enough pages", people(), func(x *run) string {
			x.now, x.roster["spare:owl"] = later, person("x")
			return x.do(Restate{Urgency: High, Facts: Facts{Severity: "critical"}, World: x.world()})
		}, "restated, contact []", time.Time{}, later.Add(wait)},
		{"it is another warning", people(), func(x *run) string {
			x.now = later
			return x.do(Restate{Urgency: Low, Facts: Facts{Severity: "info"}, World: x.world()})
		}, "restated", dawn, dawn.Add(wait)},
		{"it counts more", people(), func(x *run) string { x.now = later; return x.do(Fold{Count: 3, Last: "ALERT-9"}) }, "folded", dawn, dawn.Add(wait)},
		{"acknowledged", people(), func(x *run) string { x.now = later; return x.do(Acknowledge{By: "dev1"}) }, "acknowledged", time.Time{}, time.Time{}},
		{"resolved", people(), func(x *run) string { x.now = later; return x.do(End{By: "dev1"}) }, "ended", time.Time{}, time.Time{}},
		{"snoozed into the night", people(), func(x *run) string {
			x.now = later
			return x.do(Snooze{By: "dev1", Until: later.Add(time.Hour)}) + ", " + x.due()
		}, "snoozed, resumed, snooze []", dawn, dawn.Add(wait)},
		{"snoozed past the night", people(), func(x *run) string {
			return x.do(Snooze{By: "dev1", Until: dawn.Add(time.Hour)}) + ", " + x.due()
		}, "snoozed, resumed, snooze [owl]", time.Time{}, dawn.Add(time.Hour + wait)},

		{"escalated to somebody who is awake", people(), func(x *run) string {
			x.now = later
			return x.do(Escalate{By: "dev1", Turn: 1, World: x.world()})
		}, "escalated, step 1/0 [sre1]", time.Time{}, later.Add(wait)},
		{"escalated to somebody who sleeps", roster{"a": person("owl"), "b": person("lark")}, func(x *run) string {
			x.now = later
			return x.do(Escalate{By: "dev1", Turn: 1, World: x.world()})
		}, "escalated, step 1/0 []", noonAbroad, noonAbroad.Add(wait)},
		{"declined by the only one", people(), func(x *run) string {
			x.now = later
			return x.do(Decline{By: "owl", World: x.world()})
		}, "declined, step 1/0 [sre1]", time.Time{}, later.Add(wait)},
		{"declined by whoever is in the next step too", roster{"a": person("owl"), "b": person("owl", "sre1")}, func(x *run) string {
			x.now = later
			return x.do(Decline{By: "owl", World: x.world()})
		}, "declined, step 1/0 [sre1]", time.Time{}, later.Add(wait)},
		{"declined by whoever an earlier step has told", roster{"a": person("dev1"), "b": person("dev1"), "floor": person("lead1")}, func(x *run) string {
			x.quiet["dev1"] = dawn // they have gone to bed
			return x.due() + ", " + x.do(Decline{By: "dev1", World: x.world()})
		}, "step 1/0 [], declined, spent, floor [lead1]", time.Time{}, noon.Add(2 * wait)},
		{"declined by the first of two", roster{"a": person("owl", "lark")}, func(x *run) string {
			x.now = later
			return x.do(Decline{By: "owl", World: x.world()})
		}, "declined, contact []", noonAbroad, noonAbroad.Add(wait)},
		{"declined by the second of two", roster{"a": person("owl", "lark")}, func(x *run) string {
			x.now = later
			return x.do(Decline{By: "lark", World: x.world()})
		}, "declined", dawn, dawn.Add(wait)},
		{"handed over to somebody who sleeps", people(), func(x *run) string {
			x.now = later
			return x.do(HandOver{By: "owl", To: "lark", World: x.world()})
		}, "handed_over, handover []", noonAbroad, noonAbroad.Add(DefaultWait)},
		{"handed over to somebody who is awake", people(), func(x *run) string {
			x.now = later
			return x.do(HandOver{By: "owl", To: "dev1", World: x.world()})
		}, "handed_over, handover [dev1]", time.Time{}, later.Add(DefaultWait)},

		{"somebody who is awake comes on duty", people(), func(x *run) string {
			x.now, x.roster["a"] = later, person("dev1")
			return x.do(Relieve{World: x.world()})
		}, "contact [dev1]", time.Time{}, later.Add(wait)},
		{"somebody who sleeps for longer comes on duty", people(), func(x *run) string {
			x.now, x.roster["a"] = later, person("lark")
			return x.do(Relieve{World: x.world()})
		}, "contact []", noonAbroad, noonAbroad.Add(wait)},
		{"somebody who sleeps for less comes on duty", roster{"a": person("lark"), "b": person("sre1")}, func(x *run) string {
			x.now, x.roster["a"] = later, person("owl")
			return x.do(Relieve{World: x.world()})
		}, "contact []", dawn, dawn.Add(wait)},
		{"nobody is on duty any more", people(), func(x *run) string {
			x.now, x.roster["a"] = later, nil
			return x.do(Relieve{World: x.world()})
		}, "", dawn, dawn.Add(wait)},
		{"duty has changed by the morning, and nobody said so", people(), func(x *run) string {
			x.roster["a"] = person("lark")
			return x.due()
		}, "contact []", noonAbroad, noonAbroad.Add(wait)},

		{"nobody looked for hours after the night", people(), func(x *run) string {
			x.now = dawn.Add(3 * time.Hour)
			return x.do(Tick{Turn: 1, World: x.world()})
		}, "contact [owl]", time.Time{}, dawn.Add(3*time.Hour + wait)},
		{"the clock is set back", people(), func(x *run) string {
			x.now = noon.Add(-time.Hour)
			return x.do(SetBack{By: time.Hour})
		}, "clock_set_back", dawn.Add(-time.Hour), dawn.Add(wait - time.Hour)},
		{"what an earlier step has told fails", roster{"a": person("dev1"), "b": person("owl")}, func(x *run) string {
			return x.due() + ", " + x.do(Report{Notice: 1, Fate: Failed, Why: "x", World: x.world()})
		}, "step 1/0 [], failed", dawn, dawn.Add(wait)},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := asleep(t, c.r, policy)
			if got := c.do(x); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			x.heldUntil(c.held, c.next)
		})
	}
}

// The auditor is not content with a step that quiet hours have held back for longer than
// they may, nor when nothing follows them.
func TestTheAuditorLooksAfterWhatSleeps(t *testing.T) {
	r := roster{"a": person("owl"), "b": person("sre1"), "floor": person("lead1")}
	for _, c := range []struct {
		name   string
		do     func(x *run)
		tamper func(l []Event)
		at     time.Time
		want   []string
	}{
		{"before dawn", nil, nil, dawn.Add(9 * time.Second), nil},
		{"nobody is told at dawn", nil, nil, dawn.Add(11 * time.Second), []string{ContactMissed}},
		{"nor does the next step come", nil, nil, dawn.Add(5*time.Minute + 11*time.Second), []string{StepMissed, ContactMissed}},
		{"nor once somebody was told", func(x *run) { x.due(); x.do(Report{Notice: 1, Fate: Sent, World: x.world()}) }, nil, dawn.Add(5*time.Minute + 11*time.Second), []string{StepMissed}},
		{"it has become urgent, and nothing comes", func(x *run) {
			x.do(Restate{Urgency: High, World: x.world()})
			x.do(Report{Notice: 1, Fate: Sent, World: x.world()})
		}, nil, noon.Add(5*time.Minute + 11*time.Second), []string{StepMissed}},
		{"the wait of an urgent page is put off", nil, func(l []Event) { l[0].Urgency = High }, noon, []string{PolicyBroken}},
		{"it says that it is held back for longer than it is", nil, func(l []Event) { l[1].Held, l[1].Due = l[1].Held.Add(time.Hour), l[1].Due.Add(time.Hour) }, noon, []string{PolicyBroken}},
		{"it waits for longer than for the end of quiet hours", nil, func(l []Event) { l[1].Due = l[1].Due.Add(time.Hour) }, noon, []string{PolicyBroken}},
		{"it waits, and says of nobody that they sleep", nil, func(l []Event) { l[1].Held = time.Time{} }, noon, []string{PolicyBroken}},
		{"it holds back what it has told", nil, func(l []Event) { l[1].Calls = []Call{{Recipient: Recipient{Person: "dev1"}, Turn: 1}} }, noon, []string{PolicyBroken}},
		{"it holds back nothing", nil, func(l []Event) { l[1].Pending = nil }, noon, []string{PolicyBroken, ReachesNobody}},
		{"it holds back for days", nil, func(l []Event) {
			days := 48 * time.Hour
			l[1].Held, l[1].Due, l[1].Pending = l[1].Held.Add(days), l[1].Due.Add(days), slices.Clone(l[1].Pending)
			for n := range l[1].Pending {
				l[1].Pending[n].At = l[1].Pending[n].At.Add(days)
			}
		}, noon, []string{PolicyBroken}},
		{"the wait does not begin with the first who is told", func(x *run) { x.due() }, func(l []Event) { l[2].Due = time.Time{} }, dawn, []string{PolicyBroken}},
		{"it begins twice", func(x *run) { x.due(); x.do(Report{Notice: 1, Fate: Failed, World: x.world()}) }, func(l []Event) { l[4].Due = dawn.Add(5 * time.Minute) }, dawn, []string{PolicyBroken}},
		{"it begins later than it should", func(x *run) { x.due() }, func(l []Event) { l[2].Due = l[2].Due.Add(time.Minute) }, dawn, []string{PolicyBroken}},
		{"it goes on in the night", func(x *run) { x.do(Escalate{By: "dev1", Turn: -1, World: x.world()}) }, func(l []Event) { l[2].Kind = Renewed }, noon, []string{PolicyBroken}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := asleep(t, r, steps(5*time.Minute, 0, "a", "b"))
			if c.do != nil {
				c.do(x)
			}
			events := slices.Clone(x.events)
			if c.tamper != nil {
				c.tamper(events)
			}
			var got []string
			for _, b := range Expect(events).Breaches(c.at) {
				if !slices.Contains(got, b.Rule) {
					got = append(got, b.Rule)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

// What a release before wrote, which began to wait in the night, means what it meant.
func TestAStepOfAnEarlierReleaseIsNotHeldBack(t *testing.T) {
	x := asleep(t, roster{"a": person("owl"), "b": person("sre1")}, steps(5*time.Minute, 0, "a", "b"))
	x.events[1].Held, x.events[1].Due = time.Time{}, noon.Add(5*time.Minute)
	x.p = Page{}
	for _, e := range x.events {
		x.p = Apply(x.p, e)
	}
	x.heldUntil(time.Time{}, noon.Add(5*time.Minute))
	x.at(5*time.Minute, "step 1/0 [sre1]")
	x.do(Acknowledge{By: "sre1"})
}

// The page says until when it sleeps, as long as it does.
func TestAPageSaysThatItSleeps(t *testing.T) {
	x := asleep(t, roster{"a": person("owl"), "b": person("sre1")}, steps(5*time.Minute, 0, "a", "b"))
	if got, want := x.p.Stands(strings.ToUpper, time.UTC), "Quiet hours hold it back until 20:00 UTC: nobody whom it asks is told before."; got != want {
		t.Errorf("it stands: %q, want %q", got, want)
	}
	if got, want := x.p.Tell(x.events, upper)[1], "step 1: OWL by slack at 20:00 UTC; OWL by email at 2026-03-05 20:00 UTC; quiet hours hold all of it back until 20:00 UTC, and its wait begins then"; got != want {
		t.Errorf("it tells %q, want %q", got, want)
	}
	x.due()
	if got, want := x.p.Stands(strings.ToUpper, time.UTC), "Nobody has answered yet."; got != want {
		t.Errorf("in the morning it stands: %q, want %q", got, want)
	}
}
