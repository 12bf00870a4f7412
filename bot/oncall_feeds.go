package bot

import (
	"path/filepath"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/httpd"
	"github.com/watchbill/watchbill/configs"
)

// calendarsName is the name of the directory of calendar feeds in the data directory.
const calendarsName = "calendars"

// newFeeds are the calendar feeds of a data directory; nil if there is none.
func newFeeds(directory string, settings *configs.Config, d *desk.Desk) *httpd.Feeds {
	if directory == "" {
		return nil
	}
	return &httpd.Feeds{Directory: filepath.Join(directory, calendarsName), PublicURL: settings.HTTP.PublicURL, Rota: d, Now: d.Now}
}

// FeedURL is the private address of the calendar feed of a schedule
// ([httpd.ScheduleFeed]) or a person ([httpd.PersonFeed]). The error is a sentence for
// people when there can be no feeds. With revoke, the address until now ends.
func (b *Bot) FeedURL(kind, name string, revoke bool) (string, error) {
	return b.feeds.URL(kind, name, revoke)
}
