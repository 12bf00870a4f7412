package configs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// calendarRota is a schedule whose holidays are covered by sre1.
const calendarRota = `people: [{name: dev1, slack: U0DEV1, email: dev1@example.com}, {name: sre1, slack: U0SRE1}]
schedules:
  - name: main
    time_zone: Europe/Berlin
    layers:
      - rotation: {type: weekly, start: "2026-01-05T09:00:00", people: [dev1]}
      - rotation: {type: weekly, start: "2026-01-05T09:00:00", people: [sre1]}
        holidays: only
    calendars: {%s}
`

// days is a calendar of events that last whole days.
func days(events ...string) string {
	return "BEGIN:VCALENDAR\nVERSION:2.0\n" + strings.Join(events, "") + "END:VCALENDAR\n"
}

func wholeDay(summary, from, more string) string {
	return fmt.Sprintf("BEGIN:VEVENT\nUID:%s-%s\nSUMMARY:%s\nDTSTART;VALUE=DATE:%s\n%sEND:VEVENT\n", summary, from, summary, from, more)
}

// besides writes files into a directory and loads its w.yaml as of monday.
func besides(t *testing.T, files map[string]string) (*Config, string, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "w.yaml")
	c, err := parse([]byte(files["w.yaml"]), path, nil, false, monday)
	return c, dir, err
}

func TestCalendarsAreReadBesideTheFile(t *testing.T) {
	c, _, err := besides(t, map[string]string{
		"w.yaml": fmt.Sprintf(calendarRota, "holidays: [de.ics], time_off: [leave.ics]") + `    holidays: [{date: "2026-12-25", name: ours}]` + "\n" + `    time_off: [{person: dev1, from: "2026-05-01", to: "2026-05-02"}]` + "\n",
		"de.ics": days(wholeDay("Christmas", "20261225", ""), wholeDay("New Year", "20000101", "RRULE:FREQ=YEARLY\n"), wholeDay("Easter", "20260405", "DTEND;VALUE=DATE:20260407\n")),
		"leave.ics": days(wholeDay("away", "20260803", "DTEND;VALUE=DATE:20260815\nATTENDEE:mailto:dev1@example.com\n"),
			wholeDay("long ago", "20250803", "ATTENDEE:mailto:dev1@example.com\n")),
	})
	if err != nil || len(c.Warnings) > 0 {
		t.Fatalf("got %v %v", err, c)
	}
	s := c.Schedules[0]
	want := []oncall.Holiday{{Date: "2026-12-25", Name: "ours"}, {Date: "2025-01-01", Name: "New Year"}, {Date: "2026-01-01", Name: "New Year"},
		{Date: "2026-04-05", Days: 2, Name: "Easter"}, {Date: "2027-01-01", Name: "New Year"}, {Date: "2028-01-01", Name: "New Year"}}
	if !reflect.DeepEqual(s.Holidays, want) || s.Calendars != nil {
		t.Errorf("got %+v %v, want %+v", s.Holidays, s.Calendars, want)
	}
	off := []oncall.TimeOff{{Person: "dev1", From: "2026-05-01", To: "2026-05-02"}, {Person: "dev1", From: "2026-08-03", To: "2026-08-14", Note: "away"}}
	if !reflect.DeepEqual(s.TimeOff, off) {
		t.Errorf("got %+v, want %+v", s.TimeOff, off)
	}
	for day, person := range map[string]string{"2026-04-04": "dev1", "2026-04-05": "sre1", "2026-04-06": "sre1", "2026-04-07": "dev1", "2027-01-01": "sre1"} {
		got := oncall.People(c.Plan("main").OnCall(clock(t, day+"T12:00:00Z")))
		if len(got) != 1 || got[0] != person {
			t.Errorf("on %s got %q, want %s", day, got, person)
		}
	}
}

