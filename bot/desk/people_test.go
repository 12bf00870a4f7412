package desk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/configs"
)

func directory(t *testing.T, config string, users ...desk.User) *desk.Directory {
	t.Helper()
	settings, err := configs.Parse([]byte(config), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return desk.NewDirectory(settings, users, map[string][]string{"S0GROUP": {"U0DEV1", "U0NEW"}})
}

const listed = `
people:
  - {name: dev1, slack: U0DEV1, time_zone: Europe/Berlin}
  - {name: dev2, email: Dev2@Example.com}
  - {name: sre1}
  - {name: dev4, slack: U0DEV4, email: dev4@example.com}
`

// unlisted names people without a list of them.
const unlisted = `
teams:
  - {name: sre, people: [sre1], leads: [lead1]}
schedules:
  - name: checkout
    time_zone: Europe/Berlin
    layers:
      - name: all
        rotation: {type: daily, length: 1, start: "2026-01-05T09:00:00", people: [dev1]}
    overrides:
      - {from: "2026-01-06T09:00:00", to: "2026-01-07T09:00:00", person: dev3, replaces: dev1}
escalations:
  - name: checkout
    steps:
      - {notify: ["person:dev2"], wait: 5m}
`

func TestWhoIsWho(t *testing.T) {
	for name, c := range map[string]struct {
		config string
		users  []desk.User
		person string
		id     string
	}{
		"by the configured id":           {listed, []desk.User{{ID: "U0DEV1", Name: "somebody"}}, "dev1", "U0DEV1"},
		"the id goes before the name":    {listed, []desk.User{{ID: "U0DEV1", Name: "x"}, {ID: "U0FAKE", Name: "dev1"}}, "dev1", "U0DEV1"},
		"the id goes before the e-mail":  {listed, []desk.User{{ID: "U0DEV4", Name: "x"}, {ID: "U0A", Name: "y", Email: "dev4@example.com"}}, "dev4", "U0DEV4"},
		"by e-mail in any case":          {listed, []desk.User{{ID: "U0A", Name: "x", Email: "dev2@example.COM"}}, "dev2", "U0A"},
		"e-mail goes before the name":    {listed, []desk.User{{ID: "U0B", Name: "dev2"}, {ID: "U0A", Name: "x", Email: "dev2@example.com"}}, "dev2", "U0A"},
		"by name when no e-mail fits":    {listed, []desk.User{{ID: "U0B", Name: "dev2", Email: "other@example.com"}}, "dev2", "U0B"},
		"by name in any case":            {listed, []desk.User{{ID: "U0C", Name: "SRE1"}}, "sre1", "U0C"},
		"from a team":                    {unlisted, []desk.User{{ID: "U0C", Name: "sre1"}}, "sre1", "U0C"},
		"a lead":                         {unlisted, []desk.User{{ID: "U0D", Name: "lead1"}}, "lead1", "U0D"},
		"from a schedule":                {unlisted, []desk.User{{ID: "U0E", Name: "dev1"}}, "dev1", "U0E"},
		"from an override":               {unlisted, []desk.User{{ID: "U0G", Name: "dev3"}}, "dev3", "U0G"},
		"from a policy":                  {unlisted, []desk.User{{ID: "U0F", Name: "dev2"}}, "dev2", "U0F"},
		"not a bot of that name":         {unlisted, []desk.User{{ID: "U0BOT", Name: "dev2", Bot: true}, {ID: "U0F", Name: "dev2"}}, "dev2", "U0F"},
		"not somebody who left":          {unlisted, []desk.User{{ID: "U0OLD", Name: "dev2", Deleted: true}, {ID: "U0F", Name: "dev2"}}, "dev2", "U0F"},
		"not a guest of that name":       {unlisted, []desk.User{{ID: "U0F", Name: "dev2"}, {ID: "U0A", Name: "dev2", Guest: true}}, "dev2", "U0F"},
		"not an e-mail of the past":      {listed, []desk.User{{ID: "U0A", Name: "x", Email: "dev2@example.com"}, {ID: "U0OLD", Name: "y", Email: "dev2@example.com", Deleted: true}}, "dev2", "U0A"},
		"who left, if there is no other": {unlisted, []desk.User{{ID: "U0OLD", Name: "dev2", Deleted: true}}, "dev2", "U0OLD"},
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 { // users are in a map: chance must not decide
				d := directory(t, c.config, c.users...)
				if got, ok := d.Slack(c.person); got != c.id || !ok {
					t.Fatalf("%s is %q (%v), want %s", c.person, got, ok, c.id)
				}
				if got := d.Person(c.id); got != c.person {
					t.Fatalf("%s is %q, want %s", c.id, got, c.person)
				}
			}
		})
	}
}

