package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/incident"
)

// clue is a message in an incident's room that two people pin, take off, edit and
// delete while the bot is killed. Its text says how often it was edited.
type clue struct {
	incident, channel, ts string
	n, edits              int
}

func (c clue) text(edit int) string { return fmt.Sprintf("clue%d.%d", c.n, edit) }

// pinners are two people who mark messages, by reaction and by Slack's own pin.
type pinners struct {
	c       *crowd
	clues   []*clue
	written atomic.Int64 // how many clues
}

// work does one thing after another until the context ends. What Slack refuses, such as
// the reaction of somebody whose reaction is there, was not done.
func (p *pinners) work(ctx context.Context, rng *rand.Rand) {
	for ctx.Err() == nil {
		if len(p.clues) == 0 || rng.IntN(12) == 0 {
			p.write(rng)
		}
		if len(p.clues) > 0 {
			back := min(len(p.clues), 3) // people work on what was written last
			p.do(p.clues[len(p.clues)-1-rng.IntN(back)], rng)
		}
		select {
		case <-time.After(time.Duration(10+rng.IntN(60)) * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// write puts a message into a room that the bot knows: it has its card.
func (p *pinners) write(rng *rand.Rand) {
	p.c.mu.Lock()
	known := slices.Clone(p.c.incidents)
	p.c.mu.Unlock()
	if len(known) == 0 {
		return
	}
	sim, id := p.c.w.sim, known[rng.IntN(len(known))]
	for _, ch := range sim.Channels() {
		if !strings.HasPrefix(ch.Name, strings.ToLower(id)+"-") || !slices.ContainsFunc(sim.Messages(ch.ID), func(m slacksim.Message) bool {
			return strings.HasPrefix(operation(m), "card/")
		}) {
			continue
		}
		for _, user := range []string{"U0DEV1", "U0DEV2"} {
			if err := sim.As(user).Join(ch.ID); err != nil {
				p.c.w.t.Error(err)
			}
		}
		one := &clue{incident: id, channel: ch.ID, n: len(p.clues)}
		var err error
		if one.ts, err = sim.As("U0DEV1").Type(ch.ID, one.text(0)); err != nil {
			p.c.w.t.Error(err)
			return
		}
		p.clues = append(p.clues, one)
		p.written.Add(1)
		return
	}
}

func (p *pinners) do(one *clue, rng *rand.Rand) {
	by := p.c.w.sim.As([]string{"U0DEV1", "U0DEV2"}[rng.IntN(2)])
	//nolint:errcheck // Slack refuses what is there already, or is gone
	switch k := rng.IntN(20); {
	case k < 8:
		by.React(one.channel, one.ts, "pushpin")
	case k < 12:
		by.Unreact(one.channel, one.ts, "pushpin")
	case k < 15:
		by.Pin(one.channel, one.ts)
	case k < 17:
		by.Unpin(one.channel, one.ts)
	case k < 19:
		if p.c.w.sim.As("U0DEV1").Edit(one.channel, one.ts, one.text(one.edits+1)) == nil {
			one.edits++
		}
	case rng.IntN(4) == 0:
		p.c.w.sim.As("U0DEV1").Delete(one.channel, one.ts)
	}
}

// word is what Slack told about a mark on a message, or about its text.
type word struct {
	at      string // Slack's event_ts
	on      bool
	edit    int // of a change of the text: the how manieth
	deleted bool
	acked   bool // the bot said that it has it
}

// told are the words about each message, by what they are about: a marker or "text".
func told(t *testing.T, sim *slacksim.Server) map[string]map[string][]word {
	t.Helper()
	acked := map[string]bool{}
	events := sim.Envelopes("events_api")
	for _, e := range events {
		acked[e.EventID] = acked[e.EventID] || !e.Acked.IsZero()
	}
	out := map[string]map[string][]word{}
	for _, e := range events {
		var o struct {
			Event struct {
				Type, Subtype, User, Channel, Reaction string
				EventTS                                string `json:"event_ts"`
				Deleted                                string `json:"deleted_ts"`
				Item                                   struct {
					TS      string
					Message struct{ TS string }
				}
				Message struct{ TS, Text string }
			}
		}
		if err := json.Unmarshal(e.Payload, &o); err != nil && strings.Contains(e.Inner, "reaction") {
			t.Fatal(err)
		}
		v, w := o.Event, word{at: o.Event.EventTS, acked: acked[e.EventID]}
		ts, about := v.Item.TS, incident.Marker(strings.ToLower(strings.TrimPrefix(v.User, "U0")), "pushpin")
		switch {
		case strings.HasPrefix(v.Type, "reaction_") && v.Reaction == "pushpin":
			w.on = v.Type == "reaction_added"
		case strings.HasPrefix(v.Type, "pin_"):
			ts, about, w.on = v.Item.Message.TS, incident.Marker("", "pin"), v.Type == "pin_added"
		case v.Subtype == "message_deleted":
			ts, about, w.deleted = v.Deleted, "text", true
		case v.Subtype == "message_changed":
			_, n, _ := strings.Cut(v.Message.Text, ".")
			edit, err := strconv.Atoi(n)
			if err != nil {
				continue // of another message than a clue
			}
			ts, about, w.edit = v.Message.TS, "text", edit
		default:
			continue
		}
		if out[ts] == nil {
			out[ts] = map[string][]word{}
		}
		out[ts][about] = append(out[ts][about], w)
	}
	return out
}

// check compares what the bot was told, and said that it has, with the timelines.
func (p *pinners) check(t *testing.T, d *desk.Desk, lives int) {
	t.Helper()
	heard := told(t, p.c.w.sim)
	entered, withdrawn, shared := 0, 0, 0
	for _, one := range p.clues {
		i, err := d.Incident(t.Context(), one.incident)
		if err != nil {
			t.Fatal(err)
		}
		events, err := d.Events(t.Context(), one.incident)
		if err != nil {
			t.Fatal(err)
		}
		pin := i.Pins[incident.PinKey(one.channel, one.ts)]
		for who, words := range heard[one.ts] {
			if who != "text" {
				one.marked(t, who, pin.By[who], words)
			}
		}
		for who := range pin.By {
			if len(heard[one.ts][who]) == 0 {
				t.Errorf("%s: Slack never told of %s", one.text(0), who)
			}
		}
		e, w := one.entries(t, events, pin, heard[one.ts]["text"])
		entered, withdrawn = entered+e, withdrawn+w
		if len(pin.By) > 1 {
			shared++
		}
		if m, ok := p.c.w.sim.Message(one.channel, one.ts); ok {
			shown := slices.ContainsFunc(m.Reactions, func(r slacksim.Reaction) bool { return r.Name == "white_check_mark" })
			if want := pin.Entry != 0; shown != want {
				t.Errorf("%s: the check mark is there: %v, want %v", one.text(0), shown, want)
			}
		}
	}
	t.Logf("%d messages, %d entries, %d of them withdrawn, %d messages marked in several ways", len(p.clues), entered, withdrawn, shared)
	if lives >= 25 && (entered < lives/5 || withdrawn == 0 || shared == 0) {
		t.Errorf("%d entries, %d withdrawn, %d shared: the test shows nothing", entered, withdrawn, shared)
	}
}

// marked checks that the record has the last word that was acknowledged, or a later one.
func (c clue) marked(t *testing.T, who string, mark incident.Mark, words []word) {
	t.Helper()
	known := mark.TS == ""
	for _, w := range words {
		known = known || w.at == mark.TS && w.on == mark.On
		if w.acked && mark.TS < w.at {
			t.Errorf("%s: that %s is on: %v was acknowledged at %s, and the record has %+v", c.text(0), who, w.on, w.at, mark)
		}
	}
	if !known {
		t.Errorf("%s: Slack never told that %s is %+v", c.text(0), who, mark)
	}
}

// entries checks the lines of a message: one that stands if anybody wants it, the others
// withdrawn, each at the message's time.
func (c clue) entries(t *testing.T, events []incident.Event, pin incident.Pin, texts []word) (entered, withdrawn int) {
	t.Helper()
	of := map[uint64]bool{}
	for _, e := range events {
		if e.Kind == incident.PinEntered && e.TS == c.ts {
			of[e.Seq] = true
		}
	}
	at, err := incident.TimeOfTS(c.ts)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range incident.Timeline(events, incident.PlainNames) {
		if !of[l.Seq] {
			continue
		}
		entered++
		if !l.At.Equal(at) {
			t.Errorf("%s stands at %s, want %s", c.text(0), l.At, at)
		}
		if l.Withdrawn {
			withdrawn++
			continue
		}
		if l.Seq != pin.Entry || !pin.Fetched {
			t.Errorf("%s: entry %d stands, and the record has %+v", c.text(0), l.Seq, pin)
		}
		c.reads(t, l, texts)
	}
	want := 0
	if pin.Held() {
		want = 1
	}
	if standing := entered - withdrawn; standing != want {
		t.Errorf("%s stands on the timeline %d times, want %d", c.text(0), standing, want)
	}
	return entered, withdrawn
}

// reads checks that a line has the text that was acknowledged last, or a later one.
func (c clue) reads(t *testing.T, l incident.Line, texts []word) {
	t.Helper()
	last, gone, deleted := 0, false, false
	for _, w := range texts {
		deleted = deleted || w.deleted
		if w.acked {
			last, gone = max(last, w.edit), gone || w.deleted
		}
	}
	said := strings.Contains(l.Text, "deleted in Slack") || strings.Contains(l.Text, "message_not_found")
	if gone && !said || said && !deleted {
		t.Errorf("%s was deleted: %v, and the line is %+v", c.text(0), deleted, l)
	}
	for edit := last; edit <= c.edits && !said; edit++ {
		if l.Quote == c.text(edit) {
			return
		}
	}
	if !said {
		t.Errorf("%s was edited to %q, and the timeline says %q, before %q", c.text(0), c.text(last), l.Quote, l.Was)
	}
}
