package httpd

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
)

// TestAnIncidentFromBeginningToEnd by HTTP alone.
func TestAnIncidentFromBeginningToEnd(t *testing.T) {
	s := newShop(t)
	a := s.say("dev1", "POST", "/v1/incidents", `{"title": "checkout is down", "severity": 2, "service": "Checkout"}`)
	s.want("declare", a, 201, `{"incident":"INC-1","page":"PAGE-1","changed":true,"text":["dev1 (by CLI) declared SEV2: checkout is down (service checkout)",`+
		`"sre1 is on call and was named incident commander","PAGE-1 went to sre1"]}`)
	if a.header.Get("Location") != "/v1/incidents/INC-1" || len(a.header.Get(KeyHeader)) < 20 {
		t.Errorf("headers %v", a.header)
	}
	for _, c := range []struct{ who, path, body, want string }{
		{"sre1", "/v1/pages/PAGE-1/acknowledge", "", `{"incident":"INC-1","page":"PAGE-1","changed":true,"text":["sre1 (by CLI) acknowledged PAGE-1 and takes command"]}`},
		{"sre1", "/v1/pages/PAGE-1/acknowledge", "", `{"incident":"INC-1","page":"PAGE-1","changed":false,"text":["sre1 answered at 12:00 UTC."]}`},
		{"dev2", "/v1/incidents/INC-1/update", `{"text": "rolling back"}`, `"text":["dev2 (by CLI) posted an update"]`},
		{"dev2", "/v1/incidents/INC-1/update", `{"text": "rolling back"}`, `"changed":false,"exists":true,"text":[]`},
		{"dev2", "/v1/incidents/INC-1/update", `{"text": "rolling back", "again": true}`, `"changed":true,"text":["dev2 (by CLI) posted an update"]`},
		{"dev1", "/v1/incidents/INC-1/note", `{"text": "deploy 4711", "at": "2026-03-23T11:45:00+01:00"}`, `dev1 (by CLI) noted`},
		{"dev1", "/v1/incidents/INC-1/severity", `{"severity": "sev1", "text": "all of eu-west"}`, `changed the severity from SEV2 to SEV1`},
		{"dev1", "/v1/incidents/INC-1/severity", `{"severity": 1}`, `"changed":false`},
		{"dev1", "/v1/incidents/INC-1/lead", "", `dev1 (by CLI) took command`},
		{"dev1", "/v1/incidents/INC-1/lead", `{"person": "SRE1", "text": "my shift ends"}`, `dev1 (by CLI) named sre1 incident commander`},
		{"dev1", "/v1/incidents/INC-1/lead", `{"person": "me"}`, `dev1 (by CLI) took command`},
		{"dev1", "/v1/incidents/INC-1/page", `{"targets": ["duty", "team:core", "lead1"]}`, `PAGE-2 went to sre1, dev2 and lead1, asked for by dev1`},
		{"dev1", "/v1/incidents/INC-1/escalate", "", `dev1 (by CLI) escalated PAGE-2`},
		{"dev2", "/v1/pages/PAGE-2/escalate", `{"turn": 1}`, `"changed":false`},
		{"dev2", "/v1/pages/PAGE-2/decline", "", `dev2 (by CLI) cannot take PAGE-2`},
		{"dev2", "/v1/incidents/INC-1/acknowledge", "", `dev2 (by CLI) acknowledged PAGE-2`},
		{"dev1", "/v1/incidents/INC-1/resolve", `{"text": "rolled back"}`, `dev1 (by CLI) resolved the incident`},
		{"dev1", "/v1/incidents/INC-1/reopen", `{"text": "it is back"}`, `dev1 (by CLI) reopened the incident`},
		{"dev1", "/v1/incidents/INC-1/close", "", `dev1 (by CLI) closed the incident`},
	} {
		s.want(c.path+" "+c.body, s.say(c.who, "POST", c.path, c.body), 200, c.want)
	}
	want := []string{"dev1 (by CLI) noted: deploy 4711", "dev1 (by CLI) declared SEV2: checkout is down (service checkout)", "sre1 is on call and was named incident commander", "PAGE-1 went to sre1",
		"sre1 (by CLI) acknowledged PAGE-1 and takes command", "dev2 (by CLI) posted an update: rolling back", "dev2 (by CLI) posted an update: rolling back",
		"dev1 (by CLI) changed the severity from SEV2 to SEV1: all of eu-west", "dev1 (by CLI) took command from sre1", "dev1 (by CLI) named sre1 incident commander: my shift ends", "dev1 (by CLI) took command from sre1"}
	if got := s.lines("INC-1"); !slices.Equal(got[:len(want)], want) {
		t.Errorf("the timeline says\n%s", strings.Join(got, "\n"))
	}
	s.want("show", s.say("", "GET", "/v1/incidents/INC-1", ""), 200, `"status":"closed"`)
	s.want("pages", s.say("", "GET", "/v1/pages", ""), 200, `[]`)
}

