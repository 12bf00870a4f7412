package paging

import (
	"slices"
	"time"
)

// decision is what one command makes happen: each event is applied before the next
// is decided.
type decision struct {
	p      Page
	w      World
	now    time.Time
	late   time.Duration // of what is due; the first event that acts says so
	events []Event
}

func (d *decision) add(e Event) {
	e.At = d.now
	if d.late > time.Second && (e.Kind == Stepped || e.Kind == Contacted) {
		e.Late, d.late = d.late.Milliseconds(), 0
	}
	d.events = append(d.events, e)
	d.p = Apply(d.p, e)
}

// escalate takes the next step, and those after it at once as long as no medium
// works by which anybody of them is reached: what is owed to them stays owed. When
// that is so of all steps, the floor is told.
func (d *decision) escalate(reason Reason, besides ...Recipient) {
	d.goOn(reason, nil, besides)
}

// goOn is escalate without those who have just passed.
func (d *decision) goOn(reason Reason, passed, besides []Recipient) {
	for range len(d.p.Policy.Steps) {
		d.advance(reason, passed, besides)
		if d.p.AtFloor() || d.reachable() {
			return
		}
		reason, passed, besides = "", nil, nil
	}
	d.floor(nil, nil)
}

// reachable says whether a medium works by which somebody of the present turn is
// told, or another page stands for it.
func (d *decision) reachable() bool {
	return slices.ContainsFunc(d.p.Spared, func(s Spared) bool { return s.Turn == d.p.Turn }) ||
		slices.ContainsFunc(d.p.Notices, func(n Notice) bool { return n.Turn == d.p.Turn && !d.w.down(n.Way()) }) ||
		slices.ContainsFunc(d.p.Pending, func(q Pending) bool { return q.Turn == d.p.Turn && !d.w.down(way(q.Method)) })
}

// onward takes the next step at once when what has happened since before concerns
// the present step, and nobody of it can be expected to answer any more. Whoever has
// just passed is not asked again in the same breath.
func (d *decision) onward(before Page) {
	d.hasten()
	if d.p.Status != Open || d.p.Spent || d.hopes() || slices.Equal(before.Current(), d.p.Current()) {
		return
	}
	d.goOn("", d.p.passed(), nil)
}

// pastStuck is onward where what was sent since before goes by a medium that does not work.
func (d *decision) pastStuck(before Page) {
	if slices.ContainsFunc(d.p.Notices, func(n Notice) bool { return n.N > before.Sent && n.Stuck }) {
		d.onward(before)
	}
	d.hasten()
}

// hopes says whether anybody of the present turn may still answer who has not gone off
// duty since, or is not told because of another page.
func (d *decision) hopes() bool {
	return slices.ContainsFunc(d.p.Spared, func(s Spared) bool { return s.Turn == d.p.Turn }) ||
		d.p.hopes(func(r Recipient) bool { return !d.off(r, d.p.Step) })
}

// hasten lets the floor come again soon that was told last and reached nobody.
func (d *decision) hasten() {
	if soon := d.now.Add(DefaultWait); d.p.missed() && d.p.Next.After(soon) {
		d.add(Event{Kind: Hastened, Due: soon})
	}
}

// advance takes the next step that applies and stands for somebody but those who
// passed. Others are skipped at once. When the whole policy was tried, or none of
// its steps stands for anybody, the floor is told.
func (d *decision) advance(reason Reason, passed, besides []Recipient) {
	for range len(d.p.Policy.Steps) {
		step, cycle, floor := next(d.p)
		if floor {
			break
		}
		to, why := d.standsFor(d.p.Policy.Steps[step], passed)
		if why == "" {
			d.step(step, cycle, d.p.Policy.Steps[step].wait(), reason, union(to, besides))
			return
		}
		e := Event{Kind: Skipped, Step: step, Cycle: cycle, Text: why}
		if why == onlyGuests {
			e.Barred = d.w.barred(d.p.Policy.asks(step), nil)
		}
		d.add(e)
	}
	d.floor(passed, besides)
}

const onlyGuests = "only guests are in it, who may not answer pages"

// standsFor are those whom a step tells, or why it tells nobody.
func (d *decision) standsFor(s Step, passed []Recipient) (to []Recipient, why string) {
	if why = s.When.unless(d.p.Facts, d.now, d.w.Zones); why != "" {
		return nil, why
	}
	all := d.w.recipients(s.Notify)
	if to = without(all, passed); len(to) > 0 {
		return to, ""
	}
	switch {
	case len(all) > 0:
		return nil, "whoever it stands for has just passed"
	case len(d.w.barred(s.Notify, nil)) > 0:
		return nil, onlyGuests
	}
	return nil, "nobody is on call"
}

// leftOut is the first step before the present one that did not apply to what the page was
// about before, was never taken since it began, and tells somebody by now; -1: none.
func (d *decision) leftOut(was Facts) int {
	for n := range d.p.Policy.Steps[:max(0, d.p.Step)] {
		s := d.p.Policy.Steps[n]
		told := slices.ContainsFunc(d.p.Notices, func(o Notice) bool { return o.Step == n && o.Turn > d.p.From }) ||
			slices.ContainsFunc(d.p.Pending, func(q Pending) bool { return q.Step == n })
		if told || s.When.unless(was, d.now, nil) == "" {
			continue
		}
		if _, why := d.standsFor(s, nil); why == "" {
			return n
		}
	}
	return -1
}

