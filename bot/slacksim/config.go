package slacksim

import (
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// Config says what workspace to simulate. The zero value is a usable workspace
// with a permissive app in it.
type Config struct {
	// Manifest is the app manifest that an administrator pastes, YAML or JSON.
	// Commands, shortcuts, events and granted scopes come from it. Empty means
	// DefaultManifest.
	Manifest []byte
	// Team is the workspace's name; empty means "Acme".
	Team string
	// Now tells the time that Slack's side believes in; nil means time.Now.
	// When a stepped clock is used, call Wake after each step.
	Now func() time.Time
	// Seed drives every choice that Slack makes at random: which socket gets
	// an envelope, and whether a fault with a probability strikes.
	Seed uint64
	// RateLimits switches on the tiers per method and one message per second
	// and channel.
	RateLimits bool
	// Logger gets one debug line per call and envelope. The zero value is silent.
	Logger zerolog.Logger
	// Ack is how long an envelope may stay without acknowledgement; 0 means 3 s.
	Ack time.Duration
	// RetryDelays are the pauses before each redelivery of an event; nil means
	// at once, after one minute and after five.
	RetryDelays []time.Duration
	// DelayedEvents adds hourly retries for a day, as the app setting of that
	// name does.
	DelayedEvents bool
	// Ping is the pause between server pings; 0 means 5 s.
	Ping time.Duration
	// Linger is how long a socket that ended without a close frame stays
	// registered and swallows its share of envelopes. 0 means not at all.
	Linger time.Duration
	// FreePlan starts the workspace on a plan without user groups.
	FreePlan bool
	// AsyncShares makes files.completeUploadExternal answer before the file is
	// shared, as Slack often does. The share follows after this long.
	AsyncShares time.Duration
	// KeepCalls is how many API calls, envelopes and ephemeral messages of each
	// person are remembered, at least; 0 means 10,000.
	KeepCalls int
	// FirstID is where ids begin: a workspace that is simulated anew beside kept
	// data must not give the ids of the one before. 0 means the beginning.
	FirstID uint64
	// BotToken and AppToken override the fixed tokens.
	BotToken, AppToken string
	// BotUserID overrides "U0BOT".
	BotUserID string
}

func (c Config) withDefaults() Config {
	if len(c.Manifest) == 0 {
		c.Manifest = []byte(DefaultManifest)
	}
	if c.Team == "" {
		c.Team = "Acme"
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Ack <= 0 {
		c.Ack = 3 * time.Second
	}
	if c.RetryDelays == nil {
		c.RetryDelays = []time.Duration{0, time.Minute, 5 * time.Minute}
	}
	if c.Ping <= 0 {
		c.Ping = 5 * time.Second
	}
	if c.KeepCalls <= 0 {
		c.KeepCalls = 10_000
	}
	if c.BotToken == "" {
		c.BotToken = "xoxb-slacksim-bot"
	}
	if c.AppToken == "" {
		c.AppToken = "xapp-1-A01SIM-slacksim"
	}
	if c.BotUserID == "" {
		c.BotUserID = "U0BOT"
	}
	return c
}

// domain turns a workspace name into the host label Slack would give it.
func domain(team string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(team) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			b.WriteRune(r)
		}
	}
	if b.Len() == 0 {
		return "workspace"
	}
	return b.String()
}
