package slackio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Sockets keeps socket-mode connections to Slack open and has what they bring handled.
//
// Each socket is replaced before it goes when Slack announces its end, and after at most ten seconds when it ends
// unannounced. With the token or the app's settings at fault it tries every minute and recovers by itself.
type Sockets struct {
	cfg    SocketConfig
	err    error // of the configuration; Run returns it
	wire   *wire
	dialer *websocket.Dialer
	gate   gate
	desk   *dispatcher
	stop   chan struct{} // closed when the sockets must say goodbye
	conns  sync.WaitGroup

	mu    sync.Mutex
	state SocketState
	live  map[*conn]bool // open sockets; true for those that said hello and were not told to go

	telling sync.Mutex // held while OnState runs
	told    SocketState
}

// NewSockets makes sockets; Run opens them. What is wrong with the configuration is returned by Run.
func NewSockets(cfg SocketConfig) *Sockets {
	if cfg.Count == 0 {
		cfg.Count = 2
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Float64
	}
	if cfg.Excuse == nil {
		cfg.Excuse = excuse
	}
	s := &Sockets{cfg: cfg, stop: make(chan struct{}), live: map[*conn]bool{}, state: SocketState{Wanted: cfg.Count}}
	s.wire, s.err = newWire(cfg.APIURL, cfg.HTTPClient, cfg.UserAgent, cfg.Now)
	switch {
	case s.err != nil:
		return s
	case cfg.Token == "":
		s.err = errors.New("open Slack sockets: the app-level token is missing")
	case cfg.Handler == nil:
		s.err = errors.New("open Slack sockets: the handler is missing")
	case cfg.Count < 1 || cfg.Count > 4:
		s.err = fmt.Errorf("open Slack sockets: %d sockets wanted, from 1 to 4 are possible", cfg.Count)
	}
	s.dialer = newDialer(s.wire.client)
	s.desk = newDispatcher(s)
	return s
}

// excuse is the default of SocketConfig.Excuse.
func excuse(e Envelope, kind TroubleKind) (json.RawMessage, bool) {
	if e.Type != typeSlash || !e.AcceptsResponse {
		return nil, false
	}
	text := "Something went wrong on our side, nothing was confirmed. Look before you try again."
	if kind == Overloaded {
		text = "Too much is going on at this moment: nothing was recorded. Please try again."
	}
	ack, err := json.Marshal(map[string]string{"response_type": "ephemeral", "text": text})
	return ack, err == nil
}

// Run opens the sockets and keeps them open until ctx ends. Then it takes nothing new, lets running handlers finish and
// acknowledge for up to three seconds, says goodbye to Slack on every socket and returns nil. It returns an error only
// for a configuration that cannot work. It may be called once.
func (s *Sockets) Run(ctx context.Context) error {
	if s.err != nil {
		return s.err
	}
	workers := s.desk.start(context.WithoutCancel(ctx))
	var keepers sync.WaitGroup
	for range s.cfg.Count {
		keepers.Go(func() { s.supervise(ctx) })
	}
	<-ctx.Done()
	drained := s.desk.drain(ackWithin)
	close(s.stop)
	keepers.Wait()
	s.conns.Wait()
	if s.cfg.HTTPClient == nil {
		s.wire.client.CloseIdleConnections()
	}
	if !drained {
		s.cfg.Logger.Error().Msg("a slack handler did not end in time and is left behind")
		return nil
	}
	workers.Wait()
	return nil
}

