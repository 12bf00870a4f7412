package slackio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

const (
	// handleWithin is what a handler has of Slack's limit, from the receipt of the envelope. What it cannot finish it
	// still has time to say.
	handleWithin = 2500 * time.Millisecond
	// ackWithin is Slack's limit for an acknowledgement.
	ackWithin = 3 * time.Second
	// lateAck is what an acknowledgement still gets when the limit is reached: sending it late does no harm.
	lateAck = 250 * time.Millisecond
	// answerQueue is how many acknowledgements that need no handler may wait.
	answerQueue = 256
)

// job is an envelope and the socket it came over.
type job struct {
	envelope Envelope
	from     *conn
	at       time.Time       // of the receipt, by the monotonic clock: Slack's limit knows no clock steps
	payload  json.RawMessage // of the acknowledgement, for the clerk
}

// dispatcher has envelopes handled by a bounded number of workers. What people wait for goes before events, and a
// quarter of the workers do nothing else. The reader of a socket never waits for it.
type dispatcher struct {
	sockets *Sockets
	workers int
	urgent  chan job // commands and interactions
	events  chan job
	answers chan job // acknowledgements that need no handler

	mu      sync.Mutex
	pending int           // envelopes that wait or are handled
	closing bool          // nothing new is taken
	idle    chan struct{} // closed when closing and nothing is pending
}

// newDispatcher prepares the queues.
func newDispatcher(s *Sockets) *dispatcher {
	workers, queue := s.cfg.Workers, s.cfg.Queue
	if workers <= 0 {
		workers = 64
	}
	if queue <= 0 {
		queue = 256
	}
	return &dispatcher{sockets: s, workers: workers, urgent: make(chan job, queue), events: make(chan job, queue),
		answers: make(chan job, answerQueue), idle: make(chan struct{})}
}

// start starts the workers. They end when the sockets stop.
func (d *dispatcher) start(ctx context.Context) *sync.WaitGroup {
	var running sync.WaitGroup
	for i := range d.workers {
		events := d.events
		if i < d.workers/4 {
			events = nil
		}
		running.Go(func() { d.work(ctx, events) })
	}
	running.Go(d.clerk)
	return &running
}

// enqueue takes an envelope from a socket's reader, or makes its excuses if there is no room.
func (d *dispatcher) enqueue(j job) {
	if !d.admit() {
		return // going down: unanswered, Slack sends events again and tells people that it failed
	}
	queue := d.urgent
	if j.envelope.Type == typeEvents {
		queue = d.events
	}
	select {
	case queue <- j:
	default:
		d.excuse(j, Overloaded, errors.New("too many envelopes are waiting"))
		d.settle()
	}
}

// admit counts an envelope in, unless the sockets are going down.
func (d *dispatcher) admit() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closing {
		return false
	}
	d.pending++
	return true
}

// settle counts an envelope out.
func (d *dispatcher) settle() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pending--
	if d.closing && d.pending == 0 {
		close(d.idle)
	}
}

// drain takes nothing new and waits until all that was taken is dealt with, but not longer than within. It reports
// whether that was enough.
func (d *dispatcher) drain(within time.Duration) bool {
	d.mu.Lock()
	d.closing = true
	if d.pending == 0 {
		close(d.idle)
	}
	d.mu.Unlock()
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-d.idle:
		return true
	case <-timer.C:
		return false
	}
}

// answer has an envelope acknowledged without a handler, unless too many wait for that: Slack then does what it does
// about unanswered envelopes.
func (d *dispatcher) answer(j job) {
	select {
	case d.answers <- j:
	default:
		d.sockets.trouble(AckLost, j.envelope, errors.New("too many acknowledgements are waiting"))
	}
}

// clerk acknowledges what needs no handler.
func (d *dispatcher) clerk() {
	for {
		select {
		case j := <-d.answers:
			d.sockets.guard(func() { d.acknowledge(j, j.payload) })
		case <-d.sockets.stop:
			return
		}
	}
}

// work handles envelopes until the sockets stop. Events may be nil for a worker that takes none.
func (d *dispatcher) work(ctx context.Context, events <-chan job) {
	for {
		var j job
		select {
		case j = <-d.urgent:
		default:
			select {
			case j = <-d.urgent:
			case j = <-events:
			case <-d.sockets.stop:
				return
			}
		}
		d.sockets.guard(func() {
			defer d.settle()
			d.handle(ctx, j)
		})
	}
}

// handle has one envelope handled and acknowledges it.
func (d *dispatcher) handle(ctx context.Context, j job) {
	e := j.envelope
	budget := handleWithin - time.Since(j.at)
	if budget <= 0 && e.Type != typeEvents {
		// The person was told that it failed: doing it now would surprise.
		d.sockets.trouble(Expired, e, errors.New("it waited longer than Slack does"))
		return
	}
	if budget <= 0 {
		budget = handleWithin // an event is not lost for being late: handling it twice changes nothing
	}
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	payload, kind, err := d.call(ctx, e)
	if err != nil {
		d.excuse(j, kind, err)
		return
	}
	d.acknowledge(j, payload)
}

// call calls the handler and turns a panic into an error; kind says which of the two an error was.
func (d *dispatcher) call(ctx context.Context, e Envelope) (payload json.RawMessage, kind TroubleKind, err error) {
	defer func() {
		if r := recover(); r != nil {
			kind, err = Panicked, fmt.Errorf("the handler panicked: %v\n%s", r, debug.Stack())
		}
	}()
	payload, err = d.sockets.cfg.Handler(ctx, e)
	return payload, Failed, err
}

// excuse reports an envelope that was not dealt with and answers it as the configuration says.
func (d *dispatcher) excuse(j job, kind TroubleKind, err error) {
	d.sockets.trouble(kind, j.envelope, err)
	payload, acknowledge := d.sockets.cfg.Excuse(j.envelope, kind)
	if acknowledge {
		j.payload = payload
		d.answer(j)
	}
}

// acknowledge sends the acknowledgement of an envelope over the socket it came from, or over another if that has ended:
// Slack takes it from any socket of the app.
func (d *dispatcher) acknowledge(j job, payload json.RawMessage) {
	e := j.envelope
	if !e.AcceptsResponse {
		payload = nil
	}
	data, err := ackFrame(e.ID, payload)
	switch {
	case errors.Is(err, errTooLarge):
		d.sockets.trouble(AckTooLarge, e, err)
	case err != nil:
		d.sockets.trouble(AckInvalid, e, err)
	}
	deadline := later(j.at.Add(ackWithin), time.Now().Add(lateAck))
	if err = j.from.write(deadline, data); err == nil {
		return
	}
	for _, other := range d.sockets.others(j.from) {
		if err = other.write(deadline, data); err == nil {
			return
		}
	}
	d.sockets.trouble(AckLost, e, err)
}
