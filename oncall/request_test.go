package oncall

import (
	"strings"
	"testing"
	"time"
)

func TestCover(t *testing.T) { // case 35
	s := tell(t, weekly("dev1 dev2 sre1"), "2026-01-01T00:00:00Z")
	from, to := at(t, "2026-01-06T00:00:00Z"), at(t, "2026-01-07T00:00:00Z")
	s.refuse(RequestCover{By: dev2, From: from, To: to}, "2026-01-05T12:00:00Z", CodeInvalid, "dev2 has no shift")
	s.refuse(RequestCover{By: dev2, Person: "dev1", From: from, To: to}, "2026-01-05T12:00:00Z", CodeForbidden, "Only dev1")
	s.refuse(RequestCover{By: dev1, From: to, To: from}, "2026-01-05T12:00:00Z", CodeInvalid, "Swap them")
	s.refuse(RequestCover{By: dev1, From: from, To: to}, "2026-01-08T12:00:00Z", CodeInvalid, "over since")
	s.do(RequestCover{By: dev1, From: from, To: to}, "2026-01-05T12:00:00Z")
	s.refuse(RequestCover{By: dev1, From: from, To: to}, "2026-01-05T12:00:00Z", CodeConflict, "R1")
	s.refuse(AcceptCover{By: dev1, ID: "R1"}, "2026-01-05T13:00:00Z", CodeForbidden, "your own request")
	s.refuse(AcceptCover{By: dev2, ID: "R7"}, "2026-01-05T13:00:00Z", CodeNotFound, "R7")
	s.do(AcceptCover{By: dev2, ID: "R1"}, "2026-01-05T13:00:00Z")
	s.refuse(AcceptCover{By: Actor{Name: "sre1"}, ID: "R1"}, "2026-01-05T13:00:00Z", CodeConflict, "already taken by dev2")
	if n := len(s.record.Overrides); n != 1 {
		t.Errorf("%d overrides, want 1", n)
	}
	s.then("2026-01-05T23:59:59Z dev1", "2026-01-06T00:00:00Z dev2", "2026-01-07T00:00:00Z dev1")
	s.do(WithdrawRequest{By: dev1, ID: "R1"}, "2026-01-06T12:00:00Z")
	s.then("2026-01-06T11:59:59Z dev2", "2026-01-06T12:00:00Z dev1")
	s.refuse(WithdrawRequest{By: dev1, ID: "R1"}, "2026-01-06T13:00:00Z", CodeConflict, "withdrawn already")
}

func TestRequestsExpire(t *testing.T) {
	s := tell(t, weekly("dev1 dev2"), "2026-01-01T00:00:00Z")
	s.do(RequestCover{By: dev1, From: at(t, "2026-01-06T00:00:00Z"), To: at(t, "2026-01-07T00:00:00Z")}, "2026-01-05T12:00:00Z")
	if due, ok := NextDue(s.record); !ok || due != at(t, "2026-01-06T00:00:00Z") {
		t.Errorf("due at %v, %v", due, ok)
	}
	s.do(Tick{}, "2026-01-05T23:59:59Z")
	if got := s.record.Requests[0].Status; got != RequestOpen {
		t.Errorf("expired early: %s", got)
	}
	s.do(Tick{}, "2026-01-06T00:00:00Z")
	s.refuse(AcceptCover{By: dev2, ID: "R1"}, "2026-01-06T01:00:00Z", CodeConflict, "expired")
	s.then("2026-01-06T12:00:00Z dev1")
}

func TestCoverOfAShiftThatRuns(t *testing.T) {
	s := tell(t, weekly("dev1 dev2"), "2026-01-01T00:00:00Z")
	s.do(RequestCover{By: dev1, From: at(t, "2026-01-06T00:00:00Z"), To: at(t, "2026-01-07T00:00:00Z")}, "2026-01-06T12:00:00Z")
	if due, ok := NextDue(s.record); !ok || due != at(t, "2026-01-07T00:00:00Z") {
		t.Errorf("due at %v, %v", due, ok)
	}
	s.do(Tick{}, "2026-01-06T13:00:00Z")
	early := s.record
	s.do(AcceptCover{By: dev2, ID: "R1"}, "2026-01-06T14:00:00Z")
	s.then("2026-01-06T13:59:59Z dev1", "2026-01-06T14:00:00Z dev2", "2026-01-07T00:00:00Z dev1")
	s.record = early
	s.refuse(AcceptCover{By: dev2, ID: "R1"}, "2026-01-07T00:00:00Z", CodeConflict, "is over since")
}

