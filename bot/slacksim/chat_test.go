package slacksim

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestPostMessageByFormAndJSON(t *testing.T) {
	a := start(t, Config{})
	ops := a.channel("ops")
	first := a.ok(a.form("chat.postMessage", "channel", ops, "text", "one", "blocks", `[{"type":"section","text":{"type":"mrkdwn","text":"*hi*"}}]`))
	second := a.ok(a.call("chat.postMessage", object{"channel": "#ops", "text": "two", "blocks": []object{{"type": "divider"}}}))
	if first["ts"].(string) >= second["ts"].(string) {
		t.Errorf("ts %v is not before %v", first["ts"], second["ts"])
	}
	if got := get(first, "message", "bot_id"); got != botID {
		t.Errorf("bot_id = %v", got)
	}
	if get(first, "message", "subtype") != nil {
		t.Error("a bot's message has a subtype")
	}
	all := a.server.Messages("ops")
	if len(all) != 2 || all[1].Text != "two" {
		t.Fatalf("messages = %v", all)
	}
	if block := decodeBlocks(all[0].Blocks)[0]; block["block_id"] == nil || get(block, "text", "verbatim") != false {
		t.Errorf("block was not filled in: %v", block)
	}
}

func TestPostMessageRefusals(t *testing.T) {
	a := start(t, Config{})
	a.server.AddChannel("elsewhere", false)
	a.server.AddChannel("secret", true, "U0DEV1")
	ops := a.channel("ops")
	for _, c := range []struct {
		name, want string
		args       []string
	}{
		{"nothing to say", "no_text", []string{"channel", ops}},
		{"unknown channel", "channel_not_found", []string{"channel", "C0NOWHERE", "text", "x"}},
		{"foreign private channel", "channel_not_found", []string{"channel", a.channel("secret"), "text", "x"}},
		{"no time stamp", "thread_not_found", []string{"channel", ops, "text", "x", "thread_ts", "yesterday"}},
		{"broken blocks", "invalid_blocks_format", []string{"channel", ops, "blocks", "{"}},
		{"bad blocks", "invalid_blocks", []string{"channel", ops, "blocks", `[{"type":"section","text":{"type":"mrkdwn","text":""}}]`}},
		{"long blocks", "msg_blocks_too_long", []string{"channel", ops, "blocks", longBlocks(5)}},
		{"bad metadata", "invalid_metadata_schema", []string{"channel", ops, "text", "x", "metadata", `{"event_payload":{"a":1}}`}},
		{"both kinds of text", "markdown_text_conflict", []string{"channel", ops, "text", "x", "markdown_text", "y"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a.t = t
			a.wantError(a.form("chat.postMessage", c.args...), c.want)
		})
	}
	a.t = t
	if got := len(a.server.Messages("ops")); got != 0 {
		t.Errorf("%d messages after refusals only", got)
	}
	a.ok(a.form("chat.postMessage", "channel", a.channel("elsewhere"), "text", "public write"))
	a.server.RemoveScopes("chat:write.public")
	a.wantError(a.form("chat.postMessage", "channel", a.channel("elsewhere"), "text", "x"), "not_in_channel")
	root := a.ok(a.form("chat.postMessage", "channel", ops, "text", "root"))["ts"].(string)
	reply := a.ok(a.form("chat.postMessage", "channel", ops, "text", "reply", "thread_ts", root))["ts"].(string)
	a.wantError(a.form("chat.postMessage", "channel", ops, "text", "x", "thread_ts", reply), "cannot_reply_to_message")
	long := a.ok(a.form("chat.postMessage", "channel", ops, "text", strings.Repeat("é", maxText+1)))
	if text := get(long, "message", "text").(string); len([]rune(text)) != maxText || long["warning"] != "message_truncated" {
		t.Errorf("%d characters of a long text, warning %v", len([]rune(text)), long["warning"])
	}
	a.ok(a.form("chat.postMessage", "channel", ops, "text", "x", "username", "Somebody"))
	a.server.RemoveScopes("chat:write.customize")
	a.wantError(a.form("chat.postMessage", "channel", ops, "text", "x", "username", "Somebody"), "missing_scope")
}

// TestDirectMessagesThatCannotBe: who has left has no conversation, and an app may have
// none with anybody.
func TestDirectMessagesThatCannotBe(t *testing.T) {
	a := start(t, Config{})
	dm := get(a.ok(a.form("conversations.open", "users", "U0DEV1")), "channel", "id").(string)
	a.ok(a.form("chat.postMessage", "channel", dm, "text", "x"))
	a.server.Deactivate("U0DEV1")
	a.wantError(a.form("chat.postMessage", "channel", dm, "text", "x"), "is_archived")
	closed := start(t, Config{Manifest: []byte(strings.Replace(DefaultManifest, "messages_tab_enabled: true", "messages_tab_enabled: false", 1))})
	dm = get(closed.ok(closed.form("conversations.open", "users", "U0DEV1")), "channel", "id").(string)
	closed.wantError(closed.form("chat.postMessage", "channel", dm, "text", "x"), "messages_tab_disabled")
}

