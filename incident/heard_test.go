package incident

import (
	"strings"
	"testing"
	"time"
)

// TestAlertsAreHeardUntilTheClose: one that fires or is over stands on the timeline, with a
// title of one line; a closed incident hears of none, and no incident of nothing.
func TestAlertsAreHeardUntilTheClose(t *testing.T) {
	x := declared(t)
	fires := HearAlert{By: who("dev1"), Alert: "ALERT-7", Title: "5xx rate\n is " + strings.Repeat("high", MaxTitle)}
	if got := x.do(fires); got != "alert_fired" {
		t.Errorf("it fires: %q", got)
	}
	if e := x.events[len(x.events)-1]; e.Alert != "ALERT-7" || e.By.Person != "dev1" || !strings.HasPrefix(e.Title, "5xx rate is high") || len([]rune(e.Title)) > MaxTitle {
		t.Errorf("it is told as %+v", e)
	}
	over := fires
	over.Over = true
	if got := x.do(over); got != "alert_over" {
		t.Errorf("it is over: %q", got)
	}
	x.do(Close{By: who("dev1")})
	if got := x.do(fires); got != "" {
		t.Errorf("after the close: %q", got)
	}
	x.folds()
	(&life{t: t, now: noon}).refused(fires, NotFound)
}

// TestAnAbsenceIsRecorded from the declaration on, by what it was, and not when there is
// nothing to follow.
func TestAnAbsenceIsRecorded(t *testing.T) {
	for name, c := range map[string]struct {
		away     RecordAway
		want     string
		at       time.Time
		closed   bool
		declared bool
	}{
		"it did not run":              {away: RecordAway{From: noon.Add(time.Minute), Until: noon.Add(time.Hour), Down: true}, want: "was_down", at: noon.Add(time.Minute), declared: true},
		"Slack was away":              {away: RecordAway{From: noon.Add(time.Minute), Until: noon.Add(time.Hour)}, want: "was_cut_off", at: noon.Add(time.Minute), declared: true},
		"from before the declaration": {away: RecordAway{From: noon.Add(-time.Hour), Until: noon.Add(time.Hour), Down: true}, want: "was_down", at: noon, declared: true},
		"over before the declaration": {away: RecordAway{From: noon.Add(-time.Hour), Until: noon}, declared: true},
		"it never was":                {away: RecordAway{From: noon.Add(time.Hour), Until: noon.Add(time.Hour)}, declared: true},
		"the incident is closed":      {away: RecordAway{From: noon.Add(time.Minute), Until: noon.Add(time.Hour)}, closed: true, declared: true},
		"there is no incident":        {away: RecordAway{From: noon.Add(time.Minute), Until: noon.Add(time.Hour)}},
	} {
		x := &life{t: t, now: noon}
		if c.declared {
			x = declared(t)
		}
		if c.closed {
			x.do(Close{By: who("dev1")})
		}
		got := x.at(2 * time.Hour).do(c.away)
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
			continue
		}
		if e := x.events; got != "" && (!e[len(e)-1].At.Equal(c.at) || !e[len(e)-1].Until.Equal(c.away.Until)) {
			t.Errorf("%s: from %s to %s, want from %s to %s", name, e[len(e)-1].At, e[len(e)-1].Until, c.at, c.away.Until)
		}
		x.folds()
	}
}

// TestAPageThatReachesNobodyIsToldOnce until it reaches somebody or is answered, and of every
// page.
func TestAPageThatReachesNobodyIsToldOnce(t *testing.T) {
	x := declared(t)
	x.do(RecordPaged{Page: "PAGE-1", Whom: []string{"dev1"}})
	x.do(RecordPaged{Page: "PAGE-2", Whom: []string{"dev2"}})
	for n, c := range []struct {
		before Command // nil: nothing
		page   string
		want   string
	}{
		{nil, "PAGE-1", "page_nobody"},
		{nil, "PAGE-1", ""},
		{nil, "PAGE-2", "page_nobody"},
		{nil, "PAGE-1", ""},
		{RecordPaged{Page: "PAGE-1", Whom: []string{"dev1"}}, "PAGE-1", "page_nobody"},
		{Acknowledge{By: who("dev3"), Page: "PAGE-2"}, "PAGE-2", "page_nobody"},
		{nil, "PAGE-1", ""},
	} {
		if c.before != nil {
			x.do(c.before)
		}
		if got := x.do(RecordPage{Kind: PageNobody, Page: c.page}); got != c.want {
			t.Errorf("%d: %s reaches nobody: %q, want %q", n, c.page, got, c.want)
		}
	}
	x.folds()
}

// TestWhoIsAtWorkHasAnswered: a commander who was named and posts an update takes command, as
// long as there is something to command.
func TestWhoIsAtWorkHasAnswered(t *testing.T) {
	for name, c := range map[string]struct {
		before Command
		by     string
		want   string
	}{
		"the commander":             {nil, "dev2", "updated, lead_set"},
		"somebody else":             {nil, "dev1", "updated"},
		"who has answered":          {Acknowledge{By: who("dev2")}, "dev2", "updated"},
		"of what is resolved":       {Resolve{By: who("dev1")}, "dev2", "updated"},
		"whom another has replaced": {Acknowledge{By: who("dev3")}, "dev2", "updated"},
	} {
		x := declared(t)
		x.do(SetLead{By: who("dev1"), Person: "dev2"})
		if c.before != nil {
			x.do(c.before)
		}
		if got := x.do(Update{By: who(c.by), Text: "watching"}); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
