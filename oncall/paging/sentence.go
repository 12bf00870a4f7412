package paging

import (
	"fmt"
	"strings"
)

// Sentence says in one sentence, without its full stop, what an event was that led to
// the page as it stands. Names gives the name of a person as its reader knows it. An
// unknown kind is shown by its name.
func (p Page) Sentence(e Event, names func(person string) string) string {
	by := names(e.By)
	switch e.Kind {
	case Opened:
		s := p.ID + " was opened for " + e.Subject
		if e.By != "" {
			s += ", asked for by " + by
		}
		return s
	case Escalated:
		return by + " escalated " + p.ID
	case Declined:
		return by + " cannot take " + p.ID
	case AcknowledgedK:
		return by + " acknowledged " + p.ID
	case AnsweredAgain:
		return by + " acknowledged " + p.ID + " too"
	case Renewed:
		return by + " acknowledged " + p.ID + " again"
	case HandedOver:
		return by + " handed " + p.ID + " over to " + names(e.Person)
	case SnoozedK:
		return by + " snoozed " + p.ID + " until " + e.Due.UTC().Format("2006-01-02 15:04 MST")
	case Resumed:
		if e.Reason == BySnooze {
			return p.ID + " comes again: " + by + " had snoozed it until now"
		}
		return p.ID + " comes again: " + by + " acknowledged it, and it did not end in time"
	case EndedK:
		s := p.ID + " ended"
		if e.By != "" {
			s = by + " ended " + p.ID
		}
		if e.Text != "" {
			s += ": " + e.Text
		}
		return s
	}
	return p.running(e, names)
}

// running is an event that nobody has asked for.
func (p Page) running(e Event, names func(string) string) string {
	switch e.Kind {
	case Stepped, Contacted:
		return p.told(e, names)
	case Skipped:
		return "A step of " + p.ID + " was skipped: " + e.Text
	case PolicySpent:
		return "The escalation policy of " + p.ID + " has nobody left: it comes again and again until somebody answers"
	case NoticeSent:
		return "The message to " + p.whom(e.Notice, names) + " was sent"
	case NoticeDelivered:
		return "The message to " + p.whom(e.Notice, names) + " has arrived"
	case NoticeFailed:
		return p.ID + " could not reach " + p.whom(e.Notice, names) + ": " + e.Text
	case NoticePaused:
		return p.whom(e.Notice, names) + " has notifications paused"
	case MediumDown:
		return fmt.Sprintf("%s does not work: what %s tells by it comes when it does", way(e.Method), p.ID)
	case Restated:
		return p.ID + " is about " + e.Facts.Severity + " now"
	case FoldedK:
		s := fmt.Sprintf("%s stands for %d more", p.ID, e.Count)
		if e.Text != "" {
			s += ", the last of them " + e.Text
		}
		return s
	}
	return string(e.Kind)
}

// told says whom a step or a contact has told, and whom not.
func (p Page) told(e Event, names func(string) string) string {
	var said []string
	if whom := e.Whom(); e.Kind == Stepped && len(whom) > 0 {
		s := p.ID + " went to " + listed(whom, names)
		if e.Reason == ByFloor {
			s += ", because nobody else is left to ask"
		}
		said = append(said, s)
	}
	if e.Kind == Contacted && len(e.Calls) > 0 {
		var calls []string
		for _, c := range e.Calls {
			calls = append(calls, withWay(called(c.Recipient, names), c.Method))
		}
		said = append(said, p.ID+" went to "+strings.Join(calls, ", "))
	}
	for _, off := range e.Off {
		said = append(said, names(off)+" is on duty no more, and left in peace")
	}
	for _, s := range e.Spared {
		said = append(said, called(s.Recipient, names)+" was not told, with enough unanswered pages: "+s.On+" counts it")
	}
	switch {
	case len(said) > 0:
		return strings.Join(said, "; ")
	case e.Kind == Contacted:
		return p.ID + " plans whom it tells anew"
	}
	return p.ID + " reaches nobody: neither its escalation policy nor what is told when nobody is left stands for anybody"
}

// whom is who was told by a notice, and how; one that the page has forgotten has its
// number.
func (p Page) whom(notice int, names func(string) string) string {
	n, ok := p.Notice(notice)
	if !ok {
		return fmt.Sprintf("notice %d", notice)
	}
	return withWay(called(n.To, names), n.Method)
}

func withWay(who string, m Method) string {
	if way(m) == Slack {
		return who
	}
	return who + " by " + string(m)
}

func called(r Recipient, names func(string) string) string {
	if r.Channel != "" {
		return r.String()
	}
	return names(r.Person)
}

func listed(list []Recipient, names func(string) string) string {
	var out []string
	for _, r := range list {
		out = append(out, called(r, names))
	}
	if n := len(out) - 1; n > 0 {
		return strings.Join(out[:n], ", ") + " and " + out[n]
	}
	return strings.Join(out, "")
}
