package watch

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// AuditConfig is what an auditor needs.
type AuditConfig struct {
	Store storage.Store
	Desk  *desk.Desk
	Now   func() time.Time // nil: time.Now
	// Found is told of each audit's findings; an empty list is good news.
	Found func([]Finding)
	Log   zerolog.Logger
}

// Finding is something that must be true and is not.
type Finding struct {
	Rule string // short and stable, for metrics: "page_without_due"
	Text string // a sentence for the operator
}

// Outside says that the outside world does not take what is owed to it: worth an
// alarm, and no reason to end the process that keeps it.
func (f Finding) Outside() bool {
	return f.Rule == effectOld || f.Rule == paging.NoticeUnsent || f.Rule == paging.ReachesNobody
}

const effectOld = "effect_old"

// Auditor re-derives what must be true of the open records every half minute, and
// of all the others by a slow cursor.
type Auditor struct {
	AuditConfig
	folds map[string]storage.Fold

	mu     sync.Mutex
	last   time.Time
	latest []Finding
	// unjudged counts what pages did that could not be judged.
	unjudged int
	cursor   string
	// alerts is where the walk through the open alerts goes on; unheard are those of
	// which nobody was told when they were looked at.
	alerts  string
	unheard []string
	// promised is what running pages promise, as far as it was read; owed are the
	// notices that somebody owes.
	promised map[string]promise
	owed     map[string]bool
	// sound are the open incidents that equal the fold of their events.
	sound map[desk.Sequence]bool
	// witness judges what pages took to be so, left are those that run no more, and looked
	// is when they were looked for last.
	witness *desk.Witness
	left    map[string]leftover
	looked  time.Time
}

const (
	auditEvery = 30 * time.Second
	// auditFirst leaves the start to what is overdue.
	auditFirst = 3 * time.Second
	sweepEvery = 10 * time.Minute
	// pageBound and otherBound are how old an effect may become before it is a
	// finding; lateBound is how late a due command may be.
	pageBound  = 2 * time.Minute
	otherBound = 15 * time.Minute
	lateBound  = 10 * time.Second
)

// NewAuditor returns an auditor.
func NewAuditor(c AuditConfig) *Auditor {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Found == nil {
		c.Found = func([]Finding) {}
	}
	return &Auditor{AuditConfig: c, folds: desk.Folds(), witness: c.Desk.NewWitness(), left: map[string]leftover{}, looked: c.Now()}
}

// Run audits until the context ends, and sweeps the store in between.
func (a *Auditor) Run(ctx context.Context) error {
	ticker := time.NewTicker(auditEvery)
	defer ticker.Stop()
	var swept time.Time
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(auditFirst):
	}
	for {
		a.Audit(ctx)
		if now := a.Now(); now.Sub(swept) >= sweepEvery {
			swept = now
			a.sweep(ctx, now)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Latest returns what the last audit found, and when it was.
func (a *Auditor) Latest() ([]Finding, time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.latest, a.last
}

// Unjudged counts the acts of pages, of those that run or ended lately, of which not
// enough is known to judge them.
func (a *Auditor) Unjudged() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.unjudged
}

// Audit checks once.
func (a *Auditor) Audit(ctx context.Context) {
	now := a.Now()
	var found []Finding
	for _, check := range []func(context.Context, time.Time) ([]Finding, error){a.effects, a.pages, a.due, a.incidents, a.unheardAlerts, a.others} {
		f, err := a.guarded(ctx, now, check)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			f = append(f, Finding{"unreadable", fmt.Sprintf("The audit could not read the store: %v.", err)})
		}
		for _, one := range f {
			if !slices.Contains(found, one) {
				found = append(found, one)
			}
		}
	}
	a.mu.Lock()
	a.last, a.latest = now, found
	a.mu.Unlock()
	for _, f := range found {
		a.Log.Error().Str("rule", f.Rule).Msg(f.Text)
	}
	a.Found(found)
}