// State is how the sockets stand now.
func (s *Sockets) State() SocketState {
	connects := s.gate.lastMinute(time.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	state := s.state
	state.Connects = connects
	return state
}

// change changes the state and tells OnState if it matters.
func (s *Sockets) change(do func(*SocketState)) {
	s.mu.Lock()
	do(&s.state)
	s.state.Connected = 0
	for _, serving := range s.live {
		if serving {
			s.state.Connected++
		}
	}
	s.mu.Unlock()

	s.telling.Lock()
	defer s.telling.Unlock()
	now := s.State()
	same := now
	same.LastHeard, same.LastTold, same.Connects = s.told.LastHeard, s.told.LastTold, s.told.Connects
	if s.told == same || s.cfg.OnState == nil {
		return
	}
	s.told = now
	s.cfg.OnState(now)
}

// supervise keeps one socket open until ctx ends, whatever happens to the keeping.
func (s *Sockets) supervise(ctx context.Context) {
	for failures := 1; ctx.Err() == nil; failures++ {
		s.guard(func() { s.keep(ctx) })
		if ctx.Err() == nil {
			_ = sleep(ctx, backoff(failures, s.cfg.Rand())) // ends early only with ctx, which ends the loop
		}
	}
}

// guard runs do and reports a panic instead of passing it on.
func (s *Sockets) guard(do func()) {
	defer func() {
		if r := recover(); r != nil {
			s.cfg.Logger.Error().Str("stack", string(debug.Stack())).Msgf("slack socket keeper panicked: %v", r)
		}
	}()
	do()
}

// keep connects again and again, each time when the last socket has ended or was told to go.
func (s *Sockets) keep(ctx context.Context) {
	failures := 0
	for ctx.Err() == nil {
		failure, steady := s.serve(ctx)
		if failures++; steady {
			failures = 0
		}
		pause := backoff(failures, s.cfg.Rand())
		switch failure.Class {
		case Fatal:
			pause = probeEvery
		case RateLimited:
			pause = max(pause, failure.RetryAfter)
		}
		if sleep(ctx, pause) != nil {
			return
		}
	}
}

// serve connects one socket and returns when a successor is wanted, and whether the socket had worked for a while. The
// failure is of connecting, or Fatal if Slack said that there is no point in a successor.
func (s *Sockets) serve(ctx context.Context) (f Failure, steady bool) {
	c, err := s.connect(ctx)
	if err != nil {
		return s.failed(ctx, err), false
	}
	select {
	case <-ctx.Done():
		return Failure{}, false
	case <-c.retired:
	case <-c.over:
	}
	steady = time.Since(c.opened) >= steadyAfter
	select {
	case <-c.retired:
		return s.sentAway(c.reason), steady
	default:
		s.cfg.Logger.Warn().Err(c.err).Msg("slack socket ended, connecting again")
		s.change(func(st *SocketState) { st.Problem = fmt.Sprintf("socket ended: %v", c.err) })
		return Failure{}, steady
	}
}

// connect waits for its turn, asks for an address and dials it. The socket is then read and tended until it ends.
func (s *Sockets) connect(ctx context.Context) (*conn, error) {
	if err := sleep(ctx, s.gate.reserve(time.Now())); err != nil {
		return nil, err
	}
	address, err := openAddress(ctx, s.wire, s.cfg.Token)
	if err != nil {
		return nil, err
	}
	ws, err := dial(ctx, s.dialer, address, s.wire.agent)
	if err != nil {
		return nil, err
	}
	c := newConn(ws)
	s.mu.Lock()
	s.live[c] = false
	s.mu.Unlock()
	s.conns.Go(func() {
		c.read(func(data []byte) { s.receive(c, data) }, s.heard)
		s.mu.Lock()
		delete(s.live, c)
		s.mu.Unlock()
		close(c.over)
		s.guard(func() { s.change(func(*SocketState) {}) })
	})
	s.conns.Go(func() { c.tend(s.stop) })
	return c, nil
}

// heard notes a sign of life of any socket.
func (s *Sockets) heard() {
	s.mu.Lock()
	s.state.LastHeard = s.cfg.Now()
	s.mu.Unlock()
}

// failed notes that connecting failed, loudly if it is hopeless.
func (s *Sockets) failed(ctx context.Context, err error) Failure {
	if ctx.Err() != nil {
		return Failure{}
	}
	f := Classify("apps.connections.open", err)
	if call, ok := errors.AsType[*CallError](err); ok && call.Method == "socket" && f.Class == Fatal {
		f.Class = Retry // what the socket's own host answers says nothing about the token: a new address may work
	}
	if f.Class == Fatal {
		s.fatal(f)
		return f
	}
	s.cfg.Logger.Warn().Str("code", f.Code).Err(err).Msg("slack socket not connected")
	s.change(func(st *SocketState) { st.Problem = f.Detail })
	return f
}

// fatal notes that only an administrator can help.
func (s *Sockets) fatal(f Failure) {
	s.cfg.Logger.Error().Str("code", f.Code).Str("needed", f.Needed).Str("provided", f.Provided).
		Msg("slack refuses our sockets, trying again every minute: " + f.Detail)
	s.change(func(st *SocketState) {
		st.Problem = f.Detail
		if st.Fatal == nil || *st.Fatal != f {
			st.Fatal = &f
		}
	})
}

// sentAway notes that Slack told a socket to go, and why.
func (s *Sockets) sentAway(reason string) Failure {
	f := Failure{Code: reason, Method: "socket", Detail: "Slack told the socket to go: " + reason}
	switch reason {
	case "link_disabled":
		f.Class, f.Detail = Fatal, "Socket Mode is switched off for the app: switch it on in the app's settings"
		s.fatal(f)
		return f
	case "warning", "refresh_requested", renewed:
		s.cfg.Logger.Info().Str("reason", reason).Msg("a socket is replaced, opening its successor")
		s.change(func(*SocketState) {})
		return Failure{}
	}
	s.cfg.Logger.Warn().Str("reason", reason).Msg("slack sent a socket away")
	s.change(func(st *SocketState) { st.Problem = f.Detail })
	return Failure{}
}

// receive deals with one frame. It runs in the socket's reader, so nothing here may wait.
func (s *Sockets) receive(c *conn, data []byte) {
	f, err := decodeFrame(data)
	e := f.envelope()
	e.Received = s.cfg.Now()
	switch {
	case err != nil:
		s.trouble(Undecodable, e, err)
		if e.ID != "" {
			s.desk.answer(job{envelope: e, from: c, at: time.Now()})
		}
	case f.Type == typeHello:
		s.greeted(c, f)
	case f.Type == typeDisconnect:
		reason := looseText(f.Reason)
		s.mu.Lock()
		s.live[c] = false
		s.mu.Unlock()
		c.retire(reason)
	default:
		s.mu.Lock()
		s.state.LastTold = e.Received
		s.mu.Unlock()
		s.desk.enqueue(job{envelope: e, from: c, at: time.Now()})
	}
}

// Renew opens a successor of every socket that works. The old ones are read until they are closed a moment later.
func (s *Sockets) Renew() {
	s.mu.Lock()
	var old []*conn
	for c, serving := range s.live {
		if serving {
			s.live[c] = false
			old = append(old, c)
		}
	}
	s.mu.Unlock()
	for _, c := range old {
		c.retire(renewed)
	}
}

// renewed is why Renew sends a socket away.
const renewed = "renewed"

// greeted notes that a socket works.
func (s *Sockets) greeted(c *conn, f frame) {
	s.mu.Lock()
	s.live[c] = true
	ours := len(s.live)
	s.mu.Unlock()
	s.change(func(st *SocketState) {
		st.LastHello, st.Others, st.AppID = s.cfg.Now(), max(0, looseInt(f.NumConnections)-ours), f.appID()
		st.Fatal, st.Problem = nil, ""
	})
}

// others are the open sockets besides c.
func (s *Sockets) others(c *conn) []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	var open []*conn
	for other := range s.live {
		if other != c {
			open = append(open, other)
		}
	}
	return open
}

// trouble reports what went wrong with an envelope.
func (s *Sockets) trouble(kind TroubleKind, e Envelope, err error) {
	s.cfg.Logger.Warn().Str("trouble", string(kind)).Str("envelope", e.ID).Str("type", e.Type).Err(err).
		Msg("slack envelope in trouble")
	if s.cfg.OnTrouble != nil {
		s.cfg.OnTrouble(Trouble{Kind: kind, Envelope: e, Err: err})
	}
}
