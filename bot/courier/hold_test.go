package courier_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/storage"
)

// outage is a deliverer that cannot reach its medium until a moment.
func outage(until time.Time) courier.Deliver {
	return func(_ context.Context, j courier.Job) courier.Result {
		if time.Now().Before(until) {
			return courier.Result{State: storage.Pending, Untried: true, At: time.Now().Add(300 * time.Millisecond), Hold: "slack/", Note: "dial"}
		}
		return courier.Result{State: storage.Done}
	}
}

// TestAMediumThatCannotBeReached is probed by one row, less and less often, and
// comes back in order; other media go on.
func TestAMediumThatCannotBeReached(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		back := time.Now().Add(10 * time.Minute)
		y.deliver("post", outage(back))
		y.deliver("mail", func(context.Context, courier.Job) courier.Result { return courier.Result{State: storage.Done} })
		y.run()
		y.owe(post("slack/a", "a1"))
		y.pass(0)
		for n := range 5 {
			y.owe(post("slack/a", fmt.Sprintf("a%d", n+2)), post("slack/b", fmt.Sprintf("b%d", n+1)))
		}
		y.pass(0)
		if held := y.courier.Held(); !strings.Contains(held["slack/"], "dial") {
			t.Errorf("held are %v, want slack/ and why", held)
		}
		y.pass(550 * time.Millisecond)
		if n := len(y.asked()); n != 2 {
			t.Errorf("%d attempts in half a second, want the second after it", n)
		}
		y.pass(time.Minute)
		early := len(y.asked())
		if early > 16 {
			t.Errorf("%d attempts in the first minute", early)
		}
		mail := post("mail/x", "mail")
		mail.Kind = "mail"
		y.owe(mail)
		y.pass(2 * time.Second)
		if got := y.effects(storage.Done); len(got) != 1 || got[0].Target != "mail" {
			t.Errorf("delivered meanwhile: %v, want the mail", got)
		}
		y.pass(time.Until(back) - time.Millisecond)
		if n := len(y.asked()); n < 40 || n > 80 {
			t.Errorf("%d attempts in ten minutes, want about one in ten seconds", n)
		}
		before := len(y.asked())
		y.pass(12 * time.Second)
		var a, b []string
		for _, target := range y.asked()[before:] {
			if target[0] == 'a' {
				a = append(a, target)
			} else {
				b = append(b, target)
			}
		}
		if !slices.Equal(a, []string{"a1", "a2", "a3", "a4", "a5", "a6"}) || !slices.Equal(b, []string{"b1", "b2", "b3", "b4", "b5"}) {
			t.Errorf("came back with %q and %q", a, b)
		}
		if held := y.courier.Held(); len(held) > 0 {
			t.Errorf("still held: %v", held)
		}
		y.wantLog("medium cannot be reached", "medium is back")
	})
}

// TestWhatFailedDoesNotWaitLonger: when the medium is back after an outage, rows that
// failed meanwhile go out at once, and not when their own times have come.
func TestWhatFailedDoesNotWaitLonger(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		back := time.Now().Add(20 * time.Second)
		y.deliver("post", func(_ context.Context, j courier.Job) courier.Result {
			switch {
			case time.Now().Before(back):
				return courier.Result{State: storage.Pending, Untried: true, At: time.Now().Add(5 * time.Minute), Hold: "slack/", Note: "dial"}
			case j.Target == "bad":
				return courier.Result{State: storage.Pending, Untried: true, At: time.Now().Add(5 * time.Minute), Hold: "slack/", Note: "timeout"}
			}
			return courier.Result{State: storage.Done}
		})
		y.config.Ask = func(context.Context, string) courier.Result {
			if time.Now().Before(back) {
				return courier.Result{Hold: "slack/", Note: "dial"}
			}
			return courier.Result{}
		}
		y.owe(post("slack/a", "a"), post("slack/b", "b"), post("slack/bad", "bad"))
		y.run()
		y.pass(time.Until(back) + 10*time.Second) // it is asked every ten seconds at the most
		y.wantStates("a done", "b done", "bad pending")
		asked := len(y.asked())
		y.pass(4 * time.Minute)
		if n := len(y.asked()); n != asked {
			t.Errorf("what breaks the medium itself was tried %d times more while it waited", n-asked)
		}
		if held := y.courier.Held(); len(held) > 0 {
			t.Errorf("still held: %v", held)
		}
	})
}

// TestManyFailuresAtOnceAreOne: rows that were out together when the medium broke
// do not make its wait grow for each of them.
func TestManyFailuresAtOnceAreOne(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		back := time.Now().Add(time.Second)
		y.deliver("post", outage(back))
		for n := range 30 {
			y.owe(post(fmt.Sprintf("slack/%d", n), fmt.Sprintf("p%d", n)))
		}
		y.run()
		y.pass(4 * time.Second)
		if left := y.effects(storage.Pending); len(left) > 0 {
			t.Errorf("%d are waiting 3 s after the medium came back", len(left))
		}
	})
}

