package slacksim

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// control posts to the control API.
func (a *app) control(action string, body object) object {
	a.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		a.t.Fatal(err)
	}
	req, err := http.NewRequest("POST", a.base+"/sim/api/"+action, strings.NewReader(string(data)))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	return a.send(req)
}

func (a *app) state(user string) State {
	a.t.Helper()
	resp, err := http.Get(a.base + "/sim/api/state?user=" + user)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	var state State
	if err := json.NewDecoder(resp.Body).Decode(&state); err != nil {
		a.t.Fatal(err)
	}
	return state
}

func (s State) channel(name string) *StateChannel {
	for i := range s.Channels {
		if s.Channels[i].Name == name {
			return &s.Channels[i]
		}
	}
	return nil
}

func TestControlActsAndState(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	a.server.AddChannel("secret", true, "U0SRE1")
	ts := a.ok(a.control("type", object{"user": "dev1", "channel": "ops", "text": "hello @sre1"}))["ts"]
	a.ok(a.control("react", object{"user": "U0SRE1", "channel": "ops", "ts": ts, "name": "eyes"}))
	a.ok(a.control("pin", object{"user": "U0SRE1", "channel": "ops", "ts": ts}))
	a.ok(a.control("topic", object{"user": "U0SRE1", "channel": "ops", "text": "calm"}))
	a.onFrame(func(frameIn) (any, bool) { return object{"text": "whispered"}, true })
	slash := a.ok(a.control("slash", object{"user": "U0SRE1", "channel": "ops", "command": "/inc", "text": "x"}))
	if slash["problem"] != "" || get(slash, "message", "text") != "whispered" {
		t.Errorf("slash = %v", slash)
	}
	sre, dev := a.state("U0SRE1"), a.state("dev1")
	ops := sre.channel("ops")
	if ops.Unread != 1 || ops.Mentions != 1 || ops.Topic != "calm" || len(ops.Pins) != 1 || len(ops.Messages[0].Reactions) != 1 {
		t.Errorf("ops = %+v", ops)
	}
	if len(sre.Ephemerals) != 1 || len(dev.Ephemerals) != 0 {
		t.Errorf("ephemerals: %v and %v", sre.Ephemerals, dev.Ephemerals)
	}
	if sre.channel("secret") == nil || dev.channel("secret") != nil {
		t.Error("a private channel is seen by the wrong people")
	}
	if dev.channel("ops").Unread != 0 || sre.Sockets != 1 || len(sre.App.Commands) != 2 {
		t.Errorf("state = %+v", sre)
	}
	a.ok(a.control("read", object{"user": "U0SRE1", "channel": "ops"}))
	if n := a.state("U0SRE1").channel("ops").Unread; n != 0 {
		t.Errorf("%d unread after reading", n)
	}
	refused := a.control("type", object{"user": "dev1", "channel": "secret", "text": "x"})
	if refused["status"] != 400 || refused["error"] == "" {
		t.Errorf("refusal = %v", refused)
	}
	if reply := a.control("type", object{"user": "dev1", "chanel": "ops"}); reply["status"] != 400 {
		t.Errorf("a misspelt field: %v", reply)
	}
}

func TestControlFillsModals(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	a.ok(openModal(t, a, modal("Form")))
	shown := a.state("U0DEV1").Views
	if len(shown) != 1 || get(shown[0], "title", "text") != "Form" {
		t.Fatalf("views = %v", shown)
	}
	reply := a.ok(a.control("submit", object{"user": "U0DEV1", "values": object{}}))
	if get(reply, "errors", "what") == nil {
		t.Errorf("submit = %v", reply)
	}
	if get(a.state("U0DEV1").Views[0], "errors", "what") == nil {
		t.Error("the state does not show the complaint")
	}
	option := object{"type": "static_select", "selected_option": object{"text": plain("Two"), "value": "2"}}
	a.ok(a.control("choose", object{"user": "U0DEV1", "view": true, "block_id": "pick", "action_id": "sev", "value": option}))
	a.ok(a.control("submit", object{"user": "U0DEV1", "values": object{"what": object{"text": object{"type": "plain_text_input", "value": "x"}}}}))
	f := a.want(func(f frameIn) bool { return f.Payload["type"] == "view_submission" })
	values := get(f.Payload, "view", "state", "values")
	if get(values, "what", "text", "value") != "x" || get(values, "pick", "sev", "selected_option", "value") != "2" {
		t.Errorf("values = %v", values)
	}
	if n := len(a.state("U0DEV1").Views); n != 0 {
		t.Errorf("%d views are open", n)
	}
}

