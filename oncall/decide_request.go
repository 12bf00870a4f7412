package oncall

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const maxOpenRequests = 200

// stands lists the stretches of a range in which a person covers the watch.
func (d *decision) stands(person string, from, to time.Time) ([]Shift, *Error) {
	p, err := d.plan()
	if err != nil {
		return nil, err
	}
	if from.Before(d.now) {
		from = d.now
	}
	if to.Sub(from) > 2*366*24*time.Hour {
		return nil, errorf(CodeInvalid, "That is longer than two years. Ask for a shorter time.")
	}
	var out []Shift
	for _, s := range p.Shifts(from, to) {
		if s.Person != person || !s.Covers() {
			continue
		}
		if n := len(out); n > 0 && out[n-1].End.Equal(s.Start) {
			out[n-1].End = s.End
		} else {
			out = append(out, s)
		}
	}
	return out, nil
}

// offer checks that a range is in order and that the person stands in it.
func (d *decision) offer(person string, from, to time.Time) *Error {
	if !from.Before(to) {
		return errorf(CodeInvalid, "The end is not after the start. Swap them.")
	}
	if !to.After(d.now) {
		return errorf(CodeInvalid, "That time is over since %s. Give an end in the future.", d.when(to))
	}
	shifts, err := d.stands(person, from, to)
	if err != nil {
		return err
	}
	if len(shifts) == 0 {
		return errorf(CodeInvalid, "%s has no shift in schedule %q between %s and %s.", person, d.record.Name, d.when(from), d.when(to))
	}
	return nil
}

// open refuses a second open request for the same person and time.
func (d *decision) open(person string, from, to time.Time) *Error {
	n := 0
	for _, q := range d.record.Requests {
		if q.Status != RequestOpen {
			continue
		}
		n++
		if q.Person == person && q.From.Before(to) && from.Before(q.To) {
			return errorf(CodeConflict, "%s already asked for that time: %s. Withdraw it first.", person, q.ID)
		}
	}
	if n >= maxOpenRequests {
		return errorf(CodeConflict, "Schedule %q already has %d open requests.", d.record.Name, n)
	}
	return nil
}

func (d *decision) requestCover(c RequestCover) *Error {
	person := c.Person
	if person == "" {
		person = c.By.Name
	}
	if err := d.own(c.By, person, "ask for cover of these shifts"); err != nil {
		return err
	}
	if err := d.offer(person, c.From, c.To); err != nil {
		return err
	}
	if err := d.open(person, c.From, c.To); err != nil {
		return err
	}
	q := Request{ID: d.id("R"), Kind: CoverRequest, Status: RequestOpen, Person: person, From: c.From.UTC(), To: c.To.UTC(), Note: truncate(c.Note, 500), At: d.now}
	d.emit(Event{Kind: CoverRequested, By: c.By.Name, Request: &q})
	return nil
}

// request finds an open request of a kind; any kind when kind is empty.
func (d *decision) request(id, kind string) (Request, *Error) {
	i := slices.IndexFunc(d.record.Requests, func(q Request) bool {
		return strings.EqualFold(q.ID, id) && (kind == "" || q.Kind == kind)
	})
	if i < 0 {
		return Request{}, errorf(CodeNotFound, "There is no request %s in schedule %q.", truncate(id, 20), d.record.Name)
	}
	return d.record.Requests[i], nil
}

func (d *decision) mustBeOpen(q *Request) *Error {
	switch {
	case q.Status == RequestTaken:
		return errorf(CodeConflict, "%s is already taken by %s.", q.ID, q.TakenBy)
	case q.Status == RequestOpen && q.To.After(d.now):
		return nil
	case q.Status == RequestOpen:
		return errorf(CodeConflict, "%s is over since %s.", q.ID, d.when(q.To))
	}
	return errorf(CodeConflict, "%s was %s. Ask for a new one.", q.ID, q.Status)
}

func (d *decision) close(q Request, status, by string) {
	at := d.now
	q.Status, q.ClosedAt = status, &at
	d.emit(Event{Kind: RequestClosed, By: by, Request: &q})
}

func (d *decision) acceptCover(c AcceptCover) *Error {
	q, err := d.request(c.ID, CoverRequest)
	if err != nil {
		return err
	}
	if err := d.mustBeOpen(&q); err != nil {
		return err
	}
	if c.Person == "" {
		c.Person = c.By.Name
	}
	if c.Person == q.Person {
		return errorf(CodeForbidden, "This is your own request. Withdraw it if you can stand after all.")
	}
	if c.Person == "" {
		return errorf(CodeInvalid, "Nobody is named who takes %s.", q.ID)
	}
	q.TakenBy = c.Person
	q.Overrides = d.add(c.By.Name, Override{From: rfc(q.From), To: rfc(q.To), Person: c.Person, Replaces: q.Person, Note: "covers " + q.ID})
	d.close(q, RequestTaken, c.By.Name)
	return nil
}