func longBlocks(n int) string {
	block := `{"type":"section","text":{"type":"mrkdwn","text":"` + strings.Repeat("x", 2900) + `"}}`
	return "[" + strings.Join(strings.Split(strings.Repeat(block+"|", n), "|")[:n], ",") + "]"
}

func TestBlockErrorsPointAtTheBlock(t *testing.T) {
	a := start(t, Config{})
	reply := a.form("chat.postMessage", "channel", "ops", "blocks", `[{"type":"divider"},{"type":"section","text":{"type":"mrkdwn","text":"`+strings.Repeat("x", 3001)+`"}}]`)
	a.wantError(reply, "invalid_blocks")
	got, _ := get(reply, "errors", 0).(string)
	if !strings.Contains(got, "[json-pointer:/blocks/1/text/text]") {
		t.Errorf("error = %q, want a pointer to /blocks/1/text/text", got)
	}
	if long, _ := get(reply, "response_metadata", "messages", 0).(string); long != "[ERROR] "+got {
		t.Errorf("message = %q", long)
	}
}

func TestUpdateDropsBlocksWithTextOnly(t *testing.T) {
	a := start(t, Config{})
	ops := a.channel("ops")
	ts := a.ok(a.form("chat.postMessage", "channel", ops, "text", "one", "blocks", `[{"type":"divider"}]`, "metadata", `{"event_type":"e","event_payload":{"id":"1"}}`))["ts"].(string)
	a.ok(a.form("chat.update", "channel", ops, "ts", ts, "text", "two"))
	m, _ := a.server.Message("ops", ts)
	if m.Text != "two" || m.Blocks != nil || m.Metadata == nil || m.Edited == nil {
		t.Errorf("message = %+v", m)
	}
	a.ok(a.form("chat.update", "channel", ops, "ts", ts, "blocks", `[{"type":"divider"}]`, "metadata", "{}"))
	m, _ = a.server.Message("ops", ts)
	if m.Text != "two" || m.Blocks == nil || m.Metadata != nil {
		t.Errorf("message = %+v", m)
	}
	a.wantError(a.form("chat.update", "channel", ops, "ts", ts, "text", strings.Repeat("x", 4001)), "msg_too_long")
	typed, err := a.server.As("dev1").Type("ops", "mine")
	if err != nil {
		t.Fatal(err)
	}
	a.wantError(a.form("chat.update", "channel", ops, "ts", typed, "text", "x"), "cant_update_message")
	a.wantError(a.form("chat.delete", "channel", ops, "ts", typed), "cant_delete_message")
	a.ok(a.form("chat.delete", "channel", ops, "ts", ts))
	a.wantError(a.form("chat.delete", "channel", ops, "ts", ts), "message_not_found")
}

func TestHistoryPagesAndMetadata(t *testing.T) {
	a := start(t, Config{})
	ops := a.channel("ops")
	var stamps []string
	for range 5 {
		reply := a.ok(a.form("chat.postMessage", "channel", ops, "text", "x", "metadata", `{"event_type":"e","event_payload":{"op":"1"}}`))
		stamps = append(stamps, reply["ts"].(string))
	}
	a.ok(a.form("chat.postMessage", "channel", ops, "text", "reply", "thread_ts", stamps[0]))
	page := a.ok(a.form("conversations.history", "channel", ops, "limit", "2"))
	if get(page, "messages", 0, "ts") != stamps[4] || page["has_more"] != true {
		t.Errorf("first page = %v", page)
	}
	if get(page, "messages", 0, "metadata", "event_payload") != nil {
		t.Error("the payload of metadata came unasked")
	}
	a.ok(a.form("chat.postMessage", "channel", ops, "text", "meanwhile"))
	cursor, _ := get(page, "response_metadata", "next_cursor").(string)
	page = a.ok(a.form("conversations.history", "channel", ops, "limit", "3", "cursor", cursor, "include_all_metadata", "1"))
	if get(page, "messages", 0, "ts") != stamps[2] || get(page, "messages", 2, "ts") != stamps[0] || page["has_more"] != false {
		t.Errorf("second page = %v", page)
	}
	if get(page, "messages", 0, "metadata", "event_payload", "op") != "1" {
		t.Error("the payload of metadata did not come")
	}
	bounded := a.ok(a.form("conversations.history", "channel", ops, "oldest", stamps[1], "latest", stamps[3]))
	if got := len(bounded["messages"].([]any)); got != 1 {
		t.Errorf("%d messages strictly between, want 1", got)
	}
	for bound, want := range map[string]int{"oldest=1": 6, "latest=999999999": 0, "oldest=9999999999": 0, "latest=9999999999.5": 6} {
		side, at, _ := strings.Cut(bound, "=")
		if got := len(a.ok(a.form("conversations.history", "channel", ops, side, at))["messages"].([]any)); got != want {
			t.Errorf("%s: %d messages, want %d", bound, got, want)
		}
	}
	thread := a.ok(a.form("conversations.replies", "channel", ops, "ts", stamps[0]))
	if got := len(thread["messages"].([]any)); got != 2 {
		t.Errorf("thread has %d messages, want 2", got)
	}
	if get(thread, "messages", 0, "reply_count") != 1.0 {
		t.Errorf("parent = %v", get(thread, "messages", 0))
	}
}

