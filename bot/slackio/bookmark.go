package slackio

import (
	"context"

	"github.com/slack-go/slack"
)

// Bookmark is a link at the top of a channel.
type Bookmark struct {
	ID    string // set by Slack
	Title string
	Link  string // http or https
	Emoji string // like ":fire:"; "" for none
}

// bookmarkOf takes over what slack-go decoded.
func bookmarkOf(b slack.Bookmark) Bookmark {
	return Bookmark{ID: b.ID, Title: b.Title, Link: b.Link, Emoji: b.Emoji}
}

// Bookmarks lists a channel's bookmarks.
func (c *Client) Bookmarks(ctx context.Context, channel string) ([]Bookmark, error) {
	listed, err := c.api.ListBookmarksContext(ctx, channel)
	if err != nil {
		return nil, unreadable("bookmarks.list", err)
	}
	bookmarks := make([]Bookmark, 0, len(listed))
	for _, b := range listed {
		bookmarks = append(bookmarks, bookmarkOf(b))
	}
	return bookmarks, nil
}

// AddBookmark adds a bookmark. Slack keeps two of the same: list first, and after a failure of class Unknown.
func (c *Client) AddBookmark(ctx context.Context, channel string, b Bookmark) (Bookmark, error) {
	added, err := c.api.AddBookmarkContext(ctx, channel,
		slack.AddBookmarkParameters{Title: b.Title, Type: "link", Link: b.Link, Emoji: b.Emoji})
	return bookmarkOf(added), unreadable("bookmarks.add", err)
}
