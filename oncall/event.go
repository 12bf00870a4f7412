package oncall

import (
	"slices"
	"time"
)

// The kinds of event.
const (
	VersionApplied  = "version_applied"
	ScheduleRemoved = "schedule_removed"
	OverridesAdded  = "overrides_added"
	OverridesEnded  = "overrides_ended"
	ShadowSet       = "shadow_set"
	ShadowEnded     = "shadow_ended"
	TimeOffAdded    = "time_off_added"
	TimeOffEnded    = "time_off_ended"
	Joined          = "joined"
	JoinSettled     = "join_settled"
	CoverRequested  = "cover_requested"
	SwapProposed    = "swap_proposed"
	RequestClosed   = "request_closed"
	HistoryFolded   = "history_folded"
)

// Event is what happened to a schedule. Kind says which of the optional fields it
// has. An event of an unknown kind changes nothing but Seq.
type Event struct {
	Kind      string           `json:"kind"`
	At        time.Time        `json:"at"`
	By        string           `json:"by,omitempty"`
	Name      string           `json:"name,omitempty"` // of the schedule, in the first version
	Version   *Version         `json:"version,omitempty"`
	Overrides []StoredOverride `json:"overrides,omitempty"`
	Shadow    *StoredShadow    `json:"shadow,omitempty"`
	TimeOff   *StoredTimeOff   `json:"time_off,omitempty"`
	Join      *Join            `json:"join,omitempty"`
	Request   *Request         `json:"request,omitempty"` // as it is after the event
	Ended     []string         `json:"ended,omitempty"`   // ids
	EndedBy   string           `json:"ended_by,omitempty"`
	Folded    *Folded          `json:"folded,omitempty"`
	Forgotten []string         `json:"forgotten,omitempty"` // ids of closed requests that leave the record
	LastID    int64            `json:"last_id,omitempty"`   // the last number given, when the event gave any
}

// Apply returns the record after an event. It only copies what the event says; the
// record it was given is unchanged.
func Apply(r Record, e Event) Record {
	r.Seq++
	r.LastID = max(r.LastID, e.LastID)
	switch e.Kind {
	case VersionApplied:
		r.Name, r.Removed = e.Name, nil
		r.Versions = append(slices.Clone(r.Versions), *e.Version)
	case ScheduleRemoved:
		r.Removed = &e.At
		r.Versions = append(slices.Clone(r.Versions), *e.Version)
	case OverridesAdded:
		r.Overrides = append(slices.Clone(r.Overrides), e.Overrides...)
	case OverridesEnded:
		r.Overrides = takenBack(r.Overrides, &e)
	case ShadowSet:
		r.Shadows = append(slices.Clone(r.Shadows), *e.Shadow)
	case ShadowEnded:
		r.Shadows = takenBack(r.Shadows, &e)
	case TimeOffAdded:
		r.TimeOff = append(slices.Clone(r.TimeOff), *e.TimeOff)
	case TimeOffEnded:
		r.TimeOff = takenBack(r.TimeOff, &e)
	case Joined:
		r.Joins = append(slices.Clone(r.Joins), *e.Join)
	case JoinSettled:
		r.Joins = slices.DeleteFunc(slices.Clone(r.Joins), func(j Join) bool { return j.Layer == e.Join.Layer && j.Person == e.Join.Person })
	case CoverRequested, SwapProposed:
		r.Requests = append(slices.Clone(r.Requests), *e.Request)
	case RequestClosed:
		r.Requests = slices.Clone(r.Requests)
		for i := range r.Requests {
			if r.Requests[i].ID == e.Request.ID {
				r.Requests[i] = *e.Request
			}
		}
	case HistoryFolded:
		r = r.without(&e)
	}
	return r
}

func (r Record) without(e *Event) Record {
	f := e.Folded
	if len(f.Versions) > 0 {
		r.Versions = slices.Clone(r.Versions[len(f.Versions):])
	}
	r.Overrides, r.Shadows, r.TimeOff = leave(r.Overrides, f.Overrides), leave(r.Shadows, f.Shadows), leave(r.TimeOff, f.TimeOff)
	r.Requests = slices.DeleteFunc(slices.Clone(r.Requests), func(q Request) bool { return slices.Contains(e.Forgotten, q.ID) })
	r.FoldedUntil, r.FoldedAt = &f.Until, &e.At
	return r
}