func TestTokensAndScopes(t *testing.T) {
	a := start(t, Config{})
	a.wantError(a.form("no.such"), "unknown_method")
	a.wantError(a.form("auth.test", "token", ""), "not_authed")
	a.wantError(a.form("auth.test", "token", "xoxb-other"), "invalid_auth")
	a.wantError(a.form("auth.test", "token", a.server.AppToken()), "not_allowed_token_type")
	a.wantError(a.form("apps.connections.open", "token", a.server.AppToken()), "not_authed")
	a.server.RemoveScopes("pins:write")
	reply := a.form("pins.add", "channel", a.channel("ops"), "timestamp", "1.000000")
	a.wantError(reply, "missing_scope")
	if reply["needed"] != "pins:write" || !strings.Contains(reply["provided"].(string), "pins:read") {
		t.Errorf("reply = %v", reply)
	}
	if granted, _ := reply["scopes"].(string); strings.Contains(granted, "pins:write") || !strings.Contains(granted, "chat:write") || reply["accepted"] != "pins:write" {
		t.Errorf("X-OAuth-Scopes = %q, X-Accepted-OAuth-Scopes = %q", granted, reply["accepted"])
	}
	a.server.RevokeTokens()
	a.wantError(a.form("auth.test"), "token_revoked")
	a.wantError(a.call("apps.connections.open", nil), "token_revoked")
	a.server.RestoreTokens()
	a.ok(a.form("auth.test"))
}

func TestTokensInQueryAndHeader(t *testing.T) {
	a := start(t, Config{})
	ops := a.channel("ops")
	ts := a.ok(a.form("chat.postMessage", "channel", ops, "text", "x"))["ts"].(string)
	query := "?channel=" + ops + "&message_ts=" + ts
	for _, link := range []string{query + "&token=" + a.server.BotToken(), query} {
		req, err := http.NewRequest("GET", a.base+"/api/chat.getPermalink"+link, nil)
		if err != nil {
			t.Fatal(err)
		}
		if link == query {
			req.Header.Set("Authorization", "Bearer "+a.server.BotToken())
		}
		reply := a.ok(a.send(req))
		want := a.base + "/archives/" + ops + "/p" + strings.ReplaceAll(ts, ".", "")
		if reply["permalink"] != want {
			t.Errorf("permalink = %v, want %s", reply["permalink"], want)
		}
	}
}

func TestCallLogKeepsWhatWasSent(t *testing.T) {
	a := start(t, Config{KeepCalls: 10})
	a.ok(a.form("chat.postMessage", "channel", "ops", "text", "x"))
	a.wantError(a.form("conversations.history", "channel", a.channel("ops"), "cursor", "made up"), "invalid_cursor")
	calls := a.server.Calls("")
	if len(calls) != 2 || calls[0].Args["text"] != "x" || calls[0].Error != "" || calls[0].Args["token"] != "" {
		t.Errorf("calls = %+v", calls)
	}
	if calls[1].Args["cursor"] != "made up" || calls[1].Error != "invalid_cursor" {
		t.Errorf("second call = %+v", calls[1])
	}
	for range 50 {
		a.ok(a.form("api.test"))
	}
	if n := len(a.server.Calls("")); n < 10 || n > 20 {
		t.Errorf("the log holds %d calls, want 10 to 20", n)
	}
}

// TestRecentThingsAreKept: at least so many, at most twice as many, and the latest.
func TestRecentThingsAreKept(t *testing.T) {
	for _, keep := range []int{1, 3} {
		r := recent[int]{keep: keep}
		for n := 1; n <= 20; n++ {
			r.add(n)
			if len(r.all) < min(n, keep) || len(r.all) >= 2*keep && n >= 2*keep || len(r.all) > 2*keep {
				t.Fatalf("keep %d: after %d there are %d", keep, n, len(r.all))
			}
			for i, got := range r.all {
				if want := n - len(r.all) + 1 + i; got != want {
					t.Fatalf("keep %d: after %d there is %v", keep, n, r.all)
				}
			}
		}
	}
}

