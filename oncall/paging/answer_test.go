package paging

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

func timed(p Policy, timeout time.Duration) Policy {
	p.AckTimeout = timeout
	return p
}

// An acknowledgement that nothing follows brings the page back, to whoever is on
// call by then and to whoever acknowledged; but not for ever.
func TestStory14AnAcknowledgementTimesOutThreeTimesAtMost(t *testing.T) {
	r := roster{"a": person("dev1"), "b": person("sre1")}
	x := start(t, r, timed(steps(5*time.Minute, 0, "a", "b"), 30*time.Minute))
	for n := range MaxRepages {
		if got := x.do(Acknowledge{By: "dev1"}); got != "acknowledged" {
			t.Fatalf("round %d: got %q", n, got)
		}
		if got := x.p.Due.Sub(x.now); got != 30*time.Minute {
			t.Fatalf("round %d: asked again after %v", n, got)
		}
		r["a"] = person("dev2") // who came on duty meanwhile
		if got, want := x.due(), "resumed, timeout [dev2 dev1]"; got != want {
			t.Fatalf("round %d: got %q, want %q", n, got, want)
		}
		if x.p.Status != Open || x.p.Owner != "dev1" || x.p.AnsweredBy != "dev1" || !x.p.Answered.Equal(noon) {
			t.Errorf("round %d: %+v", n, x.p)
		}
		if got, want := x.due(), "step 1/0 [sre1]"; got != want {
			t.Errorf("round %d: got %q, want %q", n, got, want)
		}
	}
	x.do(Acknowledge{By: "dev2"})
	if !x.p.Due.IsZero() || x.p.Owner != "dev2" {
		t.Errorf("the last acknowledgement is due again at %v, owner %s", x.p.Due, x.p.Owner)
	}
	x.now = x.now.Add(4 * 30 * 24 * time.Hour)
	if got := x.do(Tick{Turn: x.p.Turn, World: r.world()}); got != "" {
		t.Errorf("four months later: %q", got)
	}
}

func TestAckingAgainPutsTheTimeoutOff(t *testing.T) {
	x := start(t, duty, timed(policy(0, "schedule:checkout"), 30*time.Minute))
	x.do(Acknowledge{By: "dev1"})
	for _, c := range []struct{ who, want string }{{"dev1", "renewed"}, {"sre1", "answered_again"}, {"sre1", "renewed"}} {
		who := c.who
		x.now = x.now.Add(20 * time.Minute)
		if got := x.do(Acknowledge{By: who}); got != c.want {
			t.Errorf("%s: %q, want %q", who, got, c.want)
		}
		if got := x.p.Due.Sub(x.now); got != 30*time.Minute || x.p.Owner != "dev1" {
			t.Errorf("%s: asked again after %v, owner %s", who, got, x.p.Owner)
		}
	}
}

// Whoever is seen at work has not fallen asleep; of others that says nothing, nor of a
// page that is open, snoozed or acknowledged for good.
func TestWorkPutsTheTimeoutOff(t *testing.T) {
	x := start(t, duty, timed(policy(0, "schedule:checkout"), 30*time.Minute))
	if got := x.do(Alive{By: "dev1"}); got != "" {
		t.Errorf("while it is open: %q", got)
	}
	x.do(Acknowledge{By: "dev1"})
	for _, c := range []struct {
		after time.Duration
		who   string
		want  string
	}{
		{2 * time.Minute, "dev1", ""}, {time.Minute, "dev1", "renewed"}, {20 * time.Minute, "sre1", ""}, {0, "", ""}, {5 * time.Minute, "dev1", "renewed"},
	} {
		x.now = x.now.Add(c.after)
		if got := x.do(Alive{By: c.who}); got != c.want {
			t.Errorf("%s after %s: %q, want %q", c.who, c.after, got, c.want)
		}
	}
	if got := x.p.Due.Sub(x.now); got != 30*time.Minute {
		t.Errorf("it comes again after %s", got)
	}
	x.do(Acknowledge{By: "sre1"})
	x.now = x.now.Add(10 * time.Minute)
	if got := x.do(Alive{By: "sre1"}); got != "renewed" {
		t.Errorf("somebody who answered too: %q", got)
	}
	x.do(Snooze{By: "dev1", Until: x.now.Add(time.Hour)})
	x.now = x.now.Add(50 * time.Minute)
	if got := x.do(Alive{By: "dev1"}); got != "" {
		t.Errorf("while it is snoozed: %q", got)
	}
	p := x.p
	p.Snoozed, p.Repaged, p.Until = false, MaxRepages, time.Time{}
	if got, err := Decide(p, Alive{By: "dev1"}, x.now); err != nil || len(got) > 0 {
		t.Errorf("acknowledged for good: %v, %v", got, err)
	}
}

