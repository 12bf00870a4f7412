package bot

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// trip answers requests as a function says.
type trip func(*http.Request) (*http.Response, error)

func (f trip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestTheDeadManHearsOnlyWhileAllIsWell: silence is the alarm, so a house that is not
// well must be silent.
func TestTheDeadManHearsOnlyWhileAllIsWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		ready, status, pings := true, 200, 0
		var errs []string
		ctx, stop := context.WithCancel(t.Context())
		d := deadMan{url: "https://ping.example.com/secret", every: time.Minute, ready: func() bool { mu.Lock(); defer mu.Unlock(); return ready }, said: func(err error) {
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err.Error())
			}
		}, client: &http.Client{Transport: trip(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			pings++
			if status == 0 {
				return nil, errors.New("connection refused")
			}
			return &http.Response{StatusCode: status, Status: http.StatusText(status), Body: http.NoBody}, nil
		})}}
		done := make(chan error, 1)
		go func() { done <- d.run(ctx) }()
		after := func(wait time.Duration, want int) {
			t.Helper()
			time.Sleep(wait)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if pings != want {
				t.Errorf("%d pings, want %d", pings, want)
			}
		}
		after(time.Second, 1)
		after(2*time.Minute, 3)
		set := func(r bool, code int) { mu.Lock(); defer mu.Unlock(); ready, status = r, code }
		set(false, 200)
		after(10*time.Minute, 3)
		set(true, 503)
		after(time.Minute, 4)
		set(true, 0)
		after(time.Minute, 5)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got := strings.Join(errs, "; "); len(errs) != 2 || strings.Contains(got, "secret") || !strings.Contains(got, "Service Unavailable") || !strings.Contains(got, "connection refused") {
			t.Errorf("said %q", got)
		}
	})
}