// TestWhatIsRefused: the status, and a sentence that helps, without a word of Slack;
// and nothing changes.
func TestWhatIsRefused(t *testing.T) {
	s := newShop(t).declared()
	s.want("another", s.say("dev1", "POST", "/v1/incidents", `{"title": "search is slow", "severity": 4}`), 201, "INC-2")
	s.want("resolved", s.say("dev1", "POST", "/v1/incidents/INC-2/resolve", ""), 200, "")
	s.want("closed", s.say("dev1", "POST", "/v1/incidents/INC-2/close", ""), 200, "")
	before := len(s.lines("INC-1")) + len(s.lines("INC-2"))
	long := strings.Repeat("x", incident.MaxText+1)
	for _, c := range []struct {
		path, body string
		status     int
		want       string
	}{
		// Bodies that are no JSON object.
		{"/v1/incidents", `{`, 400, "the JSON ends in the middle"},
		{"/v1/incidents", `{"title"`, 400, "the JSON ends in the middle"},
		{"/v1/incidents", `title=x`, 400, "invalid character"},
		{"/v1/incidents", `"x"`, 400, "it is a string, and must be a JSON object"},
		{"/v1/incidents/INC-1/lead", `null`, 400, "it is null, and must be a JSON object"},
		{"/v1/incidents", `[]`, 400, "it is an array, and must be a JSON object"},
		{"/v1/incidents", `{"title": "x"} {"title": "y"}`, 400, "something follows the JSON object"},
		{"/v1/incidents", `{"title": "x"}x`, 400, "something follows the JSON object"},
		{"/v1/incidents", "{\"title\": \"x\xff\"}", 400, "it is not UTF-8"},
		{"/v1/incidents", strings.Repeat("[", 20_000), 400, "cannot be read"},
		{"/v1/incidents", `{"title": "` + strings.Repeat("x", maxCommand) + `"}`, 413, "65536 bytes is the most"},
		{"/v1/incidents", "\ufeff" + `{"title": "x"}`, 400, "it begins with a byte-order mark; send it without"},
		// Names twice, or in another case: Go's decoder lets them pass, and the last one wins.
		{"/v1/incidents", `{"title": "x", "title": "y"}`, 400, `\"title\" is there twice`},
		{"/v1/incidents", `{"title": "x", "TITLE": "y"}`, 400, `there is no field \"TITLE\"; there are: title`},
		{"/v1/incidents", `{"severity": 4, "Title": "x"}`, 400, `there is no field \"Title\"`},
		{"/v1/silences", `{"match": {"service": "checkout", "env": "a", "env": "b"}, "for": "1h"}`, 400, `\"env\" is there twice`},
		{"/v1/oncall/plan", `{"schedules": [{"name": "a"}, {"name": "b", "time_zone": "UTC", "time_zone": "CET"}]}`, 400, `\"time_zone\" is there twice`},
		{"/v1/oncall/plan", `{"schedules": [{"name": "a", "Name": "b"}]}`, 400, `there is no field \"Name\"; there are: name, time_zone`},
		// Fields.
		{"/v1/incidents", `{"titel": "x"}`, 400, `there is no field \"titel\"; there are: title, severity, service, lead, again`},
		{"/v1/incidents", `{"title": 7}`, 400, `the field \"title\" is a number, and must be a string`},
		{"/v1/incidents", `{"title": "x", "again": "yes"}`, 400, `the field \"again\" is a string, and must be a boolean`},
		{"/v1/incidents", `{"title": "x", "severity": 5}`, 400, "The severity 5 is none."},
		{"/v1/incidents", `{"title": "x", "severity": -1}`, 400, "The severity -1 is none."},
		{"/v1/incidents", "{\"title\": \"\u200b\u2060\"}", 400, "An incident needs a title"},
		{"/v1/incidents", `{"title": "x", "severity": "high"}`, 400, `The severity \"high\" is none.`},
		{"/v1/incidents", `{"title": "x", "severity": {}}`, 400, `The severity {} is none.`},
		{"/v1/incidents", ``, 400, "An incident needs a title that says what is broken: for example `watchbill incident declare checkout returns 503`."},
		{"/v1/incidents", `{"title": " "}`, 400, "An incident needs a title"},
		{"/v1/incidents", `{"title": "x", "service": "chekout"}`, 404, `There is no service \"chekout\". Known services: checkout.`},
		{"/v1/incidents", `{"title": "x", "lead": "nobody"}`, 404, "I know nobody called nobody"},
		{"/v1/incidents/INC-1/update", ``, 400, "`watchbill incident update INC-1 payments are back, watching`"},
		{"/v1/incidents/INC-1/update", `{"text": "` + long + `"}`, 400, "4000 is the most"},
		{"/v1/incidents/INC-1/update", `{"txt": "x"}`, 400, `there are: text, again`},
		{"/v1/incidents/INC-1/note", `{"text": "x", "at": "-15m"}`, 400, `-15m is not a time; write it as 2026-11-21T03:40:00Z`},
		{"/v1/incidents/INC-1/note", `{"text": "x", "at": 7}`, 400, `a time, as in at, is a string`},
		{"/v1/incidents/INC-1/note", `{"text": "x", "at": "2027-03-23T12:00:00Z"}`, 400, "cannot lie in the future"},
		{"/v1/incidents/INC-1/note", `{"text": "x", "at": "2020-03-23T12:00:00Z"}`, 400, "more than 30 days before"},
		{"/v1/incidents/INC-1/note", `{"text": "x", "at": "0001-01-01T00:00:00Z"}`, 400, "The year 1 is no time for a note"},
		{"/v1/incidents/INC-1/note", `{"at": "2026-03-23T11:00:00Z"}`, 400, "`watchbill incident note INC-1 --at -15m deploy 4711 went out`"},
		{"/v1/oncall/changes", ``, 400, `\"\" in do is no change: it is one of override, cover`},
		{"/v1/oncall/changes", `{"do": "off", "person": "dev1", "to": "2026-04-02"}`, 400, "Say from when to when with from and to."},
		{"/v1/oncall/changes", `{"do": "swap", "person": "dev1", "from": "2026-04-01", "to": "2026-04-02"}`, 400, "with their_from and their_to"},
		{"/v1/incidents/INC-1/severity", ``, 400, "Severities are 1 (worst) to 4."},
		{"/v1/incidents/INC-1/lead", `{"person": "nobody"}`, 404, "I know nobody called nobody"},
		{"/v1/incidents/INC-1/page", ``, 400, "Say whom to page: for example `watchbill incident page INC-1 NAME`"},
		{"/v1/incidents/INC-1/page", `{"targets": ["nothing"]}`, 404, "`watchbill oncall who` shows the schedules"},
		{"/v1/incidents/INC-1/page", `{"targets": "core"}`, 400, `the field \"targets\" is a string, and must be an array`},
		{"/v1/incidents/INC-1/page", `{"targets": [7]}`, 400, "is a number, and must be a string"},
		{"/v1/incidents/INC-1/page", `{"targets": [` + strings.Repeat(`"core",`, 50) + `"core"]}`, 400, "51 targets, and 50 is the most"},
		{"/v1/incidents/INC-1/reopen", `{"text": "x"}`, 409, "INC-1 is open"},
		{"/v1/incidents/INC-1/close", `{"text": "x"}`, 400, `there is no field \"text\"; there are: none`},
		{"/v1/incidents/INC-2/update", `{"text": "x"}`, 409, "was closed"},
		{"/v1/incidents/INC-2/reopen", ``, 400, "`watchbill incident reopen INC-1 errors are back in eu-west`"},
		{"/v1/incidents/INC-2/acknowledge", ``, 409, "No page of INC-2 is open"},
		{"/v1/incidents/INC-9/update", `{"text": "x"}`, 404, "There is no INC-9. `watchbill incident list` shows"},
		{"/v1/incidents/INC-9/page", `{"targets": ["core"]}`, 404, "There is no INC-9"},
		{"/v1/incidents/INC-9/acknowledge", ``, 404, "There is no INC-9"},
		{"/v1/incidents/" + strings.Repeat("x", 3000) + "/close", ``, 404, "There is no xxx"},
		{"/v1/pages/PAGE-9/acknowledge", ``, 404, "There is no PAGE-9"},
		{"/v1/pages/PAGE-1/escalate", `{"turn": -1}`, 400, "A turn is a number from 0."},
		{"/v1/pages/PAGE-1/escalate", `{"turn": "1"}`, 400, `the field \"turn\" is a string, and must be an integer`},
		{"/v1/pages/PAGE-1/decline", ``, 403, "was not sent to you"},
		{"/v1/pages/PAGE-1/handover", ``, 400, "`watchbill page handover PAGE-1 NAME`"},
		{"/v1/pages/PAGE-1/handover", `{"to": "nobody"}`, 404, "I know nobody called nobody"},
		{"/v1/pages/PAGE-1/handover", `{"to": "me"}`, 400, "`watchbill page ack PAGE-1`"},
		{"/v1/pages/PAGE-1/snooze", ``, 400, `Say for how long`},
		{"/v1/pages/PAGE-1/snooze", `{"for": "8d"}`, 400, "for a minute to seven days"},
		{"/v1/pages/PAGE-1/snooze", `{"for": "10s"}`, 400, "for a minute to seven days"},
		{"/v1/pages/PAGE-1/resolve", ``, 409, "`watchbill incident resolve INC-1`"},
	} {
		a := s.say("dev1", "POST", c.path, c.body)
		s.want(c.path[:min(len(c.path), 60)]+" "+c.body[:min(len(c.body), 60)], a, c.status, c.want)
		if strings.Contains(a.body, "`/") || strings.Contains(a.body, "@name") {
			t.Errorf("%s speaks of Slack: %s", c.path, a.body)
		}
	}
	if after := len(s.lines("INC-1")) + len(s.lines("INC-2")); after != before {
		t.Errorf("the timelines have %d lines, and had %d", after, before)
	}
	if live, err := s.desk.Live(t.Context(), 10); err != nil || len(live) != 1 {
		t.Errorf("%d are open, want 1 (%v)", len(live), err)
	}
}

