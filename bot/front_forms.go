package bot

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/slack-go/slack"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
)

// submitted does what a form says. Its answer is the acknowledgement: the form
// closes, shows what must be changed, or says that it came too late.
func (f *front) submitted(ctx context.Context, r request, p interaction) json.RawMessage {
	var view struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(p.View, &view); err == nil && p.TriggerID == "" {
		r.cause = "view:" + view.ID
	}
	sub, err := slackui.ReadView(p.View, f.now(), f.people.Zone(r.by.Person))
	if err != nil {
		f.log.Warn().Err(err).Msg("a form that is not known")
		return response("clear", nil, nil)
	}
	if len(sub.Errors) > 0 {
		return response("errors", sub.Errors, nil)
	}
	r.input, r.channel, r.again, r.formed = sub.Input, sub.Meta.Channel, true, true
	r.typed = sub.Text
	if err = f.overtaken(ctx, sub); err != nil {
		return f.outdated(ctx, r, sub, err)
	}
	m, err := f.dispatch(ctx, r)
	if err != nil {
		return f.outdated(ctx, r, sub, err)
	}
	if r.channel == "" { // the form was opened on the Home tab, or by a shortcut
		f.home.refresh(r.user)
	}
	passes := sub.Page != "" && (sub.Verb == slackui.HandOver || sub.Verb == slackui.Snooze || sub.Verb == slackui.Resolve)
	if m != nil && !(passes && strings.HasPrefix(r.channel, "D")) { // there the page itself shows it
		f.afterwards.do(func(ctx context.Context) {
			f.reply.tell(ctx, r, p.Container.ThreadTS, m)
		})
	}
	return nil
}

// overtaken refuses to resolve an incident that was opened again since the form was opened:
// nobody would be paged any more about what its writer does not know of.
func (f *front) overtaken(ctx context.Context, sub slackui.Submission) error {
	if sub.Verb != slackui.Resolve || sub.Incident == "" {
		return nil
	}
	i, err := f.desk.Incident(ctx, sub.Incident)
	if err == nil && i.Active() && i.Reopened > sub.Meta.Reopened {
		err = refusal(incident.Conflict, "%s was opened again while you were writing, and nothing was changed. If it is over all the same, resolve it once more.", i.ID)
	}
	return err
}

// outdated shows why a form could not be carried out, with what was typed.
func (f *front) outdated(ctx context.Context, r request, sub slackui.Submission, err error) json.RawMessage {
	text, _, ok := desk.Refusal(err)
	if !ok {
		text = "Not recorded: Watchbill could not store this in time, and nothing has changed. Send it again."
		var pending *desk.PendingError
		if errors.As(err, &pending) {
			text = "Not confirmed yet: this is still being stored. Look at the incident before you send it again."
		} else if !errors.Is(err, desk.ErrNotRecorded) {
			f.log.Error().Err(err).Str("by", r.by.Person).Msg("form")
		}
	}
	if sub.Alert != "" {
		view := f.alerts.outdated(ctx, sub, text)
		return response("update", nil, &view)
	}
	i := incident.Incident{ID: "Watchbill"}
	if sub.Incident != "" {
		if found, err := f.desk.Incident(ctx, sub.Incident); err == nil {
			i = found
		}
	}
	view := slackui.Outdated(i, text, sub.Text, f.views.scene(ctx, i))
	return response("update", nil, &view)
}

func response(action string, errs map[string]string, view *slack.ModalViewRequest) json.RawMessage {
	body, err := json.Marshal(struct {
		Action string                  `json:"response_action"`
		Errors map[string]string       `json:"errors,omitempty"`
		View   *slack.ModalViewRequest `json:"view,omitempty"`
	}{action, errs, view})
	if err != nil {
		return nil
	}
	return body
}
