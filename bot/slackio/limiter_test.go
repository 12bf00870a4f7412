package slackio

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestLimiterChannelPace(t *testing.T) {
	l := NewLimiter()
	now := noon
	var sent []time.Time
	for len(sent) < 20 {
		ok, at := l.Reserve("chat.postMessage", "C1", now)
		if ok {
			sent = append(sent, now)
			continue
		}
		if !at.After(now) {
			t.Fatalf("told to come back at %v, which is not after %v", at, now)
		}
		now = at
	}
	if sent[2] != noon || sent[3].Equal(noon) {
		t.Errorf("sent at %v, want three at once and then none", sent[:4])
	}
	for i := 4; i < len(sent); i++ {
		if gap := sent[i].Sub(sent[i-1]); gap < time.Second || gap > 1100*time.Millisecond {
			t.Errorf("a gap of %v, want about a second", gap)
		}
	}
	if ok, _ := l.Reserve("chat.postMessage", "C2", noon); !ok {
		t.Error("another channel must wait too")
	}
}

func TestLimiterRefusalTakesNothing(t *testing.T) {
	l := NewLimiter()
	for range 3 {
		l.Reserve("chat.postMessage", "C1", noon)
	}
	for range 1000 {
		if ok, _ := l.Reserve("chat.postMessage", "C1", noon); ok {
			t.Fatal("a fourth post at once is allowed")
		}
	}
	for n := range 57 {
		if ok, _ := l.Reserve("chat.postMessage", fmt.Sprint("D", n), noon); !ok {
			t.Fatalf("post %d to another channel is refused: refusals cost tokens", n)
		}
	}
	if ok, _ := l.Reserve("chat.postMessage", "D99", noon); ok {
		t.Error("more than a quarter of a minute's calls at once")
	}
}

func TestLimiterTiers(t *testing.T) {
	for _, limiter := range []func() *Limiter{NewLimiter, NewPageLimiter} {
		testTiers(t, limiter)
	}
}

func testTiers(t *testing.T, limiter func() *Limiter) {
	random := rand.New(rand.NewPCG(1, 2))
	for method, allowed := range map[string]int{"conversations.create": 20, "conversations.list": 20, "never.heard.of": 20,
		"chat.update": 50, "users.info": 100, "chat.postMessage": 240} {
		l := limiter()
		now := noon
		var sent []time.Time
		for n := 0; now.Before(noon.Add(10 * time.Minute)); n++ {
			ok, at := l.Reserve(method, fmt.Sprint("C", n), now)
			if ok {
				sent = append(sent, now)
				continue
			}
			now = at
			if random.IntN(20) == 0 {
				now = now.Add(time.Duration(random.IntN(30)) * time.Second)
			}
		}
		for i := range sent {
			within := 0
			for _, at := range sent[i:] {
				if at.Sub(sent[i]) < time.Minute {
					within++
				}
			}
			if within > allowed {
				t.Fatalf("%s: %d calls within a minute, want at most %d", method, within, allowed)
			}
		}
		if len(sent) < allowed*4 {
			t.Errorf("%s: %d calls in ten minutes of asking, want more", method, len(sent))
		}
	}
}

func TestPagesMayComeAtOnce(t *testing.T) {
	l, n := NewPageLimiter(), 0
	for ok := true; ok; n++ {
		ok, _ = l.Reserve("chat.postMessage", fmt.Sprint("D", n), noon)
	}
	if n-1 != 120 {
		t.Errorf("%d pages at once, want half of a minute's", n-1)
	}
}

func TestLimiterPenalty(t *testing.T) {
	l := NewLimiter()
	until := noon.Add(30 * time.Second)
	l.Penalise("chat.postMessage", "C1", noon, until)
	l.Penalise("chat.postMessage", "C1", noon, noon.Add(time.Second))
	if ok, at := l.Reserve("chat.postMessage", "C1", noon); ok || !at.Equal(until) {
		t.Errorf("Reserve in the penalised channel: %v, %v, want %v", ok, at, until)
	}
	if ok, _ := l.Reserve("chat.postMessage", "C2", noon); !ok {
		t.Error("the penalty of one channel stops another")
	}
	l.Penalise("chat.update", "", noon, until)
	if ok, at := l.Reserve("chat.update", "C2", noon); ok || !at.Equal(until) {
		t.Errorf("Reserve of the penalised method: %v, %v, want %v", ok, at, until)
	}
	if ok, _ := l.Reserve("chat.update", "C2", until); !ok {
		t.Error("the penalty does not end")
	}
	if ok, _ := l.Reserve("chat.postMessage", "C1", until); !ok {
		t.Error("the channel's penalty does not end")
	}
}

func TestLimiterClockSetBack(t *testing.T) {
	l := NewLimiter()
	l.Penalise("chat.update", "", noon, noon.Add(30*time.Second))
	for range 3 {
		l.Reserve("chat.postMessage", "C1", noon)
	}
	back := noon.Add(-time.Hour)
	if _, at := l.Reserve("chat.update", "", back); at.After(back.Add(30 * time.Second)) {
		t.Errorf("the penalty lasts until %v after the clock was set back to %v", at, back)
	}
	if ok, _ := l.Reserve("chat.update", "", back.Add(30*time.Second)); !ok {
		t.Error("the penalty does not end after the clock was set back")
	}
	if ok, at := l.Reserve("chat.postMessage", "C1", back); ok || at.After(back.Add(2*time.Second)) {
		t.Errorf("Reserve after the clock was set back: %v, %v", ok, at)
	}
	if ok, _ := l.Reserve("chat.postMessage", "C1", back.Add(2*time.Second)); !ok {
		t.Error("the bucket does not fill after the clock was set back")
	}
}

func TestLimiterForgets(t *testing.T) {
	l := NewLimiter()
	now := noon
	for n := range 20 * keptKeys {
		now = now.Add(2 * time.Second)
		channel := fmt.Sprint("C", n)
		for post := range 4 {
			if ok, _ := l.Reserve("chat.postMessage", channel, now); ok != (post < 3) {
				t.Fatalf("post %d in channel %d at once: allowed %v", post, n, ok)
			}
		}
		l.Penalise("chat.postMessage", channel, now, now.Add(time.Second))
	}
	if len(l.buckets) > keptKeys+10 || len(l.penalties) > keptKeys+10 {
		t.Errorf("%d buckets and %d penalties are kept", len(l.buckets), len(l.penalties))
	}
}
