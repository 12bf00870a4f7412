package bot_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/notify/notifytest"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

const (
	sre1Phone = "+491701234567"
	ourPhone  = "+15005550006"
	hookKey   = "a secret of many bytes"
)

// street is a house with providers outside, and an address that they reach.
type street struct {
	*house
	ntfy   *notifytest.Ntfy
	twilio *notifytest.Twilio
	mail   *notifytest.SMTP
	hook   *notifytest.WebhookReceiver
	public *httptest.Server
	client *http.Client
}

// newStreet starts a bot with sre1 on call, who is reached by the contact rules given.
func newStreet(t *testing.T, contact string, with ...func(*bot.Config)) *street {
	t.Helper()
	s := &street{ntfy: notifytest.NewNtfy(t, ""), twilio: notifytest.NewTwilio(t), mail: notifytest.NewSMTP(t, notifytest.SMTPOptions{}), hook: notifytest.NewWebhookReceiver(t, hookKey)}
	var handler atomic.Pointer[http.Handler]
	s.public = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*handler.Load()).ServeHTTP(w, r) }))
	t.Cleanup(s.public.Close)
	s.client = s.public.Client()
	config := fmt.Sprintf(`
http: {public_url: %q}
people:
  - {name: dev1, slack: U0DEV1}
  - {name: sre1, slack: U0SRE1, phone: %q, ntfy: watchbill-sre1, email: sre1@example.com, webhook: %q, contact: %s}
  - {name: sre2, slack: U0SRE2}
services:
  - {name: checkout, schedule: checkout, escalation: checkout}
schedules:
  - name: checkout
    time_zone: Europe/Berlin
    layers: [{name: all, rotation: {type: weekly, start: "2020-01-06T09:00:00", people: [sre1]}}]
escalations:
  - name: checkout
    steps: [{notify: ["schedule:checkout"], wait: 30m}, {notify: ["person:sre2"], wait: 5m}]
notify:
  ntfy: {server: %q}
  twilio: {account_sid: %s, token_env: TWILIO, from: %q, voice_from: %q, api: %q}
  email: {smtp: %q, from: watchbill@example.com}
  webhook: {secret_env: HOOK}
  allow_networks: [127.0.0.0/8]
`, s.public.URL, sre1Phone, s.hook.URL(), contact, s.ntfy.URL(), s.twilio.SID, ourPhone, ourPhone, s.twilio.URL(), s.mail.Addr())
	roots := s.ntfy.Roots().Clone() // the servers of tests share a certificate, but for the mail server
	roots.AddCert(s.mail.Certificate())
	s.house = newHouseWith(t, config, func(c *bot.Config) {
		c.Secret = func(name string) (configs.Secret, error) {
			return configs.Secret(map[string]string{"TWILIO": s.twilio.Token, "HOOK": hookKey}[name]), nil
		}
		c.Roots = roots
		c.Registry = prometheus.NewRegistry()
		for _, more := range with {
			more(c)
		}
	})
	public := s.bot.Public(prometheus.NewRegistry())
	handler.Store(&public)
	return s
}

// page is PAGE-1 as it stands.
func (s *street) page() paging.Page {
	s.t.Helper()
	p, err := s.bot.Desk().PageOf(s.ctx, "PAGE-1")
	s.ok(err)
	return p
}

func (s *street) answered(by string) {
	s.t.Helper()
	s.wait("the answer of "+by, func() bool { p := s.page(); return p.Status == paging.Acknowledged && p.AnsweredBy == by })
	s.wait("the message in Slack to say so", func() bool {
		dms := s.sim.DMs("U0SRE1")
		return len(dms) > 0 && !strings.Contains(string(dms[0].Blocks), "page.ack")
	})
}

// declareByCLI declares without Slack.
func (s *street) declareByCLI() {
	s.t.Helper()
	_, err := s.bot.Desk().Declare(s.ctx, desk.In{By: incident.Actor{Person: "dev1", Via: "cli"}}, desk.Declaration{Title: "checkout returns 503", Severity: 2, Service: "checkout"})
	s.ok(err)
}

