package bot_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/bot/httpd"
)

// TestConnectionsThatDoNothing: a server holds so many open and no more, and answers the
// next all the same.
func TestConnectionsThatDoNothing(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error)
	go func() {
		served <- bot.ServeHTTP(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "here") }))
	}()
	const over = 5
	var first []*bufio.Reader
	for n := range httpd.MostConnections + over {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		in := bufio.NewReader(c)
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatalf("connection %d: %v", n+1, err)
		}
		io.Copy(io.Discard, res.Body)
		if n < over {
			first = append(first, in)
		}
	}
	for n, in := range first {
		if _, err := in.ReadByte(); err == nil {
			t.Errorf("connection %d is still open", n+1)
		}
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