func (d *decision) withdraw(c WithdrawRequest) *Error {
	q, err := d.request(c.ID, "")
	if err != nil {
		return err
	}
	if err := d.own(c.By, q.Person, "withdraw this request"); err != nil {
		return err
	}
	switch q.Status {
	case RequestOpen:
	case RequestTaken:
		var left []string
		for _, o := range d.record.Overrides {
			if _, to := o.span(d.zones); slices.Contains(q.Overrides, o.ID) && o.Ended == nil && to > instantOf(d.now) {
				left = append(left, o.ID)
			}
		}
		if len(left) == 0 {
			return errorf(CodeConflict, "%s is over; there is nothing left to undo.", q.ID)
		}
		d.end(OverridesEnded, left, c.By.Name, FromChat)
	default:
		return errorf(CodeConflict, "%s was %s already.", q.ID, q.Status)
	}
	d.close(q, RequestWithdrawn, c.By.Name)
	return nil
}

func (d *decision) proposeSwap(c ProposeSwap) *Error {
	person := c.Person
	if person == "" {
		person = c.By.Name
	}
	if err := d.own(c.By, person, "offer these shifts"); err != nil {
		return err
	}
	if c.Other == "" || c.Other == person {
		return errorf(CodeInvalid, "A swap needs another person. Name who should take these shifts.")
	}
	if err := d.offer(person, c.From, c.To); err != nil {
		return err
	}
	if err := d.offer(c.Other, c.OtherFrom, c.OtherTo); err != nil {
		return err
	}
	if err := d.open(person, c.From, c.To); err != nil {
		return err
	}
	from, to := c.OtherFrom.UTC(), c.OtherTo.UTC()
	q := Request{ID: d.id("R"), Kind: SwapRequest, Status: RequestOpen, Person: person, From: c.From.UTC(), To: c.To.UTC(),
		Other: c.Other, OtherFrom: &from, OtherTo: &to, Note: truncate(c.Note, 500), At: d.now}
	d.emit(Event{Kind: SwapProposed, By: c.By.Name, Request: &q})
	return nil
}

// acceptSwap binds the exchange to the shifts both have now, as one change.
func (d *decision) acceptSwap(c AcceptSwap) *Error {
	q, err := d.answered(c.By, c.ID)
	if err != nil {
		return err
	}
	var legs []Override
	for _, side := range []struct {
		person, other string
		from, to      time.Time
	}{{q.Person, q.Other, q.From, q.To}, {q.Other, q.Person, *q.OtherFrom, *q.OtherTo}} {
		shifts, err := d.stands(side.person, side.from, side.to)
		if err != nil {
			return err
		}
		if len(shifts) == 0 {
			return errorf(CodeConflict, "%s no longer has a shift between %s and %s, so there is nothing to swap.", side.person, d.when(side.from), d.when(side.to))
		}
		for _, s := range shifts {
			legs = append(legs, Override{From: rfc(s.Start), To: rfc(s.End), Person: side.other, Replaces: side.person, Swap: "swap " + q.ID})
		}
	}
	q.TakenBy = q.Other
	q.Overrides = d.add(c.By.Name, legs...)
	d.close(q, RequestTaken, c.By.Name)
	return nil
}

func (d *decision) declineSwap(c DeclineSwap) *Error {
	q, err := d.answered(c.By, c.ID)
	if err != nil {
		return err
	}
	d.close(q, RequestDeclined, c.By.Name)
	return nil
}

// answered finds an open swap that this actor may answer.
func (d *decision) answered(by Actor, id string) (Request, *Error) {
	q, err := d.request(id, SwapRequest)
	if err != nil {
		return q, err
	}
	if err := d.mustBeOpen(&q); err != nil {
		return q, err
	}
	if by.Name != q.Other && !by.Admin {
		return q, errorf(CodeForbidden, "Only %s can answer this swap.", q.Other)
	}
	return q, nil
}

// Describe is a request in one sentence, with times on the clocks of a zone.
func (q Request) Describe(zone *time.Location) string {
	const layout = "Mon 2 Jan 15:04"
	span := func(from, to time.Time) string {
		return from.In(zone).Format(layout) + " to " + to.In(zone).Format(layout+" MST")
	}
	if q.Kind == SwapRequest && q.OtherFrom != nil && q.OtherTo != nil {
		return fmt.Sprintf("%s offers %s to %s for %s", q.Person, span(q.From, q.To), q.Other, span(*q.OtherFrom, *q.OtherTo))
	}
	return fmt.Sprintf("%s asks for cover %s", q.Person, span(q.From, q.To))
}
