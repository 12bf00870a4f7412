package paging

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// Target is whom a step tells: "schedule:checkout", "person:dev1", "team:sre",
// "group:S012345" (a Slack user group) or "channel:incidents".
type Target string

// The kinds of targets.
const (
	ToSchedule = "schedule"
	ToPerson   = "person"
	ToTeam     = "team"
	ToGroup    = "group"
	ToChannel  = "channel"
)

// Split returns the kind and the name of the target.
func (t Target) Split() (kind, name string) {
	kind, name, _ = strings.Cut(string(t), ":")
	return kind, name
}

// ParseTarget reads a target; the kinds are those above.
func ParseTarget(text string) (Target, error) {
	kind, name, ok := strings.Cut(strings.TrimSpace(text), ":")
	switch kind {
	case ToSchedule, ToPerson, ToTeam, ToGroup, ToChannel:
		if ok && name != "" {
			return Target(kind + ":" + name), nil
		}
	}
	return "", fmt.Errorf("%q is not a target: write schedule:, person:, team:, group: or channel: and a name, for example schedule:checkout", text)
}

// Step tells its targets and waits for an answer.
type Step struct {
	Notify []Target `json:"notify"`
	// Wait is how long the step waits for an answer before the next one.
	Wait time.Duration `json:"wait"`
	// When limits the step. One that does not apply is skipped at once, like one that
	// stands for nobody.
	When When `json:"when,omitzero"`
}

// wait is Wait, or the default for a step that names none: a page must never be
// due the moment it was told.
func (s Step) wait() time.Duration {
	if s.Wait <= 0 {
		return DefaultWait
	}
	return s.Wait
}

// asks are the targets that say whom a step stands for; of the floor all of the policy.
func (p Policy) asks(step int) []Target {
	switch {
	case step < 0:
		return nil
	case step < len(p.Steps):
		return p.Steps[step].Notify
	}
	out := slices.Clone(p.Floor)
	for _, s := range p.Steps {
		out = append(out, s.Notify...)
	}
	return out
}

// When says for what, and at what time, a step applies: all that is set must hold. The
// zero When always does.
type When struct {
	Severity []string        `json:"severity,omitempty"`  // "SEV1", "critical": any of them, in any case
	Service  []string        `json:"service,omitempty"`   // any of them, in any case
	Hours    []oncall.Window `json:"hours,omitempty"`     // any of them
	TimeZone string          `json:"time_zone,omitempty"` // of the hours
}

// unless says why the step does not apply; empty: it does. Hours whose zone is not
// known do not keep anybody from being paged.
func (c When) unless(f Facts, now time.Time, zones *oncall.Zones) string {
	among := func(list []string, s string) bool {
		return len(list) == 0 || slices.ContainsFunc(list, func(one string) bool { return strings.EqualFold(one, s) })
	}
	switch {
	case !among(c.Severity, f.Severity):
		return "it is for " + strings.Join(c.Severity, ", ") + " only"
	case !among(c.Service, f.Service):
		return "it is for " + strings.Join(c.Service, ", ") + " only"
	case len(c.Hours) == 0 || zones == nil:
		return ""
	}
	hours, problems := zones.Hours(c.TimeZone, c.Hours)
	if len(problems) > 0 {
		return ""
	}
	if open, _ := hours.Open(now); !open {
		return "it is outside its hours"
	}
	return ""
}

// String is the condition as people read it: "for SEV1 or critical, in checkout, mon tue
// 09:00-17:00 Europe/Berlin".
func (c When) String() string {
	var parts []string
	if len(c.Severity) > 0 {
		parts = append(parts, "for "+strings.Join(c.Severity, " or "))
	}
	if len(c.Service) > 0 {
		parts = append(parts, "in "+strings.Join(c.Service, " or "))
	}
	var hours []string
	for _, w := range c.Hours {
		hours = append(hours, strings.Join(append(slices.Clone(w.Days), w.From+"-"+w.To), " "))
	}
	if len(hours) > 0 {
		parts = append(parts, strings.TrimSpace(strings.Join(hours, " or ")+" "+c.TimeZone))
	}
	return strings.Join(parts, ", ")
}

