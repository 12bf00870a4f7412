package bot

import (
	"context"
	"time"

	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/oncall"
)

// drawSchedule shows two weeks of a schedule: in words to the one who asked, and as
// a picture where they asked, or in a direct message where the bot is no member.
func (f *oncallFront) drawSchedule(ctx context.Context, r request) (*slackui.Message, error) {
	name, which, err := f.schedule(ctx, r, stands(r.by.Person))
	if err != nil || which != nil {
		return which, err
	}
	plan := f.desk.SchedulePlan(name)
	if plan == nil {
		_, err := f.desk.OnCall(name, f.now())
		return nil, err
	}
	from := r.input.Roster.From
	if from.IsZero() {
		from = f.now()
	}
	weeks := fortnight(plan, from)
	f.afterwards.do(func(ctx context.Context) {
		if err := f.postPicture(ctx, r, weeks); err != nil {
			f.log.Warn().Err(err).Str("schedule", name).Msg("post the picture of a schedule")
		}
	})
	return new(slackui.FortnightText(weeks, f.views.plain())), nil
}

// fortnight is two weeks of a schedule, from the beginning of a day there.
func fortnight(plan *oncall.Plan, day time.Time) slackui.Fortnight {
	from, to := slackui.TwoWeeks(day, plan.Location())
	return slackui.Fortnight{Schedule: plan.Name(), Zone: plan.Location(), From: from, To: to, Shifts: plan.Shifts(from, to), Gaps: plan.Gaps(from, to)}
}

// postPicture uploads the picture. It is an answer: it is sent at most once.
func (f *oncallFront) postPicture(ctx context.Context, r request, weeks slackui.Fortnight) error {
	picture, err := slackui.Picture(weeks, f.now(), f.people.Display)
	if err != nil {
		return err
	}
	m := slackui.FortnightText(weeks, f.views.plain())
	upload := slackio.Upload{Channel: r.channel, ThreadTS: r.thread, Filename: "oncall-" + weeks.From.In(weeks.Zone).Format(time.DateOnly) + ".png", Title: "On call: " + weeks.Schedule,
		Comment: m.Text, AltText: slackui.PictureText(weeks, f.people.Display), Content: picture}
	_, err = f.client.UploadFile(ctx, upload)
	switch code := slackio.Classify("files.completeUploadExternal", err).Code; code {
	case "not_in_channel", "channel_not_found", "is_archived", "posting_to_channel_denied":
	default:
		return err
	}
	posted, err := f.reply.post(ctx, r.user, "", m)
	if err != nil {
		return err
	}
	upload.Channel, upload.ThreadTS, upload.Comment = posted.Channel, "", ""
	_, err = f.client.UploadFile(ctx, upload)
	return err
}
