package httpd

import (
	"context"
	"slices"
	"strings"

	"github.com/watchbill/watchbill/oncall"
)

// schedules are those of the desk.
func (a API) schedules() Schedules {
	return Schedules{Rota: a.Desk, Now: a.Desk.Now, Pages: a.Desk.Paged, Known: a.known, Zones: a.Desk.OwnZones, Takers: a.Desk.Takers, Having: a.having}
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

// having are the schedules on which something stands that has the id.
func (a API) having(ctx context.Context, id string) ([]string, error) {
	all, err := a.Desk.Schedules(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, r := range all {
		stands := slices.ContainsFunc(r.Standing(a.Desk.Now()), func(s oncall.Standing) bool { return strings.EqualFold(s.ID, id) })
		agreed := slices.ContainsFunc(r.Requests, func(q oncall.Request) bool { return strings.EqualFold(q.ID, id) && q.Status == oncall.RequestTaken })
		if stands || agreed {
			names = append(names, r.Name)
		}
	}
	return names, nil
}
