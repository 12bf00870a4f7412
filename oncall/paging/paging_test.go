package paging

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAPageFollowsItsPolicyToTheEndAndBeyond(t *testing.T) {
	x := start(t, duty, policy(1, "schedule:checkout", "team:sre", "channel:ops"))
	for n, want := range []string{
		"step 1/0 [sre1 sre2]", "step 2/0 [channel:ops]",
		"step 0/1 [dev1]", "step 1/1 [sre1 sre2]", "step 2/1 [channel:ops]",
		"spent, floor [channel:ops lead1]", "floor [channel:ops lead1]", "floor [channel:ops lead1]",
	} {
		wait := x.p.Policy.Steps[min(x.p.Step, 2)].Wait // the floor waits like the last step
		if got := x.p.Due.Sub(x.now); got != wait {
			t.Fatalf("before turn %d it waits %v, want the %v of step %d", n, got, wait, x.p.Step)
		}
		if got := x.due(); got != want {
			t.Fatalf("turn %d: got %q, want %q", n, got, want)
		}
		if x.p.Turn != n+2 {
			t.Fatalf("turn is %d, want %d", x.p.Turn, n+2)
		}
	}
	if !x.p.Spent || x.p.Status != Open {
		t.Errorf("got %+v, want it spent and open", x.p)
	}
}

func TestBegin(t *testing.T) {
	x := start(t, duty, policy(0, "schedule:checkout"))
	p := x.p
	if p.ID != "PAGE-1" || p.Subject != "INC-1" || p.Status != Open || p.Turn != 1 || p.Step != 0 || p.Cycle != 0 || p.Sent != 1 || p.Spent {
		t.Errorf("got %+v", p)
	}
	if !p.Opened.Equal(noon) || !p.Due.Equal(noon.Add(time.Minute)) {
		t.Errorf("opened %v, due %v", p.Opened, p.Due)
	}
	if n := p.Notices[0]; n.N != 1 || n.To.Person != "dev1" || n.Fate != Intended || !n.At.Equal(noon) || p.Repeats(n) {
		t.Errorf("got %+v", n)
	}
	x.refused(Begin{ID: "PAGE-1", Policy: policy(0, "schedule:checkout"), World: duty.world()}, Conflict)
	empty := &run{t: t, now: noon}
	if got := empty.refused(Begin{ID: "PAGE-2", Policy: Policy{Name: "none"}, World: duty.world()}, Invalid); !strings.Contains(got, `"none"`) {
		t.Errorf("the refusal does not name the policy: %s", got)
	}
}

