package bot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
)

// incidentDelivery delivers what incidents owe to their channels and to the incidents
// channel.
type incidentDelivery struct {
	settings  *configs.Config
	desk      *desk.Desk
	store     storage.Store
	people    *desk.Directory
	workspace *workspace
	client    *slackio.Client
	slack     *poster
	news      *news
	views     *views
	footing   *footing
	version   string
	log       zerolog.Logger
	now       func() time.Time
}

// mostNames is how many names are tried for a channel: the incident's number is in
// it, so that only somebody's own making can take one.
const mostNames = 3

// deliverRoom opens the incident's channel. A name that is taken is adopted only
// if it is ours and younger than the declaration; else the name gets a suffix.
func (d *incidentDelivery) deliverRoom(ctx context.Context, j courier.Job, i incident.Incident, _ uint64) courier.Result {
	if i.Room.State != incident.RoomPending {
		return done(0, receipt{Channel: i.Room.Channel})
	}
	for n := 1; n <= mostNames; n++ {
		name := i.Room.Name
		if n > 1 {
			name = fmt.Sprintf("%s-%d", name, n)
		}
		if fail := d.slack.allow(ctx, j, "conversations.create", ""); fail != nil {
			return fail.Result
		}
		ch, err := d.client.CreateChannel(ctx, name, false)
		if err == nil {
			return opened(ch)
		}
		f := slackio.Classify("conversations.create", err)
		switch {
		case f.Code == "name_taken" && !j.Again():
			// Nothing of ours can have it: the next name.
		case f.Code == "name_taken":
			ch, ours, fail := d.adopt(ctx, j, i, name)
			if fail != nil {
				return fail.Result
			}
			if ours {
				return opened(ch)
			}
		case f.Class == slackio.Fatal && f.Code != "missing_scope" && f.Code != "no_permission" && f.Code != "restricted_action",
			f.Class == slackio.Retry, f.Class == slackio.Unknown, f.Class == slackio.RateLimited:
			return d.slack.failed(j, "conversations.create", err).Result
		case f.Class == slackio.Invalid && j.Attempts < mostTries:
			return d.slack.failed(j, "conversations.create", err).Result
		default:
			return roomless(fmt.Sprintf("Slack refused to create its channel (%s)", f.Code))
		}
	}
	return roomless(fmt.Sprintf("the channel name %s and %d variants of it are taken", i.Room.Name, mostNames-1))
}

func opened(ch slackio.Channel) courier.Result {
	r := done(0, receipt{Channel: ch.ID})
	r.Tell = desk.Outcome{Incident: incident.OpenRoom{Channel: ch.ID, Name: ch.Name}}
	return r
}

func roomless(why string) courier.Result {
	r := done(0, receipt{})
	r.Note = why
	r.Tell = desk.Outcome{Incident: incident.LoseRoom{Why: why}}
	return r
}

// adopt looks at the channel that has the name: an attempt whose answer was lost
// may have created it.
func (d *incidentDelivery) adopt(ctx context.Context, j courier.Job, i incident.Incident, name string) (slackio.Channel, bool, *failure) {
	if fail := d.slack.allow(ctx, j, "conversations.list", ""); fail != nil {
		return slackio.Channel{}, false, fail
	}
	ch, found, err := d.client.FindChannel(ctx, name)
	if err != nil {
		return ch, false, d.slack.failed(j, "conversations.list", err)
	}
	self := d.footing.self().UserID
	if self == "" {
		return ch, false, d.unmet()
	}
	ours := found && !ch.Archived && ch.Creator == self && !ch.Created.Before(i.Declared.Add(d.client.ClockOffset()).Add(-2*time.Second))
	if !ours {
		return ch, false, nil
	}
	other, taken, err := d.desk.InChannel(ctx, ch.ID)
	if err != nil {
		return ch, false, d.slack.later(time.Second, err.Error())
	}
	return ch, !taken || other.ID == i.ID, nil
}

// unmet is the failure of what must know who the app is, before Slack has said so.
func (d *incidentDelivery) unmet() *failure {
	return d.slack.later(time.Second, "Slack has not said yet who the app is")
}

// inRoom judges a failure of a call that concerns the incident's place: when the
// channel is lost, the incident goes on in the announcement's thread. What that refuses
// waits.
func (d *incidentDelivery) inRoom(ctx context.Context, j courier.Job, i incident.Incident, channel string, fail *failure) courier.Result {
	if i.Room.State != incident.RoomOpen {
		return d.news.refused(fail)
	}
	r := fail.Result
	why, lost := roomLost(fail)
	if !lost || channel != i.Room.Channel {
		return r
	}
	if fail.code == "not_in_channel" {
		_, err := d.client.JoinChannel(ctx, channel)
		if err == nil {
			return d.slack.later(0, "joined the channel again").Result
		}
		if again := d.slack.failed(j, "conversations.join", err); again.State == storage.Pending {
			return again.Result
		}
	}
	r.State, r.At, r.Untried, r.Note = storage.Pending, d.now().Add(100*time.Millisecond), true, why
	r.Tell = desk.Outcome{Incident: incident.LoseRoom{Channel: channel, Why: why}}
	return r
}

