package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
)

// deed is something that may happen on a walk; a and b choose who and what.
type deed struct {
	name   string
	weight int
	do     func(w *walk, a, b int)
}

var deeds = []deed{
	{"declare", 2, func(w *walk, a, b int) {
		token := w.token()
		w.types(pick(members, a), "general", fmt.Sprintf("declare %s is <!channel> down --sev %d --service checkout", token, 1+b%4), token)
	}},
	{"command", 16, (*walk).command},
	{"mention", 3, (*walk).mention},
	{"guest", 1, func(w *walk, a, b int) {
		id, _ := w.incident(b)
		token := w.token()
		w.types(guest, "shared", id+" "+pick([]string{"note ", "resolve ", "update ", "reopen "}, a)+token, token)
	}},
	{"form", 4, (*walk).form},
	{"button", 4, (*walk).button},
	{"page button", 4, (*walk).pageButton},

	{"join", 2, func(w *walk, a, b int) { w.try(w.sim.As(pick(members, a)).Join(w.room(b))) }},
	{"say", 6, (*walk).say},
	{"pin", 10, func(w *walk, a, b int) {
		w.onSaid(b, func(m slacksim.PlacedMessage) { w.pins(pick(append(members, guest), a), m, a/7%2 == 0) })
	}},
	{"unpin", 5, func(w *walk, a, b int) {
		w.onSaid(b, func(m slacksim.PlacedMessage) { w.unpins(pick(members, a), m, a/7%2 == 0) })
	}},
	{"pin and unpin", 3, func(w *walk, a, b int) {
		w.onSaid(b, func(m slacksim.PlacedMessage) {
			for range 1 + a/14%3 {
				w.pins(pick(members, a), m, a/7%2 == 0)
				w.unpins(pick(members, a), m, a/7%2 == 0)
			}
			if a/50%2 == 0 {
				w.pins(pick(members, a), m, a/7%2 == 0)
			}
		})
	}},
	{"edit", 5, func(w *walk, a, b int) {
		w.onSaid(b, func(m slacksim.PlacedMessage) { w.try(w.sim.As(m.User).Edit(m.Channel, m.TS, "m"+w.token()+" edited")) })
	}},
	{"delete", 2, func(w *walk, a, b int) {
		w.onSaid(b, func(m slacksim.PlacedMessage) { w.try(w.sim.As(m.User).Delete(m.Channel, m.TS)) })
	}},

	{"archive", 1, func(w *walk, a, b int) { w.try(w.sim.As("U0DEV1").Archive(w.room(b))) }},
	{"unarchive", 2, func(w *walk, a, b int) { w.try(w.sim.As("U0DEV1").Unarchive(w.room(b))) }},
	{"rename", 1, func(w *walk, a, b int) { w.try(w.sim.As("U0DEV1").Rename(w.room(b), "renamed-"+w.token())) }},
	{"kick", 2, func(w *walk, a, b int) { w.try(w.sim.As("U0DEV1").Kick(w.room(b), w.sim.BotUserID())) }},
	{"invite", 2, func(w *walk, a, b int) {
		w.try(w.sim.As("U0DEV1").Invite(w.room(b), pick([]string{w.sim.BotUserID(), guest}, a)))
	}},
	{"take a name", 1, func(w *walk, a, b int) {
		w.sim.AddChannel(fmt.Sprintf("inc-%d-w%03d-is-channel-down", 1+b%4, w.tokens+1), false, "U0DEV1")
	}},
	{"archive incidents", 1, func(w *walk, a, b int) { w.try(w.sim.As("U0DEV1").Archive(w.channel("incidents"))) }},
	{"unarchive incidents", 1, func(w *walk, a, b int) { w.try(w.sim.As("U0DEV1").Unarchive(w.channel("incidents"))) }},
	{"deactivate", 1, func(w *walk, a, b int) {
		who := pick([]string{"U0DEV2", "U0SRE2"}, a)
		w.lasts(long(b), func() { w.try(w.sim.Deactivate(who)) }, func() { w.try(w.sim.Reactivate(who)) })
	}},

	{"call fault", 5, (*walk).callFault},
	{"envelope fault", 5, (*walk).envelopeFault},
	{"cut", 2, func(w *walk, a, b int) {
		w.sim.CutSockets(pick([]slacksim.Cut{slacksim.CutNow, slacksim.CutBeforeDelivery, slacksim.CutAfterDelivery, slacksim.CutAfterAck}, a))
	}},
	{"ghost", 1, func(w *walk, a, b int) { // Slack gives up on a socket that is silent
		w.lasts(90*time.Second, func() { w.sim.Ghost(a % 3) }, func() { w.sim.CutSockets(slacksim.CutNow) })
	}},
	{"no sockets", 1, func(w *walk, a, b int) {
		w.sim.CutSockets(slacksim.CutNow)
		w.lasts(long(b), func() {
			w.sim.RefuseSockets(pick([]slacksim.Refusal{slacksim.RefuseOpen, slacksim.RefuseDial, slacksim.RefuseTooMany}, a))
		},
			func() { w.sim.RefuseSockets(slacksim.RefuseNothing) })
	}},
	{"down", 2, func(w *walk, a, b int) { w.lasts(long(b), func() { w.sim.Down(true) }, func() { w.sim.Down(false) }) }},
	{"token", 1, func(w *walk, a, b int) {
		w.lasts(long(b), func() { w.sim.RevokeTokens(pick([]string{"bot", "app"}, a)) }, func() { w.sim.RestoreTokens() })
	}},
	{"store", 3, (*walk).storeFault},
	{"stop", 2, func(w *walk, a, b int) {
		if !w.off {
			w.halt()
			w.off = true
		}
	}},
	{"kill", 2, func(w *walk, a, b int) { w.kill() }},
	{"start", 8, func(w *walk, a, b int) { w.begin() }},
	{"kill and start", 2, func(w *walk, a, b int) { w.kill(); w.begin() }},
}

