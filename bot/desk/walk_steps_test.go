package desk_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
)

var (
	groundServices = []string{"checkout", "search", "night", "db", "orphan", "quiet"}
	groundPeople   = []string{"dev1", "dev2", "sre1", "sre2", "owl", "lead1", "U0GONE"} // dev2 may have left, U0GONE has
	groundUsers    = []string{"U0DEV1", "U0DEV2", "U0SRE1", "U0SRE2", "U0OWL", "U0LEAD1", "U0NEW"}
	severities     = []alert.Severity{alert.SeverityCritical, alert.SeverityError, alert.SeverityWarning}
)

// minutes are up to two hours, more often few.
func minutes(n int) time.Duration { return time.Duration(1+n%(1+n%120)) * time.Minute }

// way is something that may happen, and how often it does beside others.
type way struct {
	weight int
	take   func(g *ground, a, b, c int)
}

// step takes a step.
func (g *ground) step(s string) {
	var name string
	var a, b, c int
	if _, err := fmt.Sscan(s, &name, &a, &b, &c); err != nil || ways[name].take == nil {
		g.t.Fatalf("%q is no step: %v", s, err)
	}
	g.steps++
	g.note("%s %s", clock(g.desk.Now()), s)
	ways[name].take(g, a, b, c)
	g.rise()
}