// TestHeadersTwice: who asks, and what is asked again, is said once.
func TestHeadersTwice(t *testing.T) {
	s := newShop(t).declared()
	for _, name := range []string{AsHeader, KeyHeader} {
		r := httptest.NewRequest("POST", "/v1/incidents/INC-1/note", strings.NewReader(`{"text": "x"}`))
		r.Header[name] = []string{"dev1", "sre1"}
		s.want(name, s.send(s.sock, r), 400, "The header "+name+" is there twice")
	}
}

// TestCompressedBodies: nothing is unpacked, and the answer says what is wrong.
func TestCompressedBodies(t *testing.T) {
	s := newShop(t)
	s.want("gzip", s.say("dev1", "POST", "/v1/incidents", "\x1f\x8b\x08", "Content-Encoding: gzip"), 400, "it is compressed (gzip); send it as it is")
	s.want("identity", s.say("dev1", "POST", "/v1/incidents", `{"title": "x"}`, "Content-Encoding: identity"), 201, "INC-1")
}

// TestBadBodiesOfEveryRoute: whatever takes a body refuses what it does not know, what
// is no JSON, and what is too much, and changes nothing.
func TestBadBodiesOfEveryRoute(t *testing.T) {
	s := newShop(t).declared()
	before := len(s.lines("INC-1"))
	n := 0
	for _, r := range s.api.routes() {
		if r.in == nil {
			continue
		}
		n++
		path := strings.ReplaceAll(r.path, "{id}", "INC-1")
		for name, c := range map[string]struct {
			body   string
			status int
			want   string
		}{
			"an unknown field": {`{"frobnicate": 1}`, 400, `there is no field \"frobnicate\"; there are: `},
			"no object":        {`7`, 400, "it is a number, and must be a JSON object"},
			"a cut one":        {`{`, 400, "the JSON ends in the middle"},
			"two":              {`{}{}`, 400, "something follows"},
			"no UTF-8":         {"{\"a\": \"\xff\"}", 400, "it is not UTF-8"},
			"the deep":         {strings.Repeat(`{"a":`, 11_000), 400, "cannot be read"},
			"too much":         {strings.Repeat(" ", int(r.most)+1), 413, "is too large"},
		} {
			s.want(r.name+", "+name, s.say("dev1", r.method, path, c.body), c.status, c.want)
		}
	}
	if after := len(s.lines("INC-1")); after != before || n < 15 {
		t.Errorf("%d routes were asked; the timeline has %d lines and had %d", n, after, before)
	}
}

