package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/storage"
)

// then answers from the store alone who was on call at an instant.
type then struct {
	seq     uint64 // of the schedule's record
	plan    *oncall.Plan
	changed []time.Time // when it was changed, ascending
}

// readThen reads a schedule with all its history as it is stored. The one that was read
// before is returned if it is still so; nil: there is none.
func (p *plans) readThen(ctx context.Context, schedule string, before *then) (*then, error) {
	rec, err := p.store.Get(ctx, scheduleRef(p.storedName(schedule)))
	if err != nil {
		return nil, fmt.Errorf("read schedule %s: %w", schedule, err)
	}
	if before != nil && before.seq == rec.Seq {
		return before, nil
	}
	var r oncall.Record
	if err := json.Unmarshal(rec.Body, &r); err != nil {
		return nil, fmt.Errorf("decode %s: %w", rec.Ref, err)
	}
	stored, err := p.store.Events(ctx, rec.Ref, 0, int(rec.Seq))
	if err != nil {
		return nil, fmt.Errorf("read events of schedule %s: %w", schedule, err)
	}
	t := &then{seq: rec.Seq}
	var folded []oncall.Folded
	for _, s := range stored {
		e, err := decodeScheduleEvent(s)
		if err != nil {
			return nil, err
		}
		if e.Folded != nil {
			folded = append(folded, *e.Folded)
			continue
		}
		t.changed = append(t.changed, storage.Time(s.Recorded))
	}
	if t.plan, err = oncall.CompileRecord(r.With(folded...), p.zones); err != nil {
		return nil, fmt.Errorf("compile schedule %s: %w", schedule, err)
	}
	return t, nil
}

// onCall is who was on call at an instant; known is false before the schedule was stored,
// and right after it was changed.
func (t *then) onCall(at time.Time) (people []string, known bool) {
	for n, c := range t.changed {
		since := at.Sub(c)
		if n == 0 && since < 0 || since >= 0 && since < settles {
			return nil, false
		}
	}
	return oncall.People(t.plan.OnCall(at)), len(t.changed) > 0
}
