package bot

import (
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/slackio"
)

// TestEars plays what is posted and heard, second by second.
func TestEars(t *testing.T) {
	at := func(second int) time.Time { return time.Date(2026, 1, 1, 12, 0, second, 0, time.UTC) }
	type moment = func(e *ears, s *slackio.SocketState, now time.Time)
	post := func(channels ...string) moment {
		return func(e *ears, _ *slackio.SocketState, now time.Time) {
			for _, c := range channels {
				e.posted(c, now)
			}
		}
	}
	echo := func(channel string) moment {
		return func(e *ears, s *slackio.SocketState, now time.Time) { s.LastTold = now; e.heard(channel, now) }
	}
	press := func(_ *ears, s *slackio.SocketState, now time.Time) { s.LastTold = now }
	hello := func(_ *ears, s *slackio.SocketState, now time.Time) { s.LastHello = now }
	lost := func(_ *ears, s *slackio.SocketState, _ time.Time) { s.Connected = 1 }
	found := func(_ *ears, s *slackio.SocketState, now time.Time) { s.Connected, s.LastHello = 2, now }
	for _, c := range []struct {
		name  string
		happy map[int]moment // by seconds
		deaf  int            // from this second on
		well  int            // from this second on again
	}{
		{"a quiet workspace", map[int]moment{1: echo("D1")}, 0, 0},
		{"posts whose echo comes", map[int]moment{1: echo("D1"), 10: post("D1", "D2"), 11: echo("D2")}, 0, 0},
		{"two posts without an echo", map[int]moment{1: echo("D1"), 10: post("D1", "D2")}, 29, 0},
		{"posts at different times", map[int]moment{1: echo("D1"), 10: post("D1"), 20: post("D7")}, 29, 0},
		{"the second of them late", map[int]moment{1: echo("D1"), 10: post("D1"), 40: post("D7")}, 41, 0},
		{"one post may be lost", map[int]moment{1: echo("D1"), 10: post("D1")}, 0, 0},
		{"anything that is heard proves the ears", map[int]moment{1: echo("D1"), 10: post("D1", "D1"), 27: press}, 0, 0},
		{"no echo was ever heard", map[int]moment{1: press, 10: post("D1", "D1", "C1")}, 0, 0},
		{"none of this place was", map[int]moment{1: echo("C1"), 10: post("D1", "D1", "C2")}, 0, 0},
		{"of a channel one was", map[int]moment{1: echo("C1"), 10: post("C1", "C1")}, 29, 0},
		{"a socket was missing", map[int]moment{1: echo("D1"), 10: post("D1", "D1"), 12: lost, 20: found}, 0, 0},
		{"a socket was replaced", map[int]moment{1: echo("D1"), 10: post("D1", "D1"), 20: hello}, 0, 0},
		{"and nothing comes by the new one either", map[int]moment{1: echo("D1"), 10: post("D1", "D1"), 20: hello, 22: post("D1", "D1")}, 41, 0},
		{"it stays deaf when the sockets are replaced", map[int]moment{1: echo("D1"), 10: post("D1", "D1"), 30: lost, 31: found, 40: post("D1")}, 29, 0},
		{"until something is heard", map[int]moment{1: echo("D1"), 10: post("D1", "D1"), 40: echo("D1")}, 29, 40},
		{"what is no echo proves the ears, and that no echoes come", map[int]moment{1: echo("D1"), 10: post("D1", "D1"), 40: press, 45: post("D1", "D1")}, 29, 40},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, s := &ears{}, slackio.SocketState{Wanted: 2, Connected: 2}
			for second := range 90 {
				now := at(second)
				if do := c.happy[second]; do != nil {
					do(e, &s, now)
				}
				deaf := !e.judge(now, s).IsZero()
				if want := c.deaf > 0 && second >= c.deaf && (c.well == 0 || second < c.well); deaf != want {
					t.Fatalf("at second %d deaf is %v", second, deaf)
				}
				if deaf == e.deaf().IsZero() {
					t.Fatal("it says two things at once")
				}
			}
		})
	}
}

// TestAClockThatJumpsDeafensNobody: what was posted the moment before has not been heard.
func TestAClockThatJumpsDeafensNobody(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	e, s := &ears{}, slackio.SocketState{Wanted: 2, Connected: 2, LastTold: now}
	e.heard("D1", now)
	now = now.Add(time.Minute)
	e.posted("D1", now)
	e.posted("D1", now)
	now = now.Add(time.Hour)
	if since := e.judge(now, s); !since.IsZero() {
		t.Fatalf("deaf since %v at the first look", since)
	}
	s.LastTold = now.Add(100 * time.Millisecond)
	if since := e.judge(now.Add(time.Second), s); !since.IsZero() {
		t.Errorf("deaf since %v although it was heard", since)
	}
}

// TestSocketsAreReplacedWhileDeaf, once a minute.
func TestSocketsAreReplacedWhileDeaf(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	e, s := &ears{}, slackio.SocketState{Wanted: 2, Connected: 2, LastTold: now}
	e.heard("D1", now)
	if e.renews(now) {
		t.Error("replaced while all is well")
	}
	e.posted("D1", now.Add(time.Second))
	e.posted("D1", now.Add(time.Second))
	renewed := 0
	for range 200 {
		now = now.Add(time.Second)
		e.judge(now, s)
		if e.renews(now) {
			renewed++
		}
	}
	if renewed != 4 {
		t.Errorf("replaced %d times in three minutes, want at once and after each minute", renewed)
	}
}
