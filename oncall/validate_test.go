package oncall

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestValidate(t *testing.T) {
	good := func() Schedule { return rota(berlin, Weekly, 1, "2026-01-05T09:00:00", "dev1 sre1") }
	tests := []struct {
		name   string
		change func(*Schedule)
		want   string // "path: words", nothing when it is legal
	}{
		{"good", func(s *Schedule) {}, ""},
		{"no layers", func(s *Schedule) { s.Layers = nil }, ""},
		{"empty rotation", func(s *Schedule) { s.Layers[0].Rotation.People = nil }, ""},
		{"start as an instant", func(s *Schedule) { s.Layers[0].Rotation.Start = "2026-01-05T09:00:00+09:00" }, ""},
		{"overlapping overrides", func(s *Schedule) {
			o := Override{From: "2026-02-01T09:00:00+01:00", To: "2026-02-02T09:00:00+01:00", Person: "sre1", Replaces: "dev1"}
			s.Overrides = []Override{o, o}
		}, ""},
		{"24:00", func(s *Schedule) { s.Layers[0].Hours = []Window{{nil, "09:00", "24:00"}} }, ""},
		{"no name", func(s *Schedule) { s.Name = "" }, "name: has no name"},
		{"a name that is read backwards", func(s *Schedule) { s.Name = "\u202etuokcehc" }, "name: characters that cannot be seen"},
		{"a name with a NUL", func(s *Schedule) { s.Layers[0].Name = "a\x00" }, "layers[0].name: characters that cannot be seen"},
		{"somebody with a line break", func(s *Schedule) { s.Layers[0].Rotation.People = []string{"dev1\n"} }, "layers[0].rotation.people[0]: characters that cannot be seen"},
		{"unknown zone", func(s *Schedule) { s.TimeZone = "Europe/Berln" }, "time_zone: did you mean Europe/Berlin?"},
		{"city alone", func(s *Schedule) { s.TimeZone = "berlin" }, "time_zone: did you mean Europe/Berlin?"},
		{"windows zone", func(s *Schedule) { s.TimeZone = "W. Europe Standard Time" }, "time_zone: did you mean Europe/Berlin?"},
		{"no zone", func(s *Schedule) { s.TimeZone = "" }, "time_zone: missing"},
		{"local zone", func(s *Schedule) { s.TimeZone = "Local" }, "time_zone: unknown time zone"},
		{"path as zone", func(s *Schedule) { s.TimeZone = "../../etc/passwd" }, "time_zone: unknown time zone"},
		{"rotation's zone", func(s *Schedule) { s.Layers[0].Rotation.TimeZone = "Mars/Base" }, "layers[0].rotation.time_zone: unknown time zone"},
		{"unknown person", func(s *Schedule) { s.Layers[0].Rotation.People = []string{"dev1", "dve2"} }, "layers[0].rotation.people[1]: did you mean dev2?"},
		{"unknown person in an override", func(s *Schedule) {
			s.Overrides = []Override{{From: "2026-02-01T09:00:00Z", To: "2026-02-02T09:00:00Z", Person: "somebody else"}}
		}, "overrides[0].person: add them to people"},
		{"reversed override", func(s *Schedule) {
			s.Overrides = []Override{{From: "2026-02-03T09:00:00Z", To: "2026-02-02T09:00:00Z", Person: "dev1"}}
		}, "overrides[0].to: not after the start"},
		{"override in a gap of the clock", func(s *Schedule) {
			s.Overrides = []Override{{From: "2026-03-29T02:10:00", To: "2026-03-29T02:50:00", Person: "dev1"}}
		}, ""},
		{"override backwards in a gap of the clock", func(s *Schedule) {
			s.Overrides = []Override{{From: "2026-03-29T02:50:00", To: "2026-03-29T02:10:00", Person: "dev1"}}
		}, "overrides[0].to: not after the start"},
		{"override of nobody", func(s *Schedule) {
			s.Overrides = []Override{{From: "2026-02-01T09:00:00Z", To: "2026-02-02T09:00:00Z"}}
		}, "overrides[0].person: names nobody"},
		{"bad time", func(s *Schedule) {
			s.Overrides = []Override{{From: "tomorrow", To: "2026-02-02T09:00:00Z", Person: "dev1"}}
		}, "overrides[0].from: \"tomorrow\""},
		{"reversed layer", func(s *Schedule) { s.Layers[0].Start, s.Layers[0].End = "2026-02-01T00:00:00", "2026-01-01T00:00:00" }, "layers[0].end: not after its start"},
		{"bad type", func(s *Schedule) { s.Layers[0].Rotation.Type = "weakly" }, "layers[0].rotation.type: did you mean weekly?"},
		{"no start", func(s *Schedule) { s.Layers[0].Rotation.Start = "" }, "layers[0].rotation.start: no start"},
		{"bad start", func(s *Schedule) { s.Layers[0].Rotation.Start = "2026-02-30T09:00:00" }, "layers[0].rotation.start: neither"},
		{"negative length", func(s *Schedule) { s.Layers[0].Rotation.Length = -1 }, "layers[0].rotation.length: 1 to"},
		{"cron never fires", func(s *Schedule) { s.Layers[0].Rotation.Type, s.Layers[0].Rotation.Cron = Cron, "0 0 30 2 *" }, "layers[0].rotation.cron: never fires; name a day that its month has"},
		{"cron out of range", func(s *Schedule) { s.Layers[0].Rotation.Type, s.Layers[0].Rotation.Cron = Cron, "0 25 * * *" }, "layers[0].rotation.cron: the expression \"0 25 * * *\" cannot be read: "},
		{"cron with a zone", func(s *Schedule) { s.Layers[0].Rotation.Type, s.Layers[0].Rotation.Cron = Cron, "TZ=UTC 0 0 * * *" }, "layers[0].rotation.cron: time_zone"},
		{"cron every", func(s *Schedule) { s.Layers[0].Rotation.Type, s.Layers[0].Rotation.Cron = Cron, "@every 5h" }, "layers[0].rotation.cron: hourly"},
		{"no cron", func(s *Schedule) { s.Layers[0].Rotation.Type = Cron }, "layers[0].rotation.cron: five fields"},
		{"stray cron", func(s *Schedule) { s.Layers[0].Rotation.Cron = "0 0 * * *" }, "layers[0].rotation.cron: no cron expression"},
		{"bad hours", func(s *Schedule) { s.Layers[0].Hours = []Window{{nil, "25:00", "17:00"}} }, "layers[0].hours[0].from: \"25:00\""},
		{"bad weekday", func(s *Schedule) { s.Layers[0].Hours = []Window{{[]string{"mon", "mo"}, "09:00", "17:00"}} }, "layers[0].hours[0].days[1]: did you mean mon?"},
		{"no weekday", func(s *Schedule) { s.Layers[0].Hours = []Window{{[]string{"holiday"}, "09:00", "17:00"}} }, "layers[0].hours[0].days[0]: use mon"},
		{"two layers of one name", func(s *Schedule) { s.Layers = append(s.Layers, s.Layers[0]) }, ""},
		{"unknown pool", func(s *Schedule) {
			s.Layers[0].Rotation.People, s.Layers[0].Rotation.Pools = nil, []string{"dev"}
		}, "layers[0].rotation.pools[0]: no pool"},
		{"pattern without its pool", func(s *Schedule) {
			s.Pools = []Pool{{"dev", []string{"dev1"}}}
			r := &s.Layers[0].Rotation
			r.People, r.Pools, r.Pattern = nil, []string{"dev"}, []string{"dev+sre"}
		}, "layers[0].rotation.pattern[0]: does not draw"},
		{"quota larger than seats", func(s *Schedule) {
			s.Pools = []Pool{{"dev", []string{"dev1"}}}
			r := &s.Layers[0].Rotation
			r.People, r.Pools, r.Seats, r.Quota = nil, []string{"dev"}, 2, []Quota{{"dev", 3}}
		}, "layers[0].rotation.quota[0].at_least: do not fit"},
		{"shadow of oneself", func(s *Schedule) { s.Shadows = []Shadow{{Person: "dev1", With: "dev1"}} }, "shadows[0].with: themselves"},
		{"calendars that nobody read", func(s *Schedule) { s.Calendars = &Calendars{Holidays: []string{"/etc/passwd"}} }, "calendars: apply the file itself"},
		{"bad holiday", func(s *Schedule) { s.Holidays = []Holiday{{Date: "25.12.2026"}} }, "holidays[0].date: 25.12.2026"},
		{"bad rest", func(s *Schedule) { s.MinRest = "long" }, "min_rest: not a duration"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := good()
			test.change(&s)
			problems := Validate(s, []string{"dev1", "dev2", "sre1"}, nil)
			if test.want == "" {
				if len(problems) > 0 {
					t.Errorf("got %v, want none", problems)
				}
				return
			}
			path, words, _ := strings.Cut(test.want, ": ")
			if len(problems) != 1 || problems[0].Path != path || !strings.Contains(problems[0].String(), words) {
				t.Errorf("got %v, want %s", problems, test.want)
			}
			_, err := Compile(s, nil)
			if known := strings.Contains(test.name, "person"); (err == nil) != known {
				t.Errorf("Compile says %v", err)
			}
			var e *Error
			if err != nil && (!errors.As(err, &e) || e.Code != CodeInvalid || !strings.Contains(e.Message, path)) {
				t.Errorf("Compile says %v", err)
			}
		})
	}
	// What is wrong is named at once, also where one mistake stands beside another.
	many := good()
	many.TimeZone, many.Layers[0].Rotation.Start, many.Layers[0].Rotation.Type = "Mars/Base", "soon", "weakly"
	many.Overrides = []Override{{From: "2026-02-02T09:00:00", To: "2026-02-01T09:00:00", Person: "dev1"}}
	var paths []string
	for _, p := range Validate(many, nil, nil) {
		paths = append(paths, p.Path)
	}
	if want := "time_zone layers[0].rotation.start layers[0].rotation.type overrides[0].to"; strings.Join(paths, " ") != want {
		t.Errorf("wrong at %v, want %s", paths, want)
	}
	if got := Validate(good(), nil, nil); len(got) != 0 {
		t.Errorf("names without a list of people: %v", got)
	}
	if got := Validate(good(), []string{}, nil); len(got) != 2 {
		t.Errorf("nobody is known: %v", got)
	}
}

