package slacksim

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// State is what one person sees of the workspace at one moment: the answer of
// GET /sim/api/state. Numbers of change (seq) are those of the stream.
type State struct {
	Seq      uint64         `json:"seq"`
	Now      time.Time      `json:"now"`
	User     string         `json:"user"`
	Team     StateTeam      `json:"team"`
	App      StateApp       `json:"app"`
	Users    []User         `json:"users"` // everybody, bots and deactivated people included
	Groups   []userGroup    `json:"usergroups"`
	Channels []StateChannel `json:"channels"` // those the person sees; direct messages are among them
	// Ephemerals are the messages only this person sees, in all channels.
	Ephemerals []PlacedMessage `json:"ephemerals"`
	Views      []object        `json:"views"` // open modals as Slack shows them, topmost last, plus errors, trouble and busy
	Home       object          `json:"home"`  // the Home tab, or null
	Files      []File          `json:"files"`
	Mentions   map[string]int  `json:"mentions"` // user id -> unread mentions and direct messages, for every person
	Sockets    int             `json:"sockets"`  // open sockets of the app
	Waiting    int             `json:"waiting"`  // envelopes without acknowledgement so far
	Faults     StateFaults     `json:"faults"`
}

// StateTeam is the workspace.
type StateTeam struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Domain string `json:"domain"`
	URL    string `json:"url"`
}

// StateApp is the installed app, from its manifest.
type StateApp struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	UserID      string         `json:"user_id"` // the bot user
	BotID       string         `json:"bot_id"`
	HomeTab     bool           `json:"home_tab"`
	MessagesTab bool           `json:"messages_tab"`
	ReadOnly    bool           `json:"messages_read_only"`
	Commands    []CommandInfo  `json:"commands"`
	Shortcuts   []ShortcutInfo `json:"shortcuts"`
}

// StateChannel is a channel as one person sees it.
type StateChannel struct {
	Channel
	IsMember  bool      `json:"is_member"`
	IsPrivate bool      `json:"is_private"`
	IsIM      bool      `json:"is_im"`
	IsMPIM    bool      `json:"is_mpim"`
	IsGeneral bool      `json:"is_general"`
	User      string    `json:"user,omitempty"` // the partner of a direct message
	LastRead  string    `json:"last_read"`      // ts, "" for never
	Unread    int       `json:"unread"`
	Mentions  int       `json:"mentions"`           // unread messages that mention the person
	Messages  []Message `json:"messages,omitempty"` // the latest, thread replies included, oldest first
}

// PlacedMessage is a message with its channel.
type PlacedMessage struct {
	Channel string `json:"channel"`
	Message
}

// StateFaults is what is wrong with Slack by hand.
type StateFaults struct {
	Down          bool                  `json:"down"`
	TokensRevoked bool                  `json:"tokens_revoked"`
	Cut           Cut                   `json:"cut"`    // armed for the next delivery
	Refuse        Refusal               `json:"refuse"` // why no new socket can be had
	Calls         []ListedFault         `json:"calls"`
	Envelopes     []ListedEnvelopeFault `json:"envelopes"`
}

// ListedFault is a fault of calls with the id that clears it.
type ListedFault struct {
	ID int `json:"id"`
	Fault
}

// ListedEnvelopeFault is a fault of deliveries with the id that clears it.
type ListedEnvelopeFault struct {
	ID int `json:"id"`
	EnvelopeFault
}

const defaultMessages = 200

func (ctl *control) serveState(w http.ResponseWriter, r *http.Request) {
	var state State
	ctl.server.mu.Lock()
	u := ctl.server.users.find(cmp.Or(r.URL.Query().Get("user"), ctl.server.users.first()))
	if u != nil {
		state = ctl.sees.state(u.ID, count(r, "messages", defaultMessages))
	}
	ctl.server.mu.Unlock()
	if u == nil {
		refuse(w, http.StatusNotFound, "there is no such user")
		return
	}
	answerJSON(w, http.StatusOK, state)
}

// snapshots shows the workspace as one person sees it. It belongs to the server's mutex.
type snapshots struct {
	*directory
	app     *installation
	team    *team
	clients *clients
	files   *fileStore
	gateway *gateway
	faults  *faults
	journal *journal
	now     func() time.Time
}

