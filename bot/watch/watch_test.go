package watch_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/watchbill/watchbill/storage/memory"
)

func TestWhatIsOverdueAtTheStartFiresAtOnce(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		w.commit(page(t, 1, time.Now().Add(-time.Hour)), page(t, 2, time.Now().Add(time.Hour)))
		began := time.Now()
		defer w.run()()
		if w.turn(1) != 2 || w.turn(2) != 1 {
			t.Errorf("turns are %d and %d, want 2 and 1", w.turn(1), w.turn(2))
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("it took %v", took)
		}
		if len(w.late) != 1 || w.late[0] != time.Hour {
			t.Errorf("told that it was late by %v, want 1h", w.late)
		}
		w.check()
	})
}

func TestADueTimeIsMetToTheMillisecond(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		w.commit(page(t, 1, time.Now().Add(3700*time.Millisecond)))
		defer w.run()()
		w.pass(3699 * time.Millisecond)
		if got := w.turn(1); got != 1 {
			t.Errorf("turn %d before it was due", got)
		}
		w.pass(2 * time.Millisecond)
		if got := w.turn(1); got != 2 {
			t.Errorf("turn %d after it was due, want 2", got)
		}
		w.pass(5 * time.Minute)
		if got := w.turn(1); got != 3 {
			t.Errorf("turn %d after another wait, want 3", got)
		}
	})
}

func TestThousandsAreDue(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		const many = 2_000 // the fake store looks for what is owed one by one
		for n := 1; n <= many; n += 500 {
			for m := n; m < n+500; m++ {
				w.commit(page(t, m, time.Now().Add(-time.Duration(m)*time.Second)))
			}
		}
		defer w.run()()
		w.pass(time.Second)
		for n := 1; n <= many; n++ {
			if got := w.turn(n); got != 2 {
				t.Fatalf("PAGE-%d stands at turn %d, want 2", n, got)
			}
		}
		if len(w.late) != many {
			t.Errorf("%d commands for %d pages", len(w.late), many)
		}
	})
}

// TestOthersGoOn: records whose command fails are asked again after a second,
// however many they are, and those behind them do not wait.
func TestOthersGoOn(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		const failing = 700
		for n := range failing {
			w.commit(stuck(n, time.Now().Add(-time.Hour)))
		}
		w.commit(page(t, 1, time.Now()))
		defer w.run()()
		if got := w.turn(1); got != 2 {
			t.Errorf("the page stands at turn %d, want 2", got)
		}
		before := w.logs()
		if before != failing {
			t.Errorf("%d commands failed at once, want %d", before, failing)
		}
		w.pass(10 * time.Second)
		if again := float64(w.logs()-before) / failing; again < 9 || again > 11 {
			t.Errorf("each was asked %.1f times in 10 s, want 10", again)
		}
		w.check()
	})
}

func TestACommandThatFailedIsRepeatedAfterASecond(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		w.commit(page(t, 1, time.Now()))
		failed := 0
		w.count(func(op string) memory.Fault {
			if op == "commit" && failed == 0 {
				failed++
				return memory.Fails(errors.New("the disk caught fire"))
			}
			return memory.None()
		})
		defer w.run()()
		if got := w.turn(1); got != 1 || failed != 1 {
			t.Fatalf("the page stands at turn %d after %d failures", got, failed)
		}
		w.pass(999 * time.Millisecond)
		if got := w.turn(1); got != 1 {
			t.Errorf("it was repeated before a second had passed")
		}
		w.pass(2 * time.Millisecond)
		if got := w.turn(1); got != 2 {
			t.Errorf("the page stands at turn %d after a second, want 2", got)
		}
		if len(w.late) != 1 {
			t.Errorf("told of %d commands, want only the one that was put", len(w.late))
		}
	})
}

// TestNothingMoves: a row that is due although its record says otherwise must not
// be asked in a circle.
func TestNothingMoves(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		lie := page(t, 1, time.Now().Add(4*time.Minute))
		lie.Record.Due = time.Now().Add(-time.Minute)
		w.commit(lie)
		defer w.run()()
		w.pass(10 * time.Second)
		if n := w.op("due"); n > 25 {
			t.Errorf("the store was asked %d times what is due in 10 s", n)
		}
		if n := len(w.late); n < 9 || n > 11 {
			t.Errorf("the record was asked %d times in 10 s, want about 10", n)
		}
	})
}

func TestTheClockIsSetForward(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		w.commit(page(t, 1, time.Now().Add(5*time.Minute)))
		defer w.run()()
		w.pass(time.Second)
		w.step(10 * time.Minute)
		w.pass(1100 * time.Millisecond)
		if got := w.turn(1); got != 2 {
			t.Errorf("the page stands at turn %d a second after the clock passed its time, want 2", got)
		}
		w.pass(10 * time.Second)
		if got := w.turn(1); got != 2 {
			t.Errorf("the page took %d steps for one time that came", got-1)
		}
	})
}

