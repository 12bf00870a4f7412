package desk_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	walkSeeds = flag.Uint64("walk.seeds", 6, "how many random walks TestSomebodyIsAlwaysTold takes")
	walkFirst = flag.Uint64("walk.first", 0, "the seed of the first of them")
	walkSteps = flag.String("walk.steps", "", "the steps of one walk, as a failure prints them")
)

// TestSomebodyIsAlwaysTold takes random walks over everything that can happen to alerts,
// incidents, their pages and those who answer them. Then nobody does anything for hours, and
// of all that nobody has taken or put off somebody must have been told by the end. A walk
// that fails is printed with the fewest steps that still fail.
func TestSomebodyIsAlwaysTold(t *testing.T) {
	if *walkSteps != "" {
		for _, what := range walk(t, *walkFirst, strings.Split(*walkSteps, "; ")) {
			t.Error(what)
		}
		return
	}
	seeds := *walkSeeds
	if testing.Short() {
		seeds = min(seeds, 2)
	}
	for seed := *walkFirst; seed < *walkFirst+seeds; seed++ {
		steps := randomSteps(seed)
		found := walk(t, seed, steps)
		if len(found) == 0 {
			continue
		}
		steps = shrink(steps, func(fewer []string) bool {
			less := walk(t, seed, fewer)
			return len(less) > 0 && gist(less[0]) == gist(found[0])
		})
		t.Errorf("seed %d: %s\nfewest steps: %s\n -walk.first=%d -walk.steps=%q", seed, strings.Join(found, "\n\t"),
			strings.Join(walk(t, seed, steps), "\n\t"), seed, strings.Join(steps, "; "))
	}
}

// TestNobodyIsToldWronglyThatTheWrongPeopleWere after the clock was set back: by who answered
// last before that at a floor, and by an override that was made when the minutes came again.
func TestNobodyIsToldWronglyThatTheWrongPeopleWere(t *testing.T) {
	for seed, steps := range map[uint64]string{
		93: "burst 216 300 639; signal 381 517 179; burst 916 421 51; hours 640 778 537; pass 921 218 241; deaf 78 968 253; snooze 302 749 512; clock 789 992 650",
		73: "signal 591 652 539; silencealert 508 597 857; pass 900 951 613; clock 802 616 277; signal 511 251 877; override 763 57 500",
	} {
		for _, what := range walk(t, seed, strings.Split(steps, "; ")) {
			t.Errorf("seed %d: %s", seed, what)
		}
	}
}

// walk takes steps and says what was wrong.
func walk(t *testing.T, seed uint64, steps []string) []string {
	return inGround(t, seed, func(g *ground) {
		g.take(steps)
		g.rest()
		g.harm(seed)
		if *walkSteps != "" {
			t.Logf("%s\n%s", strings.Join(g.trail, "\n"), g.story())
		}
	})
}

// gist is what is wrong, whatever it is wrong with.
func gist(what string) string {
	return strings.Map(func(r rune) rune {
		if r < 'a' || r > 'z' {
			return -1
		}
		return r
	}, what)
}

// take takes steps until something is wrong.
func (g *ground) take(steps []string) {
	for n, s := range steps {
		if len(g.found) > 0 {
			return
		}
		g.step(s)
		g.pass(2 * time.Second)
		if n%4 == 0 {
			g.watchOver()
		}
	}
}

// randomSteps are the steps of a seed: "name a b c", where the numbers choose among what
// there is when the step is taken.
func randomSteps(seed uint64) []string {
	r := rand.New(rand.NewPCG(seed, 5))
	weighted := []string{"signal", "pass"}
	for _, name := range slices.Sorted(maps.Keys(ways)) {
		weighted = append(weighted, slices.Repeat([]string{name}, ways[name].weight*r.IntN(4))...) // each walk has its own habits
	}
	out := make([]string, 60)
	for n := range out {
		out[n] = fmt.Sprintf("%s %d %d %d", weighted[r.IntN(len(weighted))], r.IntN(1000), r.IntN(1000), r.IntN(1000))
	}
	return out
}

// shrink drops steps, many at once and then fewer, as long as those that are left fail.
func shrink(steps []string, fails func([]string) bool) []string {
	for size := len(steps) / 2; size > 0; size /= 2 {
		for at := 0; at < len(steps); {
			fewer := slices.Delete(slices.Clone(steps), at, min(at+size, len(steps)))
			if fails(fewer) {
				steps = fewer
			} else {
				at += size
			}
		}
	}
	return steps
}
