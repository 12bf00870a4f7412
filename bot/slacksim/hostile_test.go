package slacksim

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestHostileArguments throws every kind of nonsense at every method: each gets
// an answer of Slack's shape, and the server stays alive.
func TestHostileArguments(t *testing.T) {
	a := start(t, Config{Seed: 1})
	a.dial()
	ops := a.channel("ops")
	ts := a.ok(a.form("chat.postMessage", "channel", ops, "text", "x"))["ts"].(string)
	values := []string{
		"", "0", "-1", "null", "[]", "{}", "[null]", "[[]]", `[{}]`, `[{"type":1}]`, `{"type":"modal"}`, `"`, "[", "999999999999999999999", "1e309", "\x00",
		"<!channel>", "🔥", strings.Repeat("x", 5_000), strings.Repeat("[", 12_000), ops, ts, "U0DEV1", "C0NONE", "true", "1.5", "%s%d", "../../etc",
		`[{"type":"section","text":{"type":"mrkdwn","text":5},"accessory":[]}]`, `[{"type":"input","element":null}]`, `[{"id":"F1"},{"id":null}]`,
		`{"event_type":"x","event_payload":[]}`, `[{"blocks":[{"type":"actions","elements":{"a":1}}]}]`,
		`{"type":"home","blocks":[{"type":"actions","elements":[{"type":"button","options":"x","action_id":3}]}]}`,
	}
	names := []string{
		"channel", "text", "ts", "thread_ts", "blocks", "attachments", "metadata", "view", "trigger_id", "users", "user", "name", "limit", "cursor",
		"oldest", "latest", "timestamp", "files", "file", "usergroup", "handle", "channels", "types", "topic", "purpose", "post_at", "length",
		"filename", "channel_id", "bookmark_id", "title", "type", "link", "user_id", "view_id", "external_id", "hash", "scheduled_message_id",
		"initial_comment", "email", "markdown_text", "username", "icon_emoji", "message_ts", "description", "force", "is_private", "reply_broadcast",
	}
	random := rand.New(rand.NewPCG(1, 2))
	methods := slices.Sorted(maps.Keys(a.server.web.methods))
	for _, method := range methods {
		for range 6 {
			var pairs []string
			for _, name := range names {
				if random.IntN(3) > 0 {
					pairs = append(pairs, name, values[random.IntN(len(values))])
				}
			}
			reply := a.form(method, pairs...)
			if reply["status"] != 200 || reply["error"] == "internal_error" || reply["ok"] == nil {
				t.Fatalf("%s %q answered %v", method, pairs, reply)
			}
		}
	}
	a.ok(a.form("auth.test"))
}

func TestHostileBodies(t *testing.T) {
	a := start(t, Config{})
	for kind, body := range map[string]string{
		"application/json; charset=utf-8":                `{"channel":`,
		"application/json":                               `[1,2]`,
		"application/x-www-form-urlencoded":              "%zz=%",
		"multipart/form-data; boundary=x":                "--x\r\nbroken",
		"text/plain":                                     "channel=ops",
		"application/octet-stream":                       strings.Repeat("\x00", 1000),
		"application/x-www-form-urlencoded; charset=big": strings.Repeat("a", maxBody+1),
	} {
		req, err := http.NewRequest("POST", a.base+"/api/chat.postMessage", bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Authorization", "Bearer "+a.server.BotToken())
		if reply := a.send(req); reply["ok"] != false {
			t.Errorf("%s: %v", kind, reply)
		}
	}
	for _, path := range []string{"/api/", "/api/a/b", "/upload/none", "/files/F1/x", "/hooks/actions/T/1/2", "/link/", "/sim/api/none", "/archives/C/p1"} {
		resp, err := http.Post(a.base+path, "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		resp.Body.Close()
	}
	if n := len(a.server.Messages("ops")); n != 0 {
		t.Errorf("%d messages came of nonsense", n)
	}
}

func TestHostileFrames(t *testing.T) {
	a := start(t, Config{Ack: 100 * time.Millisecond})
	conn := a.dial()
	for _, text := range []string{"", "null", "[]", "{", `{"envelope_id":5}`, `{"envelope_id":"none","payload":{}}`, `{"envelope_id":""}`} {
		if err := conn.WriteMessage(1, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	a.onFrame(func(f frameIn) (any, bool) {
		return []any{"a list", 5, nil, map[string]any{"text": 7, "blocks": "x"}, map[string]any{"blocks": []any{map[string]any{"type": "nope"}}}}[len(f.Payload["text"].(string))], true
	})
	for n := range 5 {
		if _, err := a.server.As("dev1").Slash(within(t), "ops", "/inc", strings.Repeat("x", n)); err != nil {
			t.Error(err)
		}
	}
}

func TestManySpeakAtOnce(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	a.dial()
	done := make(chan error)
	const writers, each = 8, 25
	for n := range writers {
		go func() {
			for i := range each {
				if n%2 == 0 {
					if _, err := a.server.As("dev1").Type("ops", fmt.Sprint(n, i)); err != nil {
						done <- err
						return
					}
				} else if reply := a.form("chat.postMessage", "channel", "ops", "text", fmt.Sprint(n, i)); reply["ok"] != true {
					done <- fmt.Errorf("%v", reply)
					return
				}
			}
			done <- nil
		}()
	}
	for range writers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	all := a.server.Messages("ops")
	if len(all) != writers*each {
		t.Errorf("%d messages, want %d", len(all), writers*each)
	}
	if !slices.IsSortedFunc(all, func(x, y Message) int { return strings.Compare(x.TS, y.TS) }) {
		t.Error("messages are out of order")
	}
	if err := a.server.Wait(within(t), func() bool { return len(a.server.Outstanding()) == 0 }); err != nil {
		t.Error(err)
	}
}
