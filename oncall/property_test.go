package oncall

import (
	"fmt"
	"math/rand"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
)

// full asks for the long run: every zone and every change of its clock where zones are the
// matter, and ten times the zones where random histories are.
var full = os.Getenv("WATCHBILL_SWEEP") == "full"

// seeded is a source of chance whose seed is printed with a failure, so that it can be repeated.
func seeded(t *testing.T) *rand.Rand {
	seed := time.Now().UnixNano()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewSource(seed))
}

func testZones(t *testing.T) map[string]*zone {
	t.Helper()
	zones, out := NewZones(nil), map[string]*zone{}
	for _, name := range ZoneNames() {
		z, err := zones.zone(name)
		if err != nil {
			t.Logf("%v", err)
			continue
		}
		out[name] = z
	}
	if len(out) < 400 {
		t.Fatalf("only %d zones load", len(out))
	}
	return out
}

// slowResolve looks at every minute with the time package alone. It is exact for
// readings and changes on whole minutes.
func slowResolve(loc *time.Location, r reading) instant {
	for t := instant(r) - 26*hour; ; t += minute {
		_, offset := t.time().In(loc).Zone()
		if reading(int64(t)+int64(offset)*second) >= r {
			return t
		}
	}
}

// changes lists when a zone's clock is changed from 2000 to 2040.
func changes(z *zone) []instant {
	var out []instant
	for _, s := range z.table {
		if y := s.start.time().Year(); y >= 2000 && y < 2041 {
			out = append(out, s.start)
		}
	}
	return out
}

func TestResolveAgreesWithTheClock(t *testing.T) {
	r := seeded(t)
	for name, z := range testZones(t) {
		list := changes(z)
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		if n := 2; !full && len(list) > n {
			list = list[:n]
		}
		list = append(list, instantOf(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))+instant(r.Int63n(40*365*24*60)*minute))
		for _, change := range list {
			for _, shift := range []int64{-90 * minute, -60 * minute, -30 * minute, 0, minute, 30 * minute, 60 * minute, 120 * minute} {
				if !full && r.Intn(3) > 0 {
					continue
				}
				reading := z.clock(change-1) + 1 + reading(shift)
				if got, want := z.resolve(reading), slowResolve(z.loc, reading); got != want {
					t.Fatalf("%s: %s is %v, want %v", name, reading, got.time(), want.time())
				}
			}
		}
	}
}

func TestResolveIsMonotoneAndMeetsTheHighWater(t *testing.T) {
	r := seeded(t)
	for name, z := range testZones(t) {
		for range 40 {
			// Some lie outside the table, where the time package answers.
			a := reading(instantOf(time.Date(1990+r.Intn(120), 1, 1, 0, 0, 0, 0, time.UTC))) + reading(r.Int63n(366*day))
			if list := changes(z); len(list) > 0 && r.Intn(2) == 0 {
				a = z.clock(list[r.Intn(len(list))]) + reading(r.Int63n(4*hour)-2*hour)
			}
			b := a + reading(r.Int63n(3*hour))
			ia, ib := z.resolve(a), z.resolve(b)
			if ia > ib {
				t.Fatalf("%s: %s resolves after %s", name, a, b)
			}
			if z.highWater(ia) < a || z.highWater(ia-1) >= a {
				t.Fatalf("%s: at %v the high water is %s, just before %s, for %s", name, ia.time(), z.highWater(ia), z.highWater(ia-1), a)
			}
		}
	}
}

func TestTheHighWaterAroundEveryChange(t *testing.T) {
	for name, z := range testZones(t) {
		for _, change := range changes(z) {
			before, after := z.clock(change-1), z.clock(change)
			for _, r := range []reading{before - 1, before, before + 1, before + 2, after - 1, after, after + 1} {
				if at := z.resolve(r); z.highWater(at) < r || z.highWater(at-1) >= r {
					t.Fatalf("%s: %s resolves to %v", name, r, at.time())
				}
			}
			last := reading(-forever)
			for t1 := change - 2*hour; t1 < change+3*hour; t1 += 7 * minute {
				h := z.highWater(t1)
				if h < last || h < z.clock(t1) {
					t.Fatalf("%s: the high water falls to %s at %v", name, h, t1.time())
				}
				last = h
			}
		}
	}
}

