package oncall

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// calendarOf wraps events, given with plain newlines, as a calendar.
func calendarOf(head string, events ...string) []byte {
	text := "BEGIN:VCALENDAR\nVERSION:2.0\n" + head
	for _, e := range events {
		text += "BEGIN:VEVENT\n" + strings.TrimSpace(e) + "\nEND:VEVENT\n"
	}
	return []byte(strings.ReplaceAll(text+"END:VCALENDAR\n", "\n", "\r\n"))
}

func readCalendar(t testing.TB, data []byte, in ReadCalendarInput) *CalendarData {
	t.Helper()
	got, err := ReadCalendar(data, in)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func year2026(t testing.TB) ReadCalendarInput {
	return ReadCalendarInput{From: at(t, "2026-01-01T00:00:00Z"), To: at(t, "2027-01-01T00:00:00Z")}
}

func TestReadCalendar(t *testing.T) {
	const first = "UID:1\nSUMMARY:dev1\n"
	tests := []struct {
		name, head, event string
		want              []string // "start end" in UTC; the first ones
	}{
		{"utc", "", first + "DTSTART:20260105T090000Z\nDTEND:20260105T170000Z", []string{"01-05T09:00 01-05T17:00"}},
		{"zone", "", first + "DTSTART;TZID=Europe/Berlin:20260105T090000\nDTEND;TZID=Europe/Berlin:20260105T170000", []string{"01-05T08:00 01-05T16:00"}},
		{"quoted windows zone", "", first + "DTSTART;TZID=\"W. Europe Standard Time\":20260705T090000\nDURATION:PT8H", []string{"07-05T07:00 07-05T15:00"}},
		{"mozilla zone", "", first + "DTSTART;TZID=/mozilla.org/20050126_1/Europe/Berlin:20260105T090000\nDURATION:PT8H", []string{"01-05T08:00 01-05T16:00"}},
		{"fixed zone", "BEGIN:VTIMEZONE\nTZID:Mine\nBEGIN:STANDARD\nTZOFFSETFROM:+0300\nTZOFFSETTO:+0300\nDTSTART:19700101T000000\nEND:STANDARD\nEND:VTIMEZONE\n",
			first + "DTSTART;TZID=Mine:20260105T090000\nDURATION:PT8H", []string{"01-05T06:00 01-05T14:00"}},
		{"floating in the calendar's zone", "X-WR-TIMEZONE:America/New_York\n", first + "DTSTART:20260105T090000\nDURATION:PT8H", []string{"01-05T14:00 01-05T22:00"}},
		{"all day", "X-WR-TIMEZONE:Europe/Berlin\n", first + "DTSTART;VALUE=DATE:20260329\nDTEND;VALUE=DATE:20260330", []string{"03-28T23:00 03-29T22:00"}},
		{"all day without end", "", first + "DTSTART;VALUE=DATE:20260329", []string{"03-29T00:00 03-30T00:00"}},
		{"folded", "", "UID:1\nSUMMARY:de\n v1\nDTSTART:202601\n 05T090000Z\nDTEND:20260105T170000Z", []string{"01-05T09:00 01-05T17:00"}},
		{"nominal week", "", first + "DTSTART;TZID=Europe/Berlin:20260323T090000\nDURATION:P1W", []string{"03-23T08:00 03-30T07:00"}},
		{"exact hours", "", first + "DTSTART;TZID=Europe/Berlin:20260328T090000\nDURATION:PT24H", []string{"03-28T08:00 03-29T08:00"}},
		{"weekly keeps the clock", "", first + "DTSTART;TZID=Europe/Berlin:20260323T090000\nDTEND;TZID=Europe/Berlin:20260323T170000\nRRULE:FREQ=WEEKLY;COUNT=2", []string{"03-23T08:00 03-23T16:00", "03-30T07:00 03-30T15:00"}},
		{"instance in a gap", "", first + "DTSTART;TZID=Europe/Berlin:20260328T023000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3", []string{"03-28T01:30 03-28T02:30", "03-29T01:00 03-29T02:00", "03-30T00:30 03-30T01:30"}},
		{"until in utc", "", first + "DTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20260106T090000Z", []string{"01-05T09:00 01-05T10:00", "01-06T09:00 01-06T10:00"}},
		{"until a date", "", first + "DTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20260106", []string{"01-05T09:00 01-05T10:00", "01-06T09:00 01-06T10:00"}},
		{"weekdays", "", first + "DTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=4", []string{"01-05T09:00 01-05T10:00", "01-07T09:00 01-07T10:00", "01-19T09:00 01-19T10:00", "01-21T09:00 01-21T10:00"}},
		{"last friday", "", first + "DTSTART:20260130T090000Z\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", []string{"01-30T09:00 01-30T10:00", "02-27T09:00 02-27T10:00", "03-27T09:00 03-27T10:00"}},
		{"last weekday by position", "", first + "DTSTART:20260130T090000Z\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3", []string{"01-30T09:00 01-30T10:00", "02-27T09:00 02-27T10:00", "03-31T09:00 03-31T10:00"}},
		{"the 31st skips short months", "", first + "DTSTART:20260131T090000Z\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;COUNT=3", []string{"01-31T09:00 01-31T10:00", "03-31T09:00 03-31T10:00", "05-31T09:00 05-31T10:00"}},
		{"last day of the month", "", first + "DTSTART:20260131T090000Z\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2", []string{"01-31T09:00 01-31T10:00", "02-28T09:00 02-28T10:00"}},
		{"yearly from long ago", "", first + "DTSTART;VALUE=DATE:19701225\nRRULE:FREQ=YEARLY", []string{"12-25T00:00 12-26T00:00"}},
		{"thanksgiving", "", first + "DTSTART;VALUE=DATE:20001123\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", []string{"11-26T00:00 11-27T00:00"}},
		{"daily from long ago", "", first + "DTSTART:20000105T230000Z\nDURATION:PT2H\nRRULE:FREQ=DAILY", []string{"12-31T23:00 01-01T01:00", "01-01T23:00 01-02T01:00"}},
		{"excepted", "", first + "DTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20260106T090000Z", []string{"01-05T09:00 01-05T10:00", "01-07T09:00 01-07T10:00"}},
		{"excepted in another zone", "", first + "DTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\nEXDATE;TZID=Europe/Berlin:20260106T100000", []string{"01-05T09:00 01-05T10:00"}},
		{"added", "", first + "DTSTART:20260105T090000Z\nDURATION:PT1H\nRDATE:20260110T090000Z,20260111T090000Z\nRDATE;VALUE=PERIOD:20260112T090000Z/PT3H", []string{"01-05T09:00 01-05T10:00", "01-10T09:00 01-10T10:00", "01-11T09:00 01-11T10:00", "01-12T09:00 01-12T12:00"}},
		{"cancelled", "", first + "DTSTART:20260105T090000Z\nDURATION:PT1H\nSTATUS:CANCELLED", nil},
		{"alarms are not events", "", first + "DTSTART:20260105T090000Z\nDURATION:PT1H\nBEGIN:VALARM\nDURATION:PT5M\nSUMMARY:x\nEND:VALARM", []string{"01-05T09:00 01-05T10:00"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := readCalendar(t, calendarOf(test.head, test.event), year2026(t))
			var lines []string
			for _, e := range got.Entries {
				lines = append(lines, e.Start.Format("01-02T15:04 ")+e.End.Format("01-02T15:04"))
				if e.Person != "dev1" {
					t.Errorf("person %q", e.Person)
				}
			}
			if len(lines) > len(test.want) && strings.Contains(test.name, "long ago") {
				lines = lines[:len(test.want)]
			}
			if !slices.Equal(lines, test.want) || len(got.Warnings) > 0 {
				t.Errorf("got %q, want %q; warnings %q", lines, test.want, got.Warnings)
			}
		})
	}
}

func TestReadCalendarPutsMovedInstancesInPlace(t *testing.T) {
	data := calendarOf("",
		"UID:s\nSUMMARY:dev1\nDTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4",
		"UID:s\nSUMMARY:dev2\nSEQUENCE:2\nRECURRENCE-ID:20260106T090000Z\nDTSTART:20260106T120000Z\nDURATION:PT1H",
		"UID:s\nSUMMARY:old\nSEQUENCE:1\nRECURRENCE-ID:20260106T090000Z\nDTSTART:20260106T150000Z\nDURATION:PT1H",
		"UID:s\nSUMMARY:dev1\nRECURRENCE-ID:20260107T090000Z\nDTSTART:20260107T090000Z\nDURATION:PT1H\nSTATUS:CANCELLED",
	)
	var got []string
	for _, e := range readCalendar(t, data, year2026(t)).Entries {
		got = append(got, e.Start.Format("02T15 ")+e.Person)
	}
	if want := []string{"05T09 dev1", "06T12 dev2", "08T09 dev1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReadCalendarFindsPeople(t *testing.T) {
	in := year2026(t)
	in.People = map[string]string{"dev1@example.com": "dev1", "dev2": "dev2", "dana example": "dev3"}
	data := calendarOf("",
		"UID:1\nSUMMARY:anything\nATTENDEE;CN=Someone:MAILTO:Dev1@example.com\nDTSTART:20260105T090000Z\nDURATION:PT1H",
		"UID:2\nSUMMARY:dev2 - primary\nDTSTART:20260106T090000Z\nDURATION:PT1H",
		"UID:3\nSUMMARY:x\nATTENDEE;CN=\"Dana Example\":mailto:d@example.com\nDTSTART:20260107T090000Z\nDURATION:PT1H",
		"UID:4\nSUMMARY:stranger\nDTSTART:20260108T090000Z\nDURATION:PT1H",
	)
	got := readCalendar(t, data, in)
	var people []string
	for _, e := range got.Entries {
		people = append(people, e.Person)
	}
	if want := []string{"dev1", "dev2", "dev3", ""}; !slices.Equal(people, want) || len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0].Message, "stranger") {
		t.Errorf("got %q, want %q; warnings %q", people, want, got.Warnings)
	}
	if off := got.TimeOff("me"); len(off) != 4 || off[3].Person != "me" {
		t.Errorf("time off: %+v", off)
	}
	if s := got.Schedule("x", "UTC"); len(s.Overrides) != 3 {
		t.Errorf("schedule: %+v", s.Overrides)
	}
}

