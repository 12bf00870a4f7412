package slackio

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

// pipeListener is a listener without a network, so that servers and clients can live in a synctest bubble.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

func (l *pipeListener) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "dial", Err: net.ErrClosed}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// server is a tiny Slack that serves sockets.
type server struct {
	t      *testing.T
	ln     *pipeListener
	http   *http.Server
	client *http.Client

	mu    sync.Mutex
	opens []time.Time
	// open answers apps.connections.open number n, counted from 1; nil or "" means yes.
	open func(n int, w http.ResponseWriter) (answered bool)
	// refuse answers the upgrade of socket n; 0 accepts.
	refuse func(n int) int
	// serve is what socket n does after it was accepted; nil says hello.
	serve  func(n int, p *peer)
	peers  []*peer
	joined chan *peer // every socket that was accepted
}

// peer is the server's end of a socket.
type peer struct {
	n      int
	ws     *websocket.Conn
	write  sync.Mutex
	acks   chan ackSeen
	pings  chan struct{} // what the client pinged
	pongs  chan struct{}
	over   chan struct{}
	closed error // why it ended; read it after over
	deaf   chan struct{}
	mute   atomic.Bool // pings are not answered
}

// ackSeen is an acknowledgement as it arrived.
type ackSeen struct {
	ID      string          `json:"envelope_id"`
	Payload json.RawMessage `json:"payload"`
	size    int
}

func newServer(t *testing.T) *server {
	s := &server{t: t, ln: newPipeListener(), joined: make(chan *peer, 1000)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/apps.connections.open", s.handleOpen)
	mux.HandleFunc("GET /link/", s.handleLink)
	s.http = &http.Server{Handler: mux}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.http.Serve(s.ln)
	}()
	transport := &http.Transport{DialContext: s.ln.Dial}
	s.client = &http.Client{Transport: transport}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		s.http.Close()
		for _, p := range s.sockets() {
			p.ws.Close()
		}
		<-done
	})
	return s
}

func (s *server) handleOpen(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.opens = append(s.opens, time.Now())
	n, open := len(s.opens), s.open
	s.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer xapp-test" {
		fmt.Fprint(w, `{"ok":false,"error":"not_authed"}`)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if open != nil && open(n, w) {
		return
	}
	fmt.Fprintf(w, `{"ok":true,"url":"ws://slack.test/link/?ticket=secret-ticket-%d"}`, n)
}

func (s *server) handleLink(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	n := len(s.peers) + 1
	p := &peer{n: n, acks: make(chan ackSeen, 1000), pings: make(chan struct{}, 1000), pongs: make(chan struct{}, 1000),
		over: make(chan struct{}), deaf: make(chan struct{})}
	if s.refuse != nil {
		if status := s.refuse(n); status != 0 {
			s.peers = append(s.peers, p)
			close(p.over)
			s.mu.Unlock()
			w.WriteHeader(status)
			return
		}
	}
	s.mu.Unlock()
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		s.t.Errorf("upgrade: %v", err)
		return
	}
	p.ws = ws
	s.mu.Lock()
	s.peers = append(s.peers, p)
	serve := s.serve
	s.mu.Unlock()
	go p.read()
	if serve == nil {
		p.say(`{"type":"hello","num_connections":2,"connection_info":{"app_id":"A1"}}`)
		go p.ping(7 * time.Second)
	} else {
		serve(n, p)
	}
	s.joined <- p
}

// read takes what the client sends until the socket ends or the peer is deaf.
func (p *peer) read() {
	defer close(p.over)
	p.ws.SetPongHandler(func(string) error { p.pongs <- struct{}{}; return nil })
	p.ws.SetPingHandler(func(data string) error {
		p.pings <- struct{}{}
		if p.mute.Load() {
			return nil
		}
		go p.ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second))
		return nil
	})
	for {
		select {
		case <-p.deaf:
			return
		default:
		}
		_, data, err := p.ws.ReadMessage()
		if err != nil {
			p.closed = err
			return
		}
		ack := ackSeen{size: len(data)}
		if err := json.Unmarshal(data, &ack); err != nil {
			ack.ID = "garbage: " + string(data)
		}
		p.acks <- ack
	}
}

