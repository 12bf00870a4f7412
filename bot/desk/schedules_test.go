package desk_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
	"github.com/watchbill/watchbill/storage/storagetest"
)

const rota = `
people:
  - {name: dev1, slack: U0DEV1}
  - {name: dev2, slack: U0DEV2}
  - {name: sre1, slack: U0SRE1}
  - {name: lead1, slack: U0LEAD1}
admins: [lead1]
services:
  - {name: checkout, schedule: checkout}
schedules:
  - name: checkout
    time_zone: Europe/Berlin
    layers:
      - name: all
        rotation: {type: daily, length: 1, start: "2026-01-05T09:00:00", people: [dev1, dev2, sre1]}
`

// office is a desk whose clock stands where the test puts it.
type office struct {
	t     *testing.T
	desk  *desk.Desk
	store storage.Store
	mu    sync.Mutex
	at    time.Time
}

func (o *office) now() time.Time { o.mu.Lock(); defer o.mu.Unlock(); return o.at }

func (o *office) set(s string) {
	o.t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.at = instant(o.t, s)
}

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func newOffice(t *testing.T, config, now string) *office {
	t.Helper()
	settings, err := configs.Parse([]byte(config), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, store: memory.New()}
	o.set(now)
	o.open(settings)
	t.Cleanup(func() { storagetest.Check(t, o.store, desk.Folds()) })
	return o
}

// open starts a desk on the store, as a new life of the bot does.
func (o *office) open(settings *configs.Config) {
	o.t.Helper()
	users := []desk.User{{ID: "U0DEV1", Name: "dev1"}, {ID: "U0DEV2", Name: "dev2"}, {ID: "U0SRE1", Name: "sre1"}, {ID: "U0LEAD1", Name: "lead1"}}
	o.desk = desk.New(desk.Config{Store: o.store, Settings: settings, Now: o.now, People: desk.NewDirectory(settings, users, nil)})
	if _, err := o.desk.StartSchedules(context.Background()); err != nil {
		o.t.Fatal(err)
	}
}

// words are what was owed to people since the effect with the given id.
func (o *office) words(after uint64) (out []string, last uint64) {
	o.t.Helper()
	all, err := o.store.Effects(context.Background(), after, 0)
	if err != nil {
		o.t.Fatal(err)
	}
	last = after
	for _, e := range all {
		last = e.ID
		if e.Kind == desk.WordKind {
			w, err := desk.ReadWord(e.Body)
			if err != nil {
				o.t.Fatal(err)
			}
			out = append(out, fmt.Sprintf("%s to %q late=%v missed=%d", w.Kind, w.To, w.Late, w.Missed))
		}
		if e.Kind == desk.AskKind || e.Kind == desk.GroupKind {
			out = append(out, e.Kind+" "+e.Target)
		}
	}
	return out, last
}

// pass moves the clock and puts whatever is due, as the watch does.
func (o *office) pass(to string) {
	o.t.Helper()
	o.set(to)
	for range 10 {
		rows, err := o.store.Due(context.Background(), o.now(), 0)
		if err != nil {
			o.t.Fatal(err)
		}
		if len(rows) == 0 {
			return
		}
		for _, r := range rows {
			if err := o.desk.Fire(context.Background(), r.Ref); err != nil {
				o.t.Fatal(err)
			}
		}
	}
	o.t.Fatal("what was due stays due")
}

func slackUser(person string) desk.In {
	return desk.In{By: incident.Actor{Person: person, Via: "slack"}}
}

func TestTheFirstAnswerNeedsNothing(t *testing.T) {
	o := newOffice(t, rota, "2026-01-06T12:00:00Z")
	got, err := o.desk.OnCall("checkout", o.now())
	if err != nil || len(got) != 1 || len(got[0].Duties) != 1 || got[0].Duties[0].Person != "dev2" {
		t.Fatalf("on call: %+v, %v; want dev2", got, err)
	}
	if want := instant(t, "2026-01-07T08:00:00Z"); !got[0].Until.Equal(want) {
		t.Errorf("until %s, want %s", got[0].Until, want)
	}
}

