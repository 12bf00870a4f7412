package desk_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
)

// TestWhatADeskKnowsIsWhatIsStored: the desk that changed a record shows it as one
// does that reads it for the first time.
func TestWhatADeskKnowsIsWhatIsStored(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		change := func(c incident.Command) func() error {
			return func() error {
				_, err := s.desk.Change(t.Context(), again(in("dev1", "")), "INC-1", c)
				return err
			}
		}
		steps := []func() error{
			change(incident.Note{By: by("dev1"), Text: "a note"}),
			change(incident.SetLead{By: by("dev1"), Person: "dev2"}),
			change(incident.SetSeverity{By: by("dev1"), Severity: 1, Text: "all of Europe"}),
			func() error {
				_, err := s.desk.Escalate(t.Context(), in("dev1", ""), "PAGE-1", -1)
				return err
			},
			change(incident.OpenRoom{Channel: "C0ROOM", Name: "inc-1-checkout-is-down"}),
			change(incident.MarkPin{By: by("dev1"), How: "pin", Channel: "C0ROOM", TS: "1.000001", On: true, EventTS: "2.000001"}),
			func() error {
				_, err := s.desk.Acknowledge(t.Context(), in("sre1", ""), "PAGE-1")
				return err
			},
			change(incident.MarkPin{By: by("dev1"), How: "pin", Channel: "C0ROOM", TS: "1.000001", On: false, EventTS: "3.000001"}),
			change(incident.Update{By: by("dev1"), Text: "better"}),
			change(incident.Resolve{By: by("dev1")}),
			change(incident.Reopen{By: by("dev1"), Text: "worse"}),
			change(incident.Resolve{By: by("dev1")}),
			change(incident.Close{By: by("dev1")}),
		}
		for n, step := range steps {
			if err := step(); err != nil {
				t.Fatalf("step %d: %v", n, err)
			}
			if got, want := s.shown(s.desk), s.shown(s.another()); got != want {
				t.Errorf("step %d: the desk shows\n%s\nand the store holds\n%s", n, got, want)
			}
		}
	})
}

// shown is INC-1 and PAGE-1 as a desk shows them.
func (s *shop) shown(d *desk.Desk) string {
	s.t.Helper()
	i, err := d.Incident(s.t.Context(), "INC-1")
	if err != nil {
		s.t.Fatal(err)
	}
	p, err := d.PageOf(s.t.Context(), "PAGE-1")
	if err != nil {
		s.t.Fatal(err)
	}
	body, err := json.Marshal([]any{i, p})
	if err != nil {
		s.t.Fatal(err)
	}
	return string(body)
}

// TestWhatAnotherReplicaSaid counts, although this one knows the record as it was.
func TestWhatAnotherReplicaSaid(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		other := s.another()
		say := func(d *desk.Desk, text string) desk.Answer {
			t.Helper()
			a, err := d.Change(t.Context(), in("dev1", ""), "INC-1", incident.Update{By: by("dev1"), Text: text})
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		if a := say(s.desk, "we look"); !a.Changed {
			t.Error("the first word was not recorded")
		}
		if a := say(other, "we know"); !a.Changed {
			t.Error("the other's word was not recorded")
		}
		if got := s.incident("INC-1").Update.Text; got != "we know" {
			t.Errorf("the incident says %q, want what the other replica recorded", got)
		}
		if a := say(s.desk, "we know"); !a.Exists {
			t.Error("what the other replica recorded a moment ago was recorded again")
		}
		if a := say(other, "we look"); !a.Exists {
			t.Error("what this one recorded a moment ago was recorded again")
		}
		for n := range 30 {
			say(s.desk, fmt.Sprintf("word %d", n))
		}
		if a := say(s.desk, "word 29"); !a.Exists {
			t.Error("the last of many words was recorded again")
		}
	})
}

// TestManyIncidents are each shown as they are, although the desk knows only some.
func TestManyIncidents(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		const many = 600
		title := func(n int) string { return fmt.Sprintf("outage %d", n) }
		for n := 2; n <= many; n++ {
			s.declare("dev1", title(n))
		}
		for n := 2; n <= many; n++ {
			if got := s.incident(fmt.Sprintf("INC-%d", n)).Title; got != title(n) {
				t.Fatalf("INC-%d is %q", n, got)
			}
		}
	})
}
