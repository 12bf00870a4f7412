package paging

import (
	"fmt"
	"slices"
	"time"
)

// Expectation is what a page must do next, re-derived from its events and its policy
// as it was. It shares nothing with Decide and Apply but their types, so that a mistake
// in those is found.
type Expectation struct {
	moment   Moment // the page, with its policy and facts as they are by now
	status   Status
	at       int // the step told or left out last
	cycle    int
	spent    bool
	handed   bool // it was just handed over
	repaged  int
	next     time.Time
	held     time.Time     // when the first message of the step goes out, where all were held back
	wait     time.Duration // of the step
	until    time.Time
	ends     time.Time
	planned  []Pending
	unsent   map[int]unsent
	nobody   bool
	breaches []Breach
	hurry    hurry
	owner    string // who acknowledged it, or was given it
	claims   []Claim
	besides  string            // who is told by the next step without being meant
	stepped  time.Time         // when the last step was taken
	restated time.Time         // when what it is about changed last
	latest   time.Time         // of its events, since its clock was set back
	turn     []Recipient       // who was told in the present turn
	passed   []Recipient       // since the last step
	declined []Recipient       // since it began, and not told since
	told     map[int]Recipient // by the numbers of notices
	taken    map[int]bool      // steps that told somebody since it began
}

// hurry is what may bring the next step before it is due, all at one instant.
type hurry struct {
	at    time.Time
	cause bool // something that has happened
	dead  bool // the step before reaches nobody in a way that works
	tried int  // how many steps were told or left out
}

// unsent is a notice of which nothing was heard yet.
type unsent struct {
	at     time.Time
	to     Recipient
	method Method
	stuck  bool
}

// Breach is something that a page should have done and has not, or has done and should
// not.
type Breach struct {
	Rule string // short and stable
	Text string // a sentence for the operator
}

// The rules of breaches.
const (
	StepMissed    = "page_step_missed"    // the next step did not come
	ContactMissed = "page_contact_missed" // a contact that was planned did not come
	NoticeUnsent  = "page_notice_unsent"  // a notice was neither sent nor given up
	ReachesNobody = "page_reaches_nobody" // nobody is left who could be told
	PolicyBroken  = "page_policy_broken"  // what was done is not what the policy says
	WrongPeople   = "page_wrong_people"   // others were told than those who were meant
)

// Bounds of what is late.
const (
	lateStep   = 10 * time.Second
	lateNotice = 2 * time.Minute
)

// longestHeld is how long after a step its first message goes out at the latest: after quiet
// hours, and then after the longest that a way to somebody may come later.
const longestHeld = (12 + 24) * time.Hour

// Expect reads the events of a page.
func Expect(events []Event) *Expectation {
	x := &Expectation{at: -1, unsent: map[int]unsent{}, told: map[int]Recipient{}, taken: map[int]bool{}}
	for _, e := range events {
		x.haste(e)
		x.read(e)
		if e.At.After(x.latest) {
			x.latest = e.At
		}
		x.passing(e)
	}
	return x
}

func (x *Expectation) breach(rule, format string, args ...any) {
	x.breaches = append(x.breaches, Breach{rule, x.moment.Page + " " + fmt.Sprintf(format, args...)})
}