// Guests may not answer, so no step waits for one, and the record says who was left out.
func TestGuestsOfAUserGroupAreNotTold(t *testing.T) {
	guests := map[Target][]string{"group:a": {"guest1", "guest2"}, "group:b": {"guest1", "dev1"}}
	for name, c := range map[string]struct {
		steps Policy
		want  []string
	}{
		"all of them": {policy(0, "group:a", "group:c"), []string{
			"step 1 is skipped: only guests are in it, who may not answer pages; not told, as guests may not answer: guest1, guest2", "step 2: sre1 by slack"}},
		"some of them": {policy(0, "group:b"), []string{"step 1: sre1 by slack; not told, as guests may not answer: guest1, dev1"}},
		"one whom the step tells all the same": {Policy{Steps: []Step{{Notify: []Target{"group:b", "person:dev1"}}}}, []string{
			"step 1: sre1 by slack; dev1 by slack; not told, as guests may not answer: guest1"}},
		"nobody but them": {policy(0, "group:a"), []string{
			"step 1 is skipped: only guests are in it, who may not answer pages; not told, as guests may not answer: guest1, guest2", "all steps were tried",
			"nobody else is left to ask: lead1 by slack; not told, as guests may not answer: guest1, guest2"}},
		"a step that does not apply": {Policy{Steps: []Step{{Notify: []Target{"group:a"}, When: When{Severity: []string{"SEV1"}}}, {Notify: []Target{"group:c"}}}}, []string{
			"step 1 is skipped: it is for SEV1 only", "step 2: sre1 by slack"}},
	} {
		w := roster{"group:b": person("sre1"), "group:c": person("sre1"), "person:dev1": person("dev1"), "floor": person("lead1")}.world()
		w.Barred = func(t Target) []string { return guests[t] }
		events, err := Decide(Page{}, Begin{ID: "PAGE-1", Policy: c.steps, World: w}, noon)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range History(events, func(person, _ string) string { return person })[1:] {
			got = append(got, l.Text)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%s\nwant:\n%s", name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

// A step that stands for nobody costs no time, and the page is not dropped when none
// does.
func TestStory19AStepThatStandsForNobodyIsSkippedAtOnce(t *testing.T) { // case 36
	for _, c := range []struct {
		name   string
		r      roster
		repeat int
		want   []string
	}{
		{"the first", roster{"b": person("sre1"), "c": person("lead1")}, 0, []string{"opened, skipped, step 1/0 [sre1]", "step 2/0 [lead1]", "spent, floor [lead1]"}},
		{"the middle", roster{"a": person("dev1"), "c": person("lead1")}, 0, []string{"opened, step 0/0 [dev1]", "skipped, step 2/0 [lead1]"}},
		{"the last", roster{"a": person("dev1"), "b": person("sre1")}, 1, []string{"opened, step 0/0 [dev1]", "step 1/0 [sre1]", "skipped, step 0/1 [dev1]", "step 1/1 [sre1]"}},
		{"two", roster{"c": person("lead1")}, 0, []string{"opened, skipped, skipped, step 2/0 [lead1]"}},
		{"all", roster{}, 0, []string{"opened, skipped, skipped, skipped, spent, floor []", "floor []"}},
		{"all, with repeats", roster{}, 5, []string{"opened, skipped, skipped, skipped, spent, floor []", "floor []"}},
		{"all but the floor", roster{"floor": person("lead1")}, 0, []string{"opened, skipped, skipped, skipped, spent, floor [lead1]", "floor [lead1]"}},
	} {
		x := &run{t: t, now: noon, roster: c.r}
		got := x.do(Begin{ID: "PAGE-1", Policy: policy(c.repeat, "a", "b", "c"), World: c.r.world()})
		for n, want := range c.want {
			if n > 0 {
				got = x.due()
			}
			if got != want {
				t.Errorf("%s, turn %d: got %q, want %q", c.name, n, got, want)
			}
		}
	}
}

func TestASpentPageKeepsTellingSomebody(t *testing.T) {
	r := roster{"a": person("dev1"), "b": person("sre1")}
	x := start(t, r, policy(0, "a", "b", "c"))
	x.due()
	for n, want := range []string{"skipped, spent, floor [sre1]", "floor [sre1]"} {
		if got := x.due(); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
		if got, want := x.p.Due.Sub(x.now), 3*time.Minute; got != want {
			t.Errorf("%d: it waits %v, want the %v of the last step", n, got, want)
		}
	}
	r["b"], r["c"] = nil, nil
	if got, want := x.due(), "floor [dev1]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r["c"] = person("lead1")
	if got, want := x.due(), "floor [lead1]"; got != want {
		t.Errorf("the last step is back: got %q, want %q", got, want)
	}
}

func TestSomebodyWhoComesOnDutyLaterIsPaged(t *testing.T) {
	r := roster{}
	x := start(t, r, policy(0, "a"))
	r["a"] = person("dev1")
	if got, want := x.due(), "floor [dev1]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestATickIsGuardedByTheTurnAndTheTime(t *testing.T) {
	x := start(t, duty, policy(0, "schedule:checkout", "team:sre"))
	x.now = x.p.Due.Add(-time.Microsecond)
	if got := x.do(Tick{Turn: 1, World: duty.world()}); got != "" {
		t.Errorf("before it is due: %q", got)
	}
	x.now = x.p.Due
	for _, turn := range []int{0, 2, -1} {
		if got := x.do(Tick{Turn: turn, World: duty.world()}); got != "" {
			t.Errorf("turn %d: %q", turn, got)
		}
	}
	if got, want := x.do(Tick{Turn: 1, World: duty.world()}), "step 1/0 [sre1 sre2]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := x.do(Tick{Turn: 1, World: duty.world()}); got != "" {
		t.Errorf("the same tick again: %q", got)
	}
	x.do(Acknowledge{By: "sre1"})
	x.now = x.now.Add(time.Hour)
	if got := x.do(Tick{Turn: 2, World: duty.world()}); got != "" {
		t.Errorf("after the answer: %q", got)
	}
}

func TestTwoPressesOfEscalateTakeOneStep(t *testing.T) {
	x := start(t, duty, policy(0, "schedule:checkout", "team:sre", "channel:ops"))
	if got, want := x.do(Escalate{By: "lead1", Turn: 1, World: duty.world()}), "escalated, step 1/0 [sre1 sre2]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, turn := range []int{0, 1, 3} {
		if got := x.do(Escalate{By: "lead2", Turn: turn, World: duty.world()}); got != "" {
			t.Errorf("a press that saw turn %d of 2: %q", turn, got)
		}
	}
	if got, want := x.do(Escalate{By: "lead1", Turn: -1, World: duty.world()}), "escalated, step 2/0 [channel:ops]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := x.do(Escalate{By: "lead1", Turn: -1, World: duty.world()}), "escalated, spent, floor [channel:ops lead1]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if e := x.events[2]; e.By != "lead1" || e.Kind != Escalated || !e.At.Equal(noon) {
		t.Errorf("got %+v", e)
	}
}

func TestAcknowledge(t *testing.T) {
	x := start(t, duty, policy(0, "schedule:checkout"))
	x.now = x.now.Add(30 * time.Second)
	if got := x.do(Acknowledge{By: "dev1", Via: "slack"}); got != "acknowledged" {
		t.Errorf("got %q", got)
	}
	if p := x.p; p.Status != Acknowledged || p.AnsweredBy != "dev1" || !p.Answered.Equal(x.now) || !p.Due.IsZero() {
		t.Errorf("got %+v", p)
	}
	if got := x.do(Acknowledge{By: "dev1", Via: "cli"}); got != "" {
		t.Errorf("the same person again: %q", got)
	}
	x.now = x.now.Add(time.Minute)
	if got := x.do(Acknowledge{By: "sre1"}); got != "answered_again" || x.p.AnsweredBy != "dev1" {
		t.Errorf("a later answer: %q, answered by %s", got, x.p.AnsweredBy)
	}
	if got := x.do(Acknowledge{By: "sre1"}); got != "" || !slices.Equal(x.p.Also, []string{"sre1"}) {
		t.Errorf("a later answer again: %q, also answered by %v", got, x.p.Also)
	}
	if got := x.refused(Escalate{By: "sre1", Turn: -1, World: duty.world()}, Conflict); !strings.Contains(got, "dev1") {
		t.Errorf("the refusal does not say who answered: %s", got)
	}
	x.refused(Decline{By: "dev1", World: duty.world()}, Conflict)
}

func TestEnd(t *testing.T) {
	x := start(t, duty, policy(0, "schedule:checkout"))
	if got := x.do(End{By: "dev1", Why: "the incident is over"}); got != "ended" || x.p.Status != Ended {
		t.Errorf("got %q, %s", got, x.p.Status)
	}
	if got := x.do(End{}); got != "" {
		t.Errorf("again: %q", got)
	}
	if got := x.do(Acknowledge{By: "dev1"}); got != "" {
		t.Errorf("an answer after the end: %q", got)
	}
	x.refused(Escalate{By: "dev1", Turn: -1, World: duty.world()}, Conflict)
	x.refused(Decline{By: "dev1", World: duty.world()}, Conflict)

	y := start(t, duty, policy(0, "schedule:checkout"))
	y.do(Acknowledge{By: "dev1"})
	if got := y.do(End{}); got != "ended" || y.p.Status != Ended || y.p.AnsweredBy != "dev1" {
		t.Errorf("got %q, %+v", got, y.p)
	}
}

func TestAPageThatIsNotThere(t *testing.T) {
	x := &run{t: t, now: noon}
	x.refused(Acknowledge{By: "dev1"}, NotFound)
	x.refused(Escalate{By: "dev1", Turn: -1, World: duty.world()}, NotFound)
	x.refused(Decline{By: "dev1", World: duty.world()}, NotFound)
	for _, c := range []Command{End{}, Tick{World: duty.world()}, Report{Notice: 1, Fate: Sent, World: duty.world()}} {
		if got := x.do(c); got != "" {
			t.Errorf("%T: %q", c, got)
		}
	}
}

func TestDecline(t *testing.T) {
	x := start(t, duty, policy(1, "team:sre", "schedule:checkout"))
	x.refused(Decline{By: "dev1", World: duty.world()}, Forbidden)
	if got := x.do(Decline{By: "sre1", Via: "slack", World: duty.world()}); got != "declined" {
		t.Errorf("with sre2 left: %q", got)
	}
	if got := x.do(Decline{By: "sre1", World: duty.world()}); got != "" {
		t.Errorf("again: %q", got)
	}
	if got, want := x.do(Decline{By: "sre2", World: duty.world()}), "declined, step 1/0 [dev1]"; got != want {
		t.Errorf("nobody left: got %q, want %q", got, want)
	}
	if got, want := x.do(Acknowledge{By: "sre1"}), "acknowledged"; got != want {
		t.Errorf("who declined may still answer: got %q", got)
	}
}

func TestNobodyLeftOfTheStepBringsTheNextAtOnce(t *testing.T) {
	r := roster{"a": person("dev1", "dev2"), "b": append(person("sre1"), Recipient{Channel: "ops"}), "c": person("lead1")}
	x := start(t, r, policy(0, "a", "b", "c"))
	if got := x.do(Report{Notice: 1, Fate: Sent, Paused: true, World: r.world()}); got != "sent, paused" {
		t.Errorf("dev2 is left: %q", got)
	}
	if got := x.do(Report{Notice: 1, Fate: Sent, Paused: true, World: r.world()}); got != "" {
		t.Errorf("the same report: %q", got)
	}
	if got, want := x.do(Report{Notice: 2, Fate: Failed, Why: "deactivated", World: r.world()}), "failed, step 1/0 [sre1 channel:ops]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if e := x.events[4]; e.Kind != NoticeFailed || e.Text != "deactivated" || e.Notice != 2 {
		t.Errorf("got %+v", e)
	}
	if got, want := x.do(Report{Notice: 3, Fate: Failed, World: r.world()}), "failed, step 2/0 [lead1]"; got != want {
		t.Errorf("a channel is nobody to wait for: got %q, want %q", got, want)
	}
	if got, want := x.do(Report{Notice: 5, Fate: Failed, World: r.world()}), "failed, spent, floor []"; got != want {
		t.Errorf("the last step: got %q, want %q", got, want)
	}
	if got, want := x.p.Due, x.now.Add(x.p.Policy.Steps[2].Wait); !got.Equal(want) {
		t.Errorf("a spent page is due at %v, want after the last step's wait, %v", got, want)
	}
	if got := x.do(Report{Notice: 99, Fate: Failed, World: r.world()}); got != "" {
		t.Errorf("a notice that is not known: %q", got)
	}
}

