package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

func incidentRef(id string) storage.Ref { return storage.Ref{Kind: IncidentKind, ID: id} }

func pageRef(id string) storage.Ref { return storage.Ref{Kind: PageKind, ID: id} }

// queries answer what the store has of incidents and pages. They change nothing.
type queries struct {
	store    storage.Store
	versions *versions
}

// Incident returns one incident; a refusal if there is none.
func (q *queries) Incident(ctx context.Context, id string) (incident.Incident, error) {
	rec, err := q.store.Get(ctx, incidentRef(id))
	if err != nil {
		return incident.Incident{}, asRefusal(err, "INC", id)
	}
	return decode[incident.Incident](q.versions, rec, true)
}

// IncidentAt returns one incident and the sequence it stands at.
func (q *queries) IncidentAt(ctx context.Context, id string) (incident.Incident, uint64, error) {
	rec, err := q.store.Get(ctx, incidentRef(id))
	if err != nil {
		return incident.Incident{}, 0, asRefusal(err, "INC", id)
	}
	i, err := decode[incident.Incident](q.versions, rec, true)
	return i, rec.Seq, err
}

// PageOf returns one page; a refusal if there is none.
func (q *queries) PageOf(ctx context.Context, id string) (paging.Page, error) {
	p, _, err := q.pageAt(ctx, id)
	return p, err
}

func (q *queries) pageAt(ctx context.Context, id string) (paging.Page, uint64, error) {
	rec, err := q.store.Get(ctx, pageRef(id))
	if err != nil {
		return paging.Page{}, 0, asRefusal(err, "PAGE", id)
	}
	p, err := decode[paging.Page](q.versions, rec, true)
	return p, rec.Seq, err
}

// PagesOf returns the pages about an incident, or another subject, oldest first.
func (q *queries) PagesOf(ctx context.Context, id string) ([]paging.Page, error) {
	rows, err := q.store.List(ctx, indexSubject, id+"/", "", 1000)
	if err != nil {
		return nil, fmt.Errorf("list pages of %s: %w", id, err)
	}
	return decodeRows[paging.Page](q.versions, rows)
}

// PageEvents returns what happened to a page.
func (q *queries) PageEvents(ctx context.Context, id string) ([]paging.Event, error) {
	stored, err := q.store.Events(ctx, pageRef(id), 0, 0)
	if err != nil {
		return nil, fmt.Errorf("read events of %s: %w", id, err)
	}
	return decodeAll(stored, decodePageEvent)
}

// Events returns an incident's events in the order in which they were recorded.
func (q *queries) Events(ctx context.Context, id string) ([]incident.Event, error) {
	if _, err := q.Incident(ctx, id); err != nil {
		return nil, err
	}
	stored, err := q.store.Events(ctx, incidentRef(id), 0, 0)
	if err != nil {
		return nil, fmt.Errorf("read events of %s: %w", id, err)
	}
	return decodeAll(stored, decodeIncidentEvent)
}

func decodeAll[E any](stored []storage.Event, decode func(storage.Event) (E, error)) ([]E, error) {
	out := make([]E, len(stored))
	for n, s := range stored {
		e, err := decode(s)
		if err != nil {
			return nil, err
		}
		out[n] = e
	}
	return out, nil
}

// ChainHead returns the hash that the incident's events lead to.
func (q *queries) ChainHead(ctx context.Context, id string) ([]byte, error) {
	rec, err := q.store.Get(ctx, incidentRef(id))
	if err != nil {
		return nil, asRefusal(err, "INC", id)
	}
	return rec.Head, nil
}

// Live returns the incidents that are not closed, oldest first, at most limit.
func (q *queries) Live(ctx context.Context, limit int) ([]incident.Incident, error) {
	return q.list(ctx, indexLive, limit)
}

// Worst returns the incidents that are not closed in the order in which somebody must see
// them: what is open before what is only resolved, the worst first, of a severity the
// newest first. A new outage must not stand behind old ones that nobody closed.
func (q *queries) Worst(ctx context.Context) ([]incident.Incident, error) {
	live, err := q.Live(ctx, 10_000)
	if err != nil {
		return nil, err
	}
	slices.Reverse(live)
	slices.SortStableFunc(live, func(a, b incident.Incident) int {
		switch {
		case a.Active() != b.Active() && a.Active():
			return -1
		case a.Active() != b.Active():
			return 1
		}
		return cmp.Compare(a.Severity, b.Severity)
	})
	return live, nil
}

// Sequence is a record and the sequence at which it stands.
type Sequence struct {
	ID  string
	Seq uint64
}

// LiveSequences returns how far the incidents that Live returns have come.
func (q *queries) LiveSequences(ctx context.Context, limit int) ([]Sequence, error) {
	rows, err := q.store.List(ctx, indexLive, "", "", limit)
	if err != nil {
		return nil, fmt.Errorf("list incidents: %w", err)
	}
	out := make([]Sequence, len(rows))
	for n, r := range rows {
		out[n] = Sequence{r.ID, r.Seq}
	}
	return out, nil
}

