package bot

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Check is one thing that a setup needs, as it was found.
type Check struct {
	What string `json:"what"` // "Slack bot token"
	// OK: it works. Optional: Watchbill runs without it.
	OK       bool   `json:"ok"`
	Optional bool   `json:"optional,omitempty"`
	Found    string `json:"found"`          // what was found, a sentence
	Mend     string `json:"mend,omitempty"` // what to do, if anything
}

// clockBound is how far the clock may be off before times on a timeline mislead.
const clockBound = 5 * time.Second

// ExamineSlack looks at everything Slack's side must have; without Settings at the tokens
// alone. It changes nothing.
func ExamineSlack(ctx context.Context, c Config) []Check {
	client, err := slackio.NewClient(slackio.ClientConfig{Token: c.BotToken.Reveal(), APIURL: c.SlackAPI, HTTPClient: c.HTTPClient, UserAgent: "watchbill/" + c.Version})
	if err != nil {
		return []Check{{What: "Slack bot token", Found: err.Error() + ".", Mend: "Set SLACK_BOT_TOKEN to the token that begins with xoxb-."}}
	}
	e := examination{client: client, settings: c.Settings}
	if e.identity(ctx) && c.Settings != nil {
		e.channel(ctx)
		e.otherChannels(ctx)
		e.userGroups(ctx)
		e.people(ctx)
	}
	e.socket(ctx, c.AppToken)
	return e.checks
}

type examination struct {
	client   *slackio.Client
	settings *configs.Config
	groups   map[string][]string // the members of the user groups that policies page, by their names for people
	checks   []Check
}

func (e *examination) add(c Check) { e.checks = append(e.checks, c) }

// fails adds what Slack refused, with how to mend that, or that it cannot be asked.
func (e *examination) fails(what, method string, err error, mend string) {
	f := slackio.Classify(method, err)
	found := "Slack answered " + f.Code + "."
	if why := f.Unreached(); why != "" || f.Class != slackio.Fatal && strings.HasPrefix(f.Code, "http_") {
		found = "Slack cannot be reached: " + cmp.Or(why, f.Code) + "."
		mend = "Check the network, https://slack-status.com, and SLACK_API_URL if it is set. Meanwhile `watchbill incident`, `watchbill page` and the HTTP API do the work."
	}
	e.add(Check{What: what, Found: found, Mend: mend})
}

func (e *examination) identity(ctx context.Context) bool {
	id, err := e.client.AuthTest(ctx)
	if err != nil {
		e.fails("Slack bot token", "auth.test", err, "Copy the Bot User OAuth Token (xoxb-…) from the app's page, OAuth & Permissions, into SLACK_BOT_TOKEN. If the app was removed, install it again there.")
		return false
	}
	e.add(Check{What: "Slack bot token", OK: true, Found: fmt.Sprintf("It is %s in the workspace %s.", id.User, id.Team)})
	if missing := configs.Missing(id.Scopes); len(missing) == 0 {
		e.add(Check{What: "scopes", OK: true, Found: fmt.Sprintf("All %d are granted.", len(configs.Scopes()))})
	}
	for _, s := range configs.Scopes() {
		if id.Scopes != nil && !slices.Contains(id.Scopes, s.Name) {
			e.add(Check{What: "scope " + s.Name, Optional: !s.Needed, Found: "It is not granted: Watchbill cannot " + s.For + ".",
				Mend: "Paste the output of `watchbill manifest` into the app's manifest again, and reinstall the app to the workspace."})
		}
	}
	clock := Check{What: "clock", OK: id.Offset.Abs() <= clockBound, Found: fmt.Sprintf("It differs from Slack's by %s.", id.Offset.Abs().Round(time.Second))}
	if !clock.OK {
		clock.Mend = "Let the machine follow a time server: times on the timeline and the hand-overs of schedules depend on it."
	}
	e.add(clock)
	return true
}

