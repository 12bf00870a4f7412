package slacksim

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxSockets = 10
	maxFrame   = 20_480 // bytes a client may send in one frame
	// ticketLife is how long the address that apps.connections.open gives can be dialled.
	// Slack does not document it; 30 seconds is what it gave for rtm.connect.
	ticketLife = 30 * time.Second
)

type closeKind int

const (
	closeNormal closeKind = iota // with a close frame
	closeAbrupt                  // the connection just ends
)

// socket is one connection of the app. Frames are queued and written by its own
// goroutine.
type socket struct {
	id   int
	conn *websocket.Conn

	mu     sync.Mutex
	queue  []frame
	ending bool
	how    closeKind
	ghost  bool
	ready  chan struct{}
	gone   chan struct{}
	once   sync.Once
}

type frame struct {
	data []byte
	then func() // runs after the frame was written, without any mutex
}

func (k *socket) enqueue(f frame) {
	k.mu.Lock()
	if !k.ghost && !k.ending {
		k.queue = append(k.queue, f)
	}
	k.mu.Unlock()
	k.poke()
}

func (k *socket) poke() {
	select {
	case k.ready <- struct{}{}:
	default:
	}
}

// end closes the socket after what is queued (closeNormal) or at once.
func (k *socket) end(how closeKind) {
	k.mu.Lock()
	k.ending, k.how = true, how
	k.mu.Unlock()
	if how == closeAbrupt {
		k.once.Do(func() { close(k.gone) })
	}
	k.poke()
}

func (k *socket) haunt() {
	k.mu.Lock()
	k.ghost, k.queue = true, nil
	k.mu.Unlock()
}

func (k *socket) isGhost() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ghost
}

func connectionsOpen(s *Server, _ *call) (object, error) {
	if s.refuse == RefuseOpen {
		return nil, fail("internal_error")
	}
	if !s.manifest.Settings.SocketMode {
		return nil, fail("forbidden")
	}
	ticket := s.secret()
	maps.DeleteFunc(s.tickets, func(_ string, until time.Time) bool { return !s.now().Before(until) })
	s.tickets[ticket] = s.now().Add(ticketLife)
	base := strings.Replace(s.base, "http", "ws", 1)
	return object{"url": base + "/link/?ticket=" + ticket + "&app_id=" + appID}, nil
}

// serveSocket takes the mutex itself.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	ticket := r.URL.Query().Get("ticket")
	s.mu.Lock()
	known := s.now().Before(s.tickets[ticket])
	delete(s.tickets, ticket)
	refuse := s.refuse
	s.mu.Unlock()
	switch {
	case refuse == RefuseDial:
		http.Error(w, "conflict", http.StatusConflict)
		return
	case !known:
		http.Error(w, "invalid ticket", http.StatusForbidden)
		return
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	conn.SetReadLimit(maxFrame)
	k := &socket{conn: conn, ready: make(chan struct{}, 1), gone: make(chan struct{})}
	conn.SetPingHandler(func(text string) error {
		if k.isGhost() {
			return nil
		}
		err := conn.WriteControl(websocket.PongMessage, []byte(text), time.Now().Add(time.Second))
		if errors.Is(err, websocket.ErrCloseSent) {
			return nil
		}
		return err
	})
	s.mu.Lock()
	s.welcome(k, r.URL.Query().Get("debug_reconnects") == "true")
	s.mu.Unlock()
	s.running.Add(1)
	go s.write(k)
	s.read(k)
}

// welcome registers a socket and greets it, or sends it away as the eleventh.
func (s *Server) welcome(k *socket, debug bool) {
	s.socketSeq++
	k.id = s.socketSeq
	if s.refuse == RefuseTooMany || len(s.sockets) >= maxSockets {
		k.enqueue(s.farewell("too_many_websockets"))
		k.end(closeNormal)
		return
	}
	s.sockets = append(s.sockets, k)
	hello, err := json.Marshal(object{
		"type": "hello", "num_connections": len(s.sockets), "connection_info": object{"app_id": appID},
		"debug_info": object{
			"host": host(k), "build_number": 1, "approximate_connection_time": 18060,
			"started": s.now().UTC().Format("2006-01-02 15:04:05.000"),
		},
	})
	if err == nil {
		k.enqueue(frame{data: hello, then: func() { k.ping() }})
	}
	if debug {
		s.after(6*time.Minute, func() { s.sendAway(k, "refresh_requested") })
	}
	s.note(Change{Kind: "socket"})
}

