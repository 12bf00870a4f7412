package oncall

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// standing is a layer that is always one person.
func standing(name, person, zone string, windows ...Window) Layer {
	return Layer{Name: name, Hours: windows, Rotation: Rotation{Type: Daily, Start: "2020-01-01T00:00:00", People: strings.Fields(person), TimeZone: zone}}
}

func TestAdjacentWindowsTileTheAutumnNight(t *testing.T) { // case 21
	p := mustCompile(t, Schedule{Name: "test", TimeZone: losAngeles, Layers: []Layer{
		standing("L1", "a", "", Window{days("sun"), "00:00", "01:30"}),
		standing("L2", "b", "", Window{days("sun"), "01:30", "09:00"}),
	}})
	var got []string
	for _, s := range p.Shifts(at(t, "2025-11-02T00:00:00Z"), at(t, "2025-11-03T00:00:00Z")) {
		if n := len(got); n > 0 && strings.HasSuffix(got[n-1], s.Start.Format("15:04 ")+s.Person) {
			continue
		}
		got = append(got, s.Start.Format("15:04 ")+s.End.Format("15:04 ")+s.Person)
	}
	if want := []string{"07:00 08:30 a", "08:30 17:00 b"}; !slices.Equal(joinTurns(got), want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// joinTurns joins neighbouring "from to person" of one person.
func joinTurns(list []string) []string {
	var out []string
	for _, line := range list {
		f := strings.Fields(line)
		if n := len(out); n > 0 {
			if g := strings.Fields(out[n-1]); g[2] == f[2] && g[1] == f[0] {
				out[n-1] = g[0] + " " + f[1] + " " + f[2]
				continue
			}
		}
		out = append(out, line)
	}
	return out
}

func TestFollowTheSunOpensSeams(t *testing.T) { // case 23
	weekdays := days("mon tue wed thu fri")
	p := mustCompile(t, Schedule{Name: "test", TimeZone: "UTC", Layers: []Layer{
		standing("America", "a", losAngeles, Window{weekdays, "08:00", "17:00"}),
		standing("Europe", "e", berlin, Window{weekdays, "09:00", "17:00"}),
		standing("Asia", "s", "Asia/Singapore", Window{weekdays, "09:00", "16:00"}),
	}})
	tests := []struct {
		day  string
		want []string
	}{
		{"2025-03-05", []string{}},
		{"2025-03-12", []string{"2025-03-12T00:00:00Z 2025-03-12T01:00:00Z"}},
		{"2025-04-02", []string{"2025-04-02T00:00:00Z 2025-04-02T01:00:00Z"}},
		{"2025-10-29", []string{"2025-10-29T00:00:00Z 2025-10-29T01:00:00Z"}},
	}
	for _, test := range tests {
		if got := gapsOf(t, p, test.day+"T00:00:00Z", test.day+"T23:00:00Z"); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.day, got, test.want)
		}
	}
}

func TestEmptyLayersAreTransparent(t *testing.T) { // case 24
	lower := standing("lower", "a", "")
	tests := []struct {
		name string
		top  Layer
		want string
	}{
		{"no people", standing("top", "", ""), "a"},
		{"closed", standing("top", "b", "", Window{days("sun"), "09:00", "17:00"}), "a"},
		{"not started", Layer{Name: "top", Rotation: Rotation{Type: Daily, Start: "2030-01-01T00:00:00", People: []string{"b"}}}, "a"},
		{"layer not started", Layer{Name: "top", Start: "2030-01-01T00:00:00", Rotation: Rotation{Type: Daily, Start: "2020-01-01T00:00:00", People: []string{"b"}}}, "a"},
		{"over", Layer{Name: "top", End: "2021-01-01T00:00:00", Rotation: Rotation{Type: Daily, Start: "2020-01-01T00:00:00", People: []string{"b"}}}, "a"},
		{"standing", standing("top", "b", ""), "b"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := mustCompile(t, Schedule{Name: "test", TimeZone: "UTC", Layers: []Layer{lower, test.top}})
			if got := who(t, p, "2025-03-05T12:00:00Z"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			agree(t, p, at(t, "2025-03-05T12:00:00Z"))
		})
	}
}

