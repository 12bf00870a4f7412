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
	Text   string     `json:"text"`
	By     string     `json:"by,omitempty"`
	Source string     `json:"source"` // FromFile | FromChat
}

// Standing lists what stands beside the rotations at an instant or will, by start.
func (r Record) Standing(now time.Time) []Standing {
	out, zones := []Standing{}, NewZones(nil)
	add := func(m *Made, kind, person, text string, from, to instant) {
		if m.Ended == nil && from < to && to > instantOf(now) {
			out = append(out, Standing{m.ID, kind, person, bound(from, always), bound(to, never), text, m.By, m.Source})
		}
	}
	for i := range r.Overrides {
		o := &r.Overrides[i]
		from, to := o.span(zones)
		person := o.Replaces
		if person == "" {
			person = o.Person
		}
		add(&o.Made, OverrideChange, person, whyOverride(&o.Override, ""), from, to)
	}
	for i := range r.Shadows {
		s := &r.Shadows[i]
		from, to := s.span(zones)
		add(&s.Made, ShadowChange, s.Person, Event{Kind: ShadowSet, Shadow: s}.Sentence(), from, to)
	}
	for i := range r.TimeOff {
		o := &r.TimeOff[i]
		from, to := o.span(zones)
		add(&o.Made, TimeOffChange, o.TimeOff.Person, Event{Kind: TimeOffAdded, TimeOff: o}.Sentence(), from, to)
	}
	for _, q := range r.Requests {
		if q.Status == RequestOpen {
			add(&Made{ID: q.ID, Source: FromChat}, q.Kind, q.Person, q.Describe(), instantOf(q.From), instantOf(q.To))
		}
	}
	slices.SortStableFunc(out, func(a, b Standing) int { return a.start().Compare(b.start()) })
	return out
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
