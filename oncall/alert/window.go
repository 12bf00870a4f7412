package alert

import (
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// window is a maintenance window that can be asked.
type window struct {
	*Maintenance
	matcher *Matcher
	table   *oncall.Timetable
}

func newWindow(m *Maintenance, zones *oncall.Zones) (window, []oncall.Problem) {
	out := window{Maintenance: m}
	var problems, found []oncall.Problem
	if len(m.Match) == 0 {
		problems = append(problems, oncall.Problem{Message: "it would silence every alert: it says nothing about which", Suggestion: `add match:, such as match: {service: checkout}; all are match: {title: "~.*"}`})
	}
	out.matcher, found = NewMatcher(m.Match)
	problems = append(problems, below("match", found)...)
	out.table, found = oncall.NewTimetable(oncall.TimetableSpec{From: m.From, To: m.To, Cron: m.Cron, Duration: m.Duration, TimeZone: m.TimeZone}, zones)
	return out, append(problems, found...)
}

// silencing returns the window that silences the alert at now for longest, and until
// when; nil when none does.
func (r *Router) silencing(x *subject, now time.Time, why *trace) (*window, time.Time) {
	var longest *window
	var until time.Time
	for i := range r.windows {
		w := &r.windows[i]
		_, to, ok := w.table.Covering(now)
		if why == nil && (!ok || !to.After(until)) {
			continue
		}
		if c := w.matcher.failing(x); c != nil {
			if ok && why != nil {
				why.say("Maintenance %s is on, and does not silence it: %s.", w.Name, c.why(x))
			}
			continue
		}
		if !ok {
			if from, _, again := w.table.Next(now); again {
				why.say("Maintenance %s would silence it, and is not on before %s.", w.Name, clock(from.In(w.table.Location())))
			}
			continue
		}
		if to.After(until) {
			longest, until = w, to
		}
	}
	return longest, until
}

// Covering is a maintenance window that is on.
type Covering struct {
	Name string
	// What it silences, as people write it.
	What        string
	From, Until time.Time
}

// On are the maintenance windows that are on at an instant, as they are configured.
func (r *Router) On(now time.Time) []Covering {
	var out []Covering
	for i := range r.windows {
		if from, to, ok := r.windows[i].table.Covering(now); ok {
			out = append(out, Covering{Name: r.windows[i].Name, What: r.windows[i].matcher.Text(), From: from, Until: to})
		}
	}
	return out
}