func (s *street) do(r *http.Request) (int, string) {
	s.t.Helper()
	r.RequestURI = ""
	res, err := s.client.Do(r)
	s.ok(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	s.ok(err)
	return res.StatusCode, string(body)
}

// TestMethodsComeInTurnUntilSomebodyAnswers: Slack at once, push after a minute, SMS
// after two; an answer by the button on the phone ends all of it.
func TestMethodsComeInTurnUntilSomebodyAnswers(t *testing.T) {
	t.Parallel()
	s := newStreet(t, "[{method: slack}, {method: push, after: 1m}, {method: sms, after: 2m}]")
	s.declare()
	s.wait("the message in Slack", func() bool { return len(s.sim.DMs("U0SRE1")) == 1 })
	s.drained()
	if n := s.ntfy.Requests(); n > 0 {
		t.Fatalf("%d pushes at once, want them after a minute", n)
	}
	s.pass(61 * time.Second)
	s.wait("the push", func() bool { return len(s.ntfy.Messages()) == 1 })
	m := s.ntfy.Messages()[0]
	if !strings.Contains(m.Title+m.Message, "checkout returns 503") || m.Priority != 5 || m.Topic != "watchbill-sre1" {
		t.Errorf("pushed %+v", m)
	}
	press, err := m.Press("Acknowledge")
	s.ok(err)
	if code, body := s.do(press); code != 200 {
		t.Fatalf("the button answered %d %s", code, body)
	}
	s.answered("sre1")
	s.pass(10 * time.Minute)
	s.drained()
	if n := len(s.twilio.Messages()); n > 0 {
		t.Errorf("%d SMS after the answer, want none", n)
	}
	events, err := s.bot.Desk().PageEvents(s.ctx, "PAGE-1")
	s.ok(err)
	var via string
	for _, e := range events {
		if e.Kind == paging.AcknowledgedK {
			via = e.Via
		}
	}
	if via != "push" {
		t.Errorf("answered via %q, want push", via)
	}
}

// TestAWayThatFailsBringsTheNextAtOnce, and the record says why it failed.
func TestAWayThatFailsBringsTheNextAtOnce(t *testing.T) {
	t.Parallel()
	s := newStreet(t, "[{method: push}, {method: sms, after: 20m}]")
	s.ntfy.FailAll(notifytest.Fault{Status: 403})
	s.declare()
	s.wait("the SMS", func() bool { return len(s.twilio.Messages()) == 1 })
	s.drained()
	var fates []string
	for _, n := range s.page().Notices {
		fates = append(fates, string(n.Way())+" "+string(n.Fate))
		if n.Fate == paging.Failed && n.Why == "" {
			t.Error("the record does not say why the push failed")
		}
	}
	if got, want := strings.Join(fates, ", "), "push failed, sms sent"; got != want {
		t.Errorf("the notices are %q, want %q", got, want)
	}
}

// TestAnSMSIsAnsweredByReply, and what becomes of it at the carrier is recorded.
func TestAnSMSIsAnsweredByReply(t *testing.T) {
	t.Parallel()
	s := newStreet(t, "[{method: sms}]")
	s.declare()
	s.wait("the SMS", func() bool { return len(s.twilio.Messages()) == 1 })
	s.drained()
	sms := s.twilio.Messages()[0]
	if !strings.Contains(sms.Body, "PAGE-1") || sms.To != sre1Phone {
		t.Errorf("sent %+v", sms)
	}
	s.do(s.twilio.MessageStatusRequest(sms, "delivered", 0))
	if got := s.page().Notices[0].Fate; got != paging.Delivered {
		t.Errorf("the notice is %s, want delivered", got)
	}
	forged := s.twilio.ReplyRequest(s.public.URL+bot.TwilioPath, sre1Phone, ourPhone, "1")
	forged.Header.Set("X-Twilio-Signature", "AAAA")
	if code, _ := s.do(forged); code != 403 || s.page().Status != paging.Open {
		t.Fatalf("a forged reply got %d, and the page is %s", code, s.page().Status)
	}
	if _, body := s.do(s.twilio.ReplyRequest(s.public.URL+bot.TwilioPath, "+491700000000", ourPhone, "1")); strings.Contains(body, "PAGE") {
		t.Errorf("a stranger was told %q", body)
	}
	if _, body := s.do(s.twilio.ReplyRequest(s.public.URL+bot.TwilioPath, sre1Phone, ourPhone, "what?")); !strings.Contains(body, "reply 1") {
		t.Errorf("an unclear reply got %q", body)
	}
	if code, body := s.do(s.twilio.ReplyRequest(s.public.URL+bot.TwilioPath, sre1Phone, ourPhone, "1")); code != 200 || !strings.Contains(body, "PAGE-1 is yours") {
		t.Fatalf("the reply got %d %s", code, body)
	}
	if p := s.page(); p.Status != paging.Acknowledged || p.AnsweredBy != "sre1" {
		t.Errorf("the page is %s by %s", p.Status, p.AnsweredBy)
	}
}

// sms sends a reply of sre1's and returns what they are told.
func (s *street) sms(text string) string {
	s.t.Helper()
	code, body := s.do(s.twilio.ReplyRequest(s.public.URL+bot.TwilioPath, sre1Phone, ourPhone, text))
	if code != 200 {
		s.t.Fatalf("the reply %q got %d %s", text, code, body)
	}
	return body
}

// told expects an answer to a reply.
func (s *street) told(reply, want string) {
	s.t.Helper()
	if got := s.sms(reply); !strings.Contains(got, want) {
		s.t.Errorf("%q was answered %q, want %q in it", reply, got, want)
	}
}

// TestAnSMSSnoozesHandsOverAndResolves: what can be done with a page in Slack can be
// done without it, and what cannot be meant for sure is asked.
func TestAnSMSSnoozesHandsOverAndResolves(t *testing.T) {
	t.Parallel()
	s := newStreet(t, "[{method: sms}]")
	s.declare()
	s.wait("the SMS", func() bool { return len(s.twilio.Messages()) == 1 })
	s.drained()

	s.told("snooze 30", "snooze 30m, handover NAME, resolve PAGE-1")
	s.told("snooze 30s", "snooze 30m, handover NAME, resolve PAGE-1")
	s.told("snooze 9d", "for example &#39;snooze PAGE-1 30m&#39;")
	if p := s.page(); p.Status != paging.Open {
		t.Fatalf("what is not understood made the page %s", p.Status)
	}
	s.told("1", "PAGE-1 is yours")
	s.told("snooze", "PAGE-1 is yours until ") // it is answered, and theirs still
	if p := s.page(); !p.Snoozed || p.Until.Sub(p.Answered).Round(time.Minute) != 30*time.Minute {
		t.Errorf("snoozed %v until %s", p.Snoozed, p.Until)
	}
	s.told("snooze 2h PAGE-1", "PAGE-1 is yours until ")
	if p := s.page(); p.Until.Sub(p.Answered).Round(time.Minute) != 2*time.Hour {
		t.Errorf("snoozed until %s", p.Until)
	}

	other, err := s.bot.Desk().Page(s.ctx, desk.In{By: incident.Actor{Person: "sre2", Via: "cli"}}, "INC-1", []paging.Target{"person:sre2"})
	s.ok(err)
	s.told("ack "+other.Page, "Of "+other.Page+" you were not told")
	s.told("handover", "To whom? Reply: handover PAGE-1 NAME")
	s.told("handover PAGE-1 nobody", "I know nobody called nobody")
	s.told("handover me", "I know nobody called me")
	s.told("handover sre1", "acknowledge it: &#39;ack PAGE-1&#39;")
	s.told("handover PAGE-99 sre2", "There is no PAGE-99")
	s.told("handover to SRE2", "PAGE-1 is handed over to sre2")
	if p := s.page(); p.Owner != "sre2" || p.Reason != paging.ByHandOver || p.Notices[len(p.Notices)-1].To.Person != "sre2" {
		t.Errorf("it is with %s by %s", p.Owner, p.Reason)
	}

	s.told("resolve", "PAGE-1 is about INC-1 (checkout returns 503) and ends with it. If that is over, reply: resolve INC-1")
	s.told("resolve PAGE-1", "reply: resolve INC-1")
	if p := s.page(); p.Status != paging.Open {
		t.Fatalf("a question made the page %s", p.Status)
	}
	s.told("resolve INC-9", "There is no INC-9")
	s.told("resolve inc-1 Rolled back 4711", "INC-1 is resolved, and its pages have ended")
	i, err := s.bot.Desk().Incident(s.ctx, "INC-1")
	s.ok(err)
	events, err := s.bot.Desk().Events(s.ctx, "INC-1")
	s.ok(err)
	if said := incident.Timeline(events, incident.PlainNames); i.Status != incident.Resolved || s.page().Status != paging.Ended || !slices.ContainsFunc(said, func(l incident.Line) bool {
		return l.By.Person == "sre1" && l.By.Via == "sms" && l.Quote == "Rolled back 4711"
	}) {
		t.Errorf("%s, the page %s, the timeline %v", i.Status, s.page().Status, said)
	}
	s.told("resolve INC-1", "is resolved already")
	s.told("resolve PAGE-1", "PAGE-1 is over already")
	s.told("snooze PAGE-1", "PAGE-1 has ended")
}

// TestAReplyAnswersWhatWasSentThere: what somebody was told elsewhere, and may not have
// seen, is not acknowledged by an answer to an SMS about something else.
func TestAReplyAnswersWhatWasSentThere(t *testing.T) {
	t.Parallel()
	s := newStreet(t, "[{method: slack}, {method: sms, after: 1m}]")
	dev1 := desk.In{By: incident.Actor{Person: "dev1", Via: "cli"}}
	s.declare()
	s.wait("the message in Slack", func() bool { return len(s.sim.DMs("U0SRE1")) == 1 })
	s.pass(61 * time.Second)
	s.wait("the SMS", func() bool { return len(s.twilio.Messages()) == 1 })
	s.drained()
	_, err := s.bot.Desk().Declare(s.ctx, dev1, desk.Declaration{Title: "search is slow", Severity: 2, Service: "checkout"})
	s.ok(err)
	s.wait("PAGE-2 in Slack", func() bool { return len(s.sim.DMs("U0SRE1")) == 2 })
	s.told("what?", "For PAGE-1 reply 1")
	s.told("1", "PAGE-1 is yours")
	s.told("1", "No page that was sent here is open. If you mean PAGE-2, of which you were told elsewhere, reply: acknowledge PAGE-2")
	if p, err := s.bot.Desk().PageOf(s.ctx, "PAGE-2"); err != nil || p.Status != paging.Open {
		t.Fatalf("PAGE-2 is %s, %v", p.Status, err)
	}
	s.told("acknowledge PAGE-2", "PAGE-2 is yours")
}

// TestAPhoneThatGoesRound speaks for whoever of its people was told last.
func TestAPhoneThatGoesRound(t *testing.T) {
	t.Parallel()
	s := newStreet(t, "[{method: sms}]", func(c *bot.Config) {
		c.Settings.People[0].Phone = sre1Phone // dev1's, who comes first
	})
	s.declare()
	s.wait("the SMS", func() bool { return len(s.twilio.Messages()) == 1 })
	s.drained()
	s.told("1 PAGE-1", "PAGE-1 is yours")
	if p := s.page(); p.AnsweredBy != "sre1" {
		t.Errorf("answered by %s", p.AnsweredBy)
	}
}

// TestTheLinkHandsOverAndResolves: the forms behind a link do what they say, and only
// when they are sent.
func TestTheLinkHandsOverAndResolves(t *testing.T) {
	t.Parallel()
	s := newStreet(t, "[{method: email}]")
	s.declare()
	s.wait("the mail", func() bool { return len(s.mail.Mails()) == 1 })
	s.drained()
	link := pageLink.FindString(s.mail.Mails()[0].Body)
	post := func(form url.Values) (int, string) {
		t.Helper()
		res, err := s.client.PostForm(link, form)
		s.ok(err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		s.ok(err)
		return res.StatusCode, string(body)
	}
	code, body := s.do(httptest.NewRequest("GET", link, nil))
	if code != 200 || !strings.Contains(body, `<option value="sre2">`) || strings.Contains(body, `<option value="sre1">`) || !strings.Contains(body, ">Resolve INC-1</button>") {
		t.Fatalf("the link shows %d %s", code, body)
	}
	if code, body := post(url.Values{"answer": {"handover"}, "to": {"nobody"}}); code != 404 || !strings.Contains(body, `value="nobody"`) || s.page().Turn != 1 {
		t.Errorf("a wrong name got %d %s", code, body)
	}
	if code, body := post(url.Values{"answer": {"handover"}, "to": {"sre2"}}); code != 200 || !strings.Contains(body, "PAGE-1 is handed over to sre2") {
		t.Errorf("handing over got %d %s", code, body)
	}
	s.wait("the page to sre2", func() bool { return len(s.sim.DMs("U0SRE2")) == 1 })
	if code, body := post(url.Values{"answer": {"snooze"}, "for": {"1h"}}); code != 200 || !strings.Contains(body, "PAGE-1 is yours until") {
		t.Errorf("snoozing got %d %s", code, body)
	}
	if code, body := post(url.Values{"answer": {"resolve"}, "text": {"rolled back"}}); code != 200 || !strings.Contains(body, "INC-1 is resolved, and its pages have ended") || strings.Contains(body, "<button") {
		t.Errorf("resolving got %d %s", code, body)
	}
	if code, body := post(url.Values{"answer": {"resolve"}}); code != 409 || !strings.Contains(body, "is resolved already") {
		t.Errorf("resolving twice got %d %s", code, body)
	}
	if p := s.page(); p.Status != paging.Ended {
		t.Errorf("the page is %s", p.Status)
	}
}

// TestTheSecondAnswerByPhoneIsToldWhoWasFirst: nobody gets up believing that it is
// theirs when it is not, nor after the end.
func TestTheSecondAnswerByPhoneIsToldWhoWasFirst(t *testing.T) {
	t.Parallel()
	s := newStreet(t, "[{method: voice}]")
	s.declare()
	s.wait("the call", func() bool { return len(s.twilio.Calls()) == 1 })
	s.drained()
	_, err := s.bot.Desk().Acknowledge(s.ctx, desk.In{By: incident.Actor{Person: "dev1", Via: "cli"}}, "PAGE-1")
	s.ok(err)
	if _, body := s.do(s.twilio.KeysRequest(s.twilio.Calls()[0], "1")); !strings.Contains(body, "is not yours: dev1 answered") {
		t.Errorf("the second was told %s", body)
	}
	_, err = s.bot.Desk().Change(s.ctx, desk.In{}, "INC-1", incident.Resolve{By: incident.Actor{Person: "dev1", Via: "cli"}})
	s.ok(err)
	if _, body := s.do(s.twilio.ReplyRequest(s.public.URL+bot.TwilioPath, sre1Phone, ourPhone, "1 PAGE-1")); !strings.Contains(body, "It is over") || strings.Contains(body, "is yours") {
		t.Errorf("the last was told %s", body)
	}
}

// TestCallUntilReached: a call comes again and again until a key is pressed.
func TestCallUntilReached(t *testing.T) {
	t.Parallel()
	s := newStreet(t, "[{method: voice, every: 2m}]")
	s.declare()
	for n := range 3 {
		s.wait(fmt.Sprintf("call %d", n+1), func() bool { return len(s.twilio.Calls()) == n+1 })
		s.drained()
		s.do(s.twilio.CallStatusRequest(s.twilio.Calls()[n], "no-answer"))
		s.pass(121 * time.Second)
	}
	s.wait("call 4", func() bool { return len(s.twilio.Calls()) == 4 })
	s.drained()
	if _, body := s.do(s.twilio.KeysRequest(s.twilio.Calls()[3], "9")); s.page().Status != paging.Open {
		t.Errorf("a key that means nothing answered the page: %s", body)
	}
	if _, body := s.do(s.twilio.KeysRequest(s.twilio.Calls()[3], "1")); !strings.Contains(body, "Recorded") {
		t.Errorf("the key got %s", body)
	}
	s.pass(10 * time.Minute)
	s.drained()
	if n := len(s.twilio.Calls()); n != 4 || s.page().AnsweredBy != "sre1" {
		t.Errorf("%d calls, answered by %q, want 4 and sre1", n, s.page().AnsweredBy)
	}
}

var pageLink = regexp.MustCompile(`http://127[^\s"<>]+/p/[^\s"<>]+`)

// TestAMailScannerAnswersNothing: reading the link changes nothing, the button does.
func TestAMailScannerAnswersNothing(t *testing.T) {
	t.Parallel()
	s := newStreet(t, "[{method: push}]")
	s.declare()
	s.wait("the push", func() bool { return len(s.ntfy.Messages()) == 1 })
	link := pageLink.FindString(s.ntfy.Messages()[0].Click)
	if link == "" {
		t.Fatalf("there is no link in %+v", s.ntfy.Messages()[0])
	}
	for range 5 {
		if res, err := s.client.Get(link); err != nil || res.StatusCode != 200 {
			t.Fatalf("the link answers %v %v", res, err)
		}
		if res, err := s.client.Head(link); err != nil || res.StatusCode != 200 {
			t.Fatalf("HEAD of the link answers %v %v", res, err)
		}
	}
	if p := s.page(); p.Status != paging.Open {
		t.Fatalf("reading the link made the page %s", p.Status)
	}
	res, err := s.client.PostForm(link, url.Values{"answer": {"acknowledge"}})
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("the button answers %v %v", res, err)
	}
	if p := s.page(); p.AnsweredBy != "sre1" {
		t.Errorf("answered by %q", p.AnsweredBy)
	}
}

// TestAnAttemptThatMayHaveHappenedSaysRepeat: rather twice than never.
func TestAnAttemptThatMayHaveHappenedSaysRepeat(t *testing.T) {
	t.Parallel()
	s := newStreet(t, "[{method: sms}]")
	s.twilio.Fail(notifytest.Fault{Drop: true})
	s.declare()
	s.wait("the second SMS", func() bool { return len(s.twilio.Messages()) == 2 })
	if first, second := s.twilio.Messages()[0].Body, s.twilio.Messages()[1].Body; strings.Contains(first, "REPEAT") || !strings.Contains(second, "REPEAT") {
		t.Errorf("sent %q and %q", first, second)
	}
	s.drained()
}

// TestSlackDownPagesByOtherMethodsAtOnce: whoever would be pushed in 20 minutes is
// pushed now, and an answer by link counts; Slack is told when it is back.
func TestSlackDownPagesByOtherMethodsAtOnce(t *testing.T) {
	t.Parallel()
	s := newStreet(t, "[{method: slack}, {method: push, after: 20m}]")
	s.drained()
	s.sim.Down(true)
	s.declareByCLI()
	s.wait("the courier to notice", func() bool {
		return strings.Contains(strings.Join(s.bot.Health().Notes, " "), "slack cannot be reached")
	})
	s.pass(20 * time.Second) // by then it counts as down
	s.wait("the push", func() bool { return len(s.ntfy.Messages()) == 1 })
	press, err := s.ntfy.Messages()[0].Press("Acknowledge")
	s.ok(err)
	if code, body := s.do(press); code != 200 {
		t.Fatalf("the button answered %d %s", code, body)
	}
	s.landed() // what was read before the answer
	s.pass(2 * time.Minute)
	s.sim.Down(false)
	s.pass(11 * time.Second)
	s.wait("the card", func() bool {
		i, err := s.bot.Desk().Incident(s.ctx, "INC-1")
		return err == nil && i.Room.Channel != "" && i.Lead == "sre1" && i.Answered
	})
	s.drained()
	for _, m := range s.sim.DMs("U0SRE1") {
		t.Errorf("%q came in Slack after the answer, want nothing", m.Text)
	}
}

// TestSlackIsDownInManyWays: 16 seconds after the declaration, or after the last socket
// closed, whoever would be pushed in 20 minutes has been pushed, whatever it is that Slack
// does instead of its work.
func TestSlackIsDownInManyWays(t *testing.T) {
	t.Parallel()
	always := func(f slacksim.Fault) func(s *street) {
		return func(s *street) {
			f.Method = "*"
			f.Match = func(c slacksim.Call) bool { return c.Method != "apps.connections.open" }
			s.sim.Inject(f)
		}
	}
	noSocket := func(how slacksim.Refusal) func(s *street) {
		return func(s *street) {
			s.sim.RefuseSockets(how)
			s.sim.CutSockets(slacksim.CutNow)
			s.pass(15 * time.Second)
			s.wait("Slack to count as deaf", func() bool { return s.bot.Desk().Deaf(paging.Slack) })
		}
	}
	held := map[string]bool{"no answer": true, "dropped": true, "account inactive": true, "tokens revoked": true, "everything is cut off": true, "the answers are lost": true}
	for name, fail := range map[string]func(s *street){
		"no answer":             always(slacksim.Fault{Kind: slacksim.Hang, Delay: time.Hour}),
		"dropped":               always(slacksim.Fault{Kind: slacksim.DropBefore}),
		"500":                   always(slacksim.Fault{Kind: slacksim.HTTP500}),
		"internal error":        always(slacksim.Fault{Kind: slacksim.InternalError}),
		"an error nobody knows": always(slacksim.Fault{Kind: slacksim.ErrorCode, Code: "slack_is_confused"}),
		"429 for ten minutes":   always(slacksim.Fault{Kind: slacksim.RateLimit, RetryAfter: 600}),
		"account inactive":      always(slacksim.Fault{Kind: slacksim.ErrorCode, Code: "account_inactive"}),
		"tokens revoked":        func(s *street) { s.sim.RevokeTokens() },
		"no socket can be had":  noSocket(slacksim.RefuseOpen),
		"sockets are sent away": noSocket(slacksim.RefuseTooMany),
		"everything is cut off": func(s *street) { s.sim.Down(true) },
		"the answers are lost":  always(slacksim.Fault{Kind: slacksim.DropAfter}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStreet(t, "[{method: slack}, {method: push, after: 20m}]", func(c *bot.Config) {
				c.HTTPClient = &http.Client{Timeout: 300 * time.Millisecond} // instead of ten seconds
			})
			s.wait("the directory", s.bot.People().Learned)
			s.drained()
			fail(s)
			s.declareByCLI()
			if held[name] {
				s.wait("the courier to notice", func() bool {
					return strings.Contains(strings.Join(s.bot.Health().Notes, " "), "slack cannot be reached")
				})
			}
			s.pass(16 * time.Second)
			s.wait("the push", func() bool { return len(s.ntfy.Messages()) == 1 })
		})
	}
}

