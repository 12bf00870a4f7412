package desk_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// The cases of on-call scheduling that need a desk: the others stand in oncall and
// oncall/paging.

// reached are the people of a page's notices, in order, with the time of each.
func (o *office) reached(page string) []string {
	o.t.Helper()
	p, err := o.desk.PageOf(context.Background(), page)
	if err != nil {
		o.t.Fatal(err)
	}
	var out []string
	for _, n := range p.Notices {
		out = append(out, n.At.Format("15:04")+" "+n.To.String())
	}
	return out
}

// TestAPageFollowsTheHandoff: whoever comes on call while nobody has answered is
// paged, and whoever went off is not paged again (case 37).
func TestAPageFollowsTheHandoff(t *testing.T) {
	config := strings.Replace(paged, "wait: 1h}]", "wait: 5m}]\n    repeat: 5", 1)
	o := newOffice(t, config, "2026-01-07T07:58:00Z") // dev2 until nine in Berlin, then sre1
	a, err := o.desk.Declare(context.Background(), slackUser("dev1"), desk.Declaration{Title: "checkout is down", Severity: 1, Service: "checkout"})
	if err != nil {
		t.Fatal(err)
	}
	for at := instant(t, "2026-01-07T07:58:00Z"); at.Before(instant(t, "2026-01-07T08:20:00Z")); at = at.Add(time.Minute) {
		o.pass(at.Format(time.RFC3339))
	}
	got := o.reached(a.Page)
	if len(got) < 2 || got[0] != "07:58 dev2" || !slices.ContainsFunc(got[1:], func(n string) bool { return n == "08:00 sre1" || n == "08:03 sre1" }) {
		t.Errorf("reached %q, want dev2 at 07:58 and sre1 at the handoff or with the next step", got)
	}
	for _, n := range got[1:] {
		if strings.HasSuffix(n, " dev2") {
			t.Errorf("reached %q: dev2 is off call since 08:00", got)
		}
	}
}

// TestAnAnswerAndATimerAtOnce: whichever of two workers is first, exactly one decision
// is stored (case 38).
func TestAnAnswerAndATimerAtOnce(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		other := s.another()
		time.Sleep(5*time.Minute - 100*time.Millisecond)
		if _, err := s.desk.Acknowledge(t.Context(), in("sre1", "trigger:ack"), "PAGE-1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
		for _, d := range []*desk.Desk{other, s.desk} { // a worker that read the timer before the answer, and one that fires it again
			if err := d.Fire(t.Context(), storage.Ref{Kind: desk.PageKind, ID: "PAGE-1"}); err != nil {
				t.Fatal(err)
			}
		}
		p, err := s.desk.PageOf(t.Context(), "PAGE-1")
		if err != nil || p.Status != paging.Acknowledged || len(p.Notices) != 1 || p.Turn != 1 {
			t.Errorf("after the answer the timer took a step: %+v, %v", p, err)
		}
	})
	inShop(t, func(t *testing.T, s *shop) {
		time.Sleep(5*time.Minute + time.Second)
		done := make(chan error, 2)
		for _, d := range []*desk.Desk{s.desk, s.another()} {
			go func() { done <- d.Fire(t.Context(), storage.Ref{Kind: desk.PageKind, ID: "PAGE-1"}) }()
		}
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		p, err := s.desk.PageOf(t.Context(), "PAGE-1")
		if err != nil || len(p.Notices) != 2 || p.Turn != 2 {
			t.Errorf("two workers took two steps: %+v, %v", p, err)
		}
		// The one that claimed the page died before it sent it: it is claimed again, and
		// there is one row of it.
		first := s.lease("page/PAGE-1/2")
		time.Sleep(leaseFor + time.Second)
		if again := s.lease("page/PAGE-1/2"); again.ID != first.ID || again.Attempts != first.Attempts+1 {
			t.Errorf("claimed %+v, then %+v; want the same row again", first, again)
		}
	})
}
