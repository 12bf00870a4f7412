package httpd

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestIncidentsAreChosen: each filter, both orders, and going on where an answer ended.
func TestIncidentsAreChosen(t *testing.T) {
	s := newShop(t)
	for n, c := range []struct{ severity, service, verb string }{
		{"SEV2", "checkout", ""}, {"SEV3", "", "resolve"}, {"SEV2", "", "close"}, {"SEV1", "checkout", "close"}, {"SEV3", "", ""}, {"SEV4", "checkout", "resolve"},
	} {
		s.now = monday.Add(time.Duration(n) * time.Hour)
		s.want("declare", s.say("dev1", "POST", "/v1/incidents", fmt.Sprintf(`{"title": "incident %d", "severity": %q, "service": %q}`, n+1, c.severity, c.service)), 201, "INC-")
		id := fmt.Sprintf("/v1/incidents/INC-%d/", n+1)
		if c.verb != "" {
			s.want("resolve", s.say("dev1", "POST", id+"resolve", ""), 200, "resolved")
		}
		if c.verb == "close" {
			s.want("close", s.say("dev1", "POST", id+"close", ""), 200, "closed")
		}
	}
	since := url.QueryEscape(monday.Add(3 * time.Hour).Format(time.RFC3339))
	for query, want := range map[string]string{
		"":                             "1 2 5 6",
		"all=true":                     "6 5 4 3 2 1",
		"status=open":                  "1 5",
		"status=resolved":              "2 6",
		"status=closed":                "4 3",
		"all=true&status=resolved":     "6 2",
		"service=checkout":             "1 6",
		"severity=SEV2":                "1",
		"all=true&severity=2":          "3 1",
		"since=" + since:               "5 6",
		"all=true&since=" + since:      "6 5 4",
		"limit=2":                      "1 2",
		"limit=2&after=INC-2":          "5 6",
		"after=INC-6":                  "",
		"all=true&limit=2&after=INC-5": "4 3",
		"all=true&after=INC-1":         "",
		"status=closed&limit=1":        "4",
		"status=closed&after=INC-4":    "3",
		"status=open&service=nobody":   "",
	} {
		var list []Summary
		a := s.say("", "GET", "/v1/incidents?"+query, "")
		if err := json.Unmarshal([]byte(a.body), &list); err != nil || a.status != 200 {
			t.Fatalf("%s: %d %s", query, a.status, a.body)
		}
		var got []string
		for _, i := range list {
			got = append(got, strings.TrimPrefix(i.ID, "INC-"))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q lists %v, want %s", query, got, want)
		}
	}
	for query, want := range map[string]string{
		"status=done": "one of open, resolved and closed", "severity=SEV9": "one of SEV1", "since=yesterday": "as in 2026-11-21T03:40:00Z",
		"after=PAGE-1": "such as INC-7", "after=7": "such as INC-7", "limit=0": "from 1 to 10000",
	} {
		s.want(query, s.ask("wallboard", "GET", "/v1/incidents?"+query, ""), 400, want)
	}
}