// ping pings the client until the socket ends.
func (p *peer) ping(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.ws.WriteControl(websocket.PingMessage, []byte("are you there"), time.Now().Add(time.Second))
		case <-p.over:
			return
		}
	}
}

// say sends one frame.
func (p *peer) say(text string) {
	p.write.Lock()
	defer p.write.Unlock()
	p.ws.SetWriteDeadline(time.Now().Add(time.Second))
	p.ws.WriteMessage(websocket.TextMessage, []byte(text))
}

// opened is when apps.connections.open was called.
func (s *server) opened() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.opens)
}

// sockets are the sockets that were accepted.
func (s *server) sockets() []*peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	var accepted []*peer
	for _, p := range s.peers {
		if p.ws != nil {
			accepted = append(accepted, p)
		}
	}
	return accepted
}

// slash is a slash command's envelope.
func slash(id string) string {
	return fmt.Sprintf(`{"envelope_id":%q,"type":"slash_commands","accepts_response_payload":true,"payload":{"command":"/inc"}}`, id)
}

// interactive is the envelope of a pressed button.
func interactive(id string) string {
	return fmt.Sprintf(`{"envelope_id":%q,"type":"interactive","accepts_response_payload":true,"payload":{"type":"block_actions"}}`, id)
}

// event is an event's envelope.
func event(id string) string {
	return fmt.Sprintf(`{"envelope_id":%q,"type":"events_api","accepts_response_payload":false,"retry_attempt":1,"retry_reason":"timeout","payload":{"event_id":"Ev1"}}`, id)
}

// rig is running sockets against a server, inside a bubble.
type rig struct {
	*server
	sockets  *Sockets
	stop     func() // cancels and waits for Run
	mu       sync.Mutex
	states   []SocketState
	troubles []Trouble
}

// start runs sockets with a configuration until the test ends.
func (s *server) start(cfg SocketConfig) *rig {
	s.t.Helper()
	r := &rig{server: s}
	cfg.Token, cfg.APIURL, cfg.HTTPClient = "xapp-test", "http://slack.test/api", s.client
	onState := cfg.OnState
	cfg.OnState = func(st SocketState) {
		r.mu.Lock()
		r.states = append(r.states, st)
		r.mu.Unlock()
		if onState != nil {
			onState(st)
		}
	}
	cfg.OnTrouble = func(tr Trouble) {
		r.mu.Lock()
		r.troubles = append(r.troubles, tr)
		r.mu.Unlock()
	}
	if cfg.Handler == nil {
		cfg.Handler = func(context.Context, Envelope) (json.RawMessage, error) { return nil, nil }
	}
	if cfg.Rand == nil {
		cfg.Rand = func() float64 { return 0.5 }
	}
	r.sockets = NewSockets(cfg)
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := r.sockets.Run(ctx); err != nil {
			s.t.Errorf("Run: %v", err)
		}
	}()
	r.stop = func() {
		cancel()
		<-done
	}
	s.t.Cleanup(r.stop)
	return r
}

// kinds are the kinds of the troubles so far.
func (r *rig) kinds() []TroubleKind {
	r.mu.Lock()
	defer r.mu.Unlock()
	var kinds []TroubleKind
	for _, tr := range r.troubles {
		kinds = append(kinds, tr.Kind)
	}
	return kinds
}

// reported are the states told so far.
func (r *rig) reported() []SocketState {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.states)
}

// connected waits until n sockets joined and gives them.
func (r *rig) connected(n int) []*peer {
	r.t.Helper()
	for range n {
		<-r.joined
	}
	synctest.Wait()
	return r.server.sockets()
}

// acked is the acknowledgement that comes next, or fails the test when none comes in time.
func (p *peer) acked(t *testing.T) ackSeen {
	t.Helper()
	select {
	case a := <-p.acks:
		return a
	case <-time.After(10 * time.Second):
		t.Fatal("no acknowledgement came")
		return ackSeen{}
	}
}

// silent fails the test if an acknowledgement came.
func (p *peer) silent(t *testing.T) {
	t.Helper()
	synctest.Wait()
	select {
	case a := <-p.acks:
		t.Fatalf("got an acknowledgement of %s, want none", a.ID)
	default:
	}
}
