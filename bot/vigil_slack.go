package bot

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
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
func (v *vigil) judgeSlack(ctx context.Context, now, unheard time.Time) {
	held := v.held(medium)
	v.judgeDown(ctx, now, !held.IsZero() && now.Sub(held) >= heldDown)
	v.judgeDeaf(ctx, now, unheard)
}

func (v *vigil) judgeDown(ctx context.Context, now time.Time, down bool) {
	switch {
	case !down && v.slack.down.IsZero():
		return
	case !down:
		v.log.Info().Msg("Slack works again")
		v.desk.MediumUp(paging.Slack)
		v.slack.down = time.Time{}
		return
	case v.slack.down.IsZero():
		v.log.Warn().Msg("Slack is down: people are paged by their other methods")
	case now.Sub(v.slack.down) < againDown:
		return
	}
	v.slack.down = now
	if err := v.desk.MediumDown(ctx, paging.Slack); err != nil {
		v.log.Error().Err(err).Msg("page by other methods than Slack")
	}
}

func (v *vigil) judgeDeaf(ctx context.Context, now, unheard time.Time) {
	switch {
	case unheard.IsZero():
		v.judgeHeard(ctx)
		v.judgeCards(ctx, now)
		return
	case v.slack.deaf.IsZero():
		v.log.Warn().Time("since", unheard).Msg("Slack brings nothing: people are paged by their other methods too")
		v.slack.found = now
	case now.Sub(v.slack.deaf) < againDown:
		return
	}
	v.slack.deaf = now
	if err := v.desk.MediumDeaf(ctx, paging.Slack, unheard); err != nil {
		v.log.Error().Err(err).Msg("page by other methods besides Slack")
	}
	if now.Sub(v.slack.found) >= awayFrom && v.ears.hush(true) {
		v.slack.cards, v.slack.redraw, v.slack.looked = true, time.Time{}, time.Time{}
		if err := v.markMute(); err != nil {
			v.log.Warn().Err(err).Msg("write that cards say that nothing is heard")
		}
		if err := v.desk.Redraw(ctx, mostRedrawn, func(string) bool { return true }); err != nil {
			v.log.Error().Err(err).Msg("say on cards that their buttons do not work")
		}
		v.home.redraw()
	}
}

// judgeHeard has open pages say that Slack is heard again: after it was deaf, and for a life
// before this one, which may have ended while it was.
func (v *vigil) judgeHeard(ctx context.Context) {
	if v.slack.deaf.IsZero() && (v.slack.heard || v.sockets.State().LastTold.IsZero()) {
		return
	}
	if !v.slack.deaf.IsZero() {
		v.log.Info().Msg("Slack is heard again")
	}
	if err := v.desk.MediumHeard(ctx, paging.Slack); err != nil { // it is told again
		v.log.Error().Err(err).Msg("say that Slack is heard again")
		return
	}
	v.slack.deaf, v.slack.heard = time.Time{}, true
}

const (
	// mostRedrawn is how many cards of incidents, of alerts, and Home tabs are drawn anew because
	// nothing is heard: Slack takes about one edit in a second. What is posted meanwhile says so at
	// once, and so does what changes.
	mostRedrawn = 20
	// redrawFor is how long cards are looked for that say so although it is over: one may have
	// been on its way. It is more than an attempt takes.
	redrawFor   = 45 * time.Second
	redrawEvery = 15 * time.Second
)

// muteFile, in the data directory, stands while cards may say that nothing is heard: all
// open alerts are read to find these, which must not be done for nothing. It holds the users
// whose Home tabs say so, each on a line.
const muteFile = "watchbill.mute"

func (v *vigil) markMute() error {
	if v.directory == "" {
		return nil
	}
	users := strings.Join(v.home.watched(), "\n")
	return os.WriteFile(filepath.Join(v.directory, muteFile), []byte(users), 0o600)
}

// wasMute says whether cards may say that nothing is heard since an earlier life, and has the
// Home tabs known that do.
func (v *vigil) wasMute() bool {
	if v.directory == "" {
		return false
	}
	users, err := os.ReadFile(filepath.Join(v.directory, muteFile))
	v.home.remember(strings.Fields(string(users)))
	return err == nil
}

// judgeCards has cards and Home tabs say no more that their buttons do not work: those that
// do, also since an earlier life.
func (v *vigil) judgeCards(ctx context.Context, now time.Time) {
	v.ears.hush(false)
	if !v.slack.cards || !v.slack.heard || !v.slack.looked.IsZero() && now.Sub(v.slack.looked) < redrawEvery {
		return
	}
	if v.slack.redraw.IsZero() {
		v.slack.redraw = now.Add(redrawFor)
		v.home.redraw()
	}
	v.slack.looked = now
	err := v.desk.Redraw(ctx, math.MaxInt, func(target string) bool { return v.views.posted(ctx, target).Unheard })
	if err != nil {
		v.log.Error().Err(err).Msg("say on cards that their buttons work again")
		return
	}
	if now.Before(v.slack.redraw) {
		return
	}
	v.slack.cards, v.slack.redraw, v.slack.looked = false, time.Time{}, time.Time{}
	if err := os.Remove(filepath.Join(v.directory, muteFile)); v.directory != "" && err != nil {
		v.log.Warn().Err(err).Msg("write that cards say no more that nothing is heard")
	}
}

// listen says since when nothing can be heard of Slack; zero: it can. missing is when a
// socket was open last, for long enough that this is no accident; zero: one is.
func (v *vigil) listen(now, missing time.Time) time.Time {
	since := v.ears.judge(now, v.sockets.State())
	if v.ears.renews(now) {
		v.log.Warn().Time("since", since).Msg("Slack takes messages and brings nothing: the sockets are replaced")
		v.sockets.Renew()
	}
	if !missing.IsZero() && (since.IsZero() || missing.Before(since)) {
		return missing
	}
	return since
}

// meet looks whether another process shares the app, and tells the log when that changes.
func (v *vigil) meet(now time.Time) {
	before := v.company.note()
	if v.company.judge(now, v.sockets.State()) {
		v.sockets.Renew()
	}
	switch after := v.company.note(); {
	case before == "" && after != "":
		v.log.Error().Msg(after)
	case before != "" && after == "":
		v.log.Info().Msg("no other process uses the app any more")
	}
}
