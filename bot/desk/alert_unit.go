package desk

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/storage"
)

// alertsLane is the lane in which everything about alerts changes.
const alertsLane = "alerts"

// alertUnit is what a unit holds of alerts: those that it has read or changed, and for each
// part of the index what that learns once the unit is stored. Until then it asks its own part
// before that of the index.
type alertUnit struct {
	held      map[string]*heldAlert
	order     []string // of held, as they were first read
	seats     unitSeats
	cards     unitCards
	pages     unitPages
	incidents unitIncidents
	hushes    unitHushes
	heard     []repeat
	beats     records[Heartbeat]
	deploys   records[Deploys]
	signed    bool // signatures that wait are to be stored
}

func newAlertUnit(x *alertIndex) alertUnit {
	return alertUnit{seats: unitSeats{stored: &x.seats}, cards: unitCards{stored: &x.cards}, pages: unitPages{stored: &x.pages},
		incidents: unitIncidents{stored: &x.incidents}, hushes: unitHushes{stored: &x.hushes}}
}

// heldAlert is an alert in a unit.
type heldAlert struct {
	held[alert.Alert]
	opened  *alert.Alert // what the first event says, if the unit opened it
	counted *repeats     // the repeats that the unit stores
}

// repeat is a signal that said nothing new, to be counted once the unit is stored.
type repeat struct {
	key   memberKey
	count int
	said  alert.Severity
}

// clone copies the unit's part, so that it can be gone back to.
func (a *alertUnit) clone() alertUnit {
	c := alertUnit{order: slices.Clip(a.order), seats: a.seats.clone(), cards: a.cards.clone(), pages: a.pages.clone(), incidents: a.incidents.clone(),
		hushes: a.hushes.clone(), heard: slices.Clip(a.heard), beats: maps.Clone(a.beats), deploys: maps.Clone(a.deploys), signed: a.signed}
	for id, h := range a.held {
		copied := *h
		copied.events = slices.Clip(h.events)
		set(&c.held, id, &copied)
	}
	return c
}

// decided counts the events that were decided.
func (a *alertUnit) decided() int {
	n := a.hushes.silences.decided() + a.beats.decided() + a.deploys.decided()
	for _, h := range a.held {
		n += len(h.events)
	}
	return n
}

// opens says whether an alert is opened.
func (a *alertUnit) opens() bool {
	for _, h := range a.held {
		if h.opened != nil {
			return true
		}
	}
	return false
}

// heldAlert returns an alert as it stands in the unit. One that does not exist has no
// id.
func (u *unit) heldAlert(id string) (*heldAlert, error) {
	if h, ok := u.alerts.held[id]; ok {
		return h, nil
	}
	h, err := load[alert.Alert](&u.work, alertRef(id), false)
	if err != nil {
		return nil, err
	}
	return u.hold(id, h), nil
}

func (u *unit) hold(id string, h held[alert.Alert]) *heldAlert {
	out := &heldAlert{held: h}
	set(&u.alerts.held, id, out)
	u.alerts.order = append(u.alerts.order, id)
	return out
}

// decideAlert puts a command to an alert and follows what follows from it.
func (u *unit) decideAlert(id string, c alert.Command) error {
	h, err := u.heldAlert(id)
	if err != nil {
		return err
	}
	events, err := alert.Decide(h.record, c, u.at)
	if err != nil || len(events) == 0 {
		return err
	}
	if err := u.countRepeats(h); err != nil {
		return err
	}
	for _, e := range events {
		if err := u.applyAlert(h, e); err != nil {
			return err
		}
	}
	return nil
}

