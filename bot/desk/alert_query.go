package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// AlertKind is the kind of the records of alerts.
const AlertKind = "alert"

// Alert returns one alert; a refusal if there is none.
func (d *Desk) Alert(ctx context.Context, id string) (alert.Alert, error) {
	a, _, err := d.AlertAt(ctx, id)
	return a, err
}

// AlertAt returns one alert and the sequence it stands at.
func (d *Desk) AlertAt(ctx context.Context, id string) (alert.Alert, uint64, error) {
	var a alert.Alert
	rec, err := d.Store.Get(ctx, alertRef(id))
	if errors.Is(err, storage.ErrNotFound) {
		return a, 0, noSuch("ALERT", id)
	}
	if err != nil {
		return a, 0, fmt.Errorf("read %s: %w", id, err)
	}
	if err := json.Unmarshal(rec.Body, &a); err != nil {
		return a, 0, fmt.Errorf("decode %s: %w", rec.Ref, err)
	}
	return a, rec.Seq, nil
}

// Card is what the card of an alert shows.
type Card struct {
	Alert alert.Alert
	// Later are the alerts in which the group goes on.
	Later []alert.Alert
	// Page is the page that tells people of it, if there is one.
	Page paging.Page
	// Incident was declared for it; without an id none was.
	Incident incident.Incident
	// Deploys are the last changes of its service, newest first.
	Deploys []alert.Deploy
	// Seq is what the card shows: it moves with each event of the alerts on it, and of
	// the incident.
	Seq    uint64
	alerts uint64 // of the alerts alone
}

// AlertCard returns what the card of an alert shows.
func (d *Desk) AlertCard(ctx context.Context, id string) (Card, error) {
	var c Card
	var err error
	if c.Alert, c.Seq, err = d.AlertAt(ctx, id); err != nil {
		return c, err
	}
	for next := c.Alert.Continued; next != ""; {
		a, seq, err := d.AlertAt(ctx, next)
		if err != nil {
			return c, err
		}
		c.Later, c.Seq, next = append(c.Later, a), c.Seq+seq, a.Continued
	}
	if c.Alert.Page != "" {
		if c.Page, err = d.PageOf(ctx, c.Alert.Page); err != nil {
			return c, err
		}
	}
	if note := d.goneNote(&c.Alert); note != "" {
		c.Alert.Notes = append(slices.Clip(c.Alert.Notes), note)
	}
	c.alerts = c.Seq
	if id := c.Alert.Incident; id != "" {
		var seq uint64
		if c.Incident, seq, err = d.IncidentAt(ctx, id); err != nil {
			return c, err
		}
		c.Seq += seq
	}
	c.Deploys, err = d.Deploys(ctx, c.Alert.Service)
	return c, err
}

// AlertEvents returns what happened to an alert.
func (d *Desk) AlertEvents(ctx context.Context, id string) ([]alert.Event, error) {
	if _, err := d.Alert(ctx, id); err != nil {
		return nil, err
	}
	stored, err := d.Store.Events(ctx, alertRef(id), 0, 0)
	if err != nil {
		return nil, fmt.Errorf("read events of %s: %w", id, err)
	}
	return decodeAll(stored, decodeAlertEvent)
}

func decodeAlertEvent(s storage.Event) (alert.Event, error) {
	e, err := decodeBody[alert.Event](s)
	e.Seq, e.Kind, e.At, e.Recorded = s.Seq, alert.Kind(s.Kind), s.At, s.Recorded
	return e, err
}

// OpenAlerts returns the alerts that are open, oldest first, after the one with the id
// after (empty: from the first), at most limit.
func (d *Desk) OpenAlerts(ctx context.Context, after string, limit int) ([]alert.Alert, error) {
	if after != "" {
		after = numberKey(after)
	}
	rows, err := d.Store.List(ctx, indexAlerts, "", after, limit)
	if err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	return decodeMany[alert.Alert](rows)
}

