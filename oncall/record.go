package oncall

import (
	"cmp"
	"slices"
	"time"
)

// Record is what is stored of one schedule: the versions it has had, and what
// people changed beside them. It is bounded: what ended more than a year ago is
// folded away into [Folded] events, and [Record.With] puts it back for history.
type Record struct {
	Name        string           `json:"name"`
	Seq         int64            `json:"seq"`                // the number of the last event applied
	LastID      int64            `json:"last_id"`            // numbers in ids given so far
	Versions    []Version        `json:"versions,omitempty"` // by EffectiveAt
	Overrides   []StoredOverride `json:"overrides,omitempty"`
	Shadows     []StoredShadow   `json:"shadows,omitempty"`
	TimeOff     []StoredTimeOff  `json:"time_off,omitempty"`
	Joins       []Join           `json:"joins,omitempty"`
	Requests    []Request        `json:"requests,omitempty"`
	FoldedUntil *time.Time       `json:"folded_until,omitempty"` // history up to here needs With
	FoldedAt    *time.Time       `json:"folded_at,omitempty"`    // when history was folded last
	Removed     *time.Time       `json:"removed,omitempty"`
}

// Version is what a schedule was from EffectiveAt until the next version. Its
// Schedule has no overrides, shadows or time off: those have a history of their own.
type Version struct {
	EffectiveAt *time.Time `json:"effective_at,omitempty"` // absent: from the beginning
	Schedule    Schedule   `json:"schedule"`
	Anchors     []Anchor   `json:"anchors,omitempty"`
	By          string     `json:"by,omitempty"`
}

// Anchor keeps the person on duty when people change: Phase is added to every draw
// from the people of a layer, or from one of its pools.
type Anchor struct {
	Layer string `json:"layer"`
	Pool  string `json:"pool,omitempty"`
	Phase int64  `json:"phase"`
}

// The places a stored change can come from.
const (
	FromFile = "file"
	FromChat = "chat"
)

// Made says who made a change and for how long it has been true.
type Made struct {
	ID      string     `json:"id"`
	Source  string     `json:"source"` // FromFile | FromChat
	By      string     `json:"by,omitempty"`
	At      time.Time  `json:"at"`                 // when it was made
	Since   *time.Time `json:"since,omitempty"`    // counts from here; absent: for as far back as it says
	Ended   *time.Time `json:"ended,omitempty"`    // taken back then
	EndedBy string     `json:"ended_by,omitempty"` // FromFile | FromChat
	Zone    string     `json:"zone,omitempty"`     // in which its wall times are read
}

// StoredOverride is an override with its history. The order of the list is the
// order in which they were made.
type StoredOverride struct {
	Made
	Seq      int64 `json:"order"`
	Override `json:"override"`
}

// StoredShadow is a shadow with its history.
type StoredShadow struct {
	Made
	Shadow `json:"shadow"`
}

// StoredTimeOff is time off with its history.
type StoredTimeOff struct {
	Made
	TimeOff `json:"time_off"`
}

// Join is a person who came into a rotation in chat. It holds when a file is applied
// again that does not know the person yet.
type Join struct {
	Layer  string    `json:"layer"`
	Person string    `json:"person"`
	After  string    `json:"after,omitempty"` // in the order of people; absent or gone: at the end
	By     string    `json:"by,omitempty"`
	At     time.Time `json:"at"`
}

// The kinds and states of a request.
const (
	CoverRequest = "cover"
	SwapRequest  = "swap"

	RequestOpen      = "open"
	RequestTaken     = "taken"
	RequestDeclined  = "declined"
	RequestWithdrawn = "withdrawn"
	RequestExpired   = "expired"
)

// Request asks others to take over: anybody for a cover, one person for a swap.
type Request struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind"`
	Status    string     `json:"status"`
	Person    string     `json:"person"` // whose shifts are offered
	From      time.Time  `json:"from"`
	To        time.Time  `json:"to"`
	Other     string     `json:"other,omitempty"`      // swap: the person asked
	OtherFrom *time.Time `json:"other_from,omitempty"` // swap: what is wanted in return
	OtherTo   *time.Time `json:"other_to,omitempty"`
	Note      string     `json:"note,omitempty"`
	At        time.Time  `json:"at"`
	TakenBy   string     `json:"taken_by,omitempty"`
	ClosedAt  *time.Time `json:"closed_at,omitempty"`
	Overrides []string   `json:"overrides,omitempty"` // the ids it led to
}

// Folded is history that left the record.
type Folded struct {
	Until     time.Time        `json:"until"`
	Versions  []Version        `json:"versions,omitempty"`
	Overrides []StoredOverride `json:"overrides,omitempty"`
	Shadows   []StoredShadow   `json:"shadows,omitempty"`
	TimeOff   []StoredTimeOff  `json:"time_off,omitempty"`
}