// IsZero says that the condition says nothing.
func (c When) IsZero() bool {
	return len(c.Severity)+len(c.Service)+len(c.Hours) == 0 && c.TimeZone == ""
}

// Policy is an escalation policy: its steps run in order, Repeat times more, and
// then the floor is paged until somebody answers.
type Policy struct {
	Name   string `json:"name"`
	Steps  []Step `json:"steps"`
	Repeat int    `json:"repeat,omitempty"`
	// AckTimeout is how long an acknowledgement stands before the page comes again;
	// zero: for good. It is asked MaxRepages times.
	AckTimeout time.Duration `json:"ack_timeout,omitempty"`
	// Floor is who is told when the steps have nobody left; empty: World.Floor says.
	Floor []Target `json:"floor,omitempty"`
}

// Bounds of the times of a page.
const (
	DefaultWait = 5 * time.Minute  // of a step that names none, and of a hand-over
	MinWait     = 10 * time.Second // the shortest wait of a step, and between repeated contacts
	// MaxFloorWait is the longest wait of the floor, NobodyWait its wait when it
	// stands for nobody either.
	MaxFloorWait = time.Hour
	NobodyWait   = time.Minute
	// MinSnooze and MaxSnooze bound how long a page may be snoozed, MaxHold how long quiet
	// hours hold one back.
	MinSnooze = time.Minute
	MaxSnooze = 7 * 24 * time.Hour
	MaxHold   = 12 * time.Hour
)

// MaxRepages is how often a page comes again because its acknowledgement was not
// followed by an end: the acknowledgement after the last of them stands for good, so
// that nothing pages for ever about what nobody closes.
const MaxRepages = 3

// First are those whom the first step tells that applies and stands for anybody.
func (p Policy) First(f Facts, now time.Time, w World) []Recipient {
	_, to := p.first(f, now, w)
	return to
}

func (p Policy) first(f Facts, now time.Time, w World) (step int, to []Recipient) {
	for n, s := range p.Steps {
		if s.When.unless(f, now, w.Zones) == "" {
			if to := w.recipients(s.Notify); len(to) > 0 {
				return n, to
			}
		}
	}
	return -1, nil
}

// Telling is the policy with a target more in the step that First is about; where that is
// none, in one before all.
func (p Policy) Telling(also Target, f Facts, now time.Time, w World) Policy {
	p.Steps = slices.Clone(p.Steps)
	n, _ := p.first(f, now, w)
	if n < 0 {
		p.Steps = slices.Insert(p.Steps, 0, Step{Notify: []Target{also}, Wait: DefaultWait})
		return p
	}
	if s := &p.Steps[n]; !slices.Contains(s.Notify, also) {
		s.Notify = append([]Target{also}, s.Notify...)
	}
	return p
}

// MostPages is how many unanswered pages about alerts, of one policy, a person or place
// is sent at most. What comes then is counted on the newest of them.
const MostPages = 5

// Rehearse says what a page would do without an answer from when it is begun at a time
// until its floor is told: its events, each at its own time. World is what it would find
// at each.
func Rehearse(b Begin, at time.Time, world func(time.Time) World) ([]Event, error) {
	b.World = world(at)
	events, err := Decide(Page{}, b, at)
	if err != nil {
		return nil, err
	}
	var p Page
	for done := 0; ; {
		for ; done < len(events); done++ {
			p = Apply(p, events[done])
		}
		if p.AtFloor() {
			return events, nil
		}
		more, err := Decide(p, Tick{Turn: p.Turn, World: world(p.Next)}, p.Next)
		if err != nil {
			return nil, err
		}
		events = append(events, more...)
	}
}

// Direct is the policy of a page that a person asked for: the targets, and then the
// floor.
func Direct(targets ...Target) Policy {
	return Policy{Name: "direct", Steps: []Step{{Notify: targets, Wait: DefaultWait}}}
}

// floorWait is how long the floor waits: as long as the last step, within bounds.
func (p Policy) floorWait() time.Duration {
	if len(p.Steps) == 0 {
		return DefaultWait
	}
	return min(p.Steps[len(p.Steps)-1].wait(), MaxFloorWait)
}
