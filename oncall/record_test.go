package oncall

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// story is a record and the commands it went through.
type story struct {
	t       *testing.T
	record  Record
	history []Folded
}

func tell(t *testing.T, s Schedule, when string) *story {
	t.Helper()
	st := &story{t: t}
	st.do(ApplyFile{By: Actor{Name: "lead1"}, Schedule: s, AllowGaps: true}, when)
	return st
}

// try decides and applies, by way of JSON, as storage would.
func (s *story) try(c Command, when string) error {
	s.t.Helper()
	before, err := json.Marshal(s.record)
	if err != nil {
		s.t.Fatal(err)
	}
	events, decided := Decide(s.record, c, at(s.t, when), nil)
	for _, e := range events {
		if e.Folded != nil {
			s.history = append(s.history, *e.Folded)
		}
		text, err := json.Marshal(e)
		if err != nil {
			s.t.Fatal(err)
		}
		var back Event
		if err := json.Unmarshal(text, &back); err != nil {
			s.t.Fatal(err)
		}
		if again, _ := json.Marshal(back); string(again) != string(text) {
			s.t.Errorf("event does not survive JSON:\n%s\n%s", text, again)
		}
		next := Apply(s.record, back)
		if next.Seq != s.record.Seq+1 {
			s.t.Errorf("seq went from %d to %d", s.record.Seq, next.Seq)
		}
		if after, _ := json.Marshal(s.record); string(after) != string(before) && events[0].Kind == e.Kind {
			s.t.Errorf("Apply changed the record it was given")
		}
		s.record = next
	}
	return decided
}

func (s *story) do(c Command, when string) {
	s.t.Helper()
	if err := s.try(c, when); err != nil {
		s.t.Fatalf("%T at %s: %v", c, when, err)
	}
}

// refuse wants an error of a code whose sentence has some words.
func (s *story) refuse(c Command, when, code, words string) {
	s.t.Helper()
	before := s.record
	err := s.try(c, when)
	var e *Error
	if !errors.As(err, &e) || e.Code != code || !strings.Contains(e.Message, words) {
		s.t.Errorf("%T at %s: got %v, want %s with %q", c, when, err, code, words)
	}
	if !reflect.DeepEqual(before, s.record) {
		s.t.Errorf("%T at %s: a refused command changed the record", c, when)
	}
}

// then wants "instant person" lines.
func (s *story) then(lines ...string) {
	s.t.Helper()
	for _, line := range lines {
		instant, want, _ := strings.Cut(line, " ")
		p, err := CompileRecord(s.record.With(s.history...), nil)
		if err != nil {
			s.t.Fatal(err)
		}
		if got := who(s.t, p, instant); got != want {
			s.t.Errorf("at %s: got %q, want %q", instant, got, want)
		}
	}
}

func weekly(people string) Schedule { return rota("UTC", Weekly, 1, "2026-01-05T09:00:00", people) }

var lead, dev1, dev2 = Actor{Name: "lead1", Admin: true}, Actor{Name: "dev1"}, Actor{Name: "dev2"}

func TestPeopleChangesKeepWhoIsOnDuty(t *testing.T) { // cases 32 and 33
	tests := []struct {
		name        string
		old, next   string
		want        []string
		atTheChange string
	}{
		{"insert before", "a b c", "d a b c", []string{"2026-01-14T12:00:00Z b", "2026-01-19T08:59:59Z b", "2026-01-19T09:00:00Z c", "2026-01-26T09:00:00Z d", "2026-02-02T09:00:00Z a"}, ""},
		{"append", "a b c", "a b c d", []string{"2026-01-14T12:00:00Z b", "2026-01-19T09:00:00Z c", "2026-01-26T09:00:00Z d"}, ""},
		{"remove who is on duty", "a b c", "a c", []string{"2026-01-14T11:59:59Z b", "2026-01-14T12:00:00Z c", "2026-01-19T09:00:00Z a"}, ""},
		{"remove another", "a b c", "b c", []string{"2026-01-14T12:00:00Z b", "2026-01-19T09:00:00Z c", "2026-01-26T09:00:00Z b"}, ""},
		{"all new", "a b c", "x y", []string{"2026-01-14T11:59:59Z b", "2026-01-14T12:00:00Z x", "2026-01-19T09:00:00Z y"}, ""},
		{"reorder", "a b c", "c b a", []string{"2026-01-14T12:00:00Z b", "2026-01-19T09:00:00Z a", "2026-01-26T09:00:00Z c"}, ""},
		{"twice in the list", "a b c", "b c a b", []string{"2026-01-14T12:00:00Z b", "2026-01-19T09:00:00Z c", "2026-01-26T09:00:00Z a"}, ""},
		{"from nobody", "", "a b", []string{"2026-01-14T11:59:59Z ", "2026-01-14T12:00:00Z b"}, ""},
		{"to nobody", "a b", "", []string{"2026-01-14T11:59:59Z b", "2026-01-14T12:00:00Z "}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := tell(t, weekly(test.old), "2026-01-01T00:00:00Z")
			s.do(ApplyFile{By: lead, Schedule: weekly(test.next), AllowGaps: true}, "2026-01-14T12:00:00Z")
			s.then(test.want...)
			// What was true before the change stays true, as if it had never been made.
			was := mustCompile(t, weekly(test.old))
			for d := range 13 {
				instant := at(t, "2026-01-02T07:00:00Z").AddDate(0, 0, d)
				s.then(instant.Format(time.RFC3339) + " " + strings.Join(People(was.OnCall(instant)), " "))
			}
		})
	}
}