func without(list, passed []Recipient) []Recipient {
	return slices.DeleteFunc(slices.Clone(list), func(r Recipient) bool { return slices.Contains(passed, r) })
}

// floor tells whoever is told when nobody else is left. It comes again after its
// wait, until somebody answers.
func (d *decision) floor(passed, besides []Recipient) {
	step := len(d.p.Policy.Steps)
	if !d.p.Spent {
		d.add(Event{Kind: PolicySpent, Step: d.p.Step, Cycle: d.p.Cycle})
	}
	wait := d.p.Policy.floorWait()
	all := union(d.w.floor(d.p, d.now), besides)
	if len(all) == 0 {
		wait = NobodyWait
	}
	d.step(step, d.p.Cycle+1, wait, ByFloor, without(all, passed))
	d.hasten()
}

// next says which step follows, or that the floor does.
func next(p Page) (step, cycle int, floor bool) {
	last := len(p.Policy.Steps) - 1
	switch {
	case p.Spent:
		return 0, 0, true
	case p.Step < last:
		return p.Step + 1, p.Cycle, false
	case p.Cycle < p.Policy.Repeat:
		return 0, p.Cycle + 1, false
	}
	return 0, 0, true
}

// step tells the recipients, each in their own way.
func (d *decision) step(step, cycle int, wait time.Duration, reason Reason, to []Recipient) {
	e := Event{Kind: Stepped, Step: step, Cycle: cycle, Turn: d.p.Turn + 1, Due: d.now.Add(wait), Reason: reason,
		First: d.p.Sent + 1, Pending: slices.Clone(d.p.Pending), Barred: d.w.barred(d.p.Policy.asks(step), to)}
	for _, r := range to {
		d.contact(&e, r, step, e.Turn)
	}
	d.add(e)
}

// contact plans the ways to a recipient: some at once, the others later. When the
// media of all the first do not work, or bring no answers, the next one is tried at once. What an earlier
// turn has planned for the same way is not put off by it, and not made twice. Whoever
// has enough unanswered pages is spared.
func (d *decision) contact(e *Event, to Recipient, step, turn int) {
	if d.spare(e, to, turn) {
		return
	}
	list := d.w.reach(to, d.p.Urgency)
	sooner := d.sooner(list)
	for _, c := range list {
		q := Pending{To: to, Method: stored(c.Method), Step: step, Turn: turn, Every: c.Every}
		if c.After > 0 && c.After != sooner {
			q.At = d.now.Add(c.After)
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

// contacts makes the contacts that are due. Whoever is on duty no more is left in
// peace, and whoever came in their place is told.
func (d *decision) contacts() {
	e := Event{Kind: Contacted, Turn: d.p.Turn, First: d.p.Sent + 1, Pending: slices.Clone(d.p.Pending)}
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
		d.add(e)
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

// rouse plans anew the ways to those whom a step has only planned to tell: by the urgency
// of before they were to be left in peace for a while. Nothing comes later for it; what is
// planned for whoever is spared stays.
func (d *decision) rouse() {
	e := Event{Kind: Contacted, Turn: d.p.Turn, First: d.p.Sent + 1, Pending: slices.Clone(d.p.Pending)}
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
	if len(e.Calls)+len(e.Spared) > 0 || !slices.Equal(e.Pending, d.p.Pending) {
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

// meant are those for whom a step, or the floor, stands by now.
func (d *decision) meant(step int) []Recipient {
	switch {
	case step < 0:
		return nil
	case step < len(d.p.Policy.Steps):
		return d.w.recipients(d.p.Policy.Steps[step].Notify)
	}
	return d.w.floor(d.p, d.now)
}

// off says whether a step, or the floor, for which somebody was told stands for others by
// now. Whose the page is stays with it.
func (d *decision) off(r Recipient, step int) bool {
	if r.Person == "" || r.Person == d.p.Owner || d.w.unknown(d.p.Policy.asks(step)) {
		return false
	}
	now := d.meant(step)
	return len(now) > 0 && !slices.Contains(now, r)
}

// relief tells those for whom the present step, or the floor, stands by now and whom it
// has not told.
func (d *decision) relief(e *Event) (told bool) {
	for _, r := range d.meant(d.p.Step) {
		if !d.toldNow(r) && !d.p.cannot(r) {
			d.contact(e, r, d.p.Step, d.p.Turn)
			told = true
		}
	}
	return told
}

// toldNow says whether the present step has told a recipient, or will.
func (d *decision) toldNow(r Recipient) bool {
	return slices.ContainsFunc(d.p.Notices, func(n Notice) bool { return n.Turn == d.p.Turn && n.To == r }) ||
		slices.ContainsFunc(d.p.Spared, func(s Spared) bool { return s.Turn == d.p.Turn && s.Recipient == r }) ||
		slices.ContainsFunc(d.p.Pending, func(q Pending) bool { return q.Turn == d.p.Turn && q.To == r })
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
	e := Event{Kind: Contacted, Turn: d.p.Turn, First: d.p.Sent + 1, Pending: slices.Clone(d.p.Pending)}
	for _, q := range d.p.Pending {
		if usable(q) && !q.At.After(at) {
			e.drop(q)
			d.call(&e, q)
		}
	}
	d.add(e)
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
