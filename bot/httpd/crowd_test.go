package httpd

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// visitor is a connection that is kept.
type visitor struct {
	net.Conn
	in *bufio.Reader
}

func visit(t *testing.T, s *httptest.Server) *visitor {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &visitor{conn, bufio.NewReader(conn)}
}

// ask sends a request.
func (c *visitor) ask(path string) { io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n") }

// answered says whether an answer comes; else the connection was closed.
func (c *visitor) answered() bool {
	res, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return false
	}
	io.Copy(io.Discard, res.Body)
	return res.Body.Close() == nil
}

// TestACrowd: connections that do nothing keep nobody out, and those that do something stay.
func TestACrowd(t *testing.T) {
	busy, release := make(chan struct{}), make(chan struct{})
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			busy <- struct{}{}
			<-release
		}
	}))
	idle := make(chan struct{}, 100)
	crowd := NewCrowd(3)
	s.Config.ConnState = func(c net.Conn, state http.ConnState) {
		crowd.Changed(c, state)
		if state == http.StateIdle {
			idle <- struct{}{}
		}
	}
	s.Start()
	defer s.Close()

	var first []*visitor
	for range 3 {
		c := visit(t, s)
		if c.ask("/"); !c.answered() {
			t.Fatal("refused while there is room")
		}
		<-idle
		first = append(first, c)
	}
	if first[0].ask("/"); !first[0].answered() { // now the second is idle longest
		t.Fatal("closed although nobody else came")
	}
	<-idle
	more := visit(t, s)
	more.ask("/slow")
	<-busy
	if first[1].ask("/"); first[1].answered() {
		t.Error("what was idle longest is still open")
	}
	for _, n := range []int{0, 2} {
		first[n].ask("/slow")
		<-busy
	}
	refused := visit(t, s)
	if refused.ask("/"); refused.answered() {
		t.Error("a fourth is taken while three are busy")
	}
	close(release)
	for _, c := range []*visitor{more, first[0], first[2]} {
		if !c.answered() {
			t.Error("a busy one was closed")
		}
		<-idle
	}
	late := visit(t, s)
	if late.ask("/"); !late.answered() {
		t.Error("refused although others are idle")
	}
}