var ways = map[string]way{
	"signal": {14, (*ground).signal},
	"vault":  {6, func(g *ground, a, b, c int) { g.say(a%2, vault+a/2%6, 1, b, statusOf(c)) }},
	"burst": {2, func(g *ground, a, b, _ int) {
		for n := range 7 {
			g.signal(a+n*len(groundServices), b, 1)
		}
	}},
	"crowd":     {1, func(g *ground, a, b, _ int) { g.say(a%2, crowd, alert.MaxMembers+9, b, alert.Firing) }},
	"thin":      {1, func(g *ground, a, b, c int) { g.say(a%2, crowd+c%99, alert.MaxMembers-b%99, b, alert.Resolved) }},
	"heartbeat": {2, func(g *ground, _, _, _ int) { g.beats = !g.beats }},
	"pass":      {12, func(g *ground, a, _, _ int) { g.pass(time.Duration(a) * time.Second) }},
	"hours":     {2, func(g *ground, a, _, _ int) { g.pass(minutes(a) * 3) }},

	"ack":      {4, toPage((*ground).acked, func(q ask) (desk.Answer, error) { return q.d.Acknowledge(q.ctx, q.who, q.id) })},
	"snooze":   {3, toPage((*ground).putOff, func(q ask) (desk.Answer, error) { return q.d.Snooze(q.ctx, q.who, q.id, minutes(q.c)) })},
	"escalate": {2, toPage(nothing, func(q ask) (desk.Answer, error) { return q.d.Escalate(q.ctx, q.who, q.id, -1) })},
	"decline":  {3, toPage((*ground).declined, func(q ask) (desk.Answer, error) { return q.d.Decline(q.ctx, q.who, q.id) })},
	"handover": {3, toPage((*ground).putOff, func(q ask) (desk.Answer, error) {
		return q.d.HandOver(q.ctx, q.who, q.id, groundPeople[q.c%len(groundPeople)])
	})},
	"end":        {1, toPage((*ground).ended, func(q ask) (desk.Answer, error) { return q.d.EndPage(q.ctx, q.who, q.id, "done") })},
	"ackalert":   {3, toAlert((*ground).alertAcked, func(q ask) (desk.Answer, error) { return q.d.AcknowledgeAlert(q.ctx, q.who, q.id) })},
	"noise":      {1, toAlert((*ground).alertNoise, func(q ask) (desk.Answer, error) { return q.d.NotActionable(q.ctx, q.who, q.id, "noise") })},
	"closealert": {1, toAlert((*ground).alertClosed, func(q ask) (desk.Answer, error) { return q.d.CloseAlert(q.ctx, q.who, q.id, "done") })},
	"declarealert": {2, toAlert(nothing, func(q ask) (desk.Answer, error) {
		q.who.By.Person = "visitor" // whoever is to be paged would have answered by it
		return q.d.DeclareFromAlert(q.ctx, q.who, q.id, desk.Declaration{Severity: incident.Severity(1 + q.c%4)})
	})},
	"silencealert": {3, func(g *ground, a, b, c int) {
		s := silenced{until: g.desk.Now().Add(minutes(c))}
		toAlert(func(g *ground, id string) func() {
			s.group = g.alert(id).Group
			return func() { g.silence(s) }
		}, func(q ask) (desk.Answer, error) {
			made, err := q.d.SilenceAlert(q.ctx, q.who, q.id, s.until, "known")
			s.id = made.Silence
			return made, err
		})(g, a, b, c)
	}},
	"silence": {2, func(g *ground, a, b, c int) {
		s := silenced{service: groundServices[a%len(groundServices)], notCritical: b%2 == 0, until: g.desk.Now().Add(minutes(c))}
		want := alert.Silence{Match: map[string]string{"service": s.service}, Until: s.until}
		if s.notCritical {
			want.Match["severity"] = "!critical"
		}
		if g.insists(func(ctx context.Context) error {
			made, _, err := g.desk.Silence(ctx, g.person(b), want)
			s.id = made.ID
			return err
		}) {
			g.silence(s)
		}
	}},
	"unsilence": {2, func(g *ground, a, b, _ int) {
		list, err := g.desk.Silences(g.t.Context(), false)
		g.check(err)
		if len(list) > 0 {
			g.insists(func(ctx context.Context) error {
				_, _, err := g.desk.Unsilence(ctx, g.person(b), list[a%len(list)].ID)
				return err
			})
		}
	}},

	"declare": {1, func(g *ground, a, b, c int) {
		g.insists(func(ctx context.Context) error {
			_, err := g.desk.Declare(ctx, g.as("visitor"), desk.Declaration{Title: fmt.Sprint("outage ", a), Severity: incident.Severity(1 + b%4), Service: groundServices[c%4]})
			return err
		})
	}},
	"severity": {2, func(g *ground, a, b, _ int) {
		g.onIncident(a, incident.SetSeverity{By: by("visitor"), Severity: incident.Severity(1 + b%4)})
	}},
	"resolve": {2, func(g *ground, a, _, _ int) { g.onIncident(a, incident.Resolve{By: by("visitor")}) }},
	"close":   {1, func(g *ground, a, _, _ int) { g.onIncident(a, incident.Close{By: by("visitor")}) }},
	"reopen":  {2, func(g *ground, a, _, _ int) { g.onIncident(a, incident.Reopen{By: by("visitor"), Text: "it is back"}) }},
	"call": {1, func(g *ground, a, b, _ int) {
		if id := g.someIncident(a); id != "" {
			g.insists(func(ctx context.Context) error {
				_, err := g.desk.Page(ctx, g.as("visitor"), id, []paging.Target{paging.Target("person:" + groundPeople[b%len(groundPeople)])})
				return err
			})
		}
	}},

	"slackdown": {1, func(g *ground, _, _, _ int) {
		g.broken[paging.Slack] = true
		g.insists(func(ctx context.Context) error { return g.desk.MediumDown(ctx, paging.Slack) })
	}},
	"deaf": {1, func(g *ground, _, _, _ int) {
		g.insists(func(ctx context.Context) error {
			return g.desk.MediumDeaf(ctx, paging.Slack, g.desk.Now().Add(-time.Minute))
		})
	}},
	"broken": {1, func(g *ground, a, _, _ int) { g.broken[[]paging.Method{paging.SMS, paging.Voice}[a%2]] = true }},
	"mended": {2, func(g *ground, _, _, _ int) { g.mend() }},
	"fault":  {3, (*ground).fault},
	"kill":   {3, (*ground).kill},
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
		g.silences, g.calm, g.setBack = nil, g.desk.Now(), true // what was over may hold again
		g.ahead.Add(-int64(back))
		for page, until := range g.hushed {
			g.hushed[page] = until.Add(-back)
		}
		g.insists(g.desk.ClockSetBack)
	}},

	"user": {2, func(g *ground, a, _, c int) {
		id := groundUsers[a%len(groundUsers)]
		g.left[id], g.calm = !g.left[id], g.desk.Now()
		g.desk.People.LearnOne(desk.User{ID: id, Name: id, Deleted: g.left[id], Guest: c%2 == 0})
	}},
	"group": {1, func(g *ground, a, b, _ int) {
		g.group = groundUsers[a%len(groundUsers):][:b%(1+len(groundUsers)-a%len(groundUsers))]
		g.desk.People.LearnGroup("S0NIGHT", g.group)
	}},
	"override": {2, func(g *ground, a, b, _ int) {
		from, to := g.shift(a)
		g.swapped = true
		g.onSchedule(oncall.AddOverride{By: lead, Override: oncall.Override{From: from, To: to, Person: groundPeople[b%len(groundPeople)]}})
	}},
	"shadow": {1, func(g *ground, a, b, c int) {
		from, to := g.shift(a)
		s := oncall.Shadow{Person: groundPeople[b%len(groundPeople)], With: groundPeople[2+c%2], Kind: []string{oncall.ShadowKind, oncall.ReverseShadowKind}[b%2], From: from, To: to}
		if g.onSchedule(oncall.SetShadow{By: lead, Shadow: s}) {
			g.shadows = append(g.shadows, s)
		}
	}},
}

