package paging

import (
	"slices"
	"time"
)

// Claims are what the page took to be so, in the order of its events. What is wrong with
// them has to be judged by a Witness.
func (x *Expectation) Claims() []Claim { return x.claims }

// Standing is what an open page takes to be so at an instant, whatever has happened to it
// since its last step; not ok: nothing that depends on who is on call.
func (x *Expectation) Standing(at time.Time) (c Claim, ok bool) {
	if x.status != Open || x.at < 0 || !at.After(x.stepped) {
		return Claim{}, false
	}
	for _, t := range x.moment.Policy.asks(x.at) {
		if kind, _ := t.Split(); kind == ToSchedule {
			c = Claim{Act: Stands, Step: x.at, Moment: x.moment, Since: x.stepped, Told: union(slices.Clone(x.turn), x.declined)}
			c.At = at
			return c, true
		}
	}
	return Claim{}, false
}

// leave notes the steps before the present one that did not apply to what the page was
// about before, and that told nobody since: it must go back to the first of them that is
// for somebody by now. Whatever the hour was, it is no reason.
func (x *Expectation) leave(was Facts, at time.Time) {
	if x.status != Open {
		return
	}
	steps := x.moment.Policy.Steps
	for n := range min(max(x.at, 0), len(steps)) {
		planned := slices.ContainsFunc(x.planned, func(q Pending) bool { return q.Step == n })
		only := When{Severity: steps[n].When.Severity, Service: steps[n].When.Service}
		if applied, _ := (Witness{}).applies(only, was, at); applied || planned || x.taken[n] {
			continue
		}
		c := Claim{Act: Missed, Step: n, Moment: x.moment}
		c.At = at
		x.claims = append(x.claims, c)
	}
}

// claim notes what an event takes to be so.
func (x *Expectation) claim(e Event) {
	c := Claim{Step: e.Step, Moment: x.moment, Told: e.inTurn(), Excused: slices.Clone(x.passed), Spared: e.Spared}
	c.At = e.At
	for _, s := range e.Spared {
		c.Excused = append(c.Excused, s.Recipient)
	}
	steps := len(x.moment.Policy.Steps)
	switch {
	case e.Kind == Contacted:
		x.relief(e, c)
		return
	case e.Kind == Skipped:
		c.Act, c.Told = Left, nil
	case e.Step < 0:
		c.Act, c.To = Handed, x.owner
	case e.Step >= steps:
		c.Act = Floored
	default:
		c.Act = Took
	}
	if e.Kind == Stepped {
		c.Besides, x.besides = x.besides, ""
	}
	if c.Act != Left || e.Step >= 0 && e.Step < steps {
		x.claims = append(x.claims, c)
	}
}

// inTurn are those whom an event tells, now or later, for the present turn: not those of
// whom an earlier one goes on.
func (e Event) inTurn() []Recipient {
	e.Calls = slices.DeleteFunc(slices.Clone(e.Calls), func(c Call) bool { return c.Turn != e.Turn })
	return e.Whom()
}

// relief notes that somebody is left in peace, and who is told in their place.
func (x *Expectation) relief(e Event, c Claim) {
	c.Act, c.Step = Relieved, x.at
	c.Excused = union(union(c.Excused, x.turn), x.declined)
	c.Told = without(c.Told, x.turn)
	present := len(c.Told) > 0 // else only what earlier steps have planned may be left out
	for _, person := range e.Off {
		off := Off{Person: person}
		if person != x.owner {
			if slices.Contains(x.turn, Recipient{Person: person}) {
				off.Steps = append(off.Steps, x.at)
			}
			for _, q := range x.planned {
				if q.To.Person == person {
					off.Steps = append(off.Steps, q.Step)
					present = present || q.Turn == e.Turn
				}
			}
		}
		c.Off = append(c.Off, off)
	}
	if !present {
		c.Step = -1
	}
	if len(c.Off)+len(c.Told)+len(c.Spared) > 0 {
		x.claims = append(x.claims, c)
	}
}

// passing keeps who was told in the present turn, and of whom nobody expected an answer
// any more when the next step was taken.
func (x *Expectation) passing(e Event) {
	switch e.Kind {
	case NoticeFailed, NoticePaused:
		if to, ok := x.told[e.Notice]; ok {
			x.passed = append(x.passed, to)
		}
	case MediumDown:
		for _, u := range x.unsent {
			if u.method == way(e.Method) {
				x.passed = append(x.passed, u.to)
			}
		}
	case Declined:
		x.passed = append(x.passed, Recipient{Person: e.By})
		x.declined = append(x.declined, Recipient{Person: e.By})
	case HandedOver, Resumed:
		x.declined = nil
	case Stepped, Contacted:
		if e.Kind == Stepped {
			x.passed, x.turn, x.stepped = nil, nil, e.At
		}
		x.turn = union(x.turn, e.inTurn())
		for _, s := range e.Spared {
			x.turn = union(x.turn, []Recipient{s.Recipient})
		}
		for n, c := range e.Calls {
			x.declined = without(x.declined, []Recipient{c.Recipient})
			x.told[e.First+n] = c.Recipient
			if c.Stuck {
				x.passed = append(x.passed, c.Recipient)
			}
		}
	}
}
