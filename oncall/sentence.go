package oncall

import (
	"fmt"
	"strings"
	"time"
)

// Sentence says in words what an event did, without who did it and when. It is empty
// for events that people need not see, and for kinds it does not know. What is asked for
// has its times on the clocks of a zone.
func (e Event) Sentence(zone *time.Location) string {
	switch e.Kind {
	case VersionApplied:
		if e.Version.EffectiveAt == nil {
			return fmt.Sprintf("schedule %s begins", e.Name)
		}
		return fmt.Sprintf("schedule %s changes", e.Name)
	case ScheduleRemoved:
		return "the schedule is removed: nobody is on call from now on"
	case OverridesAdded:
		parts, zones := make([]string, len(e.Overrides)), NewZones(nil)
		for i := range e.Overrides {
			parts[i] = e.Overrides[i].why("", zones)
		}
		return shorten(parts)
	case OverridesEnded:
		return "taken back: override " + joinAnd(e.Ended)
	case ShadowSet:
		if s := e.Shadow; s.Kind == ReverseShadowKind {
			return fmt.Sprintf("%s leads in the place of %s, who stands behind", s.Person, s.With)
		}
		return fmt.Sprintf("%s shadows %s", e.Shadow.Person, e.Shadow.With)
	case ShadowEnded:
		return "ended: shadow " + joinAnd(e.Ended)
	case TimeOffAdded:
		return fmt.Sprintf("%s is away from %s to %s", e.TimeOff.Person, e.TimeOff.From, e.TimeOff.To)
	case TimeOffEnded:
		return "taken back: time off " + joinAnd(e.Ended)
	case Joined:
		return fmt.Sprintf("%s joins layer %s after %s", e.Join.Person, e.Join.Layer, e.Join.After)
	case CoverRequested, SwapProposed:
		return e.Request.ID + ": " + e.Request.Describe(zone)
	case RequestClosed:
		if e.Request.TakenBy != "" && e.Request.Status == RequestTaken {
			return fmt.Sprintf("%s is taken by %s", e.Request.ID, e.Request.TakenBy)
		}
		return fmt.Sprintf("%s is %s", e.Request.ID, e.Request.Status)
	}
	return ""
}

func shorten(parts []string) string {
	if len(parts) > 5 {
		parts = append(parts[:5:5], fmt.Sprintf("and %d more", len(parts)-5))
	}
	return strings.Join(parts, "; ")
}
