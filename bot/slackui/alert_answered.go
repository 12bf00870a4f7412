package slackui

import (
	"fmt"
	"slices"
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// answers are who was told of the alert and who answered, and what keeps it from
// telling anybody.
func (s Scene) answers(a Alert) []string {
	return []string{s.hushed(a), s.answered(a), s.noise(a), s.declared(a)}
}

func (s Scene) hushed(a Alert) string {
	if !a.Silenced(s.Now) {
		return ""
	}
	out := "*Silenced* until " + when(a.Hush.Until)
	switch {
	case a.Hush.Window != "":
		out += " by the maintenance " + line(a.Hush.Window, maxName)
	case a.Silence.By != "":
		out += " by " + s.plain(a.Silence.By) + " (" + line(a.Hush.Silence, 20) + ")"
	default:
		out += " (" + line(a.Hush.Silence, 20) + ")"
	}
	if a.Silence.Why != "" {
		out += ": " + line(a.Silence.Why, maxGlimpse)
	}
	if a.Suppressed > 0 {
		out += fmt.Sprintf("\nHeard %s since", times(a.Suppressed))
	}
	return out
}

// answered says who has it, or how the paging stands.
func (s Scene) answered(a Alert) string {
	p := a.Paging
	if p.ID != "" && !a.Folded {
		if told := s.passedOn(p); told != "" {
			return told
		}
	}
	switch {
	case a.Acknowledged != nil:
		return s.acknowledged(a)
	case a.Silenced(s.Now), a.Noise != nil, a.InIncident():
		return ""
	case p.ID != "" && a.Folded:
		return "*Paged:* nobody again; it is counted on " + line(p.ID, 20) + " for " + line(p.Subject, 20) + s.waiting(p)
	case p.ID != "":
		return s.paged(p)
	case a.Unpaged != "":
		return "*Nobody was paged:* " + line(a.Unpaged, maxReason)
	case a.Waits.After(s.Now) && !a.Left.IsZero():
		return "*Pages* at " + clockTime(a.Waits) + " if it still fires, or as soon as more of it does: " + line(a.Incident, 20) + " is over"
	case a.Waits.After(s.Now):
		return "*Pages* at " + clockTime(a.Waits) + " if it still fires: somebody has answered it a moment ago"
	case a.Declare > 0:
		return "*An incident* is being opened for it"
	case !a.Pages:
		return "*Pages nobody*, as " + whyQuiet(a.Severity)
	}
	return "*Paging* begins"
}

// whyQuiet says why an alert of a severity pages nobody. Those that page do so unless
// their route says otherwise.
func whyQuiet(s alert.Severity) string {
	switch s {
	case alert.SeverityWarning:
		return "it is a warning"
	case alert.SeverityInfo:
		return "it is for information"
	}
	return "its route says"
}

// passedOn says who has a page, where that is not whoever acknowledged it first.
func (s Scene) passedOn(p paging.Page) string {
	id := line(p.ID, 20)
	switch {
	case p.Status == paging.Acknowledged && p.Snoozed:
		return "*Snoozed* by " + s.plain(p.Owner) + " until " + around(s.Now, p.Until) + " (" + id + ")"
	case p.Status == paging.Acknowledged && p.HandedBy != "":
		return "*Acknowledged* by " + s.plain(p.Owner) + ", handed over by " + s.plain(p.HandedBy) + " (" + id + ")"
	case p.Status != paging.Open, !p.Held.IsZero() && p.Reason != paging.ByHandOver: // it asks nobody yet
		return ""
	case p.Reason == paging.ByHandOver:
		return "*Handed over* to " + s.plain(p.Owner) + " by " + s.plain(p.HandedBy) + s.waiting(p) + " (" + id + ")"
	case p.Reason == paging.ByTimeout:
		return "*Paged again:* " + id + " to " + s.plains(toldNow(p)) + s.waiting(p) + "; nothing followed after " + s.plain(p.Owner) + " acknowledged it"
	case p.Reason == paging.ByWorse:
		return "*Paged again:* " + id + " to " + s.plains(toldNow(p)) + s.waiting(p) + "; it has become worse since " + s.plain(p.Owner) + " answered"
	case p.Reason == paging.BySnooze:
		return "*Paged again:* " + id + " to " + s.plains(toldNow(p)) + s.waiting(p) + "; the snooze of " + s.plain(p.Owner) + " is over"
	}
	return ""
}

// paged says whom a page asks, or whom it is going to: quiet hours hold back what only
// warns.
func (s Scene) paged(p paging.Page) string {
	id, told := line(p.ID, 20), toldNow(p)
	if len(told) > 0 || p.Status != paging.Open {
		return "*Paged:* " + id + " to " + s.plains(told) + s.waiting(p)
	}
	var at time.Time
	for _, q := range p.Pending {
		switch {
		case q.Turn != p.Turn || !at.IsZero() && q.At.After(at):
			continue
		case q.At.Before(at):
			told = nil
		}
		at = q.At
		if who := q.To.String(); !slices.Contains(told, who) {
			told = append(told, who)
		}
	}
	if len(told) == 0 {
		return "*Paged:* " + id + ", which reaches *nobody*"
	}
	why := ""
	if !p.Held.IsZero() {
		why = ", and nobody before: these are quiet hours"
	}
	return "*Pages* " + s.plains(told) + " at " + around(s.Now, at) + why + " (" + id + ")"
}

// toldNow are those whom a page asks at present.
func toldNow(p paging.Page) []string {
	var out []string
	for _, n := range p.Current() {
		if who := n.To.String(); !slices.Contains(out, who) {
			out = append(out, who)
		}
	}
	return out
}

// waiting says how a page stands.
func (s Scene) waiting(p paging.Page) string {
	switch {
	case p.Status == paging.Acknowledged:
		return ", acknowledged by " + s.plain(p.AnsweredBy)
	case p.Status == paging.Ended:
		return ", ended"
	case !p.Held.IsZero():
		return ", told at " + around(s.Now, p.Held) + " when quiet hours are over"
	case p.Spent:
		return ", *no answer from anybody so far*"
	case p.Reason == paging.ByFloor:
		return ", *nobody of the policy answered*"
	case p.Turn > 1 && p.Reason == "":
		return fmt.Sprintf(", step %d of %d, no answer yet", p.Step+1, len(p.Policy.Steps))
	}
	return ", no answer yet"
}

func (s Scene) acknowledged(a Alert) string {
	said := a.Acknowledged
	if said.By == "" {
		return "*Acknowledged* in " + line(said.Via, maxName) + ", " + around(a.Opened, said.At)
	}
	out := "*Acknowledged* by " + s.plain(said.By) + ", " + around(a.Opened, said.At)
	if len(a.Also) > 0 {
		out += ", then by " + s.plains(a.Also)
	}
	return out
}

func (s Scene) noise(a Alert) string {
	if a.Noise == nil {
		return ""
	}
	out := "*Not actionable*, says " + s.plain(a.Noise.By) + ", " + around(a.Opened, a.Noise.At)
	if a.Noise.Why != "" {
		out += ": " + line(a.Noise.Why, maxGlimpse)
	}
	return out
}

// declared is the incident that the alert belongs to, and where it is worked on.
func (s Scene) declared(a Alert) string {
	if a.Incident == "" {
		return ""
	}
	out := "*Incident:* " + line(a.Incident, 20)
	i := a.Declared
	if i.ID == "" {
		return out
	}
	if a.State == alert.StateOpen { // else what is said would grow old
		out += ", " + i.Severity.String() + ", " + statusWord(i)
	}
	switch at := room(i.Room.Channel); {
	case i.Room.State == incident.RoomOpen && at != "":
		out += ", in " + at
	case i.Room.State == incident.RoomPending:
		out += "; its channel is being opened"
	}
	if i.Lead != "" && i.Active() && a.State == alert.StateOpen {
		out += ", led by " + s.plainLead(i)
	}
	return out
}
