package bot

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/storage"
)

// alertRooms knows the channels that alerts are posted in, and how fast.
type alertRooms struct {
	finding sync.Mutex // held while Slack is asked, so that a storm asks once

	mu    sync.Mutex
	ids   map[string]string    // by name as it is configured
	lost  map[string]time.Time // until when a name or an id is not tried again
	paced map[string]time.Time // by id: when the next card may change
}

const (
	// lostFor is how long a channel is let be that does not exist or was archived.
	lostFor = 5 * time.Minute
	// pace is how often cards of one channel change at most.
	pace = time.Second
)

func newAlertRooms() *alertRooms {
	return &alertRooms{ids: map[string]string{}, lost: map[string]time.Time{}, paced: map[string]time.Time{}}
}

func (a *alertRooms) known(name string) (id string, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	id, ok = a.ids[name]
	return id, ok
}

func (a *alertRooms) learn(name, id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ids[name] = id
}

// lose lets a channel be for a while.
func (a *alertRooms) lose(name string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for known, id := range a.ids {
		if known == name || id == name {
			delete(a.ids, known)
			a.lost[known] = now.Add(lostFor)
		}
	}
	a.lost[name] = now.Add(lostFor)
}

func (a *alertRooms) isLost(name string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	until, ok := a.lost[name]
	if ok && !now.Before(until) {
		delete(a.lost, name)
		return false
	}
	return ok
}

// reserve takes the right to change one card of a channel; ok is false when the last
// change was less than a second ago, and at says when to come again.
func (a *alertRooms) reserve(channel string, now time.Time) (ok bool, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if next := a.paced[channel]; now.Before(next) && next.Sub(now) <= pace {
		return false, next
	}
	a.paced[channel] = now.Add(pace)
	return true, now
}

// alertRoom is the channel for the alerts of a name: the incidents channel where that
// name cannot be used, and then hint says so, once.
func (d *alertDelivery) alertRoom(ctx context.Context, j courier.Job, name string) (id string, hint *desk.Hint, fail *failure) {
	bare := strings.TrimPrefix(name, "#")
	if bare == "" || bare == strings.TrimPrefix(d.settings.Slack.IncidentsChannel, "#") {
		id, fail = d.news.findFor(ctx, j)
		return id, nil, fail
	}
	if !d.rooms.isLost(bare, d.now()) {
		if id, fail = d.findAlertRoom(ctx, j, bare); fail != nil || id != "" {
			return id, nil, fail
		}
		d.rooms.lose(bare, d.now())
	}
	id, fail = d.news.findFor(ctx, j)
	return id, &desk.Hint{Key: "alertroom/" + bare, Text: "The channel #" + bare + ", where alerts are to be posted, does not exist, is archived, or is private and Watchbill is not in it. Until that is mended its alerts are posted in #" +
		strings.TrimPrefix(d.settings.Slack.IncidentsChannel, "#") + ". Create it, invite Watchbill, or change `channel` of the service or route."}, fail
}

// findAlertRoom is the id of a channel that Watchbill can be in; empty: it cannot.
func (d *alertDelivery) findAlertRoom(ctx context.Context, j courier.Job, name string) (string, *failure) {
	if id, ok := d.rooms.known(name); ok {
		return id, nil
	}
	d.rooms.finding.Lock()
	defer d.rooms.finding.Unlock()
	if id, ok := d.rooms.known(name); ok {
		return id, nil
	}
	if !channelID(name) {
		if fail := d.slack.allow(ctx, j, "conversations.list", ""); fail != nil {
			return "", fail
		}
	}
	ch, barred, err := d.slack.enter(ctx, name)
	switch {
	case err != nil:
		return "", d.slack.failed(j, "conversations.list", err)
	case barred != "":
		d.log.Warn().Str("channel", name).Str("refused", barred).Msg("go into the channel of alerts; the incidents channel is told instead")
		return "", nil
	}
	d.rooms.learn(name, ch.ID)
	return ch.ID, nil
}

// inAlertRoom judges a failure of a call that concerns a channel of alerts: one that is
// lost is let be, and the card goes to the incidents channel.
func (d *alertDelivery) inAlertRoom(ctx context.Context, channel string, fail *failure) courier.Result {
	r := fail.Result
	if _, lost := roomLost(fail); !lost {
		return r
	}
	if fail.code == "not_in_channel" {
		if _, err := d.client.JoinChannel(ctx, channel); err == nil {
			return d.slack.later(0, "joined the channel again").Result
		}
	}
	d.footing.tellIn("")
	d.rooms.lose(channel, d.now())
	r.State, r.At, r.Untried = storage.Pending, d.now().Add(100*time.Millisecond), true
	return r
}