// AlertsSince returns the alerts that ended since a time, in the order of their ends,
// at most limit.
func (d *Desk) AlertsSince(ctx context.Context, since time.Time, limit int) ([]alert.Alert, error) {
	rows, err := d.Store.List(ctx, indexAlertsOver, "", endKey(since, ""), limit)
	if err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	return decodeMany[alert.Alert](rows)
}

// Suppressed returns the open alerts that fire and told nobody: silenced, counted on
// the page of another or on a storm's card.
func (d *Desk) Suppressed(ctx context.Context) ([]alert.Alert, error) {
	now := d.Now()
	return d.alertsAs(ctx, func(a *alert.Alert) bool { return a.Silenced(now) || a.Folded || a.Storm != "" })
}

func (d *Desk) alertsAs(ctx context.Context, as func(*alert.Alert) bool) ([]alert.Alert, error) {
	all, err := readAll[alert.Alert](ctx, d.Store, indexAlerts, "")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(a alert.Alert) bool { return !as(&a) }), nil
}

// AlertCounts says how many open alerts there are, and how they stand.
type AlertCounts struct {
	Open     int `json:"open"`
	Silenced int `json:"silenced"`
	// Unanswered are those whose page nobody has answered, Folded those of them that
	// the page of another counts.
	Unanswered int `json:"unanswered"`
	Folded     int `json:"folded"`
	// Stormed have no card of their own.
	Stormed int `json:"stormed"`
	// Gone are resolved by nothing any more: see Desk.Gone. Only lists count them.
	Gone int `json:"gone,omitempty"`
}

// AlertCounts counts the open alerts, as they are known in memory.
func (d *Desk) AlertCounts() AlertCounts {
	now := d.Now().UnixMicro()
	x := d.alerts
	x.mu.RLock()
	defer x.mu.RUnlock()
	var c AlertCounts
	for _, s := range x.known {
		if s.open {
			x.count(&c, s, now)
		}
	}
	return c
}

// Unheard are the alerts for which somebody should have been told by now, and nobody
// was: the auditor's question. It reads at most limit alerts after the key that an
// earlier call returned as next; an empty next is the end.
func (d *Desk) Unheard(ctx context.Context, after string, limit int, now time.Time) (ids []string, next string, err error) {
	rows, err := d.Store.List(ctx, indexAlerts, "", after, limit)
	if err != nil {
		return nil, after, fmt.Errorf("list alerts: %w", err)
	}
	alerts, err := decodeMany[alert.Alert](rows)
	if err != nil {
		return nil, after, err
	}
	pages := map[string]bool{}
	for n := range alerts {
		if told, err := d.toldOf(ctx, &alerts[n], now, pages); err != nil {
			return ids, after, err
		} else if !told {
			ids = append(ids, alerts[n].ID)
		}
	}
	if len(rows) == limit {
		next = rows[len(rows)-1].Key
	}
	return ids, next, nil
}

// StillUnheard says whether nobody was told of an alert even now.
func (d *Desk) StillUnheard(ctx context.Context, id string, now time.Time) (bool, error) {
	a, err := d.Alert(ctx, id)
	if err != nil {
		return false, err
	}
	told, err := d.toldOf(ctx, &a, now, map[string]bool{})
	return !told, err
}

// toldOf says whether somebody is told of an alert, or nobody has to be. Pages are
// those known to go on, or not to.
func (d *Desk) toldOf(ctx context.Context, a *alert.Alert, now time.Time, pages map[string]bool) (bool, error) {
	if a.WantsPage(now) || a.WantsIncident(now) {
		return false, nil
	}
	if !covered(a) {
		return true, nil
	}
	goes, known := pages[a.Page]
	if !known {
		p, err := d.PageOf(ctx, a.Page)
		if err != nil {
			if _, _, refused := Refusal(err); !refused {
				return false, err
			}
		}
		goes = p.Status == paging.Open || p.Status == paging.Acknowledged
		pages[a.Page] = goes
	}
	return goes, nil
}

// missing makes a refusal of what is not there.
func missing(err error, format, id string) error {
	if errors.Is(err, storage.ErrNotFound) {
		return refuse(incident.NotFound, format, incident.Clip(id, 40))
	}
	return err
}
