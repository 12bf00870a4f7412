package paging

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// Stands says in a sentence how the page stands, with names as name gives them and
// times in the zone.
func (p Page) Stands(name func(person string) string, zone *time.Location) string {
	switch {
	case p.Status == Ended:
		return "It is over: nobody needs to answer any more."
	case p.Status == Acknowledged && p.Snoozed:
		return name(p.Owner) + " has snoozed it until " + oncall.FormatTime(p.Answered, p.Until.In(zone)) + "."
	case p.Status == Acknowledged && p.Owner == p.AnsweredBy:
		return name(p.Owner) + " answered at " + oncall.FormatTime(p.Opened, p.Answered.In(zone)) + "."
	case p.Status == Acknowledged:
		return name(p.Owner) + " has it."
	case !p.Held.IsZero():
		return "Quiet hours hold it back until " + oncall.FormatTime(p.Opened, p.Held.In(zone)) + ": nobody whom it asks is told before."
	case p.Reason == ByHandOver:
		return "It was handed over to " + name(p.Owner) + ", who has not answered yet."
	case p.AnsweredBy != "":
		return "It has come again, and nobody has answered since."
	}
	return "Nobody has answered yet."
}

// Thanks says what the acknowledgement of a person was worth to the page as it stands
// after it: it may have come after that of another, or after the end.
func (p Page) Thanks(person string, name func(person string) string, zone *time.Location) string {
	switch {
	case p.Status == Acknowledged && p.Owner == person && !p.Snoozed:
		return "Recorded: " + p.ID + " is yours. Nobody is paged any more."
	case p.Status == Acknowledged:
		return "Recorded, and " + p.ID + " is not yours: " + p.Stands(name, zone)
	}
	return p.ID + ": " + p.Stands(name, zone) + " Thank you all the same."
}

// DeclinedBefore says to a person who declines an open page once more that they have done
// so, and whom it asks now, with names as name gives them.
func (p Page) DeclinedBefore(person string, name func(person string) string) string {
	var asked []string
	for _, n := range p.Current() {
		if who := name(n.To.Person); n.To.Person != "" && n.To.Person != person && !n.Decline && n.Fate != Failed && !slices.Contains(asked, who) {
			asked = append(asked, who)
		}
	}
	now := "Nobody else is asked now."
	switch len(asked) {
	case 0:
	case 1:
		now = asked[0] + " is asked now."
	default:
		now = strings.Join(asked[:len(asked)-1], ", ") + " and " + asked[len(asked)-1] + " are asked now."
	}
	return name(person) + " has said already that they cannot take " + p.ID + ". " + now
}

// Warning says of an open page that it has reached nobody, and is not going to before a
// medium works again; empty: it has, or may.
func (p Page) Warning() string {
	if p.Status != Open || len(p.Notices) == 0 || slices.ContainsFunc(p.Pending, func(q Pending) bool { return !p.lost(q) }) {
		return ""
	}
	var down []string
	for _, n := range p.Notices {
		switch {
		case n.Fate == Intended && n.Stuck:
			if !slices.Contains(down, string(n.Way())) {
				down = append(down, string(n.Way()))
			}
		case n.Fate != Failed:
			return ""
		}
	}
	if len(down) == 0 {
		return p.ID + " has reached nobody: each way to whom it asks has failed. Reach them yourself."
	}
	return p.ID + " has reached nobody: " + strings.Join(down, " and ") + " does not work at the moment, and those whom it asks have no other way that does. Reach them yourself."
}

// Line is one thing that happened to a page, in words.
type Line struct {
	At   time.Time
	Text string
}

// Who names a person, or with via whoever did something that way; via is empty where
// somebody is only mentioned.
type Who func(person, via string) string

// History tells all that happened to a page: whom each step was to tell and in which ways,
// what became of each message and why, and who answered. Times are in UTC.
func History(events []Event, who Who) []Line {
	h := history{who: who, to: map[int]string{}}
	out := make([]Line, 0, len(events))
	for _, e := range events {
		out = append(out, Line{e.At, h.line(e)})
	}
	return out
}

// Tell tells the last events of the page as it stands after them, as History does.
func (p Page) Tell(events []Event, who Who) []string {
	h := history{who: who, to: map[int]string{}, pol: p.Policy}
	for _, n := range p.Notices {
		h.to[n.N] = h.way(n.To, n.Method)
	}
	var out []string
	for _, e := range events {
		out = append(out, h.line(e))
	}
	return out
}

type history struct {
	who Who
	to  map[int]string // "sre1 by slack", by the numbers of notices
	pol Policy
}

// What people did, what became of notices, and how media stand, in words.
var (
	saidOfPeople = map[Kind]string{Declined: " cannot take it", Escalated: " escalated it", AcknowledgedK: " acknowledged it", AnsweredAgain: " acknowledged it too", Renewed: " is on it still",
		SnoozedK: " snoozed it"}
	saidOfNotices = map[Kind]string{NoticeSent: "sent to ", NoticeDelivered: "delivered to ", NoticeFailed: "failed to ", NoticeDropped: "not sent to ", NoticePaused: "notifications are paused: "}
	saidOfMedia   = map[Kind]string{MediumDown: "%s does not work: what waits for it goes other ways too", MediumDeaf: "%s brings no answers: whoever has other ways is told by them too",
		MediumHeard: "answers come by %s again"}
)

