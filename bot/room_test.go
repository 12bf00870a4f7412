package bot_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
)

// happened counts the events of a kind on the timeline of the first incident.
func (b *bubble) happened(kind incident.Kind) (n int) {
	b.t.Helper()
	events, err := b.bot.Desk().Events(b.t.Context(), "INC-1")
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// TestItsOwnPinIsNoEntry, also where it is heard before Slack has said who the bot is.
func TestItsOwnPinIsNoEntry(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.sim.InjectEnvelopes(slacksim.EnvelopeFault{Kind: slacksim.Late, Inner: "pin_added", Delay: 2 * time.Minute})
		b.declare("checkout is down")
		b.pass(10 * time.Second)
		b.halt()
		b.sim.Inject(slacksim.Fault{Method: "auth.test", Kind: slacksim.HTTP500})
		b.pass(80 * time.Second) // more than a minute: what was missed is read
		b.start()
		b.pass(5 * time.Minute)
		if n := b.happened(incident.PinEntered); n != 0 {
			t.Errorf("%d messages are on the timeline, want none: the card is no entry", n)
		}
		b.sim.ClearFaults()
		b.pass(time.Minute)
		if n := b.happened(incident.PinEntered); n != 0 {
			t.Errorf("%d messages are on the timeline, want none: the card is no entry", n)
		}
	})
}

// TestItsOwnChannelIsAdoptedOnceItKnowsWhoItIs: the answer was lost, and the next life does
// not know yet who made the channel.
func TestItsOwnChannelIsAdoptedOnceItKnowsWhoItIs(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.sim.Inject(slacksim.Fault{Method: "conversations.create", Kind: slacksim.DropAfter, Times: 1})
		end := b.sim.Inject(slacksim.Fault{Method: "conversations.create", Kind: slacksim.HTTP500})
		b.declare("checkout is down")
		b.pass(time.Second)
		b.halt()
		b.sim.Inject(slacksim.Fault{Method: "auth.test", Kind: slacksim.HTTP500})
		end()
		b.start()
		b.pass(10 * time.Second)
		b.sim.ClearFaults()
		b.pass(time.Minute)
		rooms := slices.DeleteFunc(b.sim.Channels(), func(ch slacksim.Channel) bool { return !strings.HasPrefix(ch.Name, "inc-1-") })
		if len(rooms) != 1 || len(b.sim.Pins(rooms[0].ID)) != 1 {
			t.Errorf("there are %d channels for one incident, the first with %d cards", len(rooms), len(b.sim.Pins(rooms[0].ID)))
		}
	})
}

// TestThrownOutAndBack: what people pinned before it came back is on the timeline, and Slack
// being away in that moment is no reason to leave the channel.
func TestThrownOutAndBack(t *testing.T) {
	for name, away := range map[string]time.Duration{"at once": 0, "when Slack can be reached again": 20 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				b.declare("checkout is down")
				b.pass(10 * time.Second)
				room, _ := b.sim.Channel("inc-1-checkout-is-down")
				dev := b.sim.As("U0DEV1")
				ts, err := dev.Type(room.ID, "the pool is full")
				for _, err := range []error{err, dev.Kick(room.ID, b.sim.BotUserID()), dev.React(room.ID, ts, "pushpin")} {
					if err != nil {
						t.Fatal(err)
					}
				}
				b.sim.Inject(slacksim.Fault{Method: "conversations.join", Kind: slacksim.HTTP500, Times: 1})
				b.sim.Down(away > 0)
				b.pass(away)
				b.sim.Down(false)
				b.pass(time.Minute)
				if i, err := b.bot.Desk().Incident(t.Context(), "INC-1"); err != nil || i.Room.State != incident.RoomOpen || b.happened(incident.RoomLost) > 0 {
					t.Errorf("the room is %+v (%v), and was left %d times", i.Room, err, b.happened(incident.RoomLost))
				}
				if got := timeline(t.Context(), t, b.bot, "INC-1"); !strings.Contains(got, "the pool is full") {
					t.Errorf("the timeline lacks what was pinned:\n%s", got)
				}
			})
		})
	}
}

