package desk_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage/memory"
)

func token(name string) desk.In {
	return desk.In{By: incident.Actor{Person: incident.TokenPrefix + name, Via: incident.ViaAPI(name)}}
}

func shell(person string) desk.In { return desk.In{By: incident.Actor{Person: person, Via: "cli"}} }

// TestAnAPITokenIsNobody: it declares and speaks, and neither leads nor answers.
func TestAnAPITokenIsNobody(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		ci := token("ci")
		a, err := s.desk.Declare(t.Context(), ci, desk.Declaration{Title: "the deploy failed", Service: "search"})
		if err != nil || a.Incident != "INC-2" {
			t.Fatalf("answered %+v, %v", a, err)
		}
		if i := s.incident("INC-2"); i.Lead != "" || len(i.Invited) != 0 || i.Reporter != ci.By {
			t.Errorf("got %+v, want nobody in command and nobody invited", i)
		}
		if _, err := s.desk.Declare(t.Context(), ci, desk.Declaration{Title: "again", Service: "checkout"}); err != nil {
			t.Fatal(err)
		}
		if i := s.incident("INC-3"); i.Lead != "sre1" || i.Answered {
			t.Errorf("%s leads, answered %v; want sre1, who is paged first", i.Lead, i.Answered)
		}
		if _, err := s.desk.Change(t.Context(), ci, "INC-2", incident.Update{By: ci.By, Text: "rolled back"}); err != nil {
			t.Error(err)
		}
		lead := func(in desk.In) error {
			_, err := s.desk.Change(t.Context(), in, "INC-2", incident.SetLead{By: in.By, Person: in.By.Person})
			return err
		}
		ack := func(in desk.In) error { _, err := s.desk.Acknowledge(t.Context(), in, "PAGE-1"); return err }
		decline := func(in desk.In) error { _, err := s.desk.Decline(t.Context(), in, "PAGE-1"); return err }
		for name, c := range map[string]struct {
			do   func(desk.In) error
			in   desk.In
			want string
		}{
			"a token leads":                    {lead, ci, "Only a person leads, and the API token ci speaks for nobody."},
			"a token answers":                  {ack, ci, "Only a person answers"},
			"a token declines":                 {decline, ci, "Only a person declines"},
			"a user of the machine answers":    {ack, shell("root"), "I know nobody called root, and others must know who answers. Say who you are with `--as`"},
			"a user of the machine leads":      {lead, shell("root"), "others must know who leads"},
			"somebody answers in the shell":    {ack, shell("sre1"), ""},
			"a token answers for somebody":     {ack, desk.In{By: incident.Actor{Person: "dev1", Via: incident.ViaAPI("ci")}}, ""},
			"a token leads in somebody's name": {lead, desk.In{By: incident.Actor{Person: "dev1", Via: incident.ViaAPI("ci")}}, ""},
		} {
			err := c.do(c.in)
			if text, code, _ := desk.Refusal(err); c.want == "" && err != nil || c.want != "" && (!strings.Contains(text, c.want) || code != incident.Forbidden) {
				t.Errorf("%s: got %v, want %q", name, err, c.want)
			}
		}
	})
}

// TestTokensRetypeEachForItself: two tokens that declare the same are two.
func TestTokensRetypeEachForItself(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		for n, in := range []desk.In{token("ci"), token("ci"), token("cd")} {
			a, err := s.desk.Declare(t.Context(), in, desk.Declaration{Title: "the deploy failed"})
			if want := []string{"INC-2", "INC-2", "INC-3"}[n]; err != nil || a.Incident != want || a.Exists != (n == 1) {
				t.Errorf("declaration %d: %+v, %v, want %s", n+1, a, err, want)
			}
		}
	})
}

// TestACauseWithAnotherRequest is refused, and changes nothing.
func TestACauseWithAnotherRequest(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		note := func(text, asked string) (desk.Answer, error) {
			in := in("dev1", "key")
			in.Asked = asked
			in.Again = true
			return s.desk.Change(t.Context(), in, "INC-1", incident.Note{By: in.By, Text: text})
		}
		first, err := note("first", "a")
		if err != nil || first.Repeated {
			t.Fatal(first, err)
		}
		if again, err := note("first", "a"); err != nil || !again.Repeated || !again.Changed || len(again.Events) != 1 || again.Events[0].Text != "first" {
			t.Errorf("repeated it answered %+v, %v", again, err)
		}
		_, err = note("second", "b")
		if _, code, _ := desk.Refusal(err); code != desk.KeyReused {
			t.Errorf("got %v, want a refusal", err)
		}
		s.wantNotes("first")
	})
}

const household = `
people: [{name: dev1, slack: U0DEV1}, {name: Sre1, slack: U0SRE1}]
teams: [{name: core, people: [Sre1]}]
services: [{name: checkout, schedule: duty}, {name: search}]
schedules:
  - name: duty
    time_zone: UTC
    layers: [{rotation: {type: daily, start: "2026-01-05T09:00:00", people: [dev1]}}]
`

func TestWhomANameMeans(t *testing.T) {
	users := []desk.User{{ID: "U0DEV1", Name: "dev1"}, {ID: "U0SRE1", Name: "sre"}, {ID: "U0NEW", Name: "new.one", RealName: "New One"}, {ID: "U0GONE", Name: "gone", Deleted: true}, {ID: "U0BOT", Name: "robot", Bot: true}}
	for _, c := range []struct {
		config string
		users  []desk.User
		said   string
		want   string // a person, or part of the refusal
	}{
		{household, users, "dev1", "dev1"},
		{household, users, "sre1", "Sre1"},
		{household, users, "U0SRE1", "Sre1"},
		{household, users, "@new.one", "U0NEW"},
		{household, users, "New One", "U0NEW"},
		{household, users, "U0GONE", "The account of"},
		{household, users, "U0BOT", "is an app, not a person"},
		{household, users, "nobody", "I know nobody called nobody"},
		{household, nil, "nobody", "I know nobody called nobody"},
		{household, users, "token:ci", "I know nobody called token:ci"},
		{"", nil, "anybody", "anybody"},
		{"", nil, "token:ci", "I know nobody"},
		{"", nil, "a\x00b", "I know nobody"},
		{"", nil, "", "I know nobody"},
		{"", nil, strings.Repeat("x", 100), "I know nobody called x"},
		{"", users, "anybody", "I know nobody called anybody"},
		{"", users, "dev1", "U0DEV1"},
	} {
		settings, err := configs.Parse([]byte(c.config), "test.yaml")
		if err != nil {
			t.Fatal(err)
		}
		d := desk.New(desk.Config{Store: memory.New(), Settings: settings, People: desk.NewDirectory(settings, c.users, nil)})
		got, err := d.Named(c.said)
		if err != nil {
			got = err.Error()
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%q means %q, want %q", c.said, got, c.want)
		}
	}
}

func TestWhomToPage(t *testing.T) {
	settings, err := configs.Parse([]byte(household), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d := desk.New(desk.Config{Store: memory.New(), Settings: settings})
	if _, err := d.StartSchedules(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := d.Targets("DUTY", "core", "checkout", "sre1", "person:dev1", "channel:ops", "group:S1")
	want := []paging.Target{"schedule:duty", "team:core", "schedule:duty", "person:Sre1", "person:dev1", "channel:ops", "group:S1"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	for said, text := range map[string]string{"search": "no person, schedule, team or service called search", "person:x": "I know nobody called x"} {
		if _, err := d.Targets(said); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%q: got %v, want %q", said, err, text)
		}
	}
}
