package desk

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/storage"
)

// The kinds of the effects that show alerts.
const (
	// AlertCardKind shows one alert: its body is a CardRef.
	AlertCardKind = "slack.alert"
	// StormCardKind shows the alerts that have no card of their own: its body is a
	// Storm.
	StormCardKind = "slack.storm"
)

// CardRef names the alert that a card shows, and the channel it is posted in.
type CardRef struct {
	Alert   string `json:"alert"`
	Channel string `json:"channel"`
}

// showAlerts owes that what shows alerts shows those that changed: their cards, and
// the messages of their pages.
func (u *unit) showAlerts() error {
	if err := u.showPages(); err != nil {
		return err
	}
	return u.oweCards()
}

// oweCards owes that the cards of the alerts that changed show them.
func (u *unit) oweCards() error {
	for _, id := range u.alerts.order {
		h := u.alerts.held[id]
		if !slices.ContainsFunc(h.events, func(e storage.Event) bool { return e.Kind != string(alert.WasShown) }) {
			continue // the card does not say that it is there
		}
		if err := u.oweCard(h); err != nil {
			return err
		}
	}
	return nil
}

// oweCard owes the card on which an alert is shown: its own, or that of the alert it
// continues. The card's sequence is that of all of them together, and of the incident.
func (u *unit) oweCard(h *heldAlert) (err error) {
	for h.record.Continues != "" {
		if h, err = u.heldAlert(h.record.Continues); err != nil {
			return err
		}
	}
	first, seq := &h.record, h.seq
	if !u.d.Cards || first.Channel == "" || first.Storm != "" {
		return nil
	}
	for h.record.Continued != "" {
		if h, err = u.heldAlert(h.record.Continued); err != nil {
			return err
		}
		seq += h.seq
	}
	if first.Incident != "" {
		if _, err := u.incident(first.Incident); err != nil {
			return err
		}
		seq += u.incidents[first.Incident].seq
	}
	e, err := cardEffect(first, seq, u.at)
	if err != nil {
		return err
	}
	u.put = append(u.put, e)
	return nil
}

// cardEffect is the effect that an alert's card shows it.
func cardEffect(a *alert.Alert, seq uint64, now time.Time) (storage.Effect, error) {
	body, err := json.Marshal(CardRef{Alert: a.ID, Channel: a.Channel})
	if err != nil {
		return storage.Effect{}, fmt.Errorf("encode effect: %w", err)
	}
	return storage.Effect{Target: cardTarget(a.ID), Level: true, Kind: AlertCardKind, Dest: "slack/alerts/" + a.Channel, Class: storage.Card,
		Record: alertRef(a.ID), Seq: seq, Body: body, Created: now}, nil
}

// cardTarget is the target of the effect that shows an alert's card.
func cardTarget(id string) string { return "alert/" + id }

func alertRef(id string) storage.Ref { return storage.Ref{Kind: AlertKind, ID: id} }

// grew says whether an event shows on the messages of the alert's page.
func grew(k alert.Kind) bool {
	switch k {
	case alert.MemberJoined, alert.MemberFired, alert.MemberResolved, alert.WasWorsened, alert.WasReopened, alert.WasDeclared, alert.WasShown:
		return true
	}
	return false
}

// ReadStorm reads the body of a StormCardKind effect.
func ReadStorm(body []byte) (Storm, error) { return readBody[Storm](body) }

// ReadCardRef reads the body of an AlertCardKind effect.
func ReadCardRef(body []byte) (CardRef, error) { return readBody[CardRef](body) }

// ReadIncidentAlert reads the body of an IncidentAlertKind effect.
func ReadIncidentAlert(body []byte) (IncidentAlert, error) { return readBody[IncidentAlert](body) }

func readBody[B any](body []byte) (B, error) {
	var b B
	if err := json.Unmarshal(body, &b); err != nil {
		return b, fmt.Errorf("decode effect: %w", err)
	}
	return b, nil
}
