package bot

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
)

// deliverCard keeps the card in the incident's place true, and pinned.
func (d *incidentDelivery) deliverCard(ctx context.Context, j courier.Job, i incident.Incident, seq uint64) courier.Result {
	place, fail := d.place(ctx, i)
	if fail != nil {
		return fail.Result
	}
	kept, fail := d.cardIn(ctx, j, i, place)
	if fail != nil {
		return d.inRoom(ctx, j, i, place.Channel, fail)
	}
	r, fail := d.slack.show(ctx, held(j, kept), place, slackui.Card(i, d.views.scene(ctx, i)), i.Declared)
	if fail != nil {
		return d.inRoom(ctx, j, i, place.Channel, fail)
	}
	r.Pinned = kept.Pinned && kept.Channel == r.Channel && kept.TS == r.TS
	r.Others = kept.Others
	if i.Room.State != incident.RoomOpen {
		return done(seq, r)
	}
	if !r.Pinned {
		if err := d.client.AddPin(ctx, r.Channel, r.TS); err != nil {
			if f := d.slack.failed(j, "pins.add", err); f.State == storage.Pending {
				f.Receipt = r.bytes()
				return f.Result
			}
		}
		r.Pinned = true
	}
	return d.onlyCard(ctx, j, seq, r)
}

// cardIn is the receipt of the card in the place where it has to be: an incident that
// comes back to its channel finds the one that it left there. Where it stood meanwhile is
// among its others.
func (d *incidentDelivery) cardIn(ctx context.Context, j courier.Job, i incident.Incident, place slackio.Posted) (receipt, *failure) {
	kept := readReceipt(j.Receipt)
	if kept.TS == "" || kept.Channel == place.Channel {
		return kept, nil
	}
	found, ok, err := d.client.FindOwn(ctx, place.Channel, place.TS, i.Declared.Add(-time.Minute), j.Target+"@"+place.Channel)
	if err != nil {
		return kept, d.slack.failed(j, "conversations.history", err)
	}
	there := receipt{Others: append(kept.Others, receipt{Channel: kept.Channel, TS: kept.TS})}
	if ok {
		there.Channel, there.TS = found.Channel, found.TS
	}
	return there, nil
}

// onlyCard takes away the cards that stood elsewhere while the incident had no channel.
// What Slack does not take away, as in a channel that is archived, stays.
func (d *incidentDelivery) onlyCard(ctx context.Context, j courier.Job, seq uint64, r receipt) courier.Result {
	for len(r.Others) > 0 {
		old := r.Others[0]
		if old.Channel != r.Channel {
			if fail := d.slack.allow(ctx, j, "chat.delete", ""); fail != nil {
				fail.Receipt = r.bytes()
				return fail.Result
			}
			if err := d.client.DeleteMessage(ctx, old.Channel, old.TS); err != nil {
				if f := d.slack.failed(j, "chat.delete", err); f.State == storage.Pending {
					f.Receipt = r.bytes()
					return f.Result
				}
			}
		}
		r.Others = r.Others[1:]
	}
	return done(seq, r)
}

// deliverNews keeps the announcement in the incidents channel true.
func (d *incidentDelivery) deliverNews(ctx context.Context, j courier.Job, i incident.Incident, seq uint64) courier.Result {
	return d.news.show(ctx, j, seq, slackui.Announcement(i, d.views.scene(ctx, i)), i.Declared)
}

func (d *incidentDelivery) deliverPost(ctx context.Context, j courier.Job, i incident.Incident, _ uint64, e incident.Event) courier.Result {
	if e.Kind == incident.PageSpent && len(j.Fold) == 0 && !slices.Contains(i.OpenPages(), e.Page) {
		r := done(0, receipt{})
		r.Note = "the page waits for nobody any more"
		return r
	}
	where := d.place
	if e.Kind == incident.RoomBack && len(j.Fold) == 0 { // for those who followed it there
		where = d.newsThread
	}
	place, fail := where(ctx, i)
	if fail != nil {
		return fail.Result
	}
	m := d.telling(ctx, j, i, e)
	d.bring(ctx, j, i, e)
	posted, fail := d.slack.post(ctx, j, posting{place, m, j.Target, j.Created})
	if fail != nil {
		return d.inRoom(ctx, j, i, place.Channel, fail)
	}
	r := done(0, receipt{Channel: posted.Channel, TS: posted.TS})
	if told, err := strconv.Atoi(posted.Payload[toldKey]); err == nil {
		r.Told = j.Fold[:min(max(told, 0), len(j.Fold))]
	}
	return r
}

// bring invites whoever is named to lead before the post that mentions them: Slack
// tells nobody of a mention in a channel they are not in. Their invitation is owed
// beside it, so that nothing depends on this one.
func (d *incidentDelivery) bring(ctx context.Context, j courier.Job, i incident.Incident, e incident.Event) {
	if e.Kind != incident.LeadSet || e.Person == e.By.Person || i.Room.State != incident.RoomOpen {
		return
	}
	id, ok := d.people.Slack(e.Person)
	if !ok || d.slack.allow(ctx, j, "conversations.invite", "") != nil {
		return
	}
	if _, err := d.client.Invite(ctx, i.Room.Channel, id); err != nil {
		d.log.Debug().Err(err).Str("incident", i.ID).Msg("invite who is named to lead")
	}
}

// telling renders what a post tells: its first event, or all that waited with it.
func (d *incidentDelivery) telling(ctx context.Context, j courier.Job, i incident.Incident, first incident.Event) slackui.Message {
	if len(j.Fold) == 0 {
		return slackui.EventPost(first, d.views.scene(ctx, i))
	}
	events := []incident.Event{first}
	for _, f := range j.Fold {
		if e, err := desk.Told(f.Body); err == nil {
			events = append(events, e)
		}
	}
	return slackui.CatchUp(i, events, d.views.scene(ctx, i))
}

func (d *incidentDelivery) deliverTell(ctx context.Context, j courier.Job, i incident.Incident, _ uint64, e incident.Event) courier.Result {
	news, fail := d.news.findFor(ctx, j)
	if fail != nil {
		return fail.Result
	}
	m := slackui.Tell(e, i, d.views.scene(ctx, i))
	posted, fail := d.slack.post(ctx, j, posting{slackio.Posted{Channel: news}, m, j.Target, j.Created})
	if fail != nil {
		return d.news.refused(fail)
	}
	return done(0, receipt{Channel: posted.Channel, TS: posted.TS})
}

// deliverNobody tells the incidents channel that a page reaches nobody, and shows there
// from then on what became of it.
func (d *incidentDelivery) deliverNobody(ctx context.Context, j courier.Job, i incident.Incident, seq uint64, e incident.Event) courier.Result {
	return d.news.show(ctx, j, seq, slackui.Nobody(i, e.Page, d.views.scene(ctx, i)), j.Created)
}