func (s *snapshots) state(user string, messages int) State {
	home := s.app.manifest.Features.AppHome
	state := State{
		Seq: s.journal.seq, Now: s.now().UTC(), User: user, Team: StateTeam{teamID, s.team.name, s.team.domain, s.team.base + "/"},
		App: StateApp{
			ID: appID, Name: s.app.manifest.Display.Name, UserID: s.app.user, BotID: botID, HomeTab: home.HomeTab,
			MessagesTab: s.app.messages(), ReadOnly: home.MessagesReadOnly,
			Commands: last(s.app.manifest.Features.Commands, 50), Shortcuts: last(s.app.manifest.Features.Shortcuts, 10),
		},
		Users: []User{}, Groups: []userGroup{}, Channels: []StateChannel{}, Ephemerals: []PlacedMessage{}, Views: []object{}, Files: []File{}, Mentions: map[string]int{},
		Sockets: len(s.gateway.sockets), Waiting: len(s.gateway.outstanding), Faults: s.faultState(),
	}
	for u := range s.users.all() {
		state.Users = append(state.Users, *u)
		if u.person() {
			state.Mentions[u.ID] = s.waitingFor(u.ID)
		}
	}
	for g := range s.groups.all() {
		shown := *g
		shown.Users, shown.Channels = slices.Clone(g.Users), slices.Clone(g.Channels)
		state.Groups = append(state.Groups, shown)
	}
	for ch := range s.channels.all() {
		if s.seen(ch, user) {
			state.Channels = append(state.Channels, s.channel(ch, user, messages))
		}
	}
	own := s.clients.of(user)
	for _, m := range own.ephemerals.all {
		state.Ephemerals = append(state.Ephemerals, PlacedMessage{m.Channel, m.clone()})
	}
	for _, v := range own.stack {
		state.Views = append(state.Views, v.state())
	}
	if v := own.home; v != nil {
		state.Home = v.state()
	}
	for f := range s.files.all() {
		if f.shared && slices.ContainsFunc(f.channels, func(id string) bool { ch := s.channels.get(id); return ch != nil && s.seen(ch, user) }) {
			state.Files = append(state.Files, f.export())
		}
	}
	return state
}

// seen reports whether a person can open a channel.
func (s *snapshots) seen(ch *conversation, user string) bool {
	u := s.users.get(user)
	return ch.isMember[user] || ch.kind == publicChannel && u != nil && !u.guest()
}

func (s *snapshots) channel(ch *conversation, user string, messages int) StateChannel {
	out := StateChannel{
		Channel: ch.export(), IsMember: ch.isMember[user], IsPrivate: ch.kind == privateChannel, IsIM: ch.kind == directMessage,
		IsMPIM: ch.kind == groupMessage, IsGeneral: ch.general, LastRead: s.clients.of(user).reads[ch.id],
	}
	if ch.kind == directMessage {
		out.User = ch.other(user)
	}
	if out.IsMember {
		out.Unread, out.Mentions = s.unread(ch, user, out.LastRead)
	}
	for _, m := range last(ch.messages, messages) {
		out.Messages = append(out.Messages, m.clone())
	}
	return out
}

// unread counts what came after the last message read, Slack's own lines and
// thread replies aside.
func (s *snapshots) unread(ch *conversation, user, lastRead string) (unread, mentions int) {
	for _, m := range slices.Backward(ch.messages) {
		if m.TS <= lastRead {
			break
		}
		if m.User == user || !m.inChannel() || m.Subtype != "" && m.Subtype != "bot_message" && m.Subtype != "file_share" && m.Subtype != "thread_broadcast" {
			continue
		}
		unread++
		if ch.direct() || containsMention(m.Text, user) || containsMention(string(m.Blocks), user) || broadcasts(m.Text) {
			mentions++
		}
	}
	return unread, mentions
}

// waitingFor counts a person's unread mentions and direct messages.
func (s *snapshots) waitingFor(user string) int {
	total := 0
	for ch := range s.channels.all() {
		if ch.isMember[user] {
			_, mentions := s.unread(ch, user, s.clients.of(user).reads[ch.id])
			total += mentions
		}
	}
	return total
}

func broadcasts(text string) bool {
	return strings.Contains(text, "<!here") || strings.Contains(text, "<!channel") || strings.Contains(text, "<!everyone")
}

func (s *snapshots) faultState() StateFaults {
	f := s.faults
	out := StateFaults{
		Down: f.down, TokensRevoked: s.app.bot.revoked || s.app.level.revoked, Cut: f.cut, Refuse: f.refuse,
		Calls: []ListedFault{}, Envelopes: []ListedEnvelopeFault{},
	}
	for _, a := range f.calls {
		out.Calls = append(out.Calls, ListedFault{a.id, a.Fault})
	}
	for _, a := range f.envelopes {
		out.Envelopes = append(out.Envelopes, ListedEnvelopeFault{a.id, a.EnvelopeFault})
	}
	return out
}

func (ctl *control) serveMessages(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	limit, before := count(r, "limit", defaultMessages), query.Get("before")
	ctl.server.mu.Lock()
	ch := ctl.server.channels.find(query.Get("channel"))
	u := ctl.server.users.find(query.Get("user"))
	if ch == nil || u == nil || !ctl.sees.seen(ch, u.ID) {
		ctl.server.mu.Unlock()
		refuse(w, http.StatusNotFound, "that user sees no such channel")
		return
	}
	all := ch.messages
	if before != "" {
		if i := slices.IndexFunc(all, func(m *Message) bool { return m.TS >= before }); i >= 0 {
			all = all[:i]
		}
	}
	found := []Message{}
	for _, m := range last(all, limit) {
		found = append(found, m.clone())
	}
	ctl.server.mu.Unlock()
	answerJSON(w, http.StatusOK, object{"messages": found, "has_more": len(all) > len(found)})
}
