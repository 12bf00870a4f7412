package slacksim

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Message is a message as Slack sends it, which is also how tests and the page
// see it. Blocks are as given, with the block and action ids that Slack adds.
type Message struct {
	Type            string          `json:"type"`
	Subtype         string          `json:"subtype,omitempty"`
	Hidden          bool            `json:"hidden,omitempty"`
	User            string          `json:"user,omitempty"`
	BotID           string          `json:"bot_id,omitempty"`
	AppID           string          `json:"app_id,omitempty"`
	BotProfile      *BotProfile     `json:"bot_profile,omitempty"`
	Username        string          `json:"username,omitempty"`
	Icons           json.RawMessage `json:"icons,omitempty"`
	Team            string          `json:"team,omitempty"`
	Text            string          `json:"text"`
	TS              string          `json:"ts"`
	ClientMsgID     string          `json:"client_msg_id,omitempty"`
	Blocks          json.RawMessage `json:"blocks,omitempty"`
	Attachments     json.RawMessage `json:"attachments,omitempty"`
	Metadata        json.RawMessage `json:"metadata,omitempty"`
	Files           []object        `json:"files,omitempty"`
	Upload          bool            `json:"upload,omitempty"`
	Edited          *Edited         `json:"edited,omitempty"`
	ThreadTS        string          `json:"thread_ts,omitempty"`
	ParentUserID    string          `json:"parent_user_id,omitempty"`
	ReplyCount      int             `json:"reply_count,omitempty"`
	ReplyUsersCount int             `json:"reply_users_count,omitempty"`
	ReplyUsers      []string        `json:"reply_users,omitempty"`
	LatestReply     string          `json:"latest_reply,omitempty"`
	Reactions       []Reaction      `json:"reactions,omitempty"`
	PinnedTo        []string        `json:"pinned_to,omitempty"`
	PinnedInfo      *PinnedInfo     `json:"pinned_info,omitempty"`
	Topic           string          `json:"topic,omitempty"`
	Purpose         string          `json:"purpose,omitempty"`
	OldName         string          `json:"old_name,omitempty"`
	Name            string          `json:"name,omitempty"`
	Inviter         string          `json:"inviter,omitempty"`
	IsEphemeral     bool            `json:"is_ephemeral,omitempty"`

	// Channel is not part of the wire shape: Slack puts it beside the message.
	Channel string `json:"-"`

	shown   []object  // the blocks before the last change
	changed time.Time // when that was
}

// BotProfile is the card of the app behind a bot's message.
type BotProfile struct {
	ID      string            `json:"id"`
	AppID   string            `json:"app_id"`
	Name    string            `json:"name"`
	Icons   map[string]string `json:"icons"`
	Deleted bool              `json:"deleted"`
	Updated int64             `json:"updated"`
	TeamID  string            `json:"team_id"`
}

// Edited says who changed a message last.
type Edited struct {
	User string `json:"user"`
	TS   string `json:"ts"`
}

// Reaction is one emoji under a message.
type Reaction struct {
	Name  string   `json:"name"`
	Users []string `json:"users"`
	Count int      `json:"count"`
}

// PinnedInfo says who pinned a message.
type PinnedInfo struct {
	Channel  string `json:"channel"`
	PinnedBy string `json:"pinned_by"`
	PinnedTS int64  `json:"pinned_ts"`
}

// IsReply reports whether the message stands in a thread under another one.
func (m *Message) IsReply() bool { return m.ThreadTS != "" && m.ThreadTS != m.TS }

// inChannel reports whether the channel itself shows the message, rather than
// only the thread.
func (m *Message) inChannel() bool { return !m.IsReply() || m.Subtype == "thread_broadcast" }

// layout is the message's blocks, those of its attachments included.
func (m *Message) layout() []object {
	blocks := decodeBlocks(m.Blocks)
	for _, a := range decodeBlocks(m.Attachments) {
		if inner, err := json.Marshal(a["blocks"]); err == nil {
			blocks = append(blocks, decodeBlocks(inner)...)
		}
	}
	return blocks
}

// changeSeen is how long it takes until a change of a message has reached everybody's
// screen: what is pressed until then was on it.
const changeSeen = 2 * time.Second

