package oncall

import (
	"strings"
	"time"
)

// Hours are hours of the week on the clocks of one zone, ready to be asked. They
// follow the same rules as the hours of a [Layer]: a window belongs to the local day
// on which it starts, and its edges are the first instants at which the clock shows
// them or more. Hours are immutable.
type Hours struct {
	layer layer
}

// Hours compiles windows of a zone. The problems name what is wrong with them, at
// "time_zone" and "hours[…]"; the hours are nil then. Without a window they are
// always open.
func (z *Zones) Hours(zone string, windows []Window) (*Hours, []Problem) {
	c := &compiler{zones: z}
	h := &Hours{layer{zone: c.zone("time_zone", zone), windows: c.windows("", windows)}}
	for i := range c.problems {
		c.problems[i].Path = strings.TrimPrefix(c.problems[i].Path, ".")
	}
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	return h, nil
}

// Open says whether t lies within the hours, and until when the answer holds; it may
// hold longer. A zero time: for ever.
func (h *Hours) Open(t time.Time) (open bool, until time.Time) {
	if len(h.layer.windows) == 0 {
		return true, time.Time{}
	}
	open, change := h.layer.open(h.layer.zone.highWater(instantOf(t)))
	at := h.layer.zone.resolve(change)
	if at >= never {
		return open, time.Time{}
	}
	return open, at.time()
}