func (u *unit) applyAlert(h *heldAlert, e alert.Event) error {
	was := h.record
	h.seq++
	h.record = alert.Apply(h.record, e)
	stored := storage.Event{Kind: string(e.Kind), At: e.At, Recorded: u.at}
	if e.Kind == alert.WasOpened {
		h.opened = e.Alert // it is encoded with the record
	} else {
		var err error
		if stored.Body, err = json.Marshal(e); err != nil {
			return fmt.Errorf("encode event %s: %w", e.Kind, err)
		}
	}
	h.events = append(h.events, stored)
	a := &h.record
	u.alerts.pages.follow(&was, a, e)
	u.alerts.seats.follow(&was, a, e)
	return nil
}

// countRepeats stores with an alert that changes what it has repeated since.
func (u *unit) countRepeats(h *heldAlert) error {
	if h.counted != nil || h.base == 0 {
		return nil
	}
	x := u.d.alerts
	r := look(x, func() *repeats { return x.repeats.take(x.known[h.record.ID]) })
	if r == nil {
		return nil
	}
	h.counted = r
	return u.decideAlert(h.record.ID, alert.Repeat{Counts: r.counts, Suppressed: r.suppressed})
}

// collectAlerts encodes the alerts that changed and what belongs to them.
func (u *unit) collectAlerts(c *changes) {
	c.list = slices.Grow(c.list, len(u.alerts.order))
	for _, id := range u.alerts.order {
		h := u.alerts.held[id]
		if len(h.events) == 0 || c.err != nil {
			continue
		}
		var one storage.Change
		one, c.err = h.change()
		c.list = append(c.list, one)
	}
	collect(c, u.alerts.hushes.silences, silenceShape)
	collect(c, u.alerts.beats, heartbeatShape)
	collect(c, u.alerts.deploys, deploysShape)
}

// change encodes an alert. One that was only opened says in its event what it is, so
// that both are encoded at once.
func (h *heldAlert) change() (storage.Change, error) {
	a := &h.record
	var body []byte
	var err error
	if h.opened != nil {
		event, err := json.Marshal(alert.Event{Alert: h.opened})
		if err != nil {
			return storage.Change{}, fmt.Errorf("encode event %s: %w", alert.WasOpened, err)
		}
		h.events[0].Body = event
		if len(h.events) == 1 {
			const begin, end = `{"alert":`, `}`
			body = event[len(begin) : len(event)-len(end)]
		}
	}
	if body == nil {
		if body, err = json.Marshal(a); err != nil {
			return storage.Change{}, fmt.Errorf("encode %s: %w", a.ID, err)
		}
	}
	head := storage.Seal(h.base, h.head, h.events)
	return storage.Change{Record: &storage.Record{Ref: alertRef(a.ID), Seq: h.seq, Head: head, Due: a.Due, Index: alertEntries(a), Body: body}, Base: h.base, Events: h.events}, nil
}

// learnAlerts makes the index know what a unit has stored.
func (d *Desk) learnAlerts(u *unit) {
	x := d.alerts
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, h := range u.pages {
		if len(h.events) > 0 && isAlert(h.record.Subject) {
			x.move(h.record.ID)
			x.pages.learn(&h.record)
		}
	}
	for _, id := range u.alerts.order {
		h := u.alerts.held[id]
		if len(h.events) == 0 {
			continue
		}
		x.move(id)
		if len(h.record.Members) > 1 { // it is changed again soon, and long to decode
			d.versions.keep(alertRef(id), version{seq: h.seq, head: h.events[len(h.events)-1].Hash, record: h.record})
		}
		x.learn(&h.record, u.at)
		x.repeats.stored(x.known[id], h.counted, u.at)
	}
	u.alerts.pages.learn()
	u.alerts.cards.learn()
	u.alerts.incidents.learn()
	u.alerts.hushes.learn(x)
	x.hear(u.alerts.heard, u.at)
}

// doubtAlerts has the index read again after a commit that failed, or may have
// happened.
func (d *Desk) doubtAlerts(u *unit) {
	if len(u.alerts.held) == 0 && len(u.alerts.hushes.silences) == 0 {
		return
	}
	d.alerts.mu.Lock()
	defer d.alerts.mu.Unlock()
	d.alerts.loaded = false
}
