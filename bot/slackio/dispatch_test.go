package slackio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

func TestSocketsAcknowledge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		var got []Envelope
		r := s.start(SocketConfig{Count: 1, Workers: 1, Handler: func(_ context.Context, e Envelope) (json.RawMessage, error) {
			got = append(got, e)
			return json.RawMessage(`{"text":"hi"}`), nil
		}})
		p := r.connected(1)[0]

		p.say(slash("e1"))
		if a := p.acked(t); a.ID != "e1" || string(a.Payload) != `{"text":"hi"}` {
			t.Errorf("acknowledged %+v", a)
		}
		p.say(event("e2"))
		if a := p.acked(t); a.ID != "e2" || a.Payload != nil {
			t.Errorf("acknowledged %+v, want no payload where Slack takes none", a)
		}
		synctest.Wait()
		want := Envelope{ID: "e2", Type: "events_api", Payload: json.RawMessage(`{"event_id":"Ev1"}`), RetryAttempt: 1, RetryReason: "timeout"}
		got[1].Received = time.Time{}
		if fmt.Sprint(got[1]) != fmt.Sprint(want) {
			t.Errorf("got envelope %+v, want %+v", got[1], want)
		}
		if !got[0].AcceptsResponse || got[0].Received.IsZero() {
			t.Errorf("got envelope %+v", got[0])
		}
	})
}

func TestSocketsUndecodable(t *testing.T) {
	cases := map[string]struct {
		frame string
		id    string // acknowledged; "" for none
		kinds []TroubleKind
	}{
		"unknown type":      {`{"envelope_id":"u1","type":"brand_new","payload":{}}`, "u1", []TroubleKind{Undecodable}},
		"broken JSON":       {`{"payload":{"a":[},"envelope_id" : "u2","type":"events_api"`, "u2", []TroubleKind{Undecodable}},
		"type is a number":  {`{"envelope_id":"u3","type":7,"payload":{}}`, "u3", []TroubleKind{Undecodable}},
		"no payload":        {`{"envelope_id":"u4","type":"events_api"}`, "u4", []TroubleKind{Undecodable}},
		"payload is a list": {`{"envelope_id":"u5","type":"interactive","payload":[]}`, "u5", []TroubleKind{Undecodable}},
		"no id":             {`{"type":"events_api","payload":{}}`, "", []TroubleKind{Undecodable}},
		"empty":             {``, "", []TroubleKind{Undecodable}},
		"odd details":       {`{"envelope_id":"u6","type":"events_api","payload":{},"retry_attempt":"2","retry_reason":5,"accepts_response_payload":"no"}`, "u6", nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t)
				r := s.start(SocketConfig{Count: 1})
				p := r.connected(1)[0]
				p.say(c.frame)
				if c.id == "" {
					p.silent(t)
				} else if a := p.acked(t); a.ID != c.id {
					t.Errorf("acknowledged %+v, want %s", a, c.id)
				}
				if got := r.kinds(); !slices.Equal(got, c.kinds) {
					t.Errorf("troubles %v, want %v", got, c.kinds)
				}
				p.say(slash("after"))
				if a := p.acked(t); a.ID != "after" {
					t.Errorf("acknowledged %+v", a)
				}
			})
		})
	}
}

func TestSocketsPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		r := s.start(SocketConfig{Count: 1, Workers: 1, Handler: func(_ context.Context, e Envelope) (json.RawMessage, error) {
			if strings.HasPrefix(e.ID, "bad") {
				panic("out of luck")
			}
			return nil, nil
		}})
		p := r.connected(1)[0]
		p.say(slash("bad1"))
		if a := p.acked(t); a.ID != "bad1" || !strings.Contains(string(a.Payload), "ephemeral") {
			t.Errorf("acknowledged %+v, want an excuse", a)
		}
		p.say(event("bad2"))
		p.say(interactive("bad3"))
		p.silent(t)
		p.say(slash("good"))
		p.acked(t)
		if got := r.kinds(); !slices.Equal(got, []TroubleKind{Panicked, Panicked, Panicked}) {
			t.Errorf("troubles %v", got)
		}
		if err := r.troubles[0].Err; !strings.Contains(err.Error(), "out of luck") || !strings.Contains(err.Error(), "dispatch_test.go") {
			t.Errorf("reported %v, want the panic and its stack", err)
		}
	})
}

