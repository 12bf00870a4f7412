package httpd

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/oncall/alert"
)

// stalled is a request whose body does not come until it is ended.
func (p *porch) stalled(path string, size int64, header map[string]string) (answer *httptest.ResponseRecorder, end func()) {
	in, out := io.Pipe()
	q := httptest.NewRequest("POST", path, in)
	q.ContentLength = size
	for k, v := range header {
		q.Header.Set(k, v)
	}
	answer = httptest.NewRecorder()
	var served sync.WaitGroup
	served.Go(func() { p.http.ServeHTTP(answer, q) })
	return answer, func() { out.CloseWithError(io.ErrUnexpectedEOF); served.Wait() }
}

// TestWhoShowsNothingKeepsNobodyOut: bodies that are announced and do not come take the
// room of others like them, and not that of senders who have shown a token.
func TestWhoShowsNothingKeepsNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPorch(t)
		p.hooks.Observe = NewHooks(HooksConfig{}).Observe // that of the porch is for one at a time
		var ends []func()
		stall := func(path string, size int64, header map[string]string) *httptest.ResponseRecorder {
			answer, end := p.stalled(path, size, header)
			ends = append(ends, end)
			return answer
		}
		for range 100 {
			stall("/v2/enqueue", 1<<20, nil)
			stall("/hooks/signed", -1, nil) // of a size that is not told: it may be the largest
		}
		wrong := stall("/hooks/any", 1<<20, shows("not the token"))
		synctest.Wait()
		if n := p.hooks.unshown.Load(); n != mostUnshown {
			t.Errorf("%d bytes are being read of those who show nothing, want %d", n, mostUnshown)
		}
		if !strings.Contains(wrong.Body.String(), "credential") {
			t.Errorf("a wrong token is not refused before its body: %d %s", wrong.Code, wrong.Body)
		}
		if status, _, _ := p.send(post{path: "/v2/enqueue", body: event(pdToken)}); status != 503 {
			t.Errorf("one more who shows nothing: got %d, want 503", status)
		}
		if status, body, _ := p.send(post{path: "/hooks/any", body: one, header: shows(token)}); status != 202 {
			t.Errorf("who shows a token: got %d %s, want 202", status, body)
		}
		for _, end := range ends {
			end()
		}
		if p.hooks.reading.Load() != 0 || p.hooks.unshown.Load() != 0 {
			t.Errorf("%d and %d bytes are still being read", p.hooks.reading.Load(), p.hooks.unshown.Load())
		}
		if status, body, _ := p.send(post{path: "/v2/enqueue", body: event(pdToken)}); status != 202 {
			t.Errorf("afterwards: got %d %s, want 202", status, body)
		}
		_, end := p.stalled("/hooks/any", 1<<20, shows(token))
		synctest.Wait()
		if all, unshown := p.hooks.reading.Load(), p.hooks.unshown.Load(); all != 1<<20 || unshown != 0 {
			t.Errorf("of who shows a token, %d and %d bytes are being read", all, unshown)
		}
		end()
	})
}

// slowEar takes seven seconds to store what it hears.
type slowEar struct{ *ear }

func (e slowEar) Hear(ctx context.Context, integration string, s []alert.Signal) (desk.Heard, error) {
	select {
	case <-time.After(7 * time.Second):
		return e.ear.Hear(ctx, integration, s)
	case <-ctx.Done():
		return desk.Heard{}, ctx.Err()
	}
}

// oneConn is a listener that has one connection.
type oneConn struct{ conns chan net.Conn }

func (l oneConn) Accept() (net.Conn, error) {
	if c, ok := <-l.conns; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (l oneConn) Close() error   { return nil }
func (l oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// TestABodyThatDoesNotCome is given up in time, and its sender told to send it again;
// a body that came may take longer to be stored.
func TestABodyThatDoesNotCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPorch(t)
		near, far := net.Pipe()
		conns := make(chan net.Conn, 1)
		conns <- far
		server := &http.Server{Handler: p.http, ReadTimeout: RequestTime, IdleTimeout: time.Hour}
		var running sync.WaitGroup
		running.Go(func() { server.Serve(oneConn{conns}) })
		defer func() { near.Close(); close(conns); server.Close(); running.Wait() }()

		ask := func(sent string) *http.Response {
			t.Helper()
			if _, err := fmt.Fprintf(near, "POST /hooks/any HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", token, len(one), sent); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(near), nil)
			if err != nil {
				t.Fatal(err)
			}
			return resp
		}
		p.hooks.Desk = slowEar{p.ear}
		go func() { time.Sleep(5 * time.Second); near.Write([]byte(one[5:])) }()
		if resp := ask(one[:5]); resp.StatusCode != 202 {
			t.Errorf("a body that took 5 seconds, and its storing 7: got %d", resp.StatusCode)
		}
		time.Sleep(time.Minute) // the deadline of the first is none of the second
		began := time.Now()
		if resp := ask(one[:5]); resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" || time.Since(began) != RequestTime {
			t.Errorf("half a body: got %d after %s", resp.StatusCode, time.Since(began))
		}
	})
}
