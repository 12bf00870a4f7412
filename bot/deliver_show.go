package bot

import (
	"context"
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
func (b *Bot) deliverCard(ctx context.Context, j courier.Job) courier.Result {
	i, seq, fail := b.record(ctx, j)
	if fail != nil {
		return fail.Result
	}
	place, fail := b.place(ctx, i)
	if fail != nil {
		return fail.Result
	}
	kept, fail := b.cardIn(ctx, j, i, place)
	if fail != nil {
		return b.inRoom(ctx, i, place.Channel, fail)
	}
	r, fail := b.show(ctx, held(j, kept), place, slackui.Card(i, b.scene(ctx, i)), i.Declared)
	if fail != nil {
		return b.inRoom(ctx, i, place.Channel, fail)
	}
	r.Pinned = kept.Pinned && kept.Channel == r.Channel && kept.TS == r.TS
	r.Others = kept.Others
	if i.Room.State != incident.RoomOpen {
		return done(seq, r)
	}
	if !r.Pinned {
		if err := b.client.AddPin(ctx, r.Channel, r.TS); err != nil {
			if f := b.failed(j, "pins.add", err); f.State == storage.Pending {
				f.Receipt = r.bytes()
				return f.Result
			}
		}
		r.Pinned = true
	}
	return b.onlyCard(ctx, j, seq, r)
}

// cardIn is the receipt of the card in the place where it has to be: an incident that
// comes back to its channel finds the one that it left there. Where it stood meanwhile is
// among its others.
func (b *Bot) cardIn(ctx context.Context, j courier.Job, i incident.Incident, place slackio.Posted) (receipt, *failure) {
	kept := readReceipt(j.Receipt)
	if kept.TS == "" || kept.Channel == place.Channel {
		return kept, nil
	}
	found, ok, err := b.client.FindOwn(ctx, place.Channel, place.TS, i.Declared.Add(-time.Minute), j.Target+"@"+place.Channel)
	if err != nil {
		return kept, b.failed(j, "conversations.history", err)
	}
	there := receipt{Others: append(kept.Others, receipt{Channel: kept.Channel, TS: kept.TS})}
	if ok {
		there.Channel, there.TS = found.Channel, found.TS
	}
	return there, nil
}

// onlyCard takes away the cards that stood elsewhere while the incident had no channel.
// What Slack does not take away, as in a channel that is archived, stays.
func (b *Bot) onlyCard(ctx context.Context, j courier.Job, seq uint64, r receipt) courier.Result {
	for len(r.Others) > 0 {
		old := r.Others[0]
		if old.Channel != r.Channel {
			if fail := b.allow(ctx, j, "chat.delete", ""); fail != nil {
				fail.Receipt = r.bytes()
				return fail.Result
			}
			if err := b.client.DeleteMessage(ctx, old.Channel, old.TS); err != nil {
				if f := b.failed(j, "chat.delete", err); f.State == storage.Pending {
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
func (b *Bot) deliverNews(ctx context.Context, j courier.Job) courier.Result {
	i, seq, fail := b.record(ctx, j)
	if fail != nil {
		return fail.Result
	}
	return b.showNews(ctx, j, seq, slackui.Announcement(i, b.scene(ctx, i)), i.Declared)
}

// showNews keeps a message in the incidents channel true. When the channel it is in is
// gone and there is another, it is posted there.
func (b *Bot) showNews(ctx context.Context, j courier.Job, seq uint64, m slackui.Message, since time.Time) courier.Result {
	var place slackio.Posted
	kept := readReceipt(j.Receipt)
	if kept.TS == "" {
		news, err := b.findNews(ctx)
		if err != nil {
			return b.newsFailed(j, err)
		}
		place.Channel = news
	}
	r, fail := b.show(ctx, j, place, m, since)
	if fail == nil {
		return done(seq, r)
	}
	if _, lost := roomLost(fail); lost && kept.TS != "" {
		b.footing.tellIn("")
		if news, err := b.findNews(ctx); err == nil && news != kept.Channel {
			j.Receipt = nil
			if r, fail = b.show(ctx, j, slackio.Posted{Channel: news}, m, since); fail == nil {
				return done(seq, r)
			}
		}
	}
	return b.inNews(fail)
}

// inNews keeps what the incidents channel refuses waiting: it may have been
// archived or renamed, and is looked for again.
func (b *Bot) inNews(fail *failure) courier.Result {
	r := fail.Result
	if _, lost := roomLost(fail); lost {
		b.footing.tellIn("")
		r.State, r.At, r.Untried = storage.Pending, b.now().Add(10*time.Second), true
	}
	return r
}

// deliverPost tells the room what happened.
func (b *Bot) deliverPost(ctx context.Context, j courier.Job) courier.Result {
	i, _, e, fail := b.told(ctx, j)
	if fail != nil {
		return fail.Result
	}
	where := b.place
	if e.Kind == incident.RoomBack && len(j.Fold) == 0 { // for those who followed it there
		where = b.newsThread
	}
	place, fail := where(ctx, i)
	if fail != nil {
		return fail.Result
	}
	m := b.telling(ctx, j, i, e)
	b.bring(ctx, j, i, e)
	posted, fail := b.post(ctx, j, place, m, j.Target, j.Created)
	if fail != nil {
		return b.inRoom(ctx, i, place.Channel, fail)
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
func (b *Bot) bring(ctx context.Context, j courier.Job, i incident.Incident, e incident.Event) {
	if e.Kind != incident.LeadSet || e.Person == e.By.Person || i.Room.State != incident.RoomOpen {
		return
	}
	id, ok := b.people.Slack(e.Person)
	if !ok || b.allow(ctx, j, "conversations.invite", "") != nil {
		return
	}
	if _, err := b.client.Invite(ctx, i.Room.Channel, id); err != nil {
		b.log.Debug().Err(err).Str("incident", i.ID).Msg("invite who is named to lead")
	}
}

// telling renders what a post tells: its first event, or all that waited with it.
func (b *Bot) telling(ctx context.Context, j courier.Job, i incident.Incident, first incident.Event) slackui.Message {
	if len(j.Fold) == 0 {
		return slackui.EventPost(first, b.scene(ctx, i))
	}
	events := []incident.Event{first}
	for _, f := range j.Fold {
		if e, err := desk.Told(f.Body); err == nil {
			events = append(events, e)
		}
	}
	return slackui.CatchUp(i, events, b.scene(ctx, i))
}

// deliverTell tells the incidents channel.
func (b *Bot) deliverTell(ctx context.Context, j courier.Job) courier.Result {
	i, _, e, fail := b.told(ctx, j)
	if fail != nil {
		return fail.Result
	}
	news, err := b.findNews(ctx)
	if err != nil {
		return b.newsFailed(j, err)
	}
	m := slackui.Tell(e, i, b.scene(ctx, i))
	posted, fail := b.post(ctx, j, slackio.Posted{Channel: news}, m, j.Target, j.Created)
	if fail != nil {
		return b.inNews(fail)
	}
	return done(0, receipt{Channel: posted.Channel, TS: posted.TS})
}

// deliverNobody tells the incidents channel that a page reaches nobody, and shows there
// from then on what became of it.
func (b *Bot) deliverNobody(ctx context.Context, j courier.Job) courier.Result {
	i, seq, e, fail := b.told(ctx, j)
	if fail != nil {
		return fail.Result
	}
	return b.showNews(ctx, j, seq, slackui.Nobody(i, e.Page, b.scene(ctx, i)), j.Created)
}
