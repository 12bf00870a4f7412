package paging

import (
	"fmt"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// OddContact is what is odd with the contacts of a person, as a sentence about the one
// at Index; -1 is all of them.
type OddContact struct {
	Index int
	Text  string
}

// OddContacts says what is odd with the contacts of a person: those that come for
// nothing, and that none comes at once. No contact is cut short by the next step of a
// policy, so that whatever is not odd comes, unless somebody answers before.
func OddContacts(list []Contact) []OddContact {
	var out []OddContact
	soonest := time.Duration(-1)
	for n, c := range list {
		if soonest < 0 || c.After < soonest {
			soonest = c.After
		}
		for m, o := range list[:n] {
			switch {
			case way(o.Method) != way(c.Method):
			case o.After == c.After:
				out = append(out, OddContact{n, fmt.Sprintf("it is the same as entry %d, and comes twice at once", m+1)})
			case o.Every > 0 && c.After > o.After:
				out = append(out, OddContact{n, fmt.Sprintf("it adds nothing: entry %d is repeated every %s from then on", m+1, oncall.FormatDuration(o.Every))})
			}
		}
	}
	if soonest > 0 {
		out = append(out, OddContact{-1, fmt.Sprintf("nothing comes at once: the first way is tried %s after the page", oncall.FormatDuration(soonest))})
	}
	return out
}
