package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// declare opens INC-1 and returns what the person was told.
func (h *house) declare() string {
	h.t.Helper()
	return h.slash("U0DEV1", "general", "declare checkout returns 503 --sev 2 --service checkout")
}

// room waits for the incident's channel with its card.
func (h *house) room() slacksim.Channel {
	h.t.Helper()
	var room slacksim.Channel
	h.wait("the channel with its card", func() bool {
		room, _ = h.sim.Channel("inc-1-checkout-returns-503")
		return room.ID != "" && len(h.sim.Pins(room.ID)) == 1
	})
	return room
}

// drained waits until nothing is owed any more.
func (h *house) drained() {
	h.t.Helper()
	h.wait("drained queues", func() bool {
		pending, err := h.store.Effects(context.WithoutCancel(h.ctx), 0, 1000, storage.Pending)
		return err == nil && len(pending) == 0
	})
}

// landed waits until no attempt is out.
func (h *house) landed() {
	h.t.Helper()
	h.wait("the attempts that are out to end", func() bool {
		pending, err := h.store.Effects(h.ctx, 0, 1000, storage.Pending)
		return err == nil && !slices.ContainsFunc(pending, func(e storage.Effect) bool { return !e.LeaseUntil.IsZero() })
	})
}

// once checks that each operation was posted once; pages may be repeated.
func (h *house) once() {
	h.t.Helper()
	seen := map[string]int{}
	for _, ch := range h.sim.Channels() {
		for _, m := range h.sim.Messages(ch.ID) {
			if _, rest, ok := strings.Cut(string(m.Metadata), `"op":"`); ok {
				op, _, _ := strings.Cut(rest, `"`)
				if !strings.HasPrefix(op, "page/") {
					seen[op]++
				}
			}
		}
	}
	for op, n := range seen {
		if n != 1 {
			h.t.Errorf("%s was posted %d times", op, n)
		}
	}
	rooms := 0
	for _, ch := range h.sim.Channels() {
		if strings.HasPrefix(ch.Name, "inc-1") {
			rooms++
		}
	}
	if rooms > 1 {
		h.t.Errorf("there are %d channels for one incident", rooms)
	}
}

// live plays a short outage from the declaration to the draft.
func (h *house) live() {
	h.t.Helper()
	if got := h.declare(); !strings.Contains(got, "INC-1") {
		h.t.Fatalf("declare answered %q", got)
	}
	room := h.room()
	h.wait("the page", func() bool { return len(h.sim.DMs("U0SRE1")) > 0 })
	page := h.sim.DMs("U0SRE1")[0]
	if _, err := h.sim.As("U0SRE1").Click(h.ctx, page.Channel, page.TS, "v1.page.ack"); err != nil {
		h.t.Fatal(err)
	}
	for _, c := range []string{"update one", "update two", "resolve", "close"} {
		if got := h.slash("U0DEV1", "general", "INC-1 "+c); !strings.Contains(got, "INC-1") {
			h.t.Errorf("/inc %s answered %q", c, got)
		}
	}
	h.wait("the draft", func() bool { return len(h.sim.Files()) > 0 })
	h.drained()
	h.once()
	if n := len(h.sim.Files()); n != 1 {
		h.t.Errorf("the draft was uploaded %d times", n)
	}
	if n := len(h.sim.Pins(room.ID)); n != 1 {
		h.t.Errorf("%d messages are pinned, want the card", n)
	}
}

// TestAnswersAreLost drops Slack's answer once after each method did its work:
// nothing is there twice.
func TestAnswersAreLost(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"conversations.create", "chat.postMessage", "chat.update", "conversations.setTopic", "pins.add", "conversations.invite",
		"files.completeUploadExternal", "bookmarks.add", "*"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, testConfig)
			times := 1
			if method == "*" {
				times = 6
			}
			if method == "chat.postMessage" {
				times = 3
			}
			h.sim.Inject(slacksim.Fault{Method: method, Kind: slacksim.DropAfter, Times: times, Match: func(c slacksim.Call) bool {
				return c.Method != "apps.connections.open" && c.Method != "auth.test" && c.Method != "users.list"
			}})
			h.live()
		})
	}
}

