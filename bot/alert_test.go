package bot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage"
)

const alertConfig = `
admins: [lead1]
people:
  - {name: dev1, slack: U0DEV1}
  - {name: dev2, slack: U0DEV2}
  - {name: sre1, slack: U0SRE1}
  - {name: sre2, slack: U0SRE2}
  - {name: lead1, slack: U0LEAD1}
teams:
  - {name: checkout-dev, kind: dev, people: [dev1, dev2]}
  - {name: sre-core, kind: sre, people: [sre1, sre2], leads: [lead1]}
services:
  - {name: checkout, owner: checkout-dev, sre: sre-core, escalation: checkout, channel: svc-checkout, runbook: "https://wiki.example.com/checkout"}
  - {name: search, escalation: checkout, channel: svc-gone}
escalations:
  - name: checkout
    steps:
      - {notify: ["person:sre1"], wait: 30m}
      - {notify: ["person:sre2"], wait: 30m}
default_escalation: checkout
integrations:
  - {name: json, source: generic, token_env: WATCHBILL_HOOK_JSON}
  - {name: ci, source: deploys, token_env: WATCHBILL_HOOK_CI}
`

const hookToken = "a-token-of-many-characters"

// monitored is a house that monitoring reports to.
type monitored struct {
	*house
	public http.Handler
}

func newMonitored(t *testing.T) *monitored {
	t.Helper()
	m := &monitored{house: newHouseWith(t, alertConfig, func(c *bot.Config) {
		c.Credentials = map[string]configs.Credentials{"json": {Token: hookToken}, "ci": {Token: hookToken}}
	})}
	m.sim.AddChannel("svc-checkout", false, "U0DEV1", "U0DEV2", "U0SRE1", "U0SRE2", "U0LEAD1")
	m.public = m.bot.Public(prometheus.NewRegistry())
	return m
}

// report sends what monitoring says.
func (m *monitored) report(integration string, body any) {
	m.t.Helper()
	raw, err := json.Marshal(body)
	m.ok(err)
	r := httptest.NewRequest("POST", "/hooks/"+integration, strings.NewReader(string(raw)))
	r.Header.Set("Authorization", "Bearer "+hookToken)
	w := httptest.NewRecorder()
	m.public.ServeHTTP(w, r)
	if w.Code != http.StatusAccepted {
		m.t.Fatalf("the hook answered %d %s", w.Code, w.Body)
	}
}

func firing(key, service string) map[string]any {
	return map[string]any{"title": "High error rate on " + key, "description": "One request in ten fails.", "fingerprint": key, "severity": "critical", "service": service,
		"labels": map[string]string{"env": "prod"}, "url": "https://graphs.example.com/" + key}
}

func over(key, service string) map[string]any {
	f := firing(key, service)
	f["status"] = "resolved"
	return f
}

// card is the message about something in a channel.
func (m *monitored) card(channel, part string) slacksim.Message {
	m.t.Helper()
	var found slacksim.Message
	m.wait("a card with "+part+" in #"+channel, func() bool {
		for _, c := range m.sim.Messages(channel) {
			if strings.Contains(c.Text+plain(c.Blocks), part) {
				found = c
				return true
			}
		}
		return false
	})
	return found
}

// plain is the JSON of blocks with the characters that encoding/json escapes.
func plain(blocks []byte) string {
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(blocks))
}

// shows waits until a message shows all of the parts and none of those with a "!".
func (m *monitored) shows(c slacksim.Message, parts ...string) {
	m.t.Helper()
	var missing string
	defer func() {
		if m.t.Failed() {
			now, _ := m.sim.Message(c.Channel, c.TS)
			m.t.Logf("it shows not as wanted %q: %s %s", missing, now.Text, now.Blocks)
		}
	}()
	m.wait(fmt.Sprintf("a message with %q", parts), func() bool {
		now, _ := m.sim.Message(c.Channel, c.TS)
		for _, p := range parts {
			part, not := strings.CutPrefix(p, "!")
			if missing = p; strings.Contains(now.Text+plain(now.Blocks), part) == not {
				return false
			}
		}
		return true
	})
}

func (m *monitored) click(user string, c slacksim.Message, action string) {
	m.t.Helper()
	r, err := m.sim.As(user).Click(m.ctx, c.Channel, c.TS, "v1."+action)
	m.ok(err)
	if r.Error != "" {
		m.t.Fatalf("%s: %s", action, r.Error)
	}
}