func TestPeopleChangeTwice(t *testing.T) {
	s := tell(t, weekly("a b c"), "2026-01-01T00:00:00Z")
	s.do(ApplyFile{By: lead, Schedule: weekly("d a b c")}, "2026-01-14T12:00:00Z") // b stays, then c d a
	s.do(ApplyFile{By: lead, Schedule: weekly("d a b c")}, "2026-01-15T12:00:00Z")
	if n := len(s.record.Versions); n != 2 {
		t.Errorf("the same file made %d versions, want 2", n)
	}
	s.do(ApplyFile{By: lead, Schedule: weekly("e d a b c")}, "2026-01-28T12:00:00Z") // d is on duty
	s.then("2026-01-28T11:59:59Z d", "2026-01-28T12:00:00Z d", "2026-02-02T09:00:00Z a", "2026-02-09T09:00:00Z b", "2026-02-23T09:00:00Z e")
	other := weekly("e d a b c")
	other.Layers[0].Hours = []Window{{From: "08:00", To: "20:00"}}
	s.do(ApplyFile{By: lead, Schedule: other, AllowGaps: true}, "2026-02-03T12:00:00Z") // hours do not touch the turns
	s.then("2026-02-03T12:00:00Z a", "2026-02-09T12:00:00Z b")
	other.Layers[0].Name = "another"
	s.do(ApplyFile{By: lead, Schedule: other, AllowGaps: true}, "2026-02-03T13:00:00Z") // nor does a name
	s.then("2026-02-03T13:00:00Z a", "2026-02-09T12:00:00Z b")
	other.Layers[0].Rotation.Start = "2026-01-05T10:00:00"
	s.do(ApplyFile{By: lead, Schedule: other, AllowGaps: true}, "2026-02-04T12:00:00Z") // nor another hour of handoff
	s.then("2026-02-04T11:59:59Z a", "2026-02-04T12:00:00Z a", "2026-02-09T09:59:59Z a", "2026-02-09T10:00:00Z b")
	other.Layers[0].Rotation.Start = "2026-02-16T10:00:00"
	s.do(ApplyFile{By: lead, Schedule: other, AllowGaps: true}, "2026-02-10T12:00:00Z") // a start to come begins anew
	s.then("2026-02-10T11:59:59Z b", "2026-02-10T12:00:00Z ", "2026-02-16T10:00:00Z e", "2026-02-23T10:00:00Z d")
}

func TestUnnamedLayersAreMatchedByWhatTheyAre(t *testing.T) {
	two := func(lists ...string) Schedule {
		s := Schedule{Name: "test", TimeZone: "UTC"}
		for i, people := range lists {
			l := rota("UTC", Weekly, 1, "2026-01-05T09:00:00", people).Layers[0]
			l.Name = ""
			if i > 0 {
				l.Hours = []Window{{days("sat"), "00:00", "24:00"}}
			}
			s.Layers = append(s.Layers, l)
		}
		return s
	}
	s := tell(t, two("a b c"), "2026-01-01T00:00:00Z")
	s.do(ApplyFile{By: lead, Schedule: two("d a b c")}, "2026-01-14T12:00:00Z") // b stays
	file := two("x y", "x y")
	file.Layers[1] = two("d a b c").Layers[0]
	s.do(ApplyFile{By: lead, Schedule: file}, "2026-01-15T12:00:00Z") // the old layer is the second now
	s.then("2026-01-15T12:00:00Z b", "2026-01-19T09:00:00Z c")
}

