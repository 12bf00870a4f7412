package slacksim

import (
	"encoding/json"
	"testing"
	"time"
)

func TestFramesAndEventsOfAnyShape(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	a.server.SendFrame([]byte(`{"type":"surprise","envelope_id":"e1"}`))
	a.want(func(f frameIn) bool { return f.Type == "surprise" })
	if err := a.server.SendEvent(json.RawMessage(`{"type":"never_heard_of","x":1}`)); err != nil {
		t.Fatal(err)
	}
	a.wantEvent("never_heard_of", func(e object) bool { return e["x"] == 1.0 })
	a.server.AppRateLimited()
	a.want(func(f frameIn) bool { return f.Payload["type"] == "app_rate_limited" })
	a.server.Uninstall()
	a.wantEvent("app_uninstalled", nil)
	a.want(func(f frameIn) bool { return f.Type == "disconnect" })
	a.wantError(a.form("auth.test"), "token_revoked")
}

func TestReadsMayLag(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now})
	a.server.SetReadLag(time.Second)
	a.ok(a.form("chat.postMessage", "channel", "ops", "text", "x"))
	history := func() int {
		return len(a.ok(a.form("conversations.history", "channel", a.channel("ops")))["messages"].([]any))
	}
	if n := history(); n != 0 {
		t.Errorf("%d messages at once", n)
	}
	clock.move(a.server, 2*time.Second)
	if n := history(); n != 1 {
		t.Errorf("%d messages two seconds later", n)
	}
}

func TestSharedFilesUnfurlsAndPrivacy(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	dev := a.server.As("dev1")
	ts, err := dev.Share("ops", "graph.png", []byte("png"), "look")
	if err != nil {
		t.Fatal(err)
	}
	f := a.wantEvent("message", func(e object) bool { return e["ts"] == ts })
	if f.event()["subtype"] != "file_share" || f.event()["user"] != "U0DEV1" || get(f.event(), "files", 0, "mimetype") != "image/png" {
		t.Errorf("event = %v", f.event())
	}
	if err := a.server.Unfurl("ops", ts, "https://example.com"); err != nil {
		t.Fatal(err)
	}
	changed := a.wantEvent("message", func(e object) bool { return e["subtype"] == "message_changed" })
	if get(changed.event(), "message", "text") != get(changed.event(), "previous_message", "text") {
		t.Error("an unfurl changed the text")
	}
	reply, err := dev.Broadcast("ops", "also here", ts)
	if err != nil {
		t.Fatal(err)
	}
	broadcast := a.wantEvent("message", func(e object) bool { return e["ts"] == reply })
	if broadcast.event()["subtype"] != "thread_broadcast" || get(broadcast.event(), "root", "ts") != ts {
		t.Errorf("event = %v", broadcast.event())
	}
	if err := dev.MakePrivate("ops"); err != nil {
		t.Fatal(err)
	}
	private := a.wantEvent("message", func(e object) bool { return e["subtype"] == "channel_convert_to_private" })
	if private.event()["channel_type"] != "group" {
		t.Errorf("event = %v", private.event())
	}
	if err := a.server.As("dev2").Join("ops"); err == nil {
		t.Error("a stranger joined a private channel")
	}
}

