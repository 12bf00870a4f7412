package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
)

// events follow what Slack tells of messages, channels and people.
type events struct {
	settings  *configs.Config
	desk      *desk.Desk
	people    *desk.Directory
	workspace *workspace
	groups    *userGroups
	client    *slackio.Client
	footing   *footing
	ears      *ears
	views     *views
	reply     *replies
	places    *places
	news      *news
	front     *front
	home      *home
	log       zerolog.Logger
	now       func() time.Time
}

type outer struct {
	EventID string `json:"event_id"`
	Event   event  `json:"event"`
	// Authorizations say whom the event is told: the app's own user.
	Authorizations []struct {
		UserID string `json:"user_id"`
		IsBot  bool   `json:"is_bot"`
	} `json:"authorizations"`
}

// event is the part of an event that matters here; Slack's names for one thing
// differ from event to event.
type event struct {
	Type     string          `json:"type"`
	Subtype  string          `json:"subtype"`
	User     json.RawMessage `json:"user"` // an id, or a whole user
	Reaction string          `json:"reaction"`
	Channel  json.RawMessage `json:"channel"` // an id, or a whole channel
	Pinned   string          `json:"channel_id"`
	Tab      string          `json:"tab"`
	Text     string          `json:"text"`
	TS       string          `json:"ts"`
	ThreadTS string          `json:"thread_ts"`
	EventTS  string          `json:"event_ts"`
	Deleted  string          `json:"deleted_ts"`
	BotID    string          `json:"bot_id"`
	// Of a user group: the whole of it, or only its id.
	Subteam   json.RawMessage `json:"subteam"`
	SubteamID string          `json:"subteam_id"`
	Item      struct {
		Channel string `json:"channel"`
		TS      string `json:"ts"`
		Message struct {
			TS       string `json:"ts"`
			ThreadTS string `json:"thread_ts"`
		} `json:"message"`
	} `json:"item"`
	Message  *edited `json:"message"`
	Previous *edited `json:"previous_message"`
}

type edited struct {
	TS       string `json:"ts"`
	Text     string `json:"text"`
	User     string `json:"user"`
	Subtype  string `json:"subtype"`
	ThreadTS string `json:"thread_ts"`
	Edited   struct {
		TS string `json:"ts"`
	} `json:"edited"`
}

func (e event) user() string    { return idOf(e.User) }
func (e event) channel() string { return idOf(e.Channel) }

// idOf reads an id that stands alone or inside an object.
func idOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var o struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(raw, &o) == nil {
		return o.ID
	}
	return ""
}

// take deals with one event. Slack sends an event again that was not
// acknowledged, and may send one twice: its id is the cause of what it changes. An
// error says that it was not dealt with.
func (v *events) take(ctx context.Context, env slackio.Envelope) error {
	var o outer
	if err := json.Unmarshal(env.Payload, &o); err != nil {
		v.log.Warn().Err(err).Msg("decode event")
		return nil
	}
	for _, a := range o.Authorizations {
		if a.IsBot {
			v.footing.meet(a.UserID)
		}
	}
	e := o.Event
	in := desk.In{By: v.people.Actor(e.user()), Cause: "event:" + o.EventID}
	var err error
	switch e.Type {
	case "reaction_added", "reaction_removed":
		err = v.reacted(ctx, in.Cause, e)
	case "pin_added", "pin_removed":
		err = v.pinned(ctx, in.Cause, e)
	case "message":
		if id := v.footing.self().UserID; id != "" && e.user() == id && e.Subtype == "" {
			v.ears.heard(e.channel(), v.now())
		}
		err = v.message(ctx, in, e)
	case "app_mention":
		if !strings.HasPrefix(e.channel(), "D") { // there the message itself is told too
			v.front.spoken(ctx, in, e, v.front.replyAside)
		}
	case "app_home_opened":
		if e.Tab == "home" {
			if err := v.home.show(ctx, e.user()); err != nil { // it is published anew whenever it is opened
				v.log.Warn().Err(err).Msg("show the home page")
			}
		}
	default:
		err = v.worldChanged(ctx, in, e)
	}
	if _, _, refused := desk.Refusal(err); err == nil || refused {
		return nil
	}
	v.log.Error().Err(err).Str("event", e.Type).Msg("event")
	return err
}

