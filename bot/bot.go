package bot

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/notify"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/watch"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
)

// Config is what a bot needs.
type Config struct {
	Settings *configs.Config
	Store    storage.Store
	Disk     Disk // that the store is on; nil: there is none
	// Stale says that the settings are those of before, and why; empty: they are not.
	Stale string
	// Again says that a bot ran on these data before. It then goes on without what a missing
	// secret is for, and says so: whoever depends on it must not be without a pager for that.
	Again bool
	// Directory is the data directory, for what is kept beside the store; empty: there
	// are no calendar feeds, and nobody is told that Watchbill did not run.
	Directory string
	// Credentials are the secrets of the integrations, by name.
	Credentials map[string]configs.Credentials
	// BotToken, AppToken and SlackAPI are how to reach Slack.
	BotToken, AppToken configs.Secret
	SlackAPI           string
	// APIDigests are those of the tokens that the API takes, by the names of the
	// configuration.
	APIDigests map[string][][sha256.Size]byte
	// HTTPClient is used for the Web API; nil: one with time limits.
	HTTPClient *http.Client
	// Secret reads the secrets of the ways to people besides Slack; nil: there are none.
	Secret SecretOf
	// Roots are the certificate authorities by which providers are known; nil: the system's.
	Roots    *x509.CertPool
	Now      func() time.Time // nil: time.Now
	Registry *prometheus.Registry
	Version  string
	Log      zerolog.Logger
}

// GCPercent is for the process that a bot runs in: it lets the heap grow to three times
// what is live before it is collected. What is live is small, and collecting it often
// was a fifth of the work under a storm of alerts or commands.
const GCPercent = 200

// Bot is the running house.
type Bot struct {
	settings  *configs.Config
	store     storage.Store
	disk      Disk
	stale     string // the settings are those of before, or secrets are missing; says why
	directory string // empty: nothing is kept beside the store
	log       zerolog.Logger
	now       func() time.Time
	version   string

	people  *desk.Directory
	desk    *desk.Desk
	courier *courier.Courier
	watch   *watch.Watch
	auditor *watch.Auditor
	metrics *metrics
	broken  chan error
	began   time.Time

	client    *slackio.Client
	sockets   *slackio.Sockets
	footing   *footing
	ears      *ears
	company   *company
	groups    *userGroups
	workspace *workspace
	views     *views
	front     *front
	events    *events
	vigil     *vigil

	senders    *notify.Senders
	deadMan    string // address of the dead man's switch; empty: there is none
	doors      doors
	afterwards *afterwards
}

// New wires a bot. It calls nothing yet.
func New(c Config) (*Bot, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Disk == nil {
		c.Disk = noDisk{}
	}
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
	b := &Bot{settings: c.Settings, store: c.Store, disk: c.Disk, stale: c.Stale, directory: c.Directory, log: c.Log, now: c.Now, version: c.Version,
		footing: &footing{}, ears: &ears{}, company: &company{}, afterwards: newAfterwards(), people: desk.NewDirectory(c.Settings, nil, nil), broken: make(chan error, 1), began: c.Now()}
	b.metrics = newMetrics(c.Registry, c.Now)
	client, err := slackio.NewClient(slackio.ClientConfig{Token: c.BotToken.Reveal(), APIURL: c.SlackAPI, HTTPClient: c.HTTPClient,
		UserAgent: "watchbill/" + c.Version, OnCall: b.metrics.call, OnPosted: b.ears.posted, Now: c.Now})
	if err != nil {
		return nil, fmt.Errorf("set up Slack's client: %w", err)
	}
	b.client = client
	b.desk = desk.New(desk.Config{Store: c.Store, Settings: c.Settings, People: b.people, Now: c.Now, Wake: b.wake, Broken: b.breaks, Cards: true, Log: c.Log})
	if b.senders, err = newSenders(c); err != nil && (b.senders == nil || !c.Again) {
		return nil, err
	}
	b.lacks(err)
	b.doors = newDoors(c, b.desk, b.metrics, b.senders.Hook())
	if b.deadMan, err = deadManURL(c.Settings, c.Secret); err != nil && !c.Again {
		return nil, err
	}
	b.lacks(err)
	slack := &poster{client: client, limits: limits{chats: slackio.NewLimiter(), pages: slackio.NewPageLimiter()}, now: c.Now}
	b.groups = &userGroups{desk: b.desk, people: b.people, client: client, slack: slack, log: c.Log, now: c.Now}
	b.workspace = &workspace{people: b.people, groups: b.groups, client: client, footing: b.footing, log: c.Log}
	b.views = &views{settings: c.Settings, services: c.Settings.ServiceNames(), desk: b.desk, people: b.people, store: c.Store, footing: b.footing, unheard: b.ears.muted, now: c.Now}
	told := &news{settings: c.Settings, client: client, slack: slack, footing: b.footing, log: c.Log, now: c.Now}
	b.wireFront(told)
	b.sockets = slackio.NewSockets(slackio.SocketConfig{Token: c.AppToken.Reveal(), APIURL: c.SlackAPI, HTTPClient: c.HTTPClient,
		UserAgent: "watchbill/" + c.Version, Handler: b.handle, OnTrouble: b.trouble, Logger: c.Log, Now: c.Now})
	b.courier = courier.New(courier.Config{Store: c.Store, Desk: b.desk, Deliver: b.delivery(slack, told).deliverers(), GivenUp: givenUp, Ask: slack.ask, Now: c.Now, Observe: b.metrics.delivery, Log: c.Log,
		Foldable: map[string]bool{string(incident.PostEvent): true}, Gathered: map[string]bool{desk.AlertCardKind: true}})
	b.vigil = &vigil{desk: b.desk, sockets: b.sockets, held: b.courier.HeldSince, views: b.views, home: b.front.home, ears: b.ears, company: b.company, directory: c.Directory, log: c.Log, now: c.Now}
	b.watch = watch.New(watch.Config{Store: c.Store, Desk: b.desk, Now: c.Now, Late: b.metrics.late, Log: c.Log})
	b.auditor = watch.NewAuditor(watch.AuditConfig{Store: c.Store, Desk: b.desk, Now: c.Now, Found: b.metrics.audit, Log: c.Log})
	c.Registry.MustRegister(b.gauges()...)
	return b, nil
}