// TestAnAlertFromTheFirstSignalToItsEnd: the webhook, the card in the service's
// channel, the page, an acknowledgement on the card, and the end.
func TestAnAlertFromTheFirstSignalToItsEnd(t *testing.T) {
	t.Parallel()
	m := newMonitored(t)
	m.report("ci", map[string]any{"service": "checkout", "title": "v1.2.3", "by": "dev2"})
	m.report("json", firing("web-1", "checkout"))
	card := m.card("svc-checkout", "ALERT-1")
	m.shows(card, "High error rate on web-1", "critical", "PAGE-1 to sre1, no answer yet", "checkout-dev, with sre-core", "https://wiki.example.com/checkout", "https://graphs.example.com/web-1", "v1.2.3", "env=prod", "v1.alert.ack")
	page := m.dm("sre1", "PAGE-1")
	m.shows(page, "High error rate on web-1", "One request in ten fails", "https://graphs.example.com/web-1", "https://wiki.example.com/checkout", "Deployed", "v1.page.ack")
	m.click("U0DEV1", card, "alert.ack")
	m.shows(card, "*Acknowledged* by dev1", "!v1.alert.ack")
	m.shows(page, "dev1 acknowledged PAGE-1", "!v1.page.ack")
	m.report("json", firing("web-1", "checkout")) // a repeat only counts
	m.shows(card, "*Heard:* twice")
	if n := len(m.sim.DMs("U0SRE1")) + len(m.sim.DMs("U0SRE2")) + len(m.sim.DMs("U0DEV1")); n != 1 {
		t.Errorf("people were sent %d messages, want the one page", n)
	}
	m.report("json", over("web-1", "checkout"))
	m.shows(card, "is resolved", "!alert.silence", "!alert.menu", "Acknowledged* by dev1")
	m.report("json", firing("web-1", "checkout"))
	if second := m.card("svc-checkout", "ALERT-2"); second.TS == card.TS {
		t.Error("another alert is shown on the card of the first")
	}
	m.drained()
	m.once()
}

// TestTheHomeTabShowsTheAlertsOfMyTeams and how to silence them.
func TestTheHomeTabShowsTheAlertsOfMyTeams(t *testing.T) {
	t.Parallel()
	m := newMonitored(t)
	m.report("json", firing("web-1", "checkout"))
	m.card("svc-checkout", "ALERT-1")
	home := func(user, want, not string) {
		t.Helper()
		m.ok(m.sim.As(user).OpenHome())
		m.wait("the Home tab of "+user, func() bool {
			v, ok := m.sim.Home(user)
			return ok && strings.Contains(string(v.Blocks), want) && !strings.Contains(string(v.Blocks), not)
		})
	}
	home("U0SRE1", "silence ALERT-1 2h", "No alert")
	m.report("json", over("web-1", "checkout"))
	home("U0SRE1", "Open incidents", "ALERT-1")
}

// TestAPageGainsTheLinkOfItsCard: a page does not wait for the card of its alert, and
// links it as soon as it stands.
func TestAPageGainsTheLinkOfItsCard(t *testing.T) {
	t.Parallel()
	m := newMonitored(t)
	room, _ := m.sim.Channel("svc-checkout")
	m.sim.Inject(slacksim.Fault{Method: "chat.postMessage", Kind: slacksim.Delay, Delay: 300 * time.Millisecond, Times: 1,
		Match: func(c slacksim.Call) bool { return c.Args["channel"] == room.ID }})
	m.report("json", firing("web-1", "checkout"))
	page := m.dm("sre1", "PAGE-1")
	if cards := texts(m.sim, "svc-checkout", "ALERT-1"); len(cards) != 0 {
		t.Fatal("the page waited for the card")
	}
	card := m.card("svc-checkout", "ALERT-1")
	link := func(c slacksim.Message) string {
		return "/archives/" + c.Channel + "/p" + strings.Replace(c.TS, ".", "", 1) + "|its message>"
	}
	m.drained() // well before the next step shows the page again
	m.shows(page, link(card))
	if n := len(m.sim.DMs("U0SRE1")); n != 1 {
		t.Errorf("sre1 was sent %d messages, want the one that was edited", n)
	}
	m.drained()
	m.once()
}

