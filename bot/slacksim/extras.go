package slacksim

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// SendFrame writes a text frame of any content to every socket: what a client
// makes of frames it cannot read is worth a test.
func (s *Server) SendFrame(data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.gateway.sockets {
		k.enqueue(frame{data: data})
	}
}

// SendEvent delivers an inner event of any shape, subscribed or not, with all
// of Slack's retries. The event needs a "type".
func (s *Server) SendEvent(inner json.RawMessage) error {
	var shape struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(inner, &shape); err != nil {
		return fmt.Errorf("send event: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.events.send(shape.Type, inner)
}

// AppRateLimited tells the app that it gets more than 30,000 events an hour.
// The simulator does not count them by itself.
func (s *Server) AppRateLimited() {
	s.mu.Lock()
	defer s.mu.Unlock()
	payload, err := json.Marshal(object{
		"token": "legacy-verification-token", "type": "app_rate_limited", "team_id": teamID,
		"minute_rate_limited": s.now().Truncate(time.Minute).Unix(), "api_app_id": appID,
	})
	if err == nil {
		s.gateway.dispatch(&envelope{kind: "events_api", inner: "app_rate_limited", payload: payload})
	}
}

// Uninstall removes the app: both events are sent, then the tokens are dead and
// the sockets closed. RestoreTokens installs it again.
func (s *Server) Uninstall() {
	s.mu.Lock()
	s.events.emit(event{name: "app_uninstalled", body: object{"type": "app_uninstalled"}})
	s.mu.Unlock()
	s.RevokeTokens()
}

// Unfurl attaches a preview to a message, which Slack tells as a change of a
// message whose text stays the same.
func (s *Server) Unfurl(channel, ts, link string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channels.find(channel)
	if ch == nil || ch.byTS[ts] == nil {
		return fmt.Errorf("unfurl: there is no message %s in %s", ts, channel)
	}
	m := ch.byTS[ts]
	before := m.clone()
	attachments, err := json.Marshal([]object{{"id": 1, "from_url": link, "title": link, "fallback": link}})
	if err != nil {
		return fmt.Errorf("unfurl: %w", err)
	}
	m.Attachments = attachments
	s.journal.message(m)
	s.events.changed(ch, before, m.clone())
	return nil
}

// SetReadLag makes conversations.history and replies miss what is younger than
// d, as Slack's reads may lag behind its writes for a moment.
func (s *Server) SetReadLag(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.readLag = d
}

// fresh reports whether reads do not show a message yet.
func (a *historyAPI) fresh(m *Message) bool {
	lag := a.faults.readLag
	return lag > 0 && padTS(m.TS) > padTS(formatTS(a.now().Add(-lag).UnixMicro()))
}

// Share uploads a file with a comment, as dropping it into the composer does,
// and returns the ts of its message.
func (p *Person) Share(channel, name string, content []byte, comment string) (ts string, err error) {
	err = p.do("share a file", func() error {
		s := p.server
		ch, err := p.member(channel)
		if err != nil {
			return err
		}
		if name == "" || len(content) == 0 || len(content) > maxStored {
			return errors.New("a file needs a name and 1 byte to 64 MiB of content")
		}
		f := &file{
			id: s.mint.id("F"), name: name, title: name, user: p.id, length: int64(len(content)), created: s.now().Unix(), content: content,
			received: true, shared: true, shares: map[string][]string{},
		}
		s.files.put(f.id, f)
		ts = s.files.share(p.id, []*file{f}, []*conversation{ch}, draft{text: s.typed(comment)})
		return nil
	})
	return ts, err
}

// MakePrivate turns a public channel into a private one.
func (p *Person) MakePrivate(channel string) error {
	return p.do("make a channel private", func() error {
		ch, err := p.room(channel)
		if err != nil {
			return err
		}
		if ch.kind != publicChannel || ch.general {
			return errors.New("only a public channel other than #general can become private")
		}
		ch.kind, ch.updated = privateChannel, p.server.now()
		// Slack keeps the channel_ prefix for this one line.
		m := &Message{
			Type: "message", Subtype: "channel_convert_to_private", User: p.id, TS: p.server.mint.ts(), Channel: ch.id,
			Text: "<@" + p.id + "> made this channel private.",
		}
		ch.add(m)
		p.server.journal.message(m)
		p.server.events.message(ch, m)
		p.server.journal.note(Change{Kind: "channel", Channel: ch.id})
		return nil
	})
}
