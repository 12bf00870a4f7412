package desk_test

import (
	"context"
	"fmt"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// way is something that may happen, and how often it does beside others.
type way struct {
	weight int
	take   func(g *ground, a, b, c int)
}

var (
	groundServices = []string{"checkout", "search", "night", "db", "orphan", "quiet"}
	groundPeople   = []string{"dev1", "dev2", "sre1", "sre2", "owl", "lead1"}
	severities     = []alert.Severity{alert.SeverityCritical, alert.SeverityError, alert.SeverityWarning}
)

func person(n int) desk.In { return in(groundPeople[n%len(groundPeople)], "") }

// minutes are up to two hours, more often few.
func minutes(n int) time.Duration { return time.Duration(1+n%(1+n%120)) * time.Minute }

// step takes a step.
func (g *ground) step(s string) {
	var name string
	var a, b, c int
	if _, err := fmt.Sscan(s, &name, &a, &b, &c); err != nil || ways[name].take == nil {
		g.t.Fatalf("%q is no step: %v", s, err)
	}
	g.note("%s %s", clock(g.desk.Now()), s)
	ways[name].take(g, a, b, c)
}

var ways = map[string]way{
	"signal": {14, (*ground).signal},
	"burst": {2, func(g *ground, a, b, c int) {
		for n := range 7 {
			g.signal(a+n*len(groundServices), b, 1)
		}
	}},
	"pass":  {12, func(g *ground, a, _, _ int) { g.pass(time.Duration(a) * time.Second) }},
	"hours": {2, func(g *ground, a, _, _ int) { g.pass(minutes(a) * 3) }},
	"ack":   {4, func(g *ground, a, b, _ int) { g.onPage(a, b, g.acked, g.desk.Acknowledge) }},
	"snooze": {3, func(g *ground, a, b, c int) {
		g.onPage(a, b, g.putOff, func(ctx context.Context, who desk.In, id string) (desk.Answer, error) {
			return g.desk.Snooze(ctx, who, id, minutes(c))
		})
	}},
	"escalate": {2, func(g *ground, a, b, _ int) {
		g.onPage(a, b, nothing, func(ctx context.Context, who desk.In, id string) (desk.Answer, error) {
			return g.desk.Escalate(ctx, who, id, -1)
		})
	}},
	"decline": {3, func(g *ground, a, b, _ int) { g.onPage(a, b, nothing, g.desk.Decline) }},
	"handover": {3, func(g *ground, a, b, c int) {
		g.onPage(a, b, g.putOff, func(ctx context.Context, who desk.In, id string) (desk.Answer, error) {
			return g.desk.HandOver(ctx, who, id, groundPeople[c%len(groundPeople)])
		})
	}},
	"end": {1, func(g *ground, a, b, _ int) {
		g.onPage(a, b, g.ended, func(ctx context.Context, who desk.In, id string) (desk.Answer, error) {
			return g.desk.EndPage(ctx, who, id, "done")
		})
	}},
	"ackalert": {3, func(g *ground, a, b, _ int) { g.onAlert(a, b, g.alertAcked, g.desk.AcknowledgeAlert) }},
	"noise": {1, func(g *ground, a, b, _ int) {
		g.onAlert(a, b, g.alertNoise, func(ctx context.Context, who desk.In, id string) (desk.Answer, error) {
			return g.desk.NotActionable(ctx, who, id, "noise")
		})
	}},
	"closealert": {1, func(g *ground, a, b, _ int) {
		g.onAlert(a, b, g.alertClosed, func(ctx context.Context, who desk.In, id string) (desk.Answer, error) {
			return g.desk.CloseAlert(ctx, who, id, "done")
		})
	}},
	"declarealert": {2, func(g *ground, a, b, c int) {
		g.onAlert(a, b, nothing, func(ctx context.Context, _ desk.In, id string) (desk.Answer, error) {
			return g.desk.DeclareFromAlert(ctx, in("visitor", ""), id, desk.Declaration{Severity: incident.Severity(1 + c%4)})
		})
	}},
	"silencealert": {3, func(g *ground, a, b, c int) {
		g.onAlert(a, b, nothing, func(ctx context.Context, who desk.In, id string) (desk.Answer, error) {
			until := g.desk.Now().Add(minutes(c))
			made, err := g.desk.SilenceAlert(ctx, who, id, until, "known")
			if err == nil {
				g.silence(silenced{id: made.Silence, group: g.alert(id).Group, until: until})
			}
			return made, err
		})
	}},
	"silence": {2, func(g *ground, a, b, c int) {
		s := alert.Silence{Match: map[string]string{"service": groundServices[a%len(groundServices)]}, Until: g.desk.Now().Add(minutes(c))}
		if b%2 == 0 {
			s.Match["severity"] = "!critical"
		}
		made, _, err := g.desk.Silence(g.t.Context(), person(b), s)
		if err == nil {
			g.silence(silenced{id: made.ID, service: groundServices[a%len(groundServices)], notCritical: b%2 == 0, until: s.Until})
		}
	}},
	"unsilence": {2, func(g *ground, a, b, _ int) {
		list, err := g.desk.Silences(g.t.Context(), false)
		g.check(err)
		if len(list) > 0 {
			id := list[a%len(list)].ID
			_, _, err := g.desk.Unsilence(g.t.Context(), person(b), id)
			g.refused(err)
		}
	}},
	"declare": {1, func(g *ground, a, b, c int) {
		_, err := g.desk.Declare(g.t.Context(), in("visitor", ""), desk.Declaration{Title: fmt.Sprint("outage ", a), Severity: incident.Severity(1 + b%4), Service: groundServices[c%4]})
		g.refused(err)
	}},
	"severity": {2, func(g *ground, a, b, _ int) {
		g.onIncident(a, incident.SetSeverity{By: by("visitor"), Severity: incident.Severity(1 + b%4)})
	}},
	"resolve": {2, func(g *ground, a, b, _ int) { g.onIncident(a, incident.Resolve{By: by("visitor")}) }},
	"close":   {1, func(g *ground, a, b, _ int) { g.onIncident(a, incident.Close{By: by("visitor")}) }},
	"reopen":  {2, func(g *ground, a, b, _ int) { g.onIncident(a, incident.Reopen{By: by("visitor"), Text: "it is back"}) }},
	"call": {1, func(g *ground, a, b, _ int) {
		if id := g.someIncident(a); id != "" {
			_, err := g.desk.Page(g.t.Context(), in("visitor", ""), id, []paging.Target{paging.Target("person:" + groundPeople[b%len(groundPeople)])})
			g.refused(err)
		}
	}},
	"slackdown": {1, func(g *ground, _, _, _ int) {
		g.broken[paging.Slack] = true
		g.check(g.desk.MediumDown(g.t.Context(), paging.Slack))
	}},
	"deaf": {1, func(g *ground, a, _, _ int) {
		g.check(g.desk.MediumDeaf(g.t.Context(), paging.Slack, g.desk.Now().Add(-time.Minute)))
	}},
	"broken": {1, func(g *ground, a, _, _ int) { g.broken[[]paging.Method{paging.SMS, paging.Voice}[a%2]] = true }},
	"mended": {2, func(g *ground, _, _, _ int) { g.mend() }},
	"restart": {2, func(g *ground, a, b, _ int) {
		g.end()
		time.Sleep(time.Duration(a%(1+b)) * time.Second)
		g.live(0)
	}},
	"changed": {2, func(g *ground, a, _, _ int) {
		g.end()
		g.live(a % len(groundChanges))
	}},
	"clock": {1, func(g *ground, a, _, _ int) {
		back := time.Duration(a) * time.Second
		g.silences = nil // what was over may hold again
		g.ahead.Add(-int64(back))
		for page, until := range g.hushed {
			g.hushed[page] = until.Add(-back)
		}
		g.check(g.desk.ClockSetBack(g.t.Context()))
	}},
	"override": {2, func(g *ground, a, b, _ int) {
		now := g.desk.Now().Truncate(time.Minute)
		o := oncall.Override{From: now.Add(time.Minute).Format(time.RFC3339), To: now.Add(time.Minute + minutes(a)).Format(time.RFC3339), Person: groundPeople[b%len(groundPeople)]}
		_, err := g.desk.ChangeSchedule(g.t.Context(), in("lead1", ""), "rota", oncall.AddOverride{By: oncall.Actor{Name: "lead1", Admin: true}, Override: o})
		g.refused(err)
	}},
}

// signal sends one signal of what a says, as bad as b says; c says what became of it.
func (g *ground) signal(a, b, c int) {
	key := a % 36
	s := alert.Signal{Key: fmt.Sprint("k", key), Title: fmt.Sprint("disk full on k", key), Service: groundServices[key%len(groundServices)], Severity: severities[b%len(severities)], Count: 1, Status: alert.Firing}
	if n := key / 6 % 3; n > 0 {
		s.Labels = map[string]string{"group": fmt.Sprint("g", n)}
	}
	switch c % 10 {
	case 0, 2, 4:
		s.Status = alert.Resolved
	case 6:
		s.Status = alert.Acknowledged
	}
	integration := []string{"prometheus", "grafana"}[key/18]
	heard, err := g.desk.Hear(g.t.Context(), integration, []alert.Signal{s})
	g.check(err)
	id := ""
	if len(heard.Alerts) > 0 {
		id = heard.Alerts[0]
	}
	g.heard(said{integration, s.Key}, s, id)
}

func nothing(string) func() { return func() {} }

// refused knows refusals, and nothing else, as answers.
func (g *ground) refused(err error) bool {
	if _, _, refused := desk.Refusal(err); err != nil && !refused {
		g.check(err)
	}
	return err != nil
}

// act is what somebody does to a page or an alert.
type act func(_ context.Context, who desk.In, id string) (desk.Answer, error)

// onPage has somebody do something to one of the running pages; meaning looks at the page
// before, and what it returns is done once that was not refused.
func (g *ground) onPage(n, who int, meaning func(id string) func(), do act) {
	pages, err := g.desk.RunningPages(g.t.Context(), 1000)
	g.check(err)
	ids := make([]string, len(pages))
	for n, p := range pages {
		ids[n] = p.ID
	}
	g.onOne(ids, n, who, meaning, do)
}

// onAlert does the same with one of the open alerts.
func (g *ground) onAlert(n, who int, meaning func(id string) func(), do act) {
	g.onOne(g.open(), n, who, meaning, do)
}

func (g *ground) onOne(ids []string, n, who int, meaning func(id string) func(), do act) {
	if len(ids) == 0 {
		return
	}
	id := ids[n%len(ids)]
	mean := meaning(id)
	if _, err := do(g.t.Context(), person(who), id); !g.refused(err) {
		mean()
	}
}

// someIncident is one of all incidents; empty: there is none.
func (g *ground) someIncident(n int) string {
	list, err := g.desk.Latest(g.t.Context(), 100)
	g.check(err)
	if len(list) == 0 {
		return ""
	}
	return list[n%len(list)].ID
}

func (g *ground) onIncident(n int, c incident.Command) {
	if id := g.someIncident(n); id != "" {
		was := g.incident(id).Active()
		if _, err := g.desk.Change(g.t.Context(), in("visitor", ""), id, c); !g.refused(err) {
			g.incidentMoved(id, was)
		}
	}
}

// mend has all media work again.
func (g *ground) mend() {
	clear(g.broken)
	g.desk.MediumUp(paging.Slack)
	g.check(g.desk.MediumHeard(g.t.Context(), paging.Slack))
}

// rest lets nobody do anything for some hours, with all media in order, and says of what
// nobody was told by then.
func (g *ground) rest() {
	g.mend()
	for range 6 {
		if len(g.found) > 0 {
			return
		}
		g.pass(quiet / 6)
		g.watchOver()
	}
	g.judge()
}
