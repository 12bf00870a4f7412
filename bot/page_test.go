package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

const pageConfig = testConfig + `
    ack_timeout: 20m
admins: [lead1]
`

// copies are the messages of a page that a person has, the newest last.
func (h *house) copies(person, page string) []slacksim.Message {
	var out []slacksim.Message
	for _, m := range h.sim.DMs(slackID(person)) {
		if strings.Contains(string(m.Blocks), page) {
			out = append(out, m)
		}
	}
	return out
}

// latest waits until the newest copy of a page that a person has holds a text, and that
// they have so many.
func (h *house) latest(person, page, part string, n int) slacksim.Message {
	h.t.Helper()
	var m slacksim.Message
	h.wait(person+"'s copy "+part, func() bool {
		list := h.copies(person, page)
		if len(list) == n {
			m = list[n-1]
		}
		return len(list) == n && strings.Contains(string(m.Blocks), part)
	})
	return m
}

func (h *house) page(id string) paging.Page {
	h.t.Helper()
	p, err := h.bot.Desk().PageOf(context.WithoutCancel(h.ctx), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func (h *house) choose(person string, m slacksim.Message, what string) {
	h.t.Helper()
	r, err := h.sim.As(slackID(person)).Choose(h.ctx, m.Channel, m.TS, "v1.page.menu", "PAGE-1|"+what)
	if err != nil || r.Error != "" {
		h.t.Fatal(err, r.Error)
	}
}

// TestAPageToItsFloorAndBack goes through the steps to the floor, whose message says so;
// an answer from the channel then changes every copy, the oldest too.
func TestAPageToItsFloorAndBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t, pageConfig)
	h.declare()
	h.latest("sre1", "PAGE-1", "Step 1 of 2", 1)
	for turn := 2; turn <= 5; turn++ { // the steps, once more, and the floor
		h.drained()
		h.pass(31 * time.Second)
		h.wait("the next step", func() bool { return h.page("PAGE-1").Turn == turn })
	}
	h.latest("lead1", "PAGE-1", "Nobody else is left to ask", 1)
	var news slacksim.Message
	h.wait("the page in the incidents channel", func() bool {
		for _, m := range h.sim.Messages("incidents") {
			if strings.Contains(string(m.Blocks), "Nobody else is left to ask") {
				news = m
			}
		}
		return news.TS != ""
	})
	if !strings.Contains(string(news.Blocks), "Page somebody") {
		t.Errorf("the channel cannot page anybody else: %s", news.Blocks)
	}
	h.drained()
	if _, err := h.sim.As("U0DEV2").Click(h.ctx, news.Channel, news.TS, "v1.page.ack"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who string
		n   int
	}{{"sre1", 2}, {"sre2", 3}, {"lead1", 1}} {
		h.wait("all copies of "+c.who+" to say who answered", func() bool {
			list := h.copies(c.who, "PAGE-1")
			for _, m := range list {
				if !strings.Contains(string(m.Blocks), "dev2 acknowledged PAGE-1") {
					return false
				}
			}
			return len(list) == c.n
		})
	}
	h.wait("the message in the channel to say so", func() bool {
		m, _ := h.sim.Message(news.Channel, news.TS)
		return strings.Contains(string(m.Blocks), "dev2 acknowledged PAGE-1") && !strings.Contains(string(m.Blocks), "page.ack")
	})
}

// TestAPageThatReachesNobody is told in the incidents channel, in a message that says
// from then on who was asked since, and who answered.
func TestAPageThatReachesNobody(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `
people: [{name: dev1, slack: U0DEV1}, {name: sre1, slack: U0SRE1}]
teams: [{name: empty, kind: dev, people: []}]
services: [{name: checkout, escalation: nobody}]
escalations: [{name: nobody, steps: [{notify: ["team:empty"], wait: 30s}], floor: ["team:empty"]}]
`)
	h.declare()
	var told slacksim.Message
	h.wait("the incidents channel to be told", func() bool {
		for _, m := range h.sim.Messages("incidents") {
			if strings.Contains(m.AllText(), "PAGE-1 reaches nobody: neither") {
				told = m
			}
		}
		return told.TS != ""
	})
	if !strings.Contains(string(told.Blocks), "v1.inc.page") {
		t.Errorf("nobody can be paged from it: %s", told.Blocks)
	}
	h.room()
	h.drained()
	h.slash("U0DEV1", "general", "INC-1 page <@U0SRE1>")
	says := func(part string) func() bool {
		return func() bool {
			m, _ := h.sim.Message(told.Channel, told.TS)
			return strings.Contains(m.AllText(), part)
		}
	}
	h.wait("it to say who is asked", says("PAGE-1 reached nobody. Since then: PAGE-2 to <@U0SRE1>, no answer yet"))
	page := h.latest("sre1", "PAGE-2", "", 1)
	if _, err := h.sim.As("U0SRE1").Click(h.ctx, page.Channel, page.TS, "v1.page.ack"); err != nil {
		t.Fatal(err)
	}
	h.wait("it to say who answered", says("PAGE-2 acknowledged by sre1"))
	if m, _ := h.sim.Message(told.Channel, told.TS); strings.Contains(string(m.Blocks), "v1.inc.page") {
		t.Errorf("it still asks for somebody: %s", m.Blocks)
	}
	h.drained()
	h.once()
}

