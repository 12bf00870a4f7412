package paging

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Claim is whom a page took a step of its policy to stand for when it took, or skipped,
// it. It is judged by somebody else's knowledge of who was on call then.
type Claim struct {
	Step    int // from 0
	At      time.Time
	Targets []Target
	// Told are those whom the step told, now or later; nobody, if it was skipped because
	// nobody was on call.
	Told []Recipient
	// Excused are those who need not have been told: they had just passed, or had enough
	// pages. Besides is who may have been told without being meant.
	Excused []Recipient
	Besides string
}

// Against says what is wrong with the claim, given who was on call at its moment; known
// is false where that cannot be said. Empty: nothing, as far as it can be judged. Teams
// and user groups as they were then are not known.
func (c Claim) Against(onCall func(schedule string, at time.Time) (people []string, known bool)) string {
	var meant []Recipient
	for _, t := range c.Targets {
		switch kind, name := t.Split(); kind {
		case ToSchedule:
			people, known := onCall(name, c.At)
			if !known {
				return ""
			}
			for _, p := range people {
				meant = union(meant, []Recipient{{Person: p}})
			}
		case ToPerson:
			meant = union(meant, []Recipient{{Person: name}})
		case ToChannel:
			meant = union(meant, []Recipient{{Channel: name}})
		default:
			return c.missed(meant)
		}
	}
	for _, r := range c.Told {
		if !slices.Contains(meant, r) && (r.Person == "" || r.Person != c.Besides) {
			return fmt.Sprintf("told %s at step %d, which stood for %s at %s.", r, c.Step+1, names(meant), c.At.Format(time.RFC3339))
		}
	}
	return c.missed(meant)
}

// missed names whoever was meant and not told.
func (c Claim) missed(meant []Recipient) string {
	for _, r := range meant {
		if !slices.Contains(c.Told, r) && !slices.Contains(c.Excused, r) {
			return fmt.Sprintf("did not tell %s at step %d, which stood for %s at %s.", r, c.Step+1, names(meant), c.At.Format(time.RFC3339))
		}
	}
	return ""
}

func names(list []Recipient) string {
	if len(list) == 0 {
		return "nobody"
	}
	out := make([]string, len(list))
	for n, r := range list {
		out[n] = r.String()
	}
	return strings.Join(out, ", ")
}

// Claims are those of the page that can be judged, in the order of its steps.
func (x *Expectation) Claims() []Claim { return x.claims }

// claim notes whom a step was taken to stand for. One with a condition may have been
// skipped for that.
func (x *Expectation) claim(e Event) {
	if e.Step < 0 || e.Step >= len(x.pol.Steps) || e.Kind == Skipped && !x.pol.Steps[e.Step].When.IsZero() {
		return
	}
	c := Claim{Step: e.Step, At: e.At, Targets: x.pol.Steps[e.Step].Notify, Excused: slices.Clone(x.passed)}
	for _, s := range e.Spared {
		c.Excused = append(c.Excused, s.Recipient)
	}
	if e.Kind == Stepped {
		c.Told = e.Whom()
		if e.Reason == ByTimeout {
			c.Besides = x.owner
		}
	}
	x.claims = append(x.claims, c)
}

// passing keeps of whom nobody expected an answer any more when the next step was taken.
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
	case Stepped, Contacted:
		if e.Kind == Stepped {
			x.passed = nil
		}
		for n, c := range e.Calls {
			x.told[e.First+n] = c.Recipient
			if c.Stuck {
				x.passed = append(x.passed, c.Recipient)
			}
		}
	}
}
