package slacksim

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// try posts a message and returns the HTTP status, Slack's error and whether
// the connection broke.
func try(a *app, text string) (status int, code string, broken bool) {
	a.t.Helper()
	form := url.Values{"token": {a.server.BotToken()}, "channel": {"ops"}, "text": {text}}
	resp, err := http.PostForm(a.base+"/api/chat.postMessage", form)
	if err != nil {
		return 0, "", true
	}
	defer resp.Body.Close()
	var body [512]byte
	n, _ := resp.Body.Read(body[:])
	_, rest, _ := strings.Cut(string(body[:n]), `"error":"`)
	code, _, _ = strings.Cut(rest, `"`)
	return resp.StatusCode, code, false
}

func TestCallFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		fault  Fault
		status int
		code   string
		broken bool
		done   bool
	}{
		{"rate limit", Fault{Kind: RateLimit, RetryAfter: 7}, 429, "ratelimited", false, false},
		{"500", Fault{Kind: HTTP500}, 500, "", false, false},
		{"500 after", Fault{Kind: HTTP500, After: true}, 500, "", false, true},
		{"internal error", Fault{Kind: InternalError}, 200, "internal_error", false, false},
		{"fatal error after", Fault{Kind: FatalError, After: true}, 200, "fatal_error", false, true},
		{"dropped before", Fault{Kind: DropBefore}, 0, "", true, false},
		{"dropped after", Fault{Kind: DropAfter}, 0, "", true, true},
		{"hung", Fault{Kind: Hang, Delay: time.Millisecond}, 0, "", true, false},
		{"hung after", Fault{Kind: Hang, Delay: time.Millisecond, After: true}, 0, "", true, true},
		{"code", Fault{Kind: ErrorCode, Code: "is_archived"}, 200, "is_archived", false, false},
		{"delay", Fault{Kind: Delay, Delay: time.Millisecond}, 200, "", false, true},
		{"other method", Fault{Kind: HTTP500, Method: "chat.update"}, 200, "", false, true},
		{"skipped once", Fault{Kind: HTTP500, Skip: 1}, 200, "", false, true},
		{"not matching", Fault{Kind: HTTP500, Match: func(c Call) bool { return c.Args["text"] == "other" }}, 200, "", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := start(t, Config{})
			if c.fault.Method == "" {
				c.fault.Method = "chat.postMessage"
			}
			c.fault.Times = 1
			cancel := a.server.Inject(c.fault)
			status, code, broken := try(a, "first")
			if status != c.status || code != c.code || broken != c.broken {
				t.Errorf("got %d %q broken=%t, want %d %q %t", status, code, broken, c.status, c.code, c.broken)
			}
			if done := len(a.server.Messages("ops")) == 1; done != c.done {
				t.Errorf("done = %t, want %t", done, c.done)
			}
			cancel()
			if status, code, _ := try(a, "second"); status != 200 || code != "" {
				t.Errorf("after the fault: %d %q", status, code)
			}
		})
	}
}

func TestFaultProbabilityFollowsTheSeed(t *testing.T) {
	outcome := func(seed uint64) string {
		a := start(t, Config{Seed: seed})
		a.server.Inject(Fault{Kind: ErrorCode, Code: "internal_error", Probability: 0.5})
		var out strings.Builder
		for range 20 {
			_, code, _ := try(a, "x")
			out.WriteString(code + ",")
		}
		return out.String()
	}
	one := outcome(1)
	if one != outcome(1) {
		t.Error("the same seed gave other faults")
	}
	if n := strings.Count(one, "internal_error"); n < 3 || n > 17 {
		t.Errorf("%d of 20 failed at probability 0.5", n)
	}
}

