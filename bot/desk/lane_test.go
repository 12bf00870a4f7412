package desk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
)

const leaseFor = 35 * time.Second

func storageNow() time.Time { return storage.Time(time.Now()) }

// TestHundredsOfCommandsOnOneIncident are recorded exactly once each, in few
// commits.
func TestHundredsOfCommandsOnOneIncident(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		const many = 400
		release := s.hold()
		replies := make(chan reply, many)
		for n := range many {
			go func() {
				a, err := s.note(t.Context(), s.desk, fmt.Sprintf("note %d", n), fmt.Sprintf("cause-%d", n))
				replies <- reply{a, err}
			}()
		}
		synctest.Wait()
		release()
		for range many {
			if r := <-replies; r.err != nil || !r.answer.Changed || len(r.answer.Events) != 1 {
				t.Fatalf("got %+v and %v", r.answer, r.err)
			}
		}
		got := s.notes()
		slices.Sort(got)
		if len(slices.Compact(got)) != many || len(s.notes()) != many {
			t.Errorf("%d notes, of them %d different, want %d", len(s.notes()), len(slices.Compact(got)), many)
		}
		if n := s.count(); n > 4 {
			t.Errorf("%d commits for %d commands, want a few", n, many)
		}
	})
}

// TestEachAnswerTellsItsOwnEvents: neighbours in one commit do not show in it.
func TestEachAnswerTellsItsOwnEvents(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		release := s.hold()
		var replies []<-chan reply
		for n := range 4 {
			replies = append(replies, s.later(func() (desk.Answer, error) { return s.note(t.Context(), s.desk, fmt.Sprint(n), "") }))
		}
		release()
		for n, r := range replies {
			if got := <-r; got.err != nil || len(got.answer.Events) != 1 || got.answer.Events[0].Text != fmt.Sprint(n) {
				t.Errorf("the answer to note %d tells %+v (%v)", n, got.answer.Events, got.err)
			}
		}
		s.wantNotes("0", "1", "2", "3")
	})
}

// TestARefusalInABatch leaves no trace and does not hurt its neighbours.
func TestARefusalInABatch(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		release := s.hold()
		first := s.later(func() (desk.Answer, error) { return s.note(t.Context(), s.desk, "first", "") })
		change := func(c incident.Command) <-chan reply {
			return s.later(func() (desk.Answer, error) { return s.desk.Change(t.Context(), again(in("dev1", "")), "INC-1", c) })
		}
		before := change(incident.Note{By: by("dev1"), Text: "before"})
		refused := []<-chan reply{change(incident.Note{By: by("dev1")}), change(incident.SetLead{By: by("dev1")}), change(incident.Reopen{By: by("dev1"), Text: "why"})}
		resolve := change(incident.Resolve{By: by("dev1")})
		refused = append(refused, change(incident.Resolve{By: by("dev1")}))
		after := change(incident.Note{By: by("dev1"), Text: "after"})
		release()
		for _, r := range []<-chan reply{first, before, resolve, after} {
			if got := <-r; got.err != nil || !got.answer.Changed {
				t.Errorf("a neighbour got %+v and %v", got.answer, got.err)
			}
		}
		for n, r := range refused {
			got := <-r
			if _, _, ok := desk.Refusal(got.err); !ok || got.answer.Changed {
				t.Errorf("refusal %d: got %+v and %v", n, got.answer, got.err)
			}
		}
		s.wantNotes("first", "before", "after")
		if got := s.count(); got != 2 {
			t.Errorf("%d commits, want 2", got)
		}
	})
}

// TestACommandTheStoreRefuses does not take its neighbours with it.
func TestACommandTheStoreRefuses(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		release := s.hold()
		first := s.later(func() (desk.Answer, error) { return s.note(t.Context(), s.desk, "first", "") })
		good := s.later(func() (desk.Answer, error) { return s.note(t.Context(), s.desk, "good", "") })
		bad := s.later(func() (desk.Answer, error) { return s.note(t.Context(), s.desk, "bad", "a\x00b") })
		last := s.later(func() (desk.Answer, error) { return s.note(t.Context(), s.desk, "last", "") })
		release()
		for _, r := range []<-chan reply{first, good, last} {
			if got := <-r; got.err != nil {
				t.Errorf("a neighbour got %v", got.err)
			}
		}
		if got := <-bad; !errors.Is(got.err, storage.ErrInvalid) {
			t.Errorf("the bad one got %v", got.err)
		}
		s.wantNotes("first", "good", "last")
	})
}

