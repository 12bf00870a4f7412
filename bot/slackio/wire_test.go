package slackio

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// api is a tiny Slack that serves the Web API.
type api struct {
	*httptest.Server
	mu    sync.Mutex
	calls []called
}

// called is one call that arrived.
type called struct {
	method string
	args   url.Values // of a form or a query
	body   string     // of anything else
	header http.Header
}

// newAPI serves answers by method: a text to answer with, or a function.
func newAPI(t *testing.T, answers map[string]any) *api {
	a := &api{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := called{method: strings.TrimPrefix(r.URL.Path, "/api/"), args: r.URL.Query(), header: r.Header.Clone()}
		body, _ := io.ReadAll(r.Body)
		c.body = string(body)
		if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") && len(body) > 0 {
			c.args, _ = url.ParseQuery(c.body)
		}
		a.mu.Lock()
		a.calls = append(a.calls, c)
		a.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		switch answer := answers[c.method].(type) {
		case string:
			io.WriteString(w, strings.ReplaceAll(answer, "HOST", "http://"+r.Host))
		case func(http.ResponseWriter, called):
			answer(w, c)
		default:
			io.WriteString(w, `{"ok":false,"error":"unknown_method"}`)
		}
	}))
	a.Server.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(a.Close)
	return a
}

// client is a client of the tiny Slack.
func (a *api) client(t *testing.T) *Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := NewClient(ClientConfig{Token: "xoxb-test", APIURL: a.URL + "/api", HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// last is the call that arrived last.
func (a *api) last(t *testing.T) called {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.calls) == 0 {
		t.Fatal("nothing was called")
	}
	return a.calls[len(a.calls)-1]
}

// count is how many calls arrived.
func (a *api) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.calls)
}

