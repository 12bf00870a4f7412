package bot

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
)

// interaction is the part of an interactive payload that matters here.
type interaction struct {
	Type        string `json:"type"`
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
	User        struct {
		ID string `json:"id"`
	} `json:"user"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Container struct {
		MessageTS string `json:"message_ts"`
		ThreadTS  string `json:"thread_ts"`
	} `json:"container"`
	Message struct {
		TS       string `json:"ts"`
		ThreadTS string `json:"thread_ts"`
	} `json:"message"`
	View    json.RawMessage `json:"view"`
	Actions []struct {
		ActionID string `json:"action_id"`
		Value    string `json:"value"`
		Option   struct {
			Value string `json:"value"`
		} `json:"selected_option"`
	} `json:"actions"`
}

func (f *front) interactive(ctx context.Context, e slackio.Envelope) json.RawMessage {
	var p interaction
	if err := json.Unmarshal(e.Payload, &p); err != nil {
		f.log.Warn().Err(err).Msg("decode interaction")
		return nil
	}
	r := request{by: f.workspace.actor(ctx, p.User.ID), user: p.User.ID, channel: p.Channel.ID, trigger: p.TriggerID, respond: p.ResponseURL}
	r.cause = "trigger:" + p.TriggerID
	if p.TriggerID == "" {
		r.cause = "envelope:" + e.ID
	}
	switch p.Type {
	case "block_actions":
		f.press(ctx, r, p)
	case "view_submission":
		return f.submitted(ctx, r, p)
	case "shortcut":
		f.reply.tell(ctx, r, p.Container.ThreadTS, f.run(ctx, r)) // the empty command opens the form
	case "message_action":
		f.reply.tell(ctx, r, p.Container.ThreadTS, f.pinByShortcut(ctx, r, p))
	}
	return nil
}

func (f *front) press(ctx context.Context, r request, p interaction) {
	if len(p.Actions) == 0 {
		return
	}
	value := p.Actions[0].Value
	if value == "" {
		value = p.Actions[0].Option.Value
	}
	a, err := slackui.ReadAction(p.Actions[0].ActionID, value)
	if err != nil {
		f.log.Warn().Err(err).Msg("a button that is not known")
		m := slackui.Refusal("This button is from another version of Watchbill and does nothing any more. Type the command instead: `"+
			f.settings.Slack.Commands.Incident[0]+" help` lists them.", "", f.views.plain())
		f.reply.tell(ctx, r, p.Container.ThreadTS, &m)
		return
	}
	if a.Kind == slackui.Cancel {
		if err := f.client.RespondURL(ctx, p.ResponseURL, slackio.Response{DeleteOriginal: true}); err != nil {
			f.log.Debug().Err(err).Msg("remove a message")
		}
		return
	}
	if slices.Contains(questions, a.Kind) {
		r.asked = f.askedAt(p.Container.MessageTS)
	}
	m, err := f.pressed(ctx, &r, a)
	if err != nil {
		m = f.reply.explain(r, err)
	}
	if err == nil && m != nil && r.respond != "" && slices.Contains(questions, a.Kind) {
		f.reply.respond(ctx, r.respond, *m, true)
	} else {
		f.reply.tell(ctx, r, p.Container.ThreadTS, m)
	}
	if p.inHome() {
		f.home.refresh(r.user)
	}
}

// questions are the buttons that answer a question of ours, or turn a page. What they did
// stands in its place: a question that stays asks to be answered once more.
var questions = []string{slackui.DeclareText, slackui.Again, slackui.Chosen, slackui.ListFrom}

// askedAt is when a question was put, by its message; zero: not known.
func (f *front) askedAt(ts string) time.Time {
	seconds, err := strconv.ParseFloat(ts, 64)
	at := time.UnixMicro(int64(seconds * 1e6)).UTC()
	if err != nil || at.After(f.now()) {
		return time.Time{}
	}
	return at
}

// inHome says whether the press was in somebody's Home tab, which shows what it did.
func (p interaction) inHome() bool {
	var view struct {
		Type string `json:"type"`
	}
	return json.Unmarshal(p.View, &view) == nil && view.Type == "home"
}