func TestTheContextEndsWhileQueued(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		release := s.hold()
		first := s.later(func() (desk.Answer, error) { return s.note(t.Context(), s.desk, "first", "") })
		ctx, cancel := context.WithCancel(t.Context())
		second := s.later(func() (desk.Answer, error) { return s.note(ctx, s.desk, "second", "two") })
		third := s.later(func() (desk.Answer, error) { return s.note(t.Context(), s.desk, "third", "") })
		cancel()
		if got := <-second; !errors.Is(got.err, desk.ErrNotRecorded) {
			t.Errorf("got %v, want that it is not recorded", got.err)
		}
		release()
		if a, b := <-first, <-third; a.err != nil || b.err != nil {
			t.Errorf("the others got %v and %v", a.err, b.err)
		}
		s.wantNotes("first", "third")
		if a, err := s.note(t.Context(), s.desk, "second", "two"); err != nil || !a.Changed {
			t.Errorf("repeated: got %+v and %v", a, err)
		}
		s.wantNotes("first", "third", "second")
	})
}

func TestTheContextEndsWhileWriting(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		release := s.hold()
		ctx, cancel := context.WithCancel(t.Context())
		first := s.later(func() (desk.Answer, error) { return s.note(ctx, s.desk, "first", "") })
		cancel()
		var pending *desk.PendingError
		if got := <-first; !errors.As(got.err, &pending) {
			t.Fatalf("got %v, want that it is pending", got.err)
		}
		s.wantNotes()
		release()
		if r := <-pending.Done; r.Err != nil || !r.Answer.Changed || r.Answer.Incident != "INC-1" {
			t.Errorf("the outcome is %+v and %v", r.Answer, r.Err)
		}
		s.wantNotes("first")
	})
}

// TestACommitThatNeverEnds is given up, and what was withdrawn from it is not
// recorded.
func TestACommitThatNeverEnds(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		s.hold()
		began := time.Now()
		if _, err := s.note(t.Context(), s.desk, "first", ""); !errors.Is(err, desk.ErrNotRecorded) {
			t.Errorf("got %v, want that it is not recorded", err)
		}
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("it took %v", took)
		}
		s.wantNotes()
	})
}

// TestAnotherReplicaWasFaster: what it recorded is seen when the command is decided
// again.
func TestAnotherReplicaWasFaster(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		other := s.another()
		release := s.hold()
		mine := s.later(func() (desk.Answer, error) {
			return s.desk.Change(t.Context(), in("dev1", ""), "INC-1", incident.SetSeverity{By: by("dev1"), Severity: 3})
		})
		if _, err := other.Change(t.Context(), in("dev2", ""), "INC-1", incident.SetSeverity{By: by("dev2"), Severity: 1}); err != nil {
			t.Fatal(err)
		}
		release()
		got := <-mine
		if got.err != nil || got.answer.Now.Severity != 3 || len(got.answer.Events) != 1 || got.answer.Events[0].Was != "SEV1" {
			t.Errorf("got %+v and %v, want SEV1 made SEV3", got.answer.Events, got.err)
		}
		if len(s.broken) > 0 {
			t.Errorf("a conflict broke the store: %v", s.broken)
		}
	})
}

func TestAConflictThatDoesNotEnd(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		s.fails(func(int, []storage.Change) memory.Fault { return memory.Conflict() })
		if _, err := s.note(t.Context(), s.desk, "first", ""); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("got %v", err)
		}
		if n := s.count(); n < 2 || n > 10 {
			t.Errorf("it was tried %d times", n)
		}
	})
}

// TestABrokenStore: the process is told when the store cannot be trusted.
func TestABrokenStore(t *testing.T) {
	for _, fault := range []error{storage.ErrUnknown, storage.ErrClosed} {
		t.Run(fault.Error(), func(t *testing.T) {
			inShop(t, func(t *testing.T, s *shop) {
				s.fails(func(int, []storage.Change) memory.Fault { return memory.Fails(fault) })
				if _, err := s.note(t.Context(), s.desk, "first", ""); !errors.Is(err, fault) {
					t.Errorf("got %v", err)
				}
				if len(s.broken) == 0 || !errors.Is(s.broken[0], fault) {
					t.Errorf("Broken was told %v, want %v", s.broken, fault)
				}
			})
		})
	}
	for _, fault := range []error{storage.ErrFull, storage.ErrConflict, errors.New("input/output error")} {
		inShop(t, func(t *testing.T, s *shop) {
			s.fails(func(int, []storage.Change) memory.Fault { return memory.Fails(fault) })
			if _, err := s.note(t.Context(), s.desk, "first", ""); !errors.Is(err, fault) {
				t.Errorf("got %v, want %v", err, fault)
			}
			if len(s.broken) > 0 {
				t.Errorf("%v broke the store", fault)
			}
			s.wantNotes()
		})
	}
}

