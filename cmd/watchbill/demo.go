package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/configs"
)

// The demo's webhook: its integration and token, and an alert for it.
const (
	demoHook  = "demo"
	demoToken = "watchbill-demo-hook"
	demoAlert = `{"title": "Payments fail", "service": "checkout", "severity": "critical", "labels": {"env": "prod"}, "url": "https://graphs.example.com/payments"}`
)

// showing is how the demo is asked for.
type showing struct {
	port     int    // of the workspace; 0: any
	data     string // the data directory
	kept     bool   // it is somebody's own, and stays
	outage   bool   // an outage is played
	headless bool   // as fast as the bot works; the demo ends with it
}

// demo runs the bot in a simulated Slack workspace.
func demo(ctx context.Context, e env, args []string) error {
	var o showing
	rest, err := flags("demo", args, func(fs *flag.FlagSet) {
		fs.BoolVar(&o.outage, "outage", false, "")
		fs.BoolVar(&o.headless, "headless", false, "")
		fs.StringVar(&o.data, "data", "", "")
		fs.IntVar(&o.port, "port", 0, "")
	})
	switch {
	case err != nil:
		return err
	case len(rest) > 0:
		return misuse("%q is not expected here", rest[0])
	case o.headless && !o.outage:
		return misuse("--headless goes with --outage")
	case o.port < 0 || o.port > 65535:
		return misuse("a port is a number from 1 to 65535")
	}
	if o.kept = o.data != ""; !o.kept {
		if o.data, err = os.MkdirTemp("", "watchbill-demo-"); err != nil {
			return fmt.Errorf("create a directory for the demo: %w", err)
		}
		defer os.RemoveAll(o.data)
	}
	return o.run(ctx, e)
}

// run shows it until the context ends, or what is headless is over.
func (o showing) run(ctx context.Context, e env) error {
	c, err := configs.Parse(configs.Demo(), "demo.yaml")
	if err != nil {
		return err
	}
	sim, err := slacksim.New(slacksim.Config{Manifest: configs.Manifest(c), Team: "Acme", FirstID: uint64(time.Now().Unix())})
	if err != nil {
		return fmt.Errorf("set up the simulated workspace: %w", err)
	}
	base, err := sim.Start(fmt.Sprintf("127.0.0.1:%d", o.port))
	if err != nil {
		return fmt.Errorf("start the simulated workspace: %w", err)
	}
	defer sim.Close()
	seed(sim)
	log := zerolog.New(console(e.stderr, terminal(e.stderr))).Level(zerolog.ErrorLevel).With().Timestamp().Logger()
	settings := configs.Settings{BotToken: configs.Secret(sim.BotToken()), AppToken: configs.Secret(sim.AppToken()), SlackAPI: base + "/api/", HTTP: "127.0.0.1:0"}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var played error
	var playing sync.WaitGroup
	started := func(b *bot.Bot, address string) {
		if !o.headless {
			o.explain(e, base, address)
		}
		if !o.outage {
			return
		}
		s := &stage{sim: sim, e: e, hook: address + "/hooks/" + demoHook, slow: !o.headless, players: cast(c)}
		playing.Go(func() {
			if err := s.play(ctx); ctx.Err() == nil { // else it was cut short, and that is no failure
				played = err
			}
			if o.headless {
				stop()
			}
		})
	}
	err = runBot(ctx, house{settings: settings, config: c, credentials: map[string]configs.Credentials{demoHook: {Token: demoToken}}, directory: o.data, log: log, started: started})
	stop()
	playing.Wait()
	return errors.Join(played, err)
}

// explain says what can be done with the workspace, at base, and the bot's address.
func (o showing) explain(e env, base, address string) {
	ending := "Ctrl-C stops it, and nothing is kept: that takes --data."
	if o.kept {
		ending = "Ctrl-C stops it. What Watchbill knows is kept in " + o.data + "; the workspace itself is not."
	}
	fmt.Fprintf(e.stdout, "A simulated Slack workspace with Watchbill in it:\n\n    %s\n\nOpen it in a browser. Type /inc in any channel; switch who you are at the top right, to answer pages as the people on call.\n\n", base)
	fmt.Fprintf(e.stdout, "Raise an alert, as monitoring would; the same with \"status\": \"resolved\" ends it:\n\n    curl -H 'Authorization: Bearer %s' -d '%s' %s/hooks/%s\n\n%s\n", demoToken, demoAlert, address, demoHook, ending)
}

// seed fills the workspace with people and channels.
func seed(sim *slacksim.Server) {
	people := []slacksim.User{
		{ID: "U0DEV1", Name: "dev1", RealName: "Dana Verne", Title: "Developer, checkout", TZ: "Europe/Berlin"},
		{ID: "U0DEV2", Name: "dev2", RealName: "Devin Okoye", Title: "Developer, checkout", TZ: "Europe/Berlin"},
		{ID: "U0DEV3", Name: "dev3", RealName: "Delia Hart", Title: "Developer, search", TZ: "Europe/London"},
		{ID: "U0SRE1", Name: "sre1", RealName: "Sami Reyes", Title: "SRE", TZ: "Europe/Berlin"},
		{ID: "U0SRE2", Name: "sre2", RealName: "Sora Ellis", Title: "SRE", TZ: "America/New_York"},
		{ID: "U0LEAD1", Name: "lead1", RealName: "Lea Adler", Title: "Engineering lead", TZ: "Europe/Berlin", IsAdmin: true},
	}
	var ids []string
	for _, p := range people {
		p.Email = p.Name + "@example.com"
		ids = append(ids, sim.AddUser(p).ID)
	}
	for _, name := range []string{"general", "incidents", "svc-checkout", "svc-search"} {
		sim.AddChannel(name, false, ids...)
	}
	//nolint:errcheck // the demo works without a hint
	sim.As("U0LEAD1").SetPurpose("incidents", "Incidents are announced here. Something is broken? Type `/inc` in any channel.")
}
