package bot_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
)

// lines are the timeline of INC-1 as it is read, withdrawn entries marked.
func (h *house) lines() string {
	h.t.Helper()
	return timeline(h.ctx, h.t, h.bot, "INC-1")
}

// timeline is that of an incident, line by line.
func timeline(ctx context.Context, t *testing.T, b *bot.Bot, id string) string {
	t.Helper()
	events, err := b.Desk().Events(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range incident.Timeline(events, incident.PlainNames) {
		text := l.Text + " " + l.Quote
		if l.Withdrawn {
			text += " (withdrawn)"
		}
		out = append(out, text)
	}
	return strings.Join(out, "\n")
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// say posts a message of dev1, in a thread if one is given.
func (h *house) say(channel, thread, text string) string {
	h.t.Helper()
	ts, err := h.sim.As("U0DEV1").Type(channel, text, thread)
	h.ok(err)
	return ts
}

// inOutage is a house with an incident and its channel, where all is delivered, and what a
// next life is started with.
func inOutage(t *testing.T) (*house, *configs.Config, slacksim.Channel) {
	t.Helper()
	h := newHouse(t, testConfig)
	settings, err := configs.Parse([]byte(testConfig), "test.yaml")
	h.ok(err)
	h.declare()
	room := h.room()
	h.drained()
	return h, settings, room
}

// TestWatchbillWasDown: after a longer absence every open timeline says so, and what
// people pinned, took off and edited meanwhile is read from the channel.
func TestWatchbillWasDown(t *testing.T) {
	t.Parallel()
	h, settings, room := inOutage(t)
	dev, sre := h.sim.As("U0DEV1"), h.sim.As("U0SRE1")
	first, kept := h.say(room.ID, "", "the first clue"), h.say(room.ID, "", "a clue that is edited")
	for _, ts := range []string{first, kept} {
		h.ok(dev.React(room.ID, ts, "pushpin"))
	}
	_, err := dev.MessageAction(h.ctx, room.ID, h.say(room.ID, "", "kept by the menu"), configs.ShortcutTimeline)
	h.ok(err)
	h.wait("three entries", func() bool {
		return strings.Contains(h.lines(), "first clue") && strings.Contains(h.lines(), "is edited") && strings.Contains(h.lines(), "kept by the menu")
	})
	h.drained()
	h.halt()

	h.ok(dev.Unreact(room.ID, first, "pushpin"))
	h.ok(dev.Edit(room.ID, kept, "a clue that was edited meanwhile"))
	h.ok(sre.React(room.ID, h.say(room.ID, "", "graph of the pool"), "pushpin"))
	h.ok(sre.React(room.ID, h.say(room.ID, kept, "deep in a thread"), "pushpin"))
	h.ok(dev.Pin(room.ID, h.say(room.ID, "", "rolled back to 41")))
	for _, m := range h.sim.Messages("incidents") {
		if strings.Contains(string(m.Metadata), "announce/INC-1") {
			h.ok(sre.React(m.Channel, h.say(m.Channel, m.TS, "below the announcement"), "pushpin"))
		}
	}
	h.pass(30 * time.Minute) // Slack has given up its retries
	h.start(settings)

	h.wait("the absence on the timeline", func() bool { return strings.Contains(h.lines(), "Watchbill was not running for 30m") })
	for _, want := range []string{"graph of the pool", "deep in a thread", "rolled back to 41", "edited meanwhile", "below the announcement", "the first clue (withdrawn)"} {
		h.wait(want, func() bool { return strings.Contains(h.lines(), want) })
	}
	h.drained()
	if got := h.lines(); !strings.Contains(got, "kept by the menu\n") {
		t.Errorf("what Slack keeps no mark of was taken off:\n%s", got)
	}
	if n := strings.Count(h.lines(), "graph of the pool"); n != 1 {
		t.Errorf("a message is on the timeline %d times:\n%s", n, h.lines())
	}
	if got := texts(h.sim, room.Name, "was not running"); len(got) != 1 {
		t.Errorf("the channel was told %d times, want once", len(got))
	}
}

// TestWatchbillWasDownInTheThread: where an incident has no channel, the thread of its
// announcement is read, and nothing that is beside it.
func TestWatchbillWasDownInTheThread(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	settings, err := configs.Parse([]byte(testConfig), "test.yaml")
	h.ok(err)
	h.sim.Inject(slacksim.Fault{Method: "conversations.create", Kind: slacksim.ErrorCode, Code: "restricted_action", Times: 1})
	h.declare()
	h.inThread()
	h.drained()
	root, incidents := "", ""
	for _, m := range h.sim.Messages("incidents") {
		if strings.Contains(string(m.Metadata), "announce/INC-1") {
			root, incidents = m.TS, m.Channel
		}
	}
	dev := h.sim.As("U0DEV1")
	first := h.say(incidents, root, "the first clue")
	h.ok(dev.Pin(incidents, first))
	h.wait("an entry", func() bool { return strings.Contains(h.lines(), "first clue") })
	h.drained()
	h.halt()

	h.ok(dev.Archive(incidents)) // and back, without the bot
	h.ok(dev.Unarchive(incidents))
	h.ok(dev.Unpin(incidents, first))
	h.ok(dev.React(incidents, h.say(incidents, root, "graph of the pool"), "pushpin"))
	h.ok(dev.Pin(incidents, h.say(incidents, root, "rolled back to 41")))
	for _, beside := range []string{h.say(incidents, "", "lunch?"), h.say(incidents, "", "a pinned rule of the channel")} {
		h.ok(dev.React(incidents, beside, "pushpin"))
		h.ok(dev.Pin(incidents, beside))
	}
	h.pass(30 * time.Minute) // Slack has given up its retries
	h.start(settings)

	for _, want := range []string{"graph of the pool", "rolled back to 41", "the first clue (withdrawn)"} {
		h.wait(want, func() bool { return strings.Contains(h.lines(), want) })
	}
	h.drained()
	if got := h.lines(); strings.Contains(got, "lunch") || strings.Contains(got, "rule of the channel") {
		t.Errorf("what is beside the thread is on the timeline:\n%s", got)
	}
}

// TestSlackWasCutOff: what people pinned while no socket was open is read when one
// opens again, although Watchbill ran all the time.
func TestSlackWasCutOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	room := h.room()
	h.drained()
	h.sim.Down(true)
	h.wait("the sockets to close", func() bool { return h.sim.Sockets() == 0 })
	h.ok(h.sim.As("U0DEV1").React(room.ID, h.say(room.ID, "", "what nobody heard"), "pushpin"))
	h.pass(30 * time.Minute)
	h.sim.Down(false)
	h.wait("the absence on the timeline", func() bool { return strings.Contains(h.lines(), "heard nothing from Slack for") })
	h.wait("what nobody heard", func() bool { return strings.Contains(h.lines(), "what nobody heard") })
	h.drained()
}

// TestAShortAbsenceIsNotTold: a restart is no news.
func TestAShortAbsenceIsNotTold(t *testing.T) {
	t.Parallel()
	h, settings, _ := inOutage(t)
	h.halt()
	h.pass(30 * time.Second)
	h.start(settings)
	h.drained()
	if got := h.lines(); strings.Contains(got, "not running") || strings.Contains(got, "from Slack for") {
		t.Errorf("the timeline tells a restart:\n%s", got)
	}
}

// TestAnEventThatComesAgainAfterARestart changes nothing: that it was dealt with is kept
// beside what it changed. The record itself would take a second note.
func TestAnEventThatComesAgainAfterARestart(t *testing.T) {
	t.Parallel()
	h, settings, room := inOutage(t)
	h.sim.InjectEnvelopes(slacksim.EnvelopeFault{Kind: slacksim.Duplicate, Inner: "app_mention", Times: 1})
	h.sim.InjectEnvelopes(slacksim.EnvelopeFault{Kind: slacksim.Late, Inner: "app_mention", Times: 1, Delay: time.Hour})
	h.say(room.ID, "", "<@"+h.sim.BotUserID()+"> note the pool is empty")
	h.wait("the note", func() bool { return strings.Contains(h.lines(), "the pool is empty") })
	h.drained()
	h.halt()
	h.start(settings)
	h.pass(time.Hour)
	h.wait("the event once more", func() bool {
		told := 0
		for _, e := range h.sim.Envelopes("events_api") {
			if e.Inner == "app_mention" && !e.Acked.IsZero() {
				told++
			}
		}
		return told == 2
	})
	h.drained()
	if got := h.lines(); strings.Count(got, "the pool is empty") != 1 {
		t.Errorf("the timeline is:\n%s", got)
	}
}
