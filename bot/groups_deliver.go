package bot

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/storage"
)

// deliverGroup makes a user group hold those who are on call. Slack takes no empty
// group, so one with nobody is disabled.
func (u *userGroups) deliverGroup(ctx context.Context, j courier.Job, w desk.Word) courier.Result {
	r, plan, _, clock, err := u.desk.ScheduleAt(ctx, w.Schedule)
	if err != nil {
		return u.slack.later(time.Second, err.Error()).Result
	}
	handle := strings.TrimPrefix(r.Versions[len(r.Versions)-1].Schedule.UserGroup, "@")
	if handle == "" || r.Removed != nil && u.ofOther(w.Schedule, handle) {
		return courier.Result{State: storage.Done, Seq: clock}
	}
	if !u.people.Learned() { // nobody would seem to be on call
		return u.slack.later(2*time.Second, "the workspace's people are not known yet").Result
	}
	g, ok, err := u.book.find(ctx, u.client, handle, u.now())
	if err != nil {
		return u.failed(j, handle, "usergroups.list", clock, err)
	}
	if !ok {
		return hinted(clock, "group/none/"+w.Schedule, "The schedule "+w.Schedule+" names the user group @"+handle+
			", and Slack has none of that handle. Create it in Slack, or correct `user_group:` of the schedule.")
	}
	method, err := u.set(ctx, g, u.onDuty(plan))
	if err != nil {
		u.book.doubt()
		return u.failed(j, handle, method, clock, err)
	}
	if method != "" { // what somebody changed while this row was out is owed by no other
		return u.slack.later(time.Second, "it was changed, and is compared once more").Result
	}
	return done(clock, receipt{Channel: g.ID})
}

// ofOther says whether another schedule has the user group now.
func (u *userGroups) ofOther(schedule, handle string) bool {
	all, err := u.desk.Schedules(context.Background())
	return err == nil && slices.ContainsFunc(all, func(r oncall.Record) bool {
		return r.Name != schedule && strings.EqualFold(strings.TrimPrefix(r.Versions[len(r.Versions)-1].Schedule.UserGroup, "@"), handle)
	})
}

// set makes one group hold the members, calling Slack only where it differs. It
// names the method that was called last; empty: none was needed.
func (u *userGroups) set(ctx context.Context, g slackio.UserGroup, members []string) (method string, err error) {
	u.book.begin(g.ID)
	if len(members) == 0 {
		if g.Disabled {
			return "", nil
		}
		if err := u.client.DisableUserGroup(ctx, g.ID); err != nil {
			return "usergroups.disable", err
		}
		g.Disabled = true
		u.made(g)
		return "usergroups.disable", nil
	}
	if g.Disabled {
		if err := u.client.EnableUserGroup(ctx, g.ID); err != nil {
			return "usergroups.enable", err
		}
		method, g.Disabled = "usergroups.enable", false
	}
	have := slices.Sorted(slices.Values(g.Users))
	if !slices.Equal(have, slices.Sorted(slices.Values(members))) {
		if err := u.client.SetUserGroup(ctx, g.ID, members...); err != nil {
			return "usergroups.users.update", err
		}
		method, g.Users = "usergroups.users.update", members
	}
	u.made(g)
	return method, nil
}

// made keeps what a group is after a change of ours. If somebody else changed it
// while that was on its way, it is read again: nobody knows whose change came last.
func (u *userGroups) made(g slackio.UserGroup) {
	if u.book.overtaken(g) {
		u.book.doubt()
		return
	}
	u.learn(g)
}

// onDuty are the Slack ids of those who are on call and have an account.
func (u *userGroups) onDuty(plan *oncall.Plan) []string {
	var ids []string
	for _, person := range oncall.People(plan.OnCall(u.now())) {
		id, ok := u.people.Slack(person)
		if user, known := u.people.User(id); ok && (!known || !user.Deleted) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// failed turns a refusal that only people can lift into a hint that is given
// once: the schedule works without the group.
func (u *userGroups) failed(j courier.Job, handle, method string, clock uint64, err error) courier.Result {
	f := slackio.Classify(method, err)
	switch f.Code {
	case "paid_teams_only", "plan_upgrade_required":
		return hinted(clock, "group/plan", "User groups need a paid plan of Slack, so @"+handle+
			" cannot follow its schedule. Everything else works; take `user_group:` out of the schedules to end this.")
	case "permission_denied":
		return hinted(clock, "group/permission", "Slack does not let Watchbill change @"+handle+
			". A workspace owner can allow it: in the workspace's settings under Permissions, User Groups, let members (or apps) edit them.")
	case "missing_scope":
		return hinted(clock, "group/scope", "The app lacks the scope "+f.Needed+", so @"+handle+" cannot follow its schedule. Add the scope and reinstall the app.")
	case "no_such_subteam":
		return hinted(clock, "group/none/"+handle, "The user group @"+handle+" is gone from Slack. Create it again, or correct `user_group:` of the schedule.")
	case "invalid_users", "failed_for_some_users", "subteam_max_users_exceeded":
		return hinted(clock, "group/users/"+handle, "Slack does not take the people on call into @"+handle+" ("+incident.Clip(f.Code, 60)+"). Guests and people from elsewhere cannot be in a group.")
	}
	return u.slack.failed(j, method, err).Result
}

// hinted settles what cannot be done, with a hint for the admins.
func hinted(seq uint64, key, text string) courier.Result {
	return courier.Result{State: storage.Done, Seq: seq, Note: incident.Clip(text, 300), Tell: desk.Outcome{Hint: &desk.Hint{Key: key, Text: text}}}
}
