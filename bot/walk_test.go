package bot_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/slacksim"
)

var (
	walks    = flag.Int("walks", 8, "how many random walks over incidents are taken")
	walkSeed = flag.Uint64("walk-seed", 1, "the seed of the first walk")
	walkFor  = flag.Int("walk-steps", 40, "how many steps a walk has")
)

// TestWalk takes random walks: several people work on incidents in Slack, and at the same
// time Slack, the store and the process fail. When all is well again, what is true must be
// shown, what was answered must have happened once, and nothing may be owed. A walk that
// ends otherwise is shortened to the steps that matter.
func TestWalk(t *testing.T) {
	for n := range *walks {
		seed := *walkSeed + uint64(n)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			steps := plan(seed)
			if wrong := take(t, steps); len(wrong) > 0 {
				steps, wrong = shorten(t, steps, wrong)
				var said []string
				for _, s := range steps {
					said = append(said, s.String())
				}
				t.Errorf("seed %d: after\n\t%s\nit is wrong that\n\t%s", seed, strings.Join(said, "\n\t"), strings.Join(wrong, "\n\t"))
			}
		})
	}
}

// step is one thing that happens. What a and b choose, such as a person and an incident,
// is seen when it happens; then the time passes.
type step struct {
	do   string
	a, b int
	then time.Duration
}

func (s step) String() string {
	return fmt.Sprintf("{%q, %d, %d, %d}, // %v", s.do, s.a, s.b, s.then, s.then)
}

// plan is a walk of random steps that begins with an incident.
func plan(seed uint64) []step {
	r := rand.New(rand.NewPCG(seed, 17))
	waits := []time.Duration{0, 0, 50 * time.Millisecond, time.Second, 3 * time.Second, 10 * time.Second, 40 * time.Second, 3 * time.Minute, 8 * time.Minute}
	var weighed []string
	for _, d := range deeds {
		weighed = append(weighed, slices.Repeat([]string{d.name}, d.weight)...)
	}
	steps := []step{{"declare", 0, 0, 10 * time.Second}}
	for range *walkFor {
		steps = append(steps, step{weighed[r.IntN(len(weighed))], r.IntN(1000), r.IntN(1000), waits[r.IntN(len(waits))]})
	}
	return steps
}

// shorten leaves out steps as long as something is wrong in the end.
func shorten(t *testing.T, steps []step, wrong []string) ([]step, []string) {
	for size := len(steps) / 2; size > 0; size /= 2 {
		for at := 0; at < len(steps); {
			fewer := slices.Delete(slices.Clone(steps), at, min(at+size, len(steps)))
			if still := take(t, fewer); len(still) > 0 {
				steps, wrong = fewer, still
			} else {
				at += size
			}
		}
	}
	return steps, wrong
}

// walk is a workspace in which steps are taken.
type walk struct {
	*bubble
	busy   sync.WaitGroup // what people and faults are about
	acts   []*act
	said   []slacksim.PlacedMessage // what people wrote that may be pinned
	tokens int
	off    bool // the bot does not run
}

// act is something that was asked for, and what came back.
type act struct {
	who, typed string
	token      string // stands in the text
	answer     slacksim.SlashResult
	done       bool // a form was taken
	formed     bool
	err        error
}

const walkConfig = `
http: {public_url: "https://watchbill.example.com"}
admins: [dev1]
people:
  - {name: dev1, slack: U0DEV1}
  - {name: dev2, slack: U0DEV2}
  - {name: sre1, slack: U0SRE1, ntfy: watchbill-sre1, contact: [{method: slack}, {method: push, after: 4m}]}
  - {name: sre2, slack: U0SRE2}
services:
  - {name: checkout, escalation: checkout}
escalations:
  - name: checkout
    steps: [{notify: ["person:sre1"], wait: 5m}, {notify: ["person:sre2", "channel:incidents"], wait: 5m}]
    repeat: 1
notify:
  ntfy: {server: "https://127.0.0.1:9"}
`

// members are those whose acts count; guest is somebody whose acts do not.
var members = []string{"U0DEV1", "U0DEV2", "U0SRE1", "U0SRE2"}

const guest = "U0GUEST"

// take takes steps, lets all be well again, and says what is wrong then.
func take(t *testing.T, steps []step) (wrong []string) {
	furnish := func(b *bubble) string {
		b.log = zerolog.Nop()
		b.sim.AddUser(slacksim.User{ID: "U0DEV2", Name: "dev2"})
		b.sim.AddUser(slacksim.User{ID: guest, Name: "guest", Guest: true})
		b.sim.AddChannel("shared", false, append(members, guest)...)
		return walkConfig
	}
	inBubbleOf(t, furnish, func(t *testing.T, b *bubble) {
		w := &walk{bubble: b}
		for _, s := range steps {
			at := slices.IndexFunc(deeds, func(d deed) bool { return d.name == s.do })
			deeds[at].do(w, s.a, s.b)
			time.Sleep(s.then)
		}
		w.mend()
		wrong = w.wrong()
	})
	return wrong
}

// mend ends all that fails, and lets time pass until everything had to be done.
func (w *walk) mend() {
	w.busy.Wait()
	w.sim.Down(false)
	w.sim.ClearFaults()
	w.sim.RefuseSockets(slacksim.RefuseNothing)
	w.sim.RestoreTokens()
	if news, _ := w.sim.Channel("incidents"); news.Archived {
		w.try(w.sim.As("U0DEV1").Unarchive(news.ID))
	}
	if w.off {
		w.start()
		w.off = false
	}
	w.pass(5 * time.Minute)
	w.busy.Go(func() { _, _ = w.sim.As("U0DEV1").Slash(w.t.Context(), "general", "/inc", "list") }) // something is heard
	w.busy.Wait()
	w.pass(25 * time.Minute)
}

// try is for what a person's client, or Slack, may refuse: the walk goes on.
func (w *walk) try(error) {}

// lasts has something be so for a while, beside what happens next.
func (w *walk) lasts(d time.Duration, begin, end func()) {
	begin()
	w.busy.Go(func() {
		time.Sleep(d)
		end()
	})
}

// kill ends the process between two of its steps: nothing is stored or sent any more.
func (w *walk) kill() {
	if w.off {
		return
	}
	mend := w.breakStore()
	w.sim.Down(true)
	w.off = true
	w.stop()
	<-w.ended
	mend()
	w.sim.Down(false)
}

// begin starts the next life.
func (w *walk) begin() {
	if w.off {
		w.start()
		w.off = false
	}
}

// token is a word that nothing else says.
func (w *walk) token() string {
	w.tokens++
	return fmt.Sprintf("w%03d", w.tokens)
}

// types has somebody type a command that says a token, beside what happens next.
func (w *walk) types(who, channel, text, token string) {
	a := &act{who: who, typed: text, token: token}
	w.acts = append(w.acts, a)
	w.busy.Go(func() { a.answer, a.err = w.sim.As(who).Slash(context.Background(), channel, "/inc", text) })
}

// incident is the id of an incident that there may be, and its channel; empty: it has none.
func (w *walk) incident(n int) (id, room string) {
	all, err := w.bot.Desk().Latest(context.Background(), 100)
	if err != nil || len(all) == 0 {
		return "INC-1", ""
	}
	i := all[n%len(all)]
	return i.ID, i.Room.Channel
}
