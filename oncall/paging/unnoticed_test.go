package paging

import (
	"slices"
	"testing"
	"time"
)

// What these tests hold could be broken without any other noticing.

// TestWhoseAnswerIsOverIsToldOnce although no medium works, so that step after step is
// taken at once.
func TestWhoseAnswerIsOverIsToldOnce(t *testing.T) {
	r := roster{"a": person("dev1"), "b": person("dev2"), "floor": person("lead1")}
	pol := steps(5*time.Minute, 0, "a", "b")
	pol.AckTimeout = 10 * time.Minute
	x := start(t, r, pol)
	x.do(Acknowledge{By: "sre9"})
	r["down:slack"] = person("it")
	if got, want := x.due(), "resumed, timeout [dev1 sre9], step 1/0 [dev2], spent, floor [dev2 lead1]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestALaterStepBringsAWayForward that an earlier one has planned for much later.
func TestALaterStepBringsAWayForward(t *testing.T) {
	after := 8 * time.Hour // the quiet of the night
	r := roster{"a": person("owl"), "b": person("owl")}
	world := r.world()
	world.Reach = func(string) []Contact { return []Contact{{Method: SMS, After: after}} }
	x := &run{t: t, now: noon, roster: r}
	x.do(Begin{ID: "PAGE-1", Subject: "ALERT-1", Policy: steps(12*time.Hour, 0, "a", "b"), World: world})
	after = 2 * time.Minute
	x.do(Escalate{By: "dev1", Turn: -1, World: world})
	if p := x.p.Pending; len(p) != 1 || !p[0].At.Equal(noon.Add(after)) {
		t.Errorf("pending are %+v, want one in two minutes", p)
	}
}

// TestWhatIsSentIsHeardOfHoweverOldItIs, and what never was: else the auditor would wait for it for ever.
func TestWhatIsSentIsHeardOfHoweverOldItIs(t *testing.T) {
	r := roster{"a": person("dev1"), "floor": person("dev1")}
	x := start(t, r, steps(5*time.Minute, 9, "a"))
	for range 2 * MaxNotices {
		x.do(Escalate{By: "dev2", Turn: -1, World: r.world()})
	}
	if _, kept := x.p.Notice(1); kept {
		t.Fatal("the first notice is kept")
	}
	if got := x.do(Report{Notice: 2, Fate: Failed, Needless: true, Unsent: true}); got != "dropped" || slices.Contains(Expect(x.events).Unsent(noon.Add(time.Hour)), 2) {
		t.Errorf("of one that was never sent, got %q", got)
	}
	if got := x.do(Report{Notice: 1, Fate: Sent, World: r.world()}); got != "sent" {
		t.Errorf("got %q", got)
	}
	if got := x.do(Report{Notice: 1, Fate: Failed, Why: "late", World: r.world()}); got != "failed" {
		t.Errorf("that it failed after all takes a step: %q", got)
	}
}
