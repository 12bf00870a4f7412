package paging

import (
	"slices"
	"time"
)

// contact plans the ways to a recipient: some at once, the others later. When the
// media of all the first do not work, or bring no answers, the next one is tried at once. What an earlier
// turn has planned for the same way is not put off by it, and not made twice. Whoever
// has enough unanswered pages is spared; whoever has quiet hours is told after them.
func (d *decision) contact(e *Event, to Recipient, step, turn int) {
	if d.spare(e, to, turn) {
		return
	}
	list, hold := d.w.reach(to), d.w.quiet(to, d.p.Urgency)
	sooner := d.sooner(list)
	for _, c := range list {
		q := Pending{To: to, Method: stored(c.Method), Step: step, Turn: turn, Every: c.Every}
		if hold > 0 || c.After > 0 && c.After != sooner {
			q.At = d.now.Add(hold + max(c.After, 0))
			e.pend(q)
			continue
		}
		e.takeOver(q)
		d.call(e, q)
	}
}

// spare spares whoever has enough unanswered pages.
func (d *decision) spare(e *Event, to Recipient, turn int) bool {
	on := d.w.spare(d.p, to)
	if on == "" {
		return false
	}
	said := func(s Spared) bool { return s.On == on }
	again := slices.ContainsFunc(d.p.Spared, said) || slices.ContainsFunc(e.Spared, said)
	e.Spared = append(e.Spared, Spared{Recipient: to, On: on, Turn: turn, Again: again})
	return true
}

// sooner is after what time the later contacts would be made that are made at once: as the
// first by a medium that brings answers where none of those at once does, else as the first
// by one that works at all where none of those at once does; 0: none.
func (d *decision) sooner(list []Contact) time.Duration {
	for _, bad := range []func(Method) bool{func(m Method) bool { return !d.w.answers(m) }, d.w.down} {
		if dead, up := firsts(list, bad); dead && up >= 0 {
			return list[up].After
		}
	}
	return 0
}

// firsts says whether a list has contacts for at once of which all are bad, and the
// earliest of the later ones that is not; -1: none.
func firsts(list []Contact, bad func(Method) bool) (dead bool, up int) {
	up = -1
	for n, c := range list {
		switch {
		case c.After <= 0 && !bad(way(c.Method)):
			return false, -1
		case c.After <= 0:
			dead = true
		case !bad(way(c.Method)) && (up < 0 || c.After < list[up].After):
			up = n
		}
	}
	return dead, up
}

// stored is the method as it is written down.
func stored(m Method) Method {
	if m == Slack {
		return ""
	}
	return m
}

// call contacts at once, and plans the repetition.
func (d *decision) call(e *Event, q Pending) {
	e.Calls = append(e.Calls, Call{Recipient: q.To, Method: q.Method, Step: q.Step, Turn: q.Turn, Stuck: d.w.down(q.Way()), Unheard: d.w.deaf(q.Way())})
	if q.Every > 0 {
		q.At = d.now.Add(max(q.Every, MinWait))
		e.Pending = append(e.Pending, q)
	}
}

// pend plans a contact, no later than an earlier turn has planned one for the same
// way.
func (e *Event) pend(q Pending) {
	if at, ok := e.takeOver(q); ok && at.Before(q.At) {
		q.At = at
	}
	e.Pending = append(e.Pending, q)
}

// takeOver takes what earlier turns have planned for the same way out of the plan, and
// says when the first of it was due.
func (e *Event) takeOver(q Pending) (at time.Time, ok bool) {
	e.Pending = slices.DeleteFunc(e.Pending, func(o Pending) bool {
		if o.To != q.To || o.Method != q.Method || o.Turn == q.Turn {
			return false
		}
		if !ok || o.At.Before(at) {
			at, ok = o.At, true
		}
		return true
	})
	return at, ok
}

// drop takes one contact out of the plan.
func (e *Event) drop(q Pending) {
	if n := slices.Index(e.Pending, q); n >= 0 {
		e.Pending = slices.Delete(e.Pending, n, n+1)
	}
}

// contacted is the event of contacts outside a step, with what is planned as it is.
func (d *decision) contacted() Event {
	return Event{Kind: Contacted, Turn: d.p.Turn, First: d.p.Sent + 1, Pending: slices.Clone(d.p.Pending)}
}

