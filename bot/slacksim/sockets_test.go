package slacksim

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestSlashRoundTrip(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	a.onFrame(func(f frameIn) (any, bool) {
		return object{"text": "you said " + f.Payload["text"].(string)}, true
	})
	got, err := a.server.As("dev1").Slash(within(t), "ops", "/inc", "hello @sre1 <!channel>")
	if err != nil {
		t.Fatal(err)
	}
	if want := "you said hello <@U0SRE1> &lt;!channel&gt;"; got.Text() != want {
		t.Errorf("shown = %q, want %q", got.Text(), want)
	}
	if seen := a.server.Ephemerals("U0DEV1"); len(seen) != 1 || seen[0].Channel != a.channel("ops") {
		t.Errorf("ephemerals = %v", seen)
	}
}

func TestSlashWithoutAnswer(t *testing.T) {
	a := start(t, Config{Ack: 30 * time.Millisecond})
	dev := a.server.As("dev1")
	got, err := dev.Slash(within(t), "ops", "/inc", "x")
	if err != nil || got.Error != "dispatch_failed" {
		t.Errorf("no socket: %q, %v", got.Error, err)
	}
	a.dial()
	a.onFrame(func(frameIn) (any, bool) { return nil, false })
	got, err = dev.Slash(within(t), "ops", "/inc", "x")
	if err != nil || got.Error != "operation_timeout" {
		t.Errorf("no ack: %q, %v", got.Error, err)
	}
	got, err = dev.Slash(within(t), "ops", "/nonsense", "x")
	if err != nil || got.Error != "not_a_command" {
		t.Errorf("unknown command: %q, %v", got.Error, err)
	}
	a.server.RemoveScopes("commands")
	if got, err := dev.Slash(within(t), "general", "/inc", "x"); err != nil || got.Error != "not_a_command" {
		t.Errorf("without the scope for commands: %q, %v", got.Error, err)
	}
	if _, err := a.server.As("dev2").Slash(within(t), "ops", "/inc", "x"); err == nil {
		t.Error("somebody who is not in the channel has typed a command there")
	}
	if n := len(a.server.Ephemerals("U0DEV1")); n != 4 {
		t.Errorf("%d errors were shown, want 4", n)
	}
}

func TestEventsAreRetriedWithTheSameEventID(t *testing.T) {
	a := start(t, Config{Ack: 20 * time.Millisecond, RetryDelays: []time.Duration{0, 10 * time.Millisecond, 10 * time.Millisecond}})
	a.dial()
	a.onFrame(func(f frameIn) (any, bool) { return nil, f.Type != "events_api" })
	if _, err := a.server.As("dev1").Type("ops", "hi"); err != nil {
		t.Fatal(err)
	}
	var ids, events []string
	for attempt := range 4 {
		f := a.want(func(f frameIn) bool { return f.event()["type"] == "message" && f.RetryAttempt == attempt })
		ids, events = append(ids, f.EnvelopeID), append(events, f.Payload["event_id"].(string))
		if attempt > 0 && f.RetryReason != "timeout" {
			t.Errorf("attempt %d has reason %q", attempt, f.RetryReason)
		}
	}
	if ids[0] == ids[1] || events[0] != events[3] {
		t.Errorf("envelopes %v, events %v", ids, events)
	}
	err := a.server.Wait(within(t), func() bool { return len(a.server.Outstanding()) == 0 })
	if err != nil {
		t.Fatal(err)
	}
}

func TestAcknowledgedEnvelopesAreDone(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now})
	a.dial()
	if _, err := a.server.As("dev1").Type("ops", "hi"); err != nil {
		t.Fatal(err)
	}
	a.wantEvent("message", nil)
	if err := a.server.Wait(within(t), func() bool { return len(a.server.Outstanding()) == 0 }); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		clock.move(a.server, 10*time.Minute)
	}
	all := a.server.Envelopes("events_api")
	if len(all) != 1 || all[0].Acked.IsZero() || all[0].Problem != "" {
		t.Errorf("envelopes = %+v", all)
	}
}

