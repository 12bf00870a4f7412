package bot

import (
	"context"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackui"
)

// spoken does what a message says that is for Watchbill: "@watchbill …", as slash
// commands do not exist in threads, or a direct message. The answer goes back the
// way that is given.
func (f *front) spoken(ctx context.Context, in desk.In, e event, answer func(context.Context, event, slackui.Message) error) {
	if e.BotID != "" || e.user() == "" || e.user() == f.footing.self().UserID {
		return
	}
	in.Cause = "mention:" + e.channel() + ":" + e.TS // the message, however often it is told
	in.By = f.workspace.actor(ctx, e.user())
	text := f.named(ctx, slackui.StripMention(e.Text, f.footing.self().UserID))
	r := request{by: in.By, user: e.user(), cause: in.Cause, channel: e.channel(), thread: e.ThreadTS, typed: text}
	r.input = f.understood(text, f.people.Zone(in.By.Person))
	if r.input.Verb == slackui.Empty {
		r.input.Verb = slackui.Help // there is no trigger to open a form with
	}
	m := f.run(ctx, r)
	if m == nil {
		return
	}
	f.afterwards.do(func(ctx context.Context) {
		if err := answer(ctx, e, *m); err != nil {
			f.log.Warn().Err(err).Msg("answer a person")
		}
	})
}

// understood reads a message as the command that it is: of incidents, or of schedules
// where "oncall" stands before it or nothing else can be meant.
func (f *front) understood(text string, zone *time.Location) slackui.Input {
	if rest, ok := slackui.OncallSaid(text); ok {
		return slackui.ParseOncall(rest, f.now(), zone)
	}
	in := slackui.Parse(text, f.now(), zone)
	if !slackui.MayMeanDuty(text) {
		return in
	}
	duty := slackui.ParseOncall(text, f.now(), zone)
	named := duty.Roster.Schedule == "" || f.desk.SchedulePlan(duty.Roster.Schedule) != nil
	if duty.Verb == slackui.Duty && duty.Problem == "" && named && in.LeavesTo(duty) {
		return duty
	}
	return in
}

// inDirect answers a direct message where it was written.
func (f *front) inDirect(ctx context.Context, e event, m slackui.Message) error {
	_, err := f.reply.post(ctx, e.channel(), e.ThreadTS, m)
	return err
}

// replyAside answers a mention so that only its writer sees it, in the thread in
// which they wrote.
func (f *front) replyAside(ctx context.Context, e event, m slackui.Message) error {
	return f.reply.whisper(ctx, e.channel(), e.user(), e.ThreadTS, m)
}

// named gives people who are mentioned their names, and channels of incidents these.
func (f *front) named(ctx context.Context, text string) string {
	text = slackui.Roomed(text, func(channel string) string {
		i, _, err := f.desk.InChannel(ctx, channel)
		if err != nil {
			f.log.Warn().Err(err).Msg("look for the incident of a channel that is named")
		}
		return i.ID
	})
	return slackui.Named(text, func(id string) string { return f.people.Display(f.people.Person(id)) })
}