// lacks has health say what the bot goes on without, if that is anything.
func (b *Bot) lacks(secret error) {
	if secret == nil {
		return
	}
	b.log.Error().Err(secret).Msg("secrets: all else goes on without them")
	b.stale = strings.TrimPrefix(b.stale+"; "+Lacking(secret), "; ")
}

// Lacking is what health says of a missing secret.
func Lacking(secret error) string {
	return strings.ReplaceAll(secret.Error(), "\n", "; ") + ": all else goes on, until it is set and this is started again"
}

// Desk is where commands go that come another way than through Slack.
func (b *Bot) Desk() *desk.Desk { return b.desk }

// People is who is who.
func (b *Bot) People() *desk.Directory { return b.people }

// wake is told of every commit.
func (b *Bot) wake() {
	b.courier.Wake()
	b.watch.Wake()
}

// breaks is told when the store cannot be trusted any more.
func (b *Bot) breaks(err error) {
	select {
	case b.broken <- err:
	default:
	}
}

// trouble logs what went wrong on the sockets.
func (b *Bot) trouble(t slackio.Trouble) {
	b.log.Warn().Str("envelope", t.Envelope.ID).Str("type", t.Envelope.Type).Err(t.Err).Msg("socket: " + string(t.Kind))
}

const (
	// drainTime is how long Run waits for commands under way when it is told to stop,
	// lastWords how long for their answers after that. The courier's grace comes before.
	drainTime = 2 * time.Second
	lastWords = time.Second
)

// Run works until the context ends: it then stops taking work, finishes what is
// under way and returns nil. It returns an error when the store broke: the
// process must end, and its next life reads what is true.
func (b *Bot) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	start := func(name string, run func(context.Context) error) {
		wg.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	if !b.startSchedules(ctx) {
		start("schedules", b.keepStarting)
	}
	// Time and delivery first: an overdue page must not wait for a socket.
	start("watch", b.watch.Run)
	start("courier", b.courier.Run)
	start("auditor", b.auditor.Run)
	start("reliefs", b.desk.RelieveAll)
	start("lanes", b.desk.RunLanes)
	start("alerts", b.desk.RunAlerts)
	start("directory", b.workspace.run)
	start("groups", b.groups.follow)
	start("sockets", b.sockets.Run)
	start("vigil", b.vigil.run)
	start("dead man's switch", b.watchDeadMan)
	var broken error
	select {
	case <-ctx.Done():
		if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
			broken = cause
		}
	case broken = <-b.broken:
		broken = fmt.Errorf("the store cannot be trusted any more: %w", broken)
	}
	cancel(nil)
	wg.Wait()
	b.finish()
	return broken
}

// finish waits for the commands under way, gives the answers that are on their way a
// moment, and cuts them off then: a process that is told to stop must be gone in ten
// seconds.
func (b *Bot) finish() {
	drain, stop := context.WithTimeout(context.Background(), drainTime)
	defer stop()
	if err := b.desk.Drain(drain); err != nil {
		b.log.Warn().Msg("stopped with commands under way; their outcome is in the store")
	}
	b.afterwards.finish(lastWords)
}

// handle deals with one envelope and gives the payload of its acknowledgement. An
// event that could not be stored is an error: Slack sends it again.
func (b *Bot) handle(ctx context.Context, e slackio.Envelope) (json.RawMessage, error) {
	started := b.now()
	defer func() { b.metrics.envelope(e.Type, b.now().Sub(started)) }()
	switch e.Type {
	case "slash_commands":
		return b.front.slash(ctx, e), nil
	case "interactive":
		return b.front.interactive(ctx, e), nil
	case "events_api":
		return nil, b.events.take(ctx, e)
	}
	return nil, nil
}
