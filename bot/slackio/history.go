package slackio

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// Message is what is read of a message in a channel. Unknown fields and blocks are ignored.
type Message struct {
	TS         string
	ThreadTS   string // "" outside threads; the message's own TS for the parent of one
	User       string
	BotID      string
	AppID      string
	Subtype    string // "" for what people type
	Text       string // escaped, as Slack keeps it
	Edited     string // the TS of the last edit, "" for none
	EventType  string // of the metadata
	Payload    map[string]string
	FileIDs    []string
	ReplyCount int
	Reactions  []Reaction
}

// Reaction is an emoji on a message. Of many who gave it Slack may name only some: Count is right.
type Reaction struct {
	Name  string   `json:"name"` // without colons
	Users []string `json:"users"`
	Count int      `json:"count"`
}

// wireMessage is a message as Slack sends it.
type wireMessage struct {
	TS       string `json:"ts"`
	ThreadTS string `json:"thread_ts"`
	User     string `json:"user"`
	BotID    string `json:"bot_id"`
	AppID    string `json:"app_id"`
	Subtype  string `json:"subtype"`
	Text     string `json:"text"`
	Edited   struct {
		TS string `json:"ts"`
	} `json:"edited"`
	Metadata struct {
		EventType string                     `json:"event_type"`
		Payload   map[string]json.RawMessage `json:"event_payload"`
	} `json:"metadata"`
	Files []struct {
		ID string `json:"id"`
	} `json:"files"`
	ReplyCount int        `json:"reply_count"`
	Reactions  []Reaction `json:"reactions"`
}

// UnmarshalJSON reads a message as Slack sends it.
func (m *Message) UnmarshalJSON(data []byte) error {
	var w wireMessage
	if err := lenient(data, &w); err != nil {
		return err
	}
	*m = Message{TS: w.TS, ThreadTS: w.ThreadTS, User: w.User, BotID: w.BotID, AppID: w.AppID, Subtype: w.Subtype,
		Text: w.Text, Edited: w.Edited.TS, EventType: w.Metadata.EventType, ReplyCount: w.ReplyCount, Reactions: w.Reactions}
	for _, f := range w.Files {
		m.FileIDs = append(m.FileIDs, f.ID)
	}
	for key, raw := range w.Metadata.Payload {
		var value string
		if json.Unmarshal(raw, &value) != nil {
			continue
		}
		if m.Payload == nil {
			m.Payload = map[string]string{}
		}
		m.Payload[key] = value
	}
	return nil
}

// HistoryQuery bounds a page of messages.
type HistoryQuery struct {
	Oldest    string // a TS; "" for no bound
	Latest    string // a TS; "" for now
	Inclusive bool   // whether the bounds themselves are included
	Limit     int    // messages a page, at most 999; 0 for 100
	Cursor    string // from the page before
}

// Page is one page of messages. It may hold fewer than asked for although Next is set.
type Page struct {
	Messages []Message
	Next     string // the cursor of the next page; "" for the last
}

// History reads a channel, newest first (conversations.history). Replies are not in it, except those shown in the
// channel. The bot must be a member.
func (c *Client) History(ctx context.Context, channel string, q HistoryQuery) (Page, error) {
	return c.readPage(ctx, "conversations.history", channel, "", q)
}

// Replies reads a thread, the parent first, then oldest first (conversations.replies). The parent is on every page.
func (c *Client) Replies(ctx context.Context, channel, threadTS string, q HistoryQuery) (Page, error) {
	return c.readPage(ctx, "conversations.replies", channel, threadTS, q)
}

// readPage reads one page of a channel or of a thread, with all metadata.
func (c *Client) readPage(ctx context.Context, method, channel, threadTS string, q HistoryQuery) (Page, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = 100
	}
	args := url.Values{"channel": {channel}, "limit": {strconv.Itoa(min(limit, 999))}, "include_all_metadata": {"true"}}
	setIf(args, "ts", threadTS)
	setIf(args, "oldest", q.Oldest)
	setIf(args, "latest", q.Latest)
	setIf(args, "cursor", q.Cursor)
	if q.Inclusive {
		args.Set("inclusive", "true")
	}
	var answer struct {
		Messages []Message `json:"messages"`
		cursorOf
	}
	if err := c.form(ctx, method, args, &answer); err != nil {
		return Page{}, err
	}
	return Page{Messages: answer.Messages, Next: answer.Metadata.Next}, nil
}

const (
	// clockSlack is how much older than its sending a message of ours may look, beyond the measured offset of clocks.
	clockSlack = time.Minute
	// searchPages bounds the search for a message of ours.
	searchPages = 30
)

// Found is a message of ours with what its metadata carries.
type Found struct {
	Posted
	Payload map[string]string
}

// FindOwn looks for the message of ours that carries opID in its metadata (Payload[OpKey]), posted at or after since by
// our clock, in a channel or, with a threadTS, in that thread. If there is no such thread, the channel is searched:
// Slack posts there what answers a message that is gone. Reading may lag behind posting: ask again after a second or
// two before believing that it is not there. A channel the bot is not in cannot be searched.
func (c *Client) FindOwn(ctx context.Context, channel, threadTS string, since time.Time, opID string) (Found, bool, error) {
	found, ok, err := c.findOwn(ctx, channel, threadTS, since, opID)
	if threadTS != "" && err != nil && Classify("conversations.replies", err).Code == "thread_not_found" {
		return c.findOwn(ctx, channel, "", since, opID)
	}
	return found, ok, err
}