func TestAChangeInChatOutlivesARestart(t *testing.T) {
	o := newOffice(t, rota, "2026-01-06T12:00:00Z")
	ctx := context.Background()
	a, err := o.desk.ChangeSchedule(ctx, slackUser("dev2"), "Checkout", oncall.AddOverride{By: oncall.Actor{Name: "dev2"},
		Override: oncall.Override{From: "2026-01-06T13:00:00Z", To: "2026-01-06T15:00:00Z", Person: "sre1", Replaces: "dev2"}})
	if err != nil || !a.Changed || len(a.Events) != 1 {
		t.Fatalf("override: %+v, %v", a, err)
	}
	at := instant(t, "2026-01-06T14:00:00Z")
	if got := oncall.People(o.desk.SchedulePlan("checkout").OnCall(at)); strings.Join(got, ",") != "sre1" {
		t.Fatalf("on call after the override: %v", got)
	}
	o.open(o.desk.Settings)
	if got := oncall.People(o.desk.SchedulePlan("checkout").OnCall(at)); strings.Join(got, ",") != "sre1" {
		t.Errorf("on call after a restart: %v", got)
	}
}

func TestTheSameCauseChangesOnce(t *testing.T) {
	o := newOffice(t, rota, "2026-01-06T12:00:00Z")
	in := slackUser("dev2")
	in.Cause = "trigger:1"
	c := oncall.RequestCover{By: oncall.Actor{Name: "dev2"}, From: instant(t, "2026-01-06T13:00:00Z"), To: instant(t, "2026-01-06T15:00:00Z")}
	for n := range 2 {
		in.Advice = desk.Advice{Warnings: []string{fmt.Sprint("warned for time ", n)}} // it would not be the same after the change
		a, err := o.desk.ChangeSchedule(context.Background(), in, "checkout", c)
		if err != nil || len(a.Record.Requests) != 1 || !a.Changed || !slices.Equal(a.Advice.Warnings, []string{"warned for time 0"}) {
			t.Fatalf("time %d: %+v, %v", n, a, err)
		}
	}
}

func TestRightsInSlack(t *testing.T) {
	o := newOffice(t, rota, "2026-01-06T12:00:00Z")
	c := oncall.AddOverride{Override: oncall.Override{From: "2026-01-07T13:00:00Z", To: "2026-01-07T15:00:00Z", Person: "dev1", Replaces: "sre1"}}
	guest := desk.In{By: incident.Actor{Person: "sre1", Via: "slack", Guest: true}}
	for _, tc := range []struct {
		in desk.In
		ok bool
	}{{slackUser("dev1"), false}, {guest, false}, {slackUser("sre1"), true}, {slackUser("lead1"), true}, {desk.In{By: incident.Actor{Person: "root", Via: "cli"}}, true}} {
		_, err := o.desk.ChangeSchedule(context.Background(), tc.in, "checkout", c)
		if _, code, refused := desk.Refusal(err); refused == tc.ok || refused && code != incident.Forbidden {
			t.Errorf("by %+v: %v", tc.in.By, err)
		}
	}
}

func TestAFileIsAppliedWholeOrNotAtAll(t *testing.T) {
	o := newOffice(t, rota, "2026-01-06T12:00:00Z")
	good := oncall.Schedule{Name: "search", TimeZone: "UTC", Layers: []oncall.Layer{{Rotation: oncall.Rotation{Type: "weekly", Start: "2026-01-05T09:00:00", People: []string{"dev1"}}}}}
	bad := o.desk.Settings.Schedules[0]
	bad.Layers = nil // a new gap
	got, err := o.desk.ApplySchedules(context.Background(), desk.In{}, []oncall.Schedule{good, bad}, false)
	if err != nil || got[0].Changed || got[1].Err == nil {
		t.Fatalf("applied: %+v, %v", got, err)
	}
	if o.desk.SchedulePlan("search") != nil {
		t.Error("half of the file was applied")
	}
	if got, err = o.desk.ApplySchedules(context.Background(), desk.In{}, []oncall.Schedule{good, bad}, true); err != nil || !got[0].Changed || !got[1].Changed || len(got[1].Gaps) == 0 {
		t.Errorf("with gaps allowed: %+v, %v", got, err)
	}
	if _, err := o.desk.ChangeSchedule(context.Background(), desk.In{}, "checkout", oncall.RemoveSchedule{}); err == nil || !strings.Contains(err.Error(), "service checkout uses it (test.yaml:9)") {
		t.Errorf("removing a schedule in use: %v", err)
	}
	if _, err := o.desk.ChangeSchedule(context.Background(), desk.In{}, "search", oncall.RemoveSchedule{}); err != nil {
		t.Error(err)
	}
	if got := o.desk.ScheduleNames(); strings.Join(got, ",") != "checkout" {
		t.Errorf("names after the removal: %v", got)
	}
}

