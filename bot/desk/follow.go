package desk

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// follow does what one event of an incident means for others: people who are
// given a part are invited, pages end with what they are about, a worse severity
// pages, and pages gain the link to the room.
func (u *unit) follow(id string, e incident.Event) error {
	switch e.Kind {
	case incident.LeadSet, incident.PageAcknowledged, incident.PageAnsweredAgain:
		return u.decideIncident(id, incident.Invite{People: []string{e.Person}})
	case incident.PageEnded:
		return u.decidePage(e.Page, paging.End{By: e.By.Person, Why: "the incident is over"})
	case incident.SeveritySet:
		i := u.incidents[id].record
		if i.Severity.Pages() && len(i.Pages) == 0 && i.Unpaged != "" {
			_, err := u.pageByPolicy(id)
			return err
		}
	case incident.RoomOpened, incident.RoomLost:
		for _, page := range u.incidents[id].record.OpenPages() {
			p, err := u.page(page)
			if err != nil {
				return err
			}
			if err := u.showNotices(p, p.Notices); err != nil {
				return err
			}
		}
	}
	return nil
}

// followPage owes the messages that an event of a page asks for, and carries it onto
// the record of what the page is about.
func (u *unit) followPage(p paging.Page, e paging.Event) error {
	var show []paging.Notice
	switch e.Kind {
	case paging.Stepped:
		before := len(p.Notices) - len(e.To)
		show = slices.Concat(p.Notices[before:], lastAsked(p.Notices[:before]))
	case paging.Declined:
		own := slices.DeleteFunc(slices.Clone(p.Notices), func(n paging.Notice) bool { return n.To.Person != e.By })
		show = lastAsked(own)
	case paging.AcknowledgedK, paging.EndedK, paging.FoldedK:
		show = p.Notices
	}
	if err := u.showNotices(p, show); err != nil {
		return err
	}
	if e.Kind == paging.Stepped {
		if err := u.showBeside(p, e); err != nil {
			return err
		}
	}
	return subjectOf(p.Subject).told(u, p, e)
}

// told carries an event of a page onto the timeline of its incident.
func (aboutIncident) told(u *unit, p paging.Page, e paging.Event) error {
	switch e.Kind {
	case paging.Stepped:
		if len(e.To) == 0 {
			return nil
		}
		return u.paged(p, e)
	case paging.AcknowledgedK:
		return u.decideIncident(p.Subject, incident.Acknowledge{By: actor(e), Page: p.ID})
	case paging.EndedK:
		i, err := u.incident(p.Subject)
		if err != nil || !slices.Contains(i.OpenPages(), p.ID) {
			return err
		}
		return u.decideIncident(p.Subject, incident.RecordPage{Kind: incident.PageEnded, By: actor(e), Page: p.ID})
	}
	kind, ok := pageKinds[e.Kind]
	if !ok {
		return nil
	}
	person := e.By
	if n, found := p.Notice(e.Notice); found {
		person = n.To.String()
	}
	return u.decideIncident(p.Subject, incident.RecordPage{Kind: kind, By: actor(e), Page: p.ID, Person: person, Text: e.Text})
}

// lastAsked are the notices of the latest step that may have arrived: what they say
// comes next is true no more once the page has moved on.
func lastAsked(notices []paging.Notice) []paging.Notice {
	var out []paging.Notice
	for n := len(notices) - 1; n >= 0; n-- {
		last := notices[len(notices)-1]
		if notices[n].Step != last.Step || notices[n].Cycle != last.Cycle {
			break
		}
		if notices[n].Fate != paging.Failed {
			out = append(out, notices[n])
		}
	}
	return out
}

// pageKinds are the events of a page that the incident's timeline tells as they
// are.
var pageKinds = map[paging.Kind]incident.Kind{
	paging.Skipped:       incident.PageSkipped,
	paging.PolicySpent:   incident.PageSpent,
	paging.NoticePaused:  incident.PagePaused,
	paging.NoticeFailed:  incident.PageFailed,
	paging.Declined:      incident.PageDeclined,
	paging.Escalated:     incident.PageEscalated,
	paging.AnsweredAgain: incident.PageAnsweredAgain,
}

