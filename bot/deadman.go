package bot

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// deadMan tells a watcher outside that the house is well, as long as it is: silence
// is its alarm. Whoever watches Watchbill must not be Watchbill.
type deadMan struct {
	url    string
	every  time.Duration
	client *http.Client
	ready  func() bool
	said   func(err error) // of each ping
}

// run pings at once and then again and again until the context ends.
func (d deadMan) run(ctx context.Context) error {
	tick := time.NewTicker(d.every)
	defer tick.Stop()
	for {
		if d.ready() {
			d.said(d.ping(ctx))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// ping asks for the address once. Its error does not hold the address: who knows it
// could keep the alarm quiet.
func (d deadMan) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url, nil)
	if err != nil {
		return fmt.Errorf("ping the dead man's switch: its address is none")
	}
	res, err := d.client.Do(r)
	if err != nil {
		if u, ok := err.(*url.Error); ok {
			err = u.Err
		}
		return fmt.Errorf("ping the dead man's switch: %w", err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("ping the dead man's switch: it answers %s", res.Status)
	}
	return nil
}

// watchDeadMan runs the switch of the configuration, if there is one.
func (b *Bot) watchDeadMan(ctx context.Context) error {
	if b.deadMan == "" {
		return nil
	}
	return deadMan{url: b.deadMan, every: b.settings.DeadMan.Every, client: b.senders.Guard().Client(), ready: func() bool { return b.Health().Ready }, said: func(err error) {
		b.metrics.pinged(err)
		if err != nil {
			b.log.Warn().Err(err).Msg("somebody outside will think that Watchbill is down")
		}
	}}.run(ctx)
}