// TestAScheduleKeepsItsHolidaysWhenTheCalendarIsGone starts again without the calendar
// that the configuration names: what is stored holds. Where nothing is, the schedule
// stands without it.
func TestAScheduleKeepsItsHolidaysWhenTheCalendarIsGone(t *testing.T) {
	o := newOffice(t, rota, "2026-01-06T12:00:00Z")
	before, err := o.desk.Schedule(context.Background(), "checkout")
	if err != nil {
		t.Fatal(err)
	}
	settings, err := configs.Parse([]byte(rota), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	other := settings.Schedules[0]
	other.Name = "other"
	settings.Schedules = append(settings.Schedules, other)
	for n := range settings.Schedules {
		settings.Schedules[n].Layers = settings.Schedules[n].Layers[:1]
		settings.Schedules[n].Calendars = &oncall.Calendars{Holidays: []string{"gone.ics"}}
	}
	o.open(settings)
	applied, err := o.desk.StartSchedules(context.Background())
	if err != nil || applied[0].Err == nil || !strings.Contains(applied[0].Err.Error(), "(gone.ics), so it stays as it was") {
		t.Errorf("got %+v, %v", applied, err)
	}
	if after, err := o.desk.Schedule(context.Background(), "checkout"); err != nil || len(after.Versions) != len(before.Versions) || after.Seq != before.Seq {
		t.Errorf("got %+v, %v, want it as it was", after, err)
	}
	if got := o.desk.SchedulePlan("other"); got == nil || len(oncall.People(got.OnCall(o.now()))) == 0 {
		t.Errorf("nobody is on call for the new schedule: %v, %v", got, applied)
	}
}

// prove lets people answer a test page, so that nobody needs to be warned of them.
func (o *office) prove(people ...string) {
	o.t.Helper()
	for _, p := range people {
		if _, err := o.desk.Test(context.Background(), slackUser(p), paging.Slack); err != nil {
			o.t.Fatal(err)
		}
	}
	pages, err := o.desk.OpenPages(context.Background(), 100)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, p := range pages {
		if _, err := o.desk.Acknowledge(context.Background(), slackUser(p.By), p.ID); err != nil {
			o.t.Fatal(err)
		}
	}
}

// lines are those of the words said so far, of some kinds (none given: of all).
func (o *office) lines(kinds ...string) (out []string) {
	o.t.Helper()
	all, err := o.store.Effects(context.Background(), 0, 0)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, e := range all {
		if w, err := desk.ReadWord(e.Body); e.Kind == desk.WordKind && err == nil && (len(kinds) == 0 || slices.Contains(kinds, w.Kind)) {
			out = append(out, w.Lines...)
		}
	}
	return out
}

// TestWhoNeverAnsweredIsNamed: nobody knows whether a page would wake them.
func TestWhoNeverAnsweredIsNamed(t *testing.T) {
	o := newOffice(t, rota, "2026-01-06T12:00:00Z")
	o.prove("dev1", "sre1")
	o.pass("2026-01-06T12:10:00Z")
	if got := strings.Join(o.lines(), "\n"); !strings.Contains(got, "dev2 has not answered a page within 90 days") || strings.Contains(got, "dev1 has") || strings.Contains(got, "sre1 has") {
		t.Errorf("told: %s", got)
	}
	ready, err := o.desk.Ready(context.Background(), "dev1")
	if err != nil || len(ready.Ways) != 1 || ready.Ways[0].Proven.IsZero() || !ready.Proven(o.now()) || ready.Proven(o.now().Add(desk.ProofLife)) {
		t.Errorf("dev1 is ready: %+v, %v", ready, err)
	}
}

// TestManyWhoNeverAnsweredAreOneLine: the same sentence for each of them would hide what
// else is ahead.
func TestManyWhoNeverAnsweredAreOneLine(t *testing.T) {
	o := newOffice(t, rota, "2026-01-06T12:00:00Z")
	o.desk.People.LearnOne(desk.User{ID: "U0DEV2", Name: "dev2", RealName: "Devin Okoye"})
	o.pass("2026-01-06T12:10:00Z")
	var told []string
	for _, l := range o.lines() {
		if strings.Contains(l, "answered a page within 90 days") {
			told = append(told, l)
		}
	}
	if len(told) != 1 {
		t.Fatalf("told: %q, want one line", told)
	}
	for _, who := range []string{"dev1", "Devin Okoye", "sre1", "each proves it"} {
		if !strings.Contains(told[0], who) {
			t.Errorf("%q does not name %s", told[0], who)
		}
	}
}

func TestHandoffsAndReminders(t *testing.T) {
	o := newOffice(t, rota, "2026-01-06T12:00:00Z")
	o.prove("dev1", "dev2", "sre1")
	if err := o.desk.Remind(context.Background(), slackUser("dev1"), desk.RemindOff); err != nil {
		t.Fatal(err)
	}
	check := func(to string, want ...string) {
		t.Helper()
		_, last := o.words(0)
		o.pass(to)
		got, _ := o.words(last)
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("until %s: got %q, want %q", to, got, want)
		}
	}
	check("2026-01-06T13:00:00Z")
	check("2026-01-07T07:00:00Z", `reminder to "sre1" late=false missed=0`)
	// At nine sre1 comes on; a day ahead of that dev1 would be reminded, and wants none.
	check("2026-01-07T08:00:00Z", `handoff to "sre1" late=false missed=0`, `handoff to "dev2" late=false missed=0`, `handoff to "" late=false missed=0`)
	check("2026-01-08T07:30:00Z")
	// Three days without a bot.
	o.open(o.desk.Settings)
	check("2026-01-11T07:10:00Z", `handoff to "sre1" late=true missed=2`, `handoff to "dev2" late=true missed=2`, `handoff to "" late=true missed=2`)
	check("2026-01-11T07:20:00Z")
	check("2026-01-11T08:20:00Z", `handoff to "dev1" late=true missed=0`, `handoff to "sre1" late=true missed=0`, `handoff to "" late=true missed=0`,
		`reminder to "dev2" late=true missed=0`)
}