func TestOverrides(t *testing.T) { // cases 25 to 29
	weekly := rota(losAngeles, Weekly, 1, "2025-01-06T09:00:00", "a b")
	tests := []struct {
		name      string
		overrides []Override
		want      []string
	}{
		{"25 replace ends with the shift", []Override{{From: "2025-01-11T00:00:00Z", To: "2025-01-15T00:00:00Z", Person: "z", Replaces: "a"}},
			[]string{"2025-01-10T23:59:59Z a", "2025-01-11T00:00:00Z z", "2025-01-13T16:59:59Z z", "2025-01-13T17:00:00Z b", "2025-01-15T00:00:00Z b"}},
		{"26 override of an override", []Override{
			{From: "2025-01-08T00:00:00Z", To: "2025-01-11T00:00:00Z", Person: "b", Replaces: "a"},
			{From: "2025-01-09T00:00:00Z", To: "2025-01-09T06:00:00Z", Person: "c", Replaces: "b"}},
			[]string{"2025-01-08T12:00:00Z b", "2025-01-09T03:00:00Z c", "2025-01-09T05:59:59Z c", "2025-01-09T06:00:00Z b"}},
		{"26 the other way round has no effect", []Override{
			{From: "2025-01-09T00:00:00Z", To: "2025-01-09T06:00:00Z", Person: "c", Replaces: "b"},
			{From: "2025-01-08T00:00:00Z", To: "2025-01-11T00:00:00Z", Person: "b", Replaces: "a"}},
			[]string{"2025-01-09T03:00:00Z b"}},
		{"27 replaced person is not on call", []Override{{From: "2025-01-08T00:00:00Z", To: "2025-01-09T00:00:00Z", Person: "z", Replaces: "b"}},
			[]string{"2025-01-08T12:00:00Z a"}},
		{"28 same digits, one hour apart", []Override{{From: "2025-11-02T01:30:00-07:00", To: "2025-11-02T01:30:00-08:00", Person: "z"}},
			[]string{"2025-11-02T08:29:59Z a", "2025-11-02T08:30:00Z a z", "2025-11-02T09:29:59Z a z", "2025-11-02T09:30:00Z a"}},
		{"29 added twice is once", []Override{{From: "2025-01-08T00:00:00Z", To: "2025-01-09T00:00:00Z", Person: "a"}},
			[]string{"2025-01-08T12:00:00Z a"}},
		{"replacement already on call", []Override{
			{From: "2025-01-08T00:00:00Z", To: "2025-01-09T00:00:00Z", Person: "z"},
			{From: "2025-01-08T00:00:00Z", To: "2025-01-09T00:00:00Z", Person: "z", Replaces: "a"}},
			[]string{"2025-01-08T12:00:00Z z"}},
		{"taken off", []Override{{From: "2025-01-08T00:00:00Z", To: "2025-01-09T00:00:00Z", Replaces: "a"}},
			[]string{"2025-01-08T12:00:00Z ", "2025-01-09T00:00:00Z a"}},
		{"local wall time", []Override{{From: "2025-03-09T02:30:00", To: "2025-03-09T03:30:00", Person: "z"}},
			[]string{"2025-03-09T09:59:59Z a", "2025-03-09T10:00:00Z a z", "2025-03-09T10:30:00Z a"}},
		{"swap over one window", []Override{
			{From: "2025-01-10T00:00:00Z", To: "2025-01-20T00:00:00Z", Person: "b", Replaces: "a", Swap: "s1"},
			{From: "2025-01-10T00:00:00Z", To: "2025-01-20T00:00:00Z", Person: "a", Replaces: "b", Swap: "s1"}},
			[]string{"2025-01-09T00:00:00Z a", "2025-01-12T00:00:00Z b", "2025-01-15T00:00:00Z a", "2025-01-20T00:00:00Z b"}},
		{"parts of a second count", []Override{{From: "2025-01-08T00:00:00.5Z", To: "2025-01-08T00:00:00.75Z", Person: "z"}},
			[]string{"2025-01-08T00:00:00.4Z a", "2025-01-08T00:00:00.5Z a z", "2025-01-08T00:00:00.75Z a"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := weekly
			s.Overrides = test.overrides
			p := mustCompile(t, s)
			for _, line := range test.want {
				instant, want, _ := strings.Cut(line, " ")
				if got := who(t, p, instant); got != want {
					t.Errorf("at %s: got %q, want %q", instant, got, want)
				}
				agree(t, p, at(t, instant))
			}
		})
	}
}