// stale is what some still see of the message: its blocks before a change of just now.
func (m *Message) stale(now time.Time) []object {
	if now.Sub(m.changed) > changeSeen {
		return nil
	}
	return m.shown
}

// clone copies everything that may change later. Raw JSON is replaced, never
// written into, so it can be shared.
func (m *Message) clone() Message {
	c := *m
	c.ReplyUsers = slices.Clone(m.ReplyUsers)
	c.PinnedTo = slices.Clone(m.PinnedTo)
	c.Reactions = slices.Clone(m.Reactions)
	for i := range c.Reactions {
		c.Reactions[i].Users = slices.Clone(c.Reactions[i].Users)
	}
	return c
}

// draft is a message before it has a place.
type draft struct {
	text, threadTS               string
	blocks, attachments          json.RawMessage
	metadata                     json.RawMessage
	broadcast                    bool
	username, iconEmoji, iconURL string
	subtype, clientMsgID         string
	files                        []object
}

const (
	maxText      = 40_000 // longer text is cut when posted
	maxUpdate    = 4_000  // longer text is refused by chat.update
	maxBlockText = 12_000 // of all blocks together; undocumented, reports place it between 11,341 and 13,200
	maxMarkdown  = 12_000
	maxMetadata  = 8_000 // unpublished; a guess on the safe side
)

// readDraft takes the message fields of a call and refuses what Slack refuses.
func readDraft(c *call, m *mint) (draft, error) {
	d := draft{
		text: c.str("text"), threadTS: c.str("thread_ts"), broadcast: c.flag("reply_broadcast"),
		username: c.str("username"), iconEmoji: c.str("icon_emoji"), iconURL: c.str("icon_url"),
	}
	var err error
	var length int
	if d.blocks, length, err = readBlocks(c.raw("blocks"), m); err != nil {
		return d, err
	}
	if d.attachments, err = readAttachments(c.raw("attachments"), m); err != nil {
		return d, err
	}
	if d.metadata, err = readMetadata(c.raw("metadata")); err != nil {
		return d, err
	}
	if markdown := c.str("markdown_text"); markdown != "" {
		if d.text != "" || len(d.blocks) > 0 {
			return d, fail("markdown_text_conflict")
		}
		if utf8.RuneCountInString(markdown) > maxMarkdown {
			return d, fail("msg_too_long")
		}
		d.text = markdown
	}
	if length > maxBlockText {
		return d, fail("msg_blocks_too_long")
	}
	return d, nil
}

func (d *draft) empty() bool {
	return strings.TrimSpace(d.text) == "" && len(d.blocks) == 0 && len(d.attachments) == 0 && len(d.files) == 0
}

// readMetadata returns nil for absent metadata, including the empty shape that
// some clients always send.
func readMetadata(raw json.RawMessage) (json.RawMessage, error) {
	if raw == nil {
		return nil, nil
	}
	var m struct {
		EventType    string          `json:"event_type"`
		EventPayload json.RawMessage `json:"event_payload"`
		Entities     json.RawMessage `json:"entities"`
	}
	if json.Unmarshal(raw, &m) != nil {
		return nil, fail("invalid_metadata_format")
	}
	payload := strings.TrimSpace(string(m.EventPayload))
	blank := payload == "" || payload == "null" || payload == "{}"
	switch {
	case m.EventType == "" && blank && m.Entities == nil:
		return nil, nil
	case m.EventType == "" && m.Entities == nil:
		return nil, fail("invalid_metadata_schema")
	case payload != "" && payload != "null" && payload[0] != '{':
		return nil, fail("invalid_metadata_schema")
	case len(raw) > maxMetadata:
		return nil, fail("metadata_too_large")
	}
	return raw, nil
}

// withoutPayload is the metadata that readers get unless they ask for all of it.
func withoutPayload(raw json.RawMessage) json.RawMessage {
	var m struct {
		EventType string `json:"event_type"`
	}
	if raw == nil || json.Unmarshal(raw, &m) != nil {
		return nil
	}
	short, err := json.Marshal(m)
	if err != nil {
		return nil
	}
	return short
}