// TestAProbeThatHasNoRow: when the wait of a medium is over and its rows wait
// longer, it is probed when the first of them may go.
func TestAProbeThatHasNoRow(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.deliver("post", func(_ context.Context, j courier.Job) courier.Result {
			if len(y.asked()) == 1 {
				return courier.Result{State: storage.Pending, Untried: true, At: time.Now().Add(20 * time.Second), Hold: "slack/", Note: "dial"}
			}
			return courier.Result{State: storage.Done}
		})
		y.owe(post("slack/a", "a"))
		y.run()
		y.pass(19 * time.Second)
		y.wantAsked("a")
		y.pass(2 * time.Second)
		y.wantAsked("a", "a")
		y.wantStates("a done")
	})
}

// TestAProbeThatGoesElsewhere: a row of another medium is no probe.
func TestAProbeThatGoesElsewhere(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.deliver("post", outage(time.Now().Add(time.Second)))
		y.deliver("mail", func(context.Context, courier.Job) courier.Result { return courier.Result{State: storage.Done} })
		y.owe(post("slack/a", "a"))
		y.run()
		for n := range 20 {
			mail := post("mail/x", fmt.Sprintf("mail%d", n))
			mail.Kind, mail.Class = "mail", storage.Page
			y.owe(mail)
			y.pass(100 * time.Millisecond)
		}
		y.pass(3 * time.Second)
		if left := y.effects(storage.Pending); len(left) > 0 {
			t.Errorf("%s still waits after the medium came back", left[0].Target)
		}
	})
}

// TestAProbeThatAskedNothing: a row that is settled without the medium says nothing about
// it, and the next one probes.
func TestAProbeThatAskedNothing(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		began := time.Now()
		y.deliver("post", outage(began.Add(10*time.Second)))
		y.deliver("over", func(context.Context, courier.Job) courier.Result {
			return courier.Result{State: storage.Done, Unasked: true}
		})
		y.owe(post("slack/a", "a"))
		y.run()
		for n := range 5 {
			over := post(fmt.Sprintf("slack/over%d", n), fmt.Sprintf("over%d", n))
			over.Kind, over.Class = "over", storage.Page
			y.owe(over)
			y.pass(time.Second)
			if since := y.courier.HeldSince("slack/"); !since.Equal(began) {
				t.Fatalf("after %d such rows the medium is held since %s, want since %s", n+1, since, began)
			}
		}
		y.pass(20 * time.Second)
		if left := y.effects(storage.Pending); len(left) > 0 {
			t.Errorf("%s still waits after the medium came back", left[0].Target)
		}
	})
}

// TestAMediumToWhichNothingIsOwed is asked now and then, until it answers.
func TestAMediumToWhichNothingIsOwed(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		back := time.Now().Add(time.Minute)
		asked := 0
		y.config.Ask = func(_ context.Context, medium string) courier.Result {
			if asked++; time.Now().Before(back) {
				return courier.Result{State: storage.Pending, Hold: medium, Note: "dial"}
			}
			return courier.Result{}
		}
		y.deliver("post", func(_ context.Context, j courier.Job) courier.Result {
			if j.Attempts == 1 {
				return courier.Result{State: storage.Pending, Hold: "slack/", Note: "dial"}
			}
			return courier.Result{State: storage.Done, Unasked: true}
		})
		y.owe(post("slack/a", "a"))
		y.run()
		y.pass(50 * time.Second)
		y.wantStates("a done")
		if since := y.courier.HeldSince("slack/"); since.IsZero() {
			t.Error("a medium that does not answer is not held any more")
		}
		y.pass(25 * time.Second)
		if since := y.courier.HeldSince("slack/"); !since.IsZero() {
			t.Errorf("a medium that answers is held since %s", since)
		}
		if asked < 3 || asked > 30 {
			t.Errorf("it was asked %d times in a minute", asked)
		}
	})
}

// TestAMediumThatIsProbedIsNotAsked: one row goes there, and nothing beside it.
func TestAMediumThatIsProbedIsNotAsked(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.config.Ask = func(_ context.Context, medium string) courier.Result {
			t.Errorf("%s is asked at %s", medium, time.Now())
			return courier.Result{}
		}
		y.deliver("post", func(_ context.Context, j courier.Job) courier.Result {
			if j.Again() {
				time.Sleep(10 * time.Second)
			}
			return courier.Result{State: storage.Pending, At: time.Now(), Hold: "slack/", Note: "dial"}
		})
		y.owe(post("slack/a", "a"))
		y.run()
		y.pass(9 * time.Second)
		y.wantAsked("a", "a")
	})
}

// TestTwoMediaAreHeldEachForItself: one that comes back does not free the other.
func TestTwoMediaAreHeldEachForItself(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.deliver("post", outage(time.Now().Add(time.Second)))
		y.deliver("mail", func(context.Context, courier.Job) courier.Result {
			return courier.Result{State: storage.Pending, Hold: "mail/", Note: "smtp"}
		})
		mail := post("mail/x", "mail")
		mail.Kind = "mail"
		y.owe(post("slack/a", "a"), mail)
		y.run()
		before := y.courier.Held()
		if len(before) != 2 {
			t.Errorf("held are %v, want both", before)
		}
		y.pass(10 * time.Second)
		if held := y.courier.Held(); len(held) != 1 || held["mail/"] != before["mail/"] {
			t.Errorf("held are %v, want the mail only, as since %s", held, before["mail/"])
		}
		y.wantStates("a done", "mail pending")
	})
}