// TestTheHomeTabShowsThePagesIHave follows a page that is taken, snoozed and taken back
// up on the Home tab, and over.
func TestTheHomeTabShowsThePagesIHave(t *testing.T) {
	t.Parallel()
	h := newHouse(t, pageConfig)
	h.declare()
	m := h.latest("sre1", "PAGE-1", "page.ack", 1)
	me := h.sim.As("U0SRE1")
	h.ok(me.OpenHome())
	h.wait("the Home tab of who is waited for", func() bool {
		v, ok := h.sim.Home("U0SRE1")
		return ok && strings.Contains(string(v.Blocks), "Waiting for your answer") && strings.Contains(string(v.Blocks), `*SEV2 · checkout returns 503*\n*PAGE-1* for *INC-1* · service checkout · since`)
	})
	if _, err := me.Click(h.ctx, m.Channel, m.TS, "v1.page.ack"); err != nil {
		t.Fatal(err)
	}
	home := func(what string, want, not string) {
		t.Helper()
		h.wait("the Home tab of "+what, func() bool {
			v, ok := h.sim.Home("U0SRE1")
			return ok && strings.Contains(string(v.Blocks), want) && (not == "" || !strings.Contains(string(v.Blocks), not))
		})
	}
	h.latest("sre1", "PAGE-1", "it comes again", 1)
	h.ok(me.OpenHome())
	home("who has a page", `*PAGE-1* for *INC-1* · service checkout\nIf it is not over by`, "Waiting for your answer")
	h.slash("U0SRE1", "general", "snooze PAGE-1 2h")
	h.ok(me.OpenHome())
	home("who snoozed it", `service checkout\nSnoozed until`, "")
	if _, err := me.ClickHome(h.ctx, "v1.page.ack", fmt.Sprintf("PAGE-1|%d", h.page("PAGE-1").Turn)); err != nil {
		t.Fatal(err)
	}
	home("who took it up again", `service checkout\nIf it is not over by`, "Snoozed until")
	h.ok(h.sim.As("U0DEV2").OpenHome())
	h.wait("the Home tab of somebody else", func() bool {
		v, ok := h.sim.Home("U0DEV2")
		return ok && !strings.Contains(string(v.Blocks), "PAGE-1")
	})
	h.slash("U0SRE1", "general", "resolve INC-1")
	h.ok(me.OpenHome())
	home("who is done", "Open incidents", "PAGE-1")
}