// TestAPageThatWasDecidedJustBefore: the world that a page was decided in may be a
// moment old when the page is stored, and with it that Slack works.
func TestAPageThatWasDecidedJustBefore(t *testing.T) {
	t.Parallel()
	s := newStreet(t, "[{method: slack}, {method: push, after: 20m}]")
	s.drained()
	s.sim.Down(true)
	s.wait("the sockets to close", func() bool { return s.sim.Sockets() == 0 })
	s.pass(16 * time.Second)
	s.wait("Slack to count as deaf", func() bool { return s.bot.Desk().Deaf(paging.Slack) })
	s.ok(s.bot.Desk().MediumHeard(s.ctx, paging.Slack))
	s.declareByCLI()
	s.pass(6 * time.Second)
	s.wait("the push", func() bool { return len(s.ntfy.Messages()) == 1 })
}

// TestWithoutRulesTheOtherMethodsAreForTheWorst: nobody is called who has not said so,
// unless Slack fails them.
func TestWithoutRulesTheOtherMethodsAreForTheWorst(t *testing.T) {
	t.Parallel()
	s := newStreet(t, "[]")
	s.declare()
	s.wait("the message in Slack", func() bool { return len(s.sim.DMs("U0SRE1")) == 1 })
	s.pass(20 * time.Minute)
	s.drained()
	if n := s.ntfy.Requests() + s.twilio.Requests(); n > 0 {
		t.Errorf("%d requests to providers, want none", n)
	}
}

