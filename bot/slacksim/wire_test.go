package slacksim

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// raw sends a body as it is, with the bot's token in the header unless bearer is "".
func (a *app) raw(method, contentType, body, bearer string) object {
	a.t.Helper()
	req, err := http.NewRequest("POST", a.base+"/api/"+method, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	return a.send(req)
}

// TestReadingMethodsTakeNoJSON: a client that sends JSON to all methods works with most
// of Slack, and the rest answers as if no argument had been sent.
func TestReadingMethodsTakeNoJSON(t *testing.T) {
	a := start(t, Config{})
	ops := a.channel("ops")
	ts := a.ok(a.form("chat.postMessage", "channel", ops, "text", "x"))["ts"]
	for method, want := range map[string]string{
		"conversations.info": "invalid_arguments", "conversations.history": "invalid_arguments", "conversations.replies": "invalid_arguments",
		"conversations.members": "invalid_arguments", "chat.getPermalink": "invalid_arguments", "users.info": "user_not_found",
		"users.lookupByEmail": "users_not_found", "pins.list": "channel_not_found", "reactions.get": "channel_not_found",
		"files.info": "invalid_arguments", "files.getUploadURLExternal": "invalid_arguments", "usergroups.users.list": "invalid_arguments",
	} {
		a.wantError(a.call(method, object{
			"channel": ops, "ts": ts, "timestamp": ts, "message_ts": ts, "user": "U0DEV1", "email": "dev1@example.com", "file": "F1",
			"filename": "a", "length": 1, "usergroup": "S1",
		}), want)
	}
	if got := len(a.ok(a.call("users.list", object{"limit": 1}))["members"].([]any)); got < 2 {
		t.Errorf("a limit in JSON was heard: %d members", got)
	}
	a.ok(a.call("auth.test", object{}))
	a.ok(a.call("chat.update", object{"channel": ops, "ts": ts, "text": "y"}))
}

func TestMissingAndEmptyArguments(t *testing.T) {
	a := start(t, Config{})
	ops := a.channel("ops")
	for _, c := range []struct {
		method, want string
		args         []string
	}{
		{"conversations.history", "invalid_arguments", nil},
		{"conversations.history", "channel_not_found", []string{"channel", ""}},
		{"conversations.info", "invalid_arguments", nil},
		{"conversations.members", "invalid_arguments", nil},
		{"conversations.replies", "invalid_arguments", []string{"channel", ops}},
		{"conversations.replies", "thread_not_found", []string{"channel", ops, "ts", ""}},
		{"chat.getPermalink", "invalid_arguments", []string{"channel", ops}},
	} {
		a.wantError(a.form(c.method, c.args...), c.want)
	}
	messages := get(a.form("chat.getPermalink"), "response_metadata", "messages").([]any)
	if len(messages) != 2 || messages[0] != "[ERROR] missing required field: channel" || messages[1] != "[ERROR] missing required field: message_ts" {
		t.Errorf("messages = %v", messages)
	}
}

func TestBodiesAndTheirTypes(t *testing.T) {
	a := start(t, Config{})
	token := a.server.BotToken()
	hello := `{"channel":"` + a.channel("ops") + `","text":"hello","token":"` + token + `"}`
	const jsonType, formType = "application/json; charset=utf-8", "application/x-www-form-urlencoded"
	a.ok(a.raw("chat.postMessage", jsonType, hello, token))
	a.wantError(a.raw("chat.postMessage", jsonType, hello, ""), "not_authed") // a token in JSON is not looked at
	a.wantError(a.raw("chat.postMessage", jsonType, hello[1:], token), "invalid_json")
	a.wantError(a.raw("chat.postMessage", jsonType, "["+hello+"]", token), "json_not_object")
	a.wantError(a.raw("chat.postMessage", "text/plain", hello, token), "invalid_post_type")
	a.wantError(a.raw("chat.postMessage", "", hello, token), "missing_post_type")
	for contentType, want := range map[string]any{"application/json": "missing_charset", jsonType: nil} {
		if reply := a.ok(a.raw("chat.postMessage", contentType, hello, token)); reply["warning"] != want {
			t.Errorf("%s: warning %v, want %v", contentType, reply["warning"], want)
		}
	}
	for contentType, want := range map[string]any{formType: nil, formType + "; charset=utf-8": "superfluous_charset"} {
		if reply := a.ok(a.raw("auth.test", contentType, "token="+token, "")); reply["warning"] != want {
			t.Errorf("%s: warning %v, want %v", contentType, reply["warning"], want)
		}
	}
	// Unicode, also as an escape, comes back as it is.
	body := `{"channel":"` + a.channel("ops") + `","text":"\ud83d\udd25 ä 日本 \u202e` + "\u202e" + `"}`
	if got := get(a.ok(a.raw("chat.postMessage", jsonType, body, token)), "message", "text"); got != "🔥 ä 日本 \u202e\u202e" {
		t.Errorf("text = %q", got)
	}
}

// TestScopesOfTheTokenThatAsks: the header names the scopes of the token in use, and
// none to strangers.
func TestScopesOfTheTokenThatAsks(t *testing.T) {
	a := start(t, Config{})
	if got := a.call("apps.connections.open", nil)["scopes"]; got != "connections:write" {
		t.Errorf("the app-level token has scopes %q", got)
	}
	if got := a.form("auth.test", "token", "xoxb-other")["scopes"]; got != "" {
		t.Errorf("a stranger is told the scopes %q", got)
	}
	a.server.RevokeTokens("bot")
	if got := a.form("auth.test")["scopes"]; got != "" {
		t.Errorf("a revoked token is told the scopes %q", got)
	}
}

// TestCursorsMustBeEscaped: Slack's cursors end with =, so one that was not escaped, or
// escaped twice, does not come back whole.
func TestCursorsMustBeEscaped(t *testing.T) {
	a := start(t, Config{})
	ops := a.channel("ops")
	for range 3 {
		a.ok(a.form("chat.postMessage", "channel", ops, "text", "x"))
	}
	for method, list := range map[string]string{"users.list": "members", "conversations.list": "channels", "conversations.members": "members", "conversations.history": "messages"} {
		seen, cursor := 0, ""
		for page := 0; page == 0 || cursor != ""; page++ {
			reply := a.ok(a.form(method, "limit", "1", "channel", ops, "cursor", cursor))
			seen += len(reply[list].([]any))
			cursor, _ = get(reply, "response_metadata", "next_cursor").(string)
			if cursor != "" && !strings.HasSuffix(cursor, "=") {
				t.Errorf("%s: cursor %q", method, cursor)
			}
			if page == 0 {
				a.wantError(a.form(method, "channel", ops, "cursor", strings.TrimRight(cursor, "=")), "invalid_cursor")
				a.wantError(a.form(method, "channel", ops, "cursor", url.QueryEscape(cursor)), "invalid_cursor")
			}
		}
		if seen < 2 {
			t.Errorf("%s: %d items in pages of one", method, seen)
		}
	}
}

// TestAReplyToWhatIsGone: Slack does not refuse it but posts into the channel, and only
// the answer tells: it has no thread_ts.
func TestAReplyToWhatIsGone(t *testing.T) {
	a := start(t, Config{})
	ops := a.channel("ops")
	root := a.ok(a.form("chat.postMessage", "channel", ops, "text", "root"))["ts"].(string)
	a.ok(a.form("chat.delete", "channel", ops, "ts", root))
	reply := a.ok(a.form("chat.postMessage", "channel", ops, "text", "late", "thread_ts", root))
	if got := get(reply, "message", "thread_ts"); got != nil {
		t.Errorf("thread_ts = %v", got)
	}
	history := a.ok(a.form("conversations.history", "channel", ops))
	if got := get(history, "messages", 0, "text"); got != "late" {
		t.Errorf("the channel shows %v", history["messages"])
	}
	if _, err := a.server.As("dev1").Type("ops", "me too", root); err == nil {
		t.Error("a person replied to what is gone")
	}
}