func TestPoolChangesKeepWhoIsOnDuty(t *testing.T) {
	shared := func(dev, sre string) Schedule {
		return Schedule{Name: "test", TimeZone: "UTC", Pools: []Pool{{"dev", days(dev)}, {"sre", days(sre)}},
			Layers: []Layer{{Name: "main", Rotation: Rotation{Type: Weekly, Start: "2026-01-05T09:00:00", Pools: days("dev sre"), Pattern: []string{"dev+sre"}}}}}
	}
	s := tell(t, shared("d1 d2 d3", "s1 s2"), "2026-01-01T00:00:00Z")
	s.then("2026-01-14T12:00:00Z d2 s2", "2026-01-21T12:00:00Z d3 s1")
	s.do(ApplyFile{By: lead, Schedule: shared("d0 d1 d2 d3", "s1 s2")}, "2026-01-14T12:00:00Z")
	s.then("2026-01-14T12:00:00Z d2 s2", "2026-01-21T12:00:00Z d3 s1", "2026-01-28T12:00:00Z d0 s2")
}

func TestFileOverridesAndHistory(t *testing.T) {
	over := func(list ...Override) Schedule { s := weekly("a b"); s.Overrides = list; return s }
	x := Override{From: "2026-01-06T00:00:00Z", To: "2026-01-08T00:00:00Z", Person: "x", Replaces: "a"}
	y := Override{From: "2026-01-13T00:00:00Z", To: "2026-01-15T00:00:00Z", Person: "y", Replaces: "b"}
	s := tell(t, over(x, y), "2026-01-07T12:00:00Z")
	s.then("2026-01-06T12:00:00Z x", "2026-01-13T12:00:00Z y") // the first file holds for all time
	s.do(ApplyFile{By: lead, Schedule: over(x)}, "2026-01-13T18:00:00Z")
	s.then("2026-01-13T17:59:59Z y", "2026-01-13T18:00:00Z b", "2026-01-06T12:00:00Z x")
	late := Override{From: "2026-01-13T00:00:00Z", To: "2026-01-18T00:00:00Z", Person: "z", Replaces: "b"}
	past := Override{From: "2026-01-09T00:00:00Z", To: "2026-01-10T00:00:00Z", Person: "z", Replaces: "a"}
	s.do(ApplyFile{By: lead, Schedule: over(x, late, past)}, "2026-01-14T00:00:00Z")
	s.then("2026-01-13T17:59:59Z y", "2026-01-13T18:00:00Z b", "2026-01-13T23:59:59Z b", "2026-01-14T00:00:00Z z", "2026-01-09T12:00:00Z a")
	if n := len(s.record.Overrides); n != 3 {
		t.Errorf("%d overrides are stored, want 3: what is over already is not", n)
	}
	before := s.record.Seq
	s.do(ApplyFile{By: lead, Schedule: over(x, late, past)}, "2026-01-14T01:00:00Z")
	if s.record.Seq != before {
		t.Errorf("applying the same file made %d events", s.record.Seq-before)
	}
}

// Who reads of an override may be in another zone than its schedule.
func TestOverridesAsInstants(t *testing.T) {
	for _, tc := range []struct{ zone, from, to, want string }{
		{"Europe/Berlin", "2026-11-21T09:00:00", "2026-11-21T21:00:00", "2026-11-21T08:00:00Z 2026-11-21T20:00:00Z"},
		{"Europe/Berlin", "2026-11-21T09:00:00+01:00", "2026-11-21T21:00:00", "2026-11-21T08:00:00Z 2026-11-21T20:00:00Z"},
		{"Europe/Atlantis", "2026-11-21T09:00:00", "2026-11-21T21:00:00", "2026-11-21T09:00:00 2026-11-21T21:00:00"},
		{"UTC", "soon", "later", "soon later"},
	} {
		o := StoredOverride{Made: Made{ID: "O1", Zone: tc.zone}, Override: Override{From: tc.from, To: tc.to, Person: "x"}}.Instants(NewZones(nil))
		if got := o.From + " " + o.To; got != tc.want || o.ID != "O1" || o.Person != "x" {
			t.Errorf("%+v: got %s", tc, got)
		}
	}
}