func TestWhoAsksOnTheSocket(t *testing.T) {
	s := newShop(t).declared()
	note := func(headers ...string) answer {
		return s.send(s.sock, httptest.NewRequest("POST", "/v1/incidents/INC-1/note", strings.NewReader(`{"text": "x", "again": true}`)), headers...)
	}
	last := func() string { l := s.lines("INC-1"); return l[len(l)-1] }
	for _, c := range []struct{ header, want string }{
		{UserHeader + ": root", "root (by CLI) noted: x"},
		{UserHeader + ": SRE1", "sre1 (by CLI) noted: x"},
		{AsHeader + ": U0SRE1", "sre1 (by CLI) noted: x"},
		{UserHeader + ": " + strings.Repeat("y", 200), strings.Repeat("y", 79) + "… (by CLI) noted: x"},
	} {
		if a := note(c.header); a.status != 200 || last() != c.want {
			t.Errorf("%.40s: got %d %s and %q", c.header, a.status, a.body, last())
		}
	}
	s.want("nobody", note(), 400, "Say who asks: the header Watchbill-As")
	s.want("somebody who is not there", note(AsHeader+": nobody"), 404, "I know nobody called nobody")
	s.want("a token's name", note(UserHeader+": token:ci"), 400, "Say who asks")
	s.want("a user of the machine answers", s.send(s.sock, httptest.NewRequest("POST", "/v1/pages/PAGE-1/acknowledge", nil), UserHeader+": root"), 403, "Say who you are with `--as`")
}

