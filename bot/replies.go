package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/slack-go/slack"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// replies are the ways back to a person who asks for something in Slack: each is gone at
// most once, and nothing of them is stored.
type replies struct {
	desk       *desk.Desk
	client     *slackio.Client
	views      *views
	afterwards *afterwards
	log        zerolog.Logger
}

// notForGuests refuses what would only be asked back.
var notForGuests = refusal(incident.Forbidden, "Guests cannot change incidents and alerts here. Ask a member of the workspace to do it for you.")

// refusal is an answer of the front itself.
func refusal(code incident.Code, format string, args ...any) error {
	return &desk.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// shownTime is how long an answer waits for what it shows.
const shownTime = time.Second

// alertAnswered is what a person sees of a command on an alert that was carried out.
func (p *replies) alertAnswered(r request, done desk.Answer) slackui.Message {
	ctx, cancel := context.WithTimeout(context.Background(), shownTime)
	defer cancel()
	s := p.views.plain()
	a, err := p.views.alertShown(ctx, done.Alert)
	switch {
	case err != nil:
		return slackui.Noted(done.Alert+": done.", s)
	case done.Silence != "":
		made, err := p.desk.SilenceOf(ctx, done.Silence)
		if err != nil {
			return slackui.Noted(done.Alert+" is silenced ("+done.Silence+").", s)
		}
		return slackui.AlertSilenced(a, made, s)
	case a.State == alert.StateClosed:
		return slackui.AlertClosed(a)
	case r.input.Verb == slackui.Noise:
		return slackui.NoiseNoted(a, "", s)
	}
	return slackui.AlertAcked(a, r.by.Person, s)
}

func (p *replies) answer(r request, a desk.Answer, err error) (*slackui.Message, error) {
	if err != nil {
		return nil, err
	}
	return new(p.answered(r, a)), nil
}

// answerUnsaid is answer for what keeps no text: words that stood beside it come back.
func (p *replies) answerUnsaid(r request, a desk.Answer, err error) (*slackui.Message, error) {
	m, err := p.answer(r, a, err)
	if err == nil && r.input.Text != "" {
		*m = slackui.Unsaid(*m, r.input.Text)
	}
	return m, err
}

// openForm opens a modal. The trigger lives for three seconds: when that is too
// short, the person is told what to type instead.
func (p *replies) openForm(ctx context.Context, r request, view slack.ModalViewRequest) (*slackui.Message, error) {
	instead := slackui.InsteadOf(view, cmp.Or(r.input.Alert, r.input.Incident), p.views.plain())
	if r.by.Guest { // before they fill it in
		return nil, notForGuests
	}
	if r.trigger == "" { // a message brings none
		return new(slackui.NeedsForm(r.input, instead, p.views.plain())), nil
	}
	body, err := json.Marshal(view)
	if err != nil {
		return nil, err
	}
	if _, err := p.client.OpenView(ctx, r.trigger, body); err != nil {
		p.log.Warn().Err(err).Msg("open a form")
		return nil, refusal(incident.Conflict, "The form could not be opened in time, and nothing was changed. Try again, or type it: for example `%s`.", instead)
	}
	return nil, nil
}

// post sends a message to a channel, or to a person by their Slack id.
func (p *replies) post(ctx context.Context, to, thread string, m slackui.Message) (slackio.Posted, error) {
	blocks, err := json.Marshal(m.Blocks)
	if err != nil {
		return slackio.Posted{}, err
	}
	return p.client.PostMessage(ctx, slackio.Post{Channel: to, ThreadTS: thread, Text: m.Text, Blocks: blocks})
}

// whisper shows a message to one person, by their Slack id, in a channel.
func (p *replies) whisper(ctx context.Context, channel, user, thread string, m slackui.Message) error {
	blocks, err := json.Marshal(m.Blocks)
	if err != nil {
		return err
	}
	return p.client.PostEphemeral(ctx, slackio.Ephemeral{Channel: channel, User: user, ThreadTS: thread, Text: m.Text, Blocks: blocks})
}

// explain turns an error into what the person sees. Nothing they typed is lost.
func (p *replies) explain(r request, err error) *slackui.Message {
	s := p.views.plain()
	if !r.formed {
		r.typed = slackui.Decode(r.typed, nil)
	}
	if text, _, ok := desk.Refusal(err); ok {
		return new(slackui.Refusal(text, r.typed, s))
	}
	var pending *desk.PendingError
	switch {
	case errors.Is(err, desk.ErrNotRecorded):
		return new(slackui.NotRecorded(r.typed))
	case errors.As(err, &pending):
		p.follow(r, pending)
		return new(slackui.NotConfirmed(r.typed))
	}
	p.log.Error().Err(err).Str("by", r.by.Person).Msg("command")
	if errors.Is(err, storage.ErrFull) {
		return new(slackui.Refusal("Not recorded: the disk of Watchbill is full, and only what is open already goes on. Tell whoever runs it to make room, and send it again then.", r.typed, s))
	}
	return new(slackui.NotRecorded(r.typed))
}

// follow tells the outcome of a command that was still being written.
func (p *replies) follow(r request, pending *desk.PendingError) {
	p.afterwards.do(func(ctx context.Context) {
		var m slackui.Message
		select {
		case <-ctx.Done():
			return
		case res := <-pending.Done:
			if res.Err != nil {
				m = *p.explain(r, res.Err)
			} else {
				m = p.answered(r, res.Answer)
			}
		}
		p.respond(ctx, r.respond, m, false)
	})
}

// respond posts a message that only the person sees, instead of the one that holds the
// button if it says so; it can be sent at most once.
func (p *replies) respond(ctx context.Context, url string, m slackui.Message, instead bool) {
	if url == "" || m.Text == "" {
		return
	}
	blocks, err := json.Marshal(m.Blocks)
	if err == nil {
		err = p.client.RespondURL(ctx, url, slackio.Response{Text: m.Text, Blocks: blocks, ResponseType: "ephemeral", ReplaceOriginal: instead})
	}
	if err != nil {
		p.log.Warn().Err(err).Msg("answer by response URL")
	}
}

// answered is what a person sees of a command that was carried out.
func (p *replies) answered(r request, a desk.Answer) slackui.Message {
	s := p.views.plain()
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
		return slackui.PageOver(a.Page, a.Now, s)
	case a.Alert != "" && r.input.Alert != "" && r.input.Verb != slackui.Declare:
		return p.alertAnswered(r, a)
	case a.Silence != "":
		return slackui.Noted(a.Silence+" is made: `/inc silences` shows it.", s)
	case a.Incident == "" && a.Page != "":
		return slackui.PageDone(a.Page, a.Paged, a.Changed, s)
	case r.input.Verb == slackui.Declare:
		return slackui.Declared(a.Now, a.Alike, s)
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

// tell shows a message to the person who pressed: by the response URL, else as an
// ephemeral message where they are, else as a direct message.
func (p *replies) tell(ctx context.Context, r request, thread string, m *slackui.Message) {
	if m == nil || m.Text == "" {
		return
	}
	if r.respond != "" {
		p.respond(ctx, r.respond, *m, false)
		return
	}
	if r.channel != "" && !strings.HasPrefix(r.channel, "D") && p.whisper(ctx, r.channel, r.user, thread, *m) == nil {
		return
	}
	if _, err := p.post(ctx, r.user, "", *m); err != nil {
		p.log.Warn().Err(err).Msg("answer a person")
	}
}
