package paging

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Act is what a page did at the moment of a claim.
type Act string

// The acts.
const (
	Took     Act = "took"     // a step of its policy
	Left     Act = "left"     // a step of its policy out
	Floored  Act = "floored"  // to its floor
	Handed   Act = "handed"   // to somebody
	Relieved Act = "relieved" // who went off duty meanwhile, by whoever came
	Missed   Act = "missed"   // to go back to a step that was left out, when what it was about changed
	Stands   Act = "stands"   // at a step of its policy, or its floor, with whoever came on duty told
)

// Claim is whom a page took something to stand for at a moment. It is judged by somebody
// else's knowledge of that moment.
type Claim struct {
	Act  Act
	Step int // from 0: what was taken, left out or missed, or where somebody was relieved; else none
	Moment
	// Told are those who were told, now or later.
	Told []Recipient
	// Excused are those who need not have been told: they had just passed, had enough
	// pages, or were told before.
	Excused []Recipient
	// Spared are those of them who had enough pages.
	Spared []Spared
	// Besides is who is told without being meant: whose acknowledgement is over.
	Besides string
	// To is to whom it was handed.
	To string
	// Since is when the step was taken at which the page stands.
	Since time.Time
	// Off are those who were left in peace, each with the steps for which they had been
	// told or were to be.
	Off []Off
}

// Off is somebody who was left in peace.
type Off struct {
	Person string
	Steps  []int // from 0; what is none was meant for them by name
}

// Verdict is what is wrong with a claim. Open says why it could not be judged, or not
// wholly; empty: it was.
type Verdict struct {
	Wrong, Open string
}

// Against judges the claim by what a witness knows.
func (c Claim) Against(w Witness) Verdict {
	for _, s := range c.Spared {
		if yes, known := w.StandsFor(s.On, c.Moment, s.Recipient); known && !yes {
			return Verdict{Wrong: fmt.Sprintf("spared %s at %s, %s, because of %s, which cannot stand for it.", s.Recipient, c.at(), c.At.Format(time.RFC3339), s.On)}
		}
	}
	return c.whom(w)
}

// whom judges whom the page told.
func (c Claim) whom(w Witness) Verdict {
	switch c.Act {
	case Handed:
		return c.compare(meant{must: []Recipient{{Person: c.To}}})
	case Floored:
		return c.compare(w.floor(c.Moment))
	case Relieved:
		return c.relief(w)
	case Stands:
		return c.standing(w)
	}
	step := c.Policy.Steps[c.Step]
	applied, sure := w.applies(step.When, c.Facts, c.At)
	m := w.stands(step.Notify, c.At)
	switch {
	case !sure:
		return Verdict{Open: "whether " + c.at() + " applied then is not known"}
	case applied && c.Act == Missed:
		return c.missed(m)
	case applied:
		return c.compare(m)
	case c.Act == Left || c.Act == Missed:
		return Verdict{}
	}
	return Verdict{Wrong: fmt.Sprintf("told %s at %s, which did not apply at %s: it is only %s, and the page had the severity %q, the service %q.",
		names(c.Told), c.at(), c.At.Format(time.RFC3339), step.When, c.Facts.Severity, c.Facts.Service)}
}

// compare holds those who were told against those who were meant.
func (c Claim) compare(m meant) Verdict {
	must := slices.Clone(m.must)
	if c.Besides != "" {
		must = union(must, []Recipient{{Person: c.Besides}})
	}
	for _, r := range must {
		if !slices.Contains(c.Told, r) && !slices.Contains(c.Excused, r) {
			return Verdict{fmt.Sprintf("did not tell %s at %s, which stood for %s at %s: it told %s.", r, c.at(), names(must), c.At.Format(time.RFC3339), names(c.Told)), m.open}
		}
	}
	if m.open != "" {
		return Verdict{Open: m.open}
	}
	for _, r := range c.Told {
		if !slices.Contains(must, r) && !slices.Contains(m.may, r) {
			return Verdict{Wrong: fmt.Sprintf("told %s at %s, which stood for %s at %s.", r, c.at(), names(must), c.At.Format(time.RFC3339))}
		}
	}
	return Verdict{}
}

// missed judges that the step was for nobody.
func (c Claim) missed(m meant) Verdict {
	if len(m.must) == 0 {
		return Verdict{Open: m.open}
	}
	return Verdict{Wrong: fmt.Sprintf("did not go back to %s, which was left out before and stood for %s at %s, when the page got the severity %q, the service %q.",
		c.at(), names(m.must), c.At.Format(time.RFC3339), c.Facts.Severity, c.Facts.Service)}
}

// relief judges that somebody went off duty, and who came: whether or not the step would
// still be taken.
func (c Claim) relief(w Witness) Verdict {
	for _, off := range c.Off {
		rightly, open := false, ""
		for _, n := range off.Steps {
			if n < 0 {
				continue
			}
			switch m := c.meant(w, n); {
			case slices.Contains(m.must, Recipient{Person: off.Person}):
			case m.open != "":
				open = m.open
			case len(m.must) > 0: // somebody stood there in their place
				rightly = true
			}
		}
		switch {
		case rightly:
		case open != "":
			return Verdict{Open: open}
		default:
			return Verdict{Wrong: fmt.Sprintf("left %s in peace at %s, and nobody else was meant in their place.", off.Person, c.At.Format(time.RFC3339))}
		}
	}
	if c.Step < 0 {
		if len(c.Told) > 0 {
			return Verdict{Wrong: fmt.Sprintf("told %s at %s in the place of somebody, and nobody can be relieved at %s.", names(c.Told), c.At.Format(time.RFC3339), c.at())}
		}
		return Verdict{}
	}
	return c.compare(c.meant(w, c.Step))
}

// meant are those whom a step, or the floor, stood for.
func (c Claim) meant(w Witness, step int) meant {
	if step >= len(c.Policy.Steps) {
		return w.floor(c.Moment)
	}
	return w.stands(c.Policy.Steps[step].Notify, c.At)
}

// duty are the schedules of the step, or of the floor: its own and those of the last step
// that applied, if that did all the time.
func (c Claim) duty(w Witness) []Target {
	list := c.Policy.Floor
	if c.Step < len(c.Policy.Steps) {
		list = c.Policy.Steps[c.Step].Notify
	} else if n := w.last(c.Moment); n >= 0 {
		if since, sure := w.applies(c.Policy.Steps[n].When, c.Facts, c.Since); since && sure {
			list = slices.Concat(list, c.Policy.Steps[n].Notify)
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(t Target) bool { kind, _ := t.Split(); return kind != ToSchedule })
}

// standing judges that whoever has come on duty on a schedule since the step was told.
func (c Claim) standing(w Witness) Verdict {
	schedules := c.duty(w)
	before, now := w.stands(schedules, c.Since), w.stands(schedules, c.At)
	if before.open != "" || now.open != "" {
		return Verdict{}
	}
	for _, r := range now.must {
		if !slices.Contains(before.must, r) && !slices.Contains(c.Told, r) {
			return Verdict{Wrong: fmt.Sprintf("has not told %s, who came on duty for %s before %s.", r, c.at(), c.At.Format(time.RFC3339))}
		}
	}
	return Verdict{}
}

// at names where the page was.
func (c Claim) at() string {
	switch {
	case c.Act == Handed || c.Step < 0:
		return "its hand-over"
	case c.Act == Floored || c.Step >= len(c.Policy.Steps):
		return "its floor"
	}
	return fmt.Sprintf("step %d", c.Step+1)
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
