package slacksim

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const maxFrame = 20_480 // bytes a client may send in one frame

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

// socketDoor lets the app's sockets in, writes to them and reads from them. Its methods
// take the mutex themselves, except open.
type socketDoor struct {
	app     *installation
	team    *team
	gateway *gateway
	faults  *faults
	agenda  *agenda
	mint    *mint
	ping    time.Duration
	linger  time.Duration // for which a socket that ended without a close frame stays
	running *sync.WaitGroup
	mu      *mutex
}

func (d *socketDoor) open(_ *call) (object, error) {
	if d.faults.refuse == RefuseOpen {
		return nil, fail("internal_error")
	}
	if !d.app.manifest.Settings.SocketMode {
		return nil, fail("forbidden")
	}
	base := strings.Replace(d.team.base, "http", "ws", 1)
	return object{"url": base + "/link/?ticket=" + d.gateway.ticket() + "&app_id=" + appID}, nil
}

// serveSocket takes the mutex itself.
func (d *socketDoor) serve(w http.ResponseWriter, r *http.Request) {
	ticket := r.URL.Query().Get("ticket")
	d.mu.Lock()
	known := d.gateway.useTicket(ticket)
	refuse := d.faults.refuse
	d.mu.Unlock()
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
	d.mu.Lock()
	d.gateway.welcome(k, r.URL.Query().Get("debug_reconnects") == "true")
	d.mu.Unlock()
	d.running.Add(1)
	go d.write(k)
	d.read(k)
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
func farewell(reason string) frame {
	data, err := json.Marshal(object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "applink"}})
	if err != nil {
		return frame{}
	}
	return frame{data: data}
}

// write is the goroutine that owns everything sent on a socket.
func (d *socketDoor) write(k *socket) {
	defer d.running.Done()
	defer k.conn.Close()
	ticker := time.NewTicker(d.ping)
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
func (d *socketDoor) read(k *socket) {
	for {
		_, data, err := k.conn.ReadMessage()
		if err != nil {
			d.ended(k, err)
			return
		}
		if k.isGhost() {
			continue
		}
		var ack acknowledgement
		if json.Unmarshal(data, &ack) == nil {
			is := readDisplay(ack.Payload, d.mint)
			d.mu.hold(func() { d.gateway.acknowledge(k, ack, is) })
		}
	}
}

// ended forgets a socket, at once if it closed properly, else after Linger.
func (d *socketDoor) ended(k *socket, err error) {
	var closed *websocket.CloseError
	proper := errors.As(err, &closed) && closed.Code != websocket.CloseAbnormalClosure
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case k.isGhost() && d.gateway.registered(k):
		// Only CutSockets or Linger ends a ghost's registration.
	case !proper && d.linger > 0 && d.gateway.registered(k):
		k.haunt()
		d.agenda.after(d.linger, func() { d.gateway.unregister(k) })
	default:
		d.gateway.unregister(k)
	}
	k.once.Do(func() { close(k.gone) })
}

// Sockets is how many sockets Slack believes to be open, ghosts included.
func (s *Server) Sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.gateway.sockets)
}
