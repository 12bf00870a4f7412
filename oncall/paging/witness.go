package paging

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// Witness is what somebody who took no part in a page knows of a moment. Each function
// says whether it is known; what is not is never held against the page.
type Witness struct {
	// Schedule, Team and Group are the people of a schedule, of a team and of a Slack
	// user group at an instant.
	Schedule, Team, Group func(name string, at time.Time) (people []string, known bool)
	// Zone is a time zone by its name.
	Zone func(name string) (zone *time.Location, known bool)
	// Floor are those whom the floor of a page tells when its policy names none: must are
	// told, may perhaps.
	Floor func(Moment) (must, may []Recipient, known bool)
	// StandsFor says whether a page may stand for another to somebody: it is about an alert,
	// of the same policy, no less urgent, and was sent to them.
	StandsFor func(page string, other Moment, to Recipient) (yes, known bool)
}

// Moment is a page as it was at an instant.
type Moment struct {
	Page    string
	Subject string
	By      string // who asked for it; empty: a policy
	Urgency Urgency
	Policy  Policy
	Facts   Facts
	At      time.Time
}

// meant are those whom something stood for: must are all of them, unless open says why
// there may be others, and with it or without, may as well.
type meant struct {
	must, may []Recipient
	open      string
}

// stands are those whom targets stood for.
func (w Witness) stands(targets []Target, at time.Time) meant {
	var m meant
	for _, t := range targets {
		kind, name := t.Split()
		people, known := []string{name}, true
		switch kind {
		case ToChannel:
			m.must = union(m.must, []Recipient{{Channel: name}})
			continue
		case ToSchedule:
			people, known = w.Schedule(name, at)
		case ToTeam:
			people, known = w.Team(name, at)
		case ToGroup:
			people, known = w.Group(name, at)
		}
		if !known {
			m.open = "whom " + string(t) + " stood for then is not known"
			continue
		}
		for _, p := range people {
			m.must = union(m.must, []Recipient{{Person: p}})
		}
	}
	return m
}

// floor are those whom the floor of a page stood for: whom its last step that applied and
// stood for anybody did, and those behind it.
func (w Witness) floor(f Moment) meant {
	var m meant
	for _, s := range slices.Backward(f.Policy.Steps) {
		applied, sure := w.applies(s.When, f.Facts, f.At)
		if sure && !applied {
			continue
		}
		last := w.stands(s.Notify, f.At)
		switch {
		case !sure:
			last = meant{open: "whether a step applied then is not known"}
		case last.open != "" && len(last.must) == 0: // it may be the step before
			last = meant{open: last.open}
		}
		if m = last; len(m.must) > 0 || m.open != "" {
			break
		}
	}
	behind := meant{}
	if len(f.Policy.Floor) > 0 {
		behind = w.stands(f.Policy.Floor, f.At)
	} else if must, may, known := w.Floor(f); known {
		behind = meant{must: must, may: may}
	} else {
		behind.open = "who stood behind the policy then is not known"
	}
	m.must, m.may = union(slices.Clone(m.must), behind.must), behind.may
	if m.open == "" {
		m.open = behind.open
	}
	return m
}

// last is the last step that applied for sure; -1: none, or nobody knows.
func (w Witness) last(f Moment) int {
	for n, s := range slices.Backward(f.Policy.Steps) {
		if applied, sure := w.applies(s.When, f.Facts, f.At); applied {
			if !sure {
				return -1
			}
			return n
		}
	}
	return -1
}

// applies says whether a step with a condition applied, read on its own: by the words of
// the condition, and the clock of its zone.
func (w Witness) applies(c When, f Facts, at time.Time) (applied, sure bool) {
	names := func(list []string, s string) bool {
		for _, one := range list {
			if strings.EqualFold(one, s) {
				return true
			}
		}
		return len(list) == 0
	}
	if !names(c.Severity, f.Severity) || !names(c.Service, f.Service) {
		return false, true
	}
	if len(c.Hours) == 0 {
		return true, true
	}
	zone, known := w.Zone(c.TimeZone)
	if !known {
		return true, false
	}
	local := furthest(at.In(zone))
	for _, h := range c.Hours {
		within, ok := shows(local, h)
		if !ok {
			return true, false
		}
		if within {
			return true, true
		}
	}
	return false, true
}

// furthest is when a clock showed most until an instant: then, or just before it was last
// set back. Each time counts when it is shown first.
func furthest(local time.Time) time.Time {
	reading := func(t time.Time) time.Time {
		_, offset := t.Zone()
		return t.UTC().Add(time.Duration(offset) * time.Second)
	}
	since, _ := local.ZoneBounds()
	if before := since.Add(-1); !since.IsZero() && reading(before).After(reading(local)) {
		return before
	}
	return local
}

// shows says whether a clock shows a time within a window, which belongs to the day on
// which it begins and may end on the next. Not ok: the window cannot be read.
func shows(local time.Time, h oncall.Window) (within, ok bool) {
	from, ok1 := sinceMidnight(h.From)
	to, ok2 := sinceMidnight(h.To)
	if !ok1 || !ok2 {
		return false, false
	}
	if to <= from {
		to += 24 * time.Hour
	}
	hour, minute, second := local.Clock()
	now := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + time.Duration(local.Nanosecond())
	for back := range 2 {
		weekday := strings.ToLower(((local.Weekday() + time.Weekday(7-back)) % 7).String())
		named := len(h.Days) == 0 || slices.ContainsFunc(h.Days, func(d string) bool {
			d = strings.ToLower(d)
			return len(d) >= 3 && strings.HasPrefix(weekday, d)
		})
		if t := now + time.Duration(back)*24*time.Hour; named && from <= t && t < to {
			return true, true
		}
	}
	return false, true
}

// sinceMidnight reads a time of day: "09:00", "24:00", "09:00:30".
func sinceMidnight(text string) (time.Duration, bool) {
	var out time.Duration
	parts := strings.Split(text, ":")
	for n, p := range parts {
		v, err := strconv.Atoi(p)
		if err != nil || n > 2 {
			return 0, false
		}
		out += time.Duration(v) * []time.Duration{time.Hour, time.Minute, time.Second}[n]
	}
	return out, len(parts) > 1
}
