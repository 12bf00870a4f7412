package slacksim

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestChannelNames(t *testing.T) {
	a := start(t, Config{})
	a.ok(a.form("conversations.create", "name", "inc-1"))
	archived := get(a.ok(a.form("conversations.create", "name", "old")), "channel", "id").(string)
	a.ok(a.form("conversations.archive", "channel", archived))
	a.ok(a.form("usergroups.create", "name", "Database", "handle", "db"))
	for name, want := range map[string]string{
		"":                      "invalid_name_required",
		"inc-1":                 "name_taken",
		"old":                   "name_taken",
		"db":                    "name_taken",
		"everyone":              "name_taken",
		"Upper":                 "invalid_name_specials",
		"two words":             "invalid_name_specials",
		"dot.ted":               "invalid_name_specials",
		"--":                    "invalid_name_punctuation",
		strings.Repeat("x", 81): "invalid_name_maxlength",
	} {
		t.Run(name, func(t *testing.T) {
			a.t = t
			a.wantError(a.form("conversations.create", "name", name), want)
		})
	}
	a.t = t
	a.ok(a.form("conversations.create", "name", "störung-2"))
}

func TestOwnActionsComeBackAsEvents(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	id := get(a.ok(a.form("conversations.create", "name", "inc-1")), "channel", "id").(string)
	here := func(e object) bool { return e["channel"] == id }
	a.wantEvent("member_joined_channel", func(e object) bool { return here(e) && e["user"] == a.server.BotUserID() })
	a.wantEvent("message", func(e object) bool { return here(e) && e["subtype"] == "channel_join" })
	a.ok(a.form("conversations.setTopic", "channel", id, "topic", "SEV1"))
	a.wantEvent("message", func(e object) bool { return here(e) && e["subtype"] == "channel_topic" && e["topic"] == "SEV1" })
	a.ok(a.form("conversations.rename", "channel", id, "name", "inc-1-api"))
	a.wantEvent("channel_rename", func(e object) bool { return get(e, "channel", "name") == "inc-1-api" })
	a.ok(a.form("conversations.invite", "channel", id, "users", "U0DEV1,U0DEV2"))
	a.wantEvent("member_joined_channel", func(e object) bool { return e["user"] == "U0DEV2" && e["inviter"] == a.server.BotUserID() })
	ts := a.ok(a.form("chat.postMessage", "channel", id, "text", "card"))["ts"]
	a.wantEvent("message", func(e object) bool { return e["ts"] == ts && e["bot_id"] == botID && e["channel_type"] == "channel" })
	a.ok(a.form("pins.add", "channel", id, "timestamp", ts.(string)))
	a.wantEvent("pin_added", func(e object) bool { return get(e, "item", "message", "ts") == ts && e["pin_count"] == "1" })
	a.ok(a.form("conversations.archive", "channel", id))
	a.wantEvent("channel_archive", here)
	a.wantError(a.form("chat.postMessage", "channel", id, "text", "x"), "is_archived")
	a.wantError(a.form("conversations.unarchive", "channel", id), "not_in_channel")
	if err := a.server.As("dev1").Unarchive(id); err != nil {
		t.Fatal(err)
	}
	a.wantEvent("channel_unarchive", here)
	a.wantError(a.form("conversations.history", "channel", id), "not_in_channel")
	a.ok(a.form("conversations.join", "channel", id))
	a.ok(a.form("conversations.history", "channel", id))
}

func TestInvite(t *testing.T) {
	a := start(t, Config{})
	a.server.AddUser(User{ID: "U0GONE", Name: "gone", Deleted: true})
	ops := a.channel("ops")
	invite := func(users string, more ...string) object {
		return a.form("conversations.invite", append([]string{"channel", ops, "users", users}, more...)...)
	}
	a.wantError(invite(""), "no_user")
	a.wantError(invite("U0DEV1"), "already_in_channel")
	a.wantError(invite(a.server.BotUserID()), "cant_invite_self")
	a.wantError(invite("U0DEV2,U0NOBODY"), "user_not_found")
	if ch, _ := a.server.Channel("ops"); slices.Contains(ch.Members, "U0DEV2") {
		t.Error("one bad user let the other in")
	}
	reply := a.ok(invite("U0DEV2,U0NOBODY", "force", "true"))
	if get(reply, "errors", 0, "error") != "user_not_found" || get(reply, "errors", 0, "user") != "U0NOBODY" {
		t.Errorf("errors = %v", reply["errors"])
	}
	if ch, _ := a.server.Channel("ops"); !slices.Contains(ch.Members, "U0DEV2") {
		t.Error("force did not let the good one in")
	}
}

