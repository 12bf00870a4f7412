package bot

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/oncall/paging"
)

// readyAhead is how far ahead readiness looks for those who come on call.
const readyAhead = 14 * 24 * time.Hour

// test pages whoever asks by each of their ways, or by the one that they name.
func (f *oncallFront) test(ctx context.Context, r request) (*slackui.Message, error) {
	ways, err := f.desk.Test(ctx, r.in(), paging.Method(strings.ToLower(r.input.Roster.Schedule)))
	if err != nil {
		return nil, err
	}
	return new(slackui.TestSent(f.ways(ways), f.views.plain())), nil
}

// ready shows how those can be reached who are on call now or within two weeks.
func (f *oncallFront) ready(ctx context.Context, r request) (*slackui.Message, error) {
	names := f.desk.ScheduleNames()
	if said := r.input.Roster.Schedule; said != "" {
		name, err := f.scheduleNamed(said)
		if err != nil {
			return nil, err
		}
		names = []string{name}
	}
	var list []slackui.Reach
	for _, person := range f.coming(names) {
		ready, err := f.desk.Ready(ctx, person)
		if err != nil {
			return nil, err
		}
		list = append(list, slackui.Reach{Person: person, Why: ready.Why, Ways: f.ways(ready.Ways)})
	}
	return new(slackui.Readiness(list, f.views.plain())), nil
}

func (f *oncallFront) ways(list []desk.Way) []slackui.Way {
	out := make([]slackui.Way, len(list))
	for n, w := range list {
		out[n] = slackui.Way{Contact: w.Contact, Proven: w.Proven, Old: f.now().Sub(w.Proven) >= desk.ProofLife}
	}
	return out
}

// coming are those on call on the schedules now or soon, in the order in which they
// come.
func (f *oncallFront) coming(schedules []string) []string {
	now := f.now()
	var out []string
	for _, name := range schedules {
		plan := f.desk.SchedulePlan(name)
		if plan == nil {
			continue
		}
		for _, s := range plan.Shifts(now, now.Add(readyAhead)) {
			if !slices.Contains(out, s.Person) {
				out = append(out, s.Person)
			}
		}
	}
	return out
}
