package incident

import "time"

// Intervals are the spans of an incident that its own events can tell. A span
// that is unknown, or would be negative, is nil: nothing is clamped or guessed.
// When users were affected is known to people only and is not among them.
type Intervals struct {
	// ToAcknowledge runs from the first page to the first acknowledgement by a
	// person.
	ToAcknowledge *time.Duration
	// ToCommand runs from the declaration until somebody said that they lead.
	ToCommand *time.Duration
	// ToResolve runs from the declaration to the last resolution.
	ToResolve *time.Duration
	// Open is the time the incident was open in all, without the spans between a
	// resolution and a reopening.
	Open *time.Duration
}

// Measure computes the intervals from the events.
func Measure(events []Event) Intervals {
	var declared, paged, acked, led, resolved, from time.Time
	var open time.Duration
	backwards := false
	stop := func(at time.Time) {
		if !from.IsZero() {
			open += at.Sub(from)
			backwards = backwards || at.Before(from)
			from = time.Time{}
		}
	}
	for _, e := range events {
		switch e.Kind {
		case Declared:
			declared, from = e.At, e.At
		case Paged:
			first(&paged, e.At)
		case PageAcknowledged:
			if e.Person != "" {
				first(&acked, e.At)
			}
		case LeadSet:
			if e.Answered {
				first(&led, e.At)
			}
		case WasResolved:
			resolved = e.At
			stop(e.At)
		case WasClosed:
			if resolved.IsZero() {
				resolved = e.At
			}
			stop(e.At)
		case WasReopened:
			resolved, from = time.Time{}, e.At
		}
	}
	m := Intervals{ToAcknowledge: span(paged, acked), ToCommand: span(declared, led), ToResolve: span(declared, resolved)}
	if !declared.IsZero() && from.IsZero() && !backwards {
		m.Open = &open
	}
	return m
}

func first(t *time.Time, at time.Time) {
	if t.IsZero() {
		*t = at
	}
}

func span(from, to time.Time) *time.Duration {
	if from.IsZero() || to.IsZero() || to.Before(from) {
		return nil
	}
	d := to.Sub(from)
	return &d
}