// An event whose handler failed stays unanswered: Slack sends it again.
func TestSocketsFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		r := s.start(SocketConfig{Count: 1, Workers: 1, Handler: func(_ context.Context, e Envelope) (json.RawMessage, error) {
			if strings.HasPrefix(e.ID, "bad") {
				return nil, errors.New("the disk is slow")
			}
			return nil, nil
		}})
		p := r.connected(1)[0]
		p.say(event("bad1"))
		p.silent(t)
		p.say(slash("bad2"))
		if a := p.acked(t); a.ID != "bad2" || !strings.Contains(string(a.Payload), "ephemeral") {
			t.Errorf("acknowledged %+v, want an excuse", a)
		}
		p.say(event("good"))
		p.acked(t)
		if got := r.kinds(); !slices.Equal(got, []TroubleKind{Failed, Failed}) {
			t.Errorf("troubles %v", got)
		}
	})
}

func TestSocketsOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		release := make(chan struct{})
		r := s.start(SocketConfig{Count: 1, Workers: 1, Queue: 1, Handler: func(context.Context, Envelope) (json.RawMessage, error) {
			<-release
			return nil, nil
		}})
		p := r.connected(1)[0]
		p.say(slash("running"))
		synctest.Wait()
		for _, e := range []string{slash("waiting"), event("waiting too"), slash("too much"), event("too much"), interactive("too much")} {
			p.say(e)
		}
		if a := p.acked(t); a.ID != "too much" || !strings.Contains(string(a.Payload), "nothing was recorded") {
			t.Errorf("acknowledged %+v, want an excuse", a)
		}
		p.silent(t)
		if got := r.kinds(); !slices.Equal(got, []TroubleKind{Overloaded, Overloaded, Overloaded}) {
			t.Errorf("troubles %v", got)
		}
		p.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second))
		<-p.pongs // the reader still reads
		close(release)
		var got []string
		for range 3 {
			got = append(got, p.acked(t).ID)
		}
		slices.Sort(got)
		if want := []string{"running", "waiting", "waiting too"}; !slices.Equal(got, want) {
			t.Errorf("acknowledged %v, want %v", got, want)
		}
		began := time.Now()
		r.stop()
		if took := time.Since(began); took > 0 {
			t.Errorf("stopping took %v although everything was dealt with", took)
		}
	})
}

func TestSocketsExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		handled := make(chan string, 10)
		r := s.start(SocketConfig{Count: 1, Workers: 1, Handler: func(ctx context.Context, e Envelope) (json.RawMessage, error) {
			handled <- e.ID
			if strings.HasPrefix(e.ID, "slow") {
				<-ctx.Done()
			}
			return nil, nil
		}})
		p := r.connected(1)[0]
		began := time.Now()
		p.say(slash("slow"))
		synctest.Wait()
		p.say(slash("too late"))
		p.say(event("late, but not lost"))
		if a := p.acked(t); a.ID != "slow" || time.Since(began) != handleWithin {
			t.Errorf("acknowledged %s after %v, want it when the handler's time was up", a.ID, time.Since(began))
		}
		if a := p.acked(t); a.ID != "late, but not lost" {
			t.Errorf("acknowledged %+v", a)
		}
		if got := []string{<-handled, <-handled}; !slices.Equal(got, []string{"slow", "late, but not lost"}) {
			t.Errorf("handled %v", got)
		}
		if got := r.kinds(); !slices.Equal(got, []TroubleKind{Expired}) {
			t.Errorf("troubles %v", got)
		}
		// An event has all the time there is; a person's time runs from when it came.
		p.say(event("slow event"))
		synctest.Wait()
		time.Sleep(handleWithin / 2)
		began = time.Now()
		p.say(slash("slow, behind an event"))
		p.acked(t)
		if a := p.acked(t); a.ID != "slow, behind an event" || time.Since(began) != handleWithin {
			t.Errorf("acknowledged %s after %v, want it when its time was up", a.ID, time.Since(began))
		}
	})
}

func TestSocketsPeopleGoBeforeEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		release := make(chan struct{})
		r := s.start(SocketConfig{Count: 1, Workers: 4, Handler: func(_ context.Context, e Envelope) (json.RawMessage, error) {
			if e.Type == "events_api" {
				<-release
			}
			return nil, nil
		}})
		p := r.connected(1)[0]
		for i := range 20 {
			p.say(event(fmt.Sprint("flood ", i)))
		}
		p.say(slash("in between"))
		if a := p.acked(t); a.ID != "in between" {
			t.Errorf("acknowledged %+v first", a)
		}
		close(release)
		for range 20 {
			p.acked(t)
		}
	})
}

func TestSocketsLargeAcknowledgement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		room := largestFrame - 1 - len(`{"envelope_id":"fits","payload":""}`)
		r := s.start(SocketConfig{Count: 1, Handler: func(_ context.Context, e Envelope) (json.RawMessage, error) {
			switch e.ID {
			case "fits":
				return json.RawMessage(`"` + strings.Repeat("x", room) + `"`), nil
			case "huge":
				return json.RawMessage(`"` + strings.Repeat("x", room+1) + `"`), nil
			}
			return json.RawMessage(`{"broken`), nil
		}})
		p := r.connected(1)[0]
		p.say(slash("fits"))
		if a := p.acked(t); a.size != largestFrame-1 {
			t.Errorf("acknowledged with %d bytes, want %d", a.size, largestFrame-1)
		}
		p.say(slash("huge"))
		if a := p.acked(t); a.ID != "huge" || a.Payload != nil {
			t.Errorf("acknowledged %s with %d bytes, want no payload", a.ID, a.size)
		}
		p.say(slash("odd"))
		if a := p.acked(t); a.ID != "odd" || a.Payload != nil {
			t.Errorf("acknowledged %+v, want no payload", a)
		}
		if got := r.kinds(); !slices.Equal(got, []TroubleKind{AckTooLarge, AckInvalid}) {
			t.Errorf("troubles %v", got)
		}
	})
}

func TestSocketsAcknowledgementStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		r := s.start(SocketConfig{Count: 1})
		p := r.connected(1)[0]
		close(p.deaf)
		p.say(slash("read, then deaf"))
		p.acked(t)
		p.ended(t)
		began := time.Now()
		p.say(slash("not taken"))
		time.Sleep(5 * time.Second)
		if got := r.kinds(); !slices.Equal(got, []TroubleKind{AckLost}) {
			t.Errorf("troubles %v after %v", got, time.Since(began))
		}
	})
}

func TestConnOver(t *testing.T) {
	c := newConn(nil)
	close(c.over)
	c.turn <- struct{}{}
	if err := c.write(time.Now().Add(time.Minute), nil); !errors.Is(err, errOver) {
		t.Errorf("write: %v, want %v", err, errOver)
	}
}

// TestConnTurn: who waits for another's write waits no longer than its own deadline.
func TestConnTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newConn(nil)
		c.turn <- struct{}{}
		began := time.Now()
		if err := c.write(began.Add(3*time.Second), nil); err == nil || time.Since(began) != 3*time.Second {
			t.Errorf("write: %v after %v, want an error after 3s", err, time.Since(began))
		}
		time.AfterFunc(time.Second, func() { close(c.over) })
		began = time.Now()
		if err := c.write(began.Add(3*time.Second), nil); !errors.Is(err, errOver) || time.Since(began) != time.Second {
			t.Errorf("write: %v after %v, want %v when the socket ended", err, time.Since(began), errOver)
		}
	})
}
