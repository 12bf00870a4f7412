package desk_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/storage"
)

// tallies are what channels are to be told of what was not actionable.
func (h *house) tallies() []desk.Tally {
	h.t.Helper()
	all, err := h.store.Effects(h.t.Context(), 0, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	var out []desk.Tally
	for _, e := range all {
		if e.Kind == desk.TallyKind {
			k, err := desk.ReadTally(e.Body)
			if err != nil {
				h.t.Fatal(err)
			}
			out = append(out, k)
		}
	}
	return out
}

// deliverAll takes whatever is owed for delivered.
func (h *house) deliverAll() {
	h.t.Helper()
	for {
		now := storageNow()
		all, err := h.store.Lease(h.t.Context(), storage.LeaseRequest{Now: now, Until: now.Add(leaseFor)})
		if err != nil {
			h.t.Fatal(err)
		}
		if len(all.Leased) == 0 {
			return
		}
		for _, l := range all.Leased {
			if err := h.desk.Settle(h.t.Context(), l.Effect, done(l), desk.Outcome{}); err != nil {
				h.t.Fatal(err)
			}
		}
	}
}

func (h *house) noise(s alert.Signal) {
	h.t.Helper()
	if _, err := h.desk.NotActionable(h.t.Context(), in("sre1", ""), h.one(s), "always at noon"); err != nil {
		h.t.Fatal(err)
	}
}

// TestWhatWasNotActionableIsToldOnceAWeek by name of the alert; the time of the bubble
// begins on Saturday, 1 January 2000.
func TestWhatWasNotActionableIsToldOnceAWeek(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		for n := range 3 {
			h.noise(firing(fmt.Sprint("db-", n), labelled("alertname", "DiskFull")))
		}
		h.hear(cleared("db-0", labelled("alertname", "DiskFull"))) // one that is over counts too
		h.noise(firing("slow"))
		h.one(firing("real"))
		monday := time.Date(2000, time.January, 3, 9, 0, 0, 0, time.UTC)
		time.Sleep(time.Until(monday.Add(-time.Hour)))
		h.restart() // looks for what was not told
		time.Sleep(time.Until(monday.Add(-time.Second)))
		want(t, "tallies before the week is over", len(h.tallies()), 0)
		time.Sleep(3 * time.Second)
		told := h.tallies()
		if len(told) != 1 {
			t.Fatalf("the tallies are %+v", told)
		}
		k := told[0]
		want(t, "alerts", k.Total, 4)
		want(t, "until", k.Until, monday)
		want(t, "topics", len(k.Topics), 2)
		want(t, "the first", fmt.Sprint(k.Topics[0].Service, " ", k.Topics[0].Title, " ", k.Topics[0].Total), "checkout DiskFull 3")
		want(t, "the second", k.Topics[1].Title, "disk full on slow")
		h.restart()
		h.pass(2 * time.Second)
		want(t, "tallies after a restart before the first was delivered", len(h.tallies()), 1)
		h.deliverAll()
		h.restart()
		time.Sleep(7 * 24 * time.Hour)
		want(t, "tallies after a restart and a week with nothing", len(h.tallies()), 1)
	})
}

// TestAWeekThatEndedWhileNothingRan is told late, with when that was.
func TestAWeekThatEndedWhileNothingRan(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		h.noise(firing("a"))
		h.downFor(12 * 24 * time.Hour) // over the ends of two weeks
		time.Sleep(2 * time.Second)
		told := h.tallies()
		if len(told) != 1 || told[0].Total != 1 || told[0].Told.Sub(told[0].Until) < 7*24*time.Hour {
			t.Fatalf("the tallies are %+v", told)
		}
	})
}

// TestAWeekEndsWhereItsChannelIs: on Monday at nine by the clocks of those who answer
// for its alerts, and once, whatever the zone is afterwards.
func TestAWeekEndsWhereItsChannelIs(t *testing.T) {
	const zones = `
schedules:
  - {name: tokyo, time_zone: Asia/Tokyo, layers: [{rotation: {type: weekly, start: "1999-12-06T09:00:00", people: [dev1]}}]}
  - {name: york, time_zone: America/New_York, layers: [{rotation: {type: weekly, start: "1999-12-06T09:00:00", people: [dev2]}}]}
`
	inHouse(t, zones, func(t *testing.T, h *house) {
		h.end()
		at := slices.IndexFunc(h.settings.Services, func(s configs.Service) bool { return s.Name == "search" })
		h.settings.Services[at].Schedule = "york"
		h.begin()
		h.noise(firing("a")) // of checkout, whose policy has no schedule: the first one's zone
		h.noise(firing("b", func(s *alert.Signal) { s.Service = "search" }))
		utc := func(day, hour int) time.Time { return time.Date(2000, time.January, day, hour, 0, 0, 0, time.UTC) }
		time.Sleep(time.Until(utc(3, 0).Add(2 * time.Second)))
		told := h.tallies()
		if len(told) != 1 || told[0].Channel != "svc-checkout" || !told[0].Until.Equal(utc(3, 0)) || !told[0].From.Equal(utc(3, 0).AddDate(0, 0, -7)) {
			t.Fatalf("on Monday at nine in Tokyo: %+v", told)
		}
		time.Sleep(time.Until(utc(3, 14).Add(2 * time.Second)))
		if told = h.tallies(); len(told) != 2 || told[1].Channel != "svc-search" || !told[1].Until.Equal(utc(3, 14)) {
			t.Fatalf("on Monday at nine in New York: %+v", told)
		}
		h.end()
		h.settings.Services[at].Schedule = "tokyo"
		h.begin()
		time.Sleep(2 * time.Second)
		want(t, "tallies after the schedule has changed", len(h.tallies()), 2)
	})
}
