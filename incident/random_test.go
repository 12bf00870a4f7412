package incident

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// command is any command, with anything in it.
func command(r *rand.Rand, now time.Time) Command {
	names := []string{"", "dev1", "dev2", "sre1", "U0ABC", "channel:ops"}
	name := func() string { return names[r.IntN(len(names))] }
	by := Actor{Person: name(), Via: "slack", Guest: r.IntN(12) == 0}
	text := []string{"", "x", "<!channel> & more", "two\nlines"}[r.IntN(4)]
	page := fmt.Sprintf("PAGE-%d", 1+r.IntN(4))
	ts := fmt.Sprintf("%d.%06d", now.Unix()-int64(r.IntN(5)), r.IntN(2))
	at := time.Time{}
	if r.IntN(2) == 0 {
		at = now.Add(-time.Duration(r.IntN(100)) * time.Minute)
	}
	kinds := []Kind{PagePaused, PageFailed, PageDeclined, PageEscalated, PageSpent, PageSkipped, PageAnsweredAgain, PageHandedOver, PageSnoozed, PageResumed, PageNobody, PageEnded, PageAcknowledged}
	all := []Command{
		Declare{By: by, ID: "INC-1", Title: text}, SetLead{By: by, Person: name(), Answered: r.IntN(4) == 0}, SetSeverity{By: by, Severity: Severity(r.IntN(6))},
		Update{By: by, Text: text}, Note{By: by, Text: text, At: at}, Resolve{By: by, Text: text}, Reopen{By: by, Text: text}, Close{By: by},
		Invite{People: []string{name(), name()}}, OpenRoom{Channel: "C" + name(), Name: "inc-1"}, LoseRoom{Channel: "C" + name(), Why: text}, LoseRoom{Why: text}, LeaveRoom{Channel: "C" + name()},
		PostDraft{Link: text}, FailDelivery{What: text}, RecordPaged{By: by, Page: page, Whom: []string{name(), name()}, Step: r.IntN(3)}, RecordUnpaged{Why: text},
		RecordPage{Kind: kinds[r.IntN(len(kinds))], By: by, Page: page, Person: name(), Text: text}, Acknowledge{By: by, Page: page},
		MarkPin{By: by, How: []PinHow{ByPin, ByReaction, ByShortcut}[r.IntN(3)], Channel: "C1", TS: ts, On: r.IntN(2) == 0, EventTS: fmt.Sprintf("%d.%06d", now.Unix()+int64(r.IntN(9)), r.IntN(9))},
		FillPin{Channel: "C1", TS: ts, Author: name(), Text: text}, EditPin{Channel: "C1", TS: ts, By: by, Text: text, Deleted: r.IntN(2) == 0},
	}
	return all[r.IntN(len(all))]
}

func TestAnythingMayHappenToAnIncident(t *testing.T) {
	lives := uint64(3000)
	if testing.Short() {
		lives = 300
	}
	for seed := range lives {
		r := rand.New(rand.NewPCG(seed, 3))
		x := &life{t: t, now: noon}
		if r.IntN(10) > 0 {
			x = declared(t)
		}
		for range r.IntN(50) {
			x.now = x.now.Add(time.Duration(r.IntN(3)) * time.Second)
			c := command(r, x.now)
			events, err := Decide(x.i, c, x.now)
			var refused *Error
			if _, page := c.(RecordPage); err != nil && !page && !errors.As(err, &refused) {
				t.Fatalf("seed %d: %T: %v is no refusal", seed, c, err)
			}
			if err != nil && len(events) > 0 {
				t.Fatalf("seed %d: %T was refused and made %v happen", seed, c, events)
			}
			x.apply(events)
			holds(t, seed, x.i)
		}
		x.folds()
		lines := Timeline(x.events, PlainNames)
		for n := 1; n < len(lines); n++ {
			if lines[n].At.Before(lines[n-1].At) {
				t.Fatalf("seed %d: the timeline goes back at line %d", seed, n)
			}
		}
		m := Measure(x.events)
		for _, d := range []*time.Duration{m.ToAcknowledge, m.ToCommand, m.ToResolve, m.Open} {
			if d != nil && *d < 0 {
				t.Fatalf("seed %d: an interval of %v", seed, *d)
			}
		}
		if m.Open != nil && m.ToResolve != nil && *m.Open > *m.ToResolve {
			t.Fatalf("seed %d: open for %v of %v", seed, *m.Open, *m.ToResolve)
		}
		read(t, seed, x.i)
	}
}

// holds checks what is true of every record at every moment.
func holds(t *testing.T, seed uint64, i Incident) {
	t.Helper()
	if i.ID == "" {
		return
	}
	if i.Severity < 1 || i.Severity > 4 || i.Title == "" {
		t.Fatalf("seed %d: %+v", seed, i)
	}
	if (i.Status == Open) != i.Resolved.IsZero() || (i.Status == Closed) != !i.Closed.IsZero() {
		t.Fatalf("seed %d: %s, resolved %v, closed %v", seed, i.Status, i.Resolved, i.Closed)
	}
	for key, p := range i.Pins {
		if p.Held() != (p.Entry != 0) || p.Fetched && p.Entry == 0 {
			t.Fatalf("seed %d: pin %s is %+v", seed, key, p)
		}
	}
	seen := map[string]bool{}
	for _, p := range i.Pages {
		if seen[p.ID] {
			t.Fatalf("seed %d: %s stands twice", seed, p.ID)
		}
		seen[p.ID] = true
	}
}

// read checks that a record comes back from its JSON as it was.
func read(t *testing.T, seed uint64, i Incident) {
	t.Helper()
	var back Incident
	if err := json.Unmarshal([]byte(dump(t, i)), &back); err != nil {
		t.Fatal(err)
	}
	if got, want := dump(t, back), dump(t, i); got != want {
		t.Fatalf("seed %d: read back it is\n%s\nand was\n%s", seed, got, want)
	}
}
