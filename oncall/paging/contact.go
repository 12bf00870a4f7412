package paging

import (
	"fmt"
	"time"
)

// MaxContactAfter is the longest time after a step at which a contact makes sense.
const MaxContactAfter = 24 * time.Hour

// ContactProblem is something wrong with a person's contacts, or with one of them;
// Index is -1 for all together. Fatal: they cannot be used like that.
type ContactProblem struct {
	Index int
	Text  string
	Fatal bool
}

// CheckContacts says what is wrong with the contacts of a person, or odd: above all
// which of them never comes. Contacts are not cut short by the next step of a policy,
// so that each comes unless somebody answers before.
func CheckContacts(list []Contact) []ContactProblem {
	var out []ContactProblem
	add := func(n int, fatal bool, format string, args ...any) {
		out = append(out, ContactProblem{n, fmt.Sprintf(format, args...), fatal})
	}
	soonest := time.Duration(-1)
	for n, c := range list {
		switch {
		case !known[way(c.Method)]:
			add(n, true, "%q is no way to reach anybody", clip(string(c.Method), 40))
		case c.After < 0 || c.After > MaxContactAfter:
			add(n, true, "it would come %s after the page; write 0s to %s", c.After, MaxContactAfter)
		case c.Every != 0 && c.Every < MinWait:
			add(n, true, "it would be repeated every %s; write %s or more", c.Every, MinWait)
		}
		if soonest < 0 || c.After < soonest {
			soonest = c.After
		}
		for m, o := range list[:n] {
			switch {
			case way(o.Method) != way(c.Method):
			case o.After == c.After:
				add(n, false, "it is the same as contact %d, and comes twice at once", m+1)
			case o.Every > 0 && c.After > o.After:
				add(n, false, "it adds nothing: contact %d is repeated every %s from then on", m+1, o.Every)
			}
		}
	}
	if soonest > 0 {
		add(-1, false, "nothing comes at once: the first way is tried %s after the page", soonest)
	}
	return out
}

var known = map[Method]bool{Slack: true, Email: true, SMS: true, Voice: true, Push: true, Webhook: true}

// LateContacts are the contacts, by index, that come only after the next step of a
// policy was taken: they come all the same, but others were asked before.
func LateContacts(list []Contact, p Policy) []int {
	if len(p.Steps) < 2 {
		return nil
	}
	var out []int
	for n, c := range list {
		if c.After >= p.Steps[0].wait() {
			out = append(out, n)
		}
	}
	return out
}
