package courier_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
	"github.com/watchbill/watchbill/storage/storagetest"
)

// folded are the targets told with a job.
func folded(j courier.Job) []string {
	var out []string
	for _, e := range j.Fold {
		out = append(out, e.Target)
	}
	return out
}

func TestPostsThatWaitedFoldIntoOne(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.config.Foldable["post"] = true
		for n := range 4 {
			y.owe(post("slack/a", fmt.Sprintf("a%d", n)))
		}
		y.owe(post("slack/b", "b0"))
		y.pass(courier.FoldAfter)
		y.run()
		for n := range y.asked() {
			want := map[string][]string{"a0": {"a1", "a2", "a3"}}[y.job(n).Target]
			if got := folded(y.job(n)); !slices.Equal(got, want) {
				t.Errorf("told with %s: %q, want %q", y.job(n).Target, got, want)
			}
		}
		y.wantStates("a0 done", "a1 folded", "a2 folded", "a3 folded", "b0 done")
		if note := y.effects(storage.Folded)[0].Note; note != "told with a0" {
			t.Errorf("the note is %q", note)
		}
	})
}

func TestPostsThatDidNotWaitDoNotFold(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.config.Foldable["post"] = true
		y.owe(post("slack/a", "a0"), post("slack/a", "a1"))
		y.pass(courier.FoldAfter - time.Second)
		y.run()
		y.wantAsked("a0", "a1")
		y.wantStates("a0 done", "a1 done")
	})
}

// TestWhatDoesNotFold: other kinds and other records stay, and nothing overtakes
// them.
func TestWhatDoesNotFold(t *testing.T) {
	other := storage.Ref{Kind: storagetest.Kind, ID: "T-2"}
	for name, between := range map[string]func(*storage.Effect){
		"another kind":    func(e *storage.Effect) { e.Kind = "draft" },
		"another record":  func(e *storage.Effect) { e.Record = other },
		"another receipt": func(e *storage.Effect) { e.After = "room" },
	} {
		t.Run(name, func(t *testing.T) {
			inYard(t, func(t *testing.T, y *yard) {
				y.config.Foldable["post"] = true
				y.deliver("draft", func(context.Context, courier.Job) courier.Result {
					return courier.Result{State: storage.Done, Receipt: []byte("here")}
				})
				room := post("slack/room", "room")
				room.Kind = "draft"
				second := storagetest.Next(storage.Record{Ref: other}, time.Now(), storagetest.Step{Text: "owes too"})
				if err := y.store.Commit(t.Context(), second); err != nil {
					t.Fatal(err)
				}
				mid := post("slack/a", "mid")
				between(&mid)
				y.owe(room, post("slack/a", "a0"), post("slack/a", "a1"), mid, post("slack/a", "a2"))
				y.pass(courier.FoldAfter)
				y.run()
				y.pass(time.Second)
				var asked []string
				for _, target := range y.asked() {
					if target != "room" {
						asked = append(asked, target)
					}
				}
				if want := []string{"a0", "mid", "a2"}; !slices.Equal(asked, want) {
					t.Errorf("asked for %q, want %q", asked, want)
				}
				y.wantStates("room done", "a0 done", "a1 folded", "mid done", "a2 done")
			})
		})
	}
}

// TestWhatIsNotFoldableDoesNotFold: pages never do.
func TestWhatIsNotFoldableDoesNotFold(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		page := func(target string) storage.Effect {
			e := post("slack/to/sre1", target)
			e.Kind, e.Class = "page", storage.Page
			return e
		}
		y.config.Foldable["post"] = true
		y.deliver("page", func(context.Context, courier.Job) courier.Result { return courier.Result{State: storage.Done} })
		y.owe(page("p1"), page("p2"), post("slack/to/sre1", "a"))
		y.pass(time.Hour)
		y.run()
		y.wantStates("p1 done", "p2 done", "a done")
		if got := folded(y.job(1)); got != nil {
			t.Errorf("%q are to be told with a page", got)
		}
	})
}