// TestTwoPeopleAnswerOneAlert: whoever is second is told who was first.
func TestTwoPeopleAnswerOneAlert(t *testing.T) {
	t.Parallel()
	m := newMonitored(t)
	m.sim.AddUser(slacksim.User{ID: "U0GUEST", Name: "guest1", Guest: true})
	m.report("json", firing("web-1", "checkout"))
	card := m.card("svc-checkout", "ALERT-1")
	m.ok(m.sim.As("U0DEV1").Invite("svc-checkout", "U0GUEST"))
	m.wait("the guest to be known", func() bool { u, ok := m.bot.People().User("U0GUEST"); return ok && u.Guest })
	m.click("U0GUEST", card, "alert.ack")
	m.aside("U0GUEST", "Guests cannot acknowledge alerts")
	m.click("U0GUEST", card, "alert.silence")
	m.aside("U0GUEST", "Guests cannot change incidents and alerts")
	m.click("U0DEV1", card, "alert.ack")
	if got := m.slash("U0SRE2", "general", "ack ALERT-1"); !strings.Contains(got, "dev1 acknowledged *ALERT-1* first") {
		t.Errorf("the second was answered %q", got)
	}
	m.shows(card, "*Acknowledged* by dev1", "then by sre2")
	if got := m.slash("U0SRE2", "general", "ack ALERT-9"); !strings.Contains(got, "There is no ALERT-9") {
		t.Errorf("an alert that is not there is answered %q", got)
	}
	m.report("json", over("web-1", "checkout"))
	m.shows(card, "is resolved")
	if got := m.slash("U0DEV2", "general", "ack ALERT-1"); !strings.Contains(got, "ALERT-1 was resolved at") {
		t.Errorf("an acknowledgement after the end is answered %q", got)
	}
}

// TestAnIncidentIsDeclaredFromAnAlert by its button; the page ends with it, and who
// comes second is told who was first.
func TestAnIncidentIsDeclaredFromAnAlert(t *testing.T) {
	t.Parallel()
	m := newMonitored(t)
	m.report("json", firing("web-1", "checkout"))
	card := m.card("svc-checkout", "ALERT-1")
	page := m.dm("sre1", "PAGE-1")
	for _, user := range []string{"U0DEV1", "U0DEV2"} {
		m.click(user, card, "alert.declare")
		view, err := m.sim.As(user).WaitView(m.ctx, nil)
		m.ok(err)
		if body, _ := json.Marshal(view); !strings.Contains(string(body), "High error rate on web-1") || !strings.Contains(string(body), `"checkout"`) {
			t.Fatalf("the form is not filled in: %s", body)
		}
	}
	if r, err := m.sim.As("U0DEV1").Submit(m.ctx, map[string]any{"title": "checkout is down"}); err != nil || len(r.Errors) > 0 {
		t.Fatalf("got %+v, %v", r, err)
	}
	m.shows(card, "*Incident:* INC-1", "!v1.alert.declare")
	m.wait("the room", func() bool { _, ok := m.sim.Channel("inc-1-checkout-is-down"); return ok })
	room, _ := m.sim.Channel("inc-1-checkout-is-down")
	m.shows(card, "<#"+room.ID+">")
	m.shows(page, "PAGE-1 is over")
	m.card(room.ID, "ALERT-1 fires")
	if r, err := m.sim.As("U0DEV2").Submit(m.ctx, map[string]any{"title": "checkout is down too"}); err != nil || len(r.Errors) > 0 {
		t.Fatalf("got %+v, %v", r, err)
	}
	m.aside("U0DEV2", "dev1 declared it already")
	if live, err := m.bot.Desk().Live(m.ctx, 10); err != nil || len(live) != 1 || live[0].Severity != 2 {
		t.Errorf("the incidents are %+v, %v", live, err)
	}
	m.card(room.ID, fmt.Sprintf("archives/%s/p%s|ALERT-1>", card.Channel, strings.ReplaceAll(card.TS, ".", "")))
	m.slash("U0SRE1", room.ID, "decline")
	m.shows(card, "led by sre1, who cannot take it")
	m.slash("U0SRE1", room.ID, "lead me")
	m.shows(card, "led by sre1", "!no answer yet", "!cannot take it")
	m.report("json", over("web-1", "checkout"))
	m.card(room.ID, "ALERT-1 is resolved")
	m.shows(card, "is resolved", "INC-1")
}

