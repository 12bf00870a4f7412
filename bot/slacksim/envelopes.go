package slacksim

import (
	"encoding/binary"
	"encoding/hex"
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
	done                 func(answer json.RawMessage, problem string) // nil for events
	reply                display                                      // what the answer shows, once it is there
	record               *Envelope
	deadline             *job
}

// dispatch sends an envelope for the first time, through the faults that
// duplicate, delay, reorder or lose it.
func (s *Server) dispatch(e *envelope) {
	for _, f := range s.takeEnvelopeFaults(e) {
		switch f.Kind {
		case Lose:
			s.send(e, nil)
			return
		case Late:
			s.deliverLate(e, f.Delay)
			return
		case Reorder:
			s.held = append(s.held, e)
			s.after(max(f.Delay, 50*time.Millisecond), s.release)
			return
		case Duplicate:
			twin := *e
			twin.done = nil // the person sees what comes of the original only
			s.deliver(&twin)
		}
	}
	s.deliver(e)
	s.release()
}

// deliverLate holds an envelope back. A person does not wait longer than the
// acknowledgement's deadline, whatever becomes of it later.
func (s *Server) deliverLate(e *envelope, delay time.Duration) {
	if done := e.done; done != nil && delay >= s.config.Ack {
		e.done = nil
		s.after(s.config.Ack, func() { done(nil, "operation_timeout") })
	}
	s.after(delay, func() { s.deliver(e) })
}

// release delivers what a reorder fault has held back.
func (s *Server) release() {
	held := s.held
	s.held = nil
	for _, e := range held {
		s.deliver(e)
	}
}

// deliver gives an envelope to one socket, any of them.
func (s *Server) deliver(e *envelope) {
	if len(s.sockets) == 0 {
		s.record(e, nil)
		s.unanswered(e, "dispatch_failed")
		return
	}
	s.send(e, s.sockets[s.routing.IntN(len(s.sockets))])
}

func (s *Server) record(e *envelope, k *socket) string {
	id := s.uuid()
	e.record = &Envelope{ID: id, Type: e.kind, Inner: e.inner, EventID: e.eventID, Attempt: e.attempt, Sent: s.now(), Payload: e.payload}
	if k != nil {
		e.record.Socket = k.id
	}
	s.envelopes = append(s.envelopes, e.record)
	if len(s.envelopes) >= 2*s.config.KeepCalls {
		s.envelopes = slices.Clone(s.envelopes[len(s.envelopes)-s.config.KeepCalls:])
	}
	s.note(Change{Kind: "envelope"})
	return id
}

func (s *Server) uuid() string {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:], s.letters.Uint64())
	binary.BigEndian.PutUint64(id[8:], s.letters.Uint64())
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	var text [36]byte
	hex.Encode(text[:], id[:4])
	hex.Encode(text[9:], id[4:6])
	hex.Encode(text[14:], id[6:8])
	hex.Encode(text[19:], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
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

// send writes an envelope to a socket and starts its clock. Without a socket
// the envelope is lost on the way, which only the clock notices.
func (s *Server) send(e *envelope, k *socket) {
	id := s.record(e, k)
	s.outstanding[id] = e
	e.deadline = s.after(s.config.Ack, func() {
		delete(s.outstanding, id)
		s.unanswered(e, "operation_timeout")
	})
	if k == nil {
		return
	}
	data := e.wire(id)
	s.config.Logger.Debug().Str("type", e.kind).Str("inner", e.inner).Int("socket", k.id).Int("attempt", e.attempt).Msg("slacksim envelope")
	switch s.cut {
	case CutBeforeDelivery:
		s.cut = CutNothing
		s.unregister(k)
		k.end(closeAbrupt)
	case CutAfterDelivery:
		s.cut = CutNothing
		s.unregister(k)
		k.enqueue(frame{data: data, then: func() { k.end(closeAbrupt) }})
	default:
		k.enqueue(frame{data: data})
	}
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

// show reads the payload of an acknowledgement as a message. It needs no mutex: what
// it costs should keep nobody waiting.
func (s *Server) show(payload json.RawMessage) (out display) {
	c := &call{args: map[string]string{}}
	if len(payload) == 0 || payload[0] != '{' || c.readJSON(payload) != nil {
		return display{}
	}
	out.responseType = c.str("response_type")
	out.draft, out.err = s.readHookDraft(c)
	return out
}

// acknowledge takes an acknowledgement. Unknown envelopes and second
// acknowledgements are ignored, as nothing says that Slack answers them.
func (s *Server) acknowledge(k *socket, ack acknowledgement, is display) {
	e := s.outstanding[ack.EnvelopeID]
	if e == nil {
		s.markLate(ack.EnvelopeID)
		return
	}
	delete(s.outstanding, ack.EnvelopeID)
	s.cancel(e.deadline)
	e.record.Acked = s.now()
	answer := ack.Payload
	if text := string(answer); text == "" || text == "null" || text == "{}" || text == `""` || e.kind == "events_api" {
		answer = nil
	}
	e.record.Answer, e.reply = answer, is
	s.note(Change{Kind: "envelope"})
	if e.done != nil {
		e.done(answer, "")
	}
	if s.cut == CutAfterAck {
		s.cut = CutNothing
		s.unregister(k)
		k.end(closeAbrupt)
	}
}

func (s *Server) markLate(id string) {
	for _, r := range slices.Backward(s.envelopes) {
		if r.ID == id {
			if r.Acked.IsZero() {
				r.Acked, r.Late = s.now(), true
				s.note(Change{Kind: "envelope"})
			}
			return
		}
	}
}

// unanswered ends an envelope that nobody acknowledged: an event is tried
// again, anything else shows the person an error.
func (s *Server) unanswered(e *envelope, problem string) {
	e.record.Problem = problem
	s.note(Change{Kind: "envelope"})
	if e.kind != "events_api" {
		if e.done != nil {
			e.done(nil, problem)
		}
		return
	}
	delays := s.config.RetryDelays
	if s.config.DelayedEvents {
		for range 24 {
			delays = append(delays[:len(delays):len(delays)], time.Hour)
		}
	}
	if e.attempt >= len(delays) {
		return
	}
	again := *e
	again.attempt, again.reason = e.attempt+1, "timeout"
	s.after(delays[e.attempt], func() { s.deliver(&again) })
}

// Envelopes returns the deliveries so far, oldest first; kind "" means all types.
func (s *Server) Envelopes(kind string) []Envelope {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Envelope
	for _, e := range s.envelopes {
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
	for _, e := range s.outstanding {
		found = append(found, *e.record)
	}
	slices.SortFunc(found, func(a, b Envelope) int { return a.Sent.Compare(b.Sent) })
	return found
}