// TestNoIsTakenForAnAnswer does not ask the same person again in the breath in
// which they said that they cannot.
func TestNoIsTakenForAnAnswer(t *testing.T) {
	r := roster{"person:dev1": person("dev1")}
	x := start(t, r, Direct("person:dev1"))
	if got, want := x.do(Decline{By: "dev1", World: r.world()}), "declined, spent, floor []"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if x.p.Sent != 1 || x.p.Due.IsZero() {
		t.Errorf("%d notices, due %v; want one, and a due time", x.p.Sent, x.p.Due)
	}
}

func TestReportsAfterTheAnswerAreKept(t *testing.T) {
	x := start(t, duty, policy(0, "schedule:checkout", "team:sre"))
	x.do(Acknowledge{By: "sre1"})
	if got := x.do(Report{Notice: 1, Fate: Failed, Why: "x", World: duty.world()}); got != "failed" {
		t.Errorf("got %q", got)
	}
	if got := x.do(Report{Notice: 1, Fate: Sent, World: duty.world()}); got != "sent" || x.p.Notices[0].Fate != Sent {
		t.Errorf("it arrived after all: %q", got)
	}
}

func TestOnePersonIsToldOncePerStep(t *testing.T) {
	r := roster{"a": person("dev1"), "b": person("dev1", "dev2")}
	x := &run{t: t, now: noon, roster: r}
	got := x.do(Begin{ID: "PAGE-1", Policy: Policy{Steps: []Step{{Notify: []Target{"a", "b", "a"}, Wait: time.Minute}}}, World: r.world()})
	if want := "opened, step 0/0 [dev1 dev2]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTargets(t *testing.T) {
	for in, want := range map[string]Target{
		"schedule:checkout": "schedule:checkout", " person:dev1 ": "person:dev1", "team:sre": "team:sre", "group:S01": "group:S01", "channel:ops": "channel:ops",
		"": "", "dev1": "", "person:": "", "role:ic": "", "person": "", "Person:dev1": "",
	} {
		got, err := ParseTarget(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("ParseTarget(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
	if kind, name := Target("group:a:b").Split(); kind != ToGroup || name != "a:b" {
		t.Errorf("got %q and %q", kind, name)
	}
	if p := Direct("person:dev1", "team:sre"); len(p.Steps) != 1 || p.Steps[0].Wait != DefaultWait || len(p.Steps[0].Notify) != 2 {
		t.Errorf("got %+v", p)
	}
}

func TestWhoDeclinedMayDeclineTheNextNotice(t *testing.T) {
	x := start(t, duty, policy(2, "schedule:checkout", "team:sre"))
	x.do(Decline{By: "dev1", World: duty.world()})
	x.due() // dev1 again
	if got, want := x.do(Decline{By: "dev1", World: duty.world()}), "declined, step 1/1 [sre1 sre2]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatBecomesOfAnEarlierStepMovesNothing(t *testing.T) {
	r := roster{"a": person("dev1", "dev2", "dev3"), "b": {{Channel: "ops"}}, "c": person("lead1")}
	x := start(t, r, policy(0, "a", "b", "c"))
	x.due()
	for _, c := range []struct {
		c    Command
		want string
	}{
		{Report{Notice: 1, Fate: Failed, World: r.world()}, "failed"},
		{Report{Notice: 2, Fate: Sent, Paused: true, World: r.world()}, "sent, paused"},
		{Decline{By: "dev3", World: r.world()}, "declined"},
	} {
		if got := x.do(c.c); got != c.want {
			t.Errorf("%T while the channel is waited for: got %q, want %q", c.c, got, c.want)
		}
	}
	if got, want := x.do(Report{Notice: 4, Fate: Failed, World: r.world()}), "failed, step 2/0 [lead1]"; got != want {
		t.Errorf("the channel cannot be reached: got %q, want %q", got, want)
	}
}

func TestALateStepSaysHowLate(t *testing.T) { // and is one step, however late: case 39
	for late, want := range map[time.Duration]int64{0: 0, time.Second: 0, 90 * time.Second: 90_000, 12 * time.Minute: 720_000} {
		x := start(t, roster{"a": person("dev1"), "c": person("lead1")}, policy(0, "a", "b", "c"))
		x.now = x.p.Due.Add(late)
		x.do(Tick{Turn: 1, World: x.roster.world()})
		for _, e := range x.events {
			if got := e.Late; e.Kind == Stepped && e.Turn == 2 && got != want || e.Kind != Stepped && got != 0 {
				t.Errorf("%v late: %s says %d ms, want %d on the step alone", late, e.Kind, got, want)
			}
		}
		if got := x.do(Tick{Turn: 2, World: x.roster.world()}); got != "" || !x.p.Due.After(x.now) {
			t.Errorf("%v late: %q follows at once, and the next step is due %v later", late, got, x.p.Due.Sub(x.now))
		}
	}
}

func TestAStepWithoutAWaitHasTheDefaultOne(t *testing.T) {
	for _, w := range []time.Duration{0, -time.Minute} {
		x := start(t, duty, Policy{Steps: []Step{{Notify: []Target{"schedule:checkout"}, Wait: w}}})
		if got := x.p.Due.Sub(noon); got != DefaultWait {
			t.Errorf("a wait of %v: due after %v, want %v", w, got, DefaultWait)
		}
	}
}

func TestNoticesAreBoundedAndRepeatsAreKnown(t *testing.T) {
	x := start(t, duty, policy(0, "team:sre"))
	for range 200 {
		x.due()
	}
	if got, want := x.p.Sent, 602; got != want {
		t.Errorf("sent %d, want %d", got, want)
	}
	if got := len(x.p.Notices); got != MaxNotices {
		t.Errorf("%d notices kept, want %d", got, MaxNotices)
	}
	for _, n := range x.p.Notices {
		if !x.p.Repeats(n) {
			t.Errorf("notice %d to %s is not said to repeat", n.N, n.To)
		}
	}
}

func TestRepeatsLooksAtEarlierNoticesToTheSame(t *testing.T) {
	dev, sre := Recipient{Person: "dev1"}, Recipient{Person: "sre1"}
	p := Page{Notices: []Notice{{N: 1, To: dev}, {N: 2, To: sre}, {N: 3, To: dev}}}
	for n, want := range []bool{false, false, true} {
		if got := p.Repeats(p.Notices[n]); got != want {
			t.Errorf("notice %d repeats: %v, want %v", n+1, got, want)
		}
	}
}

// What certainly never left is repeated by nothing, until it is known to have arrived.
func TestWhatNeverLeftIsNotRepeated(t *testing.T) {
	x := start(t, duty, policy(2, "schedule:checkout"))
	x.due()
	w := duty.world()
	for _, c := range []struct {
		r    Report
		want string
		says bool
	}{
		{Report{}, "", true},
		{Report{Notice: 1, Fate: Failed, Why: "not taken yet", World: w}, "failed", true},
		{Report{Notice: 1, Fate: Failed, Why: "later", Needless: true, World: w}, "", true},
		{Report{Notice: 1, Fate: Failed, Why: "later", Needless: true, Unsent: true, World: w}, "dropped", false},
		{Report{Notice: 1, Fate: Failed, Why: "later", Needless: true, Unsent: true, World: w}, "", false},
		{Report{Notice: 1, Fate: Sent, World: w}, "sent", true},
		{Report{Notice: 1, Fate: Failed, Why: "refused", Unsent: true, World: w}, "failed", false},
	} {
		if got := x.do(c.r); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.r, got, c.want)
		}
		if got := x.p.Repeats(x.p.Notices[1]); got != c.says {
			t.Errorf("after %+v the second repeats: %v, want %v", c.r, got, c.says)
		}
	}
}

// What the record keeps no more is remembered by what comes after it.
func TestWhatLeftBeforeTheRecordBegins(t *testing.T) {
	x := start(t, duty, policy(0, "schedule:checkout"))
	for len(x.p.Notices) < MaxNotices || x.p.Notices[0].N == 1 {
		x.due()
		for n := 2; n <= x.p.Sent; n++ {
			x.do(Report{Notice: n, Fate: Failed, Unsent: true, World: duty.world()})
		}
	}
	for _, n := range x.p.Notices {
		if want := n.To.Person == "dev1"; x.p.Repeats(n) != want {
			t.Errorf("notice %d to %s repeats: %v", n.N, n.To, !want)
		}
	}
}

func TestALargeStepLosesNobody(t *testing.T) {
	var crowd []Recipient
	for n := range 75 {
		crowd = append(crowd, Recipient{Person: strings.Repeat("x", n+1)})
	}
	r := roster{"a": person("dev1"), "b": crowd}
	x := start(t, r, policy(1, "a", "b"))
	x.due()
	if got := x.p.Current(); len(got) != 75 || got[0].N != 2 || got[74].N != 76 {
		t.Fatalf("%d notices of the step are kept, want 75", len(got))
	}
	if !x.p.Told("dev1") {
		t.Error("dev1 was told and is forgotten")
	}
	for range 4 {
		x.due()
		for _, n := range x.p.Current() {
			if !x.p.Repeats(n) {
				t.Errorf("turn %d: notice %d to %q is not said to repeat", x.p.Turn, n.N, n.To)
			}
		}
	}
	if got, most := len(x.p.Notices), 76; got > most {
		t.Errorf("%d notices kept, want one for everybody told at most", got)
	}
}
