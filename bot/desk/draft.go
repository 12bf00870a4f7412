package desk

import (
	"context"
	"strconv"

	"github.com/watchbill/watchbill/incident/postmortem"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Draft writes the postmortem draft of an incident. People are named by their
// roles.
func (d *Desk) Draft(ctx context.Context, id, version string) (postmortem.Draft, error) {
	i, err := d.Incident(ctx, id)
	if err != nil {
		return postmortem.Draft{}, err
	}
	events, err := d.Events(ctx, id)
	if err != nil {
		return postmortem.Draft{}, err
	}
	pages, err := d.PagesOf(ctx, id)
	if err != nil {
		return postmortem.Draft{}, err
	}
	head, err := d.ChainHead(ctx, id)
	if err != nil {
		return postmortem.Draft{}, err
	}
	f := postmortem.Facts{Incident: i, Events: events, Version: version, Now: d.Now(), Head: head, Aliases: d.People.Aliases()}
	if s, ok := d.Settings.Service(i.Service); ok {
		f.Services = append(f.Services, postmortem.Service{Name: s.Name, Owner: s.Owner, SRE: s.SRE})
	}
	for _, p := range pages {
		facts, err := d.pageFacts(ctx, p)
		if err != nil {
			return postmortem.Draft{}, err
		}
		f.Pages = append(f.Pages, facts)
	}
	return postmortem.New(f), nil
}

// pageFacts reads what became of each notice from the page's events: the record
// keeps only the last ones.
func (d *Desk) pageFacts(ctx context.Context, p paging.Page) (postmortem.PageFacts, error) {
	f := postmortem.PageFacts{ID: p.ID, Opened: p.Opened, Sent: p.Sent, AnsweredBy: p.AnsweredBy, Answered: p.Answered}
	events, err := d.PageEvents(ctx, p.ID)
	if err != nil {
		return f, err
	}
	at := map[int]int{}
	for _, e := range events {
		switch e.Kind {
		case paging.PolicySpent:
			f.Spent = true
		case paging.Stepped, paging.Contacted:
			for n, c := range e.Calls {
				at[e.First+n] = len(f.Notices)
				f.Notices = append(f.Notices, postmortem.NoticeFacts{N: e.First + n, To: c.Recipient.String(), Method: string(c.Method), Step: stepName(p, c.Step),
					At: e.At, Fate: string(paging.Intended)})
			}
		case paging.NoticeSent, paging.NoticeDelivered, paging.NoticeFailed, paging.NoticeDropped, paging.NoticePaused:
			n, ok := at[e.Notice]
			if !ok {
				continue
			}
			switch e.Kind {
			case paging.NoticeSent, paging.NoticeDelivered:
				f.Notices[n].Fate = string(fateOf[e.Kind])
				if f.FirstNotice.IsZero() {
					f.FirstNotice = e.At
				}
			case paging.NoticeFailed, paging.NoticeDropped:
				f.Notices[n].Fate, f.Notices[n].Why = string(paging.Failed), e.Text
			case paging.NoticePaused:
				f.Notices[n].Paused = true
			}
		case paging.Declined:
			for n := range f.Notices {
				f.Notices[n].Declined = f.Notices[n].Declined || f.Notices[n].To == e.By
			}
		}
	}
	return f, nil
}

var fateOf = map[paging.Kind]paging.Fate{paging.NoticeSent: paging.Sent, paging.NoticeDelivered: paging.Delivered}

// stepName is a step as people count it: from 1, or what else it was.
func stepName(p paging.Page, step int) string {
	switch {
	case step < 0:
		return "handed over"
	case step >= len(p.Policy.Steps):
		return "floor"
	}
	return strconv.Itoa(step + 1)
}
