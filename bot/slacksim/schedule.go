package slacksim

import (
	"strconv"
	"strings"
	"time"
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

func chatScheduleMessage(s *Server, c *call) (object, error) {
	ch, d, err := s.readPost(c)
	if err != nil {
		return nil, err
	}
	seconds, err := strconv.ParseInt(c.str("post_at"), 10, 64)
	if err != nil {
		return nil, fail("invalid_time")
	}
	at, now := time.Unix(seconds, 0), s.now()
	switch {
	case !at.After(now):
		return nil, fail("time_in_past")
	case at.After(now.AddDate(0, 0, 120)):
		return nil, fail("time_too_far")
	case s.scheduledNear(ch.id, at) >= 30:
		return nil, fail("restricted_too_many")
	}
	m := &scheduledMessage{id: int(s.mint.number()), channel: ch.id, postAt: at, created: now, draft: d}
	key := strconv.Itoa(m.id)
	s.scheduled.put(key, m)
	m.job = s.agenda.after(at.Sub(now), func() {
		s.scheduled.remove(key)
		// A scheduled message with metadata never posts: a documented trap.
		if d.metadata == nil && s.mayPost(ch, true) == nil {
			if _, err := s.chat.post(ch, s.app.user, d); err != nil {
				s.config.Logger.Debug().Err(err).Msg("post scheduled message")
			}
		}
	})
	return object{
		"channel": ch.id, "scheduled_message_id": "Q" + key, "post_at": c.str("post_at"),
		"message": object{"text": d.text, "type": "delayed_message", "user": s.app.user, "bot_id": botID, "team": teamID, "blocks": d.blocks},
	}, nil
}

// scheduledNear counts what is due in a channel within five minutes around a time.
func (s *Server) scheduledNear(channel string, at time.Time) int {
	n := 0
	for m := range s.scheduled.all() {
		if m.channel == channel && m.postAt.Sub(at).Abs() < 5*time.Minute {
			n++
		}
	}
	return n
}

func chatScheduledList(s *Server, c *call) (object, error) {
	if id := c.str("channel"); id != "" && s.channels.get(id) == nil {
		return nil, fail("invalid_channel")
	}
	var all []*scheduledMessage
	for m := range s.scheduled.all() {
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

func chatDeleteScheduled(s *Server, c *call) (object, error) {
	key := strings.TrimPrefix(c.str("scheduled_message_id"), "Q")
	m := s.scheduled.get(key)
	if m == nil || m.channel != c.str("channel") {
		return nil, fail("invalid_scheduled_message_id")
	}
	s.agenda.cancel(m.job)
	s.scheduled.remove(key)
	return nil, nil
}
