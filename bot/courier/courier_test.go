package courier_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
)

func TestOrderWithinADestination(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		var mu sync.Mutex
		out, last, most := map[string]int{}, map[string]uint64{}, 0
		y.deliver("post", func(_ context.Context, j courier.Job) courier.Result {
			mu.Lock()
			out[j.Dest]++
			if out[j.Dest] > 1 {
				t.Errorf("two rows of %s are out at once", j.Dest)
			}
			if j.ID < last[j.Dest] {
				t.Errorf("%s: %d goes after %d", j.Dest, j.ID, last[j.Dest])
			}
			last[j.Dest] = j.ID
			most = max(most, len(out))
			mu.Unlock()
			time.Sleep(time.Duration(j.ID*37%11) * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			if out[j.Dest]--; out[j.Dest] == 0 {
				delete(out, j.Dest)
			}
			return courier.Result{State: storage.Done}
		})
		for n := range 60 {
			y.owe(post(fmt.Sprintf("slack/room/%d", n%3), fmt.Sprintf("post/%d", n)))
		}
		y.run()
		y.pass(2 * time.Second)
		if got := len(y.asked()); got != 60 {
			t.Errorf("%d attempts for 60 effects", got)
		}
		if most != 3 {
			t.Errorf("at most %d destinations were served at once, want 3", most)
		}
		if left := y.effects(storage.Pending); len(left) > 0 {
			t.Errorf("%d are left", len(left))
		}
	})
}

func TestPagesGoBeforeCardsAndCardsBeforeChatter(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.config.Workers = 1
		for n, class := range []storage.Class{storage.Chatter, storage.Card, storage.Page, storage.Card, storage.Page} {
			e := post(fmt.Sprintf("slack/%d", n), fmt.Sprintf("%d-%d", class, n))
			e.Class = class
			y.owe(e)
		}
		y.run()
		y.pass(time.Second)
		y.wantAsked("1-2", "1-4", "2-1", "2-3", "3-0")
	})
}

func TestDeadLetters(t *testing.T) {
	for name, c := range map[string]struct {
		kind string
		note string
		log  []string
	}{
		"the deliverer gives up": {"refused", "is_archived", nil},
		"the deliverer panics":   {"broken", "panic: no such block", []string{"deliverer panicked"}},
		"nobody delivers it":     {"unheard", "unheard", nil},
	} {
		t.Run(name, func(t *testing.T) {
			inYard(t, func(t *testing.T, y *yard) {
				y.deliver("refused", func(context.Context, courier.Job) courier.Result {
					return courier.Result{State: storage.Dead, Note: "is_archived"}
				})
				y.deliver("broken", func(context.Context, courier.Job) courier.Result {
					panic("no such block")
				})
				bad := post("slack/a", "bad")
				bad.Kind = c.kind
				card := bad
				card.Target, card.Level, card.Seq = "card", true, 1
				y.owe(bad, card, post("slack/a", "next"))
				y.run()
				y.wantStates("bad dead", "card dead", "next done")
				if note := y.effects(storage.Dead)[0].Note; !strings.Contains(note, c.note) {
					t.Errorf("the note is %q, want %q in it", note, c.note)
				}
				y.wantLog(c.log...)
			})
		})
	}
}

// TestWhoIsToldOfADeadLetter: what its deliverer says, else what is said of all that is
// given up; of what was delivered nothing is.
func TestWhoIsToldOfADeadLetter(t *testing.T) {
	for name, c := range map[string]struct {
		result courier.Result
		want   string
	}{
		"given up without a word": {courier.Result{State: storage.Dead, Note: "is_archived"}, "bad was given up: is_archived"},
		"given up with one":       {courier.Result{State: storage.Dead, Note: "is_archived", Tell: hinted("its own")}, "its own"},
		"delivered":               {courier.Result{State: storage.Done}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inYard(t, func(t *testing.T, y *yard) {
				y.config.GivenUp = func(j courier.Job, why string) desk.Outcome { return hinted(j.Target + " was given up: " + why) }
				y.deliver("post", func(context.Context, courier.Job) courier.Result { return c.result })
				y.deliver(desk.HintKind, func(_ context.Context, j courier.Job) courier.Result {
					return courier.Result{State: storage.Done, Seq: j.Seq}
				})
				y.owe(post("slack/a", "bad"))
				y.run()
				y.pass(time.Minute)
				got := ""
				for _, e := range y.effects() {
					if e.Kind == desk.HintKind {
						var h desk.Hint
						if err := json.Unmarshal(e.Body, &h); err != nil {
							t.Fatal(err)
						}
						got += h.Text
					}
				}
				if got != c.want {
					t.Errorf("told %q, want %q", got, c.want)
				}
			})
		})
	}
}

