package bot

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
)

// newOffline is a bot that is not run, with one open incident, at a time that can be moved.
func newOffline(t *testing.T, at *time.Time) *Bot {
	t.Helper()
	settings, err := configs.Parse([]byte("people: [{name: dev1, slack: U0DEV1}]"), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(Config{Settings: settings, Store: memory.New(), BotToken: "xoxb-1", AppToken: "xapp-1", SlackAPI: "http://127.0.0.1:1/", Directory: t.TempDir(), Now: func() time.Time { return *at }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.desk.Declare(t.Context(), desk.In{By: incident.Actor{Person: "dev1", Via: "slack"}, Cause: "c"}, desk.Declaration{Title: "it is broken"}); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestTheMachineWasSuspended: the monotonic clock stood still meanwhile, and no socket was
// missed for long by it. It is an absence like any other.
func TestTheMachineWasSuspended(t *testing.T) {
	for _, c := range []struct {
		asleep time.Duration
		told   string
	}{{30 * time.Minute, "Watchbill was not running for 30m"}, {20 * time.Second, ""}, {-time.Hour, ""}} {
		now := time.Now()
		b := newOffline(t, &now)
		before := now.Round(0)
		now = now.Add(c.asleep + time.Second)
		v := b.vigil
		v.looked, v.wall, v.heard, v.open = now.Add(-time.Second), before, now, now
		v.look(t.Context(), now)
		v.look(t.Context(), now.Add(time.Second))
		events, err := b.desk.Events(t.Context(), "INC-1")
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, l := range incident.Timeline(events, incident.PlainNames) {
			if strings.Contains(l.Text, "not running") {
				told = append(told, l.Text)
			}
		}
		switch {
		case c.told == "" && len(told) > 0:
			t.Errorf("%s: told %q", c.asleep, told)
		case c.told != "" && (len(told) != 1 || !strings.HasPrefix(told[0], c.told)):
			t.Errorf("%s: told %q, want %q", c.asleep, told, c.told)
		}
	}
}

// TestAnAbsenceIsToldUntilItIsStored: the disk may be full at the moment at which Watchbill
// comes back. Until it is stored the mark of life waits, so that a life after this one knows
// of it too, but not for ever.
func TestAnAbsenceIsToldUntilItIsStored(t *testing.T) {
	now := time.Now()
	b := newOffline(t, &now)
	v, store, fails := b.vigil, b.store.(*memory.Store), true
	store.Faults(func(op string, _ []storage.Change) memory.Fault {
		if fails && op == "commit" {
			return memory.Fails(storage.ErrFull)
		}
		return memory.None()
	})
	now = now.Add(time.Hour)
	v.looked, v.wall, v.heard, v.open = now, now.Round(0), now, now
	v.away(absence{from: now.Add(-time.Hour), until: now, down: true})
	var told time.Duration
	var marked []time.Duration
	for began := now; now.Sub(began) < 3*awayFrom; now = now.Add(time.Second) {
		fails = now.Sub(began) < 2*awayFrom
		v.look(t.Context(), now)
		events, err := b.desk.Events(t.Context(), "INC-1")
		if err != nil {
			t.Fatal(err)
		}
		if down := slices.ContainsFunc(events, func(e incident.Event) bool { return e.Kind == incident.WasDown }); down && told == 0 {
			told = now.Sub(began)
		}
		if v.marked.Equal(now) {
			marked = append(marked, now.Sub(began))
		}
	}
	if told != 2*awayFrom {
		t.Errorf("told after %s, want %s", told, 2*awayFrom)
	}
	if len(marked) == 0 || marked[0] != awayFrom {
		t.Errorf("the mark of life was written after %v, want first after %s", marked, awayFrom)
	}
}

// badDisk is a disk in a state of one's choice.
type badDisk struct {
	full    bool
	writing time.Duration
}

func (d *badDisk) Full() bool             { return d.full }
func (d *badDisk) Writing() time.Duration { return d.writing }

// TestABadDiskIsSaid: when nothing new is taken, or nothing at all, that is worth an alarm.
func TestABadDiskIsSaid(t *testing.T) {
	now, disk := time.Now(), &badDisk{}
	b := newOffline(t, &now)
	b.disk = disk
	for _, c := range []struct {
		badDisk
		problem string // empty: there is none
	}{
		{badDisk{}, ""},
		{badDisk{full: true}, "the disk is full"},
		{badDisk{writing: stuckAfter - 1}, ""},
		{badDisk{writing: stuckAfter + 1500*time.Millisecond}, "the disk has not ended a write for 11s"},
		{badDisk{}, ""},
	} {
		*disk = c.badDisk
		h := b.Health()
		if h.Ready != (c.problem == "") || len(h.Problems) > 1 || !strings.HasPrefix(strings.Join(h.Problems, ""), c.problem) {
			t.Errorf("%+v: health says %+v, want the problem %q", c.badDisk, h, c.problem)
		}
	}
}

// TestTheMarkOfLifeWasCutOff: a file that was emptied and not written again still says when
// that was.
func TestTheMarkOfLifeWasCutOff(t *testing.T) {
	now := time.Now()
	b := newOffline(t, &now)
	path, at := filepath.Join(b.vigil.directory, aliveFile), time.Date(2026, 3, 4, 3, 0, 0, 0, time.UTC)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
	if got, err := b.vigil.lastAlive(); err != nil || !got.Equal(at) {
		t.Errorf("last alive %s, %v; want %s", got, err, at)
	}
}
