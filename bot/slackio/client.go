package slackio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"
)

// ClientConfig is what a Client needs. Only Token is required.
type ClientConfig struct {
	Token      string       // the bot's token, xoxb-…
	APIURL     string       // empty for Slack's own; a missing trailing slash is added
	HTTPClient *http.Client // nil for one with time limits; a given one is copied and gets a time limit if it has none
	UserAgent  string       // empty for "watchbill"
	// OnCall, if set, is told of every call after it ended, for metrics. It is called concurrently and must be quick.
	OnCall func(method string, took time.Duration, err error)
	// OnPosted, if set, is told of every message that Slack has taken: where it is, and when it was sent off. As OnCall.
	OnPosted func(channel string, sent time.Time)
	Now      func() time.Time // nil for time.Now
}

// Client calls Slack's Web API with the bot's token. Every error is a *CallError, wrapped or not; give it to Classify.
// It repeats no call by itself, except reads of several pages that were told to wait. It is safe for concurrent use.
type Client struct {
	wire  *wire
	token string
	api   *slack.Client
	botID atomic.Pointer[string] // learned by AuthTest

	onPosted func(channel string, sent time.Time)
	now      func() time.Time
}

// NewClient checks the configuration and makes a client. It calls nothing yet.
func NewClient(cfg ClientConfig) (*Client, error) {
	if cfg.Token == "" {
		return nil, errors.New("make Slack client: the bot's token is missing")
	}
	w, err := newWire(cfg.APIURL, cfg.HTTPClient, cfg.UserAgent, cfg.Now)
	if err != nil {
		return nil, err
	}
	w.onCall = cfg.OnCall
	api := slack.New(cfg.Token, slack.OptionAPIURL(w.base.String()), slack.OptionHTTPClient(w))
	c := &Client{wire: w, token: cfg.Token, api: api, onPosted: cfg.OnPosted, now: cfg.Now}
	if c.now == nil {
		c.now = time.Now
	}
	return c, nil
}

// ClockOffset is how far Slack's clock is ahead of ours, by the Date header of the last answer, within about a second;
// 0 before the first answer.
func (c *Client) ClockOffset() time.Duration { return time.Duration(c.wire.offset.Load()) }

// form calls method with arguments in a form and decodes the answer into out, which may be nil.
func (c *Client) form(ctx context.Context, method string, args url.Values, out any) error {
	body := strings.NewReader(args.Encode())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.wire.base.String()+method, body)
	if err != nil {
		return refuse(method, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.send(req, method, out)
}

// json calls method with its arguments as JSON and decodes the answer into out, which may be nil.
func (c *Client) json(ctx context.Context, method string, args map[string]any, out any) error {
	body, err := json.Marshal(args)
	if err != nil {
		return refuse(method, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.wire.base.String()+method, strings.NewReader(string(body)))
	if err != nil {
		return refuse(method, err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	return c.send(req, method, out)
}

// send authorises a request, sends it and decodes the answer.
func (c *Client) send(req *http.Request, method string, out any) error {
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := c.wire.Do(req)
	if err != nil {
		return err
	}
	if out == nil {
		return nil
	}
	return unreadable(method, json.NewDecoder(resp.Body).Decode(out))
}

// refuse is the error of a call that is not sent because its arguments cannot be.
func refuse(method string, err error) error {
	return &CallError{Method: method, Code: codeRefused, Err: err}
}

// unreadable passes on errors of the wire and describes any other, which can only come from decoding an answer that
// said ok.
func unreadable(method string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*CallError](err); ok {
		return err
	}
	return &CallError{Method: method, Status: http.StatusOK, Code: codeUndecodable, Sent: true, Err: err}
}

// settled is unreadable for calls that want a state: that it was there before is a success.
func settled(method string, err error) error {
	err = unreadable(method, err)
	if Classify(method, err).Class == Already {
		return nil
	}
	return err
}

// allPages calls page with the cursor of each page until there is none, at most limit times. A page that is refused
// because of the rate is asked for again, up to three times.
func allPages(ctx context.Context, method string, limit int, page func(cursor string) (next string, err error)) error {
	cursor, waits := "", 0
	for n := 0; n < limit; {
		next, err := page(cursor)
		if f := Classify(method, err); f.Class == RateLimited && waits < 3 {
			waits++
			if sleep(ctx, f.RetryAfter) == nil {
				continue
			}
		}
		if err != nil || next == "" {
			return err
		}
		cursor, n = next, n+1
	}
	return &CallError{Method: method, Code: codeUndecodable, Sent: true, Err: fmt.Errorf("more than %d pages", limit)}
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lenient decodes what Slack sends and leaves out fields of an unexpected type: one odd field must not hide the rest.
func lenient(data []byte, out any) error {
	err := json.Unmarshal(data, out)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return nil // everything else is decoded all the same
	}
	return err
}

// cursorOf is where answers keep the cursor of the next page.
type cursorOf struct {
	Metadata struct {
		Next string `json:"next_cursor"`
	} `json:"response_metadata"`
}
