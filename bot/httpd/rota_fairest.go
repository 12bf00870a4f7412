package httpd

import (
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// Fairest is who would take a time over on a schedule, and why.
type Fairest struct {
	Schedule string    `json:"schedule"`
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	Person   string    `json:"person"` // empty: nobody of the rotations is free
	Why      string    `json:"why"`
}

// fairest suggests for every schedule who takes the time over; "person" is whose time
// it is, and is not suggested.
func (s Schedules) fairest(r *call) ([]Fairest, error) {
	q := r.URL.Query()
	plans, err := s.plans(r)
	if err != nil {
		return nil, err
	}
	if q.Get("from") == "" || q.Get("to") == "" {
		return nil, invalid("Say from when to when somebody is looked for.")
	}
	out := []Fairest{}
	for _, p := range plans {
		one, err := s.fairestOf(r, p, q.Get("person"))
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

func (s Schedules) fairestOf(r *call, p *oncall.Plan, whose string) (Fairest, error) {
	from, to, err := s.between(r, p, ahead)
	if err != nil {
		return Fairest{}, err
	}
	takers, err := s.takers(r, p)
	if err != nil {
		return Fairest{}, err
	}
	out := Fairest{Schedule: p.Name(), Start: from, End: to, Why: "nobody of its rotations is free then"}
	if t, ok := takers.Fairest(from, to, whose); ok {
		out.Person, out.Why = t.Person, t.Why
	}
	return out, nil
}

func (s Schedules) takers(r *call, p *oncall.Plan) (oncall.Takers, error) {
	if s.Takers != nil {
		return s.Takers(r.Context(), p.Name())
	}
	plans := []*oncall.Plan{p}
	for _, name := range s.Rota.ScheduleNames() {
		if q := s.Rota.SchedulePlan(name); q != nil && q.Name() != p.Name() {
			plans = append(plans, q)
		}
	}
	in := oncall.BurdenInput{}
	in.From, in.To = oncall.FairRange(s.Now())
	if s.Zones != nil {
		in.Zones = s.Zones()
	}
	return oncall.NewTakers(plans, in)
}