func TestAnOverrideMayComeBackIntoTheFile(t *testing.T) {
	with := weekly("a b")
	with.Overrides = []Override{{From: "2026-01-20T00:00:00Z", To: "2026-01-22T00:00:00Z", Person: "x", Replaces: "a"}}
	s := tell(t, with, "2026-01-07T12:00:00Z")
	s.do(ApplyFile{By: lead, Schedule: weekly("a b")}, "2026-01-08T12:00:00Z")
	s.then("2026-01-21T00:00:00Z a")
	s.do(ApplyFile{By: lead, Schedule: with}, "2026-01-21T00:00:00Z")
	s.then("2026-01-20T12:00:00Z a", "2026-01-21T00:00:00Z x", "2026-01-22T00:00:00Z a")
}

func TestPeopleChangeBeforeTheStart(t *testing.T) {
	s := tell(t, weekly("a b c"), "2025-12-01T00:00:00Z")
	s.do(ApplyFile{By: lead, Schedule: weekly("c b a")}, "2025-12-30T00:00:00Z")
	s.then("2026-01-05T09:00:00Z c", "2026-01-12T09:00:00Z b")
	s.do(ApplyFile{By: lead, Schedule: weekly("d c b a")}, "2026-01-12T12:00:00Z") // b stays
	pause := weekly("d c b a")
	pause.Layers[0].Start = "2026-01-26T09:00:00"
	s.do(ApplyFile{By: lead, Schedule: pause, AllowGaps: true}, "2026-01-13T00:00:00Z") // turns go on while nobody stands
	s.then("2026-01-20T00:00:00Z ", "2026-01-26T09:00:00Z d")
}

func TestFileOverridesTakeEffectInTheirOrder(t *testing.T) {
	ab := Override{From: "2026-01-20T00:00:00Z", To: "2026-01-25T00:00:00Z", Person: "x", Replaces: "a"}
	bc := Override{From: "2026-01-20T00:00:00Z", To: "2026-01-25T00:00:00Z", Person: "y", Replaces: "x"}
	file := weekly("a b")
	file.Overrides = []Override{bc, ab}
	s := tell(t, file, "2026-01-07T12:00:00Z")
	s.then("2026-01-21T00:00:00Z x")
	file.Overrides = []Override{ab, bc}
	s.do(ApplyFile{By: lead, Schedule: file}, "2026-01-08T00:00:00Z")
	s.then("2026-01-21T00:00:00Z y")
}

func TestChatChangesOutliveTheFile(t *testing.T) {
	file := weekly("dev1 dev2")
	file.Overrides = []Override{{From: "2026-02-03T00:00:00Z", To: "2026-02-04T00:00:00Z", Person: "x", Replaces: "dev1"}}
	s := tell(t, file, "2026-01-01T00:00:00Z")
	s.do(AddOverride{By: lead, Override: Override{From: "2026-01-20T00:00:00Z", To: "2026-01-21T00:00:00Z", Person: "sre1", Replaces: "dev1"}}, "2026-01-10T00:00:00Z")
	s.do(RemoveOverride{By: lead, ID: "o1"}, "2026-01-10T00:00:00Z")
	s.then("2026-02-03T12:00:00Z dev1")
	if got := FileConflicts(s.record, file, nil); len(got) != 1 || !strings.Contains(got[0], "taken back in chat") {
		t.Errorf("conflicts: %q", got)
	}
	s.do(ApplyFile{By: lead, Schedule: file}, "2026-01-11T00:00:00Z")
	s.then("2026-01-20T12:00:00Z sre1", "2026-02-03T12:00:00Z dev1")
	s.refuse(RemoveOverride{By: lead, ID: "O1"}, "2026-01-11T00:00:00Z", CodeConflict, "already over")
	s.refuse(RemoveOverride{By: lead, ID: "O99"}, "2026-01-11T00:00:00Z", CodeNotFound, "no override")
}

