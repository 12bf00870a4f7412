package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
)

// Schedule returns one stored schedule; a refusal if there is none.
func (p *plans) Schedule(ctx context.Context, name string) (oncall.Record, error) {
	if err := p.load(ctx); err != nil {
		return oncall.Record{}, err
	}
	known, ok := p.known(name)
	if !ok {
		return oncall.Record{}, p.noSchedule(name)
	}
	return known.record, nil
}

// Schedules returns the stored schedules by name, without those that were removed.
func (p *plans) Schedules(ctx context.Context) ([]oncall.Record, error) {
	if err := p.load(ctx); err != nil {
		return nil, err
	}
	var out []oncall.Record
	for _, k := range p.all() {
		if k.record.Removed == nil {
			out = append(out, k.record)
		}
	}
	return out, nil
}

// events returns what happened to a schedule.
func (p *plans) events(ctx context.Context, name string) ([]oncall.Event, error) {
	r, err := p.Schedule(ctx, name)
	if err != nil {
		return nil, err
	}
	stored, err := p.store.Events(ctx, scheduleRef(r.Name), 0, 0)
	if err != nil {
		return nil, fmt.Errorf("read events of schedule %s: %w", name, err)
	}
	return decodeAll(stored, decodeScheduleEvent)
}

// History is a plan that answers for an instant by what was true then, also when
// that has been folded away from the record.
func (p *plans) History(ctx context.Context, name string, at time.Time) (*oncall.Plan, error) {
	r, err := p.Schedule(ctx, name)
	if err != nil {
		if plan := p.settings.Plan(name); plan != nil {
			return plan, nil
		}
		return nil, err
	}
	if k, ok := p.known(r.Name); ok && (r.FoldedUntil == nil || at.After(*r.FoldedUntil)) {
		return k.plan, nil
	}
	events, err := p.events(ctx, r.Name)
	if err != nil {
		return nil, err
	}
	var folded []oncall.Folded
	for _, e := range events {
		if e.Folded != nil {
			folded = append(folded, *e.Folded)
		}
	}
	plan, err := oncall.CompileRecord(r.With(folded...), p.zones)
	if err != nil {
		return nil, fmt.Errorf("compile the history of schedule %s: %w", name, err)
	}
	return plan, nil
}

// located is the name of a schedule that can be changed; for one that is not stored
// yet, since no bot has served the configuration, also what the configuration says.
func (p *plans) located(name string) (string, *oncall.Schedule, error) {
	known, stored := p.known(name)
	file, written := p.settings.Schedule(name)
	switch {
	case stored && known.record.Removed == nil:
		return known.record.Name, nil, nil
	case !stored && written:
		return file.Name, &file, nil
	}
	return "", nil, p.noSchedule(name)
}

func (p *plans) noSchedule(name string) error {
	names := p.ScheduleNames()
	if len(names) == 0 {
		return refuse(incident.NotFound, "There is no schedule %q: none is configured. Write one under `schedules:` in the configuration.", incident.Clip(name, 60))
	}
	return refuse(incident.NotFound, "There is no schedule %q. There are: %s.", incident.Clip(name, 60), incident.Clip(strings.Join(names, ", "), 500))
}

// ScheduleRepeated is what a command did to schedules whose cause came before; ok is
// false for one that is new.
func (p *plans) ScheduleRepeated(ctx context.Context, in In) (again []ScheduleAnswer, ok bool, err error) {
	kept, ok, err := p.store.Cause(ctx, in.Cause)
	if err != nil || !ok {
		return nil, false, err
	}
	a, err := readAnswer(kept, in.Asked)
	if err != nil {
		return nil, true, err
	}
	again, err = p.answers(ctx, a)
	return again, true, err
}

// answers tells again what a command did; one that changed nothing is one
// answer too.
func (p *plans) answers(ctx context.Context, a Answer) ([]ScheduleAnswer, error) {
	var out []ScheduleAnswer
	for _, s := range a.Spans {
		r, err := p.Schedule(ctx, s.Schedule)
		if err != nil {
			return nil, err
		}
		stored, err := p.store.Events(ctx, scheduleRef(r.Name), s.First-1, int(s.Last-s.First+1))
		if err != nil {
			return nil, fmt.Errorf("read events of schedule %s: %w", r.Name, err)
		}
		events, err := decodeAll(stored, decodeScheduleEvent)
		if err != nil {
			return nil, err
		}
		out = append(out, ScheduleAnswer{Schedule: r.Name, Record: r, Events: events, Changed: true})
	}
	if len(out) == 0 {
		r, err := p.Schedule(ctx, a.Schedule)
		if err != nil {
			return nil, err
		}
		out = []ScheduleAnswer{{Schedule: r.Name, Record: r}}
	}
	out[0].Advice = a.Advice
	return out, nil
}

// ScheduleAt returns a schedule as the store has it, ready to be asked, and the
// sequences at which it and its clock stand.
func (p *plans) ScheduleAt(ctx context.Context, name string) (r oncall.Record, plan *oncall.Plan, seq, clock uint64, err error) {
	rec, err := p.store.Get(ctx, scheduleRef(name))
	if err != nil {
		return r, nil, 0, 0, fmt.Errorf("read schedule %s: %w", name, err)
	}
	if err := json.Unmarshal(rec.Body, &r); err != nil {
		return r, nil, 0, 0, fmt.Errorf("decode %s: %w", rec.Ref, err)
	}
	if plan, err = oncall.CompileRecord(r, p.zones); err != nil {
		return r, nil, 0, 0, fmt.Errorf("compile schedule %s: %w", name, err)
	}
	c, err := p.store.Get(ctx, clockRef(name))
	if err != nil {
		return r, nil, 0, 0, fmt.Errorf("read the clock of schedule %s: %w", name, err)
	}
	return r, plan, rec.Seq, c.Seq, nil
}
