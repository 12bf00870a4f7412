package slackio

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// User is what is read of a person or a bot.
type User struct {
	ID          string
	TeamID      string
	Name        string // the old user name
	DisplayName string // what the person chose; may be ""
	RealName    string
	Email       string // "" without the scope users:read.email
	TZ          string // an IANA zone; "" for bots
	Deleted     bool
	Bot         bool
	Guest       bool // single- or multi-channel guest
	Stranger    bool // from another organisation
	Admin       bool
}

// userOf takes over what slack-go decoded.
func userOf(u slack.User) User {
	return User{ID: u.ID, TeamID: u.TeamID, Name: u.Name, DisplayName: u.Profile.DisplayName,
		RealName: firstOf(u.Profile.RealName, u.RealName), Email: u.Profile.Email, TZ: u.TZ, Deleted: u.Deleted,
		Bot: u.IsBot || u.ID == "USLACKBOT", Guest: u.IsRestricted || u.IsUltraRestricted, Stranger: u.IsStranger,
		Admin: u.IsAdmin || u.IsOwner}
}

// ReadUser reads a person as events about people carry them.
func ReadUser(raw json.RawMessage) (User, error) {
	var u slack.User
	if err := json.Unmarshal(raw, &u); err != nil {
		return User{}, fmt.Errorf("decode user: %w", err)
	}
	return userOf(u), nil
}

// firstOf is the first text that is not empty.
func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// UserInfo reads one person.
func (c *Client) UserInfo(ctx context.Context, id string) (User, error) {
	u, err := c.api.GetUserInfoContext(ctx, id)
	if err != nil {
		return User{}, unreadable("users.info", err)
	}
	return userOf(*u), nil
}

// UserByEmail finds a person by address. Nobody, and somebody deactivated, is the code users_not_found.
func (c *Client) UserByEmail(ctx context.Context, email string) (User, error) {
	u, err := c.api.GetUserByEmailContext(ctx, email)
	if err != nil {
		return User{}, unreadable("users.lookupByEmail", err)
	}
	return userOf(*u), nil
}

// Users calls each for everyone in the workspace, deactivated people and bots too, page by page. An error of each ends
// the reading and is returned as it is.
func (c *Client) Users(ctx context.Context, each func(User) error) error {
	var stopped error
	err := allPages(ctx, "users.list", 2000, func(cursor string) (string, error) {
		args := url.Values{"limit": {"200"}}
		setIf(args, "cursor", cursor)
		var answer struct {
			Members []slack.User `json:"members"`
			cursorOf
		}
		if err := c.form(ctx, "users.list", args, &answer); err != nil {
			return "", err
		}
		for _, u := range answer.Members {
			if stopped = each(userOf(u)); stopped != nil {
				return "", nil
			}
		}
		return answer.Metadata.Next, nil
	})
	if stopped != nil {
		return stopped
	}
	return err
}

// DND says when a person's notifications are paused by their schedule. A pause by hand is told only to the person.
type DND struct {
	Enabled bool
	Start   time.Time // of the next or current pause
	End     time.Time
}

// Paused reports whether notifications are paused at now.
func (d DND) Paused(now time.Time) bool {
	return d.Enabled && !now.Before(d.Start) && now.Before(d.End)
}

// DND reads when a person's notifications are paused (dnd.info).
func (c *Client) DND(ctx context.Context, user string) (DND, error) {
	status, err := c.api.GetDNDInfoContext(ctx, &user)
	if err != nil {
		return DND{}, unreadable("dnd.info", err)
	}
	d := DND{Enabled: status.Enabled, Start: time.Unix(int64(status.NextStartTimestamp), 0).UTC(),
		End: time.Unix(int64(status.NextEndTimestamp), 0).UTC()}
	if status.SnoozeEnabled && status.SnoozeEndTime > 0 {
		d = DND{Enabled: true, Start: time.Unix(0, 0).UTC(), End: time.Unix(int64(status.SnoozeEndTime), 0).UTC()}
	}
	return d, nil
}

// UserGroup is what is read of a user group.
type UserGroup struct {
	ID       string
	Name     string
	Handle   string // without the @
	Users    []string
	Disabled bool
}

// UnmarshalJSON reads a user group as Slack sends it. Counts are left out: they come as numbers and as texts.
func (g *UserGroup) UnmarshalJSON(data []byte) error {
	var w struct {
		ID         string   `json:"id"`
		Name       string   `json:"name"`
		Handle     string   `json:"handle"`
		Users      []string `json:"users"`
		DateDelete float64  `json:"date_delete"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*g = UserGroup{ID: w.ID, Name: w.Name, Handle: w.Handle, Users: w.Users, Disabled: w.DateDelete != 0}
	return nil
}

// UserGroups lists the user groups with their members, disabled ones too. A workspace whose plan has none is Fatal.
func (c *Client) UserGroups(ctx context.Context) ([]UserGroup, error) {
	var answer struct {
		Groups []UserGroup `json:"usergroups"`
	}
	args := url.Values{"include_users": {"true"}, "include_disabled": {"true"}}
	err := c.form(ctx, "usergroups.list", args, &answer)
	return answer.Groups, err
}

// SetUserGroup replaces the members of a user group. Slack refuses an empty list: disable the group instead.
func (c *Client) SetUserGroup(ctx context.Context, group string, users ...string) error {
	args := url.Values{"usergroup": {group}, "users": {strings.Join(users, ",")}}
	return c.form(ctx, "usergroups.users.update", args, nil)
}

// EnableUserGroup brings a disabled user group back.
func (c *Client) EnableUserGroup(ctx context.Context, group string) error {
	return c.form(ctx, "usergroups.enable", url.Values{"usergroup": {group}}, nil)
}

// DisableUserGroup takes a user group out of use.
func (c *Client) DisableUserGroup(ctx context.Context, group string) error {
	return c.form(ctx, "usergroups.disable", url.Values{"usergroup": {group}}, nil)
}
