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
	id       string
	pol      Policy
	status   Status
	at       int // the step told last
	spent    bool
	handed   bool // it was just handed over
	repaged  int
	next     time.Time
	until    time.Time
	ends     time.Time
	planned  []Pending
	unsent   map[int]unsent
	nobody   bool
	breaches []Breach
	owner    string // who acknowledged it, or was given it
	claims   []Claim
	passed   []Recipient       // since the last step
	told     map[int]Recipient // by the numbers of notices
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
	WrongPeople   = "page_wrong_people"   // others were told than those who were on call
)

// Bounds of what is late.
const (
	lateStep   = 10 * time.Second
	lateNotice = 2 * time.Minute
)

// Expect reads the events of a page.
func Expect(events []Event) *Expectation {
	x := &Expectation{at: -1, unsent: map[int]unsent{}, told: map[int]Recipient{}}
	for _, e := range events {
		x.read(e)
		x.passing(e)
	}
	return x
}

func (x *Expectation) breach(rule, format string, args ...any) {
	x.breaches = append(x.breaches, Breach{rule, x.id + " " + fmt.Sprintf(format, args...)})
}

func (x *Expectation) read(e Event) {
	switch e.Kind {
	case Opened:
		x.id, x.status, x.ends, x.next = e.ID, Open, e.Ends, e.At
		if e.Policy != nil {
			x.pol = *e.Policy
		}
	case Skipped:
		x.order(e.Step)
		x.at = e.Step
		x.claim(e)
	case PolicySpent:
		x.spent = true
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
		if e.Kind == HandedOver {
			x.owner = e.Person
		}
		if e.Reason == ByTimeout {
			x.repaged++
		}
		x.status, x.at, x.spent, x.handed, x.until, x.planned, x.next = Open, -1, false, e.Kind == HandedOver, time.Time{}, nil, e.At
	case EndedK:
		*x = Expectation{id: x.id, status: Ended}
	}
}

// order says that a step follows the one told last.
func (x *Expectation) order(step int) {
	if want := x.at + 1; step != want && !(step == 0 && want >= len(x.pol.Steps)) {
		x.breach(PolicyBroken, "went from step %d to step %d of its policy.", x.at+1, step+1)
	}
}

func (x *Expectation) step(e Event) {
	floor := e.Step >= len(x.pol.Steps)
	wait := DefaultWait
	switch {
	case floor && !x.spent:
		x.breach(PolicyBroken, "went to its floor before its policy was tried.")
	case e.Step < 0 && !x.handed:
		x.breach(PolicyBroken, "took a step that its policy does not have.")
	case e.Step >= 0 && !floor:
		x.order(e.Step)
		if w := x.pol.Steps[e.Step].Wait; w > 0 {
			wait = w
		}
	}
	x.nobody = len(e.Calls)+len(e.Spared) == 0 && !slices.ContainsFunc(e.Pending, func(q Pending) bool { return q.Turn == e.Turn })
	if floor {
		if n := len(x.pol.Steps); n > 0 && x.pol.Steps[n-1].Wait > 0 {
			wait = min(x.pol.Steps[n-1].Wait, time.Hour)
		}
		if x.nobody && e.Due.Sub(e.At) == NobodyWait {
			wait = NobodyWait
		}
	}
	if x.next = e.At.Add(wait); !e.Due.Equal(x.next) {
		x.breach(PolicyBroken, "waits until %s, and its policy says %s.", e.Due.Format(time.RFC3339), x.next.Format(time.RFC3339))
	}
	x.at, x.handed = e.Step, false
	x.claim(e)
	x.call(e)
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
	x.call(e)
}

func (x *Expectation) call(e Event) {
	for n, c := range e.Calls {
		x.unsent[e.First+n] = unsent{e.At, c.Recipient, way(c.Method), c.Stuck}
	}
	x.planned = e.Pending
}

// answer is until when an answer stands.
func (x *Expectation) answer(e Event) {
	x.until = e.Due
	if e.Kind != SnoozedK {
		want := time.Time{}
		if x.pol.AckTimeout > 0 && x.repaged < MaxRepages {
			want = e.At.Add(x.pol.AckTimeout)
		}
		if !e.Due.Equal(want) {
			x.breach(PolicyBroken, "is acknowledged until %s, and its policy says %s.", e.Due.Format(time.RFC3339), want.Format(time.RFC3339))
		}
		x.until = want
	}
	x.status, x.planned, x.nobody = Acknowledged, nil, false
	if e.Kind == AcknowledgedK || e.Kind == SnoozedK {
		x.owner = e.By
	}
}

// Breaches says what is wrong at now, at most a few of each page.
func (x *Expectation) Breaches(now time.Time) []Breach {
	out := slices.Clone(x.breaches)
	late := func(t time.Time) bool { return !t.IsZero() && now.Sub(t) > lateStep }
	add := func(rule, format string, args ...any) {
		out = append(out, Breach{rule, x.id + " " + fmt.Sprintf(format, args...)})
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
