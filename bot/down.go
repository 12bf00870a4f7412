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
)

// judgeSlack decides whether Slack is down, and has everybody paged by their other
// methods from then on: those of open pages at once.
func (b *Bot) judgeSlack(ctx context.Context, now time.Time, connected bool, heard time.Time, was bool) bool {
	held := b.courier.HeldSince(medium)
	down := !held.IsZero() && now.Sub(held) >= heldDown || !connected && now.Sub(heard) >= deafDown
	switch {
	case down == was:
	case !down:
		b.log.Info().Msg("Slack works again")
		b.desk.MediumUp(paging.Slack)
	default:
		b.log.Warn().Msg("Slack is down: people are paged by their other methods")
		if err := b.desk.MediumDown(ctx, paging.Slack); err != nil {
			b.log.Error().Err(err).Msg("page by other methods than Slack")
		}
	}
	return down
}
