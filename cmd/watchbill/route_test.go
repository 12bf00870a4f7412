package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/watchbill/watchbill/configs"
)

const routed = `
services:
  - {name: checkout, escalation: checkout, channel: svc-checkout}
  - {name: search}
default_escalation: checkout
schedules:
  - name: checkout
    time_zone: Europe/Berlin
    layers:
      - rotation: {type: weekly, start: "2026-01-05T09:00:00", people: [dev1, sre1]}
  - {name: office, time_zone: UTC, uncovered: true}
teams:
  - {name: sre-core, people: [sre1, sre2]}
escalations:
  - name: checkout
    steps:
      - {notify: ["schedule:checkout", "schedule:office"], wait: 5m}
      - {notify: ["team:sre-core", "channel:incidents"], wait: 10s}
    repeat: 2
integrations:
  - {name: prometheus, source: alertmanager, token_env: HOOK}
  - {name: ci, source: deploys, token_env: HOOK}
  - {name: board, source: generic, token_env: HOOK, service: search, mapping: {title: $.t}}
routes:
  - {name: incidents, match: {service: checkout, severity: critical}, integrations: [prometheus], declare: 2}
maintenance:
  - {name: nightly, match: {service: search}, cron: "0 2 * * *", duration: 1h, time_zone: Europe/Berlin}
`

// explained runs `watchbill route`.
func explained(t *testing.T, input string, args ...string) (status int, out, errs string) {
	t.Helper()
	return explainedBy(t, routed, input, args...)
}

// explainedBy is explained by another configuration.
func explainedBy(t *testing.T, config, input string, args ...string) (status int, out, errs string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "w.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var o, e bytes.Buffer
	status = run(t.Context(), append([]string{"route", "--config", file}, args...), func(string) string { return "" }, strings.NewReader(input), &o, &e)
	return status, o.String(), e.String()
}

const fires = `{"version": "4", "groupKey": "{}:{alertname=\"Errors\"}", "truncatedAlerts": 3, "status": "firing", "alerts": [
	{"status": "firing", "labels": {"alertname": "Errors", "service": "checkout", "severity": "critical"}, "annotations": {"summary": "\u001b[31m5xx"}, "startsAt": "2026-03-02T11:58:07Z", "fingerprint": "ea8f"},
	{"status": "resolved", "labels": {"alertname": "Errors", "service": "search", "severity": "critical"}, "fingerprint": "89c1"}]}`

func TestRouteExplains(t *testing.T) {
	status, out, errs := explained(t, fires, "--file", "-", "--integration", "Prometheus", "--at", "2026-03-02T12:00:00Z")
	const want = `Read as alertmanager, as the integration prometheus would.
On call and maintenance at Mon 2 Mar 2026 12:00 UTC, by the configuration alone.

1 of 2: Errors: [31m5xx
  firing, critical, since 2026-03-02 11:58:07 UTC
  fingerprint ea8f
  group       group/prometheus/checkout/checkout/svc-checkout/{}:{alertname="Errors"}
  note: The source left out 3 more alerts of this group: raise max_alerts, or remove it.
  - Route 1 (incidents) matches: service is "checkout" and severity is "critical".
  - The service is checkout, which the alert names.
  - The severity is critical, as the alert says.
  - It opens an incident of SEV2, as route 1 (incidents) says.
  - The incident pages by itself; the alert does not page besides.
  - Its card is in #svc-checkout, the channel of the service checkout.
  - It is one alert with all others of the group '{}:{alertname="Errors"}' of the source that go to the same people and channel.
  checkout would page, until somebody answers:
    1. at once: schedule:checkout (dev1), schedule:office (nobody); waits 5m
    2. after 5m: team:sre-core (sre1, sre2), channel:incidents; waits 10s, then all steps again, 2 more times
    Then, after 15m30s and every 10s: person:sre1, person:sre2, channel:incidents, whoever answered the last page of checkout

2 of 2: Errors
  resolved, critical
  fingerprint 89c1
  group       group/prometheus/search/checkout/incidents/{}:{alertname="Errors"}
  note: The source left out 3 more alerts of this group: raise max_alerts, or remove it.
  - Route 1 (incidents) does not match: service is "search", and must be "checkout".
  - No route matches.
  - The service is search, which the alert names.
  - The severity is critical, as the alert says.
  - It pages the escalation checkout, the default.
  - Its card is in #incidents, the channel of incidents.
  - It is one alert with all others of the group '{}:{alertname="Errors"}' of the source that go to the same people and channel.
  - Maintenance nightly would silence it, and is not on before Tue 3 Mar 2026 02:00 CET.
  - It is resolved: it opens no page and no incident.
`
	if status != exitDone || out != want || errs != "" {
		t.Errorf("got %d %s\n%s\nwant\n%s", status, errs, out, want)
	}
}

