package oncall

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// Zones loads time zones and keeps them for schedules compiled together. It is safe
// for concurrent use.
type Zones struct {
	load func(name string) (*time.Location, error)
	mu   sync.Mutex
	got  map[string]*zone
}

// NewZones returns an empty set whose zones come from load, or, when load is nil,
// from the best data at hand (see [FindZoneData]).
func NewZones(load func(name string) (*time.Location, error)) *Zones {
	if load == nil {
		load = time.LoadLocation
	}
	return &Zones{load: load, got: map[string]*zone{}}
}

func (z *Zones) orBest() *Zones {
	if z == nil {
		return NewZones(nil)
	}
	return z
}

func (z *Zones) zone(name string) (*zone, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if got, ok := z.got[name]; ok {
		return got, nil
	}
	if name == "" || name == "Local" || len(name) > 64 {
		return nil, errors.New("is no time zone")
	}
	loc, err := z.load(name)
	if err != nil {
		return nil, fmt.Errorf("load time zone %q: %w", name, err)
	}
	zn := newZone(loc)
	z.got[name] = zn
	return zn, nil
}

// stretch is a maximal time in which a zone keeps one offset.
type stretch struct {
	start  instant
	offset int64   // microseconds east of Greenwich
	past   reading // the latest reading shown before start
	floor  reading // the high water at start
}

// zone answers for a span of years from a table, and outside it from the time
// package. A zone is immutable.
type zone struct {
	loc    *time.Location
	table  []stretch
	lo, hi instant // the table is right for lo <= t < hi
}

// The years the table covers; others are right too, and slower.
const tableFrom, tableTo = 1970, 2075

// No clock is, or was, further from Greenwich than this.
const maxOffset = 26 * hour

func newZone(loc *time.Location) *zone {
	lo := instant(dayNumber(tableFrom, 1, 1) * day)
	hi := instant(dayNumber(tableTo, 1, 1) * day)
	return &zone{loc: loc, table: stretches(loc, lo, hi), lo: lo + 2*maxOffset, hi: hi - 2*maxOffset}
}

// stretches lists the stretches that meet [lo, hi).
func stretches(loc *time.Location, lo, hi instant) []stretch {
	var out []stretch
	past := reading(-forever)
	for t := lo.time().In(loc); ; {
		_, seconds := t.Zone()
		offset := int64(seconds) * second
		start := max(instantOf(t), lo)
		if n := len(out); n == 0 || out[n-1].offset != offset {
			if n > 0 {
				past = max(past, reading(int64(start)+out[n-1].offset-1))
			}
			out = append(out, stretch{start, offset, past, max(past, reading(int64(start)+offset))})
		}
		_, end := t.ZoneBounds()
		if end.IsZero() {
			return out
		}
		if !end.After(t) { // Go's rules end a year a day early every fourth year
			end = t.Add(24 * time.Hour)
		}
		if instantOf(end) >= hi {
			return out
		}
		t = end
	}
}

// around is a small table for an instant outside the big one.
func (z *zone) around(t instant) []stretch {
	return stretches(z.loc, t-2*maxOffset, t+2*maxOffset)
}

// highWater is the latest reading the zone's clock has shown at any instant up to
// and including t. It never falls, and the boundary of a reading has passed exactly
// when the high water has reached it.
func (z *zone) highWater(t instant) reading {
	s := z.stretchAt(t)
	return max(reading(int64(t)+s.offset), s.past)
}

// clock is what the zone's clock shows at t.
func (z *zone) clock(t instant) reading { return reading(int64(t) + z.stretchAt(t).offset) }

// stretchAt is the last stretch that begins at t or before.
func (z *zone) stretchAt(t instant) *stretch {
	table := z.table
	if t < z.lo || t >= z.hi {
		table = z.around(t)
	}
	lo, hi := 1, len(table)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if table[mid].start > t {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return &table[lo-1]
}

// resolve is the first instant at which the zone's clock shows r or a later reading.
func (z *zone) resolve(r reading) instant {
	if r >= forever {
		return never
	}
	table := z.table
	if instant(r) < z.lo+maxOffset || instant(r) >= z.hi-maxOffset {
		table = z.around(instant(r))
	}
	// The first stretch that begins with the high water at r or above; in the one
	// before it, the clock reaches r by running or by the jump at its end.
	lo, hi := 1, len(table)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if table[mid].floor >= r {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	t := instant(int64(r) - table[lo-1].offset)
	if lo < len(table) && t > table[lo].start {
		return table[lo].start
	}
	return t
}