func (x *Expectation) read(e Event) {
	switch e.Kind {
	case Opened:
		x.moment = Moment{Page: e.ID, Subject: e.Subject, By: e.By, Urgency: e.Urgency, Facts: e.Facts}
		x.status, x.ends, x.next = Open, e.Ends, e.At
		if e.Policy != nil {
			x.moment.Policy = *e.Policy
		}
	case Restated:
		was := x.moment.Facts
		x.moment.Facts, x.moment.Urgency, x.restated = e.Facts, e.Urgency, e.At
		x.leave(was, e.At)
	case Skipped:
		x.order(e)
		x.at, x.cycle, x.next = e.Step, e.Cycle, e.At
		x.claim(e)
	case Returned:
		x.goBack(e)
	case PolicySpent:
		x.spend(e)
	case Stepped:
		x.step(e)
	case Contacted:
		x.contact(e)
	case NoticeSent, NoticeDelivered, NoticeFailed, NoticeDropped:
		delete(x.unsent, e.Notice)
	case MediumDown:
		for n, u := range x.unsent {
			u.stuck = u.stuck || u.method == way(e.Method)
			x.unsent[n] = u
		}
	case Declined:
		if e.By == "" { // erased
			return
		}
		x.planned = slices.DeleteFunc(slices.Clone(x.planned), func(q Pending) bool { return q.To.Person == e.By })
	case AcknowledgedK, AnsweredAgain, Renewed, SnoozedK:
		x.answer(e)
	case HandedOver, Resumed:
		x.besides = ""
		if e.Kind == HandedOver {
			x.owner = e.Person
		}
		if e.Reason == ByTimeout || e.Reason == ByWorse {
			x.besides = x.owner
		}
		if e.Reason == ByTimeout {
			x.repaged++
		}
		clear(x.taken)
		x.status, x.at, x.cycle, x.spent, x.handed, x.until, x.held, x.planned, x.next = Open, -1, 0, false, e.Kind == HandedOver, time.Time{}, time.Time{}, nil, e.At
	case Hastened:
		if !x.spent || !e.Due.Equal(e.At.Add(DefaultWait)) || e.Due.After(x.next) {
			x.breach(PolicyBroken, "puts its floor off, or hastens what is none, to %s.", e.Due.Format(time.RFC3339))
		}
		x.next = e.Due
	case ClockSetBack:
		x.setBack(e)
	case EndedK:
		*x = Expectation{moment: x.moment, status: Ended, unsent: map[int]unsent{}, told: map[int]Recipient{}, taken: map[int]bool{}, breaches: x.breaches, claims: x.claims}
	}
}

// setBack lets all that is to come come sooner, by no more than the events say that the
// clock was ahead.
func (x *Expectation) setBack(e Event) {
	if x.latest.Before(e.At.Add(e.Back)) {
		x.breach(PolicyBroken, "was hastened by %s at %s, and its clock was ahead by less.", e.Back, e.At.Format(time.RFC3339))
	}
	x.latest = e.At
	for _, t := range []*time.Time{&x.next, &x.until, &x.ends, &x.held} {
		if !t.IsZero() {
			*t = t.Add(-e.Back)
		}
	}
	x.planned = slices.Clone(x.planned)
	for n := range x.planned {
		x.planned[n].At = x.planned[n].At.Add(-e.Back)
	}
	for n, u := range x.unsent {
		u.at = u.at.Add(-e.Back)
		x.unsent[n] = u
	}
}

// haste keeps what of an event may bring a step before it is due.
func (x *Expectation) haste(e Event) {
	if !e.At.Equal(x.hurry.at) {
		x.hurry = hurry{at: e.At}
	}
	switch e.Kind {
	case Escalated, Declined, NoticeFailed, NoticePaused, MediumDown, Returned:
		x.hurry.cause = true
	case Contacted: // by a medium that does not work
		x.hurry.cause = x.hurry.cause || slices.ContainsFunc(e.Calls, func(c Call) bool { return c.Stuck })
	}
}

// early says that a step is taken, or left out, before it is due and without a cause.
func (x *Expectation) early(e Event) {
	if e.At.Before(x.next) && !x.hurry.cause && !x.hurry.dead {
		x.breach(PolicyBroken, "went on at %s, and its policy says %s.", e.At.Format(time.RFC3339), x.next.Format(time.RFC3339))
	}
	x.hurry.tried++
}

// goBack is that the page goes back to a step that was left out: only when what it is about
// has changed, and to no round of the policy that is over.
func (x *Expectation) goBack(e Event) {
	switch {
	case !x.restated.Equal(e.At):
		x.breach(PolicyBroken, "went back to step %d, and what it is about has not changed.", e.Step+2)
	case e.Step < -1 || e.Step+1 >= x.at:
		x.breach(PolicyBroken, "went back from step %d to step %d.", x.at+1, e.Step+2)
	case e.Cycle != min(x.cycle, x.moment.Policy.Repeat):
		x.breach(PolicyBroken, "went back to round %d of its policy, and it was round %d.", e.Cycle+1, x.cycle+1)
	}
	x.at, x.cycle, x.spent = e.Step, e.Cycle, false
	x.claims = slices.DeleteFunc(x.claims, func(c Claim) bool { return c.Act == Missed && c.At.Equal(e.At) && c.Step > e.Step })
}

// spend is that the policy is given up: after its last step for the last time, or when all
// of its steps were tried in vain at one instant.
func (x *Expectation) spend(e Event) {
	steps := len(x.moment.Policy.Steps)
	if last := x.at == steps-1 && x.cycle >= x.moment.Policy.Repeat; !last && x.hurry.tried < steps {
		x.breach(PolicyBroken, "went to its floor after step %d, before its policy was tried.", x.at+1)
	}
	x.spent = true
}

