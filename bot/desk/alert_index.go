package desk

import (
	"slices"
	"sync"
	"time"

	"github.com/watchbill/watchbill/oncall/alert"
)

// alertIndex is what the desk keeps in memory of the alerts that are not over, so
// that a signal needs no reading. It is read from the store once, and then follows
// each commit of the lane of alerts, which alone changes it.
type alertIndex struct {
	reading sync.Mutex // held while the store is read

	mu     sync.RWMutex // of all that follows
	loaded bool
	// moved are the records that changed while the store is read: what was read of
	// them may be older. Nil: nothing is read.
	moved map[string]bool
	// known are the alerts that are open, or may be opened again, by id.
	known     map[string]*standing
	seats     seating
	pages     alertPages
	cards     cards
	hushes    hushing
	incidents alertIncidents
	texts     texts
	repeats   repeating
}

func newAlertIndex() *alertIndex {
	x := &alertIndex{}
	x.clear()
	return x
}

func (x *alertIndex) clear() {
	x.known = map[string]*standing{}
	x.seats = seating{map[memberKey]seat{}, map[string]*standing{}}
	x.pages = alertPages{map[string]*alertPage{}, map[string]map[string]*alertPage{}}
	x.cards = cards{map[string]*cardChannel{}, map[string]*storm{}}
	x.hushes = hushing{map[string]*alert.Silencer{}, map[string]bool{}, map[windowKey]bool{}, map[windowKey]bool{}}
	x.incidents = alertIncidents{map[string]map[string]bool{}, map[incidentKey]string{}, map[string]int{}}
	x.texts = texts{map[string]string{}, map[traits]*traits{}}
	x.repeats.clear()
}

// look asks the index something while nothing changes.
func look[T any](x *alertIndex, ask func() T) T {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return ask()
}

// learn replaces what is known of an alert. It is called with mu held.
func (x *alertIndex) learn(a *alert.Alert, now time.Time) {
	was := x.known[a.ID]
	s := x.standingOf(a, was)
	x.pages.cover(s, 1) // first: a page that nothing needs for a moment is forgotten
	x.pages.cover(was, -1)
	x.cards.learn(was, s, a)
	x.hushes.learnAlert(a)
	x.incidents.learn(was, s, a)
	x.repeats.carry(was, s)
	if was != nil {
		x.seats.leave(was)
	}
	newest := s.group != "" && a.Continued == ""
	if !s.open && (!newest || s.reopens <= now.UnixMicro()) {
		x.forget(s)
		return
	}
	x.known[s.id] = s
	x.seats.take(s, newest)
}

func (x *alertIndex) move(id string) {
	if x.moved != nil {
		x.moved[id] = true
	}
}

// forget drops an alert that is over and does not open again.
func (x *alertIndex) forget(s *standing) {
	delete(x.known, s.id)
	x.seats.leaveGroup(s)
}

// prune forgets the alerts that might have been opened again until now.
func (x *alertIndex) prune(now time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range x.seats.groups {
		if !s.open && s.reopens <= now.UnixMicro() {
			x.forget(s)
		}
	}
	x.hushes.prune(now)
	x.cards.prune(now)
	x.incidents.prune()
	x.texts.prune()
}

// shownOn are the open alerts with a card of their own that are counted on a page, the
// first of them. It is called from the lane.
func (x *alertIndex) shownOn(page string) []string {
	var out []string
	for id, s := range x.known {
		if s.open && s.folded && s.own && s.page == page {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, byNumber)
	return out[:min(len(out), mostShown)]
}

// hear counts what was heard in a unit that is stored. It is called with mu held.
func (x *alertIndex) hear(list []repeat, now time.Time) {
	for _, r := range list {
		at, ok := x.seats.members[r.key]
		if !ok {
			continue
		}
		m := &at.alert.members[at.place]
		m.said, m.heard = r.said, true
		if r.count > 0 {
			x.repeats.count(at.alert, at.place, r.count, now)
		}
	}
}