// guarded runs a check: an auditor that cannot bear what it reads must not end the pager.
func (a *Auditor) guarded(ctx context.Context, now time.Time, check func(context.Context, time.Time) ([]Finding, error)) (found []Finding, err error) {
	defer func() {
		if r := recover(); r != nil {
			a.Log.Error().Str("stack", string(debug.Stack())).Msgf("the auditor panicked: %v", r)
			found = append(found, Finding{"audit_failed", fmt.Sprintf("The auditor itself failed, and does not see all: %v. Its log says more; please report it.", r)})
		}
	}()
	return check(ctx, now)
}

// due: nothing that is due waits for its command.
func (a *Auditor) due(ctx context.Context, now time.Time) ([]Finding, error) {
	rows, err := a.Store.Due(ctx, now.Add(-lateBound), 100)
	if err != nil {
		return nil, err
	}
	var found []Finding
	for _, r := range rows {
		found = append(found, Finding{"escalation_late", fmt.Sprintf("%s has been due since %s.", r.ID, r.At.Format(time.RFC3339))})
	}
	return found, nil
}

// effects: nothing that is owed is older than its bound.
func (a *Auditor) effects(ctx context.Context, now time.Time) ([]Finding, error) {
	var found []Finding
	owed := map[string]bool{}
	for after := uint64(0); ; {
		rows, err := a.Store.Effects(ctx, after, 1000, storage.Pending)
		if err != nil {
			return found, err
		}
		for _, e := range rows {
			after = e.ID
			if e.Record.Kind == desk.PageKind {
				owed[e.Target] = true
			}
			bound := otherBound
			if e.Class == storage.Page {
				bound = pageBound
			}
			if age := now.Sub(e.Created); age > bound && len(found) < 100 {
				found = append(found, Finding{effectOld, fmt.Sprintf("%s has been waiting for %s: %s", e.Target, age.Round(time.Second), cmp.Or(e.Note, "it was not tried yet."))})
			}
		}
		if len(rows) < 1000 {
			a.owed = owed
			return found, nil
		}
	}
}

// mostLive is how many open incidents one audit looks at.
const mostLive = 10_000

// incidents: each open record equals the fold of its events, and has paged somebody or
// says why not. The events are read only
// after it has changed; the slow cursor reads them all in time.
func (a *Auditor) incidents(ctx context.Context, now time.Time) ([]Finding, error) {
	live, err := a.Desk.LiveSequences(ctx, mostLive)
	if err != nil {
		return nil, err
	}
	sound := make(map[desk.Sequence]bool, len(live))
	var found []Finding
	for _, i := range live {
		if !a.sound[i] {
			f, err := a.record(ctx, storage.Ref{Kind: desk.IncidentKind, ID: i.ID})
			if err != nil {
				return found, err
			}
			if unpaged, err := a.witness.Unpaged(ctx, i.ID); err != nil && len(f) == 0 {
				return found, err
			} else if unpaged {
				f = append(f, Finding{"incident_unpaged", fmt.Sprintf("%s is open, and says neither who was paged nor why nobody was. Page somebody: `/inc page`.", i.ID)})
			}
			if found = append(found, f...); len(f) > 0 {
				continue
			}
		}
		sound[i] = true
		rest()
	}
	a.sound = sound
	return found, nil
}

// unheardAlerts: of every alert that should page, somebody is told. What was found is
// looked at again the next time, and only then believed: it may just have happened.
func (a *Auditor) unheardAlerts(ctx context.Context, now time.Time) ([]Finding, error) {
	then := now.Add(-lateBound)
	var found []Finding
	for _, id := range a.unheard {
		still, err := a.Desk.StillUnheard(ctx, id, then)
		if err != nil {
			return found, err
		}
		if still {
			found = append(found, Finding{"alert_unheard", fmt.Sprintf("%s fires and should page, and nobody is told.", id)})
		}
	}
	a.unheard = nil
	for range alertsSteps {
		ids, next, err := a.Desk.Unheard(ctx, a.alerts, alertsAtOnce, then)
		if err != nil {
			return found, err
		}
		a.alerts, a.unheard = next, append(a.unheard, ids[:min(len(ids), mostUnheard-len(a.unheard))]...)
		if next == "" {
			break
		}
		rest()
	}
	return found, nil
}

