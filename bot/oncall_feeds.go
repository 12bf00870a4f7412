package bot

import (
	"path/filepath"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/httpd"
	"github.com/watchbill/watchbill/configs"
)

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