func TestControlFaultsByName(t *testing.T) {
	a := start(t, Config{})
	a.ok(a.control("inject", object{"name": "storm", "kind": "rate_limit", "method": "*", "retry_after": 2}))
	a.ok(a.control("inject_events", object{"name": "storm", "kind": "late", "delay": "30s"}))
	faults := a.state("U0DEV1").Faults
	if len(faults.Calls) != 1 || len(faults.Envelopes) != 1 || faults.Calls[0].Name != "storm" {
		t.Errorf("faults = %+v", faults)
	}
	a.wantError(a.form("auth.test"), "ratelimited")
	a.ok(a.control("clear", object{"name": "storm"}))
	a.ok(a.form("auth.test"))
	if faults := a.state("U0DEV1").Faults; len(faults.Calls)+len(faults.Envelopes) != 0 {
		t.Errorf("faults = %+v", faults)
	}
	if reply := a.control("inject", object{"kind": "sharknado"}); reply["status"] != 400 {
		t.Errorf("an unknown fault: %v", reply)
	}
}

func TestStreamShowsOnlyWhatAUserSees(t *testing.T) {
	a := start(t, Config{})
	a.server.AddChannel("secret", true, "U0SRE1")
	resp, err := http.Get(a.base + "/sim/api/stream?user=U0DEV1")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := a.server.As("sre1").Type("secret", "hidden"); err != nil {
		t.Fatal(err)
	}
	a.ok(a.form("chat.postEphemeral", "channel", a.channel("ops"), "user", "U0SRE1", "text", "for sre1"))
	if _, err := a.server.As("sre1").Type("ops", "open"); err != nil {
		t.Fatal(err)
	}
	elsewhere := 0
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var c Change
		if err := json.Unmarshal([]byte(data), &c); err != nil {
			t.Fatal(err)
		}
		if c.Message != nil && c.Message.Text != "open" {
			t.Fatalf("dev1 was shown %q", c.Message.Text)
		}
		if c.Kind == "elsewhere" {
			elsewhere++
			if c != (Change{Seq: c.Seq, Kind: c.Kind}) {
				t.Errorf("of what dev1 does not see: %+v", c)
			}
		}
		if c.Message != nil {
			if elsewhere == 0 {
				t.Error("nothing tells that somebody else has more to read")
			}
			return
		}
	}
	t.Fatalf("the stream ended: %v", lines.Err())
}

func TestControlRefusesForeignPages(t *testing.T) {
	a := start(t, Config{})
	for name, change := range map[string]func(*http.Request){
		"origin":       func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"host":         func(r *http.Request) { r.Host = "evil.example" },
		"content type": func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequest("POST", a.base+"/sim/api/type", strings.NewReader(`{"user":"U0DEV1","channel":"ops","text":"x"}`))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			change(req)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode < 400 {
				t.Errorf("status %d", resp.StatusCode)
			}
		})
	}
	if n := len(a.server.Messages("ops")); n != 0 {
		t.Errorf("%d messages came from foreign pages", n)
	}
}

func TestFilesAndPrivacyByHand(t *testing.T) {
	a := start(t, Config{})
	reply := a.control("share", object{"user": "dev1", "channel": "ops", "name": "log.txt", "content": "504s since noon\n", "text": "what I see"})
	files := a.server.Files()
	if m, found := a.server.Message("ops", fmt.Sprint(reply["ts"])); !found || m.Text != "what I see" || len(files) != 1 || string(files[0].Content) != "504s since noon\n" {
		t.Errorf("shared: %v, %+v, %+v", reply, m, files)
	}
	if reply := a.control("share", object{"user": "dev1", "channel": "ops", "name": "log.txt"}); reply["ok"] != false {
		t.Errorf("an empty file: %v", reply)
	}
	a.control("make_private", object{"user": "dev1", "channel": "ops"})
	if ch, _ := a.server.Channel("ops"); ch.Kind != "private" {
		t.Errorf("the channel is %s", ch.Kind)
	}
}