// An acknowledgement that comes late counts: of an ended step, of an older copy, by
// another way, and for a page that moved on.
func TestALateAnswerIsAnAnswer(t *testing.T) {
	x := start(t, duty, policy(0, "schedule:checkout", "team:sre", "channel:ops"))
	for range 5 {
		x.due()
	}
	if got := x.do(Acknowledge{By: "dev1", Via: "sms"}); got != "acknowledged" || x.p.Owner != "dev1" || !x.p.Due.IsZero() {
		t.Errorf("got %q, %+v", got, x.p)
	}
	x.do(End{By: "lead1", Why: "the incident is over"})
	for _, who := range []string{"dev1", "sre1", "stranger"} {
		if got := x.do(Acknowledge{By: who}); got != "" {
			t.Errorf("after the end, %s: %q", who, got)
		}
	}
}

func TestTwoAnswersAtOnce(t *testing.T) {
	x := start(t, duty, policy(0, "team:sre"))
	first, err := Decide(x.p, Acknowledge{By: "sre1"}, x.now)
	if err != nil {
		t.Fatal(err)
	}
	x.apply(first)
	if got := x.do(Acknowledge{By: "sre2"}); got != "answered_again" || x.p.Owner != "sre1" {
		t.Errorf("got %q, owner %s", got, x.p.Owner)
	}
}

// Nothing is sent after the answer, whatever was planned.
func TestStory13NothingIsSentAfterTheAnswer(t *testing.T) {
	x := start(t, roster{"a": person("ring"), "b": person("sre1")}, timed(steps(time.Minute, 5, "a", "b"), 0))
	x.due()
	x.do(Acknowledge{By: "sre1"})
	for range 100 {
		x.now = x.now.Add(time.Minute)
		if got := x.do(Tick{Turn: x.p.Turn, World: x.roster.world()}); got != "" {
			t.Fatalf("after the answer: %q", got)
		}
	}
	if got := x.do(Report{Notice: 1, Fate: Failed, Why: "x", World: x.roster.world()}); got != "failed" {
		t.Errorf("a failure after the answer: %q", got)
	}
}

func TestHandOver(t *testing.T) {
	r := roster{"a": person("dev1"), "b": person("sre1")}
	x := start(t, r, steps(time.Minute, 0, "a", "b"))
	x.do(Acknowledge{By: "dev1"})
	x.now = x.now.Add(time.Hour)
	if got, want := x.do(HandOver{By: "dev1", Via: "slack", To: "ring", World: r.world()}), "handed_over, handover [ring]"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	if x.p.Status != Open || x.p.Owner != "ring" || x.p.AnsweredBy != "dev1" || x.p.Due.Sub(x.now) != 2*time.Minute {
		t.Errorf("got %+v", x.p)
	}
	if got := x.do(HandOver{By: "dev1", To: "ring", World: r.world()}); got != "" {
		t.Errorf("the same again: %q", got)
	}
	x.do(Acknowledge{By: "ring"})
	if x.p.Owner != "ring" || len(x.p.Pending) > 0 {
		t.Errorf("got %+v", x.p)
	}
	// Without an answer the policy begins with its first step.
	x.do(HandOver{By: "ring", To: "dev2", World: r.world()})
	if got, want := x.due(), "step 0/0 [dev1]"; got != want {
		t.Errorf("no answer: got %q, want %q", got, want)
	}
	// Who cannot take it is not waited for.
	x.do(HandOver{By: "dev1", To: "dev2", World: r.world()})
	if got, want := x.do(Decline{By: "dev2", World: r.world()}), "declined, step 0/0 [dev1]"; got != want {
		t.Errorf("declined: got %q, want %q", got, want)
	}
	x.do(HandOver{By: "dev1", To: "gone", World: r.world()})
	if got, want := x.do(Report{Notice: x.p.Sent, Fate: Failed, Why: "deactivated", World: r.world()}), "failed, step 0/0 [dev1]"; got != want {
		t.Errorf("failed: got %q, want %q", got, want)
	}
	x.refused(HandOver{By: "dev1", World: r.world()}, Invalid)
	x.refused(HandOver{By: "dev1", To: "dev1", World: r.world()}, Invalid)
	x.do(End{})
	x.refused(HandOver{By: "dev1", To: "dev2", World: r.world()}, Conflict)
}

