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

func (s *Server) newConversation(kind channelKind, name, creator string, members ...string) *conversation {
	prefix := "C"
	if kind == directMessage {
		prefix = "D"
	}
	now := s.now()
	ch := &conversation{
		id: s.newID(prefix), name: name, kind: kind, creator: creator, created: now, updated: now,
		isMember: map[string]bool{}, byTS: map[string]*Message{}, replies: map[string][]*Message{},
	}
	for _, m := range members {
		ch.admit(m)
	}
	s.channels[ch.id] = ch
	if name != "" {
		s.names[name] = ch.id
	}
	s.note(Change{Kind: "channel", Channel: ch.id})
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
	if id, taken := s.names[name]; taken && id != except || s.reserved(name) {
		return fail("name_taken")
	}
	return nil
}

func (s *Server) reserved(name string) bool {
	if slices.Contains([]string{"channel", "here", "everyone", "group", "me", "archive", "archived", "slack", "slackbot"}, name) {
		return true
	}
	for _, g := range s.groups {
		if g.Handle == name {
			return true
		}
	}
	return false
}

// findChannel accepts an id, or a name with or without #.
func (s *Server) findChannel(idOrName string) *conversation {
	if ch := s.channels[idOrName]; ch != nil {
		return ch
	}
	return s.channels[s.names[strings.TrimPrefix(idOrName, "#")]]
}

// dm returns the direct conversation of exactly these users, making it if needed.
func (s *Server) dm(creator string, users ...string) (ch *conversation, opened bool) {
	key := dmKey(users)
	if id := s.dms[key]; id != "" {
		return s.channels[id], false
	}
	kind, name := directMessage, ""
	if len(users) > 2 {
		kind = groupMessage
		handles := make([]string, len(users))
		for i, id := range users {
			handles[i] = s.users[id].Name
		}
		name = "mpdm-" + strings.Join(handles, "--") + "-1"
	}
	ch = s.newConversation(kind, "", creator, users...)
	ch.name = name
	s.dms[key] = ch.id
	return ch, true
}

func dmKey(users []string) string {
	sorted := slices.Clone(users)
	slices.Sort(sorted)
	return strings.Join(slices.Compact(sorted), ",")
}

// channelObject is a channel as the Web API shows it to the bot.
func (s *Server) channelObject(ch *conversation, countMembers bool) object {
	bot := s.config.BotUserID
	if ch.kind == directMessage {
		other := ch.other(bot)
		u := s.users[other]
		return object{
			"id": ch.id, "created": ch.created.Unix(), "is_archived": false, "is_im": true, "is_org_shared": false, "context_team_id": s.team.ID,
			"updated": ch.updated.UnixMilli(), "user": other, "is_user_deleted": u != nil && u.Deleted, "is_open": true, "priority": 0,
		}
	}
	full := object{
		"id": ch.id, "name": ch.name, "name_normalized": ch.name, "is_channel": ch.kind == publicChannel || ch.kind == privateChannel,
		"is_group": false, "is_im": false, "is_mpim": ch.kind == groupMessage, "is_private": ch.kind != publicChannel,
		"is_archived": ch.archived, "is_general": ch.general, "is_member": ch.isMember[bot] && !ch.archived, "created": ch.created.Unix(),
		"creator": ch.creator, "updated": ch.updated.UnixMilli(), "unlinked": 0, "is_shared": false, "is_ext_shared": false,
		"is_org_shared": false, "is_pending_ext_shared": false, "pending_shared": []string{}, "parent_conversation": nil,
		"context_team_id": s.team.ID, "shared_team_ids": []string{s.team.ID}, "topic": ch.topic, "purpose": ch.purpose,
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
