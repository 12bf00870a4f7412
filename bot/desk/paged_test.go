package desk_test

import (
	"slices"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// sent reports the n-th notice of a page as delivered.
func (s *shop) sent(page string, n int) {
	s.t.Helper()
	owed := storage.Effect{Record: storage.Ref{Kind: desk.PageKind, ID: page}}
	if err := s.desk.Settle(s.t.Context(), owed, nil, desk.Outcome{Notice: &paging.Report{Notice: n, Fate: paging.Sent}}); err != nil {
		s.t.Fatal(err)
	}
}

// TestPagesAreCountedOnceForAPerson also when the page was repeated, and not when
// nothing reached them.
func TestPagesAreCountedOnceForAPerson(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		opened := storageNow()
		count := func(from, to time.Time) []string {
			t.Helper()
			list, err := s.desk.Paged(t.Context(), from, to)
			if err != nil {
				t.Fatal(err)
			}
			out := []string{}
			for _, p := range list {
				out = append(out, p.Person+" "+p.At.Sub(opened).String())
			}
			return out
		}
		hour := opened.Add(time.Hour)
		if got := count(opened, hour); len(got) != 0 {
			t.Errorf("before anything was delivered: %v", got)
		}
		s.sent("PAGE-1", 1)
		for n := 2; n <= 3; n++ { // dev2 is next, and then the page comes back to sre1
			time.Sleep(5*time.Minute + time.Second)
			if err := s.desk.Fire(t.Context(), storage.Ref{Kind: desk.PageKind, ID: "PAGE-1"}); err != nil {
				t.Fatal(err)
			}
			s.sent("PAGE-1", n)
		}
		if got := count(opened, hour); !slices.Equal(got, []string{"sre1 0s", "dev2 5m1s"}) {
			t.Errorf("counted %v", got)
		}
		if got := count(opened.Add(time.Minute), hour); !slices.Equal(got, []string{"dev2 5m1s"}) {
			t.Errorf("counted later: %v", got)
		}
		// Whoever tests how they are reached has not been interrupted.
		if _, err := s.desk.Test(t.Context(), in("dev1", ""), paging.Slack); err != nil {
			t.Fatal(err)
		}
		s.sent("PAGE-2", 1)
		if got := count(opened, hour); len(got) != 2 {
			t.Errorf("with a test counted %v", got)
		}
		if got := count(opened.Add(-time.Hour), opened); len(got) != 0 {
			t.Errorf("counted before: %v", got)
		}
	})
}
