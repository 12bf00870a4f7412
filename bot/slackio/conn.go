package slackio

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// helloWithin is how long an accepted socket may take to say hello.
	helloWithin = 10 * time.Second
	// silentFor is how long a socket may be silent, pings included, before it is taken for dead.
	silentFor = 15 * time.Second
	// pingEvery is how often we ping, so that a half-open socket is found although Slack's own pings have no known pace.
	pingEvery = 5 * time.Second
	// lingerFor is how long a socket that was told to go is still read: Slack closes it after about ten seconds.
	lingerFor = 15 * time.Second
	// controlWithin bounds the writing of pings, pongs and close frames.
	controlWithin = time.Second
	// largestFrameIn bounds a frame of Slack's in bytes.
	largestFrameIn = 8 << 20
)

// conn is one socket from its dialling to its end.
type conn struct {
	ws      *websocket.Conn
	turn    chan struct{} // held by who writes a message
	retired chan struct{} // closed when Slack told the socket to go
	over    chan struct{} // closed when nothing more will be read
	reason  string        // why it was told to go; read it after retired
	err     error         // why it ended; read it after over
	opened  time.Time
	once    sync.Once // for retired
}

// newConn wraps a socket that was just accepted.
func newConn(ws *websocket.Conn) *conn {
	return &conn{ws: ws, turn: make(chan struct{}, 1), retired: make(chan struct{}), over: make(chan struct{}), opened: time.Now()}
}

// retire notes that Slack told the socket to go.
func (c *conn) retire(reason string) {
	c.once.Do(func() {
		c.reason = reason
		close(c.retired)
	})
}

// keptBuffer is how large a buffer of frames may be to be used again, in bytes.
const keptBuffer = 64 << 10

// read hands every frame to receive, which must not keep it, until the socket ends. Heard is told of every sign of life. Who calls it closes
// c.over afterwards.
func (c *conn) read(receive func(data []byte), heard func()) {
	defer func() {
		if r := recover(); r != nil {
			c.err = fmt.Errorf("read socket: panic: %v\n%s", r, debug.Stack())
		}
	}()
	greeted := false // until then only a message keeps the socket, pings and pongs do not
	alive := func() {
		heard()
		if greeted {
			c.ws.SetReadDeadline(time.Now().Add(silentFor))
		}
	}
	c.ws.SetReadLimit(largestFrameIn)
	c.ws.SetPingHandler(func(data string) error {
		alive()
		// A pong that cannot be written says nothing that the next read does not say.
		_ = c.ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(controlWithin))
		return nil
	})
	c.ws.SetPongHandler(func(string) error {
		alive()
		return nil
	})
	c.ws.SetReadDeadline(time.Now().Add(helloWithin))
	var buffer bytes.Buffer
	for {
		_, frame, err := c.ws.NextReader()
		if err == nil {
			buffer.Reset()
			_, err = buffer.ReadFrom(frame)
		}
		if err != nil {
			c.err = err
			return
		}
		greeted = true
		alive()
		receive(buffer.Bytes())
		if buffer.Cap() > keptBuffer {
			buffer = bytes.Buffer{}
		}
	}
}

// tend pings the socket and closes it when it is over, has lingered, or stop is closed. It returns when the socket is
// closed and its reader has ended.
func (c *conn) tend(stop <-chan struct{}) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	retired, linger := c.retired, (<-chan time.Time)(nil)
	for {
		select {
		case <-c.over:
			c.ws.Close()
			return
		case <-ping.C:
			_ = c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(controlWithin)) // the reader finds a dead socket
		case <-retired:
			retired, linger = nil, time.After(lingerFor)
		case <-linger:
			c.goodbye()
			return
		case <-stop:
			c.goodbye()
			return
		}
	}
}

// goodbye ends the socket with a close frame, so that Slack routes nothing to it any more.
func (c *conn) goodbye() {
	bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if c.ws.WriteControl(websocket.CloseMessage, bye, time.Now().Add(controlWithin)) == nil {
		timer := time.NewTimer(controlWithin)
		defer timer.Stop()
		select {
		case <-c.over:
		case <-timer.C:
		}
	}
	c.ws.Close()
	<-c.over
}

// errOver says that the socket has ended.
var errOver = errors.New("the socket is closed")

// write sends one message as one frame before the deadline. A socket that cannot be written to is closed.
func (c *conn) write(deadline time.Time, data []byte) error {
	if err := c.take(deadline); err != nil {
		return err
	}
	defer func() { <-c.turn }()
	c.ws.SetWriteDeadline(deadline)
	if err := c.ws.WriteMessage(websocket.TextMessage, data); err != nil {
		c.ws.Close()
		return fmt.Errorf("write to socket: %w", err)
	}
	return nil
}

// take waits for the turn to write.
func (c *conn) take(deadline time.Time) error {
	select {
	case <-c.over:
		return errOver
	default:
	}
	select {
	case c.turn <- struct{}{}:
		return nil
	default:
	}
	late := time.NewTimer(time.Until(deadline))
	defer late.Stop()
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-c.over:
		return errOver
	case <-late.C:
		return fmt.Errorf("wait to write to socket: %w", os.ErrDeadlineExceeded)
	}
}
