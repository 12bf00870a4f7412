package bot

import (
	"context"
	"time"
)

// startTime is how long the schedules of the configuration may keep the start waiting,
// startAgain how long until they are tried again when the store did not take them.
const (
	startTime  = 2500 * time.Millisecond
	startAgain = 10 * time.Second
)

// keepStarting applies the configuration's schedules until the store has taken them.
func (b *Bot) keepStarting(ctx context.Context) error {
	tick := time.NewTicker(startAgain)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if b.startSchedules(ctx) {
				return nil
			}
		}
	}
}

// startSchedules makes the configuration's schedules those in force, and says whether
// the store took them. It never keeps the bot from starting: what cannot be applied is
// logged, and the watchman tells gaps in the schedule's channel.
func (b *Bot) startSchedules(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	applied, err := b.desk.StartSchedules(ctx)
	if err != nil {
		b.log.Error().Err(err).Msg("apply the configuration's schedules; those stored hold until it is tried again")
		return false
	}
	if stored, err := b.desk.Schedules(ctx); err == nil {
		for _, r := range stored {
			if _, ok := b.settings.Schedule(r.Name); !ok {
				b.log.Warn().Str("schedule", r.Name).Msg("this schedule stays in force, though the configuration does not name it any more")
			}
		}
	}
	for _, a := range applied {
		log := b.log.With().Str("schedule", a.Schedule).Logger()
		if a.Err != nil {
			log.Error().Err(a.Err).Msg("this schedule was not applied; what is stored holds")
			continue
		}
		for _, c := range a.Conflicts {
			log.Warn().Msg("changed in chat, and kept: " + c)
		}
		if n := len(a.Gaps); n > 0 {
			log.Warn().Int("gaps", n).Time("first", a.Gaps[0].Start).Msg("nobody is on call at times within 60 days")
		}
		if a.Changed {
			log.Info().Msg("the configuration's schedule is applied")
		}
	}
	return true
}