// answer is a fixed answer.
func answer(status int, header, value, body string) func(http.ResponseWriter, called) {
	return func(w http.ResponseWriter, _ called) {
		if header != "" {
			w.Header().Set(header, value)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func TestWireJudges(t *testing.T) {
	hangUp := func(after string) func(http.ResponseWriter, called) {
		return func(w http.ResponseWriter, _ called) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				panic(err)
			}
			io.WriteString(conn, after)
			conn.Close()
		}
	}
	cases := map[string]struct {
		answer func(http.ResponseWriter, called)
		want   Failure
	}{
		"429 with Retry-After":         {answer(429, "Retry-After", "30", `{"ok":false,"error":"ratelimited"}`), Failure{Class: RateLimited, Code: "ratelimited", RetryAfter: 30 * time.Second}},
		"429 without":                  {answer(429, "", "", ``), Failure{Class: RateLimited, Code: "ratelimited", RetryAfter: time.Second}},
		"429 with nonsense":            {answer(429, "Retry-After", "soon", `<html>`), Failure{Class: RateLimited, Code: "ratelimited", RetryAfter: time.Second}},
		"200 and ratelimited":          {answer(200, "", "", `{"ok":false,"error":"ratelimited"}`), Failure{Class: RateLimited, Code: "ratelimited", RetryAfter: time.Second}},
		"200 and ratelimited for long": {answer(200, "Retry-After", "5", `{"ok":false,"error":"ratelimited"}`), Failure{Class: RateLimited, Code: "ratelimited", RetryAfter: 5 * time.Second}},
		"500":                          {answer(500, "", "", `<html>oops</html>`), Failure{Class: Unknown, Code: "http_500"}},
		"503 with JSON":                {answer(503, "", "", `{"ok":false,"error":"service_unavailable"}`), Failure{Class: Unknown, Code: "http_503"}},
		"400 with JSON":                {answer(400, "", "", `{"ok":false,"error":"invalid_form_data"}`), Failure{Class: Invalid, Code: "invalid_form_data"}},
		"403 with HTML":                {answer(403, "", "", `<html>`), Failure{Class: Fatal, Code: "http_403"}},
		"a redirect is not followed":   {answer(307, "Location", "/api/elsewhere", ``), Failure{Class: Fatal, Code: "http_307"}},
		"no JSON":                      {answer(200, "", "", `<html>please log in</html>`), Failure{Class: Unknown, Code: "undecodable"}},
		"neither ok nor error":         {answer(200, "", "", `{}`), Failure{Class: Unknown, Code: "undecodable"}},
		"not ok, no error":             {answer(200, "", "", `{"ok":false}`), Failure{Class: Unknown, Code: "undecodable"}},
		"ok is a text":                 {answer(200, "", "", `{"ok":"yes"}`), Failure{Class: Unknown, Code: "undecodable"}},
		"ok, ts is a number":           {answer(200, "", "", `{"ok":true,"ts":5}`), Failure{Class: Unknown, Code: "undecodable"}},
		"internal_error":               {answer(200, "", "", `{"ok":false,"error":"internal_error"}`), Failure{Class: Unknown, Code: "internal_error"}},
		"missing scope":                {answer(200, "", "", `{"ok":false,"error":"missing_scope","needed":"chat:write","provided":"commands"}`), Failure{Class: Fatal, Code: "missing_scope", Needed: "chat:write", Provided: "commands"}},
		"odd errors":                   {answer(200, "", "", `{"ok":false,"error":"cant_invite","errors":[{"ok":true,"user":"U1"}]}`), Failure{Class: Gone, Code: "cant_invite"}},
		"hung up before answering":     {hangUp(""), Failure{Class: Unknown, Code: "broken"}},
		"hung up while answering":      {hangUp("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ok\":true"), Failure{Class: Unknown, Code: "broken"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			a := newAPI(t, map[string]any{"chat.postMessage": c.answer, "elsewhere": `{"ok":true,"ts":"1.0"}`})
			_, err := a.client(t).PostMessage(t.Context(), Post{Channel: "C1", Text: "x"})
			got := Classify("chat.postMessage", err)
			got.Method, got.Detail = "", ""
			if got != c.want {
				t.Errorf("got %+v, want %+v (%v)", got, c.want, err)
			}
			if n := a.count(); n != 1 {
				t.Errorf("%d calls arrived, want exactly one", n)
			}
		})
	}
}

func TestWireSaysWhatSlackComplainsAbout(t *testing.T) {
	for _, body := range []string{
		`{"ok":false,"error":"invalid_blocks","errors":["too long [json-pointer:/blocks/0]"]}`,
		`{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["too long [json-pointer:/blocks/0]"]}}`,
	} {
		a := newAPI(t, map[string]any{"chat.postMessage": body})
		_, err := a.client(t).PostMessage(t.Context(), Post{Channel: "C1", Text: "x"})
		if got, want := fmt.Sprint(err), "call chat.postMessage: invalid_blocks: too long [json-pointer:/blocks/0]"; got != want {
			t.Errorf("got error %q, want %q", got, want)
		}
	}
}

// failing makes a client whose connections are made by dial.
func failing(t *testing.T, apiURL string, transport *http.Transport, timeout time.Duration) *Client {
	t.Helper()
	t.Cleanup(transport.CloseIdleConnections)
	c, err := NewClient(ClientConfig{Token: "xoxb-test", APIURL: apiURL, HTTPClient: &http.Client{Transport: transport, Timeout: timeout}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWireNotSent(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + ln.Addr().String()
	ln.Close()
	untrusted := httptest.NewTLSServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer untrusted.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	stuck, err := net.Listen("tcp", "127.0.0.1:0") // accepts into its backlog and never speaks TLS
	if err != nil {
		t.Fatal(err)
	}
	defer stuck.Close()

	cases := map[string]struct {
		url       string
		transport *http.Transport
		want      string
	}{
		"nobody listens": {closed, &http.Transport{}, "dial"},
		"no such name": {"http://slack.test", &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "slack.test", IsNotFound: true}}
		}}, "dns"},
		"unknown authority":  {untrusted.URL, &http.Transport{}, "tls"},
		"no TLS spoken":      {"https" + strings.TrimPrefix(plain.URL, "http"), &http.Transport{TLSClientConfig: &tls.Config{}}, "broken"},
		"TLS takes too long": {"https://" + stuck.Addr().String(), &http.Transport{TLSHandshakeTimeout: 30 * time.Millisecond}, "timeout"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := failing(t, c.url, c.transport, time.Minute).PostMessage(t.Context(), Post{Channel: "C1", Text: "x"})
			f := Classify("chat.postMessage", err)
			if f.Class != Retry || f.Code != c.want && name != "no TLS spoken" {
				t.Errorf("got %s (%s), want %s (%s): %v", f.Class, f.Code, Retry, c.want, err)
			}
			if call, ok := errors.AsType[*CallError](err); !ok || call.Sent || call.Method != "chat.postMessage" {
				t.Errorf("got %#v, want it not sent", err)
			}
		})
	}
}

func TestWireSentAndLost(t *testing.T) {
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	a := newAPI(t, map[string]any{"chat.postMessage": func(http.ResponseWriter, called) {
		arrived <- struct{}{}
		<-release
	}})
	defer close(release)
	_, err := failing(t, a.URL+"/api/", &http.Transport{}, 100*time.Millisecond).PostMessage(t.Context(), Post{Channel: "C1", Text: "x"})
	if f := Classify("chat.postMessage", err); f.Class != Unknown || f.Code != "timeout" {
		t.Errorf("a timeout after sending is %s (%s), want %s", f.Class, f.Code, Unknown)
	}
	<-arrived
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	_, err = a.client(t).PostMessage(ctx, Post{Channel: "C1", Text: "x"})
	if f := Classify("chat.postMessage", err); f.Class != Unknown || f.Code != "canceled" {
		t.Errorf("leaving after sending is %s (%s), want %s", f.Class, f.Code, Unknown)
	}
	_, err = a.client(t).PostMessage(ctx, Post{Channel: "C1", Text: "x"})
	if f := Classify("chat.postMessage", err); f.Class != Retry || f.Code != "canceled" {
		t.Errorf("leaving before sending is %s (%s), want %s", f.Class, f.Code, Retry)
	}
}

