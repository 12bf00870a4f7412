package slackio

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/slack-go/slack"
)

// Metadata is carried by a message for programs. Anyone who can read the message can read it.
type Metadata struct {
	EventType string
	Payload   map[string]string
}

// OpKey is the key of Metadata.Payload that names the operation a message was posted for; FindOwn looks for it.
const OpKey = "op"

// Post is a message to post. Text is what notifications show; with Blocks it is the fallback, and required all the same.
type Post struct {
	Channel   string // a channel's id, or a person's for a direct message from the bot
	ThreadTS  string // "" outside threads
	Text      string // already escaped
	Blocks    json.RawMessage
	Metadata  Metadata // none when EventType is ""
	Broadcast bool     // show a reply in the channel too
}

// Posted is where a message stands.
type Posted struct {
	Channel string `json:"channel"`
	TS      string `json:"ts"`
}

// PostMessage posts a message (chat.postMessage). Links are not unfurled and names are not linked. A failure of class
// Unknown may have posted it: see FindOwn.
func (c *Client) PostMessage(ctx context.Context, p Post) (Posted, error) {
	args := messageArgs(p.Channel, p.Text, p.Blocks, p.Metadata)
	args.Set("unfurl_links", "false")
	args.Set("unfurl_media", "false")
	setIf(args, "thread_ts", p.ThreadTS)
	if p.Broadcast && p.ThreadTS != "" {
		args.Set("reply_broadcast", "true")
	}
	var posted Posted
	sent := c.now()
	err := c.form(ctx, "chat.postMessage", args, &posted)
	if err == nil && c.onPosted != nil {
		c.onPosted(posted.Channel, sent)
	}
	return posted, err
}

// Edit is the whole new content of a message of ours. Without Blocks, those the message has are removed; without
// Metadata, that stays.
type Edit struct {
	Channel  string // an id, never a person's
	TS       string
	Text     string // already escaped, at most 4,000 characters
	Blocks   json.RawMessage
	Metadata Metadata
}

// UpdateMessage replaces the content of a message of ours (chat.update). Nobody is notified.
func (c *Client) UpdateMessage(ctx context.Context, e Edit) error {
	args := messageArgs(e.Channel, e.Text, e.Blocks, e.Metadata)
	args.Set("ts", e.TS)
	if len(e.Blocks) == 0 {
		args.Set("blocks", "[]")
	}
	return c.form(ctx, "chat.update", args, nil)
}

// DeleteMessage removes a message of ours (chat.delete). A message that is not there is a success.
func (c *Client) DeleteMessage(ctx context.Context, channel, ts string) error {
	_, _, err := c.api.DeleteMessageContext(ctx, channel, ts)
	return settled("chat.delete", err)
}

// Ephemeral is a message that one person sees until they reload.
type Ephemeral struct {
	Channel  string
	User     string
	ThreadTS string
	Text     string // already escaped
	Blocks   json.RawMessage
}

// PostEphemeral shows a message to one person (chat.postEphemeral). It cannot be looked up afterwards: at most once.
func (c *Client) PostEphemeral(ctx context.Context, e Ephemeral) error {
	args := messageArgs(e.Channel, e.Text, e.Blocks, Metadata{})
	args.Set("user", e.User)
	setIf(args, "thread_ts", e.ThreadTS)
	return c.form(ctx, "chat.postEphemeral", args, nil)
}

// messageArgs are the arguments that all messages share.
func messageArgs(channel, text string, blocks json.RawMessage, m Metadata) url.Values {
	args := url.Values{"channel": {channel}, "text": {text}}
	if len(blocks) > 0 {
		args.Set("blocks", string(blocks))
	}
	if m.EventType != "" {
		payload, _ := json.Marshal(map[string]any{"event_type": m.EventType, "event_payload": m.Payload}) // strings always marshal
		args.Set("metadata", string(payload))
	}
	return args
}

// setIf sets an argument that has a value.
func setIf(args url.Values, key, value string) {
	if value != "" {
		args.Set(key, value)
	}
}

// Response is what a response URL takes: up to five within thirty minutes of the interaction.
type Response struct {
	Text            string          `json:"text,omitempty"` // already escaped
	Blocks          json.RawMessage `json:"blocks,omitempty"`
	ResponseType    string          `json:"response_type,omitempty"` // "ephemeral" (the default) or "in_channel"
	ReplaceOriginal bool            `json:"replace_original"`
	DeleteOriginal  bool            `json:"delete_original,omitempty"`
	ThreadTS        string          `json:"thread_ts,omitempty"`
}

// RespondURL posts to a response URL of Slack's. A failure of class Adapt means that the URL is used up or refuses this
// message: answer another way. What it posted cannot be looked up: at most once.
func (c *Client) RespondURL(ctx context.Context, address string, r Response) error {
	if err := c.trusts(address); err != nil {
		return refuse(responseURL, err)
	}
	body, err := json.Marshal(r)
	if err != nil {
		return refuse(responseURL, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(string(body)))
	if err != nil {
		return refuse(responseURL, errors.New("the response URL cannot be used"))
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	_, err = c.wire.do(req, responseURL, judgeResponseURL)
	return err
}

// trusts refuses addresses outside Slack and outside the API's own host: they come with payloads from outside.
func (c *Client) trusts(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.User != nil {
		return errors.New("the address cannot be used")
	}
	if u.Scheme == c.wire.base.Scheme && u.Host == c.wire.base.Host {
		return nil
	}
	host := strings.ToLower(u.Hostname())
	if u.Scheme == "https" && (u.Port() == "" || u.Port() == "443") &&
		(strings.HasSuffix(host, ".slack.com") || strings.HasSuffix(host, ".slack-gov.com")) {
		return nil
	}
	return errors.New("the address is not Slack's")
}

// Permalink is a link to a message (chat.getPermalink).
func (c *Client) Permalink(ctx context.Context, channel, ts string) (string, error) {
	link, err := c.api.GetPermalinkContext(ctx, &slack.PermalinkParameters{Channel: channel, Ts: ts})
	return link, unreadable("chat.getPermalink", err)
}

// AddPin pins a message. One that is pinned already is a success.
func (c *Client) AddPin(ctx context.Context, channel, ts string) error {
	return settled("pins.add", c.api.AddPinContext(ctx, channel, slack.NewRefToMessage(channel, ts)))
}

// AddReaction puts an emoji, named without colons, on a message. One that is there already is a success.
func (c *Client) AddReaction(ctx context.Context, channel, ts, emoji string) error {
	return settled("reactions.add", c.api.AddReactionContext(ctx, emoji, slack.NewRefToMessage(channel, ts)))
}

// RemoveReaction takes the bot's emoji off a message. One that is not there is a success.
func (c *Client) RemoveReaction(ctx context.Context, channel, ts, emoji string) error {
	return settled("reactions.remove", c.api.RemoveReactionContext(ctx, emoji, slack.NewRefToMessage(channel, ts)))
}