func TestEnvelopeFaults(t *testing.T) {
	a := start(t, Config{RetryDelays: []time.Duration{time.Millisecond}, Ack: 400 * time.Millisecond})
	a.dial()
	dev := a.server.As("dev1")
	type1 := func(text string) string {
		t.Helper()
		ts, err := dev.Type("ops", text)
		if err != nil {
			t.Fatal(err)
		}
		return ts
	}
	order := func() (texts []string) {
		a.mu.Lock()
		defer a.mu.Unlock()
		for _, f := range a.seen {
			if e := f.event(); e["type"] == "message" {
				texts = append(texts, e["text"].(string))
			}
		}
		return texts
	}
	a.server.InjectEnvelopes(EnvelopeFault{Kind: Duplicate, Type: "events_api", Times: 1})
	type1("twice")
	a.server.InjectEnvelopes(EnvelopeFault{Kind: Reorder, Inner: "message", Times: 1, Delay: time.Minute})
	type1("second")
	type1("first")
	a.want(func(f frameIn) bool { return f.event()["text"] == "second" })
	if got := strings.Join(order(), " "); got != "twice twice first second" {
		t.Errorf("order = %q", got)
	}
	a.server.InjectEnvelopes(EnvelopeFault{Kind: Late, Inner: "message", Times: 1, Delay: 40 * time.Millisecond})
	sent := time.Now()
	type1("late")
	a.want(func(f frameIn) bool { return f.event()["text"] == "late" })
	if took := time.Since(sent); took < 40*time.Millisecond {
		t.Errorf("a late event took %v", took)
	}
	a.server.InjectEnvelopes(EnvelopeFault{Kind: Lose, Inner: "message", Times: 1})
	type1("lost")
	if f := a.want(func(f frameIn) bool { return f.event()["text"] == "lost" }); f.RetryAttempt != 1 {
		t.Errorf("a lost event came with attempt %d", f.RetryAttempt)
	}
	a.server.InjectEnvelopes(EnvelopeFault{Kind: Duplicate, Inner: "/inc", Times: 1})
	a.onFrame(func(frameIn) (any, bool) { return object{"text": "answered"}, true })
	if got, err := dev.Slash(within(t), "ops", "/inc", ""); err != nil || got.Error != "" {
		t.Errorf("a doubled command: %q, %v", got.Error, err)
	}
	if err := a.server.Wait(within(t), func() bool { return len(a.server.Outstanding()) == 0 }); err != nil {
		t.Fatal(err)
	}
	if n, shown := len(commands(a)), len(a.server.Ephemerals("U0DEV1")); n != 2 || shown != 1 {
		t.Errorf("%d commands came and %d answers were shown, want 2 and 1", n, shown)
	}
	a.server.InjectEnvelopes(EnvelopeFault{Kind: Late, Inner: "/inc", Times: 1, Delay: 450 * time.Millisecond})
	if got, err := dev.Slash(within(t), "ops", "/inc", "late"); err != nil || got.Error != "operation_timeout" {
		t.Errorf("a late command: %q, %v", got.Error, err)
	}
	a.want(func(f frameIn) bool { return f.Payload["text"] == "late" })
	a.server.InjectEnvelopes(EnvelopeFault{Kind: Lose, Inner: "/inc", Times: 1})
	if got, err := dev.Slash(within(t), "ops", "/inc", ""); err != nil || got.Error != "operation_timeout" {
		t.Errorf("a lost command: %q, %v", got.Error, err)
	}
}

