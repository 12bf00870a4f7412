package oncall

import (
	"errors"
	"fmt"
	"math/bits"
	"sort"
	"strings"

	"github.com/robfig/cron/v3"
)

// cronClock counts the firings of a cron expression in closed form. The library
// parses the expression; its Next is not used, since it walks and gives up after
// five years. The calendar repeats every 400 years to the weekday, so the days that
// match are counted once per month of such a cycle.
type cronClock struct {
	spec    *cron.SpecSchedule
	minutes []int64 // of the day, ascending, at which it fires on a day that matches
	before  []int64 // days that match before each month of the cycle; the last is the whole cycle
}

const (
	starBit     = 1 << 63
	cycleDays   = 146097
	cycleMonths = 4800
	cycleYear   = 2000
)

var (
	errEvery = errors.New("@every has no place on the clock")
	errNever = errors.New("never fires")
)

func parseCron(expression string) (*cronClock, error) {
	if len(expression) > 256 {
		return nil, errors.New("the expression is longer than 256 characters")
	}
	if strings.Contains(expression, "=") {
		return nil, errors.New("the expression names a time zone; use time_zone")
	}
	parsed, err := cron.ParseStandard(expression)
	if err != nil {
		return nil, fmt.Errorf("the expression %q cannot be read: %w", expression, err)
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, errEvery
	}
	c := &cronClock{spec: spec, before: make([]int64, cycleMonths+1)}
	for h := int64(0); h < 24; h++ {
		for m := int64(0); m < 60; m++ {
			if spec.Hour&(1<<h) != 0 && spec.Minute&(1<<m) != 0 {
				c.minutes = append(c.minutes, h*60+m)
			}
		}
	}
	for i := 0; i < cycleMonths; i++ {
		mask := c.days(cycleYear+int64(i/12), i%12+1)
		c.before[i+1] = c.before[i] + int64(bits.OnesCount32(mask))
	}
	if c.before[cycleMonths] == 0 {
		return nil, fmt.Errorf("the expression %q %w", expression, errNever)
	}
	return c, nil
}

// days is the set of days of a month on which the expression fires, bit 1 being the
// first of the month.
func (c *cronClock) days(year int64, month int) uint32 {
	if c.spec.Month&(1<<month) == 0 {
		return 0
	}
	weekday := weekdayOf(dayNumber(year, month, 1))
	const week = 1<<7 - 1
	const weeks = 1 | 1<<7 | 1<<14 | 1<<21 | 1<<28 | 1<<35
	byWeekday := (c.spec.Dow & week * weeks) >> weekday << 1
	mask := c.spec.Dom & byWeekday
	if (c.spec.Dom|c.spec.Dow)&starBit == 0 {
		mask = c.spec.Dom | byWeekday
	}
	return uint32(mask & (1<<(daysIn(year, month)+1) - 2))
}

// ordinal counts the firings up to and including r, from the start of the cycle.
func (c *cronClock) ordinal(r reading) int64 {
	d := r.dayOf()
	base := dayNumber(cycleYear, 1, 1)
	cycle := floorDiv(d-base, cycleDays)
	year, month, dom := civil(d - cycle*cycleDays)
	mask := c.days(year, month)
	earlier := c.before[(year-cycleYear)*12+int64(month-1)] + int64(bits.OnesCount32(mask&(1<<dom-1)))
	n := (cycle*c.before[cycleMonths] + earlier) * int64(len(c.minutes))
	if mask&(1<<dom) != 0 {
		now := (int64(r) - d*day) / minute
		n += int64(sort.Search(len(c.minutes), func(i int) bool { return c.minutes[i] > now }))
	}
	return n
}

// firing is the reading of the n-th firing, counted as ordinal does.
func (c *cronClock) firing(n int64) reading {
	perDay, perCycle := int64(len(c.minutes)), c.before[cycleMonths]
	dayIndex := floorDiv(n-1, perDay)
	cycle := floorDiv(dayIndex, perCycle)
	within := dayIndex - cycle*perCycle
	i := sort.Search(cycleMonths, func(i int) bool { return c.before[i+1] > within })
	year, month := cycleYear+int64(i/12), i%12+1
	mask := c.days(year, month)
	for skip := within - c.before[i]; skip > 0; skip-- {
		mask &= mask - 1
	}
	d := dayNumber(year, month, bits.TrailingZeros32(mask)) + cycle*cycleDays
	return reading(d*day + c.minutes[n-1-dayIndex*perDay]*minute)
}