func TestHugeSchedulesAreRefused(t *testing.T) {
	s := rota("UTC", Weekly, 1, "2026-01-05T09:00:00", "a")
	s.Overrides = make([]Override, maxOverrides+1)
	if got := Validate(s, nil, nil); len(got) != 1 || !strings.Contains(got[0].Message, "more than") {
		t.Errorf("got %d problems", len(got))
	}
	s.Overrides = make([]Override, maxOverrides)
	_, err := Compile(s, nil)
	if err == nil || len(err.Error()) > 10000 {
		t.Errorf("the error has %d bytes", len(err.Error()))
	}
}

func TestScheduleKeepsItsShapeInJSON(t *testing.T) {
	text := `{"name":"checkout","time_zone":"Europe/Berlin","layers":[{"name":"weekdays","rotation":{"type":"weekly","length":1,` +
		`"start":"2026-01-05T09:00:00","people":["dev1","sre1"]},"hours":[{"days":["mon","tue","wed","thu","fri"],"from":"09:00","to":"17:00"}]}],` +
		`"overrides":[{"from":"2026-02-01T09:00:00+01:00","to":"2026-02-02T09:00:00+01:00","person":"sre2","replaces":"dev1"}]}`
	var s Schedule
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	back, err := json.Marshal(s)
	if err != nil || string(back) != text {
		t.Errorf("got %s, want %s", back, text)
	}
	p := mustCompile(t, s)
	if got := who(t, p, "2026-02-02T07:59:59Z"); got != "" {
		t.Errorf("a Monday before hours: %q", got)
	}
	// The first of February is a Sunday: nobody stands, so there is nobody to replace.
	if got := who(t, p, "2026-02-01T10:00:00Z"); got != "" {
		t.Errorf("got %q", got)
	}
	if got := who(t, p, "2026-02-02T08:00:00Z"); got != "dev1" {
		t.Errorf("got %q", got)
	}
	duty, err := json.Marshal(p.OnCall(at(t, "2026-02-02T08:00:00Z"))[0])
	want := `{"person":"dev1","layer":"weekdays","kind":"primary","why":"layer \"weekdays\": weekly turns since 2026-01-05T09:00:00"}`
	if err != nil || string(duty) != want {
		t.Errorf("got %s, want %s", duty, want)
	}
}