// A handover to somebody whose only medium is down is owed to them, and the policy
// begins at once.
func TestHandOverToSomebodyOutOfReach(t *testing.T) {
	r := roster{"a": person("ring"), "down:slack": person("it")}
	x := start(t, r, steps(time.Minute, 0, "a"))
	if got, want := x.do(HandOver{By: "dev1", To: "dev2", World: r.world()}), "handed_over, handover [dev2], step 0/0 [ring ring/sms]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSnooze(t *testing.T) {
	r := roster{"a": person("dev1"), "b": person("sre1")}
	x := start(t, r, timed(steps(time.Minute, 0, "a", "b"), 5*time.Minute))
	x.due()
	until := x.now.Add(30 * time.Minute)
	if got := x.do(Snooze{By: "sre1", Via: "slack", Until: until}); got != "snoozed" {
		t.Fatalf("got %q", got)
	}
	if x.p.Status != Acknowledged || !x.p.Snoozed || x.p.Owner != "sre1" || !x.p.Due.Equal(until) { // and not the timeout
		t.Errorf("got %+v", x.p)
	}
	if got := x.do(Snooze{By: "sre1", Until: until}); got != "" {
		t.Errorf("the same again: %q", got)
	}
	if got := x.refused(Escalate{By: "dev1", Turn: -1, World: r.world()}, Conflict); !strings.Contains(got, "snoozed by sre1") {
		t.Errorf("the refusal does not say that it is snoozed: %s", got)
	}
	r["a"] = person("dev2")
	if got, want := x.due(), "resumed, snooze [dev2]"; got != want { // whoever is on call then, and nobody else
		t.Errorf("got %q, want %q", got, want)
	}
	if x.p.Repaged != 0 || x.p.Snoozed {
		t.Errorf("got %+v", x.p)
	}
	x.do(Snooze{By: "dev2", Until: x.now.Add(time.Hour)})
	if got := x.do(Acknowledge{By: "dev1"}); got != "acknowledged" || x.p.Snoozed || x.p.Owner != "dev1" {
		t.Errorf("who takes a snoozed page has it: %q, %+v", got, x.p)
	}
	x.do(Snooze{By: "dev1", Until: x.now.Add(time.Hour)})
	if got, want := x.do(HandOver{By: "dev1", To: "sre1", World: r.world()}), "handed_over, handover [sre1]"; got != want || x.p.Snoozed {
		t.Errorf("a handover ends the snooze: %q", got)
	}
	for _, wait := range []time.Duration{0, -time.Hour, MinSnooze - 1, MaxSnooze + 1} {
		x.refused(Snooze{By: "dev1", Until: x.now.Add(wait)}, Invalid)
	}
	x.do(Snooze{By: "dev1", Until: x.now.Add(time.Hour)})
	if got := x.do(End{By: "dev1"}); got != "ended" || !x.p.Due.IsZero() {
		t.Errorf("the end ends the snooze: %q, due %v", got, x.p.Due)
	}
	x.refused(Snooze{By: "dev1", Until: x.now.Add(time.Hour)}, Conflict)
}

func TestAPageThatEndsByItself(t *testing.T) {
	for _, answer := range []bool{false, true} {
		x := &run{t: t, now: noon, roster: duty}
		x.do(Begin{ID: "PAGE-1", Subject: "TEST-1", Policy: steps(10*time.Minute, 0, "team:sre"), Ends: noon.Add(15 * time.Minute), World: duty.world()})
		if answer {
			x.do(Acknowledge{By: "sre1"})
		} else {
			x.due()
		}
		x.now = x.p.Due
		events, err := Decide(x.p, Tick{Turn: x.p.Turn, World: duty.world()}, x.now)
		if err != nil || len(events) != 1 || events[0].Kind != EndedK || !x.now.Equal(noon.Add(15*time.Minute)) {
			t.Errorf("at %v: %v, %v; want it ended after a quarter of an hour", x.now, events, err)
		}
	}
}