// TestADelivererThatShowsLessThanIsOwed does not go round and round: it is asked again with
// more and more time in between, and the row says why.
func TestADelivererThatShowsLessThanIsOwed(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.deliver("card", func(context.Context, courier.Job) courier.Result { return courier.Result{State: storage.Done} })
		e := post("slack/a", "card/INC-1")
		e.Kind, e.Level, e.Seq = "card", true, 1
		y.owe(e)
		y.run()
		y.pass(time.Minute)
		if n := len(y.asked()); n < 3 || n > 12 {
			t.Errorf("it was asked %d times in a minute", n)
		}
		y.wantStates("card/INC-1 pending")
		if got := y.effects()[0].Note; got != "what was shown is as of 0, and 1 is owed" {
			t.Errorf("the row says %q", got)
		}
	})
}

// hinted is the outcome of which a hint is told.
func hinted(text string) desk.Outcome {
	return desk.Outcome{Hint: &desk.Hint{Key: "test", Text: text}}
}

func TestARowWaitsForAReceipt(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.deliver("room", func(context.Context, courier.Job) courier.Result {
			return courier.Result{State: storage.Done, Receipt: []byte("C1")}
		})
		card := post("slack/card", "card")
		card.After = "room"
		y.owe(card, post("slack/news", "news"))
		y.run()
		y.pass(time.Minute)
		y.wantAsked("news")
		room := post("slack/room", "room")
		room.Kind = "room"
		y.owe(room)
		y.pass(0)
		y.wantAsked("news", "room", "card")
		if got := string(y.job(2).AfterReceipt); got != "C1" {
			t.Errorf("the card was handed the receipt %q, want C1", got)
		}
	})
}

// TestTenChangesBecomeOneUpdate: what is put while a level effect is out is sent
// once more, with the last sequence.
func TestTenChangesBecomeOneUpdate(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.deliver("card", func(_ context.Context, j courier.Job) courier.Result {
			time.Sleep(time.Second)
			return courier.Result{State: storage.Done, Seq: j.Seq, Receipt: []byte(fmt.Sprint(j.Seq))}
		})
		card := func(seq uint64) storage.Effect {
			e := post("slack/card", "card")
			e.Kind, e.Level, e.Seq = "card", true, seq
			return e
		}
		y.run()
		y.owe(card(1))
		for n := range uint64(10) {
			y.pass(50 * time.Millisecond)
			y.owe(card(n + 2))
		}
		y.pass(10 * time.Second)
		y.wantAsked("card", "card")
		if got := y.job(1).Seq; got != 11 {
			t.Errorf("the second update was asked to show %d, want 11", got)
		}
		if got := string(y.job(1).Receipt); got != "1" {
			t.Errorf("the second update was handed the receipt %q, want that of the first", got)
		}
		y.wantStates("card done")
	})
}

func TestAnUntriedAttemptDoesNotCount(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.deliver("post", func(_ context.Context, j courier.Job) courier.Result {
			if len(y.asked()) < 4 {
				return courier.Result{State: storage.Pending, Untried: true, At: time.Now().Add(time.Second), Note: "rate limited"}
			}
			return courier.Result{State: storage.Dead, Untried: true}
		})
		y.owe(post("slack/a", "a"))
		y.run()
		y.pass(10 * time.Second)
		y.wantAsked("a", "a", "a", "a")
		if j := y.job(3); j.Attempts != 1 || j.Again() {
			t.Errorf("the fourth attempt is number %d (again: %v), want the first", j.Attempts, j.Again())
		}
		y.wantStates("a dead")
	})
}

func TestATriedAttemptIsRepeatedLater(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		var at []time.Time
		y.deliver("post", func(_ context.Context, j courier.Job) courier.Result {
			if at = append(at, time.Now()); len(at) < 4 {
				return courier.Result{State: storage.Pending, Note: "timeout"}
			}
			return courier.Result{State: storage.Done}
		})
		y.owe(post("slack/a", "a"))
		y.run()
		y.pass(10 * time.Second)
		if j := y.job(3); j.Attempts != 4 || !j.Again() || y.job(0).Again() {
			t.Errorf("the fourth attempt is number %d (again: %v)", j.Attempts, j.Again())
		}
		for n, longest := range []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second} {
			if wait := at[n+1].Sub(at[n]); wait > longest+50*time.Millisecond || wait < longest*3/4 {
				t.Errorf("wait %d was %v, want about %v", n+1, wait, longest)
			}
		}
	})
}