func TestWarnings(t *testing.T) {
	o := Override{From: "2026-02-01T09:00:00Z", To: "2026-02-02T09:00:00Z", Person: "b", Replaces: "a"}
	week := hours(rota("UTC", Daily, 1, "2026-01-05T09:00:00", "a b c d e f g"), Window{days("mon tue wed thu fri"), "09:00", "17:00"})
	offset := rota("UTC", Weekly, 1, "2026-01-05T09:00:00", "a")
	offset.Layers[0].Rotation.Offset = 1
	twice := weekly("a b")
	twice.Overrides = []Override{o, o}
	shadow := weekly("a b")
	shadow.Shadows = []Shadow{{Person: "n", With: "x"}}
	doubled := weekly("a b")
	doubled.Layers = append(doubled.Layers, doubled.Layers[0])
	if got := mustCompile(t, doubled).OnCall(at(t, "2026-01-06T00:00:00Z")); len(got) != 1 || got[0].Layer != "main (2)" {
		t.Errorf("got %+v", got)
	}
	tests := []struct {
		s    Schedule
		want string
	}{
		{Schedule{Name: "x", TimeZone: "UTC"}, "no layers"},
		{weekly(""), "rotation is empty"},
		{offset, "stand twice"},
		{week, "the same weekdays"},
		{twice, "overlaps overrides[0]"},
		{shadow, "stands in no rotation"},
		{doubled, "two layers called"},
	}
	for _, test := range tests {
		if got := Warnings(test.s); len(got) != 1 || !strings.Contains(got[0].Message, test.want) {
			t.Errorf("got %v, want %q", got, test.want)
		}
	}
	if got := Warnings(weekly("a b")); len(got) != 0 {
		t.Errorf("a good schedule: %v", got)
	}
}

