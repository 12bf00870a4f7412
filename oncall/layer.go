package oncall

import "slices"

// window is a compiled [Window]: from and to count from the midnight that begins
// the day, and to may lie on the next day.
type window struct {
	days     uint8 // bit 0 is Sunday
	from, to reading
}

const everyDay = 1<<7 - 1

// layer is a compiled [Layer]. Apart from its own start and end everything in it is
// decided on readings.
type layer struct {
	name       string
	unnamed    bool // the name is only its place in the list
	zone       *zone
	turns      turns
	deal       deal
	windows    []window // none: always
	holidays   []int64  // day numbers, ascending
	mode       string   // how the layer heeds holidays
	start, end instant  // start is not before shift 0
	why        string
}

// at appends who the layer puts on call at t. The answer holds until the instant
// returned, or longer.
func (l *layer) at(dst []post, index int, t instant) ([]post, instant) {
	if l.deal.vacant || len(l.deal.pattern) == 0 || t >= l.end {
		return dst, never
	}
	if t < l.start {
		return dst, l.start
	}
	h := l.zone.highWater(t)
	k := l.turns.index(h)
	edge := l.turns.begins(k + 1)
	if len(l.windows) > 0 {
		open, change := l.open(h)
		if !open {
			return dst, min(l.zone.resolve(change), l.end)
		}
		edge = min(edge, change)
	}
	return l.deal.seat(dst, index, k), min(l.zone.resolve(edge), l.end)
}

// who is at without the instant, which costs as much again.
func (l *layer) who(dst []post, index int, t instant) []post {
	if t < l.start || t >= l.end || l.deal.vacant || len(l.deal.pattern) == 0 {
		return dst
	}
	h := l.zone.highWater(t)
	if len(l.windows) > 0 {
		if open, _ := l.open(h); !open {
			return dst
		}
	}
	return l.deal.seat(dst, index, l.turns.index(h))
}

// open reports whether a window stands open when the high water is h, and the next
// reading at which that may change.
func (l *layer) open(h reading) (bool, reading) {
	today := h.dayOf()
	until := h
	for d := today - 1; d <= today; d++ {
		if !l.stands(d) {
			continue
		}
		for _, w := range l.windows {
			midnight := reading(d * day)
			if w.days&(1<<weekdayOf(d)) != 0 && midnight+w.from <= h && h < midnight+w.to {
				until = max(until, midnight+w.to)
			}
		}
	}
	if until > h {
		return true, until
	}
	return false, l.opens(h)
}

// opens is the next reading after h at which a window may open. It looks ahead a
// week and a day; when holidays hide more than that, it says to ask again then.
func (l *layer) opens(h reading) reading {
	first := h.dayOf()
	if l.mode == holidaysOnly {
		i, _ := slices.BinarySearch(l.holidays, first)
		if i == len(l.holidays) {
			return forever
		}
		first = l.holidays[i]
	}
	for d := first; d <= first+8; d++ {
		if !l.stands(d) {
			continue
		}
		next := forever
		for _, w := range l.windows {
			if from := reading(d*day) + w.from; w.days&(1<<weekdayOf(d)) != 0 && from > h {
				next = min(next, from)
			}
		}
		if next != forever {
			return next
		}
	}
	return reading((first + 9) * day)
}

// The ways a layer heeds holidays.
const (
	holidaysOnly   = "only"
	holidaysExcept = "except"
)

// stands reports whether windows that start on day d count at all.
func (l *layer) stands(d int64) bool {
	if l.mode == "" {
		return true
	}
	_, holiday := slices.BinarySearch(l.holidays, d)
	return holiday == (l.mode == holidaysOnly)
}
