package desk_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

func wantStrings(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func TestDeclaringTheSameTwice(t *testing.T) {
	declare := func(t *testing.T, s *shop, person, title string, again bool) desk.Answer {
		t.Helper()
		who := in(person, "")
		who.Again = again
		a, err := s.desk.Declare(t.Context(), who, desk.Declaration{Title: title, Severity: 4})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for name, c := range map[string]struct {
		after  time.Duration
		person string
		title  string
		again  bool
		exists bool
	}{
		"at once":                    {0, "dev1", "search is slow", false, true},
		"with other case and spaces": {time.Minute, "dev1", "  Search  is SLOW ", false, true},
		"just before two minutes":    {2*time.Minute - time.Second, "dev1", "search is slow", false, true},
		"after two minutes":          {2 * time.Minute, "dev1", "search is slow", false, false},
		"by another person":          {0, "dev2", "search is slow", false, false},
		"something else":             {0, "dev1", "search is slow again", false, false},
		"on purpose":                 {0, "dev1", "search is slow", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			inShop(t, func(t *testing.T, s *shop) {
				first := declare(t, s, "dev1", "search is slow", false)
				time.Sleep(c.after)
				second := declare(t, s, c.person, c.title, c.again)
				if second.Exists != c.exists || (second.Incident == first.Incident) != c.exists || second.Changed == c.exists {
					t.Errorf("first %s, then %s (exists: %v), want exists: %v", first.Incident, second.Incident, second.Exists, c.exists)
				}
				if second.Now.ID != second.Incident {
					t.Errorf("the answer shows %q", second.Now.ID)
				}
			})
		})
	}
}

// TestDeclaringTheSameTwiceAtOnce: the second waits in the same batch as the first.
func TestDeclaringTheSameTwiceAtOnce(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		declare := func(title string) <-chan reply {
			return s.later(func() (desk.Answer, error) {
				return s.desk.Declare(t.Context(), in("dev1", ""), desk.Declaration{Title: title, Severity: 4})
			})
		}
		release := s.hold()
		other := declare("something else")
		one, two := declare("search is slow"), declare("search is slow")
		release()
		<-other
		a, b := <-one, <-two
		if a.err != nil || b.err != nil || a.answer.Incident != b.answer.Incident || a.answer.Exists || !b.answer.Exists {
			t.Errorf("got %s (%v) and %s (exists: %v, %v)", a.answer.Incident, a.err, b.answer.Incident, b.answer.Exists, b.err)
		}
	})
}

// TestTheSameNoteOfAnotherTime: whoever mistook the time writes the note again.
func TestTheSameNoteOfAnotherTime(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		start := s.incident("INC-1").Declared
		var exists []bool
		for _, at := range []time.Time{start.Add(-15 * time.Minute), start.Add(-14 * time.Minute), start.Add(-25 * time.Minute), {}, {}} {
			a, err := s.desk.Change(t.Context(), in("dev1", ""), "INC-1", incident.Note{By: by("dev1"), Text: "deploy 4711", At: at})
			if err != nil {
				t.Fatal(err)
			}
			exists = append(exists, a.Exists)
		}
		if want := []bool{false, true, false, false, true}; !slices.Equal(exists, want) {
			t.Errorf("shown what exists: %v, want %v", exists, want)
		}
	})
}

// TestSayingTheSameTwice: an update that is retyped is shown, not told again.
func TestSayingTheSameTwice(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		say := func(person, text string, again bool) desk.Answer {
			t.Helper()
			who := in(person, "")
			who.Again = again
			a, err := s.desk.Change(t.Context(), who, "INC-1", incident.Update{By: by(person), Text: text})
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		var exists []bool
		exists = append(exists, say("dev1", "watching", false).Exists, say("dev1", " watching ", false).Exists, say("dev2", "watching", false).Exists,
			say("dev1", "watching", true).Exists, say("dev1", "better", false).Exists)
		time.Sleep(desk.RepeatWithin)
		exists = append(exists, say("dev1", "better", false).Exists)
		if want := []bool{false, true, false, false, false, false}; !slices.Equal(exists, want) {
			t.Errorf("shown what exists: %v, want %v", exists, want)
		}
	})
}

