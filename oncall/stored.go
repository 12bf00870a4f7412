package oncall

import (
	"slices"
	"strings"
)

// stored is a pointer to a [StoredOverride], a [StoredShadow] or a [StoredTimeOff]: what a
// record keeps of a change beside the rotations.
type stored[T any] interface {
	*T
	made() *Made
	span(zones *Zones) (from, to instant)
}

func (m *Made) made() *Made { return m }

// clip bounds a range to the time in which the change was true.
func (m *Made) clip(from, to instant) (instant, instant) {
	if m.Since != nil {
		from = max(from, instantOf(*m.Since))
	}
	if m.Ended != nil {
		to = min(to, instantOf(*m.Ended))
	}
	return from, max(from, to)
}

// span is when the override acts; the end is the start when it never does.
func (o *StoredOverride) span(zones *Zones) (from, to instant) {
	c := &compiler{zones: zones}
	return o.clip(c.between("", o.From, o.To, c.zone("", o.Zone)))
}

func (s *StoredShadow) span(zones *Zones) (from, to instant) {
	c := &compiler{zones: zones}
	q := c.shadow("", &s.Shadow, c.zone("", s.Zone))
	return s.clip(q.from, q.to)
}

func (o *StoredTimeOff) span(zones *Zones) (from, to instant) {
	c := &compiler{zones: zones}
	a := c.absence("", &o.TimeOff, c.zone("", o.Zone))
	return o.clip(a.from, a.to)
}

// standingID finds the one of an id, in any case, that was not taken back.
func standingID[T any, P stored[T]](list []T, id string) (P, bool) {
	for i := range list {
		if m := P(&list[i]).made(); m.Ended == nil && strings.EqualFold(m.ID, id) {
			return &list[i], true
		}
	}
	return nil, false
}

// live are the ids of those that were not taken back.
func live[T any, P stored[T]](list []T) []string {
	var ids []string
	for i := range list {
		if m := P(&list[i]).made(); m.Ended == nil {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// over are those that act no more from an instant on.
func over[T any, P stored[T]](list []T, at instant, zones *Zones) []T {
	var out []T
	for i := range list {
		if _, to := P(&list[i]).span(zones); to <= at {
			out = append(out, list[i])
		}
	}
	return out
}

// takenBack is the list with those marked that an event takes back.
func takenBack[T any, P stored[T]](list []T, e *Event) []T {
	list = slices.Clone(list)
	for i := range list {
		if m := P(&list[i]).made(); m.Ended == nil && slices.Contains(e.Ended, m.ID) {
			m.Ended, m.EndedBy = &e.At, e.EndedBy
		}
	}
	return list
}

// leave is the list without those that are gone.
func leave[T any, P stored[T]](list, gone []T) []T {
	ids := map[string]bool{}
	for i := range gone {
		ids[P(&gone[i]).made().ID] = true
	}
	return slices.DeleteFunc(slices.Clone(list), func(v T) bool { return ids[P(&v).made().ID] })
}

// compareFile matches what a file says with what is stored from files: the ids of what it
// no longer has, and what is new in it. What people took back in chat stays so.
func compareFile[T any, P stored[T], V comparable](list []T, value func(*T) V, file []V) (ended []string, fresh []V) {
	fresh = slices.Clone(file)
	for i := range list {
		m := P(&list[i]).made()
		if m.Source != FromFile || m.EndedBy == FromFile {
			continue
		}
		if k := slices.Index(fresh, value(&list[i])); k >= 0 {
			fresh = slices.Delete(fresh, k, k+1)
		} else if m.Ended == nil {
			ended = append(ended, m.ID)
		}
	}
	return ended, fresh
}
