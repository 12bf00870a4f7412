package httpd

import (
	"fmt"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall/alert"
)

// heard makes the desk hear of an alert, or of its end.
func (s *shop) heard(key string, status alert.Status) {
	s.t.Helper()
	_, err := s.desk.Hear(s.t.Context(), "json", []alert.Signal{{Key: key, Status: status, Title: "disk full on " + key, Description: "on /", Severity: alert.SeverityCritical, Service: "checkout",
		Labels: map[string]string{"env": "prod"}, Links: []alert.Link{{Kind: alert.LinkGraph, Text: "Graph", URL: "https://graphs.example.com"}}, Count: 1}})
	if err != nil {
		s.t.Fatal(err)
	}
}

// TestAlertsOverHTTP: each operation, what it answers, and that this is what the
// OpenAPI document says.
func TestAlertsOverHTTP(t *testing.T) {
	s := newShop(t)
	s.want("none", s.say("", "GET", "/v1/alerts", ""), 200, "[]")
	s.heard("web-1", alert.Firing)
	s.heard("web-2", alert.Firing)
	s.want("list", s.say("", "GET", "/v1/alerts?service=checkout", ""), 200, `"id":"ALERT-2"`)
	s.want("another service", s.say("", "GET", "/v1/alerts?service=search", ""), 200, "[]")
	s.want("show", s.say("", "GET", "/v1/alerts/ALERT-1", ""), 200, `"page":"PAGE-1"`)
	for _, c := range []struct{ who, path, body, want string }{
		{"dev1", "alerts/ALERT-1/acknowledge", "", `"alert":"ALERT-1","changed":true,"text":["dev1 (by CLI) acknowledged it"`},
		{"dev1", "alerts/ALERT-1/acknowledge", "", `"changed":false,"text":[]`},
		{"dev2", "alerts/ALERT-1/acknowledge", "", `"text":["dev2 (by CLI) acknowledged it too"]`},
		{"dev1", "alerts/ALERT-1/silence", `{"for": "2h", "why": "they know"}`, `dev1 (by CLI) silenced it until 2026-03-23 14:00 UTC (SIL-1): they know`},
		{"dev1", "alerts/ALERT-2/silence", `{"until": "2026-03-23T13:00:00Z"}`, `"silence":"SIL-2"`},
		{"dev1", "silences/SIL-2/end", "", `"ended_by":"dev1","alerts":1}`},
		{"dev1", "silences", `{"match": {"service": "CHECKOUT"}, "for": "1h"}`, `"text":"service=checkout","match":{"service":"checkout"},"by":"dev1"`},
		{"dev1", "alerts/ALERT-1/not-actionable", `{"why": "flaps"}`, `there is nothing to do about it: flaps`},
		{"dev1", "alerts/ALERT-2/close", `{"why": "gone"}`, `dev1 (by CLI) closed it: gone`},
	} {
		s.want(c.path+" "+c.body, s.say(c.who, "POST", "/v1/"+c.path, c.body), 200, c.want)
	}
	s.want("declare", s.say("dev1", "POST", "/v1/alerts/ALERT-1/declare", `{"severity": "SEV2"}`), 201, `"incident":"INC-1"`)
	s.want("declare twice", s.say("dev2", "POST", "/v1/alerts/ALERT-1/declare", ""), 409, "INC-1 was declared for ALERT-1 already")
	s.want("timeline", s.say("", "GET", "/v1/alerts/ALERT-1/timeline", ""), 200, `"by":"dev1","via":"cli","text":"dev1 (by CLI) acknowledged it"`)
	s.want("silences", s.say("", "GET", "/v1/silences", ""), 200, `"id":"SIL-3"`)
	s.want("those that are over", s.say("", "GET", "/v1/silences?all=true", ""), 200, `"id":"SIL-2","active":false`)
	s.want("all", s.say("", "GET", "/v1/alerts?all=true", ""), 200, `"closed":{"by":"dev1"`)
	s.now = s.now.Add(25 * time.Hour)
	s.want("not those of the day before", s.say("", "GET", "/v1/alerts?all=true&limit=1", ""), 200, `"id":"ALERT-1"`)
	s.heard("web-3", alert.Firing)
	s.want("close those of an integration that there is not", s.say("dev1", "POST", "/v1/integrations/json/close-alerts", `{"why": "renamed"}`), 200, `{"alerts":2}`)
	s.want("close them again", s.say("dev1", "POST", "/v1/integrations/json/close-alerts", ""), 404, "No open alert came by json")
}

