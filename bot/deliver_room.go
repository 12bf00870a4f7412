package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
)

// mostNames is how many names are tried for a channel: the incident's number is in
// it, so that only somebody's own making can take one.
const mostNames = 3

// deliverRoom opens the incident's channel. A name that is taken is adopted only
// if it is ours and younger than the declaration; else the name gets a suffix.
func (b *Bot) deliverRoom(ctx context.Context, j courier.Job) courier.Result {
	i, _, fail := b.record(ctx, j)
	if fail != nil {
		return fail.Result
	}
	if i.Room.State != incident.RoomPending {
		return done(0, receipt{Channel: i.Room.Channel})
	}
	for n := 1; n <= mostNames; n++ {
		name := i.Room.Name
		if n > 1 {
			name = fmt.Sprintf("%s-%d", name, n)
		}
		if fail := b.allow(ctx, j, "conversations.create", ""); fail != nil {
			return fail.Result
		}
		ch, err := b.client.CreateChannel(ctx, name, false)
		if err == nil {
			return b.opened(ch)
		}
		f := slackio.Classify("conversations.create", err)
		switch {
		case f.Code == "name_taken" && !j.Again():
			// Nothing of ours can have it: the next name.
		case f.Code == "name_taken":
			ch, ours, fail := b.adopt(ctx, j, i, name)
			if fail != nil {
				return fail.Result
			}
			if ours {
				return b.opened(ch)
			}
		case f.Class == slackio.Fatal && f.Code != "missing_scope" && f.Code != "no_permission" && f.Code != "restricted_action",
			f.Class == slackio.Retry, f.Class == slackio.Unknown, f.Class == slackio.RateLimited:
			return b.failed(j, "conversations.create", err).Result
		case f.Class == slackio.Invalid && j.Attempts < mostTries:
			return b.failed(j, "conversations.create", err).Result
		default:
			return b.roomless(fmt.Sprintf("Slack refused to create its channel (%s)", f.Code))
		}
	}
	return b.roomless(fmt.Sprintf("the channel name %s and %d variants of it are taken", i.Room.Name, mostNames-1))
}

func (b *Bot) opened(ch slackio.Channel) courier.Result {
	r := done(0, receipt{Channel: ch.ID})
	r.Tell = desk.Outcome{Incident: incident.OpenRoom{Channel: ch.ID, Name: ch.Name}}
	return r
}

func (b *Bot) roomless(why string) courier.Result {
	r := done(0, receipt{})
	r.Note = why
	r.Tell = desk.Outcome{Incident: incident.LoseRoom{Why: why}}
	return r
}

// adopt looks at the channel that has the name: an attempt whose answer was lost
// may have created it.
func (b *Bot) adopt(ctx context.Context, j courier.Job, i incident.Incident, name string) (slackio.Channel, bool, *failure) {
	if fail := b.allow(ctx, j, "conversations.list", ""); fail != nil {
		return slackio.Channel{}, false, fail
	}
	ch, found, err := b.client.FindChannel(ctx, name)
	if err != nil {
		return ch, false, b.failed(j, "conversations.list", err)
	}
	ours := found && !ch.Archived && ch.Creator == b.footing.self().UserID && !ch.Created.Before(i.Declared.Add(b.client.ClockOffset()).Add(-2*time.Second))
	if !ours {
		return ch, false, nil
	}
	other, taken, err := b.desk.InChannel(ctx, ch.ID)
	if err != nil {
		return ch, false, b.later(time.Second, err.Error())
	}
	return ch, !taken || other.ID == i.ID, nil
}

// inRoom judges a failure of a call that concerns the incident's place: when the
// channel is lost, the incident goes on in the announcement's thread.
func (b *Bot) inRoom(ctx context.Context, i incident.Incident, channel string, fail *failure) courier.Result {
	r := fail.Result
	why, lost := roomLost(fail)
	if !lost || i.Room.State != incident.RoomOpen || channel != i.Room.Channel {
		return r
	}
	if fail.code == "not_in_channel" {
		if _, err := b.client.JoinChannel(ctx, channel); err == nil {
			return b.later(0, "joined the channel again").Result
		}
	}
	r.State, r.At, r.Untried, r.Note = storage.Pending, b.now().Add(100*time.Millisecond), true, why
	r.Tell = desk.Outcome{Incident: incident.LoseRoom{Channel: channel, Why: why}}
	return r
}

