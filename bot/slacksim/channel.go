package slacksim

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

type channelKind string

const (
	publicChannel  channelKind = "public"
	privateChannel channelKind = "private"
	directMessage  channelKind = "im"
	groupMessage   channelKind = "mpim"
)

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

func (s *Server) newConversation(kind channelKind, name, creator string, members ...string) *conversation {
	prefix := "C"
	if kind == directMessage {
		prefix = "D"
	}
	now := s.now()
	ch := &conversation{
		id: s.mint.id(prefix), name: name, kind: kind, creator: creator, created: now, updated: now,
		isMember: map[string]bool{}, byTS: map[string]*Message{}, replies: map[string][]*Message{},
	}
	for _, m := range members {
		ch.admit(m)
	}
	s.channels.add(ch)
	s.journal.note(Change{Kind: "channel", Channel: ch.id})
	return ch
}

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

// channelType is the word that message events use.
func (ch *conversation) channelType() string {
	switch ch.kind {
	case privateChannel:
		return "group"
	case directMessage:
		return "im"
	case groupMessage:
		return "mpim"
	}
	return "channel"
}

// payloadName is the name in payloads of commands and interactions.
func (ch *conversation) payloadName() string {
	switch ch.kind {
	case directMessage:
		return "directmessage"
	case privateChannel, groupMessage:
		return "privategroup"
	}
	return ch.name
}

// scopePrefix begins the scopes that cover the channel.
func (ch *conversation) scopePrefix() string {
	switch ch.kind {
	case privateChannel:
		return "groups"
	case directMessage:
		return "im"
	case groupMessage:
		return "mpim"
	}
	return "channels"
}

// writeScope is the scope that manages channels of this kind.
func (ch *conversation) writeScope() string {
	if ch.kind == publicChannel {
		return "channels:manage"
	}
	return ch.scopePrefix() + ":write"
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

// checkName applies Slack's rules for channel names. The error is the API's code.
func (s *Server) checkName(name, except string) error {
	if name == "" {
		return fail("invalid_name_required")
	}
	if utf8.RuneCountInString(name) > 80 {
		return fail("invalid_name_maxlength")
	}
	wordy := false
	for _, r := range name {
		switch {
		case unicode.IsLetter(r) && unicode.ToLower(r) == r, unicode.IsDigit(r):
			wordy = true
		case unicode.IsMark(r):
		case r == '-' || r == '_':
		default:
			return fail("invalid_name_specials")
		}
	}
	if !wordy {
		return fail("invalid_name_punctuation")
	}
	if ch := s.channels.named(name); ch != nil && ch.id != except || s.reserved(name) {
		return fail("name_taken")
	}
	return nil
}

func (s *Server) reserved(name string) bool {
	words := []string{"channel", "here", "everyone", "group", "me", "archive", "archived", "slack", "slackbot"}
	return slices.Contains(words, name) || s.groups.handled(name) != nil
}

// dm returns the direct conversation of exactly these users, making it if needed.
func (s *Server) dm(creator string, users ...string) (ch *conversation, opened bool) {
	if ch = s.channels.between(users); ch != nil {
		return ch, false
	}
	kind, name := directMessage, ""
	if len(users) > 2 {
		kind = groupMessage
		handles := make([]string, len(users))
		for i, id := range users {
			handles[i] = s.users.get(id).Name
		}
		name = "mpdm-" + strings.Join(handles, "--") + "-1"
	}
	ch = s.newConversation(kind, "", creator, users...)
	ch.name = name
	s.channels.dms[dmKey(users)] = ch.id
	return ch, true
}

func dmKey(users []string) string {
	sorted := slices.Clone(users)
	slices.Sort(sorted)
	return strings.Join(slices.Compact(sorted), ",")
}

// channelObject is a channel as the Web API shows it to the bot.
func (s *Server) channelObject(ch *conversation, countMembers bool) object {
	bot := s.app.user
	if ch.kind == directMessage {
		other := ch.other(bot)
		u := s.users.get(other)
		return object{
			"id": ch.id, "created": ch.created.Unix(), "is_archived": false, "is_im": true, "is_org_shared": false, "context_team_id": teamID,
			"updated": ch.updated.UnixMilli(), "user": other, "is_user_deleted": u != nil && u.Deleted, "is_open": true, "priority": 0,
		}
	}
	full := object{
		"id": ch.id, "name": ch.name, "name_normalized": ch.name, "is_channel": ch.kind == publicChannel || ch.kind == privateChannel,
		"is_group": false, "is_im": false, "is_mpim": ch.kind == groupMessage, "is_private": ch.kind != publicChannel,
		"is_archived": ch.archived, "is_general": ch.general, "is_member": ch.isMember[bot] && !ch.archived, "created": ch.created.Unix(),
		"creator": ch.creator, "updated": ch.updated.UnixMilli(), "unlinked": 0, "is_shared": false, "is_ext_shared": false,
		"is_org_shared": false, "is_pending_ext_shared": false, "pending_shared": []string{}, "parent_conversation": nil,
		"context_team_id": teamID, "shared_team_ids": []string{teamID}, "topic": ch.topic, "purpose": ch.purpose,
		"previous_names": append([]string{}, ch.previous...), "properties": object{"tabs": []object{}},
	}
	if countMembers {
		full["num_members"] = len(ch.members)
	}
	return full
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
