package slacksim

import (
	"fmt"
	"strings"
	"time"
)

// User is a person or bot of the workspace.
type User struct {
	ID          string `json:"id"`   // such as "U0DEV1"; AddUser makes one if empty
	Name        string `json:"name"` // the handle, without @
	RealName    string `json:"real_name"`
	DisplayName string `json:"display_name"`
	Email       string `json:"email"`
	Title       string `json:"title"`
	Phone       string `json:"phone"`
	TZ          string `json:"tz"` // an IANA zone; empty means UTC
	StatusText  string `json:"status_text"`
	StatusEmoji string `json:"status_emoji"`
	IsBot       bool   `json:"is_bot"`
	IsAdmin     bool   `json:"is_admin"`
	Guest       bool   `json:"guest"`        // a guest of several channels
	SingleGuest bool   `json:"single_guest"` // a guest of one channel
	Stranger    bool   `json:"stranger"`     // of another workspace, met in shared channels: in no list, and not announced
	Deleted     bool   `json:"deleted"`      // deactivated
	Away        bool   `json:"away"`
	// DNDUntil is the end of paused notifications; nil when they are on.
	DNDUntil *time.Time `json:"dnd_until,omitempty"`
	// UpdatedAt is set by the workspace.
	UpdatedAt time.Time `json:"updated_at"`
}

func (u *User) guest() bool { return u.Guest || u.SingleGuest }

// person reports whether one can act as the user.
func (u *User) person() bool { return !u.IsBot && !u.Deleted && u.ID != slackbotID }

// people are the users with what the app hears of them. It belongs to the server's mutex.
type people struct {
	*users
	app     *installation
	events  *events
	mint    *mint
	journal *journal
	now     func() time.Time
}

// AddUser adds a person, who also joins #general unless a guest, a stranger or a bot, and
// returns the person with all defaults filled in. A user with a known id is
// replaced. The app hears of it once it has connected for the first time, so
// that a workspace can be furnished before.
func (s *Server) AddUser(u User) User {
	s.mu.Lock()
	defer s.mu.Unlock()
	added := s.people.add(u)
	if general := s.channels.named("general"); general != nil && !added.IsBot && !added.guest() && !added.Stranger {
		general.admit(added.ID)
	}
	return *added
}

func (p *people) add(u User) *User {
	if u.ID == "" {
		u.ID = p.mint.id("U")
	}
	if u.Name == "" {
		u.Name = strings.ToLower(u.ID)
	}
	if u.RealName == "" {
		u.RealName = u.Name
	}
	if u.TZ == "" {
		u.TZ = "Etc/UTC"
	}
	u.UpdatedAt = p.now()
	old := p.get(u.ID)
	p.put(u.ID, &u)
	switch {
	case old == nil:
		if p.events.gateway.met == 0 || u.Stranger {
			break
		}
		p.events.emit(event{name: "team_join", body: object{"type": "team_join", "user": p.object(&u)}})
	default:
		p.changed(&u)
	}
	p.journal.note(Change{Kind: "user", User: u.ID})
	return &u
}

func (p *people) changed(u *User) {
	u.UpdatedAt = p.now()
	p.events.emit(event{name: "user_change", body: object{"type": "user_change", "user": p.object(u), "cache_ts": p.now().Unix()}})
	p.journal.note(Change{Kind: "user", User: u.ID})
}

// UpdateUser changes a person, as the profile page or an administrator would. The error
// says that there is no such user.
func (s *Server) UpdateUser(id string, change func(*User)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users.get(id)
	if u == nil {
		return fmt.Errorf("there is no user %q", id)
	}
	change(u)
	u.ID = id
	s.people.changed(u)
	return nil
}

// Deactivate ends a person's account.
func (s *Server) Deactivate(id string) error {
	return s.UpdateUser(id, func(u *User) { u.Deleted = true })
}

// Reactivate restores a person's account.
func (s *Server) Reactivate(id string) error {
	return s.UpdateUser(id, func(u *User) { u.Deleted = false })
}

// SetDND pauses a person's notifications until a time; the zero time ends the pause. The
// error says that there is no such user.
func (s *Server) SetDND(id string, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users.get(id)
	if u == nil {
		return fmt.Errorf("there is no user %q", id)
	}
	u.DNDUntil = nil
	if !until.IsZero() {
		u.DNDUntil = &until
	}
	s.events.emit(event{name: "dnd_updated_user", body: object{"type": "dnd_updated_user", "user": id, "dnd_status": s.people.dnd(u)}})
	s.journal.note(Change{Kind: "user", User: id})
	return nil
}

// Users returns everybody, bots and deactivated people included, in the order they came.
func (s *Server) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []User{}
	for u := range s.users.all() {
		all = append(all, *u)
	}
	return all
}

// object is a user as the Web API shows it.
func (p *people) object(u *User) object {
	zone, err := time.LoadLocation(u.TZ)
	if err != nil {
		zone = time.UTC
	}
	label, offset := p.now().In(zone).Zone()
	display := u.DisplayName
	if display == "" {
		display = u.Name
	}
	profile := object{
		"display_name": display, "display_name_normalized": display, "real_name": u.RealName, "real_name_normalized": u.RealName,
		"title": u.Title, "phone": u.Phone, "skype": "", "status_text": u.StatusText, "status_emoji": u.StatusEmoji, "status_expiration": 0,
		"avatar_hash": "g000000000", "team": teamID,
	}
	if u.Email != "" && p.app.scopes["users:read.email"] {
		profile["email"] = u.Email
	}
	if u.ID == p.app.user {
		profile["bot_id"], profile["api_app_id"] = botID, appID
	}
	full := object{
		"id": u.ID, "team_id": teamID, "name": u.Name, "real_name": u.RealName, "deleted": u.Deleted, "color": "9f69e7",
		"profile": profile, "is_bot": u.IsBot, "is_app_user": false, "updated": u.UpdatedAt.Unix(), "who_can_share_contact_card": "EVERYONE",
	}
	if u.Deleted {
		return full
	}
	full["tz"], full["tz_label"], full["tz_offset"] = u.TZ, label, offset
	full["is_admin"], full["is_owner"], full["is_primary_owner"] = u.IsAdmin, false, false
	if u.Stranger {
		full["is_stranger"], full["team_id"] = true, "T0OTHER"
	}
	full["is_restricted"], full["is_ultra_restricted"], full["is_email_confirmed"] = u.guest(), u.SingleGuest, true
	return full
}

