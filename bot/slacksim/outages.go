package slacksim

import (
	"encoding/json"
	"fmt"
	"time"
)

// Cut says when sockets are cut.
type Cut string

// The moments at which CutSockets strikes. All but CutNow arm the next delivery.
const (
	CutNothing        Cut = ""
	CutNow            Cut = "now"             // every socket, at once, without a close frame
	CutBeforeDelivery Cut = "before_delivery" // the next envelope is lost with its socket
	CutAfterDelivery  Cut = "after_delivery"  // the next envelope arrives, then its socket ends
	CutAfterAck       Cut = "after_ack"       // the next acknowledgement counts, then its socket ends
)

// CutSockets ends sockets without a close frame.
func (s *Server) CutSockets(when Cut) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if when == CutNow {
		s.gateway.cutAll()
		return
	}
	s.faults.cut = when
}

// Disconnect sends every socket away: "warning" (closes ten seconds later),
// "refresh_requested", "link_disabled" or "too_many_websockets".
func (s *Server) Disconnect(reason string) { s.mu.hold(func() { s.gateway.sendAllAway(reason) }) }

// Ghost turns up to n of the present sockets (all for n <= 0) into half-open
// ones: Slack believes in them and gives them envelopes, but nothing arrives,
// no ping either. They vanish when cut.
func (s *Server) Ghost(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, k := range s.gateway.sockets {
		if n <= 0 || i < n {
			k.haunt()
		}
	}
}

// Refusal is a way in which no new socket can be had.
type Refusal string

// The refusals of RefuseSockets.
const (
	RefuseNothing Refusal = ""
	RefuseOpen    Refusal = "open"     // apps.connections.open answers internal_error
	RefuseDial    Refusal = "dial"     // HTTP 409 instead of an upgrade
	RefuseTooMany Refusal = "too_many" // accepted, then disconnected as too_many_websockets
)

// RefuseSockets makes new sockets impossible until it is called with RefuseNothing.
func (s *Server) RefuseSockets(how Refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.refuse = how
	s.faults.noted()
}

// Down takes all of Slack away or brings it back: sockets end, and every
// request ends without an answer. People in the simulator can still act; the
// app learns of it by retried events only.
func (s *Server) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.down = down
	if down {
		s.gateway.cutAll()
	}
	s.faults.noted()
}

// RevokeTokens makes the tokens answer token_revoked and ends the sockets.
// Without arguments it revokes both; "bot" and "app" name one.
func (s *Server) RevokeTokens(which ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bot, app := chosen(which)
	if bot && !s.app.bot.revoked {
		s.events.emit(event{name: "tokens_revoked", body: object{
			"type": "tokens_revoked", "tokens": object{"oauth": []string{}, "bot": []string{s.app.user}},
		}})
		s.app.bot.revoked = true
	}
	if app {
		s.app.level.revoked = true
		s.gateway.sendAllAway("link_disabled")
	}
	s.faults.noted()
}

// RestoreTokens makes revoked tokens valid again, as a new installation with
// the same tokens would. Arguments as in RevokeTokens.
func (s *Server) RestoreTokens(which ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bot, app := chosen(which)
	s.app.bot.revoked = s.app.bot.revoked && !bot
	s.app.level.revoked = s.app.level.revoked && !app
	s.faults.noted()
}

func chosen(which []string) (bot, app bool) {
	for _, w := range which {
		bot, app = bot || w == "bot", app || w == "app"
	}
	if len(which) == 0 {
		return true, true
	}
	return bot, app
}

// RemoveScopes takes bot scopes away.
func (s *Server) RemoveScopes(names ...string) { s.mu.hold(func() { s.app.remove(names...) }) }

// GrantScopes gives bot scopes, whatever the manifest says.
func (s *Server) GrantScopes(names ...string) { s.mu.hold(func() { s.app.grant(names...) }) }

// SetPaidPlan switches the features of paid plans, such as user groups.
func (s *Server) SetPaidPlan(paid bool) { s.mu.hold(func() { s.team.paid = paid }) }

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
func (s *Server) SetReadLag(d time.Duration) { s.mu.hold(func() { s.faults.readLag = d }) }