func (e *examination) channel(ctx context.Context) {
	name := strings.TrimPrefix(e.settings.Slack.IncidentsChannel, "#")
	ch, found, err := e.channelOf(ctx, name)
	c := Check{What: "incidents channel"}
	switch {
	case err != nil:
		e.fails(c.What, "conversations.list", err, "Check the scope channels:read.")
		return
	case !found:
		c.OK, c.Found = true, "There is no #"+name+" yet: Watchbill creates it with the first incident."
	case ch.Archived:
		c.Found, c.Mend = "#"+name+" is archived.", "Unarchive it, or name another one under slack: incidents_channel."
	case !ch.Member:
		c.OK, c.Found = true, "#"+name+" is there; Watchbill joins it with the first incident."
		if ch.Private {
			c.OK, c.Mend = false, "It is private: invite the bot with /invite."
		}
	default:
		c.OK, c.Found = true, "Watchbill is a member of #"+name+"."
	}
	e.add(c)
}

// channelOf is the channel of a name or an id.
func (e *examination) channelOf(ctx context.Context, name string) (ch slackio.Channel, found bool, err error) {
	if channelID(name) {
		ch, err = e.client.ChannelInfo(ctx, name)
		return ch, err == nil, err
	}
	return e.client.FindChannel(ctx, name)
}

// notified tells of each target of a kind that a policy names, and of which.
func (e *examination) notified(kind string, tell func(name, policy string)) {
	for _, p := range e.settings.Escalations {
		for _, s := range p.Steps {
			for _, t := range s.Notify {
				if k, name := t.Split(); k == kind {
					tell(name, p.Name)
				}
			}
		}
	}
}

// channelUses says of channels what is posted there besides: by policies, schedules and
// alerts.
func (e *examination) channelUses() map[string]string {
	uses := map[string]string{}
	note := func(channel, what string) {
		if name := strings.TrimPrefix(channel, "#"); name != "" && name != e.settings.Slack.IncidentsChannel && !channelID(name) && uses[name] == "" {
			uses[name] = what
		}
	}
	e.notified(paging.ToChannel, func(name, policy string) { note(name, "the escalation policy "+policy+" pages there") })
	for _, s := range e.settings.Schedules {
		note(s.Channel, "the schedule "+s.Name+" tells its handoffs there")
	}
	for _, s := range e.settings.Services {
		note(s.Channel, "alerts of the service "+s.Name+" are posted there")
	}
	for n, r := range e.settings.Routes {
		note(r.Channel, "alerts of route "+cmp.Or(r.Name, strconv.Itoa(n+1))+" are posted there")
	}
	return uses
}

// otherChannels looks at those that are posted to besides.
func (e *examination) otherChannels(ctx context.Context) {
	uses := e.channelUses()
	if len(uses) == 0 {
		return
	}
	names := slices.Sorted(maps.Keys(uses))
	found, err := e.client.FindChannels(ctx, names...)
	if err != nil {
		e.fails("channels", "conversations.list", err, "Check the scope channels:read.")
		return
	}
	wrong := false
	for _, name := range names {
		c := Check{What: "channel #" + name}
		switch ch, there := found[name]; {
		case !there:
			c.Found, c.Mend = "It is not there, or private and without Watchbill; "+uses[name]+".", "Create it, invite the bot with /invite if it is private, or name another one in the configuration."
		case ch.Archived:
			c.Found, c.Mend = "It is archived; "+uses[name]+".", "Unarchive it, or name another one in the configuration."
		default:
			continue
		}
		wrong = true
		e.add(c)
	}
	if !wrong {
		e.add(Check{What: "channels", OK: true, Found: "There are all others that the configuration posts to: " + strings.Join(names, ", ") + "."})
	}
}