func TestLimitsOfOverrides(t *testing.T) {
	const now, soon = "2026-01-11T00:00:00Z", "2026-03-01T00:00:00Z"
	for _, test := range []struct{ from, to, refusal string }{
		{"2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "over since"},
		{"2026-01-01T00:00:00Z", now, "over since"},
		{"2026-01-01T00:00:00Z", "2026-01-11T00:00:01Z", ""},
		{"2026-03-02T00:00:00Z", soon, "not after the start"},
		{soon, "2028-03-02T00:00:00Z", ""}, // 732 days
		{soon, "2028-03-02T00:00:01Z", "longer than two years"},
		{soon, "2206-03-02T00:00:00Z", "longer than two years"},
		{"2036-01-10T00:00:00Z", "2036-01-19T00:00:00Z", ""}, // in 3660 days
		{"2036-01-10T00:00:00Z", "2036-01-19T00:00:01Z", "ten years ahead"},
		{"9999-12-31T23:00:00Z", "9999-12-31T23:59:59Z", "ten years ahead"},
		{"soon", soon, "soon"},
	} {
		s := tell(t, weekly("a b"), "2026-01-01T00:00:00Z")
		add := AddOverride{By: lead, Override: Override{From: test.from, To: test.to, Person: "x"}}
		if test.refusal == "" {
			s.do(add, now)
		} else {
			s.refuse(add, now, CodeInvalid, test.refusal)
		}
	}
}

// TestARecordIsBounded: the last that it can hold is taken, and one more is refused.
func TestARecordIsBounded(t *testing.T) {
	const now = "2026-01-11T00:00:00Z"
	s := tell(t, weekly("dev1 dev2"), "2026-01-01T00:00:00Z")
	override := AddOverride{By: lead, Override: Override{From: "2026-03-01T00:00:00Z", To: "2026-03-02T00:00:00Z", Person: "x"}}
	away := AddTimeOff{By: lead, TimeOff: TimeOff{Person: "dev1", From: "2026-03-01", To: "2026-03-02"}}
	shadow := SetShadow{By: lead, Shadow: Shadow{Person: "new1", With: "dev1"}}
	cover := func(n int) RequestCover {
		from := at(t, "2026-02-02T09:00:00Z").Add(time.Duration(n) * time.Minute)
		return RequestCover{By: dev1, From: from, To: from.Add(time.Minute)}
	}
	s.do(cover(0), now)
	s.do(WithdrawRequest{By: dev1, ID: "R1"}, now) // it does not count
	for n := range maxOpenRequests - 1 {
		s.do(cover(n), now)
	}
	s.do(cover(maxOpenRequests), now)
	s.refuse(cover(maxOpenRequests+1), now, CodeConflict, "200 open requests")
	for _, c := range []Command{override, away, shadow} {
		s.do(c, now)
	}
	r := &s.record
	r.Overrides, r.TimeOff, r.Shadows = slices.Repeat(r.Overrides, maxStored-1), slices.Repeat(r.TimeOff, maxStored-1), slices.Repeat(r.Shadows, maxStored-1)
	for words, c := range map[string]Command{"5000 overrides": override, "5000 entries of time off": away, "5000 shadows": shadow} {
		s.do(c, now)
		s.refuse(c, now, CodeConflict, words)
	}
}

func TestOverrideTakenBackMidwayStaysInHistory(t *testing.T) {
	s := tell(t, weekly("a b"), "2026-01-01T00:00:00Z")
	s.do(AddOverride{By: lead, Override: Override{From: "2026-01-19T00:00:00Z", To: "2026-01-25T00:00:00Z", Person: "x", Replaces: "a"}}, "2026-01-20T00:00:00Z")
	s.do(RemoveOverride{By: lead, ID: "O1"}, "2026-01-22T00:00:00Z")
	s.then("2026-01-19T23:59:59Z a", "2026-01-20T00:00:00Z x", "2026-01-21T23:59:59Z x", "2026-01-22T00:00:00Z a")
}

func TestNewGapsAreRefusedUnlessAllowed(t *testing.T) {
	s := tell(t, weekly("a b"), "2026-01-01T00:00:00Z")
	file := hours(weekly("a b"), Window{days("mon tue wed thu fri sat sun"), "03:00", "02:00"})
	s.refuse(ApplyFile{By: lead, Schedule: file}, "2026-03-28T12:00:00Z", CodeConflict, "gap 02:00 to 03:00 on 29 March 2026 UTC")
	s.do(ApplyFile{By: lead, Schedule: file, AllowGaps: true}, "2026-03-28T12:00:00Z")
	s.do(ApplyFile{By: lead, Schedule: file}, "2026-03-28T13:00:00Z") // the same gaps are not new
	bad := weekly("a b")
	bad.TimeZone = "Europe/Berlln"
	s.refuse(ApplyFile{By: lead, Schedule: bad}, "2026-03-28T13:00:00Z", CodeInvalid, "did you mean Europe/Berlin?")
	other := weekly("a b")
	other.Name = "other"
	s.refuse(ApplyFile{By: lead, Schedule: other}, "2026-03-28T13:00:00Z", CodeInvalid, "is about schedule")
}

func TestRemoveSchedule(t *testing.T) {
	s := tell(t, weekly("a b"), "2026-01-01T00:00:00Z")
	s.refuse(RemoveSchedule{By: lead, UsedBy: []string{"service x uses it (f:3)"}}, "2026-01-07T00:00:00Z", CodeConflict, "cannot be removed: service x uses it (f:3). Point that to another schedule")
	s.refuse(RemoveSchedule{By: lead, Written: "f:9"}, "2026-01-07T00:00:00Z", CodeConflict, "stands in f:9, and the next start would bring it back")
	s.do(AddTimeOff{By: lead, TimeOff: TimeOff{Person: "a", From: "2026-02-01", To: "2026-02-02"}}, "2026-01-06T00:00:00Z")
	s.do(SetShadow{By: lead, Shadow: Shadow{Person: "n", With: "a"}}, "2026-01-06T00:00:00Z")
	s.do(RequestCover{By: lead, Person: "a", From: at(t, "2026-01-08T00:00:00Z"), To: at(t, "2026-01-09T00:00:00Z")}, "2026-01-06T00:00:00Z")
	s.do(RemoveSchedule{By: lead}, "2026-01-07T00:00:00Z")
	s.then("2026-01-06T23:59:59Z a", "2026-01-07T00:00:00Z ")
	if left := s.record.Standing(at(t, "2026-01-07T00:00:00Z")); len(left) > 0 {
		t.Errorf("left after the removal: %+v", left)
	}
	s.refuse(AddOverride{By: lead}, "2026-01-07T00:00:00Z", CodeNotFound, "no schedule")
	s.do(ApplyFile{By: lead, Schedule: weekly("a b")}, "2026-01-08T00:00:00Z")
	s.then("2026-01-06T23:59:59Z a", "2026-01-07T12:00:00Z ", "2026-01-08T00:00:00Z a")
	var empty story
	empty.t = t
	empty.refuse(AddOverride{By: lead}, "2026-01-07T00:00:00Z", CodeNotFound, "no schedule")
	empty.do(Tick{}, "2026-01-07T00:00:00Z")
}

// What people do by hand is told on the clocks of its schedule, whatever zone it came in.
func TestReasonsAreOnTheClocksOfTheSchedule(t *testing.T) {
	file := weekly("a b")
	file.TimeZone = "Europe/Berlin"
	file.Overrides = []Override{{From: "2026-02-01T09:00:00", To: "2026-02-01T17:00:00", Person: "c", Replaces: "a"}, {From: "2026-03-28T23:00:00Z", To: "2026-03-29T22:00:00+02:00", Person: "c"}}
	s := tell(t, file, "2026-01-01T00:00:00Z")
	s.do(AddOverride{By: lead, Override: Override{From: "2026-01-10T00:00:00Z", To: "2026-01-11T00:00:00.5Z", Person: "b", Replaces: "a", Note: "gym"}}, "2026-01-06T00:00:00Z")
	s.do(RequestCover{By: lead, Person: "a", From: at(t, "2026-01-08T00:00:00Z"), To: at(t, "2026-01-09T00:00:00Z")}, "2026-01-06T00:00:00Z")
	var got []string
	for _, c := range s.record.Standing(at(t, "2026-01-07T00:00:00Z")) {
		got = append(got, c.Text)
	}
	want := []string{
		"a asks for cover Thu 8 Jan 01:00 to Fri 9 Jan 01:00 CET",
		"override: b for a, 2026-01-10 01:00 to 2026-01-11 01:00:00 CET (gym)",
		"override: c for a, 2026-02-01T09:00:00 to 2026-02-01T17:00:00",
		"override: c added, 2026-03-29 00:00 CET to 2026-03-29 22:00 CEST",
	}
	if !slices.Equal(got, want) {
		t.Errorf("standing: %q\nwant %q", got, want)
	}
	p, err := CompileRecord(s.record, NewZones(nil))
	if err != nil {
		t.Fatal(err)
	}
	if d := p.OnCall(at(t, "2026-01-10T12:00:00Z")); len(d) != 1 || d[0].Why != "override: b for a, 2026-01-10 01:00 to 2026-01-11 01:00:00 CET, by lead1 (gym)" {
		t.Errorf("on call: %+v", d)
	}
}

func TestStanding(t *testing.T) {
	file := weekly("a b")
	file.TimeOff = []TimeOff{{Person: "b", From: "2026-03-01", To: "2026-03-02"}}
	s := tell(t, file, "2026-01-01T00:00:00Z")
	s.do(AddOverride{By: lead, Override: Override{From: "2026-01-10T00:00:00Z", To: "2026-01-11T00:00:00Z", Person: "b", Replaces: "a", Note: "gym"}}, "2026-01-06T00:00:00Z")
	s.do(AddOverride{By: lead, Override: Override{From: "2026-01-10T00:00:00Z", To: "2026-01-12T00:00:00Z", Person: "b"}}, "2026-01-06T00:00:00Z")
	s.do(RemoveOverride{By: lead, ID: "O3"}, "2026-01-06T00:00:00Z")
	s.do(SetShadow{By: lead, Shadow: Shadow{Person: "n", With: "a"}}, "2026-01-06T00:00:00Z")
	s.do(RequestCover{By: lead, Person: "a", From: at(t, "2026-01-08T00:00:00Z"), To: at(t, "2026-01-09T00:00:00Z")}, "2026-01-06T00:00:00Z")
	list := func(now string) (out []string) {
		for _, c := range s.record.Standing(at(t, now)) {
			out = append(out, c.ID+" "+c.Kind+" "+c.Person+": "+c.Text)
		}
		return out
	}
	want := []string{
		"S4 shadow n: n shadows a",
		"R5 cover a: a asks for cover Thu 8 Jan 00:00 to Fri 9 Jan 00:00 UTC",
		"O2 override a: override: b for a, 2026-01-10 00:00 to 2026-01-11 00:00 UTC (gym)",
		"T1 time_off b: b is away from 2026-03-01 to 2026-03-02",
	}
	if got := list("2026-01-07T00:00:00Z"); !slices.Equal(got, want) {
		t.Errorf("standing: %q\nwant %q", got, want)
	}
	if got := list("2026-01-20T00:00:00Z"); !slices.Equal(got, []string{want[0], want[3]}) {
		t.Errorf("standing later: %q", got)
	}
}

func TestHistoryIsFoldedAndStillAnswers(t *testing.T) {
	s := tell(t, weekly("a b c"), "2026-01-01T00:00:00Z")
	now := at(t, "2026-01-01T12:00:00Z")
	var asked []time.Time
	whole := s.record
	for i := range 150 {
		when := now.AddDate(0, 0, 7*i)
		o := Override{From: rfc(when.AddDate(0, 0, 2)), To: rfc(when.AddDate(0, 0, 3)), Person: "x", Replaces: []string{"a", "b", "c"}[i%3]}
		events, err := Decide(s.record, AddOverride{By: lead, Override: o}, when, nil)
		if err != nil {
			t.Fatal(err)
		}
		if i == 20 {
			more, err := Decide(Apply(s.record, events[0]), ApplyFile{By: lead, Schedule: weekly("d a b c")}, when, nil)
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, more...)
		}
		for _, e := range events {
			s.record, whole = Apply(s.record, e), Apply(whole, e)
		}
		if due, ok := NextDue(s.record); ok && !due.After(when) {
			before := s.record.Seq
			s.do(Tick{}, rfc(when))
			if due, ok := NextDue(s.record); s.record.Seq == before || ok && !due.After(when) {
				t.Fatalf("at %v a tick that was due did nothing, or is due again at %v", when, due)
			}
		}
		asked = append(asked, when.AddDate(0, 0, 2).Add(time.Hour), when.AddDate(0, 0, 4))
	}
	if len(s.history) < 10 || len(s.history) > 40 || len(s.record.Overrides) > 75 || len(s.record.Versions) != 1 {
		t.Errorf("%d folds, %d overrides and %d versions are left", len(s.history), len(s.record.Overrides), len(s.record.Versions))
	}
	all, err := CompileRecord(whole, nil)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := CompileRecord(s.record.With(s.history...), nil)
	if err != nil {
		t.Fatal(err)
	}
	short, err := CompileRecord(s.record, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, when := range asked {
		want := People(all.OnCall(when))
		if got := People(kept.OnCall(when)); !reflect.DeepEqual(got, want) {
			t.Errorf("at %v: got %v with history, want %v", when, got, want)
		}
		if got := People(short.OnCall(when)); when.After(*s.record.FoldedUntil) && !reflect.DeepEqual(got, want) {
			t.Errorf("at %v: got %v, want %v", when, got, want)
		}
	}
}

func TestShiftsKeepTheirStartsAcrossVersions(t *testing.T) {
	s := tell(t, weekly("a b"), "2026-01-01T00:00:00Z")
	later := rota("UTC", Weekly, 1, "2026-01-05T10:00:00", "a b")
	later.Overrides = []Override{{From: "2026-01-08T00:00:00Z", To: "2026-01-09T00:00:00Z", Person: "x", Replaces: "b"}}
	s.do(ApplyFile{By: lead, Schedule: later, AllowGaps: true}, "2026-01-14T00:00:00Z")
	p, err := CompileRecord(s.record, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{"2026-01-01T00:00:00Z", "2026-01-13T00:00:00Z", "2026-01-15T00:00:00Z"} {
		var got string
		for _, shift := range p.WholeShifts(at(t, from), at(t, "2026-01-16T00:00:00Z")) {
			got = shift.Person + shift.Start.Format(" 02T15 ") + shift.End.Format("02T15")
		}
		if got != "b 12T09 19T10" {
			t.Errorf("from %s: got %q", from, got)
		}
	}
}

func TestManyVersionsAreFoldedEarly(t *testing.T) {
	s := tell(t, weekly("a b"), "2026-01-01T00:00:00Z")
	now := at(t, "2026-01-05T12:00:00Z")
	var want []string
	for i := range 100 {
		when := now.Add(time.Duration(i) * time.Hour)
		s.do(ApplyFile{By: lead, Schedule: weekly([]string{"x y", "y z", "z x"}[i%3])}, rfc(when))
		p, err := CompileRecord(s.record, nil)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, rfc(when)+" "+strings.Join(People(p.OnCall(when)), " "))
		if due, ok := NextDue(s.record); ok != (len(s.record.Versions) > 1) || !due.After(when) != (len(s.record.Versions) > 90) {
			t.Fatalf("with %d versions it is due at %v, %v", len(s.record.Versions), due, ok)
		}
		if due, _ := NextDue(s.record); !due.After(when) {
			s.do(Tick{}, rfc(when))
		}
	}
	if n := len(s.record.Versions); n != 70 || len(s.history) != 1 {
		t.Errorf("%d versions are left after %d folds", n, len(s.history))
	}
	s.then(want...)
	if first := s.record.Versions[0].EffectiveAt; !first.Equal(*s.record.FoldedUntil) {
		t.Errorf("folded until %v, and the first version begins at %v", s.record.FoldedUntil, first)
	}
}

func TestHistoryComesBackInItsOrder(t *testing.T) {
	s := tell(t, weekly("a b"), "2026-01-01T00:00:00Z")
	stored := func(id string, seq int64, o Override) StoredOverride {
		return StoredOverride{Made: Made{ID: id, Source: FromChat, Zone: "UTC"}, Seq: seq, Override: o}
	}
	first := stored("O1", 1, Override{From: "2026-01-06T00:00:00Z", To: "2026-01-07T00:00:00Z", Person: "x", Replaces: "a"})
	second := stored("O2", 2, Override{From: "2026-01-06T00:00:00Z", To: "2026-06-01T00:00:00Z", Person: "y", Replaces: "x"})
	s.record.Overrides, s.history = []StoredOverride{second}, []Folded{{Overrides: []StoredOverride{first}}}
	s.then("2026-01-06T12:00:00Z y")
}

func TestUnknownEventsChangeNothing(t *testing.T) {
	s := tell(t, weekly("a b"), "2026-01-01T00:00:00Z")
	next := Apply(s.record, Event{Kind: "from_the_future"})
	s.record.Seq++
	if !reflect.DeepEqual(next, s.record) {
		t.Errorf("got %+v, want %+v", next, s.record)
	}
}

func TestPreviewFile(t *testing.T) {
	s := tell(t, weekly("dev1 dev2"), "2026-01-01T00:00:00Z")
	before := s.record
	file := weekly("dev1 dev2")
	file.Overrides = []Override{{From: "2026-01-20T09:00:00Z", To: "2026-01-22T09:00:00Z", Person: "dev2", Replaces: "dev1"}}
	got, err := PreviewFile(s.record, ApplyFile{By: lead, Schedule: file}, at(t, "2026-01-14T00:00:00Z"), 30*24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"on call afterwards: dev2; from Mon 19 Jan 2026 09:00 UTC: dev1", "dev1 loses two nights (one stretch, 48 h)", "dev2 gains two nights (one stretch, 48 h)"}
	if !reflect.DeepEqual(got.Change.Sentences, want) || len(got.Events) != 1 || len(got.Conflicts)+len(got.Warnings) != 0 {
		t.Errorf("got %+v", got)
	}
	if !reflect.DeepEqual(before, s.record) {
		t.Error("a preview changed the record")
	}
	first, err := PreviewFile(Record{}, ApplyFile{By: lead, Schedule: weekly("")}, at(t, "2026-01-14T00:00:00Z"), 24*time.Hour)
	if err != nil || len(first.Change.NewGaps) != 1 || len(first.Warnings) != 1 {
		t.Errorf("got %+v, %v", first, err)
	}
}
