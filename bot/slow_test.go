package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
)

// slowDisk holds every change of a record until the channel is closed.
func (h *house) slowDisk() (release chan struct{}) {
	release = make(chan struct{})
	h.store.(*memory.Store).Faults(func(op string, changes []storage.Change) memory.Fault {
		for _, c := range changes {
			if op == "commit" && c.Record != nil {
				return memory.Slow(release)
			}
		}
		return memory.None()
	})
	return release
}

// TestASlowDisk answers before Slack's three seconds are over although the commit
// is not done: it is being written and its outcome follows, while what waits
// behind it is not recorded.
func TestASlowDisk(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	h.room()
	h.drained()
	release := h.slowDisk()
	first, err := h.sim.As("U0DEV1").Slash(h.ctx, "general", "/inc", "INC-1 note the first of two")
	if err != nil || first.Error != "" || !strings.Contains(first.Text(), "Not confirmed yet") {
		t.Errorf("the first was answered %q (%v %s), want that it is not confirmed yet", first.Text(), err, first.Error)
	}
	second, err := h.sim.As("U0DEV2").Slash(h.ctx, "general", "/inc", "INC-1 note the second of two")
	if err != nil || !strings.Contains(second.Text(), "Not recorded") || !strings.Contains(second.Text(), "the second of two") {
		t.Errorf("the second was answered %q (%v), want that it is not recorded, and its text", second.Text(), err)
	}
	close(release)
	outcome, err := first.WaitResponse(h.ctx, 0)
	if err != nil || !strings.Contains(outcome.AllText(), "Noted") {
		t.Errorf("the outcome is %q (%v), want that it was noted", outcome.AllText(), err)
	}
	events, err := h.bot.Desk().Events(h.ctx, "INC-1")
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	for _, e := range events {
		if e.Kind == "noted" {
			notes = append(notes, e.Text)
		}
	}
	if len(notes) != 1 || notes[0] != "the first of two" {
		t.Errorf("the timeline has the notes %q, want the first", notes)
	}
}

// TestASlowDiskLosesNoPin leaves an event unanswered that could not be stored in time, so
// that Slack sends it again.
func TestASlowDiskLosesNoPin(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	room := h.room()
	h.wait("the reporter in the channel", func() bool { _, err := h.sim.As("U0DEV1").Type(room.ID, "looking"); return err == nil })
	ts := h.say(room.ID, "", "the first clue")
	h.drained()
	release := h.slowDisk()
	if _, err := h.sim.As("U0DEV1").Slash(h.ctx, "general", "/inc", "INC-1 note what holds the disk"); err != nil { // answered that it is not confirmed
		t.Fatal(err)
	}
	h.ok(h.sim.As("U0DEV1").React(room.ID, ts, "pushpin"))
	attempts := func() (n int) {
		for _, e := range h.sim.Envelopes("events_api") {
			if e.Inner == "reaction_added" {
				n++
			}
		}
		return n
	}
	h.wait("the event to come again", func() bool { return attempts() > 1 })
	close(release)
	h.pass(61 * time.Second)
	h.wait("the entry", func() bool { return strings.Contains(h.lines(), "the first clue") })
	h.drained()
}

// TestTheDiskIsFull refuses a new incident aloud, and lets people answer pages of
// those that are open.
func TestTheDiskIsFull(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	h.wait("the page", func() bool { return len(h.sim.DMs("U0SRE1")) == 1 })
	h.drained()
	h.store.(*memory.Store).Faults(func(op string, changes []storage.Change) memory.Fault {
		for _, c := range changes {
			if op == "commit" && !c.Vital {
				return memory.Fails(storage.ErrFull)
			}
		}
		return memory.None()
	})
	if got := h.slash("U0DEV1", "general", "declare search is down"); !strings.Contains(got, "full") || !strings.Contains(got, "search is down") {
		t.Errorf("declare on a full disk answered %q, want that the disk is full, and the text", got)
	}
	if got := h.slash("U0SRE1", "general", "ack"); !strings.Contains(got, "PAGE-1") {
		t.Errorf("ack on a full disk answered %q", got)
	}
}
