package alert

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPagerDuty(t *testing.T) {
	tests := []struct {
		name, body string
		check      func(Signal) bool
	}{
		{"acknowledge", `{"event_action": "acknowledge", "dedup_key": "srv01/mysql"}`, func(s Signal) bool {
			return s.Status == Acknowledged && s.Key == "srv01/mysql" && s.Title == "srv01/mysql"
		}},
		{"details as text", `{"event_action": "trigger", "payload": {"summary": "x", "custom_details": "all is lost"}}`, func(s Signal) bool { return s.Description == "all is lost" }},
		{"details as a list", `{"event_action": "trigger", "payload": {"summary": "x", "custom_details": [1, {"a": 2}]}}`, func(s Signal) bool { return s.Description == `[1, {"a": 2}]` }},
		{"no details", `{"event_action": "trigger", "payload": {"summary": "x", "custom_details": null}}`, func(s Signal) bool { return s.Description == "" && len(s.Labels) == 0 }},
		{"nested details", `{"event_action": "trigger", "payload": {"summary": "x", "custom_details": {"a": {"b": [1]}, "service": "checkout", "t": true}}}`,
			func(s Signal) bool {
				return s.Labels["a"] == `{"b": [1]}` && s.Service == "checkout" && s.Labels["t"] == "true"
			}},
		{"details do not hide fields", `{"event_action": "trigger", "payload": {"summary": "x", "source": "db1", "custom_details": {"source": "elsewhere"}}}`, func(s Signal) bool { return s.Labels["source"] == "db1" }},
		{"numbers for texts", `{"event_action": "trigger", "dedup_key": 7, "payload": {"summary": 404}}`, func(s Signal) bool { return s.Key == "7" && s.Title == "404" }},
	}
	for _, tt := range tests {
		if s := one(t, SourcePagerDuty, tt.body); !tt.check(s) {
			t.Errorf("%s: got %+v", tt.name, s)
		}
	}
	a := one(t, SourcePagerDuty, `{"event_action": "trigger", "payload": {"summary": "x", "source": "db1", "severity": "error"}}`)
	b := one(t, SourcePagerDuty, `{"event_action": "trigger", "payload": {"summary": "x", "source": "db1", "severity": "critical"}}`)
	c := one(t, SourcePagerDuty, `{"event_action": "trigger", "payload": {"summary": "x", "source": "db2", "severity": "error"}}`)
	if a.Key != b.Key || a.Key == c.Key {
		t.Errorf("without dedup_key got %s, %s and %s", a.Key, b.Key, c.Key)
	}
}

// TestFingerprints checks which alerts are one when the sender gives no fingerprint.
func TestFingerprints(t *testing.T) {
	key := func(body string) string { return one(t, SourceGeneric, body).Key }
	same := key(`{"title": "a", "service": "s", "labels": {"h": "1", "severity": "warning"}}`)
	for _, body := range []string{
		`{"title": "a", "service": "s", "labels": {"h": "1"}, "status": "resolved"}`,
		`{"title": "a", "service": "s", "labels": {"h": 1, "severity": "critical"}, "description": "x", "url": "https://x"}`,
	} {
		if key(body) != same {
			t.Errorf("%s is another alert", body)
		}
	}
	for _, body := range []string{
		`{"title": "as", "labels": {"h": "1"}}`,
		`{"title": "a", "labels": {"h": "1"}}`,
		`{"title": "a", "service": "s"}`,
		`{"title": "a", "service": "s", "labels": {"h": "2"}}`,
		`{"title": "a", "service": "s", "labels": {"h1": ""}}`,
		`{"title": "a", "service": "s", "labels": {"": "h1"}}`,
	} {
		if key(body) == same {
			t.Errorf("%s is the same alert", body)
		}
	}
}

func TestGrafana(t *testing.T) {
	s := one(t, SourceGrafana, `{"status":"firing","alerts":[{"labels":{"alertname":"DatasourceNoData","rulename":"Orders per minute"},"panelURL":"https://g/p","dashboardURL":"https://g/d","imageURL":"https://g/i.png","values":{"A":null}}]}`)
	if s.Title != "Orders per minute: DatasourceNoData" || len(s.Links) != 3 || s.Links[0].Text != "Panel" || s.Description != "A =" {
		t.Errorf("got %+v", s)
	}
}

