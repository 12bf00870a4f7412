package slackio

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// Identity is who the bot's token belongs to, and what it may do.
type Identity struct {
	URL    string // of the workspace
	Team   string
	TeamID string
	User   string
	UserID string
	BotID  string
	Scopes []string      // granted to the token; nil if Slack did not say
	Date   time.Time     // Slack's clock in whole seconds; zero if Slack did not say
	Offset time.Duration // how far Slack's clock is ahead of ours, within about a second
}

// AuthTest asks Slack who the bot is (auth.test). From then on FindOwn tells the bot's messages from those of others.
func (c *Client) AuthTest(ctx context.Context) (Identity, error) {
	answer, err := c.api.AuthTestContext(ctx)
	if err != nil {
		return Identity{}, unreadable("auth.test", err)
	}
	id := Identity{URL: answer.URL, Team: answer.Team, TeamID: answer.TeamID, User: answer.User, UserID: answer.UserID,
		BotID: answer.BotID, Scopes: scopesOf(answer.Header), Offset: c.ClockOffset()}
	if date, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
		id.Date = date.UTC()
	}
	if id.BotID != "" {
		c.botID.Store(&id.BotID)
	}
	return id, nil
}

// scopesOf reads the granted scopes from the headers of an answer.
func scopesOf(h http.Header) []string {
	var scopes []string
	for scope := range strings.SplitSeq(h.Get("X-OAuth-Scopes"), ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			scopes = append(scopes, scope)
		}
	}
	return scopes
}

// ConnectionsOpen checks an app-level token, xapp-…, by asking for the address of a socket, which is not dialled.
func (c *Client) ConnectionsOpen(ctx context.Context, appToken string) error {
	_, err := openAddress(ctx, c.wire, appToken)
	return err
}
