package oncall

import (
	"slices"
	"time"
)

// The kinds of what people changed, beside [CoverRequest] and [SwapRequest].
const (
	OverrideChange = "override"
	ShadowChange   = "shadow"
	TimeOffChange  = "time_off"
)

// Standing is one thing that people or a file put beside the rotations and that is
// neither over nor taken back. Start and End are in UTC, End excluded; absent: without
// that bound.
type Standing struct {
	ID     string     `json:"id"`
	Kind   string     `json:"kind"`
	Person string     `json:"person"` // whose time it changes
	Start  *time.Time `json:"start,omitempty"`
	End    *time.Time `json:"end,omitempty"`
	// From and To are the same as they were written; dates include the last day.
	From string `json:"-"`
	To   string `json:"-"`
	// Comes is who comes on call by an override; empty: nobody does.
	Comes  string `json:"-"`
	Text   string `json:"text"`
	By     string `json:"by,omitempty"`
	Source string `json:"source"` // FromFile | FromChat
}

// Standing lists what stands beside the rotations at an instant or will, by start.
func (r Record) Standing(now time.Time) []Standing {
	out, zones, zone := []Standing{}, NewZones(nil), time.UTC
	if v := r.current(); v != nil {
		if z, err := zones.zone(v.Schedule.TimeZone); err == nil {
			zone = z.loc
		}
	}
	add := func(m *Made, s Standing, from, to instant) {
		if m.Ended == nil && from < to && to > instantOf(now) {
			s.ID, s.By, s.Source, s.Start, s.End = m.ID, m.By, m.Source, bound(from, always), bound(to, never)
			out = append(out, s)
		}
	}
	for i := range r.Overrides {
		o := &r.Overrides[i]
		from, to := o.span(zones)
		person := o.Replaces
		if person == "" {
			person = o.Person
		}
		add(&o.Made, Standing{Kind: OverrideChange, Person: person, Comes: o.Person, Text: o.why("", zones)}, from, to)
	}
	for i := range r.Shadows {
		s := &r.Shadows[i]
		from, to := s.span(zones)
		add(&s.Made, Standing{Kind: ShadowChange, Person: s.Person, Text: Event{Kind: ShadowSet, Shadow: s}.Sentence(zone)}, from, to)
	}
	for i := range r.TimeOff {
		o := &r.TimeOff[i]
		from, to := o.span(zones)
		add(&o.Made, Standing{Kind: TimeOffChange, Person: o.Person, From: o.From, To: o.To, Text: Event{Kind: TimeOffAdded, TimeOff: o}.Sentence(zone)}, from, to)
	}
	for _, q := range r.Requests {
		if q.Status == RequestOpen {
			add(&Made{ID: q.ID, Source: FromChat}, Standing{Kind: q.Kind, Person: q.Person, Text: q.Describe(zone)}, instantOf(q.From), instantOf(q.To))
		}
	}
	slices.SortStableFunc(out, func(a, b Standing) int { return a.start().Compare(b.start()) })
	return out
}

// Shadowing is what a person shadows at an instant; false: nothing.
func (r Record) Shadowing(person string, at time.Time) (StoredShadow, bool) {
	zones := NewZones(nil)
	for _, s := range r.Shadows {
		if from, to := s.span(zones); s.Person == person && from <= instantOf(at) && instantOf(at) < to {
			return s, true
		}
	}
	return StoredShadow{}, false
}

func (s *Standing) start() time.Time {
	if s.Start == nil {
		return always.time()
	}
	return *s.Start
}

// bound is an instant, or nothing when it is the open end.
func bound(t, open instant) *time.Time {
	if t == open {
		return nil
	}
	at := t.time()
	return &at
}