// TestPagesOfAlertsOverHTTP: what is done with a page that no incident has is answered
// in sentences, which the page's history tells too.
func TestPagesOfAlertsOverHTTP(t *testing.T) {
	s := newShop(t)
	s.heard("web-1", alert.Firing)
	s.want("hand over", s.say("dev1", "POST", "/v1/pages/PAGE-1/handover", `{"to": "dev2"}`), 200, `"text":["dev1 (by CLI) handed it over to dev2","handed over: dev2 by slack"]`)
	s.want("decline", s.say("dev2", "POST", "/v1/pages/PAGE-1/decline", ""), 200, `"text":["dev2 (by CLI) cannot take it","step 1: sre1 by slack"]`)
	s.want("acknowledge", s.say("sre1", "POST", "/v1/pages/PAGE-1/acknowledge", ""), 200, `"alert":"ALERT-1","changed":true,"text":["sre1 (by CLI) acknowledged it"]`)
	s.want("acknowledge again", s.say("sre1", "POST", "/v1/pages/PAGE-1/acknowledge", ""), 200, `"changed":false,"text":["sre1 answered at 12:00 UTC."]`)
	s.want("end", s.say("sre1", "POST", "/v1/pages/PAGE-1/resolve", ""), 200, `"text":["ended by sre1 (by CLI)"]`)
	s.want("history", s.say("", "GET", "/v1/pages/PAGE-1", ""), 200, `"text":"dev1 (by CLI) handed it over to dev2"`)
	s.want("a token that speaks for nobody", s.ask("deploys", "POST", "/v1/pages/PAGE-1/acknowledge", ""), 403, "Give it `as:` and a person's name in the configuration")
	s.want("a token without a name", s.ask("glass", "POST", "/v1/pages/PAGE-1/acknowledge", ""), 403, "name the person in the header Watchbill-As")
}

// TestAlertsRefusedOverHTTP: the status, and a sentence that helps.
func TestAlertsRefusedOverHTTP(t *testing.T) {
	s := newShop(t)
	s.heard("web-1", alert.Firing)
	s.want("no such alert", s.say("dev1", "POST", "/v1/alerts/ALERT-9/acknowledge", ""), 404, "There is no ALERT-9. `watchbill alert list` shows those that are open.")
	s.want("nobody", s.ask("deploys", "POST", "/v1/alerts/ALERT-1/acknowledge", ""), 403, "speaks for nobody")
	s.want("rights", s.ask("wallboard", "POST", "/v1/alerts/ALERT-1/close", ""), 403, "write")
	s.want("no time", s.say("dev1", "POST", "/v1/alerts/ALERT-1/silence", "{}"), 400, "A silence ends in the future")
	s.want("two times", s.say("dev1", "POST", "/v1/alerts/ALERT-1/silence", `{"for": "1h", "until": "2026-03-23T14:00:00Z"}`), 400, "not both")
	s.want("no duration", s.say("dev1", "POST", "/v1/silences", `{"match": {"a": "b"}, "for": "soon"}`), 400, "Say for how long")
	s.want("nothing", s.say("dev1", "POST", "/v1/silences", `{"match": {}, "for": "1h"}`), 400, "A silence says what it silences")
	s.want("a service nobody knows", s.say("dev1", "POST", "/v1/silences", `{"match": {"service": "chekout"}, "for": "1h"}`), 404, "I know no service chekout")
	s.want("no silence", s.say("dev1", "POST", "/v1/silences/SIL-9/end", ""), 404, "There is no silence SIL-9")
	s.heard("web-1", alert.Resolved)
	s.want("too late", s.say("dev1", "POST", "/v1/alerts/ALERT-1/acknowledge", ""), 409, "ALERT-1 was resolved at")
	key := "Idempotency-Key: twice"
	first := s.say("dev1", "POST", "/v1/silences", `{"match": {"env": "prod"}, "for": "1h"}`, key)
	if again := s.say("dev1", "POST", "/v1/silences", `{"match": {"env": "prod"}, "for": "1h"}`, key); again.body != first.body {
		t.Errorf("the same request again is answered %s, want %s", again.body, first.body)
	}
	if list, err := s.desk.Silences(t.Context(), true); err != nil || len(list) != 1 {
		t.Errorf("there are %s, %v", fmt.Sprint(list), err)
	}
}

// TestTheSameKeyTwiceForAlerts: the same answer, whole, and nothing else by that key.
func TestTheSameKeyTwiceForAlerts(t *testing.T) {
	s := newShop(t)
	s.heard("web-1", alert.Firing)
	const path = "/v1/alerts/ALERT-1/"
	for n, c := range []struct{ what, body string }{
		{"acknowledge", ""}, {"silence", `{"for": "1h"}`}, {"not-actionable", `{"why": "flaps"}`}, {"declare", `{"severity": "SEV4"}`}, {"close", ""},
	} {
		key := fmt.Sprintf("%s: key-%d", KeyHeader, n)
		first := s.ask("laptop", "POST", path+c.what, c.body, key)
		again := s.ask("laptop", "POST", path+c.what, c.body, key)
		if first.status > 201 || again.status != first.status || again.body != first.body {
			t.Errorf("%s: got %d %s, and again %d %s", c.what, first.status, first.body, again.status, again.body)
		}
		s.want("another request with the key of "+c.what, s.ask("laptop", "POST", path+"silence", `{"for": "2h"}`, key), 422, "key_reused")
	}
	s.want("the key of a silence for another", s.ask("laptop", "POST", "/v1/silences", `{"match": {"env": "prod"}, "for": "1h"}`, KeyHeader+": key-1"), 422, "key_reused")
}