func (d *incidentDelivery) deliverTopic(ctx context.Context, j courier.Job, i incident.Incident, seq uint64) courier.Result {
	topic := slackui.Topic(i)
	kept := readReceipt(j.Receipt)
	if i.Room.State != incident.RoomOpen || kept.Hash == topic {
		return done(seq, kept)
	}
	if fail := d.slack.allow(ctx, j, "conversations.setTopic", ""); fail != nil {
		return fail.Result
	}
	if err := d.client.SetTopic(ctx, i.Room.Channel, topic); err != nil {
		return d.inRoom(ctx, j, i, i.Room.Channel, d.slack.failed(j, "conversations.setTopic", err))
	}
	return done(seq, receipt{Channel: i.Room.Channel, Hash: topic})
}

// deliverLinks keeps the channel's bookmarks. Slack keeps two of the same, so what
// is there is read first.
func (d *incidentDelivery) deliverLinks(ctx context.Context, j courier.Job, i incident.Incident, seq uint64) courier.Result {
	kept := readReceipt(j.Receipt)
	scene := d.views.scene(ctx, i)
	if scene.NewsLink == "" && d.footing.self().URL != "" {
		return d.slack.later(time.Second, "waiting for the announcement").Result
	}
	links := slackui.Links(i, scene)
	if i.Room.State != incident.RoomOpen || len(links) == 0 {
		return done(seq, kept)
	}
	there, err := d.client.Bookmarks(ctx, i.Room.Channel)
	if err != nil {
		return d.slack.failed(j, "bookmarks.list", err).Result
	}
	for _, l := range links {
		if slices.ContainsFunc(there, func(m slackio.Bookmark) bool { return m.Link == l.URL }) {
			continue
		}
		if _, err := d.client.AddBookmark(ctx, i.Room.Channel, slackio.Bookmark{Title: l.Title, Link: l.URL}); err != nil {
			return d.slack.failed(j, "bookmarks.add", err).Result
		}
	}
	return done(seq, receipt{Channel: i.Room.Channel})
}

// deliverInvite asks one person into the room. One who cannot come is no reason
// to hold anything up.
func (d *incidentDelivery) deliverInvite(ctx context.Context, j courier.Job, i incident.Incident, _ uint64, e incident.Event) courier.Result {
	id, ok := d.people.Slack(e.Person)
	switch {
	case i.Room.State != incident.RoomOpen:
		return courier.Result{State: storage.Done, Note: "there is no channel to invite to"}
	case d.workspace.unread(e.Person):
		return d.slack.later(time.Second, "Slack's people are not read yet").Result
	case !ok:
		return courier.Result{State: storage.Done, Note: e.Person + " is not known in Slack"}
	}
	if fail := d.slack.allow(ctx, j, "conversations.invite", ""); fail != nil {
		return fail.Result
	}
	results, err := d.client.Invite(ctx, i.Room.Channel, id)
	if err != nil {
		return d.inRoom(ctx, j, i, i.Room.Channel, d.slack.failed(j, "conversations.invite", err))
	}
	r := courier.Result{State: storage.Done}
	for _, one := range results {
		if !one.Failure.OK() {
			r.Note = e.Person + " could not be invited: " + one.Failure.Code
		}
	}
	return r
}

// level delivers what shows an incident as it is: it reads that, as of a sequence.
func (d *incidentDelivery) level(deliver func(context.Context, courier.Job, incident.Incident, uint64) courier.Result) courier.Deliver {
	return func(ctx context.Context, j courier.Job) courier.Result {
		i, seq, err := d.desk.IncidentAt(ctx, j.Record.ID)
		if err != nil {
			return d.slack.later(time.Second, fmt.Sprintf("read the record: %v", err)).Result
		}
		return deliver(ctx, j, i, seq)
	}
}

// edge delivers what an event of an incident led to.
func (d *incidentDelivery) edge(deliver func(context.Context, courier.Job, incident.Incident, uint64, incident.Event) courier.Result) courier.Deliver {
	return d.level(func(ctx context.Context, j courier.Job, i incident.Incident, seq uint64) courier.Result {
		e, err := desk.Told(j.Body)
		if err != nil {
			return dead(err.Error()).Result
		}
		return deliver(ctx, j, i, seq, e)
	})
}

// place is where the incident is worked on: its channel, or the thread below its
// announcement.
func (d *incidentDelivery) place(ctx context.Context, i incident.Incident) (slackio.Posted, *failure) {
	if i.Room.State == incident.RoomOpen {
		return slackio.Posted{Channel: i.Room.Channel}, nil
	}
	return d.newsThread(ctx, i)
}

// newsThread is the thread below the incident's announcement.
func (d *incidentDelivery) newsThread(ctx context.Context, i incident.Incident) (slackio.Posted, *failure) {
	r, err := announcedAt(ctx, d.store, i.ID)
	if err != nil || r.TS == "" {
		return slackio.Posted{}, d.slack.later(time.Second, "waiting for the announcement")
	}
	return slackio.Posted{Channel: r.Channel, TS: r.TS}, nil
}
