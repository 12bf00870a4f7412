package slacksim

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// Envelope is one delivery over socket mode, as the log keeps it.
type Envelope struct {
	ID      string          `json:"id"`
	Type    string          `json:"type"`  // events_api, interactive or slash_commands
	Inner   string          `json:"inner"` // the event's or interaction's own type, or the command
	EventID string          `json:"event_id,omitempty"`
	Attempt int             `json:"attempt"`
	Socket  int             `json:"socket"` // 0 when no socket was there to take it
	Sent    time.Time       `json:"sent"`
	Acked   time.Time       `json:"acked"`           // zero until then
	Late    bool            `json:"late"`            // the acknowledgement came after the deadline and did not count
	Problem string          `json:"problem"`         // "", operation_timeout or dispatch_failed
	Payload json.RawMessage `json:"payload"`         // what was sent
	Answer  json.RawMessage `json:"answer,omitzero"` // what the acknowledgement carried
}

// envelope is a payload on its way to the app.
type envelope struct {
	kind, inner, eventID string
	payload              json.RawMessage
	attempt              int
	reason               string
	done                 func(reply) // nil for events
	record               *Envelope
	deadline             *job
}

// reply is what came of an envelope that a person waits for.
type reply struct {
	answer  json.RawMessage // what the acknowledgement carried; nil for nothing
	shown   display         // the answer as a message
	problem string          // "" or Slack's word: operation_timeout or dispatch_failed
}

// wire is the frame that carries an envelope. Its payload is JSON already, and
// none of the names needs escaping.
func (e *envelope) wire(id string) []byte {
	b := make([]byte, 0, len(e.payload)+200)
	b = append(append(b, `{"envelope_id":"`...), id...)
	b = append(append(b, `","payload":`...), e.payload...)
	b = append(append(b, `,"type":"`...), e.kind...)
	b = append(b, `","accepts_response_payload":`...)
	b = strconv.AppendBool(b, e.kind != "events_api")
	if e.kind == "events_api" {
		b = strconv.AppendInt(append(b, `,"retry_attempt":`...), int64(e.attempt), 10)
		b = append(append(append(b, `,"retry_reason":"`...), e.reason...), '"')
	}
	return append(b, '}')
}

// acknowledgement is a frame from a client.
type acknowledgement struct {
	EnvelopeID string          `json:"envelope_id"`
	Payload    json.RawMessage `json:"payload"`
}

// display is what an answer to a command shows to its person.
type display struct {
	responseType string
	draft        draft
	err          error // why Slack refuses to show it
}

// readDisplay reads the payload of an acknowledgement as a message. It needs no mutex:
// what it costs should keep nobody waiting.
func readDisplay(payload json.RawMessage, m *mint) (out display) {
	c := &call{args: map[string]string{}}
	if len(payload) == 0 || payload[0] != '{' || c.readJSON(payload) != nil {
		return display{}
	}
	out.responseType = c.str("response_type")
	out.draft, out.err = readHookDraft(c, m)
	return out
}

// Envelopes returns the deliveries so far, oldest first; kind "" means all types.
func (s *Server) Envelopes(kind string) []Envelope {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Envelope
	for _, e := range s.gateway.sent.all {
		if kind == "" || e.Type == kind {
			found = append(found, *e)
		}
	}
	return found
}

// Outstanding returns the envelopes that wait for acknowledgement within their
// deadline. Events between two attempts are not among them.
func (s *Server) Outstanding() []Envelope {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []Envelope{}
	for _, e := range s.gateway.outstanding {
		found = append(found, *e.record)
	}
	slices.SortFunc(found, func(a, b Envelope) int { return a.Sent.Compare(b.Sent) })
	return found
}
