package postmortem

import (
	"fmt"
	"strings"
	"time"

	"github.com/watchbill/watchbill/incident"
)

var start = time.Date(2026, 3, 4, 14, 33, 0, 0, time.UTC)

// story records an incident by deciding and applying commands as the desk does.
type story struct {
	i      incident.Incident
	events []incident.Event
	now    time.Time
}

func begin(title, service string) *story {
	s := &story{now: start}
	s.do(incident.Declare{By: who("dev1"), ID: "INC-1", Title: title, Severity: 2, Service: service, Channel: "inc-1"})
	return s
}

func who(person string) incident.Actor { return incident.Actor{Person: person, Via: "slack"} }

func (s *story) after(d time.Duration) *story {
	s.now = s.now.Add(d)
	return s
}

func (s *story) do(c incident.Command) *story {
	events, err := incident.Decide(s.i, c, s.now)
	if err != nil {
		panic(fmt.Sprintf("%T: %v", c, err))
	}
	for _, e := range events {
		e.Seq = uint64(len(s.events) + 1)
		s.events = append(s.events, e)
		s.i = incident.Apply(s.i, e)
	}
	return s
}

func (s *story) facts() Facts {
	return Facts{Incident: s.i, Events: s.events, Version: "v0.1.0", Now: s.now.Add(time.Minute), Head: []byte{0x9f, 0x2c}}
}

func ts(t time.Time) string { return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000) }

func simple() Facts {
	s := begin("checkout returns 503", "checkout")
	s.do(incident.SetLead{Person: "sre1"})
	s.do(incident.RecordPaged{Page: "PAGE-1", Whom: []string{"sre1"}, Step: 1})
	s.after(2 * time.Minute).do(incident.Acknowledge{By: who("sre1"), Page: "PAGE-1"})
	s.after(time.Minute).do(incident.Update{By: who("sre1"), Text: "Payments fail in eu-west.\nLooking at the gateway with dev1."})
	s.do(incident.Note{By: who("dev1"), Text: "deploy 4711 went out", At: s.now.Add(-20 * time.Minute)})
	s.after(15 * time.Minute).do(incident.SetSeverity{By: who("sre1"), Severity: 1})
	s.after(3*time.Minute + 500*time.Millisecond).do(incident.Resolve{By: who("sre1"), Text: "rolled back 4711"})
	s.after(time.Hour).do(incident.Close{By: who("sre1")})
	f := s.facts()
	f.Services = []Service{{Name: "checkout", Owner: "checkout-dev", SRE: "sre-core"}}
	f.Pages = []PageFacts{{ID: "PAGE-1", Opened: start, FirstNotice: start, Sent: 1, AnsweredBy: "sre1", Answered: start.Add(2 * time.Minute),
		Notices: []NoticeFacts{{N: 1, To: "sre1", Step: "1", At: start, Fate: "sent"}}}}
	return f
}

func reopened() Facts {
	s := begin("search is slow", "search")
	s.do(incident.SetLead{By: who("dev1"), Person: "dev1"})
	s.after(30 * time.Minute).do(incident.Resolve{By: who("dev1")})
	s.after(10 * time.Minute).do(incident.Reopen{By: who("sre1"), Text: "errors are back in eu-west"})
	s.do(incident.SetLead{By: who("sre1"), Person: "sre1"})
	s.after(20 * time.Minute).do(incident.Resolve{By: who("sre1"), Text: "index rebuilt"})
	s.after(time.Minute).do(incident.Close{By: who("sre1")})
	return s.facts()
}

func nobodyPaged() Facts {
	s := begin("the wiki is down", "")
	s.do(incident.RecordUnpaged{Why: "no escalation policy is set for incidents without a service"})
	s.after(5 * time.Minute).do(incident.Close{By: who("dev1")})
	return s.facts()
}

func withdrawn() Facts {
	s := begin("logins fail", "login")
	at := ts(start.Add(90 * time.Second))
	pin := incident.MarkPin{By: who("sre1"), How: "pushpin", Channel: "C1", TS: at, On: true, EventTS: "1772634900.000001"}
	s.after(5 * time.Minute).do(pin)
	s.do(incident.FillPin{Channel: "C1", TS: at, Author: "dev2", Text: "it is the database, I think", Link: "https://example.slack.com/archives/C1/p1"})
	s.do(incident.EditPin{Channel: "C1", TS: at, By: who("dev2"), Text: "it may be the database"})
	pin.On, pin.EventTS = false, "1772634960.000001"
	s.after(time.Minute).do(pin)
	s.do(incident.Resolve{By: who("sre1"), Text: "certificates renewed"})
	return s.facts()
}

