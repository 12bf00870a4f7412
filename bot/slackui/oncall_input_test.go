package slackui

import (
	"testing"
	"time"
)

func TestParseRoster(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC) // Friday, 13:00 in Berlin
	at := func(s string) time.Time {
		t.Helper()
		got, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return got.UTC()
	}
	for _, tc := range []struct {
		text string
		want Roster
	}{
		{"cover me", Roster{Do: DoCover}},
		{"cover me from 14:00 to 18:00", Roster{Do: DoCover, From: at("2026-03-27T13:00:00Z"), To: at("2026-03-27T17:00:00Z")}},
		{"cover me tomorrow 22:00 until 6:00 checkout", Roster{Do: DoCover, From: at("2026-03-28T21:00:00Z"), To: at("2026-03-29T04:00:00Z"), Schedule: "checkout"}},
		{"cover me now for 2h", Roster{Do: DoCover, From: now, To: now.Add(2 * time.Hour)}},
		// A reading that does not exist is the end of the gap.
		{"cover me 2026-03-29 02:30 to 2026-03-29 04:00", Roster{Do: DoCover, From: at("2026-03-29T01:00:00Z"), To: at("2026-03-29T02:00:00Z")}},
		// One that occurs twice is the first occurrence.
		{"off 2026-10-25 02:30 to 2026-10-25 12:00", Roster{Do: DoOff, From: at("2026-10-25T00:30:00Z"), To: at("2026-10-25T11:00:00Z")}},
		{"off 2026-03-28 to 2026-03-30", Roster{Do: DoOff, From: at("2026-03-27T23:00:00Z"), To: at("2026-03-30T22:00:00Z"), FromDay: "2026-03-28", ToDay: "2026-03-30"}},
		{"off tomorrow", Roster{Do: DoOff, From: at("2026-03-27T23:00:00Z"), To: at("2026-03-28T23:00:00Z"), FromDay: "2026-03-28", ToDay: "2026-03-28"}},
		{"off tomorrow to 2026-03-29 12:00", Roster{Do: DoOff, From: at("2026-03-27T23:00:00Z"), To: at("2026-03-29T10:00:00Z")}},
		{"override <@U1> for <@U2> mon 9:00 to mon 17:00", Roster{Do: DoOverride, Person: "U1", Other: "U2", From: at("2026-03-30T07:00:00Z"), To: at("2026-03-30T15:00:00Z")}},
		{"override me for @dev1 in 1h for 30m", Roster{Do: DoOverride, Person: Self, Other: "dev1", From: now.Add(time.Hour), To: now.Add(90 * time.Minute)}},
		{"swap <@U2|dev2>", Roster{Do: DoSwap, Other: "U2"}},
		{"shadow @sre1 schedule:checkout", Roster{Do: DoShadow, Other: "sre1", Schedule: "checkout"}},
		{"graduate <@U3>", Roster{Do: DoGraduate, Person: "U3"}},
		{"remind off", Roster{Do: DoRemind, Choice: "off"}},
		{"schedule checkout", Roster{Do: DoSchedule, Schedule: "checkout"}},
		{"withdraw r3", Roster{Do: DoWithdraw, ID: "R3"}},
		{"gaps", Roster{Do: DoGaps}},
		{"me", Roster{Do: DoShifts}},
		{"my shifts", Roster{Do: DoShifts}},
		{"<@U2|dev2>", Roster{Do: DoShifts, Person: "U2"}},
		{"@dev2", Roster{Do: DoShifts, Person: "dev2"}},
		{"shifts @dev2", Roster{Do: DoShifts, Person: "dev2"}},
		{"undo t4 checkout", Roster{Do: DoUndo, ID: "T4", Schedule: "checkout"}},
		{"take R3", Roster{Do: DoTake, ID: "R3"}},
		{"decline r3 on search", Roster{Do: DoDecline, ID: "R3", Schedule: "search"}},
		{"undo checkout", Roster{Do: DoUndo, Schedule: "checkout"}},
		{"back", Roster{Do: DoBack}},
		{"changes", Roster{Do: DoChanges}},
		{"remove checkout", Roster{Do: DoRemove, Schedule: "checkout"}},
		{"off <@U2> 2026-03-28 to 2026-03-30", Roster{Do: DoOff, Person: "U2", From: at("2026-03-27T23:00:00Z"), To: at("2026-03-30T22:00:00Z"), FromDay: "2026-03-28", ToDay: "2026-03-30"}},
	} {
		got := ParseOncall(tc.text, now, berlin)
		if got.Verb != Duty || got.Roster != tc.want || got.Problem != "" {
			t.Errorf("ParseOncall(%q) = %+v, %q; want %+v", tc.text, got.Roster, got.Problem, tc.want)
		}
	}
	for _, text := range []string{"cover me 15:00 to 2026-03-27T13:30:00Z", "off one two", "cover me 9:00 10:00 11:00"} {
		if got := ParseOncall(text, now, berlin); got.Problem == "" {
			t.Errorf("ParseOncall(%q) sees no problem: %+v", text, got.Roster)
		}
	}
}

// Who is on call may be asked for another time; a sentence that begins like that is none.
func TestOncallAtAnotherTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 27, 14, 0, 0, 0, time.UTC) // a Friday
	for text, want := range map[string]struct {
		name string
		at   time.Time
	}{
		"":                          {},
		"checkout":                  {name: "checkout"},
		"checkout tomorrow 14:00":   {"checkout", time.Date(2026, 3, 28, 13, 0, 0, 0, time.UTC)},
		"checkout at 9:00":          {"checkout", time.Date(2026, 3, 28, 8, 0, 0, 0, time.UTC)},
		"who is on call sat 14:00":  {"", time.Date(2026, 3, 28, 13, 0, 0, 0, time.UTC)},
		"2026-04-01 14:00 checkout": {"checkout", time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)},
		`"14:00"`:                   {name: "14:00"},
	} {
		got := ParseOncall(text, now, berlin)
		if got.Verb != Oncall || got.Text != want.name || !got.At.Equal(want.at) || got.Problem != "" {
			t.Errorf("ParseOncall(%q) = %v, %q at %v, %q; want %q at %v", text, got.Verb, got.Text, got.At, got.Problem, want.name, want.at)
		}
	}
	if got := ParseOncall("my cart is empty", now, berlin); Parse("my cart is empty", now, berlin).LeavesTo(got) {
		t.Error("an incident is taken for a question about shifts")
	}
}
