package bot

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
)

// TestTheEndWaitsForWhatIsUnderWay: a command that is being written when the bot is told
// to stop gets its time and its answer, and one that does not end delays the end by no
// more than that. With the courier's grace before, it makes less than ten seconds.
func TestTheEndWaitsForWhatIsUnderWay(t *testing.T) {
	const never = time.Hour
	for _, c := range []struct {
		name          string
		write, answer time.Duration // how long the commit takes, and the answer after it
		want          time.Duration
		cut           bool // the answer did not come to its end
	}{
		{"nothing is under way", 0, 0, 0, false},
		{"a slow disk", 1900 * time.Millisecond, 0, 1900 * time.Millisecond, false},
		{"a slow disk and a slow answer", 1900 * time.Millisecond, 900 * time.Millisecond, 2800 * time.Millisecond, false},
		{"a disk that hangs", never, 0, 3 * time.Second, true},
		{"an answer that hangs", 0, never, time.Second, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				settings, err := configs.Parse([]byte("people: [{name: dev1, slack: U0DEV1}]"), "test.yaml")
				if err != nil {
					t.Fatal(err)
				}
				store := memory.New()
				b, err := New(Config{Settings: settings, Store: store, BotToken: "xoxb-1", AppToken: "xapp-1", SlackAPI: "http://127.0.0.1:1/", Directory: t.TempDir()})
				if err != nil {
					t.Fatal(err)
				}
				written := make(chan struct{})
				store.Faults(func(op string, _ []storage.Change) memory.Fault {
					if op == "commit" {
						return memory.Slow(written)
					}
					return memory.None()
				})
				answered, cut := make(chan struct{}), false
				b.afterwards.do(func(ctx context.Context) {
					//nolint:errcheck // what counts is how long it takes
					b.desk.Declare(ctx, desk.In{By: incident.Actor{Person: "dev1", Via: "slack"}, Cause: "c"}, desk.Declaration{Title: "it is broken"})
					select {
					case <-time.After(c.answer):
					case <-ctx.Done():
					}
					cut = ctx.Err() != nil
					close(answered)
				})
				synctest.Wait()
				release := time.AfterFunc(c.write, func() { close(written) })
				began := time.Now()
				b.finish()
				if took := time.Since(began); took != c.want {
					t.Errorf("the end took %s, want %s", took, c.want)
				}
				if release.Stop() {
					close(written)
				}
				<-answered
				if cut != c.cut {
					t.Errorf("the answer was cut off: %v, want %v", cut, c.cut)
				}
			})
		})
	}
}
