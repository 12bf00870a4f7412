package desk

import (
	"context"

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
	f := postmortem.PageFacts{ID: p.ID, Opened: p.Opened, Sent: p.Sent, Spent: p.Spent, AnsweredBy: p.AnsweredBy, Answered: p.Answered}
	events, err := d.PageEvents(ctx, p.ID)
	if err != nil {
		return f, err
	}
	at := map[int]int{}
	for _, e := range events {
		switch e.Kind {
		case paging.Stepped:
			for n, to := range e.To {
				at[e.First+n] = len(f.Notices)
				f.Notices = append(f.Notices, postmortem.NoticeFacts{N: e.First + n, To: to.String(), Step: e.Step + 1, At: e.At, Fate: string(paging.Intended)})
			}
		case paging.NoticeSent, paging.NoticeFailed, paging.NoticePaused:
			n, ok := at[e.Notice]
			if !ok {
				continue
			}
			switch e.Kind {
			case paging.NoticeSent:
				f.Notices[n].Fate = string(paging.Sent)
				if f.FirstNotice.IsZero() {
					f.FirstNotice = e.At
				}
			case paging.NoticeFailed:
				f.Notices[n].Fate = string(paging.Failed)
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