func TestCivilAgreesWithTheTimePackage(t *testing.T) {
	r := seeded(t)
	for range 20000 {
		d := r.Int63n(4_000_000) - 1_000_000
		y, m, dom := civil(d)
		want := time.Unix(d*86400, 0).UTC()
		if int(y) != want.Year() || m != int(want.Month()) || dom != want.Day() || dayNumber(y, m, dom) != d || weekdayOf(d) != int(want.Weekday()) {
			t.Fatalf("day %d: got %d-%d-%d, want %v", d, y, m, dom, want)
		}
		if got, want := daysIn(y, m), time.Date(int(y), time.Month(m+1), 0, 0, 0, 0, 0, time.UTC).Day(); got != want {
			t.Fatalf("%d-%d has %d days, want %d", y, m, got, want)
		}
	}
}

func TestCronCountsWhatTheLibraryFinds(t *testing.T) {
	r := seeded(t)
	for _, expression := range []string{"0 9 * * mon", "30 2 * * *", "*/15 * * * *", "0 9 1,15 * *", "0 9 31 * *", "0 9 13 * fri", "15 10,22 * feb-mar 1-5", "0 0 29 2 *", "@weekly", "0 8 */2 * *", "0 8 * * */2"} {
		c, err := parseCron(expression)
		if err != nil {
			t.Fatal(err)
		}
		spec, _ := cron.ParseStandard(expression)
		for range 20 {
			start := reading(instantOf(time.Date(1995+r.Intn(40), 1, 1, 0, 0, 0, 0, time.UTC))) + reading(r.Int63n(366*day))
			n := c.ordinal(start)
			want := instant(start).time()
			for k := int64(1); k <= 30; k++ {
				want = spec.Next(want)
				if want.IsZero() { // the library looks five years ahead, and 2100 has no 29 February
					break
				}
				if got := c.firing(n + k); got != reading(instantOf(want)) {
					t.Fatalf("%s after %s: firing %d is %s, want %v", expression, start, k, got, want)
				}
				if got := c.ordinal(reading(instantOf(want))); got != n+k {
					t.Fatalf("%s: ordinal at %v is %d, want %d", expression, want, got, n+k)
				}
				if got := c.ordinal(reading(instantOf(want)) - 1); got != n+k-1 {
					t.Fatalf("%s: ordinal just before %v is %d, want %d", expression, want, got, n+k-1)
				}
			}
		}
	}
}

// randomSchedule is a schedule in a zone with a few layers, overrides and shadows.
func randomSchedule(r *rand.Rand, zone string, year int) Schedule {
	people := []string{"a", "b", "c", "d", "e"}
	moment := func() string {
		h := r.Intn(24)
		if r.Intn(2) == 0 { // the hours in which clocks are changed
			h = r.Intn(4)
		}
		return time.Date(year, time.Month(1+r.Intn(12)), 1+r.Intn(28), h, 15*r.Intn(4), 0, 0, time.UTC).Format("2006-01-02T15:04:05")
	}
	s := Schedule{Name: "test", TimeZone: zone}
	for i := range 1 + r.Intn(4) {
		kind := []string{Hourly, Daily, Weekly, Monthly, Cron}[r.Intn(5)]
		l := Layer{Name: fmt.Sprint("l", i), Rotation: Rotation{Type: kind, Length: 1 + r.Intn(3), Start: moment(), People: people[:r.Intn(5)]}}
		if kind == Cron {
			l.Rotation.Cron = []string{"30 2 * * *", "0 0 * * mon,thu", "0 */6 * * *"}[r.Intn(3)]
		}
		if kind == Hourly {
			l.Rotation.Length *= 4
		}
		if r.Intn(4) == 0 {
			l.Rotation.TimeZone = ZoneNames()[r.Intn(len(ZoneNames()))]
		}
		for range r.Intn(3) {
			all := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
			l.Hours = append(l.Hours, Window{all[r.Intn(4) : 4+r.Intn(4)], moment()[11:16], moment()[11:16]})
		}
		s.Layers = append(s.Layers, l)
	}
	for range r.Intn(6) {
		from := time.Date(year, time.Month(1+r.Intn(12)), 1+r.Intn(28), r.Intn(24), 0, 0, 0, time.UTC)
		o := Override{From: from.Format(time.RFC3339), To: from.Add(time.Duration(1+r.Intn(200)) * time.Hour).Format(time.RFC3339), Person: people[r.Intn(5)]}
		if r.Intn(2) == 0 {
			o.Replaces = people[r.Intn(5)]
		}
		s.Overrides = append(s.Overrides, o)
	}
	if r.Intn(3) == 0 {
		s.Shadows = append(s.Shadows, Shadow{Person: "n", With: people[r.Intn(5)], Kind: []string{"shadow", "reverse_shadow"}[r.Intn(2)]})
	}
	return s
}

