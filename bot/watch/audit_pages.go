package watch

import (
	"context"
	"fmt"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// promise is what the events of a page promised when it stood at seq.
type promise struct {
	seq    uint64
	expect *paging.Expectation
	wrong  []Finding // of the record, then
	judged judgement
}

// judgement is what was said of the claims of a page. Each is judged once, soon after it
// was made: later, less may be known of its moment.
type judgement struct {
	claims int
	wrong  []Finding
	open   int // those that could not be judged, or not wholly
}

// leftover is a page that runs no more, with what was wrong with it.
type leftover struct {
	wrong []Finding
	open  int
	until time.Time
}

const (
	// mostRunning is how many pages one audit looks at.
	mostRunning = 10_000
	// mostLeft is how many of those it looks at that have come and gone since the last one,
	// leftTime how long what was wrong with them is said.
	mostLeft = 1000
	leftTime = 15 * time.Minute
	// standBound is how soon whoever comes on duty must be told of the pages that wait.
	standBound = time.Minute
)

// pages: every running page has a due time, equals the fold of its events, and has
// done by now what its events and its policy as it was promised, and told whoever was
// meant; every notice that was intended was heard of, or is owed. The events of a page are
// read only after it has changed; the slow cursor reads them all in time.
func (a *Auditor) pages(ctx context.Context, now time.Time) ([]Finding, error) {
	pages, err := a.Desk.RunningPages(ctx, mostRunning)
	if err != nil {
		return nil, err
	}
	a.witness.Refresh()
	promised := make(map[string]promise, len(pages))
	var found []Finding
	for _, p := range pages {
		if p.Due.IsZero() {
			found = append(found, Finding{"page_without_due", fmt.Sprintf("%s is open and nothing will escalate it.", p.ID)})
		}
		w := a.promised[p.ID]
		if w.seq != p.Seq {
			if w, err = a.read(ctx, p.ID, p.Seq, w.judged); err != nil {
				return found, err
			}
			rest()
		}
		promised[p.ID] = w
		found = append(append(found, w.wrong...), w.judged.wrong...)
		found = append(found, broken(w.expect, now)...)
		standing, err := a.standing(ctx, p.ID, w.expect, now)
		if err != nil {
			return found, err
		}
		found = append(found, standing...)
		for _, n := range w.expect.Unsent(now.Add(-lateBound)) {
			if !a.owed[desk.NoticeTarget(p.ID, n)] {
				found = append(found, Finding{"page_notice_lost", fmt.Sprintf("Notice %d of %s was intended, and nothing owes it.", n, p.ID)})
			}
		}
	}
	over, err := a.over(ctx, promised, now)
	if err != nil {
		return found, err // whatever is over is looked for again
	}
	a.promised = promised
	a.countOpen()
	return append(found, over...), nil
}

// standing: whoever has come on duty for the step of a page was told of it by now.
func (a *Auditor) standing(ctx context.Context, page string, x *paging.Expectation, now time.Time) ([]Finding, error) {
	c, ok := x.Standing(now.Add(-standBound))
	if !ok {
		return nil, nil
	}
	v, err := a.witness.Judge(ctx, c)
	if err != nil || v.Wrong == "" {
		return nil, err
	}
	return []Finding{{paging.WrongPeople, page + " " + v.Wrong}}, nil
}

func broken(x *paging.Expectation, now time.Time) []Finding {
	var found []Finding
	for _, b := range x.Breaches(now) {
		found = append(found, Finding{b.Rule, b.Text})
	}
	return found
}

// over: what pages did is judged too when they are over before the next audit comes.
func (a *Auditor) over(ctx context.Context, running map[string]promise, now time.Time) ([]Finding, error) {
	opened, err := a.Desk.PagesOpenedSince(ctx, a.looked.Add(-time.Minute), mostLeft)
	if err != nil {
		return nil, err
	}
	for id := range a.promised {
		opened = append(opened, id)
	}
	for _, id := range opened {
		if _, goesOn := running[id]; goesOn {
			continue
		}
		if _, done := a.left[id]; done {
			continue
		}
		w, err := a.read(ctx, id, 0, a.promised[id].judged)
		if err != nil {
			return nil, err
		}
		a.left[id] = leftover{append(w.judged.wrong, broken(w.expect, now)...), w.judged.open, now.Add(leftTime)}
	}
	a.looked = now
	var found []Finding
	for id, l := range a.left {
		if _, again := running[id]; again || now.After(l.until) {
			delete(a.left, id)
			continue
		}
		found = append(found, l.wrong...)
	}
	return found, nil
}

// read is what the events of a page promise, at the sequence at which it was seen; 0: as
// it stands, and its record is left to the slow cursor.
func (a *Auditor) read(ctx context.Context, page string, seq uint64, before judgement) (promise, error) {
	w := promise{seq: seq}
	var err error
	if seq > 0 {
		if w.wrong, err = a.record(ctx, storage.Ref{Kind: desk.PageKind, ID: page}); err != nil {
			return w, err
		}
	}
	events, err := a.Desk.PageEvents(ctx, page)
	if err != nil {
		return w, err
	}
	if seq > 0 {
		events = events[:min(uint64(len(events)), seq)]
	} else {
		a.witness.Refresh()
	}
	w.expect = paging.Expect(events)
	w.judged, err = a.judge(ctx, page, w.expect.Claims(), before)
	return w, err
}

// judge holds what a page took to be so against what is known without it.
func (a *Auditor) judge(ctx context.Context, page string, claims []paging.Claim, before judgement) (judgement, error) {
	j, why := before, ""
	for _, c := range claims[min(len(claims), before.claims):] {
		v, err := a.witness.Judge(ctx, c)
		if err != nil {
			return j, err
		}
		if j.claims++; v.Wrong != "" {
			j.wrong = append(j.wrong, Finding{paging.WrongPeople, page + " " + v.Wrong})
		}
		if v.Open != "" {
			j.open++
			why = v.Open
		}
	}
	if why != "" {
		a.Log.Info().Str("page", page).Int("acts", j.open-before.open).Msg("what it did cannot be judged: " + why)
	}
	return j, nil
}

// countOpen counts what could not be judged.
func (a *Auditor) countOpen() {
	open := 0
	for _, w := range a.promised {
		open += w.judged.open
	}
	for _, l := range a.left {
		open += l.open
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.unjudged = open
}
