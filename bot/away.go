package bot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
)

const (
	// aliveFile, in the data directory, holds when the bot last ran.
	aliveFile = "watchbill.alive"
	// aliveEvery is how often it is written.
	aliveEvery = 5 * time.Second
	// awayFrom is how long an absence lasts to be told: people wait out a shorter
	// one, and Slack repeats what it brought meanwhile.
	awayFrom = time.Minute
	// attendEvery is how often the sockets are looked at.
	attendEvery = time.Second
)

// absence is a time in which the bot could not hear what people did.
type absence struct {
	from, until time.Time
	down        bool // it did not run; else nothing was heard of Slack
}

// attend keeps the mark of life, and tells every open incident when the bot comes
// back from an absence: after it did not run, or Slack could not be reached.
func (b *Bot) attend(ctx context.Context) error {
	if err := b.ears.recall(b.directory); err != nil {
		b.log.Warn().Err(err).Msg("read what was heard of Slack before")
	}
	last, err := b.lastAlive()
	if err != nil {
		b.log.Warn().Err(err).Msg("read when Watchbill last ran")
	}
	now := b.now()
	if !last.IsZero() && now.Sub(last) >= awayFrom {
		b.away(ctx, absence{from: last, until: now, down: true})
	}
	tick := time.NewTicker(attendEvery)
	defer tick.Stop()
	v := vigil{looked: now, wall: now.Round(0), heard: now, open: now, slack: outage{cards: b.wasMute()}}
	for {
		b.look(ctx, &v, b.now())
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// vigil is what is known from one look at the sockets to the next.
type vigil struct {
	looked time.Time // when that was
	wall   time.Time // the same by the wall clock alone
	marked time.Time // when the mark of life was written last
	heard  time.Time // when anything came from Slack last: pings come every few seconds
	open   time.Time // when a socket was seen open last: one that is sent away at once is of no use
	slack  outage
}

// slept is how much longer the time since the last look was by the wall clock than by the
// other, which stands still while the machine is suspended. A clock that is set forward
// looks the same, and nothing ran in what it left out either.
func (v *vigil) slept(now time.Time) time.Duration {
	return now.Round(0).Sub(v.wall) - now.Sub(v.looked)
}

func (b *Bot) look(ctx context.Context, v *vigil, now time.Time) {
	if v.slept(now) >= awayFrom {
		b.away(ctx, absence{from: v.wall, until: now, down: true})
	}
	v.looked, v.wall = now, now.Round(0)
	if now.Sub(v.marked).Abs() >= aliveEvery {
		v.marked = now
		if err := errors.Join(b.markAlive(now), b.ears.record(b.directory)); err != nil {
			b.log.Warn().Err(err).Msg("write that Watchbill runs, and what it hears")
		}
	}
	sockets := b.sockets.State()
	var missing time.Time
	if sockets.Connected > 0 {
		v.open = now
	} else if since := earlier(v.heard, v.open); now.Sub(since) >= deafDown {
		missing = since
	}
	b.meet(now)
	deaf := b.ears.deaf()
	b.judgeSlack(ctx, now, b.listen(now, missing), &v.slack)
	if !deaf.IsZero() && b.ears.deaf().IsZero() && now.Sub(deaf) >= awayFrom {
		b.away(ctx, absence{from: deaf, until: now})
	}
	if sockets.LastHello.Sub(v.heard) >= awayFrom {
		b.away(ctx, absence{from: v.heard, until: sockets.LastHello})
	}
	if sockets.LastHeard.After(v.heard) {
		v.heard = sockets.LastHeard
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// away records an absence on the timeline of every incident that was open.
func (b *Bot) away(ctx context.Context, a absence) {
	b.log.Warn().Time("from", a.from).Time("until", a.until).Bool("down", a.down).Msg("back from an absence")
	live, err := b.desk.Live(ctx, 10_000)
	if err != nil {
		b.log.Error().Err(err).Msg("look for incidents that were open during an absence")
		return
	}
	for _, i := range live {
		in := desk.In{Cause: fmt.Sprintf("away:%s:%d", i.ID, a.from.UnixMicro())}
		if _, err := b.desk.Change(ctx, in, i.ID, incident.RecordAway{From: a.from, Until: a.until, Down: a.down}); err != nil {
			b.log.Error().Err(err).Str("incident", i.ID).Msg("record an absence")
		}
	}
}

// lastAlive is when a bot last ran on this data directory; zero: it is not known.
func (b *Bot) lastAlive() (time.Time, error) {
	if b.directory == "" {
		return time.Time{}, nil
	}
	path := filepath.Join(b.directory, aliveFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	if len(text) == 0 { // killed, or without power, while it was being written
		info, err := os.Stat(path)
		if err != nil {
			return time.Time{}, err
		}
		return info.ModTime(), nil
	}
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(string(text)))
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", aliveFile, err)
	}
	return at, nil
}

func (b *Bot) markAlive(now time.Time) error {
	if b.directory == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(b.directory, aliveFile), []byte(now.UTC().Format(time.RFC3339)+"\n"), 0o600)
}
