package slacksim

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// mirror is what an app can know from events alone.
type mirror struct {
	texts     map[string]string              // ts -> text
	reactions map[string]map[string][]string // ts -> emoji -> users
	pins      []string
	members   []string
	name      string
	topic     string
}

func (m *mirror) take(channel string, e object) {
	ts, _ := e["ts"].(string)
	switch e["type"] {
	case "message":
		if e["channel"] != channel {
			return
		}
		switch e["subtype"] {
		case "message_changed":
			changed, _ := get(e, "message", "ts").(string)
			m.texts[changed], _ = get(e, "message", "text").(string)
		case "message_deleted":
			gone, _ := e["deleted_ts"].(string)
			delete(m.texts, gone)
			m.pins = slices.DeleteFunc(m.pins, func(p string) bool { return p == gone })
		default:
			m.texts[ts], _ = e["text"].(string)
			if e["subtype"] == "channel_topic" {
				m.topic, _ = e["topic"].(string)
			}
		}
	case "reaction_added", "reaction_removed":
		ts, _ := get(e, "item", "ts").(string)
		name, user := e["reaction"].(string), e["user"].(string)
		if m.reactions[ts] == nil {
			m.reactions[ts] = map[string][]string{}
		}
		users := slices.DeleteFunc(m.reactions[ts][name], func(u string) bool { return u == user })
		if e["type"] == "reaction_added" {
			users = append(users, user)
		}
		m.reactions[ts][name] = users
	case "pin_added", "pin_removed":
		ts, _ := get(e, "item", "message", "ts").(string)
		m.pins = slices.DeleteFunc(m.pins, func(p string) bool { return p == ts })
		if e["type"] == "pin_added" {
			m.pins = append(m.pins, ts)
		}
	case "member_joined_channel", "member_left_channel":
		if e["channel"] == channel {
			user, _ := e["user"].(string)
			m.members = slices.DeleteFunc(m.members, func(u string) bool { return u == user })
			if e["type"] == "member_joined_channel" {
				m.members = append(m.members, user)
			}
		}
	case "channel_rename":
		m.name, _ = get(e, "channel", "name").(string)
	}
}

// TestEventsAreEnoughToMirrorAChannel lets people and the bot do random things
// and checks that the events tell all of them.
func TestEventsAreEnoughToMirrorAChannel(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	ops := a.channel("ops")
	random := rand.New(rand.NewPCG(11, 12))
	people := []*Person{a.server.As("dev1"), a.server.As("sre1"), a.server.As("dev2")}
	for step := range 400 {
		act(a, ops, people[random.IntN(3)], random, step)
	}
	if err := a.server.Wait(within(t), func() bool { return len(a.server.Outstanding()) == 0 }); err != nil {
		t.Fatal(err)
	}
	seen := &mirror{texts: map[string]string{}, reactions: map[string]map[string][]string{}, name: "ops", members: []string{"U0DEV1", "U0SRE1", a.server.BotUserID()}}
	a.mu.Lock()
	ids := map[any]bool{}
	for _, f := range a.seen {
		if e := f.event(); e != nil {
			if ids[f.Payload["event_id"]] {
				t.Errorf("event %v came twice", f.Payload["event_id"])
			}
			ids[f.Payload["event_id"]] = true
			seen.take(ops, e)
		}
	}
	a.mu.Unlock()
	real := &mirror{texts: map[string]string{}, reactions: map[string]map[string][]string{}}
	for _, m := range a.server.Messages(ops) {
		real.texts[m.TS] = m.Text
		for _, r := range m.Reactions {
			if real.reactions[m.TS] == nil {
				real.reactions[m.TS] = map[string][]string{}
			}
			real.reactions[m.TS][r.Name] = r.Users
		}
	}
	ch, _ := a.server.Channel(ops)
	if !maps.Equal(seen.texts, real.texts) {
		t.Errorf("the mirror has %d messages, the channel %d, or texts differ", len(seen.texts), len(real.texts))
	}
	for ts := range real.texts {
		for name, users := range seen.reactions[ts] {
			if !slices.Equal(users, real.reactions[ts][name]) && len(users)+len(real.reactions[ts][name]) > 0 {
				t.Errorf("%s :%s: mirror %v, channel %v", ts, name, users, real.reactions[ts][name])
			}
		}
	}
	var pins []string
	for _, p := range ch.Pins {
		pins = append(pins, p.TS)
	}
	slices.Sort(pins)
	slices.Sort(seen.pins)
	slices.Sort(seen.members)
	slices.Sort(ch.Members)
	if !slices.Equal(seen.pins, pins) || !slices.Equal(seen.members, ch.Members) || seen.name != ch.Name || seen.topic != ch.Topic {
		t.Errorf("mirror %v %v %s %q, channel %v %v %s %q", seen.pins, seen.members, seen.name, seen.topic, pins, ch.Members, ch.Name, ch.Topic)
	}
}

// act does one random thing. Refusals are fine: they must leave no event.
func act(a *app, ops string, who *Person, random *rand.Rand, step int) {
	a.t.Helper()
	all := a.server.Messages(ops)
	ts := "1.000000"
	if len(all) > 0 {
		ts = all[random.IntN(len(all))].TS
	}
	emoji := []string{"eyes", "tada"}[random.IntN(2)]
	text := fmt.Sprint("text ", step)
	var err error
	switch random.IntN(16) {
	case 0, 1:
		_, err = who.Type(ops, text)
	case 2:
		_, err = who.Type(ops, text, ts)
	case 3:
		a.form("chat.postMessage", "channel", ops, "text", text)
	case 4:
		a.form("chat.postMessage", "channel", ops, "text", text, "thread_ts", ts, "reply_broadcast", "true")
	case 5:
		a.form("chat.update", "channel", ops, "ts", ts, "text", text)
	case 6:
		err = who.Edit(ops, ts, text)
	case 7:
		err = who.Delete(ops, ts)
	case 8:
		a.form("chat.delete", "channel", ops, "ts", ts)
	case 9:
		err = who.React(ops, ts, emoji)
	case 10:
		err = who.Unreact(ops, ts, emoji)
	case 11:
		err = who.Pin(ops, ts)
	case 12:
		a.form("pins.remove", "channel", ops, "timestamp", ts)
	case 13:
		a.form("conversations.setTopic", "channel", ops, "topic", text)
	case 14:
		if random.IntN(2) == 0 {
			err = who.Leave(ops)
		} else {
			err = who.Join(ops)
		}
	case 15:
		err = who.Rename(ops, fmt.Sprint("ops-", step))
	}
	if err != nil {
		a.t.Logf("step %d was refused: %v", step, err)
	}
}