func TestLateAcknowledgementsDoNotCount(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now})
	conn := a.dial()
	a.onFrame(func(frameIn) (any, bool) { return nil, false })
	shown := make(chan SlashResult, 1)
	go func() {
		got, err := a.server.As("dev1").Slash(within(t), "ops", "/inc", "")
		if err != nil {
			t.Error(err)
		}
		shown <- got
	}()
	f := a.want(func(f frameIn) bool { return f.Type == "slash_commands" })
	clock.move(a.server, 3*time.Second)
	if got := <-shown; got.Error != "operation_timeout" {
		t.Errorf("error = %q", got.Error)
	}
	if err := conn.WriteJSON(object{"envelope_id": f.EnvelopeID, "payload": object{"text": "too late"}}); err != nil {
		t.Fatal(err)
	}
	late := func() bool { return a.server.Envelopes("slash_commands")[0].Late }
	if err := a.server.Wait(within(t), late); err != nil {
		t.Fatal(err)
	}
	for _, m := range a.server.Ephemerals("U0DEV1") {
		if m.Text == "too late" {
			t.Error("a late answer was shown")
		}
	}
}

func TestEventsWithoutASocketComeByRetry(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now})
	if _, err := a.server.As("dev1").Type("ops", "hi"); err != nil {
		t.Fatal(err)
	}
	clock.move(a.server, time.Second) // the retry at once finds no socket either
	a.dial()
	clock.move(a.server, time.Minute)
	if f := a.wantEvent("message", nil); f.RetryAttempt != 2 {
		t.Errorf("an event from before the socket came with attempt %d, want 2", f.RetryAttempt)
	}
}

func TestOneOfNDelivery(t *testing.T) {
	a := start(t, Config{Seed: 7})
	for range 3 {
		a.dial()
	}
	for range 30 {
		if _, err := a.server.As("dev1").Type("ops", "hi"); err != nil {
			t.Fatal(err)
		}
	}
	err := a.server.Wait(within(t), func() bool { return len(a.server.Outstanding()) == 0 })
	if err != nil {
		t.Fatal(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	perSocket, total := map[int]int{}, 0
	for _, f := range a.seen {
		if f.Type == "events_api" {
			perSocket[f.socket]++
			total++
		}
	}
	if total != 30 || len(perSocket) != 3 {
		t.Errorf("%d deliveries over sockets %v, want 30 over 3", total, perSocket)
	}
}

func TestSocketRules(t *testing.T) {
	a := start(t, Config{Ping: 10 * time.Millisecond})
	link := a.ok(a.call("apps.connections.open", nil))["url"].(string)
	conn, _, err := websocket.DefaultDialer.Dial(link, nil)
	if err != nil {
		t.Fatal(err)
	}
	pings := make(chan string, 10)
	conn.SetPingHandler(func(text string) error {
		pings <- text
		return conn.WriteControl(websocket.PongMessage, []byte(text), time.Now().Add(time.Second))
	})
	closed := make(chan error, 1)
	go func() {
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				closed <- err
				return
			}
		}
	}()
	for range 2 {
		if text := <-pings; !strings.HasPrefix(text, "Ping") {
			t.Errorf("ping %q", text)
		}
	}
	_, resp, err := websocket.DefaultDialer.Dial(link, nil)
	if err == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("a ticket worked twice: %v", err)
	}
	if err := conn.WriteMessage(websocket.TextMessage, []byte(strings.Repeat("x", maxFrame+1))); err != nil {
		t.Fatal(err)
	}
	if err := <-closed; !websocket.IsCloseError(err, websocket.CloseMessageTooBig) {
		t.Errorf("after a big frame: %v", err)
	}
}

// TestTicketsDoNotKeep: an address that was asked for is good for one dial, soon.
func TestTicketsDoNotKeep(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now})
	link := func() string { l, _ := a.ok(a.call("apps.connections.open", nil))["url"].(string); return l }
	for _, c := range []struct {
		after time.Duration
		good  bool
	}{{ticketLife - time.Second, true}, {ticketLife, false}, {time.Hour, false}} {
		l := link()
		clock.move(a.server, c.after)
		conn, res, err := websocket.DefaultDialer.Dial(l, nil)
		if (err == nil) != c.good || err != nil && res.StatusCode != http.StatusForbidden {
			t.Errorf("a ticket that is %v old: %v", c.after, err)
		}
		if err == nil {
			conn.Close()
		}
	}
	for range 3 {
		link()
	}
	clock.move(a.server, ticketLife)
	link()
	a.server.mu.hold(func() {
		if n := len(a.server.gateway.tickets); n != 1 {
			t.Errorf("%d tickets are kept, 1 of them is good", n)
		}
	})
}

