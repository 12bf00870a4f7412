package bot_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// rotaConfig has one schedule whose days change hands at this hour of the day, so
// that tests need not pass midnight to see a handoff.
const rotaConfig = `
people:
  - {name: dev1, slack: U0DEV1}
  - {name: dev2, slack: U0DEV2}
  - {name: sre1, slack: U0SRE1}
  - {name: sre2, slack: U0SRE2}
  - {name: lead1, slack: U0LEAD1}
admins: [lead1]
services:
  - {name: checkout, schedule: checkout}
schedules:
  - name: checkout
    time_zone: UTC
    channel: svc-checkout
    layers:
      - name: all
        rotation: {type: daily, length: 1, start: "2020-01-06T00:00:00", people: [dev1, dev2, sre1]}
`

// oncall runs /oncall and returns the text that its person saw.
func (h *house) oncall(user, text string) string {
	h.t.Helper()
	return h.oncallIn(user, "general", text)
}

func (h *house) oncallIn(user, channel, text string) string {
	h.t.Helper()
	r, err := h.sim.As(user).Slash(h.ctx, channel, "/oncall", text)
	if err != nil {
		h.t.Fatal(err)
	}
	if r.Error != "" {
		h.t.Fatalf("/oncall %s: Slack says %s", text, r.Error)
	}
	return r.Text()
}

// people who stand on the schedule at the house's time, the one on duty first.
func (h *house) rota() (now, next, third string) {
	h.t.Helper()
	at := h.now()
	plan := h.bot.Desk().SchedulePlan("checkout")
	name := func(n int) string { return oncall.People(plan.OnCall(at.Add(time.Duration(n) * 24 * time.Hour)))[0] }
	return name(0), name(1), name(2)
}

func slackID(person string) string { return "U0" + strings.ToUpper(person) }

