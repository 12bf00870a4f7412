package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/oncall/alert"
)

// dead counts the cards in channels that say that their buttons do not work, and all
// cards that have buttons.
func (b *bubble) dead() (say, all int) {
	b.t.Helper()
	for _, ch := range b.sim.Channels() {
		if ch.Kind == "im" {
			continue
		}
		for _, m := range b.sim.Messages(ch.ID) {
			blocks := string(m.Blocks)
			if !strings.Contains(blocks, `"v1.inc.`) && !strings.Contains(blocks, `"v1.alert.`) {
				continue
			}
			all++
			if strings.Contains(blocks, "Buttons and commands in Slack do not work at the moment") {
				say++
			}
		}
	}
	return say, all
}

func (b *bubble) hear(key string) {
	b.t.Helper()
	_, err := b.bot.Desk().Hear(b.t.Context(), "prometheus", []alert.Signal{{Key: key, Status: alert.Firing, Title: key + " is full", Service: "checkout", Count: 1}})
	if err != nil {
		b.t.Fatal(err)
	}
}

// speaks has something come from Slack.
func (b *bubble) speaks() {
	b.t.Helper()
	if answer, err := b.sim.As("U0DEV1").Slash(b.t.Context(), "general", "/inc", "list"); err != nil || answer.Error != "" {
		b.t.Fatalf("/inc list: %v %s", err, answer.Error)
	}
}

// TestCardsSayThatTheirButtonsAreDead: once Slack has brought nothing for a minute, the
// cards of incidents and alerts say so, what is posted meanwhile too, and none any more
// when it is heard again. That takes one edit of each card, both times.
func TestCardsSayThatTheirButtonsAreDead(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.hear("disk")
		b.pass(time.Minute)
		end := b.deafen()
		b.declare("search is down")
		b.pass(25 * time.Second)
		if say, all := b.dead(); say != 0 || all != 3 {
			t.Fatalf("%d of %d cards say that nothing is heard; people wait out a short time", say, all)
		}
		b.pass(time.Minute)
		edits := len(b.sim.Calls("chat.update"))
		b.hear("memory")
		b.pass(time.Minute)
		if say, all := b.dead(); say != 4 || all != 4 {
			t.Errorf("%d of %d cards say that nothing is heard", say, all)
		}
		b.pass(5 * time.Minute)
		if n := len(b.sim.Calls("chat.update")) - edits; n > 4 {
			t.Errorf("%d messages were edited while nothing happened", n)
		}
		edits = len(b.sim.Calls("chat.update"))
		end()
		b.speaks()
		b.pass(5 * time.Second)
		if say, all := b.dead(); say != 0 || all != 4 {
			t.Errorf("%d of %d cards say so still", say, all)
		}
		b.pass(2 * time.Minute)
		if n := len(b.sim.Calls("chat.update")) - edits; n > 12 {
			t.Errorf("%d messages were edited when it was heard again", n)
		}
	})
}

// TestACardOfAnEarlierLifeSaysNoMoreThatItsButtonsAreDead.
func TestACardOfAnEarlierLifeSaysNoMoreThatItsButtonsAreDead(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.declare("search is down")
		b.pass(time.Minute)
		b.sim.RefuseSockets(slacksim.RefuseDial)
		b.sim.CutSockets(slacksim.CutNow)
		b.pass(2 * time.Minute)
		if say, all := b.dead(); say != 1 || all != 1 {
			t.Fatalf("%d of %d cards say that nothing is heard", say, all)
		}
		b.halt()
		b.sim.RefuseSockets(slacksim.RefuseNothing)
		b.start()
		b.pass(time.Minute)
		b.speaks()
		b.pass(5 * time.Second)
		if say, all := b.dead(); say != 0 || all != 1 {
			t.Errorf("%d of %d cards say so still in the next life", say, all)
		}
	})
}

// home is the Home tab of whoever is paged.
func (b *bubble) home() string {
	b.t.Helper()
	view, ok := b.sim.Home("U0SRE1")
	if !ok {
		b.t.Fatal("there is no Home tab")
	}
	return string(view.Blocks)
}

// TestTheHomeTabSaysThatItsButtonsAreDead: that of whoever has looked at theirs, since
// nobody is heard who opens it, and no more when Slack is heard again.
func TestTheHomeTabSaysThatItsButtonsAreDead(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		if err := b.sim.As("U0SRE1").OpenHome(); err != nil {
			t.Fatal(err)
		}
		b.pass(time.Second)
		end := b.deafen()
		b.declare("search is down")
		b.pass(25 * time.Second)
		if strings.Contains(b.home(), deafWords) {
			t.Error("it says so after a short time, which people wait out")
		}
		b.pass(time.Minute)
		if got := b.home(); !strings.Contains(got, deafWords) || !strings.Contains(got, "watchbill page ack PAGE-2") {
			t.Errorf("it does not say that its buttons are dead, and what to type instead: %s", got)
		}
		end()
		b.speaks()
		b.pass(5 * time.Second)
		if got := b.home(); strings.Contains(got, deafWords) {
			t.Errorf("it says so still: %s", got)
		}
	})
}

// TestAHomeTabOfAnEarlierLifeSaysNoMoreThatItsButtonsAreDead, though nobody opens it anew.
func TestAHomeTabOfAnEarlierLifeSaysNoMoreThatItsButtonsAreDead(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		if err := b.sim.As("U0SRE1").OpenHome(); err != nil {
			t.Fatal(err)
		}
		b.pass(time.Second)
		b.sim.RefuseSockets(slacksim.RefuseDial)
		b.sim.CutSockets(slacksim.CutNow)
		b.pass(2 * time.Minute)
		if !strings.Contains(b.home(), deafWords) {
			t.Fatal("it does not say that its buttons are dead")
		}
		b.halt()
		b.sim.RefuseSockets(slacksim.RefuseNothing)
		b.start()
		b.pass(time.Minute)
		b.speaks()
		b.pass(5 * time.Second)
		if strings.Contains(b.home(), deafWords) {
			t.Error("it says so still in the next life")
		}
	})
}
