package bot

import (
	"path/filepath"
	"strconv"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/httpd"
	"github.com/watchbill/watchbill/configs"
)

// rejectedName is the name of the directory, in the data directory, of samples of what
// webhooks could not read.
const rejectedName = "rejected"

// newSamples are the samples in a data directory; nil if there is none.
func newSamples(directory string) *httpd.Samples {
	if directory == "" {
		return nil
	}
	return &httpd.Samples{Directory: filepath.Join(directory, rejectedName)}
}

// hooksOf are the webhooks of the configuration.
func hooksOf(c Config) []httpd.Hook {
	var hooks []httpd.Hook
	for _, in := range c.Settings.Integrations {
		secrets := c.Credentials[in.Name]
		h := httpd.Hook{Name: in.Name, Source: in.Source, Options: c.Settings.DecodeOptions(in.Name), HMAC: secrets.HMAC.Reveal()}
		for _, token := range []configs.Secret{secrets.Token, secrets.Previous} {
			if token != "" {
				h.Tokens = append(h.Tokens, token.Reveal())
			}
		}
		hooks = append(hooks, h)
	}
	return hooks
}

// hook is told of each request to a webhook.
func (m *metrics) hook(integration string, status int, heard desk.Heard, took time.Duration) {
	m.hooks.WithLabelValues(integration, strconv.Itoa(status)).Observe(took.Seconds())
	m.count(integration, "repeat", heard.Repeats)
	m.count(integration, "unknown", heard.Unknown)
	m.count(integration, "news", heard.Accepted-heard.Repeats-heard.Unknown)
}

func (m *metrics) count(integration, what string, n int) {
	if n > 0 {
		m.signals.WithLabelValues(integration, what).Add(float64(n))
	}
}
