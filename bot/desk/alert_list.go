package desk

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Firing are open alerts as people ask for them.
type Firing struct {
	// List are the first of them: those that are not silenced before those that are,
	// the worst first, of these the newest.
	List []alert.Alert
	AlertCounts
	// Hushed are what silences some of them, whatever silences the most first.
	Hushed []Hushed
}

// Hushed is a silence or a maintenance window, and what it keeps from paging now.
type Hushed struct {
	alert.Hush
	Total  int
	Newest alert.Alert
}

// hushed is the same as the index knows it.
type hushed struct {
	total  int
	newest *standing
}

// FiringOf returns the first open alerts of a service (empty: of all), and counts all
// of them.
func (d *Desk) FiringOf(ctx context.Context, service string, limit int) (Firing, error) {
	return d.firing(ctx, limit, func(s *standing) bool { return service == "" || strings.EqualFold(s.service, service) })
}

// FiringFor is FiringOf for the services that are wanted; "" stands for those alerts
// that have none.
func (d *Desk) FiringFor(ctx context.Context, want func(service string) bool, limit int) (Firing, error) {
	return d.firing(ctx, limit, func(s *standing) bool { return want(s.service) })
}

func (d *Desk) firing(ctx context.Context, limit int, as func(*standing) bool) (Firing, error) {
	if err := d.readAlerts(ctx); err != nil {
		return Firing{}, err
	}
	gone := 0
	ids, counts, hushes := d.alerts.firing(d.Now().UnixMicro(), limit, func(s *standing) bool {
		if !as(s) {
			return false
		}
		if len(d.goneBy(s)) > 0 {
			gone++
		}
		return true
	})
	counts.Gone = gone
	out := Firing{AlertCounts: counts}
	for _, id := range ids {
		a, err := d.Alert(ctx, id)
		if err != nil {
			return out, err
		}
		out.List = append(out.List, a)
	}
	for _, h := range hushes {
		a, err := d.Alert(ctx, h.newest.id)
		if err != nil {
			return out, err
		}
		if a.Hush != nil { // it may have been woken since
			out.Hushed = append(out.Hushed, Hushed{*a.Hush, h.total, a})
		}
	}
	return out, nil
}

// mostHushes is how many silences an answer names.
const mostHushes = 10

// firing names the first open alerts that are as asked, counts them, and says what
// silences the most of them.
func (x *alertIndex) firing(now int64, limit int, as func(*standing) bool) ([]string, AlertCounts, []hushed) {
	var counts AlertCounts
	var open []*standing
	by := map[string]hushed{}
	x.mu.RLock()
	for _, s := range x.known {
		if !s.open || !as(s) {
			continue
		}
		x.count(&counts, s, now)
		open = append(open, s)
		if now < s.hushed {
			h := by[s.hush]
			if h.total++; h.newest == nil || number(s.id) > number(h.newest.id) {
				h.newest = s
			}
			by[s.hush] = h
		}
	}
	x.mu.RUnlock() // what is compared below never changes
	slices.SortFunc(open, func(a, b *standing) int {
		return cmp.Or(cmp.Compare(rankAt(a, now), rankAt(b, now)), cmp.Compare(b.opened, a.opened), cmp.Compare(number(b.id), number(a.id)))
	})
	ids := make([]string, 0, min(limit, len(open)))
	for _, s := range open[:min(limit, len(open))] {
		ids = append(ids, s.id)
	}
	hushes := slices.SortedFunc(maps.Values(by), func(a, b hushed) int {
		return cmp.Or(cmp.Compare(b.total, a.total), cmp.Compare(number(b.newest.id), number(a.newest.id)))
	})
	return ids, counts, hushes[:min(mostHushes, len(hushes))]
}

// rankAt orders alerts for those who look for the worst.
func rankAt(s *standing, now int64) int {
	if now < s.hushed {
		return 10 + s.severity.Rank()
	}
	return s.severity.Rank()
}

// count adds one open alert to the counts.
func (x *alertIndex) count(c *AlertCounts, s *standing, now int64) {
	c.Open++
	if now < s.hushed {
		c.Silenced++
	}
	if p := x.pages.by[s.page]; p != nil && p.state == paging.Open {
		c.Unanswered++
		if s.folded {
			c.Folded++
		}
	}
	if s.storm != "" {
		c.Stormed++
	}
}

// AlertIDsOf names the open alerts that belong to an incident, oldest first, as they
// are known in memory: none before they were read from the store.
func (d *Desk) AlertIDsOf(id string) []string {
	d.alerts.mu.RLock()
	ids := slices.Collect(maps.Keys(d.alerts.incidents.belonging[id]))
	d.alerts.mu.RUnlock()
	slices.SortFunc(ids, byNumber)
	return ids
}

// mostShown is how many alerts of one incident show what becomes of it.
const mostShown = 20

// showAlertsOf owes that the cards of the alerts that belong to an incident show how it
// stands.
func (u *unit) showAlertsOf(id string) error {
	ids := u.d.AlertIDsOf(id)
	for _, alertID := range ids[:min(len(ids), mostShown)] {
		c, err := u.d.AlertCard(u.ctx, alertID)
		if err != nil {
			return err
		}
		a := &c.Alert
		if !u.d.Cards || a.Channel == "" || !a.OwnCard() || a.Incident != id {
			continue
		}
		e, err := cardEffect(a, c.alerts+u.incidents[id].seq, u.at)
		if err != nil {
			return err
		}
		u.put = append(u.put, e)
	}
	return nil
}

// shownOnAlerts says whether the cards of an incident's alerts show an event of it.
func shownOnAlerts(k incident.Kind) bool {
	switch k {
	case incident.LeadSet, incident.SeveritySet, incident.RoomOpened, incident.RoomLost, incident.RoomBack, incident.PageAcknowledged, incident.PageDeclined, incident.WasResolved, incident.WasReopened, incident.WasClosed:
		return true
	}
	return false
}