func TestTheFloor(t *testing.T) {
	own := steps(time.Minute, 0, "a")
	own.Floor = []Target{"channel:ops", "b"}
	long := steps(3*time.Hour, 0, "a")
	for _, c := range []struct {
		name string
		r    roster
		p    Policy
		want string
		wait time.Duration
	}{
		{"who is told when nobody is left, and who is on call", roster{"a": person("dev1"), "floor": person("lead1", "dev1")}, steps(time.Minute, 0, "a"), "spent, floor [dev1 lead1]", time.Minute},
		{"the policy's own", roster{"a": person("dev1"), "b": person("sre1"), "channel:ops": {{Channel: "ops"}}, "floor": person("lead1")}, own, "spent, floor [dev1 channel:ops sre1]", time.Minute},
		{"it comes again within the hour", roster{"a": person("dev1")}, long, "spent, floor [dev1]", time.Hour},
	} {
		x := start(t, c.r, c.p)
		if got := x.due(); got != c.want || !x.p.AtFloor() || x.p.Reason != ByFloor {
			t.Errorf("%s: got %q, want %q; %+v", c.name, got, c.want, x.p)
		}
		if got := x.p.Due.Sub(x.now); got != c.wait {
			t.Errorf("%s: it waits %v, want %v", c.name, got, c.wait)
		}
	}
}

// When even the floor stands for nobody the page stays open, is asked about every
// minute, and tells whoever turns up.
func TestWhenEvenTheFloorStandsForNobody(t *testing.T) {
	r := roster{}
	x := start(t, r, steps(time.Hour, 0, "a"))
	for range 3 {
		if got := x.p.Due.Sub(x.now); got != NobodyWait {
			t.Fatalf("it waits %v, want %v", got, NobodyWait)
		}
		if got := x.due(); got != "floor []" {
			t.Fatalf("got %q", got)
		}
	}
	r["floor"] = person("lead1")
	if got := x.due(); got != "floor [lead1]" {
		t.Errorf("got %q", got)
	}
}

// A floor of which nobody was reached comes again soon, however long its policy waits.
func TestAFloorThatReachesNobodyComesAgainSoon(t *testing.T) {
	r := roster{"floor": append(person("lead1"), Recipient{Channel: "incidents"})}
	x := start(t, r, steps(time.Hour, 0, "a"))
	x.do(Report{Notice: 1, Fate: Failed, World: r.world()})
	if got := x.p.Due.Sub(x.now); got != time.Hour {
		t.Fatalf("while the channel may have been told it waits %v", got)
	}
	x.do(Report{Notice: 2, Fate: Failed, World: r.world()})
	if got := x.p.Due.Sub(x.now); got != DefaultWait {
		t.Fatalf("it waits %v, want %v", got, DefaultWait)
	}
	if got, want := x.due(), "floor [lead1 channel:incidents]"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	if b := Expect(x.events).Breaches(x.now); len(b) > 0 {
		t.Errorf("the auditor says %v", b)
	}
}

// Whoever has just passed is not asked again in the same breath, nor is anybody
// whom nothing reaches; but after the wait.
func TestTheNextStepLeavesOutWhoHasJustPassed(t *testing.T) {
	r := roster{"a": person("dev1", "sre1"), "b": person("dev1", "sre1", "sre2"), "floor": person("dev1", "lead1")}
	x := start(t, r, steps(time.Minute, 0, "a", "b", "a"))
	x.do(Report{Notice: 2, Fate: Failed, Why: "deactivated", World: r.world()})
	if got, want := x.do(Decline{By: "dev1", World: r.world()}), "declined, step 1/0 [sre2]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := x.do(Decline{By: "sre2", World: r.world()}), "declined, step 2/0 [dev1 sre1]"; got != want {
		t.Errorf("those who passed an earlier step are asked again: got %q, want %q", got, want)
	}
	x.do(Report{Notice: 5, Fate: Failed, Why: "deactivated", World: r.world()})
	if got, want := x.do(Decline{By: "dev1", World: r.world()}), "declined, spent, floor [lead1]"; got != want {
		t.Errorf("the floor: got %q, want %q", got, want)
	}
	if got, want := x.due(), "floor [dev1 sre1 lead1]"; got != want {
		t.Errorf("after its wait: got %q, want %q", got, want)
	}
}