// IncidentsAsked says which incidents are asked for.
type IncidentsAsked struct {
	// Closed asks for those that are closed too, newest first; without, it is those that
	// are not, oldest first.
	Closed bool
	// After is the id of an incident: only those that come after it in that order; empty:
	// from the first.
	After string
	// Since is when they were declared at the earliest; zero: at any time.
	Since time.Time
	// Want says which others to leave out; nil: none.
	Want func(incident.Incident) bool
}

// Incidents returns those that are asked for, at most limit.
func (q *queries) Incidents(ctx context.Context, asked IncidentsAsked, limit int) ([]incident.Incident, error) {
	const atOnce = 500
	index, after := indexLive, ""
	if asked.After != "" {
		after = padded(number(asked.After))
	}
	if asked.Closed {
		if index = indexAll; asked.After != "" {
			after = newestFirst(asked.After)
		}
	}
	var out []incident.Incident
	for {
		rows, err := q.store.List(ctx, index, "", after, atOnce)
		if err != nil {
			return nil, fmt.Errorf("list incidents: %w", err)
		}
		list, err := decodeRows[incident.Incident](q.versions, rows)
		if err != nil {
			return nil, err
		}
		for _, i := range list {
			switch {
			case i.Declared.Before(asked.Since):
				continue
			case asked.Want == nil || asked.Want(i):
				out = append(out, i)
			}
			if len(out) == limit {
				return out, nil
			}
		}
		if len(rows) < atOnce {
			return out, nil
		}
		after = rows[len(rows)-1].Key
	}
}

// Latest returns incidents of any status, newest first, at most limit.
func (q *queries) Latest(ctx context.Context, limit int) ([]incident.Incident, error) {
	return q.list(ctx, indexAll, limit)
}

func (q *queries) list(ctx context.Context, index string, limit int) ([]incident.Incident, error) {
	rows, err := q.store.List(ctx, index, "", "", limit)
	if err != nil {
		return nil, fmt.Errorf("list incidents: %w", err)
	}
	return decodeRows[incident.Incident](q.versions, rows)
}

func decodeRows[T any](k *versions, rows []storage.Row) ([]T, error) {
	out := make([]T, len(rows))
	for n, r := range rows {
		var err error
		if out[n], err = decode[T](k, r.Record, false); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// OpenPages returns the pages that nobody has answered, oldest first.
func (q *queries) OpenPages(ctx context.Context, limit int) ([]paging.Page, error) {
	rows, err := q.store.List(ctx, indexOpen, "", "", limit)
	if err != nil {
		return nil, fmt.Errorf("list open pages: %w", err)
	}
	return decodeRows[paging.Page](q.versions, rows)
}

// PagesHeldBy returns the pages that a person has taken and that are not over, snoozed
// ones too, oldest first, at most limit.
func (q *queries) PagesHeldBy(ctx context.Context, person string, limit int) ([]paging.Page, error) {
	rows, err := q.store.List(ctx, indexOwned, ownedKey(person), "", limit)
	if err != nil {
		return nil, fmt.Errorf("list pages of %s: %w", person, err)
	}
	pages, err := decodeRows[paging.Page](q.versions, rows)
	return slices.DeleteFunc(pages, func(p paging.Page) bool { return p.Owner != person }), err
}

// Running is a page that still does something by itself, and the sequence at which it
// stands.
type Running struct {
	paging.Page
	Seq uint64
}

// RunningPages returns the pages that nobody has answered, and those that were and come
// again, oldest first of each, at most limit of each.
func (q *queries) RunningPages(ctx context.Context, limit int) ([]Running, error) {
	var out []Running
	for _, index := range []string{indexOpen, indexTimed} {
		rows, err := q.store.List(ctx, index, "", "", limit)
		if err != nil {
			return nil, fmt.Errorf("list running pages: %w", err)
		}
		pages, err := decodeRows[paging.Page](q.versions, rows)
		if err != nil {
			return nil, err
		}
		for n, p := range pages {
			out = append(out, Running{p, rows[n].Seq})
		}
	}
	return out, nil
}

// PagesOpenedSince returns the ids of the pages that were opened after a time, oldest
// first, at most limit.
func (q *queries) PagesOpenedSince(ctx context.Context, since time.Time, limit int) ([]string, error) {
	rows, err := q.store.List(ctx, indexOpened, "", openedKey(since), limit)
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	out := make([]string, len(rows))
	for n, r := range rows {
		out[n] = r.ID
	}
	return out, nil
}

// InChannel returns the incident whose room the Slack channel is.
func (q *queries) InChannel(ctx context.Context, channel string) (incident.Incident, bool, error) {
	if channel == "" {
		return incident.Incident{}, false, nil
	}
	rows, err := q.store.List(ctx, indexChannel, channel, "", 2)
	if err != nil {
		return incident.Incident{}, false, fmt.Errorf("look for the incident of channel %s: %w", channel, err)
	}
	for _, r := range rows {
		if r.Key == channel {
			i, err := decode[incident.Incident](q.versions, r.Record, true)
			return i, err == nil, err
		}
	}
	return incident.Incident{}, false, nil
}

// NewestOpenPage is the newest page of an incident that nobody has answered.
func NewestOpenPage(i incident.Incident) (string, error) {
	open := i.OpenPages()
	if len(open) == 0 {
		return "", refuse(incident.Conflict, "No page of %s is open: nobody is waited for.", i.ID)
	}
	return open[len(open)-1], nil
}
