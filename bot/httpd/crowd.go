package httpd

import (
	"container/list"
	"net"
	"net/http"
	"sync"
)

// MostConnections is how many connections a server holds open. Each costs some 20 KB,
// whoever opens it.
const MostConnections = 1024

// Crowd bounds the connections of a server, as its ConnState. One more than the most makes
// the one go that has been idle longest, so that connections that do nothing keep nobody
// out; where none is idle, the new one is closed.
type Crowd struct {
	most int

	mu   sync.Mutex
	open map[net.Conn]*list.Element // its place among the idle; nil: it is not
	idle *list.List                 // of net.Conn, the one that is idle longest first
}

// NewCrowd returns the bound of one server.
func NewCrowd(most int) *Crowd {
	return &Crowd{most: most, open: map[net.Conn]*list.Element{}, idle: list.New()}
}

// Changed is told what becomes of each connection.
func (c *Crowd) Changed(conn net.Conn, s http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if place := c.open[conn]; place != nil {
		c.idle.Remove(place)
	}
	switch s {
	case http.StateClosed, http.StateHijacked:
		delete(c.open, conn)
	case http.StateIdle:
		c.open[conn] = c.idle.PushBack(conn)
	default:
		c.open[conn] = nil
	}
	if s == http.StateNew && len(c.open) > c.most {
		c.leave(conn)
	}
}

// leave closes the connection that is idle longest, or else the newcomer. It no longer
// counts, although its goroutine has yet to notice.
func (c *Crowd) leave(newcomer net.Conn) {
	if first := c.idle.Front(); first != nil {
		newcomer = c.idle.Remove(first).(net.Conn)
	}
	delete(c.open, newcomer)
	newcomer.Close()
}