// TestSlackFails answers with errors of every kind for a while.
func TestSlackFails(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]slacksim.Fault{
		"500":            {Kind: slacksim.HTTP500, Times: 8},
		"500 after":      {Kind: slacksim.HTTP500, After: true, Times: 8},
		"internal error": {Kind: slacksim.InternalError, Times: 8},
		"fatal after":    {Kind: slacksim.FatalError, After: true, Times: 6},
		"429 storm":      {Kind: slacksim.RateLimit, RetryAfter: 1, Times: 6},
		"dropped":        {Kind: slacksim.DropBefore, Times: 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, testConfig)
			f.Method = "*"
			f.Match = func(c slacksim.Call) bool { return c.Method != "apps.connections.open" }
			h.sim.Inject(f)
			h.live()
		})
	}
}

// TestEnvelopesGoAstray duplicates, reorders and delays what Slack brings.
func TestEnvelopesGoAstray(t *testing.T) {
	t.Parallel()
	for _, f := range []slacksim.EnvelopeFault{{Kind: slacksim.Duplicate}, {Kind: slacksim.Reorder}, {Kind: slacksim.Late, Type: "events_api", Delay: 200 * time.Millisecond}} {
		t.Run(string(f.Kind), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, testConfig)
			h.sim.InjectEnvelopes(f)
			h.live()
			all, err := h.bot.Desk().Latest(h.ctx, 10)
			if err != nil || len(all) != 1 {
				t.Errorf("%d incidents (%v), want 1", len(all), err)
			}
		})
	}
}

func TestSocketsAreCut(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	room := h.room()
	h.sim.CutSockets(slacksim.CutNow)
	h.wait("new sockets", func() bool { return h.sim.Sockets() >= 1 })
	h.sim.CutSockets(slacksim.CutAfterAck)
	if got := h.slash("U0DEV1", room.ID, "note still here"); !strings.Contains(got, "INC-1") {
		t.Errorf("note answered %q", got)
	}
	h.wait("new sockets", func() bool { return h.sim.Sockets() == 2 })
}

// TestTheCommanderHasLeft pages somebody whose account is deactivated: the next
// step comes at once, and the timeline says why.
func TestTheCommanderHasLeft(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.sim.Deactivate("U0SRE1")
	h.declare()
	h.wait("the next step", func() bool { return len(h.sim.DMs("U0SRE2")) == 1 })
	h.room()
	if events, err := h.bot.Desk().Events(h.ctx, "INC-1"); err != nil || !happened(events, incident.PageFailed) {
		t.Errorf("the timeline does not say that the page failed (%v)", err)
	}
}

// TestPausedNotifications goes on to the next step at once.
func TestPausedNotifications(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.sim.SetDND("U0SRE1", time.Now().Add(time.Hour))
	h.declare()
	h.wait("the next step", func() bool { return len(h.sim.DMs("U0SRE1")) == 1 && len(h.sim.DMs("U0SRE2")) == 1 })
	i, err := h.bot.Desk().Incident(h.ctx, "INC-1")
	if err != nil {
		t.Fatal(err)
	}
	events, err := h.bot.Desk().Events(h.ctx, i.ID)
	if err != nil || !happened(events, incident.PagePaused) {
		t.Errorf("the timeline does not say that notifications are paused (%v)", err)
	}
}

func happened(events []incident.Event, kind incident.Kind) bool {
	for _, e := range events {
		if e.Kind == kind {
			return true
		}
	}
	return false
}