// contacts makes the contacts that are due. Whoever is on duty no more is left in
// peace, and whoever came in their place is told.
func (d *decision) contacts() {
	e := d.contacted()
	due, relieved := false, false
	for _, q := range d.p.Pending {
		switch {
		case q.At.After(d.now):
			continue
		case d.off(q.To, q.Step):
			e.drop(q)
			if !slices.Contains(e.Off, q.To.Person) {
				e.Off = append(e.Off, q.To.Person)
			}
			relieved = relieved || q.Turn == d.p.Turn
		default:
			e.drop(q)
			d.call(&e, q)
		}
		due = true
	}
	if relieved {
		d.relief(&e)
	}
	if due {
		d.tell(e)
		d.instead(e.First)
	}
}

// instead makes the next contact of those whom the notices from one on tell by nothing but
// a medium that does not work, or brings no answers.
func (d *decision) instead(from int) {
	for _, n := range d.p.Notices {
		good := d.usable
		if n.Unheard && !n.Stuck {
			good = d.answered
		}
		if n.N < from || !n.Stuck && !n.Unheard {
			continue
		}
		for _, r := range d.alone(good, n.Way(), func(o Notice) bool { return o.N == n.N }) {
			d.nextContact(r, n.Way())
		}
	}
}

// nextContact makes at once the next contact of a person by another way than the one that
// has failed: all up to the first that brings answers, if any does.
func (d *decision) nextContact(to Recipient, failed Method) {
	usable := d.usable(to, failed)
	at := earliest(d.p.Pending, d.answered(to, failed))
	if at.IsZero() {
		at = earliest(d.p.Pending, usable)
	}
	if at.IsZero() {
		return
	}
	e := d.contacted()
	for _, q := range d.p.Pending {
		if usable(q) && !q.At.After(at) {
			e.drop(q)
			d.call(&e, q)
		}
	}
	d.tell(e)
}

// usable says whether a contact that is planned reaches a person by another way than one.
func (d *decision) usable(to Recipient, but Method) func(Pending) bool {
	return func(q Pending) bool { return q.To == to && q.Way() != but && !d.w.down(q.Way()) }
}

// answered is usable, by a way that brings answers too.
func (d *decision) answered(to Recipient, but Method) func(Pending) bool {
	usable := d.usable(to, but)
	return func(q Pending) bool { return usable(q) && d.w.answers(q.Way()) }
}

// earliest is when the first of some contacts is due; zero: none is.
func earliest(list []Pending, of func(Pending) bool) (at time.Time) {
	for _, q := range list {
		if of(q) && (at.IsZero() || q.At.Before(at)) {
			at = q.At
		}
	}
	return at
}

// rouse plans anew the ways to those whom a step has only planned to tell: by the urgency
// of before they were to be left in peace for a while. Nothing comes later for it; what is
// planned for whoever is spared stays.
func (d *decision) rouse() {
	e := d.contacted()
	for _, q := range d.asleep() {
		if d.spare(&e, q.To, q.Turn) {
			continue
		}
		before := slices.DeleteFunc(slices.Clone(e.Pending), func(o Pending) bool { return !o.beside(q) })
		e.Pending = slices.DeleteFunc(e.Pending, q.beside)
		d.contact(&e, q.To, q.Step, q.Turn)
		for n := range e.Pending {
			same := func(o Pending) bool { return o.beside(e.Pending[n]) && o.Method == e.Pending[n].Method }
			if at := slices.IndexFunc(before, same); at >= 0 {
				e.Pending[n].At = sooner(e.Pending[n].At, before[at].At)
				before = slices.Delete(before, at, at+1)
			}
		}
	}
	if d.begin(&e) || len(e.Calls)+len(e.Spared) > 0 || !slices.Equal(e.Pending, d.p.Pending) {
		d.add(e)
	}
}

// asleep are the first contacts of those whom a step was to tell later, and has not told
// yet.
func (d *decision) asleep() []Pending {
	var out []Pending
	for _, q := range d.p.Pending {
		told := slices.ContainsFunc(d.p.Notices, func(n Notice) bool { return n.Turn == q.Turn && n.To == q.To })
		if !told && !slices.ContainsFunc(out, q.beside) && !d.off(q.To, q.Step) {
			out = append(out, q)
		}
	}
	return out
}

// beside says whether two contacts are of one person for one step.
func (q Pending) beside(o Pending) bool { return q.To == o.To && q.Turn == o.Turn }

func sooner(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
