package httpd

import (
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
)

// The largest file of schedules, in bytes.
const maxFile = 32 << 20

// File is what is asked to be applied or planned.
type File struct {
	Schedules []oncall.Schedule `json:"schedules" about:"as the configuration has them"`
	AllowGaps bool              `json:"allow_gaps,omitempty" about:"also if nobody is on call at some time"`
}

// Planned is what applying one schedule would change.
type Planned struct {
	Schedule  string           `json:"schedule"`
	New       bool             `json:"new"`
	Change    *oncall.Change   `json:"change,omitempty"`
	Conflicts []string         `json:"conflicts"`
	Warnings  []oncall.Problem `json:"warnings"`
	Refused   string           `json:"refused,omitempty"` // why it would not be applied
}

// Applied is what became of one schedule.
type Applied struct {
	Schedule string `json:"schedule"`
	Changed  bool   `json:"changed"`
	// Afterwards says who is on call now and who comes next.
	Afterwards string       `json:"afterwards"`
	Gaps       []oncall.Gap `json:"gaps"`
	Conflicts  []string     `json:"conflicts"`
}

// check refuses a file without schedules, or whose people the configuration does not
// know.
func (a API) check(f File) error {
	if len(f.Schedules) == 0 {
		return invalid("There are no schedules in the file: write them under `schedules:`.")
	}
	var known []string
	if len(a.Desk.Settings.People) > 0 {
		known = a.Desk.Settings.PersonNames()
	}
	var wrong []string
	for _, s := range f.Schedules {
		for _, p := range oncall.Validate(s, known, nil) {
			wrong = append(wrong, "schedule "+incident.Clip(s.Name, 60)+": "+p.String())
		}
	}
	if len(wrong) > 0 {
		return invalid("%s", incident.Clip(strings.Join(wrong, "\n"), 4000))
	}
	return nil
}

// planFile says what applying a file would change, and changes nothing.
func (a API) planFile(c *call, f File) ([]Planned, error) {
	if err := a.check(f); err != nil {
		return nil, err
	}
	previews, err := a.Desk.PlanSchedules(c.Context(), f.Schedules)
	if err != nil {
		return nil, err
	}
	return planned(previews, f.AllowGaps), nil
}

// PlanFirst says what applying a file would change where nothing is stored yet.
func PlanFirst(f File, now time.Time) ([]Planned, error) {
	previews, err := desk.PlanFirst(f.Schedules, now)
	if err != nil {
		return nil, err
	}
	return planned(previews, f.AllowGaps), nil
}

func planned(previews []desk.Preview, allowGaps bool) []Planned {
	out := make([]Planned, len(previews))
	for n, p := range previews {
		out[n] = Planned{Schedule: p.Schedule, New: p.New, Conflicts: p.Conflicts, Warnings: p.Warnings}
		switch {
		case p.Err != nil:
			out[n].Refused = p.Err.Error()
		case len(p.Change.NewGaps) > 0 && !p.New && !allowGaps:
			out[n].Refused = "it would leave nobody on call; cover that, or allow gaps"
		}
		if p.Err == nil {
			out[n].Change = &p.Change
		}
	}
	return out
}

// applyFile makes the schedules of a file those in force: all of them, or none.
func (a API) applyFile(c *call, f File) ([]Applied, error) {
	if err := a.check(f); err != nil {
		return nil, err
	}
	in, err := c.in()
	if err != nil {
		return nil, err
	}
	applied, err := a.Desk.ApplySchedules(c.Context(), in, f.Schedules, f.AllowGaps)
	if err != nil {
		return nil, err
	}
	var wrong []string
	out := make([]Applied, len(applied))
	for n, s := range applied {
		out[n] = Applied{Schedule: s.Schedule, Changed: s.Changed, Afterwards: s.Afterwards, Gaps: s.Gaps, Conflicts: s.Conflicts}
		if s.Err != nil {
			wrong = append(wrong, s.Err.Error())
		}
	}
	if len(wrong) > 0 {
		return nil, &desk.Error{Code: incident.Conflict, Message: strings.Join(wrong, "\n") + "\nNothing was applied."}
	}
	return out, nil
}