// TestAPageIsPassedOn acknowledges a page, which times out; hands it over by the menu and
// a form, snoozes it by a command, and ends it with its incident.
func TestAPageIsPassedOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, pageConfig)
	h.declare()
	m := h.latest("sre1", "PAGE-1", "page.ack", 1)
	if _, err := h.sim.As("U0SRE1").Click(h.ctx, m.Channel, m.TS, "v1.page.ack"); err != nil {
		t.Fatal(err)
	}
	h.latest("sre1", "PAGE-1", "it comes again", 1)
	h.drained()
	h.pass(20*time.Minute + time.Second)
	m = h.latest("sre1", "PAGE-1", "You acknowledged it, and it has not ended", 2)
	h.drained()

	h.choose("sre1", m, "handover")
	if _, err := h.sim.As("U0SRE1").WaitView(h.ctx, func(v slacksim.View) bool { return v.CallbackID == "v1.page.handover" }); err != nil {
		t.Fatal(err)
	}
	if r, err := h.sim.As("U0SRE1").Submit(h.ctx, map[string]any{"person": "U0DEV2"}); err != nil || len(r.Errors) > 0 || r.View != nil {
		t.Fatal(err, r)
	}
	theirs := h.latest("dev2", "PAGE-1", "sre1 hands it over to you", 1)
	h.latest("sre1", "PAGE-1", "It was handed over to dev2", 2)
	h.drained()

	h.choose("dev2", theirs, "snooze 30m")
	h.latest("dev2", "PAGE-1", "You snoozed PAGE-1", 1)
	h.latest("sre1", "PAGE-1", "dev2 snoozed PAGE-1", 2)
	if got := h.slash("U0DEV2", "general", "snooze PAGE-1 1h"); !strings.Contains(got, "snoozed PAGE-1") {
		t.Errorf("snooze answered %q", got)
	}
	if got := h.slash("U0DEV2", "general", "escalate PAGE-1"); !strings.Contains(got, "is snoozed by dev2") {
		t.Errorf("escalate answered %q", got)
	}
	h.drained()
	h.pass(time.Hour + time.Second)
	h.latest("sre1", "PAGE-1", "It was snoozed until now", 3) // whoever is on call, and nobody else
	if n := len(h.copies("dev2", "PAGE-1")); n != 1 {
		t.Errorf("dev2 has %d copies", n)
	}
	h.drained()
	if got := h.slash("U0SRE1", "general", "handover PAGE-1 <@U0SRE1>"); !strings.Contains(got, "acknowledge it") {
		t.Errorf("handing over to oneself answered %q", got)
	}
	h.slash("U0SRE1", "general", "ack PAGE-1")
	h.latest("sre1", "PAGE-1", "You acknowledged PAGE-1", 3)
	h.slash("U0SRE1", "general", "INC-1 resolve")
	h.wait("the page to end", func() bool { return h.page("PAGE-1").Status == paging.Ended })
	h.latest("sre1", "PAGE-1", "It is over", 3)
	if got := h.slash("U0DEV1", "general", "ack PAGE-1"); !strings.Contains(got, "is over") || !strings.Contains(got, "Thank you") {
		t.Errorf("an answer after the end was answered %q", got)
	}
	h.drained()
	h.pass(24 * time.Hour)
	if n := len(h.copies("sre1", "PAGE-1")); n != 3 {
		t.Errorf("sre1 was told again after the end: %d copies", n)
	}
}

// TestTheFormsOfAPage: what cannot be done says so in the form, and in the menu.
func TestTheFormsOfAPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t, pageConfig)
	h.declare()
	m := h.latest("sre1", "PAGE-1", "page.ack", 1)
	h.choose("sre1", m, "snooze")
	if _, err := h.sim.As("U0SRE1").WaitView(h.ctx, func(v slacksim.View) bool { return v.CallbackID == "v1.page.snooze" }); err != nil {
		t.Fatal(err)
	}
	h.slash("U0DEV1", "general", "INC-1 resolve")
	r, err := h.sim.As("U0SRE1").Submit(h.ctx, map[string]any{"wait": "2h"})
	if err != nil || r.View == nil || !strings.Contains(string(r.View.Blocks), "has ended") {
		t.Errorf("the form of a page that has ended: %+v, %v", r, err)
	}
	if p := h.page("PAGE-1"); p.Status != paging.Ended || p.Snoozed {
		t.Errorf("got %+v", p)
	}
}

// TestAPageIsResolvedByItsMenu: the form is that of what the page is about.
func TestAPageIsResolvedByItsMenu(t *testing.T) {
	t.Parallel()
	h := newHouse(t, pageConfig)
	h.declare()
	m := h.latest("sre1", "PAGE-1", "page.ack", 1)
	form := func(callback, text string) {
		t.Helper()
		if _, err := h.sim.As("U0SRE1").WaitView(h.ctx, func(v slacksim.View) bool { return v.CallbackID == callback }); err != nil {
			t.Fatal(err)
		}
		if r, err := h.sim.As("U0SRE1").Submit(h.ctx, map[string]any{"text": text}); err != nil || len(r.Errors) > 0 || r.View != nil {
			t.Fatal(err, r)
		}
	}
	h.choose("sre1", m, "resolve")
	form("v1.resolve", "rolled back")
	h.wait("the page to end with its incident", func() bool { return h.page("PAGE-1").Status == paging.Ended })

	h.oncall("U0SRE1", "test me")
	m = h.latest("sre1", "PAGE-2", "page.ack", 1)
	if r, err := h.sim.As("U0SRE1").Choose(h.ctx, m.Channel, m.TS, "v1.page.menu", "PAGE-2|resolve"); err != nil || r.Error != "" {
		t.Fatal(err, r.Error)
	}
	form("v1.page.resolve", "seen it")
	h.wait("the page to end", func() bool { return h.page("PAGE-2").Status == paging.Ended })
	events, err := h.bot.Desk().PageEvents(h.ctx, "PAGE-2")
	h.ok(err)
	if n := slices.IndexFunc(events, func(e paging.Event) bool { return e.Kind == paging.EndedK }); events[n].By != "sre1" || events[n].Text != "seen it" {
		t.Errorf("it ended with %+v", events[n]) // that its message was sent may be heard after that
	}
}

