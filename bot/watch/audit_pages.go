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
}

// mostRunning is how many pages one audit looks at.
const mostRunning = 10_000

// pages: every running page has a due time, equals the fold of its events, and has
// done by now what its events and its policy as it was promised, and told whoever was on
// call; every notice that was intended was heard of, or is owed. The events of a page are
// read only after it has changed; the slow cursor reads them all in time.
func (a *Auditor) pages(ctx context.Context, now time.Time) ([]Finding, error) {
	pages, err := a.Desk.RunningPages(ctx, mostRunning)
	if err != nil {
		return nil, err
	}
	promised := make(map[string]promise, len(pages))
	var found []Finding
	for _, p := range pages {
		if p.Due.IsZero() {
			found = append(found, Finding{"page_without_due", fmt.Sprintf("%s is open and nothing will escalate it.", p.ID)})
		}
		w, known := a.promised[p.ID]
		if !known || w.seq != p.Seq {
			if w, err = a.read(ctx, p); err != nil {
				return found, err
			}
		}
		promised[p.ID] = w
		found = append(found, w.wrong...)
		for _, b := range w.expect.Breaches(now) {
			found = append(found, Finding{b.Rule, b.Text})
		}
		for _, n := range w.expect.Unsent(now.Add(-lateBound)) {
			if !a.owed[desk.NoticeTarget(p.ID, n)] {
				found = append(found, Finding{"page_notice_lost", fmt.Sprintf("Notice %d of %s was intended, and nothing owes it.", n, p.ID)})
			}
		}
	}
	a.promised = promised
	return found, nil
}

// read is what the events of a page promise, at the sequence at which it was seen.
func (a *Auditor) read(ctx context.Context, p desk.Running) (promise, error) {
	w := promise{seq: p.Seq}
	var err error
	if w.wrong, err = a.record(ctx, storage.Ref{Kind: desk.PageKind, ID: p.ID}); err != nil {
		return w, err
	}
	events, err := a.Desk.PageEvents(ctx, p.ID)
	if err != nil {
		return w, err
	}
	w.expect = paging.Expect(events[:min(uint64(len(events)), p.Seq)])
	wrong, err := a.judge(ctx, p.ID, w.expect.Claims())
	w.wrong = append(w.wrong, wrong...)
	return w, err
}
