package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
)

const nightConfig = `
admins: [boss]
people:
  - {name: dev1, slack: U0DEV1}
  - {name: dev2, slack: U0DEV2}
  - {name: dev3, slack: U0DEV3}
  - name: sre1
    slack: U0SRE1
    phone: "+491701234567"
    contact: [{method: slack}, {method: sms, after: 2m}, {method: voice, after: 4m, every: 2m}]
  - {name: lead1, slack: U0LEAD1}
  - {name: boss, slack: U0BOSS}
teams:
  - {name: checkout-dev, people: [dev1], leads: [lead1]}
  - {name: empty}
services:
  - {name: checkout, owner: checkout-dev, escalation: checkout}
  - {name: search, escalation: nobody}
escalations:
  - name: checkout
    steps:
      - {notify: ["person:sre1"], wait: 5m}
      - {notify: ["person:dev2"], wait: 5m, when: {severity: [SEV1]}}
      - {notify: ["person:dev3"], wait: 5m}
    ack_timeout: 30m
  - name: nobody
    steps: [{notify: ["team:empty"], wait: 5m}]
notify:
  twilio: {account_sid: AC00000000000000000000000000000000, token_env: TWILIO, from: "+15005550006", voice_from: "+15005550006"}
`

// tick waits until the page is due, puts its command, and says whom it told, and how.
func (s *shop) tick(page string) string {
	s.t.Helper()
	p := s.page(page)
	if wait := time.Until(p.Due); wait > 0 {
		time.Sleep(wait)
	}
	return s.does(page, func() error { return s.desk.Fire(s.t.Context(), storage.Ref{Kind: desk.PageKind, ID: page}) })
}

// does runs what concerns a page and says what happened to it.
func (s *shop) does(page string, f func() error) string {
	s.t.Helper()
	before := len(s.pageEvents(page))
	if err := f(); err != nil {
		s.t.Fatal(err)
	}
	return told(s.pageEvents(page)[before:])
}

func told(events []paging.Event) string {
	var out []string
	for _, e := range events {
		what := string(e.Kind)
		for _, c := range e.Calls {
			what += " " + c.Recipient.String()
			if c.Method != "" {
				what += "/" + string(c.Method)
			}
		}
		out = append(out, what)
	}
	return strings.Join(out, ", ")
}

