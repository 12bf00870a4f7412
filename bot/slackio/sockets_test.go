package slackio

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"
)

func TestSocketsStartOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		r := s.start(SocketConfig{})
		r.connected(2)
		opens := s.opened()
		if len(opens) != 2 || opens[1].Sub(opens[0]) < time.Second {
			t.Errorf("addresses asked for at %v, want two, a second apart", opens)
		}
		st := r.sockets.State()
		if st.Connected != 2 || st.Wanted != 2 || st.Others != 0 || st.AppID != "A1" || st.Connects != 2 || st.Fatal != nil || st.Problem != "" {
			t.Errorf("state %+v", st)
		}
		if st.LastHello.IsZero() || st.LastHeard.IsZero() {
			t.Errorf("state %+v: the last hello and the last sign of life are missing", st)
		}
	})
}

// stormy checks that connecting for ten minutes neither storms nor gives up.
func stormy(t *testing.T, s *server, r *rig) {
	t.Helper()
	time.Sleep(10 * time.Minute)
	opens := s.opened()
	for i, at := range opens {
		within := 0
		for _, other := range opens[i:] {
			if other.Sub(at) < time.Minute {
				within++
			}
		}
		if within > connectsPerMinute {
			t.Fatalf("%d attempts to connect within a minute, want at most %d", within, connectsPerMinute)
		}
		if i > 0 && at.Sub(opens[i-1]) > 25*time.Second {
			t.Fatalf("a pause of %v between attempts", at.Sub(opens[i-1]))
		}
	}
	if len(opens) < 50 {
		t.Errorf("%d attempts in ten minutes: it gave up", len(opens))
	}
	if st := r.sockets.State(); st.Connected != 0 || st.Problem == "" || st.Fatal != nil {
		t.Errorf("state %+v, want a problem that is not fatal", st)
	}
}

func TestSocketsDoNotStorm(t *testing.T) {
	cases := map[string]func(s *server){
		"sent away at once": func(s *server) {
			s.serve = func(_ int, p *peer) { p.say(`{"type":"disconnect","reason":"too_many_websockets"}`); p.ws.Close() }
		},
		"hello, then sent away": func(s *server) {
			s.serve = func(_ int, p *peer) {
				p.say(`{"type":"hello","num_connections":1}`)
				p.say(`{"type":"disconnect","reason":"too_many_websockets"}`)
			}
		},
		"accepted and dropped": func(s *server) { s.serve = func(_ int, p *peer) { p.ws.Close() } },
		"upgrade refused":      func(s *server) { s.refuse = func(int) int { return http.StatusConflict } },
		"upgrade not found":    func(s *server) { s.refuse = func(int) int { return http.StatusNotFound } },
		"server error": func(s *server) {
			s.open = func(_ int, w http.ResponseWriter) bool { w.WriteHeader(503); return true }
		},
		"unheard-of answer": func(s *server) {
			s.open = func(_ int, w http.ResponseWriter) bool {
				fmt.Fprint(w, `{"ok":false,"error":"new_thing"}`)
				return true
			}
		},
		"no address": func(s *server) {
			s.open = func(_ int, w http.ResponseWriter) bool { fmt.Fprint(w, `{"ok":true}`); return true }
		},
		"never says hello": func(s *server) { s.serve = func(_ int, p *peer) { go p.ping(3 * time.Second) } },
	}
	for name, misbehave := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t)
				misbehave(s)
				r := s.start(SocketConfig{})
				if name == "hello, then sent away" {
					time.Sleep(5 * time.Minute)
					if n := len(s.opened()); n > 5*connectsPerMinute {
						t.Errorf("%d attempts in five minutes", n)
					}
					return
				}
				stormy(t, s, r)
			})
		})
	}
}

