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

	"github.com/rs/zerolog"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/storage"
)

// plans are the stored schedules ready to be asked. They are read once and follow
// every commit, so that a page never waits for the store to know who is on call.
type plans struct {
	store    storage.Store
	settings *configs.Config
	zones    *oncall.Zones
	now      func() time.Time
	log      zerolog.Logger

	mu     sync.RWMutex
	loaded bool
	byName map[string]knownPlan // by name in lower case
}

type knownPlan struct {
	record oncall.Record
	plan   *oncall.Plan
}

// load reads all schedules if they have not been read yet.
func (p *plans) load(ctx context.Context) error {
	p.mu.RLock()
	loaded := p.loaded
	p.mu.RUnlock()
	if loaded {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.loaded {
		return nil
	}
	rows, err := p.store.List(ctx, indexSchedules, "", "", 0)
	if err != nil {
		return fmt.Errorf("list schedules: %w", err)
	}
	all := make(map[string]knownPlan, len(rows))
	for _, row := range rows {
		var k knownPlan
		if err := json.Unmarshal(row.Body, &k.record); err != nil {
			return fmt.Errorf("decode %s: %w", row.Ref, err)
		}
		if k.plan, err = oncall.CompileRecord(k.record, p.zones); err != nil {
			p.log.Error().Err(err).Str("schedule", k.record.Name).Msg("compile a stored schedule")
			k.plan = p.settings.Plan(k.record.Name)
		}
		all[strings.ToLower(k.record.Name)] = k
	}
	p.byName, p.loaded = all, true
	return nil
}

// learn keeps what a commit made of schedules.
func (p *plans) learn(changed map[string]knownPlan) {
	if len(changed) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byName == nil {
		return // they will be read
	}
	for name, k := range changed {
		p.byName[strings.ToLower(name)] = k
	}
}

// doubt has the schedules read again after a commit of some that failed, or may
// have happened.
func (p *plans) doubt() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.loaded = false
}

func (p *plans) known(name string) (knownPlan, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	k, ok := p.byName[strings.ToLower(name)]
	return k, ok
}

// all are the stored schedules by name.
func (p *plans) all() []knownPlan {
	p.mu.RLock()
	defer p.mu.RUnlock()
	out := make([]knownPlan, 0, len(p.byName))
	for _, name := range slices.Sorted(maps.Keys(p.byName)) {
		out = append(out, p.byName[name])
	}
	return out
}

// storedName is the name under which a schedule is stored, else the name itself.
func (p *plans) storedName(name string) string {
	if k, ok := p.known(name); ok {
		return k.record.Name
	}
	return name
}

// SchedulePlan is a schedule ready to be asked, with all that people changed; nil
// when there is none of that name. Until the store has been read, it is the
// configuration's.
func (p *plans) SchedulePlan(name string) *oncall.Plan {
	p.read()
	if k, ok := p.known(name); ok && k.plan != nil {
		if k.record.Removed != nil {
			return nil
		}
		return k.plan
	}
	return p.settings.Plan(name)
}

// readTime bounds reading the schedules where somebody waits for an answer.
const readTime = 2 * time.Second

func (p *plans) read() {
	p.mu.RLock()
	loaded := p.loaded
	p.mu.RUnlock()
	if loaded {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), readTime)
	defer cancel()
	if err := p.load(ctx); err != nil {
		p.log.Error().Err(err).Msg("read the schedules; until it succeeds, the configuration's hold")
	}
}

// ScheduleNames are the names of all schedules, sorted.
func (p *plans) ScheduleNames() []string {
	p.read()
	var names []string
	for _, k := range p.all() {
		if k.record.Removed == nil {
			names = append(names, k.record.Name)
		}
	}
	for _, s := range p.settings.Schedules {
		if _, ok := p.known(s.Name); !ok {
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
func (p *plans) OnCall(schedule string, at time.Time) ([]Watch, error) {
	var out []Watch
	for _, name := range p.ScheduleNames() {
		plan := p.SchedulePlan(name)
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

func (p *plans) onCall(schedule string, at time.Time) []string {
	plan := p.SchedulePlan(schedule)
	if plan == nil {
		return nil
	}
	return oncall.People(plan.OnCall(at))
}

// others are the plans of all schedules but one.
func (p *plans) others(schedule string) []*oncall.Plan {
	var out []*oncall.Plan
	for _, name := range p.ScheduleNames() {
		if plan := p.SchedulePlan(name); plan != nil && name != schedule {
			out = append(out, plan)
		}
	}
	return out
}
