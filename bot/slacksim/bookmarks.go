package slacksim

import (
	"net/url"
	"slices"
	"time"
)

const maxBookmarks = 100 // undocumented, commonly cited

// Bookmark is a link in a channel's header.
type Bookmark struct {
	ID                  string  `json:"id"`
	ChannelID           string  `json:"channel_id"`
	Title               string  `json:"title"`
	Link                string  `json:"link"`
	Emoji               string  `json:"emoji"`
	IconURL             string  `json:"icon_url"`
	Type                string  `json:"type"`
	EntityID            *string `json:"entity_id"`
	DateCreated         int64   `json:"date_created"`
	DateUpdated         int64   `json:"date_updated"`
	Rank                string  `json:"rank"`
	LastUpdatedByUserID string  `json:"last_updated_by_user_id"`
	LastUpdatedByTeamID string  `json:"last_updated_by_team_id"`
	ShortcutID          *string `json:"shortcut_id"`
	AppID               *string `json:"app_id"`
}

// bookmarksAPI are the bookmarks methods.
type bookmarksAPI struct {
	*sight
	mint    *mint
	journal *journal
	now     func() time.Time
}

// bookmarked finds the channel of a bookmarks method.
func (a *bookmarksAPI) bookmarked(c *call) (*conversation, error) {
	ch, err := a.known(c.str("channel_id"))
	switch {
	case err != nil:
		return nil, err
	case ch.archived:
		return nil, fail("is_archived")
	case !ch.isMember[a.app.user]:
		return nil, fail("not_in_channel")
	}
	return ch, nil
}

func goodLink(link string) bool {
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func (a *bookmarksAPI) add(c *call) (object, error) {
	ch, err := a.bookmarked(c)
	switch {
	case err != nil:
		return nil, err
	case c.str("type") != "link":
		return nil, fail("invalid_bookmark_type")
	case !goodLink(c.str("link")):
		return nil, fail("invalid_link")
	case len(ch.bookmarks) >= maxBookmarks:
		return nil, fail("too_many_bookmarks")
	}
	b := &Bookmark{
		ID: a.mint.id("Bk"), ChannelID: ch.id, Title: c.str("title"), Link: c.str("link"), Emoji: c.str("emoji"), Type: "link",
		DateCreated: a.now().Unix(), Rank: "g", LastUpdatedByUserID: a.app.user, LastUpdatedByTeamID: teamID,
	}
	ch.bookmarks = append(ch.bookmarks, b)
	a.journal.note(Change{Kind: "channel", Channel: ch.id})
	return object{"bookmark": *b}, nil
}

func (a *bookmarksAPI) bookmark(c *call) (*conversation, int, error) {
	ch, err := a.bookmarked(c)
	if err != nil {
		return nil, 0, err
	}
	i := slices.IndexFunc(ch.bookmarks, func(b *Bookmark) bool { return b.ID == c.str("bookmark_id") })
	if i < 0 {
		return nil, 0, fail("not_found")
	}
	return ch, i, nil
}

func (a *bookmarksAPI) edit(c *call) (object, error) {
	ch, i, err := a.bookmark(c)
	if err != nil {
		return nil, err
	}
	b := ch.bookmarks[i]
	if c.has("link") && !goodLink(c.str("link")) {
		return nil, fail("invalid_link")
	}
	for name, field := range map[string]*string{"title": &b.Title, "link": &b.Link, "emoji": &b.Emoji} {
		if c.has(name) {
			*field = c.str(name)
		}
	}
	b.DateUpdated, b.LastUpdatedByUserID = a.now().Unix(), a.app.user
	a.journal.note(Change{Kind: "channel", Channel: ch.id})
	return object{"bookmark": *b}, nil
}

func (a *bookmarksAPI) remove(c *call) (object, error) {
	ch, i, err := a.bookmark(c)
	if err != nil {
		return nil, err
	}
	ch.bookmarks = slices.Delete(ch.bookmarks, i, i+1)
	a.journal.note(Change{Kind: "channel", Channel: ch.id})
	return nil, nil
}

func (a *bookmarksAPI) list(c *call) (object, error) {
	ch, err := a.known(c.str("channel_id"))
	if err != nil {
		return nil, err
	}
	return object{"bookmarks": append([]*Bookmark{}, ch.bookmarks...)}, nil
}