// TestTheSameKeyTwice gets the same answer, whatever was asked, and changes nothing
// more.
func TestTheSameKeyTwice(t *testing.T) {
	s := newShop(t).declared()
	for n, c := range []struct{ path, body string }{
		{"/v1/incidents", `{"title": "search is slow"}`},
		{"/v1/incidents/INC-1/update", `{"text": "rolling back"}`},
		{"/v1/incidents/INC-1/note", `{"text": "deploy"}`},
		{"/v1/incidents/INC-1/lead", `{"person": "dev2"}`},
		{"/v1/incidents/INC-1/severity", `{"severity": 1}`},
		{"/v1/incidents/INC-1/severity", `{"severity": 1}`}, // changes nothing the first time
		{"/v1/incidents/INC-1/page", `{"targets": ["lead1"]}`},
		{"/v1/incidents/INC-1/escalate", ``},
		{"/v1/incidents/INC-1/acknowledge", ``},
		{"/v1/pages/PAGE-1/escalate", ``},
		{"/v1/pages/PAGE-1/acknowledge", ``},
		{"/v1/incidents/INC-1/resolve", ``},
		{"/v1/incidents/INC-1/reopen", `{"text": "it is back"}`},
		{"/v1/incidents/INC-1/close", ``},
		{"/v1/oncall/changes", `{"do": "override", "person": "dev1", "from": "2026-04-25T09:00", "to": "2026-04-25T10:00"}`},
		{"/v1/oncall/changes", `{"do": "off", "schedule": "duty", "person": "dev1", "from": "2026-04-01", "to": "2026-04-02"}`},
		{"/v1/oncall/changes", `{"do": "off", "schedule": "duty", "person": "dev1", "from": "2026-04-01", "to": "2026-04-02"}`},
		{"/v1/oncall/changes", `{"do": "override", "person": "dev1", "from": "2026-04-01T09:00", "to": "2026-04-01T10:00"}`}, // warns: away
	} {
		key := fmt.Sprintf("%s: key-%d", KeyHeader, n)
		first := s.ask("laptop", "POST", c.path, c.body, key)
		lines := len(s.lines("INC-1"))
		again := s.ask("laptop", "POST", c.path, c.body, key)
		if first.status > 201 || again.status != first.status || lines != len(s.lines("INC-1")) || again.header.Get(KeyHeader) != fmt.Sprintf("key-%d", n) {
			t.Errorf("%s: got %d %s, and again %d %s", c.path, first.status, first.body, again.status, again.body)
		}
		if again.body != first.body || again.header.Get("Idempotent-Replayed") != "true" && !strings.HasPrefix(c.path, "/v1/oncall") || first.header.Get("Idempotent-Replayed") != "" {
			t.Errorf("%s: got %s, and again %s, headers %v", c.path, first.body, again.body, again.header)
		}
	}
	apply := `{"schedules": [{"name": "extra", "time_zone": "UTC", "layers": [{"rotation": {"type": "daily", "start": "2026-01-05T09:00:00", "people": ["dev1", "sre1"]}}]}]}`
	for range 2 {
		s.want("a file with a key", s.say("dev1", "POST", "/v1/oncall/apply", apply, KeyHeader+": file"), 200, `"schedule":"extra","changed":true`)
	}
	gap := strings.Replace(apply, `"people": ["dev1", "sre1"]`, `"people": []`, 1)
	for range 2 {
		s.want("a refused file with a key", s.say("dev1", "POST", "/v1/oncall/apply", gap, KeyHeader+": gap"), 409, "Nothing was applied")
	}
	s.want("a warning with a key", s.ask("laptop", "POST", "/v1/oncall/changes", `{"do": "override", "person": "dev1", "from": "2026-04-01T09:00", "to": "2026-04-01T10:00"}`, KeyHeader+": key-17"), 200, "dev1 is away")
	s.want("another text with a key", s.ask("laptop", "POST", "/v1/incidents/INC-1/note", `{"text": "another"}`, KeyHeader+": key-2"), 422, "key_reused")
	s.want("another route with a key", s.ask("laptop", "POST", "/v1/incidents/INC-1/update", `{"text": "deploy"}`, KeyHeader+": key-2"), 422, "key_reused")
	s.want("another token with a key", s.ask("deploys", "POST", "/v1/incidents/INC-1/note", `{"text": "another"}`, KeyHeader+": key-2"), 200, "API token deploys noted")
	s.want("one token, another person", s.ask("glass", "POST", "/v1/incidents/INC-1/note", `{"text": "deploy"}`, KeyHeader+": k", AsHeader+": sre1"), 200, "sre1")
	s.want("one token, another person", s.ask("glass", "POST", "/v1/incidents/INC-1/note", `{"text": "deploy"}`, KeyHeader+": k", AsHeader+": dev2"), 422, "key_reused")
	for _, key := range []string{"", "a b", "é", strings.Repeat("k", 256), "a\tb"} {
		s.want("the key "+key, s.ask("laptop", "POST", "/v1/incidents/INC-1/note", `{"text": "another"}`, KeyHeader+": "+key), 400, "visible characters of ASCII")
	}
	s.want("the longest key", s.ask("laptop", "POST", "/v1/incidents/INC-1/note", `{"text": "one more"}`, KeyHeader+": "+strings.Repeat("k", 255)), 200, "")
	// A refusal is not kept: what was wrong may be mended.
	s.want("refused", s.ask("laptop", "POST", "/v1/incidents/INC-3/update", `{"text": "x"}`, KeyHeader+": early"), 404, "")
	s.want("declared", s.ask("laptop", "POST", "/v1/incidents", `{"title": "third"}`), 201, "INC-3")
	s.want("asked again", s.ask("laptop", "POST", "/v1/incidents/INC-3/update", `{"text": "x"}`, KeyHeader+": early"), 200, "posted an update")
}

