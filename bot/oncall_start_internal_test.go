package bot

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
)

// TestSchedulesAreAppliedLater: a store that takes nothing for a minute keeps the
// configuration's schedules waiting, and not until the next start.
func TestSchedulesAreAppliedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings, err := configs.Parse([]byte(`
people: [{name: dev1, slack: U0DEV1}]
schedules:
  - {name: checkout, time_zone: UTC, layers: [{name: all, rotation: {type: weekly, length: 1, start: "1999-01-04T09:00:00", people: [dev1]}}]}
`), "test.yaml")
		if err != nil {
			t.Fatal(err)
		}
		store, began := memory.New(), time.Now()
		store.Faults(func(op string, _ []storage.Change) memory.Fault {
			if op == "commit" && time.Since(began) < time.Minute {
				return memory.Fails(storage.ErrFull)
			}
			return memory.None()
		})
		var log bytes.Buffer
		nowhere := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no network") }}}
		b, err := New(Config{Settings: settings, Store: store, BotToken: "xoxb-1", AppToken: "xapp-1", SlackAPI: "http://127.0.0.1:1/", HTTPClient: nowhere, Log: zerolog.New(zerolog.SyncWriter(&log))})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.Run(ctx) }()
		time.Sleep(time.Minute + startAgain)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if r, err := b.desk.Schedule(t.Context(), "checkout"); err != nil || b.desk.SchedulePlan("checkout") == nil {
			t.Errorf("the schedule is %+v, %v", r, err)
		}
		if n := strings.Count(log.String(), "is applied"); n != 1 {
			t.Errorf("it is said %d times that it is applied:\n%s", n, log.String())
		}
	})
}
