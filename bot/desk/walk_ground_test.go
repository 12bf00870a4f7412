package desk_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/watch"
	"github.com/watchbill/watchbill/bot/watch/watchtest"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
	"github.com/watchbill/watchbill/storage/storagetest"
)

const groundConfig = `
admins: [lead1]
people:
  - {name: dev1, slack: U0DEV1, time_zone: UTC, quiet_hours: [{from: "18:00", to: "09:00"}]}
  - name: dev2
    slack: U0DEV2
    phone: "+491701234567"
    contact: [{method: slack}, {method: sms, after: 2m}, {method: voice, after: 4m, every: 20m}]
  - {name: sre1, slack: U0SRE1, phone: "+491701234568"}
  - {name: sre2, slack: U0SRE2}
  - {name: lead1, slack: U0LEAD1, time_zone: America/New_York, quiet_hours: [{from: "21:00", to: "08:00"}]}
  - {name: owl, slack: U0OWL, time_zone: Europe/Berlin, quiet_hours: [{from: "22:00", to: "07:00"}]}
  - {name: visitor, slack: U0VISITOR}
integrations:
  - {name: prometheus, source: alertmanager, token_env: T1}
  - {name: grafana, source: grafana, token_env: T2}
  - {name: backup, source: heartbeat, token_env: T3, every: 5m, grace: 1m}
teams:
  - {name: core, people: [dev1, sre1], leads: [lead1]}
schedules:
  - name: rota
    time_zone: UTC
    layers: [{name: all, rotation: {type: daily, length: 1, start: "1999-12-20T09:00:00", people: [sre1, sre2]}}]
  - name: owls
    time_zone: Europe/Berlin
    layers: [{name: all, rotation: {type: daily, length: 1, start: "1999-12-20T02:30:00", people: [owl, lead1]}}]
services:
  - {name: checkout, escalation: rota, channel: svc-checkout}
  - {name: search, escalation: pair, channel: svc-search}
  - {name: night, escalation: night, channel: svc-night}
  - {name: db, escalation: rota, channel: svc-db}
  - {name: orphan, channel: svc-orphan}
  - {name: quiet, escalation: pair, channel: svc-quiet}
  - {name: vault, escalation: owls, channel: svc-vault}
default_escalation: pair
escalations:
  - name: rota
    steps:
      - {notify: ["schedule:rota"], wait: 10m}
      - {notify: ["team:core"], wait: 10m, when: {severity: [critical, SEV1]}}
      - {notify: ["person:dev2"], wait: 30m}
    repeat: 1
    ack_timeout: 40m
  - name: pair
    steps:
      - {notify: ["person:dev1"], wait: 10m}
      - {notify: ["person:dev2"], wait: 30m}
  - name: night
    steps: [{notify: ["person:owl"], wait: 10m}, {notify: ["group:S0NIGHT"], wait: 30m}]
  - name: owls
    steps: [{notify: ["schedule:owls"], wait: 15m}, {notify: ["person:dev2", "schedule:owls"], wait: 25m}]
    ack_timeout: 1h
routes:
  - {name: vaults, match: {service: vault}, page: true, group_by: [group], group_window: 20m}
  - {name: calm, match: {service: quiet}, page: false}
  - {name: dusk, match: {service: night}, page: true, group_by: [group], group_window: 20m}
  - {name: worst, match: {service: db, severity: critical}, declare: 2}
  - {name: small, match: {service: orphan, severity: critical}, declare: 4}
  - {name: hosts, match: {group: "~.+"}, group_by: [group, service], group_window: 20m}
maintenance:
  - {name: often, match: {service: search}, cron: "0 */4 * * *", duration: 30m, time_zone: UTC}
  - {name: late, match: {service: vault}, cron: "0 21 * * *", duration: 45m, time_zone: Europe/Berlin}
  - {name: skipped, match: {service: vault}, cron: "30 2 * * *", duration: 1h, time_zone: Europe/Berlin}
  - {name: once, match: {service: checkout}, from: "2000-01-01T14:00:00", to: "2000-01-01T15:00:00", time_zone: UTC}
notify:
  twilio: {account_sid: AC00000000000000000000000000000000, token_env: TWILIO, from: "+15005550006", voice_from: "+15005550006"}
`