// order says that a step follows the one told or left out last.
func (x *Expectation) order(e Event) {
	x.early(e)
	step, cycle := x.at+1, x.cycle
	if step >= len(x.moment.Policy.Steps) {
		step, cycle = 0, x.cycle+1
	}
	switch {
	case e.Step != step:
		x.breach(PolicyBroken, "went from step %d to step %d of its policy.", x.at+1, e.Step+1)
	case x.spent || cycle > x.moment.Policy.Repeat:
		x.breach(PolicyBroken, "went to step %d, and nothing but its floor was left.", e.Step+1)
	case e.Cycle != cycle:
		x.breach(PolicyBroken, "counts round %d of its policy, and it is round %d.", e.Cycle+1, cycle+1)
	}
}

func (x *Expectation) step(e Event) {
	steps := x.moment.Policy.Steps
	floor := e.Step >= len(steps)
	wait := DefaultWait
	switch {
	case floor:
		x.early(e)
		if !x.spent {
			x.breach(PolicyBroken, "went to its floor before its policy was tried.")
		}
	case e.Step < 0 && !x.handed:
		x.breach(PolicyBroken, "took a step that its policy does not have.")
	case e.Step >= 0:
		x.order(e)
		if w := steps[e.Step].Wait; w > 0 {
			wait = w
		}
	}
	x.nobody = len(e.Calls)+len(e.Spared) == 0 && !slices.ContainsFunc(e.Pending, func(q Pending) bool { return q.Turn == e.Turn })
	if floor {
		if n := len(steps); n > 0 && steps[n-1].Wait > 0 {
			wait = min(steps[n-1].Wait, time.Hour)
		}
		if x.nobody && e.Due.Sub(e.At) == NobodyWait {
			wait = NobodyWait
		}
	}
	x.wait, x.held = wait, x.holds(e)
	if x.next = begins(e).Add(wait); !e.Due.Equal(x.next) {
		x.breach(PolicyBroken, "waits until %s, and its policy says %s.", e.Due.Format(time.RFC3339), x.next.Format(time.RFC3339))
	}
	x.at, x.cycle, x.handed = e.Step, e.Cycle, false
	x.hurry.cause, x.hurry.dead = false, e.Held.IsZero() && len(e.Spared) == 0 && !slices.ContainsFunc(e.Calls, func(c Call) bool { return !c.Stuck })
	x.claim(e)
	x.call(e)
}

// holds says whether quiet hours may hold back all that a step tells, as an event says, and
// until when: nobody is told at once, and none of those who are told later sooner.
func (x *Expectation) holds(e Event) time.Time {
	if e.Held.IsZero() {
		return e.Held
	}
	first := firstPlanned(e.Pending, e.Turn)
	called := slices.ContainsFunc(e.Calls, func(c Call) bool { return c.Turn == e.Turn })
	switch {
	case x.moment.Urgency != Low:
		x.breach(PolicyBroken, "lets quiet hours hold it back at %s, and is urgent.", e.At.Format(time.RFC3339))
	case called || !first.Equal(e.Held):
		x.breach(PolicyBroken, "says that all of its step is held back until %s, and tells somebody sooner or nobody then.", e.Held.Format(time.RFC3339))
	case e.Held.Sub(e.At) > longestHeld:
		x.breach(PolicyBroken, "is held back until %s, which is too long.", e.Held.Format(time.RFC3339))
	}
	return e.Held
}

// begins is when the wait of an event's step begins: when the first message goes out.
func begins(e Event) time.Time {
	if e.Held.IsZero() {
		return e.At
	}
	return e.Held
}

// rebegin is that the wait of a step that was held back begins: with the first who is told,
// or when it is urgent, or later or sooner, when others are to be told first.
func (x *Expectation) rebegin(e Event) {
	if e.Due.IsZero() {
		called := slices.ContainsFunc(e.Calls, func(c Call) bool { return c.Turn == e.Turn })
		if !x.held.IsZero() && (called || !firstPlanned(e.Pending, e.Turn).Equal(x.held)) {
			x.breach(PolicyBroken, "was held back until %s, and has told somebody or planned anew without beginning its wait.", x.held.Format(time.RFC3339))
		}
		return
	}
	if x.held.IsZero() {
		x.breach(PolicyBroken, "began its wait anew at %s, and was not held back.", e.At.Format(time.RFC3339))
	}
	x.held = x.holds(e)
	if x.next = begins(e).Add(x.wait); !e.Due.Equal(x.next) {
		x.breach(PolicyBroken, "waits until %s, and its policy says %s.", e.Due.Format(time.RFC3339), x.next.Format(time.RFC3339))
	}
}

