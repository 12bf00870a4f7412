package bot

import (
	"context"
	"time"

	"github.com/watchbill/watchbill/oncall/paging"
)

// When Slack counts as down: deliveries to it have waited this long, or no socket has
// been open for so long. Shorter troubles are Slack's daily life.
const (
	heldDown = 5 * time.Second
	deafDown = 15 * time.Second
	// againDown is how often the open pages are gone through while it is down: one may
	// have been decided a moment before, and be stored a moment after the last time.
	againDown = 5 * time.Second
)

// judgeSlack decides whether Slack is down, and has everybody paged by their other
// methods from then on: those of open pages at once. told is when these were gone
// through last, and so is what it returns; zero: Slack works. unheard is since when
// nothing has been heard of Slack although it may take messages; zero: it is heard.
func (b *Bot) judgeSlack(ctx context.Context, now, unheard, told time.Time) time.Time {
	held := b.courier.HeldSince(medium)
	down := !held.IsZero() && now.Sub(held) >= heldDown || !unheard.IsZero()
	switch {
	case !down && told.IsZero():
		return told
	case !down:
		b.log.Info().Msg("Slack works again")
		b.desk.MediumUp(paging.Slack)
		return time.Time{}
	case told.IsZero():
		b.log.Warn().Msg("Slack is down: people are paged by their other methods")
	case now.Sub(told) < againDown:
		return told
	}
	if err := b.desk.MediumDown(ctx, paging.Slack, unheard); err != nil {
		b.log.Error().Err(err).Msg("page by other methods than Slack")
	}
	return now
}

// listen says since when nothing can be heard of Slack; zero: it can. missing is when a
// socket was open last, for long enough that this is no accident; zero: one is.
func (b *Bot) listen(now, missing time.Time) time.Time {
	since := b.ears.judge(now, b.sockets.State())
	if b.ears.renews(now) {
		b.log.Warn().Time("since", since).Msg("Slack takes messages and brings nothing: the sockets are replaced")
		b.sockets.Renew()
	}
	if !missing.IsZero() && (since.IsZero() || missing.Before(since)) {
		return missing
	}
	return since
}