func TestCuts(t *testing.T) {
	a := start(t, Config{Ack: 400 * time.Millisecond})
	dev := a.server.As("dev1")
	slash := func() SlashResult {
		t.Helper()
		got, err := dev.Slash(within(t), "ops", "/inc", "")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, c := range []struct {
		when    Cut
		problem string
		arrives bool
	}{
		{CutBeforeDelivery, "operation_timeout", false},
		{CutAfterAck, "", true},
	} {
		a.dial()
		before := len(commands(a))
		a.server.CutSockets(c.when)
		if got := slash(); got.Error != c.problem {
			t.Errorf("%s: problem %q, want %q", c.when, got.Error, c.problem)
		}
		if arrived := len(commands(a)) > before; arrived != c.arrives {
			t.Errorf("%s: arrived = %t", c.when, arrived)
		}
		if n := a.server.Sockets(); n != 0 {
			t.Errorf("%s: %d sockets left", c.when, n)
		}
	}
	a.dial()
	a.onFrame(func(frameIn) (any, bool) { return nil, false })
	a.server.CutSockets(CutAfterDelivery)
	if got := slash(); got.Error != "operation_timeout" {
		t.Errorf("after delivery: problem %q", got.Error)
	}
	if len(commands(a)) != 2 {
		t.Errorf("after delivery: %d commands arrived, want 2", len(commands(a)))
	}
}

func commands(a *app) (found []frameIn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range a.seen {
		if f.Type == "slash_commands" {
			found = append(found, f)
		}
	}
	return found
}

func TestGhostsSwallowEnvelopes(t *testing.T) {
	a := start(t, Config{Ack: 30 * time.Millisecond})
	a.dial()
	a.server.Ghost(0)
	got, err := a.server.As("dev1").Slash(within(t), "ops", "/inc", "")
	if err != nil || got.Error != "operation_timeout" {
		t.Errorf("problem = %q, %v", got.Error, err)
	}
	a.dial()
	a.want(func(f frameIn) bool { return f.Type == "hello" && f.NumConnections == 2 })
	a.server.CutSockets(CutNow)
	if n := a.server.Sockets(); n != 0 {
		t.Errorf("%d sockets after the cut", n)
	}
}

// TestGhostsAreHalfOpen: from the moment on that a socket is one, nothing comes out of it
// and nothing gets in, and neither side is told.
func TestGhostsAreHalfOpen(t *testing.T) {
	a := start(t, Config{Ping: time.Hour})
	link := a.ok(a.call("apps.connections.open", nil))["url"].(string)
	conn, _, err := websocket.DefaultDialer.Dial(link, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	pinged, ponged, events := make(chan bool, 10), make(chan bool, 10), make(chan string, 10)
	conn.SetPingHandler(func(string) error { pinged <- true; return nil })
	conn.SetPongHandler(func(string) error { ponged <- true; return nil })
	ended := make(chan error, 1)
	go func() {
		for {
			var f frameIn
			if err := conn.ReadJSON(&f); err != nil {
				ended <- err
				return
			}
			if f.Type == "events_api" {
				events <- f.EnvelopeID
			}
		}
	}()
	<-pinged // with the hello
	if _, err := a.server.As("dev1").Type("ops", "hi"); err != nil {
		t.Fatal(err)
	}
	envelope := <-events
	a.server.Ghost(0)
	a.server.mu.Lock()
	k := a.server.gateway.sockets[0]
	a.server.mu.Unlock()
	if err := conn.WriteControl(websocket.PingMessage, []byte("are you there"), time.Now().Add(time.Second)); err != nil {
		t.Error(err)
	}
	if err := conn.WriteJSON(object{"envelope_id": envelope}); err != nil {
		t.Error(err)
	}
	k.ping()
	if _, err := a.server.As("dev1").Type("ops", "to a ghost"); err != nil {
		t.Fatal(err)
	}
	conn.NetConn().(*net.TCPConn).CloseWrite()
	<-k.gone // all that was sent was read
	a.server.CutSockets(CutNow)
	<-ended
	if len(pinged) > 0 || len(ponged) > 0 || len(events) > 0 {
		t.Errorf("a ghost has sent %d pings, %d pongs and %d envelopes", len(pinged), len(ponged), len(events))
	}
	if all := a.server.Envelopes("events_api"); len(all) < 2 || !all[0].Acked.IsZero() || all[1].Socket != k.id {
		t.Errorf("envelopes = %+v, want the first without its acknowledgement, and the second given to the ghost", all)
	}
}

func TestSocketsThatVanishLinger(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now, Linger: time.Minute})
	abrupt := a.dial()
	polite := a.dial()
	abrupt.NetConn().Close()
	if err := polite.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := a.server.Wait(within(t), func() bool { return a.server.Sockets() == 1 }); err != nil {
		t.Fatal(err)
	}
	// The vanished socket turns into a ghost once the server's reader has seen it.
	for a.server.Sockets() > 0 {
		clock.move(a.server, time.Minute)
	}
}