// TestRouteTellsTheWholePolicy: the conditions of steps at the time at which each comes,
// who comes on duty meanwhile, and the floor.
func TestRouteTellsTheWholePolicy(t *testing.T) {
	config := strings.NewReplacer("default_escalation: checkout", "default_escalation: night\nadmins: [lead1]",
		"{name: sre-core, people: [sre1, sre2]}", "{name: sre-core, people: [sre1, sre2], leads: [lead2]}",
		"escalations:\n", `escalations:
  - name: night
    ack_timeout: 30m
    steps:
      - {notify: ["schedule:office"], wait: 5m}
      - {notify: ["team:sre-core"], wait: 5m, when: {severity: [critical]}}
      - {notify: ["schedule:checkout"], wait: 10m, when: {hours: [{days: [mon], from: "08:00", to: "08:59"}], time_zone: Europe/Berlin}}
      - {notify: ["schedule:checkout"], wait: 10m}
`).Replace(routed)
	for name, c := range map[string]struct {
		at, body, config string
		want             []string
	}{
		"before a handoff": {"2026-03-09T07:55:00Z", `{"title": "a", "severity": "error"}`, config, []string{
			"night would page, until somebody answers:",
			"1. at once: schedule:office (nobody); skipped: nobody is on call",
			"2. at once: team:sre-core (sre1, sre2) (for critical); skipped: it is for critical only",
			"3. at once: schedule:checkout (dev1) (mon 08:00-08:59 Europe/Berlin); waits 10m",
			"4. after 10m: schedule:checkout (sre1); waits 10m",
			"Then, after 20m and every 10m: person:sre1, whoever answered the last page of night, person:lead2, person:lead1, channel:incidents",
			"An acknowledgement stands for 30m, and then it pages again."}},
		"worse, later": {"2026-03-09T09:00:00Z", `{"title": "a", "severity": "critical"}`, config, []string{
			"2. at once: team:sre-core (sre1, sre2) (for critical); waits 5m",
			"3. after 5m: schedule:checkout (sre1) (mon 08:00-08:59 Europe/Berlin); skipped: it is outside its hours",
			"4. after 5m: schedule:checkout (sre1); waits 10m"}},
		"without a policy": {"2026-03-09T09:00:00Z", `{"title": "a", "severity": "critical"}`, strings.Replace(config, "default_escalation: night\n", "", 1), []string{
			"It pages the admins and the channel of incidents", "none would page, until somebody answers:", "1. at once: person:lead1, channel:incidents; waits 5m"}},
	} {
		t.Run(name, func(t *testing.T) {
			status, out, errs := explainedBy(t, c.config, c.body, "--file", "-", "--at", c.at)
			if status != exitDone {
				t.Fatalf("got %d %s", status, errs)
			}
			for _, want := range c.want {
				if !strings.Contains(out, want) {
					t.Errorf("%q is missing in\n%s", want, out)
				}
			}
			var r configs.Routed
			status, out, _ = explainedBy(t, c.config, c.body, "--file", "-", "--at", c.at, "--json")
			if err := json.Unmarshal([]byte(out), &r); err != nil || status != exitDone || r.Floor == nil || len(r.Floor.Targets) == 0 {
				t.Errorf("as JSON it is %d %s, %v", status, out, err)
			}
		})
	}
}

