package bot_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/bot/watch/watchtest"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
	"github.com/watchbill/watchbill/storage/storagetest"
)

const testConfig = `
people:
  - {name: dev1, slack: U0DEV1}
  - {name: dev2, slack: U0DEV2}
  - {name: sre1, slack: U0SRE1}
  - {name: sre2, slack: U0SRE2}
  - {name: lead1, slack: U0LEAD1}
teams:
  - {name: sre-core, kind: sre, people: [sre1, sre2], leads: [lead1]}
services:
  - {name: checkout, schedule: checkout, escalation: checkout}
schedules:
  - name: checkout
    time_zone: Europe/Berlin
    layers:
      - name: all
        rotation: {type: weekly, length: 1, start: "2020-01-06T09:00:00", people: [sre1]}
escalations:
  - name: checkout
    steps:
      - {notify: ["schedule:checkout"], wait: 30s}
      - {notify: ["person:sre2"], wait: 30s}
    repeat: 1
`

// house is a bot in a simulated workspace.
type house struct {
	t     *testing.T
	sim   *slacksim.Server
	store storage.Store
	bot   *bot.Bot
	ctx   context.Context
	api   string
	dir   string
	with  func(*bot.Config) // what else it is started with; nil: nothing
	stop  context.CancelFunc
	ended chan error
	ahead atomic.Int64 // how far the house's clock is ahead of the real one
}

func (h *house) now() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) }

// pass makes time pass for the bot and for Slack.
func (h *house) pass(d time.Duration) {
	h.ahead.Add(int64(d))
	h.sim.Wake()
}

func newHouse(t *testing.T, config string) *house {
	t.Helper()
	return newHouseWith(t, config, nil)
}

