package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// unit is one unit of work: the records that some jobs read and change, in
// memory, until they are committed together.
type unit struct {
	work
	d         *Desk
	incidents records[incident.Incident]
	pages     records[paging.Page]
	schedules scheduleUnit
	alerts    alertUnit
	settle    []storage.Settlement
	causes    map[string][]byte
	order     []string            // of causes
	told      []incident.Event    // all that was decided on incidents, in order
	said      map[string][]saying // on incidents, in the unit
	heard     map[string][]saying // and before it, once that is known
}

func (d *Desk) newUnit(ctx context.Context) *unit {
	u := &unit{work: work{ctx: ctx, at: storage.Time(d.Now()), store: d.Store, versions: d.versions}, d: d, alerts: newAlertUnit(d.alerts)}
	u.schedules = scheduleUnit{work: &u.work, settings: d.Settings, people: d.People, plans: d.plans, reach: d.reach, rights: d.rights}
	return u
}

// set is m[k] = v on a map that is made when it is needed: most units change little.
func set[K comparable, V any](m *map[K]V, k K, v V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[k] = v
}

// mark remembers the unit as it stands; rewind returns to it. Records are values
// and events are only appended, so copies of the maps are enough.
func (u *unit) mark() unit {
	m := *u
	m.incidents, m.pages, m.said = maps.Clone(u.incidents), maps.Clone(u.pages), maps.Clone(u.said)
	m.schedules = u.schedules.clone()
	m.alerts = u.alerts.clone()
	return m
}

func (u *unit) rewind(m unit) {
	u.incidents, u.pages, u.said, u.put, u.told = m.incidents, m.pages, m.said, slices.Clip(m.put), slices.Clip(m.told)
	u.schedules, u.alerts = m.schedules, m.alerts
}

// sorted are the keys of a map in order.
func sorted[V any](m map[string]V) []string {
	if len(m) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(m))
}

// decided counts the events and effects that were decided: it rises when anything is.
func (u *unit) decided() int {
	return len(u.put) + u.incidents.decided() + u.pages.decided() + u.schedules.decided() + u.alerts.decided()
}

func (u *unit) addCause(key string, a *Answer) error {
	body, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	set(&u.causes, key, body)
	u.order = append(u.order, key)
	return nil
}

// incident returns the incident as it stands in the unit. One that does not exist
// is the zero value.
func (u *unit) incident(id string) (incident.Incident, error) {
	return u.incidents.read(&u.work, incidentShape, id)
}

func (u *unit) now(id string) (incident.Incident, error) {
	if id == "" {
		return incident.Incident{}, nil
	}
	return u.incident(id)
}

// between returns an incident's events of the sequences first to last, stored and
// decided.
func (u *unit) between(id string, first, last uint64) ([]incident.Event, error) {
	h := u.incidents[id]
	var list []storage.Event
	if first <= h.base {
		var err error
		if list, err = u.d.Store.Events(u.ctx, incidentRef(id), first-1, int(min(last, h.base)-first+1)); err != nil {
			return nil, fmt.Errorf("read events of %s: %w", id, err)
		}
	}
	for seq := max(first, h.base+1); seq <= last; seq++ {
		e := h.events[seq-h.base-1]
		e.Seq = seq
		list = append(list, e)
	}
	return decodeAll(list, decodeIncidentEvent)
}

func (u *unit) page(id string) (paging.Page, error) {
	return u.pages.read(&u.work, pageShape, id)
}