func TestSocketsFatal(t *testing.T) {
	yes := func(int, http.ResponseWriter) bool { return false }
	for _, code := range []string{"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired",
		"missing_scope", "not_allowed_token_type", "team_disabled", "http_404"} {
		t.Run(code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t)
				s.open = func(_ int, w http.ResponseWriter) bool {
					if code == "http_404" {
						w.WriteHeader(404)
						return true
					}
					fmt.Fprintf(w, `{"ok":false,"error":%q,"needed":"connections:write","provided":""}`, code)
					return true
				}
				r := s.start(SocketConfig{Count: 1})
				time.Sleep(5*time.Minute + time.Second)
				if n := len(s.opened()); n != 6 {
					t.Errorf("%d attempts in five minutes, want one a minute", n)
				}
				states := r.reported()
				if len(states) != 1 || states[0].Fatal == nil || states[0].Fatal.Code != code || states[0].Fatal.Class != Fatal {
					t.Fatalf("told %+v, want one fatal state", states)
				}
				s.mu.Lock()
				s.open = yes
				s.mu.Unlock()
				r.connected(1)
				if st := r.sockets.State(); st.Fatal != nil || st.Connected != 1 || st.Problem != "" {
					t.Errorf("state %+v, want it recovered without a restart", st)
				}
			})
		})
	}
}

func TestSocketsLinkDisabled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.serve = func(n int, p *peer) {
			if n == 1 {
				p.say(`{"type":"disconnect","reason":"link_disabled"}`)
				p.ws.Close()
				return
			}
			p.say(`{"type":"hello","num_connections":1}`)
		}
		r := s.start(SocketConfig{Count: 1})
		r.connected(1)
		if st := r.sockets.State(); st.Fatal == nil || st.Fatal.Code != "link_disabled" {
			t.Errorf("state %+v, want it fatal", st)
		}
		time.Sleep(59 * time.Second)
		if n := len(s.opened()); n != 1 {
			t.Errorf("%d attempts within a minute, want 1", n)
		}
		r.connected(1)
		if st := r.sockets.State(); st.Fatal != nil || st.Connected != 1 {
			t.Errorf("state %+v, want it recovered", st)
		}
	})
}

func TestSocketsWaitAsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.open = func(n int, w http.ResponseWriter) bool {
			if n > 1 {
				return false
			}
			w.Header().Set("Retry-After", "40")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}
		r := s.start(SocketConfig{Count: 1})
		r.connected(1)
		if opens := s.opened(); opens[1].Sub(opens[0]) < 40*time.Second {
			t.Errorf("asked again after %v, want 40s", opens[1].Sub(opens[0]))
		}
	})
}

func TestSocketsOverlap(t *testing.T) {
	for _, reason := range []string{"warning", "refresh_requested"} {
		t.Run(reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t)
				r := s.start(SocketConfig{Count: 1})
				old := r.connected(1)[0]
				time.Sleep(time.Hour)
				old.say(fmt.Sprintf(`{"type":"disconnect","reason":%q}`, reason))
				began := time.Now()
				young := r.connected(1)[1]
				if waited := time.Since(began); waited > time.Second {
					t.Errorf("the successor came after %v, want it at once", waited)
				}
				if st := r.sockets.State(); st.Connected != 1 || st.Problem != "" {
					t.Errorf("state %+v, want the successor only, and no problem", st)
				}
				old.say(slash("on the old one"))
				if a := old.acked(t); a.ID != "on the old one" {
					t.Errorf("acknowledged %+v", a)
				}
				young.say(slash("on the young one"))
				young.acked(t)
				time.Sleep(lingerFor + time.Second)
				if !websocket.IsCloseError(old.ended(t), websocket.CloseNormalClosure) {
					t.Errorf("the old socket ended with %v, want a close frame", old.closed)
				}
				young.say(slash("later"))
				young.acked(t)
			})
		})
	}
}

// ended is why a socket ended.
func (p *peer) ended(t *testing.T) error {
	t.Helper()
	select {
	case <-p.over:
		return p.closed
	case <-time.After(time.Minute):
		t.Fatal("the socket did not end")
		return nil
	}
}

func TestSocketsOneDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		release := make(chan struct{})
		r := s.start(SocketConfig{Handler: func(_ context.Context, e Envelope) (json.RawMessage, error) {
			if e.ID == "orphan" {
				<-release
			}
			return nil, nil
		}})
		peers := r.connected(2)
		time.Sleep(time.Minute)
		var down atomic.Bool
		down.Store(true)
		s.mu.Lock()
		s.open = func(_ int, w http.ResponseWriter) bool {
			if down.Load() {
				w.WriteHeader(500)
			}
			return down.Load()
		}
		s.mu.Unlock()
		peers[0].say(slash("orphan"))
		synctest.Wait()
		peers[0].ws.Close()
		synctest.Wait()
		if st := r.sockets.State(); st.Connected != 1 {
			t.Errorf("%d sockets counted, want 1", st.Connected)
		}
		close(release)
		if a := peers[1].acked(t); a.ID != "orphan" {
			t.Errorf("the other socket acknowledged %+v", a)
		}
		peers[1].say(slash("next"))
		peers[1].acked(t)
		down.Store(false)
		r.connected(1)
		if st := r.sockets.State(); st.Connected != 2 {
			t.Errorf("%d sockets counted, want 2 again", st.Connected)
		}
	})
}

func TestSocketsSayGoodbye(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		running, release := make(chan struct{}), make(chan struct{})
		r := s.start(SocketConfig{Handler: func(ctx context.Context, e Envelope) (json.RawMessage, error) {
			close(running)
			<-release
			return json.RawMessage(fmt.Sprintf(`{"cancelled":%v}`, ctx.Err() != nil)), nil
		}})
		peers := r.connected(2)
		peers[0].say(slash("in flight"))
		<-running
		go r.stop()
		synctest.Wait()
		peers[1].say(slash("too late"))
		synctest.Wait()
		released := time.Now()
		close(release)
		if a := peers[0].acked(t); a.ID != "in flight" || string(a.Payload) != `{"cancelled":false}` {
			t.Errorf("acknowledged %+v", a)
		}
		for _, p := range peers {
			if err := p.ended(t); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
				t.Errorf("socket %d ended with %v, want a close frame", p.n, err)
			}
			p.silent(t)
		}
		r.stop()
		if took := time.Since(released); took > 0 {
			t.Errorf("stopping took %v after the last handler was done", took)
		}
		if st := r.sockets.State(); st.Connected != 0 {
			t.Errorf("%d sockets counted after the end", st.Connected)
		}
	})
}

func TestSocketsLeaveAStuckHandlerBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		release := make(chan struct{})
		r := s.start(SocketConfig{Count: 1, Handler: func(context.Context, Envelope) (json.RawMessage, error) {
			<-release
			return nil, nil
		}})
		p := r.connected(1)[0]
		p.say(slash("stuck"))
		synctest.Wait()
		began := time.Now()
		r.stop()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("stopping took %v", took)
		}
		if err := p.ended(t); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
			t.Errorf("the socket ended with %v, want a close frame", err)
		}
		close(release)
	})
}

func TestSocketsFindTheDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.serve = func(n int, p *peer) {
			p.say(`{"type":"hello","num_connections":1}`)
			if n == 1 {
				p.mute.Store(true) // half open: nothing comes back
				return
			}
			go p.ping(7 * time.Second)
		}
		r := s.start(SocketConfig{Count: 1})
		p := r.connected(1)[0]
		began := time.Now()
		p.ended(t)
		if took := time.Since(began); took != silentFor {
			t.Errorf("a silent socket was given up after %v, want %v", took, silentFor)
		}
		alive := r.connected(1)[1]
		time.Sleep(time.Hour)
		select {
		case <-alive.over:
			t.Errorf("a living socket ended: %v", alive.closed)
		default:
		}
		if st := r.sockets.State(); time.Since(st.LastHeard) > pingEvery {
			t.Errorf("last heard %v ago", time.Since(st.LastHeard))
		}
	})
}

func TestSocketsPingWhenSlackDoesNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.serve = func(_ int, p *peer) { p.say(`{"type":"hello","num_connections":1}`) }
		r := s.start(SocketConfig{Count: 1})
		p := r.connected(1)[0]
		time.Sleep(10 * time.Minute)
		if len(p.pings) < 50 || len(s.opened()) != 1 {
			t.Errorf("%d pings, %d attempts to connect, want one socket kept by pings", len(p.pings), len(s.opened()))
		}
	})
}

// TestSocketsBoundWhatComes: a frame that no memory should have to hold ends its socket,
// and another takes its place.
func TestSocketsBoundWhatComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		r := s.start(SocketConfig{Count: 1})
		p := r.connected(1)[0]
		p.say(slash(strings.Repeat("x", largestFrameIn)))
		if err := p.ended(t); !websocket.IsCloseError(err, websocket.CloseMessageTooBig) {
			t.Errorf("the socket ended with %v, want it closed for a message too big", err)
		}
		next := r.connected(1)[1]
		next.say(slash("next"))
		next.acked(t)
	})
}

func TestSocketsSurviveTheirListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		calls := 0
		r := s.start(SocketConfig{Count: 1, OnState: func(SocketState) {
			if calls++; calls == 1 {
				panic("listener")
			}
		}})
		r.connected(2)
		if st := r.sockets.State(); st.Connected != 1 {
			t.Errorf("state %+v, want a socket after the panic", st)
		}
	})
}

func TestSocketsSurviveTheirKeeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.open = func(n int, w http.ResponseWriter) bool {
			if n == 1 {
				w.WriteHeader(500)
			}
			return n == 1
		}
		calls := 0
		r := s.start(SocketConfig{Count: 1, Rand: func() float64 {
			if calls++; calls == 1 {
				panic("no chance")
			}
			return 0
		}})
		r.connected(1)
		if calls < 2 {
			t.Errorf("chance asked %d times, want the panic and what follows it", calls)
		}
	})
}

func TestSocketsLogNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.refuse = func(n int) int { return []int{0, 500, 0}[n%3] }
		s.serve = func(_ int, p *peer) { p.say(slash("x")); p.ws.Close() }
		var log bytes.Buffer
		r := s.start(SocketConfig{Logger: zerolog.New(zerolog.SyncWriter(&log))})
		time.Sleep(time.Minute)
		r.stop()
		if log.Len() == 0 {
			t.Error("nothing was logged")
		}
		for _, secret := range []string{"secret-ticket", "xapp-test"} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log holds %q", secret)
			}
		}
	})
}

func TestSocketsConfiguration(t *testing.T) {
	handler := func(context.Context, Envelope) (json.RawMessage, error) { return nil, nil }
	for want, cfg := range map[string]SocketConfig{
		"token":   {Handler: handler},
		"handler": {Token: "xapp-1"},
		"from 1":  {Token: "xapp-1", Handler: handler, Count: 9},
		"API URL": {Token: "xapp-1", Handler: handler, APIURL: "slack.com/api"},
	} {
		if err := NewSockets(cfg).Run(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Run: %v, want an error about %q", err, want)
		}
	}
}

// TestConnectsAreSpaced: a second between two of them, and no more than thirty a minute.
func TestConnectsAreSpaced(t *testing.T) {
	var g gate
	for n := range 3 * connectsPerMinute {
		want := time.Duration(n%connectsPerMinute)*connectGap + time.Duration(n/connectsPerMinute)*time.Minute
		if wait := g.reserve(noon); wait != want {
			t.Errorf("connect %d waits %v, want %v", n+1, wait, want)
		}
		if now := noon.Add(want); n%connectsPerMinute > 0 && g.lastMinute(now) != connectsPerMinute && n > connectsPerMinute {
			t.Errorf("at %v %d connects are counted", want, g.lastMinute(now))
		}
	}
	if n := g.lastMinute(noon.Add(2 * time.Minute)); n != 1 || len(g.times) > connectsPerMinute {
		t.Errorf("%d connects are counted with those that lie ahead, %d are kept", n, len(g.times))
	}
}

