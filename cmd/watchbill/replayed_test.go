package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/httpd"
	"github.com/watchbill/watchbill/bot/slacksim"
)

const signedConfig = processConfig + `
integrations:
  - {name: signed, source: generic, hmac_env: HOOK_KEY}
`

// TestNothingIsReplayedAfterARestart: what was signed and taken before a process was
// killed, and before one has stopped, is not taken by the next.
func TestNothingIsReplayedAfterARestart(t *testing.T) {
	t.Parallel()
	const key = "a key that only the test knows"
	w := newWorldWith(t, time.Minute, slacksim.Config{}, signedConfig)
	w.env = append(w.env, "HOOK_KEY="+key)
	w.listenAt(freeAddress(t))
	begin := func() {
		w.start()
		w.wait("the bot", func() bool { return w.sim.Sockets() >= 2 })
	}
	sign := func(body string) *http.Request {
		t.Helper()
		r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, "http://"+w.listens()+"/hooks/signed", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		stamp := fmt.Sprint(time.Now().Unix())
		mac := hmac.New(sha256.New, []byte(key))
		fmt.Fprintf(mac, "%s.%s", stamp, body)
		r.Header.Set(httpd.SignatureHeader, fmt.Sprintf("t=%s,v1=%x", stamp, mac.Sum(nil)))
		return r
	}
	send := func(r *http.Request, want int) {
		t.Helper()
		r.Body, _ = r.GetBody()
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("got %d, want %d", res.StatusCode, want)
		}
	}
	begin()
	fires := sign(`{"title": "disk full", "fingerprint": "a", "service": "checkout"}`)
	over := sign(`{"title": "disk full", "fingerprint": "a", "status": "resolved"}`)
	send(fires, http.StatusAccepted)
	send(over, http.StatusAccepted) // with it, the signature of the first is stored
	w.kill(syscall.SIGKILL)
	begin()
	send(fires, http.StatusUnauthorized)
	last := sign(`{"title": "disk full", "fingerprint": "b"}`)
	send(last, http.StatusAccepted)
	w.kill(syscall.SIGTERM)
	begin()
	for _, r := range []*http.Request{fires, last} {
		send(r, http.StatusUnauthorized)
	}
	w.kill(syscall.SIGKILL)
	d := w.afterwards()
	if open, err := d.OpenAlerts(w.ctx, "", 0); err != nil || len(open) != 1 || open[0].Count != 1 {
		t.Errorf("open are %+v, %v, want one alert that was heard once", open, err)
	}
}