// TestResolvingAndReopeningTwice: what the second writes is kept, what the first retypes is
// shown.
func TestResolvingAndReopeningTwice(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		for _, c := range []func(who string) incident.Command{
			func(who string) incident.Command { return incident.Resolve{By: by(who), Text: "rolled back"} },
			func(who string) incident.Command { return incident.Reopen{By: by(who), Text: "it is back"} },
		} {
			var got []string
			for _, who := range []string{"dev1", "dev1", "dev2"} {
				a, err := s.desk.Change(t.Context(), in(who, ""), "INC-1", c(who))
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, fmt.Sprint(a.Changed, " ", a.Exists, " ", strings.Join(a.Text, " ")))
			}
			status := s.incident("INC-1").Status
			if want := []string{"true false ", "false true ", fmt.Sprintf("true false INC-1 was %s already.", status)}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	})
}

func TestWhoIsPagedByADeclaration(t *testing.T) {
	for name, c := range map[string]struct {
		person  string
		d       desk.Declaration
		lead    string
		page    bool
		unpaged string
	}{
		"by the policy of the service":      {"dev1", desk.Declaration{Severity: 3, Service: "checkout"}, "sre1", true, ""},
		"the service in other case":         {"dev1", desk.Declaration{Severity: 1, Service: "Checkout"}, "sre1", true, ""},
		"without a service":                 {"dev1", desk.Declaration{Severity: 1}, "dev1", false, "it names no service"},
		"a service without a policy":        {"dev1", desk.Declaration{Severity: 1, Service: "search"}, "dev1", false, "no escalation policy for search"},
		"only the reporter is on call":      {"sre1", desk.Declaration{Severity: 1, Service: "checkout"}, "sre1", false, "the person on call declared it"},
		"another is on call as well":        {"sre1", desk.Declaration{Severity: 1, Service: "both"}, "sre1", true, ""},
		"a severity that does not page":     {"dev1", desk.Declaration{Severity: 4, Service: "checkout"}, "sre1", false, "SEV4 pages on request only"},
		"somebody else is named commander":  {"dev1", desk.Declaration{Severity: 2, Service: "checkout", Lead: "dev2"}, "dev2", true, ""},
		"the usual severity is the default": {"dev1", desk.Declaration{Service: "checkout"}, "sre1", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inShop(t, func(t *testing.T, s *shop) {
				s.fails(nil)
				c.d.Title = "it is broken"
				a, err := s.desk.Declare(t.Context(), in(c.person, ""), c.d)
				if err != nil {
					t.Fatal(err)
				}
				if a.Now.Lead != c.lead || (a.Page != "") != c.page || len(a.Now.Pages) > 0 != c.page {
					t.Errorf("led by %s, page %q; want %s, paged: %v", a.Now.Lead, a.Page, c.lead, c.page)
				}
				if a.Unpaged != a.Now.Unpaged || (c.unpaged == "") != (a.Unpaged == "") || !strings.Contains(a.Unpaged, c.unpaged) {
					t.Errorf("unpaged %q, want %q", a.Unpaged, c.unpaged)
				}
				if !slices.Contains(a.Now.Invited, c.person) {
					t.Errorf("invited %q, want the reporter among them", a.Now.Invited)
				}
				if answered := c.lead == c.person; a.Now.Answered != answered {
					t.Errorf("answered: %v, want %v", a.Now.Answered, answered)
				}
				if n := s.count(); n != 1 {
					t.Errorf("%d commits, want one", n)
				}
			})
		})
	}
}

// TestDeclaringIsRefused without a trace.
func TestDeclaringIsRefused(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		for name, c := range map[string]struct {
			by incident.Actor
			d  desk.Declaration
		}{
			"an unknown service": {by("dev1"), desk.Declaration{Title: "x", Service: "nosuch"}},
			"no title":           {by("dev1"), desk.Declaration{Title: "  "}},
			"a guest":            {incident.Actor{Person: "UGUEST", Guest: true}, desk.Declaration{Title: "x"}},
		} {
			a, err := s.desk.Declare(t.Context(), desk.In{By: c.by}, c.d)
			if _, _, ok := desk.Refusal(err); !ok || a.Incident != "" {
				t.Errorf("%s: got %+v and %v", name, a, err)
			}
		}
		if all, err := s.desk.Latest(t.Context(), 0); err != nil || len(all) != 1 {
			t.Errorf("%d incidents (%v), want the first", len(all), err)
		}
	})
}

