package httpd

import (
	"context"
	"fmt"
	"time"

	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
)

// schedules are those of the desk.
func (a API) schedules() Schedules {
	return Schedules{Rota: a.Desk, Now: a.Desk.Now, Pages: a.paged, Known: a.known, Zones: a.ownZones}
}

// known refuses a name that the configuration does not list; no name is nobody.
func (a API) known(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	p, ok := a.Desk.Settings.Person(name)
	if !ok {
		return "", a.Desk.Settings.UnknownPerson(name)
	}
	return p.Name, nil
}

// manyIncidents bounds how far back pages are counted.
const manyIncidents = 10_000

// paged are the pages about incidents that reached people in [from, to).
func (a API) paged(ctx context.Context, from, to time.Time) ([]oncall.Paged, error) {
	incidents, err := a.Desk.Latest(ctx, manyIncidents)
	if err != nil {
		return nil, fmt.Errorf("count pages: %w", err)
	}
	var out []oncall.Paged
	for _, i := range incidents {
		if !i.Declared.Before(to) || !i.Closed.IsZero() && i.Closed.Before(from) {
			continue
		}
		pages, err := a.Desk.PagesOf(ctx, i.ID)
		if err != nil {
			return nil, fmt.Errorf("count pages: %w", err)
		}
		for _, p := range pages {
			out = append(out, reached(p, from, to)...)
		}
	}
	return out, nil
}

func reached(p paging.Page, from, to time.Time) []oncall.Paged {
	var out []oncall.Paged
	for _, n := range p.Notices {
		if n.To.Person != "" && n.Fate == paging.Sent && !n.At.Before(from) && n.At.Before(to) {
			out = append(out, oncall.Paged{Person: n.To.Person, At: n.At})
		}
	}
	return out
}

// ownZones are the zones that people have in the configuration.
func (a API) ownZones() map[string]string {
	zones := map[string]string{}
	for _, p := range a.Desk.Settings.People {
		if p.TimeZone != "" {
			zones[p.Name] = p.TimeZone
		}
	}
	return zones
}