// TestArchivedAndBackAtOnce: Slack tells both, in any order; what is true then counts.
func TestArchivedAndBackAtOnce(t *testing.T) {
	for name, late := range map[string]string{"in order": "", "late": "channel_archive", "while it was away": "away"} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				b.declare("checkout is down")
				b.pass(10 * time.Second)
				room, _ := b.sim.Channel("inc-1-checkout-is-down")
				dev := b.sim.As("U0DEV1")
				b.sim.InjectEnvelopes(slacksim.EnvelopeFault{Kind: slacksim.Late, Inner: late, Type: "events_api", Delay: 30 * time.Second, Times: len(late)})
				if late == "" {
					b.sim.ClearFaults()
				}
				if err := dev.Archive(room.ID); err != nil {
					t.Fatal(err)
				}
				if late == "away" {
					b.pass(time.Minute)
					b.halt()
				}
				if err := dev.Unarchive(room.ID); err != nil {
					t.Fatal(err)
				}
				if late == "away" {
					b.pass(30 * time.Minute)
					b.start()
				}
				b.pass(2 * time.Minute)
				if i, err := b.bot.Desk().Incident(t.Context(), "INC-1"); err != nil || i.Room.State != incident.RoomOpen {
					t.Errorf("the room is %+v (%v)", i.Room, err)
				}
				if room, _ = b.sim.Channel(room.ID); !slices.Contains(room.Members, b.sim.BotUserID()) || len(b.sim.Pins(room.ID)) != 1 {
					t.Errorf("in the channel are %v, and %d pins", room.Members, len(b.sim.Pins(room.ID)))
				}
			})
		})
	}
}

// TestArchivedWhileSlackWasDown: Slack says it no more when it is back, and work goes on
// where it can. What was pinned before is on the timeline.
func TestArchivedWhileSlackWasDown(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.declare("checkout is down")
		b.pass(10 * time.Second)
		if _, err := b.bot.Desk().Acknowledge(t.Context(), desk.In{By: incident.Actor{Person: "sre1"}}, "PAGE-1"); err != nil {
			t.Fatal(err)
		}
		b.pass(10 * time.Second) // nothing is owed there
		room, _ := b.sim.Channel("inc-1-checkout-is-down")
		b.sim.Down(true)
		dev := b.sim.As("U0DEV1")
		ts, err := dev.Type(room.ID, "the pool is full")
		for _, err := range []error{err, dev.React(room.ID, ts, "pushpin"), dev.Archive(room.ID)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		b.pass(20 * time.Minute)
		b.sim.Down(false)
		b.pass(5 * time.Minute)
		if _, err := dev.Slash(t.Context(), "general", "/inc", "list"); err != nil { // something is heard
			t.Fatal(err)
		}
		b.pass(5 * time.Minute)
		if i, err := b.bot.Desk().Incident(t.Context(), "INC-1"); err != nil || i.Room.State != incident.RoomThread {
			t.Errorf("the room is %+v (%v)", i.Room, err)
		}
		if got := timeline(t.Context(), t, b.bot, "INC-1"); !strings.Contains(got, "the pool is full") {
			t.Errorf("the timeline lacks what was pinned:\n%s", got)
		}
	})
}