func TestCheckOverride(t *testing.T) { // case 27, the warning
	s := weekly("a b")
	s.MinRest = "11h"
	s.TimeOff = []TimeOff{{Person: "c", From: "2026-01-06", To: "2026-01-06"}}
	other := weekly("x y")
	other.Name = "other"
	p, q := mustCompile(t, s), mustCompile(t, other)
	tests := []struct {
		o    Override
		want string
	}{
		{Override{Person: "z", Replaces: "b"}, "b is not on call for test"},
		{Override{Person: "a"}, "a is on call for test already"},
		{Override{Person: "x", Replaces: "a"}, "x is on call for other too"},
		{Override{Person: "c", Replaces: "a"}, "c is away"},
		{Override{Replaces: "a"}, "may leave a gap"},
		{Override{Person: "z", Replaces: "a"}, ""},
	}
	for _, test := range tests {
		test.o.From, test.o.To = "2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z"
		got := p.CheckOverride(test.o, q)
		if test.want == "" && len(got) > 0 || test.want != "" && (len(got) != 1 || !strings.Contains(got[0], test.want)) {
			t.Errorf("%+v: got %q, want %q", test.o, got, test.want)
		}
	}
	late := Override{From: "2026-01-11T22:00:00Z", To: "2026-01-12T06:00:00Z", Person: "b", Replaces: "a"}
	if got := p.CheckOverride(late); len(got) != 1 || !strings.Contains(got[0], "rest less than 11h") {
		t.Errorf("got %q", got)
	}
}