// TestARowThatWasPutOffBeforeTheClockWasSetBack goes out: it does not wait for the time to
// come again.
func TestARowThatWasPutOffBeforeTheClockWasSetBack(t *testing.T) {
	for name, at := range map[string]func(now time.Time) time.Time{
		"by its courier":   func(time.Time) time.Time { return time.Time{} },
		"by its deliverer": func(now time.Time) time.Time { return now.Add(24 * time.Hour) }, // more than any row waits
	} {
		t.Run(name, func(t *testing.T) {
			inYard(t, func(t *testing.T, y *yard) {
				var back atomic.Int64 // how far the clock was set back
				y.config.Now = func() time.Time { return time.Now().Add(-time.Duration(back.Load())) }
				y.deliver("post", func(_ context.Context, j courier.Job) courier.Result {
					if j.Attempts > 1 {
						return courier.Result{State: storage.Done}
					}
					return courier.Result{State: storage.Pending, At: at(y.config.Now()), Note: "dial"}
				})
				y.run()
				y.owe(post("slack/a", "a1"))
				y.pass(0)
				y.wantStates("a1 pending")
				back.Store(int64(2 * time.Hour))
				y.pass(2 * time.Second)
				y.wantStates("a1 done")
			})
		})
	}
}

// TestNoRowWaitsLongerThanAny however long its deliverer wants it to.
func TestNoRowWaitsLongerThanAny(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.deliver("post", func(_ context.Context, j courier.Job) courier.Result {
			return courier.Result{State: storage.Pending, At: time.Now().Add(24 * time.Hour), Note: "ratelimited"}
		})
		y.run()
		y.owe(post("slack/a", "a1"))
		y.pass(9 * time.Minute)
		y.wantAsked("a1")
		y.pass(2 * time.Minute)
		y.wantAsked("a1", "a1")
	})
}

func TestBackoff(t *testing.T) {
	for _, c := range []struct {
		class storage.Class
		n     int
		want  time.Duration
	}{
		{storage.Page, 0, 500 * time.Millisecond}, {storage.Page, 1, 500 * time.Millisecond}, {storage.Page, 3, 2 * time.Second},
		{storage.Page, 100, 10 * time.Second}, {storage.Card, 7, 32 * time.Second}, {storage.Chatter, 100, time.Minute},
	} {
		for range 100 {
			if got := courier.Backoff(c.class, c.n); got > c.want || got < c.want*3/4 {
				t.Fatalf("attempt %d of class %d waits %v, want three quarters to all of %v", c.n, c.class, got, c.want)
			}
		}
	}
}

// TestALeaseThatRanOut: what a killed process had out is taken over, as an
// attempt that may have happened.
func TestALeaseThatRanOut(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.owe(post("slack/a", "a"))
		now := time.Now()
		if l, err := y.store.Lease(t.Context(), storage.LeaseRequest{Now: now, Until: now.Add(35 * time.Second)}); err != nil || len(l.Leased) != 1 {
			t.Fatalf("lease: %v %v", l, err)
		}
		y.run()
		y.pass(34 * time.Second)
		y.wantAsked()
		y.pass(2 * time.Second)
		y.wantAsked("a")
		if j := y.job(0); !j.Again() {
			t.Error("the attempt is not marked as a repeat")
		}
	})
}

// TestASettlementThatFails: what was sent and could not be written down is
// repeated, marked so.
func TestASettlementThatFails(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		failed := false
		y.owe(post("slack/a", "a"))
		y.store.Faults(func(op string, changes []storage.Change) memory.Fault {
			if op == "commit" && !failed {
				failed = true
				return memory.Fails(errors.New("the disk caught fire"))
			}
			return memory.None()
		})
		y.run()
		y.wantAsked("a")
		y.pass(34 * time.Second)
		y.wantAsked("a")
		y.pass(3 * time.Second)
		y.wantAsked("a", "a")
		if !y.job(1).Again() {
			t.Error("the second attempt is not marked as a repeat")
		}
		y.wantStates("a done")
		y.wantLog("settle effect")
	})
}

// TestASettlementThatComesTooLate changes nothing, and is no error.
func TestASettlementThatComesTooLate(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.deliver("post", func(_ context.Context, j courier.Job) courier.Result {
			if !j.Again() {
				time.Sleep(time.Minute)
				return courier.Result{State: storage.Dead}
			}
			return courier.Result{State: storage.Done}
		})
		y.owe(post("slack/a", "a"))
		y.run()
		y.pass(2 * time.Minute)
		y.wantAsked("a", "a")
		y.wantStates("a done")
		y.wantLog()
	})
}