// TestHeartbeats lists what counts as a beat.
func TestHeartbeats(t *testing.T) {
	tests := []struct {
		body   string
		status Status
		title  string
	}{
		{"", Resolved, "Heartbeat backup"},
		{"done in 12 minutes", Resolved, "Heartbeat backup"},
		{"\xff\x00", Resolved, "Heartbeat backup"},
		{"{}", Resolved, "Heartbeat backup"},
		{`{"status": "ok", "description": "12 GB"}`, Resolved, "Heartbeat backup"},
		{`{"status": {"odd": 1}}`, Resolved, "Heartbeat backup"},
		{`[1, 2`, Resolved, "Heartbeat backup"},
		{`{"status": "firing", "alerts": [{"labels": {"alertname": "Watchdog"}}]}`, Resolved, "Heartbeat backup"},
		{`{"status": "resolved", "alerts": [{"labels": {"alertname": "Watchdog"}}]}`, Firing, "Heartbeat backup: the alert that should always fire is resolved"},
		{`{"status": "Failed"}`, Firing, "Heartbeat backup: reported failed"},
		{`{"status": "error", "title": "disk full"}`, Firing, "Heartbeat backup: disk full"},
	}
	for _, tt := range tests {
		signals, err := Decode(SourceHeartbeat, Options{Integration: "backup"}, []byte(tt.body))
		if err != nil {
			t.Errorf("%q: %v", tt.body, err)
			continue
		}
		s := signals[0]
		if s.Key != heartbeatKey || s.Status != tt.status || s.Title != tt.title {
			t.Errorf("%q: got %+v, want %s %q", tt.body, s, tt.status, tt.title)
		}
		holds(t, s)
	}
	s := Silent("backup", 24*time.Hour, time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC))
	if want := "It should come every 24h, and came last on Sun 1 Mar 2026 03:00 UTC."; s.Title != "Heartbeat backup is silent" || s.Description != want || s.Key != heartbeatKey || s.Starts.Day() != 2 {
		t.Errorf("got %+v", s)
	}
	if s := Silent("backup", 5*time.Minute, time.Time{}); s.Description != "It should come every 5m, and has never come." || !s.Starts.IsZero() {
		t.Errorf("got %+v", s)
	}
}

func TestDeploys(t *testing.T) {
	got, err := DecodeDeploys([]byte(`[{"service": "checkout", "title": "v1.2.3\n", "url": "https://ci/1|2", "at": "2026-03-01T09:00:00+01:00", "by": "dev1"}, {"service": "search", "title": 7}]`))
	want := []Deploy{{"checkout", "v1.2.3", "https://ci/1%7C2", time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), "dev1"}, {"search", "7", "", time.Time{}, ""}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %+v and %v", got, err)
	}
	for body, want := range map[string]string{
		"":                                       "The body is empty. Send it as JSON.",
		"{}":                                     `Deploy 1 of the body names no service. Send at least {"service": "checkout", "title": "v1.2.3"}.`,
		`[{"service":"x"}]`:                      `Deploy 1 of the body has no title. Send at least {"service": "checkout", "title": "v1.2.3"}.`,
		`{"service":"x","title":"y","at":"now"}`: `The time of deploy 1 cannot be read: "now" is not a time such as 2026-03-01T09:00:00Z.`,
		"[" + strings.TrimSuffix(strings.Repeat("{},", 101), ",") + "]": "The body holds 101 deploys; at most 100 are read.",
		strings.Repeat(" ", MaxBody+1):                                  "The body has 1048577 bytes; at most 1048576 are read. Send it in several requests.",
	} {
		var refusal *Error
		if _, err := DecodeDeploys([]byte(body)); !errors.As(err, &refusal) || refusal.Message != want {
			t.Errorf("%.60q: got %v, want %s", body, err, want)
		}
	}
}

