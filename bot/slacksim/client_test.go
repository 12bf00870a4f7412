package slacksim

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
)

// app is a Slack app in a hundred lines: it speaks raw JSON over net/http and
// gorilla, and answers every envelope by its handler.
type app struct {
	t      *testing.T
	server *Server
	base   string

	mu     sync.Mutex
	conns  []*websocket.Conn
	seen   []frameIn
	ended  []error // why sockets ended
	answer func(frameIn) (payload any, ack bool)
	arrive chan struct{}
}

// frameIn is one frame from Slack.
type frameIn struct {
	Type           string `json:"type"`
	EnvelopeID     string `json:"envelope_id"`
	Accepts        bool   `json:"accepts_response_payload"`
	RetryAttempt   int    `json:"retry_attempt"`
	RetryReason    string `json:"retry_reason"`
	Reason         string `json:"reason"`
	NumConnections int    `json:"num_connections"`
	Payload        object `json:"payload"`
	socket         int
}

func (f frameIn) event() object {
	e, _ := f.Payload["event"].(map[string]any)
	return e
}

// get walks into nested objects and lists.
func get(node any, path ...any) any {
	for _, step := range path {
		switch key := step.(type) {
		case string:
			switch n := node.(type) {
			case object:
				node = n[key]
			case map[string]any:
				node = n[key]
			default:
				return nil
			}
		case int:
			list, _ := node.([]any)
			if key >= len(list) {
				return nil
			}
			node = list[key]
		}
	}
	return node
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func start(t *testing.T, config Config) *app {
	t.Helper()
	s, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"dev1", "dev2", "sre1"} {
		s.AddUser(User{ID: "U0" + strings.ToUpper(name), Name: name, Email: name + "@example.com"})
	}
	s.AddChannel("ops", false, "U0DEV1", "U0SRE1", s.BotUserID())
	a := &app{t: t, server: s, base: base, arrive: make(chan struct{})}
	t.Cleanup(func() {
		a.mu.Lock()
		conns := a.conns
		a.mu.Unlock()
		for _, c := range conns {
			c.Close()
		}
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return a
}

// call sends JSON with a bearer token.
func (a *app) call(method string, args object) object {
	a.t.Helper()
	body, err := json.Marshal(args)
	if err != nil {
		a.t.Fatal(err)
	}
	req, err := http.NewRequest("POST", a.base+"/api/"+method, bytes.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	token := a.server.BotToken()
	if method == "apps.connections.open" {
		token = a.server.AppToken()
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	return a.send(req)
}

// form sends a form with the token in the body, as slack-go does.
func (a *app) form(method string, pairs ...string) object {
	a.t.Helper()
	values := url.Values{"token": {a.server.BotToken()}}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	req, err := http.NewRequest("POST", a.base+"/api/"+method, strings.NewReader(values.Encode()))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return a.send(req)
}

func (a *app) send(req *http.Request) object {
	a.t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	var reply object
	if err := json.Unmarshal(data, &reply); err != nil {
		a.t.Fatalf("%s answered %q", req.URL.Path, data)
	}
	reply["status"] = resp.StatusCode
	reply["retry_after"] = resp.Header.Get("Retry-After")
	reply["scopes"], reply["accepted"] = resp.Header.Get("X-OAuth-Scopes"), resp.Header.Get("X-Accepted-OAuth-Scopes")
	return reply
}

// ok fails the test unless the answer is ok:true.
func (a *app) ok(reply object) object {
	a.t.Helper()
	if reply["ok"] != true {
		a.t.Fatalf("answer = %v, want ok", reply)
	}
	return reply
}

func (a *app) wantError(reply object, code string) {
	a.t.Helper()
	if reply["ok"] != false || reply["error"] != code {
		a.t.Errorf("answer = %v, want error %q", reply, code)
	}
}

// dial opens a socket and waits for its hello.
func (a *app) dial() *websocket.Conn {
	a.t.Helper()
	link, _ := a.ok(a.call("apps.connections.open", nil))["url"].(string)
	conn, _, err := websocket.DefaultDialer.Dial(link, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	a.mu.Lock()
	number := len(a.conns)
	a.conns = append(a.conns, conn)
	a.mu.Unlock()
	go a.listen(conn, number)
	a.want(func(f frameIn) bool { return f.socket == number && (f.Type == "hello" || f.Type == "disconnect") })
	return conn
}

func (a *app) listen(conn *websocket.Conn, number int) {
	for {
		var f frameIn
		if err := conn.ReadJSON(&f); err != nil {
			a.mu.Lock()
			a.ended = append(a.ended, err)
			a.mu.Unlock()
			return
		}
		f.socket = number
		a.mu.Lock()
		a.seen = append(a.seen, f)
		close(a.arrive)
		a.arrive = make(chan struct{})
		answer := a.answer
		a.mu.Unlock()
		if f.EnvelopeID == "" {
			continue
		}
		var payload any
		ack := true
		if answer != nil {
			payload, ack = answer(f)
		}
		if ack {
			conn.WriteJSON(object{"envelope_id": f.EnvelopeID, "payload": payload})
		}
	}
}

// onFrame sets what envelopes are answered with.
func (a *app) onFrame(answer func(frameIn) (payload any, ack bool)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = answer
}

// want waits for a frame that fits and returns it.
func (a *app) want(fits func(frameIn) bool) frameIn {
	a.t.Helper()
	ctx := within(a.t)
	for {
		a.mu.Lock()
		for _, f := range a.seen {
			if fits(f) {
				a.mu.Unlock()
				return f
			}
		}
		next := a.arrive
		a.mu.Unlock()
		select {
		case <-next:
		case <-ctx.Done():
			a.mu.Lock()
			defer a.mu.Unlock()
			for _, f := range a.seen {
				a.t.Logf("saw %s %v", f.Type, f.Payload)
			}
			a.t.Fatal("the frame did not come")
		}
	}
}

func (a *app) wantEvent(kind string, fits func(object) bool) frameIn {
	a.t.Helper()
	return a.want(func(f frameIn) bool {
		e := f.event()
		return e != nil && e["type"] == kind && (fits == nil || fits(e))
	})
}

// events counts the events of a kind so far, by attempt 0 only.
func (a *app) events(kind string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, f := range a.seen {
		if e := f.event(); e != nil && e["type"] == kind {
			n++
		}
	}
	return n
}

func (a *app) channel(name string) string {
	a.t.Helper()
	ch, ok := a.server.Channel(name)
	if !ok {
		a.t.Fatalf("there is no channel %s", name)
	}
	return ch.ID
}

// postJSON posts to a response_url and returns the answer.
func postJSON(t *testing.T, link string, body object) (int, string) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(link, "application/json", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}
