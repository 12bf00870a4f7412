package configs

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
)

const small = `
admins: [Lead1, U0BOSS]
people:
  - {name: lead1, slack: U0LEAD1}
  - {name: dev1, slack: U0DEV1, email: dev1@example.com}
teams:
  - {name: sre, people: [DEV1]}
  - {name: checkout-dev, kind: dev, people: [dev1], leads: [lead1]}
services:
  - {name: search, schedule: Main}
  - {name: Checkout, escalation: MAIN, channel: "#svc-checkout"}
default_escalation: other
schedules:
  - name: main
    time_zone: UTC
    layers: [{rotation: {type: daily, start: "2026-01-01T00:00:00", people: [dev1]}}]
escalations:
  - {name: other, steps: [{notify: ["schedule:MAIN"]}]}
  - {name: main, steps: [{notify: ["person:DEV1", "channel:#ops"], wait: 3d}]}
`

func load(t *testing.T, source string) *Config {
	t.Helper()
	c, err := Parse([]byte(source), "f")
	if err == nil {
		return c
	}
	t.Fatal(err)
	return nil
}

func TestEmptyFile(t *testing.T) {
	c, err := Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Warnings) > 0 {
		t.Errorf("got warnings %v, want none", c.Warnings)
	}
	if got := c.Slack.Commands.Incident; !slices.Equal(got, []string{"/inc", "/incident"}) {
		t.Errorf("got commands %q", got)
	}
	if _, _, ok := c.PolicyFor("anything"); ok {
		t.Error("an empty file has a policy")
	}
	if c.Plan("main") != nil || c.Plan("") != nil {
		t.Error("an empty file has a plan")
	}
	if p, ok := c.Person("dev1"); !ok || !reflect.DeepEqual(p, Person{Name: "dev1"}) {
		t.Errorf("got %+v %v, want the name as it is", p, ok)
	}
	if p, ok := c.Person("U0DEV1"); !ok || p.Slack != "U0DEV1" {
		t.Errorf("got %+v %v, want the member ID to stand for itself", p, ok)
	}
	if c.IsAdmin("") || c.IsAdmin("dev1") {
		t.Error("an empty file has admins")
	}
}

func TestLookups(t *testing.T) {
	c := load(t, small)
	if s, ok := c.Service("CHECKOUT"); !ok || s.Name != "Checkout" || s.Channel != "svc-checkout" || s.Escalation != "main" {
		t.Errorf("got %+v %v", s, ok)
	}
	if _, ok := c.Service(""); ok {
		t.Error("the empty name is a service")
	}
	if p, ok := c.PersonBySlack("U0DEV1"); !ok || p.Name != "dev1" {
		t.Errorf("got %+v %v", p, ok)
	}
	if _, ok := c.PersonBySlack(""); ok {
		t.Error("the empty member ID is somebody")
	}
	if _, ok := c.Person("nobody"); ok {
		t.Error("with people: listed, nobody else exists")
	}
	if c.Plan("MAIN") == nil {
		t.Error("the plan is not found in another case")
	}
	if got := c.ServiceNames(); !slices.Equal(got, []string{"Checkout", "search"}) {
		t.Errorf("got services %q, want them sorted", got)
	}
	uses := []Use{{By: "service search", Place: "f:10"}, {By: "step 1 of escalation other", Place: "f:18"}}
	if got := c.ScheduleUses("Main"); !slices.Equal(got, uses) {
		t.Errorf("what uses the schedule: %v, want %v", got, uses)
	}
	if got := c.SchedulePlace("MAIN") + c.SchedulePlace("none"); got != "f:14" {
		t.Errorf("the schedule stands at %q, want f:14", got)
	}
	if got := c.ServicesOf("main"); len(got) != 1 || got[0].Name != "search" {
		t.Errorf("got %+v", got)
	}
	if got := c.TeamsOf("lead1"); len(got) != 1 || got[0].Name != "checkout-dev" {
		t.Errorf("got %+v", got)
	}
	for who, want := range map[string]bool{"lead1": true, "U0LEAD1": true, "LEAD1": true, "U0BOSS": true, "dev1": false, "U0DEV1": false, "": false} {
		if got := c.IsAdmin(who); got != want {
			t.Errorf("IsAdmin(%q): got %v, want %v", who, got, want)
		}
	}
}

func TestPolicyFor(t *testing.T) {
	c := load(t, small)
	tests := []struct{ service, policy, why string }{
		{"checkout", "main", "escalation main of service Checkout"},
		{"search", "other", "default escalation other"},
		{"", "other", "default escalation other"},
		{"unknown", "other", "default escalation other"},
	}
	for _, tt := range tests {
		p, why, ok := c.PolicyFor(tt.service)
		if !ok || p.Name != tt.policy || why != tt.why {
			t.Errorf("%q: got %s, %q, %v; want %s, %q", tt.service, p.Name, why, ok, tt.policy, tt.why)
		}
	}
	main, _ := c.Policy("main")
	if got := main.Steps[0].Notify; !slices.Equal(got, []paging.Target{"person:dev1", "channel:ops"}) {
		t.Errorf("got targets %q, want the names as they are written in their section", got)
	}
	if got := main.Steps[0].Wait.Hours(); got != 72 {
		t.Errorf("got %v hours, want 3 days", got)
	}
	other, _ := c.Policy("other")
	if other.Steps[0].Wait != paging.DefaultWait {
		t.Errorf("got wait %v, want the default", other.Steps[0].Wait)
	}
}