// TestASilencedAlertPagesNobodyUntilItIsOver and the channel is told what was kept.
func TestASilencedAlertPagesNobodyUntilItIsOver(t *testing.T) {
	t.Parallel()
	m := newMonitored(t)
	if got := m.slash("U0DEV1", "general", "silence service chekout 2h deploy"); !strings.Contains(got, "I know no service chekout") {
		t.Errorf("a service that is not there is answered %q", got)
	}
	if got := m.slash("U0DEV1", "general", "silence checkout 2h deploy"); !strings.Contains(got, "*SIL-1* silences `service=checkout`") {
		t.Fatalf("silence answered %q", got)
	}
	m.report("json", firing("web-1", "checkout"))
	m.report("json", firing("web-2", "checkout"))
	m.report("json", over("web-2", "checkout"))
	card := m.card("svc-checkout", "ALERT-1")
	m.shows(card, "*Silenced* until", "by dev1 (SIL-1): deploy", "v1.silence.end")
	if got := m.slash("U0DEV2", "general", "alerts checkout"); !strings.Contains(got, "ALERT-1") || !strings.Contains(got, "1 silenced") {
		t.Errorf("alerts answered %q", got)
	}
	if got := m.slash("U0DEV2", "general", "silences"); !strings.Contains(got, "SIL-1") || !strings.Contains(got, "by dev1: deploy") {
		t.Errorf("silences answered %q", got)
	}
	if n := len(m.sim.DMs("U0SRE1")); n != 0 {
		t.Fatalf("somebody was paged %d times", n)
	}
	m.pass(2*time.Hour + time.Minute)
	m.dm("sre1", "PAGE-1")
	m.shows(card, "PAGE-1 to sre1", "!*Silenced*")
	kept := m.card("svc-checkout", "SIL-1 is over")
	m.shows(kept, "It silenced 2 alerts", "1 of them still fires", "*checkout*: High error rate on web-… (2)")
	m.drained()
	m.once()
}

// TestASilenceIsEndedBeforeItsTime by its button on the card.
func TestASilenceIsEndedBeforeItsTime(t *testing.T) {
	t.Parallel()
	m := newMonitored(t)
	m.report("json", firing("web-1", "checkout"))
	card := m.card("svc-checkout", "ALERT-1")
	page := m.dm("sre1", "PAGE-1")
	m.click("U0DEV1", card, "alert.silence")
	_, err := m.sim.As("U0DEV1").WaitView(m.ctx, nil)
	m.ok(err)
	if r, err := m.sim.As("U0DEV1").Submit(m.ctx, map[string]any{"span": "4h", "text": "they know"}); err != nil || len(r.Errors) > 0 {
		t.Fatalf("got %+v, %v", r, err)
	}
	m.shows(card, "*Silenced* until", "(SIL-1): they know")
	m.shows(page, "PAGE-1 is over")
	m.aside("U0DEV1", "ALERT-1* and the rest of its group page nobody until")
	m.click("U0SRE2", card, "silence.end")
	m.aside("U0SRE2", "One alert of it still fires")
	m.dm("sre1", "PAGE-2")
	m.shows(m.card("svc-checkout", "SIL-1 was ended by sre2"), "It silenced 1 alert", "they know")
	if got := m.slash("U0DEV2", "general", "unsilence SIL-1"); !strings.Contains(got, "sre2 has ended SIL-1 already") {
		t.Errorf("ending it again is answered %q", got)
	}
}

// TestWhatWasNotActionableIsTold in the service's channel when the week is over.
func TestWhatWasNotActionableIsTold(t *testing.T) {
	t.Parallel()
	m := newMonitored(t)
	m.report("json", firing("web-1", "checkout"))
	m.card("svc-checkout", "ALERT-1")
	if got := m.slash("U0SRE1", "general", "not-actionable ALERT-1 flaps"); !strings.Contains(got, "ALERT-1") {
		t.Errorf("not-actionable answered %q", got)
	}
	m.pass(7 * 24 * time.Hour)
	m.shows(m.card("svc-checkout", "called not actionable"), "*1 alert was called not actionable*", "• *checkout*: High error rate")
	m.drained()
	m.once()
}

