package desk

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// User is what Slack says about a person.
type User struct {
	ID       string
	Name     string
	RealName string
	Email    string
	Zone     string
	Deleted  bool
	Guest    bool
	Bot      bool
}

// Directory knows which person of the configuration is which user of Slack. The
// configuration is right where it says something; else Slack's e-mail address
// and name are.
type Directory struct {
	settings *configs.Config
	zones    sync.Map // name -> *time.Location: to read one from disk for every command takes too long

	mu     sync.RWMutex
	users  map[string]User     // by Slack id
	names  map[string]string   // person -> Slack id
	people map[string]string   // Slack id -> person
	sure   map[string]bool     // Slack ids that the configuration names as such, or by e-mail address
	guests map[string]bool     // Slack ids of guests who are not sure
	groups map[string][]string // Slack user group -> Slack ids
	known  bool                // Slack's users were read

	now func() time.Time
	// listed is when Slack's user groups were read first; moved is when the members of
	// each changed last, renamed when who is who did.
	listed  time.Time
	moved   map[string]time.Time
	renamed time.Time
}

// NewDirectory makes a directory of the configuration and Slack's users and user
// groups.
func NewDirectory(settings *configs.Config, users []User, groups map[string][]string) *Directory {
	d := &Directory{settings: settings, now: time.Now, moved: map[string]time.Time{}}
	d.Learn(users, groups)
	return d
}

// follow makes it read the desk's clock.
func (d *Directory) follow(now func() time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = now
}

// Learn replaces what is known from Slack. Without a map of user groups those that are
// known stay.
func (d *Directory) Learn(users []User, groups map[string][]string) {
	byID := make(map[string]User, len(users))
	for _, u := range users {
		byID[u.ID] = u
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.users, d.known = byID, len(users) > 0
	if groups != nil {
		d.setGroups(maps.Clone(groups))
	}
	d.index()
}

// setGroups replaces the user groups, and keeps which of them have changed.
func (d *Directory) setGroups(groups map[string][]string) {
	now := d.now()
	if d.listed.IsZero() {
		d.listed = now
	}
	for id := range groups {
		if !sameMembers(groups[id], d.groups[id]) {
			d.moved[id] = now
		}
	}
	for id := range d.groups {
		if len(groups[id]) == 0 {
			d.moved[id] = now
		}
	}
	d.groups = groups
}

func sameMembers(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// Learned says whether Slack's users are known.
func (d *Directory) Learned() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.known
}

// KnowsGroups says whether Slack's user groups are known.
func (d *Directory) KnowsGroups() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.known && !d.listed.IsZero()
}

// LearnOne replaces what is known of one user.
func (d *Directory) LearnOne(u User) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.users[u.ID] = u
	d.index()
}

// LearnGroup replaces what is known of one user group; without members it stands for
// nobody.
func (d *Directory) LearnGroup(id string, members []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	groups := maps.Clone(d.groups)
	if groups == nil {
		groups = map[string][]string{}
	}
	delete(groups, id)
	if len(members) > 0 {
		groups[id] = slices.Clone(members)
	}
	if !sameMembers(members, d.groups[id]) {
		d.moved[id] = d.now()
	}
	d.groups = groups
}

func (d *Directory) index() {
	people, guests := d.people, d.guests
	defer func() {
		if !maps.Equal(people, d.people) {
			d.renamed = d.now()
		}
		for id, members := range d.groups {
			if slices.ContainsFunc(members, func(m string) bool { return guests[m] != d.guests[m] }) {
				d.moved[id] = d.now()
			}
		}
	}()
	d.names, d.people, d.sure, d.guests = map[string]string{}, map[string]string{}, map[string]bool{}, map[string]bool{}
	link := func(person, id string) {
		if person == "" || id == "" {
			return
		}
		if _, taken := d.names[person]; !taken {
			d.names[person] = id
		}
		if _, taken := d.people[id]; !taken {
			d.people[id] = person
		}
	}
	byName, byEmail := map[string]string{}, map[string]string{}
	for _, u := range d.ranked() { // the best comes last
		byName[strings.ToLower(u.Name)] = u.ID
		if u.Email != "" {
			byEmail[strings.ToLower(u.Email)] = u.ID
		}
	}
	for _, p := range d.settings.People {
		id := p.Slack
		if id == "" && p.Email != "" {
			id = byEmail[strings.ToLower(p.Email)]
		}
		d.sure[id] = true
		if id == "" {
			id = byName[strings.ToLower(p.Name)]
		}
		link(p.Name, id)
	}
	for _, name := range named(d.settings) { // names used without a people: list
		link(name, byName[strings.ToLower(name)])
	}
	for id, u := range d.users {
		if u.Guest && !d.sure[id] {
			d.guests[id] = true
		}
	}
}

