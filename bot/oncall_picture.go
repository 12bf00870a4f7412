package bot

import (
	"context"
	"time"

	"github.com/watchbill/watchbill/bot/slackui"
)

// drawSchedule shows two weeks of a schedule.
func (b *Bot) drawSchedule(ctx context.Context, r request) (*slackui.Message, error) {
	name, which, err := b.schedule(r, stands(r.by.Person))
	if err != nil || which != nil {
		return which, err
	}
	f := b.fortnight(name)
	m := slackui.FortnightText(f, b.plainScene())
	return &m, nil
}

// fortnight is two weeks of a schedule, from the beginning of this day there.
func (b *Bot) fortnight(name string) slackui.Fortnight {
	plan := b.desk.SchedulePlan(name)
	if plan == nil {
		return slackui.Fortnight{Schedule: name}
	}
	day := b.now().In(plan.Location())
	from := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, plan.Location()).UTC()
	to := from.AddDate(0, 0, 14)
	return slackui.Fortnight{Schedule: plan.Name(), Zone: plan.Location().String(), From: from, To: to, Shifts: plan.Shifts(from, to), Gaps: plan.Gaps(from, to)}
}
