package paging

import (
	"fmt"
	"strings"
	"time"
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
}

// wait is Wait, or the default for a step that names none: a page must never be
// due the moment it was told.
func (s Step) wait() time.Duration {
	if s.Wait <= 0 {
		return DefaultWait
	}
	return s.Wait
}

// Policy is an escalation policy: its steps run in order, Repeat times more, and
// then the last step goes on being paged.
type Policy struct {
	Name   string `json:"name"`
	Steps  []Step `json:"steps"`
	Repeat int    `json:"repeat,omitempty"`
}

// DefaultWait is the wait of a step that names none, MinWait the shortest.
const (
	DefaultWait = 5 * time.Minute
	MinWait     = 10 * time.Second
)

// Direct is the policy of a page that a person asked for: the targets, again and
// again.
func Direct(targets ...Target) Policy {
	return Policy{Name: "direct", Steps: []Step{{Notify: targets, Wait: DefaultWait}}}
}