// TestEscalates follows the policy through its steps until it is spent, and goes
// on paging the last step.
func TestEscalates(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	h.wait("the first page", func() bool { return len(h.sim.DMs("U0SRE1")) == 1 })
	for n := range 3 {
		h.drained() // a jump of the clock ends the leases of what is out
		h.pass(31 * time.Second)
		want := (n + 2) / 2
		h.wait(fmt.Sprintf("step %d", n+2), func() bool {
			if n%2 == 0 {
				return len(h.sim.DMs("U0SRE2")) == want
			}
			return len(h.sim.DMs("U0SRE1")) == want+1
		})
	}
	h.drained()
	h.pass(31 * time.Second)
	h.wait("the last step again", func() bool { return len(h.sim.DMs("U0SRE2")) == 3 })
	h.wait("the incidents channel to be told", func() bool { return len(texts(h.sim, "incidents", "PAGE-1")) > 0 })
	if got := h.slash("U0SRE2", "general", "ack"); !strings.Contains(got, "PAGE-1") {
		t.Errorf("ack answered %q", got)
	}
	h.drained()
	for _, user := range []string{"U0SRE1", "U0SRE2"} {
		for _, m := range h.sim.DMs(user) {
			if strings.Contains(string(m.Blocks), "page.ack") {
				t.Errorf("a copy of the page at %s still has its buttons", user)
			}
		}
	}
	for _, m := range h.sim.Messages("incidents") {
		if strings.Contains(string(m.Blocks), "page.ack") {
			t.Error("the incidents channel still asks who can take it")
		}
	}
	i, err := h.bot.Desk().Incident(h.ctx, "INC-1")
	if err != nil || i.Lead != "sre2" || !i.Answered {
		t.Errorf("lead is %q, answered %v (%v), want sre2", i.Lead, i.Answered, err)
	}
}

// TestEveryCopyOfAPageSaysWhoAnswered: the answer to the first was lost, so there are
// two of them, and both lose their buttons.
func TestEveryCopyOfAPageSaysWhoAnswered(t *testing.T) {
	t.Parallel()
	for name, answered := range map[string]func(h *house){
		"answered after the second": func(h *house) {
			h.wait("the second copy", func() bool { return len(h.sim.DMs("U0SRE1")) == 2 })
			h.slash("U0SRE1", "general", "ack")
		},
		"answered before it was sent again": func(h *house) {
			h.wait("the first copy", func() bool { return len(h.sim.DMs("U0SRE1")) == 1 })
			by := incident.Actor{Person: "sre1", Via: "cli"}
			if _, err := h.bot.Desk().Acknowledge(h.ctx, desk.In{By: by}, "PAGE-1"); err != nil {
				h.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, testConfig)
			h.sim.Inject(slacksim.Fault{Method: "chat.postMessage", Kind: slacksim.DropAfter, Times: 1, Match: func(c slacksim.Call) bool {
				return c.Args["channel"] == "U0SRE1"
			}})
			h.declare()
			answered(h)
			h.drained()
			for n, m := range h.sim.DMs("U0SRE1") {
				if strings.Contains(string(m.Blocks), "page.ack") {
					t.Errorf("copy %d still has its buttons: %s", n+1, m.Text)
				}
			}
		})
	}
}

// TestTheTokenIsRevoked keeps what is owed until the token works again.
func TestTheTokenIsRevoked(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.sim.RevokeTokens("bot")
	a, err := h.bot.Desk().Declare(h.ctx, desk.In{By: incident.Actor{Person: "dev1", Via: "cli"}}, desk.Declaration{Title: "checkout returns 503", Severity: 2, Service: "checkout"})
	if err != nil || a.Incident != "INC-1" {
		t.Fatalf("declare: %v %v", a, err)
	}
	h.wait("the refusal", func() bool { return len(h.bot.Health().Notes) > 0 })
	h.sim.RestoreTokens()
	h.pass(31 * time.Second)
	h.room()
	h.wait("the page", func() bool { return len(h.sim.DMs("U0SRE1")) > 0 })
	h.drained()
	h.once()
}