// decideIncident puts a command to an incident, applies what it decides and
// follows what follows from it.
func (u *unit) decideIncident(id string, c incident.Command) error {
	i, err := u.incident(id)
	if err != nil {
		return err
	}
	events, err := incident.Decide(i, c, u.at)
	if err != nil {
		return err
	}
	for _, e := range events {
		e.Seq, e.At = u.incidents[id].seq+1, storage.Time(e.At)
		stored, err := storedEvent(string(e.Kind), e.At, u.at, e)
		if err != nil {
			return err
		}
		i := incident.Apply(u.incidents[id].record, e) // what follows from the event before may have changed it
		u.incidents.put(id, i, stored)
		if as, ok := typed(e); ok {
			set(&u.said, id, append(slices.Clip(u.said[id]), sayingOf(as, e.By.Person, e.Text, e.At, u.at)))
		}
		u.told = append(u.told, e)
		for _, f := range incident.Effects(i, e) {
			if err := u.owe(i, e.Seq, f); err != nil {
				return err
			}
		}
		if err := u.follow(id, e); err != nil {
			return err
		}
	}
	return nil
}

// owe adds an effect of an incident's event.
func (u *unit) owe(i incident.Incident, seq uint64, f incident.Effect) error {
	body, err := encodeTold(f.Event)
	if err != nil {
		return err
	}
	u.put = append(u.put, storage.Effect{Target: f.Target, Level: f.Level, Kind: string(f.Kind), Dest: f.Queue, Class: storage.Class(f.Rank),
		After: f.After, Record: incidentRef(i.ID), Seq: seq, Body: body, Created: u.at})
	return nil
}

// decidePage puts a command to a page and carries what happens onto the timeline
// of the incident it is about.
func (u *unit) decidePage(id string, c paging.Command) error {
	p, err := u.page(id)
	if err != nil {
		return err
	}
	events, err := paging.Decide(p, c, u.at)
	if refusal := new(paging.Error); errors.As(err, &refusal) {
		return &paging.Error{Code: refusal.Code, Message: refusal.Named(u.d.People.Display)}
	}
	if err != nil {
		return err
	}
	for _, e := range events {
		before := u.pages[id].record
		e.Seq, e.Due = u.pages[id].seq+1, storage.Time(e.Due)
		stored, err := storedEvent(string(e.Kind), e.At, u.at, e)
		if err != nil {
			return err
		}
		next := paging.Apply(before, e)
		u.pages.put(id, next, stored)
		if err := u.followPage(before, next, e); err != nil {
			return err
		}
	}
	return nil
}

// changes turns the unit into what the store commits.
func (u *unit) changes() ([]storage.Change, error) {
	var c changes
	collect(&c, u.incidents, incidentShape)
	collect(&c, u.pages, pageShape)
	u.schedules.collect(&c)
	u.collectAlerts(&c)
	out := c.list
	if c.err != nil {
		return nil, c.err
	}
	if len(out) == 0 && len(u.settle) == 0 && len(u.put) == 0 && len(u.order) == 0 {
		return nil, nil
	}
	if len(out) == 0 {
		out = append(out, storage.Change{})
	}
	out[0].Put, out[0].Settle = u.onePerTarget(), u.settle
	for _, key := range u.order {
		out[0].Causes = append(out[0].Causes, storage.Cause{Key: key, Answer: u.causes[key], At: u.at})
	}
	for n := range out {
		out[n].Vital = u.vital()
	}
	return out, nil
}

// onePerTarget keeps of several level effects of one target the last: ten changes
// become one update.
func (u *unit) onePerTarget() []storage.Effect {
	last := map[string]int{}
	for n, e := range u.put {
		if e.Level {
			last[e.Target] = n
		}
	}
	var out []storage.Effect
	for n, e := range u.put {
		if !e.Level || last[e.Target] == n {
			out = append(out, e)
		}
	}
	return out
}

// vital says whether the unit may use the space kept for a full disk: everything
// may that does not open something new.
func (u *unit) vital() bool {
	for _, h := range u.incidents {
		if h.base == 0 && len(h.events) > 0 {
			return false
		}
	}
	return !u.alerts.opens()
}

func (u *unit) what() string {
	names := slices.Concat(sorted(u.incidents), sorted(u.pages), sorted(u.schedules.records), u.alerts.order)
	if len(names) == 0 {
		return "deliveries"
	}
	return strings.Join(names, ", ")
}