func TestChangesInPagerDutysShape(t *testing.T) {
	got, err := DecodeChange(Options{Service: "checkout"}, read(t, "testdata/changes/pagerduty.json"))
	want := []Deploy{{"checkout", "Build Success: Increase snapshot create timeout to 30 seconds", "https://acme.pagerduty.dev/build/2",
		time.Date(2020, 7, 17, 8, 42, 58, 315_000_000, time.UTC), "acme-build-pipeline-tool-default-i-9999"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %+v and %v", got, err)
	}
	named := `{"payload": {"summary": "v1.2.3", "custom_details": {"service": "search"}}}`
	if got, err := DecodeChange(Options{Service: "checkout"}, []byte(named)); err != nil || !slices.Equal(got, []Deploy{{Service: "search", Title: "v1.2.3"}}) {
		t.Errorf("got %+v and %v", got, err)
	}
	for body, want := range map[string]string{
		"":                              "The body is empty. Send it as JSON.",
		"{}":                            "payload.summary is missing: it says what has changed.",
		`{"payload": {"summary": "x"}}`: "The event names no service: put it into payload.custom_details.service, or give the integration a service in the configuration.",
		`{"payload": {"summary": "x", "timestamp": "now", "custom_details": {"service": "y"}}}`: `payload.timestamp cannot be read: "now" is not a time such as 2026-03-01T09:00:00Z.`,
		`{"payload": {"summary": "x", "custom_details": ["service"]}}`:                          "The event names no service: put it into payload.custom_details.service, or give the integration a service in the configuration.",
		strings.Repeat(" ", MaxBody+1):                                                          "The body has 1048577 bytes; at most 1048576 are read. Send it in several requests.",
	} {
		var refusal *Error
		if _, err := DecodeChange(Options{}, []byte(body)); !errors.As(err, &refusal) || refusal.Message != want {
			t.Errorf("%.60q: got %v, want %s", body, err, want)
		}
	}
}

func FuzzDeploys(f *testing.F) {
	for _, body := range []string{"", "{}", `{"service":"x","title":"y","at":"2026-03-01T09:00:00Z"}`, `[{"service":"x","title":"y","url":"http://a@b"}]`,
		`{"payload":{"summary":"x","timestamp":"2026-03-01T09:00:00Z","custom_details":{"service":"y"}},"links":[{"href":"http://a"}]}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		change := func(body []byte) ([]Deploy, error) { return DecodeChange(Options{}, body) }
		for _, decode := range []func([]byte) ([]Deploy, error){DecodeDeploys, change} {
			deploys, err := decode(body)
			var refusal *Error
			if err != nil && !errors.As(err, &refusal) {
				t.Errorf("got %T %v", err, err)
			}
			for _, d := range deploys {
				if d.Service == "" || d.Title == "" || len(d.Title) > MaxTitle {
					t.Errorf("got %+v", d)
				}
			}
		}
	})
}

// A payload shows a group as it is: while something in it fires the group is not over, in
// whatever order its alerts stand.
func TestWhatFiresComesFirst(t *testing.T) {
	const list = `"alerts": [
		{"status": "resolved", "labels": {"alertname": "Down", "instance": "a"}, "fingerprint": "a", "startsAt": "2026-03-02T10:00:00Z"},
		{"status": "firing", "labels": {"alertname": "Down", "instance": "b"}, "fingerprint": "b", "startsAt": "2026-03-02T11:00:00Z"},
		{"status": "resolved", "labels": {"alertname": "Down", "instance": "c"}, "fingerprint": "c", "startsAt": "2026-03-02T10:00:00Z"},
		{"status": "firing", "labels": {"alertname": "Down", "instance": "d"}, "fingerprint": "d", "startsAt": "2026-03-02T11:00:00Z"}]`
	for source, body := range map[string]string{
		SourceAlertmanager: `{"version": "4", "groupKey": "g", ` + list + `}`,
		SourceGrafana:      `{"orgId": 1, "groupKey": "g", ` + list + `}`,
	} {
		signals, err := Decode(source, Options{}, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, s := range signals {
			keys = append(keys, s.Key)
		}
		if got := strings.Join(keys, " "); got != "b d a c" {
			t.Errorf("%s: read in the order %s", source, got)
		}
	}
}
