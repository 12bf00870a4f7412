package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
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

// demo runs the bot in a simulated Slack workspace.
func demo(ctx context.Context, e env, args []string) error {
	var outage, headless bool
	var data string
	var port int
	rest, err := flags("demo", args, func(fs *flag.FlagSet) {
		fs.BoolVar(&outage, "outage", false, "")
		fs.BoolVar(&headless, "headless", false, "")
		fs.StringVar(&data, "data", "", "")
		fs.IntVar(&port, "port", 0, "")
	})
	switch {
	case err != nil:
		return err
	case len(rest) > 0:
		return misuse("%q is not expected here", rest[0])
	case headless && !outage:
		return misuse("--headless goes with --outage")
	case port < 0 || port > 65535:
		return misuse("a port is a number from 1 to 65535")
	}
	kept := data != ""
	if !kept {
		if data, err = os.MkdirTemp("", "watchbill-demo-"); err != nil {
			return fmt.Errorf("create a directory for the demo: %w", err)
		}
		defer os.RemoveAll(data)
	}
	ending := "Ctrl-C stops it, and nothing is kept: that takes --data."
	if kept {
		ending = "Ctrl-C stops it. What Watchbill knows is kept in " + data + "; the workspace itself is not."
	}
	return runDemo(ctx, e, data, ending, port, outage, headless)
}

func runDemo(ctx context.Context, e env, data, ending string, port int, outage, headless bool) error {
	c, err := configs.Parse(configs.Demo(), "demo.yaml")
	if err != nil {
		return err
	}
	sim, err := slacksim.New(slacksim.Config{Manifest: configs.Manifest(c), Team: "Acme", FirstID: uint64(time.Now().Unix())})
	if err != nil {
		return fmt.Errorf("set up the simulated workspace: %w", err)
	}
	base, err := sim.Start(fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return fmt.Errorf("start the simulated workspace: %w", err)
	}
	defer sim.Close()
	seed(sim)
	log := zerolog.New(zerolog.ConsoleWriter{Out: e.stderr, TimeFormat: "15:04:05"}).Level(zerolog.ErrorLevel).With().Timestamp().Logger()
	settings := configs.Settings{BotToken: configs.Secret(sim.BotToken()), AppToken: configs.Secret(sim.AppToken()), SlackAPI: base + "/api/", HTTP: "127.0.0.1:0"}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	played := make(chan error, 1)
	started := func(b *bot.Bot, address string) {
		if !headless {
			fmt.Fprintf(e.stdout, "A simulated Slack workspace with Watchbill in it:\n\n    %s\n\nOpen it in a browser. Type /inc in any channel; switch who you are at the top right, to answer pages as the people on call.\n\n", base)
			fmt.Fprintf(e.stdout, "Raise an alert, as monitoring would; the same with \"status\": \"resolved\" ends it:\n\n    curl -H 'Authorization: Bearer %s' -d '%s' %s/hooks/%s\n\n%s\n", demoToken, demoAlert, address, demoHook, ending)
		}
		if !outage {
			return
		}
		go func() {
			played <- play(ctx, e, sim, c, address, !headless)
			if headless {
				stop()
			}
		}()
	}
	err = runBot(ctx, house{settings: settings, config: c, credentials: map[string]configs.Credentials{demoHook: {Token: demoToken}}, directory: data, log: log, started: started})
	if outage {
		select {
		case playErr := <-played:
			if !errors.Is(playErr, context.Canceled) {
				err = errors.Join(playErr, err)
			}
		default:
		}
	}
	return err
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
