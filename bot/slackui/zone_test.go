package slackui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
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
		"until 01:00 UTC":                              "until " + clock(time.Date(2026, 11, 21, 1, 0, 0, 0, time.UTC)),
		`there is no service "x \" 14:05 UTC"`:         `there is no service "x \" 14:05 UTC"`,
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

// What people and their monitoring wrote is shown as they wrote it: 14:05 UTC in a title
// is no time of ours.
func TestTimesThatWereTypedStay(t *testing.T) {
	const title = "backup at 14:05 UTC fails since 2026-11-20 14:05 UTC"
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	s := Scene{Now: at}
	dev := incident.Actor{Person: "dev1"}
	for _, e := range []incident.Event{
		{Kind: incident.Declared, By: dev, Severity: 3, Title: title},
		{Kind: incident.AlertFired, Alert: "ALERT-1", Title: title},
		{Kind: incident.AlertOver, Alert: "ALERT-1", Title: title},
		{Kind: incident.Unpaged, Text: title},
		{Kind: incident.PageFailed, Page: "PAGE-1", Person: "dev1", Text: title},
		{Kind: incident.RoomLost, Text: title},
		{Kind: incident.DeliveryFailed, Text: title},
	} {
		e.At = at
		if got := s.happened(e); !strings.Contains(got, title) {
			t.Errorf("%s is told as %q", e.Kind, got)
		}
		for _, l := range incident.Timeline([]incident.Event{e}, s.Names) {
			if got := s.timelineLine(l); !strings.Contains(got, title) {
				t.Errorf("%s is on the timeline as %q", e.Kind, got)
			}
		}
	}
	for _, c := range []struct {
		e    alert.Event
		ours int // times in it, besides when it happened
	}{
		{alert.Event{Kind: alert.MemberJoined, Member: &alert.Member{Title: title}}, 0},
		{alert.Event{Kind: alert.WaitBegan, Until: at.Add(time.Hour), Text: title}, 1},
		{alert.Event{Kind: alert.WasSilenced, By: "dev1", Hush: &alert.Hush{Silence: "S1", Until: at.Add(time.Hour)}, Text: title}, 1},
		{alert.Event{Kind: alert.WasClosed, By: "dev1", Text: title}, 0},
		{alert.Event{Kind: alert.WasNoise, By: "dev1", Text: title}, 0},
	} {
		c.e.At = at
		got := strings.Join(alertLines([]alert.Event{c.e}, s), "")
		if !strings.Contains(got, title) || strings.Count(got, "<!date^") != 1+c.ours {
			t.Errorf("%s is told as %q", c.e.Kind, got)
		}
	}
}

// A name may look like a time: 02:00 UTC in that of a maintenance window is not converted.
func TestNamesThatLookLikeTimesStay(t *testing.T) {
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	until := at.Add(90 * time.Minute)
	s := Scene{Now: at.AddDate(0, 0, 3), PlainName: func(person string) string { return person }}
	const name = "nightly 02:00 UTC"
	hush := &alert.Hush{Window: name, Until: until}
	for _, e := range []alert.Event{
		{Kind: alert.WasSilenced, Hush: hush},
		{Kind: alert.WasSilenced, By: name, Hush: &alert.Hush{Silence: "SIL-1", Until: until}},
		{Kind: alert.PageSnoozed, By: name, Page: "PAGE-1", Until: until},
		{Kind: alert.PageSnoozed, By: name, Page: "PAGE-1", Until: until.AddDate(0, 0, 1)},
	} {
		e.At = at
		got := s.alertSentence(escapedAlert(e))
		shown := "<!date^" + fmt.Sprint(max(e.Until.Unix(), until.Unix()))
		if !strings.Contains(got, name) || !strings.Contains(got, shown) {
			t.Errorf("%s is told as %q, want %s in it", e.Kind, got, shown)
		}
	}
	snoozed := incident.Event{Kind: incident.PageSnoozed, By: incident.Actor{Person: name}, Page: "PAGE-1", Until: until, At: at}
	if got := s.happened(snoozed); !strings.HasPrefix(got, name) || !strings.Contains(got, "until <!date^") {
		t.Errorf("a snooze is told as %q", got)
	}
	if got := Refusal("ALERT-1 is silenced by the maintenance \""+name+"\", until 2026-11-21 04:30 UTC.", "", s).Text; !strings.Contains(got, name) || !strings.Contains(got, "<!date^") {
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

// TestATimeInAFormIsTheOneThatWasTyped: the form gives it back to the minute, also in the
// hour that comes twice.
func TestATimeInAFormIsTheOneThatWasTyped(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{
		time.Date(2026, 10, 24, 23, 10, 40, 0, time.UTC),
		time.Date(2026, 10, 25, 0, 10, 40, 0, time.UTC), // 02:10 for the first time
		time.Date(2026, 10, 25, 1, 10, 40, 0, time.UTC), // and for the second
		time.Date(2026, 10, 25, 3, 10, 40, 0, time.UTC),
	} {
		now := time.Date(2026, 10, 25, 3, 25, 0, 0, time.UTC)
		for _, zone := range []*time.Location{nil, berlin} {
			typed := writeTime(at, now, zone)
			if got, ok, _ := ReadTime(typed, now.Add(10*time.Minute), zone); !ok || !got.Equal(at.Truncate(time.Minute)) {
				t.Errorf("%s stands there as %q and is read as %s", at, typed, got)
			}
		}
	}
}