func TestResolvingEndsThePages(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		before := len(s.events("INC-1"))
		s.fails(nil)
		if _, err := s.desk.Change(t.Context(), in("dev1", ""), "INC-1", incident.Resolve{By: by("dev1")}); err != nil {
			t.Fatal(err)
		}
		p, err := s.desk.PageOf(t.Context(), "PAGE-1")
		if err != nil || p.Status != paging.Ended || !p.Due.IsZero() {
			t.Errorf("the page is %s, due %v (%v)", p.Status, p.Due, err)
		}
		wantStrings(t, "events", s.kinds("INC-1", before), "resolved", "page_ended")
		if n := s.count(); n != 1 {
			t.Errorf("%d commits, want one", n)
		}
		if e := s.effect("page/PAGE-1/1"); e.State != storage.Pending || e.Class != storage.Card {
			t.Errorf("the message is to show it as %+v", e)
		}
		if open, err := s.desk.OpenPages(t.Context(), 0); err != nil || len(open) != 0 {
			t.Errorf("open pages: %v (%v)", open, err)
		}
	})
}

// TestWhoAnswersLeadsAndIsInvited: the first who acknowledges takes command unless
// somebody has answered.
func TestWhoAnswersLeadsAndIsInvited(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		before := len(s.events("INC-1"))
		a, err := s.desk.Acknowledge(t.Context(), in("dev2", ""), "PAGE-1")
		if err != nil || !a.Changed || a.Now.Lead != "dev2" || !a.Now.Answered {
			t.Fatalf("got %+v and %v", a, err)
		}
		wantStrings(t, "events", s.kinds("INC-1", before), "page_acknowledged dev2", "invited dev2", "lead_set dev2")
		if e := s.effect("page/PAGE-1/1"); e.State != storage.Pending || e.Class != storage.Card {
			t.Errorf("the message is to show it as %+v", e)
		}
		if a, err = s.desk.Acknowledge(t.Context(), in("sre1", ""), "PAGE-1"); err != nil || a.Now.Lead != "dev2" {
			t.Errorf("a second answer made %s lead (%v)", a.Now.Lead, err)
		}
		if !slices.Contains(a.Now.Invited, "sre1") {
			t.Errorf("who answered second is not invited: %v", a.Now.Invited)
		}
		s.desk.People.LearnOne(desk.User{ID: "U0DEV2", Name: "dev2", RealName: "Devin Okoye"})
		if _, err := s.desk.Escalate(t.Context(), in("sre1", ""), "PAGE-1", -1); err == nil || !strings.Contains(err.Error(), "Devin Okoye") {
			t.Errorf("the refusal does not say who answered as people know them: %v", err)
		}
		if a, err = s.desk.Acknowledge(t.Context(), in("dev2", ""), "PAGE-1"); err != nil || a.Changed {
			t.Errorf("the same answer again changed something: %+v (%v)", a, err)
		}
		guest := desk.In{By: incident.Actor{Person: "UGUEST", Guest: true}}
		if _, err := s.desk.Acknowledge(t.Context(), guest, "PAGE-1"); err == nil {
			t.Error("a guest answered")
		}
	})
}

func TestAWorseSeverityPages(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		a, err := s.desk.Declare(t.Context(), in("dev1", ""), desk.Declaration{Title: "slow", Severity: 4, Service: "checkout"})
		if err != nil || a.Page != "" {
			t.Fatalf("got %+v and %v", a, err)
		}
		sev := func(n incident.Severity) desk.Answer {
			t.Helper()
			c, err := s.desk.Change(t.Context(), in("dev1", ""), a.Incident, incident.SetSeverity{By: by("dev1"), Severity: n})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		if c := sev(2); len(c.Now.OpenPages()) != 1 || c.Now.Unpaged != "" {
			t.Errorf("pages %v, unpaged %q; want one page", c.Now.Pages, c.Now.Unpaged)
		}
		sev(4)
		if c := sev(1); len(c.Now.Pages) != 1 {
			t.Errorf("%d pages after another change, want one", len(c.Now.Pages))
		}
	})
}