func TestEleventhSocketIsSentAway(t *testing.T) {
	a := start(t, Config{})
	for range maxSockets + 1 {
		a.dial()
	}
	a.want(func(f frameIn) bool { return f.Type == "disconnect" && f.Reason == "too_many_websockets" })
	a.want(func(f frameIn) bool { return f.Type == "hello" && f.NumConnections == maxSockets })
	if got := a.server.Sockets(); got != maxSockets {
		t.Errorf("%d sockets, want %d", got, maxSockets)
	}
}

// TestAnySocketAcknowledges: Slack knows an envelope by its id, whichever socket of the
// app answers; a second answer and one to nothing are ignored.
func TestAnySocketAcknowledges(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now})
	conns := []*websocket.Conn{a.dial(), a.dial()}
	a.onFrame(func(frameIn) (any, bool) { return nil, false })
	if _, err := a.server.As("dev1").Type("ops", "hi"); err != nil {
		t.Fatal(err)
	}
	f := a.wantEvent("message", nil)
	other := conns[1-f.socket]
	for _, id := range []string{f.EnvelopeID, f.EnvelopeID, "of-nothing"} {
		if err := other.WriteJSON(object{"envelope_id": id}); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.server.Wait(within(t), func() bool { return len(a.server.Outstanding()) == 0 }); err != nil {
		t.Fatal(err)
	}
	clock.move(a.server, 10*time.Minute)
	if all := a.server.Envelopes("events_api"); len(all) != 1 || all[0].Problem != "" || a.server.Sockets() != 2 {
		t.Errorf("envelopes = %+v, with %d sockets", all, a.server.Sockets())
	}
}

// TestEventsAreRetriedAsSlackDoes: at once, after a minute, and after five more; then no
// more, unless the app has its events delayed for a day.
func TestEventsAreRetriedAsSlackDoes(t *testing.T) {
	for _, delayed := range []bool{false, true} {
		clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
		a := start(t, Config{Now: clock.Now, DelayedEvents: delayed})
		a.dial()
		a.onFrame(func(frameIn) (any, bool) { return nil, false })
		if _, err := a.server.As("dev1").Type("ops", "hi"); err != nil {
			t.Fatal(err)
		}
		sent := func(attempts int) {
			t.Helper()
			if got := len(a.server.Envelopes("events_api")); got != attempts {
				t.Errorf("%s: %d deliveries, want %d", clock.Now().Format(time.TimeOnly), got, attempts)
			}
		}
		sent(1)
		clock.move(a.server, 2999*time.Millisecond)
		sent(1)
		clock.move(a.server, time.Millisecond) // three seconds without an answer, and again at once
		a.server.Wake()
		sent(2)
		for n, delay := range []time.Duration{time.Minute, 5 * time.Minute} {
			clock.move(a.server, 3*time.Second)
			clock.move(a.server, delay-time.Millisecond)
			sent(2 + n)
			clock.move(a.server, time.Millisecond)
			sent(3 + n)
		}
		for range 30 {
			clock.move(a.server, 3*time.Second)
			clock.move(a.server, time.Hour)
		}
		sent(map[bool]int{false: 4, true: 28}[delayed])
	}
}

func TestSocketsAreRefreshed(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now})
	a.dial()
	hello := a.want(func(f frameIn) bool { return f.Type == "hello" })
	if hello.NumConnections != 1 {
		t.Errorf("hello = %+v", hello)
	}
	a.server.Disconnect("refresh_requested")
	a.want(func(f frameIn) bool {
		return f.Type == "disconnect" && f.Reason == "refresh_requested" && f.socket == 0
	})
	if n := a.server.Sockets(); n != 0 {
		t.Errorf("%d sockets after the refresh", n)
	}
	link := a.ok(a.call("apps.connections.open", nil))["url"].(string) + "&debug_reconnects=true"
	conn, _, err := websocket.DefaultDialer.Dial(link, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := a.server.Wait(within(t), func() bool { return a.server.Sockets() == 1 }); err != nil {
		t.Fatal(err)
	}
	clock.move(a.server, 6*time.Minute)
	if n := a.server.Sockets(); n != 0 {
		t.Errorf("%d sockets six minutes after one was to be cut by then", n)
	}
}