func TestRouteGuessesTheSource(t *testing.T) {
	for body, want := range map[string]string{
		fires:                        "Read as alertmanager, which it looks like",
		`{"title": "x"}`:             "Read as generic, which",
		`[]`:                         "There are no alerts in it.",
		`{"orgId": 1, "alerts": []}`: "Read as grafana, which",
		`{"event_action": "trigger", "payload": {"summary": "x"}}`: "Read as pagerduty, which",
		`{"title": "y"}`: "Its service, its mapping and its routes count with --integration: there are board, ci, prometheus.",
	} {
		status, out, errs := explained(t, body, "--file", "-")
		if status != exitDone || !strings.Contains(out, want) {
			t.Errorf("%.40s: got %d %s%s, want %s", body, status, out, errs, want)
		}
	}
}

func TestRouteAsJSON(t *testing.T) {
	status, out, errs := explained(t, `[{"t": "a"}, {"t": "b"}]`, "--file", "-", "--integration", "board", "--json", "--at", "2026-03-02T01:30:00Z")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if status != exitDone || len(lines) != 2 {
		t.Fatalf("got %d %s%s", status, out, errs)
	}
	var r configs.Routed
	if err := json.Unmarshal([]byte(lines[1]), &r); err != nil {
		t.Fatal(err)
	}
	if r.Alert.Title != "b" || r.Decision.Service != "search" || r.Decision.Silenced != "nightly" || r.Policy != "" || len(r.Decision.Why) == 0 {
		t.Errorf("got %+v", r)
	}
}

func TestRouteRefuses(t *testing.T) {
	tests := []struct {
		body   string
		args   []string
		status int
		want   string
	}{
		{"", nil, exitUsage, "watchbill route: give the payload that the source sends with --file FILE, or --file - to read it from standard input\nusage: watchbill route"},
		{"", []string{"alert.json"}, exitUsage, `watchbill route: "alert.json" is not expected: give the payload with --file`},
		{"", []string{"--file", "-", "--at", "noon"}, exitUsage, `watchbill route: invalid value "noon" for --at`},
		{"", []string{"--file", "-"}, exitFailed, "watchbill route: the payload is empty"},
		{"", []string{"--file", "no-such-file"}, exitFailed, "watchbill route: open the payload: open no-such-file"},
		{"{}", []string{"--file", "-"}, exitFailed, "watchbill route: read the payload: Alert 1 of the body has no title."},
		{"{}", []string{"--file", "-", "--integration", "boord"}, exitFailed, `watchbill route: There is no integration called "boord". Did you mean board?`},
		{"{}", []string{"--file", "-", "--integration", "ci"}, exitFailed, "watchbill route: read the payload: The integration ci takes deploys: they raise no alerts."},
		{strings.Repeat(" ", 1<<20) + "{}", []string{"--file", "-", "--integration", "board"}, exitFailed, "watchbill route: read the payload: The body has 1048577 bytes"},
	}
	for _, tt := range tests {
		status, out, errs := explained(t, tt.body, tt.args...)
		if status != tt.status || !strings.HasPrefix(errs, tt.want) || out != "" {
			t.Errorf("%q: got %d %s%s\nwant %d %s", tt.args, status, out, errs, tt.status, tt.want)
		}
	}
}

// Durations are written as people write them, in JSON too.
func TestTheWindowOfAGroupAsJSON(t *testing.T) {
	windowed := strings.Replace(routed, "integrations: [prometheus], declare: 2", "group_window: 90m", 1)
	_, out, errs := explainedBy(t, windowed, `{"title": "a", "service": "checkout", "severity": "critical"}`, "--file", "-", "--json")
	if !strings.Contains(out, `"window":"1h30m"`) {
		t.Errorf("got %s%s", out, errs)
	}
}