func (p *people) dnd(u *User) object {
	if u.DNDUntil == nil || !u.DNDUntil.After(p.now()) {
		return object{"dnd_enabled": false, "next_dnd_start_ts": 1, "next_dnd_end_ts": 1}
	}
	return object{"dnd_enabled": true, "next_dnd_start_ts": p.now().Add(-time.Minute).Unix(), "next_dnd_end_ts": u.DNDUntil.Unix()}
}

// users are everybody, bots, strangers and deactivated people included.
type users struct{ table[*User] }

// find accepts an id or a handle with or without @.
func (all *users) find(idOrName string) *User {
	if u := all.get(idOrName); u != nil {
		return u
	}
	name := strings.TrimPrefix(idOrName, "@")
	for u := range all.all() {
		if strings.EqualFold(u.Name, name) {
			return u
		}
	}
	return nil
}

// named reports whether somebody has exactly this handle.
func (all *users) named(handle string) bool {
	for u := range all.all() {
		if u.Name == handle {
			return true
		}
	}
	return false
}

// first is the first person whom one can be, or Slackbot.
func (all *users) first() string {
	for u := range all.all() {
		if u.person() {
			return u.ID
		}
	}
	return slackbotID
}

// botHandle makes the handle Slack gives a bot user.
func botHandle(name string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' {
			return '_'
		}
		return r
	}, strings.ToLower(name))
}

// usersAPI are the methods about people, the team and the app itself.
type usersAPI struct {
	*sight
	people *people
	team   *team
	now    func() time.Time
}

func apiTest(c *call) (object, error) {
	if code := c.str("error"); code != "" {
		return nil, fail(code)
	}
	return object{"args": c.args}, nil
}

func (a *usersAPI) authTest(_ *call) (object, error) {
	bot := a.users.get(a.app.user)
	return object{
		"url": a.team.base + "/", "team": a.team.name, "user": bot.Name, "team_id": teamID, "user_id": bot.ID, "bot_id": botID,
		"is_enterprise_install": false,
	}, nil
}

func (a *usersAPI) botsInfo(c *call) (object, error) {
	if id := c.str("bot"); id != "" && id != botID {
		return nil, fail("bot_not_found")
	}
	bot := a.users.get(a.app.user)
	return object{"bot": object{
		"id": botID, "deleted": false, "name": bot.RealName, "updated": bot.UpdatedAt.Unix(), "app_id": appID, "user_id": bot.ID,
		"icons": object{"image_36": "", "image_48": "", "image_72": ""},
	}}, nil
}

func emojiList(*call) (object, error) {
	return object{"emoji": object{}, "cache_ts": "1"}, nil
}

func (a *usersAPI) teamInfo(c *call) (object, error) {
	if id := c.str("team"); id != "" && id != teamID {
		return nil, fail("team_not_found")
	}
	return object{"team": object{
		"id": teamID, "name": a.team.name, "domain": a.team.domain, "email_domain": "", "url": a.team.base + "/",
		"icon": object{"image_default": true}, "enterprise_id": "", "enterprise_name": "",
	}}, nil
}

func (a *usersAPI) info(c *call, u *User) (object, error) {
	return object{"user": a.people.object(u)}, nil
}

func (a *usersAPI) list(c *call) (object, error) {
	from, to, next, err := c.page(len(a.users.order), 1000, 1000)
	if err != nil {
		return nil, err
	}
	members := []object{}
	for _, id := range a.users.order[from:to] {
		if u := a.users.get(id); !u.Stranger {
			members = append(members, a.people.object(u))
		}
	}
	return object{"members": members, "cache_ts": a.now().Unix(), "response_metadata": nextCursor(next)}, nil
}

func (a *usersAPI) lookupByEmail(c *call) (object, error) {
	email := c.str("email")
	for u := range a.users.all() {
		if email != "" && !u.Deleted && strings.EqualFold(u.Email, email) {
			return object{"user": a.people.object(u)}, nil
		}
	}
	return nil, fail("users_not_found")
}

func (a *usersAPI) profile(c *call, u *User) (object, error) {
	profile := a.people.object(u)["profile"].(object)
	profile["fields"] = object{}
	return object{"profile": profile}, nil
}

func (a *usersAPI) presence(c *call, u *User) (object, error) {
	presence := "active"
	if u.Away || u.Deleted {
		presence = "away"
	}
	return object{"presence": presence}, nil
}

func (a *usersAPI) dndInfo(c *call, u *User) (object, error) {
	return a.people.dnd(u), nil
}

func (a *usersAPI) dndTeamInfo(c *call) (object, error) {
	ids := c.list("users")
	if len(ids) == 0 {
		return nil, failArguments("missing required field: users")
	}
	if len(ids) > 50 {
		return nil, fail("too_many_users")
	}
	found := object{}
	for _, id := range ids {
		if u := a.users.get(id); u != nil {
			found[id] = a.people.dnd(u)
		}
	}
	return object{"users": found}, nil
}
