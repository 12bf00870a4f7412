package desk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// TestWhoIsPagedWhenItIsOpenedAgain: nobody waits for an incident any more that was over.
// The person on call for checkout is sre1, and then dev2; dev3 is nobody's turn.
func TestWhoIsPagedWhenItIsOpenedAgain(t *testing.T) {
	const config = shopConfig + "default_escalation: checkout\n"
	acked := func(person string) func(t *testing.T, s *shop) {
		return func(t *testing.T, s *shop) {
			if _, err := s.desk.Acknowledge(t.Context(), in(person, ""), "PAGE-1"); err != nil {
				t.Fatal(err)
			}
		}
	}
	put := func(commands ...incident.Command) func(t *testing.T, s *shop) {
		return func(t *testing.T, s *shop) {
			for _, c := range commands {
				if _, err := s.desk.Change(t.Context(), in("dev1", ""), "INC-1", c); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	resolve, close := put(incident.Resolve{By: by("dev1")}), put(incident.Close{By: by("dev1")})
	for name, tt := range map[string]struct {
		before  []func(t *testing.T, s *shop)
		by      string
		lead    string // and "?" if they have to answer
		paged   string // those whom PAGE-2 tells first; empty: there is none
		unpaged string
	}{
		"by somebody else":            {[]func(*testing.T, *shop){acked("sre1"), resolve}, "dev1", "sre1?", "sre1", ""},
		"who led was not on call":     {[]func(*testing.T, *shop){acked("dev2"), resolve}, "dev1", "dev2?", "dev2 sre1", ""},
		"by who led":                  {[]func(*testing.T, *shop){acked("dev2"), resolve}, "dev2", "dev2", "", "the commander opened it again and is here."},
		"nobody had answered":         {[]func(*testing.T, *shop){resolve}, "dev1", "sre1?", "sre1", ""},
		"it was closed":               {[]func(*testing.T, *shop){acked("dev2"), resolve, close}, "dev1", "sre1?", "sre1", ""},
		"closed, by who led":          {[]func(*testing.T, *shop){acked("dev2"), close}, "dev2", "sre1?", "sre1", ""},
		"closed, by who is on call":   {[]func(*testing.T, *shop){acked("dev2"), close}, "sre1", "sre1", "", "the person on call opened it again and is here."},
		"by who is on call":           {[]func(*testing.T, *shop){acked("dev2"), resolve}, "sre1", "dev2?", "dev2 sre1", ""},
		"a SEV4":                      {[]func(*testing.T, *shop){acked("sre1"), put(incident.SetSeverity{By: by("dev1"), Severity: 4}), resolve}, "dev1", "sre1?", "", "SEV4 pages on request only."},
		"a SEV4 that was closed":      {[]func(*testing.T, *shop){acked("dev2"), put(incident.SetSeverity{By: by("dev1"), Severity: 4}), close}, "dev1", "sre1?", "", "SEV4 pages on request only."},
		"a commander who was named":   {[]func(*testing.T, *shop){acked("sre1"), put(incident.SetLead{By: by("dev1"), Person: "dev2"}), resolve}, "dev1", "sre1?", "sre1", ""},
		"it was snoozed":              {[]func(*testing.T, *shop){acked("sre1"), func(t *testing.T, s *shop) { s.desk.Snooze(t.Context(), in("sre1", ""), "PAGE-1", time.Hour) }, resolve}, "dev1", "sre1?", "sre1", ""},
		"by an API token":             {[]func(*testing.T, *shop){acked("sre1"), resolve}, "token:ci", "sre1?", "sre1", ""},
		"somebody the shop knows not": {[]func(*testing.T, *shop){acked("sre1"), resolve}, "U0NEW", "sre1?", "sre1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			inShopOf(t, config, func(t *testing.T, s *shop) {
				for _, b := range tt.before {
					b(t, s)
				}
				time.Sleep(time.Hour)
				a, err := s.desk.Change(t.Context(), in(tt.by, "again"), "INC-1", incident.Reopen{By: by(tt.by), Text: "it is back"})
				if err != nil {
					t.Fatal(err)
				}
				i := s.incident("INC-1")
				lead := i.Lead
				if !i.Answered {
					lead += "?"
				}
				if lead != tt.lead || i.Unpaged != tt.unpaged || i.Calls {
					t.Errorf("lead %s, unpaged %q, calls %v; want %s, %q", lead, i.Unpaged, i.Calls, tt.lead, tt.unpaged)
				}
				if p, err := s.desk.PageOf(t.Context(), "PAGE-1"); err != nil || p.Status != paging.Ended {
					t.Errorf("the page of before is %s (%v)", p.Status, err)
				}
				whom := ""
				if len(i.Pages) == 2 {
					whom = strings.Join(i.Pages[1].Whom, " ")
				}
				if whom != tt.paged {
					t.Errorf("it pages %q, want %q", whom, tt.paged)
				}
				if len(a.Events) < 2 || a.Events[0].Kind != incident.WasReopened {
					t.Errorf("the answer tells of %v", a.Events)
				}
				if again, err := s.desk.Change(t.Context(), in(tt.by, "again"), "INC-1", incident.Reopen{By: by(tt.by), Text: "it is back"}); err != nil || !again.Repeated || len(s.incident("INC-1").Pages) != len(i.Pages) {
					t.Errorf("the same input once more: %+v, %v", again, err)
				}
				if unpaged, err := s.desk.NewWitness().Unpaged(t.Context(), "INC-1"); err != nil || unpaged {
					t.Errorf("the auditor finds that nobody was paged (%v)", err)
				}
				if whom == "" {
					return
				}
				time.Sleep(5 * time.Minute)
				if err := s.desk.Fire(t.Context(), storage.Ref{Kind: desk.PageKind, ID: "PAGE-2"}); err != nil {
					t.Fatal(err)
				}
				if p, err := s.desk.PageOf(t.Context(), "PAGE-2"); err != nil || p.Step != 1 {
					t.Errorf("after the wait of its first step it is at step %d (%v)", p.Step, err)
				}
			})
		})
	}
}