// TestTheAppIsRemoved raises the alarm with what to do, and goes on by the command line.
func TestTheAppIsRemoved(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	h.room()
	h.drained()
	h.sim.Uninstall()
	by := incident.Actor{Person: "sre1", Via: "cli"}
	if _, err := h.bot.Desk().Acknowledge(h.ctx, desk.In{By: by}, "PAGE-1"); err != nil {
		t.Fatal(err)
	}
	h.wait("the alarm", func() bool { return strings.Contains(strings.Join(h.bot.Health().Notes, " "), "install the app again") })
}

// TestADeliveryIsGivenUp tells the incidents channel and the timeline when Slack will
// not take a message, and lets it be sent again.
func TestADeliveryIsGivenUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	room := h.room()
	h.drained()
	h.sim.Inject(slacksim.Fault{Method: "chat.postMessage", Kind: slacksim.ErrorCode, Code: "msg_too_long", Times: 1})
	h.slash("U0DEV1", "general", "INC-1 update we roll back")
	h.wait("the incidents channel to be told", func() bool {
		return len(texts(h.sim, "incidents", "a message to the channel (chat.postMessage: msg_too_long)")) == 1
	})
	h.drained()
	if !strings.Contains(h.lines(), "could not deliver a message to the channel") {
		t.Errorf("the timeline does not say so:\n%s", h.lines())
	}
	dead, err := h.bot.Desk().Dead(h.ctx, "INC-1")
	if err != nil || len(dead) != 1 {
		t.Fatalf("%d deliveries were given up (%v), want one", len(dead), err)
	}
	h.ok(h.bot.Desk().Retry(h.ctx, dead[0].ID))
	h.wait("the update", func() bool { return len(texts(h.sim, room.ID, "we roll back")) == 1 })
	h.drained()
}

// TestNoChannel goes on in the announcement's thread when Slack refuses a
// channel, and says so.
func TestNoChannel(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"restricted_action", "name_taken"} {
		t.Run(code, func(t *testing.T) {
			h := newHouse(t, testConfig)
			h.sim.Inject(slacksim.Fault{Method: "conversations.create", Kind: slacksim.ErrorCode, Code: code})
			h.declare()
			h.inThread()
		})
	}
}

// inThread waits until the incident is worked on in the announcement's thread.
func (h *house) inThread() {
	h.t.Helper()
	h.wait("the thread", func() bool {
		i, err := h.bot.Desk().Incident(h.ctx, "INC-1")
		return err == nil && i.Room.State == incident.RoomThread
	})
	if got := h.slash("U0DEV1", "general", "INC-1 update it goes on here"); !strings.Contains(got, "INC-1") {
		h.t.Errorf("update answered %q", got)
	}
	h.wait("the update in the thread", func() bool {
		for _, m := range h.sim.Messages("incidents") {
			if m.ThreadTS != "" && strings.Contains(m.AllText(), "it goes on here") {
				return true
			}
		}
		return false
	})
	if got := h.slash("U0DEV2", "general", "show INC-1"); !strings.Contains(got, "|announcement's thread> in <#") {
		h.t.Errorf("elsewhere it is said to be worked on: %s", got)
	}
	h.wait("the announcement to say so", func() bool {
		for _, m := range h.sim.Messages("incidents") {
			if strings.Contains(string(m.Metadata), "announce/INC-1") && strings.Contains(m.AllText(), "thread") {
				return true
			}
		}
		return false
	})
	h.drained()
}

