package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/httpd"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/oncall"
)

// FileAPI answers questions about the schedules of a file alone, under /v1/oncall, as
// if the file were applied for the first time.
func FileAPI(c *configs.Config) http.Handler {
	zones := func() map[string]string {
		out := map[string]string{}
		for _, p := range c.People {
			out[p.Name] = p.TimeZone
		}
		return out
	}
	return httpd.Schedules{Rota: fileRota{c}, Now: time.Now, Zones: zones}.Handler()
}

// FirstPlan says in JSON, as /v1/oncall/plan does, what applying the schedules of a file
// would change where no bot has run yet.
func FirstPlan(c *configs.Config, allowGaps bool, now time.Time) ([]byte, error) {
	plans, err := httpd.PlanFirst(httpd.File{Schedules: c.Schedules, AllowGaps: allowGaps}, now)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(plans)
	if err != nil {
		return nil, fmt.Errorf("write the plan: %w", err)
	}
	return body, nil
}

type fileRota struct{ config *configs.Config }

func (f fileRota) ScheduleNames() []string { return f.config.ScheduleNames() }

func (f fileRota) SchedulePlan(name string) *oncall.Plan { return f.config.Plan(name) }

func (f fileRota) History(_ context.Context, name string, _ time.Time) (*oncall.Plan, error) {
	return f.config.Plan(name), nil
}

// MaxCalendar is the size in bytes from which a calendar is refused.
const MaxCalendar = oncall.MaxCalendar

// CalendarInput says what to read out of an iCalendar file.
type CalendarInput struct {
	From, To time.Time
	TimeZone string // for times that name none; empty: UTC
	Person   string // whose entries they are when they name nobody
}

// Imported is what a calendar would give a schedule.
type Imported struct {
	Name      string            `json:"name,omitempty"`
	TimeOff   []oncall.TimeOff  `json:"time_off"`
	Overrides []oncall.Override `json:"overrides"`
	Holidays  []oncall.Holiday  `json:"holidays"`
	Warnings  []string          `json:"warnings"`
}

// ImportCalendar reads an iCalendar file three ways: as time off, as overrides that
// put people on call, and as public holidays. Names and e-mail addresses of the
// configuration stand for its people; without people, names are taken as they are.
func ImportCalendar(data []byte, c *configs.Config, in CalendarInput) (Imported, error) {
	read := oncall.ReadCalendarInput{From: in.From, To: in.To, TimeZone: in.TimeZone, People: c.CalendarNames()}
	calendar, err := oncall.ReadCalendar(data, read)
	if err != nil {
		return Imported{}, err
	}
	s := calendar.Schedule("import", "UTC")
	out := Imported{Name: calendar.Name, TimeOff: calendar.TimeOff(in.Person), Overrides: s.Overrides, Holidays: calendar.Holidays(), Warnings: []string{}}
	for _, w := range calendar.Warnings {
		out.Warnings = append(out.Warnings, w.String())
	}
	if out.Overrides == nil {
		out.Overrides = []oncall.Override{}
	}
	return out, nil
}

// Only is the import with one of its lists: "time_off", "overrides" or "holidays".
func (i Imported) Only(kind string) Imported {
	out := Imported{Name: i.Name, TimeOff: []oncall.TimeOff{}, Overrides: []oncall.Override{}, Holidays: []oncall.Holiday{}, Warnings: i.Warnings}
	switch kind {
	case "time_off":
		out.TimeOff = i.TimeOff
	case "overrides":
		out.Overrides = i.Overrides
	case "holidays":
		out.Holidays = i.Holidays
	}
	return out
}

// YAML is the import in the layout of the configuration file, to be pasted under a
// schedule. Text is quoted as JSON does, which YAML reads the same.
func (i Imported) YAML() string {
	var b strings.Builder
	list := func(key string, n int, entry func(int) string) {
		if n == 0 {
			return
		}
		fmt.Fprintf(&b, "%s:\n", key)
		for k := range n {
			fmt.Fprintf(&b, "  - {%s}\n", entry(k))
		}
	}
	list("time_off", len(i.TimeOff), func(k int) string {
		o := i.TimeOff[k]
		return fields("person", o.Person, "from", o.From, "to", o.To, "note", o.Note)
	})
	list("overrides", len(i.Overrides), func(k int) string {
		o := i.Overrides[k]
		return fields("from", o.From, "to", o.To, "person", o.Person, "note", o.Note)
	})
	list("holidays", len(i.Holidays), func(k int) string {
		h := i.Holidays[k]
		text := fields("date", h.Date, "name", h.Name)
		if h.Days > 1 {
			text += fmt.Sprintf(", days: %d", h.Days)
		}
		return text
	})
	return b.String()
}

// fields writes pairs of key and text; an empty text is left out.
func fields(pairs ...string) string {
	var parts []string
	for n := 0; n < len(pairs); n += 2 {
		if pairs[n+1] != "" {
			parts = append(parts, pairs[n]+": "+quoted(pairs[n+1]))
		}
	}
	return strings.Join(parts, ", ")
}

func quoted(text string) string {
	var b strings.Builder
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	if err := out.Encode(text); err != nil { // a string is always encoded
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}
