package alert

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// TestAnythingMayHappenToAnAlert runs random commands; story.holds checks the alert
// after each, and a model of who fires what it says about that.
func TestAnythingMayHappenToAnAlert(t *testing.T) {
	rounds := uint64(1500)
	if testing.Short() {
		rounds = 150
	}
	for seed := range rounds {
		r := rand.New(rand.NewPCG(seed, 7))
		x := tell(t)
		firing := map[string]bool{}
		said := 0
		for range r.IntN(60) {
			x.now = x.now.Add(time.Duration(r.IntN(300)) * time.Second)
			key, who := fmt.Sprintf("k%d", r.IntN(5)), fmt.Sprintf("dev%d", r.IntN(3))
			switch r.IntN(14) {
			case 0, 1, 2, 3:
				h := fires(key, severity([]Severity{SeverityCritical, SeverityError, SeverityWarning, SeverityInfo, ""}[r.IntN(5)]))
				if r.IntN(3) == 0 {
					h.Signal.Starts = noon.Add(time.Duration(r.IntN(300)) * time.Second)
				}
				if r.IntN(5) == 0 {
					h.Hush = &Hush{Silence: "SIL-1", Until: x.now.Add(time.Minute)}
				}
				if before := len(x.events); x.try(h) {
					firing[key] = true
					for _, e := range x.events[before:] {
						if e.Member != nil || e.Kind == WasOpened {
							said++
						}
					}
				}
			case 4, 5, 6:
				if x.try(over(key)) {
					delete(firing, key)
				}
			case 7:
				x.try(Mute{By: who, Hush: Hush{Silence: "SIL-1", Until: x.now.Add(time.Duration(r.IntN(9)-1) * time.Minute)}})
			case 8:
				x.try(Tick{})
			case 9:
				x.try(RecordPage{Kind: []Kind{WasPaged, WasFolded, WasUnpaged, PageEscalated, PageResumed, PageEnded}[r.IntN(6)], Page: fmt.Sprintf("PAGE-%d", r.IntN(3)), Why: who})
			case 10:
				x.try(Acknowledge{By: who})
			case 11:
				x.try(Wait{Until: x.now.Add(time.Minute)})
			case 12:
				if n := len(x.a.Members); n > 0 && x.try(Repeat{Counts: map[int]int{r.IntN(n): 2}}) {
					said += 2
				}
			case 13:
				if r.IntN(8) == 0 {
					x.try(Close{By: who})
				}
			}
			if x.a.ID == "" {
				clear(firing)
				continue
			}
			if x.a.Firing() != len(firing) {
				t.Fatalf("seed %d: %d members fire, want %v", seed, x.a.Firing(), firing)
			}
			if x.a.Count != said {
				t.Fatalf("seed %d: it counts %d signals, want %d", seed, x.a.Count, said)
			}
		}
	}
}

// try does a command that may be refused, and says whether it was not.
func (x *story) try(c Command) bool {
	x.t.Helper()
	_, err := Decide(x.a, c, x.now)
	var e *Error
	if err != nil && !errors.As(err, &e) {
		x.t.Fatalf("%T: %v is no refusal", c, err)
	}
	if err == nil {
		x.do(c)
	}
	return err == nil
}