func TestWhen(t *testing.T) {
	office := When{Hours: []oncall.Window{{Days: []string{"wed"}, From: "09:00", To: "12:00"}}, TimeZone: "Europe/Berlin"} // noon UTC is 13:00 there
	for _, c := range []struct {
		name  string
		when  When
		facts Facts
		at    time.Duration
		want  string
	}{
		{"none", When{}, Facts{}, 0, "opened, step 0/0 [dev1]"},
		{"the severity", When{Severity: []string{"SEV1", "critical"}}, Facts{Severity: "sev1"}, 0, "opened, step 0/0 [dev1]"},
		{"another severity", When{Severity: []string{"SEV1", "critical"}}, Facts{Severity: "SEV2"}, 0, "opened, skipped, step 1/0 [sre1]"},
		{"the service", When{Service: []string{"checkout"}}, Facts{Service: "Checkout"}, 0, "opened, step 0/0 [dev1]"},
		{"no service", When{Service: []string{"checkout"}}, Facts{}, 0, "opened, skipped, step 1/0 [sre1]"},
		{"after hours", office, Facts{}, 0, "opened, skipped, step 1/0 [sre1]"},
		{"the last moment of the hours", office, Facts{}, -time.Hour - time.Second, "opened, step 0/0 [dev1]"},
		{"the first moment after them", office, Facts{}, -time.Hour, "opened, skipped, step 1/0 [sre1]"},
		{"a zone that is not known keeps nobody from being paged", When{Hours: office.Hours, TimeZone: "Mars/Base"}, Facts{}, 0, "opened, step 0/0 [dev1]"},
		{"all must hold", When{Severity: []string{"SEV2"}, Hours: office.Hours, TimeZone: "Europe/Berlin"}, Facts{Severity: "SEV2"}, 0, "opened, skipped, step 1/0 [sre1]"},
	} {
		r := roster{"a": person("dev1"), "b": person("sre1")}
		p := steps(time.Minute, 0, "a", "b")
		p.Steps[0].When = c.when
		x := &run{t: t, now: noon.Add(c.at), roster: r}
		if got := x.do(Begin{ID: "PAGE-1", Policy: p, Facts: c.facts, World: r.world()}); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// A step outside its hours is skipped at once, and not waited for until they begin:
// nothing pauses that would have to be resumed.
func TestStory11HoursSkipAndNeverPause(t *testing.T) {
	r := roster{"a": person("dev1"), "b": person("sre1")}
	p := steps(5*time.Minute, 1, "a", "b")
	p.Steps[1].When = When{Hours: []oncall.Window{{From: "01:00", To: "02:00"}}, TimeZone: "UTC"}
	x := start(t, r, p)
	x.at(5*time.Minute, "skipped, step 0/1 [dev1]")
	x.at(10*time.Minute, "skipped, spent, floor [dev1]")
}

// When all steps are outside their hours the floor is told at once.
func TestNoStepApplies(t *testing.T) {
	r := roster{"a": person("dev1"), "floor": person("lead1")}
	p := steps(5*time.Minute, 3, "a")
	p.Steps[0].When = When{Severity: []string{"SEV1"}}
	x := start(t, r, p)
	if got := x.p.Notices; len(got) != 1 || got[0].To.Person != "lead1" { // the step does not apply at the floor either
		t.Errorf("got %+v", got)
	}
}

func TestRestate(t *testing.T) {
	r := roster{"a": person("dev1"), "b": person("sre1"), "c": person("lead1")}
	p := steps(5*time.Minute, 0, "a", "b", "c")
	p.Steps[1].When = When{Severity: []string{"SEV1"}}
	x := &run{t: t, now: noon, roster: r}
	x.do(Begin{ID: "PAGE-1", Policy: p, Facts: Facts{Severity: "SEV3"}, World: r.world()})
	for _, want := range []string{"restated", ""} {
		if got := x.do(Restate{Facts: Facts{Severity: "SEV1"}}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	x.at(5*time.Minute, "step 1/0 [sre1]")
}

// Whoever was to be left in peace for a while is told when it becomes urgent, and nobody
// twice.
func TestWhatBecomesUrgentWakes(t *testing.T) {
	r := roster{"a": person("owl", "dev1")}
	x := &run{t: t, now: noon, roster: r, quiet: map[string]time.Time{"owl": noon.Add(6 * time.Hour)}}
	world := x.world()
	world.Reach = func(string) []Contact { return []Contact{{Method: Slack}, {Method: SMS, After: 2 * time.Minute}} }
	if got, want := x.do(Begin{ID: "PAGE-1", Policy: steps(12*time.Hour, 0, "a"), Urgency: Low, Facts: Facts{Severity: "warning"}, World: world}), "opened, step 0/0 [dev1]"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	x.now = x.now.Add(time.Minute)
	if got, want := x.do(Restate{Urgency: High, Facts: Facts{Severity: "critical"}, World: world}), "restated, contact [owl]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, want := range []string{"contact [dev1/sms]", "contact [owl/sms]"} {
		x.now = x.p.Due
		if got := x.do(Tick{Turn: 1, World: world}); got != want || x.now.Sub(noon) > 3*time.Minute {
			t.Errorf("after %s: %q, want %q", x.now.Sub(noon), got, want)
		}
	}
	if got := x.do(Restate{Urgency: Low, Facts: Facts{Severity: "warning"}, World: world}); got != "restated" {
		t.Errorf("when it is less urgent again: %q", got)
	}
}

// A notice that nobody needs any more is given up without anybody being told instead.
func TestANoticeThatNobodyNeeds(t *testing.T) {
	x := start(t, roster{"a": person("ring")}, steps(30*time.Minute, 0, "a"))
	for _, want := range []string{"dropped", ""} {
		if got := x.do(Report{Notice: 1, Fate: Failed, Why: "a later message has taken its place", Needless: true, World: x.roster.world()}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if n := x.p.Notices[0]; n.Fate != Failed || n.Why == "" {
		t.Errorf("the record says %+v", n)
	}
	if got := Expect(x.events).Unsent(x.now.Add(time.Hour)); len(got) > 0 {
		t.Errorf("the auditor looks for %v", got)
	}
}

func TestFold(t *testing.T) {
	x := start(t, duty, policy(0, "team:sre"))
	due := x.p.Due
	for _, c := range []Fold{{3, "ALERT-4"}, {2, "ALERT-6"}} {
		if got := x.do(c); got != "folded" {
			t.Errorf("got %q", got)
		}
	}
	if got := x.do(Fold{0, "ALERT-7"}); got != "" {
		t.Errorf("none more: %q", got)
	}
	if x.p.Folded != 5 || x.p.FoldedLast != "ALERT-6" || !x.p.Due.Equal(due) {
		t.Errorf("got %+v", x.p)
	}
	x.do(Acknowledge{By: "sre1"})
	x.refused(Fold{1, "ALERT-8"}, Conflict)
}

// Case 36 of the study: GoAlert waits the delay of a step that stands for nobody.
func TestCase36AnEmptyStepCostsNoTime(t *testing.T) {
	x := start(t, roster{"e": person("e")}, steps(5*time.Minute, 0, "none", "e"))
	if n := x.p.Notices; len(n) != 1 || n[0].To.Person != "e" || !n[0].At.Equal(noon) {
		t.Errorf("got %+v, want e told at 12:00", n)
	}
	if e := x.events[1]; e.Kind != Skipped || e.Step != 0 || e.Text != "nobody is on call" {
		t.Errorf("got %+v", e)
	}
}

// Case 37: whoever is on call when a notice goes out is told, and the one before no
// more.
func TestCase37WhoWentOffDutyIsNotPagedAgain(t *testing.T) {
	r := roster{"schedule:x": person("a")}
	x := start(t, r, steps(5*time.Minute, 3, "schedule:x"))
	r["schedule:x"] = person("b")
	for range 6 {
		x.due()
	}
	for _, n := range x.p.Notices[1:] {
		if n.To.Person != "b" {
			t.Errorf("%s was paged again at %v", n.To, n.At)
		}
	}
}

// Whoever comes on duty while a page waits for an answer is told at the handoff, and
// not only by the next step; whoever went off duty is not called any more.
func TestAHandoffPagesWhoeverComes(t *testing.T) {
	r := roster{"schedule:x": person("ring"), "b": person("sre1")}
	x := start(t, r, steps(10*time.Minute, 0, "schedule:x", "b"))
	if got := x.do(Relieve{World: r.world()}); got != "" {
		t.Errorf("nobody has changed: %q", got)
	}
	r["schedule:x"] = nil
	if got := x.do(Relieve{World: r.world()}); got != "" || len(x.p.Pending) != 2 {
		t.Errorf("nobody came: %q, and %d contacts are planned", got, len(x.p.Pending))
	}
	r["schedule:x"] = person("ring2")
	x.now = noon.Add(time.Minute)
	for _, want := range []string{"contact [ring2]", ""} {
		if got := x.do(Relieve{World: r.world()}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if e := x.events[2]; !slices.Equal(e.Off, []string{"ring"}) || x.p.Turn != 1 || !x.p.Next.Equal(noon.Add(10*time.Minute)) {
		t.Errorf("got %+v, next step %v", e, x.p.Next)
	}
	x.at(3*time.Minute, "contact [ring2/sms]")
	x.do(HandOver{By: "ring2", To: "dev1", World: r.world()})
	if got := x.do(Relieve{World: r.world()}); got != "" {
		t.Errorf("what was handed over is no step: %q", got)
	}
	x.do(Acknowledge{By: "dev1"})
	if got := x.do(Relieve{World: r.world()}); got != "" {
		t.Errorf("after the answer: %q", got)
	}
}

// At the floor too, for whoever its last step stands for.
func TestAHandoffPagesWhoeverComesAtTheFloor(t *testing.T) {
	r := roster{"schedule:x": person("ring"), "floor": person("lead1")}
	x := start(t, r, steps(time.Hour, 0, "schedule:x"))
	x.do(Escalate{By: "dev9", Turn: -1, World: r.world()})
	if !x.p.AtFloor() || len(x.p.Current()) != 2 {
		t.Fatalf("the floor told %+v", x.p.Current())
	}
	r["schedule:x"] = person("ring2")
	x.now = noon.Add(time.Minute)
	for _, want := range []string{"contact [ring2]", ""} {
		if got := x.do(Relieve{World: r.world()}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if e := x.events[len(x.events)-1]; !slices.Equal(e.Off, []string{"ring"}) {
		t.Errorf("%v are left in peace", e.Off)
	}
	x.at(3*time.Minute, "contact [ring2/sms]")

	x = start(t, r, steps(time.Hour, 0, "schedule:x"))
	x.do(Escalate{By: "dev9", Turn: -1, World: r.world()})
	r["schedule:x"] = person("ring")
	x.at(2*time.Minute, "contact [ring]") // nobody told the page of the handoff

	r["schedule:x"], r["floor"] = nil, nil
	x = start(t, r, steps(time.Hour, 0, "schedule:x"))
	r["schedule:x"] = person("dev1")
	if got, want := x.do(Relieve{World: r.world()}), "contact [dev1]"; got != want || Expect(x.events).nobody {
		t.Errorf("whoever comes first: got %q, want %q; the auditor takes it to reach nobody: %v", got, want, Expect(x.events).nobody)
	}
}

// Nobody waits for whoever went off duty: when who came cannot answer, the next step comes.
func TestNobodyWaitsForWhoeverWentOffDuty(t *testing.T) {
	handoff := func() (*run, roster) {
		r := roster{"schedule:x": person("dev1"), "b": person("sre1")}
		x := start(t, r, steps(10*time.Minute, 0, "schedule:x", "b"))
		r["schedule:x"] = person("dev2")
		x.now = noon.Add(time.Minute)
		return x, r
	}
	x, r := handoff()
	x.do(Relieve{World: r.world()})
	if got, want := x.do(Decline{By: "dev2", World: r.world()}), "declined, step 1/0 [sre1]"; got != want {
		t.Errorf("who came cannot: got %q, want %q", got, want)
	}

	x, r = handoff()
	r["down:slack"] = person("it")
	r["b"] = person("mailed")
	if got, want := x.do(Relieve{World: r.world()}), "contact [dev2], step 1/0 [mailed/email]"; got != want {
		t.Errorf("who came cannot be reached: got %q, want %q", got, want)
	}

	x, r = handoff()
	r["spare:dev2"] = person("it")
	if got, want := x.do(Relieve{World: r.world()}), "contact []"; got != want {
		t.Errorf("who came has enough pages, which one of those says: got %q, want %q", got, want)
	}
	if got, want := x.do(Decline{By: "dev1", World: r.world()}), "declined"; got != want {
		t.Errorf("and who went cannot: got %q, want %q", got, want)
	}
}

// Case 38: an answer a moment before the timer is one decision; the timer then finds
// nothing to do, whichever of two workers brings it.
func TestCase38TheAnswerWinsByAMoment(t *testing.T) {
	x := start(t, duty, steps(5*time.Minute, 0, "schedule:checkout", "team:sre"))
	turn := x.p.Turn
	x.now = x.p.Due.Add(-100 * time.Millisecond)
	x.do(Acknowledge{By: "dev1"})
	x.now = noon.Add(5 * time.Minute)
	for range 2 {
		if got := x.do(Tick{Turn: turn, World: duty.world()}); got != "" {
			t.Errorf("got %q", got)
		}
	}
	y := start(t, duty, steps(5*time.Minute, 0, "schedule:checkout", "team:sre"))
	y.now = y.p.Due
	for n, want := range []string{"step 1/0 [sre1 sre2]", ""} {
		if got := y.do(Tick{Turn: turn, World: duty.world()}); got != want {
			t.Errorf("worker %d: got %q, want %q", n, got, want)
		}
	}
}

// Case 39: after an outage exactly one step is taken, contacts included it is no
// burst, and it says how late it is.
func TestCase39NoCatchUpBurst(t *testing.T) {
	r := roster{"a": person("ring"), "b": person("sre1"), "c": person("sre2"), "d": person("lead1")}
	x := start(t, r, steps(5*time.Minute, 0, "a", "b", "c", "d"))
	x.now = noon.Add(17 * time.Minute)
	if got, want := x.do(Tick{Turn: 1, World: r.world()}), "contact [ring/sms ring/voice], step 1/0 [sre1]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if late := x.events[2].Late; late != (15 * time.Minute).Milliseconds() {
		t.Errorf("it says that it is %d ms late", late)
	}
	if got := x.p.Due.Sub(x.now); got != 2*time.Minute { // the call is repeated from now on
		t.Errorf("due after %v", got)
	}
	if !slices.Equal(x.p.Current()[0:1], []Notice{{N: 4, To: Recipient{Person: "sre1"}, Step: 1, Turn: 2, At: x.now, Fate: Intended}}) {
		t.Errorf("got %+v", x.p.Current())
	}
}

// An answer proves a way to a person only where the page came to them by it.
func TestOnlyWhatReachedSomebodyIsProven(t *testing.T) {
	for _, c := range []struct{ by, via, want string }{{"dev1", "slack", "a1b2c3"}, {"dev2", "slack", ""}, {"dev1", "sms", ""}} {
		x := start(t, roster{"a": person("dev1")}, steps(5*time.Minute, 0, "a"))
		if x.do(Acknowledge{By: c.by, Via: c.via, Proof: "a1b2c3"}); x.p.Proof != c.want || x.p.AnsweredBy != c.by {
			t.Errorf("%s by %s: answered by %q, proof %q, want %q", c.by, c.via, x.p.AnsweredBy, x.p.Proof, c.want)
		}
	}
	x := start(t, roster{"a": person("dev1"), "b": person("dev2")}, steps(5*time.Minute, 0, "a", "b"))
	x.do(Report{Notice: 1, Fate: Failed, Why: "the account is deactivated", World: x.roster.world()})
	if x.do(Acknowledge{By: "dev1", Via: "slack", Proof: "a1b2c3"}); x.p.Proof != "" || x.p.AnsweredBy != "dev1" {
		t.Errorf("what failed: answered by %q, proof %q", x.p.AnsweredBy, x.p.Proof)
	}
}
