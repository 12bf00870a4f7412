package bot_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// listing counts how often the open pages are listed, and how often it is asked where a
// card is.
type listing struct {
	storage.Store
	open, cards atomic.Int64
}

func (l *listing) Receipt(ctx context.Context, target string) ([]byte, error) {
	if strings.Contains(target, "card") {
		l.cards.Add(1)
	}
	return l.Store.Receipt(ctx, target)
}

func (l *listing) List(ctx context.Context, index, prefix, after string, limit int) ([]storage.Row, error) {
	if index == "page.open" {
		l.open.Add(1)
	}
	return l.Store.List(ctx, index, prefix, after, limit)
}

// TestOpenPagesAreNotGoneThroughForNothing: while Slack takes all and brings all, and after
// it has been deaf, only the auditor reads them, twice a minute.
func TestOpenPagesAreNotGoneThroughForNothing(t *testing.T) {
	l := &listing{}
	inBubbleOf(t, func(b *bubble) string {
		l.Store = b.store
		b.store = l
		return bubbleConfig
	}, func(t *testing.T, b *bubble) {
		quiet := func(when string) {
			t.Helper()
			before, cards := l.open.Load(), l.cards.Load()
			b.pass(time.Minute)
			if n := l.cards.Load() - cards; n > 0 {
				t.Errorf("%s, cards were looked for %d times in a minute", when, n)
			}
			if n := l.open.Load() - before; n > 3 {
				t.Errorf("%s, open pages were listed %d times in a minute", when, n)
			}
		}
		b.declare("checkout is down")
		b.pass(10 * time.Second)
		quiet("with a page that waits")
		b.sim.RefuseSockets(slacksim.RefuseDial)
		b.sim.CutSockets(slacksim.CutNow)
		b.pass(time.Minute)
		if !b.bot.Desk().Deaf(paging.Slack) {
			t.Fatal("nobody has noticed that no socket can be had")
		}
		b.sim.RefuseSockets(slacksim.RefuseNothing)
		b.pass(time.Minute)
		if b.bot.Desk().Deaf(paging.Slack) {
			t.Fatal("nobody has noticed that sockets can be had")
		}
		quiet("after Slack was deaf")
	})
}

// TestAPageThatSlackDoesNotTakeWhileItIsDeaf goes on to the next step, as it does while it
// hears: that it brings no answers is no reason to wait for it to take a message.
func TestAPageThatSlackDoesNotTakeWhileItIsDeaf(t *testing.T) {
	inBubbleOf(t, func(*bubble) string {
		return strings.Replace(bubbleConfig, `steps: [{notify: ["person:sre1"], wait: 30m}, {notify: ["person:sre2"], wait: 5m}]`, `steps: [{notify: ["person:sre2"], wait: 30m}, {notify: ["person:sre1"], wait: 5m}]`, 1)
	}, func(t *testing.T, b *bubble) {
		b.sim.RefuseSockets(slacksim.RefuseDial)
		b.sim.CutSockets(slacksim.CutNow)
		b.pass(30 * time.Second)
		if !b.bot.Desk().Deaf(paging.Slack) {
			t.Fatal("nobody has noticed that no socket can be had")
		}
		b.sim.Inject(slacksim.Fault{Method: "chat.postMessage", Kind: slacksim.RateLimit, RetryAfter: 600})
		b.declare("checkout is down")
		if took := b.pushed("PAGE-1"); took > 25*time.Second { // sre2 has Slack alone
			t.Errorf("the next step came after %v", took)
		}
	})
}

// TestALongOutageLeavesNothingThatSeemsLost: of messages that Slack never took, and that the
// page keeps no more, it is known that they are needed no more.
func TestALongOutageLeavesNothingThatSeemsLost(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.sim.Inject(slacksim.Fault{Method: "*", Kind: slacksim.DropBefore})
		b.declare("checkout is down")
		for sent := 0; sent < 2*paging.MaxNotices; b.pass(5 * time.Minute) {
			p, err := b.bot.Desk().PageOf(t.Context(), "PAGE-1")
			if err != nil {
				t.Fatal(err)
			}
			sent = p.Sent
		}
		b.sim.ClearFaults()
		b.pass(5 * time.Minute)
		if h := b.bot.Health(); !h.Ready {
			t.Errorf("health says %q", h.Problems)
		}
	})
}