// dm waits for a direct message to a person that holds the text, and returns it.
func (h *house) dm(person, part string) slacksim.Message {
	h.t.Helper()
	var found slacksim.Message
	h.wait("a message to "+person+" with "+part, func() bool {
		for _, m := range h.sim.DMs(slackID(person)) {
			if strings.Contains(m.Text+string(m.Blocks), part) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

func (h *house) who(at time.Time) string {
	return strings.Join(oncall.People(h.bot.Desk().SchedulePlan("checkout").OnCall(at)), ",")
}

func rotaHouse(t *testing.T) *house {
	t.Helper()
	h := newHouse(t, rotaConfig)
	h.sim.AddChannel("svc-checkout", false, "U0DEV1", "U0DEV2", "U0SRE1")
	h.wait("the directory", func() bool { return h.bot.People().Learned() })
	return h
}

func TestACoverRequestIsTakenByOneOfTwo(t *testing.T) {
	t.Parallel()
	h := rotaHouse(t)
	me, one, two := h.rota()
	tomorrow := h.now().UTC().AddDate(0, 0, 3).Format(time.DateOnly) // my next shift
	if got := h.oncall(slackID(me), "cover me "+tomorrow+" 10:00 to "+tomorrow+" 14:00"); !strings.Contains(got, "I ask the others") {
		t.Fatalf("cover me answered %q", got)
	}
	var wg sync.WaitGroup
	asked := map[string]slacksim.Message{one: h.dm(one, "oncall.take"), two: h.dm(two, "oncall.take")}
	for p, m := range asked {
		wg.Go(func() {
			if _, err := h.sim.As(slackID(p)).Click(h.ctx, m.Channel, m.TS, "v1.oncall.take"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	at, err := time.Parse(time.DateOnly, tomorrow)
	if err != nil {
		t.Fatal(err)
	}
	winner := h.who(at.Add(11 * time.Hour))
	if winner != one && winner != two || h.who(at.Add(15*time.Hour)) != me {
		t.Fatalf("on call in the covered time: %s, after it %s", winner, h.who(at.Add(15*time.Hour)))
	}
	loser := one
	if winner == one {
		loser = two
	}
	h.dm(me, "covers your time on call")
	h.dm(winner, "You cover")
	m := h.dm(loser, "took it")
	if strings.Contains(string(m.Blocks), "oncall.take") {
		t.Error("the other's copy still has the button")
	}
	h.wait("the other to be told", func() bool {
		for _, e := range h.sim.Ephemerals(slackID(loser)) {
			if strings.Contains(e.Text, "already taken by "+winner) {
				return true
			}
		}
		return false
	})
}

func TestASwapIsAcceptedByTheOneAsked(t *testing.T) {
	t.Parallel()
	h := rotaHouse(t)
	me, other, _ := h.rota()
	h.oncall(slackID(me), "swap <@"+slackID(other)+">")
	if _, err := h.sim.As(slackID(me)).WaitView(h.ctx, nil); err != nil {
		t.Fatal(err)
	}
	day := h.now().UTC().Truncate(24 * time.Hour)
	mine, theirs := day.AddDate(0, 0, 3), day.AddDate(0, 0, 1)
	turn := func(from time.Time) string {
		return strings.Join([]string{unix(from), unix(from.Add(24 * time.Hour)), "checkout"}, "|")
	}
	r, err := h.sim.As(slackID(me)).Submit(h.ctx, map[string]any{"shift": turn(mine), "theirs": turn(theirs)})
	if err != nil || r.Trouble != "" || len(r.Errors) > 0 {
		t.Fatalf("submit: %+v, %v", r, err)
	}
	m := h.dm(other, "oncall.accept")
	if _, err := h.sim.As(slackID(other)).Click(h.ctx, m.Channel, m.TS, "v1.oncall.accept"); err != nil {
		t.Fatal(err)
	}
	h.dm(me, "agreed to the swap")
	if got := h.who(mine.Add(time.Hour)) + " and " + h.who(theirs.Add(time.Hour)); got != other+" and "+me {
		t.Errorf("after the swap: %s; want %s and %s", got, other, me)
	}
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 36) }

func TestAnOverrideByForm(t *testing.T) {
	t.Parallel()
	h := rotaHouse(t)
	_, next, _ := h.rota()
	h.oncall("U0LEAD1", "override")
	if _, err := h.sim.As("U0LEAD1").WaitView(h.ctx, nil); err != nil {
		t.Fatal(err)
	}
	from := h.now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1).Add(9 * time.Hour)
	r, err := h.sim.As("U0LEAD1").Submit(h.ctx, map[string]any{"schedule": "checkout", "person": "U0SRE2", "replaces": slackID(next), "from": from.Unix(), "to": from.Add(time.Hour).Unix()})
	if err != nil || r.Trouble != "" || len(r.Errors) > 0 || r.View != nil {
		t.Fatalf("submit: %+v, %v", r, err)
	}
	h.dm(next, "in your place")
	h.dm("sre2", "put you on call")
	if got := h.who(from); got != "sre2" {
		t.Errorf("on call in the override: %s", got)
	}
	if got := h.oncall("U0SRE2", "override me for <@"+slackID(next)+"> "+from.AddDate(0, 0, 3).Format("2006-01-02T15:04Z07:00")+" for 1h"); !strings.Contains(got, "only they, their team lead or an admin") {
		t.Errorf("an override of somebody else's shift answered %q", got)
	}
	if got := h.oncall(slackID(next), "override <@U0SRE2> for me 2020-01-01 10:00 to 2020-01-01 12:00"); !strings.Contains(got, "over since") {
		t.Errorf("an override in the past answered %q", got)
	}
}

// TestTheFormOfAnOverrideOpensWhereNobodyHandsOver: the shift has no end to suggest,
// and neither has an end that somebody mistyped.
func TestTheFormOfAnOverrideOpensWhereNobodyHandsOver(t *testing.T) {
	t.Parallel()
	h := newHouse(t, strings.Replace(rotaConfig, "people: [dev1, dev2, sre1]", "people: [dev1]", 1))
	h.wait("the directory", func() bool { return h.bot.People().Learned() })
	for _, said := range []string{"override", "override <@U0DEV2> now to 9999-01-01T00:00:00Z"} {
		h.oncall("U0LEAD1", said)
		v, err := h.sim.As("U0LEAD1").WaitView(h.ctx, nil)
		if err != nil {
			t.Fatalf("%s: %v", said, err)
		}
		if n := strings.Count(string(v.Blocks), "initial_date_time"); n != 1 {
			t.Errorf("%s: the form has %d times filled in, want the beginning only: %s", said, n, v.Blocks)
		}
		h.ok(h.sim.As("U0LEAD1").CloseView(true))
	}
}

// told are the texts in the schedule's channel that hold a part.
func (h *house) told(part string) int { return len(texts(h.sim, "svc-checkout", part)) }

func TestAHandoffIsTold(t *testing.T) {
	t.Parallel()
	h := rotaHouse(t)
	me, next, _ := h.rota()
	h.slash("U0DEV1", "general", "declare checkout is slow --sev 4 --service checkout")
	d := h.bot.Desk()
	_, _, err := d.Silence(h.ctx, desk.In{By: incident.Actor{Person: "dev1", Via: "slack"}}, alert.Silence{Match: map[string]string{"host": "db1"}, Until: h.now().Add(48 * time.Hour), Why: "it is being replaced"})
	h.ok(err)
	_, err = d.Hear(h.ctx, "prometheus", []alert.Signal{{Key: "disk", Status: alert.Firing, Title: "disk full on db1", Service: "checkout", Labels: map[string]string{"host": "db1"}, Count: 1}})
	h.ok(err)
	_, err = d.Hear(h.ctx, "prometheus", []alert.Signal{{Key: "cpu", Status: alert.Firing, Title: "cpu is hot", Service: "checkout", Severity: alert.SeverityWarning, Count: 1}})
	h.ok(err)
	h.pass(untilMidnight(h.now()))
	h.wait("the handoff in the channel", func() bool { return h.told("On call for checkout now: "+next) == 1 })
	h.dm(me, "You are off call")
	m := h.dm(next, "You are on call for checkout now")
	if !strings.Contains(string(m.Blocks), "checkout is slow") {
		t.Errorf("the handoff does not name the open incident: %s", m.Blocks)
	}
	for what, part := range map[string]string{"silenced alert": "disk full on db1, silent until", "open alert": "*ALERT-2* warning · cpu is hot · pages nobody"} {
		if !strings.Contains(string(m.Blocks), part) {
			t.Errorf("the handoff does not name the %s: %s", what, m.Blocks)
		}
	}
}

// untilMidnight is a little more than the time to the next handoff.
func untilMidnight(now time.Time) time.Duration {
	return now.UTC().Truncate(24 * time.Hour).Add(24*time.Hour + time.Second).Sub(now)
}

func TestAHandoffWhileDownIsToldOnceAndLate(t *testing.T) {
	t.Parallel()
	h := rotaHouse(t)
	_, _, third := h.rota()
	settings := parsed(t, rotaConfig)
	h.halt()
	h.pass(untilMidnight(h.now()) + 25*time.Hour)
	h.start(settings)
	h.wait("the late handoff", func() bool { return h.told("told late") == 1 })
	h.dm(third, "This comes late")
	h.halt()
	h.start(settings)
	h.quiet()
	if n := h.told("told late"); n != 1 {
		t.Errorf("the late handoff was told %d times", n)
	}
}

// quiet waits until nothing is owed any more.
func (h *house) quiet() {
	h.t.Helper()
	h.wait("nothing to be owed", func() bool {
		left, err := h.store.Effects(h.ctx, 0, 0, storage.Pending)
		return err == nil && len(left) == 0
	})
}

func TestAGapIsToldOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, strings.Replace(rotaConfig, "    layers:\n", "    layers:\n      - name: office\n        hours: [{from: \"00:00\", to: \"24:00\"}]\n        end: \"2100-01-01T00:00:00\"\n        rotation: {type: daily, start: \"2020-01-06T00:00:00\", people: [sre2]}\n", 1))
	h.sim.AddChannel("svc-checkout", false, "U0DEV1")
	h.wait("the directory", func() bool { return h.bot.People().Learned() })
	ctx := h.ctx
	d := h.bot.Desk()
	from := h.now().AddDate(0, 0, 20).UTC().Truncate(time.Hour)
	var holes []oncall.Override
	for _, p := range []string{"dev1", "dev2", "sre1", "sre2"} {
		holes = append(holes, oncall.Override{From: from.Format(time.RFC3339), To: from.Add(time.Hour).Format(time.RFC3339), Replaces: p})
	}
	for _, o := range holes {
		if _, err := d.ChangeSchedule(ctx, desk.In{}, "checkout", oncall.AddOverride{Override: o}); err != nil {
			t.Fatal(err)
		}
	}
	h.pass(2 * time.Minute)
	h.wait("the gap in the channel", func() bool { return h.told("Nobody is on call") == 1 })
	for range 3 {
		h.pass(24 * time.Hour)
		h.quiet()
	}
	if n := h.told("Nobody is on call"); n != 1 {
		t.Errorf("the gap was told %d times in three days", n)
	}
}

func parsed(t *testing.T, config string) *configs.Config {
	t.Helper()
	settings, err := configs.Parse([]byte(config), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

// slack is a client of the workspace beside the bot's own.
func (h *house) slack() *slackio.Client {
	h.t.Helper()
	c, err := slackio.NewClient(slackio.ClientConfig{Token: h.sim.BotToken(), APIURL: h.api})
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// group makes a user group as an admin of the workspace does.
func (h *house) group(handle string) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.ctx, http.MethodPost, h.api+"usergroups.create", strings.NewReader(url.Values{"name": {handle}, "handle": {handle}}.Encode()))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+h.sim.BotToken())
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || !answer.OK {
		h.t.Fatalf("create group: %s, %v", answer.Error, err)
	}
}

func TestTheUserGroupFollowsTheSchedule(t *testing.T) {
	t.Parallel()
	config := strings.Replace(rotaConfig, "    layers:", "    user_group: \"@oncall-checkout\"\n    layers:", 1)
	h := newHouse(t, config)
	h.sim.AddChannel("svc-checkout", false, "U0DEV1")
	hinted := func(part string) int {
		n := 0
		for _, m := range h.sim.DMs("U0LEAD1") {
			if strings.Contains(m.Text, part) {
				n++
			}
		}
		return n
	}
	h.wait("a hint that there is no such group", func() bool { return hinted("none of that handle") == 1 })
	client := h.slack()
	h.group("oncall-checkout") // from now on there is one
	members := func() string {
		groups, err := client.UserGroups(h.ctx)
		if err != nil {
			return err.Error()
		}
		if groups[0].Disabled {
			return "disabled"
		}
		return strings.Join(groups[0].Users, ",")
	}
	me, next, third := h.rota()
	h.wait("the new group to hold "+me, func() bool { return members() == slackID(me) })
	groups, err := client.UserGroups(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.SetUserGroup(h.ctx, groups[0].ID, "U0LEAD1"); err != nil { // by hand
		t.Fatal(err)
	}
	h.wait("the group to be put right", func() bool { return members() == slackID(me) })
	if n := len(h.sim.Calls("users.list")); n != 1 {
		t.Errorf("the workspace's people were read %d times; a change of a group is no reason to", n)
	}
	h.pass(untilMidnight(h.now()))
	h.wait("the group to hold "+next, func() bool { return members() == slackID(next) })
	h.quiet()
	calls := len(h.sim.Calls("usergroups.users.update"))
	h.oncall("U0LEAD1", "override <@U0SRE2> for <@"+slackID(third)+"> in 30h for 1h") // changes nobody now
	h.quiet()
	if n := len(h.sim.Calls("usergroups.users.update")); n != calls {
		t.Errorf("Slack was called %d times though nothing differed", n-calls)
	}
	from, to := h.now().UTC().Format(time.RFC3339), h.now().UTC().Add(time.Hour).Format(time.RFC3339)
	if _, err := h.bot.Desk().ChangeSchedule(h.ctx, desk.In{}, "checkout", oncall.AddOverride{Override: oncall.Override{From: from, To: to, Replaces: next}}); err != nil {
		t.Fatal(err)
	}
	h.wait("the group to be disabled while nobody is on call", func() bool { return members() == "disabled" })
	h.pass(time.Hour + time.Minute)
	h.wait("the group to be back", func() bool { return members() == slackID(next) })
	h.sim.SetPaidPlan(false)
	for range 3 {
		h.pass(24 * time.Hour)
		h.wait("a hint about the plan", func() bool { return hinted("paid plan") == 1 })
		h.quiet()
	}
	if n := hinted("paid plan"); n != 1 {
		t.Errorf("the hint was given %d times", n)
	}
}

func TestRemindersAreSentAsThePersonWishes(t *testing.T) {
	t.Parallel()
	h := rotaHouse(t)
	_, next, third := h.rota()
	if got := h.oncall(slackID(next), "remind off"); !strings.Contains(got, "not reminded") {
		t.Errorf("remind off answered %q", got)
	}
	h.oncall(slackID(third), "remind 1h")
	h.pass(untilMidnight(h.now()) - 30*time.Minute)
	h.pass(24 * time.Hour)
	h.dm(third, "You come on call for")
	for _, m := range h.sim.DMs(slackID(next)) {
		if strings.Contains(m.Text, "You come on call for") {
			t.Errorf("%s was reminded: %s", next, m.Text)
		}
	}
}

func TestGuestsChangeNothing(t *testing.T) {
	t.Parallel()
	h := rotaHouse(t)
	me, _, _ := h.rota()
	stranger := h.sim.AddUser(slacksim.User{ID: "U0GUEST1", Name: "guest1", Guest: true}).ID
	h.sim.AddChannel("partners", false, stranger)
	h.sim.UpdateUser(slackID(me), func(u *slacksim.User) { u.Guest = true })
	for _, id := range []string{slackID(me), stranger} {
		h.wait("the guest to be known", func() bool { u, _ := h.bot.People().User(id); return u.Guest })
	}
	if got := h.oncallIn(stranger, "partners", "cover me tomorrow 10:00 to 11:00"); !strings.Contains(got, "Guests cannot") {
		t.Errorf("a guest's request answered %q", got)
	}
	// A contractor whom the configuration lists is a guest in Slack only.
	if got := h.oncall(slackID(me), "remind off"); strings.Contains(got, "Guests cannot") {
		t.Errorf("whoever is on call is refused as a guest: %q", got)
	}
}

func TestThePictureOfASchedule(t *testing.T) {
	t.Parallel()
	h := rotaHouse(t)
	me, _, _ := h.rota()
	if got := h.oncall("U0DEV1", "schedule checkout"); !strings.Contains(got, me) {
		t.Errorf("the schedule in words: %q", got)
	}
	h.wait("the picture", func() bool { return len(h.sim.Files()) == 1 })
	f := h.sim.Files()[0]
	alt := h.sim.Calls("files.getUploadURLExternal")[0].Args["alt_txt"]
	if !strings.HasSuffix(f.Name, ".png") || !strings.Contains(alt, "On call for checkout") {
		t.Errorf("the picture %s with the text %q", f.Name, alt)
	}
	later := h.now().AddDate(0, 0, 21).Format(time.DateOnly)
	h.oncall("U0DEV1", "schedule checkout "+later)
	h.wait("the picture from another day on", func() bool {
		files := h.sim.Files()
		return slices.ContainsFunc(files, func(f slacksim.File) bool { return f.Name == "oncall-"+later+".png" })
	})
}

func TestAShadowGetsACopyAndAMentorJoins(t *testing.T) {
	t.Parallel()
	h := newHouse(t, rotaConfig+`
escalations:
  - name: checkout
    steps: [{notify: ["schedule:checkout"], wait: 1h}]
default_escalation: checkout
`)
	h.wait("the directory", func() bool { return h.bot.People().Learned() })
	if soon := h.now().Add(20 * time.Minute); soon.Day() != h.now().Day() {
		h.pass(20 * time.Minute) // the turn must not end meanwhile
	}
	me, _, _ := h.rota()
	if got := h.oncall("U0LEAD1", "shadow <@"+slackID(me)+">"); !strings.Contains(got, "shadows") {
		t.Fatalf("shadow answered %q", got)
	}
	h.slash("U0LEAD1", "general", "declare checkout is down --sev 1 --service checkout")
	h.dm("lead1", "whom you shadow, was paged")
	h.dm(me, "page.ack")
	if got := h.oncall(slackID(me), "graduate <@U0LEAD1>"); !strings.Contains(got, "in the place of") {
		t.Fatalf("graduate answered %q", got)
	}
	h.slash("U0DEV1", "general", "declare search is down too --sev 1 --service checkout")
	h.dm("lead1", "page.ack")
	h.pass(11 * time.Minute)
	h.dm(me, "behind whom you stand, has not answered")
	// A change of the people of a rotation says who is on call afterwards, and moves nobody on duty.
	if got := h.oncall(slackID(me), "graduate <@U0LEAD1>"); !strings.Contains(got, "lead1 joins layer all after "+me) || !strings.Contains(got, "On call now: "+me) || h.who(h.now()) != me {
		t.Errorf("graduate again answered %q", got)
	}
}

func TestWhoLearnsEndsWhatIsNotOver(t *testing.T) {
	t.Parallel()
	h := rotaHouse(t)
	me, _, _ := h.rota()
	before := oncall.SetShadow{Shadow: oncall.Shadow{Person: "lead1", With: me, To: h.now().Add(time.Hour).Format(time.RFC3339)}}
	if _, err := h.bot.Desk().ChangeSchedule(h.ctx, desk.In{By: incident.Actor{Person: "lead1", Via: "slack"}}, "checkout", before); err != nil {
		t.Fatal(err)
	}
	h.pass(2 * time.Hour)
	h.oncall("U0LEAD1", "shadow <@"+slackID(me)+">")
	if got := h.oncall("U0LEAD1", "shadow end"); !strings.Contains(got, "S2") {
		t.Errorf("shadow end answered %q", got)
	}
	if got := h.oncall("U0LEAD1", "shadow end"); !strings.Contains(got, "You shadow nobody") {
		t.Errorf("shadow end again answered %q", got)
	}
}

func TestAGroupThatMayNotBeChangedIsHintedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, strings.Replace(rotaConfig, "    layers:", "    user_group: oncall-checkout\n    layers:", 1))
	h.sim.Inject(slacksim.Fault{Method: "usergroups.users.update", Kind: slacksim.ErrorCode, Code: "permission_denied"})
	h.group("oncall-checkout")
	hints := func() (n int) {
		for _, m := range h.sim.DMs("U0LEAD1") {
			if strings.Contains(m.Text, "does not let Watchbill change @oncall-checkout") {
				n++
			}
		}
		return n
	}
	h.wait("the hint", func() bool { return hints() == 1 })
	h.landed() // a jump of the clock ends the leases of what is out
	for range 2 {
		h.pass(24 * time.Hour)
		h.quiet()
	}
	if n := hints(); n != 1 {
		t.Errorf("the hint was given %d times", n)
	}
	if dead, err := h.bot.Desk().Dead(h.ctx, ""); err != nil || len(dead) != 0 {
		t.Errorf("given up: %+v, %v", dead, err)
	}
}

func TestARequestIsWithdrawnAndASwapDeclined(t *testing.T) {
	t.Parallel()
	h := rotaHouse(t)
	me, other, third := h.rota()
	day := h.now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 3)
	h.oncall(slackID(me), "cover me "+day.Format(time.DateOnly))
	m := h.dm(other, "oncall.take")
	if got := h.oncall(slackID(third), "withdraw R1"); !strings.Contains(got, "Only "+me+" or an admin") {
		t.Errorf("another's withdrawal answered %q", got)
	}
	h.oncall(slackID(me), "withdraw R1")
	h.wait("the copies to say so", func() bool {
		now, _ := h.sim.Message(m.Channel, m.TS)
		return strings.Contains(string(now.Blocks), "withdrew it") && !strings.Contains(string(now.Blocks), "oncall.take")
	})
	if _, err := h.bot.Desk().ChangeSchedule(h.ctx, desk.In{}, "checkout", oncall.ProposeSwap{By: oncall.Actor{Name: me}, From: day, To: day.Add(time.Hour),
		Other: other, OtherFrom: day.AddDate(0, 0, 1), OtherTo: day.AddDate(0, 0, 1).Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	swap := h.dm(other, "oncall.refuse")
	if _, err := h.sim.As(slackID(other)).Click(h.ctx, swap.Channel, swap.TS, "v1.oncall.refuse"); err != nil {
		t.Fatal(err)
	}
	h.dm(me, "declined the swap")
	if got := h.who(day); got != me {
		t.Errorf("on call after all that: %s, want %s", got, me)
	}
}

// TestAHandoffNamesAPageWhoseIncidentIsGone: one that cannot be read any more keeps nobody
// from being told, and its page is handed over by what it knows itself.
func TestAHandoffNamesAPageWhoseIncidentIsGone(t *testing.T) {
	t.Parallel()
	h := rotaHouse(t)
	_, next, _ := h.rota()
	policy := paging.Policy{Name: "checkout", AckTimeout: 7 * 24 * time.Hour, Steps: []paging.Step{{Notify: []paging.Target{"person:dev1"}, Wait: time.Hour}}}
	begin := paging.Begin{ID: "PAGE-70", Subject: "INC-99", Policy: policy, Facts: paging.Facts{Service: "checkout"},
		World: paging.World{Resolve: func(paging.Target) []paging.Recipient { return []paging.Recipient{{Person: "dev1"}} }}}
	h.plantPage(begin, paging.Report{Notice: 1, Fate: paging.Sent}, paging.Acknowledge{By: "dev1"})
	h.pass(untilMidnight(h.now()))
	if m := h.dm(next, "You are on call for checkout now"); !strings.Contains(string(m.Blocks), "PAGE-70") {
		t.Errorf("the handoff does not name the page: %s", m.Blocks)
	}
}

// plantPage stores a page of which the desk knows nothing.
func (h *house) plantPage(commands ...paging.Command) {
	h.t.Helper()
	now := storage.Time(h.now())
	var p paging.Page
	c := storage.Change{}
	for _, command := range commands {
		events, err := paging.Decide(p, command, now)
		h.ok(err)
		for _, e := range events {
			body, err := json.Marshal(e)
			h.ok(err)
			p = paging.Apply(p, e)
			c.Events = append(c.Events, storage.Event{Kind: string(e.Kind), At: now, Recorded: now, Body: body})
		}
	}
	body, err := json.Marshal(p)
	h.ok(err)
	c.Record = &storage.Record{Ref: storage.Ref{Kind: desk.PageKind, ID: p.ID}, Seq: uint64(len(c.Events)), Head: storage.Seal(0, nil, c.Events), Due: p.Due, Index: desk.PageIndex(p), Body: body}
	h.ok(h.store.Commit(h.ctx, c))
}

// TestWhichScheduleIsAskedInWordsThatWork: what the answer gives to type does what was
// typed, by whichever command that was.
func TestWhichScheduleIsAskedInWordsThatWork(t *testing.T) {
	t.Parallel()
	h := newHouse(t, rotaConfig+strings.ReplaceAll(rotaConfig[strings.Index(rotaConfig, "  - name: checkout\n"):], "checkout", "search"))
	h.wait("the directory", func() bool { return h.bot.People().Learned() })
	for _, command := range []string{"/inc", "/incident", "/oncall"} {
		r, err := h.sim.As("U0DEV1").Slash(h.ctx, "general", command, "graduate <@U0DEV2>")
		if err != nil || !strings.Contains(r.Text(), "`/oncall graduate @dev2 search`") {
			t.Errorf("%s answered %q (%v)", command, r.Text(), err)
		}
	}
}
