package notifytest

import (
	"net/http"
	"slices"
	"testing"
)

// Gateway is an SMS gateway that takes whatever comes and keeps it.
type Gateway struct {
	provider
	// Answer is the body of what it answers, with status 200.
	Answer string

	got []GatewayRequest
}

// GatewayRequest is a request that came to a gateway.
type GatewayRequest struct {
	Method string
	URL    string // path and query, as they came
	Header http.Header
	Body   string
}

// NewGateway starts a gateway.
func NewGateway(t testing.TB) *Gateway {
	g := &Gateway{}
	g.start(t, 1<<20, func(r *http.Request, body []byte) reply {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.got = append(g.got, GatewayRequest{r.Method, r.URL.RequestURI(), r.Header.Clone(), string(body)})
		return reply{status: http.StatusOK, kind: "text/plain", body: g.Answer}
	})
	return g
}

// Taken are the requests that were taken, in order.
func (g *Gateway) Taken() []GatewayRequest {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.got)
}
