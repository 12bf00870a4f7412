package slacksim

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestEveryMethodNeedsItsScope calls each method without any scope. The table is Slack's
// documentation, not the simulator's own.
func TestEveryMethodNeedsItsScope(t *testing.T) {
	a := start(t, Config{})
	a.server.RemoveScopes(strings.Split(a.ok(a.form("auth.test"))["scopes"].(string), ",")...)
	free := []string{"api.test", "auth.test", "chat.getPermalink", "chat.scheduledMessages.list", "views.open", "views.push", "views.update", "views.publish"}
	elsewhere := []string{"apps.connections.open", "files.upload", "search.messages"} // another token, or none
	needed := map[string]string{
		"users.lookupByEmail": "users:read.email", "users.profile.get": "users.profile:read", "bots.info": "users:read", "conversations.join": "channels:join", "users.conversations": "channels:read",
		"conversations.history": "channels:history", "conversations.replies": "channels:history", "conversations.info": "channels:read", "conversations.list": "channels:read", "conversations.members": "channels:read",
		"usergroups.list": "usergroups:read", "usergroups.users.list": "usergroups:read", "pins.list": "pins:read", "reactions.get": "reactions:read", "bookmarks.list": "bookmarks:read", "files.info": "files:read", "files.list": "files:read",
	}
	families := map[string]string{
		"chat": "chat:write", "conversations": "channels:manage", "usergroups": "usergroups:write", "pins": "pins:write", "reactions": "reactions:write",
		"bookmarks": "bookmarks:write", "files": "files:write", "users": "users:read", "dnd": "dnd:read", "team": "team:read", "emoji": "emoji:read",
	}
	for name := range a.server.web.methods {
		if slices.Contains(elsewhere, name) {
			continue
		}
		reply := a.form(name, "channel", a.channel("ops"))
		family, _, _ := strings.Cut(name, ".")
		want, own := needed[name]
		if !own {
			want = families[family]
		}
		switch got, _ := reply["needed"].(string); {
		case slices.Contains(free, name):
			if reply["error"] == "missing_scope" {
				t.Errorf("%s needs %s, want none", name, got)
			}
		case reply["error"] != "missing_scope" || !slices.Contains(strings.Split(got, ","), want) || reply["provided"] != "":
			t.Errorf("%s answers %v, want that it needs %s", name, reply, want)
		}
	}
}

