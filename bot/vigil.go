package bot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
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
	// tellEvery is how soon it is tried again to record an absence.
	tellEvery = 5 * time.Second
)

// absence is a time in which the bot could not hear what people did.
type absence struct {
	from, until time.Time
	down        bool // it did not run; else nothing was heard of Slack
}

// vigil keeps the mark of life and watches over Slack: whether it takes messages, and
// whether anything is heard of it.
type vigil struct {
	desk      *desk.Desk
	sockets   *slackio.Sockets
	held      func(medium string) time.Time // since when it cannot be reached; zero: it can
	views     *views
	home      *home
	ears      *ears
	company   *company
	directory string // empty: nothing is kept beside the store
	log       zerolog.Logger
	now       func() time.Time

	// What is known from one look to the next.
	looked time.Time // when that was
	wall   time.Time // the same by the wall clock alone
	marked time.Time // when the mark of life was written last
	heard  time.Time // when anything came from Slack last: pings come every few seconds
	open   time.Time // when a socket was seen open last: one that is sent away at once is of no use
	untold []absence // not recorded yet on every incident
	tried  time.Time // when that was tried last
	slack  outage
}

// run watches until the context ends. It tells every open incident when the bot comes back
// from an absence: after it did not run, or Slack could not be reached.
func (v *vigil) run(ctx context.Context) error {
	if err := v.ears.recall(v.directory); err != nil {
		v.log.Warn().Err(err).Msg("read what was heard of Slack before")
	}
	last, err := v.lastAlive()
	if err != nil {
		v.log.Warn().Err(err).Msg("read when Watchbill last ran")
	}
	now := v.now()
	v.looked, v.wall, v.heard, v.open, v.slack = now, now.Round(0), now, now, outage{cards: v.wasMute()}
	if !last.IsZero() && now.Sub(last) >= awayFrom {
		v.away(absence{from: last, until: now, down: true})
	}
	tick := time.NewTicker(attendEvery)
	defer tick.Stop()
	for {
		v.look(ctx, v.now())
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// slept is how much longer the time since the last look was by the wall clock than by the
// other, which stands still while the machine is suspended. A clock that is set forward
// looks the same, and nothing ran in what it left out either.
func (v *vigil) slept(now time.Time) time.Duration {
	return now.Round(0).Sub(v.wall) - now.Sub(v.looked)
}

func (v *vigil) look(ctx context.Context, now time.Time) {
	if v.slept(now) >= awayFrom {
		v.away(absence{from: v.wall, until: now, down: true})
	}
	v.looked, v.wall = now, now.Round(0)
	sockets := v.sockets.State()
	var missing time.Time
	open := v.open
	if sockets.Connected > 0 {
		v.open = now
	} else if since := earlier(v.heard, v.open); now.Sub(since) >= deafDown {
		missing = since
	}
	v.meet(now)
	deaf := v.ears.deaf()
	v.judgeSlack(ctx, now, v.listen(now, missing))
	if !deaf.IsZero() && v.ears.deaf().IsZero() && now.Sub(deaf) >= awayFrom {
		v.away(absence{from: deaf, until: now})
	}
	switch {
	case sockets.LastHello.Sub(v.heard) >= awayFrom:
		v.away(absence{from: v.heard, until: sockets.LastHello})
	case sockets.Connected > 0 && sockets.LastHello.Sub(open) >= awayFrom: // those before were sent away at once
		v.away(absence{from: open, until: sockets.LastHello})
	}
	if sockets.LastHeard.After(v.heard) {
		v.heard = sockets.LastHeard
	}
	v.tellAway(ctx, now)
	v.mark(now)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// away notes an absence, which is told from then on until every incident has it.
func (v *vigil) away(a absence) {
	v.log.Warn().Time("from", a.from).Time("until", a.until).Bool("down", a.down).Msg("back from an absence")
	v.untold = append(v.untold, a)
	v.tried = time.Time{}
}

// tellAway records absences on the timeline of every incident that was open, and does so
// again where it failed. What has one is told nothing new.
func (v *vigil) tellAway(ctx context.Context, now time.Time) {
	if len(v.untold) == 0 || now.Sub(v.tried).Abs() < tellEvery {
		return
	}
	v.tried = now
	live, err := v.desk.Live(ctx, 10_000)
	if err != nil {
		v.log.Error().Err(err).Msg("look for incidents that were open during an absence")
		return
	}
	v.untold = slices.DeleteFunc(v.untold, func(a absence) bool { return v.toldAll(ctx, live, a) })
}

// toldAll says whether an absence is on the timelines of all incidents now.
func (v *vigil) toldAll(ctx context.Context, live []incident.Incident, a absence) bool {
	all := true
	for _, i := range live {
		in := desk.In{Cause: fmt.Sprintf("away:%s:%d", i.ID, a.from.UnixMicro())}
		if _, err := v.desk.Change(ctx, in, i.ID, incident.RecordAway{From: a.from, Until: a.until, Down: a.down}); err != nil {
			v.log.Error().Err(err).Str("incident", i.ID).Msg("record an absence")
			all = false
		}
	}
	return all
}

// lastAlive is when a bot last ran on this data directory; zero: it is not known.
func (v *vigil) lastAlive() (time.Time, error) {
	if v.directory == "" {
		return time.Time{}, nil
	}
	path := filepath.Join(v.directory, aliveFile)
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

// mark writes that the bot runs, and what it hears. It waits a while for an absence to be
// told: a life that ends before tells the next one of the same.
func (v *vigil) mark(now time.Time) {
	waits := len(v.untold) > 0 && now.Sub(v.untold[0].until) < awayFrom
	if v.directory == "" || waits || now.Sub(v.marked).Abs() < aliveEvery {
		return
	}
	v.marked = now
	err := os.WriteFile(filepath.Join(v.directory, aliveFile), []byte(now.UTC().Format(time.RFC3339)+"\n"), 0o600)
	if err := errors.Join(err, v.ears.record(v.directory)); err != nil {
		v.log.Warn().Err(err).Msg("write that Watchbill runs, and what it hears")
	}
}
