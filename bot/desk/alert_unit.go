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

// alertUnit is what a unit holds of alerts: what the index will know once the unit is
// stored.
type alertUnit struct {
	held      map[string]*heldAlert
	order     []string               // of held, as they were first changed
	members   map[memberKey]string   // the alert that a member has come into; empty: it is in none any more
	groups    map[string]string      // the newest alert of a group
	cards     map[string]int         // cards opened, by channel
	storms    map[string]string      // storms begun, by channel
	covers    map[string]int         // how many more alerts pages cover
	folds     map[string]folded      // alerts that pages are to count
	full      map[callKey]string     // the page that counts what would be another, empty: none; until a page changes
	folded    map[string]int         // alerts that pages count now
	told      map[string]int         // what timelines of incidents were told
	incidents map[incidentKey]string // opened by routes
	show      map[string]bool        // pages whose messages are to show an alert anew
	heard     []repeat
	signed    bool     // signatures that wait are to be stored
	owed      []*storm // whose cards
	toldOf    []windowKey
	silences  records[alert.Silence]
	beats     records[Heartbeat]
	deploys   records[Deploys]
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

// folded are alerts that a page is to count.
type folded struct {
	count int
	last  string // the title of the last
}

// clone copies the unit's part, so that it can be gone back to; nothing, if it is new.
func (a *alertUnit) clone() alertUnit {
	if a.untouched() {
		return alertUnit{}
	}
	c := *a
	c.held = make(map[string]*heldAlert, len(a.held))
	for id, h := range a.held {
		copied := *h
		copied.events = slices.Clip(h.events)
		c.held[id] = &copied
	}
	c.order, c.heard, c.toldOf = slices.Clip(a.order), slices.Clip(a.heard), slices.Clip(a.toldOf)
	c.members, c.groups, c.cards, c.storms = maps.Clone(a.members), maps.Clone(a.groups), maps.Clone(a.cards), maps.Clone(a.storms)
	c.covers, c.folds, c.show, c.silences = maps.Clone(a.covers), maps.Clone(a.folds), maps.Clone(a.show), maps.Clone(a.silences)
	c.full = maps.Clone(a.full)
	c.folded, c.told, c.incidents = maps.Clone(a.folded), maps.Clone(a.told), maps.Clone(a.incidents)
	c.beats, c.deploys = maps.Clone(a.beats), maps.Clone(a.deploys)
	return c
}

// untouched says whether the unit has to do with no alert.
func (a *alertUnit) untouched() bool {
	return len(a.held)+len(a.members)+len(a.groups)+len(a.cards)+len(a.storms)+len(a.covers)+len(a.folds)+len(a.folded)+len(a.told)+
		len(a.incidents)+len(a.show)+len(a.heard)+len(a.owed)+len(a.silences)+len(a.beats)+len(a.deploys) == 0
}

// decided counts the events that were decided.
func (a *alertUnit) decided() int {
	n := a.silences.decided() + a.beats.decided() + a.deploys.decided()
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
	if h, ok := u.al.held[id]; ok {
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
	set(&u.al.held, id, out)
	u.al.order = append(u.al.order, id)
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
	if covered(&was) {
		set(&u.al.covers, was.Page, u.al.covers[was.Page]-1)
	}
	if covered(a) {
		set(&u.al.covers, a.Page, u.al.covers[a.Page]+1)
	}
	if a.Page != "" && grew(e.Kind) {
		set(&u.al.show, a.Page, true)
	}
	u.seat(&was, a, e)
	return nil
}

// seat follows which alerts members and groups belong to.
func (u *unit) seat(was, a *alert.Alert, e alert.Event) {
	switch e.Kind {
	case alert.WasOpened:
		u.takeSeats(a, a.Members)
		if !a.Alone() {
			set(&u.al.groups, a.Group, a.ID)
		}
	case alert.MemberJoined, alert.MemberFired:
		if e.Place < len(was.Members) {
			u.leaveSeats(was, was.Members[e.Place:e.Place+1])
		}
		u.takeSeats(a, a.Members[min(e.Place, len(a.Members)-1):][:1])
	case alert.WasReopened:
		u.takeSeats(a, a.Members)
	case alert.WasResolved, alert.WasClosed:
		u.leaveSeats(a, a.Members)
	}
}

// takeSeats gives an alert members: those that fire, and those that are in no other
// alert. A member that is resolved here may fire elsewhere by now.
func (u *unit) takeSeats(a *alert.Alert, members []alert.Member) {
	for _, m := range members {
		if k := (memberKey{a.From(m), m.Key}); m.Status == alert.Firing || u.alertOf(k) == "" {
			set(&u.al.members, k, a.ID)
		}
	}
}

func (u *unit) leaveSeats(a *alert.Alert, members []alert.Member) {
	for _, m := range members {
		if k := (memberKey{a.From(m), m.Key}); u.alertOf(k) == a.ID {
			set(&u.al.members, k, "")
		}
	}
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
	events, err := alert.Decide(h.record, alert.Repeat{Counts: r.counts, Suppressed: r.suppressed}, u.at)
	if err != nil {
		return err
	}
	for _, e := range events {
		if err := u.applyAlert(h, e); err != nil {
			return err
		}
	}
	return nil
}

// collectAlerts encodes the alerts that changed and what belongs to them.
func (u *unit) collectAlerts(c *changes) {
	c.list = slices.Grow(c.list, len(u.al.order))
	for _, id := range u.al.order {
		h := u.al.held[id]
		if len(h.events) == 0 || c.err != nil {
			continue
		}
		var one storage.Change
		one, c.err = h.change()
		c.list = append(c.list, one)
	}
	collect(c, u.al.silences, silenceShape)
	collect(c, u.al.beats, heartbeatShape)
	collect(c, u.al.deploys, deploysShape)
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
	for _, id := range u.al.order {
		h := u.al.held[id]
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
	for page, f := range u.al.folds {
		x.pages.fold(page, f)
	}
	for page, n := range u.al.folded {
		x.pages.counted(page, n)
	}
	for _, s := range u.al.owed {
		s.changed = false
	}
	maps.Copy(x.incidents.opened, u.al.incidents)
	for id, n := range u.al.told {
		x.incidents.told[id] += n
	}
	for id, h := range u.al.silences {
		if len(h.events) > 0 {
			x.move(id)
			x.hushes.learn(h.record)
			if h.base == 0 {
				x.hushes.unapplied[id] = true
			}
		}
	}
	for _, k := range u.al.toldOf {
		x.hushes.end(k)
	}
	x.hear(u.al.heard, u.at)
}

// doubtAlerts has the index read again after a commit that failed, or may have
// happened.
func (d *Desk) doubtAlerts(u *unit) {
	if len(u.al.held) == 0 && len(u.al.silences) == 0 {
		return
	}
	d.alerts.mu.Lock()
	defer d.alerts.mu.Unlock()
	d.alerts.loaded = false
}
