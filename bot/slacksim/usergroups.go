package slacksim

import (
	"regexp"
	"slices"
	"time"
	"unicode/utf8"
)

// userGroup is a group that can be mentioned, such as @oncall-db.
type userGroup struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Handle      string   `json:"handle"`
	Description string   `json:"description"`
	Users       []string `json:"users"`
	Channels    []string `json:"channels"`
	Created     int64    `json:"created"`
	Updated     int64    `json:"updated"`
	Disabled    int64    `json:"disabled"` // when; 0 for an active group
	CreatedBy   string   `json:"created_by"`
	UpdatedBy   string   `json:"updated_by"`
}

// groupHandle has no count: the large classes would be compiled 21 times.
var groupHandle = regexp.MustCompile(`^[\p{Ll}\p{Lo}0-9._-]+$`)

const longestHandle = 21 // characters

// groups are all user groups, disabled ones included.
type groups struct{ table[*userGroup] }

// handled is the group of a handle, or nil.
func (all *groups) handled(handle string) *userGroup {
	for g := range all.all() {
		if g.Handle == handle {
			return g
		}
	}
	return nil
}

func (g *userGroup) object(withUsers bool) object {
	o := object{
		"id": g.ID, "team_id": teamID, "is_usergroup": true, "is_subteam": true, "name": g.Name, "description": g.Description, "handle": g.Handle,
		"is_external": false, "date_create": g.Created, "date_update": g.Updated, "date_delete": g.Disabled, "auto_type": nil,
		"created_by": g.CreatedBy, "updated_by": g.UpdatedBy, "deleted_by": nil, "user_count": len(g.Users),
		"prefs": object{"channels": append([]string{}, g.Channels...), "groups": []string{}},
	}
	if g.Disabled != 0 {
		o["deleted_by"] = g.UpdatedBy
	}
	if withUsers {
		o["users"] = append([]string{}, g.Users...)
	}
	return o
}

// usergroupsAPI are the usergroups methods.
type usergroupsAPI struct {
	*directory
	app     *installation
	team    *team
	events  *events
	mint    *mint
	journal *journal
	now     func() time.Time
}

func (a *usergroupsAPI) paid() error {
	if !a.team.paid {
		return fail("paid_teams_only")
	}
	return nil
}

func (a *usergroupsAPI) group(c *call) (*userGroup, error) {
	if err := a.paid(); err != nil {
		return nil, err
	}
	g := a.groups.get(c.str("usergroup"))
	if g == nil {
		return nil, fail("no_such_subteam")
	}
	return g, nil
}

func (a *usergroupsAPI) list(c *call) (object, error) {
	if err := a.paid(); err != nil {
		return nil, err
	}
	groups := []object{}
	for g := range a.groups.all() {
		if g.Disabled == 0 || c.flag("include_disabled") {
			groups = append(groups, g.object(c.flag("include_users")))
		}
	}
	return object{"usergroups": groups}, nil
}

// describeGroup checks the fields of a group as create and update take them.
func (a *usergroupsAPI) describe(c *call, g *userGroup) error {
	next := *g
	for name, field := range map[string]*string{"name": &next.Name, "handle": &next.Handle, "description": &next.Description} {
		if c.has(name) {
			*field = c.str(name)
		}
	}
	if c.has("channels") {
		next.Channels = c.list("channels")
	}
	switch {
	case next.Name == "":
		return fail("no_name_provided")
	case utf8.RuneCountInString(next.Name) > 80:
		return fail("name_too_long")
	case utf8.RuneCountInString(next.Description) > 140:
		return fail("description_too_long")
	case next.Handle != "" && (utf8.RuneCountInString(next.Handle) > longestHandle || !groupHandle.MatchString(next.Handle)):
		return fail("bad_handle")
	}
	for other := range a.groups.all() {
		switch {
		case other.ID == g.ID:
		case other.Name == next.Name:
			return fail("name_already_exists")
		case next.Handle != "" && other.Handle == next.Handle:
			return fail("handle_already_exists")
		}
	}
	if next.Handle != "" && next.Handle != g.Handle && (a.channels.named(next.Handle) != nil || a.users.named(next.Handle)) {
		return fail("handle_already_exists")
	}
	next.Updated, next.UpdatedBy = a.now().Unix(), a.app.user
	*g = next
	return nil
}

func (a *usergroupsAPI) create(c *call) (object, error) {
	if err := a.paid(); err != nil {
		return nil, err
	}
	g := &userGroup{ID: a.mint.id("S"), Created: a.now().Unix(), CreatedBy: a.app.user}
	if err := a.describe(c, g); err != nil {
		return nil, err
	}
	a.groups.put(g.ID, g)
	a.changed("subteam_created", g)
	return object{"usergroup": g.object(true)}, nil
}

func (a *usergroupsAPI) changed(name string, g *userGroup) {
	a.events.emit(event{name: name, body: object{"type": name, "subteam": g.object(true)}})
	a.journal.note(Change{Kind: "usergroup"})
}

func (a *usergroupsAPI) update(c *call, g *userGroup) (object, error) {
	if err := a.describe(c, g); err != nil {
		return nil, err
	}
	a.changed("subteam_updated", g)
	return object{"usergroup": g.object(true)}, nil
}

func (a *usergroupsAPI) enable(_ *call, g *userGroup) (object, error) { return a.toggle(g, 0) }

func (a *usergroupsAPI) disable(_ *call, g *userGroup) (object, error) {
	return a.toggle(g, a.now().Unix())
}

func (a *usergroupsAPI) toggle(g *userGroup, disabled int64) (object, error) {
	g.Disabled, g.Updated, g.UpdatedBy = disabled, a.now().Unix(), a.app.user
	a.changed("subteam_updated", g)
	return object{"usergroup": g.object(true)}, nil
}

func (a *usergroupsAPI) members(c *call, g *userGroup) (object, error) {
	return object{"users": append([]string{}, g.Users...)}, nil
}

// usergroupsUsersUpdate replaces the whole list, which cannot become empty.
func (a *usergroupsAPI) setMembers(c *call, g *userGroup) (object, error) {
	ids := c.list("users")
	if len(ids) == 0 {
		return nil, fail("no_users_provided")
	}
	for _, id := range ids {
		u := a.users.get(id)
		switch {
		case u == nil, u.IsBot, u.Deleted:
			return nil, fail("invalid_users")
		case u.SingleGuest:
			return nil, fail("failed_for_some_users")
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	added := without(ids, g.Users)
	removed := without(g.Users, ids)
	g.Users, g.Updated, g.UpdatedBy = ids, a.now().Unix(), a.app.user
	a.events.emit(event{name: "subteam_members_changed", body: object{
		"type": "subteam_members_changed", "subteam_id": g.ID, "team_id": teamID, "date_previous_update": g.Updated, "date_update": g.Updated,
		"added_users": added, "added_users_count": len(added), "removed_users": removed, "removed_users_count": len(removed),
	}})
	a.changed("subteam_updated", g)
	return object{"usergroup": g.object(true)}, nil
}

func without(list, other []string) []string {
	left := []string{}
	for _, item := range list {
		if !slices.Contains(other, item) {
			left = append(left, item)
		}
	}
	return left
}
