package oncall

import (
	"testing"
	"time"
)

// TestFarSummers keeps a handoff at its wall-clock hour long after the zone data's
// last listed change: Go's ZoneBounds may give the end of a stretch as the instant
// it was asked about, at the end of every fourth year.
func TestFarSummers(t *testing.T) {
	plan, err := Compile(Schedule{Name: "checkout", TimeZone: "Europe/Berlin", Layers: []Layer{{Name: "all",
		Rotation: Rotation{Type: "daily", Length: 1, Start: "2026-01-05T09:00:00", People: []string{"dev1", "sre1"}}}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	berlin := plan.Location()
	for year := 2037; year < 2075; year++ {
		from := time.Date(year, 7, 1, 0, 0, 0, 0, time.UTC)
		for _, s := range plan.Shifts(from, from.Add(72*time.Hour))[1:] {
			if got := s.Start.In(berlin).Format("15:04"); got != "09:00" {
				t.Errorf("a shift of %d begins at %s in Berlin, want 09:00", year, got)
			}
		}
	}
}
