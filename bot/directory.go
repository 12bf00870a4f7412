package bot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
)

// learnEvery is how often the whole directory is read again; single changes come
// as events.
const learnEvery = 6 * time.Hour

// learnAgain is how soon it is tried again: pages to people whom only Slack knows wait
// for it after a start without Slack. groupsAgain is how soon when only the user groups are
// not known, and listsAgain when all is and may have changed.
const (
	learnAgain  = 2 * time.Second
	groupsAgain = 15 * time.Second
	listsAgain  = time.Minute
)

// learnPeople keeps the directory of people true. While Slack cannot be reached,
// what the configuration says must do.
func (b *Bot) learnPeople(ctx context.Context) error {
	wait := time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		wait = learnEvery
		if err := b.learnOnce(ctx); err != nil && ctx.Err() == nil {
			b.log.Warn().Err(err).Msg("read the workspace's people")
			switch wait = learnAgain; {
			case b.footing.mayNotRead(), b.people.KnowsGroups():
				wait = listsAgain
			case b.people.Learned():
				wait = groupsAgain
			}
		}
	}
}

// unread says whether a person may turn out to have a Slack user once the workspace's
// people are read: after a start without Slack that takes a while. Where the app may
// not read them, waiting is no use.
func (b *Bot) unread(person string) bool {
	if _, known := b.people.Slack(person); person == "" || known || b.people.Learned() {
		return false
	}
	return !b.footing.mayNotRead()
}

func (b *Bot) learnOnce(ctx context.Context) error {
	id, err := b.client.AuthTest(ctx)
	if err != nil {
		return err
	}
	b.introduce(id)
	var users []desk.User
	if err := b.client.Users(ctx, func(u slackio.User) error {
		users = append(users, userOf(u))
		return nil
	}); err != nil {
		b.footing.blinded(slackio.Classify("users.list", err).Code == "missing_scope")
		return err
	}
	groups, groupsErr := b.readGroups(ctx)
	b.people.Learn(users, groups)
	return groupsErr
}

// readGroups reads the workspace's user groups; nil: they are not known. A workspace
// without a paid plan, or that does not let the app read them, has none.
func (b *Bot) readGroups(ctx context.Context) (map[string][]string, error) {
	list, err := b.client.UserGroups(ctx)
	switch code := slackio.Classify("usergroups.list", err).Code; {
	case err == nil:
	case slices.Contains([]string{"paid_teams_only", "plan_upgrade_required", "missing_scope", "permission_denied"}, code):
		return map[string][]string{}, nil
	default:
		return nil, fmt.Errorf("read the user groups: %w", err)
	}
	b.groups.fill(list, b.now())
	groups := map[string][]string{}
	for _, g := range list {
		if !g.Disabled {
			groups[g.ID] = g.Users
		}
	}
	return groups, nil
}

// introduce keeps who the bot is, and says once which scopes it lacks.
func (b *Bot) introduce(id slackio.Identity) {
	var lacking []string
	if id.Scopes != nil {
		granted := map[string]bool{}
		for _, s := range id.Scopes {
			granted[s] = true
		}
		for _, s := range configs.Scopes() {
			if !granted[s.Name] {
				lacking = append(lacking, s.Name)
				b.log.Warn().Str("scope", s.Name).Bool("needed", s.Needed).Msg("the app lacks a scope; without it Watchbill cannot " + s.For)
			}
		}
	}
	b.footing.is(id, lacking)
}

// strangerTime bounds the question who somebody is whom nobody has told of.
const strangerTime = time.Second

// actor is a Slack user as the one who does something. People of other workspaces
// in shared channels are not among the workspace's own: Slack is asked who they are
// before they count as members. One whom it does not know is none.
func (b *Bot) actor(ctx context.Context, id string) incident.Actor {
	if _, known := b.people.User(id); known || id == "" || !b.people.Learned() {
		return b.people.Actor(id)
	}
	ctx, cancel := context.WithTimeout(ctx, strangerTime)
	defer cancel()
	u, err := b.client.UserInfo(ctx, id)
	switch {
	case err == nil:
		b.people.LearnOne(userOf(u))
	case slackio.Classify("users.info", err).Class == slackio.Gone:
		b.people.LearnOne(desk.User{ID: id, Guest: true})
	}
	return b.people.Actor(id)
}

func userOf(u slackio.User) desk.User {
	return desk.User{ID: u.ID, Name: u.Name, RealName: u.RealName, Email: u.Email, Zone: u.TZ, Deleted: u.Deleted, Guest: u.Guest || u.Stranger, Bot: u.Bot}
}
