package bot_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/slackio"
)

// TestAnotherProcessUsesTheApp: that is said while it does, once it is certain that Slack
// counts no sockets of a process that is gone.
func TestAnotherProcessUsesTheApp(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.halt()
		other := slackio.NewSockets(slackio.SocketConfig{Token: b.sim.AppToken(), APIURL: "http://slack.test/api/", HTTPClient: b.client, Count: 1, Logger: zerolog.Nop(),
			Handler: func(context.Context, slackio.Envelope) (json.RawMessage, error) { return nil, nil }})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- other.Run(ctx) }()
		b.pass(10 * time.Second)
		b.start()
		says := func() bool { return b.says("counts 1 more sockets of this app than are ours") }
		b.pass(2 * time.Minute)
		if n := len(b.sim.Calls("apps.connections.open")); n != 7 { // two of each life, the other's, and two to count
			t.Errorf("sockets were asked for %d times, want 7", n)
		}
		if says() {
			t.Error("it is believed after one count")
		}
		b.pass(90 * time.Second)
		if !says() || !b.bot.Health().Ready {
			t.Errorf("health says %+v", b.bot.Health())
		}
		b.pass(time.Hour)
		if !says() {
			t.Error("it is forgotten while the other is there")
		}
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		b.pass(11 * time.Minute)
		if says() {
			t.Error("it is said of a process that is gone")
		}
	})
}
