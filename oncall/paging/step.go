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
// told, or another page stands for it. How a medium is now says nothing about the end of
// quiet hours.
func (d *decision) reachable() bool {
	return !d.p.Held.IsZero() ||
		slices.ContainsFunc(d.p.Spared, func(s Spared) bool { return s.Turn == d.p.Turn }) ||
		slices.ContainsFunc(d.p.Notices, func(n Notice) bool { return n.Turn == d.p.Turn && !d.w.down(n.Way()) }) ||
		slices.ContainsFunc(d.p.Pending, func(q Pending) bool { return q.Turn == d.p.Turn && !d.w.down(way(q.Method)) })
}

// onward takes the next step at once when what has happened since before concerns
// the present step, and nobody of it can be expected to answer any more. Whoever has
// just passed is not asked again in the same breath.
func (d *decision) onward(before Page) {
	d.hasten()
	same := slices.Equal(before.Current(), d.p.Current()) && slices.Equal(before.asked(), d.p.asked())
	if d.p.Status != Open || d.p.Spent || same || d.hopes() {
		return
	}
	d.goOn("", d.p.passed(union(before.asked(), d.p.asked())), nil)
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
	if e.Held = d.held(e); !e.Held.IsZero() {
		e.Due = e.Held.Add(wait)
	}
	d.add(e)
}

// held is when the first message goes out to those whom the turn of an event asks, where
// quiet hours hold back all of them; zero: they do not.
func (d *decision) held(e Event) (first time.Time) {
	awake := func(r Recipient, turn int) bool { return turn == e.Turn && d.w.quiet(r, d.p.Urgency) <= 0 }
	for _, c := range e.Calls {
		if c.Turn == e.Turn {
			return time.Time{}
		}
	}
	for _, s := range slices.Concat(d.p.Spared, e.Spared) {
		if awake(s.Recipient, s.Turn) {
			return time.Time{}
		}
	}
	for _, q := range e.Pending {
		if awake(q.To, q.Turn) && !d.off(q.To, q.Step) {
			return time.Time{}
		}
	}
	return earliest(e.Pending, func(q Pending) bool { return q.Turn == e.Turn })
}

// begin has the wait of a step that quiet hours have held back begin anew, where it does:
// with the first who is told, or when another is to be told first.
func (d *decision) begin(e *Event) bool {
	if d.p.Held.IsZero() {
		return false
	}
	first := d.held(*e)
	if first.Equal(d.p.Held) {
		return false
	}
	e.Held, e.Due = first, d.now.Add(d.p.wait())
	if !first.IsZero() {
		e.Due = first.Add(d.p.wait())
	}
	return true
}

// tell makes contacts outside a step.
func (d *decision) tell(e Event) {
	d.begin(&e)
	d.add(e)
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