// TestTwoAcknowledgeAtOnce: the first leads, the second is kept beside; each is told
// what it did.
func TestTwoAcknowledgeAtOnce(t *testing.T) {
	s := newShop(t).declared()
	var both sync.WaitGroup
	answers := make([]answer, 2)
	for n, who := range []string{"sre1", "dev2"} {
		both.Go(func() { answers[n] = s.ask("glass", "POST", "/v1/pages/PAGE-1/acknowledge", "", AsHeader+": "+who) })
	}
	both.Wait()
	first, second := answers[0], answers[1]
	if !strings.Contains(first.body, "takes command") {
		first, second = second, first
	}
	s.want("the first", first, 200, "acknowledged PAGE-1 and takes command")
	s.want("the second", second, 200, "acknowledged PAGE-1 too")
	i, err := s.desk.Incident(t.Context(), "INC-1")
	if err != nil || !i.Answered || !strings.Contains(first.body, i.Lead+" (by API token glass) acknowledged") {
		t.Errorf("%s leads (%v), and the first was answered %s", i.Lead, err, first.body)
	}
	p, err := s.desk.PageOf(t.Context(), "PAGE-1")
	if err != nil || p.AnsweredBy != i.Lead || !p.Due.IsZero() {
		t.Errorf("the page is %+v (%v)", p, err)
	}
}

// TestTheSameKeyAtOnce: ten requests with one key are one.
func TestTheSameKeyAtOnce(t *testing.T) {
	s := newShop(t).declared()
	var all sync.WaitGroup
	answers := make([]answer, 10)
	for n := range answers {
		all.Go(func() {
			answers[n] = s.ask("deploys", "POST", "/v1/incidents", `{"title": "the deploy failed"}`, KeyHeader+": one")
		})
	}
	all.Wait()
	for _, a := range answers {
		s.want("one of ten", a, 201, `"incident":"INC-2"`)
	}
	if live, err := s.desk.Live(t.Context(), 10); err != nil || len(live) != 2 {
		t.Errorf("%d are open, want 2 (%v)", len(live), err)
	}
}