// With returns a record that has history back in its place; the record itself is
// unchanged. Given all that was ever folded, it answers for all time.
func (r Record) With(history ...Folded) Record {
	out := r
	out.Versions, out.Overrides = slices.Clone(r.Versions), slices.Clone(r.Overrides)
	out.Shadows, out.TimeOff = slices.Clone(r.Shadows), slices.Clone(r.TimeOff)
	for _, f := range history {
		out.Versions = append(out.Versions, f.Versions...)
		out.Overrides = append(out.Overrides, f.Overrides...)
		out.Shadows = append(out.Shadows, f.Shadows...)
		out.TimeOff = append(out.TimeOff, f.TimeOff...)
	}
	slices.SortStableFunc(out.Versions, func(a, b Version) int { return cmp.Compare(effective(a), effective(b)) })
	slices.SortStableFunc(out.Overrides, func(a, b StoredOverride) int { return cmp.Compare(a.Seq, b.Seq) })
	slices.SortStableFunc(out.Shadows, func(a, b StoredShadow) int { return a.At.Compare(b.At) })
	slices.SortStableFunc(out.TimeOff, func(a, b StoredTimeOff) int { return a.At.Compare(b.At) })
	if len(history) > 0 {
		out.FoldedUntil = nil
	}
	return out
}

func effective(v Version) instant {
	if v.EffectiveAt == nil {
		return always
	}
	return instantOf(*v.EffectiveAt)
}

// current is the version in force last, or nil before the first.
func (r *Record) current() *Version {
	if len(r.Versions) == 0 {
		return nil
	}
	return &r.Versions[len(r.Versions)-1]
}

// Instants is the override with its times as instants in RFC 3339, also where they were
// written on the clocks of its zone. Times that cannot be read stay as they are.
func (o StoredOverride) Instants(zones *Zones) StoredOverride {
	c := &compiler{zones: zones}
	from, to := c.between("", o.From, o.To, c.zone("", o.Zone))
	if len(c.problems) == 0 {
		o.From, o.To = rfc(from.time()), rfc(to.time())
	}
	return o
}

// why says what the override does, on the clocks of its schedule's zone.
func (o *StoredOverride) why(by string, zones *Zones) string {
	var loc *time.Location
	if z, err := zones.zone(o.Zone); err == nil {
		loc = z.loc
	}
	return whyOverride(&o.Override, by, loc)
}

// CompileRecord prepares a stored schedule for questions about any time: what was
// true then for the past, what stands now for the future.
func CompileRecord(r Record, zones *Zones) (*Plan, error) {
	c := &compiler{zones: zones.orBest()}
	p := &Plan{name: r.Name}
	for i := range r.Versions {
		v := &r.Versions[i]
		q := c.schedule(&v.Schedule)
		if err := c.err(r.Name); err != nil {
			return nil, err
		}
		q.eras[0].from = effective(*v)
		q.eras[0].anchor(v.Anchors)
		p.eras = append(p.eras, q.eras[0])
		p.zone, p.uncovered, p.pools, p.holidays, p.rest = q.zone, q.uncovered, q.pools, q.holidays, q.rest
	}
	if len(p.eras) == 0 || p.eras[0].from != always {
		p.eras = slices.Insert(p.eras, 0, era{from: always})
	}
	if p.zone == nil {
		p.zone, _ = c.zones.zone("UTC")
	}
	p.restore(&r, c)
	if err := c.err(r.Name); err != nil {
		return nil, err
	}
	p.findEdges()
	return p, nil
}

// restore puts the changes people made into the plan, each for its own time.
func (p *Plan) restore(r *Record, c *compiler) {
	for i := range r.Overrides {
		o := &r.Overrides[i]
		q := c.override("override "+o.ID, &o.Override, c.zone("overrides", o.Zone))
		q.from, q.to = o.clip(q.from, q.to)
		q.why = o.why(o.By, c.zones)
		p.overrides = append(p.overrides, q)
	}
	for i := range r.Shadows {
		s := &r.Shadows[i]
		q := c.shadow("shadow "+s.ID, &s.Shadow, c.zone("shadows", s.Zone))
		q.from, q.to = s.clip(q.from, q.to)
		p.shadows = append(p.shadows, q)
	}
	for i := range r.TimeOff {
		o := &r.TimeOff[i]
		q := c.absence("time off "+o.ID, &o.TimeOff, c.zone("time_off", o.Zone))
		if q.from, q.to = o.clip(q.from, q.to); q.from < q.to {
			p.timeOff = append(p.timeOff, q)
		}
	}
}

// anchor moves the draws of layers to where their anchors say.
func (e *era) anchor(anchors []Anchor) {
	for _, a := range anchors {
		for i := range e.layers {
			if l := &e.layers[i]; l.name == a.Layer {
				if k := rosterNamed(l.deal.rosters, a.Pool); k >= 0 {
					l.deal.rosters[k].phase = a.Phase
				}
			}
		}
	}
}
