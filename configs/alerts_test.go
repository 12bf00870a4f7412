package configs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
)

func TestCredentials(t *testing.T) {
	const source = `
default_escalation: main
escalations: [{name: main, steps: [{notify: ["person:dev1"]}]}]
integrations:
  - {name: prom, source: alertmanager, token_env: PROM, previous_token_env: PROM_OLD}
  - {name: signed, source: generic, hmac_env: SIGNED}
  - {name: pd1, source: pagerduty, token_env: PD1}
  - {name: pd2, source: pagerduty, token_env: PD2, previous_token_env: PD2_OLD}
`
	c := load(t, source)
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("key-of-the-signed-ones\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"PROM": "token-of-prometheus", "PROM_OLD": "token-before-that", "SIGNED_FILE": file, "PD1": "token-of-the-first-one", "PD2": "token-of-the-second-one"}
	got, err := c.Credentials(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Credentials{
		"prom": {Token: "token-of-prometheus", Previous: "token-before-that"}, "signed": {HMAC: "key-of-the-signed-ones"},
		"pd1": {Token: "token-of-the-first-one"}, "pd2": {Token: "token-of-the-second-one"},
	}
	for name, w := range want {
		if got[name] != w {
			t.Errorf("%s: got other secrets than those in the environment", name)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %d integrations, want %d", len(got), len(want))
	}
	if text := fmt.Sprintf("%v %+v %q", got, got, got); strings.Contains(text, "token-of") || strings.Contains(text, "key-of") {
		t.Errorf("secrets are printed: %s", text)
	}

	env = map[string]string{"PROM": "token-of-prometheus", "PROM_OLD": "token-of-prometheus", "SIGNED": "short-secret", "SIGNED_FILE": "", "PD2": "token-of-the-second-one", "PD2_OLD": "token-of-the-second-one"}
	got, err = c.Credentials(func(name string) string { return env[name] })
	if got["prom"].Token != "token-of-prometheus" || got["pd1"] != (Credentials{}) || got["signed"] != (Credentials{}) {
		t.Errorf("beside what is wrong there are %d", len(got))
	}
	const says = `read the secrets of integrations: integration pd1: PD1 is not set: set it, or PD1_FILE, to a random text such as ` + "`openssl rand -hex 32`" + ` prints
integration signed: SIGNED is too short to be safe: it has fewer than 16 characters`
	if err == nil || err.Error() != says {
		t.Errorf("got %v, want %s", err, says)
	}
	env["PD1"], env["SIGNED"] = "token-of-the-first-one", "key-of-the-signed-ones"
	got, err = c.Credentials(func(name string) string { return env[name] })
	if err != nil || got["prom"].Previous != "" {
		t.Errorf("got %v: the previous token is the token itself, and stands for nothing", err)
	}
}

// TestTokensThatTellSendersApart: two that are found by their token alone cannot have the
// same one, whether the file says so or the environment.
func TestTokensThatTellSendersApart(t *testing.T) {
	const one, two = "0123456789abcdef0123", "9876543210fedcba9876"
	pd := func(rest string) string {
		return "default_escalation: main\nescalations: [{name: main, steps: [{notify: ['person:dev1']}]}]\nintegrations: [{name: pd1, source: pagerduty, token_env: PD1}, " + rest + "]\n"
	}
	const api = "api: {tokens: [{name: ci, token_env: CI, previous_token_env: CI_OLD}, {name: ops, token_env: OPS}]}\n"
	for _, c := range []struct {
		name, source string
		env          []string
		want         string // empty: it is in order
	}{
		{"one variable", pd("{name: pd2, source: pagerduty, token_env: PD1}"), nil, "pd1 and pd2 have the same token, and it alone says which of them is meant; give each its own"},
		{"one value", pd("{name: pd2, source: pagerduty, token_env: PD2}"), []string{"PD1", one, "PD2", one}, "pd1 and pd2 have the same token"},
		{"one value in a file", pd("{name: pd2, source: pagerduty, token_env: PD2}"), []string{"PD1", one, "PD2_FILE", write(t, one+"\n")}, "pd1 and pd2 have the same token"},
		{"the one before", pd("{name: pd2, source: pagerduty, token_env: PD2, previous_token_env: PD2_OLD}"), []string{"PD1", one, "PD2", two, "PD2_OLD", one}, "pd1 and pd2 have the same token"},
		{"each its own", pd("{name: pd2, source: pagerduty, token_env: PD2, previous_token_env: PD2_OLD}"), []string{"PD1", one, "PD2", two, "PD2_OLD", two}, ""},
		{"neither is set", pd("{name: pd2, source: pagerduty, token_env: PD2}"), nil, ""},
		{"the address says which", pd("{name: prom, source: alertmanager, token_env: PD1}"), []string{"PD1", one}, ""},
		{"one value for the API", api, []string{"CI", one, "OPS", one}, "ci and ops have the same token"},
		{"the one before for the API", api, []string{"CI", one, "CI_OLD", two, "OPS", two}, "ci and ops have the same token"},
		{"one variable for the API", "api: {tokens: [{name: ci, token_env: CI}, {name: ops, token_env: CI}]}\n", nil, "ci and ops have the same token"},
	} {
		path := write(t, c.source)
		_, err := Load(path, env(c.env...))
		if c.want == "" && err != nil || c.want != "" && (err == nil || strings.Count(err.Error(), c.want) != 1) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		if err != nil && (strings.Contains(err.Error(), one) || strings.Contains(err.Error(), two)) {
			t.Errorf("%s: the error shows the token: %v", c.name, err)
		}
	}
}

// TestAlertsByTheFile decodes and routes by a configuration file, whatever the case of
// its names.
func TestAlertsByTheFile(t *testing.T) {
	c := load(t, `
services:
  - {name: checkout, escalation: main, channel: "#svc-checkout"}
  - {name: search}
default_escalation: main
escalations: [{name: main, steps: [{notify: ["person:dev1"]}]}]
integrations:
  - {name: Sentinel, source: generic, token_env: HOOK, service: SEARCH, mapping: {title: $.t, labels: {"*": $.tags, x: [$.none, "7"]}}}
  - {name: backup, source: heartbeat, token_env: HOOK, every: 5m}
routes:
  - {match: {x: "7", severity: critical}, integrations: [sentinel], service: Checkout, channel: "#war-room"}
`)
	in, ok := c.Integration("sentinel")
	if !ok || in.Service != "search" || in.Name != "Sentinel" {
		t.Fatalf("got %+v", in)
	}
	if in, _ := c.Integration("backup"); in.Grace != DefaultGrace || in.Every != 5*time.Minute {
		t.Errorf("got %+v", in)
	}
	signals, err := alert.Decode(in.Source, c.DecodeOptions(in.Name), []byte(`[{"t": "a", "tags": {"severity": "critical"}}, {"t": "b"}]`))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	first, second := c.Router().Route(signals[0], in.Name, at), c.Router().Route(signals[1], in.Name, at)
	if first.Service != "checkout" || first.Channel != "war-room" || first.Escalation != "main" || first.Route != "route 1" {
		t.Errorf("got %+v", first)
	}
	if second.Service != "search" || second.Channel != "incidents" || second.Escalation != "main" || second.Route != "" {
		t.Errorf("got %+v", second)
	}
	var unknown *oncall.Error
	if err := c.UnknownIntegration("sentinal"); !errors.As(err, &unknown) || unknown.Message != `There is no integration called "sentinal". Did you mean Sentinel?` {
		t.Errorf("got %v", err)
	}
	if got := load(t, "").Router().Route(alert.Signal{Key: "k"}, "x", at); !got.Page || got.Channel != "incidents" || got.Escalation != "" {
		t.Errorf("by an empty file got %+v", got)
	}
}