// TestNotActionableAndClosedByHand: both end the page; the first keeps the card.
func TestNotActionableAndClosedByHand(t *testing.T) {
	t.Parallel()
	m := newMonitored(t)
	m.report("json", firing("web-1", "checkout"))
	card := m.card("svc-checkout", "ALERT-1")
	page := m.dm("sre1", "PAGE-1")
	m.click("U0DEV1", card, "alert.noise")
	_, err := m.sim.As("U0DEV1").WaitView(m.ctx, nil)
	m.ok(err)
	_, err = m.sim.As("U0DEV1").Submit(m.ctx, map[string]any{"text": "flaps with each deploy"})
	m.ok(err)
	m.shows(card, "*Not actionable*, says dev1", "flaps with each deploy", "!v1.alert.noise")
	m.shows(page, "PAGE-1 is over")
	if got := m.slash("U0SRE1", "general", "not-actionable ALERT-1 agreed"); !strings.Contains(got, "dev1 said so before") {
		t.Errorf("saying it again is answered %q", got)
	}
	_, err = m.sim.As("U0DEV2").Choose(m.ctx, card.Channel, card.TS, "v1.alert.menu", "ALERT-1|history")
	m.ok(err)
	m.aside("U0DEV2", "says that there is nothing to do about it: flaps with each deploy")
	_, err = m.sim.As("U0DEV2").Choose(m.ctx, card.Channel, card.TS, "v1.alert.menu", "ALERT-1|close")
	m.ok(err)
	_, err = m.sim.As("U0DEV2").WaitView(m.ctx, nil)
	m.ok(err)
	_, err = m.sim.As("U0DEV2").Submit(m.ctx, map[string]any{"text": "its source is gone"})
	m.ok(err)
	m.shows(card, "was closed by dev2", "its source is gone", "!v1.alert")
	if got := m.slash("U0DEV2", "general", "alerts"); !strings.Contains(got, "No alert is open") {
		t.Errorf("alerts answered %q", got)
	}
}

// TestAStormHasTenCardsAndOneForTheRest, and at most five pages.
func TestAStormHasTenCardsAndOneForTheRest(t *testing.T) {
	t.Parallel()
	m := newMonitored(t)
	var all, ended []any
	for n := range 300 {
		all, ended = append(all, firing(fmt.Sprintf("web-%d", n), "checkout")), append(ended, over(fmt.Sprintf("web-%d", n), "checkout"))
	}
	m.report("json", all)
	storm := m.card("svc-checkout", "290 more alerts")
	m.shows(storm, "*checkout*: High error rate on web-… (290)", "/inc alerts")
	own := regexp.MustCompile(`^ALERT-\d+ `)
	cards := func() (n int) {
		for _, c := range m.sim.Messages("svc-checkout") {
			if own.MatchString(c.Text) {
				n++
			}
		}
		return n
	}
	m.wait("ten cards", func() bool { return cards() == 10 })
	m.drained()
	if n := cards(); n != 10 {
		t.Errorf("there are %d cards, want 10", n)
	}
	if n := len(m.sim.DMs("U0SRE1")); n > 5 || n == 0 {
		t.Errorf("sre1 was sent %d pages, want at most 5", n)
	}
	if !slices.ContainsFunc(m.sim.DMs("U0SRE1"), func(d slacksim.Message) bool {
		return strings.Contains(string(d.Blocks), "It also stands for 295 more")
	}) {
		t.Error("no page says for how many more it stands")
	}
	if got := m.slash("U0DEV1", "general", "alerts"); !strings.Contains(got, "300 alerts are open") || !strings.Contains(got, "290 on one card with others") || !strings.Contains(got, "295 counted on the page of another") {
		t.Errorf("alerts answered %q", got)
	} else if !strings.Contains(got, "*300 ×* ") || !strings.Contains(got, "300 not answered") || strings.Count(got, "ALERT-") > 2 || len(got) > 4000 {
		t.Errorf("300 alike alerts are not one line: %q", got)
	}
	m.slash("U0SRE1", "general", "ack PAGE-5")
	if got := m.slash("U0DEV1", "general", "alerts"); !strings.Contains(got, "296 acknowledged, 4 not answered") {
		t.Errorf("with the page that counts the others answered, alerts answered %q", got)
	}
	if got := m.slash("U0DEV1", "general", `alerts "on web-1"`); !strings.Contains(got, "111 alerts called on web-1 are open") || !strings.Contains(got, "And 91 more.") {
		t.Errorf("alerts of a name answered %q", got)
	}
	if got := m.slash("U0DEV1", "general", "alerts nothing"); !strings.Contains(got, "I know no service nothing, and no open alert is called so") {
		t.Errorf("alerts of nothing answered %q", got)
	}
	m.report("json", ended)
	m.shows(storm, "none of them fires any more")
	m.drained()
	m.once()
	m.paced("svc-checkout")
}