// groundChanges are what the configuration may become with the next life.
var groundChanges = []*strings.Replacer{
	strings.NewReplacer(),
	strings.NewReplacer(`"person:dev2"`, `"person:dev1"`, "name: dev2\n", "name: dev9\n"),
	strings.NewReplacer("  - name: pair\n", "  - name: two\n", "escalation: pair", "escalation: two"),
	strings.NewReplacer("  - {name: night, escalation: night, channel: svc-night}\n", "", "match: {service: night}", "match: {service: none}"),
	strings.NewReplacer(", page: true", "", "declare: 2", "escalation: pair"),
	strings.NewReplacer("people: [dev1, sre1]", "people: [sre2]", "name: sre1,", "name: sre9,", "people: [sre1, sre2]", "people: [sre2]"),
	strings.NewReplacer("escalation: owls", "escalation: night", "people: [owl, lead1]", "people: [lead1, dev1, owl]"),
	strings.NewReplacer(`service: vault}, cron`, `service: other}, cron`, `["person:dev2", "schedule:owls"]`, `["team:core"]`, "ack_timeout: 1h", "repeat: 2"),
}

// groundStart is when a walk begins: two of five on the eve of a night on which clocks change.
func groundStart(seed uint64) time.Duration {
	hours := time.Duration(seed*7%24) * time.Hour
	switch seed % 5 {
	case 1:
		return time.Until(clocksForward) - 8*time.Hour + hours/4
	case 2:
		return time.Until(clocksBack) - 8*time.Hour + hours/4
	}
	return hours
}

// attempt is what was sent to somebody.
type attempt struct {
	At      time.Time
	Page    string
	Subject string
	To      string
	Way     paging.Method
}

// ground is where a walk goes: a desk with whoever delivers for it and puts what is due, in
// a bubble of its own time. One thing happens after another.
type ground struct {
	*house
	model
	auditor  *watch.Auditor
	attempts []attempt // that reached somebody
	tried    []attempt
	steps    int
	beats    bool                   // the heartbeat does
	beat     time.Time              // when it was sent last
	left     map[string]bool        // users whom Slack has deactivated
	group    []string               // who is in the user group
	calm     time.Time              // since when all goes its way
	broken   map[paging.Method]bool // ways by which nothing is taken
	dead     atomic.Bool            // the process was killed, and its next life has not begun
	rebirth  rebirth                // how it will
	change   int                    // which configuration this life has
	found    []string               // what is wrong
}

// wrong makes what checkers find known to the walk instead of failing it.
type wrong struct {
	testing.TB
	g *ground
}

func (w wrong) Helper()                           {}
func (w wrong) Error(args ...any)                 { w.g.wrong("%s", fmt.Sprint(args...)) }
func (w wrong) Errorf(format string, args ...any) { w.g.wrong(format, args...) }

func (g *ground) wrong(format string, args ...any) {
	g.found = append(g.found, fmt.Sprintf(format, args...))
}

// inGround runs a test on fresh ground, and returns what is wrong after it.
func inGround(t *testing.T, seed uint64, test func(g *ground)) (found []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(groundStart(seed) + time.Millisecond)
		g := &ground{house: &house{shop: &shop{t: t, store: memory.New()}}, model: newModel(), broken: map[paging.Method]bool{}, left: map[string]bool{}, group: groundUsers[4:]}
		g.store.Faults(g.faulty)
		g.ahead.Store(int64(time.Hour))
		g.live(0)
		test(g)
		g.end()
		watchtest.Check(wrong{t, g}, g.desk)
		storagetest.Check(wrong{t, g}, g.store, desk.Folds())
		found = g.found[:min(len(g.found), 5)]
	})
	return found
}