func newHouseWith(t *testing.T, config string, with func(*bot.Config)) *house {
	t.Helper()
	settings, err := configs.Parse([]byte(config), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	manifest := configs.Manifest(settings)
	h := &house{t: t, store: memory.New(), dir: t.TempDir(), with: with}
	sim, err := slacksim.New(slacksim.Config{Manifest: manifest, Now: h.now})
	if err != nil {
		t.Fatal(err)
	}
	base, err := sim.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	var ids []string
	for _, u := range []slacksim.User{{ID: "U0DEV1", Name: "dev1"}, {ID: "U0DEV2", Name: "dev2"}, {ID: "U0SRE1", Name: "sre1"}, {ID: "U0SRE2", Name: "sre2"}, {ID: "U0LEAD1", Name: "lead1"}} {
		ids = append(ids, sim.AddUser(u).ID)
	}
	sim.AddChannel("incidents", false, ids...)
	sim.AddChannel("general", false, ids...)
	h.sim, h.api = sim, base+"/api/"
	var cancel context.CancelFunc
	h.ctx, cancel = context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	h.start(settings)
	t.Cleanup(func() {
		h.halt()
		watchtest.Check(t, h.bot.Desk())
		storagetest.Check(t, h.store, desk.Folds())
	})
	return h
}

func (h *house) start(settings *configs.Config) {
	h.t.Helper()
	c := bot.Config{Settings: settings, Store: h.store, BotToken: configs.Secret(h.sim.BotToken()), AppToken: configs.Secret(h.sim.AppToken()),
		SlackAPI: h.api, Version: "test", Now: h.now, Directory: h.dir, Log: zerolog.New(zerolog.NewTestWriter(h.t)).Level(zerolog.WarnLevel)}
	if h.with != nil {
		h.with(&c)
	}
	b, err := bot.New(c)
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(h.ctx)
	h.bot, h.stop, h.ended = b, stop, make(chan error, 1)
	ended := h.ended
	go func() { ended <- b.Run(ctx) }()
	h.wait("the bot listens", func() bool { return h.sim.Sockets() == 2 })
}

func (h *house) halt() {
	h.t.Helper()
	h.stop()
	if err := <-h.ended; err != nil {
		h.t.Errorf("the bot ended with: %v", err)
	}
	h.ended <- nil
}

// wait blocks until the workspace is as described.
func (h *house) wait(what string, done func() bool) {
	h.t.Helper()
	limit := time.NewTimer(30 * time.Second)
	defer limit.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !done() {
		select {
		case <-look.C:
		case <-limit.C:
			for _, c := range h.sim.Channels() {
				for _, m := range h.sim.Messages(c.ID) {
					h.t.Logf("#%s %s %s: %s", c.Name, m.TS, m.User, m.Text)
				}
			}
			h.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// slash runs a command and returns the text that its person saw.
func (h *house) slash(user, channel, text string) string {
	h.t.Helper()
	r, err := h.sim.As(user).Slash(h.ctx, channel, "/inc", text)
	if err != nil {
		h.t.Fatal(err)
	}
	if r.Error != "" {
		h.t.Fatalf("/inc %s: Slack says %s", text, r.Error)
	}
	return r.Text()
}

func TestOutage(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	if got := h.slash("U0DEV1", "general", "declare checkout returns 503 --sev 2 --service checkout"); !strings.Contains(got, "INC-1") {
		t.Fatalf("declare answered %q", got)
	}
	h.wait("the page", func() bool { return len(h.sim.DMs("U0SRE1")) == 1 })
	h.wait("the channel", func() bool { _, ok := h.sim.Channel("inc-1-checkout-returns-503"); return ok })
	room, _ := h.sim.Channel("inc-1-checkout-returns-503")
	h.wait("a pinned card", func() bool { return len(h.sim.Pins(room.ID)) == 1 })
	h.wait("an announcement", func() bool { return len(texts(h.sim, "incidents", "INC-1")) == 1 })
	page := h.sim.DMs("U0SRE1")[0]
	if _, err := h.sim.As("U0SRE1").Click(h.ctx, page.Channel, page.TS, "v1.page.ack"); err != nil {
		t.Fatal(err)
	}
	h.wait("the page to say who answered", func() bool {
		m, _ := h.sim.Message(page.Channel, page.TS)
		return !strings.Contains(string(m.Blocks), "page.ack")
	})
	h.wait("both to be in the channel", func() bool {
		c, _ := h.sim.Channel(room.Name)
		return slices.Contains(c.Members, "U0DEV1") && slices.Contains(c.Members, "U0SRE1")
	})
	ts, err := h.sim.As("U0DEV1").Type(room.ID, "the new build is missing a migration")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.sim.As("U0SRE1").React(room.ID, ts, "pushpin"); err != nil {
		t.Fatal(err)
	}
	h.wait("the check mark", func() bool {
		m, _ := h.sim.Message(room.ID, ts)
		for _, r := range m.Reactions {
			if r.Name == "white_check_mark" {
				return true
			}
		}
		return false
	})
	for _, c := range []string{"update rolling back", "sev 1", "note -5m deploy 4711 went out", "lead <@U0DEV2>", "resolve", "close"} {
		if got := h.slash("U0DEV1", room.ID, c); !strings.Contains(got, "INC-1") {
			t.Errorf("/inc %s answered %q", c, got)
		}
	}
	h.wait("the draft", func() bool { return len(h.sim.Files()) == 1 })
	h.wait("the announcement to link the draft", func() bool {
		i, err := h.bot.Desk().Incident(h.ctx, "INC-1")
		return err == nil && i.Draft != ""
	})
	if got := h.slash("U0DEV1", room.ID, "timeline"); !strings.Contains(got, "INC-1") {
		t.Errorf("timeline answered %q", got)
	}
}

func texts(sim *slacksim.Server, channel, part string) []string {
	var out []string
	for _, m := range sim.Messages(channel) {
		if strings.Contains(m.Text, part) {
			out = append(out, m.Text)
		}
	}
	return out
}
