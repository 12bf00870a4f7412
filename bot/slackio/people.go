package slackio

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
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

// wireUser is a person as Slack sends them.
type wireUser struct {
	ID                string `json:"id"`
	TeamID            string `json:"team_id"`
	Name              string `json:"name"`
	RealName          string `json:"real_name"`
	TZ                string `json:"tz"`
	Deleted           bool   `json:"deleted"`
	IsBot             bool   `json:"is_bot"`
	IsRestricted      bool   `json:"is_restricted"`
	IsUltraRestricted bool   `json:"is_ultra_restricted"`
	IsStranger        bool   `json:"is_stranger"`
	IsAdmin           bool   `json:"is_admin"`
	IsOwner           bool   `json:"is_owner"`
	Profile           struct {
		DisplayName string `json:"display_name"`
		RealName    string `json:"real_name"`
		Email       string `json:"email"`
	} `json:"profile"`
}

// UnmarshalJSON reads a person as Slack sends them.
func (u *User) UnmarshalJSON(data []byte) error {
	var w wireUser
	if err := lenient(data, &w); err != nil {
		return err
	}
	*u = User{ID: w.ID, TeamID: w.TeamID, Name: w.Name, DisplayName: w.Profile.DisplayName,
		RealName: cmp.Or(w.Profile.RealName, w.RealName), Email: w.Profile.Email, TZ: w.TZ, Deleted: w.Deleted,
		Bot: w.IsBot || w.ID == "USLACKBOT", Guest: w.IsRestricted || w.IsUltraRestricted, Stranger: w.IsStranger,
		Admin: w.IsAdmin || w.IsOwner}
	return nil
}

// ReadUser reads a person as events about people carry them.
func ReadUser(raw json.RawMessage) (User, error) {
	var u User
	if err := json.Unmarshal(raw, &u); err != nil {
		return User{}, fmt.Errorf("decode user: %w", err)
	}
	if u.ID == "" {
		return User{}, errors.New("decode user: it has no id")
	}
	return u, nil
}

// UserInfo reads one person.
func (c *Client) UserInfo(ctx context.Context, id string) (User, error) {
	var answer userAnswer
	err := c.form(ctx, "users.info", url.Values{"user": {id}}, &answer)
	return answer.User, err
}

// userAnswer is an answer that holds one person.
type userAnswer struct {
	User User `json:"user"`
}

// Users calls each for everyone in the workspace, deactivated people and bots too, page by page. An error of each ends
// the reading and is returned as it is.
func (c *Client) Users(ctx context.Context, each func(User) error) error {
	var stopped error
	err := allPages(ctx, "users.list", 2000, func(cursor string) (string, error) {
		args := url.Values{"limit": {"200"}}
		setIf(args, "cursor", cursor)
		var answer struct {
			Members []User `json:"members"`
			cursorOf
		}
		if err := c.form(ctx, "users.list", args, &answer); err != nil {
			return "", err
		}
		for _, u := range answer.Members {
			if stopped = each(u); stopped != nil {
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
	var answer struct {
		Enabled   bool    `json:"dnd_enabled"`
		Start     float64 `json:"next_dnd_start_ts"`
		End       float64 `json:"next_dnd_end_ts"`
		Snoozed   bool    `json:"snooze_enabled"`
		SnoozeEnd float64 `json:"snooze_endtime"`
	}
	if err := c.form(ctx, "dnd.info", url.Values{"user": {user}}, &answer); err != nil {
		return DND{}, err
	}
	if answer.Snoozed && answer.SnoozeEnd > 0 {
		return DND{Enabled: true, Start: time.Unix(0, 0).UTC(), End: time.Unix(int64(answer.SnoozeEnd), 0).UTC()}, nil
	}
	return DND{Enabled: answer.Enabled, Start: time.Unix(int64(answer.Start), 0).UTC(), End: time.Unix(int64(answer.End), 0).UTC()}, nil
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
	if err := lenient(data, &w); err != nil {
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

// UserGroupMembers lists who is in one user group, also when it is disabled.
func (c *Client) UserGroupMembers(ctx context.Context, group string) ([]string, error) {
	var answer struct {
		Users []string `json:"users"`
	}
	err := c.form(ctx, "usergroups.users.list", url.Values{"usergroup": {group}, "include_disabled": {"true"}}, &answer)
	return answer.Users, err
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
