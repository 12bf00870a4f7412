package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// subject is what the desk knows of one kind of thing that pages are about.
type subject interface {
	// lane names the queue in which its pages change.
	lane(id string) string
	// about is what a message of the page shows of it, and the sequence at which it
	// stands: it moves with whatever a message shows.
	about(ctx context.Context, d *Desk, p paging.Page) (paging.About, uint64, error)
	// at is the same sequence as it stands in a unit.
	at(u *unit, p paging.Page) (uint64, error)
	// told carries what has happened to the page onto its own record.
	told(u *unit, p paging.Page, e paging.Event) error
	// answer says in an answer how it stands in a unit.
	answer(u *unit, p paging.Page, a *Answer) error
}

// The prefixes of what pages are about.
const (
	incidentPrefix = "INC"
	testPrefix     = "TEST"
)

// subjectOf says by its id what kind of thing a page is about.
func subjectOf(id string) subject {
	switch prefix, _, _ := strings.Cut(id, "-"); prefix {
	case incidentPrefix:
		return aboutIncident{}
	case alertPrefix:
		return aboutAlert{}
	case testPrefix:
		return aboutTest{}
	}
	return aboutNothing{}
}

// aboutIncident are the pages of incidents.
type aboutIncident struct{}

func (aboutIncident) lane(id string) string { return id }

func (aboutIncident) about(ctx context.Context, d *Desk, p paging.Page) (paging.About, uint64, error) {
	i, seq, err := d.IncidentAt(ctx, p.Subject)
	a := AboutIncident(i)
	a.Links = d.Help(i.Service)
	return a, seq, err
}

// Help is what the configuration knows to look at when the service is broken: its
// runbook, then its dashboards.
func (d *Desk) Help(service string) []paging.Link {
	s, ok := d.Settings.Service(service)
	if !ok {
		return nil
	}
	var out []paging.Link
	if s.Runbook != "" {
		out = append(out, paging.Link{Text: "Runbook", URL: s.Runbook})
	}
	for n, url := range s.Dashboards {
		text := "Dashboard"
		if n > 0 {
			text = fmt.Sprintf("Dashboard %d", n+1)
		}
		out = append(out, paging.Link{Text: text, URL: url})
	}
	return out
}

func (aboutIncident) at(u *unit, p paging.Page) (uint64, error) {
	_, err := u.incident(p.Subject)
	return u.incidents[p.Subject].seq, err
}

func (aboutIncident) answer(u *unit, p paging.Page, a *Answer) (err error) {
	a.Incident = p.Subject
	a.Now, err = u.incident(p.Subject)
	return err
}

// AboutIncident is what a page says of its incident.
func AboutIncident(i incident.Incident) paging.About {
	a := paging.About{ID: i.ID, Title: i.Title, Level: i.Severity.String(), Rank: int(i.Severity), Service: i.Service, State: string(i.Status), Over: !i.Active(), Since: i.Declared,
		Place: paging.Place{State: placeOf[i.Room.State], Channel: i.Room.Channel, Name: i.Room.Name}}
	if i.Active() && i.Answered {
		a.Lead = i.Lead
	}
	switch {
	case a.Over:
	case i.Reopened == 1:
		a.State = "open again"
	case i.Reopened > 1:
		a.State = fmt.Sprintf("open again, reopened %d times", i.Reopened)
	}
	if i.Update != nil {
		a.Update = &paging.Word{Text: i.Update.Text, By: i.Update.By, At: i.Update.At}
	}
	return a
}

var placeOf = map[incident.RoomState]paging.PlaceState{incident.RoomPending: paging.PlacePending, incident.RoomOpen: paging.PlaceChannel, incident.RoomThread: paging.PlaceThread}

// aboutTest are the pages by which people test how they are reached: they have no
// record beside the page.
type aboutTest struct{}

func (aboutTest) lane(id string) string { return id }

func (aboutTest) about(_ context.Context, _ *Desk, p paging.Page) (paging.About, uint64, error) {
	return paging.About{ID: p.Subject, Title: "A test: nothing is wrong. Acknowledge it, so that this way to you is proven", Since: p.Opened, Over: p.Status == paging.Ended}, 0, nil
}

func (aboutTest) at(*unit, paging.Page) (uint64, error) { return 0, nil }

func (aboutTest) told(*unit, paging.Page, paging.Event) error { return nil }

func (aboutTest) answer(*unit, paging.Page, *Answer) error { return nil }

// aboutNothing are pages about something that another release knows, or about a
// page that does not exist: they can be answered all the same.
type aboutNothing struct{ aboutTest }

func (aboutNothing) about(_ context.Context, _ *Desk, p paging.Page) (paging.About, uint64, error) {
	return paging.About{ID: p.Subject, Title: p.Subject, Since: p.Opened, Over: p.Status == paging.Ended}, 0, nil
}

// PageShown returns a page and what it is about as they stood at one moment, which is
// what a message about the page shows, and the sequence of the two together: it moves
// with each event of either.
func (d *Desk) PageShown(ctx context.Context, id string) (paging.Page, paging.About, uint64, error) {
	for {
		p, at, err := d.pageAt(ctx, id)
		if err != nil {
			return p, paging.About{}, 0, err
		}
		about, seq, err := subjectOf(p.Subject).about(ctx, d, p)
		if err != nil {
			return p, about, 0, err
		}
		rec, err := d.Store.Get(ctx, pageRef(id))
		if err != nil {
			return p, about, 0, asRefusal(err, "PAGE", id)
		}
		if rec.Seq == at {
			return p, about, at + seq, nil
		}
	}
}

// things are what people name by an id, by how that begins, and where they find those
// there are.
var things = map[string]struct{ what, see string }{
	"INC":   {"an incident", "`/inc list` shows the incidents that are open."},
	"PAGE":  {"a page", "`/inc show INC-1` shows the pages of an incident, and the Home tab of the app those that wait for you."},
	"ALERT": {"an alert", "`/inc alerts` shows those that are open."},
}

// noSuch says that there is no incident (INC), page (PAGE) or alert (ALERT) of an id;
// one of the others is not denied.
func noSuch(kind, id string) error {
	begins, _, _ := strings.Cut(id, "-")
	shown, want := incident.Clip(id, 40), things[kind]
	if other, ok := things[begins]; ok && begins != kind {
		return refuse(incident.NotFound, "%s is %s, not %s. %s", shown, other.what, want.what, want.see)
	}
	return refuse(incident.NotFound, "There is no %s. %s", shown, want.see)
}

// asRefusal wraps an error of a query for the person who asked.
func asRefusal(err error, kind, id string) error {
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	return noSuch(kind, id)
}