func (s *shop) page(id string) paging.Page {
	s.t.Helper()
	p, err := s.desk.PageOf(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func (s *shop) pageEvents(id string) []paging.Event {
	s.t.Helper()
	events, err := s.desk.PageEvents(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return events
}

func (s *shop) says(page, want string, f func() (desk.Answer, error)) desk.Answer {
	s.t.Helper()
	var a desk.Answer
	if got := s.does(page, func() (err error) { a, err = f(); return err }); got != want {
		s.t.Errorf("got %q, want %q", got, want)
	}
	return a
}

// The whole night: contacts in their order, a step that does not apply, the floor, and
// again, over a restart and a store that fails.
func TestAPageThatNobodyAnswers(t *testing.T) {
	inShopOf(t, nightConfig, func(t *testing.T, s *shop) {
		// dev1 has answered a page of this policy before.
		s.says("PAGE-1", "acknowledged", func() (desk.Answer, error) { return s.desk.Acknowledge(t.Context(), in("dev1", ""), "PAGE-1") })
		if _, err := s.desk.Change(t.Context(), in("dev1", ""), "INC-1", incident.Resolve{By: by("dev1")}); err != nil {
			t.Fatal(err)
		}
		opened := time.Now()
		s.declare("dev2", "checkout is down again")
		for n, want := range []struct {
			after time.Duration
			told  string
		}{
			{2 * time.Minute, "contacted sre1/sms"},
			{4 * time.Minute, "contacted sre1/voice"},
			{5 * time.Minute, "skipped, stepped dev3"},
			{6 * time.Minute, "contacted sre1/voice"},
			{8 * time.Minute, "contacted sre1/voice"},
			{10 * time.Minute, "contacted sre1/voice, spent, stepped dev3 dev1 lead1 boss channel:incidents"},
			{12 * time.Minute, "contacted sre1/voice"},
			{14 * time.Minute, "contacted sre1/voice"},
			{15 * time.Minute, "stepped dev3 dev1 lead1 boss channel:incidents"},
		} {
			if n == 4 { // the next life
				s.desk = s.another()
			}
			if n == 5 { // the store loses one answer, and fails twice
				s.fails(func(n int, _ []storage.Change) memory.Fault {
					switch n {
					case 1:
						return memory.FailsButApplied()
					case 2:
						return memory.Fails(storage.ErrUnknown)
					}
					return memory.None()
				})
			}
			if got := s.tick("PAGE-2"); got != want.told || time.Since(opened) != want.after {
				t.Errorf("after %v: got %q, want %q after %v", time.Since(opened), got, want.told, want.after)
			}
		}
		p := s.page("PAGE-2")
		if !p.AtFloor() || p.Reason != paging.ByFloor || p.Status != paging.Open {
			t.Errorf("got %+v", p)
		}
		floor := slices.DeleteFunc(s.events("INC-2"), func(e incident.Event) bool { return e.Kind != incident.Paged || !e.Floor })
		if len(floor) != 2 || !slices.Equal(floor[0].Whom, []string{"dev3", "dev1", "lead1", "boss", "channel:incidents"}) {
			t.Errorf("the timeline says %+v", floor)
		}
		s.effect("page/PAGE-2/2") // by SMS
		if e := s.effect("page/PAGE-2/2"); e.Kind != desk.NotifyPrefix+"sms" || e.Dest != "sms/sre1" || e.Level || e.Class != storage.Page {
			t.Errorf("by SMS it owes %+v", e)
		}
		if e := s.effect("page/PAGE-2/1"); e.Kind != desk.NoticeKind || e.Dest != "slack/to/sre1" || !e.Level {
			t.Errorf("in Slack it owes %+v", e)
		}
	})
}

// A policy of which no step stands for anybody reaches the floor in the commit of the
// declaration, and the incident ends the page.
func TestAPolicyOfNobody(t *testing.T) {
	inShopOf(t, nightConfig, func(t *testing.T, s *shop) {
		a, err := s.desk.Declare(t.Context(), in("dev1", ""), desk.Declaration{Title: "search is down", Severity: 1, Service: "search"})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := told(s.pageEvents(a.Page)), "opened, skipped, spent, stepped boss channel:incidents"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if _, err := s.desk.Change(t.Context(), in("dev1", ""), a.Incident, incident.Resolve{By: by("dev1")}); err != nil {
			t.Fatal(err)
		}
		if p := s.page(a.Page); p.Status != paging.Ended {
			t.Errorf("the page is %s", p.Status)
		}
	})
}

// When even the floor stands for nobody the incident says so once, and its end ends the page.
func TestAPageThatReachesNobody(t *testing.T) {
	config := strings.Replace(nightConfig, "  - name: nobody\n", "  - name: nobody\n    floor: [\"team:empty\"]\n", 1)
	inShopOf(t, config, func(t *testing.T, s *shop) {
		a, err := s.desk.Declare(t.Context(), in("dev1", ""), desk.Declaration{Title: "search is down", Severity: 1, Service: "search"})
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if got := s.tick(a.Page); got != "stepped" {
				t.Errorf("got %q", got)
			}
		}
		nobody := slices.DeleteFunc(s.events(a.Incident), func(e incident.Event) bool { return e.Kind != incident.PageNobody })
		if len(nobody) != 1 || !slices.Equal(s.incident(a.Incident).OpenPages(), []string{a.Page}) {
			t.Errorf("the timeline says it %d times; open pages %v", len(nobody), s.incident(a.Incident).OpenPages())
		}
		s.effect(fmt.Sprintf("nobody/%s/%d", a.Incident, nobody[0].Seq))
		if _, err := s.desk.Change(t.Context(), in("dev1", ""), a.Incident, incident.Close{By: by("dev1")}); err != nil {
			t.Fatal(err)
		}
		if p := s.page(a.Page); p.Status != paging.Ended {
			t.Errorf("the page is %s", p.Status)
		}
	})
}

// An acknowledgement that times out brings the page back; the end of the incident ends
// it for good, also while it is acknowledged or snoozed.
func TestAcknowledgementsThatAreNotTheEnd(t *testing.T) {
	inShopOf(t, nightConfig, func(t *testing.T, s *shop) {
		ack := func(who string) func() (desk.Answer, error) {
			return func() (desk.Answer, error) { return s.desk.Acknowledge(t.Context(), in(who, ""), "PAGE-1") }
		}
		s.says("PAGE-1", "acknowledged", ack("dev2"))
		if got, want := s.tick("PAGE-1"), "resumed, stepped sre1 dev2"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if i := s.incident("INC-1"); !slices.Equal(i.OpenPages(), []string{"PAGE-1"}) || i.Lead != "dev2" {
			t.Errorf("the incident has the open pages %v, lead %s", i.OpenPages(), i.Lead)
		}
		if _, err := s.desk.Snooze(t.Context(), in("sre1", ""), "PAGE-1", time.Hour); err != nil {
			t.Fatal(err)
		}
		if i := s.incident("INC-1"); len(i.OpenPages()) > 0 || i.Pages[0].By != "sre1" || !i.Pages[0].Until.Equal(time.Now().Add(time.Hour).UTC()) {
			t.Errorf("snoozed: %+v", i.Pages)
		}
		if got, want := s.tick("PAGE-1"), "resumed, stepped sre1"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		s.says("PAGE-1", "acknowledged", ack("sre1"))
		if got, want := s.does("PAGE-1", func() error {
			_, err := s.desk.Change(t.Context(), in("dev1", ""), "INC-1", incident.Resolve{By: by("dev1")})
			return err
		}), "ended"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		time.Sleep(24 * time.Hour)
		if rows, err := s.store.Due(t.Context(), storage.Time(time.Now()), 10); err != nil || len(rows) > 0 {
			t.Errorf("%v is due, %v", rows, err)
		}
		a := s.says("PAGE-1", "", ack("dev3")) // too late: thanks, and nothing happens
		if a.Changed || a.Paged.Status != paging.Ended {
			t.Errorf("got %+v", a)
		}
		if _, err := s.desk.Change(t.Context(), in("dev1", ""), "INC-1", incident.Reopen{By: by("dev1"), Text: "it is back"}); err != nil {
			t.Fatal(err)
		}
		if p := s.page("PAGE-1"); p.Status != paging.Ended {
			t.Errorf("reopening wakes the old page: %s", p.Status)
		}
	})
}

func TestHandingOver(t *testing.T) {
	inShopOf(t, nightConfig, func(t *testing.T, s *shop) {
		over := func(who, to string) func() (desk.Answer, error) {
			return func() (desk.Answer, error) { return s.desk.HandOver(t.Context(), in(who, ""), "PAGE-1", to) }
		}
		a := s.says("PAGE-1", "handed_over, stepped dev2", over("sre1", "dev2"))
		if len(a.Events) == 0 || a.Events[0].Kind != incident.PageHandedOver || a.Events[0].Person != "dev2" {
			t.Errorf("the answer says %+v", a.Events)
		}
		if i := s.incident("INC-1"); !slices.Contains(i.Invited, "dev2") {
			t.Errorf("dev2 was not invited: %v", i.Invited)
		}
		for name, c := range map[string]struct {
			f    func() (desk.Answer, error)
			code incident.Code
		}{
			"nobody":         {over("dev2", ""), incident.Invalid},
			"oneself":        {over("dev2", "dev2"), incident.Invalid},
			"a stranger":     {over("dev2", "stranger"), incident.NotFound},
			"by a guest":     {func() (desk.Answer, error) { return s.desk.HandOver(t.Context(), guest(), "PAGE-1", "dev1") }, incident.Forbidden},
			"a snooze":       {func() (desk.Answer, error) { return s.desk.Snooze(t.Context(), in("dev2", ""), "PAGE-1", time.Second) }, incident.Invalid},
			"a guest's":      {func() (desk.Answer, error) { return s.desk.Snooze(t.Context(), guest(), "PAGE-1", time.Hour) }, incident.Forbidden},
			"a page's end":   {func() (desk.Answer, error) { return s.desk.EndPage(t.Context(), in("dev2", ""), "PAGE-1", "") }, incident.Conflict},
			"another's page": {func() (desk.Answer, error) { return s.desk.HandOver(t.Context(), in("dev2", ""), "PAGE-9", "dev1") }, incident.NotFound},
		} {
			before := len(s.pageEvents("PAGE-1"))
			_, err := c.f()
			if _, code, ok := desk.Refusal(err); !ok || code != c.code {
				t.Errorf("%s: got %v, want it refused as %s", name, err, c.code)
			}
			if len(s.pageEvents("PAGE-1")) != before {
				t.Errorf("%s was refused and changed the page", name)
			}
		}
		if got, want := s.tick("PAGE-1"), "stepped sre1"; got != want {
			t.Errorf("no answer: got %q, want %q", got, want)
		}
	})
}

// Two people at once, a press that is stored twice, and one whose answer is lost: one
// decision each.
func TestAnswersAtOnce(t *testing.T) {
	inShopOf(t, nightConfig, func(t *testing.T, s *shop) {
		release := s.hold()
		first := s.later(func() (desk.Answer, error) { return s.desk.Acknowledge(t.Context(), in("sre1", "press:1"), "PAGE-1") })
		second := s.later(func() (desk.Answer, error) { return s.desk.Escalate(t.Context(), in("dev1", "press:2"), "PAGE-1", 1) })
		third := s.later(func() (desk.Answer, error) { return s.desk.Acknowledge(t.Context(), in("dev2", "press:3"), "PAGE-1") })
		release()
		if r := <-first; r.err != nil || !r.answer.Changed {
			t.Errorf("the first: %+v", r)
		}
		if _, code, ok := desk.Refusal((<-second).err); !ok || code != incident.Conflict {
			t.Error("an escalation that comes after the answer is not refused")
		}
		if r := <-third; r.err != nil || !r.answer.Changed {
			t.Errorf("the third: %+v", r)
		}
		synctest.Wait()
		if p := s.page("PAGE-1"); p.Owner != "sre1" || !slices.Equal(p.Also, []string{"dev2"}) {
			t.Errorf("got %+v", p)
		}
		s.fails(func(n int, _ []storage.Change) memory.Fault {
			if n == 1 {
				return memory.FailsButApplied()
			}
			return memory.None()
		})
		s.says("PAGE-1", "snoozed", func() (desk.Answer, error) {
			return s.desk.Snooze(t.Context(), in("sre1", "press:4"), "PAGE-1", time.Hour)
		})
		s.says("PAGE-1", "", func() (desk.Answer, error) {
			return s.desk.Snooze(t.Context(), in("sre1", "press:4"), "PAGE-1", time.Hour)
		})
	})
}

// Whoever writes on the incident after the acknowledgement is at work: the page comes
// again as long after that as it would have after the acknowledgement.
func TestWorkOnAnIncidentPutsTheTimeoutOfItsPageOff(t *testing.T) {
	inShopOf(t, nightConfig, func(t *testing.T, s *shop) {
		if _, err := s.desk.Acknowledge(t.Context(), in("sre1", ""), "PAGE-1"); err != nil {
			t.Fatal(err)
		}
		write := func(person string, c incident.Command) {
			t.Helper()
			time.Sleep(20 * time.Minute)
			if _, err := s.desk.Change(t.Context(), again(in(person, "")), "INC-1", c); err != nil {
				t.Fatal(err)
			}
		}
		write("sre1", incident.Note{By: by("sre1"), Text: "looking at the database"})
		if p := s.page("PAGE-1"); time.Until(p.Due) != 30*time.Minute {
			t.Errorf("after a note of the owner it comes again in %s", time.Until(p.Due))
		}
		write("dev2", incident.Update{By: by("dev2"), Text: "customers ask"})
		if p := s.page("PAGE-1"); time.Until(p.Due) != 10*time.Minute {
			t.Errorf("after an update of somebody else it comes again in %s", time.Until(p.Due))
		}
		if got, want := s.tick("PAGE-1"), "resumed, stepped sre1"; got != want {
			t.Errorf("when nothing follows: %q, want %q", got, want)
		}
	})
}

// A worse severity lets steps apply that did not.
func TestTheSeverityOfAPageFollowsItsIncident(t *testing.T) {
	inShopOf(t, nightConfig, func(t *testing.T, s *shop) {
		if _, err := s.desk.Change(t.Context(), in("dev1", ""), "INC-1", incident.SetSeverity{By: by("dev1"), Severity: 1}); err != nil {
			t.Fatal(err)
		}
		s.tick("PAGE-1")
		s.tick("PAGE-1")
		if got, want := s.tick("PAGE-1"), "stepped dev2"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// A medium that is down is gone around, for pages that are open and for those to come.
func TestAMediumThatIsDown(t *testing.T) {
	inShopOf(t, nightConfig, func(t *testing.T, s *shop) {
		if got, want := s.does("PAGE-1", func() error { return s.desk.MediumDown(t.Context(), paging.Slack) }), "medium_down, contacted sre1/sms"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		a := s.declare("dev2", "checkout is down again")
		if got, want := told(s.pageEvents(a.Page)), "opened, stepped sre1 sre1/sms"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		s.desk.MediumUp(paging.Slack)
		a = s.declare("dev3", "checkout is down once more")
		if got, want := told(s.pageEvents(a.Page)), "opened, stepped sre1"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// A page that somebody asks for has a floor beyond Slack when Slack is down: the channel
// that it would go to tells nobody.
func TestAnAskedPageReachesSomebodyWithoutSlack(t *testing.T) {
	inShopOf(t, nightConfig, func(t *testing.T, s *shop) {
		if err := s.desk.MediumDown(t.Context(), paging.Slack); err != nil {
			t.Fatal(err)
		}
		a, err := s.desk.Page(t.Context(), in("dev1", ""), "INC-1", []paging.Target{"person:dev3"})
		if err != nil {
			t.Fatal(err)
		}
		p := s.page(a.Page)
		if !slices.ContainsFunc(p.Notices, func(n paging.Notice) bool { return n.To.Person == "boss" }) {
			t.Errorf("it tells %s", told(s.pageEvents(a.Page)))
		}
		s.desk.MediumUp(paging.Slack)
		if a, err = s.desk.Page(t.Context(), in("dev1", ""), "INC-1", []paging.Target{"person:dev3"}); err != nil {
			t.Fatal(err)
		}
		if got, want := told(s.pageEvents(a.Page)), "opened, stepped dev3"; got != want {
			t.Errorf("with Slack it tells %q, want %q", got, want)
		}
	})
}

// One incident has so many pages, and no more: whoever pages on and on, a script or a token,
// is told so, and nothing is recorded. Answering makes room for others.
func TestAnIncidentHasOnlySoManyPages(t *testing.T) {
	inShopOf(t, nightConfig, func(t *testing.T, s *shop) {
		page := func() (desk.Answer, error) {
			return s.desk.Page(t.Context(), in("dev1", ""), "INC-1", []paging.Target{"person:dev3"})
		}
		of := func() incident.Incident {
			t.Helper()
			i, err := s.desk.Incident(t.Context(), "INC-1")
			if err != nil {
				t.Fatal(err)
			}
			return i
		}
		refused := func(want string) {
			t.Helper()
			before := len(of().Pages)
			_, err := page()
			text, code, ok := desk.Refusal(err)
			if !ok || code != incident.Conflict || !strings.Contains(text, want) {
				t.Fatalf("got %q, %s (%v), want %q", text, code, err, want)
			}
			if n := len(of().Pages); n != before {
				t.Errorf("a page that is refused is there: %d", n)
			}
		}
		for range incident.MaxCalling - 1 { // beside that of the policy
			if _, err := page(); err != nil {
				t.Fatal(err)
			}
		}
		if i := of(); len(i.OpenPages()) != incident.MaxCalling {
			t.Fatalf("%d pages are open", len(i.OpenPages()))
		}
		refused("INC-1 has 50 pages that nobody has answered, the newest of them PAGE-50")
		for len(of().Pages) < incident.MaxPages {
			if _, err := s.desk.Acknowledge(t.Context(), in("dev3", ""), "INC-1"); err != nil {
				t.Fatal(err)
			}
			if _, err := page(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.desk.Acknowledge(t.Context(), in("dev3", ""), "INC-1"); err != nil {
			t.Fatal(err)
		}
		refused("INC-1 has 200 pages, and no more can be asked for it")
	})
}

// A program that pages on and on leaves people room to page.
func TestATokenUsesUpHalfOfThePages(t *testing.T) {
	inShopOf(t, nightConfig, func(t *testing.T, s *shop) {
		page := func(by desk.In) string {
			_, err := s.desk.Page(t.Context(), by, "INC-1", []paging.Target{"person:dev3"})
			text, _, _ := desk.Refusal(err)
			return text
		}
		token := in("dev1", "")
		token.By.Via = incident.ViaAPI("ci")
		n := 1 // that of the policy
		var why string
		for ; why == ""; n++ {
			why = page(token)
		}
		if n != incident.MaxCalling/2+1 || !strings.Contains(why, "INC-1 has 25 pages that nobody has answered") {
			t.Errorf("page %d by the token got %q", n, why)
		}
		if why := page(in("dev1", "")); why != "" {
			t.Errorf("a person got %q", why)
		}
		answer := func() {
			if _, err := s.desk.Acknowledge(t.Context(), in("dev3", ""), "INC-1"); err != nil {
				t.Fatal(err)
			}
		}
		answer()
		for {
			answer()
			if why = page(token); why != "" {
				break
			}
		}
		if !strings.Contains(why, "INC-1 has 100 pages, and no more can be asked by the API") {
			t.Errorf("the token got %q", why)
		}
		if why := page(in("dev1", "")); why != "" {
			t.Errorf("a person got %q", why)
		}
	})
}

// Pages of one incident go around a medium in few commits.
func TestManyPagesGoAroundAMediumTogether(t *testing.T) {
	inShopOf(t, nightConfig, func(t *testing.T, s *shop) {
		for range 40 {
			if _, err := s.desk.Page(t.Context(), in("dev1", ""), "INC-1", []paging.Target{"person:sre1"}); err != nil {
				t.Fatal(err)
			}
		}
		release := s.hold() // a commit takes its time
		done := s.later(func() (desk.Answer, error) {
			return desk.Answer{}, s.desk.MediumDown(t.Context(), paging.Slack)
		})
		release()
		if r := <-done; r.err != nil {
			t.Fatal(r.err)
		}
		if n := s.count(); n > 5 {
			t.Errorf("41 pages took %d commits", n)
		}
		pages, err := s.desk.OpenPages(t.Context(), 100)
		if err != nil || len(pages) != 41 {
			t.Fatalf("%d pages, %v", len(pages), err)
		}
		for _, p := range pages {
			if last := p.Notices[len(p.Notices)-1]; last.Method != paging.SMS {
				t.Errorf("%s went out by %s last", p.ID, last.Way())
			}
		}
	})
}

// What a page is about decides where it changes and what it says.
func TestAPageWithoutAnIncidentCanBeEnded(t *testing.T) {
	inShopOf(t, nightConfig, func(t *testing.T, s *shop) {
		ways, err := s.desk.Test(t.Context(), in("sre1", ""), paging.Slack)
		if err != nil || len(ways) == 0 {
			t.Fatal(ways, err)
		}
		a := desk.Answer{Page: "PAGE-2"}
		_, about, _, err := s.desk.PageShown(t.Context(), a.Page)
		if err != nil || !strings.HasPrefix(about.ID, "TEST-") || about.Over {
			t.Errorf("got %+v, %v", about, err)
		}
		_, err = s.desk.EndPage(t.Context(), in("sre1", ""), a.Page, strings.Repeat("x", incident.MaxText+1))
		if why, _, refused := desk.Refusal(err); !refused || !strings.Contains(why, "shorten it") {
			t.Errorf("a text that is too long: %v", err)
		}
		s.says(a.Page, "ended", func() (desk.Answer, error) {
			return s.desk.EndPage(t.Context(), in("sre1", ""), a.Page, " "+strings.Repeat("x", incident.MaxText)+"\n")
		})
		events := s.pageEvents(a.Page)
		want(t, "the text that it ended with", events[len(events)-1].Text, strings.Repeat("x", incident.MaxText))
	})
}

// Whoever comes on duty while a page waits for an answer is told at the handoff: case
// 37 of the study, whose page would else wait for the next step.
func TestAHandoffTellsWhoeverComesOfOpenPages(t *testing.T) {
	config := strings.Replace(rota, "{name: checkout, schedule: checkout}", "{name: checkout, schedule: checkout, escalation: checkout}", 1) + `
escalations:
  - name: checkout
    steps: [{notify: ["schedule:checkout"], wait: 30m}]
`
	o := newOffice(t, config, "2026-01-06T07:58:00Z") // two minutes before dev1 hands over to dev2
	a, err := o.desk.Declare(t.Context(), slackUser("lead1"), desk.Declaration{Title: "checkout is down", Severity: 2, Service: "checkout"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nobody new
		o.pass("2026-01-06T08:00:00Z")
	}
	events, err := o.desk.PageEvents(t.Context(), a.Page)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := told(events), "opened, stepped dev1, contacted dev2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	timeline, err := o.desk.Events(t.Context(), a.Incident)
	if err != nil {
		t.Fatal(err)
	}
	if last := timeline[len(timeline)-1]; last.Kind != incident.Paged || !slices.Equal(last.Whom, []string{"dev2"}) {
		t.Errorf("the timeline ends with %+v", last)
	}
}

// TestAChangeTellsWhoeverComesOfOpenPages at once, also one that begins earlier: before
// the clock of the schedule was asked last, or in the same commit.
func TestAChangeTellsWhoeverComesOfOpenPages(t *testing.T) {
	config := strings.Replace(rota, "{name: checkout, schedule: checkout}", "{name: checkout, schedule: checkout, escalation: checkout}", 1) + `
escalations:
  - name: checkout
    steps: [{notify: ["schedule:checkout"], wait: 12h}]
`
	for name, from := range map[string]string{"from now on": "2026-01-06T12:10:00Z", "since before the last check": "2026-01-06T12:00:00Z", "since before the page": "2026-01-06T11:00:00Z"} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, config, "2026-01-06T12:00:00Z")
			o.set("2026-01-06T12:01:00Z")
			a, err := o.desk.Declare(t.Context(), slackUser("lead1"), desk.Declaration{Title: "checkout is down", Severity: 2, Service: "checkout"})
			if err != nil {
				t.Fatal(err)
			}
			o.pass("2026-01-06T12:10:00Z") // the watchman has looked
			override := oncall.AddOverride{By: oncall.Actor{Name: "lead1", Admin: true}, Override: oncall.Override{From: from, To: "2026-01-06T20:00:00Z", Person: "sre1", Replaces: "dev2"}}
			next := override // a second one before the clock is asked, for another day
			next.Override.From, next.Override.To = "2026-01-09T12:00:00Z", "2026-01-09T20:00:00Z"
			for _, c := range []oncall.Command{override, next} {
				if _, err := o.desk.ChangeSchedule(t.Context(), slackUser("lead1"), "checkout", c); err != nil {
					t.Fatal(err)
				}
			}
			o.pass("2026-01-06T12:10:01Z")
			events, err := o.desk.PageEvents(t.Context(), a.Page)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := told(events), "opened, stepped dev2, contacted sre1"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			o.pass("2026-01-06T12:30:00Z")
			if again, err := o.desk.PageEvents(t.Context(), a.Page); err != nil || len(again) != len(events) {
				t.Errorf("the page has %d events later, and had %d (%v)", len(again), len(events), err)
			}
		})
	}
}

// TestTheFloorAsksWhoeverAnsweredItsOwnPolicy not one whose name begins alike.
func TestTheFloorAsksWhoeverAnsweredItsOwnPolicy(t *testing.T) {
	const config = `
admins: [boss]
people: [{name: dev1, slack: U0DEV1}, {name: dev2, slack: U0DEV2}, {name: boss, slack: U0BOSS}]
teams: [{name: empty}]
services: [{name: checkout, escalation: db}, {name: replica, escalation: db/2}]
escalations:
  - {name: db, steps: [{notify: ["team:empty"], wait: 5m}]}
  - {name: db/2, steps: [{notify: ["person:dev2"], wait: 5m}]}
`
	inShopOf(t, config, func(t *testing.T, s *shop) {
		a, err := s.desk.Declare(t.Context(), in("dev1", ""), desk.Declaration{Title: "replica is down", Severity: 1, Service: "replica"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.desk.Acknowledge(t.Context(), in("dev2", ""), a.Page); err != nil {
			t.Fatal(err)
		}
		if a = s.declare("dev1", "checkout is down again"); told(s.pageEvents(a.Page)) != "opened, skipped, spent, stepped boss channel:incidents" {
			t.Errorf("got %q", told(s.pageEvents(a.Page)))
		}
	})
}

// TestAHandoffTellsWhoeverComesOfAPageAtItsFloor: once, and no round of the floor sooner.
func TestAHandoffTellsWhoeverComesOfAPageAtItsFloor(t *testing.T) {
	config := strings.Replace(rota, "{name: checkout, schedule: checkout}", "{name: checkout, schedule: checkout, escalation: checkout}", 1) + `
escalations:
  - name: checkout
    steps: [{notify: ["schedule:checkout"], wait: 30m}]
`
	o := newOffice(t, config, "2026-01-06T07:00:00Z")
	a, err := o.desk.Declare(t.Context(), slackUser("lead1"), desk.Declaration{Title: "checkout is down", Severity: 2, Service: "checkout"})
	if err != nil {
		t.Fatal(err)
	}
	o.pass("2026-01-06T07:31:00Z")
	before, err := o.desk.PageEvents(t.Context(), a.Page)
	if err != nil || told(before) != "opened, stepped dev1, spent, stepped dev1 lead1 channel:incidents" {
		t.Fatalf("got %q, %v", told(before), err)
	}
	o.pass("2026-01-06T08:00:00Z")
	after, err := o.desk.PageEvents(t.Context(), a.Page)
	if err != nil || told(after) != told(before)+", contacted dev2" {
		t.Errorf("got %q, %v", told(after), err)
	}
}

// TestWhoTakesCommandAnswersTheirPage: whoever was paged and leads is here, and nobody else
// is woken for them. Somebody who was not paged leads, and the page goes on.
func TestWhoTakesCommandAnswersTheirPage(t *testing.T) {
	for _, tt := range []struct {
		by, lead string
		want     paging.Status
	}{{"sre1", "sre1", paging.Acknowledged}, {"dev2", "dev2", paging.Open}, {"dev2", "sre1", paging.Open}} {
		inShop(t, func(t *testing.T, s *shop) {
			for _, c := range []incident.SetLead{{By: by("dev1"), Person: "dev1"}, {By: by(tt.by), Person: tt.lead}} { // who is on call leads already
				if _, err := s.desk.Change(t.Context(), in(c.By.Person, ""), "INC-1", c); err != nil {
					t.Fatal(err)
				}
			}
			if p := s.page("PAGE-1"); p.Status != tt.want || tt.want == paging.Acknowledged && p.AnsweredBy != "sre1" {
				t.Errorf("%s named %s: the page is %s, answered by %q, want %s", tt.by, tt.lead, p.Status, p.AnsweredBy, tt.want)
			}
		})
	}
}
