package bot

import (
	"cmp"
	"context"
	"strings"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// alertShown is an alert with all that is shown beside it.
func (v *views) alertShown(ctx context.Context, id string) (slackui.Alert, error) {
	card, err := v.desk.AlertCard(ctx, id)
	if err != nil {
		return slackui.Alert{}, err
	}
	return v.shownOf(ctx, card), nil
}

// shownOf adds to a card what the configuration, the incident and delivery know. What
// cannot be read is left out: the rest is worth showing.
func (v *views) shownOf(ctx context.Context, card desk.Card) slackui.Alert {
	a := slackui.Alert{Alert: card.Alert, Later: card.Later, Paging: card.Page, Declared: card.Incident, Deploys: card.Deploys, Link: v.alertLink(ctx, card.Alert)}
	if s, ok := v.settings.Service(card.Alert.Service); ok {
		a.Owner, a.SRE = s.Owner, s.SRE
	}
	if h := card.Alert.Hush; h != nil && h.Silence != "" {
		if s, err := v.desk.SilenceOf(ctx, h.Silence); err == nil {
			a.Silence = s
		}
	}
	return a
}

// ofAlert is what a view of the alert must know besides.
func (v *views) ofAlert(a alert.Alert) slackui.Scene {
	s := v.plain()
	s.Help = v.desk.AlertLinks(&a)
	return s
}

// alertTarget is the target of the effect that shows an alert's card.
func alertTarget(id string) string { return "alert/" + id }

// alertLink is the address of an alert's card; empty: it has none of its own, or it is
// not posted yet.
func (v *views) alertLink(ctx context.Context, a alert.Alert) string {
	r := v.alertCard(ctx, a)
	if r.TS == "" {
		return ""
	}
	return v.permalink(r.Channel, r.TS)
}

// alertCard is the message that shows an alert: its own card, that of the alert it
// continues, or that of the storm it is counted in. Without a TS none is posted yet.
func (v *views) alertCard(ctx context.Context, a alert.Alert) receipt {
	r := v.posted(ctx, alertTarget(cmp.Or(a.Continues, a.ID)))
	if a.Storm != "" && r.TS == "" {
		r = v.posted(ctx, "storm/"+a.Storm)
	}
	return r
}

// posted is where a target was posted; without a TS it was not.
func (v *views) posted(ctx context.Context, target string) receipt {
	kept, err := v.store.Receipt(ctx, target)
	if err != nil {
		return receipt{}
	}
	return readReceipt(kept)
}

// placed says in what a page is about where its card is, once it is posted.
func (v *views) placed(ctx context.Context, about paging.About) paging.About {
	if !strings.HasPrefix(about.ID, "ALERT-") {
		return about
	}
	a, _, err := v.desk.AlertAt(ctx, about.ID)
	if err != nil {
		return about // the page is worth more than its link
	}
	if r := v.alertCard(ctx, a); r.TS != "" {
		about.Place.Channel, about.Place.Link = r.Channel, v.permalink(r.Channel, r.TS)
	}
	return about
}