// TestAProviderThatKeepsAskingToWait is as good as one that fails: it takes nothing, and
// the next way comes.
func TestAProviderThatKeepsAskingToWait(t *testing.T) {
	t.Parallel()
	s := newStreet(t, "[{method: push}, {method: sms, after: 20m}]")
	s.ntfy.FailAll(notifytest.Fault{Status: 429})
	s.declare()
	s.wait("a push", func() bool { return s.ntfy.Requests() > 0 })
	s.pass(11 * time.Second)
	s.wait("the SMS", func() bool { return len(s.twilio.Messages()) == 1 })
}

// TestOneMessageWhenAProviderIsBack: whoever was to be told five times while it was away
// is told once.
func TestOneMessageWhenAProviderIsBack(t *testing.T) {
	t.Parallel()
	s := newStreet(t, "[{method: sms, every: 1m}]")
	s.twilio.FailAll(notifytest.Fault{Status: 503})
	s.declare()
	for range 5 {
		s.wait("the page to go on", func() bool { return s.page().Due.After(s.now()) })
		s.landed()
		s.pass(61 * time.Second)
	}
	s.wait("all that is to be told", func() bool { return s.page().Due.After(s.now()) && s.page().Sent >= 5 })
	s.landed()
	missed := s.page().Sent
	s.twilio.Heal()
	for n := 0; n < 12 && len(s.twilio.Messages()) == 0; n++ {
		s.pass(15 * time.Second) // the breaker tries again
		s.landed()
	}
	s.wait("an SMS", func() bool { return len(s.twilio.Messages()) > 0 })
	s.drained()
	if n, since := len(s.twilio.Messages()), s.page().Sent-missed; n > 1+since {
		t.Errorf("%d SMS came at once, and %d fell due meanwhile", n, since)
	}
}

