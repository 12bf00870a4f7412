package oncall

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-6 }

func TestBurdenCountsRealHoursInThePersonsOwnZone(t *testing.T) {
	s := rota(berlin, Weekly, 1, "2025-10-20T00:00:00", "a b")
	s.Holidays = []Holiday{{Date: "2025-10-31"}}
	p := mustCompile(t, s)
	from, to := at(t, "2025-10-20T00:00:00+02:00"), at(t, "2025-11-03T00:00:00+01:00")
	b, err := FindBurden([]*Plan{p}, BurdenInput{From: from, To: to, Zones: map[string]string{"b": losAngeles}, Pages: []Paged{
		{"a", at(t, "2025-10-21T23:00:00+02:00")}, {"a", at(t, "2025-10-22T03:00:00+02:00")}, {"a", at(t, "2025-10-22T12:00:00+02:00")},
		{"b", at(t, "2025-10-29T03:00:00+01:00")}, {"b", at(t, "2026-10-29T03:00:00+01:00")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	x, y := b.People[0], b.People[1]
	if x.Person != "a" || !near(x.Hours, 169) || x.Nights != 8 || !near(x.NightHours, 6+6*8+2+1) || !near(x.WeekendHours, 49) || x.HolidayHours != 0 {
		t.Errorf("a: %+v", x)
	}
	if x.PagesByDay != 1 || x.PagesByNight != 2 || x.InterruptedNights != 1 {
		t.Errorf("pages of a: %+v", x)
	}
	// b lives west: from 26 October 16:00 to 2 November 15:00 there, the last night having nine hours.
	if y.Person != "b" || !near(y.Hours, 168) || y.Nights != 7 || !near(y.NightHours, 7*8+1) || y.PagesByDay != 1 || y.PagesByNight != 0 || !near(y.HolidayHours, 24) {
		t.Errorf("b: %+v", y)
	}
	if !near(x.Hours+y.Hours, to.Sub(from).Hours()) {
		t.Errorf("the sum is %v, want %v", x.Hours+y.Hours, to.Sub(from).Hours())
	}
}

func TestBurdenListsThoseWithNothingAndPools(t *testing.T) {
	s := Schedule{Name: "test", TimeZone: "UTC", Pools: []Pool{{"dev", days("d1 d2")}, {"sre", days("s1")}},
		Layers: []Layer{{Name: "main", Rotation: Rotation{Type: Weekly, Start: "2026-01-05T00:00:00", Pools: days("dev sre"), Pattern: []string{"dev+sre"}}}}}
	p := mustCompile(t, s)
	b, err := FindBurden([]*Plan{p, p}, BurdenInput{From: at(t, "2026-01-05T00:00:00Z"), To: at(t, "2026-01-06T00:00:00Z")})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range b.People {
		got = append(got, l.Person)
		if want := map[string]float64{"d1": 24, "s1": 24}[l.Person]; !near(l.Hours, want) {
			t.Errorf("%s has %v hours, want %v", l.Person, l.Hours, want)
		}
	}
	if !slices.Equal(got, days("d1 d2 s1")) || len(b.Pools) != 2 || b.Pools[0].People != 2 || !near(b.Pools[0].Hours, 24) {
		t.Errorf("got %v and %+v", got, b.Pools)
	}
	if _, err := FindBurden([]*Plan{p}, BurdenInput{From: at(t, "2026-01-05T00:00:00Z"), To: at(t, "2026-01-06T00:00:00Z"), Zones: map[string]string{"d1": "Nowhere"}}); err == nil {
		t.Error("an unknown zone of a person is no error")
	}
}

func TestFairest(t *testing.T) {
	s := rota("UTC", Weekly, 1, "2026-01-05T09:00:00", "a b c d")
	s.TimeOff = []TimeOff{{Person: "d", From: "2026-01-07", To: "2026-01-07"}}
	p := mustCompile(t, s)
	b := Burden{People: []Load{{Person: "a", Hours: 1}, {Person: "b", Hours: 50}, {Person: "c", Hours: 30, NightHours: 25}}}
	got, ok := (Takers{[]*Plan{p}, b, nil}).Fairest(at(t, "2026-01-07T00:00:00Z"), at(t, "2026-01-08T00:00:00Z"))
	if !ok || got.Person != "b" { // a stands, d is away, c has had the nights
		t.Errorf("got %+v, %v", got, ok)
	}
	if _, ok := (Takers{[]*Plan{p}, b, nil}).Fairest(at(t, "2026-01-07T00:00:00Z"), at(t, "2026-01-08T00:00:00Z"), "b", "c"); ok {
		t.Error("somebody was suggested though nobody is free")
	}
	b.People[1].PagesByNight = 5 // nights that were woken weigh more than hours
	if got, _ := (Takers{[]*Plan{p}, b, nil}).Fairest(at(t, "2026-01-07T00:00:00Z"), at(t, "2026-01-08T00:00:00Z")); got.Person != "c" {
		t.Errorf("got %+v, want c, who was not paged", got)
	}
}

func TestFairestPrefersTheRested(t *testing.T) {
	s := rota("UTC", Weekly, 1, "2026-01-05T09:00:00", "a b c d")
	s.MinRest = "11h"
	p := mustCompile(t, s)
	b := Burden{People: []Load{{Person: "a"}, {Person: "b"}, {Person: "c", Hours: 30}, {Person: "d"}}}
	from, to := at(t, "2026-01-12T09:00:00Z"), at(t, "2026-01-19T09:00:00Z") // b's week: a comes off before it, c on after it
	if got, ok := (Takers{[]*Plan{p}, b, nil}).Fairest(from, to, "b"); !ok || got.Person != "d" || !strings.Contains(got.Why, "rested") {
		t.Errorf("got %+v, %v, want d", got, ok)
	}
	if got, ok := (Takers{[]*Plan{p}, b, nil}).Fairest(from, to, "b", "d"); !ok || got.Person != "a" || !strings.Contains(got.Why, "less than 11h of rest") {
		t.Errorf("got %+v, %v, want a, who would rest too little", got, ok)
	}
}

// TestNobodyTakesOverForAges: a mistyped year must not be walked through shift by shift.
func TestNobodyTakesOverForAges(t *testing.T) {
	s := rota("UTC", Weekly, 1, "2026-01-05T09:00:00", "b")
	s.Layers = append(s.Layers, Layer{Name: "above", Rotation: Rotation{Type: Hourly, Start: "2026-01-05T09:00:00", People: days("a")}}) // b is free for ever
	p, b := mustCompile(t, s), Burden{}
	if got, ok := (Takers{[]*Plan{p}, b, nil}).Fairest(at(t, "2026-01-07T00:00:00Z"), at(t, "9999-01-01T00:00:00Z")); ok {
		t.Errorf("for eight thousand years %+v would take over", got)
	}
}

// TestFairestStaysInTheRotation: who stands in office hours only is not asked for
// nights while somebody who stands at night is free.
func TestFairestStaysInTheRotation(t *testing.T) {
	s := rota("UTC", Weekly, 1, "2026-01-05T09:00:00", "s1 s2 s3")
	s.Layers = append(s.Layers, Layer{Name: "office", Rotation: Rotation{Type: Daily, Start: "2026-01-05T09:00:00", People: days("d1 d2")}, Hours: []Window{{days("mon tue wed thu fri"), "09:00", "17:00"}}})
	p := mustCompile(t, s)
	b := Burden{People: []Load{{Person: "s2", Hours: 300, NightHours: 100}, {Person: "s3", Hours: 300, NightHours: 110}, {Person: "d1", Hours: 40}, {Person: "d2", Hours: 50}}}
	for _, tc := range []struct{ from, to, except, want string }{
		{"2026-01-06T22:00:00Z", "2026-01-07T06:00:00Z", "s1", "s2"},
		{"2026-01-06T09:00:00Z", "2026-01-06T17:00:00Z", "d2", "d1"},
		{"2026-01-06T22:00:00Z", "2026-01-07T06:00:00Z", "s2 s3", "d1 of another rotation"},
	} {
		got, _ := (Takers{[]*Plan{p}, b, nil}).Fairest(at(t, tc.from), at(t, tc.to), days(tc.except)...)
		want, why, _ := strings.Cut(tc.want, " ")
		if got.Person != want || !strings.Contains(got.Why, why) {
			t.Errorf("from %s: got %+v, want %s", tc.from, got, tc.want)
		}
	}
}

func TestTakersLookAtAllSchedules(t *testing.T) {
	one, two, far := rota("UTC", Weekly, 1, "2026-01-05T09:00:00", "a b c"), rota("UTC", Daily, 1, "2026-01-05T09:00:00", "b"), rota("UTC", Daily, 1, "2026-01-05T09:00:00", "x")
	two.Name, far.Name = "two", "far"
	far.Overrides = []Override{{From: "2026-01-07T00:00:00Z", To: "2026-01-07T12:00:00Z", Person: "c"}}
	plans := []*Plan{mustCompile(t, one), mustCompile(t, two), mustCompile(t, far)}
	in := BurdenInput{From: at(t, "2026-01-05T00:00:00Z"), To: at(t, "2026-02-05T00:00:00Z")}
	takers, err := NewTakers(plans, in)
	if err != nil {
		t.Fatal(err)
	}
	// b is on call elsewhere all the time, and c in the morning by an override.
	if got, ok := takers.Fairest(at(t, "2026-01-07T06:00:00Z"), at(t, "2026-01-07T18:00:00Z"), "a"); ok {
		t.Errorf("suggested %+v, and nobody is free", got)
	}
	if got, ok := takers.Fairest(at(t, "2026-01-07T12:00:00Z"), at(t, "2026-01-07T18:00:00Z"), "a"); !ok || got.Person != "c" {
		t.Errorf("suggested %+v, %v, want c", got, ok)
	}
	if _, ok := (Takers{}).Fairest(in.From, in.To); ok {
		t.Error("somebody was suggested for no schedule")
	}
	in.Zones = map[string]string{"a": "Nowhere"}
	if _, err := NewTakers(plans, in); err == nil {
		t.Error("an unknown zone of a person is no error")
	}
}

func TestConflicts(t *testing.T) {
	one, two := rota("UTC", Weekly, 1, "2026-01-05T09:00:00", "a b"), rota("UTC", Weekly, 1, "2026-01-05T12:00:00", "b a")
	two.Name = "other"
	got := Conflicts([]*Plan{mustCompile(t, one), mustCompile(t, two)}, at(t, "2026-01-05T00:00:00Z"), at(t, "2026-01-19T12:00:00Z"))
	if len(got) != 2 || got[0].Kind != DoubleBooking || got[0].Text != "b is on call for test and other, 09:00 to 12:00 on 12 January 2026 UTC" {
		t.Errorf("double bookings: %+v", got)
	}
	rested := hours(rota("UTC", Daily, 1, "2026-01-05T00:00:00", "a"), Window{nil, "06:00", "20:00"})
	rested.MinRest = "11h"
	got = Conflicts([]*Plan{mustCompile(t, rested)}, at(t, "2026-01-05T00:00:00Z"), at(t, "2026-01-07T00:00:00Z"))
	if len(got) != 1 || got[0].Kind != ShortRest || !strings.Contains(got[0].Text, "rests only 10h between") {
		t.Errorf("rests: %+v", got)
	}
	rested.MinRest = "10h"
	if got = Conflicts([]*Plan{mustCompile(t, rested)}, at(t, "2026-01-05T00:00:00Z"), at(t, "2026-01-07T00:00:00Z")); len(got) != 0 {
		t.Errorf("just enough rest: %+v", got)
	}
	unbroken := rota("UTC", Daily, 1, "2026-01-05T00:00:00", "a")
	unbroken.MinRest = "11h"
	if got = Conflicts([]*Plan{mustCompile(t, unbroken)}, at(t, "2026-01-05T00:00:00Z"), at(t, "2026-01-08T00:00:00Z")); len(got) != 0 {
		t.Errorf("turns without a break between them are no rest: %+v", got)
	}
	festive := rota(berlin, Weekly, 1, "2026-01-05T09:00:00", "a b")
	festive.Holidays = []Holiday{{Date: "2026-01-12", Name: "Founders' day"}}
	got = Conflicts([]*Plan{mustCompile(t, festive)}, at(t, "2026-01-05T00:00:00Z"), at(t, "2026-02-01T00:00:00Z"))
	if len(got) != 2 || got[0].Kind != OnHoliday || got[1].Text != "b is on call for test on Founders' day, 09:00 to 24:00 on 12 January 2026 CET" {
		t.Errorf("holidays: %+v", got)
	}
	festive.Layers = append(festive.Layers, standing("holiday", "h", ""))
	festive.Layers[1].Holidays = "only"
	if got = Conflicts([]*Plan{mustCompile(t, festive)}, at(t, "2026-01-05T00:00:00Z"), at(t, "2026-02-01T00:00:00Z")); len(got) != 0 {
		t.Errorf("covered holidays: %+v", got)
	}
	added := rota("UTC", Weekly, 1, "2026-01-05T09:00:00", "a b")
	added.Overrides = []Override{{From: "2026-01-06T00:00:00Z", To: "2026-01-07T00:00:00Z", Person: "z"}}
	overlaps := mustCompile(t, added).Overlaps(at(t, "2026-01-01T00:00:00Z"), at(t, "2026-02-01T00:00:00Z"))
	if len(overlaps) != 1 || overlaps[0].End != at(t, "2026-01-07T00:00:00Z") || !strings.HasPrefix(overlaps[0].Text, "a and z are on call at once") {
		t.Errorf("overlaps: %+v", overlaps)
	}
}

func TestDiffSaysWhoGainsNights(t *testing.T) {
	old := rota(berlin, Daily, 1, "2026-03-23T09:00:00", "dev1 dev2")
	next := rota(berlin, Daily, 1, "2026-03-23T09:00:00", "dev1 dev2")
	next.Overrides = []Override{
		{From: "2026-03-25T09:00:00", To: "2026-03-26T09:00:00", Person: "dev2", Replaces: "dev1"},
		{From: "2026-03-27T09:00:00", To: "2026-03-28T09:00:00", Person: "dev2", Replaces: "dev1"},
		{From: "2026-03-30T02:00:00", To: "2026-03-30T03:00:00", Replaces: "dev1"},
	}
	c := Diff(mustCompile(t, old), mustCompile(t, next), at(t, "2026-03-24T00:00:00Z"), at(t, "2026-04-10T00:00:00Z"))
	want := []string{
		"on call afterwards: dev1; from Tue 24 Mar 2026 09:00 CET: dev2",
		"dev1 loses two nights (three stretches, 49 h)",
		"dev2 gains two nights (two stretches, 48 h)",
		"gap 02:00 to 03:00 on 30 March 2026 CEST",
	}
	if !slices.Equal(c.Sentences, want) {
		t.Errorf("got %q, want %q", c.Sentences, want)
	}
	if len(c.NewGaps) != 1 || c.People[1].NightsGained != 2 || !near(c.People[1].HoursGained, 48) {
		t.Errorf("got %+v", c)
	}
	same := Diff(mustCompile(t, old), mustCompile(t, old), at(t, "2026-03-24T00:00:00Z"), at(t, "2026-04-10T00:00:00Z"))
	if !slices.Equal(same.Sentences, []string{"nothing changes for anybody"}) {
		t.Errorf("the same plan: %q", same.Sentences)
	}
	back := Diff(mustCompile(t, next), mustCompile(t, old), at(t, "2026-03-24T00:00:00Z"), at(t, "2026-04-10T00:00:00Z"))
	if len(back.ClosedGaps) != 1 || len(back.NewGaps) != 0 {
		t.Errorf("the way back: %+v", back)
	}
	first := Diff(nil, mustCompile(t, old), at(t, "2026-03-22T00:00:00Z"), at(t, "2026-03-24T00:00:00Z"))
	if len(first.NewGaps) != 1 || len(first.People) != 1 {
		t.Errorf("from nothing: %+v", first)
	}
}

func TestPlansDoNotRepeatThemselves(t *testing.T) {
	was, is := rota(berlin, Daily, 1, "2026-01-05T00:00:00", "a"), hours(rota(berlin, Daily, 1, "2026-01-05T00:00:00", "a"), Window{nil, "09:00", "08:00"})
	is.Overrides = []Override{{From: "2026-03-10T10:00:00", To: "2026-03-10T11:00:00", Replaces: "a"}}
	c := Diff(mustCompile(t, was), mustCompile(t, is), at(t, "2026-03-01T00:00:00Z"), at(t, "2026-04-01T00:00:00Z"))
	var gaps []string
	for _, s := range c.Sentences {
		if strings.HasPrefix(s, "gap ") {
			gaps = append(gaps, s)
		}
	}
	want := []string{"gap 08:00 to 09:00 on 1 March 2026 CET, and 30 more times like that until 31 March 2026", "gap 10:00 to 11:00 on 10 March 2026 CET"}
	if !slices.Equal(gaps, want) {
		t.Errorf("got %q, want %q", gaps, want)
	}
	office := hours(rota(berlin, Daily, 1, "2026-01-05T00:00:00", "a"), Window{days("mon tue wed thu fri"), "09:00", "17:00"})
	over := office
	over.Layers = slices.Clone(office.Layers)
	over.Layers[0].End = "2026-03-20T12:00:00"
	ended := Diff(nil, mustCompile(t, over), at(t, "2026-03-02T08:00:00Z"), at(t, "2026-04-01T00:00:00Z"))
	gaps = ended.gapSentences()
	want = []string{"gap 2 March 2026 17:00 to 3 March 2026 09:00 CET, and 11 more times like that until 19 March 2026", "gap 6 March 2026 17:00 to 9 March 2026 09:00 CET",
		"gap 13 March 2026 17:00 to 16 March 2026 09:00 CET", "gap from Fri 20 Mar 2026 12:00 CET on"}
	if !slices.Equal(gaps, want) {
		t.Errorf("got %q, want %q", gaps, want)
	}
	back := Diff(mustCompile(t, is), mustCompile(t, was), at(t, "2026-03-01T00:00:00Z"), at(t, "2026-03-04T00:00:00Z"))
	if got := back.Sentences[len(back.Sentences)-1]; got != "no gap any more 08:00 to 09:00 on 3 March 2026 CET" {
		t.Errorf("the last sentence is %q", got)
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{"10m": 10 * time.Minute, "3d": 72 * time.Hour, "1d12h": 36 * time.Hour, "0s": 0, "90s": 90 * time.Second} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "d", "-3d", "3", "1d-2h", "1d+2h", "99999d", "h", "1w", "-5m", "+5m", "900000h"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q is %v, want an error", text, got)
		}
	}
	for d, want := range map[time.Duration]string{10 * time.Minute: "10m", 72 * time.Hour: "3d", 90 * time.Minute: "1h30m", 11 * time.Hour: "11h", 30 * time.Second: "30s"} {
		if got := shortDuration(d); got != want {
			t.Errorf("%v is written %s, want %s", d, got, want)
		}
	}
}

func TestTimeOffInTwoSchedulesIsOneConflictEach(t *testing.T) {
	one, two := rota("UTC", Weekly, 1, "2026-01-05T09:00:00", "a"), rota("UTC", Weekly, 1, "2026-01-05T09:00:00", "b")
	two.Name = "other"
	one.TimeOff = []TimeOff{{Person: "a", From: "2026-01-10", To: "2026-01-11"}, {Person: "a", From: "2026-02-10", To: "2026-02-11"}}
	two.TimeOff = one.TimeOff
	got := Conflicts([]*Plan{mustCompile(t, one), mustCompile(t, two)}, at(t, "2026-01-05T00:00:00Z"), at(t, "2026-03-01T00:00:00Z"))
	if len(got) != 2 || got[0].Start != at(t, "2026-01-10T00:00:00Z") || got[1].Start != at(t, "2026-02-10T00:00:00Z") {
		t.Errorf("conflicts: %+v", got)
	}
}

// TestBurdenAddsUpExactly: hours are added as seconds, or 96 of them become
// 96.00000000000001.
func TestBurdenAddsUpExactly(t *testing.T) {
	p := mustCompile(t, rota(berlin, Daily, 1, "2026-01-05T00:00:00", "a"))
	for second := range 50 {
		from := at(t, "2026-01-10T07:35:00+01:00").Add(time.Duration(second) * time.Second)
		b, err := FindBurden([]*Plan{p}, BurdenInput{From: from, To: from.AddDate(0, 0, 14)})
		if err != nil {
			t.Fatal(err)
		}
		if x := b.People[0]; x.WeekendHours != 96 || x.NightHours != 14*8 {
			t.Fatalf("from %s: %v hours at weekends, %v at night", from, x.WeekendHours, x.NightHours)
		}
	}
}
