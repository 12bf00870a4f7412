package oncall

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// hostile is a calendar just below the size that is refused, filled up with a line.
func hostile(event, line string) []byte {
	n := (MaxCalendar - len(event) - 200) / (len(line) + 2)
	return calendarOf("", event+"\n"+strings.Repeat(line+"\n", n))
}

// TestHostileCalendarsAreReadInTime reads what is made to be read for ever: that it is
// within the size that is read says little. Nine of these took minutes to hours.
func TestHostileCalendarsAreReadInTime(t *testing.T) {
	if testing.Short() {
		t.Skip("ten megabytes many times over")
	}
	daily := "UID:1\nSUMMARY:a\nDTSTART:20200101T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY"
	numbers := func(n string) string { return strings.Repeat(n+",", (MaxCalendar-400)/(len(n)+1)) + n }
	slashes := strings.Repeat("a/", 31) + "a"
	tests := []struct {
		name string
		data []byte
	}{
		{"exceptions", hostile(daily, "EXDATE:20250101T000000Z")},
		{"exceptions that are dates", hostile(daily, "EXDATE:20250101")},
		{"added dates", hostile(daily, "RDATE:20250101T000000Z")},
		{"guests", hostile(daily, "ATTENDEE;CN=Bob:mailto:bob@example.com")},
		{"guests nobody knows", hostile(daily, "ATTENDEE:")},
		{"zones", hostile(daily, "EXDATE;TZID="+slashes+":20250101T000000")},
		{"another zone each time", anotherZoneEachTime(daily)},
		{"days of the month", calendarOf("", daily+";BYMONTHDAY="+numbers("31"))},
		{"weekdays", calendarOf("", daily+";BYDAY="+numbers("MO"))},
		{"months", calendarOf("", daily+";BYMONTH="+numbers("12"))},
		{"positions", calendarOf("", daily+";BYSETPOS="+numbers("366"))},
		{"rules", hostile(daily, "RRULE:FREQ=YEARLY")},
		{"one folded line", hostile(daily+"\nDESCRIPTION:x", " x")},
		{"parameters", hostile(daily+"\nX", " ;A=1")},
		{"names", hostile(daily, "X:")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if len(test.data) >= MaxCalendar {
				t.Fatalf("the file has %d bytes", len(test.data))
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				in := ReadCalendarInput{From: at(t, "2020-01-01T00:00:00Z"), To: at(t, "2029-12-01T00:00:00Z"), People: map[string]string{"a": "a"}}
				if got, err := ReadCalendar(test.data, in); err == nil && len(got.Entries) > maxEntries {
					t.Errorf("%d entries", len(got.Entries))
				}
			}()
			select {
			case <-done:
			case <-time.After(3 * time.Minute):
				t.Fatal("it is still being read")
			}
		})
	}
}

func anotherZoneEachTime(event string) []byte {
	var b strings.Builder
	b.WriteString(event + "\n")
	for i := 0; b.Len() < MaxCalendar-200_000; i++ {
		fmt.Fprintf(&b, "EXDATE;TZID=%s%d:20250101T000000\n", strings.Repeat("a/", 28), i)
	}
	return calendarOf("", b.String())
}
