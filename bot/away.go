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
	if now := b.now(); !last.IsZero() && now.Sub(last) >= awayFrom {
		b.away(ctx, absence{from: last, until: now, down: true})
	}
	tick := time.NewTicker(attendEvery)
	defer tick.Stop()
	var marked time.Time
	var slack outage
	heard := b.now() // when anything came from Slack last: pings come every few seconds
	open := heard    // when a socket was seen open last: one that is sent away at once is of no use
	for {
		now := b.now()
		if now.Sub(marked).Abs() >= aliveEvery {
			marked = now
			if err := errors.Join(b.markAlive(now), b.ears.record(b.directory)); err != nil {
				b.log.Warn().Err(err).Msg("write that Watchbill runs, and what it hears")
			}
		}
		sockets := b.sockets.State()
		var missing time.Time
		if sockets.Connected > 0 {
			open = now
		} else if since := earlier(heard, open); now.Sub(since) >= deafDown {
			missing = since
		}
		deaf := b.ears.deaf()
		b.judgeSlack(ctx, now, b.listen(now, missing), &slack)
		if !deaf.IsZero() && b.ears.deaf().IsZero() && now.Sub(deaf) >= awayFrom {
			b.away(ctx, absence{from: deaf, until: now})
		}
		if sockets.LastHello.Sub(heard) >= awayFrom {
			b.away(ctx, absence{from: heard, until: sockets.LastHello})
		}
		if sockets.LastHeard.After(heard) {
			heard = sockets.LastHeard
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
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
	text, err := os.ReadFile(filepath.Join(b.directory, aliveFile))
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
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
