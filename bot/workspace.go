package bot

import (
	"context"
	"encoding/json"
	"time"

	"github.com/rs/zerolog"

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

// workspace keeps true what is known of the people in Slack, and of the app itself.
type workspace struct {
	people  *desk.Directory
	groups  *userGroups
	client  *slackio.Client
	footing *footing
	log     zerolog.Logger
}

// run keeps the directory of people true. While Slack cannot be reached,
// what the configuration says must do.
func (w *workspace) run(ctx context.Context) error {
	wait := time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		wait = learnEvery
		if err := w.learn(ctx); err != nil && ctx.Err() == nil {
			w.log.Warn().Err(err).Msg("read the workspace's people")
			switch wait = learnAgain; {
			case w.footing.mayNotRead(), w.people.KnowsGroups():
				wait = listsAgain
			case w.people.Learned():
				wait = groupsAgain
			}
		}
	}
}

// unread says whether a person may turn out to have a Slack user once the workspace's
// people are read: after a start without Slack that takes a while. Where the app may
// not read them, waiting is no use.
func (w *workspace) unread(person string) bool {
	if _, known := w.people.Slack(person); person == "" || known || w.people.Learned() {
		return false
	}
	return !w.footing.mayNotRead()
}

func (w *workspace) learn(ctx context.Context) error {
	id, err := w.client.AuthTest(ctx)
	if err != nil {
		return err
	}
	w.introduce(id)
	var users []desk.User
	if err := w.client.Users(ctx, func(u slackio.User) error {
		users = append(users, userOf(u))
		return nil
	}); err != nil {
		w.footing.blinded(slackio.Classify("users.list", err).Code == "missing_scope")
		return err
	}
	groups, groupsErr := w.groups.read(ctx)
	w.people.Learn(users, groups)
	return groupsErr
}

// introduce keeps who the bot is, and says once which scopes it lacks.
func (w *workspace) introduce(id slackio.Identity) {
	var lacking []string
	if id.Scopes != nil {
		granted := map[string]bool{}
		for _, s := range id.Scopes {
			granted[s] = true
		}
		for _, s := range configs.Scopes() {
			if !granted[s.Name] {
				lacking = append(lacking, s.Name)
				w.log.Warn().Str("scope", s.Name).Bool("needed", s.Needed).Msg("the app lacks a scope; without it Watchbill cannot " + s.For)
			}
		}
	}
	w.footing.is(id, lacking)
}

// strangerTime bounds the question who somebody is whom nobody has told of.
const strangerTime = time.Second

// actor is a Slack user as the one who does something. People of other workspaces
// in shared channels are not among the workspace's own: Slack is asked who they are
// before they count as members. One whom it does not know is none.
func (w *workspace) actor(ctx context.Context, id string) incident.Actor {
	if _, known := w.people.User(id); known || id == "" || !w.people.Learned() {
		return w.people.Actor(id)
	}
	ctx, cancel := context.WithTimeout(ctx, strangerTime)
	defer cancel()
	u, err := w.client.UserInfo(ctx, id)
	switch {
	case err == nil:
		w.people.LearnOne(userOf(u))
	case slackio.Classify("users.info", err).Class == slackio.Gone:
		w.people.LearnOne(desk.User{ID: id, Guest: true})
	}
	return w.people.Actor(id)
}

func userOf(u slackio.User) desk.User {
	return desk.User{ID: u.ID, Name: u.Name, RealName: u.RealName, Email: u.Email, Zone: u.TZ, Deleted: u.Deleted, Guest: u.Guest || u.Stranger, Bot: u.Bot}
}

func (w *workspace) learnUser(raw json.RawMessage) error {
	u, err := slackio.ReadUser(raw)
	if err != nil {
		return err
	}
	w.people.LearnOne(userOf(u))
	return nil
}