func (v *events) reacted(ctx context.Context, cause string, e event) error {
	if !slices.ContainsFunc(v.settings.Slack.TimelineReactions, func(r string) bool { return strings.EqualFold(r, e.Reaction) }) {
		return nil
	}
	return v.pin(ctx, cause, incident.MarkPin{By: v.workspace.actor(ctx, e.user()), How: incident.ByReaction, Channel: e.Item.Channel, TS: e.Item.TS,
		On: e.Type == "reaction_added", EventTS: e.EventTS})
}

func (v *events) pinned(ctx context.Context, cause string, e event) error {
	if e.user() == v.footing.self().UserID { // our own card is no entry
		return nil
	}
	return v.pin(ctx, cause, incident.MarkPin{By: v.workspace.actor(ctx, e.user()), How: incident.ByPin, Channel: cmp.Or(e.Pinned, e.Item.Channel),
		TS: e.Item.Message.TS, Thread: e.Item.Message.ThreadTS, On: e.Type == "pin_added", EventTS: e.EventTS})
}

// pin puts a message on its incident's timeline, or takes it off. Who may not is told so.
func (v *events) pin(ctx context.Context, cause string, c incident.MarkPin) error {
	if c.TS == "" {
		return nil
	}
	i, ok, err := v.places.holds(ctx, c.Channel, c.TS, c.Thread)
	if err != nil || !ok {
		return err
	}
	_, err = v.desk.Change(ctx, desk.In{By: c.By, Cause: cause}, i.ID, c)
	text, _, refused := desk.Refusal(err)
	user, known := v.people.Slack(c.By.Person)
	if refused && c.On && known {
		if err := v.reply.whisper(ctx, c.Channel, user, c.Thread, slackui.Refusal(text, "", v.views.plain())); err != nil {
			v.log.Warn().Err(err).Msg("answer a person")
		}
	}
	return err
}

// message follows edits and deletions of messages on a timeline.
func (v *events) message(ctx context.Context, in desk.In, e event) error {
	if e.Subtype == "" && strings.HasPrefix(e.channel(), "D") {
		v.front.spoken(ctx, in, e, v.front.inDirect)
		return nil
	}
	if e.Subtype != "message_changed" && e.Subtype != "message_deleted" {
		return nil
	}
	ts, text, deleted, asOf := e.Deleted, "", true, e.EventTS
	if e.Message != nil {
		ts, text, deleted = e.Message.TS, v.views.asWritten(e.Message.Text), e.Message.Subtype == "tombstone"
		in.By = v.people.Actor(e.Message.User)
		if !deleted && e.Previous != nil && e.Previous.Text == e.Message.Text {
			return nil // an unfurled link, a counter of replies
		}
		if e.Message.Edited.TS != "" && !deleted {
			asOf = e.Message.Edited.TS
		}
	} else if e.Previous != nil {
		in.By = v.people.Actor(e.Previous.User)
	}
	thread := ""
	for _, m := range []*edited{e.Message, e.Previous} {
		if m != nil && m.ThreadTS != "" {
			thread = m.ThreadTS
		}
	}
	i, ok, err := v.places.here(ctx, e.channel(), thread)
	if err != nil || !ok {
		return err
	}
	if pin := i.Pins[incident.PinKey(e.channel(), ts)]; pin.Entry == 0 {
		return nil
	}
	_, err = v.desk.Change(ctx, in, i.ID, incident.EditPin{Channel: e.channel(), TS: ts, By: in.By, Text: text, Deleted: deleted, AsOf: asOf})
	return err
}