func TestLeasingFailsForAWhile(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		broken := time.Now().Add(time.Minute)
		asked := 0
		y.store.Faults(func(op string, _ []storage.Change) memory.Fault {
			if op == "lease" && time.Now().Before(broken) {
				asked++
				return memory.Fails(errors.New("the disk is slow"))
			}
			return memory.None()
		})
		y.owe(post("slack/a", "a"))
		y.run()
		y.pass(59 * time.Second)
		y.wantAsked()
		if asked > 70 {
			t.Errorf("the store was asked %d times in a minute", asked)
		}
		y.pass(2 * time.Second)
		y.wantAsked("a")
		y.wantLog("lease effects")
	})
}

// TestRunEndsWithinTheGracePeriod: an attempt that is quick is settled, one that
// hangs is cut off and repeated by the next life.
func TestRunEndsWithinTheGracePeriod(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.deliver("post", func(ctx context.Context, j courier.Job) courier.Result {
			wait := time.Second
			if j.Target == "hangs" {
				wait = time.Hour
			}
			select {
			case <-time.After(wait):
				return courier.Result{State: storage.Done}
			case <-ctx.Done():
				return courier.Result{State: storage.Pending, Note: "cut off"}
			}
		})
		y.owe(post("slack/a", "quick"), post("slack/b", "hangs"), post("slack/a", "later"))
		y.run()
		if took := y.end(); took > 6*time.Second {
			t.Errorf("Run took %v to end", took)
		}
		y.wantStates("quick done", "hangs pending", "later pending")
		y.deliver("post", func(context.Context, courier.Job) courier.Result { return courier.Result{State: storage.Done} })
		y.run()
		y.pass(time.Minute)
		y.wantStates("quick done", "hangs done", "later done")
		if j := y.job(3); len(y.asked()) != 4 || j.Target != "hangs" || !j.Again() {
			t.Errorf("of %q the last is again: %v, want a repeat of what hung", y.asked(), j.Again())
		}
	})
}

// TestRunEndsAtOnceWhenAllIsBack: the grace period is for what is out.
func TestRunEndsAtOnceWhenAllIsBack(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.owe(post("slack/a", "a"))
		y.run()
		y.pass(time.Second)
		if took := y.end(); took != 0 {
			t.Errorf("Run took %v to end", took)
		}
	})
}

// TestNoMoreAreOutThanThereAreWorkers, whatever is owed.
func TestNoMoreAreOutThanThereAreWorkers(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.config.Workers = 4
		out, most := 0, 0
		var mu sync.Mutex
		count := func(n int) {
			mu.Lock()
			defer mu.Unlock()
			out += n
			most = max(most, out)
		}
		y.deliver("post", func(context.Context, courier.Job) courier.Result {
			count(1)
			time.Sleep(time.Second)
			count(-1)
			return courier.Result{State: storage.Done}
		})
		y.run()
		for n := range 20 {
			y.owe(post(fmt.Sprintf("medium%d/a", n%5), fmt.Sprint("row", n)))
			y.pass(time.Millisecond)
		}
		y.pass(time.Minute)
		if n := len(y.effects(storage.Done)); n != 20 || most != y.config.Workers {
			t.Errorf("%d rows were delivered, at most %d at the same time; want 20, and %d", n, most, y.config.Workers)
		}
	})
}

// TestAnAttemptIsBounded: a deliverer that hangs is cut off before its lease ends.
func TestAnAttemptIsBounded(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.deliver("post", func(ctx context.Context, j courier.Job) courier.Result {
			<-ctx.Done()
			return courier.Result{State: storage.Pending, Note: "cut off"}
		})
		y.owe(post("slack/a", "a"))
		y.run()
		y.pass(30 * time.Second)
		if e := y.effects()[0]; e.Note != "cut off" {
			t.Errorf("after 30 s the effect stands %s (%q), want it cut off", e.State, e.Note)
		}
	})
}

func TestObserve(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		var got string
		y.config.Observe = func(kind string, r courier.Result, took, age time.Duration) {
			got = fmt.Sprintf("%s %s took %v age %v", kind, r.State, took, age)
		}
		y.deliver("post", func(context.Context, courier.Job) courier.Result {
			time.Sleep(time.Second)
			return courier.Result{State: storage.Done}
		})
		y.owe(post("slack/a", "a"))
		time.Sleep(2 * time.Second)
		y.run()
		y.pass(5 * time.Second)
		if want := "post done took 1s age 3s"; got != want {
			t.Errorf("observed %q, want %q", got, want)
		}
	})
}