func TestTheWatchmanSpeaksOnceAndAgainWhenNearer(t *testing.T) {
	config := strings.Replace(rota, "    layers:", `    overrides:
      - {from: "2026-02-10T12:00:00Z", to: "2026-02-10T14:00:00Z", replaces: dev1}
      - {from: "2026-02-10T12:00:00Z", to: "2026-02-10T14:00:00Z", replaces: dev2}
      - {from: "2026-02-10T12:00:00Z", to: "2026-02-10T14:00:00Z", replaces: sre1}
    layers:`, 1)
	o := newOffice(t, config, "2026-01-06T12:00:00Z")
	o.prove("dev1", "dev2", "sre1")
	told := map[string]int{}
	var last uint64
	for day := o.now(); day.Before(instant(t, "2026-02-12T00:00:00Z")); day = day.Add(6 * time.Hour) {
		o.pass(day.Format(time.RFC3339))
		var got []string
		got, last = o.words(last)
		for _, w := range got {
			if strings.HasPrefix(w, desk.SayWatch) {
				told[day.Format(time.DateOnly)]++
			}
		}
	}
	if len(told) != 3 || told["2026-01-06"] != 1 || told["2026-02-03"] != 1 {
		t.Errorf("the gap was told %v; want at once, a week ahead and a day ahead", told)
	}
}

// TestAGapWithoutAnEndIsNoDailyNoise: from when on nobody is on call for good is told at
// 60, 7 and 1 days, as one gap; so is somebody who is away for good.
func TestAGapWithoutAnEndIsNoDailyNoise(t *testing.T) {
	for part, change := range map[string]string{
		"Nobody is on call from Sun 1 Mar 12:00 CET on": "        end: \"2026-03-01T12:00:00\"\n",
		"dev1 is away and on call":                      "    time_off: [{person: dev1, from: \"2026-03-01\", to: \"2030-01-01\"}]\n",
	} {
		config := rota + change
		if strings.Contains(change, "time_off") {
			config = strings.Replace(config, "[dev1, dev2, sre1]", "[dev1]", 1)
		}
		o := newOffice(t, config, "2026-01-06T12:00:00Z")
		o.prove("dev1", "dev2", "sre1")
		for day := o.now(); day.Before(instant(t, "2026-03-20T00:00:00Z")); day = day.Add(12 * time.Hour) {
			o.pass(day.Format(time.RFC3339))
		}
		told := o.watched()
		for _, l := range told {
			if !strings.HasPrefix(l, part) {
				t.Errorf("told %q, want only %s", told, part)
			}
		}
		if len(told) != 3 {
			t.Errorf("told %d times, want at 60, 7 and 1 days: %q", len(told), told)
		}
	}
}