// TestWorkInTheThread commands and pins in the thread of an announcement: the incident
// is not asked for, and its timeline has what people put there.
func TestWorkInTheThread(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.sim.Inject(slacksim.Fault{Method: "conversations.create", Kind: slacksim.ErrorCode, Code: "restricted_action", Times: 1})
	h.declare()
	h.inThread()
	h.slash("U0DEV2", "general", "declare search is slow") // another that is open
	h.drained()
	if ch, _ := h.sim.Channel("incidents"); !slices.Contains(ch.Members, h.sim.BotUserID()) {
		t.Error("the bot has not joined the incidents channel: it cannot read what is said there")
	}
	root, incidents := "", ""
	for _, m := range h.sim.Messages("incidents") {
		if strings.Contains(string(m.Metadata), "announce/INC-1") {
			root, incidents = m.TS, m.Channel
		}
	}
	dev := h.sim.As("U0DEV1")
	h.say(incidents, root, "<@"+h.sim.BotUserID()+"> update we roll back")
	h.wait("the update", func() bool { return strings.Contains(h.lines(), "we roll back") })

	clue, beside := h.say(incidents, root, "the pool is full"), h.say(incidents, "", "lunch?")
	h.sim.Inject(slacksim.Fault{Method: "conversations.history", Kind: slacksim.HTTP500, Times: 1})
	for _, ts := range []string{clue, beside} {
		h.ok(dev.React(incidents, ts, "pushpin"))
	}
	h.wait("the entry", func() bool { return strings.Contains(h.lines(), "message by dev1 the pool is full") })
	h.ok(dev.Edit(incidents, clue, "the pool is empty"))
	h.wait("the edit", func() bool { return strings.Contains(h.lines(), "the pool is empty") })
	h.ok(dev.Unreact(incidents, clue, "pushpin"))
	h.wait("the withdrawal", func() bool { return strings.Contains(h.lines(), "(withdrawn)") })
	if strings.Contains(h.lines(), "lunch") {
		t.Error("a message beside the thread is on the timeline")
	}
	h.drained()
}

func TestTheChannelIsArchived(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	room := h.room()
	h.drained()
	if err := h.sim.As("U0DEV1").Archive(room.ID); err != nil {
		t.Fatal(err)
	}
	h.inThread()
}

// TestTheChannelComesBack: somebody brings an archived channel back; its card is the one
// that was there, it tells the truth, and the one in the thread is gone.
func TestTheChannelComesBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	room := h.room()
	h.drained()
	card := h.sim.Pins(room.ID)[0]
	h.ok(h.sim.As("U0DEV1").Archive(room.ID))
	h.inThread()
	h.slash("U0DEV1", "general", "INC-1 sev 1")
	h.drained()
	h.ok(h.sim.As("U0DEV1").Unarchive(room.ID))
	h.wait("the channel", func() bool {
		i, err := h.bot.Desk().Incident(h.ctx, "INC-1")
		return err == nil && i.Room.State == incident.RoomOpen
	})
	h.drained()
	cards := map[string]int{}
	for _, ch := range h.sim.Channels() {
		for _, m := range h.sim.Messages(ch.ID) {
			if strings.Contains(string(m.Metadata), `"card/INC-1@`) {
				cards[ch.ID]++
				if m.TS != card.TS || !strings.Contains(m.AllText(), "SEV1") {
					t.Errorf("a card in %s is not the first one, or says %q", ch.Name, m.AllText())
				}
			}
		}
	}
	if len(cards) != 1 || cards[room.ID] != 1 {
		t.Errorf("there are %v cards, want one in the channel", cards)
	}
	if got := h.sim.Pins(room.ID); len(got) != 1 || got[0].TS != card.TS {
		t.Errorf("%d messages are pinned, want the card", len(got))
	}
	told := 0
	for _, m := range h.sim.Messages("incidents") {
		if m.ThreadTS != "" && strings.Contains(m.AllText(), "is back in its channel") && strings.Contains(m.AllText(), "<#"+room.ID+">") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("those who followed in the thread are told %d times where it goes on, want once", told)
	}
	if !strings.Contains(h.lines(), "is back in its channel") {
		t.Errorf("the timeline does not say so:\n%s", h.lines())
	}
}