// TestEditedInTheThreadWhileItWasAway: what was pinned in the thread is followed there, also
// when work has gone back to the channel.
func TestEditedInTheThreadWhileItWasAway(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.declare("checkout is down")
		b.pass(10 * time.Second)
		room, _ := b.sim.Channel("inc-1-checkout-is-down")
		news, _ := b.sim.Channel("incidents")
		var thread string
		for _, m := range b.sim.Messages(news.ID) {
			if strings.Contains(string(m.Metadata), "announce/INC-1") {
				thread = m.TS
			}
		}
		dev := b.sim.As("U0DEV1")
		must := func(errs ...error) {
			t.Helper()
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
		}
		must(dev.Archive(room.ID))
		b.pass(10 * time.Second)
		must(dev.Join(news.ID))
		ts, err := dev.Type(news.ID, "the pool is full", thread)
		must(err, dev.React(news.ID, ts, "pushpin"))
		b.pass(10 * time.Second)
		must(dev.Unarchive(room.ID))
		b.pass(10 * time.Second)
		b.halt()
		must(dev.Edit(news.ID, ts, "the pool is empty"))
		b.pass(30 * time.Minute)
		b.start()
		b.pass(time.Minute)
		if i, err := b.bot.Desk().Incident(t.Context(), "INC-1"); err != nil || i.Room.State != incident.RoomOpen {
			t.Errorf("the room is %+v (%v)", i.Room, err)
		}
		if got := timeline(t.Context(), t, b.bot, "INC-1"); !strings.Contains(got, "the pool is empty") {
			t.Errorf("the timeline lacks what was edited:\n%s", got)
		}
	})
}

// TestSocketsThatWereSentAwayAtOnce bring nothing, although each says hello: what people
// pinned meanwhile is read once one stays.
func TestSocketsThatWereSentAwayAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.declare("checkout is down")
		b.pass(10 * time.Second)
		room, _ := b.sim.Channel("inc-1-checkout-is-down")
		dev := b.sim.As("U0DEV1")
		ts, err := dev.Type(room.ID, "the pool is full")
		if err != nil {
			t.Fatal(err)
		}
		b.sim.CutSockets(slacksim.CutNow)
		b.sim.RefuseSockets(slacksim.RefuseTooMany)
		b.pass(8 * time.Minute)
		if err := dev.React(room.ID, ts, "pushpin"); err != nil {
			t.Fatal(err)
		}
		b.pass(12 * time.Minute)
		b.sim.RefuseSockets(slacksim.RefuseNothing)
		b.pass(10 * time.Minute)
		if got := timeline(t.Context(), t, b.bot, "INC-1"); !strings.Contains(got, "the pool is full") || strings.Count(got, "heard nothing") != 1 {
			t.Errorf("the timeline lacks what was pinned, or why:\n%s", got)
		}
	})
}

// TestBothChannelsArchived: what is owed to the thread below an announcement waits until the
// incidents channel is brought back.
func TestBothChannelsArchived(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.declare("checkout is down")
		b.pass(10 * time.Second)
		room, _ := b.sim.Channel("inc-1-checkout-is-down")
		incidents, _ := b.sim.Channel("incidents")
		dev := b.sim.As("U0DEV1")
		for _, act := range []func() error{func() error { return dev.Archive(room.ID) }, func() error { return dev.Archive(incidents.ID) }} {
			if err := act(); err != nil {
				t.Fatal(err)
			}
			b.pass(time.Minute)
		}
		b.slash("U0SRE1", "general", "INC-1 update the pool is full")
		b.pass(time.Hour)
		if err := dev.Unarchive(incidents.ID); err != nil {
			t.Fatal(err)
		}
		b.pass(time.Minute)
		says := map[string]bool{} // by what carries it
		for _, m := range b.sim.Messages(incidents.ID) {
			if op := string(m.Metadata); strings.Contains(m.AllText(), "the pool is full") {
				says["card"] = says["card"] || strings.Contains(op, "card/INC-1")
				says["post"] = says["post"] || strings.Contains(op, "post/INC-1")
			}
		}
		if !says["card"] || !says["post"] {
			t.Errorf("what says so is %v", says)
		}
		if n := b.happened(incident.DeliveryFailed); n > 0 {
			t.Errorf("%d deliveries were given up:\n%s", n, timeline(t.Context(), t, b.bot, "INC-1"))
		}
	})
}