func TestGaps(t *testing.T) { // cases 30 and 31
	if got := gapsOf(t, mustCompile(t, Schedule{Name: "test", TimeZone: "UTC"}), "2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"); !slices.Equal(got, []string{"2025-01-01T00:00:00Z 2025-02-01T00:00:00Z"}) {
		t.Errorf("no layers: got %q", got)
	}
	if got := gapsOf(t, mustCompile(t, rota("UTC", Daily, 1, "2020-01-01T00:00:00", "")), "2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"); !slices.Equal(got, []string{"2025-01-01T00:00:00Z 2025-02-01T00:00:00Z"}) {
		t.Errorf("no people: got %q", got)
	}
	p := mustCompile(t, Schedule{Name: "test", TimeZone: losAngeles, Layers: []Layer{
		standing("day", "a", "", Window{nil, "08:00", "20:00"}),
		standing("night", "b", "", Window{nil, "20:00", "07:59"}),
	}})
	want := []string{"2025-03-08T15:59:00Z 2025-03-08T16:00:00Z", "2025-03-09T14:59:00Z 2025-03-09T15:00:00Z"}
	if got := gapsOf(t, p, "2025-03-08T08:00:00Z", "2025-03-10T07:00:00Z"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := p.Gaps(at(t, "2025-03-08T08:00:00Z"), at(t, "2025-03-08T08:00:00Z")); got == nil || len(got) != 0 {
		t.Errorf("an empty range has gaps %v", got)
	}
}

func TestSecondaryIsNeverThePrimary(t *testing.T) { // case 34, the roster's side of it
	secondary := func(people string, offset int) *Plan {
		s := rota("UTC", Weekly, 1, "2025-01-06T09:00:00", people)
		s.Layers[0].Rotation.Offset = offset
		return mustCompile(t, s)
	}
	tests := []struct {
		people string
		offset int
		want   string
	}{{"a b", 1, "b"}, {"a b c", 1, "b"}, {"a b c", -1, "c"}, {"a", 1, ""}, {"a b", 2, ""}, {"a", 0, "a"}}
	for _, test := range tests {
		if got := who(t, secondary(test.people, test.offset), "2025-01-07T00:00:00Z"); got != test.want {
			t.Errorf("%q offset %d: got %q, want %q", test.people, test.offset, got, test.want)
		}
	}
}

func TestZoneDataDecides(t *testing.T) { // case 40
	s := rota("Africa/Casablanca", Daily, 1, "2026-11-19T09:00:00", "a b")
	for offset, want := range map[int]string{1: "2026-11-20T08:00:00Z", 0: "2026-11-20T09:00:00Z"} {
		zones := NewZones(func(string) (*time.Location, error) { return time.FixedZone("x", offset*3600), nil })
		p, err := Compile(s, zones)
		if err != nil {
			t.Fatal(err)
		}
		shifts := p.Shifts(at(t, "2026-11-20T00:00:00Z"), at(t, "2026-11-20T12:00:00Z"))
		if got := shifts[1].Start.Format(time.RFC3339); got != want {
			t.Errorf("offset %d: got %s, want %s", offset, got, want)
		}
	}
}

func TestHolidays(t *testing.T) {
	s := Schedule{Name: "test", TimeZone: berlin, Holidays: []Holiday{{Date: "2025-12-25", Days: 2, Name: "Christmas"}}, Layers: []Layer{
		standing("office", "a", "", Window{days("mon tue wed thu fri"), "09:00", "17:00"}),
		standing("holiday", "h", ""),
	}}
	s.Layers[0].Holidays, s.Layers[1].Holidays = "except", "only"
	p := mustCompile(t, s)
	for instant, want := range map[string]string{
		"2025-12-24T09:00:00+01:00": "a", "2025-12-24T23:59:59+01:00": "", "2025-12-25T00:00:00+01:00": "h",
		"2025-12-26T23:59:59+01:00": "h", "2025-12-27T00:00:00+01:00": "", "2025-12-29T09:00:00+01:00": "a",
	} {
		if got := who(t, p, instant); got != want {
			t.Errorf("at %s: got %q, want %q", instant, got, want)
		}
		agree(t, p, at(t, instant))
	}
}

func TestPools(t *testing.T) {
	pools := []Pool{{"dev", days("d1 d2 d3")}, {"sre", days("s1 s2")}}
	week := func(n int) string {
		return at(t, "2025-01-07T00:00:00Z").AddDate(0, 0, 7*n).Format(time.RFC3339)
	}
	tests := []struct {
		name     string
		rotation Rotation
		want     []string
	}{
		{"one of each", Rotation{Pools: days("dev sre"), Pattern: []string{"dev+sre"}}, []string{"d1 s1", "d2 s2", "d3 s1", "d1 s2"}},
		{"by turns", Rotation{Pools: days("dev sre"), Pattern: []string{"dev", "dev", "sre"}}, []string{"d1", "d2", "s1", "d3", "d1", "s2", "d2"}},
		{"at least one sre", Rotation{Pools: days("dev sre"), Seats: 2, Quota: []Quota{{"sre", 1}}}, []string{"s1 d1", "s2 s1", "s1 d2", "s2 d3"}},
		{"anybody", Rotation{Pools: days("dev sre")}, []string{"d1", "s1", "d2", "s2", "d3", "d1"}},
		{"two of two", Rotation{Pools: days("sre"), Pattern: []string{"sre+sre"}}, []string{"s1 s2", "s1 s2"}},
		{"three of two", Rotation{Pools: days("sre"), Pattern: []string{"sre+sre+sre"}}, []string{"s1 s2", "s2 s1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.rotation.Type, test.rotation.Start = Weekly, "2025-01-06T00:00:00"
			p := mustCompile(t, Schedule{Name: "test", TimeZone: "UTC", Pools: pools, Layers: []Layer{{Name: "main", Rotation: test.rotation}}})
			for i, want := range test.want {
				if got := who(t, p, week(i)); got != want {
					t.Errorf("week %d: got %q, want %q", i, got, want)
				}
			}
		})
	}
}

func TestShadows(t *testing.T) {
	s := rota("UTC", Weekly, 1, "2025-01-06T00:00:00", "a b")
	s.Shadows = []Shadow{
		{Person: "n", With: "a", To: "2025-02-01T00:00:00Z"},
		{Person: "n", With: "a", Kind: ReverseShadowKind, From: "2025-02-01T00:00:00Z", JoinAfter: "5m"},
	}
	p := mustCompile(t, s)
	duties := p.OnCall(at(t, "2025-01-07T00:00:00Z"))
	if len(duties) != 2 || duties[0].Person != "a" || duties[1].Person != "n" || duties[1].Kind != "shadow" || duties[1].With != "a" {
		t.Errorf("shadow: got %+v", duties)
	}
	if got := who(t, p, "2025-01-07T00:00:00Z"); got != "a" {
		t.Errorf("a shadow covers: got %q", got)
	}
	if duties := p.OnCall(at(t, "2025-01-14T00:00:00Z")); len(duties) != 1 {
		t.Errorf("a shadow follows somebody else: %+v", duties)
	}
	duties = p.OnCall(at(t, "2025-02-04T00:00:00Z"))
	if len(duties) != 2 || duties[0].Person != "n" || duties[0].Kind != "primary" || duties[1].Person != "a" ||
		duties[1].Kind != "reverse_shadow" || duties[1].JoinAfter != 5*time.Minute || duties[1].With != "n" {
		t.Errorf("reverse shadow: got %+v", duties)
	}
	agree(t, p, at(t, "2025-02-04T00:00:00Z"))
	agree(t, p, at(t, "2025-02-01T00:00:00Z"))
}

func TestCronHandoffs(t *testing.T) {
	s := rota(losAngeles, Cron, 1, "2025-03-03T09:00:00", "a b c")
	s.Layers[0].Rotation.Cron = "30 2 * * sun,wed"
	p := mustCompile(t, s)
	for instant, want := range map[string]string{
		"2025-03-03T17:00:00Z": "a", "2025-03-05T10:29:59Z": "a", "2025-03-05T10:30:00Z": "b",
		"2025-03-09T09:59:59Z": "b", "2025-03-09T10:00:00Z": "c", "2025-03-12T09:30:00Z": "a",
	} {
		if got := who(t, p, instant); got != want {
			t.Errorf("at %s: got %q, want %q", instant, got, want)
		}
	}
}

func TestWholeShiftsAreNotCut(t *testing.T) {
	s := rota("UTC", Weekly, 1, "2025-01-06T09:00:00", "a b")
	s.Overrides = []Override{{From: "2025-01-08T00:00:00Z", To: "2025-01-09T00:00:00Z", Person: "z", Replaces: "a"}}
	p := mustCompile(t, s)
	var got []string
	for _, shift := range p.WholeShifts(at(t, "2025-01-08T12:00:00Z"), at(t, "2025-01-13T10:00:00Z")) {
		got = append(got, shift.Start.Format("02T15 ")+shift.End.Format("02T15 ")+shift.Person)
	}
	if want := []string{"08T00 09T00 z", "09T00 13T09 a", "13T09 20T09 b"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	s.Overrides = append(s.Overrides, Override{From: "2025-01-15T00:00:00Z", To: "2025-01-16T00:00:00Z", Person: "z"})
	whole := mustCompile(t, s).WholeShifts(at(t, "2025-01-13T10:00:00Z"), at(t, "2025-01-14T00:00:00Z"))
	if len(whole) != 1 || !whole[0].End.Equal(at(t, "2025-01-20T09:00:00Z")) {
		t.Errorf("a shift beside which somebody is added later: %+v", whole)
	}
	added := Schedule{Name: "test", TimeZone: "UTC", Overrides: []Override{{From: "2025-01-01T00:00:00Z", To: "2025-02-01T00:00:00Z", Person: "z"}}}
	whole = mustCompile(t, added).WholeShifts(at(t, "2025-01-13T10:00:00Z"), at(t, "2025-01-14T00:00:00Z"))
	if len(whole) != 1 || !whole[0].Start.Equal(at(t, "2025-01-01T00:00:00Z")) || !whole[0].End.Equal(at(t, "2025-02-01T00:00:00Z")) {
		t.Errorf("an override alone: %+v", whole)
	}
	next := p.Next("b", at(t, "2025-01-08T12:00:00Z"), 3)
	if len(next) != 3 || next[2].Start.Format(time.DateOnly) != "2025-02-10" {
		t.Errorf("next shifts of b: %v", next)
	}
	if got := p.Next("nobody", at(t, "2025-01-08T12:00:00Z"), 3); len(got) != 0 {
		t.Errorf("next shifts of a stranger: %v", got)
	}
}

func TestLayersStartAndEnd(t *testing.T) {
	s := rota(berlin, Weekly, 1, "2025-01-06T09:00:00", "a b")
	s.Layers[0].Start, s.Layers[0].End = "2025-01-08T00:00:00", "2025-01-15T12:00:00+00:00"
	p := mustCompile(t, s)
	for instant, want := range map[string]string{
		"2025-01-07T22:59:59.999999Z": "", "2025-01-07T23:00:00Z": "a", "2025-01-13T08:00:00Z": "b",
		"2025-01-15T11:59:59.999999Z": "b", "2025-01-15T12:00:00Z": "", "2025-01-15T12:00:00.000001Z": "",
	} {
		if got := who(t, p, instant); got != want {
			t.Errorf("at %s: got %q, want %q", instant, got, want)
		}
		agree(t, p, at(t, instant))
	}
	shifts := p.Shifts(at(t, "2025-01-01T00:00:00Z"), at(t, "2025-02-01T00:00:00Z"))
	if last := shifts[len(shifts)-1]; !last.End.Equal(at(t, "2025-01-15T12:00:00Z")) || len(shifts) != 2 {
		t.Errorf("got %+v", shifts)
	}
}