func TestChangesAreToldInOrder(t *testing.T) {
	a := start(t, Config{})
	last := a.server.Seq()
	ts, err := a.server.As("dev1").Type("ops", "one")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.server.As("dev1").Edit("ops", ts, "two"); err != nil {
		t.Fatal(err)
	}
	var texts []string
	changes, _, _ := a.server.ChangesAfter(last)
	for _, c := range changes {
		if c.Seq <= last {
			t.Errorf("change %d after %d", c.Seq, last)
		}
		last = c.Seq
		if c.Kind == "message" && c.TS == ts {
			texts = append(texts, c.Message.Text)
		}
	}
	if !slices.Equal(texts, []string{"one", "two"}) {
		t.Errorf("texts = %q", texts)
	}
	changes, _, lost := a.server.ChangesAfter(0)
	if lost || uint64(len(changes)) != a.server.Seq() {
		t.Errorf("%d changes of %d, lost %t", len(changes), a.server.Seq(), lost)
	}
	for range keptChanges {
		a.server.SetPaidPlan(true)
		if err := a.server.As("dev1").Read("ops", ts); err != nil {
			t.Fatal(err)
		}
	}
	if changes, _, lost := a.server.ChangesAfter(0); !lost || len(changes) != keptChanges {
		t.Errorf("after many changes: %d, lost %t", len(changes), lost)
	}
}

func TestEphemeralsReachMembersOnly(t *testing.T) {
	a := start(t, Config{})
	ops := a.channel("ops")
	whisper := func(user string) object {
		return a.form("chat.postEphemeral", "channel", ops, "user", user, "text", "psst")
	}
	a.ok(whisper("U0DEV1"))
	a.wantError(whisper("U0DEV2"), "user_not_in_channel")
	a.wantError(whisper("U0NOBODY"), "user_not_in_channel")
	a.server.AddChannel("elsewhere", false, "U0DEV1")
	a.ok(a.form("chat.postMessage", "channel", "elsewhere", "text", "hello")) // which chat:write.public allows, but only this
	a.wantError(a.form("chat.postEphemeral", "channel", "elsewhere", "user", "U0DEV1", "text", "psst"), "not_in_channel")
	seen := a.server.Ephemerals("U0DEV1")
	if len(seen) != 1 || !seen[0].IsEphemeral || len(a.server.Messages("ops")) != 0 {
		t.Fatalf("ephemerals = %+v", seen)
	}
	a.wantError(a.form("chat.update", "channel", ops, "ts", seen[0].TS, "text", "x"), "message_not_found")
	a.ok(whisper("U0DEV1"))
	for _, where := range []string{"general", "elsewhere"} {
		if err := a.server.As("dev1").Delete(where, seen[0].TS); err == nil {
			t.Errorf("what only dev1 sees in ops was dismissed in %s", where)
		}
	}
	if err := a.server.As("sre1").Delete("ops", seen[0].TS); err == nil {
		t.Error("what only dev1 sees was dismissed by somebody else")
	}
	if err := a.server.As("dev1").Delete("ops", a.server.Ephemerals("U0DEV1")[1].TS); err != nil {
		t.Fatal(err)
	}
	if left := a.server.Ephemerals("U0DEV1"); len(left) != 1 || left[0].TS != seen[0].TS {
		t.Errorf("after dismissing the second: %+v", left)
	}
}

func TestPeopleChangeTheirOwnMessagesOnly(t *testing.T) {
	a := start(t, Config{})
	a.server.AddUser(User{ID: "U0ADMIN", Name: "admin1", IsAdmin: true})
	a.server.AddChannel("ops", false, "U0ADMIN")
	dev, sre, admin := a.server.As("dev1"), a.server.As("sre1"), a.server.As("admin1")
	ts, err := dev.Type("ops", "mine")
	if err != nil {
		t.Fatal(err)
	}
	if sre.Edit("ops", ts, "not mine") == nil || admin.Edit("ops", ts, "not mine") == nil || sre.Delete("ops", ts) == nil {
		t.Error("somebody changed another's message")
	}
	if m, _ := a.server.Message("ops", ts); m.Text != "mine" || m.Edited != nil {
		t.Errorf("message = %+v", m)
	}
	if err := dev.Edit("ops", ts, "mine & better"); err != nil {
		t.Fatal(err)
	}
	if m, _ := a.server.Message("ops", ts); m.Text != "mine &amp; better" || m.Edited.User != "U0DEV1" {
		t.Errorf("message = %+v", m)
	}
	if err := admin.Delete("ops", ts); err != nil {
		t.Fatal(err)
	}
	a.server.Deactivate("U0DEV1")
	if _, err := dev.Type("ops", "x"); err == nil {
		t.Error("a deactivated person spoke")
	}
}