func TestUnknownNames(t *testing.T) {
	c := load(t, small)
	tests := []struct {
		err  error
		want string
	}{
		{c.UnknownPerson("dev2"), `There is no person called "dev2". Did you mean dev1?`},
		{c.UnknownPerson("billing"), `There is no person called "billing". There are: dev1, lead1.`},
		{load(t, "").UnknownPerson("dev1"), `There is no person called "dev1". None is configured: add it to people in the configuration file.`},
	}
	for _, tt := range tests {
		var coded *oncall.Error
		if !errors.As(tt.err, &coded) || coded.Code != oncall.CodeNotFound || coded.Message != tt.want {
			t.Errorf("got %v, want %s", tt.err, tt.want)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(filepath.Join(dir, "absent.yaml"), nil); err == nil || !strings.Contains(err.Error(), "absent.yaml; correct its name, in WATCHBILL_CONFIG or where you typed it") {
		t.Errorf("got %v", err)
	}
	if _, err := Load(dir, nil); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v, want an error that names the directory", err)
	}
	path := filepath.Join(dir, "w.yaml")
	source := "integrations: [{name: prometheus, source: alertmanager, token_env: HOOK, service: a}]\n" +
		"services: [{name: a, escalation: a}]\nescalations: [{name: a, steps: [{notify: ['person:a']}]}]\n"
	if err := os.WriteFile(path, []byte("\ufeff"+strings.ReplaceAll(source, "\n", "\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	want := path + ":1:68: warning: the environment variable HOOK is not set, and without it `watchbill serve` does not start for the first time; set it, or HOOK_FILE"
	if got := c.Warnings.Error(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, set := range []string{"HOOK", "HOOK_FILE"} {
		c, err := Load(path, func(name string) string { return map[string]string{set: "x"}[name] })
		if err != nil || len(c.Warnings) > 0 {
			t.Errorf("with %s: got %v %v, want no warning", set, err, c.Warnings)
		}
	}
}

// TestAGatewayByGET has all that it is told in its address.
func TestAGatewayByGET(t *testing.T) {
	c, err := Parse([]byte("notify: {sms_gateway: {url: 'https://sms.example.com/send?to={digits}&text={text}', method: GET}}\n"), "w.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(c.Methods(), paging.SMS) {
		t.Errorf("the methods are %v, want SMS among them", c.Methods())
	}
}

// TestAPolicyAsItIsMeant: severities are written in any case, and its floor uses schedules
// as its steps do.
func TestAPolicyAsItIsMeant(t *testing.T) {
	c, err := Parse([]byte(`people: [{name: dev1, slack: U0DEV1}]
schedules: [{name: main, time_zone: UTC, layers: [{rotation: {type: weekly, start: "2026-01-05T09:00:00", people: [dev1]}}]}]
escalations: [{name: main, floor: ["schedule:main"], steps: [{notify: ["person:dev1"], when: {severity: [Critical, sev2]}}, {notify: ["person:dev1"]}]}]
`), "w.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if p, _ := c.Policy("main"); !slices.Equal(p.Steps[0].When.Severity, []string{"critical", "SEV2"}) {
		t.Errorf("the severities are %q", p.Steps[0].When.Severity)
	}
	if uses := c.ScheduleUses("main"); len(uses) != 1 || uses[0].By != "the floor of escalation main" || uses[0].Place != "w.yaml:3" {
		t.Errorf("the schedule is used by %+v", uses)
	}
}

// TestDirectoryInAWrongFile: the data directory is found whatever else is wrong.
func TestDirectoryInAWrongFile(t *testing.T) {
	for text, want := range map[string]string{
		"data: {directory: /var/lib/w}\npeople: [{nam: dev1}]\n":                                 "/var/lib/w",
		"people:\n\t- {name: dev1}\ndata:\n  # kept here\n\n  directory: /var/lib/w\nteams: [\n": "/var/lib/w",
		"\ufeffdata:\r\n  directory: /var/lib/w\r\npeople: *nobody\r\n":                          "/var/lib/w",
		"data: {director: /var/lib/w}\n":                                                         "",
		"teams: [\n  data: {directory: /x}\n":                                                    "",
		"people: [\n":                                                                            "",
		"":                                                                                       "",
	} {
		path := filepath.Join(t.TempDir(), "w.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := DirectoryIn(path); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := DirectoryIn("/no/such/file"); got != "" {
		t.Errorf("of no file: %q", got)
	}
}
