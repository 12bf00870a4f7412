package slacksim

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

type channelKind string

const (
	publicChannel  channelKind = "public"
	privateChannel channelKind = "private"
	directMessage  channelKind = "im"
	groupMessage   channelKind = "mpim"
)

// terms are what Slack calls a kind of conversation.
type terms struct {
	listed  string // among the types of conversations.list
	family  string // begins its scopes, and ends its message subscription
	event   string // in message events
	payload string // in payloads of commands and interactions; "" for the channel's own name
}

var kindTerms = map[channelKind]terms{
	publicChannel:  {"public_channel", "channels", "channel", ""},
	privateChannel: {"private_channel", "groups", "group", "privategroup"},
	directMessage:  {"im", "im", "im", "directmessage"},
	groupMessage:   {"mpim", "mpim", "mpim", "privategroup"},
}

type note struct {
	Value   string `json:"value"`
	Creator string `json:"creator"`
	LastSet int64  `json:"last_set"`
}

type pinned struct {
	ts, user string
	created  int64
}

// conversation is a channel of any kind. Its maps and slices belong to the
// server's mutex.
type conversation struct {
	id, name       string
	kind           channelKind
	archived       bool
	general        bool
	creator        string
	created        time.Time
	updated        time.Time
	topic, purpose note
	previous       []string
	members        []string
	isMember       map[string]bool
	messages       []*Message // by ts, replies included
	byTS           map[string]*Message
	replies        map[string][]*Message // by parent ts
	pins           []pinned
	bookmarks      []*Bookmark
}

// channels are all conversations, archived ones included.
type channels struct {
	table[*conversation]
	names map[string]string // name of a channel -> id
	dms   map[string]string // set of members -> id
}

func (all *channels) add(ch *conversation) {
	all.put(ch.id, ch)
	if ch.name != "" {
		all.names[ch.name] = ch.id
	}
}

func (all *channels) rename(ch *conversation, name string) {
	delete(all.names, ch.name)
	ch.name = name
	all.names[name] = ch.id
}

func (all *channels) drop(ch *conversation) {
	all.remove(ch.id)
	delete(all.names, ch.name)
}

// named is the channel of a name, or nil. Direct messages have none.
func (all *channels) named(name string) *conversation { return all.get(all.names[name]) }

// find accepts an id, or a name with or without #.
func (all *channels) find(idOrName string) *conversation {
	if ch := all.get(idOrName); ch != nil {
		return ch
	}
	return all.named(strings.TrimPrefix(idOrName, "#"))
}

// between is the direct conversation of exactly these users, or nil.
func (all *channels) between(users []string) *conversation { return all.get(all.dms[dmKey(users)]) }

func (ch *conversation) admit(user string) {
	if !ch.isMember[user] {
		ch.isMember[user] = true
		ch.members = append(ch.members, user)
	}
}

func (ch *conversation) dismiss(user string) {
	if ch.isMember[user] {
		delete(ch.isMember, user)
		ch.members = slices.DeleteFunc(ch.members, func(m string) bool { return m == user })
	}
}

func (ch *conversation) direct() bool { return ch.kind == directMessage || ch.kind == groupMessage }

// shownName is the name in mentions: withheld for private channels.
func (ch *conversation) shownName() string {
	if ch.kind == publicChannel {
		return ch.name
	}
	return ""
}

// family begins the scopes that cover the channel.
func (ch *conversation) family() string { return kindTerms[ch.kind].family }

// payloadName is the name in payloads of commands and interactions.
func (ch *conversation) payloadName() string { return cmp.Or(kindTerms[ch.kind].payload, ch.name) }

// writeScope is the scope that manages channels of this kind.
func (ch *conversation) writeScope() string {
	if ch.kind == publicChannel {
		return "channels:manage"
	}
	return ch.family() + ":write"
}

// other is the partner of a user in a direct message.
func (ch *conversation) other(user string) string {
	for _, m := range ch.members {
		if m != user {
			return m
		}
	}
	return user
}

// add puts a message in its place. The caller has given it the newest ts.
func (ch *conversation) add(m *Message) {
	ch.messages = append(ch.messages, m)
	ch.byTS[m.TS] = m
	if m.IsReply() {
		ch.replies[m.ThreadTS] = append(ch.replies[m.ThreadTS], m)
	}
}

func (ch *conversation) remove(m *Message) {
	gone := func(x *Message) bool { return x == m }
	ch.messages = slices.DeleteFunc(ch.messages, gone)
	delete(ch.byTS, m.TS)
	if m.IsReply() {
		ch.replies[m.ThreadTS] = slices.DeleteFunc(ch.replies[m.ThreadTS], gone)
	}
}

func dmKey(users []string) string {
	sorted := slices.Clone(users)
	slices.Sort(sorted)
	return strings.Join(slices.Compact(sorted), ",")
}

func (ch *conversation) export() Channel {
	out := Channel{
		ID: ch.id, Name: ch.name, Kind: string(ch.kind), Topic: ch.topic.Value, Purpose: ch.purpose.Value, Archived: ch.archived, Creator: ch.creator,
		Created: ch.created.Unix(), Members: slices.Clone(ch.members), Pins: []Pin{}, Bookmarks: []Bookmark{},
	}
	for _, p := range ch.pins {
		out.Pins = append(out.Pins, Pin{TS: p.ts, User: p.user, Created: p.created})
	}
	for _, b := range ch.bookmarks {
		out.Bookmarks = append(out.Bookmarks, *b)
	}
	return out
}