func host(k *socket) string { return "applink-" + strconv.Itoa(k.id) }

func (k *socket) ping() {
	if k.isGhost() {
		return
	}
	//nolint:errcheck // a dead connection shows itself to the reader
	k.conn.WriteControl(websocket.PingMessage, []byte("Ping from "+host(k)), time.Now().Add(time.Second))
}

// farewell is a disconnect frame.
func (s *Server) farewell(reason string) frame {
	data, err := json.Marshal(object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "applink"}})
	if err != nil {
		return frame{}
	}
	return frame{data: data}
}

// sendAway tells a socket to reconnect. A warned one stays for ten seconds
// and may still get envelopes; any other closes at once.
func (s *Server) sendAway(k *socket, reason string) {
	if !slices.Contains(s.sockets, k) {
		return
	}
	k.enqueue(s.farewell(reason))
	if reason == "warning" {
		s.after(10*time.Second, func() {
			s.unregister(k)
			k.end(closeNormal)
		})
		return
	}
	s.unregister(k)
	k.end(closeNormal)
}

func (s *Server) unregister(k *socket) {
	before := len(s.sockets)
	s.sockets = slices.DeleteFunc(s.sockets, func(x *socket) bool { return x == k })
	if len(s.sockets) != before {
		s.note(Change{Kind: "socket"})
	}
}

// write is the goroutine that owns everything sent on a socket.
func (s *Server) write(k *socket) {
	defer s.running.Done()
	defer k.conn.Close()
	ticker := time.NewTicker(s.config.Ping)
	defer ticker.Stop()
	for {
		select {
		case <-k.gone:
			return
		case <-ticker.C:
			k.ping()
		case <-k.ready:
		}
		k.mu.Lock()
		frames, ending, how := k.queue, k.ending, k.how
		k.queue = nil
		k.mu.Unlock()
		for _, f := range frames {
			//nolint:errcheck // a deadline cannot fail on an open connection, and a closed one fails below
			k.conn.SetWriteDeadline(time.Now().Add(5 * time.Second))
			if k.conn.WriteMessage(websocket.TextMessage, f.data) != nil {
				return
			}
			if f.then != nil {
				f.then()
			}
		}
		if ending {
			if how == closeNormal {
				//nolint:errcheck // the other side may be gone already
				k.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
			}
			return
		}
	}
}

// read takes acknowledgements until the socket ends. It takes the mutex itself.
func (s *Server) read(k *socket) {
	for {
		_, data, err := k.conn.ReadMessage()
		if err != nil {
			s.ended(k, err)
			return
		}
		if k.isGhost() {
			continue
		}
		var ack acknowledgement
		if json.Unmarshal(data, &ack) == nil {
			is := s.show(ack.Payload)
			s.locked(func() { s.acknowledge(k, ack, is) })
		}
	}
}

// ended forgets a socket, at once if it closed properly, else after Linger.
func (s *Server) ended(k *socket, err error) {
	var closed *websocket.CloseError
	proper := errors.As(err, &closed) && closed.Code != websocket.CloseAbnormalClosure
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case k.isGhost() && s.registered(k):
		// Only CutSockets or Linger ends a ghost's registration.
	case !proper && s.config.Linger > 0 && s.registered(k):
		k.haunt()
		s.after(s.config.Linger, func() { s.unregister(k) })
	default:
		s.unregister(k)
	}
	k.once.Do(func() { close(k.gone) })
}

func (s *Server) registered(k *socket) bool { return slices.Contains(s.sockets, k) }

// Sockets is how many sockets Slack believes to be open, ghosts included.
func (s *Server) Sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}