// TestTheIncidentsChannelIsBack: once it is brought back it is joined at once, so that pins in
// threads there are heard, in whatever order Slack tells.
func TestTheIncidentsChannelIsBack(t *testing.T) {
	for _, late := range []string{"", "channel_archive"} {
		inBubble(t, func(t *testing.T, b *bubble) {
			b.declare("checkout is down")
			b.pass(10 * time.Second)
			incidents, _ := b.sim.Channel("incidents")
			root := ""
			for _, m := range b.sim.Messages(incidents.ID) {
				if strings.Contains(string(m.Metadata), "announce/INC-1") {
					root = m.TS
				}
			}
			b.sim.InjectEnvelopes(slacksim.EnvelopeFault{Kind: slacksim.Late, Inner: late, Type: "events_api", Delay: 5 * time.Second, Times: len(late)})
			if late == "" {
				b.sim.ClearFaults()
			}
			dev := b.sim.As("U0DEV1")
			ts, err := dev.Type(incidents.ID, "the first clue", root)
			for _, act := range []func() error{func() error { return err }, func() error { return dev.Archive(incidents.ID) }, func() error { return dev.Unarchive(incidents.ID) }} {
				if err := act(); err != nil {
					t.Fatal(err)
				}
				b.pass(time.Second)
			}
			if err := dev.Pin(incidents.ID, ts); err != nil {
				t.Fatal(err)
			}
			b.pass(10 * time.Second)
			if got := timeline(t.Context(), t, b.bot, "INC-1"); !strings.Contains(got, "the first clue") {
				t.Errorf("late is %q; it was not heard:\n%s", late, got)
			}
		})
	}
}

// TestMissedInAChannelThatIsPrivateNow: without the scope to look at it, which is optional, it
// is read all the same, and the rest of Slack does not wait.
func TestMissedInAChannelThatIsPrivateNow(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.declare("checkout is down")
		b.pass(10 * time.Second)
		room, _ := b.sim.Channel("inc-1-checkout-is-down")
		dev := b.sim.As("U0DEV1")
		ts, err := dev.Type(room.ID, "the pool is full")
		if err := errors.Join(err, dev.MakePrivate(room.ID)); err != nil {
			t.Fatal(err)
		}
		b.sim.RemoveScopes("groups:read")
		b.halt()
		if err := dev.React(room.ID, ts, "pushpin"); err != nil {
			t.Fatal(err)
		}
		b.pass(30 * time.Minute)
		b.start()
		b.pass(5 * time.Minute)
		if got := timeline(t.Context(), t, b.bot, "INC-1"); !strings.Contains(got, "the pool is full") {
			t.Errorf("the timeline lacks what was pinned:\n%s", got)
		}
		b.declare("search is down")
		b.pass(10 * time.Second)
		if _, ok := b.sim.Channel("inc-2-search-is-down"); !ok {
			t.Error("another incident waits for its channel")
		}
	})
}

// TestAnAnnouncementThatIsGone has nothing to read below it, and nothing is given up for that.
func TestAnAnnouncementThatIsGone(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.declare("checkout is down")
		b.pass(10 * time.Second)
		b.sim.Inject(slacksim.Fault{Method: "conversations.replies", Kind: slacksim.ErrorCode, Code: "thread_not_found"})
		b.halt()
		b.pass(30 * time.Minute)
		b.start()
		b.pass(5 * time.Minute)
		dead, err := b.store.Effects(t.Context(), 0, 10, storage.Dead)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range dead {
			if strings.HasPrefix(e.Dest, "slack/") {
				t.Errorf("%s was given up: %s", e.Target, e.Note)
			}
		}
	})
}

// TestThrownOutWhileItWasAway: it comes back into the channel, and reads what people pinned.
func TestThrownOutWhileItWasAway(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.declare("checkout is down")
		b.pass(10 * time.Second)
		room, _ := b.sim.Channel("inc-1-checkout-is-down")
		b.halt()
		dev := b.sim.As("U0DEV1")
		ts, err := dev.Type(room.ID, "the pool is full")
		for _, err := range []error{err, dev.Kick(room.ID, b.sim.BotUserID()), dev.React(room.ID, ts, "pushpin")} {
			if err != nil {
				t.Fatal(err)
			}
		}
		b.pass(30 * time.Minute)
		b.start()
		b.pass(time.Minute)
		if room, _ = b.sim.Channel(room.ID); !slices.Contains(room.Members, b.sim.BotUserID()) {
			t.Errorf("the members of the channel are %v", room.Members)
		}
		if got := timeline(t.Context(), t, b.bot, "INC-1"); !strings.Contains(got, "the pool is full") {
			t.Errorf("the timeline lacks what was pinned:\n%s", got)
		}
	})
}

