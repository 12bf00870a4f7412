package httpd

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// Watch says who is on call for one schedule at an instant, in UTC.
type Watch struct {
	At       time.Time `json:"at"`
	Schedule string    `json:"schedule"`
	OnCall   []string  `json:"on_call"`
	Why      []string  `json:"why"`
	Until    time.Time `json:"until,omitzero"` // only if it was asked for
}

// who answers for the instants "at", now if there is none, and with "until" says how
// long each answer holds.
func (s Schedules) who(r *call) ([]Watch, error) {
	plans, err := s.plans(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	at := q["at"]
	if len(at) == 0 {
		at = []string{""}
	}
	out := []Watch{}
	for _, text := range at {
		for _, p := range plans {
			v, err := s.watch(r, p, text)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
	}
	return out, nil
}

func (s Schedules) watch(r *call, p *oncall.Plan, text string) (Watch, error) {
	at := s.Now().UTC()
	if text != "" {
		var err error
		if at, err = s.instant(text, p); err != nil {
			return Watch{}, err
		}
	}
	then, err := s.Rota.History(r.Context(), p.Name(), at)
	if err != nil {
		return Watch{}, err
	}
	if then == nil {
		return Watch{}, s.unknown(p.Name())
	}
	duties := then.OnCall(at)
	v := Watch{At: at, Schedule: p.Name(), OnCall: oncall.People(duties), Why: []string{}}
	for _, d := range duties {
		v.Why = append(v.Why, d.Why)
	}
	if r.URL.Query().Get("until") == "true" {
		if until, ok := then.Until(at, ahead); ok {
			v.Until = until
		}
	}
	return v, nil
}

// Shift is a shift of a schedule, cut to the time asked for.
type Shift struct {
	Schedule string `json:"schedule"`
	TimeZone string `json:"time_zone,omitempty"` // of the schedule; only if it was asked for
	oncall.Shift
}

// zone is the time zone of a schedule if the request asks for it by "zone".
func zone(r *call, p *oncall.Plan) string {
	if r.URL.Query().Get("zone") != "true" {
		return ""
	}
	return p.Location().String()
}

func (s Schedules) shifts(r *call) ([]Shift, error) {
	person := r.URL.Query().Get("person")
	out := []Shift{}
	err := s.each(r, ahead, func(p *oncall.Plan, from, to time.Time) {
		for _, sh := range p.Shifts(from, to) {
			if person == "" || sh.Person == person {
				out = append(out, Shift{p.Name(), zone(r, p), sh})
			}
		}
	})
	return out, err
}

// each calls f with every schedule that the request is about, and the range.
func (s Schedules) each(r *call, ahead time.Duration, f func(p *oncall.Plan, from, to time.Time)) error {
	plans, err := s.plans(r)
	if err != nil {
		return err
	}
	for _, p := range plans {
		from, to, err := s.between(r, p, ahead)
		if err != nil {
			return err
		}
		f(p, from, to)
	}
	return nil
}

// Gap is a time in which nobody is on call for a schedule.
type Gap struct {
	Schedule string `json:"schedule"`
	TimeZone string `json:"time_zone,omitempty"` // of the schedule; only if it was asked for
	oncall.Gap
}

func (s Schedules) gaps(r *call) ([]Gap, error) {
	out := []Gap{}
	err := s.each(r, gapAhead, func(p *oncall.Plan, from, to time.Time) {
		for _, g := range p.Gaps(from, to) {
			out = append(out, Gap{p.Name(), zone(r, p), g})
		}
	})
	return out, err
}

// Carried is what a person or a pool carries.
type Carried struct {
	person *oncall.Load
	pool   *oncall.PoolLoad
}

// MarshalJSON writes the one that it is.
func (c Carried) MarshalJSON() ([]byte, error) {
	if c.pool != nil {
		return json.Marshal(c.pool)
	}
	return json.Marshal(c.person)
}

// burden lists what everybody carries, and then what the pools do.
func (s Schedules) burden(r *call) ([]Carried, error) {
	plans, err := s.plans(r)
	if err != nil {
		return nil, err
	}
	var b oncall.Burden
	if len(plans) > 0 {
		var from, to time.Time
		if from, to, err = s.between(r, plans[0], ahead); err == nil {
			b, err = s.findBurden(r, plans, from, to)
		}
	}
	out := []Carried{}
	for _, l := range b.People {
		out = append(out, Carried{person: &l})
	}
	for _, l := range b.Pools {
		out = append(out, Carried{pool: &l})
	}
	return out, err
}

func (s Schedules) findBurden(r *call, plans []*oncall.Plan, from, to time.Time) (oncall.Burden, error) {
	in := oncall.BurdenInput{From: from, To: to}
	if s.Pages != nil {
		var err error
		if in.Pages, err = s.Pages(r.Context(), from, to); err != nil {
			return oncall.Burden{}, err
		}
	}
	if s.Zones != nil {
		in.Zones = s.Zones()
	}
	return oncall.FindBurden(plans, in)
}

// extent is the earliest start and the latest end of several ranges.
type extent struct{ from, to time.Time }

func (e *extent) add(from, to time.Time) {
	if e.from.IsZero() || from.Before(e.from) {
		e.from = from
	}
	if to.After(e.to) {
		e.to = to
	}
}

// byTime orders what happens, and keeps the order in which it was found otherwise.
func byTime(list []Happening) {
	slices.SortStableFunc(list, func(a, b Happening) int { return a.At.Compare(b.At) })
}