func TestReadHolidays(t *testing.T) {
	data := calendarOf("X-WR-TIMEZONE:Europe/Berlin\n",
		"UID:1\nSUMMARY:Christmas\nDTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227",
		"UID:2\nSUMMARY:New Year\nDTSTART;VALUE=DATE:20200101\nRRULE:FREQ=YEARLY",
		"UID:3\nSUMMARY:a meeting\nDTSTART:20260108T090000Z\nDURATION:PT1H")
	want := []Holiday{{Date: "2026-01-01", Name: "New Year"}, {Date: "2026-12-25", Days: 2, Name: "Christmas"}, {Date: "2027-01-01", Name: "New Year"}}
	in := year2026(t)
	if got := readCalendar(t, data, in).Holidays(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestRulesMayBeEnteredLate(t *testing.T) {
	r := seeded(t)
	zones := NewZones(nil)
	z, err := zones.zone(berlin)
	if err != nil {
		t.Fatal(err)
	}
	c := calendarZones{zones: zones, utc: z, floating: z}
	for range 400 {
		text := []string{"FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,SU", "FREQ=WEEKLY;WKST=SU;BYDAY=SA,SU", "FREQ=MONTHLY", "FREQ=MONTHLY;BYDAY=2TU,-1SU", "FREQ=MONTHLY;BYMONTHDAY=31,-1",
			"FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=2;BYDAY=1MO", "FREQ=YEARLY;BYDAY=20MO", "FREQ=DAILY;BYMONTH=1,3;BYDAY=FR"}[r.Intn(10)] + fmt.Sprintf(";INTERVAL=%d", 1+r.Intn(4))
		start := calendarTime{reading: reading(dayNumber(2000+r.Int63n(20), 1+r.Intn(12), 1+r.Intn(28))*day + r.Int63n(24)*hour), zone: z}
		rule, err := c.rule(&property{value: text}, start)
		if err != nil {
			t.Fatal(err)
		}
		from := instant(start.reading) + instant(r.Int63n(8000)*day)
		to := from + 900*day
		list := func(enter instant) []reading {
			t.Helper()
			var out []reading
			budget := maxSteps
			if err := rule.instances(start, enter, to, &budget, func(at reading) {
				if z.resolve(at) >= from && z.resolve(at) < to {
					out = append(out, at)
				}
			}); err != nil {
				t.Fatal(err)
			}
			return out
		}
		if got, want := list(from), list(start.instant()); !slices.Equal(got, want) {
			t.Fatalf("%s from %s, entered at %v: got %v, want %v", text, start.reading, from.time(), got, want)
		}
	}
}

func TestBadCalendars(t *testing.T) {
	many := strings.Repeat("BEGIN:VEVENT\nDTSTART:20000101T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=100000\nUID:%d\nEND:VEVENT\n", 1)
	var flood strings.Builder
	for i := range 500 {
		fmt.Fprintf(&flood, many, i)
	}
	tests := []struct{ name, data, want string }{
		{"too large", strings.Repeat("x", MaxCalendar), "it has 10 MB or more, and that much is not read"},
		{"empty", "", "no BEGIN:VCALENDAR"},
		{"no calendar", "<html>", "no BEGIN:VCALENDAR"},
		{"cut off", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n", "line 2: what begins here, BEGIN:VEVENT, does not end"},
		{"crossed", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", "line 3"},
		{"many lines", "BEGIN:VCALENDAR\n" + strings.Repeat("X:\n", maxLines), "line 1000001: it has more than 1000000 lines"},
		{"deep", strings.Repeat("BEGIN:X\n", 1000), "nested"},
		{"flood of repetitions", "BEGIN:VCALENDAR\n" + flood.String() + "END:VCALENDAR\n", "this repeats, with what stands before it, more"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, err := ReadCalendar([]byte(test.data), year2026(t)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, %v; want %q", got, err, test.want)
			}
		})
	}
	if _, err := ReadCalendar(calendarOf(""), ReadCalendarInput{}); err == nil {
		t.Error("an empty time to read is no error")
	}
	got := readCalendar(t, calendarOf("", "UID:1\nDTSTART;TZID=Nowhere:20260105T090000", "UID:2\nSUMMARY:b", "UID:3\nDTSTART:20260105T090000Z\nDTEND:20260105T080000Z",
		"UID:4\nDTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY", "UID:5\nDTSTART:20261345T090000Z", "junk"), year2026(t))
	if len(got.Warnings) != 7 || len(got.Entries) != 1 || got.Warnings[0].Line != 27 {
		t.Errorf("warnings %q, entries %+v", got.Warnings, got.Entries)
	}
}

func calendarShifts(p *Plan, from, to time.Time) []CalendarShift {
	var out []CalendarShift
	for _, s := range p.WholeShifts(from, to) {
		out = append(out, CalendarShift{p.Name(), s})
	}
	return out
}

func TestWriteCalendarFollowsTheFormat(t *testing.T) {
	shift := Shift{Start: at(t, "2026-01-05T09:00:00Z"), End: at(t, "2026-01-12T09:00:00Z"), Person: "dev1", Layer: "main", Kind: Primary,
		Why: "a; b, c\\d\r\ne\x00f " + strings.Repeat("ü", 80) + strings.Repeat("x", 300)}
	text, _ := WriteCalendar("Größe, ü", []CalendarShift{{"check;out", shift}}, nil, at(t, "2026-01-01T00:00:00Z"))
	for _, line := range strings.SplitAfter(text, "\r\n") {
		if len(line) > 77 || !utf8.ValidString(line) || strings.ContainsAny(strings.TrimSuffix(line, "\r\n"), "\r\n\x00") {
			t.Errorf("line %q", line)
		}
	}
	for _, want := range []string{"DTSTART:20260105T090000Z\r\nDTEND:20260112T090000Z\r\n", "SUMMARY:dev1 on call for check\\;out\r\n", "TRANSP:TRANSPARENT", "X-WR-CALNAME:Größe\\, ü\r\n", "DESCRIPTION:a\\; b\\, c\\\\d\\nef ü"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestFeedsSayWhatChanged(t *testing.T) {
	s := rota("UTC", Weekly, 1, "2026-01-05T09:00:00", "a b")
	from, to, now := at(t, "2026-01-10T00:00:00Z"), at(t, "2026-02-10T00:00:00Z"), at(t, "2026-01-10T00:00:00Z")
	_, before := WriteCalendar("x", calendarShifts(mustCompile(t, s), from, to), nil, now)
	text, again := WriteCalendar("x", calendarShifts(mustCompile(t, s), from.AddDate(0, 0, 1), to), before, now.AddDate(0, 0, 1))
	if !reflect.DeepEqual(again, before) || strings.Contains(text, "CANCELLED") {
		t.Errorf("a day later the feed differs:\n%+v\n%+v", before, again)
	}
	s.Overrides = []Override{{From: "2026-01-15T00:00:00Z", To: "2026-01-19T09:00:00Z", Person: "z", Replaces: "b"}, {From: "2026-01-19T09:00:00Z", To: "2026-01-26T09:00:00Z", Person: "z", Replaces: "a"}}
	text, after := WriteCalendar("x", calendarShifts(mustCompile(t, s), from, to), before, now)
	sequences := map[string]int{}
	for _, p := range after {
		sequences[p.Summary[:1]+p.Start.Format(" 02 ")+map[bool]string{true: "cancelled"}[p.Cancelled]] = p.Sequence
	}
	want := map[string]int{"a 05 ": 0, "b 12 ": 1, "z 15 ": 0, "z 19 ": 0, "a 19 cancelled": 1, "b 26 ": 0, "a 02 ": 0, "b 09 ": 0}
	if !reflect.DeepEqual(sequences, want) || strings.Count(text, "STATUS:CANCELLED") != 1 {
		t.Errorf("got %v, want %v", sequences, want)
	}
	_, over := WriteCalendar("x", nil, before, at(t, "2026-01-19T09:00:00Z"))
	for _, p := range over {
		if !p.End.After(at(t, "2026-01-19T09:00:00Z")) || !p.Cancelled {
			t.Errorf("a shift that is over is still told: %+v", p)
		}
	}
	if len(over) != len(before)-2 {
		t.Errorf("%d shifts are cancelled, want %d", len(over), len(before)-2)
	}
	_, back := WriteCalendar("x", calendarShifts(mustCompile(t, rota("UTC", Weekly, 1, "2026-01-05T09:00:00", "a b")), from, to), after, now)
	i := slices.IndexFunc(back, func(p Published) bool { return p.Start.Equal(at(t, "2026-01-19T09:00:00Z")) && p.Summary[:1] == "a" })
	if i < 0 || back[i].Cancelled || back[i].Sequence != 2 {
		t.Errorf("a shift that came back: %+v", back)
	}
}

func TestExportThenImportGivesTheSameAnswers(t *testing.T) {
	r, zones := seeded(t), NewZones(nil)
	for _, name := range sampledZones(r, 60) {
		year := 2000 + r.Intn(40)
		s := randomSchedule(r, name, year)
		p, err := Compile(s, zones)
		if err != nil {
			t.Fatal(err)
		}
		from := time.Date(year, time.Month(1+r.Intn(12)), 1, 0, 0, 0, 0, time.UTC)
		to := from.AddDate(0, 1, 0)
		text, published := WriteCalendar("x", calendarShifts(p, from, to), nil, from)
		seen := map[string]bool{}
		for _, e := range published {
			if seen[e.UID] {
				t.Fatalf("%+v: UID %s twice", s, e.UID)
			}
			seen[e.UID] = true
		}
		read, err := ReadCalendar([]byte(text), ReadCalendarInput{From: from, To: to, Zones: zones})
		if err != nil {
			t.Fatal(err)
		}
		back, err := Compile(read.Schedule("test", name), zones)
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			at := from.Add(time.Duration(r.Int63n(int64(to.Sub(from)/time.Second))) * time.Second)
			got, want := sorted(People(back.OnCall(at))), sorted(People(p.OnCall(at)))
			if !slices.Equal(got, want) {
				t.Fatalf("%+v at %v: got %v, want %v", s, at, got, want)
			}
		}
	}
}

func FuzzReadCalendar(f *testing.F) {
	f.Add(calendarOf("X-WR-TIMEZONE:Europe/Berlin\n", "UID:1\nSUMMARY:a\nDTSTART;TZID=Europe/Berlin:20260105T090000\nDURATION:P1DT2H\nRRULE:FREQ=MONTHLY;BYDAY=-1FR;BYSETPOS=1;UNTIL=20270101\nEXDATE:20260106T090000Z\nRDATE;VALUE=PERIOD:20260112T090000Z/PT3H"))
	f.Add([]byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260105T090000Z\nRRULE:FREQ=YEARLY;INTERVAL=32767\nEND:VEVENT\nEND:VCALENDAR"))
	zones := NewZones(nil)
	f.Fuzz(func(t *testing.T, data []byte) {
		in := year2026(t)
		in.Zones = zones
		got, err := ReadCalendar(data, in)
		if err != nil {
			return
		}
		for _, e := range got.Entries {
			if !e.Start.Before(e.End) || !e.Start.Before(in.To) || !e.End.After(in.From) {
				t.Errorf("entry %+v is outside the time asked for", e)
			}
		}
		if _, err := Compile(got.Schedule("x", "UTC"), zones); err != nil && len(got.Entries) < 100 {
			for _, e := range got.Entries {
				if len(e.Person) > maxName || strings.TrimSpace(e.Person) == "" {
					return
				}
			}
			t.Errorf("what was read does not compile: %v", err)
		}
	})
}

func FuzzEscapeText(f *testing.F) {
	f.Add("a;b,c\\n\nü")
	f.Fuzz(func(t *testing.T, s string) {
		w := calendarWriter{}
		w.text("X", s)
		var back string
		lines := 0
		if err := unfold([]byte(w.out.String()), func(line int, text string) error {
			p, err := parseProperty(line, text)
			back = unescapeText(p.value)
			lines++
			return err
		}); err != nil || lines != 1 {
			t.Fatalf("%q: %v, %d lines", s, err, lines)
		}
		want := strings.Map(func(r rune) rune {
			if r < ' ' && r != '\t' && r != '\n' || r == 0x7f {
				return -1
			}
			return r
		}, strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n"), "\r", "\n"))
		if back != want {
			t.Errorf("%q came back as %q", want, back)
		}
	})
}

func FuzzReadings(f *testing.F) {
	for _, s := range []string{"2026-01-05T09:00:00", "2026-02-30T09:00", "24:00", "3d12h", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59"} {
		f.Add(s)
	}
	zones := NewZones(nil)
	f.Fuzz(func(t *testing.T, s string) {
		if m, err := parseMoment(s); err == nil && m.local {
			back, err := parseMoment(m.reading.String())
			if err != nil || back != m {
				t.Errorf("%q is %s, and that is %v", s, m.reading, err)
			}
		}
		if c, err := parseClock(s); err == nil && (c < 0 || c > reading(day)) {
			t.Errorf("%q is %d", s, c)
		}
		if d, err := ParseDuration(s); err == nil && d < 0 {
			t.Errorf("%q is %v", s, d)
		}
		z, _ := zones.zone("Africa/Cairo")
		if m, err := parseMoment(s); err == nil && m.local {
			if at := z.resolve(m.reading); z.highWater(at) < m.reading || z.highWater(at-1) >= m.reading {
				t.Errorf("%q resolves to %v", s, at.time())
			}
		}
		Validate(Schedule{Name: s, TimeZone: s, Layers: []Layer{{Rotation: Rotation{Type: s, Start: s, Cron: s, People: []string{s}}}}}, nil, nil)
	})
}

func TestReadCalendarIsHalfOpen(t *testing.T) {
	data := calendarOf("", "UID:1\nSUMMARY:a\nDTSTART:20251231T000000Z\nDTEND:20260101T000000Z", "UID:2\nSUMMARY:b\nDTSTART:20270101T000000Z\nDURATION:PT1H",
		"UID:3\nSUMMARY:c\nDTSTART:20261231T230000Z\nDURATION:PT2H")
	if got := readCalendar(t, data, year2026(t)).Entries; len(got) != 1 || got[0].Person != "c" {
		t.Errorf("got %+v", got)
	}
}
