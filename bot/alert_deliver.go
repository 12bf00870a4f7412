package bot

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/storage"
)

// alertDelivery delivers what alerts owe to their channels.
type alertDelivery struct {
	settings *configs.Config
	desk     *desk.Desk
	store    storage.Store
	client   *slackio.Client
	slack    *poster
	news     *news
	rooms    *alertRooms
	views    *views
	footing  *footing
	log      zerolog.Logger
	now      func() time.Time
}

// deliverAlert keeps the card of an alert true. What came and went while Slack could
// not be reached is told in one message instead.
func (d *alertDelivery) deliverAlert(ctx context.Context, j courier.Job, ref desk.CardRef) courier.Result {
	card, err := d.desk.AlertCard(ctx, ref.Alert)
	if err != nil {
		return d.slack.later(time.Second, err.Error()).Result
	}
	if passed(card.Alert, j.Receipt) {
		if r, told := d.tellPassed(ctx, j, ref, card); told {
			return r
		}
	}
	r := d.showAlert(ctx, j, shown{ref.Channel, card.Seq, slackui.AlertCard(d.views.shownOf(ctx, card), d.views.ofAlert(card.Alert)), card.Alert.Opened})
	if before, now := readReceipt(j.Receipt), readReceipt(r.Receipt); r.State == storage.Done && now.TS != before.TS {
		r.Tell.Alert = alert.Show{}
	}
	return r
}

// deliverStorm keeps the card of the alerts true that have none of their own.
func (d *alertDelivery) deliverStorm(ctx context.Context, j courier.Job, s desk.Storm) courier.Result {
	return d.showAlert(ctx, j, shown{s.Channel, j.Seq, slackui.StormCard(stormOf(s), d.views.plain()), s.Began})
}

// deliverKept tells a channel what was suppressed there.
func (d *alertDelivery) deliverKept(ctx context.Context, j courier.Job, k desk.Kept) courier.Result {
	m := slackui.KeptPost(slackui.Kept{Silence: k.Silence, Window: k.Window, What: k.What, By: k.By, Why: k.Why, EndedBy: k.EndedBy, From: k.From, Until: k.Until, Told: k.Told,
		Storm: slackui.Storm{Total: k.Total, Firing: k.Firing, Topics: topics(k.Topics), Others: k.Others}, Signals: k.Signals}, d.views.plain())
	return d.showAlert(ctx, j, shown{k.Channel, j.Seq, m, j.Created})
}

// deliverTally tells a channel what was not actionable in a week.
func (d *alertDelivery) deliverTally(ctx context.Context, j courier.Job, t desk.Tally) courier.Result {
	m := slackui.TallyPost(slackui.Tally{From: t.From, Until: t.Until, Told: t.Told, Storm: slackui.Storm{Total: t.Total, Topics: topics(t.Topics), Others: t.Others}})
	return d.showAlert(ctx, j, shown{t.Channel, j.Seq, m, j.Created})
}

func stormOf(s desk.Storm) slackui.Storm {
	return slackui.Storm{Began: s.Began, Last: s.Last, Total: s.Total, Firing: s.Firing, Topics: topics(s.Topics), Others: s.Others}
}

func topics(list []desk.Topic) []slackui.StormTopic {
	out := make([]slackui.StormTopic, len(list))
	for n, t := range list {
		out[n] = slackui.StormTopic(t)
	}
	return out
}

// shown is a message about alerts that is to be shown in their channel.
type shown struct {
	channel string // its name as it is configured
	seq     uint64 // as of which it is rendered
	slackui.Message
	since time.Time // not posted before
}

