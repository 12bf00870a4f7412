package configs

import (
	"errors"
	"fmt"
	"time"

	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
)

// Integration is a webhook by which monitoring reports, at POST /hooks/<name>.
type Integration struct {
	Name   string `json:"name"`
	Source string `json:"source"` // one of alert.Sources, or deploys
	// TokenEnv names the environment variable that holds the token, PreviousTokenEnv
	// that of the one before it, which counts too as long as it is named, and HMACEnv
	// that of the key with which bodies are signed.
	TokenEnv         string `json:"token_env,omitempty"`
	PreviousTokenEnv string `json:"previous_token_env,omitempty"`
	HMACEnv          string `json:"hmac_env,omitempty"`
	Service          string `json:"service,omitempty"` // for alerts that name none that is known
	// Mapping is for generic JSON of another shape than Watchbill's own.
	Mapping alert.Mapping `json:"mapping,omitzero"`
	// Every is how often a heartbeat comes, and Grace how late it may be.
	Every time.Duration `json:"every,omitempty"`
	Grace time.Duration `json:"grace,omitempty"`
}

// DefaultGrace is how late a heartbeat may be that does not say.
const DefaultGrace = time.Minute

// Limits on heartbeats.
const (
	minEvery = 10 * time.Second
	maxEvery = 31 * 24 * time.Hour
)

// rules are what the router goes by.
func (c *Config) rules() alert.Rules {
	r := alert.Rules{
		Routes: c.Routes, Maintenance: c.Maintenance, Defaults: map[string]string{},
		DefaultEscalation: c.DefaultEscalation, DefaultChannel: c.Slack.IncidentsChannel,
	}
	for _, s := range c.Services {
		r.Services = append(r.Services, alert.Service{Name: s.Name, Escalation: s.Escalation, Channel: s.Channel})
	}
	for _, in := range c.Integrations {
		if in.Service != "" {
			r.Defaults[in.Name] = in.Service
		}
	}
	return r
}

// Router decides where alerts go.
func (c *Config) Router() *alert.Router { return c.router }

// Integration finds an integration by its name, in any case.
func (c *Config) Integration(name string) (Integration, bool) {
	return find(c.Integrations, name, integrationName)
}

func integrationName(in *Integration) string { return in.Name }

// IntegrationNames are the names of all integrations, sorted.
func (c *Config) IntegrationNames() []string { return namesOf(c.Integrations, integrationName) }

// UnknownIntegration is the answer to somebody who typed an integration that is none.
func (c *Config) UnknownIntegration(name string) error {
	return unknown("integration", name, c.IntegrationNames())
}

// DecodeOptions are what the decoder of an integration needs.
func (c *Config) DecodeOptions(integration string) alert.Options {
	in, _ := c.Integration(integration)
	return alert.Options{Integration: integration, Service: in.Service, Mapper: c.mappers[integration]}
}

// Credentials are the secrets of one integration, of which Token or HMAC is not empty
// unless one is missing: nothing can be sent by it then.
type Credentials struct {
	Token    Secret // a bearer token; in PagerDuty's shape the routing key
	Previous Secret // the token before it; empty: none
	HMAC     Secret // the key with which bodies are signed
}

// minToken is the length that a secret must have that others show us, in characters.
const minToken = 16

// sharedSecret reads a secret that others show us; previous is one that need not be set
// any more. No variable has none.
func sharedSecret(getenv func(string) string, variable string, previous bool) (Secret, error) {
	if variable == "" {
		return "", nil
	}
	secret, err := SecretFromEnv(getenv, variable)
	switch {
	case err != nil:
		return "", err
	case secret == "" && previous: // the rotation is over
		return "", nil
	case secret == "":
		return "", fmt.Errorf("%s is not set: set it, or %s_FILE, to a random text such as `openssl rand -hex 32` prints", variable, variable)
	case len(secret) < minToken:
		return "", fmt.Errorf("%s is too short to be safe: it has fewer than %d characters", variable, minToken)
	}
	return secret, nil
}

// Credentials reads the secrets of all integrations from the environment, by name. All
// that is wrong is one error that names the integrations, and never holds a secret; those
// that are not wrong are there all the same.
func (c *Config) Credentials(getenv func(string) string) (map[string]Credentials, error) {
	all := make(map[string]Credentials, len(c.Integrations))
	var errs []error
	for _, in := range c.Integrations {
		var got Credentials
		before := len(errs)
		for _, s := range []struct {
			env  string
			into *Secret
		}{{in.TokenEnv, &got.Token}, {in.PreviousTokenEnv, &got.Previous}, {in.HMACEnv, &got.HMAC}} {
			secret, err := sharedSecret(getenv, s.env, s.into == &got.Previous)
			if err != nil {
				errs = append(errs, fmt.Errorf("integration %s: %w", in.Name, err))
				continue
			}
			*s.into = secret
		}
		if got.Previous == got.Token {
			got.Previous = ""
		}
		if len(errs) > before { // one of two must not do for both
			got = Credentials{}
		}
		all[in.Name] = got
	}
	if len(errs) > 0 {
		return all, fmt.Errorf("read the secrets of integrations: %w", errors.Join(errs...))
	}
	return all, nil
}

// compile prepares routing for questions; with problems there is none.
func (c *Config) compile(zones *oncall.Zones) []oncall.Problem {
	var problems []oncall.Problem
	c.router, problems = alert.NewRouter(c.rules(), zones)
	return problems
}