// TestACopyThatCouldNotBeLookedFor: the answer to a page was lost, it was sent again, and
// Slack did not say what is there. Both messages say who answered once it does.
func TestACopyThatCouldNotBeLookedFor(t *testing.T) {
	for name, answered := range map[string]time.Duration{"answered after the second": time.Minute, "answered before it was sent again": 100 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				b.sim.Inject(slacksim.Fault{Method: "chat.postMessage", Kind: slacksim.DropAfter, Times: 1, Match: func(c slacksim.Call) bool { return c.Args["channel"] == "U0SRE1" }})
				b.sim.Inject(slacksim.Fault{Method: "conversations.history", Kind: slacksim.HTTP500})
				b.declare("checkout is down")
				b.pass(answered)
				b.slash("U0SRE1", "general", "ack PAGE-1")
				b.pass(5 * time.Second)
				b.sim.ClearFaults()
				b.pass(2 * time.Minute)
				for n, m := range b.sim.DMs("U0SRE1") {
					if strings.Contains(string(m.Blocks), "v1.page.ack") {
						t.Errorf("message %d still has its buttons: %s", n+1, m.Text)
					}
				}
			})
		})
	}
}

// TestAPinInTheThread counts also before Watchbill could find out that the channel is gone.
func TestAPinInTheThread(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.declare("checkout is down")
		b.pass(10 * time.Second)
		room, _ := b.sim.Channel("inc-1-checkout-is-down")
		news, _ := b.sim.Channel("incidents")
		b.sim.Inject(slacksim.Fault{Method: "conversations.join", Kind: slacksim.InternalError, Times: 2})
		dev := b.sim.As("U0DEV1")
		err := dev.Archive(room.ID)
		all := b.sim.Messages(news.ID)
		announced := slices.IndexFunc(all, func(m slacksim.Message) bool { return strings.Contains(m.Text, "checkout is down") })
		ts, typed := dev.Type(news.ID, "the pool is full", all[announced].TS)
		for _, err := range []error{err, typed, dev.Pin(news.ID, ts)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		b.pass(10 * time.Minute)
		if got := timeline(t.Context(), t, b.bot, "INC-1"); !strings.Contains(got, "the pool is full") {
			t.Errorf("the timeline lacks what was pinned:\n%s", got)
		}
		if err := dev.Unpin(news.ID, ts); err != nil {
			t.Fatal(err)
		}
		b.pass(time.Minute)
		if n := b.happened(incident.PinWithdrawn); n != 1 {
			t.Errorf("it was taken off %d times", n)
		}
	})
}

// TestTheIncidentsChannelIsJoinedAgain, when Slack failed for a moment and after the bot was
// thrown out of it: who is no member may post there, and hears of no pin.
func TestTheIncidentsChannelIsJoinedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.sim.Inject(slacksim.Fault{Method: "conversations.join", Kind: slacksim.InternalError, Times: 2})
		is := func() bool {
			news, _ := b.sim.Channel("incidents")
			return slices.Contains(news.Members, b.sim.BotUserID())
		}
		b.declare("checkout is down")
		b.pass(time.Minute)
		if !is() {
			t.Error("it is no member after joining has failed")
		}
		news, _ := b.sim.Channel("incidents")
		if err := b.sim.As("U0DEV1").Kick(news.ID, b.sim.BotUserID()); err != nil {
			t.Fatal(err)
		}
		b.pass(time.Minute)
		b.declare("search is down")
		b.pass(time.Minute)
		if !is() {
			t.Error("it is no member after it was thrown out")
		}
	})
}