func (h *history) name(person string) string { return h.who(person, "") }

func (h *history) way(to Recipient, m Method) string {
	return h.name(to.String()) + " by " + string(way(m))
}

func (h *history) line(e Event) string {
	by := ""
	if e.By != "" {
		by = h.who(e.By, e.Via)
	}
	if did, ok := saidOfPeople[e.Kind]; ok {
		return by + did + again(e)
	}
	if fate, ok := saidOfNotices[e.Kind]; ok {
		return fate + h.to[e.Notice] + prefixed(": ", e.Text)
	}
	if medium, ok := saidOfMedia[e.Kind]; ok {
		return fmt.Sprintf(medium, way(e.Method))
	}
	switch e.Kind {
	case Opened:
		if e.Policy != nil {
			h.pol = *e.Policy
		}
		if e.By != "" {
			return "opened for " + e.Subject + ", asked for by " + by
		}
		return "opened for " + e.Subject + " by the policy " + h.pol.Name
	case Stepped:
		return h.step(e)
	case Contacted:
		text := prefixed("next: ", h.calls(e))
		for _, off := range e.Off {
			text = join(text, h.name(off)+" is off duty")
		}
		for _, s := range e.Spared {
			text = join(text, h.spared(s))
		}
		return cmp.Or(text, "the ways that come later were planned anew") + held(e) + late(e)
	case Skipped:
		return fmt.Sprintf("step %d is skipped: %s", e.Step+1, e.Text) + prefixed("; ", h.barred(e))
	case PolicySpent:
		return "all steps were tried"
	case HandedOver:
		return by + " handed it over to " + h.name(e.Person)
	case Resumed:
		switch e.Reason {
		case BySnooze:
			return "it comes again: the snooze of " + by + " is over"
		case ByWorse:
			return "it comes again: it has become worse than what " + by + " answered"
		}
		return "it comes again: nothing followed the acknowledgement of " + by
	case Restated:
		return "it is about " + strings.TrimSpace(e.Facts.Severity+" "+e.Facts.Service) + " from now on"
	case Returned:
		return fmt.Sprintf("it goes back to step %d, which was left out and applies by now", e.Step+2)
	case FoldedK:
		return fmt.Sprintf("it stands for %d more: %s", e.Count, e.Text)
	case Hastened:
		return "nobody was reached: it comes again at " + oncall.FormatTime(e.At, e.Due)
	case ClockSetBack:
		return "the clock was set back by " + oncall.FormatDuration(e.Back.Round(time.Second)) + ": what comes next comes that much sooner"
	case EndedK:
		return "ended" + prefixed(" by ", by) + prefixed(": ", e.Text)
	}
	return string(e.Kind)
}

func (h *history) step(e Event) string {
	head := fmt.Sprintf("step %d", e.Step+1)
	switch {
	case e.Step < 0:
		head = "handed over"
	case e.Step >= len(h.pol.Steps):
		head = "nobody else is left to ask"
	}
	whom := h.calls(e)
	for _, q := range e.Pending {
		if q.Turn == e.Turn {
			whom = join(whom, h.name(q.To.String())+" by "+string(q.Way())+" at "+oncall.FormatTime(e.At, q.At))
		}
	}
	for _, s := range e.Spared {
		whom = join(whom, h.spared(s))
	}
	return head + ": " + join(cmp.Or(whom, "nobody"), h.barred(e)) + held(e) + late(e)
}

// barred names the guests whom an event left out.
func (h *history) barred(e Event) string {
	var names []string
	for _, p := range e.Barred {
		names = append(names, h.name(p))
	}
	return prefixed("not told, as guests may not answer: ", strings.Join(names, ", "))
}

func (h *history) spared(s Spared) string {
	return h.name(s.String()) + " is not told, with enough unanswered pages: " + s.On + " counts it"
}

// calls are the messages that go out with an event.
func (h *history) calls(e Event) string {
	var text string
	for n, c := range e.Calls {
		h.to[e.First+n] = h.way(c.Recipient, c.Method)
		one := h.to[e.First+n]
		if c.Stuck {
			one += ", which does not work at the moment"
		}
		if c.Unheard {
			one += ", which brings no answers at the moment"
		}
		text = join(text, one)
	}
	return text
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// again says until when an answer stands.
func again(e Event) string {
	if e.Due.IsZero() {
		return ""
	}
	return ", until " + oncall.FormatTime(e.At, e.Due)
}

// held says until when quiet hours hold back all whom a step asks.
func held(e Event) string {
	if e.Held.IsZero() {
		return ""
	}
	return "; quiet hours hold all of it back until " + oncall.FormatTime(e.At, e.Held) + ", and its wait begins then"
}

func late(e Event) string {
	if e.Late == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s late)", (time.Duration(e.Late) * time.Millisecond).Round(time.Second))
}