// TestOpeningAgainWithoutAPolicy pages whoever led it, and names whoever opens it once it
// was closed.
func TestOpeningAgainWithoutAPolicy(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		a, err := s.desk.Declare(t.Context(), in("dev1", ""), desk.Declaration{Title: "search is slow", Service: "search"})
		if err != nil {
			t.Fatal(err)
		}
		put := func(who string, c incident.Command) incident.Incident {
			t.Helper()
			if _, err := s.desk.Change(t.Context(), in(who, ""), a.Incident, c); err != nil {
				t.Fatal(err)
			}
			return s.incident(a.Incident)
		}
		put("dev1", incident.Resolve{By: by("dev1")})
		if i := put("dev2", incident.Reopen{By: by("dev2"), Text: "slow again"}); len(i.Pages) != 1 || i.Lead != "dev1" || i.Answered || strings.Join(i.Pages[0].Whom, " ") != "dev1" {
			t.Errorf("resolved and opened again it is %+v", i)
		}
		put("dev2", incident.Close{By: by("dev2")})
		if i := put("dev2", incident.Reopen{By: by("dev2"), Text: "slow again"}); len(i.Pages) != 1 || i.Lead != "dev2" || !i.Answered || i.Unpaged == "" {
			t.Errorf("closed and opened again it is %+v", i)
		}
		put("dev2", incident.Close{By: by("dev2")})
		if i := put("token:ci", incident.Reopen{By: by("token:ci"), Text: "slow again"}); len(i.Pages) != 2 || i.Lead != "dev2" || i.Answered || i.Unpaged != "" || strings.Join(i.Pages[1].Whom, " ") != "dev2" {
			t.Errorf("closed and opened again by a machine it is %+v", i)
		}
	})
}