// worldChanged follows what happens to channels and people.
func (v *events) worldChanged(ctx context.Context, in desk.In, e event) error {
	switch e.Type {
	case "app_uninstalled", "tokens_revoked": // both, in either order
		v.lost("Slack says that the app was removed or its token revoked: install the app again, and put the new token into SLACK_BOT_TOKEN")
	case "user_change", "team_join":
		return v.workspace.learnUser(e.User)
	case "subteam_updated", "subteam_members_changed", "subteam_created":
		return v.groups.changed(ctx, e)
	case "channel_archive", "group_archive", "channel_deleted", "group_deleted", "channel_left", "group_left", "member_left_channel",
		"channel_unarchive", "group_unarchive", "channel_rename", "group_rename", "member_joined_channel":
		return v.channelChanged(ctx, in, e)
	}
	return nil
}

// channelChanged has the incident of a channel know what happened to it.
func (v *events) channelChanged(ctx context.Context, in desk.In, e event) error {
	channel := e.channel()
	left := e.Type == "channel_left" || e.Type == "group_left" || e.Type == "member_left_channel" && e.user() == v.footing.self().UserID
	if channel == v.footing.newsChannel() && (left || strings.HasSuffix(e.Type, "archive")) {
		v.footing.tellIn("") // it is joined again when it is looked for
	}
	if strings.HasSuffix(e.Type, "_unarchive") && v.footing.newsChannel() == "" { // which the bot has left by that, and hears no pin
		if _, err := v.news.find(ctx); passes(slackio.Classify("conversations.join", err)) {
			return fmt.Errorf("go back to the incidents channel: %w", err)
		}
	}
	i, ok, err := v.desk.InChannel(ctx, channel)
	if err != nil || !ok {
		return err
	}
	c, err := v.roomNews(ctx, i.Room, e)
	if err != nil {
		return err
	}
	if _, lost := c.(incident.LoseRoom); c == nil || lost && i.Status == incident.Closed {
		return nil // where work is over, nothing has to go on elsewhere; what is owed there finds out by itself
	}
	_, err = v.desk.Change(ctx, in, i.ID, c)
	return err
}

// roomNews is what an event of its channel means for an incident's room; nil: nothing.
// Events may come late and in another order than things happened: whether a channel can be
// used is asked, by joining it. An error is worth another attempt.
func (v *events) roomNews(ctx context.Context, room incident.Room, e event) (incident.Command, error) {
	channel, ours := e.channel(), e.user() == v.footing.self().UserID
	switch e.Type {
	case "channel_deleted", "group_deleted":
		return incident.LoseRoom{Channel: channel, Why: "its channel was deleted"}, nil
	case "member_left_channel", "channel_left", "group_left":
		if e.Type == "member_left_channel" && !ours {
			return nil, nil
		}
		return incident.LeaveRoom{Channel: channel}, nil
	case "channel_rename", "group_rename":
		var named struct {
			Name string `json:"name"`
		}
		if json.Unmarshal(e.Channel, &named) != nil || room.State != incident.RoomOpen {
			return nil, nil
		}
		return incident.OpenRoom{Channel: channel, Name: named.Name}, nil
	case "member_joined_channel":
		if !ours || room.State != incident.RoomThread {
			return nil, nil
		}
	case "channel_archive", "group_archive", "channel_unarchive", "group_unarchive":
	default:
		return nil, nil
	}
	why := "Watchbill was removed from its channel"
	if strings.HasSuffix(e.Type, "_archive") {
		why = whyArchived
	}
	_, err := v.client.JoinChannel(ctx, channel)
	switch f := slackio.Classify("conversations.join", err); {
	case err == nil && room.State == incident.RoomThread:
		return incident.OpenRoom{Channel: channel, Name: room.Name}, nil
	case err == nil:
		return incident.LeaveRoom{Channel: channel}, nil
	case passes(f):
		return nil, fmt.Errorf("go back to the channel %s: %w", channel, err)
	}
	return incident.LoseRoom{Channel: channel, Why: why}, nil
}

// lost raises the alarm when Slack takes the app's rights away.
func (v *events) lost(why string) {
	v.log.Error().Msg(why)
	v.footing.lose(why)
}