func (u *unit) paged(p paging.Page, e paging.Event) error {
	whom := make([]string, len(e.To))
	var people []string
	for n, to := range e.To {
		whom[n] = to.String()
		if to.Person != "" {
			people = append(people, to.Person)
		}
	}
	var by incident.Actor
	if p.Turn == 1 {
		by.Person = p.By
	}
	if err := u.decideIncident(p.Subject, incident.RecordPaged{By: by, Page: p.ID, Whom: whom, Step: e.Step + 1}); err != nil {
		return err
	}
	if p.By == "" {
		return nil // those a policy pages are invited when they answer
	}
	return u.decideIncident(p.Subject, incident.Invite{People: people})
}

func actor(e paging.Event) incident.Actor { return incident.Actor{Person: e.By, Via: e.Via} }

// NoticeKind is the kind of the effect that shows one notice of a page.
const NoticeKind = "slack.page"

// Notice names a notice of a page; it is the body of a NoticeKind effect.
type Notice struct {
	Page   string `json:"page"`
	Notice int    `json:"notice"`
}

// showNotices owes, for each notice, that its message shows the page and what it is
// about: it is settled only when neither has moved since. Once the page is answered the
// newest copies change first: Slack takes about one edit in a second.
func (u *unit) showNotices(p paging.Page, notices []paging.Notice) error {
	if len(notices) == 0 {
		return nil
	}
	seq, err := subjectOf(p.Subject).at(u, p)
	if err != nil {
		return err
	}
	class := storage.Page
	if p.Status != paging.Open { // the copy that is read first comes last
		class = storage.Card
		notices = slices.Clone(notices)
		slices.Reverse(notices)
	}
	for _, n := range notices {
		body, err := json.Marshal(Notice{Page: p.ID, Notice: n.N})
		if err != nil {
			return fmt.Errorf("encode effect: %w", err)
		}
		u.put = append(u.put, storage.Effect{Target: fmt.Sprintf("page/%s/%d", p.ID, n.N), Level: true, Kind: NoticeKind,
			Dest: "slack/to/" + n.To.String(), Class: class, Record: storage.Ref{Kind: PageKind, ID: p.ID}, Seq: u.pages[p.ID].seq + seq, Body: body, Created: u.at})
	}
	return nil
}

// pageByPolicy opens the page that the incident's policy asks for, and says why
// if there is none to open.
func (u *unit) pageByPolicy(id string) (pageID string, err error) {
	i, err := u.incident(id)
	if err != nil {
		return "", err
	}
	if !i.Severity.Pages() {
		return "", u.decideIncident(id, incident.RecordUnpaged{Why: i.Severity.String() + " pages on request only."})
	}
	policy, _, ok := u.d.Settings.PolicyFor(i.Service)
	if !ok {
		return "", u.decideIncident(id, incident.RecordUnpaged{Why: noPolicy(i.Service)})
	}
	if onlyReaches(policy, u.d.world(u.at), i.Reporter.Person) {
		return "", u.decideIncident(id, incident.RecordUnpaged{Why: "the person on call declared it and is here."})
	}
	return u.openPage(paging.Begin{Subject: id, Policy: policy, Facts: factsOf(i)})
}

func noPolicy(service string) string {
	if service == "" {
		return "it names no service, and the configuration has no default_escalation."
	}
	return "the configuration has no escalation policy for " + service + "."
}

// factsOf are what a policy may ask of an incident.
func factsOf(i incident.Incident) paging.Facts {
	return paging.Facts{Severity: i.Severity.String(), Service: i.Service}
}

// openPage numbers a page and opens it.
func (u *unit) openPage(b paging.Begin) (string, error) {
	n, err := u.d.Store.Number(u.ctx, "PAGE")
	if err != nil {
		return "", fmt.Errorf("number a page: %w", err)
	}
	b.ID, b.World = fmt.Sprintf("PAGE-%d", n), u.d.world(u.at)
	return b.ID, u.decidePage(b.ID, b)
}

// onlyReaches says whether the first step of a policy that stands for anybody
// stands for this person alone.
func onlyReaches(p paging.Policy, w paging.World, person string) bool {
	for _, s := range p.Steps {
		found, others := false, false
		for _, t := range s.Notify {
			for _, r := range w.Resolve(t) {
				found = found || r.Person == person
				others = others || r.Person != person
			}
		}
		if found || others {
			return found && !others
		}
	}
	return false
}