func pick[T any](from []T, n int) T { return from[n%len(from)] }

// long is how long something lasts: from a second to some minutes.
func long(n int) time.Duration {
	return pick([]time.Duration{time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 7 * time.Minute, 20 * time.Minute}, n)
}

func (w *walk) channel(name string) string {
	ch, _ := w.sim.Channel(name)
	return ch.ID
}

func (w *walk) room(n int) string {
	_, room := w.incident(n)
	return room
}

// command types a command in a channel, or in that of an incident.
func (w *walk) command(a, b int) {
	id, room := w.incident(b)
	token, who := w.token(), pick(members, a)
	other, page := pick(members, a/5), fmt.Sprintf("PAGE-%d", 1+b/7%4)
	text := pick([]string{
		"note T", "note -7m T", "note T <!here> <@U0SRE1>", "update T", "update T <!everyone> & more", "sev 1 because T", "sev 3 because T",
		"lead <@" + other + "> because T", "resolve T", "reopen T", "close", "page <@" + other + ">", "ack at my desk T", "ack " + page, "escalate", "decline " + page,
		"handover " + page + " <@" + other + ">", "snooze " + page + " 30m", "show", "timeline",
	}, a/20)
	channel := room
	if b/28%2 == 0 || room == "" {
		channel = "general"
		if !strings.Contains(text, "PAGE") {
			text = id + " " + text
		}
	}
	if !strings.Contains(text, "T") {
		token = ""
	}
	text = strings.Replace(text, " T", " "+token, 1)
	w.types(who, channel, text, token)
	if a%9 == 0 { // and once more at the same time
		w.types(who, channel, text, token)
	}
}

