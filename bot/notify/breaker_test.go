package notify

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"
)

var monday = time.Date(2026, 1, 5, 3, 0, 0, 0, time.UTC)

func down() Result { return unavailable(0, codeDial, "There is no connection to the provider.") }

func TestBreakerOpensAndProbes(t *testing.T) {
	var b Breaker
	now := monday
	step := func(what string, wait time.Duration, r Result, wantOK bool, wantAfter time.Duration, want State) {
		t.Helper()
		now = now.Add(wait)
		after, ok := b.Allow(now)
		if ok != wantOK || after != wantAfter {
			t.Errorf("%s: allowed %v after %s, want %v after %s", what, ok, after, wantOK, wantAfter)
		}
		if ok {
			b.Report(now, r)
		}
		if state, _, _ := b.State(now); state != want {
			t.Errorf("%s: %s, want %s", what, state, want)
		}
	}
	step("first", 0, down(), true, 0, Closed)
	step("second", 0, unknown(codeTimeout, "x"), true, 0, Closed)
	step("an answer in between", 0, dead(Address, "21211", "x"), true, 0, Closed)
	step("first", 0, down(), true, 0, Closed)
	step("second", 0, down(), true, 0, Closed)
	step("third", 0, down(), true, 0, Open)
	step("open", 5*time.Second, down(), false, 10*time.Second, Open)
	step("the probe fails", 10*time.Second, down(), true, 0, Open)
	step("twice as long", 29*time.Second, down(), false, time.Second, Open)
	step("again", time.Second, down(), true, 0, Open)
	step("again", time.Minute, down(), true, 0, Open)
	step("never longer than two minutes", 2*time.Minute, down(), true, 0, Open)
	step("the provider asks for a minute more", 2*time.Minute, unavailable(time.Minute, "http_503", "x"), true, 0, Open)
	step("the probe gets through", 2*time.Minute, sent("1"), true, 0, Closed)
	step("as at first", 0, down(), true, 0, Closed)
}

// TestBreakerWaitsAsLongAsItIsAsked, and no longer than it does by itself.
func TestBreakerWaitsAsLongAsItIsAsked(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{0: firstPause, time.Minute: time.Minute, time.Hour: longestPause} {
		var b Breaker
		for range breakAfter {
			b.Report(monday, unavailable(asked, "http_503", "x"))
		}
		if after, ok := b.Allow(monday); ok || after != want {
			t.Errorf("asked to wait %s: allowed %v after %s, want %s", asked, ok, after, want)
		}
	}
}

func TestBreakerTriesOne(t *testing.T) {
	var b Breaker
	for range breakAfter {
		b.Report(monday, down())
	}
	now := monday.Add(firstPause)
	if state, since, last := b.State(now); state != HalfOpen || !since.Equal(monday) || last.Code != codeDial {
		t.Errorf("%s since %s: %+v", state, since, last)
	}
	if _, ok := b.Allow(now); !ok {
		t.Fatal("no probe")
	}
	if after, ok := b.Allow(now); ok || after != probeTime {
		t.Errorf("a second probe: %v after %s", ok, after)
	}
	if _, ok := b.Allow(now.Add(probeTime)); !ok {
		t.Error("a probe that nobody reports blocks for ever")
	}
	now = now.Add(probeTime)
	for _, class := range []Class{Unknown, Retry} { // after it was sent, and before
		b.Report(now, Result{Class: class, Code: codeCanceled})
		if state, _, _ := b.State(now); state != HalfOpen {
			t.Errorf("a probe that was given up says %s", state)
		}
		if _, ok := b.Allow(now); !ok {
			t.Error("a probe that was given up blocks")
		}
	}
}

func TestBreakerIgnoresWhatBeganBefore(t *testing.T) {
	var b Breaker
	for range 64 { // a storm: all time out together
		if _, ok := b.Allow(monday); !ok {
			t.Fatal("refused")
		}
	}
	for range 64 {
		b.Report(monday.Add(Timeout), down())
	}
	if after, ok := b.Allow(monday.Add(Timeout)); ok || after != firstPause {
		t.Errorf("the pause is %s", after)
	}
	now := monday.Add(Timeout + firstPause)
	if _, ok := b.Allow(now); !ok {
		t.Fatal("no probe")
	}
	for range 3 { // the probe, and two that had begun before
		b.Report(now, down())
	}
	if after, ok := b.Allow(now); ok || after != 2*firstPause {
		t.Errorf("after one probe the pause is %s", after)
	}
	b.Report(monday.Add(Timeout), sent("late")) // one of them got through after all
	if _, ok := b.Allow(monday.Add(Timeout)); !ok {
		t.Error("a success does not close it")
	}
}

// scripted is a sender that gives results in turn, the last one for ever.
type scripted struct {
	provider string
	mu       sync.Mutex
	results  []Result
	calls    int
}

func (s *scripted) Method() Method   { return SMS }
func (s *scripted) Provider() string { return s.provider }
func (s *scripted) Send(context.Context, To, Message) Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	r := s.results[0]
	if len(s.results) > 1 {
		s.results = s.results[1:]
	}
	return r.of(s.provider, "")
}

func TestASenderBehindABreaker(t *testing.T) {
	now := monday
	inner := &scripted{provider: "twilio", results: []Result{down(), down(), down(), sent("SM1")}}
	s := WithBreaker(inner, new(Breaker), func() time.Time { return now })
	for range breakAfter {
		s.Send(t.Context(), To{}, page7())
	}
	r := s.Send(t.Context(), To{}, page7())
	if r.Class != Unavailable || r.Code != codeOpen || r.After != firstPause || inner.calls != breakAfter {
		t.Errorf("%+v after %d calls", r, inner.calls)
	}
	for _, part := range []string{"twilio", "03:00:00 UTC", "no connection"} {
		if !strings.Contains(r.Reason, part) {
			t.Errorf("%q does not say %s", r.Reason, part)
		}
	}
	now = now.Add(firstPause)
	if r := s.Send(t.Context(), To{}, page7()); !r.OK() {
		t.Errorf("%+v", r)
	}
}

func TestASecondProvider(t *testing.T) {
	for _, c := range []struct {
		name          string
		first, second Result
		want          Class
		from          string
		calls         int
	}{
		{"first works", sent("1"), sent("2"), Sent, "one", 0},
		{"first is down", down(), sent("2"), Sent, "two", 1},
		{"first is wrongly set up", dead(Setup, "20003", "x"), sent("2"), Sent, "two", 1},
		{"first may have sent", unknown(codeTimeout, "x"), sent("2"), Unknown, "one", 0},
		{"first asks to wait", retry(time.Second, Provider, "20429", "x"), sent("2"), Retry, "one", 0},
		{"the number is wrong", dead(Address, "21211", "x"), sent("2"), Dead, "one", 0},
		{"both are down", down(), down(), Unavailable, "one", 1},
		{"the second may have sent", down(), unknown(codeTimeout, "x"), Unknown, "two", 1},
	} {
		first, second := &scripted{provider: "one", results: []Result{c.first}}, &scripted{provider: "two", results: []Result{c.second}}
		r := WithFallback(first, second).Send(t.Context(), To{}, page7())
		if r.Class != c.want || r.Provider != c.from || second.calls != c.calls {
			t.Errorf("%s: %+v, the second was asked %d times", c.name, r, second.calls)
		}
	}
}