// TestSocketsThatWorkedAreReplacedAtOnce: what ends after a while is no failure to back off from.
func TestSocketsThatWorkedAreReplacedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newServer(t).start(SocketConfig{Count: 1})
		peers := r.connected(1)
		for n := range 6 {
			time.Sleep(time.Minute)
			began := time.Now()
			peers[len(peers)-1].ws.Close()
			peers = r.connected(1)
			if took := time.Since(began); took > 0 {
				t.Errorf("successor %d came after %v", n+1, took)
			}
		}
		began := time.Now()
		r.stop()
		if took := time.Since(began); took > 0 {
			t.Errorf("stopping took %v although nothing was under way", took)
		}
	})
}

func TestBackoff(t *testing.T) {
	last := time.Duration(0)
	for failures := range 100 {
		least, most := backoff(failures, 0), backoff(failures, 0.999999)
		if most > longestBackoff || most < last || failures > 0 && (least <= 0 || most < least) {
			t.Errorf("backoff after %d failures is %v to %v", failures, least, most)
		}
		last = most
	}
	if got := backoff(50, 0); got != longestBackoff/2 {
		t.Errorf("least pause after many failures is %v, want %v", got, longestBackoff/2)
	}
}

// TestSocketsClockStep holds that a clock that is set forward, back or forth does not make Sockets miss or hurry anything.
func TestSocketsClockStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		var step atomic.Int64
		r := s.start(SocketConfig{Count: 1, Now: func() time.Time {
			return time.Now().UTC().Truncate(time.Microsecond).Add(time.Duration(step.Load()))
		}, Handler: func(ctx context.Context, e Envelope) (json.RawMessage, error) {
			step.Add(int64(time.Hour))
			return json.RawMessage(`{}`), nil
		}})
		p := r.connected(1)[0]
		p.say(slash("stepped"))
		if a := p.acked(t); a.ID != "stepped" || string(a.Payload) != "{}" {
			t.Errorf("acknowledged %+v", a)
		}
		step.Store(-int64(24 * time.Hour))
		began := time.Now()
		p.say(`{"type":"disconnect","reason":"warning"}`)
		r.connected(1)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("the successor came after %v", took)
		}
		if got := r.kinds(); len(got) != 0 {
			t.Errorf("troubles %v", got)
		}
	})
}

// TestSocketsAreRenewed: successors come at once, what the old ones still bring is
// answered, and they are closed a moment later. What comes is noted, pings are not.
func TestSocketsAreRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		r := s.start(SocketConfig{})
		old := r.connected(2)
		time.Sleep(time.Minute)
		if st := r.sockets.State(); !st.LastTold.IsZero() {
			t.Errorf("pings are taken for envelopes: %+v", st)
		}
		r.sockets.Renew()
		r.connected(2)
		if n := len(s.opened()); n != 4 {
			t.Fatalf("%d addresses were asked for, want 4", n)
		}
		if st := r.sockets.State(); st.Connected != 2 || st.Problem != "" {
			t.Errorf("state %+v", st)
		}
		old[0].say(slash("late"))
		old[0].acked(t)
		if st := r.sockets.State(); st.LastTold.IsZero() {
			t.Error("an envelope is not noted")
		}
		for _, p := range old {
			if err := p.ended(t); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
				t.Errorf("an old socket ended with %v", err)
			}
		}
		time.Sleep(time.Hour)
		if n := len(s.opened()); n != 4 {
			t.Errorf("%d addresses were asked for in the end, want 4", n)
		}
	})
}