// TestCalendarProblems reads aloud what is said about calendars that are not in order.
func TestCalendarProblems(t *testing.T) {
	many := make([]string, 1100)
	for i := range many {
		many[i] = wholeDay(fmt.Sprint(i), "20260501", "")
	}
	tests := []struct{ name, keys, calendar, want string }{
		{"no such file", "holidays: [fr.ics]", days(),
			"DIR/w.yaml:9:28: open calendar: there is no file DIR/fr.ics; name an iCalendar file, as seen from the directory of this one"},
		{"a directory", "holidays: [.]", days(),
			"DIR/w.yaml:9:28: open calendar: DIR is not a file; name an iCalendar file, as seen from the directory of this one"},
		{"no name", "time_off: ['']", days(),
			"DIR/w.yaml:9:28: the name of a calendar is missing; name an iCalendar file, such as holidays.ics"},
		{"no calendar", "holidays: [de.ics]", "<html>",
			"DIR/de.ics: the calendar cannot be read: it has no BEGIN:VCALENDAR: is it an iCalendar file?; mend it, or take it out of DIR/w.yaml:9"},
		{"cut off", "holidays: [de.ics, de.ics]", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n",
			"DIR/de.ics:2: the calendar cannot be read: what begins here, BEGIN:VEVENT, does not end: the file was cut off; mend it, or take it out of DIR/w.yaml:9"},
		{"too large", "holidays: [de.ics]", strings.Repeat("x", oncall.MaxCalendar+5),
			"DIR/de.ics: the calendar cannot be read: it has 10 MB or more, and that much is not read; export a shorter time; mend it, or take it out of DIR/w.yaml:9"},
		{"too many", "holidays: [de.ics]", days(many...),
			"DIR/w.yaml:9:28: DIR/de.ics has 1100 entries from 2025 on, and at most 1000 count; export a calendar with fewer"},
		{"repeats too often", "holidays: [de.ics]", days(wholeDay("x", "19000101", "RRULE:FREQ=DAILY\n")),
			"DIR/w.yaml:9:28: DIR/de.ics has 1461 entries from 2025 on, and at most 1000 count; export a calendar with fewer"},
		{"last year's", "holidays: [de.ics]", days(wholeDay("Christmas", "20251225", "")),
			"DIR/w.yaml:9:28: warning: the holidays in DIR/de.ics end on 2025-12-25; put this year's calendar there"},
		{"meetings", "holidays: [de.ics]", days("BEGIN:VEVENT\nDTSTART:20260501T090000Z\nDURATION:PT1H\nEND:VEVENT\n"),
			"DIR/w.yaml:9:28: warning: DIR/de.ics has no holidays from 2025 to 2028; holidays are events that last whole days"},
		{"strangers", "time_off: [de.ics]", days(wholeDay("somebody", "20260501", "")),
			"DIR/w.yaml:9:28: warning: DIR/de.ics has no time off of anybody here from 2026 to 2028; an event names a person by its summary or by who attends it\n" +
				`DIR/de.ics:3: warning: event "somebody" names nobody known`},
		{"a bad event", "holidays: [de.ics]", days(wholeDay("Easter", "20260431", ""), wholeDay("Christmas", "20261225", "")),
			`DIR/de.ics:3: warning: event "Easter" is left out: "20260431" is no date`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, dir, err := besides(t, map[string]string{"w.yaml": fmt.Sprintf(calendarRota, tt.keys), "de.ics": tt.calendar})
			var problems Problems
			if !errors.As(err, &problems) {
				problems = c.Warnings
			}
			got := strings.ReplaceAll(problems.Error(), dir, "DIR")
			if got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// TestABotStartsWithoutACalendar loads for a run a file of which one calendar is missing:
// a warning, and the schedule stands without it.
func TestABotStartsWithoutACalendar(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "w.yaml")
	source := strings.Replace(fmt.Sprintf(calendarRota, "holidays: [gone.ics], time_off: [here.ics]"), "2026-01-05", "2020-01-06", 2)
	for name, text := range map[string]string{"w.yaml": source, "here.ics": days(wholeDay("dev1", "29991224", ""))} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Load(path, nil); err == nil {
		t.Error("the file is in order without its calendar")
	}
	c, err := LoadToRun(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Schedules[0].Calendars; got == nil || !reflect.DeepEqual(got.Holidays, []string{"gone.ics"}) || len(got.TimeOff) > 0 {
		t.Errorf("got %+v, want the one that is gone", got)
	}
	if c.Plan("main") == nil || !strings.Contains(c.Warnings.Error(), "9:28: warning: open calendar") {
		t.Errorf("got plan %v and warnings %v", c.Plan("main"), c.Warnings)
	}
}

// TestCalendarsMeanTheSameAllYear loads the same files in January and in December:
// another answer would be a new version of the schedule at each start.
func TestCalendarsMeanTheSameAllYear(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "de.ics"), []byte(days(wholeDay("New Year", "20000101", "RRULE:FREQ=YEARLY\n"))), 0o600); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, at := range []string{"2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z"} {
		c, err := parse(fmt.Appendf(nil, calendarRota, "holidays: [de.ics]"), filepath.Join(dir, "w.yaml"), nil, false, clock(t, at))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, toJSON(t, c.Schedules))
	}
	if got[0] != got[1] {
		t.Errorf("got %s\nand %s", got[0], got[1])
	}
}

func clock(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
