package oncall

import (
	"slices"
	"time"
)

// How long what is over stays in the record, and how often it is folded away.
const (
	keepHistory  = 366 * 24 * time.Hour
	keepRequests = 30 * 24 * time.Hour
	foldEvery    = 30 * 24 * time.Hour

	maxVersions  = 90 // with more, all but the last are folded whatever their age
	keepVersions = 60
)

// NextDue is when a [Tick] will have something to do: a request that nobody took
// expires, or history is folded. It is false when there is nothing to wait for.
func NextDue(r Record) (time.Time, bool) {
	due := never
	for i := range r.Requests {
		if q := &r.Requests[i]; q.Status == RequestOpen {
			due = min(due, instantOf(q.expires()))
		}
	}
	if len(r.Versions) > maxVersions {
		due = min(due, effective(*r.current()))
	}
	if oldest := r.foldable(NewZones(nil)); len(oldest) > 0 {
		due = min(due, max(slices.Min(oldest), r.nextFold()))
	}
	return due.time(), due < never
}

// nextFold keeps folds a month apart.
func (r *Record) nextFold() instant {
	if r.FoldedAt == nil {
		return always
	}
	return instantOf(r.FoldedAt.Add(foldEvery))
}

const keepInstants = instant(keepHistory / time.Microsecond)

// foldable lists when each part of the record that will end can be folded.
func (r *Record) foldable(zones *Zones) []instant {
	out := slices.Concat(forgetAt(r.Overrides, zones), forgetAt(r.Shadows, zones), forgetAt(r.TimeOff, zones))
	for i := 1; i < len(r.Versions); i++ {
		out = append(out, effective(r.Versions[i])+keepInstants)
	}
	for i := range r.Requests {
		if at, ok := r.Requests[i].forgotten(); ok {
			out = append(out, instantOf(at))
		}
	}
	return out
}

// forgetAt lists when each of those that end can be folded.
func forgetAt[T any, P stored[T]](list []T, zones *Zones) []instant {
	var out []instant
	for i := range list {
		if _, to := P(&list[i]).span(zones); to < never {
			out = append(out, to+keepInstants)
		}
	}
	return out
}

// expires is when nobody can take a request any more: at the start of what was asked
// for, when the original person stands, or at its end if it was asked for later.
func (q *Request) expires() time.Time {
	start := q.From
	if !q.From.After(q.At) {
		start = q.To
	}
	if q.OtherTo != nil && q.OtherTo.Before(start) {
		start = *q.OtherTo
	}
	return start
}

// forgotten is when a closed request leaves the record.
func (q *Request) forgotten() (time.Time, bool) {
	if q.ClosedAt == nil {
		return time.Time{}, false
	}
	at := *q.ClosedAt
	if q.To.After(at) {
		at = q.To
	}
	if q.OtherTo != nil && q.OtherTo.After(at) {
		at = *q.OtherTo
	}
	return at.Add(keepRequests), true
}

// tick expires requests and folds history.
func (d *decision) tick() {
	for _, q := range d.record.Requests {
		if q.Status == RequestOpen && !q.expires().After(d.now) {
			d.close(q, RequestExpired, "")
		}
	}
	if instantOf(d.now) >= d.record.nextFold() || len(d.record.Versions) > maxVersions {
		d.fold()
	}
}

func (d *decision) fold() {
	f := Folded{Until: d.now.Add(-keepHistory)}
	until := instantOf(f.Until)
	tooMany := len(d.record.Versions) > maxVersions
	for i := 0; i+1 < len(d.record.Versions); i++ {
		next := &d.record.Versions[i+1]
		if effective(*next) > until {
			if !tooMany || i >= len(d.record.Versions)-keepVersions {
				break
			}
			f.Until = *next.EffectiveAt
		}
		f.Versions = append(f.Versions, d.record.Versions[i])
	}
	f.Overrides, f.Shadows, f.TimeOff = over(d.record.Overrides, until, d.zones), over(d.record.Shadows, until, d.zones), over(d.record.TimeOff, until, d.zones)
	var forgotten []string
	for _, q := range d.record.Requests {
		if at, ok := q.forgotten(); ok && !at.After(d.now) {
			forgotten = append(forgotten, q.ID)
		}
	}
	if len(f.Versions)+len(f.Overrides)+len(f.Shadows)+len(f.TimeOff)+len(forgotten) > 0 {
		d.emit(Event{Kind: HistoryFolded, Folded: &f, Forgotten: forgotten})
	}
}