// TestWhoCannotTakeItIsNotToldAnyMore: what was not sent yet when they said so stays
// unsent.
func TestWhoCannotTakeItIsNotToldAnyMore(t *testing.T) {
	t.Parallel()
	s := newStreet(t, "[{method: slack}, {method: sms}]")
	s.twilio.FailAll(notifytest.Fault{Status: 503})
	s.declare()
	s.wait("an attempt", func() bool { return s.twilio.Requests() > 0 })
	s.wait("the message in Slack", func() bool { return len(s.sim.DMs("U0SRE1")) == 1 })
	_, err := s.bot.Desk().Decline(s.ctx, desk.In{By: incident.Actor{Person: "sre1", Via: "cli"}}, "PAGE-1")
	s.ok(err)
	s.landed()
	s.twilio.Heal()
	s.pass(time.Minute)
	s.drained()
	if n := len(s.twilio.Messages()); n > 0 {
		t.Errorf("%d SMS to somebody who cannot take it", n)
	}
}

// TestADeactivatedAccountIsReachedOtherwise: the failure in Slack brings the next way.
func TestADeactivatedAccountIsReachedOtherwise(t *testing.T) {
	t.Parallel()
	s := newStreet(t, "[]")
	s.sim.Deactivate("U0SRE1")
	s.declare()
	s.wait("the push", func() bool { return len(s.ntfy.Messages()) == 1 })
}