// TestACommandThatTakesTooLong: one that still queued is withdrawn and safe to repeat;
// of one that was being written the same key tells the outcome.
func TestACommandThatTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t).declared()
		held := make(chan struct{})
		s.store.Faults(func(op string, _ []storage.Change) memory.Fault {
			if op == "commit" {
				return memory.Slow(held)
			}
			return memory.None()
		})
		note := func(text string) <-chan answer {
			got := make(chan answer, 1)
			go func() {
				got <- s.ask("laptop", "POST", "/v1/incidents/INC-1/note", `{"text": "`+text+`"}`, KeyHeader+": "+text)
			}()
			synctest.Wait()
			return got
		}
		first, second := note("first"), note("second")
		time.Sleep(commandTime - time.Millisecond)
		synctest.Wait()
		if len(first)+len(second) > 0 {
			t.Fatal("answered early")
		}
		time.Sleep(time.Millisecond)
		for code, got := range map[string]<-chan answer{"pending": first, "not_recorded": second} {
			if a := <-got; a.status != 503 || a.header.Get("Retry-After") != "1" || !strings.Contains(a.body, `"code":"`+code+`"`) {
				t.Errorf("got %d %s, headers %v, want %s", a.status, a.body, a.header, code)
			}
		}
		close(held)
		s.store.Faults(nil)
		synctest.Wait()
		if err := s.desk.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"first", "second"} {
			s.want(text, s.ask("laptop", "POST", "/v1/incidents/INC-1/note", `{"text": "`+text+`"}`, KeyHeader+": "+text), 200, `"changed":true`)
		}
		var notes []string
		for _, l := range s.lines("INC-1") {
			if _, text, ok := strings.Cut(l, "noted: "); ok {
				notes = append(notes, text)
			}
		}
		if !slices.Equal(notes, []string{"first", "second"}) {
			t.Errorf("the timeline has the notes %q", notes)
		}
	})
}