func TestStrangers(t *testing.T) {
	d := directory(t, listed, desk.User{ID: "U0NEW", Name: "new", RealName: "New Person", Zone: "Asia/Tokyo"}, desk.User{ID: "U0GUEST", Name: "guest", Guest: true})
	if got := d.Person("U0NEW"); got != "U0NEW" {
		t.Errorf("a stranger is called %q, want the id", got)
	}
	if id, ok := d.Slack("U0NEW"); !ok || id != "U0NEW" {
		t.Errorf("the id of a stranger is %q (%v)", id, ok)
	}
	for _, name := range []string{"nosuch", "U", "US", "u0dev1", "U0DEV-1", "SRE1", ""} {
		if id, ok := d.Slack(name); ok {
			t.Errorf("%q is the user %s", name, id)
		}
	}
	if a := d.Actor("U0GUEST"); !a.Guest || a.Via != "slack" || a.Person != "U0GUEST" {
		t.Errorf("a guest acts as %+v", a)
	}
	if a := d.Actor("U0DEV1"); a.Guest || a.Person != "dev1" {
		t.Errorf("dev1 acts as %+v", a)
	}
	if got := d.Display("U0NEW"); got != "New Person" {
		t.Errorf("displayed as %q", got)
	}
	if got := d.Display("nosuch"); got != "nosuch" {
		t.Errorf("displayed as %q", got)
	}
}

// Contractors are guests in Slack and on call all the same.
func TestGuestsWhomTheConfigurationLists(t *testing.T) {
	d := directory(t, listed, desk.User{ID: "U0DEV1", Guest: true}, desk.User{ID: "U0A", Email: "dev2@example.com", Guest: true},
		desk.User{ID: "U0C", Name: "sre1", Guest: true}, desk.User{ID: "U0X", Guest: true})
	for id, guest := range map[string]bool{"U0DEV1": false, "U0A": false, "U0C": true, "U0X": true} {
		if a := d.Actor(id); a.Guest != guest {
			t.Errorf("%s acts as %+v", id, a)
		}
	}
}

func TestByName(t *testing.T) {
	for range 20 {
		d := directory(t, "", desk.User{ID: "U1", Name: "ann", RealName: "Ann Other"}, desk.User{ID: "U2", Name: "bea", RealName: "Ann"},
			desk.User{ID: "U3", Name: "cleo", RealName: "Sam"}, desk.User{ID: "U4", Name: "dan", RealName: "sam"},
			desk.User{ID: "U5", Name: "eve", RealName: "Eve Old", Deleted: true}, desk.User{ID: "U6", Name: "fixbot", Bot: true}, desk.User{ID: "U8", Name: "hal"}, desk.User{ID: "U7", Name: "gil", RealName: "Eve Old"})
		for name, want := range map[string]string{"ann": "U1", "@Ann": "U1", "ann other": "U1", "BEA": "U2", "sam": "", "eve": "", "eve old": "U7", "fixbot": "", "nosuch": "", "": ""} {
			if id, ok := d.ByName(name); id != want || ok != (want != "") {
				t.Fatalf("%q is %q (%v), want %q", name, id, ok, want)
			}
		}
	}
}

func TestLearning(t *testing.T) {
	d := directory(t, unlisted)
	if d.Learned() {
		t.Error("it claims to know Slack's users")
	}
	if id, ok := d.Slack("sre1"); ok {
		t.Errorf("sre1 is %s before anybody is known", id)
	}
	d.Learn([]desk.User{{ID: "U0C", Name: "sre1"}}, nil)
	if id, _ := d.Slack("sre1"); id != "U0C" || !d.Learned() {
		t.Errorf("sre1 is %q", id)
	}
	d.LearnOne(desk.User{ID: "U0C", Name: "sre1", Deleted: true})
	d.LearnOne(desk.User{ID: "U0X", Name: "sre1"})
	if id, _ := d.Slack("sre1"); id != "U0X" {
		t.Errorf("after the account was replaced sre1 is %q", id)
	}
	if u, ok := d.User("U0C"); !ok || !u.Deleted {
		t.Errorf("the old account is %+v (%v)", u, ok)
	}
}

func TestZones(t *testing.T) {
	d := directory(t, listed, desk.User{ID: "U0DEV1", Zone: "Asia/Tokyo"}, desk.User{ID: "U0C", Name: "sre1", Zone: "Asia/Tokyo"}, desk.User{ID: "U0Z", Zone: "Mars/Base"})
	for person, want := range map[string]string{"dev1": "Europe/Berlin", "sre1": "Asia/Tokyo", "dev2": "UTC", "U0Z": "UTC", "nosuch": "UTC"} {
		if got := d.Zone(person); got.String() != want {
			t.Errorf("%s lives in %s, want %s", person, got, want)
		}
	}
	if _, offset := time.Date(2026, 1, 1, 0, 0, 0, 0, d.Zone("dev1")).Zone(); offset != 3600 {
		t.Errorf("the offset is %d", offset)
	}
}

func TestAliases(t *testing.T) {
	d := directory(t, listed, desk.User{ID: "U0DEV1", Name: "handle", RealName: "Dev One", Email: "one@example.com"}, desk.User{ID: "U0BOT", Name: "bot", Bot: true}, desk.User{ID: "U0NEW", Name: "new"})
	got := d.Aliases()
	want := map[string]string{"U0DEV1": "dev1", "handle": "dev1", "Dev One": "dev1", "one@example.com": "dev1", "U0NEW": "U0NEW", "new": "U0NEW"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