// TestTheChannelIsArchivedWhenAllIsOver: the archive is where channels go. Nothing goes on
// elsewhere, unless the incident is taken up again.
func TestTheChannelIsArchivedWhenAllIsOver(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	room := h.room()
	h.slash("U0DEV1", "general", "INC-1 resolve rolled back")
	h.slash("U0DEV1", "general", "INC-1 close")
	h.drained()
	before := h.lines()
	h.ok(h.sim.As("U0DEV1").Archive(room.ID))
	h.wait("the event", func() bool {
		return slices.ContainsFunc(h.sim.Envelopes("events_api"), func(e slacksim.Envelope) bool { return e.Inner == "channel_archive" && !e.Acked.IsZero() })
	})
	h.drained()
	if got := h.lines(); got != before {
		t.Errorf("the timeline was\n%s\nand is\n%s", before, got)
	}
	if got := texts(h.sim, "incidents", "thread"); len(got) != 0 {
		t.Errorf("the incidents channel says %q", got)
	}
	h.slash("U0DEV1", "general", "INC-1 reopen errors are back")
	h.inThread()
	h.wait("the reason", func() bool { return len(texts(h.sim, "incidents", "errors are back")) == 1 })
}

// TestNobodySaysThatTheChannelIsArchived learns it from the first message that is
// refused, when Slack's event was lost.
func TestNobodySaysThatTheChannelIsArchived(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	room := h.room()
	h.drained()
	h.sim.InjectEnvelopes(slacksim.EnvelopeFault{Kind: slacksim.Lose, Type: "events_api", Inner: "channel_archive"})
	h.ok(h.sim.As("U0DEV1").Archive(room.ID))
	h.slash("U0DEV1", "general", "INC-1 sev 1")
	h.inThread()
	for _, e := range h.sim.Envelopes("events_api") {
		if e.Inner == "channel_archive" && !e.Acked.IsZero() {
			t.Error("it took Slack's second word for it")
		}
	}
}

func TestTheBotIsRemoved(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	room := h.room()
	h.drained()
	if err := h.sim.As("U0DEV1").Kick(room.ID, h.sim.BotUserID()); err != nil {
		t.Fatal(err)
	}
	h.wait("the bot to come back", func() bool {
		ch, _ := h.sim.Channel(room.ID)
		for _, m := range ch.Members {
			if m == h.sim.BotUserID() {
				return true
			}
		}
		return false
	})
	if got := h.slash("U0DEV1", room.ID, "update I am back"); !strings.Contains(got, "INC-1") {
		t.Errorf("update answered %q", got)
	}
	h.wait("the update", func() bool { return len(texts(h.sim, room.ID, "I am back")) == 1 })
}

// TestTheIncidentsChannelIsReplaced announces an incident anew when the channel that
// its announcement was in is gone and another has its name.
func TestTheIncidentsChannelIsReplaced(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	h.room()
	h.drained()
	h.sim.UpdateUser("U0LEAD1", func(u *slacksim.User) { u.IsAdmin = true })
	h.ok(h.sim.As("U0LEAD1").DeleteChannel("incidents"))
	h.sim.AddChannel("incidents", false, "U0DEV1")
	h.slash("U0DEV1", "general", "INC-1 update we roll back")
	h.wait("the announcement", func() bool { return len(texts(h.sim, "incidents", "INC-1")) == 1 })
	h.drained()
	h.once()
}

// TestTheBotMayNotComeBack goes on in the thread when the bot was removed and Slack
// does not let it in again.
func TestTheBotMayNotComeBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	room := h.room()
	h.drained()
	h.sim.Inject(slacksim.Fault{Method: "conversations.join", Kind: slacksim.ErrorCode, Code: "restricted_action"})
	if err := h.sim.As("U0DEV1").Kick(room.ID, h.sim.BotUserID()); err != nil {
		t.Fatal(err)
	}
	h.inThread()
}