// userGroups looks for those that policies page and that schedules keep.
func (e *examination) userGroups(ctx context.Context) {
	uses := map[string]string{} // handle or id -> what needs it
	e.notified(paging.ToGroup, func(name, policy string) { uses[name] = "the escalation policy " + policy + " pages it" })
	paged := maps.Clone(uses)
	for _, s := range e.settings.Schedules {
		if s.UserGroup != "" {
			uses[strings.TrimPrefix(s.UserGroup, "@")] = "the schedule " + s.Name + " keeps who is on call in it"
		}
	}
	if len(uses) == 0 {
		return
	}
	groups, err := e.client.UserGroups(ctx)
	if err != nil {
		e.fails("user groups", "usergroups.list", err, "Check the scope usergroups:read, and that the workspace's plan has user groups.")
		return
	}
	e.groups = map[string][]string{}
	for _, g := range groups {
		if paged[g.ID] != "" && !g.Disabled {
			e.groups["@"+g.Handle] = g.Users
		}
		delete(uses, g.ID)
		delete(uses, g.Handle)
	}
	for _, name := range slices.Sorted(maps.Keys(uses)) {
		e.add(Check{What: "user group " + name, Found: "It is not there; " + uses[name] + ".", Mend: "Create it in Slack, or name another one in the configuration."})
	}
	if len(uses) == 0 {
		e.add(Check{What: "user groups", OK: true, Found: "There are all that the configuration names."})
	}
}

// people finds those whom a page could not reach.
func (e *examination) people(ctx context.Context) {
	var users []desk.User
	if err := e.client.Users(ctx, func(u slackio.User) error { users = append(users, userOf(u)); return nil }); err != nil {
		e.fails("people", "users.list", err, "Check the scope users:read.")
		return
	}
	directory := desk.NewDirectory(e.settings, users, nil)
	var unknown, gone, guests []string
	for _, p := range e.settings.People {
		id, ok := directory.Slack(p.Name)
		u, there := directory.User(id)
		switch {
		case !ok || !there:
			unknown = append(unknown, p.Name)
		case u.Deleted:
			gone = append(gone, p.Name)
		case directory.Actor(id).Guest:
			guests = append(guests, p.Name)
		}
	}
	switch n := len(e.settings.People); {
	case n == 0:
		e.add(Check{What: "people", OK: true, Found: "The configuration lists nobody; people are known by their Slack ids."})
	case len(unknown)+len(gone)+len(guests) == 0:
		e.add(Check{What: "people", OK: true, Found: fmt.Sprintf("All %d people of the configuration are in Slack.", n)})
	}
	for _, group := range slices.Sorted(maps.Keys(e.groups)) {
		barred := slices.DeleteFunc(slices.Clone(e.groups[group]), func(id string) bool { return !directory.Actor(id).Guest })
		for n, id := range barred {
			barred[n] = directory.Display(id)
		}
		if len(barred) > 0 {
			e.add(Check{What: "user group " + group, Found: "Guests in it, who may not answer and are left out when it is paged: " + strings.Join(barred, ", ") + ".",
				Mend: "If they are to answer, list them under `people:` with their `slack:` member id or `email:`."})
		}
	}
	if len(guests) > 0 {
		e.add(Check{What: "people", Found: "Guests in Slack, who can be paged and may not answer: " + strings.Join(guests, ", ") + ".",
			Mend: "If they are to answer, list them with their `slack:` member id or `email:`."})
	}
	if len(unknown) > 0 {
		e.add(Check{What: "people", Found: "Not found in Slack, so nobody can page them: " + strings.Join(unknown, ", ") + ".",
			Mend: "Give each a `slack:` member id (in Slack: profile, More, Copy member ID) or an `email:`."})
	}
	if len(gone) > 0 {
		e.add(Check{What: "people", Found: "Deactivated in Slack: " + strings.Join(gone, ", ") + ".", Mend: "Take them out of the schedules and policies."})
	}
}

func (e *examination) socket(ctx context.Context, token configs.Secret) {
	if err := e.client.ConnectionsOpen(ctx, token.Reveal()); err != nil {
		e.fails("Slack app token", "apps.connections.open", err,
			"On the app's page, Basic Information, App-Level Tokens, generate a token with the scope connections:write, put it into SLACK_APP_TOKEN, and switch Socket Mode on.")
		return
	}
	e.add(Check{What: "Slack app token", OK: true, Found: "A socket can be opened. Which events the app is subscribed to cannot be seen from outside: compare the app's manifest with `watchbill manifest`."})
}