func TestDirectMessages(t *testing.T) {
	a := start(t, Config{})
	a.server.AddUser(User{ID: "U0GONE", Name: "gone", Deleted: true})
	opened := a.ok(a.form("conversations.open", "users", "U0DEV1"))
	id := get(opened, "channel", "id")
	if opened["already_open"] != nil {
		t.Error("a new conversation was open already")
	}
	posted := a.ok(a.form("chat.postMessage", "channel", "U0DEV1", "text", "page"))
	if posted["channel"] != id {
		t.Errorf("posting to a user went to %v, want %v", posted["channel"], id)
	}
	if dms := a.server.DMs("U0DEV1"); len(dms) != 1 || dms[0].Text != "page" {
		t.Errorf("DMs = %v", dms)
	}
	a.wantError(a.form("conversations.open", "users", "U0GONE"), "user_disabled")
	a.wantError(a.form("conversations.open", "users", slackbotID), "cannot_dm_bot")
	a.server.Deactivate("U0DEV1")
	a.wantError(a.form("chat.postMessage", "channel", "U0DEV1", "text", "page"), "channel_not_found")
}

func TestEventsNeedMembershipScopeAndSubscription(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	a.server.AddChannel("elsewhere", false, "U0DEV1")
	dev := a.server.As("dev1")
	unseen, err := dev.Type("elsewhere", "unseen")
	if err != nil {
		t.Fatal(err)
	}
	if err := dev.React("elsewhere", unseen, "eyes"); err != nil {
		t.Fatal(err)
	}
	ts, err := dev.Type("ops", "@simbot help")
	if err != nil {
		t.Fatal(err)
	}
	mention := a.wantEvent("app_mention", func(e object) bool { return e["ts"] == ts })
	message := a.wantEvent("message", func(e object) bool { return e["ts"] == ts })
	if mention.Payload["event_id"] == message.Payload["event_id"] {
		t.Error("two events share an id")
	}
	own := a.ok(a.form("chat.postMessage", "channel", "ops", "text", "<@"+a.server.BotUserID()+"> talks to itself"))["ts"]
	a.wantEvent("message", func(e object) bool { return e["ts"] == own })
	a.server.RemoveScopes("reactions:read")
	if err := dev.React("ops", ts, "eyes"); err != nil {
		t.Fatal(err)
	}
	if err := dev.Pin("ops", ts); err != nil {
		t.Fatal(err)
	}
	a.wantEvent("pin_added", nil)
	if n := a.events("reaction_added"); n != 0 {
		t.Errorf("%d reactions came without the scope", n)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range a.seen {
		if f.event()["text"] == "unseen" {
			t.Error("a message came from a channel the bot is not in")
		}
		if f.event()["type"] == "app_mention" && f.event()["ts"] == own {
			t.Error("the bot is told that it mentions itself")
		}
	}
}

// TestOnlyWhatIsSubscribedComes, whatever the scopes allow.
func TestOnlyWhatIsSubscribedComes(t *testing.T) {
	manifest := regexp.MustCompile(`(?s)bot_events: \[.*?\]`).ReplaceAllString(DefaultManifest, "bot_events: [message.channels]")
	a := start(t, Config{Manifest: []byte(manifest)})
	a.dial()
	dev := a.server.As("dev1")
	ts, err := dev.Type("ops", "@simbot look")
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{dev.React("ops", ts, "eyes"), dev.Pin("ops", ts), dev.Rename("ops", "ops-2"), dev.Archive("ops-2")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	a.wantEvent("message", func(e object) bool { return e["subtype"] == "channel_archive" })
	for _, e := range a.server.Envelopes("events_api") {
		if e.Inner != "message" {
			t.Errorf("%s came, and only messages are subscribed to", e.Inner)
		}
	}
}

func TestKickedBotLearnsOfIt(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	if err := a.server.As("dev1").Kick("ops", a.server.BotUserID()); err != nil {
		t.Fatal(err)
	}
	a.wantEvent("member_left_channel", func(e object) bool { return e["user"] == a.server.BotUserID() })
	a.wantEvent("channel_left", nil)
	a.wantError(a.form("conversations.history", "channel", a.channel("ops")), "not_in_channel")
	a.ok(a.form("conversations.join", "channel", a.channel("ops")))
	a.ok(a.form("conversations.history", "channel", a.channel("ops")))
}

// TestListsAreOfTheKindsAskedFor, and never of what the app cannot see.
func TestListsAreOfTheKindsAskedFor(t *testing.T) {
	a := start(t, Config{})
	a.server.AddChannel("secret", true, "U0DEV1")
	a.server.AddChannel("vault", true, "U0DEV1", a.server.BotUserID())
	a.server.AddChannel("old", false, "U0DEV1")
	if err := a.server.As("dev1").Archive("old"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ types, archived, want string }{
		{"", "", "general old ops"},
		{"public_channel", "true", "general ops"},
		{"private_channel", "", "vault"},
		{"public_channel,private_channel", "true", "general ops vault"},
	} {
		var names []string
		for _, ch := range a.ok(a.form("conversations.list", "types", c.types, "exclude_archived", c.archived))["channels"].([]any) {
			names = append(names, get(ch, "name").(string))
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("types %q, without archived %q: %s, want %s", c.types, c.archived, got, c.want)
		}
	}
	a.wantError(a.form("conversations.list", "types", "rooms"), "invalid_types")
}
