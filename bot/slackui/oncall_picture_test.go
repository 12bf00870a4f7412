package slackui

import (
	"bytes"
	"image/png"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// fortnight has overlapping layers, an override, gaps and a day of 23 hours.
func fortnight(t testing.TB) Fortnight {
	t.Helper()
	plan, err := oncall.Compile(oncall.Schedule{Name: "checkout", TimeZone: "Europe/Berlin",
		Layers: []oncall.Layer{
			{Name: "office", Rotation: oncall.Rotation{Type: "daily", Start: "2026-03-23T09:00:00", People: []string{"dev1", "dev2", "lead1"}},
				Hours: []oncall.Window{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, From: "09:00", To: "17:00"}}},
			{Name: "nights", Rotation: oncall.Rotation{Type: "weekly", Start: "2026-03-23T17:00:00", People: []string{"sre1", "jürgen"}},
				Hours: []oncall.Window{{From: "17:00", To: "08:00"}}},
		},
		Overrides: []oncall.Override{{From: "2026-03-31T20:00:00", To: "2026-04-01T02:00:00", Person: "dev1", Replaces: "jürgen"},
			{From: "2026-03-26T09:00:00", To: "2026-03-26T13:00:00", Person: "sre1"}, {From: "2026-03-27T09:00:00", To: "2026-03-27T13:00:00", Person: "dev2", Replaces: "dev2"}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 3, 22, 23, 0, 0, 0, time.UTC)
	to := reading(time.Date(2026, 4, 6, 0, 0, 0, 0, time.UTC), plan.Location())
	return Fortnight{Schedule: "checkout", Zone: plan.Location(), From: from, To: to, Shifts: plan.Shifts(from, to), Gaps: plan.Gaps(from, to)}
}

func TestPicture(t *testing.T) {
	f := fortnight(t)
	now := time.Date(2026, 3, 24, 12, 0, 0, 0, time.UTC)
	raw, err := Picture(f, now, func(p string) string { return p })
	if err != nil {
		t.Fatal(err)
	}
	p, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if file := os.Getenv("WATCHBILL_PICTURE"); file != "" {
		if err := os.WriteFile(file, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(daysOf(f)); n != 14 {
		t.Fatalf("%d days, want 14", n)
	}
	if high := p.Bounds().Dy(); high < titleHigh+14*dayHigh {
		t.Errorf("the picture is %d high", high)
	}
	// On Tuesday at 12:30 in Berlin dev2 stands: their colour is the second by name.
	d := daysOf(f)[1]
	at := p.At(d.x(time.Date(2026, 3, 24, 14, 30, 0, 0, time.UTC)), titleHigh+dayHigh+5) // the first day has one lane
	if at != pastel[1] {
		t.Errorf("the colour of dev2's shift is %v, want %v", at, pastel[1])
	}
	if len(raw) > 200_000 {
		t.Errorf("the picture has %d bytes", len(raw))
	}
	text := PictureText(f, func(p string) string { return p })
	for _, part := range []string{"checkout", "dev1", "sre1", "Nobody is on call 14 times"} {
		if !strings.Contains(text, part) {
			t.Errorf("the picture's text lacks %q: %s", part, text)
		}
	}
}

// TestPictureExplainsOnlyItsSigns: what is not in the picture needs no words below it.
func TestPictureExplainsOnlyItsSigns(t *testing.T) {
	over, gap := []oncall.Shift{{Kind: oncall.Overriding}}, []oncall.Gap{{}}
	for want, f := range map[string]Fortnight{
		"":                                      {Shifts: []oncall.Shift{{}}},
		"Black line below a name: an override.": {Shifts: over},
		"Hatched: nobody is on call.":           {Gaps: gap},
		"Black line below a name: an override. Hatched: nobody is on call.": {Shifts: over, Gaps: gap},
	} {
		if got := signs(f); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPictureOfNothing(t *testing.T) {
	from := time.Date(2026, 3, 23, 0, 0, 0, 0, time.UTC)
	f := Fortnight{Schedule: strings.Repeat("näme ", 100), Zone: time.UTC, From: from, To: from.AddDate(0, 0, 14), Gaps: []oncall.Gap{{Start: from, End: from.AddDate(0, 0, 14)}}}
	if _, err := Picture(f, from, func(p string) string { return p }); err != nil {
		t.Error(err)
	}
}
