package slackio

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
)

// openWithin bounds asking for a socket's address, and dialling it.
const openWithin = 10 * time.Second

// openAddress asks Slack for the address of a new socket (apps.connections.open). It serves once and is a secret.
func openAddress(ctx context.Context, w *wire, token string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	api := slack.New("", slack.OptionAppLevelToken(token), slack.OptionAPIURL(w.base.String()), slack.OptionHTTPClient(w))
	_, address, err := api.StartSocketModeContext(ctx)
	if err != nil {
		return "", unreadable("apps.connections.open", err)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "wss" && (u.Scheme != "ws" || w.base.Scheme != "http") {
		return "", &CallError{Method: "apps.connections.open", Status: http.StatusOK, Code: codeUndecodable, Sent: true,
			Err: errors.New("the answer holds no safe socket address")}
	}
	return address, nil
}

// newDialer makes a dialler with the network settings of an HTTP client.
func newDialer(client *http.Client) *websocket.Dialer {
	d := &websocket.Dialer{
		Proxy:            http.ProxyFromEnvironment,
		HandshakeTimeout: openWithin,
		ReadBufferSize:   16 << 10,
		WriteBufferSize:  32 << 10, // above Slack's limit, so that each message is one frame: Slack joins no fragments
	}
	transport, ok := client.Transport.(*http.Transport)
	if !ok {
		return d
	}
	d.Proxy, d.NetDialContext = transport.Proxy, transport.DialContext
	if transport.TLSClientConfig != nil {
		d.TLSClientConfig = transport.TLSClientConfig.Clone()
		d.TLSClientConfig.NextProtos = nil
	}
	return d
}

// dial opens a socket at an address from openAddress.
func dial(ctx context.Context, d *websocket.Dialer, address, agent string) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	ws, resp, err := d.DialContext(ctx, address, http.Header{"User-Agent": {agent}})
	if err == nil {
		return ws, nil
	}
	if resp == nil {
		failed := netError(err, true)
		failed.Method = "socket"
		return nil, failed
	}
	resp.Body.Close()
	return nil, &CallError{Method: "socket", Status: resp.StatusCode, Code: statusCode(resp.StatusCode),
		RetryAfter: retryAfter(resp.Header), Sent: true}
}

const (
	// connectGap is the least time between two attempts to connect. Slack answers 409 to sockets opened at one instant.
	connectGap = time.Second
	// connectsPerMinute is the most attempts to connect in a minute. Slack allows 50; two sockets at their longest backoff
	// need half of ours.
	connectsPerMinute = 30
)

// gate spaces the attempts to connect of all sockets, whatever makes them want to: a second guard behind the backoff.
type gate struct {
	mu    sync.Mutex
	times []time.Time // of the last attempts, oldest first; some may lie ahead
}

// reserve books the next free instant for an attempt and says how long it is until then. Now is of the monotonic clock.
func (g *gate) reserve(now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := now
	if n := len(g.times); n > 0 {
		at = later(at, g.times[n-1].Add(connectGap))
	}
	if n := len(g.times); n >= connectsPerMinute {
		at = later(at, g.times[n-connectsPerMinute].Add(time.Minute))
		g.times = g.times[n-connectsPerMinute+1:]
	}
	g.times = append(g.times, at)
	return at.Sub(now)
}

// lastMinute counts the attempts in the minute before now.
func (g *gate) lastMinute(now time.Time) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	count := 0
	for _, at := range g.times {
		if !at.After(now) && now.Sub(at) < time.Minute {
			count++
		}
	}
	return count
}

const (
	shortestBackoff = 250 * time.Millisecond
	longestBackoff  = 10 * time.Second
	// probeEvery is the pause between attempts while connecting is hopeless.
	probeEvery = time.Minute
	// steadyAfter is how long a socket must have lived for its end to count as the first failure again.
	steadyAfter = 30 * time.Second
)

// backoff is the pause after a number of failures in a row: doubling, capped, and between half and the whole of that by
// chance, so that replicas do not march in step.
func backoff(failures int, chance float64) time.Duration {
	if failures <= 0 {
		return 0
	}
	pause := longestBackoff
	if failures < 7 {
		pause = min(pause, shortestBackoff<<(failures-1))
	}
	return pause/2 + time.Duration(chance*float64(pause/2))
}