func TestMetadataEvents(t *testing.T) {
	manifest := `
display_information: {name: Meta}
oauth_config:
  scopes:
    bot: [chat:write, channels:history, metadata.message:read]
settings:
  socket_mode_enabled: true
  event_subscriptions:
    bot_events: [message_metadata_posted, message_metadata_updated, message_metadata_deleted]
    metadata_subscriptions: [{app_id: "*", event_type: op}]
`
	a := start(t, Config{Manifest: []byte(manifest)})
	a.dial()
	ops := a.channel("ops")
	with := func(kind, id string) string {
		return `{"event_type":"` + kind + `","event_payload":{"id":"` + id + `"}}`
	}
	a.ok(a.form("chat.postMessage", "channel", ops, "text", "x", "metadata", with("other", "0")))
	ts := a.ok(a.form("chat.postMessage", "channel", ops, "text", "x", "metadata", with("op", "1")))["ts"].(string)
	posted := a.wantEvent("message_metadata_posted", nil)
	if posted.event()["message_ts"] != ts || get(posted.event(), "metadata", "event_payload", "id") != "1" {
		t.Errorf("event = %v", posted.event())
	}
	a.ok(a.form("chat.update", "channel", ops, "ts", ts, "text", "y", "metadata", with("op", "2")))
	updated := a.wantEvent("message_metadata_updated", nil)
	if get(updated.event(), "previous_metadata", "event_payload", "id") != "1" {
		t.Errorf("event = %v", updated.event())
	}
	a.ok(a.form("chat.delete", "channel", ops, "ts", ts))
	a.wantEvent("message_metadata_deleted", nil)
	bare := a.ok(a.form("chat.postMessage", "channel", ops, "text", "x"))["ts"].(string)
	a.ok(a.form("chat.update", "channel", ops, "ts", bare, "text", "y", "metadata", with("op", "3")))
	gained := a.wantEvent("message_metadata_posted", func(e object) bool { return e["message_ts"] == bare })
	if _, told := gained.event()["previous_metadata"]; told {
		t.Errorf("a message that gains metadata: %v", gained.event())
	}
	a.ok(a.form("chat.update", "channel", ops, "ts", bare, "text", "z")) // what is not given stays
	a.ok(a.form("chat.update", "channel", ops, "ts", bare, "text", "y", "metadata", "{}"))
	lost := a.wantEvent("message_metadata_deleted", func(e object) bool { return e["message_ts"] == bare })
	for _, field := range []string{"metadata", "previous_metadata"} {
		if get(lost.event(), field, "event_payload", "id") != "3" {
			t.Errorf("a message that loses its metadata: %s = %v", field, lost.event()[field])
		}
	}
	for name, want := range map[string]int{"posted": 2, "updated": 1, "deleted": 2} {
		if got := a.events("message_metadata_" + name); got != want {
			t.Errorf("%d events of metadata %s, want %d", got, name, want)
		}
	}
}

// TestMetadataSubscriptions: an event comes for the app and the type of metadata that a
// subscription names, once, however many name it.
func TestMetadataSubscriptions(t *testing.T) {
	for subscriptions, want := range map[string]int{
		`{app_id: A01SIM, event_type: op}`: 1, `{app_id: A01SIM, event_type: "*"}`: 1, `{app_id: "*", event_type: op}, {app_id: "*", event_type: "*"}`: 1,
		`{app_id: A0OTHER, event_type: op}`: 0, `{app_id: "*", event_type: other}`: 0, ``: 0,
	} {
		t.Run(subscriptions, func(t *testing.T) {
			a := start(t, Config{Manifest: []byte(`
display_information: {name: Meta}
oauth_config:
  scopes:
    bot: [chat:write, channels:history, metadata.message:read, app_mentions:read]
settings:
  socket_mode_enabled: true
  event_subscriptions:
    bot_events: [message_metadata_posted, app_mention]
    metadata_subscriptions: [` + subscriptions + `]
`)})
			a.dial()
			a.ok(a.form("chat.postMessage", "channel", a.channel("ops"), "text", "x", "metadata", `{"event_type":"op","event_payload":{}}`))
			if _, err := a.server.As("dev1").Type("ops", "@meta after that"); err != nil {
				t.Fatal(err)
			}
			a.wantEvent("app_mention", nil)
			if got := a.events("message_metadata_posted"); got != want {
				t.Errorf("%d events, want %d", got, want)
			}
		})
	}
}

func TestManifests(t *testing.T) {
	for name, manifest := range map[string]string{
		"unknown key":      `{"display_information": {"name": "A"}, "feature": {}}`,
		"long name":        `display_information: {name: "a name that is far longer than thirty-five characters"}`,
		"bad command":      "display_information: {name: A}\nfeatures: {slash_commands: [{command: inc, description: d}]}\noauth_config: {scopes: {bot: [commands]}}",
		"no command scope": "display_information: {name: A}\nfeatures: {slash_commands: [{command: /inc, description: d}]}",
		"unknown event":    "display_information: {name: A}\nsettings: {event_subscriptions: {bot_events: [message.everything]}}",
		"no YAML":          "{",
		"a list":           "[1]",
	} {
		t.Run(name, func(t *testing.T) {
			if s, err := New(Config{Manifest: []byte(manifest)}); err == nil {
				s.Close()
				t.Error("Slack would refuse this manifest")
			}
		})
	}
}
