package slacksim

import (
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// scheduledMessage is a message that the app wants posted later.
type scheduledMessage struct {
	id      int
	channel string
	postAt  time.Time
	created time.Time
	draft   draft
	job     *job
}

// scheduleAPI are the chat methods for messages that are posted later.
type scheduleAPI struct {
	*chatAPI
	table[*scheduledMessage]
	agenda *agenda
	now    func() time.Time
	log    zerolog.Logger
}

func (a *scheduleAPI) add(c *call) (object, error) {
	ch, d, err := a.read(c)
	if err != nil {
		return nil, err
	}
	seconds, err := strconv.ParseInt(c.str("post_at"), 10, 64)
	if err != nil {
		return nil, fail("invalid_time")
	}
	at, now := time.Unix(seconds, 0), a.now()
	switch {
	case !at.After(now):
		return nil, fail("time_in_past")
	case at.After(now.AddDate(0, 0, 120)):
		return nil, fail("time_too_far")
	case a.near(ch.id, at) >= 30:
		return nil, fail("restricted_too_many")
	}
	m := &scheduledMessage{id: int(a.mint.number()), channel: ch.id, postAt: at, created: now, draft: d}
	key := strconv.Itoa(m.id)
	a.table.put(key, m)
	m.job = a.agenda.after(at.Sub(now), func() {
		a.table.remove(key)
		// A scheduled message with metadata never posts: a documented trap.
		if d.metadata == nil && a.mayPost(ch, true) == nil {
			if _, err := a.chat.post(ch, a.app.user, d); err != nil {
				a.log.Debug().Err(err).Msg("post scheduled message")
			}
		}
	})
	return object{
		"channel": ch.id, "scheduled_message_id": "Q" + key, "post_at": c.str("post_at"),
		"message": object{"text": d.text, "type": "delayed_message", "user": a.app.user, "bot_id": botID, "team": teamID, "blocks": d.blocks},
	}, nil
}

// scheduledNear counts what is due in a channel within five minutes around a time.
func (a *scheduleAPI) near(channel string, at time.Time) int {
	n := 0
	for m := range a.table.all() {
		if m.channel == channel && m.postAt.Sub(at).Abs() < 5*time.Minute {
			n++
		}
	}
	return n
}

func (a *scheduleAPI) list(c *call) (object, error) {
	if id := c.str("channel"); id != "" && a.channels.get(id) == nil {
		return nil, fail("invalid_channel")
	}
	var all []*scheduledMessage
	for m := range a.table.all() {
		if id := c.str("channel"); id == "" || id == m.channel {
			all = append(all, m)
		}
	}
	from, to, next, err := c.page(len(all), 100, 1000)
	if err != nil {
		return nil, err
	}
	found := []object{}
	for _, m := range all[from:to] {
		found = append(found, object{
			"id": m.id, "channel_id": m.channel, "post_at": m.postAt.Unix(), "date_created": m.created.Unix(), "text": m.draft.text,
		})
	}
	return object{"scheduled_messages": found, "response_metadata": nextCursor(next)}, nil
}

func (a *scheduleAPI) remove(c *call) (object, error) {
	key := strings.TrimPrefix(c.str("scheduled_message_id"), "Q")
	m := a.table.get(key)
	if m == nil || m.channel != c.str("channel") {
		return nil, fail("invalid_scheduled_message_id")
	}
	a.agenda.cancel(m.job)
	a.table.remove(key)
	return nil, nil
}
