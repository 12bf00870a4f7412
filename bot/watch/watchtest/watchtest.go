// Package watchtest lets tests ask the auditor's judges about everything that happened.
package watchtest

import (
	"context"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Check fails a test if a page there ever was told others than those who were meant, or did
// what its policy does not say, or if nobody is told of an open incident. What the desk
// cannot know, such as how a process before it was configured, is not judged.
func Check(t testing.TB, d *desk.Desk) {
	t.Helper()
	ctx := context.Background()
	witness := d.NewWitness()
	live, err := d.LiveSequences(ctx, 100_000)
	if err != nil {
		t.Error(err)
	}
	for _, i := range live {
		if unpaged, err := witness.Unpaged(ctx, i.ID); err != nil || unpaged {
			t.Errorf("nobody is told of %s (%v)", i.ID, err)
		}
	}
	pages, err := d.PagesOpenedSince(ctx, time.Time{}, 100_000)
	if err != nil {
		t.Error(err)
	}
	for _, id := range pages {
		events, err := d.PageEvents(ctx, id)
		if err != nil {
			t.Error(err)
			continue
		}
		x := paging.Expect(events)
		for _, b := range x.Breaches(events[len(events)-1].At) {
			if b.Rule == paging.PolicyBroken || b.Rule == paging.ContactMissed {
				t.Errorf("%s", b.Text)
			}
		}
		for _, c := range x.Claims() {
			if v, err := witness.Judge(ctx, c); err != nil || v.Wrong != "" {
				t.Errorf("%s %s (%v)", id, v.Wrong, err)
			}
		}
	}
}