// TestProvingOneself: a test pages by each way, and only what was answered is proven,
// as long as the address stays.
func TestProvingOneself(t *testing.T) {
	t.Parallel()
	s := newStreet(t, "[{method: slack}, {method: push, after: 5m}, {method: sms, after: 10m}]")
	if got := s.oncall("U0SRE1", "ready"); strings.Count(got, "not proven") != 3 {
		t.Errorf("before the test: %s", got)
	}
	if got := s.oncall("U0SRE1", "test me"); !strings.Contains(got, "Slack, push, SMS") {
		t.Errorf("the test answered %q", got)
	}
	s.wait("a page by each way", func() bool {
		return len(s.sim.DMs("U0SRE1")) == 1 && len(s.ntfy.Messages()) == 1 && len(s.twilio.Messages()) == 1
	})
	press, err := s.ntfy.Messages()[0].Press("Acknowledge")
	s.ok(err)
	if code, body := s.do(press); code != 200 {
		t.Fatalf("the button answered %d %s", code, body)
	}
	if got := s.oncall("U0DEV1", "ready checkout"); strings.Count(got, "not proven") != 2 || !strings.Contains(got, "push after 5m (proven") {
		t.Errorf("after the test: %s", got)
	}
	s.pass(11 * time.Minute) // what is not answered just ends
	s.wait("the end of the others", func() bool {
		open, err := s.bot.Desk().OpenPages(s.ctx, 10)
		return err == nil && len(open) == 0
	})
	s.drained()
	if n := len(s.sim.DMs("U0SRE2")) + len(s.twilio.Messages()); n != 1 {
		t.Errorf("%d messages to others or again, want the one SMS", n)
	}
	if got := s.oncall("U0SRE1", "test pigeon"); !strings.Contains(got, "do not reach you by pigeon") {
		t.Errorf("an unknown way answered %q", got)
	}
}