// TestTheClockIsSetBack: what was going to be asked again in a second is, and a page takes
// its next step no later than its wait after that.
func TestTheClockIsSetBack(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		w.commit(stuck(1, time.Now().Add(-2*time.Hour)), page(t, 1, time.Now().Add(time.Minute)))
		defer w.run()()
		w.pass(500 * time.Millisecond)
		w.step(-time.Hour)
		before := w.logs()
		w.pass(10 * time.Second)
		if again := w.logs() - before; again < 9 {
			t.Errorf("what fails was asked %d times in 10 s after the clock was set back, want 10", again)
		}
		w.pass(5*time.Minute - 9*time.Second)
		if got := w.turn(1); got != 2 {
			t.Errorf("the page stands at turn %d five minutes after the clock was set back, want 2", got)
		}
		w.pass(5*time.Minute - 5*time.Second)
		if got := w.turn(1); got != 2 {
			t.Errorf("the page stands at turn %d before its next wait is over, want 2", got)
		}
		w.step(-3 * time.Hour)
		w.pass(5*time.Minute + 5*time.Second)
		if got := w.turn(1); got != 3 {
			t.Errorf("the page stands at turn %d when the clock was set back once more, want 3", got)
		}
		w.judged()
	})
}

// TestTheClockIsSetBackBetweenTwoLives: the next one finds pages of a time to come.
func TestTheClockIsSetBackBetweenTwoLives(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		at := time.Now().Add(2 * time.Hour)
		w.commit(page(t, 1, at.Add(5*time.Minute)), page(t, 2, time.Now().Add(4*time.Minute)))
		defer w.run()()
		w.pass(4*time.Minute + time.Second)
		if w.turn(1) != 1 || w.turn(2) != 2 {
			t.Errorf("turns are %d and %d, want 1 and 2", w.turn(1), w.turn(2))
		}
		w.pass(time.Minute)
		if got := w.turn(1); got != 2 {
			t.Errorf("the page of the life before stands at turn %d after its wait, want 2", got)
		}
		w.judged()
	})
}

// TestThePagesThatCannotBeReadAfterTheClockWasSetBack are looked at again until they can.
func TestThePagesThatCannotBeReadAfterTheClockWasSetBack(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		w.commit(page(t, 1, time.Now().Add(5*time.Minute)))
		defer w.run()()
		w.pass(time.Second)
		fails := atomic.Bool{}
		fails.Store(true)
		w.count(func(op string) memory.Fault {
			if op == "events" && fails.Load() {
				return memory.Fails(errors.New("input/output error"))
			}
			return memory.None()
		})
		w.step(-time.Hour)
		w.pass(5 * time.Second)
		if w.logs() == 0 {
			t.Error("nothing is logged")
		}
		fails.Store(false)
		w.pass(5*time.Minute + 2*time.Second)
		if got := w.turn(1); got != 2 {
			t.Errorf("the page stands at turn %d, want 2", got)
		}
	})
}

// TestADueTimeThatMovedCounts: a record is not kept waiting because it was asked a
// moment ago about another time.
func TestADueTimeThatMovedCounts(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		w.commit(pageEvery(t, 300*time.Millisecond, 1, time.Now()))
		defer w.run()()
		w.pass(time.Second)
		if got := w.turn(1); got != 5 {
			t.Errorf("the page stands at turn %d after a second, want 5", got)
		}
	})
}

func TestWake(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		defer w.run()()
		w.pass(100 * time.Millisecond)
		w.commit(page(t, 1, time.Now().Add(200*time.Millisecond)))
		w.watch.Wake()
		w.watch.Wake()
		w.pass(201 * time.Millisecond)
		if got := w.turn(1); got != 2 {
			t.Errorf("the page stands at turn %d when it was due, want 2", got)
		}
		read := w.op("list")
		w.pass(10 * time.Second)
		if again := w.op("list") - read; again > 0 {
			t.Errorf("the open pages were read %d times, and the clock just runs on", again)
		}
	})
}

func TestTheStoreCannotBeReadForAWhile(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		w.commit(page(t, 1, time.Now()))
		var mended atomic.Bool
		w.count(func(op string) memory.Fault {
			if op == "due" && !mended.Load() {
				return memory.Fails(errors.New("the disk is slow"))
			}
			return memory.None()
		})
		defer w.run()()
		w.pass(10 * time.Second)
		if n := w.op("due"); n > 12 {
			t.Errorf("the store was asked %d times in 10 s", n)
		}
		mended.Store(true)
		w.pass(time.Second)
		if got := w.turn(1); got != 2 {
			t.Errorf("the page stands at turn %d, want 2", got)
		}
	})
}