// TestWhoIsPagedOnceItIsWorse: nobody on call has been told of a SEV4, whoever else was.
func TestWhoIsPagedOnceItIsWorse(t *testing.T) {
	put := func(t *testing.T, s *shop, who, id string, commands ...incident.Command) {
		t.Helper()
		for _, c := range commands {
			if _, err := s.desk.Change(t.Context(), in(who, ""), id, c); err != nil {
				t.Fatal(err)
			}
		}
	}
	declareAs := func(t *testing.T, s *shop, who string, severity incident.Severity) string {
		t.Helper()
		a, err := s.desk.Declare(t.Context(), in(who, ""), desk.Declaration{Title: "slow", Severity: severity, Service: "checkout"})
		if err != nil {
			t.Fatal(err)
		}
		return a.Incident
	}
	declare := func(t *testing.T, s *shop, who string) string { t.Helper(); return declareAs(t, s, who, 4) }
	snooze := func(t *testing.T, s *shop) {
		t.Helper()
		if _, err := s.desk.Snooze(t.Context(), in("sre1", ""), "PAGE-1", 8*time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	again := []incident.Command{incident.SetSeverity{By: by("dev1"), Severity: 4}, incident.Resolve{By: by("dev1")}, incident.Reopen{By: by("dev1"), Text: "it is back"}}
	for name, tt := range map[string]struct {
		before  func(t *testing.T, s *shop) string
		by      string
		paged   string // whom the last page of the incident tells; empty: it is over, or there is none
		unpaged string
	}{
		"whom somebody asked for is not on call": {func(t *testing.T, s *shop) string {
			id := declare(t, s, "dev1")
			if _, err := s.desk.Page(t.Context(), in("dev1", ""), id, []paging.Target{"person:dev2"}); err != nil {
				t.Fatal(err)
			}
			return id
		}, "dev1", "sre1", ""},
		"who is on call declared it long ago": {func(t *testing.T, s *shop) string { return declare(t, s, "sre1") }, "dev1", "sre1", ""},
		"who is on call makes it worse":       {func(t *testing.T, s *shop) string { return declare(t, s, "dev1") }, "sre1", "", "the person on call made it worse and is here."},
		"it was opened again": {func(t *testing.T, s *shop) string {
			put(t, s, "dev1", "INC-1", again...)
			return "INC-1"
		}, "dev1", "sre1", ""},
		"it was opened again, and led": {func(t *testing.T, s *shop) string {
			put(t, s, "dev2", "INC-1", incident.SetLead{By: by("dev2"), Person: "dev2"})
			put(t, s, "dev1", "INC-1", again...)
			return "INC-1"
		}, "dev1", "dev2 sre1", ""},
		"it was opened again, by who led": {func(t *testing.T, s *shop) string {
			put(t, s, "dev2", "INC-1", incident.SetLead{By: by("dev2"), Person: "dev2"})
			put(t, s, "dev1", "INC-1", again...)
			return "INC-1"
		}, "dev2", "sre1", ""},
		"who is on call declared it as a SEV3": {func(t *testing.T, s *shop) string { return declareAs(t, s, "sre1", 3) }, "dev1", "sre1", ""},
		"who is on call declared it as a SEV3 and makes it worse": {func(t *testing.T, s *shop) string { return declareAs(t, s, "sre1", 3) }, "sre1", "",
			"the person on call made it worse and is here."},
		"who is on call declared it as a SEV3 and asked for somebody": {func(t *testing.T, s *shop) string {
			id := declareAs(t, s, "sre1", 3)
			if _, err := s.desk.Page(t.Context(), in("sre1", ""), id, []paging.Target{"person:dev2"}); err != nil {
				t.Fatal(err)
			}
			return id
		}, "dev1", "sre1", ""},
		"who led it opened it again and is here": {func(t *testing.T, s *shop) string {
			if _, err := s.desk.Acknowledge(t.Context(), in("sre1", ""), "PAGE-1"); err != nil {
				t.Fatal(err)
			}
			put(t, s, "sre1", "INC-1", incident.Resolve{By: by("sre1")}, incident.Reopen{By: by("sre1"), Text: "it is back"})
			return "INC-1"
		}, "dev1", "sre1", ""},
		"its page is snoozed": {func(t *testing.T, s *shop) string {
			snooze(t, s)
			return "INC-1"
		}, "dev1", "sre1", ""},
		"its page is snoozed by who makes it worse": {func(t *testing.T, s *shop) string {
			snooze(t, s)
			return "INC-1"
		}, "sre1", "", ""},
		"its page is answered": {func(t *testing.T, s *shop) string {
			if _, err := s.desk.Acknowledge(t.Context(), in("sre1", ""), "PAGE-1"); err != nil {
				t.Fatal(err)
			}
			put(t, s, "dev1", "INC-1", again[0])
			return "INC-1"
		}, "dev1", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			inShop(t, func(t *testing.T, s *shop) {
				id := tt.before(t, s)
				time.Sleep(time.Hour)
				put(t, s, tt.by, id, incident.SetSeverity{By: by(tt.by), Severity: 1})
				i, whom := s.incident(id), ""
				if open := i.OpenPages(); len(open) > 0 {
					whom = strings.Join(i.Pages[len(i.Pages)-1].Whom, " ")
				}
				if whom != tt.paged || i.Unpaged != tt.unpaged {
					t.Errorf("it pages %q, and not because %q; want %q, %q", whom, i.Unpaged, tt.paged, tt.unpaged)
				}
				if unpaged, err := s.desk.NewWitness().Unpaged(t.Context(), id); err != nil || unpaged {
					t.Errorf("the auditor finds that nobody was paged (%v)", err)
				}
			})
		})
	}
}

// TestOpeningAgainWithoutEnd: a program that resolves and reopens for ever fills no record.
func TestOpeningAgainWithoutEnd(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		for range incident.MaxPages + 2 {
			for _, c := range []incident.Command{incident.Resolve{By: by("dev1")}, incident.Reopen{By: by("dev1"), Text: "again"}} {
				if _, err := s.desk.Change(t.Context(), in("dev1", ""), "INC-1", c); err != nil {
					t.Fatal(err)
				}
			}
		}
		if i := s.incident("INC-1"); len(i.Pages) != incident.MaxPages || !strings.Contains(i.Unpaged, "no more are sent") {
			t.Errorf("%d pages, and it says %q", len(i.Pages), i.Unpaged)
		}
	})
}