// paced checks that the cards of a channel were edited once a second, but for the time
// that a call takes on its way.
func (m *monitored) paced(channel string) {
	m.t.Helper()
	ch, _ := m.sim.Channel(channel)
	const onTheWay = 500 * time.Millisecond
	var first, last time.Time
	edits := 0
	for _, c := range m.sim.Calls("chat.update") {
		if c.Args["channel"] != ch.ID {
			continue
		}
		if edits++; edits == 1 {
			first = c.At
		} else if gap := c.At.Sub(last); gap < time.Second-onTheWay {
			m.t.Errorf("two edits in %v", gap)
		}
		last = c.At
	}
	if least := time.Duration(edits-1)*time.Second - onTheWay; last.Sub(first) < least {
		m.t.Errorf("%d edits in %v", edits, last.Sub(first))
	}
}

// TestCardsOfAChannelThatIsGone are in the incidents channel, and the admins are told.
func TestCardsOfAChannelThatIsGone(t *testing.T) {
	t.Parallel()
	m := newMonitored(t)
	m.report("json", firing("db-1", "search"))
	m.card("incidents", "ALERT-1 of search")
	m.dm("lead1", "The channel #svc-gone, where alerts are to be posted, does not exist")
	m.report("json", firing("web-1", "checkout"))
	card := m.card("svc-checkout", "ALERT-2")
	m.ok(m.sim.As("U0LEAD1").Archive("svc-checkout"))
	m.report("json", over("web-1", "checkout"))
	m.card("incidents", "ALERT-2 is resolved")
	m.dm("lead1", "The channel #svc-checkout, where alerts are to be posted")
	if now, _ := m.sim.Message(card.Channel, card.TS); strings.Contains(now.Text, "resolved") {
		t.Error("an archived channel was written to")
	}
	m.drained()
	if n := len(m.sim.DMs("U0LEAD1")); n != 2 {
		t.Errorf("the admin was told %d times, want once for each channel", n)
	}
}

// TestAlertsThatCameAndWentWithoutSlack are told in one message; what fires still has
// its card.
func TestAlertsThatCameAndWentWithoutSlack(t *testing.T) {
	t.Parallel()
	m := newMonitored(t)
	m.report("json", firing("known", "checkout"))
	first := m.card("svc-checkout", "ALERT-1")
	m.drained()
	m.sim.Down(true)
	m.report("json", over("known", "checkout"))
	m.wait("a delivery that fails", func() bool {
		pending, err := m.store.Effects(m.ctx, 0, 1000, storage.Pending)
		return err == nil && slices.ContainsFunc(pending, func(e storage.Effect) bool { return e.Target == "alert/ALERT-1" && e.Note != "" })
	})
	m.report("json", []any{firing("a", "checkout"), firing("b", "checkout"), firing("c", "checkout"), firing("d", "checkout")})
	m.report("json", []any{over("a", "checkout"), over("b", "checkout"), over("d", "checkout")})
	m.pass(10 * time.Minute)
	m.sim.Down(false)
	passed := m.card("svc-checkout", "3 alerts came and went while Slack could not be reached")
	m.shows(passed, "*ALERT-2*", "*ALERT-3*", "*ALERT-5*", "!ALERT-4")
	m.shows(m.card("svc-checkout", "ALERT-4 of checkout"), "v1.alert.ack")
	m.shows(first, "is resolved")
	m.drained()
	m.once()
	if n := len(texts(m.sim, "svc-checkout", "")); n != 4 {
		t.Errorf("there are %d messages in the channel, want that the bot has joined, a card, a message and a card", n)
	}
}
