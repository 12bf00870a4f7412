package desk

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall/alert"
)

// windowKey is one turn of a maintenance window.
type windowKey struct {
	name  string
	until int64 // microseconds
}

func windowOf(h *alert.Hush) windowKey { return windowKey{h.Window, h.Until.UnixMicro()} }

// hushKey names a silence, or a turn of a maintenance window; empty: nothing.
func hushKey(h *alert.Hush) string {
	switch {
	case h == nil:
		return ""
	case h.Window != "":
		return fmt.Sprintf("%s@%d", h.Window, h.Until.UnixMicro())
	}
	return h.Silence
}

// keepTold is how long it is known that a channel was told of a maintenance: alerts
// that it silenced name it as long as they are open.
const keepTold = 400 * 24 * time.Hour

// hushing are the silences that are not over, and the maintenance that has kept something.
type hushing struct {
	silences map[string]*alert.Silencer
	// unapplied are the silences that open alerts may not know of yet; windows are the
	// turns of maintenance that have kept something, told those that were told of.
	unapplied     map[string]bool
	windows, told map[windowKey]bool
}

// learn replaces what is known of a silence.
func (x *hushing) learn(s alert.Silence) {
	c, problems := s.Compile()
	if len(problems) > 0 || s.Told { // another release wrote it, or it is over
		delete(x.silences, s.ID)
		return
	}
	x.silences[s.ID] = c
}

// learnAlert remembers the maintenance that silences an alert, so that what it kept is
// told when it is over.
func (x *hushing) learnAlert(a *alert.Alert) {
	for _, h := range []*alert.Hush{a.Hush, a.Hushed} {
		if h != nil && h.Window != "" && !x.told[windowOf(h)] {
			x.windows[windowOf(h)] = true
		}
	}
}

// learnUnapplied finds the silences that cover open alerts which do not know of it.
func (x *hushing) learnUnapplied(alerts []alert.Alert, now time.Time) {
	for id, s := range x.silences {
		if s.Active(now) && slices.ContainsFunc(alerts, func(a alert.Alert) bool {
			signal, decision := a.Signal()
			return a.State == alert.StateOpen && !a.Silenced(now) && s.Covers(&signal, a.Integration, decision)
		}) {
			x.unapplied[id] = true
		}
	}
}

// toApply are the silences that open alerts may not know of yet.
func (x *hushing) toApply() []string { return slices.Sorted(maps.Keys(x.unapplied)) }

// finished are the silences and maintenance windows that are over and of which nobody
// was told yet.
func (x *hushing) finished(now time.Time) (silences []alert.Silence, windows []windowKey) {
	for _, id := range slices.Sorted(maps.Keys(x.silences)) {
		if s := x.silences[id]; !s.Active(now) {
			silences = append(silences, s.Silence)
		}
	}
	for k := range x.windows {
		if k.until <= now.UnixMicro() {
			windows = append(windows, k)
		}
	}
	slices.SortFunc(windows, func(a, b windowKey) int {
		return cmp.Or(cmp.Compare(a.until, b.until), strings.Compare(a.name, b.name))
	})
	return silences, windows
}

// end notes that channels were told of a turn of maintenance.
func (x *hushing) end(k windowKey) {
	delete(x.windows, k)
	x.told[k] = true
}

func (x *hushing) prune(now time.Time) {
	maps.DeleteFunc(x.told, func(k windowKey, _ bool) bool { return now.UnixMicro()-k.until > keepTold.Microseconds() })
}

// unitHushes are the silences that a unit has read or changed, which go before those of the
// index, and the turns of maintenance that it tells channels of.
type unitHushes struct {
	stored   *hushing
	silences records[alert.Silence]
	told     []windowKey
}

func (u *unitHushes) clone() unitHushes {
	return unitHushes{u.stored, maps.Clone(u.silences), slices.Clip(u.told)}
}

// all are the silences that may hold.
func (u *unitHushes) all() []*alert.Silencer {
	var out []*alert.Silencer
	for id, s := range u.stored.silences {
		if _, here := u.silences[id]; !here {
			out = append(out, s)
		}
	}
	for _, id := range sorted(u.silences) {
		if s := u.silencer(id); s != nil {
			out = append(out, s)
		}
	}
	return out
}

// silencer is a silence ready to be asked; nil: there is none that can be, or its channels
// were told that it is over.
func (u *unitHushes) silencer(id string) *alert.Silencer {
	h, here := u.silences[id]
	if !here {
		return u.stored.silences[id]
	}
	s, problems := h.record.Compile()
	if len(problems) > 0 {
		return nil
	}
	return s
}

// learn makes the index know the silences that changed, and what channels were told of.
func (u *unitHushes) learn(x *alertIndex) {
	for id, h := range u.silences {
		if len(h.events) == 0 {
			continue
		}
		x.move(id)
		u.stored.learn(h.record)
		if h.base == 0 {
			u.stored.unapplied[id] = true
		}
	}
	for _, k := range u.told {
		u.stored.end(k)
	}
}