// signal sends one signal of what a says, as bad as b says; c says what became of it.
func (g *ground) signal(a, b, c int) { g.say(a%36/18, a%36, 1, b, statusOf(c)) }

func statusOf(c int) alert.Status {
	switch c % 10 {
	case 0, 2, 4:
		return alert.Resolved
	case 6:
		return alert.Acknowledged
	}
	return alert.Firing
}

const (
	crowd = 36   // the first of the keys of one large group
	vault = 6000 // the first of those of a service of which warnings page too
)

// say sends n signals of one integration at once, from a key on, until they are taken.
func (g *ground) say(from, first, n, b int, status alert.Status) {
	integration := []string{"prometheus", "grafana"}[from]
	var list []alert.Signal
	for key := first; key < first+n; key++ {
		s := alert.Signal{Key: fmt.Sprint("k", key), Title: fmt.Sprint("disk full on k", key), Service: groundServices[key%len(groundServices)], Severity: severities[b%len(severities)], Count: 1, Status: status}
		group := key / 6 % 3
		switch {
		case key >= vault:
			s.Service = "vault"
		case key >= crowd:
			s.Service, group = groundServices[from], 3
		}
		if group > 0 {
			s.Labels = map[string]string{"group": fmt.Sprint("g", group)}
		}
		list = append(list, s)
	}
	var told desk.Heard
	if g.insists(func(ctx context.Context) (err error) {
		told, err = g.desk.Hear(ctx, integration, list)
		return err
	}) {
		where := g.where()
		for _, s := range list {
			k := said{integration, s.Key}
			a, open := where[k]
			if !open && len(told.Alerts) > 0 {
				a = g.alert(told.Alerts[0])
			}
			g.heard(k, s, a)
		}
	}
}

// ask is what somebody asks of the desk about a page or an alert.
type ask struct {
	ctx context.Context
	d   *desk.Desk
	who desk.In
	id  string
	c   int
}

// act does what is asked; meaning looks at what it is about before, and what it returns is
// done once that was not refused.
type (
	act     func(q ask) (desk.Answer, error)
	meaning func(g *ground, id string) func()
)

func nothing(*ground, string) func() { return func() {} }

// toPage has somebody do something to one of the running pages, toAlert to one of the open
// alerts.
func toPage(mean meaning, do act) func(g *ground, a, b, c int) {
	return toOne((*ground).running, mean, do)
}
func toAlert(mean meaning, do act) func(g *ground, a, b, c int) {
	return toOne(func(g *ground) []string { return g.open() }, mean, do)
}