// firstPlanned is when the first of the contacts of a turn comes; zero: none does.
func firstPlanned(list []Pending, turn int) (first time.Time) {
	for _, q := range list {
		if q.Turn == turn && (first.IsZero() || q.At.Before(first)) {
			first = q.At
		}
	}
	return first
}

// contact is what a contact that was due must lead to: a call, or that its person is
// left in peace.
func (x *Expectation) contact(e Event) {
	for _, q := range x.planned {
		called := slices.ContainsFunc(e.Calls, func(c Call) bool { return c.Recipient == q.To && c.Method == q.Method })
		left := slices.Contains(e.Off, q.To.Person) || slices.ContainsFunc(e.Pending, func(o Pending) bool {
			return o.To == q.To && o.Method == q.Method && !o.At.After(q.At)
		})
		if !called && !left {
			x.breach(ContactMissed, "dropped the contact of %s by %s that was planned for %s.", q.To, way(q.Method), q.At.Format(time.RFC3339))
		}
	}
	x.nobody = x.nobody && len(e.Calls)+len(e.Spared)+len(e.Pending) == 0
	x.rebegin(e)
	x.claim(e)
	x.call(e)
}

func (x *Expectation) call(e Event) {
	for n, c := range e.Calls {
		x.taken[c.Step] = true
		x.unsent[e.First+n] = unsent{e.At, c.Recipient, way(c.Method), c.Stuck}
	}
	x.planned = e.Pending
}

// answer is until when an answer stands.
func (x *Expectation) answer(e Event) {
	x.until = e.Due
	if e.Kind != SnoozedK {
		want := time.Time{}
		if x.moment.Policy.AckTimeout > 0 && x.repaged < MaxRepages {
			want = e.At.Add(x.moment.Policy.AckTimeout)
		}
		if !e.Due.Equal(want) {
			x.breach(PolicyBroken, "is acknowledged until %s, and its policy says %s.", e.Due.Format(time.RFC3339), want.Format(time.RFC3339))
		}
		x.until = want
	}
	x.status, x.held, x.planned, x.nobody = Acknowledged, time.Time{}, nil, false
	if e.Kind == AcknowledgedK || e.Kind == SnoozedK {
		x.owner = e.By
	}
}

// Breaches says what is wrong at now, at most a few of each page.
func (x *Expectation) Breaches(now time.Time) []Breach {
	out := slices.Clone(x.breaches)
	late := func(t time.Time) bool { return !t.IsZero() && now.Sub(t) > lateStep }
	add := func(rule, format string, args ...any) {
		out = append(out, Breach{rule, x.moment.Page + " " + fmt.Sprintf(format, args...)})
	}
	if x.status != Ended && late(x.ends) {
		add(StepMissed, "should have ended at %s.", x.ends.Format(time.RFC3339))
	}
	switch x.status {
	case Open:
		if late(x.next) {
			add(StepMissed, "should have taken its next step at %s.", x.next.Format(time.RFC3339))
		}
		for _, q := range x.planned {
			if late(q.At) {
				add(ContactMissed, "should have told %s by %s at %s.", q.To, way(q.Method), q.At.Format(time.RFC3339))
			}
		}
		for n, u := range x.unsent {
			if !u.stuck && now.Sub(u.at) > lateNotice {
				add(NoticeUnsent, "has told %s by %s nothing since %s: notice %d was neither sent nor given up.", u.to, u.method, u.at.Format(time.RFC3339), n)
			}
		}
		if x.nobody {
			add(ReachesNobody, "reaches nobody: neither its policy nor its floor stands for anybody. Give the configuration admins, or the policy a floor.")
		}
	case Acknowledged:
		if late(x.until) {
			add(StepMissed, "should have come again at %s.", x.until.Format(time.RFC3339))
		}
	}
	const most = 5
	return out[:min(len(out), most)]
}

// Unsent are the numbers of the notices of an open page that were intended before a
// time and of which nothing was heard: somebody must still owe them.
func (x *Expectation) Unsent(before time.Time) []int {
	if x.status != Open {
		return nil
	}
	var out []int
	for n, u := range x.unsent {
		if u.at.Before(before) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}