func TestSwap(t *testing.T) {
	s := tell(t, weekly("dev1 dev2 sre1"), "2026-01-01T00:00:00Z")
	offer := ProposeSwap{By: dev1, From: at(t, "2026-01-05T00:00:00Z"), To: at(t, "2026-01-20T00:00:00Z"), Other: "dev2",
		OtherFrom: at(t, "2026-01-05T00:00:00Z"), OtherTo: at(t, "2026-01-20T00:00:00Z")}
	s.do(offer, "2026-01-02T00:00:00Z")
	s.refuse(AcceptSwap{By: Actor{Name: "sre1"}, ID: "R1"}, "2026-01-02T00:00:00Z", CodeForbidden, "Only dev2")
	s.do(AcceptSwap{By: dev2, ID: "R1"}, "2026-01-02T00:00:00Z")
	s.then("2026-01-06T00:00:00Z dev2", "2026-01-13T00:00:00Z dev1", "2026-01-19T08:59:59Z dev1", "2026-01-19T09:00:00Z sre1", "2026-01-26T09:00:00Z dev1")
	s.refuse(DeclineSwap{By: dev2, ID: "R1"}, "2026-01-02T00:00:00Z", CodeConflict, "already taken")
	s.do(RemoveOverride{By: lead, ID: s.record.Overrides[0].ID}, "2026-01-03T00:00:00Z")
	s.then("2026-01-06T00:00:00Z dev1", "2026-01-13T00:00:00Z dev2") // both halves are gone
	offer.OtherTo = at(t, "2026-01-10T00:00:00Z")                    // dev2 has no shift until then
	s.refuse(offer, "2026-01-03T00:00:00Z", CodeInvalid, "dev2 has no shift")
	offer.OtherTo = offer.To
	s.do(offer, "2026-01-03T00:00:00Z")
	s.do(AddOverride{By: dev2, Override: Override{From: "2026-01-12T00:00:00Z", To: "2026-01-20T00:00:00Z", Person: "sre1", Replaces: "dev2"}}, "2026-01-03T00:00:00Z")
	s.refuse(AcceptSwap{By: dev2, ID: s.record.Requests[1].ID}, "2026-01-03T00:00:00Z", CodeConflict, "dev2 no longer has a shift")
	offer.Other = "dev1"
	s.refuse(offer, "2026-01-03T00:00:00Z", CodeInvalid, "another person")
}

func TestShadowAndGraduate(t *testing.T) {
	s := tell(t, weekly("dev1 dev2"), "2026-01-01T00:00:00Z")
	s.refuse(Graduate{By: lead, Person: "new1"}, "2026-01-06T00:00:00Z", CodeInvalid, "not shadowing")
	s.refuse(SetShadow{By: lead, Shadow: Shadow{Person: "dev1", With: "dev1"}}, "2026-01-06T00:00:00Z", CodeInvalid, "themselves")
	s.do(SetShadow{By: lead, Shadow: Shadow{Person: "new1", With: "dev1"}}, "2026-01-06T00:00:00Z")
	s.then("2026-01-06T00:00:00Z dev1")
	s.do(Graduate{By: lead, Person: "new1", JoinAfter: "5m"}, "2026-01-07T00:00:00Z")
	s.then("2026-01-06T23:59:59Z dev1", "2026-01-07T00:00:00Z new1")
	s.do(Graduate{By: lead, Person: "new1"}, "2026-01-08T00:00:00Z")
	want := []string{"2026-01-07T12:00:00Z new1", "2026-01-08T00:00:00Z dev1", "2026-01-12T09:00:00Z new1", "2026-01-19T09:00:00Z dev2", "2026-01-26T09:00:00Z dev1"}
	s.then(want...)
	// The file does not know the new person yet; they stay.
	file := weekly("dev1 dev2")
	if got := FileConflicts(s.record, file, nil); len(got) != 1 || !strings.Contains(got[0], "new1 joined") {
		t.Errorf("conflicts: %q", got)
	}
	s.do(ApplyFile{By: lead, Schedule: file}, "2026-01-09T00:00:00Z")
	s.then(want...)
	s.do(ApplyFile{By: lead, Schedule: weekly("dev1 new1 dev2")}, "2026-01-10T00:00:00Z")
	s.then(want...)
	if len(s.record.Joins) != 0 {
		t.Errorf("joins are left: %v", s.record.Joins)
	}
}

