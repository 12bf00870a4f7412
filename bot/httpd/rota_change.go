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
	Schedules []oncall.Schedule `json:"schedules"`
	AllowGaps bool              `json:"allow_gaps,omitempty"`
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
	Schedule  string       `json:"schedule"`
	Changed   bool         `json:"changed"`
	Gaps      []oncall.Gap `json:"gaps"`
	Conflicts []string     `json:"conflicts"`
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
		for _, p := range oncall.Validate(s, known) {
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
	out := make([]Planned, len(previews))
	for n, p := range previews {
		out[n] = Planned{Schedule: p.Schedule, New: p.New, Conflicts: p.Conflicts, Warnings: p.Warnings}
		switch {
		case p.Err != nil:
			out[n].Refused = p.Err.Error()
		case len(p.Change.NewGaps) > 0 && !p.New && !f.AllowGaps:
			out[n].Refused = "it would leave nobody on call; cover that, or allow gaps"
		}
		if p.Err == nil {
			out[n].Change = &p.Change
		}
	}
	return out, nil
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
		out[n] = Applied{Schedule: s.Schedule, Changed: s.Changed, Gaps: s.Gaps, Conflicts: s.Conflicts}
		if s.Err != nil {
			wrong = append(wrong, s.Err.Error())
		}
	}
	if len(wrong) > 0 {
		return nil, &desk.Error{Code: incident.Conflict, Message: strings.Join(wrong, "\n") + "\nNothing was applied."}
	}
	return out, nil
}

// The changes that can be asked of a schedule.
const (
	ChangeOverride = "override"
	ChangeUndo     = "undo" // an override
	ChangeCover    = "cover"
	ChangeOff      = "off"
)

// Change is one change of a schedule. Times are RFC 3339, or wall times or dates in
// the schedule's zone.
type Change struct {
	Do       string `json:"do"`
	Schedule string `json:"schedule,omitempty"` // empty: the only one there is
	Person   string `json:"person,omitempty"`
	Replaces string `json:"replaces,omitempty"`
	From     string `json:"from,omitempty"`
	To       string `json:"to,omitempty"`
	Note     string `json:"note,omitempty"`
	ID       string `json:"id,omitempty"` // of what is undone
}

// Changed is what a change did.
type Changed struct {
	Schedule string   `json:"schedule"`
	Changed  bool     `json:"changed"`
	IDs      []string `json:"ids"` // of what was made, to undo it
	Text     []string `json:"text"`
	Warnings []string `json:"warnings"`
}

func (a API) change(r *call, c Change) (Changed, error) {
	in, err := r.in()
	if err != nil {
		return Changed{}, err
	}
	s := a.schedules()
	s.zones = oncall.NewZones(nil)
	p, err := s.one(c.Schedule)
	if err != nil {
		return Changed{}, err
	}
	command, err := a.changeOf(c, s, p, in)
	if err != nil {
		return Changed{}, err
	}
	out := Changed{IDs: []string{}, Text: []string{}, Warnings: []string{}}
	if o, ok := command.(oncall.AddOverride); ok {
		var others []*oncall.Plan
		for _, name := range s.Rota.ScheduleNames() {
			if q := s.Rota.SchedulePlan(name); q != nil && q != p {
				others = append(others, q)
			}
		}
		out.Warnings = p.CheckOverride(o.Override, others...)
	}
	answer, err := a.Desk.ChangeSchedule(r.Context(), in, p.Name(), command)
	if err != nil {
		return Changed{}, err
	}
	out.Schedule, out.Changed = answer.Schedule, answer.Changed
	for _, e := range answer.Events {
		if text := e.Sentence(); text != "" {
			out.Text = append(out.Text, text)
		}
		out.IDs = append(out.IDs, made(e)...)
	}
	return out, nil
}

// made are the ids of what an event brought.
func made(e oncall.Event) []string {
	var ids []string
	for _, o := range e.Overrides {
		ids = append(ids, o.ID)
	}
	if e.TimeOff != nil {
		ids = append(ids, e.TimeOff.ID)
	}
	if e.Request != nil {
		ids = append(ids, e.Request.ID)
	}
	return ids
}

// one is the schedule of a name, or the only one there is.
func (s Schedules) one(name string) (*oncall.Plan, error) {
	names := s.Rota.ScheduleNames()
	if name == "" && len(names) == 1 {
		name = names[0]
	}
	if name == "" {
		return nil, invalid("Say which schedule you mean. There are: %s.", incident.Clip(strings.Join(names, ", "), 500))
	}
	if p := s.Rota.SchedulePlan(name); p != nil {
		return p, nil
	}
	return nil, s.unknown(name)
}

// changeOf is what a change asks of the engine.
func (a API) changeOf(c Change, s Schedules, p *oncall.Plan, in desk.In) (oncall.Command, error) {
	by := func(person string) oncall.Actor { return a.Desk.OncallActor(in.By, p.Name(), person) }
	if c.Do == ChangeUndo {
		if c.ID == "" {
			return nil, invalid("Say which override to take back, by its id such as O3.")
		}
		return oncall.RemoveOverride{By: by(""), ID: c.ID}, nil
	}
	from, err := s.instant(c.From, p)
	if err != nil {
		return nil, err
	}
	to, err := s.instant(c.To, p)
	if err != nil {
		return nil, err
	}
	if !from.Before(to) {
		return nil, invalid("The end %s is not after the start %s: swap them.", c.To, c.From)
	}
	if c.Person == "" {
		c.Person = in.By.Person
	}
	person, err := s.Known(c.Person)
	if err != nil {
		return nil, err
	}
	switch c.Do {
	case ChangeOverride:
		replaces, err := s.Known(c.Replaces)
		if err != nil {
			return nil, err
		}
		return oncall.AddOverride{By: by(replaces), Override: oncall.Override{From: stamp(from), To: stamp(to), Person: person, Replaces: replaces, Note: c.Note}}, nil
	case ChangeCover:
		return oncall.RequestCover{By: by(person), Person: person, From: from, To: to, Note: c.Note}, nil
	case ChangeOff:
		return oncall.AddTimeOff{By: by(person), TimeOff: oncall.TimeOff{Person: person, From: stamp(from), To: stamp(to), Note: c.Note}}, nil
	}
	return nil, invalid("%q is no change: it is one of override, undo, cover and off.", incident.Clip(c.Do, 60))
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
