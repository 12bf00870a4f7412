package httpd

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
)

// Rota knows the schedules that are asked about: those of a bot, or those of a file
// alone.
type Rota interface {
	// ScheduleNames are the names of all schedules, sorted.
	ScheduleNames() []string
	// SchedulePlan finds a schedule by name, in any case; nil: there is none.
	SchedulePlan(name string) *oncall.Plan
	// History is a plan that answers for an instant by what was true then.
	History(ctx context.Context, name string, at time.Time) (*oncall.Plan, error)
}

// Schedules answers questions about schedules under /v1/oncall.
type Schedules struct {
	Rota Rota
	Now  func() time.Time
	// Pages are the pages that reached people in [from, to); nil: none are known.
	Pages func(ctx context.Context, from, to time.Time) ([]oncall.Paged, error)
	// Known is a person's name as it is written where people are listed; it is only
	// needed for changes.
	Known func(name string) (string, error)
	// Zones are the own time zones of people, as far as they are known; nil: none.
	Zones func() map[string]string
	// Takers weigh who takes time on a schedule over; nil: by the plans alone.
	Takers func(ctx context.Context, schedule string) (oncall.Takers, error)
	// Having are the schedules on which something stands that has the id; it is only
	// needed for changes.
	Having func(ctx context.Context, id string) ([]string, error)

	zones *oncall.Zones
}

// Handler serves the questions alone, as for a file without a bot.
func (s Schedules) Handler() http.Handler {
	return secure(mux(s.routes(), func(*http.Request) (caller, error) { return caller{rights: Reads, owner: true, leave: func() {}}, nil }, nil))
}

// routes are the questions.
func (s Schedules) routes() []route {
	s.zones = oncall.NewZones(nil)
	schedule := param{"schedule", "only this one; default: all", "string"}
	from, to := param{"from", "from then: RFC 3339, or a wall time or date in the zone of each schedule; default: now", "string"}, param{"to", "until then", "string"}
	zone := param{"zone", "with the time zone of each schedule", "boolean"}
	person := param{"person", "only this person's", "string"}
	return []route{
		question("whoIsOnCall", "/v1/oncall", "Who is on call, and why.", s.who, schedule,
			param{"at", "at these times instead of now; RFC 3339, or a wall time or date in the zone of each schedule", "strings"}, param{"until", "with how long each answer holds", "boolean"}),
		question("listShifts", "/v1/oncall/shifts", "Who stands when; four weeks ahead unless told.", s.shifts, schedule, person, from, to, zone),
		question("listGaps", "/v1/oncall/gaps", "When nobody is on call; 60 days ahead unless told.", s.gaps, schedule, from, to, zone),
		question("listBurden", "/v1/oncall/burden", "What everybody carries, and then what the pools do; four weeks ahead unless told.", s.burden, schedule, from, to),
		question("suggestTaker", "/v1/oncall/fairest", "Who would take a time over fairest, and why; empty when nobody is free.", s.fairest, schedule,
			param{"person", "whose time it is", "string"}, param{"from", "from then; needed", "string"}, param{"to", "until then; needed", "string"}),
		question("simulate", "/v1/oncall/simulation", "Every handoff, gap, overlap, conflict and change of clocks by time, and then the burden.", s.simulation, schedule, from, to),
		document("exportCalendar", "/v1/oncall/calendar", "Shifts as an iCalendar file.", []string{"text/calendar"}, s.calendar, schedule, person, from, to),
	}
}

func invalid(format string, args ...any) error {
	return &oncall.Error{Code: oncall.CodeInvalid, Message: fmt.Sprintf(format, args...)}
}

// plans are the schedule that the request names, or all.
func (s Schedules) plans(r *call) ([]*oncall.Plan, error) {
	name := r.URL.Query().Get("schedule")
	if name != "" {
		p := s.Rota.SchedulePlan(name)
		if p == nil {
			return nil, s.unknown(name)
		}
		return []*oncall.Plan{p}, nil
	}
	plans := []*oncall.Plan{}
	for _, name := range s.Rota.ScheduleNames() {
		if p := s.Rota.SchedulePlan(name); p != nil {
			plans = append(plans, p)
		}
	}
	return plans, nil
}

func (s Schedules) unknown(name string) error {
	text := fmt.Sprintf("There is no schedule %q.", incident.Clip(name, 60))
	if names := s.Rota.ScheduleNames(); len(names) > 0 {
		text += " There are: " + incident.Clip(strings.Join(names, ", "), 500) + "."
	} else {
		text += " None is configured: write one under `schedules:`."
	}
	return &oncall.Error{Code: oncall.CodeNotFound, Message: text}
}

// What is asked about ends with the last year that can be written.
const (
	lastYear  = 9999
	endOfTime = "9999-12-31T23:59:59"
)

// instant reads a time as people write it: RFC 3339, or a wall time or a date in the
// zone of a schedule.
func (s Schedules) instant(text string, p *oncall.Plan) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil && t.UTC().Year() <= lastYear {
		return t.UTC(), nil
	}
	wall := text
	if _, err := time.Parse(time.DateOnly, text); err == nil {
		wall += "T00:00:00"
	}
	// The engine alone knows what a reading means: an override that begins then is
	// asked when it begins.
	q, err := oncall.Compile(oncall.Schedule{Name: "time", TimeZone: p.Location().String(),
		Overrides: []oncall.Override{{From: wall, To: endOfTime, Person: "anybody"}}}, s.zones)
	if err != nil {
		return time.Time{}, invalid("%q is not a time: write 2026-03-29T02:30:00+02:00, or 2026-03-29T02:30:00 for the local time of the schedule.", incident.Clip(text, 60))
	}
	before := time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC) // any wall time that can be written, in any zone
	return q.Gaps(before, before.AddDate(lastYear+2, 0, 0))[0].End, nil
}

// ahead is how far a range reaches that names no end.
const (
	ahead    = 28 * 24 * time.Hour
	longest  = 10 * 366 * 24 * time.Hour
	gapAhead = oncall.GapHorizon
)

// between reads the range that a request asks about, in the zone of a schedule.
func (s Schedules) between(r *call, p *oncall.Plan, ahead time.Duration) (from, to time.Time, err error) {
	q := r.URL.Query()
	from = s.Now().UTC().Truncate(time.Second)
	if text := q.Get("from"); text != "" {
		if from, err = s.instant(text, p); err != nil {
			return from, to, err
		}
	}
	to = from.Add(ahead)
	if text := q.Get("to"); text != "" {
		if to, err = s.instant(text, p); err != nil {
			return from, to, err
		}
	}
	switch {
	case !from.Before(to):
		return from, to, invalid("The end %s is not after the start %s: swap them.", to.Format(time.RFC3339), from.Format(time.RFC3339))
	case to.Sub(from) > longest || to.Year() > lastYear:
		return from, to, invalid("The time from %s to %s is longer than ten years, or too far away: ask for less.", from.Format(time.RFC3339), to.Format(time.RFC3339))
	}
	return from, to, nil
}
