package paging

import (
	"testing"
	"time"
)

// TestAClockThatWasSetBackMovesAllThatIsToCome and nothing that is not.
func TestAClockThatWasSetBackMovesAllThatIsToCome(t *testing.T) {
	r := roster{"a": person("ring"), "b": person("sre1")}
	x := start(t, r, steps(5*time.Minute, 0, "a", "b"))
	x.events[0].Ends, x.p.Ends = noon.Add(time.Hour), noon.Add(time.Hour)
	next, pending := x.p.Next, x.p.Pending[0].At
	x.now = noon.Add(-2 * time.Hour)
	if got := x.do(SetBack{By: 2 * time.Hour}); got != "clock_set_back" {
		t.Fatalf("got %q", got)
	}
	back := func(at time.Time) time.Time { return at.Add(-2 * time.Hour) }
	if p := x.p; !p.Next.Equal(back(next)) || !p.Pending[0].At.Equal(back(pending)) || !p.Due.Equal(back(pending)) || !p.Ends.Equal(noon.Add(-time.Hour)) || !p.Until.IsZero() {
		t.Errorf("next %s, pending %s, due %s, ends %s, until %s", p.Next, p.Pending[0].At, p.Due, p.Ends, p.Until)
	}
	x.do(Snooze{By: "ring", Until: x.now.Add(time.Hour)})
	last := x.now
	x.now = x.now.Add(-time.Minute)
	x.do(SetBack{By: time.Minute})
	if p := x.p; !p.Until.Equal(last.Add(59*time.Minute)) || !p.Next.IsZero() || p.Status != Acknowledged {
		t.Errorf("%s until %s, next %s", p.Status, p.Until, p.Next)
	}
	for name, c := range map[string]SetBack{"by nothing": {}, "forward": {By: -time.Hour}} {
		if got := x.do(c); got != "" {
			t.Errorf("%s: got %q", name, got)
		}
	}
	x.do(End{})
	if got := x.do(SetBack{By: time.Hour}); got != "" {
		t.Errorf("of a page that has ended: got %q", got)
	}
}