// live begins a life with a configuration.
func (g *ground) live(change int) {
	g.t.Helper()
	g.change = change
	g.dead.Store(false)
	settings, err := configs.Parse([]byte(groundChanges[change].Replace(groundConfig)), "ground.yaml")
	if err != nil {
		g.t.Fatal(err)
	}
	g.settings = settings
	g.begin()
	var users []desk.User
	for _, id := range groundUsers {
		users = append(users, desk.User{ID: id, Name: id, Deleted: g.left[id]})
	}
	g.desk.People.Learn(users, map[string][]string{"S0NIGHT": g.group})
	if _, err := g.desk.StartSchedules(g.t.Context()); err != nil {
		g.t.Fatal(err)
	}
	g.auditor = watch.NewAuditor(watch.AuditConfig{Store: g.store, Desk: g.desk, Now: g.desk.Now})
	g.check(g.desk.ClockSetBack(g.t.Context()))
	if g.broken[paging.Slack] {
		g.check(g.desk.MediumDown(g.t.Context(), paging.Slack))
	}
	g.calm = g.desk.Now()
	time.Sleep(100 * time.Millisecond) // so that nothing falls due with what the desk does every second
}

// end ends a life, once nothing is under way in it.
func (g *ground) end() {
	g.fails(nil)
	g.check(g.desk.Drain(g.t.Context()))
	g.house.end()
}

// check knows no errors but those of a store that fails.
func (g *ground) check(err error) {
	if err != nil && !failed(err) {
		g.wrong("%v", err)
	}
}