func toOne(of func(*ground) []string, mean meaning, do act) func(g *ground, a, b, c int) {
	return func(g *ground, a, b, c int) {
		id := some(of(g), a)
		if id == "" {
			return
		}
		done := mean(g, id)
		if g.insists(func(ctx context.Context) error {
			_, err := do(ask{ctx, g.desk, g.person(b), id, c})
			return err
		}) {
			done()
		}
	}
}

// person is somebody who takes this step, however often they try.
func (g *ground) person(n int) desk.In { return g.as(groundPeople[n%len(groundPeople)]) }

func (g *ground) as(person string) desk.In { return in(person, fmt.Sprint("step ", g.steps)) }

// some is one of those there are; empty: there is none.
func some(ids []string, n int) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[n%len(ids)]
}

func (g *ground) running() (ids []string) {
	pages, err := g.desk.RunningPages(g.t.Context(), 1000)
	g.check(err)
	for _, p := range pages {
		ids = append(ids, p.ID)
	}
	return ids
}

func (g *ground) someIncident(n int) string {
	list, err := g.desk.Latest(g.t.Context(), 100)
	g.check(err)
	ids := make([]string, len(list))
	for n, i := range list {
		ids[n] = i.ID
	}
	return some(ids, n)
}

func (g *ground) onIncident(n int, c incident.Command) {
	if id := g.someIncident(n); id != "" {
		was := g.incident(id).Active()
		if g.insists(func(ctx context.Context) error {
			_, err := g.desk.Change(ctx, g.as("visitor"), id, c)
			return err
		}) {
			g.incidentMoved(id, was)
		}
	}
}

var lead = oncall.Actor{Name: "lead1", Admin: true}

func (g *ground) onSchedule(c oncall.Command) bool {
	return g.insists(func(ctx context.Context) error {
		_, err := g.desk.ChangeSchedule(ctx, g.as("lead1"), "rota", c)
		return err
	})
}

// shift is a time that begins soon.
func (g *ground) shift(a int) (from, to string) {
	at := g.desk.Now().Truncate(time.Minute).Add(time.Minute)
	return at.Format(time.RFC3339), at.Add(minutes(a)).Format(time.RFC3339)
}

var errDisk = errors.New("input/output error")

// fault has one of the next commits fail, or all for some seconds.
func (g *ground) fault(a, b, c int) {
	at, until := 1+b%3, time.Now().Add(time.Duration(c%2*b%20)*time.Second)
	g.fails(func(n int, _ []storage.Change) memory.Fault {
		if n != at && !time.Now().Before(until) {
			return memory.None()
		}
		slow := make(chan struct{})
		time.AfterFunc(4*time.Second, func() { close(slow) })
		return []memory.Fault{memory.Fails(errDisk), memory.Fails(storage.ErrUnknown), memory.FailsButApplied(), memory.Conflict(), memory.Slow(slow)}[a%5]
	})
}

// failed says whether an error is one that a failing store brings to those who ask.
func failed(err error) bool {
	var pending *desk.PendingError
	return errors.Is(err, errDisk) || errors.Is(err, storage.ErrUnknown) || errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrClosed) || errors.Is(err, desk.ErrNotRecorded) || errors.As(err, &pending)
}

// insists has somebody do something until the store has taken it, and says whether it was
// not refused.
func (g *ground) insists(do func(context.Context) error) bool {
	for range 20 {
		ctx, stop := context.WithTimeout(g.t.Context(), 2500*time.Millisecond)
		err := do(ctx)
		stop()
		if pending := (*desk.PendingError)(nil); errors.As(err, &pending) {
			<-pending.Done // the same again gets the answer
		}
		if _, _, refused := desk.Refusal(err); err == nil || refused || !failed(err) {
			if !refused {
				g.check(err)
			}
			return err == nil
		}
		g.rise()
		time.Sleep(2 * time.Second)
	}
	g.wrong("it was never taken")
	return false
}

// mend has all media and the store work again.
func (g *ground) mend() {
	clear(g.broken)
	g.fails(nil)
	g.calm = g.desk.Now()
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
	g.judgeTold()
}