// TestTheNameIsTaken gives the channel a suffix when somebody else's channel has
// the name.
func TestTheNameIsTaken(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.sim.AddChannel("inc-1-checkout-returns-503", false, "U0DEV1")
	h.declare()
	h.wait("a channel with a suffix", func() bool { _, ok := h.sim.Channel("inc-1-checkout-returns-503-2"); return ok })
	h.drained()
}

// TestOnlyItsOwnChannelIsAdopted: when an answer was lost, a channel of the name may be
// the one that was asked for, unless somebody else made it, or Watchbill did before the
// incident.
func TestOnlyItsOwnChannelIsAdopted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		creator string
		age     time.Duration
	}{"somebody else's": {"U0DEV1", 0}, "an older one": {"", time.Hour}} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, testConfig)
			if c.creator == "" {
				c.creator = h.sim.BotUserID()
			}
			h.sim.AddChannel("inc-1-checkout-returns-503", false, c.creator)
			h.pass(c.age)
			h.sim.Inject(slacksim.Fault{Method: "conversations.create", Kind: slacksim.HTTP500, Times: 1})
			h.declare()
			h.wait("a channel with a suffix", func() bool { _, ok := h.sim.Channel("inc-1-checkout-returns-503-2"); return ok })
			h.drained()
		})
	}
}

// TestNobodyIsAskedToTakeAPageThatIsOver when Slack comes back before posts fold.
func TestNobodyIsAskedToTakeAPageThatIsOver(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	h.room()
	h.drained()
	h.sim.Down(true)
	for range 10 {
		if strings.Contains(h.lines(), "Nobody answers PAGE-1") {
			break
		}
		if _, err := h.bot.Desk().Escalate(h.ctx, desk.In{By: incident.Actor{Person: "dev1", Via: "cli"}}, "PAGE-1", -1); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(h.lines(), "Nobody answers PAGE-1") {
		t.Fatalf("the policy is not spent:\n%s", h.lines())
	}
	by := incident.Actor{Person: "dev1", Via: "cli"}
	if _, err := h.bot.Desk().Change(h.ctx, desk.In{By: by}, "INC-1", incident.Resolve{By: by, Text: "rolled back"}); err != nil {
		t.Fatal(err)
	}
	h.sim.Down(false)
	h.pass(11 * time.Second)
	room := h.room()
	h.wait("the end", func() bool { return len(texts(h.sim, room.Name, "Resolved")) > 0 })
	h.drained()
	if asked := texts(h.sim, room.Name, "Nobody answers"); len(asked) > 0 {
		t.Errorf("the channel of what is over reads %q", asked)
	}
}

// TestAnsweredWhileSlackIsDown sends no page that somebody answered before it could be
// sent: nobody is woken for nothing.
func TestAnsweredWhileSlackIsDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.wait("the directory", h.bot.People().Learned)
	h.sim.Down(true)
	by := incident.Actor{Person: "dev1", Via: "cli"}
	if _, err := h.bot.Desk().Declare(h.ctx, desk.In{By: by}, desk.Declaration{Title: "checkout returns 503", Severity: 2, Service: "checkout"}); err != nil {
		t.Fatal(err)
	}
	h.wait("an attempt", func() bool { return len(h.bot.Health().Notes) > 0 })
	if _, err := h.bot.Desk().Acknowledge(h.ctx, desk.In{By: incident.Actor{Person: "sre1", Via: "cli"}}, "PAGE-1"); err != nil {
		t.Fatal(err)
	}
	h.landed() // what was read before the answer
	h.sim.Down(false)
	h.pass(11 * time.Second)
	h.room()
	h.drained()
	if sent := h.sim.DMs("U0SRE1"); len(sent) != 0 {
		t.Errorf("%d messages were sent after the answer: %s", len(sent), sent[0].Text)
	}
}

