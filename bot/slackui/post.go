package slackui

import (
	"strings"
	"time"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/incident"
)

// EventPost tells the incident's room what happened, one message for one event.
func EventPost(e incident.Event, s Scene) Message {
	what := s.happened(e)
	if e.Kind == incident.Noted && e.Recorded.Sub(e.At) > time.Minute {
		what += ", for " + around(e.Recorded, e.At)
	}
	body, text := what, what
	if words := said(e); words != "" {
		body += "\n" + quote(words, maxQuote)
		text += ": " + line(words, maxGlimpse)
	}
	blocks := []slack.Block{section(body)}
	if next := s.afterwards(e); next != "" {
		blocks = append(blocks, small(next))
	}
	return Message{Text: text, Blocks: blocks}
}

// happened is the event as a sentence of mrkdwn. Only somebody who must act is
// mentioned: a mention in a new message notifies.
func (s Scene) happened(e incident.Event) string {
	switch e.Kind {
	case incident.LeadSet:
		return s.sentence(e, func(person string) string {
			if person == e.Person && person != e.By.Person {
				return s.mention(person)
			}
			return s.plain(person)
		})
	case incident.Updated:
		return "*Update* by " + e.By.Who(s.plain)
	case incident.WasResolved:
		return "*Resolved* by " + e.By.Who(s.plain)
	case incident.WasReopened:
		return "*Reopened* by " + e.By.Who(s.plain)
	case incident.Noted:
		return "*Note* by " + e.By.Who(s.plain)
	case incident.SeveritySet:
		return "*" + e.Severity.String() + " now*, was " + line(e.Was, 20) + ", by " + e.By.Who(s.plain)
	}
	return s.sentence(e, s.plain)
}

// sentence is an event as one sentence of mrkdwn with its full stop; what it ends
// with may be a sentence of its own.
func (s Scene) sentence(e incident.Event, names incident.Names) string {
	return s.told(e.Kind, strings.TrimRight(incident.Sentence(escaped(e), names), ".!")+".")
}

// told is what a sentence about an event says, with its times in the reader's zone. Only
// those that hold nothing typed have any of ours: a title or a reason stays as it is.
func (s Scene) told(k incident.Kind, sentence string) string {
	switch k {
	case incident.PageSnoozed:
		return s.lastInZone(sentence)
	case incident.WasDown, incident.WasCutOff:
		return s.inZone(sentence)
	}
	return sentence
}

// said is what a person wrote with the event.
func said(e incident.Event) string {
	switch e.Kind {
	case incident.Updated, incident.Noted, incident.WasResolved, incident.WasReopened, incident.SeveritySet, incident.LeadSet:
		return e.Text
	}
	return ""
}

// afterwards is what follows, where it is not plain from the event.
func (s Scene) afterwards(e incident.Event) string {
	switch e.Kind {
	case incident.WasResolved:
		return "Nobody is paged for it any more. Next: " + s.run("close") + ", or " + s.run("reopen <why>") + " if it is back."
	case incident.PageSpent:
		return "Can you take it? " + s.run("ack "+line(e.Page, 20)) + "."
	case incident.Unpaged:
		if e.Answered {
			return ""
		}
		return "Page somebody who can help: " + s.run("page @name") + "."
	case incident.RoomBack:
		return "It goes on in " + room(e.Channel) + "; what was said here stays here."
	case incident.RoomLost:
		return "Commands work here by mentioning the bot: slash commands do not exist in threads."
	}
	return ""
}

// escaped is the event with every text in it made safe for mrkdwn, so that its
// sentence can be made with mentions in it.
func escaped(e incident.Event) incident.Event {
	e.Title = line(e.Title, 2*incident.MaxTitle)
	e.Service = line(e.Service, maxService)
	e.Was = line(e.Was, maxReason)
	e.Text = line(e.Text, maxReason)
	e.Page = line(e.Page, 20)
	e.Kind = incident.Kind(line(string(e.Kind), 40))
	e.Name = line(e.Name, maxName)
	e.Alert = line(e.Alert, 20)
	return e
}
