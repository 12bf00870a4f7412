package slackio

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Channel is what is read of a channel.
type Channel struct {
	ID       string
	Name     string
	Creator  string // a user's id
	Created  time.Time
	Private  bool
	Archived bool
	Member   bool // whether the bot is in it
	Shared   bool // with another organisation
	IM       bool
	Topic    string
	Purpose  string
}

// wireChannel is a channel as Slack sends it.
type wireChannel struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Creator     string  `json:"creator"`
	Created     float64 `json:"created"`
	IsPrivate   bool    `json:"is_private"`
	IsArchived  bool    `json:"is_archived"`
	IsMember    bool    `json:"is_member"`
	IsExtShared bool    `json:"is_ext_shared"`
	IsIM        bool    `json:"is_im"`
	Topic       struct {
		Value string `json:"value"`
	} `json:"topic"`
	Purpose struct {
		Value string `json:"value"`
	} `json:"purpose"`
}

// UnmarshalJSON reads a channel as Slack sends it.
func (ch *Channel) UnmarshalJSON(data []byte) error {
	var w wireChannel
	if err := lenient(data, &w); err != nil {
		return err
	}
	*ch = Channel{ID: w.ID, Name: w.Name, Creator: w.Creator, Created: time.Unix(int64(w.Created), 0).UTC(),
		Private: w.IsPrivate, Archived: w.IsArchived, Member: w.IsMember, Shared: w.IsExtShared, IM: w.IsIM,
		Topic: w.Topic.Value, Purpose: w.Purpose.Value}
	return nil
}

// channelAnswer is an answer that holds one channel.
type channelAnswer struct {
	Channel Channel `json:"channel"`
}

// CreateChannel opens a channel with the bot as its first member (conversations.create). After a failure of class
// Unknown, or with the code name_taken, see FindChannel.
func (c *Client) CreateChannel(ctx context.Context, name string, private bool) (Channel, error) {
	args := url.Values{"name": {name}}
	if private {
		args.Set("is_private", "true")
	}
	var answer channelAnswer
	err := c.form(ctx, "conversations.create", args, &answer)
	return answer.Channel, err
}

// ChannelInfo reads a channel by its id. A private channel without the bot is channel_not_found.
func (c *Client) ChannelInfo(ctx context.Context, channel string) (Channel, error) {
	var answer channelAnswer
	err := c.form(ctx, "conversations.info", url.Values{"channel": {channel}}, &answer)
	return answer.Channel, err
}

// FindChannel looks for a channel by its name, archived ones included; private ones only where the bot is a member.
func (c *Client) FindChannel(ctx context.Context, name string) (Channel, bool, error) {
	found, err := c.FindChannels(ctx, name)
	ch, ok := found[name]
	return ch, ok, err
}

// FindChannels is FindChannel for several names at once; those that are not there are left out.
func (c *Client) FindChannels(ctx context.Context, names ...string) (map[string]Channel, error) {
	found, err := c.findChannels(ctx, names, "public_channel,private_channel")
	if Classify("conversations.list", err).Code == "missing_scope" {
		found, err = c.findChannels(ctx, names, "public_channel")
	}
	return found, err
}

// findChannels looks for channels among those of the given types.
func (c *Client) findChannels(ctx context.Context, names []string, types string) (map[string]Channel, error) {
	found := map[string]Channel{}
	err := allPages(ctx, "conversations.list", 200, func(cursor string) (string, error) {
		args := url.Values{"types": {types}, "limit": {"999"}, "exclude_archived": {"false"}}
		setIf(args, "cursor", cursor)
		var answer struct {
			Channels []Channel `json:"channels"`
			cursorOf
		}
		if err := c.form(ctx, "conversations.list", args, &answer); err != nil {
			return "", err
		}
		for _, ch := range answer.Channels {
			if slices.Contains(names, ch.Name) {
				found[ch.Name] = ch
			}
		}
		if len(found) == len(names) {
			return "", nil
		}
		return answer.Metadata.Next, nil
	})
	return found, err
}

// JoinChannel makes the bot a member of a public channel. Being one already is a success.
func (c *Client) JoinChannel(ctx context.Context, channel string) (Channel, error) {
	var answer channelAnswer
	err := c.form(ctx, "conversations.join", url.Values{"channel": {channel}}, &answer)
	return answer.Channel, settled("conversations.join", err)
}

// SetTopic sets a channel's topic, at most 250 characters. Each call is seen in the channel: compare first.
func (c *Client) SetTopic(ctx context.Context, channel, topic string) error {
	return c.form(ctx, "conversations.setTopic", url.Values{"channel": {channel}, "topic": {topic}}, nil)
}

// inviteBatch is how many people one call may invite.
const inviteBatch = 100

// Invited is how the invitation of one person went.
type Invited struct {
	User    string
	Failure Failure // its OK reports success, also for who was a member before
}

// Invite invites people to a channel, a hundred a call, and says for each how it went; one who cannot be invited does
// not keep the others out. The error is of a call that failed as a whole: the results then cover only the calls before.
func (c *Client) Invite(ctx context.Context, channel string, users ...string) ([]Invited, error) {
	var results []Invited
	for len(users) > 0 {
		batch := users[:min(len(users), inviteBatch)]
		users = users[len(batch):]
		invited, err := c.inviteSome(ctx, channel, batch)
		if err != nil {
			return results, err
		}
		results = append(results, invited...)
	}
	return results, nil
}

// inviteSome invites one batch.
func (c *Client) inviteSome(ctx context.Context, channel string, users []string) ([]Invited, error) {
	const method = "conversations.invite"
	var answer inviteAnswer
	args := url.Values{"channel": {channel}, "users": {strings.Join(users, ",")}, "force": {"true"}}
	err := c.form(ctx, method, args, &answer)
	rest := Failure{Method: method}
	if failed, ok := errors.AsType[*CallError](err); ok {
		rest = Classify(method, err)
		refused := json.Unmarshal(failed.body, &answer) == nil && len(answer.Errors) > 0
		if !refused && (len(users) > 1 || rest.Class != Gone && rest.Class != Already) {
			return nil, err
		}
	}
	codes := map[string]string{}
	for _, e := range answer.Errors {
		codes[e.User] = e.Error
	}
	results := make([]Invited, 0, len(users))
	for _, user := range users {
		code, named := codes[user]
		switch {
		case named && code == "":
			results = append(results, Invited{User: user, Failure: Failure{Method: method}})
		case named:
			refused := &CallError{Method: method, Status: 200, Code: code, Sent: true}
			results = append(results, Invited{User: user, Failure: Classify(method, refused)})
		default:
			results = append(results, Invited{User: user, Failure: rest})
		}
	}
	return results, nil
}

// inviteAnswer names those who could not be invited. Entries without an error name those who were.
type inviteAnswer struct {
	Errors []struct {
		User  string `json:"user"`
		Error string `json:"error"`
	} `json:"errors"`
}
