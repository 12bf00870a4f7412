package oncall

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// calendarTime is a DATE or DATE-TIME: a reading in a zone.
type calendarTime struct {
	reading reading
	zone    *zone
	date    bool
}

func (t calendarTime) instant() instant { return t.zone.resolve(t.reading) }

// calendarZones finds the zones that a calendar names.
type calendarZones struct {
	zones    *Zones
	utc      *zone
	floating *zone // for times that name none
	defined  map[string]*component
	found    map[string]foundZone // by TZID
}

// foundZone is what a TZID leads to.
type foundZone struct {
	zone *zone
	err  error
}

// maxZones is how many zones one calendar may name.
const maxZones = 500

// find resolves a TZID, each once: to look for one takes long.
func (c *calendarZones) find(id string) (*zone, error) {
	got, ok := c.found[id]
	if !ok {
		if len(c.found) == maxZones {
			return nil, fmt.Errorf("it names more than %d time zones", maxZones)
		}
		got.zone, got.err = c.lookUp(strings.Trim(id, `" `))
		c.found[id] = got
	}
	return got.zone, got.err
}

// lookUp resolves an IANA name, one with a prefix such as Mozilla's, a Windows name, or
// what the calendar's own VTIMEZONE gives away.
func (c *calendarZones) lookUp(id string) (*zone, error) {
	if z, err := c.zones.zone(id); err == nil {
		return z, nil
	}
	if iana, ok := windowsZones[id]; ok {
		return c.zones.zone(iana)
	}
	parts := strings.Split(id, "/")
	for n := min(len(parts)-1, 3); n > 0; n-- { // no name has more parts
		if z, err := c.zones.zone(strings.Join(parts[len(parts)-n:], "/")); err == nil {
			return z, nil
		}
	}
	if def := c.defined[id]; def != nil {
		if z, err := c.zones.zone(def.text("X-LIC-LOCATION")); err == nil {
			return z, nil
		}
		if z := fixedZone(def); z != nil {
			return z, nil
		}
	}
	return nil, fmt.Errorf("unknown time zone %q", truncate(id, 80))
}

// fixedZone is a VTIMEZONE that never changes its offset.
func fixedZone(def *component) *zone {
	if len(def.parts) != 1 || def.parts[0].name != "STANDARD" {
		return nil
	}
	offset := def.parts[0].text("TZOFFSETTO")
	for _, layout := range []string{"-0700", "-070000"} {
		if t, err := time.Parse(layout, offset); err == nil {
			_, seconds := t.Zone()
			return newZone(time.FixedZone("UTC"+offset, seconds))
		}
	}
	return nil
}

// time reads a property that holds one time.
func (c *calendarZones) time(p *property) (calendarTime, error) {
	return c.value(p, p.value)
}

// value reads one of the values of a property.
func (c *calendarZones) value(p *property, text string) (calendarTime, error) {
	z := c.floating
	if id := p.params["TZID"]; id != "" {
		found, err := c.find(id)
		if err != nil {
			return calendarTime{}, err
		}
		z = found
	}
	return c.parse(text, z)
}

// parse reads a time of a zone, or of UTC if it says so.
func (c *calendarZones) parse(text string, z *zone) (calendarTime, error) {
	text = strings.TrimSpace(text)
	layout, what := "20060102T150405", "time"
	if len(text) == 8 {
		layout, what = "20060102", "date"
	}
	clock, utc := strings.CutSuffix(text, "Z")
	if utc {
		z = c.utc
	}
	t, err := time.Parse(layout, clock)
	if err != nil || t.Year() < firstYear {
		return calendarTime{}, fmt.Errorf("%q is no %s", truncate(text, 40), what)
	}
	return calendarTime{reading(t.UnixMicro()), z, what == "date"}, nil
}

// length is how long an event lasts: days and readings on the wall clock, and on top
// of them hours that are exact.
type length struct {
	nominal reading
	exact   instant
}

// end is when an event that starts at a reading ends.
func (l length) end(t calendarTime) instant {
	return t.zone.resolve(t.reading+l.nominal) + l.exact
}

var errDuration = errors.New("is no duration such as PT8H or P1W")

// parsePeriod reads a DURATION (RFC 5545, 3.3.6): weeks and days are nominal, the
// rest is exact.
func parsePeriod(s string) (length, error) {
	s, ok := strings.CutPrefix(strings.TrimPrefix(strings.TrimSpace(s), "+"), "P")
	if !ok || s == "" || len(s) > 40 {
		return length{}, errDuration
	}
	days, clock, timed := strings.Cut(s, "T")
	if timed && clock == "" {
		return length{}, errDuration
	}
	var l length
	nominal, err := sumUnits(days, map[byte]int64{'W': 7 * day, 'D': day})
	if err != nil {
		return length{}, err
	}
	exact, err := sumUnits(clock, map[byte]int64{'H': hour, 'M': minute, 'S': second})
	if err != nil {
		return length{}, err
	}
	l.nominal, l.exact = reading(nominal), instant(exact)
	return l, nil
}

func sumUnits(s string, units map[byte]int64) (int64, error) {
	var sum int64
	for s != "" {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		if n == 0 || n > 6 || n == len(s) || units[s[n]] == 0 {
			return 0, errDuration
		}
		v, err := strconv.ParseInt(s[:n], 10, 64)
		if err != nil {
			return 0, errDuration
		}
		sum += v * units[s[n]]
		s = s[n+1:]
	}
	return sum, nil
}