// TestNobodyNeedsThePageAnyMore: what need not be sent any more is settled without Slack, and
// that is no sign of it. To Slack that nothing is owed to, the bot still listens.
func TestNobodyNeedsThePageAnyMore(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.wait("the directory", h.bot.People().Learned)
	by := incident.Actor{Person: "sre1", Via: "cli"}
	_, err := h.bot.Desk().Declare(h.ctx, desk.In{By: by}, desk.Declaration{Title: "checkout returns 503", Severity: 2, Service: "checkout"})
	h.ok(err)
	h.room()
	h.drained()
	h.sim.Down(true)
	_, err = h.bot.Desk().Test(h.ctx, desk.In{By: by}, paging.Slack)
	h.ok(err)
	away := func() string {
		for _, n := range h.bot.Health().Notes {
			if n, ok := strings.CutPrefix(n, "slack cannot be reached since "); ok {
				since, _, _ := strings.Cut(n, "Z: ")
				return since
			}
		}
		return ""
	}
	h.wait("the bot to notice", func() bool { return away() != "" })
	since := away()
	waiting, err := h.store.Effects(h.ctx, 0, 1000, storage.Pending)
	h.ok(err)
	page := strings.Split(waiting[0].Target, "/")[1]
	_, err = h.bot.Desk().Acknowledge(h.ctx, desk.In{By: by}, page)
	h.ok(err)
	h.landed() // what was read before the answer
	h.pass(11 * time.Second)
	h.drained()
	h.landed()
	if now := away(); now != since {
		t.Errorf("after a page that nobody needs Slack is away since %q, before %q", now, since)
	}
	h.sim.Down(false)
	h.pass(11 * time.Second)
	h.wait("the bot to hear Slack", func() bool { return away() == "" })
}

// TestSlackIsDown takes Slack away for half an hour: work goes on, and then one
// message per incident tells what happened, in order.
func TestSlackIsDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	room := h.room()
	h.drained()
	before := len(h.sim.Messages(room.ID))
	h.sim.Down(true)
	by := incident.Actor{Person: "sre1", Via: "cli"}
	for n := range 8 {
		text := fmt.Sprintf("update %d while Slack is away", n)
		if _, err := h.bot.Desk().Change(h.ctx, desk.In{By: by}, "INC-1", incident.Update{By: by, Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	note := incident.Actor{Person: "dev1", Via: incident.ViaAPI("phone")}
	if _, err := h.bot.Desk().Change(h.ctx, desk.In{By: note}, "INC-1", incident.Note{By: note, Text: "deploy 4711 went out"}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.bot.Desk().Acknowledge(h.ctx, desk.In{By: by}, "PAGE-1"); err != nil {
		t.Fatal(err)
	}
	h.wait("the bot to notice", func() bool {
		return strings.Contains(strings.Join(h.bot.Health().Notes, " "), "slack cannot be reached")
	})
	for range 30 {
		h.pass(time.Minute)
	}
	h.landed() // what was taken up before the clock was moved
	h.sim.Down(false)
	h.pass(11 * time.Second)
	h.drained()
	var told []slacksim.Message
	for _, m := range h.sim.Messages(room.ID)[before:] {
		if m.Subtype == "" && m.User == h.sim.BotUserID() {
			told = append(told, m)
		}
	}
	if len(told) != 1 {
		for _, m := range told {
			t.Log(m.AllText())
		}
		t.Fatalf("%d messages tell what happened meanwhile, want one", len(told))
	}
	last := -1
	for n := range 8 {
		at := strings.Index(told[0].AllText(), fmt.Sprintf("update %d while", n))
		if at <= last {
			t.Errorf("update %d is missing or out of order in:\n%s", n, told[0].AllText())
		}
		last = at
	}
	if !strings.Contains(told[0].AllText(), "*Note* by dev1 (by API token phone): deploy 4711 went out") {
		t.Errorf("a note made meanwhile is missing in:\n%s", told[0].AllText())
	}
	h.once()
}