// TestPostsThatCannotBeFolded, since the store does not say which wait, go one by one.
func TestPostsThatCannotBeFolded(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.config.Foldable["post"] = true
		y.store.Faults(func(op string, _ []storage.Change) memory.Fault {
			if op == "effects" {
				return memory.Fails(errors.New("the disk is slow"))
			}
			return memory.None()
		})
		y.owe(post("slack/a", "a0"), post("slack/a", "a1"))
		y.pass(courier.FoldAfter)
		y.run()
		y.store.Faults(nil)
		y.wantStates("a0 done", "a1 done")
		y.wantLog("look for posts to fold")
	})
}

// TestAFailedFoldIsRepeated: the posts that were to be told stay owed.
func TestAFailedFoldIsRepeated(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.config.Foldable["post"] = true
		y.deliver("post", func(_ context.Context, j courier.Job) courier.Result {
			if len(y.asked()) == 1 {
				return courier.Result{State: storage.Pending, Note: "timeout"}
			}
			return courier.Result{State: storage.Done, Told: j.Fold}
		})
		y.owe(post("slack/a", "a0"), post("slack/a", "a1"))
		y.pass(courier.FoldAfter)
		y.run()
		y.wantStates("a0 pending", "a1 pending")
		y.pass(5 * time.Second)
		y.wantAsked("a0", "a0")
		y.wantStates("a0 done", "a1 folded")
	})
}

// TestOnlyWhatWasToldFolds: a message that was found, sent by an attempt whose answer
// was lost, told fewer posts than wait by now; the others are told after it.
func TestOnlyWhatWasToldFolds(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.config.Foldable["post"] = true
		y.deliver("post", func(_ context.Context, j courier.Job) courier.Result {
			if j.Target == "a0" {
				return courier.Result{State: storage.Done, Told: j.Fold[:1]}
			}
			return courier.Result{State: storage.Done, Told: j.Fold}
		})
		for n := range 5 {
			y.owe(post("slack/a", fmt.Sprintf("a%d", n)))
		}
		y.pass(courier.FoldAfter)
		y.run()
		y.wantAsked("a0", "a2")
		y.wantStates("a0 done", "a1 folded", "a2 done", "a3 folded", "a4 folded")
	})
}

// TestPostsOfAnotherDestinationStayTheirOwn: they neither fold with those that waited, nor do
// they keep the ones behind them from folding.
func TestPostsOfAnotherDestinationStayTheirOwn(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.config.Foldable["post"] = true
		y.owe(post("slack/b", "b0"), post("slack/a", "a0"), post("slack/b", "b1"), post("slack/a", "a1"))
		y.pass(courier.FoldAfter)
		y.run()
		for n, first := range y.asked() {
			want := map[string][]string{"a0": {"a1"}, "b0": {"b1"}}[first]
			if got := folded(y.job(n)); !slices.Equal(got, want) {
				t.Errorf("told with %s: %q, want %q", first, got, want)
			}
		}
		y.wantStates("b0 done", "a0 done", "b1 folded", "a1 folded")
	})
}

// TestGatheredCardsFoldWhateverLiesBetween: those of one kind that were never tried.
func TestGatheredCardsFoldWhateverLiesBetween(t *testing.T) {
	inYard(t, func(t *testing.T, y *yard) {
		y.config.Gathered = map[string]bool{"card": true}
		card := func(target string) storage.Effect {
			e := post("slack/a", target)
			e.Kind, e.Class, e.Level, e.Seq = "card", storage.Card, true, 1
			return e
		}
		y.deliver("card", func(_ context.Context, j courier.Job) courier.Result {
			return courier.Result{State: storage.Done, Seq: j.Seq, Told: j.Fold}
		})
		tried := card("tried")
		y.owe(tried)
		now := time.Now()
		if l, err := y.store.Lease(t.Context(), storage.LeaseRequest{Now: now, Until: now.Add(time.Second)}); err != nil || len(l.Leased) != 1 {
			t.Fatalf("lease: %v %v", l, err)
		}
		y.owe(card("c0"), post("slack/a", "between"), card("c1"))
		y.pass(courier.FoldAfter)
		y.run()
		y.pass(time.Second)
		y.wantStates("tried done", "c0 folded", "between done", "c1 folded")
		if got := folded(y.job(0)); !slices.Equal(got, []string{"c0", "c1"}) {
			t.Errorf("with the first card came %q", got)
		}
	})
}
