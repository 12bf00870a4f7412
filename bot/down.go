package bot

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/watchbill/watchbill/oncall/paging"
)

// When Slack counts as down: deliveries to it have waited this long. It counts as deaf
// when no socket has been open for so long, or it brings nothing by them. Shorter troubles
// are Slack's daily life.
const (
	heldDown = 5 * time.Second
	deafDown = 15 * time.Second
	// againDown is how often the open pages are gone through meanwhile: one may have been
	// decided a moment before, and be stored a moment after the last time.
	againDown = 5 * time.Second
)

// outage is how Slack was found to stand last.
type outage struct {
	down, deaf time.Time // when the open pages were gone through last for it; zero: it is not
	heard      bool      // something was heard in this life, and the open pages were told
	found      time.Time // when it was found to be deaf
	// cards: some may say that nothing is heard. They are looked for until redraw, and were
	// at looked; zero: it has not begun.
	cards          bool
	redraw, looked time.Time
}

// judgeSlack decides whether Slack takes messages, and whether it brings anything, and has
// people paged by their other methods where not: those of open pages at once. unheard is
// since when nothing has been heard of it; zero: it is heard.
func (b *Bot) judgeSlack(ctx context.Context, now, unheard time.Time, o *outage) {
	held := b.courier.HeldSince(medium)
	b.judgeDown(ctx, now, !held.IsZero() && now.Sub(held) >= heldDown, o)
	b.judgeDeaf(ctx, now, unheard, o)
}

func (b *Bot) judgeDown(ctx context.Context, now time.Time, down bool, o *outage) {
	switch {
	case !down && o.down.IsZero():
		return
	case !down:
		b.log.Info().Msg("Slack works again")
		b.desk.MediumUp(paging.Slack)
		o.down = time.Time{}
		return
	case o.down.IsZero():
		b.log.Warn().Msg("Slack is down: people are paged by their other methods")
	case now.Sub(o.down) < againDown:
		return
	}
	o.down = now
	if err := b.desk.MediumDown(ctx, paging.Slack); err != nil {
		b.log.Error().Err(err).Msg("page by other methods than Slack")
	}
}

func (b *Bot) judgeDeaf(ctx context.Context, now, unheard time.Time, o *outage) {
	switch {
	case unheard.IsZero():
		b.judgeHeard(ctx, o)
		b.judgeCards(ctx, now, o)
		return
	case o.deaf.IsZero():
		b.log.Warn().Time("since", unheard).Msg("Slack brings nothing: people are paged by their other methods too")
		o.found = now
	case now.Sub(o.deaf) < againDown:
		return
	}
	o.deaf = now
	if err := b.desk.MediumDeaf(ctx, paging.Slack, unheard); err != nil {
		b.log.Error().Err(err).Msg("page by other methods besides Slack")
	}
	if now.Sub(o.found) >= awayFrom && b.ears.hush(true) {
		o.cards, o.redraw, o.looked = true, time.Time{}, time.Time{}
		if err := b.markMute(); err != nil {
			b.log.Warn().Err(err).Msg("write that cards say that nothing is heard")
		}
		if err := b.desk.Redraw(ctx, mostRedrawn, func(string) bool { return true }); err != nil {
			b.log.Error().Err(err).Msg("say on cards that their buttons do not work")
		}
	}
}

// judgeHeard has open pages say that Slack is heard again: after it was deaf, and for a life
// before this one, which may have ended while it was.
func (b *Bot) judgeHeard(ctx context.Context, o *outage) {
	if o.deaf.IsZero() && (o.heard || b.sockets.State().LastTold.IsZero()) {
		return
	}
	if !o.deaf.IsZero() {
		b.log.Info().Msg("Slack is heard again")
	}
	if err := b.desk.MediumHeard(ctx, paging.Slack); err != nil { // it is told again
		b.log.Error().Err(err).Msg("say that Slack is heard again")
		return
	}
	o.deaf, o.heard = time.Time{}, true
}

const (
	// mostRedrawn is how many cards of incidents, and of alerts, are drawn anew because nothing
	// is heard: Slack takes about one edit in a second. What is posted meanwhile says so at
	// once, and so does what changes.
	mostRedrawn = 20
	// redrawFor is how long cards are looked for that say so although it is over: one may have
	// been on its way. It is more than an attempt takes.
	redrawFor   = 45 * time.Second
	redrawEvery = 15 * time.Second
)

// muteFile, in the data directory, stands while cards may say that nothing is heard: all
// open alerts are read to find these, which must not be done for nothing.
const muteFile = "watchbill.mute"

func (b *Bot) markMute() error {
	if b.directory == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(b.directory, muteFile), nil, 0o600)
}

// wasMute says whether cards may say that nothing is heard since an earlier life.
func (b *Bot) wasMute() bool {
	if b.directory == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(b.directory, muteFile))
	return err == nil
}

// judgeCards has cards say no more that their buttons do not work: those that do, also
// since an earlier life.
func (b *Bot) judgeCards(ctx context.Context, now time.Time, o *outage) {
	b.ears.hush(false)
	if !o.cards || !o.heard || !o.looked.IsZero() && now.Sub(o.looked) < redrawEvery {
		return
	}
	if o.redraw.IsZero() {
		o.redraw = now.Add(redrawFor)
	}
	o.looked = now
	err := b.desk.Redraw(ctx, math.MaxInt, func(target string) bool { return b.views.posted(ctx, target).Unheard })
	if err != nil {
		b.log.Error().Err(err).Msg("say on cards that their buttons work again")
		return
	}
	if now.Before(o.redraw) {
		return
	}
	o.cards, o.redraw, o.looked = false, time.Time{}, time.Time{}
	if err := os.Remove(filepath.Join(b.directory, muteFile)); b.directory != "" && err != nil {
		b.log.Warn().Err(err).Msg("write that cards say no more that nothing is heard")
	}
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