// TestRefusedAsSlackRefuses goes through what Slack's documentation says of each method.
func TestRefusedAsSlackRefuses(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now})
	a.server.AddUser(User{ID: "U0GUEST", Name: "guest", Guest: true})
	a.server.AddChannel("foreign", false, "U0DEV1")
	a.server.AddChannel("secret", true, "U0DEV1")
	a.server.AddChannel("over", false, "U0DEV1", a.server.BotUserID())
	ops, foreign, secret, over := a.channel("ops"), a.channel("foreign"), a.channel("secret"), a.channel("over")
	card := a.ok(a.form("chat.postMessage", "channel", over, "text", "card"))["ts"].(string)
	ts := a.ok(a.form("chat.postMessage", "channel", ops, "text", "card"))["ts"].(string)
	typed, err := a.server.As("dev1").Type("ops", "mine")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := a.server.As("dev1").Type("foreign", "theirs")
	if err != nil {
		t.Fatal(err)
	}
	hidden, err := a.server.As("dev1").Type("secret", "theirs alone")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.server.As("dev1").Archive("over"); err != nil {
		t.Fatal(err)
	}
	bot := a.server.BotUserID()
	long := strings.Repeat("x", 251)
	for _, c := range []struct {
		method, want string
		args         []string
	}{
		{"chat.postMessage", "is_archived", []string{"channel", over, "text", "x"}},
		{"chat.postMessage", "channel_not_found", []string{"text", "x"}},
		{"chat.postMessage", "metadata_too_large", []string{"channel", ops, "text", "x", "metadata", `{"event_type":"e","event_payload":{"a":"` + strings.Repeat("x", 17<<10) + `"}}`}},
		{"chat.update", "channel_not_found", []string{"channel", "#ops", "ts", ts, "text", "x"}},
		{"chat.update", "message_not_found", []string{"channel", ops, "ts", "1.000001", "text", "x"}},
		{"chat.update", "no_text", []string{"channel", ops, "ts", ts}},
		{"chat.update", "is_inactive", []string{"channel", over, "ts", card, "text", "x"}},
		{"chat.delete", "cant_delete_message", []string{"channel", ops, "ts", typed}},
		{"chat.delete", "channel_not_found", []string{"channel", "C0NOWHERE", "ts", ts}},
		{"chat.postEphemeral", "user_not_in_channel", []string{"channel", ops, "user", "U0DEV2", "text", "x"}},
		{"chat.postEphemeral", "is_archived", []string{"channel", over, "user", "U0DEV1", "text", "x"}},
		{"chat.postEphemeral", "no_text", []string{"channel", ops, "user", "U0DEV1"}},
		{"chat.getPermalink", "message_not_found", []string{"channel", ops, "message_ts", "1.000001"}},
		{"chat.getPermalink", "channel_not_found", []string{"channel", "C0NOWHERE", "message_ts", ts}},

		{"reactions.add", "channel_not_found", []string{"channel", secret, "timestamp", hidden, "name", "eyes"}},

		{"conversations.invite", "not_in_channel", []string{"channel", foreign, "users", "U0DEV2"}},
		{"conversations.invite", "is_archived", []string{"channel", over, "users", "U0DEV2"}},
		{"conversations.kick", "cant_kick_self", []string{"channel", ops, "user", bot}},
		{"conversations.kick", "not_in_channel", []string{"channel", foreign, "user", "U0DEV1"}},
		{"conversations.kick", "user_not_found", []string{"channel", ops, "user", "U0NOBODY"}},
		{"conversations.join", "channel_not_found", []string{"channel", "C0NOWHERE"}},
		{"conversations.join", "is_archived", []string{"channel", over}},
		{"conversations.archive", "already_archived", []string{"channel", over}},
		{"conversations.archive", "not_in_channel", []string{"channel", foreign}},
		{"conversations.unarchive", "not_archived", []string{"channel", ops}},
		{"conversations.rename", "name_taken", []string{"channel", ops, "name", "foreign"}},
		{"conversations.rename", "invalid_name_specials", []string{"channel", ops, "name", "Two words"}},
		{"conversations.rename", "not_in_channel", []string{"channel", foreign, "name", "other"}},
		{"conversations.rename", "is_archived", []string{"channel", over, "name", "other"}},
		{"conversations.setTopic", "too_long", []string{"channel", ops, "topic", long}},
		{"conversations.setTopic", "not_in_channel", []string{"channel", foreign, "topic", "x"}},
		{"conversations.setTopic", "is_archived", []string{"channel", over, "topic", "x"}},
		{"conversations.setPurpose", "too_long", []string{"channel", ops, "purpose", long}},
		{"conversations.setPurpose", "not_in_channel", []string{"channel", foreign, "purpose", "x"}},
		{"conversations.info", "channel_not_found", []string{"channel", secret}},
		{"conversations.members", "channel_not_found", []string{"channel", secret}},
		{"conversations.list", "invalid_types", []string{"types", "nonsense"}},
		{"conversations.list", "invalid_limit", []string{"limit", "-1"}},
		{"conversations.list", "invalid_cursor", []string{"cursor", "made up"}},
		{"conversations.history", "not_in_channel", []string{"channel", foreign}},
		{"conversations.history", "channel_not_found", []string{"channel", secret}},
		{"conversations.history", "invalid_ts_oldest", []string{"channel", ops, "oldest", "soon"}},
		{"conversations.history", "invalid_ts_latest", []string{"channel", ops, "latest", "soon"}},
		{"conversations.replies", "thread_not_found", []string{"channel", ops, "ts", "1.000001"}},
		{"conversations.replies", "not_in_channel", []string{"channel", foreign, "ts", elsewhere}},
		{"conversations.open", "users_list_not_supplied", nil},
		{"conversations.open", "user_not_found", []string{"users", "U0NOBODY"}},
		{"conversations.open", "too_many_users", []string{"users", "U1,U2,U3,U4,U5,U6,U7,U8,U9"}},

		{"pins.add", "not_in_channel", []string{"channel", foreign, "timestamp", elsewhere}},
		{"pins.add", "channel_not_found", []string{"channel", "C0NOWHERE", "timestamp", ts}},
		{"pins.remove", "no_pin", []string{"channel", ops, "timestamp", ts}},
		{"pins.list", "channel_not_found", []string{"channel", secret}},
		{"reactions.add", "message_not_found", []string{"channel", ops, "timestamp", "1.000001", "name", "eyes"}},
		{"reactions.add", "is_archived", []string{"channel", over, "timestamp", card, "name", "eyes"}},
		{"reactions.add", "invalid_name", []string{"channel", ops, "timestamp", ts, "name", "no such emoji"}},
		{"reactions.get", "message_not_found", []string{"channel", ops, "timestamp", "1.000001"}},
		{"bookmarks.add", "invalid_bookmark_type", []string{"channel_id", ops, "title", "T", "type", "file", "link", "https://example.com"}},
		{"bookmarks.add", "invalid_link", []string{"channel_id", ops, "title", "T", "type", "link"}},
		{"bookmarks.edit", "not_found", []string{"channel_id", ops, "bookmark_id", "Bk0", "title", "T"}},

		{"users.info", "user_not_found", []string{"user", "U0NOBODY"}},
		{"dnd.info", "user_not_found", []string{"user", "U0NOBODY"}},
		{"bots.info", "bot_not_found", []string{"bot", "B0NONE"}},
		{"usergroups.create", "bad_handle", []string{"name", "Database", "handle", "Two Words"}},
		{"usergroups.create", "bad_handle", []string{"name", "Database", "handle", "longer-than-slack-take"}},
		{"usergroups.update", "no_such_subteam", []string{"usergroup", "S0", "name", "x"}},
		{"usergroups.users.list", "no_such_subteam", []string{"usergroup", "S0"}},

		{"files.getUploadURLExternal", "snippet_too_large", []string{"filename", "a", "length", "1048577", "snippet_type", "text"}},
		{"files.completeUploadExternal", "file_not_found", []string{"files", `[{"id":"F0"}]`, "channel_id", ops}},
		{"files.info", "file_not_found", []string{"file", "F0"}},
		{"files.delete", "file_not_found", []string{"file", "F0"}},
		{"files.upload", "method_deprecated", nil},
		{"search.messages", "not_allowed_token_type", []string{"query", "x"}},
		{"views.open", "invalid_trigger_id", []string{"trigger_id", "made up", "view", `{"type":"modal","title":{"type":"plain_text","text":"T"},"blocks":[]}`}},
		{"views.update", "not_found", []string{"view_id", "V0", "view", `{"type":"modal","title":{"type":"plain_text","text":"T"},"blocks":[]}`}},
		{"views.publish", "invalid_arguments", []string{"user_id", "U0DEV1", "view", `{"type":"modal","title":{"type":"plain_text","text":"T"},"blocks":[]}`}},
	} {
		t.Run(c.method+"/"+c.want, func(t *testing.T) {
			a.t = t
			a.wantError(a.form(c.method, c.args...), c.want)
		})
	}
}