// TestAnOutcomeThatStaysUnknown: a read that fails after an unknown outcome does not
// hide it; a later attempt that the store judged does settle it.
func TestAnOutcomeThatStaysUnknown(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		asked := false
		s.store.Faults(func(op string, _ []storage.Change) memory.Fault {
			switch {
			case op == "commit":
				asked = true
				return memory.FailsButApplied()
			case asked:
				return memory.Fails(errors.New("input/output error"))
			}
			return memory.None()
		})
		if _, err := s.note(t.Context(), s.desk, "first", ""); !errors.Is(err, storage.ErrUnknown) || len(s.broken) != 1 {
			t.Errorf("got %v, and Broken was told %v; want that the outcome is unknown", err, s.broken)
		}
	})
	inShop(t, func(t *testing.T, s *shop) {
		s.fails(func(n int, _ []storage.Change) memory.Fault {
			if n == 1 {
				return memory.Fails(storage.ErrUnknown)
			}
			return memory.Fails(storage.ErrFull)
		})
		if _, err := s.note(t.Context(), s.desk, "first", ""); !errors.Is(err, storage.ErrFull) || len(s.broken) > 0 {
			t.Errorf("got %v, and Broken was told %v; want that the disk is full", err, s.broken)
		}
		s.wantNotes()
	})
}

// TestTheDiskIsFull: new work is refused aloud; what is open goes on.
func TestTheDiskIsFull(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		s.fails(func(_ int, changes []storage.Change) memory.Fault {
			for _, c := range changes {
				if !c.Vital {
					return memory.Fails(storage.ErrFull)
				}
			}
			return memory.None()
		})
		if _, err := s.desk.Declare(t.Context(), in("dev2", ""), desk.Declaration{Title: "search is slow"}); !errors.Is(err, storage.ErrFull) {
			t.Errorf("declare: got %v, want that the disk is full", err)
		}
		if live, err := s.desk.Live(t.Context(), 0); err != nil || len(live) != 1 {
			t.Errorf("%d incidents are open (%v), want the first", len(live), err)
		}
		if a, err := s.desk.Acknowledge(t.Context(), in("sre1", ""), "PAGE-1"); err != nil || !a.Changed {
			t.Errorf("acknowledge: got %+v and %v", a, err)
		}
		if _, err := s.note(t.Context(), s.desk, "still here", ""); err != nil {
			t.Errorf("note: %v", err)
		}
	})
}

func TestDrain(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		release := s.hold()
		first := s.later(func() (desk.Answer, error) { return s.note(t.Context(), s.desk, "first", "") })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.desk.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Drain with a command under way: %v", err)
		}
		release()
		if err := s.desk.Drain(t.Context()); err != nil {
			t.Errorf("Drain: %v", err)
		}
		if r := <-first; r.err != nil {
			t.Error(r.err)
		}
		if err := s.desk.Drain(t.Context()); err != nil {
			t.Errorf("Drain when idle: %v", err)
		}
	})
}

// TestWakeFollowsCommits that owe something, and nothing else.
func TestWakeFollowsCommits(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		before := s.woken
		if _, err := s.desk.Change(t.Context(), in("dev1", ""), "INC-1", incident.Update{By: by("dev1"), Text: "the card shows it"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.note(t.Context(), s.desk, "nobody is told of a note", ""); err != nil {
			t.Fatal(err)
		}
		s.fails(func(int, []storage.Change) memory.Fault { return memory.Fails(storage.ErrFull) })
		if _, err := s.note(t.Context(), s.desk, "second", ""); err == nil {
			t.Error("the second was recorded")
		}
		if _, err := s.note(t.Context(), s.desk, strings.Repeat("x", 5000), ""); err == nil {
			t.Error("a text that is too long was recorded")
		}
		if got := s.woken - before; got != 1 {
			t.Errorf("woken %d times, want once", got)
		}
	})
}
