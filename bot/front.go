package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// handle deals with one envelope and gives the payload of its acknowledgement. An
// event that could not be stored is an error: Slack sends it again.
func (b *Bot) handle(ctx context.Context, e slackio.Envelope) (json.RawMessage, error) {
	started := b.now()
	defer func() { b.metrics.envelope(e.Type, b.now().Sub(started)) }()
	switch e.Type {
	case "slash_commands":
		return b.slash(ctx, e), nil
	case "interactive":
		return b.interactive(ctx, e), nil
	case "events_api":
		return nil, b.event(ctx, e)
	}
	return nil, nil
}

// request is something a person asks for in Slack.
type request struct {
	by      incident.Actor
	user    string // Slack id
	cause   string
	channel string
	thread  string // in which it was said; empty: none
	trigger string
	respond string // response URL
	input   slackui.Input
	// again: they have seen that it exists, and want it once more.
	again bool
	typed string
	// asked is when the question was put that a button answers: what was typed was typed
	// then. Zero: it answers none.
	asked time.Time
	// formed: it comes from a form that was filled in.
	formed bool
}

// meant is the time that was given, else when it was typed; zero: now.
func (r request) meant(given time.Time) time.Time {
	if given.IsZero() {
		return r.asked
	}
	return given
}

func (r request) in() desk.In { return desk.In{By: r.by, Cause: r.cause, Again: r.again} }

type slashPayload struct {
	TeamID      string `json:"team_id"`
	ChannelID   string `json:"channel_id"`
	UserID      string `json:"user_id"`
	Command     string `json:"command"`
	Text        string `json:"text"`
	ResponseURL string `json:"response_url"`
	TriggerID   string `json:"trigger_id"`
}

func (b *Bot) slash(ctx context.Context, e slackio.Envelope) json.RawMessage {
	var p slashPayload
	if err := json.Unmarshal(e.Payload, &p); err != nil {
		b.log.Warn().Err(err).Msg("decode slash command")
		return nil
	}
	p.Text = b.named(ctx, p.Text)
	r := request{by: b.workspace.actor(ctx, p.UserID), user: p.UserID, cause: "trigger:" + p.TeamID + ":" + p.TriggerID, channel: p.ChannelID,
		trigger: p.TriggerID, respond: p.ResponseURL, typed: strings.TrimSpace(p.Command + " " + p.Text)}
	zone := b.people.Zone(r.by.Person)
	if contains(b.settings.Slack.Commands.OnCall, p.Command) {
		r.input = slackui.ParseOncall(p.Text, b.now(), zone)
	} else {
		r.input = b.understood(p.Text, zone)
	}
	if m := b.run(ctx, r); m != nil {
		return ephemeral(*m)
	}
	return nil
}

// named gives people who are mentioned their names, and channels of incidents these.
func (b *Bot) named(ctx context.Context, text string) string {
	text = slackui.Roomed(text, func(channel string) string {
		i, _, err := b.desk.InChannel(ctx, channel)
		if err != nil {
			b.log.Warn().Err(err).Msg("look for the incident of a channel that is named")
		}
		return i.ID
	})
	return slackui.Named(text, func(id string) string { return b.people.Display(b.people.Person(id)) })
}

// run does what a person asks for, and gives the message that only they see; nil:
// they see something else, such as a form.
func (b *Bot) run(ctx context.Context, r request) *slackui.Message {
	m, err := b.dispatch(ctx, r)
	if err == nil {
		return m
	}
	return b.explain(r, err)
}

// explain turns an error into what the person sees. Nothing they typed is lost.
func (b *Bot) explain(r request, err error) *slackui.Message {
	s := b.views.plain()
	if !r.formed {
		r.typed = slackui.Decode(r.typed, nil)
	}
	if text, _, ok := desk.Refusal(err); ok {
		m := slackui.Refusal(text, r.typed, s)
		return &m
	}
	var pending *desk.PendingError
	switch {
	case errors.Is(err, desk.ErrNotRecorded):
		m := slackui.NotRecorded(r.typed)
		return &m
	case errors.As(err, &pending):
		b.follow(r, pending)
		m := slackui.NotConfirmed(r.typed)
		return &m
	}
	b.log.Error().Err(err).Str("by", r.by.Person).Msg("command")
	if errors.Is(err, storage.ErrFull) {
		m := slackui.Refusal("Not recorded: the disk of Watchbill is full, and only what is open already goes on. Tell whoever runs it to make room, and send it again then.", r.typed, s)
		return &m
	}
	m := slackui.NotRecorded(r.typed)
	return &m
}

// follow tells the outcome of a command that was still being written.
func (b *Bot) follow(r request, p *desk.PendingError) {
	b.afterwards.do(func(ctx context.Context) {
		var m slackui.Message
		select {
		case <-ctx.Done():
			return
		case res := <-p.Done:
			if res.Err != nil {
				if again := b.explain(r, res.Err); again != nil {
					m = *again
				}
			} else {
				m = b.answered(r, res.Answer)
			}
		}
		b.respond(ctx, r.respond, m, false)
	})
}

// respond posts a message that only the person sees, instead of the one that holds the
// button if it says so; it can be sent at most once.
func (b *Bot) respond(ctx context.Context, url string, m slackui.Message, instead bool) {
	if url == "" || m.Text == "" {
		return
	}
	blocks, err := json.Marshal(m.Blocks)
	if err == nil {
		err = b.client.RespondURL(ctx, url, slackio.Response{Text: m.Text, Blocks: blocks, ResponseType: "ephemeral", ReplaceOriginal: instead})
	}
	if err != nil {
		b.log.Warn().Err(err).Msg("answer by response URL")
	}
}

// answered is what a person sees of a command that was carried out.
func (b *Bot) answered(r request, a desk.Answer) slackui.Message {
	s := b.views.plain()
	switch {
	case a.Schedule != "":
		var events []oncall.Event
		if a.Roster != nil {
			events = a.Roster.Events
		}
		return slackui.RosterDone(slackui.Rostered{Schedule: a.Schedule, Events: events}, s)
	case a.Exists:
		if r.input.Verb == slackui.Declare {
			return slackui.DeclaredBefore(strings.Join(a.Text, " "), a.Now, r.input, s)
		}
		return slackui.Exists(fmt.Sprintf("It is on the timeline of %s already.", a.Incident), r.input, s)
	case a.Page != "" && a.Paged.Status == paging.Ended && !a.Changed:
		return slackui.PageOver(a.Page)
	case a.Alert != "" && r.input.Alert != "" && r.input.Verb != slackui.Declare:
		return b.alertAnswered(r, a)
	case a.Silence != "":
		return slackui.Noted(a.Silence+" is made: `/inc silences` shows it.", s)
	case a.Incident == "" && a.Page != "":
		return slackui.PageDone(a.Page, a.Paged, a.Changed, s)
	case r.input.Verb == slackui.Declare:
		return slackui.Declared(a.Now, s)
	}
	s.Also = a.Text
	s.Here = a.Now.Room.State == incident.RoomOpen && r.channel == a.Now.Room.Channel
	return slackui.Done(a.Now, a.Events, s)
}

// ephemeral is the payload of an acknowledgement that only the person sees.
func ephemeral(m slackui.Message) json.RawMessage {
	body, err := json.Marshal(struct {
		ResponseType string `json:"response_type"`
		Text         string `json:"text"`
		Blocks       any    `json:"blocks,omitempty"`
	}{"ephemeral", m.Text, m.Blocks})
	if err != nil {
		return nil
	}
	return body
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if strings.EqualFold(l, s) {
			return true
		}
	}
	return false
}
