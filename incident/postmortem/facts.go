package postmortem

import (
	"time"

	"github.com/watchbill/watchbill/incident"
)

// Facts is everything a draft is made from.
type Facts struct {
	Incident incident.Incident
	// Events are all events of the incident, in the order of their sequence.
	Events []incident.Event
	// Pages are the pages opened for the incident, oldest first.
	Pages []PageFacts
	// Services are the services it concerned, as the configuration knows them.
	Services []Service
	// Names gives the form in which people are written; nil: by their role in
	// the incident, and what people wrote is quoted without their names.
	Names incident.Names
	// Aliases are the other forms in which texts name people (Slack user ids,
	// display names, e-mail addresses), each with the person it stands for.
	Aliases map[string]string
	// Version is that of the Watchbill that writes the draft.
	Version string
	// Now is when the draft is written.
	Now time.Time
	// Head is the hash at the head of the incident's chain of events; empty: not
	// known.
	Head []byte
}

// PageFacts is what a draft says about one page.
type PageFacts struct {
	ID     string // PAGE-n
	Opened time.Time
	// FirstNotice is when the first notice was handed over; zero: none was.
	FirstNotice time.Time
	// Sent counts all notices, also those that are not in Notices any more.
	Sent int
	// Spent says that the whole policy was tried without an answer.
	Spent      bool
	AnsweredBy string    // who acknowledged first; empty: nobody did
	Answered   time.Time // when; zero: nobody did
	Notices    []NoticeFacts
}

// NoticeFacts is one attempt to reach one person or place.
type NoticeFacts struct {
	N        int    // counted from 1 within the page
	To       string // a person, or "channel:…"
	Method   string // "sms", "voice", …; empty: Slack
	Step     string // the step of the policy, from "1"; "floor", "handed over"
	At       time.Time
	Fate     string // "intended", "sent", "delivered" or "failed"
	Why      string // why it failed
	Paused   bool   // their notifications were paused
	Declined bool
}

// Service is a service of the catalogue.
type Service struct {
	Name  string
	Owner string // the team that owns it
	SRE   string // the SRE team beside it
}
