package postmortem

import (
	"time"

	"github.com/watchbill/watchbill/incident"
)

// The names of the intervals. Each says from what to what: tools disagree about
// what a mean time "to resolve" begins with.
const (
	pagedToAcknowledged = "paged_to_acknowledged"
	declaredToCommander = "declared_to_commander"
	declaredToResolved  = "declared_to_resolved"
	openInAll           = "open"
	impactToDetected    = "impact_to_detected"
	impactToMitigated   = "impact_to_mitigated"
)

// ends are the events between which the intervals lie.
type ends struct {
	declared, paged, acked, led, over incident.Event
	reopened                          bool
}

// endsOf finds the events that incident.Measure measures between.
func endsOf(events []incident.Event) ends {
	var s ends
	first := func(at *incident.Event, e incident.Event) {
		if at.Kind == "" {
			*at = e
		}
	}
	for _, e := range events {
		switch {
		case e.Kind == incident.Declared:
			s.declared = e
		case e.Kind == incident.Paged:
			first(&s.paged, e)
		case e.Kind == incident.PageAcknowledged && e.Person != "":
			first(&s.acked, e)
		case e.Kind == incident.LeadSet && e.Answered:
			first(&s.led, e)
		case e.Kind == incident.WasResolved, e.Kind == incident.WasClosed && s.over.Kind == "":
			s.over = e
		case e.Kind == incident.WasReopened:
			s.over = incident.Event{}
			s.reopened = true
		}
	}
	return s
}

// measure names the intervals and the events they lie between. The lengths are
// those of incident.Measure.
func measure(events []incident.Event) []Interval {
	m, s := incident.Measure(events), endsOf(events)
	impact := "when users were affected is not in the record"
	list := []Interval{
		between(pagedToAcknowledged, m.ToAcknowledge, s.paged, s.acked, "no page was sent", "nobody acknowledged a page"),
		between(declaredToCommander, m.ToCommand, s.declared, s.led, "no declaration in the record", "nobody said that they lead"),
		between(declaredToResolved, m.ToResolve, s.declared, s.over, "no declaration in the record", "not resolved"),
	}
	if s.reopened {
		list = append(list, between(openInAll, m.Open, s.declared, s.over, "no declaration in the record", "not resolved"))
	}
	return append(list, Interval{Name: impactToDetected, Why: impact}, Interval{Name: impactToMitigated, Why: impact})
}

func between(name string, d *time.Duration, from, to incident.Event, noFrom, noTo string) Interval {
	i := Interval{Name: name, From: from.Seq, To: to.Seq}
	switch {
	case d != nil:
		s := d.Seconds()
		i.Seconds = &s
	case from.Kind == "":
		i.Why = noFrom
	case to.Kind == "":
		i.Why = noTo
	default:
		i.Why = "an end lies before its beginning: a clock was wrong"
	}
	return i
}

// peak is the worst severity the incident ever had.
func peak(f Facts) incident.Severity {
	worst := f.Incident.Severity
	for _, e := range f.Events {
		if (e.Kind == incident.Declared || e.Kind == incident.SeveritySet) && e.Severity > 0 && (worst == 0 || e.Severity < worst) {
			worst = e.Severity
		}
	}
	return worst
}

func declaration(events []incident.Event) (incident.Event, bool) {
	for _, e := range events {
		if e.Kind == incident.Declared {
			return e, true
		}
	}
	return incident.Event{}, false
}

// count says how many events are of the kind.
func count(events []incident.Event, k incident.Kind) int {
	n := 0
	for _, e := range events {
		if e.Kind == k {
			n++
		}
	}
	return n
}

func countPages(f Facts) PageCount {
	c := PageCount{Opened: len(f.Pages)}
	for _, p := range f.Pages {
		c.Notices += p.Sent
		if p.AnsweredBy != "" {
			c.Acknowledged++
		}
	}
	return c
}

// toAnswer is the time from a page's first notice to its acknowledgement; false:
// unknown, or it would be negative.
func toAnswer(p PageFacts) (time.Duration, bool) {
	if p.FirstNotice.IsZero() || p.Answered.IsZero() || p.Answered.Before(p.FirstNotice) {
		return 0, false
	}
	return p.Answered.Sub(p.FirstNotice), true
}

// flags name what a reader must know before trusting the figures.
func flags(f Facts, d Draft) []string {
	out := []string{"impact_not_recorded"}
	add := func(is bool, name string) {
		if is {
			out = append(out, name)
		}
	}
	var backfilled, withdrawn bool
	for _, l := range incident.Timeline(f.Events, incident.PlainNames) {
		backfilled = backfilled || backfill(l)
		withdrawn = withdrawn || l.Withdrawn
	}
	unanswered := false
	for _, p := range f.Pages {
		unanswered = unanswered || p.AnsweredBy == ""
	}
	add(f.Incident.Status != incident.Closed, "not_closed")
	add(f.Incident.Reopened > 0, "reopened")
	add(d.Pages.Opened == 0, "nobody_paged")
	add(unanswered, "page_unanswered")
	add(backfilled, "backfilled_entries")
	add(withdrawn, "withdrawn_entries")
	add(count(f.Events, incident.RoomLost) > 0, "channel_lost")
	add(count(f.Events, incident.DeliveryFailed) > 0, "delivery_failed")
	for _, i := range d.Intervals {
		if i.Why != "" && i.From != 0 && i.To != 0 {
			out = append(out, "clock_went_back")
			break
		}
	}
	return out
}

// backfill says whether a line was written down later than it happened. A pinned
// message was written when it was sent, whenever somebody pinned it.
func backfill(l incident.Line) bool { return l.Late() && l.Kind != incident.PinEntered }
