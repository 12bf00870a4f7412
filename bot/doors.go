package bot

import (
	"net/http"
	"path/filepath"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/httpd"
	"github.com/watchbill/watchbill/bot/notify"
	"github.com/watchbill/watchbill/configs"
)

// doors are what HTTP opens to the desk, beside health and metrics.
type doors struct {
	feeds   *httpd.Feeds   // nil: there is no data directory
	links   *httpd.Links   // in the notices of pages; nil: there is no data directory
	samples *httpd.Samples // of what webhooks could not read; nil: there is no data directory
	hooks   *httpd.Hooks
	tokens  []httpd.Token               // of the API
	called  map[string]http.HandlerFunc // back by providers, by path
}

func newDoors(c Config, d *desk.Desk, m *metrics, hook *notify.TwilioHook) doors {
	out := doors{feeds: newFeeds(c.Directory, c.Settings, d), links: newLinks(c.Directory, c.Settings, d), samples: newSamples(c.Directory), tokens: apiTokens(c.Settings, c.APIDigests)}
	out.hooks = httpd.NewHooks(httpd.HooksConfig{Hooks: hooksOf(c), Desk: d, Samples: out.samples, Observe: m.hook, Now: c.Now, Log: c.Log})
	if hook != nil {
		t := &twilio{settings: c.Settings, desk: d, people: d.People, hook: hook, log: c.Log, now: c.Now}
		out.called = map[string]http.HandlerFunc{TwilioPath: t.heard}
	}
	return out
}

// calendarsName is the name of the directory of calendar feeds in the data directory.
const calendarsName = "calendars"

// newLinks are the links in the notices of pages; nil where no data directory is.
func newLinks(directory string, settings *configs.Config, d *desk.Desk) *httpd.Links {
	if directory == "" {
		return nil
	}
	return &httpd.Links{Directory: directory, PublicURL: settings.HTTP.PublicURL, Desk: d, Zone: d.People.Zone, Now: d.Now}
}

// newFeeds are the calendar feeds of a data directory; nil if there is none.
func newFeeds(directory string, settings *configs.Config, d *desk.Desk) *httpd.Feeds {
	if directory == "" {
		return nil
	}
	return &httpd.Feeds{Directory: filepath.Join(directory, calendarsName), PublicURL: settings.HTTP.PublicURL, Rota: d, Now: d.Now}
}

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
