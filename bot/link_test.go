package bot_test

import (
	"github.com/watchbill/watchbill/bot/slacksim"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestThePageGainsTheChannel: a page does not wait for the channel, and names it
// as soon as it is there.
func TestThePageGainsTheChannel(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.sim.Inject(slacksim.Fault{Method: "conversations.create", Kind: slacksim.Delay, Delay: time.Second, Times: 1})
	h.declare()
	h.wait("the page", func() bool { return len(h.sim.DMs("U0SRE1")) == 1 })
	if _, ok := h.sim.Channel("inc-1-checkout-returns-503"); ok {
		t.Error("the page waited for the channel")
	}
	room := h.room()
	h.drained() // well before the next step shows it again
	if dms := h.sim.DMs("U0SRE1"); len(dms) != 1 || !strings.Contains(string(dms[0].Blocks), room.ID) {
		t.Errorf("the page does not name the channel: %+v", dms)
	}
}

// TestThePageTellsWhatBecameOfIt: those who were asked first do not go on reading
// what would have come next, and who cannot take it sees that this was heard.
func TestThePageTellsWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	h.room()
	says := func(user, part string) func() bool {
		return func() bool {
			dms := h.sim.DMs(user)
			return len(dms) > 0 && strings.Contains(string(dms[0].Blocks), part)
		}
	}
	h.wait("the page", says("U0SRE1", "the next in line are paged"))
	h.pass(31 * time.Second)
	h.wait("the first copy to tell that others were asked", says("U0SRE1", "Others have been asked since"))
	h.wait("the second page", says("U0SRE2", "it begins again with the first"))
	page := h.sim.DMs("U0SRE2")[0]
	if _, err := h.sim.As("U0SRE2").Click(h.ctx, page.Channel, page.TS, "v1.page.decline"); err != nil {
		t.Fatal(err)
	}
	h.wait("the copy to tell that this was heard", says("U0SRE2", "You said that you cannot take it"))
}

// TestTheOnlyOpenIncidentIsShown: a question asked elsewhere needs no number while
// one incident is open; what would change it asks first. A slip of the fingers is
// no incident.
func TestTheOnlyOpenIncidentIsShown(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	h.room()
	for text, want := range map[string]string{
		"show":         "INC-1",
		"timeline":     "declared SEV2",
		"resolve done": "Do you mean the one that is open?",
		"timelin":      "Did you mean `/inc timeline`?",
	} {
		if got := h.slash("U0DEV1", "general", text); !strings.Contains(got, want) {
			t.Errorf("%q answered %q, want %q in it", text, got, want)
		}
	}
}

// TestPeopleAreReadByName: who is mentioned is read by name, wherever the text goes,
// and an app can be given no part.
func TestPeopleAreReadByName(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	room := h.room()
	h.wait("the reporter in the channel", func() bool {
		_, err := h.sim.As("U0DEV1").Type(room.ID, "looking")
		return err == nil
	})
	h.slash("U0DEV1", room.ID, "update <@U0DEV2> looks at the cache")
	h.wait("the update", func() bool { return len(texts(h.sim, room.ID, "@dev2 looks at the cache")) == 1 })
	if got := h.slash("U0DEV1", room.ID, "sev <@U0DEV2>"); !strings.Contains(got, "@dev2") || strings.Contains(got, "U0DEV2") {
		t.Errorf("the refusal shows %q, want what was typed with the name", got)
	}
	if got := h.slash("U0DEV1", room.ID, "lead <@"+h.sim.BotUserID()+">"); !strings.Contains(got, "is an app") {
		t.Errorf("naming the bot answered %q", got)
	}
}

// TestTheDraftIsLinkedInTheEnd links the postmortem from the announcement although
// Slack fails to say where it is at first.
func TestTheDraftIsLinkedInTheEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	h.room()
	h.drained()
	h.sim.Inject(slacksim.Fault{Method: "chat.getPermalink", Kind: slacksim.HTTP500, Times: 2})
	h.slash("U0DEV1", "general", "INC-1 resolve")
	h.slash("U0DEV1", "general", "INC-1 close")
	h.wait("the announcement to link the draft", func() bool {
		return slices.ContainsFunc(h.sim.Messages("incidents"), func(m slacksim.Message) bool { return strings.Contains(m.AllText(), "*Postmortem:* <http") })
	})
	h.drained()
	if n := len(h.sim.Files()); n != 1 {
		t.Errorf("%d files, want one", n)
	}
	h.once()
}

// TestWhoIsNamedIsThereFirst invites whoever is named to lead before the message
// that mentions them: Slack tells nobody of a mention where they are not.
func TestWhoIsNamedIsThereFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	room := h.room()
	h.drained()
	h.sim.Inject(slacksim.Fault{Method: "conversations.invite", Kind: slacksim.Delay, Delay: 300 * time.Millisecond, Times: 2})
	h.slash("U0DEV1", "general", "INC-1 lead <@U0DEV2>")
	h.wait("the message", func() bool { return len(texts(h.sim, room.ID, "named <@U0DEV2>")) == 1 })
	var order []string
	for _, m := range h.sim.Messages(room.ID) {
		switch {
		case m.User == "U0DEV2" && m.Subtype == "channel_join":
			order = append(order, "joined")
		case strings.Contains(m.AllText(), "named <@U0DEV2>"):
			order = append(order, "mentioned")
		}
	}
	if got := strings.Join(order, " "); got != "joined mentioned" {
		t.Errorf("they were %s", got)
	}
	h.drained()
}

// TestTheRunbookIsAtHand: whoever is woken finds what to look at on the page, on the
// card and at the top of the channel.
func TestTheRunbookIsAtHand(t *testing.T) {
	t.Parallel()
	const runbook = "https://wiki.example.com/checkout"
	h := newHouse(t, strings.Replace(testConfig, "{name: checkout, schedule", `{name: checkout, runbook: "`+runbook+`", schedule`, 1))
	h.declare()
	room := h.room()
	h.drained()
	if page := h.sim.DMs("U0SRE1")[0].AllText(); !strings.Contains(page, runbook) {
		t.Errorf("the page has no runbook: %s", page)
	}
	pinned, _ := h.sim.Message(room.ID, h.sim.Pins(room.ID)[0].TS)
	if card := pinned.AllText(); !strings.Contains(card, runbook) {
		t.Errorf("the card has no runbook: %s", card)
	}
	if !slices.ContainsFunc(h.sim.Bookmarks(room.ID), func(b slacksim.Bookmark) bool { return b.Link == runbook }) {
		t.Errorf("the bookmarks are %v", h.sim.Bookmarks(room.ID))
	}
}
