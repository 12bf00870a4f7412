package slackio

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gorilla/websocket"
)

// BenchmarkAcknowledge measures an envelope from Slack's side and back over loopback TCP, with a handler that does
// nothing: what the wire adds to a command.
func BenchmarkAcknowledge(b *testing.B) {
	for _, inFlight := range []int{1, 50} {
		b.Run(fmt.Sprintf("in-flight=%d", inFlight), func(b *testing.B) {
			joined := make(chan *websocket.Conn, 1)
			var address string
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					fmt.Fprintf(w, `{"ok":true,"url":"ws://%s/link/"}`, address)
					return
				}
				upgrader := websocket.Upgrader{}
				ws, err := upgrader.Upgrade(w, r, nil)
				if err != nil {
					b.Error(err)
					return
				}
				ws.WriteMessage(websocket.TextMessage, []byte(`{"type":"hello","num_connections":1}`))
				joined <- ws
			}))
			defer srv.Close()
			address = srv.Listener.Addr().(*net.TCPAddr).String()
			s := NewSockets(SocketConfig{Token: "xapp-1", APIURL: srv.URL, Count: 1,
				Handler: func(context.Context, Envelope) (json.RawMessage, error) {
					return json.RawMessage(`{"text":"done"}`), nil
				}})
			ctx, cancel := context.WithCancel(b.Context())
			done := make(chan error, 1)
			go func() { done <- s.Run(ctx) }()
			ws := <-joined
			frame := []byte(slash("e1"))
			b.ReportAllocs()
			sent := 0
			for ; sent < min(inFlight, b.N); sent++ {
				ws.WriteMessage(websocket.TextMessage, frame)
			}
			for acked := 0; acked < b.N; acked++ {
				if _, _, err := ws.ReadMessage(); err != nil {
					b.Fatal(err)
				}
				if sent < b.N {
					ws.WriteMessage(websocket.TextMessage, frame)
					sent++
				}
			}
			b.StopTimer()
			go func() {
				for {
					if _, _, err := ws.ReadMessage(); err != nil {
						ws.Close()
						return
					}
				}
			}()
			cancel()
			<-done
		})
	}
}