const (
	// alertsAtOnce is how many open alerts are read at once, alertsSteps how often that is
	// done in one audit.
	alertsAtOnce = 20
	alertsSteps  = 250
	// mostUnheard bounds how many alerts are named at once.
	mostUnheard = 100
)

// rest lets those run who wait: an audit that takes a processor for a tenth of a second
// keeps whoever is on it waiting as long.
func rest() { runtime.Gosched() }

// Bounds of how much the slow cursor reads in one audit: an idle bot takes a thousandth
// of a core, and of that a part. A hundred thousand incidents are read within a day.
const (
	othersAtOnce = 20
	othersSteps  = 100
	othersTime   = 10 * time.Millisecond
)

// others: a slow cursor reaches every record in time, the closed ones too.
func (a *Auditor) others(ctx context.Context, _ time.Time) ([]Finding, error) {
	began := a.Now()
	var found []Finding
	for range othersSteps {
		refs, next, err := a.Desk.Records(ctx, a.cursor, othersAtOnce)
		if err != nil {
			return found, err
		}
		a.cursor = next
		for _, ref := range refs {
			f, err := a.record(ctx, ref)
			if err != nil {
				return found, err
			}
			found = append(found, f...)
			rest()
		}
		if next == "" || a.Now().Sub(began) >= othersTime {
			break
		}
	}
	return found, nil
}

// record compares a record with what its events make of it, as they are when it
// is read.
func (a *Auditor) record(ctx context.Context, ref storage.Ref) ([]Finding, error) {
	fold, ok := a.folds[ref.Kind]
	if !ok {
		return nil, nil
	}
	rec, err := a.Store.Get(ctx, ref)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	events, err := a.Store.Events(ctx, ref, 0, 0)
	if err != nil {
		return nil, err
	}
	if uint64(len(events)) > rec.Seq {
		events = events[:rec.Seq]
	}
	if head, err := storage.CheckChain(0, nil, events); err != nil {
		return []Finding{{"chain_broken", fmt.Sprintf("The timeline of %s was altered: %v.", ref.ID, err)}}, nil
	} else if !bytes.Equal(head, rec.Head) {
		return []Finding{{"chain_broken", fmt.Sprintf("The timeline of %s does not lead to the record's hash.", ref.ID)}}, nil
	}
	body, due, index, err := fold(events)
	switch {
	case err != nil:
		return []Finding{{"unreadable", fmt.Sprintf("The events of %s cannot be read: %v.", ref.ID, err)}}, nil
	case !bytes.Equal(body, rec.Body):
		return []Finding{{"record_differs", fmt.Sprintf("%s is not what its events say. Run `watchbill verify`.", ref.ID)}}, nil
	case !storage.Time(due).Equal(rec.Due):
		return []Finding{{"record_differs", fmt.Sprintf("%s is not due when its events say. Run `watchbill verify`.", ref.ID)}}, nil
	case !sameEntries(index, rec.Index):
		return []Finding{{"record_differs", fmt.Sprintf("%s is not indexed as its events say. Run `watchbill verify`.", ref.ID)}}, nil
	}
	return nil, nil
}

// sameEntries says whether two lists hold the same entries in any order.
func sameEntries(a, b []storage.Entry) bool {
	order := func(list []storage.Entry) []storage.Entry {
		return slices.SortedFunc(slices.Values(list), func(x, y storage.Entry) int {
			return cmp.Or(strings.Compare(x.Index, y.Index), strings.Compare(x.Key, y.Key))
		})
	}
	return slices.Equal(order(a), order(b))
}

func (a *Auditor) sweep(ctx context.Context, now time.Time) {
	for range 100 {
		more, err := a.Store.Sweep(ctx, now)
		if err != nil {
			a.Log.Error().Err(err).Msg("sweep the store")
			return
		}
		if !more {
			return
		}
	}
}