// Slack takes about one edit in a second: the copy that somebody looks at, the last,
// must say first that the page was answered.
func TestTheNewestCopyIsEditedFirst(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		deliver := func() {
			t.Helper()
			for range 9 { // more than is owed at once
				now := storageNow()
				all, err := s.store.Lease(t.Context(), storage.LeaseRequest{Now: now, Until: now.Add(leaseFor)})
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range all.Leased {
					if err := s.desk.Settle(t.Context(), l.Effect, done(l), desk.Outcome{}); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		for range 4 { // sre1, dev2, and dev2 again and again
			deliver()
			time.Sleep(5 * time.Minute)
			if err := s.desk.Fire(t.Context(), storage.Ref{Kind: desk.PageKind, ID: "PAGE-1"}); err != nil {
				t.Fatal(err)
			}
		}
		deliver()
		if _, err := s.desk.Acknowledge(t.Context(), in("dev2", ""), "PAGE-1"); err != nil {
			t.Fatal(err)
		}
		var ids []uint64
		for n := range 5 {
			ids = append(ids, s.effect(fmt.Sprintf("page/PAGE-1/%d", n+1)).ID)
		}
		if !slices.IsSortedFunc(ids, func(a, b uint64) int { return cmp.Compare(b, a) }) {
			t.Errorf("the copies are edited in the order of %v", ids)
		}
	})
}

func TestPagingOnRequest(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		a, err := s.desk.Page(t.Context(), in("dev1", ""), "INC-1", []paging.Target{"person:dev2"})
		if err != nil || a.Page != "PAGE-2" || !a.Changed {
			t.Fatalf("got %+v and %v", a, err)
		}
		if e := s.effect("page/PAGE-2/1"); e.Dest != "slack/to/dev2" || e.Class != storage.Page {
			t.Errorf("owed %+v", e)
		}
		if !slices.Contains(a.Now.Invited, "dev2") {
			t.Errorf("invited are %q, want dev2 among them", a.Now.Invited)
		}
		s.desk.People.Learn([]desk.User{{ID: "U0DEV1"}, {ID: "U0GUEST", Guest: true}}, map[string][]string{"S0GUESTS": {"U0GUEST"}, "S0EMPTY": {}})
		guest := desk.In{By: incident.Actor{Person: "UGUEST", Guest: true}}
		for name, c := range map[string]struct {
			in desk.In
			id string
			to []paging.Target
		}{
			"nobody named":    {in("dev1", ""), "INC-1", nil},
			"unknown person":  {in("dev1", ""), "INC-1", []paging.Target{"person:nosuch"}},
			"unknown team":    {in("dev1", ""), "INC-1", []paging.Target{"team:nosuch"}},
			"an empty team":   {in("dev1", ""), "INC-1", []paging.Target{"team:empty"}},
			"only guests":     {in("dev1", ""), "INC-1", []paging.Target{"group:S0GUESTS"}},
			"an empty group":  {in("dev1", ""), "INC-1", []paging.Target{"group:S0EMPTY"}},
			"a guest asks":    {guest, "INC-1", []paging.Target{"person:dev2"}},
			"no incident":     {in("dev1", ""), "INC-9", []paging.Target{"person:dev2"}},
			"one of them bad": {in("dev1", ""), "INC-1", []paging.Target{"person:dev2", "person:nosuch"}},
		} {
			if _, err := s.desk.Page(t.Context(), c.in, c.id, c.to); err == nil {
				t.Errorf("%s: somebody was paged", name)
			} else if _, _, ok := desk.Refusal(err); !ok {
				t.Errorf("%s: %v is no answer for a person", name, err)
			} else if strings.Contains(err.Error(), "only guests are in group:S0GUESTS") != (name == "only guests") {
				t.Errorf("%s: refused with %v", name, err)
			}
		}
		if pages, err := s.desk.PagesOf(t.Context(), "INC-1"); err != nil || len(pages) != 2 {
			t.Errorf("%d pages (%v), want two", len(pages), err)
		}
	})
}

// TestEscalating: two presses of one button take one step, and nobody from outside
// does.
func TestEscalating(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		escalate := func(turn int) desk.Answer {
			t.Helper()
			a, err := s.desk.Escalate(t.Context(), in("sre1", ""), "PAGE-1", turn)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		if a, b := escalate(1), escalate(1); !a.Changed || b.Changed {
			t.Errorf("changed: %v and %v, want the first alone", a.Changed, b.Changed)
		}
		if p, err := s.desk.PageOf(t.Context(), "PAGE-1"); err != nil || p.Turn != 2 || !p.Told("dev2") {
			t.Errorf("it stands at turn %d (%v)", p.Turn, err)
		}
		if a := escalate(-1); !a.Changed {
			t.Error("whatever it is now was not escalated")
		}
		guest := desk.In{By: incident.Actor{Person: "UGUEST", Guest: true}}
		if _, err := s.desk.Escalate(t.Context(), guest, "PAGE-1", -1); err == nil {
			t.Error("a guest escalated")
		}
		before := len(s.events("INC-1"))
		if a, err := s.desk.Decline(t.Context(), in("dev2", ""), "PAGE-1"); err != nil || !a.Changed {
			t.Errorf("decline: %+v (%v)", a, err)
		}
		wantStrings(t, "events", s.kinds("INC-1", before)[:1], "page_declined dev2")
		a, err := s.desk.Decline(t.Context(), in("dev2", ""), "PAGE-1")
		if err != nil || a.Changed {
			t.Errorf("decline again: %+v (%v)", a, err)
		}
		wantStrings(t, "who declines again is told", a.Text, a.Paged.DeclinedBefore("dev2", incident.PlainNames))
		if _, err := s.desk.Decline(t.Context(), in("dev1", ""), "PAGE-1"); err == nil {
			t.Error("somebody declined who was not told")
		}
	})
}

