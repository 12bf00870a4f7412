package bot

import (
	"path/filepath"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/httpd"
	"github.com/watchbill/watchbill/configs"
)

// doors are what HTTP opens to the desk, beside health and metrics.
type doors struct {
	feeds   *httpd.Feeds   // nil: there is no data directory
	links   *httpd.Links   // in the notices of pages; nil: there is no data directory
	samples *httpd.Samples // of what webhooks could not read; nil: there is no data directory
	hooks   *httpd.Hooks
	tokens  []httpd.Token // of the API
}

// newDoors needs the desk and the metrics of the bot.
func (b *Bot) newDoors(c Config) doors {
	d := doors{
		feeds: newFeeds(c.Directory, c.Settings, b.desk), links: newLinks(c.Directory, c.Settings, b.desk), samples: newSamples(c.Directory),
		tokens: apiTokens(c.Settings, c.APIDigests),
	}
	d.hooks = b.newHooks(c.Credentials, d.samples)
	return d
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
