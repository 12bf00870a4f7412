package bot_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/slackio"
)

// TestAnotherProcessUsesTheApp: that is said while it does, once it is certain that Slack
// counts no sockets of a process that is gone.
func TestAnotherProcessUsesTheApp(t *testing.T) {
	t.Parallel()
	h, settings, _ := inOutage(t)
	h.halt()
	other := slackio.NewSockets(slackio.SocketConfig{Token: h.sim.AppToken(), APIURL: h.api, Count: 1, Logger: zerolog.Nop(),
		Handler: func(context.Context, slackio.Envelope) (json.RawMessage, error) { return nil, nil }})
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- other.Run(ctx) }()
	h.wait("the other's socket", func() bool { return h.sim.Sockets() == 1 })
	h.start(settings)
	says := func() bool {
		return strings.Contains(strings.Join(h.bot.Health().Notes, " "), "counts 1 more sockets of this app than are ours")
	}
	h.wait("all sockets", func() bool { return h.sim.Sockets() == 3 })
	h.pass(90 * time.Second)
	h.wait("them to be counted again", func() bool { return h.sim.Sockets() > 3 })
	h.wait("the old ones to go", func() bool { return h.sim.Sockets() == 3 })
	if says() {
		t.Error("it is believed after one count")
	}
	h.pass(90 * time.Second)
	h.wait("health to say so", says)
	if health := h.bot.Health(); !health.Ready {
		t.Errorf("the bot is not ready: %+v", health)
	}
	cancel()
	h.ok(<-ended)
	h.wait("the other's socket to go", func() bool { return h.sim.Sockets() == 2 })
	h.pass(10 * time.Minute)
	h.wait("health to say no more of it", func() bool { return !says() })
	h.drained()
}