// TestAMediumThatHangs keeps no other waiting, however much is owed to it.
func TestAMediumThatHangs(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.deliver("post", func(ctx context.Context, _ courier.Job) courier.Result {
			<-ctx.Done()
			return courier.Result{State: storage.Pending, Note: "timeout"}
		})
		y.deliver("mail", func(context.Context, courier.Job) courier.Result { return courier.Result{State: storage.Done} })
		for n := range 100 {
			y.owe(post(fmt.Sprintf("slack/%d", n), fmt.Sprintf("slack-%d", n)))
		}
		y.run()
		mail := post("mail/x", "mail")
		mail.Kind = "mail"
		y.owe(mail)
		y.pass(time.Second)
		if sent := y.effects(storage.Done); len(sent) != 1 || sent[0].Target != "mail" {
			t.Errorf("a second later %d deliveries are done, want the mail", len(sent))
		}
	})
}

// TestOneThatHangsKeepsNoOtherOfItsMediumWaiting, up to the medium's share of the workers,
// which stays what it is when some are back.
func TestOneThatHangsKeepsNoOtherOfItsMediumWaiting(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.config.Workers = 4 // the share of one medium is 3
		hangs := map[string]chan bool{"s0": make(chan bool), "s1": make(chan bool), "s2": make(chan bool), "s3": make(chan bool), "s4": make(chan bool), "s5": make(chan bool)}
		y.deliver("post", func(_ context.Context, j courier.Job) courier.Result {
			if c := hangs[j.Target]; c != nil {
				<-c
			}
			return courier.Result{State: storage.Done}
		})
		y.run()
		for n := range 6 { // each comes while those before it are out
			y.owe(post(fmt.Sprintf("slack/%d", n), fmt.Sprintf("s%d", n)))
			y.pass(0)
		}
		y.wantAsked("s0", "s1", "s2")
		close(hangs["s1"])
		y.pass(0)
		y.wantAsked("s0", "s1", "s2", "s3")
		y.owe(post("mail/x", "m"))
		y.pass(0)
		y.wantAsked("s0", "s1", "s2", "s3", "m")
		for _, target := range []string{"s0", "s2", "s3", "s4", "s5"} {
			close(hangs[target])
		}
		y.pass(time.Second)
		if left := y.effects(storage.Pending); len(left) > 0 {
			t.Errorf("%d are left", len(left))
		}
	})
}

func TestAHoldOfACertainLength(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		var at []time.Time
		y.deliver("post", func(context.Context, courier.Job) courier.Result {
			if at = append(at, time.Now()); len(at) < 4 {
				return courier.Result{State: storage.Pending, Untried: true, At: time.Now(), Hold: "slack/", HoldFor: 30 * time.Second, Note: "token_revoked"}
			}
			return courier.Result{State: storage.Done}
		})
		y.owe(post("slack/a", "a"), post("slack/a", "b"))
		y.run()
		y.pass(2 * time.Minute)
		y.wantAsked("a", "a", "a", "a", "b")
		for n := range 3 {
			if wait := at[n+1].Sub(at[n]); wait < 30*time.Second || wait > 31*time.Second {
				t.Errorf("wait %d was %v, want 30 s", n+1, wait)
			}
		}
	})
}

// TestAskingManyMediaLetsNoMoreOut: who asks counts too, and rows then wait.
func TestAskingManyMediaLetsNoMoreOut(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.config.Workers = 1
		y.config.Ask = func(ctx context.Context, medium string) courier.Result {
			time.Sleep(5 * time.Second)
			return courier.Result{State: storage.Pending, Hold: medium, Note: "dial"}
		}
		var out, most atomic.Int32
		y.deliver("post", func(_ context.Context, j courier.Job) courier.Result {
			if medium, _, _ := strings.Cut(j.Dest, "/"); medium != "push" {
				if j.Attempts == 1 {
					return courier.Result{State: storage.Pending, Hold: medium + "/", Note: "dial"}
				}
				return courier.Result{State: storage.Done, Unasked: true}
			}
			most.Store(max(most.Load(), out.Add(1)))
			time.Sleep(time.Second)
			out.Add(-1)
			return courier.Result{State: storage.Done}
		})
		y.owe(post("slack/a", "a"), post("mail/b", "b"))
		y.run()
		y.pass(12 * time.Second)
		for n := range 20 {
			y.owe(post("push/a", fmt.Sprint("a", n)), post("push/b", fmt.Sprint("b", n)))
			y.pass(3 * time.Second)
		}
		y.pass(time.Hour)
		if n := len(y.effects(storage.Done)); n != 42 || most.Load() != 1 {
			t.Errorf("%d rows were delivered, at most %d at the same time; want 42, one by one", n, most.Load())
		}
	})
}
