package httpd

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/storage/memory"
	"github.com/watchbill/watchbill/storage/storagetest"
)

const badConfig = `
people: [{name: sre1, slack: U0SRE1}]
services: [{name: checkout, escalation: checkout}]
default_escalation: checkout
escalations: [{name: checkout, steps: [{notify: ["person:sre1"]}]}]
`

func everySource() []string {
	return append(slices.DeleteFunc(alert.Sources(), func(s string) bool { return s == alert.SourceDeploys }), alert.SourceDeploys)
}

// wicket is the hooks, one of each source, in front of a real desk.
type wicket struct {
	t       testing.TB
	now     time.Time
	desk    *desk.Desk
	hooks   *Hooks
	samples *Samples
}

func newWicket(t testing.TB) *wicket {
	t.Helper()
	settings, err := configs.Parse([]byte(badConfig), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w := &wicket{t: t, now: hookNoon, samples: &Samples{Directory: filepath.Join(t.TempDir(), "rejected")}}
	store, clock := memory.New(), func() time.Time { return w.now }
	w.desk = desk.New(desk.Config{Store: store, Settings: settings, Now: clock})
	hooks := []Hook{{Name: "signed", Source: alert.SourceGeneric, HMAC: hmacKey}}
	for _, source := range everySource() {
		hooks = append(hooks, Hook{Name: source, Source: source, Tokens: []string{token}})
	}
	w.hooks = NewHooks(HooksConfig{Desk: w.desk, Hooks: hooks, Samples: w.samples, Now: clock})
	t.Cleanup(func() { storagetest.Check(t, store, desk.Folds()) })
	return w
}

func (w *wicket) send(hook, body string, header map[string]string) (status int, answer string) {
	w.t.Helper()
	w.now = w.now.Add(2 * time.Second) // a sample of each is kept
	q := httptest.NewRequest("POST", "/hooks/"+hook, strings.NewReader(body))
	q.SetPathValue("integration", hook)
	for k, v := range header {
		q.Header.Set(k, v)
	}
	r := httptest.NewRecorder()
	w.hooks.hook(r, q)
	return r.Code, r.Body.String()
}

// woken are the pages that are open.
func (w *wicket) woken() int {
	w.t.Helper()
	pages, err := w.desk.OpenPages(w.t.Context(), 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(pages)
}

// fires is something of a source that pages, with a text in its title.
func fires(source, title string) string {
	text := string(quoteJSON(title))
	switch source {
	case alert.SourceAlertmanager, alert.SourceGrafana:
		return `{"version": "4", "status": "firing", "alerts": [{"status": "firing", "labels": {"alertname": "a", "service": "checkout"}, "annotations": {"summary": ` + text + `}}]}`
	case alert.SourcePagerDuty:
		return `{"event_action": "trigger", "payload": {"summary": ` + text + `, "source": "a", "severity": "critical"}}`
	case alert.SourceDeploys:
		return `{"service": "checkout", "title": ` + text + `}`
	}
	return `{"title": ` + text + `, "service": "checkout", "status": "firing"}`
}

// TestWhatMonitoringShouldNotSend: of each source, what no source should send gets a
// clear status and a sentence, wakes nobody, and a sample of it is kept; afterwards the
// source is heard as before.
func TestWhatMonitoringShouldNotSend(t *testing.T) {
	labels := `{"title": "a", "status": "firing", "alerts": [{"status": "firing", "labels": {` + strings.TrimSuffix(strings.Repeat(`"a":"",`, 1_000_000), ",") + `}}]}`
	for _, source := range everySource() {
		t.Run(source, func(t *testing.T) {
			w := newWicket(t)
			valid := fires(source, "disk full")
			samples := 0
			for name, c := range map[string]struct {
				body   string
				status int
			}{
				"0 bytes":                  {"", 400},
				"one byte more than 1 MiB": {valid + strings.Repeat(" ", 1<<20+1-len(valid)), 413},
				"a million labels":         {labels, 413},
				"nested lists":             {strings.Repeat("[", 1<<20), 400},
				"nested objects":           {strings.Repeat(`{"alerts":`, 1<<16), 400},
				"nested where it is free":  {`{"title": "a", "extra": ` + strings.Repeat(`{"a":`, 1<<16), 400},
				"text":                     {"disk full", 400},
				"a number":                 {"1e999999", 400},
				"half of it":               {valid[:len(valid)-3], 400},
				"two of it":                {valid + valid, 400},
				"a byte that is no UTF-8":  {"\xff", 400},
				"UTF-16":                   {"\xff\xfe{\x00}\x00", 400},
				"a wrong type":             {strings.NewReplacer(`"disk full"`, `{"a": ["disk full"]}`).Replace(valid), 400},
			} {
				status, answer := w.send(source, c.body, shows(token))
				if source == alert.SourceHeartbeat && c.status == 400 { // whatever comes, it beats
					if status != 202 {
						t.Errorf("%s: got %d %s", name, status, answer)
					}
					continue
				}
				if status != c.status || !strings.Contains(answer, `{"error":{"code":`) || !strings.Contains(answer, ".\"}}") {
					t.Errorf("%s: got %d %s, want %d and a sentence", name, status, answer, c.status)
				}
				samples++
			}
			if n := w.woken(); n > 0 {
				t.Errorf("%d pages are open", n)
			}
			if list, err := w.samples.List(); err != nil || len(list) != min(samples, keptSamples) {
				t.Errorf("%d samples are kept of %d, %v", len(list), samples, err)
			}
			for _, header := range []map[string]string{nil, shows("another token that is not known"), shows(""), {"Authorization": token}, {"Authorization": "Basic " + token}} {
				if status, answer := w.send(source, valid, header); status != 401 || !strings.Contains(answer, "This needs a valid credential.") {
					t.Errorf("%v: got %d %s", header, status, answer)
				}
			}
			if n := w.woken(); n > 0 {
				t.Errorf("%d pages are open", n)
			}
			woken := 1
			if source == alert.SourceDeploys || source == alert.SourceHeartbeat {
				woken = 0
			}
			if status, answer := w.send(source, valid+strings.Repeat(" ", 1<<20-len(valid)), shows(token)); status != 202 || w.woken() != woken {
				t.Errorf("1 MiB: got %d %s, and %d pages are open", status, answer, w.woken())
			}
		})
	}
}

// TestWhatMonitoringMaySendAndShouldNot: what is odd, and no reason to drop an alert.
func TestWhatMonitoringMaySendAndShouldNot(t *testing.T) {
	am := func(starts time.Time, status string) string {
		return fmt.Sprintf(`{"version": "4", "status": %q, "alerts": [{"status": %[1]q, "labels": {"alertname": "a"}, "startsAt": %q, "endsAt": %[2]q, "fingerprint": "f"}]}`, status, starts.Format(time.RFC3339))
	}
	for name, c := range map[string]struct {
		hook, body string
		woken      int
	}{
		"a clock an hour ahead":    {alert.SourceAlertmanager, am(hookNoon.Add(time.Hour), "firing"), 1},
		"a clock an hour behind":   {alert.SourceAlertmanager, am(hookNoon.Add(-time.Hour), "firing"), 1},
		"a resolve without a fire": {alert.SourceAlertmanager, am(hookNoon, "resolved"), 0},
		"mentions and markup":      {alert.SourceGeneric, `{"title": "<!channel> <@U1> *x* ` + "`y`" + ` <https://a|b> \u202e"}`, 1},
		"invalid UTF-8 in a text":  {alert.SourceGeneric, "{\"title\": \"caf\xe9\"}", 1},
		"no alerts":                {alert.SourceAlertmanager, `{"alerts": []}`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWicket(t)
			if status, answer := w.send(c.hook, c.body, shows(token)); status != 202 {
				t.Errorf("got %d %s", status, answer)
			}
			if n := w.woken(); n != c.woken {
				t.Errorf("%d pages are open, want %d", n, c.woken)
			}
			if list, err := w.desk.OpenAlerts(t.Context(), "", 0); err != nil || len(list) > 0 && !list[0].Opened.Equal(w.now) {
				t.Errorf("open are %+v, %v", list, err)
			}
		})
	}
	w := newWicket(t)
	w.send(alert.SourceAlertmanager, am(hookNoon.Add(time.Hour), "firing"), shows(token))
	if status, _ := w.send(alert.SourceAlertmanager, am(hookNoon.Add(time.Hour), "resolved"), shows(token)); status != 202 || w.woken() != 0 {
		t.Errorf("a clock an hour ahead resolves: got %d, and %d pages are open", status, w.woken())
	}
}

// TestSignaturesOfTheWrongTimeOrTwice: neither wakes anybody.
func TestSignaturesOfTheWrongTimeOrTwice(t *testing.T) {
	w := newWicket(t)
	body := fires(alert.SourceGeneric, "disk full")
	for _, off := range []time.Duration{time.Hour, -time.Hour, 6 * time.Minute, -6 * time.Minute} {
		if status, _ := w.send("signed", body, signed(w.now.Add(off), body)); status != 401 || w.woken() > 0 {
			t.Errorf("a clock that is off by %v: got %d", off, status)
		}
	}
	header := signed(w.now, body)
	if status, _ := w.send("signed", body, header); status != 202 || w.woken() != 1 {
		t.Fatalf("got %d, and %d pages are open", status, w.woken())
	}
	over := strings.Replace(body, "firing", "resolved", 1)
	if status, _ := w.send("signed", over, signed(w.now, over)); status != 202 || w.woken() != 0 {
		t.Fatalf("got %d, and %d pages are open", status, w.woken())
	}
	for _, h := range []map[string]string{header, signed(w.now, over)} {
		if status, _ := w.send("signed", body, h); status != 401 || w.woken() != 0 {
			t.Errorf("replayed: got %d, and %d pages are open", status, w.woken())
		}
	}
}

// FuzzHook sends what may be sent, and what may not, to hooks of each source in front of
// a real desk: the answer is JSON, and never that something is wrong inside.
func FuzzHook(f *testing.F) {
	sources := everySource()
	for n, source := range sources {
		f.Add(uint8(n), true, "", fires(source, "disk full"))
	}
	f.Add(uint8(0), false, sign(hookNoon, hmacKey, "{}"), "{}")
	w := newWicket(f)
	mux := http.NewServeMux()
	w.hooks.register(mux)
	f.Fuzz(func(t *testing.T, n uint8, may bool, signature, body string) {
		path, header := "/hooks/"+sources[int(n)%len(sources)], shows(token)
		switch {
		case !may:
			path, header = "/hooks/signed", map[string]string{SignatureHeader: signature}
		case n >= 128:
			path, header = "/v2/enqueue", nil
		}
		q := httptest.NewRequest("POST", path, strings.NewReader(body))
		for k, v := range header {
			q.Header[k] = []string{v}
		}
		r := httptest.NewRecorder()
		mux.ServeHTTP(r, q)
		if !slices.Contains([]int{202, 400, 401, 413}, r.Code) || !json.Valid(r.Body.Bytes()) {
			t.Errorf("%s: got %d %s", path, r.Code, r.Body)
		}
	})
}
