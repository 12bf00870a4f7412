package slackui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/incident"
)

// What the core says in UTC is shown in the zone of whoever reads it; what people wrote
// is not touched.
func TestTimesOfSentencesAreTheReaders(t *testing.T) {
	s := Scene{Now: time.Date(2026, 11, 21, 0, 10, 0, 0, time.UTC)}
	day := func(at time.Time) string {
		return fmt.Sprintf("<!date^%d^{date_short_pretty} at {time}|%s>", at.Unix(), at.Format("2006-01-02 15:04 MST"))
	}
	clock := func(at time.Time) string {
		return fmt.Sprintf("<!date^%d^{time}|%s>", at.Unix(), at.Format("15:04 MST"))
	}
	closed := time.Date(2026, 11, 20, 20, 8, 0, 0, time.UTC)
	for said, want := range map[string]string{
		"INC-1 was closed 2026-11-20 20:08 UTC; reopen it first.": "INC-1 was closed " + day(closed) + "; reopen it first.",
		"it was away for 7m0s, until 23:59:00 UTC":                "it was away for 7m0s, until " + clock(time.Date(2026, 11, 20, 23, 59, 0, 0, time.UTC)),
		"until 01:00 UTC": "until " + clock(time.Date(2026, 11, 21, 1, 0, 0, 0, time.UTC)),
		`"14:05 UTC" is not a time; 14:65 UTC neither`: `"14:05 UTC" is not a time; 14:65 UTC neither`,
		"a note: “down since 14:05 UTC”":               "a note: “down since 14:05 UTC”",
		"write `note 14:05 UTC`":                       "write `note 14:05 UTC`",
		"nothing of the kind":                          "nothing of the kind",
	} {
		if got := s.inZone(said); got != want {
			t.Errorf("inZone(%q) = %q, want %q", said, got, want)
		}
	}
	if got := Refusal("INC-1 was closed 2026-11-20 20:08 UTC; reopen it first.", "", s).Text; !strings.Contains(got, "<!date^") {
		t.Errorf("a refusal says %q", got)
	}
}

// A timeline says a date where the day of its reader changes, not that of UTC.
func TestTimelineHasTheReadersDays(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(hour int) incident.Line {
		return incident.Line{At: time.Date(2026, 11, 20, hour, 30, 0, 0, time.UTC), Text: fmt.Sprint("hour ", hour)}
	}
	for _, c := range []struct {
		zone  *time.Location
		lines []incident.Line
		days  int
	}{
		{nil, []incident.Line{at(22), at(23)}, 1},
		{berlin, []incident.Line{at(22), at(23)}, 2},
		{nil, []incident.Line{at(23), at(24)}, 2},
		{berlin, []incident.Line{at(23), at(24)}, 1},
	} {
		_, got := Scene{Zone: c.zone}.fit(c.lines)
		if n := strings.Count(strings.Join(got, "\n"), "{date_short}"); n != c.days {
			t.Errorf("in %v: %d dates, want %d: %q", c.zone, n, c.days, got)
		}
	}
}

func TestLinksEndBeforeTheQuotationMark(t *testing.T) {
	if got, want := paragraph("see “https://example.com/x”", 100), "see “<https://example.com/x>”"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