func sampledZones(r *rand.Rand, n int) []string {
	names := slices.Clone(ZoneNames())
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	if full {
		n = min(10*n, len(names))
	}
	return names[:n]
}

// TestAllZonesAreSwept: ten times the sample is every zone, where zones are the matter.
func TestAllZonesAreSwept(t *testing.T) {
	if n := len(ZoneNames()); n > 600 {
		t.Errorf("there are %d zones: sample more than 60 of them", n)
	}
}

func TestShiftsAndOnCallAgree(t *testing.T) {
	r, zones := seeded(t), NewZones(nil)
	for _, name := range sampledZones(r, 200) {
		year := 2000 + r.Intn(40)
		from := time.Date(year, time.Month(1+r.Intn(12)), 1, 0, 0, 0, 0, time.UTC)
		z, err := zones.zone(name)
		if err != nil {
			t.Fatal(err)
		}
		list := changes(z)
		if len(list) > 0 {
			from = list[r.Intn(len(list))].time().AddDate(0, 0, -20)
			year = from.Year()
		}
		to := from.AddDate(0, 2, 0)
		list = slices.DeleteFunc(list, func(c instant) bool { return c < instantOf(from) || c >= instantOf(to) })
		s := randomSchedule(r, name, year)
		for i := range s.Layers {
			if r.Intn(2) == 0 {
				s.Layers[i].Rotation.Start = from.AddDate(-1, 0, 0).Format("2006-01-02") + s.Layers[i].Rotation.Start[10:]
			}
		}
		p, err := Compile(s, zones)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		oracle := slowly{zones, &s, map[*Layer][]time.Time{}}
		shifts := p.Shifts(from, to)
		gaps := p.Gaps(from, to)
		for i := range 150 {
			at := from.Add(time.Duration(r.Int63n(int64(to.Sub(from)/time.Second))) * time.Second)
			if len(list) > 0 && i%2 == 0 {
				at = list[r.Intn(len(list))].time().Add(time.Duration(r.Intn(240)-60) * time.Minute)
			}
			var want []string
			for _, s := range shifts {
				if !s.Start.After(at) && s.End.After(at) {
					want = append(want, s.Person+" "+s.Kind+" "+s.Layer)
				}
			}
			duties := p.OnCall(at)
			var got []string
			for _, d := range duties {
				got = append(got, d.Person+" "+d.Kind+" "+d.Layer)
			}
			if a, b := strings.Join(sorted(got), ","), strings.Join(sorted(want), ","); a != b {
				t.Fatalf("%+v at %v: OnCall %q, Shifts %q", s, at, a, b)
			}
			inGap := slices.ContainsFunc(gaps, func(g Gap) bool { return !g.Start.After(at) && g.End.After(at) })
			if inGap != (len(People(duties)) == 0) {
				t.Fatalf("%+v at %v: in a gap is %v, on call %v", s, at, inGap, duties)
			}
			if !full && i%5 > 0 {
				continue
			}
			if a, b := strings.Join(sorted(People(duties)), ","), strings.Join(sorted(oracle.who(at)), ","); a != b {
				t.Fatalf("%+v at %v: OnCall %q, by the rules one by one %q", s, at, a, b)
			}
		}
	}
}

// slowly answers by the letter of the rules: it looks for the last shift begun and at
// every window of the days around, resolving each boundary by itself.
type slowly struct {
	zones   *Zones
	s       *Schedule
	firings map[*Layer][]time.Time
}

func (o *slowly) who(at time.Time) []string {
	zones, s := o.zones, o.s
	now := instantOf(at)
	own, _ := zones.zone(s.TimeZone)
	var people []string
	for i := range s.Layers {
		z := own
		if name := s.Layers[i].Rotation.TimeZone; name != "" {
			z, _ = zones.zone(name)
		}
		if p := o.layer(&s.Layers[i], z, now); p != "" {
			people = []string{p}
		}
	}
	for _, o := range s.Overrides {
		from, _ := parseMoment(o.From)
		to, _ := parseMoment(o.To)
		if now < from.instant || now >= to.instant {
			continue
		}
		i := slices.Index(people, o.Replaces)
		switch {
		case o.Replaces == "" && !slices.Contains(people, o.Person):
			people = append(people, o.Person)
		case i >= 0 && o.Person != o.Replaces && slices.Contains(people, o.Person):
			people = slices.Delete(slices.Clone(people), i, i+1)
		case i >= 0:
			people[i] = o.Person
		}
	}
	for _, sh := range s.Shadows {
		if i := slices.Index(people, sh.With); i >= 0 && sh.Kind == ReverseShadowKind {
			people[i] = sh.Person
		}
	}
	return people
}