func TestGraduatingMovesNobodyOnDuty(t *testing.T) {
	s := tell(t, weekly("dev1 dev2"), "2026-01-01T00:00:00Z")
	s.do(SetShadow{By: lead, Shadow: Shadow{Person: "new1", With: "dev1", Kind: ReverseShadowKind}}, "2026-01-14T00:00:00Z")
	s.do(Graduate{By: lead, Person: "new1"}, "2026-01-14T12:00:00Z")
	s.then("2026-01-14T11:59:59Z dev2", "2026-01-14T12:00:00Z dev2", "2026-01-19T09:00:00Z dev1", "2026-01-26T09:00:00Z new1")
}

func TestTimeOff(t *testing.T) {
	s := tell(t, weekly("dev1 dev2"), "2026-01-01T00:00:00Z")
	s.refuse(AddTimeOff{By: dev2, TimeOff: TimeOff{Person: "dev1", From: "2026-01-06", To: "2026-01-07"}}, "2026-01-02T00:00:00Z", CodeForbidden, "Only dev1")
	s.do(AddTimeOff{By: dev1, TimeOff: TimeOff{Person: "dev1", From: "2026-01-06", To: "2026-01-07"}}, "2026-01-02T00:00:00Z")
	p, err := CompileRecord(s.record, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := Conflicts([]*Plan{p}, at(t, "2026-01-01T00:00:00Z"), at(t, "2026-02-01T00:00:00Z"))
	if len(got) != 1 || got[0].Kind != DuringTimeOff || got[0].Start != at(t, "2026-01-06T00:00:00Z") || got[0].End != at(t, "2026-01-08T00:00:00Z") {
		t.Errorf("conflicts: %+v", got)
	}
	s.do(RemoveTimeOff{By: dev1, ID: s.record.TimeOff[0].ID}, "2026-01-03T00:00:00Z")
	p, _ = CompileRecord(s.record, nil)
	if got := Conflicts([]*Plan{p}, at(t, "2026-01-01T00:00:00Z"), at(t, "2026-02-01T00:00:00Z")); len(got) != 0 {
		t.Errorf("conflicts after it was taken back: %+v", got)
	}
}

func TestEventsSpeak(t *testing.T) {
	s := tell(t, weekly("dev1 dev2"), "2026-01-01T00:00:00Z")
	commands := []Command{
		AddOverride{lead, Override{From: "2026-01-20T00:00:00Z", To: "2026-01-21T00:00:00Z", Person: "sre1", Replaces: "dev1"}},
		RemoveOverride{lead, "O1"},
		RequestCover{By: dev1, From: at(t, "2026-01-06T00:00:00Z"), To: at(t, "2026-01-07T00:00:00Z")},
		AcceptCover{By: dev2, ID: "R2"},
		ProposeSwap{By: dev1, From: at(t, "2026-01-07T00:00:00Z"), To: at(t, "2026-01-08T00:00:00Z"), Other: "dev2", OtherFrom: at(t, "2026-01-13T00:00:00Z"), OtherTo: at(t, "2026-01-14T00:00:00Z")},
		DeclineSwap{By: dev2, ID: "R4"},
		SetShadow{lead, Shadow{Person: "new1", With: "dev1"}},
		Graduate{By: lead, Person: "new1"},
		AddTimeOff{dev1, TimeOff{Person: "dev1", From: "2026-01-06", To: "2026-01-07"}},
		RemoveSchedule{By: lead},
	}
	want := []string{
		"override: sre1 for dev1, 2026-01-20 00:00 to 2026-01-21 00:00 UTC",
		"taken back: override O1",
		"R2: dev1 asks for cover Tue 6 Jan 00:00 to Wed 7 Jan 00:00 UTC",
		"override: dev2 for dev1, 2026-01-06 00:00 to 2026-01-07 00:00 UTC (covers R2)",
		"R2 is taken by dev2",
		"R4: dev1 offers Wed 7 Jan 00:00 to Thu 8 Jan 00:00 UTC to dev2 for Tue 13 Jan 00:00 to Wed 14 Jan 00:00 UTC",
		"R4 is declined",
		"new1 shadows dev1",
		"ended: shadow S5",
		"new1 leads in the place of dev1, who stands behind",
		"dev1 is away from 2026-01-06 to 2026-01-07",
		"taken back: override O3",
		"ended: shadow S6",
		"taken back: time off T7",
		"the schedule is removed: nobody is on call from now on",
	}
	var got []string
	for _, c := range commands {
		events, err := Decide(s.record, c, at(t, "2026-01-02T00:00:00Z"), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			got = append(got, e.Sentence(time.UTC))
			s.record = Apply(s.record, e)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestAShadowThatIsOver: nobody ends it, or graduates from it, in the place of the one that
// stands.
func TestAShadowThatIsOver(t *testing.T) {
	s := tell(t, weekly("dev1 dev2"), "2026-01-01T00:00:00Z")
	s.do(SetShadow{By: lead, Shadow: Shadow{Person: "new1", With: "dev1", To: "2026-01-03T00:00:00Z"}}, "2026-01-01T00:00:00Z")
	for when, with := range map[string]string{"2026-01-02T23:59:59Z": "dev1", "2026-01-03T00:00:00Z": "", "2025-12-31T23:59:59Z": ""} {
		if got, ok := s.record.Shadowing("new1", at(t, when)); got.With != with || ok != (with != "") {
			t.Errorf("at %s: %+v", when, got)
		}
	}
	s.refuse(Graduate{By: lead, Person: "new1"}, "2026-01-03T00:00:00Z", CodeInvalid, "not shadowing")
	s.refuse(EndShadow{By: lead, ID: "S1"}, "2026-01-03T00:00:00Z", CodeConflict, "already over")
	s.do(SetShadow{By: lead, Shadow: Shadow{Person: "new1", With: "dev2"}}, "2026-01-03T00:00:00Z")
	if was := s.record.Shadows[0]; was.Ended != nil {
		t.Errorf("what was over is ended again: %+v", was)
	}
	s.do(EndShadow{By: lead, ID: "s2"}, "2026-01-04T00:00:00Z")
	if left := s.record.Standing(at(t, "2026-01-04T00:00:00Z")); len(left) > 0 {
		t.Errorf("after it was ended: %+v", left)
	}
}

// TestWhatOthersHaveStays when somebody takes a request back, when time passes, and when
// somebody learns beside another.
func TestWhatOthersHaveStays(t *testing.T) {
	s := tell(t, weekly("dev1 dev2"), "2026-01-01T00:00:00Z")
	ask := func(from, to string) RequestCover { return RequestCover{By: dev1, From: at(t, from), To: at(t, to)} }
	s.do(AddOverride{By: dev1, Override: Override{From: "2026-01-20T00:00:00Z", To: "2026-01-21T00:00:00Z", Person: "sre1", Replaces: "dev1"}}, "2026-01-02T00:00:00Z")
	s.do(ask("2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z"), "2026-01-02T00:00:00Z")
	s.refuse(ask("2026-01-06T23:59:59Z", "2026-01-08T00:00:00Z"), "2026-01-02T00:00:00Z", CodeConflict, "already asked")
	s.do(ask("2026-01-07T00:00:00Z", "2026-01-08T00:00:00Z"), "2026-01-02T00:00:00Z")
	s.do(ask("2026-01-05T12:00:00Z", "2026-01-06T00:00:00Z"), "2026-01-02T00:00:00Z")
	taken := s.record.Requests[0].ID
	s.do(AcceptCover{By: dev2, ID: taken}, "2026-01-03T00:00:00Z")
	s.do(Tick{}, "2026-01-06T06:00:00Z")
	if got := s.record.Requests[0]; got.Status != RequestTaken || got.TakenBy != "dev2" {
		t.Errorf("what was taken is %+v when its time comes", got)
	}
	s.do(WithdrawRequest{By: dev1, ID: taken}, "2026-01-06T12:00:00Z")
	s.then("2026-01-06T11:59:59Z dev2", "2026-01-06T12:00:00Z dev1", "2026-01-20T12:00:00Z sre1")

	learn := func(who, with string) {
		s.do(SetShadow{By: lead, Shadow: Shadow{Person: who, With: with}}, "2026-01-07T00:00:00Z")
	}
	learn("new1", "dev1")
	learn("new2", "dev1")
	learn("new1", "dev2")
	for who, want := range map[string]string{"new1": "dev2", "new2": "dev1"} {
		if got, _ := s.record.Shadowing(who, at(t, "2026-01-08T00:00:00Z")); got.With != want {
			t.Errorf("%s learns beside %q, want %q", who, got.With, want)
		}
	}
}

// TestASwapExpiresWithItsEarlierHalf: nobody can give what is over.
func TestASwapExpiresWithItsEarlierHalf(t *testing.T) {
	s := tell(t, weekly("dev1 dev2"), "2026-01-01T00:00:00Z")
	s.do(ProposeSwap{By: dev1, From: at(t, "2026-01-20T00:00:00Z"), To: at(t, "2026-01-21T00:00:00Z"), Other: "dev2",
		OtherFrom: at(t, "2026-01-13T00:00:00Z"), OtherTo: at(t, "2026-01-14T00:00:00Z")}, "2026-01-02T00:00:00Z")
	if due, _ := NextDue(s.record); due != at(t, "2026-01-14T00:00:00Z") {
		t.Errorf("due at %v", due)
	}
	early := s.record
	s.do(AcceptSwap{By: lead, ID: "R1"}, "2026-01-02T00:00:00Z") // an admin answers for dev2
	s.then("2026-01-13T12:00:00Z dev1", "2026-01-20T12:00:00Z dev2")
	s.record = early
	s.do(Tick{}, "2026-01-14T00:00:00Z")
	s.refuse(AcceptSwap{By: dev2, ID: "R1"}, "2026-01-14T00:00:00Z", CodeConflict, "expired")
}

// TestWhatIsRefused of requests, shadows and time off: R1 is open, R2 a swap, R3 taken.
func TestWhatIsRefused(t *testing.T) {
	const now, over = "2026-01-02T00:00:00Z", "2026-01-14T00:00:00Z"
	from, to, next, end := at(t, "2026-01-06T00:00:00Z"), at(t, "2026-01-07T00:00:00Z"), at(t, "2026-01-13T00:00:00Z"), at(t, over)
	swap := ProposeSwap{By: dev1, From: to, To: to.AddDate(0, 0, 1), Other: "dev2", OtherFrom: next, OtherTo: end}
	s := tell(t, weekly("dev1 dev2"), "2026-01-01T00:00:00Z")
	s.do(RequestCover{By: dev1, From: from, To: to}, now)
	s.do(swap, now)
	s.do(RequestCover{By: dev2, From: from, To: next}, now) // what another asks for at the same time is theirs
	s.do(AcceptCover{By: dev1, ID: "R3"}, now)
	s.do(SetShadow{By: lead, Shadow: Shadow{Person: "new1", With: "dev1"}}, now)
	s.do(SetShadow{By: lead, Shadow: Shadow{Person: "new3", With: "dev3", Kind: ReverseShadowKind}}, now)
	swapWith := func(change func(*ProposeSwap)) ProposeSwap {
		c := swap
		c.From, c.To = next.AddDate(0, 0, 7), end.AddDate(0, 0, 7)
		change(&c)
		return c
	}
	for _, test := range []struct {
		when  string
		c     Command
		code  string
		words string
	}{
		{now, RequestCover{By: Actor{Name: "new1"}, From: from, To: to}, CodeInvalid, "new1 has no shift"}, // a shadow covers nothing
		{now, RequestCover{By: dev1, From: from.AddDate(0, 0, 14), To: from.AddDate(0, 0, 14+733)}, CodeInvalid, "longer than two years"},
		{now, AcceptCover{By: Actor{Admin: true}, ID: "R1"}, CodeInvalid, "Nobody is named who takes R1"},
		{now, AcceptCover{By: dev2, ID: "R2"}, CodeNotFound, "no request R2"},
		{now, WithdrawRequest{By: dev2, ID: "R1"}, CodeForbidden, "Only dev1"},
		{now, WithdrawRequest{By: dev1, ID: "R9"}, CodeNotFound, "no request R9"},
		{over, WithdrawRequest{By: dev2, ID: "R3"}, CodeConflict, "R3 is over; there is nothing left to undo"},
		{now, swapWith(func(c *ProposeSwap) { c.By = dev2; c.Person = "dev1" }), CodeForbidden, "Only dev1"},
		{now, swapWith(func(c *ProposeSwap) { c.Other = "" }), CodeInvalid, "another person"},
		{now, swapWith(func(c *ProposeSwap) { c.From, c.To = end, end.AddDate(0, 0, 1) }), CodeInvalid, "dev1 has no shift"},
		{now, swap, CodeConflict, "already asked for that time: R2"},
		{now, AcceptSwap{By: dev2, ID: "R1"}, CodeNotFound, "no request R1"},
		{now, DeclineSwap{By: dev1, ID: "R2"}, CodeForbidden, "Only dev2"},
		{now, AddTimeOff{By: dev1, TimeOff: TimeOff{Person: "dev1", From: "2025-12-01T00:00:00Z", To: now}}, CodeInvalid, "over since"},
		{now, AddTimeOff{By: dev1, TimeOff: TimeOff{Person: "dev1", From: "soon", To: "2026-02-01"}}, CodeInvalid, "soon"},
		{next.Add(time.Hour).Format(time.RFC3339), RequestCover{By: dev1, From: from, To: end}, CodeInvalid, "dev1 has no shift"}, // any more
		{now, EndShadow{By: lead, ID: "S9"}, CodeNotFound, "no shadow S9"},
		{now, RemoveTimeOff{By: dev1, ID: "T9"}, CodeNotFound, "no time off T9"},
		{now, SetShadow{By: lead, Shadow: Shadow{Person: "new2", With: "dev1", From: "2025-12-01T00:00:00Z", To: now}}, CodeInvalid, "over since"},
		{now, Graduate{By: lead, Person: "new3"}, CodeInvalid, "dev3 stands in no rotation"},
		{next.Format(time.RFC3339), RemoveOverride{By: lead, ID: s.record.Overrides[0].ID}, CodeConflict, "already over"},
	} {
		s.refuse(test.c, test.when, test.code, test.words)
	}
}

// TestASwapIsOneOverrideOnEachSide, over however many shifts it goes.
func TestASwapIsOneOverrideOnEachSide(t *testing.T) {
	s := tell(t, weekly("dev1 dev1 dev2"), "2026-01-01T00:00:00Z")
	s.do(ProposeSwap{By: dev1, From: at(t, "2026-01-06T00:00:00Z"), To: at(t, "2026-01-15T00:00:00Z"), Other: "dev2",
		OtherFrom: at(t, "2026-01-20T00:00:00Z"), OtherTo: at(t, "2026-01-21T00:00:00Z")}, "2026-01-02T00:00:00Z")
	s.do(AcceptSwap{By: dev2, ID: "R1"}, "2026-01-02T00:00:00Z")
	s.then("2026-01-06T00:00:00Z dev2", "2026-01-14T23:59:59Z dev2", "2026-01-15T00:00:00Z dev1", "2026-01-20T12:00:00Z dev1")
	if n := len(s.record.Overrides); n != 2 {
		t.Errorf("%d overrides, want 2: %+v", n, s.record.Overrides)
	}
	s.do(AddOverride{By: lead, Override: Override{From: "2026-02-01T00:00:00Z", To: "2026-02-02T00:00:00Z", Person: "x", Replaces: "dev1", Swap: "swap R1"}}, "2026-01-02T00:00:00Z")
	s.do(RemoveOverride{By: dev2, ID: s.record.Overrides[1].ID}, "2026-01-02T00:00:00Z")
	s.then("2026-01-06T00:00:00Z dev1", "2026-01-20T12:00:00Z dev2", "2026-02-01T12:00:00Z x") // what is no part of it stays
}
