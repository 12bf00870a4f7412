package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// outer is the envelope's payload for events.
type outer struct {
	EventID string `json:"event_id"`
	TeamID  string `json:"team_id"`
	Event   event  `json:"event"`
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
		Type    string `json:"type"`
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

// event deals with one event. Slack sends an event again that was not
// acknowledged, and may send one twice: its id is the cause of what it changes. An
// error says that it was not dealt with.
func (b *Bot) event(ctx context.Context, env slackio.Envelope) error {
	var o outer
	if err := json.Unmarshal(env.Payload, &o); err != nil {
		b.log.Warn().Err(err).Msg("decode event")
		return nil
	}
	e := o.Event
	in := desk.In{By: b.people.Actor(e.user()), Cause: "event:" + o.EventID}
	var err error
	switch e.Type {
	case "reaction_added", "reaction_removed":
		if contains(b.settings.Slack.TimelineReactions, e.Reaction) {
			err = b.pin(ctx, in.Cause, incident.MarkPin{By: b.workspace.actor(ctx, e.user()), How: incident.ByReaction, Channel: e.Item.Channel, TS: e.Item.TS,
				On: e.Type == "reaction_added", EventTS: e.EventTS})
		}
	case "pin_added", "pin_removed":
		if e.user() != b.footing.self().UserID { // our own card is no entry
			err = b.pin(ctx, in.Cause, incident.MarkPin{By: b.workspace.actor(ctx, e.user()), How: incident.ByPin, Channel: cmp.Or(e.Pinned, e.Item.Channel),
				TS: e.Item.Message.TS, Thread: e.Item.Message.ThreadTS, On: e.Type == "pin_added", EventTS: e.EventTS})
		}
	case "message":
		if id := b.footing.self().UserID; id != "" && e.user() == id && e.Subtype == "" {
			b.ears.heard(e.channel(), b.now())
		}
		err = b.message(ctx, in, e)
	case "app_mention":
		if !strings.HasPrefix(e.channel(), "D") { // there the message itself is told too
			b.spoken(ctx, in, e, b.replyAside)
		}
	case "app_home_opened":
		if e.Tab == "home" {
			if err := b.showHome(ctx, e.user()); err != nil { // it is published anew whenever it is opened
				b.log.Warn().Err(err).Msg("show the home page")
			}
		}
	default:
		err = b.worldChanged(ctx, in, e)
	}
	if _, _, refused := desk.Refusal(err); err == nil || refused {
		return nil
	}
	b.log.Error().Err(err).Str("event", e.Type).Msg("event")
	return err
}

// pin puts a message on its incident's timeline, or takes it off. Who may not is told so.
func (b *Bot) pin(ctx context.Context, cause string, c incident.MarkPin) error {
	if c.TS == "" {
		return nil
	}
	i, ok, err := b.holds(ctx, c.Channel, c.TS, c.Thread)
	if err != nil || !ok {
		return err
	}
	_, err = b.desk.Change(ctx, desk.In{By: c.By, Cause: cause}, i.ID, c)
	text, _, refused := desk.Refusal(err)
	user, known := b.people.Slack(c.By.Person)
	if refused && c.On && known {
		if err := b.whisper(ctx, c.Channel, user, c.Thread, slackui.Refusal(text, "", b.views.plain())); err != nil {
			b.log.Warn().Err(err).Msg("answer a person")
		}
	}
	return err
}

// whisper shows a message to one person, by their Slack id, in a channel.
func (b *Bot) whisper(ctx context.Context, channel, user, thread string, m slackui.Message) error {
	blocks, err := json.Marshal(m.Blocks)
	if err != nil {
		return err
	}
	return b.client.PostEphemeral(ctx, slackio.Ephemeral{Channel: channel, User: user, ThreadTS: thread, Text: m.Text, Blocks: blocks})
}

// message follows edits and deletions of messages on a timeline.
func (b *Bot) message(ctx context.Context, in desk.In, e event) error {
	if e.Subtype == "" && strings.HasPrefix(e.channel(), "D") {
		b.spoken(ctx, in, e, b.reply)
		return nil
	}
	if e.Subtype != "message_changed" && e.Subtype != "message_deleted" {
		return nil
	}
	ts, text, deleted, asOf := e.Deleted, "", true, e.EventTS
	if e.Message != nil {
		ts, text, deleted = e.Message.TS, b.views.asWritten(e.Message.Text), e.Message.Subtype == "tombstone"
		in.By = b.people.Actor(e.Message.User)
		if !deleted && e.Previous != nil && e.Previous.Text == e.Message.Text {
			return nil // an unfurled link, a counter of replies
		}
		if e.Message.Edited.TS != "" && !deleted {
			asOf = e.Message.Edited.TS
		}
	} else if e.Previous != nil {
		in.By = b.people.Actor(e.Previous.User)
	}
	thread := ""
	for _, m := range []*edited{e.Message, e.Previous} {
		if m != nil && m.ThreadTS != "" {
			thread = m.ThreadTS
		}
	}
	i, ok, err := b.here(ctx, e.channel(), thread)
	if err != nil || !ok {
		return err
	}
	if pin := i.Pins[incident.PinKey(e.channel(), ts)]; pin.Entry == 0 {
		return nil
	}
	_, err = b.desk.Change(ctx, in, i.ID, incident.EditPin{Channel: e.channel(), TS: ts, By: in.By, Text: text, Deleted: deleted, AsOf: asOf})
	return err
}

// spoken does what a message says that is for Watchbill: "@watchbill …", as slash
// commands do not exist in threads, or a direct message. The answer goes back the
// way that is given.
func (b *Bot) spoken(ctx context.Context, in desk.In, e event, answer func(context.Context, event, slackui.Message) error) {
	if e.BotID != "" || e.user() == "" || e.user() == b.footing.self().UserID {
		return
	}
	in.Cause = "mention:" + e.channel() + ":" + e.TS // the message, however often it is told
	in.By = b.workspace.actor(ctx, e.user())
	text := b.named(ctx, slackui.StripMention(e.Text, b.footing.self().UserID))
	r := request{by: in.By, user: e.user(), cause: in.Cause, channel: e.channel(), thread: e.ThreadTS, typed: text}
	r.input = b.understood(text, b.people.Zone(in.By.Person))
	if r.input.Verb == slackui.Empty {
		r.input.Verb = slackui.Help // there is no trigger to open a form with
	}
	m := b.run(ctx, r)
	if m == nil {
		return
	}
	b.afterwards.do(func(ctx context.Context) {
		if err := answer(ctx, e, *m); err != nil {
			b.log.Warn().Err(err).Msg("answer a person")
		}
	})
}

// understood reads a message as the command that it is: of incidents, or of schedules
// where "oncall" stands before it or nothing else can be meant.
func (b *Bot) understood(text string, zone *time.Location) slackui.Input {
	if rest, ok := slackui.OncallSaid(text); ok {
		return slackui.ParseOncall(rest, b.now(), zone)
	}
	in := slackui.Parse(text, b.now(), zone)
	if !slackui.MayMeanDuty(text) {
		return in
	}
	duty := slackui.ParseOncall(text, b.now(), zone)
	named := duty.Roster.Schedule == "" || b.desk.SchedulePlan(duty.Roster.Schedule) != nil
	if duty.Verb == slackui.Duty && duty.Problem == "" && named && in.LeavesTo(duty) {
		return duty
	}
	return in
}

// reply answers a direct message where it was written.
func (b *Bot) reply(ctx context.Context, e event, m slackui.Message) error {
	blocks, err := json.Marshal(m.Blocks)
	if err != nil {
		return err
	}
	_, err = b.client.PostMessage(ctx, slackio.Post{Channel: e.channel(), ThreadTS: e.ThreadTS, Text: m.Text, Blocks: blocks})
	return err
}

// replyAside answers a mention so that only its writer sees it, in the thread in
// which they wrote.
func (b *Bot) replyAside(ctx context.Context, e event, m slackui.Message) error {
	return b.whisper(ctx, e.channel(), e.user(), e.ThreadTS, m)
}

// worldChanged follows what happens to channels and people.
func (b *Bot) worldChanged(ctx context.Context, in desk.In, e event) error {
	switch e.Type {
	case "app_uninstalled", "tokens_revoked": // both, in either order
		b.lost("Slack says that the app was removed or its token revoked: install the app again, and put the new token into SLACK_BOT_TOKEN")
	case "user_change", "team_join":
		return b.workspace.learnUser(e.User)
	case "subteam_updated", "subteam_members_changed", "subteam_created":
		return b.groups.changed(ctx, e)
	case "channel_archive", "group_archive", "channel_deleted", "group_deleted", "channel_left", "group_left", "member_left_channel",
		"channel_unarchive", "group_unarchive", "channel_rename", "group_rename", "member_joined_channel":
		return b.channelChanged(ctx, in, e)
	}
	return nil
}

// channelChanged has the incident of a channel know what happened to it.
func (b *Bot) channelChanged(ctx context.Context, in desk.In, e event) error {
	channel := e.channel()
	if channel == b.footing.newsChannel() && strings.HasSuffix(e.Type, "archive") {
		b.footing.tellIn("")
	}
	i, ok, err := b.desk.InChannel(ctx, channel)
	if err != nil || !ok {
		return err
	}
	c := b.roomNews(ctx, i.Room, e)
	if _, lost := c.(incident.LoseRoom); c == nil || lost && i.Status == incident.Closed {
		return nil // where work is over, nothing has to go on elsewhere; what is owed there finds out by itself
	}
	_, err = b.desk.Change(ctx, in, i.ID, c)
	return err
}

// roomNews is what an event of its channel means for an incident's room; nil: nothing.
// Where the bot was thrown out, it tries to come back first.
func (b *Bot) roomNews(ctx context.Context, room incident.Room, e event) incident.Command {
	channel, ours := e.channel(), e.user() == b.footing.self().UserID
	switch e.Type {
	case "channel_archive", "group_archive":
		return incident.LoseRoom{Channel: channel, Why: "its channel was archived, and Slack does not let apps bring it back"}
	case "channel_deleted", "group_deleted":
		return incident.LoseRoom{Channel: channel, Why: "its channel was deleted"}
	case "channel_left", "group_left", "member_left_channel":
		if e.Type == "member_left_channel" && !ours {
			return nil
		}
		if _, err := b.client.JoinChannel(ctx, channel); err == nil {
			return nil
		}
		return incident.LoseRoom{Channel: channel, Why: "Watchbill was removed from its channel"}
	case "channel_rename", "group_rename":
		var named struct {
			Name string `json:"name"`
		}
		if json.Unmarshal(e.Channel, &named) != nil || room.State != incident.RoomOpen {
			return nil
		}
		return incident.OpenRoom{Channel: channel, Name: named.Name}
	case "channel_unarchive", "group_unarchive", "member_joined_channel":
		if room.State != incident.RoomThread || e.Type == "member_joined_channel" && !ours {
			return nil
		}
		if _, err := b.client.JoinChannel(ctx, channel); err != nil {
			return nil
		}
		return incident.OpenRoom{Channel: channel, Name: room.Name}
	}
	return nil
}

// lost raises the alarm when Slack takes the app's rights away.
func (b *Bot) lost(why string) {
	b.log.Error().Msg(why)
	b.footing.lose(why)
}

// showHome publishes a person's Home tab.
func (b *Bot) showHome(ctx context.Context, user string) error {
	person := b.people.Person(user)
	live, err := b.desk.Worst(ctx)
	if err != nil {
		return err
	}
	pages, err := b.desk.OpenPages(ctx, 500)
	if err != nil {
		return err
	}
	d := slackui.Desk{Incidents: live}
	pages = worstPages(slices.DeleteFunc(pages, func(p paging.Page) bool { return !p.Told(person) }))
	if d.Pages, err = b.titled(ctx, pages); err != nil {
		return err
	}
	held, err := b.desk.PagesHeldBy(ctx, person, 50)
	if err != nil {
		return err
	}
	if d.Held, err = b.titled(ctx, held); err != nil {
		return err
	}
	if d.Alerts, err = b.alertsFor(ctx, person); err != nil {
		return err
	}
	now := b.now()
	d.Shifts = b.shiftsOf(person, now)
	if d.Stands, err = b.standing(ctx, func(_ string, c oncall.Standing) bool { return c.Person == person && c.Kind != oncall.OverrideChange }); err != nil {
		return err
	}
	view, err := json.Marshal(slackui.Home(d, b.views.plain()))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, err = b.client.PublishHome(ctx, user, "", view)
	return err
}

// worstPages orders pages, which come oldest first, for somebody who looks at a few of
// them: the worst first, of a severity the newest.
func worstPages(pages []paging.Page) []paging.Page {
	rank := func(p paging.Page) int {
		if s, err := incident.ParseSeverity(p.Facts.Severity); err == nil {
			return int(s)
		}
		return alert.Severity(p.Facts.Severity).Rank()
	}
	slices.Reverse(pages)
	slices.SortStableFunc(pages, func(a, b paging.Page) int { return cmp.Compare(rank(a), rank(b)) })
	return pages
}

// titled are pages as the Home tab shows them: the first ones with what they are about.
func (b *Bot) titled(ctx context.Context, pages []paging.Page) ([]slackui.HomePage, error) {
	out := make([]slackui.HomePage, len(pages))
	for n, p := range pages {
		out[n].Page = p
		if n >= slackui.MaxHome {
			continue
		}
		_, about, _, err := b.desk.PageShown(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		out[n].Level, out[n].Title = about.Level, about.Title
	}
	return out, nil
}
