package desk_test

import (
	"testing"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
)

// TestTheSameCauseTwice changes nothing and gets the same answer, however the two
// come.
func TestTheSameCauseTwice(t *testing.T) {
	once := func(t *testing.T, s *shop, d *desk.Desk) reply {
		a, err := s.note(t.Context(), d, "first", "cause")
		return reply{a, err}
	}
	after := func(fault memory.Fault) func(t *testing.T, s *shop) (a, b reply) {
		return func(t *testing.T, s *shop) (a, b reply) {
			s.fails(func(n int, _ []storage.Change) memory.Fault {
				if n == 1 {
					return fault
				}
				return memory.None()
			})
			return once(t, s, s.desk), once(t, s, s.desk)
		}
	}
	for name, two := range map[string]func(t *testing.T, s *shop) (a, b reply){
		"one after the other": func(t *testing.T, s *shop) (a, b reply) { return once(t, s, s.desk), once(t, s, s.desk) },
		"after a restart":     func(t *testing.T, s *shop) (a, b reply) { return once(t, s, s.desk), once(t, s, s.another()) },
		"in one batch": func(t *testing.T, s *shop) (a, b reply) {
			release := s.hold()
			other := s.later(func() (desk.Answer, error) {
				return s.desk.Acknowledge(t.Context(), in("sre1", ""), "PAGE-1")
			})
			c := s.later(func() (desk.Answer, error) { return s.note(t.Context(), s.desk, "first", "cause") })
			d := s.later(func() (desk.Answer, error) { return s.note(t.Context(), s.desk, "first", "cause") })
			release()
			<-other
			a, b = <-c, <-d
			if n := s.count(); n != 2 {
				t.Errorf("%d commits, want 2", n)
			}
			return a, b
		},
		"in two batches": func(t *testing.T, s *shop) (a, b reply) {
			release := s.hold()
			c := s.later(func() (desk.Answer, error) { return s.note(t.Context(), s.desk, "first", "cause") })
			d := s.later(func() (desk.Answer, error) { return s.note(t.Context(), s.desk, "first", "cause") })
			release()
			return <-c, <-d
		},
		"on two replicas": func(t *testing.T, s *shop) (a, b reply) {
			release := s.hold()
			c := s.later(func() (desk.Answer, error) { return s.note(t.Context(), s.desk, "first", "cause") })
			b = once(t, s, s.another())
			release()
			return <-c, b
		},
		"unknown and applied":     after(memory.FailsButApplied()),
		"unknown and not applied": after(memory.Fails(storage.ErrUnknown)),
		"conflict":                after(memory.Conflict()),
	} {
		t.Run(name, func(t *testing.T) {
			inShop(t, func(t *testing.T, s *shop) {
				a, b := two(t, s)
				if a.err != nil || b.err != nil {
					t.Fatalf("got %v and %v", a.err, b.err)
				}
				for _, r := range []reply{a, b} {
					if r.answer.Incident != "INC-1" || !r.answer.Changed || r.answer.Exists || r.answer.Now.ID != "INC-1" {
						t.Errorf("answered %+v, want that INC-1 was changed", r.answer)
					}
					if e := r.answer.Events; len(e) != 1 || e[0].Text != "first" || e[0].Seq != r.answer.First || e[0].Seq != r.answer.Last {
						t.Errorf("told of %+v, want the note", e)
					}
				}
				s.wantNotes("first")
				if len(s.broken) > 0 {
					t.Errorf("broken: %v", s.broken)
				}
			})
		})
	}
}

// TestACauseThatChangedNothing changes nothing later either: an input that is told
// again must not undo what came between.
func TestACauseThatChangedNothing(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		sev := func(n incident.Severity, cause string) desk.Answer {
			t.Helper()
			a, err := s.desk.Change(t.Context(), in("dev1", cause), "INC-1", incident.SetSeverity{By: by("dev1"), Severity: n})
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		if a := sev(2, "idle"); a.Changed {
			t.Errorf("SEV2 made SEV2 answered %+v", a)
		}
		sev(1, "worse")
		if a := sev(2, "idle"); a.Changed {
			t.Errorf("told again it answered %+v", a)
		}
		if got := s.incident("INC-1").Severity; got != 1 {
			t.Errorf("it is %v, want SEV1", got)
		}
	})
}

// TestADeclarationToldAgain opens one incident, with one page.
func TestADeclarationToldAgain(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		s.fails(func(n int, _ []storage.Change) memory.Fault {
			if n == 1 {
				return memory.FailsButApplied()
			}
			return memory.None()
		})
		declare := func() desk.Answer {
			t.Helper()
			a, err := s.desk.Declare(t.Context(), again(in("dev2", "slash-1")), desk.Declaration{Title: "search is slow", Service: "checkout"})
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		a, b := declare(), declare()
		if a.Incident != "INC-2" || a.Page != "PAGE-2" || b.Incident != a.Incident || b.Page != a.Page || !a.Changed || !b.Changed {
			t.Errorf("answered %+v and %+v", a, b)
		}
		if live, err := s.desk.Live(t.Context(), 0); err != nil || len(live) != 2 {
			t.Errorf("%d are open (%v), want 2", len(live), err)
		}
	})
}
