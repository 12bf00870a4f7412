package bot_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/oncall/paging"
)

const doctorConfig = `
people:
  - {name: dev1, slack: U0DEV1}
  - {name: sre1}
schedules:
  - name: checkout
    time_zone: Europe/Berlin
    channel: svc-checkout
    user_group: oncall-checkout
    layers:
      - name: all
        rotation: {type: weekly, length: 1, start: "2020-01-06T09:00:00", people: [dev1]}
services: [{name: search, channel: svc-search}]
routes: [{name: rehearsals, match: {env: stage}, channel: rehearsals}]
escalations:
  - name: checkout
    steps:
      - {notify: ["schedule:checkout"], wait: 30s}
      - {notify: ["channel:ops"], wait: 30s}
`

// examined sets a workspace up without the given scope, changes it, and returns what
// the doctor says of it.
func examined(t *testing.T, scope string, change func(sim *slacksim.Server, c *bot.Config)) (wrong, right string) {
	t.Helper()
	settings, err := configs.Parse([]byte(doctorConfig), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	manifest := configs.Manifest(settings)
	if scope != "" {
		manifest = regexp.MustCompile(`(?m)^ *- `+scope+` .*\n`).ReplaceAll(manifest, nil)
	}
	sim, err := slacksim.New(slacksim.Config{Manifest: manifest})
	if err != nil {
		t.Fatal(err)
	}
	base, err := sim.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	for _, name := range []string{"dev1", "sre1"} {
		sim.AddUser(slacksim.User{ID: "U0" + strings.ToUpper(name), Name: name})
	}
	for _, name := range []string{"incidents", "ops", "svc-checkout", "svc-search", "rehearsals"} {
		sim.AddChannel(name, false, "U0DEV1")
	}
	res, err := http.PostForm(base+"/api/usergroups.create", url.Values{"token": {sim.BotToken()}, "name": {"On call"}, "handle": {"oncall-checkout"}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	c := bot.Config{Settings: settings, BotToken: configs.Secret(sim.BotToken()), AppToken: configs.Secret(sim.AppToken()), SlackAPI: base + "/api/", Version: "test"}
	change(sim, &c)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for _, k := range bot.ExamineSlack(ctx, c) {
		line := k.What + ": " + k.Found
		if k.OK {
			right += line + "\n"
			continue
		}
		if k.Mend == "" {
			t.Errorf("%s: it does not say how to mend it", line)
		}
		if k.Optional {
			line = "(optional) " + line
		}
		wrong += line + " " + k.Mend + "\n"
	}
	return wrong, right
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	wrong, right := examined(t, "", func(*slacksim.Server, *bot.Config) {})
	if wrong != "" {
		t.Errorf("nothing is wrong, and it says:\n%s", wrong)
	}
	for _, want := range []string{"Slack bot token", "scopes: All ", "clock", "incidents channel", "channels: ", "ops, rehearsals, svc-checkout, svc-search", "user groups: There are all", "people: All 2", "Slack app token"} {
		if !strings.Contains(right, want) {
			t.Errorf("no word of %q in:\n%s", want, right)
		}
	}
}

func TestDoctorFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(sim *slacksim.Server, c *bot.Config){
		"Slack bot token: Slack answered invalid_auth":                                        func(_ *slacksim.Server, c *bot.Config) { c.BotToken = "xoxb-of-another" },
		"Slack bot token: Slack answered token_revoked":                                       func(sim *slacksim.Server, _ *bot.Config) { sim.RevokeTokens("bot") },
		"Slack app token: Slack answered invalid_auth":                                        func(_ *slacksim.Server, c *bot.Config) { c.AppToken = "xapp-of-another" },
		"Slack bot token: Slack cannot be reached: there is no connection. Check the network": func(_ *slacksim.Server, c *bot.Config) { c.SlackAPI = "http://127.0.0.1:1/api/" },
		"incidents channel: #incidents is archived":                                           func(sim *slacksim.Server, _ *bot.Config) { archive(t, sim, "incidents") },
		"channel #svc-checkout: It is archived; the schedule checkout tells":                  func(sim *slacksim.Server, _ *bot.Config) { archive(t, sim, "svc-checkout") },
		"channel #ops: It is not there, or private":                                           func(sim *slacksim.Server, _ *bot.Config) { rename(t, sim, "ops", "operations") },
		"Not found in Slack, so nobody can page them: sre1": func(sim *slacksim.Server, _ *bot.Config) {
			sim.UpdateUser("U0SRE1", func(u *slacksim.User) { u.Name = "other" })
		},
		"channel #svc-search: It is archived; alerts of the service search": func(sim *slacksim.Server, _ *bot.Config) { archive(t, sim, "svc-search") },
		"channel #rehearsals: It is archived; alerts of route rehearsals":   func(sim *slacksim.Server, _ *bot.Config) { archive(t, sim, "rehearsals") },
		"user group oncall-other: It is not there; the schedule checkout": func(_ *slacksim.Server, c *bot.Config) {
			c.Settings.Schedules[0].UserGroup = "oncall-other"
		},
		"Deactivated in Slack: dev1": func(sim *slacksim.Server, _ *bot.Config) { sim.Deactivate("U0DEV1") },
		"Guests in Slack, who can be paged and may not answer: sre1": func(sim *slacksim.Server, _ *bot.Config) {
			sim.UpdateUser("U0SRE1", func(u *slacksim.User) { u.Guest = true })
		},
		"user group @oncall-checkout: Guests in it, who may not answer and are left out when it is paged: Guest One.": func(sim *slacksim.Server, c *bot.Config) {
			sim.AddUser(slacksim.User{ID: "U0GUEST", Name: "guest", RealName: "Guest One"})
			id := fillGroup(t, c, "U0GUEST", "U0SRE1")
			sim.UpdateUser("U0GUEST", func(u *slacksim.User) { u.Guest = true })
			step := &c.Settings.Escalations[0].Steps[1]
			step.Notify = append(step.Notify, paging.Target("group:"+id))
		},
	} {
		t.Run(want, func(t *testing.T) {
			if wrong, right := examined(t, "", change); !strings.Contains(wrong, want) {
				t.Errorf("it finds wrong:\n%s\nand right:\n%s", wrong, right)
			}
		})
	}
}

// TestDoctorMindsNoGuestsOfAGroupThatIsKept: nobody pages it.
func TestDoctorMindsNoGuestsOfAGroupThatIsKept(t *testing.T) {
	t.Parallel()
	wrong, _ := examined(t, "", func(sim *slacksim.Server, c *bot.Config) {
		sim.AddUser(slacksim.User{ID: "U0GUEST", Name: "guest", RealName: "Guest One"})
		c.Settings.Schedules[0].UserGroup = fillGroup(t, c, "U0GUEST")
		sim.UpdateUser("U0GUEST", func(u *slacksim.User) { u.Guest = true })
	})
	if wrong != "" {
		t.Errorf("nothing is wrong, and it says:\n%s", wrong)
	}
}

// fillGroup puts members into the user group there is, and returns its id.
func fillGroup(t *testing.T, c *bot.Config, members ...string) string {
	t.Helper()
	client, err := slackio.NewClient(slackio.ClientConfig{Token: c.BotToken.Reveal(), APIURL: c.SlackAPI})
	if err != nil {
		t.Fatal(err)
	}
	groups, err := client.UserGroups(t.Context())
	if err != nil || len(groups) != 1 {
		t.Fatalf("there are %v: %v", groups, err)
	}
	if err := client.SetUserGroup(t.Context(), groups[0].ID, members...); err != nil {
		t.Fatal(err)
	}
	return groups[0].ID
}

func TestDoctorMissesScopes(t *testing.T) {
	t.Parallel()
	for scope, want := range map[string]string{
		"im:write":       "scope im:write: It is not granted: Watchbill cannot page people by direct message",
		"reactions:read": "(optional) scope reactions:read: It is not granted",
	} {
		wrong, right := examined(t, scope, func(*slacksim.Server, *bot.Config) {})
		if !strings.Contains(wrong, want) || strings.Contains(right, "scopes") {
			t.Errorf("without %s it finds wrong:\n%s\nand right:\n%s", scope, wrong, right)
		}
	}
}

func archive(t *testing.T, sim *slacksim.Server, channel string) {
	t.Helper()
	if err := sim.As("U0DEV1").Archive(channel); err != nil {
		t.Error(err)
	}
}

func rename(t *testing.T, sim *slacksim.Server, channel, name string) {
	t.Helper()
	if err := sim.As("U0DEV1").Rename(channel, name); err != nil {
		t.Error(err)
	}
}

// TestDoctorTriesTheWaysToPeople: each of them is asked, and what keeps the bot from its
// start is said.
func TestDoctorTriesTheWaysToPeople(t *testing.T) {
	t.Parallel()
	secrets := map[string]configs.Secret{"MAIL": "correct horse"}
	for config, want := range map[string]string{
		"notify: {email: {smtp: '127.0.0.1:1', from: a@example.com, user: u, password_env: MAIL}}":           "notify.email: The address may not be reached: 127.0.0.1 is inside the house; add its network to notify.allow_networks",
		"notify: {email: {smtp: '127.0.0.1:1', from: a@example.com}, allow_networks: [127.0.0.0/8]}":         "notify.email: There is no connection to the provider. Check its address",
		"notify: {email: {smtp: 'mail.example.com:587', from: a@example.com, user: u, password_env: OTHER}}": "notify: set up notify: notify.email needs the secret in OTHER, which is not set",
		"dead_man: {url_env: OTHER}":                       "dead_man: set up dead_man: dead_man needs the secret in OTHER, which is not set",
		"notify: {ntfy: {server: 'https://ntfy.invalid'}}": "notify.ntfy: The provider's name cannot be resolved. Check its address in the configuration, and DNS.",
		"http: {public_url: 'http://localhost:8080'}":      "http.public_url: http://localhost:8080 is this machine's own address",
		"http: {public_url: 'http://watchbill.invalid'}":   "http.public_url: From here it cannot be reached: ",
	} {
		settings, err := configs.Parse([]byte(config), "test.yaml")
		if err != nil {
			t.Fatal(err)
		}
		of := func(name string) (configs.Secret, error) { return secrets[name], nil }
		said := ""
		for _, k := range bot.ExamineWays(t.Context(), bot.Config{Settings: settings, Secret: of}) {
			said += k.What + ": " + k.Found + " " + k.Mend + "\n"
			if k.OK || k.Mend == "" {
				t.Errorf("%s: %+v", config, k)
			}
		}
		if !strings.Contains(said, want) {
			t.Errorf("%s: it says\n%s", config, said)
		}
	}
}