// TestAPageThatIsAnsweredBeforeTheChannelIsOpen leads whoever has answered it to the channel
// once there is one.
func TestAPageThatIsAnsweredBeforeTheChannelIsOpen(t *testing.T) {
	t.Parallel()
	h := newHouse(t, pageConfig)
	var refused atomic.Bool
	h.sim.Inject(slacksim.Fault{Method: "conversations.create", Kind: slacksim.RateLimit, RetryAfter: 60, Times: 1, Match: func(c slacksim.Call) bool {
		ours := strings.HasPrefix(c.Args["name"], "inc-")
		refused.Store(refused.Load() || ours)
		return ours
	}})
	h.declare()
	m := h.latest("sre1", "PAGE-1", "page.ack", 1)
	if _, err := h.sim.As("U0SRE1").Click(h.ctx, m.Channel, m.TS, "v1.page.ack"); err != nil {
		t.Fatal(err)
	}
	h.latest("sre1", "PAGE-1", "its channel is being opened", 1)
	h.wait("the refusal", refused.Load)
	h.landed() // the refusal was read before the clock moves
	h.pass(61 * time.Second)
	room := h.room()
	h.latest("sre1", "PAGE-1", "#"+room.ID, 1)
}

// TestNoPageWaitsForEdits: many pages end at one moment, and Slack takes about one edit in a
// second. Whoever is paged anew meanwhile is told at once.
func TestNoPageWaitsForEdits(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		const many = 40
		for n := range many {
			b.declare(fmt.Sprint("incident ", n+1))
		}
		b.pass(time.Minute)
		by := incident.Actor{Person: "dev1", Via: "cli"}
		for n := range many {
			if _, err := b.bot.Desk().Change(t.Context(), desk.In{By: by}, fmt.Sprint("INC-", n+1), incident.Resolve{By: by}); err != nil {
				t.Fatal(err)
			}
		}
		before := len(b.sim.DMs("U0SRE1"))
		b.declare("what broke next")
		b.pass(time.Second)
		if got := len(b.sim.DMs("U0SRE1")) - before; before != many || got != 1 {
			t.Errorf("after %d pages there are %d new ones within a second, want 1", before, got)
		}
	})
}

// TestHomeShowsWhatWasDeclaredThere: it is drawn when it is opened, and the form covers it
// only for a while.
func TestHomeShowsWhatWasDeclaredThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	me := h.sim.As("U0DEV1")
	h.ok(me.OpenHome())
	shows := func(text string) func() bool {
		return func() bool {
			v, ok := h.sim.Home("U0DEV1")
			return ok && v.Contains(text)
		}
	}
	h.wait("the Home tab", shows("Open incidents"))
	if _, err := me.ClickHome(h.ctx, "v1.declare.ask"); err != nil {
		t.Fatal(err)
	}
	if _, err := me.WaitView(h.ctx, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := me.Submit(h.ctx, map[string]any{"title": "Checkout is down"}); err != nil || len(got.Errors) > 0 {
		t.Fatalf("submit: %+v, %v", got, err)
	}
	h.wait("the Home tab to show the incident", shows("Checkout is down"))
}

// TestNoFormToPageAboutWhatIsOver: what it would say is refused.
func TestNoFormToPageAboutWhatIsOver(t *testing.T) {
	t.Parallel()
	h := newHouse(t, rotaConfig)
	h.slash("U0DEV1", "general", "declare checkout is slow --sev 4")
	h.slash("U0DEV1", "general", "resolve INC-1 it was the cache")
	if got := h.slash("U0DEV1", "general", "page INC-1"); !strings.Contains(got, "nobody is paged about it") {
		t.Errorf("page answered %q", got)
	}
}