// mention types a command as a message: to the bot alone, in a channel, or in a thread.
func (w *walk) mention(a, b int) {
	id, room := w.incident(b)
	who, token := w.sim.As(pick(members, a)), w.token()
	text := id + " " + pick([]string{"note ", "update ", "resolve ", "reopen "}, a/4) + token
	w.acts = append(w.acts, &act{who: who.ID(), typed: text, token: token, err: errors.New("what is said has no answer of its own")})
	switch dm, err := who.OpenDM(w.sim.BotUserID()); {
	case b%3 == 0 && err == nil:
		_, err = who.Type(dm.ID, text)
		w.try(err)
	case b%3 == 1:
		_, err = who.Type(room, "<@"+w.sim.BotUserID()+"> "+text)
		w.try(err)
	default:
		channel, thread := w.thread(id)
		_, err = who.Type(channel, "<@"+w.sim.BotUserID()+"> "+text, thread)
		w.try(err)
	}
}

// thread is where an incident is announced.
func (w *walk) thread(id string) (channel, ts string) {
	for _, m := range w.posted("announce/" + id + "@") {
		return m.Channel, m.TS
	}
	return "incidents", ""
}

// form has somebody open a form, and send it when it pleases.
func (w *walk) form(a, b int) {
	id, _ := w.incident(b)
	who := w.sim.As(pick(members, a))
	sent := &act{who: who.ID(), typed: "send the form on " + id, token: w.token(), formed: true}
	w.acts = append(w.acts, sent)
	kind := pick([]string{"update", "note", "resolve", "reopen"}, a/4)
	w.busy.Go(func() {
		_, err := who.Slash(context.Background(), "general", "/inc", id+" "+kind)
		w.try(err)
		time.Sleep(long(b/4) / 5)
		var got slacksim.SubmitResult
		got, sent.err = who.Submit(context.Background(), map[string]any{"text": sent.token})
		sent.done = sent.err == nil && len(got.Errors) == 0 && got.Trouble == "" && got.View == nil
		if !sent.done {
			sent.typed += fmt.Sprintf(" (%+v)", got)
		}
		w.try(who.CloseView(true))
	})
}

// button presses what a card offers, perhaps twice at once.
func (w *walk) button(a, b int) {
	id, _ := w.incident(b)
	for _, card := range w.posted("card/" + id + "@") {
		w.press(pick(members, a), card, pick([]string{"v1.inc.take", "v1.inc.close", "v1.inc.update", "v1.inc.reopen"}, a/4), 1+a/16%2)
	}
}

// pageButton presses a button of a page.
func (w *walk) pageButton(a, b int) {
	who := pick([]string{"U0SRE1", "U0SRE2"}, a)
	if dms := w.sim.DMs(who); len(dms) > 0 {
		w.press(who, pick(dms, b), pick([]string{"v1.page.ack", "v1.page.escalate", "v1.page.decline"}, a/2), 1+a/6%2)
	}
}

func (w *walk) press(who string, m slacksim.Message, button string, times int) {
	for range times {
		w.busy.Go(func() {
			_, err := w.sim.As(who).Click(context.Background(), m.Channel, m.TS, button)
			w.try(err)
			w.try(w.sim.As(who).CloseView(true))
		})
	}
}

// say writes a message where an incident is worked on.
func (w *walk) say(a, b int) {
	id, room := w.incident(b)
	who, text := pick(members, a), "m"+w.token()
	w.try(w.sim.As(who).Join(room))
	ts, err := w.sim.As(who).Type(room, text)
	if err != nil {
		channel, thread := w.thread(id)
		if thread == "" {
			return
		}
		room = w.channel(channel)
		w.try(w.sim.As(who).Join(room))
		if ts, err = w.sim.As(who).Type(room, text, thread); err != nil {
			return
		}
	}
	w.said = append(w.said, slacksim.PlacedMessage{Channel: room, Message: slacksim.Message{TS: ts, User: who}})
}

// onSaid does something to one of the newest messages that people wrote.
func (w *walk) onSaid(n int, do func(slacksim.PlacedMessage)) {
	if newest := w.said[max(0, len(w.said)-5):]; len(newest) > 0 {
		do(pick(newest, n))
	}
}

func (w *walk) pins(who string, m slacksim.PlacedMessage, slacks bool) {
	w.try(w.sim.As(who).Join(m.Channel))
	if slacks {
		w.try(w.sim.As(who).Pin(m.Channel, m.TS))
	} else {
		w.try(w.sim.As(who).React(m.Channel, m.TS, "pushpin"))
	}
}

