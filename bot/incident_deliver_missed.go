package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
)

// deliverMissed reads from the history of an incident's channel, and of the thread below its
// announcement, what people did while nobody listened: Slack repeats an event three
// times within minutes and then forgets it. What the timeline has already changes nothing.
func (d *incidentDelivery) deliverMissed(ctx context.Context, j courier.Job, i incident.Incident, _ uint64) courier.Result {
	if r, back := d.back(ctx, i); back {
		return r
	}
	spots, err := d.spokenIn(ctx, i)
	if err != nil {
		return d.slack.later(time.Second, err.Error()).Result
	}
	if len(spots) == 0 {
		return courier.Result{State: storage.Done, Note: "there is no channel to read"}
	}
	r := courier.Result{State: storage.Done}
	for _, p := range spots {
		s, fail := d.see(ctx, j, i, p)
		if fail != nil {
			if fail.code == "not_in_channel" && p.thread != "" {
				if _, err := d.client.JoinChannel(ctx, p.channel); err == nil {
					return d.slack.later(0, "joined the incidents channel again").Result
				}
			}
			if _, lost := roomLost(fail); fail.code == "thread_not_found" || lost && (p.thread == "") == (i.Room.State == incident.RoomThread) {
				continue // the announcement was deleted, or work goes on in the other place
			}
			return d.inRoom(ctx, j, i, p.channel, fail) // it may have been thrown out meanwhile
		}
		for n, c := range s.missed(i) {
			in := desk.In{Cause: fmt.Sprintf("%s/%d/%s", j.Target, j.Attempts, c.key)}
			if _, err := d.desk.Change(ctx, in, i.ID, c.command); err != nil {
				if _, _, refused := desk.Refusal(err); !refused {
					return d.slack.later(time.Second, fmt.Sprintf("record what was missed (%d): %v", n, err)).Result
				}
			}
		}
		if !s.whole {
			r.Note = "the channel is too long to be read whole"
		}
	}
	return r
}

// see reads a place in which an incident is or was worked on: an archived channel too.
func (d *incidentDelivery) see(ctx context.Context, j courier.Job, i incident.Incident, p spot) (seen, *failure) {
	self := d.footing.self().UserID
	if self == "" {
		return seen{}, d.unmet()
	}
	read := d.now().Add(d.client.ClockOffset())
	s := seen{spot: p, at: fmt.Sprintf("%d.%06d", read.Unix(), read.Nanosecond()/1000), reactions: d.settings.Slack.TimelineReactions,
		actor: func(id string) incident.Actor { return d.workspace.actor(ctx, id) }, self: self, plain: d.views.asWritten}
	if method, err := d.read(ctx, &s, i.Declared); err != nil {
		return s, d.slack.failed(j, method, err)
	}
	if s.thread != "" { // what else is pinned there belongs to others
		s.pins = slices.DeleteFunc(s.pins, func(p slackio.Pin) bool {
			_, known := i.Pins[incident.PinKey(s.channel, p.Message.TS)]
			return !known && !s.shows(p.Message.TS)
		})
	}
	return s, nil
}

// read reads the messages and pins of a place. method is the call that failed.
func (d *incidentDelivery) read(ctx context.Context, s *seen, since time.Time) (method string, err error) {
	if s.thread != "" {
		if s.messages, s.whole, err = d.client.RepliesSince(ctx, s.channel, s.thread, since); err != nil {
			return "conversations.replies", err
		}
	} else {
		switch ch, err := d.client.ChannelInfo(ctx, s.channel); {
		case err == nil:
			s.archived = ch.Archived
		case slackio.Classify("conversations.info", err).Code != "missing_scope": // optional, where people made it private
			return "conversations.info", err
		}
		if s.messages, s.whole, err = d.client.AllSince(ctx, s.channel, since); err != nil {
			return "conversations.history", err
		}
	}
	s.pins, err = d.client.Pins(ctx, s.channel)
	return "pins.list", err
}

// back takes an incident back to a channel that people brought back meanwhile.
func (d *incidentDelivery) back(ctx context.Context, i incident.Incident) (courier.Result, bool) {
	if i.Room.State != incident.RoomThread || i.Room.Channel == "" {
		return courier.Result{}, false
	}
	if _, err := d.client.JoinChannel(ctx, i.Room.Channel); err != nil {
		return courier.Result{}, false
	}
	r := courier.Result{State: storage.Done, Note: "the channel is there again, and is read then"}
	r.Tell = desk.Outcome{Incident: incident.OpenRoom{Channel: i.Room.Channel, Name: i.Room.Name}}
	return r, true
}

// spot is a channel, or a thread in one.
type spot struct{ channel, thread string }

