package slacksim

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/rs/zerolog"
)

// eventScopes names the bot scopes of every event that can be subscribed to:
// one of them is needed. Events without an entry are unknown to a manifest.
var eventScopes = map[string][]string{
	"app_home_opened": nil, "app_uninstalled": nil, "tokens_revoked": nil,
	"app_mention":      {"app_mentions:read"},
	"message.channels": {"channels:history"}, "message.groups": {"groups:history"}, "message.im": {"im:history"}, "message.mpim": {"mpim:history"},
	"message.app_home": nil,
	"reaction_added":   {"reactions:read"}, "reaction_removed": {"reactions:read"},
	"pin_added": {"pins:read"}, "pin_removed": {"pins:read"},
	"member_joined_channel": {"channels:read", "groups:read"}, "member_left_channel": {"channels:read", "groups:read"},
	"channel_created": {"channels:read"}, "channel_deleted": {"channels:read"}, "channel_archive": {"channels:read"},
	"channel_unarchive": {"channels:read"}, "channel_rename": {"channels:read"}, "channel_left": {"channels:read"},
	"channel_id_changed": {"channels:read"}, "channel_shared": {"channels:read", "groups:read"}, "channel_unshared": {"channels:read", "groups:read"},
	"channel_history_changed": {"channels:history", "groups:history"}, "group_history_changed": {"groups:history"},
	"group_archive": {"groups:read"}, "group_unarchive": {"groups:read"}, "group_rename": {"groups:read"}, "group_left": {"groups:read"},
	"group_deleted": {"groups:read"}, "group_close": {"groups:read"}, "group_open": {"groups:read"},
	"im_created": {"im:read"}, "im_open": {"im:read"}, "im_close": {"im:read"}, "im_history_changed": {"im:history"},
	"team_join": {"users:read"}, "user_change": {"users:read"}, "user_profile_changed": {"users:read"}, "user_status_changed": {"users:read"},
	"user_huddle_changed": {"users:read"}, "dnd_updated_user": {"dnd:read"},
	"file_shared": {"files:read"}, "file_created": {"files:read"}, "file_change": {"files:read"}, "file_deleted": {"files:read"},
	"file_public": {"files:read"}, "file_unshared": {"files:read"},
	"link_shared":     {"links:read"},
	"subteam_created": {"usergroups:read"}, "subteam_updated": {"usergroups:read"}, "subteam_members_changed": {"usergroups:read"},
	"subteam_self_added": {"usergroups:read"}, "subteam_self_removed": {"usergroups:read"},
	"message_metadata_posted": {"metadata.message:read"}, "message_metadata_updated": {"metadata.message:read"},
	"message_metadata_deleted": {"metadata.message:read"},
	"emoji_changed":            {"emoji:read"}, "team_rename": {"team:read"}, "team_domain_change": {"team:read"},
	"shared_channel_invite_accepted": {"conversations.connect:manage"}, "shared_channel_invite_approved": {"conversations.connect:manage"},
	"shared_channel_invite_declined": {"conversations.connect:manage"}, "shared_channel_invite_received": {"conversations.connect:read"},
	"call_rejected": {"calls:read"}, "function_executed": nil, "assistant_thread_started": nil, "assistant_thread_context_changed": nil,
	"entity_details_requested": nil,
}

// event is something the app may have subscribed to.
type event struct {
	name    string        // as in the manifest, such as "message.channels"
	channel *conversation // the app must be a member of it, if set
	body    object
	message *messageEvent // instead of body
}

// events tells the app what happens in the workspace, through the gateway. It belongs to
// the server's mutex.
type events struct {
	app     *installation
	gateway *gateway
	mint    *mint
	now     func() time.Time
	log     zerolog.Logger
}

// emit sends an event to the app if the manifest subscribes to it, a scope
// covers it, and the bot can see the channel.
func (es *events) emit(e event) {
	if !es.app.subscribed(e.name) || e.channel != nil && !e.channel.isMember[es.app.user] {
		return
	}
	var inner any = e.message
	kind := ""
	if e.message != nil {
		kind = e.message.Type
	} else {
		body := maps.Clone(e.body)
		if body["event_ts"] == nil {
			body["event_ts"] = es.mint.ts()
		}
		kind, _ = body["type"].(string)
		inner = body
	}
	if err := es.send(kind, inner); err != nil {
		es.log.Error().Err(err).Str("event", e.name).Msg("emit event")
	}
}

