package oncall

import (
	"sort"
	"time"
)

// The kinds of duty.
const (
	Primary       = "primary"
	Overriding    = "override"
	Shadowing     = ShadowKind
	ReverseShadow = ReverseShadowKind
)

// Duty is one person on call at an instant. People of kind "shadow" get copies,
// people of kind "reverse_shadow" join after JoinAfter; neither covers the watch.
type Duty struct {
	Person    string        `json:"person"`
	Layer     string        `json:"layer,omitempty"` // empty when an override alone brought the person
	Kind      string        `json:"kind"`            // "primary" | "override" | "shadow" | "reverse_shadow"
	Why       string        `json:"why"`
	With      string        `json:"with,omitempty"`       // whom a shadow follows, or a mentor stands behind
	JoinAfter time.Duration `json:"join_after,omitempty"` // nanoseconds; only for "reverse_shadow"
}

// Covers reports whether this person answers for the watch: a shadow does not, nor
// does a mentor behind the one who leads.
func (d Duty) Covers() bool { return d.Kind == Primary || d.Kind == Overriding }

// People names those duties that cover the watch, in order; it is never nil.
func People(duties []Duty) []string {
	out := []string{}
	for _, d := range duties {
		if d.Covers() {
			out = append(out, d.Person)
		}
	}
	return out
}

// Plan is a schedule ready to be asked. It is immutable and safe for concurrent
// use.
type Plan struct {
	name      string
	zone      *zone
	eras      []era // ascending; the first begins at the beginning of time
	overrides []override
	byFrom    []int     // the overrides in the order in which they begin
	edges     []instant // where overrides and shadows begin and end, ascending
	shadows   []shadow
	timeOff   []absence
	holidays  []Holiday
	pools     []Pool
	rest      time.Duration
	uncovered bool
}

// era is a time in which the layers stayed the same.
type era struct {
	from   instant
	layers []layer
}

// Name is the schedule's name.
func (p *Plan) Name() string { return p.name }

// Location is the schedule's time zone.
func (p *Plan) Location() *time.Location { return p.zone.loc }

// GapsAreMeant reports whether the schedule says that time with nobody is intended;
// [Plan.Gaps] lists it all the same.
func (p *Plan) GapsAreMeant() bool { return p.uncovered }

// OnCall says who is on call at an instant, and why. Nobody is an empty list, never
// nil. The order is that of the seats, then of the overrides, then shadows.
func (p *Plan) OnCall(at time.Time) []Duty {
	var buffer [8]post
	posts := p.posts(buffer[:0], instantOf(at))
	duties := make([]Duty, len(posts))
	for i := range posts {
		duties[i] = p.duty(&posts[i], instantOf(at))
	}
	return duties
}

func (p *Plan) posts(dst []post, t instant) []post {
	layers := p.era(t).layers
	for i := len(layers) - 1; i >= 0 && len(dst) == 0; i-- {
		dst = layers[i].who(dst, i, t)
	}
	var buffer [16]int
	return p.shadow(p.override(dst, p.active(buffer[:0], t)), t)
}

func (p *Plan) era(t instant) *era {
	i := sort.Search(len(p.eras), func(i int) bool { return p.eras[i].from > t })
	return &p.eras[max(i-1, 0)]
}

func (p *Plan) duty(q *post, t instant) Duty {
	d := Duty{Person: q.person, Kind: q.kind}
	if q.layer >= 0 {
		l := &p.era(t).layers[q.layer]
		d.Layer, d.Why = l.name, l.why
	}
	if q.override >= 0 {
		d.Why = p.overrides[q.override].why
	}
	if q.shadow >= 0 {
		s := &p.shadows[q.shadow]
		switch q.kind {
		case Shadowing:
			d.With, d.Why = s.with, s.why
		case ReverseShadow:
			d.With, d.JoinAfter, d.Why = s.person, s.joinAfter, s.why
		default:
			d.Why = s.why
		}
	}
	return d
}

func (p *Plan) clockText(t instant) string {
	return t.time().In(p.zone.loc).Format("Mon 2 Jan 2006 15:04 MST")
}
