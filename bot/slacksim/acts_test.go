package slacksim

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// menus is a message with an element of each way of choosing.
func menus() []object {
	options := []object{{"text": plain("One"), "value": "1"}, {"text": plain("Two"), "value": "2"}}
	return []object{{"type": "actions", "block_id": "b", "elements": []object{
		{"type": "static_select", "action_id": "sev", "options": options},
		{"type": "overflow", "action_id": "more", "options": options},
		{"type": "users_select", "action_id": "who"},
		{"type": "datepicker", "action_id": "day"},
		{"type": "external_select", "action_id": "service", "min_query_length": 1},
	}}}
}

func TestChoosingInAMessage(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	dev := a.server.As("dev1")
	ts := a.ok(a.call("chat.postMessage", object{"channel": "ops", "text": "card", "blocks": menus()}))["ts"].(string)
	for _, c := range []struct {
		action string
		value  any
		path   []any
		want   any
	}{
		{"sev", "2", []any{"selected_option", "value"}, "2"},
		{"more", "1", []any{"selected_option", "text", "text"}, "One"},
		{"who", "U0SRE1", []any{"selected_user"}, "U0SRE1"},
		{"day", "2026-03-01", []any{"selected_date"}, "2026-03-01"},
	} {
		if r, err := dev.Choose(within(t), "ops", ts, c.action, c.value); err != nil || r.Error != "" || r.TriggerID == "" {
			t.Errorf("%s: %+v, %v", c.action, r, err)
		}
		f := a.want(func(f frameIn) bool { return get(f.Payload, "actions", 0, "action_id") == c.action })
		if got := get(get(f.Payload, "actions", 0), c.path...); got != c.want || f.Type != "interactive" || f.Payload["type"] != "block_actions" {
			t.Errorf("%s: %v is %v, want %v", c.action, c.path, got, c.want)
		}
	}
	before := len(a.server.Envelopes("interactive"))
	for action, value := range map[string]any{"sev": "3", "more": "", "who": "U0NOBODY", "day": "tomorrow", "service": "never offered", "nowhere": "1"} {
		if _, err := dev.Choose(within(t), "ops", ts, action, value); err == nil {
			t.Errorf("%s took %v", action, value)
		}
	}
	if n := len(a.server.Envelopes("interactive")); n != before {
		t.Errorf("%d envelopes came of what nobody can choose", n-before)
	}
}