// watched are all lines that the watchman has told, in their order.
func (o *office) watched() []string { o.t.Helper(); return o.lines(desk.SayWatch) }

// TestTheWatchmanNamesHolidaysOnce: whoever stands on a public holiday by an everyday layer
// is named when it comes within 60 days, and not again when nearer.
func TestTheWatchmanNamesHolidaysOnce(t *testing.T) {
	config := strings.Replace(rota, "    layers:", `    holidays: [{date: "2026-03-09", name: Founders' day}]
    layers:`, 1)
	o := newOffice(t, config, "2026-01-06T12:00:00Z")
	o.prove("dev1", "dev2", "sre1")
	for day := o.now(); day.Before(instant(t, "2026-03-11T00:00:00Z")); day = day.Add(6 * time.Hour) {
		o.pass(day.Format(time.RFC3339))
	}
	told := o.watched()
	slices.Sort(told)
	want := []string{"dev1 is on call for checkout on Founders' day, 09:00 to 24:00 on 9 March 2026 CET.", "sre1 is on call for checkout on Founders' day, 00:00 to 09:00 on 9 March 2026 CET."}
	if !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

// TestHundredsOfSchedulesAreAppliedOnce: a start with the same file commits nothing.
func TestHundredsOfSchedulesAreAppliedOnce(t *testing.T) {
	settings := &configs.Config{}
	for n := range 200 {
		settings.Schedules = append(settings.Schedules, oncall.Schedule{Name: fmt.Sprintf("s%03d", n), TimeZone: "Europe/Berlin",
			Layers: []oncall.Layer{{Rotation: oncall.Rotation{Type: "daily", Length: 1, Start: "2026-01-05T09:00:00", People: []string{"dev1", "dev2", "sre1"}}}}})
	}
	o := &office{t: t, store: memory.New()}
	o.set("2026-01-06T12:00:00Z")
	o.open(settings)
	o.open(settings)
	if rows, err := o.store.Changed(context.Background(), 0, 0); err != nil || len(rows) != 1 {
		t.Errorf("starting twice made %d commits, %v; want one", len(rows), err)
	}
}

const paged = rota + `
escalations:
  - name: checkout
    steps: [{notify: ["schedule:checkout"], wait: 1h}]
default_escalation: checkout
`

// beside are the effects owed to those who stand beside people that were paged.
func (o *office) beside() []storage.Effect {
	o.t.Helper()
	all, err := o.store.Effects(context.Background(), 0, 0)
	if err != nil {
		o.t.Fatal(err)
	}
	var out []storage.Effect
	for _, e := range all {
		if strings.HasPrefix(e.Target, "beside/") {
			out = append(out, e)
		}
	}
	return out
}

func TestShadowsAreTold(t *testing.T) {
	ctx := context.Background()
	for _, tc := range []struct {
		kind, to, say string
		shadow        oncall.Shadow
		after         time.Duration
	}{
		{"shadow", "lead1", desk.SayCopy, oncall.Shadow{Person: "lead1", With: "dev2"}, 0},
		{"reverse shadow", "dev2", desk.SayJoin, oncall.Shadow{Person: "lead1", With: "dev2", Kind: oncall.ReverseShadowKind, JoinAfter: "7m"}, 7 * time.Minute},
	} {
		o := newOffice(t, paged, "2026-01-06T12:00:00Z")
		if _, err := o.desk.ChangeSchedule(ctx, desk.In{}, "checkout", oncall.SetShadow{Shadow: tc.shadow}); err != nil {
			t.Fatal(err)
		}
		if _, err := o.desk.Declare(ctx, slackUser("sre1"), desk.Declaration{Title: "checkout is down", Severity: 1, Service: "checkout"}); err != nil {
			t.Fatal(err)
		}
		owed := o.beside()
		if len(owed) != 1 {
			t.Fatalf("%s: %d are told, want one", tc.kind, len(owed))
		}
		w, err := desk.ReadWord(owed[0].Body)
		if err != nil || w.Kind != tc.say || w.To != tc.to || !owed[0].NotBefore.Equal(o.now().Add(tc.after)) {
			t.Errorf("%s: %+v not before %s, %v", tc.kind, w, owed[0].NotBefore, err)
		}
	}
}

func TestARequestRunsOut(t *testing.T) {
	o := newOffice(t, rota, "2026-01-06T12:00:00Z")
	if _, err := o.desk.ChangeSchedule(context.Background(), slackUser("sre1"), "checkout", oncall.RequestCover{By: oncall.Actor{Name: "sre1"},
		From: instant(t, "2026-01-07T10:00:00Z"), To: instant(t, "2026-01-07T12:00:00Z")}); err != nil {
		t.Fatal(err)
	}
	o.pass("2026-01-07T09:59:00Z")
	_, last := o.words(0)
	o.pass("2026-01-07T10:00:00Z")
	got, _ := o.words(last)
	if len(got) == 0 || !strings.HasPrefix(got[len(got)-1], `closed to "sre1"`) && !strings.HasPrefix(got[0], `closed to "sre1"`) {
		t.Errorf("when nobody took it: %q", got)
	}
}

func TestPeopleWhoCannotBeReachedAreReportedOnce(t *testing.T) {
	o := newOffice(t, strings.Replace(strings.Replace(rota, "dev2, sre1]", "dev2, ghost]", 1), "admins:", "  - {name: ghost, slack: U0GHOST}\nadmins:", 1), "2026-01-06T12:00:00Z")
	o.desk.People.LearnOne(desk.User{ID: "U0DEV2", Name: "dev2", Deleted: true})
	for day := range 5 {
		o.pass(instant(t, "2026-01-06T12:02:00Z").AddDate(0, 0, day).Format(time.RFC3339))
	}
	lines := o.watched()
	count := func(part string) (n int) {
		for _, l := range lines {
			if strings.Contains(l, part) {
				n++
			}
		}
		return n
	}
	if count("dev2 has a deactivated account") != 1 || count("ghost has no account") != 1 {
		t.Errorf("reported: %q", lines)
	}
}

func TestWhoMayTakeBackAnOverride(t *testing.T) {
	o := newOffice(t, rota, "2026-01-06T12:00:00Z")
	ctx := context.Background()
	for n, tc := range []struct {
		by string
		ok bool
	}{{"dev1", false}, {"sre1", true}, {"dev2", true}, {"lead1", true}} {
		from := instant(t, "2026-01-06T13:00:00Z").Add(time.Duration(n) * time.Hour)
		a, err := o.desk.ChangeSchedule(ctx, slackUser("dev2"), "checkout", oncall.AddOverride{By: oncall.Actor{Name: "dev2"},
			Override: oncall.Override{From: from.Format(time.RFC3339), To: from.Add(time.Hour).Format(time.RFC3339), Person: "sre1", Replaces: "dev2"}})
		if err != nil {
			t.Fatal(err)
		}
		o.open(o.desk.Settings) // the record must be read from the store
		_, err = o.desk.ChangeSchedule(ctx, slackUser(tc.by), "checkout", oncall.RemoveOverride{By: oncall.Actor{Name: tc.by}, ID: a.Events[0].Overrides[0].ID})
		if (err == nil) != tc.ok {
			t.Errorf("taken back by %s: %v", tc.by, err)
		}
	}
}

// An override that a file gives on the clocks of its schedule is told as instants:
// those who read of it are in other zones.
func TestOverridesOfAFileAreToldAsInstants(t *testing.T) {
	o := newOffice(t, rota, "2026-01-06T12:00:00Z")
	changed, err := configs.Parse([]byte(strings.Replace(rota, "    layers:", "    overrides: [{from: \"2026-01-08T09:00:00\", to: \"2026-01-08T12:00:00\", person: dev2, replaces: dev1}]\n    layers:", 1)), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	o.open(changed)
	all, err := o.store.Effects(context.Background(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, e := range all {
		w, err := desk.ReadWord(e.Body)
		if err != nil || w.Kind != desk.SayOverride {
			continue
		}
		told++
		if got := w.Overrides[0].From + " " + w.Overrides[0].To; got != "2026-01-08T08:00:00Z 2026-01-08T11:00:00Z" {
			t.Errorf("%s is told %s", w.To, got)
		}
	}
	if told != 2 {
		t.Errorf("%d people were told, want dev1 and dev2", told)
	}
}

func TestAConflictWithTheFileIsToldOnce(t *testing.T) {
	o := newOffice(t, strings.Replace(rota, "    layers:", "    overrides: [{from: \"2026-01-08T12:00:00Z\", to: \"2026-01-08T14:00:00Z\", person: dev2, replaces: dev1}]\n    layers:", 1), "2026-01-06T12:00:00Z")
	r, err := o.desk.Schedule(context.Background(), "checkout")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.desk.ChangeSchedule(context.Background(), slackUser("dev1"), "checkout", oncall.RemoveOverride{By: oncall.Actor{Name: "dev1"}, ID: r.Overrides[0].ID}); err != nil {
		t.Fatal(err)
	}
	for day := range 4 {
		o.open(o.desk.Settings) // a restart applies the file again
		o.pass(instant(t, "2026-01-06T12:05:00Z").AddDate(0, 0, day).Format(time.RFC3339))
	}
	n := 0
	all, err := o.store.Effects(context.Background(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if w, err := desk.ReadWord(e.Body); err == nil && strings.Contains(strings.Join(w.Lines, " "), "taken back in chat") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the conflict was told %d times", n)
	}
}

func TestAChangeAtTheLastMinuteRemindsNobody(t *testing.T) {
	o := newOffice(t, rota, "2026-01-06T12:00:00Z")
	o.prove("dev1", "dev2", "sre1")
	if _, err := o.desk.ChangeSchedule(context.Background(), slackUser("dev2"), "checkout", oncall.AddOverride{By: oncall.Actor{Name: "dev2"},
		Override: oncall.Override{From: "2026-01-06T12:30:00Z", To: "2026-01-06T15:00:00Z", Person: "dev1", Replaces: "dev2"}}); err != nil {
		t.Fatal(err)
	}
	_, last := o.words(0)
	o.pass("2026-01-06T12:29:00Z")
	if got, _ := o.words(last); len(got) != 0 {
		t.Errorf("told before the override begins: %q", got)
	}
	o.pass("2026-01-06T12:30:00Z")
	if got, _ := o.words(last); len(got) != 3 || !strings.HasPrefix(got[0], `handoff to "dev1" late=false`) {
		t.Errorf("told when it begins: %q", got)
	}
}

// TestAFirstStartTellsOnceWhatNeedsCare of all schedules in one message for the incidents
// channel; what comes later is told where the schedule is.
func TestAFirstStartTellsOnceWhatNeedsCare(t *testing.T) {
	const two = `
schedules:
  - {name: checkout, time_zone: UTC, channel: svc-checkout, layers: [{rotation: {type: weekly, start: "2026-01-05T09:00:00", people: [dev1]}, end: "2026-02-01T09:00:00"}]}
  - {name: search, time_zone: UTC, channel: svc-search, layers: [{rotation: {type: weekly, start: "2026-01-05T09:00:00", people: [dev2]}, end: "2026-02-10T09:00:00"}]}
`
	o := newOffice(t, two, "2026-01-06T12:00:00Z")
	o.prove("dev1", "dev2")
	var told [][]string
	for day := o.now().Add(2 * time.Minute); day.Before(instant(t, "2026-02-06T00:00:00Z")); day = day.Add(12 * time.Hour) {
		o.pass(day.Format(time.RFC3339))
	}
	all, err := o.store.Effects(context.Background(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if w, err := desk.ReadWord(e.Body); e.Kind == desk.WordKind && err == nil && w.Kind == desk.SayWatch {
			told = append(told, append([]string{w.Schedule}, w.Lines...))
		}
	}
	want := [][]string{
		{"", "checkout: Nobody is on call from Sun 1 Feb 09:00 UTC on.", "search: Nobody is on call from Tue 10 Feb 09:00 UTC on."},
		{"checkout", "Nobody is on call from Sun 1 Feb 09:00 UTC on."}, {"checkout", "Nobody is on call from Sun 1 Feb 09:00 UTC on."},
		{"search", "Nobody is on call from Tue 10 Feb 09:00 UTC on."},
	}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}
