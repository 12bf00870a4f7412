package slacksim

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/rs/zerolog"
)

const (
	maxSockets = 10
	// ticketLife is how long the address that apps.connections.open gives can be dialled.
	// Slack does not document it; 30 seconds is what it gave for rtm.connect.
	ticketLife = 30 * time.Second
)

// gateway is socket mode: it holds the app's sockets, gives each envelope to one of
// them, waits for its acknowledgement and tries events again. What is in an envelope is
// not its business. It belongs to the server's mutex; sockets are written by goroutines
// of their own.
type gateway struct {
	ack     time.Duration   // for how long an envelope may stay without acknowledgement
	delays  []time.Duration // before each redelivery of an event
	routing *rand.Rand      // which socket gets an envelope
	now     func() time.Time
	log     zerolog.Logger
	mint    *mint
	agenda  *agenda
	journal *journal
	faults  *faults

	tickets     map[string]time.Time // of sockets, with the time until which they are good
	sockets     []*socket            // that Slack believes in
	met         int                  // sockets so far
	outstanding map[string]*envelope // by envelope id: those whose acknowledgement would count
	sent        recent[*Envelope]
	held        []*envelope // by a reorder fault, until the next delivery
}

// retryDelays are the pauses before each redelivery, the hourly ones included.
func retryDelays(config Config) []time.Duration {
	delays := slices.Clone(config.RetryDelays)
	if config.DelayedEvents {
		delays = append(delays, slices.Repeat([]time.Duration{time.Hour}, 24)...)
	}
	return delays
}

// ticket is a one-use right to open a socket.
func (g *gateway) ticket() string {
	ticket := g.mint.secret()
	maps.DeleteFunc(g.tickets, func(_ string, until time.Time) bool { return !g.now().Before(until) })
	g.tickets[ticket] = g.now().Add(ticketLife)
	return ticket
}

// useTicket reports whether a ticket lets a socket in. It does so once.
func (g *gateway) useTicket(ticket string) bool {
	good := g.now().Before(g.tickets[ticket])
	delete(g.tickets, ticket)
	return good
}

// welcome registers a socket and greets it, or sends it away as the eleventh.
func (g *gateway) welcome(k *socket, debug bool) {
	g.met++
	k.id = g.met
	if g.faults.refuse == RefuseTooMany || len(g.sockets) >= maxSockets {
		k.enqueue(farewell("too_many_websockets"))
		k.end(closeNormal)
		return
	}
	g.sockets = append(g.sockets, k)
	hello, err := json.Marshal(object{
		"type": "hello", "num_connections": len(g.sockets), "connection_info": object{"app_id": appID},
		"debug_info": object{
			"host": host(k), "build_number": 1, "approximate_connection_time": 18060,
			"started": g.now().UTC().Format("2006-01-02 15:04:05.000"),
		},
	})
	if err == nil {
		k.enqueue(frame{data: hello, then: func() { k.ping() }})
	}
	if debug {
		g.agenda.after(6*time.Minute, func() { g.sendAway(k, "refresh_requested") })
	}
	g.journal.note(Change{Kind: "socket"})
}

func (g *gateway) registered(k *socket) bool { return slices.Contains(g.sockets, k) }

// sendAway tells a socket to reconnect. A warned one stays for ten seconds
// and may still get envelopes; any other closes at once.
func (g *gateway) sendAway(k *socket, reason string) {
	if !g.registered(k) {
		return
	}
	k.enqueue(farewell(reason))
	leave := func() {
		g.unregister(k)
		k.end(closeNormal)
	}
	if reason == "warning" {
		g.agenda.after(10*time.Second, leave)
		return
	}
	leave()
}

func (g *gateway) sendAllAway(reason string) {
	for _, k := range slices.Clone(g.sockets) {
		g.sendAway(k, reason)
	}
}

func (g *gateway) unregister(k *socket) {
	before := len(g.sockets)
	g.sockets = slices.DeleteFunc(g.sockets, func(x *socket) bool { return x == k })
	if len(g.sockets) != before {
		g.journal.note(Change{Kind: "socket"})
	}
}

// cut ends a socket without a close frame.
func (g *gateway) cut(k *socket) {
	g.unregister(k)
	k.end(closeAbrupt)
}

func (g *gateway) cutAll() {
	for _, k := range g.sockets {
		k.end(closeAbrupt)
	}
	g.sockets = nil
	g.journal.note(Change{Kind: "socket"})
}