// deliverTopic keeps the channel's topic true.
func (b *Bot) deliverTopic(ctx context.Context, j courier.Job) courier.Result {
	i, seq, fail := b.record(ctx, j)
	if fail != nil {
		return fail.Result
	}
	topic := slackui.Topic(i)
	kept := readReceipt(j.Receipt)
	if i.Room.State != incident.RoomOpen || kept.Hash == topic {
		return done(seq, kept)
	}
	if fail := b.allow(ctx, j, "conversations.setTopic", ""); fail != nil {
		return fail.Result
	}
	if err := b.client.SetTopic(ctx, i.Room.Channel, topic); err != nil {
		return b.inRoom(ctx, i, i.Room.Channel, b.failed(j, "conversations.setTopic", err))
	}
	return done(seq, receipt{Channel: i.Room.Channel, Hash: topic})
}

// deliverLinks keeps the channel's bookmarks. Slack keeps two of the same, so what
// is there is read first.
func (b *Bot) deliverLinks(ctx context.Context, j courier.Job) courier.Result {
	i, seq, fail := b.record(ctx, j)
	if fail != nil {
		return fail.Result
	}
	kept := readReceipt(j.Receipt)
	scene := b.scene(ctx, i)
	if scene.NewsLink == "" && b.footing.self().URL != "" {
		return b.later(time.Second, "waiting for the announcement").Result
	}
	links := slackui.Links(i, scene)
	if i.Room.State != incident.RoomOpen || len(links) == 0 {
		return done(seq, kept)
	}
	there, err := b.client.Bookmarks(ctx, i.Room.Channel)
	if err != nil {
		return b.failed(j, "bookmarks.list", err).Result
	}
	for _, l := range links {
		if slices.ContainsFunc(there, func(m slackio.Bookmark) bool { return m.Link == l.URL }) {
			continue
		}
		if _, err := b.client.AddBookmark(ctx, i.Room.Channel, slackio.Bookmark{Title: l.Title, Link: l.URL}); err != nil {
			return b.failed(j, "bookmarks.add", err).Result
		}
	}
	return done(seq, receipt{Channel: i.Room.Channel})
}

// deliverInvite asks one person into the room. One who cannot come is no reason
// to hold anything up.
func (b *Bot) deliverInvite(ctx context.Context, j courier.Job) courier.Result {
	i, _, e, fail := b.told(ctx, j)
	if fail != nil {
		return fail.Result
	}
	id, ok := b.people.Slack(e.Person)
	switch {
	case i.Room.State != incident.RoomOpen:
		return courier.Result{State: storage.Done, Note: "there is no channel to invite to"}
	case b.unread(e.Person):
		return b.later(time.Second, "Slack's people are not read yet").Result
	case !ok:
		return courier.Result{State: storage.Done, Note: e.Person + " is not known in Slack"}
	}
	if fail := b.allow(ctx, j, "conversations.invite", ""); fail != nil {
		return fail.Result
	}
	results, err := b.client.Invite(ctx, i.Room.Channel, id)
	if err != nil {
		return b.inRoom(ctx, i, i.Room.Channel, b.failed(j, "conversations.invite", err))
	}
	r := courier.Result{State: storage.Done}
	for _, one := range results {
		if !one.Failure.OK() {
			r.Note = e.Person + " could not be invited: " + one.Failure.Code
		}
	}
	return r
}

// findNews returns the id of the incidents channel: the bot joins it, or creates
// it when there is none of its name.
func (b *Bot) findNews(ctx context.Context) (string, error) {
	if id := b.footing.newsChannel(); id != "" {
		return id, nil
	}
	name := strings.TrimPrefix(b.settings.Slack.IncidentsChannel, "#")
	ch := slackio.Channel{ID: name}
	if !channelID(name) {
		found, ok, err := b.client.FindChannel(ctx, name)
		if err != nil {
			return "", fmt.Errorf("find channel #%s: %w", name, err)
		}
		if !ok {
			if found, err = b.client.CreateChannel(ctx, name, false); err != nil {
				return "", fmt.Errorf("create channel #%s: %w", name, err)
			}
		}
		ch = found
	}
	if !ch.Member {
		if _, err := b.client.JoinChannel(ctx, ch.ID); err != nil && slackio.Classify("conversations.join", err).Class != slackio.Already {
			b.log.Warn().Err(err).Str("channel", name).Msg("join the incidents channel")
		}
	}
	b.footing.tellIn(ch.ID)
	return ch.ID, nil
}

func channelID(s string) bool {
	return len(s) > 7 && (s[0] == 'C' || s[0] == 'G') && strings.ToUpper(s) == s && !strings.Contains(s, "-")
}

// newsFailed is the result of an attempt for which the incidents channel could
// not be found.
func (b *Bot) newsFailed(j courier.Job, err error) courier.Result {
	var call *slackio.CallError
	method := "conversations.list"
	if errors.As(err, &call) {
		method = call.Method
	}
	r := b.failed(j, method, err).Result
	if r.State == storage.Dead { // a later attempt may find it: somebody may create it or invite the bot
		r.State, r.At = storage.Pending, b.now().Add(30*time.Second)
	}
	return r
}