func (c *Client) findOwn(ctx context.Context, channel, threadTS string, since time.Time, opID string) (Found, bool, error) {
	method := "conversations.history"
	if threadTS != "" {
		method = "conversations.replies"
	}
	oldest := tsOf(since.Add(c.ClockOffset() - clockSlack))
	var found Found
	err := allPages(ctx, method, searchPages, func(cursor string) (string, error) {
		page, err := c.readPage(ctx, method, channel, threadTS, HistoryQuery{Oldest: oldest, Inclusive: true, Cursor: cursor})
		if err != nil {
			return "", err
		}
		for _, m := range page.Messages {
			if m.Payload[OpKey] == opID && c.posted(m) {
				found = Found{Posted: Posted{Channel: channel, TS: m.TS}, Payload: m.Payload}
				return "", nil
			}
		}
		return page.Next, nil
	})
	return found, found.TS != "", err
}

// OwnCopies are all messages of ours that carry opID in their metadata, posted to a channel at or after since by our
// clock: more than one when an answer was lost and the message was sent again.
func (c *Client) OwnCopies(ctx context.Context, channel string, since time.Time, opID string) ([]string, error) {
	const method = "conversations.history"
	oldest := tsOf(since.Add(c.ClockOffset() - clockSlack))
	var all []string
	err := allPages(ctx, method, searchPages, func(cursor string) (string, error) {
		page, err := c.readPage(ctx, method, channel, "", HistoryQuery{Oldest: oldest, Inclusive: true, Cursor: cursor})
		for _, m := range page.Messages {
			if m.Payload[OpKey] == opID && c.posted(m) {
				all = append(all, m.TS)
			}
		}
		return page.Next, err
	})
	return all, err
}

// OpenDM returns the channel of the direct messages with a user (conversations.open).
func (c *Client) OpenDM(ctx context.Context, user string) (string, error) {
	var answer channelAnswer
	err := c.form(ctx, "conversations.open", url.Values{"users": {user}}, &answer)
	return answer.Channel.ID, err
}

// posted reports whether a message is the bot's own, as far as AuthTest has told who the bot is.
func (c *Client) posted(m Message) bool {
	id := c.botID.Load()
	return id == nil || m.BotID == "" || m.BotID == *id
}

// tsOf is the timestamp of an instant in Slack's form.
func tsOf(t time.Time) string { return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000) }

// Message reads one message, also inside a thread. One that is not there is a *CallError with the code
// message_not_found.
func (c *Client) Message(ctx context.Context, channel, ts string) (Message, error) {
	only := HistoryQuery{Oldest: ts, Latest: ts, Inclusive: true, Limit: 2}
	page, err := c.History(ctx, channel, only)
	if err != nil {
		return Message{}, err
	}
	if m, ok := page.at(ts); ok {
		return m, nil
	}
	page, err = c.Replies(ctx, channel, ts, only)
	if err != nil && Classify("conversations.replies", err).Code != "thread_not_found" {
		return Message{}, err
	}
	if m, ok := page.at(ts); ok {
		return m, nil
	}
	return Message{}, &CallError{Method: "conversations.replies", Status: 200, Code: "message_not_found", Sent: true}
}

// MostThreads is how many threads AllSince reads.
const MostThreads = 100

// AllSince reads all messages of a channel since an instant, those in threads too. Whole says that none was left out
// for want of pages.
func (c *Client) AllSince(ctx context.Context, channel string, since time.Time) (all []Message, whole bool, err error) {
	if all, whole, err = c.RepliesSince(ctx, channel, "", since); err != nil {
		return nil, false, err
	}
	threads := 0
	for _, m := range all[:len(all):len(all)] {
		if m.ReplyCount == 0 {
			continue
		}
		if threads++; threads > MostThreads {
			return all, false, nil
		}
		replies, complete, err := c.RepliesSince(ctx, channel, m.TS, since)
		if err != nil {
			return nil, false, err
		}
		all, whole = append(all, replies...), whole && complete
	}
	return all, whole, nil
}

// RepliesSince reads the replies in a thread since an instant, without the message that they follow; without a threadTS
// the channel, without replies. Whole says that none was left out for want of pages.
func (c *Client) RepliesSince(ctx context.Context, channel, threadTS string, since time.Time) (all []Message, whole bool, err error) {
	method := "conversations.history"
	if threadTS != "" {
		method = "conversations.replies"
	}
	whole = true
	pages := 0
	err = allPages(ctx, method, searchPages+1, func(cursor string) (string, error) {
		if pages++; pages > searchPages {
			whole = false
			return "", nil
		}
		page, err := c.readPage(ctx, method, channel, threadTS, HistoryQuery{Oldest: tsOf(since.Add(c.ClockOffset() - clockSlack)), Limit: 200, Cursor: cursor})
		for _, m := range page.Messages {
			if threadTS == "" || m.TS != threadTS {
				all = append(all, m)
			}
		}
		return page.Next, err
	})
	return all, whole, err
}

// Pin is a message that somebody pinned to a channel.
type Pin struct {
	By      string // a user's id
	Message Message
}

// Pins reads what is pinned to a channel (pins.list).
func (c *Client) Pins(ctx context.Context, channel string) ([]Pin, error) {
	var answer struct {
		Items []struct {
			CreatedBy string  `json:"created_by"`
			Message   Message `json:"message"`
		} `json:"items"`
	}
	if err := c.form(ctx, "pins.list", url.Values{"channel": {channel}}, &answer); err != nil {
		return nil, err
	}
	var pins []Pin
	for _, i := range answer.Items {
		if i.Message.TS != "" { // files are pinned too
			pins = append(pins, Pin{By: i.CreatedBy, Message: i.Message})
		}
	}
	return pins, nil
}

// at finds the message with a timestamp.
func (p Page) at(ts string) (Message, bool) {
	for _, m := range p.Messages {
		if m.TS == ts {
			return m, true
		}
	}
	return Message{}, false
}