// spokenIn is where people talk about an incident: in its channel, also where work has left
// it, and below its announcement.
func (d *incidentDelivery) spokenIn(ctx context.Context, i incident.Incident) (out []spot, err error) {
	if i.Room.Channel != "" {
		out = append(out, spot{channel: i.Room.Channel})
	}
	r, err := announcedAt(ctx, d.store, i.ID)
	if err != nil {
		return nil, err
	}
	if r.TS != "" {
		out = append(out, spot{r.Channel, r.TS})
	}
	return out, nil
}

// seen is what a channel's history, or that of a thread in it, shows at one moment.
type seen struct {
	spot
	archived  bool
	at        string // when it was read, in Slack's form: it orders after every event before
	messages  []slackio.Message
	whole     bool // no message was left out
	pins      []slackio.Pin
	reactions []string // the emoji that put a message on the timeline
	actor     func(slackID string) incident.Actor
	self      string // the bot's user id
	plain     func(string) string
}

// heard is a command that a missed event would have put, named by what it is about.
type heard struct {
	key     string
	command incident.Command
}

// missed are the commands that bring an incident's pins to what the channel shows, and the
// incident to where work can go on.
func (s seen) missed(i incident.Incident) []heard {
	var out []heard
	on := map[string]bool{} // message/person:how that the channel shows
	part := map[string]bool{}
	mark := func(m slackio.Message, by incident.Actor, how incident.PinHow) {
		key := incident.PinKey(s.channel, m.TS)
		who := incident.Marker(by.Person, how)
		on[key+" "+who] = true
		if !i.Pins[key].By[who].On {
			out = append(out, heard{key + " " + who, incident.MarkPin{By: by, How: how, Channel: s.channel, TS: m.TS, Thread: thread(m), On: true, EventTS: s.at}})
		}
	}
	for _, m := range s.messages {
		for _, r := range m.Reactions {
			if !slices.Contains(s.reactions, r.Name) {
				continue
			}
			part[incident.PinKey(s.channel, m.TS)] = len(r.Users) < r.Count
			for _, u := range r.Users {
				mark(m, s.actor(u), incident.ByReaction)
			}
		}
	}
	for _, p := range s.pins {
		if p.By != s.self {
			mark(p.Message, s.actor(p.By), incident.ByPin)
		}
	}
	out = append(out, s.gone(i, on, part)...)
	out = append(out, s.edits(i)...)
	if s.archived && i.Status != incident.Closed { // where work is over, nothing has to go on elsewhere
		out = append(out, heard{"archived", incident.LoseRoom{Channel: s.channel, Why: whyArchived}})
	}
	return out
}

func thread(m slackio.Message) string {
	if m.ThreadTS == m.TS {
		return ""
	}
	return m.ThreadTS
}

// gone are the marks that the timeline knows and the channel no longer shows.
func (s seen) gone(i incident.Incident, on, part map[string]bool) []heard {
	var out []heard
	for key, pin := range i.Pins {
		channel, ts, _ := strings.Cut(key, "/")
		for who, mark := range pin.By {
			person, how := incident.Marked(who)
			unseen := how == incident.ByShortcut || how == incident.ByReaction && (part[key] || !s.shows(ts))
			if !mark.On || on[key+" "+who] || channel != s.channel || unseen {
				continue
			}
			out = append(out, heard{key + " " + who, incident.MarkPin{By: incident.Actor{Person: person, Via: "slack"}, How: how, Channel: channel, TS: ts, EventTS: s.at}})
		}
	}
	slices.SortFunc(out, func(a, b heard) int { return strings.Compare(a.key, b.key) })
	return out
}

func (s seen) shows(ts string) bool {
	return slices.ContainsFunc(s.messages, func(m slackio.Message) bool { return m.TS == ts })
}

// edits are the changes of messages on the timeline that were made meanwhile.
func (s seen) edits(i incident.Incident) []heard {
	var out []heard
	for _, m := range s.messages {
		key := incident.PinKey(s.channel, m.TS)
		if i.Pins[key].Entry == 0 || m.Edited == "" {
			continue
		}
		out = append(out, heard{key + " edit", incident.EditPin{Channel: s.channel, TS: m.TS, By: s.actor(m.User), Text: s.plain(m.Text), AsOf: m.Edited}})
	}
	if !s.whole {
		return out
	}
	for key, pin := range i.Pins {
		channel, ts, _ := strings.Cut(key, "/")
		if at, err := incident.TimeOfTS(ts); err != nil || pin.Entry == 0 || !pin.Fetched || channel != s.channel || at.Before(i.Declared) || s.shows(ts) {
			continue
		}
		out = append(out, heard{key + " gone", incident.EditPin{Channel: channel, TS: ts, Deleted: true}})
	}
	slices.SortFunc(out, func(a, b heard) int { return strings.Compare(a.key, b.key) })
	return out
}
