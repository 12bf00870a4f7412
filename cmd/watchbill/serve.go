package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	stdlog "log"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage/bolt"
)

// dataFile is the name of the data file in the data directory.
const dataFile = "watchbill.db"

func serve(ctx context.Context, e env, args []string) error {
	if e.getenv("GOGC") == "" {
		debug.SetGCPercent(bot.GCPercent)
	}
	var file, data, http string
	rest, err := flags("serve", args, func(fs *flag.FlagSet) {
		fs.StringVar(&file, "config", "", "")
		fs.StringVar(&data, "data", "", "")
		fs.StringVar(&http, "http", "", "")
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return misuse("%q is not expected here", rest[0])
	}
	settings, err := configs.FromEnv(e.getenv)
	if err != nil {
		return err
	}
	settings.Directory = cmp.Or(data, settings.Directory)
	file = cmp.Or(file, settings.ConfigFile)
	stale := ""
	c, err := configuration(e, file)
	if wrong, ok := errors.AsType[wrongConfig](err); ok {
		c, stale, err = lastGood(e, settings.DataDirectory(c), file, wrong)
		file = ""
	}
	if err != nil {
		return err
	}
	if err := settings.NeedSlack(); err != nil {
		return err
	}
	if http != "" {
		settings.HTTP = http
	}
	signal.Ignore(syscall.SIGPIPE) // it would end the process when nobody reads its log any more
	log, end := logger(e, c)
	defer end()
	stdlog.SetFlags(0)
	stdlog.SetOutput(libraries{log})
	if stale != "" {
		log.Error().Msg(stale)
	}
	for _, w := range c.Warnings {
		log.Warn().Msg("configuration: " + w.String())
	}
	digests, missing := c.APIDigests(e.getenv)
	credentials, err := c.Credentials(e.getenv)
	again := ranBefore(settings.DataDirectory(c))
	if missing = errors.Join(missing, err); missing != nil {
		if !again {
			return missing
		}
		log.Error().Err(missing).Msg("secrets: all else goes on without them")
		stale = strings.TrimPrefix(stale+"; "+bot.Lacking(missing), "; ")
	}
	return runBot(ctx, house{settings: settings, config: c, file: file, stale: stale, again: again, digests: digests, credentials: credentials, directory: settings.DataDirectory(c), log: log,
		secret: func(name string) (configs.Secret, error) { return configs.SecretFromEnv(e.getenv, name) }})
}

// house is what it takes to run a bot in this process.
type house struct {
	settings    configs.Settings
	config      *configs.Config
	file        string                         // where it was read; empty: nowhere, or it is one of before
	stale       string                         // it is one of before, or secrets are missing; says why
	again       bool                           // a bot ran on the data before
	digests     map[string][][sha256.Size]byte // of the API's tokens
	credentials map[string]configs.Credentials // of the integrations
	secret      bot.SecretOf                   // of the ways to people; nil: there are none
	directory   string
	log         zerolog.Logger
	now         func() time.Time // nil: time.Now
	// started is called once the bot runs and its addresses are known.
	started func(b *bot.Bot, address string)
}

// closers are closed in the opposite order in which they were opened.
type closers []struct {
	name  string
	close func() error
}

func (c *closers) add(name string, close func() error) {
	*c = append(*c, struct {
		name  string
		close func() error
	}{name, close})
}

func (c closers) closeAll() error {
	var errs []error
	for n := len(c) - 1; n >= 0; n-- {
		if err := c[n].close(); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", c[n].name, err))
		}
	}
	return errors.Join(errs...)
}

// runBot opens the store, starts the bot and its servers, and runs until the
// context ends.
func runBot(ctx context.Context, h house) (err error) {
	var opened closers
	defer func() { err = errors.Join(err, opened.closeAll()) }()
	if err := os.MkdirAll(h.directory, 0o700); err != nil {
		return fmt.Errorf("create data directory: %w: name one that can be made, with --data or WATCHBILL_DATA", err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	store, err := bolt.Open(filepath.Join(h.directory, dataFile), bolt.Options{Ballast: bolt.DefaultBallast, Shape: bot.Shape(), Wrote: bot.Writes(registry), Log: func(s string) { h.log.Warn().Msg(s) }})
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: start it as the user to whom %s belongs, or give it to this one with `chown`", err, h.directory)
	}
	if err != nil {
		return err
	}
	opened.add("store", store.Close)
	b, err := bot.New(bot.Config{Settings: h.config, Store: store, Disk: store, Stale: h.stale, Again: h.again, Directory: h.directory, BotToken: h.settings.BotToken, AppToken: h.settings.AppToken,
		SlackAPI: h.settings.SlackAPI, APIDigests: h.digests, Credentials: h.credentials, Secret: h.secret, Registry: registry, Version: versionText(), Now: h.now, Log: h.log})
	if err != nil {
		return err
	}
	if h.file != "" {
		if err := keepGood(h.directory, h.file); err != nil {
			h.log.Warn().Err(err).Msg("keep a copy of the configuration, for when it is wrong")
		}
	}
	public, err := net.Listen("tcp", h.settings.HTTP)
	if err != nil {
		return fmt.Errorf("listen for health and metrics: %w; end what listens there, or set WATCHBILL_HTTP to another host:port", err)
	}
	opened.add("listener", func() error { return ignoreClosed(public.Close()) })
	local, err := bot.ListenLocal(h.directory)
	if errors.Is(err, bot.ErrLongPath) {
		return err // rather now than when Slack is down, and the command line is all there is
	}
	if err != nil {
		h.log.Warn().Err(err).Msg("the command line cannot reach this bot while it runs")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var servers sync.WaitGroup
	start := func(name string, run func() error) {
		servers.Go(func() {
			if err := run(); err != nil {
				cancel(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	start("http", func() error { return bot.ServeHTTP(ctx, public, b.Public(registry)) })
	if local != nil {
		start("socket", func() error { return bot.ServeHTTP(ctx, local, withBackup(store, h.log, b.API())) })
	}
	start("store", func() error {
		select {
		case <-store.Broken():
			return errors.New("the data file cannot be used any more; the next start reads what is true")
		case <-ctx.Done():
			return nil
		}
	})
	h.log.Info().Str("version", versionText()).Str("data", h.directory).Str("http", public.Addr().String()).Msg("watchbill runs")
	if h.started != nil {
		h.started(b, "http://"+public.Addr().String())
	}
	context.AfterFunc(ctx, func() { h.log.Info().AnErr("why", context.Cause(ctx)).Msg("watchbill stops") })
	began := time.Now()
	err = b.Run(ctx)
	if err == nil && context.Cause(ctx) != nil && !errors.Is(context.Cause(ctx), context.Canceled) {
		err = context.Cause(ctx)
	}
	cancel(err)
	servers.Wait()
	h.log.Info().Dur("ran", time.Since(began)).Msg("watchbill stopped")
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