func (o *slowly) layer(l *Layer, z *zone, now instant) string {
	r := &l.Rotation
	if len(r.People) == 0 {
		return ""
	}
	m, _ := parseMoment(r.Start)
	start := instant(m.reading).time()
	if o.firings[l] == nil {
		o.firings[l] = []time.Time{start}
	}
	begins := func(k int) time.Time {
		switch r.Type {
		case Hourly:
			return start.Add(time.Duration(k*r.Length) * time.Hour)
		case Daily:
			return start.AddDate(0, 0, k*r.Length)
		case Weekly:
			return start.AddDate(0, 0, 7*k*r.Length)
		case Monthly:
			first := time.Date(start.Year(), start.Month()+time.Month(k*r.Length), 1, 0, 0, 0, 0, time.UTC)
			last := first.AddDate(0, 1, -1).Day()
			return time.Date(first.Year(), first.Month(), min(start.Day(), last), start.Hour(), start.Minute(), 0, 0, time.UTC)
		}
		spec, _ := cron.ParseStandard(r.Cron)
		list := o.firings[l]
		for len(list) <= k*r.Length {
			list = append(list, spec.Next(list[len(list)-1]))
		}
		o.firings[l] = list
		return list[k*r.Length]
	}
	if z.resolve(reading(instantOf(start))) > now {
		return ""
	}
	// Shifts begin in order, so the last one begun is found by doubling and halving.
	lo, hi := 0, 1
	for z.resolve(reading(instantOf(begins(hi)))) <= now {
		lo, hi = hi, 2*hi
	}
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; z.resolve(reading(instantOf(begins(mid)))) <= now {
			lo = mid
		} else {
			hi = mid
		}
	}
	open := len(l.Hours) == 0
	for d := floorDiv(int64(now), day) - 4; d < floorDiv(int64(now), day)+4; d++ {
		for _, w := range l.Hours {
			from, _ := parseClock(w.From)
			to, _ := parseClock(w.To)
			if to <= from {
				to += reading(day)
			}
			name := strings.ToLower(time.Unix(d*86400, 0).UTC().Weekday().String()[:3])
			if slices.Contains(w.Days, name) || len(w.Days) == 0 {
				open = open || z.resolve(reading(d*day)+from) <= now && now < z.resolve(reading(d*day)+to)
			}
		}
	}
	if !open {
		return ""
	}
	return r.People[lo%len(r.People)]
}

func TestEachLayerTilesTimeWithAtMostOnePerson(t *testing.T) {
	r := seeded(t)
	for _, name := range sampledZones(r, 150) {
		year := 2000 + r.Intn(40)
		s := randomSchedule(r, name, year)
		s.Overrides, s.Shadows, s.Layers = nil, nil, s.Layers[:1]
		s.Layers[0].Hours = nil
		s.Layers[0].Rotation.People = []string{"a", "b", "c"}
		p := mustCompile(t, s)
		start := p.eras[0].layers[0].start.time()
		shifts := p.Shifts(start, start.AddDate(0, 6, 0))
		if shifts[0].Start != start || shifts[len(shifts)-1].End != start.AddDate(0, 6, 0) {
			t.Fatalf("%s: shifts do not fill the range", name)
		}
		for i := 1; i < len(shifts); i++ {
			if shifts[i].Start != shifts[i-1].End || shifts[i].Turn <= shifts[i-1].Turn {
				t.Fatalf("%+v: %v does not follow %v", s, shifts[i], shifts[i-1])
			}
		}
		if got := p.Shifts(start.AddDate(-1, 0, 0), start); len(got) != 0 {
			t.Fatalf("%s: shifts before the start: %v", name, got)
		}
	}
}

func TestPlansAreSafeForConcurrentUse(t *testing.T) {
	p := mustCompile(t, benchSchedule(5, 20, "2020-01-06T09:00:00", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)))
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	want := fmt.Sprint(p.Shifts(from, from.AddDate(0, 1, 0)))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			p.OnCall(from)
			p.Gaps(from, from.AddDate(0, 1, 0))
			if got := fmt.Sprint(p.Shifts(from, from.AddDate(0, 1, 0))); got != want {
				t.Error("two at once get another answer")
			}
		})
	}
	wg.Wait()
}