const nasty = "x\n# Root cause: dev1\n---\n<!--P--> <script>alert(1)</script> [a](javascript:alert(1)) ![i](https://evil.example/i.png) https://evil.example/ www.evil.example <!channel> <@U0DEV1> |cell| `code` ~~no~~ **bold** \u202egnp.exe \x00\x1b[31m \"q\": {{.}} mailto:dev1@example.com"

func hostile() Facts {
	s := begin(nasty, nasty)
	s.do(incident.SetLead{By: who("dev1"), Person: nasty})
	s.do(incident.RecordPaged{Page: "PAGE-1", Whom: []string{nasty, "channel:" + nasty}, Step: 1})
	s.do(incident.RecordPage{Kind: incident.PageFailed, Page: "PAGE-1", Person: nasty, Text: nasty})
	s.do(incident.Update{By: who("dev1"), Text: nasty})
	s.do(incident.HearAlert{Alert: "ALERT-3", Title: nasty})
	s.do(incident.MarkPin{By: who(nasty), How: "pin", Channel: "C1", TS: ts(start), On: true, EventTS: "1"})
	s.do(incident.FillPin{Channel: "C1", TS: ts(start), Author: nasty, Text: nasty, Link: "javascript:alert(1)"})
	s.do(incident.Resolve{By: who("dev1"), Text: nasty})
	s.events = append(s.events, incident.Event{Seq: 99, Kind: incident.Kind(nasty), At: s.now, Recorded: s.now, Text: nasty})
	f := s.facts()
	f.Services = []Service{{Name: nasty, Owner: nasty, SRE: nasty}}
	f.Version = nasty
	f.Names = incident.PlainNames
	f.Pages = []PageFacts{{ID: nasty, AnsweredBy: nasty, Notices: []NoticeFacts{{To: nasty, Fate: nasty}}}}
	return f
}

func zeroPages() Facts {
	s := begin("disk is filling up", "storage")
	s.do(incident.SetLead{By: who("dev1"), Person: "dev1"})
	s.do(incident.HearAlert{Alert: "ALERT-3", Title: "disk of db-1 is 90 % full"})
	s.after(25 * time.Minute).do(incident.Note{By: who("dev1"), Text: strings.Repeat("long ", 40)})
	s.do(incident.HearAlert{Alert: "ALERT-3", Title: "disk of db-1 is 90 % full", Over: true})
	s.after(5 * time.Minute).do(incident.Resolve{By: who("dev1"), Text: "logs rotated"})
	s.do(incident.Close{By: who("dev1")})
	return s.facts()
}

func unanswered() Facts {
	s := begin("payments time out", "payments")
	s.do(incident.SetLead{Person: "sre1"})
	s.do(incident.RecordPaged{Page: "PAGE-1", Whom: []string{"sre1"}, Step: 1})
	s.do(incident.RecordPage{Kind: incident.PagePaused, Page: "PAGE-1", Person: "sre1"})
	s.do(incident.RecordPaged{Page: "PAGE-1", Whom: []string{"sre2", "channel:incidents"}, Step: 2})
	s.after(5 * time.Minute).do(incident.RecordPage{Kind: incident.PageSpent, Page: "PAGE-1"})
	s.do(incident.LoseRoom{Why: "the channel was archived"}).do(incident.FailDelivery{What: "the card of INC-1"})
	f := s.facts()
	f.Pages = []PageFacts{{ID: "PAGE-1", Opened: start, FirstNotice: start, Sent: 64, Spent: true, Notices: []NoticeFacts{
		{N: 1, To: "sre1", Step: "1", At: start, Fate: "sent", Paused: true}, {N: 2, To: "sre2", Step: "2", At: start, Fate: "failed"},
		{N: 3, To: "channel:incidents", Step: "2", At: start, Fate: "intended"}, {N: 4, To: "sre3", Step: "2", At: start, Fate: "sent", Declined: true}}}}
	return f
}

func stories() map[string]Facts {
	return map[string]Facts{"simple": simple(), "reopened": reopened(), "nobody-paged": nobodyPaged(), "withdrawn": withdrawn(),
		"hostile": hostile(), "zero-pages": zeroPages(), "unanswered": unanswered(), "empty": {}}
}
