package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
)

const (
	// groupsFresh is for how long the user groups that were read are believed: long
	// enough that a Monday morning on which many schedules hand over reads them once.
	groupsFresh = 30 * time.Second
	// groupsEvery is how often every group is compared with its schedule: an event of
	// a change by hand may be lost.
	groupsEvery = time.Hour
)

// userGroups keep the user groups that schedules name holding those who are on call.
type userGroups struct {
	desk   *desk.Desk
	people *desk.Directory
	client *slackio.Client
	slack  *poster
	book   groupBook
	log    zerolog.Logger
	now    func() time.Time
}

// groupBook holds the workspace's user groups as they were read last, with what has
// happened to them since.
type groupBook struct {
	mu   sync.Mutex
	list []slackio.UserGroup
	read time.Time // zero: they must be read
	// heard are groups as events told them last since a change of ours began, by id.
	heard map[string]slackio.UserGroup
}

// find is the group of an id or a handle. The whole list is read where what is known
// is old or does not have it.
func (k *groupBook) find(ctx context.Context, c *slackio.Client, named string, now time.Time) (slackio.UserGroup, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if g, ok := k.named(named); ok && !k.read.IsZero() && now.Sub(k.read) < groupsFresh {
		return g, true, nil
	}
	list, err := c.UserGroups(ctx)
	if err != nil {
		return slackio.UserGroup{}, false, err
	}
	k.list, k.read = list, now
	g, ok := k.named(named)
	return g, ok, nil
}

// named is the group of an id or a handle among those known; the book is locked.
func (k *groupBook) named(named string) (slackio.UserGroup, bool) {
	at := slices.IndexFunc(k.list, func(g slackio.UserGroup) bool { return g.ID == named || strings.EqualFold(g.Handle, named) })
	if at < 0 {
		return slackio.UserGroup{}, false
	}
	return k.list[at], true
}

// keep replaces what is known of one group.
func (k *groupBook) keep(g slackio.UserGroup) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if at := slices.IndexFunc(k.list, func(o slackio.UserGroup) bool { return o.ID == g.ID }); at >= 0 {
		k.list[at] = g
	} else {
		k.list = append(k.list, g)
	}
}

// fill replaces what is known of all groups.
func (k *groupBook) fill(list []slackio.UserGroup, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list, k.read = list, now
}

// begin is told before a change of ours.
func (k *groupBook) begin(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.heard, id)
}

// hear is told what an event says of one group.
func (k *groupBook) hear(g slackio.UserGroup) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.heard == nil {
		k.heard = map[string]slackio.UserGroup{}
	}
	k.heard[g.ID] = g
}

// overtaken says whether the last event since our change began told of a group other
// than we have made it. That of our own change tells the same.
func (k *groupBook) overtaken(made slackio.UserGroup) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	g, ok := k.heard[made.ID]
	same := g.Disabled == made.Disabled && (g.Disabled || slices.Equal(slices.Sorted(slices.Values(g.Users)), slices.Sorted(slices.Values(made.Users))))
	return ok && !same
}

// doubt has the groups read again: a call that failed may have changed one.
func (k *groupBook) doubt() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.read = time.Time{}
}

// follow compares every group with its schedule at the start and every hour.
func (u *userGroups) follow(ctx context.Context) error {
	for wait := time.Duration(0); ; wait = groupsEvery {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		if err := u.desk.FollowGroups(ctx); err != nil && ctx.Err() == nil {
			u.log.Warn().Err(err).Msg("compare the user groups with their schedules")
		}
	}
}

// learn keeps what a user group is now.
func (u *userGroups) learn(g slackio.UserGroup) {
	u.book.keep(g)
	if g.Disabled {
		u.people.LearnGroup(g.ID, nil)
	} else {
		u.people.LearnGroup(g.ID, g.Users)
	}
}

// changed follows what happened to one user group: who is in it now, and the
// schedules that it belongs to. Nothing else of the workspace is read.
func (u *userGroups) changed(ctx context.Context, e event) error {
	var g slackio.UserGroup
	if len(e.Subteam) > 0 {
		if err := json.Unmarshal(e.Subteam, &g); err != nil {
			return err
		}
	}
	if g.ID == "" { // an event that only counts who came and went
		found, ok, err := u.book.find(ctx, u.client, e.SubteamID, u.now())
		if err != nil || !ok {
			return err
		}
		g = found
	}
	if g.Users == nil || len(e.Subteam) == 0 {
		var err error
		if g.Users, err = u.client.UserGroupMembers(ctx, g.ID); err != nil {
			return err
		}
	}
	u.book.hear(g)
	u.learn(g)
	return u.desk.FollowGroups(ctx, g.ID, g.Handle)
}

// read reads the workspace's user groups; nil: they are not known. A workspace
// without a paid plan, or that does not let the app read them, has none.
func (u *userGroups) read(ctx context.Context) (map[string][]string, error) {
	list, err := u.client.UserGroups(ctx)
	switch code := slackio.Classify("usergroups.list", err).Code; {
	case err == nil:
	case slices.Contains([]string{"paid_teams_only", "plan_upgrade_required", "missing_scope", "permission_denied"}, code):
		return map[string][]string{}, nil
	default:
		return nil, fmt.Errorf("read the user groups: %w", err)
	}
	u.book.fill(list, u.now())
	groups := map[string][]string{}
	for _, g := range list {
		if !g.Disabled {
			groups[g.ID] = g.Users
		}
	}
	return groups, nil
}