func TestWireTooLarge(t *testing.T) {
	a := newAPI(t, map[string]any{"conversations.info": func(w http.ResponseWriter, _ called) {
		io.WriteString(w, `{"ok":true,"x":"`)
		chunk := strings.Repeat("x", 1<<20)
		for range largestAnswer>>20 + 1 {
			io.WriteString(w, chunk)
		}
	}})
	_, err := a.client(t).ChannelInfo(t.Context(), "C1")
	if f := Classify("conversations.info", err); f.Code != "undecodable" {
		t.Errorf("got %+v", f)
	}
}

func TestWireHeadersAndMetrics(t *testing.T) {
	a := newAPI(t, map[string]any{"chat.postMessage": `{"ok":true,"channel":"C1","ts":"1.5"}`, "pins.add": `{"ok":false,"error":"no_permission"}`})
	var seen []string
	var calls atomic.Int32
	c, err := NewClient(ClientConfig{Token: "xoxb-test", APIURL: a.URL + "/api", UserAgent: "watchbill/1.2",
		HTTPClient: a.Client(), OnCall: func(method string, took time.Duration, err error) {
			calls.Add(1)
			seen = append(seen, fmt.Sprintf("%s %v %v", method, took >= 0, err))
		}})
	if err != nil {
		t.Fatal(err)
	}
	posted, err := c.PostMessage(t.Context(), Post{Channel: "C1", Text: "x"})
	if err != nil || posted != (Posted{Channel: "C1", TS: "1.5"}) {
		t.Fatalf("PostMessage: %+v, %v", posted, err)
	}
	h := a.last(t).header
	if h.Get("User-Agent") != "watchbill/1.2" || h.Get("Authorization") != "Bearer xoxb-test" {
		t.Errorf("headers %v", h)
	}
	c.AddPin(t.Context(), "C1", "1.5")
	want := []string{"chat.postMessage true <nil>", "pins.add true call pins.add: no_permission"}
	if fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("metrics %q, want %q", seen, want)
	}
	if a.Client().CheckRedirect != nil {
		t.Error("the given client was changed")
	}
}

func TestNewClientConfiguration(t *testing.T) {
	for _, cfg := range []ClientConfig{{}, {Token: "x", APIURL: "slack.com"}, {Token: "x", APIURL: "ftp://slack.com/api/"},
		{Token: "x", APIURL: "https://slack.com/api/?a=b"}, {Token: "x", APIURL: "https://u:secret@slack.com/api/"}, {Token: "x", APIURL: "https://%zz"}} {
		_, err := NewClient(cfg)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("NewClient(%+v): %v", cfg, err)
		}
	}
	c, err := NewClient(ClientConfig{Token: "x"})
	if err != nil || c.wire.base.String() != "https://slack.com/api/" || c.wire.client.Timeout == 0 || c.wire.agent != "watchbill" {
		t.Errorf("NewClient with defaults: %+v, %v", c, err)
	}
}

func TestOpenAddressIsSafe(t *testing.T) {
	for _, address := range []string{"ws://slack.test/link/?ticket=1", "http://slack.test/", "", "wss://", "://"} {
		srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"ok":true,"url":%q}`, address)
		}))
		w, err := newWire(srv.URL, srv.Client(), "", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := openAddress(t.Context(), w, "xapp-1"); err == nil {
			t.Errorf("an API over TLS may send us to %q", got)
		}
		srv.Close()
	}
}

func TestDialerUsesTheClientsNetwork(t *testing.T) {
	proxied := errors.New("through the proxy")
	transport := &http.Transport{
		Proxy:           func(*http.Request) (*url.URL, error) { return nil, proxied },
		TLSClientConfig: &tls.Config{ServerName: "slack.test", NextProtos: []string{"h2"}},
	}
	d := newDialer(&http.Client{Transport: transport})
	if _, err := d.Proxy(nil); !errors.Is(err, proxied) {
		t.Errorf("the proxy is not used: %v", err)
	}
	if d.TLSClientConfig.ServerName != "slack.test" || len(d.TLSClientConfig.NextProtos) != 0 || len(transport.TLSClientConfig.NextProtos) != 1 {
		t.Errorf("TLS settings %+v", d.TLSClientConfig)
	}
}

// TestListening: whatever Slack itself says is an answer, what a gateway before it says is
// none.
func TestListening(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		heard  bool
	}{{200, `{"ok":true}`, true}, {200, `{"ok":false,"error":"invalid_auth"}`, true}, {429, "", true}, {500, "", false}, {503, "no backend", false}} {
		a := newAPI(t, map[string]any{"chat.update": answer(c.status, "Retry-After", "1", c.body)})
		ctx, heard := Listening(t.Context())
		if heard() {
			t.Error("heard before anything was asked")
		}
		a.client(t).UpdateMessage(ctx, Edit{Channel: "C1", TS: "1.0", Text: "t"})
		if heard() != c.heard {
			t.Errorf("%d %s: heard %v, want %v", c.status, c.body, heard(), c.heard)
		}
	}
	ctx, heard := Listening(t.Context())
	failing(t, "http://127.0.0.1:1/api", &http.Transport{}, time.Second).UpdateMessage(ctx, Edit{Channel: "C1", TS: "1.0", Text: "t"})
	if heard() {
		t.Error("nobody is an answer")
	}
}