// dispatch sends an envelope for the first time, through the faults that
// duplicate, delay, reorder or lose it.
func (g *gateway) dispatch(e *envelope) {
	for _, f := range g.faults.takeEnvelope(e) {
		switch f.Kind {
		case Lose:
			g.send(e, nil)
			return
		case Late:
			g.deliverLate(e, f.Delay)
			return
		case Reorder:
			g.held = append(g.held, e)
			g.agenda.after(max(f.Delay, 50*time.Millisecond), g.release)
			return
		case Duplicate:
			twin := *e
			twin.done = nil // the person sees what comes of the original only
			g.deliver(&twin)
		}
	}
	g.deliver(e)
	g.release()
}

// deliverLate holds an envelope back. A person does not wait longer than the
// acknowledgement's deadline, whatever becomes of it later.
func (g *gateway) deliverLate(e *envelope, delay time.Duration) {
	if done := e.done; done != nil && delay >= g.ack {
		e.done = nil
		g.agenda.after(g.ack, func() { done(reply{problem: "operation_timeout"}) })
	}
	g.agenda.after(delay, func() { g.deliver(e) })
}

// release delivers what a reorder fault has held back.
func (g *gateway) release() {
	held := g.held
	g.held = nil
	for _, e := range held {
		g.deliver(e)
	}
}

// deliver gives an envelope to one socket, any of them.
func (g *gateway) deliver(e *envelope) {
	if len(g.sockets) == 0 {
		g.record(e, nil)
		g.unanswered(e, "dispatch_failed")
		return
	}
	g.send(e, g.sockets[g.routing.IntN(len(g.sockets))])
}

func (g *gateway) record(e *envelope, k *socket) (id string) {
	id = g.mint.uuid()
	e.record = &Envelope{ID: id, Type: e.kind, Inner: e.inner, EventID: e.eventID, Attempt: e.attempt, Sent: g.now(), Payload: e.payload}
	if k != nil {
		e.record.Socket = k.id
	}
	g.sent.add(e.record)
	g.noted()
	return id
}

func (g *gateway) noted() { g.journal.note(Change{Kind: "envelope"}) }

// send writes an envelope to a socket and starts its clock. Without a socket
// the envelope is lost on the way, which only the clock notices.
func (g *gateway) send(e *envelope, k *socket) {
	id := g.record(e, k)
	g.outstanding[id] = e
	e.deadline = g.agenda.after(g.ack, func() {
		delete(g.outstanding, id)
		g.unanswered(e, "operation_timeout")
	})
	if k == nil {
		return
	}
	g.log.Debug().Str("type", e.kind).Str("inner", e.inner).Int("socket", k.id).Int("attempt", e.attempt).Msg("slacksim envelope")
	switch {
	case g.faults.takeCut(CutBeforeDelivery):
		g.cut(k)
	case g.faults.takeCut(CutAfterDelivery):
		g.unregister(k)
		k.enqueue(frame{data: e.wire(id), then: func() { k.end(closeAbrupt) }})
	default:
		k.enqueue(frame{data: e.wire(id)})
	}
}

// acknowledge takes an acknowledgement. Unknown envelopes and second
// acknowledgements are ignored, as nothing says that Slack answers them.
func (g *gateway) acknowledge(k *socket, ack acknowledgement, is display) {
	e := g.outstanding[ack.EnvelopeID]
	if e == nil {
		g.markLate(ack.EnvelopeID)
		return
	}
	delete(g.outstanding, ack.EnvelopeID)
	g.agenda.cancel(e.deadline)
	e.record.Acked = g.now()
	answer := ack.Payload
	if text := string(answer); text == "" || text == "null" || text == "{}" || text == `""` || e.kind == "events_api" {
		answer = nil
	}
	e.record.Answer = answer
	g.noted()
	if e.done != nil {
		e.done(reply{answer: answer, shown: is})
	}
	if g.faults.takeCut(CutAfterAck) {
		g.cut(k)
	}
}

func (g *gateway) markLate(id string) {
	for _, r := range slices.Backward(g.sent.all) {
		if r.ID == id {
			if r.Acked.IsZero() {
				r.Acked, r.Late = g.now(), true
				g.noted()
			}
			return
		}
	}
}

// unanswered ends an envelope that nobody acknowledged: an event is tried
// again, anything else shows the person an error.
func (g *gateway) unanswered(e *envelope, problem string) {
	e.record.Problem = problem
	g.noted()
	if e.kind != "events_api" {
		if e.done != nil {
			e.done(reply{problem: problem})
		}
		return
	}
	if e.attempt >= len(g.delays) {
		return
	}
	again := *e
	again.attempt, again.reason = e.attempt+1, "timeout"
	g.agenda.after(g.delays[e.attempt], func() { g.deliver(&again) })
}