// showAlert posts a message about alerts in their channel and edits it from then on,
// one change of a channel in a second.
func (d *alertDelivery) showAlert(ctx context.Context, j courier.Job, m shown) courier.Result {
	place, hint, fail := d.alertPlace(ctx, j, m.channel)
	if fail != nil {
		return fail.Result
	}
	if ok, at := d.rooms.reserve(place, d.now()); !ok {
		return d.slack.later(at.Sub(d.now()), "cards of one channel change once in a second").Result
	}
	r, fail := d.slack.show(ctx, j, slackio.Posted{Channel: place}, m.Message, m.since)
	if fail != nil {
		return d.inAlertRoom(ctx, place, fail)
	}
	out := done(m.seq, r)
	out.Tell = desk.Outcome{Hint: hint}
	return out
}

// alertPlace is where a message about alerts is, or is to be posted.
func (d *alertDelivery) alertPlace(ctx context.Context, j courier.Job, name string) (string, *desk.Hint, *failure) {
	if kept := readReceipt(j.Receipt); kept.TS != "" && !d.rooms.isLost(kept.Channel, d.now()) {
		return kept.Channel, nil, nil
	}
	return d.alertRoom(ctx, j, name)
}

// passed says whether an alert came and went without a card.
func passed(a alert.Alert, receipt []byte) bool {
	return a.State != alert.StateOpen && readReceipt(receipt).TS == ""
}

// passedAlerts are the alerts whose cards have waited with this one and that came and
// went too, with this one first, and what is owed for the others.
func (d *alertDelivery) passedAlerts(ctx context.Context, j courier.Job, first alert.Alert) (list []alert.Alert, told []storage.Effect) {
	list = []alert.Alert{first}
	for _, e := range j.Fold {
		ref, err := desk.ReadCardRef(e.Body)
		if err != nil {
			continue
		}
		kept, err := d.store.Receipt(ctx, e.Target)
		if err != nil {
			continue
		}
		a, seq, err := d.desk.AlertAt(ctx, ref.Alert)
		if err != nil || !passed(a, kept) || a.Continued != "" {
			continue
		}
		e.Seq = seq
		list, told = append(list, a), append(told, e)
	}
	return list, told
}

// mostPassed is how many alerts one message tells of.
const mostPassed = 200

// alertsKey names, in the message that tells of alerts that came and went, which.
const alertsKey = "alerts"

// tellPassed tells of alerts that came and went in one message, if there are others
// besides the one whose card is owed; told is false when the card is to be shown.
func (d *alertDelivery) tellPassed(ctx context.Context, j courier.Job, ref desk.CardRef, card desk.Card) (r courier.Result, told bool) {
	place, hint, fail := d.alertPlace(ctx, j, ref.Channel)
	if fail != nil {
		return fail.Result, true
	}
	m := posting{place: slackio.Posted{Channel: place}, op: "passed/" + ref.Alert, since: j.Created}
	list, others := d.passedAlerts(ctx, j, card.Alert)
	out := courier.Result{State: storage.Done, Seq: card.Seq, Tell: desk.Outcome{Hint: hint}}
	if j.Again() {
		found, ok, fail := d.slack.findOwn(ctx, j, m)
		if fail != nil {
			return fail.Result, true
		}
		out.Told = toldIn(found.Payload[alertsKey], others)
		return out, ok
	}
	if len(others) == 0 {
		return out, false
	}
	list, others = list[:min(len(list), mostPassed)], others[:min(len(others), mostPassed-1)]
	m.Message = slackui.PassedPost(list, d.views.plain())
	ids := make([]string, len(list))
	for n, a := range list {
		ids[n] = a.ID
	}
	if _, fail := d.slack.send(ctx, j, m, alertsKey, strings.Join(ids, " ")); fail != nil {
		return d.inAlertRoom(ctx, place, fail), true
	}
	out.Told = others
	return out, true
}

// toldIn are those of the cards whose alerts a message has told of.
func toldIn(ids string, cards []storage.Effect) []storage.Effect {
	told := strings.Fields(ids)
	return slices.DeleteFunc(slices.Clone(cards), func(e storage.Effect) bool { return !slices.Contains(told, e.Record.ID) })
}