// TestWhatDoesNotExistIsNotMade by a command that asks nothing of the record.
func TestWhatDoesNotExistIsNotMade(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		for _, c := range []incident.Command{incident.OpenRoom{Channel: "C9", Name: "x"}, incident.Note{By: by("dev1"), Text: "x"}} {
			_, err := s.desk.Change(t.Context(), in("dev1", ""), "INC-9", c)
			if _, code, ok := desk.Refusal(err); !ok || code != incident.NotFound {
				t.Errorf("%T: got %v, want that there is no INC-9", c, err)
			}
		}
		if _, err := s.desk.Acknowledge(t.Context(), in("dev1", ""), "PAGE-9"); err == nil {
			t.Error("PAGE-9 was acknowledged")
		}
		if all, err := s.desk.Latest(t.Context(), 0); err != nil || len(all) != 1 {
			t.Errorf("%d incidents (%v)", len(all), err)
		}
	})
}

// TestAPageFallsDue: the next step comes, and the time after it.
func TestAPageFallsDue(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		page := storage.Ref{Kind: desk.PageKind, ID: "PAGE-1"}
		if err := s.desk.Fire(t.Context(), page); err != nil {
			t.Fatal(err)
		}
		if p, err := s.desk.PageOf(t.Context(), "PAGE-1"); err != nil || p.Turn != 1 {
			t.Errorf("before it is due it stands at turn %d (%v)", p.Turn, err)
		}
		time.Sleep(5 * time.Minute)
		for range 2 {
			if err := s.desk.Fire(t.Context(), page); err != nil {
				t.Fatal(err)
			}
		}
		p, err := s.desk.PageOf(t.Context(), "PAGE-1")
		if err != nil || p.Turn != 2 || !p.Told("dev2") {
			t.Errorf("it stands at turn %d with %+v (%v)", p.Turn, p.Notices, err)
		}
		for _, ref := range []storage.Ref{{Kind: desk.PageKind, ID: "PAGE-9"}, {Kind: desk.IncidentKind, ID: "INC-1"}} {
			if err := s.desk.Fire(t.Context(), ref); err == nil {
				t.Errorf("%s fell due", ref)
			}
		}
	})
}

// TestRecordsNamesEverything, once, however few at a time.
func TestRecordsNamesEverything(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		for _, title := range []string{"a", "b", "c"} {
			s.declare("dev2", title)
		}
		settings, err := configs.Parse([]byte(rota+"\n  - name: 24x7\n    time_zone: UTC\n    layers:\n      - name: all\n        rotation: {type: daily, length: 1, start: \"2026-01-05T09:00:00\", people: [dev1]}\n"), "test.yaml")
		if err != nil {
			t.Fatal(err)
		}
		s.settings = settings
		if _, err := s.another().StartSchedules(t.Context()); err != nil {
			t.Fatal(err)
		}
		for limit := 1; limit < 15; limit++ {
			seen := map[storage.Ref]int{}
			from := ""
			for range 30 {
				refs, next, err := s.desk.Records(t.Context(), from, limit)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range refs {
					seen[r]++
				}
				if from = next; from == "" {
					break
				}
			}
			if len(seen) != 4+4+2+2 || from != "" {
				t.Fatalf("%d at a time: %v, want 4 incidents, 4 pages, 2 schedules and their clocks", limit, seen)
			}
			for r, n := range seen {
				if n != 1 {
					t.Errorf("%d at a time: %s was named %d times", limit, r, n)
				}
			}
		}
	})
}