// TestWhatWasOnTheScreenIsPressed: a change of a message reaches a screen a moment later,
// and what somebody pressed before reaches the app.
func TestWhatWasOnTheScreenIsPressed(t *testing.T) {
	var ahead atomic.Int64
	a := start(t, Config{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	a.dial()
	dev := a.server.As("dev1")
	blocks := append(menus(), object{"type": "actions", "elements": []object{{"type": "button", "action_id": "take", "value": "7", "text": plain("Take")}}})
	ts := a.ok(a.call("chat.postMessage", object{"channel": "ops", "text": "card", "blocks": blocks}))["ts"].(string)
	a.ok(a.call("chat.update", object{"channel": a.channel("ops"), "ts": ts, "text": "taken"}))
	if _, err := dev.Click(within(t), "ops", ts, "take"); err != nil {
		t.Fatal(err)
	}
	a.want(func(f frameIn) bool {
		return get(f.Payload, "actions", 0, "value") == "7" && get(f.Payload, "message", "text") == "taken"
	})
	if _, err := dev.Choose(within(t), "ops", ts, "more", "1"); err != nil {
		t.Error(err)
	}
	ahead.Store(int64(3 * time.Second))
	if _, err := dev.Click(within(t), "ops", ts, "take"); err == nil {
		t.Error("a button was pressed that nobody sees any more")
	}
}

// TestOptionsAreAskedFor: what the app offers in its acknowledgement can be chosen.
func TestOptionsAreAskedFor(t *testing.T) {
	a := start(t, Config{Ack: 100 * time.Millisecond})
	a.dial()
	dev := a.server.As("dev1")
	ts := a.ok(a.call("chat.postMessage", object{"channel": "ops", "text": "card", "blocks": menus()}))["ts"].(string)
	answer := func(payload any, ack bool) { a.onFrame(func(frameIn) (any, bool) { return payload, ack }) }
	ask := func() Suggestions {
		t.Helper()
		found, err := dev.Suggest(within(t), "ops", ts, "service", "che")
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	answer(object{"options": []object{{"text": plain("Checkout"), "value": "checkout"}}}, true)
	if found := ask(); found.Error != "" || len(found.Options) != 1 || found.Options[0] != (Option{"Checkout", "checkout"}) {
		t.Errorf("found %+v", found)
	}
	f := a.want(func(f frameIn) bool { return f.Payload["type"] == "block_suggestion" })
	if !f.Accepts || f.Payload["value"] != "che" || f.Payload["action_id"] != "service" || f.Payload["trigger_id"] != nil {
		t.Errorf("asked by %+v", f)
	}
	answer(nil, true)
	if r, err := dev.Choose(within(t), "ops", ts, "service", "checkout"); err != nil || r.Error != "" {
		t.Errorf("choose what was offered: %+v, %v", r, err)
	}
	answer(object{"options": []object{{"value": "no text"}}}, true)
	if found := ask(); found.Error != "invalid_options" {
		t.Errorf("broken options: %+v", found)
	}
	answer(nil, false)
	if found := ask(); found.Error != "operation_timeout" {
		t.Errorf("without an answer: %+v", found)
	}
	if _, err := dev.Suggest(within(t), "ops", ts, "sev", "x"); err == nil {
		t.Error("a static select asked for options")
	}
}

func TestShortcuts(t *testing.T) {
	a := start(t, Config{Ack: 100 * time.Millisecond})
	dev := a.server.As("dev1")
	ts, err := dev.Type("ops", "look at this")
	if err != nil {
		t.Fatal(err)
	}
	if r, err := dev.Shortcut(within(t), "global_shortcut"); err != nil || r.Error != "dispatch_failed" {
		t.Errorf("without a socket: %+v, %v", r, err)
	}
	a.dial()
	r, err := dev.Shortcut(within(t), "global_shortcut")
	if err != nil || r.Error != "" || r.ResponseURL != "" {
		t.Errorf("global: %+v, %v", r, err)
	}
	f := a.want(func(f frameIn) bool { return f.Payload["type"] == "shortcut" })
	if f.Payload["callback_id"] != "global_shortcut" || f.Payload["trigger_id"] != r.TriggerID || f.Payload["channel"] != nil {
		t.Errorf("payload = %v", f.Payload)
	}
	a.ok(a.call("views.open", object{"trigger_id": r.TriggerID, "view": modal("One")}))
	r, err = dev.MessageAction(within(t), "ops", ts, "message_shortcut")
	if err != nil || r.Error != "" || r.ResponseURL == "" {
		t.Errorf("message: %+v, %v", r, err)
	}
	f = a.want(func(f frameIn) bool { return f.Payload["type"] == "message_action" })
	if get(f.Payload, "message", "text") != "look at this" || get(f.Payload, "channel", "id") != a.channel("ops") || f.Payload["message_ts"] != ts {
		t.Errorf("payload = %v", f.Payload)
	}
	for _, unknown := range []string{"message_shortcut", "nonsense"} {
		if _, err := dev.Shortcut(within(t), unknown); err == nil {
			t.Errorf("there is a global shortcut %s", unknown)
		}
	}
	a.onFrame(func(frameIn) (any, bool) { return nil, false })
	if r, err := dev.Shortcut(within(t), "global_shortcut"); err != nil || r.Error != "operation_timeout" {
		t.Errorf("without an answer: %+v, %v", r, err)
	}
}

func TestButtonsInAModal(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	view := modal("Form")
	view["blocks"] = append(view["blocks"].([]object), object{"type": "actions", "block_id": "do", "elements": []object{{"type": "button", "action_id": "preview", "text": plain("Preview"), "value": "p"}}})
	id := get(a.ok(openModal(t, a, view)), "view", "id")
	r, err := a.server.As("dev1").ClickView(within(t), "preview")
	if err != nil || r.Error != "" || r.ResponseURL != "" {
		t.Errorf("click: %+v, %v", r, err)
	}
	f := a.want(func(f frameIn) bool { return get(f.Payload, "actions", 0, "action_id") == "preview" })
	if get(f.Payload, "container", "view_id") != id || get(f.Payload, "view", "id") != id || f.Payload["response_url"] != nil {
		t.Errorf("payload = %v", f.Payload)
	}
	a.ok(a.call("views.push", object{"trigger_id": r.TriggerID, "view": modal("Second")}))
}

// TestPeopleManageChannels tells the app of all that people do with the channels that it
// is in.
func TestPeopleManageChannels(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	a.server.AddUser(User{ID: "U0ADMIN", Name: "admin", IsAdmin: true})
	a.server.AddUser(User{ID: "U0GUEST", Name: "guest", Guest: true})
	a.server.AddChannel("secret", true, "U0DEV1")
	a.server.AddChannel("general", false, "U0DEV1", "U0SRE1")
	dev := a.server.As("dev1")
	made, err := dev.CreateChannel("war-room", false)
	if err != nil {
		t.Fatal(err)
	}
	in := func(e object) bool { return e["channel"] == made.ID }
	message := func(subtype string) func(object) bool {
		return func(e object) bool { return in(e) && e["subtype"] == subtype }
	}
	a.wantEvent("channel_created", func(e object) bool {
		return get(e, "channel", "id") == made.ID && get(e, "channel", "creator") == "U0DEV1"
	})
	for _, step := range []struct {
		name string
		do   func() error
		kind string
		fits func(object) bool
	}{
		{"invite the bot", func() error { return dev.Invite("war-room", a.server.BotUserID()) }, "member_joined_channel", func(e object) bool { return in(e) && e["user"] == a.server.BotUserID() && e["inviter"] == "U0DEV1" }},
		{"invite", func() error { return dev.Invite("war-room", "U0SRE1", "U0DEV2") }, "message", func(e object) bool { return message("channel_join")(e) && e["user"] == "U0DEV2" }},
		{"topic", func() error { return dev.SetTopic("war-room", "SEV1") }, "message", message("channel_topic")},
		{"purpose", func() error { return dev.SetPurpose("war-room", "to recover") }, "message", message("channel_purpose")},
		{"rename", func() error { return dev.Rename("war-room", "war-room-2") }, "message", message("channel_name")},
		{"leave", func() error { return a.server.As("dev2").Leave("war-room-2") }, "member_left_channel", func(e object) bool { return in(e) && e["user"] == "U0DEV2" }},
		{"kick", func() error { return dev.Kick("war-room-2", "U0SRE1") }, "member_left_channel", func(e object) bool { return in(e) && e["user"] == "U0SRE1" }},
		{"join", func() error { return a.server.As("sre1").Join("war-room-2") }, "message", func(e object) bool { return message("channel_join")(e) && e["user"] == "U0SRE1" && e["inviter"] == nil }},
		{"archive", func() error { return dev.Archive("war-room-2") }, "channel_archive", in},
		{"unarchive", func() error { return dev.Unarchive("war-room-2") }, "channel_unarchive", in},
		{"delete", func() error { return a.server.As("admin").DeleteChannel("war-room-2") }, "channel_deleted", in},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		a.wantEvent(step.kind, step.fits)
	}
	a.wantError(a.form("conversations.info", "channel", made.ID), "channel_not_found")
	for name, err := range map[string]error{
		"a guest joins":                     a.server.As("guest").Join("ops"),
		"somebody joins in secret":          a.server.As("dev2").Join("secret"),
		"somebody leaves #general":          dev.Leave("general"),
		"#general is archived":              dev.Archive("general"),
		"somebody leaves #general by force": dev.Kick("general", "U0SRE1"),
		"a stranger archives":               a.server.As("dev2").Archive("ops"),
		"somebody deletes a channel":        dev.DeleteChannel("ops"),
		"a channel without a name":          second2(dev.CreateChannel("", false)),
		"a channel by a guest":              second2(a.server.As("guest").CreateChannel("mine", false)),
		"a member is invited":               dev.Invite("ops", "U0SRE1"),
		"nobody is removed":                 dev.Kick("ops", "U0DEV2"),
		"what is open is opened":            dev.Unarchive("ops"),
		"a taken name":                      dev.Rename("ops", "general"),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func second2[T any](_ T, err error) error { return err }

// TestTheBotManagesChannels goes through the methods that change who is where.
func TestTheBotManagesChannels(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	ops := a.channel("ops")
	kicked := a.ok(a.form("conversations.kick", "channel", ops, "user", "U0SRE1"))
	if _, is := kicked["errors"].(map[string]any); !is {
		t.Errorf("kick answers errors as %v, want an object", kicked["errors"])
	}
	a.wantEvent("member_left_channel", func(e object) bool { return e["user"] == "U0SRE1" })
	if reply := a.ok(a.form("conversations.setPurpose", "channel", ops, "purpose", "to recover")); reply["purpose"] != "to recover" {
		t.Errorf("setPurpose = %v", reply)
	}
	if reply := a.ok(a.form("conversations.join", "channel", ops)); reply["warning"] != "already_in_channel" {
		t.Errorf("join = %v", reply)
	}
	mine := a.ok(a.form("users.conversations"))["channels"].([]any)
	a.ok(a.form("conversations.leave", "channel", ops))
	if left := a.ok(a.form("users.conversations"))["channels"].([]any); len(left) != len(mine)-1 {
		t.Errorf("the bot is in %d channels after leaving one of %d", len(left), len(mine))
	}
	if reply := a.ok(a.form("conversations.leave", "channel", ops)); reply["not_in_channel"] != true {
		t.Errorf("leave = %v", reply)
	}
	dm := get(a.ok(a.form("conversations.open", "users", "U0DEV1")), "channel", "id").(string)
	a.ok(a.form("conversations.close", "channel", dm))
	if reply := a.ok(a.form("conversations.open", "users", "U0DEV1")); get(reply, "channel", "id") != dm {
		t.Errorf("opened again: %v, want the same conversation %s", reply, dm)
	}
}

// TestResponseURLs answers what was pressed in each way that a response URL can.
func TestResponseURLs(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	dev := a.server.As("dev1")
	got, err := dev.Slash(within(t), "ops", "/inc", "")
	if err != nil {
		t.Fatal(err)
	}
	if status, body := postJSON(t, got.ResponseURL, object{"text": "to all", "response_type": "in_channel"}); status != 200 || body != "ok" {
		t.Errorf("in channel: %d %q", status, body)
	}
	all := a.server.Messages("ops")
	if last := all[len(all)-1]; last.Text != "to all" || last.User != a.server.BotUserID() {
		t.Errorf("the channel shows %+v", last)
	}
	ts := a.ok(a.call("chat.postMessage", object{"channel": "ops", "text": "card", "blocks": menus()}))["ts"].(string)
	r, err := dev.Choose(within(t), "ops", ts, "sev", "1")
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := postJSON(t, r.ResponseURL, object{"delete_original": true}); status != 200 {
		t.Errorf("delete: %d", status)
	}
	if m, there := a.server.Message("ops", ts); there {
		t.Errorf("the original is there still: %+v", m)
	}
	resp, err := http.PostForm(got.ResponseURL, url.Values{"payload": {`{"text": "by a form"}`}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if seen := a.server.Ephemerals("U0DEV1"); resp.StatusCode != 200 || len(seen) == 0 || seen[len(seen)-1].Text != "by a form" {
		t.Errorf("a payload in a form: %d, and dev1 sees %+v", resp.StatusCode, seen)
	}
	if status, body := postJSON(t, a.base+"/hooks/actions/made/up", object{"text": "x"}); status != 404 || !strings.Contains(body, "error") && body == "ok" {
		t.Errorf("an address that was never given out: %d %q", status, body)
	}
}
