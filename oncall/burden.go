package oncall

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Load is what a person carries in a time: real hours, each counted once even when
// the person covers several schedules at once. It is meant for sharing the load out,
// never for comparing people, so lists of it are ordered by name.
type Load struct {
	Person            string   `json:"person"`
	Pools             []string `json:"pools,omitempty"`
	Shifts            int      `json:"shifts"`
	Hours             float64  `json:"hours"`
	Nights            int      `json:"nights"`      // nights with any time on call
	NightHours        float64  `json:"night_hours"` // 22:00 to 06:00 in the person's own zone
	WeekendHours      float64  `json:"weekend_hours"`
	HolidayHours      float64  `json:"holiday_hours"`
	ShadowHours       float64  `json:"shadow_hours"` // counted apart
	PagesByDay        int      `json:"pages_by_day"`
	PagesByNight      int      `json:"pages_by_night"`
	InterruptedNights int      `json:"interrupted_nights"`
}

// weight is the load in hours by day: a night hour counts twice, an hour on a
// weekend or a holiday half as much again; a page is an hour more, two by night.
func (l *Load) weight() float64 {
	return l.Hours + l.NightHours + l.WeekendHours/2 + l.HolidayHours/2 + float64(l.PagesByDay) + 2*float64(l.PagesByNight)
}

// PoolLoad is what the people of a pool carry together.
type PoolLoad struct {
	Pool       string  `json:"pool"`
	People     int     `json:"people"`
	Hours      float64 `json:"hours"`
	NightHours float64 `json:"night_hours"`
	Pages      int     `json:"pages"`
}

// Paged is one page that reached a person.
type Paged struct {
	Person string
	At     time.Time
}

// BurdenInput is what a burden is computed from besides the plans.
type BurdenInput struct {
	From, To time.Time
	Zones    map[string]string // the own zone of people; who is missing lives in the first schedule's zone
	Pages    []Paged
}

// Burden is the load of everybody who stands in any of the schedules, those with
// nothing to carry included.
type Burden struct {
	People []Load     `json:"people"`
	Pools  []PoolLoad `json:"pools,omitempty"`
}

const nightFrom, nightTo = 22 * hour, 6 * hour

// FindBurden adds up what people carry in several schedules in a time.
func FindBurden(plans []*Plan, in BurdenInput) (Burden, error) {
	zones := NewZones(nil)
	times := collect(plans, instantOf(in.From), instantOf(in.To))
	holidays := holidaysOf(plans)
	b := Burden{People: []Load{}}
	for _, person := range times.names() {
		z, err := personZone(zones, plans, in.Zones[person])
		if err != nil {
			return Burden{}, fmt.Errorf("find burden of %s: %w", person, err)
		}
		l := measure(times.of[person], z, holidays)
		l.Person, l.Pools = person, poolsOf(plans, person)
		countPages(&l, in, z)
		b.People = append(b.People, l)
	}
	b.Pools = sumPools(b.People)
	return b, nil
}

func personZone(zones *Zones, plans []*Plan, name string) (*zone, error) {
	switch {
	case name != "":
		return zones.zone(name)
	case len(plans) > 0:
		return plans[0].zone, nil
	}
	return zones.zone("UTC")
}

// measure adds up one person's time.
func measure(t *personTime, z *zone, holidays []int64) Load {
	l := Load{Shifts: t.shifts}
	covering := merged(t.covering)
	l.Hours, l.ShadowHours = hoursOf(covering), hoursOf(merged(t.shadowing))
	var nights, weekends, onHolidays instant
	for _, s := range covering {
		first, last := z.clock(s.from).dayOf()-1, z.clock(s.to).dayOf()+1
		for d := first; d <= last; d++ {
			nights += s.cut(z.resolve(reading(d*day+nightFrom)), z.resolve(reading((d+1)*day+nightTo)))
			here := s.cut(z.resolve(reading(d*day)), z.resolve(reading((d+1)*day)))
			if w := weekdayOf(d); w == 0 || w == 6 {
				weekends += here
			}
			if _, ok := slices.BinarySearch(holidays, d); ok {
				onHolidays += here
			}
		}
	}
	l.NightHours, l.WeekendHours, l.HolidayHours = hours64(nights), hours64(weekends), hours64(onHolidays)
	l.Nights = len(nightsOf(t, z))
	return l
}

// nightsOf is the set of local nights, by the day on which they begin, in which a
// person covers anything.
func nightsOf(t *personTime, z *zone) map[int64]bool {
	nights := map[int64]bool{}
	for _, s := range t.covering {
		for d := z.clock(s.from).dayOf() - 1; d <= z.clock(s.to).dayOf(); d++ {
			if s.cut(z.resolve(reading(d*day+nightFrom)), z.resolve(reading((d+1)*day+nightTo))) > 0 {
				nights[d] = true
			}
		}
	}
	return nights
}

func countPages(l *Load, in BurdenInput, z *zone) {
	interrupted := map[int64]bool{}
	for _, page := range in.Pages {
		if page.Person != l.Person || page.At.Before(in.From) || !page.At.Before(in.To) {
			continue
		}
		shown := z.clock(instantOf(page.At))
		d := shown.dayOf()
		switch clock := int64(shown) - d*day; {
		case clock >= nightFrom:
			interrupted[d] = true
		case clock < nightTo:
			interrupted[d-1] = true
		default:
			l.PagesByDay++
			continue
		}
		l.PagesByNight++
	}
	l.InterruptedNights = len(interrupted)
}

func hoursOf(spans []span) float64 {
	sum := instant(0)
	for _, s := range spans {
		sum += s.to - s.from
	}
	return hours64(sum)
}

func hours64(d instant) float64 { return float64(d) / hour }

func holidaysOf(plans []*Plan) []int64 {
	c := &compiler{}
	var out []int64
	for _, p := range plans {
		out = append(out, c.holidays(p.holidays)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func poolsOf(plans []*Plan, person string) []string {
	var out []string
	for _, p := range plans {
		for _, pool := range p.pools {
			if slices.Contains(pool.People, person) && !slices.Contains(out, pool.Name) {
				out = append(out, pool.Name)
			}
		}
	}
	slices.Sort(out)
	return out
}

func sumPools(people []Load) []PoolLoad {
	sums := map[string]*PoolLoad{}
	for _, l := range people {
		for _, pool := range l.Pools {
			s := sums[pool]
			if s == nil {
				s = &PoolLoad{Pool: pool}
				sums[pool] = s
			}
			s.People++
			s.Hours += l.Hours
			s.NightHours += l.NightHours
			s.Pages += l.PagesByDay + l.PagesByNight
		}
	}
	var out []PoolLoad
	for _, pool := range slices.Sorted(maps.Keys(sums)) {
		out = append(out, *sums[pool])
	}
	return out
}
