package desk

import (
	"context"
	"time"

	"github.com/watchbill/watchbill/oncall/paging"
)

const (
	// flushEvery is how often what only counts is stored.
	flushEvery = time.Second
	// mostFlushed is how many alerts are stored for it in one commit, mostFlushes how
	// many commits there are at a time: what monitoring says meanwhile must be stored.
	mostFlushed = 500
	mostFlushes = 4
	// pruneEvery is how often what is over is forgotten.
	pruneEvery = 30 * time.Second
)

// RunAlerts reads what is known of alerts, and then stores what only counts, tells of
// heartbeats that are silent, and takes up alerts whose page has ended without them,
// until the context ends.
func (d *Desk) RunAlerts(ctx context.Context) error {
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	for read := false; ; {
		if !read {
			read = d.beginAlerts(ctx)
		} else {
			d.keepAlerts(ctx)
		}
		select {
		case <-ctx.Done():
			d.lastFlush(ctx)
			return nil
		case <-ticker.C:
		}
	}
}

// beginAlerts reads the index, and tells of what should have been told.
func (d *Desk) beginAlerts(ctx context.Context) bool {
	if err := d.readAlerts(ctx); err != nil {
		d.Log.Error().Err(err).Msg("read the alerts; until it succeeds, none are taken")
		return false
	}
	if err := d.recallWindows(ctx); err != nil {
		d.Log.Error().Err(err).Msg("look for maintenance that has ended")
		return false
	}
	if err := d.beginHeartbeats(ctx); err != nil {
		d.Log.Error().Err(err).Msg("read the heartbeats")
		return false
	}
	return true
}

// keepAlerts does what is to be done every second.
func (d *Desk) keepAlerts(ctx context.Context) {
	d.flush(ctx, false)
	for _, do := range []struct {
		what string
		run  func(context.Context) error
	}{{"have alerts follow a clock that was set back", d.followClock}, {"tell of silent heartbeats", d.checkHeartbeats}, {"take up alerts", d.takeUp}, {"follow incidents of alerts", d.followIncidents}, {"silence alerts", d.applySilences}, {"tell what was silenced", d.tellKept}, {"tell what was not actionable", d.tellTallies}} {
		if err := do.run(ctx); err != nil && ctx.Err() == nil {
			d.Log.Error().Err(err).Msg(do.what)
		}
	}
}

// lastFlush stores the counts of a process that ends.
func (d *Desk) lastFlush(ctx context.Context) {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushEvery)
	defer cancel()
	d.flush(last, true)
}

// flush stores the repeats that have waited long enough, with all those that wait at
// all, what pages count, and what the cards of storms say.
func (d *Desk) flush(ctx context.Context, all bool) {
	ids := d.alerts.repeats.unstored(d.Now(), all)
	if most := mostFlushed * mostFlushes; len(ids) > most && !all {
		ids = ids[:most]
	}
	for len(ids) > mostFlushed && ctx.Err() == nil {
		d.flushSome(ctx, ids[:mostFlushed])
		ids = ids[mostFlushed:]
	}
	folds, storms := look(d.alerts, d.alerts.pages.unfolded), look(d.alerts, d.alerts.cards.changed)
	prune := d.Now().Sub(d.pruned).Abs() >= pruneEvery
	signed := d.signed.wait()
	if len(ids)+len(folds)+len(storms) == 0 && !prune && !signed {
		return
	}
	_, err := d.onAlerts(ctx, In{}, func(u *unit) (Answer, error) {
		if prune {
			d.alerts.prune(u.at)
		}
		if err := u.storeRepeats(ids); err != nil {
			return Answer{}, err
		}
		u.alerts.signed = signed
		for page, f := range folds {
			if err := u.foldInto(page, f); err != nil {
				return Answer{}, err
			}
		}
		for _, s := range storms {
			if err := u.oweStorm(s); err != nil {
				return Answer{}, err
			}
		}
		return Answer{}, nil
	})
	switch {
	case err == nil && prune:
		d.pruned = d.Now()
	case err != nil && ctx.Err() == nil:
		d.Log.Error().Err(err).Msg("store what only counts")
	}
}

// flushSome stores the repeats of some alerts.
func (d *Desk) flushSome(ctx context.Context, ids []string) {
	_, err := d.onAlerts(ctx, In{}, func(u *unit) (Answer, error) { return Answer{}, u.storeRepeats(ids) })
	if err != nil && ctx.Err() == nil {
		d.Log.Error().Err(err).Msg("store what only counts")
	}
}

func (u *unit) storeRepeats(ids []string) error {
	for _, id := range ids {
		h, err := u.heldAlert(id)
		if err != nil {
			return err
		}
		if err := u.countRepeats(h); err != nil {
			return err
		}
	}
	return nil
}

// foldInto has a page count alerts that would have been pages of their own. Answered
// meanwhile, it counts nothing: whoever answered sees what fires.
func (u *unit) foldInto(page string, f folded) error {
	p, err := u.page(page)
	if err != nil {
		return err
	}
	set(&u.alerts.pages.counted, page, f.count)
	if p.Status != paging.Open {
		return nil
	}
	return u.decidePage(page, paging.Fold{Count: f.count, Last: f.last})
}

// takeUp tells of the alerts whose page has ended although they fire.
func (d *Desk) takeUp(ctx context.Context) error {
	const atOnce = 200
	pages := look(d.alerts, d.alerts.pages.ended)
	if len(pages) == 0 {
		return nil
	}
	ids := d.knownAlerts(func(s *standing) bool { return s.covered && pages[s.page] })
	ids = ids[:min(len(ids), atOnce)]
	_, err := d.onAlerts(ctx, In{}, func(u *unit) (Answer, error) {
		for _, id := range ids {
			if err := u.tell(id); err != nil {
				return Answer{}, err
			}
		}
		return Answer{}, nil
	})
	return err
}
