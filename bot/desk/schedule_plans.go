package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
)

// plans are the stored schedules ready to be asked. They are read once and follow
// every commit, so that a page never waits for the store to know who is on call.
type plans struct {
	mu     sync.RWMutex
	loaded bool
	byName map[string]knownPlan // by name in lower case
}

type knownPlan struct {
	record oncall.Record
	plan   *oncall.Plan
}

// loadPlans reads all schedules if they have not been read yet.
func (d *Desk) loadPlans(ctx context.Context) error {
	d.plans.mu.RLock()
	loaded := d.plans.loaded
	d.plans.mu.RUnlock()
	if loaded {
		return nil
	}
	d.plans.mu.Lock()
	defer d.plans.mu.Unlock()
	if d.plans.loaded {
		return nil
	}
	rows, err := d.Store.List(ctx, indexSchedules, "", "", 0)
	if err != nil {
		return fmt.Errorf("list schedules: %w", err)
	}
	all := make(map[string]knownPlan, len(rows))
	for _, row := range rows {
		var k knownPlan
		if err := json.Unmarshal(row.Body, &k.record); err != nil {
			return fmt.Errorf("decode %s: %w", row.Ref, err)
		}
		if k.plan, err = oncall.CompileRecord(k.record, d.zones); err != nil {
			d.Log.Error().Err(err).Str("schedule", k.record.Name).Msg("compile a stored schedule")
			k.plan = d.Settings.Plan(k.record.Name)
		}
		all[strings.ToLower(k.record.Name)] = k
	}
	d.plans.byName, d.plans.loaded = all, true
	return nil
}

// learnPlans keeps what a commit made of schedules.
func (d *Desk) learnPlans(changed map[string]knownPlan) {
	if len(changed) == 0 {
		return
	}
	d.plans.mu.Lock()
	defer d.plans.mu.Unlock()
	if d.plans.byName == nil {
		return // they will be read
	}
	for name, k := range changed {
		d.plans.byName[strings.ToLower(name)] = k
	}
}

// doubtPlans has the schedules read again after a commit of some that failed, or may
// have happened.
func (d *Desk) doubtPlans(u *unit) {
	if len(u.schedules) == 0 {
		return
	}
	d.plans.mu.Lock()
	defer d.plans.mu.Unlock()
	d.plans.loaded = false
}

func (d *Desk) known(name string) (knownPlan, bool) {
	d.plans.mu.RLock()
	defer d.plans.mu.RUnlock()
	k, ok := d.plans.byName[strings.ToLower(name)]
	return k, ok
}

// allKnown are the stored schedules by name.
func (d *Desk) allKnown() []knownPlan {
	d.plans.mu.RLock()
	defer d.plans.mu.RUnlock()
	out := make([]knownPlan, 0, len(d.plans.byName))
	for _, name := range slices.Sorted(maps.Keys(d.plans.byName)) {
		out = append(out, d.plans.byName[name])
	}
	return out
}

// storedName is the name under which a schedule is stored, else the name itself.
func (d *Desk) storedName(name string) string {
	if k, ok := d.known(name); ok {
		return k.record.Name
	}
	return name
}

// SchedulePlan is a schedule ready to be asked, with all that people changed; nil
// when there is none of that name. Until the store has been read, it is the
// configuration's.
func (d *Desk) SchedulePlan(name string) *oncall.Plan {
	d.readPlans()
	if k, ok := d.known(name); ok && k.plan != nil {
		if k.record.Removed != nil {
			return nil
		}
		return k.plan
	}
	return d.Settings.Plan(name)
}

// readTime bounds reading the schedules where somebody waits for an answer.
const readTime = 2 * time.Second

func (d *Desk) readPlans() {
	d.plans.mu.RLock()
	loaded := d.plans.loaded
	d.plans.mu.RUnlock()
	if loaded {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), readTime)
	defer cancel()
	if err := d.loadPlans(ctx); err != nil {
		d.Log.Error().Err(err).Msg("read the schedules; until it succeeds, the configuration's hold")
	}
}

// ScheduleNames are the names of all schedules, sorted.
func (d *Desk) ScheduleNames() []string {
	d.readPlans()
	var names []string
	for _, k := range d.allKnown() {
		if k.record.Removed == nil {
			names = append(names, k.record.Name)
		}
	}
	for _, s := range d.Settings.Schedules {
		if _, ok := d.known(s.Name); !ok {
			names = append(names, s.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Watch is who is on call for one schedule at an instant.
type Watch struct {
	Schedule string
	At       time.Time
	Duties   []oncall.Duty
	// Until is when the answer may change next; zero: not within four weeks.
	Until time.Time
}

// watchAhead is how far ahead the next change is looked for.
const watchAhead = 28 * 24 * time.Hour

// OnCall says who is on call at an instant, for one schedule or, with an empty
// name, for all of them.
func (d *Desk) OnCall(schedule string, at time.Time) ([]Watch, error) {
	var out []Watch
	for _, name := range d.ScheduleNames() {
		plan := d.SchedulePlan(name)
		if plan == nil || schedule != "" && !strings.EqualFold(name, schedule) {
			continue
		}
		w := Watch{Schedule: name, At: at, Duties: plan.OnCall(at)}
		if until, ok := plan.Until(at, watchAhead); ok {
			w.Until = until
		}
		out = append(out, w)
	}
	if len(out) == 0 && schedule != "" {
		return nil, refuse(incident.NotFound, "There is no schedule %q. `/oncall` shows them all, and `/oncall help` what else can be asked.", incident.Clip(schedule, 60))
	}
	return out, nil
}

func (d *Desk) onCall(schedule string, at time.Time) []string {
	plan := d.SchedulePlan(schedule)
	if plan == nil {
		return nil
	}
	return oncall.People(plan.OnCall(at))
}