// send puts the outer event around an inner one and dispatches it.
func (es *events) send(kind string, inner any) error {
	id := es.mint.id("Ev")
	payload, err := json.Marshal(object{
		"token": "legacy-verification-token", "team_id": teamID, "context_team_id": teamID, "context_enterprise_id": nil,
		"api_app_id": appID, "event": inner, "type": "event_callback", "event_id": id, "event_time": es.now().Unix(),
		"authorizations": []object{{
			"enterprise_id": nil, "team_id": teamID, "user_id": es.app.user, "is_bot": true, "is_enterprise_install": false,
		}},
		"is_ext_shared_channel": false, "event_context": "4-" + id,
	})
	if err != nil {
		return fmt.Errorf("encode event %s: %w", kind, err)
	}
	es.gateway.dispatch(&envelope{kind: "events_api", inner: kind, eventID: id, payload: payload})
	return nil
}

// messageEvent is a message with what an event puts around it.
type messageEvent struct {
	Message
	Channel     string   `json:"channel"`
	ChannelType string   `json:"channel_type,omitempty"`
	EventTS     string   `json:"event_ts"`
	Root        *Message `json:"root,omitempty"`
}

// message sends the message event, and app_mention beside it where the
// text mentions the bot.
func (es *events) message(ch *conversation, m *Message) {
	told := messageEvent{Message: *m, Channel: ch.id, ChannelType: kindTerms[ch.kind].event, EventTS: m.TS}
	if m.Subtype == "thread_broadcast" {
		told.Root = ch.byTS[m.ThreadTS]
	}
	es.emit(event{name: "message." + ch.family(), channel: ch, message: &told})
	mentioned := containsMention(m.Text, es.app.user)
	if mentioned && !ch.direct() && m.BotID == "" && (m.Subtype == "" || m.Subtype == "file_share" || m.Subtype == "thread_broadcast") {
		mention := told
		mention.Type, mention.Subtype, mention.ChannelType, mention.Root = "app_mention", "", "", nil
		es.emit(event{name: "app_mention", channel: ch, message: &mention})
	}
}

// changed tells that a message looks different now.
func (es *events) changed(ch *conversation, before, after Message) {
	es.hidden(ch, before, "message_changed", "message", after)
}

func (es *events) deleted(ch *conversation, before Message) {
	es.hidden(ch, before, "message_deleted", "deleted_ts", before.TS)
}

// hidden sends an event about a message that was there before.
func (es *events) hidden(ch *conversation, before Message, subtype, field string, value any) {
	ts := es.mint.ts()
	es.emit(event{name: "message." + ch.family(), channel: ch, body: object{
		"type": "message", "subtype": subtype, "hidden": true, field: value, "previous_message": before,
		"channel": ch.id, "ts": ts, "event_ts": ts, "channel_type": kindTerms[ch.kind].event,
	}})
}

// metadata tells subscribers of a message's metadata: what is "posted",
// "updated" or "deleted". before is the metadata that was, if any.
func (es *events) metadata(what string, ch *conversation, m *Message, before json.RawMessage) {
	raw := m.Metadata
	if raw == nil {
		raw = before
	}
	var metadata struct {
		EventType string `json:"event_type"`
	}
	if raw == nil || json.Unmarshal(raw, &metadata) != nil {
		return
	}
	for _, sub := range es.app.manifest.Settings.Events.MetadataSubscriptions {
		if (sub.AppID != "*" && sub.AppID != m.AppID) || (sub.EventType != "*" && sub.EventType != metadata.EventType) {
			continue
		}
		body := object{
			"type": "message_metadata_" + what, "app_id": m.AppID, "bot_id": m.BotID, "user_id": m.User, "team_id": teamID,
			"channel_id": ch.id, "message_ts": m.TS, "metadata": raw,
		}
		if what != "posted" {
			body["previous_metadata"] = before
		}
		es.emit(event{name: "message_metadata_" + what, channel: ch, body: body})
		return
	}
}

func toObject(v any) object {
	raw, err := json.Marshal(v)
	if err != nil {
		return object{}
	}
	var o object
	if json.Unmarshal(raw, &o) != nil {
		return object{}
	}
	return o
}