func TestHandoffs(t *testing.T) {
	s := weekly("a b")
	s.Overrides = []Override{{From: "2026-01-13T00:00:00Z", To: "2026-01-14T00:00:00Z", Replaces: "b"}}
	got := mustCompile(t, s).Handoffs(at(t, "2026-01-05T09:00:00Z"), at(t, "2026-01-19T09:00:00Z"))
	none := []string{}
	want := []Handoff{
		{at(t, "2026-01-05T09:00:00Z"), none, []string{"a"}, []string{"a"}},
		{at(t, "2026-01-12T09:00:00Z"), []string{"a"}, []string{"b"}, []string{"b"}},
		{at(t, "2026-01-13T00:00:00Z"), []string{"b"}, none, none},
		{at(t, "2026-01-14T00:00:00Z"), none, []string{"b"}, []string{"b"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestUntil(t *testing.T) {
	s := weekly("a b b")
	s.Overrides = []Override{{From: "2026-01-06T00:00:00Z", To: "2026-01-07T00:00:00Z", Person: "z"}}
	p := mustCompile(t, s)
	for from, want := range map[string]string{
		"2026-01-01T00:00:00Z": "2026-01-05T09:00:00Z", "2026-01-05T09:00:00Z": "2026-01-06T00:00:00Z",
		"2026-01-06T00:00:00Z": "2026-01-07T00:00:00Z", "2026-01-12T09:00:00Z": "2026-01-26T09:00:00Z", // two turns of b
	} {
		if got, ok := p.Until(at(t, from), 20*24*time.Hour); !ok || got != at(t, want) {
			t.Errorf("from %s: got %v, %v", from, got, ok)
		}
	}
	if got, ok := p.Until(at(t, "2026-01-12T09:00:00Z"), 24*time.Hour); ok {
		t.Errorf("nothing changes within a day: got %v", got)
	}
}

func TestFindZoneData(t *testing.T) {
	files := map[string]string{
		"/usr/share/zoneinfo/Etc/UTC": "TZif2", "/usr/share/zoneinfo/tzdata.zi": "# version 2025b\n# more",
		"/opt/zones/Etc/UTC": "TZif2", "/opt/zones/+VERSION": "2026f\n", "/opt/zones.zip": "PK\x03\x04",
	}
	read := func(path string) ([]byte, error) {
		if text, ok := files[path]; ok {
			return []byte(text), nil
		}
		return nil, os.ErrNotExist
	}
	env := func(value string) func(string) string { return func(string) string { return value } }
	tests := []struct{ env, source, path, version string }{
		{"", ZonesFromSystem, "/usr/share/zoneinfo", "2025b"},
		{"/opt/zones", ZonesFromEnv, "/opt/zones", "2026f"},
		{"/opt/zones.zip", ZonesFromEnv, "/opt/zones.zip", "unknown"},
		{"/nowhere", ZonesFromSystem, "/usr/share/zoneinfo", "2025b"},
	}
	for _, test := range tests {
		got := FindZoneData(env(test.env), read)
		if got.Source != test.source || got.Path != test.path || got.Version != test.version {
			t.Errorf("ZONEINFO=%q: got %+v", test.env, got)
		}
	}
	delete(files, "/usr/share/zoneinfo/Etc/UTC")
	if got := FindZoneData(env(""), read); got.Source != ZonesFromEmbedded || !strings.HasPrefix(got.Version, "go") {
		t.Errorf("nothing at hand: got %+v", got)
	}
	fixed := func(hours int) *Zones {
		return NewZones(func(string) (*time.Location, error) { return time.FixedZone("x", hours*3600), nil })
	}
	if got := staleZones(fixed(0)); len(got) != 1 || !strings.Contains(got[0], "Cuba") {
		t.Errorf("stale at 0: %q", got)
	}
	if got := staleZones(fixed(-4)); len(got) != 1 || !strings.Contains(got[0], "Morocco") {
		t.Errorf("stale at -4: %q", got)
	}
}
