package desk

import (
	"maps"

	"github.com/watchbill/watchbill/oncall/alert"
)

// memberKey is the identity of a signal among all integrations.
type memberKey struct{ integration, key string }

// seat is a member's place in an alert.
type seat struct {
	alert *standing
	place int
}

// seating says in which alerts signals are.
type seating struct {
	// members are the seats of the members of open alerts, groups the newest alerts
	// of groups that have more than one member, or may.
	members map[memberKey]seat
	groups  map[string]*standing
}

// take seats the members of an alert, if it is open, and puts it at the head of its group
// if it is the newest there.
func (x *seating) take(s *standing, newest bool) {
	if s.open {
		for n, m := range s.members {
			if at := x.members[m.memberKey]; m.firing || at.alert == nil || at.alert.id == s.id || !at.alert.members[at.place].firing {
				x.members[m.memberKey] = seat{s, n}
			}
		}
	}
	if newest {
		x.groups[s.group] = s
	}
}

// leave frees the seats of an alert.
func (x *seating) leave(s *standing) {
	for _, m := range s.members {
		if x.members[m.memberKey].alert == s {
			delete(x.members, m.memberKey)
		}
	}
}

func (x *seating) leaveGroup(s *standing) {
	if g := x.groups[s.group]; g != nil && g.id == s.id {
		delete(x.groups, s.group)
	}
}

// unitSeats are the seats that a unit gives and takes. They go before those of the index: a
// member has one seat at a time, and leaves the old one when it takes another.
type unitSeats struct {
	stored  *seating
	members map[memberKey]string // the alert that a member has come into; empty: it is in none any more
	groups  map[string]string    // the newest alert of a group
}

func (s *unitSeats) clone() unitSeats {
	return unitSeats{s.stored, maps.Clone(s.members), maps.Clone(s.groups)}
}

// alertOf is the open alert that a signal is a member of; empty: none.
func (s *unitSeats) alertOf(k memberKey) string {
	if id, ok := s.members[k]; ok {
		return id
	}
	if at := s.stored.members[k]; at.alert != nil {
		return at.alert.id
	}
	return ""
}

// groupOf is the newest alert of a group that is open, or may be opened again; empty: none.
func (s *unitSeats) groupOf(group string) string {
	if id, ok := s.groups[group]; ok {
		return id
	}
	if newest := s.stored.groups[group]; newest != nil {
		return newest.id
	}
	return ""
}

// follow gives and takes the seats that an event does.
func (s *unitSeats) follow(was, a *alert.Alert, e alert.Event) {
	switch e.Kind {
	case alert.WasOpened:
		s.take(a, a.Members)
		if !a.Alone() {
			set(&s.groups, a.Group, a.ID)
		}
	case alert.MemberJoined, alert.MemberFired:
		if e.Place < len(was.Members) {
			s.leave(was, was.Members[e.Place:e.Place+1])
		}
		s.take(a, a.Members[min(e.Place, len(a.Members)-1):][:1])
	case alert.WasReopened:
		s.take(a, a.Members)
	case alert.WasResolved, alert.WasClosed:
		s.leave(a, a.Members)
	}
}

// take seats members in an alert: those that fire, and those that are in no other. A member
// that is resolved here may fire elsewhere by now.
func (s *unitSeats) take(a *alert.Alert, members []alert.Member) {
	for _, m := range members {
		if k := (memberKey{a.From(m), m.Key}); m.Status == alert.Firing || s.alertOf(k) == "" {
			set(&s.members, k, a.ID)
		}
	}
}

func (s *unitSeats) leave(a *alert.Alert, members []alert.Member) {
	for _, m := range members {
		if k := (memberKey{a.From(m), m.Key}); s.alertOf(k) == a.ID {
			set(&s.members, k, "")
		}
	}
}