// pressed turns a button into the command it stands for.
func (f *front) pressed(ctx context.Context, r *request, a slackui.Action) (*slackui.Message, error) {
	r.input.Incident, r.input.Page, r.input.Turn = a.Incident, a.Page, a.Turn
	switch a.Kind {
	case slackui.PageAck, slackui.PageMenu, slackui.PageEscalate, slackui.PageDecline:
		return f.pressedPage(ctx, r, a)
	case slackui.TakeCommand:
		done, err := f.desk.Change(ctx, r.in(), a.Incident, incident.SetLead{By: r.by, Person: r.by.Person, Answered: true, Vacant: true})
		if err != nil || done.Now.Lead == r.by.Person {
			return nil, err
		}
		return new(slackui.Led(done.Now, f.views.plain())), nil
	case slackui.DoClose:
		if asked, err := f.askClose(ctx, *r, a.Incident); asked != nil || err != nil {
			return asked, err // it was reopened since
		}
		closed, err := f.desk.Change(ctx, r.in(), a.Incident, incident.Close{By: r.by})
		if err != nil || len(closed.Text) == 0 {
			return nil, err // the card shows it
		}
		return f.reply.answer(*r, closed, nil)
	case slackui.ListFrom:
		return f.list(ctx, a.From)
	case slackui.TimelineEarlier, slackui.TimelineNewest:
		i, err := f.desk.Incident(ctx, a.Incident)
		if err != nil {
			return nil, err
		}
		return f.timeline(ctx, *r, i, a.Seq)
	case slackui.ShowIncident:
		r.input.Verb = slackui.Show
		return f.dispatch(ctx, *r)
	case slackui.DeclareText:
		return f.asIfTyped(ctx, r, "declare "+a.Text)
	case slackui.Again:
		r.again = true
		return f.asIfTyped(ctx, r, a.Text)
	case slackui.Chosen:
		return f.asIfTyped(ctx, r, a.Incident+" "+a.Text)
	case slackui.AskDeclare:
		return f.reply.openForm(ctx, *r, slackui.DeclareModal(slackui.Input{}, r.meta(""), f.views.plain()))
	case slackui.RosterTake, slackui.RosterAccept, slackui.RosterRefuse, slackui.RosterWithdraw, slackui.RosterUndo, slackui.RosterRemove, slackui.RosterAsk:
		return f.pressedRoster(ctx, r, a)
	case slackui.AlertAck, slackui.AskAlertDeclare, slackui.AskSilence, slackui.AskNoise, slackui.AlertMenu, slackui.EndSilence:
		return f.alerts.pressed(ctx, *r, a)
	case slackui.OpenLink:
		return nil, nil
	}
	return f.ask(ctx, r, a)
}

// asIfTyped does what a button stands for as if its person had typed it.
func (f *front) asIfTyped(ctx context.Context, r *request, text string) (*slackui.Message, error) {
	now := r.asked
	if now.IsZero() {
		now = f.now()
	}
	r.typed, r.input = text, slackui.Parse(text, now, f.people.Zone(r.by.Person))
	return f.dispatch(ctx, *r)
}

// pressedRoster does what a button of a schedule or of a request says.
func (f *front) pressedRoster(ctx context.Context, r *request, a slackui.Action) (*slackui.Message, error) {
	if a.Kind == slackui.RosterAsk {
		r.typed, r.input = a.Text, slackui.ParseOncall(a.Text, f.now(), f.people.Zone(r.by.Person))
		return f.dispatch(ctx, *r)
	}
	r.input.Verb = slackui.Duty
	r.input.Roster = slackui.Roster{Do: rosterButtons[a.Kind], ID: a.Request, Schedule: a.Schedule, Sure: a.Kind == slackui.RosterRemove}
	m, err := f.dispatch(ctx, *r)
	if answers := a.Kind == slackui.RosterTake || a.Kind == slackui.RosterAccept || a.Kind == slackui.RosterRefuse; answers && err == nil {
		return nil, nil // the request itself shows who answered
	}
	return m, err
}

// ask opens the form that a button of an incident asks for.
func (f *front) ask(ctx context.Context, r *request, a slackui.Action) (*slackui.Message, error) {
	i, err := f.desk.Incident(ctx, a.Incident)
	if err != nil {
		return nil, err
	}
	s, meta := f.views.scene(ctx, i), r.meta(i.ID)
	var view slack.ModalViewRequest
	switch a.Kind {
	case slackui.AskLead:
		view = slackui.LeadModal(i, meta)
	case slackui.AskUpdate:
		view = slackui.UpdateModal(i, "", meta)
	case slackui.AskNote:
		view = slackui.NoteModal(i, time.Time{}, meta, s)
	case slackui.AskPage:
		view = slackui.PageModal(i, f.pageable(), meta)
	case slackui.AskResolve:
		view = slackui.ResolveModal(i, meta)
	case slackui.AskReopen:
		view = slackui.ReopenModal(i, meta)
	default:
		return nil, errors.New("button " + a.Kind + " has no form")
	}
	return f.reply.openForm(ctx, *r, view)
}

// pinByShortcut puts the message on which the shortcut was used on the timeline.
func (f *front) pinByShortcut(ctx context.Context, r request, p interaction) *slackui.Message {
	i, ok, err := f.places.holds(ctx, p.Channel.ID, p.Message.TS, p.Message.ThreadTS)
	if err == nil && !ok {
		err = refusal(incident.NotFound, "This channel belongs to no incident, so there is no timeline to put the message on. Write it down instead, for example `/inc INC-3 note errors began here`.")
	}
	var a desk.Answer
	if err == nil {
		a, err = f.desk.Change(ctx, r.in(), i.ID, incident.MarkPin{By: r.by, How: incident.ByShortcut, Channel: p.Channel.ID, TS: p.Message.TS,
			Thread: p.Message.ThreadTS, On: true, EventTS: p.Message.TS})
	}
	if err != nil {
		return f.reply.explain(r, err)
	}
	m := slackui.Done(a.Now, nil, f.views.plain())
	if a.Changed {
		m = slackui.Done(a.Now, a.Events, f.views.plain())
	}
	return &m
}