func (w *walk) unpins(who string, m slacksim.PlacedMessage, slacks bool) {
	if slacks {
		w.try(w.sim.As(who).Unpin(m.Channel, m.TS))
	} else {
		w.try(w.sim.As(who).Unreact(m.Channel, m.TS, "pushpin"))
	}
}

// callFault has some of the bot's calls fail for a while.
func (w *walk) callFault(a, b int) {
	f := pick([]slacksim.Fault{
		{Kind: slacksim.DropAfter, Times: 1 + a%4}, {Kind: slacksim.DropAfter, Probability: .3}, {Kind: slacksim.DropBefore, Times: 1 + a%4}, {Kind: slacksim.HTTP500},
		{Kind: slacksim.HTTP500, After: true, Probability: .5}, {Kind: slacksim.InternalError, Times: 1 + a%6}, {Kind: slacksim.FatalError, After: true, Times: 1 + a%3},
		{Kind: slacksim.RateLimit, RetryAfter: 1 + a%40, Times: 1 + a%5}, {Kind: slacksim.Hang, Delay: 40 * time.Second}, {Kind: slacksim.Delay, Delay: time.Second},
	}, a)
	f.Method = pick([]string{"*", "*", "chat.postMessage", "chat.update", "conversations.create", "conversations.history", "conversations.join", "conversations.invite",
		"pins.add", "reactions.add", "reactions.remove", "views.open", "pins.list", "users.info"}, b)
	var end func()
	w.lasts(long(b/14), func() { end = w.sim.Inject(f) }, func() { end() })
}

// envelopeFault has some of what Slack brings go astray for a while.
func (w *walk) envelopeFault(a, b int) {
	f := slacksim.EnvelopeFault{Kind: pick([]slacksim.EnvelopeFaultKind{slacksim.Duplicate, slacksim.Late, slacksim.Reorder, slacksim.Lose}, a), Probability: .6}
	f.Type = pick([]string{"", "events_api", "events_api", "events_api"}, a/4)
	if f.Kind == slacksim.Late {
		f.Delay = long(a / 16)
	}
	if f.Kind == slacksim.Lose {
		f.Times = 1 // Slack brings an event again, and then no more
	}
	var end func()
	w.lasts(long(b), func() { end = w.sim.InjectEnvelopes(f) }, func() { end() })
}

// storeFault has a few commits fail, happen without an answer, or take long.
func (w *walk) storeFault(a, b int) {
	store := w.store.(*memory.Store)
	release := make(chan struct{})
	fault := pick([]memory.Fault{memory.Fails(errors.New("input/output error")), memory.FailsButApplied(), memory.Fails(storage.ErrConflict), memory.Slow(release)}, a)
	var mu sync.Mutex
	left := 1 + a/4%4
	w.lasts(pick([]time.Duration{time.Second, 2800 * time.Millisecond, 6 * time.Second}, b), func() {
		store.Faults(func(op string, _ []storage.Change) memory.Fault {
			mu.Lock()
			defer mu.Unlock()
			if op != "commit" || left == 0 {
				return memory.None()
			}
			left--
			return fault
		})
	}, func() {
		store.Faults(nil)
		close(release)
	})
}

// breakStore has nothing be stored any more, until what it returns is called.
func (w *walk) breakStore() (mend func()) {
	store := w.store.(*memory.Store)
	store.Faults(func(string, []storage.Change) memory.Fault { return memory.Fails(storage.ErrClosed) })
	return func() { store.Faults(nil) }
}

// posted are the messages that show or tell one thing, by how its name begins.
func (w *walk) posted(op string) (out []slacksim.Message) {
	for _, ch := range w.sim.Channels() {
		for _, m := range w.sim.Messages(ch.ID) {
			if strings.Contains(string(m.Metadata), `"op":"`+op) {
				m.Channel = ch.ID
				out = append(out, m)
			}
		}
	}
	return out
}