// ranked are the users, without bots, in the order in which they are believed to be
// whom a name means: members after guests, and those after people who left.
func (d *Directory) ranked() []User {
	rank := func(u User) int {
		switch {
		case u.Deleted:
			return 0
		case u.Guest:
			return 1
		}
		return 2
	}
	var out []User
	for _, u := range d.users {
		if !u.Bot {
			out = append(out, u)
		}
	}
	slices.SortFunc(out, func(a, b User) int { return cmp.Or(rank(a)-rank(b), strings.Compare(b.ID, a.ID)) })
	return out
}

// named are the people whom teams, schedules and policies name.
func named(c *configs.Config) []string {
	var names []string
	for _, t := range c.Teams {
		names = append(append(names, t.People...), t.Leads...)
	}
	for _, s := range c.Schedules {
		for _, l := range s.Layers {
			names = append(names, l.Rotation.People...)
		}
		for _, o := range s.Overrides {
			names = append(names, o.Person)
		}
	}
	for _, p := range c.Escalations {
		for _, s := range p.Steps {
			for _, t := range s.Notify {
				if kind, name := t.Split(); kind == paging.ToPerson {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// Person returns the name by which Watchbill knows a Slack user: the one in the
// configuration, else the id itself.
func (d *Directory) Person(slackID string) string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if p, ok := d.people[slackID]; ok {
		return p
	}
	return slackID
}

// Slack returns the Slack id of a person, if there is one.
func (d *Directory) Slack(person string) (string, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if id, ok := d.names[person]; ok {
		return id, true
	}
	if isSlackID(person) {
		return person, true
	}
	return "", false
}

// User returns what Slack says about a Slack id.
func (d *Directory) User(slackID string) (User, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	u, ok := d.users[slackID]
	return u, ok
}

// Display is a person's name for text in which nobody is to be mentioned.
func (d *Directory) Display(person string) string {
	if id, ok := d.Slack(person); ok {
		if u, ok := d.User(id); ok && u.RealName != "" {
			return u.RealName
		}
	}
	return person
}

// ByName finds a Slack user by the name they have there, in any case; by the real
// name only if no two have it.
func (d *Directory) ByName(name string) (id string, ok bool) {
	name = strings.TrimPrefix(name, "@")
	d.mu.RLock()
	defer d.mu.RUnlock()
	if name == "" {
		return "", false
	}
	var real []string
	for _, u := range slices.Backward(d.ranked()) {
		switch {
		case u.Deleted:
		case strings.EqualFold(u.Name, name):
			return u.ID, true
		case strings.EqualFold(u.RealName, name):
			real = append(real, u.ID)
		}
	}
	if len(real) == 1 {
		return real[0], true
	}
	return "", false
}

// Aliases are the other forms in which texts name people: Slack ids, names and
// e-mail addresses, each with the person it stands for.
func (d *Directory) Aliases() map[string]string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	out := map[string]string{}
	for id, u := range d.users {
		if u.Bot {
			continue
		}
		person := id
		if p, ok := d.people[id]; ok {
			person = p
		}
		for _, form := range []string{id, u.Name, u.RealName, u.Email} {
			if form != "" {
				out[form] = person
			}
		}
	}
	return out
}

// Zone is the person's time zone; UTC if it is not known.
func (d *Directory) Zone(person string) *time.Location {
	name := ""
	if p, ok := d.settings.Person(person); ok {
		name = p.TimeZone
	}
	if name == "" {
		if id, ok := d.Slack(person); ok {
			if u, ok := d.User(id); ok {
				name = u.Zone
			}
		}
	}
	if loc, known := d.zones.Load(name); known {
		return loc.(*time.Location)
	}
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" {
		loc = time.UTC
	}
	d.zones.Store(name, loc)
	return loc
}

// Actor is a Slack user as the one who does something. A guest whom the
// configuration lists by Slack id or e-mail address is no guest here: whoever is
// paged must be able to answer. A name alone does not do, since people choose it.
func (d *Directory) Actor(slackID string) incident.Actor {
	d.mu.RLock()
	guest := d.guests[slackID]
	d.mu.RUnlock()
	return incident.Actor{Person: d.Person(slackID), Via: "slack", Guest: guest}
}

// group are the members of a user group, and apart from them its guests, who may not
// answer a page.
func (d *Directory) group(id string) (members, guests []string) {
	d.mu.RLock()
	all := d.groups[id]
	d.mu.RUnlock()
	for _, m := range all {
		if a := d.Actor(m); a.Guest {
			guests = append(guests, a.Person)
		} else {
			members = append(members, a.Person)
		}
	}
	return members, guests
}

func isSlackID(s string) bool {
	if len(s) < 3 || s[0] != 'U' && s[0] != 'W' {
		return false
	}
	for _, r := range s[1:] {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return false
		}
	}
	return true
}