func TestDisconnectAndRefusals(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now})
	a.dial()
	a.server.Disconnect("warning")
	a.want(func(f frameIn) bool { return f.Type == "disconnect" && f.Reason == "warning" })
	if n := a.server.Sockets(); n != 1 {
		t.Errorf("%d sockets right after the warning, want 1", n)
	}
	clock.move(a.server, 9999*time.Millisecond)
	if n := a.server.Sockets(); n != 1 {
		t.Errorf("%d sockets just before ten seconds are over, want 1", n)
	}
	clock.move(a.server, time.Millisecond)
	if n := a.server.Sockets(); n != 0 {
		t.Errorf("%d sockets ten seconds after the warning", n)
	}
	a.server.RefuseSockets(RefuseOpen)
	a.wantError(a.call("apps.connections.open", nil), "internal_error")
	a.server.RefuseSockets(RefuseDial)
	link := a.ok(a.call("apps.connections.open", nil))["url"].(string)
	if _, resp, err := websocket.DefaultDialer.Dial(link, nil); err == nil || resp.StatusCode != http.StatusConflict {
		t.Errorf("dial = %v", err)
	}
	a.server.RefuseSockets(RefuseTooMany)
	a.dial()
	a.want(func(f frameIn) bool { return f.Type == "disconnect" && f.Reason == "too_many_websockets" })
	a.server.RefuseSockets(RefuseNothing)
	a.dial()
	a.server.RevokeTokens("app")
	a.want(func(f frameIn) bool { return f.Type == "disconnect" && f.Reason == "link_disabled" })
}

func TestDown(t *testing.T) {
	a := start(t, Config{RetryDelays: []time.Duration{0, time.Hour}})
	a.dial()
	a.server.Down(true)
	if _, _, broken := try(a, "x"); !broken {
		t.Error("Slack answered while down")
	}
	if err := a.server.Wait(within(t), func() bool { return a.server.Sockets() == 0 }); err != nil {
		t.Fatal(err)
	}
	if _, err := a.server.As("dev1").Type("ops", "meanwhile"); err != nil {
		t.Error("people must be able to act while the app is cut off:", err)
	}
	resp, err := http.Get(a.base + "/sim/api/state")
	if err != nil || resp.StatusCode != 200 {
		t.Errorf("control API while down: %v", err)
	}
	resp.Body.Close()
	a.server.Down(false)
	if status, _, _ := try(a, "x"); status != 200 {
		t.Errorf("status %d after the outage", status)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, err := range a.ended {
		if websocket.IsCloseError(err, websocket.CloseNormalClosure) {
			t.Error("the outage said goodbye")
		}
	}
}

func TestRateLimits(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now, RateLimits: true})
	post := func() object { return a.form("chat.postMessage", "channel", "ops", "text", "x") }
	for range 3 {
		a.ok(post())
	}
	reply := post()
	a.wantError(reply, "ratelimited")
	if reply["status"] != 429 || reply["retry_after"] != "1" {
		t.Errorf("reply = %v", reply)
	}
	clock.move(a.server, time.Second)
	a.ok(post())
	calls := 0
	for a.form("conversations.list")["error"] == nil {
		calls++
	}
	if calls < 20 || calls > 30 {
		t.Errorf("%d calls of a tier 2 method in one instant", calls)
	}
	a.ok(a.form("conversations.info", "channel", a.channel("ops")))
	if n := len(a.server.Messages("ops")); n != 4 {
		t.Errorf("%d messages, want 4", n)
	}
}

// TestEachMethodHasItsTier: Slack's tiers allow so many calls of a method in a minute,
// and some more in a burst.
func TestEachMethodHasItsTier(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now, RateLimits: true})
	for method, perMinute := range map[string]int{
		"conversations.create": 20, "users.list": 20, "pins.add": 20, "reactions.remove": 20, "bookmarks.add": 20, "usergroups.users.update": 20,
		"chat.update": 50, "chat.delete": 50, "conversations.invite": 50, "conversations.history": 50, "reactions.add": 50, "conversations.open": 50, "dnd.info": 50,
		"chat.postEphemeral": 100, "users.info": 100, "views.open": 100, "views.publish": 100, "files.completeUploadExternal": 100, "conversations.members": 100,
		"auth.test": 300, "chat.getPermalink": 300,
	} {
		calls := 0
		for calls < 1000 && a.form(method)["error"] != "ratelimited" {
			calls++
		}
		if calls < perMinute || calls > perMinute+max(10, perMinute/5) {
			t.Errorf("%s took %d calls in an instant, want about %d", method, calls, perMinute)
		}
	}
	clock.move(a.server, time.Minute)
	if reply := a.form("chat.update"); reply["error"] == "ratelimited" {
		t.Error("a minute later it is limited still")
	}
}
