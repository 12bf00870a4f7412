package desk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
	"github.com/watchbill/watchbill/storage/storagetest"
)

// TestWhenTheDirectoryChanged is told by the desk's clock, and only what did change.
func TestWhenTheDirectoryChanged(t *testing.T) {
	settings, err := configs.Parse([]byte("people: [{name: dev1, slack: U0DEV1}]\n"), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 6, 12, 0, 0, 0, time.UTC)
	dir := NewDirectory(settings, nil, nil)
	New(Config{Store: memory.New(), Settings: settings, People: dir, Now: func() time.Time { return now }})
	users := []User{{ID: "U0DEV1", Name: "dev1"}, {ID: "U0SRE1", Name: "sre1"}}
	dir.Learn(users, map[string][]string{"S1": {"U0DEV1"}, "S2": {"U0SRE1"}, "S3": {"U0DEV1"}})
	first, renamed := now, dir.renamed
	now = now.Add(time.Hour)
	dir.Learn(users, map[string][]string{"S1": {"U0SRE1"}, "S2": {"U0SRE1"}, "S3": {"U0DEV1"}})
	if dir.listed != first || dir.moved["S1"] != now || dir.moved["S2"] != first {
		t.Errorf("listed %s, moved %v; want S1 at %s and the others at %s", dir.listed, dir.moved, now, first)
	}
	if dir.renamed != renamed {
		t.Errorf("nobody has another name, and that is as of %s", dir.renamed)
	}
	users[0].Name = "dev1.away"
	if dir.LearnOne(users[0]); dir.renamed != renamed {
		t.Errorf("the configuration says who that is, and it is another as of %s", dir.renamed)
	}
	now = now.Add(time.Hour)
	changed := now
	for range 2 {
		dir.LearnOne(User{ID: "U0SRE1", Name: "sre1", Guest: true})
		if dir.moved["S1"] != changed || dir.moved["S3"] != first {
			t.Errorf("a member became a guest at %s, and the groups moved at %v", changed, dir.moved)
		}
		now = now.Add(time.Hour)
	}
	dir.LearnGroup("S2", nil)
	if dir.moved["S2"] != now {
		t.Errorf("a group that was emptied moved at %s", dir.moved["S2"])
	}
}

// TestIncidentsAreFollowedAfterTheClockWasSetBack: not only when the time comes again.
func TestIncidentsAreFollowedAfterTheClockWasSetBack(t *testing.T) {
	settings, err := configs.Parse(nil, "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 6, 12, 0, 0, 0, time.UTC)
	d := New(Config{Store: memory.New(), Settings: settings, Now: func() time.Time { return now }})
	for _, ahead := range []time.Duration{-time.Hour, -lookEvery, time.Hour} {
		d.looked = now.Add(ahead)
		if err := d.followIncidents(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d.looked != now {
			t.Errorf("looked %s ago, they were not looked at", -ahead)
		}
	}
}

// TestAHeartbeatIsWaitedForAnewWhenTheClockWasSetBack and not until the time comes again.
func TestAHeartbeatIsWaitedForAnewWhenTheClockWasSetBack(t *testing.T) {
	settings, err := configs.Parse([]byte("integrations: [{name: backup, source: heartbeat, token_env: HOOK_BACKUP, every: 5m, grace: 1m}]\n"), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 6, 12, 0, 0, 0, time.UTC)
	d := New(Config{Store: memory.New(), Settings: settings})
	d.heartbeats.looked, d.heartbeats.from = now, now
	d.heartbeats.by["backup"] = &pulse{stored: Heartbeat{First: now}, last: now}
	now = now.Add(-2 * time.Hour)
	for at := time.Duration(0); at <= 7*time.Minute; at += 10 * time.Second {
		if late, want := len(d.silent(now.Add(at))) > 0, at > 6*time.Minute; late != want {
			t.Errorf("%s after the clock was set back, it is silent: %v", at, late)
		}
	}
}

// TestWhichTimesTheClockShowedTwice is known by the order of what was stored, also of what
// was swept before, and of nothing else.
func TestWhichTimesTheClockShowedTwice(t *testing.T) {
	store, at := memory.New(), func(minute int) time.Time { return time.Date(2026, 1, 6, 12, minute, 0, 0, time.UTC) }
	r := storage.Record{Ref: storage.Ref{Kind: "test", ID: "T-1"}}
	commit := func(when time.Time) {
		t.Helper()
		c := storagetest.Next(r, when, storagetest.Step{Text: "x"})
		if err := store.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		r = *c.Record
	}
	var log clockLog
	check := func(want ...int) {
		t.Helper()
		for minute := range 60 {
			if got, err := log.twice(t.Context(), store, time.Time{}, at(minute)); err != nil || got != slices.Contains(want, minute) {
				t.Errorf("minute %d came twice: %v (%v), want %v", minute, got, err, want)
			}
		}
	}
	commit(at(0).Add(-storage.SettledLife - time.Hour))
	for _, minute := range []int{20, 30} {
		commit(at(minute))
	}
	if _, err := store.Sweep(t.Context(), at(0)); err != nil {
		t.Fatal(err)
	}
	commit(at(30).Add(-settles / 2)) // at once with the one before
	check()
	for _, minute := range []int{27, 28, 50, 48} {
		commit(at(minute))
	}
	check(27, 28, 29, 48, 49, 50)
}

// TestOneScheduleThatCannotBeReadStopsNoOther: a start applies the others where time-zone data
// no longer has the zone in which a schedule once was.
func TestOneScheduleThatCannotBeReadStopsNoOther(t *testing.T) {
	const schedule = "  - {name: %s, time_zone: %s, layers: [{name: all, rotation: {type: weekly, start: \"2020-01-06T09:00:00\", people: [dev1]}}]}\n"
	store, now := memory.New(), time.Date(2026, 1, 6, 12, 0, 0, 0, time.UTC)
	life := func(text string, zones *oncall.Zones) (*Desk, []Applied) {
		settings, err := configs.Parse([]byte("schedules:\n"+text), "test.yaml")
		if err != nil {
			t.Fatal(err)
		}
		d := New(Config{Store: store, Settings: settings, Now: func() time.Time { return now }})
		d.plans.zones = zones
		applied, err := d.StartSchedules(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return d, applied
	}
	life(fmt.Sprintf(schedule, "checkout", "Europe/Berlin"), oncall.NewZones(nil))
	now = now.Add(time.Hour)
	d, applied := life(fmt.Sprintf(schedule+schedule, "checkout", "UTC", "search", "UTC"), oncall.NewZones(func(name string) (*time.Location, error) {
		if name == "Europe/Berlin" {
			return nil, errors.New("unknown time zone " + name)
		}
		return time.LoadLocation(name)
	}))
	if err := applied[0].Err; err == nil || !strings.Contains(err.Error(), `unknown time zone "Europe/Berlin"`) {
		t.Errorf("it says of checkout: %v", err)
	}
	if r, err := d.Schedule(t.Context(), "checkout"); err != nil || len(r.Versions) != 1 {
		t.Errorf("checkout is %+v (%v), want it as it was", r.Versions, err)
	}
	if d.SchedulePlan("search") == nil {
		t.Errorf("search was not applied: %+v", applied[1])
	}
}
