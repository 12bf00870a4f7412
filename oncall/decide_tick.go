package oncall

import "time"

// How long what is over stays in the record.
const (
	keepHistory  = 366 * 24 * time.Hour
	keepRequests = 30 * 24 * time.Hour
	foldEvery    = 30 * 24 * time.Hour // and the least that is folded at once is a month
)

// NextDue is when a [Tick] is wanted next: the start of the first open request, or a
// month after the last fold when there is something to fold.
func NextDue(r Record, now time.Time) (time.Time, bool) {
	var due time.Time
	earlier := func(t time.Time) {
		if due.IsZero() || t.Before(due) {
			due = t
		}
	}
	for _, q := range r.Requests {
		if q.Status == RequestOpen {
			earlier(q.To)
			if q.Kind == CoverRequest && q.From.After(q.At) {
				earlier(q.From)
			}
		}
	}
	if len(r.Overrides)+len(r.Versions) > 1 || len(r.Requests) > 0 {
		if r.FoldedUntil == nil {
			earlier(now.Add(foldEvery))
		} else {
			earlier(r.FoldedUntil.Add(keepHistory + foldEvery))
		}
	}
	return due, !due.IsZero()
}

// tick expires requests and folds history.
func (d *decision) tick() *Error {
	for _, q := range d.record.Requests {
		if q.Status == RequestOpen && d.expired(&q) {
			d.close(q, RequestExpired, "")
		}
	}
	d.fold()
	return nil
}

// expired reports whether nobody can take a request any more: at the start of what
// was asked for the original person stands, unless it was asked for after that.
func (d *decision) expired(q *Request) bool {
	start := q.From
	if !q.From.After(q.At) {
		start = q.To
	}
	if q.OtherTo != nil && q.OtherTo.Before(start) {
		start = *q.OtherTo
	}
	return !start.After(d.now)
}

func (d *decision) fold() {
	if u := d.record.FoldedUntil; u != nil && d.now.Sub(*u) < keepHistory+foldEvery {
		return
	}
	f := Folded{Until: d.now.Add(-keepHistory)}
	until := instantOf(f.Until)
	for i := 0; i+1 < len(d.record.Versions) && effective(d.record.Versions[i+1]) <= until; i++ {
		f.Versions = append(f.Versions, d.record.Versions[i])
	}
	for _, o := range d.record.Overrides {
		if _, to := o.span(d.zones); to <= until {
			f.Overrides = append(f.Overrides, o)
		}
	}
	for _, s := range d.record.Shadows {
		if _, to := s.span(d.zones); to <= until {
			f.Shadows = append(f.Shadows, s)
		}
	}
	for _, o := range d.record.TimeOff {
		if _, to := o.span(d.zones); to <= until {
			f.TimeOff = append(f.TimeOff, o)
		}
	}
	var forgotten []string
	for _, q := range d.record.Requests {
		if q.ClosedAt != nil && d.now.Sub(*q.ClosedAt) > keepRequests && !q.To.After(d.now) {
			forgotten = append(forgotten, q.ID)
		}
	}
	if len(f.Versions)+len(f.Overrides)+len(f.Shadows)+len(f.TimeOff)+len(forgotten) > 0 {
		d.emit(Event{Kind: HistoryFolded, Folded: &f, Forgotten: forgotten})
	}
}