func TestPagesAreListed(t *testing.T) {
	s := newShop(t).declared()
	s.want("another", s.say("dev1", "POST", "/v1/incidents/INC-1/page", `{"targets": ["lead1"]}`), 200, "PAGE-2")
	s.want("answer", s.say("lead1", "POST", "/v1/pages/PAGE-2/acknowledge", ""), 200, "")
	s.want("the second", s.say("dev1", "POST", "/v1/incidents", `{"title": "another", "service": "checkout"}`), 201, "PAGE-3")
	ids := func(query string) string {
		a := s.say("", "GET", "/v1/pages"+query, "")
		if a.status != 200 {
			return a.body
		}
		var out []string
		for _, part := range strings.Split(a.body, `{"id":"`)[1:] {
			id, _, _ := strings.Cut(part, `"`)
			out = append(out, id)
		}
		return strings.Join(out, " ")
	}
	for query, want := range map[string]string{
		"":                                     "PAGE-1 PAGE-3",
		"?status=open":                         "PAGE-1 PAGE-3",
		"?limit=1":                             "PAGE-1",
		"?incident=INC-1":                      "PAGE-1 PAGE-2",
		"?incident=INC-1&status=acknowledged":  "PAGE-2",
		"?incident=INC-1&status=ended":         "",
		"?person=lead1":                        "",
		"?incident=INC-1&person=lead1":         "PAGE-2",
		"?person=sre1":                         "PAGE-1 PAGE-3",
		"?incident=INC-2&limit=10&status=open": "PAGE-3",
	} {
		if got := ids(query); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
	for query, want := range map[string]string{"?status=acknowledged": "incident=INC-1", "?status=x": "one of open", "?incident=INC-9": "There is no INC-9", "?incident=PAGE-1": "PAGE-1 is a page, not an incident", "?person=nobody": "I know nobody called nobody", "?limit=0": "limit is a number"} {
		if got := ids(query); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
	s.want("one page", s.say("", "GET", "/v1/pages/PAGE-2", ""), 200, `"status":"acknowledged","policy":"direct","by":"dev1"`)
	s.want("none", s.say("", "GET", "/v1/pages/PAGE-9", ""), 404, "There is no PAGE-9")
}

// TestPagesArePassedOn hands a page over, puts it off and says so in the answers.
func TestPagesArePassedOn(t *testing.T) {
	s := newShop(t).declared()
	s.want("hand over", s.say("sre1", "POST", "/v1/pages/PAGE-1/handover", `{"to": "dev1"}`), 200, "sre1 (by CLI) handed PAGE-1 over to dev1")
	s.want("the page", s.say("", "GET", "/v1/pages/PAGE-1", ""), 200, `"step":0,"reason":"handover"`)
	s.want("again", s.say("sre1", "POST", "/v1/pages/PAGE-1/handover", `{"to": "dev1"}`), 200, `"changed":false`)
	s.want("snooze", s.say("dev1", "POST", "/v1/pages/PAGE-1/snooze", `{"for": "30m"}`), 200, "dev1 (by CLI) snoozed PAGE-1 until ")
	s.want("the page", s.say("", "GET", "/v1/pages/PAGE-1", ""), 200, `"owner":"dev1","snoozed":true`)
	s.want("take it", s.say("sre1", "POST", "/v1/pages/PAGE-1/acknowledge", ""), 200, "sre1 (by CLI) acknowledged PAGE-1")
	s.want("the page", s.say("", "GET", "/v1/pages/PAGE-1", ""), 200, `"owner":"sre1"`)
	s.want("snooze", s.say("sre1", "POST", "/v1/pages/PAGE-1/snooze", `{"for": "30m"}`), 200, "snoozed PAGE-1 until ")
	s.want("resolve", s.say("sre1", "POST", "/v1/incidents/INC-1/resolve", ""), 200, "sre1 (by CLI) resolved the incident")
	if got := s.say("", "GET", "/v1/pages/PAGE-1", "").body; !strings.Contains(got, `"status":"ended"`) || strings.Contains(got, "snoozed\":") {
		t.Errorf("what has ended comes again no more: %s", got)
	}
}

// TestWordsForTheShell: whatever a sentence tells people to type in Slack can be typed
// in a shell.
func TestWordsForTheShell(t *testing.T) {
	for text, want := range map[string]string{
		"Nothing to type.":                                     "Nothing to type.",
		"`reopen` it with a reason first.":                     "`reopen` it with a reason first.",
		"`/inc list` shows those that are open.":               "`watchbill incident list` shows those that are open.",
		"for example `/inc lead @name`, or `/inc page @name`.": "for example `watchbill incident lead INC-1 NAME`, or `watchbill incident page INC-1 NAME`.",
		"`/inc ack PAGE-7`":                                    "`watchbill page ack PAGE-7`",
		"`/inc note`":                                          "`watchbill incident note INC-1 TEXT`",
		"`/oncall` shows":                                      "`watchbill oncall who` shows",
		"`/oncall changes` lists":                              "`watchbill oncall changes` lists",
		"Ask for a swap: `/oncall swap`.":                      "Ask for a swap: `/oncall swap` in Slack.",
		"`/inc alerts` shows":                                  "`watchbill alert list` shows",
		"`/inc ack ALERT-7`":                                   "`watchbill alert ack ALERT-7`",
		"`/inc silence service=checkout 2h`":                   "`watchbill alert silence service=checkout 2h`",
		"`/inc drill`":                                         "`/inc drill` in Slack",
		"`/incident`":                                          "`/incident`",
	} {
		if got := Outside(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// FuzzBodies sends whatever somebody writes: the answer is one, and what is refused is
// no error of ours.
func FuzzBodies(f *testing.F) {
	for _, body := range []string{"", "{}", `{"title":"x"}`, `{"title":"x","severity":"SEV2"}`, `{"text":"x","at":"2026-03-23T11:00:00Z"}`, `{"targets":["me"]}`, `{"turn":1}`, `{"person":"me"}`, `{"do":"off"}`,
		`{"schedules":[{"name":"a","time_zone":"UTC"}]}`, `[[[[`, "\xff", `{"title":"\ud800"}`, `{"severity":1e99}`, `{"severity":null}`, `{"at":null}`} {
		f.Add(body, "key", "dev1")
	}
	settings := newFuzzDesk(f)
	var paths []string
	for _, r := range (API{Desk: settings}).routes() {
		if r.in != nil && r.name != "calendarFeed" {
			paths = append(paths, strings.ReplaceAll(r.path, "{id}", "INC-1"))
		}
	}
	h := API{Desk: settings}.Handler()
	f.Fuzz(func(t *testing.T, body, key, as string) {
		for _, path := range paths {
			r := httptest.NewRequest("POST", path, strings.NewReader(body))
			r.Header[KeyHeader], r.Header[AsHeader] = []string{key}, []string{as}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code >= 500 {
				t.Errorf("%s with %q: got %d %s", path, body, w.Code, w.Body)
			}
		}
	})
}

func newFuzzDesk(f *testing.F) *desk.Desk {
	f.Helper()
	settings := parsed(f, shopConfig)
	d := desk.New(desk.Config{Store: memory.New(), Settings: settings, Now: func() time.Time { return monday }})
	if _, err := d.Declare(f.Context(), desk.In{By: incident.Actor{Person: "dev1", Via: "cli"}}, desk.Declaration{Title: "x", Service: "checkout"}); err != nil {
		f.Fatal(err)
	}
	return d
}