// pass lets time pass, and puts to their records what falls due meanwhile. Those who deliver
// look every minute.
func (g *ground) pass(d time.Duration) {
	for until := g.desk.Now().Add(d); len(g.found) == 0 && g.desk.Now().Before(until); {
		g.sound()
		if g.deliver(); g.rise() { // what is overdue comes first
			until = later(until, g.desk.Now().Add(time.Second))
		}
		next := until
		rows, err := g.store.Due(g.t.Context(), until, 1)
		g.check(err)
		if len(rows) > 0 {
			next = rows[0].At.Add(time.Millisecond)
		}
		time.Sleep(min(max(next.Sub(g.desk.Now()), time.Millisecond), time.Minute))
		synctest.Wait()
		g.fire()
	}
	synctest.Wait()
	if g.deliver(); g.rise() {
		g.pass(time.Second)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// fire puts to its record what is due first.
func (g *ground) fire() {
	rows, err := g.store.Due(g.t.Context(), g.desk.Now(), 1)
	g.check(err)
	if len(rows) == 0 {
		return
	}
	if err := g.desk.Fire(g.t.Context(), rows[0].Ref); err != nil { // it is tried again
		g.check(err)
		time.Sleep(time.Second)
	} else if r, err := g.store.Get(g.t.Context(), rows[0].Ref); err == nil && r.Due.Equal(rows[0].At) {
		g.wrong("%s waits for %s, which is over", rows[0].ID, rows[0].At)
	}
}

// sound has the heartbeat beat.
func (g *ground) sound() {
	if !g.beats || g.desk.Now().Sub(g.beat).Abs() < 4*time.Minute {
		return
	}
	signals, err := alert.Decode(alert.SourceHeartbeat, alert.Options{Integration: "backup"}, nil)
	g.check(err)
	if g.insists(func(ctx context.Context) error { _, err := g.desk.Beat(ctx, "backup", signals); return err }) {
		g.beat = g.desk.Now()
		g.heard(said{"backup", signals[0].Key}, signals[0], alert.Alert{})
	}
}

// deliver sends what is owed.
func (g *ground) deliver() {
	for !g.dead.Load() {
		now := g.desk.Now()
		req := storage.LeaseRequest{Now: now, Until: now.Add(time.Minute)}
		if g.broken[paging.Slack] {
			req.Except = []string{"slack/"}
		}
		out, err := g.store.Lease(g.t.Context(), req)
		g.check(err)
		if len(out.Leased) == 0 {
			return
		}
		slices.SortFunc(out.Leased, func(a, b storage.Leased) int { return cmp.Compare(a.ID, b.ID) })
		for _, l := range out.Leased {
			s := storage.Settlement{ID: l.ID, Attempt: l.Attempts, State: storage.Done, Seq: l.Seq, At: storage.Time(now)}
			var tell desk.Outcome
			switch {
			case g.dead.Load(): // others send it, once the lease is over
				return
			case l.Kind == desk.NoticeKind || strings.HasPrefix(l.Kind, desk.NotifyPrefix):
				s.State, s.Seq, tell = g.send(l)
				if tell.Notice != nil && tell.Notice.Fate == paging.Sent {
					s.Receipt = []byte("sent")
				}
			case l.Kind == desk.IncidentAlertKind:
				var a desk.IncidentAlert
				g.check(json.Unmarshal(l.Body, &a))
				tell.Incident = a.Command()
			default:
				s.Receipt = []byte("posted")
				g.posted(l.Kind, l.Body)
			}
			g.check(g.desk.Settle(g.t.Context(), l.Effect, []storage.Settlement{s}, tell))
		}
		synctest.Wait()
	}
}

// send delivers one notice of a page, unless nobody needs it any more.
func (g *ground) send(l storage.Leased) (storage.State, uint64, desk.Outcome) {
	var want desk.Notice
	g.check(json.Unmarshal(l.Body, &want))
	p, _, seq, err := g.desk.PageShown(g.t.Context(), want.Page)
	g.check(err)
	n, ok := p.Notice(want.Notice)
	report := paging.Report{Notice: want.Notice, Fate: paging.Failed, Unsent: true}
	later := func(o paging.Notice) bool { return o.N > n.N && o.To == n.To && o.Way() == n.Way() }
	switch {
	case len(l.Receipt) > 0 || p.Status == paging.Ended: // it is edited
		return storage.Done, seq, desk.Outcome{}
	case !ok || p.Status != paging.Open || n.Decline || slices.ContainsFunc(p.Notices, later):
		report.Needless = true
		return storage.Done, seq, desk.Outcome{Notice: &report}
	}
	a := attempt{g.desk.Now(), p.ID, p.Subject, n.To.String(), n.Way()}
	g.tried = append(g.tried, a)
	user, _ := g.desk.People.Slack(n.To.Person)
	if g.broken[n.Way()] || n.Way() == paging.Slack && g.left[user] {
		report.Why = "out of order"
		return storage.Dead, seq, desk.Outcome{Notice: &report}
	}
	report.Fate, report.Unsent = paging.Sent, false
	g.note("  %s sends %s about %s to %s by %s", clock(a.At), a.Page, a.Subject, a.To, a.Way)
	g.attempts = append(g.attempts, a)
	g.mayTell(a, p)
	g.mayWake(a, p, n.At)
	g.owesCopies(a)
	return storage.Done, seq, desk.Outcome{Notice: &report}
}

// story is what happened, for those who look for what went wrong.
func (g *ground) story() string {
	var out strings.Builder
	for _, of := range []storage.Ref{{Kind: desk.AlertKind, ID: "ALERT-"}, {Kind: desk.PageKind, ID: "PAGE-"}, {Kind: desk.IncidentKind, ID: "INC-"}} {
		for n := range 1000 { // failed commits leave gaps
			r, err := g.store.Get(g.t.Context(), storage.Ref{Kind: of.Kind, ID: fmt.Sprint(of.ID, n)})
			if err != nil {
				continue
			}
			events, err := g.store.Events(g.t.Context(), r.Ref, 0, 0)
			g.check(err)
			fmt.Fprintf(&out, "%s, due %s\n", r.ID, clock(r.Due))
			for _, e := range events {
				fmt.Fprintf(&out, "  %s %s %s\n", clock(e.Recorded), e.Kind, e.Body)
			}
		}
	}
	return out.String()
}
